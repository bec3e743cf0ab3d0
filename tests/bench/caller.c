#include "tests/bench/caller.h"

#include "proto/wire.h"
#include "tests/bench/figure.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

void caller_dial(struct caller *c, const struct fleet *f, size_t self, size_t node)
{
    struct transport_config config = {.listen = NULL, .reconnect_ms_max = 1000};
    char endpoint[64];
    *c = (struct caller){.fleet = f, .self = self};
    memcpy(config.public_key, f->member[self].transport_public, sizeof config.public_key);
    memcpy(config.secret_key, f->member[self].transport_secret, sizeof config.secret_key);
    figure_need(transport_new(&config, &c->transport) == OK, "the transport");
    snprintf(endpoint, sizeof endpoint, "tcp://127.0.0.1:%u", f->member[node].port);
    enum err e = transport_dial(c->transport, f->member[node].transport_public, endpoint);
    figure_need(e == OK, "%s", endpoint);
}

void caller_close(struct caller *c)
{
    transport_free(&c->transport);
}

static enum err send_message(struct caller *c, const Seinpost__Message *m)
{
    uint8_t frame[1024];
    size_t len = message_encode(m, frame, sizeof frame);
    figure_need(len > 0, "a message does not fit");
    return transport_send(c->transport, c->link, bytes_of(frame, len));
}

static void send_opening(struct caller *c)
{
    Seinpost__Opening opening = SEINPOST__OPENING__INIT;
    opening.version_min = opening.version_max = PROTOCOL_VERSION_MAX;
    opening.federation =
        (ProtobufCBinaryData){HASH_BYTES, (uint8_t *)(uintptr_t)c->fleet->list.hash};
    opening.author =
        (ProtobufCBinaryData){AUTHOR_BYTES, (uint8_t *)(uintptr_t)c->fleet->member[c->self].author};
    opening.roster_version = 1;
    opening.roster_hash = opening.federation;
    Seinpost__Message m = SEINPOST__MESSAGE__INIT;
    m.body_case = SEINPOST__MESSAGE__BODY_OPENING;
    m.opening = &opening;
    figure_need(send_message(c, &m) == OK, "the opening");
}

static void take_frame(struct caller *c, struct bytes frame)
{
    static uint8_t room[WIRE_ARENA_BYTES];
    struct wire_arena arena;
    Seinpost__Message *m = NULL;
    wire_arena_init(&arena, room, sizeof room);
    figure_need(message_decode(frame, &arena, &m) == OK, "the node's message");
    c->is_ready = c->is_ready || m->body_case == SEINPOST__MESSAGE__BODY_OPENING;
    c->answers += m->body_case == SEINPOST__MESSAGE__BODY_HEAD_ANSWER;
}

void caller_step(struct caller *c, long wait_ms)
{
    size_t count;
    struct transport_event ev;
    zmq_pollitem_t *items = transport_poll_items(c->transport, 0, &count);
    zmq_poll(items, (int)count, transport_timeout_ms(c->transport, wait_ms));
    while (transport_next(c->transport, &ev)) {
        if (ev.type == TRANSPORT_FRAME) {
            take_frame(c, ev.frame);
            continue;
        }
        bool is_up = ev.type == TRANSPORT_UP;
        c->ends += !is_up;
        c->is_ready = false;
        c->link = is_up ? ev.link : 0;
        if (is_up)
            send_opening(c);
    }
}

bool caller_ask(struct caller *c)
{
    uint8_t nonce[32];
    randombytes_buf(nonce, sizeof nonce);
    Seinpost__HeadAsk ask = SEINPOST__HEAD_ASK__INIT;
    ask.nonce = (ProtobufCBinaryData){sizeof nonce, nonce};
    Seinpost__Message m = SEINPOST__MESSAGE__INIT;
    m.body_case = SEINPOST__MESSAGE__BODY_HEAD_ASK;
    m.head_ask = &ask;
    return c->is_ready && send_message(c, &m) == OK;
}
