#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sodium.h>
#include <string.h>
#include <time.h>

#include "node/lookup.h"

/* Goal: only names are looked up. */
static void test_is_needed(void **state)
{
    (void)state;
    static const struct {
        const char *endpoint;
        bool want;
    } rows[] = {
        {"tcp://127.0.0.1:5000",      false},
        {"tcp://[::1]:5000",          false},
        {"tcp://[2001:db8::7]:5000",  false},
        {"tcp://localhost:5000",      true },
        {"tcp://post.example.org:1",  true },
        {"tcp://127.1:5000",          true }, /* what the system makes of it, it makes elsewhere */
        {"tcp://256.0.0.1:5000",      true },
        {"tcp://127.0.0.1.nip.io:80", true },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (lookup_is_needed(rows[i].endpoint) != rows[i].want)
            fail_msg("%s", rows[i].endpoint);
}

static enum err await(struct lookup **l, char endpoint[ENDPOINT_BYTES_MAX + 1])
{
    enum err e;
    for (int i = 0; (e = lookup_take(l, endpoint)) == ERR_UNAVAILABLE; i++) {
        assert_non_null(*l);
        assert_true(i < 5000);
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    }
    assert_null(*l);
    return e;
}

/* Goal: a name becomes an endpoint with one of its addresses and the port; one that nobody has is
 * told. Method: names that need no network. */
static void test_take(void **state)
{
    (void)state;
    struct lookup *l;
    char endpoint[ENDPOINT_BYTES_MAX + 1] = "unchanged";
    assert_int_equal(lookup_start("tcp://no..body:5000", &l), OK);
    assert_int_equal(await(&l, endpoint), ERR_NOT_FOUND);
    assert_string_equal(endpoint, "unchanged");
    for (int i = 0; i < 20; i++) {
        assert_int_equal(lookup_start("tcp://localhost:65535", &l), OK);
        assert_int_equal(await(&l, endpoint), OK);
        if (strcmp(endpoint, "tcp://127.0.0.1:65535") != 0)
            assert_string_equal(endpoint, "tcp://[::1]:65535");
        assert_false(lookup_is_needed(endpoint));
    }
}

/* Goal: so many at a time and no more; what is dropped makes room. Method: more than that are
 * begun, then dropped, some of them done by then. */
static void test_cap(void **state)
{
    (void)state;
    struct lookup *l[LOOKUPS_MAX], *more;
    for (size_t i = 0; i < LOOKUPS_MAX; i++)
        assert_int_equal(lookup_start("tcp://localhost:1", &l[i]), OK);
    assert_int_equal(lookup_start("tcp://localhost:1", &more), ERR_FULL);
    assert_null(more);
    lookup_drop(&more);
    for (size_t i = 0; i < LOOKUPS_MAX; i++) {
        lookup_drop(&l[i]);
        assert_null(l[i]);
    }
    enum err e = ERR_FULL;
    for (int i = 0; i < 5000 && e == ERR_FULL; i++) {
        e = lookup_start("tcp://localhost:1", &more);
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    }
    assert_int_equal(e, OK);
    char endpoint[ENDPOINT_BYTES_MAX + 1];
    assert_int_equal(await(&more, endpoint), OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_is_needed),
        cmocka_unit_test(test_take),
        cmocka_unit_test(test_cap),
    };
    if (sodium_init() < 0)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
