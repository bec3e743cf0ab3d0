/*
 * roster_store.h - the member list in the store of a node that does not run.
 *
 * A running node holds its store for itself; then the list goes through its socket instead.
 */
#ifndef NODE_ROSTER_STORE_H
#define NODE_ROSTER_STORE_H

#include <jansson.h>

#include "node/problem.h"
#include "node/roster_file.h"

/* Reads the list in force. Returns OK with *out to be freed with free, or with *problem set and
 * *out NULL: ERR_NOT_FOUND there is none yet, the errors of store_open, ERR_FORMAT what is stored
 * does not verify. */
MUST_CHECK enum err roster_store_read(const char *data_dir, struct roster **out,
                                      struct problem *problem);

/* The numbers of the shares that the store keeps sealed, as {"key", "period", "refresh"} in an
 * array; NULL if it cannot be read. */
json_t *roster_store_shares(const char *data_dir);

/* Takes the versions in force of a file into the store, all of them or none. told is the
 * fingerprint of one of them, from a steward, or NULL; the first import needs it. Returns OK, *out
 * being the list in force then (as above) and *adopted how many versions are new; or with *problem
 * set and nothing changed:
 *   ERR_UNAUTHORISED  the first import, and no fingerprint
 *   ERR_COMMIT        no version has the fingerprint
 *   others            as roster_store_read, and as roster_accept: the file does not follow */
MUST_CHECK enum err roster_store_import(const char *data_dir, const struct roster_file *f,
                                        const uint8_t *told, struct roster **out, size_t *adopted,
                                        struct problem *problem);

/* Whether one of the versions in force in a file has this hash. */
bool roster_store_is_told(const struct roster_file *f, const uint8_t hash[HASH_BYTES]);

#endif
