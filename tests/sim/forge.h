/*
 * forge.h - a feed written by hand: what an author could sign that our own software never would.
 *
 * It signs with the key of a node of the world, which the test keeps switched off or lets be
 * contradicted, and gives frames to be injected.
 */
#ifndef TESTS_SIM_FORGE_H
#define TESTS_SIM_FORGE_H

#include "tests/sim/world.h"

enum { FORGE_ENTRIES_MAX = 4096 };

struct forged_entry {
    uint8_t type;
    uint8_t audience;
    uint32_t day;         /* 0: today */
    uint32_t expires_day; /* 0: never */
    uint64_t ref_plus_one;
    struct bytes payload;
    bool is_absent; /* the batch leaves its body out */
};

struct forge {
    struct world *world;
    size_t author;
    size_t signer; /* whose key it is signed with */
    struct merkle_frontier tree;
    struct checkpoint last;
    uint64_t salt;
    /* the bodies written last, for BodyBatches: body i of the last batch */
    uint8_t *bodies;
    size_t body_at[FORGE_ENTRIES_MAX + 1];
    uint64_t first;
    size_t count;
};

/* Begins where the author's own shelf ends. */
void forge_init(struct forge *f, struct world *w, size_t author);
/* Begins where that node's copy of the author's feed ends, and signs with that node's own key. */
void forge_init_as(struct forge *f, struct world *w, size_t author, size_t signer);
void forge_clear(struct forge *f);

/* Appends entries and gives the Batch that carries them. Borrowed until the next call. */
struct bytes forge_batch(struct forge *f, const struct forged_entry *entries, size_t count);

/* Signs any checkpoint with the author's key, and gives a Batch that holds it and no entries.
 * Borrowed until the next call. */
struct bytes forge_checkpoint(struct forge *f, const struct checkpoint *cp);

/* A signal's payload with the tag of the number, in out. */
struct bytes forge_signal(uint32_t number, uint8_t out[SIGNAL_BYTES_MAX]);

/* The body of entry index, which the last forge_batch wrote. */
struct bytes forge_body(const struct forge *f, uint64_t index);

/* A BodyBatch of one author with these bodies, in out of FRAME_BYTES_MAX. */
struct bytes forge_body_batch(const uint8_t *author, const uint64_t *indexes,
                              const struct bytes *bodies, size_t count, uint8_t *out);

#endif
