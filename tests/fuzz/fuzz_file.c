/*
 * fuzz_file.c - small files: settings, cards, registers of org-ids, the setup's card, passphrases.
 *
 * The first byte chooses. What is refused gets at least one sentence, on one line, and leaves the
 * output as it was; what is read and can be written is read again as the same.
 */
#include "config/config.h"
#include "node/card.h"
#include "node/orgid_list.h"
#include "node/passphrase.h"
#include "node/ringname.h"
#include "node/setup.h"
#include "proto/utf8.h"
#include "protocol/orgid.h"
#include "tests/fuzz/disk.h"
#include "tests/fuzz/fuzz.h"

#include <sodium.h>

static void check_sentence(const char *text, bool is_there)
{
    CHECK(utf8_is_line(bytes_of(text, strlen(text))));
    CHECK((text[0] != '\0') == is_there);
}

static void try_config(struct bytes in)
{
    static struct config c, untouched;
    static struct config_errors errors, more;
    MARK(&c);
    MARK(&untouched);
    errors.count = errors.unheld = 0;
    enum err e =
        config_parse("seinpost.conf", "/etc/seinpost", (const char *)in.data, in.len, &c, &errors);
    CHECK(e == OK || e == ERR_FORMAT);
    CHECK((e == OK) == (errors.count == 0) && errors.count <= CONFIG_ERRORS_MAX);
    for (size_t i = 0; i < errors.count; i++)
        CHECK(strlen(errors.text[i]) < CONFIG_ERROR_BYTES && errors.text[i][0] != '\0');
    if (e != OK) {
        CHECK(memcmp(&c, &untouched, sizeof c) == 0);
        return;
    }
    more.count = more.unheld = 0;
    CHECK(config_check(&c, &more) == OK && more.count == 0);
    CHECK(c.peer_count <= CONFIG_PEERS_MAX && c.relay_count <= CONFIG_RELAYS_MAX);
    CHECK(c.org_id[0] != '\0' && strlen(c.socket) <= CONFIG_SOCKET_BYTES_MAX);
}

static void try_card(struct bytes in)
{
    struct card c, again;
    struct problem problem = {{0}};
    char text[CARD_TEXT_BYTES], fingerprint[FINGERPRINT_CHARS];
    MARK(&c);
    enum err e = card_parse(in, "card.txt", &c, &problem);
    check_sentence(problem.text, e != OK);
    if (e != OK) {
        CHECK(IS_UNTOUCHED(&c));
        return;
    }
    size_t len = card_format(&c, text);
    CHECK(len < sizeof text && strlen(text) == len);
    CHECK(card_parse(bytes_of(text, len), "again.txt", &again, &problem) == OK);
    CHECK(memcmp(&c, &again, sizeof c) == 0);
    card_fingerprint(&c, fingerprint);
}

/* A card that was made here, with the name and the endpoint of the input; then damaged by mail. */
static void try_made_card(struct bytes in)
{
    struct unpack u = unpack_of(in);
    struct card c = {.country = "NL"}, back;
    struct problem problem = {{0}};
    uint8_t seed[32], secret[64], how = unpack_u8(&u);
    char text[CARD_TEXT_BYTES], mailed[4 * CARD_TEXT_BYTES];
    size_t out = 0;
    memcpy(c.org_id, "NL-KVK-41198677", 15);
    unpack_copy(&u, c.transport_key, KEY_BYTES);
    struct bytes name = unpack_view(&u, u.left < NAME_BYTES_MAX ? u.left : NAME_BYTES_MAX);
    size_t name_len = name.len;
    if (name_len > 0)
        memcpy(c.name, name.data, name_len);
    fuzz_feed_seed(seed);
    crypto_sign_seed_keypair(c.feed_key, secret, seed);
    card_sign(&c, secret);
    size_t len = card_format(&c, text);
    for (size_t i = 0; i < len; i++) {
        bool begins = i == 0 || text[i - 1] == '\n';
        for (unsigned k = 0; begins && k < (how & 3u); k++)
            mailed[out++] = '>';
        if (text[i] == '\n' && (how & 4) != 0)
            mailed[out++] = '\r';
        mailed[out++] = text[i];
    }
    bool is_name = name_len > 0 && strlen(c.name) == name_len && utf8_is_line(name) &&
                   memchr(" \t>", c.name[0], 3) == NULL &&
                   memchr(" \t", c.name[name_len - 1], 2) == NULL;
    enum err e = card_parse(bytes_of(mailed, out), "card.txt", &back, &problem);
    CHECK(!is_name || e == OK);
    CHECK(e != OK || memcmp(back.transport_key, c.transport_key, KEY_BYTES) == 0);
}

static void try_registers(struct bytes in)
{
    struct problem problem = {{0}};
    struct unpack u = unpack_of(in);
    struct bytes org_id = unpack_view(&u, unpack_u8(&u) % 80);
    const char *path = disk_write("lists.tsv", bytes_of(u.at, u.left));
    enum err e = orgid_list_check(path, org_id, &problem);
    check_sentence(problem.text, e != OK);
    CHECK(e != OK || orgid_check(org_id) == OK);
    e = orgid_list_check("", org_id, &problem);
    CHECK(e == OK || e == ERR_LIMIT || e == ERR_FORMAT || e == ERR_NOT_FOUND);
}

static void try_setup(struct bytes in)
{
    struct setup_card c;
    struct problem problem = {{0}};
    MARK(&c);
    (void)disk_write(RINGNAME_CARD_FILE, in);
    enum err e = setup_card_read(disk_folder(), &c, &problem);
    check_sentence(problem.text, e != OK);
    if (e != OK)
        CHECK(IS_UNTOUCHED(&c));
    else
        CHECK(strlen(c.country) == 2 && memchr(c.name, 0, sizeof c.name) != NULL);
}

static void try_passphrase(struct bytes in)
{
    struct passphrase *p = NULL;
    struct problem problem = {{0}};
    const char *path = disk_write("passphrase", in);
    enum passphrase_use use = in.len % 2 == 0 ? PASSPHRASE_OPEN : PASSPHRASE_CREATE;
    enum err e = passphrase_get(path, use, "the keys", &p, &problem);
    check_sentence(problem.text, e != OK);
    CHECK((e == OK) == (p != NULL));
    if (e == OK) {
        struct bytes got = passphrase_bytes(p);
        CHECK(got.len > 0 && got.len <= PASSPHRASE_BYTES_MAX && got.len <= in.len);
        CHECK(memcmp(got.data, in.data, got.len) == 0 && memchr(got.data, '\n', got.len) == NULL);
    }
    passphrase_free(&p);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static void (*const tries[])(struct bytes) = {
        try_config, try_card, try_made_card, try_registers, try_setup, try_passphrase,
    };
    if (len == 0 || len > 8192)
        return 0;
    CHECK(sodium_init() >= 0);
    tries[data[0] % (sizeof tries / sizeof tries[0])](bytes_of(data + 1, len - 1));
    return 0;
}
