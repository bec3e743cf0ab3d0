#include "node/curve.h"

#include <assert.h>
#include <inttypes.h>
#include <sodium.h>

#include "proto/bytes.h"
#include "proto/limits.h"

/* Known to libzmq since 4.3.0, but named only in headers of draft builds. */
enum { OPTION_ZAP_ENFORCE_DOMAIN = 93 };

enum { CURVE_SOCKETS_MAX = 4096 };

void curve_init(unsigned io_threads)
{
    static bool is_done;
    if (is_done)
        return;
    is_done = true;
    /* zsock_new knows no context but CZMQ's own, one a process, so that is the one used. CZMQ would
     * also catch SIGINT and SIGTERM, which belong to the main loop. */
    zsys_handler_set(NULL);
    zsys_set_io_threads(io_threads > 0 ? io_threads : 1);
    zsys_set_max_sockets(CURVE_SOCKETS_MAX); /* three for each peer that is dialled */
}

/* A bare socket in CZMQ's context; NULL where zsock_new would abort. */
static void *socket_new(int type)
{
    return zmq_socket(zsys_init(), type);
}

static bool is_one_of(char c, const char *others)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c != '\0' && strchr(others, c));
}

static bool host_check(const char *host, size_t len, bool is_listening)
{
    if (is_listening && len == 1 && host[0] == '*')
        return true;
    const char *others = ".-_";
    if (len >= 2 && host[0] == '[' && host[len - 1] == ']') {
        host++;
        len -= 2;
        others = ".:";
    }
    for (size_t i = 0; i < len; i++)
        if (!is_one_of(host[i], others))
            return false;
    return len > 0;
}

static bool port_check(const char *port, bool is_listening)
{
    if (is_listening && (strcmp(port, "*") == 0 || strcmp(port, "0") == 0))
        return true;
    size_t len = strlen(port);
    if (len < 1 || len > 5 || strspn(port, "0123456789") != len)
        return false;
    long n = strtol(port, NULL, 10);
    return n >= 1 && n <= 65535;
}

bool curve_endpoint_check(const char *endpoint, bool is_listening)
{
    static const char scheme[] = "tcp://";
    if (strnlen(endpoint, ENDPOINT_BYTES_MAX + 1) > ENDPOINT_BYTES_MAX ||
        strncmp(endpoint, scheme, sizeof scheme - 1) != 0)
        return false;
    const char *host = endpoint + sizeof scheme - 1;
    const char *colon = strrchr(host, ':');
    return colon && host_check(host, (size_t)(colon - host), is_listening) &&
           port_check(colon + 1, is_listening);
}

/* Options are our own choice: one that libzmq does not take is a fault of this software, or a
 * libzmq that it must not run with. */
static void option_set(void *raw, int option, const void *value, size_t len)
{
    int rc = zmq_setsockopt(raw, option, value, len);
    assert(rc == 0);
}

static bool option_is(void *raw, int option, const void *want, size_t len)
{
    uint8_t have[64];
    assert(len <= sizeof have);
    size_t have_len = len; /* of a key, libzmq takes the form from this */
    bool is_same = zmq_getsockopt(raw, option, have, &have_len) == 0 && have_len == len &&
                   sodium_memcmp(have, want, len) == 0;
    sodium_memzero(have, sizeof have);
    return is_same;
}

static const int64_t message_bytes_max = SOCKET_BYTES_MAX;

/* What listeners and diallers have in common. */
static void options_set_common(void *raw, const char *endpoint)
{
    const int is_ipv6 = strchr(endpoint, '[') != NULL;
    const struct {
        int option;
        int value;
    } rows[] = {
        {ZMQ_HANDSHAKE_IVL,     CURVE_HANDSHAKE_MS  },
        {ZMQ_HEARTBEAT_IVL,     CURVE_HEARTBEAT_MS  },
        {ZMQ_HEARTBEAT_TIMEOUT, CURVE_SILENCE_MS    },
        {ZMQ_HEARTBEAT_TTL,     CURVE_SILENCE_MS    },
        {ZMQ_SNDHWM,            CURVE_SEND_FRAMES   },
        {ZMQ_RCVHWM,            CURVE_RECEIVE_FRAMES},
        {ZMQ_LINGER,            0                   },
        {ZMQ_IPV6,              is_ipv6             },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        option_set(raw, rows[i].option, &rows[i].value, sizeof rows[i].value);
    option_set(raw, ZMQ_MAXMSGSIZE, &message_bytes_max, sizeof message_bytes_max);
}

zsock_t *curve_listener(const uint8_t secret_key[CURVE_KEY_BYTES], const char *endpoint)
{
    zsock_t *socket = zsock_new(ZMQ_ROUTER);
    void *raw = zsock_resolve(socket);
    const int one = 1, mechanism = ZMQ_CURVE, backlog = CURVE_BACKLOG;
    options_set_common(raw, endpoint);
    option_set(raw, ZMQ_ROUTER_MANDATORY, &one, sizeof one); /* else a send to nobody looks done */
    option_set(raw, ZMQ_BACKLOG, &backlog, sizeof backlog);
    option_set(raw, ZMQ_CURVE_SERVER, &one, sizeof one);
    option_set(raw, ZMQ_CURVE_SECRETKEY, secret_key, CURVE_KEY_BYTES);
    option_set(raw, ZMQ_ZAP_DOMAIN, CURVE_DOMAIN, sizeof CURVE_DOMAIN - 1);
    option_set(raw, OPTION_ZAP_ENFORCE_DOMAIN, &one, sizeof one);

    bool is_guarded = option_is(raw, ZMQ_MECHANISM, &mechanism, sizeof mechanism) &&
                      option_is(raw, ZMQ_CURVE_SERVER, &one, sizeof one) &&
                      option_is(raw, ZMQ_CURVE_SECRETKEY, secret_key, CURVE_KEY_BYTES) &&
                      option_is(raw, ZMQ_ZAP_DOMAIN, CURVE_DOMAIN, sizeof CURVE_DOMAIN) &&
                      option_is(raw, OPTION_ZAP_ENFORCE_DOMAIN, &one, sizeof one) &&
                      option_is(raw, ZMQ_MAXMSGSIZE, &message_bytes_max, sizeof message_bytes_max);
    assert(is_guarded);
    return socket;
}

void *curve_dialler(const uint8_t public_key[CURVE_KEY_BYTES],
                    const uint8_t secret_key[CURVE_KEY_BYTES],
                    const uint8_t server_key[CURVE_KEY_BYTES], const char *endpoint)
{
    void *raw = socket_new(ZMQ_DEALER);
    if (!raw)
        return NULL;
    const int one = 1, never = -1, zero = 0, mechanism = ZMQ_CURVE, connect_ms = CURVE_CONNECT_MS;
    options_set_common(raw, endpoint);
    option_set(raw, ZMQ_IMMEDIATE, &one, sizeof one); /* nothing is queued before the handshake */
    option_set(raw, ZMQ_RECONNECT_IVL, &never, sizeof never);
    option_set(raw, ZMQ_CONNECT_TIMEOUT, &connect_ms, sizeof connect_ms);
    option_set(raw, ZMQ_CURVE_PUBLICKEY, public_key, CURVE_KEY_BYTES);
    option_set(raw, ZMQ_CURVE_SECRETKEY, secret_key, CURVE_KEY_BYTES);
    option_set(raw, ZMQ_CURVE_SERVERKEY, server_key, CURVE_KEY_BYTES);

    bool is_pinned = option_is(raw, ZMQ_MECHANISM, &mechanism, sizeof mechanism) &&
                     option_is(raw, ZMQ_CURVE_SERVER, &zero, sizeof zero) &&
                     option_is(raw, ZMQ_CURVE_PUBLICKEY, public_key, CURVE_KEY_BYTES) &&
                     option_is(raw, ZMQ_CURVE_SECRETKEY, secret_key, CURVE_KEY_BYTES) &&
                     option_is(raw, ZMQ_CURVE_SERVERKEY, server_key, CURVE_KEY_BYTES) &&
                     option_is(raw, ZMQ_MAXMSGSIZE, &message_bytes_max, sizeof message_bytes_max);
    assert(is_pinned);
    return raw;
}

void *curve_monitor(void *watched, int events)
{
    static uint64_t
        count; /* a name is free again only when libzmq gets round to it: never reuse one */
    char name[64];
    snprintf(name, sizeof name, "inproc://monitor-%" PRIu64, ++count);
    if (zmq_socket_monitor(watched, name, events) != 0)
        return NULL;
    void *monitor = socket_new(ZMQ_PAIR);
    if (!monitor)
        return NULL;
    const int zero = 0;
    option_set(monitor, ZMQ_RCVHWM, &zero, sizeof zero); /* no limit */
    option_set(monitor, ZMQ_LINGER, &zero, sizeof zero);
    int rc = zmq_connect(monitor, name);
    assert(rc == 0); /* it was bound just now */
    return monitor;
}

int curve_monitor_next(void *monitor, uint32_t *value)
{
    uint8_t head[6]; /* event u16, value u32, in this machine's byte order */
    int len;
    do
        len = zmq_recv(monitor, head, sizeof head, ZMQ_DONTWAIT);
    while (len < 0 && zmq_errno() == EINTR); /* "none now" must be true */
    if (len < 0) {
        assert(zmq_errno() == EAGAIN);
        return 0;
    }
    uint16_t event;
    assert(len == (int)sizeof head);
    memcpy(&event, head, sizeof event);
    memcpy(value, head + sizeof event, sizeof *value);
    len = zmq_recv(monitor, NULL, 0, ZMQ_DONTWAIT); /* the address, of no use here */
    assert(len >= 0);
    return event;
}

void curve_monitor_close(void *watched, void **monitor)
{
    if (watched)
        zmq_socket_monitor(watched, NULL, 0);
    if (*monitor)
        zmq_close(*monitor);
    *monitor = NULL;
}

void curve_dialler_close(void **dialler, void **monitor)
{
    curve_monitor_close(*dialler, monitor);
    if (*dialler)
        zmq_close(*dialler);
    *dialler = NULL;
}
