#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sodium.h>

#include "node/store_filter.h"

static uint64_t key_of(uint64_t n)
{
    uint64_t key;
    crypto_generichash((uint8_t *)&key, sizeof key, (const uint8_t *)&n, sizeof n, NULL, 0);
    return key;
}

/* Goal: what was put in is always found, and few others are, whatever the keys look like.
 * Method: fill it to what it is good for, with hashed keys, then with neighbouring numbers; ask for
 * all of them and for as many others. */
static void test_finds_all_and_little_else(void **state)
{
    (void)state;
    enum { KEYS = 699050 };
    static const struct {
        uint64_t (*key)(uint64_t);
        const char *why;
    } rows[] = {
        {key_of, "hashes"          },
        {NULL,   "a run of numbers"}
    };
    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
        struct store_filter f = {0};
        assert_true(store_filter_init(&f, KEYS));
        assert_int_equal(f.log_bits, STORE_FILTER_LOG_MIN);
        for (uint64_t i = 0; i < KEYS; i++)
            store_filter_add(&f, rows[r].key != NULL ? rows[r].key(i) : i);
        assert_false(store_filter_is_over_full(&f));
        size_t wrong = 0;
        for (uint64_t i = 0; i < KEYS; i++) {
            if (!store_filter_may_hold(&f, rows[r].key != NULL ? rows[r].key(i) : i))
                fail_msg("%s: lost key %d", rows[r].why, (int)i);
            uint64_t other = i + 10 * (uint64_t)KEYS;
            wrong += store_filter_may_hold(&f, rows[r].key != NULL ? rows[r].key(other) : other);
        }
        if (wrong > KEYS / 100)
            fail_msg("%s: %d of %d wrong", rows[r].why, (int)wrong, KEYS);
        store_filter_add(&f, key_of(1));
        assert_true(store_filter_is_over_full(&f));
        store_filter_clear(&f);
    }
}

/* Goal: size follows what is expected, within the bounds; a filter that has nothing says "maybe".
 * Method: rows of expected keys and bits; then an empty struct. */
static void test_size(void **state)
{
    (void)state;
    static const struct {
        size_t expected;
        unsigned log_bits;
    } rows[] = {
        {0,               STORE_FILTER_LOG_MIN    },
        {699050,          STORE_FILTER_LOG_MIN    },
        {699051,          STORE_FILTER_LOG_MIN + 1},
        {(size_t)1 << 40, STORE_FILTER_LOG_MAX    },
    };
    struct store_filter f = {0};
    assert_true(store_filter_may_hold(&f, 7));
    store_filter_add(&f, 7);
    assert_false(store_filter_is_over_full(&f));
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_true(store_filter_init(&f, rows[i].expected));
        assert_int_equal(f.log_bits, rows[i].log_bits);
        assert_int_equal(f.keys, 0);
        assert_false(store_filter_may_hold(&f, 7));
    }
    f.keys = (size_t)1 << 40;
    assert_false(store_filter_is_over_full(&f)); /* no larger one is allowed */
    store_filter_clear(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_finds_all_and_little_else),
        cmocka_unit_test(test_size),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
