/*
 * author.c - the own feed.
 *
 * Nothing is signed before standing.c allows it. Entries are written by the desk (EVENT_APPEND) and
 * by the node itself: its profile when that changed, receipts for erasures that it carried out (at
 * most once in receipt_seconds), cover entries and the checkpoint that closes it at the end of each
 * day, and a checkpoint without entries often enough for the others to know that this feed was
 * heard.
 */
#include "federation/core.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum {
    FRESH_PARTS = 4,       /* a checkpoint at least this many times in the policy's coverage time */
    COVER_EXPIRES_DAY = 1, /* past by anyone's clock, however wrong the author's is */
};

static int compare_seen(const void *a, const void *b)
{
    const struct seen_row *x = a, *y = b;
    return memcmp(x->author, y->author, AUTHOR_BYTES);
}

/* Hash of what this node last saw of every peer; what it commits to is kept. A checkpoint that
 * closes a day commits to such checkpoints of the others alone, so that observers may ask for it.
 */
static void seen_of_peers(struct federation *f, const struct checkpoint *last, bool is_daily,
                          uint8_t hash[HASH_BYTES], struct effects *out)
{
    struct seen_row rows[ORGANISATIONS_MAX];
    size_t count = 0;
    for (size_t i = 0; i < f->feed_count; i++) {
        const struct feed *feed = &f->feeds[i];
        const struct checkpoint *cp = is_daily ? &feed->daily : &feed->seen;
        if (cp->seq == 0 || memcmp(feed->rec.author, f->config.author, AUTHOR_BYTES) == 0)
            continue;
        memcpy(rows[count].author, feed->rec.author, AUTHOR_BYTES);
        rows[count].feed_epoch = cp->feed_epoch;
        rows[count].seq = cp->seq;
        checkpoint_hash(cp, rows[count].checkpoint_hash);
        count++;
    }
    qsort(rows, count, sizeof rows[0], compare_seen);
    uint8_t *encoded = effects_alloc(out, count * SEEN_ROW_BYTES + 1);
    assert(encoded != NULL); /* author_append asked for room */
    for (size_t i = 0; i < count; i++)
        seen_encode(&rows[i], encoded + i * SEEN_ROW_BYTES);
    struct bytes all = bytes_of(encoded, count * SEEN_ROW_BYTES);
    seen_hash(all, hash);
    if (memcmp(hash, last->seen, HASH_BYTES) == 0)
        return;
    struct effect *e = effects_add(out, EFFECT_PERSIST_SEEN);
    memcpy(e->seen.hash, hash, HASH_BYTES);
    e->seen.day = core_today(f);
    e->seen.rows = all;
}

/* Writes header and body of one draft. Returns ERR_LIMIT for a payload that is too large, ERR_FULL.
 */
static enum err write_entry(struct federation *f, const struct draft *d, uint64_t index,
                            uint8_t *header, struct bytes *body, struct effects *out)
{
    enum audience audience = (enum audience)d->audience;
    bool is_addressed = audience == AUDIENCE_ADDRESSED;
    size_t need = BODY_FIXED_BYTES + d->payload.len;
    if (need > (size_t)(is_addressed ? ADDRESSED_BODY_BYTES_MAX : BODY_BYTES_MAX))
        return ERR_LIMIT;
    size_t cap = is_addressed ? 16 * BODY_UNIT_BYTES : BODY_UNIT_BYTES;
    while (cap < need)
        cap *= is_addressed ? 4 : 2;
    uint8_t *bytes = effects_alloc(out, cap);
    if (bytes == NULL)
        return ERR_FULL;
    uint8_t salt[SALT_BYTES];
    rng_bytes(&f->rng, salt, sizeof salt);
    struct body b = {.type = d->type,
                     .day = core_today(f),
                     .ref_plus_one = d->ref_plus_one,
                     .payload = d->payload};
    size_t len;
    enum err e = body_encode(&b, audience, salt, bytes, cap, &len);
    if (e != OK)
        return e;
    struct header h = {.version = HEADER_VERSION,
                       .audience = d->audience,
                       .body_units = (uint16_t)(len / BODY_UNIT_BYTES),
                       .expires_day = d->expires_day,
                       .index = index};
    body_commit(f->config.author, index, bytes_of(bytes, len), h.commit);
    header_encode(&h, header);
    /* A cover entry's body is of use to nobody: it expired before it was written. */
    *body = d->type == ENTRY_COVER ? bytes_of(NULL, 0) : bytes_of(bytes, len);
    return OK;
}

/* Appends entries under one checkpoint, which closes the day or does not. */
static enum err append(struct federation *f, const struct draft *drafts, size_t count,
                       bool closes_day, uint64_t *first, struct effects *out)
{
    struct feed *feed = core_own_feed(f);
    const struct organisation *org =
        f->has_roster ? roster_find(core_roster(f), f->config.author) : NULL;
    const uint8_t *secret = core_feed_secret(f);
    if (feed == NULL || !roster_is_active(org))
        return ERR_STRANGER;
    if (secret == NULL)
        return ERR_UNAUTHORISED; /* the member list has another key of ours than we do */
    if (!f->may_sign)
        return ERR_UNAVAILABLE;
    if (count > APPEND_MAX)
        return ERR_LIMIT;
    if (!ingest_has_room(out, count) ||
        !effects_has_room(out, 64, count * 1024 + ORGANISATIONS_MAX * SEEN_ROW_BYTES + 262144))
        return ERR_FULL;

    uint8_t *headers = effects_alloc(out, (count + 1) * HEADER_BYTES);
    struct bytes *bodies = effects_alloc(out, (count + 1) * sizeof *bodies);
    struct batch *b = effects_alloc(out, sizeof *b);
    uint8_t *raw = effects_alloc(out, CHECKPOINT_SIGNED_BYTES);
    if (headers == NULL || bodies == NULL || b == NULL || raw == NULL)
        return ERR_FULL;
    b->first = feed->rec.tree.size;
    b->count = count;
    b->headers = headers;
    b->bodies = bodies;
    b->signed_checkpoint = raw;
    for (size_t i = 0; i < count; i++) {
        enum err e =
            write_entry(f, &drafts[i], b->first + i, headers + i * HEADER_BYTES, &bodies[i], out);
        if (e != OK)
            return e;
    }
    if (!ingest_has_room(out, count))
        return ERR_FULL;
    ingest_grow(&feed->rec.tree, b);

    struct checkpoint *cp = &b->checkpoint;
    memcpy(cp->author, f->config.author, AUTHOR_BYTES);
    cp->feed_epoch = org->feed_epoch;
    cp->seq = checkpoint_next_seq(feed->seen.seq, closes_day);
    cp->size = b->tree.size;
    merkle_root(&b->tree, cp->root);
    if (feed->seen.seq > 0)
        checkpoint_hash(&feed->seen, cp->previous);
    uint64_t now = f->now_utc > 0 ? (uint64_t)f->now_utc : 0;
    cp->time_utc = now > feed->seen.time_utc ? now : feed->seen.time_utc;
    seen_of_peers(f, &feed->seen, checkpoint_is_daily(cp), cp->seen, out);
    checkpoint_sign(cp, secret, raw);

    if (first != NULL)
        *first = b->first;
    ingest_commit(f, feed, b, out);
    f->is_serving = true;
    f->signed_ms = f->now_ms;
    return OK;
}

enum err author_append(struct federation *f, const struct draft *drafts, size_t count,
                       uint64_t *first, struct effects *out)
{
    return append(f, drafts, count, false, first, out);
}

/* What puts something in force, for signals and alerts alike. */
static bool is_publication(uint8_t type)
{
    return type == ENTRY_SIGNAL || type == ENTRY_ALERT || type == ENTRY_AMEND;
}

/* Only members register anything. And past its date the member list no longer says who belongs:
 * nothing new is registered on it. What takes something back is always possible. */
static enum err may_publish(struct federation *f, const struct event *ev)
{
    const struct roster *r = core_roster(f);
    bool is_new = false;
    for (size_t i = 0; i < ev->append.count; i++)
        is_new = is_new || is_publication(ev->append.drafts[i].type);
    if (!is_new || r == NULL)
        return OK;
    if (!roster_is_active_member(roster_find(r, f->config.author)))
        return ERR_UNAUTHORISED;
    return r->fresh_until_utc > 0 && f->now_utc > r->fresh_until_utc ? ERR_STALE : OK;
}

void author_event(struct federation *f, const struct event *ev, struct effects *out)
{
    uint64_t first = 0;
    enum err result = may_publish(f, ev);
    if (result == OK)
        result = author_append(f, ev->append.drafts, ev->append.count, &first, out);
    if (result != OK)
        effects_clear(out); /* whatever was begun is of no use */
    struct effect *e = effects_add(out, EFFECT_APPENDED);
    e->appended.ticket = ev->append.ticket;
    e->appended.result = result;
    e->appended.first = first;
    e->appended.count = result == OK ? ev->append.count : 0;
}

static bool is_same_profile(const struct profile *a, const struct profile *b)
{
    uint8_t one[PROFILE_BYTES_MAX], other[PROFILE_BYTES_MAX];
    size_t len = profile_encode(a, one);
    return len == profile_encode(b, other) && memcmp(one, other, len) == 0;
}

static void tick_profile(struct federation *f, struct effects *out)
{
    struct feed *feed = core_own_feed(f);
    bool was_written = feed->rec.profile_plus_one > 0;
    if (was_written && is_same_profile(&feed->profile, &f->config.profile))
        return;
    uint8_t payload[PROFILE_BYTES_MAX];
    size_t len = profile_encode(&f->config.profile, payload);
    struct draft d = {.type = ENTRY_PROFILE, .payload = bytes_of(payload, len)};
    (void)!author_append(f, &d, 1, NULL, out);
}

/* Acknowledges erasures, many in one entry and seldom. */
static void tick_receipts(struct federation *f, struct effects *out)
{
    uint64_t last = f->marks[MARK_RECEIPT_UTC], now = (uint64_t)f->now_utc;
    bool is_early = now >= last && now - last < f->config.receipt_seconds;
    if (is_early || !effects_has_room(out, 256, 1u << 20))
        return;
    struct receipt *r = effects_alloc(out, sizeof *r);
    uint8_t(*authors)[AUTHOR_BYTES] = effects_alloc(out, RECEIPTS_MAX * AUTHOR_BYTES);
    uint64_t *indexes = effects_alloc(out, RECEIPTS_MAX * sizeof *indexes);
    uint8_t *payload = effects_alloc(out, RECEIPT_BYTES_MAX);
    if (r == NULL || authors == NULL || indexes == NULL || payload == NULL)
        return;
    r->count = f->archive.receipts_due(f->archive.ctx, authors, indexes, RECEIPTS_MAX);
    if (r->count == 0)
        return;
    for (size_t i = 0; i < r->count; i++) {
        memcpy(r->row[i].author, authors[i], AUTHOR_BYTES);
        r->row[i].index = indexes[i];
    }
    struct draft d = {.type = ENTRY_RECEIPT,
                      .payload = bytes_of(payload, receipt_encode(r, payload))};
    if (author_append(f, &d, 1, NULL, out) != OK)
        return;
    struct effect *e = effects_add(out, EFFECT_PERSIST_RECEIPTS_SENT);
    e->receipts_sent.authors = (const uint8_t(*)[AUTHOR_BYTES])authors;
    e->receipts_sent.indexes = indexes;
    e->receipts_sent.count = r->count;
    if (r->count < RECEIPTS_MAX) /* a full one is followed by the next at once */
        core_mark(f, MARK_RECEIPT_UTC, (uint64_t)f->now_utc, out);
}

/* Once a day the feed grows to the next multiple of 16, by at least one entry since the last time,
 * and the checkpoint's number to the next multiple of DAILY_SEQ, so that a day with signals and one
 * without look alike to whoever is given that checkpoint and no other. */
static void tick_cover(struct federation *f, struct effects *out)
{
    uint64_t size = core_own_feed(f)->rec.tree.size;
    uint32_t today = core_today(f);
    /* A clock that steps back over midnight covers once; one that was far ahead does not wait. */
    if (f->marks[MARK_COVER_DAY] == today || f->marks[MARK_COVER_DAY] == (uint64_t)today + 1)
        return;
    bool is_first = f->marks[MARK_COVER_DAY] == 0;
    if (!is_first) {
        size_t missing = (size_t)((COVER_MULTIPLE - size % COVER_MULTIPLE) % COVER_MULTIPLE);
        if (missing == 0 && size == f->marks[MARK_COVER_SIZE])
            missing = COVER_MULTIPLE;
        struct draft drafts[COVER_MULTIPLE];
        for (size_t i = 0; i < missing; i++)
            drafts[i] = (struct draft){.type = ENTRY_COVER, .expires_day = COVER_EXPIRES_DAY};
        if (append(f, drafts, missing, true, NULL, out) != OK)
            return;
    }
    core_mark(f, MARK_COVER_DAY, today, out);
    core_mark(f, MARK_COVER_SIZE, core_own_feed(f)->rec.tree.size, out);
}

static void tick_freshness(struct federation *f, struct effects *out)
{
    const struct feed *feed = core_own_feed(f);
    uint64_t every = core_roster(f)->policy.coverage_seconds / FRESH_PARTS;
    if (f->signed_ms == 0)
        f->signed_ms = f->now_ms;
    /* By the clock, and by time passed too: a clock that was ahead once leaves a time that no
     * checkpoint may go back from. */
    bool is_due = (uint64_t)f->now_utc >= feed->seen.time_utc + every ||
                  f->now_ms - f->signed_ms >= every * 1000;
    if (feed->seen.seq > 0 && is_due)
        (void)!author_append(f, NULL, 0, NULL, out);
}

void author_tick(struct federation *f, struct effects *out)
{
    const struct organisation *org = roster_find(core_roster(f), f->config.author);
    if (!f->may_sign || !roster_is_active(org) || core_feed_secret(f) == NULL ||
        core_own_feed(f) == NULL || f->now_utc <= 0)
        return;
    prekeys_tick(f, out);
    tick_profile(f, out);
    tick_receipts(f, out);
    tick_cover(f, out);
    tick_freshness(f, out);
}
