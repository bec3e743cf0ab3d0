#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/unit/node/transport_world.h"

#include "tests/unit/node/curve_client.h"

/*
 * The number of a descriptor is given to the next connection as soon as libzmq has closed it, while
 * what the old connection sent may still lie unread. Here that is forced: the server's loop stands
 * still while one member speaks and leaves, and another one comes.
 */

enum { FILLERS_MAX = 256 };

static int fillers[FILLERS_MAX];
static size_t fillers_count;

/* Takes every free descriptor below fd, so that the next one to be opened is fd. */
static void fill_below(int fd)
{
    for (;;) {
        int got = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0);
        assert_true(got >= 0);
        if (got > fd)
            fail_msg("descriptor %d is not free", fd);
        if (got == fd) {
            close(got);
            return;
        }
        assert_true(fillers_count < FILLERS_MAX);
        fillers[fillers_count++] = got;
    }
}

static void fill_none(void)
{
    while (fillers_count > 0)
        close(fillers[--fillers_count]);
}

/* The descriptor of the newest connection to the listener. */
static int newest(const struct node *server)
{
    const struct conn *found = NULL;
    for (size_t i = 0; i < server->t->conns_used; i++) {
        const struct conn *c = &server->t->conns[i];
        if (c->kind == CONN_IN && (!found || c->order > found->order))
            found = c;
    }
    assert_non_null(found);
    return found->ref.fd;
}

/* What the server's thread in libzmq does is over. */
static void wait_for(bool is_open, int fd)
{
    uint64_t end_ms = transport_clock_ms() + WAIT_MS;
    while ((fcntl(fd, F_GETFD) >= 0) != is_open) {
        assert_true(transport_clock_ms() < end_ms);
        zclock_sleep(1);
    }
}

/* A member whose connection exists, and one whose socket does: it connects later. */
struct pair {
    struct curve_client first, second;
    struct keys second_keys;
    int fd; /* the server's, of the first connection */
};

static void client_be(struct curve_client *c, const struct keys *k, const struct node *server)
{
    memset(c, 0, sizeof *c);
    c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(c->fd >= 0);
    memcpy(c->public_key, k->public_key, CURVE_KEY_BYTES);
    memcpy(c->secret_key, k->secret_key, CURVE_KEY_BYTES);
    memcpy(c->server_key, server->keys.public_key, CURVE_KEY_BYTES);
    crypto_box_keypair(c->short_public, c->short_secret);
}

static void client_dial(struct curve_client *c, const struct node *server)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(server->t->port)};
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(connect(c->fd, (struct sockaddr *)&to, sizeof to), 0);
}

static void client_greet(struct curve_client *c)
{
    uint8_t out[CLIENT_OUT_BYTES_MAX];
    size_t len = client_greeting(out, "CURVE");
    len += client_hello(c, out + len);
    assert_true(client_write(c, out, len));
}

static void client_finish(struct curve_client *c)
{
    uint8_t out[CLIENT_OUT_BYTES_MAX];
    PUMP_UNTIL(client_take_welcome(c));
    assert_true(client_write(c, out, client_initiate(c, out)));
    PUMP_UNTIL(client_is_ready(c));
}

static void client_say(struct curve_client *c, const char *text, bool has_more)
{
    uint8_t out[CLIENT_OUT_BYTES_MAX];
    assert_true(client_write(c, out, client_frame(c, out, text, strlen(text), has_more)));
}

static void pair_open(struct pair *p, const struct node *server, const char *name)
{
    struct keys k = keys_new();
    p->second_keys = keys_new();
    roster_add(&k);
    roster_add(&p->second_keys);
    client_be(&p->first, &k, server);
    if (name) {
        p->first.name_len = (uint8_t)strlen(name);
        memcpy(p->first.name, name, p->first.name_len);
    }
    client_be(&p->second, &p->second_keys, server);
    client_dial(&p->first, server);
    client_greet(&p->first);
    client_finish(&p->first);
    pump_for(20);
    p->fd = newest(server);
}

/* The first leaves, and the second gets the descriptor that the server had for it; the server's
 * loop sees nothing of it yet. */
static void pair_swap(struct pair *p, const struct node *server)
{
    zclock_sleep(20); /* what it said has been read by libzmq */
    client_close(&p->first);
    wait_for(false, p->fd);
    fill_below(p->fd);
    client_dial(&p->second, server);
    wait_for(true, p->fd);
    fill_none();
    client_greet(&p->second);
}

/* The second is let in and heard, and nobody cuts it. */
static void pair_end(struct pair *p, struct node *server)
{
    pump_for(50);
    client_read(&p->second);
    assert_false(p->second.has_ended);
    client_finish(&p->second);
    client_say(&p->second, "I am another", false);
    PUMP_UNTIL(count_of(server, TRANSPORT_FRAME) > 0 &&
               last_says(server, BYTES_LITERAL("I am another")));
    assert_int_equal(newest(server), p->fd); /* it is the descriptor that was meant */
    assert_memory_equal(last_of(server, TRANSPORT_FRAME)->ev.transport_key,
                        p->second_keys.public_key, CURVE_KEY_BYTES);
    pump_for(50);
    client_say(&p->second, "still here", false);
    PUMP_UNTIL(last_says(server, BYTES_LITERAL("still here")));
    client_close(&p->second);
    PUMP_UNTIL(server->t->inbound_used == 0);
    PUMP_UNTIL(server->t->conns_silent == 0);
}

/* Goal: what a member said before it left never ends, and is never ascribed to, the connection that
 * has its descriptor now, whatever it was: refused for its form, cut by the caller, or fine.
 * Method: one row is one way to leave. */
static const struct {
    const char *why;
    const char *name; /* a routing id of its own choice */
    int messages;
    int frames;    /* of the last message */
    bool is_known; /* it was heard before */
    bool will_cut; /* the caller cuts whoever speaks */
} ways[] = {
    {"nothing said",                   NULL,     0, 0, false, false},
    {"a message of two frames",        NULL,     1, 2, false, false},
    {"a name of its own",              "me too", 1, 1, false, false},
    {"a message that the caller cuts", NULL,     1, 1, false, true },
    {"a message that is fine",         NULL,     1, 1, false, false},
    {"many, and two frames",           NULL,     6, 2, false, false},
    {"heard before, then two frames",  NULL,     1, 2, true,  false},
    {"heard before, then cut",         NULL,     3, 1, true,  true },
};

static void test_leavers(void **state)
{
    (void)state;
    struct node *server = server_new();
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        struct pair p;
        roster.count = 0;
        pair_open(&p, server, ways[i].name);
        if (ways[i].is_known) {
            client_say(&p.first, "hello", false);
            PUMP_UNTIL(count_of(server, TRANSPORT_FRAME) == 1);
        }
        for (int n = 1; n <= ways[i].messages; n++) {
            int frames = n == ways[i].messages ? ways[i].frames : 1;
            for (int k = 1; k <= frames; k++)
                client_say(&p.first, "adieu", k < frames);
        }
        pair_swap(&p, server);
        server->will_cut = ways[i].will_cut;
        pump_for(20);
        server->will_cut = false;
        client_read(&p.second);
        if (p.second.has_ended)
            fail_msg("cut for another: %s", ways[i].why);
        pair_end(&p, server);
        check_order(server);
        server->notes_count = 0;
    }
    print_message("# %zu ways to leave a descriptor to another, cut for another: 0\n",
                  sizeof ways / sizeof ways[0]);
}

/* Goal: a connection that we dialled, and of which we read only after it has ended, takes nothing
 * from the one that has its descriptor by then: that one is still guarded, and can be cut. Method:
 * the late report is played back with the descriptor of a member's connection. */
static void test_late_report(void **state)
{
    (void)state;
    struct node *server = server_new(), *member = member_new();
    struct tcp_ref ref = {.inode = 1};
    dial(member, server);
    PUMP_UNTIL(count_of(member, TRANSPORT_UP) == 1);
    say(member, "hello");
    PUMP_UNTIL(count_of(server, TRANSPORT_FRAME) == 1);
    int fd = newest(server);
    conn_dialled(server->t, fd, &ref);
    assert_int_equal(ref.inode, 0);
    conn_dialled_ended(server->t, &ref);
    assert_int_equal(server->t->conns[fd].kind, CONN_IN);
    assert_true(server->t->conns[fd].has_spoken);
    transport_cut(server->t, last_of(server, TRANSPORT_UP)->ev.link);
    PUMP_UNTIL(count_of(member, TRANSPORT_DOWN) == 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_leavers),
        TEST(test_late_report),
    };
    if (sodium_init() < 0)
        return 1;
    return end(cmocka_run_group_tests(tests, NULL, NULL));
}
