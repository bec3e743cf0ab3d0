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

struct zap {
    zsock_t *socket;
    void *raw;
    struct bytes domain;
    zap_admit_fn *admit;
    void *ctx;
    uint64_t refusals;
};

struct zap_request {
    zmq_msg_t frame[ZAP_FRAMES]; /* all initialised; empty where the request had fewer */
    size_t count;                /* frames that came, more than ZAP_FRAMES included */
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
    z->socket = zsock_new(ZMQ_REP);
    z->raw = zsock_resolve(z->socket);
    if (zmq_bind(z->raw, ZAP_ENDPOINT) != 0) {
        zsock_destroy(&z->socket);
        free(z);
        return ERR_DUPLICATE; /* the only way in which a name in the process can be refused */
    }
    *out = z;
    return OK;
}

void zap_free(struct zap **z)
{
    if (!*z)
        return;
    /* Closing alone would give the address free only when libzmq gets round to it. */
    zmq_unbind((*z)->raw, ZAP_ENDPOINT);
    zsock_destroy(&(*z)->socket);
    free(*z);
    *z = NULL;
}

void *zap_socket(const struct zap *z)
{
    return z->raw;
}

uint64_t zap_refusals(const struct zap *z)
{
    return z->refusals;
}

static void request_clear(struct zap_request *r)
{
    for (size_t i = 0; i < ZAP_FRAMES; i++)
        zmq_msg_close(&r->frame[i]);
}

/* Receives one whole request. Returns false, with nothing to clear, when none is waiting. */
static bool request_receive(void *raw, struct zap_request *r)
{
    zmq_msg_t m;
    zmq_msg_init(&m);
    if (zmq_msg_recv(&m, raw, ZMQ_DONTWAIT) < 0) {
        assert(zmq_errno() == EAGAIN || zmq_errno() == EINTR);
        zmq_msg_close(&m);
        return false;
    }
    for (size_t i = 0; i < ZAP_FRAMES; i++)
        zmq_msg_init(&r->frame[i]);
    zmq_msg_move(&r->frame[0], &m);
    r->count = 1;
    bool has_more = zmq_msg_more(&r->frame[0]);
    while (has_more) { /* the sender is libzmq in this process, and a message arrives whole */
        int rc = zmq_msg_recv(&m, raw, ZMQ_DONTWAIT);
        assert(rc >= 0);
        has_more = zmq_msg_more(&m);
        if (r->count < ZAP_FRAMES)
            zmq_msg_move(&r->frame[r->count], &m);
        r->count++;
    }
    zmq_msg_close(&m);
    return true;
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
        BYTES_LITERAL("1.0"),
        request_view(r, ZAP_REQUEST_ID),
        is_admitted ? BYTES_LITERAL("200") : BYTES_LITERAL("400"),
        is_admitted ? BYTES_LITERAL("OK") : BYTES_LITERAL("not admitted"),
        bytes_of(user_id, strlen(user_id)),
        BYTES_LITERAL(""), /* metadata */
    };
    const size_t count = sizeof frames / sizeof frames[0];
    /* The pipes to the handler have no limit, and an asker who has gone is skipped, so no send can
     * fail; if one ever does, the next receive finds the socket in the wrong state and aborts. */
    for (size_t i = 0; i < count; i++)
        zmq_send(z->raw, frames[i].data, frames[i].len,
                 ZMQ_DONTWAIT | (i + 1 < count ? ZMQ_SNDMORE : 0));
}

void zap_step(struct zap *z)
{
    struct zap_request r;
    for (size_t i = 0; i < ZAP_STEP_MAX && request_receive(z->raw, &r); i++) {
        bool is_admitted = zap_admits(z, &r);
        if (!is_admitted)
            z->refusals++;
        zap_reply(z, &r, is_admitted);
        request_clear(&r);
    }
}
