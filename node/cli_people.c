#include "node/cli_people.h"

#include "node/cli_commands.h"
#include "node/desk_seal.h"
#include "node/text.h"
#include "node/words.h"

#include <string.h>

/* What a detail is called in the request and in a file, and as an option. */
static const struct {
    const char *column, *option;
} details[PEOPLE_COLUMNS] = {
    [PEOPLE_REF] = {"ref",         "ref"        },
    [PEOPLE_GIVEN_NAME] = {"given_name",  "given-name" },
    [PEOPLE_FAMILY_NAME] = {"family_name", "family-name"},
    [PEOPLE_BORN] = {"born",        "born"       },
    [PEOPLE_DOCUMENT] = {"document",    "document"   },
    [PEOPLE_EMAIL] = {"email",       "email"      },
    [PEOPLE_PHONE] = {"phone",       "phone"      },
    [PEOPLE_EXPIRES] = {"expires",     "expires"    },
};

/* Takes one row of the file. What the node would refuse with the whole request is refused here. */
static bool add_row(void *ctx, const struct people_row *r)
{
    struct people *p = ctx;
    bool is_long = strlen(r->field[PEOPLE_REF]) > DESK_REF_BYTES_MAX;
    if (r->error != NULL)
        fprintf(stderr, "%s\n", r->error);
    else if (is_long)
        fprintf(stderr, _("%s:%u: ref is longer than %d bytes. Shorten it.\n"), p->file, r->line,
                DESK_REF_BYTES_MAX);
    if (r->error != NULL || is_long) {
        p->unreadable++;
        return true;
    }
    json_t *row = json_pack("{s:I}", "line", (json_int_t)r->line);
    for (int c = 0; c < PEOPLE_COLUMNS; c++)
        json_object_set_new(row, details[c].column, json_string(r->field[c]));
    json_array_append_new(p->rows, row);
    return true;
}

static const char *option_value(const struct people *p, int column)
{
    bool has_option = column != PEOPLE_EXPIRES || p->has_expires;
    return has_option ? cli_value(p->args, details[column].option) : NULL;
}

static int read_options(struct people *p)
{
    const char *ref = option_value(p, PEOPLE_REF);
    if (ref != NULL && strlen(ref) > DESK_REF_BYTES_MAX)
        return cli_misuse(p->args, _("--ref is longer than %d bytes; shorten it."),
                          DESK_REF_BYTES_MAX);
    json_t *row = json_pack("{s:i}", "line", 0);
    for (int c = 0; c < PEOPLE_COLUMNS; c++) {
        const char *value = option_value(p, c);
        json_t *text = json_string(value != NULL ? value : "");
        if (text == NULL) {
            json_decref(row);
            return cli_misuse(p->args, _("--%s is not readable as text (UTF-8)."),
                              details[c].option);
        }
        json_object_set_new(row, details[c].column, text);
    }
    json_array_append_new(p->rows, row);
    return CLI_DONE;
}

static int read_file(struct people *p, const char *path)
{
    struct problem problem = {""};
    p->file = path;
    enum err e = people_csv_read(p->file, p->has_expires, add_row, p, &problem);
    if (e != OK)
        return cli_failed(&problem, e);
    if (json_array_size(p->rows) == 0 && p->unreadable == 0) {
        cli_complain(_("%s names nobody: there is no row under its first line."), p->file);
        return CLI_FAILED;
    }
    return CLI_DONE;
}

int people_read(struct people *p, const struct cli_args *a, bool has_expires)
{
    const char *path = cli_value(a, "csv");
    bool has_person = false;
    *p = (struct people){.args = a, .has_expires = has_expires, .is_json = cli_has(a, "json")};
    for (int c = 0; c < PEOPLE_COLUMNS; c++)
        has_person = has_person || option_value(p, c) != NULL;
    if (path != NULL && has_person)
        return cli_misuse(a, _("give either --csv or the details of one person, not both."));
    if (path == NULL && !has_person)
        return cli_misuse(a, _("nobody is named: give --csv FILE, or the details of one person."));
    p->rows = json_array();
    int status = path == NULL ? read_options(p) : read_file(p, path);
    if (status != CLI_DONE) {
        json_decref(p->rows);
        p->rows = NULL;
    }
    return status;
}

void people_complain(const struct people *p, const json_t *problem, const json_t *where)
{
    const char *field = words_text(problem, "field"), *latest = words_text(problem, "latest");
    bool is_person = strcmp(field, "person") == 0;
    const char *name = is_person ? _("this person") : field;
    for (int c = 0; c < PEOPLE_COLUMNS && p->file == NULL; c++)
        if (strcmp(details[c].column, field) == 0)
            name = details[c].option;
    if (p->file != NULL)
        fprintf(stderr, "%s:%lld: %s", p->file, words_number(where, "line"), name);
    else
        fprintf(stderr, "seinpost: %s%s", is_person ? "" : "--", name);
    if (words_number(problem, "position") > 1)
        fprintf(stderr, _(" (value %lld)"), words_number(problem, "position"));
    fprintf(stderr, " %s", words_fault(words_text(problem, "fault")));
    if (latest[0] != '\0')
        fprintf(stderr, _(" (%s at the latest)"), latest);
    fputs(".\n", stderr);
}
