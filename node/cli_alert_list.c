/*
 * cli_alert_list.c - the alerts of all members, and the partners that this organisation watches.
 */
#include "node/cli_commands.h"

#include <string.h>

#include "node/text.h"
#include "node/words.h"
#include "protocol/alert.h"
#include "protocol/correction.h"

/* What a code says, by its name, translated; the name itself where it is not known. */
static const char *text_of(enum alert_table table, const char *name)
{
    uint8_t code;
    return alert_code_find(table, name, &code) ? _(alert_code_text(table, code)) : name;
}

static const char *reason_text(const char *name)
{
    uint8_t reason;
    return retract_reason_find(name, &reason) ? _(retract_reason_text(reason)) : name;
}

static bool is_true(const json_t *o, const char *name)
{
    return json_is_true(json_object_get(o, name));
}

static void show_state(const json_t *row)
{
    const char *state = words_text(row, "state");
    if (strcmp(state, "retracted") == 0)
        printf(_("  RETRACTED: %s\n"), reason_text(words_text(row, "reason")));
    else if (strcmp(state, "amended") == 0)
        puts(_("  Amended since it was first published."));
    else if (strcmp(state, "expired") == 0)
        puts(_("  EXPIRED."));
    else if (strcmp(state, "void") == 0)
        puts(_("  NOT IN FORCE: it amends what had been erased."));
    else if (strcmp(state, "not-active") == 0)
        puts(_("  NOT IN FORCE: its author is no active member."));
    if (strcmp(words_text(row, "reply"), "disputes") == 0)
        puts(_("  IN DISPUTE: the partner disputes it."));
    if (is_true(row, "disputed"))
        puts(_("  Its author contradicts itself: ask before you rely on it."));
}

static void show_actions(const json_t *row)
{
    size_t i;
    const json_t *p;
    json_array_foreach(json_object_get(row, "actions"), i, p)
        printf(_("  To do: %s, by %s: %s%s\n"), text_of(ALERT_ACTION, words_text(p, "action")),
               words_text(p, "due"), text_of(ALERT_STATE, words_text(p, "state")),
               is_true(p, "overdue") ? _(" (OVERDUE)") : "");
}

static void on_alert(void *ctx, const json_t *line)
{
    const json_t *row = json_object_get(line, "row");
    (void)ctx;
    if (row == NULL)
        return;
    const char *day = words_text(row, "reply_day");
    printf("%s: %s\n", words_text(row, "partner"), text_of(ALERT_KIND, words_text(row, "kind")));
    show_state(row);
    printf(_("  Alert %lld of %s (%s), until %s\n"), words_number(row, "index"),
           words_text(row, "name"), words_text(row, "org_id"), words_text(row, "expires"));
    printf(_("  Basis: %s; written %s\n"), text_of(ALERT_BASIS, words_text(row, "basis")),
           words_text(row, "written"));
    printf(_("  Reply: %s%s%s%s\n"), text_of(ALERT_REPLY, words_text(row, "reply")),
           day[0] != '\0' ? " (" : "", day, day[0] != '\0' ? ")" : "");
    show_actions(row);
    if (is_true(row, "own"))
        printf(_("  Held by %lld of %lld other organisations\n"), words_number(row, "held_by"),
               words_number(row, "peers"));
    if (is_true(row, "watched"))
        printf(_("  Shown to you because you watch %s.\n"), words_text(row, "watch"));
    putchar('\n');
}

static void on_json(void *ctx, const json_t *line)
{
    json_t *row = json_object_get(line, "row");
    (void)ctx;
    if (row != NULL)
        cli_json(json_incref(row));
}

static int run_list(const struct cli_args *a)
{
    bool is_json = cli_has(a, "json");
    json_t *end;
    int status = cli_ask(a,
                         json_pack("{s:s,s:b,s:b}", "do", "alert-list", "watched",
                                   cli_has(a, "watched"), "all", cli_has(a, "all")),
                         is_json ? on_json : on_alert, NULL, &end);
    if (status == CLI_DONE && !is_true(end, "ok")) {
        words_refusal(end);
        status = CLI_FAILED;
    } else if (status == CLI_DONE && !is_json && words_number(end, "count") == 0) {
        puts(cli_has(a, "watched") ? _("There is no alert about a partner that you watch.")
                                   : _("There is no alert."));
    } else if (status == CLI_DONE && !is_json) {
        printf(_("Alerts: %lld. About partners that you watch: %lld.\n"),
               words_number(end, "count"), words_number(end, "watched"));
    }
    json_decref(end);
    return status;
}

/* clang-format off */
static const struct cli_option list_options[] = {
    {"watched", NULL, N_("only those about partners that you watch"), false, false},
    {"all", NULL, N_("also those that have expired or are not in force"), false, false},
    {"json", NULL, N_("output for programs: an object a line"), false, false},
    {0},
};
/* clang-format on */

const struct cli_command cli_alert_list = {
    .group = "alert",
    .name = "list",
    .help = N_("list the alerts of all members"),
    .more = N_("The partner's reply always stands with the alert. What you watch is compared at "
               "home: nobody learns which partners you fund."),
    .options = list_options,
    .run = run_list,
};

/* ---- watch ---- */

static void on_watch(void *ctx, const json_t *line)
{
    const json_t *row = json_object_get(line, "row");
    (void)ctx;
    if (row != NULL)
        puts(words_text(row, "partner"));
}

static void watch_refused(const json_t *end)
{
    const char *error = words_text(end, "error");
    if (strcmp(error, "already") == 0)
        cli_complain(_("you watch this partner already."));
    else if (strcmp(error, "not-found") == 0)
        cli_complain(_("you do not watch this partner; see: seinpost alert watch list"));
    else
        words_refusal(end);
}

static int ask_watch(const struct cli_args *a, json_t *request, const char *done)
{
    bool is_json = cli_has(a, "json");
    json_t *end;
    int status = cli_ask(a, request, is_json ? on_json : on_watch, NULL, &end);
    if (status == CLI_DONE && !is_true(end, "ok")) {
        watch_refused(end);
        status = CLI_FAILED;
    } else if (status == CLI_DONE && done != NULL && !is_json) {
        puts(done);
    } else if (status == CLI_DONE && done == NULL && !is_json && words_number(end, "count") == 0) {
        puts(_("You watch no partner yet: seinpost alert watch add ORG-ID"));
    }
    json_decref(end);
    return status;
}

static int run_watch(const struct cli_args *a)
{
    const char *what = a->word[0], *partner = a->word_count == 2 ? a->word[1] : NULL;
    if (strcmp(what, "list") == 0 && partner == NULL)
        return ask_watch(a, json_pack("{s:s}", "do", "watch-list"), NULL);
    bool is_adding = strcmp(what, "add") == 0;
    if ((!is_adding && strcmp(what, "remove") != 0) || partner == NULL)
        return cli_misuse(a, _("write: add ORG-ID, remove ORG-ID, or list."));
    int status = is_adding ? cli_partner(a, partner) : CLI_DONE;
    if (status != CLI_DONE)
        return status;
    return ask_watch(
        a,
        json_pack("{s:s,s:s}", "do", is_adding ? "watch-add" : "watch-remove", "partner", partner),
        is_adding ? _("You watch this partner now. Only this node knows.")
                  : _("You watch this partner no more."));
}

/* clang-format off */
static const struct cli_option watch_options[] = {
    {"json", NULL, N_("output for programs: an object a line"), false, false},
    {0},
};
/* clang-format on */

const struct cli_command cli_alert_watch = {
    .group = "alert",
    .name = "watch",
    .words = "add|remove|list [ORG-ID]",
    .words_min = 1,
    .words_max = 2,
    .help = N_("keep the list of partners whose alerts concern you"),
    .more = N_("The list is private: it is kept sealed, and never leaves this node."),
    .options = watch_options,
    .run = run_watch,
};
