/* world_internal.h - what the files of the world share. Only world*.c include it. */
#ifndef TESTS_SIM_WORLD_INTERNAL_H
#define TESTS_SIM_WORLD_INTERNAL_H

#include <sodium.h>

#include "protocol/roster_chain.h"
#include "tests/sim/dice.h"
#include "tests/sim/world.h"

enum {
    POSTS_MAX = 262144,
    WIRES_MAX = 2048, /* a link's number holds its place among them */
    PAPERS_MAX = 32,
    STEWARDS = 3, /* of a world at most */
    KEY_PERIODS = 16,
    ANSWERS_MAX = 64,
    REPORTS_MAX = REPORT_CEREMONY_DONE + 1,
};

struct post {
    uint64_t at_ms;
    uint64_t seq; /* in the order of sending */
    size_t from, to;
    enum event_type type;
    uint32_t link; /* as the receiver knows it */
    bool is_outbound;
    uint8_t *frame;
    size_t len;
    bool is_again; /* a frame that came before */
};

/* A connection: who dialled whom, and how each calls it. */
struct wire {
    bool is_used;
    size_t dialler, listener;
    uint32_t link[2];    /* at the dialler, at the listener */
    uint64_t last_ms[2]; /* when what was sent last arrives, from the dialler, from the listener */
    size_t under_way[2];
};

struct held_frame {
    uint32_t link;
    uint8_t *frame;
    size_t len;
};

struct machine {
    struct federation *core;
    void *storage;
    struct shelf *shelf;
    struct federation_config config;
    struct held_share newest; /* as dealt last */
    struct held_share dealt;  /* before the first start; index 0: none */
    uint8_t transport_key[32];
    uint8_t next_transport_key[32]; /* from its next start on; zeros: none */
    uint8_t feed_public[32];
    bool is_running;
    bool wants[WORLD_NODES_MAX]; /* dials these */
    uint64_t redial_ms[WORLD_NODES_MAX];
    bool is_dialled[WORLD_NODES_MAX];     /* there is a connection that it dialled to these */
    uint64_t clogged_ms[WORLD_NODES_MAX]; /* until when nothing of it comes to these */
    const struct behaviour *behaviour;
    void *behaviour_state;
    enum world_disk disk;
    struct shelf *synced;    /* STALLED: what is on the disk for certain */
    bool is_dirty;           /* STALLED: there were PERSISTs since */
    struct held_frame *held; /* what waits for the commit */
    size_t held_count;
    size_t ended;
    size_t under_way_max;
    int64_t ahead_utc;
    uint64_t starts;
    /* answers to what the test asked */
    bool has_appended;
    enum err appended;
    uint64_t first;
    uint64_t tickets;
    struct world_answer answers[ANSWERS_MAX];
    enum err roster;
    size_t told[REPORTS_MAX][ERR_COUNT];
};

struct paper {
    uint8_t *data;
    size_t len;
};

struct world {
    struct world_setup setup;
    struct machine machines[WORLD_NODES_MAX];
    uint64_t now_ms;
    int64_t skew_utc;
    struct post *posts;
    size_t post_count; /* a heap by (at_ms, seq) */
    uint64_t post_seq;
    struct wire wires[WIRES_MAX];
    size_t wire_count; /* highest used plus one */
    bool is_parted[WORLD_NODES_MAX][WORLD_NODES_MAX];
    uint32_t next_wire;
    uint64_t plug_ms; /* when somebody may have to dial */
    struct world_network network;
    struct dice dice; /* of the network */
    uint64_t behave_ms;
    bool has_behaviour;
    void (*on_step)(void *, size_t, const struct event *, const struct effects *);
    void *on_step_ctx;
    crypto_generichash_state sum;
    uint64_t steps;
    uint64_t drawn;
    uint8_t steward_secret[STEWARDS][64];
    uint8_t secrets[KEY_PERIODS][32]; /* of each key period, from 1 */
    struct roster_key key;            /* as dealt last */
    uint64_t deals;
    struct roster *roster;
    uint8_t *arena;
    struct paper papers[PAPERS_MAX]; /* the member lists so far */
    size_t paper_count;
    struct paper rivals[PAPERS_MAX];
    size_t rival_count;
    struct paper draft;
    size_t (*tamper)(void *, size_t, size_t, uint8_t *, size_t);
    void *tamper_ctx;
    size_t (*watch)(void *, const struct passing *);
    void *watch_ctx;
    char *trace;
    size_t trace_len, trace_cap;
    struct effects *effects;
};

/* Bytes that follow from the world's seed, what they are for, and a number. */
void world_draw(const struct world *w, const char *what, uint64_t n, uint8_t *out, size_t len);

/* Carries one event through a node's core, and its effects out. */
void world_step(struct world *w, size_t at, struct event *ev);

/* A connection between the two; NULL if there is none. */
const struct wire *world_wire(const struct world *w, size_t a, size_t b);

/* world_net.c: connections, and what is on its way. */
void world_plug(struct world *w);
void world_unplug(struct world *w, struct wire *x);
void world_unplug_all(struct world *w, size_t node);
struct wire *world_wire_of(struct world *w, size_t node, uint32_t link);
/* Sends now what the core at from wants sent; extra_ms later where a commit is waited for. */
void world_post_frame(struct world *w, size_t from, uint32_t link, struct bytes frame,
                      uint64_t extra_ms);
/* What arrives next, by then; false if nothing does. */
bool world_next_post(struct world *w, uint64_t until_ms, struct post *out);
void world_deliver(struct world *w, struct post *p);

/* world_setup.c: signed by a quorum, or by one fewer and extra, where that is not NULL. */
struct paper world_sign(struct world *w, const uint8_t *extra);

#endif
