/*
 * keyholder.c - answering evaluations, within a daily budget for each member that survives
 * restarts.
 *
 * It answers for each sharing that the member list in force has and that is not over, with its
 * share of that one: of the pseudonym key, and of factors, which have a budget of their own
 * (factors.c). A keyholder sees blinded points and a commitment to a purpose; it never learns about
 * whom. Every element counts, padding too. The charge is persisted before the answer leaves. The
 * same request, by the same member for the same points, is answered again without a charge: answers
 * get lost. Before this node knows that its own feed is whole it answers nothing: what it charged
 * today may be lost with the rest (standing.c).
 */
#include "federation/core.h"

#include <sodium.h>
#include <string.h>

/* What identifies the points of a request. Those of a factor are never those of the pseudonym key:
 * what was charged as the one must not be had as the other. */
static void points_hash(const struct roster_key *k, struct bytes points, uint8_t out[HASH_BYTES])
{
    struct bytes domain = BYTES_LITERAL("seinpost/v1/points");
    struct bytes factor = BYTES_LITERAL("seinpost/v1/factor-points");
    uint8_t epoch[4];
    struct pack p = pack_of(epoch, sizeof epoch);
    pack_u32(&p, k->epoch);
    crypto_generichash_state st;
    crypto_generichash_init(&st, NULL, 0, HASH_BYTES);
    if (k->key == KEY_FACTOR) {
        crypto_generichash_update(&st, factor.data, factor.len);
        crypto_generichash_update(&st, epoch, sizeof epoch);
    } else {
        crypto_generichash_update(&st, domain.data, domain.len);
    }
    crypto_generichash_update(&st, points.data, points.len);
    crypto_generichash_final(&st, out, HASH_BYTES);
}

/* Whether this was answered before, and then for the same points. */
static enum err check_repeat(struct federation *f, const struct feed *member,
                             const struct charge *c, bool *is_paid)
{
    uint8_t was[HASH_BYTES];
    *is_paid = f->archive.request(f->archive.ctx, member->rec.author, c->request, was);
    return *is_paid && memcmp(was, c->hash, HASH_BYTES) != 0 ? ERR_DUPLICATE : OK;
}

/* What a member has used of its budget today. */
static uint32_t used_today(const struct feed *member, uint32_t day)
{
    return member->budget_day == day ? member->budget_used : 0;
}

/* What of a batch is charged to the day; the rest is charged to allowances. */
static uint32_t daily_part(struct federation *f, const struct feed *member, uint32_t day,
                           const struct charge *c)
{
    uint32_t used = used_today(member, day), budget = core_roster(f)->policy.budget_a_day;
    uint32_t left = used < budget ? budget - used : 0;
    return c->count < left ? c->count : left;
}

/* Whether the budget of today allows it, with what allowances give beyond it. Nothing is charged
 * yet. */
static enum err check_budget(struct federation *f, const struct feed *member, struct charge *c,
                             struct effects *out)
{
    uint32_t day = (uint32_t)core_budget_day(f, out);
    uint32_t daily = daily_part(f, member, day, c);
    c->surge = (struct surge){0};
    return daily == c->count ? OK : allowance_take(f, member, day, c->count - daily, &c->surge);
}

static void charge(struct federation *f, struct feed *member, const struct charge *c,
                   struct effects *out)
{
    uint32_t day = (uint32_t)core_budget_day(f, out);
    uint32_t daily = daily_part(f, member, day, c);
    allowance_charge(member, day, &c->surge, out);
    member->budget_used = used_today(member, day) + daily;
    member->budget_day = day;
    struct effect *e = effects_add(out, EFFECT_PERSIST_REQUEST);
    memcpy(e->author, member->rec.author, AUTHOR_BYTES);
    e->request.day = day;
    e->request.used = member->budget_used;
    memcpy(e->request.request, c->request, 16);
    memcpy(e->request.points_hash, c->hash, HASH_BYTES);
    memcpy(e->request.purpose, c->purpose, HASH_BYTES);
    e->request.points = c->count;
}

static enum err prove(struct federation *f, const struct share *share, const uint8_t *commitment,
                      struct bytes points, uint8_t *evaluated, uint8_t **proof, struct effects *out)
{
    uint8_t fresh[EVALUATION_FRESH_BYTES];
    *proof = effects_alloc(out, VOPRF_PROOF_BYTES);
    if (*proof == NULL)
        return ERR_FULL;
    rng_bytes(&f->rng, fresh, sizeof fresh);
    enum err e = evaluation_answer(share, commitment, points.data, points.len / POINT_BYTES, fresh,
                                   evaluated, *proof);
    sodium_memzero(fresh, sizeof fresh);
    return e;
}

enum err keyholder_answer(struct federation *f, const uint8_t member[AUTHOR_BYTES],
                          const uint8_t request[16], uint32_t key, uint32_t epoch, uint32_t refresh,
                          struct bytes points, const uint8_t purpose[HASH_BYTES],
                          uint8_t **evaluated, uint8_t **proof, struct effects *out)
{
    const struct roster *r = core_roster(f);
    const struct organisation *org = roster_find(r, member);
    struct feed *feed = core_feed(f, member);
    size_t count = points.len / POINT_BYTES;
    if (feed == NULL || !roster_is_active_member(org))
        return ERR_UNAUTHORISED;
    if (points.len % POINT_BYTES != 0 || count == 0 || count > EVALUATION_POINTS_MAX)
        return ERR_RANGE;
    /* The statistics key opens what members encrypt under it: it is never lent for other points. */
    bool is_lent = key == KEY_PSEUDONYMS || key == KEY_FACTOR;
    const struct roster_key *k = is_lent ? roster_key_find(r, key, epoch, refresh) : NULL;
    if (!core_key_serves(f, k))
        return ERR_EPOCH;
    const uint8_t *commitment;
    const struct held_share *share = shares_active(f, k, &commitment);
    if (share == NULL)
        return ERR_EPOCH;
    if (!f->may_sign)
        return ERR_UNAVAILABLE;
    struct charge c = {.request = request, .purpose = purpose, .count = (uint32_t)count};
    bool is_paid;
    points_hash(k, points, c.hash);
    enum err e = check_repeat(f, feed, &c, &is_paid);
    if (e == OK && !is_paid)
        e = key == KEY_FACTOR ? factors_check(f, feed, epoch, c.count)
                              : check_budget(f, feed, &c, out);
    if (e != OK)
        return e; /* before anything is computed: whoever used up its budget costs little */

    *evaluated = effects_alloc(out, points.len);
    if (*evaluated == NULL)
        return ERR_FULL;
    /* Computed before it is charged: points that are no points cost nobody anything. */
    e = proof == NULL ? evaluation_alone(&share->share, points.data, count, *evaluated)
                      : prove(f, &share->share, commitment, points, *evaluated, proof, out);
    if (e == OK && !is_paid && key == KEY_FACTOR)
        factors_charge(f, feed, epoch, &c, out);
    else if (e == OK && !is_paid)
        charge(f, feed, &c, out);
    return e;
}

void core_refusal_text(const uint8_t request[16], uint32_t reason, uint32_t day,
                       uint8_t out[REFUSAL_TEXT_BYTES])
{
    struct pack p = pack_of(out, REFUSAL_TEXT_BYTES);
    pack_bytes(&p, BYTES_LITERAL("seinpost/v1/refusal"));
    pack_copy(&p, request, 16);
    pack_u32(&p, reason);
    pack_u32(&p, day);
}

static void refuse(struct federation *f, struct link *l, const uint8_t request[16], enum err reason,
                   struct effects *out)
{
    /* Coarse on purpose: budget, key period, not now, or not authorised. */
    bool is_told = reason == ERR_BUDGET || reason == ERR_EPOCH || reason == ERR_UNAVAILABLE;
    uint32_t code = (uint32_t)(is_told ? reason : ERR_UNAUTHORISED);
    uint8_t text[REFUSAL_TEXT_BYTES], signature[SIGNATURE_BYTES];
    Seinpost__Refusal body = SEINPOST__REFUSAL__INIT;
    body.request = (ProtobufCBinaryData){16, (uint8_t *)(uintptr_t)request};
    body.reason = code;
    body.day = core_today(f);
    core_refusal_text(request, code, body.day, text);
    const uint8_t *secret = core_feed_secret(f);
    if (secret == NULL)
        return; /* nobody could verify it */
    crypto_sign_detached(signature, NULL, text, sizeof text, secret);
    body.signature = (ProtobufCBinaryData){SIGNATURE_BYTES, signature};
    Seinpost__Message m = SEINPOST__MESSAGE__INIT;
    m.body_case = SEINPOST__MESSAGE__BODY_REFUSAL;
    m.refusal = &body;
    (void)!core_send(f, l->id, &m, out);
}

void keyholder_on_evaluate(struct federation *f, struct link *l, const Seinpost__Evaluate *m,
                           struct effects *out)
{
    if (m->request.len != 16 || m->purpose.len != HASH_BYTES) {
        core_report(out, l->author, REPORT_MESSAGE_REFUSED, ERR_FORMAT, 0);
        return;
    }
    uint8_t *evaluated = NULL, *proof = NULL;
    struct bytes points = bytes_of(m->points.data, m->points.len);
    enum err e = keyholder_answer(f, l->author, m->request.data, m->key, m->epoch, m->refresh,
                                  points, m->purpose.data, &evaluated, &proof, out);
    if (e != OK) {
        if (e != ERR_BUDGET && e != ERR_EPOCH && e != ERR_UNAVAILABLE)
            core_report(out, l->author, REPORT_MESSAGE_REFUSED, e, 0);
        refuse(f, l, m->request.data, e, out);
        return;
    }
    Seinpost__Evaluated body = SEINPOST__EVALUATED__INIT;
    body.request = m->request;
    body.points = (ProtobufCBinaryData){points.len, evaluated};
    body.proof = (ProtobufCBinaryData){VOPRF_PROOF_BYTES, proof};
    Seinpost__Message reply = SEINPOST__MESSAGE__INIT;
    reply.body_case = SEINPOST__MESSAGE__BODY_EVALUATED;
    reply.evaluated = &body;
    (void)!core_send(f, l->id, &reply, out);
}

void keyholder_spend_today(struct federation *f, struct effects *out)
{
    uint32_t day = (uint32_t)core_budget_day(f, out);
    core_mark(f, MARK_SURGE_LOST, day, out);
    for (size_t i = 0; i < f->feed_count; i++) {
        struct feed *feed = &f->feeds[i];
        if (!effects_has_room(out, 64, 0))
            return;
        feed->budget_day = day;
        feed->budget_used = core_roster(f)->policy.budget_a_day;
        struct effect *e = effects_add(out, EFFECT_PERSIST_BUDGET);
        memcpy(e->author, feed->rec.author, AUTHOR_BYTES);
        e->request.day = day;
        e->request.used = feed->budget_used;
    }
}
