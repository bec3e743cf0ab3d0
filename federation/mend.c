/*
 * mend.c - entries that were here and are not any more.
 *
 * The archive may lose what it held: a disk fails, and what the node finds damaged it deletes. That
 * makes a hole in a feed whose tree is known. While there is one, the feed is followed from where
 * the hole begins, from its author or from whoever holds it; what comes is verified as any batch
 * is, and besides continues what is held before the hole; of it the archive gets what it lacks.
 * Nothing else is taken of the feed meanwhile, since what it takes back may lie in the hole; a
 * consult says that the feed is behind; and this node signs nothing while its own feed has a hole.
 * What was erased meanwhile stays erased.
 */
#include "federation/core.h"

#include <string.h>

enum { COMPARE_MAX = 65536 }; /* entries behind a hole that are compared with what closes it */

bool mend_is_needed(const struct feed *feed)
{
    return feed->hole_past > 0;
}

void mend_load(struct federation *f, struct feed *feed)
{
    mend_look(f, feed, 0);
}

void mend_look(struct federation *f, struct feed *feed, uint64_t from)
{
    uint64_t size = feed->rec.tree.size;
    bool is_there = f->archive.hole(f->archive.ctx, feed->rec.author, from, &feed->hole_first,
                                    &feed->hole_past) &&
                    feed->hole_first < size;
    if (!is_there)
        feed->hole_first = feed->hole_past = 0;
    else if (feed->hole_past > size)
        feed->hole_past = size;
}

void mend_cut_back(struct feed *feed)
{
    uint64_t size = feed->rec.tree.size;
    if (feed->hole_first >= size)
        feed->hole_first = feed->hole_past = 0;
    else if (feed->hole_past > size)
        feed->hole_past = size;
}

bool mend_base(struct federation *f, const struct feed *feed, struct merkle_frontier *out)
{
    struct stored_tree stored = {f, feed->rec.author};
    return trees_frontier(&stored, feed->hole_first, out);
}

static void append(struct merkle_frontier *tree, const uint8_t *header)
{
    uint8_t leaf[HASH_BYTES], tile[2][HASH_BYTES];
    unsigned levels;
    merkle_leaf(bytes_of(header, HEADER_BYTES), leaf);
    merkle_append(tree, leaf, &levels, tile);
}

static bool append_row(void *ctx, const struct archive_row *row)
{
    append(ctx, row->header);
    return true;
}

enum err mend_check(struct federation *f, const struct feed *feed,
                    const struct merkle_frontier *base, const struct batch *b)
{
    uint64_t size = feed->rec.tree.size;
    struct merkle_frontier tree = b->tree;
    uint8_t ours[HASH_BYTES], theirs[HASH_BYTES];
    if (tree.size > size) { /* it leads beyond what is compared */
        tree = *base;
        for (const uint8_t *header = b->headers; tree.size < size; header += HEADER_BYTES)
            append(&tree, header);
    }
    size_t left = (size_t)(size - tree.size);
    if (left > COMPARE_MAX)
        return OK;
    if (left > 0 && f->archive.read(f->archive.ctx, feed->rec.author, tree.size, left, append_row,
                                    &tree) != left)
        return OK; /* there is another hole: compared when that is closed */
    merkle_root(&feed->rec.tree, ours);
    merkle_root(&tree, theirs);
    return memcmp(ours, theirs, HASH_BYTES) == 0 ? OK : ERR_PROOF;
}

void mend_take(struct federation *f, struct feed *feed, struct batch *b, struct effects *out)
{
    uint64_t missing = feed->hole_past - b->first;
    b->is_mended = true;
    if (b->count > missing)
        b->count = (size_t)missing;
    ingest_commit(f, feed, b, out);
    feed->hole_first += b->count;
    if (feed->hole_first < feed->hole_past)
        return;
    mend_look(f, feed, feed->hole_past);
    if (!mend_is_needed(feed))
        core_report(out, feed->rec.author, REPORT_MENDED, OK, feed->rec.tree.size);
}

/* ---- What the node says that it lost ---- */

struct counting {
    struct feed_record *rec;
};

static bool count_row(void *ctx, const struct archive_row *row)
{
    const struct counting *c = ctx;
    ingest_count_out(c->rec, row->state);
    return true;
}

static void lose_entries(struct federation *f, struct feed *feed, uint64_t first, uint64_t past,
                         struct effects *out)
{
    struct counting c = {&feed->rec};
    for (uint64_t at = first; at < past; at++)
        f->archive.read(f->archive.ctx, feed->rec.author, at, 1, count_row, &c);
    struct effect *e = effects_add(out, EFFECT_PERSIST_LOST);
    memcpy(e->author, feed->rec.author, AUTHOR_BYTES);
    e->lost.first = first;
    e->lost.count = past - first;
    e->lost.feed = &feed->rec;
    bool is_first = !mend_is_needed(feed) || first < feed->hole_first;
    bool touches = mend_is_needed(feed) && first <= feed->hole_past && past >= feed->hole_first;
    if (touches && past < feed->hole_past)
        past = feed->hole_past;
    if (is_first || touches)
        feed->hole_past = past;
    if (is_first)
        feed->hole_first = first;
    pull_leave(f, feed, out); /* it is followed from elsewhere in it now */
}

static bool audience_row(void *ctx, const struct archive_row *row)
{
    struct header h;
    *(bool *)ctx = header_decode(row->header, &h) == OK && h.audience == AUDIENCE_ADDRESSED;
    return true;
}

/* What an entry holds is owed again; but nobody gives away what is for somebody else. */
static void lose_body(struct federation *f, struct feed *feed, uint64_t index, struct effects *out)
{
    enum entry_state was = f->archive.state(f->archive.ctx, feed->rec.author, index);
    bool is_addressed = false;
    if (!state_has_body(was) || !effects_has_room(out, 64, 4096))
        return;
    f->archive.read(f->archive.ctx, feed->rec.author, index, 1, audience_row, &is_addressed);
    enum entry_state state = is_addressed ? STATE_ADDRESSED : STATE_OWED;
    ingest_count_out(&feed->rec, was);
    ingest_count_in(&feed->rec, state);
    ingest_gone(f, feed, index, state, out);
}

void mend_event(struct federation *f, const struct event *ev, struct effects *out)
{
    struct feed *feed = core_feed(f, ev->lost.author);
    uint64_t first = ev->lost.first, size = feed != NULL ? feed->rec.tree.size : 0;
    if (first >= size)
        return;
    uint64_t past = ev->lost.count < size - first ? first + ev->lost.count : size;
    if (!ev->lost.is_body)
        lose_entries(f, feed, first, past, out);
    for (uint64_t at = first; at < past && ev->lost.is_body; at++)
        lose_body(f, feed, at, out);
    core_report(out, feed->rec.author, REPORT_LOST, ERR_COMMIT, past - first);
    if (f->has_roster)
        standing_review(f, out);
}
