/*
 * cli_ceremony.h - what the commands about key ceremonies share: their words, and finding one by
 * the beginning of its id.
 */
#ifndef NODE_CLI_CEREMONY_H
#define NODE_CLI_CEREMONY_H

#include <jansson.h>

#include "node/cli.h"

enum { CEREMONY_SHORT_CHARS = 8 }; /* of an id, where it is shown */

/* Shows what a ceremony (as the node gives it: desk_keys.c) is for: kind, key, period, how many are
 * needed; who gets a share, who loses its own, who only deals. */
void ceremony_show_plan(const json_t *c);

/* Shows how far it is: who is awaited and since when, who is out, what comes next here. */
void ceremony_show_state(const json_t *c);

/* "a new key", "new shares of the same key ..." */
const char *ceremony_kind_text(const char *kind);

/* What is to be typed next at this node; "" for nothing. */
void ceremony_todo(const json_t *c, char *out, size_t cap);

/* Says on stderr why a request about a ceremony was refused; returns CLI_FAILED. */
int ceremony_refused(const json_t *end);

/* The ceremony whose id begins with the word of the line, to be released. Returns CLI_DONE, or
 * CLI_USAGE or CLI_FAILED with the reason on stderr and *out NULL. */
int ceremony_find(const struct cli_args *a, json_t **out);

/* Asks the node to do that with the ceremony; *end to be released on CLI_DONE, otherwise the reason
 * is on stderr. */
int ceremony_ask(const struct cli_args *a, const char *what, const json_t *c, json_t **end);

#endif
