#include "proto/bytes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

/* One field of each kind, with every byte different: u8, u16, u32, u64, three copied, two viewed.
 */
static const uint8_t record[] = {0x81, 0x82, 0x83, 0x84, 0x85, 0x86, 0x87, 0x88, 0x89, 0x8a,
                                 0x8b, 0x8c, 0x8d, 0x8e, 0x8f, 0xa1, 0xa2, 0xa3, 0xb1, 0xb2};

struct fields {
    uint8_t one;
    uint16_t two;
    uint32_t four;
    uint64_t eight;
    uint8_t copied[3];
    struct bytes viewed;
};

static void read_fields(struct unpack *u, struct fields *f)
{
    f->one = unpack_u8(u);
    f->two = unpack_u16(u);
    f->four = unpack_u32(u);
    f->eight = unpack_u64(u);
    unpack_copy(u, f->copied, sizeof f->copied);
    f->viewed = unpack_view(u, 2);
}

static void write_fields(struct pack *p)
{
    pack_u8(p, 0x81);
    pack_u16(p, 0x8283);
    pack_u32(p, 0x84858687);
    pack_u64(p, 0x88898a8b8c8d8e8f);
    pack_copy(p, record + 15, 3);
    pack_bytes(p, bytes_of(record + 18, 2));
}

/* Goal: equality is of length and content, and an empty view needs no memory.
 * Method: one row is one pair, asked both ways round. */
static void equal_bytes(void **state)
{
    (void)state;
    static const struct {
        struct bytes a, b;
        bool want;
        const char *why;
    } rows[] = {
        {{NULL, 0},              {NULL, 0},              true,  "both empty"             },
        {{NULL, 0},              {record, 0},            true,  "empty with and without" },
        {{record, 5},            {record, 5},            true,  "itself"                 },
        {{(uint8_t *)"abc", 3},  {(uint8_t *)"abc", 3},  true,  "same content elsewhere" },
        {{(uint8_t *)"abc", 3},  {(uint8_t *)"abd", 3},  false, "last byte"              },
        {{(uint8_t *)"abc", 3},  {(uint8_t *)"xbc", 3},  false, "first byte"             },
        {{(uint8_t *)"abc", 3},  {(uint8_t *)"abc", 2},  false, "a prefix"               },
        {{(uint8_t *)"a\0b", 3}, {(uint8_t *)"a\0c", 3}, false, "beyond a zero byte"     },
        {{NULL, 0},              {(uint8_t *)"\0", 1},   false, "empty and one zero byte"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        if (bytes_equal(rows[i].a, rows[i].b) != rows[i].want ||
            bytes_equal(rows[i].b, rows[i].a) != rows[i].want)
            fail_msg("%s", rows[i].why);
    }
    assert_int_equal(BYTES_LITERAL("seinpost").len, 8);
    assert_int_equal(BYTES_LITERAL("").len, 0);
}

/* Goal: the order of bytes is big-endian and nothing is lost in between.
 * Method: one record of every kind of field is read and written against fixed bytes. */
static void reads_and_writes_big_endian(void **state)
{
    (void)state;
    struct unpack u = unpack_of(bytes_of(record, sizeof record));
    struct fields f;
    read_fields(&u, &f);
    assert_true(unpack_is_done(&u));
    assert_int_equal(f.one, 0x81);
    assert_int_equal(f.two, 0x8283);
    assert_int_equal(f.four, 0x84858687);
    assert_true(f.eight == 0x88898a8b8c8d8e8f);
    assert_memory_equal(f.copied, record + 15, 3);
    assert_ptr_equal(f.viewed.data, record + 18); /* borrowed, not copied */
    assert_int_equal(f.viewed.len, 2);

    uint8_t out[sizeof record];
    struct pack p = pack_of(out, sizeof out);
    write_fields(&p);
    assert_false(p.is_full);
    assert_int_equal(p.left, 0);
    assert_int_equal(pack_len(&p), sizeof record);
    assert_memory_equal(out, record, sizeof record);
}

/* Goal: what ends early is noticed wherever it ends, and what is too long is noticed too.
 * Method: the record cut at each byte, in a buffer of exactly that length so that the sanitizer
 * sees a read beyond it; then one byte more than was read. */
static void truncated_at_each_byte(void **state)
{
    (void)state;
    for (size_t len = 0; len < sizeof record; len++) {
        uint8_t *cut = malloc(len + 1);
        assert_non_null(cut);
        memcpy(cut + 1, record, len);
        struct unpack u = unpack_of(bytes_of(cut + 1, len));
        struct fields f;
        read_fields(&u, &f);
        assert_true(u.is_short);
        assert_false(unpack_is_done(&u));
        assert_ptr_equal(f.viewed.data, NULL);
        assert_int_equal(f.viewed.len, 0);
        free(cut);
    }
    struct unpack u = unpack_of(bytes_of(record, sizeof record));
    for (size_t i = 0; i + 1 < sizeof record; i++)
        (void)unpack_u8(&u);
    assert_false(u.is_short);
    assert_false(unpack_is_done(&u)); /* one left */
}

/* Goal: once short, always short: a later field that would fit is not read from the wrong place.
 * Method: each kind of read fails on three bytes with a cleared output, then all read zeros. */
static void short_is_sticky(void **state)
{
    (void)state;
    static const uint8_t three[] = {0xf1, 0xf2, 0xf3};
    uint8_t out[4] = {9, 9, 9, 9};

    struct unpack u = unpack_of(bytes_of(three, sizeof three));
    assert_int_equal(unpack_u32(&u), 0);
    assert_int_equal(unpack_u8(&u), 0);
    assert_int_equal(unpack_u16(&u), 0);
    assert_true(unpack_u64(&u) == 0);
    unpack_copy(&u, out, 1);
    assert_int_equal(out[0], 0);
    assert_int_equal(unpack_view(&u, 1).len, 0);
    assert_false(unpack_is_done(&u));

    u = unpack_of(bytes_of(three, sizeof three));
    unpack_copy(&u, out, sizeof out);
    assert_memory_equal(out, "\0\0\0\0", 4);
    assert_true(u.is_short);

    u = unpack_of(bytes_of(three, sizeof three));
    assert_int_equal(unpack_view(&u, SIZE_MAX).len, 0);
    assert_true(u.is_short);

    u = unpack_of(bytes_of(three, 0));
    assert_true(unpack_u64(&u) == 0);
    assert_true(u.is_short);
}

/* Goal: nothing to read is complete; no read of no bytes is short. */
static void empty_input(void **state)
{
    (void)state;
    struct unpack u = unpack_of(bytes_of(NULL, 0));
    assert_true(unpack_is_done(&u));
    assert_int_equal(unpack_view(&u, 0).len, 0);
    unpack_copy(&u, NULL, 0);
    assert_true(unpack_is_done(&u));
    (void)unpack_u8(&u);
    assert_false(unpack_is_done(&u));

    uint8_t none;
    struct pack p = pack_of(&none, 0);
    pack_copy(&p, NULL, 0);
    pack_bytes(&p, bytes_of(NULL, 0));
    assert_false(p.is_full);
    assert_int_equal(pack_len(&p), 0);
}

/* Goal: a writer never writes beyond its room, nor half a field, and remembers that it was full.
 * Method: the record into every smaller room, with canaries behind it; what is there is a prefix
 * that ends with a field. */
static void full_at_each_byte(void **state)
{
    (void)state;
    static const size_t ends[] = {0, 1, 3, 7, 15, 18, 20};
    for (size_t cap = 0; cap < sizeof record; cap++) {
        uint8_t out[sizeof record + 8];
        memset(out, 0x5a, sizeof out);
        struct pack p = pack_of(out, cap);
        write_fields(&p);
        assert_true(p.is_full);
        size_t want = 0;
        for (size_t i = 0; i < COUNT(ends); i++)
            if (ends[i] <= cap)
                want = ends[i];
        assert_int_equal(pack_len(&p), want);
        assert_memory_equal(out, record, want);
        for (size_t i = want; i < sizeof out; i++)
            assert_int_equal(out[i], 0x5a);
    }
}

/* Goal: once full, always full: a smaller field does not slip in behind one that was left out. */
static void full_is_sticky(void **state)
{
    (void)state;
    uint8_t out[3] = {7, 7, 7};
    struct pack p = pack_of(out, sizeof out);
    pack_u32(&p, 1);
    pack_u8(&p, 2);
    pack_u16(&p, 3);
    pack_u64(&p, 4);
    pack_copy(&p, record, 1);
    assert_true(p.is_full);
    assert_int_equal(pack_len(&p), 0);
    assert_memory_equal(out, "\7\7\7", 3);

    p = pack_of(out, sizeof out);
    pack_copy(&p, record, SIZE_MAX);
    assert_true(p.is_full);
    assert_memory_equal(out, "\7\7\7", 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_bytes),     cmocka_unit_test(reads_and_writes_big_endian),
        cmocka_unit_test(short_is_sticky), cmocka_unit_test(truncated_at_each_byte),
        cmocka_unit_test(empty_input),     cmocka_unit_test(full_at_each_byte),
        cmocka_unit_test(full_is_sticky),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
