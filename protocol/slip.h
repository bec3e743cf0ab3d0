/*
 * slip.h - the dates that somebody may have meant, or written elsewhere, by one slip.
 *
 * Pure: no allocation, no clock, no globals.
 */
#ifndef PROTOCOL_SLIP_H
#define PROTOCOL_SLIP_H

#include "protocol/born.h"

enum { DATE_SLIPS_MAX = 12 };

/*
 * Reads year, month and day from a value that born_read refused: eight digits (YYYYMMDD), or three
 * groups of which the first or the last has four (YYYY-MM-DD, DD-MM-YYYY). True if there are such
 * numbers and the year is one; month and day may be no month and no day (1 to 99).
 */
bool slip_parts(struct bytes value, struct born *out);

/* Whether it is a day of the calendar within the years that born.h takes. */
bool slip_is_date(const struct born *date);

/*
 * The days of the calendar, other than the date itself, that differ from it by one slip, likeliest
 * first: day and month the wrong way round; two neighbouring digits of YYYYMMDD the wrong way
 * round; a year one or ten more or less. The date need not be a day of the calendar. Returns how
 * many, at most DATE_SLIPS_MAX.
 */
size_t slip_dates(const struct born *date, struct born out[DATE_SLIPS_MAX]);

#endif
