#include "node/page_sum.h"

#include <sodium.h>
#include <string.h>

_Static_assert(crypto_shorthash_BYTES == PAGE_SUM_BYTES, "SipHash-2-4");
_Static_assert(crypto_shorthash_KEYBYTES == 16, "twelve of name, four of number");

uint64_t page_sum_of(const uint8_t *data, size_t len, uint32_t number)
{
    uint8_t key[crypto_shorthash_KEYBYTES] = {'s', 'e', 'i', 'n', 'p', 'o',
                                              's', 't', '/', 's', 'u', 'm'};
    uint8_t out[PAGE_SUM_BYTES];
    uint64_t sum;
    memcpy(key + 12, &number, sizeof number);
    crypto_shorthash(out, data, len, key);
    memcpy(&sum, out, sizeof sum);
    return sum;
}

static uint64_t stored(const uint8_t *page, size_t len)
{
    uint64_t sum;
    memcpy(&sum, page + len - PAGE_SUM_BYTES, sizeof sum);
    return sum;
}

void page_sum_set(uint8_t *page, size_t len, uint32_t number)
{
    uint64_t sum = page_sum_of(page, len - PAGE_SUM_BYTES, number);
    memcpy(page + len - PAGE_SUM_BYTES, &sum, sizeof sum);
}

bool page_sum_is_right(const uint8_t *page, size_t len, uint32_t number)
{
    return page_sum_of(page, len - PAGE_SUM_BYTES, number) == stored(page, len);
}

bool page_sum_mend_to(uint8_t *data, size_t len, uint32_t number, uint64_t sum)
{
    if (page_sum_of(data, len, number) == sum)
        return true;
    for (size_t bit = 0; bit < 8 * len; bit++) {
        data[bit / 8] ^= (uint8_t)(1u << bit % 8);
        if (page_sum_of(data, len, number) == sum)
            return true;
        data[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    return false;
}

bool page_sum_mend(uint8_t *page, size_t len, uint32_t number)
{
    uint64_t sum = page_sum_of(page, len - PAGE_SUM_BYTES, number), off = sum ^ stored(page, len);
    if (off != 0 && (off & (off - 1)) == 0) { /* the bit is in the sum itself */
        page_sum_set(page, len, number);
        return true;
    }
    return page_sum_mend_to(page, len - PAGE_SUM_BYTES, number, stored(page, len));
}
