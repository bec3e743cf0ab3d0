/*
 * What the libraries of Debian 12 really do, where this software relies on it or guards against it.
 *
 * A later version may differ: a row that fails here says which guard to look at. The tests below
 * are of facts that no other test shows; the others are shown where they are guarded against.
 */
/* clang-format off */
/*
 *   no ZAP handler answers: CURVE lets strangers in            curve: no_handler
 *   the domain is enforced but empty: likewise                 here: empty_domain
 *   CZMQ's call to enforce the domain does nothing             here: czmq_enforces_nothing
 *   a listener that lets strangers in is noticed at the start  transport: selftest
 *   ZAP is asked at the handshake only; a revoked link goes on transport_abuse: revocation
 *   shutdown of a message's SRCFD ends that peer's link alone  transport_abuse: revocation
 *   after a poll a routing id has lost its User-Id             here: lost_user_id
 *   routing ids can be squatted                                here: squatted_routing_id
 *   an end is reported before its descriptor is closed         transport_abuse: cut_after_end
 *   the lowest free descriptor is given out first              here: lowest_descriptor
 *   MAXMSGSIZE ends a connection at a frame's header           here: huge_header
 *   MAXMSGSIZE is per frame and counts CURVE's 33 bytes        transport_abuse: misdeeds
 *   an endless message passes every limit of libzmq            transport_crowd: endless
 *   TCP_INFO counts received bytes, unread ones included       tcp: bytes_read
 *   a ROUTER drops what is for nobody, unless told not to      here: router_drops
 *   full descriptors make libzmq spin and starve members       transport_crowd: descriptors
 *   heartbeats are off by default                              curve: limits
 *   heartbeats pass beside frames of 1 MiB                     transport: exchange
 *   libzmq reconnects without jitter                           transport: waits
 *   libzmq aborts when there is no memory                      e2e match: kill -9
 *   protobuf-c nests without limit                             proto wire: depth
 *   protobuf-c uses many times the memory of its input         proto wire: amplification
 *   SQLite keeps commits only with synchronous=FULL            store_crash
 *   a flipped bit in a blob passes SQLite's own check          store_fail: flipped_bit
 *   a failed fsync may "succeed" when tried again              store_fail: disk_failures
 *   two that write can corrupt a file of SQLite                store_open: one_at_a_time
 *   libsodium takes the identity for a valid point             here: sodium_points
 *   libsodium ignores the top bit of a point                   here: sodium_points, protocol group
 *   libsodium reduces scalars that are not canonical           here: sodium_scalars, protocol group
 *   one random string in eight decodes as a point              here: sodium_points
 *   only strings with "OPRFV1-" are those of RFC 9497          protocol voprf: evaluation_vectors
 */
/* clang-format on */
#include <fcntl.h>

#include "tests/unit/node/transport_world.h"

#include "tests/unit/node/curve_client.h"

enum { OPTION_ZAP_ENFORCE_DOMAIN = 93 };

/* ---- libzmq and CZMQ ---- */

static void set(void *raw, int option, const void *value, size_t len)
{
    assert_int_equal(zmq_setsockopt(raw, option, value, len), 0);
}

/* A CURVE server with the enforcement on and no domain; its endpoint. */
static void *domainless(const struct keys *k, char endpoint[256])
{
    const int one = 1, zero = 0;
    size_t len = 256;
    void *raw = zmq_socket(zsys_init(), ZMQ_ROUTER);
    set(raw, ZMQ_CURVE_SERVER, &one, sizeof one);
    set(raw, ZMQ_CURVE_SECRETKEY, k->secret_key, CURVE_KEY_BYTES);
    set(raw, OPTION_ZAP_ENFORCE_DOMAIN, &one, sizeof one);
    set(raw, ZMQ_LINGER, &zero, sizeof zero);
    assert_int_equal(zmq_bind(raw, "tcp://127.0.0.1:*"), 0);
    assert_int_equal(zmq_getsockopt(raw, ZMQ_LAST_ENDPOINT, endpoint, &len), 0);
    return raw;
}

static bool nobody(void *ctx, const uint8_t transport_key[CURVE_KEY_BYTES])
{
    (void)transport_key;
    ++*(size_t *)ctx;
    return false;
}

static void test_empty_domain(void **state)
{
    (void)state;
    struct keys k = keys_new(), stranger = keys_new();
    struct zap *zap = NULL;
    size_t asked = 0;
    char endpoint[256];
    assert_int_equal(zap_new(CURVE_DOMAIN, nobody, &asked, &zap), OK);
    void *raw = domainless(&k, endpoint);
    struct raw r;
    raw_connect(&r, curve_dialler(stranger.public_key, stranger.secret_key, k.public_key, endpoint),
                endpoint);
    PUMP_UNTIL((zap_step(zap), raw_events(&r) & ZMQ_EVENT_HANDSHAKE_SUCCEEDED));
    assert_int_equal(asked, 0);
    raw_close(&r);
    zmq_close(raw);
    zap_free(&zap);
}

static void test_czmq_enforces_nothing(void **state)
{
    (void)state;
    zsock_t *socket = zsock_new(ZMQ_ROUTER);
    const int one = 1;
    int value = -1;
    size_t len = sizeof value;
    zsock_set_zap_enforce_domain(socket, 1);
    assert_int_equal(zmq_getsockopt(zsock_resolve(socket), OPTION_ZAP_ENFORCE_DOMAIN, &value, &len),
                     0);
    assert_int_equal(value, 0);
    set(zsock_resolve(socket), OPTION_ZAP_ENFORCE_DOMAIN, &one, sizeof one);
    assert_int_equal(zmq_getsockopt(zsock_resolve(socket), OPTION_ZAP_ENFORCE_DOMAIN, &value, &len),
                     0);
    assert_int_equal(value, 1);
    zsock_destroy(&socket);
}

/* Method: the listener of a node is polled and read by hand. */
static void test_lost_user_id(void **state)
{
    (void)state;
    struct node *server = server_new(), *member = member_new();
    dial(member, server);
    PUMP_UNTIL(count_of(member, TRANSPORT_UP) == 1);
    say(member, "hello");
    void *raw = zsock_resolve(server->t->listener);
    zmq_pollitem_t item = {.socket = raw, .events = ZMQ_POLLIN};
    assert_int_equal(zmq_poll(&item, 1, WAIT_MS), 1);
    zmq_msg_t id, payload;
    zmq_msg_init(&id);
    zmq_msg_init(&payload);
    assert_true(zmq_msg_recv(&id, raw, 0) >= 0);
    assert_true(zmq_msg_recv(&payload, raw, 0) >= 0);
    assert_null(zmq_msg_gets(&id, "User-Id"));
    assert_non_null(zmq_msg_gets(&payload, "User-Id"));
    assert_true(zmq_msg_get(&payload, ZMQ_SRCFD) >= 0);
    zmq_msg_close(&id);
    zmq_msg_close(&payload);
}

/* A member that names itself as another's connection is named. Goal: the other goes on, in both
 * directions, and the squatter is never heard. */
static void test_squatted_routing_id(void **state)
{
    (void)state;
    struct node *server = server_new(), *member = member_new();
    struct keys k = keys_new();
    roster_add(&k);
    server->is_echo = true;
    dial(member, server);
    PUMP_UNTIL(count_of(member, TRANSPORT_UP) == 1);
    say(member, "hello");
    PUMP_UNTIL(count_of(member, TRANSPORT_FRAME) == 1);
    struct curve_client c;
    uint8_t out[CLIENT_OUT_BYTES_MAX];
    client_open(&c, server->t->port, k.public_key, k.secret_key, server->keys.public_key);
    memcpy(c.name, server->t->inbound[0].routing_id, ROUTING_ID_BYTES);
    c.name_len = ROUTING_ID_BYTES;
    size_t len = client_greeting(out, "CURVE");
    len += client_hello(&c, out + len);
    assert_true(client_write(&c, out, len));
    PUMP_UNTIL(client_take_welcome(&c));
    assert_true(client_write(&c, out, client_initiate(&c, out)));
    PUMP_UNTIL(client_is_ready(&c));
    for (int i = 0; i < 5; i++) {
        assert_true(client_write(&c, out, client_frame(&c, out, "I am they", 9, false)));
        say(member, "it is I");
        PUMP_UNTIL(count_of(member, TRANSPORT_FRAME) == 2 + (size_t)i);
        assert_true(last_says(member, BYTES_LITERAL("it is I")));
    }
    pump_for(QUIET_MS / 3);
    assert_int_equal(count_of(server, TRANSPORT_UP), 1);
    assert_int_equal(count_of(server, TRANSPORT_FRAME), 6);
    assert_int_equal(server->t->conns_silent, 1); /* until its time is over */
    client_close(&c);
}

static void test_lowest_descriptor(void **state)
{
    (void)state;
    int a = dup(0), b = dup(0);
    assert_true(a < b);
    close(a);
    assert_int_equal(dup(0), a);
    close(a);
    close(b);
}

/* Goal: a frame said to be huge ends the connection at its header, before and after the handshake.
 * Method: a stranger after the greeting. */
static void test_huge_header(void **state)
{
    (void)state;
    struct node *server = server_new();
    static const uint8_t headers[][9] = {
        {0x06, 0,    0,    0,    0x40, 0,    0,    0,    0   }, /* a command of 1 GiB */
        {0x02, 0,    0,    0,    0,    0,    0x10, 0x10, 0x01}, /* a frame of one byte too many */
        {0x02, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff},
        {0x06, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff},
    };
    for (size_t i = 0; i < sizeof headers / sizeof headers[0]; i++) {
        struct curve_client c = {.fd = client_connect(server->t->port)};
        uint8_t out[CLIENT_OUT_BYTES_MAX];
        assert_true(client_write(&c, out, client_greeting(out, "CURVE")));
        assert_true(client_write(&c, headers[i], sizeof headers[i]));
        PUMP_UNTIL((client_read(&c), c.has_ended));
        client_close(&c);
    }
    assert_int_equal(server->notes_count, 0);
}

static void test_router_drops(void **state)
{
    (void)state;
    const int one = 1;
    zsock_t *router = zsock_new(ZMQ_ROUTER);
    void *raw = zsock_resolve(router);
    assert_int_equal(zmq_send(raw, "nobody", 6, ZMQ_SNDMORE | ZMQ_DONTWAIT), 6);
    assert_int_equal(zmq_send(raw, "x", 1, ZMQ_DONTWAIT), 1);
    set(raw, ZMQ_ROUTER_MANDATORY, &one, sizeof one);
    assert_int_equal(zmq_send(raw, "nobody", 6, ZMQ_SNDMORE | ZMQ_DONTWAIT), -1);
    assert_int_equal(zmq_errno(), EHOSTUNREACH);
    zsock_destroy(&router);
}

/* ---- libsodium ---- */

static void test_sodium_points(void **state)
{
    (void)state;
    uint8_t zero[32] = {0}, seed[32] = {7}, bytes[8000][32];
    assert_int_equal(crypto_core_ristretto255_is_valid_point(zero), 1);
    randombytes_buf_deterministic(bytes, sizeof bytes, seed);
    size_t valid = 0, high = 0;
    for (size_t i = 0; i < 8000; i++) {
        bytes[i][31] &= 0x7f;
        valid += crypto_core_ristretto255_is_valid_point(bytes[i]) == 1;
        bytes[i][31] |= 0x80;
        high += crypto_core_ristretto255_is_valid_point(bytes[i]) == 1;
    }
    assert_in_range(valid, 880, 1120);
    assert_int_equal(high, valid); /* the top bit is not looked at */
}

static void test_sodium_scalars(void **state)
{
    (void)state;
    static const uint8_t order[32] = {0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58,
                                      0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14,
                                      0,    0,    0,    0,    0,    0,    0,    0,
                                      0,    0,    0,    0,    0,    0,    0,    0x10};
    uint8_t above[32], one[32] = {1}, high[32] = {1}, point[32], got[32];
    crypto_core_ristretto255_random(point);
    memcpy(above, order, 32);
    above[0]++;
    high[31] = 0x80;
    assert_int_equal(crypto_scalarmult_ristretto255(got, above, point), 0);
    assert_memory_equal(got, point, 32); /* L + 1 acts as 1 */
    assert_int_equal(crypto_scalarmult_ristretto255(got, high, point), 0);
    assert_memory_equal(got, point, 32); /* the top bit is ignored */
    assert_int_equal(crypto_scalarmult_ristretto255(got, order, point), -1);
    assert_int_equal(crypto_scalarmult_ristretto255(got, one, point), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_empty_domain),        TEST(test_czmq_enforces_nothing), TEST(test_lost_user_id),
        TEST(test_squatted_routing_id), TEST(test_lowest_descriptor),     TEST(test_huge_header),
        TEST(test_router_drops),        TEST(test_sodium_points),         TEST(test_sodium_scalars),
    };
    if (sodium_init() < 0)
        return 1;
    curve_init(1);
    return end(cmocka_run_group_tests(tests, NULL, NULL));
}
