#include "tests/bench/standin.h"

#include "node/curve.h"
#include "tests/bench/figure.h"
#include "tests/bench/rows.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OPENING_MS = 10000 };

void standin_drain(struct standin *p)
{
    while (standin_take(p))
        ;
}

void standin_send(struct standin *p, const Seinpost__Message *m)
{
    static uint8_t frame[FRAME_BYTES_SMALL];
    size_t len = message_encode(m, frame, sizeof frame);
    figure_need(len > 0 && zmq_send(p->socket, frame, len, 0) == (int)len, "a peer cannot send: %s",
                zmq_strerror(zmq_errno()));
}

/* False if there is no connection in time to send it over. */
static bool send_opening(struct standin *p, int ms)
{
    const struct fleet *f = p->fleet;
    Seinpost__Opening opening = SEINPOST__OPENING__INIT;
    Seinpost__Message m = SEINPOST__MESSAGE__INIT;
    m.body_case = SEINPOST__MESSAGE__BODY_OPENING;
    m.opening = &opening;
    opening.version_min = PROTOCOL_VERSION_MIN;
    opening.version_max = PROTOCOL_VERSION_MAX;
    opening.federation = (ProtobufCBinaryData){HASH_BYTES, (uint8_t *)(uintptr_t)f->genesis};
    opening.author =
        (ProtobufCBinaryData){AUTHOR_BYTES, (uint8_t *)(uintptr_t)f->member[p->member].author};
    opening.roster_version = f->roster->version;
    opening.roster_hash = (ProtobufCBinaryData){HASH_BYTES, (uint8_t *)(uintptr_t)f->list.hash};
    uint8_t frame[1024];
    size_t len = message_encode(&m, frame, sizeof frame);
    zmq_setsockopt(p->socket, ZMQ_SNDTIMEO, &ms, sizeof ms);
    figure_need(len > 0, "an opening");
    return zmq_send(p->socket, frame, len, 0) == (int)len;
}

static void dial(struct standin *p, const struct fleet *f, size_t member, size_t node)
{
    const struct fleet_member *m = &f->member[member];
    char endpoint[64];
    snprintf(endpoint, sizeof endpoint, "tcp://127.0.0.1:%u", f->member[node].port);
    curve_init(1);
    memset(p, 0, sizeof *p);
    p->fleet = f;
    p->member = member;
    p->frame = malloc(SOCKET_BYTES_MAX);
    p->socket = curve_dialler(m->transport_public, m->transport_secret,
                              f->member[node].transport_public, endpoint);
    figure_need(p->frame != NULL && p->socket != NULL, "no room for a peer");
    p->monitor = curve_monitor(p->socket, ZMQ_EVENT_DISCONNECTED);
    figure_need(p->monitor != NULL && zmq_connect(p->socket, endpoint) == 0, "%s: %s", endpoint,
                zmq_strerror(zmq_errno()));
}

bool standin_take(struct standin *p)
{
    int got = zmq_recv(p->socket, p->frame, SOCKET_BYTES_MAX, ZMQ_DONTWAIT);
    figure_need(got <= SOCKET_BYTES_MAX && (got >= 0 || zmq_errno() == EAGAIN),
                "a peer cannot receive: %s", zmq_strerror(zmq_errno()));
    p->len = got >= 0 ? (size_t)got : 0;
    return got >= 0;
}

/* Whether the node lets it in, and answers the opening with its own. */
static bool is_answered(struct standin *p, int ms)
{
    zmq_pollitem_t item = {.socket = p->socket, .events = ZMQ_POLLIN};
    return send_opening(p, ms) && zmq_poll(&item, 1, ms) == 1 && standin_take(p);
}

void standin_connect(struct standin *p, const struct fleet *f, size_t member, size_t node)
{
    dial(p, f, member, node);
    figure_need(is_answered(p, OPENING_MS), "node %zu does not answer member %zu", node, member);
}

bool standin_may_connect(const struct fleet *f, size_t member, size_t node, int ms)
{
    struct standin p;
    dial(&p, f, member, node);
    bool may = is_answered(&p, ms);
    standin_close(&p);
    return may;
}

void standin_close(struct standin *p)
{
    curve_dialler_close(&p->socket, &p->monitor);
    free(p->frame);
    p->frame = NULL;
}

void standin_follow(struct standin *p, size_t author, uint64_t size, uint64_t seq, uint32_t credit)
{
    Seinpost__Follow follow = SEINPOST__FOLLOW__INIT;
    Seinpost__Message m = SEINPOST__MESSAGE__INIT;
    m.body_case = SEINPOST__MESSAGE__BODY_FOLLOW;
    m.follow = &follow;
    follow.author =
        (ProtobufCBinaryData){AUTHOR_BYTES, (uint8_t *)(uintptr_t)p->fleet->member[author].author};
    follow.feed_epoch = 1;
    follow.size = size;
    follow.seq = seq;
    follow.credit = credit;
    standin_send(p, &m);
}

bool standin_await_end(struct standin *p, int ms)
{
    double until = rows_clock() + ms / 1000.0;
    for (;;) {
        uint32_t value;
        int event = curve_monitor_next(p->monitor, &value);
        if (event == ZMQ_EVENT_DISCONNECTED)
            return true;
        double left = until - rows_clock();
        if (left <= 0)
            return false;
        standin_drain(p);
        zmq_pollitem_t items[] = {
            {.socket = p->monitor, .events = ZMQ_POLLIN},
            {.socket = p->socket,  .events = ZMQ_POLLIN}
        };
        if (event == 0)
            (void)zmq_poll(items, 2, (long)(left * 1000) + 1);
    }
}
