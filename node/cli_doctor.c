/*
 * cli_doctor.c - doctor: what is well with this node, what is not, and what to do next.
 */
#include "node/cli_commands.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "node/client.h"
#include "node/doctor.h"
#include "node/list_json.h"
#include "node/reword.h"
#include "node/roster_store.h"
#include "node/text.h"

/* ---- What there is to look at ---- */

/* The settings; false with a finding if they cannot be used. */
static bool read_settings(struct doctor *d, struct config *c)
{
    static struct config_errors errors;
    memset(&errors, 0, sizeof errors);
    enum err e = config_load(d->config, c, &errors);
    if (e == OK) {
        if (c->locale[0] != '\0')
            text_init_as(c->locale);
        doctor_well(d, "settings", _("The settings in %s are in order."), d->config);
        return true;
    }
    if (e == ERR_NOT_FOUND) {
        doctor_todo(d, "settings", _("There is no node here yet: %s is not there."), d->config);
        doctor_step(d, _("Make the node of your organisation: seinpost init --org-id ID --name "
                         "NAME --country CC --dir DIR"));
        return false;
    }
    for (size_t i = 0; i < errors.count; i++) {
        char text[CONFIG_ERROR_BYTES];
        reword_config(errors.text[i], d->config, text, sizeof text);
        doctor_todo(d, "settings", "%s", text);
        doctor_step(d, _("Correct %s, then: %s config check"), d->config, d->program);
    }
    return false;
}

static void keep_status(void *ctx, const json_t *line)
{
    json_t **status = ctx;
    if (*status == NULL)
        *status = json_incref(json_object_get(line, "status"));
}

/* Asks the node. NULL if it does not run; with a finding if it does but cannot be asked. */
static json_t *ask_node(struct doctor *d, const struct config *c)
{
    json_t *status = NULL, *end = NULL;
    struct problem problem = {""};
    enum err e =
        client_ask(c, json_pack("{s:s}", "do", "status"), keep_status, &status, &end, &problem);
    json_decref(end);
    if (e == OK || e == ERR_NOT_FOUND)
        return status;
    doctor_todo(d, "node", "%s", problem.text);
    if (e == ERR_UNAUTHORISED)
        doctor_step(d, "sudo usermod -a -G %s $USER", c->socket_group);
    else
        doctor_step(d, _("Look at the log of the node, and start it again."));
    json_decref(status);
    return NULL;
}

/* What the store of a node that does not run says of the list, in the form of a status. */
static json_t *read_store(struct doctor *d, const struct config *c)
{
    struct roster *r = NULL;
    struct problem problem = {""};
    uint8_t author[AUTHOR_BYTES];
    author_of(bytes_of(c->org_id, strlen(c->org_id)), author);
    enum err e = roster_store_read(c->data_dir, &r, &problem);
    json_t *out = NULL;
    if (e == OK)
        out = json_pack("{s:o,s:o,s:o*}", "roster", list_roster_json(r), "self",
                        list_self_json(r, author), "shares", roster_store_shares(c->data_dir));
    else if (e == ERR_NOT_FOUND)
        out = json_pack("{s:n,s:n}", "roster", "self");
    else {
        doctor_todo(d, "store", "%s", problem.text);
        doctor_step(d, _("Put the store back from a backup; the node then compares itself with "
                         "the others before it signs."));
    }
    free(r);
    return out;
}

/* ---- Everything ---- */

static void start_step(struct doctor *d)
{
    doctor_todo(d, "node", _("The node does not run."));
    if (access("/run/systemd/system", F_OK) == 0 && strcmp(d->program, "seinpost") == 0)
        doctor_step(d, "systemctl enable --now seinpostd");
    else
        doctor_step(d, "seinpostd --config %s", d->config);
}

static void examine(struct doctor *d)
{
    static struct config config;
    struct doctor_keys keys;
    int64_t now = (int64_t)time(NULL);
    if (!read_settings(d, &config))
        return;
    bool is_open = doctor_disk(d, &config, &keys);
    size_t before = d->count;
    json_t *status = ask_node(d, &config);
    bool is_running = status != NULL || d->count > before;
    if (!is_running && is_open)
        status = read_store(d, &config);
    if (status != NULL) {
        doctor_list(d, status, &keys, now);
        if (is_open)
            doctor_shares(d, &config, json_object_get(status, "self"),
                          json_object_get(status, "shares"), now);
    }
    if (!is_running)
        start_step(d); /* before what takes weeks to mend */
    else if (status != NULL)
        doctor_well(d, "node", _("The node runs."));
    doctor_basis(d, json_object_get(status, "self"), now);
    if (is_running && status != NULL)
        doctor_node(d, status, now);
    json_decref(status);
}

/* ---- Telling ---- */

static void tell_json(const struct doctor *d)
{
    static const char *const states[] = {"ok", "note", "todo"};
    const struct finding *next = doctor_next(d);
    for (size_t i = 0; i < d->count; i++) {
        const struct finding *f = &d->list[i];
        cli_json(json_pack("{s:s,s:s,s:s,s:s}", "check", f->check, "state", states[f->state],
                           "text", f->text, "step", f->step));
    }
    cli_json(json_pack("{s:b,s:s,s:s}", "ok", next == NULL, "next", next != NULL ? next->step : "",
                       "check", next != NULL ? next->check : ""));
}

static void tell_people(const struct doctor *d)
{
    const char *const marks[] = {_("ok"), _("note"), _("TODO")};
    const struct finding *next = doctor_next(d);
    for (size_t i = 0; i < d->count; i++) {
        const struct finding *f = &d->list[i];
        int width = cli_width(marks[f->state]);
        printf("%s%*s%s\n", marks[f->state], width < 6 ? 6 - width : 1, "", f->text);
        if (f->state == FINDING_TODO && f->step[0] != '\0')
            printf("      -> %s\n", f->step);
    }
    printf(_("\nNext step: %s\n"), next != NULL ? next->step : _("none; all is well."));
}

static int run_doctor(const struct cli_args *a)
{
    static struct doctor d;
    char program[PATH_MAX + 32] = "seinpost";
    if (strcmp(a->config, "/etc/seinpost/seinpost.conf") != 0)
        snprintf(program, sizeof program, "seinpost --config %s", a->config);
    d = (struct doctor){.program = program, .config = a->config};
    examine(&d);
    if (cli_has(a, "json"))
        tell_json(&d);
    else
        tell_people(&d);
    return doctor_next(&d) == NULL ? CLI_DONE : CLI_FAILED;
}

/* clang-format off */
static const struct cli_option doctor_options[] = {
    {"json", NULL, N_("output for programs: an object a line; the last has the next step"), false,
     false},
    {0},
};
/* clang-format on */

const struct cli_command cli_doctor = {
    .name = "doctor",
    .help = N_("check everything that this node needs, and name the next step"),
    .more = N_("It works before there is a node, while it is stopped and while it runs, and "
               "changes nothing. The status is 0 if all is well, and 1 if something is to be "
               "done."),
    .options = doctor_options,
    .run = run_doctor,
};
