/*
 * voprf.h - the oblivious function of RFC 9497 over ristretto255-SHA512.
 *
 * The asker blinds HashToGroup(input) with a random scalar, the keyholder multiplies the blinded
 * element by its key k and proves that it used that key, and the asker removes the blind and is
 * left with N = k * HashToGroup(input). Seinpost uses mode 0x01 and takes N itself as its result;
 * the two other modes and the output hash are there so that all of the RFC's vectors can check this
 * module.
 *
 * Arrays of points are packed, 32 bytes each.
 *
 * Source: RFC 9497; RFC 9380 section 5.3.1 (expand_message_xmd). Pure: no I/O, no clock, no
 * allocation, no globals; all randomness is handed in.
 */
#ifndef PROTOCOL_VOPRF_H
#define PROTOCOL_VOPRF_H

#include "proto/bytes.h"
#include "proto/err.h"
#include "protocol/group.h"

enum {
    VOPRF_PROOF_BYTES = 2 * SCALAR_BYTES, /* challenge c, response s */
    VOPRF_OUTPUT_BYTES = 64,
    VOPRF_INPUT_BYTES_MAX = 65535,
};

/* The number is on the wire, in every domain separation tag. RFC 9497 section 3.1. */
enum voprf_mode { VOPRF_OPRF = 0, VOPRF_VOPRF = 1, VOPRF_POPRF = 2 };

/* RFC 9497 section 4.1. Never gives a non-canonical encoding; gives the identity with negligible
 * probability, which voprf_blind refuses. */
void voprf_hash_to_group(enum voprf_mode mode, struct bytes input, uint8_t out[POINT_BYTES]);
void voprf_hash_to_scalar(enum voprf_mode mode, struct bytes input, uint8_t out[SCALAR_BYTES]);

/* The private key of DeriveKeyPair, RFC 9497 section 3.2.1, from a secret seed and public info of
 * at most 65,535 bytes. Returns ERR_LIMIT if info is longer, ERR_SCALAR if none of the 256 attempts
 * gives a key (never observed); out is zeros then, and the caller takes another seed. */
MUST_CHECK enum err voprf_derive_key(enum voprf_mode mode, const uint8_t seed[32],
                                     struct bytes info, uint8_t out[SCALAR_BYTES]);

/* blinded = blind * HashToGroup(input). RFC 9497 section 3.3.1. Returns ERR_LIMIT for an input
 * beyond 65,535 bytes, ERR_SCALAR for an unusable blind (the caller draws another), ERR_POINT for
 * an input that hashes to the identity (the caller gives that input up). On error blinded is
 * zeros. */
MUST_CHECK enum err voprf_blind(enum voprf_mode mode, struct bytes input,
                                const uint8_t blind[SCALAR_BYTES], uint8_t blinded[POINT_BYTES]);

/* n = blind^-1 * evaluated: the first half of Finalize, RFC 9497 section 3.3.1. Returns ERR_SCALAR
 * or ERR_POINT for what is not usable, n then being zeros; the caller refuses the answer. */
MUST_CHECK enum err voprf_unblind(const uint8_t evaluated[POINT_BYTES],
                                  const uint8_t blind[SCALAR_BYTES], uint8_t n[POINT_BYTES]);

/* The output hash of modes 0 and 1: the second half of Finalize, RFC 9497 section 3.3.1. Returns
 * ERR_LIMIT for an input beyond 65,535 bytes, out then being unchanged. */
MUST_CHECK enum err voprf_finalize(struct bytes input, const uint8_t n[POINT_BYTES],
                                   uint8_t out[VOPRF_OUTPUT_BYTES]);

/* Proves that key = k * G and d[i] = k * c[i] for all i, with nonce: a scalar that is secret,
 * uniform and never used for another statement, or k is lost. GenerateProof and
 * ComputeCompositesFast, RFC 9497 sections 2.2.1 and 2.2.2. key and d are what the caller has
 * computed from k; they are hashed and not checked. Returns ERR_RANGE unless count is 1 to
 * EVALUATION_POINTS_MAX, ERR_SCALAR for an unusable k or nonce, ERR_POINT for an unusable c[i];
 * proof is then zeros and the caller gives no answer. Costs count + 2 multiplications, one of the
 * generator, and count - 1 additions. */
MUST_CHECK enum err voprf_prove(enum voprf_mode mode, const uint8_t k[SCALAR_BYTES],
                                const uint8_t key[POINT_BYTES], const uint8_t *c, const uint8_t *d,
                                size_t count, const uint8_t nonce[SCALAR_BYTES],
                                uint8_t proof[VOPRF_PROOF_BYTES]);

/* Verifies such a proof. VerifyProof and ComputeComposites, RFC 9497 sections 2.2.1 and 2.2.2.
 * Returns ERR_RANGE unless count is 1 to EVALUATION_POINTS_MAX, ERR_SCALAR if c or s of the proof
 * is not canonical or is zero, ERR_POINT if key, a c[i] or a d[i] is not canonical or is the
 * identity, ERR_PROOF if the statement does not hold. The caller uses no d[i] unless this returns
 * OK. Costs 2 * count + 3 multiplications, one of the generator, and 2 * count additions. */
MUST_CHECK enum err voprf_verify(enum voprf_mode mode, const uint8_t key[POINT_BYTES],
                                 const uint8_t *c, const uint8_t *d, size_t count,
                                 const uint8_t proof[VOPRF_PROOF_BYTES]);

/* The same where the verifier knows that each of the last known points of c is a multiple of the
 * generator, by the packed scalars: their part of the first composite is one multiplication of the
 * generator, which saves known multiplications and additions. Returns what voprf_verify does, and
 * ERR_RANGE if known > count, ERR_POINT if such a scalar is not usable. */
MUST_CHECK enum err voprf_verify_known(enum voprf_mode mode, const uint8_t key[POINT_BYTES],
                                       const uint8_t *c, const uint8_t *d, size_t count,
                                       const uint8_t *scalars, size_t known,
                                       const uint8_t proof[VOPRF_PROOF_BYTES]);

#endif
