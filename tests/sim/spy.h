/*
 * spy.h - looks into every frame that leaves any node, for the one envelope that a test writes.
 *
 * Frames are seen as the transport takes them, not yet encrypted: what it finds in one, the node at
 * the other end was given.
 */
#ifndef TESTS_SIM_SPY_H
#define TESTS_SIM_SPY_H

#include "tests/sim/world.h"

/* Frames that hold the body of the watched envelope, by who gave it to whom. */
struct spy {
    bool is_on;
    uint8_t body[64]; /* from the middle of it, where nothing repeats */
    size_t given[WORLD_NODES_MAX][WORLD_NODES_MAX];
    size_t plain; /* frames with the text in the clear */
    size_t frames;
};

/* What the tests write: a text that no frame may hold in the clear. */
struct bytes spy_text(void);

/* Looks on in that world from now on; s must live as long as the world. */
void spy_start(struct spy *s, struct world *w);

/* From now on it looks for this entry of a node, which holds it. */
void spy_for(struct spy *s, struct world *w, size_t author, uint64_t index);

/* How often the watched body was given to anybody. */
size_t spy_given(const struct spy *s);

/* Four members who all reach one another, with the spy among them. */
struct world *spy_four(uint64_t seed, struct spy *spy);

#endif
