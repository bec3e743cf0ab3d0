/*
 * cli_roster_edit.c - commands that change the draft of a member list: add, change.
 */
#include "node/cli_commands.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "node/roster_draft.h"
#include "node/text.h"
#include "proto/utf8.h"
#include "protocol/calendar.h"

static int read_roles(const struct cli_args *a, uint32_t *roles)
{
    const char *text = cli_value(a, "roles");
    *roles = 0;
    while (*text != '\0') {
        size_t len = strcspn(text, ",");
        uint32_t role = role_of_name(bytes_of(text, len));
        if (role == 0)
            return cli_misuse(a, _("--roles: write one or more of member, keyholder, relay, "
                                   "observer, auditor, ombudsperson, authority, steward, with "
                                   "commas between them and no blanks."));
        *roles |= role;
        text += len + (text[len] == ',');
    }
    return *roles != 0 ? CLI_DONE : cli_misuse(a, _("--roles is empty; write for example member."));
}

/* A reference of the line into its place; where the line has none it stays as it is. */
static int read_reference(const struct cli_args *a, const char *name,
                          char out[REFERENCE_BYTES_MAX + 1])
{
    const char *text = cli_value(a, name);
    if (text == NULL)
        return CLI_DONE;
    size_t len = strlen(text);
    if (len > REFERENCE_BYTES_MAX || !utf8_is_line(bytes_of(text, len)))
        return cli_misuse(a, _("--%s is longer than %d bytes, or holds signs that are no text."),
                          name, REFERENCE_BYTES_MAX);
    memset(out, 0, REFERENCE_BYTES_MAX + 1);
    memcpy(out, text, len);
    return CLI_DONE;
}

/* What the line says of an organisation, over what o says of it. */
static int read_basis(const struct cli_args *a, struct organisation *o)
{
    const char *expires = cli_value(a, "basis-expires");
    int32_t day = 0;
    int status = read_reference(a, "licence", o->licence);
    if (status == CLI_DONE)
        status = read_reference(a, "dpia", o->dpia);
    if (status != CLI_DONE || expires == NULL)
        return status;
    if (!day_parse(bytes_of(expires, strlen(expires)), &day) || day <= 0)
        return cli_misuse(a, _("--basis-expires is not a date; write it as YYYY-MM-DD."));
    o->basis_expires_utc = (int64_t)day * DAY_SECONDS;
    return CLI_DONE;
}

/* Whether a card brings other keys for an organisation that is in force already: what becomes of
 * its feed and of its connections has to be said then. */
static bool has_other_keys(const struct roster_file *f, const struct card *card)
{
    const struct roster *r = roster_file_in_force(f);
    const struct organisation *o =
        r != NULL ? roster_find_org_id(r, bytes_of(card->org_id, strlen(card->org_id))) : NULL;
    return o != NULL && (memcmp(o->feed_key, card->feed_key, KEY_BYTES) != 0 ||
                         memcmp(o->transport_key, card->transport_key, KEY_BYTES) != 0);
}

/* Puts a card's organisation into the draft: a new one, or a new name, and in a draft new keys, of
 * one that is there. Returns its place, NULL when the list is full; *is_new says which of the two
 * it was. */
static struct organisation *put_card(struct roster *r, const struct card *card, bool *is_new)
{
    struct problem ignored;
    struct organisation *o = roster_draft_find(r, card->org_id, &ignored);
    *is_new = o == NULL;
    if (*is_new && r->organisation_count == ORGANISATIONS_MAX)
        return NULL;
    if (*is_new) {
        o = &r->organisations[r->organisation_count++];
        memset(o, 0, sizeof *o);
        memcpy(o->org_id, card->org_id, sizeof o->org_id);
        author_of(bytes_of(o->org_id, strlen(o->org_id)), o->author);
        o->status = ORG_ACTIVE;
        o->feed_epoch = 1;
    }
    memcpy(o->name, card->name, sizeof o->name);
    memcpy(o->country, card->country, sizeof o->country);
    memcpy(o->feed_key, card->feed_key, KEY_BYTES);
    memcpy(o->transport_key, card->transport_key, KEY_BYTES);
    return o;
}

static void say_added(const struct card *card, uint64_t version, bool is_new)
{
    char fingerprint[FINGERPRINT_CHARS];
    card_fingerprint(card, fingerprint);
    printf(is_new ? _("%s (%s) is in the draft of version %llu.\n")
                  : _("%s (%s) was in the list already. The draft of version %llu now has the "
                      "name and the keys of this card.\n"),
           card->name, card->org_id, (unsigned long long)version);
    printf(_("Compare the fingerprint of the card by telephone before anyone signs:\n%s\n"),
           fingerprint);
}

static int run_add(const struct cli_args *a)
{
    struct problem problem = {""};
    struct roster_file *f = NULL;
    struct card card;
    struct organisation checked = {0}, *o = NULL;
    uint32_t roles;
    bool is_new = false;
    int status = read_roles(a, &roles);
    if (status == CLI_DONE)
        status = read_basis(a, &checked);
    if (status != CLI_DONE)
        return status;
    enum err e = roster_draft_card(cli_value(a, "card"), &card, &problem);
    if (e == OK)
        e = roster_draft_open(a, &f, &problem);
    if (e == OK && has_other_keys(f, &card)) {
        problem_set(&problem,
                    _("%s is in force with other keys. To give it new ones, see: "
                      "seinpost roster rekey --help"),
                    card.org_id);
        e = ERR_DUPLICATE;
    }
    if (e == OK)
        o = put_card(roster_file_last(f), &card, &is_new);
    if (e == OK && o == NULL) {
        problem_set(&problem, _("The member list is full: it has %d organisations."),
                    ORGANISATIONS_MAX);
        e = ERR_FULL;
    }
    if (e == OK) {
        o->roles = roles;
        (void)read_basis(a, o); /* it was right above */
        e = roster_draft_save(a, f, &problem);
    }
    if (e == OK)
        say_added(&card, roster_file_last(f)->version, is_new);
    roster_file_free(&f);
    return e == OK ? CLI_DONE : cli_failed(&problem, e);
}

/* clang-format off */
static const struct cli_option add_options[] = {
    {"roster", "FILE", N_("file of the member list"), true, false},
    {"card", "FILE", N_("card of the organisation; - is standard input"), true, false},
    {"roles", "ROLES", N_("what it may do, for example member,keyholder"), true, false},
    {"licence", "REF", N_("reference of its licence"), false, false},
    {"dpia", "REF", N_("reference of its data protection impact assessment"), false, false},
    {"basis-expires", "DATE", N_("when its legal basis ends, YYYY-MM-DD"), false, false},
    {0},
};
/* clang-format on */

const struct cli_command cli_roster_add = {
    .group = "roster",
    .name = "add",
    .help = N_("put an organisation into the member list, from its card"),
    .more = N_("A list that is in force stays as it is; the change begins its next version. An "
               "organisation that is there already gets the name, the keys and the roles that are "
               "given now."),
    .options = add_options,
    .run = run_add,
};

/* The chapter that had ended goes on. In a later one than the first, up to there counts what was
 * signed before it: a node that knows of nothing signed in it needs that to tell how far it is. */
static void reopen(struct accepted *a, uint32_t feed_epoch)
{
    if (feed_epoch > 1)
        a->feed_epoch = feed_epoch - 1;
    else
        memset(a, 0, sizeof *a);
}

/* Who takes part again goes on where it had been; who is to take no part any more needs more than
 * this: where its feed ends. */
static int read_status(const struct cli_args *a, struct organisation *o)
{
    const char *text = cli_value(a, "status");
    if (text == NULL)
        return CLI_DONE;
    if (strcmp(text, org_status_name(ORG_ACTIVE)) != 0)
        return cli_misuse(
            a,
            _("--status can only be active, for one that takes part again. To "
              "end that, see: seinpost roster suspend --help, and seinpost roster remove --help."));
    if (o->status != ORG_ACTIVE)
        reopen(&o->accepted, o->feed_epoch);
    o->status = ORG_ACTIVE;
    return CLI_DONE;
}

/* Applies what the line says of one organisation. */
static int change_organisation(const struct cli_args *a, struct organisation *o)
{
    int status = read_status(a, o);
    if (status == CLI_DONE && cli_has(a, "roles"))
        status = read_roles(a, &o->roles);
    return status == CLI_DONE ? read_basis(a, o) : status;
}

/* Options that say something of one organisation. */
static bool has_change(const struct cli_args *a)
{
    return cli_has(a, "status") || cli_has(a, "roles") || cli_has(a, "licence") ||
           cli_has(a, "dpia") || cli_has(a, "basis-expires");
}

static int run_change(const struct cli_args *a)
{
    struct problem problem = {""};
    struct roster_file *f = NULL;
    const char *org_id = cli_value(a, "org-id");
    struct organisation scratch = {0}, *o = NULL;
    int fresh_days = 0;
    int status = cli_number(a, "fresh-days", 1, ROSTER_FRESH_DAYS_MAX, 0, &fresh_days);
    if (status == CLI_DONE && (org_id != NULL) != has_change(a))
        status = cli_misuse(a, _("--org-id names an organisation, and --status, --roles, "
                                 "--licence, --dpia or --basis-expires says what changes."));
    if (status == CLI_DONE && org_id == NULL && fresh_days == 0)
        status = cli_misuse(a, _("there is nothing to change: give --org-id or --fresh-days."));
    if (status == CLI_DONE)
        status = change_organisation(a, &scratch);
    if (status != CLI_DONE)
        return status;
    enum err e = roster_draft_open(a, &f, &problem);
    if (e == OK && org_id != NULL) {
        o = roster_draft_find(roster_file_last(f), org_id, &problem);
        e = o != NULL ? OK : ERR_NOT_FOUND;
    }
    if (e == OK && o != NULL)
        (void)change_organisation(a, o); /* it was right above */
    if (e == OK && fresh_days > 0) {
        struct roster *r = roster_file_last(f);
        r->issued_utc = (int64_t)time(NULL);
        r->fresh_until_utc = r->issued_utc + (int64_t)fresh_days * DAY_SECONDS;
    }
    if (e == OK)
        e = roster_draft_save(a, f, &problem);
    if (e == OK)
        roster_draft_say_done(f);
    roster_file_free(&f);
    return e == OK ? CLI_DONE : cli_failed(&problem, e);
}

/* clang-format off */
static const struct cli_option change_options[] = {
    {"roster", "FILE", N_("file of the member list"), true, false},
    {"org-id", "ID", N_("organisation that the change is about"), false, false},
    {"status", "STATUS", N_("active: it takes part again"), false, false},
    {"roles", "ROLES", N_("what it may do, for example member,keyholder"), false, false},
    {"licence", "REF", N_("reference of its licence"), false, false},
    {"dpia", "REF", N_("reference of its data protection impact assessment"), false, false},
    {"basis-expires", "DATE", N_("when its legal basis ends, YYYY-MM-DD"), false, false},
    {"fresh-days", "N", N_("renew the list: it must be renewed again after so many days"), false,
     false},
    {0},
};
/* clang-format on */

const struct cli_command cli_roster_change = {
    .group = "roster",
    .name = "change",
    .help = N_("change what the member list says of an organisation, or renew the list"),
    .more = N_("A list that is in force stays as it is; the change begins its next version. An "
               "organisation never vanishes from the list: see seinpost roster suspend and "
               "seinpost roster remove."),
    .options = change_options,
    .run = run_change,
};
