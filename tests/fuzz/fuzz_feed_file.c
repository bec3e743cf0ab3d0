/*
 * fuzz_feed_file.c - files that are handed on to be checked without a node: feeds and proofs.
 *
 * The first byte: bit 0 chooses the proof file, bit 1 makes the sum at the end right (so that what
 * is before it gets judged), bit 2 makes tree and signature of the checkpoint good.
 */
#include "protocol/extract.h"
#include "tests/fuzz/fuzz.h"

#include <sodium.h>

enum { PROOF_FILE = 1, MAKE_SUM = 2, MAKE_GOOD = 4 };

static uint8_t feed_key[32], secret[64];

static void check_who(const struct extract *who)
{
    CHECK(memchr(who->org_id, 0, sizeof who->org_id) != NULL && who->org_id[0] != '\0');
    CHECK(memchr(who->name, 0, sizeof who->name) != NULL);
}

static void try_proof(struct bytes in)
{
    struct extract who;
    struct bytes proof;
    static uint8_t again[PROOF_FILE_BYTES_MAX];
    MARK(&who);
    MARK(&proof);
    if (proof_file_decode(in, &who, &proof) != OK) {
        CHECK(IS_UNTOUCHED(&who) && IS_UNTOUCHED(&proof));
        return;
    }
    check_who(&who);
    CHECK(fuzz_is_within(proof, in));
    if (proof.len > FORK_BYTES_MAX)
        return;
    size_t len = proof_file_encode(&who, proof, again);
    CHECK(len == in.len && memcmp(again, in.data, len) == 0);
}

/* Entry by entry, each written again as it was; returns how many. */
static uint64_t walk(struct bytes rest, struct merkle_frontier *tree)
{
    static uint8_t again[FEED_FILE_ENTRY_MAX];
    uint64_t count = 0;
    for (;; count++) {
        struct feed_file_entry e;
        struct bytes before = rest;
        MARK(&e);
        enum err bad = feed_file_next(&rest, &e);
        if (bad != OK) {
            CHECK(IS_UNTOUCHED(&e) && rest.data == before.data && rest.len == before.len);
            CHECK((bad == ERR_NOT_FOUND) == (rest.len == 0));
            return count;
        }
        uint8_t leaf[HASH_BYTES], tile[2][HASH_BYTES];
        unsigned levels;
        merkle_leaf(bytes_of(e.header, HEADER_BYTES), leaf);
        merkle_append(tree, leaf, &levels, tile);
        CHECK(e.state == FILE_BODY || e.body.len == 0);
        size_t len = e.body.len > BODY_BYTES_MAX ? 0 : feed_file_entry_encode(&e, again);
        CHECK(len == 0 || (len == before.len - rest.len && memcmp(again, before.data, len) == 0));
    }
}

static void try_feed(struct bytes in)
{
    struct feed_file f;
    struct feed_file_summary sum;
    static uint8_t head[FEED_FILE_HEAD_MAX], marks[1 << 13];
    uint64_t at = UINT64_MAX;
    struct merkle_frontier tree;
    MARK(&f);
    MARK(&sum);
    if (feed_file_decode(in, &f) != OK) {
        CHECK(IS_UNTOUCHED(&f));
        return;
    }
    check_who(&f.who);
    CHECK(fuzz_is_within(f.entries, in));
    size_t len = feed_file_head(&f.who, f.signed_checkpoint, head);
    CHECK(len < in.len && memcmp(head, in.data, len) == 0);
    merkle_frontier_init(&tree);
    uint64_t count = walk(f.entries, &tree);
    if (f.checkpoint.size > 8 * sizeof marks)
        return; /* the caller has not so much room */
    memset(marks, 0, sizeof marks);
    enum err e = feed_file_check(&f, feed_key, marks, &sum, &at);
    if (e != OK) {
        CHECK(at <= (count < f.checkpoint.size ? f.checkpoint.size : count));
        return;
    }
    uint8_t root[HASH_BYTES];
    merkle_root(&tree, root);
    CHECK(count == f.checkpoint.size && memcmp(root, f.checkpoint.root, HASH_BYTES) == 0);
    CHECK(sum.entries == count && sum.unconfirmed <= sum.erased);
    CHECK(sum.bodies + sum.erased + sum.expired + sum.addressed + sum.missing == count);
}

/* The checkpoint of a file gets the size, the root and the signature that go with its entries. */
static void make_good(uint8_t *file, size_t len)
{
    struct feed_file f;
    struct merkle_frontier tree;
    if (feed_file_decode(bytes_of(file, len), &f) != OK)
        return;
    merkle_frontier_init(&tree);
    f.checkpoint.size = walk(f.entries, &tree);
    merkle_root(&tree, f.checkpoint.root);
    checkpoint_sign(&f.checkpoint, secret, file + (f.signed_checkpoint - file));
    extract_sum(bytes_of(file, len - EXTRACT_SUM_BYTES), file + len - EXTRACT_SUM_BYTES);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    uint8_t seed[32];
    if (len == 0)
        return 0;
    size_t count = len - 1;
    uint8_t *file = malloc(len);
    CHECK(file != NULL);
    memcpy(file, data + 1, count);
    fuzz_feed_seed(seed);
    crypto_sign_seed_keypair(feed_key, secret, seed);
    if ((data[0] & MAKE_SUM) != 0 && count >= EXTRACT_SUM_BYTES)
        extract_sum(bytes_of(file, count - EXTRACT_SUM_BYTES), file + count - EXTRACT_SUM_BYTES);
    if ((data[0] & MAKE_GOOD) != 0)
        make_good(file, count);
    if ((data[0] & PROOF_FILE) != 0)
        try_proof(bytes_of(file, count));
    else
        try_feed(bytes_of(file, count));
    free(file);
    return 0;
}
