/*
 * cli_observe.c - observe: published results of the statistics, for anybody to check.
 *
 * verify needs a file and nothing else: no settings, no node, no network. org says what no
 * observer can know.
 */
#include "node/cli_commands.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "node/plain_file.h"
#include "node/table.h"
#include "node/text.h"
#include "protocol/calendar.h"
#include "protocol/roster_fingerprint.h"
#include "protocol/stat_result.h"

enum { FILE_BYTES_MAX = 16 * 1024 * 1024, NAME_CHARS = 2 * STAT_LABEL_BYTES_MAX + 8 };

/* Which of its two labels people read. */
static struct bytes label_text(const struct stat_label *l)
{
    /* TRANSLATORS: the language of the labels in results: "en" or "nl". */
    return strcmp(_("labels in: en"), "labels in: en") == 0 ? l->en : l->nl;
}

static void cell_name(const struct stat_schema *s, size_t i, char out[NAME_CHARS])
{
    const struct stat_cell_spec *c = &s->cell[i];
    struct bytes part[2];
    size_t count = 0;
    for (size_t j = 0; j < 2; j++)
        if (c->dimension[j] != 0)
            part[count++] = label_text(&s->dimension[c->dimension[j] - 1].code[c->code[j] - 1]);
    if (count == 0)
        snprintf(out, NAME_CHARS, "%s", _("all"));
    else if (count == 1)
        snprintf(out, NAME_CHARS, "%.*s", (int)part[0].len, (const char *)part[0].data);
    else
        snprintf(out, NAME_CHARS, "%.*s, %.*s", (int)part[0].len, (const char *)part[0].data,
                 (int)part[1].len, (const char *)part[1].data);
}

static void print_label(char *out, size_t cap, const struct stat_label *l)
{
    const struct bytes text = label_text(l);
    snprintf(out, cap, "%.*s", (int)text.len, (const char *)text.data);
}

static void cell_dimensions(const struct stat_schema *s, size_t i, char out[NAME_CHARS])
{
    const struct stat_cell_spec *c = &s->cell[i];
    char one[STAT_LABEL_BYTES_MAX + 1], two[STAT_LABEL_BYTES_MAX + 1];
    out[0] = '\0';
    if (c->dimension[0] == 0)
        return;
    print_label(one, sizeof one, &s->dimension[c->dimension[0] - 1].label);
    if (c->dimension[1] == 0) {
        snprintf(out, NAME_CHARS, "%s", one);
        return;
    }
    print_label(two, sizeof two, &s->dimension[c->dimension[1] - 1].label);
    snprintf(out, NAME_CHARS, "%s, %s", one, two);
}

static void show_cells(const struct stat_result *r)
{
    const struct stat_schema *s = &r->schema;
    struct table *t =
        table_new((const char *const[]){_("Counted"), _("By"), _("Of which"), _("Figure"), NULL});
    for (size_t i = 0; i < s->cell_count; i++) {
        char subject[STAT_LABEL_BYTES_MAX + 1], by[NAME_CHARS], name[NAME_CHARS], figure[32];
        print_label(subject, sizeof subject, &s->subject[s->cell[i].subject - 1]);
        cell_dimensions(s, i, by);
        cell_name(s, i, name);
        snprintf(figure, sizeof figure, "%" PRIu32, stat_schema_round(s, r->value[i]));
        table_add(t, (const char *const[]){subject, by, name,
                                           r->state[i] == STAT_SHOWN     ? figure
                                           : r->state[i] == STAT_PRIMARY ? _("hidden: too few")
                                                                         : _("hidden with it")});
    }
    table_print(t, stdout);
    table_free(&t);
}

static void show_result(const struct stat_result *r, const char *fingerprint, bool is_compared)
{
    char first[DAY_TEXT_BYTES], last[DAY_TEXT_BYTES];
    day_format((int32_t)r->schema.first_day, first);
    day_format((int32_t)r->schema.last_day, last);
    printf(_("Period:       number %u, %s to %s\n"), r->schema.period, first, last);
    printf(_("Contributed:  %u organisations (at least %u are needed for a period, %u for a "
             "figure)\n"),
           r->contributors, r->schema.minimum_period, r->schema.minimum_cell);
    printf(_("Approved by:  stewards %s\n\n"), fingerprint);
    if (r->is_open)
        show_cells(r);
    else
        cli_wrap(stdout, 0, _("Too few organisations contributed: no figure was opened."));
    putchar('\n');
    if (is_compared)
        cli_wrap(stdout, 0,
                 _("Every signature, proof and figure was checked, and the stewards are those that "
                   "you named."));
    else
        cli_wrap(stdout, 0,
                 _("COMPARE THE STEWARDS. Every signature, proof and figure was checked, but that "
                   "these are the federation's stewards only the file says. Ask one of them by "
                   "telephone for this code; then check again with --stewards."));
}

static json_t *cell_json(const struct stat_result *r, size_t i)
{
    static const char *const states[] = {"shown", "too-few", "hidden-with-it"};
    const struct stat_schema *s = &r->schema;
    const struct stat_cell_spec *c = &s->cell[i];
    const struct bytes subject = s->subject[c->subject - 1].id;
    json_t *out = json_pack("{s:s%,s:s}", "counted", (const char *)subject.data, subject.len,
                            "state", states[r->state[i]]);
    json_t *by = json_array();
    for (size_t j = 0; j < 2; j++) {
        if (c->dimension[j] == 0)
            continue;
        const struct stat_dimension *d = &s->dimension[c->dimension[j] - 1];
        const struct bytes id = d->label.id, code = d->code[c->code[j] - 1].id;
        json_array_append_new(by, json_pack("{s:s%,s:s%}", "dimension", (const char *)id.data,
                                            id.len, "code", (const char *)code.data, code.len));
    }
    json_object_set_new(out, "by", by);
    if (r->state[i] == STAT_SHOWN)
        json_object_set_new(out, "figure", json_integer(stat_schema_round(s, r->value[i])));
    return out;
}

static void json_result(const struct stat_result *r, const char *fingerprint, bool is_compared)
{
    char first[DAY_TEXT_BYTES], last[DAY_TEXT_BYTES];
    day_format((int32_t)r->schema.first_day, first);
    day_format((int32_t)r->schema.last_day, last);
    json_t *cells = json_array();
    for (size_t i = 0; r->is_open && i < r->schema.cell_count; i++)
        json_array_append_new(cells, cell_json(r, i));
    cli_json(json_pack("{s:b,s:I,s:s,s:s,s:I,s:b,s:s,s:b,s:o}", "verified", 1, "period",
                       (json_int_t)r->schema.period, "first_day", first, "last_day", last,
                       "contributors", (json_int_t)r->contributors, "open", r->is_open, "stewards",
                       fingerprint, "stewards_compared", is_compared, "cells", cells));
}

/* What is wrong with a file. */
static void complain(const char *path, const struct stat_fault *f)
{
    static const char *const steps[STAT_STEPS] = {
        [STAT_STEP_FORM] = N_("is no result of the statistics, or a damaged one. Ask for the file "
                              "again."),
        [STAT_STEP_SCHEMA] = N_("does not hold: what is counted is not what the stewards signed."),
        [STAT_STEP_KEYS] = N_("does not hold: the key holders' keys do not belong together."),
        [STAT_STEP_SUMS] = N_("does not hold: the key holders did not sign these sums."),
        [STAT_STEP_MIX] = N_("does not hold: a count of contributors was not blinded as it "
                             "should."),
        [STAT_STEP_FLAGS] = N_("does not hold: which figures are too small was not opened as it "
                               "should."),
        [STAT_STEP_VALUES] = N_("does not hold: a figure is not what the sums say."),
    };
    cli_complain("%s: %s", path, _(steps[f->step]));
    if (f->holder >= 0)
        cli_complain(_("It is the part of key holder number %d in the file. Tell the stewards."),
                     f->holder + 1);
}

static int judge(const struct cli_args *a, struct bytes file, const uint8_t *stewards)
{
    struct stat_result_work *work = calloc(1, sizeof *work);
    struct stat_result *result = calloc(1, sizeof *result);
    struct stat_fault fault = {STAT_STEP_FORM, -1};
    uint8_t hash[HASH_BYTES];
    char fingerprint[FINGERPRINT_CHARS];
    int status = CLI_FAILED;
    if (work == NULL || result == NULL) {
        cli_complain(_("there is not enough memory."));
    } else if (stat_result_verify(file, work, result, &fault) != OK) {
        complain(a->word[0], &fault);
    } else {
        stat_stewards_hash(&result->stewards, hash);
        roster_fingerprint(hash, fingerprint);
        if (stewards != NULL && memcmp(hash, stewards, sizeof hash) != 0) {
            cli_complain(_("%s: other stewards approved it than those that you named: %s"),
                         a->word[0], fingerprint);
        } else {
            if (cli_has(a, "json"))
                json_result(result, fingerprint, stewards != NULL);
            else
                show_result(result, fingerprint, stewards != NULL);
            status = CLI_DONE;
        }
    }
    free(work);
    free(result);
    return status;
}

static int run_verify(const struct cli_args *a)
{
    struct problem problem = {""};
    const char *text = cli_value(a, "stewards");
    uint8_t stewards[HASH_BYTES], *file = NULL;
    size_t len = 0;
    if (text != NULL && roster_fingerprint_decode(bytes_of(text, strlen(text)), stewards) != OK)
        return cli_misuse(a, _("--stewards is not such a code: 13 groups of four characters."));
    enum err e = plain_file_read(a->word[0], FILE_BYTES_MAX, &file, &len, &problem);
    if (e != OK)
        return cli_failed(&problem, e);
    int status = judge(a, bytes_of(file, len), text != NULL ? stewards : NULL);
    free(file);
    return status;
}

static int run_org(const struct cli_args *a)
{
    (void)a;
    cli_wrap(stderr, 0,
             _("This node cannot know that. What an organisation counted is encrypted before it "
               "leaves its node, and only sums over many organisations are ever opened. Ask the "
               "organisation itself: it can give you its own figures."));
    return CLI_FAILED;
}

/* clang-format off */
static const struct cli_option verify_options[] = {
    {"stewards", "CODE", N_("the code of the stewards as you were told it"), false, false},
    {"json", NULL, N_("output for programs: one object"), false, false},
    {0},
};
static const struct cli_option org_options[] = {{0}};
/* clang-format on */

const struct cli_command cli_observe_verify = {
    .group = "observe",
    .name = "verify",
    .words = "FILE",
    .words_min = 1,
    .words_max = 1,
    .help = N_("check a published result of the statistics and show its figures"),
    .more = N_("This needs the file and nothing else: no node, no settings, no network, and no "
               "membership. The status is 0 if every signature, proof and figure holds."),
    .options = verify_options,
    .run = run_verify,
};

const struct cli_command cli_observe_org = {
    .group = "observe",
    .name = "org",
    .words = "ORG-ID",
    .words_min = 1,
    .words_max = 1,
    .help = N_("say why one organisation's figures cannot be seen, and whom to ask"),
    .options = org_options,
    .run = run_org,
};
