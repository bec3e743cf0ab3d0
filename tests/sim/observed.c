/*
 * Goal: one federation for every test of what those get who only look on.
 * Method: the roles are fixed by letter; whoever is beyond the number of nodes is not there.
 */
#include "tests/sim/observed.h"

#include <string.h>

struct world *observed_world(uint64_t seed, size_t nodes)
{
    struct world_setup setup = {.seed = seed, .nodes = nodes, .keyholders = 2, .threshold = 2};
    setup.roles[D] = ROLE_OBSERVER;
    setup.roles[E] = ROLE_AUDITOR;
    setup.is_quiet = true;
    struct world *w = world_new(&setup);
    world_run(w, 5000);
    return w;
}

void observed_next_day(struct world *w)
{
    world_skip(w, DAY);
    world_run(w, 5000);
}

bool observed_is_same(const struct checkpoint *a, const struct checkpoint *b)
{
    uint8_t one[CHECKPOINT_BYTES], other[CHECKPOINT_BYTES];
    checkpoint_encode(a, one);
    checkpoint_encode(b, other);
    return memcmp(one, other, sizeof one) == 0;
}
