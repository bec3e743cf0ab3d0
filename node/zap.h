/*
 * zap.h - who may finish a CURVE handshake: the ZAP handler (RFC 27) of this process.
 *
 * libzmq asks it once for each handshake, over inproc, and lets the peer in only after a "200". It
 * runs in the caller's loop and never blocks. There can be one in a process, since its address is
 * fixed and CZMQ's context is shared. A listener must enforce its ZAP domain (curve.h): without
 * that, libzmq lets strangers in whenever no handler answers.
 */
#ifndef NODE_ZAP_H
#define NODE_ZAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/err.h"

enum {
    ZAP_KEY_BYTES = 32,
    ZAP_STEP_MAX = 16, /* requests taken in one step */
    ZAP_HELD_MAX = 64, /* taken and not answered yet; the others wait in the socket */
};

/* Whether whoever proved to hold this Curve25519 key may connect. Must not block. */
typedef bool zap_admit_fn(void *ctx, const uint8_t transport_key[ZAP_KEY_BYTES]);

struct zap;

/* Binds the handler. It answers for the one domain (borrowed: it must outlive the handler), for
 * CURVE only, and gives an admitted peer the User-Id of 64 hex digits that spells its key. Returns
 * ERR_DUPLICATE if this process has a handler already, ERR_IO if there is no memory; the caller
 * gives up starting. On error *out is NULL. For the start only: aborts if libzmq has no room for a
 * socket. */
MUST_CHECK enum err zap_new(const char *domain, zap_admit_fn *admit, void *ctx, struct zap **out);

/* Closes the handler: from then on every handshake is refused. Accepts a pointer to NULL. */
void zap_free(struct zap **z);

/* The socket to poll for input. */
void *zap_socket(const struct zap *z);

/* Takes waiting requests, at most ZAP_STEP_MAX, to be answered by zap_answer. Returns how many are
 * held. Aborts if the socket itself has failed: with no handler nobody can join any more, and a
 * restart is the remedy. */
size_t zap_take(struct zap *z);

/* Gives requests that have none this stamp (not 0), and answers those whose stamp is below
 * `before`: so whoever asks can be made to wait until what happened earlier has been seen to.
 * Whatever is malformed, of another domain, of another mechanism or not admitted is answered 400.
 */
void zap_answer(struct zap *z, uint64_t stamp, uint64_t before);

/* Takes and answers at once. */
void zap_step(struct zap *z);

size_t zap_held(const struct zap *z);

/* Requests answered 400 since the start. */
uint64_t zap_refusals(const struct zap *z);

#endif
