/*
 * store_ceremony.h - what the store keeps of key ceremonies: what this node has to remember of each
 * that it takes part in, sealed.
 */
#ifndef NODE_STORE_CEREMONY_H
#define NODE_STORE_CEREMONY_H

#include "federation/archive.h"
#include "node/store.h"

/* In place of what was there; away, with what is on disk of it. ERR_IO as store_apply: the node
 * ends. */
MUST_CHECK enum err store_ceremony_put(struct store *s, const uint8_t id[HASH_BYTES],
                                       struct bytes sealed);
MUST_CHECK enum err store_ceremony_delete(struct store *s, const uint8_t id[HASH_BYTES]);

/* Calls row for each until it returns false. ERR_IO. */
MUST_CHECK enum err store_ceremonies(struct store *s,
                                     bool (*row)(void *ctx, const uint8_t id[HASH_BYTES],
                                                 struct bytes sealed),
                                     void *ctx);

#endif
