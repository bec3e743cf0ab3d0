/*
 * rows.h - entries of one feed to fill a store with: signals with four tags each, 256-byte bodies,
 * expiry dates over five years. The same numbers give the same rows.
 */
#ifndef TESTS_BENCH_ROWS_H
#define TESTS_BENCH_ROWS_H

#include "federation/effect.h"
#include "protocol/tag.h"

enum { ROWS_TAGS = 4, ROWS_BODY_BYTES = 256, ROWS_DAY = 20000, ROWS_DAYS = 5 * 365 };

struct rows {
    uint8_t author[AUTHOR_BYTES];
    size_t count;
    struct effect_entry entry[BATCH_ENTRIES_MAX];
    uint8_t header[BATCH_ENTRIES_MAX][HEADER_BYTES];
    uint8_t body[BATCH_ENTRIES_MAX][ROWS_BODY_BYTES];
};

/* Makes the entries first .. first + count - 1 (BATCH_ENTRIES_MAX at most). */
void rows_fill(struct rows *r, uint64_t first, size_t count);

/* Seconds of a clock that only goes forward. */
double rows_clock(void);

#endif
