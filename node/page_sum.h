/*
 * page_sum.h - a checksum in the last bytes of each page of the database file.
 *
 * SQLite does not notice a flipped bit in a row. So the store keeps the last PAGE_SUM_BYTES of each
 * page free (the file header says so) and writes there a CRC of everything before, little-endian,
 * which begins with the page's number and so finds a page that was written to the wrong place, too.
 * Whoever can write the file can write the sum: it is against faults, not against people.
 *
 * A CRC is linear: what a flipped bit does to it depends on where the bit is alone. So one flipped
 * bit of a page, and two, are found again in milliseconds, which saves what no peer holds. Of other
 * damage one case in 2^33 would be taken for two bits.
 *
 * Source: CRC-64/XZ (the polynomial of ECMA-182, reflected); "Database File Format" of SQLite,
 * section 1.3.4 (reserved bytes a page).
 */
#ifndef NODE_PAGE_SUM_H
#define NODE_PAGE_SUM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { PAGE_SUM_BYTES = 8, PAGE_SUM_MEND_BYTES_MAX = 8192 };

/* len is the whole page, more than PAGE_SUM_BYTES; number is that of the page, from 1 on. */
void page_sum_set(uint8_t *page, size_t len, uint32_t number);
bool page_sum_is_right(const uint8_t *page, size_t len, uint32_t number);

/* Turns back the one or two bits that were flipped, in the page or in its sum; at most
 * PAGE_SUM_MEND_BYTES_MAX. False, and nothing changed, if they do not account for it, or there is
 * no memory. A page that is right stays as it is. */
bool page_sum_mend(uint8_t *page, size_t len, uint32_t number);

/* The same for bytes whose sum is kept elsewhere; number as it was given for the sum. */
uint64_t page_sum_of(const uint8_t *data, size_t len, uint32_t number);
bool page_sum_mend_to(uint8_t *data, size_t len, uint32_t number, uint64_t sum);

#endif
