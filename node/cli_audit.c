/*
 * cli_audit.c - audit: what this organisation asked keyholders for, and what they say of it.
 */
#include "node/cli_commands.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "node/audit.h"
#include "node/table.h"
#include "node/text.h"
#include "node/words.h"
#include "protocol/account.h"

/* "--month 2026-11" as 202611, this month where it is not given; CLI_USAGE for another form. */
static int read_month(const struct cli_args *a, uint32_t *month)
{
    const char *text = cli_value(a, "month");
    uint32_t first, last;
    *month = account_month((uint32_t)(time(NULL) / 86400));
    if (text == NULL)
        return CLI_DONE;
    bool is_form = strlen(text) == 7 && text[4] == '-' && strspn(text, "0123456789") == 4 &&
                   strspn(text + 5, "0123456789") == 2;
    if (is_form)
        *month = (uint32_t)(atoi(text) * 100 + atoi(text + 5));
    if (is_form && account_month_days(*month, &first, &last) == OK)
        return CLI_DONE;
    return cli_misuse(a, _("--month is not a month; write it as YYYY-MM, for example 2026-11."));
}

struct heard {
    json_t *keyholders, *rows, *records;
};

static void on_line(void *ctx, const json_t *line)
{
    struct heard *h = ctx;
    json_t *value;
    if ((value = json_object_get(line, "keyholder")) != NULL)
        json_array_append(h->keyholders, value);
    else if ((value = json_object_get(line, "seen")) != NULL)
        json_array_append(h->rows, value);
    else if ((value = json_object_get(line, "record")) != NULL)
        json_array_append(h->records, value);
}

static void heard_clear(struct heard *h)
{
    json_decref(h->keyholders);
    json_decref(h->rows);
    json_decref(h->records);
}

/* Carries a request out; *end is released by the caller. */
static int ask(const struct cli_args *a, json_t *request, struct heard *h, json_t **end)
{
    int status = cli_ask(a, request, on_line, h, end);
    if (status != CLI_DONE || json_is_true(json_object_get(*end, "ok")))
        return status;
    const char *error = words_text(*end, "error");
    if (strcmp(error, "unauthorised") == 0)
        cli_complain(_("nothing was done: only the organisation itself and auditors are told what "
                       "it asked for. Roles are in: seinpost roster show"));
    else if (strcmp(error, "not-found") == 0)
        cli_complain(
            _("nothing was done: no such organisation is in the member list. See: seinpost "
              "roster show"));
    else if (strcmp(error, "busy") == 0)
        cli_complain(_("nothing was done: another audit is under way. Try again in a minute."));
    else
        words_refusal(*end);
    return CLI_FAILED;
}

static int ask_totals(const struct cli_args *a, uint32_t month, const char *member, bool has_rows,
                      struct heard *h, json_t **end)
{
    json_t *request = json_pack("{s:s,s:I,s:b}", "do", "audit-totals", "month", (json_int_t)month,
                                "rows", has_rows);
    if (member != NULL)
        json_object_set_new(request, "member", json_string(member));
    return ask(a, request, h, end);
}

static void show_totals(const struct heard *h)
{
    const char *const heads[] = {_("Key holder"),      _("Requests"), _("Questions"),
                                 _("Of an allowance"), _("Remark"),   NULL};
    struct table *table = table_new(heads);
    const json_t *k;
    size_t i;
    json_array_foreach(h->keyholders, i, k)
    {
        char requests[32], elements[32], surge[32], remark[160] = "";
        bool is_heard = strcmp(words_text(k, "result"), "ok") == 0;
        snprintf(requests, sizeof requests, "%lld", words_number(k, "requests"));
        snprintf(elements, sizeof elements, "%lld", words_number(k, "elements"));
        snprintf(surge, sizeof surge, "%lld", words_number(k, "surge"));
        if (!is_heard)
            snprintf(remark, sizeof remark, "%s",
                     strcmp(words_text(k, "result"), "signature") == 0 ? _("NOT SIGNED by it")
                                                                       : _("did not answer"));
        else if (words_text(k, "restored")[0] != '\0')
            snprintf(remark, sizeof remark, _("restored from a backup on %s"),
                     words_text(k, "restored"));
        table_add(table,
                  (const char *const[]){words_text(k, "name"), is_heard ? requests : "?",
                                        is_heard ? elements : "?", is_heard ? surge : "?", remark});
    }
    table_print(table, stdout);
    table_free(&table);
}

static int run_totals(const struct cli_args *a)
{
    struct heard h = {json_array(), json_array(), json_array()};
    json_t *end = NULL, *k;
    uint32_t month;
    size_t i;
    int status = read_month(a, &month);
    if (status == CLI_DONE)
        status = ask_totals(a, month, cli_value(a, "member"), false, &h, &end);
    if (status == CLI_DONE && cli_has(a, "json"))
        json_array_foreach(h.keyholders, i, k) cli_json(json_incref(k));
    else if (status == CLI_DONE)
        show_totals(&h);
    if (status == CLI_DONE && words_number(end, "failed") > 0) {
        cli_complain(_("not every key holder told what it counted (see above)."));
        status = CLI_FAILED;
    }
    json_decref(end);
    heard_clear(&h);
    return status;
}

/* ---- Comparing ---- */

static const char *difference_text(const char *what)
{
    static const struct {
        const char *what, *text;
    } rows[] = {
        {"no-record",      N_("a key holder saw a request of which there is no record")           },
        {"no-request",     N_("answered according to the record, and seen by too few key holders")},
        {"other-purpose",  N_("seen with another purpose than the record says")                   },
        {"other-points",   N_("seen about other details than the record says")                    },
        {"other-count",    N_("seen with another number of details than the record says")         },
        {"no-record-form", N_("something among the records that cannot be read as one")           },
        {"not-signed",     N_("what this key holder says is not signed by it")                    },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (strcmp(rows[i].what, what) == 0)
            return _(rows[i].text);
    return what;
}

/* Differences of the records and what was heard; CLI_FAILED if there are any. */
static int judge(const struct cli_args *a, const struct heard *h)
{
    size_t i, unheard = 0;
    const json_t *k;
    json_t *d;
    json_array_foreach(h->keyholders, i, k) unheard += strcmp(words_text(k, "result"), "ok") != 0;
    json_t *differences = audit_compare(h->records, h->rows, unheard);
    json_array_foreach(h->keyholders, i, k) if (strcmp(words_text(k, "result"), "signature") == 0)
        json_array_append_new(differences, json_pack("{s:s,s:s,s:s,s:s,s:s}", "what", "not-signed",
                                                     "keyholder", words_text(k, "org_id"),
                                                     "request", "", "day", "", "purpose", ""));
    json_array_foreach(differences, i, d)
    {
        if (cli_has(a, "json")) {
            cli_json(json_incref(d));
            continue;
        }
        printf("%s %.16s %s: %s\n", words_text(d, "day"), words_text(d, "request"),
               words_text(d, "keyholder"), difference_text(words_text(d, "what")));
    }
    size_t count = json_array_size(differences);
    json_decref(differences);
    if (!cli_has(a, "json"))
        printf(
            _("Records: %zu.  Seen by key holders: %zu.  Differences: %zu.  Key holders that did "
              "not tell: %zu.\n"),
            json_array_size(h->records), json_array_size(h->rows), count, unheard);
    return count > 0 || unheard > 0 ? CLI_FAILED : CLI_DONE;
}

static int ask_records(const struct cli_args *a, uint32_t month, struct heard *h, json_t **end)
{
    return ask(a, json_pack("{s:s,s:I}", "do", "audit-records", "month", (json_int_t)month), h,
               end);
}

static int run_purposes(const struct cli_args *a)
{
    struct heard h = {json_array(), json_array(), json_array()};
    json_t *end = NULL, *totals = NULL;
    uint32_t month;
    int status = read_month(a, &month);
    if (status == CLI_DONE)
        status = ask_records(a, month, &h, &end);
    if (status == CLI_DONE)
        status = ask_totals(a, month, NULL, true, &h, &totals);
    if (status == CLI_DONE)
        status = judge(a, &h);
    json_decref(end);
    json_decref(totals);
    heard_clear(&h);
    return status;
}

static int run_open(const struct cli_args *a)
{
    struct heard h = {json_array(), json_array(), json_array()};
    json_t *end = NULL;
    uint32_t month;
    const char *path = cli_value(a, "out");
    int status = read_month(a, &month);
    if (status == CLI_DONE)
        status = ask_records(a, month, &h, &end);
    FILE *f = status == CLI_DONE ? fopen(path, "wxe") : NULL;
    if (status == CLI_DONE && f == NULL) {
        cli_complain(_("%s cannot be written, or is there already; name another file."), path);
        status = CLI_FAILED;
    }
    if (f != NULL) {
        json_t *all =
            json_pack("{s:s,s:i,s:s,s:I,s:O}", "seinpost", "opened-records", "version", 1, "org_id",
                      words_text(end, "org_id"), "month", (json_int_t)month, "records", h.records);
        bool is_written = json_dumpf(all, f, JSON_INDENT(1)) == 0 && fputc('\n', f) != EOF;
        json_decref(all);
        is_written = fclose(f) == 0 && is_written;
        if (!is_written) {
            cli_complain(_("%s could not be written."), path);
            status = CLI_FAILED;
        } else
            printf(_("%zu records are in %s. It names purposes and vacancies, and nobody that was "
                     "asked about. Give it to the auditor, and to nobody else.\n"),
                   json_array_size(h.records), path);
    }
    json_decref(end);
    heard_clear(&h);
    return status;
}

static int run_check(const struct cli_args *a)
{
    struct heard h = {json_array(), json_array(), NULL};
    json_t *end = NULL, *file = json_load_file(a->word[0], 0, NULL);
    uint32_t first, last, month = (uint32_t)words_number(file, "month");
    h.records = json_incref(json_object_get(file, "records"));
    bool is_one = strcmp(words_text(file, "seinpost"), "opened-records") == 0 &&
                  json_is_array(h.records) && account_month_days(month, &first, &last) == OK;
    int status = is_one ? CLI_DONE : CLI_FAILED;
    if (!is_one)
        cli_complain(_("%s is no file of opened records, as this writes one: seinpost audit open"),
                     a->word[0]);
    if (status == CLI_DONE)
        status = ask_totals(a, month, words_text(file, "org_id"), true, &h, &end);
    if (status == CLI_DONE)
        status = judge(a, &h);
    json_decref(end);
    json_decref(file);
    heard_clear(&h);
    return status;
}

/* ---- Alarms ---- */

static void keep_alarms(void *ctx, const json_t *line)
{
    json_t **alarms = ctx;
    if (*alarms == NULL)
        *alarms = json_incref(json_object_get(line, "alarms"));
}

static int run_alarms(const struct cli_args *a)
{
    json_t *alarms = NULL, *end = NULL;
    const json_t *day;
    size_t i;
    int status = cli_ask(a, json_pack("{s:s}", "do", "audit-alarms"), keep_alarms, &alarms, &end);
    if (status == CLI_DONE && cli_has(a, "json")) {
        cli_json(json_incref(alarms));
    } else if (status == CLI_DONE) {
        json_array_foreach(json_object_get(alarms, "unusual"), i, day)
            printf(_("%s: %lld people were asked about; usual are %lld a day.\n"),
                   words_text(day, "day"), words_number(day, "people"), words_number(day, "usual"));
        printf(_("Asked about without naming a vacancy in the last 28 days: %lld people.\n"),
               words_number(alarms, "no_vacancy"));
        if (i == 0)
            puts(_("No day of the last 28 was unusual."));
    }
    json_decref(alarms);
    json_decref(end);
    return status;
}

/* clang-format off */
static const struct cli_option totals_options[] = {
    {"month", "YYYY-MM", N_("which month; this one if not given"), false, false},
    {"member", "IDENTIFIER", N_("of which organisation, for an auditor; of this one if not given"), false, false},
    {"json", NULL, N_("output for programs: an object a line"), false, false},
    {0},
};
static const struct cli_option purposes_options[] = {
    {"month", "YYYY-MM", N_("which month; this one if not given"), false, false},
    {"json", NULL, N_("output for programs: an object a line"), false, false},
    {0},
};
static const struct cli_option open_options[] = {
    {"month", "YYYY-MM", N_("which month; this one if not given"), false, false},
    {"out", "FILE", N_("the file to write; it must not be there yet"), true, false},
    {0},
};
static const struct cli_option json_options[] = {
    {"json", NULL, N_("output for programs: an object a line"), false, false},
    {0},
};
/* clang-format on */

const struct cli_command cli_audit_totals = {
    .group = "audit",
    .name = "totals",
    .help = N_("show what each key holder counted of an organisation's questions in a month"),
    .more =
        N_("Key holders tell an organisation, and auditors, how much they answered; nobody else. "
           "Each signs what it tells. They keep each request for 13 months, and the totals "
           "after that."),
    .options = totals_options,
    .run = run_totals,
};

const struct cli_command cli_audit_purposes = {
    .group = "audit",
    .name = "purposes",
    .help = N_("compare what this organisation recorded with what key holders saw"),
    .more =
        N_("With each request goes a sealed promise of what it is for. This opens the records of "
           "a month, computes the promises again and names every difference. The status is 1 "
           "if there is one, or if a key holder did not tell."),
    .options = purposes_options,
    .run = run_purposes,
};

const struct cli_command cli_audit_open = {
    .group = "audit",
    .name = "open",
    .help = N_("write the records of a month to a file for the auditor"),
    .more = N_("The file has purposes, vacancies and numbers, and nobody's name. The auditor "
               "compares it with what key holders saw: seinpost audit check FILE"),
    .options = open_options,
    .run = run_open,
};

const struct cli_command cli_audit_check = {
    .group = "audit",
    .name = "check",
    .words = "FILE",
    .words_min = 1,
    .words_max = 1,
    .help = N_("compare records that an organisation opened with what key holders saw"),
    .more = N_("For auditors. The status is 1 if there is a difference, or if a key holder did not "
               "tell."),
    .options = json_options,
    .run = run_check,
};

const struct cli_command cli_audit_alarms = {
    .group = "audit",
    .name = "alarms",
    .help = N_("show days on which unusually many people were asked about"),
    .more =
        N_("For the data protection officer. Unusual: more than ten people, and more than three "
           "times as many as on a usual day of the four weeks before. Only numbers are kept, "
           "not who was asked about."),
    .options = json_options,
    .run = run_alarms,
};
