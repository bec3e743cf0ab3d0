/*
 * cli_keys_propose.c - commands that propose a key ceremony: ceremony, refresh, reshare, rotate.
 */
#include "node/cli_commands.h"

#include <stdlib.h>
#include <string.h>

#include "node/cli_ceremony.h"
#include "node/text.h"
#include "node/words.h"
#include "protocol/ceremony.h"

enum { WITHIN_DAYS = 14, PATIENCE_SECONDS = 86400 };

/* ---- The wish ---- */

/* Adds the organisations of a value with commas between them; what there is none of is left out. */
static void add_names(json_t *request, const char *name, const char *value)
{
    json_t *list = json_array();
    while (value != NULL && *value != '\0') {
        size_t len = strcspn(value, ",");
        if (len > 0)
            json_array_append_new(list, json_stringn(value, len));
        value += len + (value[len] == ',');
    }
    json_object_set_new(request, name, list);
}

static bool has_option(const struct cli_args *a, const char *name)
{
    for (const struct cli_option *o = a->command->options; o->name != NULL; o++)
        if (strcmp(o->name, name) == 0)
            return true;
    return false;
}

static const char *value_of(const struct cli_args *a, const char *name)
{
    return has_option(a, name) ? cli_value(a, name) : NULL;
}

/* Adds what is common to all kinds. */
static int add_times(const struct cli_args *a, json_t *request)
{
    int64_t patience;
    int days;
    int status = cli_duration(a, "wait", CEREMONY_PATIENCE_MIN, CEREMONY_PATIENCE_MAX,
                              PATIENCE_SECONDS, &patience);
    if (status == CLI_DONE)
        status = cli_number(a, "within", 1, CEREMONY_DAYS_MAX, WITHIN_DAYS, &days);
    if (status != CLI_DONE)
        return status;
    json_object_set_new(request, "patience", json_integer((json_int_t)patience));
    json_object_set_new(request, "within", json_integer(days));
    return CLI_DONE;
}

static int add_key(const struct cli_args *a, json_t *request)
{
    const char *key = value_of(a, "key");
    if (key != NULL && strcmp(key, "pseudonyms") != 0 && strcmp(key, "statistics") != 0)
        return cli_misuse(a, _("--key is pseudonyms (the key behind matches) or statistics."));
    json_object_set_new(request, "key", json_string(key != NULL ? key : "pseudonyms"));
    return CLI_DONE;
}

static int add_threshold(const struct cli_args *a, json_t *request)
{
    int threshold = 0;
    int status = has_option(a, "threshold")
                     ? cli_number(a, "threshold", 2, KEYHOLDERS_MAX / 2 + 1, 0, &threshold)
                     : CLI_DONE;
    json_object_set_new(request, "threshold", json_integer(threshold));
    return status;
}

static int build(const struct cli_args *a, const char *kind, const char *to, json_t *request)
{
    json_object_set_new(request, "kind", json_string(kind));
    int status = add_key(a, request);
    if (status == CLI_DONE)
        status = add_threshold(a, request);
    if (status == CLI_DONE)
        status = add_times(a, request);
    if (status == CLI_DONE && has_option(a, "anew"))
        json_object_set_new(request, "anew", json_boolean(cli_has(a, "anew")));
    add_names(request, "to", to);
    add_names(request, "without", value_of(a, "without"));
    if (status == CLI_DONE && to != NULL &&
        json_array_size(json_object_get(request, "to")) > KEYHOLDERS_MAX)
        return cli_misuse(a, _("more than %d key holders are named."), KEYHOLDERS_MAX);
    if (status == CLI_DONE && json_array_size(json_object_get(request, "without")) > KEYHOLDERS_MAX)
        return cli_misuse(a, _("more than %d key holders are named."), KEYHOLDERS_MAX);
    return status;
}

/* ---- Asking ---- */

static void keep_plan(void *ctx, const json_t *line)
{
    json_t **plan = ctx;
    if (*plan == NULL)
        *plan = json_incref(json_object_get(line, "plan"));
}

static void show_times(const json_t *plan)
{
    char line[512], patience[CLI_DURATION_CHARS];
    cli_duration_text(words_number(plan, "patience"), patience);
    snprintf(line, sizeof line,
             _("Whoever is silent in a step for %s is left out; without a result by %.10s all "
               "stays as it is."),
             patience, words_text(plan, "until"));
    cli_wrap(stdout, 0, line);
}

/* Who is not connected now: a rotation fails without them, and the others wait for them. */
static void show_away(const json_t *plan)
{
    char names[1024] = "";
    size_t i, used = 0;
    const json_t *row;
    json_array_foreach(json_object_get(plan, "people"), i, row)
    {
        if (!json_is_true(json_object_get(row, "up")) && used < sizeof names)
            used += (size_t)snprintf(names + used, sizeof names - used, "%s%s",
                                     used > 0 ? ", " : "", words_text(row, "org_id"));
    }
    if (used == 0)
        return;
    char line[1400];
    snprintf(line, sizeof line,
             _("NOT CONNECTED NOW: %s. If one of them is lost, reshare first (seinpost keys "
               "reshare): for renewed shares and for the next period nobody may be missing for "
               "good."),
             names);
    cli_wrap(stdout, 0, line);
}

/* Sends the request, which it takes, to be carried out for the list of that version. */
static int send(const struct cli_args *a, json_t *request, const json_t *version)
{
    json_t *end, *none = NULL;
    json_object_set(request, "version", (json_t *)version);
    int status = cli_ask(a, request, keep_plan, &none, &end);
    if (status != CLI_DONE)
        return status;
    if (!json_is_true(json_object_get(end, "ok"))) {
        status = ceremony_refused(end);
    } else if (cli_has(a, "json")) {
        cli_json(json_pack("{s:O,s:O,s:O}", "id", json_object_get(end, "id"), "named",
                           json_object_get(end, "named"), "joined",
                           json_object_get(end, "joined")));
    } else {
        printf(_("Proposed: key ceremony %.8s. Every other organisation that is named now types: "
                 "seinpost keys join %.8s\n"),
               words_text(end, "id"), words_text(end, "id"));
        if (json_is_true(json_object_get(end, "joined")))
            puts(_("This node has joined. See who is awaited: seinpost keys status"));
        else if (json_is_true(json_object_get(end, "named")))
            puts(_("This node could not join at once; type that command here, too."));
    }
    json_decref(end);
    return status;
}

static int propose(const struct cli_args *a, const char *kind, const char *to)
{
    json_t *request = json_pack("{s:s}", "do", "ceremony-propose"), *plan = NULL, *end = NULL;
    int status = build(a, kind, to, request);
    if (status == CLI_DONE)
        status = cli_ask(a, json_deep_copy(request), keep_plan, &plan, &end);
    if (status == CLI_DONE && !json_is_true(json_object_get(end, "ok")))
        status = ceremony_refused(end);
    if (status == CLI_DONE && !cli_has(a, "json")) {
        ceremony_show_plan(plan);
        show_times(plan);
        show_away(plan);
        fflush(stdout);
    }
    status = cli_confirm(a, status, _("Propose this to all of them? (yes/no)"),
                         _("nothing was proposed."));
    if (status == CLI_DONE)
        status = send(a, json_incref(request), json_object_get(end, "version"));
    json_decref(request);
    json_decref(plan);
    json_decref(end);
    return status;
}

static int run_ceremony(const struct cli_args *a)
{
    return propose(a, "generate", cli_value(a, "with"));
}

static int run_refresh(const struct cli_args *a)
{
    return propose(a, "refresh", NULL);
}

static int run_reshare(const struct cli_args *a)
{
    return propose(a, "reshare", cli_value(a, "to"));
}

static int run_rotate(const struct cli_args *a)
{
    return propose(a, "rotate", NULL);
}

/* ---- Tables ---- */

static const char how_it_goes[] =
    N_("What would happen is shown first. Once it is proposed everybody who is named joins "
       "(seinpost keys join); from then on the nodes go on by themselves, over days if need be, "
       "and after a restart. Nothing changes before all agree on one result and stewards put it "
       "into the member list (seinpost keys result, seinpost roster key). No machine ever holds "
       "the key.");

/* clang-format off */
#define COMMON_OPTIONS \
    {"wait", "TIME", N_("how long each step waits for somebody silent: 90s, 10m, 2h, 1d; 1d if not given"), false, false}, \
    {"within", "DAYS", N_("it is over after so many days; 14 if not given"), false, false}, \
    {"yes", NULL, N_("do not ask whether you are sure"), false, false}, \
    {"json", NULL, N_("output for programs: one object"), false, false}, \
    {0}
#define KEY_OPTION(needed) \
    {"key", "KEY", N_("pseudonyms (the key behind matches) or statistics"), needed, false}
#define WITHOUT_OPTION \
    {"without", "ORG,ORG", N_("who holds a share and cannot take part"), false, false}

static const struct cli_option ceremony_options[] = {
    KEY_OPTION(true),
    {"threshold", "T", N_("how many key holders are needed for an answer"), true, false},
    {"with", "ORG,ORG,...", N_("who gets a share: at least twice the threshold less one"), true, false},
    {"anew", NULL, N_("make an unrelated key although there is one"), false, false},
    COMMON_OPTIONS,
};

static const struct cli_option refresh_options[] = {
    KEY_OPTION(false),
    WITHOUT_OPTION,
    COMMON_OPTIONS,
};

static const struct cli_option reshare_options[] = {
    KEY_OPTION(false),
    {"threshold", "T", N_("how many key holders are needed for an answer"), true, false},
    {"to", "ORG,ORG,...", N_("who holds a share afterwards, those who have one now included"), true, false},
    WITHOUT_OPTION,
    COMMON_OPTIONS,
};

static const struct cli_option rotate_options[] = {
    WITHOUT_OPTION,
    COMMON_OPTIONS,
};
/* clang-format on */

const struct cli_command cli_keys_ceremony = {
    .group = "keys",
    .name = "ceremony",
    .help = N_("propose to make a new key together, without a dealer"),
    .more = how_it_goes,
    .options = ceremony_options,
    .run = run_ceremony,
};

const struct cli_command cli_keys_refresh = {
    .group = "keys",
    .name = "refresh",
    .help = N_("propose to renew all shares of a key, so that older ones are worth nothing"),
    .more = how_it_goes,
    .options = refresh_options,
    .run = run_refresh,
};

const struct cli_command cli_keys_reshare = {
    .group = "keys",
    .name = "reshare",
    .help = N_("propose to give a key to other key holders, or for another threshold"),
    .more = how_it_goes,
    .options = reshare_options,
    .run = run_reshare,
};

const struct cli_command cli_keys_rotate = {
    .group = "keys",
    .name = "rotate",
    .help = N_("propose the key of the next period"),
    .more = how_it_goes,
    .options = rotate_options,
    .run = run_rotate,
};
