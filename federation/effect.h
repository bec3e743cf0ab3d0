/*
 * effect.h - what one step of the core asks of the world: an ordered, bounded list.
 *
 * The node carries effects out in order. A SEND that follows a PERSIST leaves only once that is
 * durable; a PERSIST that fails is fatal to the process (design: restart and compare with peers).
 * Everything an effect points at lives until the next step.
 */
#ifndef FEDERATION_EFFECT_H
#define FEDERATION_EFFECT_H

#include "federation/archive.h"
#include "protocol/threshold.h"

enum {
    EFFECTS_MAX = 8192,
    EFFECT_ARENA_BYTES = 4 * 1024 * 1024,
};

enum effect_type {
    EFFECT_SEND = 1,
    EFFECT_CUT,             /* end this connection now */
    EFFECT_DIAL,            /* keep a connection to this organisation under way */
    EFFECT_HANGUP,          /* stop dialling this organisation */
    EFFECT_PERSIST_ENTRIES, /* new entries of one feed, and its new record */
    EFFECT_PERSIST_BODY,    /* an owed body arrived, or an opaque one can be read now */
    EFFECT_PERSIST_GONE,    /* delete body and tags, keep the header */
    EFFECT_PERSIST_FEED,    /* the record alone */
    EFFECT_PERSIST_ROSTER,
    EFFECT_PERSIST_REQUEST,       /* an evaluation was charged */
    EFFECT_PERSIST_BUDGET,        /* a member's use today alone */
    EFFECT_PERSIST_RECEIPT,       /* a peer acknowledged erasures of ours */
    EFFECT_PERSIST_RECEIPTS_SENT, /* our due acknowledgements up to here are in our feed */
    EFFECT_PERSIST_SEEN,          /* what the seen field of a checkpoint of ours commits to */
    EFFECT_PERSIST_MARK,          /* a small named number that a restart needs */
    EFFECT_APPENDED,              /* answer to EVENT_APPEND and EVENT_ALONE */
    EFFECT_EVALUATED,             /* answer to EVENT_EVALUATE */
    EFFECT_ROSTER_ADOPTED,
    EFFECT_ROSTER_REFUSED,     /* answer to EVENT_ROSTER */
    EFFECT_REPORT,             /* something an operator should know; at a limited rate */
    EFFECT_PERSIST_WITNESS,    /* a daily checkpoint of a feed */
    EFFECT_PERSIST_PEER_SEEN,  /* what the newest daily checkpoint of a peer has seen */
    EFFECT_PERSIST_RIVAL,      /* another member list of the version in force */
    EFFECT_PERSIST_CUT_BACK,   /* delete all entries of a feed from its record's size on */
    EFFECT_PERSIST_CORRECTION, /* an entry takes an earlier one back */
    EFFECT_PERSIST_FORK,   /* a proof that an author contradicted itself; in place of another one */
    EFFECT_PERSIST_PREKEY, /* a prekey secret of a week, to be sealed; or it is to be wiped */
    EFFECT_PERSIST_PARCEL, /* what became of an envelope */
    EFFECT_PERSIST_POST_PAST, /* a new day: drop what is kept of envelopes that expired before it */
    EFFECT_MESSAGE,           /* an envelope for this organisation was opened: to the inbox */
    EFFECT_PERSIST_LOST,      /* delete entries, headers too: they are missing, and fetched again */
    EFFECT_PERSIST_CEREMONY, /* what this node keeps secret of a ceremony, to be sealed; or it is to
                                be wiped */
    EFFECT_PERSIST_SHARE,    /* a share of a threshold key, to be sealed; in place of one with its
                                numbers */
    EFFECT_PERSIST_FACTORED, /* elements of a factor were multiplied for a member */
    EFFECT_PERSIST_SURGE,    /* elements charged under an allowance; added to what was there */
    EFFECT_PERSIST_ACCOUNT_PAST, /* requests before a day are totalled by month and dropped; so are
                                    own records of before it */
    EFFECT_ASKED,        /* what an evaluation of the desk's is known by; before anything is sent */
    EFFECT_TOTALS,       /* answer to EVENT_TOTALS */
    EFFECT_FORGET_SHARE, /* the share with these numbers is to be wiped, wherever it is kept */
};

/* A share of a threshold key that this node holds. Secret. */
struct held_share {
    uint32_t key;
    uint32_t epoch;
    uint32_t refresh;
    struct share share;
    int64_t received_utc; /* when it came; 0: not known */
    bool was_listed;      /* the member list had its sharing, with this share in it */
};

struct effect_entry {
    uint64_t index;
    const uint8_t *header;
    struct bytes body; /* empty unless held, refused or opaque */
    enum entry_state state;
    enum err reason;      /* why it was refused; OK otherwise */
    uint8_t type;         /* enum entry_type, 0 where the body is not here */
    uint32_t expires_day; /* as in the header */
    bool is_alert;        /* of a held alert, or an amendment that holds one */
    uint8_t tag_count;    /* of a held signal, or an amendment that holds one */
    const uint8_t *tags;  /* tag_count * TAG_BYTES */
};

struct effect_tile {
    uint8_t tile; /* 0: 2^8 leaves, 1: 2^16 leaves */
    uint64_t position;
    uint8_t root[HASH_BYTES];
};

enum mark {
    MARK_COVER_DAY = 1, /* last day for which the feed was rounded up */
    MARK_COVER_SIZE,    /* size of the own feed then */
    MARK_RECEIPT_UTC,   /* when receipts were last appended */
    MARK_DAY_MAX, /* the highest day ever seen: budgets do not come back when a clock goes back */
    MARK_BUDGETS_LOST,   /* 1: members may have used more than is known here; 0: seen to */
    MARK_RESTORED_UTC,   /* when a backup was put in place of the store; 0 never */
    MARK_BACKUP_UTC,     /* when that backup was made */
    MARK_REJOINED_UTC,   /* equal to MARK_RESTORED_UTC once the node is as the others know it */
    MARK_ALONE_UTC,      /* when an operator last let the node sign unconfirmed; 0 never */
    MARK_ALONE_WHO,      /* user number on this machine of who did */
    MARK_ALONE_ANSWERED, /* how many had confirmed the node's newest checkpoint then */
    MARK_ALONE_NEEDED,
    MARK_ALONE_COUNT, /* how often that was done */
    MARK_SCRUB_UTC,   /* when the node last went over all that it has; nothing to the core */
    MARK_SURGE_LOST,  /* allowances that began on this day or before give nothing; 0: all may */
    MARK_COUNT
};

enum report {
    REPORT_LINK_REFUSED =
        1, /* a connection of somebody who is not, or no longer, in the member list */
    REPORT_MESSAGE_REFUSED, /* a peer sent something that does not verify */
    REPORT_ENTRY_REFUSED,   /* an entry was stored as refused */
    REPORT_DISPUTE,         /* an author contradicts itself */
    REPORT_KEYHOLDER_WRONG, /* an evaluation did not verify */
    REPORT_HEAD_CONFIRMED,  /* enough peers confirm our newest checkpoint: we sign */
    REPORT_HEAD_BEHIND,  /* a peer knows a newer checkpoint of ours than we hold: we do not sign */
    REPORT_VERSION,      /* a peer speaks no version that we speak */
    REPORT_ROSTER_STALE, /* the member list is past its freshness date */
    REPORT_WITNESS_CONFLICT,    /* a peer saw another checkpoint of this author than we did */
    REPORT_ROSTER_RIVAL,        /* stewards signed two member lists of one version */
    REPORT_CUT_BACK,            /* entries beyond the end that the member list names were deleted */
    REPORT_ENVELOPE_UNREADABLE, /* an envelope for us cannot be opened */
    REPORT_LOST,                /* entries, or what they hold, are damaged here */
    REPORT_MENDED,              /* no entry of this author is missing any more */
    REPORT_ALONE,    /* an operator let the node sign although too few confirmed its newest */
    REPORT_REJOINED, /* restored, and caught up with what the others know */
    REPORT_TWIN,     /* another node works with our key: we do not sign */
    REPORT_CEREMONY_PROPOSED, /* a key ceremony in which we may take part */
    REPORT_CEREMONY_WRONG,    /* author contributed something to a ceremony that does not hold */
    REPORT_CEREMONY_LEFT_OUT, /* author is left out of a ceremony: it was silent, or wrong */
    REPORT_CEREMONY_ENDED,    /* a ceremony ended without a result */
    REPORT_UNEXPLAINED,   /* an allowance of this member should have been explained: its index */
    REPORT_CEREMONY_DONE, /* all confirmed one result: stewards can put it in the member list */
};

struct effect {
    enum effect_type type;
    uint32_t link;                /* SEND, CUT */
    uint8_t author[AUTHOR_BYTES]; /* whom it is about */
    union {
        struct bytes frame; /* SEND */
        struct {
            uint8_t transport_key[KEY_BYTES];
            const char *endpoint;
        } dial;
        struct {
            const struct feed_record *feed;
            const struct effect_entry *entries;
            size_t count;
            const struct effect_tile *tiles;
            size_t tile_count;
            bool is_mended; /* they were missing, and lie before others */
        } entries;          /* PERSIST_ENTRIES; PERSIST_FEED with count 0 */
        struct {
            const struct feed_record *feed; /* its size says what stays */
            uint64_t
                ended; /* from this index on entries are gone for good; others may come again */
        } cut_back;
        struct {
            uint64_t first, count;
            const struct feed_record *feed; /* its tree stays as it is */
        } lost;
        struct {
            struct effect_entry entry;
            const struct feed_record *feed; /* with the new count of owed bodies */
        } body;
        struct {
            uint64_t index;
            enum entry_state state; /* a state without a body; STATE_OWED: it is damaged */
            uint64_t by_plus_one;   /* the erase that says so, plus one; 0 for expiry */
            bool is_receipt_due;    /* remember that this node has to acknowledge it */
            const struct feed_record *feed;
        } gone;
        struct {
            uint64_t version;
            uint8_t hash[HASH_BYTES];
            struct bytes signed_roster;
        } roster; /* PERSIST_ROSTER, PERSIST_RIVAL, ROSTER_ADOPTED */
        struct {
            uint32_t day;
            uint32_t used; /* this member's total of the day, this request included */
            uint8_t request[16];
            uint8_t points_hash[HASH_BYTES];
            uint8_t purpose[HASH_BYTES];
            uint32_t points;
        } request; /* PERSIST_REQUEST; PERSIST_BUDGET uses day and used */
        struct {
            uint32_t epoch;
            uint32_t used; /* this member's total, this request included */
            uint32_t day;
            uint8_t request[16];
            uint8_t points_hash[HASH_BYTES];
            uint8_t purpose[HASH_BYTES];
            uint32_t points;
        } factored; /* a request row as PERSIST_REQUEST has it, and the total */
        struct {
            uint64_t index; /* of the allowance */
            uint32_t day;
            uint32_t elements;
        } surge;
        struct {
            uint64_t ticket;
            uint8_t request[REQUEST_BYTES];
            uint8_t points_hash[HASH_BYTES];
            uint32_t points;
            uint32_t needed; /* keyholders */
        } asked;
        struct {
            uint64_t ticket;
            enum err result;          /* OK; ERR_UNAVAILABLE, ERR_UNAUTHORISED, ERR_FULL, or what is
                                         wrong with the page */
            struct account_page page; /* result OK; its rows live as the effects do */
        } totals;
        struct {
            const uint64_t *indexes; /* entries of ours whose erasure author acknowledged */
            size_t count;
        } receipt;
        struct {
            const uint8_t (*authors)[AUTHOR_BYTES];
            const uint64_t *indexes;
            size_t count;
        } receipts_sent;
        struct {
            uint8_t hash[HASH_BYTES];
            uint32_t day;
            struct bytes rows;
        } seen; /* PERSIST_SEEN, PERSIST_PEER_SEEN */
        struct {
            struct checkpoint checkpoint;
            const uint8_t *signed_checkpoint;
            uint32_t day; /* on which it came */
        } witness;
        struct {
            enum mark mark;
            uint64_t value;
        } mark;
        struct {
            uint32_t feed_epoch;
            const uint8_t *feed_key; /* that it was judged by */
            struct bytes proof;
        } fork;
        struct {
            uint32_t week;
            bool is_gone;
            uint8_t secret[KEY_BYTES]; /* wiped with the next step */
        } prekey;
        struct {
            uint8_t id[HASH_BYTES];
            bool is_gone;
            struct bytes secret; /* wiped by the core when it is gone */
        } ceremony;
        /* PERSIST_SHARE, wiped with the next step; FORGET_SHARE has the numbers alone. */
        struct held_share share;
        struct parcel_record parcel;
        struct {
            uint32_t day;
        } past;
        struct {
            uint64_t index;           /* in the feed of author */
            struct envelope envelope; /* its content is wiped with the next step */
        } message;
        struct {
            uint64_t ticket;
            enum err result;
            uint64_t first; /* index of the first entry */
            uint64_t count;
        } appended;
        struct {
            uint64_t ticket;
            enum err result; /* OK, ERR_UNAVAILABLE, ERR_BUDGET, ERR_EPOCH, ERR_UNAUTHORISED;
                                at once: ERR_RANGE, ERR_FULL, ERR_POINT for an unusable element */
            const uint8_t (*points)[32]; /* result OK: one N (or rho * element) for each input */
            size_t count;
            uint32_t epoch;     /* result OK: of the key that they were multiplied by */
            const char *detail; /* otherwise: which keyholder did what, in plain words */
        } evaluated;
        struct {
            enum err result;
        } refused;
        struct {
            enum entry_type what; /* ENTRY_RETRACT; ENTRY_ERASE where the body was gone before */
            uint64_t target;
            uint64_t by; /* index of what takes it back */
        } correction;
        struct {
            enum report what;
            enum err reason;
            uint64_t number; /* index, version or size, as fits */
        } report;
    };
};

struct effects {
    struct effect list[EFFECTS_MAX];
    size_t count;
    uint8_t arena[EFFECT_ARENA_BYTES];
    size_t arena_used;
};

void effects_clear(struct effects *out);

/* Adds an effect of the type, zeroed otherwise; the list's own bound is respected by callers, which
 * ask effects_has_room before they begin something that can wait. Never NULL. */
struct effect *effects_add(struct effects *out, enum effect_type type);

/* len bytes of the arena, 8-aligned, zeroed; NULL if it is used up. */
void *effects_alloc(struct effects *out, size_t len);

/* Whether another count effects and len bytes fit. */
bool effects_has_room(const struct effects *out, size_t count, size_t len);

#endif
