/*
 * keyholder.c - answering evaluations, within a daily budget for each member that survives
 * restarts.
 *
 * A keyholder sees blinded points and a commitment to a purpose; it never learns about whom. Every
 * element counts, padding too. The charge is persisted before the answer leaves. The same request,
 * by the same member for the same points, is answered again without a charge: answers get lost.
 * Before this node knows that its own feed is whole it answers nothing: what it charged today may
 * be lost with the rest (standing.c).
 */
#include "federation/core.h"

#include <sodium.h>
#include <string.h>

static void points_hash(struct bytes points, uint8_t out[HASH_BYTES])
{
    struct bytes domain = BYTES_LITERAL("seinpost/v1/points");
    crypto_generichash_state st;
    crypto_generichash_init(&st, NULL, 0, HASH_BYTES);
    crypto_generichash_update(&st, domain.data, domain.len);
    crypto_generichash_update(&st, points.data, points.len);
    crypto_generichash_final(&st, out, HASH_BYTES);
}

/* What a member asks for, against its budget. */
struct claim {
    const uint8_t *request; /* 16 */
    const uint8_t *purpose; /* HASH_BYTES */
    uint8_t hash[HASH_BYTES];
    uint32_t count;
    uint32_t day;
    uint32_t used; /* that day, before this */
    bool is_paid;  /* it was charged before */
};

/* Whether the budget allows it today. Nothing is charged yet. */
static enum err check_budget(struct federation *f, const struct feed *member, struct claim *c,
                             struct effects *out)
{
    uint8_t was[HASH_BYTES];
    if (f->archive.request(f->archive.ctx, member->rec.author, c->request, was)) {
        c->is_paid = memcmp(was, c->hash, HASH_BYTES) == 0;
        return c->is_paid ? OK : ERR_DUPLICATE;
    }
    c->day = (uint32_t)core_budget_day(f, out);
    c->used = member->budget_day == c->day ? member->budget_used : 0;
    uint32_t budget = core_roster(f)->policy.budget_a_day;
    return c->used > budget || c->count > budget - c->used ? ERR_BUDGET : OK;
}

static void charge(struct feed *member, const struct claim *c, struct effects *out)
{
    member->budget_day = c->day;
    member->budget_used = c->used + c->count;
    struct effect *e = effects_add(out, EFFECT_PERSIST_REQUEST);
    memcpy(e->author, member->rec.author, AUTHOR_BYTES);
    e->request.day = c->day;
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
    const struct roster_key *k =
        key == KEY_PSEUDONYMS ? roster_key_find(r, key, epoch, refresh) : NULL;
    if (k == NULL || !roster_key_serves(k, core_sober_utc(f)))
        return ERR_EPOCH;
    const uint8_t *commitment;
    const struct held_share *share = shares_active(f, k, &commitment);
    if (share == NULL)
        return ERR_EPOCH;
    if (!f->may_sign)
        return ERR_UNAVAILABLE;
    struct claim c = {.request = request, .purpose = purpose, .count = (uint32_t)count};
    points_hash(points, c.hash);
    enum err e = check_budget(f, feed, &c, out);
    if (e != OK)
        return e; /* before anything is computed: whoever used up its budget costs little */

    *evaluated = effects_alloc(out, points.len);
    if (*evaluated == NULL)
        return ERR_FULL;
    /* Computed before it is charged: points that are no points cost nobody anything. */
    e = proof == NULL ? evaluation_alone(&share->share, points.data, count, *evaluated)
                      : prove(f, &share->share, commitment, points, *evaluated, proof, out);
    if (e == OK && !c.is_paid)
        charge(feed, &c, out);
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
