/*
 * test_fork.c - proofs that an author contradicted itself: which pairs of checkpoints are one, the
 * one way to write each down, every byte of them altered and cut, and the search for the first
 * entry in which two trees differ.
 */
#include "protocol/fork.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/unit/protocol/feed_sample.h"
#include "tests/unit/protocol/merkle_naive.h"
#include "tests/vectors/fork.h"

enum { LEAVES = 21 };

static struct checkpoint sample(const struct golden *g, uint64_t seq, uint64_t size)
{
    struct checkpoint c;
    enum err e = checkpoint_read(bytes_of(g->checkpoint[1], CHECKPOINT_SIGNED_BYTES), &c);
    assert_int_equal(e, OK);
    c.seq = seq;
    c.size = size;
    return c;
}

/* Goal: a fork is proven by exactly the pairs that no honest author signs, in either order, and is
 * called by the lowest kind that fits. Method: one row is a pair made from a golden checkpoint, of
 * which the second has other bytes in the fields that are named by a letter: Author, Epoch, Root,
 * Previous, Time, Seen; C: its previous is the first one. */
static void kinds(void **state)
{
    const struct golden *g = *state;
    static const struct {
        uint64_t seq, size, other_seq, other_size;
        const char *other;
        enum fork_kind want;
        const char *why;
    } rows[] = {
        {2,          2, 2, 2,  "",     FORK_NONE,   "the same"                          },
        {2,          2, 2, 2,  "S",    FORK_SEQ,    "one seq, other seen"               },
        {2,          2, 2, 2,  "T",    FORK_SEQ,    "one seq, other time"               },
        {2,          2, 2, 2,  "R",    FORK_SEQ,    "one seq, other root"               },
        {2,          2, 2, 2,  "P",    FORK_SEQ,    "one seq, other parent"             },
        {2,          2, 2, 3,  "",     FORK_SEQ,    "one seq, other size"               },
        {2,          2, 3, 2,  "C",    FORK_NONE,   "nothing new"                       },
        {2,          2, 3, 2,  "CTS",  FORK_NONE,   "nothing new, later"                },
        {2,          2, 3, 2,  "CR",   FORK_SIZE,   "one size, other root"              },
        {2,          9, 9, 9,  "PR",   FORK_SIZE,   "one size, other root, far apart"   },
        {2,          3, 3, 2,  "CR",   FORK_SHRUNK, "shrinks"                           },
        {2,          3, 3, 0,  "CR",   FORK_SHRUNK, "shrinks to nothing"                },
        {2,          3, 3, 1,  "C",    FORK_SHRUNK, "shrinks and keeps its root"        },
        {2,          2, 3, 3,  "CR",   FORK_NONE,   "grows"                             },
        {2,          2, 9, 99, "PRTS", FORK_NONE,   "grows, others in between"          },
        {2,          2, 3, 3,  "PR",   FORK_CHAIN,  "the next, of another parent"       },
        {2,          2, 3, 2,  "P",    FORK_CHAIN,  "nothing new, of another parent"    },
        {2,          2, 4, 3,  "PR",   FORK_NONE,   "the next but one"                  },
        {2,          2, 3, 3,  "R",    FORK_PARENT, "one parent, two children"          },
        {2,          2, 3, 2,  "",     FORK_PARENT, "one parent, two children, the same"},
        {2,          2, 9, 9,  "RTS",  FORK_PARENT, "one parent, two children, later"   },
        {2,          2, 2, 2,  "AR",   FORK_NONE,   "two authors"                       },
        {2,          3, 3, 2,  "AR",   FORK_NONE,   "two authors, smaller"              },
        {2,          2, 2, 2,  "ER",   FORK_NONE,   "two epochs"                        },
        {2,          3, 3, 1,  "EPR",  FORK_NONE,   "two epochs, smaller"               },
        {UINT64_MAX, 2, 1, 1,  "PR",   FORK_NONE,   "last and first"                    },
        {UINT64_MAX, 1, 1, 2,  "PR",   FORK_SHRUNK, "last smaller than first"           },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct checkpoint a = sample(g, rows[i].seq, rows[i].size), b = a;
        b.seq = rows[i].other_seq;
        b.size = rows[i].other_size;
        const char *other = rows[i].other;
        b.author[AUTHOR_BYTES - 1] ^= strchr(other, 'A') != NULL;
        b.feed_epoch ^= strchr(other, 'E') != NULL;
        b.root[HASH_BYTES - 1] ^= strchr(other, 'R') != NULL;
        b.previous[HASH_BYTES - 1] ^= strchr(other, 'P') != NULL;
        b.time_utc ^= strchr(other, 'T') != NULL;
        b.seen[HASH_BYTES - 1] ^= strchr(other, 'S') != NULL;
        if (strchr(other, 'C') != NULL)
            checkpoint_hash(&a, b.previous);
        if (fork_kind_of(&a, &b) != rows[i].want || fork_kind_of(&b, &a) != rows[i].want)
            fail_msg("%s: %d", rows[i].why, (int)fork_kind_of(&a, &b));
    }
}

/* What checking says; on error the caller's struct is as it was. Reading says the same, signatures
 * apart. */
static enum err check(struct bytes proof, const uint8_t key[KEY_BYTES], struct fork *out)
{
    struct fork f, before;
    memset(&f, 0x5a, sizeof f);
    memset(&before, 0x5a, sizeof before);
    enum err e = fork_check(proof, key, &f);
    if (e != OK)
        assert_memory_equal(&f, &before, sizeof f);
    if (e != ERR_SIGNATURE)
        assert_int_equal(fork_read(proof, &before), e);
    if (e == OK && out != NULL)
        *out = f;
    return e;
}

/* Every cut ends early, a byte more is not a proof, and no bit can be altered. */
static void spoil(const struct golden *g, struct bytes proof)
{
    for (size_t len = 0; len < proof.len; len++) {
        uint8_t *cut = malloc(len + 1);
        assert_non_null(cut);
        memcpy(cut + 1, proof.data, len);
        assert_int_equal(check(bytes_of(cut + 1, len), g->feed_key, NULL), ERR_TRUNCATED);
        free(cut);
    }
    uint8_t altered[FORK_BYTES_MAX + 1] = {0};
    memcpy(altered, proof.data, proof.len);
    assert_int_equal(check(bytes_of(altered, proof.len + 1), g->feed_key, NULL), ERR_FORMAT);
    for (size_t bit = 0; bit < 8 * proof.len; bit++) {
        altered[bit / 8] ^= (uint8_t)(1u << bit % 8);
        enum err e = check(bytes_of(altered, proof.len), g->feed_key, NULL);
        altered[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_int_not_equal(e, OK);
        if (bit / 8 < 16)
            assert_int_equal(e, ERR_FORMAT);
    }
}

/* Goal: a proof of each kind of two checkpoints is written in one way, whichever is named first,
 * and accepted in no other. Method: pairs as above, signed; encoded both ways, judged, spoiled. */
static void pairs(void **state)
{
    const struct golden *g = *state;
    static const struct {
        enum fork_kind kind;
        uint64_t seq, size;
        bool has_parent; /* names the first one */
        bool is_other;   /* names another one */
    } rows[] = {
        {FORK_SEQ,    2, 3, false, false},
        {FORK_SIZE,   3, 2, true,  false},
        {FORK_SHRUNK, 3, 1, true,  false},
        {FORK_PARENT, 4, 5, false, false},
        {FORK_CHAIN,  3, 5, false, true },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct checkpoint a = sample(g, 2, 2), b = sample(g, rows[i].seq, rows[i].size);
        uint8_t raw_a[CHECKPOINT_SIGNED_BYTES], raw_b[CHECKPOINT_SIGNED_BYTES];
        uint8_t proof[FORK_PAIR_BYTES], other[FORK_PAIR_BYTES];
        struct fork f;
        b.root[0] ^= 1;
        b.previous[0] ^= rows[i].is_other;
        if (rows[i].has_parent)
            checkpoint_hash(&a, b.previous);
        checkpoint_sign(&a, g->secret_key, raw_a);
        checkpoint_sign(&b, g->secret_key, raw_b);
        assert_int_equal(fork_encode_pair(raw_a, raw_b, proof), FORK_PAIR_BYTES);
        assert_int_equal(fork_encode_pair(raw_b, raw_a, other), FORK_PAIR_BYTES);
        assert_memory_equal(proof, other, sizeof proof);
        struct bytes all = bytes_of(proof, sizeof proof);
        assert_int_equal(check(all, g->feed_key, &f), OK);
        assert_int_equal(f.kind, rows[i].kind);
        assert_int_equal(f.a.seq, 2);
        assert_int_equal(f.b.seq, rows[i].seq);
        assert_null(f.header_a);
        spoil(g, all);
        for (uint8_t kind = 0; kind < 8; kind++) {
            other[16] = kind;
            enum err want = kind == rows[i].kind ? OK
                            : kind == 0          ? ERR_FORMAT
                            : kind == 6          ? ERR_TRUNCATED
                            : kind == 7          ? ERR_VERSION
                                                 : ERR_PROOF;
            assert_int_equal(check(bytes_of(other, sizeof other), g->feed_key, NULL), want);
        }
        other[16] = (uint8_t)rows[i].kind;
        memcpy(other + 17, proof + 17 + CHECKPOINT_SIGNED_BYTES, CHECKPOINT_SIGNED_BYTES);
        memcpy(other + 17 + CHECKPOINT_SIGNED_BYTES, proof + 17, CHECKPOINT_SIGNED_BYTES);
        assert_int_equal(check(bytes_of(other, sizeof other), g->feed_key, NULL), ERR_FORMAT);
    }
}

/* Goal: what proves nothing is not written down, and is refused when somebody writes it by hand.
 * Method: one row is a pair; the bytes are those of a proof of the kind that is said. */
static void no_proof(void **state)
{
    const struct golden *g = *state;
    static const struct {
        const char *other; /* as in kinds; K: signed with another key */
        enum err want;
        const char *why;
    } rows[] = {
        {"R",  OK,            "a proof"             },
        {"",   ERR_FORMAT,    "one checkpoint twice"},
        {"AR", ERR_STRANGER,  "two authors"         },
        {"ER", ERR_EPOCH,     "two epochs"          },
        {"KR", ERR_SIGNATURE, "two keys"            },
    };
    uint8_t secret[64], key[KEY_BYTES], seed[32] = {9};
    crypto_sign_seed_keypair(key, secret, seed);
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct checkpoint a = sample(g, 2, 2), b = a;
        uint8_t raw_a[CHECKPOINT_SIGNED_BYTES], raw_b[CHECKPOINT_SIGNED_BYTES];
        uint8_t proof[FORK_PAIR_BYTES];
        b.author[0] ^= strchr(rows[i].other, 'A') != NULL;
        b.feed_epoch += strchr(rows[i].other, 'E') != NULL;
        b.root[0] ^= strchr(rows[i].other, 'R') != NULL;
        checkpoint_sign(&a, g->secret_key, raw_a);
        checkpoint_sign(&b, strchr(rows[i].other, 'K') != NULL ? secret : g->secret_key, raw_b);
        bool is_a_first = memcmp(raw_a, raw_b, CHECKPOINT_BYTES) < 0;
        memcpy(proof, "seinpost/v1/fork\x01", 17);
        memcpy(proof + 17, is_a_first ? raw_a : raw_b, sizeof raw_a);
        memcpy(proof + 17 + sizeof raw_a, is_a_first ? raw_b : raw_a, sizeof raw_b);
        enum err e = check(bytes_of(proof, sizeof proof), g->feed_key, NULL);
        if (e != rows[i].want)
            fail_msg("%s: %s", rows[i].why, err_name(e));
        if (strchr(rows[i].other, 'K') == NULL)
            assert_int_equal(fork_encode_pair(raw_a, raw_b, proof),
                             rows[i].want == OK ? FORK_PAIR_BYTES : 0);
        raw_b[0] ^= 1;
        assert_int_equal(fork_encode_pair(raw_a, raw_b, proof), 0);
    }
}

/* Goal: the golden proofs. Method: judged; encoded again from their parts; spoiled. */
static void golden_proofs(void **state)
{
    const struct golden *g = *state;
    uint8_t pair[FORK_BYTES_MAX], leaves[FORK_BYTES_MAX], again[FORK_BYTES_MAX];
    size_t pair_len = hex_bytes(fork_pair, pair, sizeof pair);
    size_t leaves_len = hex_bytes(fork_leaves, leaves, sizeof leaves);
    struct fork f;
    assert_int_equal(check(bytes_of(pair, pair_len), g->feed_key, &f), OK);
    assert_int_equal(f.kind, FORK_SEQ);
    assert_int_equal(pair_len, FORK_PAIR_BYTES);
    assert_int_equal(fork_encode_pair(pair + 17 + 236, pair + 17, again), pair_len);
    assert_memory_equal(again, pair, pair_len);
    spoil(g, bytes_of(pair, pair_len));

    struct bytes all = bytes_of(leaves, leaves_len);
    assert_int_equal(check(all, g->feed_key, &f), OK);
    assert_int_equal(f.kind, FORK_LEAVES);
    assert_int_equal(f.index, 1);
    assert_memory_equal(f.header_a, g->header[1], HEADER_BYTES);
    struct fork_leaf a = {f.header_a, bytes_of(f.header_a + 49, 32)};
    struct fork_leaf b = {f.header_b, bytes_of(f.header_b + 49, 64)};
    assert_int_equal(fork_encode_leaves(leaves + 17, &a, leaves + 253, &b, 1, again), leaves_len);
    assert_memory_equal(again, leaves, leaves_len);
    assert_int_equal(fork_encode_leaves(leaves + 253, &b, leaves + 17, &a, 1, again), leaves_len);
    assert_memory_equal(again, leaves, leaves_len);
    spoil(g, all);
    assert_true(fork_is_before(bytes_of(pair, pair_len), all));
    assert_false(fork_is_before(all, bytes_of(pair, pair_len)));
    assert_false(fork_is_before(all, all));
    assert_true(fork_is_before(bytes_of(pair, pair_len - 1), bytes_of(pair, pair_len)));

    a.proof.len = 41 * HASH_BYTES;
    assert_int_equal(fork_encode_leaves(leaves + 17, &a, leaves + 253, &b, 1, again), 0);
    a.proof.len = 33;
    assert_int_equal(fork_encode_leaves(leaves + 17, &a, leaves + 253, &b, 1, again), 0);
}

/* Goal: two entries of one index prove nothing unless they differ and both are there.
 * Method: the golden one with one part altered and both checkpoints signed anew. */
static void leaves_rows(void **state)
{
    const struct golden *g = *state;
    uint8_t golden[FORK_BYTES_MAX];
    size_t len = hex_bytes(fork_leaves, golden, sizeof golden);
    enum { INDEX = FORK_PAIR_BYTES, A = INDEX + 8, A_PROOF = A + 49, B = A_PROOF + 32 };
    static const struct {
        size_t at;
        uint8_t with;
        enum err want;
        const char *why;
    } rows[] = {
        {INDEX + 7,   1, ERR_PROOF,     "another index"       },
        {INDEX + 7,   3, ERR_RANGE,     "beyond the smaller"  },
        {A + 8,       1, ERR_PROOF,     "another entry there" },
        {B + 8,       1, ERR_PROOF,     "another entry here"  },
        {A_PROOF,     1, ERR_PROOF,     "another proof"       },
        {A_PROOF - 1, 1, ERR_PROOF,     "no hash, then noise" },
        {A_PROOF - 1, 9, ERR_TRUNCATED, "more hashes than are"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        uint8_t proof[FORK_BYTES_MAX];
        memcpy(proof, golden, len);
        proof[rows[i].at] ^= rows[i].with;
        enum err e = check(bytes_of(proof, len), g->feed_key, NULL);
        bool is_noise = rows[i].at == A_PROOF - 1 && rows[i].with == 1;
        if (is_noise ? e == OK : e != rows[i].want)
            fail_msg("%s: %s", rows[i].why, err_name(e));
    }
    /* The same entry under both, which agree. */
    struct fork f;
    assert_int_equal(check(bytes_of(golden, len), g->feed_key, &f), OK);
    struct fork_leaf same = {f.header_a, bytes_of(f.header_a + 49, 32)};
    uint8_t proof[FORK_BYTES_MAX];
    size_t n = fork_encode_leaves(golden + 17, &same, golden + 253, &same, 1, proof);
    assert_int_equal(check(bytes_of(proof, n), g->feed_key, NULL), ERR_PROOF);
}

/* ---- The first difference ---- */

struct tree {
    uint8_t leaf[LEAVES][HASH_BYTES];
    size_t fail_at, asked;
};

static bool tree_subtree(void *ctx, unsigned level, uint64_t position, uint8_t out[HASH_BYTES])
{
    struct tree *t = ctx;
    struct list all = {(const uint8_t(*)[HASH_BYTES])t->leaf, LEAVES};
    if (++t->asked == t->fail_at)
        return false;
    assert_true((position + 1) << level <= LEAVES);
    naive_root(part(all, position << level, (position + 1) << level), out);
    return true;
}

/* One side shows leaf *index of its tree of size, the other compares. */
static enum fork_place show(struct tree *shown, uint64_t size, struct tree *own, uint64_t *index)
{
    struct merkle_source src = {shown, tree_subtree}, mine = {own, tree_subtree};
    uint8_t hashes[MERKLE_PROOF_MAX][HASH_BYTES];
    size_t count = 0;
    assert_int_equal(merkle_inclusion(&src, *index, size, hashes, &count), OK);
    return fork_narrow(&mine, *index, size, shown->leaf[*index],
                       bytes_of(hashes[0], count * HASH_BYTES), index);
}

/* Goal: two that hold different branches find the first entry in which they differ, whatever the
 * sizes, in few steps. Method: all pairs of sizes and all first differences, later ones at random
 * besides; the two show each other entries in turn until one sees the difference. */
static void first_difference(void **state)
{
    (void)state;
    static struct tree tree[2];
    for (uint64_t i = 0; i < LEAVES; i++)
        merkle_leaf(bytes_of(&i, sizeof i), tree[0].leaf[i]);
    for (uint64_t at = 0; at <= LEAVES; at++) {
        tree[1] = tree[0];
        for (uint64_t i = at; i < LEAVES; i++)
            tree[1].leaf[i][0] ^= i == at || i % 3 == at % 3;
        for (uint64_t m = 1; m <= LEAVES; m++) {
            for (uint64_t n = 1; n <= LEAVES; n++) {
                const uint64_t size[2] = {m, n};
                uint64_t least = m < n ? m : n, index = least - 1, steps = 0;
                enum fork_place place = FORK_BEFORE;
                for (size_t who = 0; place == FORK_BEFORE; who ^= 1) {
                    uint64_t was = index;
                    place = show(&tree[who], size[who], &tree[who ^ 1], &index);
                    assert_true(place != FORK_BEFORE || index < was);
                    assert_true(++steps <= 6);
                }
                assert_int_equal(place, at < least ? FORK_HERE : FORK_SAME);
                if (at < least)
                    assert_int_equal(index, at);
            }
        }
    }
}

/* Goal: a store that cannot tell gives no answer, and a proof that is too long does no harm.
 * Method: each question fails once; a proof of one leaf with hashes behind it. */
static void cannot_tell(void **state)
{
    (void)state;
    static struct tree tree[2];
    uint64_t index = 12;
    tree[1].fail_at = 1;
    assert_int_equal(show(&tree[0], 13, &tree[1], &index), FORK_UNKNOWN);
    tree[1] = (struct tree){.fail_at = 3};
    assert_int_equal(show(&tree[0], 13, &tree[1], &index), FORK_UNKNOWN);
    assert_int_equal(index, 12);
    struct merkle_source src = {&tree[0], tree_subtree};
    uint8_t hashes[3 * HASH_BYTES] = {0};
    assert_int_equal(
        fork_narrow(&src, 0, 1, tree[0].leaf[0], bytes_of(hashes, sizeof hashes), &index),
        FORK_UNKNOWN);
    assert_int_equal(fork_narrow(&src, 1, 1, tree[0].leaf[0], bytes_of(NULL, 0), &index),
                     FORK_UNKNOWN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kinds),       cmocka_unit_test(pairs),
        cmocka_unit_test(no_proof),    cmocka_unit_test(golden_proofs),
        cmocka_unit_test(leaves_rows), cmocka_unit_test(first_difference),
        cmocka_unit_test(cannot_tell),
    };
    return cmocka_run_group_tests(tests, golden_setup, golden_teardown);
}
