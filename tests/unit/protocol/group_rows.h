/*
 * group_rows.h - what the tests of the group, the function and the evaluation share: reading
 * hexadecimal, scalars made from a label, and rows of encodings that must be refused everywhere.
 */
#ifndef TESTS_UNIT_PROTOCOL_GROUP_ROWS_H
#define TESTS_UNIT_PROTOCOL_GROUP_ROWS_H

#include "protocol/group.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

/* Decodes hexadecimal to out, which has room for cap bytes; gives the number of bytes. */
static inline size_t unhex(const char *hex, void *out, size_t cap)
{
    size_t len = 0;
    int failed = sodium_hex2bin(out, cap, hex, strlen(hex), NULL, &len, NULL);
    assert(failed == 0 && len * 2 == strlen(hex));
    return len;
}

/* A scalar that is as good as random and the same in every run. */
static inline void scalar_of(uint32_t label, uint8_t out[SCALAR_BYTES])
{
    uint8_t wide[WIDE_BYTES];
    crypto_hash_sha512(wide, (const uint8_t *)&label, sizeof label);
    scalar_from_wide(wide, out);
}

struct bad_row {
    const char *hex, *why;
};

/* clang-format off */
static const struct bad_row bad_points[] = {
    {"0000000000000000000000000000000000000000000000000000000000000000", "the identity"},
    {"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", "p, which acts as zero"},
    {"f3ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", "p + 6"},
    {"ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", "2^255 - 1"},
    {"00ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff", "bit 255 and above p"},
    {"e2f2ae0a6abc4e71a884a961c500515f58e30b6aa582dd8db6a65945e08d2df6", "generator with bit 255"},
    {"0100000000000000000000000000000000000000000000000000000000000000", "negative: one"},
    {"ed57ffd8c914fb201471d1c3d245ce3c746fcbe63a3679d51b6a516ebebe0e20", "negative"},
    {"26948d35ca62e643e26a83177332e6b6afeb9d08e4268b650f1f5bbd8d81d371", "x^2 is no square"},
    {"3eb858e78f5a7254d8c9731174a94f76755fd3941c0ac93735c07ba14579630e", "xy is negative"},
    {"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", "s = -1, y is zero"},
};

static const struct bad_row bad_scalars[] = {
    {"0000000000000000000000000000000000000000000000000000000000000000", "zero"},
    {"edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010", "L, which acts as zero"},
    {"eed3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010", "L + 1, which acts as 1"},
    {"0100000000000000000000000000000000000000000000000000000000000080", "1 with bit 255"},
    {"edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000020", "above L in the last byte"},
    {"edd3f55c1a631258d69cf7a2def9de1401000000000000000000000000000010", "above L in the middle"},
    {"ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff", "all ones"},
};
/* clang-format on */

enum {
    BAD_POINTS = sizeof bad_points / sizeof bad_points[0],
    BAD_SCALARS = sizeof bad_scalars / sizeof bad_scalars[0],
    BAD_POINT_HIGH_BIT = 5, /* rows that a test asks for by name */
    BAD_SCALAR_ORDER = 1,
    BAD_SCALAR_ORDER_PLUS_1 = 2,
};

#endif
