/*
 * stat_contribution.h - all cells of one organisation for one period, and their sums.
 *
 * A contribution has every cell of the schema, zeros too, in the order of the schema:
 *
 *   version u8 | schema hash[32] | author[32] | cells
 *
 * It is verified cell by cell, as it is read, and counts in the sums only when the whole of it has
 * verified: so a keyholder's memory does not depend on how many there are, nor on how large.
 *
 * Pure: no I/O, no clock, no allocation, no globals; all randomness is handed in.
 */
#ifndef PROTOCOL_STAT_CONTRIBUTION_H
#define PROTOCOL_STAT_CONTRIBUTION_H

#include <sodium.h>

#include "protocol/stat_schema.h"

enum { STAT_CONTRIBUTION_HEAD_BYTES = 1 + HASH_BYTES + AUTHOR_BYTES };

/* Bytes of a contribution under this schema. */
size_t stat_contribution_bytes(const struct stat_schema *s);

/* Writes the contribution of an organisation. fresh is 32 secret random bytes. Returns ERR_RANGE if
 * a value is more than its cell can hold (*bad is then its cell), ERR_POINT for an unusable key,
 * ERR_LIMIT if it does not fit into cap bytes; nothing of out is then sent. */
MUST_CHECK enum err stat_contribution_prove(const struct stat_schema *s,
                                            const uint8_t author[AUTHOR_BYTES],
                                            const uint32_t *values,
                                            const uint8_t fresh[RNG_FRESH_BYTES], uint8_t *out,
                                            size_t cap, uint16_t *bad);

/* BLAKE2b-256("seinpost/v1/stat-contribution" || contribution): what the organisation's feed holds.
 */
void stat_contribution_hash(struct bytes contribution, uint8_t out[HASH_BYTES]);

/* The sums over the accepted contributions. */
struct stat_sums {
    uint16_t contributors;
    struct stat_cipher count[STAT_CELLS_MAX]; /* of presence bits */
    struct stat_cipher value[STAT_CELLS_MAX];
};

/* One contribution as it comes in, in pieces of any size. */
struct stat_intake {
    const struct stat_schema *schema; /* borrowed until the end */
    uint8_t author[AUTHOR_BYTES];
    crypto_generichash_state hash;
    uint16_t cell; /* the next one; schema->cell_count: complete */
    bool has_head;
    size_t len; /* of what is in piece */
    uint8_t piece[STAT_CELL_BYTES_MAX];
    struct stat_sums with; /* the sums so far and this one */
    enum err failed;       /* the first error; it stays */
};

/* Begins: author is whose it must be, sums what has been accepted before (copied). */
void stat_intake_init(struct stat_intake *in, const struct stat_schema *s,
                      const uint8_t author[AUTHOR_BYTES], const struct stat_sums *sums);

/* Takes the next bytes. Returns OK, or the first error there was, then and ever after:
 *   ERR_VERSION   another version
 *   ERR_COMMIT    another schema
 *   ERR_STRANGER  another author than it must be: replayed
 *   ERR_FORMAT    bytes after the last cell
 *   ERR_SCALAR, ERR_POINT, ERR_PROOF  as stat_cell_verify; in->cell is the cell
 * The caller refuses the contribution, and tells the organisation. */
MUST_CHECK enum err stat_intake_take(struct stat_intake *in, struct bytes more);

/* Ends: gives the sums with this contribution, and its hash. Returns the first error, ERR_TRUNCATED
 * if cells are missing, ERR_COMMIT if the hash is not want (what the author's feed says; NULL: not
 * compared), ERR_FULL with ORGANISATIONS_MAX contributors; *sums and hash are then unchanged. */
MUST_CHECK enum err stat_intake_finish(struct stat_intake *in, const uint8_t *want,
                                       struct stat_sums *sums, uint8_t hash[HASH_BYTES]);

#endif
