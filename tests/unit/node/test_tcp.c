#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "node/tcp.h"

struct pair {
    int listener, dialled, accepted;
    uint16_t port;
};

/* A connection from one address to the listener on another, both of family. */
static bool pair_open(struct pair *p, int family, const char *from, const char *to)
{
    struct sockaddr_in v4 = {.sin_family = AF_INET};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
    bool is_v6 = family == AF_INET6;
    struct sockaddr *at = is_v6 ? (struct sockaddr *)&v6 : (struct sockaddr *)&v4;
    socklen_t len = is_v6 ? sizeof v6 : sizeof v4;
    void *address = is_v6 ? (void *)&v6.sin6_addr : (void *)&v4.sin_addr;
    *p = (struct pair){.listener = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0),
                       .dialled = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    if (p->listener < 0 || inet_pton(family, to, address) != 1 || bind(p->listener, at, len) != 0 ||
        listen(p->listener, 1) != 0 || getsockname(p->listener, at, &len) != 0)
        return false;
    p->port = ntohs(is_v6 ? v6.sin6_port : v4.sin_port);
    struct sockaddr_in6 target_v6 = v6;
    struct sockaddr_in target_v4 = v4;
    v6.sin6_port = 0;
    v4.sin_port = 0;
    assert_int_equal(inet_pton(family, from, address), 1);
    if (bind(p->dialled, at, len) != 0)
        return false;
    at = is_v6 ? (struct sockaddr *)&target_v6 : (struct sockaddr *)&target_v4;
    assert_int_equal(connect(p->dialled, at, len), 0);
    p->accepted = accept(p->listener, NULL, NULL);
    assert_true(p->accepted >= 0);
    return true;
}

static void pair_close(struct pair *p)
{
    close(p->listener);
    close(p->dialled);
    close(p->accepted);
}

/* Goal: a connection is known by its descriptor, where it comes from and its local port; IPv6
 * counts by its first 64 bits, and IPv4 inside IPv6 as IPv4. What is no connection to that port is
 * not found. Method: real connections on loopback addresses. */
static void test_find(void **state)
{
    (void)state;
    static const struct {
        int family;
        const char *from, *to;
        uint8_t want[TCP_SOURCE_BYTES];
    } rows[] = {
        {AF_INET,  "127.0.0.1",        "127.0.0.1",        {0, 0, 0, 0, 127, 0, 0, 1}},
        {AF_INET,  "127.9.8.7",        "127.0.0.1",        {0, 0, 0, 0, 127, 9, 8, 7}},
        {AF_INET6, "::ffff:127.9.8.7", "::ffff:127.0.0.1", {0, 0, 0, 0, 127, 9, 8, 7}},
        {AF_INET6, "::1",              "::1",              {0}                       },
    };
    struct tcp_hand hand;
    assert_int_equal(tcp_hand_open(&hand), OK);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct pair p;
        struct tcp_ref ref = {.fd = -1};
        uint8_t source[TCP_SOURCE_BYTES] = {9};
        if (!pair_open(&p, rows[i].family, rows[i].from, rows[i].to)) {
            assert_int_equal(rows[i].family, AF_INET6); /* a machine without IPv6 */
            continue;
        }
        assert_false(tcp_find(&hand, p.accepted, (uint16_t)(p.port + 1), &ref, source));
        assert_false(tcp_find(&hand, p.dialled, p.port, &ref, source)); /* the other way round */
        assert_false(tcp_find(&hand, p.listener, p.port, &ref, source));
        assert_false(tcp_find(&hand, 0x7fffff, 0, &ref, source));
        assert_false(tcp_find(&hand, -1, 0, &ref, source));
        assert_false(tcp_find(&hand, hand.rest, 0, &ref, source));
        assert_false(tcp_find(&hand, hand.fd, 0, &ref, source));
        assert_int_equal(ref.fd, -1);
        assert_int_equal(source[0], 9);
        assert_true(tcp_find(&hand, p.accepted, p.port, &ref, source));
        assert_int_equal(ref.fd, p.accepted);
        assert_memory_equal(source, rows[i].want, TCP_SOURCE_BYTES);
        assert_true(tcp_find(&hand, p.dialled, 0, &ref, source));
        pair_close(&p);
    }
    tcp_hand_close(&hand);
    tcp_hand_close(&hand);
}

/* Goal: bytes count once the owner has read them, those that lie in the kernel do not.
 * Method: one side writes, the other reads a part. */
static void test_bytes_read(void **state)
{
    (void)state;
    struct tcp_hand hand;
    struct pair p;
    struct tcp_ref ref;
    uint8_t source[TCP_SOURCE_BYTES], data[1000] = {0};
    uint64_t bytes = 1;
    assert_int_equal(tcp_hand_open(&hand), OK);
    assert_true(pair_open(&p, AF_INET, "127.0.0.1", "127.0.0.1"));
    assert_true(tcp_find(&hand, p.accepted, p.port, &ref, source));
    assert_true(tcp_bytes_read(&hand, &ref, &bytes));
    assert_int_equal(bytes, 0);
    for (uint64_t i = 1; i <= 50; i++) {
        assert_int_equal(write(p.dialled, data, sizeof data), sizeof data);
        struct pollfd item = {.fd = p.accepted, .events = POLLIN};
        assert_int_equal(poll(&item, 1, 1000), 1);
        assert_int_equal(read(p.accepted, data, 600), 600);
        assert_true(tcp_bytes_read(&hand, &ref, &bytes));
        assert_int_equal(bytes, 600 * i);
    }
    pair_close(&p);
    assert_false(tcp_bytes_read(&hand, &ref, &bytes));
    assert_int_equal(bytes, 600 * 50);
    tcp_hand_close(&hand);
}

/* Goal: exactly the connection that was meant is shut, also when no descriptor is free; one that
 * got its number since is left alone. Method: the number is given to another connection. */
static void test_shut(void **state)
{
    (void)state;
    struct tcp_hand hand;
    struct pair p, other;
    struct tcp_ref ref;
    uint8_t source[TCP_SOURCE_BYTES];
    struct rlimit usual, none;
    assert_int_equal(tcp_hand_open(&hand), OK);
    assert_true(pair_open(&p, AF_INET, "127.0.0.1", "127.0.0.1"));
    assert_true(pair_open(&other, AF_INET, "127.0.0.1", "127.0.0.1"));
    assert_true(tcp_find(&hand, p.accepted, p.port, &ref, source));
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &usual), 0);
    none = usual;
    none.rlim_cur = (rlim_t)other.accepted + 1;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    assert_int_equal(fcntl(0, F_DUPFD_CLOEXEC, 0), -1);

    int kept = p.accepted;
    assert_true(tcp_shut(&hand, &ref));
    assert_int_equal(recv(p.dialled, &(char){0}, 1, 0), 0);
    assert_int_equal(dup2(other.accepted, kept), kept);
    assert_false(tcp_shut(&hand, &ref));
    assert_int_equal(recv(other.dialled, &(char){0}, 1, MSG_DONTWAIT), -1);
    assert_int_equal(errno, EAGAIN);
    close(kept);
    assert_false(tcp_shut(&hand, &ref));
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &usual), 0);
    close(p.dialled);
    close(p.listener);
    pair_close(&other);
    tcp_hand_close(&hand);
}

/* Goal: nothing is held where there was not room for both. */
static void test_no_hand(void **state)
{
    (void)state;
    struct tcp_hand hand;
    struct rlimit usual, scarce;
    int next = dup(0);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &usual), 0);
    close(next);
    for (int spare = 0; spare < 2; spare++) {
        scarce = usual;
        scarce.rlim_cur = (rlim_t)(next + spare);
        assert_int_equal(setrlimit(RLIMIT_NOFILE, &scarce), 0);
        assert_int_equal(tcp_hand_open(&hand), ERR_IO);
        assert_int_equal(hand.fd, -1);
        assert_int_equal(hand.rest, -1);
        assert_int_equal(setrlimit(RLIMIT_NOFILE, &usual), 0);
        assert_int_equal(dup(0), next);
        close(next);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_find),
        cmocka_unit_test(test_bytes_read),
        cmocka_unit_test(test_shut),
        cmocka_unit_test(test_no_hand),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
