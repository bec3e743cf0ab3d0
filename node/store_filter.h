/*
 * store_filter.h - answers most questions "is this tag here?" with no, from memory.
 *
 * A blocked Bloom filter over tag prefixes. A consult asks for kinds x authors x counters, nearly
 * all of which miss; of those about one in 200 gets as far as the database. Keys are never taken
 * out: those of erased entries go when the filter is built again, larger.
 */
#ifndef NODE_STORE_FILTER_H
#define NODE_STORE_FILTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    STORE_FILTER_BITS_A_KEY = 12,
    STORE_FILTER_PROBES = 7,
    STORE_FILTER_LOG_MIN = 23, /* 1 MiB: 699,050 keys */
    STORE_FILTER_LOG_MAX = 27, /* 16 MiB; beyond 11 million keys more misses reach the database */
};

struct store_filter {
    uint64_t *words;
    unsigned log_bits;
    size_t keys; /* keys put in, those of erased entries included */
};

/* Room for expected keys within the bounds above, all empty. What f held before is released. False
 * if there is no memory; f is then empty and answers "may hold" to everything. */
bool store_filter_init(struct store_filter *f, size_t expected);
void store_filter_clear(struct store_filter *f);

void store_filter_add(struct store_filter *f, uint64_t key);

/* False: the key was never put in. True: ask the database. */
bool store_filter_may_hold(const struct store_filter *f, uint64_t key);

/* Whether it holds more keys than it is good for, and a larger one is allowed. */
bool store_filter_is_over_full(const struct store_filter *f);

#endif
