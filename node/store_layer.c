#include "node/store_layer.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "node/page_sum.h"
#include "node/store_scrub.h"

enum {
    LOG_HEADER_BYTES = 32,
    FRAME_HEADER_BYTES = 24,
    FRAME_BYTES = FRAME_HEADER_BYTES + STORE_PAGE_BYTES,
    FILE_HEADER_BYTES = 100,
    RESERVED_AT = 20,
    USER_VERSION_AT = 60, /* big-endian u32; only its last byte is looked at */
    APPLICATION_AT = 68,
    SUMS_SINCE = 3,                                /* version of the tables */
    LOCK_PAGE = 0x40000000 / STORE_PAGE_BYTES + 1, /* SQLite locks its bytes and never writes it */
};

/* What is known of a page in the log: written through this layer, or not. */
struct frame {
    uint64_t sum;
    bool is_known;
};

/* The database file or its log: SQLite's own file object follows this struct in memory. */
struct layer_file {
    sqlite3_file base;
    sqlite3_file *real;
    bool is_log;
    bool has_sums; /* of the database file */
    struct frame *frames;
    size_t frame_count;
    struct layer_notes notes;
    struct reserve *reserve; /* NULL: none */
    uint8_t page[STORE_PAGE_BYTES];
};

static sqlite3_file *real_of(sqlite3_file *f)
{
    return ((struct layer_file *)f)->real;
}

static int read_real(struct layer_file *s, void *out, int len, sqlite3_int64 at)
{
    return s->real->pMethods->xRead(s->real, out, len, at);
}

/* Whether a write failed because there is no room: on the disk, or in this user's share of it. */
static bool is_full(struct layer_file *s, int rc)
{
    int fault = 0;
    if (rc == SQLITE_IOERR_WRITE)
        s->real->pMethods->xFileControl(s->real, SQLITE_FCNTL_LAST_ERRNO, &fault);
    return rc == SQLITE_FULL || fault == EDQUOT;
}

/* A write may be repeated: the same bytes go to the same place. */
static int write_real(struct layer_file *s, const void *data, int len, sqlite3_int64 at)
{
    int rc = s->real->pMethods->xWrite(s->real, data, len, at);
    while (rc != SQLITE_OK && is_full(s, rc) && s->reserve != NULL && reserve_give(s->reserve))
        rc = s->real->pMethods->xWrite(s->real, data, len, at);
    return rc;
}

/* ---- The log ---- */

/* The number of the frame whose page lies exactly here; false if none does. */
static bool frame_at(int len, sqlite3_int64 at, size_t *frame)
{
    sqlite3_int64 first = LOG_HEADER_BYTES + FRAME_HEADER_BYTES;
    if (len != STORE_PAGE_BYTES || at < first || (at - first) % FRAME_BYTES != 0)
        return false;
    *frame = (size_t)((at - first) / FRAME_BYTES);
    return true;
}

/* Forgets the frames that a write touches; remembers one that it is. */
static void note_frame(struct layer_file *s, const void *data, int len, sqlite3_int64 at)
{
    size_t frame;
    if (!frame_at(len, at, &frame)) {
        for (size_t i = 0; i < s->frame_count; i++) {
            sqlite3_int64 begin = LOG_HEADER_BYTES + (sqlite3_int64)i * FRAME_BYTES;
            if (len > FRAME_HEADER_BYTES && at < begin + FRAME_BYTES && at + len > begin)
                s->frames[i].is_known = false;
        }
        return;
    }
    if (frame >= s->frame_count) {
        size_t count = frame + 256;
        struct frame *grown = realloc(s->frames, count * sizeof *grown);
        if (grown == NULL)
            return; /* goes unchecked until it is in the file */
        memset(grown + s->frame_count, 0, (count - s->frame_count) * sizeof *grown);
        s->frames = grown;
        s->frame_count = count;
    }
    s->frames[frame] = (struct frame){page_sum_of(data, (size_t)len, (uint32_t)frame), true};
}

static int damaged(struct layer_file *s, uint32_t page)
{
    s->notes.damaged++;
    s->notes.damaged_page = page;
    return SQLITE_IOERR_DATA;
}

static void mended(struct layer_file *s, uint32_t page, const uint8_t *data, sqlite3_int64 at)
{
    s->notes.mended++;
    s->notes.mended_page = page;
    (void)write_real(s, data, STORE_PAGE_BYTES, at); /* if not now, then at the next read */
}

static int read_log(struct layer_file *s, void *out, int len, sqlite3_int64 at)
{
    size_t frame;
    int rc = read_real(s, out, len, at);
    if (rc != SQLITE_OK || !frame_at(len, at, &frame) || frame >= s->frame_count ||
        !s->frames[frame].is_known)
        return rc;
    uint64_t sum = s->frames[frame].sum;
    if (page_sum_of(out, (size_t)len, (uint32_t)frame) == sum)
        return rc;
    if (!page_sum_mend_to(out, (size_t)len, (uint32_t)frame, sum))
        return damaged(s, 0);
    mended(s, 0, out, at);
    return SQLITE_OK;
}

/* ---- The database file ---- */

/* A page whose sum is right, or was mended, in s->page; a page that is cut short is as SQLite gives
 * it. */
static int read_page(struct layer_file *s, uint32_t number)
{
    sqlite3_int64 at = (sqlite3_int64)(number - 1) * STORE_PAGE_BYTES;
    int rc = read_real(s, s->page, STORE_PAGE_BYTES, at);
    if (rc != SQLITE_OK || !s->has_sums || number == LOCK_PAGE ||
        page_sum_is_right(s->page, STORE_PAGE_BYTES, number))
        return rc;
    if (!page_sum_mend(s->page, STORE_PAGE_BYTES, number))
        return damaged(s, number);
    mended(s, number, s->page, at);
    return SQLITE_OK;
}

static int read_file(struct layer_file *s, void *out, int len, sqlite3_int64 at)
{
    sqlite3_int64 within = at % STORE_PAGE_BYTES;
    if (!s->has_sums || len <= 0 || within + len > STORE_PAGE_BYTES)
        return read_real(s, out, len, at);
    int rc = read_page(s, (uint32_t)(at / STORE_PAGE_BYTES) + 1);
    if (rc == SQLITE_IOERR_SHORT_READ)
        return read_real(s, out, len, at);
    if (rc == SQLITE_OK)
        memcpy(out, s->page + within, (size_t)len);
    return rc;
}

/* The file's header says in two places whether its pages have sums, and damage may have hit one of
 * them; its first page shows it, too. */
static bool says_sums(const uint8_t *page)
{
    static const char magic[16] = "SQLite format 3";
    return (memcmp(page, magic, sizeof magic) == 0 && page[RESERVED_AT] == PAGE_SUM_BYTES) ||
           (memcmp(page + APPLICATION_AT, "SPST", 4) == 0 &&
            page[USER_VERSION_AT + 3] >= SUMS_SINCE);
}

static void look_for_sums(struct layer_file *s)
{
    sqlite3_int64 size = 0;
    s->has_sums = s->real->pMethods->xFileSize(s->real, &size) == SQLITE_OK &&
                  size >= STORE_PAGE_BYTES &&
                  read_real(s, s->page, STORE_PAGE_BYTES, 0) == SQLITE_OK &&
                  (says_sums(s->page) || page_sum_is_right(s->page, STORE_PAGE_BYTES, 1));
}

static int write_file(struct layer_file *s, const void *data, int len, sqlite3_int64 at)
{
    if (len != STORE_PAGE_BYTES || at % STORE_PAGE_BYTES != 0)
        return write_real(s, data, len, at);
    memcpy(s->page, data, STORE_PAGE_BYTES);
    store_scrub_page(s->page, STORE_PAGE_BYTES, at == 0);
    if (at == 0)
        s->has_sums = s->page[RESERVED_AT] == PAGE_SUM_BYTES;
    if (s->has_sums)
        page_sum_set(s->page, STORE_PAGE_BYTES, (uint32_t)(at / STORE_PAGE_BYTES) + 1);
    return write_real(s, s->page, len, at);
}

/* ---- What SQLite calls ---- */

static int layer_read(sqlite3_file *f, void *out, int len, sqlite3_int64 at)
{
    struct layer_file *s = (struct layer_file *)f;
    return s->is_log ? read_log(s, out, len, at) : read_file(s, out, len, at);
}

static int layer_write(sqlite3_file *f, const void *data, int len, sqlite3_int64 at)
{
    struct layer_file *s = (struct layer_file *)f;
    if (!s->is_log)
        return write_file(s, data, len, at);
    note_frame(s, data, len, at);
    return write_real(s, data, len, at);
}

static int layer_close(sqlite3_file *f)
{
    struct layer_file *s = (struct layer_file *)f;
    free(s->frames);
    s->frames = NULL;
    return real_of(f)->pMethods->xClose(real_of(f));
}

static int layer_truncate(sqlite3_file *f, sqlite3_int64 size)
{
    return real_of(f)->pMethods->xTruncate(real_of(f), size);
}

static int layer_sync(sqlite3_file *f, int flags)
{
    return real_of(f)->pMethods->xSync(real_of(f), flags);
}

static int layer_file_size(sqlite3_file *f, sqlite3_int64 *size)
{
    return real_of(f)->pMethods->xFileSize(real_of(f), size);
}

static int layer_lock(sqlite3_file *f, int level)
{
    return real_of(f)->pMethods->xLock(real_of(f), level);
}

static int layer_unlock(sqlite3_file *f, int level)
{
    return real_of(f)->pMethods->xUnlock(real_of(f), level);
}

static int layer_check_reserved_lock(sqlite3_file *f, int *is_reserved)
{
    return real_of(f)->pMethods->xCheckReservedLock(real_of(f), is_reserved);
}

static int layer_file_control(sqlite3_file *f, int op, void *arg)
{
    return real_of(f)->pMethods->xFileControl(real_of(f), op, arg);
}

static int layer_sector_size(sqlite3_file *f)
{
    return real_of(f)->pMethods->xSectorSize(real_of(f));
}

static int layer_device_characteristics(sqlite3_file *f)
{
    return real_of(f)->pMethods->xDeviceCharacteristics(real_of(f));
}

/* iVersion 1: no shared memory and no memory mapping. */
static const sqlite3_io_methods layer_methods = {
    .iVersion = 1,
    .xClose = layer_close,
    .xRead = layer_read,
    .xWrite = layer_write,
    .xTruncate = layer_truncate,
    .xSync = layer_sync,
    .xFileSize = layer_file_size,
    .xLock = layer_lock,
    .xUnlock = layer_unlock,
    .xCheckReservedLock = layer_check_reserved_lock,
    .xFileControl = layer_file_control,
    .xSectorSize = layer_sector_size,
    .xDeviceCharacteristics = layer_device_characteristics,
};

static sqlite3_vfs *parent;
static sqlite3_vfs layer;

static int layer_open(sqlite3_vfs *vfs, const char *path, sqlite3_file *f, int flags,
                      int *flags_out)
{
    (void)vfs;
    if (!(flags & (SQLITE_OPEN_MAIN_DB | SQLITE_OPEN_WAL)))
        return parent->xOpen(parent, path, f, flags, flags_out);
    struct layer_file *s = (struct layer_file *)f;
    memset(s, 0, sizeof *s);
    s->real = (sqlite3_file *)(s + 1);
    s->is_log = (flags & SQLITE_OPEN_WAL) != 0;
    int rc = parent->xOpen(parent, path, s->real, flags, flags_out);
    if (s->real->pMethods != NULL)
        s->base.pMethods = &layer_methods;
    if (rc == SQLITE_OK && !s->is_log)
        look_for_sums(s);
    return rc;
}

const char *store_layer_register(void)
{
    if (layer.zName != NULL)
        return layer.zName;
    parent = sqlite3_vfs_find(NULL);
    if (parent == NULL)
        return NULL;
    layer = *parent;
    layer.pNext = NULL;
    layer.zName = "seinpost";
    layer.szOsFile = parent->szOsFile + (int)sizeof(struct layer_file);
    layer.xOpen = layer_open;
    if (sqlite3_vfs_register(&layer, 0) != SQLITE_OK) {
        layer.zName = NULL;
        return NULL;
    }
    return layer.zName;
}

/* ---- What the store asks ---- */

/* The database file or its log as opened through this layer; NULL if it is not. */
static struct layer_file *file_of(sqlite3 *db, int which)
{
    sqlite3_file *f = NULL;
    if (sqlite3_file_control(db, "main", which, &f) != SQLITE_OK || f == NULL)
        return NULL;
    return f->pMethods == &layer_methods ? (struct layer_file *)f : NULL;
}

static void take_notes(struct layer_file *s, struct layer_notes *out)
{
    if (s == NULL)
        return;
    out->mended += s->notes.mended;
    out->damaged += s->notes.damaged;
    if (s->notes.mended > 0)
        out->mended_page = s->notes.mended_page;
    if (s->notes.damaged > 0)
        out->damaged_page = s->notes.damaged_page;
    s->notes = (struct layer_notes){0};
}

struct layer_notes store_layer_notes(sqlite3 *db)
{
    struct layer_notes out = {0};
    take_notes(file_of(db, SQLITE_FCNTL_JOURNAL_POINTER), &out);
    take_notes(file_of(db, SQLITE_FCNTL_FILE_POINTER), &out);
    return out;
}

void store_layer_reserve(sqlite3 *db, struct reserve *r)
{
    static const int which[] = {SQLITE_FCNTL_FILE_POINTER, SQLITE_FCNTL_JOURNAL_POINTER};
    for (size_t i = 0; i < sizeof which / sizeof which[0]; i++) {
        struct layer_file *s = file_of(db, which[i]);
        if (s != NULL)
            s->reserve = r;
    }
}

bool store_layer_has_sums(sqlite3 *db)
{
    const struct layer_file *s = file_of(db, SQLITE_FCNTL_FILE_POINTER);
    return s != NULL && s->has_sums;
}

enum layer_page store_layer_check(sqlite3 *db, int fd, uint32_t page)
{
    struct layer_file *s = file_of(db, SQLITE_FCNTL_FILE_POINTER);
    off_t at = (off_t)(page - 1) * STORE_PAGE_BYTES;
    if (s == NULL || !s->has_sums || page == LOCK_PAGE)
        return LAYER_PAGE_RIGHT;
    /* What lies unchanged in the system's memory is given up, so that the disk itself is read. */
    (void)posix_fadvise(fd, at, STORE_PAGE_BYTES, POSIX_FADV_DONTNEED);
    if (pread(fd, s->page, STORE_PAGE_BYTES, at) != STORE_PAGE_BYTES)
        return LAYER_PAGE_DAMAGED;
    if (page_sum_is_right(s->page, STORE_PAGE_BYTES, page))
        return LAYER_PAGE_RIGHT;
    uint64_t was = s->notes.mended;
    return read_page(s, page) == SQLITE_OK && s->notes.mended > was ? LAYER_PAGE_MENDED
           : page_sum_is_right(s->page, STORE_PAGE_BYTES, page)     ? LAYER_PAGE_RIGHT
                                                                    : LAYER_PAGE_DAMAGED;
}
