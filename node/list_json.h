/*
 * list_json.h - what the member list says, as programs read it: of the list, and of one
 * organisation in it.
 *
 * A running node answers with it (status.c); without one, commands make it from the store.
 */
#ifndef NODE_LIST_JSON_H
#define NODE_LIST_JSON_H

#include <jansson.h>

#include "protocol/roster.h"

/* {"version", "fingerprint", "fresh_until", "threshold", "coverage_seconds"} */
json_t *list_roster_json(const struct roster *r);

/* {"name", "status", "roles", "feed_key", "transport_key", "basis_expires", "shares": [{"key",
 * "period", "refresh", "commitment", "until"}]}; null if the author is not in the list. */
json_t *list_self_json(const struct roster *r, const uint8_t author[AUTHOR_BYTES]);

/* The names of the roles. */
json_t *list_roles_json(uint32_t roles);

/* "2026-11-24T05:23:52Z"; null for 0. */
json_t *list_time_json(int64_t utc);

/* Reads such a time; 0 for null and for what is none. */
int64_t list_time_read(const json_t *value);

#endif
