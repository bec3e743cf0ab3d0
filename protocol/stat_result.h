/*
 * stat_result.h - a published result with everything that proves it, verified from itself alone.
 *
 * The transcript of a period: the schema with the stewards' signatures, the signed sums, the mixes,
 * the decryptions with their proofs, and the figures. It holds no organisation's ciphertext and no
 * organisation's name but the keyholders' keys. Whoever verifies it knows: these stewards approved
 * this schema; t of the keyholders named there signed that these are the sums over so many
 * contributions; which cells are below the minimum, and the figures of the others, are what these
 * sums hold; nothing was shown that the rule hides. That the stewards are the right ones is for
 * people to compare.
 *
 * Pure: no I/O, no clock, no allocation, no globals, no randomness.
 */
#ifndef PROTOCOL_STAT_RESULT_H
#define PROTOCOL_STAT_RESULT_H

#include "protocol/stat_tally.h"

enum { STAT_SIGNATURES_MAX = STEWARDS_MAX };

/* Where a transcript fails. */
enum stat_step {
    STAT_STEP_FORM,   /* it is no transcript, or a damaged one */
    STAT_STEP_SCHEMA, /* what is counted, or its signatures */
    STAT_STEP_KEYS,   /* commitments of the shares */
    STAT_STEP_SUMS,
    STAT_STEP_MIX,
    STAT_STEP_FLAGS,
    STAT_STEP_VALUES,
    STAT_STEPS
};

struct stat_fault {
    enum stat_step step;
    int holder; /* position in the schema of the keyholder whose part is wrong; -1: nobody's */
};

/* What has been verified. */
struct stat_result {
    struct stat_schema schema; /* borrows from the file */
    struct roster_stewards stewards;
    size_t signature_count; /* of stewards, in the file */
    uint32_t refresh;
    uint16_t contributors;
    bool is_open; /* enough contributed: there are figures */
    uint8_t set[HASH_BYTES];
    uint8_t sums[HASH_BYTES];
    uint32_t signed_by, mixed_by, flagged_by, opened_by; /* bits: positions of keyholders */
    enum stat_state state[STAT_CELLS_MAX];               /* of an open one */
    uint32_t value[STAT_CELLS_MAX];                      /* 0 unless shown */
};

/* Working memory, of the caller's; about 1.5 MB. */
struct stat_result_work {
    struct stat_result result;
    struct roster_signature signature[STAT_SIGNATURES_MAX];
    uint8_t commitment[KEYHOLDERS_MAX][POINT_BYTES];
    struct stat_sums sums;
    struct stat_lists lists;
    struct stat_points points;
    struct stat_suppress suppress;
    bool below[STAT_CELLS_MAX];
};

/* Verifies a transcript. On error *out is unchanged, nothing in it is to be believed, and *fault
 * says where it fails and by whose doing:
 *   ERR_TRUNCATED, ERR_FORMAT, ERR_VERSION  no transcript, or a damaged one
 *   ERR_RANGE      a position or a figure that cannot be
 *   ERR_DUPLICATE  one keyholder twice in a step
 *   ERR_QUORUM     too few stewards or keyholders
 *   ERR_SIGNATURE, ERR_PROOF, ERR_POINT, ERR_SCALAR  it is not what was signed or proven
 *   otherwise as stat_schema_decode and threshold_check */
MUST_CHECK enum err stat_result_verify(struct bytes file, struct stat_result_work *work,
                                       struct stat_result *out, struct stat_fault *fault);

/* BLAKE2b-256("seinpost/v1/stat-stewards" || quorum u8 || count u8 || keys): how people compare
 * who approved, as a fingerprint of roster_fingerprint.h. */
void stat_stewards_hash(const struct roster_stewards *stewards, uint8_t out[HASH_BYTES]);

/* ---- Writing one, part by part, in this order ---- */

struct stat_head {
    struct bytes document; /* of the schema */
    const struct roster_signature *signature;
    size_t signature_count; /* at most STAT_SIGNATURES_MAX */
    const struct roster_stewards *stewards;
    uint32_t refresh;
    const uint8_t *commitments; /* K_j, packed, in the order of the schema's holders */
    size_t holder_count;
};

void stat_result_put_head(struct pack *p, const struct stat_head *h);
void stat_result_put_sums(struct pack *p, const struct stat_schema *s, const struct stat_sums *sums,
                          const uint8_t set[HASH_BYTES]);
/* The number of signatures of the sums; then each with its position, ascending, and no part. Then,
 * where enough contributed: t mixes with their signature; t answers without one (NULL), ascending;
 * and where a cell is shown, t answers and the figures. */
void stat_result_put_count(struct pack *p, uint8_t count);
void stat_result_put_part(struct pack *p, uint8_t position, const uint8_t *signature,
                          struct bytes part);
void stat_result_put_value(struct pack *p, uint32_t value);

#endif
