/*
 * cli_roster_import.c - roster import: bring a signed member list into this organisation's node.
 */
#include "node/cli_commands.h"

#include <limits.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "node/client.h"
#include "node/ringname.h"
#include "node/roster_file.h"
#include "node/roster_store.h"
#include "node/text.h"
#include "node/words.h"
#include "protocol/roster_fingerprint.h"

static void say_imported(unsigned long long version, unsigned long long adopted)
{
    if (adopted == 0)
        printf(_("Version %llu of the member list was in force here already.\n"), version);
    else
        printf(_("Version %llu of the member list is in force here.\n"), version);
}

/* Whether this node's keys of a kind, in clear beside their secrets, are all others than the list
 * names. */
static bool is_other_key(const struct config *c, const char *kind, const uint8_t listed[KEY_BYTES])
{
    bool has_one = false;
    for (unsigned n = 1; n <= RINGNAME_GENERATIONS_MAX; n++) {
        char path[PATH_MAX], name[RINGNAME_BYTES];
        uint8_t own[KEY_BYTES];
        struct problem ignored;
        ringname_generation(kind, n, name);
        snprintf(path, sizeof path, "%s/%s/%s.key", c->data_dir, RINGNAME_KEYS_FOLDER, name);
        if (keyfile_public(path, name, own, sizeof own, &ignored) != OK)
            break;
        has_one = true;
        if (memcmp(own, listed, KEY_BYTES) == 0)
            return false;
    }
    return has_one;
}

/* Warns where this node will not be able to take part with the list. */
static void warn_of_own_place(const struct config *c, const struct roster *r)
{
    const struct organisation *o = roster_find_org_id(r, bytes_of(c->org_id, strlen(c->org_id)));
    if (o == NULL)
        cli_complain(_("take care: %s, which this node is for, is not in the member list."),
                     c->org_id);
    else if (is_other_key(c, RINGNAME_FEED, o->feed_key) ||
             is_other_key(c, RINGNAME_TRANSPORT, o->transport_key))
        cli_complain(_("take care: the member list names other keys for %s than this node has. "
                       "Send the card of this node to whoever keeps the list."),
                     c->org_id);
}

static int import_store(const struct config *c, const struct roster_file *f, const uint8_t *told)
{
    struct problem problem = {""};
    struct roster *r;
    size_t adopted;
    enum err e = roster_store_import(c->data_dir, f, told, &r, &adopted, &problem);
    if (e != OK)
        return cli_failed(&problem, e);
    say_imported(r->version, adopted);
    warn_of_own_place(c, r);
    free(r);
    return CLI_DONE;
}

static void ignore_line(void *ctx, const json_t *line)
{
    (void)ctx;
    (void)line;
}

static int said_by_node(const json_t *end)
{
    const char *error = words_text(end, "error");
    if (json_is_true(json_object_get(end, "ok"))) {
        say_imported((unsigned long long)words_number(end, "version"),
                     (unsigned long long)words_number(end, "adopted"));
        return CLI_DONE;
    }
    if (strcmp(error, "unavailable") == 0)
        cli_complain(_("the node has no member list yet. Stop it, import the first one, and start "
                       "it again."));
    else
        cli_complain(_("the member list was refused (%s)."), words_error(error));
    return CLI_FAILED;
}

/* Through the socket of the running node. */
static int import_node(const struct config *c, const struct roster_file *f)
{
    struct problem problem = {""};
    struct bytes chain = roster_file_chain(f);
    size_t cap = sodium_base64_encoded_len(chain.len, sodium_base64_VARIANT_ORIGINAL);
    char *text = malloc(cap);
    json_t *end = NULL;
    if (text == NULL)
        return cli_failed(&problem, ERR_FULL);
    sodium_bin2base64(text, cap, chain.data, chain.len, sodium_base64_VARIANT_ORIGINAL);
    enum err e = client_ask(c, json_pack("{s:s,s:s}", "do", "roster-import", "chain", text),
                            ignore_line, NULL, &end, &problem);
    free(text);
    if (e != OK)
        return cli_failed(&problem, e);
    int status = said_by_node(end);
    json_decref(end);
    return status;
}

/* Imports what is in force in the file; a draft after it is mentioned. */
static int import(const struct config *c, struct roster_file *f, const char *path,
                  const uint8_t *told)
{
    size_t valid, needed;
    const struct roster *r = roster_file_in_force(f);
    bool is_signed = roster_file_is_signed(f, &valid, &needed);
    if (!is_signed)
        cli_complain(_n("version %llu in %s has %zu signature and needs %zu; it is not imported. "
                        "Have the stewards sign it first: seinpost roster sign",
                        "version %llu in %s has %zu signatures and needs %zu; it is not imported. "
                        "Have the stewards sign it first: seinpost roster sign",
                        (unsigned long)valid),
                     (unsigned long long)roster_file_last(f)->version, path, valid, needed);
    if (r == NULL)
        return CLI_FAILED;
    if (!client_is_running(c))
        return import_store(c, f, told);
    if (told != NULL && !roster_store_is_told(f, told)) {
        cli_complain(_("No version in this file has that fingerprint. Do not use the file; ask "
                       "the steward again. Nothing was imported."));
        return CLI_FAILED;
    }
    int status = import_node(c, f);
    if (status == CLI_DONE)
        warn_of_own_place(c, r);
    return status;
}

static int run_import(const struct cli_args *a)
{
    static struct config config;
    struct problem problem = {""};
    struct roster_file *f;
    uint8_t told[HASH_BYTES];
    const char *fingerprint = cli_value(a, "fingerprint");
    if (fingerprint != NULL &&
        roster_fingerprint_decode(bytes_of(fingerprint, strlen(fingerprint)), told) != OK)
        return cli_misuse(a, _("--fingerprint is not whole, or has a sign too many: it has 52 "
                               "letters and digits, in groups of four."));
    if (cli_config(a, &config) != CLI_DONE)
        return CLI_FAILED;
    enum err e = roster_file_open(a->word[0], &f, &problem);
    if (e != OK)
        return cli_failed(&problem, e);
    int status = import(&config, f, a->word[0], fingerprint != NULL ? told : NULL);
    roster_file_free(&f);
    return status;
}

/* clang-format off */
static const struct cli_option import_options[] = {
    {"fingerprint", "FP", N_("fingerprint that a steward told you by telephone; needed the first "
                             "time"), false, false},
    {0},
};
/* clang-format on */

const struct cli_command cli_roster_import = {
    .group = "roster",
    .name = "import",
    .words = "FILE",
    .words_min = 1,
    .words_max = 1,
    .help = N_("bring a signed member list into this organisation's node"),
    .more = N_("The first list is imported before the node is started, and only with the "
               "fingerprint of one of its versions. Later ones need no fingerprint, and can be "
               "imported while the node runs: they are accepted because enough stewards of the "
               "list before signed them."),
    .options = import_options,
    .run = run_import,
};
