#include "protocol/slip.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct bytes text_of(const char *s)
{
    return bytes_of((const uint8_t *)s, strlen(s));
}

static void write_dates(const struct born *dates, size_t count, char out[256])
{
    size_t len = 0;
    out[0] = '\0';
    for (size_t i = 0; i < count; i++)
        len += (size_t)snprintf(out + len, 256 - len, "%s%04d-%02d-%02d", i > 0 ? " " : "",
                                dates[i].year, dates[i].month, dates[i].day);
}

/* Goal: each slip gives the date that was meant, and nothing that is no date.
 * Method: one row is one date and all that comes of it. */
static void slips(void **state)
{
    (void)state;
    static const struct {
        struct born date;
        const char *want;
    } rows[] = {
        {{1984, 3, 17},  "1948-03-17 1983-03-17 1985-03-17 1974-03-17 1994-03-17"           },
        {{1984, 3, 7},   "1984-07-03 1948-03-07 1983-03-07 1985-03-07 1974-03-07 1994-03-07"},
        {{1984, 12, 10},
         "1984-10-12 1948-12-10 1984-11-20 1984-12-01 1983-12-10 1985-12-10 "
         "1974-12-10 1994-12-10"                                                            },
        {{1980, 54, 17}, "1985-04-17"                                                       },
        {{1984, 19, 5},  "1984-05-19"                                                       },
        {{2000, 2, 29},  ""                                                                 },
        {{1984, 99, 99}, ""                                                                 },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct born out[DATE_SLIPS_MAX];
        char text[256];
        size_t count = slip_dates(&rows[i].date, out);
        write_dates(out, count, text);
        for (size_t k = 0; k < count; k++)
            assert_true(slip_is_date(&out[k]));
        if (strcmp(text, rows[i].want) != 0)
            fail_msg("row %zu: %s", i, text);
    }
}

/* Goal: the numbers of a date that was refused are found where they can only be these.
 * Method: one row is one value. */
static void parts(void **state)
{
    (void)state;
    static const struct {
        const char *value;
        struct born want;
    } rows[] = {
        {"19841905",                                                             {1984, 19, 5}},
        {"1984-19-05",                                                           {1984, 19, 5}},
        {"1984/3/71",                                                            {1984, 3, 71}},
        {"03/07/1984",                                                           {1984, 7, 3} },
        {"3.7.1984",                                                             {1984, 7, 3} },
        {"84-03-07",                                                             {0, 0, 0}    },
        {"1984",                                                                 {0, 0, 0}    },
        {"198403",                                                               {0, 0, 0}    },
        {"1984-03-07-01",                                                        {0, 0, 0}    },
        {"3000-01-02",                                                           {0, 0, 0}    },
        {"1984-00-05",                                                           {0, 0, 0}    },
        {"",                                                                     {0, 0, 0}    },
        {"\xd9\xa1\xd9\xa9\xd9\xa8\xd9\xa4-19-05",                               {1984, 19, 5}},
        {"\xff",                                                                 {0, 0, 0}    },
        {"19841905198419051984190519841905198419051984190519841905198419051984", {0, 0, 0}    },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct born out = {0, 0, 0};
        bool is_read = slip_parts(text_of(rows[i].value), &out);
        if (is_read != (rows[i].want.year != 0) || out.year != rows[i].want.year ||
            out.month != rows[i].want.month || out.day != rows[i].want.day)
            fail_msg("%s: %d-%d-%d", rows[i].value, out.year, out.month, out.day);
    }
}

/* Goal: a slip can be undone. Method: every day of some years; each slip of it has it as a slip,
 * unless it would lie outside of the years that are taken. */
static void both_ways(void **state)
{
    (void)state;
    for (int year = 1950; year < 1953; year++)
        for (int month = 1; month <= 12; month++)
            for (int day = 1; day <= 31; day++) {
                struct born date = {year, month, day}, out[DATE_SLIPS_MAX], back[DATE_SLIPS_MAX];
                if (!slip_is_date(&date))
                    continue;
                size_t count = slip_dates(&date, out);
                for (size_t i = 0; i < count; i++) {
                    size_t n = slip_dates(&out[i], back), k = 0;
                    while (k < n && memcmp(&back[k], &date, sizeof date) != 0)
                        k++;
                    assert_true(k < n);
                }
            }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(slips),
        cmocka_unit_test(parts),
        cmocka_unit_test(both_ways),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
