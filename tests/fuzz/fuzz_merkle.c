/*
 * fuzz_merkle.c - inclusion and consistency proofs, beside a tree that the target holds.
 *
 * The script: which proof, two sizes, an index, then the proof as a peer sends it, or (bit 1) the
 * true one with a few bytes changed. Only the true proof holds.
 */
#include "protocol/fork.h"
#include "tests/fuzz/fuzz.h"

enum { LEAVES = 70, CONSISTENCY = 1, TRUE_ONE = 2 };

static uint8_t leaves[LEAVES][HASH_BYTES];

static void make_leaf(uint8_t i, uint8_t out[HASH_BYTES])
{
    merkle_leaf(bytes_of(&i, 1), out);
}

/* The root of 2^level leaves, each hashed anew: the target's own opinion. */
static bool subtree(void *ctx, unsigned level, uint64_t position, uint8_t out[HASH_BYTES])
{
    (void)ctx;
    static uint8_t row[LEAVES + 1][HASH_BYTES];
    uint64_t first = position << level, count = (uint64_t)1 << level;
    if (level > 6 || first + count > LEAVES)
        return false;
    memcpy(row, leaves[first], count * HASH_BYTES);
    for (; count > 1; count /= 2)
        for (uint64_t i = 0; i < count / 2; i++)
            merkle_node(row[2 * i], row[2 * i + 1], row[i]);
    memcpy(out, row[0], HASH_BYTES);
    return true;
}

static const struct merkle_source source = {NULL, subtree};

static void root_of(uint64_t size, uint8_t out[HASH_BYTES])
{
    struct merkle_frontier f;
    uint8_t tile[2][HASH_BYTES], again[HASH_BYTES];
    unsigned levels;
    merkle_frontier_init(&f);
    for (uint64_t i = 0; i < size; i++)
        merkle_append(&f, leaves[i], &levels, tile);
    merkle_root(&f, out);
    if (size > 0) {
        CHECK(merkle_root_of(&source, size, again) == OK);
        CHECK(memcmp(out, again, HASH_BYTES) == 0);
    }
}

/* The proof to try: the given bytes, or the true one with them over it. */
static struct bytes proof_of(struct unpack *u, bool is_true, struct bytes truth, uint8_t *room)
{
    if (!is_true) {
        struct bytes all = bytes_of(u->at, u->left);
        return all.len > MERKLE_PROOF_MAX * HASH_BYTES ? bytes_of(all.data, 64) : all;
    }
    if (truth.len > 0)
        memcpy(room, truth.data, truth.len);
    while (u->left >= 3 && truth.len > 0) {
        size_t at = unpack_u16(u) % truth.len;
        room[at] ^= unpack_u8(u);
    }
    return bytes_of(room, truth.len);
}

static void try_inclusion(struct unpack *u, bool is_true, uint64_t index, uint64_t size)
{
    uint8_t truth[MERKLE_PROOF_MAX][HASH_BYTES], room[MERKLE_PROOF_MAX * HASH_BYTES];
    uint8_t root[HASH_BYTES];
    size_t count = 0;
    uint64_t next = 0;
    root_of(size, root);
    enum err e = merkle_inclusion(&source, index, size, truth, &count);
    CHECK(e == (index < size ? OK : ERR_RANGE));
    if (e != OK) {
        CHECK(merkle_verify_inclusion(leaves[0], index, size, bytes_of(u->at, 0), root) ==
              ERR_RANGE);
        return;
    }
    struct bytes good = bytes_of(truth[0], count * HASH_BYTES);
    struct bytes proof = proof_of(u, is_true, good, room);
    e = merkle_verify_inclusion(leaves[index], index, size, proof, root);
    CHECK(e == (bytes_equal(proof, good) ? OK : ERR_PROOF));
    enum fork_place place = fork_narrow(&source, index, size, leaves[index], proof, &next);
    CHECK(e != OK || place == FORK_SAME);
    CHECK(place != FORK_BEFORE || next < index);
    CHECK(merkle_verify_inclusion(root, index, size, proof, root) != OK || size == 1);
}

static void try_consistency(struct unpack *u, bool is_true, uint64_t old_size, uint64_t size)
{
    uint8_t truth[MERKLE_PROOF_MAX][HASH_BYTES], room[MERKLE_PROOF_MAX * HASH_BYTES];
    uint8_t root[HASH_BYTES], old_root[HASH_BYTES];
    size_t count = 0;
    root_of(size, root);
    root_of(old_size, old_root);
    enum err e = merkle_consistency(&source, old_size, size, truth, &count);
    CHECK(e == (old_size <= size ? OK : ERR_RANGE));
    if (e != OK) {
        CHECK(merkle_verify_consistency(old_size, old_root, size, root, bytes_of(u->at, 0)) ==
              ERR_RANGE);
        return;
    }
    struct bytes good = bytes_of(truth[0], count * HASH_BYTES);
    struct bytes proof = proof_of(u, is_true, good, room);
    e = merkle_verify_consistency(old_size, old_root, size, root, proof);
    CHECK(e == (bytes_equal(proof, good) ? OK : ERR_PROOF));
    if (old_size > 0) {
        old_root[0] ^= 1;
        CHECK(merkle_verify_consistency(old_size, old_root, size, root, proof) == ERR_PROOF);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct unpack u = unpack_of(bytes_of(data, len));
    uint8_t flags = unpack_u8(&u);
    uint64_t size = unpack_u8(&u) % (LEAVES + 1), other = unpack_u8(&u) % (LEAVES + 1);
    for (uint8_t i = 0; i < LEAVES; i++)
        make_leaf(i, leaves[i]);
    bool is_true = (flags & TRUE_ONE) != 0;
    if ((flags & CONSISTENCY) != 0)
        try_consistency(&u, is_true, other, size);
    else
        try_inclusion(&u, is_true, other, size);
    return 0;
}
