#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <czmq.h>
#include <sodium.h>

#include "node/curve.h"
#include "node/zap.h"

static uint8_t member[ZAP_KEY_BYTES];
static unsigned asked;

static bool admit_member(void *ctx, const uint8_t transport_key[ZAP_KEY_BYTES])
{
    assert_ptr_equal(ctx, &asked);
    asked++;
    return memcmp(transport_key, member, ZAP_KEY_BYTES) == 0;
}

struct frame {
    const char *data; /* NULL ends the request */
    size_t len;
};

#define F(s)                                                                                       \
    {                                                                                              \
        s, sizeof(s) - 1                                                                           \
    }
#define KEY "0123456789abcdef0123456789abcdef"
#define KEY_HEX "3031323334353637383961626364656630313233343536373839616263646566"

/* Goal: only a well-formed CURVE request of our domain with an admitted key is answered 200, with
 * the key in hex as user id; whatever else is answered 400, and the next request is answered as if
 * nothing had been. Method: a REQ socket plays libzmq; one row is one request. */
static const struct {
    const char *why;
    struct frame frames[10];
    const char *want;
    unsigned asked;
} rows[] = {
    {"a member",
     {F("1.0"), F("1"), F("seinpost"), F("127.0.0.1"), F(""), F("CURVE"), F(KEY)},
     "200",                                                                                                    1},
    {"a stranger",
     {F("1.0"), F("1"), F("seinpost"), F("127.0.0.1"), F(""), F("CURVE"),
      F("x123456789abcdef0123456789abcdef")},
     "400",                                                                                                    1},
    {"another domain",
     {F("1.0"), F("1"), F("seinpos"), F("127.0.0.1"), F(""), F("CURVE"), F(KEY)},
     "400",                                                                                                    0},
    {"no domain",                 {F("1.0"), F("1"), F(""), F("127.0.0.1"), F(""), F("CURVE"), F(KEY)}, "400", 0},
    {"another version",
     {F("1.1"), F("1"), F("seinpost"), F("127.0.0.1"), F(""), F("CURVE"), F(KEY)},
     "400",                                                                                                    0},
    {"mechanism NULL",
     {F("1.0"), F("1"), F("seinpost"), F("127.0.0.1"), F(""), F("NULL")},
     "400",                                                                                                    0},
    {"mechanism PLAIN",
     {F("1.0"), F("1"), F("seinpost"), F("127.0.0.1"), F(""), F("PLAIN"), F("user"), F("word")},
     "400",                                                                                                    0},
    {"mechanism NULL with a key",
     {F("1.0"), F("1"), F("seinpost"), F("127.0.0.1"), F(""), F("NULL"), F(KEY)},
     "400",                                                                                                    0},
    {"a key too short",
     {F("1.0"), F("1"), F("seinpost"), F("127.0.0.1"), F(""), F("CURVE"), F("0123456789abcdef")},
     "400",                                                                                                    0},
    {"a key too long",
     {F("1.0"), F("1"), F("seinpost"), F("127.0.0.1"), F(""), F("CURVE"), F(KEY "0")},
     "400",                                                                                                    0},
    {"a key in text",
     {F("1.0"), F("1"), F("seinpost"), F("127.0.0.1"), F(""), F("CURVE"), F(KEY_HEX)},
     "400",                                                                                                    0},
    {"two credentials",
     {F("1.0"), F("1"), F("seinpost"), F("127.0.0.1"), F(""), F("CURVE"), F(KEY), F(KEY)},
     "400",                                                                                                    0},
    {"no credential",
     {F("1.0"), F("1"), F("seinpost"), F("127.0.0.1"), F(""), F("CURVE")},
     "400",                                                                                                    0},
    {"a version alone",           {F("1.0")},                                                           "400", 0},
    {"one empty frame",           {F("")},                                                              "400", 0},
    {"a member again",
     {F("1.0"), F("2"), F("seinpost"), F("127.0.0.1"), F(""), F("CURVE"), F(KEY)},
     "200",                                                                                                    1},
};

static void test_requests(void **state)
{
    (void)state;
    memcpy(member, KEY, sizeof member);
    struct zap *z = NULL;
    assert_int_equal(zap_new(CURVE_DOMAIN, admit_member, &asked, &z), OK);
    zsock_t *req = zsock_new(ZMQ_REQ);
    assert_non_null(req);
    void *raw = zsock_resolve(req);
    assert_int_equal(zmq_connect(raw, "inproc://zeromq.zap.01"), 0);
    uint64_t refused = 0;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct frame *f = rows[i].frames;
        for (size_t n = 0; f[n].data; n++)
            assert_true(zmq_send(raw, f[n].data, f[n].len, f[n + 1].data ? ZMQ_SNDMORE : 0) >= 0);
        asked = 0;
        zap_step(z);
        char got[6][256] = {{0}};
        for (size_t n = 0; n < 6; n++) {
            int more = 0;
            size_t len = sizeof more;
            assert_true(zmq_recv(raw, got[n], sizeof got[n] - 1, ZMQ_DONTWAIT) >= 0);
            assert_int_equal(zmq_getsockopt(raw, ZMQ_RCVMORE, &more, &len), 0);
            assert_int_equal(more, n < 5);
        }
        bool is_admitted = strcmp(rows[i].want, "200") == 0;
        refused += !is_admitted;
        if (strcmp(got[2], rows[i].want) != 0 || asked != rows[i].asked)
            fail_msg("%s: %s, asked %u times", rows[i].why, got[2], asked);
        assert_string_equal(got[0], "1.0");
        assert_string_equal(got[1], f[1].data ? f[1].data : "");
        assert_string_equal(got[4], is_admitted ? KEY_HEX : "");
        assert_string_equal(got[5], "");
        assert_int_equal(zap_refusals(z), refused);
    }
    zsock_destroy(&req);
    zap_free(&z);
    assert_null(z);
    zap_free(&z);
}

/* Goal: requests that came together are all answered, a bounded number in each step.
 * Method: more askers than one step serves, one request each. */
static void test_many_at_once(void **state)
{
    (void)state;
    enum { ASKERS = ZAP_STEP_MAX + 3 };
    struct zap *z = NULL;
    zsock_t *req[ASKERS];
    assert_int_equal(zap_new(CURVE_DOMAIN, admit_member, &asked, &z), OK);
    for (size_t i = 0; i < ASKERS; i++) {
        req[i] = zsock_new(ZMQ_REQ);
        assert_non_null(req[i]);
        assert_int_equal(zmq_connect(zsock_resolve(req[i]), "inproc://zeromq.zap.01"), 0);
        assert_int_equal(zmq_send(zsock_resolve(req[i]), "1.0", 3, 0), 3);
    }
    zap_step(z);
    assert_int_equal(zap_refusals(z), ZAP_STEP_MAX);
    zap_step(z);
    assert_int_equal(zap_refusals(z), ASKERS);
    zap_step(z);
    assert_int_equal(zap_refusals(z), ASKERS);
    for (size_t i = 0; i < ASKERS; i++)
        zsock_destroy(&req[i]);
    zap_free(&z);
}

/* Goal: a second handler is refused while there is one, and possible once that is closed. */
static void test_one_a_process(void **state)
{
    (void)state;
    struct zap *first = NULL, *second = NULL;
    assert_int_equal(zap_new(CURVE_DOMAIN, admit_member, &asked, &first), OK);
    assert_int_equal(zap_new(CURVE_DOMAIN, admit_member, &asked, &second), ERR_DUPLICATE);
    assert_null(second);
    zap_free(&first);
    assert_int_equal(zap_new(CURVE_DOMAIN, admit_member, &asked, &second), OK);
    zap_free(&second);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_requests),
        cmocka_unit_test(test_many_at_once),
        cmocka_unit_test(test_one_a_process),
    };
    curve_init(1);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
