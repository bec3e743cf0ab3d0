#include "node/store_share.h"

#include "node/store_internal.h"

enum err store_share_put(struct store *s, const uint8_t id[SHARE_ID_BYTES], struct bytes sealed)
{
    enum err e = store_begin(s);
    if (e != OK)
        return e;
    sqlite3_stmt *q = store_statement(s, SQL_SHARE_SET);
    store_bind_bytes(q, 1, id, SHARE_ID_BYTES);
    store_bind_bytes(q, 2, sealed.data, sealed.len);
    s->has_erased = true; /* what was there before */
    return store_run(s, q);
}

enum err store_share_delete(struct store *s, const uint8_t id[SHARE_ID_BYTES])
{
    enum err e = store_begin(s);
    if (e != OK)
        return e;
    sqlite3_stmt *q = store_statement(s, SQL_SHARE_DROP);
    store_bind_bytes(q, 1, id, SHARE_ID_BYTES);
    s->has_erased = true;
    return store_run(s, q);
}

enum err store_shares(struct store *s,
                      bool (*row)(void *ctx, const uint8_t id[SHARE_ID_BYTES], struct bytes sealed),
                      void *ctx)
{
    sqlite3_stmt *q = store_statement(s, SQL_SHARE_LIST);
    bool is_sound = true, goes_on = true;
    while (is_sound && goes_on && store_next(s, q)) {
        struct bytes id = store_column_bytes(q, 0);
        is_sound = id.len == SHARE_ID_BYTES;
        if (is_sound)
            goes_on = row(ctx, id.data, store_column_bytes(q, 1));
    }
    sqlite3_reset(q);
    if (!is_sound)
        return store_damaged(s);
    return s->has_failed ? ERR_IO : OK;
}

/* ---- Factors ---- */

enum err store_factored_put(struct store *s, const uint8_t member[AUTHOR_BYTES], uint32_t epoch,
                            uint32_t used)
{
    sqlite3_stmt *q = store_statement(s, SQL_FACTORED_SET);
    store_bind_bytes(q, 1, member, AUTHOR_BYTES);
    store_bind_int(q, 2, epoch);
    store_bind_int(q, 3, used);
    return store_run(s, q);
}

uint32_t store_archive_factored(void *ctx, const uint8_t member[AUTHOR_BYTES], uint32_t epoch)
{
    struct store *s = ctx;
    sqlite3_stmt *q = store_statement(s, SQL_FACTORED_ONE);
    store_bind_bytes(q, 1, member, AUTHOR_BYTES);
    store_bind_int(q, 2, epoch);
    uint32_t used = store_next(s, q) ? (uint32_t)sqlite3_column_int64(q, 0) : 0;
    sqlite3_reset(q);
    return used;
}

uint64_t store_archive_signals(void *ctx, const uint8_t author[AUTHOR_BYTES])
{
    struct store *s = ctx;
    uint32_t number = store_feed_number(s, author);
    if (number == 0)
        return 0;
    sqlite3_stmt *q = store_statement(s, SQL_SIGNAL_COUNT);
    store_bind_int(q, 1, store_entry_id(number, 0));
    store_bind_int(q, 2, store_entry_id(number + 1, 0));
    uint64_t count = store_next(s, q) ? (uint64_t)sqlite3_column_int64(q, 0) : 0;
    sqlite3_reset(q);
    return count;
}
