/*
 * curve.h - the only two ways in which this software makes a network socket.
 *
 * CURVE in libzmq fails open: with no ZAP handler, or a dead one, a stranger's key is accepted
 * unless the socket has a ZAP domain *and* enforces it. CZMQ's own call for the latter does nothing
 * in Debian 12. So each function below sets every option by libzmq's own call, reads back those on
 * which security rests, and aborts if one is not what was asked: a node that would let strangers in
 * must not run.
 *
 * What is made at the start is a zsock. What is made later is a bare socket of the same context,
 * since zsock_new aborts when descriptors run out, and anybody who connects can bring that about.
 *
 * Limits. MAXMSGSIZE holds per frame and before authentication: without it a stranger can make a
 * node allocate hundreds of megabytes. The two queue lengths bound memory at frames x
 * SOCKET_BYTES_MAX per connection: a peer fills our receive queue at will, so that one is short;
 * the send queue takes small bursts. Larger ones wait at the caller, who counts bytes.
 */
#ifndef NODE_CURVE_H
#define NODE_CURVE_H

#include <czmq.h>
#include <stdbool.h>
#include <stdint.h>

#include "proto/err.h"

enum {
    CURVE_KEY_BYTES = 32,
    CURVE_SEND_FRAMES = 64,    /* ZMQ_SNDHWM of each connection */
    CURVE_RECEIVE_FRAMES = 16, /* ZMQ_RCVHWM of each connection */
    CURVE_BACKLOG = 512,       /* connections that the kernel holds until they are accepted */
    CURVE_HANDSHAKE_MS = 4000,
    CURVE_CONNECT_MS = 10000,
    CURVE_HEARTBEAT_MS = 15000,
    CURVE_SILENCE_MS = 60000, /* a peer silent for so long is gone; also the slowest 1 MiB frame */
};

#define CURVE_DOMAIN "seinpost"

/* Prepares CZMQ's context, once in a process, before its first socket: later calls do nothing. */
void curve_init(unsigned io_threads);

/* Whether endpoint is "tcp://host:port" with an explicit port, of at most ENDPOINT_BYTES_MAX bytes.
 * A host is a name, an IPv4 address or an IPv6 address in brackets; is_listening also permits host
 * "*" and port "*" or "0". Everything else that libzmq knows (other transports, source addresses,
 * interfaces with a zone) is refused. */
bool curve_endpoint_check(const char *endpoint, bool is_listening);

/* A ROUTER that speaks CURVE as a server and asks the ZAP handler, not yet bound to the endpoint
 * that it is made for; bind the handler first. For the start only: aborts if libzmq has no room for
 * a socket. */
zsock_t *curve_listener(const uint8_t secret_key[CURVE_KEY_BYTES], const char *endpoint);

/* A DEALER that will talk to nobody but the holder of server_key, not yet connected to the endpoint
 * that it is made for. It never reconnects by itself: one socket is one connection. NULL if libzmq
 * has no room for a socket (zmq_errno); try again later. */
void *curve_dialler(const uint8_t public_key[CURVE_KEY_BYTES],
                    const uint8_t secret_key[CURVE_KEY_BYTES],
                    const uint8_t server_key[CURVE_KEY_BYTES], const char *endpoint);

/* A socket that receives the named ZMQ_EVENT_* of another; call before bind or connect. Its queue
 * has no limit: with one, libzmq's I/O thread would wait for us. NULL as above. */
void *curve_monitor(void *watched, int events);

/* The next event of a monitor, or 0 if there is none now; *value is what libzmq says with it. */
int curve_monitor_next(void *monitor, uint32_t *value);

/* Closes the monitor of a socket; both may be NULL. */
void curve_monitor_close(void *watched, void **monitor);

/* Closes what curve_dialler made, and its monitor; both may be NULL. */
void curve_dialler_close(void **dialler, void **monitor);

#endif
