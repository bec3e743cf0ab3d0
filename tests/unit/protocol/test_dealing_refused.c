/*
 * Goal: of a dealing, nothing can be changed without being noticed, and whoever can be blamed for
 * it is; what cannot be dealt is not dealt; and a dealing is what its seed says.
 * Method: one honest dealing of each kind, changed at each byte, and each rule of the contract
 * broken by a row.
 */
#include "tests/unit/protocol/dealing_sample.h"

enum { T = 3, N = 5, KINDS = 4, ALL = (1 << N) - 1, COUNT_MAX = KEYHOLDERS_MAX };

/* One game of each kind, from the same old sharing. */
struct games {
    struct sharing old, factor, out[KINDS];
    struct played played[KINDS];
};

static struct games games;

static int setup(void **state)
{
    (void)state;
    sharing_new(T, N, 41, &games.old);
    sharing_new(T, N, 42, &games.factor);
    for (unsigned i = 0; i < KINDS; i++) {
        const struct plan plan = {(enum dealing_kind)(i + 1), ALL, T, N, 1, 43 + i};
        play(&plan, i == 0 ? NULL : &games.old, &games.factor, &games.played[i], &games.out[i]);
    }
    return 0;
}

static const struct dealing_base *base_of(const struct played *p, size_t d)
{
    bool is_based = p->set.kind == DEALING_RESHARE || p->set.kind == DEALING_MULTIPLY;
    return is_based ? &p->base[d] : NULL;
}

static enum err verify(const struct played *p, const struct dealing *d)
{
    return dealing_verify(d, &p->place[1], base_of(p, 1));
}

/* A point other than the one there, and usable. */
static void other_point(uint8_t p[POINT_BYTES])
{
    uint8_t one[SCALAR_BYTES];
    scalar_from_u32(1, one);
    assert_int_equal(point_mul_add(one, games.old.public_key, p), OK);
}

/* Each byte of commitments and proof: a changed C_0 or proof is noticed by itself. A changed other
 * commitment, if it still is one, is found by each receiver and by the promise of its dealer. */
static void test_flipped(void **state)
{
    (void)state;
    for (size_t i = 0; i < KINDS; i++) {
        const struct played *p = &games.played[i];
        struct dealing d = p->dealing[1];
        for (size_t at = 0; at < T * POINT_BYTES; at++) {
            uint8_t share[SCALAR_BYTES];
            d.commitment[at / POINT_BYTES][at % POINT_BYTES] ^= (uint8_t)(1U << at % 8);
            enum err e = verify(p, &d);
            if (at < POINT_BYTES)
                assert_true(e == ERR_POINT || (e == ERR_PROOF && i != 1));
            else
                assert_true(e == ERR_POINT || e == OK);
            assert_int_equal(dealing_share(&p->secret[1], 2, share), OK);
            assert_true(e == ERR_POINT || dealing_check(&d, 2, share) == ERR_PROOF);
            d.commitment[at / POINT_BYTES][at % POINT_BYTES] ^= (uint8_t)(1U << at % 8);
        }
        for (size_t at = 0; at < d.proof_bytes; at++) {
            d.proof[at] ^= (uint8_t)(1U << at % 8);
            enum err e = verify(p, &d);
            bool is_point = i == 3 && at < POINT_BYTES;
            assert_true(e == ERR_PROOF || e == (is_point ? ERR_POINT : ERR_SCALAR));
            d.proof[at] ^= (uint8_t)(1U << at % 8);
        }
        assert_int_equal(verify(p, &d), OK);
    }
}

/* Usable points in the wrong place, the identity, and encodings that are none. */
static void test_points(void **state)
{
    (void)state;
    for (size_t i = 0; i < KINDS; i++) {
        const struct played *p = &games.played[i];
        for (size_t k = 0; k < T; k++) {
            for (size_t row = 0; row < BAD_POINTS; row++) {
                struct dealing d = p->dealing[1];
                uint8_t out[POINT_BYTES];
                unhex(bad_points[row].hex, d.commitment[k], POINT_BYTES);
                bool is_zero_dealt = i == 1 && k == 0;
                assert_int_equal(verify(p, &d),
                                 is_zero_dealt && row == 0 ? OK : ERR_POINT); /* the identity */
                if (is_zero_dealt)
                    continue;
                assert_int_equal(dealing_commitment(&d, 1, out), ERR_POINT);
                assert_true(point_is_identity(out));
                assert_int_equal(dealing_check(&d, 1, games.old.share[0]), ERR_POINT);
            }
        }
        struct dealing d = p->dealing[1];
        other_point(d.commitment[0]);
        assert_int_equal(verify(p, &d), i == 1 ? ERR_POINT : ERR_PROOF);
    }
    struct dealing d = games.played[3].dealing[1];
    other_point(d.proof);
    assert_int_equal(verify(&games.played[3], &d), ERR_PROOF);
    unhex(bad_points[BAD_POINT_HIGH_BIT].hex, d.proof, POINT_BYTES);
    assert_int_equal(verify(&games.played[3], &d), ERR_POINT);
}

/* Scalars of the proofs that are none; L + s acts as s, and would be a second proof. */
static void test_scalars(void **state)
{
    (void)state;
    static const size_t kinds[] = {0, 3}, offsets[] = {0, POINT_BYTES};
    for (size_t i = 0; i < 2; i++) {
        const struct played *p = &games.played[kinds[i]];
        for (size_t half = 0; half < 2; half++) {
            for (size_t row = 0; row < BAD_SCALARS; row++) {
                struct dealing d = p->dealing[1];
                unhex(bad_scalars[row].hex, d.proof + offsets[i] + half * SCALAR_BYTES,
                      SCALAR_BYTES);
                assert_int_equal(verify(p, &d), ERR_SCALAR);
            }
        }
    }
}

/* A proof is of this dealer, in this ceremony and round, over this base. */
static void test_bound(void **state)
{
    (void)state;
    const struct played *p = &games.played[0];
    struct dealing_place place = p->place[1];
    place.ceremony[31] ^= 1;
    assert_int_equal(dealing_verify(&p->dealing[1], &place, NULL), ERR_PROOF);
    place = p->place[1];
    place.dealer[0] ^= 1;
    assert_int_equal(dealing_verify(&p->dealing[1], &place, NULL), ERR_PROOF);
    place = p->place[1];
    place.round = 2;
    assert_int_equal(dealing_verify(&p->dealing[1], &place, NULL), ERR_PROOF);
    for (size_t i = 2; i < KINDS; i++) {
        const struct played *based = &games.played[i];
        assert_int_equal(dealing_verify(&based->dealing[1], &based->place[1], &based->base[2]),
                         ERR_PROOF);
    }
    const struct played *product = &games.played[3];
    struct dealing_base base = product->base[1];
    memcpy(base.factor, product->base[2].factor, POINT_BYTES);
    assert_int_equal(dealing_verify(&product->dealing[1], &product->place[1], &base), ERR_PROOF);
    base = product->base[1];
    memcpy(base.public_key, games.factor.public_key, POINT_BYTES);
    assert_int_equal(dealing_verify(&product->dealing[1], &product->place[1], &base), ERR_PROOF);
    base = product->base[1];
    memset(base.factor, 0, POINT_BYTES);
    assert_int_equal(dealing_verify(&product->dealing[1], &product->place[1], &base), ERR_POINT);
}

/* Degree, kind and length of the proof. */
static void test_shape(void **state)
{
    (void)state;
    static const struct {
        int kind;
        size_t t, proof_bytes;
        enum err want;
        const char *why;
    } rows[] = {
        {DEALING_REFRESH,  3,                  0,  OK,        "as it is"                        },
        {DEALING_REFRESH,  2,                  0,  OK,        "of a lower degree, and a refresh"},
        {DEALING_REFRESH,  1,                  0,  ERR_RANGE, "deals nothing at all"            },
        {DEALING_REFRESH,  0,                  0,  ERR_RANGE, "no commitment"                   },
        {DEALING_REFRESH,  4,                  0,  ERR_POINT, "one commitment short"            },
        {DEALING_REFRESH,  KEYHOLDERS_MAX + 1, 0,  ERR_RANGE, "above the limit"                 },
        {DEALING_REFRESH,  SIZE_MAX,           0,  ERR_RANGE, "far above it"                    },
        {DEALING_REFRESH,  3,                  64, ERR_RANGE, "a proof that none has"           },
        {DEALING_GENERATE, 3,                  0,  ERR_RANGE, "no proof"                        },
        {DEALING_GENERATE, 3,                  96, ERR_RANGE, "another kind's proof"            },
        {DEALING_GENERATE, 0,                  64, ERR_RANGE, "a proof of nothing"              },
        {0,                3,                  0,  ERR_RANGE, "kind 0"                          },
        {5,                3,                  0,  ERR_RANGE, "kind 5"                          },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct played *p = &games.played[1];
        struct dealing d = p->dealing[1];
        d.kind = (enum dealing_kind)rows[i].kind;
        d.t = rows[i].t;
        d.proof_bytes = rows[i].proof_bytes;
        enum err e = dealing_verify(&d, &p->place[1], NULL);
        if (e != rows[i].want)
            fail_msg("%s: %s", rows[i].why, err_name(e));
    }
    assert_int_equal(dealing_proof_bytes((enum dealing_kind)0), 0);
    assert_int_equal(dealing_proof_bytes(DEALING_MULTIPLY), DEALING_PROOF_BYTES_MAX);
}

/* Each byte of a sub-share; another's, or one for another; what is no scalar; what is no index. */
static void test_subshares(void **state)
{
    (void)state;
    for (size_t i = 0; i < KINDS; i++) {
        const struct played *p = &games.played[i];
        const struct dealing *d = &p->dealing[1];
        uint8_t share[SCALAR_BYTES], bad[SCALAR_BYTES], point[POINT_BYTES];
        assert_int_equal(dealing_share(&p->secret[1], 255, share), OK);
        assert_int_equal(dealing_check(d, 255, share), OK);
        for (size_t at = 0; at < SCALAR_BYTES; at++) {
            share[at] ^= (uint8_t)(1U << at % 8);
            enum err e = dealing_check(d, 255, share);
            assert_true(e == ERR_PROOF || (at == SCALAR_BYTES - 1 && e == ERR_SCALAR));
            share[at] ^= (uint8_t)(1U << at % 8);
        }
        assert_int_equal(dealing_check(d, 254, share), ERR_PROOF);
        assert_int_equal(dealing_check(&p->dealing[2], 255, share), ERR_PROOF);
        for (size_t row = 0; row < BAD_SCALARS; row++) {
            unhex(bad_scalars[row].hex, bad, sizeof bad);
            assert_int_equal(dealing_check(d, 255, bad), ERR_SCALAR);
        }
        static const uint32_t none[] = {0, 256, UINT32_MAX};
        for (size_t row = 0; row < 3; row++) {
            assert_int_equal(dealing_share(&p->secret[1], none[row], bad), ERR_RANGE);
            assert_true(sodium_is_zero(bad, sizeof bad));
            assert_int_equal(dealing_commitment(d, none[row], point), ERR_RANGE);
            assert_int_equal(dealing_check(d, none[row], share), ERR_RANGE);
        }
    }
}

/* A polynomial that is zero where a receiver stands gives it nothing, and it can prove that. */
static void test_zero_value(void **state)
{
    (void)state;
    struct dealing_secret s = {.t = 2};
    struct dealing_place place = place_of(1, 1);
    struct dealing d;
    uint8_t seed[DEALING_SEED_BYTES] = {1}, share[SCALAR_BYTES], point[POINT_BYTES];
    scalar_from_u32(5, s.coefficient[0]);
    scalar_from_u32(1, s.coefficient[1]);
    crypto_core_ristretto255_scalar_negate(s.coefficient[1], s.coefficient[1]); /* f(x) = 5 - x */
    assert_int_equal(dealing_publish(&s, seed, &place, DEALING_GENERATE, NULL, NULL, &d), OK);
    assert_int_equal(dealing_share(&s, 5, share), ERR_SCALAR);
    assert_true(sodium_is_zero(share, sizeof share));
    assert_int_equal(dealing_check(&d, 5, share), ERR_SCALAR);
    assert_int_equal(dealing_commitment(&d, 5, point), OK);
    assert_true(point_is_identity(point));
    const struct dealing_set alone = {.kind = DEALING_GENERATE, .count = 1, .dealing = {&d}};
    assert_int_equal(dealing_combine_commitment(&alone, 5, NULL, point), ERR_POINT);
    const struct dealing_set both = {
        .kind = DEALING_GENERATE, .count = 2, .dealing = {&d, &games.played[0].dealing[0]}
    };
    assert_int_equal(dealing_combine_commitment(&both, 5, NULL, point), ERR_RANGE); /* unlike t */
}

/* What a dealer does not deal. */
static void test_not_dealt(void **state)
{
    (void)state;
    static const uint8_t zeros[SCALAR_BYTES];
    const struct played *p = &games.played[3];
    const struct dealing_place *place = &p->place[0];
    const uint8_t *seed = p->seed[0];
    struct dealing_secret s;
    struct dealing d;
    uint8_t bad[SCALAR_BYTES], out[SCALAR_BYTES];

    assert_int_equal(dealing_draw(seed, place, 0, NULL, &s), ERR_RANGE);
    assert_int_equal(dealing_draw(seed, place, KEYHOLDERS_MAX + 1, NULL, &s), ERR_RANGE);
    assert_int_equal(dealing_draw(seed, place, 1, zeros, &s), ERR_RANGE);
    assert_true(sodium_is_zero((uint8_t *)&s, sizeof s));
    for (size_t row = 1; row < BAD_SCALARS; row++) {
        unhex(bad_scalars[row].hex, bad, sizeof bad);
        assert_int_equal(dealing_draw(seed, place, T, bad, &s), ERR_SCALAR);
        assert_true(sodium_is_zero((uint8_t *)&s, sizeof s));
        assert_int_equal(dealing_product(bad, seed, out), ERR_SCALAR);
    }
    assert_int_equal(dealing_product(games.old.share[0], zeros, out), ERR_SCALAR);
    assert_true(sodium_is_zero(out, sizeof out));
    assert_int_equal(dealing_draw(seed, place, KEYHOLDERS_MAX, NULL, &s), OK);
    assert_int_equal(dealing_publish(&s, seed, place, DEALING_GENERATE, NULL, NULL, &d), OK);

    /* zero in another kind than refresh, and something in a refresh */
    assert_int_equal(dealing_draw(seed, place, T, zeros, &s), OK);
    assert_int_equal(dealing_publish(&s, seed, place, DEALING_GENERATE, NULL, NULL, &d),
                     ERR_SCALAR);
    s.coefficient[2][31] = 0xff;
    assert_int_equal(dealing_publish(&s, seed, place, DEALING_REFRESH, NULL, NULL, &d), ERR_SCALAR);
    assert_int_equal(dealing_draw(seed, place, T, NULL, &s), OK);
    assert_int_equal(dealing_publish(&s, seed, place, DEALING_REFRESH, NULL, NULL, &d), ERR_SCALAR);
    assert_int_equal(dealing_publish(&s, seed, place, (enum dealing_kind)5, NULL, NULL, &d),
                     ERR_RANGE);
    /* shares that are not those of the member list */
    assert_int_equal(dealing_publish(&s, seed, place, DEALING_RESHARE, &p->base[0], NULL, &d),
                     ERR_PROOF);
    assert_int_equal(dealing_publish(&p->secret[0], seed, place, DEALING_MULTIPLY, &p->base[0],
                                     games.factor.share[1], &d),
                     ERR_PROOF);
    assert_int_equal(dealing_publish(&p->secret[1], seed, place, DEALING_MULTIPLY, &p->base[0],
                                     games.factor.share[0], &d),
                     ERR_PROOF);
    assert_int_equal(
        dealing_publish(&p->secret[0], seed, place, DEALING_MULTIPLY, &p->base[0], zeros, &d),
        ERR_SCALAR);
    struct dealing_base base = p->base[0];
    memset(base.public_key, 0, POINT_BYTES);
    assert_int_equal(dealing_publish(&p->secret[0], seed, place, DEALING_MULTIPLY, &base,
                                     games.factor.share[0], &d),
                     ERR_POINT);
    assert_true(sodium_is_zero((uint8_t *)&d, sizeof d));
    s.t = 0;
    assert_int_equal(dealing_publish(&s, seed, place, DEALING_GENERATE, NULL, NULL, &d), ERR_RANGE);
}

/* Another seed, ceremony, dealer, round or place gives another coefficient; the same, the same. */
static void test_drawn(void **state)
{
    (void)state;
    const struct played *p = &games.played[0];
    struct dealing_secret s[5], again;
    struct dealing_place place = p->place[0];
    uint8_t seed[DEALING_SEED_BYTES];
    memcpy(seed, p->seed[0], sizeof seed);
    for (size_t i = 0; i < 5; i++) {
        place = p->place[0];
        memcpy(seed, p->seed[0], sizeof seed);
        *(i == 1   ? &seed[31]
          : i == 2 ? &place.ceremony[31]
          : i == 3 ? &place.dealer[31]
                   : &place.round) ^= (uint8_t)(i > 0);
        assert_int_equal(dealing_draw(seed, &place, 4, NULL, &s[i]), OK);
        for (size_t k = 0; k < 4; k++)
            for (size_t j = 0; j < i; j++)
                assert_memory_not_equal(s[j].coefficient[k], s[i].coefficient[k], SCALAR_BYTES);
    }
    assert_memory_not_equal(s[0].coefficient[0], s[0].coefficient[1], SCALAR_BYTES);
    assert_int_equal(dealing_draw(p->seed[0], &p->place[0], T, NULL, &again), OK);
    assert_memory_equal(&again, &p->secret[0], sizeof again);
    /* what comes first changes nothing else */
    assert_int_equal(dealing_draw(p->seed[0], &p->place[0], T, games.old.share[0], &again), OK);
    assert_memory_equal(again.coefficient[1], s[0].coefficient[1], 2 * SCALAR_BYTES);
}

/* Sets that cannot be put together. */
static void test_sets(void **state)
{
    (void)state;
    uint8_t sub[COUNT_MAX + 1][SCALAR_BYTES], share[SCALAR_BYTES], point[POINT_BYTES];
    static const uint8_t zeros[POINT_BYTES];
    static const struct {
        size_t kind, count;
        uint32_t index;
        enum err want;
        const char *why;
    } rows[] = {
        {0, 5,             0, OK,        "a new key, indexes unused"},
        {0, 0,             1, ERR_RANGE, "nobody"                   },
        {0, COUNT_MAX + 1, 1, ERR_RANGE, "too many"                 },
        {2, 5,             1, OK,        "reshared by all"          },
        {2, 3,             1, OK,        "by three"                 },
        {2, 5,             2, ERR_RANGE, "two with one index"       },
        {2, 5,             0, ERR_RANGE, "an index of 0"            },
        {3, 5,             1, OK,        "multiplied by 2t - 1"     },
        {3, 4,             1, ERR_RANGE, "by one fewer"             },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct played *p = &games.played[rows[i].kind];
        struct dealing_set set = p->set;
        set.count = rows[i].count;
        set.index[0] = rows[i].index;
        for (size_t d = 0; d < N; d++)
            assert_int_equal(dealing_share(&p->secret[d], 1, sub[d]), OK);
        const uint8_t(*subs)[SCALAR_BYTES] = (const uint8_t(*)[SCALAR_BYTES])sub;
        enum err e = dealing_combine_share(&set, subs, NULL, share);
        if (e != rows[i].want)
            fail_msg("%s: %s", rows[i].why, err_name(e));
        assert_int_equal(dealing_combine_commitment(&set, 1, NULL, point), e);
        assert_true(point_is_identity(point) == (e != OK));
        assert_int_equal(dealing_combine_key(&set, NULL, point), e);
        assert_true(point_is_identity(point) == (e != OK));
        assert_true(sodium_is_zero(share, sizeof share) == (e != OK));
    }
    const uint8_t(*subs)[SCALAR_BYTES] = (const uint8_t(*)[SCALAR_BYTES])sub;
    struct dealing_set set = games.played[0].set;
    set.dealing[4] = &games.played[2].dealing[4];
    assert_int_equal(dealing_combine_key(&set, NULL, point), ERR_RANGE); /* of another kind */
    set = games.played[0].set;
    assert_int_equal(dealing_combine_commitment(&set, 0, NULL, point), ERR_RANGE);
    memset(sub[1], 0xff, SCALAR_BYTES);
    assert_int_equal(dealing_combine_share(&set, subs, NULL, share), ERR_SCALAR);
    memset(sub, 0, sizeof sub);
    assert_int_equal(dealing_combine_share(&set, subs, NULL, share), ERR_SCALAR);

    set = games.played[1].set;
    assert_int_equal(dealing_combine_key(&set, zeros, point), ERR_POINT);
    assert_int_equal(dealing_combine_commitment(&set, 1, zeros, point), ERR_POINT);
    assert_int_equal(dealing_combine_share(&set, subs, zeros, share), ERR_SCALAR);
}

/* Two that cancel out: a new share, or a key, of zero is none. */
static void test_cancelled(void **state)
{
    (void)state;
    struct dealing_secret s = {.t = 2}, minus;
    struct dealing_place place = place_of(2, 1);
    struct dealing d[2];
    uint8_t seed[DEALING_SEED_BYTES] = {2}, sub[2][SCALAR_BYTES], out[SCALAR_BYTES];
    const struct dealing_set set = {
        .kind = DEALING_GENERATE, .count = 2, .dealing = {&d[0], &d[1]}
    };
    assert_int_equal(dealing_draw(seed, &place, 2, NULL, &s), OK);
    minus = s;
    for (size_t k = 0; k < 2; k++)
        crypto_core_ristretto255_scalar_negate(minus.coefficient[k], s.coefficient[k]);
    assert_int_equal(dealing_publish(&s, seed, &place, DEALING_GENERATE, NULL, NULL, &d[0]), OK);
    assert_int_equal(dealing_publish(&minus, seed, &place, DEALING_GENERATE, NULL, NULL, &d[1]),
                     OK);
    assert_int_equal(dealing_share(&s, 1, sub[0]), OK);
    assert_int_equal(dealing_share(&minus, 1, sub[1]), OK);
    assert_int_equal(dealing_combine_share(&set, (const uint8_t(*)[SCALAR_BYTES])sub, NULL, out),
                     ERR_SCALAR);
    assert_int_equal(dealing_combine_key(&set, NULL, out), ERR_POINT);
    assert_int_equal(dealing_combine_commitment(&set, 1, NULL, out), ERR_POINT);
}

/* A product that is not that of the factor shown: each proof holds, and they do not belong
 * together. */
static void test_other_product(void **state)
{
    (void)state;
    struct played p;
    struct sharing out, mixed = games.factor;
    const struct plan plan = {DEALING_MULTIPLY, ALL, T, N, 1, 60};
    uint8_t key[POINT_BYTES];
    sharing_new(T, N, 61, &out);
    memcpy(mixed.share[4], out.share[4], SCALAR_BYTES);
    memcpy(mixed.commitment[4], out.commitment[4], POINT_BYTES);
    memset(&p, 0, sizeof p);
    p.set.kind = DEALING_MULTIPLY;
    for (size_t i = 0; i < N; i++)
        play_dealer(&p, &plan, &games.old, &mixed, i);
    assert_int_equal(dealing_combine_key(&p.set, NULL, key), ERR_PROOF);
    assert_true(point_is_identity(key));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_flipped),    cmocka_unit_test(test_points),
        cmocka_unit_test(test_scalars),    cmocka_unit_test(test_bound),
        cmocka_unit_test(test_shape),      cmocka_unit_test(test_subshares),
        cmocka_unit_test(test_zero_value), cmocka_unit_test(test_not_dealt),
        cmocka_unit_test(test_drawn),      cmocka_unit_test(test_sets),
        cmocka_unit_test(test_cancelled),  cmocka_unit_test(test_other_product),
    };
    return cmocka_run_group_tests(tests, setup, NULL);
}
