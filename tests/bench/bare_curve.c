#include "tests/bench/bare_curve.h"

#include "proto/limits.h"
#include "tests/bench/figure.h"
#include "tests/bench/rows.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zmq.h>

enum { KEY_TEXT = 41, PATIENCE_MS = 30000, ASK_BYTES = 1, SERVER_THREADS = 2 };

/* What both processes see. */
struct shared {
    char public_key[KEY_TEXT], secret_key[KEY_TEXT];
    size_t clients; /* that fan_out waits for */
    size_t frames, bytes[BARE_FRAMES_MAX];
};

static struct shared *shared;
static pid_t server;
static unsigned server_port;
static void *context, *client[BARE_CLIENTS_MAX];
static size_t client_count;

/* ---- The server's process ---- */

struct name {
    uint8_t bytes[256];
    size_t len;
};

/* One fan-out: each frame to every client, in turns. */
static void serve_all(void *router, const struct name *names, const uint8_t *frame)
{
    for (size_t i = 0; i < shared->frames; i++) {
        for (size_t k = 0; k < shared->clients; k++) {
            zmq_send(router, names[k].bytes, names[k].len, ZMQ_SNDMORE);
            zmq_send(router, frame, shared->bytes[i], 0);
        }
    }
}

static void serve(void)
{
    static struct name names[BARE_CLIENTS_MAX];
    static uint8_t frame[SOCKET_BYTES_MAX];
    size_t asked = 0;
    int one = 1;
    char endpoint[64];
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    void *own = zmq_ctx_new();
    zmq_ctx_set(own, ZMQ_IO_THREADS, SERVER_THREADS);
    void *router = zmq_socket(own, ZMQ_ROUTER);
    zmq_setsockopt(router, ZMQ_CURVE_SERVER, &one, sizeof one);
    zmq_setsockopt(router, ZMQ_CURVE_SECRETKEY, shared->secret_key, KEY_TEXT);
    zmq_setsockopt(router, ZMQ_ROUTER_MANDATORY, &one, sizeof one); /* waits where one is full */
    snprintf(endpoint, sizeof endpoint, "tcp://127.0.0.1:%u", server_port);
    if (zmq_bind(router, endpoint) != 0)
        _exit(1);
    for (;;) {
        int name = zmq_recv(router, names[asked].bytes, sizeof names[asked].bytes, 0);
        int len = zmq_recv(router, frame, sizeof frame, 0);
        if (name < 0 || len < 0)
            _exit(1);
        names[asked].len = (size_t)name;
        if (len > ASK_BYTES) {
            zmq_send(router, names[asked].bytes, (size_t)name, ZMQ_SNDMORE);
            zmq_send(router, frame, (size_t)len, 0);
        } else if (++asked == shared->clients) {
            serve_all(router, names, frame);
            asked = 0;
        }
    }
}

void bare_curve_start(unsigned port)
{
    shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    figure_need(shared != MAP_FAILED &&
                    zmq_curve_keypair(shared->public_key, shared->secret_key) == 0,
                "no bare server");
    server_port = port;
    server = fork();
    figure_need(server >= 0, "no process can be made");
    if (server == 0)
        serve();
}

void bare_curve_stop(void)
{
    for (size_t i = 0; i < client_count; i++)
        zmq_close(client[i]);
    zmq_ctx_term(context);
    kill(server, SIGKILL);
    waitpid(server, NULL, 0);
}

/* ---- The clients ---- */

void bare_curve_connect(size_t clients)
{
    char endpoint[64], public_key[KEY_TEXT], secret_key[KEY_TEXT];
    int linger = 0, patience = PATIENCE_MS;
    snprintf(endpoint, sizeof endpoint, "tcp://127.0.0.1:%u", server_port);
    context = zmq_ctx_new();
    for (client_count = 0; client_count < clients; client_count++) {
        void *s = client[client_count] = zmq_socket(context, ZMQ_DEALER);
        figure_need(s != NULL && zmq_curve_keypair(public_key, secret_key) == 0, "no bare client");
        zmq_setsockopt(s, ZMQ_CURVE_SERVERKEY, shared->public_key, KEY_TEXT);
        zmq_setsockopt(s, ZMQ_CURVE_PUBLICKEY, public_key, KEY_TEXT);
        zmq_setsockopt(s, ZMQ_CURVE_SECRETKEY, secret_key, KEY_TEXT);
        zmq_setsockopt(s, ZMQ_LINGER, &linger, sizeof linger);
        zmq_setsockopt(s, ZMQ_RCVTIMEO, &patience, sizeof patience);
        figure_need(zmq_connect(s, endpoint) == 0, "%s", endpoint);
    }
    shared->clients = clients;
    shared->frames = 0;
    for (size_t i = 0; i < clients; i++) { /* until the handshakes are done */
        uint8_t frame[2] = {0};
        zmq_send(client[i], frame, sizeof frame, 0);
        figure_need(zmq_recv(client[i], frame, sizeof frame, 0) == 2, "the bare server is silent");
    }
}

double bare_curve_round_trip(size_t bytes)
{
    static uint8_t frame[SOCKET_BYTES_MAX];
    double start = rows_clock();
    zmq_send(client[0], frame, bytes, 0);
    figure_need(zmq_recv(client[0], frame, sizeof frame, 0) == (int)bytes,
                "the bare server is silent");
    return rows_clock() - start;
}

double bare_curve_fan_out(const size_t *bytes, size_t count)
{
    static uint8_t frame[SOCKET_BYTES_MAX];
    size_t left = client_count * count;
    zmq_pollitem_t items[BARE_CLIENTS_MAX];
    figure_need(count <= BARE_FRAMES_MAX, "too many frames");
    memcpy(shared->bytes, bytes, count * sizeof *bytes);
    shared->frames = count;
    double start = rows_clock();
    for (size_t i = 0; i < client_count; i++) {
        zmq_send(client[i], frame, ASK_BYTES, 0);
        items[i] = (zmq_pollitem_t){.socket = client[i], .events = ZMQ_POLLIN};
    }
    while (left > 0) {
        figure_need(zmq_poll(items, (int)client_count, PATIENCE_MS) > 0,
                    "the bare server is silent");
        for (size_t i = 0; i < client_count; i++)
            while (zmq_recv(client[i], frame, sizeof frame, ZMQ_DONTWAIT) > 0)
                left--;
    }
    return rows_clock() - start;
}
