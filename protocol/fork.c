#include "protocol/fork.h"

#include <assert.h>
#include <string.h>

static const char FORK_PREFIX[] = "seinpost/v1/fork";

static_assert(FORK_PAIR_BYTES == sizeof FORK_PREFIX - 1 + 1 + 2 * CHECKPOINT_SIGNED_BYTES,
              "the prefix has 16 bytes");

static int compare_bytes(const struct checkpoint *a, const struct checkpoint *b)
{
    uint8_t one[CHECKPOINT_BYTES], other[CHECKPOINT_BYTES];
    checkpoint_encode(a, one);
    checkpoint_encode(b, other);
    return memcmp(one, other, CHECKPOINT_BYTES);
}

/* The order in which a proof names its checkpoints. */
static bool is_ordered(const struct checkpoint *a, const struct checkpoint *b)
{
    return a->seq != b->seq ? a->seq < b->seq : compare_bytes(a, b) < 0;
}

enum fork_kind fork_kind_of(const struct checkpoint *a, const struct checkpoint *b)
{
    if (memcmp(a->author, b->author, AUTHOR_BYTES) != 0 || a->feed_epoch != b->feed_epoch)
        return FORK_NONE;
    if (a->seq == b->seq)
        return compare_bytes(a, b) != 0 ? FORK_SEQ : FORK_NONE;
    if (a->size == b->size && memcmp(a->root, b->root, HASH_BYTES) != 0)
        return FORK_SIZE;
    const struct checkpoint *first = a->seq < b->seq ? a : b, *second = first == a ? b : a;
    if (second->size < first->size)
        return FORK_SHRUNK;
    if (memcmp(a->previous, b->previous, HASH_BYTES) == 0)
        return FORK_PARENT;
    if (second->seq == first->seq + 1) {
        uint8_t hash[HASH_BYTES];
        checkpoint_hash(first, hash);
        if (memcmp(second->previous, hash, HASH_BYTES) != 0)
            return FORK_CHAIN;
    }
    return FORK_NONE;
}

/* Reads both and puts them in order; false if one cannot be read. */
static bool read_pair(const uint8_t **a, const uint8_t **b, struct checkpoint *first,
                      struct checkpoint *second)
{
    struct checkpoint one, other;
    if (checkpoint_read(bytes_of(*a, CHECKPOINT_SIGNED_BYTES), &one) != OK ||
        checkpoint_read(bytes_of(*b, CHECKPOINT_SIGNED_BYTES), &other) != OK)
        return false;
    bool is_swapped = !is_ordered(&one, &other);
    *first = is_swapped ? other : one;
    *second = is_swapped ? one : other;
    const uint8_t *held = *a;
    *a = is_swapped ? *b : *a;
    *b = is_swapped ? held : *b;
    return true;
}

static void pack_start(struct pack *p, enum fork_kind kind, const uint8_t *a, const uint8_t *b)
{
    pack_copy(p, FORK_PREFIX, sizeof FORK_PREFIX - 1);
    pack_u8(p, (uint8_t)kind);
    pack_copy(p, a, CHECKPOINT_SIGNED_BYTES);
    pack_copy(p, b, CHECKPOINT_SIGNED_BYTES);
}

size_t fork_encode_pair(const uint8_t a[CHECKPOINT_SIGNED_BYTES],
                        const uint8_t b[CHECKPOINT_SIGNED_BYTES], uint8_t *out)
{
    struct checkpoint first, second;
    if (!read_pair(&a, &b, &first, &second))
        return 0;
    enum fork_kind kind = fork_kind_of(&first, &second);
    if (kind == FORK_NONE)
        return 0;
    struct pack p = pack_of(out, FORK_PAIR_BYTES);
    pack_start(&p, kind, a, b);
    assert(!p.is_full && p.left == 0);
    return FORK_PAIR_BYTES;
}

static void pack_leaf(struct pack *p, const struct fork_leaf *leaf)
{
    pack_copy(p, leaf->header, HEADER_BYTES);
    pack_u8(p, (uint8_t)(leaf->proof.len / HASH_BYTES));
    pack_bytes(p, leaf->proof);
}

static bool is_leaf_sound(const struct fork_leaf *leaf)
{
    return leaf->proof.len % HASH_BYTES == 0 &&
           leaf->proof.len <= (size_t)MERKLE_LEVELS_MAX * HASH_BYTES;
}

size_t fork_encode_leaves(const uint8_t a[CHECKPOINT_SIGNED_BYTES], const struct fork_leaf *leaf_a,
                          const uint8_t b[CHECKPOINT_SIGNED_BYTES], const struct fork_leaf *leaf_b,
                          uint64_t index, uint8_t *out)
{
    struct checkpoint first, second;
    const uint8_t *was_first = a;
    if (!is_leaf_sound(leaf_a) || !is_leaf_sound(leaf_b) || !read_pair(&a, &b, &first, &second))
        return 0;
    struct pack p = pack_of(out, FORK_BYTES_MAX);
    pack_start(&p, FORK_LEAVES, a, b);
    pack_u64(&p, index);
    pack_leaf(&p, a == was_first ? leaf_a : leaf_b);
    pack_leaf(&p, a == was_first ? leaf_b : leaf_a);
    assert(!p.is_full);
    return pack_len(&p);
}

static const uint8_t *unpack_leaf(struct unpack *u, struct bytes *proof)
{
    const uint8_t *header = unpack_view(u, HEADER_BYTES).data;
    uint8_t count = unpack_u8(u);
    *proof = unpack_view(u, (size_t)count * HASH_BYTES);
    return header;
}

/* Whether the entry with this header is entry index of the checkpoint's tree. */
static enum err check_leaf(const struct checkpoint *cp, uint64_t index, const uint8_t *header,
                           struct bytes proof)
{
    uint8_t leaf[HASH_BYTES];
    merkle_leaf(bytes_of(header, HEADER_BYTES), leaf);
    return merkle_verify_inclusion(leaf, index, cp->size, proof, cp->root);
}

/* Reads what follows the checkpoints, and judges what it says of them. */
static enum err read_rest(struct unpack *u, struct fork *f)
{
    if (f->kind != FORK_LEAVES) {
        if (u->left != 0)
            return ERR_FORMAT;
        return fork_kind_of(&f->a, &f->b) == f->kind ? OK : ERR_PROOF;
    }
    struct bytes proof_a, proof_b;
    f->index = unpack_u64(u);
    f->header_a = unpack_leaf(u, &proof_a);
    f->header_b = unpack_leaf(u, &proof_b);
    if (u->is_short)
        return ERR_TRUNCATED;
    if (u->left != 0)
        return ERR_FORMAT;
    if (memcmp(f->header_a, f->header_b, HEADER_BYTES) == 0)
        return ERR_PROOF;
    enum err e = check_leaf(&f->a, f->index, f->header_a, proof_a);
    return e != OK ? e : check_leaf(&f->b, f->index, f->header_b, proof_b);
}

/* key NULL: signatures are not looked at. */
static enum err judge(struct bytes proof, const uint8_t *key, struct fork *out)
{
    struct unpack u = unpack_of(proof);
    struct fork f = {0};
    struct bytes prefix = unpack_view(&u, sizeof FORK_PREFIX - 1);
    uint8_t kind = unpack_u8(&u);
    struct bytes a = unpack_view(&u, CHECKPOINT_SIGNED_BYTES);
    struct bytes b = unpack_view(&u, CHECKPOINT_SIGNED_BYTES);
    if (u.is_short)
        return ERR_TRUNCATED;
    if (!bytes_equal(prefix, bytes_of(FORK_PREFIX, sizeof FORK_PREFIX - 1)) || kind == FORK_NONE)
        return ERR_FORMAT;
    if (kind > FORK_LEAVES)
        return ERR_VERSION;
    f.kind = (enum fork_kind)kind;
    enum err e = key != NULL ? checkpoint_verify(a, key, &f.a) : checkpoint_read(a, &f.a);
    if (e == OK)
        e = key != NULL ? checkpoint_verify(b, key, &f.b) : checkpoint_read(b, &f.b);
    if (e != OK)
        return e;
    if (memcmp(f.a.author, f.b.author, AUTHOR_BYTES) != 0)
        return ERR_STRANGER;
    if (f.a.feed_epoch != f.b.feed_epoch)
        return ERR_EPOCH;
    if (!is_ordered(&f.a, &f.b))
        return ERR_FORMAT;
    e = read_rest(&u, &f);
    if (e == OK)
        *out = f;
    return e;
}

enum err fork_check(struct bytes proof, const uint8_t feed_key[KEY_BYTES], struct fork *out)
{
    assert(feed_key != NULL);
    return judge(proof, feed_key, out);
}

enum err fork_read(struct bytes proof, struct fork *out)
{
    return judge(proof, NULL, out);
}

bool fork_is_before(struct bytes a, struct bytes b)
{
    size_t len = a.len < b.len ? a.len : b.len;
    int order = len > 0 ? memcmp(a.data, b.data, len) : 0;
    return order != 0 ? order < 0 : a.len < b.len;
}

enum fork_place fork_narrow(const struct merkle_source *src, uint64_t index, uint64_t size,
                            const uint8_t leaf[HASH_BYTES], struct bytes proof, uint64_t *next)
{
    uint64_t fn = index, sn = size - 1, found = 0;
    unsigned level = 0;
    bool is_before = false;
    uint8_t own[HASH_BYTES];
    if (index >= size)
        return FORK_UNKNOWN;
    /* The walk of RFC 9162 section 2.1.3.2. Hashes on the left are those of whole subtrees before
     * the leaf, the highest and leftmost last. */
    for (size_t at = 0; at + HASH_BYTES <= proof.len; at += HASH_BYTES) {
        if (fn & 1 || fn == sn) {
            while (!(fn & 1) && fn != 0) {
                fn >>= 1;
                sn >>= 1;
                level++;
            }
            if (fn == 0)
                return FORK_UNKNOWN; /* no proof that holds is this long */
            if (!src->subtree(src->ctx, level, fn - 1, own))
                return FORK_UNKNOWN;
            if (memcmp(own, proof.data + at, HASH_BYTES) != 0) {
                found = (fn << level) - 1;
                is_before = true;
            }
        }
        fn >>= 1;
        sn >>= 1;
        level++;
    }
    if (is_before) {
        *next = found;
        return FORK_BEFORE;
    }
    if (!src->subtree(src->ctx, 0, index, own))
        return FORK_UNKNOWN;
    return memcmp(own, leaf, HASH_BYTES) == 0 ? FORK_SAME : FORK_HERE;
}
