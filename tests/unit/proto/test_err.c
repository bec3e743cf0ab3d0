#include "proto/err.h"

#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

/* Goal: numbers and names of codes never change, since logs and the control protocol hold them.
 * Method: both are fixed here for every code that the protocol began with; new ones follow them. */
static void codes_are_stable(void **state)
{
    (void)state;
    static const struct {
        enum err code;
        int number;
        const char *name;
    } rows[] = {
        {OK,               0,  "ok"          },
        {ERR_TRUNCATED,    1,  "truncated"   },
        {ERR_FORMAT,       2,  "format"      },
        {ERR_RANGE,        3,  "range"       },
        {ERR_LIMIT,        4,  "limit"       },
        {ERR_FULL,         5,  "full"        },
        {ERR_VERSION,      6,  "version"     },
        {ERR_SIGNATURE,    7,  "signature"   },
        {ERR_PROOF,        8,  "proof"       },
        {ERR_POINT,        9,  "point"       },
        {ERR_SCALAR,       10, "scalar"      },
        {ERR_COMMIT,       11, "commit"      },
        {ERR_SEQUENCE,     12, "sequence"    },
        {ERR_STALE,        13, "stale"       },
        {ERR_DUPLICATE,    14, "duplicate"   },
        {ERR_NOT_FOUND,    15, "not-found"   },
        {ERR_FORK,         16, "fork"        },
        {ERR_QUORUM,       17, "quorum"      },
        {ERR_STRANGER,     18, "stranger"    },
        {ERR_UNAUTHORISED, 19, "unauthorised"},
        {ERR_BUDGET,       20, "budget"      },
        {ERR_EPOCH,        21, "epoch"       },
        {ERR_PASSPHRASE,   22, "passphrase"  },
        {ERR_IO,           23, "io"          },
        {ERR_UNAVAILABLE,  24, "unavailable" },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_int_equal(rows[i].code, rows[i].number);
        assert_string_equal(err_name(rows[i].code), rows[i].name);
    }
    assert_true((size_t)ERR_COUNT >= COUNT(rows));
}

/* Goal: a name serves as a word in a log and in JSON, a text as the end of a sentence, and no two
 * codes share either.
 * Method: every code of the list, against every one before it. */
static void every_code_can_be_told(void **state)
{
    (void)state;
    for (int i = 0; i < (int)ERR_COUNT; i++) {
        const char *name = err_name((enum err)i), *text = err_text((enum err)i);
        assert_true(strlen(name) > 0 && strlen(name) < 16);
        for (const char *c = name; *c != '\0'; c++)
            assert_true(islower((unsigned char)*c) || *c == '-');
        assert_true(strlen(text) > 0);
        assert_true(islower((unsigned char)text[0]));
        assert_true(text[strlen(text) - 1] != '.');
        assert_string_not_equal(name, "unknown");
        for (int before = 0; before < i; before++) {
            assert_string_not_equal(name, err_name((enum err)before));
            assert_string_not_equal(text, err_text((enum err)before));
        }
    }
}

/* Goal: a number from elsewhere (a log, the control protocol) never reads beyond the list.
 * Method: the first number outside it, the largest, and a negative one. */
static void outside_the_list(void **state)
{
    (void)state;
    static const unsigned rows[] = {ERR_COUNT, ERR_COUNT + 1u, 255, INT32_MAX, (unsigned)-1};
    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_string_equal(err_name((enum err)rows[i]), "unknown");
        assert_true(strlen(err_text((enum err)rows[i])) > 0);
        for (int known = 0; known < (int)ERR_COUNT; known++)
            assert_string_not_equal(err_text((enum err)rows[i]), err_text((enum err)known));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(codes_are_stable),
        cmocka_unit_test(every_code_can_be_told),
        cmocka_unit_test(outside_the_list),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
