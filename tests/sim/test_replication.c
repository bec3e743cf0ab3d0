/*
 * Replication: whatever was off, parted or restarted, in the end all nodes hold equal feeds, and
 * what each derived from them equals a replay (check.h: I2, I3, I13).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "tests/sim/check.h"
#include "tests/sim/look.h"

enum { YEAR_ON = WORLD_TODAY + 365 };

static void assert_found(struct world *w, size_t node, uint32_t number, size_t want)
{
    uint8_t tag[16];
    world_tag(number, tag);
    assert_int_equal(shelf_find_tag(world_shelf(w, node), tag, world_today(w)), want);
}

/* Goal: a node that was off for 1,000 entries holds all of them soon after its start, the erased
 * ones without body. Method: B stops, A appends and erases, B starts. */
static void test_off_for_1000(void **state)
{
    (void)state;
    struct world_setup setup = {.seed = 2, .nodes = 3, .keyholders = 3, .is_quiet = true};
    struct world *w = world_new(&setup);
    world_run(w, 5000);
    world_stop(w, 1);
    uint64_t first;
    for (uint32_t i = 0; i < 10; i++)
        assert_int_equal(world_signals(w, 0, 1000 + i * 100, 100, i == 0 ? &first : NULL), OK);
    assert_int_equal(world_erase(w, 0, first + 500), OK);
    world_run(w, 60000);
    world_start(w, 1);
    world_run(w, 5000);
    check_equal(w);
    assert_found(w, 1, 1000, 1);
    assert_found(w, 1, 1499, 1);
    assert_found(w, 1, 1500, 0);
    assert_int_equal(look_gaps(w, 1), 0);
    world_free(&w);
}

/* Goal: several full batches with proofs between them. Method: 10,000 entries by two authors wait
 * for a node that starts with nothing; each batch that does not reach the checkpoint proves its
 * root consistent with it. */
static void test_new_node_fetches_10000(void **state)
{
    (void)state;
    struct world_setup setup = {.seed = 3, .nodes = 3, .is_quiet = true};
    setup.is_off[2] = true;
    struct world *w = world_new(&setup);
    world_run(w, 5000);
    for (uint32_t i = 0; i < 5; i++) {
        assert_int_equal(world_signals(w, 0, i * 2000, 1000, NULL), OK);
        assert_int_equal(world_signals(w, 1, i * 2000 + 1000, 1000, NULL), OK);
        world_run(w, 2000);
    }
    world_start(w, 2);
    world_run(w, 10000);
    check_equal(w);
    for (uint32_t number = 0; number < 10000; number += 7)
        assert_found(w, 2, number, 1);
    world_free(&w);
}

/* Goal: a feed reaches a node while its author is down. Method: B publishes and stops; C, which
 * never met B, starts and gets B's feed from A; B returns, publishes, and C gets the rest. */
static void test_relay(void **state)
{
    (void)state;
    struct world_setup setup = {.seed = 4, .nodes = 3, .is_quiet = true};
    setup.is_off[2] = true;
    struct world *w = world_new(&setup);
    world_run(w, 5000);
    assert_int_equal(world_signals(w, 1, 1, 600, NULL), OK);
    world_run(w, 3000);
    world_stop(w, 1);
    world_start(w, 2);
    world_run(w, 8000);
    assert_found(w, 2, 600, 1);
    check_equal(w);
    world_start(w, 1);
    world_run(w, 5000);
    assert_int_equal(world_signal(w, 1, 601, YEAR_ON, NULL), OK);
    world_run(w, 1000);
    assert_found(w, 2, 601, 1);
    check_equal(w);
    world_free(&w);
}

/* Goal: a relay that lags or withholds does not keep a feed back for long. Method: C may not reach
 * B, and gets its feed from A or D; A then stops hearing B, so that C has to change to D. */
static void test_relay_changes(void **state)
{
    (void)state;
    struct world_setup setup = {.seed = 5, .nodes = 4, .is_quiet = true};
    struct world *w = world_new(&setup);
    world_run(w, 5000);
    world_part(w, 1, 2);
    world_run(w, 2000);
    world_part(w, 0, 1);
    assert_int_equal(world_signal(w, 1, 1, YEAR_ON, NULL), OK);
    world_run(w, 200000);
    assert_found(w, 2, 1, 1);
    assert_found(w, 0, 1, 1);
    check_equal(w);
    world_free(&w);
}

/* Goal: twelve nodes, all publishing and erasing, parted into two halves and healed, agree. */
static void test_twelve(void **state)
{
    (void)state;
    struct world_setup setup = {.seed = 6, .nodes = 12, .keyholders = 5, .is_quiet = true};
    struct world *w = world_new(&setup);
    world_run(w, 5000);
    for (size_t i = 0; i < 12; i++)
        assert_int_equal(world_signals(w, i, (uint32_t)i * 100, 20, NULL), OK);
    world_run(w, 2000);
    check_equal(w);
    for (size_t a = 0; a < 12; a++)
        for (size_t b = a + 1; b < 12; b++)
            if (a < 6 && b >= 6)
                world_part(w, a, b);
    for (size_t i = 0; i < 12; i++) {
        assert_int_equal(world_signals(w, i, (uint32_t)i * 100 + 50, 10, NULL), OK);
        assert_int_equal(world_erase(w, i, 3), OK);
    }
    world_run(w, 5000);
    assert_found(w, 11, 50, 0);
    for (size_t a = 0; a < 12; a++)
        for (size_t b = a + 1; b < 12; b++)
            world_join(w, a, b);
    world_run(w, 15000);
    check_equal(w);
    for (size_t node = 0; node < 12; node++) {
        assert_found(w, node, 1159, 1);
        assert_int_equal(look_gaps(w, node), 0);
    }
    world_free(&w);
}

/* Goal: power cuts at any moment lose nothing and double nothing (I1, I6). Method: in turn each
 * node is cut off and started while backlogs of several batches, erasures and receipts are under
 * way; the moments shift by 7 ms a round. */
static void test_power_cuts(void **state)
{
    (void)state;
    struct world_setup setup = {
        .seed = 7, .nodes = 4, .keyholders = 4, .receipt_seconds = 1, .is_quiet = true};
    struct world *w = world_new(&setup);
    world_run(w, 5000);
    size_t published = 0;
    for (uint32_t round = 0; round < 60; round++) {
        size_t down = round % 4, author = (round + 1) % 4;
        uint64_t first = 0;
        if (world_signals(w, author, round * 100, 100, &first) == OK) {
            published += 100;
            if (world_erase(w, author, first + 1) == OK)
                published--;
        }
        world_run(w, 7 * round % 97);
        if (world_is_running(w, down))
            world_stop(w, down);
        world_run(w, 20 + 13 * round % 50);
        world_start(w, down);
        world_run(w, 1100 + round * 7 % 97);
    }
    world_run(w, 30000);
    check_equal(w);
    assert_true(published > 4000);
    for (size_t node = 0; node < 4; node++) {
        size_t hits = 0;
        for (uint32_t number = 0; number < 6000; number++) {
            uint8_t tag[16];
            world_tag(number, tag);
            hits += shelf_find_tag(world_shelf(w, node), tag, world_today(w));
        }
        assert_int_equal(hits, published);
        assert_int_equal(look_gaps(w, node), 0);
    }
    world_free(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_off_for_1000), cmocka_unit_test(test_new_node_fetches_10000),
        cmocka_unit_test(test_relay),        cmocka_unit_test(test_relay_changes),
        cmocka_unit_test(test_twelve),       cmocka_unit_test(test_power_cuts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
