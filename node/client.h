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

/* Sends a request, which it takes, and calls line for each answer but the last; *end gets the last,
 * to be released. Returns OK when the node ended its answer, whatever it says, or with *problem set
 * and *end NULL: ERR_NOT_FOUND the node does not run, ERR_UNAUTHORISED this person may not use the
 * socket, ERR_TRUNCATED the node stopped in the middle, ERR_IO, ERR_FORMAT, ERR_LIMIT. */
MUST_CHECK enum err client_ask(const struct config *c, json_t *request,
                               void (*line)(void *ctx, const json_t *line), void *ctx, json_t **end,
                               struct problem *problem);

/* Whether a node answers at the socket. */
bool client_is_running(const struct config *c);

#endif
