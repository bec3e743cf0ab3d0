#include "protocol/translit.h"

#include "protocol/skeleton.h"
#include "protocol/translit_table.h"
#include "tests/vectors/translit.h"

#include <setjmp.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct bytes text_of(const char *s)
{
    return bytes_of((const uint8_t *)s, strlen(s));
}

/* The words of a name joined without particles. */
static size_t join(struct bytes latin, uint8_t out[TRANSLIT_BYTES_MAX])
{
    struct name_words words;
    struct pack p = pack_of(out, TRANSLIT_BYTES_MAX);
    name_words_of(latin, &words);
    for (size_t i = 0; i < words.count; i++)
        pack_bytes(&p, words.word[i]);
    return pack_len(&p);
}

static void assert_skeleton(const struct skeleton *s, const char *want, const char *name)
{
    uint8_t text[4 * SKELETON_POINTS_MAX + 1];
    struct pack p = pack_of(text, sizeof text - 1);
    skeleton_put(s, 0, SKELETON_POINTS_MAX, &p);
    text[pack_len(&p)] = '\0';
    if (strcmp((const char *)text, want) != 0)
        fail_msg("%s: %s is not %s", name, (const char *)text, want);
}

/* Goal: names of every script come out the same on every machine.
 * Method: the golden vectors, and the digest of the whole table. */
static void golden(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof name_vectors / sizeof name_vectors[0]; i++) {
        uint8_t latin[TRANSLIT_BYTES_MAX + 1], word[TRANSLIT_BYTES_MAX];
        struct skeleton sound, letters;
        size_t len = 0;
        assert_int_equal(
            translit_name(text_of(name_vectors[i].name), latin, sizeof latin - 1, &len), OK);
        latin[len] = '\0';
        assert_string_equal((const char *)latin, name_vectors[i].latin);
        struct bytes joined = bytes_of(word, join(bytes_of(latin, len), word));
        skeleton_sound(joined, READING_FIRST, &sound);
        skeleton_letters(joined, &letters);
        assert_skeleton(&sound, name_vectors[i].sound, name_vectors[i].latin);
        assert_skeleton(&letters, name_vectors[i].letters, name_vectors[i].latin);
    }
}

static void digest(void **state)
{
    (void)state;
    uint8_t bytes[TRANSLIT_DIGEST_BYTES];
    char hex[2 * TRANSLIT_DIGEST_BYTES + 1];
    translit_digest(bytes);
    sodium_bin2hex(hex, sizeof hex, bytes, sizeof bytes);
    assert_string_equal(hex, VECTOR_TRANSLIT_DIGEST);
}

/* Goal: the table can be searched, and nothing in it is anything but a to z.
 * Method: every row against the one before. */
static void table(void **state)
{
    (void)state;
    assert_true(translit_row_count > 900);
    for (size_t i = 0; i < translit_row_count; i++) {
        const struct translit_row *r = &translit_rows[i], *b = i > 0 ? r - 1 : NULL;
        for (const char *c = r->latin; *c != '\0'; c++)
            assert_true(*c >= 'a' && *c <= 'z');
        if (b != NULL)
            assert_true(
                b->point < r->point || (b->point == r->point && b->next < r->next) ||
                (b->point == r->point && b->next == r->next && b->is_initial < r->is_initial));
    }
}

/* Goal: what was written gives itself. Method: every code point alone, between letters. */
static void idempotence(void **state)
{
    (void)state;
    for (uint32_t point = 0x20; point < 0x30000; point++) {
        uint8_t in[16], once[TRANSLIT_BYTES_MAX], twice[TRANSLIT_BYTES_MAX];
        size_t len = 0, again = 0, n = 0;
        if (point >= 0xD800 && point < 0xE000)
            continue;
        in[n++] = 'a';
        if (point >= 0x10000)
            in[n++] = (uint8_t)(0xF0 | point >> 18);
        if (point >= 0x800)
            in[n++] =
                (uint8_t)(point >= 0x10000 ? 0x80 | (point >> 12 & 0x3F) : 0xE0 | point >> 12);
        if (point >= 0x80)
            in[n++] = (uint8_t)(point >= 0x800 ? 0x80 | (point >> 6 & 0x3F) : 0xC0 | point >> 6);
        in[n++] = (uint8_t)(point >= 0x80 ? 0x80 | (point & 0x3F) : point);
        in[n++] = 'b';
        enum err e = translit_name(bytes_of(in, n), once, sizeof once, &len);
        if (e == ERR_RANGE)
            continue;
        assert_int_equal(e, OK);
        assert_int_equal(translit_name(bytes_of(once, len), twice, sizeof twice, &again), OK);
        if (again != len || memcmp(once, twice, len) != 0)
            fail_msg("U+%04X", (unsigned)point);
    }
}

/* Goal: hostile text is refused or bounded, and nothing is left behind.
 * Method: one row is one text. */
static void hostile(void **state)
{
    (void)state;
    enum { LARGE = 200001 };
    char *marks = malloc(LARGE);
    assert_non_null(marks);
    marks[0] = 'a';
    for (size_t i = 1; i < LARGE; i += 2)
        memcpy(marks + i, "\xcc\x81", 2);
    const struct {
        const char *why, *text;
        size_t len;
        enum err want;
        size_t out;
    } rows[] = {
        {"100,000 marks",          marks,              LARGE, ERR_LIMIT,  77},
        {"some marks",             marks,              101,   OK,         1 },
        {"a lone surrogate",       "a\xed\xa0\x80",    4,     ERR_FORMAT, 77},
        {"an overlong form",       "\xc0\xaf",         2,     ERR_FORMAT, 77},
        {"a private letter",       "\xee\x80\x80",     3,     ERR_RANGE,  77},
        {"a direction",
         "a\xe2\x80\xae"
         "b",                                          5,     OK,         2 },
        {"a zero-width space",
         "a\xe2\x80\x8b"
         "b",                                          5,     OK,         2 },
        {"a zero-width joiner",
         "a\xe2\x80\x8d"
         "b",                                          5,     OK,         2 },
        {"nothing",                "",                 0,     OK,         0 },
        {"signs alone",            "?!\xe2\x82\xac",   5,     OK,         0 },
        {"digits of a script",     "\xd9\xa1\xd9\xa2", 4,     OK,         2 },
        {"one letter of eighteen", "\xef\xb7\xba",     3,     OK,         18},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint8_t out[TRANSLIT_BYTES_MAX];
        size_t len = 77;
        memset(out, 0x55, sizeof out);
        enum err e = translit_name(bytes_of((const uint8_t *)rows[i].text, rows[i].len), out,
                                   sizeof out, &len);
        if (e != rows[i].want || len != rows[i].out)
            fail_msg("%s: %s, %zu", rows[i].why, err_name(e), len);
        if (e != OK)
            assert_true(sodium_is_zero(out, sizeof out));
    }
    free(marks);
}

/* Goal: a buffer that is too small is never overrun. Method: every size up to enough. */
static void small_buffers(void **state)
{
    (void)state;
    struct bytes name = text_of(name_vectors[2].name);
    size_t want = strlen(name_vectors[2].latin);
    for (size_t cap = 0; cap <= want; cap++) {
        uint8_t out[TRANSLIT_BYTES_MAX];
        size_t len = 0;
        memset(out, 0x55, sizeof out);
        assert_int_equal(translit_name(name, out, cap, &len), cap < want ? ERR_LIMIT : OK);
        assert_int_equal(out[cap], 0x55);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(golden),      cmocka_unit_test(digest),  cmocka_unit_test(table),
        cmocka_unit_test(idempotence), cmocka_unit_test(hostile), cmocka_unit_test(small_buffers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
