/*
 * transport.h - the connections of one node: CurveZMQ over TCP, seen as numbered links.
 *
 * What happens comes out as records (struct transport_event), what is wanted goes in as plain
 * values (link numbers, keys, bytes), so that all of this can move into a process of its own that
 * holds no signing key and no database. Nothing blocks, there is no thread and no timer here: the
 * caller's loop polls, then drains.
 *
 *     for (;;) {
 *         zmq_pollitem_t *items = transport_poll_items(t, own, &count);
 *         ... fill items[0] to items[own - 1] with the caller's own descriptors ...
 *         zmq_poll(items, count, transport_timeout_ms(t, at_most));
 *         for (int i = 0; i < SOME && transport_next(t, &ev); i++)
 *             ...
 *     }
 *
 * Links. One ROUTER listens; each peer that is dialled has a DEALER of its own. A link is one
 * authenticated connection: UP, then its frames, then exactly one DOWN, also when the caller ended
 * it. A listener's link is UP with its first frame, since libzmq tells of nobody who is silent. A
 * link number is not used again until a million others in its place have come and gone. The
 * transport key of a link is the one that the handshake proved, taken from each message; no routing
 * id names anybody.
 *
 * Who may connect is asked at the handshake only: afterwards the caller judges each frame and calls
 * transport_cut.
 *
 * Bounded here: links (TRANSPORT_LINKS_MAX) and listener's links of one key
 * (TRANSPORT_LINKS_PER_KEY), dialled peers (PEERS_MAX), connections from one address before and
 * after authentication (connections_per_source), and new ones of it in a second
 * (connects_per_second), connections that have not spoken yet, and time to
 * speak, descriptors (some are always kept for the rest of the process), bytes of a frame before
 * and after authentication, frames queued for and from each connection, bytes of a message of many
 * frames, time for a handshake, silence of a peer, work in one call.
 * Not bounded here: what libzmq gathers of an endless message while the caller does not call (it
 * reads some hundred MB/s).
 */
#ifndef NODE_TRANSPORT_H
#define NODE_TRANSPORT_H

#include <stdbool.h>
#include <stdint.h>
#include <zmq.h>

#include "proto/bytes.h"
#include "proto/err.h"
#include "proto/limits.h"

enum {
    TRANSPORT_KEY_BYTES = 32,
    TRANSPORT_LINKS_MAX =
        2048, /* PEERS_MAX of them for dialled peers, the others for the listener */
    TRANSPORT_LINKS_PER_KEY = 4, /* at the listener; one more takes the place of the oldest */
    TRANSPORT_CONNECTIONS_PER_SOURCE = 128, /* at the listener, unless configured otherwise */
    TRANSPORT_CONNECTS_PER_SECOND = 64,     /* of one address, in the long run ... */
    TRANSPORT_CONNECTS_AT_ONCE = 256,       /* ... and so many after a pause */
    TRANSPORT_POLL_OWN_MAX = 64,            /* descriptors that the caller may poll along */
    TRANSPORT_RECONNECT_MS_MIN = 1000,
    TRANSPORT_RECONNECT_MS_MAX = 60000,
};

struct transport;

struct transport_config {
    const char
        *listen; /* "tcp://address:port", port "*" or 0 for any; NULL: this node only dials */
    uint8_t public_key[TRANSPORT_KEY_BYTES]; /* Curve25519 */
    uint8_t secret_key[TRANSPORT_KEY_BYTES];
    /* Asked at each handshake with the listener; must not block. Not needed where listen is NULL.
     */
    bool (*admit)(void *ctx, const uint8_t transport_key[TRANSPORT_KEY_BYTES]);
    void *ctx;
    unsigned io_threads;       /* of libzmq; 0: one. The first transport of a process decides. */
    unsigned reconnect_ms_min; /* 0: TRANSPORT_RECONNECT_MS_MIN */
    unsigned reconnect_ms_max; /* 0: TRANSPORT_RECONNECT_MS_MAX */
    /* From one IPv4 address, or one IPv6 network of 64 bits; 0: TRANSPORT_CONNECTIONS_PER_SOURCE */
    unsigned connections_per_source;
    unsigned connects_per_second; /* of the same; 0: TRANSPORT_CONNECTS_PER_SECOND */
};

enum transport_event_type { TRANSPORT_UP = 1, TRANSPORT_DOWN, TRANSPORT_FRAME };

struct transport_event {
    enum transport_event_type type;
    uint32_t link; /* never 0 */
    uint8_t transport_key[TRANSPORT_KEY_BYTES];
    bool is_outbound;   /* we dialled */
    struct bytes frame; /* FRAME: at most FRAME_BYTES_MAX; borrowed until the next transport_next */
};

/* Binds the ZAP handler and the listener. One listening transport is possible in a process. The
 * configuration is copied, but admit and ctx must outlive *t. Returns ERR_FORMAT for an endpoint
 * that is not of the form above, ERR_DUPLICATE if another transport of this process listens, ERR_IO
 * if the address cannot be bound or libzmq has no room (zmq_errno tells which); the caller gives up
 * starting. On error *t is NULL. Aborts if libzmq does not keep the options on which security
 * rests. */
MUST_CHECK enum err transport_new(const struct transport_config *config, struct transport **t);

/* Closes everything at once; frames under way are lost. Accepts a pointer to NULL. A process that
 * ends by exit() must call it first: CZMQ's exit handler waits for open sockets (_exit and abort do
 * not). */
void transport_free(struct transport **t);

/* The bound endpoint with its actual port; "" where this node only dials. Borrowed from t. */
const char *transport_endpoint(const struct transport *t);

/* Proves that strangers stay outside: connects to the own listener with a fresh random key, as
 * anybody could, and waits up to timeout_ms for the refusal. The only call that waits; for
 * start-up, before the first poll. Returns OK if refused or if there is no listener,
 * ERR_UNAUTHORISED if the stranger got in (the caller must exit), ERR_UNAVAILABLE if neither was
 * seen in time, ERR_IO if libzmq has no room. */
MUST_CHECK enum err transport_selftest(struct transport *t, unsigned timeout_ms);

/* What to give to zmq_poll: own (at most TRANSPORT_POLL_OWN_MAX) slots for the caller, cleared so
 * that they poll nothing, then those of the transport; *count is the number of all. Borrowed until
 * the next call of any function here. */
zmq_pollitem_t *transport_poll_items(struct transport *t, size_t own, size_t *count);

/* How long to poll: at_most, or less if a peer is to be dialled or given up before, or 0 if an
 * event is ready without any socket being so. */
long transport_timeout_ms(const struct transport *t, long at_most);

/* The next event, taking turns among the connections. Also answers handshakes and dials anew those
 * whose time has come, so it must be called after every poll. Work in one call is bounded: false
 * means that nothing is ready, or at worst that the next poll returns at once. */
bool transport_next(struct transport *t, struct transport_event *ev);

/* Queues a copy of a frame for a link. Returns ERR_NOT_FOUND if there is no such link or its
 * connection has ended (DOWN follows if it has not come yet), ERR_FULL if the peer takes frames
 * more slowly than we send, or a burst is longer than libzmq's queue of 64 (keep the frame and try
 * again, or cut), ERR_LIMIT above FRAME_BYTES_MAX. Nothing is queued on error. OK promises no
 * delivery. */
MUST_CHECK enum err transport_send(struct transport *t, uint32_t link, struct bytes frame);

/* Ends a link and its connection at once: its DOWN comes next, no frame of it any more, and sends
 * to it fail. A dialled peer is dialled again in due time. Unknown links are ignored. */
void transport_cut(struct transport *t, uint32_t link);

/* Ends the connections to the listener over which nothing was said yet: for when the answer of
 * admit has changed, since theirs may be the old one and nobody judges them before they speak.
 * Those who still may connect again. */
void transport_cut_silent(struct transport *t);

/* Keeps a connection to a peer under way: dials now, and again whenever it ends, after a random
 * wait that grows from reconnect_ms_min to reconnect_ms_max and falls back once a link has lasted
 * that maximum. Only the holder of transport_key can answer. The same endpoint again changes
 * nothing; another one takes its place (DOWN for a link that was up). Returns ERR_FORMAT for an
 * endpoint other than "tcp://host:port", ERR_FULL if PEERS_MAX are dialled. */
MUST_CHECK enum err transport_dial(struct transport *t,
                                   const uint8_t transport_key[TRANSPORT_KEY_BYTES],
                                   const char *endpoint);

/* Stops dialling a peer and ends the link to it, if any (DOWN). Unknown keys are ignored. */
void transport_hangup(struct transport *t, const uint8_t transport_key[TRANSPORT_KEY_BYTES]);

/* Handshakes refused since the start, the self-test's own included; for a log at a limited rate. */
uint64_t transport_refusals(const struct transport *t);

/* Connections that were ended since the start though nobody asked to. */
struct transport_shuts {
    uint64_t crowded; /* too many or too often from one address, too many in all, or descriptors
                         were running out */
    uint64_t silent;  /* to the listener; not a word in time, or before transport_cut_silent */
    uint64_t endless; /* a message went on and on */
};
struct transport_shuts transport_shuts(const struct transport *t);

#endif
