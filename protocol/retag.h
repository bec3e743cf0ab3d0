/*
 * retag.h - the tags of an earlier entry, made again under the key of a later key period.
 *
 * When the key period changes nobody can make the new pseudonym of a person from the old tags. The
 * author of a registration can, without the person's details: it keeps the pseudonym N of each tag,
 * has it multiplied by the factor of the new key period (evaluation.h), and writes the tags that
 * follow in a retag. The body's ref names the entry whose tags these are, a signal or an amend that
 * holds one; whatever takes that back, or replaces it, ends the retag too. Of several retags of one
 * entry for one key period the newest counts; those of different key periods stand side by side,
 * since a tag is derived with the number of its key period and both may be asked for.
 *
 * Pure.
 */
#ifndef PROTOCOL_RETAG_H
#define PROTOCOL_RETAG_H

#include "proto/limits.h"
#include "protocol/feed.h"
#include "protocol/tag.h"

enum {
    RETAG_FIXED_BYTES = 1 + 4 + 1,
    RETAG_BYTES_MAX = RETAG_FIXED_BYTES + SIGNAL_TAGS_MAX * TAG_BYTES,
};

/* version u8 | epoch u32 | count u8 | tags, ascending. */
struct retag {
    uint32_t epoch; /* key period of the tags, not 0 */
    size_t count;
    const uint8_t *tags; /* count * TAG_BYTES, borrowed */
};

/* Writes to out, of RETAG_BYTES_MAX, and returns the length. */
size_t retag_encode(const struct retag *r, uint8_t *out);

/* ERR_VERSION for another version; ERR_TRUNCATED; ERR_RANGE for key period 0 or a count of 0 or
 * beyond SIGNAL_TAGS_MAX; ERR_FORMAT for tags that do not ascend, or padding that is not zero. On
 * error *r is unchanged. */
MUST_CHECK enum err retag_decode(struct bytes payload, struct retag *r);

/* Reads the retag that a body is; false if it is none. */
bool retag_of(const struct body *b, struct retag *r);

#endif
