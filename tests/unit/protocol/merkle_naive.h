/*
 * merkle_naive.h - a second implementation of the tree, by the recursive definitions of RFC 9162.
 * It shares no function with the module, SHA-256 apart.
 */
#ifndef TESTS_UNIT_PROTOCOL_MERKLE_NAIVE_H
#define TESTS_UNIT_PROTOCOL_MERKLE_NAIVE_H

#include <sodium.h>
#include <string.h>

#include "protocol/merkle.h"

struct list {
    const uint8_t (*leaf)[HASH_BYTES]; /* leaf hashes */
    uint64_t n;
};

struct proof {
    uint8_t hash[MERKLE_PROOF_MAX + 1][HASH_BYTES];
    size_t count;
};

static inline struct list part(struct list d, uint64_t from, uint64_t to)
{
    return (struct list){d.leaf + from, to - from};
}

static inline uint64_t split(uint64_t n)
{
    uint64_t k = 1;
    while (k * 2 < n)
        k *= 2;
    return k;
}

/* MTH(D[n]), section 2.1.1. */
static inline void naive_root(struct list d, uint8_t out[HASH_BYTES])
{
    if (d.n == 0) {
        crypto_hash_sha256(out, NULL, 0);
        return;
    }
    if (d.n == 1) {
        memcpy(out, d.leaf[0], HASH_BYTES);
        return;
    }
    uint8_t text[65] = {0x01};
    naive_root(part(d, 0, split(d.n)), text + 1);
    naive_root(part(d, split(d.n), d.n), text + 33);
    crypto_hash_sha256(out, text, sizeof text);
}

static inline void add_root(struct list d, struct proof *p)
{
    naive_root(d, p->hash[p->count++]);
}

/* PATH(m, D[n]), section 2.1.3.1. */
static inline void naive_path(uint64_t m, struct list d, struct proof *p)
{
    if (d.n == 1)
        return;
    uint64_t k = split(d.n);
    if (m < k) {
        naive_path(m, part(d, 0, k), p);
        add_root(part(d, k, d.n), p);
    } else {
        naive_path(m - k, part(d, k, d.n), p);
        add_root(part(d, 0, k), p);
    }
}

/* SUBPROOF(m, D[n], b), section 2.1.4.1. */
static inline void naive_subproof(uint64_t m, struct list d, bool b, struct proof *p)
{
    if (m == d.n) {
        if (!b)
            add_root(d, p);
        return;
    }
    uint64_t k = split(d.n);
    if (m <= k) {
        naive_subproof(m, part(d, 0, k), b, p);
        add_root(part(d, k, d.n), p);
    } else {
        naive_subproof(m - k, part(d, k, d.n), false, p);
        add_root(part(d, 0, k), p);
    }
}

#endif
