/*
 * stage.h - one real core with a real archive, and the peers that the fuzzer plays.
 *
 * Node 0 is the core under test: a member, keyholder and relay. Nodes 1 and 2 are members and
 * keyholders, 3 an observer, 4 a member and relay; all their keys are here. STRANGER has keys too,
 * and is in no member list. stage_reset brings everything back to one moment at which nodes 1, 2
 * and 4 are connected and have confirmed the core's head, in a fraction of the time that it took.
 *
 * What must hold after every step is checked by the stage itself:
 *  - effects stay within their bounds, frames decode, and go to connections that are there;
 *  - who is not in the member list has no effect (I4);
 *  - of the own feed no two checkpoints with one number are signed (I12);
 *  - each evaluation ends at most once (I7);
 *  - what is stored of a feed only grows, but where the member list cuts it back;
 * and by stage_check at the end: what is stored equals a replay of it (I3, I13).
 */
#ifndef TESTS_FUZZ_STAGE_H
#define TESTS_FUZZ_STAGE_H

#include "federation/federation.h"
#include "proto/wire.h"
#include "tests/sim/shelf.h"

enum {
    SELF = 0,
    NODES = 5,
    STRANGER = NODES,
    ACTORS,
    STAGE_LINKS = 12,
    STAGE_UTC = 1900000100,
    TICKETS_MAX = 64,
};

/* A peer, or the core's own organisation, with all of its keys. */
struct actor {
    uint8_t author[AUTHOR_BYTES];
    uint8_t feed_secret[64]; /* its second half is the public key */
    uint8_t transport_key[KEY_BYTES];
};

/* A connection, and what the core asked over it last. */
struct stage_link {
    bool is_up;
    uint8_t actor;
    uint32_t id;
    uint8_t nonce[32];
    uint8_t request[16];
    uint8_t points[EVALUATION_POINTS_MAX * POINT_BYTES];
    size_t point_count;
    uint8_t seen[HASH_BYTES];
};

struct stage {
    struct federation *core;
    struct shelf *shelf;
    struct effects *effects; /* of the last step */
    struct roster roster;    /* the newest member list */
    uint64_t now_ms;
    int64_t skew_utc;
    uint32_t next_link;
    struct stage_link links[STAGE_LINKS];
    uint64_t drawn;
    uint64_t tickets;
    bool has_ended[TICKETS_MAX];
    bool loses_next; /* the power goes before the next step's effects are carried out */
    enum err appended;
};

extern struct stage stage;
extern struct actor actors[ACTORS];

/* Everything as it was at the one moment. The first call makes it. */
void stage_reset(void);

/* Takes one event through the core and carries out its effects; time and fresh bytes are filled in.
 */
void stage_step(struct event *ev);
void stage_tick(uint64_t ms);

/* A connection of an actor in one of the places; one that is there already falls first. */
void stage_up(size_t place, uint8_t actor, bool is_outbound);
void stage_down(size_t place);
void stage_frame(size_t place, struct bytes frame);
void stage_message(size_t place, const Seinpost__Message *m);
/* The opening that an honest node would send. */
void stage_opening(size_t place, uint32_t version_min, uint32_t version_max);

/* Stops the core and starts it from what is stored. */
void stage_restart(void);

/* Stewards sign stage.roster, made ready by the caller, as the version after the last; the core
 * gets it from its operator. */
void stage_roster(void);

int64_t stage_now_utc(void);
uint32_t stage_today(void);

/* A share of the pseudonym key. */
void stage_share(uint32_t node, struct share *out);

/* Everything that is stored equals a replay of it. */
void stage_check(void);

#endif
