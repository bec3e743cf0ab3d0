/*
 * What the network does to frames: bytes changed, connections that fall, everything delivered
 * again; and what a sender may have under way.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "tests/sim/check.h"
#include "tests/sim/look.h"

/* ---- Changed bytes ---- */

struct catcher {
    size_t to;
    uint8_t *frame; /* the first batch on its way to that node, which loses them all */
    size_t len;
};

static size_t catch_batches(void *ctx, const struct passing *p)
{
    struct catcher *c = ctx;
    const Seinpost__Message *m = p->to == c->to ? world_read(bytes_of(p->frame, p->len)) : NULL;
    if (m == NULL || m->body_case != SEINPOST__MESSAGE__BODY_BATCH || m->batch->headers.len == 0)
        return p->len;
    if (c->frame == NULL) {
        c->frame = malloc(p->len);
        assert_non_null(c->frame);
        memcpy(c->frame, p->frame, p->len);
        c->len = p->len;
    }
    return 0;
}

/* The positions to try: all of the first and last parts, where checkpoint, first headers, absent
 * bits and proof lie, and a prime stride between. */
static size_t next_position(size_t at, size_t len)
{
    return at < 600 || at + 1200 > len ? at + 1 : at + 41;
}

/* Goal: no changed byte of a batch changes anything at the receiver, each is reported (but for one
 * that makes the batch look like an old one), and the feed arrives once the bytes are left alone.
 * Method: a batch with 200 entries, two of them erased, and a consistency proof is caught on its
 * way to B, which has nothing of that feed; it is given to B with one bit flipped at each position
 * in turn. */
static void test_flipped_bytes(void **state)
{
    (void)state;
    struct world_setup setup = {.seed = 11, .nodes = 2, .is_quiet = true};
    setup.is_off[1] = true;
    struct world *w = world_new(&setup);
    world_run(w, 3000);
    assert_int_equal(world_signals(w, 0, 0, 900, NULL), OK);
    assert_int_equal(world_erase(w, 0, 30), OK);
    assert_int_equal(world_erase(w, 0, 77), OK);
    struct catcher c = {.to = 1};
    world_watch(w, catch_batches, &c);
    world_start(w, 1);
    world_run(w, 100);
    assert_non_null(c.frame);
    const Seinpost__Message *m = world_read(bytes_of(c.frame, c.len));
    assert_true(m->batch->proof.len > 0 && m->batch->absent.len > 0);

    struct snapshot before = check_snapshot(w, 1);
    size_t tried = 0;
    for (size_t at = 0; at < c.len; at = next_position(at, c.len)) {
        if (!world_is_connected(w, 0, 1))
            world_run(w, 1200);
        size_t told = world_told(w, 1, REPORT_MESSAGE_REFUSED, ERR_COUNT);
        c.frame[at] ^= (uint8_t)(1 << at % 8);
        world_inject(w, 0, 1, bytes_of(c.frame, c.len));
        c.frame[at] ^= (uint8_t)(1 << at % 8);
        assert_true(check_is_unchanged(w, 1, &before));
        assert_int_equal(world_told(w, 1, REPORT_MESSAGE_REFUSED, ERR_COUNT), told + 1);
        tried++;
    }
    assert_true(tried > 2000);
    assert_true(world_told(w, 1, REPORT_MESSAGE_REFUSED, ERR_SIGNATURE) >= 200);
    assert_true(world_told(w, 1, REPORT_MESSAGE_REFUSED, ERR_COMMIT) > 0);
    assert_true(world_told(w, 1, REPORT_MESSAGE_REFUSED, ERR_PROOF) > 0);
    world_watch(w, NULL, NULL);
    world_run(w, 15000);
    check_equal(w);
    assert_int_equal(look_gaps(w, 1), 0);
    free(c.frame);
    world_free(&w);
}

/* Goal: the same on a living network: while every batch that passes is changed at a random place
 * nobody's shelf holds anything wrong, and all heals when that stops. */
struct noise {
    uint64_t state;
    unsigned one_in;
    bool is_felling; /* fell the connection instead of changing bytes */
    struct world *world;
    size_t count;
};

static uint64_t draw(struct noise *n)
{
    n->state = n->state * 6364136223846793005u + 1442695040888963407u;
    return n->state >> 33;
}

static size_t disturb(void *ctx, const struct passing *p)
{
    struct noise *n = ctx;
    if (p->is_arriving || draw(n) % n->one_in != 0)
        return p->len;
    n->count++;
    if (n->is_felling) {
        world_fall(n->world, p->from, p->to);
        return 0;
    }
    p->frame[draw(n) % p->len] ^= (uint8_t)(1 << draw(n) % 8);
    return p->len;
}

static void publish_under_noise(bool is_felling, uint64_t seed)
{
    struct world_setup setup = {
        .seed = seed, .nodes = 4, .keyholders = 3, .receipt_seconds = 1, .is_quiet = true};
    struct world *w = world_new(&setup);
    struct noise n = {.state = seed, .one_in = 5, .is_felling = is_felling, .world = w};
    world_run(w, 5000);
    world_watch(w, disturb, &n);
    for (uint32_t round = 0; round < 40; round++) {
        uint64_t first;
        if (world_signals(w, round % 4, round * 50, 50, &first) == OK)
            assert_int_equal(world_erase(w, round % 4, first), OK);
        world_run(w, 700);
        check_node(w, round % 4);
    }
    assert_true(n.count > 40);
    world_watch(w, NULL, NULL);
    world_run(w, 75000); /* cursors are told again every minute */
    check_equal(w);
    assert_int_equal(world_reports(w, REPORT_DISPUTE), 0);
    for (size_t node = 0; node < 4; node++)
        assert_int_equal(look_gaps(w, node), 0);
    world_free(&w);
}

static void test_random_changes(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 4; seed++)
        publish_under_noise(false, seed);
}

/* Goal: connections that fall at random moments, with what was on its way, delay and do nothing
 * else. */
static void test_random_falls(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 4; seed++)
        publish_under_noise(true, seed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_flipped_bytes),
        cmocka_unit_test(test_random_changes),
        cmocka_unit_test(test_random_falls),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
