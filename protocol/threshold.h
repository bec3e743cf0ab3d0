/*
 * threshold.h - a key split among n keyholders, any t of whom can act with it.
 *
 * Shamir's sharing over the scalars of ristretto255: keyholder j holds f(j) for a polynomial f of
 * degree t - 1, and the key is f(0). It is never put together again: what t keyholders computed
 * with their shares is combined with Lagrange's coefficients at 0. The roster publishes the
 * commitments K_j = f(j) * G, and threshold_check proves to anyone that they belong together.
 *
 * Pure: no I/O, no clock, no allocation, no globals; all randomness is handed in.
 */
#ifndef PROTOCOL_THRESHOLD_H
#define PROTOCOL_THRESHOLD_H

#include "proto/limits.h"
#include "protocol/group.h"

/* Secret. */
struct share {
    uint32_t index; /* where the polynomial was evaluated; 1 is the first, 0 never occurs */
    uint8_t scalar[SCALAR_BYTES];
};

/* Splits secret into n shares with indexes 1 to n. coefficients are t - 1 uniform secret scalars,
 * packed, that of x first; the caller wipes them. Returns ERR_RANGE unless 1 <= t <= n <=
 * KEYHOLDERS_MAX, ERR_SCALAR if the secret or a coefficient is not canonical or is zero, or if a
 * share would be zero (the caller draws other coefficients). On error shares are unchanged. */
MUST_CHECK enum err threshold_deal(const uint8_t secret[SCALAR_BYTES], const uint8_t *coefficients,
                                   size_t t, size_t n, struct share *shares);

/* K_j = share * G. Returns ERR_RANGE for index 0 and ERR_SCALAR for an unusable share, out then
 * being zeros; the caller does not use that share. */
MUST_CHECK enum err threshold_commit(const struct share *share, uint8_t out[POINT_BYTES]);

/* The coefficient at 0 for indexes[which] among count indexes: the sum of coefficient * share over
 * all of them is the key. Returns ERR_RANGE unless count is 1 to KEYHOLDERS_MAX, which is below
 * count, and the indexes are distinct and not zero; out is then unchanged. */
MUST_CHECK enum err threshold_lagrange(const uint32_t *indexes, size_t count, size_t which,
                                       uint8_t out[SCALAR_BYTES]);

/* Whether n commitments (packed, in the order of indexes) and the public key lie on one polynomial
 * of degree t - 1, exactly: with a lower degree fewer than t shares would be the key. Returns
 * ERR_RANGE unless 1 <= t <= n <= KEYHOLDERS_MAX and the indexes are distinct and not zero,
 * ERR_POINT if the key or a commitment is not canonical or is the identity, ERR_PROOF if they do
 * not belong together. The caller then refuses the document that holds them. Costs t * (n - t + 1)
 * + t - 1 multiplications. */
MUST_CHECK enum err threshold_check(const uint8_t public_key[POINT_BYTES], size_t t, size_t n,
                                    const uint32_t *indexes, const uint8_t *commitments);

#endif
