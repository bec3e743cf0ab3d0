/*
 * entry.h - what the payload of each kind of entry says.
 *
 * Every payload begins with a version byte. A payload of a version or type that this software does
 * not know is ERR_VERSION: its entry is stored and relayed, and shown as needing newer software.
 * What follows the fields is padding and must be zero.
 *
 * Pure.
 */
#ifndef PROTOCOL_ENTRY_H
#define PROTOCOL_ENTRY_H

#include "protocol/alert.h"
#include "protocol/feed.h"
#include "protocol/payload.h"
#include "protocol/tag.h"

enum {
    ENTRY_TARGETS_MAX = 2,
    RECEIPTS_MAX = 400, /* acknowledgements in one receipt entry */
    PREKEY_BYTES = 1 + 4 + 4 + KEY_BYTES,
    PROFILE_BYTES_MAX = 3 + ENDPOINTS_MAX * (1 + ENDPOINT_BYTES_MAX) + 1 +
                        PROFILE_RELAYS_MAX * AUTHOR_BYTES + 1 + PREKEYS_MAX * PREKEY_BYTES,
    SIGNAL_BYTES_MAX = 2 + SIGNAL_TAGS_MAX * TAG_BYTES,
    RECEIPT_BYTES_MAX = 3 + RECEIPTS_MAX * (AUTHOR_BYTES + 8),
};

/* version u8 | count u8 | tags, ascending. */
struct signal {
    size_t count;
    const uint8_t *tags; /* count * TAG_BYTES, borrowed */
};

/* version u8 | count u16 | (author[32] | index u64) each: erasures carried out. */
struct receipt_row {
    uint8_t author[AUTHOR_BYTES];
    uint64_t index;
};

struct receipt {
    size_t count;
    struct receipt_row row[RECEIPTS_MAX];
};

/* role u8 | from_day u32 | until_day u32 | key[32]: what an envelope to that role of this
 * organisation is sealed to, between those days, both included. */
struct prekey {
    uint8_t role; /* 1: the integrity officer; others are kept as they come */
    uint32_t from_day;
    uint32_t until_day;
    uint8_t key[KEY_BYTES]; /* X25519 */
};

enum { PREKEY_INTEGRITY_OFFICER = 1 };

/* version u8 | flags u8 | count u8 | (length u8 | endpoint) each | count u8 | author[32] each |
 * count u8 | prekey each: where this organisation can be dialled, through whom it is reached where
 * it cannot be, and what to seal envelopes to. */
struct profile {
    size_t count;
    char endpoint[ENDPOINTS_MAX][ENDPOINT_BYTES_MAX + 1];
    size_t relay_count;
    uint8_t relay[PROFILE_RELAYS_MAX][AUTHOR_BYTES]; /* in the order in which to try them */
    size_t prekey_count;
    struct prekey prekey[PREKEYS_MAX];
};

/* Each encoder writes to out (of the size named above) and returns the length. */
size_t signal_encode(const struct signal *s, uint8_t *out);
size_t receipt_encode(const struct receipt *r, uint8_t *out);
size_t profile_encode(const struct profile *p, uint8_t *out);
/* An erase entry says which entry by its body's ref field; the payload is a version byte. */
size_t erase_encode(uint8_t *out);

/* Decoders: ERR_VERSION as above, ERR_TRUNCATED, ERR_RANGE for a count beyond the limit or of 0 (a
 * profile may name nothing), ERR_FORMAT for padding that is not zero, tags not ascending, or an
 * endpoint that is not valid, a prekey of role 0 or of zeros, or one that ends before it begins. On
 * error the output is unchanged. */
MUST_CHECK enum err signal_decode(struct bytes payload, struct signal *s);
MUST_CHECK enum err receipt_decode(struct bytes payload, struct receipt *r);
MUST_CHECK enum err profile_decode(struct bytes payload, struct profile *p);
MUST_CHECK enum err erase_decode(struct bytes payload);

/* The tags under which an entry is found: of a signal, of an amendment that holds one, or of a
 * retag. Returns their number, 0 where it has none or does not decode, and where they are in *tags
 * (borrowed from the body). */
size_t entry_tags(const struct body *b, const uint8_t **tags);

/* Whether an entry is an alert or an amendment that holds one, which then goes to *out. */
bool entry_is_alert(const struct body *b, struct alert *out);

/* What a receiver makes of a body that its header commits to, before it acts on it.
 * OK: use it. ERR_VERSION: keep as opaque. Anything else: keep as refused, with this reason.
 *   A signal, an alert, an amendment and a retag need an expiry date (ERR_RANGE without) no more
 * than term_days_max days after the day it was written (ERR_LIMIT). An amend, a retract, an erase
 * and a retag must name an earlier entry of their author (ERR_NOT_FOUND), an amend also an earlier
 * version that is not older than that one; a retract and an erase have no expiry date (ERR_RANGE).
 * A body dated after checkpoint_day + 1 is from the future (ERR_RANGE); a cover's payload is zeros,
 * and a kind that is for all members is not addressed to one (ERR_FORMAT); an envelope is addressed
 * and names no other entry (ERR_FORMAT), and ends ENVELOPE_TERM_DAYS after it was written
 * (ERR_RANGE); one of a ceremony ends CEREMONY_KEPT_DAYS after it (ERR_RANGE); a notice as
 * notice_judge says; a payload that does not decode has the decoder's reason. */
MUST_CHECK enum err entry_judge(const struct header *h, const struct body *b,
                                uint32_t term_days_max, uint32_t checkpoint_day);

/* The entries that an amend, a retract, an erase or a retag which entry_judge accepted has to do
 * with, for entry_judge_target; 0 for anything else. */
size_t entry_targets(const struct body *b, uint64_t out[ENTRY_TARGETS_MAX]);

/* Judges a correction or retag, with header h, by the header of one of its targets, which every
 * replica has, whatever became of its body. ERR_NOT_FOUND if the target has no expiry date:
 * receipts, profiles, retracts and erases are not taken back. ERR_STALE if an amend replaces, or a
 * retag names, an entry that had expired on the day on which it was written. ERR_RANGE for a retag
 * that does not expire with its target. */
MUST_CHECK enum err entry_judge_target(const struct header *h, const struct body *b,
                                       const struct header *target);

/* Whether entries of this type can change what a consult answers: a registration, or what amends,
 * retracts, erases or renews one. Where such an entry is opaque nobody may say "no match"; the
 * other types, and types that this software does not know at all, leave the answer as it is, and so
 * a later version may add types, but not to this set without a new protocol version. */
bool entry_matters(uint8_t type);

/* Whether an endpoint has the form tcp://host:port within ENDPOINT_BYTES_MAX: a name or an IPv4
 * address of letters, digits, dots and hyphens, or an IPv6 address in square brackets; a port from
 * 1 to 65535 without leading zeros. */
bool endpoint_is_valid(struct bytes endpoint);

#endif
