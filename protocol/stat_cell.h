/*
 * stat_cell.h - one organisation's count in one cell: encrypted, and proven to be a count.
 *
 * The value v is split into a presence bit p (whether there is anything to count) and a rest u of
 * width bits, v = p + u. Both are encrypted (stat_group.h): E(p) for the test of how many
 * organisations contribute to the cell, E(u) for the sum. Each bit of u is committed to as V_i =
 * s_i * G + b_i * H, and U = sum of 2^i * V_i. One proof shows, all at once,
 *
 *   - that each V_i holds 0 or 1, so that 0 <= u < 2^width;
 *   - that E(u) encrypts what U holds;
 *   - that E(p) encrypts 0 and U holds 0, or that E(p) encrypts 1. So p = 0 gives v = 0, and p = 1
 *     gives 1 <= v <= 2^width;
 *   - that who made it knows all of this.
 *
 * It is bound to the schema, the period, the cell, the organisation and the key, so that it is
 * nothing in another place or in another's name. Disjunctions are those of Cramer, Damgard and
 * Schoenmakers (1994); all statements share one challenge by Fiat and Shamir, over SHA-512.
 *
 * Bits are commitments and not ciphertexts because a verifier is spared 4 of 8 multiplications a
 * bit. The price: that u is in range rests on nobody knowing the logarithm of H.
 *
 * Proving takes time that depends on the value: it is for the organisation's own machine.
 *
 * Pure: no I/O, no clock, no allocation, no globals; all randomness is handed in.
 */
#ifndef PROTOCOL_STAT_CELL_H
#define PROTOCOL_STAT_CELL_H

#include "protocol/rng.h"
#include "protocol/stat_group.h"

enum {
    STAT_WIDTH_MAX = 15, /* sums of 1,024 organisations stay below STAT_LOG_MAX */
    STAT_CELL_FIXED_BYTES = 12 * 32,
    STAT_CELL_BIT_BYTES = 4 * 32,
    STAT_CELL_BYTES_MAX = STAT_CELL_FIXED_BYTES + STAT_WIDTH_MAX * STAT_CELL_BIT_BYTES,
};

/* What a cell's proof is bound to; borrowed. */
struct stat_place {
    const uint8_t *schema; /* 32: hash of the signed schema */
    uint32_t period;
    uint16_t cell;         /* number in the schema, from 0 */
    uint8_t width;         /* bits of u, 1 to STAT_WIDTH_MAX */
    const uint8_t *author; /* 32: whose count it is */
    uint32_t epoch;        /* of the statistics key */
    const uint8_t *key;    /* 32: K */
};

/* Bytes of a cell of this width: E(p) | E(u) | V_0 .. | c | link | presence | bits. */
static inline size_t stat_cell_bytes(uint8_t width)
{
    return STAT_CELL_FIXED_BYTES + (size_t)width * STAT_CELL_BIT_BYTES;
}

/* Encrypts value and proves it, into stat_cell_bytes(width) bytes of out. fresh is 32 secret random
 * bytes; nonces follow from them, the value and the place together, so that bytes that occur twice
 * give nothing away. Returns ERR_RANGE for a width outside its range or a value above 2^width (the
 * caller says so to the person and sends nothing), ERR_POINT for an unusable K; out is then zeros.
 */
MUST_CHECK enum err stat_cell_prove(const struct stat_place *place, uint32_t value,
                                    const uint8_t fresh[RNG_FRESH_BYTES], uint8_t *out);

/* Verifies a cell, and gives its E(p) and E(v) = E(p) + E(u). Returns ERR_TRUNCATED or ERR_FORMAT
 * if cell is shorter or longer than the width says, ERR_RANGE for a width outside its range,
 * ERR_SCALAR or ERR_POINT for what is not canonical, zero or the identity, ERR_PROOF if it does not
 * hold. The caller then refuses the whole contribution; *presence and *value are unchanged. Costs
 * 2 * width + 12 multiplications, 2 * width + 5 of the generator, and 5 * width + 11 additions. */
MUST_CHECK enum err stat_cell_verify(const struct stat_place *place, struct bytes cell,
                                     struct stat_cipher *presence, struct stat_cipher *value);

#endif
