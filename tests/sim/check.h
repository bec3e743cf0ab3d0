/*
 * check.h - what must hold of every node, whatever happened: the invariants that tests share.
 *
 * Each fails the running cmocka test with the place it was called from.
 */
#ifndef TESTS_SIM_CHECK_H
#define TESTS_SIM_CHECK_H

#include "tests/sim/world.h"

/* I3, I13: everything derived on a node's shelf equals a replay of its feeds: tree, stored tiles,
 * counts of owed and refused entries, tags, alerts, what was taken back, states after erasures; and
 * each body is the one that its header commits to, each checkpoint verifies and is that of the
 * tree. */
void check_node(struct world *w, size_t node);

/* The same for one feed; digest is over what all who may have it hold alike. False if nothing is
 * stored of it. */
bool check_feed(struct world *w, size_t node, size_t of, uint8_t digest[32]);

/* The tree of the first size entries as node holds them; no more than it holds. */
void check_prefix(struct world *w, size_t node, size_t of, uint64_t size,
                  struct merkle_frontier *out);
/* The first entry of the feed in which two nodes differ, as " (entry 3: state 1 and 4)". */
void check_explain(struct world *w, size_t one, size_t other, size_t of, char *out, size_t cap);

/* I2: all running nodes hold equal feeds of every author: sizes, headers, states, bodies, tags. And
 * check_node for each. */
void check_equal(struct world *w);

/* The shelf of a node, to be compared with later. */
struct snapshot {
    uint8_t digest[32];
};
struct snapshot check_snapshot(struct world *w, size_t node);
bool check_is_unchanged(struct world *w, size_t node, const struct snapshot *then);

#endif
