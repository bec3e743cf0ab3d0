/*
 * ceremony_file.h - the result of a key ceremony as a file, for stewards to put into the member
 * list on a machine where no node runs.
 *
 *     "seinpost/v1/ceremony-file" | proposer[32] | proposal lp | closings u8 | each: closing lp
 *         | keys u8 | each: key u32 | epoch u32 | refresh u32 | threshold u32 | public_key[32]
 *                           | shares u32 | each: index u32 | holder[32] | commitment[32]
 *         | signatures u8 | each, ascending by author: author[32] | signature[64] | sum[32]
 *
 * Proposal and closings are payloads of ceremony.h without padding. From them and the keys follow
 * the id and the transcript that everybody signed, so that nobody has to trust whoever wrote the
 * file. sum is BLAKE2b-256 of everything before it: it finds damage, and proves nothing.
 *
 * Pure: no I/O, no clock, no allocation, no globals.
 */
#ifndef PROTOCOL_CEREMONY_FILE_H
#define PROTOCOL_CEREMONY_FILE_H

#include "protocol/ceremony.h"

struct ceremony_file {
    uint8_t proposer[AUTHOR_BYTES];
    struct ceremony_proposal proposal;
    size_t close_count;
    struct ceremony_close close[CEREMONY_PHASES_MAX]; /* by phase */
    struct ceremony_result result;
    size_t signer_count;
    struct {
        uint8_t author[AUTHOR_BYTES];
        uint8_t signature[SIGNATURE_BYTES];
    } signer[CEREMONY_PEOPLE_MAX];
};

enum {
    CEREMONY_FILE_BYTES_MAX = 25 + AUTHOR_BYTES +
                              (1 + CEREMONY_PHASES_MAX) * (2 + CEREMONY_BYTES_MAX) + 3 +
                              2 * (52 + KEYHOLDERS_MAX * (4 + AUTHOR_BYTES + POINT_BYTES)) +
                              CEREMONY_PEOPLE_MAX * (AUTHOR_BYTES + SIGNATURE_BYTES) + HASH_BYTES,
};

/* Writes a file to out (CEREMONY_FILE_BYTES_MAX); returns its length. */
size_t ceremony_file_encode(const struct ceremony_file *f, uint8_t *out);

/* Reads one; borrows nothing. ERR_TRUNCATED if it ends early; ERR_VERSION for a payload of a later
 * version; ERR_FORMAT if it is no such file, is damaged (its sum is another), has bytes left over,
 * or signatures not ascending; ERR_RANGE for a number that is none, a payload of another step, or
 * closings of another ceremony. Nothing is judged yet. On error *out is unchanged. */
MUST_CHECK enum err ceremony_file_decode(struct bytes file, struct ceremony_file *out);

/* Its id, and the transcript that follows from it. */
void ceremony_file_id(const struct ceremony_file *f, uint8_t out[HASH_BYTES]);
void ceremony_file_transcript(const struct ceremony_file *f, uint8_t out[HASH_BYTES]);

/* Whether stewards may put the result into the list that follows r. *who is an organisation that an
 * error is about, zeros if it is about none. Errors of ceremony_check, for the proposal as of its
 * last moment: the list has changed since; or:
 *   ERR_SEQUENCE      closings that are not those of its phases, in order, or that take somebody in
 *                     again who was left out
 *   ERR_FORMAT        the result is not what was proposed: another key, period or threshold, or a
 *                     share for who was to have none or was left out (who)
 *   ERR_PROOF         it is not the same key as before, where it should be
 *   ERR_QUORUM        somebody who takes part has not signed (who)
 *   ERR_SIGNATURE     a signature does not verify, or is of nobody who takes part (who) */
MUST_CHECK enum err ceremony_file_verify(const struct ceremony_file *f, const struct roster *r,
                                         uint8_t who[AUTHOR_BYTES]);

#endif
