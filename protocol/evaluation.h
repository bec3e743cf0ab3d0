/*
 * evaluation.h - one batch of blinded points, as a keyholder answers it and an asker uses it.
 *
 * The asker builds the subject of each match key, blinds it with a scalar that it derives from one
 * seed (so that an audit can recompute it), and pads the batch. Each of t keyholders multiplies
 * every point by its share and proves so with one proof. The asker verifies each answer against
 * that keyholder's commitment, and only then combines t answers into the pseudonym N = k *
 * HashToGroup(subject). The function is that of protocol/voprf.h in mode 0x01.
 *
 * Arrays of points are packed, 32 bytes each; a batch holds 1 to EVALUATION_POINTS_MAX of them.
 *
 * Source: RFC 9497. Pure: no I/O, no clock, no allocation, no globals; randomness is handed in.
 */
#ifndef PROTOCOL_EVALUATION_H
#define PROTOCOL_EVALUATION_H

#include "proto/limits.h"
#include "protocol/threshold.h"
#include "protocol/voprf.h"

enum {
    EVALUATION_SUBJECT_BYTES_MAX = 19 + 1 + MATCH_KEY_BYTES_MAX,
    EVALUATION_FRESH_BYTES = 32,
    EVALUATION_SEED_BYTES = 32,
};

/* The keyholder's answer: evaluated[i] = share * points[i], and the proof of it against commitment
 * = share * G. The proof's nonce is BLAKE2b-512(key=share, "seinpost/v1/nonce" ||
 * index u32 || count u32 || fresh || commitment || points || evaluated) modulo L, so that bytes of
 * fresh that occur twice (a restored snapshot) cannot give the share away. Returns
 * ERR_RANGE for share index 0 or a count outside 1 to EVALUATION_POINTS_MAX, ERR_SCALAR for an
 * unusable share, ERR_POINT if a point is not canonical or is the identity; the caller then refuses
 * the request. On error proof is zeros, and so are count points of evaluated where count is in
 * range; else evaluated is unchanged. evaluated must not overlap points. */
MUST_CHECK enum err evaluation_answer(const struct share *share,
                                      const uint8_t commitment[POINT_BYTES], const uint8_t *points,
                                      size_t count, const uint8_t fresh[EVALUATION_FRESH_BYTES],
                                      uint8_t *evaluated, uint8_t proof[VOPRF_PROOF_BYTES]);

/* The answer without a proof, half the work, for a keyholder that asks itself. Returns what
 * evaluation_answer does, and leaves the same in evaluated. */
MUST_CHECK enum err evaluation_alone(const struct share *share, const uint8_t *points, size_t count,
                                     uint8_t *evaluated);

/* Verifies an answer against the commitment of the keyholder that gave it. Returns ERR_RANGE for a
 * count outside 1 to EVALUATION_POINTS_MAX, ERR_SCALAR for a proof that holds an unusable scalar,
 * ERR_POINT if the commitment, a point or an evaluated point is not canonical or is the identity,
 * ERR_PROOF for anything else that is wrong. The caller then uses nothing of the answer and names
 * the keyholder. */
MUST_CHECK enum err evaluation_verify(const uint8_t commitment[POINT_BYTES], const uint8_t *points,
                                      const uint8_t *evaluated, size_t count,
                                      const uint8_t proof[VOPRF_PROOF_BYTES]);

/* The same for the asker, whose points from place real on (0 to count) are padding made of seed: a
 * third less work where 4 of 16 are real. ERR_RANGE also where real > count. That the padding is
 * that of the seed is the caller's business: otherwise every answer is ERR_PROOF. */
MUST_CHECK enum err evaluation_verify_padded(const uint8_t commitment[POINT_BYTES],
                                             const uint8_t *points, const uint8_t *evaluated,
                                             size_t count, size_t real,
                                             const uint8_t seed[EVALUATION_SEED_BYTES],
                                             const uint8_t proof[VOPRF_PROOF_BYTES]);

/* Writes "seinpost/v1/subject" || kind || match_key, the input of the function, to out, which has
 * room for EVALUATION_SUBJECT_BYTES_MAX bytes. It says who the person is: the caller wipes it. A
 * match key beyond MATCH_KEY_BYTES_MAX is the caller's bug. */
void evaluation_subject(uint8_t kind, struct bytes match_key, uint8_t *out, size_t *len);

/* The blind of element i: BLAKE2b-512(key=seed, "seinpost/v1/blind" || i u32) modulo L. Secret. */
void evaluation_blind_scalar(const uint8_t seed[EVALUATION_SEED_BYTES], uint32_t i,
                             uint8_t blind[SCALAR_BYTES]);

/* Padding in the place of element i: evaluation_blind_scalar(seed, i) * G. Nobody can tell it from
 * a blinded point, whoever knows the seed can compute it, and to its asker it is cheap to verify.
 * ERR_SCALAR with negligible probability; out is then zeros. */
MUST_CHECK enum err evaluation_pad(const uint8_t seed[EVALUATION_SEED_BYTES], uint32_t i,
                                   uint8_t out[POINT_BYTES]);

/* Lagrange's coefficients of the keyholders whose answers are combined. */
struct evaluation_lambdas {
    size_t count;
    uint8_t lambda[KEYHOLDERS_MAX][SCALAR_BYTES];
};

/* For the t keyholders with these share indexes, in this order. Returns ERR_RANGE unless t is 1 to
 * KEYHOLDERS_MAX and the indexes are distinct and not zero; *l is then unchanged and the caller
 * combines nothing. That t is the key's own t is the caller's business: fewer give another point
 * and no error. */
MUST_CHECK enum err evaluation_lambdas_init(struct evaluation_lambdas *l, const uint32_t *indexes,
                                            size_t t);

/* The pseudonym N of element i. evaluated[j] is the whole verified batch of the j-th keyholder of
 * l, and blind that element's own. Call only after evaluation_verify returned OK for each of these
 * answers. Returns ERR_SCALAR for an unusable blind, ERR_POINT for an unusable evaluated point or
 * where the result is the identity; n is then zeros and there is no pseudonym. Costs one
 * multiplication a keyholder. */
MUST_CHECK enum err evaluation_combine(const struct evaluation_lambdas *l,
                                       const uint8_t *const *evaluated, size_t i,
                                       const uint8_t blind[SCALAR_BYTES], uint8_t n[POINT_BYTES]);

#endif
