/*
 * Goal: software of several protocol versions makes up one federation: each two speak the highest
 * version that both have, an old node stores and passes on what only newer ones read, says so, and
 * never says "no match" over something that it cannot read; once it is renewed it reads everything.
 * Method: unchanged cores of three ranges in one world. Version 2 is told apart by a judge of its
 * own, which knows an entry type and a form of registration that version 1 does not.
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

enum { TODAY = WORLD_START_UTC / 86400, A = 0, B, C, D, TYPE_OF_2 = 200, MANY = 600 };

static enum err judge_2(const struct header *h, const struct body *b)
{
    (void)h;
    bool is_known = b->type == TYPE_OF_2 || (b->type == ENTRY_SIGNAL && b->payload.data[0] == 2);
    return is_known ? OK : ERR_VERSION;
}

/* A and C speak 1 and 2, B only 1, D 2 and a later one. */
static struct world *three_ranges(void)
{
    struct world_setup setup = {
        .seed = 9,
        .nodes = 4,
        .keyholders = 3,
        .threshold = 2,
        .software = {[A] = {1, 2, judge_2},
                     [B] = {1, 1, NULL},
                     [C] = {1, 2, judge_2},
                     [D] = {2, 3, judge_2}}
    };
    struct world *w = world_new(&setup);
    world_run(w, 5000);
    return w;
}

/* Appends count entries of a type at A, whose payload is one byte; returns the first's index. */
static uint64_t append(struct world *w, uint8_t type, uint8_t version, size_t count)
{
    static struct draft drafts[MANY];
    uint8_t payload[1] = {version};
    uint64_t first = 0;
    for (size_t i = 0; i < count; i++) {
        drafts[i] = (struct draft){.type = type, .payload = bytes_of(payload, 1)};
        drafts[i].expires_day = type == ENTRY_SIGNAL || type == TYPE_OF_2 ? TODAY + 365 : 0;
        bool has_target = type == ENTRY_AMEND || type == ENTRY_RETRACT || type == ENTRY_RETAG;
        drafts[i].ref_plus_one = has_target ? 1 : 0;
    }
    assert_int_equal(world_append(w, A, drafts, count, &first), OK);
    return first;
}

static void assert_counts(struct world *w, size_t at, uint64_t opaque, uint64_t newer)
{
    struct feed_status s = look_feed(w, at, A);
    assert_int_equal(s.opaque, opaque);
    assert_int_equal(s.newer, newer);
    check_node(w, at);
}

/* Goal: the highest version that both have is spoken; two that share none part, each knows what the
 * other offers, and both still hold everybody's entries. */
static void test_ranges(void **state)
{
    (void)state;
    static const uint32_t want[4][4] = {
        [A] = {[B] = 1, [C] = 2, [D] = 2},
        [B] = {[A] = 1, [C] = 1, [D] = 0},
        [C] = {[A] = 2, [B] = 1, [D] = 2},
        [D] = {[A] = 2, [B] = 0, [C] = 2},
    };
    struct world *w = three_ranges();
    for (size_t at = A; at <= D; at++)
        for (size_t of = A; of <= D; of++)
            if (at != of)
                assert_int_equal(look_feed(w, at, of).version, want[at][of]);
    assert_true(world_told(w, B, REPORT_VERSION, ERR_VERSION) > 0);
    assert_true(world_told(w, D, REPORT_VERSION, ERR_VERSION) > 0);
    assert_int_equal(world_told(w, A, REPORT_VERSION, ERR_COUNT), 0);
    assert_int_equal(world_told(w, C, REPORT_VERSION, ERR_COUNT), 0);
    struct feed_status d = look_feed(w, B, D), b = look_feed(w, D, B), c = look_feed(w, A, C);
    assert_true(d.offers_min == 2 && d.offers_max == 3 && !d.is_up);
    assert_true(b.offers_min == 1 && b.offers_max == 1 && !b.is_up);
    assert_true(c.offers_min == 0 && c.offers_max == 0 && c.is_up);
    assert_true(world_standing(w, B).may_sign && world_standing(w, D).may_sign);
    assert_int_equal(world_signal(w, B, 1, TODAY + 9, NULL), OK);
    assert_int_equal(world_signal(w, D, 2, TODAY + 9, NULL), OK);
    world_run(w, 3000);
    assert_int_equal(look_matches(w, D, 1, TODAY), 1);
    assert_int_equal(look_matches(w, B, 2, TODAY), 1);
    assert_int_equal(look_gaps(w, B), 0);
    check_equal(w);
    world_free(&w);
}

/* Goal: what only version 2 knows goes through a node of version 1 unchanged, which counts it and
 * whose answers do not suffer from a type that no answer rests on. Method: A reaches B only. */
static void test_passed_on(void **state)
{
    (void)state;
    struct world *w = three_ranges();
    world_part(w, A, C);
    world_part(w, A, D);
    uint64_t index = append(w, TYPE_OF_2, 1, 1);
    world_run(w, 15000);
    assert_int_equal(look_state(w, B, A, index), STATE_OPAQUE);
    assert_int_equal(look_state(w, C, A, index), STATE_HELD);
    assert_int_equal(look_state(w, D, A, index), STATE_HELD);
    assert_counts(w, B, 1, 0);
    assert_counts(w, C, 0, 0);
    assert_int_equal(look_gaps(w, B), 0);
    uint8_t at_b[BODY_BYTES_MAX], at_d[BODY_BYTES_MAX];
    assert_int_equal(look_body(w, B, A, index, at_b), BODY_UNIT_BYTES);
    assert_int_equal(look_body(w, D, A, index, at_d), BODY_UNIT_BYTES);
    assert_memory_equal(at_b, at_d, BODY_UNIT_BYTES);
    world_free(&w);
}

/* Goal: over a registration in a form that it cannot read an old node cannot say "no match"; once
 * that is erased, it can. */
static void test_cannot_say(void **state)
{
    (void)state;
    struct world *w = three_ranges();
    uint64_t index = append(w, ENTRY_SIGNAL, 2, 1);
    world_run(w, 1000);
    assert_int_equal(look_state(w, B, A, index), STATE_NEWER);
    assert_counts(w, B, 1, 1);
    assert_int_equal(look_gaps(w, B), GAP_VERSION);
    assert_int_equal(answer_decide(look_gaps(w, B), ANSWER_NO_MATCH), ANSWER_CANNOT_SAY);
    assert_int_equal(answer_decide(look_gaps(w, B), ANSWER_CONFIRMED), ANSWER_CONFIRMED);
    assert_int_equal(look_gaps(w, C), 0);
    assert_int_equal(world_erase(w, A, index), OK);
    world_run(w, 1000);
    assert_int_equal(look_state(w, B, A, index), STATE_ERASED);
    assert_counts(w, B, 0, 0);
    assert_int_equal(look_gaps(w, B), 0);
    world_free(&w);
}

/* Goal: types on which an answer rests are told from the others, known to this software or not.
 * Method: a row is an entry that version 1 cannot read. */
static void test_which_matter(void **state)
{
    (void)state;
    static const struct {
        uint8_t type;
        enum entry_state want;
    } rows[] = {
        {ENTRY_SIGNAL,   STATE_NEWER },
        {ENTRY_AMEND,    STATE_NEWER },
        {ENTRY_RETRACT,  STATE_NEWER },
        {ENTRY_RETAG,    STATE_NEWER },
        {ENTRY_RECEIPT,  STATE_OPAQUE},
        {ENTRY_PROFILE,  STATE_OPAQUE},
        {ENTRY_ALERT,    STATE_OPAQUE},
        {ENTRY_CEREMONY, STATE_OPAQUE},
        {TYPE_OF_2,      STATE_OPAQUE},
        {255,            STATE_OPAQUE},
    };
    enum { ROWS = sizeof rows / sizeof rows[0] };
    struct world_setup setup = {.seed = 10, .nodes = 2, .keyholders = 2, .threshold = 2};
    struct world *w = world_new(&setup);
    world_run(w, 5000);
    for (size_t i = 0; i < ROWS; i++) {
        uint64_t index = append(w, rows[i].type, 99, 1);
        world_run(w, 100);
        assert_int_equal(look_state(w, B, A, index), rows[i].want);
    }
    assert_counts(w, B, ROWS, 4);
    world_free(&w);
}

/* Goal: renewed software reads what was kept for it, however much, and then there is no gap and
 * nobody apart. Method: more opaque entries than are read in one go; some erased meanwhile. */
static void test_renewed(void **state)
{
    (void)state;
    struct world *w = three_ranges();
    uint64_t many = append(w, TYPE_OF_2, 1, MANY);
    uint64_t matters = append(w, ENTRY_SIGNAL, 2, 3);
    assert_int_equal(world_erase(w, A, many + 5), OK);
    world_run(w, 3000);
    assert_counts(w, B, MANY + 2, 3);
    world_stop(w, B);
    world_start(w, B); /* the same software: nothing changes */
    world_run(w, 10000);
    assert_counts(w, B, MANY + 2, 3);
    assert_int_equal(look_gaps(w, B), GAP_VERSION);
    world_stop(w, B);
    world_install(w, B, (struct world_software){1, 2, judge_2});
    world_start(w, B);
    world_run(w, 10000);
    assert_counts(w, B, 0, 0);
    assert_int_equal(look_state(w, B, A, matters), STATE_HELD);
    assert_int_equal(look_state(w, B, A, many + MANY - 1), STATE_HELD);
    assert_int_equal(look_state(w, B, A, many + 5), STATE_ERASED);
    assert_int_equal(look_gaps(w, B), 0);
    assert_int_equal(look_feed(w, B, D).version, 2);
    assert_int_equal(look_feed(w, B, D).offers_max, 0);
    assert_int_equal(look_feed(w, D, B).offers_max, 0);
    check_equal(w);
    world_free(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ranges),     cmocka_unit_test(test_passed_on),
        cmocka_unit_test(test_cannot_say), cmocka_unit_test(test_which_matter),
        cmocka_unit_test(test_renewed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
