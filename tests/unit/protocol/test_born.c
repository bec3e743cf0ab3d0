#include "protocol/born.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

struct row {
    const char *value;
    enum field_fault want;
    struct born born; /* not looked at where the value is refused */
};

static enum field_fault read_text(const char *text, struct born *born)
{
    return born_read(bytes_of(text, strlen(text)), born);
}

static bool is_equal(struct born a, struct born b)
{
    return a.year == b.year && a.month == b.month && a.day == b.day;
}

static void check_rows(const struct row *rows, size_t count)
{
    const struct born untouched = {-1, -1, -1};
    for (size_t i = 0; i < count; i++) {
        struct born born = untouched;
        enum field_fault fault = read_text(rows[i].value, &born);
        if (fault != rows[i].want)
            fail_msg("row %zu: \"%s\" %s", i, rows[i].value, field_fault_text(fault));
        if (!is_equal(born, fault == FAULT_NONE ? rows[i].born : untouched))
            fail_msg("row %zu: \"%s\" is %d-%d-%d", i, rows[i].value, born.year, born.month,
                     born.day);
    }
}

#define CHECK(rows) check_rows(rows, sizeof rows / sizeof rows[0])

/* Goal: a date that can be read in one way is read, in whichever way it was written.
 * Method: one row is one writing. */
static void understood(void **state)
{
    (void)state;
    /* clang-format off */
    static const struct row rows[] = {
        {"1980-12-30", FAULT_NONE, {1980, 12, 30}},
        {" 1980-01-02\n", FAULT_NONE, {1980, 1, 2}},
        {"1980-1-2", FAULT_NONE, {1980, 1, 2}},
        {"1980/12/30", FAULT_NONE, {1980, 12, 30}},
        {"1980.12.30", FAULT_NONE, {1980, 12, 30}},
        {"1980 12 30", FAULT_NONE, {1980, 12, 30}},
        {"19801230", FAULT_NONE, {1980, 12, 30}},
        {"30-12-1980", FAULT_NONE, {1980, 12, 30}},
        {"30/12/1980", FAULT_NONE, {1980, 12, 30}},
        {"12/30/1980", FAULT_NONE, {1980, 12, 30}},
        {"30. 12. 1980", FAULT_NONE, {1980, 12, 30}},
        {"5/5/1980", FAULT_NONE, {1980, 5, 5}},
        {"30 December 1980", FAULT_NONE, {1980, 12, 30}},
        {"30-dec-1980", FAULT_NONE, {1980, 12, 30}},
        {"30DEC1980", FAULT_NONE, {1980, 12, 30}},
        {"December 30th, 1980", FAULT_NONE, {1980, 12, 30}},
        {"2 mrt 1980", FAULT_NONE, {1980, 3, 2}},
        {"2 f\xc3\xa9vrier 1980", FAULT_NONE, {1980, 2, 2}},
        {"1er ao\xc3\xbbt 1980", FAULT_NONE, {1980, 8, 1}},
        {"1980 May 3", FAULT_NONE, {1980, 5, 3}},
        {"1980-12-30T00:00:00Z", FAULT_NONE, {1980, 12, 30}},
        {"1980-12-30 00:00:00.000", FAULT_NONE, {1980, 12, 30}},
        {"30/12/1980 00:00", FAULT_NONE, {1980, 12, 30}},
        {"2000-02-29", FAULT_NONE, {2000, 2, 29}},
        {"٢٠٠٠\xe2\x80\x8f-٠٢-٢٩", FAULT_NONE, {2000, 2, 29}},
        {"१९८०-१२-३०", FAULT_NONE, {1980, 12, 30}},
        {"1980\xe2\x80\x93" "12\xe2\x80\x93" "30", FAULT_NONE, {1980, 12, 30}},
        {"1900-01-02", FAULT_NONE, {1900, 1, 2}},
        {"2100-12-30", FAULT_NONE, {2100, 12, 30}},
        {"1980-03-21", FAULT_NONE, {1980, 3, 21}},
        {"1980-06-15", FAULT_NONE, {1980, 6, 15}},
    };
    /* clang-format on */
    CHECK(rows);
}

/* Goal: what stands for a whole year counts as the year, and what stands for nothing is refused.
 * Method: one row is one such date. */
static void placeholders(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"1980-01-01",          FAULT_NONE,        {1980, 0, 0}},
        {"1/1/1980",            FAULT_NONE,        {1980, 0, 0}},
        {"1 January 1980",      FAULT_NONE,        {1980, 0, 0}},
        {"1980-01-01T00:00:00", FAULT_NONE,        {1980, 0, 0}},
        {"1980-07-01",          FAULT_NONE,        {1980, 0, 0}},
        {"1980-12-31",          FAULT_NONE,        {1980, 0, 0}},
        {"31/12/1980",          FAULT_NONE,        {1980, 0, 0}},
        {"1980",                FAULT_NONE,        {1980, 0, 0}},
        {"1980-06",             FAULT_NONE,        {1980, 0, 0}},
        {"06/1980",             FAULT_NONE,        {1980, 0, 0}},
        {"juni 1980",           FAULT_NONE,        {1980, 0, 0}},
        {"1980-00-00",          FAULT_NONE,        {1980, 0, 0}},
        {"1980-07-00",          FAULT_NONE,        {1980, 0, 0}},
        {"1980-00-07",          FAULT_NONE,        {1980, 0, 0}},
        {"00-00-1980",          FAULT_NONE,        {1980, 0, 0}},
        {"00-07-1980",          FAULT_NONE,        {1980, 0, 0}},
        {"19800000",            FAULT_NONE,        {1980, 0, 0}},
        {"1980-XX-XX",          FAULT_NONE,        {1980, 0, 0}},
        {"?\?/?\?/1980",        FAULT_NONE,        {1980, 0, 0}},
        {"1970-01-01",          FAULT_NONE,        {1970, 0, 0}},
        {"1902-01-01",          FAULT_NONE,        {1902, 0, 0}},
        {"1900-01-01",          FAULT_PLACEHOLDER, {0, 0, 0}   },
        {"1901-01-01",          FAULT_PLACEHOLDER, {0, 0, 0}   },
        {"1900-07-01",          FAULT_NONE,        {1900, 7, 1}},
        {"1900",                FAULT_PLACEHOLDER, {0, 0, 0}   },
        {"0000-00-00",          FAULT_PLACEHOLDER, {0, 0, 0}   },
        {"0001-01-01",          FAULT_PLACEHOLDER, {0, 0, 0}   },
        {"1111-11-11",          FAULT_PLACEHOLDER, {0, 0, 0}   },
        {"9999-12-31",          FAULT_PLACEHOLDER, {0, 0, 0}   },
        {"99-99-9999",          FAULT_PLACEHOLDER, {0, 0, 0}   },
        {"99999999",            FAULT_PLACEHOLDER, {0, 0, 0}   },
    };
    CHECK(rows);
}

/* Goal: what is no date, or could be two, is refused with what is wrong.
 * Method: one row is one text. */
static void refused(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"",                         FAULT_DATE,         {0, 0, 0}},
        {"unknown",                  FAULT_DATE,         {0, 0, 0}},
        {"1981-02-29",               FAULT_DATE,         {0, 0, 0}},
        {"1900-02-29",               FAULT_DATE,         {0, 0, 0}},
        {"1980-04-31",               FAULT_DATE,         {0, 0, 0}},
        {"1980-30-12",               FAULT_DATE,         {0, 0, 0}},
        {"1980-13-00",               FAULT_DATE,         {0, 0, 0}},
        {"1980-00-32",               FAULT_DATE,         {0, 0, 0}},
        {"13/13/1980",               FAULT_DATE,         {0, 0, 0}},
        {"1980-13",                  FAULT_DATE,         {0, 0, 0}},
        {"30121980",                 FAULT_YEAR,         {0, 0, 0}},
        {"801230",                   FAULT_DATE,         {0, 0, 0}},
        {"1980-12-30 1",             FAULT_DATE,         {0, 0, 0}},
        {"1980-12-",                 FAULT_DATE,         {0, 0, 0}},
        {"-1980",                    FAULT_DATE,         {0, 0, 0}},
        {"1980--12-30",              FAULT_DATE,         {0, 0, 0}},
        {"1980-12-30T23:00:00Z",     FAULT_DATE,         {0, 0, 0}},
        {"1980-12-30T00:00:00+0100", FAULT_DATE,         {0, 0, 0}},
        {"00:00",                    FAULT_DATE,         {0, 0, 0}},
        {"30 Brumaire 1980",         FAULT_DATE,         {0, 0, 0}},
        {"May June 1980",            FAULT_DATE,         {0, 0, 0}},
        {"30 DECEMBER JANUARY 1980", FAULT_DATE,         {0, 0, 0}},
        {"XXX 1980",                 FAULT_DATE,         {0, 0, 0}},
        {"c. 1980",                  FAULT_DATE,         {0, 0, 0}},
        {"03-04-1980",               FAULT_DATE_ORDER,   {0, 0, 0}},
        {"1/7/1980",                 FAULT_DATE_ORDER,   {0, 0, 0}},
        {"30-12-80",                 FAULT_DATE_CENTURY, {0, 0, 0}},
        {"80-12-30",                 FAULT_DATE_CENTURY, {0, 0, 0}},
        {"30 Dec 80",                FAULT_DATE_CENTURY, {0, 0, 0}},
        {"Dec 80",                   FAULT_DATE_CENTURY, {0, 0, 0}},
        {"1899-12-30",               FAULT_YEAR,         {0, 0, 0}},
        {"2101-01-02",               FAULT_YEAR,         {0, 0, 0}},
        {"1359-10-09",               FAULT_YEAR,         {0, 0, 0}},
        {"2523-12-30",               FAULT_YEAR,         {0, 0, 0}},
        {"1980-12-3\xff",            FAULT_ENCODING,     {0, 0, 0}},
        {"1980-12-3\xcd\xb8",        FAULT_CHARACTER,    {0, 0, 0}},
    };
    CHECK(rows);
}

/* Goal: a date in its canonical form reads as itself, and in no other year.
 * Method: each day and each year of the range. */
static void canonical(void **state)
{
    (void)state;
    size_t year_only = 0, days = 0;
    for (int year = BORN_YEAR_MIN; year <= BORN_YEAR_MAX; year++)
        for (int month = 0; month <= 12; month++)
            for (int day = month == 0 ? 0 : 1; day <= (month == 0 ? 0 : 31); day++) {
                char text[40];
                struct born born;
                if (month == 0)
                    snprintf(text, sizeof text, "%04d", year);
                else
                    snprintf(text, sizeof text, "%04d-%02d-%02d", year, month, day);
                if (read_text(text, &born) != FAULT_NONE)
                    continue;
                assert_true(is_equal(born, (struct born){year, month, day}) ||
                            is_equal(born, (struct born){year, 0, 0}));
                days += month != 0;
                year_only += born.month == 0;
            }
    assert_int_equal(days, 73414 - 2);                /* without 1 January of 1900 and 1901 */
    assert_int_equal(year_only, (201 - 2) * (3 + 1)); /* three days and the year itself */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(understood),
        cmocka_unit_test(placeholders),
        cmocka_unit_test(refused),
        cmocka_unit_test(canonical),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
