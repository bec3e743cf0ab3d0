/*
 * fuzz_checkpoint.c - signed checkpoints, and the rows that their field seen commits to.
 *
 * The first byte says what is read: rows (bit 0), or a checkpoint, with its own signature or, with
 * bit 1, one that the target makes good, as whoever holds the key could sign anything.
 */
#include "protocol/feed.h"
#include "tests/fuzz/fuzz.h"

#include <sodium.h>

static void try_rows(struct bytes in)
{
    if (!seen_is_sound(in))
        return;
    CHECK(in.len % SEEN_ROW_BYTES == 0);
    uint8_t before[AUTHOR_BYTES];
    for (size_t i = 0; i < in.len / SEEN_ROW_BYTES; i++) {
        struct seen_row row;
        uint8_t again[SEEN_ROW_BYTES];
        seen_decode(in, i, &row);
        seen_encode(&row, again);
        CHECK(memcmp(again, in.data + i * SEEN_ROW_BYTES, sizeof again) == 0);
        CHECK(i == 0 || memcmp(before, row.author, AUTHOR_BYTES) < 0);
        memcpy(before, row.author, AUTHOR_BYTES);
    }
}

/* Verifying accepts what reading accepts and the key signed, and nothing else. */
static void try_checkpoint(struct bytes in, const uint8_t feed_key[KEY_BYTES], bool is_signed)
{
    struct checkpoint read, verified;
    uint8_t again[CHECKPOINT_BYTES], hash[HASH_BYTES];
    MARK(&read);
    MARK(&verified);
    enum err e = checkpoint_read(in, &read), v = checkpoint_verify(in, feed_key, &verified);
    if (v != OK)
        CHECK(IS_UNTOUCHED(&verified));
    if (e != OK) {
        CHECK(IS_UNTOUCHED(&read) && v == e);
        return;
    }
    CHECK(v == OK || v == ERR_SIGNATURE);
    CHECK(v == OK || !is_signed);
    CHECK(read.seq >= 1 && read.feed_epoch >= 1 && read.size < (uint64_t)1 << MERKLE_LEVELS_MAX &&
          read.time_utc <= INT64_MAX);
    checkpoint_encode(&read, again);
    CHECK(memcmp(again, in.data, sizeof again) == 0);
    checkpoint_hash(&read, hash);
    uint64_t next = checkpoint_next_seq(read.seq, false);
    uint64_t daily = checkpoint_next_seq(read.seq, true);
    if (read.seq < UINT64_MAX - 2 * (uint64_t)DAILY_SEQ)
        CHECK(next > read.seq && daily > read.seq && daily % DAILY_SEQ == 0 &&
              next % DAILY_SEQ != 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    uint8_t seed[32], feed_key[32], secret[64];
    if (len == 0)
        return 0;
    struct bytes in = bytes_of(data + 1, len - 1);
    if ((data[0] & 1) != 0) {
        try_rows(in);
        return 0;
    }
    fuzz_feed_seed(seed);
    crypto_sign_seed_keypair(feed_key, secret, seed);
    bool is_signed = (data[0] & 2) != 0 && in.len == CHECKPOINT_SIGNED_BYTES;
    uint8_t *copy = malloc(in.len + 1);
    CHECK(copy != NULL);
    memcpy(copy, in.data, in.len);
    if (is_signed)
        crypto_sign_detached(copy + CHECKPOINT_BYTES, NULL, copy, CHECKPOINT_BYTES, secret);
    try_checkpoint(bytes_of(copy, in.len), feed_key, is_signed);
    free(copy);
    return 0;
}
