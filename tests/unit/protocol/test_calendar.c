#include "protocol/calendar.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static struct bytes text_of(const char *s)
{
    return bytes_of(s, strlen(s));
}

/* Goal: well-known days have their numbers, in both directions.
 * Method: one row is one day, computed by hand or from other calendars. */
static void known_days(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int32_t day;
    } rows[] = {
        {"1970-01-01", 0      },
        {"1969-12-31", -1     },
        {"1900-01-01", -25567 },
        {"2000-02-29", 11016  },
        {"2000-03-01", 11017  },
        {"2024-12-31", 20088  },
        {"2026-11-24", 20781  },
        {"2100-12-31", 47846  },
        {"0001-01-01", DAY_MIN},
        {"9999-12-31", DAY_MAX},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int32_t day = 12345;
        char out[DAY_TEXT_BYTES];
        assert_true(day_parse(text_of(rows[i].text), &day));
        assert_int_equal(day, rows[i].day);
        day_format(rows[i].day, out);
        assert_string_equal(out, rows[i].text);
    }
}

/* Goal: what is no day, or is written in another way, is refused and changes nothing.
 * Method: one row is one text. */
static void not_days(void **state)
{
    (void)state;
    static const char *const rows[] = {
        "",           "1980",       "1980-12",    "1980-12-3",  "1980-12-311", "19801231",
        "31-12-1980", "1980/12/31", "1980-1-031", "0000-01-01", "1980-00-10",  "1980-13-10",
        "1980-04-00", "1980-04-31", "2023-02-29", "1900-02-29", "2100-02-29",  "1980-12-32",
        "+980-12-31", "198a-12-31", "1980-1 -31", "1980-12-3a", " 980-12-31",  "-980-12-31",
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int32_t day = 12345;
        assert_false(day_parse(text_of(rows[i]), &day));
        assert_int_equal(day, 12345);
    }
    int32_t day = 0;
    assert_false(day_parse(bytes_of(NULL, 0), &day));
    assert_false(day_parse(bytes_of("1980-12-31", 11), &day)); /* with its zero */
}

/* Goal: every day of the calendar has one text and comes back from it, and days follow one another.
 * Method: walk all 3.65 million days; count day, month and year by hand beside it. */
static void every_day(void **state)
{
    (void)state;
    struct date before = {0, 12, 31};
    for (int32_t day = DAY_MIN; day <= DAY_MAX; day++) {
        char out[DAY_TEXT_BYTES];
        int32_t back = 0;
        struct date d = day_date(day);
        bool is_next_day = d.year == before.year && d.month == before.month;
        bool is_next_month = d.year == before.year && d.month == before.month + 1 && d.day == 1;
        bool is_next_year = d.year == before.year + 1 && d.month == 1 && d.day == 1;
        if (!(is_next_day && d.day == before.day + 1) && !(is_next_month && before.day >= 28) &&
            !(is_next_year && before.month == 12 && before.day == 31))
            fail_msg("day %d does not follow", day);
        day_format(day, out);
        if (!day_parse(text_of(out), &back) || back != day)
            fail_msg("%s does not come back", out);
        before = d;
    }
}

/* Goal: moments are shown as they are, and the impossible ones as the nearest possible.
 * Method: one row is one moment. */
static void moments(void **state)
{
    (void)state;
    static const struct {
        int64_t utc;
        const char *text;
        uint32_t day;
    } rows[] = {
        {0,                   "1970-01-01T00:00:00Z", 0      },
        {1795497832,          "2026-11-24T05:23:52Z", 20781  },
        {86399,               "1970-01-01T23:59:59Z", 0      },
        {86400,               "1970-01-02T00:00:00Z", 1      },
        {-1,                  "1969-12-31T23:59:59Z", 0      },
        {951782400 + 45296,   "2000-02-29T12:34:56Z", 11016  },
        {INT64_C(4294967296), "2106-02-07T06:28:16Z", 49710  },
        {INT64_MAX,           "9999-12-31T23:59:59Z", DAY_MAX},
        {INT64_MIN,           "0001-01-01T00:00:00Z", 0      },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char out[UTC_TEXT_BYTES];
        utc_format(rows[i].utc, out);
        assert_string_equal(out, rows[i].text);
        assert_int_equal(day_of_utc(rows[i].utc), rows[i].day);
    }
}

/* Goal: a day outside the calendar is shown as the nearest one inside. Method: both extremes. */
static void days_outside(void **state)
{
    (void)state;
    char out[DAY_TEXT_BYTES];
    day_format(INT32_MAX, out);
    assert_string_equal(out, "9999-12-31");
    day_format(INT32_MIN, out);
    assert_string_equal(out, "0001-01-01");
    assert_int_equal(day_date(DAY_MAX + 1).year, 9999);
    assert_int_equal(day_date(DAY_MIN - 1).day, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_days), cmocka_unit_test(not_days),     cmocka_unit_test(every_day),
        cmocka_unit_test(moments),    cmocka_unit_test(days_outside),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
