/*
 * post_seal.h - what the desk keeps of envelopes, sealed under the desk key.
 *
 *     nonce[24] || XChaCha20-Poly1305(desk key, record, associated data
 *                                     "seinpost/v1/desk-post" || kind u8 || context[16])
 *
 * The context is the message's id, an index, a week, the numbers of a share or the first half of a
 * ceremony's id, so that no record can stand in the place of another. Not pure: draws the nonce.
 */
#ifndef NODE_POST_SEAL_H
#define NODE_POST_SEAL_H

#include "federation/effect.h"

enum post_kind {
    POST_PREKEY = 1,
    POST_IN,
    POST_OUT,
    POST_CEREMONY,
    POST_SHARE,
    POST_ASKING,
    POST_ALLOWANCE
};

enum { POST_CONTEXT_BYTES = 16, POST_SEAL_BYTES = 24 + 16 };

struct post_context {
    uint8_t bytes[POST_CONTEXT_BYTES];
};
struct post_context post_context_id(const uint8_t id[ENVELOPE_ID_BYTES]);
struct post_context post_context_number(uint64_t number);

/* out has room for plain.len + POST_SEAL_BYTES. */
void post_seal(const uint8_t key[32], enum post_kind kind, struct post_context context,
               struct bytes plain, uint8_t *out);

/* plain has room for sealed.len - POST_SEAL_BYTES, and is wiped by the caller. ERR_TRUNCATED, or
 * ERR_SIGNATURE if it was changed, is of another kind or place, or sealed under another key. */
MUST_CHECK enum err post_unseal(const uint8_t key[32], enum post_kind kind,
                                struct post_context context, struct bytes sealed, uint8_t *plain);

/* A message in the inbox:
 *     version u8 = 1 | type u8 | role u8 | sender[32] | id[16] | reference[16] | index u64
 *     | created u64 | received u64 | expires_day u32 | content */
struct post_in {
    uint8_t type, role;
    uint8_t sender[AUTHOR_BYTES];
    uint8_t id[ENVELOPE_ID_BYTES];
    uint8_t reference[ENVELOPE_ID_BYTES];
    uint64_t index; /* in the sender's feed */
    uint64_t created_utc, received_utc;
    uint32_t expires_day;
    struct bytes content;
};
enum { POST_IN_BYTES = 3 + AUTHOR_BYTES + 2 * ENVELOPE_ID_BYTES + 8 + 8 + 8 + 4 };
/* out has room for POST_IN_BYTES + content.len. */
size_t post_in_encode(const struct post_in *m, uint8_t *out);
/* ERR_TRUNCATED, ERR_VERSION. The content is borrowed. */
MUST_CHECK enum err post_in_decode(struct bytes plain, struct post_in *out);

/* A message that was sent:
 *     version u8 = 1 | recipient[32] | id[16] | created u64 | expires_day u32 | bytes u32
 *     | subject */
struct post_out {
    uint8_t recipient[AUTHOR_BYTES];
    uint8_t id[ENVELOPE_ID_BYTES];
    uint64_t created_utc;
    uint32_t expires_day;
    uint32_t bytes; /* of its text */
    struct bytes subject;
};
enum { POST_OUT_BYTES = 1 + AUTHOR_BYTES + ENVELOPE_ID_BYTES + 8 + 4 + 4 };
size_t post_out_encode(const struct post_out *m, uint8_t *out);
MUST_CHECK enum err post_out_decode(struct bytes plain, struct post_out *out);

#endif
