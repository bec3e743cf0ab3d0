/*
 * chapters.c - where a feed ends, and where it goes on with a new key.
 *
 * A chapter is what an author signed with one feed key. The member list ends one by naming the last
 * of it that counts (struct accepted), so that all replicas agree although nobody can prove when an
 * entry was written: what lies beyond is deleted, what is missing up to there comes from anybody
 * who has it, and is proved by that root instead of a signature. After a new key the feed goes on
 * from there; after a suspension it does not.
 */
#include "federation/core.h"

#include <sodium.h>
#include <string.h>

static bool is_own(const struct federation *f, const struct feed *feed)
{
    return memcmp(feed->rec.author, f->config.author, AUTHOR_BYTES) == 0;
}

struct losing {
    struct feed_record counts; /* of the feed, without what is lost */
    bool has_erasure;
};

static bool losing_row(void *ctx, const struct archive_row *row)
{
    struct losing *l = ctx;
    ingest_count_out(&l->counts, row->state);
    struct body b;
    l->has_erasure = l->has_erasure || (row->state == STATE_HELD &&
                                        body_decode(row->body, &b) == OK && b.type == ENTRY_ERASE);
    return true;
}

static bool profile_row(void *ctx, const struct archive_row *row)
{
    struct feed *feed = ctx;
    struct body b;
    if (row->state == STATE_HELD && body_decode(row->body, &b) == OK && b.type == ENTRY_PROFILE &&
        profile_decode(b.payload, &feed->profile) == OK)
        feed->rec.profile_plus_one = row->index + 1;
    return true;
}

/* The newest profile was cut away: the one before it counts again. An author writes one a week at
 * least, with its prekeys, so that it is not far back. */
static void find_profile(struct federation *f, struct feed *feed)
{
    uint64_t size = feed->rec.tree.size;
    uint64_t first = size > BATCH_ENTRIES_MAX ? size - BATCH_ENTRIES_MAX : 0;
    feed->rec.profile_plus_one = 0;
    f->archive.read(f->archive.ctx, feed->rec.author, first, (size_t)(size - first), profile_row,
                    feed);
}

static void forget_checkpoints(struct feed *feed)
{
    feed->held = (struct checkpoint){0};
    feed->seen = (struct checkpoint){0};
    memset(feed->rec.held, 0, sizeof feed->rec.held);
    memset(feed->rec.seen, 0, sizeof feed->rec.seen);
    feed->rec.proof_hashes = 0;
}

/* What the entries from a size on have done to what stays. */
static struct losing look_beyond(struct federation *f, const struct feed *feed, uint64_t size)
{
    struct losing l = {.counts = feed->rec};
    uint64_t end = feed->rec.tree.size, past = 0;
    for (uint64_t at = size; at < end; at = past) {
        at += f->archive.read(f->archive.ctx, feed->rec.author, at, (size_t)(end - at), losing_row,
                              &l);
        bool is_hole = f->archive.hole(f->archive.ctx, feed->rec.author, at, &at, &past);
        if (!is_hole)
            break;
    }
    return l;
}

/* Cuts the feed back to its first entries. Where an erasure falls away, what it erased is to be
 * here again, so all is fetched anew; but not by the author, who wrote the erasure. */
static void cut_back(struct federation *f, struct feed *feed, uint64_t size, struct effects *out)
{
    struct stored_tree stored = {f, feed->rec.author};
    struct merkle_frontier tree;
    if (!trees_frontier(&stored, size, &tree))
        merkle_frontier_init(&tree); /* what is stored does not tell: fetched anew */
    struct losing l = look_beyond(f, feed, tree.size);
    if (l.has_erasure && tree.size > 0 && !is_own(f, feed)) {
        merkle_frontier_init(&tree);
        l = look_beyond(f, feed, 0);
    }
    uint64_t lost = feed->rec.tree.size - tree.size;
    feed->rec = l.counts;
    feed->rec.tree = tree;
    if (feed->rec.profile_plus_one > tree.size)
        find_profile(f, feed);
    feed->owed_from = feed->owed_swept = feed->reread_next = 0;
    mend_cut_back(feed);
    forget_checkpoints(feed);
    serve_feed_cut(f, feed);
    parcels_cut_back(f, feed, tree.size);
    pull_restart(f, feed);
    struct effect *e = effects_add(out, EFFECT_PERSIST_CUT_BACK);
    memcpy(e->author, feed->rec.author, AUTHOR_BYTES);
    e->cut_back.feed = &feed->rec;
    e->cut_back.ended = feed->accepted.size;
    core_report(out, feed->rec.author, REPORT_CUT_BACK, OK, lost);
}

/* Makes a feed agree with where the member list says that its chapter ends. */
static void end_chapter(struct federation *f, struct feed *feed, struct effects *out)
{
    const struct accepted *a = &feed->accepted;
    uint8_t root[HASH_BYTES];
    /* Below the end nothing tells on which side of a contradiction we stand. */
    if (feed->rec.is_disputed && feed->rec.tree.size < a->size && feed->rec.tree.size > 0)
        cut_back(f, feed, 0, out);
    if (feed->rec.tree.size > a->size)
        cut_back(f, feed, a->size, out);
    merkle_root(&feed->rec.tree, root);
    if (feed->rec.tree.size == a->size && memcmp(root, a->root, HASH_BYTES) != 0)
        cut_back(f, feed, 0, out);
}

static void begin_chapter(struct federation *f, struct feed *feed, uint32_t feed_epoch,
                          struct effects *out)
{
    feed->rec.feed_epoch = feed_epoch;
    feed->rec.is_disputed = false;
    forget_checkpoints(feed);
    serve_feed_cut(f, feed);
    pull_restart(f, feed);
    core_persist_feed(feed, out);
    if (!is_own(f, feed))
        return;
    f->may_sign = false; /* somebody may know more of the new chapter than we do */
    for (size_t i = 0; i < f->feed_count; i++)
        f->feeds[i].head_answered = false;
    rng_bytes(&f->rng, f->head_nonce, sizeof f->head_nonce);
}

void chapters_review(struct federation *f, struct feed *feed, const struct organisation *org,
                     struct effects *out)
{
    feed->accepted = org->accepted;
    if (feed->rec.feed_epoch == 0)
        feed->rec.feed_epoch = org->feed_epoch;
    bool has_ended =
        feed->accepted.feed_epoch != 0 && feed->rec.feed_epoch == feed->accepted.feed_epoch;
    /* Who is suspended keeps what it wrote: it may go on with that one day. */
    if (has_ended && (!is_own(f, feed) || org->feed_epoch > feed->accepted.feed_epoch))
        end_chapter(f, feed, out);
    if (feed->rec.feed_epoch < org->feed_epoch)
        begin_chapter(f, feed, org->feed_epoch, out);
}

bool chapters_is_short(const struct feed *feed)
{
    return feed->accepted.feed_epoch != 0 && feed->rec.tree.size < feed->accepted.size;
}

void chapters_goal(const struct federation *f, const struct feed *feed, struct checkpoint *out)
{
    *out = (struct checkpoint){.feed_epoch = feed->accepted.feed_epoch,
                               .size = feed->accepted.size,
                               .time_utc = (uint64_t)federation_roster(f)->issued_utc};
    memcpy(out->author, feed->rec.author, AUTHOR_BYTES);
    memcpy(out->root, feed->accepted.root, HASH_BYTES);
}

enum err chapters_check(const struct feed *feed, const struct batch *b)
{
    if (!chapters_is_short(feed) || b->tree.size < feed->accepted.size)
        return OK;
    struct merkle_frontier tree = feed->rec.tree;
    for (size_t i = 0; tree.size < feed->accepted.size; i++) {
        uint8_t leaf[HASH_BYTES], tile[2][HASH_BYTES];
        unsigned levels;
        merkle_leaf(bytes_of(b->headers + i * HEADER_BYTES, HEADER_BYTES), leaf);
        merkle_append(&tree, leaf, &levels, tile);
    }
    uint8_t root[HASH_BYTES];
    merkle_root(&tree, root);
    return memcmp(root, feed->accepted.root, HASH_BYTES) == 0 ? OK : ERR_PROOF;
}
