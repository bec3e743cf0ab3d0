#include "proto/limits.h"
#include "protocol/voprf.h"
#include "tests/unit/protocol/group_rows.h"
#include "tests/vectors/rfc9497_ristretto255.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

enum { VECTORS = sizeof rfc9497_vectors / sizeof rfc9497_vectors[0], BATCH = 2, INPUT_CAP = 32 };

/* One vector as bytes. */
struct vector {
    enum voprf_mode mode;
    size_t batch;
    uint8_t key[SCALAR_BYTES];       /* the one that is proven: in mode 2 with its tweak */
    uint8_t public_key[POINT_BYTES]; /* of that key */
    uint8_t c[BATCH][POINT_BYTES];   /* what is multiplied by it: in mode 2 the evaluated ones */
    uint8_t d[BATCH][POINT_BYTES];   /* what comes out */
    uint8_t blinded[BATCH][POINT_BYTES];
    uint8_t evaluated[BATCH][POINT_BYTES];
    uint8_t nonce[SCALAR_BYTES];
    uint8_t proof[VOPRF_PROOF_BYTES];
};

/* m = HashToScalar("Info" || I2OSP(len(info), 2) || info), RFC 9497 section 3.3.3. */
static void tweak_of(struct bytes info, uint8_t out[SCALAR_BYTES])
{
    uint8_t framed[64];
    struct pack p = pack_of(framed, sizeof framed);
    pack_bytes(&p, BYTES_LITERAL("Info"));
    pack_u16(&p, (uint16_t)info.len);
    pack_bytes(&p, info);
    voprf_hash_to_scalar(VOPRF_POPRF, bytes_of(framed, pack_len(&p)), out);
}

static struct vector load(const struct rfc9497_vector *row)
{
    struct vector v = {.mode = (enum voprf_mode)row->mode, .batch = row->batch};
    unhex(row->private_key, v.key, SCALAR_BYTES);
    for (size_t i = 0; i < v.batch; i++) {
        unhex(row->blinded[i], v.blinded[i], POINT_BYTES);
        unhex(row->evaluated[i], v.evaluated[i], POINT_BYTES);
    }
    if (v.mode == VOPRF_POPRF) {
        uint8_t info[INPUT_CAP], tweak[SCALAR_BYTES];
        tweak_of(bytes_of(info, unhex(row->info, info, sizeof info)), tweak);
        crypto_core_ristretto255_scalar_add(v.key, v.key, tweak);
    }
    const bool is_swapped = v.mode == VOPRF_POPRF;
    memcpy(v.c, is_swapped ? v.evaluated : v.blinded, sizeof v.c);
    memcpy(v.d, is_swapped ? v.blinded : v.evaluated, sizeof v.d);
    assert_int_equal(point_mul_base(v.key, v.public_key), OK);
    if (row->proof != NULL) {
        unhex(row->proof, v.proof, sizeof v.proof);
        unhex(row->nonce, v.nonce, sizeof v.nonce);
    }
    return v;
}

/* The first vector of mode 1 with two elements. */
static struct vector load_batch(void)
{
    for (size_t i = 0; i < VECTORS; i++)
        if (rfc9497_vectors[i].mode == VOPRF_VOPRF && rfc9497_vectors[i].batch == BATCH)
            return load(&rfc9497_vectors[i]);
    fail_msg("no such vector");
    return (struct vector){0};
}

/* Goal: keys are derived as the RFC derives them, in all modes.
 * Method: each vector's seed and info give its private key, and that its public key. */
static void test_derived_keys(void **state)
{
    (void)state;
    for (size_t i = 0; i < VECTORS; i++) {
        const struct rfc9497_vector *row = &rfc9497_vectors[i];
        uint8_t seed[32], info[INPUT_CAP], want[32], key[SCALAR_BYTES], public_key[POINT_BYTES];
        unhex(row->seed, seed, sizeof seed);
        unhex(row->private_key, want, sizeof want);
        const struct bytes key_info = bytes_of(info, unhex(row->key_info, info, sizeof info));
        assert_int_equal(voprf_derive_key((enum voprf_mode)row->mode, seed, key_info, key), OK);
        assert_memory_equal(key, want, sizeof want);
        if (row->public_key == NULL)
            continue;
        unhex(row->public_key, want, sizeof want);
        assert_int_equal(point_mul_base(key, public_key), OK);
        assert_memory_equal(public_key, want, sizeof want);
    }
}

/* The output hash of mode 2, RFC 9497 section 3.3.3. */
static void finalize_with_info(struct bytes input, struct bytes info, const uint8_t n[POINT_BYTES],
                               uint8_t out[VOPRF_OUTPUT_BYTES])
{
    uint8_t text[160];
    struct pack p = pack_of(text, sizeof text);
    pack_u16(&p, (uint16_t)input.len);
    pack_bytes(&p, input);
    pack_u16(&p, (uint16_t)info.len);
    pack_bytes(&p, info);
    pack_u16(&p, POINT_BYTES);
    pack_copy(&p, n, POINT_BYTES);
    pack_bytes(&p, BYTES_LITERAL("Finalize"));
    assert_false(p.is_full);
    crypto_hash_sha512(out, text, pack_len(&p));
}

/* Goal: blinding, evaluation, unblinding and the output are the RFC's, in all modes.
 * Method: each element of each vector, step by step. In mode 2 the evaluation is by the inverse of
 * the tweaked key. */
static void test_evaluation_vectors(void **state)
{
    (void)state;
    for (size_t i = 0; i < VECTORS; i++) {
        const struct rfc9497_vector *row = &rfc9497_vectors[i];
        const struct vector v = load(row);
        uint8_t factor[SCALAR_BYTES];
        memcpy(factor, v.key, sizeof factor);
        if (v.mode == VOPRF_POPRF)
            crypto_core_ristretto255_scalar_invert(factor, factor);
        for (size_t j = 0; j < v.batch; j++) {
            uint8_t text[INPUT_CAP], about[INPUT_CAP], blind[SCALAR_BYTES];
            uint8_t got[POINT_BYTES], out[VOPRF_OUTPUT_BYTES], want[VOPRF_OUTPUT_BYTES];
            const struct bytes input = bytes_of(text, unhex(row->input[j], text, sizeof text));
            unhex(row->blind[j], blind, sizeof blind);
            unhex(row->output[j], want, sizeof want);
            assert_int_equal(voprf_blind(v.mode, input, blind, got), OK);
            assert_memory_equal(got, v.blinded[j], POINT_BYTES);
            assert_int_equal(point_mul(factor, got, got), OK);
            assert_memory_equal(got, v.evaluated[j], POINT_BYTES);
            assert_int_equal(voprf_unblind(got, blind, got), OK);
            if (row->info == NULL)
                assert_int_equal(voprf_finalize(input, got, out), OK);
            else
                finalize_with_info(input, bytes_of(about, unhex(row->info, about, sizeof about)),
                                   got, out);
            assert_memory_equal(out, want, sizeof want);
        }
    }
}

/* Goal: proofs are the RFC's byte for byte, with its nonces, and verify; in their own mode only.
 * Method: each vector that has a proof. */
static void test_proof_vectors(void **state)
{
    (void)state;
    unsigned proofs = 0;
    for (size_t i = 0; i < VECTORS; i++) {
        if (rfc9497_vectors[i].proof == NULL)
            continue;
        const struct vector v = load(&rfc9497_vectors[i]);
        const enum voprf_mode other = v.mode == VOPRF_POPRF ? VOPRF_VOPRF : VOPRF_POPRF;
        uint8_t proof[VOPRF_PROOF_BYTES];
        assert_int_equal(
            voprf_prove(v.mode, v.key, v.public_key, v.c[0], v.d[0], v.batch, v.nonce, proof), OK);
        assert_memory_equal(proof, v.proof, sizeof proof);
        assert_int_equal(voprf_verify(v.mode, v.public_key, v.c[0], v.d[0], v.batch, proof), OK);
        assert_int_equal(voprf_verify(other, v.public_key, v.c[0], v.d[0], v.batch, proof),
                         ERR_PROOF);
        proofs++;
    }
    assert_int_equal(proofs, 6);
}

/* Flips each byte of len bytes at in, which lie within *v, and wants one of two refusals. */
static void flip_each_byte(const struct vector *v, uint8_t *in, size_t len, enum err first,
                           enum err second)
{
    for (size_t i = 0; i < len; i++) {
        for (unsigned mask = 1; mask < 0x100; mask <<= 7) { /* the lowest bit and the highest */
            in[i] = (uint8_t)(in[i] ^ mask);
            enum err e = voprf_verify(v->mode, v->public_key, v->c[0], v->d[0], v->batch, v->proof);
            in[i] = (uint8_t)(in[i] ^ mask);
            assert_true(e == first || e == second);
        }
    }
}

/* Goal: no byte of a valid proof or of what it proves can change.
 * Method: each vector, each byte of the proof, the key and the points, two bits each. */
static void test_flipped_bytes_are_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < VECTORS; i++) {
        if (rfc9497_vectors[i].proof == NULL)
            continue;
        struct vector v = load(&rfc9497_vectors[i]);
        flip_each_byte(&v, v.proof, sizeof v.proof, ERR_SCALAR, ERR_PROOF);
        flip_each_byte(&v, v.public_key, sizeof v.public_key, ERR_POINT, ERR_PROOF);
        flip_each_byte(&v, v.c[0], v.batch * POINT_BYTES, ERR_POINT, ERR_PROOF);
        flip_each_byte(&v, v.d[0], v.batch * POINT_BYTES, ERR_POINT, ERR_PROOF);
        assert_int_equal(voprf_verify(v.mode, v.public_key, v.c[0], v.d[0], v.batch, v.proof), OK);
    }
}

static enum err verify(const struct vector *v)
{
    return voprf_verify(v->mode, v->public_key, v->c[0], v->d[0], v->batch, v->proof);
}

/* Goal: verification refuses every unusable point and scalar with the code that says so.
 * Method: each bad encoding in each place of a valid statement of two elements. */
static void test_verify_refuses_bad_encodings(void **state)
{
    (void)state;
    const struct vector good = load_batch();
    for (size_t i = 0; i < BAD_POINTS; i++) {
        for (unsigned place = 0; place < 5; place++) {
            struct vector v = good;
            uint8_t *const places[] = {v.public_key, v.c[0], v.c[1], v.d[0], v.d[1]};
            unhex(bad_points[i].hex, places[place], POINT_BYTES);
            assert_int_equal(verify(&v), ERR_POINT);
        }
    }
    for (size_t i = 0; i < BAD_SCALARS; i++) {
        for (unsigned place = 0; place < 2; place++) {
            struct vector v = good;
            unhex(bad_scalars[i].hex, v.proof + place * SCALAR_BYTES, SCALAR_BYTES);
            assert_int_equal(verify(&v), ERR_SCALAR);
        }
    }
    assert_int_equal(verify(&good), OK);
}

/* Goal: a proof whose scalars are one order higher, which the library would take, is refused.
 * Method: add L to c and to s of a valid proof; both sums fit, as both are below 2^253. */
static void test_proof_plus_order_is_refused(void **state)
{
    (void)state;
    uint8_t order[SCALAR_BYTES];
    struct vector v = load_batch();
    unhex(bad_scalars[BAD_SCALAR_ORDER].hex, order, sizeof order);
    for (unsigned place = 0; place < 2; place++) {
        struct vector w = v;
        sodium_add(w.proof + place * SCALAR_BYTES, order, sizeof order);
        assert_int_equal(verify(&w), ERR_SCALAR);
    }
}

/* Goal: elements are bound to their place, and a count is bound too.
 * Method: swap the two inputs, the two results, both; leave one out; counts outside the limit. */
static void test_verify_refuses_another_statement(void **state)
{
    (void)state;
    const struct vector good = load_batch();
    for (unsigned what = 1; what <= 3; what++) {
        struct vector v = good;
        for (unsigned j = 0; j < BATCH; j++) {
            memcpy(v.c[j], good.c[what & 1 ? 1 - j : j], POINT_BYTES);
            memcpy(v.d[j], good.d[what & 2 ? 1 - j : j], POINT_BYTES);
        }
        assert_int_equal(verify(&v), ERR_PROOF);
    }
    static const struct {
        size_t count;
        enum err want;
    } rows[] = {
        {0,                         ERR_RANGE},
        {1,                         ERR_PROOF},
        {BATCH,                     OK       },
        {EVALUATION_POINTS_MAX + 1, ERR_RANGE},
        {SIZE_MAX,                  ERR_RANGE},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct vector v = good;
        v.batch = rows[i].count;
        assert_int_equal(verify(&v), rows[i].want);
    }
}

/* Goal: a prover refuses what it cannot prove, and then leaves nothing behind.
 * Method: each bad scalar as key and as nonce, each bad point in each place, bad counts. */
static void test_prove_refuses(void **state)
{
    (void)state;
    const struct vector good = load_batch();
    const uint8_t zeros[VOPRF_PROOF_BYTES] = {0};
    uint8_t proof[VOPRF_PROOF_BYTES], bad[32];
    for (size_t i = 0; i < BAD_SCALARS; i++) {
        unhex(bad_scalars[i].hex, bad, sizeof bad);
        memset(proof, 0xaa, sizeof proof);
        assert_int_equal(voprf_prove(good.mode, bad, good.public_key, good.c[0], good.d[0], BATCH,
                                     good.nonce, proof),
                         ERR_SCALAR);
        assert_memory_equal(proof, zeros, sizeof proof);
        assert_int_equal(voprf_prove(good.mode, good.key, good.public_key, good.c[0], good.d[0],
                                     BATCH, bad, proof),
                         ERR_SCALAR);
    }
    for (size_t i = 0; i < BAD_POINTS * BATCH; i++) {
        struct vector v = good;
        unhex(bad_points[i / BATCH].hex, v.c[i % BATCH], POINT_BYTES);
        memset(proof, 0xaa, sizeof proof);
        assert_int_equal(
            voprf_prove(v.mode, v.key, v.public_key, v.c[0], v.d[0], BATCH, v.nonce, proof),
            ERR_POINT);
        assert_memory_equal(proof, zeros, sizeof proof);
    }
    static const size_t counts[] = {0, EVALUATION_POINTS_MAX + 1, SIZE_MAX};
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        memset(proof, 0xaa, sizeof proof);
        assert_int_equal(voprf_prove(good.mode, good.key, good.public_key, good.c[0], good.d[0],
                                     counts[i], good.nonce, proof),
                         ERR_RANGE);
        assert_memory_equal(proof, zeros, sizeof proof);
    }
}

/* Goal: blinding, unblinding, the output and key derivation refuse what is not usable.
 * Method: bad blinds and points in turn; inputs at the limit and one byte beyond. */
static void test_blind_and_unblind_refuse(void **state)
{
    (void)state;
    static const uint8_t text[VOPRF_INPUT_BYTES_MAX + 1];
    const uint8_t zeros[POINT_BYTES] = {0}, seed[32] = {1};
    const struct bytes longest = bytes_of(text, VOPRF_INPUT_BYTES_MAX);
    const struct bytes too_long = bytes_of(text, sizeof text);
    const struct vector v = load_batch();
    uint8_t blind[SCALAR_BYTES], bad[32], out[POINT_BYTES];
    uint8_t output[VOPRF_OUTPUT_BYTES] = {7}, before[VOPRF_OUTPUT_BYTES] = {7};
    scalar_of(3, blind);
    for (size_t i = 0; i < BAD_SCALARS; i++) {
        unhex(bad_scalars[i].hex, bad, sizeof bad);
        memset(out, 0xaa, sizeof out);
        assert_int_equal(voprf_blind(v.mode, BYTES_LITERAL("x"), bad, out), ERR_SCALAR);
        assert_memory_equal(out, zeros, sizeof out);
        memset(out, 0xaa, sizeof out);
        assert_int_equal(voprf_unblind(v.d[0], bad, out), ERR_SCALAR);
        assert_memory_equal(out, zeros, sizeof out);
    }
    for (size_t i = 0; i < BAD_POINTS; i++) {
        unhex(bad_points[i].hex, bad, sizeof bad);
        memset(out, 0xaa, sizeof out);
        assert_int_equal(voprf_unblind(bad, blind, out), ERR_POINT);
        assert_memory_equal(out, zeros, sizeof out);
    }
    assert_int_equal(voprf_blind(v.mode, longest, blind, out), OK);
    assert_int_equal(voprf_blind(v.mode, too_long, blind, out), ERR_LIMIT);
    assert_memory_equal(out, zeros, sizeof out);
    assert_int_equal(voprf_finalize(too_long, v.d[0], output), ERR_LIMIT);
    assert_memory_equal(output, before, sizeof output);
    assert_int_equal(voprf_finalize(longest, v.d[0], output), OK);
    assert_int_equal(voprf_derive_key(v.mode, seed, longest, out), OK);
    assert_int_equal(voprf_derive_key(v.mode, seed, too_long, out), ERR_LIMIT);
    assert_memory_equal(out, zeros, sizeof out);
}

/* Goal: hashing gives usable values in every mode, also of nothing, and no two modes agree.
 * Method: hash an empty and a short input in each mode and compare all pairs. */
static void test_modes_are_separate(void **state)
{
    (void)state;
    const struct bytes inputs[] = {
        {NULL, 0},
        BYTES_LITERAL("x")
    };
    uint8_t points[6][POINT_BYTES], scalars[6][SCALAR_BYTES];
    for (unsigned i = 0; i < 6; i++) {
        const enum voprf_mode mode = (enum voprf_mode)(i / 2);
        voprf_hash_to_group(mode, inputs[i % 2], points[i]);
        voprf_hash_to_scalar(mode, inputs[i % 2], scalars[i]);
        assert_int_equal(point_check(points[i]), OK);
        assert_int_equal(scalar_check(scalars[i]), OK);
        for (unsigned j = 0; j < i; j++) {
            assert_memory_not_equal(points[i], points[j], POINT_BYTES);
            assert_memory_not_equal(scalars[i], scalars[j], SCALAR_BYTES);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_derived_keys),
        cmocka_unit_test(test_evaluation_vectors),
        cmocka_unit_test(test_proof_vectors),
        cmocka_unit_test(test_flipped_bytes_are_refused),
        cmocka_unit_test(test_verify_refuses_bad_encodings),
        cmocka_unit_test(test_proof_plus_order_is_refused),
        cmocka_unit_test(test_verify_refuses_another_statement),
        cmocka_unit_test(test_prove_refuses),
        cmocka_unit_test(test_blind_and_unblind_refuse),
        cmocka_unit_test(test_modes_are_separate),
    };
    return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
