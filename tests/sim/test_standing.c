/*
 * May a node sign? A machine that was put back to an older image never uses an index twice (I12);
 * one that cannot ask enough others signs nothing; two machines with one key are found out.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "protocol/answer.h"
#include "tests/sim/check.h"
#include "tests/sim/look.h"

enum { YEAR_ON = WORLD_TODAY + 365 };

/* Goal: an image that is 1,000 entries old. Method: B's shelf is copied, B publishes 1,000 more,
 * B's disk is replaced by the copy. B fetches its own entries back, then goes on behind them;
 * nobody sees a contradiction, and what was published is all there. */
static void test_restored_image(void **state)
{
    (void)state;
    struct world_setup setup = {.seed = 21, .nodes = 3, .keyholders = 3, .is_quiet = true};
    struct world *w = world_new(&setup);
    world_run(w, 5000);
    assert_int_equal(world_signals(w, 1, 0, 100, NULL), OK);
    world_run(w, 1000);
    struct shelf *old = shelf_copy(world_shelf(w, 1));
    for (uint32_t i = 1; i <= 10; i++)
        assert_int_equal(world_signals(w, 1, i * 100, 100, NULL), OK);
    world_run(w, 2000);
    uint64_t size = world_standing(w, 1).size;
    world_stop(w, 1);
    world_swap_shelf(w, 1, old);
    world_start(w, 1);
    assert_int_equal(world_signal(w, 1, 5000, YEAR_ON, NULL), ERR_UNAVAILABLE);
    world_run(w, 15000);
    uint64_t index = 0;
    assert_int_equal(world_signal(w, 1, 5001, YEAR_ON, &index), OK);
    assert_int_equal(index, size);
    assert_true(world_told(w, 1, REPORT_HEAD_BEHIND, ERR_STALE) >= 1);
    world_run(w, 2000);
    check_equal(w);
    assert_int_equal(world_reports(w, REPORT_DISPUTE), 0);
    assert_int_equal(look_gaps(w, 0), 0);
    world_free(&w);
}

/* Goal: the same where power fails at any moment of the fetching back. Method: 12,000 entries come
 * back in several batches; B is cut off and started again every 15 to 95 ms; at each moment at
 * which it would sign, its index is the next one. */
static void test_restored_and_cut(void **state)
{
    (void)state;
    struct world_setup setup = {.seed = 22, .nodes = 3, .keyholders = 3, .is_quiet = true};
    struct world *w = world_new(&setup);
    world_run(w, 5000);
    struct shelf *old = shelf_copy(world_shelf(w, 1));
    for (uint32_t i = 0; i < 6; i++) {
        assert_int_equal(world_signals(w, 1, i * 2000, 2000, NULL), OK);
        world_run(w, 1000);
    }
    uint64_t size = world_standing(w, 1).size, index = 0;
    world_stop(w, 1);
    world_swap_shelf(w, 1, old);
    enum err result = ERR_UNAVAILABLE;
    size_t cuts = 0;
    for (uint32_t round = 0; result != OK; round++) {
        assert_true(round < 100);
        world_run(w, 1200);
        world_start(w, 1);
        for (uint32_t step = 0; step < 3 + round % 17 && result != OK; step++) {
            world_run(w, 5);
            result = world_signal(w, 1, 9000, YEAR_ON, &index);
        }
        if (result != OK) {
            world_stop(w, 1);
            cuts++;
        }
    }
    assert_int_equal(index, size);
    assert_true(cuts > 3);
    world_run(w, 20000);
    check_equal(w);
    assert_int_equal(world_reports(w, REPORT_DISPUTE), 0);
    world_free(&w);
}

/* Goal: an image that lacks nothing but a checkpoint without entries is brought up to date too. */
static void test_restored_behind_a_checkpoint(void **state)
{
    (void)state;
    struct world_setup setup = {.seed = 23, .nodes = 3, .keyholders = 3, .is_quiet = true};
    struct world *w = world_new(&setup);
    world_run(w, 5000);
    assert_int_equal(world_signals(w, 1, 0, 10, NULL), OK);
    world_run(w, 1000);
    struct shelf *old = shelf_copy(world_shelf(w, 1));
    uint64_t seq = world_standing(w, 1).seq;
    world_skip(w, 8 * 3600);
    world_run(w, 3000);
    assert_int_equal(world_standing(w, 1).seq, seq + 1);
    world_stop(w, 1);
    world_swap_shelf(w, 1, old);
    world_start(w, 1);
    world_run(w, 10000);
    assert_int_equal(world_signal(w, 1, 100, YEAR_ON, NULL), OK);
    assert_true(world_standing(w, 1).seq > seq + 1);
    world_run(w, 2000);
    check_equal(w);
    assert_int_equal(world_reports(w, REPORT_DISPUTE), 0);
    world_free(&w);
}

/* Goal: the answers of a majority of the always-on nodes are needed, and the node counts itself
 * where it is one. Method: five keyholders, F is a member only; one row is who answers. */
static void test_too_few_answer(void **state)
{
    (void)state;
    static const struct {
        size_t node;
        size_t up; /* keyholders 0 to up - 1, and node */
        enum err want;
        const char *why;
    } rows[] = {
        {5, 2, ERR_UNAVAILABLE, "two of five"               },
        {5, 3, OK,              "three of five"             },
        {4, 1, ERR_UNAVAILABLE, "a keyholder and one more"  },
        {4, 2, OK,              "a keyholder and two others"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        print_message("%s\n", rows[i].why);
        struct world_setup setup = {.seed = 24, .nodes = 6, .keyholders = 5, .is_quiet = true};
        struct world *w = world_new(&setup);
        world_run(w, 4000);
        for (size_t node = 0; node < 6; node++)
            world_stop(w, node);
        world_run(w, 2000);
        for (size_t node = 0; node < rows[i].up; node++)
            world_start(w, node);
        world_start(w, rows[i].node);
        world_run(w, 30000);
        assert_int_equal(world_signal(w, rows[i].node, 1, YEAR_ON, NULL), rows[i].want);
        assert_int_equal(world_standing(w, rows[i].node).needed, 3);
        assert_int_equal(world_standing(w, rows[i].node).may_sign, rows[i].want == OK);
        for (size_t node = 0; node < 5; node++)
            if (!world_is_running(w, node))
                world_start(w, node);
        world_run(w, 10000);
        assert_int_equal(world_signal(w, rows[i].node, 2, YEAR_ON, NULL), OK);
        world_free(&w);
    }
}

/* Goal: two machines that signed with one key both learn of it at their next connection, stop
 * signing for good, and a peer to whom one of them shows its checkpoint after the other's calls the
 * feed disputed. Method: B2 starts from a copy of B's disk while B reaches nobody but D, and B2 not
 * D; both publish; then the network is whole again. */
static void test_two_with_one_key(void **state)
{
    (void)state;
    struct world_setup setup = {.seed = 25, .nodes = 4, .keyholders = 4, .is_quiet = true};
    struct world *w = world_new(&setup);
    world_run(w, 5000);
    world_part(w, 1, 0);
    world_part(w, 1, 2);
    size_t twin = world_twin(w, 1);
    world_part(w, twin, 3);
    world_run(w, 3000);
    assert_int_equal(world_signal(w, 1, 1, YEAR_ON, NULL), OK);
    assert_int_equal(world_signal(w, twin, 2, YEAR_ON, NULL), OK);
    world_run(w, 1000);
    assert_int_equal(world_reports(w, REPORT_DISPUTE), 0);
    world_join(w, 1, 0);
    world_join(w, 1, 2);
    world_join(w, twin, 3);
    world_run(w, 10000);
    assert_int_equal(world_told(w, 1, REPORT_DISPUTE, ERR_FORK), 1);
    assert_int_equal(world_told(w, twin, REPORT_DISPUTE, ERR_FORK), 1);
    assert_int_equal(world_signal(w, 1, 3, YEAR_ON, NULL), ERR_UNAVAILABLE);
    assert_int_equal(world_signal(w, twin, 3, YEAR_ON, NULL), ERR_UNAVAILABLE);
    /* Also after a start: it is written down. */
    world_stop(w, 1);
    world_start(w, 1);
    world_run(w, 10000);
    assert_int_equal(world_signal(w, 1, 4, YEAR_ON, NULL), ERR_UNAVAILABLE);

    const struct feed_record *rec = shelf_record(world_shelf(w, twin), world_author(w, 1));
    uint8_t rival[CHECKPOINT_SIGNED_BYTES];
    memcpy(rival, rec->held, sizeof rival);
    Seinpost__Batch b = SEINPOST__BATCH__INIT;
    Seinpost__Message m = SEINPOST__MESSAGE__INIT;
    m.body_case = SEINPOST__MESSAGE__BODY_BATCH;
    m.batch = &b;
    b.author = (ProtobufCBinaryData){AUTHOR_BYTES, (uint8_t *)(uintptr_t)world_author(w, 1)};
    b.checkpoint = (ProtobufCBinaryData){sizeof rival, rival};
    world_inject_message(w, 0, 3, &m);
    assert_int_equal(world_told(w, 3, REPORT_DISPUTE, ERR_FORK), 1);
    assert_true(look_feed(w, 3, 1).is_disputed);
    assert_int_equal(look_gaps(w, 3), GAP_FEED_DISPUTED);
    world_free(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_restored_image),
        cmocka_unit_test(test_restored_and_cut),
        cmocka_unit_test(test_restored_behind_a_checkpoint),
        cmocka_unit_test(test_too_few_answer),
        cmocka_unit_test(test_two_with_one_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
