/*
 * phone_country.h - the country codes of phone numbers, and what may stand behind each.
 *
 * A number's length is held to what its country gives out to people, so that a digit too few or too
 * many is found; the limits are wide where a country's plan has numbers of several lengths. A
 * national prefix that is dialled within the country only goes where no number behind the code can
 * begin with it:
 *
 *   "0"      trunk zero: +31 06 ... is +31 6 ...
 *   "06"     Hungary; "01" and "1" Mexico, where 1 stood before mobile numbers until 2019
 *   "8"      Russia, Kazakhstan, Lithuania and others: only where the number is too long with it
 *   "80"     Belarus, likewise
 *   "="      zeros belong to the number (Italy, San Marino, Ivory Coast, Burkina Faso, Benin,
 * Gabon, Congo): also one in parentheses stays
 *   ""       nothing is left out
 *
 * Codes that no person has are not in the table: spare and discontinued ones, freephone and shared
 * cost (800, 808, 979), trials (991). Satellite and international networks (870, 881 to 883) are.
 *
 * Source: ITU-T E.164 with the List of Recommendation ITU-T E.164 assigned country codes, the
 * national numbering plans that administrations sent to the ITU, E.164's 15 digits. Pure.
 */
#ifndef PROTOCOL_PHONE_COUNTRY_H
#define PROTOCOL_PHONE_COUNTRY_H

#include "proto/bytes.h"

struct phone_country {
    const char *code;
    uint8_t digits_min, digits_max; /* of what stands behind the code */
    const char *trunks;             /* as above, with "," between two */
};

/* The country whose code digits begin with; NULL if none is assigned. Lasts for ever. */
const struct phone_country *phone_country_find(struct bytes digits);

/* Whether zeros at the beginning of a number belong to it. */
bool phone_country_keeps_zero(const struct phone_country *c);

/* Takes a national prefix off a number of that country, at most one. */
struct bytes phone_country_drop_trunk(const struct phone_country *c, struct bytes number);

#endif
