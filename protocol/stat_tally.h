/*
 * stat_tally.h - what keyholders agree on and open, step by step.
 *
 *   1. They agree on the accepted contributions, and sign the sums over them: once for a period.
 *      The hash of the set is in what they sign; a second signature for the same period, over
 *      another, is proof against its keyholder.
 *   2. t of them, one after the other, mix the counts of contributors (stat_mix.h), and sign it.
 *   3. t of them decrypt what came of it: which cells are below the minimum.
 *   4. The public rule (stat_suppress.h) says what is hidden.
 *   5. t of them decrypt the sums of the cells that are shown, and of no other.
 *
 * A keyholder computes each step's input itself from what it has verified, and decrypts nothing
 * that it is merely handed: its share is no oracle. Whatever does not verify has the name of its
 * keyholder on it, and any t suffice for each step.
 *
 * With f dishonest keyholders two sets of a period can both be opened only if t - f honest ones
 * sign each: for n = 2t - 1 and f = 0 never; else it leaves two signatures of one keyholder.
 *
 * Pure: no I/O, no clock, no allocation, no globals; all randomness is handed in.
 */
#ifndef PROTOCOL_STAT_TALLY_H
#define PROTOCOL_STAT_TALLY_H

#include "protocol/stat_contribution.h"
#include "protocol/stat_mix.h"
#include "protocol/stat_suppress.h"
#include "protocol/threshold.h"

/* The accepted contributions, as their hash is made: ascending by author. */
struct stat_set {
    crypto_generichash_state hash;
    uint8_t last[AUTHOR_BYTES];
    uint16_t count;
};

void stat_set_init(struct stat_set *set);
/* Returns ERR_SEQUENCE unless author is above the last one, ERR_FULL after ORGANISATIONS_MAX; the
 * set is then unchanged. */
MUST_CHECK enum err stat_set_add(struct stat_set *set, const uint8_t author[AUTHOR_BYTES],
                                 const uint8_t contribution[HASH_BYTES]);
void stat_set_hash(const struct stat_set *set, uint8_t out[HASH_BYTES]);

/* BLAKE2b-256("seinpost/v1/stat-sums" || schema hash || period u32 || set hash || refresh u32 ||
 * contributors u16 || for each cell: E(count), E(value)). */
void stat_sums_hash(const struct stat_schema *s, const uint8_t set[HASH_BYTES], uint32_t refresh,
                    const struct stat_sums *sums, uint8_t out[HASH_BYTES]);

/* A keyholder's signature with its feed key over "seinpost/v1/stat-sums" || schema hash || period
 * u32 || sums hash. Whoever calls this keeps durably that it did, and for a period signs once. */
void stat_sums_sign(const struct stat_schema *s, const uint8_t sums[HASH_BYTES],
                    const uint8_t secret_key[64], uint8_t signature[SIGNATURE_BYTES]);
/* ERR_SIGNATURE unless it is that keyholder's. */
MUST_CHECK enum err stat_sums_verify(const struct stat_schema *s, const uint8_t sums[HASH_BYTES],
                                     const uint8_t feed_key[KEY_BYTES],
                                     const uint8_t signature[SIGNATURE_BYTES]);

/* The lists of all cells on their way through the mixes, m to a cell. */
struct stat_lists {
    struct stat_cipher list[STAT_CELLS_MAX][STAT_MINIMUM_CELL_MAX];
};

/* Bytes of one mix of all cells. */
size_t stat_tally_mix_bytes(const struct stat_schema *s);

/* Returns ERR_POINT for sums that are not usable; nothing can be opened then. */
MUST_CHECK enum err stat_tally_begin(const struct stat_schema *s, const struct stat_sums *sums,
                                     struct stat_lists *lists);
/* Mixes all cells; turn is how many mixes there were. Errors as stat_mix_prove. */
MUST_CHECK enum err stat_tally_mix(const struct stat_schema *s, const uint8_t sums[HASH_BYTES],
                                   uint8_t turn, const struct stat_lists *lists,
                                   const uint8_t fresh[RNG_FRESH_BYTES], uint8_t *out);
/* Verifies such a mix and moves lists on. Errors as stat_mix_verify; lists is then of no use: the
 * caller begins again from a copy. */
MUST_CHECK enum err stat_tally_mix_verify(const struct stat_schema *s,
                                          const uint8_t sums[HASH_BYTES], uint8_t turn,
                                          struct bytes mix, struct stat_lists *lists);
/* The mixer's signature over "seinpost/v1/stat-mixed" || sums hash || turn u8 || BLAKE2b-256(mix),
 * and its check (ERR_SIGNATURE). */
void stat_tally_mix_sign(const uint8_t sums[HASH_BYTES], uint8_t turn, struct bytes mix,
                         const uint8_t secret_key[64], uint8_t signature[SIGNATURE_BYTES]);
MUST_CHECK enum err stat_tally_mix_check(const uint8_t sums[HASH_BYTES], uint8_t turn,
                                         struct bytes mix, const uint8_t feed_key[KEY_BYTES],
                                         const uint8_t signature[SIGNATURE_BYTES]);

/* Points that are to be multiplied by the key, and what they decrypt. */
enum { STAT_POINTS_MAX = STAT_CELLS_MAX * STAT_MINIMUM_CELL_MAX };

struct stat_points {
    size_t count;
    uint8_t a[STAT_POINTS_MAX * POINT_BYTES];
    uint8_t b[STAT_POINTS_MAX * POINT_BYTES];
    uint8_t sum[STAT_POINTS_MAX * POINT_BYTES]; /* of lambda * share * a, over answers so far */
};

/* What step 3 decrypts: every list, cell by cell. */
void stat_points_of_lists(const struct stat_schema *s, const struct stat_lists *lists,
                          struct stat_points *out);
/* What step 5 decrypts: the values of the cells that are shown. */
void stat_points_of_sums(const struct stat_schema *s, const struct stat_sums *sums,
                         const enum stat_state *states, struct stat_points *out);

/* Bytes of an answer: share * a of every point, and a proof for each 256 of them begun. */
size_t stat_answer_bytes(size_t count);

/* One keyholder's answer, with the proof of section 9 for each batch. Errors as evaluation_answer.
 */
MUST_CHECK enum err stat_answer(const struct share *share, const uint8_t commitment[POINT_BYTES],
                                const struct stat_points *points,
                                const uint8_t fresh[RNG_FRESH_BYTES], uint8_t *out);

/* Verifies an answer against K_j and adds it, times which-th of indexes' coefficient, to the sums.
 * Returns ERR_TRUNCATED or ERR_FORMAT for another length, otherwise as evaluation_verify: the
 * keyholder is named and another is asked, for whom indexes are others: the caller begins again. */
MUST_CHECK enum err stat_answer_take(struct stat_points *points, const uint32_t *indexes,
                                     size_t count, size_t which,
                                     const uint8_t commitment[POINT_BYTES], struct bytes answer);

/* After t answers: v * H of point i. The identity stands for 0. */
void stat_points_open(const struct stat_points *points, size_t i, uint8_t out[POINT_BYTES]);

/* After step 3: which cells are below the minimum, by cell. */
void stat_tally_below(const struct stat_schema *s, const struct stat_points *points, bool *below);

#endif
