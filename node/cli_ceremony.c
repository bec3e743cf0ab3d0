#include "node/cli_ceremony.h"

#include <string.h>

#include "node/cli_commands.h"
#include "node/text.h"
#include "node/words.h"

static bool is_true(const json_t *o, const char *name)
{
    return json_is_true(json_object_get(o, name));
}

static bool is_word(const json_t *o, const char *name, const char *word)
{
    return strcmp(words_text(o, name), word) == 0;
}

/* ---- Words ---- */

const char *ceremony_kind_text(const char *kind)
{
    if (strcmp(kind, "generate") == 0)
        return _("a new key");
    if (strcmp(kind, "refresh") == 0)
        return _("new shares of the same key, at the same key holders");
    if (strcmp(kind, "reshare") == 0)
        return _("new shares of the same key, at other key holders or for another number of them");
    return _("the key of the next period, to which registrations are carried over");
}

static const char *key_text(const json_t *c)
{
    return is_word(c, "key", "statistics") ? _("the key for statistics")
                                           : _("the key behind matches");
}

static const char *state_text(const json_t *c)
{
    const char *state = words_text(c, "state");
    if (strcmp(state, "open") == 0)
        return _("under way");
    if (strcmp(state, "agreed") == 0)
        return _("all agree on the result; it is for the stewards to put it into the member list");
    if (strcmp(state, "adopted") == 0)
        return _("done: the result is in the member list");
    if (strcmp(state, "ended") == 0)
        return _("ended by the one that proposed it; nothing has changed");
    if (strcmp(state, "over") == 0)
        return _("over without a result, since its time is; nothing has changed");
    if (strcmp(state, "disputed") == 0)
        return _("failed: those who take part do not agree; nothing has changed");
    return _("failed: too few are left that take part, or the member list has changed; nothing "
             "has changed in the key");
}

static const char *step_text(const char *step)
{
    static const struct {
        const char *name, *text;
    } rows[] = {
        {"join",    N_("that it joins (there: seinpost keys join)")},
        {"close",   N_("that it closes the step")                  },
        {"deal",    N_("its part of the key")                      },
        {"verdict", N_("its word on the parts that it was given")  },
        {"answer",  N_("its answer to a complaint")                },
        {"confirm", N_("its signature under the result")           },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (strcmp(rows[i].name, step) == 0)
            return _(rows[i].text);
    return step;
}

static void short_id(const json_t *c, char out[CEREMONY_SHORT_CHARS + 1])
{
    snprintf(out, CEREMONY_SHORT_CHARS + 1, "%s", words_text(c, "id"));
}

void ceremony_todo(const json_t *c, char *out, size_t cap)
{
    char id[CEREMONY_SHORT_CHARS + 1];
    short_id(c, id);
    bool is_agreed = is_word(c, "state", "agreed") || is_word(c, "next", "result");
    out[0] = '\0';
    if (is_word(c, "next", "join"))
        snprintf(out, cap, "seinpost keys join %s", id);
    else if (is_word(c, "next", "abort"))
        snprintf(out, cap, "seinpost keys abort %s", id);
    else if (is_agreed)
        snprintf(out, cap, "seinpost keys result %s --out FILE", id);
}

/* ---- For people ---- */

static void show_line(const char *head, const char *text)
{
    char line[2048];
    snprintf(line, sizeof line, "%s %s", head, text);
    cli_item(stdout, 2, line);
}

/* "Brug Hulp (NL-KVK-1), ..." of those rows that wanted says. */
static size_t gather(const json_t *rows, bool (*wanted)(const json_t *row), char *out, size_t cap)
{
    size_t i, count = 0, used = 0;
    const json_t *row;
    out[0] = '\0';
    json_array_foreach(rows, i, row)
    {
        if (!wanted(row) || used >= cap)
            continue;
        used += (size_t)snprintf(out + used, cap - used, "%s%s (%s)", count > 0 ? ", " : "",
                                 words_text(row, "name"), words_text(row, "org_id"));
        count++;
    }
    return count;
}

static bool gets_share(const json_t *row)
{
    return words_number(row, "receives") != 0;
}

static bool only_deals(const json_t *row)
{
    return words_number(row, "receives") == 0;
}

static bool is_any(const json_t *row)
{
    return row != NULL;
}

static void show_who(const char *head, const json_t *rows, bool (*wanted)(const json_t *row))
{
    char text[1800];
    if (gather(rows, wanted, text, sizeof text) > 0)
        show_line(head, text);
}

void ceremony_show_plan(const json_t *c)
{
    char line[512];
    const json_t *people = json_object_get(c, "people");
    size_t i, shares = 0;
    const json_t *row;
    json_array_foreach(people, i, row) shares += gets_share(row);
    snprintf(line, sizeof line,
             _("%s, key period %lld: %s. %lld of %zu key holders will be needed for an answer."),
             key_text(c), words_number(c, "period"), ceremony_kind_text(words_text(c, "kind")),
             words_number(c, "threshold"), shares);
    cli_wrap(stdout, 0, line);
    show_who(_("Gets a share:"), people, gets_share);
    show_who(_("Loses its share:"), json_object_get(c, "losers"), is_any);
    show_who(_("Helps with the share that it has, and gets none:"), people, only_deals);
}

static void show_awaited(const json_t *row)
{
    char text[512];
    const char *since = words_text(row, "since");
    if (since[0] != '\0')
        snprintf(text, sizeof text, _("%s (%s): %s, since %s"), words_text(row, "name"),
                 words_text(row, "org_id"), step_text(words_text(row, "awaits")), since);
    else
        snprintf(text, sizeof text, _("%s (%s): %s"), words_text(row, "name"),
                 words_text(row, "org_id"), step_text(words_text(row, "awaits")));
    show_line(_("Awaited of"), text);
}

static void show_left_out(const json_t *row)
{
    char text[512];
    snprintf(text, sizeof text, "%s (%s): %s", words_text(row, "name"), words_text(row, "org_id"),
             is_word(row, "left_out", "silent") ? _("it was silent for too long")
                                                : _("what it contributed does not hold"));
    show_line(_("Left out:"), text);
}

void ceremony_show_state(const json_t *c)
{
    char id[CEREMONY_SHORT_CHARS + 1], text[768];
    const json_t *row;
    size_t i;
    short_id(c, id);
    printf(_("Key ceremony %s\n"), id);
    ceremony_show_plan(c);
    snprintf(text, sizeof text, _("%s (%s); it has until %.10s."), words_text(c, "proposer_name"),
             words_text(c, "proposer"), words_text(c, "until"));
    show_line(_("Proposed by"), text);
    if (is_word(c, "state", "open"))
        snprintf(text, sizeof text, _("%s, step %lld of %lld."), state_text(c),
                 words_number(c, "phase") + 1, words_number(c, "phases") + 1);
    else
        snprintf(text, sizeof text, "%s.", state_text(c));
    show_line(_("It is"), text);
    json_array_foreach(json_object_get(c, "people"), i, row)
    {
        if (words_text(row, "awaits")[0] != '\0')
            show_awaited(row);
        if (words_text(row, "left_out")[0] != '\0')
            show_left_out(row);
    }
    ceremony_todo(c, text, sizeof text);
    if (text[0] != '\0')
        show_line(_("Next here:"), text);
    else if (is_word(c, "state", "open") && is_true(c, "joined"))
        show_line(_("Next here:"), _("nothing; the node goes on by itself."));
}

/* ---- What is wrong with a wish ---- */

static void reshare_first(const json_t *end)
{
    char left[1800] = "";
    size_t i, used = 0;
    const json_t *row;
    const json_t *list = json_object_get(end, "left");
    json_array_foreach(list, i, row)
    {
        if (used < sizeof left)
            used += (size_t)snprintf(left + used, sizeof left - used, "%s%s", i > 0 ? "," : "",
                                     json_string_value(row));
    }
    long long have = words_number(end, "have");
    cli_complain(_("nothing was proposed: %lld key holders of now are needed, and %lld can take "
                   "part. Reshare first, to key holders that can; with those who are left: "
                   "seinpost keys reshare --threshold %lld --to %s"),
                 words_number(end, "needed"), have, (have + 1) / 2, left);
}

/* Faults that are about one organisation. */
static const char *fault_text(const char *error)
{
    static const struct {
        const char *name, *text;
    } rows[] = {
        {"unknown-organisation",
         N_("nothing was proposed: %s is not in the member list. See: seinpost roster show")               },
        {"not-active",
         N_("nothing was proposed: %s takes no part in the federation today. Name another one.")           },
        {"no-keyholder",
         N_("nothing was proposed: by the member list %s is no key holder. Stewards make it one: "
            "seinpost roster change --roles")                                                              },
        {"twice",                N_("nothing was proposed: %s is named twice.")                            },
        {"not-holder",           N_("nothing was proposed: %s holds no share, so it need not be left out.")},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (strcmp(rows[i].name, error) == 0)
            return _(rows[i].text);
    return NULL;
}

/* Faults of a wish as a whole; false if it is another one. */
static bool complain_of_wish(const json_t *end, const char *error)
{
    long long needed = words_number(end, "needed"), have = words_number(end, "have");
    if (strcmp(error, "not-keyholder") == 0)
        cli_complain(_("nothing was proposed: by the member list this organisation is no key "
                       "holder. One that is proposes: seinpost keys --help"));
    else if (strcmp(error, "threshold") == 0)
        cli_complain(_("nothing was proposed: at least 2 key holders must be needed for an answer; "
                       "with 1 everybody who has a share would have the key."));
    else if (strcmp(error, "too-many") == 0)
        cli_complain(_("nothing was proposed: %lld key holders are named; %lld is the most."), have,
                     needed);
    else if (strcmp(error, "too-few") == 0)
        cli_complain(_("nothing was proposed: where so many must answer, %lld key holders need a "
                       "share (twice the threshold less one), and there are %lld. Name more, or "
                       "lower the threshold."),
                     needed, have);
    else if (strcmp(error, "no-key") == 0)
        cli_complain(_("nothing was proposed: there is no such key yet. Make one: seinpost keys "
                       "ceremony --help"));
    else if (strcmp(error, "key-there") == 0)
        cli_complain(_("nothing was proposed: there is such a key, of period %lld. With an "
                       "unrelated one nothing that is registered would be found any more. For the "
                       "next period: seinpost keys rotate. If you want it all the same, add "
                       "--anew."),
                     needed);
    else if (strcmp(error, "too-few-deal") == 0)
        cli_complain(_("nothing was proposed: %lld of those who hold a share now are needed, and "
                       "%lld can take part. The key is lost unless one of them comes back."),
                     needed, have);
    else if (strcmp(error, "same") == 0)
        cli_complain(_("nothing was proposed: these key holders have shares for that threshold "
                       "already. To renew them: seinpost keys refresh"));
    else if (strcmp(error, "list-changed") == 0)
        cli_complain(_("nothing was proposed: the member list has changed in the meantime. Give "
                       "the command again."));
    else if (strcmp(error, "no-list") == 0)
        cli_complain(_("nothing was proposed: this node has no member list yet; see: seinpost "
                       "roster import"));
    else
        return false;
    return true;
}

int ceremony_refused(const json_t *end)
{
    const char *error = words_text(end, "error");
    const char *about = fault_text(error);
    if (about != NULL)
        cli_complain(about, words_text(end, "org"));
    else if (strcmp(error, "reshare-first") == 0)
        reshare_first(end);
    else if (strcmp(error, "not-found") == 0)
        cli_complain(_("there is no such ceremony any more; see: seinpost keys status"));
    else if (strcmp(error, "not-agreed") == 0)
        cli_complain(_("this ceremony has no result: not everybody has signed one. See: seinpost "
                       "keys status"));
    else if (strcmp(error, "joined") == 0)
        cli_complain(_("this node takes part already; see: seinpost keys status"));
    else if (strcmp(error, "not-named") == 0)
        cli_complain(_("this organisation is not named in that ceremony."));
    else if (strcmp(error, "too-late") == 0)
        cli_complain(_("it is too late for that: the ceremony has gone on without this node, or "
                       "has ended. See: seinpost keys status"));
    else if (strcmp(error, "has-ended") == 0)
        cli_complain(_("that ceremony has ended already; see: seinpost keys status"));
    else if (strcmp(error, "outgrown") == 0)
        cli_complain(_("the member list has changed since that was proposed, so that it can come "
                       "to nothing. Propose it again."));
    else if (strcmp(error, "busy") == 0)
        cli_complain(_("nothing was proposed: this organisation has proposed a ceremony that is "
                       "under way still. Wait for its end, or end it: seinpost keys abort. See: "
                       "seinpost keys status"));
    else if (strcmp(error, "full") == 0)
        cli_complain(_("nothing was done: there are as many ceremonies as a node follows at one "
                       "time. End one (seinpost keys abort), or wait until one is over."));
    else if (!complain_of_wish(end, error))
        words_refusal(end);
    return CLI_FAILED;
}

/* ---- One of them ---- */

struct finding {
    const char *prefix;
    json_t *found;
    size_t count;
};

static void on_row(void *ctx, const json_t *line)
{
    struct finding *f = ctx;
    json_t *row = json_object_get(line, "row");
    if (row == NULL || strncmp(words_text(row, "id"), f->prefix, strlen(f->prefix)) != 0)
        return;
    f->count++;
    json_decref(f->found);
    f->found = json_incref(row);
}

int ceremony_find(const struct cli_args *a, json_t **out)
{
    struct finding f = {.prefix = a->word[0]};
    json_t *end;
    *out = NULL;
    size_t len = strlen(f.prefix);
    if (len == 0 || len > 64 || strspn(f.prefix, "0123456789abcdef") != len)
        return cli_misuse(a, _("that is not the id of a ceremony, nor its beginning: it is made of "
                               "0 to 9 and a to f. See: seinpost keys status"));
    int status = cli_ask(a, json_pack("{s:s}", "do", "ceremonies"), on_row, &f, &end);
    if (status == CLI_DONE && !is_true(end, "ok"))
        status = ceremony_refused(end);
    json_decref(end);
    if (status == CLI_DONE && f.count != 1) {
        if (f.count == 0)
            cli_complain(_("there is no ceremony whose id begins like that; see: seinpost keys "
                           "status"));
        else
            cli_complain(_("the ids of %zu ceremonies begin like that; give more of it. See: "
                           "seinpost keys status"),
                         f.count);
        status = CLI_FAILED;
    }
    if (status != CLI_DONE)
        json_decref(f.found);
    else
        *out = f.found;
    return status;
}

static void no_line(void *ctx, const json_t *line)
{
    (void)ctx;
    (void)line;
}

int ceremony_ask(const struct cli_args *a, const char *what, const json_t *c, json_t **end)
{
    char request[32];
    snprintf(request, sizeof request, "ceremony-%s", what);
    int status = cli_ask(a, json_pack("{s:s,s:s}", "do", request, "id", words_text(c, "id")),
                         no_line, NULL, end);
    if (status == CLI_DONE && !is_true(*end, "ok")) {
        status = ceremony_refused(*end);
        json_decref(*end);
        *end = NULL;
    }
    return status;
}
