#include "protocol/stat_cell.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

/* Where things stand in a cell, in units of 32 bytes. */
enum {
    AT_AP,
    AT_BP,
    AT_AU,
    AT_BU,
    AT_BITS, /* V_0, V_1 ... */
};

/* After the bits: c, then z_r, z_u, z_s of the link, then c0, z_r0, z_s0, z_r1 of the presence,
 * then c0, z0, z1 of each bit. */
enum { REST_C, REST_LINK, REST_PRESENCE = REST_LINK + 3, REST_BIT = REST_PRESENCE + 4 };
enum { BIT_SCALARS = 3 };

/* Commitments of the proof, in the order in which they are hashed; two more for each bit. */
enum {
    T_LINK_A,
    T_LINK_B,
    T_LINK_U,
    T_ZERO_A,
    T_ZERO_B,
    T_ZERO_U,
    T_ONE_A,
    T_ONE_B,
    T_BITS,
    T_MAX = T_BITS + 2 * STAT_WIDTH_MAX
};

/* A cell as it lies in memory. */
struct view {
    const uint8_t *points, *rest;
};

static struct view view_of(const uint8_t *cell, uint8_t width)
{
    return (struct view){cell, cell + 32 * ((size_t)AT_BITS + width)};
}

static const uint8_t *point_at(struct view v, size_t i)
{
    return v.points + 32 * i;
}

static const uint8_t *scalar_at(struct view v, size_t i)
{
    return v.rest + 32 * i;
}

static void challenge(const struct stat_place *p, const uint8_t *points, uint8_t (*t)[32],
                      uint8_t out[32])
{
    static const char domain[] = "seinpost/v1/stat-cell";
    uint8_t numbers[4 + 2 + 1 + 4], wide[WIDE_BYTES];
    struct pack n = pack_of(numbers, sizeof numbers);
    pack_u32(&n, p->period);
    pack_u16(&n, p->cell);
    pack_u8(&n, p->width);
    pack_u32(&n, p->epoch);
    crypto_hash_sha512_state h;
    crypto_hash_sha512_init(&h);
    crypto_hash_sha512_update(&h, (const uint8_t *)domain, sizeof domain - 1);
    crypto_hash_sha512_update(&h, p->schema, 32);
    crypto_hash_sha512_update(&h, p->author, 32);
    crypto_hash_sha512_update(&h, p->key, POINT_BYTES);
    crypto_hash_sha512_update(&h, numbers, sizeof numbers);
    crypto_hash_sha512_update(&h, points, 32 * ((size_t)AT_BITS + p->width));
    crypto_hash_sha512_update(&h, t[0], 32 * ((size_t)T_BITS + 2 * (size_t)p->width));
    crypto_hash_sha512_final(&h, wide);
    scalar_from_wide(wide, out);
}

/* out = y - H. */
static enum err less_h(const uint8_t *y, uint8_t out[32])
{
    return crypto_core_ristretto255_sub(out, y, stat_h) == 0 ? OK : ERR_POINT;
}

/* U = sum of 2^i * V_i, from the highest down: doubling is cheaper than a multiplication. */
static enum err sum_bits(const uint8_t *bits, uint8_t width, uint8_t out[32])
{
    uint8_t sum[32];
    memcpy(sum, bits + 32 * ((size_t)width - 1), 32);
    for (size_t i = (size_t)width - 1; i > 0; i--)
        if (crypto_core_ristretto255_add(sum, sum, sum) != 0 ||
            crypto_core_ristretto255_add(sum, sum, bits + 32 * (i - 1)) != 0)
            return ERR_POINT;
    memcpy(out, sum, 32);
    return OK;
}

/* t = z * G - c * y and, for a ciphertext, t + 1 = z * K - c * y2. minus is -c. */
static enum err commit_cipher(const struct stat_place *p, const uint8_t *z, const uint8_t *minus,
                              const uint8_t *y, const uint8_t *y2, uint8_t (*t)[32])
{
    enum err e = stat_combine(z, NULL, minus, y, t[0]);
    return e == OK ? stat_combine(z, p->key, minus, y2, t[1]) : e;
}

/* The commitments of the link: z_r G - c A, z_u H + z_r K - c B, z_s G + z_u H - c U. */
static enum err commit_link(const struct stat_place *p, struct view v, const uint8_t *u,
                            const uint8_t *minus, uint8_t (*t)[32])
{
    const uint8_t *const zr = scalar_at(v, REST_LINK), *const zu = scalar_at(v, REST_LINK + 1),
                         *const zs = scalar_at(v, REST_LINK + 2);
    uint8_t zuh[32];
    enum err e = commit_cipher(p, zr, minus, point_at(v, AT_AU), point_at(v, AT_BU), t + T_LINK_A);
    if (e == OK)
        e = stat_combine(zs, NULL, minus, u, t[T_LINK_U]);
    if (e == OK)
        e = point_mul(zu, stat_h, zuh);
    if (e == OK && (crypto_core_ristretto255_add(t[T_LINK_B], t[T_LINK_B], zuh) != 0 ||
                    crypto_core_ristretto255_add(t[T_LINK_U], t[T_LINK_U], zuh) != 0))
        e = ERR_POINT;
    return e;
}

/* One branch of the presence: 0 also has U hold 0. */
static enum err commit_zero(const struct stat_place *p, struct view v, const uint8_t *u,
                            const uint8_t *minus, uint8_t (*t)[32])
{
    enum err e = commit_cipher(p, scalar_at(v, REST_PRESENCE + 1), minus, point_at(v, AT_AP),
                               point_at(v, AT_BP), t + T_ZERO_A);
    return e == OK ? stat_combine(scalar_at(v, REST_PRESENCE + 2), NULL, minus, u, t[T_ZERO_U]) : e;
}

static enum err commit_one(const struct stat_place *p, struct view v, const uint8_t *minus,
                           uint8_t (*t)[32])
{
    uint8_t b[32];
    enum err e = less_h(point_at(v, AT_BP), b);
    return e == OK ? commit_cipher(p, scalar_at(v, REST_PRESENCE + 3), minus, point_at(v, AT_AP), b,
                                   t + T_ONE_A)
                   : e;
}

/* One branch of bit i: that V_i, or V_i - H, is z * G. */
static enum err commit_bit(struct view v, size_t i, bool one, const uint8_t *minus,
                           uint8_t (*t)[32])
{
    const uint8_t *const z = scalar_at(v, REST_BIT + BIT_SCALARS * i + (one ? 2 : 1));
    uint8_t y[32];
    memcpy(y, point_at(v, AT_BITS + i), 32);
    enum err e = one ? less_h(y, y) : OK;
    return e == OK ? stat_combine(z, NULL, minus, y, t[T_BITS + 2 * i + one]) : e;
}

/* minus0 = -c0 and minus1 = -(c - c0), for the first challenge of a disjunction. */
static void split(const uint8_t *c, const uint8_t *c0, uint8_t minus0[32], uint8_t minus1[32])
{
    crypto_core_ristretto255_scalar_negate(minus0, c0);
    crypto_core_ristretto255_scalar_sub(minus1, c0, c);
}

/* All commitments, as the proof's scalars give them. */
static enum err commit_all(const struct stat_place *p, struct view v, const uint8_t *u,
                           uint8_t (*t)[32])
{
    const uint8_t *const c = scalar_at(v, REST_C);
    uint8_t minus[32], zero[32], one[32];
    crypto_core_ristretto255_scalar_negate(minus, c);
    enum err e = commit_link(p, v, u, minus, t);
    split(c, scalar_at(v, REST_PRESENCE), zero, one);
    if (e == OK)
        e = commit_zero(p, v, u, zero, t);
    if (e == OK)
        e = commit_one(p, v, one, t);
    for (size_t i = 0; e == OK && i < p->width; i++) {
        split(c, scalar_at(v, REST_BIT + BIT_SCALARS * i), zero, one);
        e = commit_bit(v, i, false, zero, t);
        if (e == OK)
            e = commit_bit(v, i, true, one, t);
    }
    return e;
}

enum err stat_cell_verify(const struct stat_place *place, struct bytes cell,
                          struct stat_cipher *presence, struct stat_cipher *value)
{
    uint8_t t[T_MAX][32], u[32], expected[32];
    struct stat_cipher p, v;
    if (place->width < 1 || place->width > STAT_WIDTH_MAX)
        return ERR_RANGE;
    if (cell.len != stat_cell_bytes(place->width))
        return cell.len < stat_cell_bytes(place->width) ? ERR_TRUNCATED : ERR_FORMAT;
    const struct view at = view_of(cell.data, place->width);
    for (size_t i = 0; i < REST_BIT + BIT_SCALARS * (size_t)place->width; i++)
        if (scalar_check(scalar_at(at, i)) != OK)
            return ERR_SCALAR;
    enum err e = sum_bits(point_at(at, AT_BITS), place->width, u);
    if (e == OK)
        e = commit_all(place, at, u, t);
    if (e != OK)
        return e;
    challenge(place, cell.data, t, expected);
    if (sodium_memcmp(expected, scalar_at(at, REST_C), 32) != 0)
        return ERR_PROOF;
    memcpy(&p, point_at(at, AT_AP), sizeof p);
    memcpy(&v, point_at(at, AT_AU), sizeof v);
    e = stat_cipher_add(&v, &p);
    if (e != OK)
        return e;
    *presence = p;
    *value = v;
    return OK;
}

/* ---- Proving ---- */

/* What the prover alone knows; wiped at the end. */
struct secrets {
    struct rng rng;
    uint32_t u;
    bool is_present;
    uint8_t random[2][32], s[32];              /* of E(p) and E(u), of U */
    uint8_t bit[STAT_WIDTH_MAX][32];           /* s_i */
    uint8_t link[3][32], zero[2][32], one[32]; /* nonces of the link and of the true branch */
    uint8_t bit_nonce[STAT_WIDTH_MAX][32];
    uint8_t point[32];
};

static bool bit_of(const struct secrets *k, size_t i)
{
    return ((k->u >> i) & 1) != 0;
}

/* A uniform scalar that is not zero. */
static void draw(struct rng *r, uint8_t *out)
{
    uint8_t wide[WIDE_BYTES];
    do {
        rng_bytes(r, wide, sizeof wide);
        scalar_from_wide(wide, out);
    } while (scalar_check(out) != OK);
    sodium_memzero(wide, sizeof wide);
}

/* Several at once: at most STAT_WIDTH_MAX + 1. */
static void draw_all(struct rng *r, uint8_t (*out)[32], size_t count)
{
    uint8_t wide[STAT_WIDTH_MAX + 1][WIDE_BYTES];
    assert(count <= STAT_WIDTH_MAX + 1);
    rng_bytes(r, wide, count * WIDE_BYTES);
    for (size_t i = 0; i < count; i++) {
        scalar_from_wide(wide[i], out[i]);
        if (scalar_check(out[i]) != OK)
            draw(r, out[i]);
    }
    sodium_memzero(wide, sizeof wide);
}

static void secrets_init(struct secrets *k, const struct stat_place *p, uint32_t value,
                         const uint8_t *fresh)
{
    uint8_t numbers[4 + 4 + 2 + 1 + 4], seed[32];
    struct pack n = pack_of(numbers, sizeof numbers);
    pack_u32(&n, value);
    pack_u32(&n, p->period);
    pack_u16(&n, p->cell);
    pack_u8(&n, p->width);
    pack_u32(&n, p->epoch);
    crypto_generichash_state h;
    crypto_generichash_init(&h, fresh, RNG_FRESH_BYTES, sizeof seed);
    crypto_generichash_update(&h, (const uint8_t *)"seinpost/v1/stat-nonce", 22);
    crypto_generichash_update(&h, p->schema, 32);
    crypto_generichash_update(&h, p->author, 32);
    crypto_generichash_update(&h, p->key, 32);
    crypto_generichash_update(&h, numbers, sizeof numbers);
    crypto_generichash_final(&h, seed, sizeof seed);
    rng_init(&k->rng, seed);
    sodium_memzero(seed, sizeof seed);
    sodium_memzero(numbers, sizeof numbers);
    sodium_memzero(&h, sizeof h);
    k->is_present = value > 0;
    k->u = value - (value > 0);
    draw_all(&k->rng, k->random, 2);
    draw_all(&k->rng, k->bit, p->width);
    draw_all(&k->rng, k->link, 3);
    draw_all(&k->rng, k->zero, 2);
    draw(&k->rng, k->one);
    draw_all(&k->rng, k->bit_nonce, p->width);
    memset(k->s, 0, 32); /* s = sum of 2^i * s_i */
    for (size_t i = p->width; i > 0; i--) {
        crypto_core_ristretto255_scalar_add(k->s, k->s, k->s);
        crypto_core_ristretto255_scalar_add(k->s, k->s, k->bit[i - 1]);
    }
}

/* out = s * q + vh, where q NULL is the generator and vh NULL nothing. */
static enum err encode(const uint8_t *s, const uint8_t *q, const uint8_t *vh, uint8_t *out)
{
    enum err e = q != NULL ? point_mul(s, q, out) : point_mul_base(s, out);
    if (e == OK && vh != NULL && crypto_core_ristretto255_add(out, out, vh) != 0)
        e = ERR_POINT;
    return e;
}

/* The statement: both ciphertexts, the commitments to bits, and U. */
static enum err encrypt(const struct stat_place *p, const struct secrets *k, uint8_t *out,
                        uint8_t u[32])
{
    uint8_t uh[32];
    const uint8_t *const one = k->is_present ? stat_h : NULL, *const rest = k->u > 0 ? uh : NULL;
    stat_value_point(k->u, uh);
    enum err e = encode(k->random[0], NULL, NULL, out + 32 * AT_AP);
    if (e == OK)
        e = encode(k->random[0], p->key, one, out + 32 * AT_BP);
    if (e == OK)
        e = encode(k->random[1], NULL, NULL, out + 32 * AT_AU);
    if (e == OK)
        e = encode(k->random[1], p->key, rest, out + 32 * AT_BU);
    for (size_t i = 0; e == OK && i < p->width; i++)
        e = encode(k->bit[i], NULL, bit_of(k, i) ? stat_h : NULL, out + 32 * (AT_BITS + i));
    if (e == OK)
        e = encode(k->s, NULL, rest, u);
    sodium_memzero(uh, sizeof uh);
    return e;
}

/* The commitments of what is true, from the nonces. */
static enum err commit_true(const struct stat_place *p, struct secrets *k, uint8_t (*t)[32])
{
    uint8_t zuh[32];
    enum err e = encode(k->link[0], NULL, NULL, t[T_LINK_A]);
    if (e == OK)
        e = point_mul(k->link[1], stat_h, zuh);
    if (e == OK)
        e = encode(k->link[0], p->key, zuh, t[T_LINK_B]);
    if (e == OK)
        e = encode(k->link[2], NULL, zuh, t[T_LINK_U]);
    const uint8_t *const nonce = k->is_present ? k->one : k->zero[0];
    uint8_t(*const at)[32] = t + (k->is_present ? T_ONE_A : T_ZERO_A);
    if (e == OK)
        e = encode(nonce, NULL, NULL, at[0]);
    if (e == OK)
        e = encode(nonce, p->key, NULL, at[1]);
    if (e == OK && !k->is_present)
        e = encode(k->zero[1], NULL, NULL, t[T_ZERO_U]);
    for (size_t i = 0; e == OK && i < p->width; i++)
        e = encode(k->bit_nonce[i], NULL, NULL, t[T_BITS + 2 * i + bit_of(k, i)]);
    return e;
}

/* What is not true gets a challenge and answers first, and its commitments follow from them. The
 * challenge of a branch 1 stays in *own until the whole one is known: c0 = c - own. */
static enum err commit_false(const struct stat_place *p, struct secrets *k, struct view v,
                             uint8_t *rest, const uint8_t *u, uint8_t (*own)[32], uint8_t (*t)[32])
{
    uint8_t minus[32];
    enum err e;
    draw_all(&k->rng, own, p->width + 1u); /* of each bit, and last of the presence */
    crypto_core_ristretto255_scalar_negate(minus, own[p->width]);
    draw_all(&k->rng, (uint8_t(*)[32])(rest + 32 * (REST_PRESENCE + 1)), 3);
    e = k->is_present ? commit_zero(p, v, u, minus, t) : commit_one(p, v, minus, t);
    for (size_t i = 0; e == OK && i < p->width; i++) {
        draw_all(&k->rng, (uint8_t(*)[32])(rest + 32 * (REST_BIT + BIT_SCALARS * i + 1)), 2);
        crypto_core_ristretto255_scalar_negate(minus, own[i]);
        e = commit_bit(v, i, !bit_of(k, i), minus, t);
    }
    return e;
}

/* out = nonce + c * secret. */
static void answer(const uint8_t *nonce, const uint8_t *c, const uint8_t *secret, uint8_t *out)
{
    crypto_core_ristretto255_scalar_mul(out, c, secret);
    crypto_core_ristretto255_scalar_add(out, out, nonce);
}

/* Answers of one disjunction's true branch. c0 is written; the true branch's challenge is given. */
static void choose(bool one, const uint8_t *c, const uint8_t *own, uint8_t *c0, uint8_t its[32])
{
    crypto_core_ristretto255_scalar_sub(its, c, own);
    memcpy(c0, one ? own : its, 32);
}

static void answer_all(const struct stat_place *p, struct secrets *k, uint8_t (*own)[32],
                       uint8_t *rest)
{
    const uint8_t *const c = rest + 32 * REST_C;
    uint8_t its[32], u[32];
    scalar_from_u32(k->u, u);
    answer(k->link[0], c, k->random[1], rest + 32 * REST_LINK);
    answer(k->link[1], c, u, rest + 32 * (REST_LINK + 1));
    answer(k->link[2], c, k->s, rest + 32 * (REST_LINK + 2));
    uint8_t *at = rest + 32 * REST_PRESENCE;
    choose(k->is_present, c, own[p->width], at, its);
    if (k->is_present) {
        answer(k->one, its, k->random[0], at + 96);
    } else {
        answer(k->zero[0], its, k->random[0], at + 32);
        answer(k->zero[1], its, k->s, at + 64);
    }
    for (size_t i = 0; i < p->width; i++) {
        at = rest + 32 * (REST_BIT + BIT_SCALARS * i);
        choose(bit_of(k, i), c, own[i], at, its);
        answer(k->bit_nonce[i], its, k->bit[i], at + (bit_of(k, i) ? 64 : 32));
    }
    sodium_memzero(u, sizeof u);
}

enum err stat_cell_prove(const struct stat_place *place, uint32_t value,
                         const uint8_t fresh[RNG_FRESH_BYTES], uint8_t *out)
{
    if (place->width < 1 || place->width > STAT_WIDTH_MAX)
        return ERR_RANGE;
    sodium_memzero(out, stat_cell_bytes(place->width));
    if (value > 1u << place->width)
        return ERR_RANGE;
    struct secrets k;
    uint8_t t[T_MAX][32], own[STAT_WIDTH_MAX + 1][32], u[32];
    uint8_t *const rest = out + 32 * ((size_t)AT_BITS + place->width);
    const struct view v = view_of(out, place->width);
    secrets_init(&k, place, value, fresh);
    enum err e = encrypt(place, &k, out, u);
    if (e == OK)
        e = commit_true(place, &k, t);
    if (e == OK)
        e = commit_false(place, &k, v, rest, u, own, t);
    if (e == OK) {
        challenge(place, out, t, rest + 32 * REST_C);
        answer_all(place, &k, own, rest);
    } else {
        sodium_memzero(out, stat_cell_bytes(place->width));
    }
    sodium_memzero(&k, sizeof k);
    sodium_memzero(own, sizeof own);
    return e;
}
