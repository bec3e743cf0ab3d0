/*
 * Effects carried out by a node that really sends, over loopback, to a bare transport in the same
 * process.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "node/node.h"

enum { FRAMES = 400, FRAME_BYTES = 10000, ROUNDS_MAX = 20000 };

struct pair {
    char file[64];
    struct node *node;
    struct transport *peer;
    uint32_t link;   /* of the node to the peer */
    size_t received; /* by the peer, in order */
    bool is_ordered;
};

static bool admit_all(void *ctx, const uint8_t transport_key[TRANSPORT_KEY_BYTES])
{
    (void)ctx, (void)transport_key;
    return true;
}

static int setup(void **state)
{
    struct pair *p = calloc(1, sizeof *p);
    struct node *n = calloc(1, sizeof *n);
    struct transport_config listens = {.listen = "tcp://127.0.0.1:*", .admit = admit_all};
    struct transport_config dials = {.listen = NULL};
    struct problem problem = {0};
    uint8_t key[32] = {1};
    assert_true(sodium_init() >= 0 && p != NULL && n != NULL);
    p->node = n;
    p->is_ordered = true;
    crypto_box_keypair(listens.public_key, listens.secret_key);
    crypto_box_keypair(dials.public_key, dials.secret_key);
    snprintf(p->file, sizeof p->file, "/tmp/test_carry.XXXXXX");
    int fd = mkstemp(p->file);
    assert_true(fd >= 0);
    close(fd);
    assert_int_equal(store_open(&n->store, p->file, &problem), OK);
    n->effects = calloc(1, sizeof *n->effects);
    n->outbox = outbox_new();
    n->desk = desk_new(n, key);
    assert_int_equal(transport_new(&listens, &p->peer), OK);
    assert_int_equal(transport_new(&dials, &n->transport), OK);
    assert_int_equal(transport_dial(n->transport, listens.public_key, transport_endpoint(p->peer)),
                     OK);
    *state = p;
    return 0;
}

static int teardown(void **state)
{
    struct pair *p = *state;
    struct node *n = p->node;
    transport_free(&n->transport);
    transport_free(&p->peer);
    desk_free(&n->desk);
    store_close(&n->store);
    outbox_free(&n->outbox);
    free(n->effects);
    free(n);
    unlink(p->file);
    free(p);
    return 0;
}

/* Lets libzmq's thread work, and takes what came; the peer's frames only if it listens. */
static void pump(struct pair *p, bool is_listening)
{
    struct transport_event ev;
    size_t count;
    zmq_pollitem_t *items = transport_poll_items(p->node->transport, 0, &count);
    zmq_poll(items, (int)count, 1);
    while (transport_next(p->node->transport, &ev))
        p->link = ev.type == TRANSPORT_UP ? ev.link : ev.type == TRANSPORT_DOWN ? 0 : p->link;
    for (int i = 0; i < (is_listening ? FRAMES : 1) && transport_next(p->peer, &ev); i++) {
        uint32_t number;
        if (ev.type != TRANSPORT_FRAME)
            continue;
        assert_int_equal(ev.frame.len, FRAME_BYTES);
        memcpy(&number, ev.frame.data, sizeof number);
        p->is_ordered = p->is_ordered && number == p->received;
        p->received++;
    }
}

/* One step's effects: many frames for one connection, before anything that is persisted or after.
 */
static void send_many(struct pair *p, bool is_dirty)
{
    static uint8_t frames[FRAMES][FRAME_BYTES];
    struct effects *out = p->node->effects;
    effects_clear(out);
    if (is_dirty) {
        struct effect *e = effects_add(out, EFFECT_PERSIST_MARK);
        e->mark.mark = MARK_COVER_DAY;
        e->mark.value = 1;
    }
    for (uint32_t i = 0; i < FRAMES; i++) {
        memcpy(frames[i], &i, sizeof i);
        struct effect *e = effects_add(out, EFFECT_SEND);
        e->link = p->link;
        e->frame = bytes_of(frames[i], FRAME_BYTES);
    }
    assert_int_equal(carry_out(p->node, out), OK);
}

/* Goal: a step that has more to say than a connection takes at once loses nothing and ends nothing,
 * also while the peer is busy elsewhere for a moment; a commit is not delayed by it. Method: 400
 * frames, which the transport alone refuses; commits go on; the peer begins to listen late. */
static void nothing_is_lost(void **state, bool is_dirty)
{
    struct pair *p = *state;
    for (int i = 0; i < ROUNDS_MAX && p->link == 0; i++)
        pump(p, false);
    assert_true(p->link != 0);
    send_many(p, is_dirty);
    assert_int_equal(carry_commit(p->node), OK);
    assert_false(store_is_dirty(p->node->store));
    assert_true(outbox_is_waiting(p->node->outbox));
    assert_int_equal(outbox_bytes(p->node->outbox), 0);
    for (int i = 0; i < ROUNDS_MAX && p->received < FRAMES; i++) {
        pump(p, i > 20);
        assert_int_equal(carry_commit(p->node), OK);
    }
    assert_int_equal(p->received, FRAMES);
    assert_true(p->is_ordered && p->link != 0);
    assert_false(outbox_is_waiting(p->node->outbox));
}

static void nothing_is_lost_of_a_step(void **state)
{
    nothing_is_lost(state, false);
}

static void nothing_is_lost_after_a_commit(void **state)
{
    nothing_is_lost(state, true);
}

/* Goal: a peer that takes nothing while much is due to it is cut, and what waited for it goes.
 * Method: the same frames again and again, more than it may owe; it never reads. */
static void a_deaf_peer_is_cut(void **state)
{
    struct pair *p = *state;
    for (int i = 0; i < ROUNDS_MAX && p->link == 0; i++)
        pump(p, false);
    uint32_t link = p->link;
    assert_true(link != 0);
    for (int i = 0; i < 20 && p->link == link; i++) {
        struct transport_event ev;
        send_many(p, false);
        assert_int_equal(carry_commit(p->node), OK);
        while (transport_next(p->node->transport, &ev))
            if (ev.type == TRANSPORT_DOWN)
                p->link = 0;
    }
    assert_int_equal(p->link, 0);
    assert_int_equal(carry_commit(p->node), OK);
    assert_false(outbox_is_waiting(p->node->outbox));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(nothing_is_lost_of_a_step, setup, teardown),
        cmocka_unit_test_setup_teardown(nothing_is_lost_after_a_commit, setup, teardown),
        cmocka_unit_test_setup_teardown(a_deaf_peer_is_cut, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
