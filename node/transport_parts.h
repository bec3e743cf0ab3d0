/*
 * transport_parts.h - what the files of the transport share. Only they and its test include it.
 *
 * A link number is place + generation: the low LINK_PLACE_BITS bits say which slot (inbound slots
 * first, then outbound ones), the others count how often that slot was used.
 */
#ifndef NODE_TRANSPORT_PARTS_H
#define NODE_TRANSPORT_PARTS_H

#include <czmq.h>
#include <sodium.h>

#include "node/lookup.h"
#include "node/tcp.h"
#include "node/transport.h"
#include "node/zap.h"

enum {
    INBOUND_SLOTS = 2048, /* more than may be up, so that cut links are remembered for a while */
    INBOUND_UP_MAX = TRANSPORT_LINKS_MAX - PEERS_MAX,
    OUTBOUND_SLOTS = PEERS_MAX,
    LINK_PLACE_BITS = 12,
    ROUTING_ID_BYTES = 5,   /* those that libzmq itself gives: zero, then a counter */
    QUEUE_MAX = 4096,       /* events without a frame: one DOWN for each link at most, and one UP */
    RATES = 1024,           /* addresses whose connections are counted; more share a place */
    CONNS_MAX = 8192,       /* descriptors of connections are below this */
    CONNS_SILENT_MAX = 512, /* to the listener, that have not spoken yet */
    CONNS_RESERVE_MAX = 64, /* descriptors kept free for everything else */
    CONNS_SILENT_MS = 15000,      /* to speak after connecting */
    CONNS_LOOK_MS = 10,           /* between looks at a connection whose bytes come in */
    CONNS_LOOK_LATE_MS = 100,     /* looks while there is always something to read */
    CONNS_BYTES_MAX = 4u << 20,   /* read by libzmq of a message that is not complete */
    CONNS_QUEUED_FRAMES_MAX = 18, /* of one connection, complete and waiting for us */
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

/* FREE -> CONNECTING at a dial, by way of RESOLVING where the host is a name; CONNECTING -> UP at
 * the handshake, or -> WAITING when that failed or took too long; UP -> ENDING when the connection
 * ended; ENDING -> WAITING when its last frames are read; WAITING -> RESOLVING or CONNECTING at
 * deadline_ms; RESOLVING -> WAITING where the name is not found in time. One socket lives from
 * CONNECTING to WAITING. */
enum outbound_state {
    OUTBOUND_FREE = 0,
    OUTBOUND_WAITING,
    OUTBOUND_RESOLVING,
    OUTBOUND_CONNECTING,
    OUTBOUND_UP,
    OUTBOUND_ENDING
};

struct outbound {
    enum outbound_state state;
    struct tcp_ref ref; /* its connection; inode 0 before that is known */
    uint8_t key[TRANSPORT_KEY_BYTES];
    char endpoint[ENDPOINT_BYTES_MAX + 1];
    struct lookup *lookup; /* RESOLVING */
    void *socket;
    void *monitor;
    uint64_t deadline_ms; /* WAITING: dial then; RESOLVING and CONNECTING: give up then */
    uint64_t up_ms;       /* since when it is up */
    uint64_t wait_ms_max; /* the next wait is at most this */
    uint32_t generation;
};

/* A TCP connection under one of libzmq's descriptors, from the report that it exists to the report
 * that it has ended (transport_conn.c). */
enum conn_kind { CONN_NONE = 0, CONN_IN, CONN_OUT };

struct conn {
    enum conn_kind kind;
    bool has_spoken;    /* a message came over it */
    bool is_doomed;     /* to be shut down once the monitor is read to its end */
    bool is_shut;       /* by us; its end has not been reported yet */
    bool is_moving;     /* bytes came in since the last look */
    bool has_delivered; /* a whole message came since the last look */
    bool is_suspect;    /* was above the limit at the last look */
    struct tcp_ref ref;
    uint8_t source[TCP_SOURCE_BYTES];
    uint64_t order;
    uint64_t reads;       /* of the listener, when it was reported */
    uint64_t since_ms;    /* it was reported */
    uint64_t whole_ms;    /* of the look after the last whole message */
    uint64_t whole_bytes; /* read by libzmq then */
    uint64_t read_bytes;  /* read by libzmq at the last look */
};

/* How many connections an address may still make at once, in thousandths; it fills up again. */
struct rate {
    uint8_t source[TCP_SOURCE_BYTES];
    uint64_t since_ms; /* 0: not used */
    uint64_t milli;
};

struct transport {
    struct transport_config config; /* listen is not used after start */
    char endpoint[256];
    struct zap *zap;
    uint64_t now_ms; /* monotonic, at the current call */

    zsock_t *listener;
    void *listener_monitor;
    bool is_discarding; /* frames of a refused message are still to be read */
    uint64_t reads;     /* messages asked of the listener, from 1 on */
    uint64_t read_out;  /* the last time that there was none */
    struct inbound inbound[INBOUND_SLOTS];
    size_t inbound_used; /* highest slot in use, plus one */
    size_t inbound_up;
    size_t inbound_closing;
    uint64_t inbound_order;

    struct tcp_hand hand;
    int moves; /* an epoll that tells on which connections bytes came in */
    uint16_t port;
    struct conn conns[CONNS_MAX]; /* by descriptor */
    size_t conns_used;            /* highest descriptor in use, plus one */
    size_t conns_in;              /* CONN_IN */
    size_t conns_silent;          /* CONN_IN, not shut, have not spoken */
    size_t conns_doomed;
    size_t conns_moving;
    uint64_t conns_order;
    struct rate rates[RATES]; /* by a keyed hash of the address */
    uint8_t rate_key[crypto_shorthash_KEYBYTES];
    uint64_t look_ms;    /* when we last looked at those that move */
    uint64_t silence_ms; /* when we last looked at those that are silent */
    uint64_t drained_ms; /* when no socket had anything more to read */
    bool is_drained;     /* whether that is so now */
    bool is_read_out;    /* the listener had nothing more to read in this call */
    struct transport_shuts shuts;

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

    zmq_pollitem_t items[TRANSPORT_POLL_OWN_MAX + 4 + 2 * OUTBOUND_SLOTS];
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
/* Reads the monitor to its end. */
void inbound_watch(struct transport *t);
/* Answers handshakes. */
void inbound_admit(struct transport *t);
struct inbound *inbound_find(struct transport *t, uint32_t link);
MUST_CHECK enum err inbound_send(struct transport *t, struct inbound *in, struct bytes frame);
/* Queues DOWN and shuts the connection down. */
void inbound_cut(struct transport *t, struct inbound *in);

/* ---- transport_conn.c ---- */
MUST_CHECK enum err conns_open(struct transport *t);
void conns_close(struct transport *t);
/* What the monitors tell. conn_accepted only marks whom it would shut down: conns_enforce does that
 * once the monitor is read to its end, when every descriptor is surely whose we think it is. */
void conn_accepted(struct transport *t, int fd);
void conns_enforce(struct transport *t);
void conn_ended(struct transport *t, int fd);
/* Whether a message that libzmq ascribes to this descriptor, and that belongs to no link, can be of
 * the connection that has it now: rule 4 in transport_in.c. */
bool conn_may_begin(const struct transport *t, int fd);
/* What was reported when t->reads was below this is settled: nothing of connections that had ended
 * then is left to be read. */
uint64_t conns_settled(const struct transport *t);
/* A whole message came over a connection to the listener. */
void conn_heard(struct transport *t, int fd);
/* Shuts a connection to the listener down, now. */
void conn_shut(struct transport *t, int fd);
/* The same of connections that we dialled; *ref is what conn_dialled found, inode 0 if nothing. */
void conn_dialled(struct transport *t, int fd, struct tcp_ref *ref);
void conn_dialled_heard(struct transport *t, const struct tcp_ref *ref);
void conn_dialled_ended(struct transport *t, struct tcp_ref *ref);
/* Looks at connections on which bytes came in, and at those that are silent, when it is time to.
 * is_drained says whether no socket had anything more to read. */
void conns_look(struct transport *t, bool is_drained);
/* Ends those that have been silent for so long. */
void conns_end_silent(struct transport *t, uint64_t at_least_ms);
/* at_most, or less if a connection is to be looked at before. */
long conns_timeout_ms(const struct transport *t, uint64_t now_ms, long at_most);
/* Whether so few descriptors are left that none is to be spent on a dial. */
bool conns_are_scarce(const struct transport *t);

/* ---- transport_out.c ---- */
bool outbound_step(struct transport *t, struct outbound *out);
struct outbound *outbound_find(struct transport *t, uint32_t link);
MUST_CHECK enum err outbound_send(struct transport *t, struct outbound *out, struct bytes frame);
/* Ends the connection, with DOWN if it was up; it is dialled again in due time. */
void outbound_end(struct transport *t, struct outbound *out);
/* Ends the connection and forgets the peer. */
void outbound_forget(struct transport *t, struct outbound *out);

#endif
