/*
 * fuzz_fold.c - folds of hostile Unicode, and well-formed text.
 *
 * The first byte says how much room the output has, the rest is the text. A fold writes no more
 * than its room, what it wrote is text and folds to itself, and a smaller room is an error and not
 * a part of it.
 */
#include "proto/utf8.h"
#include "protocol/fold.h"
#include "tests/fuzz/fuzz.h"

enum { GROWTH = 64 }; /* bytes out for each byte in, and more */

typedef enum err fold_fn(struct bytes in, uint8_t *out, size_t cap, size_t *len);

static void check_text(struct bytes in)
{
    uint32_t character;
    struct bytes rest = in;
    bool is_sound = true, has_zero = false;
    while (rest.len > 0) {
        struct bytes before = rest;
        if (!utf8_next(&rest, &character)) {
            CHECK(rest.data == before.data && rest.len == before.len);
            is_sound = false;
            break;
        }
        CHECK(character <= 0x10ffff && (character < 0xd800 || character > 0xdfff));
        has_zero = has_zero || character == 0;
    }
    CHECK(utf8_is_text(in) == (is_sound && !has_zero));
    CHECK(!utf8_is_line(in) || utf8_is_text(in));
}

static void try_fold(fold_fn *fold, struct bytes in, size_t cap)
{
    size_t room = in.len * GROWTH + 64, len = SIZE_MAX, again_len = SIZE_MAX, small_len = SIZE_MAX;
    uint8_t *out = malloc(room), *again = malloc(room * 2), *small = malloc(cap + 1);
    CHECK(out != NULL && again != NULL && small != NULL);
    memset(small, FUZZ_MARK, cap + 1);
    enum err e = fold(in, out, room, &len), s = fold(in, small, cap, &small_len);
    CHECK(small[cap] == FUZZ_MARK);
    if (e != OK) {
        CHECK(len == SIZE_MAX && fuzz_is_filled(out, 0, room));
        CHECK(s != OK);
    } else {
        CHECK(s == (len <= cap ? OK : ERR_LIMIT));
        CHECK(utf8_is_text(bytes_of(out, len)) || memchr(in.data, 0, in.len) != NULL);
        if (s == OK)
            CHECK(small_len == len && memcmp(small, out, len) == 0);
        enum err a = fold(bytes_of(out, len), again, room * 2, &again_len);
        CHECK(a == OK && again_len == len && memcmp(out, again, len) == 0);
    }
    CHECK(s == OK || fuzz_is_filled(small, 0, cap));
    CHECK(s == OK || small_len == SIZE_MAX);
    free(out);
    free(again);
    free(small);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    if (len == 0 || len > 2048)
        return 0;
    struct bytes in = bytes_of(data + 1, len - 1), rest = in;
    int32_t point;
    check_text(in);
    while (fold_next(&rest, &point))
        CHECK(point >= 0 && point <= 0x10ffff &&
              fold_is_letter(point) + fold_is_digit(point) + fold_is_mark(point) <= 1);
    try_fold(fold_name, in, data[0]);
    try_fold(fold_code, in, data[0]);
    try_fold(fold_mail, in, data[0]);
    return 0;
}
