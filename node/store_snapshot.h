/*
 * store_snapshot.h - a copy of the database, made while it is being written to.
 *
 * The store holds its file for itself, so the node makes the copy: some pages in each turn of its
 * loop, by SQLite's online backup. What is committed meanwhile goes into the copy too, so the copy
 * is the store as it is when the last page is taken. Its unused bytes are zeroed as the store's are
 * (store_scrub.h): it holds nothing that was erased before.
 *
 * A copy that fails is nobody's failure but its own: the store goes on.
 */
#ifndef NODE_STORE_SNAPSHOT_H
#define NODE_STORE_SNAPSHOT_H

#include "node/store.h"

enum {
    SNAPSHOT_PAGES = 128,      /* 1 MiB a step */
    SNAPSHOT_ROOM_MB_MIN = 64, /* that a copy leaves on the disk */
};

struct store_snapshot;

/* Begins a copy into a new file, path, of mode 0600. The store outlives the snapshot. OK, or with
 * *problem set ERR_FULL: the disk has no room for it; ERR_DUPLICATE; ERR_IO. */
MUST_CHECK enum err store_snapshot_begin(struct store *s, const char *path,
                                         struct store_snapshot **out, struct problem *problem);

/* Copies some pages. OK, or ERR_UNAVAILABLE while the store has something to commit: call again
 * after that; with *problem set ERR_FULL and ERR_IO: end it. */
MUST_CHECK enum err store_snapshot_step(struct store_snapshot *c, struct problem *problem);

/* Whether the last page was taken; and how many bytes were, of how many. */
bool store_snapshot_is_done(const struct store_snapshot *c);
void store_snapshot_progress(const struct store_snapshot *c, uint64_t *done, uint64_t *all);

/* Closes. The file stays only where it is whole and on disk: OK then; else ERR_IO with *problem
 * set, or ERR_TRUNCATED where not everything was taken. *c becomes NULL, and may be NULL. */
enum err store_snapshot_end(struct store_snapshot **c, struct problem *problem);

#endif
