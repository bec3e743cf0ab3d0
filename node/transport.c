#include "node/transport.h"

#include <assert.h>
#include <sodium.h>
#include <time.h>

#include "node/curve.h"
#include "node/transport_parts.h"

enum { LOOKUP_LOOK_MS = 20 }; /* between looks whether a host name was found */

uint64_t transport_clock_ms(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

enum err transport_new(const struct transport_config *config, struct transport **out)
{
    *out = NULL;
    if (config->listen && !curve_endpoint_check(config->listen, true))
        return ERR_FORMAT;
    curve_init(config->io_threads);
    struct transport *t = calloc(1, sizeof *t);
    if (!t)
        return ERR_IO;
    assert(!config->listen || config->admit);
    t->config = *config;
    if (t->config.reconnect_ms_min == 0)
        t->config.reconnect_ms_min = TRANSPORT_RECONNECT_MS_MIN;
    if (t->config.reconnect_ms_max == 0)
        t->config.reconnect_ms_max = TRANSPORT_RECONNECT_MS_MAX;
    if (t->config.reconnect_ms_max < t->config.reconnect_ms_min)
        t->config.reconnect_ms_max = t->config.reconnect_ms_min;
    if (t->config.connections_per_source == 0)
        t->config.connections_per_source = TRANSPORT_CONNECTIONS_PER_SOURCE;
    if (t->config.connects_per_second == 0)
        t->config.connects_per_second = TRANSPORT_CONNECTS_PER_SECOND;
    randombytes_buf(t->rate_key, sizeof t->rate_key);
    t->now_ms = transport_clock_ms();
    t->reads = 1;
    enum err e = conns_open(t);
    if (e == OK && config->listen)
        e = inbound_open(t);
    t->config.listen = NULL;
    if (e != OK) {
        int why = zmq_errno();
        transport_free(&t);
        errno = why;
        return e;
    }
    *out = t;
    return OK;
}

void transport_free(struct transport **t)
{
    if (!*t)
        return;
    transport_release(*t);
    for (size_t i = 0; i < OUTBOUND_SLOTS; i++) {
        lookup_drop(&(*t)->outbound[i].lookup);
        curve_dialler_close(&(*t)->outbound[i].socket, &(*t)->outbound[i].monitor);
    }
    inbound_close(*t);
    conns_close(*t);
    sodium_memzero(*t, sizeof **t);
    free(*t);
    *t = NULL;
}

const char *transport_endpoint(const struct transport *t)
{
    return t->endpoint;
}

uint64_t transport_refusals(const struct transport *t)
{
    return t->zap ? zap_refusals(t->zap) : 0;
}

struct transport_shuts transport_shuts(const struct transport *t)
{
    return t->shuts;
}

/* ---- events ---- */

void transport_queue(struct transport *t, enum transport_event_type type, uint32_t link,
                     const uint8_t key[TRANSPORT_KEY_BYTES], bool is_outbound)
{
    assert(t->queue_count < QUEUE_MAX);
    struct transport_event *ev = &t->queue[(t->queue_first + t->queue_count++) % QUEUE_MAX];
    *ev = (struct transport_event){.type = type, .link = link, .is_outbound = is_outbound};
    memcpy(ev->transport_key, key, TRANSPORT_KEY_BYTES);
}

void transport_deliver(struct transport *t, uint32_t link, const uint8_t key[TRANSPORT_KEY_BYTES],
                       bool is_outbound)
{
    struct transport_event *ev = &t->message_event;
    *ev = (struct transport_event){
        .type = TRANSPORT_FRAME,
        .link = link,
        .is_outbound = is_outbound,
        .frame = bytes_of(zmq_msg_data(&t->message), zmq_msg_size(&t->message)),
    };
    memcpy(ev->transport_key, key, TRANSPORT_KEY_BYTES);
    t->is_message_due = true;
}

void transport_release(struct transport *t)
{
    if (t->has_message)
        zmq_msg_close(&t->message);
    t->has_message = false;
    t->is_message_due = false;
    t->message_event = (struct transport_event){0};
}

static bool event_take(struct transport *t, struct transport_event *ev)
{
    if (t->queue_count > 0) {
        *ev = t->queue[t->queue_first];
        t->queue_first = (t->queue_first + 1) % QUEUE_MAX;
        t->queue_count--;
        return true;
    }
    if (!t->is_message_due)
        return false;
    *ev = t->message_event;
    t->is_message_due = false;
    return true;
}

bool transport_next(struct transport *t, struct transport_event *ev)
{
    if (event_take(t, ev))
        return true;
    transport_release(t);
    t->now_ms = transport_clock_ms();
    inbound_admit(t);
    conns_look(t, false);
    t->is_read_out = !t->listener;
    for (size_t left = t->outbound_used + 1; left > 0; left--) {
        size_t turn = t->turn <= t->outbound_used ? t->turn : 0;
        t->turn = turn + 1;
        if (turn == 0 ? inbound_step(t) : outbound_step(t, &t->outbound[turn - 1]))
            return event_take(t, ev);
    }
    inbound_admit(t);
    conns_look(t, t->is_read_out);
    return false;
}

/* ---- polling ---- */

static void item_add(struct transport *t, size_t *count, void *socket)
{
    t->items[(*count)++] = (zmq_pollitem_t){.socket = socket, .events = ZMQ_POLLIN};
}

zmq_pollitem_t *transport_poll_items(struct transport *t, size_t own, size_t *count)
{
    assert(own <= TRANSPORT_POLL_OWN_MAX);
    for (size_t i = 0; i < own; i++)
        t->items[i] = (zmq_pollitem_t){.fd = -1};
    *count = own;
    t->items[(*count)++] = (zmq_pollitem_t){.fd = t->moves, .events = ZMQ_POLLIN};
    if (t->zap)
        item_add(t, count, zap_socket(t->zap));
    if (t->listener) {
        item_add(t, count, zsock_resolve(t->listener));
        item_add(t, count, t->listener_monitor);
    }
    for (size_t i = 0; i < t->outbound_used; i++) {
        struct outbound *out = &t->outbound[i];
        if (out->monitor)
            item_add(t, count, out->monitor);
        if (out->state == OUTBOUND_UP)
            item_add(t, count, out->socket);
    }
    return t->items;
}

long transport_timeout_ms(const struct transport *t, long at_most)
{
    bool is_waited_for = t->zap && zap_held(t->zap) > 0;
    if (t->queue_count > 0 || t->is_message_due || t->is_discarding || t->inbound_closing > 0 ||
        is_waited_for)
        return 0;
    uint64_t now_ms = transport_clock_ms();
    at_most = conns_timeout_ms(t, now_ms, at_most);
    for (size_t i = 0; i < t->outbound_used; i++) {
        const struct outbound *out = &t->outbound[i];
        if (out->state == OUTBOUND_ENDING)
            return 0;
        if (out->state == OUTBOUND_RESOLVING && (at_most < 0 || at_most > LOOKUP_LOOK_MS))
            at_most = LOOKUP_LOOK_MS;
        if (out->state != OUTBOUND_WAITING && out->state != OUTBOUND_CONNECTING)
            continue;
        uint64_t left = out->deadline_ms > now_ms ? out->deadline_ms - now_ms : 0;
        if (at_most < 0 || left < (uint64_t)at_most)
            at_most = (long)left;
    }
    return at_most;
}

/* ---- commands ---- */

/* Sends what stands before the payload: for a ROUTER, the routing id. */
static bool put_first(void *socket, struct bytes routing_id)
{
    return routing_id.len == 0 ||
           zmq_send(socket, routing_id.data, routing_id.len, ZMQ_DONTWAIT | ZMQ_SNDMORE) >= 0;
}

enum err transport_put(void *socket, struct bytes routing_id, struct bytes frame)
{
    zmq_msg_t m;
    if (zmq_msg_init_size(&m, frame.len) != 0)
        return ERR_FULL;
    if (frame.len > 0)
        memcpy(zmq_msg_data(&m), frame.data, frame.len);
    enum err e = ERR_FULL;
    for (int tries = 0; tries < 2 && e == ERR_FULL; tries++) {
        bool is_open = put_first(socket, routing_id);
        if (is_open && zmq_msg_send(&m, socket, ZMQ_DONTWAIT) >= 0)
            return OK;
        /* A ROUTER that took the routing id takes the payload; otherwise the next routing id would
         * be sent as one. */
        assert(!is_open || routing_id.len == 0);
        if (zmq_errno() == EHOSTUNREACH)
            e = ERR_NOT_FOUND;
        /* When sending, libzmq looks only now and then for news of a new connection or of room in
         * its queue; this question makes it look. */
        int events;
        size_t len = sizeof events;
        zmq_getsockopt(socket, ZMQ_EVENTS, &events, &len);
    }
    zmq_msg_close(&m);
    return e;
}

enum err transport_send(struct transport *t, uint32_t link, struct bytes frame)
{
    if (frame.len > FRAME_BYTES_MAX)
        return ERR_LIMIT;
    struct inbound *in = inbound_find(t, link);
    if (in)
        return inbound_send(t, in, frame);
    struct outbound *out = outbound_find(t, link);
    return out ? outbound_send(t, out, frame) : ERR_NOT_FOUND;
}

void transport_cut(struct transport *t, uint32_t link)
{
    t->now_ms = transport_clock_ms();
    struct inbound *in = inbound_find(t, link);
    if (in)
        inbound_cut(t, in);
    struct outbound *out = outbound_find(t, link);
    if (out)
        outbound_end(t, out);
}

void transport_cut_silent(struct transport *t)
{
    t->now_ms = transport_clock_ms();
    if (t->listener)
        inbound_watch(t);
    conns_end_silent(t, 0);
}

/* ---- self-test ---- */

static enum err selftest_wait(struct transport *t, void *monitor, uint64_t until_ms)
{
    for (uint64_t now; (now = transport_clock_ms()) < until_ms;) {
        zmq_pollitem_t items[] = {
            {.socket = zap_socket(t->zap), .events = ZMQ_POLLIN},
            {.socket = monitor,            .events = ZMQ_POLLIN},
        };
        zmq_poll(items, 2, (long)(until_ms - now));
        zap_step(t->zap);
        uint32_t value;
        for (int event; (event = curve_monitor_next(monitor, &value)) != 0;) {
            if (event == ZMQ_EVENT_HANDSHAKE_SUCCEEDED)
                return ERR_UNAUTHORISED;
            if (event == ZMQ_EVENT_HANDSHAKE_FAILED_AUTH && value == 400)
                return OK; /* only our own handler says 400 */
        }
    }
    return ERR_UNAVAILABLE;
}

enum err transport_selftest(struct transport *t, unsigned timeout_ms)
{
    if (!t->listener)
        return OK;
    uint8_t server[CURVE_KEY_BYTES], public_key[CURVE_KEY_BYTES], secret_key[CURVE_KEY_BYTES];
    crypto_scalarmult_base(server, t->config.secret_key); /* what the listener really holds */
    crypto_box_keypair(public_key, secret_key);
    void *stranger = curve_dialler(public_key, secret_key, server, t->endpoint);
    sodium_memzero(secret_key, sizeof secret_key);
    void *monitor = stranger ? curve_monitor(stranger, ZMQ_EVENT_HANDSHAKE_SUCCEEDED |
                                                           ZMQ_EVENT_HANDSHAKE_FAILED_AUTH)
                             : NULL;
    enum err e = ERR_IO;
    if (monitor && zmq_connect(stranger, t->endpoint) == 0)
        e = selftest_wait(t, monitor, transport_clock_ms() + timeout_ms);
    curve_dialler_close(&stranger, &monitor);
    return e;
}
