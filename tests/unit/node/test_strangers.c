#include <fcntl.h>

#include "tests/unit/node/transport_world.h"

#include "tests/unit/node/curve_client.h"

enum { AT_ONCE = 32, RSS_GROWTH_MAX = 32 << 20 };

/* What tries to get in. */
enum attempt {
    NO_KEY,        /* does not know the server's key */
    STRANGER,      /* a key that no list holds */
    WRONG_SECRET,  /* a member's public key, another secret */
    NULL_SAYS,     /* mechanism NULL, and a message at once */
    PLAIN_SAYS,    /* mechanism PLAIN with a name and a password */
    ZMTP_1,        /* the framing of ZeroMQ 2 */
    ZMTP_2,        /* that of ZeroMQ 3 */
    CUT_HELLO,     /* greeting and HELLO of a stranger, cut at each byte */
    CUT_INITIATE,  /* INITIATE of a member, cut before its last byte at the latest */
    FLIP_HELLO,    /* each byte of HELLO changed */
    FLIP_INITIATE, /* each byte of a member's INITIATE changed, its framing apart */
    ATTEMPTS
};

static const struct {
    const char *name;
    size_t count; /* half of them with the handler alive */
} attempts[ATTEMPTS] = {
    [NO_KEY] = {"no key",                            1400},
    [STRANGER] = {"a stranger's key",                  1600},
    [WRONG_SECRET] = {"a member's key and another secret", 1600},
    [NULL_SAYS] = {"mechanism NULL",                    1000},
    [PLAIN_SAYS] = {"mechanism PLAIN",                   1000},
    [ZMTP_1] = {"ZMTP 1",                            600 },
    [ZMTP_2] = {"ZMTP 2",                            600 },
    [CUT_HELLO] = {"cut in the greeting or in HELLO",   600 },
    [CUT_INITIATE] = {"cut in INITIATE",                   600 },
    [FLIP_HELLO] = {"a byte of HELLO changed",           400 },
    [FLIP_INITIATE] = {"a byte of INITIATE changed",        600 },
};

struct target {
    uint16_t port;
    uint8_t server_key[CURVE_KEY_BYTES];
    uint8_t member_public[CURVE_KEY_BYTES];
    uint8_t
        member_secret[CURVE_KEY_BYTES]; /* for the two that a member's own bytes are needed for */
    unsigned answer_ms;                 /* how long to wait for its answers */
};

static bool needs_welcome(enum attempt what)
{
    return what == STRANGER || what == WRONG_SECRET || what == CUT_INITIATE ||
           what == FLIP_INITIATE;
}

static void attempt_open(struct curve_client *c, enum attempt what, const struct target *to)
{
    struct keys own = keys_new(), other = keys_new();
    const uint8_t *server_key = what == NO_KEY ? other.public_key : to->server_key;
    if (what == WRONG_SECRET || what == CUT_INITIATE || what == FLIP_INITIATE)
        memcpy(own.public_key, to->member_public, CURVE_KEY_BYTES);
    if (what == CUT_INITIATE || what == FLIP_INITIATE)
        memcpy(own.secret_key, to->member_secret, CURVE_KEY_BYTES);
    client_open(c, to->port, own.public_key, own.secret_key, server_key);
}

/* The first bytes; n is the number of the attempt among those of its kind. */
static void attempt_begin(struct curve_client *c, enum attempt what, size_t n)
{
    static const uint8_t zmtp_1[] = "\x01\0"
                                    "\x05\0let me in"; /* no name, then a frame */
    static const uint8_t zmtp_2[] = "\xff\0\0\0\0\0\0\0\1\x7f"
                                    "\x01\x05\0\0"
                                    "\0\x09let me in";
    static const uint8_t ready[] = "\x05READY\x0bSocket-Type\0\0\0\x06"
                                   "DEALER";
    static const uint8_t hello[] = "\x05HELLO\x06member\x06secret";
    uint8_t out[CLIENT_OUT_BYTES_MAX];
    size_t len;
    switch (what) {
    case NULL_SAYS:
        len = client_greeting(out, "NULL");
        len += client_command(out + len, ready, sizeof ready - 1);
        memcpy(out + len, "\0\x09let me in", 11);
        len += 11;
        break;
    case PLAIN_SAYS:
        len = client_greeting(out, "PLAIN");
        len += client_command(out + len, hello, sizeof hello - 1);
        break;
    case ZMTP_1:
        len = sizeof zmtp_1 - 1;
        memcpy(out, zmtp_1, len);
        break;
    case ZMTP_2:
        len = sizeof zmtp_2 - 1;
        memcpy(out, zmtp_2, len);
        break;
    case NO_KEY:
    case STRANGER:
    case WRONG_SECRET:
    case CUT_HELLO:
    case CUT_INITIATE:
    case FLIP_HELLO:
    case FLIP_INITIATE:
    case ATTEMPTS:
    default:
        len = client_greeting(out, "CURVE");
        len += client_hello(c, out + len);
        break;
    }
    if (what == CUT_HELLO)
        len = n % len;
    if (what == FLIP_HELLO)
        out[CLIENT_GREETING_BYTES + n % CLIENT_HELLO_BYTES] ^= (uint8_t)(1 + n % 255);
    if (len > 0)
        client_write(c, out, len);
    if (what == CUT_HELLO)
        shutdown(c->fd, SHUT_WR);
}

/* The rest, once WELCOME is there. */
static void attempt_go_on(struct curve_client *c, enum attempt what, size_t n)
{
    uint8_t out[CLIENT_OUT_BYTES_MAX];
    size_t len = client_initiate(c, out);
    if (what == CUT_INITIATE) {
        client_write(c, out, n % len);
        shutdown(c->fd, SHUT_WR);
        return;
    }
    if (what == FLIP_INITIATE)
        out[9 + n % (len - 9)] ^= (uint8_t)(1 + n % 255);
    client_write(c, out, len);
    len = client_frame(c, out, "let me in", 9, false); /* without waiting to be let in */
    client_write(c, out, len);
}

/* One round of attempts. pass is called while something is waited for. Returns how many were let
 * in. */
static size_t attempt_round(enum attempt what, size_t first, const struct target *to,
                            void (*pass)(void))
{
    static struct curve_client c[AT_ONCE];
    bool has_gone_on[AT_ONCE] = {false};
    size_t ready = 0;
    for (size_t i = 0; i < AT_ONCE; i++) {
        attempt_open(&c[i], what, to);
        attempt_begin(&c[i], what, first + i);
    }
    uint64_t end_ms = transport_clock_ms() + (needs_welcome(what) ? to->answer_ms : 15);
    for (size_t ended = 0; ended < AT_ONCE && transport_clock_ms() < end_ms;) {
        pass();
        ended = 0;
        for (size_t i = 0; i < AT_ONCE; i++) {
            if (needs_welcome(what) && !has_gone_on[i] && client_take_welcome(&c[i])) {
                attempt_go_on(&c[i], what, first + i);
                has_gone_on[i] = true;
            }
            client_read(&c[i]);
            ended += c[i].has_ended;
        }
    }
    for (size_t i = 0; i < AT_ONCE; i++) {
        ready += client_is_ready(&c[i]);
        client_close(&c[i]);
    }
    return ready;
}

static size_t attempts_make(enum attempt what, size_t count, const struct target *to,
                            void (*pass)(void))
{
    size_t let_in = 0;
    for (size_t n = 0; n < count; n += AT_ONCE)
        let_in += attempt_round(what, n, to, pass);
    return let_in;
}

static struct target target_of(const struct node *server, const struct node *member)
{
    struct target to = {.port = server->t->port, .answer_ms = 2 * WAIT_MS};
    memcpy(to.server_key, server->keys.public_key, CURVE_KEY_BYTES);
    memcpy(to.member_public, member->keys.public_key, CURVE_KEY_BYTES);
    memcpy(to.member_secret, member->keys.secret_key, CURVE_KEY_BYTES);
    return to;
}

/* Goal: the client of this test speaks the protocol: with a member's keys it is let in and heard.
 * Otherwise nothing below would mean anything. Method: the same steps, unchanged. */
static void test_member_gets_in(void **state)
{
    (void)state;
    struct node *server = server_new(), *member = member_new();
    struct target to = target_of(server, member);
    struct curve_client c;
    uint8_t out[CLIENT_OUT_BYTES_MAX];
    client_open(&c, to.port, to.member_public, to.member_secret, to.server_key);
    attempt_begin(&c, STRANGER, 0);
    PUMP_UNTIL(client_take_welcome(&c));
    assert_true(client_write(&c, out, client_initiate(&c, out)));
    PUMP_UNTIL(client_is_ready(&c));
    assert_true(client_write(&c, out, client_frame(&c, out, "let me in", 9, false)));
    PUMP_UNTIL(count_of(server, TRANSPORT_FRAME) == 1);
    assert_true(last_says(server, BYTES_LITERAL("let me in")));
    assert_memory_equal(last_of(server, TRANSPORT_UP)->ev.transport_key, to.member_public,
                        CURVE_KEY_BYTES);
    assert_int_equal(transport_refusals(server->t), 0);
    client_close(&c);
    PUMP_UNTIL(count_of(server, TRANSPORT_DOWN) == 1);
}

/* Goal: of 10,000 attempts to get in, by everything that is not a whole handshake of a member, none
 * succeeds, no message comes through, nothing breaks and memory does not grow, with the ZAP handler
 * alive and with it dead; members stay connected. Method: bare TCP, one kind of attempt after the
 * other; a member says something in between. */
static void test_strangers(void **state)
{
    (void)state;
    struct node *server = server_new(), *member = member_new();
    struct target to = target_of(server, member);
    dial(member, server);
    PUMP_UNTIL(count_of(member, TRANSPORT_UP) == 1);
    size_t said = 0, rss = 0, made = 0;
    uint64_t begin_ms = transport_clock_ms(), refused = 0;
    for (int is_dead = 0; is_dead <= 1; is_dead++) {
        if (is_dead) {
            refused = transport_refusals(server->t);
            zap_free(&server->t->zap);
            to.answer_ms = 50; /* there will be none */
        }
        for (int what = 0; what < ATTEMPTS; what++) {
            size_t count = attempts[what].count / 2;
            if (attempts_make((enum attempt)what, count, &to, pump) != 0)
                fail_msg("let in: %s", attempts[what].name);
            made += (count + AT_ONCE - 1) / AT_ONCE * AT_ONCE;
            say(member, "still here");
            said++;
            PUMP_UNTIL(count_of(server, TRANSPORT_FRAME) == said);
            if (count_of(server, TRANSPORT_UP) != 1)
                fail_msg("heard: %s", attempts[what].name);
            if (rss == 0)
                rss = rss_bytes(); /* after the first kind, when all is in use that will be */
        }
    }
    size_t grown = rss_bytes() > rss ? rss_bytes() - rss : 0;
    print_message("# handshakes %zu, let in 0, in %.1f s: 0 messages, memory +%zu KiB, %llu "
                  "refused by name\n",
                  made, (double)(transport_clock_ms() - begin_ms) / 1e3, grown / 1024,
                  (unsigned long long)refused);
    assert_int_equal(refused, 800); /* only a stranger with a key of its own gets as far as that */
    assert_true(made >= 10000);
    assert_true(!GROWTH_TELLS || grown < RSS_GROWTH_MAX);
    assert_int_equal(count_of(member, TRANSPORT_DOWN) + count_of(server, TRANSPORT_DOWN), 0);
    PUMP_UNTIL(server->t->conns_silent == 0);
}

static void pass_none(void)
{
    zclock_sleep(1);
}

/* The same against a node that runs elsewhere: port, its key, a member's public key. */
static int attack(char **argv)
{
    struct target to = {.port = (uint16_t)strtoul(argv[1], NULL, 10), .answer_ms = 2 * WAIT_MS};
    uint8_t *const keys[] = {to.server_key, to.member_public};
    size_t len, made = 0, let_in = 0;
    for (int i = 0; i < 2; i++)
        if (sodium_hex2bin(keys[i], CURVE_KEY_BYTES, argv[i + 2], strlen(argv[i + 2]), NULL, &len,
                           NULL) != 0)
            return 2;
    for (int what = 0; what < ATTEMPTS; what++) {
        if (what == CUT_INITIATE || what == FLIP_INITIATE)
            continue;
        let_in += attempts_make((enum attempt)what, attempts[what].count, &to, pass_none);
        made += (attempts[what].count + AT_ONCE - 1) / AT_ONCE * AT_ONCE;
    }
    printf("%zu %zu\n", made, let_in);
    return 0;
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        TEST(test_member_gets_in),
        TEST(test_strangers),
    };
    if (sodium_init() < 0)
        return 1;
    if (argc == 4)
        return attack(argv);
    return end(cmocka_run_group_tests(tests, NULL, NULL));
}
