/*
 * Byzantine members. Goal: whatever one member does that has real keys and other software, the
 * honest ones say who it is, blame nobody else, and go on: what they write comes to all of them,
 * their consults end, a new member list is adopted, and what waits for the culprit stays bounded.
 * Where it contradicts itself all of them hold a proof of it, which fork_check judges by the
 * author's key alone, as `seinpost proof verify` does.
 *
 * Method: five nodes, three of them keyholders; B, one of those, is the culprit. One test is one
 * row of byzantine.c. They work for a minute while B misbehaves, then half a minute is left for
 * what is on its way.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/fork.h"
#include "tests/sim/byzantine.h"
#include "tests/sim/check.h"
#include "tests/sim/look.h"

enum { A, B, C, D, E, NODES, CULPRIT = B, ROUNDS = 6 };
enum {
    ROUND_MS = 10000,
    WAITING_BYTES_MAX = 16 * 1024 * 1024, /* that one node sends the culprit in a second */
    FRAMES_A_MINUTE_MAX = 2500,           /* and in a minute */
};

struct scene {
    struct world *w;
    size_t named[NODES];               /* reports about the culprit */
    size_t blamed;                     /* reports about anybody else */
    int64_t second[NODES];             /* in which these were sent to the culprit */
    uint64_t sent[NODES], peak;        /* bytes */
    size_t frames[NODES], frames_peak; /* in a minute */
    uint64_t letter[ROUNDS];           /* envelopes of D to E */
};

static bool is_author(const struct scene *s, size_t node, const uint8_t *author)
{
    return memcmp(world_author(s->w, node), author, AUTHOR_BYTES) == 0;
}

static void take_report(struct scene *s, size_t node, const struct effect *e)
{
    if (is_author(s, CULPRIT, e->author)) {
        s->named[node]++;
        return;
    }
    for (size_t i = 0; i < NODES; i++) {
        if (!is_author(s, i, e->author))
            continue;
        s->blamed++;
        print_message("%c blames %c: report %d, %s\n", (char)('A' + node), (char)('A' + i),
                      e->report.what, err_name(e->report.reason));
    }
}

/* What tells somebody that an envelope is kept comes after what keeps it: a SEND leaves only once
 * the PERSISTs before it are durable. */
static void check_order(const struct effects *out)
{
    bool is_kept_later = false;
    for (size_t i = out->count; i-- > 0;) {
        const struct effect *e = &out->list[i];
        is_kept_later = is_kept_later || e->type == EFFECT_PERSIST_PARCEL;
        if (!is_kept_later || e->type != EFFECT_SEND)
            continue;
        const Seinpost__Message *m = world_read(e->frame);
        bool is_receipt =
            m != NULL && m->body_case == SEINPOST__MESSAGE__BODY_DELIVERY && m->delivery->what == 4;
        assert_false(is_receipt);
    }
}

static void look_on(void *ctx, size_t node, const struct event *ev, const struct effects *out)
{
    struct scene *s = ctx;
    int64_t second = (int64_t)(ev->now_ms / 1000);
    check_order(out);
    for (size_t i = 0; i < out->count; i++) {
        const struct effect *e = &out->list[i];
        if (e->type == EFFECT_REPORT)
            take_report(s, node, e);
        if (e->type != EFFECT_SEND || !is_author(s, CULPRIT, e->author))
            continue;
        if (s->second[node] / 60 != second / 60)
            s->frames[node] = 0;
        if (s->second[node] != second)
            s->sent[node] = 0;
        if (++s->frames[node] > s->frames_peak)
            s->frames_peak = s->frames[node];
        s->second[node] = second;
        s->sent[node] += e->frame.len;
        if (s->sent[node] > s->peak)
            s->peak = s->sent[node];
    }
}

/* What everybody does in one round; what fails for the culprit is its own affair. */
static void work(struct scene *s, uint32_t round)
{
    for (uint32_t k = 0; k < 3; k++) {
        for (size_t i = 0; i < NODES; i++) {
            uint32_t number = (uint32_t)(1000 * (i + 1) + 10 * round);
            enum err e = world_signals(s->w, i, number + k, 1, NULL);
            assert_true(i == CULPRIT || e == OK);
        }
        world_run(s->w, 200);
    }
    uint8_t text[8] = "letter";
    text[7] = (uint8_t)round;
    assert_int_equal(world_send(s->w, D, E, round, bytes_of(text, sizeof text), &s->letter[round]),
                     OK);
    uint64_t ticket[NODES];
    for (size_t i = 0; i < NODES; i++)
        ticket[i] = world_ask(s->w, i, "somebody", 1);
    world_run(s->w, ROUND_MS);
    uint8_t n[NODES][32] = {{0}};
    for (size_t i = 0; i < NODES; i++) {
        const struct world_answer *a = world_answer(s->w, i, ticket[i]);
        if (i == CULPRIT)
            continue;
        assert_true(a->is_there);
        assert_int_equal(a->result, OK);
        memcpy(n[i], a->n[0], 32);
        assert_memory_equal(n[i], n[A], 32);
    }
}

/* Feeds of the honest are the same at all of them, as their authors have them. */
static void check_converged(struct scene *s)
{
    for (size_t at = 0; at < NODES; at++) {
        for (size_t of = 0; of < NODES; of++) {
            if (at == CULPRIT || of == CULPRIT)
                continue;
            struct feed_status here = look_feed(s->w, at, of), there = look_feed(s->w, of, of);
            assert_int_equal(here.size, there.size);
            assert_int_equal(here.seq, there.seq);
            assert_int_equal(here.owed, 0);
            assert_false(here.is_disputed);
            assert_true(look_verifies(s->w, at, of));
        }
        if (at != CULPRIT)
            check_node(s->w, at);
    }
    for (uint32_t round = 0; round < ROUNDS; round++)
        for (size_t at = 0; at < NODES; at++)
            for (size_t of = 0; of < NODES && at != CULPRIT; of++)
                assert_true(of == CULPRIT ||
                            look_matches(s->w, at, (uint32_t)(1000 * (of + 1) + 10 * round + 2),
                                         WORLD_TODAY) == 1);
}

static void check_proofs(struct scene *s)
{
    const uint8_t *author = world_author(s->w, CULPRIT);
    struct bytes first = shelf_fork(world_shelf(s->w, A), author, 1);
    for (size_t i = 0; i < NODES; i++) {
        struct bytes proof = shelf_fork(world_shelf(s->w, i), author, 1);
        struct fork fork;
        if (i == CULPRIT)
            continue;
        assert_int_equal(fork_check(proof, world_feed_secret(s->w, CULPRIT) + 32, &fork), OK);
        assert_true(bytes_equal(proof, first));
        assert_true(look_feed(s->w, i, CULPRIT).is_disputed);
    }
}

/* Whether a node can tell from its status that the culprit is behind. */
static bool is_seen_behind(struct scene *s, size_t node)
{
    struct feed_status of = look_feed(s->w, node, CULPRIT), own = look_feed(s->w, node, node);
    return of.held_size < own.size || of.owed > 0;
}

static void check_named(struct scene *s, enum byzantine_shows shows)
{
    for (size_t i = 0; i < NODES; i++) {
        if (i == CULPRIT)
            continue;
        if (shows == SHOWS_STATUS)
            assert_true(is_seen_behind(s, i));
        else if (s->named[i] == 0)
            fail_msg("%c does not say who it was", (char)('A' + i));
    }
    if (shows == SHOWS_PROOF)
        check_proofs(s);
}

static void raise_budget(struct roster *r, void *ctx)
{
    (void)ctx;
    r->policy.budget_a_day++;
}

static void test_behaviour(void **state)
{
    size_t row = (size_t) * (uintptr_t *)*state;
    struct world_setup setup = {.seed = 700 + row,
                                .nodes = NODES,
                                .keyholders = 3,
                                .threshold = 2,
                                .budget_a_day = 4096,
                                .is_quiet = true};
    struct scene s = {.w = world_new(&setup)};
    world_run(s.w, 5000);
    assert_int_equal(world_signals(s.w, CULPRIT, 1, 3, NULL), OK);
    world_run(s.w, 3000);
    world_on_step(s.w, look_on, &s);
    world_behave(s.w, CULPRIT, byzantine_at(row), 7000 + row);
    for (uint32_t round = 0; round < ROUNDS; round++) {
        if (round == 3)
            assert_int_equal(world_roster(s.w, A, raise_budget, NULL), OK);
        work(&s, round);
    }
    world_run(s.w, 30000);
    for (size_t i = 0; i < NODES; i++)
        assert_true(i == CULPRIT || federation_roster(world_core(s.w, i))->version == 2);
    static uint8_t first[ROSTER_BYTES_MAX];
    struct archive a = shelf_archive(world_shelf(s.w, A));
    size_t len = a.roster(a.ctx, 1, first, sizeof first);
    assert_int_equal(world_offer(s.w, A, bytes_of(first, len)), ERR_STALE);
    for (size_t i = 0; i < ROUNDS; i++)
        assert_int_equal(look_parcel(s.w, D, D, s.letter[i]), PARCEL_DELIVERED);
    check_converged(&s);
    check_named(&s, byzantine_shows(row));
    assert_int_equal(s.blamed, 0);
    print_message("%s: at most %d kB a second to it, %d frames a minute\n", byzantine_at(row)->name,
                  (int)(s.peak / 1024), (int)s.frames_peak);
    assert_true(s.peak <= WAITING_BYTES_MAX);
    assert_true(s.frames_peak <= FRAMES_A_MINUTE_MAX);
    world_behave(s.w, CULPRIT, NULL, 0);
    world_free(&s.w);
}

int main(void)
{
    enum { ROWS_MAX = 64 };
    static struct CMUnitTest tests[ROWS_MAX];
    static uintptr_t row[ROWS_MAX];
    size_t count = byzantine_count();
    assert_true(count <= ROWS_MAX);
    for (size_t i = 0; i < count; i++) {
        row[i] = i;
        tests[i] = (struct CMUnitTest){byzantine_at(i)->name, test_behaviour, NULL, NULL, &row[i]};
    }
    return _cmocka_run_group_tests("byzantine", tests, count, NULL, NULL);
}
