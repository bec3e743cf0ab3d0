#include "node/store_scrub.h"

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
