/*
 * The listener's half of the transport.
 *
 * libzmq tells a ROUTER nothing of connections that come and go. That a link has ended is learnt
 * from a monitor, which names descriptors, and descriptors are used again at once. Four rules keep
 * them apart:
 *
 * 1. Just before each read from the ROUTER the monitor is read to its end. libzmq reports an end
 * before it closes the descriptor, and the next connection with that descriptor cannot speak before
 * our own ZAP handler has answered for it; so its first message is read after the old one's end.
 * 2. A link whose end was reported is kept until the ROUTER has nothing more to read, so that what
 * it sent last still counts as its own.
 * 3. A connection is shut down only if a last look at the monitor still shows no end of it; and
 * then by its inode (tcp.h).
 *
 * 4. What a connection sent and nobody read yet outlives it, and its descriptor may be another's by
 * then. So nobody is let in (inbound_admit) before the ROUTER has been read out, or each connection
 * has had its turn often enough, since it asked; before that a message that belongs to no link is
 * of an older connection with that descriptor, and is dropped. libzmq hands over what a connection
 * sent before it closes the descriptor, so all of it is there to be read by then.
 */
#include <assert.h>
#include <sodium.h>

#include "node/curve.h"
#include "node/transport_parts.h"

enum {
    INBOUND_READS_MAX = 64,    /* messages looked at in one step without an event */
    INBOUND_DISCARD_MAX = 1024 /* frames thrown away in one step */
};

enum err inbound_open(struct transport *t)
{
    enum err e = zap_new(CURVE_DOMAIN, t->config.admit, t->config.ctx, &t->zap);
    if (e != OK)
        return e;
    t->listener = curve_listener(t->config.secret_key, t->config.listen);
    void *raw = zsock_resolve(t->listener);
    t->listener_monitor = curve_monitor(raw, ZMQ_EVENT_ACCEPTED | ZMQ_EVENT_DISCONNECTED);
    size_t len = sizeof t->endpoint;
    if (!t->listener_monitor || zmq_bind(raw, t->config.listen) != 0 ||
        zmq_getsockopt(raw, ZMQ_LAST_ENDPOINT, t->endpoint, &len) != 0)
        return ERR_IO;
    t->port = (uint16_t)strtoul(strrchr(t->endpoint, ':') + 1, NULL, 10);
    return OK;
}

void inbound_close(struct transport *t)
{
    if (t->listener)
        curve_monitor_close(zsock_resolve(t->listener), &t->listener_monitor);
    zsock_destroy(&t->listener);
    zap_free(&t->zap);
}

static uint32_t inbound_link(const struct transport *t, const struct inbound *in)
{
    return in->generation << LINK_PLACE_BITS | (uint32_t)(in - t->inbound);
}

struct inbound *inbound_find(struct transport *t, uint32_t link)
{
    uint32_t place = link & ((1u << LINK_PLACE_BITS) - 1);
    if (place >= INBOUND_SLOTS)
        return NULL;
    struct inbound *in = &t->inbound[place];
    return in->state == INBOUND_UP && inbound_link(t, in) == link ? in : NULL;
}

static void inbound_set_closing(struct transport *t, struct inbound *in)
{
    if (in->is_closing)
        return;
    in->is_closing = true;
    t->inbound_closing++;
}

static void inbound_set_cut(struct transport *t, struct inbound *in)
{
    transport_queue(t, TRANSPORT_DOWN, inbound_link(t, in), in->key, false);
    in->state = INBOUND_CUT;
    t->inbound_up--;
}

static void inbound_set_free(struct transport *t, struct inbound *in)
{
    if (in->state == INBOUND_UP)
        inbound_set_cut(t, in);
    if (in->is_closing)
        t->inbound_closing--;
    in->state = INBOUND_FREE;
    in->is_closing = false;
    while (t->inbound_used > 0 && t->inbound[t->inbound_used - 1].state == INBOUND_FREE)
        t->inbound_used--;
}

static struct inbound *inbound_by_fd(struct transport *t, int fd)
{
    for (size_t i = 0; i < t->inbound_used; i++) {
        struct inbound *in = &t->inbound[i];
        if (in->fd == fd && in->state != INBOUND_FREE && !in->is_closing)
            return in;
    }
    return NULL;
}

/* Rule 1. */
void inbound_watch(struct transport *t)
{
    uint32_t fd;
    for (int event; (event = curve_monitor_next(t->listener_monitor, &fd)) != 0;) {
        if (event == ZMQ_EVENT_ACCEPTED) {
            conn_accepted(t, (int)fd);
            continue;
        }
        conn_ended(t, (int)fd);
        struct inbound *in = inbound_by_fd(t, (int)fd);
        if (in)
            inbound_set_closing(t, in);
    }
    conns_enforce(t);
}

/* The ROUTER has nothing more to read: rule 2. */
static void inbound_sweep(struct transport *t)
{
    for (size_t i = t->inbound_used; i > 0 && t->inbound_closing > 0; i--)
        if (t->inbound[i - 1].is_closing)
            inbound_set_free(t, &t->inbound[i - 1]);
}

static struct inbound *inbound_by_routing_id(struct transport *t, const uint8_t *routing_id)
{
    for (size_t i = 0; i < t->inbound_used; i++) {
        struct inbound *in = &t->inbound[i];
        if (in->state != INBOUND_FREE && memcmp(in->routing_id, routing_id, ROUTING_ID_BYTES) == 0)
            return in;
    }
    return NULL;
}

/* Ends the connection of a link, or of a message that belongs to none. */
static void inbound_shutdown(struct transport *t, const struct inbound *in, int fd)
{
    inbound_watch(t); /* rule 3 */
    if (!(in && in->is_closing))
        conn_shut(t, fd);
}

void inbound_cut(struct transport *t, struct inbound *in)
{
    if (t->has_message && !t->message_event.is_outbound &&
        t->message_event.link == inbound_link(t, in))
        t->is_message_due = false;
    inbound_set_cut(t, in);
    inbound_shutdown(t, in, in->fd);
}

/* Ends the oldest link of a key that has as many as it may. */
static void inbound_make_way(struct transport *t, const uint8_t key[TRANSPORT_KEY_BYTES])
{
    struct inbound *oldest = NULL;
    size_t count = 0;
    for (size_t i = 0; i < t->inbound_used; i++) {
        struct inbound *in = &t->inbound[i];
        if (in->state != INBOUND_UP || memcmp(in->key, key, TRANSPORT_KEY_BYTES) != 0)
            continue;
        count++;
        if (!oldest || in->order < oldest->order)
            oldest = in;
    }
    if (count >= TRANSPORT_LINKS_PER_KEY)
        inbound_cut(t, oldest);
}

/* A slot for a new link: a free one, or else that of a cut link, which is then no longer recognised
 * and counts as new if it ever speaks again. NULL if as many are up as may be. */
static struct inbound *inbound_slot(struct transport *t)
{
    if (t->inbound_up >= INBOUND_UP_MAX)
        return NULL;
    struct inbound *cut = NULL;
    for (size_t i = 0; i < INBOUND_SLOTS; i++) {
        struct inbound *in = &t->inbound[i];
        if (in->state == INBOUND_FREE)
            return in;
        if (in->state == INBOUND_CUT)
            cut = in;
    }
    assert(cut); /* there are more slots than may be up */
    inbound_set_free(t, cut);
    return cut;
}

/* Makes a link, up if may_speak, otherwise cut from the start, so that what else its peer has sent
 * is recognised and refused too. NULL if there is no room. */
static struct inbound *inbound_add(struct transport *t, const uint8_t *routing_id, int fd,
                                   const uint8_t key[TRANSPORT_KEY_BYTES], bool may_speak)
{
    if (may_speak)
        inbound_make_way(t, key);
    struct inbound *in = inbound_slot(t);
    if (!in)
        return NULL;
    *in = (struct inbound){
        .state = may_speak ? INBOUND_UP : INBOUND_CUT,
        .fd = fd,
        .generation = in->generation + 1,
        .order = t->inbound_order++,
    };
    if (in->generation >> (32 - LINK_PLACE_BITS) != 0)
        in->generation = 1;
    memcpy(in->routing_id, routing_id, ROUTING_ID_BYTES);
    memcpy(in->key, key, TRANSPORT_KEY_BYTES);
    size_t place = (size_t)(in - t->inbound);
    if (place >= t->inbound_used)
        t->inbound_used = place + 1;
    if (may_speak) {
        t->inbound_up++;
        transport_queue(t, TRANSPORT_UP, inbound_link(t, in), key, false);
    }
    return in;
}

/* The link that a message belongs to; NULL if it is the first of its connection, or of one that is
 * no more (*is_stale). */
static struct inbound *inbound_match(struct transport *t, const uint8_t *routing_id, int fd,
                                     const uint8_t key[TRANSPORT_KEY_BYTES], bool *is_stale)
{
    struct inbound *in = inbound_by_routing_id(t, routing_id);
    *is_stale = false;
    if (in && in->fd == fd && memcmp(in->key, key, TRANSPORT_KEY_BYTES) == 0)
        return in;
    *is_stale = !conn_may_begin(t, fd); /* rule 4 */
    if (*is_stale)
        return NULL;
    if (in) /* a peer took the routing id of one that has gone; honest ones never name theirs */
        inbound_set_free(t, in);
    in = inbound_by_fd(t, fd);
    if (in) /* two connections cannot have one descriptor, so that one has gone */
        inbound_set_closing(t, in);
    return NULL;
}

static bool inbound_discard(struct transport *t)
{
    void *raw = zsock_resolve(t->listener);
    for (size_t i = 0; t->is_discarding && i < INBOUND_DISCARD_MAX; i++) {
        zmq_msg_t m;
        zmq_msg_init(&m);
        int rc = zmq_msg_recv(&m, raw, ZMQ_DONTWAIT);
        assert(rc >= 0); /* messages arrive whole */
        t->is_discarding = zmq_msg_more(&m);
        zmq_msg_close(&m);
    }
    return !t->is_discarding;
}

/* Reads a routing id and the payload frame after it into t->message. Returns false if there is
 * none; an empty routing id stands for one that libzmq did not give out itself. */
static bool inbound_receive(struct transport *t, uint8_t routing_id[ROUTING_ID_BYTES],
                            bool *is_own_id)
{
    void *raw = zsock_resolve(t->listener);
    zmq_msg_t m;
    zmq_msg_init(&m);
    if (zmq_msg_recv(&m, raw, ZMQ_DONTWAIT) < 0) {
        assert(zmq_errno() == EAGAIN || zmq_errno() == EINTR);
        zmq_msg_close(&m);
        return false;
    }
    const uint8_t *id = zmq_msg_data(&m);
    *is_own_id = zmq_msg_size(&m) == ROUTING_ID_BYTES && id[0] == 0;
    if (*is_own_id)
        memcpy(routing_id, id, ROUTING_ID_BYTES);
    bool has_payload = zmq_msg_more(&m);
    zmq_msg_close(&m);
    assert(has_payload);
    zmq_msg_init(&t->message);
    t->has_message = true;
    int rc = zmq_msg_recv(&t->message, raw, ZMQ_DONTWAIT);
    assert(rc >= 0);
    t->is_discarding = zmq_msg_more(&t->message);
    return true;
}

/* Reads the key that the handshake proved. It stands in the payload's properties: after a zmq_poll
 * those of the routing id are gone (libzmq 4.3.4). */
static bool inbound_key(zmq_msg_t *m, uint8_t key[TRANSPORT_KEY_BYTES])
{
    const char *hex = zmq_msg_gets(m, "User-Id");
    size_t len = 0;
    return hex &&
           sodium_hex2bin(key, TRANSPORT_KEY_BYTES, hex, strlen(hex), NULL, &len, NULL) == 0 &&
           len == TRANSPORT_KEY_BYTES;
}

/* Delivers the message just received, or refuses it and shuts its connection down: if the key or
 * the routing id is not what libzmq gives, for a second frame, for its size, when it comes over a
 * cut link, and where there is no room for a new link. Returns whether it is delivered. */
static bool inbound_judge(struct transport *t, const uint8_t *routing_id, bool is_own_id)
{
    uint8_t key[TRANSPORT_KEY_BYTES];
    int fd = zmq_msg_get(&t->message, ZMQ_SRCFD);
    struct inbound *in = NULL;
    if (is_own_id && inbound_key(&t->message, key)) {
        bool is_valid = !t->is_discarding && zmq_msg_size(&t->message) <= FRAME_BYTES_MAX;
        bool is_stale;
        in = inbound_match(t, routing_id, fd, key, &is_stale);
        if (is_stale)
            return false;
        if (!in || !in->is_closing)
            conn_heard(t, fd);
        if (!in)
            in = inbound_add(t, routing_id, fd, key, is_valid);
        if (in && in->state == INBOUND_UP && is_valid) {
            transport_deliver(t, inbound_link(t, in), key, false);
            return true;
        }
        if (in && in->state == INBOUND_UP)
            inbound_set_cut(t, in);
    }
    if (in || conn_may_begin(t, fd))
        inbound_shutdown(t, in, fd);
    return false;
}

void inbound_admit(struct transport *t)
{
    if (!t->zap || zap_take(t->zap) == 0)
        return;
    inbound_watch(t); /* whoever asks was reported before */
    zap_answer(t->zap, t->reads, conns_settled(t));
}

bool inbound_step(struct transport *t)
{
    if (!t->listener || !inbound_discard(t))
        return false;
    for (size_t i = 0; i < INBOUND_READS_MAX && t->queue_count == 0; i++) {
        uint8_t routing_id[ROUTING_ID_BYTES];
        bool is_own_id;
        inbound_watch(t);
        t->reads++;
        if (!inbound_receive(t, routing_id, &is_own_id)) {
            t->read_out = t->reads;
            inbound_sweep(t);
            t->is_read_out = true;
            break;
        }
        if (inbound_judge(t, routing_id, is_own_id))
            return true;
        transport_release(t);
        if (!inbound_discard(t))
            break;
    }
    return t->queue_count > 0;
}

enum err inbound_send(struct transport *t, struct inbound *in, struct bytes frame)
{
    if (in->is_closing)
        return ERR_NOT_FOUND;
    enum err e = transport_put(zsock_resolve(t->listener),
                               bytes_of(in->routing_id, ROUTING_ID_BYTES), frame);
    if (e == ERR_NOT_FOUND)
        inbound_set_closing(t, in);
    return e;
}
