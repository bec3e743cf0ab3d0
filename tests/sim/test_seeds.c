/*
 * Goal: nothing is lost and nobody gets in, whatever goes wrong, in a few hundred small
 * federations; and what once went wrong does not come back. Method: the simulator (story.h) over a
 * fixed range of seeds with 3 to 7 nodes, each run twice with one outcome; and over each seed that
 * ever failed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/sim/campaign.h"

#if defined(__SANITIZE_ADDRESS__)
enum { SEEDS = 12 };
#else
enum { SEEDS = 150 };
#endif
enum { NODES_MAX = 7, WORKERS = 2 };

static void test_range(void **state)
{
    (void)state;
    struct campaign c = {.first = 1, .count = SEEDS, .nodes_max = NODES_MAX, .workers = WORKERS};
    struct campaign_result r;
    campaign_run(&c, &r);
    campaign_tell(&r);
    assert_int_equal(r.failed, 0);
    assert_int_equal(r.done, SEEDS);
}

/* Seeds that failed once, in their edition. */
static const struct {
    enum edition edition;
    uint64_t seed;
    const char *what;
} found[] = {
    {EDITION_FIRST,  49,
     "entries taken on the stewards' word were refused for their day, here and not there"          },
    {EDITION_FIRST,  107, "a body that came alone, early in a new chapter, was refused for its day"},
    {EDITION_FIRST,  518,
     "the newest profile was cut away, and the one before it did not count again"                  },
    {EDITION_FIRST,  490,
     "an erasure was refused for its day: the next chapter began with a clock that went back"      },
    {EDITION_FIRST,  427,
     "taken back in a chapter in which it had signed nothing, it could never sign"                 },
    {EDITION_SECOND, 201,
     "whoever asked for 255 bodies at once got an answer that nobody can read"                     },
};

static void run_edition(enum edition edition)
{
    uint64_t seeds[sizeof found / sizeof found[0]];
    size_t count = 0;
    for (size_t i = 0; i < sizeof found / sizeof found[0]; i++)
        if (found[i].edition == edition)
            seeds[count++] = found[i].seed;
    struct campaign c = {.edition = edition,
                         .seeds = seeds,
                         .count = count,
                         .nodes_max = NODES_MAX,
                         .workers = WORKERS};
    struct campaign_result r;
    if (count == 0)
        return;
    campaign_run(&c, &r);
    assert_int_equal(r.failed, 0);
    assert_int_equal(r.done, count);
}

static void test_found(void **state)
{
    (void)state;
    for (int edition = EDITION_FIRST; edition <= EDITION_NOW; edition++)
        run_edition((enum edition)edition);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_found), cmocka_unit_test(test_range)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
