/*
 * calendar.h - days and seconds as people write them, in UTC.
 *
 * A day is counted from 1970-01-01, which is day 0; earlier days are negative. The calendar is the
 * Gregorian one, also before its introduction, for the years 1 to 9999. Pure: no time zone, no
 * clock, no locale, no allocation.
 */
#ifndef PROTOCOL_CALENDAR_H
#define PROTOCOL_CALENDAR_H

#include "proto/bytes.h"
#include "proto/err.h"

enum {
    DAY_MIN = -719162, /* 0001-01-01 */
    DAY_MAX = 2932896, /* 9999-12-31 */
    DAY_SECONDS = 86400,
    DAY_TEXT_BYTES = 11, /* "2026-11-24" and its zero */
    UTC_TEXT_BYTES = 21, /* "2026-11-24T05:23:52Z" and its zero */
};

struct date {
    int32_t year; /* 1 to 9999 */
    int32_t month;
    int32_t day; /* of the month */
};

/* Reads exactly "YYYY-MM-DD" in ASCII digits. Returns false if it has another form or is no day of
 * the calendar (2023-02-29, year 0000); *day is then unchanged. */
MUST_CHECK bool day_parse(struct bytes text, int32_t *day);

/* The date of a day; a day outside DAY_MIN to DAY_MAX counts as the nearest one inside. */
struct date day_date(int32_t day);

/* Writes "YYYY-MM-DD" and a zero; a day outside the range as above. */
void day_format(int32_t day, char out[DAY_TEXT_BYTES]);

/* The day that holds a moment (seconds since 1970): 0 for a moment before 1970, DAY_MAX after the
 * year 9999. Unsigned, as entries carry it. */
uint32_t day_of_utc(int64_t utc);

/* Writes "YYYY-MM-DDThh:mm:ssZ" and a zero; a moment outside the years 1 to 9999 counts as the
 * nearest one inside. */
void utc_format(int64_t utc, char out[UTC_TEXT_BYTES]);

#endif
