#include "node/store_internal.h"
#include "node/store_scrub.h"
#include "node/text.h"
#include "proto/limits.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Says why opening failed, for the person. */
static enum err refuse(const struct store *s, const char *path, struct problem *problem)
{
    int rc = s->db != NULL ? sqlite3_errcode(s->db) : SQLITE_NOMEM;
    const char *text = s->db != NULL ? sqlite3_errmsg(s->db) : _("out of memory");
    if (rc == SQLITE_NOTADB) {
        problem_set(problem, _("%s is not a Seinpost store. Name another file, or move it away."),
                    path);
        return ERR_FORMAT;
    }
    if (rc == SQLITE_BUSY) {
        problem_set(problem, _("%s is in use by another program. Is the node already running?"),
                    path);
        return ERR_IO;
    }
    if (rc == SQLITE_CORRUPT || rc == SQLITE_ERROR) {
        problem_set(problem,
                    _("%s is damaged: %s. Restore a backup, or move the file away and start "
                      "again; the node then fetches what its peers hold."),
                    path, text);
        return ERR_FORMAT;
    }
    problem_set(problem, _("%s cannot be opened: %s."), path, text);
    return ERR_IO;
}

/* One integer from a statement that gives one; false on an error, which SQLite remembers. */
static bool ask_int(sqlite3 *db, const char *sql, int64_t *value)
{
    sqlite3_stmt *stmt = NULL;
    if (sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) != SQLITE_OK)
        return false;
    bool is_row = sqlite3_step(stmt) == SQLITE_ROW;
    if (is_row)
        *value = sqlite3_column_int64(stmt, 0);
    return (sqlite3_finalize(stmt) == SQLITE_OK) && is_row;
}

static bool do_sql(sqlite3 *db, const char *sql)
{
    return sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK;
}

/* Whether the file's header carries our mark. Not there yet in a file that is empty, or whose first
 * transaction is still in the log. */
static bool is_marked(int fd)
{
    enum { MARK_AT = 68 }; /* "Database File Format" of SQLite, section 1.3 */
    uint8_t mark[4];
    return pread(fd, mark, sizeof mark, MARK_AT) == (ssize_t)sizeof mark &&
           ((uint32_t)mark[0] << 24 | (uint32_t)mark[1] << 16 | (uint32_t)mark[2] << 8 | mark[3]) ==
               STORE_APPLICATION;
}

static bool has_log(const char *path)
{
    struct stat log;
    char *log_path = sqlite3_mprintf("%s-wal", path);
    bool is_there = log_path != NULL && stat(log_path, &log) == 0 && log.st_size > 0;
    sqlite3_free(log_path);
    return is_there;
}

/* Makes sure that the file exists, is a plain file for its owner alone (the log takes over its
 * mode), and did not lose everything but its log. */
static enum err prepare_file(const char *path, struct problem *problem)
{
    struct stat file;
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    bool is_fit = fd >= 0 && fstat(fd, &file) == 0;
    if (is_fit && S_ISREG(file.st_mode) && is_marked(fd))
        is_fit = fchmod(fd, 0600) == 0;
    if (!is_fit)
        problem_set(problem, _("%s cannot be opened: %s."), path, strerror(errno));
    if (fd >= 0)
        close(fd);
    if (!is_fit)
        return ERR_IO;
    if (!S_ISREG(file.st_mode)) {
        problem_set(problem, _("%s is not a file. Name another one."), path);
        return ERR_FORMAT;
    }
    if (file.st_size == 0 && has_log(path)) {
        problem_set(problem, _("%s is empty but its log is not. Restore both from a backup."),
                    path);
        return ERR_FORMAT;
    }
    return OK;
}

/* Whether the file is ours and of a version that we know; an empty file is, and has version 0.
 * Changes nothing. */
static enum err identify(struct store *s, const char *path, int64_t *has_version,
                         struct problem *problem)
{
    int64_t application = 0, version = 0, pages = 0, page_bytes = 0;
    /* Reading the tables' names finds a file cut short. */
    int64_t tables = 0;
    if (!ask_int(s->db, "PRAGMA page_count", &pages) ||
        !ask_int(s->db, "PRAGMA application_id", &application) ||
        !ask_int(s->db, "PRAGMA user_version", &version) ||
        !ask_int(s->db, "PRAGMA page_size", &page_bytes) ||
        !ask_int(s->db, "SELECT count(*) FROM sqlite_schema", &tables))
        return refuse(s, path, problem);
    *has_version = version;
    if (pages == 0 || (application == 0 && version == 0 && tables == 0))
        return OK;
    if (application != STORE_APPLICATION) {
        problem_set(problem, _("%s is not a Seinpost store. Name another file, or move it away."),
                    path);
        return ERR_FORMAT;
    }
    if (version > STORE_SCHEMA) {
        problem_set(problem,
                    _("%s was written by a newer version of Seinpost (layout %" PRId64
                      "; this version knows %d). Install the newer version."),
                    path, version, STORE_SCHEMA);
        return ERR_VERSION;
    }
    if (version < 1 || page_bytes != STORE_PAGE_BYTES) {
        problem_set(problem,
                    _("%s is a Seinpost store of a layout that was never in use. "
                      "Restore a backup."),
                    path);
        return ERR_FORMAT;
    }
    return OK;
}

/* Settings that last as long as the connection. */
static bool set_up(sqlite3 *db)
{
    char sql[512];
    snprintf(sql, sizeof sql,
             "PRAGMA synchronous=FULL; PRAGMA secure_delete=ON; PRAGMA foreign_keys=OFF;"
             "PRAGMA mmap_size=0; PRAGMA temp_store=MEMORY; PRAGMA trusted_schema=OFF;"
             "PRAGMA cell_size_check=ON; PRAGMA cache_size=-%d; PRAGMA journal_size_limit=%d;"
             "PRAGMA wal_autocheckpoint=0; PRAGMA max_page_count=%d",
             STORE_CACHE_KIB, STORE_LOG_BYTES_KEPT, STORE_PAGES_MAX);
    int64_t synchronous = 0;
    return do_sql(db, sql) && ask_int(db, "PRAGMA synchronous", &synchronous) && synchronous == 2;
}

/* Makes the tables of this version, or those that an older one lacks, all at once: a crash leaves
 * the file as it was. */
static bool bring_up(sqlite3 *db, int64_t version)
{
    char ids[96];
    snprintf(ids, sizeof ids, "PRAGMA application_id=%d; PRAGMA user_version=%d; COMMIT",
             STORE_APPLICATION, STORE_SCHEMA);
    return version == STORE_SCHEMA ||
           (do_sql(db, "BEGIN IMMEDIATE") && (version >= 1 || do_sql(db, store_schema_sql)) &&
            do_sql(db, store_schema_2_sql) && do_sql(db, ids));
}

/* Whether journal_mode took; SQLite answers with the mode that is in force. */
static bool use_log(sqlite3 *db)
{
    sqlite3_stmt *stmt = NULL;
    bool is_wal = sqlite3_prepare_v2(db, "PRAGMA journal_mode=WAL", -1, &stmt, NULL) == SQLITE_OK &&
                  sqlite3_step(stmt) == SQLITE_ROW &&
                  strcmp((const char *)sqlite3_column_text(stmt, 0), "wal") == 0;
    return sqlite3_finalize(stmt) == SQLITE_OK && is_wal;
}

/* A small file is looked through; a large one shows damage when it is read. */
static enum err check_pages(struct store *s, const char *path, struct problem *problem)
{
    int64_t pages = 0;
    if (!ask_int(s->db, "PRAGMA page_count", &pages))
        return refuse(s, path, problem);
    if (pages > STORE_CHECK_BYTES_MAX / STORE_PAGE_BYTES)
        return OK;
    sqlite3_stmt *stmt = NULL;
    if (sqlite3_prepare_v2(s->db, "PRAGMA quick_check(1)", -1, &stmt, NULL) != SQLITE_OK ||
        sqlite3_step(stmt) != SQLITE_ROW) {
        sqlite3_finalize(stmt);
        return refuse(s, path, problem);
    }
    const char *text = (const char *)sqlite3_column_text(stmt, 0);
    bool is_whole = text != NULL && strcmp(text, "ok") == 0;
    if (!is_whole)
        problem_set(problem,
                    _("%s is damaged: %s. Restore a backup, or move the file away and start "
                      "again; the node then fetches what its peers hold."),
                    path, text != NULL ? text : "?");
    sqlite3_finalize(stmt);
    return is_whole ? OK : ERR_FORMAT;
}

static bool prepare_statements(struct store *s)
{
    for (int i = 0; i < SQL_COUNT; i++)
        if (sqlite3_prepare_v3(s->db, store_sql[i], -1, SQLITE_PREPARE_PERSISTENT, &s->stmt[i],
                               NULL) != SQLITE_OK)
            return false;
    return true;
}

/* SQLite tells the length of the log after each commit. Its own automatic checkpoint would do, but
 * it swallows errors, and a failed fsync must not go unseen. */
static int note_log_pages(void *ctx, sqlite3 *db, const char *name, int pages)
{
    (void)db;
    (void)name;
    ((struct store *)ctx)->log_pages = pages;
    return SQLITE_OK;
}

static enum err open_database(struct store *s, const char *path, struct problem *problem)
{
    const char *layer = store_scrub_register();
    char page_size[64];
    snprintf(page_size, sizeof page_size, "PRAGMA page_size=%d", STORE_PAGE_BYTES);
    if (layer == NULL ||
        sqlite3_open_v2(path, &s->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, layer) !=
            SQLITE_OK ||
        !do_sql(s->db, "PRAGMA locking_mode=EXCLUSIVE") || !do_sql(s->db, page_size))
        return refuse(s, path, problem);
    int64_t version = 0;
    enum err e = identify(s, path, &version, problem);
    if (e != OK)
        return e;
    if (!use_log(s->db) || !set_up(s->db) || !bring_up(s->db, version))
        return refuse(s, path, problem);
    sqlite3_wal_hook(s->db, note_log_pages, s);
    return OK;
}

static enum err load(struct store *s, const char *path, struct problem *problem)
{
    enum err e = check_pages(s, path, problem);
    if (e != OK)
        return e;
    if (!prepare_statements(s))
        return refuse(s, path, problem);
    e = store_feeds_load(s);
    if (e == OK)
        e = store_filter_load(s);
    if (e == OK) /* an erasure may have been committed just before a crash */
        e = store_scrub_wal(s);
    if (e != OK)
        problem_set(problem, "%s: %s", path, store_error_text(s));
    return e;
}

enum err store_open(struct store **out, const char *path, struct problem *problem)
{
    *out = NULL;
    enum err e = prepare_file(path, problem);
    if (e != OK)
        return e;
    struct store *s = calloc(1, sizeof *s);
    if (s != NULL)
        s->pairs = calloc(2 * (size_t)PAIRS_MAX, sizeof *s->pairs);
    if (s == NULL || s->pairs == NULL) {
        problem_set(problem, _("%s cannot be opened: %s."), path, strerror(ENOMEM));
        e = ERR_IO;
        goto fail;
    }
    e = open_database(s, path, problem);
    if (e == OK)
        e = load(s, path, problem);
    if (e != OK)
        goto fail;
    *out = s;
    return OK;
fail:
    if (s != NULL)
        s->has_failed = true;
    store_close(&s);
    return e;
}

void store_close(struct store **store)
{
    struct store *s = *store;
    *store = NULL;
    if (s == NULL)
        return;
    for (int i = 0; i < SQL_COUNT; i++)
        sqlite3_finalize(s->stmt[i]);
    if (s->is_dirty)
        do_sql(s->db, "ROLLBACK");
    s->is_dirty = false;
    bool is_log_kept = s->has_failed || store_scrub_wal(s) != OK;
    if (s->db != NULL && is_log_kept) /* file and log stay as the failure left them */
        sqlite3_db_config(s->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    int rc = sqlite3_close(s->db);
    assert(rc == SQLITE_OK);
    (void)rc;
    store_feeds_clear(&s->feeds);
    store_filter_clear(&s->filter);
    free(s->pairs);
    free(s);
}
