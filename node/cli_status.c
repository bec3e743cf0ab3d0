/*
 * cli_status.c - status: this node, the other organisations, and today's allowance.
 */
#include "node/cli_ceremony.h"
#include "node/cli_commands.h"
#include "node/cli_scrub.h"

#include <stdarg.h>
#include <string.h>

#include "node/table.h"
#include "node/text.h"
#include "node/words.h"

static bool is_true(const json_t *o, const char *name)
{
    return json_is_true(json_object_get(o, name));
}

static void number_text(char out[32], long long n)
{
    snprintf(out, 32, "%lld", n);
}

struct remark {
    char text[512];
};

/* Adds one thing to a remark, after a semicolon where it is not the first. */
__attribute__((format(printf, 2, 3))) static void remark_add(struct remark *r, const char *format,
                                                             ...)
{
    size_t used = strlen(r->text);
    va_list args;
    if (used > 0)
        used += (size_t)snprintf(r->text + used, sizeof r->text - used, "; ");
    if (used >= sizeof r->text)
        return;
    va_start(args, format);
    vsnprintf(r->text + used, sizeof r->text - used, format, args);
    va_end(args);
}

static bool is_word(const json_t *o, const char *name, const char *word)
{
    return strcmp(words_text(o, name), word) == 0;
}

/* Whether a connection to it is up, and who dialled. */
static const char *connected(const json_t *p)
{
    if (!is_true(p, "up"))
        return _("no");
    if (is_word(p, "dialled_by", "both"))
        return _("both dialled");
    return is_word(p, "dialled_by", "them") ? _("it dialled") : _("we dialled");
}

/* How its entries come where they do not come from itself, and whether it can be reached at all. */
static void add_path(struct remark *r, const json_t *p)
{
    const json_t *roles = json_object_get(p, "roles"), *role;
    size_t i;
    if (words_text(p, "via")[0] != '\0')
        remark_add(r, _("entries come through %s"), words_text(p, "via"));
    if (!is_word(p, "status", "active"))
        return;
    bool is_unnamed = is_word(p, "reach", "none"), has_key = false;
    json_array_foreach(roles, i, role)
    {
        has_key = has_key || strcmp(json_string_value(role), "keyholder") == 0;
    }
    if (has_key && (is_unnamed || is_word(p, "reach", "relays")))
        remark_add(r, _("holds a key and cannot be dialled; ask it to open a port"));
    else if (is_unnamed)
        remark_add(r, _("unreachable: it has no open port and names no relay; ask it to add a line "
                        "relay to its settings"));
}

/* One organisation, and what is the matter with it in the last column. */
static void add_peer(struct table *t, const json_t *p)
{
    char entries[64], holds[32];
    struct remark remark = {""};
    if (words_number(p, "lag") > 0)
        snprintf(entries, sizeof entries, _("%lld of %lld"), words_number(p, "size"),
                 words_number(p, "seen_size"));
    else
        number_text(entries, words_number(p, "size"));
    number_text(holds, words_number(p, "holds"));
    if (strcmp(words_text(p, "status"), "active") != 0)
        remark_add(&remark, "%s", words_status(words_text(p, "status")));
    if (is_true(p, "disputed"))
        remark_add(&remark, "%s",
                   _("in dispute: it contradicts itself (see: seinpost proof list)"));
    if (words_number(p, "owed") > 0)
        remark_add(&remark, _("%lld without content"), words_number(p, "owed"));
    if (words_number(p, "refused") > 0)
        remark_add(&remark, _("%lld unusable"), words_number(p, "refused"));
    if (words_number(p, "opaque") > 0)
        remark_add(&remark, _("%lld need a newer version"), words_number(p, "opaque"));
    if (json_is_object(json_object_get(p, "offers")))
        remark_add(&remark, "%s", _("no protocol version in common"));
    add_path(&remark, p);
    const char *heard = words_text(p, "heard");
    table_add(t, (const char *const[]){words_text(p, "name"), words_text(p, "org_id"), connected(p),
                                       entries, heard[0] != '\0' ? heard : _("never"), holds,
                                       remark.text});
}

static void show_peers(const json_t *s)
{
    const char *const heads[] = {
        _("Organisation"), _("Identifier"),    _("Connected"), _("Entries"),
        _("Heard"),        _("Holds of ours"), _("Remark"),    NULL};
    struct table *t = table_new(heads);
    size_t i;
    const json_t *p;
    json_array_foreach(json_object_get(s, "peers"), i, p) add_peer(t, p);
    if (table_rows(t) > 0)
        putchar('\n');
    table_print(t, stdout);
    table_free(&t);
}

static void show_budgets(const json_t *s)
{
    const char *const heads[] = {_("Key holder"), _("Connected"), _("Questions left today"),
                                 _("A day"), NULL};
    struct table *t = table_new(heads);
    size_t i;
    const json_t *b;
    json_array_foreach(json_object_get(s, "budgets"), i, b)
    {
        char left[32], budget[32];
        number_text(left, words_number(b, "left"));
        number_text(budget, words_number(b, "budget"));
        table_add(t, (const char *const[]){words_text(b, "org_id"),
                                           is_true(b, "up") ? _("yes") : _("no"), left, budget});
    }
    if (table_rows(t) > 0)
        putchar('\n');
    table_print(t, stdout);
    table_free(&t);
}

/* An earlier leave to sign, and a restore. */
static void show_past(const json_t *s)
{
    const json_t *restored = json_object_get(s, "restored");
    const json_t *alone = json_object_get(json_object_get(s, "signing"), "alone");
    if (json_is_object(alone) && !is_true(alone, "now"))
        printf(_("It signed unconfirmed once, by leave of %s (user %lld) on %s.\n"),
               words_text(alone, "user"), words_number(alone, "uid"), words_text(alone, "time"));
    if (!json_is_object(restored))
        return;
    printf(_("Restored on %s from a backup made on %s.\n"), words_text(restored, "time"),
           words_text(restored, "made"));
    if (!is_true(restored, "caught_up"))
        puts(_("It has not taken in yet what the others wrote and erased since: until then it "
               "passes nothing on, and answers no consult."));
}

static void show_signing(const json_t *s)
{
    const json_t *g = json_object_get(s, "signing");
    const json_t *alone = json_object_get(g, "alone");
    if (is_true(alone, "now"))
        printf(_("THIS NODE SIGNS UNCONFIRMED: %s (user %lld) allowed it on %s, when %lld of %lld "
                 "always-on nodes had confirmed what it wrote last. If another machine wrote more "
                 "with this key, the two contradict each other.\n"),
               words_text(alone, "user"), words_number(alone, "uid"), words_text(alone, "time"),
               words_number(alone, "answered"), words_number(alone, "needed"));
    else if (is_true(g, "may_sign"))
        puts(_("This node may sign."));
    else if (is_true(g, "twin"))
        puts(_("THIS NODE DOES NOT SIGN: another node works with its key at this moment. Find it "
               "(a copy of this machine, or a backup that was restored elsewhere), stop it for "
               "good, and start this node again."));
    else if (is_true(g, "disputed"))
        puts(
            _("THIS NODE MAY NOT SIGN ANY MORE: its key signed two different histories. Is there a "
              "second machine with a copy of it, or was an old backup started beside it? Stop all "
              "but one, make a new key there (seinpost keys renew --feed), and send the stewards "
              "its new card for: seinpost roster unfreeze. Until then nothing new of this "
              "organisation is taken anywhere."));
    else if (is_true(g, "behind"))
        puts(_("This node may not sign: others know more of its own entries than it does. It is "
               "fetching them back."));
    else
        printf(_("This node may not sign yet: %lld of %lld always-on nodes have confirmed what it "
                 "wrote last.\n"),
               words_number(g, "answered"), words_number(g, "needed"));
}

static void show_coverage(const json_t *s)
{
    const json_t *c = json_object_get(s, "coverage"), *gap;
    const char *access = words_text(s, "access");
    size_t i;
    if (strcmp(access, "checkpoints") == 0)
        puts(_("This node observes: once a day it gets of every other organisation how many "
               "entries it has, and nothing of what is in them. See: seinpost witness show"));
    if (strcmp(access, "headers") == 0)
        puts(_("This node audits: it gets every entry of the other organisations, without its "
               "content."));
    printf(_("Members heard: %lld of %lld.\n"), words_number(c, "covered"),
           words_number(c, "feeds"));
    if (json_array_size(json_object_get(c, "gaps")) == 0)
        return;
    puts(strcmp(access, "everything") == 0 ? _("A consult cannot say \"no match\" now, because:")
                                           : _("Not everything is as it should be:"));
    json_array_foreach(json_object_get(c, "gaps"), i, gap)
    {
        const char *name = json_string_value(gap);
        printf("  - %s\n", name != NULL ? words_gap(name) : "?");
    }
}

static void show_disk(const json_t *s)
{
    const json_t *d = json_object_get(s, "disk");
    if (!is_true(d, "full"))
        return;
    printf(_("THE DISK IS FULL: %s has %lld MB left, and of %lld MB that the node keeps back %lld. "
             "Nothing new is registered here and nothing of others is taken in; erasing and "
             "retracting go on. Make room, at least %lld MB.\n"),
           words_text(d, "folder"), words_number(d, "free_mb"),
           words_number(d, "reserve_wanted_mb"), words_number(d, "reserve_mb"),
           words_room_needed(d));
}

/* Key ceremonies that go on only once somebody does something here, and old shares that are gone.
 */
static void show_ceremonies(const json_t *s)
{
    size_t i;
    const json_t *c;
    json_array_foreach(json_object_get(s, "ceremonies"), i, c)
    {
        char next[128];
        ceremony_todo(c, next, sizeof next);
        printf(_("A key ceremony waits for this node. Type: %s\n"), next);
    }
    json_array_foreach(json_object_get(s, "shares_ended"), i, c)
    {
        if (is_true(c, "gone"))
            printf(_("The old share for key period %lld (renewed %lld times) ended on %.10s and is "
                     "wiped here.\n"),
                   words_number(c, "period"), words_number(c, "refresh"), words_text(c, "until"));
    }
}

/* Registrations that are not in the key period in use. */
static void show_carry(const json_t *s)
{
    const json_t *c = json_object_get(s, "carry");
    if (words_number(c, "left") > 0)
        printf(_("%lld of the own registrations are still to be carried over to key period %lld; "
                 "the node does it. See: seinpost keys carry --status\n"),
               words_number(c, "left"), words_number(c, "period"));
    if (words_number(c, "lost") > 0)
        printf(_("%lld of the own registrations were not carried over in time and are found by "
                 "nobody. See: seinpost keys carry --status\n"),
               words_number(c, "lost"));
}

static void on_line(void *ctx, const json_t *line)
{
    const bool *is_json = ctx;
    json_t *s = json_object_get(line, "status");
    if (s == NULL)
        return;
    if (*is_json) {
        cli_json(json_incref(s));
        return;
    }
    show_disk(s);
    const json_t *roster = json_object_get(s, "roster"), *feed = json_object_get(s, "feed");
    if (!json_is_object(roster)) {
        printf(_("%s has no member list yet; import one: seinpost roster import FILE\n"),
               words_text(s, "org_id"));
        return;
    }
    printf(_("%s in \"%s\", member list version %lld, to be renewed by %.10s\n"),
           words_text(s, "org_id"), words_text(s, "federation"), words_number(roster, "version"),
           words_text(roster, "fresh_until"));
    if (json_is_true(json_object_get(roster, "rival")))
        puts(
            _("ALARM: stewards signed two member lists of this version. Nobody takes part whom one "
              "of them leaves out. Tell the stewards; see: seinpost roster unite --help"));
    printf(_("Own entries: %lld; every other organisation holds the first %lld.\n"),
           words_number(feed, "size"), words_number(feed, "held_by_all"));
    if (words_number(feed, "untold") > 0)
        printf(_("Not counted there: %lld that get them through relays and cannot tell this node, "
                 "since neither can be dialled.\n"),
               words_number(feed, "untold"));
    if (words_number(feed, "erased_unconfirmed") > 0)
        printf(_("Erased, and not confirmed by everyone yet: %lld.\n"),
               words_number(feed, "erased_unconfirmed"));
    if (words_number(s, "inbox") > 0)
        printf(_("Messages received: %lld; see: seinpost inbox\n"), words_number(s, "inbox"));
    show_ceremonies(s);
    show_carry(s);
    show_signing(s);
    show_past(s);
    scrub_show(s);
    show_coverage(s);
    show_budgets(s);
    show_peers(s);
}

static int run_status(const struct cli_args *a)
{
    bool is_json = cli_has(a, "json");
    json_t *end;
    int status = cli_ask(a, json_pack("{s:s}", "do", "status"), on_line, &is_json, &end);
    if (status == CLI_DONE && !json_is_true(json_object_get(end, "ok"))) {
        words_refusal(end);
        status = CLI_FAILED;
    }
    json_decref(end);
    return status;
}

/* clang-format off */
static const struct cli_option status_options[] = {
    {"json", NULL, N_("output for programs: one object"), false, false},
    {0},
};
/* clang-format on */

const struct cli_command cli_status = {
    .name = "status",
    .help = N_("show this node, the other organisations and what is left of today's allowance"),
    .options = status_options,
    .run = run_status,
};
