/*
 * born.h - a date of birth, read from the ways in which people and programs write one.
 *
 * A date that can be read in one way only is taken, every other one is refused: day and month the
 * wrong way round would be a silent miss. Understood, in digits of any script:
 *
 *   1980-12-30  1980/12/30  1980.12.30  1980 12 30  19801230      year first: month, then day
 *   30-12-1980  30/12/1980  05/05/1980                            one part over 12, or both alike
 *   30 December 1980  30-dec-1980  December 30, 1980  Dec 30 1980  months in English, Dutch, French
 *   1980-12-30T00:00:00Z  1980-12-30 00:00                        at midnight: a program added it
 *   1980  1980-12  12/1980  Dec 1980  1980-00-00  1980-XX-XX      no day: the year only
 *
 * Many people are registered with a date that stands for "some time that year". Those count as the
 * year only, so that two registers that chose different ones agree, and so that the many people who
 * share one are not taken for one another:
 *
 *   1 January     the customary date of the UN, of most asylum and civil registers
 *   1 July        the middle of the year; all of Iraq's census of 1957, and registers since
 *   31 December   where a minor gets the benefit of the doubt; the last day of the year
 *   no day        00, XX or nothing in its place, also where the month is known: half of what is
 *                 known would be a third kind of date that meets neither of the two others
 *
 * Not among them, since more people are born then than are given them: the 15th of a month, and 21
 * March, which the Persian new year becomes. Stand-ins for nothing known are refused: years 0000,
 * 0001, 1111 and 9999, and 1 January (or the whole year) of 1900 and 1901, with which spreadsheets
 * and registers begin (1 July and 31 December of these two are days). 1 January 1970 is that too,
 * but also the year of many: it is kept.
 *
 * The calendar is the Gregorian one. Years of the Persian, Islamic and Buddhist calendars fall
 * outside 1900 to 2100 and are refused; an Ethiopian year cannot be told from a Gregorian one.
 * Pure: no clock, no allocation, no globals; buffers that held a value are wiped.
 */
#ifndef PROTOCOL_BORN_H
#define PROTOCOL_BORN_H

#include "proto/bytes.h"
#include "proto/err.h"
#include "protocol/identifier.h"

struct born {
    int year;  /* BORN_YEAR_MIN to BORN_YEAR_MAX */
    int month; /* 1 to 12; 0 with day 0 where the date counts as its year only */
    int day;
};

/*
 * Reads a date of birth, UTF-8 as it was typed. On any fault *out is unchanged.
 * FAULT_DATE: no date, or no day of the calendar; FAULT_DATE_ORDER: day and month could be either;
 * FAULT_DATE_CENTURY: a year of two digits; FAULT_YEAR; FAULT_PLACEHOLDER; and FAULT_ENCODING,
 * FAULT_CHARACTER, FAULT_TOO_LONG as for every value. An empty value is FAULT_DATE.
 */
MUST_CHECK enum field_fault born_read(struct bytes value, struct born *out);

#endif
