/*
 * transport_world.h - nodes with real sockets on the loopback interface, in one process and one
 * thread.
 *
 * A test makes nodes, pumps them all in turn until a condition holds (at most WAIT_MS), and reads
 * what each of them saw from its notes. There can be one listener in a process, so that the others
 * only dial. An attacker is a bare DEALER (struct raw).
 */
#ifndef TESTS_UNIT_NODE_TRANSPORT_WORLD_H
#define TESTS_UNIT_NODE_TRANSPORT_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sodium.h>

#include "node/curve.h"
#include "node/transport.h"
#include "node/transport_parts.h"

enum {
    WAIT_MS = 5000,
    QUIET_MS = 300, /* how long we look whether something that must not happen does */
    NODES_MAX = 8,
    NOTES_MAX = 4096,
    MEMBERS_MAX = 8,
};

/* AddressSanitizer holds freed memory back, so that growth tells nothing. */
#if defined(__SANITIZE_ADDRESS__)
enum { GROWTH_TELLS = 0 };
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
enum { GROWTH_TELLS = 0 };
#else
enum { GROWTH_TELLS = 1 };
#endif
#else
enum { GROWTH_TELLS = 1 };
#endif

struct keys {
    uint8_t public_key[CURVE_KEY_BYTES];
    uint8_t secret_key[CURVE_KEY_BYTES];
};

struct note {
    struct transport_event ev; /* frame.data is no longer valid */
    uint8_t hash[16];          /* of the frame */
};

struct node {
    struct transport *t;
    struct keys keys;
    bool is_deaf;     /* not pumped */
    bool is_echo;     /* sends every frame back */
    bool is_greeting; /* sends a frame as soon as a link is up */
    bool will_cut;    /* cuts the link of the next frame */
    bool will_cut_up; /* cuts the next link that comes up */
    size_t notes_count;
    struct note notes[NOTES_MAX];
};

static struct node nodes[NODES_MAX];
static size_t nodes_count;

static struct {
    uint8_t member[MEMBERS_MAX][CURVE_KEY_BYTES];
    size_t count;
    bool is_open; /* admits everybody */
} roster;

__attribute__((unused)) static uint8_t big[SOCKET_BYTES_MAX + 1];

static inline bool admit(void *ctx, const uint8_t transport_key[CURVE_KEY_BYTES])
{
    assert_ptr_equal(ctx, &roster);
    for (size_t i = 0; i < roster.count; i++)
        if (memcmp(roster.member[i], transport_key, CURVE_KEY_BYTES) == 0)
            return true;
    return roster.is_open;
}

static inline void roster_add(const struct keys *k)
{
    assert_true(roster.count < MEMBERS_MAX);
    memcpy(roster.member[roster.count++], k->public_key, CURVE_KEY_BYTES);
}

static inline void hash_of(struct bytes b, uint8_t out[16])
{
    crypto_generichash(out, 16, b.data, b.len, NULL, 0);
}

static inline struct keys keys_new(void)
{
    struct keys k;
    crypto_box_keypair(k.public_key, k.secret_key);
    return k;
}

/* ---- nodes ---- */

static inline struct transport_config config_of(const struct keys *k, const char *listen)
{
    struct transport_config c = {
        .listen = listen,
        .admit = admit,
        .ctx = &roster,
        .reconnect_ms_min = 20,
        .reconnect_ms_max = 80,
    };
    memcpy(c.public_key, k->public_key, CURVE_KEY_BYTES);
    memcpy(c.secret_key, k->secret_key, CURVE_KEY_BYTES);
    return c;
}

static inline struct node *node_new(const struct keys *k, const char *listen)
{
    assert_true(nodes_count < NODES_MAX);
    struct node *n = &nodes[nodes_count++];
    memset(n, 0, sizeof *n);
    n->keys = *k;
    struct transport_config c = config_of(k, listen);
    assert_int_equal(transport_new(&c, &n->t), OK);
    return n;
}

static inline struct node *server_new(void)
{
    struct keys k = keys_new();
    return node_new(&k, "tcp://127.0.0.1:*");
}

static inline struct node *member_new(void)
{
    struct keys k = keys_new();
    roster_add(&k);
    return node_new(&k, NULL);
}

static inline void dial(struct node *from, struct node *to)
{
    assert_int_equal(transport_dial(from->t, to->keys.public_key, transport_endpoint(to->t)), OK);
}

static inline void node_note(struct node *n, const struct transport_event *ev)
{
    assert_true(n->notes_count < NOTES_MAX);
    struct note *note = &n->notes[n->notes_count++];
    note->ev = *ev;
    assert_int_not_equal(ev->link, 0);
    if (ev->type == TRANSPORT_UP && n->is_greeting)
        assert_int_equal(transport_send(n->t, ev->link, BYTES_LITERAL("greetings")), OK);
    if (ev->type == TRANSPORT_UP && n->will_cut_up) {
        n->will_cut_up = false;
        transport_cut(n->t, ev->link);
    }
    if (ev->type != TRANSPORT_FRAME)
        return;
    hash_of(ev->frame, note->hash);
    if (n->is_echo)
        assert_int_equal(transport_send(n->t, ev->link, ev->frame), OK);
    if (n->will_cut) {
        n->will_cut = false;
        transport_cut(n->t, ev->link);
    }
}

static inline void node_pump(struct node *n)
{
    size_t count;
    zmq_pollitem_t *items = transport_poll_items(n->t, 1, &count);
    assert_null(items[0].socket);
    assert_true(items[0].fd < 0);
    assert_true(zmq_poll(items, (int)count, transport_timeout_ms(n->t, 1)) >= 0);
    struct transport_event ev;
    for (int i = 0; i < 64 && transport_next(n->t, &ev); i++)
        node_note(n, &ev);
}

static inline void pump(void)
{
    for (size_t i = 0; i < nodes_count; i++)
        if (nodes[i].t && !nodes[i].is_deaf)
            node_pump(&nodes[i]);
}

static inline void pump_for(uint64_t ms)
{
    for (uint64_t until = transport_clock_ms() + ms; transport_clock_ms() < until;)
        pump();
}

#define PUMP_UNTIL(condition)                                                                      \
    do {                                                                                           \
        uint64_t until_ms = transport_clock_ms() + WAIT_MS;                                        \
        while (!(condition)) {                                                                     \
            pump();                                                                                \
            if (transport_clock_ms() > until_ms)                                                   \
                fail_msg("in vain: %s", #condition);                                               \
        }                                                                                          \
    } while (0)

static inline size_t count_of(const struct node *n, enum transport_event_type type)
{
    size_t count = 0;
    for (size_t i = 0; i < n->notes_count; i++)
        count += n->notes[i].ev.type == type;
    return count;
}

static const struct note *last_of(const struct node *n, enum transport_event_type type)
{
    for (size_t i = n->notes_count; i > 0; i--)
        if (n->notes[i - 1].ev.type == type)
            return &n->notes[i - 1];
    fail_msg("no event of type %d", (int)type);
    return NULL;
}

/* Sends and, where the queue is full, pumps until there is room. */
static inline void send_all(struct node *n, uint32_t link, struct bytes frame)
{
    enum err e;
    PUMP_UNTIL((e = transport_send(n->t, link, frame)) != ERR_FULL);
    assert_int_equal(e, OK);
}

static inline void say(struct node *n, const char *text)
{
    send_all(n, last_of(n, TRANSPORT_UP)->ev.link, bytes_of(text, strlen(text)));
}

static inline bool last_says(const struct node *n, struct bytes frame)
{
    uint8_t hash[16];
    hash_of(frame, hash);
    const struct note *note = last_of(n, TRANSPORT_FRAME);
    return note->ev.frame.len == frame.len && memcmp(note->hash, hash, sizeof hash) == 0;
}

/* Every UP has at most one DOWN, frames lie between them, and no number is given twice. */
static inline void check_order(const struct node *n)
{
    for (size_t i = 0; i < n->notes_count; i++) {
        const struct transport_event *ev = &n->notes[i].ev;
        bool is_up = false, was_up = false;
        for (size_t j = 0; j < i; j++) {
            const struct transport_event *old = &n->notes[j].ev;
            if (old->link != ev->link || old->type == TRANSPORT_FRAME)
                continue;
            is_up = old->type == TRANSPORT_UP;
            was_up = true;
            assert_memory_equal(old->transport_key, ev->transport_key, CURVE_KEY_BYTES);
            assert_int_equal(old->is_outbound, ev->is_outbound);
        }
        assert_true(ev->type == TRANSPORT_UP ? !was_up : is_up);
    }
}

static inline int teardown(void **state)
{
    (void)state;
    for (size_t i = 0; i < nodes_count; i++) {
        transport_free(&nodes[i].t);
        assert_null(nodes[i].t);
        check_order(&nodes[i]);
    }
    nodes_count = 0;
    memset(&roster, 0, sizeof roster);
    return 0;
}

/* ---- attackers ---- */

struct raw {
    void *socket;
    void *monitor;
    int events; /* all that its monitor told */
};

enum {
    RAW_EVENTS = ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_DISCONNECTED |
                 ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL | ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL |
                 ZMQ_EVENT_HANDSHAKE_FAILED_AUTH,
    RAW_ENDED = RAW_EVENTS & ~ZMQ_EVENT_HANDSHAKE_SUCCEEDED,
};

static inline void raw_connect(struct raw *r, void *socket, const char *endpoint)
{
    r->socket = socket;
    r->events = 0;
    assert_non_null(socket);
    r->monitor = curve_monitor(socket, RAW_EVENTS);
    assert_non_null(r->monitor);
    assert_int_equal(zmq_connect(socket, endpoint), 0);
}

static inline void raw_dial(struct raw *r, const struct keys *k, const struct node *to)
{
    const char *endpoint = transport_endpoint(to->t);
    raw_connect(r, curve_dialler(k->public_key, k->secret_key, to->keys.public_key, endpoint),
                endpoint);
}

static inline int raw_events(struct raw *r)
{
    uint32_t value;
    for (int event; (event = curve_monitor_next(r->monitor, &value)) != 0;)
        r->events |= event;
    return r->events;
}

static inline bool raw_send(struct raw *r, const void *data, size_t len, int flags)
{
    return zmq_send(r->socket, data, len, ZMQ_DONTWAIT | flags) >= 0;
}

static inline void raw_close(struct raw *r)
{
    curve_dialler_close(&r->socket, &r->monitor);
}

/* Memory of this process now. */
static inline size_t rss_bytes(void)
{
    unsigned long pages = 0;
    FILE *f = fopen("/proc/self/statm", "re");
    assert_non_null(f);
    assert_int_equal(fscanf(f, "%*u %lu", &pages), 1);
    fclose(f);
    return pages * 4096;
}

/* A failed test leaves sockets open, for which CZMQ's exit handler would wait. */
static inline int end(int failures)
{
    if (failures == 0)
        return 0;
    fflush(NULL);
    _exit(1);
}

#define TEST(name) cmocka_unit_test_teardown(name, teardown)

#endif
