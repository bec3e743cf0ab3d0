/*
 * store_find.h - what was found damaged in this store, and what became of it; and where entries are
 * missing.
 *
 * Writes and lists as in store_write.h and store_read.h.
 */
#ifndef NODE_STORE_FIND_H
#define NODE_STORE_FIND_H

#include "federation/archive.h"
#include "node/store.h"

enum damage {
    DAMAGE_PAGE = 1, /* pages of the file; first: the page */
    DAMAGE_LOG,      /* pages of its log */
    DAMAGE_ENTRIES,  /* entries of a feed; place: its author in hexadecimal digits */
    DAMAGE_BODIES,   /* what entries hold; likewise */
    DAMAGE_FEED,     /* what was known of a feed beside its entries; likewise */
    DAMAGE_TABLE,    /* rows that nobody else has; place: the table */
    DAMAGE_LOOKUP,   /* rows that follow from the entries; place: the table */
    DAMAGE_FILE,     /* another file of this node; place: its name */
    DAMAGE_COUNT
};

enum fate {
    FATE_MENDED = 1, /* it is again as it was written */
    FATE_FETCHING,   /* it is fetched from peers */
    FATE_LOST,       /* only a backup has it */
    FATE_DOUBTFUL,   /* it may have been, or never have been written */
    FATE_COUNT
};

enum { FINDING_PLACE_BYTES = 80, FINDINGS_KEPT = 1000 };

struct store_finding {
    int64_t utc;
    enum damage what;
    enum fate fate;
    char place[FINDING_PLACE_BYTES];
    uint64_t first, count; /* count 0: nobody can tell how many */
};

/* Notes a finding; one that says the same as an open one (not mended) is counted into it. */
MUST_CHECK enum err store_finding_add(struct store *s, const struct store_finding *f);

/* All of them, oldest first. */
MUST_CHECK enum err
store_findings(struct store *s, bool (*row)(void *ctx, const struct store_finding *f), void *ctx);

/* What was being fetched of that feed is here again. */
MUST_CHECK enum err store_findings_settle(struct store *s, const uint8_t author[AUTHOR_BYTES]);

/* Whether something of that feed is being fetched. */
bool store_findings_open(struct store *s, const uint8_t author[AUTHOR_BYTES]);

/* A person knows: forgets all that is mended or lost. */
MUST_CHECK enum err store_findings_forget(struct store *s);

/* The first stretch of missing entries of a feed from an index on; false if there is none. */
bool store_hole(struct store *s, const uint8_t author[AUTHOR_BYTES], uint64_t from, uint64_t *first,
                uint64_t *past);

#endif
