/*
 * client.h - asks this machine's node over its local socket (control protocol: one JSON request a
 * connection, answered with JSON lines, the last of which is {"end": ...}).
 */
#ifndef NODE_CLIENT_H
#define NODE_CLIENT_H

#include <jansson.h>

#include "config/config.h"
#include "node/problem.h"
#include "proto/err.h"

enum { CLIENT_BYTES_MAX = 32 * 1024 * 1024 }; /* of a request and of a line of the answer */

/* Has the JSON library wipe what it frees, since requests hold names. Call it before its first use.
 */
void client_init(void);

/* Sends a request, which it takes and wipes, and calls line for each answer but the last; *end gets
 * the object in the last, to be released. Returns OK when the node ended its answer, whatever it
 * says, or with *problem set and *end NULL:
 *   ERR_NOT_FOUND     the node does not run
 *   ERR_UNAUTHORISED  this person may not use the socket
 *   ERR_LIMIT         the request is longer than the node reads
 *   ERR_TRUNCATED     the node stopped in the middle
 *   ERR_FORMAT        an answer is no JSON object, or the request was none */
MUST_CHECK enum err client_ask(const struct config *c, json_t *request,
                               void (*line)(void *ctx, const json_t *line), void *ctx, json_t **end,
                               struct problem *problem);

/* Whether a node answers at the socket. */
bool client_is_running(const struct config *c);

#endif
