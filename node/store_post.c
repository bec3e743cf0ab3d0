#include "node/store_post.h"

#include "node/store_internal.h"

#include <string.h>

static enum err list_end(struct store *s, sqlite3_stmt *q, bool is_sound)
{
    sqlite3_reset(q);
    if (!is_sound)
        return store_damaged(s);
    return s->has_failed ? ERR_IO : OK;
}

/* Runs a statement that deletes; remembers that something has to be scrubbed if it did. */
static enum err erase(struct store *s, enum stmt which, uint64_t value)
{
    enum err e = store_begin(s);
    if (e == OK)
        e = store_run_one(s, which, store_column_of(value));
    if (e == OK && sqlite3_changes(s->db) > 0)
        s->has_erased = true;
    return e;
}

/* ---- Prekeys ---- */

enum err store_prekey_put(struct store *s, uint32_t week, struct bytes sealed)
{
    enum err e = store_begin(s);
    if (e != OK)
        return e;
    sqlite3_stmt *q = store_statement(s, SQL_PREKEY_SET);
    store_bind_int(q, 1, week);
    store_bind_bytes(q, 2, sealed.data, sealed.len);
    return store_run(s, q);
}

enum err store_prekey_delete(struct store *s, uint32_t week)
{
    return erase(s, SQL_PREKEY_DROP, week);
}

enum err store_prekeys(struct store *s, bool (*row)(void *ctx, uint32_t week, struct bytes sealed),
                       void *ctx)
{
    sqlite3_stmt *q = store_statement(s, SQL_PREKEY_LIST);
    while (store_next(s, q))
        if (!row(ctx, (uint32_t)sqlite3_column_int64(q, 0), store_column_bytes(q, 1)))
            break;
    return list_end(s, q, true);
}

/* ---- What became of each ---- */

enum err store_apply_parcel(struct store *s, const struct effect *f)
{
    uint32_t number = 0;
    enum err e = store_feed_learn(s, f->parcel.author, &number);
    if (e != OK)
        return e;
    sqlite3_stmt *q = store_statement(s, SQL_PARCEL_SET);
    store_bind_int(q, 1, store_entry_id(number, f->parcel.index));
    store_bind_int(q, 2, f->parcel.expires_day);
    store_bind_int(q, 3, f->parcel.state);
    store_bind_bytes(q, 4, f->parcel.addressee, AUTHOR_BYTES);
    store_bind_bytes(q, 5, f->parcel.receipt, SIGNATURE_BYTES);
    return store_run(s, q);
}

enum err store_apply_post_past(struct store *s, const struct effect *f)
{
    static const enum stmt tables[] = {SQL_PARCEL_PAST, SQL_INBOX_PAST, SQL_OUTBOX_PAST};
    enum err e = OK;
    for (size_t i = 0; i < sizeof tables / sizeof tables[0] && e == OK; i++)
        e = erase(s, tables[i], f->past.day);
    return e;
}

/* The columns from at on: expires, state, addressee, receipt. */
static bool read_parcel(sqlite3_stmt *q, int at, struct parcel_record *r)
{
    struct bytes addressee = store_column_bytes(q, at + 2), receipt = store_column_bytes(q, at + 3);
    if (addressee.len != AUTHOR_BYTES || receipt.len != SIGNATURE_BYTES)
        return false;
    r->expires_day = (uint32_t)sqlite3_column_int64(q, at);
    r->state = (enum parcel_state)sqlite3_column_int(q, at + 1);
    memcpy(r->addressee, addressee.data, AUTHOR_BYTES);
    memcpy(r->receipt, receipt.data, SIGNATURE_BYTES);
    return true;
}

bool store_archive_parcel(void *ctx, const uint8_t author[AUTHOR_BYTES], uint64_t index,
                          struct parcel_record *out)
{
    struct store *s = ctx;
    uint32_t number = store_feed_number(s, author);
    if (number == 0 || index >> INDEX_BITS != 0)
        return false;
    sqlite3_stmt *q = store_statement(s, SQL_PARCEL_ONE);
    store_bind_int(q, 1, store_entry_id(number, index));
    if (!store_next(s, q))
        return false;
    struct parcel_record r = {.index = index};
    memcpy(r.author, author, AUTHOR_BYTES);
    bool is_sound = read_parcel(q, 0, &r);
    sqlite3_reset(q);
    if (!is_sound) {
        (void)store_damaged(s);
        return false;
    }
    *out = r;
    return true;
}

enum err store_parcels(struct store *s, bool (*row)(void *ctx, const struct parcel_record *record),
                       void *ctx)
{
    sqlite3_stmt *q = store_statement(s, SQL_PARCEL_LIST);
    bool is_sound = true;
    while (is_sound && store_next(s, q)) {
        struct parcel_record r = {0};
        int64_t id = sqlite3_column_int64(q, 0);
        const uint8_t *author = store_entry_author(s, id);
        is_sound = author != NULL && read_parcel(q, 1, &r);
        if (!is_sound)
            break;
        memcpy(r.author, author, AUTHOR_BYTES);
        r.index = store_entry_index(id);
        if (!row(ctx, &r))
            break;
    }
    return list_end(s, q, is_sound);
}

/* ---- Inbox ---- */

bool store_archive_message(void *ctx, const uint8_t sender[AUTHOR_BYTES],
                           const uint8_t id[ENVELOPE_ID_BYTES])
{
    struct store *s = ctx;
    sqlite3_stmt *q = store_statement(s, SQL_INBOX_KNOWN);
    store_bind_bytes(q, 1, sender, AUTHOR_BYTES);
    store_bind_bytes(q, 2, id, ENVELOPE_ID_BYTES);
    bool is_known = store_next(s, q);
    if (is_known)
        sqlite3_reset(q);
    return is_known;
}

enum err store_inbox_put(struct store *s, const uint8_t sender[AUTHOR_BYTES],
                         const uint8_t id[ENVELOPE_ID_BYTES], uint32_t expires_day,
                         struct bytes sealed)
{
    enum err e = store_begin(s);
    if (e != OK)
        return e;
    sqlite3_stmt *q = store_statement(s, SQL_INBOX_NEW);
    store_bind_int(q, 1, expires_day);
    store_bind_bytes(q, 2, sender, AUTHOR_BYTES);
    store_bind_bytes(q, 3, id, ENVELOPE_ID_BYTES);
    store_bind_bytes(q, 4, sealed.data, sealed.len);
    return store_run(s, q);
}

enum err store_inbox_delete(struct store *s, uint64_t number)
{
    enum err e = erase(s, SQL_INBOX_DROP, number);
    return e == OK && sqlite3_changes(s->db) == 0 ? ERR_NOT_FOUND : e;
}

enum err store_inbox_read(struct store *s, uint64_t first,
                          bool (*row)(void *ctx, uint64_t number,
                                      const uint8_t id[ENVELOPE_ID_BYTES], struct bytes sealed),
                          void *ctx)
{
    sqlite3_stmt *q = store_statement(s, SQL_INBOX_LIST);
    store_bind_int(q, 1, store_column_of(first));
    bool is_sound = true;
    while (is_sound && store_next(s, q)) {
        struct bytes id = store_column_bytes(q, 1);
        is_sound = id.len == ENVELOPE_ID_BYTES;
        if (is_sound &&
            !row(ctx, (uint64_t)sqlite3_column_int64(q, 0), id.data, store_column_bytes(q, 2)))
            break;
    }
    return list_end(s, q, is_sound);
}

size_t store_inbox_count(struct store *s)
{
    sqlite3_stmt *q = store_statement(s, SQL_INBOX_COUNT);
    if (!store_next(s, q))
        return 0;
    size_t count = (size_t)sqlite3_column_int64(q, 0);
    sqlite3_reset(q);
    return count;
}

/* ---- Outbox ---- */

enum err store_outbox_put(struct store *s, uint64_t index, uint32_t expires_day,
                          struct bytes sealed)
{
    enum err e = store_begin(s);
    if (e != OK)
        return e;
    sqlite3_stmt *q = store_statement(s, SQL_OUTBOX_SET);
    store_bind_int(q, 1, store_column_of(index));
    store_bind_int(q, 2, expires_day);
    store_bind_bytes(q, 3, sealed.data, sealed.len);
    return store_run(s, q);
}

enum err store_outbox_read(struct store *s,
                           bool (*row)(void *ctx, uint64_t index, struct bytes sealed), void *ctx)
{
    sqlite3_stmt *q = store_statement(s, SQL_OUTBOX_LIST);
    while (store_next(s, q))
        if (!row(ctx, (uint64_t)sqlite3_column_int64(q, 0), store_column_bytes(q, 1)))
            break;
    return list_end(s, q, true);
}

enum err store_outbox_cut(struct store *s, uint64_t first)
{
    return erase(s, SQL_OUTBOX_CUT, first);
}
