#include "node/store_internal.h"
#include "node/store_pages.h"
#include "node/text.h"

#include <assert.h>
#include <string.h>

enum err store_fail(struct store *s, const char *doing)
{
    if (!s->has_failed) {
        int rc = sqlite3_extended_errcode(s->db);
        if ((rc & 0xFF) == SQLITE_FULL)
            problem_set(&s->problem,
                        _("The disk is full, and what the node kept back is used up: nothing can "
                          "be written. Make room on the disk of %s."),
                        s->path);
        else if (rc == SQLITE_IOERR_FSYNC)
            problem_set(&s->problem,
                        _("The disk could not keep what was written while %s (%s, SQLite code %d). "
                          "What was confirmed is not lost. If it happens again, replace the disk."),
                        doing, sqlite3_errmsg(s->db), rc);
        else
            problem_set(&s->problem, _("The store failed while %s: %s (SQLite code %d)."), doing,
                        sqlite3_errmsg(s->db), rc);
        s->has_failed = true;
        if (rc == SQLITE_IOERR_DATA || (rc & 0xFF) == SQLITE_CORRUPT)
            store_page_mark(s->path); /* the next start looks at all of it, and repairs it */
    }
    return ERR_IO;
}

enum err store_damaged(struct store *s)
{
    if (!s->has_failed)
        problem_set(&s->problem,
                    _("The store is damaged: a row is not as it was written. Start the "
                      "node again, which repairs what can be repaired."));
    s->has_failed = true;
    store_page_mark(s->path);
    return ERR_FORMAT;
}

const char *store_path(const struct store *s)
{
    return s->path;
}

bool store_has_failed(const struct store *s)
{
    return s->has_failed;
}

const char *store_error_text(const struct store *s)
{
    return s->problem.text;
}

sqlite3_stmt *store_statement(struct store *s, enum stmt which)
{
    sqlite3_stmt *stmt = s->stmt[which];
    assert(!sqlite3_stmt_busy(stmt));
    return stmt;
}

enum err store_run(struct store *s, sqlite3_stmt *stmt)
{
    if (s->has_failed)
        return ERR_IO;
    int rc = sqlite3_step(stmt);
    assert(rc != SQLITE_MISUSE && rc != SQLITE_ROW);
    enum err result = OK;
    if (rc != SQLITE_DONE)
        result = store_fail(s, _("writing"));
    sqlite3_reset(stmt);
    return result;
}

bool store_next(struct store *s, sqlite3_stmt *stmt)
{
    if (s->has_failed) {
        sqlite3_reset(stmt);
        return false;
    }
    int rc = sqlite3_step(stmt);
    assert(rc != SQLITE_MISUSE);
    if (rc == SQLITE_ROW)
        return true;
    if (rc != SQLITE_DONE)
        store_fail(s, _("reading"));
    sqlite3_reset(stmt);
    return false;
}

void store_bind_int(sqlite3_stmt *stmt, int at, int64_t value)
{
    int rc = sqlite3_bind_int64(stmt, at, value);
    assert(rc == SQLITE_OK);
    (void)rc;
}

void store_bind_bytes(sqlite3_stmt *stmt, int at, const void *data, size_t len)
{
    assert(len < INT32_MAX);
    int rc = sqlite3_bind_blob(stmt, at, len > 0 ? data : NULL, (int)len, SQLITE_STATIC);
    assert(rc == SQLITE_OK);
    (void)rc;
}

struct bytes store_column_bytes(sqlite3_stmt *stmt, int at)
{
    const void *data = sqlite3_column_blob(stmt, at);
    return bytes_of(data, data != NULL ? (size_t)sqlite3_column_bytes(stmt, at) : 0);
}

enum err store_run_one(struct store *s, enum stmt which, int64_t value)
{
    sqlite3_stmt *q = store_statement(s, which);
    store_bind_int(q, 1, value);
    return store_run(s, q);
}

enum err store_run_two(struct store *s, enum stmt which, int64_t first, int64_t second)
{
    sqlite3_stmt *q = store_statement(s, which);
    store_bind_int(q, 1, first);
    store_bind_int(q, 2, second);
    return store_run(s, q);
}

int64_t store_column_of(uint64_t value)
{
    return value > INT64_MAX ? INT64_MAX : (int64_t)value;
}

size_t store_copy_one(struct store *s, sqlite3_stmt *q, int at, uint8_t *out, size_t cap)
{
    if (!store_next(s, q))
        return 0;
    struct bytes b = store_column_bytes(q, at);
    size_t len = b.len <= cap ? b.len : 0;
    if (len > 0)
        memcpy(out, b.data, len);
    sqlite3_reset(q);
    return len;
}

enum err store_begin(struct store *s)
{
    if (s->has_failed)
        return ERR_IO;
    if (s->is_dirty)
        return OK;
    enum err e = store_run(s, store_statement(s, SQL_BEGIN));
    s->is_dirty = e == OK;
    return e;
}

struct store_room store_room(const struct store *s)
{
    return (struct store_room){s->reserve.free_bytes, s->reserve.wanted, s->reserve.held,
                               s->reserve.is_tight};
}

struct store_room store_room_review(struct store *s, uint64_t reserve_bytes)
{
    reserve_want(&s->reserve, reserve_bytes);
    (void)reserve_review(&s->reserve);
    return store_room(s);
}

bool store_is_dirty(const struct store *s)
{
    return s->is_dirty;
}

static enum err checkpoint(struct store *s, int mode)
{
    int log_pages = 0, copied_pages = 0;
    int rc = sqlite3_wal_checkpoint_v2(s->db, NULL, mode, &log_pages, &copied_pages);
    if (rc != SQLITE_OK)
        return store_fail(s, _("copying the log into the file"));
    s->log_pages = 0;
    return OK;
}

enum err store_scrub_wal(struct store *s)
{
    assert(!s->is_dirty);
    if (s->has_failed || checkpoint(s, SQLITE_CHECKPOINT_TRUNCATE) != OK)
        return ERR_IO;
    /* Cached pages may still hold copies, in their unused middle, of what is gone from the file;
     * the next change of such a page would log it. */
    sqlite3_db_release_memory(s->db);
    return OK;
}

enum err store_commit(struct store *s)
{
    if (s->has_failed)
        return ERR_IO;
    if (!s->is_dirty)
        return OK;
    enum err e = store_run(s, store_statement(s, SQL_COMMIT));
    if (e != OK)
        return e;
    s->is_dirty = false;
    if (s->has_erased) {
        s->has_erased = false;
        return store_scrub_wal(s);
    }
    if (s->log_pages >= (s->reserve.is_tight ? STORE_LOG_PAGES_TIGHT : STORE_LOG_PAGES))
        return checkpoint(s, SQLITE_CHECKPOINT_PASSIVE);
    return OK;
}
