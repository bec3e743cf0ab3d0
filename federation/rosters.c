/*
 * rosters.c - adopting member lists, and fetching the ones that peers have and we lack.
 *
 * A peer's opening tells its version; where it is higher than ours we ask for ours plus one, chunk
 * by chunk, one document at a time. Whoever claims one and does not give it is not asked again
 * until it claims anew, and the next one is asked: a claim holds nobody else's up. A document is
 * only ever adopted through roster_accept: linked to ours by hash and signed by a quorum of our
 * stewards.
 */
#include "federation/core.h"

#include <string.h>

enum {
    FETCH_CHUNK_MS = 15000, /* for one answer */
    FETCH_ALL_MS = 60000,   /* for a document */
};

static void ask(struct federation *f, const struct link *l, struct effects *out)
{
    Seinpost__RosterAsk body = SEINPOST__ROSTER_ASK__INIT;
    body.version = f->fetch.version;
    body.offset = f->fetch.have;
    Seinpost__Message m = SEINPOST__MESSAGE__INIT;
    m.body_case = SEINPOST__MESSAGE__BODY_ROSTER_ASK;
    m.roster_ask = &body;
    f->fetch.asked_ms = f->now_ms;
    (void)!core_send(f, l->id, &m, out);
}

static void fetch_next(struct federation *f, const struct link *l, struct effects *out)
{
    f->fetch.link = l->id;
    f->fetch.version = core_roster(f)->version + 1;
    f->fetch.have = 0;
    f->fetch.total = 0;
    f->fetch.started_ms = f->now_ms;
    ask(f, l, out);
}

/* Asks somebody who claims to have a newer one, unless somebody is being asked. At random: whoever
 * claims again and again gets no more turns than others. */
static void fetch_any(struct federation *f, struct effects *out)
{
    const struct link *chosen = NULL;
    uint32_t able = 0;
    for (size_t i = 0; i < f->link_count && f->fetch.link == 0; i++) {
        const struct link *l = &f->links[i];
        if (l->id != 0 && l->is_ready && l->roster_version > core_roster(f)->version &&
            rng_below(&f->rng, ++able) == 0)
            chosen = l;
    }
    if (chosen != NULL)
        fetch_next(f, chosen, out);
}

/* Whoever was asked has not given what it claims to have: its turn is over. */
static void give_up(struct federation *f)
{
    const struct link *l = links_find(f, f->fetch.link);
    for (size_t i = 0; i < f->link_count && l != NULL; i++)
        if (memcmp(f->links[i].author, l->author, AUTHOR_BYTES) == 0)
            f->links[i].roster_version = 0;
    f->fetch.link = 0;
}

/* Verifies and adopts; *out gets what has to be kept and told. On error nothing changed. */
static enum err adopt(struct federation *f, struct bytes signed_roster, struct effects *out)
{
    unsigned next = f->roster_at ^ 1u;
    wire_arena_reset(&f->roster_wire);
    if (signed_roster.len > ROSTER_BYTES_MAX)
        return ERR_LIMIT;
    enum err e = roster_accept(core_roster(f), signed_roster, &f->roster_wire, &f->rosters[next]);
    if (e != OK)
        return e;
    uint8_t *kept = effects_alloc(out, signed_roster.len);
    if (kept == NULL)
        return ERR_FULL;
    memcpy(kept, signed_roster.data, signed_roster.len);
    f->roster_at = next;
    f->has_roster = true;
    const struct roster *r = core_roster(f);
    for (unsigned i = 0; i < 2; i++) {
        struct effect *ef =
            effects_add(out, i == 0 ? EFFECT_PERSIST_ROSTER : EFFECT_ROSTER_ADOPTED);
        ef->roster.version = r->version;
        memcpy(ef->roster.hash, r->hash, HASH_BYTES);
        ef->roster.signed_roster = bytes_of(kept, signed_roster.len);
    }
    core_roster_changed(f, out);
    return OK;
}

void rosters_event(struct federation *f, struct bytes signed_roster, struct effects *out)
{
    enum err e = adopt(f, signed_roster, out);
    if (e != OK)
        effects_add(out, EFFECT_ROSTER_REFUSED)->refused.result = e;
}

void rosters_on_opening(struct federation *f, struct link *l, uint64_t version, struct effects *out)
{
    l->roster_version = version;
    fetch_any(f, out);
}

/* What belongs into the chunk at an offset: as much as there is, up to the limit. */
static size_t chunk_bytes(size_t total, size_t offset)
{
    size_t left = total - offset;
    return left < ROSTER_CHUNK_BYTES ? left : ROSTER_CHUNK_BYTES;
}

void rosters_on_ask(struct federation *f, struct link *l, const Seinpost__RosterAsk *m,
                    struct effects *out)
{
    size_t len =
        f->archive.roster(f->archive.ctx, m->version, f->roster_bytes, sizeof f->roster_bytes);
    if (len == 0 || m->offset >= len)
        return;
    size_t part = chunk_bytes(len, m->offset);
    Seinpost__RosterChunk chunk = SEINPOST__ROSTER_CHUNK__INIT;
    chunk.version = m->version;
    chunk.offset = m->offset;
    chunk.total = (uint32_t)len;
    chunk.data = (ProtobufCBinaryData){part, f->roster_bytes + m->offset};
    Seinpost__Message reply = SEINPOST__MESSAGE__INIT;
    reply.body_case = SEINPOST__MESSAGE__BODY_ROSTER_CHUNK;
    reply.roster_chunk = &chunk;
    (void)!core_send(f, l->id, &reply, out);
}

void rosters_on_chunk(struct federation *f, struct link *l, const Seinpost__RosterChunk *m,
                      struct effects *out)
{
    struct roster_fetch *fetch = &f->fetch;
    if (fetch->link != l->id || m->version != fetch->version || m->offset != fetch->have)
        return; /* not what was asked: too late, or made up */
    bool is_sound = m->total > fetch->have && m->total <= ROSTER_BYTES_MAX &&
                    m->data.len == chunk_bytes(m->total, fetch->have) &&
                    (fetch->total == 0 || fetch->total == m->total);
    if (!is_sound) {
        core_report(out, l->author, REPORT_MESSAGE_REFUSED, ERR_RANGE, m->version);
        give_up(f);
        return;
    }
    memcpy(fetch->data + fetch->have, m->data.data, m->data.len);
    fetch->have += (uint32_t)m->data.len;
    fetch->total = m->total;
    if (fetch->have < fetch->total) {
        ask(f, l, out);
        return;
    }
    enum err e = adopt(f, bytes_of(fetch->data, fetch->total), out);
    if (e == OK) {
        fetch->link = 0; /* l may have been cut */
    } else {
        core_report(out, l->author, REPORT_MESSAGE_REFUSED, e, m->version);
        give_up(f);
    }
    fetch_any(f, out);
}

void rosters_tick(struct federation *f, struct effects *out)
{
    const struct roster *r = core_roster(f);
    if (f->fetch.link != 0 && (f->now_ms - f->fetch.asked_ms >= FETCH_CHUNK_MS ||
                               f->now_ms - f->fetch.started_ms >= FETCH_ALL_MS))
        give_up(f);
    fetch_any(f, out);
    if (r->fresh_until_utc > 0 && f->now_utc > r->fresh_until_utc && f->now_ms % 3600000 < TICK_MS)
        core_report(out, NULL, REPORT_ROSTER_STALE, ERR_STALE, r->version);
}

void rosters_link_down(struct federation *f, uint32_t link)
{
    if (f->fetch.link == link)
        f->fetch.link = 0;
}
