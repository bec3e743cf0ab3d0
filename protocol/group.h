/*
 * group.h - points and scalars of ristretto255, with the checks that the library leaves out.
 *
 * libsodium 1.0.18's validity test accepts the identity; its decoding ignores bit 255 of a point;
 * its multiplication accepts scalars that are not canonical (L + 1 acts as 1, bit 255 is ignored);
 * and it has no test of a scalar. Points are multiplied through this module alone, so that no
 * caller can forget.
 *
 * All encodings are 32 bytes, little-endian; the identity encodes as 32 zeros.
 *
 * Source: RFC 9496. Pure: no I/O, no clock, no allocation, no globals, no hidden randomness.
 */
#ifndef PROTOCOL_GROUP_H
#define PROTOCOL_GROUP_H

#include "proto/bytes.h"
#include "proto/err.h"

enum { POINT_BYTES = 32, SCALAR_BYTES = 32, WIDE_BYTES = 64 };

/* Whether p encodes the identity; p need not be valid. In constant time. */
bool point_is_identity(const uint8_t p[POINT_BYTES]);

/* Returns ERR_POINT unless p is the canonical encoding of an element other than the identity; the
 * caller refuses whatever held it. Not needed before point_mul, which checks the same. RFC 9496
 * section 4.3.1. */
MUST_CHECK enum err point_check(const uint8_t p[POINT_BYTES]);

/* Returns ERR_SCALAR unless s is canonical (below the group order L) and not zero; the caller
 * refuses whatever held it. In constant time: s may be secret. */
MUST_CHECK enum err scalar_check(const uint8_t s[SCALAR_BYTES]);

/* 64 uniform bytes modulo L: a uniform scalar, which is zero with a probability of 2^-252. */
void scalar_from_wide(const uint8_t wide[WIDE_BYTES], uint8_t out[SCALAR_BYTES]);

void scalar_from_u32(uint32_t v, uint8_t out[SCALAR_BYTES]);

/* out = s * p, in constant time. Returns ERR_SCALAR as scalar_check does and ERR_POINT as
 * point_check does, out then being zeros; the caller refuses whatever held the input. out may be p
 * or s. */
MUST_CHECK enum err point_mul(const uint8_t s[SCALAR_BYTES], const uint8_t p[POINT_BYTES],
                              uint8_t out[POINT_BYTES]);

/* out = s * G, G the group's generator. Returns ERR_SCALAR as scalar_check does, out then being
 * zeros. */
MUST_CHECK enum err point_mul_base(const uint8_t s[SCALAR_BYTES], uint8_t out[POINT_BYTES]);

/* sum = sum + s * p, where sum is a valid encoding (zeros to begin with) and may become the
 * identity: only its last value need be checked. Returns what point_mul does; sum is then
 * unchanged. */
MUST_CHECK enum err point_mul_add(const uint8_t s[SCALAR_BYTES], const uint8_t p[POINT_BYTES],
                                  uint8_t sum[POINT_BYTES]);

#endif
