/*
 * store_page.c - the pages of the store's file, looked at one by one on the disk; the first page's
 * copy beside it; and the mark that asks the next start to look at all of them.
 */
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "node/page_sum.h"
#include "node/store_internal.h"
#include "node/store_layer.h"
#include "node/store_pages.h"
#include "node/store_scrub.h"

uint32_t store_page_count(const struct store *s)
{
    struct stat st;
    return s->page_fd >= 0 && fstat(s->page_fd, &st) == 0
               ? (uint32_t)(st.st_size / STORE_PAGE_BYTES)
               : 0;
}

enum store_page store_page_look(struct store *s, uint32_t page)
{
    if (s->page_fd < 0)
        return STORE_PAGE_RIGHT;
    switch (store_layer_check(s->db, s->page_fd, page)) {
    case LAYER_PAGE_RIGHT:
        return STORE_PAGE_RIGHT;
    case LAYER_PAGE_MENDED:
        return STORE_PAGE_MENDED;
    case LAYER_PAGE_DAMAGED:
        break;
    }
    return STORE_PAGE_DAMAGED;
}

uint64_t store_pages_mended(struct store *s, uint32_t *page)
{
    struct layer_notes notes = store_layer_notes(s->db);
    *page = notes.mended_page;
    return notes.mended;
}

/* ---- The mark ---- */

void store_page_mark(const char *path)
{
    char name[STORE_PATH_BYTES];
    if (!store_swap_name(path, "-check", name))
        return;
    int fd = open(name, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd >= 0)
        close(fd);
}

bool store_page_is_marked(const char *path)
{
    char name[STORE_PATH_BYTES];
    return store_swap_name(path, "-check", name) && access(name, F_OK) == 0;
}

void store_page_unmark(const char *path)
{
    char name[STORE_PATH_BYTES];
    if (store_swap_name(path, "-check", name))
        (void)unlink(name);
}

/* ---- The first page ---- */

enum {
    PAGES_AT = 28,     /* in the file's header: pages of the file */
    FREE_LIST_AT = 32, /* first page and length of the list of free pages */
    COOKIE_AT = 40,    /* changes with the tables */
};

static bool read_at(int fd, uint8_t page[STORE_PAGE_BYTES])
{
    return fd >= 0 && pread(fd, page, STORE_PAGE_BYTES, 0) == STORE_PAGE_BYTES &&
           page_sum_is_right(page, STORE_PAGE_BYTES, 1);
}

static bool read_copy(const char *path, uint8_t page[STORE_PAGE_BYTES])
{
    char name[STORE_PATH_BYTES];
    if (!store_swap_name(path, "-first", name))
        return false;
    int fd = open(name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    bool is_read = read_at(fd, page);
    if (fd >= 0)
        close(fd);
    return is_read;
}

bool store_page_is_first_right(const char *path)
{
    uint8_t page[STORE_PAGE_BYTES];
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    bool is_right = read_at(fd, page);
    if (fd >= 0)
        close(fd);
    return is_right;
}

/* Not there, or wrong, is as good as not made: only a damaged first page needs it. */
void store_page_keep_first(const struct store *s)
{
    uint8_t page[STORE_PAGE_BYTES], copy[STORE_PAGE_BYTES];
    char name[STORE_PATH_BYTES];
    if (!read_at(s->page_fd, page) || !store_swap_name(s->path, "-first", name))
        return;
    if (read_copy(s->path, copy) && memcmp(page + COOKIE_AT, copy + COOKIE_AT, 4) == 0)
        return;
    int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return;
    if (pwrite(fd, page, STORE_PAGE_BYTES, 0) == STORE_PAGE_BYTES)
        (void)fsync(fd);
    close(fd);
}

bool store_page_restore_first(const char *path)
{
    uint8_t page[STORE_PAGE_BYTES];
    struct stat st;
    int fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
    bool is_right = read_at(fd, page);
    if (fd >= 0 && !is_right && fstat(fd, &st) == 0 && st.st_size >= STORE_PAGE_BYTES &&
        read_copy(path, page)) {
        uint32_t pages = (uint32_t)(st.st_size / STORE_PAGE_BYTES);
        for (int i = 0; i < 4; i++)
            page[PAGES_AT + i] = (uint8_t)(pages >> 8 * (3 - i));
        memset(page + FREE_LIST_AT, 0, 8); /* free pages are of no use in a file to be copied */
        page_sum_set(page, STORE_PAGE_BYTES, 1);
        is_right = pwrite(fd, page, STORE_PAGE_BYTES, 0) == STORE_PAGE_BYTES;
    }
    if (fd >= 0)
        close(fd);
    return is_right;
}
