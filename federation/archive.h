/*
 * archive.h - what the core may read of what it has had persisted, and the records in which it
 * does.
 *
 * The core writes only by effects (effect.h) and reads only through struct archive: a handful of
 * questions that the node answers from its store and the simulator from memory. Answers reflect
 * every PERSIST effect of earlier steps, durable or not: a SEND leaves only after the PERSISTs
 * before it.
 */
#ifndef FEDERATION_ARCHIVE_H
#define FEDERATION_ARCHIVE_H

#include "proto/err.h"
#include "protocol/account.h"
#include "protocol/correction.h"
#include "protocol/envelope.h"
#include "protocol/feed.h"

enum entry_state {
    STATE_NONE = 0,  /* no such entry */
    STATE_HELD,      /* body here, meaning accepted */
    STATE_REFUSED,   /* body here, kept and relayed, but not used: see its reason */
    STATE_OPAQUE,    /* body here, of a type or version that this software does not know */
    STATE_OWED,      /* body should be here and is not */
    STATE_ADDRESSED, /* body is for somebody else */
    STATE_ERASED,    /* body erased by its author */
    STATE_EXPIRED,   /* body erased by expiry */
    STATE_NEWER,     /* as opaque, of a type on which the answer of a consult depends */
};

/* One entry as stored. */
struct archive_row {
    uint64_t index;
    enum entry_state state;
    const uint8_t *header; /* HEADER_BYTES, borrowed until the next call */
    struct bytes body;     /* empty where it is not here; borrowed likewise */
};

/* What is known of one feed, and what a restart needs to go on. */
struct feed_record {
    uint8_t author[AUTHOR_BYTES];
    uint32_t feed_epoch; /* 0: nothing known yet */
    struct merkle_frontier tree;
    /* Signed checkpoints as received; all zeros where there is none. held: the newest one whose
     * size is at most tree.size. seen: the newest one ever verified. */
    uint8_t held[CHECKPOINT_SIGNED_BYTES];
    uint8_t seen[CHECKPOINT_SIGNED_BYTES];
    /* Where seen is larger than the tree: the proof that the tree is a prefix of it. */
    uint8_t proof[MERKLE_PROOF_MAX * HASH_BYTES];
    uint32_t proof_hashes;
    int64_t heard_utc; /* when the newest checkpoint was signed, never later than when it arrived; 0
                          never */
    uint64_t owed;     /* entries whose body is owed */
    uint64_t refused;  /* entries stored as refused */
    uint64_t opaque;   /* entries stored as opaque or newer */
    uint64_t newer;    /* those of them that are newer */
    uint64_t profile_plus_one; /* index of its newest profile entry, plus one; 0 none */
    bool is_disputed;          /* its author signed things that contradict each other */
};

/* What is known of one envelope: at its author, at a relay that keeps it, at its addressee. */
enum parcel_state {
    PARCEL_WAITING = 1, /* at its author: nobody has taken it yet */
    PARCEL_KEPT,        /* a relay has it: at the author, another; at that relay, this one */
    PARCEL_DELIVERED,   /* its addressee has it */
    PARCEL_UNREADABLE,  /* its addressee cannot open it */
};

struct parcel_record {
    uint8_t author[AUTHOR_BYTES];
    uint64_t index;
    uint8_t addressee[AUTHOR_BYTES];
    uint32_t expires_day;
    enum parcel_state state;
    uint8_t receipt[SIGNATURE_BYTES]; /* the addressee's, once it is delivered or unreadable */
};

/* Whether a body is here in that state. */
static inline bool state_has_body(enum entry_state s)
{
    return s == STATE_HELD || s == STATE_REFUSED || s == STATE_OPAQUE || s == STATE_NEWER;
}

struct archive {
    void *ctx;

    /* Calls row for stored entries of a feed from first on, in order and without a gap, until it
     * returns false, count rows were given, or one is missing. Returns the number of rows for which
     * it returned true. */
    size_t (*read)(void *ctx, const uint8_t author[AUTHOR_BYTES], uint64_t first, size_t count,
                   bool (*row)(void *row_ctx, const struct archive_row *r), void *row_ctx);

    /* The first stretch of entries at or after an index that were here and are missing: from *first
     * up to *past. False if there is none. */
    bool (*hole)(void *ctx, const uint8_t author[AUTHOR_BYTES], uint64_t from, uint64_t *first,
                 uint64_t *past);

    /* What takes an entry back, also one that is missing; zeros if nothing does. */
    struct correction (*correction)(void *ctx, const uint8_t author[AUTHOR_BYTES], uint64_t index);

    /* State of one entry; STATE_NONE where there is none. */
    enum entry_state (*state)(void *ctx, const uint8_t author[AUTHOR_BYTES], uint64_t index);

    /* The stored root of a perfect subtree: tile 0 has 2^8 leaves, tile 1 2^16. False if not
     * stored. */
    bool (*tile)(void *ctx, const uint8_t author[AUTHOR_BYTES], unsigned tile, uint64_t position,
                 uint8_t out[HASH_BYTES]);

    /* Up to max indexes of entries of the feed whose body is owed, from index after on, ascending.
     */
    size_t (*owed)(void *ctx, const uint8_t author[AUTHOR_BYTES], uint64_t from, uint64_t *out,
                   size_t max);

    /* The same for entries that are opaque or newer. */
    size_t (*opaque)(void *ctx, const uint8_t author[AUTHOR_BYTES], uint64_t from, uint64_t *out,
                     size_t max);

    /* Up to max entries (author and index) with a body here that expired before day. */
    size_t (*expired)(void *ctx, uint32_t day, uint8_t (*authors)[AUTHOR_BYTES], uint64_t *indexes,
                      size_t max);

    /* Whether this member's request was answered before, and then the hash of its points. */
    bool (*request)(void *ctx, const uint8_t member[AUTHOR_BYTES], const uint8_t request[16],
                    uint8_t points_hash[HASH_BYTES]);

    /* How many elements of a key period's factor were multiplied for this member in all. */
    uint32_t (*factored)(void *ctx, const uint8_t member[AUTHOR_BYTES], uint32_t epoch);

    /* How many entries of the feed are held that are signals or amendments. */
    uint64_t (*signals)(void *ctx, const uint8_t author[AUTHOR_BYTES]);
    /* Calls row for entries of type notice of a feed that are held, the newest first, until it
     * returns false. May be NULL: there are none. */
    void (*notices)(void *ctx, const uint8_t author[AUTHOR_BYTES],
                    bool (*row)(void *row_ctx, const struct archive_row *r), void *row_ctx);

    /* Elements charged to a member under its allowance of that index, UINT64_MAX for all of them,
     * on the days from one to the other, both included. */
    uint64_t (*surged)(void *ctx, const uint8_t member[AUTHOR_BYTES], uint64_t index,
                       uint32_t from_day, uint32_t until_day);

    /* What was charged to a member in a month: the totals, and up to max requests after the one
     * given (zeros: from the first on), packed and ascending. Returns their number: 0 also for a
     * month of which only the totals are kept. */
    size_t (*account)(void *ctx, const uint8_t member[AUTHOR_BYTES], uint32_t month,
                      const uint8_t after[REQUEST_BYTES], struct account_totals *totals,
                      uint8_t *rows, size_t max);

    /* Up to max erasures that this node carried out and has not acknowledged yet. */
    size_t (*receipts_due)(void *ctx, uint8_t (*authors)[AUTHOR_BYTES], uint64_t *indexes,
                           size_t max);

    /* The rows that the field seen of a checkpoint of ours commits to, copied to out. Returns their
     * length, 0 if unknown or longer than cap. */
    size_t (*seen)(void *ctx, const uint8_t hash[HASH_BYTES], uint8_t *out, size_t cap);

    /* The daily checkpoint of a feed with that number, copied to out; false if unknown. */
    bool (*witness)(void *ctx, const uint8_t author[AUTHOR_BYTES], uint32_t feed_epoch,
                    uint64_t seq, uint8_t out[CHECKPOINT_SIGNED_BYTES]);

    /* What is known of an envelope; false if nothing is. */
    bool (*parcel)(void *ctx, const uint8_t author[AUTHOR_BYTES], uint64_t index,
                   struct parcel_record *out);

    /* Whether an envelope of this sender with this id was accepted before. */
    bool (*message)(void *ctx, const uint8_t sender[AUTHOR_BYTES],
                    const uint8_t id[ENVELOPE_ID_BYTES]);

    /* Calls row for every held entry of type ceremony, feed by feed, each in the order of its
     * indexes, until it returns false. */
    void (*ceremonies)(void *ctx,
                       bool (*row)(void *row_ctx, const uint8_t author[AUTHOR_BYTES],
                                   const struct archive_row *r),
                       void *row_ctx);

    /* The signed roster document of a version, copied to out. Returns its length, 0 if unknown. */
    size_t (*roster)(void *ctx, uint64_t version, uint8_t *out, size_t cap);

    /* Likewise, the one that was persisted as a rival with this hash. */
    size_t (*rival)(void *ctx, const uint8_t hash[HASH_BYTES], uint8_t *out, size_t cap);

    /* The proof that an author contradicted itself in a feed_epoch, copied to out. Returns its
     * length, 0 if there is none. */
    size_t (*fork)(void *ctx, const uint8_t author[AUTHOR_BYTES], uint32_t feed_epoch, uint8_t *out,
                   size_t cap);
};

#endif
