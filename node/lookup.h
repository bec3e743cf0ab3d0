/*
 * lookup.h - the address of a host name, found while the caller goes on.
 *
 * libzmq would look a name up in the thread that serves every connection, and a name server may
 * take half a minute, or be the one of a peer that wants it to. So names are looked up by threads
 * of the C library, at most LOOKUPS_MAX at a time, and libzmq is given numbers.
 *
 * One that was dropped before its end is kept until the library lets go of it, and counts so long.
 * For one thread of the caller's.
 */
#ifndef NODE_LOOKUP_H
#define NODE_LOOKUP_H

#include <stdbool.h>
#include <stddef.h>

#include "proto/err.h"
#include "proto/limits.h"

enum { LOOKUPS_MAX = 64 };

struct lookup;

/* Whether the host of an endpoint (curve_endpoint_check) is a name, not an address. */
bool lookup_is_needed(const char *endpoint);

/* Begins. ERR_FULL if as many are under way as may be, ERR_IO if the system has no room; try again
 * later. On error *out is NULL. */
MUST_CHECK enum err lookup_start(const char *endpoint, struct lookup **out);

/* Takes the result, with one of the addresses at random, so that each has its turn if some cannot
 * be reached: OK, and the endpoint with numbers in place of the name; ERR_NOT_FOUND where there is
 * none. *l is then NULL. ERR_UNAVAILABLE as long as it is under way. */
MUST_CHECK enum err lookup_take(struct lookup **l, char endpoint[ENDPOINT_BYTES_MAX + 1]);

/* Gives up. Accepts a pointer to NULL. */
void lookup_drop(struct lookup **l);

#endif
