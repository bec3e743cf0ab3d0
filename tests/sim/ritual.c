#include "tests/sim/ritual.h"

#include <assert.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void watch(void *ctx, size_t node, const struct event *ev, const struct effects *out)
{
    struct ritual *r = ctx;
    (void)ev;
    for (size_t i = 0; i < out->count; i++) {
        const struct effect *e = &out->list[i];
        if (e->type == EFFECT_PERSIST_SHARE) {
            assert(r->count[node] < RITUAL_SHARES_MAX);
            r->share[node][r->count[node]].is_gone = false;
            r->share[node][r->count[node]++].held = e->share;
        }
        for (size_t k = 0; e->type == EFFECT_FORGET_SHARE && k < r->count[node]; k++)
            if (r->share[node][k].held.key == e->share.key &&
                r->share[node][k].held.epoch == e->share.epoch &&
                r->share[node][k].held.refresh == e->share.refresh)
                r->share[node][k].is_gone = true;
    }
}

void ritual_begin(struct ritual *r, uint64_t seed, size_t nodes)
{
    struct world_setup setup = {
        .seed = seed, .nodes = nodes, .keyholders = nodes - 1, .is_quiet = true};
    memset(r, 0, sizeof *r);
    r->w = world_new(&setup);
    world_on_step(r->w, watch, r);
    world_run(r->w, 8000);
}

void ritual_end(struct ritual *r)
{
    world_free(&r->w);
}

/* ---- Proposals ---- */

static int by_author(const void *a, const void *b)
{
    return memcmp(((const struct ceremony_person *)a)->author,
                  ((const struct ceremony_person *)b)->author, 32);
}

static struct ceremony_proposal begin(struct ritual *r, enum ceremony_kind kind, uint8_t key)
{
    struct ceremony_proposal p = {.kind = (uint8_t)kind, .key = key, .patience_seconds = 20};
    uint64_t now = (uint64_t)world_now_utc(r->w);
    memcpy(p.nonce, &now, sizeof now);
    p.nonce[8] = (uint8_t)kind;
    p.until_utc = now + 3600;
    return p;
}

static struct ceremony_person *person(struct ceremony_proposal *p, const uint8_t author[32])
{
    for (size_t i = 0; i < p->count; i++)
        if (memcmp(p->person[i].author, author, 32) == 0)
            return &p->person[i];
    memcpy(p->person[p->count].author, author, 32);
    return &p->person[p->count++];
}

static const struct roster_key *newest(struct ritual *r, uint8_t key)
{
    return roster_threshold_key(federation_roster(world_core(r->w, 0)), key);
}

struct ceremony_proposal ritual_generate(struct ritual *r, uint8_t key, size_t count, uint8_t t)
{
    struct ceremony_proposal p = begin(r, CEREMONY_GENERATE, key);
    p.threshold = t;
    p.epoch = 1;
    for (size_t i = 0; i < count; i++) {
        struct ceremony_person *who = person(&p, world_author(r->w, i));
        who->deals = who->receives = (uint8_t)(i + 1);
    }
    qsort(p.person, p.count, sizeof p.person[0], by_author);
    return p;
}

static void from_holders(struct ceremony_proposal *p, const struct roster_key *k)
{
    p->base_epoch = p->epoch = k->epoch;
    p->base_refresh = k->refresh;
    p->refresh = k->refresh + 1;
    p->threshold = (uint8_t)k->threshold;
    for (size_t i = 0; i < k->share_count; i++)
        person(p, k->holder[i])->deals = (uint8_t)k->index[i];
}

struct ceremony_proposal ritual_again(struct ritual *r, enum ceremony_kind kind, uint8_t key)
{
    struct ceremony_proposal p = begin(r, kind, key);
    from_holders(&p, newest(r, key));
    for (size_t i = 0; i < p.count; i++)
        p.person[i].receives = p.person[i].deals;
    if (kind == CEREMONY_ROTATE) {
        p.epoch++;
        p.refresh = 0;
    }
    qsort(p.person, p.count, sizeof p.person[0], by_author);
    return p;
}

struct ceremony_proposal ritual_reshare(struct ritual *r, uint8_t key, const size_t *to,
                                        size_t count, uint8_t t)
{
    struct ceremony_proposal p = begin(r, CEREMONY_RESHARE, key);
    from_holders(&p, newest(r, key));
    p.threshold = t;
    for (size_t i = 0; i < count; i++)
        person(&p, world_author(r->w, to[i]))->receives = (uint8_t)(i + 1);
    qsort(p.person, p.count, sizeof p.person[0], by_author);
    return p;
}

/* ---- Orders ---- */

static enum err order(struct ritual *r, size_t node, struct event *ev)
{
    ev->type = EVENT_CEREMONY;
    const struct effects *out = world_give(r->w, node, ev);
    for (size_t i = 0; i < out->count; i++)
        if (out->list[i].type == EFFECT_APPENDED)
            return out->list[i].appended.result;
    return ERR_TRUNCATED;
}

enum err ritual_propose(struct ritual *r, size_t node, const struct ceremony_proposal *p)
{
    struct event ev = {0};
    ev.ceremony.what = CEREMONY_PROPOSE;
    ev.ceremony.proposal = p;
    return order(r, node, &ev);
}

static enum err about(struct ritual *r, size_t node, enum ceremony_step what, const uint8_t id[32])
{
    struct event ev = {0};
    ev.ceremony.what = what;
    memcpy(ev.ceremony.id, id, 32);
    return order(r, node, &ev);
}

enum err ritual_join(struct ritual *r, size_t node, const uint8_t id[32])
{
    return about(r, node, CEREMONY_JOIN, id);
}

enum err ritual_abort(struct ritual *r, size_t node, const uint8_t id[32])
{
    return about(r, node, CEREMONY_ABORT, id);
}

struct ceremony_status *ritual_status(struct ritual *r, size_t node, const uint8_t id[32])
{
    static struct ceremony_status s;
    const struct federation *f = world_core(r->w, node);
    for (size_t i = 0; i < federation_ceremony_count(f); i++) {
        federation_ceremony_status(f, i, &s);
        if (memcmp(s.id, id, 32) == 0)
            return &s;
    }
    memset(&s, 0, sizeof s);
    return &s;
}

enum err ritual_left_out(struct ritual *r, size_t node, const uint8_t id[32], size_t other)
{
    const struct ceremony_status *s = ritual_status(r, node, id);
    for (size_t i = 0; i < s->count; i++)
        if (memcmp(s->place[i].author, world_author(r->w, other), 32) == 0)
            return s->place[i].reason;
    return ERR_NOT_FOUND;
}

void ritual_run(struct ritual *r, size_t node, const struct ceremony_proposal *p, unsigned but,
                uint64_t ms, uint8_t id[32])
{
    enum err e = ritual_propose(r, node, p);
    if (e != OK)
        fprintf(stderr, "propose kind %d count %zu t %d: %s\n", p->kind, p->count, p->threshold,
                err_name(e));
    assert(e == OK);
    ceremony_id(world_author(r->w, node), p, id);
    world_run(r->w, 5000);
    for (size_t i = 0; i < world_nodes(r->w); i++) {
        bool is_named = false;
        for (size_t k = 0; k < p->count; k++)
            is_named = is_named || memcmp(p->person[k].author, world_author(r->w, i), 32) == 0;
        if (!is_named || (but >> i & 1) != 0)
            continue;
        e = ritual_join(r, i, id);
        for (size_t k = 0; k < 60 && e != OK; k++) { /* it does not know of it yet */
            world_run(r->w, 1000);
            e = ritual_join(r, i, id);
        }
        assert(e == OK);
    }
    world_run(r->w, ms);
}

/* ---- The member list ---- */

struct adopting {
    const struct ceremony_result *result;
    int64_t until_utc;
};

static void adopt(struct roster *r, void *ctx)
{
    const struct adopting *a = ctx;
    for (size_t i = 0; i < a->result->count; i++)
        for (size_t k = 0; k < r->key_count; k++)
            if (r->keys[k].key == a->result->key[i].key && r->keys[k].until_utc == 0)
                r->keys[k].until_utc = a->until_utc;
    for (size_t i = 0; i < a->result->count; i++)
        r->keys[r->key_count++] = a->result->key[i];
}

void ritual_adopt(struct ritual *r, const uint8_t id[32], int64_t overlap)
{
    static struct ceremony_result result;
    const struct ceremony_status *s = ritual_status(r, 0, id);
    assert(s->state == CEREMONY_AGREED && s->has_result);
    result = s->result;
    struct adopting a = {&result, world_now_utc(r->w) + overlap};
    enum err e = world_roster(r->w, 0, adopt, &a);
    assert(e == OK);
    world_run(r->w, 8000);
}

/* ---- Shares ---- */

const struct share *ritual_share(const struct ritual *r, size_t node, uint32_t key, uint32_t epoch,
                                 uint32_t refresh)
{
    for (size_t i = r->count[node]; i-- > 0;) {
        const struct held_share *h = &r->share[node][i].held;
        if (!r->share[node][i].is_gone && h->key == key && h->epoch == epoch &&
            h->refresh == refresh)
            return &h->share;
    }
    return NULL;
}

bool ritual_combine(const struct ritual *r, unsigned set, uint32_t key, uint32_t epoch,
                    uint32_t refresh, uint8_t out[32])
{
    uint32_t indexes[KEYHOLDERS_MAX];
    const struct share *shares[KEYHOLDERS_MAX];
    size_t n = 0;
    for (size_t i = 0; i < world_nodes(r->w); i++) {
        if ((set >> i & 1) == 0)
            continue;
        shares[n] = ritual_share(r, i, key, epoch, refresh);
        if (shares[n] == NULL)
            return false;
        indexes[n] = shares[n]->index;
        n++;
    }
    memset(out, 0, 32);
    for (size_t i = 0; i < n; i++) {
        uint8_t lambda[32], part[32];
        enum err e = threshold_lagrange(indexes, n, i, lambda);
        assert(e == OK);
        crypto_core_ristretto255_scalar_mul(part, lambda, shares[i]->scalar);
        crypto_core_ristretto255_scalar_add(out, out, part);
    }
    return n > 0;
}

void ritual_write(struct ritual *r, size_t node, const struct ceremony_entry *e)
{
    static uint8_t payload[CEREMONY_BYTES_MAX];
    struct draft d = {.type = ENTRY_CEREMONY,
                      .expires_day = world_today(r->w) + CEREMONY_KEPT_DAYS};
    d.payload = bytes_of(payload, ceremony_encode(e, payload));
    enum err x = world_append(r->w, node, &d, 1, NULL);
    assert(x == OK);
}
