/*
 * keyring.h - the secret keys of one node, opened together by one passphrase.
 *
 * A folder (data_dir/keys) holds the file "ring" and one file NAME.key for each key (layout:
 * keyfile.h). The ring seals a random 32-byte key under the passphrase; each NAME.key is sealed
 * under that key with its own nonce. So the slow derivation runs once, when the ring is opened, and
 * another passphrase would mean another ring file only.
 *
 * The opened key lies in locked memory until keyring_free. Not safe for several threads at once.
 */
#ifndef NODE_KEYRING_H
#define NODE_KEYRING_H

#include "node/keyfile.h"

struct keyring;

/* Makes the folder if it is not there, and a new ring in it, and opens that. Returns OK with *out
 * to be freed, or with *problem set and *out NULL: ERR_DUPLICATE when there is a ring, ERR_LIMIT
 * when the path is too long, ERR_IO. */
MUST_CHECK enum err keyring_create(const char *dir, struct bytes passphrase, enum keyfile_cost cost,
                                   struct keyring **out, struct problem *problem);

/* Opens the ring of a folder. Returns OK with *out to be freed, or with *problem set and *out NULL:
 * ERR_NOT_FOUND no ring there, ERR_PASSPHRASE, ERR_UNAUTHORISED others may read it, ERR_FORMAT not
 * a ring or damaged, ERR_RANGE it asks for unusual work, ERR_LIMIT a path or the file is too long,
 * ERR_IO. */
MUST_CHECK enum err keyring_open(const char *dir, struct bytes passphrase, struct keyring **out,
                                 struct problem *problem);

/* Adds a key. name is 1 to 31 lower-case letters, digits and dashes, and names the file too. Errors
 * as keyfile_write. */
MUST_CHECK enum err keyring_put(const struct keyring *k, const char *name, struct bytes public_half,
                                struct bytes secret, struct problem *problem);

/* Reads a key. Errors as keyfile_read; ERR_PASSPHRASE then means that the key belongs to another
 * ring. */
MUST_CHECK enum err keyring_get(const struct keyring *k, const char *name,
                                struct keyfile_halves *out, struct problem *problem);

/* How many keys of a kind (RINGNAME_FEED, RINGNAME_TRANSPORT) the ring has: the number of the
 * newest; 0 for none. */
unsigned keyring_generations(const struct keyring *k, const char *kind);

/* Wipes and frees; *k becomes NULL. *k may be NULL. */
void keyring_free(struct keyring **k);

#endif
