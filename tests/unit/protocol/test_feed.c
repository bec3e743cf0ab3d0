/*
 * test_feed.c - authors, headers and bodies against the golden feed of tests/vectors/feed.h, at
 * their limits, and with every byte altered. Checkpoints are in test_checkpoint.c.
 */
#include "protocol/feed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/unit/protocol/feed_sample.h"

static struct body golden_body(const struct golden *g, size_t i)
{
    return (struct body){.type = feed_entries[i].type,
                         .day = feed_entries[i].day,
                         .ref_plus_one = feed_entries[i].ref_plus_one,
                         .payload = bytes_of(g->payload[i], g->payload_len[i])};
}

static struct header golden_header(const struct golden *g, size_t i)
{
    struct header h;
    assert_int_equal(header_decode(g->header[i], &h), OK);
    return h;
}

/* Goal: an organisation has the same name everywhere.
 * Method: the golden one; another one and one with a byte more have other names. */
static void authors(void **state)
{
    (void)state;
    uint8_t author[AUTHOR_BYTES], other[AUTHOR_BYTES];
    struct bytes org_id = bytes_of(feed_org_id, sizeof feed_org_id - 1);
    author_of(org_id, author);
    assert_hex(author, feed_author);
    author_of(BYTES_LITERAL("NL-KVK-41198678"), other);
    assert_memory_not_equal(author, other, AUTHOR_BYTES);
    author_of(bytes_of(feed_org_id, sizeof feed_org_id), other);
    assert_memory_not_equal(author, other, AUTHOR_BYTES);
    author_of(bytes_of(NULL, 0), other);
    assert_memory_not_equal(author, other, AUTHOR_BYTES);
}

/* Goal: bodies, commitments, headers and leaves are the golden ones, and read back.
 * Method: each golden entry written and read. */
static void golden_entries(void **state)
{
    const struct golden *g = *state;
    for (size_t i = 0; i < GOLDEN; i++) {
        struct body b = golden_body(g, i), got;
        uint8_t body[FEED_BODY_BYTES];
        size_t len = 0;
        memset(body, 0x5a, sizeof body);
        assert_int_equal(body_encode(&b, AUDIENCE_ALL, g->salt[i], body, sizeof body, &len), OK);
        assert_int_equal(len, FEED_BODY_BYTES);
        assert_memory_equal(body, g->body[i], len);

        assert_int_equal(body_decode(bytes_of(body, len), &got), OK);
        assert_int_equal(got.type, b.type);
        assert_int_equal(got.flags, 0);
        assert_int_equal(got.day, b.day);
        assert_int_equal(got.ref_plus_one, b.ref_plus_one);
        assert_int_equal(got.payload.len, FEED_BODY_BYTES - BODY_FIXED_BYTES);
        assert_memory_equal(got.payload.data, b.payload.data, b.payload.len);

        struct header h = {.version = 1, .body_units = 1, .index = i};
        h.expires_day = feed_entries[i].expires_day;
        body_commit(g->author, i, bytes_of(body, len), h.commit);
        uint8_t header[HEADER_BYTES], leaf[HASH_BYTES];
        header_encode(&h, header);
        assert_memory_equal(header, g->header[i], HEADER_BYTES);
        assert_int_equal(body_check(g->author, &h, bytes_of(body, len)), OK);
        merkle_leaf(bytes_of(header, HEADER_BYTES), leaf);
        assert_hex(leaf, feed_entries[i].leaf);

        struct header back = golden_header(g, i);
        assert_int_equal(back.version, 1);
        assert_int_equal(back.audience, AUDIENCE_ALL);
        assert_int_equal(back.body_units, 1);
        assert_int_equal(back.expires_day, h.expires_day);
        assert_int_equal(back.index, i);
        assert_memory_equal(back.commit, h.commit, HASH_BYTES);
    }
}

/* Goal: a header of another version, an unknown audience or an impossible size is refused, and the
 * largest permitted ones are not. On error nothing is written.
 * Method: one row is one header. */
static void header_rows(void **state)
{
    (void)state;
    static const struct {
        uint8_t version, audience;
        uint16_t units;
        enum err want;
        const char *why;
    } rows[] = {
        {1,   0,   1,      OK,          "smallest"                },
        {1,   0,   64,     OK,          "largest for all members" },
        {1,   0,   65,     ERR_RANGE,   "too large for them"      },
        {1,   0,   0,      ERR_RANGE,   "no body"                 },
        {1,   0,   0xffff, ERR_RANGE,   "as large as can be said" },
        {1,   1,   16,     OK,          "smallest addressed"      },
        {1,   1,   1024,   OK,          "largest addressed"       },
        {1,   1,   1025,   ERR_RANGE,   "too large for one"       },
        {1,   1,   0,      ERR_RANGE,   "addressed and no body"   },
        {1,   2,   16,     ERR_RANGE,   "unknown audience"        },
        {1,   255, 16,     ERR_RANGE,   "another"                 },
        {0,   0,   1,      ERR_VERSION, "version before the first"},
        {2,   0,   1,      ERR_VERSION, "version after ours"      },
        {255, 9,   0,      ERR_VERSION, "version before all else" },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct header h = {.version = rows[i].version,
                           .audience = rows[i].audience,
                           .body_units = rows[i].units,
                           .expires_day = UINT32_MAX,
                           .index = UINT64_MAX};
        struct header got = {.index = 77}, before = got;
        uint8_t text[HEADER_BYTES], again[HEADER_BYTES];
        header_encode(&h, text);
        enum err e = header_decode(text, &got);
        if (e != rows[i].want)
            fail_msg("%s: %s", rows[i].why, err_name(e));
        if (e == OK) {
            header_encode(&got, again);
            assert_memory_equal(again, text, HEADER_BYTES);
        } else {
            assert_memory_equal(&got, &before, sizeof got);
        }
    }
}

/* Goal: no byte of a header is without meaning: with another one it is refused, or says something
 * else, has another leaf, and no longer fits its body.
 * Method: each bit of each golden header. */
static void header_flipped(void **state)
{
    struct golden *g = *state;
    for (size_t i = 0; i < GOLDEN; i++) {
        for (size_t bit = 0; bit < 8 * HEADER_BYTES; bit++) {
            uint8_t text[HEADER_BYTES], again[HEADER_BYTES], leaf[HASH_BYTES], was[HASH_BYTES];
            struct header h;
            memcpy(text, g->header[i], HEADER_BYTES);
            text[bit / 8] ^= (uint8_t)(1u << bit % 8);
            merkle_leaf(bytes_of(text, HEADER_BYTES), leaf);
            hex_bytes(feed_entries[i].leaf, was, HASH_BYTES);
            assert_memory_not_equal(leaf, was, HASH_BYTES);
            if (header_decode(text, &h) != OK)
                continue;
            header_encode(&h, again);
            assert_memory_equal(again, text, HEADER_BYTES);
            size_t at = bit / 8;
            bool is_for_body = at == 2 || at == 3 || at >= 8;
            enum err e = body_check(g->author, &h, bytes_of(g->body[i], FEED_BODY_BYTES));
            assert_int_equal(e, is_for_body ? ERR_COMMIT : OK);
        }
    }
}

/* Goal: a body is padded to its size class, with zeros, and what exceeds its audience's limit or
 * the caller's room is refused with nothing written.
 * Method: one row is one payload length; payloads of 0xff so that padding shows. */
static void body_sizes(void **state)
{
    (void)state;
    enum { F = BODY_FIXED_BYTES, K4 = 4096, K16 = 16384, K64 = 65536, K256 = 262144 };
    static const struct {
        enum audience audience;
        size_t payload, cap;
        size_t want; /* 0: ERR_LIMIT */
    } rows[] = {
        {AUDIENCE_ALL,       0,            K256,     256 },
        {AUDIENCE_ALL,       1,            K256,     256 },
        {AUDIENCE_ALL,       256 - F,      K256,     256 },
        {AUDIENCE_ALL,       256 - F + 1,  K256,     512 },
        {AUDIENCE_ALL,       512 - F,      512,      512 },
        {AUDIENCE_ALL,       512 - F + 1,  1024,     1024},
        {AUDIENCE_ALL,       1024 - F + 1, K256,     2048},
        {AUDIENCE_ALL,       2048 - F + 1, K256,     K4  },
        {AUDIENCE_ALL,       K4 - F + 1,   K256,     8192},
        {AUDIENCE_ALL,       8192 - F + 1, K256,     K16 },
        {AUDIENCE_ALL,       K16 - F,      K16,      K16 },
        {AUDIENCE_ALL,       K16 - F + 1,  K256,     0   },
        {AUDIENCE_ALL,       K16 - F,      K16 - 1,  0   },
        {AUDIENCE_ALL,       0,            255,      0   },
        {AUDIENCE_ALL,       0,            0,        0   },
        {AUDIENCE_ADDRESSED, 0,            K256,     K4  },
        {AUDIENCE_ADDRESSED, K4 - F,       K256,     K4  },
        {AUDIENCE_ADDRESSED, K4 - F + 1,   K256,     K16 },
        {AUDIENCE_ADDRESSED, K16 - F,      K256,     K16 },
        {AUDIENCE_ADDRESSED, K16 - F + 1,  K256,     K64 },
        {AUDIENCE_ADDRESSED, K64 - F + 1,  K256,     K256},
        {AUDIENCE_ADDRESSED, K256 - F,     K256,     K256},
        {AUDIENCE_ADDRESSED, K256 - F + 1, K256 * 2, 0   },
        {AUDIENCE_ADDRESSED, K64 - F + 1,  K256 - 1, 0   },
        {AUDIENCE_ADDRESSED, 0,            K4 - 1,   0   },
    };
    static uint8_t payload[K256], out[K256 * 2], untouched[K256 * 2];
    uint8_t salt[SALT_BYTES] = {1};
    memset(payload, 0xff, sizeof payload);
    memset(untouched, 0x5a, sizeof untouched);
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct body b = {.type = 1, .payload = bytes_of(payload, rows[i].payload)};
        size_t len = 77;
        memset(out, 0x5a, sizeof out);
        enum err e = body_encode(&b, rows[i].audience, salt, out, rows[i].cap, &len);
        if (rows[i].want == 0) {
            assert_int_equal(e, ERR_LIMIT);
            assert_int_equal(len, 77);
            assert_memory_equal(out, untouched, sizeof out);
            continue;
        }
        assert_int_equal(e, OK);
        assert_int_equal(len, rows[i].want);
        assert_memory_equal(out + F, payload, rows[i].payload);
        for (size_t at = F + rows[i].payload; at < len; at++)
            assert_int_equal(out[at], 0);
        assert_memory_equal(out + len, untouched, sizeof out - len);
        struct header h = {.version = HEADER_VERSION, .audience = (uint8_t)rows[i].audience};
        uint8_t text[HEADER_BYTES];
        h.body_units = (uint16_t)(len / BODY_UNIT_BYTES);
        header_encode(&h, text);
        assert_int_equal(header_decode(text, &h), OK);
    }
}

/* Goal: a body is read from exactly its bytes; unknown types and flags pass.
 * Method: each shorter length, in a buffer that ends there; then rows of single bytes. */
static void body_rows(void **state)
{
    const struct golden *g = *state;
    for (size_t len = 0; len <= BODY_FIXED_BYTES; len++) {
        uint8_t *cut = malloc(len + 1);
        assert_non_null(cut);
        memcpy(cut + 1, g->body[0], len);
        struct body b = {.type = 99};
        enum err e = body_decode(bytes_of(cut + 1, len), &b);
        assert_int_equal(e, len < BODY_FIXED_BYTES ? ERR_TRUNCATED : OK);
        assert_int_equal(b.type, e == OK ? 1 : 99);
        assert_int_equal(b.payload.len, 0);
        free(cut);
    }
    static const struct {
        size_t at;
        uint8_t value;
        enum err want;
        const char *why;
    } rows[] = {
        {SALT_BYTES,          0,    OK,         "type 0"                            },
        {SALT_BYTES,          200,  OK,         "a type to come"                    },
        {SALT_BYTES + 1,      0xff, OK,         "flags to come"                     },
        {SALT_BYTES + 2,      1,    ERR_FORMAT, "zero field, high byte"             },
        {SALT_BYTES + 3,      1,    ERR_FORMAT, "zero field, low byte"              },
        {SALT_BYTES + 4,      0xff, OK,         "a day far away"                    },
        {FEED_BODY_BYTES - 1, 7,    OK,         "padding is judged with the payload"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        uint8_t text[FEED_BODY_BYTES];
        struct body b = {.type = 99};
        memcpy(text, g->body[0], sizeof text);
        text[rows[i].at] = rows[i].value;
        enum err e = body_decode(bytes_of(text, sizeof text), &b);
        if (e != rows[i].want)
            fail_msg("%s: %s", rows[i].why, err_name(e));
        if (e != OK)
            assert_int_equal(b.type, 99);
    }
}

/* Goal: a header fits one body of one author at one index, and nothing else.
 * Method: each bit of the golden bodies, each shorter and longer body, another author and index. */
static void body_is_committed_to(void **state)
{
    struct golden *g = *state;
    for (size_t i = 0; i < GOLDEN; i++) {
        struct header h = golden_header(g, i);
        uint8_t text[2 * FEED_BODY_BYTES] = {0};
        memcpy(text, g->body[i], FEED_BODY_BYTES);
        for (size_t bit = 0; bit < 8 * FEED_BODY_BYTES; bit++) {
            text[bit / 8] ^= (uint8_t)(1u << bit % 8);
            assert_int_equal(body_check(g->author, &h, bytes_of(text, FEED_BODY_BYTES)),
                             ERR_COMMIT);
            text[bit / 8] ^= (uint8_t)(1u << bit % 8);
        }
        for (size_t len = 0; len <= sizeof text; len++)
            assert_int_equal(body_check(g->author, &h, bytes_of(text, len)),
                             len == FEED_BODY_BYTES ? OK : ERR_COMMIT);
        for (size_t bit = 0; bit < 8 * AUTHOR_BYTES; bit++) {
            uint8_t author[AUTHOR_BYTES];
            memcpy(author, g->author, AUTHOR_BYTES);
            author[bit / 8] ^= (uint8_t)(1u << bit % 8);
            assert_int_equal(body_check(author, &h, bytes_of(text, FEED_BODY_BYTES)), ERR_COMMIT);
        }
        h.index ^= 1;
        assert_int_equal(body_check(g->author, &h, bytes_of(text, FEED_BODY_BYTES)), ERR_COMMIT);
        h.index ^= 1;
        h.body_units = 2; /* and a body of two units */
        assert_int_equal(body_check(g->author, &h, bytes_of(text, sizeof text)), ERR_COMMIT);
        h.body_units = 0;
        assert_int_equal(body_check(g->author, &h, bytes_of(NULL, 0)), ERR_COMMIT);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(authors),
        cmocka_unit_test(golden_entries),
        cmocka_unit_test(header_rows),
        cmocka_unit_test(header_flipped),
        cmocka_unit_test(body_sizes),
        cmocka_unit_test(body_rows),
        cmocka_unit_test(body_is_committed_to),
    };
    return cmocka_run_group_tests(tests, golden_setup, golden_teardown);
}
