/*
 * The dialling half of the transport: one DEALER for each connection to a peer, never used for a
 * second one, so that nothing of an old connection can reach a new one, in either direction.
 */
#include <assert.h>
#include <sodium.h>

#include "node/curve.h"
#include "node/transport_parts.h"

enum {
    OUTBOUND_EVENTS = ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL |
                      ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL | ZMQ_EVENT_HANDSHAKE_FAILED_AUTH |
                      ZMQ_EVENT_DISCONNECTED | ZMQ_EVENT_CLOSED | ZMQ_EVENT_CONNECT_RETRIED |
                      ZMQ_EVENT_CONNECTED,
    /* Whatever libzmq reports or forgets to report, an attempt ends. */
    OUTBOUND_LOOKUP_MS = 30000,
    OUTBOUND_ATTEMPT_MS = CURVE_CONNECT_MS + CURVE_HANDSHAKE_MS + 1000,
};

static uint32_t outbound_link(const struct transport *t, const struct outbound *out)
{
    return out->generation << LINK_PLACE_BITS | (uint32_t)(INBOUND_SLOTS + (out - t->outbound));
}

static bool outbound_is_linked(const struct outbound *out)
{
    return out->state == OUTBOUND_UP || out->state == OUTBOUND_ENDING;
}

struct outbound *outbound_find(struct transport *t, uint32_t link)
{
    uint32_t place = link & ((1u << LINK_PLACE_BITS) - 1);
    if (place < INBOUND_SLOTS || place >= INBOUND_SLOTS + OUTBOUND_SLOTS)
        return NULL;
    struct outbound *out = &t->outbound[place - INBOUND_SLOTS];
    return outbound_is_linked(out) && outbound_link(t, out) == link ? out : NULL;
}

/* Closes the sockets and sets the time of the next attempt: at random between reconnect_ms_min and
 * a bound that doubles, so that those who lost one server do not return in one moment. */
static void outbound_retry(struct transport *t, struct outbound *out)
{
    uint64_t min = t->config.reconnect_ms_min, max = t->config.reconnect_ms_max;
    lookup_drop(&out->lookup);
    conn_dialled_ended(t, &out->ref);
    curve_dialler_close(&out->socket, &out->monitor);
    out->state = OUTBOUND_WAITING;
    out->wait_ms_max = out->wait_ms_max < max / 2 ? 2 * out->wait_ms_max : max;
    out->deadline_ms =
        t->now_ms + min + randombytes_uniform((uint32_t)(out->wait_ms_max - min) + 1);
}

/* Connects to an endpoint without a name. */
static void outbound_open(struct transport *t, struct outbound *out, const char *endpoint)
{
    if (!conns_are_scarce(t))
        out->socket = curve_dialler(t->config.public_key, t->config.secret_key, out->key, endpoint);
    out->monitor = out->socket ? curve_monitor(out->socket, OUTBOUND_EVENTS) : NULL;
    if (!out->monitor || zmq_connect(out->socket, endpoint) != 0) {
        outbound_retry(t, out);
        return;
    }
    out->state = OUTBOUND_CONNECTING;
    out->deadline_ms = t->now_ms + OUTBOUND_ATTEMPT_MS;
}

static void outbound_connect(struct transport *t, struct outbound *out)
{
    if (!lookup_is_needed(out->endpoint)) {
        outbound_open(t, out, out->endpoint);
        return;
    }
    if (lookup_start(out->endpoint, &out->lookup) != OK) {
        outbound_retry(t, out);
        return;
    }
    out->state = OUTBOUND_RESOLVING;
    out->deadline_ms = t->now_ms + OUTBOUND_LOOKUP_MS;
}

static void outbound_resolve(struct transport *t, struct outbound *out)
{
    char endpoint[ENDPOINT_BYTES_MAX + 1];
    enum err e = lookup_take(&out->lookup, endpoint);
    if (e == OK)
        outbound_open(t, out, endpoint);
    else if (e != ERR_UNAVAILABLE || t->now_ms >= out->deadline_ms)
        outbound_retry(t, out);
}

void outbound_end(struct transport *t, struct outbound *out)
{
    if (outbound_is_linked(out)) {
        transport_queue(t, TRANSPORT_DOWN, outbound_link(t, out), out->key, true);
        if (t->message_event.link == outbound_link(t, out))
            t->is_message_due = false;
        if (t->now_ms - out->up_ms >= t->config.reconnect_ms_max)
            out->wait_ms_max = t->config.reconnect_ms_min;
    }
    outbound_retry(t, out);
}

void outbound_forget(struct transport *t, struct outbound *out)
{
    outbound_end(t, out);
    out->state = OUTBOUND_FREE;
    while (t->outbound_used > 0 && t->outbound[t->outbound_used - 1].state == OUTBOUND_FREE)
        t->outbound_used--;
}

static void outbound_set_up(struct transport *t, struct outbound *out)
{
    out->state = OUTBOUND_UP;
    out->up_ms = t->now_ms;
    if (++out->generation >> (32 - LINK_PLACE_BITS) != 0)
        out->generation = 1;
    transport_queue(t, TRANSPORT_UP, outbound_link(t, out), out->key, true);
}

/* Follows what the monitor tells. */
static void outbound_watch(struct transport *t, struct outbound *out)
{
    uint32_t value;
    int event;
    while (out->monitor && (event = curve_monitor_next(out->monitor, &value)) != 0) {
        if (event == ZMQ_EVENT_CONNECTED) {
            conn_dialled(t, (int)value, &out->ref);
        } else if (event == ZMQ_EVENT_HANDSHAKE_SUCCEEDED && out->state == OUTBOUND_CONNECTING) {
            outbound_set_up(t, out);
        } else if (event != ZMQ_EVENT_HANDSHAKE_SUCCEEDED && out->state == OUTBOUND_CONNECTING) {
            outbound_retry(t, out);
        } else if (out->state == OUTBOUND_UP) {
            conn_dialled_ended(t, &out->ref);
            out->state = OUTBOUND_ENDING;
        }
    }
}

/* Delivers the next frame. A message of many frames, or one too large, ends the connection. */
static bool outbound_receive(struct transport *t, struct outbound *out)
{
    zmq_msg_init(&t->message);
    t->has_message = true;
    if (zmq_msg_recv(&t->message, out->socket, ZMQ_DONTWAIT) < 0) {
        assert(zmq_errno() == EAGAIN || zmq_errno() == EINTR);
        transport_release(t);
        return false;
    }
    if (zmq_msg_more(&t->message) || zmq_msg_size(&t->message) > FRAME_BYTES_MAX) {
        transport_release(t);
        outbound_end(t, out);
        return true;
    }
    conn_dialled_heard(t, &out->ref);
    transport_deliver(t, outbound_link(t, out), out->key, true);
    return true;
}

bool outbound_step(struct transport *t, struct outbound *out)
{
    switch (out->state) {
    case OUTBOUND_FREE:
        return false;
    case OUTBOUND_WAITING:
        if (t->now_ms >= out->deadline_ms)
            outbound_connect(t, out);
        return false;
    case OUTBOUND_RESOLVING:
        outbound_resolve(t, out);
        return false;
    case OUTBOUND_CONNECTING:
        outbound_watch(t, out);
        if (out->state == OUTBOUND_CONNECTING && t->now_ms >= out->deadline_ms)
            outbound_retry(t, out);
        return t->queue_count > 0;
    case OUTBOUND_UP:
        if (outbound_receive(t, out))
            return true;
        outbound_watch(t, out);
        if (out->state == OUTBOUND_UP)
            return false;
        /* what it sent before it ended comes first */
        __attribute__((fallthrough));
    case OUTBOUND_ENDING:
        if (!outbound_receive(t, out))
            outbound_end(t, out);
        return true;
    }
    return false;
}

enum err outbound_send(struct transport *t, struct outbound *out, struct bytes frame)
{
    if (out->state != OUTBOUND_UP)
        return ERR_NOT_FOUND;
    enum err e = transport_put(out->socket, bytes_of(NULL, 0), frame);
    if (e == ERR_FULL) /* a DEALER whose peer has gone says the same as one whose peer is slow */
        outbound_watch(t, out);
    return out->state == OUTBOUND_UP ? e : ERR_NOT_FOUND;
}

static struct outbound *outbound_by_key(struct transport *t, const uint8_t *key)
{
    for (size_t i = 0; i < t->outbound_used; i++) {
        struct outbound *out = &t->outbound[i];
        if (out->state != OUTBOUND_FREE && memcmp(out->key, key, TRANSPORT_KEY_BYTES) == 0)
            return out;
    }
    return NULL;
}

static struct outbound *outbound_slot(struct transport *t)
{
    for (size_t i = 0; i < OUTBOUND_SLOTS; i++) {
        if (t->outbound[i].state != OUTBOUND_FREE)
            continue;
        if (i >= t->outbound_used)
            t->outbound_used = i + 1;
        return &t->outbound[i];
    }
    return NULL;
}

enum err transport_dial(struct transport *t, const uint8_t transport_key[TRANSPORT_KEY_BYTES],
                        const char *endpoint)
{
    if (!curve_endpoint_check(endpoint, false))
        return ERR_FORMAT;
    t->now_ms = transport_clock_ms();
    struct outbound *out = outbound_by_key(t, transport_key);
    if (out && strcmp(out->endpoint, endpoint) == 0)
        return OK;
    if (out)
        outbound_end(t, out);
    else
        out = outbound_slot(t);
    if (!out)
        return ERR_FULL;
    memcpy(out->key, transport_key, TRANSPORT_KEY_BYTES);
    memcpy(out->endpoint, endpoint, strlen(endpoint) + 1);
    out->wait_ms_max = t->config.reconnect_ms_min;
    outbound_connect(t, out);
    return OK;
}

void transport_hangup(struct transport *t, const uint8_t transport_key[TRANSPORT_KEY_BYTES])
{
    t->now_ms = transport_clock_ms();
    struct outbound *out = outbound_by_key(t, transport_key);
    if (out)
        outbound_forget(t, out);
}
