/*
 * Key ceremonies by seed: generate, refresh, reshare and rotate in a row, among cores that stop,
 * lose their connections and get messages late, while up to t - 1 holders say what is not so.
 * SEEDS=n for so many, SEED=n for that one alone.
 *
 * What must hold: nobody honest is left out; whoever spoiled something is named by all who are
 * honest; a result on which all agree is a sharing of the key that it should be, of which t - 1
 * shares are nothing; a pseudonym stays the same, or becomes rho times what it was.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "tests/sim/check.h"
#include "tests/sim/dice.h"
#include "tests/sim/look.h"
#include "tests/sim/ritual.h"

enum { NODES = 8, MEMBER = NODES - 1, SEEDS = 12, FIRST = 0 };

enum lie {
    LIE_NO_JOIN,
    LIE_NO_DEAL,
    LIE_OTHER_DEAL, /* than promised */
    LIE_PROOF,      /* or, without one, another f(0) than it must be */
    LIE_SUBSHARE,   /* a wrong one to one receiver, and a wrong answer or none */
    LIE_SUBSHARES,  /* wrong ones to all */
    LIE_NO_VERDICT,
    LIE_COMPLAINT, /* against an honest dealer; honest in all else */
    LIE_NO_CONFIRM,
    LIE_CONFIRM,
    LIES
};

struct imp {
    size_t node;
    enum lie lie;
    bool has_joined, has_dealt, has_judged, has_answered, has_confirmed;
    size_t victim;
    struct dealing_place at;
    struct dealing_secret s;
    struct dealing d;
};

struct run {
    struct ritual r;
    struct dice dice;
    size_t holders[NODES], count; /* of the newest sharing */
    uint32_t t;
    unsigned imps; /* nodes that lie, as bits */
    bool has_n;
    uint8_t n[32]; /* a pseudonym under the key in use */
    size_t agreed, failed, lies, faults;
};

static void dice_bytes(struct dice *d, uint8_t *out, size_t len)
{
    for (size_t i = 0; i < len; i++)
        out[i] = (uint8_t)dice_next(d);
}

static size_t honest(const struct run *q)
{
    size_t i = 0;
    while ((q->imps >> i & 1) != 0)
        i++;
    return i;
}

/* ---- One that lies ---- */

static void write_step(struct run *q, const struct imp *m, struct ceremony_entry *e,
                       enum ceremony_step step, const uint8_t id[32])
{
    e->step = (uint8_t)step;
    memcpy(e->id, id, 32);
    ritual_write(&q->r, m->node, e);
}

static const struct ceremony_person *person(const struct ceremony_status *s, struct run *q,
                                            size_t node)
{
    for (size_t i = 0; i < s->proposal.count; i++)
        if (memcmp(s->proposal.person[i].author, world_author(q->r.w, node), 32) == 0)
            return &s->proposal.person[i];
    return NULL;
}

/* Draws what it deals; false where it has nothing to deal. */
static bool draw(struct run *q, struct imp *m, const struct ceremony_status *s)
{
    uint8_t seed[32], zeros[32] = {0};
    const struct ceremony_person *me = person(s, q, m->node);
    const struct ceremony_proposal *p = &s->proposal;
    const struct share *share =
        p->kind == CEREMONY_RESHARE
            ? ritual_share(&q->r, m->node, p->key, p->base_epoch, p->base_refresh)
            : NULL;
    struct dealing_base base = {0};
    if (me->deals == 0 || (p->kind == CEREMONY_RESHARE && share == NULL))
        return false;
    if (share != NULL && threshold_commit(share, base.commitment) != OK)
        return false;
    dice_bytes(&q->dice, seed, sizeof seed);
    memcpy(m->at.ceremony, s->id, 32);
    memcpy(m->at.dealer, world_author(q->r.w, m->node), 32);
    m->at.round = 1;
    static const enum dealing_kind kinds[] = {0, DEALING_GENERATE, DEALING_REFRESH, DEALING_RESHARE,
                                              DEALING_GENERATE};
    const uint8_t *first = p->kind == CEREMONY_REFRESH   ? zeros
                           : p->kind == CEREMONY_RESHARE ? share->scalar
                                                         : NULL;
    return dealing_draw(seed, &m->at, p->threshold, first, &m->s) == OK &&
           dealing_publish(&m->s, seed, &m->at, kinds[p->kind],
                           p->kind == CEREMONY_RESHARE ? &base : NULL, NULL, &m->d) == OK;
}

static void spoil_proof(struct imp *m)
{
    if (m->d.proof_bytes > 0)
        m->d.proof[33] ^= 1;
    else
        memcpy(m->d.commitment[0], m->d.commitment[m->d.t - 1], 32);
}

static void do_deal(struct run *q, struct imp *m, const struct ceremony_status *s)
{
    static struct ceremony_entry e;
    static const uint8_t secret[32] = {5};
    memset(&e, 0, sizeof e);
    if (m->lie == LIE_OTHER_DEAL && !draw(q, m, s))
        return;
    e.deal.round = 1;
    e.deal.dealing = m->d;
    int is_key = crypto_scalarmult_base(e.deal.ephemeral, secret);
    assert_int_equal(is_key, 0);
    m->victim = SIZE_MAX;
    for (size_t i = 0; i < s->count; i++) {
        size_t to = world_node_of_author(q->r.w, s->place[i].author), n = e.deal.count;
        const struct pouch *pouch = look_pouch(q->r.w, to);
        struct envelope_key key = {0};
        uint8_t share[32];
        if (to == m->node || !s->place[i].is_in || s->proposal.person[i].receives == 0)
            continue;
        for (size_t k = 0; k < POUCH_PREKEYS_MAX; k++)
            if (pouch->prekeys[k].is_used &&
                pouch->prekeys[k].week == world_today(q->r.w) / PREKEY_DAYS)
                envelope_key_of(pouch->prekeys[k].secret, &key);
        assert_int_equal(dealing_share(&m->s, s->proposal.person[i].receives, share), OK);
        bool is_victim = m->victim == SIZE_MAX && (q->imps >> to & 1) == 0;
        if (is_victim)
            m->victim = to;
        share[0] ^= m->lie == LIE_SUBSHARES || (m->lie == LIE_SUBSHARE && is_victim);
        memcpy(e.deal.row[n].receiver, s->place[i].author, 32);
        assert_int_equal(ceremony_seal(&m->at, s->place[i].author, secret, key.public_key, share,
                                       e.deal.row[n].sealed),
                         OK);
        e.deal.count++;
    }
    write_step(q, m, &e, CEREMONY_DEAL, s->id);
    m->has_dealt = true;
}

static void do_verdict(struct run *q, struct imp *m, const struct ceremony_status *s)
{
    static struct ceremony_entry e;
    memset(&e, 0, sizeof e);
    e.verdict.round = 1;
    for (size_t i = 0; i < s->count && m->lie == LIE_COMPLAINT; i++) {
        size_t to = world_node_of_author(q->r.w, s->place[i].author);
        if ((q->imps >> to & 1) != 0 || !s->place[i].is_in || s->proposal.person[i].deals == 0)
            continue;
        memcpy(e.verdict.row[0].dealer, s->place[i].author, 32);
        e.verdict.row[0].reason = COMPLAINT_WRONG;
        e.verdict.count = 1;
        break;
    }
    write_step(q, m, &e, CEREMONY_VERDICT, s->id);
    m->has_judged = true;
}

static void do_answer(struct run *q, struct imp *m, const struct ceremony_status *s)
{
    static struct ceremony_entry e;
    m->has_answered = true;
    if (m->lie != LIE_SUBSHARE || m->victim == SIZE_MAX || dice_below(&q->dice, 2) == 0)
        return;
    memset(&e, 0, sizeof e);
    e.answer.round = 1;
    e.answer.count = 1;
    memcpy(e.answer.row[0].receiver, world_author(q->r.w, m->victim), 32);
    dice_bytes(&q->dice, e.answer.row[0].share, 31);
    write_step(q, m, &e, CEREMONY_ANSWER, s->id);
}

static void do_confirm(struct run *q, struct imp *m, const struct ceremony_status *s)
{
    static struct ceremony_entry e;
    memset(&e, 0, sizeof e);
    memcpy(e.confirm.transcript, s->transcript, 32);
    e.confirm.transcript[5] ^= m->lie == LIE_CONFIRM;
    ceremony_sign(e.confirm.transcript, world_feed_secret(q->r.w, m->node), e.confirm.signature);
    write_step(q, m, &e, CEREMONY_CONFIRM, s->id);
    m->has_confirmed = true;
}

/* What it does now, as far as it goes along. */
static void imp_step(struct run *q, struct imp *m, const uint8_t id[32])
{
    static struct ceremony_status s;
    static struct ceremony_entry e;
    s = *ritual_status(&q->r, honest(q), id);
    if (s.state != CEREMONY_OPEN || m->lie == LIE_NO_JOIN || !world_is_running(q->r.w, m->node) ||
        !world_standing(q->r.w, m->node).may_sign || ritual_left_out(&q->r, honest(q), id, m->node))
        return;
    if (!m->has_joined) {
        memset(&e, 0, sizeof e);
        bool is_dealer = draw(q, m, &s);
        if (is_dealer && m->lie == LIE_PROOF)
            spoil_proof(m);
        if (is_dealer)
            ceremony_promise_hash(world_author(q->r.w, m->node), &m->d, e.join);
        m->has_dealt = !is_dealer;
        write_step(q, m, &e, CEREMONY_JOIN, id);
        m->has_joined = true;
    } else if (s.phase == 1 && !m->has_dealt && m->lie != LIE_NO_DEAL) {
        do_deal(q, m, &s);
    } else if (s.phase == 2 && !m->has_judged && m->lie != LIE_NO_VERDICT) {
        do_verdict(q, m, &s);
    } else if (s.phase == 2 && m->has_judged && !m->has_answered) {
        do_answer(q, m, &s);
    } else if (s.phase == 3 && s.has_result && !m->has_confirmed && m->lie != LIE_NO_CONFIRM) {
        do_confirm(q, m, &s);
    }
}

/* ---- What goes wrong meanwhile ---- */

static void fault(struct run *q)
{
    size_t node = dice_below(&q->dice, NODES), other = dice_below(&q->dice, NODES);
    struct world_network slow = {.delay_ms_max = (uint32_t)dice_below(&q->dice, 3) * 400,
                                 .repeat_per_1000 = (uint32_t)dice_below(&q->dice, 2) * 20};
    q->faults++;
    switch (dice_below(&q->dice, 6)) {
    case 0:
        world_crash(q->r.w, node, dice_below(&q->dice, 2) == 0);
        world_run(q->r.w, 500 + dice_below(&q->dice, 4000));
        world_start(q->r.w, node);
        return;
    case 1:
        if (node == other)
            return;
        world_part(q->r.w, node, other);
        world_run(q->r.w, 500 + dice_below(&q->dice, 8000));
        world_join(q->r.w, node, other);
        return;
    case 2:
        if (node != other)
            world_fall(q->r.w, node, other);
        return;
    case 3:
        world_set_network(q->r.w, &slow);
        return;
    case 4:
        if (node != other)
            world_clog(q->r.w, node, other, 2000);
        return;
    default:
        return;
    }
}

/* ---- One ceremony ---- */

/* Runs one to its end; true if all agreed. Whoever lies in a way that shows is named. */
static bool perform(struct run *q, struct ceremony_proposal *p, bool has_faults, uint8_t id[32])
{
    static struct imp imps[NODES];
    size_t by = honest(q), imp_count = 0;
    p->patience_seconds = 60;
    for (size_t i = 0; i < NODES; i++)
        if ((q->imps >> i & 1) != 0 && i < MEMBER) {
            memset(&imps[imp_count], 0, sizeof imps[0]);
            imps[imp_count].node = i;
            imps[imp_count++].lie = (enum lie)dice_below(&q->dice, LIES);
        }
    if (p->kind == CEREMONY_ROTATE)
        imp_count = 0;
    unsigned but = p->kind == CEREMONY_ROTATE ? 0 : q->imps;
    ritual_run(&q->r, by, p, but, 0, id);
    for (size_t i = 0; i < 240 && ritual_status(&q->r, by, id)->state == CEREMONY_OPEN; i++) {
        world_run(q->r.w, 1000);
        if (has_faults && dice_below(&q->dice, 4) == 0)
            fault(q);
        for (size_t k = 0; k < imp_count; k++)
            if (person(ritual_status(&q->r, by, id), q, imps[k].node) != NULL)
                imp_step(q, &imps[k], id);
    }
    struct world_network sound = {0};
    world_set_network(q->r.w, &sound);
    world_run(q->r.w, 20000);
    q->lies += imp_count;
    enum ceremony_state state = ritual_status(&q->r, by, id)->state;
    for (size_t i = 0; i < NODES; i++) {
        if ((q->imps >> i & 1) == 0) /* the honest see the same */
            assert_int_equal(ritual_status(&q->r, i, id)->state, state);
        if ((q->imps >> i & 1) == 0 && person(ritual_status(&q->r, by, id), q, i) != NULL)
            assert_int_equal(ritual_left_out(&q->r, by, id, i), OK);
    }
    for (size_t k = 0; k < imp_count; k++) {
        const struct ceremony_status *s = ritual_status(&q->r, by, id);
        const struct ceremony_person *who = person(s, q, imps[k].node);
        if (who == NULL || imps[k].lie == LIE_COMPLAINT)
            continue;
        enum err e = ritual_left_out(&q->r, by, id, imps[k].node);
        bool shows_in_deal = imps[k].lie >= LIE_NO_DEAL && imps[k].lie <= LIE_SUBSHARES;
        if (imps[k].lie == LIE_CONFIRM)
            assert_int_not_equal(state, CEREMONY_AGREED);
        else if (imps[k].lie == LIE_NO_CONFIRM)
            assert_int_not_equal(state, CEREMONY_AGREED);
        else if (!shows_in_deal || who->deals != 0)
            assert_int_not_equal(e, OK);
    }
    q->agreed += state == CEREMONY_AGREED;
    q->failed += state != CEREMONY_AGREED;
    if (state != CEREMONY_AGREED) {
        assert_true(imp_count > 0);
        assert_int_equal(ritual_abort(&q->r, by, id), OK);
        world_run(q->r.w, 5000);
    }
    return state == CEREMONY_AGREED;
}

/* The sharing that was agreed on is one, and t - 1 of it are nothing. */
static void check_sharing(struct run *q, uint32_t key, uint32_t epoch, uint32_t refresh)
{
    const struct roster_key *k =
        roster_key_find(federation_roster(world_core(q->r.w, honest(q))), key, epoch, refresh);
    unsigned holders = 0, few = 0, some = 0;
    uint8_t secret[32], point[32];
    assert_non_null(k);
    q->count = k->share_count;
    q->t = k->threshold;
    for (size_t i = 0; i < k->share_count; i++) {
        size_t node = world_node_of_author(q->r.w, k->holder[i]);
        q->holders[i] = node;
        if ((q->imps >> node & 1) != 0)
            continue; /* what it keeps is its own affair */
        holders |= 1u << node;
        if (__builtin_popcount(some) < (int)q->t)
            some |= 1u << node;
        if (__builtin_popcount(few) + 1 < (int)q->t)
            few |= 1u << node;
    }
    if (__builtin_popcount(holders) >= (int)q->t) {
        assert_true(ritual_combine(&q->r, some, key, epoch, refresh, secret));
        assert_int_equal(point_mul_base(secret, point), OK);
        assert_memory_equal(point, k->public_key, 32);
        assert_true(ritual_combine(&q->r, few, key, epoch, refresh, secret));
        assert_int_equal(point_mul_base(secret, point), OK);
        assert_memory_not_equal(point, k->public_key, 32);
    }
}

static void ask(struct run *q, uint8_t n[32])
{
    assert_int_equal(world_evaluate(q->r.w, MEMBER, "somebody", 30000, n), OK);
}

/* The next ceremony, again and again without whoever spoiled it, until all agree. */
static void go_on(struct run *q, enum ceremony_kind kind, bool has_faults)
{
    uint8_t id[32], n[32], rho[32], turned[32];
    for (size_t round = 0; round < 4; round++) {
        struct ceremony_proposal p = kind == CEREMONY_GENERATE
                                         ? ritual_generate(&q->r, KEY_PSEUDONYMS, 5, 3)
                                         : ritual_again(&q->r, kind, KEY_PSEUDONYMS);
        size_t to[NODES], count = 0;
        for (size_t i = 0; i < MEMBER && count < 5; i++)
            if (round == 0 || (q->imps >> i & 1) == 0)
                to[count++] = i;
        if (kind == CEREMONY_RESHARE)
            p = ritual_reshare(&q->r, KEY_PSEUDONYMS, to, count, 3);
        /* Once it is known who lies, it is not asked again. */
        for (size_t i = p.count; i-- > 0 && round > 0;) {
            size_t node = world_node_of_author(q->r.w, p.person[i].author);
            if ((q->imps >> node & 1) != 0)
                memmove(&p.person[i], &p.person[i + 1], (--p.count - i) * sizeof p.person[0]);
        }
        if (round > 0 && kind == CEREMONY_GENERATE && p.count < 5)
            p.threshold = 2;
        if (!perform(q, &p, has_faults, id))
            continue;
        ritual_adopt(&q->r, id, 86400);
        check_sharing(q, KEY_PSEUDONYMS, p.epoch, p.refresh);
        ask(q, n);
        if (kind == CEREMONY_ROTATE) {
            unsigned some = 0;
            for (size_t i = 0; i < q->t; i++)
                some |= 1u << q->holders[i];
            assert_true(ritual_combine(&q->r, some, KEY_FACTOR, p.epoch, 0, rho));
            assert_int_equal(point_mul(rho, q->n, turned), OK);
            assert_memory_equal(turned, n, 32);
        } else if (q->has_n) {
            assert_memory_equal(q->n, n, 32);
        }
        memcpy(q->n, n, 32);
        q->has_n = true;
        return;
    }
    fail();
}

static void one_seed(uint64_t seed, struct run *sum)
{
    struct run q = {.dice = dice_for(seed, 77)};
    ritual_begin(&q.r, seed, NODES);
    size_t lying = dice_below(&q.dice, 3); /* of t = 3 */
    while ((size_t)__builtin_popcount(q.imps) < lying)
        q.imps |= 1u << dice_below(&q.dice, MEMBER);
    bool has_faults = dice_below(&q.dice, 4) != 0;
    go_on(&q, CEREMONY_GENERATE, has_faults);
    bool is_narrow = q.t < 3;
    if (!is_narrow) {
        go_on(&q, CEREMONY_REFRESH, has_faults);
        go_on(&q, CEREMONY_RESHARE, has_faults);
    }
    bool is_clean = q.count >= 2 * q.t - 1;
    for (size_t i = 0; i < q.count; i++)
        is_clean = is_clean && (q.imps >> q.holders[i] & 1) == 0;
    if (is_clean)
        go_on(&q, CEREMONY_ROTATE, has_faults);
    check_equal(q.r.w);
    ritual_end(&q.r);
    sum->agreed += q.agreed;
    sum->failed += q.failed;
    sum->lies += q.lies;
    sum->faults += q.faults;
}

static void test_seeds(void **state)
{
    (void)state;
    struct run sum = {0};
    const char *one = getenv("SEED"), *many = getenv("SEEDS");
    uint64_t first = one != NULL ? strtoull(one, NULL, 10) : FIRST;
    uint64_t count = one != NULL ? 1 : many != NULL ? strtoull(many, NULL, 10) : SEEDS;
    for (uint64_t seed = first; seed < first + count; seed++) {
        print_message("SEED=%llu\n", (unsigned long long)seed);
        one_seed(seed, &sum);
    }
    print_message(
        "%llu seeds: %zu ceremonies agreed, %zu spoiled by a liar, %zu lies, %zu faults\n",
        (unsigned long long)count, sum.agreed, sum.failed, sum.lies, sum.faults);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_seeds)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
