/*
 * store_rescue.h - reading what can be read of a damaged store.
 *
 * A page that cannot be read hides a run of rows; those before and behind it are given all the
 * same. Rows come by ascending key; behind a page that cannot be read the next row is searched for
 * by asking further on, twice as far each time, and then by halves.
 */
#ifndef NODE_STORE_RESCUE_H
#define NODE_STORE_RESCUE_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#include "node/problem.h"
#include "proto/err.h"

struct rescue {
    sqlite3 *db;
    const char *table;
    /* A row: its columns, after rowid in column 0 for tables that have one. False ends it. */
    bool (*row)(void *ctx, sqlite3_stmt *row);
    /* A row whose key alone can be read, of a table with rowids. NULL: it counts as a gap. */
    void (*broken)(void *ctx, int64_t rowid);
    void *ctx;
    uint32_t gaps;          /* runs of rows that could not be read */
    int64_t before, behind; /* the keys around the last of them; INT64_MAX: up to the end */
};

/* Opens the file of a closed store for reading. ERR_FORMAT if it is not one, or nothing tells where
 * its tables begin; ERR_IO. *db is to be closed with sqlite3_close, also on error. */
MUST_CHECK enum err rescue_open(const char *path, sqlite3 **db, struct problem *problem);

/* Whether there is such a table. */
bool rescue_has_table(sqlite3 *db, const char *name);

/* Gives all rows of a table that can be read, by rowid. */
void rescue_rowids(struct rescue *r);

/* The same for a table, or an index, of another order: from the beginning, and from the end where
 * that met a gap; rows may come twice. select is "SELECT ... FROM ..." without an order. */
void rescue_ordered(struct rescue *r, const char *select, const char *order, const char *reverse);

#endif
