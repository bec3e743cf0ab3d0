/*
 * store_retag.h - the tags of entries made again under a later key: which entry each retag is for.
 *
 * Lists as in store_read.h.
 */
#ifndef NODE_STORE_RETAG_H
#define NODE_STORE_RETAG_H

#include "node/store.h"
#include "protocol/retag.h"

/* The held retags of one entry, ascending, in force or not. The retag is borrowed for the call. */
MUST_CHECK enum err store_retags(struct store *s, const uint8_t author[AUTHOR_BYTES],
                                 uint64_t target,
                                 bool (*row)(void *ctx, uint64_t index, const struct retag *r),
                                 void *ctx);

#endif
