/*
 * ingest.c - what an entry that was verified means for this node.
 *
 * The same for entries of peers and of the own feed. An entry that makes no sense is stored as
 * refused, with its reason, and blocks nothing. An erasure takes effect here: body and tags of the
 * entry that it names go, now or when they would have arrived, and the node owes its author an
 * acknowledgement, whether or not the entry had mattered to it. What is retracted only has
 * that written down beside it: whether that is in force is found out when it is asked for
 * (protocol/correction.h), so that it does not matter what came first.
 */
#include "federation/core.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

void ingest_grow(const struct merkle_frontier *base, struct batch *b)
{
    b->tree = *base;
    b->tile_count = 0;
    for (size_t i = 0; i < b->count; i++) {
        uint8_t leaf[HASH_BYTES], tile[2][HASH_BYTES];
        unsigned levels;
        merkle_leaf(bytes_of(b->headers + i * HEADER_BYTES, HEADER_BYTES), leaf);
        merkle_append(&b->tree, leaf, &levels, tile);
        for (unsigned which = 0; which < 2; which++) {
            if (!(levels >> which & 1))
                continue;
            struct effect_tile *t = &b->tiles[b->tile_count++];
            t->tile = (uint8_t)which;
            t->position = (b->tree.size >> (MERKLE_TILE_LEVEL * (which + 1))) - 1;
            memcpy(t->root, tile[which], HASH_BYTES);
        }
    }
}

bool ingest_has_room(const struct effects *out, size_t count)
{
    return effects_has_room(out, count + 64,
                            count * (sizeof(struct effect_entry) + sizeof(uint64_t) * 50) + 65536);
}

/* An absent body is in order where the header itself, or the time its author signed, accounts for
 * it. */
static enum entry_state absent_state(const struct federation *f, const struct header *h,
                                     const struct checkpoint *cp)
{
    if (h->audience == AUDIENCE_ADDRESSED)
        return STATE_ADDRESSED;
    uint64_t day = cp->time_utc / 86400;
    if (day > core_today(f))
        day = core_today(f);
    return h->expires_day != 0 && h->expires_day < day ? STATE_EXPIRED : STATE_OWED;
}

void ingest_count_in(struct feed_record *r, enum entry_state state)
{
    r->owed += state == STATE_OWED;
    r->refused += state == STATE_REFUSED;
    r->opaque += state == STATE_OPAQUE || state == STATE_NEWER;
    r->newer += state == STATE_NEWER;
}

void ingest_count_out(struct feed_record *r, enum entry_state state)
{
    r->owed -= state == STATE_OWED;
    r->refused -= state == STATE_REFUSED;
    r->opaque -= state == STATE_OPAQUE || state == STATE_NEWER;
    r->newer -= state == STATE_NEWER;
}

static bool take_header(void *ctx, const struct archive_row *row)
{
    return header_decode(row->header, ctx) == OK;
}

/* Headers are never deleted: those of a correction's targets are in the archive or in the batch. */
static enum err judge_targets(struct federation *f, const struct feed *feed, const struct batch *b,
                              const struct header *own, const struct body *body)
{
    uint64_t targets[ENTRY_TARGETS_MAX];
    size_t count = entry_targets(body, targets);
    enum err e = OK;
    for (size_t i = 0; i < count && e == OK; i++) {
        struct header h;
        bool is_found =
            b != NULL && targets[i] >= b->first
                ? header_decode(b->headers + (targets[i] - b->first) * HEADER_BYTES, &h) == OK
                : f->archive.read(f->archive.ctx, feed->rec.author, targets[i], 1, take_header,
                                  &h) == 1;
        e = is_found ? entry_judge_target(own, body, &h) : ERR_NOT_FOUND;
    }
    return e;
}

/* The day by which an entry's own day is judged: that of the checkpoint which covers it. Up to
 * where the member list says that a chapter counts, the stewards vouch for the entries as they are,
 * and nothing tells when they were signed: not the first checkpoint of the next chapter, whose
 * author's clock may have gone back. */
static uint32_t judging_day(const struct feed *feed, const struct checkpoint *cp, uint64_t index)
{
    bool is_vouched = feed->accepted.feed_epoch != 0 && index < feed->accepted.size;
    return is_vouched || cp->seq == 0 ? UINT32_MAX : (uint32_t)(cp->time_utc / 86400);
}

/* Fills in state, reason, type and tags of an entry whose body is here. b is the batch that it
 * came in, NULL if it came alone; day that of the checkpoint. */
static void judge(struct federation *f, const struct feed *feed, const struct batch *batch,
                  const struct header *h, struct bytes body, uint32_t day, struct effect_entry *e,
                  struct body *b)
{
    e->body = body;
    e->state = STATE_REFUSED;
    e->reason = body_decode(body, b);
    if (e->reason != OK)
        return;
    e->type = b->type;
    e->reason = entry_judge(h, b, core_roster(f)->policy.term_days_max, day);
    if (e->reason == OK)
        e->reason = judge_targets(f, feed, batch, h, b);
    if (e->reason == ERR_VERSION && f->config.judge_newer != NULL)
        e->reason = f->config.judge_newer(h, b);
    if (e->reason == ERR_VERSION)
        e->state = entry_matters(b->type) ? STATE_NEWER : STATE_OPAQUE;
    if (e->reason != OK)
        return;
    struct alert alert;
    e->state = STATE_HELD;
    e->tag_count = (uint8_t)entry_tags(b, &e->tags);
    e->is_alert = entry_is_alert(b, &alert);
}

/* Acknowledgements in a receipt that concern entries of ours which are erased. */
static void take_receipt(struct federation *f, const struct feed *from, const struct body *b,
                         struct effects *out)
{
    struct receipt r;
    if (receipt_decode(b->payload, &r) != OK)
        return;
    uint64_t *indexes = effects_alloc(out, r.count * sizeof *indexes);
    size_t count = 0;
    for (size_t i = 0; i < r.count && indexes != NULL; i++) {
        if (memcmp(r.row[i].author, f->config.author, AUTHOR_BYTES) == 0 &&
            f->archive.state(f->archive.ctx, f->config.author, r.row[i].index) == STATE_ERASED)
            indexes[count++] = r.row[i].index;
    }
    if (count == 0)
        return;
    struct effect *e = effects_add(out, EFFECT_PERSIST_RECEIPT);
    memcpy(e->author, from->rec.author, AUTHOR_BYTES);
    e->receipt.indexes = indexes;
    e->receipt.count = count;
}

/* The state of an entry, with what this step has done to it already: the archive does not know
 * yet. */
static enum entry_state state_now(struct federation *f, const struct feed *feed, uint64_t index,
                                  const struct effects *out)
{
    for (size_t i = out->count; i-- > 0;) {
        const struct effect *e = &out->list[i];
        bool is_gone = e->type == EFFECT_PERSIST_GONE && e->gone.index == index;
        bool is_here = e->type == EFFECT_PERSIST_BODY && e->body.entry.index == index;
        if ((is_gone || is_here) && memcmp(e->author, feed->rec.author, AUTHOR_BYTES) == 0)
            return is_gone ? e->gone.state : e->body.entry.state;
    }
    return f->archive.state(f->archive.ctx, feed->rec.author, index);
}

static void emit_gone(struct federation *f, struct feed *feed, uint64_t index,
                      enum entry_state state, uint64_t by_plus_one, struct effects *out)
{
    bool is_own = memcmp(feed->rec.author, f->config.author, AUTHOR_BYTES) == 0;
    struct effect *e = effects_add(out, EFFECT_PERSIST_GONE);
    memcpy(e->author, feed->rec.author, AUTHOR_BYTES);
    e->gone.index = index;
    e->gone.state = state;
    e->gone.by_plus_one = by_plus_one;
    e->gone.is_receipt_due = state == STATE_ERASED && !is_own;
    e->gone.feed = &feed->rec;
}

/* One effect an entry at most, for which the caller of ingest_commit made room. */
static void emit_correction(const struct feed *feed, enum entry_type what, uint64_t target,
                            uint64_t by, struct effects *out)
{
    struct effect *e = effects_add(out, EFFECT_PERSIST_CORRECTION);
    memcpy(e->author, feed->rec.author, AUTHOR_BYTES);
    e->correction.what = what;
    e->correction.target = target;
    e->correction.by = by;
}

void ingest_gone(struct federation *f, struct feed *feed, uint64_t index, enum entry_state state,
                 struct effects *out)
{
    emit_gone(f, feed, index, state, 0, out);
}

/* The entry that an erasure in this batch names may lie in the batch itself, before it is stored.
 */
static void take_erase(struct federation *f, struct feed *feed, const struct batch *b,
                       struct effect_entry *entries, uint64_t target, uint64_t by,
                       struct effects *out)
{
    if (target >= b->first) {
        struct effect_entry *e = &entries[target - b->first];
        if (e->state == STATE_ERASED) {
            emit_correction(feed, ENTRY_ERASE, target, by, out);
            return;
        }
        ingest_count_out(&feed->rec, e->state);
        e->state = STATE_ERASED;
        e->body = bytes_of(NULL, 0);
        e->type = 0;
        e->is_alert = false;
        e->tag_count = 0;
    } else {
        enum entry_state was = state_now(f, feed, target, out);
        if (was == STATE_ERASED || was == STATE_NONE) { /* missing: it comes back as erased */
            emit_correction(feed, ENTRY_ERASE, target, by, out);
            return;
        }
        ingest_count_out(&feed->rec, was);
    }
    emit_gone(f, feed, target, STATE_ERASED, by + 1, out);
}

/* The newest checkpoints, and when their author was last heard. */
static void take_checkpoint(struct federation *f, struct feed *feed, const struct batch *b,
                            struct effects *out)
{
    witness_note(f, feed, &b->checkpoint, b->signed_checkpoint, out);
    uint64_t size = b->tree.size;
    if (feed->seen.seq < b->checkpoint.seq) {
        feed->seen = b->checkpoint;
        memcpy(feed->rec.seen, b->signed_checkpoint, CHECKPOINT_SIGNED_BYTES);
        int64_t time_utc = (int64_t)b->checkpoint.time_utc;
        int64_t heard_utc = time_utc < f->now_utc ? time_utc : f->now_utc;
        if (heard_utc > feed->rec.heard_utc)
            feed->rec.heard_utc = heard_utc;
        feed->rec.proof_hashes = 0;
        if (feed->seen.size > size) {
            if (b->proof.len > 0) /* of nothing, nothing needs to be proven */
                memcpy(feed->rec.proof, b->proof.data, b->proof.len);
            feed->rec.proof_hashes = (uint32_t)(b->proof.len / HASH_BYTES);
        }
    } else if (feed->seen.size != size) {
        feed->rec.proof_hashes = 0; /* it proved a smaller tree */
    }
    if (feed->seen.size <= size && feed->seen.seq > feed->held.seq) {
        feed->held = feed->seen;
        memcpy(feed->rec.held, feed->rec.seen, CHECKPOINT_SIGNED_BYTES);
    } else if (b->checkpoint.size <= size && b->checkpoint.seq > feed->held.seq) {
        feed->held = b->checkpoint;
        memcpy(feed->rec.held, b->signed_checkpoint, CHECKPOINT_SIGNED_BYTES);
    }
}

/* What a held entry does beyond being held. */
static void act(struct federation *f, struct feed *feed, const struct batch *b,
                struct effect_entry *entries, size_t i, const struct body *body,
                struct effects *out)
{
    uint64_t by = b->first + i;
    switch (entries[i].type) {
    case ENTRY_ERASE:
        take_erase(f, feed, b, entries, body->ref_plus_one - 1, by, out);
        return;
    case ENTRY_RETRACT:
        emit_correction(feed, ENTRY_RETRACT, body->ref_plus_one - 1, by, out);
        return;
    case ENTRY_RECEIPT:
        take_receipt(f, feed, body, out);
        return;
    case ENTRY_CEREMONY:
        ceremony_note(f);
        return;
    case ENTRY_PROFILE:
        if (by + 1 < feed->rec.profile_plus_one)
            return; /* a newer one is in force */
        if (profile_decode(body->payload, &feed->profile) == OK)
            feed->rec.profile_plus_one = b->first + i + 1;
        feed->is_renamed = true;
        return;
    default:
        return;
    }
}

/* An entry that was missing, and was erased before or meanwhile: its body is not taken, and that is
 * acknowledged, perhaps once more. */
static bool was_erased(struct federation *f, const struct feed *feed, uint64_t index)
{
    return f->archive.correction(f->archive.ctx, feed->rec.author, index).erased_plus_one > 0;
}

void ingest_commit(struct federation *f, struct feed *feed, const struct batch *b,
                   struct effects *out)
{
    struct effect_entry *entries = effects_alloc(out, (b->count + 1) * sizeof *entries);
    assert(entries != NULL); /* the caller asked ingest_has_room */
    struct effect *persist = effects_add(out, EFFECT_PERSIST_ENTRIES);
    memcpy(persist->author, feed->rec.author, AUTHOR_BYTES);
    persist->entries.feed = &feed->rec;
    persist->entries.entries = entries;
    persist->entries.count = b->count;
    persist->entries.tiles = b->tiles;
    persist->entries.tile_count = b->tile_count;
    persist->entries.is_mended = b->is_mended;

    uint64_t profile_was = feed->rec.profile_plus_one;
    for (size_t i = 0; i < b->count; i++) {
        struct effect_entry *e = &entries[i];
        struct header h;
        struct body body = {0};
        e->header = b->headers + i * HEADER_BYTES;
        enum err is_header = header_decode(e->header, &h);
        assert(is_header == OK);
        e->index = h.index;
        e->expires_day = h.expires_day;
        /* An envelope comes by itself (parcels.c), to whom it is for: one that is in a batch is not
         * for us, or not to be had in this way. */
        bool is_ours = memcmp(feed->rec.author, f->config.author, AUTHOR_BYTES) == 0;
        if (b->bodies[i].len > 0 && h.audience == AUDIENCE_ADDRESSED && !is_ours)
            core_report(out, feed->rec.author, REPORT_MESSAGE_REFUSED, ERR_UNAUTHORISED, h.index);
        if (b->is_mended && was_erased(f, feed, h.index)) {
            e->state = STATE_ERASED;
            emit_gone(f, feed, h.index, STATE_ERASED, 0, out);
            continue;
        }
        if (b->bodies[i].len == 0 || (h.audience == AUDIENCE_ADDRESSED && !is_ours)) {
            e->state = absent_state(f, &h, &b->checkpoint);
            ingest_count_in(&feed->rec, e->state);
            continue;
        }
        judge(f, feed, b, &h, b->bodies[i], judging_day(feed, &b->checkpoint, h.index), e, &body);
        ingest_count_in(&feed->rec, e->state);
        if (e->state == STATE_REFUSED) {
            core_report(out, feed->rec.author, REPORT_ENTRY_REFUSED, e->reason, h.index);
        } else if (e->state == STATE_HELD) {
            act(f, feed, b, entries, i, &body, out);
        }
    }
    if (!b->is_mended) {
        feed->rec.tree = b->tree;
        take_checkpoint(f, feed, b, out);
    }
    if (feed->rec.profile_plus_one != profile_was)
        links_review(f, out);
}

void ingest_kept(struct federation *f, struct feed *feed, const uint8_t *header, struct bytes body,
                 struct effects *out)
{
    struct header h;
    struct body b = {0};
    enum err is_header = header_decode(header, &h);
    assert(is_header == OK);
    struct effect *e = effects_add(out, EFFECT_PERSIST_BODY);
    memcpy(e->author, feed->rec.author, AUTHOR_BYTES);
    e->body.entry.index = h.index;
    e->body.entry.header = header;
    e->body.entry.expires_day = h.expires_day;
    e->body.feed = &feed->rec;
    judge(f, feed, NULL, &h, body, judging_day(feed, &feed->seen, h.index), &e->body.entry, &b);
    assert(e->body.entry.state == STATE_HELD);
}

void ingest_body(struct federation *f, struct feed *feed, const uint8_t *header, struct bytes body,
                 enum entry_state was, struct effects *out)
{
    struct header h;
    struct body b = {0};
    enum err is_header = header_decode(header, &h);
    assert(is_header == OK);
    struct effect_entry entry = {.index = h.index, .header = header, .expires_day = h.expires_day};
    judge(f, feed, NULL, &h, body, judging_day(feed, &feed->seen, h.index), &entry, &b);
    if (entry.state == was)
        return;
    struct effect *e = effects_add(out, EFFECT_PERSIST_BODY);
    memcpy(e->author, feed->rec.author, AUTHOR_BYTES);
    e->body.entry = entry;
    e->body.feed = &feed->rec;
    ingest_count_out(&feed->rec, was);
    ingest_count_in(&feed->rec, entry.state);
    if (entry.state != STATE_HELD)
        return;
    /* A batch of nothing but this entry, for what acting on it may need. */
    struct batch one = {.first = h.index, .count = 1};
    if (b.type == ENTRY_PROFILE && h.index + 1 < feed->rec.profile_plus_one)
        return; /* a newer profile is in force */
    act(f, feed, &one, &e->body.entry, 0, &b, out);
    if (b.type == ENTRY_PROFILE)
        links_review(f, out);
}

static bool expiry_row(void *ctx, const struct archive_row *row)
{
    struct header h;
    enum err e = header_decode(row->header, &h);
    assert(e == OK);
    *(uint32_t *)ctx = h.expires_day;
    return true;
}

/* A body that is owed and has expired meanwhile is owed no more: nobody has it any longer. Looks at
 * one window of owed entries a feed. */
static void sweep_owed(struct federation *f, struct feed *feed, uint32_t day, struct effects *out)
{
    uint64_t indexes[SWEEP_MAX];
    if (feed->rec.owed == 0 || !effects_has_room(out, SWEEP_MAX + 64, 0))
        return;
    size_t count =
        f->archive.owed(f->archive.ctx, feed->rec.author, feed->owed_swept, indexes, SWEEP_MAX);
    for (size_t i = 0; i < count; i++) {
        uint32_t expires_day = 0;
        f->archive.read(f->archive.ctx, feed->rec.author, indexes[i], 1, expiry_row, &expires_day);
        if (expires_day == 0 || expires_day >= day)
            continue;
        feed->rec.owed--;
        emit_gone(f, feed, indexes[i], STATE_EXPIRED, 0, out);
    }
    feed->owed_swept = count == SWEEP_MAX ? indexes[count - 1] + 1 : 0;
}

void ingest_sweep(struct federation *f, struct effects *out)
{
    int64_t median = core_median_utc(f);
    int64_t limit = median < f->now_utc ? median : f->now_utc;
    if (limit <= 0 || !effects_has_room(out, SWEEP_MAX + 64, 0))
        return;
    uint8_t authors[SWEEP_MAX][AUTHOR_BYTES];
    uint64_t indexes[SWEEP_MAX];
    size_t count =
        f->archive.expired(f->archive.ctx, (uint32_t)(limit / 86400), authors, indexes, SWEEP_MAX);
    for (size_t i = 0; i < count; i++) {
        struct feed *feed = core_feed(f, authors[i]);
        if (feed == NULL)
            continue;
        enum entry_state was = f->archive.state(f->archive.ctx, authors[i], indexes[i]);
        ingest_count_out(&feed->rec, was);
        emit_gone(f, feed, indexes[i], STATE_EXPIRED, 0, out);
    }
    for (size_t i = 0; i < f->feed_count; i++)
        sweep_owed(f, &f->feeds[i], (uint32_t)(limit / 86400), out);
    if (count == SWEEP_MAX)
        f->swept_ms = f->now_ms - SWEEP_MS; /* more to do at the next tick */
}
