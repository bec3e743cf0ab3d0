/*
 * serve.c - being followed.
 *
 * For each connection and feed: how far the follower is durably, how far we have sent, and the
 * batches under way in between, which never exceed the credit that it gave nor SERVE_BYTES_MAX a
 * connection. The backlog stays in the archive; a batch is read, proved and encoded only when it
 * may leave. Followers take turns, and what finds no room in this step goes on in the next.
 */
#include "federation/core.h"

#include <string.h>

enum {
    BATCH_OVERHEAD_BYTES = 4096, /* checkpoint, proof and framing of one batch */
    BATCH_CREDIT_MIN = BATCH_OVERHEAD_BYTES + 2 * BODY_BYTES_MAX,
};

static struct follower *find(struct federation *f, uint32_t link, uint32_t feed)
{
    for (size_t i = 0; i < f->follower_count; i++)
        if (f->followers[i].link == link && f->followers[i].feed == feed)
            return &f->followers[i];
    return NULL;
}

/* A free place. Some are kept for those who follow our own feed, at most one a link: nobody who
 * follows many others' from us can shut them out. */
static struct follower *add(struct federation *f, bool is_own)
{
    size_t places = is_own ? FOLLOWERS_MAX : FOLLOWERS_MAX - FOLLOWERS_OWN;
    for (size_t i = 0; i < places; i++) {
        if (f->followers[i].link != 0)
            continue;
        if (i >= f->follower_count)
            f->follower_count = i + 1;
        memset(&f->followers[i], 0, sizeof f->followers[i]);
        return &f->followers[i];
    }
    return NULL;
}

static void forget(struct federation *f, struct follower *w)
{
    struct link *l = links_find(f, w->link);
    for (size_t i = 0; i < w->outstanding_count && l != NULL; i++)
        l->under_way -= w->outstanding[i].bytes;
    memset(w, 0, sizeof *w);
    while (f->follower_count > 0 && f->followers[f->follower_count - 1].link == 0)
        f->follower_count--;
}

void serve_link_down(struct federation *f, uint32_t link)
{
    for (size_t i = f->follower_count; i-- > 0;)
        if (f->followers[i].link == link)
            forget(f, &f->followers[i]);
}

/* Batches up to size have arrived. */
static void acknowledge(struct link *l, struct follower *w, uint64_t size)
{
    size_t kept = 0;
    for (size_t i = 0; i < w->outstanding_count; i++) {
        if (w->outstanding[i].end <= size)
            l->under_way -= w->outstanding[i].bytes;
        else
            w->outstanding[kept++] = w->outstanding[i];
    }
    w->outstanding_count = kept;
    w->acked = size;
    if (w->sent < size || kept == 0) /* with nothing under way it is as the follower says */
        w->sent = size;
}

static bool may_follow(struct federation *f, const struct link *l)
{
    return access_of(roster_find(core_roster(f), l->author)) != ACCESS_NOTHING;
}

void serve_review(struct federation *f)
{
    for (size_t i = f->follower_count; i-- > 0;) {
        const struct link *l = links_find(f, f->followers[i].link);
        if (l != NULL && !may_follow(f, l))
            forget(f, &f->followers[i]);
    }
}

void serve_feed_cut(struct federation *f, const struct feed *feed)
{
    for (size_t i = f->follower_count; i-- > 0;)
        if (f->followers[i].link != 0 && &f->feeds[f->followers[i].feed] == feed)
            forget(f, &f->followers[i]);
}

void serve_on_follow(struct federation *f, struct link *l, const Seinpost__Follow *m,
                     struct effects *out)
{
    struct feed *feed = m->author.len == AUTHOR_BYTES ? core_feed(f, m->author.data) : NULL;
    if (feed == NULL || !may_follow(f, l)) {
        core_report(out, l->author, REPORT_MESSAGE_REFUSED, ERR_UNAUTHORISED, 0);
        return;
    }
    uint32_t slot = (uint32_t)(feed - f->feeds);
    struct follower *w = find(f, l->id, slot);
    if (m->credit == 0) {
        /* Whoever ends and begins again and again would be sent the same each time. */
        if (w != NULL && links_may_ask(f, l, out))
            forget(f, w);
        return;
    }
    bool is_own = memcmp(feed->rec.author, f->config.author, AUTHOR_BYTES) == 0;
    if (m->feed_epoch != feed->rec.feed_epoch)
        return;
    if (w == NULL) {
        w = add(f, is_own);
        if (w == NULL) {
            core_report(out, l->author, REPORT_MESSAGE_REFUSED, ERR_FULL, 0);
            return;
        }
        w->link = l->id;
        w->feed = slot;
    }
    if (w->credit == m->credit && w->acked == m->size && m->seq <= w->sent_seq)
        links_useless(f, l, out);
    acknowledge(l, w, m->size);
    w->sent_seq = w->sent_seq > m->seq ? w->sent_seq : m->seq;
    w->credit = m->credit;
    struct feed *peer = core_feed(f, l->author);
    /* Only whoever has the bodies too holds our entries. Ahead of us: we have nothing for it yet,
     * as a relay, or as an author put back to an old backup. */
    bool holds = core_access(f, l->author, feed) == ACCESS_EVERYTHING;
    if (is_own && holds && peer != NULL && m->size > peer->held_size &&
        m->size <= feed->rec.tree.size)
        peer->held_size = m->size;
    bool has_headers = core_access(f, l->author, feed) >= ACCESS_HEADERS;
    if (is_own && has_headers && peer != NULL && m->size > peer->told_size &&
        m->size <= feed->rec.tree.size)
        peer->told_size = m->size;
    f->is_serving = true;
    f->is_delivering = f->parcel_count > 0;
}

/* ---- Reading a batch ---- */

struct reading {
    struct federation *f;
    size_t count;
    size_t body_bytes;
    size_t bytes_max;
    enum access access; /* of the follower */
    bool has_absent;
};

static bool read_row(void *ctx, const struct archive_row *row)
{
    struct reading *r = ctx;
    struct federation *f = r->f;
    struct header h;
    /* A body for one addressee is not handed on, and may be larger than a batch's share of credit.
     */
    bool is_sent = r->access == ACCESS_EVERYTHING && row->body.len > 0 &&
                   header_decode(row->header, &h) == OK && h.audience == AUDIENCE_ALL;
    size_t body_len = is_sent ? row->body.len : 0;
    size_t need = (r->count + 1) * HEADER_BYTES + r->body_bytes + body_len;
    if (need > r->bytes_max || r->body_bytes + body_len > sizeof f->bodies)
        return false;
    memcpy(f->headers + r->count * HEADER_BYTES, row->header, HEADER_BYTES);
    if (is_sent) {
        memcpy(f->bodies + r->body_bytes, row->body.data, body_len);
        r->body_bytes += body_len;
    } else {
        f->absent[r->count / 8] |= (uint8_t)(0x80 >> r->count % 8);
        r->has_absent = true;
    }
    r->count++;
    return true;
}

/* What a follower is served up to. */
struct goal {
    uint64_t size;
    uint64_t seq;
    uint8_t *raw; /* its signed checkpoint; NULL: the end of the feed that the member list names */
};

static struct goal goal_of(const struct checkpoint *cp, uint8_t *raw)
{
    return (struct goal){cp->size, cp->seq, raw};
}

/* A follower that gave less credit than any batch with entries needs: it wants to know what there
 * is, and gets entries elsewhere. */
static bool is_watching(const struct follower *w)
{
    return w->credit < BATCH_CREDIT_MIN;
}

/* The newest checkpoint; for whoever may have no more, the newest that closes a day. That one is
 * not skipped for others either, who may have to hand it on. Where the author has signed nothing in
 * this chapter, or takes no part, the end that the member list names. Size and seq 0: nothing. */
static struct goal find_goal(struct federation *f, const struct link *l, const struct follower *w,
                             struct feed *feed)
{
    const struct checkpoint *daily = &feed->daily;
    bool is_active = roster_is_active(roster_find(core_roster(f), feed->rec.author));
    bool is_usable = is_active && daily->seq != 0 && daily->feed_epoch == feed->rec.feed_epoch &&
                     daily->size <= feed->rec.tree.size;
    if (core_access(f, l->author, feed) == ACCESS_CHECKPOINTS)
        return is_usable ? goal_of(daily, feed->daily_signed) : (struct goal){0};
    bool is_next = is_usable && daily->size > 1 && w->sent_seq < daily->seq && !is_watching(w) &&
                   daily->seq < feed->held.seq && w->sent <= daily->size;
    if (is_next)
        return goal_of(daily, feed->daily_signed);
    if (is_active && feed->held.seq != 0)
        return goal_of(&feed->held, feed->rec.held);
    bool has_end = feed->accepted.feed_epoch != 0 && feed->rec.tree.size >= feed->accepted.size;
    return (struct goal){.size = has_end ? feed->accepted.size : 0};
}

/* Sends one batch from where the follower is, without entries to one that watches. Returns false
 * where nothing was sent. */
static bool send_batch(struct federation *f, struct link *l, struct follower *w, struct feed *feed,
                       const struct goal *goal, size_t bytes_max, struct effects *out)
{
    struct reading r = {.f = f, .bytes_max = bytes_max};
    r.access = core_access(f, l->author, feed);
    uint64_t left =
        r.access > ACCESS_CHECKPOINTS && goal->size > w->sent ? goal->size - w->sent : 0;
    if (is_watching(w))
        left = 0;
    size_t count_max = left < BATCH_ENTRIES_MAX ? (size_t)left : BATCH_ENTRIES_MAX;
    memset(f->absent, 0, sizeof f->absent);
    if (count_max > 0)
        f->archive.read(f->archive.ctx, feed->rec.author, w->sent, count_max, read_row, &r);
    if (count_max > 0 && r.count == 0)
        return false;

    size_t hashes = 0;
    uint64_t end = w->sent + r.count;
    struct stored_tree stored = {f, feed->rec.author};
    struct merkle_source src = trees_source(&stored);
    if (end > 0 && end < goal->size &&
        merkle_consistency(&src, end, goal->size, f->proof, &hashes) != OK)
        return false;

    Seinpost__Batch batch = SEINPOST__BATCH__INIT;
    batch.author = (ProtobufCBinaryData){AUTHOR_BYTES, feed->rec.author};
    batch.first = w->sent;
    if (goal->raw != NULL)
        batch.checkpoint = (ProtobufCBinaryData){CHECKPOINT_SIGNED_BYTES, goal->raw};
    batch.headers = (ProtobufCBinaryData){r.count * HEADER_BYTES, f->headers};
    batch.absent = (ProtobufCBinaryData){r.has_absent ? (r.count + 7) / 8 : 0, f->absent};
    batch.bodies = (ProtobufCBinaryData){r.body_bytes, f->bodies};
    batch.proof = (ProtobufCBinaryData){hashes * HASH_BYTES, f->proof[0]};
    Seinpost__Message m = SEINPOST__MESSAGE__INIT;
    m.body_case = SEINPOST__MESSAGE__BODY_BATCH;
    m.batch = &batch;
    if (!core_send(f, l->id, &m, out))
        return false;
    uint32_t bytes = (uint32_t)(r.count * HEADER_BYTES + r.body_bytes + BATCH_OVERHEAD_BYTES);
    if (r.count > 0) {
        w->outstanding[w->outstanding_count].end = end;
        w->outstanding[w->outstanding_count++].bytes = bytes;
        l->under_way += bytes;
    }
    w->sent = end;
    if (goal->seq > w->sent_seq)
        w->sent_seq = goal->seq;
    return true;
}

static bool has_news(struct federation *f, const struct link *l, const struct follower *w,
                     const struct feed *feed, const struct goal *goal)
{
    bool is_grown = w->sent < goal->size && !is_watching(w) &&
                    core_access(f, l->author, feed) > ACCESS_CHECKPOINTS;
    return w->sent <= goal->size && (is_grown || w->sent_seq < goal->seq);
}

/* What may leave towards this follower now, in bytes of headers and bodies; 0: nothing. */
static size_t allowance(const struct link *l, const struct follower *w)
{
    uint64_t outstanding = 0;
    for (size_t i = 0; i < w->outstanding_count; i++)
        outstanding += w->outstanding[i].bytes;
    uint64_t credit = w->credit > outstanding ? w->credit - outstanding : 0;
    uint64_t own = l->under_way < SERVE_BYTES_MAX ? SERVE_BYTES_MAX - l->under_way : 0;
    uint64_t allowed = credit < own ? credit : own;
    if (w->outstanding_count == OUTSTANDING_MAX || allowed < BATCH_CREDIT_MIN)
        return 0;
    allowed -= BATCH_OVERHEAD_BYTES;
    return allowed < BATCH_BYTES_MAX - BATCH_OVERHEAD_BYTES
               ? (size_t)allowed
               : BATCH_BYTES_MAX - BATCH_OVERHEAD_BYTES;
}

void serve_pump(struct federation *f, struct effects *out)
{
    if (!f->is_serving)
        return;
    f->is_serving = false;
    for (size_t n = 0; n < f->follower_count; n++) {
        size_t at = (f->serve_next + n) % f->follower_count;
        struct follower *w = &f->followers[at];
        struct link *l = w->link != 0 ? links_find(f, w->link) : NULL;
        if (l == NULL)
            continue;
        struct feed *feed = &f->feeds[w->feed];
        if (rejoin_withholds(f, l, feed))
            continue;
        for (;;) {
            struct goal goal = find_goal(f, l, w, feed);
            size_t bytes = allowance(l, w);
            if (!has_news(f, l, w, feed, &goal) || (bytes == 0 && !is_watching(w)))
                break;
            if (!effects_has_room(out, 64, FRAME_BYTES_MAX)) {
                f->is_serving = true;
                f->serve_next = at;
                return;
            }
            if (!send_batch(f, l, w, feed, &goal, bytes, out))
                break;
        }
    }
}
