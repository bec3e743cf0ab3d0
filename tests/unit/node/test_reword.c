#include "node/reword.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

/* Goal: a sentence is said again in another form, with its values, and only where it has the form.
 * Method: one row is one sentence; want NULL: it has not. */
static void test_reword(void **state)
{
    (void)state;
    static const struct {
        const char *sentence, *form, *other, *want;
    } rows[] = {
        {"repeats line 4; remove one",     "repeats line %u; remove one",   "herhaalt %u; weg ermee",
         "herhaalt 4; weg ermee"                                                                                      },
        {"is missing",                     "is missing",                    "ontbreekt",              "ontbreekt"     },
        {"is missing.",                    "is missing",                    "ontbreekt",              NULL            },
        {"is missin",                      "is missing",                    "ontbreekt",              NULL            },
        {"'5' is not 1 to 8; e.g. 1",      "'%s' is not %d to %d; e.g. %s", "%s/%d/%d/%s",            "5/1/8/1"       },
        {"'' is not 1 to 8; e.g. 1",       "'%s' is not %d to %d; e.g. %s", "%s/%d/%d/%s",            "/1/8/1"        },
        {"'a' is b' is not 1 to 8; e.g. ", "'%s' is not %d to %d; e.g. %s", "[%s]",                   "[a' is b]"     },
        {"the keys are a, b",              "the keys are %s",               "sleutels: %s",           "sleutels: a, b"},
        {"(a) b (c)",                      "(%s)",                          "<%s>",                   "<a) b (c>"     },
        {"7 bytes",                        "%zu bytes",                     "%zu byte",               "7 byte"        },
        {"7",                              "%zu bytes",                     "%zu byte",               NULL            },
        {"50% of %s",                      "50% of %s",                     "%s is 50%",              "%s is 50%"     },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char out[64] = "as before";
        bool is_said = reword(rows[i].sentence, rows[i].form, rows[i].other, out, sizeof out);
        assert_int_equal(is_said, rows[i].want != NULL);
        assert_string_equal(out, is_said ? rows[i].want : "as before");
    }
}

/* Goal: a text that is too long is cut, never written past its room. */
static void test_cut(void **state)
{
    (void)state;
    for (size_t cap = 0; cap <= 8; cap++) {
        char out[9] = "xxxxxxxx";
        bool is_said = reword("line 1234", "line %u", "regel %u", out, cap);
        assert_int_equal(is_said, cap > 0);
        if (cap > 0)
            assert_int_equal(strlen(out), cap - 1);
        assert_int_equal(out[8], '\0');
        assert_int_equal(out[cap], cap < 8 ? 'x' : '\0');
    }
}

/* Goal: file, line and key stay, also where the file's name looks like them; without a catalogue
 * everything stays. */
static void test_config(void **state)
{
    (void)state;
    static const char *const rows[] = {
        "/etc/a: b.conf:3: listen: 'x' is not a tcp:// address; write for example tcp://0.0.0.0:1",
        "/etc/a: b.conf:9: peer: repeats line 7; remove one of the two",
        "/etc/a: b.conf: cannot be read (x); name the settings file of this node",
        "/etc/a: b.conf:9: something that nobody knows",
        "other.conf: x",
        "",
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char out[256];
        reword_config(rows[i], "/etc/a: b.conf", out, sizeof out);
        assert_string_equal(out, rows[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reword),
        cmocka_unit_test(test_cut),
        cmocka_unit_test(test_config),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
