/*
 * cli_publish.c - publish: register one person, or many from a file.
 */
#include "node/cli_commands.h"

#include "node/cli_people.h"
#include "node/client.h"
#include "node/text.h"
#include "node/words.h"

#include <string.h>

static void show_warning(const struct people *p, const json_t *warning)
{
    const char *kind = words_kind(words_text(warning, "kind"));
    if (p->file != NULL)
        fprintf(stderr,
                _("%s:%lld: by %s alone this person will not be found here: four registrations of "
                  "yours have it already.\n"),
                p->file, words_number(warning, "line"), kind);
    else
        fprintf(stderr,
                _("seinpost: by %s alone this person will not be found here: four registrations "
                  "of yours have it already.\n"),
                kind);
}

static void on_line(void *ctx, const json_t *line)
{
    const struct people *p = ctx;
    json_t *bad = json_object_get(line, "bad"), *row = json_object_get(line, "row");
    const json_t *warning = json_object_get(line, "warning");
    if (bad != NULL)
        people_complain(p, bad, bad);
    if (warning != NULL)
        show_warning(p, warning);
    if (p->is_json && (bad != NULL || row != NULL))
        cli_json(json_incref(bad != NULL ? bad : row));
    else if (row != NULL && p->file == NULL)
        printf(_("Published as registration %lld, until %s.\n"), words_number(row, "index"),
               words_text(row, "expires"));
}

static int refused(const struct people *p, const json_t *end)
{
    if (strcmp(words_text(end, "error"), "bad-rows") != 0) {
        words_refusal(end);
        return CLI_FAILED;
    }
    if (p->file == NULL) {
        cli_complain(_("nothing was published."));
        return CLI_FAILED;
    }
    long long bad = words_number(end, "bad");
    cli_complain(_n("nothing was published: %lld person is not in order (see above). Mend that, "
                    "or leave it out with --skip-bad.",
                    "nothing was published: %lld people are not in order (see above). Mend that, "
                    "or leave them out with --skip-bad.",
                    (unsigned long)bad),
                 bad);
    return CLI_FAILED;
}

/* Sends the rows, which it takes. */
static int publish(struct people *p, const struct config *config, bool skip_bad)
{
    struct problem problem = {""};
    json_t *end;
    json_t *request =
        json_pack("{s:s,s:b,s:o}", "do", "publish", "skip_bad", skip_bad, "rows", p->rows);
    enum err e = client_ask(config, request, on_line, p, &end, &problem);
    if (e != OK)
        return cli_failed(&problem, e);
    int status = json_is_true(json_object_get(end, "ok")) ? CLI_DONE : refused(p, end);
    long long skipped = words_number(end, "skipped") + (long long)p->unreadable;
    if (status == CLI_DONE && !p->is_json && p->file != NULL)
        printf(_("Published: %lld. Left out: %lld.\n"), words_number(end, "published"), skipped);
    else if (status == CLI_DONE && skipped > 0)
        fprintf(stderr, _("Left out: %lld (see above).\n"), skipped);
    json_decref(end);
    return status;
}

static int run_publish(const struct cli_args *a)
{
    static struct config config;
    struct people p;
    bool skip_bad = cli_has(a, "skip-bad");
    int status = people_read(&p, a, true);
    if (status != CLI_DONE)
        return status;
    if (cli_config(a, &config) != CLI_DONE) {
        json_decref(p.rows);
        return CLI_FAILED;
    }
    if (p.unreadable > 0 && (!skip_bad || json_array_size(p.rows) == 0)) {
        cli_complain(_n("nothing was published: %zu row cannot be read (see above). Mend it, or "
                        "leave it out with --skip-bad.",
                        "nothing was published: %zu rows cannot be read (see above). Mend them, "
                        "or leave them out with --skip-bad.",
                        (unsigned long)p.unreadable),
                     p.unreadable);
        json_decref(p.rows);
        return CLI_FAILED;
    }
    return publish(&p, &config, skip_bad);
}

/* clang-format off */
static const struct cli_option publish_options[] = {
    PEOPLE_OPTIONS,
    {"expires", "DATE", N_("last day of the registration, YYYY-MM-DD"), false, false},
    {"skip-bad", NULL, N_("publish who is in order, and list who is not"), false, false},
    {"json", NULL, N_("output for programs: an object a line; with \"index\" it is a "
                      "registration, with \"fault\" something that is wrong"), false, false},
    {0},
};
/* clang-format on */

const struct cli_command cli_publish = {
    .name = "publish",
    .help = N_("register a person, or many, so that other organisations can find out whom to ask"),
    .more = N_("What is published says only that this organisation has something to tell about "
               "whoever has these details, until that date. Names never leave this machine. If "
               "one row of a file is wrong, nothing is published.\n\n"
               "Details given as options can be seen by others on this machine in the list of "
               "processes; --csv - reads them from standard input.\n\n"
               "Columns of the file: ref,given_name,family_name,born,document,email,phone,expires"),
    .options = publish_options,
    .run = run_publish,
};
