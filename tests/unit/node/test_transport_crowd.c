#include <arpa/inet.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/node/transport_world.h"

enum { CROWD = 160, ENDLESS_BYTES = 160000000, ATTACK_MS = 30000 };

/* ---- other processes, so that their descriptors and memory are their own ---- */

static char *self;

/* This program again, in another part: words end with a NULL. */
static pid_t role_start(const char *const words[])
{
    char *argv[8] = {self};
    for (size_t i = 0; words[i]; i++)
        argv[i + 1] = (char *)(uintptr_t)words[i];
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        execv(self, argv);
        _exit(127);
    }
    return pid;
}

static void role_end(pid_t pid)
{
    kill(pid, SIGKILL);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static int tcp_connect_from(const char *source, uint16_t port)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in from = {.sin_family = AF_INET}, to = {.sin_family = AF_INET};
    from.sin_addr.s_addr = inet_addr(source);
    to.sin_addr.s_addr = inet_addr("127.0.0.1");
    to.sin_port = htons(port);
    if (fd < 0 || bind(fd, (struct sockaddr *)&from, sizeof from) != 0 ||
        connect(fd, (struct sockaddr *)&to, sizeof to) != 0) {
        if (fd >= 0)
            close(fd);
        return -1;
    }
    return fd;
}

/* Keeps CROWD connections open that say nothing, from as many addresses as it takes; one that is
 * ended is opened again after a while. */
static int role_crowd(const char *port)
{
    int fds[CROWD];
    for (size_t i = 0; i < CROWD; i++)
        fds[i] = -1;
    for (size_t round = 0;; round++) {
        for (size_t i = 0; i < CROWD; i++) {
            char source[32], byte;
            if (fds[i] >= 0 && recv(fds[i], &byte, 1, MSG_DONTWAIT) == 0) {
                close(fds[i]);
                fds[i] = -1;
            }
            snprintf(source, sizeof source, "127.0.1.%zu", 1 + i % 40);
            if (fds[i] < 0 && round % 50 == 0)
                fds[i] = tcp_connect_from(source, (uint16_t)strtoul(port, NULL, 10));
        }
        zclock_sleep(10);
    }
    return 0;
}

static void key_of_hex(const char *hex, uint8_t key[CURVE_KEY_BYTES])
{
    size_t len;
    if (sodium_hex2bin(key, CURVE_KEY_BYTES, hex, strlen(hex), NULL, &len, NULL) != 0)
        _exit(2);
}

/* One message of very many frames. It has an end, since libzmq sends nothing of it before. */
static void send_endless(void *socket, size_t frame_bytes)
{
    size_t frames = ENDLESS_BYTES / (frame_bytes + 128);
    for (size_t i = 0; i < frames; i++)
        if (zmq_send(socket, big, frame_bytes, i + 1 < frames ? ZMQ_SNDMORE : 0) < 0)
            _exit(0);
}

static struct keys keys_of_hex(const char *secret)
{
    struct keys k;
    key_of_hex(secret, k.secret_key);
    crypto_scalarmult_base(k.public_key, k.secret_key);
    return k;
}

/* A member that does so: frames of a given size. */
static int role_endless(const char *endpoint, const char *server, const char *secret,
                        const char *frame_bytes)
{
    uint8_t server_key[CURVE_KEY_BYTES];
    struct keys k = keys_of_hex(secret);
    key_of_hex(server, server_key);
    void *socket = curve_dialler(k.public_key, k.secret_key, server_key, endpoint);
    if (zmq_connect(socket, endpoint) != 0)
        return 2;
    send_endless(socket, strtoul(frame_bytes, NULL, 10));
    zclock_sleep(ATTACK_MS);
    return 0;
}

/* A member as it should be. */
static int role_member(const char *endpoint, const char *server, const char *secret)
{
    uint8_t server_key[CURVE_KEY_BYTES];
    struct keys k = keys_of_hex(secret);
    struct transport_config c = config_of(&k, NULL);
    struct transport *t;
    struct transport_event ev;
    key_of_hex(server, server_key);
    if (transport_new(&c, &t) != OK || transport_dial(t, server_key, endpoint) != OK)
        return 2;
    for (;;) {
        size_t count;
        zmq_pollitem_t *items = transport_poll_items(t, 0, &count);
        zmq_poll(items, (int)count, transport_timeout_ms(t, 100));
        while (transport_next(t, &ev))
            if (ev.type == TRANSPORT_UP &&
                transport_send(t, ev.link, BYTES_LITERAL("let me in")) != OK)
                return 2;
    }
}

static bool admit_all(void *ctx, const uint8_t transport_key[CURVE_KEY_BYTES])
{
    (void)ctx;
    (void)transport_key;
    return true;
}

/* A server that answers the first message of each client with one that has no end. */
static int role_endless_server(const char *endpoint, const char *secret)
{
    uint8_t secret_key[CURVE_KEY_BYTES];
    struct zap *zap = NULL;
    key_of_hex(secret, secret_key);
    if (zap_new(CURVE_DOMAIN, admit_all, NULL, &zap) != OK)
        return 2;
    void *raw = zsock_resolve(curve_listener(secret_key, endpoint));
    if (zmq_bind(raw, endpoint) != 0)
        return 2;
    uint8_t id[256];
    int id_len;
    while ((id_len = zmq_recv(raw, id, sizeof id, ZMQ_DONTWAIT)) < 0) {
        zap_step(zap);
        zclock_sleep(1);
    }
    zmq_recv(raw, NULL, 0, 0);
    zmq_send(raw, id, (size_t)id_len, ZMQ_SNDMORE);
    send_endless(raw, 60000);
    zclock_sleep(ATTACK_MS);
    return 0;
}

/* ---- what is measured ---- */

static double cpu_seconds(void)
{
    struct timespec ts;
    assert_int_equal(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts), 0);
    return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static bool has_ended(int fd)
{
    char byte[64];
    ssize_t n;
    while ((n = recv(fd, byte, sizeof byte, MSG_DONTWAIT)) > 0)
        continue; /* libzmq's greeting */
    return n == 0;
}

/* What another process needs to know to connect as k. */
struct attack {
    char endpoint[256];
    char server[2 * CURVE_KEY_BYTES + 1];
    char secret[2 * CURVE_KEY_BYTES + 1];
};

static struct attack attack_of(const struct node *server, const struct keys *k)
{
    struct attack a;
    snprintf(a.endpoint, sizeof a.endpoint, "%s", transport_endpoint(server->t));
    sodium_bin2hex(a.server, sizeof a.server, server->keys.public_key, CURVE_KEY_BYTES);
    sodium_bin2hex(a.secret, sizeof a.secret, k->secret_key, CURVE_KEY_BYTES);
    return a;
}

static struct node *small_server_new(unsigned connections_per_source)
{
    struct node *server = server_new();
    server->t->config.connections_per_source = connections_per_source;
    return server;
}

/* ---- tests ---- */

/* Goal: one address has as many connections as it may. One more ends its oldest that has not
 * spoken, or itself where all have; other addresses are not concerned; an end makes room. Method:
 * bare TCP connections from two loopback addresses, members beside them. */
static void test_source_cap(void **state)
{
    (void)state;
    enum { CAP = 8, BARE = 12 };
    struct node *server = small_server_new(CAP), *member = member_new();
    int bare[BARE], other = tcp_connect_from("127.0.0.2", server->t->port);
    assert_true(other >= 0);
    for (size_t i = 0; i < BARE; i++) {
        bare[i] = tcp_connect_from("127.0.0.1", server->t->port);
        assert_true(bare[i] >= 0);
        PUMP_UNTIL(server->t->conns_order == i + 2);
    }
    for (size_t i = 0; i < BARE; i++) {
        if (i < BARE - CAP)
            PUMP_UNTIL(has_ended(bare[i]));
        assert_int_equal(has_ended(bare[i]), i < BARE - CAP);
    }
    assert_int_equal(transport_shuts(server->t).crowded, BARE - CAP);
    assert_false(has_ended(other));

    dial(member, server); /* in spite of them */
    PUMP_UNTIL(count_of(member, TRANSPORT_UP) == 1);
    say(member, "hello");
    PUMP_UNTIL(count_of(server, TRANSPORT_FRAME) == 1);
    assert_true(has_ended(bare[BARE - CAP]));

    struct keys k[2] = {keys_new(), keys_new()};
    struct raw r[CAP - 1];
    roster_add(&k[0]);
    roster_add(&k[1]);
    for (size_t i = 0; i < CAP - 1; i++) { /* until all that are left have spoken */
        raw_dial(&r[i], &k[i / 4], server);
        PUMP_UNTIL(raw_send(&r[i], "me too", 6, 0));
        PUMP_UNTIL(count_of(server, TRANSPORT_FRAME) == i + 2);
    }
    PUMP_UNTIL(has_ended(bare[BARE - 1]));
    int late = tcp_connect_from("127.0.0.1", server->t->port);
    PUMP_UNTIL(has_ended(late));
    assert_int_equal(count_of(server, TRANSPORT_DOWN), 0);
    assert_false(has_ended(other));
    close(late);

    raw_close(&r[0]);
    PUMP_UNTIL(count_of(server, TRANSPORT_DOWN) == 1);
    late = tcp_connect_from("127.0.0.1", server->t->port);
    pump_for(QUIET_MS / 3);
    assert_false(has_ended(late));
    for (size_t i = 1; i < CAP - 1; i++)
        raw_close(&r[i]);
    for (size_t i = 0; i < BARE; i++)
        close(bare[i]);
    close(late);
    close(other);
    PUMP_UNTIL(server->t->conns_used <= 1 + (size_t)server->t->inbound[0].fd);
    PUMP_UNTIL(server->t->conns_silent == 0);
}

/* Goal: who says nothing is ended in time, also after a good handshake; who spoke is not.
 * Method: one of each; their time is put back. */
static void test_silence(void **state)
{
    (void)state;
    struct node *server = server_new(), *mute = member_new(), *member = member_new();
    dial(mute, server);
    dial(member, server);
    PUMP_UNTIL(count_of(mute, TRANSPORT_UP) == 1 && count_of(member, TRANSPORT_UP) == 1);
    say(member, "hello");
    PUMP_UNTIL(count_of(server, TRANSPORT_FRAME) == 1);
    int bare = tcp_connect_from("127.0.0.1", server->t->port);
    PUMP_UNTIL(server->t->conns_silent == 2);
    for (size_t i = 0; i < server->t->conns_used; i++)
        server->t->conns[i].since_ms = server->t->now_ms - CONNS_SILENT_MS + 200;
    assert_int_equal(transport_shuts(server->t).silent, 0);
    PUMP_UNTIL(count_of(mute, TRANSPORT_DOWN) == 1);
    PUMP_UNTIL(has_ended(bare));
    assert_int_equal(transport_shuts(server->t).silent, 2);
    PUMP_UNTIL(count_of(mute, TRANSPORT_UP) == 2);
    transport_cut_silent(server->t); /* as when the member list changes */
    PUMP_UNTIL(count_of(mute, TRANSPORT_DOWN) == 2);
    assert_int_equal(transport_shuts(server->t).silent, 3);
    say(member, "still here");
    PUMP_UNTIL(last_says(server, BYTES_LITERAL("still here")));
    assert_int_equal(count_of(member, TRANSPORT_DOWN), 0);
    close(bare);
}

/* Goal: an address that connects again and again is turned away after a while, others are not, and
 * after a pause it may connect again. Method: connections that are closed at once, so that few are
 * open at any time; the pause is taken off the record. */
static void test_source_rate(void **state)
{
    (void)state;
    struct node *server = server_new();
    struct transport *t = server->t;
    t->config.connects_per_second = 1; /* so that the time this takes matters little */
    size_t made = 0;
    uint64_t open_max = 0;
    while (transport_shuts(t).crowded == 0) {
        int fd = tcp_connect_from("127.0.0.3", t->port);
        assert_true(fd >= 0);
        made++;
        PUMP_UNTIL(t->conns_order == made);
        close(fd);
        open_max = t->conns_in > open_max ? t->conns_in : open_max;
        assert_true(made < 2 * TRANSPORT_CONNECTS_AT_ONCE);
    }
    assert_true(made > TRANSPORT_CONNECTS_AT_ONCE);
    assert_true(open_max < TRANSPORT_CONNECTIONS_PER_SOURCE);
    int late = tcp_connect_from("127.0.0.3", t->port),
        other = tcp_connect_from("127.0.0.4", t->port);
    PUMP_UNTIL(has_ended(late));
    PUMP_UNTIL(t->conns_order == made + 2);
    pump_for(20);
    assert_false(has_ended(other));
    for (size_t i = 0; i < RATES; i++)
        if (t->rates[i].since_ms != 0)
            t->rates[i].since_ms -= 5000;
    int again = tcp_connect_from("127.0.0.3", t->port);
    PUMP_UNTIL(t->conns_order == made + 3);
    pump_for(20);
    assert_false(has_ended(again));
    close(late);
    close(other);
    close(again);
    PUMP_UNTIL(t->conns_in == 0);
}

/* Goal: when descriptors run out under silent connections from many addresses, members still get
 * in, nobody who has spoken falls, and neither our loop nor libzmq's thread turns idly. Method: a
 * low limit, a crowd twice as large in another process, which never tires; turns and processor time
 * are counted while it stands there. */
static void test_descriptors(void **state)
{
    (void)state;
    struct node *server = server_new(), *member = member_new();
    dial(member, server);
    PUMP_UNTIL(count_of(member, TRANSPORT_UP) == 1);
    say(member, "hello");
    PUMP_UNTIL(count_of(server, TRANSPORT_FRAME) == 1);
    struct rlimit usual, scarce;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &usual), 0);
    scarce = usual;
    scarce.rlim_cur = 96;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &scarce), 0);
    char port[16];
    snprintf(port, sizeof port, "%u", server->t->port);
    const char *const crowd[] = {"crowd", port, NULL};
    pid_t pid = role_start(crowd);
    PUMP_UNTIL(transport_shuts(server->t).crowded >= 20);

    uint64_t turns = 0, end_ms = transport_clock_ms() + 1000;
    double cpu = cpu_seconds();
    member->is_deaf = true;
    while (transport_clock_ms() < end_ms) {
        size_t count;
        zmq_pollitem_t *items = transport_poll_items(server->t, 0, &count);
        zmq_poll(items, (int)count, transport_timeout_ms(server->t, 100));
        struct transport_event ev;
        while (transport_next(server->t, &ev))
            continue;
        turns++;
    }
    member->is_deaf = false;
    cpu = cpu_seconds() - cpu;
    int next = fcntl(0, F_DUPFD_CLOEXEC, 0);
    assert_true(next >= 0); /* some are kept for the rest of the process */
    close(next);
    print_message("# %llu turns and %.3f s of processor time in 1 s, %llu ended\n",
                  (unsigned long long)turns, cpu,
                  (unsigned long long)transport_shuts(server->t).crowded);
    assert_true(turns < 4000);
    assert_true(cpu < 0.4);

    struct keys k = keys_new(); /* another member comes */
    roster_add(&k);
    struct attack a = attack_of(server, &k);
    const char *const comes[] = {"member", a.endpoint, a.server, a.secret, NULL};
    pid_t comer = role_start(comes);
    PUMP_UNTIL(count_of(server, TRANSPORT_FRAME) >= 2);
    assert_true(last_says(server, BYTES_LITERAL("let me in")));
    say(member, "still here");
    PUMP_UNTIL(last_says(server, BYTES_LITERAL("still here")));
    assert_int_equal(count_of(member, TRANSPORT_DOWN), 0);
    role_end(comer);
    role_end(pid);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &usual), 0);
    PUMP_UNTIL(server->t->conns_silent == 0);
}

/* Runs an attacker until it is cut; says how much was read of it. */
static void endure(struct node *server, struct node *member, size_t frame_bytes)
{
    struct keys k = keys_new();
    char len[16];
    roster.count = 1;
    roster_add(&k);
    server->notes_count = 2; /* its UP and first frame */
    snprintf(len, sizeof len, "%zu", frame_bytes);
    struct attack a = attack_of(server, &k);
    const char *const argv[] = {"endless", a.endpoint, a.server, a.secret, len, NULL};
    uint64_t before = transport_shuts(server->t).endless, read_bytes = 0;
    size_t rss = rss_bytes(), rss_max = rss, frames = 0;
    uint64_t end_ms = transport_clock_ms() + ATTACK_MS;
    pid_t pid = role_start(argv);
    while (transport_shuts(server->t).endless == before) {
        send_all(member, last_of(member, TRANSPORT_UP)->ev.link, bytes_of(big, 100000));
        pump();
        frames += server->notes_count - 2;
        server->notes_count = 2;
        for (size_t i = 0; i < server->t->conns_used; i++)
            if (server->t->conns[i].kind == CONN_IN && !server->t->conns[i].has_spoken &&
                server->t->conns[i].read_bytes > read_bytes)
                read_bytes = server->t->conns[i].read_bytes;
        size_t now = rss_bytes();
        rss_max = now > rss_max ? now : rss_max;
        assert_true(transport_clock_ms() < end_ms);
    }
    role_end(pid);
    PUMP_UNTIL(server->t->conns_silent == 0);
    print_message(
        "# frames of %zu bytes: cut after %llu KiB, memory +%zu KiB, %zu frames of others\n",
        frame_bytes, (unsigned long long)read_bytes / 1024, (rss_max - rss) / 1024, frames);
    assert_true(read_bytes < 16u << 20);
    assert_true(!GROWTH_TELLS || rss_max - rss < 48u << 20);
}

/* Goal: a message without end is cut before it takes much memory, whatever its frames, as often as
 * it comes, and a member who sends large frames meanwhile is left alone. Method: the attacker is
 * another process, so that memory here is the victim's; each takes the descriptor of the last. */
static void test_endless(void **state)
{
    (void)state;
    static const size_t frame_bytes[] = {60000, 1, 60000, 1000000};
    struct node *server = server_new(), *member = member_new();
    dial(member, server);
    PUMP_UNTIL(count_of(member, TRANSPORT_UP) == 1);
    say(member, "hello");
    PUMP_UNTIL(count_of(server, TRANSPORT_FRAME) == 1);
    for (size_t i = 0; i < sizeof frame_bytes / sizeof frame_bytes[0]; i++)
        endure(server, member, frame_bytes[i]);
    say(member, "still here");
    PUMP_UNTIL(last_says(server, BYTES_LITERAL("still here")));
    assert_int_equal(count_of(member, TRANSPORT_DOWN), 0);
    assert_int_equal(count_of(server, TRANSPORT_DOWN), 0);
}

/* Goal: the same of a server that we dial. */
static void test_endless_server(void **state)
{
    (void)state;
    struct keys k = keys_new();
    char secret_hex[65], endpoint[64];
    int probe = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in at = {.sin_family = AF_INET};
    socklen_t at_len = sizeof at;
    at.sin_addr.s_addr = inet_addr("127.0.0.1");
    assert_int_equal(bind(probe, (struct sockaddr *)&at, sizeof at), 0);
    assert_int_equal(getsockname(probe, (struct sockaddr *)&at, &at_len), 0);
    close(probe);
    snprintf(endpoint, sizeof endpoint, "tcp://127.0.0.1:%u", ntohs(at.sin_port));
    sodium_bin2hex(secret_hex, sizeof secret_hex, k.secret_key, CURVE_KEY_BYTES);
    const char *const argv[] = {"endless-server", endpoint, secret_hex, NULL};
    pid_t pid = role_start(argv);
    struct node *member = member_new();
    assert_int_equal(transport_dial(member->t, k.public_key, endpoint), OK);
    PUMP_UNTIL(count_of(member, TRANSPORT_UP) == 1);
    size_t rss = rss_bytes();
    say(member, "hello");
    for (uint64_t end_ms = transport_clock_ms() + ATTACK_MS;
         count_of(member, TRANSPORT_DOWN) == 0;) {
        pump();
        assert_true(transport_clock_ms() < end_ms);
    }
    size_t grown = rss_bytes() > rss ? rss_bytes() - rss : 0;
    print_message("# cut, memory +%zu KiB\n", grown / 1024);
    assert_int_equal(transport_shuts(member->t).endless, 1);
    assert_int_equal(count_of(member, TRANSPORT_FRAME), 0);
    assert_true(!GROWTH_TELLS || grown < 48u << 20);
    role_end(pid);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        TEST(test_source_cap),  TEST(test_source_rate), TEST(test_silence),
        TEST(test_descriptors), TEST(test_endless),     TEST(test_endless_server),
    };
    self = argv[0];
    if (sodium_init() < 0)
        return 1;
    if (argc > 1)
        curve_init(1);
    if (argc == 3 && strcmp(argv[1], "crowd") == 0)
        return role_crowd(argv[2]);
    if (argc == 6 && strcmp(argv[1], "endless") == 0)
        return role_endless(argv[2], argv[3], argv[4], argv[5]);
    if (argc == 5 && strcmp(argv[1], "member") == 0)
        return role_member(argv[2], argv[3], argv[4]);
    if (argc == 4 && strcmp(argv[1], "endless-server") == 0)
        return role_endless_server(argv[2], argv[3]);
    return end(cmocka_run_group_tests(tests, NULL, NULL));
}
