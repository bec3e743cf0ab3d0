/*
 * plan.h - what a seed stands for: who is there, what goes wrong, and how much is done meanwhile.
 *
 * Each seed switches on a part of the faults only: two faults that hide each other are then apart
 * in other seeds (Groce et al., Swarm Testing, 2012).
 */
#ifndef TESTS_SIM_PLAN_H
#define TESTS_SIM_PLAN_H

#include "tests/sim/dice.h"
#include "tests/sim/world.h"

enum { PLAN_NODES_MAX = 40, PLAN_BYZANTINE_MAX = 3 };

/* What may be drawn: what a seed stands for stays the same in one edition, so that a seed that
 * found something goes on standing for it. */
enum edition { EDITION_FIRST = 1, EDITION_SECOND, EDITION_NOW = EDITION_SECOND };

/* What may go wrong; name, weight where it is switched on, and what it is. */
/* clang-format off */
#define FAULT_TABLE(X)                                                                             \
    X(FAULT_FALL,      "fall",      30, "a connection falls, with what was on its way")            \
    X(FAULT_FORGET,    "forget",     6, "a connection falls, and one side does not notice")        \
    X(FAULT_CLOG,      "clog",      20, "one direction stands still for a while")                  \
    X(FAULT_ONE_WAY,   "one-way",    6, "one direction is silent until both sides give up")        \
    X(FAULT_PAIR,      "pair",      12, "two nodes cannot reach each other")                       \
    X(FAULT_SPLIT,     "split",      6, "two groups cannot reach each other")                      \
    X(FAULT_FLAP,      "flap",       6, "two nodes reach each other now and then")                 \
    X(FAULT_CRASH,     "crash",     12, "a node stops and comes back")                             \
    X(FAULT_STALL,     "stall",     10, "a commit does not return for a while, or the node stops") \
    X(FAULT_FULL,      "full-disk",  5, "nothing can be written until there is room again")        \
    X(FAULT_SKEW,      "skew",       6, "a clock is minutes or hours wrong")                       \
    X(FAULT_JUMP,      "jump",       3, "a clock is ten years wrong")                              \
    X(FAULT_DAY,       "days",       5, "days pass")                                               \
    X(FAULT_ROSTER,    "roster",     6, "a new member list: policy, suspension, return, new key")  \
    X(FAULT_RESTORE,   "restore",    3, "a node is put back to an older backup")                   \
    X(FAULT_TWIN,      "twin",       2, "a second machine runs with the key of a node")            \
    X(FAULT_TRANSPORT, "transport",  3, "a new member list: a new transport key")                  \
    X(FAULT_RIVAL,     "rival",      2, "stewards sign two member lists of one version")           \
    X(FAULT_KEYS,      "keys",       3, "a new member list: the pseudonym key shared anew, or new")\
    X(FAULT_OLD_LIST,  "old-list",   2, "somebody gives a node a member list from before")
/* clang-format on */

enum fault {
#define FAULT_ENUM(id, name, weight, text) id,
    FAULT_TABLE(FAULT_ENUM)
#undef FAULT_ENUM
        FAULT_COUNT
};

struct plan {
    uint64_t seed;
    enum edition edition;
    size_t nodes, keyholders, threshold;
    struct world_setup setup;
    struct world_network network;
    uint64_t safety_ms;           /* how long faults and work go on */
    uint64_t pause_ms;            /* between two of them, on average */
    uint32_t fault_per_1000;      /* of these that are faults */
    uint32_t weight[FAULT_COUNT]; /* 0: switched off */
    uint32_t consults_max;
    size_t byzantine_count;
    struct {
        size_t node;
        size_t behaviour; /* of byzantine_at */
    } byzantine[PLAN_BYZANTINE_MAX];
    size_t jumps_max; /* nodes whose clock may ever be years ahead: fewer than half of them */
};

/* Draws the plan of a seed, with so many nodes or, for 0, from 3 to nodes_max of them. */
void plan_draw(enum edition edition, uint64_t seed, size_t nodes, size_t nodes_max,
               struct plan *out);

/* Says it in the trace. */
void plan_tell(const struct plan *p, struct world *w);

const char *fault_name(enum fault f);

/* Whether that may go wrong at some time. */
bool plan_has(const struct plan *p, enum fault f);
bool plan_is_byzantine(const struct plan *p, size_t node);
/* A node that publishes and consults. */
bool plan_is_member(const struct plan *p, size_t node);

#endif
