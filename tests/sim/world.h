/*
 * world.h - several unchanged cores in one process, on virtual time, with a network between them.
 *
 * Node i is called A, B, C ... in the trace, and everything it is (keys, seed) follows from the
 * world's seed and i. Messages take DELAY_MS. Nothing happens twice in different order: a run is a
 * function of the seed and of what the test does.
 */
#ifndef TESTS_SIM_WORLD_H
#define TESTS_SIM_WORLD_H

#include "federation/federation.h"
#include "tests/sim/shelf.h"

enum { WORLD_NODES_MAX = 12, WORLD_START_UTC = 1767225600 /* 2026-01-01T00:00:00Z */ };

struct world;

struct world_setup {
    uint64_t seed;
    size_t nodes;
    size_t keyholders; /* the first of them */
    size_t threshold;  /* 0: no key */
    uint32_t budget_a_day;
    uint32_t roles[WORLD_NODES_MAX]; /* 0: member, and keyholder where it is one of the first */
};

struct world *world_new(const struct world_setup *setup);
void world_free(struct world **w);

/* Starts a node from its shelf, or stops it as a power cut would. */
void world_start(struct world *w, size_t node);
void world_stop(struct world *w, size_t node);
bool world_is_running(const struct world *w, size_t node);

/* Lets time pass. */
void world_run(struct world *w, uint64_t ms);
/* Moves every clock on without anything happening in between. */
void world_skip(struct world *w, int64_t seconds);
/* How far one node's clock is ahead of the others (behind: below 0), from now on. */
void world_set_ahead(struct world *w, size_t node, int64_t seconds);

/* No message passes between the two until they are joined again. */
void world_part(struct world *w, size_t a, size_t b);
void world_join(struct world *w, size_t a, size_t b);

/* Appends entries now; the result is that of EFFECT_APPENDED. */
enum err world_append(struct world *w, size_t node, const struct draft *drafts, size_t count,
                      uint64_t *first);
/* Appends one signal with a tag that is made from the number. */
enum err world_signal(struct world *w, size_t node, uint32_t number, uint32_t expires_day,
                      uint64_t *first);
enum err world_erase(struct world *w, size_t node, uint64_t index);
void world_tag(uint32_t number, uint8_t tag[16]);

/* Runs an evaluation to its end, at most ms; ERR_TRUNCATED if it did not end. */
enum err world_evaluate(struct world *w, size_t node, const char *subject, uint64_t ms,
                        uint8_t n[32]);

/* A next member list, signed by the steward; edit may be NULL. Given to node. */
enum err world_roster(struct world *w, size_t node, void (*edit)(struct roster *r, void *ctx),
                      void *ctx);

/* Delivers arbitrary bytes to node as if they came over its connection from the other node. */
void world_inject(struct world *w, size_t from, size_t to, struct bytes frame);
/* Lets a test change or drop frames: returns the new length, 0 to drop. */
void world_tamper(struct world *w,
                  size_t (*tamper)(void *ctx, size_t from, size_t to, uint8_t *frame, size_t len),
                  void *ctx);

struct federation *world_core(struct world *w, size_t node);
struct shelf *world_shelf(struct world *w, size_t node);
void world_swap_shelf(struct world *w, size_t node, struct shelf *s); /* while it is stopped */
const uint8_t *world_author(const struct world *w, size_t node);
int64_t world_now_utc(const struct world *w);
int64_t world_clock(const struct world *w, size_t node); /* that node's own */

/* How often this was reported anywhere, about anyone. */
size_t world_reports(const struct world *w, enum report what);

/* The story so far, one line an event or effect. */
const char *world_trace(const struct world *w);

/* The key that the world's threshold shares were dealt from, for tests that compute the truth. */
const uint8_t *world_secret(const struct world *w);

#endif
