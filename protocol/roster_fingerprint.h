/*
 * roster_fingerprint.h - a hash in a form that people can read out by telephone.
 *
 * 52 letters and digits in 13 groups of four, "K3M9-...": 5 bits each, most significant first, then
 * four zero bits. The letters I, L, O and U are not used; who writes I or L means 1, who writes O
 * means 0 (Crockford's base 32). Pure.
 */
#ifndef PROTOCOL_ROSTER_FINGERPRINT_H
#define PROTOCOL_ROSTER_FINGERPRINT_H

#include "proto/bytes.h"
#include "proto/err.h"

enum {
    FINGERPRINT_HASH_BYTES = 32,
    FINGERPRINT_CHARS = 65, /* 52 and 12 dashes, and the zero at the end */
};

void roster_fingerprint(const uint8_t hash[FINGERPRINT_HASH_BYTES], char out[FINGERPRINT_CHARS]);

/* Reads what a person typed: small or capital, with or without spaces and dashes anywhere. Returns
 * ERR_TRUNCATED if characters are missing, ERR_FORMAT for too many or for one that is not used; the
 * person types it again. out is then unchanged. */
MUST_CHECK enum err roster_fingerprint_decode(struct bytes text,
                                              uint8_t out[FINGERPRINT_HASH_BYTES]);

#endif
