/*
 * cli_proof.c - proof: that an organisation contradicted itself, for anybody to check.
 *
 * verify needs a file and nothing else: no settings, no node, no network.
 */
#include "node/cli_commands.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "node/cli_evidence.h"
#include "node/plain_file.h"
#include "node/table.h"
#include "node/text.h"
#include "node/words.h"
#include "protocol/calendar.h"
#include "protocol/roster_fingerprint.h"

/* ---- What files of evidence share ---- */

int evidence_key(const struct cli_args *a, uint8_t key[KEY_BYTES], bool *is_given)
{
    const char *text = cli_value(a, "key");
    size_t len = 0;
    const char *end = NULL;
    *is_given = text != NULL;
    if (text == NULL)
        return CLI_DONE;
    if (sodium_hex2bin(key, KEY_BYTES, text, strlen(text), " :-", &len, &end) != 0 ||
        *end != '\0' || len != KEY_BYTES)
        return cli_misuse(a, _("--key is not a key: 64 characters, each 0 to 9 or a to f."));
    return CLI_DONE;
}

void evidence_show_key(const struct extract *who, const uint8_t key[KEY_BYTES], bool is_given)
{
    char hex[2 * KEY_BYTES + 1], fingerprint[FINGERPRINT_CHARS];
    sodium_bin2hex(hex, sizeof hex, key, KEY_BYTES);
    printf(_("Key:          %s\n"), hex);
    if (who->roster_version > 0) {
        roster_fingerprint(who->roster_hash, fingerprint);
        printf(_("Member list:  version %lld, fingerprint %s\n"), (long long)who->roster_version,
               fingerprint);
    }
    putchar('\n');
    if (is_given)
        cli_wrap(
            stdout, 0,
            _("The key is the one that you named. All of this was checked with that key alone: "
              "you need not trust whoever gave you the file."));
    else
        cli_wrap(
            stdout, 0,
            _("COMPARE THE KEY. What was checked is that the holder of this key signed it. "
              "That the key is this organisation's, only the file says. Compare it with the "
              "member list (seinpost roster show --json), or ask the organisation or a steward "
              "by telephone; then check again with --key."));
}

/* ---- verify ---- */

static const char *kind_text(enum fork_kind kind)
{
    switch (kind) {
    case FORK_SEQ:
        return _("It signed two different statements with one number.");
    case FORK_SIZE:
        return _("It signed two statements with equally many entries, which are not the same "
                 "entries.");
    case FORK_SHRUNK:
        return _("It signed a later statement with fewer entries than an earlier one.");
    case FORK_PARENT:
        return _("It signed two statements that both claim to be the next after one and the same.");
    case FORK_CHAIN:
        return _("It signed a statement that claims to follow another one than it does.");
    case FORK_LEAVES:
        return _("It signed two different entries with one number.");
    case FORK_NONE:
        break;
    }
    return "?";
}

static const char *kind_name(enum fork_kind kind)
{
    static const char *const names[] = {"",           "one-number",   "one-size",   "shrunk",
                                        "one-parent", "other-parent", "two-entries"};
    return names[kind];
}

/* Why a proof does not hold. */
static const char *why_not(enum err e)
{
    switch ((int)e) {
    case ERR_SIGNATURE:
        return _("proves nothing: the key did not sign both statements.");
    case ERR_STRANGER:
        return _("proves nothing: it is about another organisation than the file says, or about "
                 "two.");
    case ERR_EPOCH:
        return _("proves nothing: the two statements belong to two keys of the organisation.");
    case ERR_PROOF:
        return _("proves nothing: the two statements do not contradict each other.");
    case ERR_VERSION:
        return _("this kind of proof needs a newer version of Seinpost.");
    case ERR_TRUNCATED:
        return _("ends before it is complete. Ask for the file again.");
    default:
        return _("is no proof file, or a damaged one. Ask for the file again.");
    }
}

static void show_statement(const char *head, const struct checkpoint *c)
{
    char time[UTC_TEXT_BYTES], root[2 * HASH_BYTES + 1];
    utc_format((int64_t)c->time_utc, time);
    sodium_bin2hex(root, sizeof root, c->root, HASH_BYTES);
    printf(_("%s number %lld, of %s, over %lld entries; their sum is\n              %s\n"), head,
           (long long)c->seq, time, (long long)c->size, root);
}

static void show_proof(const struct extract *who, const struct fork *f, const uint8_t *key,
                       bool is_given)
{
    char text[512];
    snprintf(text, sizeof text, _("PROVEN: %s (%s) contradicted itself."), who->name, who->org_id);
    cli_wrap(stdout, 0, text);
    cli_wrap(stdout, 0, kind_text(f->kind));
    putchar('\n');
    show_statement(_("Statement 1: "), &f->a);
    show_statement(_("Statement 2: "), &f->b);
    if (f->kind == FORK_LEAVES)
        printf(_("Entry:        number %lld, different under each of them\n"), (long long)f->index);
    evidence_show_key(who, key, is_given);
}

static json_t *statement_json(const struct checkpoint *c)
{
    char time[UTC_TEXT_BYTES], root[2 * HASH_BYTES + 1];
    utc_format((int64_t)c->time_utc, time);
    sodium_bin2hex(root, sizeof root, c->root, HASH_BYTES);
    return json_pack("{s:I,s:I,s:s,s:s}", "number", (json_int_t)c->seq, "entries",
                     (json_int_t)c->size, "time", time, "root", root);
}

static void json_proof(const struct extract *who, const struct fork *f, const uint8_t *key,
                       bool is_given)
{
    char hex[2 * KEY_BYTES + 1];
    sodium_bin2hex(hex, sizeof hex, key, KEY_BYTES);
    json_t *out = json_pack("{s:b,s:s,s:s,s:s,s:s,s:b,s:I,s:o,s:o}", "proven", 1, "org_id",
                            who->org_id, "name", who->name, "kind", kind_name(f->kind), "key", hex,
                            "key_compared", is_given, "key_number", (json_int_t)f->a.feed_epoch,
                            "first", statement_json(&f->a), "second", statement_json(&f->b));
    if (f->kind == FORK_LEAVES)
        json_object_set_new(out, "entry", json_integer((json_int_t)f->index));
    cli_json(out);
}

/* Judges the bytes of a file by the key that was given, or else by the one in it. */
static enum err judge(struct bytes file, const uint8_t *given, struct extract *who, struct fork *f)
{
    struct bytes proof;
    uint8_t author[AUTHOR_BYTES];
    enum err e = proof_file_decode(file, who, &proof);
    if (e == OK)
        e = fork_check(proof, given != NULL ? given : who->feed_key, f);
    if (e != OK)
        return e;
    author_of(bytes_of(who->org_id, strlen(who->org_id)), author);
    return memcmp(author, f->a.author, AUTHOR_BYTES) == 0 ? OK : ERR_STRANGER;
}

static int run_verify(const struct cli_args *a)
{
    struct problem problem = {""};
    uint8_t key[KEY_BYTES], *file = NULL;
    size_t len = 0;
    bool is_given;
    struct extract who;
    struct fork f;
    int status = evidence_key(a, key, &is_given);
    if (status != CLI_DONE)
        return status;
    enum err e = plain_file_read(a->word[0], PROOF_FILE_BYTES_MAX, &file, &len, &problem);
    if (e == OK)
        e = judge(bytes_of(file, len), is_given ? key : NULL, &who, &f);
    if (e != OK && problem.text[0] != '\0') {
        status = cli_failed(&problem, e);
    } else if (e != OK) {
        cli_complain("%s: %s", a->word[0], why_not(e));
        status = CLI_FAILED;
    } else if (cli_has(a, "json")) {
        json_proof(&who, &f, is_given ? key : who.feed_key, is_given);
    } else {
        show_proof(&who, &f, is_given ? key : who.feed_key, is_given);
    }
    free(file);
    return status;
}

/* clang-format off */
static const struct cli_option verify_options[] = {
    {"key", "HEX", N_("the organisation's key as you know it; otherwise the one in the file is used"), false, false},
    {"json", NULL, N_("output for programs: one object"), false, false},
    {0},
};
/* clang-format on */

const struct cli_command cli_proof_verify = {
    .group = "proof",
    .name = "verify",
    .words = "FILE",
    .words_min = 1,
    .words_max = 1,
    .help = N_("check a proof that an organisation contradicted itself"),
    .more = N_("This needs the file and nothing else: no node, no settings, no network. The status "
               "is 0 if the proof holds."),
    .options = verify_options,
    .run = run_verify,
};

/* ---- list ---- */

static void on_list_line(void *ctx, const json_t *line)
{
    const json_t *row = json_object_get(line, "row");
    char number[32];
    if (row == NULL)
        return;
    snprintf(number, sizeof number, "%lld", words_number(row, "key_number"));
    table_add(ctx, (const char *const[]){words_text(row, "name"), words_text(row, "org_id"), number,
                                         kind_text((enum fork_kind)words_number(row, "kind")),
                                         json_is_true(json_object_get(row, "in_dispute"))
                                             ? _("in dispute")
                                             : _("has a new key")});
}

static void on_list_json(void *ctx, const json_t *line)
{
    json_t *row = json_object_get(line, "row");
    (void)ctx;
    if (row == NULL)
        return;
    json_t *out = json_deep_copy(row);
    json_object_del(out, "file");
    json_object_set_new(out, "kind",
                        json_string(kind_name((enum fork_kind)words_number(row, "kind"))));
    cli_json(out);
}

static int run_list(const struct cli_args *a)
{
    const char *const heads[] = {_("Organisation"),   _("Identifier"), _("Key number"),
                                 _("What is proven"), _("State"),      NULL};
    bool is_json = cli_has(a, "json");
    struct table *t = table_new(heads);
    json_t *end;
    int status = cli_ask(a, json_pack("{s:s}", "do", "proofs"),
                         is_json ? on_list_json : on_list_line, t, &end);
    if (status == CLI_DONE && !json_is_true(json_object_get(end, "ok"))) {
        words_refusal(end);
        status = CLI_FAILED;
    } else if (status == CLI_DONE && !is_json && table_rows(t) == 0) {
        puts(_("No organisation is proven to have contradicted itself."));
    }
    if (status == CLI_DONE)
        table_print(t, stdout);
    table_free(&t);
    json_decref(end);
    return status;
}

/* clang-format off */
static const struct cli_option list_options[] = {
    {"json", NULL, N_("output for programs: an object a line"), false, false},
    {0},
};
/* clang-format on */

const struct cli_command cli_proof_list = {
    .group = "proof",
    .name = "list",
    .help = N_("list the organisations that are proven to have contradicted themselves"),
    .options = list_options,
    .run = run_list,
};

/* ---- export ---- */

struct found {
    uint8_t file[PROOF_FILE_BYTES_MAX];
    size_t len; /* of the newest */
    long long key_number;
};

static void on_export_line(void *ctx, const json_t *line)
{
    struct found *f = ctx;
    const json_t *row = json_object_get(line, "row");
    const char *text = words_text(row, "file");
    size_t len = 0;
    if (row == NULL || words_number(row, "key_number") < f->key_number)
        return;
    if (sodium_base642bin(f->file, sizeof f->file, text, strlen(text), NULL, &len, NULL,
                          sodium_base64_VARIANT_ORIGINAL) == 0)
        f->len = len;
    f->key_number = words_number(row, "key_number");
}

static int run_export(const struct cli_args *a)
{
    struct problem problem = {""};
    struct found f = {.len = 0};
    json_t *end;
    int status = cli_ask(a, json_pack("{s:s,s:s}", "do", "proofs", "org_id", a->word[0]),
                         on_export_line, &f, &end);
    if (status == CLI_DONE && !json_is_true(json_object_get(end, "ok"))) {
        words_refusal(end);
        status = CLI_FAILED;
    } else if (status == CLI_DONE && f.len == 0) {
        cli_complain(_("there is no proof against this organisation; see: seinpost proof list"));
        status = CLI_FAILED;
    }
    json_decref(end);
    if (status != CLI_DONE)
        return status;
    enum err e = plain_file_create(a->word[1], bytes_of(f.file, f.len), &problem);
    if (e != OK)
        return cli_failed(&problem, e);
    printf(_("The proof is in %s. Anybody checks it with: seinpost proof verify %s\n"), a->word[1],
           a->word[1]);
    return CLI_DONE;
}

static const struct cli_option export_options[] = {{0}};

const struct cli_command cli_proof_export = {
    .group = "proof",
    .name = "export",
    .words = "ORG-ID FILE",
    .words_min = 2,
    .words_max = 2,
    .help = N_("write the proof against an organisation to a file"),
    .more = N_("The file is complete in itself: whoever gets it can check it with seinpost proof "
               "verify, without belonging to the federation."),
    .options = export_options,
    .run = run_export,
};
