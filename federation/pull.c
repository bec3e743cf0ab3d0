/*
 * pull.c - following feeds.
 *
 * Each feed has one source at a time: its author's connection where there is one, else a relay that
 * the author names or any member that is connected (source.c), changed when it stalls, when another
 * connection knows more, and now and then in any case. A Follow says what we hold durably and how
 * many bytes may be under way; a feed that is known to be behind gets more, out of one pool. A
 * batch is all or nothing: commitments, tree and signature are verified before anything changes;
 * what its entries mean is ingest's business.
 */
#include "federation/core.h"

#include <assert.h>
#include <string.h>

static bool is_behind(const struct federation *f, const struct feed *feed)
{
    return !core_is_witnessed(f, feed) && (feed->seen.size > feed->rec.tree.size ||
                                           chapters_is_short(feed) || mend_is_needed(feed));
}

static bool is_own(const struct federation *f, const struct feed *feed)
{
    return memcmp(feed->rec.author, f->config.author, AUTHOR_BYTES) == 0;
}

static void release_credit(struct federation *f, struct feed *feed)
{
    if (feed->credit == BULK_CREDIT_BYTES)
        f->bulk_credit -= BULK_CREDIT_BYTES;
    feed->credit = 0;
}

/* The entry that is to come next. */
static uint64_t follow_from(const struct feed *feed)
{
    return mend_is_needed(feed) ? feed->hole_first : feed->rec.tree.size;
}

static void send_follow(struct federation *f, struct feed *feed, uint32_t link, uint32_t credit,
                        struct effects *out)
{
    Seinpost__Follow follow = SEINPOST__FOLLOW__INIT;
    follow.author = (ProtobufCBinaryData){AUTHOR_BYTES, feed->rec.author};
    follow.feed_epoch = feed->rec.feed_epoch;
    uint8_t root[HASH_BYTES];
    follow.size = core_is_witnessed(f, feed) ? witness_base(feed, root) : follow_from(feed);
    follow.seq = feed->seen.seq;
    follow.credit = credit;
    Seinpost__Message m = SEINPOST__MESSAGE__INIT;
    m.body_case = SEINPOST__MESSAGE__BODY_FOLLOW;
    m.follow = &follow;
    (void)!core_send(f, link, &m, out);
}

/* Says how far we are, with as much credit as fits the need and the pool. */
static void follow(struct federation *f, struct feed *feed, struct effects *out)
{
    release_credit(f, feed);
    feed->credit = LIVE_CREDIT_BYTES;
    if (is_behind(f, feed) && f->bulk_credit + BULK_CREDIT_BYTES <= PULL_CREDIT_BYTES_MAX) {
        feed->credit = BULK_CREDIT_BYTES;
        f->bulk_credit += BULK_CREDIT_BYTES;
    }
    send_follow(f, feed, feed->source, feed->credit, out);
}

static void leave_source(struct federation *f, struct feed *feed, struct effects *out)
{
    if (feed->source == 0)
        return;
    release_credit(f, feed);
    send_follow(f, feed, feed->source, 0, out); /* which ends it */
    feed->source = 0;
}

void pull_leave(struct federation *f, struct feed *feed, struct effects *out)
{
    leave_source(f, feed, out);
}

static void enter_source(struct federation *f, struct feed *feed, uint32_t link,
                         struct effects *out)
{
    leave_source(f, feed, out);
    feed->source = link;
    feed->source_ms = feed->progress_ms = f->now_ms;
    if (feed->watch == link)
        feed->watch = 0;
    if (feed->ahead == link)
        feed->ahead = 0;
    follow(f, feed, out);
}

/* Another connection beside a relay, for checkpoints alone; 0 ends it. */
static void watch(struct federation *f, struct feed *feed, uint32_t link, struct effects *out)
{
    if (feed->watch != 0 && feed->watch != link && feed->watch != feed->source)
        send_follow(f, feed, feed->watch, 0, out);
    feed->watch = link;
    feed->watch_ms = f->now_ms;
    if (link != 0)
        send_follow(f, feed, link, WATCH_CREDIT_BYTES, out);
}

/* The author is not connected, or it stalls. */
static void choose_relay(struct federation *f, struct feed *feed, bool is_away, bool is_stalled,
                         struct effects *out)
{
    bool is_old = is_away && f->now_ms - feed->source_ms >= RELAY_ROTATE_MS;
    if (is_away && feed->is_renamed && !is_behind(f, feed)) {
        is_old = is_old || !source_is_named(f, feed);
        feed->is_renamed = false;
    }
    if (source_is_ahead(f, feed)) {
        enter_source(f, feed, feed->ahead, out);
    } else if (feed->source == 0 || is_stalled || is_old) {
        uint32_t source = source_next(f, feed);
        if (source != 0)
            enter_source(f, feed, source, out);
    }
    if (feed->source == 0 || core_is_witnessed(f, feed))
        return;
    if (feed->watch == 0 || f->now_ms - feed->watch_ms >= WATCH_MS)
        watch(f, feed, source_watch(f, feed), out);
}

static void choose(struct federation *f, struct feed *feed, struct effects *out)
{
    const struct organisation *org = roster_find(core_roster(f), feed->rec.author);
    bool may_grow = roster_is_active(org) ||
                    (org != NULL && chapters_is_short(feed) && !core_is_witnessed(f, feed));
    bool is_frozen = feed->rec.is_disputed && !chapters_is_short(feed);
    bool is_wanted = may_grow && !is_frozen && (is_own(f, feed) ? f->is_behind : !f->is_braked);
    if (!is_wanted) {
        leave_source(f, feed, out);
        watch(f, feed, 0, out);
        return;
    }
    uint64_t idle_ms = f->now_ms - feed->progress_ms;
    const struct link *author = links_to(f, feed->rec.author);
    bool is_stalled = is_behind(f, feed) && idle_ms >= STALL_MS;
    if (author != NULL && !is_stalled) {
        bool is_due = feed->source == author->id ? idle_ms >= FOLLOW_AGAIN_MS
                                                 : feed->source == 0 || !is_behind(f, feed);
        if (is_due)
            enter_source(f, feed, author->id, out); /* whatever it may think of us */
        if (feed->watch != 0)
            watch(f, feed, 0, out);
        return;
    }
    choose_relay(f, feed, author == NULL, is_stalled, out);
}

void pull_choose(struct federation *f, struct effects *out)
{
    if (!f->has_roster)
        return;
    for (size_t i = 0; i < f->feed_count; i++) {
        if (!effects_has_room(out, 64, 64 * 256))
            return; /* the next tick goes on */
        struct feed *feed = &f->feeds[i];
        choose(f, feed, out);
        if (feed->source != 0 && is_behind(f, feed) && feed->credit == LIVE_CREDIT_BYTES &&
            f->bulk_credit + BULK_CREDIT_BYTES <= PULL_CREDIT_BYTES_MAX)
            follow(f, feed, out);
    }
}

void pull_restart(struct federation *f, struct feed *feed)
{
    release_credit(f, feed);
    feed->source = 0;
}

void pull_link_renewed(struct federation *f, uint32_t link)
{
    for (size_t i = 0; i < f->feed_count; i++)
        if (f->feeds[i].source == link)
            pull_restart(f, &f->feeds[i]);
}

void pull_link_down(struct federation *f, uint32_t link)
{
    pull_link_renewed(f, link);
    for (size_t i = 0; i < f->feed_count; i++) {
        struct feed *feed = &f->feeds[i];
        if (feed->watch == link)
            feed->watch = 0;
        if (feed->ahead == link)
            feed->ahead = 0;
    }
}

/* Cuts the message into entries: OK, or why it is not one batch that begins where the feed ends. */
static enum err split(struct federation *f, const struct feed *feed, const Seinpost__Batch *m,
                      struct batch *b, struct bytes *bodies)
{
    size_t count = m->headers.len / HEADER_BYTES;
    if (m->headers.len % HEADER_BYTES != 0 || m->proof.len % HASH_BYTES != 0)
        return ERR_FORMAT;
    if (count > BATCH_ENTRIES_MAX || m->proof.len > sizeof f->proof ||
        m->headers.len + m->bodies.len + m->proof.len > BATCH_BYTES_MAX + BODY_BYTES_MAX)
        return ERR_LIMIT;
    if (m->absent.len != 0 && m->absent.len != (count + 7) / 8)
        return ERR_FORMAT;
    struct unpack rest = unpack_of(bytes_of(m->bodies.data, m->bodies.len));
    for (size_t i = 0; i < count; i++) {
        struct header h;
        enum err e = header_decode(m->headers.data + i * HEADER_BYTES, &h);
        if (e != OK)
            return e;
        if (h.index != follow_from(feed) + i)
            return ERR_SEQUENCE;
        bool is_absent = m->absent.len != 0 && (m->absent.data[i / 8] >> (7 - i % 8) & 1) != 0;
        bodies[i] = bytes_of(NULL, 0);
        if (is_absent)
            continue;
        bodies[i] = unpack_view(&rest, (size_t)h.body_units * BODY_UNIT_BYTES);
        if (rest.is_short)
            return ERR_TRUNCATED;
        e = body_check(feed->rec.author, &h, bodies[i]);
        if (e != OK)
            return e;
    }
    if (!unpack_is_done(&rest))
        return ERR_FORMAT;
    b->first = follow_from(feed);
    b->count = count;
    b->headers = m->headers.data;
    b->bodies = bodies;
    return OK;
}

/* The signed checkpoint of a batch, or what stands for it. Of an author that contradicted itself
 * nothing more is taken, but up to where the member list says that it counts. */
static enum err check_checkpoint(struct federation *f, const struct feed *feed,
                                 const Seinpost__Batch *m, struct checkpoint *cp)
{
    const struct organisation *org = roster_find(core_roster(f), feed->rec.author);
    if (m->checkpoint.len == 0 && chapters_is_short(feed)) {
        chapters_goal(f, feed, cp);
        return OK;
    }
    if (!roster_is_active(org))
        return ERR_STRANGER;
    enum err e =
        checkpoint_verify(bytes_of(m->checkpoint.data, m->checkpoint.len), org->feed_key, cp);
    if (e != OK)
        return e;
    if (memcmp(cp->author, feed->rec.author, AUTHOR_BYTES) != 0)
        return ERR_STRANGER;
    if (cp->feed_epoch != org->feed_epoch)
        return ERR_EPOCH;
    return feed->rec.is_disputed ? ERR_FORK : OK;
}

/* Who may have headers only takes no body for all members, whoever sends it. */
static enum err check_no_bodies(const struct batch *b)
{
    for (size_t i = 0; i < b->count; i++) {
        struct header h;
        enum err e = header_decode(b->headers + i * HEADER_BYTES, &h);
        if (e != OK)
            return e;
        if (b->bodies[i].len > 0 && h.audience == AUDIENCE_ALL)
            return ERR_UNAUTHORISED;
    }
    return OK;
}

static enum err check_tree(const struct batch *b, struct bytes proof)
{
    uint8_t root[HASH_BYTES];
    merkle_root(&b->tree, root);
    return merkle_verify_consistency(b->tree.size, root, b->checkpoint.size, b->checkpoint.root,
                                     proof);
}

static enum err accept(struct federation *f, struct feed *feed, const struct link *l,
                       const Seinpost__Batch *m, struct effects *out)
{
    struct checkpoint cp;
    enum err e = check_checkpoint(f, feed, m, &cp);
    if (e != OK)
        return e;
    const uint8_t *rival = m->checkpoint.len > 0 ? forks_rival(feed, &cp) : NULL;
    if (rival != NULL) {
        forks_prove(f, feed, m->checkpoint.data, rival, out);
        return ERR_FORK;
    }
    if (core_is_witnessed(f, feed))
        return witness_accept(f, feed, m, &cp, out);
    bool is_mending = mend_is_needed(feed);
    if (is_mending && (m->headers.len == 0 || m->first != feed->hole_first))
        return ERR_STALE;
    if (m->headers.len > 0 && m->first != follow_from(feed))
        return m->first < feed->rec.tree.size ? ERR_STALE : ERR_SEQUENCE;
    if (m->headers.len == 0 && (cp.seq <= feed->seen.seq || cp.size < feed->rec.tree.size))
        return ERR_STALE;
    if (m->headers.len == 0)
        source_note(f, feed, l, cp.seq);
    if (m->headers.len == 0 && m->first != feed->rec.tree.size)
        return ERR_STALE; /* its proof begins where we were */

    static_assert(sizeof(struct bytes) * BATCH_ENTRIES_MAX <= EFFECT_ARENA_BYTES / 8, "room");
    size_t count = m->headers.len / HEADER_BYTES;
    if (count > BATCH_ENTRIES_MAX)
        return ERR_LIMIT;
    struct bytes *bodies = effects_alloc(out, (count + 1) * sizeof *bodies);
    struct batch *b = effects_alloc(out, sizeof *b);
    if (bodies == NULL || b == NULL || !ingest_has_room(out, count))
        return ERR_FULL;
    e = split(f, feed, m, b, bodies);
    if (e == OK && core_access(f, f->config.author, feed) == ACCESS_HEADERS)
        e = check_no_bodies(b);
    if (e != OK)
        return e;
    struct merkle_frontier base = feed->rec.tree;
    if (is_mending && !mend_base(f, feed, &base))
        return ERR_NOT_FOUND;
    ingest_grow(&base, b);
    if (cp.size < b->tree.size)
        return ERR_SEQUENCE;
    b->checkpoint = cp;
    b->signed_checkpoint = m->checkpoint.data;
    b->proof = bytes_of(m->proof.data, m->proof.len);
    e = check_tree(b, b->proof);
    if (e != OK && m->checkpoint.len > 0) /* a wrong proof, or another history */
        evidence_compare(f, l, feed, cp.size, out);
    if (e == OK)
        e = is_mending ? mend_check(f, feed, &base, b) : chapters_check(feed, b);
    if (e == OK && is_mending)
        mend_take(f, feed, b, out);
    else if (e == OK)
        ingest_commit(f, feed, b, out);
    return e;
}

/* Whether the beginning of a batch came from somewhere else meanwhile, and its end did not; or, of
 * a checkpoint alone, what its proof leads from. */
static bool has_new_end(const struct federation *f, const struct feed *feed,
                        const Seinpost__Batch *m)
{
    if (m->headers.len == 0)
        return !core_is_witnessed(f, feed) && m->first != feed->rec.tree.size;
    return m->first < feed->rec.tree.size &&
           m->headers.len / HEADER_BYTES > feed->rec.tree.size - m->first;
}

void pull_on_batch(struct federation *f, struct link *l, const Seinpost__Batch *m,
                   struct effects *out)
{
    struct feed *feed = m->author.len == AUTHOR_BYTES ? core_feed(f, m->author.data) : NULL;
    if (feed == NULL || (is_own(f, feed) && !f->is_behind)) {
        core_report(out, l->author, REPORT_MESSAGE_REFUSED, ERR_UNAUTHORISED, 0);
        return;
    }
    uint64_t hole_past = feed->hole_past;
    enum err e = accept(f, feed, l, m, out);
    if (e == OK) {
        if (m->headers.len > 0 || feed->source == l->id)
            feed->progress_ms = f->now_ms;
        f->is_serving = true; /* we may be somebody's source for it */
        if (is_own(f, feed))
            standing_review(f, out);
    } else if (e != ERR_STALE) {
        core_report(out, l->author, REPORT_MESSAGE_REFUSED, e, m->first);
        if (feed->source == l->id) {
            /* Begin again from what we hold, later and elsewhere if there is an elsewhere. */
            leave_source(f, feed, out);
            feed->progress_ms = f->now_ms - STALL_MS;
        }
        return;
    }
    if (e == ERR_STALE)
        links_useless(f, l, out);
    if (feed->source != l->id)
        return;
    /* A hole that closes is not where it goes on; what was asked for is not counted as under way.
     */
    bool is_elsewhere = feed->hole_past != hole_past;
    if (is_elsewhere || (e == ERR_STALE && hole_past == 0 && has_new_end(f, feed, m)))
        enter_source(f, feed, l->id, out); /* it would not send that end again */
    else
        follow(f, feed, out);
}
