/*
 * cli_keys_ceremony.c - commands about key ceremonies that were proposed: join, status, abort,
 * result.
 */
#include "node/cli_commands.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "node/cli_ceremony.h"
#include "node/plain_file.h"
#include "node/text.h"
#include "node/words.h"
#include "protocol/ceremony_file.h"

static bool is_word(const json_t *o, const char *name, const char *word)
{
    return strcmp(words_text(o, name), word) == 0;
}

static bool is_true(const json_t *o, const char *name)
{
    return json_is_true(json_object_get(o, name));
}

/* clang-format off */
#define SURE_OPTIONS \
    {"yes", NULL, N_("do not ask whether you are sure"), false, false}, \
    {"json", NULL, N_("output for programs: one object"), false, false}, \
    {0}
static const struct cli_option sure_options[] = {SURE_OPTIONS};
/* clang-format on */

/* ---- join ---- */

static int check_join(const json_t *c)
{
    if (!is_true(c, "ours"))
        cli_complain(_("this organisation is not named in that ceremony, so there is nothing to "
                       "join."));
    else if (is_true(c, "joined"))
        cli_complain(_("this node takes part already; see: seinpost keys status"));
    else if (is_true(c, "left_out") || !is_word(c, "next", "join"))
        cli_complain(_("it is too late for that: the ceremony has gone on without this node, or "
                       "has ended. See: seinpost keys status"));
    else
        return CLI_DONE;
    return CLI_FAILED;
}

static void say_joined(const struct cli_args *a, const json_t *end)
{
    if (cli_has(a, "json"))
        cli_json(json_pack("{s:O}", "id", json_object_get(end, "id")));
    else
        puts(_("This node has joined, and goes on by itself. See who is awaited: seinpost keys "
               "status"));
}

static int run_join(const struct cli_args *a)
{
    json_t *c, *end = NULL;
    int status = ceremony_find(a, &c);
    if (status == CLI_DONE)
        status = check_join(c);
    if (status == CLI_DONE && !cli_has(a, "json")) {
        printf(_("Proposed by %s (%s):\n"), words_text(c, "proposer_name"),
               words_text(c, "proposer"));
        ceremony_show_plan(c);
        fflush(stdout);
    }
    status = cli_confirm(a, status, _("Take part? (yes/no)"), _("nothing was done."));
    if (status == CLI_DONE)
        status = ceremony_ask(a, "join", c, &end);
    if (status == CLI_DONE)
        say_joined(a, end);
    json_decref(end);
    json_decref(c);
    return status;
}

const struct cli_command cli_keys_join = {
    .group = "keys",
    .name = "join",
    .words = "ID",
    .words_min = 1,
    .words_max = 1,
    .help = N_("take part in a key ceremony that was proposed"),
    .more =
        N_("ID is the ceremony's, as keys status shows it; its beginning is enough. Ask the one "
           "that proposed it, by telephone, whether it is meant so."),
    .options = sure_options,
    .run = run_join,
};

/* ---- status ---- */

struct showing {
    bool is_json;
    size_t count;
};

static void on_status_row(void *ctx, const json_t *line)
{
    struct showing *s = ctx;
    json_t *row = json_object_get(line, "row");
    if (row == NULL)
        return;
    if (s->is_json) {
        cli_json(json_incref(row));
        return;
    }
    if (s->count++ > 0)
        putchar('\n');
    ceremony_show_state(row);
}

static int run_status(const struct cli_args *a)
{
    struct showing s = {.is_json = cli_has(a, "json")};
    json_t *end;
    int status = cli_ask(a, json_pack("{s:s}", "do", "ceremonies"), on_status_row, &s, &end);
    if (status == CLI_DONE && !is_true(end, "ok"))
        status = ceremony_refused(end);
    else if (status == CLI_DONE && !s.is_json && s.count == 0)
        puts(_("There is no key ceremony."));
    json_decref(end);
    return status;
}

/* clang-format off */
static const struct cli_option status_options[] = {
    {"json", NULL, N_("output for programs: an object a line"), false, false},
    {0},
};
/* clang-format on */

const struct cli_command cli_keys_status = {
    .group = "keys",
    .name = "status",
    .help =
        N_("show the key ceremonies: who is awaited, who was left out, what is to be done here"),
    .options = status_options,
    .run = run_status,
};

/* ---- abort ---- */

static void say_ended(const struct cli_args *a, const json_t *c, const json_t *end)
{
    if (cli_has(a, "json"))
        cli_json(json_pack("{s:O}", "id", json_object_get(end, "id")));
    else if (is_true(c, "proposed_here"))
        puts(_("The ceremony is ended; the key stays as it is."));
    else
        puts(_("This organisation takes no part in it any more; the others go on without it if "
               "they are enough."));
}

static int run_abort(const struct cli_args *a)
{
    json_t *c, *end = NULL;
    int status = ceremony_find(a, &c);
    if (status == CLI_DONE && !cli_has(a, "json")) {
        ceremony_show_plan(c);
        fflush(stdout);
    }
    status = cli_confirm(a, status,
                         is_true(c, "proposed_here")
                             ? _("End this ceremony for all? The key stays as it is. (yes/no)")
                             : _("Take no part in it any more? (yes/no)"),
                         _("nothing was done."));
    if (status == CLI_DONE)
        status = ceremony_ask(a, "abort", c, &end);
    if (status == CLI_DONE)
        say_ended(a, c, end);
    json_decref(end);
    json_decref(c);
    return status;
}

const struct cli_command cli_keys_abort = {
    .group = "keys",
    .name = "abort",
    .words = "ID",
    .words_min = 1,
    .words_max = 1,
    .help =
        N_("end a key ceremony that this organisation proposed, or take no part in it any more"),
    .more = N_("ID is the ceremony's, as keys status shows it; its beginning is enough. Until a "
               "result is in the member list the key and its shares stay as they are."),
    .options = sure_options,
    .run = run_abort,
};

/* ---- result ---- */

static enum err write_result(const char *path, const json_t *end, struct problem *problem)
{
    const char *text = words_text(end, "file");
    uint8_t *file = malloc(CEREMONY_FILE_BYTES_MAX);
    size_t len = 0;
    enum err e = file == NULL ? ERR_FULL : OK;
    if (e == OK && sodium_base642bin(file, CEREMONY_FILE_BYTES_MAX, text, strlen(text), NULL, &len,
                                     NULL, sodium_base64_VARIANT_ORIGINAL) != 0)
        e = ERR_FORMAT;
    if (e == OK)
        e = plain_file_create(path, bytes_of(file, len), problem);
    free(file);
    return e;
}

static int run_result(const struct cli_args *a)
{
    struct problem problem = {""};
    json_t *c, *end = NULL;
    int status = ceremony_find(a, &c);
    if (status == CLI_DONE)
        status = ceremony_ask(a, "result", c, &end);
    if (status == CLI_DONE) {
        enum err e = write_result(cli_value(a, "out"), end, &problem);
        status = e == OK ? CLI_DONE : cli_failed(&problem, e);
    }
    if (status == CLI_DONE && cli_has(a, "json"))
        cli_json(json_pack("{s:O,s:s,s:O}", "id", json_object_get(c, "id"), "file",
                           cli_value(a, "out"), "transcript", json_object_get(c, "transcript")));
    else if (status == CLI_DONE)
        printf(
            _("The result is in %s; nothing in it is secret. Send it to the stewards, who put it "
              "into the member list: seinpost roster key --roster FILE --take %s\n"),
            cli_value(a, "out"), cli_value(a, "out"));
    json_decref(end);
    json_decref(c);
    return status;
}

/* clang-format off */
static const struct cli_option result_options[] = {
    {"out", "FILE", N_("the file to write; it may not be there yet"), true, false},
    {"json", NULL, N_("output for programs: one object"), false, false},
    {0},
};
/* clang-format on */

const struct cli_command cli_keys_result = {
    .group = "keys",
    .name = "result",
    .words = "ID",
    .words_min = 1,
    .words_max = 1,
    .help = N_("write the result of a key ceremony to a file, for the stewards"),
    .more = N_("The file holds what is public of the key, and everybody's signature; any of those "
               "who took part can write it. ID is the ceremony's, as keys status shows it; its "
               "beginning is enough."),
    .options = result_options,
    .run = run_result,
};
