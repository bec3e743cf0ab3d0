/*
 * store_share.h - what the store keeps of threshold keys: the shares that came without a file, each
 * sealed by the caller. What members used of factors is here too (store_internal.h).
 */
#ifndef NODE_STORE_SHARE_H
#define NODE_STORE_SHARE_H

#include "federation/archive.h"
#include "node/store.h"

/* key u32 || epoch u32 || refresh u32 || zeros. */
enum { SHARE_ID_BYTES = 16 };

/* In place of what was there; away, with what is on disk of it (none there is OK). ERR_IO as
 * store_apply: the node ends. */
MUST_CHECK enum err store_share_put(struct store *s, const uint8_t id[SHARE_ID_BYTES],
                                    struct bytes sealed);
MUST_CHECK enum err store_share_delete(struct store *s, const uint8_t id[SHARE_ID_BYTES]);

/* Calls row for each until it returns false. ERR_IO. */
MUST_CHECK enum err store_shares(struct store *s,
                                 bool (*row)(void *ctx, const uint8_t id[SHARE_ID_BYTES],
                                             struct bytes sealed),
                                 void *ctx);

#endif
