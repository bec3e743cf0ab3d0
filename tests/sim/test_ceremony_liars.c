/*
 * Key ceremonies with a participant that says what is not so. Method: E's node joins nothing by
 * itself; the test writes what other software could write into E's feed. The others are unchanged
 * cores.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sodium.h>
#include <string.h>

#include "tests/sim/look.h"
#include "tests/sim/ritual.h"

enum { A, B, C, D, E, F, HONEST = 15, ALL = 63 };

struct liar {
    struct ritual r;
    struct ceremony_proposal p;
    uint8_t id[32];
    uint8_t seed[32];
    struct dealing_place at;
    struct dealing_secret s;
    struct dealing d;
    struct ceremony_entry e; /* the next that it writes */
};

static void begin_entry(struct liar *l, enum ceremony_step step)
{
    memset(&l->e, 0, sizeof l->e);
    l->e.step = (uint8_t)step;
    memcpy(l->e.id, l->id, 32);
}

static void say(struct liar *l)
{
    ritual_write(&l->r, E, &l->e);
}

/* A ceremony of A to E for a key 3-of-5, proposed by A and joined by A to D. */
static void begin(struct liar *l, uint64_t seed)
{
    memset(l, 0, sizeof *l);
    ritual_begin(&l->r, seed, 6);
    l->p = ritual_generate(&l->r, KEY_PSEUDONYMS, 5, 3);
    ritual_run(&l->r, A, &l->p, 1u << E, 3000, l->id);
    memset(l->seed, 7, sizeof l->seed);
    memcpy(l->at.ceremony, l->id, 32);
    memcpy(l->at.dealer, world_author(l->r.w, E), 32);
    l->at.round = 1;
    assert_int_equal(dealing_draw(l->seed, &l->at, 3, NULL, &l->s), OK);
    assert_int_equal(dealing_publish(&l->s, l->seed, &l->at, DEALING_GENERATE, NULL, NULL, &l->d),
                     OK);
}

static void join(struct liar *l)
{
    begin_entry(l, CEREMONY_JOIN);
    ceremony_promise_hash(world_author(l->r.w, E), &l->d, l->e.join);
    say(l);
    world_run(l->r.w, 3000);
}

static const struct envelope_key *prekey(struct liar *l, size_t node)
{
    static struct envelope_key key;
    const struct pouch *p = look_pouch(l->r.w, node);
    for (size_t i = 0; i < POUCH_PREKEYS_MAX; i++)
        if (p->prekeys[i].is_used && p->prekeys[i].week == world_today(l->r.w) / PREKEY_DAYS)
            envelope_key_of(p->prekeys[i].secret, &key);
    return &key;
}

/* Deals; to the nodes in wrong a sub-share that does not fit, to those in garbage something that
 * nobody can open, and to those in none nothing. */
static void deal(struct liar *l, unsigned wrong, unsigned garbage, unsigned none)
{
    static const uint8_t secret[32] = {9};
    begin_entry(l, CEREMONY_DEAL);
    l->e.deal.round = 1;
    l->e.deal.dealing = l->d;
    assert_int_equal(crypto_scalarmult_base(l->e.deal.ephemeral, secret), 0);
    for (size_t i = 0; i < l->p.count; i++) {
        size_t node = world_node_of_author(l->r.w, l->p.person[i].author), n = l->e.deal.count;
        uint8_t share[32];
        if (node == E || (none >> node & 1) != 0)
            continue;
        assert_int_equal(dealing_share(&l->s, l->p.person[i].receives, share), OK);
        share[0] ^= (uint8_t)(wrong >> node & 1);
        memcpy(l->e.deal.row[n].receiver, l->p.person[i].author, 32);
        assert_int_equal(ceremony_seal(&l->at, l->p.person[i].author, secret,
                                       prekey(l, node)->public_key, share, l->e.deal.row[n].sealed),
                         OK);
        l->e.deal.row[n].sealed[3] ^= (uint8_t)(garbage >> node & 1);
        l->e.deal.count++;
    }
    say(l);
    world_run(l->r.w, 3000);
}

static void verdict(struct liar *l, size_t against)
{
    begin_entry(l, CEREMONY_VERDICT);
    l->e.verdict.round = 1;
    if (against < 6) {
        l->e.verdict.count = 1;
        memcpy(l->e.verdict.row[0].dealer, world_author(l->r.w, against), 32);
        l->e.verdict.row[0].reason = COMPLAINT_WRONG;
    }
    say(l);
    world_run(l->r.w, 3000);
}

static void answer(struct liar *l, size_t to, bool is_true)
{
    begin_entry(l, CEREMONY_ANSWER);
    l->e.answer.round = 1;
    l->e.answer.count = 1;
    memcpy(l->e.answer.row[0].receiver, world_author(l->r.w, to), 32);
    assert_int_equal(dealing_share(&l->s, (uint32_t)to + 1, l->e.answer.row[0].share), OK);
    l->e.answer.row[0].share[0] ^= !is_true;
    say(l);
    world_run(l->r.w, 5000);
}

static void confirm(struct liar *l, bool is_true)
{
    const struct ceremony_status *s = ritual_status(&l->r, A, l->id);
    assert_true(s->has_result);
    begin_entry(l, CEREMONY_CONFIRM);
    memcpy(l->e.confirm.transcript, s->transcript, 32);
    l->e.confirm.transcript[0] ^= !is_true;
    ceremony_sign(l->e.confirm.transcript, world_feed_secret(l->r.w, E), l->e.confirm.signature);
    say(l);
    world_run(l->r.w, 5000);
}

static void expect(struct liar *l, enum ceremony_state state, enum err e_is)
{
    for (size_t i = A; i <= F; i++) {
        assert_int_equal(ritual_status(&l->r, i, l->id)->state, state);
        assert_int_equal(ritual_left_out(&l->r, i, l->id, E), e_is);
        for (size_t k = A; k <= D; k++)
            assert_int_equal(ritual_left_out(&l->r, i, l->id, k), OK);
    }
    if (state != CEREMONY_AGREED)
        return;
    ritual_adopt(&l->r, l->id, 0);
    uint8_t n[32];
    assert_int_equal(world_evaluate(l->r.w, F, "somebody", 8000, n), OK);
}

static void end(struct liar *l)
{
    ritual_end(&l->r);
}

/* ---- Dealers ---- */

static void test_broken_promise(void **state)
{
    (void)state;
    struct liar l;
    begin(&l, 801);
    join(&l);
    l.seed[0]++;
    assert_int_equal(dealing_draw(l.seed, &l.at, 3, NULL, &l.s), OK);
    assert_int_equal(dealing_publish(&l.s, l.seed, &l.at, DEALING_GENERATE, NULL, NULL, &l.d), OK);
    deal(&l, 0, 0, 0);
    world_run(l.r.w, 10000);
    expect(&l, CEREMONY_AGREED, ERR_PROOF);
    assert_true(world_told(l.r.w, B, REPORT_CEREMONY_WRONG, ERR_PROOF) > 0);
    end(&l);
}

static void test_bad_proof(void **state)
{
    (void)state;
    struct liar l;
    begin(&l, 802);
    l.d.proof[40] ^= 1;
    join(&l);
    deal(&l, 0, 0, 0);
    world_run(l.r.w, 10000);
    expect(&l, CEREMONY_AGREED, ERR_PROOF);
    end(&l);
}

/* Somebody else's dealing, repeated: its proof is bound to whose it is. */
static void test_copied_dealing(void **state)
{
    (void)state;
    struct liar l;
    begin(&l, 803);
    memcpy(l.at.dealer, world_author(l.r.w, A), 32);
    assert_int_equal(dealing_draw(l.seed, &l.at, 3, NULL, &l.s), OK);
    assert_int_equal(dealing_publish(&l.s, l.seed, &l.at, DEALING_GENERATE, NULL, NULL, &l.d), OK);
    memcpy(l.at.dealer, world_author(l.r.w, E), 32);
    join(&l);
    deal(&l, 0, 0, 0);
    world_run(l.r.w, 10000);
    expect(&l, CEREMONY_AGREED, ERR_PROOF);
    end(&l);
}

static void test_silent_dealer(void **state)
{
    (void)state;
    struct liar l;
    begin(&l, 804);
    join(&l);
    world_run(l.r.w, 10000);
    expect(&l, CEREMONY_OPEN, OK);
    world_run(l.r.w, 25000);
    expect(&l, CEREMONY_AGREED, ERR_UNAVAILABLE);
    end(&l);
}

static void test_withdrawal(void **state)
{
    (void)state;
    struct liar l;
    begin(&l, 805);
    begin_entry(&l, CEREMONY_ABORT);
    l.e.abort_reason = 1;
    say(&l);
    world_run(l.r.w, 15000); /* without waiting for it */
    expect(&l, CEREMONY_AGREED, ERR_UNAVAILABLE);
    end(&l);
}

/* A sub-share that does not fit, cannot be opened or is missing: one receiver complains, and then
 * it depends on the answer. */
static void test_bad_subshare(void **state)
{
    (void)state;
    enum { NO_ANSWER, TRUE_ANSWER, FALSE_ANSWER };
    static const struct {
        unsigned wrong, garbage, none;
        int answer;
        enum err e_is;
    } rows[] = {
        {1u << B, 0,       0,       NO_ANSWER,    ERR_UNAVAILABLE},
        {1u << B, 0,       0,       TRUE_ANSWER,  OK             },
        {1u << B, 0,       0,       FALSE_ANSWER, ERR_PROOF      },
        {0,       1u << B, 0,       TRUE_ANSWER,  OK             },
        {0,       0,       1u << B, TRUE_ANSWER,  OK             },
        {0,       0,       1u << B, FALSE_ANSWER, ERR_PROOF      },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct liar l;
        print_message("row %zu\n", i);
        begin(&l, 810 + i);
        join(&l);
        deal(&l, rows[i].wrong, rows[i].garbage, rows[i].none);
        verdict(&l, SIZE_MAX);
        assert_true(world_told(l.r.w, B, REPORT_CEREMONY_WRONG, ERR_COUNT) > 0);
        if (rows[i].answer != NO_ANSWER)
            answer(&l, B, rows[i].answer == TRUE_ANSWER);
        world_run(l.r.w, rows[i].answer == NO_ANSWER ? 30000 : 5000);
        if (rows[i].e_is == OK)
            confirm(&l, true);
        expect(&l, CEREMONY_AGREED, rows[i].e_is);
        end(&l);
    }
}

/* So many complaints that the answers would be the secret: out, without waiting. */
static void test_many_complaints(void **state)
{
    (void)state;
    struct liar l;
    begin(&l, 820);
    join(&l);
    deal(&l, 1u << A | 1u << B, 1u << C, 0);
    verdict(&l, SIZE_MAX);
    world_run(l.r.w, 10000);
    expect(&l, CEREMONY_AGREED, ERR_PROOF);
    end(&l);
}

/* In a rotation nobody can be spared: who spoils it is named, and it cannot go on. */
static void test_wrong_product(void **state)
{
    (void)state;
    struct liar l;
    begin(&l, 823);
    join(&l);
    deal(&l, 0, 0, 0);
    verdict(&l, SIZE_MAX);
    confirm(&l, true);
    expect(&l, CEREMONY_AGREED, OK);
    l.p = ritual_again(&l.r, CEREMONY_ROTATE, KEY_PSEUDONYMS);
    ritual_run(&l.r, A, &l.p, 1u << E, 3000, l.id);
    memcpy(l.at.ceremony, l.id, 32);
    assert_int_equal(dealing_draw(l.seed, &l.at, 3, NULL, &l.s), OK);
    assert_int_equal(dealing_publish(&l.s, l.seed, &l.at, DEALING_GENERATE, NULL, NULL, &l.d), OK);
    join(&l);
    deal(&l, 0, 0, 0);
    verdict(&l, SIZE_MAX);
    world_run(l.r.w, 5000);
    const struct ceremony_status *s = ritual_status(&l.r, B, l.id);
    assert_int_equal(s->phase, 3);
    for (size_t i = 0; i < s->count; i++)
        assert_int_equal(s->place[i].is_awaited,
                         memcmp(s->place[i].author, world_author(l.r.w, E), 32) == 0);
    /* Any other scalar instead of the product, with a proof that cannot hold. */
    l.at.round = 2;
    struct dealing_base base = {0};
    uint8_t one[32] = {1};
    assert_int_equal(point_mul_base(one, base.factor), OK);
    memcpy(base.commitment, base.factor, 32);
    memcpy(base.public_key, base.factor, 32);
    assert_int_equal(dealing_draw(l.seed, &l.at, 3, one, &l.s), OK);
    assert_int_equal(dealing_publish(&l.s, l.seed, &l.at, DEALING_MULTIPLY, &base, one, &l.d), OK);
    begin_entry(&l, CEREMONY_DEAL);
    l.e.deal.round = 2;
    l.e.deal.dealing = l.d;
    assert_int_equal(crypto_scalarmult_base(l.e.deal.ephemeral, l.seed), 0);
    l.e.deal.count = 1;
    memcpy(l.e.deal.row[0].receiver, world_author(l.r.w, A), 32);
    say(&l);
    world_run(l.r.w, 10000);
    expect(&l, CEREMONY_IMPOSSIBLE, ERR_PROOF);
    assert_int_equal(ritual_abort(&l.r, A, l.id), OK);
    world_run(l.r.w, 5000);
    expect(&l, CEREMONY_ENDED, OK);
    end(&l);
}

/* ---- Receivers ---- */

static void test_false_complaint(void **state)
{
    (void)state;
    struct liar l;
    begin(&l, 821);
    join(&l);
    deal(&l, 0, 0, 0);
    verdict(&l, C);
    world_run(l.r.w, 5000);
    confirm(&l, true);
    expect(&l, CEREMONY_AGREED, OK);
    end(&l);
}

static void test_other_transcript(void **state)
{
    (void)state;
    struct liar l;
    begin(&l, 822);
    join(&l);
    deal(&l, 0, 0, 0);
    verdict(&l, SIZE_MAX);
    world_run(l.r.w, 5000);
    confirm(&l, false);
    for (size_t i = A; i <= F; i++)
        assert_int_equal(ritual_status(&l.r, i, l.id)->state, CEREMONY_DISPUTED);
    end(&l);
}

/* ---- The proposer ---- */

/* E proposes, and writes the first closing itself, before its own node does. */
static void test_wrong_closings(void **state)
{
    (void)state;
    enum { NOT_JOINED, OTHER_HASH, TOO_FEW, STRANGER, TWO };
    for (int what = NOT_JOINED; what <= TWO; what++) {
        struct liar l = {0};
        print_message("closing %d\n", what);
        ritual_begin(&l.r, 830 + (uint64_t)what, 6);
        l.p = ritual_generate(&l.r, KEY_PSEUDONYMS, 5, 3);
        unsigned but = what == NOT_JOINED ? 1u << C : 1u << E;
        ritual_run(&l.r, E, &l.p, but, 3000, l.id);
        struct ceremony_status *s = ritual_status(&l.r, A, l.id);
        assert_int_equal(s->phase, 0);
        begin_entry(&l, CEREMONY_CLOSE);
        l.e.close.phase = 1;
        for (size_t i = 0; i < l.p.count; i++) {
            size_t node = world_node_of_author(l.r.w, l.p.person[i].author);
            struct ceremony_row *row = &l.e.close.row[l.e.close.count];
            if ((node == E && what != NOT_JOINED) || (what == TOO_FEW && node > B))
                continue;
            memcpy(row->author, l.p.person[i].author, 32);
            /* What each joined with is in its feed: read there. */
            for (uint64_t k = 0; k < 40; k++) {
                static uint8_t body[BODY_BYTES_MAX];
                static struct ceremony_entry e;
                struct body b;
                size_t len = look_body(l.r.w, A, node, k, body);
                if (len > 0 && body_decode(bytes_of(body, len), &b) == OK &&
                    b.type == ENTRY_CEREMONY &&
                    ceremony_decode(l.p.person[i].author, b.payload, &e) == OK &&
                    e.step == CEREMONY_JOIN)
                    memcpy(row->hash, e.join, 32);
            }
            if (what == STRANGER && node == B)
                memcpy(row->author, world_author(l.r.w, F), 32);
            if (what == OTHER_HASH && node == B)
                row->hash[0] ^= 1;
            l.e.close.count++;
        }
        /* ascending by author, whoever it is */
        for (size_t i = 0; i + 1 < l.e.close.count; i++)
            for (size_t k = 0; k + 1 < l.e.close.count; k++)
                if (memcmp(l.e.close.row[k].author, l.e.close.row[k + 1].author, 32) > 0) {
                    struct ceremony_row t = l.e.close.row[k];
                    l.e.close.row[k] = l.e.close.row[k + 1];
                    l.e.close.row[k + 1] = t;
                }
        say(&l);
        if (what == TWO) {
            l.e.close.count--; /* a second one, without the last: the first counts */
            say(&l);
        }
        world_run(l.r.w, 20000);
        for (size_t i = A; i <= D; i++) {
            s = ritual_status(&l.r, i, l.id);
            if (what == NOT_JOINED) {
                assert_int_equal(s->state, CEREMONY_OPEN); /* it may still come */
                assert_int_equal(s->phase, 0);
            } else if (what == TWO) {
                assert_int_equal(s->state, CEREMONY_AGREED);
                assert_int_equal(s->result.key[0].share_count, 4);
            } else {
                assert_int_equal(s->state, CEREMONY_DISPUTED);
            }
        }
        end(&l);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_broken_promise),  cmocka_unit_test(test_bad_proof),
        cmocka_unit_test(test_copied_dealing),  cmocka_unit_test(test_silent_dealer),
        cmocka_unit_test(test_withdrawal),      cmocka_unit_test(test_bad_subshare),
        cmocka_unit_test(test_many_complaints), cmocka_unit_test(test_wrong_product),
        cmocka_unit_test(test_false_complaint), cmocka_unit_test(test_other_transcript),
        cmocka_unit_test(test_wrong_closings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
