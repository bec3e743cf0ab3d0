#include "protocol/stat_tally.h"

#include <assert.h>
#include <string.h>

#include "protocol/evaluation.h"

static void absorb(crypto_generichash_state *h, const char *domain)
{
    crypto_generichash_update(h, (const uint8_t *)domain, strlen(domain));
}

static void absorb_u32(crypto_generichash_state *h, uint32_t v)
{
    uint8_t four[4];
    struct pack p = pack_of(four, sizeof four);
    pack_u32(&p, v);
    crypto_generichash_update(h, four, sizeof four);
}

static void absorb_u16(crypto_generichash_state *h, uint16_t v)
{
    const uint8_t two[2] = {(uint8_t)(v >> 8), (uint8_t)v};
    crypto_generichash_update(h, two, sizeof two);
}

/* ---- The set and the sums ---- */

void stat_set_init(struct stat_set *set)
{
    memset(set, 0, sizeof *set);
    crypto_generichash_init(&set->hash, NULL, 0, HASH_BYTES);
    absorb(&set->hash, "seinpost/v1/stat-set");
}

enum err stat_set_add(struct stat_set *set, const uint8_t author[AUTHOR_BYTES],
                      const uint8_t contribution[HASH_BYTES])
{
    if (set->count > 0 && memcmp(author, set->last, AUTHOR_BYTES) <= 0)
        return ERR_SEQUENCE;
    if (set->count >= ORGANISATIONS_MAX)
        return ERR_FULL;
    crypto_generichash_update(&set->hash, author, AUTHOR_BYTES);
    crypto_generichash_update(&set->hash, contribution, HASH_BYTES);
    memcpy(set->last, author, AUTHOR_BYTES);
    set->count++;
    return OK;
}

void stat_set_hash(const struct stat_set *set, uint8_t out[HASH_BYTES])
{
    crypto_generichash_state h = set->hash;
    crypto_generichash_final(&h, out, HASH_BYTES);
}

void stat_sums_hash(const struct stat_schema *s, const uint8_t set[HASH_BYTES], uint32_t refresh,
                    const struct stat_sums *sums, uint8_t out[HASH_BYTES])
{
    crypto_generichash_state h;
    crypto_generichash_init(&h, NULL, 0, HASH_BYTES);
    absorb(&h, "seinpost/v1/stat-sums");
    crypto_generichash_update(&h, s->hash, HASH_BYTES);
    absorb_u32(&h, s->period);
    crypto_generichash_update(&h, set, HASH_BYTES);
    absorb_u32(&h, refresh);
    absorb_u16(&h, sums->contributors);
    for (size_t i = 0; i < s->cell_count; i++) {
        crypto_generichash_update(&h, sums->count[i].a, STAT_CIPHER_BYTES);
        crypto_generichash_update(&h, sums->value[i].a, STAT_CIPHER_BYTES);
    }
    crypto_generichash_final(&h, out, HASH_BYTES);
}

/* ---- Signatures ---- */

enum { SIGNED_BYTES_MAX = 128 };

struct text {
    uint8_t data[SIGNED_BYTES_MAX];
    size_t len;
};

static struct text sums_text(const struct stat_schema *s, const uint8_t sums[HASH_BYTES])
{
    struct text t;
    struct pack p = pack_of(t.data, sizeof t.data);
    pack_bytes(&p, BYTES_LITERAL("seinpost/v1/stat-sums"));
    pack_copy(&p, s->hash, HASH_BYTES);
    pack_u32(&p, s->period);
    pack_copy(&p, sums, HASH_BYTES);
    assert(!p.is_full);
    t.len = pack_len(&p);
    return t;
}

static struct text mix_text(const uint8_t sums[HASH_BYTES], uint8_t turn, struct bytes mix)
{
    struct text t;
    uint8_t hash[HASH_BYTES];
    crypto_generichash(hash, sizeof hash, mix.data, mix.len, NULL, 0);
    struct pack p = pack_of(t.data, sizeof t.data);
    pack_bytes(&p, BYTES_LITERAL("seinpost/v1/stat-mixed"));
    pack_copy(&p, sums, HASH_BYTES);
    pack_u8(&p, turn);
    pack_copy(&p, hash, HASH_BYTES);
    assert(!p.is_full);
    t.len = pack_len(&p);
    return t;
}

static enum err check(const struct text *t, const uint8_t *feed_key, const uint8_t *signature)
{
    return crypto_sign_verify_detached(signature, t->data, t->len, feed_key) == 0 ? OK
                                                                                  : ERR_SIGNATURE;
}

void stat_sums_sign(const struct stat_schema *s, const uint8_t sums[HASH_BYTES],
                    const uint8_t secret_key[64], uint8_t signature[SIGNATURE_BYTES])
{
    const struct text t = sums_text(s, sums);
    crypto_sign_detached(signature, NULL, t.data, t.len, secret_key);
}

enum err stat_sums_verify(const struct stat_schema *s, const uint8_t sums[HASH_BYTES],
                          const uint8_t feed_key[KEY_BYTES],
                          const uint8_t signature[SIGNATURE_BYTES])
{
    const struct text t = sums_text(s, sums);
    return check(&t, feed_key, signature);
}

void stat_tally_mix_sign(const uint8_t sums[HASH_BYTES], uint8_t turn, struct bytes mix,
                         const uint8_t secret_key[64], uint8_t signature[SIGNATURE_BYTES])
{
    const struct text t = mix_text(sums, turn, mix);
    crypto_sign_detached(signature, NULL, t.data, t.len, secret_key);
}

enum err stat_tally_mix_check(const uint8_t sums[HASH_BYTES], uint8_t turn, struct bytes mix,
                              const uint8_t feed_key[KEY_BYTES],
                              const uint8_t signature[SIGNATURE_BYTES])
{
    const struct text t = mix_text(sums, turn, mix);
    return check(&t, feed_key, signature);
}

/* ---- Mixes ---- */

size_t stat_tally_mix_bytes(const struct stat_schema *s)
{
    return s->cell_count * stat_mix_bytes(s->minimum_cell);
}

enum err stat_tally_begin(const struct stat_schema *s, const struct stat_sums *sums,
                          struct stat_lists *lists)
{
    enum err e = OK;
    for (size_t i = 0; e == OK && i < s->cell_count; i++)
        e = stat_mix_begin(&sums->count[i], s->minimum_cell, lists->list[i]);
    return e;
}

enum err stat_tally_mix(const struct stat_schema *s, const uint8_t sums[HASH_BYTES], uint8_t turn,
                        const struct stat_lists *lists, const uint8_t fresh[RNG_FRESH_BYTES],
                        uint8_t *out)
{
    struct rng r;
    uint8_t own[RNG_FRESH_BYTES];
    enum err e = OK;
    rng_init(&r, fresh);
    for (uint16_t i = 0; e == OK && i < s->cell_count; i++) {
        const struct stat_mix_place place = {sums, turn, i, s->minimum_cell};
        rng_bytes(&r, own, sizeof own);
        e = stat_mix_prove(&place, lists->list[i], own, out + i * stat_mix_bytes(s->minimum_cell));
    }
    rng_clear(&r);
    sodium_memzero(own, sizeof own);
    return e;
}

enum err stat_tally_mix_verify(const struct stat_schema *s, const uint8_t sums[HASH_BYTES],
                               uint8_t turn, struct bytes mix, struct stat_lists *lists)
{
    const size_t each = stat_mix_bytes(s->minimum_cell);
    enum err e = OK;
    if (mix.len != stat_tally_mix_bytes(s))
        return mix.len < stat_tally_mix_bytes(s) ? ERR_TRUNCATED : ERR_FORMAT;
    for (uint16_t i = 0; e == OK && i < s->cell_count; i++) {
        const struct stat_mix_place place = {sums, turn, i, s->minimum_cell};
        e = stat_mix_verify(&place, bytes_of(mix.data + i * each, each), lists->list[i]);
    }
    return e;
}

/* ---- Decryption ---- */

static void put_point(struct stat_points *p, const struct stat_cipher *c)
{
    assert(p->count < STAT_POINTS_MAX);
    memcpy(p->a + p->count * POINT_BYTES, c->a, POINT_BYTES);
    memcpy(p->b + p->count * POINT_BYTES, c->b, POINT_BYTES);
    memset(p->sum + p->count * POINT_BYTES, 0, POINT_BYTES);
    p->count++;
}

void stat_points_of_lists(const struct stat_schema *s, const struct stat_lists *lists,
                          struct stat_points *out)
{
    out->count = 0;
    for (size_t i = 0; i < s->cell_count; i++)
        for (size_t j = 0; j < s->minimum_cell; j++)
            put_point(out, &lists->list[i][j]);
}

void stat_points_of_sums(const struct stat_schema *s, const struct stat_sums *sums,
                         const enum stat_state *states, struct stat_points *out)
{
    out->count = 0;
    for (size_t i = 0; i < s->cell_count; i++)
        if (states[i] == STAT_SHOWN)
            put_point(out, &sums->value[i]);
}

static size_t batches(size_t count)
{
    return (count + EVALUATION_POINTS_MAX - 1) / EVALUATION_POINTS_MAX;
}

static size_t batch_len(size_t count, size_t batch)
{
    const size_t left = count - batch * EVALUATION_POINTS_MAX;
    return left < EVALUATION_POINTS_MAX ? left : EVALUATION_POINTS_MAX;
}

size_t stat_answer_bytes(size_t count)
{
    return count * POINT_BYTES + batches(count) * VOPRF_PROOF_BYTES;
}

enum err stat_answer(const struct share *share, const uint8_t commitment[POINT_BYTES],
                     const struct stat_points *points, const uint8_t fresh[RNG_FRESH_BYTES],
                     uint8_t *out)
{
    uint8_t *const proofs = out + points->count * POINT_BYTES;
    uint8_t own[EVALUATION_FRESH_BYTES];
    struct rng r;
    enum err e = OK;
    rng_init(&r, fresh);
    for (size_t i = 0; e == OK && i < batches(points->count); i++) {
        const size_t at = i * EVALUATION_POINTS_MAX * POINT_BYTES;
        rng_bytes(&r, own, sizeof own);
        e = evaluation_answer(share, commitment, points->a + at, batch_len(points->count, i), own,
                              out + at, proofs + i * VOPRF_PROOF_BYTES);
    }
    rng_clear(&r);
    sodium_memzero(own, sizeof own);
    return e;
}

enum err stat_answer_take(struct stat_points *points, const uint32_t *indexes, size_t count,
                          size_t which, const uint8_t commitment[POINT_BYTES], struct bytes answer)
{
    const size_t want = stat_answer_bytes(points->count);
    uint8_t lambda[SCALAR_BYTES];
    if (answer.len != want)
        return answer.len < want ? ERR_TRUNCATED : ERR_FORMAT;
    const uint8_t *const proofs = answer.data + points->count * POINT_BYTES;
    enum err e = threshold_lagrange(indexes, count, which, lambda);
    for (size_t i = 0; e == OK && i < batches(points->count); i++) {
        const size_t at = i * EVALUATION_POINTS_MAX * POINT_BYTES;
        e = evaluation_verify(commitment, points->a + at, answer.data + at,
                              batch_len(points->count, i), proofs + i * VOPRF_PROOF_BYTES);
    }
    for (size_t i = 0; e == OK && i < points->count; i++)
        e = point_mul_add(lambda, answer.data + i * POINT_BYTES, points->sum + i * POINT_BYTES);
    return e;
}

void stat_points_open(const struct stat_points *points, size_t i, uint8_t out[POINT_BYTES])
{
    /* Both are valid: the one was multiplied or summed, the other is a sum of verified points. */
    int failed = crypto_core_ristretto255_sub(out, points->b + i * POINT_BYTES,
                                              points->sum + i * POINT_BYTES);
    assert(!failed);
    (void)failed;
}

void stat_tally_below(const struct stat_schema *s, const struct stat_points *points, bool *below)
{
    assert(points->count == (size_t)s->cell_count * s->minimum_cell);
    for (size_t i = 0; i < s->cell_count; i++) {
        below[i] = false;
        for (size_t j = 0; j < s->minimum_cell; j++) {
            const size_t at = (i * s->minimum_cell + j) * POINT_BYTES;
            if (memcmp(points->b + at, points->sum + at, POINT_BYTES) == 0)
                below[i] = true;
        }
    }
}
