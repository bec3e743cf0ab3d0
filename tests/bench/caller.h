/*
 * caller.h - a member of the fleet that lives in the benchmark itself: one connection to a node.
 */
#ifndef TESTS_BENCH_CALLER_H
#define TESTS_BENCH_CALLER_H

#include "node/transport.h"
#include "tests/bench/fleet.h"

struct caller {
    const struct fleet *fleet;
    size_t self;
    struct transport *transport;
    uint32_t link;    /* 0: not up */
    bool is_ready;    /* openings were exchanged */
    uint64_t answers; /* to what was asked */
    uint64_t ends;    /* connections that the node ended */
};

/* Connects member self to a node of the fleet, and goes on doing so. */
void caller_dial(struct caller *c, const struct fleet *f, size_t self, size_t node);
void caller_close(struct caller *c);

/* Waits for at most that long, then takes all that came. */
void caller_step(struct caller *c, long wait_ms);

/* Asks for the head of the own feed, which is the smallest question that is always answered. False
 * where there is no connection, or no room. */
bool caller_ask(struct caller *c);

#endif
