/*
 * cli_allowance.c - allowance: more questions than the daily budget has, for a short time.
 */
#include "node/cli_commands.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "node/table.h"
#include "node/text.h"
#include "node/words.h"
#include "proto/utf8.h"
#include "protocol/calendar.h"
#include "protocol/notice.h"

static int refused(const json_t *end)
{
    const char *error = words_text(end, "error");
    if (strcmp(error, "allowance-elements") == 0)
        cli_complain(_("nothing was done: the member list lets an organisation have at most %lld "
                       "questions beyond its budgets. One consult takes 32."),
                     words_number(end, "most"));
    else if (strcmp(error, "allowance-days") == 0)
        cli_complain(
            _("nothing was done: an allowance begins today or within 31 days, and lasts 31 "
              "days at most. Ask for a new one."));
    else if (strcmp(error, "same-person") == 0)
        cli_complain(_("nothing was done: who asked for it cannot approve it. Let a colleague do "
                       "that, under his or her own user name."));
    else if (strcmp(error, "not-found") == 0)
        cli_complain(_("nothing was done: there is no allowance with this number. See: seinpost "
                       "allowance list"));
    else if (strcmp(error, "not-approved") == 0)
        cli_complain(_("nothing was done: this allowance was not approved, and needs no "
                       "explanation."));
    else if (strcmp(error, "already") == 0)
        cli_complain(_("nothing was done: this was done before. See: seinpost allowance list"));
    else
        words_refusal(end);
    return CLI_FAILED;
}

/* Takes request; says done, with the number, where it was. */
static int carry(const struct cli_args *a, json_t *request, const char *done)
{
    json_t *end = NULL;
    int status = cli_ask(a, request, NULL, NULL, &end);
    if (status == CLI_DONE && !json_is_true(json_object_get(end, "ok")))
        status = refused(end);
    else if (status == CLI_DONE)
        printf(done, words_number(end, "number"));
    json_decref(end);
    return status;
}

/* --text, which has to be readable and short; NULL with the reason on stderr. */
static const char *read_text(const struct cli_args *a)
{
    const char *text = cli_value(a, "text");
    if (utf8_is_line(bytes_of(text, strlen(text))) && text[0] != '\0' && strlen(text) <= 1000)
        return text;
    (void)cli_misuse(a,
                     _("--text is not one line of readable text (UTF-8) of at most 1000 bytes."));
    return NULL;
}

static int read_number(const struct cli_args *a, json_int_t *number)
{
    char *past;
    *number = strtoll(a->word[0], &past, 10);
    if (*past == '\0' && *number > 0 && strspn(a->word[0], "0123456789") == strlen(a->word[0]))
        return CLI_DONE;
    return cli_misuse(a, _("%s is not the number of an allowance. See: seinpost allowance list"),
                      a->word[0]);
}

static int run_ask(const struct cli_args *a)
{
    int elements, days;
    char from[DAY_TEXT_BYTES], until[DAY_TEXT_BYTES];
    const char *reason = cli_value(a, "reason"), *begin = cli_value(a, "from");
    int32_t first = (int32_t)(time(NULL) / 86400);
    static const char *const reasons[] = {"bulk", "surge", "cases", "other"};
    int status = cli_number(a, "questions", 1, 100000000, 0, &elements);
    if (status == CLI_DONE)
        status = cli_number(a, "days", 1, NOTICE_DAYS_MAX, 7, &days);
    if (status != CLI_DONE)
        return status;
    if (begin != NULL && !day_parse(bytes_of(begin, strlen(begin)), &first))
        return cli_misuse(a, _("--from is not a date; write it as YYYY-MM-DD, for example "
                               "2027-12-31."));
    size_t i = 0;
    while (i < sizeof reasons / sizeof reasons[0] && strcmp(reasons[i], reason) != 0)
        i++;
    if (i == sizeof reasons / sizeof reasons[0])
        return cli_misuse(a, _("--reason is one of: bulk, surge, cases, other."));
    const char *text = read_text(a);
    if (text == NULL)
        return CLI_USAGE;
    day_format(first, from);
    day_format(first + days - 1, until);
    return carry(a,
                 json_pack("{s:s,s:i,s:s,s:s,s:s,s:s}", "do", "allowance-ask", "elements", elements,
                           "from", from, "until", until, "reason", reason, "text", text),
                 _("Asked for as number %lld. Now a colleague approves it: seinpost allowance "
                   "approve NUMBER\n"));
}

static int run_approve(const struct cli_args *a)
{
    json_int_t number;
    int status = read_number(a, &number);
    if (status != CLI_DONE)
        return status;
    return carry(
        a, json_pack("{s:s,s:I}", "do", "allowance-approve", "number", number),
        _("Approved: number %lld can be used as soon as key holders have heard of it. Every "
          "member sees it. Explain it in time: seinpost allowance explain NUMBER\n"));
}

static int run_explain(const struct cli_args *a)
{
    json_int_t number;
    int status = read_number(a, &number);
    const char *text = status == CLI_DONE ? read_text(a) : NULL;
    if (text == NULL)
        return CLI_USAGE;
    return carry(
        a, json_pack("{s:s,s:I,s:s}", "do", "allowance-explain", "number", number, "text", text),
        _("Number %lld is explained. What you wrote stays here, for the auditor.\n"));
}

struct listing {
    struct table *table;
    bool is_json;
};

static void on_line(void *ctx, const json_t *line)
{
    struct listing *l = ctx;
    json_t *row = json_object_get(line, "row");
    char number[32], elements[32];
    if (row == NULL)
        return;
    if (l->is_json) {
        cli_json(json_incref(row));
        return;
    }
    snprintf(number, sizeof number, "%lld", words_number(row, "number"));
    snprintf(elements, sizeof elements, "%lld", words_number(row, "elements"));
    const char *state = json_object_get(row, "explanation") != NULL ? _("explained")
                        : json_object_get(row, "index") != NULL     ? _("approved")
                                                                    : _("waits for approval");
    table_add(l->table,
              (const char *const[]){number, elements, words_text(row, "from"),
                                    words_text(row, "until"), state, words_text(row, "text")});
}

static int run_list(const struct cli_args *a)
{
    const char *const heads[] = {_("Number"), _("Questions"), _("From"), _("Until"),
                                 _("State"),  _("For"),       NULL};
    struct listing l = {table_new(heads), cli_has(a, "json")};
    json_t *end = NULL;
    int status = cli_ask(a, json_pack("{s:s}", "do", "allowance-list"), on_line, &l, &end);
    if (status == CLI_DONE && !json_is_true(json_object_get(end, "ok")))
        status = refused(end);
    else if (status == CLI_DONE && !l.is_json)
        table_print(l.table, stdout);
    table_free(&l.table);
    json_decref(end);
    return status;
}

/* clang-format off */
static const struct cli_option ask_options[] = {
    {"questions", "N", N_("how many beyond the daily budget; one consult takes 32"), true, false},
    {"days", "N", N_("how long, at most 31 days; 7 if not given"), false, false},
    {"from", "DATE", N_("its first day, YYYY-MM-DD; today if not given"), false, false},
    {"reason", "CODE", N_("bulk, surge (people are taken on fast), cases (many registrations) or other"), true, false},
    {"text", "TEXT", N_("what it is for; stays on this node, for the auditor"), true, false},
    {0},
};
static const struct cli_option no_options[] = {{0}};
static const struct cli_option explain_options[] = {
    {"text", "TEXT", N_("what it was used for; stays on this node, for the auditor"), true, false},
    {0},
};
static const struct cli_option list_options[] = {
    {"json", NULL, N_("output for programs: an object a line"), false, false},
    {0},
};
/* clang-format on */

const struct cli_command cli_allowance_ask = {
    .group = "allowance",
    .name = "ask",
    .help = N_("ask for more questions than the daily budget has, for a short time"),
    .more = N_("For many people at once, as after a disaster. A colleague approves it; then it can "
               "be used at once, and every member sees that it was given and how large it is. It "
               "has to be explained within the days that the member list names, seven as a rule: "
               "until then, after those days, no allowance of this organisation gives anything."),
    .options = ask_options,
    .run = run_ask,
};

const struct cli_command cli_allowance_approve = {
    .group = "allowance",
    .name = "approve",
    .words = "NUMBER",
    .words_min = 1,
    .words_max = 1,
    .help = N_("approve an allowance that a colleague asked for"),
    .options = no_options,
    .run = run_approve,
};

const struct cli_command cli_allowance_explain = {
    .group = "allowance",
    .name = "explain",
    .words = "NUMBER",
    .words_min = 1,
    .words_max = 1,
    .help = N_("explain what an allowance was used for"),
    .options = explain_options,
    .run = run_explain,
};

const struct cli_command cli_allowance_list = {
    .group = "allowance",
    .name = "list",
    .help = N_("list this organisation's allowances"),
    .options = list_options,
    .run = run_list,
};
