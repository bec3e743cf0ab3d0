#include "node/store_scrub.h"

#include <assert.h>
#include <sqlite3.h>
#include <string.h>

enum {
    FILE_HEADER_BYTES = 100,
    INDEX_INTERIOR = 2,
    TABLE_INTERIOR = 5,
    INDEX_LEAF = 10,
    TABLE_LEAF = 13,
    FREE_BLOCK_BYTES_MIN = 4, /* next u16, size u16 */
};

static size_t u16_at(const uint8_t *p)
{
    return ((size_t)p[0] << 8) | p[1];
}

/* Follows the chain of free blocks, which ascends; zeroes them if asked to. False if malformed. */
static bool walk_free_blocks(uint8_t *page, size_t len, size_t at, size_t lowest, bool is_zeroing)
{
    while (at != 0) {
        if (at < lowest || at + FREE_BLOCK_BYTES_MIN > len)
            return false;
        size_t next = u16_at(page + at);
        size_t size = u16_at(page + at + 2);
        if (size < FREE_BLOCK_BYTES_MIN || at + size > len)
            return false;
        if (is_zeroing)
            memset(page + at + FREE_BLOCK_BYTES_MIN, 0, size - FREE_BLOCK_BYTES_MIN);
        lowest = at + size;
        at = next;
    }
    return true;
}

bool store_scrub_page(uint8_t *page, size_t len, bool is_first)
{
    size_t head = is_first ? FILE_HEADER_BYTES : 0;
    if (len < head + 12)
        return false;
    uint8_t type = page[head];
    bool is_interior = type == INDEX_INTERIOR || type == TABLE_INTERIOR;
    if (!is_interior && type != INDEX_LEAF && type != TABLE_LEAF)
        return false;
    size_t cells = u16_at(page + head + 3);
    size_t content = u16_at(page + head + 5);
    size_t pointers_end = head + (is_interior ? 12 : 8) + 2 * cells;
    if (content == 0)
        content = 65536;
    if (pointers_end > content || content > len)
        return false;
    size_t free_block = u16_at(page + head + 1);
    if (!walk_free_blocks(page, len, free_block, content, false))
        return false;
    memset(page + pointers_end, 0, content - pointers_end);
    return walk_free_blocks(page, len, free_block, content, true);
}

/* The database file: SQLite's own file object follows this struct in memory. */
struct scrub_file {
    sqlite3_file base;
    sqlite3_file *real;
    uint8_t page[STORE_PAGE_BYTES];
};

static sqlite3_file *real_of(sqlite3_file *f)
{
    return ((struct scrub_file *)f)->real;
}

static int scrub_write(sqlite3_file *f, const void *data, int len, sqlite3_int64 at)
{
    struct scrub_file *s = (struct scrub_file *)f;
    if (len == STORE_PAGE_BYTES && at % STORE_PAGE_BYTES == 0) {
        memcpy(s->page, data, STORE_PAGE_BYTES);
        store_scrub_page(s->page, STORE_PAGE_BYTES, at == 0);
        data = s->page;
    }
    return s->real->pMethods->xWrite(s->real, data, len, at);
}

static int scrub_close(sqlite3_file *f)
{
    return real_of(f)->pMethods->xClose(real_of(f));
}

static int scrub_read(sqlite3_file *f, void *out, int len, sqlite3_int64 at)
{
    return real_of(f)->pMethods->xRead(real_of(f), out, len, at);
}

static int scrub_truncate(sqlite3_file *f, sqlite3_int64 size)
{
    return real_of(f)->pMethods->xTruncate(real_of(f), size);
}

static int scrub_sync(sqlite3_file *f, int flags)
{
    return real_of(f)->pMethods->xSync(real_of(f), flags);
}

static int scrub_file_size(sqlite3_file *f, sqlite3_int64 *size)
{
    return real_of(f)->pMethods->xFileSize(real_of(f), size);
}

static int scrub_lock(sqlite3_file *f, int level)
{
    return real_of(f)->pMethods->xLock(real_of(f), level);
}

static int scrub_unlock(sqlite3_file *f, int level)
{
    return real_of(f)->pMethods->xUnlock(real_of(f), level);
}

static int scrub_check_reserved_lock(sqlite3_file *f, int *is_reserved)
{
    return real_of(f)->pMethods->xCheckReservedLock(real_of(f), is_reserved);
}

static int scrub_file_control(sqlite3_file *f, int op, void *arg)
{
    return real_of(f)->pMethods->xFileControl(real_of(f), op, arg);
}

static int scrub_sector_size(sqlite3_file *f)
{
    return real_of(f)->pMethods->xSectorSize(real_of(f));
}

static int scrub_device_characteristics(sqlite3_file *f)
{
    return real_of(f)->pMethods->xDeviceCharacteristics(real_of(f));
}

/* iVersion 1: no shared memory and no memory mapping. */
static const sqlite3_io_methods scrub_methods = {
    .iVersion = 1,
    .xClose = scrub_close,
    .xRead = scrub_read,
    .xWrite = scrub_write,
    .xTruncate = scrub_truncate,
    .xSync = scrub_sync,
    .xFileSize = scrub_file_size,
    .xLock = scrub_lock,
    .xUnlock = scrub_unlock,
    .xCheckReservedLock = scrub_check_reserved_lock,
    .xFileControl = scrub_file_control,
    .xSectorSize = scrub_sector_size,
    .xDeviceCharacteristics = scrub_device_characteristics,
};

static sqlite3_vfs *parent;
static sqlite3_vfs layer;

static int scrub_open(sqlite3_vfs *vfs, const char *path, sqlite3_file *f, int flags,
                      int *flags_out)
{
    (void)vfs;
    if (!(flags & SQLITE_OPEN_MAIN_DB))
        return parent->xOpen(parent, path, f, flags, flags_out);
    struct scrub_file *s = (struct scrub_file *)f;
    s->base.pMethods = NULL;
    s->real = (sqlite3_file *)(s + 1);
    int rc = parent->xOpen(parent, path, s->real, flags, flags_out);
    if (s->real->pMethods != NULL)
        s->base.pMethods = &scrub_methods;
    return rc;
}

const char *store_scrub_register(void)
{
    if (layer.zName != NULL)
        return layer.zName;
    parent = sqlite3_vfs_find(NULL);
    if (parent == NULL)
        return NULL;
    layer = *parent;
    layer.pNext = NULL;
    layer.zName = "seinpost";
    layer.szOsFile = parent->szOsFile + (int)sizeof(struct scrub_file);
    layer.xOpen = scrub_open;
    if (sqlite3_vfs_register(&layer, 0) != SQLITE_OK) {
        layer.zName = NULL;
        return NULL;
    }
    return layer.zName;
}
