#include "node/spill.h"

#include "tests/unit/node/transport_world.h"

/* Goal: what finds no room is kept in order up to a number of bytes, refused beyond it, and passed
 * on as room appears. Method: a DEALER that is connected to nobody takes nothing; then it is. */
static void test_order_and_bound(void **state)
{
    (void)state;
    struct node *server = server_new();
    struct keys k = keys_new();
    roster_add(&k);
    struct raw r;
    const struct bytes none = bytes_of(NULL, 0);
    const char *endpoint = transport_endpoint(server->t);
    r.socket = curve_dialler(k.public_key, k.secret_key, server->keys.public_key, endpoint);
    struct spill s = {0};
    assert_true(spill_is_empty(&s));
    spill_flush(&s, r.socket, none);
    size_t kept = 0;
    enum err e = OK;
    for (; e == OK; kept += e == OK)
        e = spill_send(&s, r.socket, none, bytes_of(big, 10000 + kept));
    assert_int_equal(e, ERR_FULL);
    assert_in_range(kept, SPILL_BYTES_MAX / 12000, SPILL_BYTES_MAX / 10000);
    assert_true(s.bytes <= SPILL_BYTES_MAX);
    assert_int_equal(spill_send(&s, r.socket, none, bytes_of(big, FRAME_BYTES_MAX)), ERR_FULL);
    spill_flush(&s, r.socket, none);
    assert_false(spill_is_empty(&s));

    raw_connect(&r, r.socket, endpoint);
    PUMP_UNTIL((spill_flush(&s, r.socket, none), spill_is_empty(&s)));
    assert_int_equal(s.bytes, 0);
    assert_int_equal(spill_send(&s, r.socket, none, BYTES_LITERAL("and now directly")), OK);
    PUMP_UNTIL(count_of(server, TRANSPORT_FRAME) == kept + 1);
    size_t next = 10000;
    for (size_t i = 0; i + 1 < server->notes_count; i++)
        if (server->notes[i].ev.type == TRANSPORT_FRAME)
            assert_int_equal(server->notes[i].ev.frame.len, next++);
    raw_close(&r);
}

/* Goal: frames without bytes are bounded too, and clearing leaves nothing.
 * Method: empty frames to a DEALER that is connected to nobody. */
static void test_empty_frames(void **state)
{
    (void)state;
    struct keys k = keys_new();
    curve_init(1);
    void *none = NULL,
         *socket = curve_dialler(k.public_key, k.secret_key, k.public_key, "tcp://127.0.0.1:1");
    struct spill s = {0};
    size_t kept = 0;
    while (spill_send(&s, socket, bytes_of(NULL, 0), bytes_of(NULL, 0)) == OK)
        kept++;
    assert_int_equal(kept, SPILL_BYTES_MAX / SPILL_OVERHEAD_BYTES);
    spill_clear(&s);
    assert_true(spill_is_empty(&s));
    assert_int_equal(s.bytes, 0);
    assert_int_equal(spill_send(&s, socket, bytes_of(NULL, 0), BYTES_LITERAL("x")), OK);
    spill_clear(&s);
    curve_dialler_close(&socket, &none);
}

/* Goal: a peer that the ROUTER does not know is told apart from one that is slow.
 * Method: a routing id that was never given out. */
static void test_unknown_peer(void **state)
{
    (void)state;
    struct node *server = server_new();
    struct spill s = {0};
    void *raw = zsock_resolve(server->t->listener);
    const struct bytes nobody = BYTES_LITERAL("\0nobo");
    assert_int_equal(spill_send(&s, raw, nobody, BYTES_LITERAL("x")), ERR_NOT_FOUND);
    assert_true(spill_is_empty(&s));
}

/* Goal: a frame does not wait just because libzmq has not looked at its news yet.
 * Method: a bare client tries to send all the time, so that libzmq thinks it looked a moment ago,
 * until its monitor tells of the handshake. The next frame must go out directly. */
static void test_send_at_once(void **state)
{
    (void)state;
    const struct bytes none = bytes_of(NULL, 0);
    struct node *server = server_new();
    struct keys k = keys_new();
    roster_add(&k);
    for (int i = 0; i < 8; i++) {
        struct raw r;
        struct transport_event ev;
        struct spill s = {0};
        uint64_t until_ms = transport_clock_ms() + WAIT_MS;
        raw_dial(&r, &k, server);
        while (!(raw_events(&r) & ZMQ_EVENT_HANDSHAKE_SUCCEEDED)) {
            assert_int_equal(spill_send(&s, r.socket, none, BYTES_LITERAL("now?")), OK);
            spill_clear(&s);
            transport_next(server->t, &ev);
            assert_true(transport_clock_ms() < until_ms);
        }
        assert_int_equal(spill_send(&s, r.socket, none, BYTES_LITERAL("now!")), OK);
        assert_true(spill_is_empty(&s));
        raw_close(&r);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_order_and_bound),
        TEST(test_empty_frames),
        TEST(test_unknown_peer),
        TEST(test_send_at_once),
    };
    if (sodium_init() < 0)
        return 1;
    return end(cmocka_run_group_tests(tests, NULL, NULL));
}
