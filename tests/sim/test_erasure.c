/*
 * Goal: erased, withheld and expired bodies are told apart; what is owed makes "no match"
 * impossible and is fetched elsewhere; an erased body never comes back; the rest always verifies.
 * Method: a few unchanged cores on virtual time; bodies are removed from a node's shelf, or frames
 * are given to it that no honest peer would send.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "proto/seinpost.pb-c.h"
#include "proto/wire.h"
#include "protocol/answer.h"
#include "tests/sim/world.h"

enum { TODAY = WORLD_START_UTC / 86400, A = 0, B = 1, C = 2 };

static struct world *three(void)
{
    struct world_setup setup = {.seed = 7, .nodes = 3, .keyholders = 3, .threshold = 2};
    struct world *w = world_new(&setup);
    world_run(w, 5000);
    return w;
}

static unsigned gaps(struct world *w, size_t node)
{
    struct coverage c;
    federation_coverage(world_core(w, node), world_now_utc(w), &c);
    return c.gaps;
}

static size_t matches(struct world *w, size_t node, uint32_t number)
{
    uint8_t tag[16];
    world_tag(number, tag);
    return shelf_find_tag(world_shelf(w, node), tag, TODAY);
}

static enum entry_state state_at(struct world *w, size_t node, size_t author, uint64_t index)
{
    struct archive a = shelf_archive(world_shelf(w, node));
    return a.state(a.ctx, world_author(w, author), index);
}

/* A body that is missing without a reason: "cannot say" until another member supplies it. */
static void test_owed_is_fetched(void **state)
{
    (void)state;
    struct world *w = three();
    uint64_t index;
    assert_int_equal(world_signal(w, A, 1, TODAY + 100, &index), OK);
    world_run(w, 500);
    world_stop(w, B);
    shelf_lose_body(world_shelf(w, B), world_author(w, A), index);
    world_stop(w, A);
    world_stop(w, C);
    world_start(w, B);
    world_run(w, 2000);
    assert_int_equal(gaps(w, B) & GAP_BODY_OWED, GAP_BODY_OWED);
    assert_int_equal(answer_decide(gaps(w, B), ANSWER_NO_MATCH), ANSWER_CANNOT_SAY);
    assert_int_equal(matches(w, B, 1), 0);

    world_start(w, C); /* not the author: it serves what it holds */
    world_run(w, 20000);
    assert_int_equal(gaps(w, B) & GAP_BODY_OWED, 0);
    assert_int_equal(state_at(w, B, A, index), STATE_HELD);
    assert_int_equal(matches(w, B, 1), 1);
    world_free(&w);
}

/* Withheld and erased look alike on the wire; the author's erasure makes the difference. */
static void test_erasing_settles_what_is_owed(void **state)
{
    (void)state;
    struct world *w = three();
    uint64_t gone, stays;
    assert_int_equal(world_signal(w, A, 1, TODAY + 100, &gone), OK);
    assert_int_equal(world_signal(w, A, 2, TODAY + 100, &stays), OK);
    world_run(w, 500);
    world_stop(w, B);
    shelf_lose_body(world_shelf(w, B), world_author(w, A), gone);
    world_start(w, B);
    world_part(w, B, C);
    world_part(w, A, B);
    world_run(w, 500);
    assert_int_equal(state_at(w, B, A, gone), STATE_OWED);
    assert_int_equal(world_erase(w, A, gone), OK);
    assert_int_equal(world_erase(w, A, gone), OK); /* a second one changes nothing */
    world_run(w, 500);
    world_join(w, A, B);
    world_join(w, B, C);
    world_run(w, 90000);
    for (size_t node = A; node <= C; node++) {
        assert_int_equal(state_at(w, node, A, gone), STATE_ERASED);
        assert_int_equal(matches(w, node, 1), 0);
        assert_int_equal(matches(w, node, 2), 1);
    }
    assert_int_equal(gaps(w, B) & GAP_BODY_OWED, 0);
    assert_int_equal(shelf_receipts(world_shelf(w, A), gone), 2);
    world_free(&w);
}

struct grab {
    uint8_t frame[4096];
    size_t len;
    bool wants;
};

/* Keeps a copy of the first batch that passes from A to B. */
static size_t grab_batch(void *ctx, size_t from, size_t to, uint8_t *frame, size_t len)
{
    struct grab *g = ctx;
    if (g->wants && from == A && to == B && len > 300 && len < sizeof g->frame) {
        memcpy(g->frame, frame, len);
        g->len = len;
        g->wants = false;
    }
    return len;
}

/* The batch's body, sent again as a reply about owed bodies, after it was erased. */
static void test_erased_stays_erased(void **state)
{
    (void)state;
    struct world *w = three();
    struct grab g = {.wants = true};
    uint64_t index;
    world_tamper(w, grab_batch, &g);
    assert_int_equal(world_signal(w, A, 1, TODAY + 100, &index), OK);
    world_run(w, 500);
    assert_false(g.wants);
    assert_int_equal(matches(w, B, 1), 1);
    assert_int_equal(world_erase(w, A, index), OK);
    world_run(w, 500);

    static uint8_t room[WIRE_ARENA_BYTES];
    struct wire_arena arena;
    wire_arena_init(&arena, room, sizeof room);
    Seinpost__Message *m;
    assert_int_equal(message_decode(bytes_of(g.frame, g.len), &arena, &m), OK);
    Seinpost__BodyBatch body = SEINPOST__BODY_BATCH__INIT;
    uint64_t indexes[1] = {index};
    body.author = m->batch->author;
    body.n_index = 1;
    body.index = indexes;
    body.bodies = m->batch->bodies;
    Seinpost__Message again = SEINPOST__MESSAGE__INIT;
    again.body_case = SEINPOST__MESSAGE__BODY_BODY_BATCH;
    again.body_batch = &body;
    uint8_t frame[4096];
    size_t len = message_encode(&again, frame, sizeof frame);
    world_inject(w, C, B, bytes_of(frame, len));
    world_inject(w, A, B, bytes_of(g.frame, g.len)); /* the whole batch, too */
    world_run(w, 500);
    assert_int_equal(state_at(w, B, A, index), STATE_ERASED);
    assert_int_equal(matches(w, B, 1), 0);
    world_free(&w);
}

/* An erasure and what it erases in one batch: the body is never stored. */
static void test_erased_on_arrival(void **state)
{
    (void)state;
    struct world *w = three();
    world_part(w, A, B);
    world_part(w, B, C);
    uint64_t index;
    assert_int_equal(world_signal(w, A, 1, TODAY + 100, &index), OK);
    assert_int_equal(world_signal(w, A, 2, TODAY + 100, NULL), OK);
    world_stop(w, B);
    world_run(w, 500);
    /* B hears of both at once from a peer that holds the body no more. */
    assert_int_equal(world_erase(w, A, index), OK);
    world_run(w, 500);
    world_join(w, A, B);
    world_join(w, B, C);
    world_start(w, B);
    world_run(w, 90000);
    assert_int_equal(state_at(w, B, A, index), STATE_ERASED);
    assert_int_equal(matches(w, B, 1), 0);
    assert_int_equal(matches(w, B, 2), 1);
    assert_int_equal(gaps(w, B), 0);
    world_free(&w);
}

/* What makes no sense is kept, relayed and not used; it blocks nothing. */
static void test_refused_entries(void **state)
{
    (void)state;
    struct world *w = three();
    uint64_t no_end, too_long, unknown, good;
    uint8_t payload[2] = {1, 0};
    struct draft strange = {.type = 200, .payload = bytes_of(payload, sizeof payload)};
    assert_int_equal(world_signal(w, A, 1, 0, &no_end), OK);
    assert_int_equal(world_signal(w, A, 2, TODAY + 5000, &too_long), OK);
    assert_int_equal(world_append(w, A, &strange, 1, &unknown), OK);
    assert_int_equal(world_signal(w, A, 3, TODAY + 10, &good), OK);
    world_run(w, 1000);
    for (size_t node = A; node <= C; node++) {
        assert_int_equal(state_at(w, node, A, no_end), STATE_REFUSED);
        assert_int_equal(state_at(w, node, A, too_long), STATE_REFUSED);
        assert_int_equal(state_at(w, node, A, unknown), STATE_OPAQUE);
        assert_int_equal(state_at(w, node, A, good), STATE_HELD);
        assert_int_equal(matches(w, node, 1) + matches(w, node, 2), 0);
        assert_int_equal(matches(w, node, 3), 1);
    }
    assert_true(world_reports(w, REPORT_ENTRY_REFUSED) >= 4);
    world_free(&w);
}

/* Expired is hidden at once, and erased when the members' own times agree. */
static void test_expiry(void **state)
{
    (void)state;
    struct world *w = three();
    uint64_t index;
    assert_int_equal(world_signal(w, A, 1, TODAY + 1, &index), OK);
    world_run(w, 1000);
    for (int day = 0; day < 4; day++) {
        world_skip(w, 86400);
        world_run(w, 70000);
    }
    uint8_t tag[16];
    world_tag(1, tag);
    for (size_t node = A; node <= C; node++) {
        assert_int_equal(shelf_find_tag(world_shelf(w, node), tag, TODAY + 4), 0);
        assert_int_equal(state_at(w, node, A, index), STATE_EXPIRED);
        assert_int_equal(gaps(w, node), 0);
    }
    world_free(&w);
}

/* A day with signals and a day without look alike: every feed grows to a multiple of sixteen. */
static void test_cover(void **state)
{
    (void)state;
    struct world *w = three();
    world_skip(w, 86400);
    world_run(w, 3000);
    for (uint32_t n = 0; n < 14; n++)
        assert_int_equal(world_signal(w, A, 10 + n, TODAY + 100, NULL), OK);
    world_run(w, 1000);
    world_skip(w, 86400);
    world_run(w, 5000);
    for (size_t node = A; node <= B; node++)
        assert_int_equal(shelf_size(world_shelf(w, C), world_author(w, node)) % COVER_MULTIPLE, 0);
    assert_int_equal(shelf_size(world_shelf(w, C), world_author(w, A)),
                     shelf_size(world_shelf(w, C), world_author(w, B)));
    assert_int_equal(gaps(w, C), 0);
    world_free(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_owed_is_fetched),
        cmocka_unit_test(test_erasing_settles_what_is_owed),
        cmocka_unit_test(test_erased_stays_erased),
        cmocka_unit_test(test_erased_on_arrival),
        cmocka_unit_test(test_refused_entries),
        cmocka_unit_test(test_expiry),
        cmocka_unit_test(test_cover),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
