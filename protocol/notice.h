/*
 * notice.h - what a member tells everybody about its own use of the keyholders.
 *
 * An allowance lets a member have more elements evaluated than its daily budget, for a short time
 * and up to what the member list allows: a thousand people at once, after an emergency. It counts
 * as soon as a keyholder holds the notice, and has to be explained within days. What it was for
 * stays at home, in a sealed record; the notice has that record's hash, so that it can be shown to
 * an auditor unchanged.
 *
 * Payload: version u8 = 1 | kind u8 | what the kind has; then zeros.
 *     1 allowance:   elements u32 | from_day u32 | until_day u32 | reason u8 | hash[32]
 *     2 explanation: hash[32]; the body's ref names the allowance
 *
 * Pure.
 */
#ifndef PROTOCOL_NOTICE_H
#define PROTOCOL_NOTICE_H

#include "protocol/feed.h"
#include "protocol/payload.h"

enum notice_kind { NOTICE_ALLOWANCE = 1, NOTICE_EXPLANATION };

enum notice_reason {
    NOTICE_BULK = 1, /* many people at once, as when all who work in one place are asked about */
    NOTICE_SURGE,    /* people are taken on fast, as after a disaster */
    NOTICE_CASES,    /* many registrations are written, as when a member joins */
    NOTICE_OTHER,
};

enum {
    NOTICE_DAYS_MAX = 31,   /* from the first day of an allowance to the last, both included */
    NOTICE_AHEAD_DAYS = 31, /* from the day on which it is written to its first */
    NOTICE_BYTES_MAX = 2 + 4 + 4 + 4 + 1 + HASH_BYTES,
};

struct notice {
    uint8_t kind; /* enum notice_kind */
    /* an allowance */
    uint32_t elements; /* that each keyholder may evaluate beyond the budgets of those days */
    uint32_t from_day; /* days since 1970-01-01, both included */
    uint32_t until_day;
    uint8_t reason; /* enum notice_reason; others are shown as "other" */
    /* of the sealed record: of what it is for, or of the explanation */
    uint8_t hash[HASH_BYTES];
};

/* Writes to out, of NOTICE_BYTES_MAX bytes; returns the length. */
size_t notice_encode(const struct notice *n, uint8_t *out);

/* ERR_VERSION for another version or kind: kept as opaque. ERR_TRUNCATED; ERR_RANGE for no
 * elements, a reason of 0, or days that end before they begin or are more than NOTICE_DAYS_MAX;
 * ERR_FORMAT for padding that is not zero. On error *out is unchanged. */
MUST_CHECK enum err notice_decode(struct bytes payload, struct notice *out);

/* Whether the entry may be one. A notice never expires (ERR_RANGE): it is what a member is held to.
 * An allowance begins on the day on which it is written, or up to NOTICE_AHEAD_DAYS later
 * (ERR_RANGE), and refers to nothing (ERR_FORMAT); an explanation refers to an earlier entry of its
 * author's (ERR_NOT_FOUND). Else as notice_decode. */
MUST_CHECK enum err notice_judge(const struct header *h, const struct body *b);

#endif
