/*
 * shelf.h - an archive in memory: what the simulator gives the core instead of a store.
 *
 * It survives the restart of its node, as a disk does, and can be copied, as an image of a virtual
 * machine is.
 */
#ifndef TESTS_SIM_SHELF_H
#define TESTS_SIM_SHELF_H

#include "protocol/correction.h"
#include "tests/sim/pouch.h"

struct shelf;

struct shelf *shelf_new(void);
void shelf_free(struct shelf **s);
struct shelf *shelf_copy(const struct shelf *s);
/* Makes s hold what from holds, a copy of it; the archive that s gave stays good. */
void shelf_assign(struct shelf *s, const struct shelf *from);

struct archive shelf_archive(struct shelf *s);

/* Carries out a PERSIST effect. */
void shelf_apply(struct shelf *s, const struct effect *e);

/* Puts everything back into a fresh core. */
void shelf_restore(struct shelf *s, struct federation *f);

/* How many daily checkpoints of that author were kept; the last one goes to *newest. */
size_t shelf_witnessed(const struct shelf *s, const uint8_t author[32], struct checkpoint *newest);

/* What that peer's newest daily checkpoint has seen, as far as it said. */
struct bytes shelf_peer_seen(const struct shelf *s, const uint8_t author[32]);

/* Entries of any author that carry the tag, are in force and do not expire before day. */
size_t shelf_find_tag(const struct shelf *s, const uint8_t tag[16], uint32_t day);

/* Removes the body of an entry as if it had never come; for tests of owed bodies. */
void shelf_lose_body(struct shelf *s, const uint8_t author[32], uint64_t index);

/* How many peers acknowledged the erasure of an own entry. */
size_t shelf_receipts(const struct shelf *s, uint64_t index);

/* Points that a member was ever charged here, those of factors apart. */
uint32_t shelf_charged(const struct shelf *s, const uint8_t member[32]);

/* The same on one day. */
uint32_t shelf_charged_on(const struct shelf *s, const uint8_t member[32], uint32_t day);

/* The highest version of a member list that it keeps, rivals not counted; 0 none. */
uint64_t shelf_list_version(const struct shelf *s);

/* Whether that peer acknowledged the erasure of an own entry. */
bool shelf_has_receipt(const struct shelf *s, const uint8_t peer[32], uint64_t index);

/* How many bodies are held of entries that expired before day, of one author. */
size_t shelf_past(const struct shelf *s, const uint8_t author[32], uint32_t day);

/* Whether each request that it keeps was charged once. */
bool shelf_is_charged_once(const struct shelf *s);

/* Erasures that this node has still to acknowledge. */
size_t shelf_receipts_due(const struct shelf *s);

/* What is stored of one feed, and of one entry; borrowed until the shelf changes. */
const struct feed_record *shelf_record(const struct shelf *s, const uint8_t author[32]);
struct bytes shelf_tags(const struct shelf *s, const uint8_t author[32], uint64_t index);
struct bytes shelf_body(const struct shelf *s, const uint8_t author[32], uint64_t index);
enum entry_state shelf_state(const struct shelf *s, const uint8_t author[32], uint64_t index);
bool shelf_is_alert(const struct shelf *s, const uint8_t author[32], uint64_t index);
struct correction shelf_correction(const struct shelf *s, const uint8_t author[32], uint64_t index);
/* Whether a held entry is in force. */
enum force shelf_force(const struct shelf *s, const uint8_t author[32], uint64_t index);
enum err shelf_reason(const struct shelf *s, const uint8_t author[32], uint64_t index);

/* The proof that an author contradicted itself in a feed_epoch; empty if there is none. */
struct bytes shelf_fork(const struct shelf *s, const uint8_t author[32], uint32_t feed_epoch);

/* Over all that is stored: two digests of one shelf are equal where nothing changed in between. */
void shelf_digest(const struct shelf *s, uint8_t out[32]);

uint64_t shelf_size(const struct shelf *s, const uint8_t author[32]);

/* What it keeps of envelopes. */
struct pouch *shelf_pouch(struct shelf *s);

#endif
