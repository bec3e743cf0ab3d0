/*
 * Asking: what the asker gets and learns where keyholders are away, deceive, or the question cannot
 * be put.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "tests/sim/check.h"

enum { A = 0, B, C, D };

static struct world *three_and_member(uint64_t seed, uint32_t budget)
{
    struct world_setup setup = {.seed = seed,
                                .nodes = 4,
                                .keyholders = 3,
                                .threshold = 2,
                                .budget_a_day = budget,
                                .is_quiet = true};
    struct world *w = world_new(&setup);
    world_run(w, 5000);
    return w;
}

/* Goal: each failure has its own words, also where two end in one moment. Method: two of three
 * keyholders are off; one question is too large for the budget of the third, one is not. */
static void test_two_failures(void **state)
{
    (void)state;
    struct world *w = three_and_member(44, 100);
    world_stop(w, B);
    world_stop(w, C);
    world_run(w, 2000);
    uint64_t small = world_ask(w, D, "x", 1), large = world_ask(w, D, "y", 200);
    world_run(w, 10000);
    const struct world_answer *a = world_answer(w, D, small), *b = world_answer(w, D, large);
    assert_true(a->is_there && b->is_there);
    assert_int_equal(a->result, ERR_UNAVAILABLE);
    assert_string_equal(a->detail, "NL-KVK-00000002=unavailable NL-KVK-00000003=unavailable");
    assert_int_equal(b->result, ERR_BUDGET);
    assert_string_equal(
        b->detail,
        "NL-KVK-00000001=budget NL-KVK-00000002=unavailable NL-KVK-00000003=unavailable");
    world_free(&w);
}

static void next_refresh(struct roster *r, void *ctx)
{
    (void)ctx;
    r->keys[0].refresh++;
}

static void no_key(struct roster *r, void *ctx)
{
    (void)ctx;
    r->key_count = 0;
}

/* Goal: questions that cannot be put, and a key that changes while one is under way. */
static void test_no_question(void **state)
{
    (void)state;
    struct world *w = three_and_member(45, 0);
    static const struct {
        size_t count;
        enum err want;
    } rows[] = {
        {0,                         ERR_RANGE},
        {EVALUATION_POINTS_MAX + 1, ERR_RANGE},
        {EVALUATION_POINTS_MAX,     OK       },
        {16,                        OK       },
        {17,                        OK       },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint64_t ticket = world_ask(w, D, "x", rows[i].count);
        world_run(w, 1000);
        assert_true(world_answer(w, D, ticket)->is_there);
        assert_int_equal(world_answer(w, D, ticket)->result, rows[i].want);
        if (rows[i].want == OK)
            assert_int_equal(world_answer(w, D, ticket)->count, rows[i].count);
    }
    for (size_t node = A; node <= C; node++)
        world_part(w, node, D);
    world_run(w, 1000);
    uint64_t tickets[EVALUATIONS_MAX];
    for (size_t i = 0; i < EVALUATIONS_MAX; i++)
        tickets[i] = world_ask(w, D, "x", 1);
    assert_false(world_answer(w, D, tickets[0])->is_there);
    world_run(w, 10000);
    for (size_t i = 0; i < EVALUATIONS_MAX; i++)
        assert_int_equal(world_answer(w, D, tickets[i])->result, ERR_UNAVAILABLE);
    uint64_t ticket = world_ask(w, D, "x", 1);
    assert_int_equal(world_roster(w, D, next_refresh, NULL), OK);
    world_run(w, 2000);
    assert_false(world_answer(w, D, ticket)->is_there); /* it asks for the new sharing */
    assert_int_equal(world_roster(w, D, no_key, NULL), OK);
    assert_int_equal(world_answer(w, D, ticket)->result, ERR_EPOCH);
    ticket = world_ask(w, D, "x", 1);
    assert_int_equal(world_answer(w, D, ticket)->result, ERR_EPOCH);
    world_free(&w);
}

/* Goal: one question more than the node can have under way is refused at once, and the others go
 * on. */
static void test_full(void **state)
{
    (void)state;
    struct world *w = three_and_member(46, 0);
    uint64_t first = world_ask(w, D, "x", 1);
    for (size_t i = 1; i < EVALUATIONS_MAX; i++)
        (void)world_ask(w, D, "x", 1);
    assert_false(world_answer(w, D, first)->is_there);
    uint64_t last = world_ask(w, D, "x", 1);
    assert_int_equal(world_answer(w, D, last)->result, ERR_FULL);
    world_run(w, 1000);
    for (uint64_t ticket = first + 1; ticket < last; ticket++)
        assert_int_equal(world_answer(w, D, ticket)->result, OK);
    world_free(&w);
}

enum trick { OTHER_SHARE, NO_SCALAR, IDENTITY, ONE_POINT_LESS, MUTE, TRICKS };

struct deceit {
    struct world *world;
    size_t who;
    enum trick trick;
    size_t count;
    uint8_t asked[EVALUATION_POINTS_MAX * 32];
};

/* Evaluates with a share that is not its own, proved right for that share. */
static void answer_with_other_share(const struct deceit *d, const Seinpost__Evaluated *e)
{
    const struct share *other = &world_share(d->world, (d->who + 1) % 3)->share;
    uint8_t commitment[32], fresh[32] = {1};
    assert_int_equal(threshold_commit(other, commitment), OK);
    assert_int_equal(evaluation_answer(other, commitment, d->asked, e->points.len / 32, fresh,
                                       e->points.data, e->proof.data),
                     OK);
}

static size_t deceive(void *ctx, const struct passing *p)
{
    struct deceit *d = ctx;
    const Seinpost__Message *m = world_read(bytes_of(p->frame, p->len));
    if (p->is_arriving || m == NULL)
        return p->len;
    if (p->to == d->who && m->body_case == SEINPOST__MESSAGE__BODY_EVALUATE)
        memcpy(d->asked, m->evaluate->points.data, m->evaluate->points.len);
    if (p->from != d->who || m->body_case != SEINPOST__MESSAGE__BODY_EVALUATED)
        return p->len;
    d->count++;
    if (d->trick == MUTE)
        return 0;
    if (d->trick == OTHER_SHARE)
        answer_with_other_share(d, m->evaluated);
    if (d->trick == NO_SCALAR)
        memset(m->evaluated->proof.data, 0xff, 32);
    if (d->trick == IDENTITY)
        memset(m->evaluated->points.data + 32, 0, 32);
    if (d->trick == ONE_POINT_LESS)
        m->evaluated->points.len -= 32;
    return message_encode(m, p->frame, p->len);
}

/* Goal: a wrong answer is refused for what is wrong with it, its sender named, and another
 * keyholder asked at once; one who is silent is replaced after two seconds. The pseudonym is the
 * same. Method: B deceives; each row is tried until B is among those who are asked. */
static void test_deceit(void **state)
{
    (void)state;
    static const enum err want_error[TRICKS] = {
        [OTHER_SHARE] = ERR_PROOF,
        [NO_SCALAR] = ERR_SCALAR,
        [IDENTITY] = ERR_POINT,
        [ONE_POINT_LESS] = ERR_FORMAT,
    };
    struct world *w = three_and_member(47, 0);
    struct deceit d = {.world = w, .who = B};
    uint8_t want[32];
    assert_int_equal(world_evaluate(w, D, "x", 1000, want), OK);
    world_watch(w, deceive, &d);
    for (d.trick = 0; d.trick < TRICKS; d.trick++) {
        d.count = 0;
        for (int i = 0; i < 40 && d.count == 0; i++) {
            uint64_t ticket = world_ask(w, D, "x", 1);
            world_run(w, d.trick == MUTE ? 1900 : 100);
            const struct world_answer *a = world_answer(w, D, ticket);
            assert_int_equal(a->is_there, d.trick != MUTE || d.count == 0);
            world_run(w, 1200);
            assert_true(a->is_there);
            assert_int_equal(a->result, OK);
            assert_memory_equal(a->n[0], want, 32);
        }
        assert_int_equal(d.count, 1);
        if (d.trick != MUTE)
            assert_int_equal(world_told(w, D, REPORT_KEYHOLDER_WRONG, want_error[d.trick]), 1);
        world_run(w, 61000); /* till then B is asked last */
    }
    assert_int_equal(world_told(w, D, REPORT_KEYHOLDER_WRONG, ERR_COUNT), TRICKS - 1);
    world_free(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_two_failures),
        cmocka_unit_test(test_no_question),
        cmocka_unit_test(test_full),
        cmocka_unit_test(test_deceit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
