#include "node/store_snapshot.h"

#include "node/page_sum.h"
#include "node/store_internal.h"
#include "node/store_layer.h"
#include "node/store_scrub.h"
#include "node/text.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

struct store_snapshot {
    struct store *store;
    sqlite3 *db;
    sqlite3_backup *copy;
    bool is_done;
    uint64_t done, all; /* pages */
    char path[PATH_MAX];
};

static enum err failed(const struct store_snapshot *c, struct problem *problem)
{
    problem_set(problem, _("%s: the copy of the store cannot be written (%s)."), c->path,
                c->db != NULL ? sqlite3_errmsg(c->db) : strerror(errno));
    return ERR_IO;
}

/* Whether the disk takes so many bytes more, and some. */
static enum err check_room(const struct store_snapshot *c, uint64_t bytes, struct problem *problem)
{
    struct statvfs v;
    uint64_t mb = 1024 * 1024, need = bytes / mb + 1 + SNAPSHOT_ROOM_MB_MIN;
    if (statvfs(c->path, &v) != 0 || (uint64_t)v.f_bavail * v.f_frsize / mb >= need)
        return OK;
    problem_set(problem,
                _("%s: the disk has no room for a copy of the store: %llu MB are needed there "
                  "while a backup is made. Make room and try again."),
                c->path, (unsigned long long)need);
    return ERR_FULL;
}

static uint64_t store_pages(const struct store *s)
{
    sqlite3_stmt *q = NULL;
    uint64_t pages = 0;
    if (sqlite3_prepare_v2(s->db, "PRAGMA page_count", -1, &q, NULL) == SQLITE_OK &&
        sqlite3_step(q) == SQLITE_ROW)
        pages = (uint64_t)sqlite3_column_int64(q, 0);
    sqlite3_finalize(q);
    return pages;
}

/* No journal and no syncs: a copy that is not finished is thrown away. The first page is written
 * before any other, since it says that pages have checksums (store_layer.h). */
static bool open_copy(struct store_snapshot *c)
{
    char sql[224];
    int reserved = PAGE_SUM_BYTES;
    snprintf(sql, sizeof sql,
             "PRAGMA locking_mode=EXCLUSIVE; PRAGMA page_size=%d; PRAGMA journal_mode=OFF;"
             "PRAGMA synchronous=OFF; PRAGMA cache_size=-1024; CREATE TABLE first(page)",
             STORE_PAGE_BYTES);
    return sqlite3_open_v2(c->path, &c->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX,
                           store_layer_register()) == SQLITE_OK &&
           sqlite3_file_control(c->db, "main", SQLITE_FCNTL_RESERVE_BYTES, &reserved) ==
               SQLITE_OK &&
           sqlite3_exec(c->db, sql, NULL, NULL, NULL) == SQLITE_OK &&
           (c->copy = sqlite3_backup_init(c->db, "main", c->store->db, "main")) != NULL;
}

enum err store_snapshot_begin(struct store *s, const char *path, struct store_snapshot **out,
                              struct problem *problem)
{
    struct store_snapshot *c = calloc(1, sizeof *c);
    *out = NULL;
    if (c == NULL)
        return ERR_IO;
    c->store = s;
    c->all = store_pages(s);
    snprintf(c->path, sizeof c->path, "%s", path);
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0) {
        enum err e = errno == EEXIST ? ERR_DUPLICATE : ERR_IO;
        (void)failed(c, problem);
        free(c);
        return e;
    }
    close(fd);
    enum err e = check_room(c, c->all * STORE_PAGE_BYTES, problem);
    if (e == OK && !open_copy(c))
        e = failed(c, problem);
    if (e == OK)
        *out = c;
    else
        (void)store_snapshot_end(&c, NULL);
    return e;
}

enum err store_snapshot_step(struct store_snapshot *c, struct problem *problem)
{
    if (c->is_done)
        return OK;
    if (store_is_dirty(c->store))
        return ERR_UNAVAILABLE;
    enum err e = check_room(c, (uint64_t)SNAPSHOT_PAGES * STORE_PAGE_BYTES, problem);
    if (e != OK)
        return e;
    int rc = sqlite3_backup_step(c->copy, SNAPSHOT_PAGES);
    c->all = (uint64_t)sqlite3_backup_pagecount(c->copy);
    c->done = c->all - (uint64_t)sqlite3_backup_remaining(c->copy);
    c->is_done = rc == SQLITE_DONE;
    if (rc == SQLITE_OK || rc == SQLITE_DONE)
        return OK;
    problem_set(problem, _("%s: the copy of the store cannot be written (%s)."), c->path,
                sqlite3_errstr(rc));
    return rc == SQLITE_FULL ? ERR_FULL : ERR_IO;
}

bool store_snapshot_is_done(const struct store_snapshot *c)
{
    return c->is_done;
}

void store_snapshot_progress(const struct store_snapshot *c, uint64_t *done, uint64_t *all)
{
    *done = c->done * STORE_PAGE_BYTES;
    *all = c->all * STORE_PAGE_BYTES;
}

enum err store_snapshot_end(struct store_snapshot **pc, struct problem *problem)
{
    struct store_snapshot *c = *pc;
    *pc = NULL;
    if (c == NULL)
        return OK;
    bool is_whole = sqlite3_backup_finish(c->copy) == SQLITE_OK && c->is_done;
    is_whole = sqlite3_close(c->db) == SQLITE_OK && is_whole;
    c->db = NULL;
    int fd = is_whole ? open(c->path, O_RDONLY | O_CLOEXEC) : -1;
    enum err e = !c->is_done ? ERR_TRUNCATED : OK;
    if (e == OK && (fd < 0 || fsync(fd) != 0))
        e = failed(c, problem);
    if (fd >= 0)
        close(fd);
    if (e != OK)
        unlink(c->path);
    free(c);
    return e;
}
