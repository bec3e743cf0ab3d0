/*
 * Goal: whoever was away, cut off, restored or lied to ends where everybody is; no index is used
 * twice; a consult is complete only when everything was heard. Method: cores on virtual time,
 * parted, stopped, restored from copies of their shelves, and given tampered frames.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "protocol/answer.h"
#include "tests/sim/world.h"

enum { TODAY = WORLD_START_UTC / 86400, A = 0, B = 1, C = 2, D = 3 };

static struct world *world_of(size_t nodes, uint64_t seed)
{
    struct world_setup setup = {.seed = seed, .nodes = nodes, .keyholders = 3, .threshold = 2};
    struct world *w = world_new(&setup);
    world_run(w, 8000);
    return w;
}

static void append_many(struct world *w, size_t node, uint32_t first, uint32_t count)
{
    for (uint32_t n = 0; n < count; n++)
        assert_int_equal(world_signal(w, node, first + n, TODAY + 100, NULL), OK);
}

static size_t matches(struct world *w, size_t node, uint32_t number)
{
    uint8_t tag[16];
    world_tag(number, tag);
    return shelf_find_tag(world_shelf(w, node), tag, TODAY);
}

static unsigned gaps(struct world *w, size_t node)
{
    struct coverage c;
    federation_coverage(world_core(w, node), world_now_utc(w), &c);
    return c.gaps;
}

/* Every running node holds the same of every author, and nothing is missing. */
static void assert_converged(struct world *w, size_t nodes)
{
    for (size_t author = 0; author < nodes; author++)
        for (size_t node = 1; node < nodes; node++)
            assert_int_equal(shelf_size(world_shelf(w, node), world_author(w, author)),
                             shelf_size(world_shelf(w, 0), world_author(w, author)));
    for (size_t node = 0; node < nodes; node++)
        assert_int_equal(gaps(w, node), 0);
}

static void test_thousand_behind(void **state)
{
    (void)state;
    struct world *w = world_of(4, 11);
    world_stop(w, D);
    append_many(w, A, 0, 1000);
    world_run(w, 2000);
    world_stop(w, A); /* the author is gone: others pass its feed on */
    world_start(w, D);
    world_run(w, 20000);
    assert_int_equal(matches(w, D, 0), 1);
    assert_int_equal(matches(w, D, 999), 1);
    assert_int_equal(shelf_size(world_shelf(w, D), world_author(w, A)),
                     shelf_size(world_shelf(w, B), world_author(w, A)));
    world_start(w, A);
    world_run(w, 20000);
    assert_converged(w, 4);
    world_free(&w);
}

static void test_restarts_and_partitions(void **state)
{
    (void)state;
    struct world *w = world_of(4, 12);
    for (size_t round = 0; round < 12; round++) {
        size_t node = round % 4, other = (round + 1) % 4;
        append_many(w, node, (uint32_t)round * 100, 20);
        if (round % 3 == 0)
            world_part(w, node, other);
        world_run(w, 15); /* in the middle of things */
        world_stop(w, other);
        world_run(w, 40);
        world_start(w, other);
        world_run(w, 3000);
        world_join(w, node, other);
    }
    world_run(w, 90000);
    assert_converged(w, 4);
    for (uint32_t round = 0; round < 12; round++)
        assert_int_equal(matches(w, A, round * 100 + 19), 1);
    world_free(&w);
}

/* A virtual machine put back to an old image: it learns what it wrote since, and goes on behind
 * that. */
static void test_restored_image(void **state)
{
    (void)state;
    struct world *w = world_of(4, 13);
    append_many(w, A, 0, 10);
    world_run(w, 1000);
    struct shelf *old = shelf_copy(world_shelf(w, A));
    append_many(w, A, 100, 30);
    world_run(w, 1000);
    uint64_t size = shelf_size(world_shelf(w, B), world_author(w, A));
    world_stop(w, A);
    world_swap_shelf(w, A, old);
    world_start(w, A);
    assert_int_equal(world_signal(w, A, 500, TODAY + 100, NULL), ERR_UNAVAILABLE);
    world_run(w, 15000);
    assert_true(world_reports(w, REPORT_HEAD_BEHIND) > 0);
    uint64_t index;
    assert_int_equal(world_signal(w, A, 500, TODAY + 100, &index), OK);
    assert_true(index >= size);
    world_run(w, 2000);
    assert_int_equal(matches(w, A, 129), 1); /* its own entries came back */
    assert_int_equal(world_reports(w, REPORT_DISPUTE), 0);
    assert_converged(w, 4);
    /* As a keyholder it cannot know what it answered since, and answers no more today. */
    world_stop(w, C);
    assert_int_not_equal(world_evaluate(w, D, "x", 20000, NULL), OK);
    world_free(&w);
}

static void test_alone_signs_nothing(void **state)
{
    (void)state;
    struct world *w = world_of(3, 14);
    for (size_t node = 0; node < 3; node++)
        world_stop(w, node);
    world_start(w, A);
    world_run(w, 30000);
    assert_int_equal(world_signal(w, A, 1, TODAY + 1, NULL), ERR_UNAVAILABLE);
    world_start(w, B); /* two of three keyholders: a majority */
    world_run(w, 10000);
    assert_int_equal(world_signal(w, A, 1, TODAY + 1, NULL), OK);
    world_free(&w);
}

/* Two nodes with one key: each signs from the same head, and the federation sees it. */
static void test_one_key_twice(void **state)
{
    (void)state;
    struct world *w = world_of(4, 15);
    append_many(w, A, 0, 3);
    world_run(w, 1000);
    struct shelf *twin = shelf_copy(world_shelf(w, A));
    assert_int_equal(world_signal(w, A, 50, TODAY + 100, NULL), OK);
    world_run(w, 1000);
    for (size_t node = B; node <= D; node++)
        world_part(w, A, node);
    world_stop(w, A);
    world_swap_shelf(w, A, twin);
    world_start(w, A); /* the twin, cut off: it may not sign, so it does no harm */
    world_run(w, 5000);
    assert_int_equal(world_signal(w, A, 60, TODAY + 100, NULL), ERR_UNAVAILABLE);
    for (size_t node = B; node <= D; node++)
        world_join(w, A, node);
    world_run(w, 30000);
    assert_int_equal(matches(w, A, 50), 1);
    assert_converged(w, 4);
    world_free(&w);
}

struct flip {
    uint64_t n;
    bool is_on;
};

/* Flips one byte in every third large frame, at a place that moves on. */
static size_t flip(void *ctx, size_t from, size_t to, uint8_t *frame, size_t len)
{
    struct flip *f = ctx;
    (void)from;
    (void)to;
    if (f->is_on && len > 250 && ++f->n % 3 == 0)
        frame[f->n * 37 % len] ^= (uint8_t)(1u << f->n % 8);
    return len;
}

static void test_tampering(void **state)
{
    (void)state;
    struct world *w = world_of(3, 16);
    struct flip f = {.is_on = true};
    world_tamper(w, flip, &f);
    for (uint32_t n = 0; n < 60; n++) {
        assert_int_equal(world_signal(w, A, n, TODAY + 100, NULL), OK);
        world_run(w, 1500);
    }
    assert_true(f.n > 30);
    assert_true(world_reports(w, REPORT_MESSAGE_REFUSED) > 5);
    f.is_on = false;
    world_run(w, 60000);
    assert_converged(w, 3);
    for (uint32_t n = 0; n < 60; n++)
        for (size_t node = 0; node < 3; node++)
            assert_int_equal(matches(w, node, n), 1);
    world_free(&w);
}

/* The gaps that make "no match" impossible, and their end. */
static void test_coverage(void **state)
{
    (void)state;
    struct world *w = world_of(4, 17);
    assert_converged(w, 4);
    for (int hours = 0; hours < 72; hours += 3) { /* nobody publishes; everybody stays covered */
        world_skip(w, 3 * 3600);
        world_run(w, 3000);
        for (size_t node = 0; node < 4; node++)
            assert_int_equal(gaps(w, node), 0);
    }
    world_stop(w, D);
    for (int hours = 0; hours < 27; hours += 3) {
        world_skip(w, 3 * 3600);
        world_run(w, 3000);
    }
    assert_int_equal(gaps(w, A), GAP_FEED_UNHEARD);
    assert_int_equal(answer_decide(gaps(w, A), ANSWER_NO_MATCH), ANSWER_CANNOT_SAY);
    assert_int_equal(answer_decide(gaps(w, A), ANSWER_CONFIRMED), ANSWER_CONFIRMED);
    world_start(w, D);
    world_run(w, 20000);
    assert_int_equal(gaps(w, A), 0);
    assert_int_equal(answer_decide(gaps(w, A), ANSWER_NO_MATCH), ANSWER_NO_MATCH);
    world_free(&w);
}

static void test_twelve(void **state)
{
    (void)state;
    struct world *w = world_of(12, 18);
    for (size_t node = 0; node < 12; node++)
        append_many(w, node, (uint32_t)node * 10, 5);
    world_run(w, 20000);
    assert_converged(w, 12);
    for (uint32_t node = 0; node < 12; node++)
        assert_int_equal(matches(w, 11 - node, node * 10 + 4), 1);
    world_free(&w);
}

/* The largest append fits; one that is larger is refused whole. */
static void test_bounds(void **state)
{
    (void)state;
    struct world *w = world_of(3, 19);
    static struct draft drafts[APPEND_MAX + 1];
    static uint8_t payload[SIGNAL_BYTES_MAX], large[BODY_BYTES_MAX];
    uint8_t tag[16];
    world_tag(1, tag);
    struct signal s = {1, tag};
    size_t len = signal_encode(&s, payload);
    for (size_t i = 0; i <= APPEND_MAX; i++)
        drafts[i] = (struct draft){
            .type = ENTRY_SIGNAL, .expires_day = TODAY + 10, .payload = bytes_of(payload, len)};
    uint64_t before = shelf_size(world_shelf(w, A), world_author(w, A));
    assert_int_equal(world_append(w, A, drafts, APPEND_MAX + 1, NULL), ERR_LIMIT);
    assert_int_equal(shelf_size(world_shelf(w, A), world_author(w, A)), before);
    assert_int_equal(world_append(w, A, drafts, APPEND_MAX, NULL), OK);
    drafts[0].payload = bytes_of(large, sizeof large);
    assert_int_equal(world_append(w, A, drafts, 1, NULL), ERR_LIMIT);
    for (size_t i = 0; i < APPEND_MAX; i++)
        drafts[i].payload = bytes_of(large, 8000);
    assert_int_equal(world_append(w, A, drafts, APPEND_MAX, NULL), ERR_FULL);
    world_run(w, 5000);
    assert_int_equal(shelf_size(world_shelf(w, B), world_author(w, A)), before + APPEND_MAX);
    assert_converged(w, 3);
    world_free(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_thousand_behind), cmocka_unit_test(test_restarts_and_partitions),
        cmocka_unit_test(test_restored_image),  cmocka_unit_test(test_alone_signs_nothing),
        cmocka_unit_test(test_one_key_twice),   cmocka_unit_test(test_tampering),
        cmocka_unit_test(test_coverage),        cmocka_unit_test(test_twelve),
        cmocka_unit_test(test_bounds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
