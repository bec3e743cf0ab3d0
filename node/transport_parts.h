/*
 * transport_parts.h - what the files of the transport share. Only they and its test include it.
 *
 * A link number is place + generation: the low LINK_PLACE_BITS bits say which slot (inbound slots
 * first, then outbound ones), the others count how often that slot was used.
 */
#ifndef NODE_TRANSPORT_PARTS_H
#define NODE_TRANSPORT_PARTS_H

#include <czmq.h>

#include "node/transport.h"
#include "node/zap.h"

enum {
    INBOUND_SLOTS = 2048, /* more than may be up, so that cut links are remembered for a while */
    INBOUND_UP_MAX = TRANSPORT_LINKS_MAX - PEERS_MAX,
    OUTBOUND_SLOTS = PEERS_MAX,
    LINK_PLACE_BITS = 12,
    ROUTING_ID_BYTES = 5, /* those that libzmq itself gives: zero, then a counter */
    QUEUE_MAX = 4096,     /* events without a frame: one DOWN for each link at most, and one UP */
};

_Static_assert(INBOUND_SLOTS + OUTBOUND_SLOTS <= 1 << LINK_PLACE_BITS, "every slot has a place");
_Static_assert(TRANSPORT_LINKS_MAX + 2 <= QUEUE_MAX, "every link's DOWN fits");

/* FREE -> UP at the first message; UP -> CUT when we end it; UP or CUT -> FREE once libzmq has
 * reported the end of the connection and what it had sent is read. */
enum inbound_state { INBOUND_FREE = 0, INBOUND_UP, INBOUND_CUT };

struct inbound {
    enum inbound_state state;
    bool is_closing; /* the connection has ended; the descriptor may be another's by now */
    int fd;
    uint8_t routing_id[ROUTING_ID_BYTES];
    uint8_t key[TRANSPORT_KEY_BYTES];
    uint32_t generation;
    uint64_t order; /* of arrival */
};

/* FREE -> CONNECTING at a dial; CONNECTING -> UP at the handshake, or -> WAITING when that failed
 * or took too long; UP -> ENDING when the connection ended; ENDING -> WAITING when its last frames
 * are read; WAITING -> CONNECTING at deadline_ms. One socket lives from CONNECTING to WAITING. */
enum outbound_state {
    OUTBOUND_FREE = 0,
    OUTBOUND_WAITING,
    OUTBOUND_CONNECTING,
    OUTBOUND_UP,
    OUTBOUND_ENDING
};

struct outbound {
    enum outbound_state state;
    uint8_t key[TRANSPORT_KEY_BYTES];
    char endpoint[ENDPOINT_BYTES_MAX + 1];
    void *socket;
    void *monitor;
    uint64_t deadline_ms; /* WAITING: dial then; CONNECTING: give up then */
    uint64_t up_ms;       /* since when it is up */
    uint64_t wait_ms_max; /* the next wait is at most this */
    uint32_t generation;
};

struct transport {
    struct transport_config config; /* listen is not used after start */
    char endpoint[256];
    struct zap *zap;
    uint64_t now_ms; /* monotonic, at the current call */

    zsock_t *listener;
    void *listener_monitor;
    bool is_discarding; /* frames of a refused message are still to be read */
    struct inbound inbound[INBOUND_SLOTS];
    size_t inbound_used; /* highest slot in use, plus one */
    size_t inbound_up;
    size_t inbound_closing;
    uint64_t inbound_order;

    struct outbound outbound[OUTBOUND_SLOTS];
    size_t outbound_used;
    size_t turn; /* whose turn it is: 0 the listener, then outbound slots */

    struct transport_event queue[QUEUE_MAX];
    size_t queue_first;
    size_t queue_count;

    /* The message last received. Its event waits until the queue is empty; the message itself is
     * kept until the caller asks for the next event. */
    zmq_msg_t message;
    bool has_message;
    bool is_message_due;
    struct transport_event message_event;

    zmq_pollitem_t items[TRANSPORT_POLL_OWN_MAX + 3 + 2 * OUTBOUND_SLOTS];
};

uint64_t transport_clock_ms(void);
/* Queues an event without a frame. */
void transport_queue(struct transport *t, enum transport_event_type type, uint32_t link,
                     const uint8_t key[TRANSPORT_KEY_BYTES], bool is_outbound);
/* Makes t->message the next FRAME event after those in the queue. */
void transport_deliver(struct transport *t, uint32_t link, const uint8_t key[TRANSPORT_KEY_BYTES],
                       bool is_outbound);
/* Closes t->message, delivered or not. */
void transport_release(struct transport *t);
/* Sends a copy without waiting; routing_id is empty for a DEALER. OK, ERR_FULL, or ERR_NOT_FOUND if
 * the socket knows no such peer. */
MUST_CHECK enum err transport_put(void *socket, struct bytes routing_id, struct bytes frame);

/* ---- transport_in.c ---- */
MUST_CHECK enum err inbound_open(struct transport *t);
void inbound_close(struct transport *t);
/* Works on the listener until an event is ready (true) or there is no more, or enough, to do. */
bool inbound_step(struct transport *t);
struct inbound *inbound_find(struct transport *t, uint32_t link);
MUST_CHECK enum err inbound_send(struct transport *t, struct inbound *in, struct bytes frame);
/* Queues DOWN; shuts the connection down if t->message came over it. */
void inbound_cut(struct transport *t, struct inbound *in);

/* ---- transport_out.c ---- */
bool outbound_step(struct transport *t, struct outbound *out);
struct outbound *outbound_find(struct transport *t, uint32_t link);
MUST_CHECK enum err outbound_send(struct transport *t, struct outbound *out, struct bytes frame);
/* Ends the connection, with DOWN if it was up; it is dialled again in due time. */
void outbound_end(struct transport *t, struct outbound *out);
/* Ends the connection and forgets the peer. */
void outbound_forget(struct transport *t, struct outbound *out);

#endif
