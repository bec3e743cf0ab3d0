/*
 * confirm.h - who confirmed that it erased what this organisation erased.
 *
 * Counted are the organisations that keep everybody's entries today, this one not included: those
 * that left may have confirmed, and are not waited for.
 */
#ifndef NODE_CONFIRM_H
#define NODE_CONFIRM_H

#include "node/node.h"

struct confirmations {
    struct confirmation *rows; /* ascending by index */
    size_t count, cap;
    uint32_t peers; /* organisations that should confirm */
    const struct roster *roster;
};

/* Reads them all. ERR_IO: the store failed; ERR_FULL. To be cleared also on error. */
MUST_CHECK enum err confirmations_load(struct node *n, struct confirmations *out);
void confirmations_clear(struct confirmations *c);

/* How many organisations confirmed the erasure of the own entry. */
uint32_t confirmations_of(const struct confirmations *c, uint64_t index);

/* How many organisations besides this one keep everybody's entries. */
uint32_t confirm_peers(const struct node *n);

/* How many own entries are erased and not confirmed by all of them. */
uint64_t confirm_missing(struct node *n);

#endif
