#include "node/zap.h"

#include <assert.h>
#include <czmq.h>
#include <sodium.h>

#include "proto/bytes.h"

#define ZAP_ENDPOINT "inproc://zeromq.zap.01"

/* The frames of a request, RFC 27: CURVE sends exactly one credential. */
enum zap_frame {
    ZAP_VERSION,
    ZAP_REQUEST_ID,
    ZAP_DOMAIN,
    ZAP_ADDRESS,
    ZAP_ROUTING_ID,
    ZAP_MECHANISM,
    ZAP_CREDENTIAL,
    ZAP_FRAMES
};

struct zap_request {
    zmq_msg_t asker;             /* the routing id of whom to answer */
    zmq_msg_t frame[ZAP_FRAMES]; /* all initialised; empty where the request had fewer */
    size_t count;                /* frames that came, more than ZAP_FRAMES included */
    uint64_t stamp;              /* 0: none yet */
};

struct zap {
    zsock_t *socket; /* a ROUTER, so that one answer need not wait for another */
    void *raw;
    struct bytes domain;
    zap_admit_fn *admit;
    void *ctx;
    uint64_t refusals;
    struct zap_request held[ZAP_HELD_MAX]; /* oldest first */
    size_t held_count;
};

enum err zap_new(const char *domain, zap_admit_fn *admit, void *ctx, struct zap **out)
{
    *out = NULL;
    struct zap *z = calloc(1, sizeof *z);
    if (!z)
        return ERR_IO;
    z->domain = bytes_of(domain, strlen(domain));
    z->admit = admit;
    z->ctx = ctx;
    z->socket = zsock_new(ZMQ_ROUTER);
    z->raw = zsock_resolve(z->socket);
    if (zmq_bind(z->raw, ZAP_ENDPOINT) != 0) {
        zsock_destroy(&z->socket);
        free(z);
        return ERR_DUPLICATE; /* the only way in which a name in the process can be refused */
    }
    *out = z;
    return OK;
}

void *zap_socket(const struct zap *z)
{
    return z->raw;
}

size_t zap_held(const struct zap *z)
{
    return z->held_count;
}

uint64_t zap_refusals(const struct zap *z)
{
    return z->refusals;
}

static void request_clear(struct zap_request *r)
{
    zmq_msg_close(&r->asker);
    for (size_t i = 0; i < ZAP_FRAMES; i++)
        zmq_msg_close(&r->frame[i]);
}

/* from is as after request_clear. */
static void request_move(struct zap_request *to, struct zap_request *from)
{
    to->count = from->count;
    to->stamp = from->stamp;
    zmq_msg_init(&to->asker);
    zmq_msg_move(&to->asker, &from->asker);
    for (size_t i = 0; i < ZAP_FRAMES; i++) {
        zmq_msg_init(&to->frame[i]);
        zmq_msg_move(&to->frame[i], &from->frame[i]);
    }
    request_clear(from);
}

static bool frame_receive(void *raw, zmq_msg_t *m)
{
    zmq_msg_init(m);
    if (zmq_msg_recv(m, raw, ZMQ_DONTWAIT) >= 0)
        return true;
    assert(zmq_errno() == EAGAIN || zmq_errno() == EINTR);
    zmq_msg_close(m);
    return false;
}

/* Receives the frames after the asker's; the sender is libzmq in this process, and a message
 * arrives whole. The first one is empty and stands apart. Returns whether it was there. */
static bool request_receive_rest(void *raw, struct zap_request *r)
{
    bool has_more = zmq_msg_more(&r->asker), has_delimiter = false;
    zmq_msg_t m;
    for (bool is_first = true; has_more; is_first = false) {
        bool is_there = frame_receive(raw, &m);
        assert(is_there);
        has_more = zmq_msg_more(&m);
        if (is_first)
            has_delimiter = zmq_msg_size(&m) == 0 && has_more;
        else if (r->count++ < ZAP_FRAMES)
            zmq_msg_move(&r->frame[r->count - 1], &m);
        zmq_msg_close(&m);
    }
    return has_delimiter;
}

void zap_free(struct zap **z)
{
    if (!*z)
        return;
    for (size_t i = 0; i < (*z)->held_count; i++)
        request_clear(&(*z)->held[i]);
    /* Closing alone would give the address free only when libzmq gets round to it. */
    zmq_unbind((*z)->raw, ZAP_ENDPOINT);
    zsock_destroy(&(*z)->socket);
    free(*z);
    *z = NULL;
}

static struct bytes request_view(struct zap_request *r, enum zap_frame which)
{
    return bytes_of(zmq_msg_data(&r->frame[which]), zmq_msg_size(&r->frame[which]));
}

static bool zap_admits(struct zap *z, struct zap_request *r)
{
    return r->count == ZAP_FRAMES &&
           bytes_equal(request_view(r, ZAP_VERSION), BYTES_LITERAL("1.0")) &&
           bytes_equal(request_view(r, ZAP_DOMAIN), z->domain) &&
           bytes_equal(request_view(r, ZAP_MECHANISM), BYTES_LITERAL("CURVE")) &&
           request_view(r, ZAP_CREDENTIAL).len == ZAP_KEY_BYTES &&
           z->admit(z->ctx, request_view(r, ZAP_CREDENTIAL).data);
}

static void zap_reply(struct zap *z, struct zap_request *r, bool is_admitted)
{
    char user_id[2 * ZAP_KEY_BYTES + 1] = "";
    if (is_admitted)
        sodium_bin2hex(user_id, sizeof user_id, request_view(r, ZAP_CREDENTIAL).data,
                       ZAP_KEY_BYTES);
    const struct bytes frames[] = {
        bytes_of(zmq_msg_data(&r->asker), zmq_msg_size(&r->asker)),
        BYTES_LITERAL(""),
        BYTES_LITERAL("1.0"),
        request_view(r, ZAP_REQUEST_ID),
        is_admitted ? BYTES_LITERAL("200") : BYTES_LITERAL("400"),
        is_admitted ? BYTES_LITERAL("OK") : BYTES_LITERAL("not admitted"),
        bytes_of(user_id, strlen(user_id)),
        BYTES_LITERAL(""), /* metadata */
    };
    const size_t count = sizeof frames / sizeof frames[0];
    /* The pipes to the handler have no limit, and what is for an asker who has gone is dropped, so
     * no send can fail. */
    for (size_t i = 0; i < count; i++) {
        int rc = zmq_send(z->raw, frames[i].data, frames[i].len,
                          ZMQ_DONTWAIT | (i + 1 < count ? ZMQ_SNDMORE : 0));
        assert(rc >= 0);
    }
}

size_t zap_take(struct zap *z)
{
    for (size_t i = 0; i < ZAP_STEP_MAX && z->held_count < ZAP_HELD_MAX; i++) {
        struct zap_request *r = &z->held[z->held_count];
        if (!frame_receive(z->raw, &r->asker))
            break;
        for (size_t k = 0; k < ZAP_FRAMES; k++)
            zmq_msg_init(&r->frame[k]);
        r->count = 0;
        r->stamp = 0;
        if (request_receive_rest(z->raw, r))
            z->held_count++;
        else
            request_clear(r); /* no asker can tell an answer from a question */
    }
    return z->held_count;
}

void zap_answer(struct zap *z, uint64_t stamp, uint64_t before)
{
    size_t kept = 0;
    for (size_t i = 0; i < z->held_count; i++) {
        struct zap_request *r = &z->held[i];
        if (r->stamp == 0)
            r->stamp = stamp;
        if (r->stamp >= before) {
            if (kept != i)
                request_move(&z->held[kept], r);
            kept++;
            continue;
        }
        bool is_admitted = zap_admits(z, r);
        if (!is_admitted)
            z->refusals++;
        zap_reply(z, r, is_admitted);
        request_clear(r);
    }
    z->held_count = kept;
}

void zap_step(struct zap *z)
{
    (void)zap_take(z);
    zap_answer(z, 1, UINT64_MAX);
}
