#include "node/spill.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct letter {
    struct letter *next;
    zmq_msg_t message;
};

/* Sends what stands before the payload: for a ROUTER, the routing id. */
static bool put_first(void *socket, struct bytes routing_id)
{
    return routing_id.len == 0 ||
           zmq_send(socket, routing_id.data, routing_id.len, ZMQ_DONTWAIT | ZMQ_SNDMORE) >= 0;
}

/* Hands a message over, which is then empty. Returns ERR_FULL or ERR_NOT_FOUND with it untouched.
 */
static enum err put(void *socket, struct bytes routing_id, zmq_msg_t *m)
{
    for (int tries = 0; tries < 2; tries++) {
        bool is_open = put_first(socket, routing_id);
        if (is_open && zmq_msg_send(m, socket, ZMQ_DONTWAIT) >= 0)
            return OK;
        /* A ROUTER that took the routing id takes the payload; otherwise the next routing id would
         * be sent as one. */
        assert(!is_open || routing_id.len == 0);
        if (zmq_errno() == EHOSTUNREACH)
            return ERR_NOT_FOUND;
        /* When sending, libzmq looks only now and then for news of a new connection or of room in
         * its queue; this question makes it look. */
        int events;
        size_t len = sizeof events;
        zmq_getsockopt(socket, ZMQ_EVENTS, &events, &len);
    }
    return ERR_FULL;
}

static size_t letter_cost(size_t len)
{
    return len + SPILL_OVERHEAD_BYTES;
}

/* Takes the message over; ERR_FULL with it untouched. */
static enum err spill_keep(struct spill *s, zmq_msg_t *m)
{
    size_t cost = letter_cost(zmq_msg_size(m));
    if (s->bytes + cost > SPILL_BYTES_MAX)
        return ERR_FULL;
    struct letter *l = malloc(sizeof *l);
    if (!l)
        return ERR_FULL;
    l->next = NULL;
    zmq_msg_init(&l->message);
    zmq_msg_move(&l->message, m);
    if (s->last)
        s->last->next = l;
    else
        s->first = l;
    s->last = l;
    s->bytes += cost;
    return OK;
}

enum err spill_send(struct spill *s, void *socket, struct bytes routing_id, struct bytes frame)
{
    zmq_msg_t m;
    if (zmq_msg_init_size(&m, frame.len) != 0)
        return ERR_FULL;
    if (frame.len > 0)
        memcpy(zmq_msg_data(&m), frame.data, frame.len);
    enum err e = spill_is_empty(s) ? put(socket, routing_id, &m) : ERR_FULL;
    if (e == ERR_FULL)
        e = spill_keep(s, &m);
    zmq_msg_close(&m);
    return e;
}

static void spill_drop_first(struct spill *s, size_t len)
{
    struct letter *l = s->first;
    s->first = l->next;
    if (!s->first)
        s->last = NULL;
    s->bytes -= letter_cost(len);
    zmq_msg_close(&l->message);
    free(l);
}

void spill_flush(struct spill *s, void *socket, struct bytes routing_id)
{
    for (int i = 0; i < SPILL_FLUSH_MAX && s->first; i++) {
        size_t len = zmq_msg_size(&s->first->message); /* sending empties it */
        if (put(socket, routing_id, &s->first->message) != OK)
            return;
        spill_drop_first(s, len);
    }
}

void spill_clear(struct spill *s)
{
    while (s->first)
        spill_drop_first(s, zmq_msg_size(&s->first->message));
}
