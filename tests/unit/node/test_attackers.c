/*
 * Attackers with a member's own keys, for tests/e2e/test_attackers; and a look whether they are
 * what they seem to be: with no arguments this program tries their messages on itself.
 *
 *   test_attackers KIND ROSTER VICTIM-ORG-ID ENDPOINT OWN-ORG-ID KEYS-DIR PASSPHRASE-FILE SECONDS
 *
 * It prints what it did, in one line: how often it connected and how many messages it sent.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "node/curve.h"
#include "node/keyring.h"
#include "node/passphrase.h"
#include "node/ringname.h"
#include "node/roster_file.h"
#include "node/transport.h"
#include "node/transport_parts.h"
#include "proto/wire.h"
#include "tests/unit/node/curve_client.h"

enum { FRAMES_MAX = 64, BIG_BYTES = 60000, POINTS = 32 };

struct attack {
    const struct roster *roster;
    const struct organisation *victim, *own;
    const char *endpoint;
    uint16_t port;
    uint8_t secret[32];
    uint64_t end_ms;
    size_t connections, messages;
    uint8_t *frame[FRAMES_MAX]; /* real messages, the opening first */
    size_t len[FRAMES_MAX];
    size_t frame_count;
};

static bool is_time_left(const struct attack *a)
{
    return transport_clock_ms() < a->end_ms;
}

/* ---- real messages ---- */

static void keep(struct attack *a, const Seinpost__Message *m)
{
    size_t cap = protobuf_c_message_get_packed_size(&m->base);
    if (a->frame_count == FRAMES_MAX)
        return;
    uint8_t *frame = malloc(cap);
    if (frame == NULL)
        exit(2);
    a->len[a->frame_count] = message_encode(m, frame, cap);
    a->frame[a->frame_count++] = frame;
}

static ProtobufCBinaryData view(const uint8_t *data, size_t len)
{
    return (ProtobufCBinaryData){len, (uint8_t *)(uintptr_t)data};
}

static void make_opening(struct attack *a)
{
    Seinpost__Opening o = SEINPOST__OPENING__INIT;
    o.version_min = PROTOCOL_VERSION_MIN;
    o.version_max = PROTOCOL_VERSION_MAX;
    o.federation = view(a->roster->genesis, HASH_BYTES);
    o.author = view(a->own->author, AUTHOR_BYTES);
    o.roster_version = a->roster->version;
    o.roster_hash = view(a->roster->hash, HASH_BYTES);
    Seinpost__Message m = SEINPOST__MESSAGE__INIT;
    m.body_case = SEINPOST__MESSAGE__BODY_OPENING;
    m.opening = &o;
    keep(a, &m);
}

/* "Give me everything", of each feed, from its beginning, again and again. */
static void make_follows(struct attack *a)
{
    for (size_t i = 0; i < a->roster->organisation_count; i++) {
        Seinpost__Follow f = SEINPOST__FOLLOW__INIT;
        f.author = view(a->roster->organisations[i].author, AUTHOR_BYTES);
        f.feed_epoch = a->roster->organisations[i].feed_epoch;
        f.credit = 4u << 20;
        Seinpost__Message m = SEINPOST__MESSAGE__INIT;
        m.body_case = SEINPOST__MESSAGE__BODY_FOLLOW;
        m.follow = &f;
        keep(a, &m);
    }
}

static void make_asks(struct attack *a)
{
    uint8_t some[32];
    uint64_t index[4] = {0, 1, 2, 3};
    randombytes_buf(some, sizeof some);
    Seinpost__HeadAsk head = SEINPOST__HEAD_ASK__INIT;
    Seinpost__RosterAsk roster = SEINPOST__ROSTER_ASK__INIT;
    Seinpost__SeenAsk seen = SEINPOST__SEEN_ASK__INIT;
    Seinpost__BodyAsk body = SEINPOST__BODY_ASK__INIT;
    Seinpost__Message m = SEINPOST__MESSAGE__INIT;
    head.nonce = view(some, 32);
    m.body_case = SEINPOST__MESSAGE__BODY_HEAD_ASK;
    m.head_ask = &head;
    keep(a, &m);
    roster.version = a->roster->version;
    m.body_case = SEINPOST__MESSAGE__BODY_ROSTER_ASK;
    m.roster_ask = &roster;
    keep(a, &m);
    seen.hash = view(some, 32);
    m.body_case = SEINPOST__MESSAGE__BODY_SEEN_ASK;
    m.seen_ask = &seen;
    keep(a, &m);
    body.author = view(a->victim->author, AUTHOR_BYTES);
    body.index = index;
    body.n_index = 4;
    m.body_case = SEINPOST__MESSAGE__BODY_BODY_ASK;
    m.body_ask = &body;
    keep(a, &m);
}

/* An evaluation of points of its own, which costs the key holder arithmetic. */
static void make_evaluates(struct attack *a)
{
    for (int n = 0; n < 16; n++) {
        uint8_t points[POINTS][32], request[16], purpose[32];
        randombytes_buf(request, sizeof request);
        randombytes_buf(purpose, sizeof purpose);
        for (int i = 0; i < POINTS; i++)
            crypto_core_ristretto255_random(points[i]);
        Seinpost__Evaluate e = SEINPOST__EVALUATE__INIT;
        e.request = view(request, sizeof request);
        e.key = 1;
        e.epoch = 1;
        e.points = view(points[0], sizeof points);
        e.purpose = view(purpose, sizeof purpose);
        Seinpost__Message m = SEINPOST__MESSAGE__INIT;
        m.body_case = SEINPOST__MESSAGE__BODY_EVALUATE;
        m.evaluate = &e;
        keep(a, &m);
    }
}

static void make_all(struct attack *a)
{
    make_opening(a);
    make_follows(a);
    make_asks(a);
    make_evaluates(a);
}

/* ---- attacks by way of libzmq ---- */

static void *dial(struct attack *a)
{
    void *socket =
        curve_dialler(a->own->transport_key, a->secret, a->victim->transport_key, a->endpoint);
    if (socket == NULL || zmq_connect(socket, a->endpoint) != 0)
        exit(2);
    a->connections++;
    return socket;
}

static void close_socket(void *socket)
{
    void *monitor = NULL;
    curve_dialler_close(&socket, &monitor);
}

/* What is sent is no faster than the socket takes it; answers are thrown away. A connection that
 * takes nothing for three seconds has been ended and is made anew. */
static void flood(struct attack *a)
{
    make_all(a);
    while (is_time_left(a)) {
        void *socket = dial(a);
        uint64_t moved_ms = transport_clock_ms();
        for (size_t n = 0; is_time_left(a) && transport_clock_ms() - moved_ms < 3000; n++) {
            size_t i = n == 0 ? 0 : 1 + n % (a->frame_count - 1);
            while (zmq_recv(socket, NULL, 0, ZMQ_DONTWAIT) >= 0)
                continue;
            if (zmq_send(socket, a->frame[i], a->len[i], ZMQ_DONTWAIT) >= 0) {
                a->messages++;
                moved_ms = transport_clock_ms();
            } else {
                n--;
                zmq_pollitem_t item = {.socket = socket, .events = ZMQ_POLLIN | ZMQ_POLLOUT};
                zmq_poll(&item, 1, 10);
            }
        }
        close_socket(socket);
    }
}

/* ---- attacks byte by byte ---- */

static bool client_in(struct attack *a, struct curve_client *c)
{
    uint8_t out[CLIENT_OUT_BYTES_MAX];
    client_open(c, a->port, a->own->transport_key, a->secret, a->victim->transport_key);
    size_t len = client_greeting(out, "CURVE");
    len += client_hello(c, out + len);
    bool is_sent = client_write(c, out, len), has_gone_on = false;
    uint64_t until_ms = transport_clock_ms() + 5000;
    while (is_sent && !c->has_ended && transport_clock_ms() < until_ms && is_time_left(a)) {
        if (!has_gone_on && client_take_welcome(c)) {
            client_write(c, out, client_initiate(c, out));
            has_gone_on = true;
        }
        if (has_gone_on && client_is_ready(c)) {
            a->connections++;
            return true;
        }
        zclock_sleep(1);
    }
    client_close(c);
    return false;
}

/* A frame with any flags (1: more, 2: a command), waiting for room. False once it is ended. */
static bool client_put(struct attack *a, struct curve_client *c, uint8_t flags, const void *data,
                       size_t data_len)
{
    static uint8_t plain[BIG_BYTES + 1], out[BIG_BYTES + 64];
    uint8_t nonce[24];
    plain[0] = flags;
    memcpy(plain + 1, data, data_len);
    client_nonce(c, "CurveZMQMESSAGEC", nonce);
    memcpy(out + 9, "\x07MESSAGE", 8);
    memcpy(out + 17, nonce + 16, 8);
    if (crypto_box_easy(out + 25, plain, data_len + 1, nonce, c->server_short, c->short_secret))
        return false;
    uint64_t body_len = 16 + 16 + data_len + 1;
    out[0] = 0x02;
    for (int i = 0; i < 8; i++)
        out[1 + i] = (uint8_t)(body_len >> (56 - 8 * i));
    size_t len = body_len + 9;
    for (size_t at = 0; at < len && is_time_left(a);) {
        ssize_t n = send(c->fd, out + at, len - at, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n < 0 && errno != EAGAIN)
            return false;
        if (n < 0)
            zclock_sleep(1);
        at += n > 0 ? (size_t)n : 0;
    }
    client_read(c);
    a->messages++;
    return !c->has_ended;
}

/* A message that has no end, until it is cut; then again. */
static void endless(struct attack *a)
{
    static const uint8_t big[BIG_BYTES];
    while (is_time_left(a)) {
        struct curve_client c;
        if (!client_in(a, &c))
            continue;
        while (is_time_left(a) && client_put(a, &c, 1, big, sizeof big - 1))
            continue;
        client_close(&c);
    }
}

/* Commands that a ROUTER has no use for: subscriptions by command and by message, joins, pings. */
static void subscribe(struct attack *a)
{
    static const struct {
        uint8_t flags;
        const char *data;
        size_t len;
    } says[] = {
        {2, "\x09SUBSCRIBEtopic", 15},
        {2,
         "\x06"
         "CANCELtopic",           12},
        {2, "\x04JOINgroup",      10},
        {2, "\x05LEAVEgroup",     11},
        {2,
         "\x04PING\xff\xff"
         "0123456789abcdef",      23},
        {2, "\x07UNKNOWNtext",    12},
        {0, "\x01topic",          6 },
        {0, "\x00topic",          6 },
    };
    for (size_t n = 0; is_time_left(a); n++) {
        struct curve_client c;
        if (!client_in(a, &c))
            continue;
        for (size_t i = 0; i < 20000 && is_time_left(a); i++)
            if (!client_put(a, &c, says[n % 8].flags, says[n % 8].data, says[n % 8].len))
                break;
        client_close(&c);
    }
}

/* Connects, says something bad or junk, and leaves at once: its descriptor is free for others,
 * while what it said is still to be read. */
static void churn(struct attack *a)
{
    for (size_t n = 0; is_time_left(a); n++) {
        struct curve_client c;
        if (!client_in(a, &c))
            continue;
        if (n % 3 == 0)
            client_put(a, &c, 1, "first", 5);
        client_put(a, &c, 0, "junk", 4);
        client_close(&c);
    }
}

/* Connects and is silent, as often as it may. */
static void hush(struct attack *a)
{
    while (is_time_left(a)) {
        struct curve_client c;
        (void)client_in(a, &c); /* stays open until the process ends */
    }
}

static void print_now(const char *what)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    printf("%s %lld.%06ld\n", what, (long long)now.tv_sec, now.tv_nsec / 1000);
    fflush(stdout);
}

/* A connection as a member's, kept; says when it was heard and when it ends, and comes again. */
static void watch(struct attack *a)
{
    make_opening(a);
    while (is_time_left(a)) {
        uint8_t answer[1];
        void *socket = dial(a);
        void *monitor = curve_monitor(socket, ZMQ_EVENT_DISCONNECTED);
        bool is_said = false, is_heard = false, has_ended = false;
        uint64_t begun_ms = transport_clock_ms();
        while (is_time_left(a) && !has_ended) {
            zmq_pollitem_t items[] = {
                {.socket = socket,  .events = ZMQ_POLLIN},
                {.socket = monitor, .events = ZMQ_POLLIN}
            };
            uint32_t value;
            zmq_poll(items, 2, is_said ? 100 : 5);
            is_said = is_said || zmq_send(socket, a->frame[0], a->len[0], ZMQ_DONTWAIT) >= 0;
            has_ended = curve_monitor_next(monitor, &value) == ZMQ_EVENT_DISCONNECTED;
            if (has_ended && is_heard)
                print_now("ended");
            while (zmq_recv(socket, answer, sizeof answer, ZMQ_DONTWAIT) >= 0) {
                if (!is_heard)
                    print_now("heard");
                is_heard = true;
            }
            has_ended = has_ended || (!is_heard && transport_clock_ms() - begun_ms > 2000);
        }
        curve_dialler_close(&socket, &monitor);
        zclock_sleep(100);
    }
}

static const struct {
    const char *name;
    void (*run)(struct attack *a);
} kinds[] = {
    {"watch",     watch    },
    {"flood",     flood    },
    {"endless",   endless  },
    {"subscribe", subscribe},
    {"churn",     churn    },
    {"hush",      hush     },
};

static bool open_secret(struct attack *a, const char *dir, const char *passphrase_file)
{
    struct passphrase *pass = NULL;
    struct keyring *ring = NULL;
    struct problem problem;
    uint8_t public_key[32];
    struct keyfile_halves h = {public_key, 32, a->secret, 32};
    bool is_open = passphrase_get(passphrase_file, PASSPHRASE_OPEN, "", &pass, &problem) == OK &&
                   keyring_open(dir, passphrase_bytes(pass), &ring, &problem) == OK &&
                   keyring_get(ring, RINGNAME_TRANSPORT, &h, &problem) == OK;
    keyring_free(&ring);
    passphrase_free(&pass);
    return is_open;
}

static const struct organisation *find(const struct roster *r, const char *org_id)
{
    for (size_t i = 0; i < r->organisation_count; i++)
        if (strcmp(r->organisations[i].org_id, org_id) == 0)
            return &r->organisations[i];
    return NULL;
}

static int attack(char **argv)
{
    struct roster_file *file = NULL;
    struct problem problem;
    struct attack a = {.endpoint = argv[4]};
    if (roster_file_open(argv[2], &file, &problem) != OK)
        return 2;
    a.roster = roster_file_in_force(file);
    a.victim = a.roster ? find(a.roster, argv[3]) : NULL;
    a.own = a.roster ? find(a.roster, argv[5]) : NULL;
    a.port = (uint16_t)strtoul(strrchr(argv[4], ':') + 1, NULL, 10);
    if (a.victim == NULL || a.own == NULL || !open_secret(&a, argv[6], argv[7]))
        return 2;
    curve_init(1);
    a.end_ms = transport_clock_ms() + strtoul(argv[8], NULL, 10) * 1000;
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (strcmp(kinds[i].name, argv[1]) == 0)
            kinds[i].run(&a);
    printf("%zu %zu\n", a.connections, a.messages);
    fflush(stdout);
    _exit(0);
}

/* Goal: what the flood sends are messages that a node reads. Method: each is decoded. */
static void test_messages_are_real(void **state)
{
    (void)state;
    static struct roster r = {.version = 1, .organisation_count = 3};
    static _Alignas(16) uint8_t storage[WIRE_ARENA_BYTES];
    struct wire_arena arena;
    wire_arena_init(&arena, storage, sizeof storage);
    struct attack a = {.roster = &r, .victim = &r.organisations[0], .own = &r.organisations[1]};
    make_all(&a);
    assert_int_equal(a.frame_count, 1 + 3 + 4 + 16);
    for (size_t i = 0; i < a.frame_count; i++) {
        Seinpost__Message *m = NULL;
        assert_int_equal(message_decode(bytes_of(a.frame[i], a.len[i]), &arena, &m), OK);
        free(a.frame[i]);
    }
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_messages_are_real),
    };
    if (sodium_init() < 0)
        return 1;
    if (argc == 9)
        return attack(argv);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
