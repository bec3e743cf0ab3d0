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

#include <sodium.h>
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
    if (!sodium_is_zero(f->fetch.hash, HASH_BYTES))
        body.hash = (ProtobufCBinaryData){HASH_BYTES, f->fetch.hash};
    Seinpost__Message m = SEINPOST__MESSAGE__INIT;
    m.body_case = SEINPOST__MESSAGE__BODY_ROSTER_ASK;
    m.roster_ask = &body;
    f->fetch.asked_ms = f->now_ms;
    (void)!core_send(f, l->id, &m, out);
}

static bool has_newer(struct federation *f, const struct link *l)
{
    return l->roster_version > core_roster(f)->version;
}

/* Whether it knows another list of our version; one is enough to know. */
static bool has_rival(struct federation *f, const struct link *l)
{
    return !core_roster(f)->has_rival && !sodium_is_zero(l->rival, HASH_BYTES);
}

static void fetch_next(struct federation *f, const struct link *l, struct effects *out)
{
    bool is_newer = has_newer(f, l);
    f->fetch.link = l->id;
    f->fetch.version = core_roster(f)->version + is_newer;
    memset(f->fetch.hash, 0, HASH_BYTES);
    if (!is_newer)
        memcpy(f->fetch.hash, l->rival, HASH_BYTES);
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
        if (l->id != 0 && l->is_ready && (has_newer(f, l) || has_rival(f, l)) &&
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
        if (memcmp(f->links[i].author, l->author, AUTHOR_BYTES) == 0) {
            f->links[i].roster_version = 0;
            memset(f->links[i].rival, 0, HASH_BYTES);
        }
    f->fetch.link = 0;
}

/* Keeps what was signed in the store, and tells that it was adopted where it is the next one. */
static void keep(struct federation *f, struct bytes kept, bool is_next, struct effects *out)
{
    const struct roster *r = core_roster(f);
    for (unsigned i = 0; i < (is_next ? 2 : 1); i++) {
        struct effect *ef = effects_add(out, !is_next ? EFFECT_PERSIST_RIVAL
                                             : i == 0 ? EFFECT_PERSIST_ROSTER
                                                      : EFFECT_ROSTER_ADOPTED);
        ef->roster.version = r->version;
        memcpy(ef->roster.hash, is_next ? r->hash : r->rival, HASH_BYTES);
        ef->roster.signed_roster = kept;
    }
}

/* Stewards signed another list of our version too: whom that one does not have as active takes no
 * part until they agree. */
static void unite(struct federation *f, struct bytes signed_roster, struct effects *out)
{
    uint8_t *kept = effects_alloc(out, signed_roster.len);
    struct roster *r = core_roster(f);
    wire_arena_reset(&f->roster_wire);
    bool had_rival = r->has_rival;
    if (kept == NULL || roster_unite(r, signed_roster, &f->roster_wire) != OK)
        return;
    memcpy(kept, signed_roster.data, signed_roster.len);
    if (!had_rival)
        keep(f, bytes_of(kept, signed_roster.len), false, out);
    core_report(out, NULL, REPORT_ROSTER_RIVAL, ERR_FORK, r->version);
    core_roster_changed(f, out);
}

/* Verifies and adopts; *out gets what has to be kept and told. On error nothing changed, but for
 * ERR_FORK: then it is a rival, and was united with ours. */
static enum err adopt(struct federation *f, struct bytes signed_roster, struct effects *out)
{
    unsigned next = f->roster_at ^ 1u;
    wire_arena_reset(&f->roster_wire);
    if (signed_roster.len > ROSTER_BYTES_MAX)
        return ERR_LIMIT;
    enum err e = roster_accept(core_roster(f), signed_roster, &f->roster_wire, &f->rosters[next]);
    if (e == ERR_FORK)
        unite(f, signed_roster, out);
    if (e != OK)
        return e;
    uint8_t *kept = effects_alloc(out, signed_roster.len);
    if (kept == NULL)
        return ERR_FULL;
    memcpy(kept, signed_roster.data, signed_roster.len);
    f->roster_at = next;
    f->has_roster = true;
    for (size_t i = 0; i < f->link_count; i++)
        memset(f->links[i].rival, 0, HASH_BYTES);
    keep(f, bytes_of(kept, signed_roster.len), true, out);
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

void rosters_on_rival(struct federation *f, struct link *l, const Seinpost__Opening *o)
{
    const struct roster *r = core_roster(f);
    memset(l->rival, 0, HASH_BYTES);
    if (o->roster_version != r->version)
        return;
    if (memcmp(o->roster_hash.data, r->hash, HASH_BYTES) != 0)
        memcpy(l->rival, o->roster_hash.data, HASH_BYTES);
    else if (o->rival_hash.len == HASH_BYTES)
        memcpy(l->rival, o->rival_hash.data, HASH_BYTES);
}

/* The document that is asked for, into roster_bytes; 0 where it is not here. */
static size_t find_document(struct federation *f, const Seinpost__RosterAsk *m)
{
    const struct archive *a = &f->archive;
    const struct roster *r = core_roster(f);
    bool is_ours = m->version == r->version && m->hash.len == HASH_BYTES &&
                   memcmp(m->hash.data, r->hash, HASH_BYTES) == 0;
    if (m->hash.len == 0 || is_ours)
        return a->roster(a->ctx, m->version, f->roster_bytes, sizeof f->roster_bytes);
    if (m->hash.len != HASH_BYTES)
        return 0;
    return a->rival(a->ctx, m->hash.data, f->roster_bytes, sizeof f->roster_bytes);
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
    if (!links_may_ask(f, l, out))
        return;
    size_t len = find_document(f, m);
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
    if (fetch->link != l->id || m->version != fetch->version || m->offset != fetch->have) {
        links_useless(f, l, out); /* not what was asked: too late, or made up */
        return;
    }
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
    if (e == OK || e == ERR_FORK) {
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
    if (r->has_rival && f->now_ms % 3600000 < TICK_MS)
        core_report(out, NULL, REPORT_ROSTER_RIVAL, ERR_FORK, r->version);
}

void rosters_link_down(struct federation *f, uint32_t link)
{
    if (f->fetch.link == link)
        f->fetch.link = 0;
}
