/*
 * test_merkle.c - the tree against the vectors, against a second implementation that follows the
 * recursive definitions of RFC 9162 word for word, and against every proof made false.
 */
#include "protocol/merkle.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/unit/hex.h"
#include "tests/unit/protocol/merkle_naive.h"
#include "tests/vectors/rfc9162_merkle.h"

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

enum { LEAVES = 64, PROOF_BYTES_MAX = (MERKLE_PROOF_MAX + 1) * HASH_BYTES };

/* A store of leaf hashes, which cannot tell one of the subtrees that it is asked for. */
struct store {
    struct list d;
    size_t asked;
    size_t fail_at; /* counted from 1; 0 never */
};

static bool store_subtree(void *ctx, unsigned level, uint64_t position, uint8_t out[HASH_BYTES])
{
    struct store *s = ctx;
    uint64_t from = position << level, to = (position + 1) << level;
    assert_true(to <= s->d.n); /* only what lies inside the tree is perfect */
    if (++s->asked == s->fail_at)
        return false;
    naive_root(part(s->d, from, to), out);
    return true;
}

/* A tree with its every leaf, and its roots by size. */
struct fixture {
    uint8_t leaf[LEAVES][HASH_BYTES];
    uint8_t root[LEAVES + 1][HASH_BYTES];
    struct store store;
    struct merkle_source source;
};

static void fill(struct fixture *f)
{
    f->store = (struct store){
        .d = {(const uint8_t(*)[HASH_BYTES])f->leaf, LEAVES}
    };
    f->source = (struct merkle_source){&f->store, store_subtree};
    for (uint64_t n = 0; n <= LEAVES; n++)
        naive_root(part(f->store.d, 0, n), f->root[n]);
}

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    if (f == NULL)
        return -1;
    for (size_t i = 0; i < LEAVES; i++) {
        uint8_t text[3] = {0x00, 'x', (uint8_t)i};
        crypto_hash_sha256(f->leaf[i], text, sizeof text);
    }
    fill(f);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    free(*state);
    return 0;
}

static struct bytes bytes_of_proof(const struct proof *p)
{
    return bytes_of(p->hash, p->count * HASH_BYTES);
}

static void make_inclusion(struct fixture *f, uint64_t index, uint64_t size, struct proof *p)
{
    p->count = 999;
    assert_int_equal(merkle_inclusion(&f->source, index, size, p->hash, &p->count), OK);
}

static void make_consistency(struct fixture *f, uint64_t from, uint64_t to, struct proof *p)
{
    p->count = 999;
    assert_int_equal(merkle_consistency(&f->source, from, to, p->hash, &p->count), OK);
}

/* Goal: leaves, roots and proofs are those of the vectors.
 * Method: the eight leaves go into a frontier one by one, then every proof among them is made,
 * compared, and verified. */
static void vectors(void **state)
{
    (void)state;
    static struct fixture f;
    struct merkle_frontier frontier;
    uint8_t want[PROOF_BYTES_MAX], root[HASH_BYTES], tile[2][HASH_BYTES];
    unsigned levels;

    merkle_frontier_init(&frontier);
    for (size_t i = 0; i <= RFC9162_LEAVES; i++) {
        assert_int_equal(hex_bytes(rfc9162_root[i], want, sizeof want), HASH_BYTES);
        merkle_root(&frontier, root);
        assert_memory_equal(root, want, HASH_BYTES);
        if (i == RFC9162_LEAVES)
            break;
        size_t len = hex_bytes(rfc9162_leaf[i], want, sizeof want);
        merkle_leaf(bytes_of(len > 0 ? want : NULL, len), f.leaf[i]);
        merkle_append(&frontier, f.leaf[i], &levels, tile);
        assert_int_equal(levels, 0);
    }
    fill(&f);
    struct proof p;
    for (size_t i = 0; i < COUNT(rfc9162_inclusion); i++) {
        uint64_t index = rfc9162_inclusion[i].index, size = rfc9162_inclusion[i].size;
        size_t len = hex_bytes(rfc9162_inclusion[i].proof, want, sizeof want);
        make_inclusion(&f, index, size, &p);
        assert_int_equal(p.count * HASH_BYTES, len);
        assert_memory_equal(p.hash, want, len);
        hex_bytes(rfc9162_root[size], root, sizeof root);
        assert_int_equal(
            merkle_verify_inclusion(f.leaf[index], index, size, bytes_of(want, len), root), OK);
    }
    for (size_t i = 0; i < COUNT(rfc9162_consistency); i++) {
        uint64_t from = rfc9162_consistency[i].old_size, to = rfc9162_consistency[i].new_size;
        size_t len = hex_bytes(rfc9162_consistency[i].proof, want, sizeof want);
        make_consistency(&f, from, to, &p);
        assert_int_equal(p.count * HASH_BYTES, len);
        assert_memory_equal(p.hash, want, len);
        uint8_t old[HASH_BYTES];
        hex_bytes(rfc9162_root[from], old, sizeof old);
        hex_bytes(rfc9162_root[to], root, sizeof root);
        assert_int_equal(merkle_verify_consistency(from, old, to, root, bytes_of(want, len)), OK);
    }
}

/* Goal: the root of every size is that of the recursive definition.
 * Method: 64 leaves appended to a frontier. */
static void roots_of_all_sizes(void **state)
{
    struct fixture *f = *state;
    struct merkle_frontier frontier;
    merkle_frontier_init(&frontier);
    for (size_t n = 0; n <= LEAVES; n++) {
        uint8_t root[HASH_BYTES], tile[2][HASH_BYTES];
        unsigned levels;
        merkle_root(&frontier, root);
        assert_memory_equal(root, f->root[n], HASH_BYTES);
        assert_int_equal(frontier.size, n);
        if (n < LEAVES)
            merkle_append(&frontier, f->leaf[n], &levels, tile);
    }
}

/* Goal: every proof among the sizes up to 64 is the recursive definition's, and verifies.
 * Method: all pairs (index, size) and (old size, new size). */
static void all_proofs(void **state)
{
    struct fixture *f = *state;
    struct proof p;
    for (uint64_t size = 0; size <= LEAVES; size++) {
        struct list d = part(f->store.d, 0, size);
        for (uint64_t i = 0; i < size; i++) {
            struct proof want = {.count = 0};
            naive_path(i, d, &want);
            make_inclusion(f, i, size, &p);
            assert_int_equal(p.count, want.count);
            assert_memory_equal(p.hash, want.hash, want.count * HASH_BYTES);
            assert_int_equal(
                merkle_verify_inclusion(f->leaf[i], i, size, bytes_of_proof(&p), f->root[size]),
                OK);
        }
        for (uint64_t old = 0; old <= size; old++) {
            struct proof want = {.count = 0};
            if (old > 0)
                naive_subproof(old, d, true, &want);
            make_consistency(f, old, size, &p);
            assert_int_equal(p.count, want.count);
            assert_memory_equal(p.hash, want.hash, want.count * HASH_BYTES);
            assert_int_equal(merkle_verify_consistency(old, f->root[old], size, f->root[size],
                                                       bytes_of_proof(&p)),
                             OK);
        }
    }
}

/* One statement with its proof; is_true tells whether the module accepts it. */
struct claim {
    bool is_inclusion;
    uint64_t first, size;                       /* index or old size; size or new size */
    uint8_t leaf[HASH_BYTES], root[HASH_BYTES]; /* or old root, new root */
};

static bool is_true(const struct claim *c, struct bytes proof)
{
    enum err e = c->is_inclusion
                     ? merkle_verify_inclusion(c->leaf, c->first, c->size, proof, c->root)
                     : merkle_verify_consistency(c->first, c->leaf, c->size, c->root, proof);
    if (e != OK)
        assert_int_equal(e, ERR_PROOF);
    return e == OK;
}

/* Refused: another byte anywhere, cut anywhere, one hash less or more at either end, two hashes
 * swapped. Every byte is changed by another bit than its neighbours. */
static void refuse_altered(struct claim *c, struct proof *p)
{
    uint8_t *raw = &p->hash[0][0];
    size_t len = p->count * HASH_BYTES;
    assert_true(is_true(c, bytes_of(raw, len)));
    for (size_t i = 0; i < len; i++) {
        raw[i] ^= (uint8_t)(1u << i % 8);
        assert_false(is_true(c, bytes_of(raw, len)));
        raw[i] ^= (uint8_t)(1u << i % 8);
    }
    for (size_t cut = 0; cut < len; cut++)
        assert_false(is_true(c, bytes_of(raw, cut)));
    if (p->count > 0) {
        assert_false(is_true(c, bytes_of(raw + HASH_BYTES, len - HASH_BYTES)));
        memcpy(raw + len, raw + len - HASH_BYTES, HASH_BYTES); /* the last hash twice */
        assert_false(is_true(c, bytes_of(raw, len + HASH_BYTES)));
    }
    memset(raw + len, 0, HASH_BYTES);
    assert_false(is_true(c, bytes_of(raw, len + HASH_BYTES)));
    assert_false(is_true(c, bytes_of(raw, len + 1)));
    memcpy(raw + len, c->root, HASH_BYTES);
    assert_false(is_true(c, bytes_of(raw, len + HASH_BYTES)));
    for (size_t i = 1; i < p->count; i++) {
        struct proof swapped = *p;
        memcpy(swapped.hash[i], p->hash[i - 1], HASH_BYTES);
        memcpy(swapped.hash[i - 1], p->hash[i], HASH_BYTES);
        assert_false(is_true(c, bytes_of_proof(&swapped)));
    }
}

/* Refused: another leaf or old root, another root. */
static void refuse_other_ends(struct claim *c, const struct proof *p)
{
    for (size_t i = 0; i < HASH_BYTES; i++) {
        c->leaf[i] ^= 0x10;
        assert_false(is_true(c, bytes_of_proof(p)));
        c->leaf[i] ^= 0x10;
        c->root[i] ^= 0x10;
        assert_false(is_true(c, bytes_of_proof(p)));
        c->root[i] ^= 0x10;
    }
}

/* Goal: no inclusion proof among the sizes up to 64 can be altered, nor used for another leaf, root
 * or index.
 * Method: every pair (index, size), its proof altered as above; every other index of that size. */
static void altered_inclusion(void **state)
{
    struct fixture *f = *state;
    for (uint64_t size = 1; size <= LEAVES; size++) {
        for (uint64_t i = 0; i < size; i++) {
            struct proof p;
            struct claim c = {.is_inclusion = true, .first = i, .size = size};
            memcpy(c.leaf, f->leaf[i], HASH_BYTES);
            memcpy(c.root, f->root[size], HASH_BYTES);
            make_inclusion(f, i, size, &p);
            refuse_altered(&c, &p);
            refuse_other_ends(&c, &p);
            for (c.first = 0; c.first < size; c.first++)
                assert_true(is_true(&c, bytes_of_proof(&p)) == (c.first == i));
        }
    }
}

/* Goal: no consistency proof among the sizes up to 64 can be altered, nor used for other roots.
 * Method: every pair of sizes. Of an old tree without leaves any tree is a continuation, so that
 * only the length of its proof can be wrong. */
static void altered_consistency(void **state)
{
    struct fixture *f = *state;
    for (uint64_t size = 0; size <= LEAVES; size++) {
        for (uint64_t old = 0; old <= size; old++) {
            struct proof p;
            struct claim c = {.first = old, .size = size};
            memcpy(c.leaf, f->root[old], HASH_BYTES);
            memcpy(c.root, f->root[size], HASH_BYTES);
            make_consistency(f, old, size, &p);
            refuse_altered(&c, &p);
            if (old > 0)
                refuse_other_ends(&c, &p);
        }
    }
}

/* Goal: the sizes in a statement count, although no hash holds them: a proof in the right half of a
 * tree is not one in a tree of half the size, nor the other way round. The last hash of the one is
 * what would be left over, or lacking, in the other. Method: every index and old size in the right
 * half of each tree of 2^n leaves. */
static void other_sizes(void **state)
{
    struct fixture *f = *state;
    for (uint64_t size = 2; size <= LEAVES; size *= 2) {
        for (uint64_t i = 0, half = size / 2; i < half; i++) {
            struct proof in_whole, in_half;
            struct claim c = {.is_inclusion = true, .first = i, .size = half};
            memcpy(c.leaf, f->leaf[half + i], HASH_BYTES);
            memcpy(c.root, f->root[size], HASH_BYTES);
            make_inclusion(f, half + i, size, &in_whole);
            assert_false(is_true(&c, bytes_of_proof(&in_whole)));
            c.first = half + i;
            c.size = size;
            assert_true(is_true(&c, bytes_of_proof(&in_whole)));
            memcpy(c.leaf, f->leaf[i], HASH_BYTES);
            memcpy(c.root, f->root[half], HASH_BYTES);
            make_inclusion(f, i, half, &in_half);
            assert_false(is_true(&c, bytes_of_proof(&in_half)));
            if (i == 0)
                continue;

            c = (struct claim){.first = i, .size = half};
            memcpy(c.leaf, f->root[half + i], HASH_BYTES);
            memcpy(c.root, f->root[size], HASH_BYTES);
            make_consistency(f, half + i, size, &in_whole);
            assert_false(is_true(&c, bytes_of_proof(&in_whole)));
            c.first = half + i;
            c.size = size;
            assert_true(is_true(&c, bytes_of_proof(&in_whole)));
            memcpy(c.leaf, f->root[i], HASH_BYTES);
            memcpy(c.root, f->root[half], HASH_BYTES);
            make_consistency(f, i, half, &in_half);
            assert_false(is_true(&c, bytes_of_proof(&in_half)));
        }
    }
}

/* A store that answers for whatever it is asked. */
static bool any_subtree(void *ctx, unsigned level, uint64_t position, uint8_t out[HASH_BYTES])
{
    (void)ctx;
    (void)level;
    (void)position;
    memset(out, 0, HASH_BYTES);
    return true;
}

/* Goal: sizes and indices that make no sense are refused, also the largest ones.
 * Method: rows for making and for verifying; on error the count is as it was. */
static void outside_the_tree(void **state)
{
    struct fixture *f = *state;
    static const uint64_t most = (uint64_t)1 << MERKLE_LEVELS_MAX;
    static const struct {
        uint64_t first, size;
        bool is_inclusion;
        enum err make, verify;
        const char *why;
    } rows[] = {
        {0,              0,          true,  ERR_RANGE, ERR_RANGE, "no leaf in the empty tree" },
        {8,              8,          true,  ERR_RANGE, ERR_RANGE, "index is size"             },
        {UINT64_MAX,     8,          true,  ERR_RANGE, ERR_RANGE, "index far beyond"          },
        {0,              most,       true,  ERR_RANGE, ERR_PROOF, "more leaves than permitted"},
        {0,              most + 1,   true,  ERR_RANGE, ERR_PROOF, "the next one"              },
        {0,              UINT64_MAX, true,  ERR_RANGE, ERR_PROOF, "size without a split"      },
        {UINT64_MAX - 1, UINT64_MAX, true,  ERR_RANGE, ERR_PROOF, "its last leaf"             },
        {9,              8,          false, ERR_RANGE, ERR_RANGE, "shrinks"                   },
        {1,              0,          false, ERR_RANGE, ERR_RANGE, "shrinks to nothing"        },
        {1,              most,       false, ERR_RANGE, ERR_PROOF, "grows too large"           },
        {3,              UINT64_MAX, false, ERR_RANGE, ERR_PROOF, "grows without a split"     },
        {most,           most,       false, ERR_RANGE, ERR_PROOF, "too large and equal"       },
        {0,              most,       false, ERR_RANGE, ERR_PROOF, "too large from nothing"    },
        {UINT64_MAX - 1, UINT64_MAX, false, ERR_RANGE, ERR_PROOF, "both too large"            },
    };
    struct proof p = {.count = 1};
    struct merkle_source src = {NULL, any_subtree};
    for (size_t i = 0; i < COUNT(rows); i++) {
        uint64_t a = rows[i].first, b = rows[i].size;
        const uint8_t *root = f->root[1];
        size_t count = 77;
        enum err made = rows[i].is_inclusion ? merkle_inclusion(&src, a, b, p.hash, &count)
                                             : merkle_consistency(&src, a, b, p.hash, &count);
        enum err verified = rows[i].is_inclusion
                                ? merkle_verify_inclusion(root, a, b, bytes_of_proof(&p), root)
                                : merkle_verify_consistency(a, root, b, root, bytes_of_proof(&p));
        if (made != rows[i].make || verified != rows[i].verify || count != 77)
            fail_msg("%s: %s, %s", rows[i].why, err_name(made), err_name(verified));
    }
}

/* Goal: a store that lacks a subtree gives no proof, whichever one it lacks.
 * Method: the first, second ... of the subtrees that a proof needs is missing, until none is. */
static void store_lacks_a_subtree(void **state)
{
    struct fixture *f = *state;
    static const struct {
        uint64_t first, size;
        bool is_inclusion;
    } rows[] = {
        {0,  1,  true },
        {0,  63, true },
        {62, 63, true },
        {21, 43, true },
        {1,  63, false},
        {31, 63, false},
        {21, 43, false},
        {62, 63, false},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        enum err e = ERR_NOT_FOUND;
        size_t needed = 0;
        for (f->store.fail_at = 1; e != OK; f->store.fail_at++) {
            struct proof p;
            size_t count = 77;
            f->store.asked = 0;
            e = rows[i].is_inclusion
                    ? merkle_inclusion(&f->source, rows[i].first, rows[i].size, p.hash, &count)
                    : merkle_consistency(&f->source, rows[i].first, rows[i].size, p.hash, &count);
            if (e == OK)
                break;
            assert_int_equal(e, ERR_NOT_FOUND);
            assert_int_equal(count, 77);
            needed++;
        }
        assert_int_equal(needed, f->store.asked);
        assert_true(needed > 0 || rows[i].size == 1);
    }
    f->store.fail_at = 0;
}

static void numbered_leaf(uint64_t i, uint8_t out[HASH_BYTES])
{
    uint8_t text[9] = {0x00};
    for (size_t b = 0; b < 8; b++)
        text[1 + b] = (uint8_t)(i >> (56 - 8 * b));
    crypto_hash_sha256(out, text, sizeof text);
}

/* Goal: the roots of 2^8 and of 2^16 leaves are given out when they are complete, and only then.
 * Method: 2^17 + 2^8 leaves; each tile against the recursive definition of its leaves, and the
 * frontier at the end against the tiles. */
static void tiles(void **state)
{
    (void)state;
    enum { SMALL = 1 << 8, LARGE = 1 << 16, ALL = 2 * LARGE + SMALL };
    uint8_t(*leaf)[HASH_BYTES] = malloc((size_t)LARGE * HASH_BYTES);
    assert_non_null(leaf);
    struct merkle_frontier f;
    uint8_t large[2][HASH_BYTES], last[HASH_BYTES], want[HASH_BYTES];
    merkle_frontier_init(&f);
    for (uint64_t i = 0; i < ALL; i++) {
        uint8_t tile[2][HASH_BYTES], canary[2][HASH_BYTES];
        unsigned levels = 99;
        memset(tile, 0x5a, sizeof tile);
        memset(canary, 0x5a, sizeof canary);
        numbered_leaf(i, leaf[i % LARGE]);
        merkle_append(&f, leaf[i % LARGE], &levels, tile);
        assert_int_equal(levels, (i + 1) % LARGE == 0 ? 3 : (i + 1) % SMALL == 0 ? 1 : 0);
        struct list d = {(const uint8_t(*)[HASH_BYTES])leaf, LARGE};
        if (levels & 1) {
            naive_root(part(d, (i + 1 - SMALL) % LARGE, (i + 1 - SMALL) % LARGE + SMALL), want);
            assert_memory_equal(tile[0], want, HASH_BYTES);
            memcpy(last, want, HASH_BYTES);
        } else {
            assert_memory_equal(tile[0], canary[0], HASH_BYTES);
        }
        if (levels & 2) {
            naive_root(d, want);
            assert_memory_equal(tile[1], want, HASH_BYTES);
            memcpy(large[i / LARGE], want, HASH_BYTES);
        } else {
            assert_memory_equal(tile[1], canary[1], HASH_BYTES);
        }
    }
    uint8_t root[HASH_BYTES];
    merkle_root(&f, root);
    merkle_node(large[0], large[1], want);
    merkle_node(want, last, want);
    assert_memory_equal(root, want, HASH_BYTES);
    free(leaf);
}

/* A tree of equal leaves: a subtree's root depends on its level alone, so that trees of any size
 * can be tried without holding them. */
static bool equal_leaves(void *ctx, unsigned level, uint64_t position, uint8_t out[HASH_BYTES])
{
    (void)position;
    memcpy(out, ((uint8_t(*)[HASH_BYTES])ctx)[level], HASH_BYTES);
    return true;
}

/* Goal: trees up to the largest size work, and their proofs fit MERKLE_PROOF_MAX.
 * Method: every pair of sizes near powers of two and near the limit, in a tree of equal leaves. */
static void largest_trees(void **state)
{
    (void)state;
    uint8_t by_level[MERKLE_LEVELS_MAX][HASH_BYTES] = {{0}};
    for (size_t l = 1; l < MERKLE_LEVELS_MAX; l++)
        merkle_node(by_level[l - 1], by_level[l - 1], by_level[l]);
    struct merkle_source src = {by_level, equal_leaves};

    uint64_t sizes[5 * MERKLE_LEVELS_MAX];
    size_t n = 0, longest = 0;
    for (unsigned l = 4; l <= MERKLE_LEVELS_MAX; l += 4) {
        uint64_t power = (uint64_t)1 << l;
        sizes[n++] = power - 1;
        sizes[n++] = power / 3; /* every second bit */
        if (l < MERKLE_LEVELS_MAX) {
            sizes[n++] = power;
            sizes[n++] = power + 1;
        }
    }
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < n; j++) {
            struct merkle_frontier f = {.size = sizes[j]}, old = {.size = sizes[i]};
            uint8_t root[HASH_BYTES], old_root[HASH_BYTES];
            struct proof p;
            memcpy(f.peak, by_level, sizeof by_level);
            memcpy(old.peak, by_level, sizeof by_level);
            merkle_root(&f, root);
            merkle_root(&old, old_root);
            if (sizes[i] > sizes[j])
                continue;
            assert_int_equal(merkle_consistency(&src, sizes[i], sizes[j], p.hash, &p.count), OK);
            assert_true(p.count <= MERKLE_PROOF_MAX);
            longest = p.count > longest ? p.count : longest;
            assert_int_equal(
                merkle_verify_consistency(sizes[i], old_root, sizes[j], root, bytes_of_proof(&p)),
                OK);
            uint64_t index = sizes[i] - 1;
            assert_int_equal(merkle_inclusion(&src, index, sizes[j], p.hash, &p.count), OK);
            assert_true(p.count <= MERKLE_LEVELS_MAX);
            assert_int_equal(
                merkle_verify_inclusion(by_level[0], index, sizes[j], bytes_of_proof(&p), root),
                OK);
        }
    }
    assert_true(longest > MERKLE_LEVELS_MAX - 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(vectors),
        cmocka_unit_test_setup_teardown(roots_of_all_sizes, setup, teardown),
        cmocka_unit_test_setup_teardown(all_proofs, setup, teardown),
        cmocka_unit_test_setup_teardown(altered_inclusion, setup, teardown),
        cmocka_unit_test_setup_teardown(altered_consistency, setup, teardown),
        cmocka_unit_test_setup_teardown(other_sizes, setup, teardown),
        cmocka_unit_test_setup_teardown(outside_the_tree, setup, teardown),
        cmocka_unit_test_setup_teardown(store_lacks_a_subtree, setup, teardown),
        cmocka_unit_test(tiles),
        cmocka_unit_test(largest_trees),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
