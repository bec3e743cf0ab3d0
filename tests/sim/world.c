/* world.c - time, the network, and the carrying out of effects. */
#include "tests/sim/world_internal.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/sim/tell.h"

int64_t world_now_utc(const struct world *w)
{
    return WORLD_START_UTC + (int64_t)(w->now_ms / 1000) + w->skew_utc;
}

int64_t world_clock(const struct world *w, size_t node)
{
    return world_now_utc(w) + w->machines[node].ahead_utc;
}

uint32_t world_today(const struct world *w)
{
    return (uint32_t)(world_now_utc(w) / 86400);
}

static void tell(struct world *w, const char *line)
{
    size_t len = strlen(line);
    if (w->trace_len + len + 32 > w->trace_cap) {
        w->trace_cap = 2 * (w->trace_len + len + 32);
        w->trace = realloc(w->trace, w->trace_cap);
    }
    assert(w->trace != NULL);
    w->trace_len +=
        (size_t)sprintf(w->trace + w->trace_len, "%7.2f %s\n", (double)w->now_ms / 1000, line);
}

static void post(struct world *w, const struct post *p)
{
    assert(w->post_count < POSTS_MAX);
    w->posts[w->post_count++] = *p;
}

/* ---- Connections ---- */

static struct wire *wire_of(struct world *w, size_t node, uint32_t link)
{
    for (size_t i = 0; i < WIRES_MAX; i++) {
        struct wire *x = &w->wires[i];
        if (x->is_used && ((x->dialler == node && x->link[0] == link) ||
                           (x->listener == node && x->link[1] == link)))
            return x;
    }
    return NULL;
}

static bool joins(const struct wire *x, size_t a, size_t b)
{
    return x->is_used &&
           ((x->dialler == a && x->listener == b) || (x->dialler == b && x->listener == a));
}

const struct wire *world_wire(const struct world *w, size_t a, size_t b)
{
    for (size_t i = 0; i < WIRES_MAX; i++)
        if (joins(&w->wires[i], a, b))
            return &w->wires[i];
    return NULL;
}

size_t world_wires(const struct world *w, size_t a, size_t b)
{
    size_t count = 0;
    for (size_t i = 0; i < WIRES_MAX; i++)
        count += joins(&w->wires[i], a, b);
    return count;
}

bool world_is_connected(const struct world *w, size_t a, size_t b)
{
    return world_wire(w, a, b) != NULL;
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
    w->machines[x->dialler].redial_ms[x->listener] = w->now_ms + REDIAL_MS;
    x->is_used = false;
}

static bool has_dialled(const struct world *w, size_t dialler, size_t listener)
{
    for (size_t i = 0; i < WIRES_MAX; i++)
        if (w->wires[i].is_used && w->wires[i].dialler == dialler &&
            w->wires[i].listener == listener)
            return true;
    return false;
}

static bool may_plug(const struct world *w, size_t a, size_t b)
{
    return w->machines[a].wants[b] && w->machines[a].is_running && w->machines[b].is_running &&
           !w->is_parted[a][b] && !w->setup.has_no_port[b] && !has_dialled(w, a, b);
}

/* When the next connection that was lost is dialled again; UINT64_MAX if none is. */
static uint64_t next_redial(const struct world *w)
{
    uint64_t next = UINT64_MAX;
    for (size_t a = 0; a < w->setup.nodes; a++)
        for (size_t b = 0; b < w->setup.nodes; b++)
            if (w->machines[a].redial_ms[b] > w->now_ms && w->machines[a].redial_ms[b] < next &&
                may_plug(w, a, b))
                next = w->machines[a].redial_ms[b];
    return next;
}

/* Whoever wants a connection that can be there gets it. */
static void plug(struct world *w)
{
    for (size_t a = 0; a < w->setup.nodes; a++) {
        for (size_t b = 0; b < w->setup.nodes; b++) {
            if (w->machines[a].redial_ms[b] > w->now_ms || !may_plug(w, a, b))
                continue;
            struct wire *x = NULL;
            for (size_t i = 0; i < WIRES_MAX && x == NULL; i++)
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

void world_fall(struct world *w, size_t a, size_t b)
{
    for (size_t i = 0; i < WIRES_MAX; i++)
        if (joins(&w->wires[i], a, b))
            unplug(w, &w->wires[i]);
}

void world_forget(struct world *w, size_t dialler, size_t listener)
{
    for (size_t i = 0; i < WIRES_MAX; i++) {
        struct wire *x = &w->wires[i];
        if (!x->is_used || x->dialler != dialler || x->listener != listener)
            continue;
        post_news(w, dialler, listener, EVENT_DOWN, x->link[0], true);
        w->machines[dialler].redial_ms[listener] = w->now_ms + REDIAL_MS;
        x->is_used = false;
    }
}

void world_part(struct world *w, size_t a, size_t b)
{
    w->is_parted[a][b] = w->is_parted[b][a] = true;
    world_fall(w, a, b);
}

void world_join(struct world *w, size_t a, size_t b)
{
    w->is_parted[a][b] = w->is_parted[b][a] = false;
    w->machines[a].redial_ms[b] = w->machines[b].redial_ms[a] = 0;
}

void world_tamper(struct world *w,
                  size_t (*tamper)(void *ctx, size_t from, size_t to, uint8_t *frame, size_t len),
                  void *ctx)
{
    w->tamper = tamper;
    w->tamper_ctx = ctx;
}

void world_watch(struct world *w, size_t (*watch)(void *ctx, const struct passing *p), void *ctx)
{
    w->watch = watch;
    w->watch_ctx = ctx;
}

static size_t pass(struct world *w, const struct post *p, const struct wire *x, bool is_arriving)
{
    size_t len = p->len;
    if (w->tamper != NULL && !is_arriving)
        len = w->tamper(w->tamper_ctx, p->from, p->to, p->frame, len);
    if (w->watch == NULL || len == 0)
        return len;
    struct passing seen = {p->from, p->to, x->link[0], is_arriving, p->frame, len};
    return w->watch(w->watch_ctx, &seen);
}

static void send(struct world *w, size_t from, uint32_t link, struct bytes frame)
{
    const struct wire *x = wire_of(w, from, link);
    if (x == NULL)
        return;
    struct post p = {.at_ms = w->now_ms + DELAY_MS,
                     .from = from,
                     .to = x->dialler == from ? x->listener : x->dialler,
                     .type = EVENT_FRAME,
                     .link = x->dialler == from ? x->link[1] : x->link[0],
                     .len = frame.len};
    p.frame = malloc(frame.len + 1);
    assert(p.frame != NULL);
    memcpy(p.frame, frame.data, frame.len);
    p.len = pass(w, &p, x, false);
    if (p.len == 0) {
        free(p.frame);
        return;
    }
    post(w, &p);
}

/* ---- Steps ---- */

size_t world_node_of(const struct world *w, const uint8_t author[AUTHOR_BYTES])
{
    for (size_t i = 0; i < w->setup.nodes; i++)
        if (memcmp(w->machines[i].config.author, author, AUTHOR_BYTES) == 0)
            return i;
    return SIZE_MAX;
}

static void take_answer(struct machine *m, const struct effect *e)
{
    struct world_answer *a = &m->answers[e->evaluated.ticket % ANSWERS_MAX];
    assert(a->ticket == e->evaluated.ticket && !a->is_there); /* each ends exactly once */
    a->is_there = true;
    a->result = e->evaluated.result;
    if (e->evaluated.result == OK) {
        a->count = e->evaluated.count;
        memcpy(a->n, e->evaluated.points, a->count * 32);
    } else {
        snprintf(a->detail, sizeof a->detail, "%s", e->evaluated.detail);
    }
}

static void carry_one(struct world *w, size_t at, const struct effect *e)
{
    struct machine *m = &w->machines[at];
    size_t peer = world_node_of(w, e->author);
    struct wire *x;
    switch ((int)e->type) {
    case EFFECT_SEND:
        send(w, at, e->link, e->frame);
        return;
    case EFFECT_CUT:
        x = wire_of(w, at, e->link);
        if (x != NULL)
            unplug(w, x);
        return;
    case EFFECT_DIAL:
    case EFFECT_HANGUP:
        /* nobody may say where one without a port is */
        assert(e->type == EFFECT_HANGUP || peer == SIZE_MAX || !w->setup.has_no_port[peer]);
        if (peer != SIZE_MAX)
            m->wants[peer] = e->type == EFFECT_DIAL;
        return;
    case EFFECT_APPENDED:
        m->has_appended = true;
        m->appended = e->appended.result;
        m->first = e->appended.first;
        return;
    case EFFECT_EVALUATED:
        take_answer(m, e);
        return;
    case EFFECT_ROSTER_ADOPTED:
        m->roster = OK;
        return;
    case EFFECT_ROSTER_REFUSED:
        m->roster = e->refused.result;
        return;
    case EFFECT_REPORT:
        m->told[e->report.what][e->report.reason]++;
        return;
    default:
        shelf_apply(m->shelf, e);
        return;
    }
}

void world_step(struct world *w, size_t at, struct event *ev)
{
    ev->now_ms = w->now_ms;
    ev->now_utc = world_clock(w, at);
    world_draw(w, "fresh", w->drawn++, ev->fresh, sizeof ev->fresh);
    federation_step(w->machines[at].core, ev, w->effects);
    for (size_t i = 0; i < w->effects->count; i++) {
        const struct effect *e = &w->effects->list[i];
        char line[256];
        if (!w->setup.is_quiet &&
            tell_effect(e, (char)('A' + at), world_node_of(w, e->author), line, sizeof line))
            tell(w, line);
        carry_one(w, at, e);
    }
}

static void deliver(struct world *w, struct post *p)
{
    struct event ev = {.type = p->type};
    const struct wire *x = wire_of(w, p->to, p->link);
    bool is_there = w->machines[p->to].is_running && (x != NULL || p->type == EVENT_DOWN);
    if (is_there && p->type == EVENT_FRAME)
        p->len = pass(w, p, x, true);
    if (p->type == EVENT_UP) {
        ev.up.link = p->link;
        ev.up.is_outbound = p->is_outbound;
        memcpy(ev.up.transport_key, w->machines[p->from].transport_key, 32);
    } else if (p->type == EVENT_DOWN) {
        ev.down.link = p->link;
    } else {
        ev.frame.link = p->link;
        ev.frame.bytes = bytes_of(p->frame, p->len);
        is_there = is_there && p->len > 0;
        char line[256];
        if (is_there && !w->setup.is_quiet &&
            tell_frame(ev.frame.bytes, (char)('A' + p->from), (char)('A' + p->to), line,
                       sizeof line))
            tell(w, line);
    }
    if (is_there)
        world_step(w, p->to, &ev);
    free(p->frame);
}

/* ---- Time ---- */

/* The earliest post, in order of sending; false if none is due by then. */
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
        uint64_t tick_at = earliest_deadline(w, until, &who), dial_at = next_redial(w);
        uint64_t next = tick_at < dial_at ? tick_at : dial_at;
        struct post p;
        if (next_post(w, next < until ? next : until, &p)) {
            if (p.at_ms > w->now_ms)
                w->now_ms = p.at_ms;
            deliver(w, &p);
        } else if (dial_at <= until && dial_at < tick_at) {
            w->now_ms = dial_at;
        } else if (tick_at <= until) {
            if (tick_at > w->now_ms)
                w->now_ms = tick_at;
            struct event ev = {.type = EVENT_TICK};
            world_step(w, who, &ev);
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

void world_start(struct world *w, size_t node)
{
    struct machine *m = &w->machines[node];
    assert(!m->is_running);
    world_draw(w, "seed", node * 1000 + m->starts++, m->config.seed, sizeof m->config.seed);
    struct archive archive = shelf_archive(m->shelf);
    m->core = federation_init(m->storage, &m->config, &archive);
    shelf_restore(m->shelf, m->core);
    memset(m->wants, 0, sizeof m->wants);
    memset(m->redial_ms, 0, sizeof m->redial_ms);
    for (size_t i = 0; i < w->setup.nodes; i++)
        w->machines[i].redial_ms[node] = 0;
    m->is_running = true;
    struct event ev = {.type = EVENT_TICK};
    w->now_ms += 1;
    world_step(w, node, &ev);
}

void world_stop(struct world *w, size_t node)
{
    struct machine *m = &w->machines[node];
    assert(m->is_running);
    for (size_t i = 0; i < WIRES_MAX; i++)
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
