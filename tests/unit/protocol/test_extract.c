/*
 * test_extract.c - files that are checked without a node: a proof and a feed, whole, cut at each
 * byte, with each bit altered, and with each thing in them that does not hold.
 */
#include "protocol/extract.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/unit/protocol/feed_sample.h"
#include "tests/vectors/fork.h"

enum { FILE_MAX = 8192, ENTRIES = 6 };

static struct extract golden_extract(const struct golden *g)
{
    struct extract who = {.name = "Example aid", .roster_version = 7};
    memcpy(who.org_id, feed_org_id, sizeof feed_org_id);
    memcpy(who.feed_key, g->feed_key, KEY_BYTES);
    memset(who.roster_hash, 0xab, HASH_BYTES);
    return who;
}

static void seal(uint8_t *file, size_t len)
{
    extract_sum(bytes_of(file, len - EXTRACT_SUM_BYTES), file + len - EXTRACT_SUM_BYTES);
}

/* Goal: a proof file gives back what went in, and nothing when a byte is missing or altered.
 * Method: the golden proof with its extract; cut, altered, and of bad organisations. */
static void proof_files(void **state)
{
    const struct golden *g = *state;
    uint8_t proof[FORK_BYTES_MAX], file[PROOF_FILE_BYTES_MAX + 1];
    struct extract who = golden_extract(g), got;
    struct bytes found;
    size_t proof_len = hex_bytes(fork_leaves, proof, sizeof proof);
    size_t len = proof_file_encode(&who, bytes_of(proof, proof_len), file);
    assert_int_equal(proof_file_decode(bytes_of(file, len), &got, &found), OK);
    assert_string_equal(got.org_id, who.org_id);
    assert_string_equal(got.name, who.name);
    assert_memory_equal(got.feed_key, who.feed_key, KEY_BYTES);
    assert_int_equal(got.roster_version, 7);
    assert_memory_equal(got.roster_hash, who.roster_hash, HASH_BYTES);
    assert_true(bytes_equal(found, bytes_of(proof, proof_len)));

    for (size_t cut = 0; cut < len; cut++)
        assert_int_not_equal(proof_file_decode(bytes_of(file, cut), &got, &found), OK);
    assert_int_equal(proof_file_decode(bytes_of(file, 20), &got, &found), ERR_TRUNCATED);
    for (size_t bit = 0; bit < 8 * len; bit++) {
        file[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_int_equal(proof_file_decode(bytes_of(file, len), &got, &found), ERR_FORMAT);
        file[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    static const struct {
        const char *org_id, *name;
    } bad[] = {
        {"",                "Example"        },
        {"nl-kvk-41198677", "Example"        },
        {"NL-KVK-41198677", "Two\nlines"     },
        {"NL-KVK-41198677", "\xe2\x80\xae---"},
        {"NL-KVK-\x1b[2J",  "Example"        },
    };
    for (size_t i = 0; i < COUNT(bad); i++) {
        struct extract stranger = who;
        memset(stranger.org_id, 0, sizeof stranger.org_id);
        memset(stranger.name, 0, sizeof stranger.name);
        memcpy(stranger.org_id, bad[i].org_id, strlen(bad[i].org_id));
        memcpy(stranger.name, bad[i].name, strlen(bad[i].name));
        len = proof_file_encode(&stranger, bytes_of(proof, proof_len), file);
        assert_int_equal(proof_file_decode(bytes_of(file, len), &got, &found), ERR_FORMAT);
    }
}

/* ---- A feed ---- */

struct made {
    uint8_t file[FILE_MAX];
    size_t len;
    size_t at[ENTRIES + 1]; /* where each entry begins */
    uint8_t header[ENTRIES][HEADER_BYTES];
    uint8_t body[ENTRIES][BODY_UNIT_BYTES];
};

/* A feed of six: present, erased by entry 5, expired, addressed, missing, the erase. */
static void make_entries(const struct golden *g, struct made *m, struct merkle_frontier *tree)
{
    merkle_frontier_init(tree);
    for (size_t i = 0; i < ENTRIES; i++) {
        uint8_t salt[SALT_BYTES] = {(uint8_t)(i + 1)}, leaf[HASH_BYTES], tile[2][HASH_BYTES];
        uint8_t payload[1] = {1};
        unsigned levels;
        size_t len;
        struct body b = {.type = i == 5 ? ENTRY_ERASE : ENTRY_NOTICE,
                         .day = 20000,
                         .ref_plus_one = i == 5 ? 2 : 0,
                         .payload = bytes_of(payload, 1)};
        assert_int_equal(body_encode(&b, AUDIENCE_ALL, salt, m->body[i], BODY_UNIT_BYTES, &len),
                         OK);
        struct header h = {.version = HEADER_VERSION,
                           .audience = i == 3 ? AUDIENCE_ADDRESSED : AUDIENCE_ALL,
                           .body_units = 1,
                           .expires_day = i == 2 ? 20001 : 0,
                           .index = i};
        body_commit(g->author, i, bytes_of(m->body[i], len), h.commit);
        header_encode(&h, m->header[i]);
        merkle_leaf(bytes_of(m->header[i], HEADER_BYTES), leaf);
        merkle_append(tree, leaf, &levels, tile);
    }
}

static void make_feed(const struct golden *g, struct made *m)
{
    static const enum feed_file_state states[ENTRIES] = {FILE_BODY,      FILE_ERASED,  FILE_EXPIRED,
                                                         FILE_ADDRESSED, FILE_MISSING, FILE_BODY};
    struct merkle_frontier tree;
    struct extract who = golden_extract(g);
    uint8_t raw[CHECKPOINT_SIGNED_BYTES];
    make_entries(g, m, &tree);
    struct checkpoint cp = {.feed_epoch = 1, .seq = 3, .size = ENTRIES, .time_utc = 1767225600};
    memcpy(cp.author, g->author, AUTHOR_BYTES);
    merkle_root(&tree, cp.root);
    checkpoint_sign(&cp, g->secret_key, raw);
    m->len = feed_file_head(&who, raw, m->file);
    for (size_t i = 0; i < ENTRIES; i++) {
        struct feed_file_entry e = {m->header[i], states[i], bytes_of(m->body[i], BODY_UNIT_BYTES)};
        m->at[i] = m->len;
        m->len += feed_file_entry_encode(&e, m->file + m->len);
    }
    m->at[ENTRIES] = m->len;
    m->len += EXTRACT_SUM_BYTES;
    seal(m->file, m->len);
}

static enum err check(const uint8_t *file, size_t len, const uint8_t *key,
                      struct feed_file_summary *sum, uint64_t *at)
{
    struct feed_file f;
    uint8_t marks[1] = {0};
    *at = 999;
    enum err e = feed_file_decode(bytes_of(file, len), &f);
    return e == OK ? feed_file_check(&f, key, marks, sum, at) : e;
}

/* Goal: a feed file that holds is summed up; cut or altered anywhere it is refused.
 * Method: the feed above; as it is, each cut, each bit, and once more each bit with a sum that
 * fits, where only what nobody signs may pass: name, list version and hash, the missing states. */
static void feed_files(void **state)
{
    const struct golden *g = *state;
    struct feed_file_summary sum;
    static struct made m;
    uint64_t at;
    make_feed(g, &m);
    assert_int_equal(check(m.file, m.len, g->feed_key, &sum, &at), OK);
    assert_int_equal(sum.entries, ENTRIES);
    assert_int_equal(sum.bodies, 2);
    assert_int_equal(sum.erased, 1);
    assert_int_equal(sum.unconfirmed, 0);
    assert_int_equal(sum.expired, 1);
    assert_int_equal(sum.addressed, 1);
    assert_int_equal(sum.missing, 1);
    for (size_t cut = 0; cut < m.len; cut++)
        assert_int_not_equal(check(m.file, cut, g->feed_key, &sum, &at), OK);
    size_t named = 16 + 2 + strlen(feed_org_id), listed = named + 2 + strlen("Example aid");
    for (size_t bit = 0; bit < 8 * (m.len - EXTRACT_SUM_BYTES); bit++) {
        size_t byte = bit / 8;
        m.file[byte] ^= (uint8_t)(1u << bit % 8);
        assert_int_equal(check(m.file, m.len, g->feed_key, &sum, &at), ERR_FORMAT);
        seal(m.file, m.len);
        enum err e = check(m.file, m.len, g->feed_key, &sum, &at);
        bool is_name = byte >= named + 2 && byte < listed;
        bool is_list = byte >= listed && byte < listed + KEY_BYTES + 8 + HASH_BYTES;
        bool is_state = false;
        for (size_t i = 1; i < 5; i++)
            is_state = is_state || byte == m.at[i] + HEADER_BYTES;
        if (!is_name && !is_list && !is_state)
            assert_int_not_equal(e, OK);
        m.file[byte] ^= (uint8_t)(1u << bit % 8);
        seal(m.file, m.len);
    }
    assert_int_equal(check(m.file, m.len, g->feed_key, &sum, &at), OK);
}

/* Goal: each thing that does not hold is told by its own error, and where. Method: one row sets one
 * byte of the feed above, and the sum is made to fit. */
static void feed_rows(void **state)
{
    const struct golden *g = *state;
    static const struct {
        size_t entry, at;
        uint8_t with;
        enum err want;
        uint64_t where;
        const char *why;
    } rows[] = {
        {0, 15,  1, ERR_SEQUENCE, 0, "another number"                 },
        {0, 0,   3, ERR_VERSION,  0, "a newer header"                 },
        {0, 200, 1, ERR_COMMIT,   0, "another body"                   },
        {1, 20,  1, ERR_PROOF,    6, "another header"                 },
        {1, 48,  4, ERR_RANGE,    1, "an unknown state"               },
        {4, 48,  3, ERR_FORMAT,   4, "addressed though it is for all" },
        {4, 48,  5, ERR_FORMAT,   4, "expired without an end"         },
        {4, 48,  1, ERR_COMMIT,   4, "a body that is not there"       },
        {1, 48,  2, OK,           6, "missing instead of erased"      },
        {4, 48,  2, OK,           6, "erased though nothing erases it"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        static struct made m;
        struct feed_file_summary sum = {0};
        uint64_t at;
        make_feed(g, &m);
        m.file[m.at[rows[i].entry] + rows[i].at] ^= rows[i].with;
        seal(m.file, m.len);
        enum err e = check(m.file, m.len, g->feed_key, &sum, &at);
        if (e != rows[i].want || at != rows[i].where)
            fail_msg("%s: %s at %d", rows[i].why, err_name(e), (int)at);
        if (i == COUNT(rows) - 1)
            assert_int_equal(sum.unconfirmed, 1);
    }
}

/* Goal: the whole does not hold either where entries lack, are too many, or are another's.
 * Method: the feed above without its last entry, with it twice, under another key, and of another
 * organisation. */
static void feed_wholes(void **state)
{
    const struct golden *g = *state;
    static struct made m;
    struct feed_file_summary sum;
    uint64_t at;
    uint8_t other[KEY_BYTES], secret[64], seed[32] = {3}, file[FILE_MAX];
    crypto_sign_seed_keypair(other, secret, seed);
    make_feed(g, &m);
    assert_int_equal(check(m.file, m.len, other, &sum, &at), ERR_SIGNATURE);
    assert_int_equal(at, ENTRIES);

    size_t last = m.at[ENTRIES] - m.at[ENTRIES - 1];
    memcpy(file, m.file, m.len);
    seal(file, m.len - last);
    assert_int_equal(check(file, m.len - last, g->feed_key, &sum, &at), ERR_SEQUENCE);
    assert_int_equal(at, ENTRIES - 1);
    memcpy(file, m.file, m.len);
    memcpy(file + m.at[ENTRIES], m.file + m.at[ENTRIES - 1], last);
    seal(file, m.len + last);
    assert_int_equal(check(file, m.len + last, g->feed_key, &sum, &at), ERR_SEQUENCE);
    assert_int_equal(at, ENTRIES);
    seal(file, m.len + 10);
    assert_int_equal(check(file, m.len + 10, g->feed_key, &sum, &at), ERR_TRUNCATED);

    memcpy(file, m.file, m.len);
    file[16 + 2 + strlen(feed_org_id) - 1]++;
    seal(file, m.len);
    assert_int_equal(check(file, m.len, g->feed_key, &sum, &at), ERR_STRANGER);
    file[0] ^= 1;
    assert_int_equal(check(file, m.len, g->feed_key, &sum, &at), ERR_FORMAT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(proof_files),
        cmocka_unit_test(feed_files),
        cmocka_unit_test(feed_rows),
        cmocka_unit_test(feed_wholes),
    };
    return cmocka_run_group_tests(tests, golden_setup, golden_teardown);
}
