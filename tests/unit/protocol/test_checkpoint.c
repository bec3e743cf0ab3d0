/*
 * test_checkpoint.c - the checkpoints of feed.h against the golden feed of tests/vectors/feed.h,
 * with every byte altered, and with numbers that nobody may sign.
 */
#include "protocol/feed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/unit/protocol/feed_sample.h"

static struct checkpoint golden_checkpoint(const struct golden *g, size_t i)
{
    struct checkpoint c = {.feed_epoch = 1,
                           .seq = feed_checkpoints[i].seq,
                           .size = feed_checkpoints[i].size,
                           .time_utc = feed_checkpoints[i].time_utc};
    memcpy(c.author, g->author, AUTHOR_BYTES);
    hex_bytes(feed_checkpoints[i].root, c.root, HASH_BYTES);
    hex_bytes(feed_checkpoints[i].previous, c.previous, HASH_BYTES);
    hex_bytes(feed_checkpoints[i].seen, c.seen, HASH_BYTES);
    return c;
}

/* Goal: signed checkpoints are the golden ones, name their predecessor and their tree.
 * Method: the golden leaves into a tree; each checkpoint made, signed and verified. */
static void golden_checkpoints(void **state)
{
    const struct golden *g = *state;
    struct merkle_frontier f;
    uint8_t hash[HASH_BYTES] = {0};
    assert_hex(g->feed_key, feed_key);
    merkle_frontier_init(&f);
    for (size_t i = 0; i < GOLDEN; i++) {
        struct checkpoint c = golden_checkpoint(g, i), got;
        uint8_t leaf[HASH_BYTES], root[HASH_BYTES], tile[2][HASH_BYTES];
        uint8_t text[CHECKPOINT_SIGNED_BYTES];
        unsigned levels;
        merkle_leaf(bytes_of(g->header[i], HEADER_BYTES), leaf);
        merkle_append(&f, leaf, &levels, tile);
        merkle_root(&f, root);
        assert_memory_equal(root, c.root, HASH_BYTES);
        assert_int_equal(f.size, c.size);
        assert_memory_equal(hash, c.previous, HASH_BYTES);

        checkpoint_sign(&c, g->secret_key, text);
        assert_memory_equal(text, g->checkpoint[i], sizeof text);
        checkpoint_hash(&c, hash);
        assert_hex(hash, feed_checkpoints[i].hash);

        struct bytes in = bytes_of(text, sizeof text);
        assert_int_equal(checkpoint_verify(in, g->feed_key, &got), OK);
        checkpoint_encode(&got, text);
        assert_memory_equal(text, g->checkpoint[i], CHECKPOINT_BYTES);
        assert_int_equal(got.feed_epoch, 1);
        assert_int_equal(got.seq, feed_checkpoints[i].seq);
        assert_int_equal(got.size, feed_checkpoints[i].size);
        assert_int_equal(got.time_utc, feed_checkpoints[i].time_utc);
    }
}

/* Goal: "seen" is the golden one: of one row, and of none.
 * Method: the row is written from its fields. */
static void golden_seen(void **state)
{
    (void)state;
    struct seen_row row = {.feed_epoch = 1, .seq = 7};
    uint8_t text[SEEN_ROW_BYTES], hash[HASH_BYTES];
    author_of(BYTES_LITERAL("XI-IATI-EXAMPLE"), row.author);
    crypto_generichash(row.checkpoint_hash, HASH_BYTES, NULL, 0, NULL, 0);
    seen_encode(&row, text);
    assert_int_equal(strlen(feed_seen_row), 2 * SEEN_ROW_BYTES);
    assert_hex(text, feed_seen_row);
    seen_hash(bytes_of(text, sizeof text), hash);
    assert_hex(hash, feed_checkpoints[1].seen);
    seen_hash(bytes_of(NULL, 0), hash);
    assert_hex(hash, feed_checkpoints[0].seen);
}

/* What verification says, which leaves the caller's checkpoint alone on error. Reading says the
 * same, the signature apart. */
static enum err verify(struct bytes in, const uint8_t key[KEY_BYTES])
{
    struct checkpoint c, before;
    memset(&c, 0x5a, sizeof c);
    memset(&before, 0x5a, sizeof before);
    enum err e = checkpoint_verify(in, key, &c);
    if (e != OK)
        assert_memory_equal(&c, &before, sizeof c);
    enum err read = checkpoint_read(in, &c);
    assert_int_equal(read, e == ERR_SIGNATURE ? OK : e);
    return e;
}

/* Goal: a checkpoint is accepted as it was signed and in no other form.
 * Method: the golden ones cut at each byte (in a buffer that ends there), one byte longer, and with
 * each bit altered. */
static void checkpoint_altered(void **state)
{
    struct golden *g = *state;
    for (size_t i = 0; i < GOLDEN; i++) {
        const uint8_t *text = g->checkpoint[i];
        for (size_t len = 0; len < CHECKPOINT_SIGNED_BYTES; len++) {
            uint8_t *cut = malloc(len + 1);
            assert_non_null(cut);
            memcpy(cut + 1, text, len);
            assert_int_equal(verify(bytes_of(cut + 1, len), g->feed_key), ERR_TRUNCATED);
            free(cut);
        }
        uint8_t altered[CHECKPOINT_SIGNED_BYTES + 1] = {0};
        memcpy(altered, text, CHECKPOINT_SIGNED_BYTES);
        assert_int_equal(verify(bytes_of(altered, sizeof altered), g->feed_key), ERR_FORMAT);
        for (size_t bit = 0; bit < 8 * CHECKPOINT_SIGNED_BYTES; bit++) {
            altered[bit / 8] ^= (uint8_t)(1u << bit % 8);
            enum err e = verify(bytes_of(altered, CHECKPOINT_SIGNED_BYTES), g->feed_key);
            altered[bit / 8] ^= (uint8_t)(1u << bit % 8);
            if (bit / 8 < 16)
                assert_int_equal(e, ERR_FORMAT);
            else
                assert_true(e == ERR_SIGNATURE || e == ERR_RANGE);
        }
    }
}

/* Goal: numbers that nobody may sign are refused although the signature holds; the largest
 * permitted ones are not.
 * Method: one row is one checkpoint, signed. */
static void checkpoint_rows(void **state)
{
    const struct golden *g = *state;
    static const struct {
        uint32_t feed_epoch;
        uint64_t seq, size, time_utc;
        enum err want;
        const char *why;
    } rows[] = {
        {1,          1,          0,                1,          OK,        "an empty feed"       },
        {UINT32_MAX, UINT64_MAX, (1ull << 40) - 1, INT64_MAX,  OK,        "all largest"         },
        {1,          0,          1,                1,          ERR_RANGE, "seq before the first"},
        {0,          1,          1,                1,          ERR_RANGE, "epoch before it"     },
        {1,          1,          1ull << 40,       1,          ERR_RANGE, "tree too large"      },
        {1,          1,          UINT64_MAX,       1,          ERR_RANGE, "as large as it gets" },
        {1,          1,          1,                1ull << 63, ERR_RANGE, "time negative"       },
        {1,          1,          1,                UINT64_MAX, ERR_RANGE, "time -1"             },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct checkpoint c = golden_checkpoint(g, 0);
        uint8_t text[CHECKPOINT_SIGNED_BYTES];
        c.feed_epoch = rows[i].feed_epoch;
        c.seq = rows[i].seq;
        c.size = rows[i].size;
        c.time_utc = rows[i].time_utc;
        checkpoint_sign(&c, g->secret_key, text);
        enum err e = verify(bytes_of(text, sizeof text), g->feed_key);
        if (e != rows[i].want)
            fail_msg("%s: %s", rows[i].why, err_name(e));
    }
}

/* Goal: only the feed key's own, canonical signature counts.
 * Method: another key; the signature with the group's order added to S (RFC 8032, section 5.1.7);
 * keys of small order, under which R = A, S = 0 would verify for any text. */
static void checkpoint_signatures(void **state)
{
    const struct golden *g = *state;
    static const char order_hex[] =
        "edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010";
    static const struct {
        uint8_t first, last;
    } small[] = {
        {1, 0   },
        {0, 0   },
        {0, 0x80}
    };
    uint8_t order[32];
    uint8_t text[CHECKPOINT_SIGNED_BYTES], key[KEY_BYTES], secret[64], seed[32] = {9};
    memcpy(text, g->checkpoint[0], sizeof text);
    crypto_sign_seed_keypair(key, secret, seed);
    assert_int_equal(verify(bytes_of(text, sizeof text), key), ERR_SIGNATURE);

    hex_bytes(order_hex, order, sizeof order);
    sodium_add(text + CHECKPOINT_BYTES + 32, order, sizeof order);
    assert_int_equal(verify(bytes_of(text, sizeof text), g->feed_key), ERR_SIGNATURE);

    for (size_t i = 0; i < COUNT(small); i++) {
        memset(key, 0, sizeof key);
        key[0] = small[i].first;
        key[31] = small[i].last;
        memset(text + CHECKPOINT_BYTES, 0, SIGNATURE_BYTES);
        memcpy(text + CHECKPOINT_BYTES, key, KEY_BYTES);
        assert_int_equal(verify(bytes_of(text, sizeof text), key), ERR_SIGNATURE);
    }
}

/* Goal: which checkpoint closes a day is told by its number alone, and no other gets such a number.
 * Method: one row is a checkpoint that may be the last, and what follows it. */
static void daily_rows(void **state)
{
    (void)state;
    static const struct {
        uint64_t seq, size;
        bool is_daily;
        uint64_t next, next_closing;
    } rows[] = {
        {0,                 0,  false, 1,                 DAILY_SEQ    },
        {1,                 0,  true,  2,                 DAILY_SEQ    },
        {1,                 1,  true,  2,                 DAILY_SEQ    },
        {1,                 2,  false, 2,                 DAILY_SEQ    },
        {2,                 1,  false, 3,                 DAILY_SEQ    },
        {DAILY_SEQ - 2,     9,  false, DAILY_SEQ - 1,     DAILY_SEQ    },
        {DAILY_SEQ - 1,     9,  false, DAILY_SEQ + 1,     DAILY_SEQ    },
        {DAILY_SEQ,         16, true,  DAILY_SEQ + 1,     2 * DAILY_SEQ},
        {DAILY_SEQ + 1,     16, false, DAILY_SEQ + 2,     2 * DAILY_SEQ},
        {2 * DAILY_SEQ - 1, 16, false, 2 * DAILY_SEQ + 1, 2 * DAILY_SEQ},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct checkpoint c = {.seq = rows[i].seq, .size = rows[i].size};
        assert_int_equal(checkpoint_is_daily(&c), rows[i].is_daily);
        assert_int_equal(checkpoint_next_seq(rows[i].seq, false), rows[i].next);
        assert_int_equal(checkpoint_next_seq(rows[i].seq, true), rows[i].next_closing);
    }
}

/* Goal: rows of what was seen are read as they were written, and refused where they are not in
 * order. Method: three rows written and read; then one byte less, two swapped, one twice. */
static void seen_rows(void **state)
{
    (void)state;
    uint8_t text[3 * SEEN_ROW_BYTES], other[sizeof text];
    for (size_t i = 0; i < 3; i++) {
        struct seen_row row = {.feed_epoch = (uint32_t)i + 1, .seq = i << 40}, got;
        memset(row.author, (int)(10 + i), AUTHOR_BYTES);
        memset(row.checkpoint_hash, (int)(20 + i), HASH_BYTES);
        seen_encode(&row, text + i * SEEN_ROW_BYTES);
        seen_decode(bytes_of(text, sizeof text), i, &got);
        assert_int_equal(got.feed_epoch, row.feed_epoch);
        assert_int_equal(got.seq, row.seq);
        assert_memory_equal(got.author, row.author, AUTHOR_BYTES);
        assert_memory_equal(got.checkpoint_hash, row.checkpoint_hash, HASH_BYTES);
    }
    assert_true(seen_is_sound(bytes_of(text, 0)));
    assert_true(seen_is_sound(bytes_of(text, SEEN_ROW_BYTES)));
    assert_true(seen_is_sound(bytes_of(text, sizeof text)));
    assert_false(seen_is_sound(bytes_of(text, sizeof text - 1)));
    memcpy(other, text + SEEN_ROW_BYTES, SEEN_ROW_BYTES);
    memcpy(other + SEEN_ROW_BYTES, text, SEEN_ROW_BYTES);
    assert_false(seen_is_sound(bytes_of(other, 2 * SEEN_ROW_BYTES)));
    memcpy(other, text, SEEN_ROW_BYTES);
    assert_false(seen_is_sound(bytes_of(other, 2 * SEEN_ROW_BYTES)));
    static uint8_t many[(ORGANISATIONS_MAX + 1) * SEEN_ROW_BYTES];
    for (uint32_t i = 0; i <= ORGANISATIONS_MAX; i++) {
        many[i * SEEN_ROW_BYTES] = (uint8_t)(i >> 8);
        many[i * SEEN_ROW_BYTES + 1] = (uint8_t)i;
    }
    assert_true(seen_is_sound(bytes_of(many, sizeof many - SEEN_ROW_BYTES)));
    assert_false(seen_is_sound(bytes_of(many, sizeof many)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(golden_checkpoints),
        cmocka_unit_test(golden_seen),
        cmocka_unit_test(checkpoint_altered),
        cmocka_unit_test(checkpoint_rows),
        cmocka_unit_test(checkpoint_signatures),
        cmocka_unit_test(daily_rows),
        cmocka_unit_test(seen_rows),
    };
    return cmocka_run_group_tests(tests, golden_setup, golden_teardown);
}
