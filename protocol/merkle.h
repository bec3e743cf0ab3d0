/*
 * merkle.h - the append-only tree of RFC 9162 with SHA-256.
 *
 * A struct merkle_frontier holds the roots of the perfect subtrees that make up a tree, largest
 * first: all that is needed to append and to know the root. Proofs are made from a struct
 * merkle_source, which answers for perfect subtrees of what is stored, and are verified from
 * nothing but hashes.
 *
 * Source: RFC 9162 sections 2.1.1 to 2.1.5. Pure: no I/O, no clock, no allocation, no globals.
 */
#ifndef PROTOCOL_MERKLE_H
#define PROTOCOL_MERKLE_H

#include "proto/bytes.h"
#include "proto/err.h"

enum {
    HASH_BYTES = 32,
    MERKLE_LEVELS_MAX = 40,                   /* trees of fewer than 2^40 leaves */
    MERKLE_PROOF_MAX = 2 * MERKLE_LEVELS_MAX, /* hashes in the longest proof */
    MERKLE_TILE_LEVEL = 8,                    /* stored subtree roots: 2^8 and 2^16 leaves */
};

struct merkle_frontier {
    uint64_t size; /* leaves */
    uint8_t peak[MERKLE_LEVELS_MAX]
                [HASH_BYTES]; /* peak[l]: root of 2^l leaves, where size has bit l */
};

/* SHA-256(0x00 || data): the hash of one leaf. */
void merkle_leaf(struct bytes data, uint8_t out[HASH_BYTES]);

/* SHA-256(0x01 || left || right). */
void merkle_node(const uint8_t left[HASH_BYTES], const uint8_t right[HASH_BYTES],
                 uint8_t out[HASH_BYTES]);

void merkle_frontier_init(struct merkle_frontier *f);

/* Appends one leaf hash. Where that completes perfect subtrees of 2^8 or 2^16 leaves, *tile_levels
 * gets bit 0 or bit 1, and merkle_tile then gives their roots. */
void merkle_append(struct merkle_frontier *f, const uint8_t leaf[HASH_BYTES], unsigned *tile_levels,
                   uint8_t tile[2][HASH_BYTES]);

/* The root of what is held; of the empty tree, SHA-256 of nothing. */
void merkle_root(const struct merkle_frontier *f, uint8_t out[HASH_BYTES]);

/* Answers for the perfect subtree of 2^level leaves that begins at leaf position << level. Returns
 * false where the store cannot tell, and the proof then fails with ERR_NOT_FOUND. */
struct merkle_source {
    void *ctx;
    bool (*subtree)(void *ctx, unsigned level, uint64_t position, uint8_t out[HASH_BYTES]);
};

/* Makes the inclusion proof of leaf index in the tree of size leaves: *count hashes to out, which
 * has room for MERKLE_PROOF_MAX. Returns ERR_RANGE if index >= size or the tree is too large,
 * ERR_NOT_FOUND as above; *count is then unchanged and out of no meaning. RFC 9162 section 2.1.3.1.
 */
MUST_CHECK enum err merkle_inclusion(const struct merkle_source *src, uint64_t index, uint64_t size,
                                     uint8_t out[][HASH_BYTES], size_t *count);

/* Makes the proof that the tree of old_size is a prefix of that of new_size. An old size of 0, or
 * equal sizes, gives an empty proof. Returns ERR_RANGE if old_size > new_size or the tree is too
 * large, ERR_NOT_FOUND, both as above. RFC 9162 section 2.1.4.1. */
MUST_CHECK enum err merkle_consistency(const struct merkle_source *src, uint64_t old_size,
                                       uint64_t new_size, uint8_t out[][HASH_BYTES], size_t *count);

/* The root of the first size leaves, size at least 1. Returns ERR_RANGE for a size of 0 or a tree
 * that is too large, ERR_NOT_FOUND as above. */
MUST_CHECK enum err merkle_root_of(const struct merkle_source *src, uint64_t size,
                                   uint8_t out[HASH_BYTES]);

/* Verifies an inclusion proof (32 bytes a hash). Returns ERR_PROOF if it does not hold, ERR_RANGE
 * if index >= size. RFC 9162 section 2.1.3.2. */
MUST_CHECK enum err merkle_verify_inclusion(const uint8_t leaf[HASH_BYTES], uint64_t index,
                                            uint64_t size, struct bytes proof,
                                            const uint8_t root[HASH_BYTES]);

/* Verifies a consistency proof. Returns ERR_PROOF if it does not hold, ERR_RANGE if old_size >
 * new_size. RFC 9162 section 2.1.4.2. */
MUST_CHECK enum err merkle_verify_consistency(uint64_t old_size, const uint8_t old_root[HASH_BYTES],
                                              uint64_t new_size, const uint8_t new_root[HASH_BYTES],
                                              struct bytes proof);

#endif
