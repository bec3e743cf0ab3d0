/*
 * Goal: what the desk keeps of envelopes opens in its own place, under its own key, and nowhere
 * else; and reads as it was written.
 * Method: rows of what differs; each bit flipped; cut at each byte.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sodium.h>
#include <string.h>

#include "node/post_seal.h"

static const uint8_t KEY[32] = {1}, OTHER_KEY[32] = {2};

static void test_places(void **state)
{
    (void)state;
    uint8_t plain[64], opened[64], sealed[64 + POST_SEAL_BYTES], id[16] = {0}, week7[16] = {0};
    randombytes_buf(plain, sizeof plain);
    week7[7] = 7;
    post_seal(KEY, POST_PREKEY, post_context_number(7), bytes_of(plain, sizeof plain), sealed);
    struct bytes all = bytes_of(sealed, sizeof sealed);
    const struct {
        const uint8_t *key;
        enum post_kind kind;
        struct post_context context;
        enum err want;
    } rows[] = {
        {KEY,       POST_PREKEY, post_context_number(7),      OK           },
        {KEY,       POST_PREKEY, post_context_id(week7),      OK           },
        {OTHER_KEY, POST_PREKEY, post_context_number(7),      ERR_SIGNATURE},
        {KEY,       POST_IN,     post_context_number(7),      ERR_SIGNATURE},
        {KEY,       POST_PREKEY, post_context_number(8),      ERR_SIGNATURE},
        {KEY,       POST_PREKEY, post_context_id(id),         ERR_SIGNATURE},
        {KEY,       POST_PREKEY, post_context_number(7 << 8), ERR_SIGNATURE},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_int_equal(post_unseal(rows[i].key, rows[i].kind, rows[i].context, all, opened),
                         rows[i].want);
    for (size_t bit = 0; bit < 8 * sizeof sealed; bit++) {
        sealed[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_int_equal(post_unseal(KEY, POST_PREKEY, post_context_number(7), all, opened),
                         ERR_SIGNATURE);
        sealed[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    for (size_t len = 0; len < sizeof sealed; len++)
        assert_int_equal(
            post_unseal(KEY, POST_PREKEY, post_context_number(7), bytes_of(sealed, len), opened),
            len < POST_SEAL_BYTES ? ERR_TRUNCATED : ERR_SIGNATURE);
    assert_int_equal(post_unseal(KEY, POST_PREKEY, post_context_number(7), all, opened), OK);
    assert_memory_equal(opened, plain, sizeof plain);
}

static void test_records(void **state)
{
    (void)state;
    uint8_t plain[512];
    struct post_in in = {.type = 1,
                         .role = 2,
                         .index = 3,
                         .created_utc = 4,
                         .received_utc = 5,
                         .expires_day = 6,
                         .content = bytes_of("text", 4)},
                   got_in;
    memset(in.sender, 7, sizeof in.sender);
    memset(in.id, 8, sizeof in.id);
    memset(in.reference, 9, sizeof in.reference);
    size_t len = post_in_encode(&in, plain);
    assert_int_equal(len, POST_IN_BYTES + 4);
    assert_int_equal(post_in_decode(bytes_of(plain, len), &got_in), OK);
    assert_true(bytes_equal(got_in.content, in.content));
    assert_memory_equal(got_in.sender, in.sender, 32);
    assert_memory_equal(got_in.id, in.id, 16);
    assert_memory_equal(got_in.reference, in.reference, 16);
    assert_true(got_in.type == 1 && got_in.role == 2 && got_in.index == 3 &&
                got_in.created_utc == 4 && got_in.received_utc == 5 && got_in.expires_day == 6);
    for (size_t cut = 0; cut < POST_IN_BYTES; cut++)
        assert_int_equal(post_in_decode(bytes_of(plain, cut), &got_in), ERR_TRUNCATED);
    plain[0] = 2;
    assert_int_equal(post_in_decode(bytes_of(plain, len), &got_in), ERR_VERSION);

    struct post_out out = {
        .created_utc = 1, .expires_day = 2, .bytes = 3, .subject = bytes_of("subject", 7)};
    struct post_out got_out;
    memset(out.recipient, 4, sizeof out.recipient);
    memset(out.id, 5, sizeof out.id);
    len = post_out_encode(&out, plain);
    assert_int_equal(post_out_decode(bytes_of(plain, len), &got_out), OK);
    assert_true(bytes_equal(got_out.subject, out.subject));
    assert_memory_equal(got_out.recipient, out.recipient, 32);
    assert_memory_equal(got_out.id, out.id, 16);
    assert_true(got_out.created_utc == 1 && got_out.expires_day == 2 && got_out.bytes == 3);
    for (size_t cut = 0; cut < POST_OUT_BYTES; cut++)
        assert_int_equal(post_out_decode(bytes_of(plain, cut), &got_out), ERR_TRUNCATED);
    plain[0] = 2;
    assert_int_equal(post_out_decode(bytes_of(plain, len), &got_out), ERR_VERSION);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_places),
        cmocka_unit_test(test_records),
    };
    return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
