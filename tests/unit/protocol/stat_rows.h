/*
 * stat_rows.h - what the tests of the statistics share: a statistics key that was dealt, and
 * decryption by t of its shares.
 */
#ifndef TESTS_UNIT_PROTOCOL_STAT_ROWS_H
#define TESTS_UNIT_PROTOCOL_STAT_ROWS_H

#include "protocol/stat_group.h"
#include "protocol/threshold.h"
#include "tests/unit/protocol/group_rows.h"

enum { STAT_T = 2, STAT_N = 3, STAT_EPOCH = 4, STAT_REFRESH = 1 };

struct stat_dealt {
    uint8_t secret[SCALAR_BYTES], key[POINT_BYTES];
    struct share share[STAT_N];
    uint8_t commitment[STAT_N][POINT_BYTES];
    uint8_t feed_key[STAT_N][32], feed_secret[STAT_N][64];
};

static inline void stat_deal(struct stat_dealt *d)
{
    uint8_t coefficients[STAT_T - 1][SCALAR_BYTES], seed[32];
    scalar_of(7001, d->secret);
    for (uint32_t i = 0; i < STAT_T - 1; i++)
        scalar_of(7100 + i, coefficients[i]);
    enum err e = point_mul_base(d->secret, d->key);
    assert(e == OK);
    e = threshold_deal(d->secret, coefficients[0], STAT_T, STAT_N, d->share);
    assert(e == OK);
    for (size_t i = 0; i < STAT_N; i++) {
        e = threshold_commit(&d->share[i], d->commitment[i]);
        assert(e == OK);
        memset(seed, 0x50 + (int)i, sizeof seed);
        crypto_sign_seed_keypair(d->feed_key[i], d->feed_secret[i], seed);
    }
    (void)e;
}

/* v * H of a ciphertext, by the whole key. */
static inline void stat_open(const struct stat_dealt *d, const struct stat_cipher *c,
                             uint8_t out[POINT_BYTES])
{
    uint8_t shared[POINT_BYTES];
    enum err e = point_mul(d->secret, c->a, shared);
    assert(e == OK);
    (void)e;
    crypto_core_ristretto255_sub(out, c->b, shared);
}

/* Whether a ciphertext holds v. */
static inline bool stat_holds(const struct stat_dealt *d, const struct stat_cipher *c, uint32_t v)
{
    uint8_t got[POINT_BYTES], want[POINT_BYTES];
    stat_open(d, c, got);
    stat_value_point(v, want);
    return memcmp(got, want, POINT_BYTES) == 0;
}

#endif
