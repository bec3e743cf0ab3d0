/*
 * Goal: what one organisation writes to one other arrives once, and its body never leaves for
 * anybody else; also through restarts, weeks, new keys and clocks that are wrong.
 * Method: unchanged cores on virtual time. Every frame that leaves any node is searched for the
 * bodies of the envelopes that were written, and for their text; the inboxes are looked at.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "tests/sim/look.h"
#include "tests/sim/spy.h"

enum { A = 0, B, C, D, DAY_S = 86400, LARGE = 200000 };

/* Goal: it arrives, once, the receipt comes back, and the copies go; nobody else gets a byte. */
static void test_direct(void **state)
{
    (void)state;
    struct spy spy;
    struct world *w = spy_four(1, &spy);
    uint64_t index;
    assert_int_equal(world_send(w, A, C, 1, spy_text(), &index), OK);
    spy_for(&spy, w, A, index);
    world_run(w, 2000);
    assert_true(look_has_mail(w, C, A, spy_text()));
    assert_int_equal(spy.given[A][C], 1);
    assert_int_equal(spy_given(&spy), 1);
    assert_int_equal(spy.plain, 0);
    assert_int_equal(look_parcel(w, A, A, index), PARCEL_DELIVERED);
    for (size_t at = A; at <= D; at++) {
        assert_int_equal(look_state(w, at, A, index), STATE_ADDRESSED);
        assert_int_equal(look_pouch(w, at)->mail_count, at == C ? 1 : 0);
        assert_int_equal(look_gaps(w, at), 0);
        assert_true(look_verifies(w, at, A));
    }
    assert_int_equal(look_parcel(w, B, A, index), 0);
    world_free(&w);
}

/* Goal: what waits survives restarts of both; large ones; and nothing is sent to the wrong ones
 * while the right one is away. */
static void test_restarts(void **state)
{
    (void)state;
    struct spy spy;
    struct world *w = spy_four(2, &spy);
    uint8_t *large = malloc(LARGE);
    memset(large, 'x', LARGE);
    uint64_t index;
    world_stop(w, C);
    assert_int_equal(world_send(w, A, C, 1, bytes_of(large, LARGE), &index), OK);
    spy_for(&spy, w, A, index);
    world_run(w, 60000);
    assert_int_equal(spy_given(&spy), 0);
    world_stop(w, A);
    world_start(w, A);
    world_run(w, 5000);
    world_start(w, C);
    world_run(w, 5000);
    assert_true(look_has_mail(w, C, A, bytes_of(large, LARGE)));
    assert_int_equal(spy.given[A][C], spy_given(&spy));
    world_stop(w, C);
    world_start(w, C);
    world_run(w, 30000);
    assert_int_equal(look_pouch(w, C)->mail_count, 1);
    assert_int_equal(look_state(w, A, A, index), STATE_ADDRESSED);
    free(large);
    world_free(&w);
}

/* Goal: many at once, of all sizes, arrive all, in spite of connections that fall. */
static void test_many(void **state)
{
    (void)state;
    struct spy spy;
    struct world *w = spy_four(3, &spy);
    uint8_t *content = malloc(LARGE);
    memset(content, 'y', LARGE);
    for (uint32_t i = 0; i < 12; i++) {
        assert_int_equal(
            world_send(w, A, 1 + i % 3, i, bytes_of(content, 1 + (LARGE - 1) * i / 11), NULL), OK);
        if (i % 5 == 0)
            world_fall(w, A, 1 + i % 3);
    }
    world_run(w, 60000);
    for (size_t at = B; at <= D; at++)
        assert_int_equal(look_pouch(w, at)->mail_count, 4);
    free(content);
    world_free(&w);
}

struct renewal {
    uint8_t feed_key[32];
    struct accepted accepted;
};

static void renew_a(struct roster *r, void *ctx)
{
    const struct renewal *n = ctx;
    r->organisations[A].feed_epoch++;
    memcpy(r->organisations[A].feed_key, n->feed_key, 32);
    r->organisations[A].accepted = n->accepted;
}

/* Goal: where a feed is cut back and goes on with a new key, another envelope in the place of one
 * that was delivered is another envelope. */
static void test_same_place(void **state)
{
    (void)state;
    struct spy spy;
    struct world *w = spy_four(16, &spy);
    uint64_t first, second;
    struct renewal n = {.accepted = {.feed_epoch = 1}};
    const struct feed_record *rec = shelf_record(world_shelf(w, B), world_author(w, A));
    n.accepted.size = rec->tree.size;
    merkle_root(&rec->tree, n.accepted.root);
    assert_int_equal(world_send(w, A, C, 1, spy_text(), &first), OK);
    world_run(w, 2000);
    assert_int_equal(look_parcel(w, C, A, first), PARCEL_DELIVERED);
    uint8_t secret[64];
    crypto_sign_keypair(n.feed_key, secret);
    world_set_next_secret(w, A, secret);
    world_stop(w, A);
    world_start(w, A);
    world_run(w, 2000);
    assert_int_equal(world_roster(w, B, renew_a, &n), OK);
    world_run(w, 40000);
    assert_int_equal(look_parcel(w, C, A, first), 0);
    assert_int_equal(look_parcel(w, A, A, first), 0);
    assert_int_equal(world_send(w, A, C, 2, bytes_of("again", 5), &second), OK);
    assert_int_equal(second, first);
    world_run(w, 5000);
    assert_true(look_has_mail(w, C, A, bytes_of("again", 5)));
    assert_int_equal(look_pouch(w, C)->mail_count, 2);
    world_free(&w);
}

/* Goal: what was sealed last week is opened, what is older is not: its key is gone, here and on
 * disk, and the sender hears of it; and nobody seals to a key that is past. */
static void test_weeks(void **state)
{
    (void)state;
    static const struct {
        int days;
        enum parcel_state want;
    } rows[] = {
        {6,  PARCEL_DELIVERED },
        {7,  PARCEL_DELIVERED },
        {13, PARCEL_DELIVERED },
        {14, PARCEL_UNREADABLE},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct spy spy;
        struct world *w = spy_four(8, &spy);
        uint64_t index;
        world_part(w, A, C);
        assert_int_equal(world_send(w, A, C, 1, spy_text(), &index), OK);
        world_run(w, 2000);
        world_skip(w, (int64_t)rows[i].days * DAY_S);
        world_run(w, 5000);
        world_join(w, A, C);
        world_run(w, 5000);
        assert_int_equal(look_parcel(w, A, A, index), rows[i].want);
        assert_int_equal(look_pouch(w, C)->mail_count, rows[i].want == PARCEL_DELIVERED);
        size_t keys = 0;
        for (size_t k = 0; k < POUCH_PREKEYS_MAX; k++)
            keys += look_pouch(w, C)->prekeys[k].is_used;
        assert_in_range(keys, 2, 3);
        world_free(&w);
    }
    struct spy spy;
    struct world *w = spy_four(9, &spy);
    world_stop(w, C);
    world_skip(w, 13 * DAY_S);
    world_run(w, 5000);
    assert_int_equal(world_send(w, A, C, 1, spy_text(), NULL), OK); /* the key of the next week */
    world_skip(w, DAY_S);
    world_run(w, 5000);
    assert_int_equal(world_send(w, A, C, 2, spy_text(), NULL), ERR_NOT_FOUND);
    world_start(w, C);
    world_run(w, 5000);
    assert_int_equal(world_send(w, A, C, 3, spy_text(), NULL), OK);
    world_run(w, 5000);
    assert_int_equal(look_pouch(w, C)->mail_count, 2);
    world_free(&w);
}

/* Goal: one clock that is far ahead wipes no key and draws none. */
static void test_fast_clock(void **state)
{
    (void)state;
    struct spy spy;
    struct world *w = spy_four(10, &spy);
    uint64_t index;
    world_part(w, A, C);
    assert_int_equal(world_send(w, A, C, 1, spy_text(), &index), OK);
    world_set_ahead(w, C, 3000 * (int64_t)DAY_S);
    world_run(w, 5000);
    world_stop(w, C);
    world_start(w, C);
    world_run(w, 5000);
    world_join(w, A, C);
    world_run(w, 5000);
    assert_int_equal(look_parcel(w, A, A, index), PARCEL_DELIVERED);
    world_free(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_direct), cmocka_unit_test(test_restarts),
        cmocka_unit_test(test_many),   cmocka_unit_test(test_same_place),
        cmocka_unit_test(test_weeks),  cmocka_unit_test(test_fast_clock),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
