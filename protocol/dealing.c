#include "protocol/dealing.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

static const char DRAW_DOMAIN[] = "seinpost/v1/dealing";
static const char KNOWN_DOMAIN[] = "seinpost/v1/dealing-known";
static const char NONCE_DOMAIN[] = "seinpost/v1/dealing-nonce";

size_t dealing_proof_bytes(enum dealing_kind kind)
{
    if (kind == DEALING_GENERATE)
        return DEALING_KNOWN_BYTES;
    return kind == DEALING_MULTIPLY ? DEALING_PRODUCT_BYTES : 0;
}

/* domain || ceremony || dealer || round, under the seed or under no key; to 64 bytes. */
static void hash_begin(crypto_generichash_state *h, const uint8_t *seed, struct bytes domain,
                       const struct dealing_place *place)
{
    crypto_generichash_init(h, seed, seed != NULL ? DEALING_SEED_BYTES : 0, WIDE_BYTES);
    crypto_generichash_update(h, domain.data, domain.len);
    crypto_generichash_update(h, place->ceremony, HASH_BYTES);
    crypto_generichash_update(h, place->dealer, AUTHOR_BYTES);
    crypto_generichash_update(h, &place->round, 1);
}

static void hash_end(crypto_generichash_state *h, uint8_t out[SCALAR_BYTES])
{
    uint8_t wide[WIDE_BYTES];
    crypto_generichash_final(h, wide, sizeof wide);
    scalar_from_wide(wide, out);
    sodium_memzero(wide, sizeof wide);
    sodium_memzero(h, sizeof *h);
}

static void draw_coefficient(const uint8_t seed[DEALING_SEED_BYTES],
                             const struct dealing_place *place, uint32_t k,
                             uint8_t out[SCALAR_BYTES])
{
    crypto_generichash_state h;
    uint8_t number[4];
    struct pack p = pack_of(number, sizeof number);
    pack_u32(&p, k);
    hash_begin(&h, seed, bytes_of(DRAW_DOMAIN, sizeof DRAW_DOMAIN - 1), place);
    crypto_generichash_update(&h, number, sizeof number);
    hash_end(&h, out);
}

enum err dealing_draw(const uint8_t seed[DEALING_SEED_BYTES], const struct dealing_place *place,
                      size_t t, const uint8_t *first, struct dealing_secret *out)
{
    sodium_memzero(out, sizeof *out);
    bool is_zero = first != NULL && sodium_is_zero(first, SCALAR_BYTES) == 1;
    if (t < (is_zero ? 2 : 1) || t > KEYHOLDERS_MAX)
        return ERR_RANGE;
    enum err e = OK;
    for (uint32_t k = 0; e == OK && k < t; k++) {
        if (k == 0 && first != NULL)
            memcpy(out->coefficient[0], first, SCALAR_BYTES);
        else
            draw_coefficient(seed, place, k, out->coefficient[k]);
        if (k > 0 || !is_zero)
            e = scalar_check(out->coefficient[k]);
    }
    out->t = t;
    if (e != OK)
        sodium_memzero(out, sizeof *out);
    return e;
}

enum err dealing_product(const uint8_t factor_share[SCALAR_BYTES],
                         const uint8_t share[SCALAR_BYTES], uint8_t out[SCALAR_BYTES])
{
    if (scalar_check(factor_share) != OK || scalar_check(share) != OK) {
        sodium_memzero(out, SCALAR_BYTES);
        return ERR_SCALAR;
    }
    crypto_core_ristretto255_scalar_mul(out, factor_share, share);
    return OK;
}

/* ---- Proofs ---- */

/* What a proof of multiply is about: C_0 and factor * PK are the factor's multiples of K_i and
 * PK, as R_i is of the generator. */
struct product {
    uint8_t c[2 * POINT_BYTES]; /* K_i, PK */
    uint8_t d[2 * POINT_BYTES]; /* C_0, factor * PK */
};

static struct product product_of(const struct dealing_base *base,
                                 const uint8_t commitment[POINT_BYTES],
                                 const uint8_t multiple[POINT_BYTES])
{
    struct product p;
    memcpy(p.c, base->commitment, POINT_BYTES);
    memcpy(p.c + POINT_BYTES, base->public_key, POINT_BYTES);
    memcpy(p.d, commitment, POINT_BYTES);
    memcpy(p.d + POINT_BYTES, multiple, POINT_BYTES);
    return p;
}

/* The challenge of "I know the logarithm of commitment", of which nonce_point is the first move. */
static void known_challenge(const struct dealing_place *place,
                            const uint8_t commitment[POINT_BYTES],
                            const uint8_t nonce_point[POINT_BYTES], uint8_t out[SCALAR_BYTES])
{
    crypto_generichash_state h;
    hash_begin(&h, NULL, bytes_of(KNOWN_DOMAIN, sizeof KNOWN_DOMAIN - 1), place);
    crypto_generichash_update(&h, commitment, POINT_BYTES);
    crypto_generichash_update(&h, nonce_point, POINT_BYTES);
    hash_end(&h, out);
}

/* A nonce for this statement and no other: under the seed, all that the proof is about. */
static enum err draw_nonce(const uint8_t seed[DEALING_SEED_BYTES],
                           const struct dealing_place *place, enum dealing_kind kind,
                           struct bytes statement, uint8_t out[SCALAR_BYTES])
{
    crypto_generichash_state h;
    const uint8_t number = (uint8_t)kind;
    hash_begin(&h, seed, bytes_of(NONCE_DOMAIN, sizeof NONCE_DOMAIN - 1), place);
    crypto_generichash_update(&h, &number, 1);
    crypto_generichash_update(&h, statement.data, statement.len);
    hash_end(&h, out);
    return scalar_check(out);
}

static enum err prove_known(const struct dealing_secret *s, const uint8_t seed[DEALING_SEED_BYTES],
                            const struct dealing_place *place, struct dealing *d)
{
    uint8_t nonce[SCALAR_BYTES], nonce_point[POINT_BYTES], product[SCALAR_BYTES];
    enum err e =
        draw_nonce(seed, place, DEALING_GENERATE, bytes_of(d->commitment[0], POINT_BYTES), nonce);
    if (e == OK)
        e = point_mul_base(nonce, nonce_point);
    if (e == OK) {
        known_challenge(place, d->commitment[0], nonce_point, d->proof);
        crypto_core_ristretto255_scalar_mul(product, d->proof, s->coefficient[0]);
        crypto_core_ristretto255_scalar_sub(d->proof + SCALAR_BYTES, nonce, product);
    }
    sodium_memzero(nonce, sizeof nonce);
    sodium_memzero(product, sizeof product);
    return e;
}

static enum err verify_known(const struct dealing *d, const struct dealing_place *place)
{
    const uint8_t *const stated = d->proof, *const response = d->proof + SCALAR_BYTES;
    uint8_t nonce_point[POINT_BYTES], expected[SCALAR_BYTES];
    if (scalar_check(stated) != OK || scalar_check(response) != OK)
        return ERR_SCALAR;
    enum err e = point_mul_base(response, nonce_point);
    if (e == OK)
        e = point_mul_add(stated, d->commitment[0], nonce_point);
    if (e != OK)
        return e;
    known_challenge(place, d->commitment[0], nonce_point, expected);
    return memcmp(expected, stated, SCALAR_BYTES) == 0 ? OK : ERR_PROOF;
}

static enum err prove_product(const uint8_t seed[DEALING_SEED_BYTES],
                              const struct dealing_place *place, const struct dealing_base *base,
                              const uint8_t factor_share[SCALAR_BYTES], struct dealing *d)
{
    enum { STATEMENT_BYTES = POINT_BYTES + sizeof(struct product) };
    uint8_t nonce[SCALAR_BYTES], statement[STATEMENT_BYTES];
    enum err e = point_mul(factor_share, base->public_key, d->proof);
    if (e != OK)
        return e;
    const struct product p = product_of(base, d->commitment[0], d->proof);
    memcpy(statement, base->factor, POINT_BYTES);
    memcpy(statement + POINT_BYTES, p.c, sizeof p.c);
    memcpy(statement + POINT_BYTES + sizeof p.c, p.d, sizeof p.d);
    e = draw_nonce(seed, place, DEALING_MULTIPLY, bytes_of(statement, sizeof statement), nonce);
    if (e == OK)
        e = voprf_prove(VOPRF_VOPRF, factor_share, base->factor, p.c, p.d, 2, nonce,
                        d->proof + POINT_BYTES);
    sodium_memzero(nonce, sizeof nonce);
    return e;
}

static enum err verify_product(const struct dealing *d, const struct dealing_base *base)
{
    const struct product p = product_of(base, d->commitment[0], d->proof);
    return voprf_verify(VOPRF_VOPRF, base->factor, p.c, p.d, 2, d->proof + POINT_BYTES);
}

/* ---- Publishing and verifying ---- */

static bool is_based(enum dealing_kind kind)
{
    return kind == DEALING_RESHARE || kind == DEALING_MULTIPLY;
}

static enum err shape_check(enum dealing_kind kind, size_t t)
{
    if (kind < DEALING_GENERATE || kind > DEALING_MULTIPLY)
        return ERR_RANGE;
    return t < (kind == DEALING_REFRESH ? 2 : 1) || t > KEYHOLDERS_MAX ? ERR_RANGE : OK;
}

/* The commitments; that of zero, which only a refresh deals, is the identity. */
static enum err commit(const struct dealing_secret *s, struct dealing *d)
{
    bool is_zero = sodium_is_zero(s->coefficient[0], SCALAR_BYTES) == 1;
    enum err e = is_zero == (d->kind == DEALING_REFRESH) ? OK : ERR_SCALAR;
    for (size_t k = is_zero ? 1 : 0; e == OK && k < s->t; k++)
        e = point_mul_base(s->coefficient[k], d->commitment[k]);
    return e;
}

enum err dealing_publish(const struct dealing_secret *s, const uint8_t seed[DEALING_SEED_BYTES],
                         const struct dealing_place *place, enum dealing_kind kind,
                         const struct dealing_base *base, const uint8_t *factor_share,
                         struct dealing *out)
{
    memset(out, 0, sizeof *out);
    enum err e = shape_check(kind, s->t);
    if (e != OK)
        return e;
    assert(is_based(kind) == (base != NULL) &&
           (kind == DEALING_MULTIPLY) == (factor_share != NULL));
    out->kind = kind;
    out->t = s->t;
    out->proof_bytes = dealing_proof_bytes(kind);
    e = commit(s, out);
    if (e == OK && kind == DEALING_GENERATE)
        e = prove_known(s, seed, place, out);
    if (e == OK && kind == DEALING_MULTIPLY)
        e = prove_product(seed, place, base, factor_share, out);
    if (e == OK)
        e = dealing_verify(out, place, base); /* a share that is not that of the base */
    if (e != OK)
        memset(out, 0, sizeof *out);
    return e;
}

enum err dealing_verify(const struct dealing *d, const struct dealing_place *place,
                        const struct dealing_base *base)
{
    enum err e = shape_check(d->kind, d->t);
    if (e != OK || d->proof_bytes != dealing_proof_bytes(d->kind))
        return ERR_RANGE;
    assert(is_based(d->kind) == (base != NULL));
    for (size_t k = 0; e == OK && k < d->t; k++) {
        if (k == 0 && d->kind == DEALING_REFRESH)
            e = point_is_identity(d->commitment[0]) ? OK : ERR_POINT;
        else
            e = point_check(d->commitment[k]);
    }
    if (e != OK)
        return e;
    switch (d->kind) {
    case DEALING_GENERATE:
        return verify_known(d, place);
    case DEALING_RESHARE:
        return memcmp(d->commitment[0], base->commitment, POINT_BYTES) == 0 ? OK : ERR_PROOF;
    case DEALING_MULTIPLY:
        return verify_product(d, base);
    case DEALING_REFRESH:
        break;
    }
    return OK;
}

/* ---- Sub-shares ---- */

static bool is_index(uint32_t x)
{
    return x >= 1 && x <= UINT8_MAX;
}

/* Horner's rule, from the highest coefficient down. */
enum err dealing_share(const struct dealing_secret *s, uint32_t x, uint8_t out[SCALAR_BYTES])
{
    uint8_t at[SCALAR_BYTES];
    memset(out, 0, SCALAR_BYTES);
    if (!is_index(x))
        return ERR_RANGE;
    scalar_from_u32(x, at);
    for (size_t k = s->t; k-- > 0;) {
        crypto_core_ristretto255_scalar_mul(out, out, at);
        crypto_core_ristretto255_scalar_add(out, out, s->coefficient[k]);
    }
    return scalar_check(out);
}

enum err dealing_commitment(const struct dealing *d, uint32_t x, uint8_t out[POINT_BYTES])
{
    uint8_t at[SCALAR_BYTES], power[SCALAR_BYTES];
    memset(out, 0, POINT_BYTES);
    if (!is_index(x))
        return ERR_RANGE;
    scalar_from_u32(x, at);
    scalar_from_u32(1, power);
    enum err e = OK;
    for (size_t k = d->kind == DEALING_REFRESH ? 1 : 0; e == OK && k < d->t; k++) {
        if (k > 0)
            crypto_core_ristretto255_scalar_mul(power, power, at);
        e = point_mul_add(power, d->commitment[k], out);
    }
    if (e != OK)
        memset(out, 0, POINT_BYTES);
    return e;
}

enum err dealing_check(const struct dealing *d, uint32_t x, const uint8_t share[SCALAR_BYTES])
{
    uint8_t want[POINT_BYTES], got[POINT_BYTES];
    enum err e = dealing_commitment(d, x, want);
    if (e == OK)
        e = point_mul_base(share, got);
    if (e != OK)
        return e;
    return memcmp(got, want, POINT_BYTES) == 0 ? OK : ERR_PROOF;
}
