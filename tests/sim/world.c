/* world.c - time, the carrying out of effects, and the disks. */
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

char world_letter(size_t node)
{
    return (char)(node < 26 ? 'A' + (int)node : 'a' + (int)node - 26);
}

void world_say(struct world *w, const char *line)
{
    if (w->setup.is_loud) {
        printf("%9.2f %s\n", (double)w->now_ms / 1000, line);
        return;
    }
    size_t len = strlen(line);
    if (w->trace_len + len + 32 > w->trace_cap) {
        w->trace_cap = 2 * (w->trace_len + len + 32);
        w->trace = realloc(w->trace, w->trace_cap);
    }
    assert(w->trace != NULL);
    w->trace_len +=
        (size_t)sprintf(w->trace + w->trace_len, "%7.2f %s\n", (double)w->now_ms / 1000, line);
}

/* ---- Steps ---- */

size_t world_node_of_author(const struct world *w, const uint8_t author[AUTHOR_BYTES])
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
    a->epoch = e->evaluated.epoch;
    if (e->evaluated.result == OK) {
        a->count = e->evaluated.count;
        memcpy(a->n, e->evaluated.points, a->count * 32);
    } else {
        snprintf(a->detail, sizeof a->detail, "%s", e->evaluated.detail);
    }
}

/* Sends, or keeps until the commit returns. */
static void carry_send(struct world *w, size_t at, const struct effect *e, bool is_after_persist)
{
    struct machine *m = &w->machines[at];
    if (!m->is_dirty) {
        uint64_t extra_ms = 0;
        if (is_after_persist && w->network.sync_ms_max > 0)
            extra_ms = dice_below(&w->dice, w->network.sync_ms_max);
        world_post_frame(w, at, e->link, e->frame, extra_ms);
        return;
    }
    m->held = realloc(m->held, (m->held_count + 1) * sizeof *m->held);
    assert(m->held != NULL);
    struct held_frame *h = &m->held[m->held_count++];
    *h = (struct held_frame){e->link, malloc(e->frame.len + 1), e->frame.len};
    assert(h->frame != NULL);
    memcpy(h->frame, e->frame.data, e->frame.len);
}

/* What is for the node's own people; false if it is not. */
static bool carry_answer(struct machine *m, const struct effect *e)
{
    switch ((int)e->type) {
    case EFFECT_APPENDED:
        m->has_appended = true;
        m->appended = e->appended.result;
        m->first = e->appended.first;
        return true;
    case EFFECT_EVALUATED:
        take_answer(m, e);
        return true;
    case EFFECT_ROSTER_ADOPTED:
        m->roster = OK;
        return true;
    case EFFECT_ROSTER_REFUSED:
        m->roster = e->refused.result;
        return true;
    case EFFECT_REPORT:
        m->told[e->report.what][e->report.reason]++;
        return true;
    default:
        return false;
    }
}

/* Returns false where the node does not live on. */
static bool carry_one(struct world *w, size_t at, const struct effect *e, bool *has_persisted)
{
    struct machine *m = &w->machines[at];
    size_t peer = world_node_of_author(w, e->author);
    struct wire *x;
    if (carry_answer(m, e))
        return true;
    switch ((int)e->type) {
    case EFFECT_SEND:
        carry_send(w, at, e, *has_persisted);
        return true;
    case EFFECT_CUT:
        x = world_wire_of(w, at, e->link);
        if (x != NULL)
            world_unplug(w, x);
        return true;
    case EFFECT_DIAL:
    case EFFECT_HANGUP:
        /* nobody may say where one without a port is */
        assert(e->type == EFFECT_HANGUP || peer == SIZE_MAX || !w->setup.has_no_port[peer] ||
               w->has_behaviour);
        if (peer != SIZE_MAX)
            m->wants[peer] = e->type == EFFECT_DIAL;
        w->plug_ms = 0;
        return true;
    default:
        *has_persisted = true;
        if (m->disk == DISK_FULL)
            return false;
        m->is_dirty = m->disk == DISK_STALLED;
        shelf_apply(m->shelf, e);
        return true;
    }
}

static void sum_effect(struct world *w, const struct effect *e)
{
    uint32_t what[2] = {(uint32_t)e->type, e->link};
    crypto_generichash_update(&w->sum, (const uint8_t *)what, sizeof what);
    crypto_generichash_update(&w->sum, e->author, sizeof e->author);
    if (e->type == EFFECT_SEND)
        crypto_generichash_update(&w->sum, e->frame.data, e->frame.len);
    if (e->type == EFFECT_REPORT)
        crypto_generichash_update(&w->sum, (const uint8_t *)&e->report, sizeof e->report);
}

static void sum_event(struct world *w, size_t at, const struct event *ev)
{
    uint64_t what[4] = {w->now_ms, at, (uint64_t)ev->type, (uint64_t)ev->now_utc};
    crypto_generichash_update(&w->sum, (const uint8_t *)what, sizeof what);
    for (size_t i = 0; i < w->effects->count; i++)
        sum_effect(w, &w->effects->list[i]);
}

void world_step(struct world *w, size_t at, struct event *ev)
{
    struct machine *m = &w->machines[at];
    ev->now_ms = w->now_ms;
    ev->now_utc = world_clock(w, at);
    world_draw(w, "fresh", w->drawn++, ev->fresh, sizeof ev->fresh);
    federation_step(m->core, ev, w->effects);
    w->steps++;
    if (w->setup.has_sum)
        sum_event(w, at, ev);
    if (w->on_step != NULL && m->behaviour == NULL)
        w->on_step(w->on_step_ctx, at, ev, w->effects);
    bool has_persisted = false, is_well = true;
    for (size_t i = 0; i < w->effects->count && is_well; i++) {
        const struct effect *e = &w->effects->list[i];
        char line[256];
        if (!w->setup.is_quiet &&
            tell_effect(e, world_letter(at), world_node_of_author(w, e->author), line, sizeof line))
            world_say(w, line);
        is_well = carry_one(w, at, e, &has_persisted);
    }
    if (is_well)
        return;
    m->ended++;
    world_crash(w, at, false);
}

/* ---- Time ---- */

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

/* Every second, whoever behaves otherwise may do something. */
static void behave(struct world *w)
{
    if (!w->has_behaviour || w->now_ms < w->behave_ms)
        return;
    w->behave_ms = w->now_ms + 1000;
    for (size_t i = 0; i < w->setup.nodes; i++) {
        const struct machine *m = &w->machines[i];
        if (m->is_running && m->behaviour != NULL && m->behaviour->tick != NULL)
            m->behaviour->tick(m->behaviour_state);
    }
}

void world_run(struct world *w, uint64_t ms)
{
    uint64_t until = w->now_ms + ms;
    for (uint64_t guard = 0; guard < 10000000; guard++) {
        world_plug(w);
        behave(w);
        size_t who = 0;
        uint64_t tick_at = earliest_deadline(w, until, &who), dial_at = w->plug_ms;
        uint64_t next = tick_at < dial_at ? tick_at : dial_at;
        struct post p;
        if (world_next_post(w, next < until ? next : until, &p)) {
            if (p.at_ms > w->now_ms)
                w->now_ms = p.at_ms;
            world_deliver(w, &p);
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
    if (!sodium_is_zero(m->next_transport_key, 32))
        memcpy(m->transport_key, m->next_transport_key, 32);
    struct archive archive = shelf_archive(m->shelf);
    m->core = federation_init(m->storage, &m->config, &archive);
    shelf_restore(m->shelf, m->core);
    memset(m->wants, 0, sizeof m->wants);
    memset(m->redial_ms, 0, sizeof m->redial_ms);
    for (size_t i = 0; i < w->setup.nodes; i++)
        w->machines[i].redial_ms[node] = 0;
    w->plug_ms = 0;
    m->is_running = true;
    struct event ev = {.type = EVENT_TICK};
    w->now_ms += 1;
    world_step(w, node, &ev);
}

static void drop_held(struct machine *m)
{
    for (size_t i = 0; i < m->held_count; i++)
        free(m->held[i].frame);
    free(m->held);
    m->held = NULL;
    m->held_count = 0;
    m->is_dirty = false;
    shelf_free(&m->synced);
}

void world_crash(struct world *w, size_t node, bool is_kept)
{
    struct machine *m = &w->machines[node];
    assert(m->is_running);
    world_unplug_all(w, node);
    m->core = NULL; /* its memory is gone; a start wipes it */
    m->is_running = false;
    if (m->disk == DISK_STALLED && !is_kept) {
        shelf_free(&m->shelf);
        m->shelf = m->synced;
        m->synced = NULL;
    }
    if (m->disk == DISK_STALLED)
        m->disk = DISK_SOUND;
    drop_held(m);
}

void world_stop(struct world *w, size_t node)
{
    federation_clear(w->machines[node].core);
    world_crash(w, node, true);
}

void world_set_disk(struct world *w, size_t node, enum world_disk disk)
{
    struct machine *m = &w->machines[node];
    if (m->disk == DISK_STALLED && disk != DISK_STALLED) {
        for (size_t i = 0; i < m->held_count; i++)
            world_post_frame(w, node, m->held[i].link, bytes_of(m->held[i].frame, m->held[i].len),
                             0);
        drop_held(m);
    } else if (m->disk != DISK_STALLED && disk == DISK_STALLED) {
        m->synced = shelf_copy(m->shelf);
    }
    m->disk = disk;
}

enum world_disk world_disk(const struct world *w, size_t node)
{
    return w->machines[node].disk;
}

size_t world_ended(const struct world *w, size_t node)
{
    return w->machines[node].ended;
}

bool world_is_running(const struct world *w, size_t node)
{
    return w->machines[node].is_running;
}
