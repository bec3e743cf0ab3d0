/*
 * node.h - one running node: the core, its store, its connections, the desk and the control socket.
 *
 * One thread, one loop (loop.c): wait; take what arrived through the core; carry out its effects;
 * commit once; only then let out what had to wait for that. Parts:
 *
 *     loop.c     the loop, time, signals
 *     carry.c    carries out effects; keeps what may leave only after the commit
 *     desk.c     people's work: publishing, consulting, listing, erasing
 *     control.c  the local socket on which `seinpost` asks for that work
 */
#ifndef NODE_NODE_H
#define NODE_NODE_H

#include <jansson.h>

#include "config/config.h"
#include "federation/federation.h"
#include "node/keyring.h"
#include "node/store.h"
#include "node/transport.h"
#include "protocol/roster_chain.h"

struct desk;
struct control;
struct outbox;
struct scrub;

struct node {
    struct config config;
    uint8_t author[AUTHOR_BYTES];
    uint8_t transport_key[KEY_BYTES]; /* its public half, as long as this process lives */
    struct federation *core;
    struct effects *effects;
    struct store *store;
    struct transport *transport;
    struct desk *desk;
    struct control *control;
    struct scrub *scrub;
    struct outbox *outbox;
    bool is_locked;   /* what the core keeps does not get into swap space */
    bool is_stepping; /* the core is not entered twice */
    bool is_tight;    /* the disk has no room for what can wait */
    uint64_t room_ms; /* when that was looked at last */
};

/* ---- loop.c ---- */
struct node_secrets {
    uint8_t feed_secret[64];
    uint8_t next_feed_secret[64]; /* of the newest feed key; zeros where there is one only */
    /* The newest transport key, and the one before it (zeros where there is one only): the member
     * list says which is in force when the node starts. */
    uint8_t transport_public[2][32];
    uint8_t transport_secret[2][32];
    uint8_t desk_key[32];
    struct held_share shares[SHARES_MAX]; /* of the ring */
    size_t share_count;
};

/* Opens everything and proves that strangers stay outside. Copies and then wipes *secrets. OK, or
 * the error with *problem for the person; what was opened is closed again. */
MUST_CHECK enum err node_open(struct node **out, const struct config *config,
                              struct node_secrets *secrets, struct problem *problem);

/* Runs until SIGTERM or SIGINT. OK; ERR_FORMAT when a part of the store was found damaged: the node
 * must be closed and opened again, which repairs it. Does not return when the store failed: the
 * process ends, and must be started again. */
MUST_CHECK enum err node_run(struct node *n);

void node_close(struct node **n);

int64_t node_now_utc(void);
uint64_t node_now_ms(void);
uint32_t node_today(void);

/* Takes one event through the core and carries out its effects; fills in time and fresh bytes. Not
 * to be called while another step is being carried out. */
void node_step(struct node *n, struct event *ev);

/* The organisation's id in the member list in force, or "?" if it is not there; for logs and
 * answers. */
const char *node_org_id(const struct node *n, const uint8_t author[AUTHOR_BYTES]);

/* ---- carry.c ---- */
struct outbox *outbox_new(void);
void outbox_free(struct outbox **o);
/* Carries out the effects of one step, in order. ERR_IO: the store failed, which is fatal. */
MUST_CHECK enum err carry_out(struct node *n, const struct effects *out);
/* Bytes that came since the last commit. */
size_t outbox_bytes(const struct outbox *o);
/* Whether there is something to be sent: after a commit, to peers that took no more. */
bool outbox_is_waiting(const struct outbox *o);
/* Commits what is pending and lets everything go that waited for it. ERR_IO: fatal. */
MUST_CHECK enum err carry_commit(struct node *n);

/* ---- desk.c ---- */
struct desk *desk_new(struct node *n, const uint8_t desk_key[32]);
void desk_free(struct desk **d);
/* A request of the control protocol; its answers go to control_send(client, ...). Takes request. */
void desk_request(struct desk *d, uint64_t client, json_t *request);
/* Goes on with what is under way: hands chunks to the core, finishes jobs. */
void desk_work(struct desk *d);
/* Whether desk_work has something to do now. */
bool desk_is_busy(const struct desk *d);
/* How many registrations are in the key period in use, and are still to be carried over to it: for
 * status; NULL if the store failed. */
json_t *carry_status(struct desk *d);
/* Keeps the request's number in its record. ERR_IO: fatal. */
MUST_CHECK enum err desk_on_asked(struct desk *d, const struct effect *e);
void desk_on_totals(struct desk *d, const struct effect *e);
/* Days on which unusually many people were asked about, for status. */
json_t *audit_alarms_json(struct desk *d);
void desk_on_evaluated(struct desk *d, const struct effect *e);
void desk_on_appended(struct desk *d, const struct effect *e);
/* The member list that a roster request brought was adopted or refused. */
void desk_on_roster(struct desk *d, enum err result, uint64_t version);
/* Keeps a prekey secret sealed, or deletes it; and puts a message that came into the inbox. ERR_IO.
 */
MUST_CHECK enum err desk_on_prekey(struct desk *d, const struct effect *e);
MUST_CHECK enum err desk_on_ceremony(struct desk *d, const struct effect *e);
/* Keeps a share sealed, or wipes it. ERR_IO. */
MUST_CHECK enum err desk_on_share(struct desk *d, const struct effect *e);
/* Gives the core the shares of the store and those of the ring. ERR_FORMAT, ERR_SIGNATURE or
 * ERR_VERSION for one in the store that cannot be read, ERR_IO. */
MUST_CHECK enum err desk_load_shares(struct desk *d, const struct node_secrets *s);
MUST_CHECK enum err desk_on_message(struct desk *d, const struct effect *e);
/* Gives the core back the prekeys and the envelopes under way. ERR_FORMAT for one that the desk key
 * does not open, ERR_IO. */
MUST_CHECK enum err desk_load_post(struct desk *d);
/* The same of key ceremonies. */
MUST_CHECK enum err desk_load_ceremonies(struct desk *d);
/* The client went away: its jobs are dropped where that leaves nothing half-done. */
void desk_client_gone(struct desk *d, uint64_t client);
/* After a commit: answers that say "published" may go. */
void desk_on_committed(struct desk *d);
/* Goes on with a copy of the store, while there is nothing to commit. */
void backup_work(struct desk *d);

/* ---- desk_keys.c ---- */
/* The key ceremonies that wait for something to be done at this node, for its status. */
json_t *ceremonies_waiting_json(const struct node *n);
/* The shares that this node holds, without what is secret of them; and those whose time is over by
 * the member list, and whether they are gone here. */
json_t *shares_held_json(const struct node *n);
json_t *shares_ended_json(const struct node *n);

/* ---- status.c ---- */
json_t *status_json(struct node *n);

/* ---- control.c ---- */
MUST_CHECK enum err control_open(struct node *n, struct control **out, struct problem *problem);
void control_free(struct control **c);
enum { CONTROL_CLIENTS_MAX = 16 };
/* Fills in up to 1 + CONTROL_CLIENTS_MAX items; returns how many. */
size_t control_poll_items(struct control *c, zmq_pollitem_t *items);
void control_work(struct control *c, const zmq_pollitem_t *items, size_t count);
/* Queues one line for a client that may be gone. Takes line. */
void control_send(struct control *c, uint64_t client, json_t *line);
/* The user number on this machine of whoever asks; -1 if that is not known. */
int64_t control_uid(const struct control *c, uint64_t client);
/* The last line was queued: closes once everything is written. */
void control_end(struct control *c, uint64_t client);

#endif
