#include "node/store_read.h"

#include "node/store_internal.h"

#include <string.h>

/* Ends a list: the statement may still be running, and a row may have been unsound. */
static enum err list_end(struct store *s, sqlite3_stmt *q, bool is_sound)
{
    sqlite3_reset(q);
    if (!is_sound)
        return store_damaged(s);
    return s->has_failed ? ERR_IO : OK;
}

enum err store_rosters(struct store *s, uint64_t first,
                       bool (*row)(void *ctx, uint64_t version, const uint8_t hash[HASH_BYTES],
                                   struct bytes signed_roster),
                       void *ctx)
{
    sqlite3_stmt *q = store_statement(s, SQL_ROSTER_LIST);
    store_bind_int(q, 1, store_column_of(first));
    bool is_sound = true;
    while (is_sound && store_next(s, q)) {
        struct bytes hash = store_column_bytes(q, 1);
        is_sound = hash.len == HASH_BYTES;
        if (is_sound &&
            !row(ctx, (uint64_t)sqlite3_column_int64(q, 0), hash.data, store_column_bytes(q, 2)))
            break;
    }
    return list_end(s, q, is_sound);
}

enum err store_rivals(struct store *s, uint64_t version,
                      bool (*row)(void *ctx, struct bytes signed_roster), void *ctx)
{
    sqlite3_stmt *q = store_statement(s, SQL_RIVAL_LIST);
    store_bind_int(q, 1, store_column_of(version));
    while (store_next(s, q))
        if (!row(ctx, store_column_bytes(q, 0)))
            break;
    return list_end(s, q, true);
}

enum err store_budgets(struct store *s, uint32_t *day,
                       bool (*row)(void *ctx, const uint8_t member[AUTHOR_BYTES], uint32_t used),
                       void *ctx)
{
    *day = 0;
    sqlite3_stmt *q = store_statement(s, SQL_BUDGET_DAY);
    if (!store_next(s, q))
        return ERR_IO;
    *day = (uint32_t)sqlite3_column_int64(q, 0);
    sqlite3_reset(q);
    q = store_statement(s, SQL_BUDGET_LIST);
    store_bind_int(q, 1, *day);
    bool is_sound = true;
    while (is_sound && store_next(s, q)) {
        struct bytes member = store_column_bytes(q, 0);
        is_sound = member.len == AUTHOR_BYTES;
        if (is_sound && !row(ctx, member.data, (uint32_t)sqlite3_column_int64(q, 1)))
            break;
    }
    return list_end(s, q, is_sound);
}

/* The one integer of one row, 0 if there is none. */
static int64_t one_int(struct store *s, enum stmt which, int64_t key)
{
    sqlite3_stmt *q = store_statement(s, which);
    store_bind_int(q, 1, key);
    if (!store_next(s, q))
        return 0;
    int64_t value = sqlite3_column_int64(q, 0);
    sqlite3_reset(q);
    return value;
}

uint64_t store_mark(struct store *s, enum mark mark)
{
    return (uint64_t)one_int(s, SQL_MARK_ONE, mark);
}

size_t store_receipts(struct store *s, uint64_t index)
{
    return (size_t)one_int(s, SQL_RECEIPT_COUNT, store_column_of(index));
}

enum err store_receipt_list(struct store *s, uint64_t first,
                            bool (*row)(void *ctx, uint64_t index,
                                        const uint8_t peer[AUTHOR_BYTES]),
                            void *ctx)
{
    sqlite3_stmt *q = store_statement(s, SQL_RECEIPT_LIST);
    store_bind_int(q, 1, store_column_of(first));
    bool is_sound = true;
    while (is_sound && store_next(s, q)) {
        struct bytes peer = store_column_bytes(q, 1);
        is_sound = peer.len == AUTHOR_BYTES;
        if (is_sound && !row(ctx, (uint64_t)sqlite3_column_int64(q, 0), peer.data))
            break;
    }
    return list_end(s, q, is_sound);
}

enum err store_forks(struct store *s,
                     bool (*row)(void *ctx, const uint8_t author[AUTHOR_BYTES], uint32_t feed_epoch,
                                 const uint8_t feed_key[KEY_BYTES], struct bytes proof),
                     void *ctx)
{
    sqlite3_stmt *q = store_statement(s, SQL_FORK_LIST);
    bool is_sound = true;
    while (is_sound && store_next(s, q)) {
        struct bytes author = store_column_bytes(q, 0), key = store_column_bytes(q, 2);
        is_sound = author.len == AUTHOR_BYTES && key.len == KEY_BYTES;
        if (is_sound && !row(ctx, author.data, (uint32_t)sqlite3_column_int64(q, 1), key.data,
                             store_column_bytes(q, 3)))
            break;
    }
    return list_end(s, q, is_sound);
}

size_t store_seen(struct store *s, const uint8_t hash[HASH_BYTES], uint8_t *out, size_t cap)
{
    sqlite3_stmt *q = store_statement(s, SQL_SEEN_ONE);
    store_bind_bytes(q, 1, hash, HASH_BYTES);
    return store_copy_one(s, q, 0, out, cap);
}

enum err store_witness(struct store *s, const uint8_t *author,
                       bool (*row)(void *ctx,
                                   const uint8_t signed_checkpoint[CHECKPOINT_SIGNED_BYTES],
                                   uint32_t day),
                       void *ctx)
{
    sqlite3_stmt *q = store_statement(s, author == NULL ? SQL_WITNESS_LIST : SQL_WITNESS_OF);
    if (author != NULL)
        store_bind_bytes(q, 1, author, AUTHOR_BYTES);
    bool is_sound = true;
    while (is_sound && store_next(s, q)) {
        struct bytes raw = store_column_bytes(q, 0);
        is_sound = raw.len == CHECKPOINT_SIGNED_BYTES;
        if (is_sound && !row(ctx, raw.data, (uint32_t)sqlite3_column_int64(q, 1)))
            break;
    }
    return list_end(s, q, is_sound);
}

size_t store_peer_seen(struct store *s, const uint8_t author[AUTHOR_BYTES], uint8_t *out,
                       size_t cap)
{
    sqlite3_stmt *q = store_statement(s, SQL_PEER_SEEN_ONE);
    store_bind_bytes(q, 1, author, AUTHOR_BYTES);
    return store_copy_one(s, q, 0, out, cap);
}

enum err store_desk_read(struct store *s, uint64_t first,
                         bool (*row)(void *ctx, uint64_t index, struct bytes sealed), void *ctx)
{
    sqlite3_stmt *q = store_statement(s, SQL_DESK_LIST);
    store_bind_int(q, 1, store_column_of(first));
    while (store_next(s, q))
        if (!row(ctx, (uint64_t)sqlite3_column_int64(q, 0), store_column_bytes(q, 1)))
            break;
    return list_end(s, q, true);
}
