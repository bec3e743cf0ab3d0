#include "tests/unit/protocol/group_rows.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static const char generator_hex[] =
    "e2f2ae0a6abc4e71a884a961c500515f58e30b6aa582dd8db6a65945e08d2d76";

/* Goal: the library's own trap is closed: the identity and every encoding that is not canonical is
 * refused, alone and as an operand, and the output is then zeros.
 * Method: one row is one encoding (those of RFC 9496, appendix A.3, among them). */
static void test_bad_points_are_refused(void **state)
{
    (void)state;
    const uint8_t zeros[POINT_BYTES] = {0};
    uint8_t p[POINT_BYTES], s[SCALAR_BYTES], out[POINT_BYTES], sum[POINT_BYTES];
    scalar_of(1, s);
    for (size_t i = 0; i < BAD_POINTS; i++) {
        unhex(bad_points[i].hex, p, sizeof p);
        print_message("%s\n", bad_points[i].why);
        assert_int_equal(point_check(p), ERR_POINT);
        memset(out, 0xaa, sizeof out);
        assert_int_equal(point_mul(s, p, out), ERR_POINT);
        assert_memory_equal(out, zeros, sizeof out);
        memset(sum, 0, sizeof sum);
        assert_int_equal(point_mul_base(s, sum), OK);
        memcpy(out, sum, sizeof out);
        assert_int_equal(point_mul_add(s, p, sum), ERR_POINT);
        assert_memory_equal(out, sum, sizeof out);
    }
    /* The traps themselves; a library without them would need less of this module. */
    unhex(bad_points[BAD_POINT_HIGH_BIT].hex, p, sizeof p);
    assert_int_equal(crypto_core_ristretto255_is_valid_point(zeros), 1);
    assert_int_equal(crypto_core_ristretto255_is_valid_point(p), 1);
    assert_int_equal(crypto_scalarmult_ristretto255(out, s, p), 0);
    assert_int_equal(crypto_scalarmult_ristretto255(out, s, zeros), -1); /* relied on */
}

/* Goal: scalars that the library would silently reduce or mask are refused everywhere.
 * Method: one row is one encoding, tried alone and as an operand. */
static void test_bad_scalars_are_refused(void **state)
{
    (void)state;
    const uint8_t zeros[POINT_BYTES] = {0};
    uint8_t s[SCALAR_BYTES], g[POINT_BYTES], out[POINT_BYTES], sum[POINT_BYTES];
    unhex(generator_hex, g, sizeof g);
    for (size_t i = 0; i < BAD_SCALARS; i++) {
        unhex(bad_scalars[i].hex, s, sizeof s);
        print_message("%s\n", bad_scalars[i].why);
        assert_int_equal(scalar_check(s), ERR_SCALAR);
        memset(out, 0xaa, sizeof out);
        assert_int_equal(point_mul(s, g, out), ERR_SCALAR);
        assert_memory_equal(out, zeros, sizeof out);
        memset(out, 0xaa, sizeof out);
        assert_int_equal(point_mul_base(s, out), ERR_SCALAR);
        assert_memory_equal(out, zeros, sizeof out);
        memcpy(sum, g, sizeof sum);
        assert_int_equal(point_mul_add(s, g, sum), ERR_SCALAR);
        assert_memory_equal(sum, g, sizeof sum);
    }
    unhex(bad_scalars[BAD_SCALAR_ORDER_PLUS_1].hex, s, sizeof s);
    assert_int_equal(crypto_scalarmult_ristretto255(out, s, g), 0); /* the trap itself */
    assert_memory_equal(out, g, sizeof out);
}

/* Goal: the canonicity test is exact at its edges.
 * Method: one row is one scalar that must be accepted. */
static void test_good_scalars_are_accepted(void **state)
{
    (void)state;
    static const char *const rows[] = {
        "0100000000000000000000000000000000000000000000000000000000000000", /* one */
        "ecd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010", /* L - 1 */
        "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff0f", /* 2^252 - 1 */
        "0000000000000000000000000000000000000000000000000000000000000010", /* 2^252 */
        "ffd3f55c1a631258d69cf7a2def9de1300000000000000000000000000000010", /* below in one byte */
    };
    uint8_t s[SCALAR_BYTES];
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        unhex(rows[i], s, sizeof s);
        assert_int_equal(scalar_check(s), OK);
    }
}

/* Goal: the multiples of the generator are those of RFC 9496, appendix A.1, by each of the three
 * ways to reach them; a sum that passes through the identity goes on.
 * Method: multiply, multiply the generator as a point, add up one at a time; then add L - 1. */
static void test_multiples(void **state)
{
    (void)state;
    static const char *const rows[] = {
        "e2f2ae0a6abc4e71a884a961c500515f58e30b6aa582dd8db6a65945e08d2d76",
        "6a493210f7499cd17fecb510ae0cea23a110e8d5b901f8acadd3095c73a3b919",
        "94741f5d5d52755ece4f23f044ee27d5d1ea1e2bd196b462166b16152a9d0259",
        "da80862773358b466ffadfe0b3293ab3d9fd53c5ea6c955358f568322daf6a57",
        "e882b131016b52c1d3337080187cf768423efccbb517bb495ab812c4160ff44e",
    };
    uint8_t g[POINT_BYTES], s[SCALAR_BYTES], one[SCALAR_BYTES], minus_one[SCALAR_BYTES];
    uint8_t want[POINT_BYTES], out[POINT_BYTES], sum[POINT_BYTES] = {0};
    unhex(generator_hex, g, sizeof g);
    scalar_from_u32(1, one);
    crypto_core_ristretto255_scalar_negate(minus_one, one);
    for (uint32_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        unhex(rows[i], want, sizeof want);
        scalar_from_u32(i + 1, s);
        assert_int_equal(point_check(want), OK);
        assert_int_equal(point_mul_base(s, out), OK);
        assert_memory_equal(out, want, sizeof want);
        assert_int_equal(point_mul(s, g, out), OK);
        assert_memory_equal(out, want, sizeof want);
        assert_int_equal(point_mul_add(one, g, sum), OK);
        assert_memory_equal(sum, want, sizeof want);
    }
    memcpy(sum, g, sizeof sum);
    assert_int_equal(point_mul_add(minus_one, g, sum), OK);
    assert_true(point_is_identity(sum));
    assert_int_equal(point_mul_add(one, g, sum), OK);
    assert_memory_equal(sum, g, sizeof sum);
}

/* Goal: the output may lie over either operand.
 * Method: compare with separate storage. */
static void test_output_may_be_an_operand(void **state)
{
    (void)state;
    uint8_t p[POINT_BYTES], s[SCALAR_BYTES], want[POINT_BYTES];
    scalar_of(2, s);
    unhex(generator_hex, p, sizeof p);
    assert_int_equal(point_mul(s, p, want), OK);
    assert_int_equal(point_mul(s, p, p), OK);
    assert_memory_equal(p, want, sizeof want);
    unhex(generator_hex, p, sizeof p);
    assert_int_equal(point_mul(s, p, s), OK);
    assert_memory_equal(s, want, sizeof want);
}

/* Goal: wide bytes are reduced modulo L, and numbers are little-endian scalars.
 * Method: L + 5 in 64 bytes is 5; 2^32 - 1 and 0x01020304 byte by byte. */
static void test_scalars_from_numbers(void **state)
{
    (void)state;
    uint8_t wide[WIDE_BYTES] = {0}, s[SCALAR_BYTES], want[SCALAR_BYTES] = {5};
    unhex("f2d3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010", wide, SCALAR_BYTES);
    scalar_from_wide(wide, s);
    assert_memory_equal(s, want, sizeof want);
    memcpy(want, "\x04\x03\x02\x01", 4);
    scalar_from_u32(0x01020304, s);
    assert_memory_equal(s, want, sizeof want);
    memset(want, 0xff, 4);
    scalar_from_u32(UINT32_MAX, s);
    assert_memory_equal(s, want, sizeof want);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bad_points_are_refused),
        cmocka_unit_test(test_bad_scalars_are_refused),
        cmocka_unit_test(test_good_scalars_are_accepted),
        cmocka_unit_test(test_multiples),
        cmocka_unit_test(test_output_may_be_an_operand),
        cmocka_unit_test(test_scalars_from_numbers),
    };
    return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
