/*
 * cli_desk.c - what an organisation has registered, and whether it is sound: list, verify.
 */
#include "node/cli_commands.h"

#include <stdlib.h>
#include <string.h>

#include "node/client.h"
#include "node/table.h"
#include "node/text.h"
#include "node/words.h"

int cli_ask(const struct cli_args *a, json_t *request, void (*line)(void *ctx, const json_t *line),
            void *ctx, json_t **end)
{
    static struct config config;
    struct problem problem = {""};
    *end = NULL;
    if (cli_config(a, &config) != CLI_DONE) {
        json_decref(request);
        return CLI_FAILED;
    }
    enum err e = client_ask(&config, request, line, ctx, end, &problem);
    return e == OK ? CLI_DONE : cli_failed(&problem, e);
}

static bool is_done(const json_t *end)
{
    return json_is_true(json_object_get(end, "ok"));
}

/* Prints the object that a line has under "row", for programs. */
static void on_json_row(void *ctx, const json_t *line)
{
    json_t *row = json_object_get(line, "row");
    (void)ctx;
    if (row != NULL)
        cli_json(json_incref(row));
}

/* clang-format off */
static const struct cli_option json_option[] = {
    {"json", NULL, N_("output for programs: an object a line"), false, false},
    {0},
};
/* clang-format on */

/* ---- list ---- */

struct listing {
    struct table *table;
    bool is_all;
};

static const char *state_text(const char *state)
{
    static const struct {
        const char *name, *text;
    } rows[] = {
        {"in-force",  N_("in force") },
        {"amended",   N_("amended")  },
        {"retracted", N_("retracted")},
        {"replaced",  N_("replaced") },
        {"erased",    N_("erased")   },
        {"expired",   N_("expired")  },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (strcmp(rows[i].name, state) == 0)
            return _(rows[i].text);
    return state;
}

static void on_list_line(void *ctx, const json_t *line)
{
    const struct listing *l = ctx;
    const json_t *row = json_object_get(line, "row");
    char number[32], held[64], kinds[256], confirmed[64] = "";
    if (row == NULL)
        return;
    const char *state = words_text(row, "state");
    bool is_gone = strcmp(state, "erased") == 0 || strcmp(state, "replaced") == 0;
    snprintf(number, sizeof number, "%lld", words_number(row, "index"));
    snprintf(held, sizeof held, _("%lld of %lld"), words_number(row, "held_by"),
             words_number(row, "peers"));
    if (is_gone)
        snprintf(confirmed, sizeof confirmed, _("%lld of %lld"), words_number(row, "confirmed"),
                 words_number(row, "peers"));
    words_kinds(json_object_get(row, "kinds"), kinds, sizeof kinds);
    const char *cells[] = {number,
                           words_text(row, "ref"),
                           words_text(row, "written"),
                           words_text(row, "expires"),
                           held,
                           kinds,
                           state_text(state),
                           confirmed};
    table_add(l->table, cells);
}

static int run_list(const struct cli_args *a)
{
    const char *heads[] = {_("Registration"), _("Reference"), _("Written"),
                           _("Until"),        _("Held by"),   _("Found by"),
                           _("State"),        _("Confirmed"), NULL};
    bool is_json = cli_has(a, "json");
    struct listing l = {.is_all = cli_has(a, "all")};
    if (!l.is_all)
        heads[6] = NULL;
    l.table = table_new(heads);
    json_t *end;
    int status = cli_ask(a, json_pack("{s:s,s:b}", "do", "list", "all", l.is_all),
                         is_json ? on_json_row : on_list_line, &l, &end);
    if (status == CLI_DONE && !is_done(end)) {
        words_refusal(end);
        status = CLI_FAILED;
    } else if (status == CLI_DONE && !is_json && table_rows(l.table) == 0) {
        puts(l.is_all ? _("This organisation has no registration.")
                      : _("This organisation has no registration in force."));
    }
    if (status == CLI_DONE)
        table_print(l.table, stdout);
    if (status == CLI_DONE && !is_json && words_number(end, "opaque") > 0)
        printf(_("%lld of this organisation's own entries need a newer version of this software "
                 "to be read.\n"),
               words_number(end, "opaque"));
    table_free(&l.table);
    json_decref(end);
    return status;
}

/* clang-format off */
static const struct cli_option list_options[] = {
    {"all", NULL, N_("also what was retracted, replaced or erased, and what has expired"), false, false},
    {"json", NULL, N_("output for programs: an object a line"), false, false},
    {0},
};
/* clang-format on */

const struct cli_command cli_list = {
    .name = "list",
    .help = N_("list this organisation's registrations in force"),
    .more = N_("\"Held by\" counts the other organisations that have confirmed to hold it on "
               "disk; of what was retracted, to hold the retraction. \"Confirmed\" counts those "
               "that have confirmed that they erased the content."),
    .options = list_options,
    .run = run_list,
};

/* ---- verify ---- */

static void on_verify_line(void *ctx, const json_t *line)
{
    const json_t *row = json_object_get(line, "row");
    char cells[4][32], result[128];
    static const char *const names[] = {"size", "bodies", "gone", "owed"};
    if (row == NULL)
        return;
    for (int i = 0; i < 4; i++)
        snprintf(cells[i], sizeof cells[i], "%lld", words_number(row, names[i]));
    if (json_is_true(json_object_get(row, "ok")) && words_number(row, "opaque") > 0)
        snprintf(result, sizeof result, _("as signed; %lld need a newer version"),
                 words_number(row, "opaque"));
    else if (json_is_true(json_object_get(row, "ok")))
        snprintf(result, sizeof result, "%s", _("as signed"));
    else
        snprintf(result, sizeof result, _("NOT as signed, from entry %lld on"),
                 words_number(row, "first_bad"));
    table_add(ctx, (const char *const[]){words_text(row, "org_id"), cells[0], cells[1], cells[2],
                                         cells[3], result});
}

static int run_verify(const struct cli_args *a)
{
    const char *const heads[] = {
        _("Organisation"), _("Entries"), _("With content"), _("Erased"), _("Awaited"),
        _("Result"),       NULL};
    bool is_json = cli_has(a, "json");
    struct table *t = table_new(heads);
    json_t *end;
    int status = cli_ask(a, json_pack("{s:s}", "do", "verify"),
                         is_json ? on_json_row : on_verify_line, t, &end);
    table_print(t, stdout);
    table_free(&t);
    if (status == CLI_DONE && !is_done(end) && words_number(end, "feeds_bad") > 0) {
        cli_complain(_("what is stored is damaged. Stop the node, put its last backup in place of "
                       "node.db and start it: it fetches the rest from the others."));
        status = CLI_FAILED;
    } else if (status == CLI_DONE && !is_done(end)) {
        words_refusal(end);
        status = CLI_FAILED;
    }
    json_decref(end);
    return status;
}

const struct cli_command cli_verify = {
    .name = "verify",
    .help = N_("check everything that is stored against what its authors signed"),
    .options = json_option,
    .run = run_verify,
};
