#include "protocol/translit.h"

#include "protocol/fold.h"
#include "protocol/translit_table.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>
#include <utf8proc.h>

enum {
    FOLDED_BYTES_MAX = 4 * FOLD_MAIL_POINTS_MAX,
    POINTS_OF_ONE_MAX = 32, /* as in fold.c */
};

static int compare_row(const struct translit_row *row, uint32_t point, uint32_t next,
                       bool is_initial)
{
    if (row->point != point)
        return row->point < point ? -1 : 1;
    if (row->next != next)
        return row->next < next ? -1 : 1;
    return (row->is_initial > is_initial) - (row->is_initial < is_initial);
}

static const struct translit_row *find_row(int32_t point, int32_t next, bool is_initial)
{
    size_t low = 0;
    size_t high = translit_row_count;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        int order = compare_row(&translit_rows[mid], (uint32_t)point, (uint32_t)next, is_initial);
        if (order == 0)
            return &translit_rows[mid];
        if (order < 0)
            low = mid + 1;
        else
            high = mid;
    }
    return NULL;
}

/* The row of a letter: with the one that follows it before it alone, and what is only for the start
 * of a word before what is for every place. */
static const struct translit_row *choose_row(int32_t point, int32_t next, bool is_initial)
{
    const struct translit_row *row = NULL;
    if (next != 0 && is_initial)
        row = find_row(point, next, true);
    if (row == NULL && next != 0)
        row = find_row(point, next, false);
    if (row == NULL && is_initial)
        row = find_row(point, 0, true);
    return row != NULL ? row : find_row(point, 0, false);
}

/* Words being written. */
struct words {
    struct pack out;
    bool has_gap;   /* what comes next begins a word, and is not the first */
    bool is_inside; /* something of the present word was read, if nothing written */
};

static void put_letters(struct words *w, struct bytes letters)
{
    if (letters.len == 0)
        return;
    if (w->has_gap && pack_len(&w->out) > 0)
        pack_u8(&w->out, ' ');
    w->has_gap = false;
    pack_bytes(&w->out, letters);
}

static void put_row(struct words *w, const struct translit_row *row)
{
    put_letters(w, bytes_of(row->latin, strnlen(row->latin, sizeof row->latin)));
    w->is_inside = true;
}

static bool is_number(int32_t point)
{
    utf8proc_category_t c = utf8proc_category(point);
    return c >= UTF8PROC_CATEGORY_ND && c <= UTF8PROC_CATEGORY_NO;
}

/* A code point that has no row and comes apart no further. */
static void put_kept(struct words *w, int32_t point)
{
    uint8_t utf8[4];
    uint8_t digit[4 * POINTS_OF_ONE_MAX];
    size_t len = 0;
    if (fold_is_mark(point) && utf8proc_get_property(point)->combining_class != 0)
        return;
    if (!fold_is_letter(point) && !fold_is_mark(point) && !is_number(point)) {
        w->has_gap = true;
        w->is_inside = false;
        return;
    }
    struct bytes one = bytes_of(utf8, (size_t)utf8proc_encode_char(point, utf8));
    if (is_number(point) && fold_name(one, digit, sizeof digit, &len) == OK)
        one = bytes_of(digit, len);
    put_letters(w, one);
    w->is_inside = true;
}

/* A letter without a row of its own: its parts, where the first has one or is a to z. What comes
 * apart otherwise (Hangul, kana with marks) stays whole. */
static void put_apart(struct words *w, int32_t point)
{
    const utf8proc_option_t options = (utf8proc_option_t)(UTF8PROC_DECOMPOSE | UTF8PROC_STABLE);
    int32_t parts[POINTS_OF_ONE_MAX];
    utf8proc_ssize_t n = utf8proc_decompose_char(point, parts, POINTS_OF_ONE_MAX, options, NULL);
    assert(n >= 1 && n <= POINTS_OF_ONE_MAX);
    bool is_known = parts[0] < 0x80 || choose_row(parts[0], 0, false) != NULL;
    if (n == 1 || !is_known) {
        put_kept(w, point);
        return;
    }
    for (utf8proc_ssize_t i = 0; i < n; i++) {
        const struct translit_row *row = choose_row(parts[i], 0, !w->is_inside);
        if (row != NULL)
            put_row(w, row);
        else
            put_kept(w, parts[i]);
    }
}

static void put_words(struct words *w, struct bytes folded)
{
    int32_t point = 0;
    while (fold_next(&folded, &point)) {
        struct bytes rest = folded;
        int32_t next = 0;
        (void)fold_next(&rest, &next);
        if (point < 0x80 && fold_is_letter(point)) {
            uint8_t letter = (uint8_t)point;
            put_letters(w, bytes_of(&letter, 1));
            w->is_inside = true;
            continue;
        }
        const struct translit_row *row = choose_row(point, next, !w->is_inside);
        if (row == NULL) {
            put_apart(w, point);
            continue;
        }
        put_row(w, row);
        if (row->next != 0)
            folded = rest;
    }
}

enum err translit_name(struct bytes in, uint8_t *out, size_t cap, size_t *len)
{
    uint8_t folded[FOLDED_BYTES_MAX];
    size_t folded_len = 0;
    struct words w = {pack_of(out, cap), false, false};
    enum err e = fold_mail(in, folded, sizeof folded, &folded_len);
    if (e == OK) {
        put_words(&w, bytes_of(folded, folded_len));
        e = w.out.is_full ? ERR_LIMIT : OK;
    }
    sodium_memzero(folded, sizeof folded);
    if (e == OK)
        *len = pack_len(&w.out);
    else if (cap > 0)
        sodium_memzero(out, cap);
    return e;
}

void translit_digest(uint8_t out[TRANSLIT_DIGEST_BYTES])
{
    crypto_hash_sha256_state state;
    crypto_hash_sha256_init(&state);
    for (size_t i = 0; i < translit_row_count; i++) {
        const struct translit_row *row = &translit_rows[i];
        size_t len = strnlen(row->latin, sizeof row->latin);
        uint8_t record[4 + 4 + 1 + 1 + sizeof row->latin];
        struct pack p = pack_of(record, sizeof record);
        pack_u32(&p, row->point);
        pack_u32(&p, row->next);
        pack_u8(&p, row->is_initial);
        pack_u8(&p, (uint8_t)len);
        pack_copy(&p, (const uint8_t *)row->latin, len);
        assert(!p.is_full);
        crypto_hash_sha256_update(&state, record, pack_len(&p));
    }
    crypto_hash_sha256_final(&state, out);
}
