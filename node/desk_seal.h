/*
 * desk_seal.h - the desk's own record of an entry, sealed under the desk key.
 *
 * The author keeps, of each live entry of its own, the reference under which the case stays at
 * home, and the pseudonym, kind and counter behind each tag: a change of the key period needs them.
 * On disk there is only ciphertext, bound to the entry's index.
 *
 *     nonce[24] || XChaCha20-Poly1305(key, record, associated data "seinpost/v1/desk" || index u64)
 *     record = version u8 = 2 | key period u32 | written day u32 | expires day u32
 *              | length u8, reference | count u8 | (kind u8, counter u8, N[32]) each,
 *              padded with zeros to DESK_RECORD_BYTES
 *
 * Records of version 1 are without the key period: they are of the first that there was.
 */
#ifndef NODE_DESK_SEAL_H
#define NODE_DESK_SEAL_H

#include "proto/bytes.h"
#include "proto/err.h"
#include "proto/limits.h"

enum {
    DESK_KEY_BYTES = 32,
    DESK_REF_BYTES_MAX = 127,
    DESK_RECORD_BYTES = 640,
    DESK_SEALED_BYTES = 24 + DESK_RECORD_BYTES + 16,
};

struct desk_tag {
    uint8_t kind;
    uint8_t counter;
    uint8_t n[32];
};

struct desk_record {
    uint32_t epoch; /* key period of the pseudonyms; 0: not known */
    uint32_t written_day;
    uint32_t expires_day;
    char ref[DESK_REF_BYTES_MAX + 1];
    size_t count;
    struct desk_tag tags[SIGNAL_TAGS_MAX];
};

void desk_seal(const uint8_t key[DESK_KEY_BYTES], uint64_t index, const struct desk_record *r,
               uint8_t out[DESK_SEALED_BYTES]);

/* Opens one. ERR_FORMAT for another length or version, ERR_SIGNATURE if it was changed, belongs to
 * another index or another key; *r is then zeros. The caller wipes *r. */
MUST_CHECK enum err desk_unseal(const uint8_t key[DESK_KEY_BYTES], uint64_t index,
                                struct bytes sealed, struct desk_record *r);

#endif
