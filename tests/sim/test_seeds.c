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
enum { SEEDS = 200 };
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

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_range)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
