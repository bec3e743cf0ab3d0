/*
 * cli_keys_carry.c - carry registrations over to a new key period, or see how far that is.
 */
#include "node/cli_commands.h"

#include <string.h>

#include "node/text.h"
#include "node/words.h"
#include "protocol/calendar.h"

static void on_row(void *ctx, const json_t *row)
{
    json_t **out = ctx;
    const json_t *c = json_object_get(row, "carry");
    if (c != NULL && *out == NULL)
        *out = json_incref((json_t *)(uintptr_t)c);
}

static void show(const json_t *c)
{
    long long carried = words_number(c, "carried"), left = words_number(c, "left"),
              lost = words_number(c, "lost"), until = words_number(c, "until");
    printf(_("Key period %lld: %lld registrations are in it, %lld are still to be carried over.\n"),
           words_number(c, "period"), carried, left);
    if (left > 0 && until > 0) {
        char day[DAY_TEXT_BYTES];
        day_format((int32_t)(until / 86400), day);
        printf(
            _("The key period before it ends on %s: what is not carried over by then is found by "
              "nobody any more.\n"),
            day);
    }
    if (lost > 0)
        printf(_("%lld cannot be carried over any more, since the key period that they are in has "
                 "ended, and are found by nobody. Register those people again, if the reason still "
                 "holds: seinpost list shows which they are.\n"),
               lost);
    const char *error = words_text(c, "error");
    if (left > 0 && *error != '\0')
        printf(_("It waits and tries again each minute: %s\n"), words_error(error));
}

static int show_status(const struct cli_args *a)
{
    json_t *end = NULL, *c = NULL;
    int status = cli_ask(a, json_pack("{s:s}", "do", "carry-status"), on_row, &c, &end);
    if (status == CLI_DONE && c == NULL) {
        cli_complain("%s", words_error(words_text(end, "error")));
        status = CLI_FAILED;
    } else if (status == CLI_DONE && cli_has(a, "json")) {
        cli_json(json_incref(c));
    } else if (status == CLI_DONE) {
        show(c);
    }
    json_decref(c);
    json_decref(end);
    return status;
}

static int run_carry(const struct cli_args *a)
{
    if (cli_has(a, "status"))
        return show_status(a);
    json_t *end = NULL;
    int status = cli_ask(a, json_pack("{s:s}", "do", "carry"), NULL, NULL, &end);
    if (status == CLI_DONE && !json_is_true(json_object_get(end, "ok"))) {
        cli_complain(_("not all could be carried over now (%s). What was, stays so; the node goes "
                       "on by itself each minute."),
                     words_error(words_text(end, "error")));
        status = CLI_FAILED;
    }
    json_decref(end);
    return status == CLI_DONE ? show_status(a) : status;
}

/* clang-format off */
static const struct cli_option options[] = {
    {"status", NULL, N_("only say how far it is"), false, false},
    {"json", NULL, N_("output for programs: one object"), false, false},
    {0},
};
/* clang-format on */

const struct cli_command cli_keys_carry = {
    .group = "keys",
    .name = "carry",
    .help = N_("carry this organisation's registrations over to a new key period, now"),
    .more =
        N_("The node does this by itself, in small steps, as soon as the member list has a new "
           "key period; this command does it at once and waits. Nobody's details are needed for "
           "it, and key holders see nothing of whom it is about. Until the key period before it "
           "ends, consults find what is in either."),
    .options = options,
    .run = run_carry,
};
