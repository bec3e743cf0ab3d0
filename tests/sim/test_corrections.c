/*
 * Goal: amending, retracting and erasing each do what they say, at every replica, whatever arrives
 * first: live, all at once at a newcomer, or with bodies that come late; and nothing that was taken
 * back comes back, also after what replaced it has expired.
 * Method: a few unchanged cores on virtual time; feeds written by our own core, and by hand where
 * the author does what our software does not.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "tests/sim/check.h"
#include "tests/sim/forge.h"
#include "tests/sim/look.h"

enum { TODAY = WORLD_TODAY, A = 0, B = 1, C = 2, LATER = TODAY + 100 };

static struct world *three(uint64_t seed)
{
    struct world_setup setup = {.seed = seed, .nodes = 3, .keyholders = 3, .threshold = 2};
    struct world *w = world_new(&setup);
    world_run(w, 5000);
    return w;
}

/* The two entries by which our software amends: the new version, and the end of the old one. */
static void amend_drafts(uint64_t original, uint64_t previous, uint32_t number, uint32_t expires,
                         uint8_t room[3][AMEND_BYTES_MAX], struct draft out[2])
{
    struct amend a = {.type = ENTRY_SIGNAL, .previous = previous};
    a.payload = look_signal(number, expires, room[0]).payload;
    out[0] =
        (struct draft){.type = ENTRY_AMEND, .expires_day = expires, .ref_plus_one = original + 1};
    out[0].payload = bytes_of(room[1], amend_encode(&a, room[1]));
    out[1] = (struct draft){.type = ENTRY_ERASE, .ref_plus_one = previous + 1};
    out[1].payload = bytes_of(room[2], erase_encode(room[2]));
}

static uint64_t amend(struct world *w, uint64_t original, uint64_t previous, uint32_t number,
                      uint32_t expires)
{
    uint8_t room[3][AMEND_BYTES_MAX];
    struct draft drafts[2];
    uint64_t first;
    amend_drafts(original, previous, number, expires, room, drafts);
    assert_int_equal(world_append(w, A, drafts, 2, &first), OK);
    return first;
}

static uint64_t retract(struct world *w, uint64_t target)
{
    uint8_t payload[RETRACT_BYTES];
    struct draft d = {.type = ENTRY_RETRACT, .ref_plus_one = target + 1};
    uint64_t first;
    d.payload = bytes_of(payload, retract_encode(1, payload));
    assert_int_equal(world_append(w, A, &d, 1, &first), OK);
    return first;
}

static uint64_t signal(struct world *w, uint32_t number, uint32_t expires)
{
    uint64_t first;
    assert_int_equal(world_signal(w, A, number, expires, &first), OK);
    return first;
}

/* How many of node's entries match tag 1, 2, 3. */
static void assert_matches(struct world *w, size_t node, size_t one, size_t two, size_t three_)
{
    assert_int_equal(look_matches(w, node, 1, world_today(w)), one);
    assert_int_equal(look_matches(w, node, 2, world_today(w)), two);
    assert_int_equal(look_matches(w, node, 3, world_today(w)), three_);
}

/* B is there throughout; C is away and gets everything at once. */
static void amended_live_and_at_once(void **state)
{
    (void)state;
    struct world *w = three(41);
    world_stop(w, C);
    uint64_t first = signal(w, 1, LATER);
    world_run(w, 500);
    assert_matches(w, B, 1, 0, 0);
    uint64_t second = amend(w, first, first, 2, LATER + 50);
    world_run(w, 500);
    assert_matches(w, B, 0, 1, 0);
    assert_int_equal(look_state(w, B, A, first), STATE_ERASED);
    uint64_t third = amend(w, first, second, 3, LATER - 50);
    world_run(w, 500);
    assert_matches(w, B, 0, 0, 1);
    world_start(w, C);
    world_run(w, 90000);
    world_skip(w, 86400); /* receipts go once a day */
    world_run(w, 5000);
    for (size_t node = A; node <= C; node++) {
        assert_matches(w, node, 0, 0, 1);
        assert_int_equal(look_state(w, node, A, second), STATE_ERASED);
        assert_int_equal(look_state(w, node, A, third), STATE_HELD);
        assert_int_equal(look_gaps(w, node), 0);
    }
    check_equal(w);
    assert_int_equal(shelf_receipts(world_shelf(w, A), first),
                     2); /* they dropped the old version */
    assert_int_equal(shelf_receipts(world_shelf(w, A), second), 2);
    world_free(&w);
}

/* A retraction ends what it names and what amends it; the body stays to be read as retracted. */
static void retracted_with_its_amendments(void **state)
{
    (void)state;
    struct world *w = three(42);
    world_stop(w, C);
    uint64_t plain = signal(w, 1, LATER), amended = signal(w, 2, LATER);
    uint64_t second = amend(w, amended, amended, 3, LATER);
    world_run(w, 500);
    assert_matches(w, B, 1, 0, 1);
    retract(w, plain);
    retract(w, amended);
    world_run(w, 500);
    assert_matches(w, B, 0, 0, 0);
    world_start(w, C);
    world_run(w, 5000);
    for (size_t node = A; node <= C; node++) {
        uint8_t body[BODY_BYTES_MAX];
        assert_matches(w, node, 0, 0, 0);
        assert_int_equal(look_state(w, node, A, plain), STATE_HELD);
        assert_int_equal(look_body(w, node, A, plain, body), BODY_UNIT_BYTES);
        assert_int_equal(shelf_force(world_shelf(w, node), world_author(w, A), plain),
                         FORCE_RETRACTED);
        assert_int_equal(shelf_force(world_shelf(w, node), world_author(w, A), second),
                         FORCE_RETRACTED);
        assert_int_equal(look_gaps(w, node), 0);
        assert_int_equal(look_feed(w, node, A).refused, 0);
    }
    check_equal(w);
    world_free(&w);
}

/* An author that goes on as if it had not taken something back: nothing of it matches. */
static void nothing_comes_back(void **state)
{
    (void)state;
    struct world *w = three(43);
    world_stop(w, C);
    uint64_t retracted = signal(w, 1, LATER), erased = signal(w, 2, LATER);
    retract(w, retracted);
    assert_int_equal(world_erase(w, A, erased), OK);
    amend(w, retracted, retracted, 3, LATER);
    uint64_t void_ = amend(w, erased, erased, 3, LATER);
    world_run(w, 500);
    assert_matches(w, B, 0, 0, 0);
    world_start(w, C);
    world_run(w, 90000);
    for (size_t node = A; node <= C; node++) {
        assert_matches(w, node, 0, 0, 0);
        assert_int_equal(shelf_force(world_shelf(w, node), world_author(w, A), void_), FORCE_VOID);
    }
    check_equal(w);
    world_free(&w);
}

/* Bodies that come late, in any order, make no difference: B lost them all, and has them one by one
 * of C in the order that the row says. */
static void late_bodies_in_any_order(void **state)
{
    (void)state;
    enum { ENTRIES = 7 };
    struct world *w = three(44);
    uint64_t one = signal(w, 1, LATER), two = signal(w, 2, LATER);
    uint64_t third = amend(w, two, two, 3, LATER); /* and the erase after it */
    uint64_t four = retract(w, one);
    uint64_t five = retract(w, two);
    uint64_t names[ENTRIES] = {one, third, third + 1, four, five};
    world_run(w, 90000);
    assert_matches(w, B, 0, 0, 0);
    static const size_t orders[][4] = {
        {0, 1, 2, 3},
        {3, 2, 1, 0},
        {2, 0, 3, 1},
        {1, 3, 0, 2}
    };
    static const size_t held[] = {0, 1, 3, 4}; /* of names: what still has a body but the erase */
    for (size_t k = 0; k < sizeof orders / sizeof orders[0]; k++) {
        static uint8_t frame[FRAME_BYTES_MAX];
        uint8_t body[BODY_BYTES_MAX];
        world_stop(w, B);
        struct shelf *s = shelf_copy(world_shelf(w, B));
        struct shelf *whole = shelf_copy(world_shelf(w, C));
        for (size_t i = 0; i < 4; i++)
            shelf_lose_body(world_shelf(w, B), world_author(w, A), names[held[i]]);
        world_stop(w, A);
        world_stop(w, C);
        world_start(w, B);
        world_run(w, 100);
        for (size_t i = 0; i < 4; i++) {
            uint64_t index = names[held[orders[k][i]]];
            struct bytes b = shelf_body(whole, world_author(w, A), index);
            memcpy(body, b.data, b.len);
            size_t len = look_body_batch(world_author(w, A), index, bytes_of(body, b.len), frame,
                                         sizeof frame);
            world_start(w, C);
            world_part(w, A, C);
            world_run(w, 50);
            world_inject(w, C, B, bytes_of(frame, len));
            world_run(w, 50);
            world_stop(w, C);
        }
        world_start(w, A);
        world_start(w, C);
        world_join(w, A, C);
        world_run(w, 20000);
        assert_matches(w, B, 0, 0, 0);
        assert_int_equal(look_gaps(w, B), 0);
        check_equal(w);
        shelf_free(&s);
        shelf_free(&whole);
    }
    world_free(&w);
}

/* The new version ends before the old one would have: also a newcomer then finds neither, and owes
 * nothing. */
static void expired_amendment_brings_nothing_back(void **state)
{
    (void)state;
    struct world *w = three(45);
    world_stop(w, C);
    uint64_t first = signal(w, 1, LATER);
    uint64_t second = amend(w, first, first, 2, TODAY + 2);
    world_run(w, 1000);
    assert_matches(w, B, 0, 1, 0);
    for (int day = 0; day < 6; day++) {
        world_skip(w, 86400);
        world_run(w, 70000);
    }
    world_start(w, C);
    world_run(w, 90000);
    for (size_t node = A; node <= C; node++) {
        assert_matches(w, node, 0, 0, 0);
        assert_int_equal(look_state(w, node, A, first), STATE_ERASED);
        assert_int_equal(look_state(w, node, A, second), STATE_EXPIRED);
        assert_int_equal(look_feed(w, node, A).owed, 0);
    }
    check_equal(w);
    world_free(&w);
}

/* What must stay stays: an erasure that would expire, and one of an erasure, a retraction or a
 * profile, are stored as refused; so is the prolonging of what had expired. */
static void what_must_stay_stays(void **state)
{
    (void)state;
    struct world *w = three(46);
    world_stop(w, C);
    uint8_t room[3][AMEND_BYTES_MAX], erase[1];
    struct draft drafts[2];
    uint64_t one = signal(w, 1, LATER), two = signal(w, 2, LATER), old = signal(w, 3, TODAY);
    struct draft expiring = {.type = ENTRY_ERASE, .expires_day = LATER, .ref_plus_one = one + 1};
    expiring.payload = bytes_of(erase, erase_encode(erase));
    uint64_t refused[5], profile = 0;
    assert_int_equal(world_append(w, A, &expiring, 1, &refused[0]), OK);
    uint64_t retraction = retract(w, two), size = look_feed(w, A, A).size;
    assert_int_equal(world_erase(w, A, one), OK);
    for (size_t i = 1; i < 4; i++) {
        uint64_t target = i == 1 ? size : i == 2 ? retraction : profile;
        refused[i] = look_feed(w, A, A).size;
        assert_int_equal(world_erase(w, A, target), OK);
    }
    world_skip(w, 2 * 86400);
    world_run(w, 2000);
    amend_drafts(old, old, 3, LATER, room, drafts);
    assert_int_equal(world_append(w, A, drafts, 1, &refused[4]), OK);
    world_start(w, C);
    world_run(w, 90000);
    for (size_t node = A; node <= C; node++) {
        for (size_t i = 0; i < 5; i++)
            assert_int_equal(look_state(w, node, A, refused[i]), STATE_REFUSED);
        assert_int_equal(shelf_reason(world_shelf(w, node), world_author(w, A), refused[0]),
                         ERR_RANGE);
        assert_int_equal(shelf_reason(world_shelf(w, node), world_author(w, A), refused[1]),
                         ERR_NOT_FOUND);
        assert_int_equal(shelf_reason(world_shelf(w, node), world_author(w, A), refused[4]),
                         ERR_STALE);
        assert_int_equal(look_state(w, node, A, one), STATE_ERASED);
        assert_matches(w, node, 0, 0, 0);
        assert_int_equal(look_gaps(w, node), 0);
    }
    check_equal(w);
    world_free(&w);
}

static struct alert sample_alert(uint8_t reply)
{
    struct alert a = {.kind = 1, .basis = 1, .reply = reply, .partner = "GB-CHC-1234567"};
    a.reply_day = reply == REPLY_NOT_ASKED ? 0 : TODAY;
    return a;
}

/* Alerts live as registrations do: amended, retracted, expired; bad ones are refused. */
static void alerts_too(void **state)
{
    (void)state;
    struct world *w = three(48);
    uint8_t payload[ALERT_BYTES_MAX], room[AMEND_BYTES_MAX], erase[1];
    struct alert alert = sample_alert(REPLY_NOT_ASKED);
    struct draft d = {.type = ENTRY_ALERT, .expires_day = LATER};
    uint64_t first, second, refused[2];
    world_stop(w, C);
    d.payload = bytes_of(payload, alert_encode(&alert, payload));
    assert_int_equal(world_append(w, A, &d, 1, &first), OK);
    d.expires_day = 0;
    assert_int_equal(world_append(w, A, &d, 1, &refused[0]), OK);
    d.expires_day = TODAY + POLICY_TERM_DAYS_MAX + 1;
    assert_int_equal(world_append(w, A, &d, 1, &refused[1]), OK);
    alert = sample_alert(REPLY_DISPUTES);
    struct amend a = {.type = ENTRY_ALERT, .previous = first};
    a.payload = bytes_of(payload, alert_encode(&alert, payload));
    struct draft both[2] = {
        {.type = ENTRY_AMEND, .expires_day = TODAY + 2, .ref_plus_one = first + 1},
        {.type = ENTRY_ERASE,                   .ref_plus_one = first + 1                        }
    };
    both[0].payload = bytes_of(room, amend_encode(&a, room));
    both[1].payload = bytes_of(erase, erase_encode(erase));
    assert_int_equal(world_append(w, A, both, 2, &second), OK);
    world_run(w, 1000);
    world_start(w, C);
    world_run(w, 5000);
    for (size_t node = A; node <= C; node++) {
        const struct shelf *s = world_shelf(w, node);
        assert_false(shelf_is_alert(s, world_author(w, A), first));
        assert_true(shelf_is_alert(s, world_author(w, A), second));
        assert_int_equal(shelf_force(s, world_author(w, A), second), FORCE_YES);
        for (size_t i = 0; i < 2; i++) {
            assert_int_equal(look_state(w, node, A, refused[i]), STATE_REFUSED);
            assert_false(shelf_is_alert(s, world_author(w, A), refused[i]));
        }
    }
    retract(w, first);
    world_run(w, 1000);
    for (size_t node = A; node <= C; node++)
        assert_int_equal(shelf_force(world_shelf(w, node), world_author(w, A), second),
                         FORCE_RETRACTED);
    for (int day = 0; day < 5; day++) {
        world_skip(w, 86400);
        world_run(w, 70000);
    }
    for (size_t node = A; node <= C; node++) {
        assert_false(shelf_is_alert(world_shelf(w, node), world_author(w, A), second));
        assert_int_equal(look_state(w, node, A, second), STATE_EXPIRED);
    }
    check_equal(w);
    world_free(&w);
}

/* A whole batch of corrections of one entry is one effect each, and everything fits. */
static void many_at_once(void **state)
{
    (void)state;
    enum { MANY = 2000 };
    static struct forged_entry entries[MANY];
    static uint8_t retracts[RETRACT_BYTES], erases[1];
    struct world_setup setup = {
        .seed = 47, .nodes = 3, .keyholders = 3, .threshold = 2, .is_quiet = true};
    struct world *w = world_new(&setup);
    world_run(w, 5000);
    uint64_t target = signal(w, 1, LATER);
    world_run(w, 500);
    world_part(w, A, C);
    world_stop(w, A);
    struct forge f;
    forge_init(&f, w, A);
    (void)retract_encode(1, retracts);
    (void)erase_encode(erases);
    for (size_t i = 0; i < MANY; i++) {
        bool is_erase = i % 2 == 1;
        entries[i] = (struct forged_entry){.type = is_erase ? ENTRY_ERASE : ENTRY_RETRACT,
                                           .ref_plus_one = target + 1};
        entries[i].payload =
            is_erase ? bytes_of(erases, sizeof erases) : bytes_of(retracts, sizeof retracts);
    }
    world_inject(w, C, B, forge_batch(&f, entries, MANY));
    world_run(w, 2000);
    assert_int_equal(look_feed(w, B, A).size, target + 1 + MANY);
    assert_int_equal(look_state(w, B, A, target), STATE_ERASED);
    assert_int_equal(look_matches(w, B, 1, TODAY), 0);
    check_node(w, B);
    forge_clear(&f);
    world_free(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(amended_live_and_at_once),
        cmocka_unit_test(retracted_with_its_amendments),
        cmocka_unit_test(nothing_comes_back),
        cmocka_unit_test(late_bodies_in_any_order),
        cmocka_unit_test(expired_amendment_brings_nothing_back),
        cmocka_unit_test(what_must_stay_stays),
        cmocka_unit_test(alerts_too),
        cmocka_unit_test(many_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
