#include "node/store_internal.h"
#include "node/store_read.h"
#include "node/text.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

int64_t store_entry_id(uint32_t number, uint64_t index)
{
    assert(index >> INDEX_BITS == 0);
    return (int64_t)(((uint64_t)number << INDEX_BITS) | index);
}

uint64_t store_entry_index(int64_t id)
{
    return (uint64_t)id & ((UINT64_C(1) << INDEX_BITS) - 1);
}

const uint8_t *store_entry_author(const struct store *s, int64_t id)
{
    uint64_t number = (uint64_t)id >> INDEX_BITS;
    return number >= 1 && number <= s->feeds.count ? s->feeds.author[number - 1] : NULL;
}

/* Where in order the author stands, or would stand. */
static size_t position_of(const struct feed_table *f, const uint8_t author[AUTHOR_BYTES])
{
    size_t low = 0, high = f->count;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (memcmp(f->author[f->order[mid] - 1], author, AUTHOR_BYTES) < 0)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

uint32_t store_feed_number(const struct store *s, const uint8_t author[AUTHOR_BYTES])
{
    const struct feed_table *f = &s->feeds;
    size_t at = position_of(f, author);
    if (at < f->count && memcmp(f->author[f->order[at] - 1], author, AUTHOR_BYTES) == 0)
        return f->order[at];
    return 0;
}

/* Adds the next number. False without memory. */
static bool table_add(struct feed_table *f, const uint8_t author[AUTHOR_BYTES])
{
    if (f->count == f->cap) {
        size_t cap = f->cap > 0 ? 2 * f->cap : 64;
        void *authors = realloc(f->author, cap * sizeof *f->author);
        if (authors != NULL)
            f->author = authors;
        void *order = realloc(f->order, cap * sizeof *f->order);
        if (order != NULL)
            f->order = order;
        if (authors == NULL || order == NULL)
            return false;
        f->cap = cap;
    }
    size_t at = position_of(f, author);
    memmove(f->order + at + 1, f->order + at, (f->count - at) * sizeof *f->order);
    memcpy(f->author[f->count], author, AUTHOR_BYTES);
    f->count++;
    f->order[at] = (uint32_t)f->count;
    return true;
}

void store_feeds_clear(struct feed_table *f)
{
    free(f->author);
    free(f->order);
    *f = (struct feed_table){0};
}

enum err store_feeds_load(struct store *s)
{
    sqlite3_stmt *q = store_statement(s, SQL_FEED_LIST);
    while (store_next(s, q)) {
        struct bytes author = store_column_bytes(q, 1);
        if (author.len != AUTHOR_BYTES || store_feed_number(s, author.data) != 0 ||
            sqlite3_column_int64(q, 0) != (int64_t)s->feeds.count + 1) {
            sqlite3_reset(q);
            return store_damaged(s);
        }
        if (!table_add(&s->feeds, author.data)) {
            sqlite3_reset(q);
            return store_fail(s, _("reading the list of feeds"));
        }
    }
    return s->has_failed ? ERR_IO : OK;
}

enum err store_feed_learn(struct store *s, const uint8_t author[AUTHOR_BYTES], uint32_t *number)
{
    *number = store_feed_number(s, author);
    if (*number != 0)
        return OK;
    if (s->feeds.count >= FEED_NUMBER_MAX)
        return store_fail(s, _("adding a feed"));
    sqlite3_stmt *q = store_statement(s, SQL_FEED_NEW);
    store_bind_int(q, 1, (int64_t)s->feeds.count + 1);
    store_bind_bytes(q, 2, author, AUTHOR_BYTES);
    enum err e = store_run(s, q);
    if (e == OK && !table_add(&s->feeds, author))
        e = store_fail(s, _("adding a feed"));
    if (e == OK)
        *number = (uint32_t)s->feeds.count;
    return e;
}

bool store_has_entries(struct store *s, uint32_t number)
{
    sqlite3_stmt *q = store_statement(s, SQL_ENTRY_RANGE);
    store_bind_int(q, 1, store_entry_id(number, 0));
    store_bind_int(q, 2, store_entry_id(number + 1, 0));
    bool is_there = store_next(s, q);
    if (is_there)
        sqlite3_reset(q);
    return is_there;
}

/* The used peaks of a frontier, largest first. */
static size_t frontier_pack(const struct merkle_frontier *f, uint8_t *out)
{
    size_t len = 0;
    for (int level = MERKLE_LEVELS_MAX - 1; level >= 0; level--) {
        if (f->size >> level & 1) {
            memcpy(out + len, f->peak[level], HASH_BYTES);
            len += HASH_BYTES;
        }
    }
    return len;
}

static bool frontier_unpack(struct merkle_frontier *f, struct bytes in)
{
    struct unpack u = unpack_of(in);
    for (int level = MERKLE_LEVELS_MAX - 1; level >= 0; level--)
        if (f->size >> level & 1)
            unpack_copy(&u, f->peak[level], HASH_BYTES);
    return f->size >> MERKLE_LEVELS_MAX == 0 && unpack_is_done(&u);
}

enum err store_feed_write(struct store *s, const struct feed_record *r, uint32_t *number)
{
    enum err e = store_feed_learn(s, r->author, number);
    if (e != OK)
        return e;
    assert(r->proof_hashes <= MERKLE_PROOF_MAX && r->tree.size >> INDEX_BITS == 0);
    uint8_t frontier[MERKLE_LEVELS_MAX * HASH_BYTES];
    size_t frontier_len = frontier_pack(&r->tree, frontier);
    sqlite3_stmt *q = store_statement(s, SQL_FEED_SET);
    store_bind_int(q, 1, *number);
    store_bind_int(q, 2, r->feed_epoch);
    store_bind_int(q, 3, (int64_t)r->tree.size);
    store_bind_int(q, 4, r->heard_utc);
    store_bind_int(q, 5, (int64_t)r->owed);
    store_bind_int(q, 6, (int64_t)r->refused);
    store_bind_int(q, 7, (int64_t)r->profile_plus_one);
    store_bind_int(q, 8, r->is_disputed);
    store_bind_bytes(q, 9, frontier, frontier_len);
    store_bind_bytes(q, 10, r->held, sizeof r->held);
    store_bind_bytes(q, 11, r->seen, sizeof r->seen);
    store_bind_bytes(q, 12, r->proof, (size_t)r->proof_hashes * HASH_BYTES);
    store_bind_int(q, 13, (int64_t)r->opaque);
    store_bind_int(q, 14, (int64_t)r->newer);
    e = store_run(s, q);
    sqlite3_clear_bindings(q); /* they point into this frame */
    return e;
}

/* A checkpoint column: all of it, or nothing stored yet. */
static bool checkpoint_unpack(struct bytes in, uint8_t out[CHECKPOINT_SIGNED_BYTES])
{
    if (in.len == CHECKPOINT_SIGNED_BYTES)
        memcpy(out, in.data, in.len);
    return in.len == CHECKPOINT_SIGNED_BYTES || in.len == 0;
}

bool store_record_read(sqlite3_stmt *q, int at, struct feed_record *r)
{
    *r = (struct feed_record){0};
    struct bytes author = store_column_bytes(q, at + 1);
    if (author.len != AUTHOR_BYTES)
        return false;
    memcpy(r->author, author.data, AUTHOR_BYTES);
    r->feed_epoch = (uint32_t)sqlite3_column_int64(q, at + 2);
    r->tree.size = (uint64_t)sqlite3_column_int64(q, at + 3);
    r->heard_utc = sqlite3_column_int64(q, at + 4);
    r->owed = (uint64_t)sqlite3_column_int64(q, at + 5);
    r->refused = (uint64_t)sqlite3_column_int64(q, at + 6);
    r->profile_plus_one = (uint64_t)sqlite3_column_int64(q, at + 7);
    r->is_disputed = sqlite3_column_int64(q, at + 8) != 0;
    r->opaque = (uint64_t)sqlite3_column_int64(q, at + 13);
    r->newer = (uint64_t)sqlite3_column_int64(q, at + 14);
    struct bytes proof = store_column_bytes(q, at + 12);
    if (proof.len % HASH_BYTES != 0 || proof.len > sizeof r->proof)
        return false;
    if (proof.len > 0)
        memcpy(r->proof, proof.data, proof.len);
    r->proof_hashes = (uint32_t)(proof.len / HASH_BYTES);
    return frontier_unpack(&r->tree, store_column_bytes(q, at + 9)) &&
           checkpoint_unpack(store_column_bytes(q, at + 10), r->held) &&
           checkpoint_unpack(store_column_bytes(q, at + 11), r->seen);
}

enum err store_feeds(struct store *s, bool (*row)(void *ctx, const struct feed_record *record),
                     void *ctx)
{
    sqlite3_stmt *q = store_statement(s, SQL_FEED_LIST);
    struct feed_record r;
    while (store_next(s, q)) {
        bool is_sound = store_record_read(q, 0, &r);
        if (is_sound && row(ctx, &r))
            continue;
        sqlite3_reset(q);
        return is_sound ? OK : store_damaged(s);
    }
    return s->has_failed ? ERR_IO : OK;
}
