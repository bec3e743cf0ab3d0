#include "node/store_filter.h"

#include <assert.h>
#include <stdlib.h>

static size_t keys_max(unsigned log_bits)
{
    return ((size_t)1 << log_bits) / STORE_FILTER_BITS_A_KEY;
}

bool store_filter_init(struct store_filter *f, size_t expected)
{
    store_filter_clear(f);
    unsigned log_bits = STORE_FILTER_LOG_MIN;
    while (log_bits < STORE_FILTER_LOG_MAX && keys_max(log_bits) < expected)
        log_bits++;
    f->words = calloc((size_t)1 << (log_bits - 6), sizeof *f->words);
    f->log_bits = log_bits;
    return f->words != NULL;
}

void store_filter_clear(struct store_filter *f)
{
    free(f->words);
    *f = (struct store_filter){0};
}

/* A key lives in one block of a cache line; nine bits of a second hash give each position in it.
 * Prefixes are hash output, but their author chooses them: the multipliers spread a run of
 * neighbouring ones. */
struct place {
    size_t block; /* index of its first word */
    uint64_t bits;
};

enum { BLOCK_LOG = 9, WORDS_A_BLOCK = 8 };

static_assert(STORE_FILTER_PROBES * BLOCK_LOG <= 64, "one hash gives all positions");

static struct place place_of(const struct store_filter *f, uint64_t key)
{
    uint64_t mixed = (key ^ (key >> 32)) * UINT64_C(0xD6E8FEB86659FD93);
    uint64_t block = (key * UINT64_C(0x9E3779B97F4A7C15)) >> (64 - (f->log_bits - BLOCK_LOG));
    return (struct place){(size_t)block * WORDS_A_BLOCK, mixed ^ (mixed >> 32)};
}

void store_filter_add(struct store_filter *f, uint64_t key)
{
    f->keys++;
    if (f->words == NULL)
        return;
    struct place p = place_of(f, key);
    for (int i = 0; i < STORE_FILTER_PROBES; i++, p.bits >>= BLOCK_LOG)
        f->words[p.block + (p.bits >> 6 & 7)] |= UINT64_C(1) << (p.bits & 63);
}

bool store_filter_may_hold(const struct store_filter *f, uint64_t key)
{
    if (f->words == NULL)
        return true;
    struct place p = place_of(f, key);
    for (int i = 0; i < STORE_FILTER_PROBES; i++, p.bits >>= BLOCK_LOG)
        if (!(f->words[p.block + (p.bits >> 6 & 7)] >> (p.bits & 63) & 1))
            return false;
    return true;
}

bool store_filter_is_over_full(const struct store_filter *f)
{
    return f->words != NULL && f->log_bits < STORE_FILTER_LOG_MAX &&
           f->keys > keys_max(f->log_bits);
}
