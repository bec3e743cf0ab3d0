/*
 * store_refill.h - the feeds of a damaged store, and everything that follows from them.
 *
 * Part of store_repair.h: entries that can be read and are what their headers commit to go into the
 * new store; tags, expiry, alerts, what is owed, what was taken back, and the counts in each feed's
 * record follow from them anew. What does not: subtree roots over a hole, and what is taken back by
 * an entry that is missing, are copied where they can be read.
 */
#ifndef NODE_STORE_REFILL_H
#define NODE_STORE_REFILL_H

#include "node/store_internal.h"

/* Fills a new, empty store; notes what is missing. ERR_IO: the new store failed; ERR_FULL. */
MUST_CHECK enum err store_refill(sqlite3 *from, struct store *into);

#endif
