#include "protocol/calendar.h"

enum { DAYS_400_YEARS = 146097 };

static bool is_leap(int32_t year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static int32_t month_days(int32_t year, int32_t month)
{
    static const int32_t days[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return days[month - 1] + (month == 2 && is_leap(year) ? 1 : 0);
}

/* Days from 0001-01-01 to the first of January of a year. */
static int32_t days_before_year(int32_t year)
{
    int32_t y = year - 1;
    return 365 * y + y / 4 - y / 100 + y / 400;
}

/* Reads the digits text[from..from+count) as a number, or gives -1. */
static int32_t digits_at(struct bytes text, size_t from, size_t count)
{
    int32_t v = 0;
    for (size_t i = from; i < from + count; i++) {
        if (text.data[i] < '0' || text.data[i] > '9')
            return -1;
        v = 10 * v + (text.data[i] - '0');
    }
    return v;
}

bool day_parse(struct bytes text, int32_t *day)
{
    if (text.len != DAY_TEXT_BYTES - 1 || text.data[4] != '-' || text.data[7] != '-')
        return false;
    int32_t y = digits_at(text, 0, 4);
    int32_t m = digits_at(text, 5, 2);
    int32_t d = digits_at(text, 8, 2);
    if (y < 1 || m < 1 || m > 12 || d < 1 || d > month_days(y, m))
        return false;
    int32_t n = DAY_MIN + days_before_year(y) + d - 1;
    for (int32_t i = 1; i < m; i++)
        n += month_days(y, i);
    *day = n;
    return true;
}

struct date day_date(int32_t day)
{
    int32_t n = (day < DAY_MIN ? DAY_MIN : day > DAY_MAX ? DAY_MAX : day) - DAY_MIN;
    /* The mean length of a year gives the right year or the one beside it. */
    int32_t y = (int32_t)((int64_t)n * 400 / DAYS_400_YEARS) + 1;
    while (days_before_year(y) > n)
        y--;
    while (days_before_year(y + 1) <= n)
        y++;
    n -= days_before_year(y);
    int32_t m = 1;
    while (n >= month_days(y, m))
        n -= month_days(y, m++);
    return (struct date){y, m, n + 1};
}

static char *put_digits(char *at, int32_t v, int count)
{
    for (int i = count - 1; i >= 0; i--) {
        at[i] = (char)('0' + v % 10);
        v /= 10;
    }
    return at + count;
}

static char *put_day(char *at, int32_t day)
{
    struct date d = day_date(day);
    at = put_digits(at, d.year, 4);
    *at++ = '-';
    at = put_digits(at, d.month, 2);
    *at++ = '-';
    return put_digits(at, d.day, 2);
}

void day_format(int32_t day, char out[DAY_TEXT_BYTES])
{
    *put_day(out, day) = '\0';
}

uint32_t day_of_utc(int64_t utc)
{
    if (utc < 0)
        return 0;
    int64_t day = utc / DAY_SECONDS;
    return (uint32_t)(day > DAY_MAX ? DAY_MAX : day);
}

void utc_format(int64_t utc, char out[UTC_TEXT_BYTES])
{
    const int64_t lowest = (int64_t)DAY_MIN * DAY_SECONDS;
    const int64_t highest = (int64_t)DAY_MAX * DAY_SECONDS + DAY_SECONDS - 1;
    int64_t since = (utc < lowest ? lowest : utc > highest ? highest : utc) - lowest;
    int32_t second = (int32_t)(since % DAY_SECONDS);
    char *at = put_day(out, DAY_MIN + (int32_t)(since / DAY_SECONDS));
    *at++ = 'T';
    at = put_digits(at, second / 3600, 2);
    *at++ = ':';
    at = put_digits(at, second / 60 % 60, 2);
    *at++ = ':';
    at = put_digits(at, second % 60, 2);
    *at++ = 'Z';
    *at = '\0';
}
