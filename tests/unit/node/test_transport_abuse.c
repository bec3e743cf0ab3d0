#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/unit/node/transport_world.h"

enum stranger { UNKNOWN_KEY, WRONG_SECRET, WRONG_SERVER, NO_MECHANISM, PLAIN_MECHANISM };

static void stranger_dial(struct raw *r, enum stranger who, const struct node *server,
                          const struct node *member)
{
    const char *endpoint = transport_endpoint(server->t);
    const uint8_t *server_key = server->keys.public_key;
    struct keys own = keys_new(), other = keys_new();
    switch (who) {
    case UNKNOWN_KEY:
        break;
    case WRONG_SECRET:
        memcpy(own.public_key, member->keys.public_key, CURVE_KEY_BYTES);
        break;
    case WRONG_SERVER:
        own = member->keys;
        server_key = other.public_key;
        break;
    case NO_MECHANISM:
    case PLAIN_MECHANISM: {
        const int zero = 0;
        void *socket = zmq_socket(zsys_init(), ZMQ_DEALER);
        assert_int_equal(zmq_setsockopt(socket, ZMQ_LINGER, &zero, sizeof zero), 0);
        if (who == PLAIN_MECHANISM)
            assert_int_equal(zmq_setsockopt(socket, ZMQ_PLAIN_USERNAME, "member", 6), 0);
        raw_connect(r, socket, endpoint);
        return;
    }
    }
    raw_connect(r, curve_dialler(own.public_key, own.secret_key, server_key, endpoint), endpoint);
}

/* Goal: nobody but a member who holds its secret and knows the server's key gets in, and members
 * are not disturbed. Method: each kind of stranger tries to connect and to send, with a member
 * connected; the same with the member's own keys shows that this can fail. */
static void test_strangers(void **state)
{
    (void)state;
    struct node *server = server_new(), *member = member_new();
    dial(member, server);
    PUMP_UNTIL(count_of(member, TRANSPORT_UP) == 1);
    for (int who = UNKNOWN_KEY; who <= PLAIN_MECHANISM; who++) {
        struct raw r;
        stranger_dial(&r, (enum stranger)who, server, member);
        raw_send(&r, "let me in", 9, 0); /* queued where the mechanism lets it */
        PUMP_UNTIL(raw_events(&r) & RAW_ENDED);
        pump_for(QUIET_MS / 3);
        assert_false(raw_events(&r) & ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
        assert_int_equal(count_of(server, TRANSPORT_UP), 0);
        if (who == UNKNOWN_KEY)
            assert_int_equal(transport_refusals(server->t), 1);
        raw_close(&r);
    }
    struct raw r;
    raw_dial(&r, &member->keys, server);
    PUMP_UNTIL(raw_events(&r) & ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
    assert_true(raw_send(&r, "let me in", 9, 0));
    PUMP_UNTIL(count_of(server, TRANSPORT_FRAME) == 1);
    raw_close(&r);
    say(member, "still here");
    PUMP_UNTIL(last_says(server, BYTES_LITERAL("still here")));
    assert_int_equal(count_of(member, TRANSPORT_DOWN), 0);
}

/* Goal: with the handler gone nobody joins, neither strangers nor members; who is in stays.
 * Method: the handler is closed under a running listener. */
static void test_dead_handler(void **state)
{
    (void)state;
    struct node *server = server_new(), *early = member_new(), *late = member_new();
    dial(early, server);
    PUMP_UNTIL(count_of(early, TRANSPORT_UP) == 1);
    zap_free(&server->t->zap);
    struct raw r;
    stranger_dial(&r, UNKNOWN_KEY, server, early);
    dial(late, server);
    PUMP_UNTIL(raw_events(&r) & RAW_ENDED);
    pump_for(QUIET_MS);
    assert_false(raw_events(&r) & ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
    assert_int_equal(count_of(late, TRANSPORT_UP), 0);
    say(early, "I was here before");
    PUMP_UNTIL(count_of(server, TRANSPORT_FRAME) == 1);
    assert_int_equal(count_of(server, TRANSPORT_UP), 1);
    raw_close(&r);
}

/* Goal: a message of more than one frame, a frame above either limit, and a routing id of the
 * peer's own choice each end that connection, at the first message and later ones, and nobody
 * else's. Method: one row is one member with a client of its own making. */
static const struct {
    const char *why;
    size_t bytes;
    int frames;
    bool has_name; /* sets a routing id */
    bool is_late;  /* says something permitted before */
} misdeeds[] = {
    {"a second frame at once",            3,                    2,    false, false},
    {"a second frame later",              3,                    2,    false, true },
    {"very many frames",                  0,                    3000, false, true },
    {"a frame above the limit",           FRAME_BYTES_MAX + 1,  1,    false, false},
    {"a frame above the limit later",     FRAME_BYTES_MAX + 1,  1,    false, true },
    {"more than the socket takes",        SOCKET_BYTES_MAX + 1, 1,    false, false},
    {"more than the socket takes, later", SOCKET_BYTES_MAX + 1, 1,    false, true },
    {"a routing id of its own",           3,                    1,    true,  false},
};

static void test_misdeeds(void **state)
{
    (void)state;
    struct node *server = server_new(), *member = member_new();
    struct keys k = keys_new();
    roster_add(&k);
    dial(member, server);
    PUMP_UNTIL(count_of(member, TRANSPORT_UP) == 1);
    say(member, "present");
    PUMP_UNTIL(count_of(server, TRANSPORT_FRAME) == 1);
    for (size_t i = 0; i < sizeof misdeeds / sizeof misdeeds[0]; i++) {
        server->notes_count = 0;
        const char *endpoint = transport_endpoint(server->t);
        struct raw r;
        void *socket = curve_dialler(k.public_key, k.secret_key, server->keys.public_key, endpoint);
        if (misdeeds[i].has_name)
            assert_int_equal(zmq_setsockopt(socket, ZMQ_ROUTING_ID, "me", 2), 0);
        raw_connect(&r, socket, endpoint);
        PUMP_UNTIL(raw_events(&r) & ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
        size_t allowed = misdeeds[i].is_late;
        if (misdeeds[i].is_late) {
            PUMP_UNTIL(raw_send(&r, "good", 4, 0));
            PUMP_UNTIL(count_of(server, TRANSPORT_FRAME) == 1);
        }
        for (int n = misdeeds[i].frames; n > 0; n--)
            PUMP_UNTIL(raw_send(&r, big, misdeeds[i].bytes, n > 1 ? ZMQ_SNDMORE : 0));
        raw_send(&r, "more", 4, 0);
        PUMP_UNTIL(raw_events(&r) & ZMQ_EVENT_DISCONNECTED);
        PUMP_UNTIL(count_of(server, TRANSPORT_DOWN) == allowed);
        pump_for(QUIET_MS / 6);
        if (count_of(server, TRANSPORT_UP) != allowed ||
            count_of(server, TRANSPORT_FRAME) != allowed)
            fail_msg("%s: %zu frames", misdeeds[i].why, count_of(server, TRANSPORT_FRAME));
        say(member, "undisturbed");
        PUMP_UNTIL(count_of(server, TRANSPORT_FRAME) == allowed + 1);
        assert_true(last_says(server, BYTES_LITERAL("undisturbed")));
        raw_close(&r);
    }
    server->notes_count = 0; /* they begin in the middle */
    assert_int_equal(count_of(member, TRANSPORT_DOWN), 0);
}

/* Goal: a dialled server that misbehaves in the same way is left.
 * Method: an echo of a member's client is a server here: the node dials a bare ROUTER. */
static void test_bad_server(void **state)
{
    (void)state;
    static const size_t bytes[] = {3, FRAME_BYTES_MAX + 1, SOCKET_BYTES_MAX + 1};
    struct keys k = keys_new();
    const char *any = "tcp://127.0.0.1:*";
    struct zap *zap = NULL;
    roster.is_open = true;
    assert_int_equal(zap_new(CURVE_DOMAIN, admit, &roster, &zap), OK);
    zsock_t *router = curve_listener(k.secret_key, any);
    void *raw = zsock_resolve(router);
    char endpoint[256];
    size_t len = sizeof endpoint;
    assert_int_equal(zmq_bind(raw, any), 0);
    assert_int_equal(zmq_getsockopt(raw, ZMQ_LAST_ENDPOINT, endpoint, &len), 0);
    struct node *member = member_new();
    assert_int_equal(transport_dial(member->t, k.public_key, endpoint), OK);
    for (size_t i = 0; i < 3; i++) {
        uint8_t id[256];
        int id_len;
        PUMP_UNTIL((zap_step(zap), count_of(member, TRANSPORT_UP) == i + 1));
        say(member, "who are you?");
        PUMP_UNTIL((id_len = zmq_recv(raw, id, sizeof id, ZMQ_DONTWAIT)) >= 0);
        assert_true(zmq_recv(raw, NULL, 0, ZMQ_DONTWAIT) >= 0);
        assert_true(zmq_send(raw, id, (size_t)id_len, ZMQ_SNDMORE) >= 0);
        assert_true(zmq_send(raw, big, bytes[i], bytes[i] == 3 ? ZMQ_SNDMORE : 0) >= 0);
        if (bytes[i] == 3)
            assert_true(zmq_send(raw, "second", 6, 0) >= 0);
        PUMP_UNTIL((zap_step(zap), count_of(member, TRANSPORT_DOWN) == i + 1));
    }
    assert_int_equal(count_of(member, TRANSPORT_FRAME), 0);
    zsock_destroy(&router);
    zap_free(&zap);
}

/* Goal: a revoked member is heard until it is cut, falls at once when it is, cannot return, and
 * takes nobody with it; once admitted again it does return, under another number. Method: the list
 * changes under a live link; the server cuts while it handles a frame. */
static void test_revocation(void **state)
{
    (void)state;
    struct node *server = server_new(), *member = member_new(), *other = member_new();
    dial(member, server);
    dial(other, server);
    PUMP_UNTIL(count_of(member, TRANSPORT_UP) == 1 && count_of(other, TRANSPORT_UP) == 1);
    say(other, "good day");
    say(member, "before");
    PUMP_UNTIL(count_of(server, TRANSPORT_FRAME) == 2);
    memcpy(roster.member[0], roster.member[1], CURVE_KEY_BYTES);
    say(member, "after");
    PUMP_UNTIL(count_of(server, TRANSPORT_FRAME) == 3);
    assert_int_equal(transport_refusals(server->t), 0);

    server->will_cut = true;
    for (int i = 0; i < 10; i++)
        say(member, "and after that");
    PUMP_UNTIL(count_of(member, TRANSPORT_DOWN) == 1);
    PUMP_UNTIL(transport_refusals(server->t) >= 2); /* it tries, and tries again */
    assert_int_equal(count_of(server, TRANSPORT_FRAME), 4);
    assert_int_equal(count_of(server, TRANSPORT_DOWN), 1);
    assert_int_equal(count_of(member, TRANSPORT_UP), 1);
    uint32_t link = last_of(server, TRANSPORT_DOWN)->ev.link;
    assert_int_equal(transport_send(server->t, link, BYTES_LITERAL("x")), ERR_NOT_FOUND);
    PUMP_UNTIL(server->t->inbound_used == 1); /* nothing is kept of it */
    say(other, "still here");
    PUMP_UNTIL(last_says(server, BYTES_LITERAL("still here")));
    assert_int_equal(count_of(other, TRANSPORT_DOWN), 0);

    memcpy(roster.member[0], member->keys.public_key, CURVE_KEY_BYTES);
    PUMP_UNTIL(count_of(member, TRANSPORT_UP) == 2);
    say(member, "back");
    PUMP_UNTIL(last_says(server, BYTES_LITERAL("back")));
    assert_int_not_equal(last_of(server, TRANSPORT_UP)->ev.link, link);
}

/* Goal: a link that is cut while its peer is silent falls at once, at both ends, though no message
 * of it is in hand, and nobody else's does. A link cut as it comes up loses its first frame.
 * Method: the server cuts; nobody speaks. */
static void test_cut_silent(void **state)
{
    (void)state;
    struct node *server = server_new(), *member = member_new(), *other = member_new();
    dial(member, server);
    dial(other, server);
    PUMP_UNTIL(count_of(member, TRANSPORT_UP) == 1 && count_of(other, TRANSPORT_UP) == 1);
    say(other, "good day");
    PUMP_UNTIL(count_of(server, TRANSPORT_FRAME) == 1);
    say(member, "hello");
    PUMP_UNTIL(count_of(server, TRANSPORT_FRAME) == 2);
    pump_for(10);
    uint32_t link = last_of(server, TRANSPORT_UP)->ev.link;
    uint64_t cut_ms = transport_clock_ms();
    transport_cut(server->t, link);
    transport_cut(server->t, link);
    assert_int_equal(transport_send(server->t, link, BYTES_LITERAL("x")), ERR_NOT_FOUND);
    PUMP_UNTIL(count_of(member, TRANSPORT_DOWN) == 1);
    assert_true(transport_clock_ms() - cut_ms < 1000);
    assert_int_equal(count_of(server, TRANSPORT_DOWN), 1);
    PUMP_UNTIL(count_of(member, TRANSPORT_UP) == 2);

    server->will_cut_up = true;
    say(member, "hello again");
    PUMP_UNTIL(count_of(member, TRANSPORT_UP) == 3);
    assert_int_equal(count_of(server, TRANSPORT_FRAME), 2);
    say(member, "at last");
    PUMP_UNTIL(count_of(server, TRANSPORT_FRAME) == 3);
    PUMP_UNTIL(server->t->inbound_used <= 3 && server->t->inbound_closing == 0);
    assert_int_equal(server->t->inbound_up, 2);
    assert_int_equal(count_of(other, TRANSPORT_DOWN), 0);
}

/* Goal: one key has at most TRANSPORT_LINKS_PER_KEY links; one more takes the oldest one's place.
 * Method: clients with one key, one after the other; those that came first fall in silence. */
static void test_links_per_key(void **state)
{
    (void)state;
    enum { CLIENTS = TRANSPORT_LINKS_PER_KEY + 2 };
    struct node *server = server_new();
    struct keys k = keys_new();
    roster_add(&k);
    struct raw r[CLIENTS];
    for (size_t i = 0; i < CLIENTS; i++) {
        raw_dial(&r[i], &k, server);
        PUMP_UNTIL(raw_send(&r[i], "me too", 6, 0));
        PUMP_UNTIL(count_of(server, TRANSPORT_FRAME) == i + 1);
    }
    assert_int_equal(count_of(server, TRANSPORT_UP), CLIENTS);
    assert_int_equal(count_of(server, TRANSPORT_DOWN), 2);
    assert_int_equal(server->t->inbound_up, TRANSPORT_LINKS_PER_KEY);
    for (size_t i = 0; i < 2; i++)
        PUMP_UNTIL(raw_events(&r[i]) & ZMQ_EVENT_DISCONNECTED);
    assert_true(raw_send(&r[2], "still", 5, 0));
    PUMP_UNTIL(count_of(server, TRANSPORT_FRAME) == CLIENTS + 1);
    for (size_t i = 0; i < CLIENTS; i++)
        raw_close(&r[i]);
    PUMP_UNTIL(server->t->inbound_used == 0);
    assert_int_equal(count_of(server, TRANSPORT_DOWN), CLIENTS);
}

/* Goal: a cut never shuts down a descriptor that has become somebody else's, whether the end of the
 * connection was read of or not. Method: the peer leaves, and its descriptor's number is given to
 * another socket before the cut; first with its frame in hand, then when it had long been idle. In
 * a third round the report of the end is lost, so that the inode alone tells. */
static void cut_after_end(struct node *server, const struct keys *k, bool is_idle, bool is_lost)
{
    struct raw r;
    struct transport_event ev = {.type = 0};
    uint64_t last_ms = transport_clock_ms() + WAIT_MS;
    raw_dial(&r, k, server);
    for (bool is_said = false; ev.type != TRANSPORT_FRAME;) {
        if (!is_said)
            is_said = raw_send(&r, "adieu", 5, 0);
        transport_next(server->t, &ev);
        assert_true(transport_clock_ms() < last_ms);
    }
    uint32_t link = ev.link;
    int fd = server->t->inbound[link & ((1u << LINK_PLACE_BITS) - 1)].fd;
    if (is_idle)
        assert_false(transport_next(server->t, &ev));
    raw_close(&r);
    while (fcntl(fd, F_GETFD) >= 0)
        assert_true(transport_clock_ms() < last_ms);
    int other[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, other), 0);
    int mine = other[1] == fd ? other[0] : other[1],
        theirs = mine == other[0] ? other[1] : other[0];
    assert_int_equal(dup2(theirs, fd), fd);
    uint32_t value;
    while (is_lost && curve_monitor_next(server->t->listener_monitor, &value) != 0)
        continue;
    transport_cut(server->t, link);
    assert_int_equal(write(mine, "x", 1), 1);
    assert_int_equal(read(fd, (char[1]){0}, 1), 1);
    close(mine);
    close(fd);
    if (theirs != fd)
        close(theirs);
    PUMP_UNTIL(count_of(server, TRANSPORT_DOWN) == 1);
    server->notes_count = 0; /* its UP went past the notes */
}

static void test_cut_after_end(void **state)
{
    (void)state;
    struct node *server = server_new();
    struct keys k = keys_new();
    roster_add(&k);
    cut_after_end(server, &k, false, false);
    cut_after_end(server, &k, true, false);
    cut_after_end(server, &k, true, true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_strangers),     TEST(test_dead_handler),  TEST(test_misdeeds),
        TEST(test_bad_server),    TEST(test_revocation),    TEST(test_cut_silent),
        TEST(test_links_per_key), TEST(test_cut_after_end),
    };
    if (sodium_init() < 0)
        return 1;
    return end(cmocka_run_group_tests(tests, NULL, NULL));
}
