/*
 * Goal: a threshold of keyholders gives the one true pseudonym, within exact budgets; wrong, silent
 * and forged answers are seen through; a member list decides who may ask. Method: cores on virtual
 * time; the truth is computed from the key that the shares were dealt from.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sodium.h>
#include <string.h>

#include "proto/seinpost.pb-c.h"
#include "proto/wire.h"
#include "protocol/voprf.h"
#include "tests/sim/world.h"

static struct world *five(uint32_t budget)
{
    struct world_setup setup = {
        .seed = 9, .nodes = 6, .keyholders = 5, .threshold = 3, .budget_a_day = budget};
    struct world *w = world_new(&setup);
    world_run(w, 8000);
    return w;
}

enum { ASKER = 5 }; /* a member that holds no share */

/* secret * HashToGroup("seinpost/v1/subject" || 1 || text). */
static void truth(struct world *w, const char *text, uint8_t n[32])
{
    uint8_t input[EVALUATION_SUBJECT_BYTES_MAX], element[POINT_BYTES];
    size_t len;
    evaluation_subject(1, bytes_of(text, strlen(text)), input, &len);
    voprf_hash_to_group(VOPRF_VOPRF, bytes_of(input, len), element);
    assert_int_equal(point_mul(world_secret(w), element, n), OK);
}

static void test_truth(void **state)
{
    (void)state;
    struct world *w = five(0);
    uint8_t want[32], got[32];
    for (size_t node = 0; node < 6; node++) {
        truth(w, "somebody", want);
        assert_int_equal(world_evaluate(w, node, "somebody", 5000, got), OK);
        assert_memory_equal(got, want, 32);
    }
    truth(w, "somebody else", want);
    assert_memory_not_equal(got, want, 32);
    world_free(&w);
}

static void test_absent_keyholders(void **state)
{
    (void)state;
    struct world *w = five(0);
    uint8_t want[32], got[32];
    world_stop(w, 0);
    world_stop(w, 3);
    truth(w, "x", want);
    assert_int_equal(world_evaluate(w, ASKER, "x", 10000, got), OK);
    assert_memory_equal(got, want, 32);
    world_stop(w, 1);
    assert_int_equal(world_evaluate(w, ASKER, "x", 20000, got), ERR_UNAVAILABLE);
    world_start(w, 0);
    world_run(w, 3000);
    assert_int_equal(world_evaluate(w, ASKER, "x", 20000, got), OK);
    world_free(&w);
}

/* Exactly floor(budget / 16) questions of 16 points, also after restarts and with the clock set
 * back. */
static void test_budget(void **state)
{
    (void)state;
    struct world_setup setup = {
        .seed = 3, .nodes = 3, .keyholders = 2, .threshold = 2, .budget_a_day = 200};
    struct world *w = world_new(&setup);
    world_run(w, 5000);
    for (int i = 0; i < 6; i++) {
        assert_int_equal(world_evaluate(w, 2, "x", 5000, NULL), OK);
        if (i == 2 || i == 4) {
            world_stop(w, 0);
            world_start(w, 0);
            world_run(w, 3000);
        }
    }
    assert_int_equal(world_evaluate(w, 2, "x", 5000, NULL), ERR_BUDGET);
    assert_int_equal(world_evaluate(w, 1, "x", 5000, NULL), OK); /* each member has its own */
    world_skip(w, -2 * 86400);
    assert_int_equal(world_evaluate(w, 2, "x", 5000, NULL), ERR_BUDGET);
    world_skip(w, 3 * 86400);
    world_run(w, 2000);
    assert_int_equal(world_evaluate(w, 2, "x", 5000, NULL), OK);
    world_free(&w);
}

enum trick { TRICK_NONE, TRICK_SWAP, TRICK_IDENTITY, TRICK_PROOF, TRICK_SILENCE };

struct liar {
    enum trick trick;
    size_t who;
    size_t tricks;
};

/* Changes what one keyholder answers. */
static size_t lie(void *ctx, size_t from, size_t to, uint8_t *frame, size_t len)
{
    static uint8_t room[WIRE_ARENA_BYTES];
    struct liar *l = ctx;
    struct wire_arena arena;
    Seinpost__Message *m;
    (void)to;
    wire_arena_init(&arena, room, sizeof room);
    if (from != l->who || l->trick == TRICK_NONE ||
        message_decode(bytes_of(frame, len), &arena, &m) != OK ||
        m->body_case != SEINPOST__MESSAGE__BODY_EVALUATED)
        return len;
    l->tricks++;
    uint8_t *points = m->evaluated->points.data, keep[32];
    switch (l->trick) {
    case TRICK_SWAP:
        memcpy(keep, points, 32);
        memcpy(points, points + 32, 32);
        memcpy(points + 32, keep, 32);
        break;
    case TRICK_IDENTITY:
        memset(points, 0, 32);
        break;
    case TRICK_PROOF:
        m->evaluated->proof.data[5] ^= 1;
        break;
    case TRICK_SILENCE:
        return 0;
    case TRICK_NONE:
        break;
    }
    return message_encode(m, frame, len);
}

static void test_wrong_answers(void **state)
{
    (void)state;
    static const enum trick tricks[] = {TRICK_SWAP, TRICK_IDENTITY, TRICK_PROOF, TRICK_SILENCE};
    struct world *w = five(0);
    struct liar l = {.who = 2};
    world_tamper(w, lie, &l);
    uint8_t want[32], got[32];
    truth(w, "x", want);
    for (size_t i = 0; i < sizeof tricks / sizeof tricks[0]; i++) {
        l.trick = tricks[i];
        l.tricks = 0;
        size_t named = world_reports(w, REPORT_KEYHOLDER_WRONG);
        for (int n = 0; n < 12 && l.tricks == 0; n++) { /* keyholders are asked in random order */
            assert_int_equal(world_evaluate(w, ASKER, "x", 14000, got), OK);
            assert_memory_equal(got, want, 32);
        }
        assert_true(l.tricks > 0);
        if (tricks[i] != TRICK_SILENCE)
            assert_true(world_reports(w, REPORT_KEYHOLDER_WRONG) > named);
        world_run(w, 61000); /* till then it is asked last */
    }
    world_free(&w);
}

static void observer_only(struct roster *r, void *ctx)
{
    r->organisations[*(size_t *)ctx].roles = ROLE_OBSERVER;
}

/* Who is no member gets no evaluation, from the moment that a keyholder has the new member list. */
static void test_roles(void **state)
{
    (void)state;
    struct world *w = five(0);
    size_t who = ASKER;
    assert_int_equal(world_roster(w, 0, observer_only, &who), OK);
    world_run(w, 5000);
    assert_int_not_equal(world_evaluate(w, ASKER, "x", 20000, NULL), OK);
    assert_int_equal(world_evaluate(w, 4, "x", 5000, NULL), OK);
    world_free(&w);
}

static void suspend(struct roster *r, void *ctx)
{
    r->organisations[*(size_t *)ctx].status = ORG_SUSPENDED;
}

/* A suspended member is cut when its peers adopt the list, and nothing of it is accepted any more.
 */
static void test_suspension(void **state)
{
    (void)state;
    struct world *w = five(0);
    size_t who = ASKER;
    uint64_t before = shelf_size(world_shelf(w, 0), world_author(w, ASKER));
    for (size_t node = 0; node < 5; node++) /* it does not hear of the list itself */
        world_part(w, node, ASKER);
    assert_int_equal(world_roster(w, 0, suspend, &who), OK);
    world_run(w, 2000);
    for (size_t node = 0; node < 5; node++) {
        assert_int_equal(federation_roster(world_core(w, node))->version, 2);
        world_join(w, node, ASKER);
    }
    assert_int_equal(world_signal(w, ASKER, 5, WORLD_START_UTC / 86400 + 10, NULL), OK);
    world_run(w, 10000);
    for (size_t node = 0; node < 5; node++)
        assert_int_equal(shelf_size(world_shelf(w, node), world_author(w, ASKER)), before);
    assert_true(world_reports(w, REPORT_LINK_REFUSED) > 0);
    assert_int_not_equal(world_evaluate(w, ASKER, "x", 20000, NULL), OK);
    world_free(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_truth),  cmocka_unit_test(test_absent_keyholders),
        cmocka_unit_test(test_budget), cmocka_unit_test(test_wrong_answers),
        cmocka_unit_test(test_roles),  cmocka_unit_test(test_suspension),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
