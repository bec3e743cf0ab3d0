/*
 * cli_witness.c - witness show: how far the history of each organisation is known here, and whether
 * the others know the same one.
 */
#include "node/cli_commands.h"

#include <string.h>

#include "node/table.h"
#include "node/text.h"
#include "node/words.h"

enum { SHORT_HEX = 16 };

struct showing {
    struct table *table;
    bool is_json;
    json_t *last; /* of one organisation more is said, behind the table */
};

static const char *as_it_is(const char *org_id)
{
    return org_id;
}

/* The organisations of a list, with commas between them. */
static void names(const json_t *row, const char *list, char *out, size_t cap)
{
    words_list(json_object_get(row, list), as_it_is, out, cap);
}

static void remark_of(const json_t *row, char *out, size_t cap)
{
    char others[512];
    names(row, "other_seen_by", others, sizeof others);
    out[0] = '\0';
    if (others[0] != '\0')
        snprintf(out, cap, _("ANOTHER HISTORY was shown to: %s"), others);
    else if (json_is_true(json_object_get(row, "disputed")))
        snprintf(out, cap, "%s", _("in dispute: it contradicts itself"));
    else if (strcmp(words_text(row, "status"), "active") != 0)
        snprintf(out, cap, "%s", words_status(words_text(row, "status")));
}

static void add_row(struct table *t, const json_t *row)
{
    char size[32], root[SHORT_HEX + 1], kept[64], confirmed[64], remark[640];
    bool is_known = words_number(row, "days") > 0;
    snprintf(size, sizeof size, "%lld", words_number(row, "size"));
    snprintf(root, sizeof root, "%.*s", SHORT_HEX, words_text(row, "root"));
    snprintf(kept, sizeof kept, _("%lld since %s"), words_number(row, "days"),
             words_text(row, "since"));
    snprintf(confirmed, sizeof confirmed, _("%lld of %lld"),
             (long long)json_array_size(json_object_get(row, "confirmed_by")),
             words_number(row, "witnesses"));
    remark_of(row, remark, sizeof remark);
    table_add(t, (const char *const[]){
                     words_text(row, "name"), words_text(row, "org_id"), is_known ? size : "-",
                     is_known ? words_text(row, "time") : _("never"), is_known ? root : "-",
                     is_known ? kept : "-", confirmed, remark});
}

/* Of one organisation it is said, too, who confirms what. */
static void show_names(const json_t *row)
{
    char text[2048];
    names(row, "confirmed_by", text, sizeof text);
    if (text[0] != '\0')
        printf(_("Confirmed by: %s\n"), text);
    names(row, "newest_confirmed_by", text, sizeof text);
    if (text[0] != '\0')
        printf(_("Up to the newest: %s\n"), text);
}

static void on_line(void *ctx, const json_t *line)
{
    struct showing *s = ctx;
    json_t *row = json_object_get(line, "row");
    if (row == NULL)
        return;
    if (s->is_json) {
        cli_json(json_incref(row));
        return;
    }
    add_row(s->table, row);
    json_decref(s->last);
    s->last = json_incref(row);
}

static int refused(const json_t *end)
{
    if (strcmp(words_text(end, "error"), "not-found") == 0)
        cli_complain(_("there is no organisation with that identifier in the member list. See: "
                       "seinpost roster show"));
    else if (strcmp(words_text(end, "error"), "no-member-list") == 0)
        cli_complain(
            _("this node has no member list yet; import one: seinpost roster import FILE"));
    else
        words_refusal(end);
    return CLI_FAILED;
}

static int run_show(const struct cli_args *a)
{
    const char *const heads[] = {_("Organisation"), _("Identifier"),  _("Entries"),
                                 _("Signed"),       _("Fingerprint"), _("Days kept"),
                                 _("Confirmed by"), _("Remark"),      NULL};
    struct showing s = {table_new(heads), cli_has(a, "json"), NULL};
    json_t *end, *request = json_pack("{s:s}", "do", "witness");
    if (a->word_count > 0)
        json_object_set_new(request, "org_id", json_string(a->word[0]));
    int status = cli_ask(a, request, on_line, &s, &end);
    if (status == CLI_DONE)
        table_print(s.table, stdout);
    if (status == CLI_DONE && a->word_count > 0)
        show_names(s.last);
    json_decref(s.last);
    table_free(&s.table);
    if (status == CLI_DONE && !json_is_true(json_object_get(end, "ok"))) {
        status = refused(end);
    } else if (status == CLI_DONE && words_number(end, "contradictions") > 0) {
        cli_complain(_("not everyone was shown the same history. Keep this output and tell the "
                       "stewards: somebody alters what was signed, or two machines sign with one "
                       "key."));
        status = CLI_FAILED;
    }
    json_decref(end);
    return status;
}

/* clang-format off */
static const struct cli_option show_options[] = {
    {"json", NULL, N_("output for programs: an object a line"), false, false},
    {0},
};
/* clang-format on */

const struct cli_command cli_witness_show = {
    .group = "witness",
    .name = "show",
    .words = "[IDENTIFIER]",
    .words_max = 1,
    .help = N_("show how far the history of each organisation is known here, and who knows the "
               "same"),
    .more = N_("Once a day every organisation signs how many entries it has, and a fingerprint of "
               "all of them. Each of these must go on from the one before, or this node does not "
               "take it. Every organisation also signs which of them it had from the others; who "
               "names one that is kept here confirms the history up to there, usually that of the "
               "day before.\n\nWhere somebody was shown another history, the status is 1 and the "
               "last column says so."),
    .options = show_options,
    .run = run_show,
};
