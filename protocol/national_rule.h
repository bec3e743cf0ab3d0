/*
 * national_rule.h - the rules of check digits that national.c names.
 *
 * A rule sees a number in its form (digits and capitals in their places, zeros put back) and tells
 * whether its check digits agree; it may shorten or complete the number to the form that counts.
 * Weights are one sign each, from the left: 0 to 9, A 10 to D 13, and - for -1. Pure.
 */
#ifndef PROTOCOL_NATIONAL_RULE_H
#define PROTOCOL_NATIONAL_RULE_H

#include "protocol/document_number.h"

typedef bool national_rule_fn(struct document_number *n, const char *weights);

/* The weighted sum of all signs is a multiple of 10, of 11. */
national_rule_fn national_rule_sum10;
national_rule_fn national_rule_sum11;
/* The last digit is the weighted sum of those before it modulo 11, and where that is 10, 0 or 1. */
national_rule_fn national_rule_mod11_zero;
national_rule_fn national_rule_mod11_one;
/* It is 11 less that; and where this is 10 or 11, 0. */
national_rule_fn national_rule_minus11_zero;
/* It is that below 2, else 11 less that (Iran); the last digit of 11 less that (Thailand). */
national_rule_fn national_rule_iran;
national_rule_fn national_rule_thailand;
/* It is 11 less that, K for 10 (Chile). */
national_rule_fn national_rule_chile;
/* It is that, X for 10 (China, ISO 7064 MOD 11-2 as weights). */
national_rule_fn national_rule_china;
/* Weights, and if they give 10 a second row of weights, in the same text. */
national_rule_fn national_rule_twice11;
/* Two check digits, one after another (Brazil; Russia's INN). */
national_rule_fn national_rule_brazil;
national_rule_fn national_rule_russia_tax;
/* ISO/IEC 7812-1 annex B (Luhn), the whole number; its last ten digits, which are then the number.
 */
national_rule_fn national_rule_luhn;
national_rule_fn national_rule_luhn_last10;
/* ISO 7064 MOD 11,10; Verhoeff. */
national_rule_fn national_rule_mod11_10;
national_rule_fn national_rule_verhoeff;
/* Rules of one country, as national.c describes them. */
national_rule_fn national_rule_belgium;
national_rule_fn national_rule_czechia;
national_rule_fn national_rule_finland;
national_rule_fn national_rule_france;
national_rule_fn national_rule_france_short;
national_rule_fn national_rule_ireland;
national_rule_fn national_rule_italy;
national_rule_fn national_rule_russia_social;
national_rule_fn national_rule_singapore;
national_rule_fn national_rule_spain;
national_rule_fn national_rule_spain_short;
national_rule_fn national_rule_turkey;
national_rule_fn national_rule_usa;

#endif
