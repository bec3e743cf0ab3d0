#include "protocol/punycode.h"

#include <sodium.h>
#include <string.h>
#include <utf8proc.h>

/* RFC 3492 section 5. */
enum {
    BASE = 36,
    T_MIN = 1,
    T_MAX = 26,
    SKEW = 38,
    DAMP = 700,
    INITIAL_BIAS = 72,
    INITIAL_N = 128,
    POINT_MAX = 0x10FFFF,
};

/* The code points so far, and where the next one goes. */
struct decoded {
    uint32_t points[PUNYCODE_BYTES_MAX];
    uint32_t count;
    uint32_t n, i, bias;
};

static uint32_t adapt(uint32_t delta, uint32_t count, bool is_first)
{
    uint32_t k = 0;
    delta = is_first ? delta / DAMP : delta / 2;
    delta += delta / count;
    for (; delta > (BASE - T_MIN) * T_MAX / 2; k += BASE)
        delta /= BASE - T_MIN;
    return k + (BASE - T_MIN + 1) * delta / (delta + SKEW);
}

/* a to z are 0 to 25, 0 to 9 are 26 to 35; BASE for another sign. */
static uint32_t digit_of(uint8_t c)
{
    if (c >= 'a' && c <= 'z')
        return c - 'a';
    return c >= '0' && c <= '9' ? 26u + c - '0' : BASE;
}

/* Reads one generalised integer (section 3.3) and adds it to i. False at the end or beyond 31 bits,
 * which no code point and place reaches. */
static bool take_delta(struct bytes *digits, struct decoded *d)
{
    uint64_t i = d->i, weight = 1;
    for (uint32_t k = BASE;; k += BASE) {
        uint32_t digit = digits->len > 0 ? digit_of(digits->data[0]) : BASE;
        if (digit == BASE)
            return false;
        *digits = bytes_of(digits->data + 1, digits->len - 1);
        i += digit * weight;
        if (i > INT32_MAX)
            return false;
        uint32_t t = k <= d->bias ? T_MIN : k >= d->bias + T_MAX ? T_MAX : k - d->bias;
        if (digit < t)
            break;
        weight *= BASE - t;
    }
    d->i = (uint32_t)i;
    return true;
}

static bool take_point(struct bytes *digits, struct decoded *d)
{
    uint32_t before = d->i;
    if (d->count == PUNYCODE_BYTES_MAX || !take_delta(digits, d))
        return false;
    d->bias = adapt(d->i - before, d->count + 1, before == 0);
    d->n += d->i / (d->count + 1);
    d->i %= d->count + 1;
    if (d->n > POINT_MAX || (d->n >= 0xD800 && d->n <= 0xDFFF))
        return false;
    memmove(&d->points[d->i + 1], &d->points[d->i], (d->count - d->i) * sizeof d->points[0]);
    d->points[d->i++] = d->n;
    d->count++;
    return true;
}

static bool decode(struct bytes label, struct decoded *d)
{
    size_t basic = label.len;
    while (basic > 0 && label.data[basic - 1] != '-')
        basic--;
    for (size_t i = 0; i + 1 < basic; i++) {
        if (label.data[i] >= 0x80)
            return false;
        d->points[d->count++] = label.data[i];
    }
    struct bytes digits = bytes_of(label.data + basic, label.len - basic);
    if (digits.len == 0)
        return false;
    while (digits.len > 0)
        if (!take_point(&digits, d))
            return false;
    return true;
}

static bool put_utf8(const struct decoded *d, struct pack *out)
{
    uint8_t utf8[PUNYCODE_UTF8_BYTES_MAX];
    size_t len = 0;
    for (uint32_t i = 0; i < d->count; i++)
        len += (size_t)utf8proc_encode_char((utf8proc_int32_t)d->points[i], utf8 + len);
    bool fits = len <= out->left;
    if (fits)
        pack_copy(out, utf8, len);
    sodium_memzero(utf8, sizeof utf8);
    return fits;
}

enum err punycode_decode(struct bytes label, struct pack *out)
{
    struct decoded d = {.n = INITIAL_N, .bias = INITIAL_BIAS};
    if (label.len > PUNYCODE_BYTES_MAX)
        return ERR_LIMIT;
    enum err e = label.len == 0 || !decode(label, &d) ? ERR_FORMAT : OK;
    if (e == OK && !put_utf8(&d, out))
        e = ERR_LIMIT;
    sodium_memzero(&d, sizeof d);
    return e;
}
