/*
 * reread.c - entries that could not be read, looked at again after a start.
 *
 * The software may be newer than when they were stored: then they are held like any other, or
 * refused, and what they say is acted upon. Some at a time, so that a node that kept many serves
 * its peers meanwhile.
 */
#include "federation/core.h"

#include <string.h>

/* An opaque entry that is looked at again, copied, since the archive lends it until the next call.
 */
struct reading {
    struct effects *out;
    enum entry_state state;
    uint8_t *header;
    uint8_t *body;
    size_t body_len;
};

static bool copy_row(void *ctx, const struct archive_row *row)
{
    struct reading *r = ctx;
    r->header = effects_alloc(r->out, HEADER_BYTES);
    r->body = effects_alloc(r->out, row->body.len);
    if (r->header == NULL || r->body == NULL)
        return false;
    r->state = row->state;
    r->body_len = row->body.len;
    memcpy(r->header, row->header, HEADER_BYTES);
    memcpy(r->body, row->body.data, row->body.len);
    return true;
}

/* One window of a feed's opaque entries; false where there is no room for more in this step. */
static bool reread_feed(struct federation *f, struct feed *feed, struct effects *out)
{
    uint64_t indexes[SWEEP_MAX];
    size_t count =
        f->archive.opaque(f->archive.ctx, feed->rec.author, feed->reread_next, indexes, SWEEP_MAX);
    for (size_t i = 0; i < count; i++) {
        struct reading r = {.out = out};
        if (!effects_has_room(out, 64, ADDRESSED_BODY_BYTES_MAX + 65536))
            return false;
        bool is_read =
            f->archive.read(f->archive.ctx, feed->rec.author, indexes[i], 1, copy_row, &r) == 1;
        if (is_read && (r.state == STATE_OPAQUE || r.state == STATE_NEWER))
            ingest_body(f, feed, r.header, bytes_of(r.body, r.body_len), r.state, out);
        feed->reread_next = indexes[i] + 1;
    }
    feed->is_reread = count < SWEEP_MAX;
    return feed->is_reread;
}

void reread_tick(struct federation *f, struct effects *out)
{
    for (size_t i = 0; i < f->feed_count; i++) {
        struct feed *feed = &f->feeds[i];
        if (!feed->is_reread && !mend_is_needed(feed) && feed->rec.opaque > 0 &&
            !reread_feed(f, feed, out))
            return; /* the next second goes on here */
    }
}
