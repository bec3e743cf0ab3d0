#include "node/store_account.h"

#include "node/store_internal.h"

#include <string.h>

/* ---- What a keyholder charged ---- */

enum err store_apply_surge(struct store *s, const struct effect *f)
{
    sqlite3_stmt *q = store_statement(s, SQL_SURGE_ADD);
    store_bind_bytes(q, 1, f->author, AUTHOR_BYTES);
    store_bind_int(q, 2, store_column_of(f->surge.index));
    store_bind_int(q, 3, f->surge.day);
    store_bind_int(q, 4, f->surge.elements);
    return store_run(s, q);
}

enum err store_apply_account_past(struct store *s, const struct effect *f)
{
    static const enum stmt steps[] = {SQL_ACCOUNT_CLOSE, SQL_ACCOUNT_CLOSE_SURGE, SQL_REQUEST_PAST,
                                      SQL_SURGE_PAST,    SQL_PURPOSE_PAST,        SQL_ASKED_PAST};
    enum err e = OK;
    for (size_t i = 0; i < sizeof steps / sizeof steps[0] && e == OK; i++) {
        e = store_run_one(s, steps[i], f->past.day);
        s->has_erased = s->has_erased || sqlite3_changes(s->db) > 0;
    }
    return e;
}

void store_archive_notices(void *ctx, const uint8_t author[AUTHOR_BYTES],
                           bool (*row)(void *row_ctx, const struct archive_row *r), void *row_ctx)
{
    struct store *s = ctx;
    uint32_t number = store_feed_number(s, author);
    if (number == 0)
        return;
    sqlite3_stmt *q = store_statement(s, SQL_NOTICE_LIST);
    store_bind_int(q, 1, store_entry_id(number, 0));
    store_bind_int(q, 2, store_entry_id(number + 1, 0));
    bool goes_on = true;
    while (goes_on && store_next(s, q)) {
        struct bytes header = store_column_bytes(q, 1);
        if (header.len != HEADER_BYTES) {
            (void)store_damaged(s);
            break;
        }
        struct archive_row r = {.index = store_entry_index(sqlite3_column_int64(q, 0)),
                                .state = STATE_HELD,
                                .header = header.data,
                                .body = store_column_bytes(q, 2)};
        goes_on = row(row_ctx, &r);
    }
    sqlite3_reset(q);
}

static uint64_t one_sum(struct store *s, sqlite3_stmt *q)
{
    if (!store_next(s, q))
        return 0;
    int64_t sum = sqlite3_column_int64(q, 0);
    sqlite3_reset(q);
    return (uint64_t)sum;
}

uint64_t store_archive_surged(void *ctx, const uint8_t member[AUTHOR_BYTES], uint64_t index,
                              uint32_t from_day, uint32_t until_day)
{
    struct store *s = ctx;
    sqlite3_stmt *q = store_statement(s, SQL_SURGE_SUM);
    store_bind_bytes(q, 1, member, AUTHOR_BYTES);
    store_bind_int(q, 2, index == UINT64_MAX ? 0 : store_column_of(index));
    store_bind_int(q, 3, store_column_of(index));
    store_bind_int(q, 4, from_day);
    store_bind_int(q, 5, until_day);
    return one_sum(s, q);
}

static void bind_days(sqlite3_stmt *q, const uint8_t member[AUTHOR_BYTES], uint32_t first,
                      uint32_t last)
{
    store_bind_bytes(q, 1, member, AUTHOR_BYTES);
    store_bind_int(q, 2, first);
    store_bind_int(q, 3, last);
}

/* What stands of the month in the table, and what was closed of it. */
static void total(struct store *s, const uint8_t member[AUTHOR_BYTES], uint32_t month,
                  uint32_t first, uint32_t last, struct account_totals *t)
{
    sqlite3_stmt *q = store_statement(s, SQL_REQUEST_TOTAL);
    bind_days(q, member, first, last);
    if (store_next(s, q)) {
        t->requests = (uint64_t)sqlite3_column_int64(q, 0);
        t->elements = (uint64_t)sqlite3_column_int64(q, 1);
        sqlite3_reset(q);
    }
    t->surge = store_archive_surged(s, member, UINT64_MAX, first, last);
    q = store_statement(s, SQL_ACCOUNT_ONE);
    store_bind_bytes(q, 1, member, AUTHOR_BYTES);
    store_bind_int(q, 2, month);
    if (store_next(s, q)) {
        t->requests += (uint64_t)sqlite3_column_int64(q, 0);
        t->elements += (uint64_t)sqlite3_column_int64(q, 1);
        t->surge += (uint64_t)sqlite3_column_int64(q, 2);
        sqlite3_reset(q);
    }
}

static bool read_request(sqlite3_stmt *q, uint8_t *out)
{
    struct account_row row;
    struct bytes request = store_column_bytes(q, 0), hash = store_column_bytes(q, 3),
                 purpose = store_column_bytes(q, 4);
    if (request.len != REQUEST_BYTES || hash.len != HASH_BYTES || purpose.len != HASH_BYTES)
        return false;
    memcpy(row.request, request.data, REQUEST_BYTES);
    row.day = (uint32_t)sqlite3_column_int64(q, 1);
    row.points = (uint32_t)sqlite3_column_int64(q, 2);
    memcpy(row.points_hash, hash.data, HASH_BYTES);
    memcpy(row.purpose, purpose.data, HASH_BYTES);
    account_row_encode(&row, out);
    return true;
}

size_t store_archive_account(void *ctx, const uint8_t member[AUTHOR_BYTES], uint32_t month,
                             const uint8_t after[REQUEST_BYTES], struct account_totals *totals,
                             uint8_t *rows, size_t max)
{
    struct store *s = ctx;
    uint32_t first, last;
    size_t n = 0;
    *totals = (struct account_totals){0};
    if (account_month_days(month, &first, &last) != OK)
        return 0;
    total(s, member, month, first, last, totals);
    static const uint8_t zeros[REQUEST_BYTES];
    bool is_first = memcmp(after, zeros, REQUEST_BYTES) == 0;
    sqlite3_stmt *q = store_statement(s, SQL_REQUEST_LIST);
    bind_days(q, member, first, last);
    if (is_first)
        sqlite3_bind_zeroblob(q, 4, 0); /* every request sorts after it */
    else
        store_bind_bytes(q, 4, after, REQUEST_BYTES);
    store_bind_int(q, 5, store_column_of(max));
    while (n < max && store_next(s, q)) {
        if (!read_request(q, rows + n * ACCOUNT_ROW_BYTES)) {
            (void)store_damaged(s);
            break;
        }
        n++;
    }
    sqlite3_reset(q);
    return n;
}

/* ---- Own records ---- */

enum err store_purpose_put(struct store *s, const uint8_t id[REQUEST_BYTES], uint32_t day,
                           struct bytes sealed)
{
    enum err e = store_begin(s);
    if (e != OK)
        return e;
    sqlite3_stmt *q = store_statement(s, SQL_PURPOSE_SET);
    store_bind_bytes(q, 1, id, REQUEST_BYTES);
    store_bind_int(q, 2, day);
    store_bind_bytes(q, 3, sealed.data, sealed.len);
    return store_run(s, q);
}

static enum err list_end(struct store *s, sqlite3_stmt *q, bool is_sound)
{
    sqlite3_reset(q);
    if (!is_sound)
        return store_damaged(s);
    return s->has_failed ? ERR_IO : OK;
}

enum err store_purposes(struct store *s, uint32_t first, uint32_t last,
                        bool (*row)(void *ctx, const uint8_t id[REQUEST_BYTES], uint32_t day,
                                    struct bytes sealed),
                        void *ctx)
{
    sqlite3_stmt *q = store_statement(s, SQL_PURPOSE_LIST);
    store_bind_int(q, 1, first);
    store_bind_int(q, 2, last);
    bool is_sound = true, goes_on = true;
    while (is_sound && goes_on && store_next(s, q)) {
        struct bytes id = store_column_bytes(q, 0);
        is_sound = id.len == REQUEST_BYTES;
        if (is_sound)
            goes_on =
                row(ctx, id.data, (uint32_t)sqlite3_column_int64(q, 1), store_column_bytes(q, 2));
    }
    return list_end(s, q, is_sound);
}

enum err store_allowance_put(struct store *s, int64_t number, struct bytes sealed)
{
    enum err e = store_begin(s);
    if (e != OK)
        return e;
    sqlite3_stmt *q = store_statement(s, SQL_ALLOWANCE_SET);
    store_bind_int(q, 1, number);
    store_bind_bytes(q, 2, sealed.data, sealed.len);
    return store_run(s, q);
}

enum err store_allowances(struct store *s,
                          bool (*row)(void *ctx, int64_t number, struct bytes sealed), void *ctx)
{
    sqlite3_stmt *q = store_statement(s, SQL_ALLOWANCE_LIST);
    bool goes_on = true;
    while (goes_on && store_next(s, q))
        goes_on = row(ctx, sqlite3_column_int64(q, 0), store_column_bytes(q, 1));
    return list_end(s, q, true);
}

enum err store_asked_add(struct store *s, uint32_t day, uint32_t people, uint32_t no_vacancy)
{
    enum err e = store_begin(s);
    if (e != OK)
        return e;
    sqlite3_stmt *q = store_statement(s, SQL_ASKED_ADD);
    store_bind_int(q, 1, day);
    store_bind_int(q, 2, people);
    store_bind_int(q, 3, no_vacancy);
    return store_run(s, q);
}

enum err store_asked(struct store *s, uint32_t first,
                     bool (*row)(void *ctx, uint32_t day, uint64_t people, uint64_t no_vacancy),
                     void *ctx)
{
    sqlite3_stmt *q = store_statement(s, SQL_ASKED_LIST);
    store_bind_int(q, 1, first);
    bool goes_on = true;
    while (goes_on && store_next(s, q))
        goes_on = row(ctx, (uint32_t)sqlite3_column_int64(q, 0),
                      (uint64_t)sqlite3_column_int64(q, 1), (uint64_t)sqlite3_column_int64(q, 2));
    return list_end(s, q, true);
}
