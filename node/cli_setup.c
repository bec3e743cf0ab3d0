/*
 * cli_setup.c - commands that make a node and look at its settings: init, card, config check.
 */
#include "node/cli_commands.h"

#include <limits.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "config/config.h"
#include "node/card.h"
#include "node/iso_country.h"
#include "node/keyring.h"
#include "node/passphrase.h"
#include "node/ringname.h"
#include "node/setup.h"
#include "node/text.h"
#include "proto/utf8.h"
#include "protocol/entry.h"
#include "protocol/orgid.h"

#include <jansson.h>

int cli_failed(const struct problem *p, enum err e)
{
    cli_complain("%s", p->text[0] != '\0' ? p->text : _(err_text(e)));
    return CLI_FAILED;
}

int cli_config(const struct cli_args *a, struct config *out)
{
    static struct config_errors errors;
    enum err e = config_load(a->config, out, &errors);
    for (size_t i = 0; e != OK && i < errors.count; i++)
        fprintf(stderr, "%s\n", errors.text[i]);
    if (e != OK && errors.count == 0)
        cli_complain(_("the settings in %s cannot be read: %s."), a->config, _(err_text(e)));
    return e == OK ? CLI_DONE : CLI_FAILED;
}

enum err cli_keyring(const struct config *c, struct keyring **out, struct problem *problem)
{
    char dir[PATH_MAX];
    struct passphrase *pass = NULL;
    snprintf(dir, sizeof dir, "%s/%s", c->data_dir, RINGNAME_KEYS_FOLDER);
    enum err e = passphrase_get(c->passphrase_file, PASSPHRASE_OPEN, _("the keys of this node"),
                                &pass, problem);
    if (e == OK)
        e = keyring_open(dir, passphrase_bytes(pass), out, problem);
    passphrase_free(&pass);
    return e;
}

/* ---- init ---- */

static bool is_peer(const char *text)
{
    const char *blank = strchr(text, ' ');
    return blank != NULL && orgid_check(bytes_of(text, (size_t)(blank - text))) == OK &&
           endpoint_is_valid(bytes_of(blank + 1, strlen(blank + 1)));
}

static int check_init(const struct cli_args *a, struct setup *s, char country[3])
{
    if (orgid_check(bytes_of(s->org_id, strlen(s->org_id))) != OK)
        return cli_misuse(a, _("--org-id is not an identifier of org-id.guide; write for example "
                               "NL-KVK-41198677."));
    if (!utf8_is_line(bytes_of(s->name, strlen(s->name))) || s->name[0] == '\0' ||
        strlen(s->name) > NAME_BYTES_MAX)
        return cli_misuse(a, _("--name is empty, too long or holds signs that are no text."));
    if (!iso_country_read(s->country, country))
        return cli_misuse(
            a, _("--country is not a country code of two letters; write for example NL, KE "
                 "or JO."));
    if (s->advertise != NULL && !endpoint_is_valid(bytes_of(s->advertise, strlen(s->advertise))))
        return cli_misuse(a,
                          _("--advertise is not an address that others can dial; write for example "
                            "tcp://post.example.org:5700."));
    for (size_t i = 0; i < s->peer_count; i++)
        if (!is_peer(s->peers[i]))
            return cli_misuse(a,
                              _("--peer is not an organisation and its address; write for example "
                                "\"NL-KVK-41198677 tcp://post.example.org:5700\"."));
    return CLI_DONE;
}

static int run_init(const struct cli_args *a)
{
    char country[3], absolute[PATH_MAX];
    const char *file = cli_value(a, "passphrase-file");
    struct setup s = {.org_id = cli_value(a, "org-id"),
                      .name = cli_value(a, "name"),
                      .country = cli_value(a, "country"),
                      .dir = cli_value(a, "dir"),
                      .listen = cli_value(a, "listen"),
                      .advertise = cli_value(a, "advertise")};
    s.peer_count = cli_values(a, "peer", s.peers, CONFIG_PEERS_MAX);
    if (s.listen == NULL)
        s.listen = "tcp://0.0.0.0:5700";
    int status = check_init(a, &s, country);
    if (status != CLI_DONE)
        return status;
    s.country = country;
    struct problem problem = {""};
    struct passphrase *pass = NULL;
    if (file != NULL && realpath(file, absolute) == NULL) {
        cli_complain(_("there is no file %s; make it with the passphrase on its first line."),
                     file);
        return CLI_FAILED;
    }
    s.passphrase_file = file != NULL ? absolute : NULL;
    enum err e =
        passphrase_get(file, PASSPHRASE_CREATE, _("the keys of this node"), &pass, &problem);
    if (e == OK)
        e = setup_create(&s, passphrase_bytes(pass), COST_NORMAL, &problem);
    passphrase_free(&pass);
    if (e != OK)
        return cli_failed(&problem, e);
    printf(_("The node of %s is ready in %s.\n"
             "Next: seinpost --config %s/seinpost.conf card > card.txt\n"
             "and send the card to whoever keeps the member list.\n"),
           s.org_id, s.dir, s.dir);
    return CLI_DONE;
}

static const struct cli_option init_options[] = {
    {"org-id",                                                                         "ID",
     N_("identifier of the organisation (org-id.guide), for example NL-KVK-41198677"), true, false},
    {"name", "NAME", N_("name of the organisation"), true, false},
    {"country",                                                                           "CC", N_("country, two letters"), true, false},
    {"dir",                                                                           "DIR", N_("new folder for settings and data"), true, false},
    {"listen",                                                  "ADDRESS", N_("where the node listens; tcp://0.0.0.0:5700 if not given"), false,
     false},
    {"advertise",                                                                           "ADDRESS", N_("where other organisations can dial this node"), false, false},
    {"peer",                                                                        "\"ID ADDRESS\"", N_("a first contact: an organisation and where it can be dialled"),
     false, true},
    {"passphrase-file",                                                      "FILE", N_("file with the passphrase on its first line"), false, false},
    {0                                                                          },
};

const struct cli_command cli_init = {
    .name = "init",
    .help = N_("make the node of an organisation: settings, keys, data folder"),
    .more = N_(
        "Nothing that is there already is written over. The passphrase protects the keys on disk; "
        "without it they are lost. Without --passphrase-file it is asked for."),
    .options = init_options,
    .run = run_init,
};

/* ---- card ---- */

static enum err make_card(const struct config *c, struct card *card, struct problem *problem)
{
    struct keyring *ring = NULL;
    struct setup_card named;
    uint8_t feed_secret[FEED_SECRET_BYTES], transport_secret[TRANSPORT_SECRET_BYTES];
    memset(card, 0, sizeof *card);
    enum err e = setup_card_read(c->data_dir, &named, problem);
    if (e == OK)
        e = cli_keyring(c, &ring, problem);
    struct keyfile_halves feed = {card->feed_key, KEY_BYTES, feed_secret, sizeof feed_secret};
    struct keyfile_halves transport = {card->transport_key, KEY_BYTES, transport_secret,
                                       sizeof transport_secret};
    if (e == OK)
        e = keyring_get(ring, RINGNAME_FEED, &feed, problem);
    if (e == OK)
        e = keyring_get(ring, RINGNAME_TRANSPORT, &transport, problem);
    if (e == OK) {
        snprintf(card->org_id, sizeof card->org_id, "%s", c->org_id);
        snprintf(card->name, sizeof card->name, "%s", named.name);
        snprintf(card->country, sizeof card->country, "%s", named.country);
        snprintf(card->endpoint, sizeof card->endpoint, "%s", c->advertise);
        card_sign(card, feed_secret);
    }
    sodium_memzero(feed_secret, sizeof feed_secret);
    sodium_memzero(transport_secret, sizeof transport_secret);
    keyring_free(&ring);
    return e;
}

static int run_card(const struct cli_args *a)
{
    static struct config config;
    struct problem problem = {""};
    struct card card;
    char text[CARD_TEXT_BYTES], fingerprint[FINGERPRINT_CHARS];
    if (cli_config(a, &config) != CLI_DONE)
        return CLI_FAILED;
    enum err e = make_card(&config, &card, &problem);
    if (e != OK)
        return cli_failed(&problem, e);
    card_format(&card, text);
    card_fingerprint(&card, fingerprint);
    if (cli_has(a, "json")) {
        char feed[65], transport[65];
        sodium_bin2hex(feed, sizeof feed, card.feed_key, KEY_BYTES);
        sodium_bin2hex(transport, sizeof transport, card.transport_key, KEY_BYTES);
        cli_json(json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:s}", "org_id", card.org_id, "name",
                           card.name, "country", card.country, "feed_key", feed, "transport_key",
                           transport, "endpoint", card.endpoint, "fingerprint", fingerprint));
        return CLI_DONE;
    }
    fputs(text, stdout);
    fprintf(stderr, _("Fingerprint of this card, to be read out by telephone:\n%s\n"), fingerprint);
    return CLI_DONE;
}

static const struct cli_option card_options[] = {
    {"json",                     NULL, N_("output for programs"), false, false},
    {0},
};

const struct cli_command cli_card = {
    .name = "card",
    .help = N_("print the organisation's public card, for whoever keeps the member list"),
    .more = N_("The card holds no secret. It can go by e-mail; who receives it compares its "
               "fingerprint with "
               "you by telephone."),
    .options = card_options,
    .run = run_card,
};

/* ---- config check ---- */

static int run_config_check(const struct cli_args *a)
{
    static struct config config;
    struct cli_args named = *a;
    if (a->word_count == 1)
        named.config = a->word[0];
    if (cli_config(&named, &config) != CLI_DONE)
        return CLI_FAILED;
    printf(_("%s is in order.\n"), named.config);
    return CLI_DONE;
}

static const struct cli_option no_options[] = {{0}};

const struct cli_command cli_config_check = {
    .group = "config",
    .name = "check",
    .words = "[FILE]",
    .words_max = 1,
    .help = N_("check a settings file; every mistake is named with its line"),
    .options = no_options,
    .run = run_config_check,
};
