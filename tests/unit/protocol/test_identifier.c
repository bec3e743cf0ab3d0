#include "protocol/identifier.h"

#include "tests/unit/protocol/identifier_rows.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define LETTERS_10 "abcdefghij"
#define LETTERS_60 LETTERS_10 LETTERS_10 LETTERS_10 LETTERS_10 LETTERS_10 LETTERS_10
#define LETTERS_240 LETTERS_60 LETTERS_60 LETTERS_60 LETTERS_60
#define DOMAIN_244 "a@" LETTERS_60 "." LETTERS_60 "." LETTERS_60 "." LETTERS_60 "."
#define SPACES_20 "                    "

/* Goal: a name is brought to its words, or refused.
 * Method: one row is one name. */
static void names(void **state)
{
    (void)state;
    /* clang-format off */
    static const struct row rows[] = {
        {"  Mae-Lin\tO'Dwyer ", FAULT_NONE, "mae lin o dwyer"},
        {"X", FAULT_NONE, "x"},
        {"Tor 2", FAULT_NONE, "tor 2"},
        {LETTERS_240, FAULT_NONE, LETTERS_240},
        {SPACES_20 "y" SPACES_20, FAULT_NONE, "y"},
        {LETTERS_240 "k", FAULT_TOO_LONG, NULL},
        {LETTERS_240 LETTERS_10 "klmnop", FAULT_TOO_LONG, NULL},
        /* 14 ligatures of 3 bytes that each unfold to a phrase of 33 */
        {"ﷺﷺﷺﷺﷺﷺﷺﷺﷺﷺﷺﷺﷺﷺ", FAULT_TOO_LONG, NULL},
        {"-", FAULT_NO_LETTERS, NULL},
        {"12", FAULT_NO_LETTERS, NULL},
        {"\xe2\x80\x8b", FAULT_NO_LETTERS, NULL},
        {"Zo\xeb", FAULT_ENCODING, NULL}, /* Latin-1 */
        {"Zo\xef\xbf\xbd", FAULT_CHARACTER, NULL},
    };
    /* clang-format on */
    CHECK(identifier_name, rows);
}

/* Goal: a date of birth is a real day within reach; the first of January counts as its year.
 * Method: one row is one date. */
static void births(void **state)
{
    (void)state;
    /* clang-format off */
    static const struct row rows[] = {
        {"1980-12-30", FAULT_NONE, "1980-12-30"},
        {"30 Dec 1980", FAULT_NONE, "1980-12-30"},
        {"1980-12-31", FAULT_NONE, "1980"},
        {"1980-07-01", FAULT_NONE, "1980"},
        {" 1980-01-02\n", FAULT_NONE, "1980-01-02"},
        {"1980-01-01", FAULT_NONE, "1980"},
        {"1900-01-01", FAULT_PLACEHOLDER, NULL},
        {"2100-12-30", FAULT_NONE, "2100-12-30"},
        {"٢٠٠٠\xe2\x80\x8f-٠٢-٢٩", FAULT_NONE, "2000-02-29"},
        {"1899-12-31", FAULT_YEAR, NULL},
        {"2101-01-01", FAULT_YEAR, NULL},
        {"0980-12-31", FAULT_YEAR, NULL},
        {"11-12-1980", FAULT_DATE_ORDER, NULL},
        {"30-12-80", FAULT_DATE_CENTURY, NULL},
        {"1980", FAULT_NONE, "1980"},
        {"1981-02-29", FAULT_DATE, NULL},
        {"1980-12-30 1", FAULT_DATE, NULL},
        {"unknown", FAULT_DATE, NULL},
        {"1980-12-3\xff", FAULT_ENCODING, NULL},
        {"1980-12-3\xcd\xb8", FAULT_CHARACTER, NULL},
        {LETTERS_240 LETTERS_10 LETTERS_10, FAULT_TOO_LONG, NULL},
    };
    /* clang-format on */
    CHECK(identifier_born, rows);
}

static identifier_fn *const all[] = {identifier_name, identifier_born, identifier_document,
                                     identifier_email, identifier_phone};

/* Goal: an empty value is refused by each, never read.
 * Method: no bytes at all, and blanks only. */
static void empty(void **state)
{
    (void)state;
    uint8_t out[MATCH_KEY_BYTES_MAX];
    struct pack p = pack_of(out, sizeof out);
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        assert_int_not_equal(all[i](bytes_of(NULL, 0), &p), FAULT_NONE);
        assert_int_not_equal(all[i](bytes_of(" \t\r\n", 4), &p), FAULT_NONE);
    }
    assert_int_equal(pack_len(&p), 0);
    assert_int_equal(identifier_trim(bytes_of(NULL, 0)).len, 0);
    assert_int_equal(identifier_trim(bytes_of(" \t\r\n", 4)).len, 0);
    assert_true(bytes_equal(identifier_trim(bytes_of(" a b\n", 5)), bytes_of("a b", 3)));
}

/* Goal: any bytes at all end in fields or a fault, within the room, never in a crash.
 * Method: good values cut at each byte and with each byte changed to each other value, in an
 * allocation of just their size, through every kind. */
static void distorted(void **state)
{
    (void)state;
    static const char *const values[] = {"NLD:passport:AB1234567", "kit@x.example.org",
                                         "+31 (0)6 12345678", "1980-12-30",
                                         "Zo\xc3\xab \xef\xb7\xba"};
    for (size_t v = 0; v < sizeof values / sizeof values[0]; v++)
        for (size_t len = 0; len <= strlen(values[v]); len++)
            for (unsigned change = 0; change < 256; change++) {
                uint8_t *copy = malloc(len + 1);
                assert_non_null(copy);
                memcpy(copy + 1, values[v], len);
                if (len > 0)
                    copy[len] ^= (uint8_t)change;
                for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
                    uint8_t out[MATCH_KEY_BYTES_MAX];
                    struct pack p = pack_of(out, sizeof out);
                    enum field_fault fault = all[i](bytes_of(copy + 1, len), &p);
                    assert_true((fault == FAULT_NONE) == (pack_len(&p) > 0));
                    assert_true((unsigned)fault < FAULT_COUNT);
                }
                free(copy);
            }
}

/* Goal: each fault has a sentence of its own that names the remedy. Method: all pairs. */
static void sentences(void **state)
{
    (void)state;
    for (unsigned i = 0; i < FAULT_COUNT; i++)
        for (unsigned j = 0; j < i; j++)
            assert_string_not_equal(field_fault_text((enum field_fault)i),
                                    field_fault_text((enum field_fault)j));
    assert_string_equal(field_fault_text((enum field_fault)FAULT_COUNT), "cannot be used");
    assert_non_null(strstr(field_fault_text(FAULT_DATE), "1980-12-30"));
#define NAMES_TYPE(word) assert_non_null(strstr(field_fault_text(FAULT_DOCUMENT_TYPE), #word));
    DOCUMENT_TYPE_TABLE(NAMES_TYPE)
#undef NAMES_TYPE
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names),     cmocka_unit_test(births),    cmocka_unit_test(empty),
        cmocka_unit_test(distorted), cmocka_unit_test(sentences),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
