/*
 * ceremony.h - what the entries of a key ceremony say, and which ceremonies may be.
 *
 * A ceremony gives a sharing of a key to several organisations so that nobody ever holds the key.
 * The feeds are its broadcast channel: who takes part says everything in entries of type ceremony,
 * for all members to see, sub-shares sealed to a prekey of their receiver. (In the deal itself, not
 * in envelopes: whoever has the deal has its sub-share, so that an honest receiver never has to
 * accuse an honest dealer, whose answer would lay the sub-share open.) One keyholder, the
 * proposer, proposes it and closes each phase by naming whose contribution counts; nobody has to
 * trust it: each participant checks each closing, and confirms the same transcript in the end, or
 * there is no result.
 *
 *     propose -> join -> (close 1) -> deal -> (close 2) -> verdict, answer -> (close 3)
 *             [rotate only: -> deal -> (close 4) -> verdict, answer -> (close 5)] -> confirm
 *
 * Payload: version u8 = 1 | step u8 | id[32] | what the step has; then zeros. In a proposal there
 * is no id: it is the hash of the proposal. Every such entry expires CEREMONY_KEPT_DAYS after the
 * day on which its author wrote it.
 *
 * Pure.
 */
#ifndef PROTOCOL_CEREMONY_H
#define PROTOCOL_CEREMONY_H

#include "protocol/dealing.h"
#include "protocol/envelope.h"
#include "protocol/payload.h"
#include "protocol/roster.h"

enum ceremony_step {
    CEREMONY_PROPOSE = 1,
    CEREMONY_JOIN,
    CEREMONY_CLOSE,
    CEREMONY_DEAL,
    CEREMONY_VERDICT,
    CEREMONY_ANSWER,
    CEREMONY_CONFIRM,
    CEREMONY_ABORT,
};

enum ceremony_kind {
    CEREMONY_GENERATE = 1, /* a new key */
    CEREMONY_REFRESH,      /* new shares of the same key at the same holders */
    CEREMONY_RESHARE, /* new shares of the same key at other holders, or for another threshold */
    CEREMONY_ROTATE,  /* a new key that is a multiple of the old one: the next key period */
};

enum {
    CEREMONY_PEOPLE_MAX = 2 * KEYHOLDERS_MAX, /* old and new holders */
    CEREMONY_PHASES_MAX = 5,                  /* rotate; else 3 */
    CEREMONY_NONCE_BYTES = 16,
    CEREMONY_THRESHOLD_MIN = 2, /* with 1, each share is the key */
    CEREMONY_PATIENCE_MIN = 1,  /* seconds */
    CEREMONY_PATIENCE_MAX = 14 * 86400,
    CEREMONY_DAYS_MAX = 90,   /* from proposal to end */
    CEREMONY_KEPT_DAYS = 120, /* every entry of a ceremony ends so many days after it was written */
    CEREMONY_SEALED_BYTES = SCALAR_BYTES + 16,
    CEREMONY_BYTES_MAX = 8192, /* of a payload without padding: a deal for 31 has less */
};

/* One who takes part. Sorted by author, ascending. */
struct ceremony_person {
    uint8_t author[AUTHOR_BYTES];
    uint8_t deals; /* index in the sharing that it deals from; in generate that of its share to be;
                      0: does not deal */
    uint8_t receives; /* index of its share to be; 0: gets none */
};

struct ceremony_proposal {
    uint8_t nonce[CEREMONY_NONCE_BYTES]; /* random */
    uint8_t kind;                        /* enum ceremony_kind */
    uint8_t key;                         /* KEY_PSEUDONYMS or KEY_STATISTICS */
    uint8_t threshold;                   /* of the result */
    uint32_t epoch, refresh;             /* of the result */
    uint32_t base_epoch, base_refresh;   /* of the sharing that is dealt on; 0, 0 in generate */
    uint32_t patience_seconds;           /* for each step, before somebody silent is left out */
    uint64_t until_utc;                  /* after this it is over */
    size_t count;
    struct ceremony_person person[CEREMONY_PEOPLE_MAX];
};

/* Whose contribution counts, and its hash: phase 1 the hash in the join, phases 2 and 4 that of the
 * deal entry's payload, phases 3 and 5 that of the verdict's payload (zeros of who receives
 * nothing). Sorted by author. */
struct ceremony_row {
    uint8_t author[AUTHOR_BYTES];
    uint8_t hash[HASH_BYTES];
};

struct ceremony_close {
    uint8_t phase; /* 1 to CEREMONY_PHASES_MAX */
    size_t count;
    struct ceremony_row row[CEREMONY_PEOPLE_MAX];
};

enum ceremony_complaint {
    COMPLAINT_SEALED = 1, /* no prekey of the receiver's opens it */
    COMPLAINT_WRONG = 2,  /* it is not what the dealing commits to */
};

/* Against whom a receiver complains; with count 0 all is well. */
struct ceremony_verdict {
    uint8_t round;
    size_t count;
    struct {
        uint8_t dealer[AUTHOR_BYTES];
        uint8_t reason; /* enum ceremony_complaint */
    } row[CEREMONY_PEOPLE_MAX];
};

/* What an accused dealer lays open: the sub-share of who complained. */
struct ceremony_answer {
    uint8_t round;
    size_t count;
    struct {
        uint8_t receiver[AUTHOR_BYTES];
        uint8_t share[SCALAR_BYTES];
    } row[CEREMONY_PEOPLE_MAX];
};

struct ceremony_confirm {
    uint8_t transcript[HASH_BYTES];
    uint8_t signature[SIGNATURE_BYTES]; /* of the feed key over "seinpost/v1/ceremony-result" ||
                                           transcript */
};

/* Why whoever proposed it ends a ceremony. */
enum ceremony_reason {
    CEREMONY_BY_HAND = 1,
    CEREMONY_BY_TIME = 2,
    CEREMONY_BY_CLOSING = 3, /* one of its closings is wrong */
};

struct ceremony_entry {
    uint8_t step;           /* enum ceremony_step */
    uint8_t id[HASH_BYTES]; /* of a proposal too: ceremony_id */
    union {
        struct ceremony_proposal proposal;
        uint8_t join[HASH_BYTES]; /* ceremony_promise_hash of the dealing of round 1 to come; zeros
                                     of who does not deal */
        struct ceremony_close close;
        struct {
            uint8_t round;
            struct dealing dealing;
            uint8_t ephemeral[KEY_BYTES]; /* X25519, for all rows */
            size_t count;                 /* receivers but the dealer itself, ascending by author */
            struct {
                uint8_t receiver[AUTHOR_BYTES];
                uint8_t sealed[CEREMONY_SEALED_BYTES];
            } row[KEYHOLDERS_MAX];
        } deal;
        struct ceremony_verdict verdict;
        struct ceremony_answer answer;
        struct ceremony_confirm confirm;
        uint8_t abort_reason; /* enum ceremony_reason */
    };
};

/* BLAKE2b-256("seinpost/v1/ceremony" || proposer[32] || payload without its padding). */
void ceremony_id(const uint8_t proposer[AUTHOR_BYTES], const struct ceremony_proposal *p,
                 uint8_t out[HASH_BYTES]);

/* Writes a payload, without padding, to out (CEREMONY_BYTES_MAX); returns its length. */
size_t ceremony_encode(const struct ceremony_entry *e, uint8_t *out);

/* Reads the payload of an entry of that author; borrows nothing. ERR_VERSION, ERR_TRUNCATED;
 * ERR_RANGE for a step, phase, round, reason or count that is none, a complaint's reason, a dealing
 * of another kind than its round's or with t below CEREMONY_THRESHOLD_MIN, or what
 * ceremony_proposal_check finds; ERR_FORMAT for rows not ascending, padding that is not zero.
 * Points, scalars and proofs are not looked at. On error *out is unchanged; the entry is kept as
 * refused. */
MUST_CHECK enum err ceremony_decode(const uint8_t author[AUTHOR_BYTES], struct bytes payload,
                                    struct ceremony_entry *out);

/* What is wrong with a proposal by itself. ERR_RANGE: no such kind or key; a threshold below
 * CEREMONY_THRESHOLD_MIN or above KEYHOLDERS_MAX; a patience outside its limits; epoch 0; a base in
 * generate, or none elsewhere; nobody, too many people, more than KEYHOLDERS_MAX dealers or
 * receivers; one who neither deals nor receives; an index there twice among dealers or among
 * receivers; in generate a dealer with another index than that of its share. ERR_FORMAT: people not
 * ascending. It is then refused. */
MUST_CHECK enum err ceremony_proposal_check(const struct ceremony_proposal *p);

/* BLAKE2b-256("seinpost/v1/ceremony-promise" || author[32] || t u8 || commitments || proof): what a
 * join commits to before anybody shows a dealing, so that nobody chooses its own by those of
 * others. */
void ceremony_promise_hash(const uint8_t author[AUTHOR_BYTES], const struct dealing *d,
                           uint8_t out[HASH_BYTES]);

/* BLAKE2b-256("seinpost/v1/ceremony-deal" || author[32] || payload of the deal without padding):
 * what closings name; likewise "seinpost/v1/ceremony-verdict". */
void ceremony_deal_hash(const uint8_t author[AUTHOR_BYTES], const struct ceremony_entry *e,
                        uint8_t out[HASH_BYTES]);
void ceremony_verdict_hash(const uint8_t author[AUTHOR_BYTES], const struct ceremony_entry *e,
                           uint8_t out[HASH_BYTES]);

/* Whether a proposal may be under this member list, at this time. In this order: what
 * ceremony_proposal_check returns; ERR_RANGE: the end is past, or further off than
 * CEREMONY_DAYS_MAX days; ERR_STRANGER: the proposer, or a participant, is not an active
 * organisation of the list with the role keyholder; ERR_NOT_FOUND: the base is not in the list;
 * ERR_EPOCH: the result's epoch and refresh do not follow what the list has (generate: an epoch
 * above all that the key has, refresh 0; refresh and reshare: the base is the newest sharing of
 * that key, refresh one more; rotate: likewise, epoch one more, refresh 0, the pseudonym key
 * alone); ERR_UNAUTHORISED: a dealer is not a holder of the base, or under another index; refresh,
 * rotate: so is a receiver, or the threshold is another than the base's; ERR_QUORUM: too few
 * dealers (ceremony_dealers_min; rotate: of those who receive, too) or receivers (2t - 1; refresh:
 * t, as many as are left). The ceremony is then not taken part in. */
MUST_CHECK enum err ceremony_check(const struct ceremony_proposal *p,
                                   const uint8_t proposer[AUTHOR_BYTES], const struct roster *r,
                                   int64_t now_utc);

/* The last two of these rules, which need the base alone (not looked at in generate, where it may
 * be NULL): ERR_UNAUTHORISED and ERR_QUORUM. What ceremony_proposal_check refuses must not come
 * here. Nobody follows a ceremony that breaks them, whoever else takes part in it. */
MUST_CHECK enum err ceremony_base_check(const struct ceremony_proposal *p,
                                        const struct roster_key *base);

/* How many dealers must remain: generate and refresh the result's t; reshare the base's t; rotate
 * 2t - 1. base: not needed in generate. */
size_t ceremony_dealers_min(const struct ceremony_proposal *p, const struct roster_key *base);

/* And how many receivers: the result's t; rotate 2t - 1, since they deal the product. */
size_t ceremony_receivers_min(const struct ceremony_proposal *p);

/* 3 phases, or 5 in a rotation. */
unsigned ceremony_phases(const struct ceremony_proposal *p);

/* What comes of it: one sharing, or the new key's and the factor's in a rotation. */
struct ceremony_result {
    size_t count;
    struct roster_key key[2];
};

/* BLAKE2b-256("seinpost/v1/ceremony-transcript" || id || for each closing: BLAKE2b-256 of its
 * payload without padding || for each key of the result: key u32 | epoch u32 | refresh u32 |
 * threshold u32 | public_key[32] | count u32 | (index u32 | holder[32] | commitment[32]) each). */
void ceremony_transcript(const uint8_t id[HASH_BYTES], const struct ceremony_close *closes,
                         size_t close_count, const struct ceremony_result *result,
                         uint8_t out[HASH_BYTES]);

/* The signature of a confirm, and whether it verifies: ERR_SIGNATURE. */
void ceremony_sign(const uint8_t transcript[HASH_BYTES], const uint8_t feed_secret[64],
                   uint8_t out[SIGNATURE_BYTES]);
MUST_CHECK enum err ceremony_verify(const struct ceremony_confirm *c,
                                    const uint8_t feed_key[KEY_BYTES]);

/* ---- Sealed sub-shares ---- */

/* Seals a sub-share to a prekey of its receiver with the deal's ephemeral secret:
 *     key = BLAKE2b-256(key = X25519(secret, prekey), "seinpost/v1/subshare" || ceremony[32]
 *                       || dealer[32] || round u8 || receiver[32] || ephemeral[32] || prekey[32])
 *     sealed = XChaCha20-Poly1305(key, nonce of zeros, share): the key is used once
 * ERR_POINT if the prekey is no usable point; out is then zeros. The caller wipes the secret. */
MUST_CHECK enum err
ceremony_seal(const struct dealing_place *place, const uint8_t receiver[AUTHOR_BYTES],
              const uint8_t ephemeral_secret[KEY_BYTES], const uint8_t prekey[KEY_BYTES],
              const uint8_t share[SCALAR_BYTES], uint8_t out[CEREMONY_SEALED_BYTES]);

/* Opens one with a prekey of the receiver's own. ERR_POINT for an unusable ephemeral key, ERR_EPOCH
 * if it is sealed to another key or was changed, ERR_SCALAR if it holds no usable scalar; share is
 * then zeros. The receiver tries the prekeys that it keeps, and complains if none opens it. */
MUST_CHECK enum err
ceremony_unseal(const struct dealing_place *place, const uint8_t receiver[AUTHOR_BYTES],
                const uint8_t ephemeral[KEY_BYTES], const struct envelope_key *prekey,
                const uint8_t sealed[CEREMONY_SEALED_BYTES], uint8_t share[SCALAR_BYTES]);

#endif
