/*
 * cli_people.c - publish and consult: one person by options, or many from a CSV file.
 */
#include "node/cli_commands.h"

#include <stdlib.h>
#include <string.h>

#include "node/client.h"
#include "node/people_csv.h"
#include "node/text.h"
#include "protocol/answer.h"
#include "protocol/identifier.h"

static const char *const columns[PEOPLE_COLUMNS] = {
    [PEOPLE_REF] = "ref",
    [PEOPLE_GIVEN_NAME] = "given_name",
    [PEOPLE_FAMILY_NAME] = "family_name",
    [PEOPLE_BORN] = "born",
    [PEOPLE_DOCUMENT] = "document",
    [PEOPLE_EMAIL] = "email",
    [PEOPLE_PHONE] = "phone",
    [PEOPLE_EXPIRES] = "expires",
};

static const char *const options[PEOPLE_COLUMNS] = {
    [PEOPLE_REF] = "ref",
    [PEOPLE_GIVEN_NAME] = "given-name",
    [PEOPLE_FAMILY_NAME] = "family-name",
    [PEOPLE_BORN] = "born",
    [PEOPLE_DOCUMENT] = "document",
    [PEOPLE_EMAIL] = "email",
    [PEOPLE_PHONE] = "phone",
    [PEOPLE_EXPIRES] = "expires",
};

struct work {
    const struct cli_args *args;
    const char *file; /* NULL: by options */
    bool is_publish;
    bool is_json;
    json_t *rows;
    size_t unreadable; /* rows of the file that are no rows */
};

/* ---- Reading ---- */

static bool add_row(void *ctx, const struct people_row *r)
{
    struct work *w = ctx;
    if (r->error != NULL) {
        fprintf(stderr, "%s\n", r->error);
        w->unreadable++;
        return true;
    }
    json_t *row = json_pack("{s:I}", "line", (json_int_t)r->line);
    for (int c = 0; c < PEOPLE_COLUMNS; c++)
        json_object_set_new(row, columns[c], json_string(r->field[c]));
    json_array_append_new(w->rows, row);
    return true;
}

static int read_options(struct work *w)
{
    json_t *row = json_pack("{s:i}", "line", 0);
    for (int c = 0; c < PEOPLE_COLUMNS; c++) {
        bool has_option = w->is_publish || c != PEOPLE_EXPIRES;
        const char *value = has_option ? cli_value(w->args, options[c]) : NULL;
        json_t *text = json_string(value != NULL ? value : "");
        if (text == NULL) {
            json_decref(row);
            return cli_misuse(w->args, _("--%s is not readable as text (UTF-8)."), options[c]);
        }
        json_object_set_new(row, columns[c], text);
    }
    json_array_append_new(w->rows, row);
    return CLI_DONE;
}

/* All rows of the command line, or of the file. */
static int read_people(struct work *w)
{
    w->file = cli_value(w->args, "csv");
    bool has_person = false;
    for (int c = 0; c < PEOPLE_COLUMNS; c++)
        if (w->is_publish || c != PEOPLE_EXPIRES)
            has_person = has_person || cli_has(w->args, options[c]);
    if (w->file != NULL && has_person)
        return cli_misuse(w->args, _("give either --csv or the details of one person, not both."));
    if (w->file == NULL && !has_person)
        return cli_misuse(w->args,
                          _("nobody is named: give --csv FILE, or the details of one person."));
    if (w->file == NULL)
        return read_options(w);
    struct problem problem = {""};
    const char *path = strcmp(w->file, "-") == 0 ? "/dev/stdin" : w->file;
    enum err e = people_csv_read(path, w->is_publish, add_row, w, &problem);
    return e == OK ? CLI_DONE : cli_failed(&problem, e);
}

/* ---- Wording ---- */

static const char *fault_text(const char *name)
{
    static const char *const codes[] = {
#define CODE(code, text) #code,
        FAULT_TABLE(CODE)
#undef CODE
    };
    for (int i = 0; i < FAULT_COUNT; i++) {
        const char *code = codes[i] + strlen("FAULT_");
        size_t n = 0;
        while (code[n] != '\0' && (code[n] == '_' ? '-' : (code[n] | 0x20)) == name[n])
            n++;
        if (code[n] == '\0' && name[n] == '\0')
            return _(field_fault_text((enum field_fault)i));
    }
    return NULL;
}

/* What is wrong with a field, going on from its name. */
static const char *problem_text(const char *fault)
{
    static const struct {
        const char *fault, *text;
    } rows[] = {
        {"expires-missing",  N_("is missing; every registration needs an end, written YYYY-MM-DD")},
        {"expires-form",     N_("is not a date; write it as YYYY-MM-DD, for example 2027-12-31")  },
        {"expires-past",     N_("lies in the past; give a date from today on")                    },
        {"expires-beyond",   N_("is later than the member list allows")                           },
        {"no-keys",
         N_("cannot be looked for: give a document, an e-mail address or a phone number, or both "
            "names and the date of birth")                                                        },
        {"too-many-entries",
         N_("has four registrations of yours already; erase one that is out of date "
            "first")                                                                              },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (strcmp(rows[i].fault, fault) == 0)
            return _(rows[i].text);
    const char *text = fault_text(fault);
    return text != NULL ? text : _("is not in order");
}

static const char *text_of(const json_t *o, const char *name)
{
    const char *text = json_string_value(json_object_get(o, name));
    return text != NULL ? text : "";
}

static long long number_of(const json_t *o, const char *name)
{
    return (long long)json_integer_value(json_object_get(o, name));
}

/* "FILE:LINE: field ..." or "--field ...". */
static void complain_field(const struct work *w, const json_t *o, const json_t *where)
{
    const char *field = text_of(o, "field"), *latest = text_of(o, "latest");
    const char *text = problem_text(text_of(o, "fault"));
    bool is_person = strcmp(field, "person") == 0;
    const char *name = is_person ? _("this person") : field;
    if (w->file != NULL)
        fprintf(stderr, "%s:%lld: ", w->file, number_of(where, "line"));
    else
        fputs(is_person ? "seinpost: " : "seinpost: --", stderr);
    if (w->file == NULL && !is_person) /* options have dashes where columns have underscores */
        for (const char *c = name; *c != '\0'; c++)
            fputc(*c == '_' ? '-' : *c, stderr);
    else
        fputs(name, stderr);
    if (number_of(o, "position") > 1)
        fprintf(stderr, _(" (value %lld)"), number_of(o, "position"));
    fprintf(stderr, " %s", text);
    if (latest[0] != '\0')
        fprintf(stderr, _(" (%s at the latest)"), latest);
    fputs(".\n", stderr);
}

const char *cli_error_text(const char *error)
{
    for (int e = 0; error != NULL && e < ERR_COUNT; e++)
        if (strcmp(err_name((enum err)e), error) == 0)
            return _(err_text((enum err)e));
    return error != NULL ? error : "?";
}

/* Why the node did nothing, and the mend. */
void cli_refused(const json_t *end)
{
    const char *error = text_of(end, "error"), *detail = text_of(end, "detail");
    if (strcmp(error, "bad-rows") == 0)
        cli_complain(
            _("nothing was published: %lld rows are not in order (see above). Mend them, or leave "
              "them out with --skip-bad."),
            number_of(end, "bad"));
    else if (strcmp(error, "not-ready") == 0)
        cli_complain(
            _("nothing was written: this node may not sign yet. %lld of the always-on nodes must "
              "confirm what it wrote last, %lld have. Wait until they can be reached; see: "
              "seinpost "
              "status"),
            number_of(end, "needed"), number_of(end, "answered"));
    else if (strcmp(error, "budget") == 0)
        cli_complain(_("nothing was done: today's allowance of questions is used up (%s). Try "
                       "again tomorrow "
                       "(UTC)."),
                     detail);
    else if (strcmp(error, "unavailable") == 0)
        cli_complain(
            _("nothing was done: too few key holders answered (%s). Try again when they can be "
              "reached; see: seinpost status"),
            detail);
    else if (strcmp(error, "epoch") == 0)
        cli_complain(
            _("nothing was done: the member list names no key that can be used now. See: seinpost "
              "roster show"));
    else
        cli_complain(_("nothing was done: it %s."), cli_error_text(error));
}

/* ---- publish ---- */

static void on_publish_line(void *ctx, const json_t *line)
{
    const struct work *w = ctx;
    const json_t *bad = json_object_get(line, "bad"), *warning = json_object_get(line, "warning");
    const json_t *row = json_object_get(line, "row");
    if (bad != NULL)
        complain_field(w, bad, bad);
    if (warning != NULL)
        fprintf(stderr,
                _("%s:%lld: the name with date of birth has four registrations of yours already "
                  "and was left "
                  "out of this one.\n"),
                w->file != NULL ? w->file : "seinpost", number_of(warning, "line"));
    if (row != NULL && w->is_json)
        cli_json(json_incref(json_object_get(line, "row")));
    else if (row != NULL && w->file == NULL)
        printf(_("Published as number %lld, until %s.\n"), number_of(row, "index"),
               text_of(row, "expires"));
}

static int run_publish(const struct cli_args *a)
{
    static struct config config;
    struct problem problem = {""};
    struct work w = {
        .args = a, .is_publish = true, .is_json = cli_has(a, "json"), .rows = json_array()};
    bool skip_bad = cli_has(a, "skip-bad");
    int status = read_people(&w);
    if (status == CLI_DONE && cli_config(a, &config) != CLI_DONE)
        status = CLI_FAILED;
    if (status == CLI_DONE && w.unreadable > 0 && !skip_bad) {
        cli_complain(_("nothing was published: %zu rows cannot be read (see above). Mend them, or "
                       "leave them "
                       "out with --skip-bad."),
                     w.unreadable);
        status = CLI_FAILED;
    }
    if (status == CLI_DONE && json_array_size(w.rows) == 0) {
        cli_complain(_("there is nobody in %s."), w.file);
        status = CLI_FAILED;
    }
    if (status != CLI_DONE) {
        json_decref(w.rows);
        return status;
    }
    json_t *end = NULL;
    enum err e = client_ask(
        &config, json_pack("{s:s,s:b,s:o}", "do", "publish", "skip_bad", skip_bad, "rows", w.rows),
        on_publish_line, &w, &end, &problem);
    if (e != OK)
        return cli_failed(&problem, e);
    bool is_done = json_is_true(json_object_get(end, "ok"));
    long long skipped = number_of(end, "skipped") + (long long)w.unreadable;
    if (!is_done)
        cli_refused(end);
    else if (!w.is_json && w.file != NULL)
        printf(_("Published: %lld. Left out: %lld.\n"), number_of(end, "published"), skipped);
    else if (skipped > 0)
        fprintf(stderr, _("Left out: %lld (see above).\n"), skipped);
    json_decref(end);
    return is_done ? CLI_DONE : CLI_FAILED;
}

/* ---- consult ---- */

static const char *gap_sentence(const char *name)
{
    for (unsigned bit = 0; bit < GAP_COUNT; bit++)
        if (strcmp(gap_name(1u << bit), name) == 0)
            return _(gap_text(1u << bit));
    return name;
}

static void show_reasons(const json_t *row)
{
    size_t i;
    json_t *reason;
    json_array_foreach(json_object_get(row, "reasons"), i, reason)
        printf("    - %s\n", gap_sentence(json_string_value(reason)));
}

static void show_matches(const json_t *row)
{
    size_t i;
    json_t *m;
    json_array_foreach(json_object_get(row, "matches"), i, m)
    {
        printf(_("    ask %s (%s) about its registration %lld, on: "), text_of(m, "name"),
               text_of(m, "org_id"), number_of(m, "index"));
        size_t k;
        json_t *kind;
        json_array_foreach(json_object_get(m, "kinds"), k, kind)
            printf("%s%s", k > 0 ? ", " : "", _(json_string_value(kind)));
        putchar('\n');
    }
}

static void on_consult_line(void *ctx, const json_t *line)
{
    const struct work *w = ctx;
    const json_t *row = json_object_get(line, "row");
    size_t i;
    json_t *warning;
    if (row == NULL)
        return;
    json_array_foreach(json_object_get(row, "warnings"), i, warning)
        complain_field(w, warning, row);
    if (w->is_json) {
        cli_json(json_incref(json_object_get(line, "row")));
        return;
    }
    const char *answer = text_of(row, "answer"), *ref = text_of(row, "ref");
    bool is_quiet = w->file != NULL && strcmp(answer, "no match") == 0;
    if (is_quiet)
        return; /* the summary counts them */
    printf("%s%s%s\n", ref, ref[0] != '\0' ? ": " : "", _(answer));
    show_matches(row);
    show_reasons(row);
    if (w->file == NULL)
        printf(_("    as of %s; %lld of %lld members heard\n"), text_of(row, "as_of"),
               number_of(row, "feeds_covered"), number_of(row, "feeds"));
}

static void show_summary(const json_t *end)
{
    printf(_("\nAsked: %lld.  No match: %lld.  Possible: %lld.  Confirmed: %lld.  Cannot say: "
             "%lld.\n"),
           number_of(end, "asked"), number_of(end, "no_match"), number_of(end, "possible"),
           number_of(end, "confirmed"), number_of(end, "cannot_say"));
    if (number_of(end, "no_match") > 0)
        printf("%s\n", _(answer_text(ANSWER_NO_MATCH)));
}

static int run_consult(const struct cli_args *a)
{
    static struct config config;
    struct problem problem = {""};
    struct work w = {.args = a, .is_json = cli_has(a, "json"), .rows = json_array()};
    const char *purpose = cli_value(a, "purpose");
    int status = read_people(&w);
    if (status == CLI_DONE && cli_config(a, &config) != CLI_DONE)
        status = CLI_FAILED;
    if (status == CLI_DONE && json_array_size(w.rows) == 0) {
        cli_complain(_("there is nobody in %s who can be asked about."), w.file);
        status = CLI_FAILED;
    }
    if (status != CLI_DONE) {
        json_decref(w.rows);
        return status;
    }
    json_t *end = NULL;
    enum err e = client_ask(&config,
                            json_pack("{s:s,s:s,s:o}", "do", "consult", "purpose",
                                      purpose != NULL ? purpose : "recruitment", "rows", w.rows),
                            on_consult_line, &w, &end, &problem);
    if (e != OK)
        return cli_failed(&problem, e);
    bool is_done = json_is_true(json_object_get(end, "ok"));
    if (!is_done)
        cli_refused(end);
    else if (!w.is_json)
        show_summary(end);
    if (is_done && w.unreadable > 0)
        fprintf(stderr, _("Not asked about: %zu rows that cannot be read (see above).\n"),
                w.unreadable);
    json_decref(end);
    return is_done ? CLI_DONE : CLI_FAILED;
}

#define PERSON_OPTIONS                                                                             \
    {"csv", "FILE", N_("file with one person a line; - is standard input"), false, false},         \
        {"ref", "REF", N_("your own reference of the case or applicant"), false, false},           \
        {"given-name", "NAME", N_("given names"), false, false},                                   \
        {"family-name", "NAME", N_("family name"), false, false},                                  \
        {"born", "DATE", N_("date of birth, YYYY-MM-DD"), false, false},                           \
        {"document", "DOC",                                                                        \
         N_("country:type:number, for example NLD:passport:AB1234567; several with ;"), false,     \
         false},                                                                                   \
        {"email", "MAIL", N_("e-mail address; several with ;"), false, false},                     \
    {                                                                                              \
        "phone", "PHONE", N_("phone number with + and country code; several with ;"), false, false \
    }

static const struct cli_option publish_options[] = {
    PERSON_OPTIONS,
    {"expires",                                       "DATE", N_("last day of the registration, YYYY-MM-DD"), false, false},
    {"skip-bad", NULL, N_("publish the rows that are in order and list the others"), false, false},
    {"json",                                          NULL, N_("output for programs"), false, false},
    {0                                     },
};

const struct cli_command cli_publish = {
    .name = "publish",
    .help = N_("register a person, or many, so that other organisations can find out whom to ask"),
    .more = N_(
        "What is published says only that this organisation has something to tell about whoever "
        "has "
        "these identifiers, until that date. Names never leave this machine.\n\n"
        "Details given as options can be seen by others on this machine in the list of processes; "
        "--csv - reads them from standard input.\n\n"
        "CSV columns: ref,given_name,family_name,born,document,email,phone,expires"),
    .options = publish_options,
    .run = run_publish,
};

static const struct cli_option consult_options[] = {
    PERSON_OPTIONS,
    {"purpose",                                                     "TEXT", N_("what the question is for; \"recruitment\" if not given"), false, false},
    {"json", NULL, N_("output for programs"), false, false},
    {0                                                       },
};

const struct cli_command cli_consult = {
    .name = "consult",
    .help = N_("ask whether a member has registered a person"),
    .more = N_(
        "The answer is no match, possible, confirmed or cannot say. No match is not a clearance: "
        "it says "
        "that no member has published a registration in force that matches. Nobody learns whom you "
        "asked about.\n\n"
        "Details given as options can be seen by others on this machine in the list of processes; "
        "--csv - reads them from standard input.\n\n"
        "CSV columns: ref,given_name,family_name,born,document,email,phone"),
    .options = consult_options,
    .run = run_consult,
};
