#include "protocol/phone_country.h"
#include "tests/unit/protocol/identifier_rows.h"

#include <stdio.h>

/* Goal: a phone number with its country code is brought to E.164 however it was written.
 * Method: one row is one number. */
static void written(void **state)
{
    (void)state;
    /* clang-format off */
    static const struct row rows[] = {
        {"+31612345678", FAULT_NONE, "+31612345678"},
        {" 00 31 (0)6-12.34/56 78", FAULT_NONE, "+31612345678"},
        {"(+31) 6 12 34 56 78", FAULT_NONE, "+31612345678"},
        {"+31 ( 0 ) 612345678", FAULT_NONE, "+31612345678"},
        {"+31 06 12345678", FAULT_NONE, "+31612345678"},
        {"+31 (0)06 12345678", FAULT_NONE, "+31612345678"},
        {"+0031612345678", FAULT_NONE, "+31612345678"},
        {"(0031) 612345678", FAULT_NONE, "+31612345678"},
        {"011 31 612345678", FAULT_NONE, "+31612345678"},
        {"tel:+31-6-12345678", FAULT_NONE, "+31612345678"},
        {"Tel. +31 6 12345678", FAULT_NONE, "+31612345678"},
        {"+31\xc2\xa0" "6\xe2\x80\x91" "12345678", FAULT_NONE, "+31612345678"},
        {"\xef\xbc\x8b\xef\xbc\x93\xef\xbc\x91 6 12345678", FAULT_NONE, "+31612345678"},
        {"\xe2\x80\xad+31612345678\xe2\x80\xac", FAULT_NONE, "+31612345678"},
        {"+٢٤٩٩١٢٣٤٥٦٧٨", FAULT_NONE, "+249912345678"},
        {"+۹۳۷۰۱۲۳۴۵۶۷", FAULT_NONE, "+93701234567"},
        {"+९१९८१२३४५६७०", FAULT_NONE, "+919812345670"},
        {"+1 (212) 555-0143", FAULT_NONE, "+12125550143"},
        {"+39 06 12345678", FAULT_NONE, "+390612345678"},
        {"+39 (0)6 12345678", FAULT_NONE, "+390612345678"},
        {"+39 333 1234567", FAULT_NONE, "+393331234567"},
        {"+225 07 12 34 56 78", FAULT_NONE, "+2250712345678"},
        {"+44 (0)7700 900123", FAULT_NONE, "+447700900123"},
        {"+7 8 912 345 67 89", FAULT_NONE, "+79123456789"},
        {"+7 812 345 67 89", FAULT_NONE, "+78123456789"},
        {"+36 06 30 123 4567", FAULT_NONE, "+36301234567"},
        {"+370 8 612 34567", FAULT_NONE, "+37061234567"},
        {"+370 0 612 34567", FAULT_NONE, "+37061234567"},
        {"+375 8 029 123 45 67", FAULT_NONE, "+375291234567"},
        {"+375 029 123 45 67", FAULT_NONE, "+375291234567"},
        {"+52 1 55 1234 5678", FAULT_NONE, "+525512345678"},
        {"+52 55 1234 5678", FAULT_NONE, "+525512345678"},
        {"+252 061 5123456", FAULT_NONE, "+252615123456"},
        {"+972 59 912 3456", FAULT_NONE, "+970599123456"},
        {"+970 059 912 3456", FAULT_NONE, "+970599123456"},
        {"+972 50 912 3456", FAULT_NONE, "+972509123456"},
        {"+290 22123", FAULT_NONE, "+29022123"},
        {"+8816 2345 6780", FAULT_NONE, "+881623456780"},
    };
    /* clang-format on */
    CHECK(identifier_phone, rows);
}

/* Goal: what is no number of one person is refused with what is wrong.
 * Method: one row is one text. */
static void refused(void **state)
{
    (void)state;
    /* clang-format off */
    static const struct row rows[] = {
        {"0612345678", FAULT_PHONE_PREFIX, NULL},
        {"612345678", FAULT_PHONE_PREFIX, NULL},
        {"31612345678", FAULT_PHONE_PREFIX, NULL},
        {"+0612345678", FAULT_PHONE_PREFIX, NULL},
        {"(0)612345678", FAULT_PHONE_PREFIX, NULL},
        {"011 783 1234", FAULT_PHONE_PREFIX, NULL}, /* Johannesburg */
        {"00", FAULT_PHONE_PREFIX, NULL},
        {"+", FAULT_PHONE_PREFIX, NULL},
        {"0", FAULT_PHONE_PREFIX, NULL},
        {"()", FAULT_PHONE_PREFIX, NULL},
        {"tel:", FAULT_PHONE_PREFIX, NULL},
        {"+999 123 45 67", FAULT_PHONE_COUNTRY, NULL},
        {"+210 912345678", FAULT_PHONE_COUNTRY, NULL},
        {"+800 12345679", FAULT_PHONE_COUNTRY, NULL},
        {"+1 123 555 0143", FAULT_PHONE_COUNTRY, NULL},
        {"+31 006 1234567", FAULT_PHONE_COUNTRY, NULL},
        {"+31", FAULT_PHONE_LENGTH, NULL},
        {"+31 6", FAULT_PHONE_LENGTH, NULL},
        {"+31 61234567", FAULT_PHONE_LENGTH, NULL},
        {"+31 6123456789", FAULT_PHONE_LENGTH, NULL},
        {"+1 212 555 014", FAULT_PHONE_LENGTH, NULL},
        {"+254 12345612345612", FAULT_PHONE_LENGTH, NULL},
        {"31+612345678", FAULT_PHONE_SIGNS, NULL},
        {"++31612345678", FAULT_PHONE_SIGNS, NULL},
        {"+31 6(0)12345678", FAULT_PHONE_SIGNS, NULL},
        {"+31 ~6 12345678", FAULT_PHONE_SIGNS, NULL},
        {"+31612345678, +31612345679", FAULT_PHONE_SIGNS, NULL},
        {"+3161234567é", FAULT_PHONE_SIGNS, NULL},
        {"mob +31612345678", FAULT_PHONE_SIGNS, NULL},
        {"+1 800 FLOWERS", FAULT_PHONE_SIGNS, NULL},
        {"+31 20 1234567 ext 4", FAULT_PHONE_EXTENSION, NULL},
        {"+31 20 1234567x12", FAULT_PHONE_EXTENSION, NULL},
        {"+31 20 1234567 #12", FAULT_PHONE_EXTENSION, NULL},
        {"+31 20 1234567 toestel 12", FAULT_PHONE_EXTENSION, NULL},
        {"+1111111111", FAULT_PLACEHOLDER, NULL},
        {"+31 000000000", FAULT_PLACEHOLDER, NULL},
        {"+31 0000000000", FAULT_PLACEHOLDER, NULL},
        {"+31 6 00000000", FAULT_PLACEHOLDER, NULL},
        {"+254 700 000000", FAULT_PLACEHOLDER, NULL},
        {"+254 712 000000", FAULT_NONE, "+254712000000"},
        {"+254 999999999", FAULT_PLACEHOLDER, NULL},
        {"+254 123456789", FAULT_PLACEHOLDER, NULL},
        {"+254 987654321", FAULT_PLACEHOLDER, NULL},
        {"+1 234 567 8901", FAULT_PLACEHOLDER, NULL},
        {"+3161234567\xff", FAULT_ENCODING, NULL},
        {"+3161234567\xee\x80\x80", FAULT_CHARACTER, NULL},
    };
    /* clang-format on */
    CHECK(identifier_phone, rows);
}

/* Goal: every number that is taken, in every country, reads as itself when it is typed again, and
 * stays within 15 digits. Method: numbers of all lengths behind each code of up to three digits,
 * with and without zeros and ones before them. */
static void canonical(void **state)
{
    (void)state;
    static const char *const numbers[] = {
        "2947501836294750", "0294750183629475", "0029475018362947", "1294750183629475",
        "8294750183629475", "8029475018362947", "0629475018362947", "5629475018362947"};
    size_t taken = 0;
    for (unsigned code = 1; code < 1000; code++)
        for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
            for (int len = 1; len <= 14; len++) {
                char text[40];
                uint8_t first[64], second[64];
                struct pack a = pack_of(first, sizeof first), b = pack_of(second, sizeof second);
                snprintf(text, sizeof text, "+%u%.*s", code, len, numbers[i]);
                if (identifier_phone(bytes_of(text, strlen(text)), &a) != FAULT_NONE)
                    continue;
                assert_in_range(pack_len(&a), 2 + 1 + 6, 2 + 1 + PHONE_DIGITS_MAX);
                assert_int_equal(identifier_phone(bytes_of(first + 2, pack_len(&a) - 2), &b),
                                 FAULT_NONE);
                if (pack_len(&a) != pack_len(&b) || memcmp(first, second, pack_len(&a)) != 0)
                    fail_msg("%s", text);
                taken++;
            }
    assert_in_range(taken, 3000, 30000);
}

/* Goal: no code stands at the beginning of another, lengths are in order and within E.164, and the
 * table holds the codes that are assigned. Method: ask for all of up to three digits. */
static void codes(void **state)
{
    (void)state;
    size_t found = 0;
    for (unsigned code = 1; code < 1000; code++) {
        char text[8];
        snprintf(text, sizeof text, "%u", code);
        const struct phone_country *c = phone_country_find(bytes_of(text, strlen(text)));
        if (c == NULL)
            continue;
        assert_true(c->digits_min <= c->digits_max);
        assert_true(strlen(c->code) + c->digits_max <= PHONE_DIGITS_MAX);
        found += strcmp(c->code, text) == 0;
    }
    assert_int_equal(found, 210);
    assert_null(phone_country_find(bytes_of(NULL, 0)));
    assert_null(phone_country_find(bytes_of("0", 1)));
    assert_null(phone_country_find(bytes_of("21", 2)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(written),
        cmocka_unit_test(refused),
        cmocka_unit_test(canonical),
        cmocka_unit_test(codes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
