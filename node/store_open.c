#include "node/page_sum.h"
#include "node/store_find.h"
#include "node/store_internal.h"
#include "node/store_layer.h"
#include "node/store_pages.h"
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
#include <time.h>
#include <unistd.h>

static enum err damaged(const char *path, const char *text, struct problem *problem)
{
    problem_set(problem,
                _("%s is damaged: %s. Start the node: it repairs what can be repaired, and fetches "
                  "from its peers what they hold."),
                path, text);
    return ERR_FORMAT;
}

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
    if (rc == SQLITE_FULL) {
        problem_set(problem,
                    _("%s cannot be opened, since the disk is full and the node's reserve is used "
                      "up. Make room on that disk, then start again; nothing is lost."),
                    path);
        return ERR_IO;
    }
    if (rc == SQLITE_BUSY) {
        problem_set(problem, _("%s is in use by another program. Is the node already running?"),
                    path);
        return ERR_IO;
    }
    if (rc == SQLITE_CORRUPT || rc == SQLITE_ERROR ||
        (s->db != NULL && sqlite3_extended_errcode(s->db) == SQLITE_IOERR_DATA))
        return damaged(path, text, problem);
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
    if (!store_swap_finish(path)) {
        problem_set(problem, _("%s cannot be opened: %s."), path, strerror(errno));
        return ERR_IO;
    }
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
            (version >= 2 || do_sql(db, store_schema_2_sql)) &&
            (version >= 3 || do_sql(db, store_schema_3_sql)) && do_sql(db, store_schema_4_sql) &&
            do_sql(db, ids));
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

/* Looks at the checksum of every page. */
static enum err check_sums(struct store *s, const char *path, struct problem *problem)
{
    uint32_t count = store_page_count(s), bad = 0, first = 0;
    for (uint32_t page = 1; page <= count; page++)
        if (store_page_look(s, page) == STORE_PAGE_DAMAGED && bad++ == 0)
            first = page;
    if (bad == 0)
        return OK;
    char text[96];
    snprintf(text, sizeof text, _("%u of %u pages, the first of them page %u"), bad, count, first);
    return damaged(path, text, problem);
}

/* A small file is looked through, and any for which that was asked; a large one is by and by. */
static enum err check_pages(struct store *s, const char *path, struct problem *problem)
{
    bool is_small = store_page_count(s) <= STORE_CHECK_BYTES_MAX / STORE_PAGE_BYTES;
    if (!is_small && !store_page_is_marked(path))
        return OK;
    enum err e = check_sums(s, path, problem);
    if (e != OK)
        return e;
    sqlite3_stmt *stmt = NULL;
    if (sqlite3_prepare_v2(s->db, "PRAGMA quick_check(1)", -1, &stmt, NULL) != SQLITE_OK ||
        sqlite3_step(stmt) != SQLITE_ROW) {
        sqlite3_finalize(stmt);
        return refuse(s, path, problem);
    }
    const char *text = (const char *)sqlite3_column_text(stmt, 0);
    bool is_whole = text != NULL && strcmp(text, "ok") == 0;
    e = is_whole ? OK : damaged(path, text != NULL ? text : "?", problem);
    sqlite3_finalize(stmt);
    return e;
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

/* Opens the file with every setting that must be there before the first page is read or made. */
static enum err connect(struct store *s, const char *path, struct problem *problem)
{
    const char *layer = store_layer_register();
    char page_size[64];
    int reserved = PAGE_SUM_BYTES;
    snprintf(page_size, sizeof page_size, "PRAGMA page_size=%d", STORE_PAGE_BYTES);
    if (layer == NULL ||
        sqlite3_open_v2(path, &s->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, layer) !=
            SQLITE_OK ||
        !do_sql(s->db, "PRAGMA locking_mode=EXCLUSIVE") || !do_sql(s->db, page_size) ||
        sqlite3_file_control(s->db, "main", SQLITE_FCNTL_RESERVE_BYTES, &reserved) != SQLITE_OK)
        return refuse(s, path, problem);
    int64_t version = 0;
    enum err e = identify(s, path, &version, problem);
    if (e != OK)
        return e;
    if (!use_log(s->db))
        return refuse(s, path, problem);
    store_layer_reserve(s->db, &s->reserve);
    if (!set_up(s->db) || !bring_up(s->db, version))
        return refuse(s, path, problem);
    store_layer_reserve(s->db, &s->reserve); /* the log of a new file is there only now */
    return OK;
}

/* A file of before version 3 has no room for checksums: it is copied into one that has. */
static enum err give_sums(struct store *s, const char *path, struct problem *problem)
{
    char fresh[STORE_PATH_BYTES];
    sqlite3_stmt *stmt = NULL;
    bool is_made = store_swap_begin(path, fresh) &&
                   sqlite3_wal_checkpoint_v2(s->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL) ==
                       SQLITE_OK &&
                   sqlite3_prepare_v2(s->db, "VACUUM INTO ?1", -1, &stmt, NULL) == SQLITE_OK &&
                   sqlite3_bind_text(stmt, 1, fresh, -1, SQLITE_STATIC) == SQLITE_OK &&
                   sqlite3_step(stmt) == SQLITE_DONE;
    if (sqlite3_finalize(stmt) != SQLITE_OK || !is_made) {
        problem_set(problem,
                    _("%s cannot be brought into the form of this version: %s. It needs as much "
                      "room on the disk again as it has."),
                    path, sqlite3_errmsg(s->db));
        return ERR_IO;
    }
    sqlite3_close(s->db);
    s->db = NULL;
    if (!store_swap_in(path)) {
        problem_set(problem, _("%s cannot be opened: %s."), path, strerror(errno));
        return ERR_IO;
    }
    return connect(s, path, problem);
}

static enum err open_database(struct store *s, const char *path, struct problem *problem)
{
    enum err e = connect(s, path, problem);
    if (e == OK && !store_layer_has_sums(s->db))
        e = give_sums(s, path, problem);
    if (e != OK)
        return e;
    sqlite3_wal_hook(s->db, note_log_pages, s);
    /* An erasure may have been committed just before a crash; and the pages are looked at next. */
    if (store_scrub_wal(s) != OK)
        return refuse(s, path, problem);
    s->page_fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    return OK;
}

/* Notes what the look at log and pages found, so that it is not forgotten when it is mended. */
static enum err note_findings(struct store *s)
{
    struct store_finding f = {.utc = (int64_t)time(NULL)};
    uint32_t page = 0;
    enum err e = OK;
    f.count = store_pages_mended(s, &page);
    if (f.count > 0) {
        f.what = page == 0 ? DAMAGE_LOG : DAMAGE_PAGE;
        f.fate = FATE_MENDED;
        f.first = page;
        e = store_finding_add(s, &f);
    }
    f.what = DAMAGE_LOG;
    f.first = s->log.frames;
    f.count = s->log.mended;
    f.fate = FATE_MENDED;
    if (e == OK && f.count > 0)
        e = store_finding_add(s, &f);
    if (e == OK && s->log.lost > 0)
        e = store_begin(s);
    if (e == OK && s->log.lost > 0)
        e = store_run_two(s, SQL_MARK_SET, MARK_BUDGETS_LOST, 1);
    f.count = s->log.lost + s->log.is_doubtful;
    f.fate = s->log.is_doubtful ? FATE_DOUBTFUL : FATE_LOST;
    if (e == OK && f.count > 0)
        e = store_finding_add(s, &f);
    return e == OK ? store_commit(s) : e;
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
    if (e == OK)
        e = note_findings(s);
    if (e != OK) {
        problem_set(problem, "%s: %s", path, store_error_text(s));
        return e;
    }
    store_page_unmark(path);
    store_page_keep_first(s);
    return OK;
}

static enum err look_at_log(struct store *s, const char *path, struct problem *problem)
{
    char log[STORE_PATH_BYTES];
    bool is_looked = store_swap_name(path, "", s->path) && store_swap_name(path, "-wal", log) &&
                     store_log_look(log, &s->log) == OK;
    if (!is_looked)
        problem_set(problem, _("%s cannot be opened: %s."), path, strerror(errno));
    return is_looked ? OK : ERR_IO;
}

enum err store_open(struct store **out, const char *path, struct problem *problem)
{
    *out = NULL;
    enum err e = prepare_file(path, problem);
    if (e != OK)
        return e;
    struct store *s = calloc(1, sizeof *s);
    if (s != NULL) {
        s->page_fd = -1;
        s->pairs = calloc(2 * (size_t)PAIRS_MAX, sizeof *s->pairs);
    }
    if (s == NULL || s->pairs == NULL) {
        problem_set(problem, _("%s cannot be opened: %s."), path, strerror(ENOMEM));
        e = ERR_IO;
        goto fail;
    }
    reserve_open(&s->reserve, path);
    e = look_at_log(s, path, problem);
    if (e == OK)
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
    if (s->page_fd >= 0) /* not before: closing it gives up SQLite's lock on the file */
        close(s->page_fd);
    reserve_close(&s->reserve);
    store_feeds_clear(&s->feeds);
    store_filter_clear(&s->filter);
    free(s->pairs);
    free(s);
}
