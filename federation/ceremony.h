/*
 * ceremony.h - what the core knows of key ceremonies. Only federation/ includes it.
 *
 * Everything about a ceremony is taken from the feeds, in one look at all entries of that type
 * (ceremony_facts.c), which gives the same whatever came first, and after a restart. What follows
 * from the facts is judged (ceremony_judge.c), and this node does what is its part
 * (ceremony_act.c, ceremony_close.c). What it must remember beyond the feeds is a struct
 * ceremony_mind, which is persisted.
 */
#ifndef FEDERATION_CEREMONY_H
#define FEDERATION_CEREMONY_H

#include "federation/federation.h"

enum {
    CEREMONY_ROUNDS = 2,
    CEREMONY_RESCAN_MS = 60000,
    CEREMONY_ROWS_MANY = 8192, /* from so many entries on they are not looked at each second */
    CEREMONY_MANY_MS = 15000,
    CEREMONY_OPEN_DAYS = 7, /* a deal that is first read later than this is not complained of */
    CEREMONY_MIND_BYTES_MAX =
        1 + 8 + DEALING_SEED_BYTES + CEREMONY_ROUNDS * (1 + CEREMONY_PEOPLE_MAX * 33),
};

/* What one participant said: of each the first. Places are those in the proposal. */
struct ceremony_facts {
    bool has_join, has_confirm, has_abort;
    bool has_deal[CEREMONY_ROUNDS], has_verdict[CEREMONY_ROUNDS];
    bool has_row[CEREMONY_ROUNDS]; /* the deal has a sub-share for this node */
    bool has_answer[CEREMONY_ROUNDS][CEREMONY_PEOPLE_MAX];
    uint8_t join[HASH_BYTES];
    uint8_t deal_hash[CEREMONY_ROUNDS][HASH_BYTES];
    uint8_t verdict_hash[CEREMONY_ROUNDS][HASH_BYTES];
    struct dealing dealing[CEREMONY_ROUNDS];
    enum err is_dealt[CEREMONY_ROUNDS]; /* what is wrong with it; judged */
    uint32_t deal_day[CEREMONY_ROUNDS];
    uint8_t ephemeral[CEREMONY_ROUNDS][KEY_BYTES];
    uint8_t sealed[CEREMONY_ROUNDS][CEREMONY_SEALED_BYTES];
    uint8_t complaint[CEREMONY_ROUNDS][CEREMONY_PEOPLE_MAX]; /* by place of the dealer; 0 none */
    uint8_t answer[CEREMONY_ROUNDS][CEREMONY_PEOPLE_MAX]
                  [SCALAR_BYTES]; /* by place of the receiver */
    struct ceremony_confirm confirm;
};

struct ceremony {
    bool is_used;
    bool is_listed; /* its proposal was there at the last look */
    uint8_t id[HASH_BYTES];
    uint8_t proposer[AUTHOR_BYTES];
    struct ceremony_proposal p;
    size_t me; /* place of this node; p.count: none */
    /* facts */
    bool is_ended; /* by its proposer */
    size_t close_count;
    struct ceremony_close closes[CEREMONY_PHASES_MAX];
    struct ceremony_facts person[CEREMONY_PEOPLE_MAX];
    /* judged */
    enum ceremony_state state;
    unsigned phase;  /* closings that hold */
    bool is_waiting; /* a closing names what is not here yet */
    bool is_in[CEREMONY_PEOPLE_MAX];
    bool was_in[CEREMONY_PEOPLE_MAX];     /* after the first round's verdicts */
    enum err reason[CEREMONY_PEOPLE_MAX]; /* why it is not */
    bool is_told[CEREMONY_PEOPLE_MAX];    /* that it is not */
    struct {
        uint8_t hash[HASH_BYTES]; /* of the deal that was verified; zeros: none */
        uint8_t join[HASH_BYTES];
        enum err result;
    } verified[CEREMONY_ROUNDS][CEREMONY_PEOPLE_MAX];
    bool has_base, has_factor, has_result;
    struct roster_key base;
    struct roster_key factor; /* of a rotation, after its first round */
    struct ceremony_result result;
    uint8_t transcript[HASH_BYTES];
    size_t confirmed;
    /* since the start */
    bool is_proposed_told, is_closed_told;
    unsigned seen_phase;
    uint64_t phase_ms; /* when it came to that */
};

/* What this node remembers of one in which it takes part. Secret. */
struct ceremony_mind {
    bool is_used;
    uint8_t id[HASH_BYTES];
    uint64_t joined_utc;
    uint8_t seed[DEALING_SEED_BYTES];
    bool has_sub[CEREMONY_ROUNDS][CEREMONY_PEOPLE_MAX];
    uint8_t sub[CEREMONY_ROUNDS][CEREMONY_PEOPLE_MAX][SCALAR_BYTES]; /* by place of the dealer */
};

struct ceremonies {
    struct ceremony list[CEREMONIES_MAX];
    struct ceremony_mind mind[CEREMONIES_MAX];
    struct ceremony_entry entry;             /* the one in hand */
    uint8_t packed[CEREMONY_MIND_BYTES_MAX]; /* of a mind, until the next step */
    uint8_t payload[CEREMONY_BYTES_MAX];
    bool is_scan_due;
    size_t rows;         /* entries at the last look */
    bool is_passed_over; /* a proposal, since its proposer has another one under way */
    uint64_t scanned_ms;
};

#endif
