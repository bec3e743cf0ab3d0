/* byzantine_internal.h - what the files of the byzantine members share. Only byzantine*.c include
 * it. */
#ifndef TESTS_SIM_BYZANTINE_INTERNAL_H
#define TESTS_SIM_BYZANTINE_INTERNAL_H

#include "tests/sim/byzantine.h"
#include "tests/sim/dice.h"
#include "tests/sim/forge.h"

enum { COPIES_MAX = 48, COPY_BYTES_MAX = 32 * 1024 };

/* A frame that is kept to be said again. */
struct byz_copy {
    size_t to;
    uint8_t *data;
    size_t len;
};

/* The state of any of them. */
struct byz {
    struct world *w;
    size_t node;
    struct dice dice;
    uint64_t ticks;
    struct byz_copy copies[COPIES_MAX];
    size_t copy_count, copy_next;
    uint64_t forged_seq;     /* of its own checkpoint, from which it went on twice */
    struct byz_copy said[2]; /* two histories */
    struct forge shadow;     /* the feed that others see, where that is not its core's */
    bool has_shadow;
    uint64_t firsts[COPIES_MAX]; /* shadow: index of the first entry of each copy */
    uint8_t *paper;              /* a member list that is none */
    size_t paper_len;
    uint64_t paper_version;              /* that it was made for */
    uint8_t nonces[WORLD_NODES_MAX][32]; /* that each asked with last */
    uint64_t written;                    /* entries of its own that it made up */
};

void *byz_begin(struct world *w, size_t node, uint64_t seed);
void byz_end(void *state);

/* Another node, drawn. */
size_t byz_peer(struct byz *b);
/* Says the same to everybody whom it has a connection with. */
void byz_tell(struct byz *b, const Seinpost__Message *m);
void byz_tell_frame(struct byz *b, struct bytes frame);
/* Keeps a frame in place of the oldest one; false if it is too long. */
bool byz_keep(struct byz *b, size_t to, const uint8_t *frame, size_t len);
void byz_copy(struct byz_copy *c, struct bytes frame);
/* Draws bytes. */
void byz_fill(struct byz *b, uint8_t *out, size_t len);

/* Its own newest checkpoint whose entries it holds; false if it has none. */
bool byz_head(struct byz *b, struct checkpoint *out);
/* The same of any node's feed, as its own core has it, signed. */
const uint8_t *byz_known(struct byz *b, size_t of);

/* The feed that a frame is a batch of is its own: then the message, borrowed; else NULL. */
const Seinpost__Message *byz_own_batch(struct byz *b, const uint8_t *frame, size_t len);

static inline ProtobufCBinaryData byz_data(const void *p, size_t len)
{
    return (ProtobufCBinaryData){len, (uint8_t *)(uintptr_t)p};
}

/* ---- byzantine_feed.c: with its own feed ---- */
void byz_equivocate(void *state);
void byz_whisper(void *state);
size_t byz_two_faced(void *state, size_t to, uint8_t *frame, size_t len);
void byz_shrink(void *state);
size_t byz_gap(void *state, size_t to, uint8_t *frame, size_t len);
size_t byz_corrupt(void *state, size_t to, uint8_t *frame, size_t len);
size_t byz_withhold(void *state, size_t to, uint8_t *frame, size_t len);
size_t byz_withhold_all(void *state, size_t to, uint8_t *frame, size_t len);
size_t byz_fake_bodies(void *state, size_t from, uint8_t *frame, size_t len);
void byz_giant(void *state);

/* ---- byzantine_shadow.c: with a feed that is not the one of its core ---- */
size_t byz_muzzle(void *state, size_t to, uint8_t *frame, size_t len);
size_t byz_serve(void *state, size_t from, uint8_t *frame, size_t len);
void byz_future(void *state);
void byz_nonsense(void *state);
void byz_unsealed(void *state);
void byz_stale_proof(void *state);
void byz_over_correct(void *state);

/* ---- byzantine_wire.c: with frames, whatever they say ---- */
size_t byz_remember(void *state, size_t to, uint8_t *frame, size_t len);
void byz_replay(void *state);
size_t byz_shuffle(void *state, size_t to, uint8_t *frame, size_t len);
void byz_shuffle_out(void *state);
void byz_oversize(void *state);
void byz_deep(void *state);
void byz_junk(void *state);
size_t byz_slow(void *state, size_t to, uint8_t *frame, size_t len);
size_t byz_silent(void *state, size_t to, uint8_t *frame, size_t len);
size_t byz_mute(void *state, size_t to, uint8_t *frame, size_t len);
void byz_flood(void *state);

/* ---- byzantine_lies.c: about others ---- */
void byz_endless(void *state);
size_t byz_endless_asked(void *state, size_t from, uint8_t *frame, size_t len);
void byz_foreign(void *state);
size_t byz_foreign_asked(void *state, size_t from, uint8_t *frame, size_t len);
void byz_masquerade(void *state);
size_t byz_evaluate(void *state, size_t to, uint8_t *frame, size_t len);
void byz_receipts(void *state);
void byz_acknowledge(void *state);
void byz_squat(void *state);
void byz_accuse(void *state);
void byz_evidence(void *state);
void byz_bodies(void *state);

/* ---- byzantine_more.c: about others, too ---- */
void byz_claim_list(struct byz *b, uint64_t version);
void byz_give_chunk(struct byz *b, size_t to, const Seinpost__RosterAsk *ask, size_t total,
                    struct bytes data);
size_t byz_part(size_t total, size_t offset);
void byz_other_head(void *state);
size_t byz_other_asked(void *state, size_t from, uint8_t *frame, size_t len);
void byz_old(void *state);
size_t byz_old_asked(void *state, size_t from, uint8_t *frame, size_t len);
void byz_own_list(void *state);
void byz_forge(void *state);
void byz_other_key(void *state);

#endif
