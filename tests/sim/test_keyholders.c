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
                                .budget_a_day = CONSULT_POINTS,
                                .is_quiet = true};
    struct world *w = world_new(&setup);
    world_run(w, 5000);
    assert_int_equal(world_evaluate(w, C, "x", 5000, NULL), OK);
    assert_int_equal(world_evaluate(w, C, "x", 5000, NULL), ERR_BUDGET);
    world_set_ahead(w, B, 10 * (int64_t)YEAR);
    world_run(w, 5000);
    for (int i = 0; i < 3; i++)
        (void)world_evaluate(w, C, "x", 5000, NULL);
    assert_true(charged(w, B, C) <= 2 * CONSULT_POINTS);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_requests),
        cmocka_unit_test(test_clock_jump),
        cmocka_unit_test(test_restored_keyholder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
