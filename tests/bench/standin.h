/*
 * standin.h - a peer of a running node that is no node: it speaks the protocol as far as a
 * benchmark needs, and stores nothing.
 *
 * It connects with the transport key of a member of the fleet, which must not run, and takes part
 * in openings. Everything ends the program on failure.
 */
#ifndef TESTS_BENCH_STANDIN_H
#define TESTS_BENCH_STANDIN_H

#include "proto/wire.h"
#include "tests/bench/fleet.h"

struct standin {
    const struct fleet *fleet;
    size_t member;
    void *socket, *monitor;
    uint8_t *frame; /* the last one that was taken */
    size_t len;
};

/* Connects to a running node, and returns when it has answered the opening. */
void standin_connect(struct standin *p, const struct fleet *f, size_t member, size_t node);
void standin_close(struct standin *p);

/* Tries to connect: whether the node answers within so many milliseconds. */
bool standin_may_connect(const struct fleet *f, size_t member, size_t node, int ms);

/* Takes one frame if there is one. Read it, in the caller's arena, before the next. */
bool standin_take(struct standin *p);

/* Takes and forgets all that is there. A node cuts whoever does not read, and libzmq notices no end
 * of a connection whose frames nobody takes. */
void standin_drain(struct standin *p);

void standin_send(struct standin *p, const Seinpost__Message *m);

/* Asks for the feed of another member, as far as this one holds it. */
void standin_follow(struct standin *p, size_t author, uint64_t size, uint64_t seq, uint32_t credit);

/* Waits until the connection has ended; false after so many milliseconds. */
bool standin_await_end(struct standin *p, int ms);

#endif
