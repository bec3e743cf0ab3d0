/*
 * cli_roster_stewards.c - roster stewards: who signs the member list from the next version on.
 */
#include "node/cli_commands.h"

#include <sodium.h>
#include <string.h>

#include "node/roster_draft.h"
#include "node/text.h"

static int read_key(const struct cli_args *a, const char *option, const char *hex,
                    uint8_t key[KEY_BYTES])
{
    size_t len = 0;
    if (sodium_hex2bin(key, KEY_BYTES, hex, strlen(hex), NULL, &len, NULL) == 0 &&
        len == KEY_BYTES && !sodium_is_zero(key, KEY_BYTES))
        return CLI_DONE;
    return cli_misuse(a,
                      _("--%s is not a public key of 64 hexadecimal digits, as \"seinpost roster "
                        "steward\" prints it."),
                      option);
}

static size_t place_of(const struct roster_stewards *s, const uint8_t key[KEY_BYTES])
{
    size_t at = 0;
    while (at < s->count && memcmp(s->key[at], key, KEY_BYTES) != 0)
        at++;
    return at;
}

/* Takes out those of --drop, then puts in those of --add. Returns an exit status. */
static int change(const struct cli_args *a, struct roster_stewards *s)
{
    const char *drop[STEWARDS_MAX], *add[STEWARDS_MAX];
    size_t dropped = cli_values(a, "drop", drop, STEWARDS_MAX);
    size_t added = cli_values(a, "add", add, STEWARDS_MAX);
    uint8_t key[KEY_BYTES];
    int status = CLI_DONE;
    for (size_t i = 0; i < dropped && status == CLI_DONE; i++) {
        status = read_key(a, "drop", drop[i], key);
        size_t at = place_of(s, key);
        if (status == CLI_DONE && at == s->count)
            status = cli_misuse(a, _("--drop: no steward of this list has that key; see: seinpost "
                                     "roster show FILE --json"));
        if (status == CLI_DONE)
            memmove(s->key[at], s->key[at + 1], (--s->count - at) * KEY_BYTES);
    }
    for (size_t i = 0; i < added && status == CLI_DONE; i++) {
        status = read_key(a, "add", add[i], key);
        if (status == CLI_DONE && s->count == STEWARDS_MAX)
            status = cli_misuse(a, _("--steward: there can be %d stewards at most."), STEWARDS_MAX);
        if (status == CLI_DONE && place_of(s, key) < s->count)
            status = cli_misuse(a, _("--steward: the same key is there twice."));
        if (status == CLI_DONE)
            memcpy(s->key[s->count++], key, KEY_BYTES);
    }
    if (status == CLI_DONE && s->count < s->quorum)
        status = cli_misuse(a,
                            _("%u stewards must sign, and only %zu would be left. Add one with "
                              "--add, or let fewer sign first: seinpost roster quorum"),
                            s->quorum, s->count);
    return status;
}

static int run_stewards(const struct cli_args *a)
{
    struct problem problem = {""};
    struct roster_file *f = NULL;
    if (!cli_has(a, "drop") && !cli_has(a, "add"))
        return cli_misuse(a, _("say whose key comes or goes: --add, --drop, or both."));
    enum err e = roster_draft_open(a, &f, &problem);
    int status = e == OK ? change(a, &roster_file_last(f)->stewards) : CLI_DONE;
    if (e == OK && status == CLI_DONE)
        e = roster_draft_save(a, f, &problem);
    if (e == OK && status == CLI_DONE) {
        const struct roster_stewards *s = &roster_file_last(f)->stewards;
        printf(_("From the version after this one on there are %zu stewards, of whom %u must "
                 "sign.\n"),
               s->count, s->quorum);
        roster_draft_say_done(f);
    }
    roster_file_free(&f);
    return e != OK ? cli_failed(&problem, e) : status;
}

/* clang-format off */
static const struct cli_option stewards_options[] = {
    {"roster", "FILE", N_("file of the member list"), true, false},
    {"drop", "KEY", N_("public key of a steward who goes, or whose key is lost or stolen"), false, true},
    {"add", "KEY", N_("public key of a new steward, 64 hexadecimal digits"), false, true},
    {0},
};
/* clang-format on */

const struct cli_command cli_roster_stewards = {
    .group = "roster",
    .name = "stewards",
    .help = N_("change who signs the member list"),
    .more = N_("This version itself is signed by as many of the stewards before as had to. Where "
               "fewer keys are left than must sign, nothing helps: every organisation then has to "
               "begin a new list."),
    .options = stewards_options,
    .run = run_stewards,
};
