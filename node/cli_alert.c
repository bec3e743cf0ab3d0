/*
 * cli_alert.c - alerts about partner organisations: publish, amend, retract.
 */
#include "node/cli_commands.h"

#include <string.h>
#include <time.h>

#include "node/orgid_list.h"
#include "node/text.h"
#include "node/words.h"
#include "proto/utf8.h"
#include "protocol/alert.h"
#include "protocol/calendar.h"

static void on_line(void *ctx, const json_t *line)
{
    const json_t *bad = json_object_get(line, "bad");
    (void)ctx;
    if (bad == NULL)
        return;
    const char *latest = words_text(bad, "latest");
    fprintf(stderr, "seinpost: --%s %s", words_text(bad, "field"),
            words_fault(words_text(bad, "fault")));
    if (latest[0] != '\0')
        fprintf(stderr, _(" (%s at the latest)"), latest);
    fputs(".\n", stderr);
}

static void names_of(enum alert_table table, char *out, size_t cap)
{
    out[0] = '\0';
    for (size_t i = 0; alert_code_at(table, i) != NULL; i++)
        snprintf(out + strlen(out), cap - strlen(out), "%s%s", i > 0 ? ", " : "",
                 alert_code_at(table, i));
}

/* Adds the code of an option to the request; none given changes nothing. */
static int add_code(const struct cli_args *a, const char *option, enum alert_table table,
                    json_t *request)
{
    const char *name = cli_value(a, option);
    uint8_t code;
    char names[512];
    if (name == NULL)
        return CLI_DONE;
    if (alert_code_find(table, name, &code)) {
        json_object_set_new(request, option, json_string(name));
        return CLI_DONE;
    }
    names_of(table, names, sizeof names);
    return cli_misuse(a, _("--%s is one of: %s."), option, names);
}

/* Adds a date; the node says what is wrong with it. */
static int add_text(const struct cli_args *a, const char *option, const char *name, json_t *request)
{
    const char *text = cli_value(a, option);
    if (text == NULL)
        return CLI_DONE;
    if (!utf8_is_text(bytes_of(text, strlen(text))))
        return cli_misuse(a, _("--%s is not readable as text (UTF-8)."), option);
    json_object_set_new(request, name, json_string(text));
    return CLI_DONE;
}

static int bad_action(const struct cli_args *a)
{
    char actions[512], states[256];
    names_of(ALERT_ACTION, actions, sizeof actions);
    names_of(ALERT_STATE, states, sizeof states);
    return cli_misuse(a,
                      _("--action is written ACTION:DATE or ACTION:DATE:STATE, for example "
                        "policy:2027-03-31:open. Actions: %s. States: %s."),
                      actions, states);
}

/* "policy:2027-03-31:open" as an object; NULL if it is not one. */
static json_t *action_json(const char *text)
{
    char part[3][32] = {"", "", ""};
    uint8_t code;
    int32_t day;
    for (int i = 0; i < 3; i++) {
        size_t len = strcspn(text, ":");
        if (len >= sizeof part[i] || (text[len] == ':' && i == 2))
            return NULL;
        memcpy(part[i], text, len);
        text += len + (text[len] == ':');
    }
    if (!alert_code_find(ALERT_ACTION, part[0], &code) ||
        !day_parse(bytes_of(part[1], strlen(part[1])), &day) || day <= 0 ||
        (part[2][0] != '\0' && !alert_code_find(ALERT_STATE, part[2], &code)))
        return NULL;
    return json_pack("{s:s,s:s,s:s}", "action", part[0], "due", part[1], "state",
                     part[2][0] != '\0' ? part[2] : "open");
}

static int add_actions(const struct cli_args *a, json_t *request)
{
    const char *values[CLI_GIVEN_MAX];
    size_t count = cli_values(a, "action", values, CLI_GIVEN_MAX);
    json_t *list = json_array();
    if (count > ALERT_ACTIONS_MAX) {
        json_decref(list);
        return cli_misuse(a, _("there are more than %d action points; leave some out."),
                          ALERT_ACTIONS_MAX);
    }
    for (size_t i = 0; i < count; i++) {
        json_t *point = action_json(values[i]);
        if (point == NULL) {
            json_decref(list);
            return bad_action(a);
        }
        json_array_append_new(list, point);
    }
    json_object_set_new(request, "actions", list);
    return CLI_DONE;
}

/* Adds everything that publish and amend have in common. */
static int add_content(const struct cli_args *a, json_t *request)
{
    const char *day = cli_value(a, "reply-day");
    int32_t parsed;
    int status = add_code(a, "kind", ALERT_KIND, request);
    if (status == CLI_DONE)
        status = add_code(a, "basis", ALERT_BASIS, request);
    if (status == CLI_DONE)
        status = add_code(a, "reply", ALERT_REPLY, request);
    if (status == CLI_DONE && day != NULL &&
        (cli_value(a, "reply") == NULL || !day_parse(bytes_of(day, strlen(day)), &parsed) ||
         parsed > (int32_t)day_of_utc((int64_t)time(NULL))))
        return cli_misuse(a, _("--reply-day is a day that is not to come, written YYYY-MM-DD, and "
                               "goes with --reply."));
    if (status == CLI_DONE)
        status = add_text(a, "reply-day", "reply_day", request);
    if (status == CLI_DONE)
        status = add_text(a, "expires", "expires", request);
    return status == CLI_DONE ? add_actions(a, request) : status;
}

/* Sends the request, which it takes; done has one place for the number. */
static int carry_out(const struct cli_args *a, json_t *request, const char *done)
{
    json_t *end;
    int status = cli_ask(a, request, on_line, NULL, &end);
    if (status == CLI_DONE && !json_is_true(json_object_get(end, "ok"))) {
        if (strcmp(words_text(end, "error"), "bad-rows") == 0)
            cli_complain(_("nothing was written."));
        else
            cli_correct_refused(end, "alert list");
        status = CLI_FAILED;
    } else if (status == CLI_DONE) {
        printf(done, words_number(end, "index"));
    }
    json_decref(end);
    return status;
}

int cli_partner(const struct cli_args *a, const char *partner)
{
    static struct config config;
    struct problem problem = {""};
    if (cli_config(a, &config) != CLI_DONE)
        return CLI_FAILED;
    enum err e = orgid_list_check(config.orgid_lists, bytes_of(partner, strlen(partner)), &problem);
    return e == OK ? CLI_DONE : cli_failed(&problem, e);
}

/* ---- publish ---- */

static int run_publish(const struct cli_args *a)
{
    const char *partner = cli_value(a, "partner");
    json_t *request = json_pack("{s:s}", "do", "alert-publish");
    int status = add_content(a, request);
    if (status == CLI_DONE)
        status = cli_partner(a, partner);
    status = cli_confirm(a, status,
                         _("Every member will see this alert about the partner. Go on? (yes/no)"),
                         _("nothing was published."));
    if (status != CLI_DONE) {
        json_decref(request);
        return status;
    }
    json_object_set_new(request, "partner", json_string(partner));
    return carry_out(a, request, _("Published as alert %lld.\n"));
}

/* clang-format off */
#define CONTENT_OPTIONS(is_new)                                                                    \
    {"kind", "KIND", N_("what was found: fraud, aid-diversion, sanctions, conflict-of-interest, "  \
                        "procurement, financial-control, safeguarding-policy, "                    \
                        "misconduct-handling, complaint-channel, screening, child-safeguarding, "  \
                        "retaliation, capacity or data-protection"), is_new, false},               \
    {"basis", "BASIS", N_("on what it rests: audit, investigation, court-decision, "               \
                          "authority-decision, monitoring-visit, capacity-assessment or "          \
                          "own-admission"), is_new, false},                                        \
    {"expires", "DATE", N_("last day of the alert, YYYY-MM-DD"), is_new, false},                   \
    {"reply", "REPLY", N_("what the partner says: not-asked, asked, agrees, in-part, disputes or " \
                          "no-answer"), false, false},                                             \
    {"reply-day", "DATE", N_("when the partner was asked or replied; today if not given"),         \
     false, false},                                                                                \
    {"action", "ACTION:DATE:STATE", N_("an action point, its due day and its state; may be "       \
                                       "repeated"), false, true},                                  \
    {"yes", NULL, N_("do not ask whether you are sure"), false, false}

static const struct cli_option publish_options[] = {
    {"partner", "ORG-ID", N_("identifier of the partner, for example GB-CHC-1234567"), true, false},
    CONTENT_OPTIONS(true),
    {0},
};
/* clang-format on */

const struct cli_command cli_alert_publish = {
    .group = "alert",
    .name = "publish",
    .help = N_("tell all members what was found about a partner organisation"),
    .more = N_("An alert holds codes alone, no words, and nothing about any person: what there is "
               "to tell goes from one organisation to one other. The partner's reply is always "
               "shown with it.\n\n"
               "Actions: policy, training, screening, complaint-channel, investigate, discipline, "
               "support, repay, audit, financial-control, governance, report. States: open, "
               "under-way, done, verified, dropped.\n\n"
               "The partner's identifier is checked against the registers of org-id.guide; the "
               "setting orgid_lists names the file."),
    .options = publish_options,
    .run = run_publish,
};

/* ---- amend ---- */

static int run_amend(const struct cli_args *a)
{
    json_t *request = json_pack("{s:s}", "do", "alert-amend");
    int status = cli_target(a, a->word[0], "alert list", request);
    if (status == CLI_DONE && a->given_count == (size_t)cli_has(a, "yes"))
        status = cli_misuse(a, _("say what is to change, for example --reply agrees."));
    if (status == CLI_DONE)
        status = add_content(a, request);
    status =
        cli_confirm(a, status, _("Every member will see the alert as amended. Go on? (yes/no)"),
                    _("nothing was amended."));
    if (status != CLI_DONE) {
        json_decref(request);
        return status;
    }
    return carry_out(a, request, _("Alert %lld is amended.\n"));
}

/* clang-format off */
static const struct cli_option amend_options[] = {
    CONTENT_OPTIONS(false),
    {0},
};
/* clang-format on */

const struct cli_command cli_alert_amend = {
    .group = "alert",
    .name = "amend",
    .words = "NUMBER",
    .words_min = 1,
    .words_max = 1,
    .help = N_("correct an alert, or add the partner's reply or the state of an action point"),
    .more = N_("NUMBER is the alert's, as alert list shows it. What is not named stays. An action "
               "point that the alert has already gets the new day and state."),
    .options = amend_options,
    .run = run_amend,
};

/* ---- retract ---- */

static int run_retract(const struct cli_args *a)
{
    json_t *request = json_pack("{s:s}", "do", "alert-retract");
    int status = cli_target(a, a->word[0], "alert list", request);
    if (status == CLI_DONE)
        status = cli_reason(a, request);
    status =
        cli_confirm(a, status,
                    _("This cannot be undone: every member will see the alert as retracted. Go "
                      "on? (yes/no)"),
                    _("nothing was retracted."));
    if (status != CLI_DONE) {
        json_decref(request);
        return status;
    }
    return carry_out(a, request,
                     _("Alert %lld is retracted, and shown as such until its last "
                       "day.\n"));
}

/* clang-format off */
static const struct cli_option retract_options[] = {
    {"reason", "REASON", N_("mistaken-identity, overturned, entered-in-error, not-proportionate, "
                            "no-legal-basis or settled"), true, false},
    {"yes", NULL, N_("do not ask whether you are sure"), false, false},
    {0},
};
/* clang-format on */

const struct cli_command cli_alert_retract = {
    .group = "alert",
    .name = "retract",
    .words = "NUMBER",
    .words_min = 1,
    .words_max = 1,
    .help = N_("say to all members that an alert should not have been, or is settled"),
    .more = N_("NUMBER is the alert's, as alert list shows it. It stays visible as retracted until "
               "its last day. Everybody learns the reason."),
    .options = retract_options,
    .run = run_retract,
};
