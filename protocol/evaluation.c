#include "protocol/evaluation.h"

#include <assert.h>
#include <sodium.h>

/* One nonce under two challenges is the share given away. So the nonce binds all that the challenge
 * binds, and even constant fresh bytes repeat it only together with the whole proof. */
static void nonce_derive(const struct share *share, const uint8_t fresh[EVALUATION_FRESH_BYTES],
                         const uint8_t commitment[POINT_BYTES], const uint8_t *points,
                         const uint8_t *evaluated, size_t count, uint8_t out[SCALAR_BYTES])
{
    const struct bytes prefix = BYTES_LITERAL("seinpost/v1/nonce");
    uint8_t numbers[8], wide[WIDE_BYTES];
    struct pack p = pack_of(numbers, sizeof numbers);
    pack_u32(&p, share->index);
    pack_u32(&p, (uint32_t)count);

    crypto_generichash_state h;
    crypto_generichash_init(&h, share->scalar, SCALAR_BYTES, sizeof wide);
    crypto_generichash_update(&h, prefix.data, prefix.len);
    crypto_generichash_update(&h, numbers, sizeof numbers);
    crypto_generichash_update(&h, fresh, EVALUATION_FRESH_BYTES);
    crypto_generichash_update(&h, commitment, POINT_BYTES);
    crypto_generichash_update(&h, points, count * POINT_BYTES);
    crypto_generichash_update(&h, evaluated, count * POINT_BYTES);
    crypto_generichash_final(&h, wide, sizeof wide);
    scalar_from_wide(wide, out);
    sodium_memzero(wide, sizeof wide);
    sodium_memzero(&h, sizeof h);
}

enum err evaluation_alone(const struct share *share, const uint8_t *points, size_t count,
                          uint8_t *evaluated)
{
    if (count < 1 || count > EVALUATION_POINTS_MAX)
        return ERR_RANGE;
    enum err e = share->index == 0 ? ERR_RANGE : OK;
    for (size_t i = 0; e == OK && i < count; i++)
        e = point_mul(share->scalar, points + i * POINT_BYTES, evaluated + i * POINT_BYTES);
    if (e != OK)
        sodium_memzero(evaluated, count * POINT_BYTES);
    return e;
}

enum err evaluation_answer(const struct share *share, const uint8_t commitment[POINT_BYTES],
                           const uint8_t *points, size_t count,
                           const uint8_t fresh[EVALUATION_FRESH_BYTES], uint8_t *evaluated,
                           uint8_t proof[VOPRF_PROOF_BYTES])
{
    uint8_t nonce[SCALAR_BYTES];
    sodium_memzero(proof, VOPRF_PROOF_BYTES);
    enum err e = evaluation_alone(share, points, count, evaluated);
    if (e != OK)
        return e;
    nonce_derive(share, fresh, commitment, points, evaluated, count, nonce);
    e = voprf_prove(VOPRF_VOPRF, share->scalar, commitment, points, evaluated, count, nonce, proof);
    sodium_memzero(nonce, sizeof nonce);
    if (e != OK)
        sodium_memzero(evaluated, count * POINT_BYTES);
    return e;
}

enum err evaluation_verify(const uint8_t commitment[POINT_BYTES], const uint8_t *points,
                           const uint8_t *evaluated, size_t count,
                           const uint8_t proof[VOPRF_PROOF_BYTES])
{
    return voprf_verify(VOPRF_VOPRF, commitment, points, evaluated, count, proof);
}

enum err evaluation_verify_padded(const uint8_t commitment[POINT_BYTES], const uint8_t *points,
                                  const uint8_t *evaluated, size_t count, size_t real,
                                  const uint8_t seed[EVALUATION_SEED_BYTES],
                                  const uint8_t proof[VOPRF_PROOF_BYTES])
{
    uint8_t scalars[EVALUATION_POINTS_MAX * SCALAR_BYTES];
    if (count > EVALUATION_POINTS_MAX || real > count)
        return ERR_RANGE;
    for (size_t i = real; i < count; i++)
        evaluation_blind_scalar(seed, (uint32_t)i, scalars + (i - real) * SCALAR_BYTES);
    enum err e = voprf_verify_known(VOPRF_VOPRF, commitment, points, evaluated, count, scalars,
                                    count - real, proof);
    sodium_memzero(scalars, (count - real) * SCALAR_BYTES);
    return e;
}

void evaluation_subject(uint8_t kind, struct bytes match_key, uint8_t *out, size_t *len)
{
    assert(match_key.len <= MATCH_KEY_BYTES_MAX);
    struct pack p = pack_of(out, EVALUATION_SUBJECT_BYTES_MAX);
    pack_bytes(&p, BYTES_LITERAL("seinpost/v1/subject"));
    pack_u8(&p, kind);
    pack_bytes(&p, match_key);
    assert(!p.is_full);
    *len = pack_len(&p);
}

void evaluation_blind_scalar(const uint8_t seed[EVALUATION_SEED_BYTES], uint32_t i,
                             uint8_t blind[SCALAR_BYTES])
{
    uint8_t text[32], wide[WIDE_BYTES];
    struct pack p = pack_of(text, sizeof text);
    pack_bytes(&p, BYTES_LITERAL("seinpost/v1/blind"));
    pack_u32(&p, i);
    assert(!p.is_full);
    crypto_generichash(wide, sizeof wide, text, pack_len(&p), seed, EVALUATION_SEED_BYTES);
    scalar_from_wide(wide, blind);
    sodium_memzero(wide, sizeof wide);
}

enum err evaluation_pad(const uint8_t seed[EVALUATION_SEED_BYTES], uint32_t i,
                        uint8_t out[POINT_BYTES])
{
    uint8_t scalar[SCALAR_BYTES];
    evaluation_blind_scalar(seed, i, scalar);
    enum err e = point_mul_base(scalar, out);
    sodium_memzero(scalar, sizeof scalar);
    return e;
}

enum err evaluation_lambdas_init(struct evaluation_lambdas *l, const uint32_t *indexes, size_t t)
{
    struct evaluation_lambdas made = {.count = t};
    if (t < 1 || t > KEYHOLDERS_MAX)
        return ERR_RANGE;
    for (size_t j = 0; j < t; j++) {
        enum err e = threshold_lagrange(indexes, t, j, made.lambda[j]);
        if (e != OK)
            return e;
    }
    *l = made;
    return OK;
}

enum err evaluation_combine(const struct evaluation_lambdas *l, const uint8_t *const *evaluated,
                            size_t i, const uint8_t blind[SCALAR_BYTES], uint8_t n[POINT_BYTES])
{
    uint8_t inverse[SCALAR_BYTES], factor[SCALAR_BYTES], sum[POINT_BYTES] = {0};
    enum err e = scalar_check(blind);
    if (e != OK) {
        sodium_memzero(n, POINT_BYTES);
        return e;
    }
    crypto_core_ristretto255_scalar_invert(inverse, blind);
    for (size_t j = 0; e == OK && j < l->count; j++) {
        crypto_core_ristretto255_scalar_mul(factor, l->lambda[j], inverse);
        e = point_mul_add(factor, evaluated[j] + i * POINT_BYTES, sum);
    }
    if (e == OK && point_is_identity(sum))
        e = ERR_POINT;
    for (size_t b = 0; b < POINT_BYTES; b++)
        n[b] = e == OK ? sum[b] : 0;
    sodium_memzero(inverse, sizeof inverse);
    sodium_memzero(factor, sizeof factor);
    sodium_memzero(sum, sizeof sum);
    return e;
}
