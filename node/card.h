/*
 * card.h - the public card of an organisation: what a steward needs to put it in the member list.
 *
 *   -----BEGIN SEINPOST CARD-----
 *   org-id: NL-KVK-41198677
 *   name: Invented Relief
 *   country: NL
 *   feed-key: 64 hexadecimal digits
 *   transport-key: the same
 *   endpoint: tcp://post.example.org:5700       (not there if nobody can dial it)
 *   signature: 64 hexadecimal digits
 *              and 64 more
 *   -----END SEINPOST CARD-----
 *
 * Made to go by e-mail: what stands before and after it, quotation marks (>) and blanks before
 * lines, CRLF, and values that were broken over several lines do no harm. The signature is Ed25519
 * with the feed key over "seinpost/v1/card" and then org-id, name, country, both keys and endpoint,
 * each after its length (u16 big-endian). So a slip or a change is noticed; that the card comes
 * from the organisation at all, people find out by comparing its fingerprint by telephone.
 */
#ifndef NODE_CARD_H
#define NODE_CARD_H

#include "node/problem.h"
#include "protocol/feed.h"
#include "protocol/roster_fingerprint.h"

enum {
    CARD_TEXT_BYTES = 2048,      /* room that card_format never exceeds */
    CARD_FILE_BYTES_MAX = 65536, /* a card and the letter around it */
};

struct card {
    char org_id[ORG_ID_BYTES_MAX + 1];
    char name[NAME_BYTES_MAX + 1];
    char country[3];
    uint8_t feed_key[KEY_BYTES];
    uint8_t transport_key[KEY_BYTES];
    char endpoint[ENDPOINT_BYTES_MAX + 1]; /* "" for none */
    uint8_t signature[SIGNATURE_BYTES];
};

/* Signs what the card says; feed_key must be the public half. */
void card_sign(struct card *c, const uint8_t feed_secret[64]);

/* Writes the card as text and a zero. Returns its length. */
size_t card_format(const struct card *c, char out[CARD_TEXT_BYTES]);

/* Reads and checks a card; file is its name, for the sentence. Returns OK, or with *problem set and
 * *out unchanged:
 *   ERR_TRUNCATED  there is no card, or its end is missing
 *   ERR_FORMAT     a line is missing, there twice or not of its form
 *   ERR_SIGNATURE  something was changed since it was signed */
MUST_CHECK enum err card_parse(struct bytes text, const char *file, struct card *out,
                               struct problem *problem);

/* A hash of everything that is signed, in the form that people read out. */
void card_fingerprint(const struct card *c, char out[FINGERPRINT_CHARS]);

#endif
