/*
 * test_entry.c - payloads: round trips, each one cut and altered at every byte, padding, counts,
 * and what a receiver makes of an entry.
 */
#include "protocol/entry.h"
#include "protocol/envelope.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/hex.h"

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

enum { PAYLOAD_MAX = BODY_BYTES_MAX - BODY_FIXED_BYTES };

/* What one payload can say, whatever its type. */
union said {
    struct signal signal;
    struct receipt receipt;
    struct profile profile;
};

static enum err decode(uint8_t type, struct bytes payload, union said *out)
{
    if (type == ENTRY_SIGNAL)
        return signal_decode(payload, &out->signal);
    if (type == ENTRY_RECEIPT)
        return receipt_decode(payload, &out->receipt);
    if (type == ENTRY_PROFILE)
        return profile_decode(payload, &out->profile);
    assert_int_equal(type, ENTRY_ERASE);
    return erase_decode(payload);
}

static size_t encode(uint8_t type, const union said *said, uint8_t *out)
{
    if (type == ENTRY_SIGNAL)
        return signal_encode(&said->signal, out);
    if (type == ENTRY_RECEIPT)
        return receipt_encode(&said->receipt, out);
    if (type == ENTRY_PROFILE)
        return profile_encode(&said->profile, out);
    assert_int_equal(type, ENTRY_ERASE);
    return erase_encode(out);
}

/* One valid payload of each type, and the largest of each. */
struct sample {
    uint8_t type;
    size_t count; /* tags, acknowledgements or endpoints */
    size_t more;  /* relays and as many prekeys */
    size_t len;   /* by the layouts */
    uint8_t payload[PAYLOAD_MAX];
};

/* clang-format off */
static struct sample samples[] = {
    {.type = ENTRY_SIGNAL, .count = 1, .len = 2 + 16},
    {.type = ENTRY_SIGNAL, .count = SIGNAL_TAGS_MAX, .len = 2 + 12 * 16},
    {.type = ENTRY_RECEIPT, .count = 1, .len = 3 + 40},
    {.type = ENTRY_RECEIPT, .count = 3, .len = 3 + 3 * 40},
    {.type = ENTRY_RECEIPT, .count = RECEIPTS_MAX, .len = 3 + 400 * 40},
    {.type = ENTRY_PROFILE, .count = 0, .len = 3 + 2},
    {.type = ENTRY_PROFILE, .count = 2, .len = 3 + 2 * (1 + 19) + 2},
    {.type = ENTRY_PROFILE, .count = 0, .more = 2, .len = 3 + 2 + 2 * (32 + 41)},
    {.type = ENTRY_PROFILE, .count = 4, .more = 4, .len = 3 + 4 * (1 + 127) + 2 + 4 * (32 + 41)},
    {.type = ENTRY_ERASE, .count = 0, .len = 1},
};
/* clang-format on */

/* A profile's relays and prekeys. */
static void fill_more(const struct sample *s, union said *said, struct pack *p)
{
    said->profile.relay_count = said->profile.prekey_count = s->more;
    pack_u8(p, (uint8_t)s->more);
    for (size_t i = 0; i < s->more; i++) {
        memset(said->profile.relay[i], 0x40 + (int)i, AUTHOR_BYTES);
        pack_copy(p, said->profile.relay[i], AUTHOR_BYTES);
    }
    pack_u8(p, (uint8_t)s->more);
    for (size_t i = 0; i < s->more; i++) {
        struct prekey *k = &said->profile.prekey[i];
        k->role = (uint8_t)(1 + i);
        k->from_day = 20000 + 7 * (uint32_t)i;
        k->until_day = 20013 + 7 * (uint32_t)i;
        memset(k->key, 0x60 + (int)i, KEY_BYTES);
        pack_u8(p, k->role);
        pack_u32(p, k->from_day);
        pack_u32(p, k->until_day);
        pack_copy(p, k->key, KEY_BYTES);
    }
}

/* Fills in what a sample says, and its payload by its layout, without the module. */
static void sample_fill(struct sample *s, union said *said, uint8_t *tags)
{
    struct pack p = pack_of(s->payload, sizeof s->payload);
    memset(said, 0, sizeof *said);
    pack_u8(&p, 1);
    if (s->type == ENTRY_SIGNAL) {
        pack_u8(&p, (uint8_t)s->count);
        said->signal = (struct signal){s->count, tags};
        for (size_t i = 0; i < s->count * TAG_BYTES; i++) {
            tags[i] = (uint8_t)(i % TAG_BYTES == 0 ? 16 * i / TAG_BYTES : 255 - i);
            pack_u8(&p, tags[i]);
        }
    }
    if (s->type == ENTRY_RECEIPT) {
        pack_u16(&p, (uint16_t)s->count);
        said->receipt.count = s->count;
        for (size_t i = 0; i < s->count; i++) {
            memset(said->receipt.row[i].author, (int)(i + 1) & 0xff, AUTHOR_BYTES);
            said->receipt.row[i].index = 0x0102030405060700 + i;
            pack_copy(&p, said->receipt.row[i].author, AUTHOR_BYTES);
            pack_u64(&p, said->receipt.row[i].index);
        }
    }
    if (s->type == ENTRY_PROFILE) {
        pack_u8(&p, 0);
        pack_u8(&p, (uint8_t)s->count);
        said->profile.count = s->count;
        for (size_t i = 0; i < s->count; i++) {
            char *e = said->profile.endpoint[i];
            size_t len = s->count == ENDPOINTS_MAX ? ENDPOINT_BYTES_MAX : 19;
            memset(e, 'a' + (int)i, len);
            memcpy(e, "tcp://", 6);
            memcpy(e + len - 5, ":4096", 5);
            pack_u8(&p, (uint8_t)len);
            pack_copy(&p, e, len);
        }
        fill_more(s, said, &p);
    }
    assert_int_equal(pack_len(&p), s->len);
}

static void assert_same(uint8_t type, const union said *got, const union said *want)
{
    if (type == ENTRY_SIGNAL) {
        assert_int_equal(got->signal.count, want->signal.count);
        assert_memory_equal(got->signal.tags, want->signal.tags, got->signal.count * TAG_BYTES);
    } else if (type == ENTRY_RECEIPT) {
        assert_int_equal(got->receipt.count, want->receipt.count);
        for (size_t i = 0; i < got->receipt.count; i++) {
            assert_memory_equal(got->receipt.row[i].author, want->receipt.row[i].author,
                                AUTHOR_BYTES);
            assert_int_equal(got->receipt.row[i].index, want->receipt.row[i].index);
        }
    } else if (type == ENTRY_PROFILE) {
        assert_int_equal(got->profile.count, want->profile.count);
        for (size_t i = 0; i < got->profile.count; i++)
            assert_string_equal(got->profile.endpoint[i], want->profile.endpoint[i]);
        assert_memory_equal(&got->profile, &want->profile, sizeof want->profile);
    }
}

/* Goal: each payload has the bytes of its layout, fits a body, and says the same when it is read,
 * with padding and without.
 * Method: the samples, written by hand and by the module. */
static void round_trips(void **state)
{
    (void)state;
    static union said said, got;
    uint8_t tags[SIGNAL_TAGS_MAX * TAG_BYTES];
    for (size_t i = 0; i < COUNT(samples); i++) {
        static uint8_t out[PAYLOAD_MAX];
        struct sample *s = &samples[i];
        memset(s->payload, 0, sizeof s->payload);
        sample_fill(s, &said, tags);
        memset(out, 0x5a, sizeof out);
        assert_int_equal(encode(s->type, &said, out), s->len);
        assert_memory_equal(out, s->payload, s->len);
        if (s->len < sizeof out)
            assert_int_equal(out[s->len], 0x5a);
        static const size_t pads[] = {0, 1, 255, PAYLOAD_MAX};
        for (size_t k = 0; k < COUNT(pads); k++) {
            size_t len = s->len + pads[k] < PAYLOAD_MAX ? s->len + pads[k] : PAYLOAD_MAX;
            assert_int_equal(decode(s->type, bytes_of(s->payload, len), &got), OK);
            assert_same(s->type, &got, &said);
        }
    }
}

/* Decodes a payload that is expected to fail, and asserts that the caller's storage stays as it
 * was. */
static enum err decode_into_canary(uint8_t type, struct bytes payload)
{
    static union said got, before;
    memset(&got, 0x5a, sizeof got);
    memset(&before, 0x5a, sizeof before);
    enum err e = decode(type, payload, &got);
    if (e != OK)
        assert_memory_equal(&got, &before, sizeof got);
    return e;
}

/* Goal: a payload that ends early is refused wherever it ends.
 * Method: each sample cut at each byte, in a buffer that ends there. */
static void truncated_at_each_byte(void **state)
{
    (void)state;
    static union said said;
    uint8_t tags[SIGNAL_TAGS_MAX * TAG_BYTES];
    for (size_t i = 0; i < COUNT(samples); i++) {
        struct sample *s = &samples[i];
        sample_fill(s, &said, tags);
        size_t step = s->len > 4096 ? 97 : 1;
        for (size_t len = 0; len < s->len; len += step) {
            uint8_t *cut = malloc(len + 1);
            assert_non_null(cut);
            memcpy(cut + 1, s->payload, len);
            assert_int_equal(decode_into_canary(s->type, bytes_of(cut + 1, len)), ERR_TRUNCATED);
            free(cut);
        }
    }
}

/* Goal: no byte of a payload is without meaning: with another one it is refused, or says something
 * else. Only a profile's flags, which are kept for later, may be anything.
 * Method: each bit of each sample, and of sixteen bytes of padding behind it. */
static void altered_at_each_bit(void **state)
{
    (void)state;
    static union said said, got;
    static uint8_t again[PAYLOAD_MAX];
    uint8_t tags[SIGNAL_TAGS_MAX * TAG_BYTES];
    for (size_t i = 0; i < COUNT(samples); i++) {
        struct sample *s = &samples[i];
        memset(s->payload, 0, sizeof s->payload);
        sample_fill(s, &said, tags);
        size_t step = s->len > 4096 ? 101 : 1;
        for (size_t bit = 0; bit < 8 * (s->len + 16); bit += step) {
            size_t at = bit / 8;
            struct bytes in = bytes_of(s->payload, s->len + 16);
            s->payload[at] ^= (uint8_t)(1u << bit % 8);
            enum err e = decode_into_canary(s->type, in);
            if (at == 0)
                assert_int_equal(e, ERR_VERSION);
            else if (at >= s->len)
                assert_int_equal(e, ERR_FORMAT);
            else if (s->type == ENTRY_PROFILE && at == 1)
                assert_int_equal(e, OK);
            else if (e == OK) {
                assert_int_equal(decode(s->type, in, &got), OK);
                assert_int_equal(encode(s->type, &got, again), s->len);
                assert_memory_equal(again, s->payload, s->len);
            }
            s->payload[at] ^= (uint8_t)(1u << bit % 8);
        }
    }
}

/* Goal: each way in which a payload can be wrong has its own reason, also where it is wrong in two.
 * Method: one row is a payload in hexadecimal, with padding behind it to a given length. */
static void refused_rows(void **state)
{
    (void)state;
#define TAG_00 "00000000000000000000000000000000"
#define TAG_01 "00000000000000000000000000000001"
#define TAG_FF "ff000000000000000000000000000000"
#define AUTHOR_00 TAG_00 TAG_00
#define ENDPOINT "0c7463703a2f2f613a34303936" /* tcp://a:4096 */
    /* clang-format off */
    static const struct {
        uint8_t type;
        const char *payload;
        size_t len;
        enum err want;
        const char *why;
    } rows[] = {
        {ENTRY_SIGNAL, "", 0, ERR_TRUNCATED, "nothing"},
        {ENTRY_SIGNAL, "", 208, ERR_VERSION, "version 0"},
        {ENTRY_SIGNAL, "02", 208, ERR_VERSION, "a version to come"},
        {ENTRY_SIGNAL, "ff", 1, ERR_VERSION, "of which nothing else is known"},
        {ENTRY_SIGNAL, "0100", 208, ERR_RANGE, "no tag"},
        {ENTRY_SIGNAL, "0100" TAG_FF, 208, ERR_RANGE, "no tag, and one behind"},
        {ENTRY_SIGNAL, "010d", PAYLOAD_MAX, ERR_RANGE, "13 tags"},
        {ENTRY_SIGNAL, "010d", 208, ERR_RANGE, "13 tags and not there"},
        {ENTRY_SIGNAL, "01ff", PAYLOAD_MAX, ERR_RANGE, "255 tags"},
        {ENTRY_SIGNAL, "010c", 2 + 12 * 16 - 1, ERR_TRUNCATED, "12 tags, one byte short"},
        {ENTRY_SIGNAL, "0101" TAG_00, 208, OK, "a tag of zeros is a tag"},
        {ENTRY_SIGNAL, "0102" TAG_00 TAG_01, 208, OK, "ascending"},
        {ENTRY_SIGNAL, "0102" TAG_01 TAG_FF, 208, OK, "ascending, by unsigned bytes"},
        {ENTRY_SIGNAL, "0102" TAG_01 TAG_00, 208, ERR_FORMAT, "descending"},
        {ENTRY_SIGNAL, "0102" TAG_01 TAG_01, 208, ERR_FORMAT, "twice the same"},
        {ENTRY_SIGNAL, "0103" TAG_00 TAG_FF TAG_01, 208, ERR_FORMAT, "the last out of order"},
        {ENTRY_SIGNAL, "0101" TAG_01 "01", 208, ERR_FORMAT, "padding begins with one"},
        {ENTRY_SIGNAL, "0101" TAG_01 TAG_01, 208, ERR_FORMAT, "padding holds another tag"},
        {ENTRY_RECEIPT, "01", 1, ERR_TRUNCATED, "no count"},
        {ENTRY_RECEIPT, "0100", 2, ERR_TRUNCATED, "half a count"},
        {ENTRY_RECEIPT, "02", 100, ERR_VERSION, "a version to come"},
        {ENTRY_RECEIPT, "010000", 100, ERR_RANGE, "none"},
        {ENTRY_RECEIPT, "010191", PAYLOAD_MAX, ERR_RANGE, "401"},
        {ENTRY_RECEIPT, "01ffff", PAYLOAD_MAX, ERR_RANGE, "65,535"},
        {ENTRY_RECEIPT, "010190", PAYLOAD_MAX, OK, "400"},
        {ENTRY_RECEIPT, "010001" AUTHOR_00 "00000000000000", 0, ERR_TRUNCATED, "index short"},
        {ENTRY_RECEIPT, "010001" AUTHOR_00 "000000000000000001", 100, ERR_FORMAT, "padding"},
        {ENTRY_PROFILE, "01", 1, ERR_TRUNCATED, "no flags"},
        {ENTRY_PROFILE, "0100", 2, ERR_TRUNCATED, "no count"},
        {ENTRY_PROFILE, "03", 100, ERR_VERSION, "a version to come"},
        {ENTRY_PROFILE, "010000", 3, ERR_TRUNCATED, "no count of relays"},
        {ENTRY_PROFILE, "01000000", 4, ERR_TRUNCATED, "no count of prekeys"},
        {ENTRY_PROFILE, "010000", 100, OK, "cannot be dialled"},
        {ENTRY_PROFILE, "01000005", 700, ERR_RANGE, "five relays"},
        {ENTRY_PROFILE, "01000001" AUTHOR_00 "00", 100, OK, "one relay"},
        {ENTRY_PROFILE, "0100000009", 700, ERR_RANGE, "nine prekeys"},
        {ENTRY_PROFILE, "0100000001" "01" "00000007" "00000007" TAG_00 TAG_01, 100, OK, "a prekey"},
        {ENTRY_PROFILE, "0100000001" "00" "00000007" "00000008" TAG_00 TAG_01, 100, ERR_FORMAT, "of no role"},
        {ENTRY_PROFILE, "0100000001" "01" "00000007" "00000006" TAG_00 TAG_01, 100, ERR_FORMAT, "ends first"},
        {ENTRY_PROFILE, "0100000001" "01" "00000007" "00000008" AUTHOR_00, 100, ERR_FORMAT, "of zeros"},
        {ENTRY_PROFILE, "01ff00", 100, OK, "flags to come"},
        {ENTRY_PROFILE, "01000101", 100, ERR_FORMAT, "an endpoint of one byte"},
        {ENTRY_PROFILE, "010001", 100, ERR_FORMAT, "an empty endpoint"},
        {ENTRY_PROFILE, "010001" ENDPOINT, 100, OK, "one"},
        {ENTRY_PROFILE, "010004" ENDPOINT ENDPOINT ENDPOINT ENDPOINT, 100, OK, "four"},
        {ENTRY_PROFILE, "010005" ENDPOINT ENDPOINT ENDPOINT ENDPOINT, 100, ERR_RANGE, "five"},
        {ENTRY_PROFILE, "010002" ENDPOINT, 100, ERR_FORMAT, "two said, one there"},
        {ENTRY_PROFILE, "010001" ENDPOINT ENDPOINT, 100, ERR_RANGE, "one said, two there"},
        {ENTRY_PROFILE, "0100010d7463703a2f2f613a34303936", 0, ERR_TRUNCATED, "one byte short"},
        {ENTRY_PROFILE, "0100010c7564703a2f2f613a34303936", 100, ERR_FORMAT, "udp://"},
        {ENTRY_ERASE, "", 0, ERR_TRUNCATED, "nothing"},
        {ENTRY_ERASE, "00", 100, ERR_VERSION, "version 0"},
        {ENTRY_ERASE, "01", 100, OK, "as it should be"},
        {ENTRY_ERASE, "0101", 100, ERR_FORMAT, "padding"},
    };
    /* clang-format on */
    for (size_t i = 0; i < COUNT(rows); i++) {
        static uint8_t text[PAYLOAD_MAX];
        memset(text, 0, sizeof text);
        size_t len = hex_bytes(rows[i].payload, text, sizeof text);
        len = rows[i].len > len ? rows[i].len : len;
        enum err e = decode_into_canary(rows[i].type, bytes_of(text, len));
        if (e != rows[i].want)
            fail_msg("type %u, %s: %s", rows[i].type, rows[i].why, err_name(e));
    }
}

/* Goal: padding is zero to its last byte. */
static void padding_is_zero(void **state)
{
    (void)state;
    static uint8_t text[PAYLOAD_MAX];
    for (size_t at = 1; at < sizeof text; at += 13) {
        memset(text, 0, sizeof text);
        text[0] = PAYLOAD_VERSION;
        text[at] = 0x80;
        assert_int_equal(erase_decode(bytes_of(text, at)), OK);
        assert_int_equal(erase_decode(bytes_of(text, at + 1)), ERR_FORMAT);
        assert_int_equal(erase_decode(bytes_of(text, sizeof text)), ERR_FORMAT);
    }
}

/* Goal: what a peer says it can be dialled at is an address and nothing that another program would
 * read more into.
 * Method: rows; then the longest, one longer, and every single byte in a host. */
static void endpoint_rows(void **state)
{
    (void)state;
    static const char *const accepted[] = {
        "tcp://127.0.0.1:4096", "tcp://node.example.org:1",  "tcp://a-b.example:65535",
        "tcp://[::1]:4096",     "tcp://[2001:db8::ff]:4096", "tcp://[::ffff:1.2.3.4]:80",
    };
    static const char *const refused[] = {
        "tcp://a:0",
        "tcp://a:00",
        "tcp://a:080",
        "tcp://a:65536",
        "tcp://a:100000",
        "tcp://a:18446744073709551617",
        "tcp://a:-1",
        "tcp://a:+1",
        "tcp://a:1 ",
        "tcp://a:1\n",
        "tcp://a:x",
        "tcp://a:*",
        "tcp://a:",
        "tcp://a",
        "tcp://:1",
        "tcp://",
        "tcp:/",
        "",
        "TCP://a:1",
        "udp://a:1",
        "ipc:///tmp/a:1",
        "inproc://a:1",
        ">tcp://a:1",
        "tcp://*:1",
        "tcp://%s:1",
        "tcp://u@a:1",
        "tcp://a/b:1",
        "tcp://a:1/b:1",
        "tcp://a;b:1",
        "tcp://a,tcp://b:1",
        "tcp://a:1:1",
        "tcp://::1:1",
        "tcp://[]:1",
        "tcp://[:1",
        "tcp://]:1",
        "tcp://[::1:1",
        "tcp://[::1]a:1",
        "tcp://[a.example]:1",
        "tcp://[fe80::1%eth0]:1",
        "tcp://caf\xc3\xa9.example:1",
    };
    for (size_t i = 0; i < COUNT(accepted); i++)
        if (!endpoint_is_valid(bytes_of(accepted[i], strlen(accepted[i]))))
            fail_msg("%s refused", accepted[i]);
    for (size_t i = 0; i < COUNT(refused); i++)
        if (endpoint_is_valid(bytes_of(refused[i], strlen(refused[i]))))
            fail_msg("%s accepted", refused[i]);
    assert_false(endpoint_is_valid(BYTES_LITERAL("tcp://a:1\0")));
    assert_false(endpoint_is_valid(bytes_of(NULL, 0)));

    uint8_t text[ENDPOINT_BYTES_MAX + 1];
    for (size_t len = ENDPOINT_BYTES_MAX; len <= sizeof text; len++) {
        memset(text, 'a', sizeof text);
        memcpy(text, "tcp://", 6);
        memcpy(text + len - 2, ":1", 2);
        assert_true(endpoint_is_valid(bytes_of(text, len)) == (len == ENDPOINT_BYTES_MAX));
    }
    for (unsigned c = 0; c < 256; c++) {
        const char name[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-";
        uint8_t one[] = {'t', 'c', 'p', ':', '/', '/', 'a', (uint8_t)c, 'a', ':', '1'};
        assert_true(endpoint_is_valid(bytes_of(one, sizeof one)) ==
                    (memchr(name, (int)c, sizeof name - 1) != NULL));
    }
}

/* Goal: every reason that a receiver has for not acting on an entry, and that it acts on no other.
 * Method: one row is one entry at index 10, judged with a cap of 100 days; the checkpoint is of day
 * 1000 unless the row is about that. */
static void judge_rows(void **state)
{
    (void)state;
    enum { N = 1000, CAP = 100 };
#define DAY_MAX UINT32_MAX
#define ALERT                                                                                      \
    "01"                                                                                           \
    "070500"                                                                                       \
    "00000000"                                                                                     \
    "0e47422d4348432d31323334353637"                                                               \
    "00"
#define AMEND(previous)                                                                            \
    "0101"                                                                                         \
    "00000000000000" previous
#define ABORT "0108" AUTHOR_00
    static const char good[] = "0101" TAG_01;
    /* clang-format off */
    static const struct {
        uint8_t type;
        const char *payload;
        uint64_t ref;
        uint32_t day, expires, checkpoint_day;
        enum err want;
        const char *why;
    } rows[] = {
        {ENTRY_SIGNAL, good, 0, N, N + 1, N, OK, "a signal"},
        {ENTRY_SIGNAL, good, 0, N, N + CAP, N, OK, "as long as the cap allows"},
        {ENTRY_SIGNAL, good, 0, N, N + CAP + 1, N, ERR_LIMIT, "a day longer"},
        {ENTRY_SIGNAL, good, 0, N, DAY_MAX, N, ERR_LIMIT, "as good as for ever"},
        {ENTRY_SIGNAL, good, 0, N, 0, N, ERR_RANGE, "without expiry"},
        {ENTRY_SIGNAL, good, 0, N, N - 1, N, OK, "expired before it was written"},
        {ENTRY_SIGNAL, good, 0, 0, CAP, N, OK, "the first day"},
        {ENTRY_SIGNAL, good, 0, 0, CAP + 1, N, ERR_LIMIT, "counted from when it was written"},
        {ENTRY_SIGNAL, good, 0, N + 1, N + 2, N, OK, "a clock that is a day ahead"},
        {ENTRY_SIGNAL, good, 0, N + 2, N + 3, N, ERR_RANGE, "two days ahead"},
        {ENTRY_SIGNAL, good, 0, DAY_MAX, DAY_MAX, N, ERR_RANGE, "as far ahead as can be"},
        {ENTRY_SIGNAL, good, 0, N, N + 1, DAY_MAX, OK, "the last day that a checkpoint can be of"},
        {ENTRY_SIGNAL, good, 0, DAY_MAX, DAY_MAX, DAY_MAX, OK, "and a signal of that day"},
        {ENTRY_SIGNAL, "0100", 0, N, N + 1, N, ERR_RANGE, "no tag"},
        {ENTRY_SIGNAL, "0102" TAG_01 TAG_00, 0, N, N + 1, N, ERR_FORMAT, "tags not ascending"},
        {ENTRY_SIGNAL, "0102" TAG_00, 0, N, N + 1, N, ERR_TRUNCATED, "a tag is missing"},
        {ENTRY_SIGNAL, "02", 0, N, N + 1, N, ERR_VERSION, "a payload of a version to come"},
        {ENTRY_SIGNAL, "02", 0, N, 0, N, ERR_VERSION, "which has its own rules for expiry"},
        {ENTRY_ERASE, "01", 1, N, 0, N, OK, "erases entry 0"},
        {ENTRY_ERASE, "01", 10, N, 0, N, OK, "erases the one before"},
        {ENTRY_ERASE, "01", 11, N, 0, N, ERR_NOT_FOUND, "erases itself"},
        {ENTRY_ERASE, "01", 12, N, 0, N, ERR_NOT_FOUND, "erases a later one"},
        {ENTRY_ERASE, "01", UINT64_MAX, N, 0, N, ERR_NOT_FOUND, "erases the last there can be"},
        {ENTRY_ERASE, "01", 0, N, 0, N, ERR_NOT_FOUND, "erases nothing"},
        {ENTRY_ERASE, "0101", 1, N, 0, N, ERR_FORMAT, "erases, with something behind it"},
        {ENTRY_ERASE, "02", 1, N, 0, N, ERR_VERSION, "erases in a new way"},
        {ENTRY_ERASE, "01", 1, N + 2, 0, N, ERR_RANGE, "erases in the future"},
        {ENTRY_RECEIPT, "010001" AUTHOR_00 "0000000000000000", 0, N, 0, N, OK, "a receipt"},
        {ENTRY_RECEIPT, "010000", 0, N, 0, N, ERR_RANGE, "a receipt for nothing"},
        {ENTRY_PROFILE, "010001" ENDPOINT, 0, N, 0, N, OK, "a profile"},
        {ENTRY_PROFILE, "010009", 0, N, 0, N, ERR_RANGE, "a profile with too much"},
        {ENTRY_COVER, "", 0, N, 1, N, OK, "a cover entry"},
        {ENTRY_COVER, "0000", 0, N, 1, N, OK, "a cover entry with its padding"},
        {ENTRY_COVER, "6869", 0, N, 1, N, ERR_FORMAT, "a cover entry that says something"},
        {ENTRY_COVER, "", 0, N + 2, 1, N, ERR_RANGE, "a cover entry of the future"},
        {ENTRY_ERASE, "01", 1, N, N + 1, N, ERR_RANGE, "an erasure that would expire"},
        {ENTRY_ALERT, ALERT, 0, N, N + 1, N, OK, "an alert"},
        {ENTRY_ALERT, ALERT, 0, N, 0, N, ERR_RANGE, "an alert without expiry"},
        {ENTRY_ALERT, ALERT, 0, N, N + CAP + 1, N, ERR_LIMIT, "an alert for too long"},
        {ENTRY_ALERT, "01", 0, N, N + 1, N, ERR_TRUNCATED, "an alert that says nothing"},
        {ENTRY_ALERT, "02", 0, N, 0, N, ERR_VERSION, "an alert of a version to come"},
        {ENTRY_AMEND, AMEND("02") "0101" TAG_01, 2, N, N + 1, N, OK, "amends entry 1, replaces 2"},
        {ENTRY_AMEND, AMEND("01") "0101" TAG_01, 2, N, N + CAP, N, OK, "amends and replaces entry 1"},
        {ENTRY_AMEND, AMEND("00") "0101" TAG_01, 2, N, N + 1, N, ERR_NOT_FOUND, "replaces an earlier one"},
        {ENTRY_AMEND, AMEND("0a") "0101" TAG_01, 2, N, N + 1, N, ERR_NOT_FOUND, "replaces itself"},
        {ENTRY_AMEND, AMEND("02") "0101" TAG_01, 0, N, N + 1, N, ERR_NOT_FOUND, "amends nothing"},
        {ENTRY_AMEND, AMEND("02") "0101" TAG_01, 11, N, N + 1, N, ERR_NOT_FOUND, "amends itself"},
        {ENTRY_AMEND, AMEND("02") "0101" TAG_01, 2, N, 0, N, ERR_RANGE, "amends for ever"},
        {ENTRY_AMEND, AMEND("02") "0101" TAG_01, 2, N, N + CAP + 1, N, ERR_LIMIT, "amends for too long"},
        {ENTRY_AMEND, AMEND("02") "0100", 2, N, N + 1, N, ERR_RANGE, "amends to no tag"},
        {ENTRY_AMEND, AMEND("02") "02", 2, N, N + 1, N, ERR_VERSION, "to a version to come"},
        {ENTRY_AMEND, "0105", 2, N, N + 1, N, ERR_RANGE, "amends to an erasure"},
        {ENTRY_AMEND, "02", 2, N, 0, N, ERR_VERSION, "amends in a new way"},
        {ENTRY_RETRACT, "0101", 1, N, 0, N, OK, "retracts entry 0"},
        {ENTRY_RETRACT, "0101", 11, N, 0, N, ERR_NOT_FOUND, "retracts itself"},
        {ENTRY_RETRACT, "0101", 1, N, N + 1, N, ERR_RANGE, "retracts for a time"},
        {ENTRY_RETRACT, "0100", 1, N, 0, N, ERR_RANGE, "retracts for no reason"},
        {ENTRY_RETRACT, "010101", 1, N, 0, N, ERR_FORMAT, "retracts, with something behind it"},
        {ENTRY_RETRACT, "02", 1, N, N + 1, N, ERR_VERSION, "retracts in a new way"},
        {ENTRY_ENVELOPE, "01", 0, N, N + 90, N, ERR_FORMAT, "an envelope for all members"},
        {ENTRY_CEREMONY, ABORT "01", 0, N, N + 120, N, OK, "the end of a ceremony"},
        {ENTRY_CEREMONY, ABORT "01", 0, N, N + 119, N, ERR_RANGE, "which ends a day early"},
        {ENTRY_CEREMONY, ABORT "01", 0, N, N + 121, N, ERR_RANGE, "or late"},
        {ENTRY_CEREMONY, ABORT "01", 0, N, 0, N, ERR_RANGE, "or never"},
        {ENTRY_CEREMONY, ABORT "01", 0, N + 2, N + 122, N, ERR_RANGE, "or is of the future"},
        {ENTRY_CEREMONY, ABORT "00", 0, N, N + 120, N, ERR_RANGE, "for no reason"},
        {ENTRY_CEREMONY, ABORT "0101", 0, N, N + 120, N, ERR_FORMAT, "with something behind it"},
        {ENTRY_CEREMONY, ABORT, 0, N, N + 120, N, ERR_TRUNCATED, "and does not say why"},
        {ENTRY_CEREMONY, "02", 0, N, 0, N, ERR_VERSION, "a ceremony of a version to come"},
        {0, "01", 0, N, N + 1, N, ERR_VERSION, "a type that is none"},
        {255, "01", 0, N, N + 1, N, ERR_VERSION, "a type far away"},
        {255, "01", 0, N + 2, N + 1, N, ERR_RANGE, "which is of the future"},
    };
    /* clang-format on */
    for (size_t i = 0; i < COUNT(rows); i++) {
        uint8_t payload[256] = {0};
        size_t len = hex_bytes(rows[i].payload, payload, sizeof payload);
        bool is_cut = rows[i].want == ERR_TRUNCATED;
        struct header h = {
            .version = 1, .body_units = 1, .index = 10, .expires_day = rows[i].expires};
        struct body b = {.type = rows[i].type,
                         .day = rows[i].day,
                         .ref_plus_one = rows[i].ref,
                         .payload = bytes_of(payload, is_cut ? len : 208)};
        enum err e = entry_judge(&h, &b, CAP, rows[i].checkpoint_day);
        if (e != rows[i].want)
            fail_msg("%s: %s", rows[i].why, err_name(e));
    }

    static const uint8_t plain[] = {ENTRY_SIGNAL,  ENTRY_ERASE,   ENTRY_RECEIPT,
                                    ENTRY_PROFILE, ENTRY_COVER,   ENTRY_ALERT,
                                    ENTRY_AMEND,   ENTRY_RETRACT, ENTRY_CEREMONY};
    for (size_t i = 0; i < COUNT(plain); i++) {
        struct header addressed = {
            .audience = AUDIENCE_ADDRESSED, .expires_day = N + 1, .index = 10};
        struct body b = {.type = plain[i], .day = N, .ref_plus_one = 1};
        assert_int_equal(entry_judge(&addressed, &b, CAP, N), ERR_FORMAT);
    }
}

/* What can be told of an envelope without opening it. */
static void envelope_rows(void **state)
{
    enum { N = 20000, CAP = 1826 };
    (void)state;
    static const struct {
        uint8_t version;
        size_t len;
        uint64_t ref;
        uint32_t day, expires;
        enum err want;
        const char *why;
    } rows[] = {
        {1, ENVELOPE_BYTES_MIN,     0, N,           N + 90, OK,            "an envelope"       },
        {1, ENVELOPE_BYTES_MIN - 1, 0, N,           N + 90, ERR_TRUNCATED, "too short for any" },
        {1, 0,                      0, N,           N + 90, ERR_TRUNCATED, "nothing"           },
        {2, 1,                      0, N,           N + 90, ERR_VERSION,   "of later software" },
        {1, ENVELOPE_BYTES_MIN,     1, N,           N + 90, ERR_FORMAT,    "refers to an entry"},
        {1, ENVELOPE_BYTES_MIN,     0, N,           N + 91, ERR_RANGE,     "a day too long"    },
        {1, ENVELOPE_BYTES_MIN,     0, N,           N + 89, ERR_RANGE,     "a day too short"   },
        {1, ENVELOPE_BYTES_MIN,     0, N,           0,      ERR_RANGE,     "without end"       },
        {1, ENVELOPE_BYTES_MIN,     0, DAY_MAX - 1, 88,     ERR_RANGE,     "past the last day" },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        uint8_t payload[ENVELOPE_BYTES_MIN] = {rows[i].version};
        struct header h = {
            .audience = AUDIENCE_ADDRESSED, .expires_day = rows[i].expires, .index = 10};
        struct body b = {.type = ENTRY_ENVELOPE,
                         .day = rows[i].day,
                         .ref_plus_one = rows[i].ref,
                         .payload = bytes_of(payload, rows[i].len)};
        enum err e = entry_judge(&h, &b, CAP, DAY_MAX);
        if (e != rows[i].want)
            fail_msg("%s: %s", rows[i].why, err_name(e));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(round_trips),         cmocka_unit_test(truncated_at_each_byte),
        cmocka_unit_test(altered_at_each_bit), cmocka_unit_test(refused_rows),
        cmocka_unit_test(padding_is_zero),     cmocka_unit_test(endpoint_rows),
        cmocka_unit_test(judge_rows),          cmocka_unit_test(envelope_rows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
