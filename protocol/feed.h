/*
 * feed.h - one organisation's feed: headers, bodies, checkpoints, and what makes a batch
 * acceptable.
 *
 * A header is kept for ever and is a leaf of the tree; a body can be erased while the tree still
 * verifies, since the header holds only a salted commitment to it. One signature covers a batch:
 * that of the checkpoint. All layouts are fixed and big-endian; protocol/README.md gives them byte
 * by byte.
 *
 * Pure: no I/O, no clock, no allocation, no globals, no hidden randomness.
 */
#ifndef PROTOCOL_FEED_H
#define PROTOCOL_FEED_H

#include "proto/bytes.h"
#include "proto/err.h"
#include "proto/limits.h"
#include "protocol/merkle.h"

enum {
    AUTHOR_BYTES = 32,
    KEY_BYTES = 32,
    SIGNATURE_BYTES = 64,
    HEADER_VERSION = 1,
    HEADER_BYTES = 48,
    SALT_BYTES = 32,
    BODY_FIXED_BYTES = SALT_BYTES + 16, /* salt, type, flags, zero, day, ref */
    CHECKPOINT_BYTES = 172,
    CHECKPOINT_SIGNED_BYTES = CHECKPOINT_BYTES + SIGNATURE_BYTES,
};

enum audience { AUDIENCE_ALL = 0, AUDIENCE_ADDRESSED = 1 };

enum entry_type {
    ENTRY_SIGNAL = 1,
    ENTRY_ALERT = 2,
    ENTRY_AMEND = 3,
    ENTRY_RETRACT = 4,
    ENTRY_ERASE = 5,
    ENTRY_RECEIPT = 6,
    ENTRY_PROFILE = 7,
    ENTRY_ENVELOPE = 8,
    ENTRY_COVER = 9,
    ENTRY_NOTICE = 10,
    ENTRY_CEREMONY = 11,
    ENTRY_RETAG = 12,
    ENTRY_ATTEST = 13,
    ENTRY_STATISTICS = 14,
};

struct header {
    uint8_t version;
    uint8_t audience;     /* enum audience */
    uint16_t body_units;  /* body length in units of 256 bytes; at least 1 */
    uint32_t expires_day; /* days since 1970-01-01; 0 never */
    uint64_t index;
    uint8_t commit[HASH_BYTES];
};

struct body {
    uint8_t type; /* enum entry_type, or one that this version does not know */
    uint8_t flags;
    uint32_t day;          /* when written, days since 1970-01-01 */
    uint64_t ref_plus_one; /* index of the entry that this one is about, plus one; 0 none */
    struct bytes payload;  /* with its padding; borrowed from the encoded body */
};

struct checkpoint {
    uint8_t author[AUTHOR_BYTES];
    uint32_t feed_epoch;
    uint64_t seq; /* 1 is the first */
    uint64_t size;
    uint8_t root[HASH_BYTES];
    uint8_t previous[HASH_BYTES]; /* hash of the previous checkpoint; zeros in the first */
    uint64_t time_utc;
    uint8_t seen[HASH_BYTES];
};

/* BLAKE2b-256("seinpost/v1/org" || org_id): what an organisation is called on the wire. */
void author_of(struct bytes org_id, uint8_t out[AUTHOR_BYTES]);

void header_encode(const struct header *h, uint8_t out[HEADER_BYTES]);

/* Reads a header. Returns ERR_VERSION for a version other than 1 and ERR_RANGE for an unknown
 * audience or a body larger than its audience permits; the batch that holds it is refused. */
MUST_CHECK enum err header_decode(const uint8_t in[HEADER_BYTES], struct header *h);

/* Writes salt || fixed fields || payload || zero padding, as the smallest number of units that its
 * audience allows (powers of two for all members; 64, 256 or 1024 for an addressee, 16 too), to
 * out. Returns ERR_LIMIT if it does not fit the audience's limit or cap; out is then unchanged. */
MUST_CHECK enum err body_encode(const struct body *b, enum audience audience,
                                const uint8_t salt[SALT_BYTES], uint8_t *out, size_t cap,
                                size_t *len);

/* Reads a body. Returns ERR_TRUNCATED if shorter than the fixed part, ERR_FORMAT if the zero field
 * is not zero. Unknown types are not errors. */
MUST_CHECK enum err body_decode(struct bytes in, struct body *b);

/* commit = BLAKE2b-256(key=salt, "seinpost/v1/body" || author || index || body after the salt). */
void body_commit(const uint8_t author[AUTHOR_BYTES], uint64_t index, struct bytes body,
                 uint8_t out[HASH_BYTES]);

/* Checks a body against its header: length and commitment. Returns ERR_COMMIT if it is another
 * body. */
MUST_CHECK enum err body_check(const uint8_t author[AUTHOR_BYTES], const struct header *h,
                               struct bytes body);

void checkpoint_encode(const struct checkpoint *c, uint8_t out[CHECKPOINT_BYTES]);

/* Signs with an Ed25519 secret key (64 bytes, libsodium's form). */
void checkpoint_sign(const struct checkpoint *c, const uint8_t secret_key[64],
                     uint8_t out[CHECKPOINT_SIGNED_BYTES]);

/* Reads and verifies a signed checkpoint. Returns ERR_TRUNCATED or ERR_FORMAT for the wrong length
 * or prefix, ERR_RANGE for seq or feed_epoch 0, a size of 2^40 or more, or a time beyond int64,
 * ERR_SIGNATURE if the key did not sign it. *c is unchanged on error. */
MUST_CHECK enum err checkpoint_verify(struct bytes in, const uint8_t feed_key[KEY_BYTES],
                                      struct checkpoint *c);

/* Reads a signed checkpoint that was verified before it was stored; the errors of checkpoint_verify
 * but for the signature. */
MUST_CHECK enum err checkpoint_read(struct bytes in, struct checkpoint *c);

/* BLAKE2b-256 of the 172 bytes before the signature: what "previous" and "seen" name. */
void checkpoint_hash(const struct checkpoint *c, uint8_t out[HASH_BYTES]);

/* Whether this checkpoint is one of the few that observers are given: the one that closes a day, or
 * the first of a feed. Nothing in it tells how much was written on that day (protocol/README.md,
 * section 12.6). */
bool checkpoint_is_daily(const struct checkpoint *c);

/* The number of the next checkpoint after last (0: none yet), which closes a day or does not. */
uint64_t checkpoint_next_seq(uint64_t last, bool closes_day);

/* One row of what "seen" commits to. */
struct seen_row {
    uint8_t author[AUTHOR_BYTES];
    uint32_t feed_epoch;
    uint64_t seq;
    uint8_t checkpoint_hash[HASH_BYTES];
};

enum { SEEN_ROW_BYTES = AUTHOR_BYTES + 4 + 8 + HASH_BYTES };

/* author || feed_epoch || seq || checkpoint hash. */
void seen_encode(const struct seen_row *row, uint8_t out[SEEN_ROW_BYTES]);

/* Whether these are encoded rows, in ascending order of author, none twice. */
bool seen_is_sound(struct bytes rows);

/* Row i of encoded rows; there must be so many. */
void seen_decode(struct bytes rows, size_t i, struct seen_row *row);

/* SHA-256 over encoded rows, which the caller gives in ascending order of author. */
void seen_hash(struct bytes rows, uint8_t out[HASH_BYTES]);

#endif
