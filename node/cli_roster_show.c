/*
 * cli_roster_show.c - commands that look at a member list, or bring it into this organisation's
 * node.
 */
#include "node/cli_commands.h"

#include <limits.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "node/client.h"
#include "node/ringname.h"
#include "node/roster_file.h"
#include "node/store_read.h"
#include "node/store_write.h"
#include "node/text.h"
#include "protocol/calendar.h"
#include "protocol/roster_fingerprint.h"

void cli_json(json_t *line)
{
    char *text = json_dumps(line, JSON_COMPACT);
    json_decref(line);
    if (text != NULL)
        puts(text);
    free(text);
}

void cli_column(const char *text, int width)
{
    fputs(text, stdout);
    for (int i = cli_width(text); i < width; i++)
        putchar(' ');
    putchar(' ');
}

/* ---- show ---- */

static void roles_text(uint32_t roles, char *out, size_t cap)
{
    size_t used = 0;
    out[0] = '\0';
    for (uint32_t bit = 1; bit <= ROLES_ALL; bit <<= 1)
        if (roles & bit)
            used += (size_t)snprintf(out + used, cap - used, "%s%s", used > 0 ? ", " : "",
                                     _(role_name(bit)));
}

static void show_people(const struct roster *r, const char *fingerprint, const char *signatures)
{
    char issued[UTC_TEXT_BYTES], fresh[UTC_TEXT_BYTES];
    utc_format(r->issued_utc, issued);
    utc_format(r->fresh_until_utc, fresh);
    printf(_("Member list of \"%s\", version %llu, of %.10s, to be renewed by %.10s\n"),
           r->federation, (unsigned long long)r->version, issued, fresh);
    printf(_("Fingerprint, to be read out by telephone:\n  %s\n"), fingerprint);
    printf(_("Stewards: %zu, of whom %u must sign. %s\n"), r->stewards.count, r->stewards.quorum,
           signatures);
    for (size_t i = 0; i < r->key_count; i++)
        printf(_("Key period %u: %u of %zu key holders are needed\n"), r->keys[i].epoch,
               r->keys[i].threshold, r->keys[i].share_count);
    putchar('\n');
    cli_column(_("Organisation"), 28);
    cli_column(_("Identifier"), 22);
    cli_column(_("Status"), 10);
    puts(_("Roles"));
    for (size_t i = 0; i < r->organisation_count; i++) {
        const struct organisation *o = &r->organisations[i];
        char roles[256];
        roles_text(o->roles, roles, sizeof roles);
        cli_column(o->name, 28);
        cli_column(o->org_id, 22);
        cli_column(_(org_status_name(o->status)), 10);
        puts(roles);
    }
}

static json_t *organisation_json(const struct organisation *o)
{
    json_t *roles = json_array();
    for (uint32_t bit = 1; bit <= ROLES_ALL; bit <<= 1)
        if (o->roles & bit)
            json_array_append_new(roles, json_string(role_name(bit)));
    return json_pack("{s:s,s:s,s:s,s:o,s:s,s:I}", "org_id", o->org_id, "name", o->name, "country",
                     o->country, "roles", roles, "status", org_status_name(o->status), "feed_epoch",
                     (json_int_t)o->feed_epoch);
}

static void show_json(const struct roster *r, const char *fingerprint, bool is_signed, size_t valid,
                      size_t needed)
{
    char issued[UTC_TEXT_BYTES], fresh[UTC_TEXT_BYTES];
    utc_format(r->issued_utc, issued);
    utc_format(r->fresh_until_utc, fresh);
    json_t *line =
        json_pack("{s:s,s:I,s:s,s:b,s:I,s:I,s:I,s:s,s:s}", "federation", r->federation, "version",
                  (json_int_t)r->version, "fingerprint", fingerprint, "signed", is_signed,
                  "signatures", (json_int_t)valid, "needed", (json_int_t)needed, "stewards",
                  (json_int_t)r->stewards.count, "issued", issued, "fresh_until", fresh);
    if (r->key_count > 0)
        json_object_set_new(line, "key_period", json_integer(r->keys[r->key_count - 1].epoch));
    cli_json(line);
    for (size_t i = 0; i < r->organisation_count; i++)
        cli_json(organisation_json(&r->organisations[i]));
}

static int show_file(const struct cli_args *a, const char *path)
{
    struct problem problem = {""};
    struct roster_file *f = NULL;
    enum err e = roster_file_open(path, &f, &problem);
    if (e != OK)
        return cli_failed(&problem, e);
    size_t valid, needed;
    bool is_signed = roster_file_is_signed(f, &valid, &needed);
    char fingerprint[FINGERPRINT_CHARS], signatures[256];
    roster_fingerprint(roster_file_last(f)->hash, fingerprint);
    snprintf(signatures, sizeof signatures,
             is_signed
                 ? _("It has %zu of the %zu signatures it needs: it is in force once imported.")
                 : _("It has %zu of the %zu signatures it needs: it is a draft."),
             valid, needed);
    if (cli_has(a, "json"))
        show_json(roster_file_last(f), fingerprint, is_signed, valid, needed);
    else
        show_people(roster_file_last(f), fingerprint, signatures);
    roster_file_free(&f);
    return CLI_DONE;
}

static void keep_status(void *ctx, const json_t *line)
{
    json_t **status = ctx;
    if (*status == NULL)
        *status = json_incref(json_object_get(line, "status"));
}

/* What the running node has in force, in short. */
static int show_node(const struct cli_args *a)
{
    static struct config config;
    struct problem problem = {""};
    json_t *status = NULL, *end = NULL;
    if (cli_config(a, &config) != CLI_DONE)
        return CLI_FAILED;
    enum err e = client_ask(&config, json_pack("{s:s}", "do", "status"), keep_status, &status, &end,
                            &problem);
    json_decref(end);
    if (e != OK)
        return cli_failed(&problem, e);
    const json_t *roster = json_object_get(status, "roster");
    if (!json_is_object(roster)) {
        cli_complain(
            _("this node has no member list yet; import one: seinpost roster import FILE"));
        json_decref(status);
        return CLI_FAILED;
    }
    if (cli_has(a, "json"))
        cli_json(json_incref(json_object_get(status, "roster")));
    else
        printf(_("The member list in force here is version %lld.\nFingerprint: %s\n"),
               (long long)json_integer_value(json_object_get(roster, "version")),
               json_string_value(json_object_get(roster, "fingerprint")));
    json_decref(status);
    return CLI_DONE;
}

static int run_show(const struct cli_args *a)
{
    return a->word_count == 1 ? show_file(a, a->word[0]) : show_node(a);
}

static const struct cli_option show_options[] = {
    {"json",                     NULL, N_("output for programs"), false, false},
    {0},
};

const struct cli_command cli_roster_show = {
    .group = "roster",
    .name = "show",
    .words = "[FILE]",
    .words_max = 1,
    .help = N_("show a member list; without FILE, the one that this node uses"),
    .options = show_options,
    .run = run_show,
};

/* ---- import ---- */

struct importing {
    struct store *store;
    struct roster *current; /* in force; has_current */
    struct roster *next;
    bool has_current;
    bool needs_fingerprint;
    bool has_fingerprint; /* the version that was told by telephone was seen */
    uint8_t fingerprint[HASH_BYTES];
    struct wire_arena arena;
    enum err result;
    uint64_t version;
    size_t adopted;
};

/* Verifies one version after what is in force, and puts it into the store. */
static bool import_version(void *ctx, const struct roster_version *v)
{
    struct importing *m = ctx;
    bool is_told = m->needs_fingerprint && memcmp(v->hash, m->fingerprint, HASH_BYTES) == 0;
    m->version = v->version;
    m->has_fingerprint = m->has_fingerprint || is_told;
    wire_arena_reset(&m->arena);
    if (!m->has_current && v->version > 1 && !is_told)
        return true; /* older than what we may begin with */
    if (!m->has_current && v->version > 1)
        m->result = roster_anchor(v->signed_roster, m->fingerprint, &m->arena, m->next);
    else
        m->result =
            roster_accept(m->has_current ? m->current : NULL, v->signed_roster, &m->arena, m->next);
    if (m->result == ERR_DUPLICATE || m->result == ERR_STALE) {
        m->result = OK; /* it is here already */
        return true;
    }
    if (m->result != OK)
        return false;
    struct roster *was = m->current;
    m->current = m->next;
    m->next = was;
    m->has_current = true;
    struct effect *e = calloc(1, sizeof *e);
    if (e == NULL) {
        m->result = ERR_FULL;
        return false;
    }
    e->type = EFFECT_PERSIST_ROSTER;
    e->roster.version = m->current->version;
    memcpy(e->roster.hash, m->current->hash, HASH_BYTES);
    e->roster.signed_roster = v->signed_roster;
    m->result = store_apply(m->store, e);
    free(e);
    m->adopted += m->result == OK;
    return m->result == OK;
}

static bool load_current(void *ctx, uint64_t version, const uint8_t hash[HASH_BYTES],
                         struct bytes signed_roster)
{
    struct importing *m = ctx;
    (void)version;
    wire_arena_reset(&m->arena);
    m->result = m->has_current ? roster_accept(m->current, signed_roster, &m->arena, m->next)
                               : roster_anchor(signed_roster, hash, &m->arena, m->next);
    struct roster *was = m->current;
    m->current = m->next;
    m->next = was;
    m->has_current = m->result == OK;
    return m->result == OK;
}

static enum err import_into(struct importing *m, const struct roster_file *f, const char *told,
                            struct problem *problem)
{
    enum err e = store_rosters(m->store, 0, load_current, m);
    if (e == OK)
        e = m->result;
    if (e != OK)
        return e;
    m->needs_fingerprint = !m->has_current;
    if (m->needs_fingerprint && told == NULL) {
        problem_set(problem,
                    _("This is the first member list of this node. Ask a steward for its "
                      "fingerprint by telephone and give it: --fingerprint XXXX-XXXX-..."));
        return ERR_UNAUTHORISED;
    }
    if (m->needs_fingerprint &&
        roster_fingerprint_decode(bytes_of(told, strlen(told)), m->fingerprint) != OK) {
        problem_set(problem,
                    _("--fingerprint is not complete; it has 52 letters and digits in groups of "
                      "four."));
        return ERR_FORMAT;
    }
    roster_file_versions(f, import_version, m);
    if (m->result == OK && m->needs_fingerprint && !m->has_fingerprint) {
        problem_set(problem,
                    _("No version in this file has that fingerprint. Do not use the file; ask the "
                      "steward again. Nothing was imported."));
        return ERR_COMMIT;
    }
    if (m->result != OK)
        problem_set(problem,
                    _("Version %llu of the member list cannot be used: it %s. Nothing was "
                      "imported."),
                    (unsigned long long)m->version, _(err_text(m->result)));
    return m->result;
}

/* The node does not run: straight into its store, all or nothing. */
static int import_store(const struct config *c, const struct roster_file *f, const char *told)
{
    struct problem problem = {""};
    struct importing m = {.current = malloc(sizeof *m.current), .next = malloc(sizeof *m.next)};
    void *room = malloc(ROSTER_ARENA_BYTES);
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/%s", c->data_dir, RINGNAME_STORE_FILE);
    enum err e = m.current == NULL || m.next == NULL || room == NULL ? ERR_FULL : OK;
    if (e == OK) {
        wire_arena_init(&m.arena, room, ROSTER_ARENA_BYTES);
        e = store_open(&m.store, path, &problem);
    }
    if (e == OK)
        e = import_into(&m, f, told, &problem);
    if (e == OK)
        e = store_commit(m.store);
    store_close(&m.store);
    if (e == OK)
        printf(_("Version %llu of the member list is in force here; %zu new.\n"),
               (unsigned long long)m.current->version, m.adopted);
    free(m.current);
    free(m.next);
    free(room);
    return e == OK ? CLI_DONE : cli_failed(&problem, e);
}

static void ignore_line(void *ctx, const json_t *line)
{
    (void)ctx;
    (void)line;
}

static int import_node(const struct config *c, const struct roster_file *f)
{
    struct problem problem = {""};
    struct bytes all = roster_file_bytes(f);
    size_t cap = sodium_base64_encoded_len(all.len, sodium_base64_VARIANT_ORIGINAL);
    char *text = malloc(cap);
    if (text == NULL)
        return cli_failed(&problem, ERR_FULL);
    sodium_bin2base64(text, cap, all.data, all.len, sodium_base64_VARIANT_ORIGINAL);
    json_t *end = NULL;
    enum err e = client_ask(c, json_pack("{s:s,s:s}", "do", "roster-import", "chain", text),
                            ignore_line, NULL, &end, &problem);
    free(text);
    if (e != OK)
        return cli_failed(&problem, e);
    long long version = (long long)json_integer_value(json_object_get(end, "version"));
    bool is_done = json_is_true(json_object_get(end, "ok"));
    const char *error = json_string_value(json_object_get(end, "error"));
    if (is_done)
        printf(_("Version %lld of the member list is in force here; %lld new.\n"), version,
               (long long)json_integer_value(json_object_get(end, "adopted")));
    else
        cli_complain(_("the member list was refused: it %s."), cli_error_text(error));
    json_decref(end);
    return is_done ? CLI_DONE : CLI_FAILED;
}

static int run_import(const struct cli_args *a)
{
    static struct config config;
    struct problem problem = {""};
    struct roster_file *f = NULL;
    size_t valid, needed;
    if (cli_config(a, &config) != CLI_DONE)
        return CLI_FAILED;
    enum err e = roster_file_open(a->word[0], &f, &problem);
    if (e != OK)
        return cli_failed(&problem, e);
    int status;
    if (!roster_file_is_signed(f, &valid, &needed)) {
        cli_complain(
            _("the newest version in %s has %zu of the %zu signatures it needs. Have the stewards "
              "sign it first: seinpost roster sign"),
            a->word[0], valid, needed);
        status = CLI_FAILED;
    } else if (client_is_running(&config)) {
        status = import_node(&config, f);
    } else {
        status = import_store(&config, f, cli_value(a, "fingerprint"));
    }
    roster_file_free(&f);
    return status;
}

static const struct cli_option import_options[] = {
    {"fingerprint",                                                                 "FP",
     N_("fingerprint that a steward told you by telephone; needed the first time"), false, false},
    {0},
};

const struct cli_command cli_roster_import = {
    .group = "roster",
    .name = "import",
    .words = "FILE",
    .words_min = 1,
    .words_max = 1,
    .help = N_("bring a signed member list into this organisation's node"),
    .more = N_("Works whether the node runs or not. The first list is imported before the node is "
               "started, and "
               "only with the fingerprint of one of its versions. Later ones need no fingerprint: "
               "they are "
               "accepted because enough stewards of the list before signed them."),
    .options = import_options,
    .run = run_import,
};
