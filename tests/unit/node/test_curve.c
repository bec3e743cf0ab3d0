#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sodium.h>

#include "node/curve.h"
#include "node/transport.h"

enum { OPTION_ZAP_ENFORCE_DOMAIN = 93 };

/* Goal: an endpoint is TCP, with an explicit host and port; a listener may leave both open.
 * Method: one row is one text, judged both ways. */
static const struct {
    const char *endpoint;
    bool can_dial;
    bool can_listen;
} rows[] = {
    {"tcp://127.0.0.1:5000",                true,  true },
    {"tcp://node.example.org:1",            true,  true },
    {"tcp://node_1:65535",                  true,  true },
    {"tcp://[::1]:5000",                    true,  true },
    {"tcp://[2001:db8::7:192.0.2.1]:5000",  true,  true },
    {"tcp://127.0.0.1:*",                   false, true },
    {"tcp://127.0.0.1:0",                   false, true },
    {"tcp://*:5000",                        false, true },
    {"tcp://*:*",                           false, true },
    {"",                                    false, false},
    {"tcp://",                              false, false},
    {"tcp://:5000",                         false, false},
    {"tcp://[]:5000",                       false, false},
    {"tcp://127.0.0.1",                     false, false},
    {"tcp://127.0.0.1:",                    false, false},
    {"tcp://127.0.0.1:65536",               false, false},
    {"tcp://127.0.0.1:500000",              false, false},
    {"tcp://127.0.0.1:-1",                  false, false},
    {"tcp://127.0.0.1:+1",                  false, false},
    {"tcp://127.0.0.1: 1",                  false, false},
    {"tcp://127.0.0.1:50x",                 false, false},
    {"tcp://127.0.0.1:0x50",                false, false},
    {"tcp://::1:5000",                      false, false},
    {"tcp://[fe80::1%eth0]:5000",           false, false},
    {"tcp://127.0.0.1:5000;192.0.2.1:5000", false, false},
    {"tcp://192.0.2.1:0;127.0.0.1:5000",    false, false},
    {"tcp://a/b:5000",                      false, false},
    {"tcp://%s%n:5000",                     false, false},
    {"tcp://127.0.0.1:5000 ",               false, false},
    {" tcp://127.0.0.1:5000",               false, false},
    {"TCP://127.0.0.1:5000",                false, false},
    {"127.0.0.1:5000",                      false, false},
    {"udp://127.0.0.1:5000",                false, false},
    {"inproc://node",                       false, false},
    {"ipc:///tmp/node",                     false, false},
    {"ws://127.0.0.1:5000",                 false, false},
};

static void test_endpoints(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (curve_endpoint_check(rows[i].endpoint, false) != rows[i].can_dial ||
            curve_endpoint_check(rows[i].endpoint, true) != rows[i].can_listen)
            fail_msg("\"%s\"", rows[i].endpoint);
    }
    char longest[ENDPOINT_BYTES_MAX + 2] = "tcp://";
    memset(longest + 6, 'a', sizeof longest - 7);
    memcpy(longest + ENDPOINT_BYTES_MAX - 5, ":5000", 6);
    assert_int_equal(strlen(longest), ENDPOINT_BYTES_MAX);
    assert_true(curve_endpoint_check(longest, false));
    memcpy(longest + ENDPOINT_BYTES_MAX - 4, ":5000", 6);
    assert_false(curve_endpoint_check(longest, false));
}

/* Goal: both kinds of socket have their limits before anybody has proved who he is.
 * Method: the options are read back. */
static void test_limits(void **state)
{
    (void)state;
    uint8_t public_key[CURVE_KEY_BYTES], secret_key[CURVE_KEY_BYTES];
    crypto_box_keypair(public_key, secret_key);
    for (int is_ipv6 = 0; is_ipv6 <= 1; is_ipv6++) {
        const char *endpoint = is_ipv6 ? "tcp://[::1]:5000" : "tcp://127.0.0.1:5000";
        zsock_t *listener = curve_listener(secret_key, endpoint);
        void *monitor = NULL,
             *dialler = curve_dialler(public_key, secret_key, public_key, endpoint);
        for (size_t i = 0; i < 2; i++) {
            const int options[][2] = {
                {ZMQ_HANDSHAKE_IVL,     4000   },
                {ZMQ_HEARTBEAT_IVL,     15000  },
                {ZMQ_HEARTBEAT_TIMEOUT, 60000  },
                {ZMQ_HEARTBEAT_TTL,     60000  },
                {ZMQ_SNDHWM,            64     },
                {ZMQ_RCVHWM,            16     },
                {ZMQ_LINGER,            0      },
                {ZMQ_IPV6,              is_ipv6},
            };
            void *raw = i == 0 ? zsock_resolve(listener) : dialler;
            assert_non_null(raw);
            for (size_t o = 0; o < sizeof options / sizeof options[0]; o++) {
                int value = -1;
                size_t len = sizeof value;
                assert_int_equal(zmq_getsockopt(raw, options[o][0], &value, &len), 0);
                assert_int_equal(value, options[o][1]);
            }
            int64_t bytes = -1;
            size_t len = sizeof bytes;
            assert_int_equal(zmq_getsockopt(raw, ZMQ_MAXMSGSIZE, &bytes, &len), 0);
            assert_int_equal(bytes, 1024 * 1024 + 4096);
        }
        zsock_destroy(&listener);
        curve_dialler_close(&dialler, &monitor);
    }
}

struct pair {
    zsock_t *listener;
    void *dialler;
    void *monitor;
};

static void pair_open(struct pair *p, int is_enforced)
{
    uint8_t server_public[CURVE_KEY_BYTES], server_secret[CURVE_KEY_BYTES];
    uint8_t public_key[CURVE_KEY_BYTES], secret_key[CURVE_KEY_BYTES];
    crypto_box_keypair(server_public, server_secret);
    crypto_box_keypair(public_key, secret_key);
    const char *any = "tcp://127.0.0.1:*";
    p->listener = curve_listener(server_secret, any);
    assert_non_null(p->listener);
    void *raw = zsock_resolve(p->listener);
    char endpoint[256];
    size_t len = sizeof endpoint;
    if (!is_enforced)
        assert_int_equal(zmq_setsockopt(raw, OPTION_ZAP_ENFORCE_DOMAIN, &is_enforced, sizeof(int)),
                         0);
    assert_int_equal(zmq_bind(raw, any), 0);
    assert_int_equal(zmq_getsockopt(raw, ZMQ_LAST_ENDPOINT, endpoint, &len), 0);
    p->dialler = curve_dialler(public_key, secret_key, server_public, endpoint);
    assert_non_null(p->dialler);
    p->monitor = curve_monitor(p->dialler, ZMQ_EVENT_HANDSHAKE_SUCCEEDED |
                                               ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL |
                                               ZMQ_EVENT_DISCONNECTED);
    assert_non_null(p->monitor);
    assert_int_equal(zmq_connect(p->dialler, endpoint), 0);
}

static int pair_outcome(struct pair *p)
{
    zmq_pollitem_t item = {.socket = p->monitor, .events = ZMQ_POLLIN};
    uint32_t value;
    return zmq_poll(&item, 1, 3000) == 1 ? curve_monitor_next(p->monitor, &value) : 0;
}

static void pair_close(struct pair *p)
{
    curve_dialler_close(&p->dialler, &p->monitor);
    zsock_destroy(&p->listener);
}

/* Goal: a listener for which no ZAP handler answers lets nobody in.
 * Method: a stranger dials a listener in a process without a handler. The same listener with its
 * domain no longer enforced lets the stranger in, which shows that this can fail and why the option
 * is read back. */
static void test_no_handler(void **state)
{
    (void)state;
    struct pair p;
    pair_open(&p, 0);
    assert_int_equal(pair_outcome(&p), ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
    pair_close(&p);

    pair_open(&p, 1);
    int outcome = pair_outcome(&p);
    assert_true(outcome == ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL ||
                outcome == ZMQ_EVENT_DISCONNECTED);
    assert_int_equal(zmq_send(p.dialler, "x", 1, ZMQ_DONTWAIT), -1);
    assert_int_equal(zmq_recv(zsock_resolve(p.listener), NULL, 0, ZMQ_DONTWAIT), -1);
    pair_close(&p);
}

/* Goal: CZMQ leaves the signals that stop a program to its owner.
 * Method: the dispositions of SIGINT and SIGTERM before and after the first sockets of a process.
 */
static void test_signals(void **state)
{
    struct sigaction *before = *state;
    struct sigaction after;
    assert_int_equal(sigaction(SIGINT, NULL, &after), 0);
    assert_ptr_equal(after.sa_handler, before[0].sa_handler);
    assert_int_equal(sigaction(SIGTERM, NULL, &after), 0);
    assert_ptr_equal(after.sa_handler, before[1].sa_handler);
}

static void on_signal(int number)
{
    (void)number;
}

int main(void)
{
    static struct sigaction before[2];
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_endpoints),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_no_handler),
        {"test_signals", test_signals, NULL, NULL, before},
    };
    before[0].sa_handler = on_signal;
    before[1].sa_handler = SIG_DFL;
    sigaction(SIGINT, &before[0], NULL);
    sigaction(SIGTERM, &before[1], NULL);
    curve_init(1);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
