/*
 * cli_roster_show.c - roster show: a member list for people and for programs.
 */
#include "node/cli_commands.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "node/client.h"
#include "node/list_json.h"
#include "node/roster_file.h"
#include "node/roster_store.h"
#include "node/table.h"
#include "node/text.h"
#include "node/words.h"
#include "protocol/calendar.h"
#include "protocol/roster_fingerprint.h"

/* A list and what is known of its signatures. */
struct shown {
    const struct roster *roster;
    bool is_signed;
    size_t valid, needed; /* needed 0: not known, the list is in force */
};

static json_t *hex_json(const uint8_t key[KEY_BYTES])
{
    char hex[2 * KEY_BYTES + 1];
    sodium_bin2hex(hex, sizeof hex, key, KEY_BYTES);
    return json_string(hex);
}

/* ---- For people ---- */

static void show_state(const struct shown *s)
{
    const struct roster *r = s->roster;
    printf(_("Stewards: %zu, of whom %u must sign.\n"), r->stewards.count, r->stewards.quorum);
    if (s->needed == 0)
        puts(_("It is in force at this node."));
    else if (s->is_signed)
        printf(_n("It has %zu signature and needs %zu: it can be imported.\n",
                  "It has %zu signatures and needs %zu: it can be imported.\n",
                  (unsigned long)s->valid),
               s->valid, s->needed);
    else
        printf(_n("It has %zu signature and needs %zu: it is a draft.\n",
                  "It has %zu signatures and needs %zu: it is a draft.\n", (unsigned long)s->valid),
               s->valid, s->needed);
}

static void show_key(const struct roster_key *k)
{
    if (k->key == KEY_FACTOR)
        printf(_("Carrying registrations over to key period %u: "), k->epoch);
    else if (k->key == KEY_STATISTICS)
        printf(_("Key for statistics, period %u: "), k->epoch);
    else
        printf(_("Key period %u: "), k->epoch);
    printf(_("%u of %zu key holders are needed.\n"), k->threshold, k->share_count);
    if (k->refresh > 0)
        printf(_("  Its shares were renewed; this is renewal %u.\n"), k->refresh);
    if (k->until_utc != 0) {
        char until[UTC_TEXT_BYTES];
        utc_format(k->until_utc, until);
        printf(_("  The key holders answer with these shares until %s.\n"), until);
    }
}

static void show_keys(const struct roster *r)
{
    for (size_t i = 0; i < r->key_count; i++)
        show_key(&r->keys[i]);
    if (roster_threshold_key(r, KEY_PSEUDONYMS) == NULL)
        puts(_("There is no key for matching yet; see: seinpost keys ceremony --help"));
}

static void show_organisations(const struct roster *r)
{
    const char *const heads[] = {_("Organisation"), _("Identifier"), _("Country"),
                                 _("Status"),       _("Roles"),      NULL};
    struct table *t = table_new(heads);
    for (size_t i = 0; i < r->organisation_count; i++) {
        const struct organisation *o = &r->organisations[i];
        json_t *names = list_roles_json(o->roles);
        char roles[256];
        words_list(names, words_role, roles, sizeof roles);
        json_decref(names);
        table_add(t, (const char *const[]){o->name, o->org_id, o->country,
                                           words_status(org_status_name(o->status)), roles});
    }
    if (table_rows(t) == 0)
        puts(_("There is no organisation in it yet; see: seinpost roster add"));
    else
        putchar('\n');
    table_print(t, stdout);
    table_free(&t);
}

/* What the list says of feeds and keys that end: stewards look at that before they sign. */
static void show_ends(const struct roster *r)
{
    if (!sodium_is_zero(r->also, HASH_BYTES))
        printf(_("It follows two lists of version %llu.\n"), (unsigned long long)r->version - 1);
    for (size_t i = 0; i < r->organisation_count; i++) {
        const struct organisation *o = &r->organisations[i];
        char until[DAY_TEXT_BYTES];
        if (o->accepted.feed_epoch != 0)
            printf(_("Of the feed of %s its first %llu entries count.\n"), o->org_id,
                   (unsigned long long)o->accepted.size);
        day_format((int32_t)day_of_utc(o->old_transport_until_utc), until);
        if (o->old_transport_until_utc != 0)
            printf(_("%s is let in with its old connection key too, until %s.\n"), o->org_id,
                   until);
    }
}

static void show_people(const struct shown *s)
{
    const struct roster *r = s->roster;
    char issued[DAY_TEXT_BYTES], fresh[DAY_TEXT_BYTES], fingerprint[FINGERPRINT_CHARS];
    day_format((int32_t)day_of_utc(r->issued_utc), issued);
    day_format((int32_t)day_of_utc(r->fresh_until_utc), fresh);
    roster_fingerprint(r->hash, fingerprint);
    printf(_("Member list of \"%s\", version %llu, of %s, to be renewed by %s.\n"), r->federation,
           (unsigned long long)r->version, issued, fresh);
    printf(_("Fingerprint, to be read out by telephone:\n  %s\n"), fingerprint);
    show_state(s);
    show_keys(r);
    printf(_("A registration lasts %u days at most; a member may ask one key holder %u questions "
             "a day; \"no match\" needs everyone heard within %u hours.\n"),
           r->policy.term_days_max, r->policy.budget_a_day, r->policy.coverage_seconds / 3600);
    show_ends(r);
    show_organisations(r);
}

/* ---- For programs ---- */

static json_t *stewards_json(const struct roster_stewards *s)
{
    json_t *list = json_array();
    for (size_t i = 0; i < s->count; i++)
        json_array_append_new(list, hex_json(s->key[i]));
    return list;
}

static json_t *keys_json(const struct roster *r)
{
    json_t *list = json_array();
    for (size_t i = 0; i < r->key_count; i++) {
        const struct roster_key *k = &r->keys[i];
        json_t *row =
            json_pack("{s:I,s:I,s:I,s:I,s:I}", "key", (json_int_t)k->key, "period",
                      (json_int_t)k->epoch, "refresh", (json_int_t)k->refresh, "threshold",
                      (json_int_t)k->threshold, "shares", (json_int_t)k->share_count);
        if (k->until_utc != 0)
            json_object_set_new(row, "until", list_time_json(k->until_utc));
        json_array_append_new(list, row);
    }
    return list;
}

/* Where its feed ends, and how long its old connection key lasts. */
static void add_ends(const struct organisation *o, json_t *line)
{
    if (o->accepted.feed_epoch != 0)
        json_object_set_new(
            line, "accepted",
            json_pack("{s:I,s:I,s:o}", "feed_epoch", (json_int_t)o->accepted.feed_epoch, "size",
                      (json_int_t)o->accepted.size, "root", hex_json(o->accepted.root)));
    if (o->old_transport_until_utc != 0) {
        char until[UTC_TEXT_BYTES];
        utc_format(o->old_transport_until_utc, until);
        json_object_set_new(line, "old_transport_key", hex_json(o->old_transport_key));
        json_object_set_new(line, "old_transport_until", json_string(until));
    }
}

static json_t *organisation_json(const struct organisation *o)
{
    json_t *line =
        json_pack("{s:s,s:s,s:s,s:o,s:s,s:I,s:o,s:o,s:s,s:s}", "org_id", o->org_id, "name", o->name,
                  "country", o->country, "roles", list_roles_json(o->roles), "status",
                  org_status_name(o->status), "feed_epoch", (json_int_t)o->feed_epoch, "feed_key",
                  hex_json(o->feed_key), "transport_key", hex_json(o->transport_key), "licence",
                  o->licence, "dpia", o->dpia);
    if (o->basis_expires_utc > 0) {
        char day[DAY_TEXT_BYTES];
        day_format((int32_t)day_of_utc(o->basis_expires_utc), day);
        json_object_set_new(line, "basis_expires", json_string(day));
    }
    add_ends(o, line);
    return line;
}

/* First the list, then each organisation, an object a line. */
static void show_json(const struct shown *s)
{
    const struct roster *r = s->roster;
    char issued[UTC_TEXT_BYTES], fresh[UTC_TEXT_BYTES], fingerprint[FINGERPRINT_CHARS];
    utc_format(r->issued_utc, issued);
    utc_format(r->fresh_until_utc, fresh);
    roster_fingerprint(r->hash, fingerprint);
    json_t *line = json_pack("{s:s,s:I,s:s,s:b,s:s,s:s}", "federation", r->federation, "version",
                             (json_int_t)r->version, "fingerprint", fingerprint, "signed",
                             s->is_signed, "issued", issued, "fresh_until", fresh);
    if (s->needed > 0) {
        json_object_set_new(line, "signatures", json_integer((json_int_t)s->valid));
        json_object_set_new(line, "needed", json_integer((json_int_t)s->needed));
    }
    if (!sodium_is_zero(r->also, HASH_BYTES))
        json_object_set_new(line, "follows_two", json_true());
    json_object_set_new(line, "quorum", json_integer(r->stewards.quorum));
    json_object_set_new(line, "stewards", stewards_json(&r->stewards));
    json_object_set_new(line, "keys", keys_json(r));
    json_object_set_new(line, "policy",
                        json_pack("{s:I,s:I,s:I}", "term_days_max",
                                  (json_int_t)r->policy.term_days_max, "budget_a_day",
                                  (json_int_t)r->policy.budget_a_day, "coverage_seconds",
                                  (json_int_t)r->policy.coverage_seconds));
    cli_json(line);
    for (size_t i = 0; i < r->organisation_count; i++)
        cli_json(organisation_json(&r->organisations[i]));
}

static void show(const struct cli_args *a, const struct shown *s)
{
    if (cli_has(a, "json"))
        show_json(s);
    else
        show_people(s);
}

/* ---- Where it comes from ---- */

static int show_file(const struct cli_args *a, const char *path)
{
    struct problem problem = {""};
    struct roster_file *f;
    enum err e = roster_file_open(path, &f, &problem);
    if (e != OK)
        return cli_failed(&problem, e);
    struct shown s = {.roster = roster_file_last(f)};
    s.is_signed = roster_file_is_signed(f, &s.valid, &s.needed);
    show(a, &s);
    roster_file_free(&f);
    return CLI_DONE;
}

static void keep_status(void *ctx, const json_t *line)
{
    json_t **status = ctx;
    if (*status == NULL)
        *status = json_incref(json_object_get(line, "status"));
}

static void show_node_people(const json_t *status, const json_t *roster)
{
    const char *const heads[] = {_("Organisation"), _("Identifier"), _("Status"), _("Roles"), NULL};
    printf(_("Member list of \"%s\", version %lld, to be renewed by %.10s. It is in force at this "
             "node.\n"),
           words_text(status, "federation"), words_number(roster, "version"),
           words_text(roster, "fresh_until"));
    printf(_("Fingerprint, to be read out by telephone:\n  %s\n"),
           words_text(roster, "fingerprint"));
    printf(_("The organisations beside %s:\n\n"), words_text(status, "org_id"));
    struct table *t = table_new(heads);
    size_t i;
    const json_t *p;
    json_array_foreach(json_object_get(status, "peers"), i, p)
    {
        char roles[256];
        words_list(json_object_get(p, "roles"), words_role, roles, sizeof roles);
        table_add(t, (const char *const[]){words_text(p, "name"), words_text(p, "org_id"),
                                           words_status(words_text(p, "status")), roles});
    }
    table_print(t, stdout);
    table_free(&t);
}

static void show_node_json(const json_t *status, const json_t *roster)
{
    static const char *const names[] = {"org_id", "name", "roles", "status", "feed_key"};
    size_t i;
    json_t *p, *line = json_deep_copy(roster);
    json_object_set_new(line, "federation", json_string(words_text(status, "federation")));
    json_object_set_new(line, "signed", json_true());
    cli_json(line);
    json_array_foreach(json_object_get(status, "peers"), i, p)
    {
        line = json_object();
        for (size_t n = 0; n < sizeof names / sizeof names[0]; n++)
            json_object_set(line, names[n], json_object_get(p, names[n]));
        cli_json(line);
    }
}

/* What a running node says of the list: it holds the store for itself. */
static int show_node(const struct cli_args *a)
{
    json_t *status = NULL, *end;
    int result = cli_ask(a, json_pack("{s:s}", "do", "status"), keep_status, &status, &end);
    json_decref(end);
    if (result != CLI_DONE)
        return result;
    const json_t *roster = json_object_get(status, "roster");
    if (!json_is_object(roster)) {
        cli_complain(_("this node has no member list yet; stop it and import one: seinpost roster "
                       "import FILE"));
        result = CLI_FAILED;
    } else if (cli_has(a, "json")) {
        show_node_json(status, roster);
    } else {
        show_node_people(status, roster);
    }
    json_decref(status);
    return result;
}

static int run_show(const struct cli_args *a)
{
    static struct config config;
    struct problem problem = {""};
    struct roster *r;
    if (a->word_count == 1)
        return show_file(a, a->word[0]);
    if (cli_config(a, &config) != CLI_DONE)
        return CLI_FAILED;
    if (client_is_running(&config))
        return show_node(a);
    enum err e = roster_store_read(config.data_dir, &r, &problem);
    if (e != OK)
        return cli_failed(&problem, e);
    show(a, &(struct shown){.roster = r, .is_signed = true});
    free(r);
    return CLI_DONE;
}

/* clang-format off */
static const struct cli_option show_options[] = {
    {"json", NULL, N_("output for programs: the list, then each organisation, an object a line"),
     false, false},
    {0},
};
/* clang-format on */

const struct cli_command cli_roster_show = {
    .group = "roster",
    .name = "show",
    .words = "[FILE]",
    .words_max = 1,
    .help = N_("show a member list; without FILE, the one that this node uses"),
    .options = show_options,
    .run = run_show,
};
