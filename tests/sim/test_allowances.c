/*
 * Allowances: what a member has beyond its daily budget, for how long, and what happens when it
 * does not explain it. Four nodes, three of them keyholders; the member has a budget of one batch.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "protocol/notice.h"
#include "tests/sim/check.h"
#include "tests/sim/look.h"

enum { A, B, C, D, BATCH = CONSULT_POINTS };

static struct world *four(uint64_t seed)
{
    struct world_setup setup = {.seed = seed,
                                .nodes = 4,
                                .keyholders = 2,
                                .threshold = 2,
                                .budget_a_day = BATCH,
                                .is_quiet = true};
    struct world *w = world_new(&setup);
    world_run(w, 5000);
    return w;
}

static uint64_t give(struct world *w, uint32_t elements, uint32_t from, uint32_t days)
{
    uint8_t payload[NOTICE_BYTES_MAX];
    uint64_t index = 0;
    struct notice n = {.kind = NOTICE_ALLOWANCE,
                       .elements = elements,
                       .from_day = from,
                       .until_day = from + days - 1,
                       .reason = NOTICE_SURGE};
    struct draft d = {.type = ENTRY_NOTICE};
    d.payload = bytes_of(payload, notice_encode(&n, payload));
    assert_int_equal(world_append(w, D, &d, 1, &index), OK);
    world_run(w, 5000);
    return index;
}

static void explain(struct world *w, uint64_t allowance)
{
    uint8_t payload[NOTICE_BYTES_MAX];
    struct notice n = {.kind = NOTICE_EXPLANATION};
    struct draft d = {.type = ENTRY_NOTICE, .ref_plus_one = allowance + 1};
    d.payload = bytes_of(payload, notice_encode(&n, payload));
    assert_int_equal(world_append(w, D, &d, 1, &(uint64_t){0}), OK);
    world_run(w, 5000);
}

static size_t answers(struct world *w, size_t tries)
{
    size_t n = 0;
    for (size_t i = 0; i < tries; i++)
        n += world_evaluate(w, D, "x", 5000, NULL) == OK;
    return n;
}

static void days(struct world *w, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        world_skip(w, 86400);
        world_run(w, 5000);
    }
}

/* Goal: exactly what is left of the day and what the allowance says, across a restart of each
 * keyholder; the day is used first; the next day has a budget as ever, and what is left stays. */
static void test_exact(void **state)
{
    (void)state;
    struct world *w = four(61);
    give(w, 3 * BATCH, WORLD_TODAY, 3);
    assert_int_equal(answers(w, 2), 2);
    for (size_t k = A; k <= B; k++) {
        world_stop(w, k);
        world_start(w, k);
    }
    world_run(w, 5000);
    assert_int_equal(answers(w, 4), 2);
    for (size_t k = A; k <= B; k++)
        assert_int_equal(shelf_charged(world_shelf(w, k), world_author(w, D)), 4 * BATCH);
    days(w, 1);
    assert_int_equal(answers(w, 3), 1);
    world_free(&w);
}

static void set_cap(struct roster *r, void *ctx)
{
    (void)ctx;
    r->policy.surge_elements_max = 2 * BATCH;
}

/* Goal: it gives nothing before its first day and after its last, nor more than the cap of the
 * member list in 30 days, however many there are. */
static void test_days_and_cap(void **state)
{
    (void)state;
    struct world *w = four(62);
    give(w, BATCH, WORLD_TODAY + 1, 1);
    assert_int_equal(answers(w, 2), 1);
    days(w, 1);
    assert_int_equal(answers(w, 3), 2);
    explain(w, give(w, BATCH, WORLD_TODAY + 1, 1));
    days(w, 1);
    assert_int_equal(answers(w, 2), 1);
    assert_int_equal(world_roster(w, A, set_cap, NULL), OK);
    world_run(w, 5000);
    give(w, 5 * BATCH, WORLD_TODAY + 2, 5);
    assert_int_equal(answers(w, 3), 1); /* of two batches one was had */
    world_free(&w);
}

/* Goal: one that is not explained in seven days stops all of them, everybody is told so, and an
 * explanation ends that at once. */
static void test_unexplained(void **state)
{
    (void)state;
    struct world *w = four(63);
    uint64_t first = give(w, BATCH, WORLD_TODAY, 1);
    days(w, 7);
    give(w, 3 * BATCH, WORLD_TODAY + 7, 5);
    assert_int_equal(answers(w, 3), 3);
    days(w, 1);
    assert_int_equal(answers(w, 2), 1);
    for (size_t node = A; node <= D; node++)
        assert_true(world_told(w, node, REPORT_UNEXPLAINED, OK) > 0);
    explain(w, first);
    assert_int_equal(answers(w, 3), 1);
    world_free(&w);
}

/* Goal: clocks of keyholders that jump ten years on and back give nothing more, and take nothing
 * away. */
static void test_clock_jumps(void **state)
{
    (void)state;
    struct world *w = four(64);
    give(w, 2 * BATCH, WORLD_TODAY, 3);
    assert_int_equal(answers(w, 1), 1);
    for (int turn = 0; turn < 2; turn++) {
        int64_t years = turn == 0 ? 10 : -10;
        for (size_t k = A; k <= B; k++)
            world_set_ahead(w, k, years * 365 * 86400);
        world_run(w, 5000);
        (void)answers(w, 3);
        for (size_t k = A; k <= B; k++)
            world_set_ahead(w, k, 0);
        world_run(w, 5000);
    }
    (void)answers(w, 3);
    /* One further day's budget, of the day that a clock ahead may begin early, and no more. */
    for (size_t k = A; k <= B; k++)
        assert_true(shelf_charged(world_shelf(w, k), world_author(w, D)) <= 4 * BATCH);
    world_free(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_exact),
        cmocka_unit_test(test_days_and_cap),
        cmocka_unit_test(test_unexplained),
        cmocka_unit_test(test_clock_jumps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
