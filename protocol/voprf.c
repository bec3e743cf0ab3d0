#include "protocol/voprf.h"

#include "proto/limits.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

enum { SHA512_BLOCK_BYTES = 128, DST_BYTES_MAX = 64, SHA512_BYTES = crypto_hash_sha512_BYTES };

/* A domain separation tag: a name and the context string of RFC 9497 section 3.1. */
struct dst {
    uint8_t text[DST_BYTES_MAX];
    size_t len;
};

static struct dst dst_of(enum voprf_mode mode, struct bytes name)
{
    struct dst d;
    struct pack p = pack_of(d.text, sizeof d.text);
    pack_bytes(&p, name);
    pack_bytes(&p, BYTES_LITERAL("OPRFV1-"));
    pack_u8(&p, (uint8_t)mode);
    pack_bytes(&p, BYTES_LITERAL("-ristretto255-SHA512"));
    assert(!p.is_full);
    d.len = pack_len(&p);
    return d;
}

static void absorb(crypto_hash_sha512_state *h, struct bytes b)
{
    if (b.len > 0)
        crypto_hash_sha512_update(h, b.data, b.len);
}

/* I2OSP(number, 2), as before every variable part. */
static void absorb_u16(crypto_hash_sha512_state *h, size_t number)
{
    assert(number <= UINT16_MAX);
    const uint8_t two[2] = {(uint8_t)(number >> 8), (uint8_t)number};
    crypto_hash_sha512_update(h, two, sizeof two);
}

static void absorb_sized(crypto_hash_sha512_state *h, struct bytes b)
{
    absorb_u16(h, b.len);
    absorb(h, b);
}

/* DST_prime: the tag, then its length in one byte. */
static void absorb_dst(crypto_hash_sha512_state *h, const struct dst *d)
{
    const uint8_t len = (uint8_t)d->len;
    crypto_hash_sha512_update(h, d->text, d->len);
    crypto_hash_sha512_update(h, &len, 1);
}

/* expand_message_xmd to 64 bytes, RFC 9380 section 5.3.1, with the message absorbed between begin
 * and end. 64 bytes are one block of SHA-512 output, so that b_1 is all there is. */
static void expand_begin(crypto_hash_sha512_state *h)
{
    static const uint8_t z_pad[SHA512_BLOCK_BYTES];
    crypto_hash_sha512_init(h);
    crypto_hash_sha512_update(h, z_pad, sizeof z_pad);
}

static void expand_end(crypto_hash_sha512_state *h, const struct dst *d, uint8_t out[WIDE_BYTES])
{
    static const uint8_t zero = 0, one = 1;
    uint8_t b0[SHA512_BYTES];
    absorb_u16(h, WIDE_BYTES);
    crypto_hash_sha512_update(h, &zero, 1);
    absorb_dst(h, d);
    crypto_hash_sha512_final(h, b0);

    crypto_hash_sha512_init(h);
    crypto_hash_sha512_update(h, b0, sizeof b0);
    crypto_hash_sha512_update(h, &one, 1);
    absorb_dst(h, d);
    crypto_hash_sha512_final(h, out);
    sodium_memzero(b0, sizeof b0);
    sodium_memzero(h, sizeof *h);
}

static void expand_end_scalar(crypto_hash_sha512_state *h, const struct dst *d,
                              uint8_t out[SCALAR_BYTES])
{
    uint8_t wide[WIDE_BYTES];
    expand_end(h, d, wide);
    scalar_from_wide(wide, out);
    sodium_memzero(wide, sizeof wide);
}

void voprf_hash_to_group(enum voprf_mode mode, struct bytes input, uint8_t out[POINT_BYTES])
{
    const struct dst d = dst_of(mode, BYTES_LITERAL("HashToGroup-"));
    uint8_t wide[WIDE_BYTES];
    crypto_hash_sha512_state h;
    expand_begin(&h);
    absorb(&h, input);
    expand_end(&h, &d, wide);
    crypto_core_ristretto255_from_hash(out, wide);
    sodium_memzero(wide, sizeof wide);
}

void voprf_hash_to_scalar(enum voprf_mode mode, struct bytes input, uint8_t out[SCALAR_BYTES])
{
    const struct dst d = dst_of(mode, BYTES_LITERAL("HashToScalar-"));
    crypto_hash_sha512_state h;
    expand_begin(&h);
    absorb(&h, input);
    expand_end_scalar(&h, &d, out);
}

enum err voprf_derive_key(enum voprf_mode mode, const uint8_t seed[32], struct bytes info,
                          uint8_t out[SCALAR_BYTES])
{
    const struct dst d = dst_of(mode, BYTES_LITERAL("DeriveKeyPair"));
    enum err e = info.len > UINT16_MAX ? ERR_LIMIT : ERR_SCALAR;
    for (unsigned counter = 0; e == ERR_SCALAR && counter < 256; counter++) {
        const uint8_t last = (uint8_t)counter;
        crypto_hash_sha512_state h;
        expand_begin(&h);
        crypto_hash_sha512_update(&h, seed, 32);
        absorb_sized(&h, info);
        crypto_hash_sha512_update(&h, &last, 1);
        expand_end_scalar(&h, &d, out);
        e = scalar_check(out);
    }
    if (e != OK)
        sodium_memzero(out, SCALAR_BYTES);
    return e;
}

enum err voprf_blind(enum voprf_mode mode, struct bytes input, const uint8_t blind[SCALAR_BYTES],
                     uint8_t blinded[POINT_BYTES])
{
    if (input.len > VOPRF_INPUT_BYTES_MAX) {
        sodium_memzero(blinded, POINT_BYTES);
        return ERR_LIMIT;
    }
    uint8_t element[POINT_BYTES];
    voprf_hash_to_group(mode, input, element);
    enum err e = point_mul(blind, element, blinded);
    sodium_memzero(element, sizeof element);
    return e;
}

enum err voprf_unblind(const uint8_t evaluated[POINT_BYTES], const uint8_t blind[SCALAR_BYTES],
                       uint8_t n[POINT_BYTES])
{
    uint8_t inverse[SCALAR_BYTES];
    enum err e = scalar_check(blind);
    if (e != OK) {
        sodium_memzero(n, POINT_BYTES);
        return e;
    }
    crypto_core_ristretto255_scalar_invert(inverse, blind);
    e = point_mul(inverse, evaluated, n);
    sodium_memzero(inverse, sizeof inverse);
    return e;
}

enum err voprf_finalize(struct bytes input, const uint8_t n[POINT_BYTES],
                        uint8_t out[VOPRF_OUTPUT_BYTES])
{
    if (input.len > VOPRF_INPUT_BYTES_MAX)
        return ERR_LIMIT;
    crypto_hash_sha512_state h;
    crypto_hash_sha512_init(&h);
    absorb_sized(&h, input);
    absorb_sized(&h, bytes_of(n, POINT_BYTES));
    absorb(&h, BYTES_LITERAL("Finalize"));
    crypto_hash_sha512_final(&h, out);
    sodium_memzero(&h, sizeof h);
    return OK;
}

/* The state of every d_i's hash after its common beginning, I2OSP(len(seed), 2) || seed. */
static void composite_begin(enum voprf_mode mode, const uint8_t key[POINT_BYTES],
                            crypto_hash_sha512_state *h)
{
    const struct dst d = dst_of(mode, BYTES_LITERAL("Seed-"));
    uint8_t seed[SHA512_BYTES];
    crypto_hash_sha512_init(h);
    absorb_sized(h, bytes_of(key, POINT_BYTES));
    absorb_sized(h, bytes_of(d.text, d.len));
    crypto_hash_sha512_final(h, seed);

    expand_begin(h);
    absorb_sized(h, bytes_of(seed, sizeof seed));
}

/* What a proof is about: d[i] = k * c[i] for all i, where key = k * G. */
struct statement {
    enum voprf_mode mode;
    const uint8_t *key;
    const uint8_t *c, *d;
    size_t count;
    const uint8_t *scalars; /* c[i] = scalar * G, of the last known points */
    size_t known;
};

/* m = m + sum * G. */
static enum err add_known(const uint8_t sum[SCALAR_BYTES], uint8_t m[POINT_BYTES])
{
    uint8_t term[POINT_BYTES];
    if (point_mul_base(sum, term) != OK || crypto_core_ristretto255_add(m, m, term) != 0)
        return ERR_POINT;
    return OK;
}

/* m = sum of d_i * c[i] and, where z is not NULL, z = sum of d_i * d[i]. A prover has the cheaper
 * z = k * m. ComputeComposites and ComputeCompositesFast, RFC 9497 section 2.2.1. ERR_POINT is the
 * only error, as no d_i is zero but with negligible probability. */
static enum err composites(const struct statement *s, uint8_t m[POINT_BYTES], uint8_t *z)
{
    const struct dst dst = dst_of(s->mode, BYTES_LITERAL("HashToScalar-"));
    const size_t unknown = s->count - s->known;
    crypto_hash_sha512_state begun;
    uint8_t sum[SCALAR_BYTES] = {0};
    composite_begin(s->mode, s->key, &begun);
    memset(m, 0, POINT_BYTES);
    if (z != NULL)
        memset(z, 0, POINT_BYTES);
    for (size_t i = 0; i < s->count; i++) {
        const struct bytes ci = bytes_of(s->c + i * POINT_BYTES, POINT_BYTES);
        const struct bytes di = bytes_of(s->d + i * POINT_BYTES, POINT_BYTES);
        uint8_t factor[SCALAR_BYTES], term[SCALAR_BYTES];
        crypto_hash_sha512_state h = begun;
        absorb_u16(&h, i);
        absorb_sized(&h, ci);
        absorb_sized(&h, di);
        absorb(&h, BYTES_LITERAL("Composite"));
        expand_end_scalar(&h, &dst, factor);
        enum err e = i < unknown ? point_mul_add(factor, ci.data, m) : OK;
        if (i >= unknown) {
            crypto_core_ristretto255_scalar_mul(term, factor,
                                                s->scalars + (i - unknown) * SCALAR_BYTES);
            crypto_core_ristretto255_scalar_add(sum, sum, term);
        }
        if (e == OK && z != NULL)
            e = point_mul_add(factor, di.data, z);
        if (e != OK)
            return e;
    }
    return s->known > 0 ? add_known(sum, m) : OK;
}

/* The challenge over what both sides know. RFC 9497 section 2.2.1. */
static void challenge(enum voprf_mode mode, const uint8_t key[POINT_BYTES],
                      const uint8_t m[POINT_BYTES], const uint8_t z[POINT_BYTES],
                      const uint8_t t2[POINT_BYTES], const uint8_t t3[POINT_BYTES],
                      uint8_t out[SCALAR_BYTES])
{
    const struct dst d = dst_of(mode, BYTES_LITERAL("HashToScalar-"));
    const uint8_t *const parts[] = {key, m, z, t2, t3};
    crypto_hash_sha512_state h;
    expand_begin(&h);
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        absorb_sized(&h, bytes_of(parts[i], POINT_BYTES));
    absorb(&h, BYTES_LITERAL("Challenge"));
    expand_end_scalar(&h, &d, out);
}

enum err voprf_prove(enum voprf_mode mode, const uint8_t k[SCALAR_BYTES],
                     const uint8_t key[POINT_BYTES], const uint8_t *c, const uint8_t *d,
                     size_t count, const uint8_t nonce[SCALAR_BYTES],
                     uint8_t proof[VOPRF_PROOF_BYTES])
{
    uint8_t m[POINT_BYTES], z[POINT_BYTES], t2[POINT_BYTES], t3[POINT_BYTES], ck[SCALAR_BYTES];
    uint8_t *const response = proof + SCALAR_BYTES;
    sodium_memzero(proof, VOPRF_PROOF_BYTES);
    if (count < 1 || count > EVALUATION_POINTS_MAX)
        return ERR_RANGE;
    if (scalar_check(k) != OK || scalar_check(nonce) != OK)
        return ERR_SCALAR;
    const struct statement s = {mode, key, c, d, count, NULL, 0};
    if (composites(&s, m, NULL) != OK || point_mul(k, m, z) != OK ||
        point_mul_base(nonce, t2) != OK || point_mul(nonce, m, t3) != OK)
        return ERR_POINT;
    challenge(mode, key, m, z, t2, t3, proof);
    crypto_core_ristretto255_scalar_mul(ck, proof, k);
    crypto_core_ristretto255_scalar_sub(response, nonce, ck);
    sodium_memzero(ck, sizeof ck);
    return OK;
}

static enum err verify(const struct statement *s, const uint8_t proof[VOPRF_PROOF_BYTES])
{
    const uint8_t *const stated = proof, *const response = proof + SCALAR_BYTES;
    uint8_t m[POINT_BYTES], z[POINT_BYTES], t2[POINT_BYTES], t3[POINT_BYTES] = {0};
    uint8_t expected[SCALAR_BYTES];
    if (s->count < 1 || s->count > EVALUATION_POINTS_MAX || s->known > s->count)
        return ERR_RANGE;
    if (scalar_check(stated) != OK || scalar_check(response) != OK)
        return ERR_SCALAR;
    if (point_mul_base(response, t2) != OK || point_mul_add(stated, s->key, t2) != OK)
        return ERR_POINT;
    if (composites(s, m, z) != OK || point_mul_add(response, m, t3) != OK ||
        point_mul_add(stated, z, t3) != OK)
        return ERR_POINT;
    challenge(s->mode, s->key, m, z, t2, t3, expected);
    return sodium_memcmp(expected, stated, SCALAR_BYTES) == 0 ? OK : ERR_PROOF;
}

enum err voprf_verify(enum voprf_mode mode, const uint8_t key[POINT_BYTES], const uint8_t *c,
                      const uint8_t *d, size_t count, const uint8_t proof[VOPRF_PROOF_BYTES])
{
    const struct statement s = {mode, key, c, d, count, NULL, 0};
    return verify(&s, proof);
}

enum err voprf_verify_known(enum voprf_mode mode, const uint8_t key[POINT_BYTES], const uint8_t *c,
                            const uint8_t *d, size_t count, const uint8_t *scalars, size_t known,
                            const uint8_t proof[VOPRF_PROOF_BYTES])
{
    const struct statement s = {mode, key, c, d, count, scalars, known};
    return verify(&s, proof);
}
