/*
 * bare_insert.h - how fast SQLite itself takes the rows that the store takes: the limit that the
 * store is measured against, in the same run.
 */
#ifndef TESTS_BENCH_BARE_INSERT_H
#define TESTS_BENCH_BARE_INSERT_H

#include <stddef.h>

/* Inserts the entries of rows.h with their tags and expiry days into the store's own tables, with
 * one plain prepared statement a row, tags and days sorted, 4,096 entries a transaction, with the
 * store's page size, cache, log length and synchronous=FULL, but without anything of the store's
 * code. The file dir/bare.db is made anew and removed. Returns entries a second, from the first
 * insertion to the last checkpoint, without the time it takes to make the rows; ends the program on
 * any failure. */
double bare_insert_rate(const char *dir, size_t entries);

#endif
