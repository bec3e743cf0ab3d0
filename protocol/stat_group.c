#include "protocol/stat_group.h"

#include <assert.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

const uint8_t stat_h[POINT_BYTES] = {
    0xd8, 0x9f, 0x8f, 0x20, 0x66, 0xee, 0x5c, 0x61, 0x71, 0x9d, 0xe3, 0xcd, 0x11, 0xa6, 0x40, 0x91,
    0x3d, 0x46, 0x64, 0xec, 0x6e, 0x62, 0x21, 0xef, 0xa7, 0x1b, 0xbc, 0x77, 0x24, 0xc0, 0x3f, 0x69};

/* Adds, for encodings that may be the identity. Returns ERR_POINT for one that is not canonical. */
static enum err add(const uint8_t p[POINT_BYTES], const uint8_t q[POINT_BYTES],
                    uint8_t out[POINT_BYTES])
{
    if (((p[POINT_BYTES - 1] | q[POINT_BYTES - 1]) & 0x80) != 0)
        return ERR_POINT; /* the library ignores that bit */
    uint8_t sum[POINT_BYTES];
    if (crypto_core_ristretto255_add(sum, p, q) != 0)
        return ERR_POINT;
    memcpy(out, sum, POINT_BYTES);
    return OK;
}

enum err stat_cipher_add(struct stat_cipher *sum, const struct stat_cipher *c)
{
    struct stat_cipher got;
    enum err e = add(sum->a, c->a, got.a);
    if (e == OK)
        e = add(sum->b, c->b, got.b);
    if (e == OK)
        *sum = got;
    return e;
}

enum err stat_cipher_less_one(const struct stat_cipher *c, struct stat_cipher *out)
{
    uint8_t less[POINT_BYTES];
    if ((c->b[POINT_BYTES - 1] & 0x80) != 0 ||
        crypto_core_ristretto255_sub(less, c->b, stat_h) != 0)
        return ERR_POINT;
    *out = *c;
    memcpy(out->b, less, POINT_BYTES);
    return OK;
}

enum err stat_combine(const uint8_t z[SCALAR_BYTES], const uint8_t *p,
                      const uint8_t s[SCALAR_BYTES], const uint8_t q[POINT_BYTES],
                      uint8_t out[POINT_BYTES])
{
    uint8_t sum[POINT_BYTES];
    enum err e = p != NULL ? point_mul(z, p, sum) : point_mul_base(z, sum);
    if (e == OK)
        e = point_mul_add(s, q, sum);
    for (size_t i = 0; i < POINT_BYTES; i++)
        out[i] = e == OK ? sum[i] : 0;
    return e;
}

static uint64_t prefix_of(const uint8_t p[POINT_BYTES])
{
    struct unpack u = unpack_of(bytes_of(p, POINT_BYTES));
    return unpack_u64(&u);
}

static int by_prefix(const void *a, const void *b)
{
    const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

void stat_log_init(struct stat_log *t)
{
    uint8_t at[POINT_BYTES] = {0};
    for (uint64_t j = 0; j < STAT_LOG_STEPS; j++) {
        t->row[j].prefix = prefix_of(at);
        t->row[j].j = j;
        enum err e = add(at, stat_h, at);
        assert(e == OK);
        (void)e;
    }
    memcpy(t->giant, at, POINT_BYTES);
    qsort(t->row, STAT_LOG_STEPS, sizeof t->row[0], by_prefix);
}

void stat_value_point(uint32_t v, uint8_t out[POINT_BYTES])
{
    uint8_t scalar[SCALAR_BYTES];
    memset(out, 0, POINT_BYTES);
    if (v == 0)
        return;
    scalar_from_u32(v, scalar);
    enum err e = point_mul(scalar, stat_h, out);
    assert(e == OK);
    (void)e;
}

/* Whether a point is among the baby steps. */
static bool find_baby(const struct stat_log *t, const uint8_t p[POINT_BYTES], uint32_t *j)
{
    const uint64_t prefix = prefix_of(p);
    size_t low = 0, high = STAT_LOG_STEPS;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (t->row[middle].prefix < prefix)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == STAT_LOG_STEPS || t->row[low].prefix != prefix)
        return false;
    *j = (uint32_t)t->row[low].j;
    return true;
}

enum err stat_log_find(const struct stat_log *t, const uint8_t point[POINT_BYTES], uint32_t limit,
                       uint32_t *v)
{
    uint8_t at[POINT_BYTES], check[POINT_BYTES];
    if ((point[POINT_BYTES - 1] & 0x80) != 0)
        return ERR_POINT;
    memcpy(at, point, POINT_BYTES);
    for (uint32_t giant = 0; giant < STAT_LOG_STEPS && giant * STAT_LOG_STEPS < limit; giant++) {
        uint32_t j = 0;
        if (find_baby(t, at, &j)) {
            const uint32_t found = giant * STAT_LOG_STEPS + j;
            stat_value_point(found, check); /* a prefix is not the whole point */
            if (memcmp(check, point, POINT_BYTES) == 0 && found < limit) {
                *v = found;
                return OK;
            }
        }
        if (crypto_core_ristretto255_sub(at, at, t->giant) != 0)
            return ERR_POINT;
    }
    return ERR_RANGE;
}
