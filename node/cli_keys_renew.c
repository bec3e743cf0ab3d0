/*
 * cli_keys_renew.c - keys renew: new keys for a node, which the member list puts in force.
 */
#include "node/cli_commands.h"

#include <sodium.h>

#include "node/ringname.h"
#include "node/secret.h"
#include "node/text.h"
#include "protocol/feed.h"

/* Adds the next key of a kind to the ring. */
static enum err renew(const struct keyring *ring, const char *kind, struct problem *problem)
{
    unsigned newest = keyring_generations(ring, kind);
    if (newest == RINGNAME_GENERATIONS_MAX) {
        problem_set(problem, _("This node has had %d keys of this kind; there can be no more."),
                    RINGNAME_GENERATIONS_MAX);
        return ERR_LIMIT;
    }
    bool is_feed = kind[0] == RINGNAME_FEED[0];
    size_t len = is_feed ? FEED_SECRET_BYTES : TRANSPORT_SECRET_BYTES;
    char name[RINGNAME_BYTES];
    uint8_t public_half[KEY_BYTES];
    uint8_t *secret = secret_new(len);
    ringname_generation(kind, newest + 1, name);
    if (is_feed)
        crypto_sign_keypair(public_half, secret);
    else
        crypto_box_keypair(public_half, secret);
    enum err e =
        keyring_put(ring, name, bytes_of(public_half, KEY_BYTES), bytes_of(secret, len), problem);
    secret_free(secret);
    return e;
}

static int run_renew(const struct cli_args *a)
{
    static struct config config;
    struct problem problem = {""};
    struct keyring *ring = NULL;
    if (!cli_has(a, "feed") && !cli_has(a, "transport"))
        return cli_misuse(a, _("say which key: --feed, --transport, or both."));
    if (cli_config(a, &config) != CLI_DONE)
        return CLI_FAILED;
    enum err e = cli_keyring(&config, &ring, &problem);
    if (e == OK && cli_has(a, "feed"))
        e = renew(ring, RINGNAME_FEED, &problem);
    if (e == OK && cli_has(a, "transport"))
        e = renew(ring, RINGNAME_TRANSPORT, &problem);
    keyring_free(&ring);
    if (e != OK)
        return cli_failed(&problem, e);
    puts(_("There is a new key. Restart the node, and send its new card (seinpost card) to whoever "
           "keeps the member list. The old key is used until the list has the new one."));
    return CLI_DONE;
}

/* clang-format off */
static const struct cli_option renew_options[] = {
    {"feed", NULL, N_("the key with which the feed is signed"), false, false},
    {"transport", NULL, N_("the key with which connections are made"), false, false},
    {0},
};
/* clang-format on */

const struct cli_command cli_keys_renew = {
    .group = "keys",
    .name = "renew",
    .help = N_("make new keys for this node"),
    .more =
        N_("For keys that others may have seen, and for a node that signed two histories. "
           "Nothing changes before stewards give the new key to the member list (seinpost "
           "roster rekey). Give --transport once more than 30 days after the last time only: the "
           "node knows its two newest keys."),
    .options = renew_options,
    .run = run_renew,
};
