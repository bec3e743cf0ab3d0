/* test_payload.c - the version byte and the padding that every payload has. */
#include "protocol/payload.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void start_rows(void **state)
{
    (void)state;
    for (unsigned version = 0; version < 256; version++) {
        uint8_t in[] = {(uint8_t)version, 9};
        struct unpack u = unpack_of(bytes_of(in, sizeof in));
        assert_int_equal(payload_start(&u), version == 1 ? OK : ERR_VERSION);
        assert_int_equal(u.left, 1);
    }
    struct unpack none = unpack_of(bytes_of(NULL, 0));
    assert_int_equal(payload_start(&none), ERR_TRUNCATED);
}

static void end_rows(void **state)
{
    (void)state;
    uint8_t in[8] = {0};
    struct unpack u = unpack_of(bytes_of(in, sizeof in));
    assert_int_equal(payload_end(&u), OK);
    for (size_t i = 0; i < sizeof in; i++) {
        in[i] = 0x80;
        assert_int_equal(payload_end(&u), ERR_FORMAT);
        assert_int_equal(payload_is_padding(bytes_of(in, i)), true);
        in[i] = 0;
    }
    (void)unpack_view(&u, sizeof in);
    assert_int_equal(payload_end(&u), OK);
    (void)unpack_u8(&u);
    assert_int_equal(payload_end(&u), ERR_TRUNCATED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(start_rows),
        cmocka_unit_test(end_rows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
