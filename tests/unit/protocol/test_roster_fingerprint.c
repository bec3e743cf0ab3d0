#include "protocol/roster_fingerprint.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

static const uint8_t counting[32] = {0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10,
                                     11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21,
                                     22, 23, 24, 25, 26, 27, 28, 29, 30, 31};
#define COUNTING "000G-40R4-0M30-E209-185G-R38E-1W81-24GK-2GAH-C5RR-34D1-P70X-3RFG"

/* Goal: the form is fixed.
 * Method: hashes whose base 32 was worked out by another program. */
static void test_known(void **state)
{
    (void)state;
    char out[FINGERPRINT_CHARS];
    uint8_t hash[32];
    roster_fingerprint(counting, out);
    assert_string_equal(out, COUNTING);
    assert_int_equal(strlen(out), FINGERPRINT_CHARS - 1);
    memset(hash, 0xff, sizeof hash);
    roster_fingerprint(hash, out);
    assert_string_equal(out, "ZZZZ-ZZZZ-ZZZZ-ZZZZ-ZZZZ-ZZZZ-ZZZZ-ZZZZ-ZZZZ-ZZZZ-ZZZZ-ZZZZ-ZZZG");
}

/* Goal: every bit counts, and comes back.
 * Method: one bit set at a time. */
static void test_round_trip(void **state)
{
    (void)state;
    for (unsigned bit = 0; bit < 256; bit++) {
        uint8_t hash[32] = {0}, back[32];
        char out[FINGERPRINT_CHARS];
        hash[bit / 8] = (uint8_t)(1 << bit % 8);
        roster_fingerprint(hash, out);
        assert_int_equal(roster_fingerprint_decode(bytes_of(out, strlen(out)), back), OK);
        assert_memory_equal(back, hash, 32);
    }
}

/* Goal: what people do to a fingerprint when they hear or copy it is forgiven; what makes it
 * another is not. Method: one row is one way to write the counting hash. */
static void test_slips(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum err want;
        const char *why;
    } rows[] = {
        {COUNTING,                                                                     OK,            "as printed"},
        {"000g-40r4-0m30-e209-185g-r38e-1w81-24gk-2gah-c5rr-34d1-p70x-3rfg",           OK,            "small"     },
        {"000G40R40M30E209185GR38E1W8124GK2GAHC5RR34D1P70X3RFG",                       OK,            "no dashes" },
        {"  000G 40R4 0M30 E209\n185G R38E 1W81 24GK\r\n2GAH C5RR\t34D1 P70X 3RFG \n", OK,
         "spaces"                                                                                                 },
        {"OOOG-4OR4-oM3o-E2o9-i85G-R38E-LW8l-24GK-2GAH-C5RR-34DI-P7OX-3RFG",           OK,            "O, I and L"},
        {"0-00G40R40M30E2-09185GR38E1W8124GK2GAHC5RR34D1P70X3RF--G",                   OK,            "odd groups"},
        {"",                                                                           ERR_TRUNCATED, "nothing"   },
        {"000G-40R4-0M30-E209-185G-R38E-1W81-24GK-2GAH-C5RR-34D1-P70X-3RF",            ERR_TRUNCATED, "short"     },
        {COUNTING "0",                                                                 ERR_FORMAT,    "long"      },
        {"U00G-40R4-0M30-E209-185G-R38E-1W81-24GK-2GAH-C5RR-34D1-P70X-3RFG",           ERR_FORMAT,    "a U"       },
        {"000G.40R4-0M30-E209-185G-R38E-1W81-24GK-2GAH-C5RR-34D1-P70X-3RFG",           ERR_FORMAT,    "a dot"     },
        {"000G-40R4-0M30-E209-185G-R38E-1W81-24GK-2GAH-C5RR-34D1-P70X-3RFH",           ERR_FORMAT,
         "bits after the end"                                                                                     },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        uint8_t out[32], before[32];
        memset(out, 0xaa, sizeof out);
        memset(before, 0xaa, sizeof before);
        enum err got = roster_fingerprint_decode(bytes_of(rows[i].text, strlen(rows[i].text)), out);
        if (got != rows[i].want)
            fail_msg("%s: %s, not %s", rows[i].why, err_name(got), err_name(rows[i].want));
        assert_memory_equal(out, got == OK ? counting : before, 32);
    }
    uint8_t out[32];
    assert_int_equal(roster_fingerprint_decode(BYTES_LITERAL("000G\0"), out), ERR_FORMAT);
}

/* Goal: one wrong character never gives the same hash.
 * Method: each place of a fingerprint in turn gets each character that is not its own. */
static void test_wrong_character(void **state)
{
    (void)state;
    static const char symbols[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    char text[] = COUNTING;
    for (size_t i = 0; i < sizeof text - 1; i++) {
        char own = text[i];
        for (size_t k = 0; own != '-' && k < sizeof symbols - 1; k++) {
            uint8_t out[32];
            text[i] = symbols[k];
            if (symbols[k] != own &&
                roster_fingerprint_decode(bytes_of(text, sizeof text - 1), out) == OK)
                assert_memory_not_equal(out, counting, 32);
        }
        text[i] = own;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known),
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_slips),
        cmocka_unit_test(test_wrong_character),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
