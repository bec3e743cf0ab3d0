/*
 * person.h - invented people with a document, a name and date of birth, an e-mail address and a
 * telephone number: four match keys each.
 */
#ifndef TESTS_BENCH_PERSON_H
#define TESTS_BENCH_PERSON_H

#include "protocol/matchkey.h"

#include <jansson.h>
#include <stdint.h>

enum { PERSON_KEYS = 4 };

/* A row of a request, with the line number and an expiry date in a year. */
json_t *person_row(unsigned number);

/* The match keys of the same person. */
void person_keys(unsigned number, struct match_keys *keys);

#endif
