/*
 * spill.h - frames of one connection for which libzmq's queue has no room at the moment.
 *
 * libzmq counts frames, whatever their size. A queue long enough for a burst of small ones would
 * hold gigabytes of large ones for a peer that never reads. So its queue is short, and what goes
 * beyond it waits here, in order, bounded by bytes.
 */
#ifndef NODE_SPILL_H
#define NODE_SPILL_H

#include <stdbool.h>
#include <stddef.h>
#include <zmq.h>

#include "proto/bytes.h"
#include "proto/err.h"

enum {
    SPILL_BYTES_MAX = 4 * 1024 * 1024,
    SPILL_OVERHEAD_BYTES = 256, /* what a waiting frame is taken to cost beside its bytes */
    SPILL_FLUSH_MAX = 256,      /* frames passed on in one call */
};

struct letter;

/* All zeros: empty. */
struct spill {
    struct letter *first;
    struct letter *last;
    size_t bytes; /* with the overhead */
};

/* Sends a frame, or keeps a copy where something waits already or there is no room. routing_id is
 * empty for a DEALER. Returns ERR_FULL if SPILL_BYTES_MAX would be exceeded, ERR_NOT_FOUND if the
 * socket knows no such peer. Nothing is sent or kept on error. */
MUST_CHECK enum err spill_send(struct spill *s, void *socket, struct bytes routing_id,
                               struct bytes frame);

/* Passes on what waits, as far as there is room. */
void spill_flush(struct spill *s, void *socket, struct bytes routing_id);

/* Throws away what waits. */
void spill_clear(struct spill *s);

static inline bool spill_is_empty(const struct spill *s)
{
    return s->first == NULL;
}

#endif
