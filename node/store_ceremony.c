#include "node/store_ceremony.h"

#include "node/store_internal.h"

enum err store_ceremony_put(struct store *s, const uint8_t id[HASH_BYTES], struct bytes sealed)
{
    enum err e = store_begin(s);
    if (e != OK)
        return e;
    sqlite3_stmt *q = store_statement(s, SQL_CEREMONY_SET);
    store_bind_bytes(q, 1, id, HASH_BYTES);
    store_bind_bytes(q, 2, sealed.data, sealed.len);
    s->has_erased = true; /* what was there before */
    return store_run(s, q);
}

enum err store_ceremony_delete(struct store *s, const uint8_t id[HASH_BYTES])
{
    enum err e = store_begin(s);
    if (e != OK)
        return e;
    sqlite3_stmt *q = store_statement(s, SQL_CEREMONY_DROP);
    store_bind_bytes(q, 1, id, HASH_BYTES);
    s->has_erased = true;
    return store_run(s, q);
}

void store_archive_ceremonies(void *ctx,
                              bool (*row)(void *row_ctx, const uint8_t author[AUTHOR_BYTES],
                                          const struct archive_row *r),
                              void *row_ctx)
{
    struct store *s = ctx;
    sqlite3_stmt *q = store_statement(s, SQL_CEREMONY_ENTRY_LIST);
    bool goes_on = true;
    while (goes_on && store_next(s, q)) {
        int64_t id = sqlite3_column_int64(q, 0);
        const uint8_t *author = store_entry_author(s, id);
        struct bytes header = store_column_bytes(q, 2);
        if (author == NULL || header.len != HEADER_BYTES) {
            (void)store_damaged(s);
            break;
        }
        struct archive_row r = {.index = store_entry_index(id),
                                .state = (enum entry_state)sqlite3_column_int(q, 1),
                                .header = header.data,
                                .body = store_column_bytes(q, 3)};
        goes_on = row(row_ctx, author, &r);
    }
    sqlite3_reset(q);
}

enum err store_ceremonies(struct store *s,
                          bool (*row)(void *ctx, const uint8_t id[HASH_BYTES], struct bytes sealed),
                          void *ctx)
{
    sqlite3_stmt *q = store_statement(s, SQL_CEREMONY_LIST);
    bool is_sound = true, goes_on = true;
    while (is_sound && goes_on && store_next(s, q)) {
        struct bytes id = store_column_bytes(q, 0);
        is_sound = id.len == HASH_BYTES;
        if (is_sound)
            goes_on = row(ctx, id.data, store_column_bytes(q, 1));
    }
    sqlite3_reset(q);
    if (!is_sound)
        return store_damaged(s);
    return s->has_failed ? ERR_IO : OK;
}
