/*
 * byzantine.h - members that run other software than ours: what they do, as a table.
 *
 * Each has the real keys of the node that it stands in for. That node's core runs unchanged
 * beneath; a behaviour changes or holds back what it sends and what comes to it, and says things of
 * its own. What it does follows from the seed that it was given and from what passes.
 */
#ifndef TESTS_SIM_BYZANTINE_H
#define TESTS_SIM_BYZANTINE_H

#include "tests/sim/world.h"

/* How others come to know who it was. */
enum byzantine_shows {
    SHOWS_PROOF,   /* all honest nodes hold a proof that anybody checks */
    SHOWS_REPORT,  /* all honest nodes report something with its name */
    SHOWS_STATUS,  /* nothing that it says is false; status shows how far it is behind */
    SHOWS_NOTHING, /* nothing that it says is false or refused, and it has no effect */
};

size_t byzantine_count(void);
/* Where the row of that name is; the count if there is none. */
size_t byzantine_find(const char *name);
/* i is below the count; for ever. */
const struct behaviour *byzantine_at(size_t i);
enum byzantine_shows byzantine_shows(size_t i);
/* It contradicts itself: honest nodes end with a proof of it, once any two of them (or one of them
 * twice) were given what contradicts. It goes on giving it. */
bool byzantine_forks(size_t i);

#endif
