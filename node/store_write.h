/*
 * store_write.h - what goes into the store.
 *
 * Each function writes within the open transaction (store.h) and returns OK, or ERR_IO: fatal.
 * Durable is what store_commit has confirmed. Arguments are borrowed for the call.
 */
#ifndef NODE_STORE_WRITE_H
#define NODE_STORE_WRITE_H

#include "federation/effect.h"
#include "node/store.h"

enum {
    STORE_SEEN_DAYS =
        400, /* how long daily checkpoints and the rows behind a "seen" hash are kept */
    REQUEST_ID_BYTES = 16,
};

/* Carries out one PERSIST effect; e->type is one (another is our bug). The author of an effect that
 * carries a feed record is the record's; a NULL feed record in BODY or GONE means unchanged.
 *
 * Effects that repeat an earlier one change nothing more: REQUEST (the first record of a request
 * stays, also when points or purpose differ), RECEIPT, RECEIPTS_SENT, GONE. BUDGET never goes back:
 * an earlier day is ignored, and within a day the larger use stays. An entry that is already there,
 * or a body or erasure for an entry that is not, contradicts what the core read from this store:
 * ERR_IO. */
MUST_CHECK enum err store_apply(struct store *s, const struct effect *e);

/* Sets a mark that is the node's own affair. */
MUST_CHECK enum err store_mark_put(struct store *s, enum mark mark, uint64_t value);

/* The desk's sealed record of an own entry; replaces an earlier one. */
MUST_CHECK enum err store_desk_put(struct store *s, uint64_t index, struct bytes sealed);

/* Deletes the records of all own entries from index first on, and what became of them: they were
 * cut off. ERR_IO: fatal. */
MUST_CHECK enum err store_desk_cut(struct store *s, uint64_t first);

/* Erases the desk's record, as thoroughly as a body. None there: OK. */
MUST_CHECK enum err store_desk_delete(struct store *s, uint64_t index);

/* Notes what became of an own entry, a version of the entry original, before its body goes: nothing
 * else tells a replacement from an erasure afterwards. */
MUST_CHECK enum err store_version_put(struct store *s, uint64_t index,
                                      const struct store_version *version);

/* A sealed entry of the watch-list, under an id that no other has; erasing it is as thorough. */
MUST_CHECK enum err store_watch_put(struct store *s, int64_t id, struct bytes sealed);
MUST_CHECK enum err store_watch_delete(struct store *s, int64_t id);

#endif
