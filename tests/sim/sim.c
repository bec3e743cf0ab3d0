/*
 * sim.c - `make sim` and `make soak`: runs the simulator as the environment says.
 *
 * SEED=n (drawn if absent), SEEDS=count (1), NODES=n, NODES_MAX=n (40), SECONDS=n (seeds from SEED
 * on until then), WORKERS=n (2), KEEP_GOING=1 (after a failure), ONCE=1 (each seed once, not
 * twice), SEED_SECONDS=n (600: a seed that takes longer hangs), TRACE=1 (the story of one seed),
 * EDITION=n (what seeds stood for before: plan.h).
 */
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/sim/campaign.h"

static uint64_t number(const char *name, uint64_t otherwise)
{
    const char *text = getenv(name);
    return text != NULL && *text != '\0' ? strtoull(text, NULL, 10) : otherwise;
}

int main(void)
{
    if (sodium_init() < 0)
        return EXIT_FAILURE;
    uint64_t drawn = randombytes_random();
    struct campaign c = {
        .first = number("SEED", drawn),
        .count = number("SEEDS", 1),
        .nodes = (size_t)number("NODES", 0),
        .nodes_max = (size_t)number("NODES_MAX", PLAN_NODES_MAX),
        .seconds = (unsigned)number("SECONDS", 0),
        .workers = (unsigned)number("WORKERS", 2),
        .is_persistent = number("KEEP_GOING", 0) != 0,
        .edition = (enum edition)number("EDITION", 0),
        .is_once = number("ONCE", 0) != 0,
        .seed_seconds = (unsigned)number("SEED_SECONDS", 0),
        .is_told = number("TRACE", 0) != 0,
    };
    bool is_sound = c.nodes == 0 || (c.nodes >= 3 && c.nodes <= PLAN_NODES_MAX);
    if (!is_sound || c.nodes_max < 3 || c.nodes_max > PLAN_NODES_MAX) {
        fprintf(stderr, "NODES is a number from 3 to %d\n", PLAN_NODES_MAX);
        return EXIT_FAILURE;
    }
    if (c.edition > EDITION_NOW) {
        fprintf(stderr, "EDITION is a number from 1 to %d\n", EDITION_NOW);
        return EXIT_FAILURE;
    }
    if (c.seconds != 0)
        c.count = 0;
    if (c.is_told || c.workers == 0)
        c.workers = 1;
    printf("from seed %" PRIu64 " on\n", c.first);
    struct campaign_result r;
    campaign_run(&c, &r);
    campaign_tell(&r);
    if (r.failed > 0)
        printf("FAILED %" PRIu64 " of %" PRIu64 " seeds\n", r.failed, r.failed + r.done);
    return r.failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
