/*
 * store_repair.h - a damaged store made whole again, as far as one node alone can.
 *
 * What can be read of the closed file is copied into a new one: entries that are what their headers
 * commit to, the rows that nobody else has, what is known of each feed. What follows from the
 * entries is derived anew. Entries that cannot be read leave a hole in their feed, and bodies that
 * cannot are owed: the node fetches both from its peers. What only this node had, and was on a page
 * that cannot be read, is gone; all of that is noted (store_find.h). The new file takes the place
 * of the old one, of which nothing stays, since it may hold what is erased one day.
 */
#ifndef NODE_STORE_REPAIR_H
#define NODE_STORE_REPAIR_H

#include "node/problem.h"
#include "proto/err.h"

/* Repairs the file of a closed store that store_open refused. It needs as much room on the disk
 * again as the file has. OK; ERR_FORMAT if the file is none of ours or nothing tells where its
 * tables begin, ERR_IO; the file is then as it was, but that its first page may be put back. */
MUST_CHECK enum err store_repair(const char *path, struct problem *problem);

#endif
