/*
 * roster.h - the member list: who belongs to the federation, with which keys and which roles.
 *
 * A roster document is a protobuf Roster whose bytes are hashed and signed as they stand; this
 * module reads one into a struct roster, checks all of it, and answers who is who. How one version
 * follows another, and who may sign, is roster_chain.h.
 *
 * A struct roster is about a megabyte: it lives in storage of the caller's, never on the stack.
 * Functions that take an arena use it as working memory and give all of it back; ROSTER_ARENA_BYTES
 * always suffice.
 *
 * Pure: no I/O, no clock, no allocation, no globals, no randomness.
 */
#ifndef PROTOCOL_ROSTER_H
#define PROTOCOL_ROSTER_H

#include "proto/wire.h"
#include "protocol/feed.h"
#include "protocol/group.h"

enum role {
    ROLE_MEMBER = 1, /* publishes, consults */
    ROLE_KEYHOLDER = 2,
    ROLE_RELAY = 4,
    ROLE_OBSERVER = 8, /* checkpoints and aggregates only */
    ROLE_AUDITOR = 16, /* headers */
    ROLE_OMBUDSPERSON = 32,
    ROLE_AUTHORITY = 64,
    ROLE_STEWARD = 128,
    ROLES_ALL = 255,
};

enum org_status { ORG_ACTIVE = 1, ORG_SUSPENDED = 2, ORG_LEFT = 3 };

/* Purposes of a threshold key. KEY_FACTOR of an epoch is the factor rho that made the pseudonym key
 * of that epoch from the one before: k' = rho * k; its public key is rho * G. */
enum { KEY_PSEUDONYMS = 1, KEY_STATISTICS = 2, KEY_FACTOR = 3 };

/* What holds where the policy says 0. */
enum {
    POLICY_TERM_DAYS_MAX = 1826,
    POLICY_BUDGET_A_DAY = 4096,
    POLICY_COVERAGE_SECONDS = 86400,
    POLICY_SURGE_ELEMENTS_MAX = 131072,
    POLICY_EXPLAIN_DAYS = 7,
};

enum { OLD_TRANSPORT_SECONDS_MAX = 30 * 86400 };

/* The last of a feed that counts; feed_epoch 0: nothing is said. */
struct accepted {
    uint32_t feed_epoch;
    uint64_t size;
    uint8_t root[HASH_BYTES];
};

/* Texts end in zero bytes up to their room's end, and hold no control characters. */
struct organisation {
    uint8_t author[AUTHOR_BYTES]; /* author_of(org_id) */
    char org_id[ORG_ID_BYTES_MAX + 1];
    char name[NAME_BYTES_MAX + 1];
    char country[3]; /* two capitals, ISO 3166-1 */
    uint8_t feed_key[KEY_BYTES];
    uint8_t transport_key[KEY_BYTES];
    uint32_t roles; /* enum role, at least one */
    enum org_status status;
    uint32_t feed_epoch;                   /* 1 at first; a new feed key needs a higher one */
    char licence[REFERENCE_BYTES_MAX + 1]; /* legal basis: "" where missing */
    char dpia[REFERENCE_BYTES_MAX + 1];
    char transfer[REFERENCE_BYTES_MAX + 1];
    int64_t basis_expires_utc; /* 0: no legal basis was given */
    struct accepted accepted;
    uint8_t old_transport_key[KEY_BYTES];
    int64_t old_transport_until_utc; /* 0: there is no old key */
    bool is_barred;                  /* another list of this version does not have it as active */
};

struct roster_stewards {
    uint8_t key[STEWARDS_MAX][KEY_BYTES]; /* Ed25519 */
    size_t count;
    uint32_t quorum; /* 1 to count */
};

/* One sharing of a threshold key, with what is public of its shares. A list may have several of one
 * key: the same public key, shared out again (refresh), among whomever. */
struct roster_key {
    uint32_t key; /* KEY_PSEUDONYMS, KEY_STATISTICS or KEY_FACTOR */
    uint32_t epoch;
    uint32_t refresh;
    uint32_t threshold;
    int64_t until_utc; /* it is answered until then; 0: as long as it is listed */
    uint8_t public_key[POINT_BYTES];
    size_t share_count;
    uint32_t index[KEYHOLDERS_MAX]; /* of share i; distinct, never 0 */
    uint8_t holder[KEYHOLDERS_MAX][AUTHOR_BYTES];
    uint8_t commitment[KEYHOLDERS_MAX][POINT_BYTES]; /* K_j, in the order of index */
};

struct roster_policy {
    uint32_t term_days_max;
    uint32_t budget_a_day;     /* elements a member may have evaluated by one keyholder */
    uint32_t coverage_seconds; /* how fresh every feed must be for "no match" */
    uint32_t grace_seconds;
    uint32_t
        surge_elements_max; /* beyond budgets, by one keyholder in SURGE_DAYS, all allowances */
    uint32_t explain_days;  /* in which an allowance has to be explained, from its first day */
};

/* What organisations are found by; the rows of struct roster's sorted. */
enum roster_column { COLUMN_AUTHOR, COLUMN_ORG_ID, COLUMN_FEED_KEY, COLUMN_TRANSPORT_KEY, COLUMNS };

struct roster {
    uint64_t version;             /* 1 is the genesis */
    uint8_t previous[HASH_BYTES]; /* zeros in the genesis */
    uint8_t hash[HASH_BYTES];     /* of the document */
    uint8_t also[HASH_BYTES];     /* another document of the version before; zeros: none */
    uint8_t genesis[HASH_BYTES];  /* hash of version 1: which federation this is; never zeros */
    uint8_t rival[HASH_BYTES];    /* another document of this version; set by roster_chain.h */
    bool has_rival;
    char federation[NAME_BYTES_MAX + 1];
    int64_t issued_utc;
    int64_t fresh_until_utc;
    struct roster_stewards stewards; /* who may sign the next version */
    struct roster_stewards signers;  /* who had to sign this one; set by roster_chain.h */
    struct roster_policy policy;
    size_t key_count;
    struct roster_key keys[THRESHOLD_KEYS_MAX];
    size_t organisation_count;
    struct organisation organisations[ORGANISATIONS_MAX]; /* in the order of the document */
    uint16_t sorted[COLUMNS][ORGANISATIONS_MAX];          /* positions, ascending by column */
};

enum {
    /* Fields of a document: each organisation, steward and key, and nine others. */
    ROSTER_FIELDS_MAX = ORGANISATIONS_MAX + STEWARDS_MAX + THRESHOLD_KEYS_MAX + 9,
    /* Two rosters in the making, and the decoded document or, at another time, what stewards
     * sign. */
    ROSTER_ARENA_BYTES = 2 * (int)sizeof(struct roster) + ROSTER_BYTES_MAX +
                         ROSTER_FIELDS_MAX * (WIRE_OBJECT_BYTES + WIRE_FIELD_BYTES),
};

/* BLAKE2b-256("seinpost/v1/roster" || document): how versions name each other. */
void roster_hash(struct bytes document, uint8_t out[HASH_BYTES]);

/* Reads a document and checks all that can be checked without another version. signers become its
 * own stewards, genesis its own hash in version 1. On error *out is unchanged and the document is
 * refused:
 *   ERR_TRUNCATED     ends early
 *   ERR_FORMAT        not a Roster (see wire_scan); a text missing or with control characters; an
 *                     org_id or country not of its form; a key, hash or commitment of the wrong
 *                     length, or a key of zeros; no previous or genesis hash, or one of them in
 *                     the genesis; half an old transport key
 *   ERR_LIMIT         too long, too many, or a text too long
 *   ERR_RANGE         version 0; a quorum that cannot be met; no roles or
 *                     unknown ones; unknown status; feed or key epoch 0; a key of unknown purpose;
 *                     a time before 1970; fresh_until not after issued; a threshold that does not
 *                     fit its shares; a share index that is 0 or there twice; an accepted feed of
 *                     an epoch that does not fit, or too long; an old transport key for more than
 *                     OLD_TRANSPORT_SECONDS_MAX
 *   ERR_DUPLICATE     two organisations with one org_id, feed key or transport key, old ones
 *                     included; one steward
 *                     twice; one purpose, epoch and refresh twice; two shares of one key with one
 * holder ERR_NOT_FOUND     a share of an organisation that is not in the list ERR_UNAUTHORISED  a
 * share of one that is not a keyholder ERR_POINT         a public key or commitment that is no
 * usable group element ERR_PROOF         shares that do not belong to their public key; two public
 * keys of one purpose and epoch ERR_FULL          the arena is too small
 */
MUST_CHECK enum err roster_decode(struct bytes document, struct wire_arena *arena,
                                  struct roster *out);

/* An organisation by what it is called on the wire, by its transport key, or by its org-id; NULL if
 * it is not in the list. The pointer is good as long as *r does not change. */
const struct organisation *roster_find(const struct roster *r, const uint8_t author[AUTHOR_BYTES]);
const struct organisation *roster_find_transport(const struct roster *r,
                                                 const uint8_t transport_key[KEY_BYTES]);
const struct organisation *roster_find_org_id(const struct roster *r, struct bytes org_id);

/* The sharing in use of that purpose: the one with the highest epoch and, of that, refresh; NULL if
 * there is none. Borrowed likewise. */
const struct roster_key *roster_threshold_key(const struct roster *r, uint32_t key);

/* The sharing with exactly these numbers; NULL if the list has none. Borrowed likewise. */
const struct roster_key *roster_key_find(const struct roster *r, uint32_t key, uint32_t epoch,
                                         uint32_t refresh);

/* The newest sharing (by refresh) of that purpose and epoch which is answered at that time; NULL if
 * there is none. Borrowed likewise. */
const struct roster_key *roster_key_of_epoch(const struct roster *r, uint32_t key, uint32_t epoch,
                                             int64_t now_utc);

/* Whether keyholders answer for a sharing of the list at that time. False for NULL. */
bool roster_key_serves(const struct roster_key *k, int64_t now_utc);

/* The organisation that may connect with this transport key now: an active one, by its key or by
 * its old one in the time that it has left; NULL if there is none. Borrowed likewise. */
const struct organisation *roster_admits(const struct roster *r,
                                         const uint8_t transport_key[KEY_BYTES], int64_t now_utc);

/* Whether the organisation takes part today. False for NULL. */
bool roster_is_active(const struct organisation *o);

/* Whether it publishes and consults today. False for NULL. */
bool roster_is_active_member(const struct organisation *o);

/* The name of one role ("keyholder"), NULL if it is not exactly one; and the role of a name, 0 if
 * there is none. The screen layer translates names. */
const char *role_name(uint32_t role);
uint32_t role_of_name(struct bytes name);

/* "active", "suspended" or "left". */
const char *org_status_name(enum org_status status);

#endif
