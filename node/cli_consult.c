/*
 * cli_consult.c - consult: ask whether a member has registered a person, or each of many.
 */
#include "node/cli_commands.h"

#include "node/cli_people.h"
#include "node/client.h"
#include "node/table.h"
#include "node/text.h"
#include "node/words.h"
#include "proto/limits.h"
#include "proto/utf8.h"
#include "protocol/answer.h"

#include <stdlib.h>
#include <string.h>

/* What is gathered until the last answer is there. */
struct answers {
    struct people *people;
    struct table *table;
    json_t *reasons;  /* gap -> number of people */
    json_t *to_ask;   /* "name (org-id)" -> number of a registration -> true */
    json_t *disputed; /* "name (org-id)" of those who contradict themselves -> true */
    json_t *details;  /* what keyholders did instead of answering -> true */
    enum answer last;
    char as_of[32];
    long long feeds, feeds_covered;
};

static enum answer answer_of(const char *name)
{
    unsigned a = ANSWER_NO_MATCH;
    while (a < ANSWER_CANNOT_SAY && strcmp(answer_name((enum answer)a), name) != 0)
        a++;
    return (enum answer)a;
}

/* ---- Gathering ---- */

static void count_reasons(struct answers *s, const json_t *row)
{
    size_t i;
    const json_t *reason;
    json_array_foreach(json_object_get(row, "reasons"), i, reason)
    {
        const char *name = json_string_value(reason);
        if (name != NULL)
            json_object_set_new(s->reasons, name, json_integer(1 + words_number(s->reasons, name)));
    }
    const char *detail = words_text(row, "detail");
    if (detail[0] != '\0')
        json_object_set_new(s->details, detail, json_true());
}

/* "Brug Hulp (NL-KVK-1)" */
static void member_text(const json_t *match, char *out, size_t cap)
{
    snprintf(out, cap, "%s (%s)", words_text(match, "name"), words_text(match, "org_id"));
}

/* Each registration once, however many of the people asked about it matches. */
static void note_member(struct answers *s, const char *member, long long index)
{
    char number[32];
    if (json_object_get(s->to_ask, member) == NULL)
        json_object_set_new(s->to_ask, member, json_object());
    snprintf(number, sizeof number, "%lld", index);
    json_object_set_new(json_object_get(s->to_ask, member), number, json_true());
}

/* One line of the table for a match. */
static void add_match(struct answers *s, const char *ref, const json_t *match)
{
    char member[256], number[32], kinds[512];
    long long index = words_number(match, "index");
    member_text(match, member, sizeof member);
    snprintf(number, sizeof number, "%lld", index);
    words_kinds(json_object_get(match, "kinds"), kinds, sizeof kinds);
    note_member(s, member, index);
    if (json_is_true(json_object_get(match, "disputed")))
        json_object_set_new(s->disputed, member, json_true());
    const char *answer = words_answer(words_text(match, "answer"));
    table_add(s->table, (const char *const[]){ref, answer, member, number, kinds,
                                              words_text(match, "expires")});
}

/* Each match with its own answer, the surest first, so that the first is what the answer to the
 * person is; the reference stands there alone. */
static void add_matches(struct answers *s, const char *ref, const json_t *row)
{
    size_t i;
    const json_t *match, *matches = json_object_get(row, "matches");
    if (json_array_size(matches) == 0)
        table_add(s->table, (const char *const[]){ref, words_answer(words_text(row, "answer")), "-",
                                                  "", "", ""});
    for (int is_sure = 1; is_sure >= 0; is_sure--)
        json_array_foreach(matches, i, match)
        {
            if ((answer_of(words_text(match, "answer")) == ANSWER_CONFIRMED) != (is_sure == 1))
                continue;
            add_match(s, ref, match);
            ref = "";
        }
}

static void on_line(void *ctx, const json_t *line)
{
    struct answers *s = ctx;
    json_t *row = json_object_get(line, "row");
    size_t i;
    const json_t *warning;
    char ref[160];
    if (row == NULL)
        return;
    json_array_foreach(json_object_get(row, "warnings"), i, warning)
        people_complain(s->people, warning, row);
    if (s->people->is_json) {
        cli_json(json_incref(row));
        return;
    }
    if (words_text(row, "ref")[0] != '\0' || s->people->file == NULL)
        snprintf(ref, sizeof ref, "%s", words_text(row, "ref"));
    else
        snprintf(ref, sizeof ref, _("line %lld"), words_number(row, "line"));
    count_reasons(s, row);
    s->last = answer_of(words_text(row, "answer"));
    add_matches(s, ref, row);
    snprintf(s->as_of, sizeof s->as_of, "%s", words_text(row, "as_of"));
    s->feeds = words_number(row, "feeds");
    s->feeds_covered = words_number(row, "feeds_covered");
}

/* ---- Showing ---- */

/* "3, 17"; of very many the first alone, for the table has them all. */
static void numbers_text(json_t *numbers, char *out, size_t cap)
{
    enum { REST_BYTES = 32 };
    const char *number;
    json_t *value;
    size_t used = 0;
    out[0] = '\0';
    json_object_foreach(numbers, number, value)
    {
        bool is_full = cap - used < REST_BYTES;
        used += (size_t)snprintf(out + used, cap - used, "%s%s", used > 0 ? ", " : "",
                                 is_full ? "..." : number);
        if (is_full)
            return;
    }
}

static void show_members(const struct answers *s)
{
    const char *member;
    char text[256];
    json_t *numbers;
    if (json_object_size(s->to_ask) == 0)
        return;
    puts(_("\nWhom to ask:"));
    json_object_foreach(s->to_ask, member, numbers)
    {
        numbers_text(numbers, text, sizeof text);
        printf(_("  %s, about registration %s\n"), member, text);
    }
}

static void show_disputed(const struct answers *s)
{
    const char *member;
    json_t *value;
    json_object_foreach(s->disputed, member, value)
    {
        char text[768];
        snprintf(text, sizeof text,
                 _("%s is IN DISPUTE: it signed two different histories, so that others may see "
                   "other registrations of it than you. Ask a steward before you rely on it."),
                 member);
        putchar('\n');
        cli_wrap(stdout, 0, text);
    }
}

static void show_reasons(const struct answers *s)
{
    const char *name;
    json_t *value;
    if (json_object_size(s->reasons) == 0)
        return;
    puts(_("\nNot everything could be looked at:"));
    json_object_foreach(s->reasons, name, value)
        printf("  - %s (%lld)\n", words_gap(name), (long long)json_integer_value(value));
    json_object_foreach(s->details, name, value)
    {
        char detail[1024];
        words_detail(name, detail, sizeof detail);
        printf("    %s\n", detail);
    }
}

/* What "no match" means, for a file that has such answers. */
static void show_meaning(void)
{
    char text[512];
    snprintf(text, sizeof text, "%s: %s", words_answer(answer_name(ANSWER_NO_MATCH)),
             _(answer_text(ANSWER_NO_MATCH)));
    putchar('\n');
    cli_wrap(stdout, 0, text);
}

static void show(const struct answers *s, const json_t *end)
{
    bool is_one = s->people->file == NULL;
    table_print(s->table, stdout);
    show_members(s);
    show_disputed(s);
    show_reasons(s);
    if (is_one)
        putchar('\n');
    else
        printf(_("\nAsked: %lld.  No match: %lld.  Possible: %lld.  Confirmed: %lld.  Cannot say: "
                 "%lld.\n"),
               words_number(end, "asked"), words_number(end, "no_match"),
               words_number(end, "possible"), words_number(end, "confirmed"),
               words_number(end, "cannot_say"));
    printf(_("As of %s; %lld of %lld members heard.\n"), s->as_of, s->feeds_covered, s->feeds);
    if (is_one)
        cli_wrap(stdout, 0, _(answer_text(s->last)));
    else if (words_number(end, "no_match") > 0)
        show_meaning();
}

/* Sends the rows, which it takes. */
static int consult(struct answers *s, const struct config *config, const char *purpose,
                   const char *vacancy)
{
    struct problem problem = {""};
    json_t *end;
    json_t *request = json_pack("{s:s,s:s,s:s,s:o}", "do", "consult", "purpose", purpose, "vacancy",
                                vacancy, "rows", s->people->rows);
    enum err e = client_ask(config, request, on_line, s, &end, &problem);
    if (e != OK)
        return cli_failed(&problem, e);
    int status = json_is_true(json_object_get(end, "ok")) ? CLI_DONE : CLI_FAILED;
    if (status != CLI_DONE)
        words_refusal(end);
    else if (!s->people->is_json)
        show(s, end);
    json_decref(end);
    return status;
}

static int run_consult(const struct cli_args *a)
{
    static struct config config;
    struct people p;
    const char *purpose = cli_value(a, "purpose");
    if (purpose != NULL && !utf8_is_line(bytes_of(purpose, strlen(purpose))))
        return cli_misuse(a, _("--purpose is not one line of readable text (UTF-8)."));
    const char *vacancy = cli_value(a, "vacancy");
    if (vacancy != NULL && (!utf8_is_line(bytes_of(vacancy, strlen(vacancy))) ||
                            strlen(vacancy) > REFERENCE_BYTES_MAX))
        return cli_misuse(a, _("--vacancy is not one line of readable text (UTF-8) of at most 127 "
                               "bytes."));
    int status = people_read(&p, a, false);
    if (status != CLI_DONE)
        return status;
    if (p.unreadable > 0)
        cli_complain(_n("nobody was asked about: %zu row cannot be read (see above). Mend it "
                        "first.",
                        "nobody was asked about: %zu rows cannot be read (see above). Mend them "
                        "first.",
                        (unsigned long)p.unreadable),
                     p.unreadable);
    if (p.unreadable > 0 || cli_config(a, &config) != CLI_DONE) {
        json_decref(p.rows);
        return CLI_FAILED;
    }
    const char *const heads[] = {_("Reference"),   _("Answer"), _("Ask"), _("About"),
                                 _("Same detail"), _("Until"),  NULL};
    struct answers s = {.people = &p,
                        .table = table_new(heads),
                        .reasons = json_object(),
                        .to_ask = json_object(),
                        .disputed = json_object(),
                        .details = json_object()};
    status = consult(&s, &config, purpose != NULL ? purpose : "recruitment",
                     vacancy != NULL ? vacancy : "");
    table_free(&s.table);
    json_decref(s.reasons);
    json_decref(s.to_ask);
    json_decref(s.disputed);
    json_decref(s.details);
    return status;
}

/* clang-format off */
static const struct cli_option consult_options[] = {
    PEOPLE_OPTIONS,
    {"purpose", "TEXT", N_("what the question is for; recruitment if not given"), false, false},
    {"vacancy", "TEXT", N_("which vacancy it is for, as your organisation names it; stays on this node"), false, false},
    {"json", NULL, N_("output for programs: an object a line for each person"), false, false},
    {0},
};
/* clang-format on */

const struct cli_command cli_consult = {
    .name = "consult",
    .help = N_("ask whether a member has registered a person"),
    .more = N_("The answer is no match, possible, confirmed or cannot say. No match is not a "
               "clearance: it says that no member has a registration in force that matches. "
               "Nobody learns whom you asked about.\n\n"
               "Details given as options can be seen by others on this machine in the list of "
               "processes; --csv - reads them from standard input.\n\n"
               "Columns of the file: ref,given_name,family_name,born,document,email,phone"),
    .options = consult_options,
    .run = run_consult,
};
