/*
 * cli_desk.c - what an organisation has registered: list, erase, verify.
 */
#include "node/cli_commands.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "node/client.h"
#include "node/desk_seal.h"
#include "node/table.h"
#include "node/text.h"
#include "node/words.h"
#include "proto/utf8.h"

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

static void on_list_line(void *ctx, const json_t *line)
{
    const json_t *row = json_object_get(line, "row");
    char number[32], held[64], kinds[256];
    if (row == NULL)
        return;
    snprintf(number, sizeof number, "%lld", words_number(row, "index"));
    snprintf(held, sizeof held, _("%lld of %lld"), words_number(row, "held_by"),
             words_number(row, "peers"));
    words_list(json_object_get(row, "kinds"), words_kind, kinds, sizeof kinds);
    table_add(ctx, (const char *const[]){number, words_text(row, "ref"), words_text(row, "written"),
                                         words_text(row, "expires"), held, kinds});
}

static int run_list(const struct cli_args *a)
{
    const char *const heads[] = {_("Registration"), _("Reference"), _("Written"), _("Until"),
                                 _("Held by"),      _("Found by"),  NULL};
    bool is_json = cli_has(a, "json");
    struct table *t = table_new(heads);
    json_t *end;
    int status =
        cli_ask(a, json_pack("{s:s}", "do", "list"), is_json ? on_json_row : on_list_line, t, &end);
    if (status == CLI_DONE && !is_done(end)) {
        words_refusal(end);
        status = CLI_FAILED;
    } else if (status == CLI_DONE && !is_json && table_rows(t) == 0) {
        puts(_("This organisation has no registration in force."));
    }
    if (status == CLI_DONE)
        table_print(t, stdout);
    if (status == CLI_DONE && !is_json && words_number(end, "opaque") > 0)
        printf(_("%lld of this organisation's own entries need a newer version of this software "
                 "to be read.\n"),
               words_number(end, "opaque"));
    table_free(&t);
    json_decref(end);
    return status;
}

const struct cli_command cli_list = {
    .name = "list",
    .help = N_("list this organisation's registrations in force"),
    .more = N_("\"Held by\" counts the other organisations that have confirmed to hold it on "
               "disk."),
    .options = json_option,
    .run = run_list,
};

/* ---- erase ---- */

static void no_line(void *ctx, const json_t *line)
{
    (void)ctx;
    (void)line;
}

static bool is_sure(void)
{
    char answer[16];
    fputs(_("This cannot be undone: the registration is erased at every organisation. Go on? "
            "(yes/no) "),
          stderr);
    if (fgets(answer, sizeof answer, stdin) == NULL)
        return false;
    answer[strcspn(answer, "\n")] = '\0';
    return strcmp(answer, "yes") == 0 || strcmp(answer, _("yes")) == 0;
}

static void erase_refused(const json_t *end)
{
    const char *error = words_text(end, "error");
    if (strcmp(error, "not-found") == 0)
        cli_complain(_("there is no such registration of this organisation; see: seinpost list"));
    else if (strcmp(error, "already") == 0)
        cli_complain(_("it has been erased, or has expired, already."));
    else if (strcmp(error, "ambiguous") == 0) {
        char numbers[512] = "";
        size_t i, used = 0;
        const json_t *index;
        json_array_foreach(json_object_get(end, "indexes"), i,
                           index) if (used + 24 < sizeof numbers) used +=
            (size_t)snprintf(numbers + used, sizeof numbers - used, "%s%lld", i > 0 ? ", " : "",
                             (long long)json_integer_value(index));
        cli_complain(_("several registrations have this reference: %s. Name one by its number."),
                     numbers);
    } else {
        words_refusal(end);
    }
}

/* The request of the line; NULL where it does not name one registration, *status then says so. */
static json_t *erase_request(const struct cli_args *a, int *status)
{
    const char *ref = cli_value(a, "ref");
    if ((ref != NULL) == (a->word_count == 1)) {
        *status = cli_misuse(a, _("name the registration by its number, or by --ref."));
        return NULL;
    }
    if (ref != NULL && !utf8_is_text(bytes_of(ref, strlen(ref)))) {
        *status = cli_misuse(a, _("--%s is not readable as text (UTF-8)."), "ref");
        return NULL;
    }
    if (ref != NULL)
        return json_pack("{s:s,s:s}", "do", "erase", "ref", ref);
    char *after;
    errno = 0;
    long long number = strtoll(a->word[0], &after, 10);
    if (*after != '\0' || after == a->word[0] || number < 0 || errno != 0) {
        *status = cli_misuse(a, _("that is not the number of a registration; see: seinpost list"));
        return NULL;
    }
    return json_pack("{s:s,s:I}", "do", "erase", "index", (json_int_t)number);
}

static int run_erase(const struct cli_args *a)
{
    int status = CLI_DONE;
    json_t *end, *request = erase_request(a, &status);
    if (request == NULL)
        return status;
    if (!cli_has(a, "yes") && isatty(STDIN_FILENO) && !is_sure()) {
        json_decref(request);
        cli_complain(_("nothing was erased."));
        return CLI_FAILED;
    }
    status = cli_ask(a, request, no_line, NULL, &end);
    if (status == CLI_DONE && !is_done(end)) {
        erase_refused(end);
        status = CLI_FAILED;
    } else if (status == CLI_DONE) {
        printf(_("Registration %lld is erased here. Every other organisation erases it as soon as "
                 "it hears of it, and confirms that within a day or so.\n"),
               words_number(end, "index"));
    }
    json_decref(end);
    return status;
}

/* clang-format off */
static const struct cli_option erase_options[] = {
    {"ref", "REF", N_("your own reference of the case"), false, false},
    {"yes", NULL, N_("do not ask whether you are sure"), false, false},
    {0},
};
/* clang-format on */

const struct cli_command cli_erase = {
    .name = "erase",
    .words = "[NUMBER]",
    .words_max = 1,
    .help = N_("erase a registration, here and at every other organisation"),
    .more = N_("NUMBER is the registration's, as list shows it. Only the fact that there was an "
               "entry stays, so that everything can still be verified."),
    .options = erase_options,
    .run = run_erase,
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
