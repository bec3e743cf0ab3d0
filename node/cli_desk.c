/*
 * cli_desk.c - list, erase, status, verify.
 */
#include "node/cli_commands.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config/value.h"
#include "node/client.h"
#include "node/text.h"
#include "protocol/answer.h"

static const char *text_of(const json_t *o, const char *name)
{
    const char *text = json_string_value(json_object_get(o, name));
    return text != NULL ? text : "";
}

static long long number_of(const json_t *o, const char *name)
{
    return (long long)json_integer_value(json_object_get(o, name));
}

static bool is_true(const json_t *o, const char *name)
{
    return json_is_true(json_object_get(o, name));
}

/* Asks the node; *end is to be released. CLI_FAILED with the reason shown where it gave no answer.
 */
static int ask(const struct cli_args *a, json_t *request,
               void (*line)(void *ctx, const json_t *line), void *ctx, json_t **end)
{
    static struct config config;
    struct problem problem = {""};
    *end = NULL;
    if (cli_config(a, &config) != CLI_DONE) {
        json_decref(request);
        return CLI_FAILED;
    }
    enum err e = client_ask(&config, request, line, ctx, end, &problem);
    return e == OK ? CLI_DONE : cli_failed(&problem, e);
}

struct table {
    bool is_json;
    size_t rows;
};

static void kinds_text(const json_t *kinds, char *out, size_t cap)
{
    size_t i, used = 0;
    json_t *kind;
    out[0] = '\0';
    json_array_foreach(kinds, i, kind) used += (size_t)snprintf(
        out + used, cap - used, "%s%s", used > 0 ? ", " : "", _(json_string_value(kind)));
}

/* ---- list ---- */

static void on_list_line(void *ctx, const json_t *line)
{
    struct table *t = ctx;
    const json_t *row = json_object_get(line, "row");
    if (row == NULL)
        return;
    if (t->is_json) {
        cli_json(json_incref(json_object_get(line, "row")));
        return;
    }
    if (t->rows++ == 0) {
        cli_column(_("Number"), 8);
        cli_column(_("Reference"), 24);
        cli_column(_("Written"), 11);
        cli_column(_("Until"), 11);
        cli_column(_("Held by"), 9);
        puts(_("Found by"));
    }
    char number[32], held[32], kinds[512];
    snprintf(number, sizeof number, "%lld", number_of(row, "index"));
    snprintf(held, sizeof held, "%lld/%lld", number_of(row, "held_by"), number_of(row, "peers"));
    kinds_text(json_object_get(row, "kinds"), kinds, sizeof kinds);
    cli_column(number, 8);
    cli_column(text_of(row, "ref"), 24);
    cli_column(text_of(row, "written"), 11);
    cli_column(text_of(row, "expires"), 11);
    cli_column(held, 9);
    puts(kinds);
}

static int run_list(const struct cli_args *a)
{
    struct table t = {.is_json = cli_has(a, "json")};
    json_t *end;
    int status = ask(a, json_pack("{s:s}", "do", "list"), on_list_line, &t, &end);
    if (status == CLI_DONE && !is_true(end, "ok")) {
        cli_refused(end);
        status = CLI_FAILED;
    } else if (status == CLI_DONE && !t.is_json && t.rows == 0) {
        puts(_("This organisation has no registration in force."));
    }
    json_decref(end);
    return status;
}

static const struct cli_option json_option[] = {
    {"json",                     NULL, N_("output for programs"), false, false},
    {0},
};

const struct cli_command cli_list = {
    .name = "list",
    .help = N_("list this organisation's registrations in force"),
    .more =
        N_("\"Held by\" counts the other organisations that have confirmed to hold it on disk."),
    .options = json_option,
    .run = run_list,
};

/* ---- erase ---- */

static void no_line(void *ctx, const json_t *line)
{
    (void)ctx;
    (void)line;
}

static bool is_sure(void)
{
    char answer[16];
    fputs(_("This cannot be undone: the registration is erased at every organisation. Go on? "
            "(yes/no) "),
          stderr);
    return fgets(answer, sizeof answer, stdin) != NULL &&
           (strcmp(answer, "yes\n") == 0 || strcmp(answer, _("yes\n")) == 0);
}

static void erase_refused(const json_t *end)
{
    const char *error = text_of(end, "error");
    if (strcmp(error, "not-found") == 0)
        cli_complain(_("there is no such registration of this organisation; see: seinpost list"));
    else if (strcmp(error, "already") == 0)
        cli_complain(_("it has been erased, or has expired, already."));
    else if (strcmp(error, "ambiguous") == 0)
        cli_complain(
            _("several registrations have this reference; name one by its number, see: seinpost "
              "list"));
    else
        cli_refused(end);
}

static int run_erase(const struct cli_args *a)
{
    const char *ref = cli_value(a, "ref");
    json_t *request = json_pack("{s:s}", "do", "erase");
    if ((ref != NULL) == (a->word_count == 1)) {
        json_decref(request);
        return cli_misuse(a, _("name the registration by its number, or by --ref."));
    }
    if (ref != NULL) {
        json_object_set_new(request, "ref", json_string(ref));
    } else {
        char *after;
        long long number = strtoll(a->word[0], &after, 10);
        if (*after != '\0' || after == a->word[0] || number < 0) {
            json_decref(request);
            return cli_misuse(a, _("that is not the number of a registration; see: seinpost list"));
        }
        json_object_set_new(request, "index", json_integer(number));
    }
    if (!cli_has(a, "yes") && isatty(STDIN_FILENO) && !is_sure()) {
        json_decref(request);
        cli_complain(_("nothing was erased."));
        return CLI_FAILED;
    }
    json_t *end;
    int status = ask(a, request, no_line, NULL, &end);
    if (status == CLI_DONE && !is_true(end, "ok")) {
        erase_refused(end);
        status = CLI_FAILED;
    } else if (status == CLI_DONE) {
        printf(_("Registration %lld is erased here. Every other organisation erases it as soon as "
                 "it hears of "
                 "it, and confirms that within a day or so.\n"),
               number_of(end, "index"));
    }
    json_decref(end);
    return status;
}

static const struct cli_option erase_options[] = {
    {"ref",                                 "REF", N_("your own reference of the case"), false, false},
    {"yes", NULL, N_("do not ask whether you are sure"), false, false},
    {0                               },
};

const struct cli_command cli_erase = {
    .name = "erase",
    .words = "[NUMBER]",
    .words_max = 1,
    .help = N_("erase a registration, here and at every other organisation"),
    .more = N_(
        "Only the fact that there was an entry stays, so that everything can still be verified."),
    .options = erase_options,
    .run = run_erase,
};

/* ---- status ---- */

static const char *gap_sentence(const char *name)
{
    for (unsigned bit = 0; bit < GAP_COUNT; bit++)
        if (strcmp(gap_name(1u << bit), name) == 0)
            return _(gap_text(1u << bit));
    return name;
}

static void show_peers(const json_t *s)
{
    size_t i;
    json_t *p;
    cli_column(_("Organisation"), 26);
    cli_column(_("Connected"), 10);
    cli_column(_("Entries"), 14);
    cli_column(_("Heard"), 20);
    puts(_("Holds of ours"));
    json_array_foreach(json_object_get(s, "peers"), i, p)
    {
        char entries[64], holds[32];
        if (number_of(p, "lag") > 0)
            snprintf(entries, sizeof entries, _("%lld of %lld"), number_of(p, "size"),
                     number_of(p, "seen_size"));
        else
            snprintf(entries, sizeof entries, "%lld", number_of(p, "size"));
        snprintf(holds, sizeof holds, "%lld", number_of(p, "holds"));
        const char *heard = text_of(p, "heard");
        cli_column(text_of(p, "name"), 26);
        cli_column(is_true(p, "up") ? _("yes") : _("no"), 10);
        cli_column(entries, 14);
        cli_column(heard[0] != '\0' ? heard : _("never"), 20);
        puts(holds);
        if (number_of(p, "owed") > 0)
            printf(_("    %lld entries without their content\n"), number_of(p, "owed"));
        if (number_of(p, "refused") > 0)
            printf(_("    %lld entries that cannot be used\n"), number_of(p, "refused"));
        if (is_true(p, "disputed"))
            printf("    %s\n", _("in dispute: it has signed things that contradict each other"));
    }
}

static void show_signing(const json_t *s)
{
    const json_t *g = json_object_get(s, "signing");
    if (is_true(g, "may_sign"))
        puts(_("This node may sign."));
    else if (is_true(g, "behind"))
        puts(_("This node may not sign: others know more of its own entries than it does. It is "
               "fetching them "
               "back."));
    else
        printf(_("This node may not sign yet: %lld of %lld always-on nodes have confirmed what it "
                 "wrote "
                 "last.\n"),
               number_of(g, "answered"), number_of(g, "needed"));
}

static void show_coverage(const json_t *s)
{
    const json_t *c = json_object_get(s, "coverage");
    size_t i;
    json_t *gap;
    printf(_("Members heard: %lld of %lld.\n"), number_of(c, "covered"), number_of(c, "feeds"));
    if (json_array_size(json_object_get(c, "gaps")) == 0)
        return;
    puts(_("A consult cannot say \"no match\" now, because:"));
    json_array_foreach(json_object_get(c, "gaps"), i, gap)
        printf("  - %s\n", gap_sentence(json_string_value(gap)));
}

static void show_budgets(const json_t *s)
{
    size_t i;
    json_t *b;
    json_array_foreach(json_object_get(s, "budgets"), i, b)
        printf(_("Key holder %s: %s; %lld of %lld questions left today\n"), text_of(b, "org_id"),
               is_true(b, "up") ? _("connected") : _("not connected"), number_of(b, "left"),
               number_of(b, "budget"));
}

static void on_status_line(void *ctx, const json_t *line)
{
    const struct table *t = ctx;
    const json_t *s = json_object_get(line, "status");
    if (s == NULL)
        return;
    if (t->is_json) {
        cli_json(json_incref(json_object_get(line, "status")));
        return;
    }
    const json_t *roster = json_object_get(s, "roster"), *feed = json_object_get(s, "feed");
    if (!json_is_object(roster)) {
        printf(_("%s has no member list yet; import one: seinpost roster import FILE\n"),
               text_of(s, "org_id"));
        return;
    }
    printf(_("%s in \"%s\", member list version %lld\n"), text_of(s, "org_id"),
           text_of(s, "federation"), number_of(roster, "version"));
    printf(_("Own entries: %lld; every other organisation holds the first %lld.\n"),
           number_of(feed, "size"), number_of(feed, "held_by_all"));
    show_signing(s);
    show_coverage(s);
    show_budgets(s);
    putchar('\n');
    show_peers(s);
}

static int run_status(const struct cli_args *a)
{
    struct table t = {.is_json = cli_has(a, "json")};
    json_t *end;
    int status = ask(a, json_pack("{s:s}", "do", "status"), on_status_line, &t, &end);
    json_decref(end);
    return status;
}

const struct cli_command cli_status = {
    .name = "status",
    .help = N_("show this node, the other organisations and what is left of today's allowance"),
    .options = json_option,
    .run = run_status,
};

/* ---- verify ---- */

static void on_verify_line(void *ctx, const json_t *line)
{
    const struct table *t = ctx;
    const json_t *row = json_object_get(line, "row");
    if (row == NULL)
        return;
    if (t->is_json) {
        cli_json(json_incref(json_object_get(line, "row")));
        return;
    }
    printf(_("%s: %lld entries, %lld with content, %lld erased or expired, %lld awaited: "),
           text_of(row, "org_id"), number_of(row, "size"), number_of(row, "bodies"),
           number_of(row, "gone"), number_of(row, "owed"));
    if (is_true(row, "ok"))
        puts(_("all as signed"));
    else
        printf(_("NOT as signed, from entry %lld on\n"), number_of(row, "first_bad"));
}

static int run_verify(const struct cli_args *a)
{
    struct table t = {.is_json = cli_has(a, "json")};
    json_t *end;
    int status = ask(a, json_pack("{s:s}", "do", "verify"), on_verify_line, &t, &end);
    if (status == CLI_DONE && !is_true(end, "ok")) {
        cli_complain(_(
            "what is stored is damaged. Stop the node, put its last backup in place of node.db and "
            "start it: it fetches the rest from the others."));
        status = CLI_FAILED;
    }
    json_decref(end);
    return status;
}

const struct cli_command cli_verify = {
    .name = "verify",
    .help = N_("check everything that is stored against what its authors signed"),
    .options = json_option,
    .run = run_verify,
};
