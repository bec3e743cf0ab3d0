/*
 * Goal: what comes twice counts once, what is forged counts not at all, and nobody sends more than
 * it was given credit for. Method: a tampering hook records or reads every frame between unchanged
 * cores; recorded frames are given again, to the node that they were meant for, and what it holds
 * and charged is compared.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "proto/wire.h"
#include "tests/sim/look.h"

enum { TODAY = WORLD_START_UTC / 86400, A = 0, B, C, FRAMES_MAX = 4096 };

struct record {
    struct {
        size_t from, to, len;
        uint8_t *frame;
    } row[FRAMES_MAX];
    size_t count;
};

static size_t keep(void *ctx, size_t from, size_t to, uint8_t *frame, size_t len)
{
    struct record *r = ctx;
    assert_true(r->count < FRAMES_MAX);
    r->row[r->count].from = from;
    r->row[r->count].to = to;
    r->row[r->count].len = len;
    r->row[r->count].frame = malloc(len);
    assert_non_null(r->row[r->count].frame);
    memcpy(r->row[r->count++].frame, frame, len);
    return len;
}

static uint32_t charged(struct world *w, size_t keyholder, size_t member)
{
    return shelf_charged(world_shelf(w, keyholder), world_author(w, member));
}

/* Goal: I6. Method: signals, erasures, a list and evaluations pass; then every frame of it is given
 * again, in order, twice, over connections that were opened since. */
static void test_everything_twice(void **state)
{
    (void)state;
    static struct record r;
    struct world_setup setup = {.seed = 1, .nodes = 3, .keyholders = 3, .threshold = 2};
    struct world *w = world_new(&setup);
    world_tamper(w, keep, &r);
    world_run(w, 5000);
    uint64_t index;
    for (uint32_t i = 0; i < 5; i++)
        assert_int_equal(world_signal(w, i % 3, i, TODAY + 50, &index), OK);
    assert_int_equal(world_erase(w, B, index), OK); /* the last was B's */
    assert_int_equal(world_evaluate(w, C, "somebody", 5000, NULL), OK);
    assert_int_equal(world_roster(w, A, NULL, NULL), OK);
    world_run(w, 5000);
    world_tamper(w, NULL, NULL);
    assert_true(r.count > 50);

    struct feed_status before[3][3];
    uint32_t was[3];
    for (size_t at = A; at <= C; at++) {
        was[at] = charged(w, at, C);
        for (size_t of = A; of <= C; of++)
            before[at][of] = look_feed(w, at, of);
    }
    for (size_t i = 0; i < 2 * r.count; i++) {
        size_t n = i % r.count;
        world_inject(w, r.row[n].from, r.row[n].to, bytes_of(r.row[n].frame, r.row[n].len));
        world_run(w, 20);
    }
    world_run(w, 1000);
    for (size_t at = A; at <= C; at++) {
        assert_int_equal(charged(w, at, C), was[at]);
        assert_int_equal(federation_roster(world_core(w, at))->version, 2);
        assert_int_equal(shelf_receipts(world_shelf(w, B), index), 2);
        for (size_t of = A; of <= C; of++) {
            struct feed_status now = look_feed(w, at, of);
            assert_int_equal(now.size, before[at][of].size);
            assert_int_equal(now.owed, before[at][of].owed);
            assert_int_equal(now.refused, before[at][of].refused);
            assert_false(now.is_disputed);
        }
    }
    assert_true(look_equal(w, 3));
    assert_int_equal(world_signal(w, A, 9, TODAY + 50, NULL), OK);
    world_run(w, 90000); /* an old cursor that came again delays, and no more */
    assert_int_equal(look_matches(w, C, 9, TODAY), 1);
    assert_true(look_equal(w, 3));
    for (size_t i = 0; i < r.count; i++)
        free(r.row[i].frame);
    world_free(&w);
}

/* What one node has under way to another of one feed, by the frames alone. */
struct meter {
    uint8_t author[AUTHOR_BYTES];
    uint64_t acked;
    uint32_t credit, credit_before;
    struct {
        uint64_t end;
        size_t bytes;
    } way[16];
    size_t count;
    size_t most;   /* ever under way */
    size_t frames; /* batches seen */
    bool is_exceeded;
};

static void meter_batch(struct meter *m, const Seinpost__Batch *b)
{
    size_t total = b->headers.len + b->bodies.len + b->proof.len, kept = 0;
    if (b->headers.len == 0)
        return;
    for (size_t i = 0; i < m->count; i++) {
        if (m->way[i].end > m->acked) {
            total += m->way[i].bytes;
            m->way[kept++] = m->way[i];
        }
    }
    m->count = kept;
    uint32_t allowed = m->credit > m->credit_before ? m->credit : m->credit_before;
    m->is_exceeded = m->is_exceeded || total > allowed || m->count == 16;
    m->way[m->count].end = b->first + b->headers.len / HEADER_BYTES;
    m->way[m->count % 16].bytes = b->headers.len + b->bodies.len + b->proof.len;
    m->count += m->count < 15;
    m->frames++;
    m->most = total > m->most ? total : m->most;
}

/* C follows A's feed from one of the others at a time. */
static size_t measure(void *ctx, size_t from, size_t to, uint8_t *frame, size_t len)
{
    static uint8_t room[WIRE_ARENA_BYTES];
    struct meter *m = ctx;
    struct wire_arena arena;
    Seinpost__Message *msg;
    wire_arena_init(&arena, room, sizeof room);
    if (message_decode(bytes_of(frame, len), &arena, &msg) != OK)
        return len;
    if (from == C && msg->body_case == SEINPOST__MESSAGE__BODY_FOLLOW &&
        memcmp(msg->follow->author.data, m->author, AUTHOR_BYTES) == 0) {
        m->credit_before = m->credit;
        m->credit = msg->follow->credit;
        m->acked = msg->follow->size;
    }
    if (to == C && msg->body_case == SEINPOST__MESSAGE__BODY_BATCH &&
        memcmp(msg->batch->author.data, m->author, AUTHOR_BYTES) == 0)
        meter_batch(m, msg->batch);
    return len;
}

/* Goal: the backlog comes in batches within credit, and through a relay where the author is away;
 * the trees are equal. Method: C is away for 6,000 entries; A goes before C is back. */
static void test_credit(void **state)
{
    (void)state;
    struct world_setup setup = {.seed = 2, .nodes = 3, .keyholders = 3, .threshold = 2};
    struct world *w = world_new(&setup);
    world_run(w, 5000);
    world_stop(w, C);
    static struct draft drafts[1000];
    static uint8_t payload[1000][SIGNAL_BYTES_MAX];
    for (uint32_t n = 0; n < 6; n++) {
        for (uint32_t i = 0; i < 1000; i++)
            drafts[i] = look_signal(n * 1000 + i, TODAY + 100, payload[i]);
        assert_int_equal(world_append(w, A, drafts, 1000, NULL), OK);
    }
    world_run(w, 5000);
    world_stop(w, A);
    static struct meter m;
    memcpy(m.author, world_author(w, A), AUTHOR_BYTES);
    world_tamper(w, measure, &m);
    world_start(w, C);
    world_run(w, 20000);
    assert_int_equal(look_feed(w, C, A).size, look_feed(w, B, A).size);
    assert_int_equal(look_matches(w, C, 5999, TODAY), 1);
    assert_true(look_verifies(w, C, A));
    assert_true(m.frames > 2);
    assert_true(m.most > 65536); /* more than the credit of a feed that is up to date */
    assert_false(m.is_exceeded);
    world_start(w, A);
    world_run(w, 20000);
    assert_true(look_equal(w, 3));
    world_free(&w);
}

/* Turns what one keyholder answers into a refusal that it did not sign. */
struct forger {
    size_t who;
    size_t forged;
};

static size_t forge(void *ctx, size_t from, size_t to, uint8_t *frame, size_t len)
{
    static uint8_t room[WIRE_ARENA_BYTES];
    struct forger *g = ctx;
    struct wire_arena arena;
    Seinpost__Message *msg;
    (void)to;
    wire_arena_init(&arena, room, sizeof room);
    if (from != g->who || message_decode(bytes_of(frame, len), &arena, &msg) != OK ||
        msg->body_case != SEINPOST__MESSAGE__BODY_EVALUATED)
        return len;
    uint8_t signature[SIGNATURE_BYTES] = {1};
    Seinpost__Refusal r = SEINPOST__REFUSAL__INIT;
    r.request = msg->evaluated->request;
    r.reason = ERR_BUDGET;
    r.day = TODAY;
    r.signature = (ProtobufCBinaryData){SIGNATURE_BYTES, signature};
    Seinpost__Message m = SEINPOST__MESSAGE__INIT;
    m.body_case = SEINPOST__MESSAGE__BODY_REFUSAL;
    m.refusal = &r;
    g->forged++;
    return message_encode(&m, frame, len);
}

/* Goal: a refusal that its keyholder did not sign says nothing: another is asked in its place, and
 * where there is no other the reason is that it could not be reached, not a used up budget. */
static void test_forged_refusal(void **state)
{
    (void)state;
    struct world_setup setup = {.seed = 3, .nodes = 4, .keyholders = 3, .threshold = 2};
    struct world *w = world_new(&setup);
    world_run(w, 5000);
    struct forger g = {.who = B};
    world_tamper(w, forge, &g);
    size_t refused = world_reports(w, REPORT_MESSAGE_REFUSED);
    for (unsigned n = 0; n < 12 && g.forged == 0; n++)
        assert_int_equal(world_evaluate(w, 3, "somebody", 10000, NULL), OK);
    assert_true(g.forged > 0);
    assert_int_equal(world_reports(w, REPORT_MESSAGE_REFUSED), refused + g.forged);
    world_stop(w, C);
    assert_int_equal(world_evaluate(w, 3, "somebody", 30000, NULL), ERR_UNAVAILABLE);
    world_free(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_everything_twice),
        cmocka_unit_test(test_credit),
        cmocka_unit_test(test_forged_refusal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
