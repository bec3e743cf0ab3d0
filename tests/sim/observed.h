/*
 * observed.h - worlds in which somebody only looks on: what the tests of observers share.
 *
 * A, B and C are members, A and B keyholders; D observes; E, where it is there, audits.
 */
#ifndef TESTS_SIM_OBSERVED_H
#define TESTS_SIM_OBSERVED_H

#include "tests/sim/world.h"

enum { A, B, C, D, E, DAY = 86400, YEAR_ON = WORLD_TODAY + 365 };

/* So many of them, after the seconds in which they find one another; it writes no trace. */
struct world *observed_world(uint64_t seed, size_t nodes);

/* A day later, and five seconds in which the nodes close the day and tell of it. */
void observed_next_day(struct world *w);

/* Whether two checkpoints say the same in every field; whoever signed them. */
bool observed_is_same(const struct checkpoint *a, const struct checkpoint *b);

#endif
