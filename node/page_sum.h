/*
 * page_sum.h - a checksum in the last bytes of each page of the database file.
 *
 * SQLite does not notice a flipped bit in a row. So the store keeps the last PAGE_SUM_BYTES of each
 * page free (the file header says so) and writes there a SipHash-2-4 of everything before, keyed
 * with the page's number, which also finds a page that was written to the wrong place. Whoever can
 * write the file can write the sum too: it is against faults, not against people.
 *
 * One flipped bit can be found again by trying each; that takes about half a second a page, and
 * saves what no peer holds.
 *
 * Source: "Database File Format" of SQLite, section 1.3.4 (reserved bytes a page).
 */
#ifndef NODE_PAGE_SUM_H
#define NODE_PAGE_SUM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { PAGE_SUM_BYTES = 8 };

/* len is the whole page, more than PAGE_SUM_BYTES; number is that of the page, from 1 on. */
void page_sum_set(uint8_t *page, size_t len, uint32_t number);
bool page_sum_is_right(const uint8_t *page, size_t len, uint32_t number);

/* Turns back the one bit that was flipped, in the page or in its sum. False, and nothing changed,
 * if one bit does not account for it. A page that is right stays as it is. */
bool page_sum_mend(uint8_t *page, size_t len, uint32_t number);

/* The same for bytes whose sum is kept elsewhere; number as it was given for the sum. */
uint64_t page_sum_of(const uint8_t *data, size_t len, uint32_t number);
bool page_sum_mend_to(uint8_t *data, size_t len, uint32_t number, uint64_t sum);

#endif
