/*
 * store_layer.h - the layer between SQLite and the files of the store.
 *
 * Every page that goes into the database file is scrubbed of unused bytes (store_scrub.h) and gets
 * its checksum (page_sum.h); every page that is read is checked, from the file as well as from the
 * log, whose pages the layer remembers a checksum of. A page with one flipped bit is mended, in
 * memory and on disk, and that is noted. One that cannot be mended is never given to SQLite: the
 * read fails with SQLITE_IOERR_DATA, which ends the store (store.h).
 *
 * The layer offers no shared memory; WAL then works in locking_mode=EXCLUSIVE alone, which is what
 * the store wants: exactly one connection writes and checkpoints. So nothing changes in the file
 * behind the layer's back either.
 */
#ifndef NODE_STORE_LAYER_H
#define NODE_STORE_LAYER_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

#include "node/reserve.h"

/* Registers the layer with SQLite, once a process; returns the name to open a file with, or NULL if
 * SQLite has no usable default layer. */
const char *store_layer_register(void);

/* What the layer met since it was last asked. */
struct layer_notes {
    uint64_t mended;      /* pages with one flipped bit, which was turned back */
    uint64_t damaged;     /* reads of pages that could not be mended */
    uint32_t mended_page; /* the last one of each; 0: in the log */
    uint32_t damaged_page;
};
struct layer_notes store_layer_notes(sqlite3 *db);

/* Reads one page of the database file from the disk, not from any cache of this process, and checks
 * it. fd is open on the same file, for reading, and is not to be closed before db is. */
enum layer_page { LAYER_PAGE_RIGHT, LAYER_PAGE_MENDED, LAYER_PAGE_DAMAGED };
enum layer_page store_layer_check(sqlite3 *db, int fd, uint32_t page);

/* From now on a write that finds the disk full takes from this reserve and is tried again. r is to
 * live as long as db; NULL: none. */
void store_layer_reserve(sqlite3 *db, struct reserve *r);

/* Whether the pages of this file carry checksums (those of older versions do not). */
bool store_layer_has_sums(sqlite3 *db);

#endif
