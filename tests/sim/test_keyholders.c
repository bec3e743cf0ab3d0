/*
 * Keyholders: who gets an evaluation, for how much a day, and what the asker is told when it gets
 * none.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sodium.h>
#include <string.h>

#include "tests/sim/check.h"
#include "tests/sim/look.h"

enum { YEAR = 365 * 86400, A = 0, B, C, D };

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

static uint32_t charged(struct world *w, size_t at, size_t member)
{
    return shelf_charged(world_shelf(w, at), world_author(w, member));
}

/* ---- Requests written by hand ---- */

struct replies {
    size_t evaluated, refused;
    uint32_t reason;
};

static size_t count_replies(void *ctx, const struct passing *p)
{
    struct replies *r = ctx;
    const Seinpost__Message *m = world_read(bytes_of(p->frame, p->len));
    if (p->is_arriving || m == NULL)
        return p->len;
    r->evaluated += m->body_case == SEINPOST__MESSAGE__BODY_EVALUATED;
    if (m->body_case == SEINPOST__MESSAGE__BODY_REFUSAL) {
        r->refused++;
        r->reason = m->refusal->reason;
    }
    return p->len;
}

struct request {
    uint8_t id;
    uint8_t points; /* which ones */
    size_t len;     /* bytes of them */
    uint32_t key, epoch, refresh;
    size_t id_len, purpose_len;
};

static void send_request(struct world *w, size_t from, size_t to, const struct request *q)
{
    static uint8_t points[EVALUATION_POINTS_MAX * 32 + 32];
    uint8_t id[17] = {0}, purpose[33] = {0};
    for (uint32_t i = 0; (i + 1) * 32 <= sizeof points; i++) {
        uint8_t wide[64] = {0};
        memcpy(wide, &i, sizeof i);
        wide[63] = q->points;
        crypto_core_ristretto255_from_hash(points + i * 32, wide);
    }
    if (q->points == 0)
        memset(points, 0xff, sizeof points);
    id[0] = q->id;
    Seinpost__Evaluate e = SEINPOST__EVALUATE__INIT;
    Seinpost__Message m = SEINPOST__MESSAGE__INIT;
    m.body_case = SEINPOST__MESSAGE__BODY_EVALUATE;
    m.evaluate = &e;
    e.request = (ProtobufCBinaryData){q->id_len, id};
    e.key = q->key;
    e.epoch = q->epoch;
    e.refresh = q->refresh;
    e.points = (ProtobufCBinaryData){q->len, points};
    e.purpose = (ProtobufCBinaryData){q->purpose_len, purpose};
    world_inject_message(w, from, to, &m);
}

/* Goal: a repeat is answered and costs nothing, everything unlawful is refused with a coarse reason
 * and costs nothing, the budget is exact to the element. Method: one row is one request by D to A,
 * in order; A's budget is 300. */
static void test_requests(void **state)
{
    (void)state;
    static const struct {
        struct request q;
        uint32_t reason; /* OK: evaluated; ERR_COUNT: no reply at all */
        enum err report; /* OK: none */
        uint32_t used;
        const char *why;
    } rows[] = {
        {{1, 1, 512, 1, 1, 0, 16, 32},  OK,               OK,            16,  "the first"                   },
        {{1, 1, 512, 1, 1, 0, 16, 32},  OK,               OK,            16,  "its repeat"                  },
        {{1, 2, 512, 1, 1, 0, 16, 32},  ERR_UNAUTHORISED, ERR_DUPLICATE, 16,  "its id, other points"        },
        {{1, 1, 544, 1, 1, 0, 16, 32},
         ERR_UNAUTHORISED,                                ERR_DUPLICATE,
         16,                                                                  "its id, one point more"      },
        {{2, 0, 512, 1, 1, 0, 16, 32},  ERR_UNAUTHORISED, ERR_POINT,     16,  "points that are none"        },
        {{2, 1, 0, 1, 1, 0, 16, 32},    ERR_UNAUTHORISED, ERR_RANGE,     16,  "no points"                   },
        {{2, 1, 511, 1, 1, 0, 16, 32},  ERR_UNAUTHORISED, ERR_RANGE,     16,  "half a point"                },
        {{2, 1, 8224, 1, 1, 0, 16, 32}, ERR_UNAUTHORISED, ERR_RANGE,     16,  "257 points"                  },
        {{2, 1, 512, 2, 1, 0, 16, 32},  ERR_EPOCH,        OK,            16,  "the key for statistics"      },
        {{2, 1, 512, 1, 2, 0, 16, 32},  ERR_EPOCH,        OK,            16,  "another key period"          },
        {{2, 1, 512, 1, 1, 1, 16, 32},  ERR_EPOCH,        OK,            16,  "another refresh"             },
        {{2, 1, 512, 1, 1, 0, 15, 32},  ERR_COUNT,        ERR_FORMAT,    16,  "a short id"                  },
        {{2, 1, 512, 1, 1, 0, 16, 33},  ERR_COUNT,        ERR_FORMAT,    16,  "a long purpose"              },
        {{2, 2, 8192, 1, 1, 0, 16, 32}, OK,               OK,            272, "256 more"                    },
        {{3, 3, 928, 1, 1, 0, 16, 32},  ERR_BUDGET,       OK,            272, "29, of which one is too many"},
        {{3, 3, 896, 1, 1, 0, 16, 32},  OK,               OK,            300, "28"                          },
        {{4, 4, 32, 1, 1, 0, 16, 32},   ERR_BUDGET,       OK,            300, "one more"                    },
        {{1, 1, 512, 1, 1, 0, 16, 32},  OK,               OK,            300, "the first, once again"       },
    };
    struct world *w = three_and_member(41, 300);
    struct replies r = {0};
    world_watch(w, count_replies, &r);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        print_message("%s\n", rows[i].why);
        struct replies was = r;
        size_t told = world_told(w, A, REPORT_MESSAGE_REFUSED, ERR_COUNT);
        size_t why = world_told(w, A, REPORT_MESSAGE_REFUSED, rows[i].report);
        send_request(w, D, A, &rows[i].q);
        assert_int_equal(r.evaluated - was.evaluated, rows[i].reason == OK);
        assert_int_equal(r.refused - was.refused,
                         rows[i].reason != OK && rows[i].reason != ERR_COUNT);
        if (r.refused > was.refused)
            assert_int_equal(r.reason, rows[i].reason);
        assert_int_equal(world_told(w, A, REPORT_MESSAGE_REFUSED, ERR_COUNT) - told,
                         rows[i].report != OK);
        assert_int_equal(world_told(w, A, REPORT_MESSAGE_REFUSED, rows[i].report) - why,
                         rows[i].report != OK);
        assert_int_equal(charged(w, A, D), rows[i].used);
        if (i % 4 == 3) { /* also across starts */
            world_stop(w, A);
            world_start(w, A);
            world_run(w, 2000);
        }
    }
    world_free(&w);
}

/* ---- Budgets and time ---- */

/* Goal: a clock that was far ahead for an hour gives away at most one day's budget, and budgets are
 * renewed the day after as ever. Method: A and C stop, so that D's answers have to come from B,
 * whose clock jumps ten years and back. */
static void test_clock_jump(void **state)
{
    (void)state;
    struct world_setup setup = {.seed = 42,
                                .nodes = 3,
                                .keyholders = 2,
                                .threshold = 2,
                                .budget_a_day = 16,
                                .is_quiet = true};
    struct world *w = world_new(&setup);
    world_run(w, 5000);
    assert_int_equal(world_evaluate(w, C, "x", 5000, NULL), OK);
    assert_int_equal(world_evaluate(w, C, "x", 5000, NULL), ERR_BUDGET);
    world_set_ahead(w, B, 10 * (int64_t)YEAR);
    world_run(w, 5000);
    for (int i = 0; i < 3; i++)
        (void)world_evaluate(w, C, "x", 5000, NULL);
    assert_true(charged(w, B, C) <= 32);
    world_set_ahead(w, B, 0);
    world_run(w, 5000);
    assert_int_equal(world_evaluate(w, C, "x", 5000, NULL), ERR_BUDGET);
    for (int day = 1; day <= 3; day++) {
        world_skip(w, 86400);
        world_run(w, 5000);
    }
    assert_int_equal(world_evaluate(w, C, "x", 5000, NULL), OK);
    world_free(&w);
}

/* Goal: a keyholder that was put back to the morning's image gives nothing more that day, not even
 * to one who asks before anybody else is there. Method: D uses its budget up at A; A goes back and
 * meets D alone, then all; D has a request ready for every moment. */
static void test_restored_keyholder(void **state)
{
    (void)state;
    struct world *w = three_and_member(43, 64);
    struct shelf *morning = shelf_copy(world_shelf(w, A));
    size_t asked = 0; /* before others were there */
    for (uint8_t i = 0; i < 4; i++)
        send_request(w, D, A, &(struct request){(uint8_t)(10 + i), 1, 512, 1, 1, 0, 16, 32});
    assert_int_equal(charged(w, A, D), 64);
    assert_int_equal(world_signals(w, A, 1, 5, NULL), OK);
    world_run(w, 1000);
    world_part(w, A, B);
    world_part(w, A, C);
    world_stop(w, A);
    world_swap_shelf(w, A, morning);
    world_start(w, A);
    for (uint8_t i = 0; i < 200; i++) {
        world_run(w, i < 100 ? 1 : 300);
        if (i == 150) {
            world_join(w, A, B);
            world_join(w, A, C);
        }
        if (!look_feed(w, A, D).is_up)
            continue;
        send_request(w, D, A, &(struct request){(uint8_t)(20 + i), 1, 512, 1, 1, 0, 16, 32});
        asked += i < 150;
    }
    assert_true(asked > 20);
    assert_true(world_standing(w, A).may_sign);
    assert_int_equal(charged(w, A, D), 0);
    world_skip(w, 86400);
    world_run(w, 1000);
    send_request(w, D, A, &(struct request){1, 1, 512, 1, 1, 0, 16, 32});
    assert_int_equal(charged(w, A, D), 16);
    world_free(&w);
}

/* ---- What the asker learns ---- */

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
    assert_int_equal(world_answer(w, D, ticket)->result, ERR_EPOCH);
    assert_int_equal(world_roster(w, D, no_key, NULL), OK);
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

struct deceit {
    struct world *world;
    size_t who; /* answers with the share of another, or not at all */
    bool is_mute;
    size_t count;
    uint8_t asked[EVALUATION_POINTS_MAX * 32];
};

/* Answers with a share that is not its own, proved right for that share. */
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
    if (d->is_mute)
        return 0;
    const struct share *other = &world_share(d->world, (d->who + 1) % 3)->share;
    uint8_t commitment[32], fresh[32] = {1};
    assert_int_equal(threshold_commit(other, commitment), OK);
    assert_int_equal(evaluation_answer(other, commitment, d->asked, m->evaluated->points.len / 32,
                                       fresh, m->evaluated->points.data, m->evaluated->proof.data),
                     OK);
    size_t len = message_encode(m, p->frame, p->len);
    assert_int_equal(len, p->len);
    return len;
}

/* Goal: an answer with another keyholder's share is refused, its sender named, and another asked at
 * once; one who is silent is replaced after two seconds. */
static void test_deceit(void **state)
{
    (void)state;
    struct world *w = three_and_member(47, 0);
    struct deceit d = {.world = w, .who = B};
    uint8_t want[32], got[32];
    assert_int_equal(world_evaluate(w, D, "x", 1000, want), OK);
    world_watch(w, deceive, &d);
    for (int i = 0; i < 10 && d.count == 0; i++)
        assert_int_equal(world_evaluate(w, D, "x", 200, got), OK);
    assert_int_equal(d.count, 1);
    assert_memory_equal(got, want, 32);
    assert_int_equal(world_told(w, D, REPORT_KEYHOLDER_WRONG, ERR_PROOF), 1);
    d.is_mute = true;
    d.count = 0;
    for (int i = 0; i < 20 && d.count == 0; i++) {
        uint64_t ticket = world_ask(w, D, "x", 1);
        world_run(w, 1900);
        assert_true(world_answer(w, D, ticket)->is_there || d.count == 1);
        world_run(w, 1200);
        assert_int_equal(world_answer(w, D, ticket)->result, OK);
        assert_true(world_answer(w, D, ticket)->is_there);
        assert_memory_equal(world_answer(w, D, ticket)->n[0], want, 32);
    }
    assert_int_equal(d.count, 1);
    world_free(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_requests),
        cmocka_unit_test(test_clock_jump),
        cmocka_unit_test(test_restored_keyholder),
        cmocka_unit_test(test_two_failures),
        cmocka_unit_test(test_no_question),
        cmocka_unit_test(test_full),
        cmocka_unit_test(test_deceit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
