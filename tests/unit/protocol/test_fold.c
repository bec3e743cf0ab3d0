#include "protocol/fold.h"

#include "tests/vectors/matchkey.h"

#include <setjmp.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

typedef enum err fold_fn(struct bytes in, uint8_t *out, size_t cap, size_t *len);

static fold_fn *const folds[] = {fold_name, fold_code, fold_mail};
enum { FOLDS = sizeof folds / sizeof folds[0], ROOM = 4096 };

static struct bytes text_of(const char *s)
{
    return bytes_of(s, strlen(s));
}

/* A code point as UTF-8, also where it is a surrogate. */
static struct bytes encode(uint32_t c, uint8_t out[4])
{
    static const uint8_t lead[] = {0, 0, 0xC0, 0xE0, 0xF0};
    size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    for (size_t i = n - 1; i > 0; i--) {
        out[i] = (uint8_t)(0x80 | (c & 0x3F));
        c >>= 6;
    }
    out[0] = (uint8_t)(lead[n] | c);
    return bytes_of(out, n);
}

/* Goal: the folds are frozen: no other table of Unicode changes a key unseen.
 * Method: the digest over every code point is the published constant, and the one in the code. */
static void frozen(void **state)
{
    (void)state;
    uint8_t digest[FOLD_DIGEST_BYTES];
    char hex[2 * FOLD_DIGEST_BYTES + 1];
    fold_digest(digest);
    sodium_bin2hex(hex, sizeof hex, digest, sizeof digest);
    assert_string_equal(hex, VECTOR_FOLD_DIGEST);
    assert_true(fold_is_frozen());
}

/* Goal: folding what is folded changes nothing, and the result is bounded and readable; surrogates
 * are no text.
 * Method: every code point, between two letters so that spaces show, through each fold twice. */
static void every_code_point(void **state)
{
    (void)state;
    for (uint32_t c = 0; c <= 0x10FFFF; c++) {
        uint8_t in[6] = "a", once[ROOM], twice[ROOM];
        size_t n = encode(c, in + 1).len;
        in[1 + n] = 'b';
        for (size_t i = 0; i < FOLDS; i++) {
            size_t len = 0, len2 = 0;
            enum err e = folds[i](bytes_of(in, n + 2), once, sizeof once, &len);
            bool is_surrogate = c >= 0xD800 && c <= 0xDFFF;
            if ((e == ERR_FORMAT) != is_surrogate || (e != OK && e != ERR_FORMAT && e != ERR_RANGE))
                fail_msg("U+%04X: error %d in fold %zu", c, e, i);
            if (e != OK)
                continue;
            e = folds[i](bytes_of(once, len), twice, sizeof twice, &len2);
            if (e != OK || !bytes_equal(bytes_of(once, len), bytes_of(twice, len2)))
                fail_msg("U+%04X: fold %zu is not stable", c, i);
            if (len < 2 || len > 2 + 4 * 18)
                fail_msg("U+%04X: fold %zu gives %zu bytes", c, i, len);
        }
    }
}

static void check_rows(fold_fn *fold, const char *const rows[][2], size_t count)
{
    for (size_t i = 0; i < count; i++) {
        uint8_t out[ROOM];
        size_t len = 0;
        assert_int_equal(fold(text_of(rows[i][0]), out, sizeof out, &len), OK);
        if (!bytes_equal(bytes_of(out, len), text_of(rows[i][1])))
            fail_msg("\"%s\" gives \"%.*s\"", rows[i][0], (int)len, (const char *)out);
    }
}

/* Goal: each fold does what its contract says. Method: one row is a text and its fold. */
static void names(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"",                                        ""                   },
        {"  \t\n- ' . ",                            ""                   },
        {"Ann-Ibé  O'Rourke jr.",                  "ann ibe o rourke jr"},
        {"A\xcc\x81\xcc\xa7\xcc\x8a",               "a"                  }, /* three marks */
        {"a\xe2\x83\x9d",                           "a"                  }, /* a circle */
        {"\xd9\x80",                                ""                   }, /* tatweel alone */
        {"x\xe2\x80\x8by\xe2\x80\x8dz\xef\xbb\xbf", "xyz"                }, /* invisible */
        {"ﬃ Ǆ ẞ ſ K",                         "ffi dz ss s k"      },
        {"ΑΣ ας",                               "ασ ασ"          },
        {"²③Ⅳ",                                "23iv"               },
        {"٣۴५๖",                              "3456"               },
        {"I İ ı i",                               "i i i i"            },
        {"\xe2\x98\xba",                            ""                   }, /* a smiling face */
    };
    check_rows(fold_name, rows, sizeof rows / sizeof rows[0]);
}

static void codes(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"ab-12",                                  "AB-12"  },
        {"a\xe2\x80\x93\xe2\x88\x92\xe2\x80\x91z", "A---Z"  }, /* en dash, minus, unbroken hyphen */
        {" a\xc2\xa0\xe3\x80\x80\tb\n",            " A   B "},
        {"é/ß.ı",                               "E/SS.I" },
        {"٠٩ ०९",                            "09 09"  },
        {"x\xe2\x80\x8e"
         "1",                             "X1"     },
        {"①:½",                                 "1:1\xe2\x81\x84"
                "2"                       },
    };
    check_rows(fold_code, rows, sizeof rows / sizeof rows[0]);
}

static void mails(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"A@B.C",                         "a@b.c"               },
        {"e\xcc\x81@x",                   "é@x"                },
        {"a\xcc\x8a\xcc\xa3",             "\xe1\xba\xa1\xcc\x8a"}, /* marks in canonical order */
        {"a\xcc\xa3\xcc\x8a",             "\xe1\xba\xa1\xcc\x8a"},
        {"a\xcc\x8a\xe2\x80\x8d\xcc\xa3", "\xe1\xba\xa1\xcc\x8a"}, /* and so across a joiner */
        {"Straße",                       "strasse"             },
        {"한",                           "한"                 },
    };
    check_rows(fold_mail, rows, sizeof rows / sizeof rows[0]);
}

/* Goal: what is no text, or says nothing, is refused by each fold, and leaves nothing behind.
 * Method: one row is one text; the output is looked at after the refusal. */
static void refusals(void **state)
{
    (void)state;
    static const struct {
        const char *in;
        enum err want;
    } rows[] = {
        {"ab\xff",                     ERR_FORMAT}, /* never a byte of UTF-8 */
        {"ab\x80",                     ERR_FORMAT}, /* a follower alone */
        {"ab\xc3",                     ERR_FORMAT}, /* cut short */
        {"ab\xe2\x82",                 ERR_FORMAT},
        {"ab\xf0\x9f\x98",             ERR_FORMAT},
        {"ab\xc0\xaf",                 ERR_FORMAT}, /* overlong */
        {"ab\xe0\x80\xaf",             ERR_FORMAT},
        {"ab\xed\xa0\x80",             ERR_FORMAT}, /* a lone surrogate */
        {"ab\xed\xa0\x81\xed\xb0\x80", ERR_FORMAT}, /* a pair of them */
        {"ab\xf4\x90\x80\x80",         ERR_FORMAT}, /* past U+10FFFF */
        {"ab\xef\xbf\xbd",             ERR_RANGE }, /* the replacement character */
        {"ab\xef\xbf\xbf",             ERR_RANGE }, /* a noncharacter */
        {"ab\xee\x80\x80",             ERR_RANGE }, /* private */
        {"ab\xcd\xb8",                 ERR_RANGE }, /* unassigned */
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        for (size_t j = 0; j < FOLDS; j++) {
            uint8_t out[16] = "previous";
            size_t len = 99;
            assert_int_equal(folds[j](text_of(rows[i].in), out, sizeof out, &len), rows[i].want);
            assert_int_equal(len, 99);
            assert_true(sodium_is_zero(out, sizeof out));
        }
}

/* Goal: no text, however long or odd, writes past its room.
 * Method: a text of mixed scripts cut at each byte, into each size of room; an allocation of just
 * that size lets a sanitizer see one byte too many. */
static void bounds(void **state)
{
    (void)state;
    static const char text[] = "Zo\xc3\xab \xef\xb7\xba \xed\x95\x9c \xe0\xa4\x95\xe0\xa5\x81 9";
    for (size_t in = 0; in < sizeof text; in++)
        for (size_t j = 0; j < FOLDS; j++) {
            uint8_t whole[ROOM];
            size_t need = 0;
            enum err e = folds[j](bytes_of(text, in), whole, sizeof whole, &need);
            assert_true(e == OK || e == ERR_FORMAT);
            for (size_t cap = 0; e == OK && cap <= need; cap++) {
                uint8_t *out = malloc(cap + 1);
                size_t len = 99;
                assert_non_null(out);
                assert_int_equal(folds[j](bytes_of(text, in), out + 1, cap, &len),
                                 cap < need ? ERR_LIMIT : OK);
                assert_int_equal(len, cap < need ? 99 : need);
                assert_true(cap < need || memcmp(out + 1, whole, need) == 0);
                free(out);
            }
        }
}

/* Goal: 100,000 marks cost no more than reading them. Method: fold them on one letter. */
static void many_marks(void **state)
{
    (void)state;
    enum { MARKS = 100000 };
    uint8_t *in = malloc(1 + 2 * MARKS);
    uint8_t out[ROOM];
    size_t len = 0;
    assert_non_null(in);
    in[0] = 'a';
    for (size_t i = 0; i < MARKS; i++)
        memcpy(in + 1 + 2 * i, i % 2 ? "\xcc\x81" : "\xcc\xa3", 2);
    assert_int_equal(fold_name(bytes_of(in, 1 + 2 * MARKS), out, sizeof out, &len), OK);
    assert_int_equal(len, 1);
    assert_int_equal(fold_code(bytes_of(in, 1 + 2 * MARKS), out, sizeof out, &len), OK);
    assert_int_equal(len, 1);
    assert_int_equal(fold_mail(bytes_of(in, 1 + 2 * MARKS), out, sizeof out, &len), ERR_LIMIT);
    free(in);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frozen), cmocka_unit_test(every_code_point),
        cmocka_unit_test(names),  cmocka_unit_test(codes),
        cmocka_unit_test(mails),  cmocka_unit_test(refusals),
        cmocka_unit_test(bounds), cmocka_unit_test(many_marks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
