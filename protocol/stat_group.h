/*
 * stat_group.h - counts under encryption: exponential ElGamal over ristretto255.
 *
 * A count v is encrypted under the statistics key K as (r * G, v * H + r * K). H is a second
 * generator, hashed from a name, so that nobody knows its logarithm to G: commitments s * G + v * H
 * then bind, and a proof can tie them to the ciphertext (stat_cell.h). Ciphertexts are added
 * component by component; what a sum decrypts to is v * H, and v is found by search below a bound.
 *
 * Pure: no I/O, no clock, no allocation, no globals; all randomness is handed in.
 */
#ifndef PROTOCOL_STAT_GROUP_H
#define PROTOCOL_STAT_GROUP_H

#include "protocol/group.h"

enum {
    STAT_CIPHER_BYTES = 2 * POINT_BYTES,
    STAT_LOG_STEPS = 8192,                          /* points in the table of the search */
    STAT_LOG_MAX = STAT_LOG_STEPS * STAT_LOG_STEPS, /* every v below it is found: 2^26 */
};

/* HashToGroup of RFC 9497 mode 0x01 over "seinpost/v1/stat-value"; a test computes it again. */
extern const uint8_t stat_h[POINT_BYTES];

/* Components may be the identity in sums alone, where it takes all contributors to make it so. */
struct stat_cipher {
    uint8_t a[POINT_BYTES]; /* r * G */
    uint8_t b[POINT_BYTES]; /* v * H + r * K */
};

/* *sum = *sum + *c. Returns ERR_POINT for an encoding that is not canonical; *sum is then
 * unchanged and the caller refuses whatever held c. */
MUST_CHECK enum err stat_cipher_add(struct stat_cipher *sum, const struct stat_cipher *c);

/* out = *c with v less by one: B - H. Errors as stat_cipher_add; out may be c. */
MUST_CHECK enum err stat_cipher_less_one(const struct stat_cipher *c, struct stat_cipher *out);

/* out = z * p + s * q, where p NULL is the generator: the step that every verification takes.
 * Returns ERR_SCALAR or ERR_POINT as point_mul does; out is then zeros and nothing is accepted. The
 * sum may be the identity. */
MUST_CHECK enum err stat_combine(const uint8_t z[SCALAR_BYTES], const uint8_t *p,
                                 const uint8_t s[SCALAR_BYTES], const uint8_t q[POINT_BYTES],
                                 uint8_t out[POINT_BYTES]);

/* The table of the search: j * H for j below STAT_LOG_STEPS, by a prefix of the encoding. Depends
 * on nothing and is made once; 128 KiB. */
struct stat_log {
    struct {
        uint64_t prefix;
        uint64_t j;
    } row[STAT_LOG_STEPS];      /* ascending by prefix */
    uint8_t giant[POINT_BYTES]; /* STAT_LOG_STEPS * H */
};

void stat_log_init(struct stat_log *t);

/* Finds v with point = v * H: one addition for each STAT_LOG_STEPS of v (baby steps and giant
 * steps). point may be the identity: v is 0. Returns ERR_RANGE if there is none below limit (at
 * most STAT_LOG_MAX), ERR_POINT for a point that is not canonical; *v is then unchanged, and the
 * sum is not what its proofs say: the caller releases nothing. */
MUST_CHECK enum err stat_log_find(const struct stat_log *t, const uint8_t point[POINT_BYTES],
                                  uint32_t limit, uint32_t *v);

/* out = v * H; zeros (the identity) for 0. */
void stat_value_point(uint32_t v, uint8_t out[POINT_BYTES]);

#endif
