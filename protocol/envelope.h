/*
 * envelope.h - what one organisation tells one other: signed, then sealed.
 *
 * The payload of an entry of type envelope, whose audience is one addressee. Inside: who writes to
 * whom and to which role, an id against replays, and the content, signed with the feed key over
 * sender, recipient and index, so that neither the recipient nor a relay can pass it off as meant
 * for somebody else or another place. Around it XChaCha20-Poly1305 under a key from an X25519
 * exchange between a fresh key and a prekey of the recipient, which that wipes after two weeks. Who
 * is addressed, the kind of message and its exact length are not to be seen from outside: the plain
 * text fills the body's size class.
 *
 * Pure: all randomness is given.
 */
#ifndef PROTOCOL_ENVELOPE_H
#define PROTOCOL_ENVELOPE_H

#include "protocol/feed.h"

enum {
    ENVELOPE_VERSION = 1,
    ENVELOPE_ID_BYTES = 16,
    ENVELOPE_NONCE_BYTES = 24,
    ENVELOPE_TAG_BYTES = 16,
    ENVELOPE_OUTER_BYTES = 1 + KEY_BYTES + ENVELOPE_NONCE_BYTES, /* before what is sealed */
    ENVELOPE_INNER_BYTES = 3 + 2 * AUTHOR_BYTES + 2 * ENVELOPE_ID_BYTES + 8 + 4 + 4,
    ENVELOPE_BYTES_MIN =
        ENVELOPE_OUTER_BYTES + ENVELOPE_INNER_BYTES + SIGNATURE_BYTES + ENVELOPE_TAG_BYTES,
    ENVELOPE_BYTES_MAX = ADDRESSED_BODY_BYTES_MAX - BODY_FIXED_BYTES,
    ENVELOPE_CONTENT_BYTES_MAX = ENVELOPE_BYTES_MAX - ENVELOPE_BYTES_MIN,
    ENVELOPE_TERM_DAYS = 90, /* every envelope ends so many days after it was written */
    PREKEY_DAYS = 7,         /* a prekey's week begins on a day that is a multiple of this */
};

enum envelope_type {
    ENVELOPE_LETTER = 1
}; /* others are kept and shown as needing newer software */

struct envelope {
    uint8_t type; /* enum envelope_type; never 0 */
    uint8_t role; /* whom at the recipient: enum of prekey roles (entry.h); never 0 */
    uint8_t sender[AUTHOR_BYTES];
    uint8_t recipient[AUTHOR_BYTES];
    uint8_t id[ENVELOPE_ID_BYTES];
    uint8_t reference[ENVELOPE_ID_BYTES]; /* id of the one that this answers; zeros: none */
    uint64_t created_utc;
    uint32_t expires_day; /* as in the header */
    struct bytes content;
};

/* What must be fresh and secret for each envelope. */
struct envelope_random {
    uint8_t ephemeral[KEY_BYTES]; /* X25519 secret */
    uint8_t nonce[ENVELOPE_NONCE_BYTES];
};

/* A prekey pair of the recipient's. */
struct envelope_key {
    uint8_t public_key[KEY_BYTES];
    uint8_t secret_key[KEY_BYTES];
};

/* The pair of 32 secret random bytes. Pure. */
void envelope_key_of(const uint8_t secret[KEY_BYTES], struct envelope_key *out);

/* Bytes of the payload that holds so much content: it fills its body's size class. 0 beyond
 * ENVELOPE_CONTENT_BYTES_MAX. */
size_t envelope_bytes(size_t content_bytes);

/* Signs and seals an envelope that will be entry index of its sender's feed. out has room for
 * envelope_bytes, which is returned in *len. ERR_LIMIT if the content is too large; ERR_POINT if
 * the prekey is no usable point. On error nothing of the content is left in out. */
MUST_CHECK enum err envelope_seal(const struct envelope *e, uint64_t index,
                                  const uint8_t feed_secret[64], const uint8_t prekey[KEY_BYTES],
                                  const struct envelope_random *random, uint8_t *out, size_t *len);

/* Opens the payload of an envelope with a prekey of its own, into plain, which has room for
 * payload.len and must be wiped by the caller afterwards; out->content lies in it.
 * ERR_TRUNCATED or ERR_VERSION for what is no envelope of this version; ERR_POINT for an unusable
 * ephemeral key; ERR_EPOCH if it is sealed to another key, or header or text were changed;
 * ERR_STRANGER if what is inside names another sender or recipient; ERR_RANGE for a type or role of
 * 0 or another expiry than the header's; ERR_FORMAT for padding that is not zero; ERR_SIGNATURE. On
 * error plain is wiped and *out unchanged. */
MUST_CHECK enum err envelope_open(struct bytes payload, const struct header *h,
                                  const uint8_t sender[AUTHOR_BYTES],
                                  const uint8_t recipient[AUTHOR_BYTES],
                                  const uint8_t feed_key[KEY_BYTES], const struct envelope_key *key,
                                  uint8_t *plain, struct envelope *out);

/* Whether a payload has the outer form of an envelope: ERR_VERSION, ERR_TRUNCATED. */
MUST_CHECK enum err envelope_check(struct bytes payload);

/* ---- Receipts ---- */

/* What whoever took an envelope says of it, to whom gave it. */
enum delivery_state {
    DELIVERY_KEPT = 1,       /* a relay keeps it for its addressee */
    DELIVERY_DONE = 2,       /* the addressee has it, on disk */
    DELIVERY_UNREADABLE = 3, /* the addressee cannot open it: its key is gone */
};

struct delivery_receipt {
    uint8_t author[AUTHOR_BYTES]; /* of the envelope */
    uint64_t index;
    uint8_t holder[AUTHOR_BYTES]; /* who says so */
    uint8_t state;                /* enum delivery_state */
};

void delivery_sign(const struct delivery_receipt *r, const uint8_t feed_secret[64],
                   uint8_t out[SIGNATURE_BYTES]);

/* ERR_RANGE for a state that is not defined, ERR_SIGNATURE. */
MUST_CHECK enum err delivery_verify(const struct delivery_receipt *r,
                                    const uint8_t signature[SIGNATURE_BYTES],
                                    const uint8_t feed_key[KEY_BYTES]);

#endif
