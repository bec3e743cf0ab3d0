/*
 * dealing_combine.c - what comes of several dealings.
 *
 * Sums, where each dealer dealt its own part of a key or of zero; Lagrange's interpolation over the
 * dealers, where each dealt its value of one polynomial.
 */
#include "protocol/dealing.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

static bool is_interpolated(const struct dealing_set *set)
{
    return set->kind == DEALING_RESHARE || set->kind == DEALING_MULTIPLY;
}

/* What each dealing counts for: 1, or Lagrange's coefficient. */
struct weights {
    uint8_t of[KEYHOLDERS_MAX][SCALAR_BYTES];
};

static enum err weigh(const struct dealing_set *set, struct weights *w)
{
    if (set->count < 1 || set->count > KEYHOLDERS_MAX)
        return ERR_RANGE;
    const size_t t = set->dealing[0]->t;
    /* the product of two polynomials of degree t - 1 has degree 2t - 2 */
    if (set->kind == DEALING_MULTIPLY && set->count < 2 * t - 1)
        return ERR_RANGE;
    for (size_t i = 0; i < set->count; i++) {
        if (set->dealing[i]->kind != set->kind || set->dealing[i]->t != t)
            return ERR_RANGE;
        scalar_from_u32(1, w->of[i]);
        if (is_interpolated(set) && threshold_lagrange(set->index, set->count, i, w->of[i]) != OK)
            return ERR_RANGE;
    }
    return OK;
}

enum err dealing_combine_share(const struct dealing_set *set, const uint8_t (*sub)[SCALAR_BYTES],
                               const uint8_t *old, uint8_t out[SCALAR_BYTES])
{
    struct weights w;
    uint8_t sum[SCALAR_BYTES] = {0}, term[SCALAR_BYTES];
    enum err e = weigh(set, &w);
    assert((set->kind == DEALING_REFRESH) == (old != NULL));
    if (e == OK && old != NULL) {
        e = scalar_check(old);
        memcpy(sum, old, SCALAR_BYTES);
    }
    for (size_t i = 0; e == OK && i < set->count; i++) {
        e = scalar_check(sub[i]);
        crypto_core_ristretto255_scalar_mul(term, w.of[i], sub[i]);
        crypto_core_ristretto255_scalar_add(sum, sum, term);
    }
    if (e == OK)
        e = scalar_check(sum);
    if (e == OK)
        memcpy(out, sum, SCALAR_BYTES);
    else
        sodium_memzero(out, SCALAR_BYTES);
    sodium_memzero(sum, sizeof sum);
    sodium_memzero(term, sizeof term);
    return e;
}

/* Coefficient k of all dealings together, as a point; it may be the identity. */
static enum err unite_coefficient(const struct dealing_set *set, const struct weights *w, size_t k,
                                  uint8_t out[POINT_BYTES])
{
    memset(out, 0, POINT_BYTES);
    for (size_t i = 0; i < set->count; i++) {
        const uint8_t *commitment = set->dealing[i]->commitment[k];
        if (is_interpolated(set)) {
            if (point_mul_add(w->of[i], commitment, out) != OK)
                return ERR_POINT;
        } else if (crypto_core_ristretto255_add(out, out, commitment) != 0) {
            return ERR_POINT; /* a quarter of the work where each counts once */
        }
    }
    return OK;
}

enum err dealing_unite(const struct dealing_set *set, struct dealing *out)
{
    struct weights w;
    memset(out, 0, sizeof *out);
    enum err e = weigh(set, &w);
    if (e != OK)
        return e;
    out->kind = set->kind;
    out->t = set->dealing[0]->t;
    for (size_t k = 0; e == OK && k < out->t; k++)
        e = unite_coefficient(set, &w, k, out->commitment[k]);
    if (e != OK)
        memset(out, 0, sizeof *out);
    return e;
}

/* Ends a sum: the identity is no result. */
static enum err finish(enum err e, uint8_t out[POINT_BYTES])
{
    if (e == OK && point_is_identity(out))
        e = ERR_POINT;
    if (e != OK)
        memset(out, 0, POINT_BYTES);
    return e;
}

/* What was there before, in a refresh. */
static enum err add_old(const uint8_t old[POINT_BYTES], uint8_t sum[POINT_BYTES])
{
    enum err e = point_check(old);
    if (e == OK && crypto_core_ristretto255_add(sum, sum, old) != 0)
        e = ERR_POINT;
    return e;
}

enum err dealing_combine_commitment(const struct dealing_set *set, uint32_t x, const uint8_t *old,
                                    uint8_t out[POINT_BYTES])
{
    struct dealing all;
    enum err e = dealing_unite(set, &all);
    if (e == OK)
        return dealing_united_commitment(&all, x, old, out);
    memset(out, 0, POINT_BYTES);
    return e;
}

enum err dealing_united_commitment(const struct dealing *all, uint32_t x, const uint8_t *old,
                                   uint8_t out[POINT_BYTES])
{
    uint8_t sum[POINT_BYTES];
    assert((all->kind == DEALING_REFRESH) == (old != NULL));
    enum err e = dealing_commitment(all, x, sum);
    if (e == OK && old != NULL)
        e = add_old(old, sum);
    e = finish(e, sum);
    memcpy(out, sum, POINT_BYTES);
    return e;
}

/* Whether the factor, evaluated on the old public key in the open, gives the new one. */
static enum err check_product(const struct dealing_set *set, const uint8_t key[POINT_BYTES])
{
    uint8_t sum[POINT_BYTES] = {0}, lambda[SCALAR_BYTES];
    const size_t t = set->dealing[0]->t;
    enum err e = OK;
    for (size_t i = 0; e == OK && i < t; i++) {
        e = threshold_lagrange(set->index, t, i, lambda);
        if (e == OK)
            e = point_mul_add(lambda, set->dealing[i]->proof, sum);
    }
    if (e == OK && memcmp(sum, key, POINT_BYTES) != 0)
        e = ERR_PROOF;
    return e;
}

enum err dealing_combine_key(const struct dealing_set *set, const uint8_t *old,
                             uint8_t out[POINT_BYTES])
{
    struct weights w;
    uint8_t sum[POINT_BYTES] = {0};
    enum err e = weigh(set, &w);
    assert((set->kind == DEALING_REFRESH) == (old != NULL));
    if (e == OK)
        e = unite_coefficient(set, &w, 0, sum);
    if (e == OK && old != NULL)
        e = add_old(old, sum);
    if (e == OK && set->kind == DEALING_MULTIPLY)
        e = check_product(set, sum);
    e = finish(e, sum);
    memcpy(out, sum, POINT_BYTES);
    return e;
}
