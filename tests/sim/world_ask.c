/* world_ask.c - what a test asks of a node's core, and what it reads of it. */
#include "tests/sim/world_internal.h"

#include <assert.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum err world_append(struct world *w, size_t node, const struct draft *drafts, size_t count,
                      uint64_t *first)
{
    struct machine *m = &w->machines[node];
    struct event ev = {.type = EVENT_APPEND};
    ev.append.drafts = drafts;
    ev.append.count = count;
    m->has_appended = false;
    world_step(w, node, &ev);
    if (!m->is_running)
        return ERR_IO; /* its disk was full */
    assert(m->has_appended);
    if (first != NULL)
        *first = m->first;
    return m->appended;
}

void world_tag(uint32_t number, uint8_t tag[16])
{
    crypto_generichash(tag, 16, (const uint8_t *)&number, sizeof number, NULL, 0);
}

static struct draft signal_of(uint32_t number, uint32_t expires_day, uint8_t *payload)
{
    uint8_t tag[16];
    world_tag(number, tag);
    struct signal s = {1, tag};
    struct draft d = {.type = ENTRY_SIGNAL, .expires_day = expires_day};
    d.payload = bytes_of(payload, signal_encode(&s, payload));
    return d;
}

enum err world_signal(struct world *w, size_t node, uint32_t number, uint32_t expires_day,
                      uint64_t *first)
{
    uint8_t payload[SIGNAL_BYTES_MAX];
    struct draft d = signal_of(number, expires_day, payload);
    return world_append(w, node, &d, 1, first);
}

enum err world_signals(struct world *w, size_t node, uint32_t number, size_t count, uint64_t *first)
{
    struct draft *drafts = calloc(count, sizeof *drafts);
    uint8_t *payloads = calloc(count, SIGNAL_BYTES_MAX);
    assert(drafts != NULL && payloads != NULL);
    for (size_t i = 0; i < count; i++)
        drafts[i] =
            signal_of(number + (uint32_t)i, world_today(w) + 365, payloads + i * SIGNAL_BYTES_MAX);
    enum err e = world_append(w, node, drafts, count, first);
    free(payloads);
    free(drafts);
    return e;
}

enum err world_erase(struct world *w, size_t node, uint64_t index)
{
    uint8_t payload[1];
    struct draft d = {.type = ENTRY_ERASE, .ref_plus_one = index + 1};
    d.payload = bytes_of(payload, erase_encode(payload));
    return world_append(w, node, &d, 1, NULL);
}

enum err world_send(struct world *w, size_t node, size_t to, uint32_t number, struct bytes content,
                    uint64_t *index)
{
    struct machine *m = &w->machines[node];
    struct event ev = {.type = EVENT_SEND};
    ev.send.role = PREKEY_INTEGRITY_OFFICER;
    ev.send.type = ENVELOPE_LETTER;
    memcpy(ev.send.recipient, w->machines[to].config.author, AUTHOR_BYTES);
    world_tag(number, ev.send.id);
    ev.send.content = content;
    m->has_appended = false;
    world_step(w, node, &ev);
    if (!m->is_running)
        return ERR_IO;
    assert(m->has_appended);
    if (index != NULL)
        *index = m->first;
    return m->appended;
}

uint64_t world_ask(struct world *w, size_t node, const char *subject, size_t count)
{
    static char names[EVALUATION_POINTS_MAX + 1][64];
    static struct subject subjects[EVALUATION_POINTS_MAX + 1];
    struct event ev = {.type = EVENT_EVALUATE};
    for (size_t i = 0; i < count && i <= EVALUATION_POINTS_MAX; i++) {
        int len = count == 1 ? snprintf(names[i], sizeof names[i], "%s", subject)
                             : snprintf(names[i], sizeof names[i], "%s %zu", subject, i);
        subjects[i] = (struct subject){1, bytes_of(names[i], (size_t)len)};
    }
    ev.evaluate.subjects = subjects;
    ev.evaluate.count = count;
    world_draw(w, "blinds", w->drawn++, ev.evaluate.seed, 32);
    return world_ask_event(w, node, &ev);
}

uint64_t world_ask_event(struct world *w, size_t node, struct event *ev)
{
    struct machine *m = &w->machines[node];
    uint64_t ticket = ev->evaluate.ticket = ++m->tickets;
    struct world_answer *a = &m->answers[ticket % ANSWERS_MAX];
    memset(a, 0, sizeof *a);
    a->ticket = ticket;
    world_step(w, node, ev);
    return ticket;
}

const struct world_answer *world_answer(const struct world *w, size_t node, uint64_t ticket)
{
    const struct world_answer *a = &w->machines[node].answers[ticket % ANSWERS_MAX];
    assert(a->ticket == ticket);
    return a;
}

enum err world_evaluate(struct world *w, size_t node, const char *subject, uint64_t ms,
                        uint8_t n[32])
{
    uint64_t ticket = world_ask(w, node, subject, 1);
    const struct world_answer *a = world_answer(w, node, ticket);
    for (uint64_t t = 0; t < ms && !a->is_there; t += 10)
        world_run(w, 10);
    if (!a->is_there)
        return ERR_TRUNCATED;
    if (n != NULL)
        memcpy(n, a->n[0], 32);
    return a->result;
}

enum err world_offer(struct world *w, size_t node, struct bytes signed_roster)
{
    struct event ev = {.type = EVENT_ROSTER};
    ev.roster.signed_roster = signed_roster;
    world_step(w, node, &ev);
    return w->machines[node].roster;
}

/* What the list must say of feeds that end, where the edit did not: all that node holds of them. */
static void fill_accepted(struct world *w, size_t node)
{
    const struct roster *now = federation_roster(world_core(w, node));
    for (size_t i = 0; i < w->roster->organisation_count; i++) {
        struct organisation *o = &w->roster->organisations[i];
        const struct organisation *was =
            roster_find_org_id(now, bytes_of(o->org_id, strlen(o->org_id)));
        uint32_t ends = o->status != ORG_ACTIVE ? o->feed_epoch : o->feed_epoch - 1;
        bool has_ended =
            was != NULL && (o->status != ORG_ACTIVE || was->feed_epoch < o->feed_epoch);
        if (o->accepted.feed_epoch == ends && (ends != 0 || !has_ended))
            continue;
        bool goes_on = was != NULL && was->status != ORG_ACTIVE && !has_ended;
        if (goes_on && ends > 0) {
            o->accepted.feed_epoch = ends; /* as `seinpost roster change --status active` does */
            continue;
        }
        o->accepted = (struct accepted){0};
        const struct feed_record *r =
            has_ended ? shelf_record(w->machines[node].shelf, was->author) : NULL;
        if (!has_ended)
            continue;
        struct merkle_frontier none;
        merkle_frontier_init(&none);
        o->accepted.feed_epoch = ends;
        o->accepted.size = r != NULL ? r->tree.size : 0;
        merkle_root(r != NULL ? &r->tree : &none, o->accepted.root);
    }
}

enum err world_roster(struct world *w, size_t node, void (*edit)(struct roster *r, void *ctx),
                      void *ctx)
{
    assert(w->paper_count < PAPERS_MAX);
    memcpy(w->roster->previous, w->roster->hash, 32);
    w->roster->version++;
    w->roster->issued_utc = world_now_utc(w);
    if (edit != NULL)
        edit(w->roster, ctx);
    fill_accepted(w, node);
    struct paper p = world_sign(w, NULL);
    memset(w->roster->also, 0, 32);
    w->papers[w->paper_count++] = p;
    return world_offer(w, node, bytes_of(p.data, p.len));
}

struct bytes world_newest(const struct world *w)
{
    const struct paper *p = &w->papers[w->paper_count - 1];
    return bytes_of(p->data, p->len);
}

/* w->roster as edit leaves it, signed; w->roster is as before. */
static struct paper sign_edited(struct world *w, void (*edit)(struct roster *r, void *ctx),
                                void *ctx, bool is_next, const uint8_t *extra)
{
    struct roster *was = malloc(sizeof *was);
    assert(was != NULL);
    *was = *w->roster;
    if (is_next) {
        memcpy(w->roster->previous, w->roster->hash, 32);
        w->roster->version++;
    }
    if (edit != NULL)
        edit(w->roster, ctx);
    struct paper p = world_sign(w, extra);
    *w->roster = *was;
    free(was);
    return p;
}

static struct bytes draft(struct world *w, struct paper p)
{
    free(w->draft.data);
    w->draft = p;
    return bytes_of(p.data, p.len);
}

struct bytes world_draft(struct world *w, void (*edit)(struct roster *r, void *ctx), void *ctx)
{
    return draft(w, sign_edited(w, edit, ctx, false, NULL));
}

struct bytes world_draft_next(struct world *w, void (*edit)(struct roster *r, void *ctx), void *ctx)
{
    return draft(w, sign_edited(w, edit, ctx, true, NULL));
}

struct bytes world_draft_short(struct world *w, void (*edit)(struct roster *r, void *ctx),
                               void *ctx, const uint8_t secret[64])
{
    return draft(w, sign_edited(w, edit, ctx, true, secret));
}

struct bytes world_rival(struct world *w, void (*edit)(struct roster *r, void *ctx), void *ctx)
{
    assert(w->rival_count < PAPERS_MAX);
    struct paper p = sign_edited(w, edit, ctx, false, NULL);
    w->rivals[w->rival_count++] = p;
    struct signed_roster *s = malloc(sizeof *s);
    assert(s != NULL);
    enum err e = signed_roster_decode(bytes_of(p.data, p.len), s);
    assert(e == OK);
    roster_hash(s->document, w->roster->also); /* the next one names both */
    free(s);
    return bytes_of(p.data, p.len);
}

static bool is_among(const struct paper *papers, size_t count, struct bytes b)
{
    for (size_t i = 0; i < count; i++)
        if (bytes_equal(bytes_of(papers[i].data, papers[i].len), b))
            return true;
    return false;
}

bool world_is_signed(const struct world *w, struct bytes signed_roster)
{
    return is_among(w->papers, w->paper_count, signed_roster) ||
           is_among(w->rivals, w->rival_count, signed_roster);
}

void world_set_transport(struct world *w, size_t node, const uint8_t public_key[32])
{
    memcpy(w->machines[node].next_transport_key, public_key, 32);
}

void world_also(struct world *w, const uint8_t hash[32])
{
    memcpy(w->roster->also, hash, 32);
}

void world_set_next_secret(struct world *w, size_t node, const uint8_t secret[64])
{
    memcpy(w->machines[node].config.next_feed_secret, secret, 64);
}

const struct effects *world_give(struct world *w, size_t node, struct event *ev)
{
    world_step(w, node, ev);
    return w->effects;
}

void world_inject(struct world *w, size_t from, size_t to, struct bytes frame)
{
    const struct wire *x = world_wire(w, from, to);
    if (x == NULL)
        abort(); /* no connection to inject into */
    struct event ev = {.type = EVENT_FRAME};
    ev.frame.link = x->dialler == to ? x->link[0] : x->link[1];
    ev.frame.bytes = frame;
    world_step(w, to, &ev);
}

void world_inject_message(struct world *w, size_t from, size_t to, const Seinpost__Message *m)
{
    static uint8_t frame[FRAME_BYTES_MAX];
    size_t len = message_encode(m, frame, sizeof frame);
    assert(len > 0);
    world_inject(w, from, to, bytes_of(frame, len));
}

bool world_utter_message(struct world *w, size_t node, size_t to, const Seinpost__Message *m)
{
    static uint8_t frame[FRAME_BYTES_MAX];
    size_t len = message_encode(m, frame, sizeof frame);
    assert(len > 0);
    return world_utter(w, node, to, bytes_of(frame, len));
}

void world_behave(struct world *w, size_t node, const struct behaviour *b, uint64_t seed)
{
    struct machine *m = &w->machines[node];
    if (m->behaviour != NULL && m->behaviour->end != NULL)
        m->behaviour->end(m->behaviour_state);
    m->behaviour = b;
    m->behaviour_state = b != NULL && b->begin != NULL ? b->begin(w, node, seed) : NULL;
    w->has_behaviour = w->has_behaviour || b != NULL;
}

bool world_is_byzantine(const struct world *w, size_t node)
{
    return w->machines[node].behaviour != NULL;
}

void world_on_step(struct world *w,
                   void (*look)(void *ctx, size_t node, const struct event *ev,
                                const struct effects *out),
                   void *ctx)
{
    w->on_step = look;
    w->on_step_ctx = ctx;
}

void world_sum(const struct world *w, uint8_t out[32])
{
    crypto_generichash_state st = w->sum;
    crypto_generichash_final(&st, out, 32);
}

uint64_t world_steps(const struct world *w)
{
    return w->steps;
}

uint64_t world_now_ms(const struct world *w)
{
    return w->now_ms;
}

const Seinpost__Message *world_read(struct bytes frame)
{
    static uint8_t storage[WIRE_ARENA_BYTES];
    struct wire_arena arena;
    Seinpost__Message *m = NULL;
    wire_arena_init(&arena, storage, sizeof storage);
    return message_decode(frame, &arena, &m) == OK ? m : NULL;
}

struct federation *world_core(struct world *w, size_t node)
{
    return w->machines[node].core;
}

struct shelf *world_shelf(struct world *w, size_t node)
{
    return w->machines[node].shelf;
}

void world_swap_shelf(struct world *w, size_t node, struct shelf *s)
{
    assert(!w->machines[node].is_running);
    shelf_free(&w->machines[node].shelf);
    w->machines[node].shelf = s;
}

size_t world_nodes(const struct world *w)
{
    return w->setup.nodes;
}

const uint8_t *world_author(const struct world *w, size_t node)
{
    return w->machines[node].config.author;
}

const uint8_t *world_feed_secret(const struct world *w, size_t node)
{
    return w->machines[node].config.feed_secret;
}

const uint8_t *world_feed_key(const struct world *w, size_t node, uint32_t feed_epoch)
{
    const struct federation_config *c = &w->machines[node].config;
    return (feed_epoch > 1 ? c->next_feed_secret : c->feed_secret) + 32;
}

size_t world_under_way_max(const struct world *w, size_t node)
{
    return w->machines[node].under_way_max;
}

struct bytes world_paper(const struct world *w, size_t version)
{
    assert(version > 0 && version <= w->paper_count);
    return bytes_of(w->papers[version - 1].data, w->papers[version - 1].len);
}

void world_put_share(struct world *w, size_t node, const struct held_share *share)
{
    struct machine *m = &w->machines[node];
    struct effect e = {.type = EFFECT_PERSIST_SHARE, .share = *share};
    shelf_apply(m->shelf, &e);
    enum err r = m->is_running ? federation_load_share(m->core, share) : OK;
    assert(r == OK);
}

const struct held_share *world_share(const struct world *w, size_t node)
{
    return &w->machines[node].dealt;
}

struct standing world_standing(struct world *w, size_t node)
{
    struct standing s;
    federation_standing(w->machines[node].core, &s);
    return s;
}

size_t world_told(const struct world *w, size_t node, enum report what, enum err reason)
{
    const size_t *row = w->machines[node].told[what];
    if (reason != ERR_COUNT)
        return row[reason];
    size_t all = 0;
    for (size_t e = 0; e < ERR_COUNT; e++)
        all += row[e];
    return all;
}

size_t world_reports(const struct world *w, enum report what)
{
    size_t all = 0;
    for (size_t i = 0; i < w->setup.nodes; i++)
        all += world_told(w, i, what, ERR_COUNT);
    return all;
}

const char *world_trace(const struct world *w)
{
    return w->trace;
}

const uint8_t *world_secret(const struct world *w)
{
    return w->secrets[1];
}

const uint8_t *world_secret_of(const struct world *w, uint32_t epoch)
{
    assert(epoch > 0 && epoch <= w->key.epoch);
    return w->secrets[epoch];
}

uint32_t world_key_epoch(const struct world *w)
{
    return w->key.epoch;
}
