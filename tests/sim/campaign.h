/*
 * campaign.h - many seeds, each run twice, where a failure of one does no harm to the others.
 *
 * Seeds run in child processes: an assertion of the core, or a hang, ends a child and is counted as
 * a failure of the seed that it was at.
 */
#ifndef TESTS_SIM_CAMPAIGN_H
#define TESTS_SIM_CAMPAIGN_H

#include "tests/sim/story.h"

struct campaign {
    enum edition edition; /* 0: the present one */
    uint64_t first;
    uint64_t count;        /* of seeds; 0: until seconds are over */
    const uint64_t *seeds; /* count of them instead of first, first + 1 ...; NULL: not */
    size_t nodes;          /* of each; 0: the seed's own choice, up to nodes_max */
    size_t nodes_max;
    unsigned seconds; /* 0: no limit */
    unsigned workers;
    bool is_persistent;    /* goes on after a failure */
    bool is_once;          /* each seed runs once */
    unsigned seed_seconds; /* real ones for a seed, beyond which it hangs; 0: ten minutes */
    bool is_told;          /* the trace of each seed, which then runs once */
};

struct campaign_result {
    uint64_t done, failed;
    uint64_t first_failed; /* seed */
    struct story_result sum;
    double seconds; /* real ones */
};

/* Says on standard error which seeds failed, and how to run each of them again. */
void campaign_run(const struct campaign *c, struct campaign_result *out);

/* The figures, in two lines. */
void campaign_tell(const struct campaign_result *r);

#endif
