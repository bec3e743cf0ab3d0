/*
 * store_post.h - what the store keeps of envelopes: prekeys, what became of each, inbox, outbox.
 *
 * What is sealed is sealed by the desk (post_seal.h); what goes is scrubbed as a body is. Who is
 * addressed stands here in the clear, at the author, at the relay that keeps an envelope and at the
 * addressee, and nowhere else.
 *
 * Writes and lists as in store_write.h and store_read.h.
 */
#ifndef NODE_STORE_POST_H
#define NODE_STORE_POST_H

#include "federation/archive.h"
#include "node/store.h"

/* The sealed secret of a week's prekey; replaces an earlier one. Deleting: none there is OK. */
MUST_CHECK enum err store_prekey_put(struct store *s, uint32_t week, struct bytes sealed);
MUST_CHECK enum err store_prekey_delete(struct store *s, uint32_t week);
MUST_CHECK enum err store_prekeys(struct store *s,
                                  bool (*row)(void *ctx, uint32_t week, struct bytes sealed),
                                  void *ctx);

/* Everything known of envelopes. */
MUST_CHECK enum err store_parcels(struct store *s,
                                  bool (*row)(void *ctx, const struct parcel_record *record),
                                  void *ctx);

/* A message that came, which must not be there yet. */
MUST_CHECK enum err store_inbox_put(struct store *s, const uint8_t sender[AUTHOR_BYTES],
                                    const uint8_t id[ENVELOPE_ID_BYTES], uint32_t expires_day,
                                    struct bytes sealed);
/* Deletes a message; that it came is remembered until it expires. ERR_NOT_FOUND, ERR_IO. */
MUST_CHECK enum err store_inbox_delete(struct store *s, uint64_t number);
/* The messages from a number on, ascending. */
MUST_CHECK enum err store_inbox_read(struct store *s, uint64_t first,
                                     bool (*row)(void *ctx, uint64_t number,
                                                 const uint8_t id[ENVELOPE_ID_BYTES],
                                                 struct bytes sealed),
                                     void *ctx);

/* How many messages there are. */
size_t store_inbox_count(struct store *s);

/* What the desk notes of an own envelope, by its index; and all of them, ascending. */
MUST_CHECK enum err store_outbox_put(struct store *s, uint64_t index, uint32_t expires_day,
                                     struct bytes sealed);
MUST_CHECK enum err store_outbox_read(struct store *s,
                                      bool (*row)(void *ctx, uint64_t index, struct bytes sealed),
                                      void *ctx);
/* Deletes those of own entries from index first on, which were cut off. */
MUST_CHECK enum err store_outbox_cut(struct store *s, uint64_t first);

#endif
