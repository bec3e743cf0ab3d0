/*
 * feed_sample.h - the golden feed of tests/vectors/feed.h in bytes, for the tests of feed.h.
 * Include it after cmocka.h.
 */
#ifndef TESTS_UNIT_PROTOCOL_FEED_SAMPLE_H
#define TESTS_UNIT_PROTOCOL_FEED_SAMPLE_H

#include <stdlib.h>

#include "protocol/feed.h"
#include "tests/unit/hex.h"
#include "tests/vectors/feed.h"

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

enum { GOLDEN = COUNT(feed_entries) };
static_assert(COUNT(feed_checkpoints) == GOLDEN, "a checkpoint for each entry");

struct golden {
    uint8_t author[AUTHOR_BYTES];
    uint8_t secret_key[64], feed_key[KEY_BYTES];
    uint8_t salt[GOLDEN][SALT_BYTES];
    uint8_t payload[GOLDEN][FEED_BODY_BYTES];
    size_t payload_len[GOLDEN];
    uint8_t body[GOLDEN][FEED_BODY_BYTES];
    uint8_t header[GOLDEN][HEADER_BYTES];
    uint8_t checkpoint[GOLDEN][CHECKPOINT_SIGNED_BYTES];
};

static inline int golden_setup(void **state)
{
    struct golden *g = calloc(1, sizeof *g);
    uint8_t seed[32];
    if (g == NULL)
        return -1;
    hex_bytes(feed_author, g->author, AUTHOR_BYTES);
    hex_bytes(feed_seed, seed, sizeof seed);
    crypto_sign_seed_keypair(g->feed_key, g->secret_key, seed);
    for (size_t i = 0; i < GOLDEN; i++) {
        hex_bytes(feed_entries[i].salt, g->salt[i], SALT_BYTES);
        g->payload_len[i] = hex_bytes(feed_entries[i].payload, g->payload[i], FEED_BODY_BYTES);
        hex_bytes(feed_entries[i].body, g->body[i], FEED_BODY_BYTES);
        hex_bytes(feed_entries[i].header, g->header[i], HEADER_BYTES);
        hex_bytes(feed_checkpoints[i].checkpoint, g->checkpoint[i], CHECKPOINT_SIGNED_BYTES);
    }
    *state = g;
    return 0;
}

static inline int golden_teardown(void **state)
{
    free(*state);
    return 0;
}

static inline void assert_hex(const void *got, const char *want)
{
    uint8_t bytes[CHECKPOINT_SIGNED_BYTES];
    size_t len = hex_bytes(want, bytes, sizeof bytes);
    assert_memory_equal(got, bytes, len);
}

#endif
