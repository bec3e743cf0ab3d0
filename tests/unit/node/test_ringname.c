#include "node/ringname.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

/* Goal: the name of a share says which one it is, and nothing else is read as one.
 * Method: one row is one name. */
static void test_share_names(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        bool is_share;
        uint32_t key, epoch, refresh;
    } rows[] = {
        {"share-1-1-0",                     true,  1, 1,          0         },
        {"share-2-31-7",                    true,  2, 31,         7         },
        {"share-1-4294967295-4294967295",   true,  1, 4294967295, 4294967295},
        {"share-1-4294967296-0",            false, 9, 9,          9         },
        {"share-1-01-0",                    false, 9, 9,          9         },
        {"share-1--1-0",                    false, 9, 9,          9         },
        {"share-1-1",                       false, 9, 9,          9         },
        {"share-1-1-0-0",                   false, 9, 9,          9         },
        {"share-1-1-0 ",                    false, 9, 9,          9         },
        {"share-11-1-0",                    false, 9, 9,          9         },
        {" share-1-1-0",                    false, 9, 9,          9         },
        {"feed",                            false, 9, 9,          9         },
        {"",                                false, 9, 9,          9         },
        {"share-1-99999999999999999999999", false, 9, 9,          9         },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        uint32_t key = 9, epoch = 9, refresh = 9;
        char again[RINGNAME_BYTES];
        assert_int_equal(ringname_share_parse(rows[i].name, &key, &epoch, &refresh),
                         rows[i].is_share);
        assert_int_equal(key, rows[i].key);
        assert_int_equal(epoch, rows[i].epoch);
        assert_int_equal(refresh, rows[i].refresh);
        if (!rows[i].is_share)
            continue;
        ringname_share(key, epoch, refresh, again);
        assert_string_equal(again, rows[i].name);
    }
}

/* Goal: the secret of a share has the layout that the header gives. */
static void test_share_layout(void **state)
{
    (void)state;
    struct share in = {.index = 0x01020304}, out;
    uint8_t packed[SHARE_SECRET_BYTES];
    memset(in.scalar, 0x5a, sizeof in.scalar);
    in.scalar[31] = 7;
    ringname_pack(&in, packed);
    assert_memory_equal(packed, "\x01\x02\x03\x04\x5a", 5);
    assert_int_equal(packed[35], 7);
    ringname_unpack(packed, &out);
    assert_int_equal(out.index, in.index);
    assert_memory_equal(out.scalar, in.scalar, sizeof in.scalar);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_share_names),
        cmocka_unit_test(test_share_layout),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
