#include "node/store_rescue.h"

#include <stdio.h>
#include <string.h>

#include "node/store_internal.h"
#include "node/store_layer.h"
#include "node/store_pages.h"
#include "node/text.h"

static int64_t one(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *q = NULL;
    int64_t value = -1;
    if (sqlite3_prepare_v2(db, sql, -1, &q, NULL) == SQLITE_OK && sqlite3_step(q) == SQLITE_ROW)
        value = sqlite3_column_int64(q, 0);
    sqlite3_finalize(q);
    return value;
}

enum err rescue_open(const char *path, sqlite3 **db, struct problem *problem)
{
    const char *layer = store_layer_register();
    *db = NULL;
    (void)store_page_restore_first(path); /* without sums, or a copy, it may do as it is */
    bool is_open = layer != NULL &&
                   sqlite3_open_v2(path, db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, layer) ==
                       SQLITE_OK &&
                   sqlite3_exec(*db, "PRAGMA locking_mode=EXCLUSIVE; PRAGMA mmap_size=0", NULL,
                                NULL, NULL) == SQLITE_OK;
    if (!is_open) {
        problem_set(problem, _("%s cannot be opened: %s."), path,
                    *db != NULL ? sqlite3_errmsg(*db) : _("out of memory"));
        return ERR_IO;
    }
    sqlite3_db_config(*db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    int64_t version = one(*db, "PRAGMA user_version");
    if (one(*db, "PRAGMA application_id") != STORE_APPLICATION || version < 2 ||
        version > STORE_SCHEMA || one(*db, "SELECT count(*) FROM sqlite_schema") < 1) {
        problem_set(problem,
                    _("%s is damaged where its tables begin. Restore a backup, or move the file "
                      "away and start again; the node then fetches what its peers hold."),
                    path);
        return ERR_FORMAT;
    }
    return OK;
}

bool rescue_has_table(sqlite3 *db, const char *name)
{
    return sqlite3_table_column_metadata(db, "main", name, NULL, NULL, NULL, NULL, NULL, NULL) ==
           SQLITE_OK;
}

/* ---- By rowid ---- */

enum found { FOUND_ROW, FOUND_END, FOUND_DAMAGE };

/* The first row at or after a rowid. */
static enum found probe(sqlite3_stmt *q, int64_t from, int64_t *rowid)
{
    sqlite3_bind_int64(q, 1, from);
    int rc = sqlite3_step(q);
    if (rc == SQLITE_ROW)
        *rowid = sqlite3_column_int64(q, 0);
    sqlite3_reset(q);
    return rc == SQLITE_ROW ? FOUND_ROW : rc == SQLITE_DONE ? FOUND_END : FOUND_DAMAGE;
}

/* The first row behind damage at from; false if there is none. */
static bool search(sqlite3_stmt *q, int64_t from, int64_t *rowid)
{
    int64_t low = from, high = from;
    enum found found = FOUND_DAMAGE;
    for (int64_t step = 1; found == FOUND_DAMAGE; step *= 2) {
        if (high == INT64_MAX)
            return false;
        low = high;
        high = step > INT64_MAX / 2 || high > INT64_MAX - step ? INT64_MAX : high + step;
        found = probe(q, high, rowid);
    }
    while (high - low > 1) {
        int64_t mid = low + (high - low) / 2, at = 0;
        enum found there = probe(q, mid, &at);
        if (there == FOUND_DAMAGE) {
            low = mid;
            continue;
        }
        high = mid;
        found = there;
        *rowid = at;
    }
    return found == FOUND_ROW;
}

static void note_gap(struct rescue *r, int64_t before, int64_t behind)
{
    r->gaps++;
    r->before = before;
    r->behind = behind;
}

/* What to read next after a failure behind the row last; false at the end. */
static bool pass_damage(struct rescue *r, sqlite3_stmt *q, int64_t last, int64_t *next)
{
    int64_t from = last == INT64_MAX ? last : last + 1, rowid = 0;
    switch (probe(q, from, &rowid)) {
    case FOUND_END:
        return false;
    case FOUND_ROW: /* it begins on a page that can be read, and goes on on one that cannot */
        if (r->broken != NULL)
            r->broken(r->ctx, rowid);
        else
            note_gap(r, last, rowid == INT64_MAX ? rowid : rowid + 1);
        *next = rowid;
        return rowid != INT64_MAX && (*next = rowid + 1) > last;
    case FOUND_DAMAGE:
        break;
    }
    bool is_found = search(q, from, &rowid);
    note_gap(r, last, is_found ? rowid : INT64_MAX);
    *next = rowid;
    return is_found;
}

void rescue_rowids(struct rescue *r)
{
    char all[128], first[128];
    sqlite3_stmt *rows = NULL, *q = NULL;
    snprintf(all, sizeof all, "SELECT rowid, * FROM %s WHERE rowid>=?1 ORDER BY rowid", r->table);
    snprintf(first, sizeof first, "SELECT rowid FROM %s WHERE rowid>=?1 ORDER BY rowid LIMIT 1",
             r->table);
    if (sqlite3_prepare_v2(r->db, all, -1, &rows, NULL) != SQLITE_OK ||
        sqlite3_prepare_v2(r->db, first, -1, &q, NULL) != SQLITE_OK)
        note_gap(r, 0, INT64_MAX);
    int64_t next = 0, last = -1; /* the store gives no rowids below */
    bool goes_on = q != NULL;
    while (goes_on) {
        sqlite3_bind_int64(rows, 1, next);
        int rc;
        while ((rc = sqlite3_step(rows)) == SQLITE_ROW && goes_on) {
            last = sqlite3_column_int64(rows, 0);
            goes_on = r->row(r->ctx, rows);
        }
        sqlite3_reset(rows);
        if (last < next - 1)
            last = next - 1;
        goes_on = goes_on && rc != SQLITE_DONE && pass_damage(r, q, last, &next);
    }
    sqlite3_finalize(rows);
    sqlite3_finalize(q);
}

/* ---- In another order ---- */

/* False if not all of it could be read. */
static bool give(struct rescue *r, const char *select, const char *order)
{
    char sql[256];
    sqlite3_stmt *q = NULL;
    int rc = SQLITE_ERROR;
    snprintf(sql, sizeof sql, "%s ORDER BY %s", select, order);
    if (sqlite3_prepare_v2(r->db, sql, -1, &q, NULL) == SQLITE_OK)
        while ((rc = sqlite3_step(q)) == SQLITE_ROW && r->row(r->ctx, q))
            continue;
    sqlite3_finalize(q);
    return rc == SQLITE_DONE || rc == SQLITE_ROW;
}

void rescue_ordered(struct rescue *r, const char *select, const char *order, const char *reverse)
{
    if (give(r, select, order))
        return;
    note_gap(r, 0, INT64_MAX);
    (void)give(r, select, reverse);
}
