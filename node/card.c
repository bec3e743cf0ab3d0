#include "node/card.h"

#include "config/value.h"
#include "node/iso_country.h"
#include "node/text.h"
#include "proto/utf8.h"
#include "protocol/orgid.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

enum { SIGNED_BYTES_MAX = 640, VALUE_BYTES = 256, HEX_ON_A_LINE = 64 };

static const char begin_line[] = "-----BEGIN SEINPOST CARD-----";
static const char end_line[] = "-----END SEINPOST CARD-----";

enum field {
    CARD_ORG_ID,
    CARD_NAME,
    CARD_COUNTRY,
    CARD_FEED_KEY,
    CARD_TRANSPORT_KEY,
    CARD_ENDPOINT,
    CARD_SIGNATURE,
    CARD_FIELDS
};

static const char *const names[CARD_FIELDS] = {
    "org-id", "name", "country", "feed-key", "transport-key", "endpoint", "signature",
};

static void pack_field(struct pack *p, const void *data, size_t len)
{
    pack_u16(p, (uint16_t)len);
    pack_copy(p, data, len);
}

/* What is signed; returns its length. */
static size_t signed_text(const struct card *c, uint8_t out[SIGNED_BYTES_MAX])
{
    struct pack p = pack_of(out, SIGNED_BYTES_MAX);
    pack_bytes(&p, BYTES_LITERAL("seinpost/v1/card"));
    pack_field(&p, c->org_id, strlen(c->org_id));
    pack_field(&p, c->name, strlen(c->name));
    pack_field(&p, c->country, strlen(c->country));
    pack_field(&p, c->feed_key, KEY_BYTES);
    pack_field(&p, c->transport_key, KEY_BYTES);
    pack_field(&p, c->endpoint, strlen(c->endpoint));
    return pack_len(&p);
}

void card_sign(struct card *c, const uint8_t feed_secret[64])
{
    uint8_t text[SIGNED_BYTES_MAX];
    crypto_sign_detached(c->signature, NULL, text, signed_text(c, text), feed_secret);
}

void card_fingerprint(const struct card *c, char out[FINGERPRINT_CHARS])
{
    uint8_t text[SIGNED_BYTES_MAX], hash[FINGERPRINT_HASH_BYTES];
    crypto_generichash(hash, sizeof hash, text, signed_text(c, text), NULL, 0);
    roster_fingerprint(hash, out);
}

size_t card_format(const struct card *c, char out[CARD_TEXT_BYTES])
{
    char feed[2 * KEY_BYTES + 1], transport[2 * KEY_BYTES + 1], signature[2 * SIGNATURE_BYTES + 1];
    bool has_endpoint = c->endpoint[0] != '\0';
    sodium_bin2hex(feed, sizeof feed, c->feed_key, KEY_BYTES);
    sodium_bin2hex(transport, sizeof transport, c->transport_key, KEY_BYTES);
    sodium_bin2hex(signature, sizeof signature, c->signature, SIGNATURE_BYTES);
    int len = snprintf(out, CARD_TEXT_BYTES,
                       "%s\norg-id: %s\nname: %s\ncountry: %s\nfeed-key: %s\ntransport-key: %s\n"
                       "%s%s%ssignature: %.*s\n           %s\n%s\n",
                       begin_line, c->org_id, c->name, c->country, feed, transport,
                       has_endpoint ? "endpoint: " : "", c->endpoint, has_endpoint ? "\n" : "",
                       HEX_ON_A_LINE, signature, signature + HEX_ON_A_LINE, end_line);
    return (size_t)len;
}

/* The next line of a text without quotation marks and blanks around it; false at the end. */
static bool next_line(struct bytes *text, struct bytes *line)
{
    if (text->len == 0)
        return false;
    const uint8_t *end = memchr(text->data, '\n', text->len);
    size_t len = end != NULL ? (size_t)(end - text->data) : text->len;
    size_t step = end != NULL ? len + 1 : len;
    struct bytes l = bytes_of(text->data, len);
    *text = bytes_of(text->data + step, text->len - step);
    while (l.len > 0 && strchr(" \t>", l.data[0]) != NULL && l.data[0] != '\0')
        l = bytes_of(l.data + 1, l.len - 1);
    while (l.len > 0 && strchr(" \t\r", l.data[l.len - 1]) != NULL && l.data[l.len - 1] != '\0')
        l.len--;
    *line = l;
    return true;
}

static bool is_line(struct bytes line, const char *want)
{
    return bytes_equal(line, bytes_of(want, strlen(want)));
}

/* Which field a line begins; CARD_FIELDS for one that goes on with the field before. */
static enum field line_field(struct bytes line, struct bytes *value)
{
    for (unsigned i = 0; i < CARD_FIELDS; i++) {
        size_t len = strlen(names[i]);
        if (line.len <= len || memcmp(line.data, names[i], len) != 0 || line.data[len] != ':')
            continue;
        size_t skip = len + 1;
        while (skip < line.len && line.data[skip] == ' ')
            skip++;
        *value = bytes_of(line.data + skip, line.len - skip);
        return (enum field)i;
    }
    *value = line;
    return CARD_FIELDS;
}

/* The values of a card as they were written. */
struct values {
    char text[CARD_FIELDS][VALUE_BYTES];
    bool is_there[CARD_FIELDS];
};

static enum err value_append(struct values *v, enum field f, struct bytes part)
{
    size_t used = strlen(v->text[f]);
    /* A name was broken at a blank; everything else has none. */
    bool has_blank = f == CARD_NAME && used > 0 && part.len > 0;
    if (used + has_blank + part.len >= VALUE_BYTES || memchr(part.data, '\0', part.len) != NULL)
        return ERR_FORMAT;
    if (has_blank)
        v->text[f][used++] = ' ';
    memcpy(v->text[f] + used, part.data, part.len);
    v->text[f][used + part.len] = '\0';
    return OK;
}

/* Collects the values between the first and the last line of the card. */
static enum err values_read(struct bytes text, struct values *v, const char *file,
                            struct problem *problem)
{
    struct bytes line, part;
    enum field at = CARD_FIELDS;
    bool is_inside = false, is_ended = false;
    while (!is_ended && next_line(&text, &line)) {
        if (!is_inside || line.len == 0) {
            is_inside = is_inside || is_line(line, begin_line);
            continue;
        }
        is_ended = is_line(line, end_line);
        if (is_ended)
            continue;
        enum field f = line_field(line, &part);
        bool is_twice = f != CARD_FIELDS && v->is_there[f];
        if (is_twice || (f == CARD_FIELDS && at == CARD_FIELDS)) {
            problem_set(problem, _("%s: the card is not whole; ask for it again."), file);
            return ERR_FORMAT;
        }
        at = f == CARD_FIELDS ? at : f;
        v->is_there[at] = true;
        if (value_append(v, at, part) != OK) {
            problem_set(problem, _("%s: %s: is too long; ask for the card again."), file,
                        names[at]);
            return ERR_FORMAT;
        }
    }
    if (is_ended)
        return OK;
    problem_set(problem,
                is_inside ? _("%s: the end of the card is missing; ask for it again.")
                          : _("%s: there is no card in it. It begins with %s"),
                file, begin_line);
    return ERR_TRUNCATED;
}

static bool hex_read(const char *text, uint8_t *out, size_t len)
{
    size_t got = 0;
    return strlen(text) == 2 * len &&
           sodium_hex2bin(out, len, text, strlen(text), NULL, &got, NULL) == 0 && got == len;
}

/* Copies a value if it is a line of text that fits. */
static bool text_read(const char *text, char *out, size_t cap)
{
    size_t len = strlen(text);
    if (len >= cap || !utf8_is_line(bytes_of(text, len)))
        return false;
    memcpy(out, text, len + 1);
    return true;
}

/* Reads one value into the card; whether it has its form. */
static bool value_read(struct card *c, enum field f, const char *text)
{
    switch (f) {
    case CARD_ORG_ID:
        return orgid_check(bytes_of(text, strlen(text))) == OK &&
               text_read(text, c->org_id, sizeof c->org_id);
    case CARD_NAME:
        return text[0] != '\0' && text_read(text, c->name, sizeof c->name);
    case CARD_COUNTRY:
        return iso_country_read(text, c->country);
    case CARD_FEED_KEY:
        return hex_read(text, c->feed_key, KEY_BYTES);
    case CARD_TRANSPORT_KEY:
        return hex_read(text, c->transport_key, KEY_BYTES);
    case CARD_ENDPOINT:
        return text[0] == '\0' ||
               (value_is_dial(text) && text_read(text, c->endpoint, sizeof c->endpoint));
    case CARD_SIGNATURE:
        return hex_read(text, c->signature, SIGNATURE_BYTES);
    case CARD_FIELDS:
        break;
    }
    return false;
}

enum err card_parse(struct bytes text, const char *file, struct card *out, struct problem *problem)
{
    struct values v = {0};
    struct card c = {0};
    uint8_t signed_bytes[SIGNED_BYTES_MAX];
    enum err e = values_read(text, &v, file, problem);
    if (e != OK)
        return e;
    for (unsigned i = 0; i < CARD_FIELDS; i++) {
        if (!v.is_there[i] && i != CARD_ENDPOINT) {
            problem_set(problem, _("%s: %s: the line is missing; ask for the card again."), file,
                        names[i]);
            return ERR_FORMAT;
        }
        if (!value_read(&c, (enum field)i, v.text[i])) {
            problem_set(problem, _("%s: %s: is not of its form; ask for the card again."), file,
                        names[i]);
            return ERR_FORMAT;
        }
    }
    if (crypto_sign_verify_detached(c.signature, signed_bytes, signed_text(&c, signed_bytes),
                                    c.feed_key) != 0) {
        problem_set(problem,
                    _("%s: the card was changed after it was made; ask the organisation for it "
                      "again."),
                    file);
        return ERR_SIGNATURE;
    }
    *out = c;
    return OK;
}
