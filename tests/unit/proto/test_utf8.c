#include "proto/utf8.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define ROW(s, is_text, is_line, why)                                                              \
    {                                                                                              \
        {(const uint8_t *)(s), sizeof(s) - 1}, is_text, is_line, why                               \
    }

/* Goal: only well-formed text passes, and only harmless characters pass as a line.
 * Method: one row is one string; the borders of each length are among them. */
static void test_text_and_line(void **state)
{
    static const struct {
        struct bytes in;
        bool is_text, is_line;
        const char *why;
    } rows[] = {
        ROW("", true, true, "empty"),
        ROW("Seinpost", true, true, "ASCII"),
        ROW("S\xc3\xa9"
            "coul\xc3\xa9",
            true, true, "two bytes"),
        ROW("\xd9\x85\xd8\xb1\xd8\xad", true, true, "Arabic"),
        ROW("\xe0\xa0\x80\xef\xbf\xbf", true, true, "lowest and highest of three bytes"),
        ROW("\xf0\x90\x80\x80\xf4\x8f\xbf\xbf", true, true, "lowest and highest of four bytes"),
        ROW("\xed\x9f\xbf\xee\x80\x80", true, true, "around the surrogates"),
        ROW("a\nb", true, false, "line feed"),
        ROW("\x1b[2J", true, false, "escape"),
        ROW("\x7f", true, false, "delete"),
        ROW("\xc2\x9b", true, false, "C1 control"),
        ROW("\xe2\x80\xae"
            "abc",
            true, false, "right-to-left override"),
        ROW("\xe2\x81\xa6", true, false, "isolate"),
        ROW("\xe2\x80\xa8", true, false, "line separator"),
        ROW("a\0b", false, false, "embedded zero"),
        ROW("\x80", false, false, "continuation first"),
        ROW("\xc3", false, false, "cut after the first byte"),
        ROW("\xe2\x82", false, false, "cut after the second byte"),
        ROW("\xf0\x9f\x98", false, false, "cut after the third byte"),
        ROW("\xc3(", false, false, "no continuation"),
        ROW("\xc0\x80", false, false, "overlong zero"),
        ROW("\xc1\xbf", false, false, "overlong, two bytes"),
        ROW("\xe0\x9f\xbf", false, false, "overlong, three bytes"),
        ROW("\xf0\x8f\xbf\xbf", false, false, "overlong, four bytes"),
        ROW("\xed\xa0\x80", false, false, "lowest surrogate"),
        ROW("\xed\xbf\xbf", false, false, "highest surrogate"),
        ROW("\xf4\x90\x80\x80", false, false, "above U+10FFFF"),
        ROW("\xf8\x88\x80\x80\x80", false, false, "five bytes"),
        ROW("\xff", false, false, "never a first byte"),
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (utf8_is_text(rows[i].in) != rows[i].is_text)
            fail_msg("text: %s", rows[i].why);
        if (utf8_is_line(rows[i].in) != rows[i].is_line)
            fail_msg("line: %s", rows[i].why);
    }
}

/* Goal: every character comes back as itself, and nothing but characters does.
 * Method: all numbers below 2^21 in their four forms by the formula of RFC 3629. */
static void test_every_character(void **state)
{
    (void)state;
    for (uint32_t c = 0; c < 0x200000; c++) {
        uint8_t raw[4] = {(uint8_t)(0xf0 | c >> 18), (uint8_t)(0x80 | (c >> 12 & 0x3f)),
                          (uint8_t)(0x80 | (c >> 6 & 0x3f)), (uint8_t)(0x80 | (c & 0x3f))};
        struct bytes in = bytes_of(raw, 4);
        if (c < 0x80) {
            raw[3] = (uint8_t)c;
            in = bytes_of(raw + 3, 1);
        } else if (c < 0x800) {
            raw[2] = (uint8_t)(0xc0 | c >> 6);
            in = bytes_of(raw + 2, 2);
        } else if (c < 0x10000) {
            raw[1] = (uint8_t)(0xe0 | c >> 12);
            in = bytes_of(raw + 1, 3);
        }
        uint32_t got = 0;
        bool want = c <= 0x10ffff && (c < 0xd800 || c > 0xdfff);
        if (utf8_next(&in, &got) != want || (want && (got != c || in.len != 0)))
            fail_msg("U+%04X", (unsigned)c);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text_and_line),
        cmocka_unit_test(test_every_character),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
