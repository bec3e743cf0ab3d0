/*
 * bench_connect.c - handshakes a second of our listener, beside a bare CURVE server of libzmq.
 *
 *   connect     from TCP connection to the end of the handshake, CLIENTS at a time; limit: the same
 *               clients against a ROUTER with CURVE and nothing else, no handler, no monitor
 *
 * Each server is a process of its own. They take turns, so that both meet the same machine; each
 * figure is the median.
 */
#include "node/curve.h"
#include "node/transport.h"
#include "tests/bench/figure.h"
#include "tests/bench/rows.h"

#include <signal.h>
#include <sodium.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ROUNDS = 5, HANDSHAKES = 200, CLIENTS = 16, WAIT_SECONDS = 60 };

static uint8_t server_public[CURVE_KEY_BYTES], server_secret[CURVE_KEY_BYTES];
static uint8_t client_public[CURVE_KEY_BYTES], client_secret[CURVE_KEY_BYTES];

static bool admit(void *ctx, const uint8_t transport_key[TRANSPORT_KEY_BYTES])
{
    (void)ctx;
    return sodium_memcmp(transport_key, client_public, TRANSPORT_KEY_BYTES) == 0;
}

static void tell(int to, const char *endpoint)
{
    char text[256] = "";
    memcpy(text, endpoint, strlen(endpoint));
    if (write(to, text, sizeof text) != sizeof text)
        _exit(1);
}

static void serve_ours(int to)
{
    struct transport_config c = {.listen = "tcp://127.0.0.1:*", .admit = admit};
    struct transport *t;
    struct transport_event ev;
    memcpy(c.public_key, server_public, sizeof c.public_key);
    memcpy(c.secret_key, server_secret, sizeof c.secret_key);
    if (transport_new(&c, &t) != OK)
        _exit(1);
    tell(to, transport_endpoint(t));
    for (;;) {
        size_t count;
        zmq_pollitem_t *items = transport_poll_items(t, 0, &count);
        zmq_poll(items, (int)count, transport_timeout_ms(t, 1000));
        while (transport_next(t, &ev))
            continue;
    }
}

static void serve_bare(int to)
{
    const int one = 1;
    char endpoint[256];
    size_t len = sizeof endpoint;
    void *raw = zmq_socket(zmq_ctx_new(), ZMQ_ROUTER);
    if (zmq_setsockopt(raw, ZMQ_CURVE_SERVER, &one, sizeof one) != 0 ||
        zmq_setsockopt(raw, ZMQ_CURVE_SECRETKEY, server_secret, CURVE_KEY_BYTES) != 0 ||
        zmq_bind(raw, "tcp://127.0.0.1:*") != 0 ||
        zmq_getsockopt(raw, ZMQ_LAST_ENDPOINT, endpoint, &len) != 0)
        _exit(1);
    tell(to, endpoint);
    for (;;)
        zmq_recv(raw, NULL, 0, 0);
}

struct server {
    pid_t pid;
    char endpoint[256];
};

static void server_start(struct server *s, void (*serve)(int to))
{
    int from[2];
    figure_need(pipe(from) == 0, "a pipe");
    s->pid = fork();
    figure_need(s->pid >= 0, "a process");
    if (s->pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        serve(from[1]);
    }
    figure_need(read(from[0], s->endpoint, sizeof s->endpoint) == sizeof s->endpoint, "a server");
    close(from[0]);
    close(from[1]);
}

struct client {
    void *socket;
    void *monitor;
};

static void client_open(struct client *c, const char *endpoint)
{
    c->socket = curve_dialler(client_public, client_secret, server_public, endpoint);
    c->monitor = c->socket ? curve_monitor(c->socket, ZMQ_EVENT_HANDSHAKE_SUCCEEDED) : NULL;
    figure_need(c->monitor && zmq_connect(c->socket, endpoint) == 0, "a client");
}

/* Handshakes a second. */
static double rate(const char *endpoint)
{
    struct client c[CLIENTS];
    zmq_pollitem_t items[CLIENTS];
    size_t begun = 0, done = 0;
    double start = rows_clock();
    for (; begun < CLIENTS; begun++)
        client_open(&c[begun], endpoint);
    while (done < HANDSHAKES) {
        for (size_t i = 0; i < CLIENTS; i++)
            items[i] = (zmq_pollitem_t){.socket = c[i].monitor, .events = ZMQ_POLLIN};
        zmq_poll(items, CLIENTS, 1000);
        for (size_t i = 0; i < CLIENTS; i++) {
            uint32_t value;
            if (curve_monitor_next(c[i].monitor, &value) == 0)
                continue;
            done++;
            curve_dialler_close(&c[i].socket, &c[i].monitor);
            client_open(&c[i], endpoint);
        }
        figure_need(rows_clock() - start < WAIT_SECONDS, "%zu handshakes", done);
    }
    double seconds = rows_clock() - start;
    for (size_t i = 0; i < CLIENTS; i++)
        curve_dialler_close(&c[i].socket, &c[i].monitor);
    return (double)done / seconds;
}

int main(void)
{
    struct server ours, bare;
    double value[ROUNDS], limit[ROUNDS];
    figure_need(sodium_init() >= 0, "libsodium does not start");
    crypto_box_keypair(server_public, server_secret);
    crypto_box_keypair(client_public, client_secret);
    server_start(&ours, serve_ours); /* before libzmq has threads here */
    server_start(&bare, serve_bare);
    curve_init(1);
    (void)rate(ours.endpoint);
    (void)rate(bare.endpoint);
    for (int i = 0; i < ROUNDS; i++) {
        value[i] = rate(ours.endpoint);
        limit[i] = rate(bare.endpoint);
    }
    figure_say("connect", figure_quantile(value, ROUNDS, 0.5), "handshakes/s",
               figure_quantile(limit, ROUNDS, 0.5), FIGURE_RATE);
    kill(ours.pid, SIGKILL);
    kill(bare.pid, SIGKILL);
    waitpid(ours.pid, NULL, 0);
    waitpid(bare.pid, NULL, 0);
    return 0;
}
