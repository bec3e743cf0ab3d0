/*
 * fork.h - proofs that an author contradicted itself, which anybody checks with its feed key alone.
 *
 * A feed has one history. Whoever signs two, shows one to some and another to others, leaves two
 * signatures that cannot both be honest; put together they are a proof that needs no trust in
 * whoever hands it on. A proof is about one author and one feed_epoch, that is one feed key.
 *
 *     "seinpost/v1/fork" | kind u8 | signed checkpoint a[236] | signed checkpoint b[236]
 *     kind 6 goes on:    | index u64 | header a[48] | count u8 | hashes | header b[48] | count u8 |
 * hashes
 *
 * There is one way to write a proof down: the kind is the lowest that fits (6 may be said of any
 * two), a is the checkpoint with the lower seq, or, with one seq, with the lower bytes. So two
 * proofs are compared as bytes, and nodes that hold different ones of one author all keep the
 * lower.
 *
 * Pure: no I/O, no clock, no allocation, no globals, no randomness.
 */
#ifndef PROTOCOL_FORK_H
#define PROTOCOL_FORK_H

#include "protocol/feed.h"

enum fork_kind {
    FORK_NONE = 0,
    FORK_SEQ = 1,    /* one seq, different bytes */
    FORK_SIZE = 2,   /* one size, different roots */
    FORK_SHRUNK = 3, /* the higher seq has the smaller size */
    FORK_PARENT = 4, /* one "previous" under two of them */
    FORK_CHAIN = 5,  /* seq n + 1 whose "previous" is not the one with seq n */
    FORK_LEAVES = 6, /* two different entries with one index, each in a signed tree */
};

enum {
    FORK_PAIR_BYTES = 16 + 1 + 2 * CHECKPOINT_SIGNED_BYTES, /* a proof of kinds 1 to 5 */
    FORK_LEAF_BYTES_MAX = HEADER_BYTES + 1 + MERKLE_LEVELS_MAX * HASH_BYTES,
    FORK_BYTES_MAX = FORK_PAIR_BYTES + 8 + 2 * FORK_LEAF_BYTES_MAX,
};

/* What a proof says. Pointers are borrowed from its bytes. */
struct fork {
    enum fork_kind kind;
    struct checkpoint a, b;
    uint64_t index;                     /* FORK_LEAVES: of the entry that is there twice */
    const uint8_t *header_a, *header_b; /* FORK_LEAVES: HEADER_BYTES each; else NULL */
};

/* An entry in a tree: its header and the inclusion proof, at most MERKLE_LEVELS_MAX hashes. */
struct fork_leaf {
    const uint8_t *header;
    struct bytes proof;
};

/* How two verified checkpoints of one author and feed_epoch contradict each other: the lowest kind
 * of 1 to 5 that fits, FORK_NONE if none does or they are of different authors or epochs. */
enum fork_kind fork_kind_of(const struct checkpoint *a, const struct checkpoint *b);

/* Writes the proof that two signed checkpoints give, to out of FORK_PAIR_BYTES. Returns its length,
 * 0 if they cannot be read or do not contradict each other. */
size_t fork_encode_pair(const uint8_t a[CHECKPOINT_SIGNED_BYTES],
                        const uint8_t b[CHECKPOINT_SIGNED_BYTES], uint8_t *out);

/* Writes the proof that entry index is leaf_a under checkpoint a and leaf_b under b, to out of
 * FORK_BYTES_MAX. Returns its length, 0 if a proof is too long or a checkpoint cannot be read;
 * nothing else is judged. */
size_t fork_encode_leaves(const uint8_t a[CHECKPOINT_SIGNED_BYTES], const struct fork_leaf *leaf_a,
                          const uint8_t b[CHECKPOINT_SIGNED_BYTES], const struct fork_leaf *leaf_b,
                          uint64_t index, uint8_t *out);

/* Judges a proof by the feed key of its author. On error *out is unchanged, and nothing is proven:
 *   ERR_TRUNCATED  ends early
 *   ERR_FORMAT     not a proof, another length, or not written in the one way
 *   ERR_VERSION    a kind that this software does not know
 *   ERR_RANGE      a checkpoint with a number that nobody may sign, or index beyond a size
 *   ERR_SIGNATURE  the key did not sign both: it is another key's, or made up
 *   ERR_STRANGER   two authors
 *   ERR_EPOCH      two feed_epochs
 *   ERR_PROOF      the two do not contradict each other in the way that is said */
MUST_CHECK enum err fork_check(struct bytes proof, const uint8_t feed_key[KEY_BYTES],
                               struct fork *out);

/* Reads a proof that was judged before it was stored: the errors of fork_check but for the
 * signatures. */
MUST_CHECK enum err fork_read(struct bytes proof, struct fork *out);

/* Whether proof a comes before b in the order in which nodes prefer them. */
bool fork_is_before(struct bytes a, struct bytes b);

/* Compares the inclusion proof of leaf index in a tree of size leaves, already verified, with a
 * tree of one's own that has more than index leaves. Both trees agree up to and with leaf index:
 * FORK_SAME. They first differ in leaf index itself: FORK_HERE. They differ before it: FORK_BEFORE,
 * and *next is an index below it that narrows the place down, to be asked for next; there are at
 * most MERKLE_LEVELS_MAX such steps. FORK_UNKNOWN if src cannot tell. */
enum fork_place { FORK_UNKNOWN, FORK_SAME, FORK_HERE, FORK_BEFORE };
enum fork_place fork_narrow(const struct merkle_source *src, uint64_t index, uint64_t size,
                            const uint8_t leaf[HASH_BYTES], struct bytes proof, uint64_t *next);

#endif
