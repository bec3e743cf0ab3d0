/* The page scrubber by itself; test_store_erase.c shows what it is for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "node/store_scrub.h"

enum { PAGE = 512 };

static void put_u16(uint8_t *p, size_t v)
{
    p[0] = (uint8_t)(v >> 8);
    p[1] = (uint8_t)v;
}

/* A page of 0xAA with the header of a B-tree page: two cells, cells from content on, and one free
 * block of 20 bytes at block (0 none). */
static void make_page(uint8_t *page, size_t head, uint8_t type, size_t content, size_t block)
{
    memset(page, 0xAA, PAGE);
    page[head] = type;
    put_u16(page + head + 1, block);
    put_u16(page + head + 3, 2);
    put_u16(page + head + 5, content);
    if (block != 0 && block + 4 <= PAGE) {
        put_u16(page + block, 0);
        put_u16(page + block + 2, 20);
    }
}

/* Goal: exactly the unused bytes are zeroed: from the cell pointers to the cells, and the inside of
 * free blocks; and what is not a sound B-tree page is left alone.
 * Method: one row is a page; each byte is then looked at. */
static void test_pages(void **state)
{
    (void)state;
    static const struct {
        bool is_first;
        uint8_t type;
        size_t content, block;
        bool is_page;
        size_t pointers_end;
        const char *why;
    } rows[] = {
        {false, 13, 400,  0,   true,  12,  "table leaf"                     },
        {false, 10, 400,  450, true,  12,  "index leaf with a free block"   },
        {false, 5,  400,  0,   true,  16,  "table interior"                 },
        {false, 2,  400,  400, true,  16,  "index interior, block first"    },
        {true,  13, 400,  0,   true,  112, "page 1"                         },
        {false, 13, 12,   0,   true,  12,  "full"                           },
        {false, 13, PAGE, 0,   true,  12,  "empty"                          },
        {false, 0,  400,  0,   false, 0,   "an overflow or free page"       },
        {false, 13, 11,   0,   false, 0,   "cells over the pointers"        },
        {false, 13, 513,  0,   false, 0,   "cells beyond the page"          },
        {false, 13, 0,    0,   false, 0,   "cells at 65536"                 },
        {false, 13, 400,  399, false, 0,   "free block before the cells"    },
        {false, 13, 400,  493, false, 0,   "free block ends beyond the page"},
        {false, 13, 400,  510, false, 0,   "free block's header cut"        },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint8_t page[PAGE], before[PAGE];
        make_page(page, rows[i].is_first ? 100 : 0, rows[i].type, rows[i].content, rows[i].block);
        memcpy(before, page, PAGE);
        if (store_scrub_page(page, PAGE, rows[i].is_first) != rows[i].is_page)
            fail_msg("taken wrongly: %s", rows[i].why);
        for (size_t at = 0; at < PAGE; at++) {
            bool is_gap = at >= rows[i].pointers_end && at < rows[i].content;
            bool is_block =
                rows[i].block != 0 && at >= rows[i].block + 4 && at < rows[i].block + 20;
            uint8_t want = rows[i].is_page && (is_gap || is_block) ? 0 : before[at];
            if (page[at] != want)
                fail_msg("%s: byte %d is %02x", rows[i].why, (int)at, page[at]);
        }
    }
}

/* Goal: a chain of free blocks that goes back, or round, ends.
 * Method: a block that names itself, and one that names an earlier one. */
static void test_free_block_chain(void **state)
{
    (void)state;
    static const struct {
        size_t first, next;
        bool is_page;
    } rows[] = {
        {420, 440, true },
        {420, 420, false},
        {420, 400, false},
        {420, 439, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint8_t page[PAGE], before[PAGE];
        make_page(page, 0, 13, 400, 440);
        put_u16(page + 1, rows[i].first);
        put_u16(page + rows[i].first, rows[i].next);
        put_u16(page + rows[i].first + 2, 20);
        memcpy(before, page, PAGE);
        assert_int_equal(store_scrub_page(page, PAGE, false), rows[i].is_page);
        if (!rows[i].is_page)
            assert_memory_equal(page, before, PAGE);
    }
    uint8_t page[PAGE];
    make_page(page, 0, 13, 400, 0);
    assert_false(store_scrub_page(page, 11, false));
    assert_false(store_scrub_page(page, 111, true));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pages),
        cmocka_unit_test(test_free_block_chain),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
