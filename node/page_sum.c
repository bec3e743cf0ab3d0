#include "node/page_sum.h"

#include <stdlib.h>
#include <string.h>

#define POLYNOMIAL UINT64_C(0xC96C5795D7870F42)

/* The register after one more zero bit. */
static uint64_t step(uint64_t r)
{
    return r >> 1 ^ ((r & 1) != 0 ? POLYNOMIAL : 0);
}

/* table[k][b]: what byte b does to the register k bytes later. */
static const uint64_t (*tables(void))[256]
{
    static uint64_t table[8][256];
    if (table[0][1] != 0)
        return (const uint64_t(*)[256])table;
    for (unsigned b = 0; b < 256; b++) {
        uint64_t r = b;
        for (int i = 0; i < 8; i++)
            r = step(r);
        table[0][b] = r;
    }
    for (unsigned k = 1; k < 8; k++)
        for (unsigned b = 0; b < 256; b++)
            table[k][b] = table[k - 1][b] >> 8 ^ table[0][table[k - 1][b] & 0xFF];
    return (const uint64_t(*)[256])table;
}

static uint64_t u64_at(const uint8_t *p)
{
    uint64_t v = 0;
    for (int i = 7; i >= 0; i--)
        v = v << 8 | p[i];
    return v;
}

uint64_t page_sum_of(const uint8_t *data, size_t len, uint32_t number)
{
    const uint64_t(*t)[256] = tables();
    uint64_t r = ~(uint64_t)number;
    size_t at = 0;
    for (; at + 8 <= len; at += 8) {
        r ^= u64_at(data + at);
        r = t[7][r & 0xFF] ^ t[6][r >> 8 & 0xFF] ^ t[5][r >> 16 & 0xFF] ^ t[4][r >> 24 & 0xFF] ^
            t[3][r >> 32 & 0xFF] ^ t[2][r >> 40 & 0xFF] ^ t[1][r >> 48 & 0xFF] ^ t[0][r >> 56];
    }
    for (; at < len; at++)
        r = t[0][(r ^ data[at]) & 0xFF] ^ r >> 8;
    return ~r;
}

void page_sum_set(uint8_t *page, size_t len, uint32_t number)
{
    uint64_t sum = page_sum_of(page, len - PAGE_SUM_BYTES, number);
    for (size_t i = 0; i < PAGE_SUM_BYTES; i++)
        page[len - PAGE_SUM_BYTES + i] = (uint8_t)(sum >> 8 * i);
}

bool page_sum_is_right(const uint8_t *page, size_t len, uint32_t number)
{
    return page_sum_of(page, len - PAGE_SUM_BYTES, number) == u64_at(page + len - PAGE_SUM_BYTES);
}

/* ---- Mending ---- */

enum { SLOTS = 1 << 17, BITS_MAX = 8 * PAGE_SUM_MEND_BYTES_MAX };

/* Where each bit is, by what it does to the sum. Bits count from the last one of the data back. */
struct effects_of_bits {
    uint64_t effect[BITS_MAX];
    uint32_t slot[SLOTS]; /* bit plus one, by effect; 0 none */
};

static size_t slot_of(uint64_t effect)
{
    return (size_t)(effect * UINT64_C(0x9E3779B97F4A7C15) >> 47);
}

/* The bit with that effect; bits if there is none. */
static size_t find(const struct effects_of_bits *e, size_t bits, uint64_t effect)
{
    for (size_t at = slot_of(effect); e->slot[at] != 0; at = (at + 1) % SLOTS)
        if (e->effect[e->slot[at] - 1] == effect)
            return e->slot[at] - 1;
    return bits;
}

static void learn(struct effects_of_bits *e, size_t data_bits, size_t sum_bits)
{
    uint64_t r = 1;
    for (size_t k = 0; k < data_bits + sum_bits; k++) {
        r = step(r);
        e->effect[k] = k < data_bits ? r : UINT64_C(1) << (k - data_bits);
        size_t at = slot_of(e->effect[k]);
        while (e->slot[at] != 0)
            at = (at + 1) % SLOTS;
        e->slot[at] = (uint32_t)k + 1;
    }
}

static void flip(uint8_t *data, size_t data_bits, size_t k)
{
    size_t bit = k < data_bits ? data_bits - 1 - k : k; /* the sum lies behind, its low bit first */
    data[bit / 8] ^= (uint8_t)(1u << bit % 8);
}

/* Turns back the one or two bits that have this effect together. */
static bool turn_back(uint8_t *data, size_t data_bits, size_t sum_bits, uint64_t off)
{
    size_t bits = data_bits + sum_bits;
    struct effects_of_bits *e = bits <= BITS_MAX ? calloc(1, sizeof *e) : NULL;
    if (e == NULL)
        return false;
    learn(e, data_bits, sum_bits);
    size_t one = find(e, bits, off), two = bits;
    for (size_t k = 0; k < bits && one == bits; k++) {
        two = find(e, bits, off ^ e->effect[k]);
        if (two != bits)
            one = k;
    }
    if (one != bits)
        flip(data, data_bits, one);
    if (two != bits)
        flip(data, data_bits, two);
    free(e);
    return one != bits;
}

bool page_sum_mend_to(uint8_t *data, size_t len, uint32_t number, uint64_t sum)
{
    uint64_t off = page_sum_of(data, len, number) ^ sum;
    return off == 0 || turn_back(data, 8 * len, 0, off);
}

bool page_sum_mend(uint8_t *page, size_t len, uint32_t number)
{
    size_t data = len - PAGE_SUM_BYTES;
    uint64_t off = page_sum_of(page, data, number) ^ u64_at(page + data);
    return off == 0 || turn_back(page, 8 * data, 8 * (size_t)PAGE_SUM_BYTES, off);
}
