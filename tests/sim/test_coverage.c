/*
 * Goal: every reason for which "no match" cannot be said is named while it lasts and gone when it
 * ends, and a federation in which nothing happens stays covered, whatever a single clock does.
 * Method: unchanged cores on virtual time; each story brings about one gap, looks at who sees it,
 * and heals it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "protocol/answer.h"
#include "tests/sim/look.h"

enum { TODAY = WORLD_START_UTC / 86400, A = 0, B, C, DAY_MS = 86400000, TEN_YEARS = 315360000 };

static struct world *three(uint64_t seed)
{
    struct world_setup setup = {.seed = seed, .nodes = 3, .keyholders = 3, .threshold = 2};
    struct world *w = world_new(&setup);
    world_run(w, 5000);
    return w;
}

static void assert_gaps(struct world *w, unsigned want)
{
    for (size_t at = A; at <= C; at++)
        if (world_is_running(w, at))
            assert_int_equal(look_gaps(w, at), want);
}

/* Goal: three days without an entry are three days of coverage, with no more than covers and
 * checkpoints passing. */
static void test_idle(void **state)
{
    (void)state;
    struct world *w = three(1);
    for (unsigned hour = 0; hour < 72; hour++) {
        world_run(w, DAY_MS / 24);
        assert_gaps(w, 0);
    }
    struct coverage c;
    federation_coverage(world_core(w, B), world_clock(w, B), &c);
    assert_int_equal(c.feeds, 2);
    assert_int_equal(c.feeds_covered, 2);
    assert_true(c.oldest_heard_utc > world_now_utc(w) - DAY_MS / 1000 / 2);
    assert_int_equal(look_feed(w, B, A).size, 3 * COVER_MULTIPLE);
    assert_int_equal(answer_decide(c.gaps, ANSWER_NO_MATCH), ANSWER_NO_MATCH);
    assert_true(look_equal(w, 3));
    world_free(&w);
}

/* Goal: a member that is away is unheard after the policy's time and not before; back, it is not.
 */
static void test_unheard(void **state)
{
    (void)state;
    struct world *w = three(2);
    world_stop(w, C);
    world_run(w, DAY_MS / 4 * 3);
    assert_gaps(w, 0);
    world_run(w, DAY_MS / 4 + 60000);
    assert_gaps(w, GAP_FEED_UNHEARD);
    assert_int_equal(answer_decide(look_gaps(w, A), ANSWER_NO_MATCH), ANSWER_CANNOT_SAY);
    world_start(w, C);
    assert_int_equal(look_gaps(w, C), GAP_FEED_UNHEARD); /* what it kept is a day old */
    world_run(w, 30000);
    assert_gaps(w, 0);
    world_free(&w);
}

/* Goal: one that starts out knows nothing and says so; once it heard everyone, it does not. */
static void test_newcomer(void **state)
{
    (void)state;
    struct world_setup setup = {.seed = 3, .nodes = 3, .keyholders = 3, .threshold = 2};
    struct world *w = world_new(&setup);
    assert_gaps(w, GAP_FEED_UNHEARD);
    world_stop(w, C);
    world_run(w, 5000);
    assert_gaps(w, GAP_FEED_UNHEARD);
    world_start(w, C);
    world_run(w, 5000);
    assert_gaps(w, 0);
    world_free(&w);
}

/* Lets nothing but small frames through to C: checkpoints come, entries that do not fit do not. */
static size_t no_large(void *ctx, size_t from, size_t to, uint8_t *frame, size_t len)
{
    (void)from;
    (void)frame;
    return to == C && len > *(const size_t *)ctx ? 0 : len;
}

/* Goal: entries that are known of and not here are a gap until they are here. Method: C knows A's
 * newest checkpoint and part of its entries when the frames stop. */
static void test_behind(void **state)
{
    (void)state;
    struct world *w = three(4);
    world_stop(w, C);
    uint8_t payload[SIGNAL_BYTES_MAX];
    for (unsigned n = 0; n < 4; n++) {
        static struct draft drafts[APPEND_MAX];
        for (size_t i = 0; i < APPEND_MAX; i++)
            drafts[i] = look_signal(7, TODAY + 100, payload);
        assert_int_equal(world_append(w, A, drafts, APPEND_MAX, NULL), OK);
    }
    world_start(w, C);
    for (unsigned n = 0; n < 1000 && look_feed(w, C, A).size < 100; n++)
        world_run(w, 5);
    size_t limit = 2000;
    world_tamper(w, no_large, &limit);
    world_run(w, 1000);
    assert_true(look_feed(w, C, A).size < look_feed(w, C, A).seen_size);
    assert_int_equal(look_gaps(w, C), GAP_FEED_BEHIND);
    world_tamper(w, NULL, NULL);
    world_run(w, 60000);
    assert_gaps(w, 0);
    assert_int_equal(look_feed(w, C, A).size, look_feed(w, A, A).size);
    assert_true(look_verifies(w, C, A));
    world_free(&w);
}

static void make_stale(struct roster *r, void *ctx)
{
    r->fresh_until_utc = *(const int64_t *)ctx;
}

/* Goal: past its date the list is a gap and registers nothing; what takes back still goes; the next
 * list heals it. */
static void test_stale_list(void **state)
{
    (void)state;
    struct world *w = three(5);
    uint64_t index;
    assert_int_equal(world_signal(w, A, 1, TODAY + 100, &index), OK);
    int64_t until = world_now_utc(w) + 3600;
    assert_int_equal(world_roster(w, A, make_stale, &until), OK);
    world_run(w, 3000000);
    assert_gaps(w, 0);
    world_run(w, 1200000);
    assert_gaps(w, GAP_ROSTER_STALE);
    assert_int_equal(world_signal(w, A, 2, TODAY + 100, NULL), ERR_STALE);
    assert_int_equal(world_erase(w, A, index), OK);
    world_run(w, 5000);
    assert_int_equal(look_state(w, B, A, index), STATE_ERASED);
    until += 86400;
    assert_int_equal(world_roster(w, C, make_stale, &until), OK);
    world_run(w, 20000);
    assert_gaps(w, 0);
    assert_int_equal(world_signal(w, A, 2, TODAY + 100, NULL), OK);
    world_free(&w);
}

/* Goal: an hour with a clock ten years ahead costs the others nothing once the clock is right
 * again: the node is heard, covers its feed and acknowledges erasures as before. */
static void test_clock_once_wrong(void **state)
{
    (void)state;
    struct world *w = three(6);
    uint64_t index, later;
    assert_int_equal(world_signal(w, B, 1, TODAY + 100, &index), OK);
    assert_int_equal(world_signal(w, B, 2, TODAY + 100, &later), OK);
    world_set_ahead(w, A, TEN_YEARS);
    world_run(w, 1000);
    assert_int_equal(world_erase(w, B, index), OK);
    world_run(w, 3600000);
    world_set_ahead(w, A, 0);
    assert_int_equal(world_erase(w, B, later), OK);
    uint64_t size = look_feed(w, A, A).size;
    for (unsigned day = 0; day < 3; day++) {
        world_run(w, DAY_MS);
        assert_gaps(w, 0);
    }
    assert_true(look_feed(w, A, A).size >= size + 2 * COVER_MULTIPLE);
    assert_int_equal(look_feed(w, A, A).size % COVER_MULTIPLE, 0);
    assert_int_equal(shelf_receipts(world_shelf(w, B), index), 2);
    assert_int_equal(shelf_receipts(world_shelf(w, B), later), 2);
    assert_true(look_equal(w, 3));
    world_free(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_idle),       cmocka_unit_test(test_unheard),
        cmocka_unit_test(test_newcomer),   cmocka_unit_test(test_behind),
        cmocka_unit_test(test_stale_list), cmocka_unit_test(test_clock_once_wrong),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
