/*
 * secret.h - memory for keys and passphrases: locked, kept out of core dumps, between guard pages,
 * wiped when freed (libsodium's guarded heap).
 */
#ifndef NODE_SECRET_H
#define NODE_SECRET_H

#include <stddef.h>

/* size bytes, at least 1, all zero, aligned for a type whose size divides size by its alignment.
 * Never NULL: without memory the process ends and says why, since secrets are taken at start only.
 * sodium_init comes first. */
void *secret_new(size_t size);

/* Wipes and frees; p may be NULL. The caller sets its own pointer to NULL. */
void secret_free(void *p);

#endif
