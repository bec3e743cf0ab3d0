/*
 * Goal: an envelope is opened by the one to whom it was sealed, unchanged, where it stands, and by
 * nobody else; and its outside tells neither to whom nor how much.
 * Method: the vector of a second implementation; then that envelope with each byte flipped, cut at
 * each byte, for another recipient, sender, place, key; contents of all sizes.
 */
#include "protocol/letter.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/unit/hex.h"
#include "tests/vectors/envelope.h"

struct sample {
    uint8_t feed_key[32], feed_secret[64];
    struct envelope_key key;
    struct envelope_random random;
    struct envelope e;
    struct header h;
    uint8_t content[256];
    uint8_t payload[ENVELOPE_BYTES_MAX];
    size_t len;
    uint8_t plain[ENVELOPE_BYTES_MAX];
};

static int setup(void **state)
{
    struct sample *s = calloc(1, sizeof *s);
    uint8_t seed[32], secret[32], prekey[32];
    hex_bytes(vector_feed_seed, seed, 32);
    crypto_sign_seed_keypair(s->feed_key, s->feed_secret, seed);
    hex_bytes(vector_prekey_secret, secret, 32);
    envelope_key_of(secret, &s->key);
    hex_bytes(vector_prekey, prekey, 32);
    assert_memory_equal(s->key.public_key, prekey, 32);
    hex_bytes(vector_ephemeral_secret, s->random.ephemeral, 32);
    hex_bytes(vector_nonce, s->random.nonce, ENVELOPE_NONCE_BYTES);
    s->e = (struct envelope){.type = ENVELOPE_LETTER,
                             .role = 1,
                             .created_utc = VECTOR_CREATED,
                             .expires_day = VECTOR_EXPIRES};
    hex_bytes(vector_sender, s->e.sender, 32);
    hex_bytes(vector_recipient, s->e.recipient, 32);
    hex_bytes(vector_id, s->e.id, ENVELOPE_ID_BYTES);
    struct letter l = {bytes_of(vector_subject, sizeof vector_subject - 1),
                       bytes_of(vector_text, sizeof vector_text - 1)};
    size_t len;
    assert_int_equal(letter_encode(&l, s->content, &len), OK);
    s->e.content = bytes_of(s->content, len);
    s->h = (struct header){.version = HEADER_VERSION,
                           .audience = AUDIENCE_ADDRESSED,
                           .body_units = 16,
                           .expires_day = VECTOR_EXPIRES,
                           .index = VECTOR_INDEX};
    assert_int_equal(envelope_seal(&s->e, VECTOR_INDEX, s->feed_secret, s->key.public_key,
                                   &s->random, s->payload, &s->len),
                     OK);
    *state = s;
    return 0;
}

static int teardown(void **state)
{
    free(*state);
    return 0;
}

static enum err open_it(struct sample *s, struct envelope *out)
{
    return envelope_open(bytes_of(s->payload, s->len), &s->h, s->e.sender, s->e.recipient,
                         s->feed_key, &s->key, s->plain, out);
}

static void test_vector(void **state)
{
    struct sample *s = *state;
    uint8_t want[256], hash[32];
    assert_int_equal(s->len, VECTOR_BYTES);
    assert_memory_equal(s->payload, want, hex_bytes(vector_first, want, sizeof want));
    assert_memory_equal(s->payload + s->len - 32, want, hex_bytes(vector_last, want, sizeof want));
    crypto_generichash(hash, 32, s->payload, s->len, NULL, 0);
    assert_memory_equal(hash, want, hex_bytes(vector_hash, want, sizeof want));
}

static void test_opened(void **state)
{
    struct sample *s = *state;
    struct envelope got;
    struct letter l;
    assert_int_equal(open_it(s, &got), OK);
    assert_int_equal(got.type, ENVELOPE_LETTER);
    assert_int_equal(got.role, 1);
    assert_int_equal(got.created_utc, VECTOR_CREATED);
    assert_int_equal(got.expires_day, VECTOR_EXPIRES);
    assert_memory_equal(got.id, s->e.id, sizeof got.id);
    assert_true(sodium_is_zero(got.reference, sizeof got.reference));
    assert_int_equal(letter_decode(got.content, &l), OK);
    assert_true(bytes_equal(l.text, bytes_of(vector_text, sizeof vector_text - 1)));
    assert_true(bytes_equal(l.subject, bytes_of(vector_subject, sizeof vector_subject - 1)));
}

/* One bit of each byte. */
static void test_flipped(void **state)
{
    struct sample *s = *state;
    struct envelope got = {.type = 77};
    for (size_t i = 0; i < s->len; i++) {
        s->payload[i] ^= (uint8_t)(1u << i % 8);
        enum err e = open_it(s, &got);
        /* the top bit of an X25519 point is not looked at by the exchange, but the key is bound to
         * the bytes as they stand */
        assert_true(e == (i == 0 ? ERR_VERSION : ERR_EPOCH) ||
                    (i > 0 && i <= 32 && e == ERR_POINT));
        s->payload[i] ^= (uint8_t)(1u << i % 8);
    }
    s->payload[32] ^= 0x80;
    assert_int_equal(open_it(s, &got), ERR_EPOCH);
    s->payload[32] ^= 0x80;
    assert_int_equal(got.type, 77);
    assert_int_equal(open_it(s, &got), OK);
}

static void test_cut(void **state)
{
    struct sample *s = *state;
    struct envelope got;
    size_t whole = s->len;
    for (s->len = 0; s->len < whole; s->len++)
        assert_int_equal(open_it(s, &got), s->len < ENVELOPE_BYTES_MIN ? ERR_TRUNCATED : ERR_EPOCH);
    s->len = whole;
    assert_int_equal(open_it(s, &got), OK);
}

/* What the seal or the signature binds, changed one by one. */
static void test_bound(void **state)
{
    struct sample *s = *state;
    struct envelope got;
    uint8_t secret[32] = {9};
    struct sample *c = malloc(sizeof *c);

    *c = *s;
    c->e.recipient[0] ^= 1; /* it opens, and says that it is for somebody else */
    assert_int_equal(open_it(c, &got), ERR_STRANGER);
    assert_true(sodium_is_zero(c->plain, c->len - ENVELOPE_OUTER_BYTES - ENVELOPE_TAG_BYTES));
    *c = *s;
    c->e.sender[0] ^= 1;
    assert_int_equal(open_it(c, &got), ERR_EPOCH);
    *c = *s;
    c->h.index++;
    assert_int_equal(open_it(c, &got), ERR_SIGNATURE);
    *c = *s;
    c->h.expires_day++;
    assert_int_equal(open_it(c, &got), ERR_EPOCH);
    *c = *s;
    c->h.body_units = 64;
    assert_int_equal(open_it(c, &got), ERR_EPOCH);
    *c = *s;
    c->feed_key[0] ^= 1;
    assert_int_equal(open_it(c, &got), ERR_SIGNATURE);
    *c = *s;
    envelope_key_of(secret, &c->key);
    assert_int_equal(open_it(c, &got), ERR_EPOCH);
    *c = *s;
    memset(c->payload + 1, 0, 32); /* a point of small order */
    assert_int_equal(open_it(c, &got), ERR_POINT);
    memset(c->key.public_key, 0, 32);
    assert_int_equal(
        envelope_seal(&s->e, 0, s->feed_secret, c->key.public_key, &s->random, c->payload, &c->len),
        ERR_POINT);
    free(c);
}

/* What a sender can sign and seal that is not in order. */
static void test_bad_inside(void **state)
{
    struct sample *s = *state;
    static const struct {
        uint8_t type, role;
        uint32_t expires;
        enum err want;
    } rows[] = {
        {0,   1, VECTOR_EXPIRES,     ERR_RANGE},
        {1,   0, VECTOR_EXPIRES,     ERR_RANGE},
        {200, 9, VECTOR_EXPIRES,     OK       }, /* unknown, and to be shown as that */
        {1,   1, VECTOR_EXPIRES + 1, ERR_EPOCH},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct envelope e = s->e, got;
        e.type = rows[i].type;
        e.role = rows[i].role;
        e.expires_day = rows[i].expires;
        assert_int_equal(envelope_seal(&e, VECTOR_INDEX, s->feed_secret, s->key.public_key,
                                       &s->random, s->payload, &s->len),
                         OK);
        assert_int_equal(open_it(s, &got), rows[i].want);
    }
}

/* Contents of every class: the length outside is the class's, and what comes out is what went in.
 */
static void test_sizes(void **state)
{
    struct sample *s = *state;
    static const struct {
        size_t content, body;
    } rows[] = {
        {0,                              4096  },
        {4096 - 48 - ENVELOPE_BYTES_MIN, 4096  },
        {4097 - 48 - ENVELOPE_BYTES_MIN, 16384 },
        {60000,                          65536 },
        {200000,                         262144},
        {ENVELOPE_CONTENT_BYTES_MAX,     262144},
    };
    uint8_t *content = malloc(ENVELOPE_CONTENT_BYTES_MAX + 1);
    memset(content, 'x', ENVELOPE_CONTENT_BYTES_MAX + 1);
    struct envelope got;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        s->e.content = bytes_of(content, rows[i].content);
        s->h.body_units = (uint16_t)(rows[i].body / 256);
        assert_int_equal(envelope_seal(&s->e, VECTOR_INDEX, s->feed_secret, s->key.public_key,
                                       &s->random, s->payload, &s->len),
                         OK);
        assert_int_equal(s->len, rows[i].body - BODY_FIXED_BYTES);
        assert_int_equal(envelope_bytes(rows[i].content), s->len);
        assert_int_equal(open_it(s, &got), OK);
        assert_true(bytes_equal(got.content, s->e.content));
    }
    s->e.content.len = ENVELOPE_CONTENT_BYTES_MAX + 1;
    assert_int_equal(envelope_bytes(s->e.content.len), 0);
    assert_int_equal(
        envelope_seal(&s->e, 0, s->feed_secret, s->key.public_key, &s->random, s->payload, &s->len),
        ERR_LIMIT);
    free(content);
}

static void test_receipt(void **state)
{
    uint8_t seed[32], key[32], secret[64], signature[64], want[64];
    struct delivery_receipt r = {.index = VECTOR_INDEX, .state = DELIVERY_DONE};
    (void)state;
    hex_bytes(vector_receipt_seed, seed, 32);
    crypto_sign_seed_keypair(key, secret, seed);
    hex_bytes(vector_sender, r.author, 32);
    hex_bytes(vector_recipient, r.holder, 32);
    delivery_sign(&r, secret, signature);
    assert_memory_equal(signature, want, hex_bytes(vector_receipt, want, sizeof want));
    assert_int_equal(delivery_verify(&r, signature, key), OK);
    for (size_t i = 0; i < sizeof signature; i++) {
        signature[i] ^= 1;
        assert_int_equal(delivery_verify(&r, signature, key), ERR_SIGNATURE);
        signature[i] ^= 1;
    }
    r.state = DELIVERY_UNREADABLE;
    assert_int_equal(delivery_verify(&r, signature, key), ERR_SIGNATURE);
    r.state = DELIVERY_UNREADABLE + 1;
    assert_int_equal(delivery_verify(&r, signature, key), ERR_RANGE);
    r.state = 0;
    assert_int_equal(delivery_verify(&r, signature, key), ERR_RANGE);
}

static void test_letters(void **state)
{
    (void)state;
    static uint8_t out[4096];
    struct letter got = {
        {NULL, 0},
        {NULL, 0}
    };
    static const struct {
        const char *subject, *text;
        enum err want;
    } rows[] = {
        {"S",        "t",           OK        },
        {"",         "t",           ERR_FORMAT},
        {"S",        "",            ERR_FORMAT},
        {"two\nrow", "t",           ERR_FORMAT},
        {"\xff",     "t",           ERR_FORMAT},
        {"S",        "\xc3",        ERR_FORMAT},
        {"S",        "several\n\t", OK        },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct letter l = {bytes_of(rows[i].subject, strlen(rows[i].subject)),
                           bytes_of(rows[i].text, strlen(rows[i].text))};
        size_t len = 0;
        assert_int_equal(letter_encode(&l, out, &len), rows[i].want);
        if (rows[i].want == OK) {
            assert_int_equal(letter_decode(bytes_of(out, len), &got), OK);
            assert_true(bytes_equal(got.text, l.text));
        }
    }
    uint8_t long_one[130] = {1, 128};
    memset(long_one + 2, 'a', 128);
    assert_int_equal(letter_decode(bytes_of(long_one, 130), &got), ERR_LIMIT);
    assert_int_equal(letter_decode(bytes_of(long_one, 129), &got), ERR_TRUNCATED);
    assert_int_equal(letter_decode(bytes_of(long_one, 0), &got), ERR_TRUNCATED);
    long_one[0] = 2;
    assert_int_equal(letter_decode(bytes_of(long_one, 130), &got), ERR_VERSION);
    struct letter l = {bytes_of(long_one, 128), bytes_of("t", 1)};
    size_t len;
    assert_int_equal(letter_encode(&l, out, &len), ERR_LIMIT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_vector, setup, teardown),
        cmocka_unit_test_setup_teardown(test_opened, setup, teardown),
        cmocka_unit_test_setup_teardown(test_flipped, setup, teardown),
        cmocka_unit_test_setup_teardown(test_cut, setup, teardown),
        cmocka_unit_test_setup_teardown(test_bound, setup, teardown),
        cmocka_unit_test_setup_teardown(test_bad_inside, setup, teardown),
        cmocka_unit_test_setup_teardown(test_sizes, setup, teardown),
        cmocka_unit_test(test_receipt),
        cmocka_unit_test(test_letters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
