/*
 * cli_roster.c - commands of stewards: make a key, begin a member list, sign it.
 */
#include "node/cli_commands.h"

#include <sodium.h>
#include <string.h>
#include <time.h>

#include "node/passphrase.h"
#include "node/roster_file.h"
#include "node/secret.h"
#include "node/text.h"
#include "proto/utf8.h"
#include "protocol/calendar.h"
#include "protocol/roster_fingerprint.h"

enum { STEWARD_SECRET_BYTES = 64 };

static const char steward_label[] = "steward";

/* ---- steward ---- */

static int run_steward(const struct cli_args *a)
{
    struct problem problem = {""};
    struct passphrase *pass = NULL;
    char hex[2 * KEY_BYTES + 1];
    uint8_t public_key[KEY_BYTES];
    uint8_t *secret = secret_new(STEWARD_SECRET_BYTES);
    enum err e = passphrase_get(cli_value(a, "passphrase-file"), PASSPHRASE_CREATE,
                                _("this steward's key"), &pass, &problem);
    if (e == OK) {
        crypto_sign_keypair(public_key, secret);
        e = keyfile_write(cli_value(a, "key"), steward_label, bytes_of(public_key, KEY_BYTES),
                          bytes_of(secret, STEWARD_SECRET_BYTES), passphrase_bytes(pass),
                          COST_NORMAL, &problem);
    }
    secret_free(secret);
    passphrase_free(&pass);
    if (e != OK)
        return cli_failed(&problem, e);
    sodium_bin2hex(hex, sizeof hex, public_key, sizeof public_key);
    fprintf(stderr, _("The steward's key is in %s. Its public half, for the member list:\n"),
            cli_value(a, "key"));
    puts(hex);
    return CLI_DONE;
}

/* clang-format off */
static const struct cli_option steward_options[] = {
    {"key", "FILE", N_("new file for the key; keep it off the node's machine"), true, false},
    {"passphrase-file", "FILE", N_("file with the passphrase on its first line"), false, false},
    {0},
};
/* clang-format on */

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
    const char *keys[STEWARDS_MAX + 1];
    size_t count = cli_values(a, "steward", keys, STEWARDS_MAX + 1);
    if (count > STEWARDS_MAX)
        return cli_misuse(a, _("--steward: there can be %d stewards at most."), STEWARDS_MAX);
    for (size_t i = 0; i < count; i++) {
        size_t len = 0;
        if (sodium_hex2bin(r->stewards.key[i], KEY_BYTES, keys[i], strlen(keys[i]), NULL, &len,
                           NULL) != 0 ||
            len != KEY_BYTES)
            return cli_misuse(a, _("--steward is not a public key of 64 hexadecimal digits, as "
                                   "\"seinpost roster steward\" prints it."));
        for (size_t j = 0; j < i; j++)
            if (memcmp(r->stewards.key[j], r->stewards.key[i], KEY_BYTES) == 0)
                return cli_misuse(a, _("--steward: the same key is there twice."));
    }
    int quorum, majority = (int)(count / 2 + 1);
    int status = cli_number(a, "quorum", 1, (int)count, majority, &quorum);
    if (status != CLI_DONE)
        return status;
    r->stewards.count = count;
    r->stewards.quorum = (uint32_t)quorum;
    return CLI_DONE;
}

static int read_policy(const struct cli_args *a, struct roster *r)
{
    int term, budget, hours, fresh;
    int status = cli_number(a, "term-days", 1, 36500, POLICY_TERM_DAYS_MAX, &term);
    if (status == CLI_DONE)
        status = cli_number(a, "budget", 1, 100000000, POLICY_BUDGET_A_DAY, &budget);
    if (status == CLI_DONE)
        status =
            cli_number(a, "coverage-hours", 1, 24 * 30, POLICY_COVERAGE_SECONDS / 3600, &hours);
    if (status == CLI_DONE)
        status = cli_number(a, "fresh-days", 1, ROSTER_FRESH_DAYS_MAX, ROSTER_FRESH_DAYS, &fresh);
    if (status != CLI_DONE)
        return status;
    r->policy.term_days_max = (uint32_t)term;
    r->policy.budget_a_day = (uint32_t)budget;
    r->policy.coverage_seconds = (uint32_t)hours * 3600;
    r->issued_utc = (int64_t)time(NULL);
    r->fresh_until_utc = r->issued_utc + (int64_t)fresh * DAY_SECONDS;
    return CLI_DONE;
}

static int read_federation(const struct cli_args *a, struct roster *r)
{
    const char *name = cli_value(a, "federation");
    size_t len = strlen(name);
    if (len == 0 || len > NAME_BYTES_MAX || !utf8_is_line(bytes_of(name, len)))
        return cli_misuse(a,
                          _("--federation is empty, is longer than %d bytes, or holds signs "
                            "that are no text."),
                          NAME_BYTES_MAX);
    memcpy(r->federation, name, len + 1);
    return CLI_DONE;
}

static int run_create(const struct cli_args *a)
{
    struct roster_file *f = roster_file_new();
    struct roster *r = roster_file_last(f);
    struct problem problem = {""};
    int status = read_federation(a, r);
    if (status == CLI_DONE)
        status = read_stewards(a, r);
    if (status == CLI_DONE)
        status = read_policy(a, r);
    if (status == CLI_DONE) {
        enum err e = roster_file_save(f, cli_value(a, "out"), true, &problem);
        status = e == OK ? CLI_DONE : cli_failed(&problem, e);
    }
    roster_file_free(&f);
    if (status == CLI_DONE)
        printf(_("A draft of the member list is in %s. Next: seinpost roster add\n"),
               cli_value(a, "out"));
    return status;
}

/* clang-format off */
static const struct cli_option create_options[] = {
    {"out", "FILE", N_("new file for the member list"), true, false},
    {"federation", "NAME", N_("name of the federation"), true, false},
    {"steward", "KEY", N_("public key of a steward, 64 hexadecimal digits; one for each"), true,
     true},
    {"quorum", "N", N_("how many stewards must sign; more than half if not given"), false, false},
    {"term-days", "N", N_("longest time a registration may last; 1826 if not given"), false,
     false},
    {"budget", "N", N_("questions a member may put to one key holder in a day; 4096 if not "
                       "given"), false, false},
    {"coverage-hours", "N", N_("how fresh every member must be for \"no match\"; 24 if not "
                               "given"), false, false},
    {"fresh-days", "N", N_("after how many days the list must be renewed; 365 if not given"),
     false, false},
    {0},
};
/* clang-format on */

const struct cli_command cli_roster_create = {
    .group = "roster",
    .name = "create",
    .help = N_("begin a new member list"),
    .more = N_("Then add the cards of the organisations to it, deal the keys, and have the "
               "stewards sign it."),
    .options = create_options,
    .run = run_create,
};

/* ---- sign ---- */

/* Adds the signature of the key that the line names. */
static enum err sign(const struct cli_args *a, struct roster_file *f, struct problem *problem)
{
    const char *key = cli_value(a, "key");
    struct passphrase *pass = NULL;
    uint8_t public_key[KEY_BYTES];
    if (roster_file_last(f)->organisation_count == 0) {
        problem_set(problem, _("There is no organisation in this member list yet. Add the cards "
                               "first: seinpost roster add"));
        return ERR_RANGE;
    }
    enum err e = passphrase_get(cli_value(a, "passphrase-file"), PASSPHRASE_OPEN,
                                _("this steward's key"), &pass, problem);
    if (e != OK)
        return e;
    uint8_t *secret = secret_new(STEWARD_SECRET_BYTES);
    struct keyfile_halves halves = {public_key, KEY_BYTES, secret, STEWARD_SECRET_BYTES};
    e = keyfile_read(key, steward_label, passphrase_bytes(pass), &halves, problem);
    passphrase_free(&pass);
    if (e == OK) {
        e = roster_file_sign(f, public_key, secret);
        if (e == ERR_UNAUTHORISED)
            problem_set(problem, _("%s is not the key of a steward who may sign this version."),
                        key);
        else if (e == ERR_DUPLICATE)
            problem_set(problem, _("This steward has signed this version already."));
        else if (e != OK)
            problem_set(problem,
                        _("Nobody would accept this version (%s). It has to be changed before it "
                          "is signed."),
                        _(err_text(e)));
    }
    secret_free(secret);
    return e;
}

static void say_signed(struct roster_file *f)
{
    char fingerprint[FINGERPRINT_CHARS];
    size_t valid, needed;
    bool is_signed = roster_file_is_signed(f, &valid, &needed);
    const struct roster *r = roster_file_last(f);
    printf(_n("Version %llu has %zu of the %zu signature that it needs.\n",
              "Version %llu has %zu of the %zu signatures that it needs.\n", (unsigned long)needed),
           (unsigned long long)r->version, valid, needed);
    if (!is_signed)
        return;
    roster_fingerprint(r->hash, fingerprint);
    printf(_("It can be imported everywhere: seinpost roster import\n"
             "Its fingerprint, to be read out by telephone:\n%s\n"),
           fingerprint);
    if (roster_threshold_key(r, KEY_PSEUDONYMS) == NULL)
        fputs(_("It holds no key for matching yet, so nobody can publish or consult with it; see: "
                "seinpost keys deal\n"),
              stderr);
}

static int run_sign(const struct cli_args *a)
{
    struct problem problem = {""};
    struct roster_file *f = NULL;
    const char *path = cli_value(a, "roster");
    enum err e = roster_file_open(path, &f, &problem);
    if (e == OK)
        e = sign(a, f, &problem);
    if (e == OK)
        e = roster_file_save(f, path, false, &problem);
    if (e == OK)
        say_signed(f);
    roster_file_free(&f);
    return e == OK ? CLI_DONE : cli_failed(&problem, e);
}

/* clang-format off */
static const struct cli_option sign_options[] = {
    {"roster", "FILE", N_("file of the member list"), true, false},
    {"key", "FILE", N_("file of the steward's key"), true, false},
    {"passphrase-file", "FILE", N_("file with the passphrase on its first line"), false, false},
    {0},
};
/* clang-format on */

const struct cli_command cli_roster_sign = {
    .group = "roster",
    .name = "sign",
    .help = N_("sign the newest version of the member list, as a steward"),
    .more = N_("Look at it first: seinpost roster show FILE"),
    .options = sign_options,
    .run = run_sign,
};
