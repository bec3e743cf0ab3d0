/*
 * ritual.h - key ceremonies in a world: proposals, what becomes of them, and who holds which share.
 */
#ifndef TESTS_SIM_RITUAL_H
#define TESTS_SIM_RITUAL_H

#include "tests/sim/world.h"

enum { RITUAL_SHARES_MAX = 16 };

/* What nodes were given to keep, newest last; and what they were told to wipe. */
struct ritual {
    struct world *w;
    struct {
        struct held_share held;
        bool is_gone;
    } share[WORLD_NODES_MAX][RITUAL_SHARES_MAX];
    size_t count[WORLD_NODES_MAX];
};

/* A world of so many nodes, all of them with the role keyholder and one (the last) a mere member,
 * and no key. Watches every step. */
void ritual_begin(struct ritual *r, uint64_t seed, size_t nodes);
void ritual_end(struct ritual *r);

/* A proposal: to generate among the first count nodes; to refresh or rotate among the holders of
 * the newest sharing; to reshare from those to the nodes named. patience 20 s, an hour in all. */
struct ceremony_proposal ritual_generate(struct ritual *r, uint8_t key, size_t count, uint8_t t);
struct ceremony_proposal ritual_again(struct ritual *r, enum ceremony_kind kind, uint8_t key);
struct ceremony_proposal ritual_reshare(struct ritual *r, uint8_t key, const size_t *to,
                                        size_t count, uint8_t t);

/* Gives the operator's order to a node; the result is that of EFFECT_APPENDED. */
enum err ritual_propose(struct ritual *r, size_t node, const struct ceremony_proposal *p);
enum err ritual_join(struct ritual *r, size_t node, const uint8_t id[32]);
enum err ritual_abort(struct ritual *r, size_t node, const uint8_t id[32]);

/* How node sees the ceremony; state 0 if it does not know it. */
struct ceremony_status *ritual_status(struct ritual *r, size_t node, const uint8_t id[32]);
/* Whether node sees other left out, and why. */
enum err ritual_left_out(struct ritual *r, size_t node, const uint8_t id[32], size_t other);

/* Proposes at node and joins everywhere but where but has a bit; then lets it run for so long.
 * The id goes to id. */
void ritual_run(struct ritual *r, size_t node, const struct ceremony_proposal *p, unsigned but,
                uint64_t ms, uint8_t id[32]);

/* The stewards put the result into the member list; other sharings of that key are served so much
 * longer. */
void ritual_adopt(struct ritual *r, const uint8_t id[32], int64_t overlap);

/* The share of that sharing at node; NULL if it has none. */
const struct share *ritual_share(const struct ritual *r, size_t node, uint32_t key, uint32_t epoch,
                                 uint32_t refresh);
/* Puts together the shares of the nodes of which set has a bit; false if one has none. */
bool ritual_combine(const struct ritual *r, unsigned set, uint32_t key, uint32_t epoch,
                    uint32_t refresh, uint8_t out[32]);

/* Writes any step of a ceremony into a node's feed, as other software could. */
void ritual_write(struct ritual *r, size_t node, const struct ceremony_entry *e);

#endif
