/*
 * Goal: keyholders who hold a whole ceremony among themselves, against the member list, are
 * followed by nobody, and can end nobody's node. Method: D and E write every step of it into their
 * feeds, as other software could, down to the confirmations; the cores are unchanged.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sodium.h>
#include <string.h>

#include "tests/sim/ritual.h"

enum { A, B, C, D, E, F, NODES, TWO = 2, ALL = (1 << NODES) - 1 };

/* What the two propose: both deal and receive, under these indexes. */
struct row {
    enum ceremony_kind kind;
    uint8_t threshold, deals[TWO], receives[TWO];
    const char *why;
};

struct cabal {
    struct ritual r;
    struct ceremony_proposal p;
    uint8_t id[32];
    struct ceremony_entry deal[TWO], verdict[TWO];
    size_t node[TWO]; /* in the order of the proposal */
};

static void begin(struct cabal *c, uint64_t seed)
{
    memset(c, 0, sizeof *c);
    ritual_begin(&c->r, seed, NODES);
    struct ceremony_proposal p = ritual_generate(&c->r, KEY_PSEUDONYMS, 5, 3);
    ritual_run(&c->r, A, &p, 0, 20000, c->id);
    ritual_adopt(&c->r, c->id, 0);
    bool is_d_first = memcmp(world_author(c->r.w, D), world_author(c->r.w, E), 32) < 0;
    c->node[0] = is_d_first ? D : E;
    c->node[1] = is_d_first ? E : D;
}

static struct ceremony_entry entry(const struct cabal *c, enum ceremony_step step)
{
    struct ceremony_entry e = {.step = (uint8_t)step};
    memcpy(e.id, c->id, 32);
    return e;
}

static void propose(struct cabal *c, const struct row *row)
{
    struct ceremony_entry e = {.step = CEREMONY_PROPOSE};
    c->p = ritual_again(&c->r, row->kind, KEY_PSEUDONYMS);
    c->p.threshold = row->threshold;
    c->p.count = TWO;
    memset(c->p.person, 0, sizeof c->p.person);
    for (size_t i = 0; i < TWO; i++) {
        memcpy(c->p.person[i].author, world_author(c->r.w, c->node[i]), 32);
        c->p.person[i].deals = row->deals[i];
        c->p.person[i].receives = row->receives[i];
    }
    e.proposal = c->p;
    ceremony_id(world_author(c->r.w, E), &c->p, c->id);
    ritual_write(&c->r, E, &e);
    world_run(c->r.w, 3000);
}

/* A dealing that holds, of the kind that belongs to the ceremony. */
static void make_deal(struct cabal *c, size_t i)
{
    static const uint8_t zeros[32];
    struct dealing_place at = {.round = 1};
    struct dealing_secret s;
    struct dealing_base base = {0};
    uint8_t seed[32] = {(uint8_t)(i + 1)}, first[32] = {5};
    struct ceremony_entry *e = &c->deal[i];
    bool is_refresh = c->p.kind == CEREMONY_REFRESH;
    memcpy(at.ceremony, c->id, 32);
    memcpy(at.dealer, world_author(c->r.w, c->node[i]), 32);
    assert_int_equal(point_mul_base(first, base.commitment), OK);
    *e = entry(c, CEREMONY_DEAL);
    e->deal.round = 1;
    assert_int_equal(dealing_draw(seed, &at, c->p.threshold, is_refresh ? zeros : first, &s), OK);
    assert_int_equal(dealing_publish(&s, seed, &at, is_refresh ? DEALING_REFRESH : DEALING_RESHARE,
                                     is_refresh ? NULL : &base, NULL, &e->deal.dealing),
                     OK);
    e->deal.count = 1;
    memcpy(e->deal.row[0].receiver, world_author(c->r.w, c->node[1 - i]), 32);
}

static void close_phase(struct cabal *c, unsigned phase)
{
    struct ceremony_entry e = entry(c, CEREMONY_CLOSE);
    e.close.phase = (uint8_t)phase;
    e.close.count = TWO;
    for (size_t i = 0; i < TWO; i++) {
        const uint8_t *author = world_author(c->r.w, c->node[i]);
        struct ceremony_row *row = &e.close.row[i];
        memcpy(row->author, author, 32);
        if (phase == 1)
            ceremony_promise_hash(author, &c->deal[i].deal.dealing, row->hash);
        else if (phase == 2)
            ceremony_deal_hash(author, &c->deal[i], row->hash);
        else
            ceremony_verdict_hash(author, &c->verdict[i], row->hash);
    }
    ritual_write(&c->r, E, &e);
    world_run(c->r.w, 3000);
}

static void hold(struct cabal *c)
{
    for (size_t i = 0; i < TWO; i++) {
        struct ceremony_entry e = entry(c, CEREMONY_JOIN);
        make_deal(c, i);
        ceremony_promise_hash(world_author(c->r.w, c->node[i]), &c->deal[i].deal.dealing, e.join);
        ritual_write(&c->r, c->node[i], &e);
    }
    world_run(c->r.w, 3000);
    close_phase(c, 1);
    for (size_t i = 0; i < TWO; i++)
        ritual_write(&c->r, c->node[i], &c->deal[i]);
    world_run(c->r.w, 3000);
    close_phase(c, 2);
    for (size_t i = 0; i < TWO; i++) {
        c->verdict[i] = entry(c, CEREMONY_VERDICT);
        c->verdict[i].verdict.round = 1;
        ritual_write(&c->r, c->node[i], &c->verdict[i]);
    }
    world_run(c->r.w, 3000);
    close_phase(c, 3);
    for (size_t i = 0; i < TWO; i++) {
        struct ceremony_entry e = entry(c, CEREMONY_CONFIRM);
        ceremony_sign(e.confirm.transcript, world_feed_secret(c->r.w, c->node[i]),
                      e.confirm.signature);
        ritual_write(&c->r, c->node[i], &e);
    }
    world_run(c->r.w, 5000);
}

static void test_against_the_list(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {CEREMONY_REFRESH, 2, {4, 5},  {9, 10}, "for shares that nobody had"         },
        {CEREMONY_REFRESH, 2, {4, 5},  {4, 5},  "for a lower threshold"              },
        {CEREMONY_REFRESH, 3, {4, 5},  {1, 2},  "for shares that others have"        },
        {CEREMONY_RESHARE, 2, {9, 10}, {1, 2},  "from shares that nobody had"        },
        {CEREMONY_ROTATE,  2, {4, 5},  {9, 10}, "with two of five, under new indexes"},
    };
    struct cabal c;
    begin(&c, 850);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        print_message("%s\n", rows[i].why);
        propose(&c, &rows[i]);
        hold(&c);
        for (size_t n = A; n < NODES; n++) {
            const struct ceremony_status *s = ritual_status(&c.r, n, c.id);
            assert_int_equal(s->state, CEREMONY_IMPOSSIBLE);
            assert_int_equal(s->phase, 0);
            assert_false(s->has_result);
        }
    }
    uint8_t n[32];
    assert_int_equal(world_evaluate(c.r.w, F, "somebody", 8000, n), OK);
    ritual_end(&c.r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_against_the_list)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
