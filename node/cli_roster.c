/*
 * cli_roster.c - commands of those who keep the member list: steward, create, add, sign, show.
 */
#include "node/cli_commands.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "node/card.h"
#include "node/passphrase.h"
#include "node/plain_file.h"
#include "node/roster_file.h"
#include "node/text.h"
#include "proto/utf8.h"
#include "protocol/calendar.h"

/* ---- steward ---- */

static int run_steward(const struct cli_args *a)
{
    struct problem problem = {""};
    struct passphrase *pass = NULL;
    uint8_t public_key[KEY_BYTES], secret[64];
    enum err e = passphrase_get(cli_value(a, "passphrase-file"), PASSPHRASE_CREATE,
                                _("this steward's key"), &pass, &problem);
    if (e == OK) {
        crypto_sign_keypair(public_key, secret);
        e = keyfile_write(cli_value(a, "key"), "steward", bytes_of(public_key, KEY_BYTES),
                          bytes_of(secret, sizeof secret), passphrase_bytes(pass), COST_NORMAL,
                          &problem);
    }
    sodium_memzero(secret, sizeof secret);
    passphrase_free(&pass);
    if (e != OK)
        return cli_failed(&problem, e);
    char hex[65];
    sodium_bin2hex(hex, sizeof hex, public_key, sizeof public_key);
    printf(_("Steward's public key, for the member list:\n%s\n"), hex);
    return CLI_DONE;
}

static const struct cli_option steward_options[] = {
    {"key",                                                       "FILE", N_("new file for the key; keep it off the node's machine"), true, false},
    {"passphrase-file", "FILE", N_("file with the passphrase on its first line"), false, false},
    {0                                                     },
};

const struct cli_command cli_roster_steward = {
    .group = "roster",
    .name = "steward",
    .help = N_("make a steward's key, with which member lists are signed"),
    .options = steward_options,
    .run = run_steward,
};

/* ---- create ---- */

static int read_stewards(const struct cli_args *a, struct roster *r)
{
    const char *keys[STEWARDS_MAX];
    r->stewards.count = cli_values(a, "steward", keys, STEWARDS_MAX);
    for (size_t i = 0; i < r->stewards.count; i++) {
        size_t len;
        if (sodium_hex2bin(r->stewards.key[i], KEY_BYTES, keys[i], strlen(keys[i]), NULL, &len,
                           NULL) != 0 ||
            len != KEY_BYTES)
            return cli_misuse(a, _("--steward is not a public key of 64 hexadecimal digits, as "
                                   "\"seinpost roster steward\" prints it."));
    }
    int quorum, majority = (int)(r->stewards.count / 2 + 1);
    int status = cli_number(a, "quorum", 1, (int)r->stewards.count, majority, &quorum);
    r->stewards.quorum = (uint32_t)quorum;
    return status;
}

static int read_policy(const struct cli_args *a, struct roster *r, int *fresh_days)
{
    int term, budget, hours;
    int status = cli_number(a, "term-days", 1, 36500, POLICY_TERM_DAYS_MAX, &term);
    if (status == CLI_DONE)
        status = cli_number(a, "budget", 1, 100000000, POLICY_BUDGET_A_DAY, &budget);
    if (status == CLI_DONE)
        status =
            cli_number(a, "coverage-hours", 1, 24 * 30, POLICY_COVERAGE_SECONDS / 3600, &hours);
    if (status == CLI_DONE)
        status = cli_number(a, "fresh-days", 1, 3650, 365, fresh_days);
    if (status != CLI_DONE)
        return status;
    r->policy.term_days_max = (uint32_t)term;
    r->policy.budget_a_day = (uint32_t)budget;
    r->policy.coverage_seconds = (uint32_t)hours * 3600;
    return CLI_DONE;
}

static int run_create(const struct cli_args *a)
{
    struct roster_file *f = roster_file_new();
    struct roster *r = roster_file_last(f);
    const char *name = cli_value(a, "federation");
    int fresh_days = 0;
    int status = CLI_DONE;
    if (!utf8_is_line(bytes_of(name, strlen(name))) || name[0] == '\0' ||
        strlen(name) > NAME_BYTES_MAX)
        status =
            cli_misuse(a, _("--federation is empty, too long or holds signs that are no text."));
    if (status == CLI_DONE)
        status = read_stewards(a, r);
    if (status == CLI_DONE)
        status = read_policy(a, r, &fresh_days);
    if (status == CLI_DONE) {
        snprintf(r->federation, sizeof r->federation, "%s", name);
        r->issued_utc = (int64_t)time(NULL);
        r->fresh_until_utc = r->issued_utc + (int64_t)fresh_days * 86400;
        struct problem problem = {""};
        enum err e = roster_file_save(f, cli_value(a, "out"), true, &problem);
        status = e == OK ? CLI_DONE : cli_failed(&problem, e);
    }
    roster_file_free(&f);
    if (status == CLI_DONE)
        printf(_("Draft of a member list written to %s.\n"), cli_value(a, "out"));
    return status;
}

static const struct cli_option create_options[] = {
    {"out",                                                                "FILE", N_("new file for the member list"), true, false},
    {"federation",                                  "NAME", N_("name of the federation"), true, false},
    {"steward",                                                               "KEY", N_("public key of a steward, 64 hexadecimal digits; once for each"), true,
     true},
    {"quorum",                                                         "N", N_("how many stewards must sign; more than half if not given"), false, false},
    {"term-days",                                        "N", N_("longest time a registration may last; 1826 if not given"), false, false},
    {"budget",                                                               "N", N_("questions a member may put to one key holder in a day; 4096 if not given"),
     false, false},
    {"coverage-hours",                                                            "N", N_("how fresh every member must be for \"no match\"; 24 if not given"),
     false, false},
    {"fresh-days", "N", N_("after how many days the list must be renewed; 365 if not given"), false,
     false},
    {0                                                                },
};

const struct cli_command cli_roster_create = {
    .group = "roster",
    .name = "create",
    .help = N_("begin a new member list"),
    .more = N_("Add the cards of the organisations to it, deal or make the keys, then have the "
               "stewards sign "
               "it."),
    .options = create_options,
    .run = run_create,
};

/* ---- add ---- */

static int read_roles(const struct cli_args *a, uint32_t *roles)
{
    const char *text = cli_value(a, "roles");
    *roles = 0;
    while (*text != '\0') {
        size_t len = strcspn(text, ",");
        uint32_t role = role_of_name(bytes_of(text, len));
        if (role == 0)
            return cli_misuse(
                a, _("--roles: write one or more of member, keyholder, relay, observer, "
                     "auditor, ombudsperson, authority, steward, with commas between them."));
        *roles |= role;
        text += len + (text[len] == ',');
    }
    return *roles != 0 ? CLI_DONE : cli_misuse(a, _("--roles is empty; write for example member."));
}

static int read_basis(const struct cli_args *a, struct organisation *o)
{
    const char *licence = cli_value(a, "licence"), *dpia = cli_value(a, "dpia");
    const char *expires = cli_value(a, "basis-expires");
    if ((licence != NULL && strlen(licence) > REFERENCE_BYTES_MAX) ||
        (dpia != NULL && strlen(dpia) > REFERENCE_BYTES_MAX))
        return cli_misuse(a, _("a reference is too long; %d letters are allowed."),
                          REFERENCE_BYTES_MAX);
    if (licence != NULL)
        snprintf(o->licence, sizeof o->licence, "%s", licence);
    if (dpia != NULL)
        snprintf(o->dpia, sizeof o->dpia, "%s", dpia);
    int32_t day = 0;
    if (expires != NULL && (!day_parse(bytes_of(expires, strlen(expires)), &day) || day <= 0))
        return cli_misuse(a, _("--basis-expires is not a date; write it as YYYY-MM-DD."));
    if (expires != NULL)
        o->basis_expires_utc = (int64_t)day * 86400;
    return CLI_DONE;
}

/* Puts a card's organisation into the draft: a new one, or new keys, name and roles of one that is
 * there. */
static enum err put_card(struct roster *r, const struct card *card,
                         const struct organisation *given, struct problem *problem)
{
    struct organisation *o = NULL;
    for (size_t i = 0; i < r->organisation_count; i++)
        if (strcmp(r->organisations[i].org_id, card->org_id) == 0)
            o = &r->organisations[i];
    if (o == NULL && r->organisation_count == ORGANISATIONS_MAX) {
        problem_set(problem, _("The member list is full: %d organisations."), ORGANISATIONS_MAX);
        return ERR_FULL;
    }
    uint32_t epoch = 1;
    if (o == NULL)
        o = &r->organisations[r->organisation_count++];
    else /* a new feed key begins a new chapter of the feed */
        epoch = o->feed_epoch + (memcmp(o->feed_key, card->feed_key, KEY_BYTES) != 0);
    *o = *given;
    memcpy(o->org_id, card->org_id, sizeof o->org_id);
    memcpy(o->name, card->name, sizeof o->name);
    memcpy(o->country, card->country, sizeof o->country);
    memcpy(o->feed_key, card->feed_key, KEY_BYTES);
    memcpy(o->transport_key, card->transport_key, KEY_BYTES);
    author_of(bytes_of(o->org_id, strlen(o->org_id)), o->author);
    o->status = ORG_ACTIVE;
    o->feed_epoch = epoch;
    return OK;
}

static int run_add(const struct cli_args *a)
{
    struct problem problem = {""};
    struct organisation given = {0};
    struct card card;
    int status = read_roles(a, &given.roles);
    if (status == CLI_DONE)
        status = read_basis(a, &given);
    if (status != CLI_DONE)
        return status;
    const char *path = cli_value(a, "roster"), *card_path = cli_value(a, "card");
    uint8_t *text = NULL;
    size_t len = 0;
    struct roster_file *f = NULL;
    enum err e = plain_file_read(card_path, CARD_FILE_BYTES_MAX, &text, &len, &problem);
    if (e == OK)
        e = card_parse(bytes_of(text, len), card_path, &card, &problem);
    free(text);
    if (e == OK)
        e = roster_file_open(path, &f, &problem);
    if (e == OK) {
        roster_file_edit(f);
        e = put_card(roster_file_last(f), &card, &given, &problem);
    }
    if (e == OK)
        e = roster_file_save(f, path, false, &problem);
    if (e == OK) {
        char fingerprint[FINGERPRINT_CHARS];
        card_fingerprint(&card, fingerprint);
        printf(_("%s (%s) is in the draft of version %llu.\n"
                 "Compare the fingerprint of its card by telephone before anyone signs:\n%s\n"),
               card.name, card.org_id, (unsigned long long)roster_file_last(f)->version,
               fingerprint);
    }
    roster_file_free(&f);
    return e == OK ? CLI_DONE : cli_failed(&problem, e);
}

static const struct cli_option add_options[] = {
    {"roster",                        "FILE", N_("file of the member list"), true, false},
    {"card",  "FILE", N_("card of the organisation"), true, false},
    {"roles",                          "ROLES", N_("what it may do, for example member,keyholder"), true, false},
    {"licence",                          "REF", N_("reference of its licence"), false, false},
    {"dpia", "REF", N_("reference of its data protection impact assessment"), false, false},
    {"basis-expires",                          "DATE", N_("when its legal basis ends"), false, false},
    {0                        },
};

const struct cli_command cli_roster_add = {
    .group = "roster",
    .name = "add",
    .help = N_("put an organisation into the member list, from its card"),
    .more = N_("A list that is signed already stays as it is; the change begins its next version."),
    .options = add_options,
    .run = run_add,
};

/* ---- sign ---- */

static int run_sign(const struct cli_args *a)
{
    struct problem problem = {""};
    struct passphrase *pass = NULL;
    struct roster_file *f = NULL;
    uint8_t public_key[KEY_BYTES], secret[64];
    struct keyfile_halves halves = {public_key, sizeof public_key, secret, sizeof secret};
    const char *path = cli_value(a, "roster"), *key = cli_value(a, "key");
    enum err e = roster_file_open(path, &f, &problem);
    if (e == OK)
        e = passphrase_get(cli_value(a, "passphrase-file"), PASSPHRASE_OPEN,
                           _("this steward's key"), &pass, &problem);
    if (e == OK)
        e = keyfile_read(key, "steward", passphrase_bytes(pass), &halves, &problem);
    passphrase_free(&pass);
    if (e == OK && roster_file_last(f)->organisation_count == 0) {
        problem_set(&problem,
                    _("There is no organisation in this member list yet. Add the cards first: "
                      "seinpost roster add"));
        e = ERR_RANGE;
    }
    if (e == OK) {
        e = roster_file_sign(f, public_key, secret);
        if (e == ERR_UNAUTHORISED)
            problem_set(&problem, _("%s is not the key of a steward of this member list."), key);
        else if (e == ERR_DUPLICATE)
            problem_set(&problem, _("This steward has signed already."));
    }
    sodium_memzero(secret, sizeof secret);
    if (e == OK)
        e = roster_file_save(f, path, false, &problem);
    if (e == OK) {
        size_t valid = 0, needed = 0;
        bool is_signed = roster_file_is_signed(f, &valid, &needed);
        printf(_n("Version %llu has %zu signature; it needs %zu.\n",
                  "Version %llu has %zu signatures; it needs %zu.\n", (unsigned long)valid),
               (unsigned long long)roster_file_last(f)->version, valid, needed);
        if (is_signed)
            fputs(_("It can be imported everywhere: seinpost roster import\n"), stdout);
    }
    roster_file_free(&f);
    return e == OK ? CLI_DONE : cli_failed(&problem, e);
}

static const struct cli_option sign_options[] = {
    {"roster",                       "FILE", N_("file of the member list"), true, false},
    {"key", "FILE", N_("file of the steward's key"), true, false},
    {"passphrase-file",                         "FILE", N_("file with the passphrase on its first line"), false, false},
    {0                         },
};

const struct cli_command cli_roster_sign = {
    .group = "roster",
    .name = "sign",
    .help = N_("sign the newest version of the member list, as a steward"),
    .more = N_("Look at it first: seinpost roster show FILE"),
    .options = sign_options,
    .run = run_sign,
};
