/*
 * stat_mix.h - whether a cell has too few contributors, and nothing else of how many.
 *
 * The presence bits of a cell add up to E(C). C is below the minimum m exactly where one of C, C -
 * 1, ... C - (m - 1) is 0. These m ciphertexts are public functions of E(C). One keyholder after
 * the other mixes them: it turns the list by a secret number of places, and multiplies each
 * ciphertext by a secret scalar of its own, which is not 0. A 0 stays 0, and everything else
 * becomes any other value, all equally likely. After t keyholders, of whom one at least keeps its
 * numbers to itself, the list is decrypted: that there is a 0 in it says that the cell is small;
 * where it stands, and what the others are, is uniform and says nothing.
 *
 * One proof shows that for one of the m turns all m ciphertexts are multiples of those that they
 * should be (a disjunction over turns of conjunctions over places of equal logarithms).
 *
 * Pure: no I/O, no clock, no allocation, no globals; all randomness is handed in.
 */
#ifndef PROTOCOL_STAT_MIX_H
#define PROTOCOL_STAT_MIX_H

#include "protocol/rng.h"
#include "protocol/stat_schema.h"

/* What a mix is bound to. */
struct stat_mix_place {
    const uint8_t *sums; /* 32: hash of the sums, stat_tally.h */
    uint8_t turn;        /* which mix it is, from 0 */
    uint16_t cell;
    uint8_t minimum; /* m, 2 to STAT_MINIMUM_CELL_MAX */
};

/* Bytes of the mix of one cell: m ciphertexts, m challenges, m * m answers (by turn, then place).
 */
static inline size_t stat_mix_bytes(uint8_t minimum)
{
    return minimum * (size_t)STAT_CIPHER_BYTES + 32 * ((size_t)minimum + (size_t)minimum * minimum);
}

/* The list before the first mix: C, C - 1 ... of E(C). Returns ERR_POINT for an unusable one. */
MUST_CHECK enum err stat_mix_begin(const struct stat_cipher *count, uint8_t minimum,
                                   struct stat_cipher *list);

/* Mixes list into stat_mix_bytes of out. fresh is 32 secret random bytes of this cell's own.
 * Returns ERR_POINT if a ciphertext is not usable; out is then zeros, and no count is opened. */
MUST_CHECK enum err stat_mix_prove(const struct stat_mix_place *place,
                                   const struct stat_cipher *list,
                                   const uint8_t fresh[RNG_FRESH_BYTES], uint8_t *out);

/* Verifies a mix, and replaces list by its outcome. Returns ERR_TRUNCATED or ERR_FORMAT for another
 * length, ERR_SCALAR or ERR_POINT for what is not canonical, zero or the identity, ERR_PROOF if it
 * does not hold: the keyholder is named, and another mixes in its place. list is then unchanged.
 * Costs 4 * m * m multiplications. */
MUST_CHECK enum err stat_mix_verify(const struct stat_mix_place *place, struct bytes mix,
                                    struct stat_cipher *list);

#endif
