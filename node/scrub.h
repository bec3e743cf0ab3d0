/*
 * scrub.h - goes over everything that this node has stored, again and again, while it runs.
 *
 * One pass, in this order, a bounded piece at a time:
 *
 *     pages    every page of node.db, read from the disk, against its checksum
 *     feeds    every entry: headers against the stored subtree roots and the signed checkpoint,
 *              bodies against their headers, and whether all rows that follow from it are there
 *     rows     every row that follows from an entry, against that entry
 *     files    the files of the ring, against their sums
 *
 * Pieces are spread so that a pass takes half of the time that the settings give it (scrub_hours),
 * and rests for the other half; one that somebody asked for runs as fast as it can. What is found
 * is noted (store_find.h): bits are turned back at once, rows put right, entries and bodies fetched
 * from peers (EVENT_LOST). A page that cannot be mended needs the store to be opened anew, which
 * repairs it: node_run then returns ERR_FORMAT.
 */
#ifndef NODE_SCRUB_H
#define NODE_SCRUB_H

#include "node/node.h"

struct scrub;

struct scrub *scrub_new(struct node *n);
void scrub_free(struct scrub **s);

/* Does what is due. ERR_FORMAT: the store must be repaired, ERR_IO: it failed. */
MUST_CHECK enum err scrub_work(struct scrub *s);
/* Whether somebody waits for it. */
bool scrub_is_busy(const struct scrub *s);

/* The request of the control protocol: a whole pass now; or to forget what was found. */
void scrub_request(struct scrub *s, uint64_t client, const json_t *request);

/* What the last pass and all others found, for status. */
json_t *scrub_json(struct scrub *s);

#endif
