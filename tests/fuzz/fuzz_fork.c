/*
 * fuzz_fork.c - proofs that an author contradicted itself.
 *
 * The first byte: bit 0 signs both checkpoints, as the author itself can; bit 1 gives two
 * checkpoints to the encoder instead of a proof to the decoder.
 */
#include "protocol/fork.h"
#include "tests/fuzz/fuzz.h"

#include <sodium.h>

enum { SIGN = 1, ENCODE = 2, FIRST = 17, SECOND = FIRST + CHECKPOINT_SIGNED_BYTES };

static uint8_t feed_key[32], secret[64];

static void sign(uint8_t *checkpoint)
{
    crypto_sign_detached(checkpoint + CHECKPOINT_BYTES, NULL, checkpoint, CHECKPOINT_BYTES, secret);
}

/* A proof says what it says of two checkpoints in the one order, and of a pair only what encoding
 * that pair says too. */
static void check_proof(struct bytes in, const struct fork *f)
{
    uint8_t again[FORK_PAIR_BYTES];
    CHECK(f->kind >= FORK_SEQ && f->kind <= FORK_LEAVES);
    CHECK(f->a.seq <= f->b.seq && f->a.feed_epoch == f->b.feed_epoch);
    CHECK(memcmp(f->a.author, f->b.author, AUTHOR_BYTES) == 0);
    CHECK(!fork_is_before(in, in));
    if (f->kind == FORK_LEAVES) {
        CHECK(in.len <= FORK_BYTES_MAX && f->index < f->a.size && f->index < f->b.size);
        CHECK(fuzz_is_within(bytes_of(f->header_a, HEADER_BYTES), in) &&
              fuzz_is_within(bytes_of(f->header_b, HEADER_BYTES), in));
        CHECK(memcmp(f->header_a, f->header_b, HEADER_BYTES) != 0);
        return;
    }
    CHECK(in.len == FORK_PAIR_BYTES && fork_kind_of(&f->a, &f->b) == f->kind);
    CHECK(fork_encode_pair(in.data + FIRST, in.data + SECOND, again) == FORK_PAIR_BYTES);
    CHECK(memcmp(again, in.data, FORK_PAIR_BYTES) == 0);
    CHECK(fork_encode_pair(in.data + SECOND, in.data + FIRST, again) == FORK_PAIR_BYTES);
    CHECK(memcmp(again, in.data, FORK_PAIR_BYTES) == 0);
}

static void try_decode(struct bytes in, bool is_signed)
{
    struct fork checked, read;
    MARK(&checked);
    MARK(&read);
    enum err e = fork_check(in, feed_key, &checked), r = fork_read(in, &read);
    if (e != OK)
        CHECK(IS_UNTOUCHED(&checked));
    if (r != OK) {
        CHECK(IS_UNTOUCHED(&read) && e != OK);
        return;
    }
    CHECK(e == OK || e == ERR_SIGNATURE);
    CHECK(e == OK || !is_signed);
    check_proof(in, &read);
}

static void try_encode(struct bytes in)
{
    uint8_t pair[FORK_PAIR_BYTES];
    struct fork f;
    if (in.len < 2 * CHECKPOINT_SIGNED_BYTES)
        return;
    size_t len = fork_encode_pair(in.data, in.data + CHECKPOINT_SIGNED_BYTES, pair);
    CHECK(len == 0 || len == FORK_PAIR_BYTES);
    if (len > 0)
        CHECK(fork_read(bytes_of(pair, len), &f) == OK && f.kind != FORK_LEAVES);
    static uint8_t proof[FORK_BYTES_MAX];
    struct bytes rest =
        bytes_of(in.data + 2 * CHECKPOINT_SIGNED_BYTES, in.len - 2 * CHECKPOINT_SIGNED_BYTES);
    if (rest.len < 2 * HEADER_BYTES)
        return;
    struct fork_leaf a = {rest.data, {0}}, b = {rest.data + HEADER_BYTES, {0}};
    b.proof = bytes_of(rest.data + 2 * HEADER_BYTES, rest.len - 2 * HEADER_BYTES);
    len = fork_encode_leaves(in.data, &a, in.data + CHECKPOINT_SIGNED_BYTES, &b, 3, proof);
    CHECK(len <= FORK_BYTES_MAX);
    if (len > 0)
        (void)!fork_read(bytes_of(proof, len), &f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    uint8_t seed[32];
    if (len == 0)
        return 0;
    fuzz_feed_seed(seed);
    crypto_sign_seed_keypair(feed_key, secret, seed);
    uint8_t *copy = malloc(len);
    CHECK(copy != NULL);
    memcpy(copy, data + 1, len - 1);
    bool is_signed = (data[0] & SIGN) != 0 && len - 1 >= FORK_PAIR_BYTES;
    if (is_signed && (data[0] & ENCODE) == 0) {
        sign(copy + FIRST);
        sign(copy + SECOND);
    }
    if ((data[0] & ENCODE) != 0)
        try_encode(bytes_of(copy, len - 1));
    else
        try_decode(bytes_of(copy, len - 1), is_signed);
    free(copy);
    return 0;
}
