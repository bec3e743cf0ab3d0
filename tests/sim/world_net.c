/*
 * world_net.c - the network between the cores: connections, and what is on its way.
 *
 * A connection is TCP: what one side sends arrives whole, once and in order, or the connection
 * falls and all that was on its way is lost. That frames come twice, or late and out of order, does
 * not happen within one; it is done to the cores all the same, on demand, since a peer may do it.
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/sim/tell.h"
#include "tests/sim/world_internal.h"

enum {
    REPEAT_MS_MAX = 3000,
    SLOW_BYTES_MAX = 6 * FRAME_BYTES_MAX, /* as a node has it: a peer that owes more is cut */
};

/* ---- What is on its way: a heap ---- */

static bool is_sooner(const struct post *a, const struct post *b)
{
    return a->at_ms != b->at_ms ? a->at_ms < b->at_ms : a->seq < b->seq;
}

static void push(struct world *w, struct post p)
{
    assert(w->post_count < POSTS_MAX);
    size_t i = w->post_count++;
    while (i > 0 && is_sooner(&p, &w->posts[(i - 1) / 2])) {
        w->posts[i] = w->posts[(i - 1) / 2];
        i = (i - 1) / 2;
    }
    w->posts[i] = p;
}

static struct post pop(struct world *w)
{
    struct post first = w->posts[0], last = w->posts[--w->post_count];
    size_t i = 0;
    for (size_t child = 1; child < w->post_count; child = 2 * i + 1) {
        if (child + 1 < w->post_count && is_sooner(&w->posts[child + 1], &w->posts[child]))
            child++;
        if (!is_sooner(&w->posts[child], &last))
            break;
        w->posts[i] = w->posts[child];
        i = child;
    }
    w->posts[i] = last;
    return first;
}

static void post(struct world *w, struct post p)
{
    p.seq = w->post_seq++;
    push(w, p);
}

bool world_next_post(struct world *w, uint64_t until_ms, struct post *out)
{
    if (w->post_count == 0 || w->posts[0].at_ms > until_ms)
        return false;
    *out = pop(w);
    return true;
}

/* ---- Connections ---- */

struct wire *world_wire_of(struct world *w, size_t node, uint32_t link)
{
    struct wire *x = &w->wires[link >> 1 & (WIRES_MAX - 1)];
    size_t side = link & 1;
    bool is_it = x->is_used && x->link[side] == link;
    return is_it && (side == 0 ? x->dialler : x->listener) == node ? x : NULL;
}

size_t world_peer_of(const struct world *w, size_t node, uint32_t link)
{
    const struct wire *x = world_wire_of((struct world *)(uintptr_t)w, node, link);
    if (x == NULL)
        return SIZE_MAX;
    return x->dialler == node ? x->listener : x->dialler;
}

static bool joins(const struct wire *x, size_t a, size_t b)
{
    return x->is_used &&
           ((x->dialler == a && x->listener == b) || (x->dialler == b && x->listener == a));
}

const struct wire *world_wire(const struct world *w, size_t a, size_t b)
{
    for (size_t i = 0; i < w->wire_count; i++)
        if (joins(&w->wires[i], a, b))
            return &w->wires[i];
    return NULL;
}

size_t world_wires(const struct world *w, size_t a, size_t b)
{
    size_t count = 0;
    for (size_t i = 0; i < w->wire_count; i++)
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
    post(w, p);
}

static void free_wire(struct world *w, struct wire *x)
{
    w->machines[x->dialler].is_dialled[x->listener] = false;
    w->machines[x->dialler].redial_ms[x->listener] = w->now_ms + REDIAL_MS;
    w->plug_ms = 0;
    x->is_used = false;
}

void world_unplug(struct world *w, struct wire *x)
{
    post_news(w, x->dialler, x->listener, EVENT_DOWN, x->link[0], true);
    post_news(w, x->listener, x->dialler, EVENT_DOWN, x->link[1], false);
    free_wire(w, x);
}

void world_unplug_all(struct world *w, size_t node)
{
    for (size_t i = 0; i < w->wire_count; i++)
        if (w->wires[i].is_used && (w->wires[i].dialler == node || w->wires[i].listener == node))
            world_unplug(w, &w->wires[i]);
}

static bool may_plug(const struct world *w, size_t a, size_t b)
{
    return w->machines[a].wants[b] && w->machines[a].is_running && w->machines[b].is_running &&
           !w->is_parted[a][b] && !w->setup.has_no_port[b] && !w->machines[a].is_dialled[b];
}

static void plug_one(struct world *w, size_t a, size_t b)
{
    size_t i = 0;
    while (i < WIRES_MAX && w->wires[i].is_used)
        i++;
    assert(i < WIRES_MAX);
    if (i >= w->wire_count)
        w->wire_count = i + 1;
    uint32_t link = ++w->next_wire * 2 * WIRES_MAX + (uint32_t)i * 2;
    w->wires[i] = (struct wire){.is_used = true, .dialler = a, .listener = b};
    w->wires[i].link[0] = link;
    w->wires[i].link[1] = link + 1;
    w->machines[a].is_dialled[b] = true;
    post_news(w, a, b, EVENT_UP, link, true);
    post_news(w, b, a, EVENT_UP, link + 1, false);
}

/* Whoever wants a connection that can be there gets it. */
void world_plug(struct world *w)
{
    if (w->plug_ms > w->now_ms)
        return;
    w->plug_ms = UINT64_MAX;
    for (size_t a = 0; a < w->setup.nodes; a++) {
        for (size_t b = 0; b < w->setup.nodes; b++) {
            uint64_t at = w->machines[a].redial_ms[b];
            if (!may_plug(w, a, b))
                continue;
            if (at <= w->now_ms)
                plug_one(w, a, b);
            else if (at < w->plug_ms)
                w->plug_ms = at;
        }
    }
}

void world_fall(struct world *w, size_t a, size_t b)
{
    for (size_t i = 0; i < w->wire_count; i++)
        if (joins(&w->wires[i], a, b))
            world_unplug(w, &w->wires[i]);
}

void world_forget(struct world *w, size_t dialler, size_t listener)
{
    for (size_t i = 0; i < w->wire_count; i++) {
        struct wire *x = &w->wires[i];
        if (!x->is_used || x->dialler != dialler || x->listener != listener)
            continue;
        post_news(w, dialler, listener, EVENT_DOWN, x->link[0], true);
        free_wire(w, x);
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
    w->plug_ms = 0;
}

void world_clog(struct world *w, size_t from, size_t to, uint64_t ms)
{
    w->machines[from].clogged_ms[to] = w->now_ms + ms;
}

void world_set_network(struct world *w, const struct world_network *n)
{
    w->network = *n;
}

/* ---- Frames ---- */

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

static uint8_t *copy_of(const uint8_t *data, size_t len)
{
    uint8_t *copy = malloc(len + 1);
    assert(copy != NULL);
    if (len > 0)
        memcpy(copy, data, len);
    return copy;
}

/* When a frame that leaves over this connection now arrives. */
static uint64_t arrival(struct world *w, struct wire *x, size_t from, size_t to, uint64_t extra_ms)
{
    uint64_t *last_ms = &x->last_ms[x->dialler == from ? 0 : 1];
    uint64_t at = w->now_ms + DELAY_MS + extra_ms;
    if (w->network.delay_ms_max > 0)
        at += dice_below(&w->dice, w->network.delay_ms_max);
    if (at < w->machines[from].clogged_ms[to])
        at = w->machines[from].clogged_ms[to];
    if (at < *last_ms)
        at = *last_ms;
    *last_ms = at;
    return at;
}

static void launch(struct world *w, struct wire *x, size_t from, struct bytes frame,
                   uint64_t extra_ms, bool is_honest)
{
    struct post p = {.from = from,
                     .to = x->dialler == from ? x->listener : x->dialler,
                     .type = EVENT_FRAME,
                     .link = x->dialler == from ? x->link[1] : x->link[0],
                     .len = frame.len};
    p.frame = copy_of(frame.data, frame.len);
    const struct machine *m = &w->machines[from];
    if (is_honest && m->behaviour != NULL && m->behaviour->outgoing != NULL)
        p.len = m->behaviour->outgoing(m->behaviour_state, p.to, p.frame, p.len);
    if (p.len > 0)
        p.len = pass(w, &p, x, false);
    if (p.len == 0) {
        free(p.frame);
        return;
    }
    p.at_ms = arrival(w, x, from, p.to, extra_ms);
    post(w, p);
    size_t *under_way = &x->under_way[x->dialler == from ? 0 : 1];
    *under_way += p.len;
    bool is_between_honest = m->behaviour == NULL && w->machines[p.to].behaviour == NULL;
    if (is_between_honest && *under_way > w->machines[from].under_way_max)
        w->machines[from].under_way_max = *under_way;
    if (m->behaviour == NULL && *under_way > SLOW_BYTES_MAX) {
        world_unplug(w, x);
        return;
    }
    if (w->network.repeat_per_1000 == 0 || !dice_is(&w->dice, w->network.repeat_per_1000))
        return;
    p.is_again = true;
    p.frame = copy_of(p.frame, p.len);
    p.at_ms += dice_below(&w->dice, REPEAT_MS_MAX);
    post(w, p);
}

void world_post_frame(struct world *w, size_t from, uint32_t link, struct bytes frame,
                      uint64_t extra_ms)
{
    struct wire *x = world_wire_of(w, from, link);
    if (x != NULL)
        launch(w, x, from, frame, extra_ms, true);
}

bool world_utter(struct world *w, size_t node, size_t to, struct bytes frame)
{
    struct wire *x = (struct wire *)(uintptr_t)world_wire(w, node, to);
    if (x != NULL && frame.len > 0)
        launch(w, x, node, frame, 0, false);
    return x != NULL;
}

/* An event that has to do with a connection; false if it concerns nobody any more. */
static bool event_of(struct world *w, struct post *p, struct event *ev)
{
    struct wire *x = world_wire_of(w, p->to, p->link);
    const struct machine *m = &w->machines[p->to];
    if (!m->is_running || (x == NULL && p->type != EVENT_DOWN))
        return false;
    if (p->type == EVENT_UP) {
        ev->up.link = p->link;
        ev->up.is_outbound = p->is_outbound;
        memcpy(ev->up.transport_key, w->machines[p->from].transport_key, 32);
        return true;
    }
    if (p->type == EVENT_DOWN) {
        ev->down.link = p->link;
        return true;
    }
    if (!p->is_again)
        x->under_way[x->dialler == p->from ? 0 : 1] -= p->len;
    p->len = pass(w, p, x, true);
    if (p->len > 0 && m->behaviour != NULL && m->behaviour->incoming != NULL)
        p->len = m->behaviour->incoming(m->behaviour_state, p->from, p->frame, p->len);
    ev->frame.link = p->link;
    ev->frame.bytes = bytes_of(p->frame, p->len);
    return p->len > 0;
}

void world_deliver(struct world *w, struct post *p)
{
    uint64_t clogged_ms = w->machines[p->from].clogged_ms[p->to];
    if (p->type == EVENT_FRAME && clogged_ms > w->now_ms) {
        p->at_ms = clogged_ms; /* with its old number: in the order of sending */
        push(w, *p);
        return;
    }
    struct event ev = {.type = p->type};
    char line[256];
    if (event_of(w, p, &ev)) {
        if (p->type == EVENT_FRAME && !w->setup.is_quiet &&
            tell_frame(ev.frame.bytes, world_letter(p->from), world_letter(p->to), line,
                       sizeof line))
            world_say(w, line);
        world_step(w, p->to, &ev);
    }
    free(p->frame);
}
