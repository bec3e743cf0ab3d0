#include "node/store_find.h"
#include "node/store_internal.h"
#include "node/store_read.h"

#include <string.h>

/* Binds the ids of a feed's entries from index first on to 1 and 2; NULL if there can be none. */
static sqlite3_stmt *over_feed(struct store *s, enum stmt which, const uint8_t author[AUTHOR_BYTES],
                               uint64_t first)
{
    uint32_t number = store_feed_number(s, author);
    if (number == 0 || first >> INDEX_BITS != 0)
        return NULL;
    sqlite3_stmt *q = store_statement(s, which);
    store_bind_int(q, 1, store_entry_id(number, first));
    store_bind_int(q, 2, store_entry_id(number + 1, 0));
    return q;
}

static size_t archive_read(void *ctx, const uint8_t author[AUTHOR_BYTES], uint64_t first,
                           size_t count, bool (*row)(void *row_ctx, const struct archive_row *r),
                           void *row_ctx)
{
    struct store *s = ctx;
    sqlite3_stmt *q = over_feed(s, SQL_ENTRY_RANGE, author, first);
    size_t given = 0;
    while (q != NULL && given < count && store_next(s, q)) {
        struct bytes header = store_column_bytes(q, 2);
        if (header.len != HEADER_BYTES) {
            (void)store_damaged(s);
            break;
        }
        if (store_entry_index(sqlite3_column_int64(q, 0)) != first + given)
            break; /* one is missing */
        struct archive_row r = {
            .index = first + given,
            .state = (enum entry_state)sqlite3_column_int(q, 1),
            .header = header.data,
            .body = store_column_bytes(q, 3),
        };
        if (!row(row_ctx, &r))
            break;
        given++;
    }
    sqlite3_reset(q);
    return given;
}

static bool archive_hole(void *ctx, const uint8_t author[AUTHOR_BYTES], uint64_t from,
                         uint64_t *first, uint64_t *past)
{
    return store_hole(ctx, author, from, first, past);
}

static struct correction archive_correction(void *ctx, const uint8_t author[AUTHOR_BYTES],
                                            uint64_t index)
{
    return store_correction(ctx, author, index);
}

static enum entry_state archive_state(void *ctx, const uint8_t author[AUTHOR_BYTES], uint64_t index)
{
    struct store *s = ctx;
    uint32_t number = store_feed_number(s, author);
    if (number == 0 || index >> INDEX_BITS != 0)
        return STATE_NONE;
    sqlite3_stmt *q = store_statement(s, SQL_ENTRY_STATE);
    store_bind_int(q, 1, store_entry_id(number, index));
    if (!store_next(s, q))
        return STATE_NONE;
    enum entry_state state = (enum entry_state)sqlite3_column_int(q, 0);
    sqlite3_reset(q);
    return state;
}

static bool archive_tile(void *ctx, const uint8_t author[AUTHOR_BYTES], unsigned tile,
                         uint64_t position, uint8_t out[HASH_BYTES])
{
    struct store *s = ctx;
    uint32_t number = store_feed_number(s, author);
    if (number == 0)
        return false;
    sqlite3_stmt *q = store_statement(s, SQL_TILE_ONE);
    store_bind_int(q, 1, number);
    store_bind_int(q, 2, tile);
    store_bind_int(q, 3, store_column_of(position));
    return store_copy_one(s, q, 0, out, HASH_BYTES) == HASH_BYTES;
}

/* Indexes from a table of entry ids. */
static size_t take_indexes(struct store *s, enum stmt which, const uint8_t author[AUTHOR_BYTES],
                           uint64_t from, uint64_t *out, size_t max)
{
    sqlite3_stmt *q = over_feed(s, which, author, from);
    if (q == NULL)
        return 0;
    store_bind_int(q, 3, store_column_of(max));
    size_t n = 0;
    while (store_next(s, q))
        out[n++] = store_entry_index(sqlite3_column_int64(q, 0));
    return n;
}

static size_t archive_owed(void *ctx, const uint8_t author[AUTHOR_BYTES], uint64_t from,
                           uint64_t *out, size_t max)
{
    return take_indexes(ctx, SQL_OWED_LIST, author, from, out, max);
}

static size_t archive_opaque(void *ctx, const uint8_t author[AUTHOR_BYTES], uint64_t from,
                             uint64_t *out, size_t max)
{
    return take_indexes(ctx, SQL_OPAQUE_LIST, author, from, out, max);
}

/* Author and index of each entry id that the statement gives. */
static size_t take_entries(struct store *s, sqlite3_stmt *q, uint8_t (*authors)[AUTHOR_BYTES],
                           uint64_t *indexes, size_t max)
{
    size_t n = 0;
    while (n < max && store_next(s, q)) {
        int64_t id = sqlite3_column_int64(q, 0);
        const uint8_t *author = store_entry_author(s, id);
        if (author == NULL) {
            (void)store_damaged(s);
            break;
        }
        memcpy(authors[n], author, AUTHOR_BYTES);
        indexes[n++] = store_entry_index(id);
    }
    sqlite3_reset(q);
    return n;
}

static size_t archive_expired(void *ctx, uint32_t day, uint8_t (*authors)[AUTHOR_BYTES],
                              uint64_t *indexes, size_t max)
{
    struct store *s = ctx;
    sqlite3_stmt *q = store_statement(s, SQL_EXPIRING_LIST);
    store_bind_int(q, 1, day);
    store_bind_int(q, 2, store_column_of(max));
    return take_entries(s, q, authors, indexes, max);
}

static size_t archive_receipts_due(void *ctx, uint8_t (*authors)[AUTHOR_BYTES], uint64_t *indexes,
                                   size_t max)
{
    struct store *s = ctx;
    sqlite3_stmt *q = store_statement(s, SQL_DUE_LIST);
    store_bind_int(q, 1, store_column_of(max));
    return take_entries(s, q, authors, indexes, max);
}

static bool archive_request(void *ctx, const uint8_t member[AUTHOR_BYTES],
                            const uint8_t request[16], uint8_t points_hash[HASH_BYTES])
{
    struct store *s = ctx;
    sqlite3_stmt *q = store_statement(s, SQL_REQUEST_ONE);
    store_bind_bytes(q, 1, member, AUTHOR_BYTES);
    store_bind_bytes(q, 2, request, 16);
    return store_copy_one(s, q, 0, points_hash, HASH_BYTES) == HASH_BYTES;
}

static size_t archive_roster(void *ctx, uint64_t version, uint8_t *out, size_t cap)
{
    struct store *s = ctx;
    sqlite3_stmt *q = store_statement(s, SQL_ROSTER_ONE);
    store_bind_int(q, 1, store_column_of(version));
    return store_copy_one(s, q, 0, out, cap);
}

static size_t archive_seen(void *ctx, const uint8_t hash[HASH_BYTES], uint8_t *out, size_t cap)
{
    return store_seen(ctx, hash, out, cap);
}

static bool archive_witness(void *ctx, const uint8_t author[AUTHOR_BYTES], uint32_t feed_epoch,
                            uint64_t seq, uint8_t out[CHECKPOINT_SIGNED_BYTES])
{
    struct store *s = ctx;
    sqlite3_stmt *q = store_statement(s, SQL_WITNESS_ONE);
    store_bind_bytes(q, 1, author, AUTHOR_BYTES);
    store_bind_int(q, 2, feed_epoch);
    store_bind_int(q, 3, store_column_of(seq));
    return store_copy_one(s, q, 0, out, CHECKPOINT_SIGNED_BYTES) == CHECKPOINT_SIGNED_BYTES;
}

static size_t archive_rival(void *ctx, const uint8_t hash[HASH_BYTES], uint8_t *out, size_t cap)
{
    struct store *s = ctx;
    sqlite3_stmt *q = store_statement(s, SQL_RIVAL_ONE);
    store_bind_bytes(q, 1, hash, HASH_BYTES);
    return store_copy_one(s, q, 0, out, cap);
}

static size_t archive_fork(void *ctx, const uint8_t author[AUTHOR_BYTES], uint32_t feed_epoch,
                           uint8_t *out, size_t cap)
{
    struct store *s = ctx;
    sqlite3_stmt *q = store_statement(s, SQL_FORK_ONE);
    store_bind_bytes(q, 1, author, AUTHOR_BYTES);
    store_bind_int(q, 2, feed_epoch);
    return store_copy_one(s, q, 0, out, cap);
}

struct archive store_archive(struct store *s)
{
    return (struct archive){
        .ctx = s,
        .read = archive_read,
        .hole = archive_hole,
        .correction = archive_correction,
        .state = archive_state,
        .tile = archive_tile,
        .owed = archive_owed,
        .opaque = archive_opaque,
        .expired = archive_expired,
        .request = archive_request,
        .notices = store_archive_notices,
        .surged = store_archive_surged,
        .account = store_archive_account,
        .receipts_due = archive_receipts_due,
        .seen = archive_seen,
        .witness = archive_witness,
        .parcel = store_archive_parcel,
        .message = store_archive_message,
        .factored = store_archive_factored,
        .signals = store_archive_signals,
        .ceremonies = store_archive_ceremonies,
        .roster = archive_roster,
        .rival = archive_rival,
        .fork = archive_fork,
    };
}
