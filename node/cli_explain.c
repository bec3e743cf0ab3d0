/*
 * cli_explain.c - explain: what a person's details are read as, and where two people agree.
 *
 * For whoever judges a possible match. It needs no node and no settings, and keeps nothing.
 */
#include "node/cli_commands.h"

#include "node/cli_people.h"
#include "node/explain.h"
#include "node/text.h"
#include "node/words.h"
#include "proto/utf8.h"
#include "protocol/answer.h"
#include "protocol/matchkey.h"

#include <sodium.h>
#include <stdarg.h>
#include <string.h>

enum { TEXT_BYTES_MAX = 8192, PERSONS_MAX = 2, INDENT = 2 };

static const struct {
    const char *column, *option, *word;
} fields[] = {
    {"given_name",  "other-given-name",  N_("given name")    },
    {"family_name", "other-family-name", N_("family name")   },
    {"born",        "other-born",        N_("date of birth") },
    {"document",    "other-document",    N_("document")      },
    {"email",       "other-email",       N_("e-mail address")},
    {"phone",       "other-phone",       N_("phone number")  },
};
enum { FIELDS = sizeof fields / sizeof fields[0] };

/* A paragraph, or one item of a list. It may hold details of a person: wiped when it is printed. */
static void print(bool is_item, const char *format, va_list args)
{
    char text[TEXT_BYTES_MAX];
    vsnprintf(text, sizeof text, format, args);
    if (is_item)
        cli_item(stdout, INDENT, text);
    else
        cli_wrap(stdout, INDENT, text);
    sodium_memzero(text, sizeof text);
}

static void say(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void item(const char *format, ...) __attribute__((format(printf, 1, 2)));

static void say(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    print(false, format, args);
    va_end(args);
}

static void item(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    print(true, format, args);
    va_end(args);
}

static const char *field_word(const json_t *detail)
{
    for (int i = 0; i < FIELDS; i++)
        if (strcmp(fields[i].column, words_text(detail, "field")) == 0)
            return _(fields[i].word);
    return "?";
}

/* ---- One person ---- */

/* "document (value 2)" */
static void item_head(const json_t *detail, char *out, size_t cap)
{
    long long position = words_number(detail, "position");
    int used = snprintf(out, cap, "%s", field_word(detail));
    if (position > 1)
        snprintf(out + used, cap - (size_t)used, _(" (value %lld)"), position);
}

static void show_detail(const json_t *d)
{
    char head[128];
    item_head(d, head, sizeof head);
    if (json_object_get(d, "fault") != NULL)
        item(_("%s: not used; it %s."), head, words_fault(words_text(d, "fault")));
    else if (json_object_get(d, "letters") != NULL)
        item(_("%s: in the letters a to z \"%s\"; compared by its consonants as \"%s\", by sound "
               "as \"%s\""),
             head, words_text(d, "letters"), words_text(d, "consonants"), words_text(d, "sound"));
    else if (json_object_get(d, "year") != NULL)
        item(_("%s: the year %s only, since no day is given, or 1 January, 1 July or 31 December, "
               "which often stand for an unknown day"),
             head, words_text(d, "year"));
    else if (json_object_get(d, "date") != NULL)
        item("%s: %s", head, words_text(d, "date"));
    else if (json_object_get(d, "number") != NULL)
        item("%s: %s %s %s", head, words_text(d, "issuer"), words_text(d, "type"),
             words_text(d, "number"));
    else
        item("%s: %s", head, words_text(d, "value"));
}

/* What a kind of key takes for the same, with an example. */
static const char *tolerance(const char *kind)
{
    static const char *const rows[][2] = {
        {"document",
         N_("capitals, spaces, hyphens and dots in the number do not count: ab 123-4567 is "
            "AB1234567")                                                                      },
        {"email",       N_("capitals do not count: Amira@Example.org is amira@example.org")   },
        {"phone",
         N_("00 is +, and spaces and hyphens do not count: 0031 6-12345678 is +31 6 12345678")},
        {"name-born",   N_("capitals and accents do not count: JOSE is José")                },
        {"names",
         N_("spelling, alphabet and order of the names do not count: Muhammad is Mohamed, and "
            "محمد")                                                                       },
        {"names-month",
         N_("the consonants of both names agree, and the day may be wrong: 1980-03-12 "
            "is found with 1980-03-21")                                                       },
        {"names-day",   N_("the consonants of both names agree, and the month may be wrong: "
                         "1980-03-12 is found with 1980-08-12")          },
        {"name-start",  N_("the other name may be another one; two such parts must agree: Amira "
                          "Veldhoen is found with Amira Jansen")        },
        {"name-end",    N_("as the start of a name; two such parts must agree")               },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (strcmp(rows[i][0], kind) == 0)
            return _(rows[i][1]);
    return "";
}

static void show_registered(const json_t *person)
{
    const json_t *registered = json_object_get(person, "registered"), *one;
    size_t i;
    puts(_("\nWhat would be registered:"));
    if (json_array_size(registered) == 0) {
        say(_("Nothing: this person %s."), words_fault("no-keys"));
        return;
    }
    if (!json_is_true(json_object_get(person, "in_order")))
        say(_("Nothing, until what is not used above is mended or left out. Then:"));
    json_array_foreach(registered, i, one)
    {
        const char *kind = words_text(one, "kind");
        item("%s: %s", words_kind(kind), tolerance(kind));
    }
}

static void show_tried(const json_t *person)
{
    const json_t *tried = json_object_get(person, "tried");
    const json_t *dates = json_object_get(tried, "dates");
    const char *year = words_text(tried, "year");
    long long other = words_number(tried, "other_names"), parts = words_number(tried, "parts");
    char list[512] = "";
    if (json_array_size(dates) == 0 && year[0] == '\0' && other == 0 && parts == 0)
        return;
    puts(_("\nWhat a consult would look for besides:"));
    if (json_array_size(dates) > 0) {
        words_list(dates, words_same, list, sizeof list);
        item(_("the names with a date that is one slip away: %s"), list);
        sodium_memzero(list, sizeof list);
    }
    if (year[0] != '\0')
        item(_("the names with the year %s alone, as where the day was not known"), year);
    if (other > 0)
        item(_("the names with fewer words, or with letters that another language reads "
               "otherwise (w as v, j as y)"));
    if (parts > 0)
        item(_("the names with what can be made of the date that is not used"));
}

/* "First person (a1)" */
static void show_head(const json_t *person, bool is_alone)
{
    const char *ref = words_text(person, "ref");
    const char *who = is_alone                              ? _("This person")
                      : words_number(person, "person") == 1 ? _("First person")
                                                            : _("Second person");
    if (ref[0] != '\0' && utf8_is_line(bytes_of(ref, strlen(ref))))
        printf("%s (%s)\n", who, ref);
    else
        puts(who);
}

static void show_person(const json_t *person, bool is_alone)
{
    size_t i;
    const json_t *detail, *details = json_object_get(person, "details");
    show_head(person, is_alone);
    puts(_("\nWhat the details are read as:"));
    json_array_foreach(details, i, detail) show_detail(detail);
    if (json_array_size(details) == 0)
        say(_("There are none."));
    show_registered(person);
    show_tried(person);
}

/* ---- Two people ---- */

static const char *agreement(const json_t *detail)
{
    const char *agrees = words_text(detail, "agrees");
    bool is_date = strcmp(words_text(detail, "field"), "born") == 0;
    if (strcmp(agrees, "same") == 0)
        return _("the same");
    if (strcmp(agrees, "alike") == 0)
        return is_date ? _("not the same, but near: one slip, one part, or the year alone")
                       : _("not spelt the same, but alike");
    if (strcmp(agrees, "crossed") == 0)
        return _("stands in the other name");
    if (strcmp(agrees, "one") == 0)
        return _("only one of them has it");
    return _("does not agree");
}

static unsigned kind_number(const char *name)
{
    unsigned kind = 0;
    while (kind < KIND_END && strcmp(match_kind_name(kind), name) != 0)
        kind++;
    return kind;
}

static void show_way(const json_t *way)
{
    size_t i;
    const json_t *one, *kinds = json_object_get(way, "kinds");
    const char *answer = words_text(way, "answer");
    json_array_foreach(kinds, i, one)
    {
        const char *kind = json_string_value(one);
        item("%s: %s", words_kind(kind), _(answer_reason(kind_number(kind))));
    }
    if (json_array_size(kinds) == 0)
        item(_("nothing agrees"));
    say(_("A consult would answer: %s."), words_answer(answer));
    if (strcmp(answer, answer_name(ANSWER_NO_MATCH)) == 0)
        say(_("The one would not be found with the details of the other."));
}

/* Whether it is all the same who is registered. */
static bool is_mutual(const json_t *one, const json_t *other)
{
    return strcmp(words_text(one, "answer"), words_text(other, "answer")) == 0 &&
           json_equal(json_object_get(one, "kinds"), json_object_get(other, "kinds"));
}

static void show_pair(const json_t *pair)
{
    size_t i;
    const json_t *detail, *ways = json_object_get(pair, "ways");
    const json_t *one = json_array_get(ways, 0), *other = json_array_get(ways, 1);
    puts(_("\nBoth, detail by detail:"));
    json_array_foreach(json_object_get(pair, "details"), i, detail)
        item("%s: %s", field_word(detail), agreement(detail));
    if (is_mutual(one, other)) {
        puts(_("\nIf one of them is registered and the other is asked about, this agrees:"));
        show_way(one);
    } else {
        puts(_("\nIf the first is registered and the second is asked about, this agrees:"));
        show_way(one);
        puts(_("\nIf the second is registered and the first is asked about, this agrees:"));
        show_way(other);
    }
    putchar('\n');
    cli_wrap(
        stdout, 0,
        _("These are rules, not a finding. Whether they are one person is for a human to judge, "
          "together with the member who made the registration."));
}

/* ---- The command ---- */

static bool has_other(const struct cli_args *a)
{
    for (int i = 0; i < FIELDS; i++)
        if (cli_has(a, fields[i].option))
            return true;
    return false;
}

/* Adds the second person of the options. */
static int read_other(const struct cli_args *a, json_t *rows)
{
    json_t *row = json_pack("{s:i}", "line", 0);
    for (int i = 0; i < FIELDS; i++) {
        const char *value = cli_value(a, fields[i].option);
        json_t *text = json_string(value != NULL ? value : "");
        if (text == NULL) {
            json_decref(row);
            return cli_misuse(a, _("--%s is not readable as text (UTF-8)."), fields[i].option);
        }
        json_object_set_new(row, fields[i].column, text);
    }
    json_array_append_new(rows, row);
    return CLI_DONE;
}

/* Reads one person or two; rows are to be released when it returns CLI_DONE. */
static int read_people(struct people *p, const struct cli_args *a)
{
    bool is_pair = has_other(a);
    if (is_pair && cli_value(a, "csv") != NULL)
        return cli_misuse(a, _("with --csv the second person is the second row of the file; leave "
                               "out the options --other-..."));
    int status = people_read(p, a, false);
    if (status != CLI_DONE)
        return status;
    if (is_pair)
        status = read_other(a, p->rows);
    if (status == CLI_DONE && (p->unreadable > 0 || json_array_size(p->rows) > PERSONS_MAX)) {
        cli_complain(p->unreadable > 0
                         ? _("nothing is explained: a row cannot be read (see above). Mend it "
                             "first.")
                         : _("nothing is explained: the file names more than two people. Leave "
                             "one or two."));
        status = CLI_FAILED;
    }
    if (status != CLI_DONE)
        json_decref(p->rows);
    return status;
}

static json_t *explain_row(const json_t *row, size_t number)
{
    json_t *person = explain_person(row);
    json_object_set_new(person, "person", json_integer((json_int_t)number));
    json_object_set_new(person, "ref", json_string(words_text(row, "ref")));
    json_object_set_new(person, "line", json_integer((json_int_t)words_number(row, "line")));
    return person;
}

static int run_explain(const struct cli_args *a)
{
    struct people p;
    size_t i;
    const json_t *row;
    int status = read_people(&p, a);
    if (status != CLI_DONE)
        return status;
    bool is_alone = json_array_size(p.rows) == 1;
    json_array_foreach(p.rows, i, row)
    {
        json_t *person = explain_row(row, i + 1);
        if (i > 0 && !p.is_json)
            putchar('\n');
        if (p.is_json)
            cli_json(json_incref(person));
        else
            show_person(person, is_alone);
        json_decref(person);
    }
    if (!is_alone) {
        json_t *pair = explain_pair(json_array_get(p.rows, 0), json_array_get(p.rows, 1));
        if (p.is_json)
            cli_json(json_pack("{s:O}", "pair", pair));
        else
            show_pair(pair);
        json_decref(pair);
    }
    json_decref(p.rows);
    return CLI_DONE;
}

/* clang-format off */
static const struct cli_option explain_options[] = {
    PEOPLE_OPTIONS,
    {"other-given-name", "NAME", N_("given names of a second person, to compare"), false, false},
    {"other-family-name", "NAME", N_("family name of the second person"), false, false},
    {"other-born", "DATE", N_("date of birth of the second person"), false, false},
    {"other-document", "DOC", N_("documents of the second person"), false, false},
    {"other-email", "MAIL", N_("e-mail addresses of the second person"), false, false},
    {"other-phone", "PHONE", N_("phone numbers of the second person"), false, false},
    {"json", NULL, N_("output for programs: an object a line for each person, then one with "
                      "\"pair\""), false, false},
    {0},
};
/* clang-format on */

const struct cli_command cli_explain = {
    .name = "explain",
    .help = N_("show what a person's details are read as, and where two people agree"),
    .more = N_("For whoever judges a possible match: what is read of each detail, what would be "
               "registered and looked for, and, of two people, what agrees and what a consult "
               "would answer. It needs no node, asks nobody and keeps nothing; the output holds "
               "details of people, for your eyes only.\n\n"
               "Details given as options can be seen by others on this machine in the list of "
               "processes; --csv - reads them from standard input: one row or two.\n\n"
               "Columns of the file: ref,given_name,family_name,born,document,email,phone"),
    .options = explain_options,
    .run = run_explain,
};
