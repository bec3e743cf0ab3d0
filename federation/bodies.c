/*
 * bodies.c - bodies that should be here and are not: asked for, of one connection after another.
 * Only of those who may have bodies themselves: to others a question would tell what there is.
 * Those for one addressee are owed to nobody and handed to nobody.
 */
#include "federation/core.h"

#include <string.h>

/* Bodies of one reply: their indexes, the author and the bodies are as many fields as there may be.
 */
enum { BODY_BATCH_MAX = WIRE_FIELDS_MAX - 2 };

/* The next ready connection after the one that was asked last. */
static struct link *next_link(struct federation *f, const struct feed *feed, uint32_t after)
{
    struct link *first = NULL;
    bool is_past = false;
    for (size_t i = 0; i < f->link_count; i++) {
        struct link *l = &f->links[i];
        if (l->id == 0 || !l->is_ready || core_access(f, l->author, feed) != ACCESS_EVERYTHING)
            continue;
        if (is_past)
            return l;
        if (first == NULL)
            first = l;
        is_past = l->id == after;
    }
    return first;
}

/* Asks the next connection for a window of owed bodies; when all were asked the window moves on. */
static void ask(struct federation *f, struct feed *feed, struct effects *out)
{
    const struct link *was = links_find(f, feed->owed_link);
    struct link *l = next_link(f, feed, feed->owed_link);
    if (l == NULL)
        return;
    uint64_t indexes[OWED_ASK_MAX];
    size_t count =
        f->archive.owed(f->archive.ctx, feed->rec.author, feed->owed_from, indexes, OWED_ASK_MAX);
    if (was == NULL || l <= was)
        feed->owed_from = count == OWED_ASK_MAX ? indexes[count - 1] + 1 : 0;
    feed->owed_link = l->id;
    feed->owed_ms = f->now_ms;
    if (count == 0)
        return;
    Seinpost__BodyAsk body = SEINPOST__BODY_ASK__INIT;
    body.author = (ProtobufCBinaryData){AUTHOR_BYTES, feed->rec.author};
    body.n_index = count;
    body.index = indexes;
    Seinpost__Message m = SEINPOST__MESSAGE__INIT;
    m.body_case = SEINPOST__MESSAGE__BODY_BODY_ASK;
    m.body_ask = &body;
    (void)!core_send(f, l->id, &m, out);
}

void bodies_tick(struct federation *f, struct effects *out)
{
    for (size_t i = 0; i < f->feed_count; i++) {
        struct feed *feed = &f->feeds[i];
        bool is_due = core_access(f, f->config.author, feed) == ACCESS_EVERYTHING;
        is_due = is_due && !mend_is_needed(feed); /* what they take back may be missing */
        if (is_due && feed->rec.owed > 0 && f->now_ms - feed->owed_ms >= OWED_RETRY_MS &&
            effects_has_room(out, 64, 65536))
            ask(f, feed, out);
    }
}

struct collecting {
    struct federation *f;
    size_t body_bytes;
    bool is_full;
    bool has_one;
};

static bool collect_row(void *ctx, const struct archive_row *row)
{
    struct collecting *c = ctx;
    struct header h;
    c->has_one = false;
    if (row->body.len == 0 || header_decode(row->header, &h) != OK || h.audience != AUDIENCE_ALL)
        return true;
    if (c->body_bytes + row->body.len > BATCH_BYTES_MAX) {
        c->is_full = true;
        return false;
    }
    memcpy(c->f->bodies + c->body_bytes, row->body.data, row->body.len);
    c->body_bytes += row->body.len;
    c->has_one = true;
    return true;
}

void bodies_on_ask(struct federation *f, struct link *l, const Seinpost__BodyAsk *m,
                   struct effects *out)
{
    struct feed *feed = m->author.len == AUTHOR_BYTES ? core_feed(f, m->author.data) : NULL;
    if (feed == NULL || core_access(f, l->author, feed) != ACCESS_EVERYTHING) {
        core_report(out, l->author, REPORT_MESSAGE_REFUSED, ERR_UNAUTHORISED, 0);
        return;
    }
    if (rejoin_withholds(f, l, feed))
        return; /* it asks again, and elsewhere */
    if (!links_may_ask(f, l, out))
        return;
    struct collecting c = {.f = f};
    uint64_t found[BODY_BATCH_MAX];
    size_t count = 0;
    for (size_t i = 0; i < m->n_index && count < BODY_BATCH_MAX && !c.is_full; i++) {
        enum entry_state state = f->archive.state(f->archive.ctx, feed->rec.author, m->index[i]);
        c.has_one = false;
        if (state_has_body(state))
            f->archive.read(f->archive.ctx, feed->rec.author, m->index[i], 1, collect_row, &c);
        if (c.has_one)
            found[count++] = m->index[i];
    }
    if (count == 0)
        return;
    Seinpost__BodyBatch reply = SEINPOST__BODY_BATCH__INIT;
    reply.author = m->author;
    reply.n_index = count;
    reply.index = found;
    reply.bodies = (ProtobufCBinaryData){c.body_bytes, f->bodies};
    Seinpost__Message r = SEINPOST__MESSAGE__INIT;
    r.body_case = SEINPOST__MESSAGE__BODY_BODY_BATCH;
    r.body_batch = &reply;
    (void)!core_send(f, l->id, &r, out);
}

static bool copy_header(void *ctx, const struct archive_row *row)
{
    memcpy(ctx, row->header, HEADER_BYTES);
    return true;
}

/* One body of a reply: taken if it is owed and is the one that its header commits to. */
static enum err take(struct federation *f, struct feed *feed, uint64_t index, struct unpack *rest,
                     struct effects *out)
{
    uint8_t *header = effects_alloc(out, HEADER_BYTES);
    struct header h;
    if (header == NULL || !effects_has_room(out, 64, 65536))
        return ERR_FULL;
    if (f->archive.read(f->archive.ctx, feed->rec.author, index, 1, copy_header, header) != 1)
        return ERR_NOT_FOUND;
    enum err e = header_decode(header, &h);
    if (e != OK)
        return e;
    struct bytes body = unpack_view(rest, (size_t)h.body_units * BODY_UNIT_BYTES);
    if (rest->is_short)
        return ERR_TRUNCATED;
    if (f->archive.state(f->archive.ctx, feed->rec.author, index) != STATE_OWED ||
        mend_is_needed(feed))
        return OK; /* it came another way, or was erased meanwhile and stays so; or it is not time
                    */
    e = body_check(feed->rec.author, &h, body);
    if (e == OK)
        ingest_body(f, feed, header, body, STATE_OWED, out);
    return e;
}

void bodies_on_batch(struct federation *f, struct link *l, const Seinpost__BodyBatch *m,
                     struct effects *out)
{
    struct feed *feed = m->author.len == AUTHOR_BYTES ? core_feed(f, m->author.data) : NULL;
    enum err e = feed == NULL ? ERR_NOT_FOUND : OK;
    struct unpack rest = unpack_of(bytes_of(m->bodies.data, m->bodies.len));
    for (size_t i = 0; i < m->n_index && e == OK; i++) {
        bool is_repeated = i > 0 && m->index[i] <= m->index[i - 1];
        e = is_repeated ? ERR_SEQUENCE : take(f, feed, m->index[i], &rest, out);
    }
    if (e != OK) {
        core_report(out, l->author, REPORT_MESSAGE_REFUSED, e, 0);
        return;
    }
    if (feed->rec.owed > 0)
        feed->owed_ms = f->now_ms - OWED_RETRY_MS; /* this one has more: do not wait */
    f->is_serving = true;
}
