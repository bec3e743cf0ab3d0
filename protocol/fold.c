#include "protocol/fold.h"

#include <assert.h>
#include <sodium.h>
#include <utf8proc.h>

enum {
    POINTS_OF_ONE_MAX = 32, /* the longest decomposition, U+FDFA, has 18 */
    REPLACEMENT = 0xFFFD,
    TATWEEL = 0x0640,
    DOTLESS_I = 0x0131,
    MINUS = 0x2212,
    APOSTROPHES_FIRST = 0x02B9,
    APOSTROPHES_LAST = 0x02BF,
};

/* Computed with Unicode 15.0; changes only together with MATCH_KEY_VERSION. */
static const uint8_t FOLD_DIGEST[FOLD_DIGEST_BYTES] = {
    0xa8, 0xaf, 0x03, 0x60, 0xe5, 0x53, 0x86, 0x42, 0xb4, 0xd0, 0x9a, 0xbb, 0x95, 0x1a, 0x5e, 0x7d,
    0xdb, 0xe6, 0x9f, 0xca, 0x2e, 0x80, 0x3b, 0x8b, 0x5a, 0x20, 0xaf, 0xa3, 0xe0, 0x54, 0x08, 0x84,
};

bool fold_next(struct bytes *text, int32_t *point)
{
    if (text->len == 0)
        return false;
    utf8proc_ssize_t n = utf8proc_iterate(text->data, (utf8proc_ssize_t)text->len, point);
    if (n <= 0)
        return false;
    text->data += n;
    text->len -= (size_t)n;
    return true;
}

bool fold_is_letter(int32_t point)
{
    utf8proc_category_t c = utf8proc_category(point);
    return c >= UTF8PROC_CATEGORY_LU && c <= UTF8PROC_CATEGORY_LO;
}

bool fold_is_digit(int32_t point)
{
    return utf8proc_category(point) == UTF8PROC_CATEGORY_ND;
}

bool fold_is_mark(int32_t point)
{
    utf8proc_category_t c = utf8proc_category(point);
    return c == UTF8PROC_CATEGORY_MN || c == UTF8PROC_CATEGORY_MC;
}

static bool is_number(int32_t point)
{
    utf8proc_category_t c = utf8proc_category(point);
    return c >= UTF8PROC_CATEGORY_ND && c <= UTF8PROC_CATEGORY_NO;
}

static bool is_meaningless(int32_t point)
{
    utf8proc_category_t c = utf8proc_category(point);
    return c == UTF8PROC_CATEGORY_CN || c == UTF8PROC_CATEGORY_CO || point == REPLACEMENT;
}

/* What nobody sees: zero-width characters, directions, variation selectors. */
static bool is_invisible(int32_t point)
{
    const utf8proc_property_t *p = utf8proc_get_property(point);
    return p->ignorable || p->category == UTF8PROC_CATEGORY_CF;
}

static bool is_dropped(int32_t point)
{
    const utf8proc_property_t *p = utf8proc_get_property(point);
    return is_invisible(point) || p->category == UTF8PROC_CATEGORY_ME ||
           (fold_is_mark(point) && p->combining_class != 0) || point == TATWEEL;
}

/* Decimal digits of every script as ASCII. Each script's ten stand in one run, 0 first, and a run
 * of adjacent sets is a multiple of ten (guaranteed by Unicode's stability policy). */
static int32_t ascii_digit(int32_t point)
{
    if (point < 0x80 || !fold_is_digit(point))
        return point;
    int32_t before = 0;
    while (fold_is_digit(point - before - 1))
        before++;
    return '0' + before % 10;
}

static void put_point(struct pack *p, int32_t point)
{
    uint8_t utf8[4];
    utf8proc_ssize_t n = utf8proc_encode_char(point, utf8);
    assert(n > 0);
    pack_copy(p, utf8, (size_t)n);
}

/* A fold in progress: writes to out, and remembers a gap between words. */
struct fold {
    struct pack out;
    bool has_gap;
};

typedef void put_fn(struct fold *f, int32_t point);

static void put_name(struct fold *f, int32_t point)
{
    bool is_apostrophe = point >= APOSTROPHES_FIRST && point <= APOSTROPHES_LAST;
    bool is_word = fold_is_letter(point) || fold_is_mark(point) || is_number(point);
    if (!is_word || is_apostrophe) {
        f->has_gap = true;
        return;
    }
    if (f->has_gap && pack_len(&f->out) > 0)
        pack_u8(&f->out, ' ');
    f->has_gap = false;
    put_point(&f->out, point == DOTLESS_I ? 'i' : ascii_digit(point));
}

static bool is_space(int32_t point)
{
    utf8proc_category_t c = utf8proc_category(point);
    return (c >= UTF8PROC_CATEGORY_ZS && c <= UTF8PROC_CATEGORY_ZP) || point == '\t' ||
           point == '\n' || point == '\r';
}

static void put_code(struct fold *f, int32_t point)
{
    if (is_space(point))
        pack_u8(&f->out, ' ');
    else if (utf8proc_category(point) == UTF8PROC_CATEGORY_PD || point == MINUS)
        pack_u8(&f->out, '-');
    else
        put_point(&f->out, utf8proc_toupper(ascii_digit(point)));
}

/* Decomposes one code point and folds its case, to what changes no more. */
static size_t decompose(int32_t point, int32_t out[POINTS_OF_ONE_MAX])
{
    const utf8proc_option_t options =
        (utf8proc_option_t)(UTF8PROC_COMPAT | UTF8PROC_DECOMPOSE | UTF8PROC_CASEFOLD);
    utf8proc_ssize_t n = utf8proc_decompose_char(point, out, POINTS_OF_ONE_MAX, options, NULL);
    assert(n >= 0 && n <= POINTS_OF_ONE_MAX);
    return (size_t)n;
}

/* Reads one code point of input. False at the end or on error; *e tells which. */
static bool next_input(struct bytes *in, int32_t *point, enum err *e)
{
    if (in->len == 0)
        return false;
    if (!fold_next(in, point))
        *e = ERR_FORMAT;
    else if (is_meaningless(*point))
        *e = ERR_RANGE;
    return *e == OK;
}

/* Ends a fold: commits the length, or wipes what was written. */
static enum err finish(enum err e, const struct pack *p, uint8_t *out, size_t cap, size_t *len)
{
    if (e == OK && p->is_full)
        e = ERR_LIMIT;
    if (e == OK)
        *len = pack_len(p);
    else if (cap > 0)
        sodium_memzero(out, cap);
    return e;
}

static enum err fold_each(struct bytes in, put_fn *put, uint8_t *out, size_t cap, size_t *len)
{
    struct fold f = {pack_of(out, cap), false};
    int32_t points[POINTS_OF_ONE_MAX];
    int32_t point = 0;
    enum err e = OK;
    while (next_input(&in, &point, &e)) {
        size_t n = decompose(point, points);
        for (size_t i = 0; i < n; i++)
            if (!is_dropped(points[i]))
                put(&f, points[i]);
    }
    sodium_memzero(points, sizeof points);
    return finish(e, &f.out, out, cap, len);
}

enum err fold_name(struct bytes in, uint8_t *out, size_t cap, size_t *len)
{
    return fold_each(in, put_name, out, cap, len);
}

enum err fold_code(struct bytes in, uint8_t *out, size_t cap, size_t *len)
{
    return fold_each(in, put_code, out, cap, len);
}

/* Adds a code point, behind any marks of a higher class: canonical order (UAX #15). */
static void add_ordered(int32_t *points, size_t count, int32_t point)
{
    int class = utf8proc_get_property(point)->combining_class;
    size_t at = count;
    while (class != 0 && at > 0 && utf8proc_get_property(points[at - 1])->combining_class > class) {
        points[at] = points[at - 1];
        at--;
    }
    points[at] = point;
}

/* Decomposes and orders the whole text into at most FOLD_MAIL_POINTS_MAX points. */
static enum err decompose_mail(struct bytes in, int32_t *points, size_t *count)
{
    int32_t one[POINTS_OF_ONE_MAX];
    int32_t point = 0;
    enum err e = OK;
    *count = 0;
    while (next_input(&in, &point, &e)) {
        size_t n = decompose(point, one);
        for (size_t i = 0; i < n; i++) {
            if (is_invisible(one[i]))
                continue;
            if (*count == FOLD_MAIL_POINTS_MAX)
                return ERR_LIMIT;
            add_ordered(points, (*count)++, one[i]);
        }
    }
    return e;
}

enum err fold_mail(struct bytes in, uint8_t *out, size_t cap, size_t *len)
{
    const utf8proc_option_t compose = (utf8proc_option_t)(UTF8PROC_COMPOSE | UTF8PROC_STABLE);
    int32_t points[FOLD_MAIL_POINTS_MAX];
    size_t count = 0;
    struct pack p = pack_of(out, cap);
    enum err e = decompose_mail(in, points, &count);
    if (e == OK) {
        utf8proc_ssize_t n = utf8proc_normalize_utf32(points, (utf8proc_ssize_t)count, compose);
        assert(n >= 0 && (size_t)n <= count);
        for (size_t i = 0; i < (size_t)n; i++)
            put_point(&p, points[i]);
    }
    sodium_memzero(points, sizeof points);
    return finish(e, &p, out, cap, len);
}

static void digest_one(crypto_hash_sha256_state *state, int32_t point)
{
    static enum err (*const folds[])(struct bytes, uint8_t *, size_t,
                                     size_t *) = {fold_name, fold_code, fold_mail};
    uint8_t in[4];
    uint8_t record[4 + 3 * (1 + 2 + 4 * POINTS_OF_ONE_MAX)];
    struct pack p = pack_of(record, sizeof record);
    struct bytes text = bytes_of(in, (size_t)utf8proc_encode_char(point, in));
    pack_u32(&p, (uint32_t)point);
    for (size_t i = 0; i < sizeof folds / sizeof folds[0]; i++) {
        uint8_t out[4 * POINTS_OF_ONE_MAX];
        size_t len = 0;
        enum err e = folds[i](text, out, sizeof out, &len);
        pack_u8(&p, (uint8_t)e);
        pack_u16(&p, (uint16_t)len);
        pack_copy(&p, out, len);
    }
    assert(!p.is_full);
    crypto_hash_sha256_update(state, record, pack_len(&p));
}

void fold_digest(uint8_t out[FOLD_DIGEST_BYTES])
{
    crypto_hash_sha256_state state;
    crypto_hash_sha256_init(&state);
    for (int32_t point = 0; point <= 0x10FFFF; point++)
        if (point < 0xD800 || point > 0xDFFF)
            digest_one(&state, point);
    crypto_hash_sha256_final(&state, out);
}

bool fold_is_frozen(void)
{
    uint8_t digest[FOLD_DIGEST_BYTES];
    fold_digest(digest);
    return sodium_memcmp(digest, FOLD_DIGEST, sizeof digest) == 0;
}
