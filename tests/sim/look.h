/* look.h - what the stories ask of a world: what a node holds, and whether it is what it should be.
 */
#ifndef TESTS_SIM_LOOK_H
#define TESTS_SIM_LOOK_H

#include "tests/sim/world.h"

/* The feed of node of as node at sees it; zeros if it does not know it. */
struct feed_status look_feed(struct world *w, size_t at, size_t of);

enum entry_state look_state(struct world *w, size_t at, size_t of, uint64_t index);

/* Copies the body of an entry to out, which has room for BODY_BYTES_MAX; its length, 0 if absent.
 */
size_t look_body(struct world *w, size_t at, size_t of, uint64_t index, uint8_t *out);

/* Whether what at holds of that feed is what its author signed: the headers give the checkpoint's
 * root, and every body that is here is the one its header commits to. */
bool look_verifies(struct world *w, size_t at, size_t of);

/* Whether every running node holds every feed as its author does: size, checkpoint, headers and
 * bodies; and owes nothing. */
bool look_equal(struct world *w, size_t nodes);

/* Gaps of federation_coverage by the node's own clock. */
unsigned look_gaps(struct world *w, size_t at);

/* One signal draft whose payload lies in payload, of SIGNAL_BYTES_MAX. */
struct draft look_signal(uint32_t number, uint32_t expires_day, uint8_t *payload);

/* How many live entries with the tag of this number the node would match on that day. */
size_t look_matches(struct world *w, size_t at, uint32_t number, uint32_t day);

/* A batch of bodies, encoded to out; its length. */
size_t look_body_batch(const uint8_t author[AUTHOR_BYTES], uint64_t index, struct bytes body,
                       uint8_t *out, size_t cap);

/* What a node keeps of envelopes; borrowed until the node changes. */
const struct pouch *look_pouch(struct world *w, size_t node);

/* How far an envelope is, as that node knows; 0 if it keeps nothing of it. */
enum parcel_state look_parcel(struct world *w, size_t at, size_t author, uint64_t index);

/* Whether an envelope of that sender with that content came to the node. */
bool look_has_mail(struct world *w, size_t at, size_t from, struct bytes content);

#endif
