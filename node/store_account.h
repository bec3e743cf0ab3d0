/*
 * store_account.h - what the store keeps of asking: as a keyholder, what it charged to whom; as a
 * member, its own sealed records of what it asked for, its allowances, and how many people it asked
 * about on which day.
 */
#ifndef NODE_STORE_ACCOUNT_H
#define NODE_STORE_ACCOUNT_H

#include "federation/archive.h"
#include "node/store.h"

/* Own records, by the commitment's first bytes, and the day on which they were made; in place of
 * what was there. ERR_IO as store_apply: the node ends. */
MUST_CHECK enum err store_purpose_put(struct store *s, const uint8_t id[REQUEST_BYTES],
                                      uint32_t day, struct bytes sealed);
/* Calls row for those of the days from first to last, the oldest first, until it returns false.
 * ERR_IO; ERR_FORMAT for a row that is not one. */
MUST_CHECK enum err store_purposes(struct store *s, uint32_t first, uint32_t last,
                                   bool (*row)(void *ctx, const uint8_t id[REQUEST_BYTES],
                                               uint32_t day, struct bytes sealed),
                                   void *ctx);

/* Own allowances, asked for and approved, sealed; in place of the one with that number. */
MUST_CHECK enum err store_allowance_put(struct store *s, int64_t number, struct bytes sealed);
MUST_CHECK enum err store_allowances(struct store *s,
                                     bool (*row)(void *ctx, int64_t number, struct bytes sealed),
                                     void *ctx);

/* How many people were asked about on a day, and how many of them without naming a vacancy: adds to
 * it; the days from first on, ascending. Nothing is kept of who they were. */
MUST_CHECK enum err store_asked_add(struct store *s, uint32_t day, uint32_t people,
                                    uint32_t no_vacancy);
MUST_CHECK enum err
store_asked(struct store *s, uint32_t first,
            bool (*row)(void *ctx, uint32_t day, uint64_t people, uint64_t no_vacancy), void *ctx);

#endif
