#include "protocol/evaluation.h"
#include "tests/unit/protocol/group_rows.h"
#include "tests/vectors/pseudonym.h"
#include "tests/vectors/rfc9497_ristretto255.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

enum { BATCH = 3, HOLDERS = 3, T = 2 };

/* Two-of-three keyholders, a batch of three blinded subjects, and each one's answer to it. */
struct scene {
    struct share shares[HOLDERS];
    uint8_t key[SCALAR_BYTES];
    uint8_t commitments[HOLDERS][POINT_BYTES];
    uint8_t blinds[BATCH][SCALAR_BYTES];
    uint8_t points[BATCH][POINT_BYTES];
    uint8_t fresh[EVALUATION_FRESH_BYTES];
    uint8_t evaluated[HOLDERS][BATCH][POINT_BYTES];
    uint8_t proofs[HOLDERS][VOPRF_PROOF_BYTES];
};

static const uint8_t blind_seed[EVALUATION_SEED_BYTES] = {1, 2, 3};

static struct bytes subject_of(uint8_t number, uint8_t out[EVALUATION_SUBJECT_BYTES_MAX])
{
    size_t len;
    evaluation_subject(1, bytes_of(&number, 1), out, &len);
    return bytes_of(out, len);
}

static enum err answer(struct scene *s, size_t holder)
{
    return evaluation_answer(&s->shares[holder], s->commitments[holder], s->points[0], BATCH,
                             s->fresh, s->evaluated[holder][0], s->proofs[holder]);
}

static enum err verify(const struct scene *s, size_t holder)
{
    return evaluation_verify(s->commitments[holder], s->points[0], s->evaluated[holder][0], BATCH,
                             s->proofs[holder]);
}

static struct scene scene_new(void)
{
    struct scene s = {.fresh = {9}};
    uint8_t coefficient[SCALAR_BYTES], subject[EVALUATION_SUBJECT_BYTES_MAX];
    scalar_of(1, s.key);
    scalar_of(2, coefficient);
    assert_int_equal(threshold_deal(s.key, coefficient, T, HOLDERS, s.shares), OK);
    for (uint8_t i = 0; i < BATCH; i++) {
        evaluation_blind_scalar(blind_seed, i, s.blinds[i]);
        assert_int_equal(voprf_blind(VOPRF_VOPRF, subject_of(i, subject), s.blinds[i], s.points[i]),
                         OK);
    }
    for (size_t j = 0; j < HOLDERS; j++) {
        assert_int_equal(threshold_commit(&s.shares[j], s.commitments[j]), OK);
        assert_int_equal(answer(&s, j), OK);
    }
    return s;
}

/* Goal: an answer holds the RFC's evaluations, and its proof verifies, whatever the fresh bytes.
 * Method: the RFC's VOPRF vectors, its key as the share. */
static void test_rfc_vectors(void **state)
{
    (void)state;
    unsigned tried = 0;
    for (size_t i = 0; i < sizeof rfc9497_vectors / sizeof rfc9497_vectors[0]; i++) {
        const struct rfc9497_vector *row = &rfc9497_vectors[i];
        struct share share = {.index = 1};
        uint8_t key[POINT_BYTES], points[2][POINT_BYTES], want[2][POINT_BYTES];
        uint8_t got[2][POINT_BYTES], proof[VOPRF_PROOF_BYTES];
        const uint8_t fresh[EVALUATION_FRESH_BYTES] = {(uint8_t)i};
        if (row->mode != VOPRF_VOPRF)
            continue;
        unhex(row->private_key, share.scalar, SCALAR_BYTES);
        unhex(row->public_key, key, sizeof key);
        for (size_t e = 0; e < row->batch; e++) {
            unhex(row->blinded[e], points[e], POINT_BYTES);
            unhex(row->evaluated[e], want[e], POINT_BYTES);
        }
        assert_int_equal(
            evaluation_answer(&share, key, points[0], row->batch, fresh, got[0], proof), OK);
        assert_memory_equal(got, want, row->batch * POINT_BYTES);
        assert_int_equal(evaluation_verify(key, points[0], got[0], row->batch, proof), OK);
        unhex(row->proof, proof, sizeof proof);
        assert_int_equal(evaluation_verify(key, points[0], got[0], row->batch, proof), OK);
        tried++;
    }
    assert_int_equal(tried, 3);
}

/* Goal: the whole way from a match key to N is the one that the specification prints.
 * Method: each step of tests/vectors/pseudonym.h; every pair of keyholders, in both orders. */
static void test_pseudonym_vector(void **state)
{
    (void)state;
    uint8_t match_key[64], subject[EVALUATION_SUBJECT_BYTES_MAX], want[64], seed[32];
    uint8_t blind[SCALAR_BYTES], blinded[POINT_BYTES], public_key[POINT_BYTES], n[POINT_BYTES];
    uint8_t commitments[PSEUDONYM_N][POINT_BYTES], evaluated[PSEUDONYM_N][POINT_BYTES];
    const uint8_t fresh[EVALUATION_FRESH_BYTES] = {0};
    static const uint32_t indexes[PSEUDONYM_N] = {1, 2, 3};
    size_t len, match_key_len = unhex(pseudonym_match_key, match_key, sizeof match_key);

    evaluation_subject(PSEUDONYM_KIND, bytes_of(match_key, match_key_len), subject, &len);
    assert_int_equal(len, unhex(pseudonym_subject, want, sizeof want));
    assert_memory_equal(subject, want, len);
    unhex(pseudonym_blind_seed, seed, sizeof seed);
    evaluation_blind_scalar(seed, 0, blind);
    unhex(pseudonym_blind, want, sizeof want);
    assert_memory_equal(blind, want, sizeof blind);
    assert_int_equal(voprf_blind(VOPRF_VOPRF, bytes_of(subject, len), blind, blinded), OK);
    unhex(pseudonym_blinded, want, sizeof want);
    assert_memory_equal(blinded, want, sizeof blinded);

    for (size_t j = 0; j < PSEUDONYM_N; j++) {
        struct share share = {.index = indexes[j]};
        uint8_t proof[VOPRF_PROOF_BYTES], committed[POINT_BYTES];
        unhex(pseudonym_share[j], share.scalar, SCALAR_BYTES);
        unhex(pseudonym_commitment[j], commitments[j], POINT_BYTES);
        assert_int_equal(threshold_commit(&share, committed), OK);
        assert_memory_equal(committed, commitments[j], POINT_BYTES);
        assert_int_equal(
            evaluation_answer(&share, commitments[j], blinded, 1, fresh, evaluated[j], proof), OK);
        unhex(pseudonym_evaluated[j], want, sizeof want);
        assert_memory_equal(evaluated[j], want, POINT_BYTES);
        assert_int_equal(evaluation_verify(commitments[j], blinded, evaluated[j], 1, proof), OK);
    }
    unhex(pseudonym_public_key, public_key, sizeof public_key);
    assert_int_equal(threshold_check(public_key, PSEUDONYM_T, PSEUDONYM_N, indexes, commitments[0]),
                     OK);

    unhex(pseudonym_n, want, sizeof want);
    for (unsigned pair = 0; pair < PSEUDONYM_N * PSEUDONYM_N; pair++) {
        const unsigned a = pair / PSEUDONYM_N, b = pair % PSEUDONYM_N;
        const uint32_t chosen[PSEUDONYM_T] = {indexes[a], indexes[b]};
        const uint8_t *const answers[PSEUDONYM_T] = {evaluated[a], evaluated[b]};
        struct evaluation_lambdas l;
        if (a == b)
            continue;
        assert_int_equal(evaluation_lambdas_init(&l, chosen, PSEUDONYM_T), OK);
        assert_int_equal(evaluation_combine(&l, answers, 0, blind, n), OK);
        assert_memory_equal(n, want, sizeof n);
    }
}

/* Goal: answers combine to k * HashToGroup(subject) for each element of a batch, and neither one
 * answer, nor wrong indexes, nor another element's blind give it.
 * Method: compare with the key applied whole. */
static void test_combine(void **state)
{
    (void)state;
    const struct scene s = scene_new();
    static const uint32_t right[T] = {1, 3}, wrong[T] = {1, 2};
    const uint8_t *const answers[T] = {s.evaluated[0][0], s.evaluated[2][0]};
    struct evaluation_lambdas l, alone, other;
    assert_int_equal(evaluation_lambdas_init(&l, right, T), OK);
    assert_int_equal(evaluation_lambdas_init(&alone, right, 1), OK);
    assert_int_equal(evaluation_lambdas_init(&other, wrong, T), OK);
    for (uint8_t i = 0; i < BATCH; i++) {
        uint8_t want[POINT_BYTES], n[POINT_BYTES], subject[EVALUATION_SUBJECT_BYTES_MAX];
        voprf_hash_to_group(VOPRF_VOPRF, subject_of(i, subject), want);
        assert_int_equal(point_mul(s.key, want, want), OK);
        assert_int_equal(evaluation_combine(&l, answers, i, s.blinds[i], n), OK);
        assert_memory_equal(n, want, sizeof n);
        assert_int_equal(evaluation_combine(&alone, answers, i, s.blinds[i], n), OK);
        assert_memory_not_equal(n, want, sizeof n);
        assert_int_equal(evaluation_combine(&other, answers, i, s.blinds[i], n), OK);
        assert_memory_not_equal(n, want, sizeof n);
        assert_int_equal(evaluation_combine(&l, answers, i, s.blinds[(i + 1) % BATCH], n), OK);
        assert_memory_not_equal(n, want, sizeof n);
    }
}

/* Goal: nothing is combined from what is not usable, and n is then zeros.
 * Method: each bad blind, each bad point in each answer, answers that cancel out, bad indexes. */
static void test_combine_refuses(void **state)
{
    (void)state;
    const struct scene s = scene_new();
    const uint8_t zeros[POINT_BYTES] = {0};
    static const uint32_t indexes[T] = {1, 2};
    uint8_t bad[32], n[POINT_BYTES], pair[T][POINT_BYTES];
    const uint8_t *const answers[T] = {pair[0], pair[1]};
    struct evaluation_lambdas l;
    assert_int_equal(evaluation_lambdas_init(&l, indexes, T), OK);
    memcpy(pair[0], s.evaluated[0][0], POINT_BYTES);
    memcpy(pair[1], s.evaluated[1][0], POINT_BYTES);
    for (size_t i = 0; i < BAD_SCALARS; i++) {
        unhex(bad_scalars[i].hex, bad, sizeof bad);
        memset(n, 0xaa, sizeof n);
        assert_int_equal(evaluation_combine(&l, answers, 0, bad, n), ERR_SCALAR);
        assert_memory_equal(n, zeros, sizeof n);
    }
    for (size_t i = 0; i < BAD_POINTS * T; i++) {
        unhex(bad_points[i / T].hex, pair[i % T], POINT_BYTES);
        memset(n, 0xaa, sizeof n);
        assert_int_equal(evaluation_combine(&l, answers, 0, s.blinds[0], n), ERR_POINT);
        assert_memory_equal(n, zeros, sizeof n);
        memcpy(pair[i % T], s.evaluated[i % T][0], POINT_BYTES);
    }
    /* lambda is 2 and -1 here: E_2 = 2 * E_1 cancels. */
    scalar_from_u32(2, bad);
    assert_int_equal(point_mul(bad, pair[0], pair[1]), OK);
    memset(n, 0xaa, sizeof n);
    assert_int_equal(evaluation_combine(&l, answers, 0, s.blinds[0], n), ERR_POINT);
    assert_memory_equal(n, zeros, sizeof n);
}

/* Goal: coefficients are made for possible sets of keyholders only.
 * Method: one row is one call. */
static void test_lambdas_refuse(void **state)
{
    (void)state;
    static const struct {
        uint32_t indexes[3];
        size_t t;
        enum err want;
    } rows[] = {
        {{1, 2, 3}, 3,                  OK       },
        {{1, 2, 3}, 0,                  ERR_RANGE},
        {{1, 2, 2}, 3,                  ERR_RANGE},
        {{1, 2, 0}, 3,                  ERR_RANGE},
        {{1, 2, 3}, KEYHOLDERS_MAX + 1, ERR_RANGE},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct evaluation_lambdas l = {.count = 77};
        assert_int_equal(evaluation_lambdas_init(&l, rows[i].indexes, rows[i].t), rows[i].want);
        assert_int_equal(l.count, rows[i].want == OK ? rows[i].t : 77);
    }
}

/* Goal: a wrong answer is refused with the code that names what is wrong.
 * Method: every keyholder's answer against every commitment; elements swapped within an answer;
 * another batch; one element repeated. */
static void test_wrong_answers(void **state)
{
    (void)state;
    const struct scene good = scene_new();
    for (size_t j = 0; j < HOLDERS; j++)
        for (size_t k = 0; k < HOLDERS; k++)
            assert_int_equal(evaluation_verify(good.commitments[k], good.points[0],
                                               good.evaluated[j][0], BATCH, good.proofs[j]),
                             j == k ? OK : ERR_PROOF);
    struct scene s = good;
    memcpy(s.proofs[0], good.proofs[1], VOPRF_PROOF_BYTES);
    assert_int_equal(verify(&s, 0), ERR_PROOF);
    s = good;
    memcpy(s.evaluated[0][0], good.evaluated[0][1], POINT_BYTES);
    memcpy(s.evaluated[0][1], good.evaluated[0][0], POINT_BYTES);
    assert_int_equal(verify(&s, 0), ERR_PROOF);
    memcpy(s.points[0], good.points[1], POINT_BYTES);
    memcpy(s.points[1], good.points[0], POINT_BYTES);
    assert_int_equal(verify(&s, 0), ERR_PROOF); /* true, but not what was proven */
    s = good;
    memcpy(s.evaluated[0][2], good.evaluated[1][2], POINT_BYTES);
    assert_int_equal(verify(&s, 0), ERR_PROOF);
    s = good;
    memcpy(s.evaluated[0][2], good.evaluated[0][1], POINT_BYTES);
    assert_int_equal(verify(&s, 0), ERR_PROOF);
}

/* Goal: no byte of an answer, its question or its commitment can change, and unusable encodings in
 * it get their own code.
 * Method: flip each byte; then each bad encoding in each place. */
static void test_changed_answers(void **state)
{
    (void)state;
    const struct scene good = scene_new();
    struct scene s = good;
    uint8_t *const regions[] = {s.proofs[0], s.evaluated[0][0], s.points[0], s.commitments[0]};
    const size_t sizes[] = {VOPRF_PROOF_BYTES, BATCH * POINT_BYTES, BATCH * POINT_BYTES,
                            POINT_BYTES};
    for (size_t r = 0; r < 4; r++) {
        for (size_t i = 0; i < sizes[r]; i++) {
            regions[r][i] ^= 0x01;
            const enum err e = verify(&s, 0);
            assert_true(e == ERR_PROOF || e == (r == 0 ? ERR_SCALAR : ERR_POINT));
            regions[r][i] ^= 0x01;
        }
        for (size_t i = 0; r == 0 && i < BAD_SCALARS * 2; i++) {
            unhex(bad_scalars[i / 2].hex, s.proofs[0] + (i % 2) * SCALAR_BYTES, SCALAR_BYTES);
            assert_int_equal(verify(&s, 0), ERR_SCALAR);
            s = good;
        }
        for (size_t i = 0; r > 0 && i < BAD_POINTS * sizes[r] / POINT_BYTES; i++) {
            unhex(bad_points[i % BAD_POINTS].hex, regions[r] + (i / BAD_POINTS) * POINT_BYTES,
                  POINT_BYTES);
            assert_int_equal(verify(&s, 0), ERR_POINT);
            s = good;
        }
    }
    assert_int_equal(verify(&s, 0), OK);
}

/* Wants e from answer, and nothing left behind of it. */
static void assert_refused(struct scene *s, enum err want)
{
    const uint8_t zeros[sizeof s->evaluated[0]] = {0};
    memset(s->evaluated[0], 0xaa, sizeof s->evaluated[0]);
    memset(s->proofs[0], 0xaa, sizeof s->proofs[0]);
    assert_int_equal(answer(s, 0), want);
    assert_memory_equal(s->evaluated[0], zeros, sizeof s->evaluated[0]);
    assert_memory_equal(s->proofs[0], zeros, sizeof s->proofs[0]);
    memset(s->evaluated[0], 0xaa, sizeof s->evaluated[0]);
    assert_int_equal(evaluation_alone(&s->shares[0], s->points[0], BATCH, s->evaluated[0][0]),
                     want);
    assert_memory_equal(s->evaluated[0], zeros, sizeof s->evaluated[0]);
}

/* Goal: an asker that knows its padding comes to the same verdict as anybody. Method: batches with
 * none to all real; the true answer, each evaluated point changed to another one and to no point, a
 * proof of another batch; then what only the asker can get wrong: its seed and its count. */
static void test_padded(void **state)
{
    static const size_t reals[] = {0, 1, 4, CONSULT_POINTS - 1, CONSULT_POINTS};
    const uint8_t other_seed[EVALUATION_SEED_BYTES] = {7};
    struct scene s = scene_new();
    (void)state;
    for (size_t r = 0; r < sizeof reals / sizeof reals[0]; r++) {
        uint8_t points[CONSULT_POINTS][POINT_BYTES], given[CONSULT_POINTS][POINT_BYTES];
        uint8_t proof[VOPRF_PROOF_BYTES];
        const size_t real = reals[r];
        for (uint32_t i = 0; i < CONSULT_POINTS; i++) {
            memcpy(points[i], s.points[i % BATCH], POINT_BYTES);
            if (i >= real)
                assert_int_equal(evaluation_pad(blind_seed, i, points[i]), OK);
        }
        assert_int_equal(evaluation_answer(&s.shares[0], s.commitments[0], points[0],
                                           CONSULT_POINTS, s.fresh, given[0], proof),
                         OK);
#define PADDED(count, real, seed)                                                                  \
    evaluation_verify_padded(s.commitments[0], points[0], given[0], count, real, seed, proof)
        assert_int_equal(PADDED(CONSULT_POINTS, real, blind_seed), OK);
        assert_int_equal(PADDED(CONSULT_POINTS, CONSULT_POINTS, other_seed), OK);
        for (size_t i = 0; i < CONSULT_POINTS; i++) {
            uint8_t was[POINT_BYTES];
            memcpy(was, given[i], POINT_BYTES);
            memset(given[i], 0, POINT_BYTES);
            assert_int_equal(PADDED(CONSULT_POINTS, real, blind_seed), ERR_POINT);
            memcpy(given[i], s.commitments[1], POINT_BYTES);
            assert_int_equal(PADDED(CONSULT_POINTS, real, blind_seed), ERR_PROOF);
            memcpy(given[i], was, POINT_BYTES);
        }
        assert_int_equal(PADDED(CONSULT_POINTS - 1, real < 15 ? real : 15, blind_seed), ERR_PROOF);
        assert_int_equal(PADDED(0, 0, blind_seed), ERR_RANGE);
        assert_int_equal(PADDED(CONSULT_POINTS, CONSULT_POINTS + 1, blind_seed), ERR_RANGE);
        assert_int_equal(PADDED(EVALUATION_POINTS_MAX + 1, real, blind_seed), ERR_RANGE);
        if (real < CONSULT_POINTS)
            assert_int_equal(PADDED(CONSULT_POINTS, real, other_seed), ERR_PROOF);
        if (real > 0)
            assert_int_equal(PADDED(CONSULT_POINTS, real - 1, blind_seed), ERR_PROOF);
        proof[VOPRF_PROOF_BYTES - 32] ^= 1;
        assert_int_equal(PADDED(CONSULT_POINTS, real, blind_seed), ERR_PROOF);
        memset(proof, 0xff, sizeof proof);
        assert_int_equal(PADDED(CONSULT_POINTS, real, blind_seed), ERR_SCALAR);
#undef PADDED
    }
}

/* Goal: a keyholder answers no unusable point and with no unusable share, and then leaves zeros.
 * Method: each bad point in each place, each bad scalar as share, share index 0. */
static void test_answer_refuses(void **state)
{
    (void)state;
    const struct scene good = scene_new();
    struct scene s = good;
    for (size_t i = 0; i < BAD_POINTS * BATCH; i++) {
        unhex(bad_points[i / BATCH].hex, s.points[i % BATCH], POINT_BYTES);
        assert_refused(&s, ERR_POINT);
        s = good;
    }
    for (size_t i = 0; i < BAD_SCALARS; i++) {
        unhex(bad_scalars[i].hex, s.shares[0].scalar, SCALAR_BYTES);
        assert_refused(&s, ERR_SCALAR);
    }
    s = good;
    s.shares[0].index = 0;
    assert_refused(&s, ERR_RANGE);
}

/* Goal: batches of one up to the limit work, and no others.
 * Method: padding points; the edges of the range; at the limit a change in the last element. */
static void test_batch_sizes(void **state)
{
    (void)state;
    static const struct {
        size_t count;
        enum err want;
    } rows[] = {
        {0,                         ERR_RANGE},
        {1,                         OK       },
        {CONSULT_POINTS,            OK       },
        {EVALUATION_POINTS_MAX,     OK       },
        {EVALUATION_POINTS_MAX + 1, ERR_RANGE},
        {SIZE_MAX,                  ERR_RANGE},
    };
    static uint8_t points[EVALUATION_POINTS_MAX + 1][POINT_BYTES];
    static uint8_t evaluated[EVALUATION_POINTS_MAX + 1][POINT_BYTES];
    static uint8_t alone[EVALUATION_POINTS_MAX + 1][POINT_BYTES];
    const struct scene s = scene_new();
    const uint8_t zeros[VOPRF_PROOF_BYTES] = {0};
    uint8_t proof[VOPRF_PROOF_BYTES];
    for (uint32_t i = 0; i < EVALUATION_POINTS_MAX + 1; i++) {
        assert_int_equal(evaluation_pad(s.fresh, i, points[i]), OK);
        assert_int_equal(point_check(points[i]), OK);
    }
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const size_t count = rows[i].count;
        memset(proof, 0xaa, sizeof proof);
        memset(evaluated, 0xaa, sizeof evaluated);
        assert_int_equal(evaluation_answer(&s.shares[0], s.commitments[0], points[0], count,
                                           s.fresh, evaluated[0], proof),
                         rows[i].want);
        assert_int_equal(evaluation_verify(s.commitments[0], points[0], evaluated[0], count,
                                           rows[i].want == OK ? proof : s.proofs[0]),
                         rows[i].want);
        memset(alone, 0xaa, sizeof alone);
        assert_int_equal(evaluation_alone(&s.shares[0], points[0], count, alone[0]), rows[i].want);
        assert_memory_equal(alone, evaluated, sizeof alone);
        if (rows[i].want != OK) {
            assert_memory_equal(proof, zeros, sizeof proof);
            assert_int_equal(evaluated[0][0], 0xaa);
            continue;
        }
        assert_int_equal(evaluated[count][0], 0xaa); /* wrote no further */
        memcpy(evaluated[count - 1], points[count - 1], POINT_BYTES);
        assert_int_equal(evaluation_verify(s.commitments[0], points[0], evaluated[0], count, proof),
                         ERR_PROOF);
    }
}

/* nonce * G = s * G + c * K: what anyone can see of the nonce of keyholder 0's proof. */
static void nonce_point(const struct scene *s, uint8_t out[POINT_BYTES])
{
    assert_int_equal(point_mul_base(s->proofs[0] + SCALAR_BYTES, out), OK);
    assert_int_equal(point_mul_add(s->proofs[0], s->commitments[0], out), OK);
}

/* Goal: two different proofs never share a nonce, though the fresh bytes repeat; and fresh bytes
 * alone change it too.
 * Method: change one part of the statement, the share or the fresh bytes in each row and compare
 * all the nonces with each other; unchanged, the same proof comes out. A share is changed together
 * with its commitment, and a commitment alone too (a keyholder with a wrong roster). */
static void test_nonces(void **state)
{
    (void)state;
    enum { CHANGES = 6 };
    const struct scene good = scene_new();
    uint8_t seen[CHANGES][POINT_BYTES];
    struct scene s = good;
    assert_int_equal(answer(&s, 0), OK);
    assert_memory_equal(s.proofs[0], good.proofs[0], VOPRF_PROOF_BYTES);
    for (unsigned change = 0; change < CHANGES; change++) {
        s = good;
        if (change == 1)
            s.fresh[31] ^= 1;
        if (change == 2)
            memcpy(s.points[BATCH - 1], good.points[0], POINT_BYTES);
        if (change == 3)
            s.shares[0].index = 9;
        if (change == 4)
            s.shares[0] = good.shares[1];
        if (change == 4 || change == 5)
            memcpy(s.commitments[0], good.commitments[1], POINT_BYTES);
        assert_int_equal(answer(&s, 0), OK);
        if (change == 5) /* what was proven is seen with the share's own commitment */
            memcpy(s.commitments[0], good.commitments[0], POINT_BYTES);
        nonce_point(&s, seen[change]);
        for (unsigned other = 0; other < change; other++)
            assert_memory_not_equal(seen[change], seen[other], POINT_BYTES);
    }
}

/* Goal: who knows everything but the share cannot tell the nonce, and it binds what it is said to.
 * Method: rebuild it from the contract, keyed with the share; the proof shows that nonce * G is the
 * same. */
static void test_nonce_is_keyed(void **state)
{
    (void)state;
    const struct scene s = scene_new();
    uint8_t text[512], wide[WIDE_BYTES], nonce[SCALAR_BYTES], want[POINT_BYTES], got[POINT_BYTES];
    struct pack p = pack_of(text, sizeof text);
    pack_bytes(&p, BYTES_LITERAL("seinpost/v1/nonce"));
    pack_u32(&p, 1);
    pack_u32(&p, BATCH);
    pack_copy(&p, s.fresh, sizeof s.fresh);
    pack_copy(&p, s.commitments[0], POINT_BYTES);
    pack_copy(&p, s.points, sizeof s.points);
    pack_copy(&p, s.evaluated[0], sizeof s.evaluated[0]);
    assert_false(p.is_full);
    crypto_generichash(wide, sizeof wide, text, pack_len(&p), s.shares[0].scalar, SCALAR_BYTES);
    scalar_from_wide(wide, nonce);
    assert_int_equal(point_mul_base(nonce, want), OK);
    nonce_point(&s, got);
    assert_memory_equal(got, want, sizeof got);
}

/* Goal: the subject, the blinds and the padding are what the contracts say, to the byte.
 * Method: rebuild each from the library's own functions; the longest match key. */
static void test_derivations(void **state)
{
    (void)state;
    static const uint8_t longest[MATCH_KEY_BYTES_MAX] = {3};
    uint8_t out[EVALUATION_SUBJECT_BYTES_MAX], text[21], wide[WIDE_BYTES];
    uint8_t want[32], got[32], first[32];
    size_t len;
    evaluation_subject(2, BYTES_LITERAL("ab"), out, &len);
    assert_int_equal(len, 22);
    assert_memory_equal(out,
                        "seinpost/v1/subject\x02"
                        "ab",
                        len);
    evaluation_subject(2, (struct bytes){NULL, 0}, out, &len);
    assert_int_equal(len, 20);
    evaluation_subject(255, bytes_of(longest, sizeof longest), out, &len);
    assert_int_equal(len, EVALUATION_SUBJECT_BYTES_MAX);
    assert_int_equal(out[19], 255);
    assert_memory_equal(out + 20, longest, sizeof longest);

    memcpy(text, "seinpost/v1/blind\x01\x02\x03\x04", sizeof text);
    crypto_generichash(wide, sizeof wide, text, sizeof text, blind_seed, sizeof blind_seed);
    crypto_core_ristretto255_scalar_reduce(want, wide);
    evaluation_blind_scalar(blind_seed, 0x01020304, got);
    assert_memory_equal(got, want, sizeof got);
    evaluation_blind_scalar(blind_seed, 0, first);
    assert_memory_not_equal(got, first, sizeof got);

    evaluation_blind_scalar(blind_seed, 7, first);
    crypto_scalarmult_ristretto255_base(want, first);
    assert_int_equal(evaluation_pad(blind_seed, 7, got), OK);
    assert_memory_equal(got, want, sizeof got);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rfc_vectors),     cmocka_unit_test(test_pseudonym_vector),
        cmocka_unit_test(test_combine),         cmocka_unit_test(test_combine_refuses),
        cmocka_unit_test(test_lambdas_refuse),  cmocka_unit_test(test_wrong_answers),
        cmocka_unit_test(test_changed_answers), cmocka_unit_test(test_answer_refuses),
        cmocka_unit_test(test_padded),          cmocka_unit_test(test_batch_sizes),
        cmocka_unit_test(test_nonces),          cmocka_unit_test(test_nonce_is_keyed),
        cmocka_unit_test(test_derivations),
    };
    return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
