/*
 * Goal: a node that has no room takes in no more of others, still says what it has to say, answers,
 * and fetches back what it lacks of its own; with room again it catches up.
 * Method: unchanged cores in one world, one of them braked.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/sim/check.h"
#include "tests/sim/look.h"

enum { TODAY = WORLD_START_UTC / 86400, A = 0, B, C, MANY = 500, SECONDS = 60 };

static void test_brake(void **state)
{
    (void)state;
    struct world_setup setup = {.seed = 11, .nodes = 3, .keyholders = 3, .threshold = 2};
    struct world *w = world_new(&setup);
    uint64_t first = 0;
    uint8_t subject[32];
    world_run(w, 5000);
    assert_int_equal(world_signal(w, B, 1, TODAY + 365, &first), OK);
    world_run(w, 5000);

    federation_brake(world_core(w, B), true);
    world_run(w, 5000);
    uint64_t had = look_feed(w, B, A).size, late = 0;
    assert_int_equal(world_signals(w, A, 100, MANY, &late), OK);
    assert_int_equal(world_erase(w, B, first), OK);
    world_run(w, SECONDS * 1000);
    assert_true(look_feed(w, C, A).size >= late + MANY);
    assert_int_equal(look_feed(w, B, A).size, had);
    assert_int_equal(look_matches(w, A, 1, TODAY), 0); /* the erasure went out */
    assert_int_equal(look_matches(w, C, 1, TODAY), 0);
    assert_int_equal(world_evaluate(w, A, "subject", 5000, subject),
                     OK); /* B answers as keyholder */

    federation_brake(world_core(w, B), false);
    world_run(w, SECONDS * 1000);
    assert_true(look_equal(w, setup.nodes));
    check_node(w, B);
    world_free(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_brake)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
