#include "protocol/threshold.h"
#include "tests/unit/protocol/group_rows.h"
#include "tests/vectors/rfc9497_ristretto255.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

enum { T = 3, N = 5 };

/* The RFC's VOPRF key, split 3-of-5, and what the roster says of it. */
struct dealt {
    uint8_t secret[SCALAR_BYTES], public_key[POINT_BYTES];
    struct share shares[KEYHOLDERS_MAX];
    uint32_t indexes[KEYHOLDERS_MAX];
    uint8_t commitments[KEYHOLDERS_MAX][POINT_BYTES];
};

static const char *rfc_key(void)
{
    size_t i = 0;
    while (rfc9497_vectors[i].mode != 1)
        i++;
    return rfc9497_vectors[i].private_key;
}

static struct dealt deal(size_t t, size_t n)
{
    struct dealt d;
    uint8_t coefficients[KEYHOLDERS_MAX][SCALAR_BYTES];
    unhex(rfc_key(), d.secret, sizeof d.secret);
    assert_int_equal(point_mul_base(d.secret, d.public_key), OK);
    for (uint32_t i = 0; i < KEYHOLDERS_MAX; i++)
        scalar_of(100 + i, coefficients[i]);
    assert_int_equal(threshold_deal(d.secret, coefficients[0], t, n, d.shares), OK);
    for (size_t i = 0; i < n; i++) {
        d.indexes[i] = d.shares[i].index;
        assert_int_equal(d.indexes[i], i + 1);
        assert_int_equal(threshold_commit(&d.shares[i], d.commitments[i]), OK);
    }
    return d;
}

static enum err check(const struct dealt *d, size_t t, size_t n)
{
    return threshold_check(d->public_key, t, n, d->indexes, d->commitments[0]);
}

/* What the keyholders whose bit is set in subset make of one blinded element. */
static void combine(const struct dealt *d, unsigned subset, const uint8_t blinded[POINT_BYTES],
                    uint8_t out[POINT_BYTES])
{
    uint32_t indexes[N];
    const struct share *holders[N];
    size_t count = 0;
    for (unsigned j = 0; j < N; j++) {
        if (subset >> j & 1) {
            holders[count] = &d->shares[j];
            indexes[count++] = d->indexes[j];
        }
    }
    memset(out, 0, POINT_BYTES);
    for (size_t j = 0; j < count; j++) {
        uint8_t part[POINT_BYTES], lambda[SCALAR_BYTES];
        assert_int_equal(point_mul(holders[j]->scalar, blinded, part), OK);
        assert_int_equal(threshold_lagrange(indexes, count, j, lambda), OK);
        assert_int_equal(point_mul_add(lambda, part, out), OK);
    }
}

/* Goal: any three of five keyholders give what the whole key gives, and no fewer do.
 * Method: every subset of the five against every evaluation of the RFC's VOPRF vectors: those of
 * three and more give the vector's element, those of one and two give another. */
static void test_every_subset(void **state)
{
    (void)state;
    const struct dealt d = deal(T, N);
    unsigned enough = 0, too_few = 0;
    for (size_t i = 0; i < sizeof rfc9497_vectors / sizeof rfc9497_vectors[0]; i++) {
        const struct rfc9497_vector *row = &rfc9497_vectors[i];
        for (size_t e = 0; row->mode == 1 && e < row->batch; e++) {
            uint8_t blinded[POINT_BYTES], want[POINT_BYTES], got[POINT_BYTES];
            unhex(row->blinded[e], blinded, sizeof blinded);
            unhex(row->evaluated[e], want, sizeof want);
            for (unsigned subset = 1; subset < 1U << N; subset++) {
                combine(&d, subset, blinded, got);
                bool is_enough = __builtin_popcount(subset) >= T;
                assert_int_equal(memcmp(got, want, sizeof want) == 0, is_enough);
                enough += is_enough;
                too_few += !is_enough;
            }
        }
    }
    assert_int_equal(enough, 4 * 16);
    assert_int_equal(too_few, 4 * 15);
}

/* Goal: the coefficients are Lagrange's.
 * Method: those of indexes 1, 2, 3 are 3, -3, 1; of a single index, 1; of 2 and 2^32 - 1, checked
 * by multiplying out: lambda * (2^32 - 3) = 2^32 - 1. */
static void test_lagrange_values(void **state)
{
    (void)state;
    static const uint32_t three[] = {1, 2, 3}, far[] = {2, UINT32_MAX}, one[] = {9};
    uint8_t got[SCALAR_BYTES], want[SCALAR_BYTES], factor[SCALAR_BYTES];
    assert_int_equal(threshold_lagrange(three, 3, 0, got), OK);
    scalar_from_u32(3, want);
    assert_memory_equal(got, want, sizeof want);
    assert_int_equal(threshold_lagrange(three, 3, 1, got), OK);
    crypto_core_ristretto255_scalar_negate(want, want);
    assert_memory_equal(got, want, sizeof want);
    assert_int_equal(threshold_lagrange(three, 3, 2, got), OK);
    scalar_from_u32(1, want);
    assert_memory_equal(got, want, sizeof want);
    assert_int_equal(threshold_lagrange(one, 1, 0, got), OK);
    assert_memory_equal(got, want, sizeof want);
    assert_int_equal(threshold_lagrange(far, 2, 0, got), OK);
    scalar_from_u32(UINT32_MAX - 2, factor);
    crypto_core_ristretto255_scalar_mul(got, got, factor);
    scalar_from_u32(UINT32_MAX, want);
    assert_memory_equal(got, want, sizeof want);
}

/* Goal: indexes that no polynomial can have are refused, and nothing is written.
 * Method: one row is one call. */
static void test_lagrange_refuses(void **state)
{
    (void)state;
    static const struct {
        uint32_t indexes[4];
        size_t count, which;
        enum err want;
        const char *why;
    } rows[] = {
        {{1, 2, 3}, 3,                  2, OK,        "three distinct ones"    },
        {{1, 2, 3}, 0,                  0, ERR_RANGE, "none"                   },
        {{1, 2, 3}, 3,                  3, ERR_RANGE, "which is past the last" },
        {{0, 2, 3}, 3,                  1, ERR_RANGE, "zero first"             },
        {{1, 2, 0}, 3,                  0, ERR_RANGE, "zero last"              },
        {{1, 2, 1}, 3,                  1, ERR_RANGE, "first and last repeat"  },
        {{2, 2},    2,                  0, ERR_RANGE, "both repeat"            },
        {{1},       KEYHOLDERS_MAX + 1, 0, ERR_RANGE, "more than the limit"    },
        {{1},       SIZE_MAX,           0, ERR_RANGE, "far more than the limit"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint8_t out[SCALAR_BYTES], before[SCALAR_BYTES];
        memset(out, 0xaa, sizeof out);
        memcpy(before, out, sizeof out);
        print_message("%s\n", rows[i].why);
        assert_int_equal(threshold_lagrange(rows[i].indexes, rows[i].count, rows[i].which, out),
                         rows[i].want);
        if (rows[i].want != OK)
            assert_memory_equal(out, before, sizeof out);
    }
}

/* Goal: commitments of an honest dealing are accepted, whatever t, n and the order.
 * Method: several sizes up to the limit; then the order of the five reversed. */
static void test_check_accepts(void **state)
{
    (void)state;
    static const struct {
        size_t t, n;
    } rows[] = {
        {1,  1             },
        {1,  3             },
        {2,  2             },
        {2,  3             },
        {T,  N             },
        {16, KEYHOLDERS_MAX},
        {31, KEYHOLDERS_MAX},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct dealt d = deal(rows[i].t, rows[i].n);
        assert_int_equal(check(&d, rows[i].t, rows[i].n), OK);
    }
    const struct dealt d = deal(T, N);
    struct dealt reversed = d;
    for (size_t i = 0; i < N; i++) {
        reversed.indexes[i] = d.indexes[N - 1 - i];
        memcpy(reversed.commitments[i], d.commitments[N - 1 - i], POINT_BYTES);
    }
    assert_int_equal(check(&reversed, T, N), OK);
}

/* Goal: t, n and indexes out of range are refused.
 * Method: one row is one call on an honest dealing with two indexes replaced. */
static void test_check_refuses_ranges(void **state)
{
    (void)state;
    static const struct {
        size_t t, n;
        uint32_t first, last; /* indexes of the first and the fifth */
        enum err want;
        const char *why;
    } rows[] = {
        {T,     N,                  1, 5,          OK,        "as dealt"                   },
        {0,     N,                  1, 5,          ERR_RANGE, "t is 0"                     },
        {N + 1, N,                  1, 5,          ERR_RANGE, "t is above n"               },
        {0,     0,                  1, 5,          ERR_RANGE, "nobody"                     },
        {T,     KEYHOLDERS_MAX + 1, 1, 5,          ERR_RANGE, "n is above the limit"       },
        {T,     N,                  0, 5,          ERR_RANGE, "index 0 among the first t"  },
        {T,     N,                  1, 0,          ERR_RANGE, "index 0 among the others"   },
        {T,     N,                  2, 5,          ERR_RANGE, "repeated among the first t" },
        {T,     N,                  1, 1,          ERR_RANGE, "repeated among the others"  },
        {T,     N,                  6, 5,          ERR_PROOF, "another index, first"       },
        {T,     N,                  1, 6,          ERR_PROOF, "another index, last"        },
        {T,     N,                  5, 1,          ERR_PROOF, "two indexes swapped"        },
        {T,     N,                  1, UINT32_MAX, ERR_PROOF, "the largest index"          },
        {T - 1, N,                  1, 5,          ERR_PROOF, "t too low"                  },
        {T + 1, N,                  1, 5,          ERR_PROOF, "t too high: degree is lower"},
        {N,     N,                  1, 5,          ERR_PROOF, "t is n: degree is lower"    },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct dealt d = deal(T, N);
        d.indexes[0] = rows[i].first;
        d.indexes[N - 1] = rows[i].last;
        print_message("%s\n", rows[i].why);
        assert_int_equal(check(&d, rows[i].t, rows[i].n), rows[i].want);
    }
}

/* Goal: no commitment and no public key can be another point, or no point.
 * Method: each of the six places gets the next multiple of the generator, its neighbour's value,
 * and each bad encoding. */
static void test_check_refuses_points(void **state)
{
    (void)state;
    const struct dealt good = deal(T, N);
    uint8_t generator[POINT_BYTES], one[SCALAR_BYTES];
    scalar_from_u32(1, one);
    assert_int_equal(point_mul_base(one, generator), OK);
    for (size_t place = 0; place <= N; place++) {
        struct dealt d = good;
        uint8_t *const at = place == N ? d.public_key : d.commitments[place];
        uint8_t honest[POINT_BYTES];
        memcpy(honest, at, sizeof honest);
        assert_int_equal(point_mul_add(one, generator, at), OK);
        assert_int_equal(check(&d, T, N), ERR_PROOF);
        memcpy(at, good.commitments[(place + 1) % N], POINT_BYTES);
        assert_int_equal(check(&d, T, N), ERR_PROOF);
        for (size_t i = 0; i < BAD_POINTS; i++) {
            unhex(bad_points[i].hex, at, POINT_BYTES);
            assert_int_equal(check(&d, T, N), ERR_POINT);
        }
        memcpy(at, honest, sizeof honest);
        assert_int_equal(check(&d, T, N), OK);
    }
    struct dealt d = good;
    memcpy(d.commitments[0], good.commitments[1], POINT_BYTES);
    memcpy(d.commitments[1], good.commitments[0], POINT_BYTES);
    assert_int_equal(check(&d, T, N), ERR_PROOF);
}

/* Goal: a dealing is refused for what cannot be dealt, and leaves the shares as they were.
 * Method: t and n in rows; each bad scalar as the secret and as each coefficient; a polynomial with
 * f(1) = 0. */
static void test_deal_refuses(void **state)
{
    (void)state;
    static const struct {
        size_t t, n;
    } rows[] = {
        {0,        N                 },
        {N + 1,    N                 },
        {0,        0                 },
        {T,        KEYHOLDERS_MAX + 1},
        {SIZE_MAX, SIZE_MAX          },
    };
    uint8_t secret[SCALAR_BYTES], coefficients[T - 1][SCALAR_BYTES];
    struct share shares[KEYHOLDERS_MAX], before[KEYHOLDERS_MAX];
    memset(shares, 0xaa, sizeof shares);
    memcpy(before, shares, sizeof shares);
    scalar_of(1, secret);
    for (uint32_t i = 0; i < T - 1; i++)
        scalar_of(2 + i, coefficients[i]);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_int_equal(threshold_deal(secret, coefficients[0], rows[i].t, rows[i].n, shares),
                         ERR_RANGE);
    for (size_t i = 0; i < BAD_SCALARS * T; i++) {
        uint8_t *const places[T] = {secret, coefficients[0], coefficients[1]}, good[SCALAR_BYTES];
        memcpy(good, places[i % T], sizeof good);
        unhex(bad_scalars[i / T].hex, places[i % T], SCALAR_BYTES);
        assert_int_equal(threshold_deal(secret, coefficients[0], T, N, shares), ERR_SCALAR);
        memcpy(places[i % T], good, sizeof good);
    }
    crypto_core_ristretto255_scalar_negate(coefficients[0], secret);
    assert_int_equal(threshold_deal(secret, coefficients[0], 2, N, shares), ERR_SCALAR);
    assert_memory_equal(shares, before, sizeof shares);
    assert_int_equal(threshold_deal(secret, coefficients[0], T, N, shares), OK);
}

/* Goal: unusable shares get no commitment.
 * Method: index 0, and each bad scalar. */
static void test_commit_refuses(void **state)
{
    (void)state;
    const uint8_t zeros[POINT_BYTES] = {0};
    uint8_t out[POINT_BYTES];
    struct share share = {.index = 0};
    scalar_of(1, share.scalar);
    memset(out, 0xaa, sizeof out);
    assert_int_equal(threshold_commit(&share, out), ERR_RANGE);
    assert_memory_equal(out, zeros, sizeof out);
    share.index = 1;
    assert_int_equal(threshold_commit(&share, out), OK);
    for (size_t i = 0; i < BAD_SCALARS; i++) {
        unhex(bad_scalars[i].hex, share.scalar, SCALAR_BYTES);
        assert_int_equal(threshold_commit(&share, out), ERR_SCALAR);
        assert_memory_equal(out, zeros, sizeof out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_subset),         cmocka_unit_test(test_lagrange_values),
        cmocka_unit_test(test_lagrange_refuses),     cmocka_unit_test(test_check_accepts),
        cmocka_unit_test(test_check_refuses_ranges), cmocka_unit_test(test_check_refuses_points),
        cmocka_unit_test(test_deal_refuses),         cmocka_unit_test(test_commit_refuses),
    };
    return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
