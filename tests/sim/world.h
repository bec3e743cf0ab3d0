/*
 * world.h - several unchanged cores in one process, on virtual time, with a network between them.
 *
 * Node i is called A, B, C ... in the trace, and everything it is (keys, seed) follows from the
 * world's seed and i. Messages take DELAY_MS; a connection that fell is dialled again after
 * REDIAL_MS. Nothing happens twice in different order: a run is a function of the seed and of what
 * the test does.
 */
#ifndef TESTS_SIM_WORLD_H
#define TESTS_SIM_WORLD_H

#include "federation/federation.h"
#include "proto/wire.h"
#include "tests/sim/shelf.h"

enum {
    WORLD_NODES_MAX = 41,         /* 40, and a twin of one of them */
    WORLD_START_UTC = 1767225600, /* 2026-01-01T00:00:00Z */
    WORLD_TODAY = WORLD_START_UTC / 86400,
    DELAY_MS = 10,
    REDIAL_MS = 1000,
};

struct world;

struct world_setup {
    uint64_t seed;
    size_t nodes;
    size_t keyholders;       /* the first of them */
    size_t threshold;        /* 0: no key */
    size_t stewards, quorum; /* 0: one */
    uint32_t budget_a_day;
    uint32_t receipt_seconds;          /* 0: a day */
    uint32_t roles[WORLD_NODES_MAX];   /* 0: member, and keyholder where it is one of the first */
    bool is_off[WORLD_NODES_MAX];      /* not started at first */
    bool has_no_port[WORLD_NODES_MAX]; /* dials, and can be dialled by nobody; not the first one */
    /* Whom its profile names as relays: the number plus one, 0 ends the list. */
    size_t relays[WORLD_NODES_MAX][PROFILE_RELAYS_MAX];
    bool is_quiet; /* no trace */
    bool is_loud;  /* the trace goes to standard output as it is made, and is not kept */
    bool has_sum;  /* world_sum counts */
    struct world_software {
        uint32_t version_min, version_max; /* of the protocol; 0: those of this software */
        enum err (*judge_newer)(const struct header *h, const struct body *b);
    } software[WORLD_NODES_MAX];
};

struct world *world_new(const struct world_setup *setup);
void world_free(struct world **w);

/* Starts a node from its shelf, or stops it as a power cut would. */
void world_start(struct world *w, size_t node);
void world_stop(struct world *w, size_t node);
/* Installs other software on a node that is stopped. */
void world_install(struct world *w, size_t node, struct world_software software);
bool world_is_running(const struct world *w, size_t node);

/* Lets time pass. */
void world_run(struct world *w, uint64_t ms);
/* Moves every clock on without anything happening in between. */
void world_skip(struct world *w, int64_t seconds);
/* How far one node's clock is ahead of the others (behind: below 0), from now on. */
void world_set_ahead(struct world *w, size_t node, int64_t seconds);

/* No message passes between the two until they are joined again. */
void world_part(struct world *w, size_t a, size_t b);
void world_join(struct world *w, size_t a, size_t b);
/* The connections between the two fall, and what was on its way is lost. */
void world_fall(struct world *w, size_t a, size_t b);
/* The dialler's connection falls and is dialled again, and the listener does not notice that the
 * old one is dead: as when a router between them forgets it. */
void world_forget(struct world *w, size_t dialler, size_t listener);

/* How bad the network is, from now on; zeros: as ever. What is sent over one connection arrives in
 * the order in which it was sent, late as it may be: it is TCP. */
struct world_network {
    uint32_t delay_ms_max;    /* of each frame, beyond DELAY_MS */
    uint32_t sync_ms_max;     /* what follows a PERSIST leaves so much later */
    uint32_t repeat_per_1000; /* frames that come once more, within seconds, out of order */
};
void world_set_network(struct world *w, const struct world_network *n);
/* For so long nothing that the one sends comes to the other; then all of it does, if the connection
 * is still there. */
void world_clog(struct world *w, size_t from, size_t to, uint64_t ms);

/* What a node's disk does. The store of a node is SQLite with a write-ahead log and synchronous
 * FULL: the PERSISTs of one turn are one transaction, which after a crash is there as a whole or
 * not at all (a torn one does not pass the log's checksums, and is rolled back), and is there once
 * the commit returned. So what a crash can lose is the transaction of which the commit did not
 * return, and nothing that was sent after a PERSIST in it has left.
 * STALLED: the commit does not return; what comes meanwhile is in the same transaction.
 * FULL: the first PERSIST fails, by which the process ends. */
enum world_disk { DISK_SOUND, DISK_STALLED, DISK_FULL };
void world_set_disk(struct world *w, size_t node, enum world_disk disk);
enum world_disk world_disk(const struct world *w, size_t node);
/* As world_stop; is_kept says whether a transaction that is under way is there afterwards. */
void world_crash(struct world *w, size_t node, bool is_kept);
/* How often a node stopped by itself, since its disk was full. */
size_t world_ended(const struct world *w, size_t node);

/* Appends entries now; the result is that of EFFECT_APPENDED. */
enum err world_append(struct world *w, size_t node, const struct draft *drafts, size_t count,
                      uint64_t *first);
/* Appends one signal with a tag that is made from the number. */
enum err world_signal(struct world *w, size_t node, uint32_t number, uint32_t expires_day,
                      uint64_t *first);
/* Appends count of them in one batch, with tags from the numbers from number on. */
enum err world_signals(struct world *w, size_t node, uint32_t number, size_t count,
                       uint64_t *first);
/* Sends an envelope of type letter to another node; id is made from the number. */
enum err world_send(struct world *w, size_t node, size_t to, uint32_t number, struct bytes content,
                    uint64_t *index);
enum err world_erase(struct world *w, size_t node, uint64_t index);
void world_tag(uint32_t number, uint8_t tag[16]);

/* Runs an evaluation to its end, at most ms; ERR_TRUNCATED if it did not end. */
enum err world_evaluate(struct world *w, size_t node, const char *subject, uint64_t ms,
                        uint8_t n[32]);

/* What became of one evaluation. */
struct world_answer {
    uint64_t ticket;
    bool is_there;
    enum err result;
    size_t count;
    uint32_t epoch;
    uint8_t n[EVALUATION_POINTS_MAX][32];
    char detail[512];
};
/* Begins one, of count subjects "subject 0", "subject 1" ...; returns its ticket. */
uint64_t world_ask(struct world *w, size_t node, const char *subject, size_t count);
/* Begins the one of an EVENT_EVALUATE, of which all is set but the ticket. */
uint64_t world_ask_event(struct world *w, size_t node, struct event *ev);
/* Borrowed until the node's sixteenth next one. */
const struct world_answer *world_answer(const struct world *w, size_t node, uint64_t ticket);

/* A next member list, signed by the steward; edit may be NULL. Given to node. */
enum err world_roster(struct world *w, size_t node, void (*edit)(struct roster *r, void *ctx),
                      void *ctx);
/* The newest member list edited and signed, but not counted as the newest: for rivals and
 * forgeries. Borrowed until the next one. */
struct bytes world_draft(struct world *w, void (*edit)(struct roster *r, void *ctx), void *ctx);
/* The same for the version after the newest; edit may be NULL. */
struct bytes world_draft_next(struct world *w, void (*edit)(struct roster *r, void *ctx),
                              void *ctx);
/* The next member list names this one beside the newest. */
void world_also(struct world *w, const uint8_t hash[32]);
/* Another list of the newest version, signed like it: the next one names both. Borrowed for ever.
 */
struct bytes world_rival(struct world *w, void (*edit)(struct roster *r, void *ctx), void *ctx);
/* The version after the newest as a steward alone can sign it, with others' signatures made up by
 * whoever has this key: one too few. Borrowed as world_draft. */
struct bytes world_draft_short(struct world *w, void (*edit)(struct roster *r, void *ctx),
                               void *ctx, const uint8_t secret[64]);
/* Whether the stewards signed these bytes as a member list, with a quorum. */
bool world_is_signed(const struct world *w, struct bytes signed_roster);
/* Shares of the pseudonym key are dealt anew, of the same key or of a new one, and come to all
 * keyholders; the next list that world_use_key edits names them. */
void world_deal(struct world *w, bool is_same_key);
/* Who lost them, with a disk or in an old backup, is given the newest shares once more. */
void world_deal_again(struct world *w);
void world_use_key(struct roster *r, void *ctx); /* ctx: the world */
/* The transport key of a node from its next start on; and the edit of a list that names it. */
void world_set_transport(struct world *w, size_t node, const uint8_t public_key[32]);
/* The list of that version, signed; versions count from 1. */
struct bytes world_paper(const struct world *w, size_t version);
/* The newest member list, signed. */
struct bytes world_newest(const struct world *w);
/* Gives any bytes to node as a member list. */
enum err world_offer(struct world *w, size_t node, struct bytes signed_roster);

/* Gives node any event now (time and fresh bytes are filled in); the effects, which are carried out
 * as ever, are borrowed until the next event. */
const struct effects *world_give(struct world *w, size_t node, struct event *ev);

/* Delivers arbitrary bytes to node as if they came over its connection from the other node. */
void world_inject(struct world *w, size_t from, size_t to, struct bytes frame);
void world_inject_message(struct world *w, size_t from, size_t to, const Seinpost__Message *m);
bool world_is_connected(const struct world *w, size_t a, size_t b);
/* The most that was ever under way from a node over one connection, in bytes. */
size_t world_under_way_max(const struct world *w, size_t node);
size_t world_wires(const struct world *w, size_t a, size_t b); /* connections between the two */

/* A frame on its way, seen once when it leaves and once when it arrives. */
struct passing {
    size_t from, to;
    uint32_t wire; /* one number for a connection, both ways */
    bool is_arriving;
    uint8_t *frame; /* may be changed, not made longer */
    size_t len;
};
/* Lets a test change or drop frames as they leave: returns the new length, 0 to drop. */
void world_tamper(struct world *w,
                  size_t (*tamper)(void *ctx, size_t from, size_t to, uint8_t *frame, size_t len),
                  void *ctx);
/* The same at both ends, told which connection it is. */
void world_watch(struct world *w, size_t (*watch)(void *ctx, const struct passing *p), void *ctx);
/* Reads a frame: borrowed until the next call; NULL if it cannot be read. */
const Seinpost__Message *world_read(struct bytes frame);

/* What a member does that runs other software than ours: its core runs unchanged beneath, and this
 * stands between that and the network. Functions may be NULL. */
struct behaviour {
    const char *name;                                            /* one word */
    void *(*begin)(struct world *w, size_t node, uint64_t seed); /* its state */
    void (*end)(void *state);                                    /* frees it */
    /* A frame that its core sends: changed in place, not made longer; returns the length, 0 where
     * it is not sent. */
    size_t (*outgoing)(void *state, size_t to, uint8_t *frame, size_t len);
    /* A frame that came for its core; the same. */
    size_t (*incoming)(void *state, size_t from, uint8_t *frame, size_t len);
    void (*tick)(void *state); /* every second while it runs */
};
/* NULL ends it. */
void world_behave(struct world *w, size_t node, const struct behaviour *b, uint64_t seed);
bool world_is_byzantine(const struct world *w, size_t node);
/* Puts any bytes on the connection from node to another, as its own frame. False if there is none.
 */
bool world_utter(struct world *w, size_t node, size_t to, struct bytes frame);
bool world_utter_message(struct world *w, size_t node, size_t to, const Seinpost__Message *m);

/* A look at every step of a node that is no byzantine one: the event, and its effects before they
 * are carried out. */
void world_on_step(struct world *w,
                   void (*look)(void *ctx, size_t node, const struct event *ev,
                                const struct effects *out),
                   void *ctx);

/* A further machine with the keys of node and a copy of its shelf, started: an operator's error.
 * Returns its number. */
size_t world_twin(struct world *w, size_t node);

struct federation *world_core(struct world *w, size_t node);
struct shelf *world_shelf(struct world *w, size_t node);
void world_swap_shelf(struct world *w, size_t node, struct shelf *s); /* while it is stopped */
/* A shelf that holds the first member list and nothing else. */
struct shelf *world_new_shelf(const struct world *w);
size_t world_nodes(const struct world *w);
const uint8_t *world_author(const struct world *w, size_t node);
const uint8_t *world_feed_secret(const struct world *w, size_t node);
/* Whose that is; SIZE_MAX: nobody's. And who is at the other end of a connection of a node's. */
size_t world_node_of_author(const struct world *w, const uint8_t author[AUTHOR_BYTES]);
size_t world_peer_of(const struct world *w, size_t node, uint32_t link);
/* The public half of the key of its first or, for 2, its second chapter. */
const uint8_t *world_feed_key(const struct world *w, size_t node, uint32_t feed_epoch);
/* A second feed key for node, from its next start on. */
void world_set_next_secret(struct world *w, size_t node, const uint8_t secret[64]);
/* Gives a node a share, as if it had come from a dealer. */
void world_put_share(struct world *w, size_t node, const struct held_share *share);
/* The share that the node was dealt at first. */
const struct held_share *world_share(const struct world *w, size_t node);
int64_t world_now_utc(const struct world *w);
int64_t world_clock(const struct world *w, size_t node); /* that node's own */
uint32_t world_today(const struct world *w);
struct standing world_standing(struct world *w, size_t node);

/* How often this was reported anywhere, about anyone. */
size_t world_reports(const struct world *w, enum report what);
/* How often node reported this with this reason (ERR_COUNT: any). */
size_t world_told(const struct world *w, size_t node, enum report what, enum err reason);

/* A line in the trace. */
void world_say(struct world *w, const char *line);
/* How a node is called in it. */
char world_letter(size_t node);
/* Over all events and effects so far, where has_sum was set. */
void world_sum(const struct world *w, uint8_t out[32]);
uint64_t world_steps(const struct world *w);
uint64_t world_now_ms(const struct world *w);

/* The story so far, one line an event or effect. */
const char *world_trace(const struct world *w);

/* The key that the world's threshold shares were dealt from, for tests that compute the truth; and
 * that of a key period, from 1. */
const uint8_t *world_secret(const struct world *w);
const uint8_t *world_secret_of(const struct world *w, uint32_t epoch);
/* The newest key period that was dealt. */
uint32_t world_key_epoch(const struct world *w);

#endif
