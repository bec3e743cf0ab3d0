#include <sys/resource.h>
#include <unistd.h>

#include "tests/unit/node/transport_world.h"

/* Goal: frames of every size up to the limit pass both ways over one connection, and each side
 * knows the other by its key. Method: a member dials; the server sends back what it gets. */
static void test_exchange(void **state)
{
    (void)state;
    static const size_t lens[] = {0, 1, 255, 256, 65536, FRAME_BYTES_MAX - 1, FRAME_BYTES_MAX};
    struct node *server = server_new(), *member = member_new();
    server->is_echo = true;
    dial(member, server);
    PUMP_UNTIL(count_of(member, TRANSPORT_UP) == 1);
    struct transport_event up = last_of(member, TRANSPORT_UP)->ev;
    assert_true(up.is_outbound);
    assert_memory_equal(up.transport_key, server->keys.public_key, CURVE_KEY_BYTES);
    assert_int_equal(server->notes_count, 0); /* nobody has spoken yet */
    randombytes_buf_deterministic(big, sizeof big, member->keys.public_key);
    for (size_t i = 0; i < sizeof lens / sizeof lens[0]; i++) {
        struct bytes frame = bytes_of(big, lens[i]);
        assert_int_equal(transport_send(member->t, up.link, frame), OK);
        PUMP_UNTIL(count_of(member, TRANSPORT_FRAME) == i + 1);
        assert_true(last_says(server, frame));
        assert_true(last_says(member, frame));
        assert_int_equal(last_of(member, TRANSPORT_FRAME)->ev.link, up.link);
    }
    assert_int_equal(transport_send(member->t, up.link, bytes_of(big, FRAME_BYTES_MAX + 1)),
                     ERR_LIMIT);
    assert_int_equal(server->notes[0].ev.type, TRANSPORT_UP);
    assert_false(server->notes[0].ev.is_outbound);
    assert_memory_equal(server->notes[0].ev.transport_key, member->keys.public_key,
                        CURVE_KEY_BYTES);
    assert_int_equal(count_of(server, TRANSPORT_UP), 1);
    assert_int_equal(transport_refusals(server->t), 0);

    dial(member, server); /* the same again changes nothing */
    pump_for(QUIET_MS / 3);
    assert_int_equal(count_of(member, TRANSPORT_UP) + count_of(member, TRANSPORT_DOWN), 1);
}

/* Goal: where the other side does not read, sending says so within a bounded number of frames, and
 * what was accepted arrives in order, in both directions. Method: large frames to a node that is
 * not pumped. */
static void back_pressure(struct node *from, struct node *to)
{
    uint32_t link = last_of(from, TRANSPORT_UP)->ev.link;
    size_t sent = 0, before = to->notes_count;
    to->is_deaf = true;
    for (int fulls = 0; fulls < 50;) { /* until the queues on the way have settled */
        enum err e = transport_send(from->t, link, bytes_of(big, 200000 + sent));
        assert_true(e == OK || e == ERR_FULL);
        sent += e == OK;
        fulls = e == OK ? 0 : fulls + 1;
        if (e == ERR_FULL)
            pump();
        assert_true(sent < 4 * (CURVE_SEND_FRAMES + CURVE_RECEIVE_FRAMES));
    }
    assert_true(sent >= CURVE_SEND_FRAMES);
    to->is_deaf = false;
    PUMP_UNTIL(to->notes_count == before + sent);
    for (size_t i = 0; i < sent; i++)
        assert_int_equal(to->notes[before + i].ev.frame.len, 200000 + i);
}

static void test_back_pressure(void **state)
{
    (void)state;
    struct node *server = server_new(), *member = member_new();
    dial(member, server);
    PUMP_UNTIL(count_of(member, TRANSPORT_UP) == 1);
    say(member, "first");
    PUMP_UNTIL(count_of(server, TRANSPORT_FRAME) == 1);
    back_pressure(member, server);
    back_pressure(server, member);
    say(member, "there is room again");
    PUMP_UNTIL(last_says(server, BYTES_LITERAL("there is room again")));
}

/* Goal: a cut from the dialling side, a hang-up and another endpoint end the link at both ends;
 * only the hang-up is for good. Method: each in turn. */
static void test_dialler_ends(void **state)
{
    (void)state;
    struct node *server = server_new(), *member = member_new();
    dial(member, server);
    for (size_t i = 1; i <= 3; i++) {
        PUMP_UNTIL(count_of(member, TRANSPORT_UP) == i);
        say(member, "hello");
        PUMP_UNTIL(count_of(server, TRANSPORT_FRAME) == i);
        uint32_t link = last_of(member, TRANSPORT_UP)->ev.link;
        char by_name[300];
        snprintf(by_name, sizeof by_name, "tcp://localhost:%s",
                 strrchr(transport_endpoint(server->t), ':') + 1);
        if (i == 1)
            transport_cut(member->t, link);
        else if (i == 2)
            assert_int_equal(transport_dial(member->t, server->keys.public_key, by_name), OK);
        else
            transport_hangup(member->t, server->keys.public_key);
        assert_int_equal(transport_send(member->t, link, BYTES_LITERAL("x")), ERR_NOT_FOUND);
        PUMP_UNTIL(count_of(server, TRANSPORT_DOWN) == i && count_of(member, TRANSPORT_DOWN) == i);
    }
    transport_hangup(member->t, server->keys.public_key);
    pump_for(QUIET_MS);
    assert_int_equal(count_of(member, TRANSPORT_UP), 3);
    assert_int_equal(member->t->outbound_used, 0);
}

/* Goal: a link takes frames from the moment its UP is told, on both sides.
 * Method: both send on UP, over a dozen connections. */
static void test_greetings(void **state)
{
    (void)state;
    struct node *server = server_new(), *member = member_new();
    server->is_greeting = true;
    member->is_greeting = true;
    for (size_t i = 1; i <= 12; i++) {
        dial(member, server);
        PUMP_UNTIL(count_of(member, TRANSPORT_FRAME) == i &&
                   count_of(server, TRANSPORT_FRAME) == i);
        transport_hangup(member->t, server->keys.public_key);
        PUMP_UNTIL(count_of(server, TRANSPORT_DOWN) == i && count_of(member, TRANSPORT_DOWN) == i);
    }
}

/* Goal: a send is not refused for want of room just because libzmq has not looked at its news yet.
 * Method: a bare client tries to send all the time, so that libzmq thinks it looked a moment ago,
 * until its monitor tells of the handshake. The next send must succeed. */
static void test_send_at_once(void **state)
{
    (void)state;
    struct node *server = server_new();
    struct keys k = keys_new();
    roster_add(&k);
    for (int i = 0; i < 8; i++) {
        struct raw r;
        struct transport_event ev;
        uint64_t last_ms = transport_clock_ms() + WAIT_MS;
        raw_dial(&r, &k, server);
        while (!(raw_events(&r) & ZMQ_EVENT_HANDSHAKE_SUCCEEDED)) {
            enum err e = transport_put(r.socket, bytes_of(NULL, 0), BYTES_LITERAL("now?"));
            assert_true(e == OK || e == ERR_FULL);
            transport_next(server->t, &ev);
            assert_true(transport_clock_ms() < last_ms);
        }
        assert_int_equal(transport_put(r.socket, bytes_of(NULL, 0), BYTES_LITERAL("now!")), OK);
        raw_close(&r);
    }
}

/* Goal: after the server came back the member finds it again: DOWN, then UP with another number.
 * Method: the listener is closed and opened at the same address, twice, with attempts in between.
 */
static void test_restart(void **state)
{
    (void)state;
    struct node *server = server_new(), *member = member_new();
    char endpoint[256];
    snprintf(endpoint, sizeof endpoint, "%s", transport_endpoint(server->t));
    dial(member, server);
    for (size_t i = 1; i <= 3; i++) {
        PUMP_UNTIL(count_of(member, TRANSPORT_UP) == i);
        say(member, "hello");
        PUMP_UNTIL(count_of(server, TRANSPORT_FRAME) == i);
        transport_free(&server->t);
        PUMP_UNTIL(count_of(member, TRANSPORT_DOWN) == i);
        pump_for(i * 100);
        struct transport_config c = config_of(&server->keys, endpoint);
        PUMP_UNTIL(transport_new(&c, &server->t) == OK); /* the address may be held for a moment */
        server->t->inbound[0].generation =
            (uint32_t)i; /* so that notes of all lives can be compared */
    }
}

/* Goal: a link to a peer that is no longer there takes no frames, and neither does a number that
 * was never given out. Method: the peer goes away without a word. */
static void test_send_to_nobody(void **state)
{
    (void)state;
    struct node *server = server_new(), *member = member_new();
    dial(member, server);
    PUMP_UNTIL(count_of(member, TRANSPORT_UP) == 1);
    say(member, "hello");
    PUMP_UNTIL(count_of(server, TRANSPORT_FRAME) == 1);
    uint32_t link = last_of(server, TRANSPORT_UP)->ev.link;
    assert_int_equal(transport_send(server->t, link, BYTES_LITERAL("x")), OK);
    transport_free(&member->t);
    enum err e = OK; /* the server is not pumped: it has not seen the end yet */
    for (int i = 0; i < WAIT_MS && e == OK; i++, zclock_sleep(1))
        e = transport_send(server->t, link, BYTES_LITERAL("x"));
    assert_int_equal(e, ERR_NOT_FOUND);
    PUMP_UNTIL(count_of(server, TRANSPORT_DOWN) == 1);
    const uint32_t never[] = {0,
                              1,
                              link,
                              link + 1,
                              link ^ 1u << LINK_PLACE_BITS,
                              UINT32_MAX,
                              1u << LINK_PLACE_BITS | INBOUND_SLOTS};
    for (size_t i = 0; i < sizeof never / sizeof never[0]; i++) {
        assert_int_equal(transport_send(server->t, never[i], BYTES_LITERAL("x")), ERR_NOT_FOUND);
        transport_cut(server->t, never[i]);
    }
}

/* Goal: connections that come and go leave nothing behind, though descriptors are used again, and
 * what they said last is heard. Method: many short ones of one key beside a lasting one, some of
 * them closed at once after they spoke. */
static void test_coming_and_going(void **state)
{
    (void)state;
    enum { ROUNDS = 40, AT_ONCE = 3 };
    struct node *server = server_new(), *member = member_new();
    struct keys k = keys_new();
    roster_add(&k);
    dial(member, server);
    PUMP_UNTIL(count_of(member, TRANSPORT_UP) == 1);
    say(member, "present");
    PUMP_UNTIL(count_of(server, TRANSPORT_FRAME) == 1);
    for (size_t i = 0; i < ROUNDS; i++) {
        struct raw r[AT_ONCE];
        for (size_t j = 0; j < AT_ONCE; j++)
            raw_dial(&r[j], &k, server);
        for (size_t j = 0; j < AT_ONCE; j++)
            PUMP_UNTIL(raw_send(&r[j], "hello", 5, 0));
        PUMP_UNTIL(count_of(server, TRANSPORT_FRAME) == 1 + AT_ONCE * (i + 1));
        for (size_t j = 0; j < AT_ONCE; j++)
            raw_close(&r[j]);
    }
    PUMP_UNTIL(count_of(server, TRANSPORT_DOWN) == ROUNDS * AT_ONCE);
    assert_int_equal(server->t->inbound_up, 1);
    assert_int_equal(server->t->inbound_closing, 0);
    say(member, "still present");
    PUMP_UNTIL(last_says(server, BYTES_LITERAL("still present")));
    assert_int_equal(count_of(member, TRANSPORT_DOWN), 0);
}

/* Goal: the self-test passes where strangers are refused, and fails where they are not or where
 * nobody answers for them. Method: the list, the handler and the listener, each as it should be and
 * not. */
static void test_selftest(void **state)
{
    (void)state;
    struct node *server = server_new(), *dials_only = member_new();
    assert_int_equal(transport_selftest(server->t, 2000), OK);
    assert_int_equal(transport_refusals(server->t), 1);
    assert_int_equal(transport_selftest(dials_only->t, 2000), OK);
    assert_int_equal(transport_refusals(dials_only->t), 0);
    roster.is_open = true;
    assert_int_equal(transport_selftest(server->t, 2000), ERR_UNAUTHORISED);
    roster.is_open = false;
    assert_int_equal(transport_selftest(server->t, 0), ERR_UNAVAILABLE);
    assert_int_equal(transport_selftest(server->t, 2000), OK);
    pump_for(QUIET_MS / 6);
    assert_int_equal(server->notes_count, 0);
}

/* Goal: a lack of descriptors ends neither the process nor a link, and passes.
 * Method: no more descriptors than are open, then dials; later as many as before. */
static void test_no_descriptors(void **state)
{
    (void)state;
    struct node *server = server_new(), *member = member_new(), *late = member_new();
    dial(member, server);
    PUMP_UNTIL(count_of(member, TRANSPORT_UP) == 1);
    struct rlimit usual, scarce;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &usual), 0);
    int next = dup(0);
    assert_true(next > 0);
    close(next);
    for (int spare = 0; spare < 5; spare++) { /* a dial fails at its first step, its second ... */
        scarce = usual;
        scarce.rlim_cur = (rlim_t)(next + spare);
        assert_int_equal(setrlimit(RLIMIT_NOFILE, &scarce), 0);
        dial(late, server);
        pump_for(QUIET_MS / 6);
        say(member, "hello");
        PUMP_UNTIL(count_of(server, TRANSPORT_FRAME) == (size_t)spare + 1);
        assert_int_equal(setrlimit(RLIMIT_NOFILE, &usual), 0);
        late->t->outbound[0].deadline_ms = 0; /* as if the attempt had taken its time */
        PUMP_UNTIL(count_of(late, TRANSPORT_UP) == (size_t)spare + 1);
        transport_hangup(late->t, server->keys.public_key);
        PUMP_UNTIL(count_of(late, TRANSPORT_DOWN) == (size_t)spare + 1);
    }
    assert_int_equal(count_of(member, TRANSPORT_DOWN), 0);
}

/* Goal: what cannot be listened on, or dialled, is refused with its reason, and leaves nothing
 * behind. Method: one row is one listener; then dials. */
static void test_refused_endpoints(void **state)
{
    (void)state;
    struct node *server = server_new();
    struct transport_config c = config_of(&server->keys, "tcp://127.0.0.1:*");
    struct transport *t = server->t;
    assert_int_equal(transport_new(&c, &t), ERR_DUPLICATE);
    assert_null(t);
    char taken[256];
    snprintf(taken, sizeof taken, "%s", transport_endpoint(server->t));
    zap_free(&server->t->zap); /* so that only the address is in the way */
    const struct {
        const char *listen;
        enum err want;
    } rows[] = {
        {"ipc:///tmp/node",      ERR_FORMAT},
        {"tcp://127.0.0.1",      ERR_FORMAT},
        {taken,                  ERR_IO    },
        {"tcp://192.0.2.1:5000", ERR_IO    },
        {"tcp://127.0.0.1:*",    OK        },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        c.listen = rows[i].listen;
        assert_int_equal(transport_new(&c, &t), rows[i].want);
        assert_int_equal(t != NULL, rows[i].want == OK);
    }
    const uint8_t *key = server->keys.public_key;
    assert_int_equal(transport_dial(t, key, "tcp://127.0.0.1:*"), ERR_FORMAT);
    assert_int_equal(transport_dial(t, key, "inproc://zeromq.zap.01"), ERR_FORMAT);
    for (size_t i = 0; i < OUTBOUND_SLOTS; i++)
        t->outbound[i].state = OUTBOUND_WAITING;
    t->outbound_used = OUTBOUND_SLOTS;
    assert_int_equal(transport_dial(t, key, taken), ERR_FULL);
    transport_hangup(t, t->outbound[0].key);
    assert_int_equal(transport_dial(t, key, taken), OK);
    transport_free(&t);
    transport_free(&t);
}

/* Goal: waits before dialling again are random, grow from the least to the most, and begin anew
 * once a link has lasted. Method: nobody listens; the time set for each attempt is read. */
static void test_waits(void **state)
{
    (void)state;
    struct keys k = keys_new();
    struct transport_config c = config_of(&k, NULL);
    struct transport *t = NULL;
    c.reconnect_ms_min = 1000;
    c.reconnect_ms_max = 60000;
    assert_int_equal(transport_new(&c, &t), OK);
    assert_int_equal(transport_dial(t, k.public_key, "tcp://127.0.0.1:1"), OK);
    struct outbound *out = &t->outbound[0];
    uint64_t bound = 1000, first = 0;
    size_t different = 0;
    for (int i = 0; i < 12; i++) {
        outbound_end(t, out);
        bound = bound * 2 > 60000 ? 60000 : bound * 2;
        uint64_t wait = out->deadline_ms - t->now_ms;
        assert_in_range(wait, 1000, bound);
        if (i > 5)
            different += first != 0 && wait != first;
        first = wait;
        assert_in_range(transport_timeout_ms(t, -1), 0, 60000);
        assert_int_equal(transport_timeout_ms(t, 10), 10);
    }
    assert_true(different >= 4);
    out->state = OUTBOUND_UP;
    out->up_ms = t->now_ms - 60000;
    outbound_end(t, out);
    assert_in_range(out->deadline_ms - t->now_ms, 1000, 2000);
    assert_int_equal(transport_timeout_ms(t, 10), 0); /* its DOWN is ready */
    transport_free(&t);
}

/* Goal: a name that is not found, or not yet, holds nobody up, is tried again later, and can be
 * given up at any time. Method: names without an address beside a member that is dialled by number
 * and by name; the name server of the machine decides how slow it is. */
static void test_names(void **state)
{
    (void)state;
    struct node *server = server_new(), *member = member_new();
    struct keys k[2] = {keys_new(), keys_new()};
    char by_name[300];
    assert_int_equal(transport_dial(member->t, k[0].public_key, "tcp://seinpost.invalid:5000"), OK);
    assert_int_equal(transport_dial(member->t, k[1].public_key, "tcp://no..body:5000"), OK);
    assert_int_equal(member->t->outbound[0].state, OUTBOUND_RESOLVING);
    assert_in_range(transport_timeout_ms(member->t, 1000), 0, 20);
    uint64_t start_ms = transport_clock_ms();
    dial(member, server);
    PUMP_UNTIL(count_of(member, TRANSPORT_UP) == 1);
    say(member, "hello");
    PUMP_UNTIL(count_of(server, TRANSPORT_FRAME) == 1);
    assert_true(transport_clock_ms() - start_ms < 2000);
    PUMP_UNTIL(member->t->outbound[1].wait_ms_max == 80); /* it was tried again */
    transport_hangup(member->t, server->keys.public_key);
    snprintf(by_name, sizeof by_name, "tcp://localhost:%u", server->t->port);
    assert_int_equal(transport_dial(member->t, server->keys.public_key, by_name), OK);
    PUMP_UNTIL(count_of(member, TRANSPORT_UP) == 2);
    transport_hangup(member->t, k[0].public_key);
    member->t->outbound[1].state = OUTBOUND_WAITING; /* in the middle of the next lookup */
    member->t->outbound[1].deadline_ms = 0;
    lookup_drop(&member->t->outbound[1].lookup);
    PUMP_UNTIL(member->t->outbound[1].state == OUTBOUND_RESOLVING);
    transport_hangup(member->t, k[1].public_key);
    assert_null(member->t->outbound[1].lookup);
    assert_int_equal(count_of(member, TRANSPORT_DOWN), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_exchange),       TEST(test_back_pressure),     TEST(test_dialler_ends),
        TEST(test_greetings),      TEST(test_send_at_once),      TEST(test_restart),
        TEST(test_send_to_nobody), TEST(test_coming_and_going),  TEST(test_selftest),
        TEST(test_no_descriptors), TEST(test_refused_endpoints), TEST(test_waits),
        TEST(test_names),
    };
    if (sodium_init() < 0)
        return 1;
    return end(cmocka_run_group_tests(tests, NULL, NULL));
}
