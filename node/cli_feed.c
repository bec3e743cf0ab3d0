/*
 * cli_feed.c - feed: everything that one organisation published, as a file for anybody to check.
 *
 * verify needs files and nothing else. Two files of one organisation that contradict each other
 * give a proof.
 */
#include "node/cli_commands.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "node/cli_evidence.h"
#include "node/client.h"
#include "node/plain_file.h"
#include "node/text.h"
#include "node/words.h"
#include "protocol/calendar.h"

#define FEED_BYTES_MAX ((size_t)4 << 30)

/* ---- export ---- */

/* The file in the making. */
struct writing {
    uint8_t *data;
    size_t len, cap;
    long long size;
    bool is_damaged; /* the node's answer could not be read, or there was no memory */
    char name[NAME_BYTES_MAX + 1];
};

static void add(struct writing *w, const char *text)
{
    size_t room = strlen(text), got = 0;
    if (w->cap - w->len < room + EXTRACT_SUM_BYTES) {
        size_t cap = 2 * w->cap + room + 65536;
        uint8_t *grown = cap > FEED_BYTES_MAX ? NULL : realloc(w->data, cap);
        w->is_damaged = w->is_damaged || grown == NULL;
        if (grown == NULL)
            return;
        w->data = grown;
        w->cap = cap;
    }
    if (sodium_base642bin(w->data + w->len, w->cap - w->len, text, room, NULL, &got, NULL,
                          sodium_base64_VARIANT_ORIGINAL) != 0)
        w->is_damaged = true;
    else
        w->len += got;
}

static void on_export_line(void *ctx, const json_t *line)
{
    struct writing *w = ctx;
    const json_t *feed = json_object_get(line, "feed");
    const char *entries = json_string_value(json_object_get(line, "entries"));
    if (feed != NULL) {
        w->size = words_number(feed, "size");
        snprintf(w->name, sizeof w->name, "%s", words_text(feed, "name"));
        add(w, words_text(feed, "head"));
    }
    if (entries != NULL)
        add(w, entries);
}

static void export_refused(const json_t *end)
{
    const char *error = words_text(end, "error");
    if (strcmp(error, "stranger") == 0)
        cli_complain(_("there is no such organisation in the member list; see: seinpost roster "
                       "show"));
    else if (strcmp(error, "not-found") == 0)
        cli_complain(_("nothing of this organisation is here that it has signed. Try again when "
                       "the node has heard it; see: seinpost status"));
    else
        words_refusal(end);
}

/* Asks for part after part. */
static int fetch(const struct cli_args *a, struct writing *w)
{
    for (long long next = 0; next == 0 || next < w->size;) {
        json_t *end;
        int status =
            cli_ask(a,
                    json_pack("{s:s,s:s,s:I,s:I}", "do", "feed-export", "org_id", a->word[0],
                              "first", (json_int_t)next, "size", (json_int_t)w->size),
                    on_export_line, w, &end);
        if (status != CLI_DONE)
            return status;
        long long was = next;
        bool is_done = json_is_true(json_object_get(end, "ok"));
        next = words_number(end, "next");
        if (!is_done)
            export_refused(end);
        json_decref(end);
        if (!is_done)
            return CLI_FAILED;
        if (w->is_damaged || (next <= was && w->size > 0)) {
            cli_complain(_("the node did not give everything. Try again; if it fails again, check "
                           "what is stored: seinpost verify"));
            return CLI_FAILED;
        }
        if (w->size == 0)
            break;
    }
    return CLI_DONE;
}

static int run_export(const struct cli_args *a)
{
    struct problem problem = {""};
    struct writing w = {.cap = 0};
    int status = fetch(a, &w);
    if (status == CLI_DONE) {
        extract_sum(bytes_of(w.data, w.len), w.data + w.len);
        enum err e =
            plain_file_create(a->word[1], bytes_of(w.data, w.len + EXTRACT_SUM_BYTES), &problem);
        if (e != OK)
            status = cli_failed(&problem, e);
        else
            printf(_("%lld entries of %s are in %s. Anybody checks them with: seinpost feed verify "
                     "%s\n"),
                   w.size, w.name, a->word[1], a->word[1]);
    }
    free(w.data);
    return status;
}

static const struct cli_option export_options[] = {{0}};

const struct cli_command cli_feed_export = {
    .group = "feed",
    .name = "export",
    .words = "ORG-ID FILE",
    .words_min = 2,
    .words_max = 2,
    .help = N_("write everything that an organisation published to a file"),
    .more = N_("The file holds what every member holds: signed entries, none of which tells who is "
               "meant. What is for one addressee alone is left out. Whoever gets the file can "
               "check it with seinpost feed verify."),
    .options = export_options,
    .run = run_export,
};

/* ---- verify ---- */

struct checked {
    const char *path;
    uint8_t *data;
    struct feed_file file;
    struct feed_file_summary sum;
};

static const char *why_not(enum err e)
{
    switch ((int)e) {
    case ERR_SIGNATURE:
        return _("the key did not sign this.");
    case ERR_STRANGER:
        return _("it is about another organisation than it says.");
    case ERR_SEQUENCE:
        return _("entries are missing, too many, or not in order.");
    case ERR_COMMIT:
        return _("the content of an entry is not what was signed.");
    case ERR_PROOF:
        return _("the entries are not those that were signed.");
    case ERR_VERSION:
        return _("it needs a newer version of Seinpost.");
    case ERR_TRUNCATED:
        return _("it ends before it is complete. Ask for the file again.");
    default:
        return _("it is no feed file, or a damaged one. Ask for the file again.");
    }
}

/* Reads and checks one file. Returns an exit status, with the reason on stderr. */
static int check(struct checked *c, const char *path, const uint8_t *given)
{
    struct problem problem = {""};
    size_t len = 0;
    uint64_t at = UINT64_MAX;
    c->path = path;
    enum err e = plain_file_read(path, FEED_BYTES_MAX, &c->data, &len, &problem);
    if (e != OK)
        return cli_failed(&problem, e);
    e = feed_file_decode(bytes_of(c->data, len), &c->file);
    /* Fewer bytes than so many entries need: they cannot all be there. */
    if (e == OK && c->file.checkpoint.size > len / (HEADER_BYTES + 1))
        e = ERR_SEQUENCE;
    if (e == OK) {
        uint8_t *marks = calloc((size_t)(c->file.checkpoint.size / 8 + 1), 1);
        e = marks == NULL ? ERR_FULL
                          : feed_file_check(&c->file, given != NULL ? given : c->file.who.feed_key,
                                            marks, &c->sum, &at);
        free(marks);
    }
    if (e == OK)
        return CLI_DONE;
    if (at < c->file.checkpoint.size)
        cli_complain(_("%s: does not hold, at entry %lld: %s"), path, (long long)at, why_not(e));
    else
        cli_complain(_("%s: does not hold: %s"), path, why_not(e));
    return CLI_FAILED;
}

static void show_count(const char *head, uint64_t n)
{
    if (n > 0)
        printf("  %-28s %lld\n", head, (long long)n);
}

static void show_feed(const struct checked *c, const uint8_t *given)
{
    const struct feed_file_summary *s = &c->sum;
    char text[512], time[UTC_TEXT_BYTES];
    utc_format((int64_t)c->file.checkpoint.time_utc, time);
    snprintf(text, sizeof text,
             _("%s HOLDS: everything that %s (%s) had signed on %s, as it signed it."), c->path,
             c->file.who.name, c->file.who.org_id, time);
    cli_wrap(stdout, 0, text);
    putchar('\n');
    printf("  %-28s %lld\n", _("Entries"), (long long)s->entries);
    show_count(_("with their content"), s->bodies);
    show_count(_("erased by their author"), s->erased - s->unconfirmed);
    show_count(_("said to be erased"), s->unconfirmed);
    show_count(_("expired"), s->expired);
    show_count(_("for one addressee alone"), s->addressed);
    show_count(_("content missing"), s->missing);
    if (s->unconfirmed > 0)
        cli_wrap(stdout, 2,
                 _("Said to be erased: no entry in the file erases them. They may have been erased "
                   "after the file was signed."));
    putchar('\n');
    evidence_show_key(&c->file.who, given != NULL ? given : c->file.who.feed_key, given != NULL);
}

static void json_feed(const struct checked *c, const uint8_t *given)
{
    const struct feed_file_summary *s = &c->sum;
    char hex[2 * KEY_BYTES + 1], time[UTC_TEXT_BYTES];
    sodium_bin2hex(hex, sizeof hex, given != NULL ? given : c->file.who.feed_key, KEY_BYTES);
    utc_format((int64_t)c->file.checkpoint.time_utc, time);
    cli_json(json_pack("{s:b,s:s,s:s,s:s,s:b,s:I,s:s,s:I,s:I,s:I,s:I,s:I,s:I,s:I}", "holds", 1,
                       "org_id", c->file.who.org_id, "name", c->file.who.name, "key", hex,
                       "key_compared", given != NULL, "number", (json_int_t)c->file.checkpoint.seq,
                       "time", time, "entries", (json_int_t)s->entries, "bodies",
                       (json_int_t)s->bodies, "erased", (json_int_t)s->erased, "erased_unconfirmed",
                       (json_int_t)s->unconfirmed, "expired", (json_int_t)s->expired, "addressed",
                       (json_int_t)s->addressed, "missing", (json_int_t)s->missing));
}

/* ---- Two files ---- */

/* The header of an entry of a file that was checked, and the leaves of its tree. */
struct leaves {
    uint8_t (*hash)[HASH_BYTES];
    const uint8_t **header;
    uint64_t count;
};

static bool leaves_read(struct leaves *l, const struct feed_file *f)
{
    struct bytes rest = f->entries;
    struct feed_file_entry e;
    size_t count = (size_t)f->checkpoint.size;
    l->hash = calloc(count + 1, sizeof *l->hash);
    l->header = calloc(count + 1, sizeof *l->header);
    if (l->hash == NULL || l->header == NULL)
        return false;
    for (l->count = 0; l->count < count && feed_file_next(&rest, &e) == OK; l->count++) {
        l->header[l->count] = e.header;
        merkle_leaf(bytes_of(e.header, HEADER_BYTES), l->hash[l->count]);
    }
    return true;
}

static void leaves_free(struct leaves *l)
{
    free(l->hash);
    free(l->header);
}

static bool leaves_subtree(void *ctx, unsigned level, uint64_t position, uint8_t out[HASH_BYTES])
{
    const struct leaves *l = ctx;
    struct merkle_frontier tree;
    uint8_t tile[2][HASH_BYTES];
    unsigned levels;
    merkle_frontier_init(&tree);
    for (uint64_t i = position << level; i < (position + 1) << level; i++)
        merkle_append(&tree, l->hash[i], &levels, tile);
    memcpy(out, tree.peak[level], HASH_BYTES);
    return true;
}

/* The proof of the first entry in which two files differ; its length, 0 if one goes on where the
 * other ends. */
static size_t leaves_prove(const struct feed_file *a, struct leaves *la, const struct feed_file *b,
                           struct leaves *lb, uint8_t out[FORK_BYTES_MAX])
{
    uint64_t least = la->count < lb->count ? la->count : lb->count, at = 0;
    uint8_t hashes[2][MERKLE_PROOF_MAX][HASH_BYTES];
    size_t count[2] = {0, 0};
    struct merkle_source src_a = {la, leaves_subtree}, src_b = {lb, leaves_subtree};
    while (at < least && memcmp(la->hash[at], lb->hash[at], HASH_BYTES) == 0)
        at++;
    if (at == least || merkle_inclusion(&src_a, at, la->count, hashes[0], &count[0]) != OK ||
        merkle_inclusion(&src_b, at, lb->count, hashes[1], &count[1]) != OK)
        return 0;
    struct fork_leaf one = {la->header[at], bytes_of(hashes[0][0], count[0] * HASH_BYTES)};
    struct fork_leaf other = {lb->header[at], bytes_of(hashes[1][0], count[1] * HASH_BYTES)};
    return fork_encode_leaves(a->signed_checkpoint, &one, b->signed_checkpoint, &other, at, out);
}

/* A proof that the author of two files contradicted itself; its length, 0 if it did not. */
static size_t prove(const struct feed_file *a, const struct feed_file *b,
                    uint8_t out[FORK_BYTES_MAX])
{
    size_t len = fork_encode_pair(a->signed_checkpoint, b->signed_checkpoint, out);
    struct leaves la = {0}, lb = {0};
    if (len == 0 && a->checkpoint.feed_epoch == b->checkpoint.feed_epoch && leaves_read(&la, a) &&
        leaves_read(&lb, b))
        len = leaves_prove(a, &la, b, &lb, out);
    leaves_free(&la);
    leaves_free(&lb);
    return len;
}

/* Says whether two files agree; writes a proof if they do not. */
static int compare(const struct cli_args *a, const struct checked *one, const struct checked *other)
{
    uint8_t proof[FORK_BYTES_MAX], file[PROOF_FILE_BYTES_MAX];
    struct problem problem = {""};
    struct fork fork;
    const struct feed_file *f = &one->file;
    if (memcmp(f->checkpoint.author, other->file.checkpoint.author, AUTHOR_BYTES) != 0)
        return cli_misuse(a, _("the two files are of two organisations; there is nothing to "
                               "compare."));
    size_t len = prove(f, &other->file, proof);
    if (len == 0) {
        if (!cli_has(a, "json"))
            puts(_("\nThe two files agree: one goes on where the other ends, or they are equal."));
        return CLI_DONE;
    }
    if (fork_check(bytes_of(proof, len), f->who.feed_key, &fork) != OK) {
        cli_complain(_("the two files contradict each other, but are signed with two keys: that "
                       "proves nothing."));
        return CLI_FAILED;
    }
    cli_complain(_("THE TWO FILES CONTRADICT EACH OTHER: their author signed two histories."));
    const char *path = cli_value(a, "proof");
    if (path == NULL) {
        cli_complain(_("write the proof with: --proof FILE"));
        return CLI_FAILED;
    }
    size_t file_len = proof_file_encode(&f->who, bytes_of(proof, len), file);
    enum err e = plain_file_create(path, bytes_of(file, file_len), &problem);
    if (e != OK)
        return cli_failed(&problem, e);
    printf(_("The proof is in %s. Anybody checks it with: seinpost proof verify %s\n"), path, path);
    return CLI_FAILED;
}

static int run_verify(const struct cli_args *a)
{
    struct checked c[2] = {{0}, {0}};
    uint8_t key[KEY_BYTES];
    bool is_given;
    int status = evidence_key(a, key, &is_given);
    const uint8_t *given = is_given ? key : NULL;
    if (status == CLI_DONE && cli_has(a, "proof") && a->word_count < 2)
        status = cli_misuse(a, _("--proof goes with two files that contradict each other."));
    for (size_t i = 0; i < a->word_count && status == CLI_DONE; i++) {
        status = check(&c[i], a->word[i], given);
        if (status != CLI_DONE)
            break;
        if (cli_has(a, "json"))
            json_feed(&c[i], given);
        else
            show_feed(&c[i], given);
    }
    if (status == CLI_DONE && a->word_count == 2)
        status = compare(a, &c[0], &c[1]);
    free(c[0].data);
    free(c[1].data);
    return status;
}

/* clang-format off */
static const struct cli_option verify_options[] = {
    {"key", "HEX", N_("the organisation's key as you know it; otherwise the one in the file is used"), false, false},
    {"proof", "FILE", N_("where to write the proof, if two files contradict each other"), false, false},
    {"json", NULL, N_("output for programs: an object a line"), false, false},
    {0},
};
/* clang-format on */

const struct cli_command cli_feed_verify = {
    .group = "feed",
    .name = "verify",
    .words = "FILE [OTHER]",
    .words_min = 1,
    .words_max = 2,
    .help = N_("check a file of everything that an organisation published"),
    .more = N_("This needs the file and nothing else: no node, no settings, no network. Every "
               "entry is checked against what the organisation signed. With two files of one "
               "organisation it is also checked that neither contradicts the other."),
    .options = verify_options,
    .run = run_verify,
};
