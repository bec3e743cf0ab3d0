/*
 * event.h - what can happen to the core. Each event carries the time and 32 fresh random bytes.
 */
#ifndef FEDERATION_EVENT_H
#define FEDERATION_EVENT_H

#include "protocol/account.h"
#include "protocol/ceremony.h"
#include "protocol/envelope.h"
#include "protocol/evaluation.h"
#include "protocol/feed.h"
#include "protocol/rng.h"

enum event_type {
    EVENT_TICK = 1, /* time passed: at the latest when federation_deadline_ms says */
    EVENT_UP,       /* an authenticated connection is there */
    EVENT_DOWN,
    EVENT_FRAME,    /* a peer sent one payload frame */
    EVENT_APPEND,   /* the desk adds entries to the own feed; answered by EFFECT_APPENDED */
    EVENT_EVALUATE, /* the desk needs pseudonyms; answered by EFFECT_EVALUATED, now or later */
    EVENT_ROSTER, /* the operator brings a signed roster; answered by ROSTER_ADOPTED or _REFUSED */
    EVENT_SEND,   /* the desk writes to one organisation; answered by EFFECT_APPENDED */
    EVENT_LOST,   /* the archive found something of a feed damaged */
    EVENT_ALONE,  /* the operator lets the node sign unconfirmed; answered by EFFECT_APPENDED */
    EVENT_TOTALS, /* the desk asks what a keyholder charged; answered by EFFECT_TOTALS */
    EVENT_CEREMONY, /* the operator proposes, joins or ends a ceremony; answered by EFFECT_APPENDED
                     */
};

/* An entry to be written. The payload is encoded already (entry.h). */
struct draft {
    uint8_t type;
    uint8_t audience; /* enum audience */
    uint32_t expires_day;
    uint64_t ref_plus_one;
    struct bytes payload;
};

/* One thing to be evaluated: what it is about is only in these bytes, which never leave the node.
 */
struct subject {
    uint8_t kind;
    struct bytes match_key;
};

struct event {
    enum event_type type;
    uint64_t now_ms;
    int64_t now_utc;
    uint8_t fresh[RNG_FRESH_BYTES];
    union {
        struct {
            uint32_t link;
            uint8_t transport_key[KEY_BYTES];
            bool is_outbound; /* we dialled */
        } up;
        struct {
            uint32_t link;
        } down;
        struct {
            uint32_t link;
            struct bytes bytes;
        } frame;
        struct {
            uint64_t ticket;
            const struct draft *drafts;
            size_t count; /* at most APPEND_MAX */
        } append;
        struct {
            uint64_t ticket;
            uint32_t key;   /* 0 or KEY_PSEUDONYMS; KEY_FACTOR */
            uint32_t epoch; /* of that key; 0: the one in use when it begins */
            /* One of the two. KEY_PSEUDONYMS: N = k * HashToGroup(subject) comes back. KEY_FACTOR:
             * rho * element, blinded on the way; the same seed and elements make the same request,
             * which a keyholder that has answered it answers again without a charge. */
            const struct subject *subjects;
            const uint8_t (*elements)[32];
            size_t count;     /* 1 to EVALUATION_POINTS_MAX */
            uint8_t seed[32]; /* of the blinds */
            uint8_t
                purpose[HASH_BYTES]; /* salted commitment to the recorded purpose and the seed */
        } evaluate;
        struct {
            struct bytes signed_roster;
        } roster;
        struct {
            uint64_t ticket;
            uint64_t who; /* user number of the operator */
        } alone;
        struct {
            uint64_t ticket;
            uint8_t recipient[AUTHOR_BYTES];
            uint8_t role;                         /* whom there, as its prekeys name roles */
            uint8_t type;                         /* enum envelope_type */
            uint8_t id[ENVELOPE_ID_BYTES];        /* fresh random bytes */
            uint8_t reference[ENVELOPE_ID_BYTES]; /* zeros: none */
            struct bytes content;
        } send;
        struct {
            uint64_t ticket;
            enum ceremony_step what;                  /* PROPOSE, JOIN or ABORT */
            uint8_t id[HASH_BYTES];                   /* JOIN and ABORT: of which */
            const struct ceremony_proposal *proposal; /* PROPOSE */
        } ceremony;
        struct {
            uint64_t ticket; /* not 0 */
            uint8_t keyholder[AUTHOR_BYTES];
            uint8_t member[AUTHOR_BYTES]; /* this node's own, unless it is an auditor's */
            uint32_t month;               /* 202611 */
            uint8_t after[REQUEST_BYTES]; /* last request of the page before; zeros: the first */
        } totals;
        struct {
            uint8_t author[AUTHOR_BYTES];
            uint64_t first, count; /* entries; at most LOST_ENTRIES_MAX */
            bool is_body; /* their headers are as they were; at most LOST_BODIES_MAX of them */
        } lost;
    };
};

enum {
    APPEND_MAX = 2048,
    LOST_BODIES_MAX = 256,
    LOST_ENTRIES_MAX = 65536,
    INQUIRIES_MAX = 4,   /* EVENT_TOTALS under way at one time; one more is ERR_FULL */
    EVALUATIONS_MAX = 8, /* evaluations under way at one time; one more is ERR_FULL */
};

#endif
