/*
 * store_replay.h - whether what is derived from the entries is what follows from them.
 *
 * Tags, what retags are for, expiry, alerts, what belongs to key ceremonies, what is owed, what is
 * opaque and what was taken back stand in tables of their own, so that they are found quickly; each
 * row follows from one entry. So each entry is asked whether all of its rows are there, and each
 * row whether its entry says so; what differs is put right. A bounded number at a time: between two
 * calls the store may change.
 */
#ifndef NODE_STORE_REPLAY_H
#define NODE_STORE_REPLAY_H

#include "federation/archive.h"
#include "node/store.h"

enum replay_table {
    REPLAY_TAG,
    REPLAY_EXPIRING,
    REPLAY_OWED,
    REPLAY_OPAQUE,
    REPLAY_ALERT,
    REPLAY_CEREMONY,
    REPLAY_RETAG,
    REPLAY_CORRECTION,
    REPLAY_TABLES
};

/* The name of a table, for people. */
const char *replay_name(enum replay_table t);

/* Adds the rows that entry index of a feed should have and has not; adds their number to
 * missing[] by table. ERR_IO. */
MUST_CHECK enum err store_replay_entry(struct store *s, const uint8_t author[AUTHOR_BYTES],
                                       uint64_t index, uint64_t missing[REPLAY_TABLES]);

/* Where a walk over the rows of a table is; zeros to begin with. */
struct replay_cursor {
    int64_t key, id;
    bool has_begun;
};

/* Goes over up to max rows of a table and deletes those that follow from no entry, whose number is
 * added to *spare. *is_over: there are no more. ERR_IO. */
MUST_CHECK enum err store_replay_rows(struct store *s, enum replay_table t, struct replay_cursor *c,
                                      size_t max, uint64_t *spare, bool *is_over);

#endif
