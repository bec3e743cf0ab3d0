/*
 * A node that was restored from a backup and knows it; an operator who lets a node sign alone; two
 * nodes with one key that are found before they contradict each other.
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

enum { A, B, C, D, YEAR_ON = WORLD_TODAY + 365 };

static void set_mark(struct shelf *s, enum mark mark, uint64_t value)
{
    static struct effect e;
    e = (struct effect){.type = EFFECT_PERSIST_MARK};
    e.mark.mark = mark;
    e.mark.value = value;
    shelf_apply(s, &e);
}

/* Puts an older shelf in place, with the marks that a restore leaves. */
static void restore(struct world *w, size_t node, struct shelf *old)
{
    set_mark(old, MARK_RESTORED_UTC, (uint64_t)world_now_utc(w));
    set_mark(old, MARK_BACKUP_UTC, 1);
    set_mark(old, MARK_REJOINED_UTC, 0);
    world_stop(w, node);
    world_swap_shelf(w, node, old);
    world_start(w, node);
}

static enum err sign_alone(struct world *w, size_t node, uint64_t who)
{
    struct event ev = {.type = EVENT_ALONE};
    ev.alone.who = who;
    const struct effects *out = world_give(w, node, &ev);
    for (size_t i = 0; i < out->count; i++)
        if (out->list[i].type == EFFECT_APPENDED)
            return out->list[i].appended.result;
    return ERR_COUNT;
}

/* What a key holder has charged itself today. */
static uint32_t spent_at_home(struct world *w, size_t node)
{
    struct budget_status rows[KEYHOLDERS_MAX];
    size_t count = federation_budgets(world_core(w, node), world_now_utc(w), rows, KEYHOLDERS_MAX);
    for (size_t i = 0; i < count; i++)
        if (memcmp(rows[i].keyholder, world_author(w, node), AUTHOR_BYTES) == 0)
            return rows[i].asked_today;
    return 0;
}

/* Entries of A that B gives to D. */
struct given {
    struct world *w;
    size_t early, late;
};

static size_t count_given(void *ctx, const struct passing *p)
{
    struct given *g = ctx;
    if (p->is_arriving || p->from != B || p->to != D)
        return p->len;
    const Seinpost__Message *m = world_read(bytes_of(p->frame, p->len));
    if (m == NULL || m->body_case != SEINPOST__MESSAGE__BODY_BATCH || m->batch->headers.len == 0 ||
        memcmp(m->batch->author.data, world_author(g->w, A), AUTHOR_BYTES) != 0)
        return p->len;
    if (world_standing(g->w, B).is_rejoining)
        g->early++;
    else
        g->late++;
    return p->len;
}

/* Goal: a restored node signs nothing at once, though all its peers answer; passes on nothing that
 * may have been erased; holds today's allowances as spent; and ends with the erasure carried out
 * and its next index. Method: A erases one of ten after B's backup; B, 300 entries old, is
 * restored; D, which has been away since the beginning and is cut off from A and C, could get A's
 * entries from B alone. */
static void test_restored(void **state)
{
    (void)state;
    struct world_setup setup = {.seed = 31,
                                .nodes = 4,
                                .keyholders = 3,
                                .threshold = 2,
                                .budget_a_day = 64,
                                .is_quiet = true};
    struct world *w = world_new(&setup);
    struct given given = {.w = w};
    uint64_t first;
    world_run(w, 5000);
    world_stop(w, D);
    assert_int_equal(world_signals(w, A, 0, 10, &first), OK);
    world_run(w, 1000);
    struct shelf *old = shelf_copy(world_shelf(w, B));
    assert_int_equal(world_erase(w, A, first + 3), OK);
    assert_int_equal(world_signals(w, B, 1000, 300, NULL), OK);
    world_run(w, 2000);
    uint64_t size = world_standing(w, B).size;
    world_part(w, D, A);
    world_part(w, D, C);
    world_watch(w, count_given, &given);
    assert_true(shelf_body(old, world_author(w, A), first + 3).len > 0);
    restore(w, B, old);
    world_start(w, D);
    assert_int_equal(world_standing(w, B).needed, 2);
    assert_true(world_standing(w, B).is_rejoining);
    world_run(w, 6000);
    assert_int_equal(world_standing(w, B).answered, 2);
    assert_int_equal(world_signal(w, B, 2000, YEAR_ON, NULL), ERR_UNAVAILABLE);
    assert_true(world_standing(w, B).is_rejoining);
    assert_int_equal(spent_at_home(w, B), 64);
    world_run(w, 8000);
    uint64_t index = 0;
    assert_int_equal(world_signal(w, B, 2001, YEAR_ON, &index), OK);
    assert_true(index == size || index == size + 1); /* it may have acknowledged the erasure */
    world_run(w, 20000);
    assert_false(world_standing(w, B).is_rejoining);
    assert_int_equal(world_told(w, B, REPORT_REJOINED, OK), 1);
    assert_int_equal(shelf_state(world_shelf(w, B), world_author(w, A), first + 3), STATE_ERASED);
    assert_int_equal(shelf_body(world_shelf(w, B), world_author(w, A), first + 3).len, 0);
    assert_int_equal(shelf_state(world_shelf(w, D), world_author(w, A), first + 3), STATE_ERASED);
    assert_int_equal(given.early, 0);
    assert_true(given.late > 0);
    /* The next start is an ordinary one. */
    world_stop(w, B);
    world_start(w, B);
    world_run(w, 3000);
    assert_false(world_standing(w, B).is_rejoining);
    assert_int_equal(world_signal(w, B, 2002, YEAR_ON, NULL), OK);
    assert_int_equal(world_reports(w, REPORT_DISPUTE), 0);
    assert_int_equal(world_reports(w, REPORT_TWIN), 0);
    world_free(&w);
}

/* Goal: whose answers a restored node needs; it never counts itself. Method: one row is a
 * federation and who is up. */
static void test_who_must_answer(void **state)
{
    (void)state;
    static const struct {
        size_t nodes, keyholders, up; /* others up: nodes 0 to up - 1 without B */
        uint32_t needed;
        enum err want;
        const char *why;
    } rows[] = {
        {3, 3, 1, 2, ERR_UNAVAILABLE, "one of two others, where it would count itself otherwise"},
        {3, 3, 3, 2, OK,              "both others"                                             },
        {3, 1, 0, 1, ERR_UNAVAILABLE, "the only one that is always on is away"                  },
        {3, 1, 1, 1, OK,              "that one alone"                                          },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        print_message("%s\n", rows[i].why);
        struct world_setup setup = {
            .seed = 32, .nodes = rows[i].nodes, .keyholders = rows[i].keyholders, .is_quiet = true};
        struct world *w = world_new(&setup);
        world_run(w, 4000);
        for (size_t node = rows[i].up; node < rows[i].nodes; node++)
            if (node != B)
                world_stop(w, node);
        restore(w, B, shelf_copy(world_shelf(w, B)));
        world_run(w, 20000);
        assert_int_equal(world_standing(w, B).needed, rows[i].needed);
        assert_int_equal(world_signal(w, B, 1, YEAR_ON, NULL), rows[i].want);
        world_free(&w);
    }
}

/* Goal: an operator's leave lets a node sign that nobody confirms, until its next start; it is
 * written down with who gave it; it is refused where it would contradict what is known, and it
 * holds back no longer what was restored than a peer needs to say it. */
static void test_alone(void **state)
{
    (void)state;
    struct world_setup setup = {.seed = 33, .nodes = 3, .keyholders = 3, .is_quiet = true};
    struct world *w = world_new(&setup);
    world_run(w, 4000);
    assert_int_equal(sign_alone(w, B, 1000), ERR_DUPLICATE);
    world_stop(w, A);
    world_stop(w, C);
    restore(w, B, shelf_copy(world_shelf(w, B)));
    world_run(w, 20000);
    assert_int_equal(world_signal(w, B, 1, YEAR_ON, NULL), ERR_UNAVAILABLE);
    assert_int_equal(sign_alone(w, B, 1000), OK);
    assert_int_equal(sign_alone(w, B, 1001), ERR_DUPLICATE);
    assert_int_equal(world_signal(w, B, 1, YEAR_ON, NULL), OK);
    assert_int_equal(world_told(w, B, REPORT_ALONE, ERR_UNAVAILABLE), 1);
    assert_int_equal(federation_mark(world_core(w, B), MARK_ALONE_WHO), 1000);
    assert_int_equal(federation_mark(world_core(w, B), MARK_ALONE_NEEDED), 2);
    assert_int_equal(federation_mark(world_core(w, B), MARK_ALONE_ANSWERED), 0);
    world_stop(w, B);
    world_start(w, B);
    world_run(w, 5000);
    assert_int_equal(world_signal(w, B, 2, YEAR_ON, NULL), ERR_UNAVAILABLE);
    assert_int_equal(federation_mark(world_core(w, B), MARK_ALONE_COUNT), 1);
    assert_int_equal(sign_alone(w, B, 0), OK);
    assert_int_equal(federation_mark(world_core(w, B), MARK_ALONE_COUNT), 2);
    world_start(w, A);
    world_start(w, C);
    world_run(w, 30000);
    assert_false(world_standing(w, B).is_rejoining);
    assert_int_equal(world_signal(w, B, 3, YEAR_ON, NULL), OK);
    world_run(w, 3000);
    check_equal(w);
    assert_int_equal(world_reports(w, REPORT_DISPUTE), 0);
    world_free(&w);
}

/* Goal: a node that knows of more of its own than it holds may not be let sign. */
static void test_alone_refused(void **state)
{
    (void)state;
    struct world_setup setup = {.seed = 34, .nodes = 3, .keyholders = 3, .is_quiet = true};
    struct world *w = world_new(&setup);
    world_run(w, 4000);
    struct shelf *old = shelf_copy(world_shelf(w, B));
    assert_int_equal(world_signals(w, B, 1, 2000, NULL), OK);
    world_run(w, 2000);
    world_part(w, B, C);
    restore(w, B, old);
    while (!world_standing(w, B).is_behind)
        world_run(w, 5);
    world_part(w, B, A); /* it has heard of them, and cannot get them */
    world_run(w, 5000);
    assert_true(world_standing(w, B).is_behind);
    assert_int_equal(sign_alone(w, B, 1), ERR_STALE);
    assert_int_equal(world_signal(w, B, 9000, YEAR_ON, NULL), ERR_UNAVAILABLE);
    world_free(&w);
}

/* Goal: two nodes with one key stop before they contradict each other, whether or not the second
 * was restored; whichever goes on alone signs again after a start. */
static void test_twins(void **state)
{
    (void)state;
    for (int is_restored = 0; is_restored < 2; is_restored++) {
        struct world_setup setup = {.seed = 35, .nodes = 4, .keyholders = 3, .is_quiet = true};
        struct world *w = world_new(&setup);
        world_run(w, 5000);
        size_t twin = world_twin(w, B);
        if (is_restored)
            restore(w, twin, shelf_copy(world_shelf(w, B)));
        world_run(w, 12000);
        assert_true(world_standing(w, B).is_twin);
        assert_true(world_standing(w, twin).is_twin);
        assert_int_equal(world_signal(w, B, 1, YEAR_ON, NULL), ERR_UNAVAILABLE);
        assert_int_equal(world_signal(w, twin, 2, YEAR_ON, NULL), ERR_UNAVAILABLE);
        assert_int_equal(sign_alone(w, B, 1), ERR_FORK);
        assert_int_equal(world_told(w, B, REPORT_TWIN, ERR_FORK), 1);
        assert_int_equal(world_reports(w, REPORT_DISPUTE), 0);
        world_stop(w, twin);
        world_stop(w, B);
        world_start(w, B);
        world_run(w, 20000);
        assert_false(world_standing(w, B).is_twin);
        assert_int_equal(world_signal(w, B, 3, YEAR_ON, NULL), OK);
        assert_int_equal(world_reports(w, REPORT_DISPUTE), 0);
        world_free(&w);
    }
}

/* Goal: a node that is started again and again is not taken for two, and neither is one whose
 * connections are forgotten on the way. */
static void test_no_twin(void **state)
{
    (void)state;
    struct world_setup setup = {.seed = 36, .nodes = 3, .keyholders = 3, .is_quiet = true};
    struct world *w = world_new(&setup);
    world_run(w, 5000);
    for (int i = 0; i < 10; i++) {
        if (i % 2 == 0)
            world_forget(w, B, A);
        world_stop(w, B);
        world_start(w, B);
        world_run(w, 2500);
    }
    world_run(w, 5000);
    assert_int_equal(world_reports(w, REPORT_TWIN), 0);
    assert_int_equal(world_signal(w, B, 1, YEAR_ON, NULL), OK);
    world_free(&w);
}

/* A peer of B's that answers questions that nobody asked. */
static void answer(struct world *w, size_t from, const uint8_t nonce[32])
{
    Seinpost__HeadAnswer body = SEINPOST__HEAD_ANSWER__INIT;
    body.nonce = (ProtobufCBinaryData){32, (uint8_t *)(uintptr_t)nonce};
    Seinpost__Message m = SEINPOST__MESSAGE__INIT;
    m.body_case = SEINPOST__MESSAGE__BODY_HEAD_ANSWER;
    m.head_answer = &body;
    world_inject_message(w, from, B, &m);
}

struct heard {
    uint8_t nonce[32];
    bool is_there;
};

static size_t hear_nonce(void *ctx, const struct passing *p)
{
    struct heard *h = ctx;
    const Seinpost__Message *m =
        p->from == B && !p->is_arriving ? world_read(bytes_of(p->frame, p->len)) : NULL;
    if (m != NULL && m->body_case == SEINPOST__MESSAGE__BODY_HEAD_ASK && !h->is_there) {
        memcpy(h->nonce, m->head_ask->nonce.data, 32);
        h->is_there = true;
    }
    return p->len;
}

/* Goal: one peer cannot stop a node, not with nonces of its own making and not with one that the
 * node drew at an earlier start; nor can all of them with their own. */
static void test_forged_reports(void **state)
{
    (void)state;
    struct world_setup setup = {.seed = 37, .nodes = 3, .keyholders = 3, .is_quiet = true};
    struct world *w = world_new(&setup);
    struct heard heard = {.is_there = false};
    uint8_t made[32];
    world_watch(w, hear_nonce, &heard);
    world_run(w, 5000);
    assert_true(heard.is_there);
    world_stop(w, B);
    world_start(w, B);
    world_run(w, 3000);
    memset(made, 7, sizeof made);
    for (int i = 0; i < 20; i++) {
        answer(w, A, heard.nonce);
        answer(w, A, made);
        answer(w, C, made);
        world_run(w, 1500);
    }
    assert_int_equal(world_reports(w, REPORT_TWIN), 0);
    assert_int_equal(world_signal(w, B, 1, YEAR_ON, NULL), OK);
    for (int i = 0; i < 4; i++) { /* the same from both is believed */
        answer(w, A, heard.nonce);
        answer(w, C, heard.nonce);
        world_run(w, 2500);
    }
    assert_int_equal(world_told(w, B, REPORT_TWIN, ERR_FORK), 1);
    assert_int_equal(world_signal(w, B, 2, YEAR_ON, NULL), ERR_UNAVAILABLE);
    world_free(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_restored),       cmocka_unit_test(test_who_must_answer),
        cmocka_unit_test(test_alone),          cmocka_unit_test(test_alone_refused),
        cmocka_unit_test(test_twins),          cmocka_unit_test(test_no_twin),
        cmocka_unit_test(test_forged_reports),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
