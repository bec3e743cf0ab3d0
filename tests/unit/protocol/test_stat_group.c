#include "protocol/stat_group.h"
#include "protocol/voprf.h"
#include "tests/unit/protocol/stat_rows.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static struct stat_log table;

/* Goal: nobody chose H so as to know its logarithm. Method: it is hashed again from its name. */
static void test_h(void **state)
{
    (void)state;
    uint8_t h[POINT_BYTES];
    voprf_hash_to_group(VOPRF_VOPRF, BYTES_LITERAL("seinpost/v1/stat-value"), h);
    assert_memory_equal(h, stat_h, POINT_BYTES);
}

/* Goal: each value below the limit is found, and none at it or above. Method: edges of the table
 * and of the search, each with the limit just above it and at it. */
static void test_find(void **state)
{
    (void)state;
    static const uint32_t values[] = {0,    1,     2,     8191,  8192,   8193,
                                      9999, 16383, 16384, 65536, 1000000};
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        uint8_t point[POINT_BYTES];
        uint32_t v = 77;
        stat_value_point(values[i], point);
        assert_int_equal(stat_log_find(&table, point, values[i], &v), ERR_RANGE);
        assert_int_equal(v, 77);
        assert_int_equal(stat_log_find(&table, point, values[i] + 1, &v), OK);
        assert_int_equal(v, values[i]);
    }
}

/* Goal: what is no sum is refused. Method: a negative value, and each bad encoding. */
static void test_find_refuses(void **state)
{
    (void)state;
    uint8_t one[SCALAR_BYTES], minus[SCALAR_BYTES], point[POINT_BYTES];
    uint32_t v = 77;
    scalar_from_u32(1, one);
    crypto_core_ristretto255_scalar_negate(minus, one);
    assert_int_equal(point_mul(minus, stat_h, point), OK);
    assert_int_equal(stat_log_find(&table, point, 100000, &v), ERR_RANGE);
    for (size_t i = 1; i < BAD_POINTS; i++) {
        unhex(bad_points[i].hex, point, sizeof point);
        print_message("%s\n", bad_points[i].why);
        assert_int_equal(stat_log_find(&table, point, 100000, &v), ERR_POINT);
    }
    assert_int_equal(v, 77);
}

/* Goal: sums of ciphertexts hold the sum; unusable ones are refused and change nothing.
 * Method: three values under a dealt key; each bad encoding in each half. */
static void test_add(void **state)
{
    (void)state;
    struct stat_dealt d;
    struct stat_cipher sum = {{0}, {0}}, c, before;
    uint8_t r[SCALAR_BYTES], vh[POINT_BYTES];
    stat_deal(&d);
    for (uint32_t v = 5; v < 8; v++) {
        scalar_of(v, r);
        assert_int_equal(point_mul_base(r, c.a), OK);
        assert_int_equal(point_mul(r, d.key, c.b), OK);
        stat_value_point(v, vh);
        assert_int_equal(crypto_core_ristretto255_add(c.b, c.b, vh), 0);
        assert_true(stat_holds(&d, &c, v));
        assert_int_equal(stat_cipher_add(&sum, &c), OK);
    }
    assert_true(stat_holds(&d, &sum, 5 + 6 + 7));
    assert_int_equal(stat_cipher_less_one(&sum, &c), OK);
    assert_true(stat_holds(&d, &c, 17));
    before = sum;
    for (size_t i = 1; i < 2 * BAD_POINTS; i++) {
        struct stat_cipher bad = c;
        if (i == BAD_POINTS)
            continue; /* the identity, which sums may hold */
        unhex(bad_points[i % BAD_POINTS].hex, i < BAD_POINTS ? bad.a : bad.b, POINT_BYTES);
        assert_int_equal(stat_cipher_add(&sum, &bad), ERR_POINT);
        if (i > BAD_POINTS)
            assert_int_equal(stat_cipher_less_one(&bad, &bad), ERR_POINT);
    }
    assert_memory_equal(&sum, &before, sizeof sum);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_h),
        cmocka_unit_test(test_find),
        cmocka_unit_test(test_find_refuses),
        cmocka_unit_test(test_add),
    };
    if (sodium_init() < 0)
        return 1;
    stat_log_init(&table);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
