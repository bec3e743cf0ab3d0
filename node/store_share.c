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
