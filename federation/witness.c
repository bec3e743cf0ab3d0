/*
 * witness.c - daily checkpoints: kept by everyone, given to observers, compared with what others
 * saw.
 *
 * A checkpoint tells how many entries a feed has, and so how much was written since the one before.
 * Observers are not to learn that by the day, so they are given one checkpoint a day and feed, the
 * one that closes the day, in which everything that could tell was rounded up (author.c). All nodes
 * keep the daily checkpoints of all feeds, and each names, in the field `seen` of its own daily
 * checkpoint, those of the others that it had. So whoever holds daily checkpoints can ask every
 * organisation which ones it saw, and a feed that shows different histories to different peers is
 * found out without anybody seeing a single entry.
 *
 * A node that may have checkpoints only (an observer) has no tree. It holds, for each feed, the
 * newest daily checkpoint; a newer one is taken if a consistency proof shows that it extends that,
 * or, the first after a new key, where the member list says that the feed goes on.
 */
#include "federation/core.h"

#include <string.h>

enum {
    ROWS_RETRY_MS = 30000, /* a peer did not say what its checkpoint has seen: ask again */
    ROWS_BYTES_MAX = ORGANISATIONS_MAX * SEEN_ROW_BYTES,
};

static bool is_own(const struct federation *f, const struct feed *feed)
{
    return memcmp(feed->rec.author, f->config.author, AUTHOR_BYTES) == 0;
}

enum access core_access(struct federation *f, const uint8_t author[AUTHOR_BYTES],
                        const struct feed *feed)
{
    enum access access = access_of(roster_find(core_roster(f), author));
    bool is_its_own = memcmp(author, feed->rec.author, AUTHOR_BYTES) == 0;
    return is_its_own && access != ACCESS_NOTHING ? ACCESS_EVERYTHING : access;
}

bool core_is_witnessed(const struct federation *f, const struct feed *feed)
{
    const struct roster *r = federation_roster(f);
    return r != NULL && !is_own(f, feed) &&
           access_of(roster_find(r, f->config.author)) == ACCESS_CHECKPOINTS;
}

/* ---- Keeping them ---- */

static bool is_newer(const struct checkpoint *a, const struct checkpoint *b)
{
    return a->feed_epoch != b->feed_epoch ? a->feed_epoch > b->feed_epoch : a->seq > b->seq;
}

void witness_note(struct federation *f, struct feed *feed, const struct checkpoint *cp,
                  const uint8_t *raw, struct effects *out)
{
    bool is_signed = cp->seq != 0; /* what the member list names as a feed's end is not */
    if (!is_signed || !checkpoint_is_daily(cp) || !is_newer(cp, &feed->daily))
        return;
    feed->daily = *cp;
    memcpy(feed->daily_signed, raw, CHECKPOINT_SIGNED_BYTES);
    feed->has_rows = is_own(f, feed);
    feed->rows_asked_ms = 0;
    struct effect *e = effects_add(out, EFFECT_PERSIST_WITNESS);
    memcpy(e->author, feed->rec.author, AUTHOR_BYTES);
    e->witness.checkpoint = feed->daily;
    e->witness.day = core_today(f);
    e->witness.signed_checkpoint = feed->daily_signed;
}

enum err federation_load_witness(struct federation *f,
                                 const uint8_t signed_checkpoint[CHECKPOINT_SIGNED_BYTES])
{
    struct checkpoint cp;
    enum err e = checkpoint_read(bytes_of(signed_checkpoint, CHECKPOINT_SIGNED_BYTES), &cp);
    if (e != OK)
        return e;
    struct feed *feed = core_feed(f, cp.author);
    if (feed == NULL || !is_newer(&cp, &feed->daily))
        return OK;
    feed->daily = cp;
    memcpy(feed->daily_signed, signed_checkpoint, CHECKPOINT_SIGNED_BYTES);
    feed->has_rows = is_own(f, feed);
    return OK;
}

/* ---- An observer's way to follow ---- */

uint64_t witness_base(const struct feed *feed, uint8_t root[HASH_BYTES])
{
    bool has_new_key =
        feed->accepted.feed_epoch != 0 && feed->accepted.feed_epoch < feed->rec.feed_epoch;
    if (feed->seen.seq == 0 && !has_new_key)
        return 0; /* the empty tree, of which anything is a continuation */
    memcpy(root, feed->seen.seq != 0 ? feed->seen.root : feed->accepted.root, HASH_BYTES);
    return feed->seen.seq != 0 ? feed->seen.size : feed->accepted.size;
}

enum err witness_accept(struct federation *f, struct feed *feed, const Seinpost__Batch *m,
                        const struct checkpoint *cp, struct effects *out)
{
    if (m->headers.len != 0 || m->bodies.len != 0 || !checkpoint_is_daily(cp))
        return ERR_UNAUTHORISED; /* more than this node may be given */
    uint8_t root[HASH_BYTES] = {0};
    uint64_t size = witness_base(feed, root);
    if (cp->seq <= feed->seen.seq || m->first != size)
        return ERR_STALE;
    if (m->proof.len > MERKLE_PROOF_MAX * HASH_BYTES)
        return ERR_LIMIT;
    enum err e = merkle_verify_consistency(size, root, cp->size, cp->root,
                                           bytes_of(m->proof.data, m->proof.len));
    if (e != OK)
        return e;
    if (!effects_has_room(out, 64, 0))
        return ERR_FULL;
    feed->seen = *cp;
    memcpy(feed->rec.seen, m->checkpoint.data, CHECKPOINT_SIGNED_BYTES);
    feed->rec.proof_hashes = 0;
    int64_t time_utc = (int64_t)cp->time_utc < f->now_utc ? (int64_t)cp->time_utc : f->now_utc;
    if (time_utc > feed->rec.heard_utc)
        feed->rec.heard_utc = time_utc;
    core_persist_feed(feed, out);
    witness_note(f, feed, cp, feed->rec.seen, out);
    return OK;
}

/* ---- What others saw ---- */

static void ask_rows(struct federation *f, struct feed *feed, const struct link *l,
                     struct effects *out)
{
    Seinpost__SeenAsk body = SEINPOST__SEEN_ASK__INIT;
    body.hash = (ProtobufCBinaryData){HASH_BYTES, feed->daily.seen};
    Seinpost__Message m = SEINPOST__MESSAGE__INIT;
    m.body_case = SEINPOST__MESSAGE__BODY_SEEN_ASK;
    m.seen_ask = &body;
    feed->rows_asked_ms = f->now_ms;
    (void)!core_send(f, l->id, &m, out);
}

void witness_tick(struct federation *f, struct effects *out)
{
    for (size_t i = 0; i < f->feed_count; i++) {
        struct feed *feed = &f->feeds[i];
        bool is_early = feed->rows_asked_ms != 0 && f->now_ms - feed->rows_asked_ms < ROWS_RETRY_MS;
        if (feed->daily.seq == 0 || feed->has_rows || is_early)
            continue;
        const struct link *l = links_to(f, feed->rec.author);
        if (l != NULL && effects_has_room(out, 64, 1024))
            ask_rows(f, feed, l, out);
    }
}

/* Whether nothing in these rows is more than an observer may know. */
static bool are_daily(struct bytes rows)
{
    for (size_t i = 0; i < rows.len / SEEN_ROW_BYTES; i++) {
        struct seen_row row;
        seen_decode(rows, i, &row);
        if (row.seq != 1 && row.seq % DAILY_SEQ != 0)
            return false;
    }
    return true;
}

void witness_on_ask(struct federation *f, struct link *l, const Seinpost__SeenAsk *m,
                    struct effects *out)
{
    enum access access = access_of(roster_find(core_roster(f), l->author));
    if (m->hash.len != HASH_BYTES) {
        core_report(out, l->author, REPORT_MESSAGE_REFUSED, ERR_FORMAT, 0);
        return;
    }
    if (!links_may_ask(f, l, out))
        return;
    uint8_t *kept = f->bodies; /* scratch of one step */
    size_t len = f->archive.seen(f->archive.ctx, m->hash.data, kept, ROWS_BYTES_MAX);
    uint8_t hash[HASH_BYTES];
    seen_hash(bytes_of(kept, len), hash);
    if (memcmp(hash, m->hash.data, HASH_BYTES) != 0)
        return; /* not known, or dropped after 400 days; what is empty is found here too */
    if (access == ACCESS_NOTHING ||
        (access == ACCESS_CHECKPOINTS && !are_daily(bytes_of(kept, len))))
        return;
    Seinpost__SeenAnswer body = SEINPOST__SEEN_ANSWER__INIT;
    body.hash = m->hash;
    body.rows = (ProtobufCBinaryData){len, kept};
    Seinpost__Message reply = SEINPOST__MESSAGE__INIT;
    reply.body_case = SEINPOST__MESSAGE__BODY_SEEN_ANSWER;
    reply.seen_answer = &body;
    (void)!core_send(f, l->id, &reply, out);
}

/* Tells the operator of every row that names another checkpoint than the one that was given to us:
 * a hint that its author shows different feeds to different peers. Whoever saw it is shown ours,
 * and has the proof then. */
static void compare_rows(struct federation *f, const struct link *l, struct bytes rows,
                         struct effects *out)
{
    for (size_t i = 0; i < rows.len / SEEN_ROW_BYTES; i++) {
        struct seen_row row;
        uint8_t ours[CHECKPOINT_SIGNED_BYTES], hash[HASH_BYTES];
        struct checkpoint cp;
        seen_decode(rows, i, &row);
        if (!f->archive.witness(f->archive.ctx, row.author, row.feed_epoch, row.seq, ours) ||
            checkpoint_read(bytes_of(ours, sizeof ours), &cp) != OK)
            continue;
        checkpoint_hash(&cp, hash);
        if (memcmp(hash, row.checkpoint_hash, HASH_BYTES) == 0)
            continue;
        core_report(out, row.author, REPORT_WITNESS_CONFLICT, ERR_FORK, row.seq);
        if (effects_has_room(out, 256, 65536))
            (void)!evidence_show(f, l, ours, out);
    }
}

void witness_on_answer(struct federation *f, struct link *l, const Seinpost__SeenAnswer *m,
                       struct effects *out)
{
    struct feed *feed = core_feed(f, l->author);
    struct bytes rows = bytes_of(m->rows.data, m->rows.len);
    if (feed == NULL || feed->has_rows || feed->daily.seq == 0 || m->hash.len != HASH_BYTES ||
        memcmp(m->hash.data, feed->daily.seen, HASH_BYTES) != 0) {
        links_useless(f, l, out); /* not what was asked: too late, or made up */
        return;
    }
    uint8_t hash[HASH_BYTES];
    seen_hash(rows, hash);
    enum err e = memcmp(hash, m->hash.data, HASH_BYTES) != 0 ? ERR_COMMIT
                 : !seen_is_sound(rows)                      ? ERR_FORMAT
                                                             : OK;
    if (e != OK) {
        core_report(out, l->author, REPORT_MESSAGE_REFUSED, e, feed->daily.seq);
        return;
    }
    uint8_t *kept = effects_alloc(out, rows.len + 1);
    if (kept == NULL || !effects_has_room(out, 64, 0))
        return; /* asked again */
    if (rows.len > 0)
        memcpy(kept, rows.data, rows.len);
    feed->has_rows = true;
    struct effect *ef = effects_add(out, EFFECT_PERSIST_PEER_SEEN);
    memcpy(ef->author, l->author, AUTHOR_BYTES);
    memcpy(ef->seen.hash, hash, HASH_BYTES);
    ef->seen.day = core_today(f);
    ef->seen.rows = bytes_of(kept, rows.len);
    compare_rows(f, l, rows, out);
}
