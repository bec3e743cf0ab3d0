/*
 * Goal: what an archive has lost is fetched again from whoever holds it, and until then nothing is
 * concluded from what is left: a consult cannot say, a feed with a hole is not added to. Method:
 * three or four unchanged cores on virtual time; each story takes stretches of entries, or what
 * they hold, from one archive, running or stopped, and looks at what comes back; afterwards all
 * that is derived equals a replay everywhere.
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

enum { TODAY = WORLD_START_UTC / 86400, A = 0, B, C, SIGNALS = 700 };

/* A has published, erased one entry and retracted another. */
struct story {
    struct world *w;
    uint64_t first; /* of the signals */
    uint64_t erased, erase, retracted, retract;
};

static uint64_t take_back(struct world *w, uint8_t type, uint64_t target)
{
    uint8_t payload[RETRACT_BYTES + 16];
    uint64_t index = 0;
    struct draft d = {.type = type, .ref_plus_one = target + 1};
    size_t len = type == ENTRY_ERASE ? erase_encode(payload) : retract_encode(1, payload);
    d.payload = bytes_of(payload, len);
    assert_int_equal(world_append(w, A, &d, 1, &index), OK);
    return index;
}

static struct story begin(uint64_t seed)
{
    struct world_setup setup = {.seed = seed, .nodes = 3, .keyholders = 3, .threshold = 2};
    struct story s = {.w = world_new(&setup)};
    world_run(s.w, 5000);
    assert_int_equal(world_signals(s.w, A, 1000, SIGNALS, &s.first), OK);
    s.erased = s.first + 100;
    s.retracted = s.first + 101;
    s.erase = take_back(s.w, ENTRY_ERASE, s.erased);
    s.retract = take_back(s.w, ENTRY_RETRACT, s.retracted);
    world_run(s.w, 5000);
    check_equal(s.w);
    assert_int_equal(look_state(s.w, C, A, s.retract), STATE_HELD);
    return s;
}

static void lose(struct world *w, size_t node, size_t of, uint64_t first, uint64_t count,
                 bool is_body)
{
    struct event ev = {.type = EVENT_LOST};
    memcpy(ev.lost.author, world_author(w, of), AUTHOR_BYTES);
    ev.lost.first = first;
    ev.lost.count = count;
    ev.lost.is_body = is_body;
    (void)world_give(w, node, &ev);
}

static void cut_off(struct world *w, size_t node)
{
    for (size_t i = 0; i < world_nodes(w); i++)
        if (i != node)
            world_part(w, node, i);
    world_run(w, 3000);
}

static void take_on(struct world *w, size_t node)
{
    for (size_t i = 0; i < world_nodes(w); i++)
        if (i != node)
            world_join(w, node, i);
}

/* Goal: a stretch, several, one across a stored subtree, the beginning and the end, everything:
 * each comes back whole, and nothing that was there is asked to be there twice.
 * Method: one row is what C loses; the shelf itself fails on an entry that comes although it is
 * there. */
static void test_stretches(void **state)
{
    (void)state;
    static const struct {
        struct {
            uint64_t first, count;
        } lost[3];
        const char *why;
    } rows[] = {
        {{{5, 1}},                        "one entry"             },
        {{{0, 4}},                        "the beginning"         },
        {{{250, 30}},                     "across a subtree's end"},
        {{{256, 256}},                    "a whole subtree"       },
        {{{SIGNALS - 3, 100}},            "the end"               },
        {{{10, 5}, {300, 1}, {600, 9}},   "three"                 },
        {{{300, 9}, {10, 5}, {305, 20}},  "three, not in order"   },
        {{{40, 10}, {45, 10}, {30, 100}}, "one over the other"    },
        {{{0, 100000}},                   "everything"            },
    };
    struct story s = begin(1);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        cut_off(s.w, C);
        for (size_t k = 0; k < 3; k++)
            if (rows[i].lost[k].count > 0)
                lose(s.w, C, A, rows[i].lost[k].first, rows[i].lost[k].count, false);
        world_run(s.w, 5000);
        if (!(look_gaps(s.w, C) & GAP_FEED_BEHIND))
            fail_msg("%s: not seen", rows[i].why);
        assert_int_equal(answer_decide(look_gaps(s.w, C), ANSWER_NO_MATCH), ANSWER_CANNOT_SAY);
        take_on(s.w, C);
        world_run(s.w, 20000);
        if (look_gaps(s.w, C) != 0)
            fail_msg("%s: not mended", rows[i].why);
        check_equal(s.w);
    }
    world_free(&s.w);
}

/* Goal: what was erased or retracted stays so, whichever of the two entries is lost, and also where
 * that was said while the entry was missing.
 * Method: C loses each; and it is cut off while A erases what C has just lost. */
static void test_taken_back(void **state)
{
    (void)state;
    struct story s = begin(2);
    const uint64_t lost[] = {s.erased, s.erase, s.retracted, s.retract};
    for (size_t i = 0; i < 4; i++) {
        lose(s.w, C, A, lost[i], 1, false);
        world_run(s.w, 10000);
        assert_int_equal(look_gaps(s.w, C), 0);
        assert_int_equal(look_state(s.w, C, A, s.erased), STATE_ERASED);
        assert_int_equal(look_matches(s.w, C, 1100, TODAY), 0);
        assert_int_equal(look_matches(s.w, C, 1101, TODAY), 0);
        assert_int_equal(look_matches(s.w, C, 1102, TODAY), 1);
        check_equal(s.w);
    }
    cut_off(s.w, C);
    lose(s.w, C, A, s.first + 200, 20, false);
    uint64_t erase = take_back(s.w, ENTRY_ERASE, s.first + 210);
    world_run(s.w, 3000);
    take_on(s.w, C);
    world_run(s.w, 10000);
    assert_int_equal(look_state(s.w, C, A, s.first + 210), STATE_ERASED);
    assert_int_equal(look_state(s.w, C, A, erase), STATE_HELD);
    assert_int_equal(look_gaps(s.w, C), 0);
    check_equal(s.w);
    world_free(&s.w);
}

/* Goal: what entries hold is fetched alone; of what is not there nothing is lost.
 * Method: some bodies, one of them erased before, one of nobody's. */
static void test_bodies(void **state)
{
    (void)state;
    struct story s = begin(3);
    cut_off(s.w, C);
    lose(s.w, C, A, s.first + 95, 10, true); /* over the erased one */
    lose(s.w, C, A, 100000, 1, true);
    assert_int_equal(look_feed(s.w, C, A).owed, 9);
    assert_int_equal(look_state(s.w, C, A, s.erased), STATE_ERASED);
    assert_int_equal(look_gaps(s.w, C) & GAP_BODY_OWED, GAP_BODY_OWED);
    assert_int_equal(look_matches(s.w, C, 1095, TODAY), 0);
    take_on(s.w, C);
    world_run(s.w, 15000);
    assert_int_equal(look_gaps(s.w, C), 0);
    assert_int_equal(look_matches(s.w, C, 1095, TODAY), 1);
    check_equal(s.w);
    world_free(&s.w);
}

/* Goal: a node whose own feed has a hole signs nothing until it is closed by what others hold, and
 * then goes on with the next index.
 * Method: A loses a stretch of its own; cut off, then joined. */
static void test_own(void **state)
{
    (void)state;
    struct story s = begin(4);
    uint64_t size = look_feed(s.w, A, A).size, index = 0;
    cut_off(s.w, A);
    lose(s.w, A, A, s.first + 3, 40, false);
    world_run(s.w, 5000);
    assert_false(world_standing(s.w, A).may_sign);
    assert_int_equal(world_signal(s.w, A, 1, TODAY + 100, NULL), ERR_UNAVAILABLE);
    world_stop(s.w, A);
    world_start(s.w, A);
    world_run(s.w, 5000);
    assert_int_equal(world_signal(s.w, A, 1, TODAY + 100, NULL), ERR_UNAVAILABLE);
    take_on(s.w, A);
    world_run(s.w, 15000);
    assert_true(world_standing(s.w, A).may_sign);
    assert_int_equal(world_signal(s.w, A, 1, TODAY + 100, &index), OK);
    assert_int_equal(index, size);
    world_run(s.w, 3000);
    check_equal(s.w);
    world_free(&s.w);
}

/* Goal: a hole is found at a start, and a restart in the middle forgets nothing.
 * Method: C's archive loses two stretches while C is stopped; it is restarted before it has heard
 * anybody, and its author is away: the other peer gives what it needs. */
static void test_start(void **state)
{
    (void)state;
    struct story s = begin(5);
    cut_off(s.w, C);
    lose(s.w, C, A, 20, 5, false);
    lose(s.w, C, A, 400, 50, false);
    for (int i = 0; i < 2; i++) {
        world_stop(s.w, C);
        world_start(s.w, C);
        world_run(s.w, 3000);
        assert_true((look_gaps(s.w, C) & GAP_FEED_BEHIND) != 0);
    }
    world_join(s.w, B, C);
    world_run(s.w, 20000);
    assert_int_equal(look_gaps(s.w, C) & (GAP_FEED_BEHIND | GAP_BODY_OWED), 0);
    take_on(s.w, C);
    world_run(s.w, 5000);
    check_equal(s.w);
    world_free(&s.w);
}

struct spoiling {
    size_t to;
    bool is_on;
    size_t spoilt;
};

static size_t spoil(void *ctx, size_t from, size_t to, uint8_t *frame, size_t len)
{
    struct spoiling *sp = ctx;
    (void)from;
    if (sp->is_on && to == sp->to && len > 5000) { /* only batches are so long */
        frame[len / 2] ^= 1;
        sp->spoilt++;
    }
    return len;
}

/* Goal: nothing but what was lost closes a hole.
 * Method: every batch is altered by one bit for a while: none is taken, and none after it is
 * refused for it. */
static void test_altered(void **state)
{
    (void)state;
    struct story s = begin(6);
    struct spoiling sp = {.to = C, .is_on = true};
    world_tamper(s.w, spoil, &sp);
    lose(s.w, C, A, s.first + 50, 100, false);
    world_run(s.w, 30000);
    assert_true(sp.spoilt > 0);
    assert_true((look_gaps(s.w, C) & GAP_FEED_BEHIND) != 0);
    assert_true(world_told(s.w, C, REPORT_MESSAGE_REFUSED, ERR_COUNT) > 0);
    sp.is_on = false;
    world_run(s.w, 30000);
    assert_int_equal(look_gaps(s.w, C), 0);
    check_equal(s.w);
    world_free(&s.w);
}

/* Goal: where it is not known what members used of their allowance, it counts as used today.
 * Method: B's archive says so at its start; a consult by A fails at B and not tomorrow. */
static void test_budgets(void **state)
{
    (void)state;
    struct story s = begin(7);
    uint8_t n[32];
    struct effect e = {.type = EFFECT_PERSIST_MARK};
    e.mark.mark = MARK_BUDGETS_LOST;
    e.mark.value = 1;
    for (size_t at = B; at <= C; at++) {
        world_stop(s.w, at);
        shelf_apply(world_shelf(s.w, at), &e);
        world_start(s.w, at);
    }
    world_run(s.w, 5000);
    assert_int_not_equal(world_evaluate(s.w, A, "somebody", 40000, n), OK);
    world_skip(s.w, 86400);
    world_run(s.w, 5000);
    assert_int_equal(world_evaluate(s.w, A, "somebody", 40000, n), OK);
    world_free(&s.w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_stretches), cmocka_unit_test(test_taken_back),
        cmocka_unit_test(test_bodies),    cmocka_unit_test(test_own),
        cmocka_unit_test(test_start),     cmocka_unit_test(test_altered),
        cmocka_unit_test(test_budgets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
