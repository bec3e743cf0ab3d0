#include "protocol/group.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

_Static_assert(POINT_BYTES == crypto_core_ristretto255_BYTES, "size of a point");
_Static_assert(SCALAR_BYTES == crypto_core_ristretto255_SCALARBYTES, "size of a scalar");
_Static_assert(WIDE_BYTES == crypto_core_ristretto255_NONREDUCEDSCALARBYTES, "size of a wide one");

/* L = 2^252 + 27742317777372353535851937790883648493, little-endian. RFC 9496 section 4. */
static const uint8_t group_order[SCALAR_BYTES] = {
    0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14,
    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0x10};

bool point_is_identity(const uint8_t p[POINT_BYTES])
{
    return sodium_is_zero(p, POINT_BYTES) == 1;
}

/* The one fault of canonicity that the library's decoding lets pass: it ignores bit 255. */
static bool has_high_bit(const uint8_t p[POINT_BYTES])
{
    return (p[POINT_BYTES - 1] & 0x80) != 0;
}

enum err point_check(const uint8_t p[POINT_BYTES])
{
    if (has_high_bit(p) || point_is_identity(p) || crypto_core_ristretto255_is_valid_point(p) != 1)
        return ERR_POINT;
    return OK;
}

enum err scalar_check(const uint8_t s[SCALAR_BYTES])
{
    uint32_t borrow = 0; /* of s - L, byte by byte: 1 at the end where s < L */
    for (size_t i = 0; i < SCALAR_BYTES; i++)
        borrow = (((uint32_t)s[i] - group_order[i] - borrow) >> 8) & 1;
    if (borrow == 0 || sodium_is_zero(s, SCALAR_BYTES) == 1)
        return ERR_SCALAR;
    return OK;
}

void scalar_from_wide(const uint8_t wide[WIDE_BYTES], uint8_t out[SCALAR_BYTES])
{
    crypto_core_ristretto255_scalar_reduce(out, wide);
}

void scalar_from_u32(uint32_t v, uint8_t out[SCALAR_BYTES])
{
    memset(out, 0, SCALAR_BYTES);
    for (size_t i = 0; i < 4; i++)
        out[i] = (uint8_t)(v >> (8 * i));
}

enum err point_mul(const uint8_t s[SCALAR_BYTES], const uint8_t p[POINT_BYTES],
                   uint8_t out[POINT_BYTES])
{
    enum err e = scalar_check(s);
    /* The library decodes p, and fails where the product is the identity. As the order is prime and
     * s is not zero, that is so only where p is: decoding p twice would find nothing more. */
    if (e == OK && (has_high_bit(p) || crypto_scalarmult_ristretto255(out, s, p) != 0))
        e = ERR_POINT;
    if (e != OK)
        sodium_memzero(out, POINT_BYTES);
    return e;
}

enum err point_mul_base(const uint8_t s[SCALAR_BYTES], uint8_t out[POINT_BYTES])
{
    if (scalar_check(s) != OK) {
        sodium_memzero(out, POINT_BYTES);
        return ERR_SCALAR;
    }
    int failed = crypto_scalarmult_ristretto255_base(out, s);
    assert(!failed); /* fails for a multiple of L only */
    (void)failed;
    return OK;
}

enum err point_mul_add(const uint8_t s[SCALAR_BYTES], const uint8_t p[POINT_BYTES],
                       uint8_t sum[POINT_BYTES])
{
    uint8_t term[POINT_BYTES];
    enum err e = point_mul(s, p, term);
    if (e != OK)
        return e;
    if (point_is_identity(sum)) {
        memcpy(sum, term, POINT_BYTES); /* an addition costs a quarter of a multiplication */
    } else {
        int failed = crypto_core_ristretto255_add(sum, sum, term);
        assert(!failed); /* fails for an encoding that is not valid only */
        (void)failed;
    }
    sodium_memzero(term, sizeof term);
    return OK;
}
