#include "protocol/threshold.h"

#include <sodium.h>
#include <string.h>

static enum err range_check(size_t t, size_t n)
{
    return t < 1 || t > n || n > KEYHOLDERS_MAX ? ERR_RANGE : OK;
}

static enum err indexes_check(const uint32_t *indexes, size_t count)
{
    if (count < 1 || count > KEYHOLDERS_MAX)
        return ERR_RANGE;
    for (size_t i = 0; i < count; i++) {
        if (indexes[i] == 0)
            return ERR_RANGE;
        for (size_t j = 0; j < i; j++)
            if (indexes[i] == indexes[j])
                return ERR_RANGE;
    }
    return OK;
}

/* out = f(x), by Horner's rule from the highest coefficient down. */
static void polynomial_at(const uint8_t secret[SCALAR_BYTES], const uint8_t *coefficients, size_t t,
                          uint32_t x, uint8_t out[SCALAR_BYTES])
{
    uint8_t at[SCALAR_BYTES];
    scalar_from_u32(x, at);
    memset(out, 0, SCALAR_BYTES);
    for (size_t i = t - 1; i > 0; i--) {
        crypto_core_ristretto255_scalar_add(out, out, coefficients + (i - 1) * SCALAR_BYTES);
        crypto_core_ristretto255_scalar_mul(out, out, at);
    }
    crypto_core_ristretto255_scalar_add(out, out, secret);
}

enum err threshold_deal(const uint8_t secret[SCALAR_BYTES], const uint8_t *coefficients, size_t t,
                        size_t n, struct share *shares)
{
    struct share dealt[KEYHOLDERS_MAX];
    enum err e = range_check(t, n);
    if (e == OK)
        e = scalar_check(secret);
    for (size_t i = 0; e == OK && i + 1 < t; i++)
        e = scalar_check(coefficients + i * SCALAR_BYTES);
    if (e != OK)
        return e;
    for (size_t i = 0; e == OK && i < n; i++) {
        dealt[i].index = (uint32_t)i + 1;
        polynomial_at(secret, coefficients, t, dealt[i].index, dealt[i].scalar);
        e = scalar_check(dealt[i].scalar);
    }
    if (e == OK)
        memcpy(shares, dealt, n * sizeof dealt[0]);
    sodium_memzero(dealt, sizeof dealt);
    return e;
}

enum err threshold_commit(const struct share *share, uint8_t out[POINT_BYTES])
{
    if (share->index == 0) {
        sodium_memzero(out, POINT_BYTES);
        return ERR_RANGE;
    }
    return point_mul_base(share->scalar, out);
}

/* out = product over j of (x_j - x) / (x_j - x_which), for checked indexes and an x that is none of
 * them. Nothing here is secret. */
static void lagrange_at(const uint32_t *indexes, size_t count, size_t which, uint32_t x,
                        uint8_t out[SCALAR_BYTES])
{
    uint8_t at[SCALAR_BYTES], own[SCALAR_BYTES], above[SCALAR_BYTES], below[SCALAR_BYTES];
    scalar_from_u32(x, at);
    scalar_from_u32(indexes[which], own);
    scalar_from_u32(1, above);
    scalar_from_u32(1, below);
    for (size_t j = 0; j < count; j++) {
        if (j == which)
            continue;
        uint8_t other[SCALAR_BYTES], difference[SCALAR_BYTES];
        scalar_from_u32(indexes[j], other);
        crypto_core_ristretto255_scalar_sub(difference, other, at);
        crypto_core_ristretto255_scalar_mul(above, above, difference);
        crypto_core_ristretto255_scalar_sub(difference, other, own);
        crypto_core_ristretto255_scalar_mul(below, below, difference);
    }
    crypto_core_ristretto255_scalar_invert(below, below);
    crypto_core_ristretto255_scalar_mul(out, above, below);
}

enum err threshold_lagrange(const uint32_t *indexes, size_t count, size_t which,
                            uint8_t out[SCALAR_BYTES])
{
    enum err e = indexes_check(indexes, count);
    if (e != OK || which >= count)
        return ERR_RANGE;
    lagrange_at(indexes, count, which, 0, out);
    return OK;
}

/* Whether the polynomial through the first count commitments has the value want at x. */
static bool is_value_at(const uint32_t *indexes, const uint8_t *commitments, size_t count,
                        uint32_t x, const uint8_t want[POINT_BYTES])
{
    uint8_t sum[POINT_BYTES] = {0}, coefficient[SCALAR_BYTES];
    for (size_t i = 0; i < count; i++) {
        lagrange_at(indexes, count, i, x, coefficient);
        if (point_mul_add(coefficient, commitments + i * POINT_BYTES, sum) != OK)
            return false;
    }
    return memcmp(sum, want, POINT_BYTES) == 0;
}

enum err threshold_check(const uint8_t public_key[POINT_BYTES], size_t t, size_t n,
                         const uint32_t *indexes, const uint8_t *commitments)
{
    if (range_check(t, n) != OK || indexes_check(indexes, n) != OK)
        return ERR_RANGE;
    enum err e = point_check(public_key);
    for (size_t i = 0; e == OK && i < n; i++)
        e = point_check(commitments + i * POINT_BYTES);
    if (e != OK)
        return e;
    if (!is_value_at(indexes, commitments, t, 0, public_key))
        return ERR_PROOF;
    for (size_t i = t; i < n; i++)
        if (!is_value_at(indexes, commitments, t, indexes[i], commitments + i * POINT_BYTES))
            return ERR_PROOF;
    /* t - 1 of them give the key already: the degree is lower than t - 1. */
    return is_value_at(indexes, commitments, t - 1, 0, public_key) ? ERR_PROOF : OK;
}
