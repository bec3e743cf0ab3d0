/*
 * Goal: whom the author cannot reach gets an envelope through the relays that it names, which show
 * it to nobody else and keep it no longer than needed.
 * Method: a world in which A and C have no connection and C has no port; every frame is searched
 * for the body.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/sim/look.h"
#include "tests/sim/spy.h"

enum { A = 0, B, C, D, DAY_S = 86400 };

/* C has no port, and names B as its relay; A and C have no connection. */
static struct world *behind_relay(uint64_t seed, struct spy *spy, size_t second)
{
    struct world_setup setup = {
        .seed = seed, .nodes = 4, .keyholders = 2, .threshold = 2, .has_no_port = {[C] = true}};
    setup.relays[C][0] = B + 1;
    setup.relays[C][1] = second;
    struct world *w = world_new(&setup);
    spy_start(spy, w);
    world_run(w, 5000);
    world_part(w, A, C);
    world_run(w, 2000);
    return w;
}

/* Goal: a node that the author cannot reach gets it through the relay that it names, which keeps it
 * no longer than needed and shows it to nobody else. */
static void test_relay(void **state)
{
    (void)state;
    struct spy spy;
    struct world *w = behind_relay(4, &spy, 0);
    uint64_t index;
    world_stop(w, C);
    assert_int_equal(world_send(w, A, C, 1, spy_text(), &index), OK);
    spy_for(&spy, w, A, index);
    world_run(w, 5000);
    assert_int_equal(look_parcel(w, A, A, index), PARCEL_KEPT);
    assert_int_equal(look_parcel(w, B, A, index), PARCEL_KEPT);
    assert_int_equal(look_state(w, B, A, index), STATE_HELD);
    world_stop(w, B); /* the relay keeps it over a restart, and so does the author */
    world_stop(w, A);
    world_start(w, B);
    world_start(w, A);
    world_run(w, 5000);
    world_start(w, C);
    world_run(w, 15000);
    assert_true(look_has_mail(w, C, A, spy_text()));
    world_run(w, 90000);
    assert_int_equal(look_parcel(w, A, A, index), PARCEL_DELIVERED);
    assert_int_equal(look_parcel(w, B, A, index), PARCEL_DELIVERED);
    for (size_t at = A; at <= D; at++)
        assert_int_equal(look_state(w, at, A, index), STATE_ADDRESSED);
    assert_int_equal(spy.given[A][B] + spy.given[B][C], spy_given(&spy));
    assert_int_equal(spy.plain, 0);
    world_free(&w);
}

/* Goal: where the first relay has it in vain, the next one gets it too. */
static void test_next_relay(void **state)
{
    (void)state;
    struct spy spy;
    struct world *w = behind_relay(5, &spy, D + 1);
    uint64_t index;
    world_part(w, B, C);
    assert_int_equal(world_send(w, A, C, 1, spy_text(), &index), OK);
    spy_for(&spy, w, A, index);
    world_run(w, 300000);
    assert_int_equal(look_parcel(w, B, A, index), PARCEL_KEPT);
    assert_int_equal(spy.given[A][D], 0);
    world_run(w, 400000);
    assert_true(look_has_mail(w, C, A, spy_text()));
    assert_int_equal(spy.given[A][B] + spy.given[A][D] + spy.given[D][C], spy_given(&spy));
    world_run(w, 120000);
    assert_int_equal(look_parcel(w, A, A, index), PARCEL_DELIVERED);
    assert_int_equal(look_state(w, B, A, index), STATE_HELD); /* until C comes, or it expires */
    world_join(w, B, C);
    world_run(w, 60000);
    assert_int_equal(look_state(w, B, A, index), STATE_ADDRESSED);
    assert_int_equal(look_pouch(w, C)->mail_count, 1);
    world_free(&w);
}

/* Goal: one author cannot fill a relay; what it does not take waits, and arrives all the same. */
static void test_full_relay(void **state)
{
    (void)state;
    struct spy spy;
    struct world *w = behind_relay(15, &spy, 0);
    enum { MORE_THAN_KEPT = 66 };
    world_stop(w, C);
    for (uint32_t i = 0; i < MORE_THAN_KEPT; i++)
        assert_int_equal(world_send(w, A, C, i, spy_text(), NULL), OK);
    world_run(w, 30000);
    size_t kept = 0;
    for (size_t i = 0; i < look_pouch(w, B)->parcel_count; i++)
        kept += look_pouch(w, B)->parcels[i].state == PARCEL_KEPT;
    assert_int_equal(kept, 64);
    assert_true(world_told(w, B, REPORT_MESSAGE_REFUSED, ERR_FULL) > 0);
    world_start(w, C);
    world_run(w, 120000);
    assert_int_equal(look_pouch(w, C)->mail_count, MORE_THAN_KEPT);
    world_free(&w);
}

/* Goal: past its date it is delivered to nobody, and the copies go. */
static void test_expiry(void **state)
{
    (void)state;
    struct spy spy;
    struct world *w = behind_relay(11, &spy, 0);
    uint64_t index;
    world_stop(w, C);
    assert_int_equal(world_send(w, A, C, 1, spy_text(), &index), OK);
    world_run(w, 5000);
    assert_int_equal(look_state(w, B, A, index), STATE_HELD);
    world_skip(w, (ENVELOPE_TERM_DAYS + 1) * (int64_t)DAY_S);
    world_run(w, 120000);
    assert_int_equal(look_state(w, A, A, index), STATE_EXPIRED);
    assert_int_equal(look_state(w, B, A, index), STATE_EXPIRED);
    world_start(w, C);
    world_run(w, 60000);
    assert_int_equal(look_pouch(w, C)->mail_count, 0);
    world_free(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_relay),
        cmocka_unit_test(test_next_relay),
        cmocka_unit_test(test_full_relay),
        cmocka_unit_test(test_expiry),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
