/*
 * Goal: a body that is not there has a reason, and only the right reasons close a gap: what an
 * author erased is gone for good everywhere, what is withheld is owed and fetched elsewhere, what
 * expired goes by nobody's clock alone, and covers tell nothing. Method: three or four unchanged
 * cores on virtual time; each story takes bodies away in one way and looks at what the others hold,
 * what they miss and whether the trees still verify.
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

/* Goal: erased is not owed, the entries around it stay, and the newcomer agrees. */
static void test_erased(void **state)
{
    (void)state;
    struct world *w = three(1);
    uint64_t index[3];
    world_stop(w, C);
    for (uint32_t i = 0; i < 3; i++)
        assert_int_equal(world_signal(w, A, i, TODAY + 100, &index[i]), OK);
    world_run(w, 100);
    assert_int_equal(world_erase(w, A, index[1]), OK);
    world_run(w, 100);
    world_start(w, C);
    world_run(w, 5000);
    for (size_t at = A; at <= C; at++) {
        assert_int_equal(look_state(w, at, A, index[1]), STATE_ERASED);
        assert_int_equal(look_state(w, at, A, index[2]), STATE_HELD);
        assert_int_equal(look_matches(w, at, 0, TODAY), 1);
        assert_int_equal(look_matches(w, at, 1, TODAY), 0);
        assert_int_equal(look_feed(w, at, A).owed, 0);
        assert_int_equal(look_gaps(w, at), 0);
    }
    assert_true(look_equal(w, 3));
    world_free(&w);
}

/* C hears A's feed from A alone, which has lost one body. */
static struct world *withheld(uint64_t *index)
{
    struct world *w = three(2);
    world_stop(w, C);
    assert_int_equal(world_signal(w, A, 1, TODAY + 100, index), OK);
    assert_int_equal(world_signal(w, A, 2, TODAY + 100, NULL), OK);
    world_run(w, 100);
    world_stop(w, A);
    shelf_lose_body(world_shelf(w, A), world_author(w, A), *index);
    world_part(w, A, B);
    world_part(w, B, C);
    world_start(w, A);
    world_start(w, C);
    world_run(w, 5000);
    return w;
}

/* Goal: a withheld body is a gap that keeps the node from saying "no match" until another peer
 * gives it. */
static void test_withheld(void **state)
{
    (void)state;
    uint64_t index;
    struct world *w = withheld(&index);
    assert_int_equal(look_state(w, C, A, index), STATE_OWED);
    assert_int_equal(look_state(w, C, A, index + 1), STATE_HELD);
    assert_true(look_verifies(w, C, A));
    assert_int_equal(look_gaps(w, C), GAP_BODY_OWED);
    assert_int_equal(answer_decide(look_gaps(w, C), ANSWER_NO_MATCH), ANSWER_CANNOT_SAY);
    world_run(w, 20000); /* asking the one that has not got it changes nothing */
    assert_int_equal(look_gaps(w, C), GAP_BODY_OWED);
    world_join(w, B, C);
    world_run(w, 15000);
    assert_int_equal(look_state(w, C, A, index), STATE_HELD);
    assert_int_equal(look_matches(w, C, 1, TODAY), 1);
    assert_int_equal(look_gaps(w, C), 0);
    world_join(w, A, B);
    world_run(w, 15000);
    assert_true(look_equal(w, 3)); /* and its author got it back */
    world_free(&w);
}

static void inject_body(struct world *w, size_t from, size_t to, size_t of, uint64_t index,
                        struct bytes body)
{
    static uint8_t frame[BODY_BYTES_MAX + 1024];
    size_t len = look_body_batch(world_author(w, of), index, body, frame, sizeof frame);
    world_inject(w, from, to, bytes_of(frame, len));
}

/* Goal: a body is taken if it is owed and the right one, and never after its erasure. Method: the
 * same bytes are offered altered, right, and after the erasure. */
static void test_offered_bodies(void **state)
{
    (void)state;
    uint64_t index;
    uint8_t body[BODY_BYTES_MAX], none[1];
    struct world *w = withheld(&index);
    size_t len = look_body(w, B, A, index, body);
    assert_int_equal(len, BODY_UNIT_BYTES);
    size_t reports = world_reports(w, REPORT_MESSAGE_REFUSED);
    body[60] ^= 1;
    inject_body(w, A, C, A, index, bytes_of(body, len));
    assert_int_equal(look_state(w, C, A, index), STATE_OWED);
    inject_body(w, A, C, A, index, bytes_of(body, len - 1));
    inject_body(w, A, C, A, index + 1000, bytes_of(body, len));
    assert_int_equal(world_reports(w, REPORT_MESSAGE_REFUSED), reports + 3);
    body[60] ^= 1;
    inject_body(w, A, C, A, index, bytes_of(body, len));
    assert_int_equal(look_state(w, C, A, index), STATE_HELD);
    inject_body(w, A, C, A, index, bytes_of(body, len)); /* once more: no second effect */
    assert_int_equal(look_feed(w, C, A).owed, 0);

    assert_int_equal(world_erase(w, A, index), OK);
    world_run(w, 100);
    inject_body(w, A, C, A, index, bytes_of(body, len));
    assert_int_equal(look_state(w, C, A, index), STATE_ERASED);
    assert_int_equal(look_body(w, C, A, index, none), 0);
    assert_int_equal(look_matches(w, C, 1, TODAY), 0);
    world_free(&w);
}

/* Goal: one erasure is one erasure, however often and wherever it stands. Method: an entry erased
 * twice in a row; one erased by its own batch, twice; one erased while it is owed. Each peer's
 * receipt counts once, after restarts too. */
static void test_erasures(void **state)
{
    (void)state;
    uint64_t owed, twice;
    struct world *w = withheld(&owed);
    assert_int_equal(world_erase(w, A, owed), OK);
    assert_int_equal(world_signal(w, A, 5, TODAY + 100, &twice), OK);
    assert_int_equal(world_erase(w, A, twice), OK);
    assert_int_equal(world_erase(w, A, twice), OK);
    uint8_t payload[SIGNAL_BYTES_MAX], erase[1];
    uint64_t own = twice + 3, first;
    struct draft d[3] = {look_signal(6, TODAY + 100, payload)};
    d[1] = (struct draft){.type = ENTRY_ERASE, .ref_plus_one = own + 1};
    d[1].payload = bytes_of(erase, erase_encode(erase));
    d[2] = d[1];
    assert_int_equal(world_append(w, A, d, 3, &first), OK);
    assert_int_equal(first, own);
    world_join(w, A, B);
    world_join(w, B, C);
    world_run(w, 5000);
    for (size_t at = B; at <= C; at++) {
        world_stop(w, at);
        world_start(w, at);
    }
    world_run(w, 5000);
    for (size_t at = A; at <= C; at++) {
        assert_int_equal(look_state(w, at, A, owed), STATE_ERASED);
        assert_int_equal(look_state(w, at, A, twice), STATE_ERASED);
        assert_int_equal(look_state(w, at, A, own), STATE_ERASED);
        assert_int_equal(look_gaps(w, at), 0);
    }
    assert_true(look_equal(w, 3));
    world_skip(w, 86400); /* the next receipts */
    world_run(w, 5000);
    world_skip(w, 86400); /* and nothing after them */
    world_run(w, 5000);
    assert_int_equal(shelf_receipts(world_shelf(w, A), owed), 2);
    assert_int_equal(shelf_receipts(world_shelf(w, A), twice), 2);
    assert_int_equal(shelf_receipts(world_shelf(w, A), own), 2);
    world_free(&w);
}

/* Goal: what makes no sense is stored, relayed and not matched; it blocks nothing. Method: rows of
 * drafts by A, which then goes away; C gets them from B. */
static void test_refused(void **state)
{
    (void)state;
    static const struct {
        uint8_t type;
        uint32_t expires_day;
        uint64_t ref_plus_one;
        enum entry_state want;
        const char *why;
    } rows[] = {
        {ENTRY_SIGNAL, 0,                                0,    STATE_REFUSED, "no expiry"        },
        {ENTRY_SIGNAL, TODAY + POLICY_TERM_DAYS_MAX + 1, 0,    STATE_REFUSED, "beyond the cap"   },
        {ENTRY_SIGNAL, TODAY + POLICY_TERM_DAYS_MAX,     0,    STATE_HELD,    "at the cap"       },
        {ENTRY_ERASE,  0,                                1000, STATE_REFUSED, "erases the future"},
        {ENTRY_ERASE,  0,                                0,    STATE_REFUSED, "erases nothing"   },
        {200,          0,                                0,    STATE_OPAQUE,  "unknown type"     },
        {ENTRY_NOTICE, TODAY + 5,                        0,    STATE_REFUSED, "no notice"        },
        {ENTRY_ALERT,  TODAY + 5,                        0,    STATE_REFUSED, "no alert"         },
    };
    enum { ROWS = sizeof rows / sizeof rows[0] };
    struct world *w = three(3);
    world_stop(w, C);
    uint64_t first = look_feed(w, A, A).size;
    uint8_t payload[ROWS][SIGNAL_BYTES_MAX];
    for (uint32_t i = 0; i < ROWS; i++) {
        struct draft d = look_signal(i, rows[i].expires_day, payload[i]);
        d.type = rows[i].type;
        d.ref_plus_one = rows[i].ref_plus_one;
        if (d.type == ENTRY_ERASE)
            d.payload = bytes_of(payload[i], erase_encode(payload[i]));
        assert_int_equal(world_append(w, A, &d, 1, NULL), OK);
    }
    world_run(w, 100);
    world_stop(w, A);
    world_start(w, C);
    world_run(w, 5000);
    for (uint64_t i = 0; i < ROWS; i++) {
        if (look_state(w, C, A, first + i) != rows[i].want)
            print_message("%s\n", rows[i].why);
        assert_int_equal(look_state(w, C, A, first + i), rows[i].want);
        assert_int_equal(look_state(w, B, A, first + i), rows[i].want);
        uint8_t body[BODY_BYTES_MAX];
        assert_int_equal(look_body(w, C, A, first + i, body), BODY_UNIT_BYTES);
    }
    assert_int_equal(look_feed(w, C, A).refused, 6);
    assert_int_equal(look_matches(w, C, 0, TODAY), 0);
    assert_int_equal(look_matches(w, C, 1, TODAY), 0);
    assert_int_equal(look_matches(w, C, 2, TODAY), 1);
    assert_true(look_verifies(w, C, A));
    assert_int_equal(look_gaps(w, C), 0);
    world_free(&w);
}

/* Goal: a clock that is ten years ahead erases nothing, here or elsewhere; when all of them pass
 * the day the bodies go everywhere, owed ones too, and nothing is owed. */
static void test_expiry(void **state)
{
    (void)state;
    struct world *w = three(4);
    uint64_t index, own;
    assert_int_equal(world_signal(w, B, 1, TODAY + 30, &index), OK);
    assert_int_equal(world_signal(w, A, 2, TODAY + 30, &own), OK);
    world_run(w, 100);
    world_set_ahead(w, A, TEN_YEARS);
    uint8_t payload[SIGNAL_BYTES_MAX];
    struct draft d = look_signal(3, TODAY + 3700, payload);
    assert_int_equal(world_append(w, A, &d, 1, NULL), OK);
    world_run(w, 120000);
    for (size_t at = A; at <= C; at++) {
        assert_int_equal(look_state(w, at, B, index), STATE_HELD);
        assert_int_equal(look_state(w, at, A, own), STATE_HELD);
    }
    world_set_ahead(w, A, 0);
    world_stop(w, C);
    shelf_lose_body(world_shelf(w, C), world_author(w, B), index);
    world_part(w, A, C);
    world_part(w, B, C);
    world_start(w, C);
    world_skip(w, 32 * 86400);
    world_run(w, 120000);
    assert_int_equal(look_state(w, A, B, index), STATE_EXPIRED);
    assert_int_equal(look_state(w, C, B, index), STATE_OWED); /* its own clock alone */
    world_join(w, A, C);
    world_join(w, B, C);
    world_run(w, 120000);
    for (size_t at = A; at <= C; at++) {
        assert_int_equal(look_state(w, at, B, index), STATE_EXPIRED);
        assert_int_equal(look_state(w, at, A, own), STATE_EXPIRED);
        assert_int_equal(look_matches(w, at, 1, TODAY), 0);
        assert_true(look_verifies(w, at, B));
    }
    assert_int_equal(look_feed(w, C, B).owed, 0);
    assert_false(look_gaps(w, C) & GAP_BODY_OWED);
    world_free(&w);
}

/* Goal: a clock that is a little ahead leaves no lasting gap when it covers at its midnight. */
static void test_cover_of_fast_clock(void **state)
{
    (void)state;
    struct world *w = three(5);
    world_set_ahead(w, A, 20);
    world_run(w, 2 * (uint64_t)DAY_MS + 120000);
    for (size_t at = A; at <= C; at++) {
        assert_int_equal(look_feed(w, at, A).size % COVER_MULTIPLE, 0);
        assert_int_equal(look_feed(w, at, A).owed, 0);
        assert_int_equal(look_gaps(w, at), 0);
    }
    world_free(&w);
}

/* Goal: no signal a day and fourteen look alike from outside: sizes, and times of checkpoints. */
static void test_cover(void **state)
{
    (void)state;
    struct world *w = three(6);
    for (unsigned day = 0; day < 3; day++) {
        for (uint32_t i = 0; i < 14; i++)
            assert_int_equal(world_signal(w, B, day * 14 + i, TODAY + 300, NULL), OK);
        world_run(w, DAY_MS);
        uint64_t a = look_feed(w, C, A).size, b = look_feed(w, C, B).size;
        assert_int_equal(a % COVER_MULTIPLE, 0);
        assert_int_equal(a, (day + 1) * COVER_MULTIPLE);
        assert_int_equal(b, a);
    }
    assert_int_equal(look_state(w, C, A, 20), STATE_EXPIRED);
    assert_int_equal(look_gaps(w, C), 0);
    world_free(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_erased),
        cmocka_unit_test(test_withheld),
        cmocka_unit_test(test_offered_bodies),
        cmocka_unit_test(test_erasures),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_expiry),
        cmocka_unit_test(test_cover_of_fast_clock),
        cmocka_unit_test(test_cover),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
