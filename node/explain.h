/*
 * explain.h - what one person's details are read as, and where two people agree.
 *
 * Needs no node: it derives the same match keys that a registration and a consult use, and says
 * what is in them. The results hold details of people: their memory is wiped when they are released
 * (client_init), and nothing else of them is kept.
 */
#ifndef NODE_EXPLAIN_H
#define NODE_EXPLAIN_H

#include <jansson.h>

/*
 * row has given_name, family_name, born, document, email and phone, "" where not known. Returns
 *
 *   details     for each value: field, position (from 1), and what it is read as, by its field
 *                 names     letters (in a to z), consonants, sound
 *                 born      date, or year where it counts as its year only
 *                 document  issuer, type, number
 *                 email, phone  value
 *               or fault, the short name of what is wrong (words.h)
 *   in_order    whether it could be registered so
 *   registered  for each kind that a registration has: kind, count
 *   tried       what a consult looks for besides: dates (YYYY-MM-DD), year (or ""), and of other
 *               names, and of parts of a date that was refused, how many
 */
json_t *explain_person(const json_t *row);

/*
 * Two such rows. Returns
 *
 *   details     for each field that either has: field, agrees: "same", "alike" (names sound alike;
 *               a date is one slip away or agrees in the year, where one has no more), "crossed"
 *               (the first's given name is the second's family name, or the reverse), "no", or
 * "one" (only one of them has it) ways        two, for who registers and who asks differ:
 * registered and asked (1 or 2), answer (its stable name), kinds of which at least one key agrees
 */
json_t *explain_pair(const json_t *first, const json_t *second);

#endif
