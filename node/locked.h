/*
 * locked.h - the large memory in which the core keeps keys beside much that is no secret.
 *
 * It is kept out of core dumps and out of children, and out of swap space as far as the system lets
 * this process lock memory (RLIMIT_MEMLOCK; the service's unit asks for enough). Small secrets have
 * secret.h.
 */
#ifndef NODE_LOCKED_H
#define NODE_LOCKED_H

#include <stdbool.h>
#include <stddef.h>

/* bytes of zeros, page-aligned; NULL without memory. *is_locked: it does not get into swap space.
 */
void *locked_new(size_t bytes, bool *is_locked);

/* Wipes and gives back; p may be NULL. bytes as for locked_new. */
void locked_free(void *p, size_t bytes);

#endif
