/*
 * evidence.c - finding authors that contradict themselves.
 *
 * An author with two histories shows each peer one of them. So peers show each other what it signed
 * for them: an offer carries one signed checkpoint, at the start of a connection and now and then
 * after. Often two checkpoints contradict each other as they stand. Where they do not, one of them
 * covers fewer entries, and whoever holds the larger feed looks whether its own entries give the
 * smaller one's root. Where not, the two sides show each other single entries with inclusion
 * proofs, each time of the place where the trees first differ as far as the proofs tell, until one
 * of them has two different entries with one index, each under a signed checkpoint: the proof
 * (forks.c). Every answer names a lower index than what it answers, so this ends.
 */
#include "federation/core.h"

#include <string.h>

/* ---- What is shown to others ---- */

static bool send_evidence(struct federation *f, const struct link *l, const uint8_t *checkpoint,
                          uint64_t index, struct bytes header, struct bytes proof,
                          struct effects *out)
{
    Seinpost__Evidence e = SEINPOST__EVIDENCE__INIT;
    e.checkpoint = (ProtobufCBinaryData){CHECKPOINT_SIGNED_BYTES, (uint8_t *)(uintptr_t)checkpoint};
    e.index = index;
    e.header = (ProtobufCBinaryData){header.len, (uint8_t *)(uintptr_t)header.data};
    e.proof = (ProtobufCBinaryData){proof.len, (uint8_t *)(uintptr_t)proof.data};
    Seinpost__Message m = SEINPOST__MESSAGE__INIT;
    m.body_case = SEINPOST__MESSAGE__BODY_EVIDENCE;
    m.evidence = &e;
    return core_send(f, l->id, &m, out);
}

/* What we have of a feed, if whoever is at the other end may see entries; NULL where there is
 * nothing. Observers are shown nothing, not even what closes a day: when and whether something is
 * shown depends on how much an author writes. They compare by what others saw (witness.c). As an
 * observer we have nothing but the newest checkpoint. */
static const uint8_t *shown(struct federation *f, const struct link *l, const struct feed *feed)
{
    if (core_access(f, l->author, feed) < ACCESS_HEADERS)
        return NULL;
    if (core_is_witnessed(f, feed))
        return feed->seen.seq != 0 ? feed->rec.seen : NULL;
    return feed->held.seq != 0 ? feed->rec.held : NULL;
}

bool evidence_show(struct federation *f, const struct link *l, const uint8_t *checkpoint,
                   struct effects *out)
{
    return checkpoint != NULL &&
           send_evidence(f, l, checkpoint, 0, bytes_of(NULL, 0), bytes_of(NULL, 0), out);
}

static bool offer(struct federation *f, const struct link *l, const struct feed *feed,
                  struct effects *out)
{
    return evidence_show(f, l, shown(f, l, feed), out);
}

/* ---- Comparing trees ---- */

struct header_copy {
    uint8_t bytes[HEADER_BYTES];
    bool is_there;
};

static bool copy_header(void *ctx, const struct archive_row *row)
{
    struct header_copy *copy = ctx;
    memcpy(copy->bytes, row->header, HEADER_BYTES);
    copy->is_there = true;
    return true;
}

/* Our entry index under our signed checkpoint, the proof in f->proof. */
static bool own_leaf(struct federation *f, const struct feed *feed, uint64_t index,
                     struct header_copy *header, struct bytes *proof)
{
    struct stored_tree stored = {f, feed->rec.author};
    struct merkle_source src = trees_source(&stored);
    size_t hashes = 0;
    header->is_there = false;
    f->archive.read(f->archive.ctx, feed->rec.author, index, 1, copy_header, header);
    if (!header->is_there ||
        merkle_inclusion(&src, index, feed->held.size, f->proof, &hashes) != OK)
        return false;
    *proof = bytes_of(f->proof, hashes * HASH_BYTES);
    return true;
}

static void show_leaf(struct federation *f, const struct link *l, struct feed *feed, uint64_t index,
                      struct effects *out)
{
    struct header_copy header;
    struct bytes proof;
    if (core_access(f, l->author, feed) < ACCESS_HEADERS)
        return; /* others, who may see entries, find it too */
    if (own_leaf(f, feed, index, &header, &proof))
        (void)!send_evidence(f, l, feed->rec.held, index, bytes_of(header.bytes, HEADER_BYTES),
                             proof, out);
}

void evidence_compare(struct federation *f, const struct link *l, struct feed *feed, uint64_t size,
                      struct effects *out)
{
    uint64_t least = size < feed->held.size ? size : feed->held.size;
    if (feed->held.seq != 0 && least > 0)
        show_leaf(f, l, feed, least - 1, out);
}

/* Both have an entry of this index, and they are different. */
static void prove_leaves(struct federation *f, struct feed *feed, const Seinpost__Evidence *m,
                         struct effects *out)
{
    struct header_copy header;
    struct bytes proof;
    uint8_t text[FORK_BYTES_MAX];
    struct fork fork;
    if (!own_leaf(f, feed, m->index, &header, &proof))
        return;
    struct fork_leaf own = {header.bytes, proof};
    struct fork_leaf theirs = {m->header.data, bytes_of(m->proof.data, m->proof.len)};
    size_t len =
        fork_encode_leaves(feed->rec.held, &own, m->checkpoint.data, &theirs, m->index, text);
    if (len > 0 && fork_read(bytes_of(text, len), &fork) == OK)
        forks_take(f, feed, bytes_of(text, len), &fork, 0, out);
}

/* They show an entry, whose inclusion was verified. */
static void compare_leaf(struct federation *f, const struct link *l, struct feed *feed,
                         const Seinpost__Evidence *m, const struct checkpoint *cp,
                         const uint8_t leaf[HASH_BYTES], struct effects *out)
{
    struct stored_tree stored = {f, feed->rec.author};
    struct merkle_source src = trees_source(&stored);
    uint64_t next = 0;
    if (m->index >= feed->held.size) {
        if (feed->held.size > 0)
            show_leaf(f, l, feed, feed->held.size - 1, out);
        return;
    }
    switch (
        fork_narrow(&src, m->index, cp->size, leaf, bytes_of(m->proof.data, m->proof.len), &next)) {
    case FORK_HERE:
        prove_leaves(f, feed, m, out);
        return;
    case FORK_BEFORE:
        show_leaf(f, l, feed, next, out);
        return;
    case FORK_SAME:
    case FORK_UNKNOWN:
        return;
    }
}

/* They show a checkpoint that does not contradict ours as it stands. */
static void compare_checkpoint(struct federation *f, const struct link *l, struct feed *feed,
                               const struct checkpoint *cp, struct effects *out)
{
    struct stored_tree stored = {f, feed->rec.author};
    struct merkle_source src = trees_source(&stored);
    uint8_t root[HASH_BYTES];
    if (cp->size == 0)
        return;
    if (feed->held.seq == 0 || cp->size > feed->held.size) {
        (void)!offer(f, l, feed, out); /* they can look whether theirs goes on from ours */
        return;
    }
    if (merkle_root_of(&src, cp->size, root) == OK && memcmp(root, cp->root, HASH_BYTES) != 0)
        show_leaf(f, l, feed, cp->size - 1, out);
}

/* ---- What others show ---- */

static enum err check_evidence(const Seinpost__Evidence *m, const struct checkpoint *cp,
                               uint8_t leaf[HASH_BYTES])
{
    if (m->header.len == 0)
        return m->proof.len == 0 && m->index == 0 ? OK : ERR_FORMAT;
    if (m->header.len != HEADER_BYTES || m->proof.len > (size_t)MERKLE_LEVELS_MAX * HASH_BYTES)
        return ERR_FORMAT;
    merkle_leaf(bytes_of(m->header.data, HEADER_BYTES), leaf);
    return merkle_verify_inclusion(leaf, m->index, cp->size, bytes_of(m->proof.data, m->proof.len),
                                   cp->root);
}

/* Judges a checkpoint that was shown; NULL where there is nothing more to do with it. */
static struct feed *shown_feed(struct federation *f, struct link *l, const Seinpost__Evidence *m,
                               struct checkpoint *cp, uint8_t *leaf, struct effects *out)
{
    struct bytes raw = bytes_of(m->checkpoint.data, m->checkpoint.len);
    const struct organisation *org = NULL;
    enum err e = checkpoint_read(raw, cp);
    struct feed *feed = e == OK ? forks_judge(f, cp->author, cp->feed_epoch, &org, &e) : NULL;
    bool is_known = feed != NULL && (memcmp(raw.data, feed->rec.held, raw.len) == 0 ||
                                     memcmp(raw.data, feed->rec.seen, raw.len) == 0);
    if (is_known && m->header.len == 0) {
        links_useless(f, l, out);
        return NULL;
    }
    if (feed != NULL)
        e = checkpoint_verify(raw, org->feed_key, cp);
    if (e == OK)
        e = check_evidence(m, cp, leaf);
    if (e != OK)
        forks_refuse(l, e, out);
    return e == OK ? feed : NULL;
}

/* Whether the day that a checkpoint closes was closed for us by another one, which goes to ours. */
static bool is_other_day(struct federation *f, const struct checkpoint *cp,
                         uint8_t ours[CHECKPOINT_SIGNED_BYTES])
{
    struct checkpoint known;
    return f->archive.witness(f->archive.ctx, cp->author, cp->feed_epoch, cp->seq, ours) &&
           checkpoint_read(bytes_of(ours, CHECKPOINT_SIGNED_BYTES), &known) == OK &&
           fork_kind_of(cp, &known) != FORK_NONE;
}

void evidence_on_shown(struct federation *f, struct link *l, const Seinpost__Evidence *m,
                       struct effects *out)
{
    struct checkpoint cp;
    uint8_t leaf[HASH_BYTES], daily[CHECKPOINT_SIGNED_BYTES];
    struct feed *feed = shown_feed(f, l, m, &cp, leaf, out);
    if (feed == NULL)
        return;
    if (forks_answer(f, l, feed, out))
        return;
    const uint8_t *rival = forks_rival(feed, &cp);
    if (rival == NULL && is_other_day(f, &cp, daily))
        rival = daily;
    if (rival != NULL)
        forks_prove(f, feed, m->checkpoint.data, rival, out);
    else if (memcmp(cp.author, f->config.author, AUTHOR_BYTES) == 0 && cp.seq > feed->seen.seq)
        standing_take_head(f, feed, &cp, m->checkpoint.data, l, out);
    else if (m->header.len > 0)
        compare_leaf(f, l, feed, m, &cp, leaf, out);
    else
        compare_checkpoint(f, l, feed, &cp, out);
}

/* ---- When ---- */

/* Whether what we hold of a feed may be shown to the organisation at the other end: its author
 * hears it otherwise, when it asks for its head. */
static bool may_offer(struct federation *f, const struct feed *feed, const struct link *l)
{
    const struct organisation *org = roster_find(core_roster(f), feed->rec.author);
    return !feed->rec.is_disputed && roster_is_active(org) &&
           org->feed_epoch == feed->rec.feed_epoch &&
           memcmp(feed->rec.author, f->config.author, AUTHOR_BYTES) != 0 && l->id != 0 &&
           l->is_ready && memcmp(feed->rec.author, l->author, AUTHOR_BYTES) != 0;
}

void evidence_link_ready(struct federation *f, struct link *l, struct effects *out)
{
    uint32_t first = f->feed_count > 0 ? rng_below(&f->rng, (uint32_t)f->feed_count) : 0;
    size_t offered = 0;
    for (size_t n = 0; n < f->feed_count && offered < OFFERS_AT_START; n++) {
        const struct feed *feed = &f->feeds[(first + n) % f->feed_count];
        if (may_offer(f, feed, l) && effects_has_room(out, 256, 65536))
            offered += offer(f, l, feed, out);
    }
}

/* Shows what we hold of a feed to some of the connections, from a random one on. */
static void offer_to(struct federation *f, struct feed *feed, size_t count, struct effects *out)
{
    uint32_t first = f->link_count > 0 ? rng_below(&f->rng, (uint32_t)f->link_count) : 0;
    feed->offered_ms = f->now_ms;
    feed->offered_seq = feed->seen.seq;
    for (size_t n = 0; n < f->link_count && count > 0; n++) {
        const struct link *l = &f->links[(first + n) % f->link_count];
        if (may_offer(f, feed, l) && offer(f, l, feed, out))
            count--;
    }
}

void evidence_tick(struct federation *f, struct effects *out)
{
    for (size_t i = 0; i < f->feed_count; i++) {
        struct feed *feed = &f->feeds[i];
        bool is_news = feed->offered_seq != feed->seen.seq;
        uint64_t every_ms = is_news ? OFFER_MS : OFFER_AGAIN_MS;
        if (f->now_ms - feed->offered_ms >= every_ms && effects_has_room(out, 256, 65536))
            offer_to(f, feed, is_news ? OFFERS_OF_NEWS : 1, out);
    }
}
