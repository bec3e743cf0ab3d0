#include "node/store_internal.h"
#include "node/store_read.h"
#include "protocol/entry.h"

#include <string.h>

size_t store_body_tags(struct bytes body, const uint8_t **tags)
{
    struct body b;
    return body_decode(body, &b) == OK ? entry_tags(&b, tags) : 0;
}

enum err store_filter_load(struct store *s)
{
    sqlite3_stmt *q = store_statement(s, SQL_TAG_COUNT);
    size_t count = 0;
    if (store_next(s, q))
        count = (size_t)sqlite3_column_int64(q, 0);
    sqlite3_reset(q);
    if (!store_filter_init(&s->filter, 2 * count))
        return OK; /* works without one, slower */
    q = store_statement(s, SQL_TAG_LIST);
    while (store_next(s, q))
        store_filter_add(&s->filter, (uint64_t)sqlite3_column_int64(q, 0));
    return s->has_failed ? ERR_IO : OK;
}

/* Whether a row of TAG_FIND is a live entry that carries the tag; fills *hit if so. */
static bool is_hit(struct store *s, sqlite3_stmt *q, const uint8_t tag[TAG_BYTES], uint32_t today,
                   struct tag_hit *hit)
{
    int64_t id = sqlite3_column_int64(q, 0);
    const uint8_t *author = store_entry_author(s, id);
    struct bytes header = store_column_bytes(q, 2);
    struct header h;
    if (author == NULL || header.len != HEADER_BYTES || header_decode(header.data, &h) != OK)
        return false;
    if (sqlite3_column_int(q, 1) != STATE_HELD || (h.expires_day != 0 && h.expires_day < today))
        return false;
    struct body b;
    const uint8_t *tags = NULL;
    size_t count = 0;
    if (body_decode(store_column_bytes(q, 3), &b) == OK)
        count = entry_tags(&b, &tags);
    bool carries_it = false;
    for (size_t i = 0; i < count; i++)
        carries_it = carries_it || memcmp(tags + i * TAG_BYTES, tag, TAG_BYTES) == 0;
    if (!carries_it)
        return false;
    hit->expires_day = h.expires_day;
    memcpy(hit->author, author, AUTHOR_BYTES);
    if (b.type == ENTRY_RETAG)
        return store_retag_counts(s, author, id, &b, hit);
    hit->index = store_entry_index(id);
    hit->original = correction_lineage(hit->index, &b).original;
    return store_force(s, author, hit->index, &b) == FORCE_YES;
}

static size_t find_tag(struct store *s, int64_t first, int64_t last, const uint8_t tag[TAG_BYTES],
                       uint32_t today, struct tag_hit *out, size_t max)
{
    uint64_t prefix = tag_prefix(tag);
    if (!store_filter_may_hold(&s->filter, prefix))
        return 0;
    sqlite3_stmt *q = store_statement(s, SQL_TAG_FIND);
    store_bind_int(q, 1, (int64_t)prefix);
    store_bind_int(q, 2, first);
    store_bind_int(q, 3, last);
    size_t n = 0;
    while (n < max && store_next(s, q))
        if (is_hit(s, q, tag, today, &out[n]))
            n++;
    sqlite3_reset(q);
    return n;
}

size_t store_find_tag(struct store *s, const uint8_t tag[TAG_BYTES], uint32_t today,
                      struct tag_hit *out, size_t max)
{
    return find_tag(s, 0, INT64_MAX, tag, today, out, max);
}

size_t store_find_tag_of(struct store *s, const uint8_t author[AUTHOR_BYTES],
                         const uint8_t tag[TAG_BYTES], uint32_t today, struct tag_hit *out,
                         size_t max)
{
    uint32_t number = store_feed_number(s, author);
    if (number == 0)
        return 0;
    int64_t first = store_entry_id(number, 0);
    return find_tag(s, first, store_entry_id(number + 1, 0) - 1, tag, today, out, max);
}
