/*
 * store_pages.h - the pages of the store's file, looked at one by one on the disk.
 */
#ifndef NODE_STORE_PAGES_H
#define NODE_STORE_PAGES_H

#include <stdbool.h>
#include <stdint.h>

struct store;

enum store_page {
    STORE_PAGE_RIGHT,
    STORE_PAGE_MENDED,  /* one bit was flipped and is turned back */
    STORE_PAGE_DAMAGED, /* the store has to be opened anew, which repairs it */
};

/* How many there are, from 1 on. */
uint32_t store_page_count(const struct store *s);

/* Reads one from the disk and checks it. What lies in the log is newer than what this sees. */
enum store_page store_page_look(struct store *s, uint32_t page);

/* How many pages were mended since this was last asked, also by ordinary reads, and the last of
 * them (0: in the log). */
uint64_t store_pages_mended(struct store *s, uint32_t *page);

/* Asks the next start to look at every page; whether that was asked; it was done. */
void store_page_mark(const char *path);
bool store_page_is_marked(const char *path);
void store_page_unmark(const char *path);

/* Whether the first page of a closed file is right. Keeps a copy of it beside the file, where all
 * tables begin; and puts it back in a closed file whose first page is damaged. False if there is
 * none. */
bool store_page_is_first_right(const char *path);
void store_page_keep_first(const struct store *s);
bool store_page_restore_first(const char *path);

#endif
