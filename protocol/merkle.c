#include "protocol/merkle.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

static_assert(HASH_BYTES == crypto_hash_sha256_BYTES, "the tree hashes with SHA-256");

void merkle_leaf(struct bytes data, uint8_t out[HASH_BYTES])
{
    static const uint8_t prefix = 0x00;
    crypto_hash_sha256_state st;
    crypto_hash_sha256_init(&st);
    crypto_hash_sha256_update(&st, &prefix, 1);
    crypto_hash_sha256_update(&st, data.data, data.len);
    crypto_hash_sha256_final(&st, out);
}

void merkle_node(const uint8_t left[HASH_BYTES], const uint8_t right[HASH_BYTES],
                 uint8_t out[HASH_BYTES])
{
    uint8_t text[1 + 2 * HASH_BYTES];
    text[0] = 0x01;
    memcpy(text + 1, left, HASH_BYTES);
    memcpy(text + 1 + HASH_BYTES, right, HASH_BYTES);
    crypto_hash_sha256(out, text, sizeof text);
}

void merkle_frontier_init(struct merkle_frontier *f)
{
    memset(f, 0, sizeof *f);
}

void merkle_append(struct merkle_frontier *f, const uint8_t leaf[HASH_BYTES], unsigned *tile_levels,
                   uint8_t tile[2][HASH_BYTES])
{
    uint8_t hash[HASH_BYTES];
    memcpy(hash, leaf, HASH_BYTES);
    *tile_levels = 0;
    unsigned level = 0;
    for (; f->size >> level & 1; level++) {
        merkle_node(f->peak[level], hash, hash);
        unsigned done = level + 1;
        if (done == MERKLE_TILE_LEVEL || done == 2 * MERKLE_TILE_LEVEL) {
            unsigned which = done / MERKLE_TILE_LEVEL - 1;
            *tile_levels |= 1u << which;
            memcpy(tile[which], hash, HASH_BYTES);
        }
    }
    assert(level < MERKLE_LEVELS_MAX);
    memcpy(f->peak[level], hash, HASH_BYTES);
    f->size++;
}

void merkle_root(const struct merkle_frontier *f, uint8_t out[HASH_BYTES])
{
    bool has_any = false;
    crypto_hash_sha256(out, NULL, 0);
    for (unsigned level = 0; level < MERKLE_LEVELS_MAX; level++) {
        if (!(f->size >> level & 1))
            continue;
        if (has_any)
            merkle_node(f->peak[level], out, out);
        else
            memcpy(out, f->peak[level], HASH_BYTES);
        has_any = true;
    }
}

/* The largest power of two below n, as its exponent; n >= 2. */
static unsigned split_level(uint64_t n)
{
    unsigned level = 0;
    while (((uint64_t)2 << level) < n)
        level++;
    return level;
}

/* Root of the leaves [lo, hi), where lo is a multiple of the largest power of two in the range:
 * perfect subtrees from left to right, joined from the right. */
static enum err range_root(const struct merkle_source *src, uint64_t lo, uint64_t hi,
                           uint8_t out[HASH_BYTES])
{
    uint8_t part[MERKLE_LEVELS_MAX][HASH_BYTES];
    unsigned parts = 0;
    for (uint64_t left = hi - lo; left > 0; parts++) {
        unsigned level = 63 - (unsigned)__builtin_clzll(left);
        assert(level < MERKLE_LEVELS_MAX);
        if (!src->subtree(src->ctx, level, lo >> level, part[parts]))
            return ERR_NOT_FOUND;
        lo += (uint64_t)1 << level;
        left -= (uint64_t)1 << level;
    }
    assert(parts > 0); /* no caller asks for an empty range */
    memcpy(out, part[--parts], HASH_BYTES);
    while (parts > 0)
        merkle_node(part[--parts], out, out);
    return OK;
}

static void reverse(uint8_t hashes[][HASH_BYTES], size_t count)
{
    for (size_t i = 0, j = count; i + 1 < j; i++) {
        uint8_t t[HASH_BYTES];
        j--;
        memcpy(t, hashes[i], HASH_BYTES);
        memcpy(hashes[i], hashes[j], HASH_BYTES);
        memcpy(hashes[j], t, HASH_BYTES);
    }
}

enum err merkle_inclusion(const struct merkle_source *src, uint64_t index, uint64_t size,
                          uint8_t out[][HASH_BYTES], size_t *count)
{
    if (index >= size || size >> MERKLE_LEVELS_MAX != 0)
        return ERR_RANGE;
    uint64_t lo = 0, hi = size;
    size_t n = 0;
    while (hi - lo > 1) {
        uint64_t mid = lo + ((uint64_t)1 << split_level(hi - lo));
        bool is_left = index < mid;
        enum err e = is_left ? range_root(src, mid, hi, out[n]) : range_root(src, lo, mid, out[n]);
        if (e != OK)
            return e;
        n++;
        if (is_left)
            hi = mid;
        else
            lo = mid;
    }
    reverse(out, n);
    *count = n;
    return OK;
}

enum err merkle_consistency(const struct merkle_source *src, uint64_t old_size, uint64_t new_size,
                            uint8_t out[][HASH_BYTES], size_t *count)
{
    if (old_size > new_size || new_size >> MERKLE_LEVELS_MAX != 0)
        return ERR_RANGE;
    if (old_size == 0 || old_size == new_size) {
        *count = 0;
        return OK;
    }
    uint64_t lo = 0, hi = new_size;
    bool is_whole_old = true; /* the subtree [lo, hi) still begins where the old tree does */
    size_t n = 0;
    while (old_size != hi) {
        uint64_t mid = lo + ((uint64_t)1 << split_level(hi - lo));
        bool is_left = old_size <= mid;
        enum err e = is_left ? range_root(src, mid, hi, out[n]) : range_root(src, lo, mid, out[n]);
        if (e != OK)
            return e;
        n++;
        if (is_left) {
            hi = mid;
        } else {
            lo = mid;
            is_whole_old = false;
        }
    }
    if (!is_whole_old) {
        enum err e = range_root(src, lo, hi, out[n]);
        if (e != OK)
            return e;
        n++;
    }
    reverse(out, n);
    *count = n;
    return OK;
}

enum err merkle_root_of(const struct merkle_source *src, uint64_t size, uint8_t out[HASH_BYTES])
{
    if (size == 0 || size >> MERKLE_LEVELS_MAX != 0)
        return ERR_RANGE;
    return range_root(src, 0, size, out);
}

enum err merkle_verify_inclusion(const uint8_t leaf[HASH_BYTES], uint64_t index, uint64_t size,
                                 struct bytes proof, const uint8_t root[HASH_BYTES])
{
    if (index >= size)
        return ERR_RANGE;
    if (proof.len % HASH_BYTES != 0)
        return ERR_PROOF;
    uint64_t fn = index, sn = size - 1;
    uint8_t r[HASH_BYTES];
    memcpy(r, leaf, HASH_BYTES);
    for (size_t at = 0; at < proof.len; at += HASH_BYTES) {
        const uint8_t *p = proof.data + at;
        if (sn == 0)
            return ERR_PROOF;
        if (fn & 1 || fn == sn) {
            merkle_node(p, r, r);
            while (!(fn & 1) && fn != 0) {
                fn >>= 1;
                sn >>= 1;
            }
        } else {
            merkle_node(r, p, r);
        }
        fn >>= 1;
        sn >>= 1;
    }
    return sn == 0 && memcmp(r, root, HASH_BYTES) == 0 ? OK : ERR_PROOF;
}

enum err merkle_verify_consistency(uint64_t old_size, const uint8_t old_root[HASH_BYTES],
                                   uint64_t new_size, const uint8_t new_root[HASH_BYTES],
                                   struct bytes proof)
{
    if (old_size > new_size)
        return ERR_RANGE;
    if (old_size == 0)
        return proof.len == 0 ? OK : ERR_PROOF;
    if (old_size == new_size)
        return proof.len == 0 && memcmp(old_root, new_root, HASH_BYTES) == 0 ? OK : ERR_PROOF;
    if (proof.len == 0 || proof.len % HASH_BYTES != 0)
        return ERR_PROOF;

    uint64_t fn = old_size - 1, sn = new_size - 1;
    while (fn & 1) {
        fn >>= 1;
        sn >>= 1;
    }
    uint8_t fr[HASH_BYTES], sr[HASH_BYTES];
    bool is_power = (old_size & (old_size - 1)) == 0;
    const uint8_t *first = is_power ? old_root : proof.data;
    memcpy(fr, first, HASH_BYTES);
    memcpy(sr, first, HASH_BYTES);
    for (size_t at = is_power ? 0 : HASH_BYTES; at < proof.len; at += HASH_BYTES) {
        const uint8_t *c = proof.data + at;
        if (sn == 0)
            return ERR_PROOF;
        if (fn & 1 || fn == sn) {
            merkle_node(c, fr, fr);
            merkle_node(c, sr, sr);
            while (!(fn & 1) && fn != 0) {
                fn >>= 1;
                sn >>= 1;
            }
        } else {
            merkle_node(sr, c, sr);
        }
        fn >>= 1;
        sn >>= 1;
    }
    bool is_right =
        sn == 0 && memcmp(fr, old_root, HASH_BYTES) == 0 && memcmp(sr, new_root, HASH_BYTES) == 0;
    return is_right ? OK : ERR_PROOF;
}
