/*
 * store_correct.c - what was taken back, what is in force, the alerts among the entries, and the
 * watch-list of this node.
 */
#include "node/store_internal.h"
#include "node/store_read.h"
#include "node/store_write.h"

#include <string.h>

#include "protocol/entry.h"

enum err store_correction_add(struct store *s, uint32_t number, uint64_t target,
                              enum entry_type what, uint64_t by)
{
    sqlite3_stmt *q = store_statement(s, SQL_CORRECTION_SET);
    store_bind_int(q, 1, store_entry_id(number, target));
    if (what == ENTRY_RETRACT)
        store_bind_int(q, 2, (int64_t)by);
    else
        sqlite3_bind_null(q, 2);
    if (what == ENTRY_ERASE)
        store_bind_int(q, 3, (int64_t)by);
    else
        sqlite3_bind_null(q, 3);
    return store_run(s, q);
}

enum err store_apply_correction(struct store *s, const struct effect *f)
{
    uint32_t number = 0;
    enum err e = store_feed_learn(s, f->author, &number);
    return e == OK ? store_correction_add(s, number, f->correction.target, f->correction.what,
                                          f->correction.by)
                   : e;
}

static uint64_t plus_one(sqlite3_stmt *q, int at)
{
    return sqlite3_column_type(q, at) == SQLITE_NULL ? 0
                                                     : (uint64_t)sqlite3_column_int64(q, at) + 1;
}

static struct correction correction_of(struct store *s, uint32_t number, uint64_t index)
{
    struct correction c = {0};
    if (number == 0 || index >> INDEX_BITS != 0)
        return c;
    sqlite3_stmt *q = store_statement(s, SQL_CORRECTION_ONE);
    store_bind_int(q, 1, store_entry_id(number, index));
    if (!store_next(s, q))
        return c;
    c.retracted_plus_one = plus_one(q, 0);
    c.erased_plus_one = plus_one(q, 1);
    sqlite3_reset(q);
    return c;
}

struct correction store_correction(struct store *s, const uint8_t author[AUTHOR_BYTES],
                                   uint64_t index)
{
    return correction_of(s, store_feed_number(s, author), index);
}

enum force store_force(struct store *s, const uint8_t author[AUTHOR_BYTES], uint64_t index,
                       const struct body *b)
{
    uint32_t number = store_feed_number(s, author);
    struct lineage l = correction_lineage(index, b);
    struct correction own = correction_of(s, number, index), original = own, previous = own;
    if (l.original != index)
        original = correction_of(s, number, l.original);
    if (l.previous != index)
        previous = l.previous == l.original ? original : correction_of(s, number, l.previous);
    return correction_judge(index, &own, &original, &previous);
}

enum err store_corrections(struct store *s, const uint8_t author[AUTHOR_BYTES],
                           bool (*row)(void *ctx, uint64_t index, const struct correction *c),
                           void *ctx)
{
    uint32_t number = store_feed_number(s, author);
    if (number == 0)
        return s->has_failed ? ERR_IO : OK;
    sqlite3_stmt *q = store_statement(s, SQL_CORRECTION_LIST);
    store_bind_int(q, 1, store_entry_id(number, 0));
    store_bind_int(q, 2, store_entry_id(number + 1, 0));
    while (store_next(s, q)) {
        struct correction c = {plus_one(q, 1), plus_one(q, 2)};
        if (!row(ctx, store_entry_index(sqlite3_column_int64(q, 0)), &c))
            break;
    }
    sqlite3_reset(q);
    return s->has_failed ? ERR_IO : OK;
}

enum err store_version_put(struct store *s, uint64_t index, const struct store_version *version)
{
    enum err e = store_begin(s);
    if (e != OK)
        return e;
    sqlite3_stmt *q = store_statement(s, SQL_VERSION_NEW);
    store_bind_int(q, 1, store_column_of(index));
    store_bind_int(q, 2, store_column_of(version->original));
    store_bind_int(q, 3, version->became);
    return store_run(s, q);
}

bool store_version(struct store *s, uint64_t index, struct store_version *out)
{
    sqlite3_stmt *q = store_statement(s, SQL_VERSION_ONE);
    store_bind_int(q, 1, store_column_of(index));
    if (!store_next(s, q))
        return false;
    out->original = (uint64_t)sqlite3_column_int64(q, 0);
    out->became = (enum version_end)sqlite3_column_int(q, 1);
    sqlite3_reset(q);
    return true;
}

/* ---- Alerts ---- */

enum err store_alerts(struct store *s, bool (*row)(void *ctx, const struct alert_row *r), void *ctx)
{
    sqlite3_stmt *q = store_statement(s, SQL_ALERT_LIST);
    bool is_sound = true;
    while (is_sound && store_next(s, q)) {
        struct alert_row r = {.author = store_entry_author(s, sqlite3_column_int64(q, 0)),
                              .index = store_entry_index(sqlite3_column_int64(q, 0)),
                              .body = store_column_bytes(q, 2)};
        struct bytes header = store_column_bytes(q, 1);
        struct header h;
        is_sound =
            r.author != NULL && header.len == HEADER_BYTES && header_decode(header.data, &h) == OK;
        r.expires_day = is_sound ? h.expires_day : 0;
        if (is_sound && !row(ctx, &r))
            break;
    }
    sqlite3_reset(q);
    if (!is_sound)
        return store_damaged(s);
    return s->has_failed ? ERR_IO : OK;
}

/* ---- The watch-list ---- */

enum err store_watch_put(struct store *s, int64_t id, struct bytes sealed)
{
    enum err e = store_begin(s);
    if (e != OK)
        return e;
    sqlite3_stmt *q = store_statement(s, SQL_WATCH_NEW);
    store_bind_int(q, 1, id);
    store_bind_bytes(q, 2, sealed.data, sealed.len);
    return store_run(s, q);
}

enum err store_watch_delete(struct store *s, int64_t id)
{
    enum err e = store_begin(s);
    if (e == OK)
        e = store_run_one(s, SQL_WATCH_DROP, id);
    if (e == OK && sqlite3_changes(s->db) > 0)
        s->has_erased = true;
    return e;
}

enum err store_watches(struct store *s, bool (*row)(void *ctx, int64_t id, struct bytes sealed),
                       void *ctx)
{
    sqlite3_stmt *q = store_statement(s, SQL_WATCH_LIST);
    while (store_next(s, q))
        if (!row(ctx, sqlite3_column_int64(q, 0), store_column_bytes(q, 1)))
            break;
    sqlite3_reset(q);
    return s->has_failed ? ERR_IO : OK;
}
