/*
 * access.h - what an organisation may be given of the feeds of others, by its roles.
 *
 * One rule for every part that hands something out or asks for it. Who has several roles gets the
 * most that one of them gives. Its own feed, and member lists, every active organisation gets.
 */
#ifndef FEDERATION_ACCESS_H
#define FEDERATION_ACCESS_H

#include "protocol/roster.h"

/* Each level includes those before it. */
enum access {
    ACCESS_NOTHING = 0, /* not in the member list, or not active */
    ACCESS_CHECKPOINTS, /* daily checkpoints, and proofs that each extends the one before */
    ACCESS_HEADERS,     /* every header and checkpoint, no body */
    ACCESS_EVERYTHING,  /* bodies too, but those for one addressee */
};

/* ACCESS_NOTHING for NULL. */
enum access access_of(const struct organisation *org);

/* "nothing", "checkpoints", "headers" or "everything". */
const char *access_name(enum access access);

#endif
