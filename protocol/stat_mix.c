#include "protocol/stat_mix.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

enum { MAX = STAT_MINIMUM_CELL_MAX };

/* Commitments, by turn and place: of A, of B. */
struct commitments {
    uint8_t t[MAX * MAX][2][POINT_BYTES];
};

static uint8_t *challenge_at(uint8_t *mix, uint8_t m, size_t turn)
{
    return mix + (size_t)m * STAT_CIPHER_BYTES + 32 * turn;
}

static uint8_t *answer_at(uint8_t *mix, uint8_t m, size_t turn, size_t place)
{
    return challenge_at(mix, m, m) + 32 * (turn * m + place);
}

static void hash(const struct stat_mix_place *p, const struct stat_cipher *list,
                 const uint8_t *outcome, const struct commitments *t, uint8_t out[SCALAR_BYTES])
{
    static const char domain[] = "seinpost/v1/stat-mix";
    uint8_t numbers[4], wide[WIDE_BYTES];
    struct pack n = pack_of(numbers, sizeof numbers);
    pack_u8(&n, p->turn);
    pack_u16(&n, p->cell);
    pack_u8(&n, p->minimum);
    const size_t m = p->minimum;
    crypto_hash_sha512_state h;
    crypto_hash_sha512_init(&h);
    crypto_hash_sha512_update(&h, (const uint8_t *)domain, sizeof domain - 1);
    crypto_hash_sha512_update(&h, p->sums, 32);
    crypto_hash_sha512_update(&h, numbers, sizeof numbers);
    crypto_hash_sha512_update(&h, list[0].a, m * STAT_CIPHER_BYTES);
    crypto_hash_sha512_update(&h, outcome, m * STAT_CIPHER_BYTES);
    crypto_hash_sha512_update(&h, t->t[0][0], m * m * sizeof t->t[0]);
    crypto_hash_sha512_final(&h, wide);
    scalar_from_wide(wide, out);
}

enum err stat_mix_begin(const struct stat_cipher *count, uint8_t minimum, struct stat_cipher *list)
{
    struct stat_cipher got[MAX];
    assert(minimum >= 1 && minimum <= MAX);
    enum err e = point_check(count->a);
    if (e == OK)
        e = point_check(count->b);
    got[0] = *count;
    for (size_t i = 1; e == OK && i < minimum; i++)
        e = stat_cipher_less_one(&got[i - 1], &got[i]);
    if (e == OK)
        memcpy(list, got, minimum * sizeof got[0]);
    return e;
}

/* The commitments of one turn from its challenge and answers: z * in - c * out. */
static enum err commit_turn(const struct stat_mix_place *p, const struct stat_cipher *list,
                            uint8_t *mix, size_t turn, struct commitments *t)
{
    const size_t m = p->minimum;
    uint8_t minus[SCALAR_BYTES];
    enum err e = OK;
    crypto_core_ristretto255_scalar_negate(minus, challenge_at(mix, p->minimum, turn));
    for (size_t place = 0; e == OK && place < m; place++) {
        const struct stat_cipher *const in = &list[(place + turn) % m];
        const uint8_t *const out = mix + place * STAT_CIPHER_BYTES;
        const uint8_t *const z = answer_at(mix, p->minimum, turn, place);
        uint8_t(*const at)[POINT_BYTES] = t->t[turn * m + place];
        e = stat_combine(z, in->a, minus, out, at[0]);
        if (e == OK)
            e = stat_combine(z, in->b, minus, out + POINT_BYTES, at[1]);
    }
    return e;
}

static void draw(struct rng *r, uint8_t *out)
{
    uint8_t wide[WIDE_BYTES];
    do {
        rng_bytes(r, wide, sizeof wide);
        scalar_from_wide(wide, out);
    } while (scalar_check(out) != OK);
    sodium_memzero(wide, sizeof wide);
}

/* What the mixer alone knows. */
struct secrets {
    struct rng rng;
    size_t turn;
    uint8_t factor[MAX][SCALAR_BYTES], nonce[MAX][SCALAR_BYTES];
};

static void secrets_init(struct secrets *k, const struct stat_mix_place *p,
                         const struct stat_cipher *list, const uint8_t *fresh)
{
    uint8_t seed[32], numbers[3] = {p->turn, (uint8_t)(p->cell >> 8), (uint8_t)p->cell};
    crypto_generichash_state h;
    crypto_generichash_init(&h, fresh, RNG_FRESH_BYTES, sizeof seed);
    crypto_generichash_update(&h, (const uint8_t *)"seinpost/v1/stat-mix-nonce", 26);
    crypto_generichash_update(&h, p->sums, 32);
    crypto_generichash_update(&h, numbers, sizeof numbers);
    crypto_generichash_update(&h, list[0].a, p->minimum * (size_t)STAT_CIPHER_BYTES);
    crypto_generichash_final(&h, seed, sizeof seed);
    rng_init(&k->rng, seed);
    sodium_memzero(seed, sizeof seed);
    sodium_memzero(&h, sizeof h);
    k->turn = rng_below(&k->rng, p->minimum);
    for (size_t i = 0; i < p->minimum; i++) {
        draw(&k->rng, k->factor[i]);
        draw(&k->rng, k->nonce[i]);
    }
}

/* The outcome, and the commitments of the true turn. */
static enum err mix(const struct stat_mix_place *p, const struct stat_cipher *list,
                    const struct secrets *k, uint8_t *out, struct commitments *t)
{
    const size_t m = p->minimum;
    enum err e = OK;
    for (size_t place = 0; e == OK && place < m; place++) {
        const struct stat_cipher *const in = &list[(place + k->turn) % m];
        uint8_t(*const at)[POINT_BYTES] = t->t[k->turn * m + place];
        e = point_mul(k->factor[place], in->a, out + place * STAT_CIPHER_BYTES);
        if (e == OK)
            e = point_mul(k->factor[place], in->b, out + place * STAT_CIPHER_BYTES + POINT_BYTES);
        if (e == OK)
            e = point_mul(k->nonce[place], in->a, at[0]);
        if (e == OK)
            e = point_mul(k->nonce[place], in->b, at[1]);
    }
    return e;
}

/* Challenges and answers of the other turns, and their commitments. */
static enum err pretend(const struct stat_mix_place *p, const struct stat_cipher *list,
                        struct secrets *k, uint8_t *out, struct commitments *t)
{
    enum err e = OK;
    for (size_t turn = 0; e == OK && turn < p->minimum; turn++) {
        if (turn == k->turn)
            continue;
        draw(&k->rng, challenge_at(out, p->minimum, turn));
        for (size_t place = 0; place < p->minimum; place++)
            draw(&k->rng, answer_at(out, p->minimum, turn, place));
        e = commit_turn(p, list, out, turn, t);
    }
    return e;
}

static void answer(const struct stat_mix_place *p, const struct secrets *k, const uint8_t *whole,
                   uint8_t *out)
{
    uint8_t *const c = challenge_at(out, p->minimum, k->turn);
    memcpy(c, whole, SCALAR_BYTES);
    for (size_t turn = 0; turn < p->minimum; turn++)
        if (turn != k->turn)
            crypto_core_ristretto255_scalar_sub(c, c, challenge_at(out, p->minimum, turn));
    for (size_t place = 0; place < p->minimum; place++) {
        uint8_t *const z = answer_at(out, p->minimum, k->turn, place);
        crypto_core_ristretto255_scalar_mul(z, c, k->factor[place]);
        crypto_core_ristretto255_scalar_add(z, z, k->nonce[place]);
    }
}

enum err stat_mix_prove(const struct stat_mix_place *place, const struct stat_cipher *list,
                        const uint8_t fresh[RNG_FRESH_BYTES], uint8_t *out)
{
    struct secrets k;
    struct commitments t;
    uint8_t whole[SCALAR_BYTES];
    secrets_init(&k, place, list, fresh);
    enum err e = mix(place, list, &k, out, &t);
    if (e == OK)
        e = pretend(place, list, &k, out, &t);
    if (e == OK) {
        hash(place, list, out, &t, whole);
        answer(place, &k, whole, out);
    } else {
        sodium_memzero(out, stat_mix_bytes(place->minimum));
    }
    sodium_memzero(&k, sizeof k);
    return e;
}

enum err stat_mix_verify(const struct stat_mix_place *place, struct bytes mixed,
                         struct stat_cipher *list)
{
    const uint8_t m = place->minimum;
    struct commitments t;
    uint8_t room[MAX * STAT_CIPHER_BYTES + 32 * (MAX + MAX * MAX)];
    uint8_t sum[SCALAR_BYTES] = {0}, whole[SCALAR_BYTES];
    if (mixed.len != stat_mix_bytes(m))
        return mixed.len < stat_mix_bytes(m) ? ERR_TRUNCATED : ERR_FORMAT;
    memcpy(room, mixed.data, mixed.len);
    for (size_t i = 0; i < m + (size_t)m * m; i++)
        if (scalar_check(challenge_at(room, m, i)) != OK)
            return ERR_SCALAR;
    for (size_t turn = 0; turn < m; turn++) {
        enum err e = commit_turn(place, list, room, turn, &t);
        if (e != OK)
            return e;
        crypto_core_ristretto255_scalar_add(sum, sum, challenge_at(room, m, turn));
    }
    hash(place, list, room, &t, whole);
    if (sodium_memcmp(sum, whole, SCALAR_BYTES) != 0)
        return ERR_PROOF;
    memcpy(list, room, m * (size_t)STAT_CIPHER_BYTES);
    return OK;
}
