/*
 * cli_setup.c - commands that make a node and look at its settings: init, card, config check.
 */
#include "node/cli_commands.h"

#include <limits.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "config/value.h"
#include "node/card.h"
#include "node/iso_country.h"
#include "node/passphrase.h"
#include "node/reword.h"
#include "node/ringname.h"
#include "node/secret.h"
#include "node/setup.h"
#include "node/text.h"
#include "proto/utf8.h"
#include "protocol/orgid.h"

int cli_failed(const struct problem *p, enum err e)
{
    cli_complain("%s", p->text[0] != '\0' ? p->text : _(err_text(e)));
    return CLI_FAILED;
}

int cli_config(const struct cli_args *a, struct config *out)
{
    static struct config_errors errors;
    memset(&errors, 0, sizeof errors);
    if (config_load(a->config, out, &errors) == OK) {
        if (out->locale[0] != '\0')
            text_init_as(out->locale);
        return CLI_DONE;
    }
    for (size_t i = 0; i < errors.count; i++) {
        char text[CONFIG_ERROR_BYTES];
        reword_config(errors.text[i], a->config, text, sizeof text);
        fprintf(stderr, "%s\n", text);
    }
    if (errors.unheld > 0)
        fprintf(stderr, _("%s: and %zu more.\n"), a->config, errors.unheld);
    return CLI_FAILED;
}

enum err cli_keyring(const struct config *c, struct keyring **out, struct problem *problem)
{
    char dir[PATH_MAX];
    struct passphrase *pass = NULL;
    *out = NULL;
    snprintf(dir, sizeof dir, "%s/%s", c->data_dir, RINGNAME_KEYS_FOLDER);
    enum err e = passphrase_get(c->passphrase_file, PASSPHRASE_OPEN, _("the keys of this node"),
                                &pass, problem);
    if (e == OK)
        e = keyring_open(dir, passphrase_bytes(pass), out, problem);
    passphrase_free(&pass);
    return e;
}

void cli_json(json_t *line)
{
    char *text = json_dumps(line, JSON_COMPACT);
    json_decref(line);
    if (text != NULL)
        puts(text);
    free(text);
}

/* ---- init ---- */

static bool is_dial(const char *endpoint)
{
    return strlen(endpoint) <= ENDPOINT_BYTES_MAX && value_is_dial(endpoint) &&
           !value_is_unspecified(endpoint);
}

/* Whether a value of --peer is an organisation, blanks and where it can be dialled. */
static bool is_peer(const char *text)
{
    size_t len = strcspn(text, " \t");
    const char *endpoint = text + len + strspn(text + len, " \t");
    return orgid_check(bytes_of(text, len)) == OK && is_dial(endpoint);
}

/* A name without blanks around it, and with one where there are several, as it can be mailed. False
 * if it is no name. */
static bool read_name(const char *text, char out[NAME_BYTES_MAX + 1])
{
    size_t used = 0;
    for (const char *c = text; *c != '\0'; c++) {
        bool is_blank = *c == ' ' || *c == '\t';
        if (is_blank && (used == 0 || out[used - 1] == ' '))
            continue;
        if (used == NAME_BYTES_MAX)
            return false;
        out[used++] = is_blank ? ' ' : *c;
    }
    if (used > 0 && out[used - 1] == ' ')
        used--;
    out[used] = '\0';
    return used > 0 && utf8_is_line(bytes_of(out, used));
}

static int check_addresses(const struct cli_args *a, const struct setup *s)
{
    bool has_port = strcmp(s->listen, "none") != 0;
    if (has_port && (!value_is_listen(s->listen) || strlen(s->listen) > ENDPOINT_BYTES_MAX))
        return cli_misuse(a, _("--listen is not a numeric address and a port; write for example "
                               "tcp://0.0.0.0:5700, or none for a node without an open port."));
    if (s->advertise != NULL && !is_dial(s->advertise))
        return cli_misuse(a, _("--advertise is not an address that others can dial; write for "
                               "example tcp://post.example.org:5700."));
    for (size_t i = 0; i < s->peer_count; i++)
        if (!is_peer(s->peers[i]))
            return cli_misuse(a, _("--peer is not an organisation and its address; write for "
                                   "example \"NL-KVK-41198677 tcp://post.example.org:5700\"."));
    for (size_t i = 0; i < s->relay_count; i++)
        if (orgid_check(bytes_of(s->relays[i], strlen(s->relays[i]))) != OK)
            return cli_misuse(a,
                              _("--relay is not an identifier of org-id.guide; write for example "
                                "NL-KVK-41198677."));
    return CLI_DONE;
}

/* Names and country, in the form in which they are kept. */
struct named {
    char name[NAME_BYTES_MAX + 1];
    char country[3];
};

/* Checks what the line says, value by value; s is borrowed from the line and from n. */
static int read_setup(const struct cli_args *a, struct setup *s, struct named *n)
{
    *s = (struct setup){.org_id = cli_value(a, "org-id"),
                        .name = n->name,
                        .country = n->country,
                        .dir = cli_value(a, "dir"),
                        .listen = cli_value(a, "listen"),
                        .advertise = cli_value(a, "advertise"),
                        .socket = cli_value(a, "socket")};
    s->peer_count = cli_values(a, "peer", s->peers, CONFIG_PEERS_MAX);
    s->relay_count = cli_values(a, "relay", s->relays, CONFIG_RELAYS_MAX + 1);
    if (s->listen == NULL)
        s->listen = "tcp://0.0.0.0:5700";
    if (orgid_check(bytes_of(s->org_id, strlen(s->org_id))) != OK)
        return cli_misuse(a, _("--org-id is not an identifier of org-id.guide; write for example "
                               "NL-KVK-41198677."));
    if (!read_name(cli_value(a, "name"), n->name))
        return cli_misuse(a,
                          _("--name is empty, is longer than %d bytes, or holds signs that are "
                            "no text."),
                          NAME_BYTES_MAX);
    if (!iso_country_read(cli_value(a, "country"), n->country))
        return cli_misuse(a, _("--country is not a country code of two letters (ISO 3166-1); "
                               "write for example NL, KE or JO."));
    if (s->socket != NULL && s->socket[0] != '/')
        return cli_misuse(a, _("--socket is not a path that begins with /; write for example "
                               "/run/seinpost/seinpost.sock."));
    if (s->dir[0] == '\0')
        return cli_misuse(a, _("--dir is empty; name a folder that is not there yet."));
    return check_addresses(a, s);
}

static int run_init(const struct cli_args *a)
{
    char absolute[PATH_MAX];
    const char *file = cli_value(a, "passphrase-file");
    struct setup s;
    struct named named;
    struct problem problem = {""};
    struct passphrase *pass = NULL;
    int status = read_setup(a, &s, &named);
    if (status != CLI_DONE)
        return status;
    enum err e =
        passphrase_get(file, PASSPHRASE_CREATE, _("the keys of this node"), &pass, &problem);
    if (e == OK && file != NULL) /* it was read, so it is there */
        s.passphrase_file = realpath(file, absolute);
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

/* clang-format off */
static const struct cli_option init_options[] = {
    {"org-id", "ID", N_("identifier of the organisation (org-id.guide), for example "
                        "NL-KVK-41198677"), true, false},
    {"name", "NAME", N_("name of the organisation"), true, false},
    {"country", "CC", N_("its country, two letters"), true, false},
    {"dir", "DIR", N_("new folder for settings and data"), true, false},
    {"listen", "ADDRESS", N_("where the node listens; tcp://0.0.0.0:5700 if not given, none for "
                             "a node without an open port"), false, false},
    {"advertise", "ADDRESS", N_("where other organisations can dial this node; leave it out if "
                                "they cannot"), false, false},
    {"peer", "\"ID ADDRESS\"", N_("a first contact: an organisation and where it can be dialled"),
     false, true},
    {"relay", "ID", N_("a member that passes on what this node writes, where nobody can dial it"),
     false, true},
    {"socket", "PATH", N_("local socket for this command line, where it is not to lie in the data "
                          "folder; for a service /run/seinpost/seinpost.sock"), false, false},
    {"passphrase-file", "FILE", N_("file with the passphrase on its first line"), false, false},
    {0},
};
/* clang-format on */

const struct cli_command cli_init = {
    .name = "init",
    .help = N_("make the node of an organisation: settings, keys, data folder"),
    .more = N_("Nothing that is there already is written over. The passphrase protects the keys "
               "on disk; without it they are lost. Without --passphrase-file it is asked for."),
    .options = init_options,
    .run = run_init,
};

/* ---- card ---- */

/* Fills in the public keys from the ring, and signs. */
static enum err sign_card(const struct config *c, struct card *card, struct problem *problem)
{
    struct keyring *ring;
    enum err e = cli_keyring(c, &ring, problem);
    if (e != OK)
        return e;
    uint8_t *secret = secret_new(FEED_SECRET_BYTES);
    struct keyfile_halves feed = {card->feed_key, KEY_BYTES, secret, FEED_SECRET_BYTES};
    struct keyfile_halves transport = {card->transport_key, KEY_BYTES, secret,
                                       TRANSPORT_SECRET_BYTES};
    char name[RINGNAME_BYTES]; /* of the newest keys */
    ringname_generation(RINGNAME_TRANSPORT, keyring_generations(ring, RINGNAME_TRANSPORT), name);
    e = keyring_get(ring, name, &transport, problem);
    ringname_generation(RINGNAME_FEED, keyring_generations(ring, RINGNAME_FEED), name);
    if (e == OK)
        e = keyring_get(ring, name, &feed, problem);
    if (e == OK)
        card_sign(card, secret);
    secret_free(secret);
    keyring_free(&ring);
    return e;
}

static enum err make_card(const struct config *c, struct card *card, struct problem *problem)
{
    struct setup_card named;
    enum err e = setup_card_read(c->data_dir, &named, problem);
    if (e != OK)
        return e;
    memset(card, 0, sizeof *card);
    snprintf(card->org_id, sizeof card->org_id, "%s", c->org_id);
    snprintf(card->name, sizeof card->name, "%s", named.name);
    snprintf(card->country, sizeof card->country, "%s", named.country);
    snprintf(card->endpoint, sizeof card->endpoint, "%s", c->advertise);
    return sign_card(c, card, problem);
}

static void card_json(const struct card *c, const char *fingerprint)
{
    char feed[2 * KEY_BYTES + 1], transport[2 * KEY_BYTES + 1], signature[2 * SIGNATURE_BYTES + 1];
    sodium_bin2hex(feed, sizeof feed, c->feed_key, KEY_BYTES);
    sodium_bin2hex(transport, sizeof transport, c->transport_key, KEY_BYTES);
    sodium_bin2hex(signature, sizeof signature, c->signature, SIGNATURE_BYTES);
    cli_json(json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:s}", "org_id", c->org_id, "name", c->name,
                       "country", c->country, "feed_key", feed, "transport_key", transport,
                       "endpoint", c->endpoint, "signature", signature, "fingerprint",
                       fingerprint));
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
    card_fingerprint(&card, fingerprint);
    if (cli_has(a, "json")) {
        card_json(&card, fingerprint);
        return CLI_DONE;
    }
    card_format(&card, text);
    fputs(text, stdout);
    fflush(stdout);
    fprintf(stderr, _("Fingerprint of this card, to be read out by telephone:\n%s\n"), fingerprint);
    return CLI_DONE;
}

/* clang-format off */
static const struct cli_option card_options[] = {
    {"json", NULL, N_("output for programs: one object"), false, false},
    {0},
};
/* clang-format on */

const struct cli_command cli_card = {
    .name = "card",
    .help = N_("print the organisation's public card, for whoever keeps the member list"),
    .more = N_("The card holds no secret. It can go by e-mail; who receives it compares its "
               "fingerprint with you by telephone."),
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
