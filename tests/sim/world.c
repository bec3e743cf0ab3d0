#include "tests/sim/world.h"

#include <assert.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/roster_chain.h"
#include "protocol/roster_encode.h"
#include "tests/sim/tell.h"

enum { DELAY_MS = 10, POSTS_MAX = 65536, DIALS_MAX = WORLD_NODES_MAX };

struct post {
    uint64_t at_ms;
    size_t from, to;
    uint32_t link_to; /* the link as the receiver knows it; 0 for news about the link itself */
    enum event_type type;
    uint32_t link;
    bool is_outbound;
    uint8_t *frame;
    size_t len;
};

/* A connection: who dialled whom, and how each calls it. */
struct wire {
    bool is_used;
    size_t dialler, listener;
    uint32_t link[2]; /* at the dialler, at the listener */
};

struct machine {
    struct federation *core;
    void *storage;
    struct shelf *shelf;
    struct federation_config config;
    uint8_t transport_key[32];
    uint8_t feed_public[32];
    bool is_running;
    bool wants[WORLD_NODES_MAX]; /* dials these */
    uint64_t starts;
    int64_t ahead_utc;
    /* answers to what the test asked last */
    bool has_appended, has_evaluated;
    enum err appended, evaluated;
    uint64_t first;
    uint8_t n[32];
    enum err roster;
};

struct world {
    struct world_setup setup;
    struct machine machines[WORLD_NODES_MAX];
    uint64_t now_ms;
    int64_t skew_utc;
    struct post *posts;
    size_t post_count;
    struct wire wires[512];
    bool is_parted[WORLD_NODES_MAX][WORLD_NODES_MAX];
    uint32_t next_link;
    uint64_t drawn;
    uint8_t steward_public[32], steward_secret[64];
    uint8_t secret[32];
    struct roster *roster;
    uint8_t *arena;
    uint8_t *papers[8];
    size_t paper_len[8];
    size_t paper_count;
    size_t reports[32];
    size_t (*tamper)(void *, size_t, size_t, uint8_t *, size_t);
    void *tamper_ctx;
    char *trace;
    size_t trace_len;
    struct effects *effects;
};

static void draw(struct world *w, const char *what, uint64_t n, uint8_t *out, size_t len)
{
    crypto_generichash_state st;
    crypto_generichash_init(&st, NULL, 0, len);
    crypto_generichash_update(&st, (const uint8_t *)&w->setup.seed, sizeof w->setup.seed);
    crypto_generichash_update(&st, (const uint8_t *)what, strlen(what));
    crypto_generichash_update(&st, (const uint8_t *)&n, sizeof n);
    crypto_generichash_final(&st, out, len);
}

int64_t world_now_utc(const struct world *w)
{
    return WORLD_START_UTC + (int64_t)(w->now_ms / 1000) + w->skew_utc;
}

int64_t world_clock(const struct world *w, size_t node)
{
    return world_now_utc(w) + w->machines[node].ahead_utc;
}

static void tell(struct world *w, const char *line)
{
    size_t len = strlen(line);
    w->trace = realloc(w->trace, w->trace_len + len + 32);
    assert(w->trace != NULL);
    w->trace_len +=
        (size_t)sprintf(w->trace + w->trace_len, "%7.2f %s\n", (double)w->now_ms / 1000, line);
}

static void post(struct world *w, const struct post *p)
{
    assert(w->post_count < POSTS_MAX);
    w->posts[w->post_count++] = *p;
}

static struct wire *wire_of(struct world *w, size_t node, uint32_t link)
{
    for (size_t i = 0; i < 512; i++) {
        struct wire *x = &w->wires[i];
        if (x->is_used && ((x->dialler == node && x->link[0] == link) ||
                           (x->listener == node && x->link[1] == link)))
            return x;
    }
    return NULL;
}

static void post_news(struct world *w, size_t to, size_t from, enum event_type type, uint32_t link,
                      bool is_outbound)
{
    struct post p = {.at_ms = w->now_ms + DELAY_MS,
                     .from = from,
                     .to = to,
                     .type = type,
                     .link = link,
                     .is_outbound = is_outbound};
    post(w, &p);
}

static void unplug(struct world *w, struct wire *x)
{
    post_news(w, x->dialler, x->listener, EVENT_DOWN, x->link[0], true);
    post_news(w, x->listener, x->dialler, EVENT_DOWN, x->link[1], false);
    x->is_used = false;
}

static bool is_connected(const struct world *w, size_t dialler, size_t listener)
{
    for (size_t i = 0; i < 512; i++)
        if (w->wires[i].is_used && w->wires[i].dialler == dialler &&
            w->wires[i].listener == listener)
            return true;
    return false;
}

/* Whoever wants a connection that can be there gets it. */
static void plug(struct world *w)
{
    for (size_t a = 0; a < w->setup.nodes; a++) {
        for (size_t b = 0; b < w->setup.nodes; b++) {
            if (!w->machines[a].is_running || !w->machines[b].is_running ||
                !w->machines[a].wants[b] || w->is_parted[a][b] || is_connected(w, a, b))
                continue;
            struct wire *x = NULL;
            for (size_t i = 0; i < 512 && x == NULL; i++)
                if (!w->wires[i].is_used)
                    x = &w->wires[i];
            assert(x != NULL);
            *x = (struct wire){
                true, a, b, {w->next_link, w->next_link + 1}
            };
            w->next_link += 2;
            post_news(w, a, b, EVENT_UP, x->link[0], true);
            post_news(w, b, a, EVENT_UP, x->link[1], false);
        }
    }
}

static void send(struct world *w, size_t from, uint32_t link, struct bytes frame)
{
    const struct wire *x = wire_of(w, from, link);
    if (x == NULL)
        return;
    size_t to = x->dialler == from ? x->listener : x->dialler;
    struct post p = {.at_ms = w->now_ms + DELAY_MS,
                     .from = from,
                     .to = to,
                     .type = EVENT_FRAME,
                     .link = x->dialler == from ? x->link[1] : x->link[0],
                     .len = frame.len};
    p.frame = malloc(frame.len + 1);
    assert(p.frame != NULL);
    memcpy(p.frame, frame.data, frame.len);
    if (w->tamper != NULL)
        p.len = w->tamper(w->tamper_ctx, from, to, p.frame, p.len);
    if (p.len == 0) {
        free(p.frame);
        return;
    }
    post(w, &p);
}

static size_t node_of(const struct world *w, const uint8_t author[32])
{
    for (size_t i = 0; i < w->setup.nodes; i++)
        if (memcmp(w->machines[i].config.author, author, 32) == 0)
            return i;
    return SIZE_MAX;
}

static void carry_out(struct world *w, size_t at, const struct effects *out)
{
    struct machine *m = &w->machines[at];
    for (size_t i = 0; i < out->count; i++) {
        const struct effect *e = &out->list[i];
        char line[256];
        if (tell_effect(e, (char)('A' + at), node_of(w, e->author), line, sizeof line))
            tell(w, line);
        shelf_apply(m->shelf, e);
        size_t peer = node_of(w, e->author);
        struct wire *x;
        switch ((int)e->type) {
        case EFFECT_SEND:
            send(w, at, e->link, e->frame);
            break;
        case EFFECT_CUT:
            x = wire_of(w, at, e->link);
            if (x != NULL)
                unplug(w, x);
            break;
        case EFFECT_DIAL:
            m->wants[peer] = true;
            break;
        case EFFECT_HANGUP:
            m->wants[peer] = false;
            break;
        case EFFECT_APPENDED:
            m->has_appended = true;
            m->appended = e->appended.result;
            m->first = e->appended.first;
            break;
        case EFFECT_EVALUATED:
            m->has_evaluated = true;
            m->evaluated = e->evaluated.result;
            if (e->evaluated.result == OK)
                memcpy(m->n, e->evaluated.points[0], 32);
            break;
        case EFFECT_ROSTER_ADOPTED:
            m->roster = OK;
            break;
        case EFFECT_ROSTER_REFUSED:
            m->roster = e->refused.result;
            break;
        case EFFECT_REPORT:
            w->reports[e->report.what]++;
            break;
        default:
            break;
        }
    }
}

static void step(struct world *w, size_t at, struct event *ev)
{
    ev->now_ms = w->now_ms;
    ev->now_utc = world_clock(w, at);
    draw(w, "fresh", w->drawn++, ev->fresh, sizeof ev->fresh);
    federation_step(w->machines[at].core, ev, w->effects);
    carry_out(w, at, w->effects);
}

static void deliver(struct world *w, struct post *p)
{
    struct machine *m = &w->machines[p->to];
    struct event ev = {.type = p->type};
    bool is_there = m->is_running;
    if (p->type == EVENT_UP) {
        is_there = is_there && wire_of(w, p->to, p->link) != NULL;
        ev.up.link = p->link;
        ev.up.is_outbound = p->is_outbound;
        memcpy(ev.up.transport_key, w->machines[p->from].transport_key, 32);
    } else if (p->type == EVENT_DOWN) {
        ev.down.link = p->link;
    } else {
        is_there = is_there && wire_of(w, p->to, p->link) != NULL;
        ev.frame.link = p->link;
        ev.frame.bytes = bytes_of(p->frame, p->len);
        char line[256];
        if (is_there && tell_frame(ev.frame.bytes, (char)('A' + p->from), (char)('A' + p->to), line,
                                   sizeof line))
            tell(w, line);
    }
    if (is_there)
        step(w, p->to, &ev);
    free(p->frame);
}

/* The earliest post, in order of sending; NULL if none is due by then. */
static bool next_post(struct world *w, uint64_t until_ms, struct post *out)
{
    size_t best = SIZE_MAX;
    for (size_t i = 0; i < w->post_count; i++)
        if (w->posts[i].at_ms <= until_ms &&
            (best == SIZE_MAX || w->posts[i].at_ms < w->posts[best].at_ms))
            best = i;
    if (best == SIZE_MAX)
        return false;
    *out = w->posts[best];
    memmove(&w->posts[best], &w->posts[best + 1], (--w->post_count - best) * sizeof w->posts[0]);
    return true;
}

static uint64_t earliest_deadline(const struct world *w, uint64_t until_ms, size_t *who)
{
    uint64_t best = until_ms + 1;
    for (size_t i = 0; i < w->setup.nodes; i++) {
        if (!w->machines[i].is_running)
            continue;
        uint64_t at = federation_deadline_ms(w->machines[i].core);
        if (at < w->now_ms)
            at = w->now_ms;
        if (at < best) {
            best = at;
            *who = i;
        }
    }
    return best;
}

void world_run(struct world *w, uint64_t ms)
{
    uint64_t until = w->now_ms + ms;
    for (uint64_t guard = 0; guard < 10000000; guard++) {
        plug(w);
        size_t who = 0;
        uint64_t tick_at = earliest_deadline(w, until, &who);
        struct post p;
        if (next_post(w, tick_at < until ? tick_at : until, &p)) {
            if (p.at_ms > w->now_ms)
                w->now_ms = p.at_ms;
            deliver(w, &p);
        } else if (tick_at <= until) {
            if (tick_at > w->now_ms)
                w->now_ms = tick_at;
            struct event ev = {.type = EVENT_TICK};
            step(w, who, &ev);
        } else {
            w->now_ms = until;
            return;
        }
    }
    abort(); /* the world does not come to rest */
}

void world_skip(struct world *w, int64_t seconds)
{
    w->skew_utc += seconds;
}

void world_set_ahead(struct world *w, size_t node, int64_t seconds)
{
    w->machines[node].ahead_utc = seconds;
}

/* ---- Setting up ---- */

static void make_machine(struct world *w, size_t i)
{
    struct machine *m = &w->machines[i];
    char org_id[32];
    int len = snprintf(org_id, sizeof org_id, "NL-KVK-%08zu", i + 1);
    author_of(bytes_of(org_id, (size_t)len), m->config.author);
    uint8_t seed[32];
    draw(w, "feed", i, seed, 32);
    crypto_sign_seed_keypair(m->feed_public, m->config.feed_secret, seed);
    draw(w, "transport", i, seed, 32);
    crypto_scalarmult_base(m->transport_key, seed);
    m->config.receipt_seconds = 86400;
    m->config.profile.count = 1;
    snprintf(m->config.profile.endpoint[0], sizeof m->config.profile.endpoint[0],
             "tcp://10.0.0.%zu:5700", i + 1);
    m->shelf = shelf_new();
    m->storage = aligned_alloc(64, (federation_bytes() + 63) / 64 * 64);
    assert(m->storage != NULL);
}

static void deal(struct world *w, struct roster *r)
{
    size_t t = w->setup.threshold, n = w->setup.keyholders;
    uint8_t wide[64], coefficients[KEYHOLDERS_MAX * 32];
    draw(w, "secret", 0, wide, 64);
    scalar_from_wide(wide, w->secret);
    for (size_t i = 0; i + 1 < t; i++) {
        draw(w, "coefficient", i, wide, 64);
        scalar_from_wide(wide, coefficients + i * 32);
    }
    struct share shares[KEYHOLDERS_MAX];
    enum err e = threshold_deal(w->secret, coefficients, t, n, shares);
    assert(e == OK);
    struct roster_key *k = &r->keys[r->key_count++];
    k->key = KEY_PSEUDONYMS;
    k->epoch = 1;
    k->threshold = (uint32_t)t;
    k->share_count = n;
    e = crypto_scalarmult_ristretto255_base(k->public_key, w->secret) == 0 ? OK : ERR_SCALAR;
    assert(e == OK);
    for (size_t i = 0; i < n; i++) {
        struct held_share *held = &w->machines[i].config.shares[0];
        w->machines[i].config.share_count = 1;
        *held = (struct held_share){KEY_PSEUDONYMS, 1, 0, shares[i]};
        k->index[i] = shares[i].index;
        memcpy(k->holder[i], w->machines[i].config.author, 32);
        e = threshold_commit(&shares[i], k->commitment[i]);
        assert(e == OK);
    }
}

static void sign_roster(struct world *w)
{
    static uint8_t document[ROSTER_BYTES_MAX];
    size_t len = roster_encode(w->roster, document, sizeof document);
    assert(len > 0);
    struct wire_arena arena;
    wire_arena_init(&arena, w->arena, ROSTER_ARENA_BYTES);
    struct signed_roster *s = calloc(1, sizeof *s);
    s->document = bytes_of(document, len);
    s->count = 1;
    enum err e = roster_sign(s->document, w->steward_secret, &arena, &s->signatures[0]);
    assert(e == OK);
    size_t at = w->paper_count++;
    assert(at < 8);
    w->papers[at] = malloc(len + 4096);
    w->paper_len[at] = signed_roster_encode(s, w->papers[at], len + 4096);
    assert(w->paper_len[at] > 0);
    roster_hash(s->document, w->roster->hash);
    free(s);
}

static void make_roster(struct world *w)
{
    struct roster *r = w->roster;
    r->version = 1;
    strcpy(r->federation, "Simulated");
    r->issued_utc = WORLD_START_UTC - 86400;
    r->fresh_until_utc = WORLD_START_UTC + (int64_t)20 * 365 * 86400;
    uint8_t seed[32];
    draw(w, "steward", 0, seed, 32);
    crypto_sign_seed_keypair(w->steward_public, w->steward_secret, seed);
    memcpy(r->stewards.key[0], w->steward_public, 32);
    r->stewards.count = 1;
    r->stewards.quorum = 1;
    r->policy.budget_a_day = w->setup.budget_a_day;
    for (size_t i = 0; i < w->setup.nodes; i++) {
        struct organisation *o = &r->organisations[r->organisation_count++];
        snprintf(o->org_id, sizeof o->org_id, "NL-KVK-%08zu", i + 1);
        snprintf(o->name, sizeof o->name, "Organisation %c", (char)('A' + i));
        strcpy(o->country, "NL");
        memcpy(o->feed_key, w->machines[i].feed_public, 32);
        memcpy(o->transport_key, w->machines[i].transport_key, 32);
        o->roles = w->setup.roles[i] != 0 ? w->setup.roles[i] : (uint32_t)ROLE_MEMBER;
        if (w->setup.roles[i] == 0 && i < w->setup.keyholders)
            o->roles |= ROLE_KEYHOLDER;
        o->status = ORG_ACTIVE;
        o->feed_epoch = 1;
    }
    if (w->setup.threshold > 0)
        deal(w, r);
    sign_roster(w);
}

struct world *world_new(const struct world_setup *setup)
{
    assert(sodium_init() >= 0);
    struct world *w = calloc(1, sizeof *w);
    assert(w != NULL);
    w->setup = *setup;
    w->next_link = 1;
    w->posts = calloc(POSTS_MAX, sizeof *w->posts);
    w->effects = calloc(1, sizeof *w->effects);
    w->roster = calloc(1, sizeof *w->roster);
    w->arena = malloc(ROSTER_ARENA_BYTES);
    w->trace = calloc(1, 1);
    assert(w->posts && w->effects && w->roster && w->arena && w->trace);
    for (size_t i = 0; i < setup->nodes; i++)
        make_machine(w, i);
    make_roster(w);
    /* Everyone knows where the first one is; the rest they learn from profiles. */
    for (size_t i = 1; i < setup->nodes; i++) {
        struct federation_config *c = &w->machines[i].config;
        memcpy(c->contacts[0].author, w->machines[0].config.author, 32);
        strcpy(c->contacts[0].endpoint, w->machines[0].config.profile.endpoint[0]);
        c->contact_count = 1;
    }
    for (size_t i = 0; i < setup->nodes; i++) {
        struct effect e = {.type = EFFECT_PERSIST_ROSTER};
        e.roster.version = 1;
        memcpy(e.roster.hash, w->roster->hash, 32);
        e.roster.signed_roster = bytes_of(w->papers[0], w->paper_len[0]);
        shelf_apply(w->machines[i].shelf, &e);
        world_start(w, i);
    }
    return w;
}

void world_free(struct world **pw)
{
    struct world *w = *pw;
    for (size_t i = 0; i < w->post_count; i++)
        free(w->posts[i].frame);
    for (size_t i = 0; i < w->setup.nodes; i++) {
        shelf_free(&w->machines[i].shelf);
        free(w->machines[i].storage);
    }
    for (size_t i = 0; i < w->paper_count; i++)
        free(w->papers[i]);
    free(w->posts);
    free(w->effects);
    free(w->roster);
    free(w->arena);
    free(w->trace);
    free(w);
    *pw = NULL;
}

void world_start(struct world *w, size_t node)
{
    struct machine *m = &w->machines[node];
    assert(!m->is_running);
    draw(w, "seed", node * 1000 + m->starts++, m->config.seed, sizeof m->config.seed);
    struct archive archive = shelf_archive(m->shelf);
    m->core = federation_init(m->storage, &m->config, &archive);
    shelf_restore(m->shelf, m->core);
    memset(m->wants, 0, sizeof m->wants);
    m->is_running = true;
    struct event ev = {.type = EVENT_TICK};
    w->now_ms += 1;
    step(w, node, &ev);
}

void world_stop(struct world *w, size_t node)
{
    struct machine *m = &w->machines[node];
    assert(m->is_running);
    for (size_t i = 0; i < 512; i++)
        if (w->wires[i].is_used && (w->wires[i].dialler == node || w->wires[i].listener == node))
            unplug(w, &w->wires[i]);
    federation_clear(m->core);
    m->core = NULL;
    m->is_running = false;
}

bool world_is_running(const struct world *w, size_t node)
{
    return w->machines[node].is_running;
}

void world_part(struct world *w, size_t a, size_t b)
{
    w->is_parted[a][b] = w->is_parted[b][a] = true;
    for (size_t i = 0; i < 512; i++) {
        struct wire *x = &w->wires[i];
        if (x->is_used &&
            ((x->dialler == a && x->listener == b) || (x->dialler == b && x->listener == a)))
            unplug(w, x);
    }
}

void world_join(struct world *w, size_t a, size_t b)
{
    w->is_parted[a][b] = w->is_parted[b][a] = false;
}

enum err world_append(struct world *w, size_t node, const struct draft *drafts, size_t count,
                      uint64_t *first)
{
    struct machine *m = &w->machines[node];
    struct event ev = {.type = EVENT_APPEND};
    ev.append.drafts = drafts;
    ev.append.count = count;
    m->has_appended = false;
    step(w, node, &ev);
    assert(m->has_appended);
    if (first != NULL)
        *first = m->first;
    return m->appended;
}

void world_tag(uint32_t number, uint8_t tag[16])
{
    crypto_generichash(tag, 16, (const uint8_t *)&number, sizeof number, NULL, 0);
}

enum err world_signal(struct world *w, size_t node, uint32_t number, uint32_t expires_day,
                      uint64_t *first)
{
    uint8_t tag[16], payload[SIGNAL_BYTES_MAX];
    world_tag(number, tag);
    struct signal s = {1, tag};
    struct draft d = {.type = ENTRY_SIGNAL, .expires_day = expires_day};
    d.payload = bytes_of(payload, signal_encode(&s, payload));
    return world_append(w, node, &d, 1, first);
}

enum err world_erase(struct world *w, size_t node, uint64_t index)
{
    uint8_t payload[1];
    struct draft d = {.type = ENTRY_ERASE, .ref_plus_one = index + 1};
    d.payload = bytes_of(payload, erase_encode(payload));
    return world_append(w, node, &d, 1, NULL);
}

enum err world_evaluate(struct world *w, size_t node, const char *subject, uint64_t ms,
                        uint8_t n[32])
{
    struct machine *m = &w->machines[node];
    struct subject s = {1, bytes_of(subject, strlen(subject))};
    struct event ev = {.type = EVENT_EVALUATE};
    ev.evaluate.subjects = &s;
    ev.evaluate.count = 1;
    draw(w, "blinds", w->drawn++, ev.evaluate.seed, 32);
    m->has_evaluated = false;
    step(w, node, &ev);
    for (uint64_t t = 0; t < ms && !m->has_evaluated; t += 10)
        world_run(w, 10);
    if (!m->has_evaluated)
        return ERR_TRUNCATED;
    if (n != NULL)
        memcpy(n, m->n, 32);
    return m->evaluated;
}

enum err world_roster(struct world *w, size_t node, void (*edit)(struct roster *r, void *ctx),
                      void *ctx)
{
    memcpy(w->roster->previous, w->roster->hash, 32);
    if (w->roster->version == 1)
        memcpy(w->roster->genesis, w->roster->hash, 32);
    w->roster->version++;
    if (edit != NULL)
        edit(w->roster, ctx);
    sign_roster(w);
    struct event ev = {.type = EVENT_ROSTER};
    ev.roster.signed_roster =
        bytes_of(w->papers[w->paper_count - 1], w->paper_len[w->paper_count - 1]);
    step(w, node, &ev);
    return w->machines[node].roster;
}

void world_inject(struct world *w, size_t from, size_t to, struct bytes frame)
{
    for (size_t i = 0; i < 512; i++) {
        struct wire *x = &w->wires[i];
        if (!x->is_used || !((x->dialler == from && x->listener == to) ||
                             (x->dialler == to && x->listener == from)))
            continue;
        struct event ev = {.type = EVENT_FRAME};
        ev.frame.link = x->dialler == to ? x->link[0] : x->link[1];
        ev.frame.bytes = frame;
        step(w, to, &ev);
        return;
    }
    abort(); /* no connection to inject into */
}

void world_tamper(struct world *w,
                  size_t (*tamper)(void *ctx, size_t from, size_t to, uint8_t *frame, size_t len),
                  void *ctx)
{
    w->tamper = tamper;
    w->tamper_ctx = ctx;
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

const uint8_t *world_author(const struct world *w, size_t node)
{
    return w->machines[node].config.author;
}

size_t world_reports(const struct world *w, enum report what)
{
    return w->reports[what];
}

const char *world_trace(const struct world *w)
{
    return w->trace;
}

const uint8_t *world_secret(const struct world *w)
{
    return w->secret;
}
