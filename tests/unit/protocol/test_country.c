#include "protocol/country.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static bool is_known(const char *code)
{
    return country_is_known(bytes_of(code, strlen(code)));
}

/* Goal: the list holds 249 codes of ISO 3166-1 and 20 more, and finds only what stands at a
 * code's own place, never across two. Method: ask for each of the 17,576 combinations of capitals.
 */
static void all_combinations(void **state)
{
    (void)state;
    size_t known = 0;
    for (char a = 'A'; a <= 'Z'; a++)
        for (char b = 'A'; b <= 'Z'; b++)
            for (char c = 'A'; c <= 'Z'; c++)
                known += is_known((char[]){a, b, c, '\0'});
    assert_int_equal(known, 249 + 20);
}

/* Goal: codes as they are used, and as they are not. Method: one row is one code. */
static void rows_of_codes(void **state)
{
    (void)state;
    static const struct {
        const char *code;
        bool want;
    } rows[] = {
        {"ABW",    true },
        {"ZWE",    true },
        {"SSD",    true },
        {"UNO",    true },
        {"XXX",    true },
        {"BWA",    true },
        {"BWF",    false},
        {"ZAR",    false},
        {"nld",    false},
        {"NL",     false},
        {"",       false},
        {"NLDX",   false},
        {"ABWAFG", false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (is_known(rows[i].code) != rows[i].want)
            fail_msg("%s", rows[i].code);
    assert_false(country_is_known(bytes_of(NULL, 0)));
}

/* Goal: an issuer has one code, whichever of its codes was written; folding twice changes nothing.
 * Method: one row is one code and what it becomes. */
static void folded_codes(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"D",   "DEU"},
        {"DEU", "DEU"},
        {"GBD", "GBR"},
        {"GBN", "GBR"},
        {"GBO", "GBR"},
        {"GBP", "GBR"},
        {"GBS", "GBR"},
        {"GBR", "GBR"},
        {"ROM", "ROU"},
        {"ZAR", "COD"},
        {"TMP", "TLS"},
        {"BUR", "MMR"},
        {"XKX", "RKS"},
        {"XKK", "RKS"},
        {"KOS", "RKS"},
        {"UNO", "UNO"},
        {"XPO", "XPO"},
        {"SUN", ""   },
        {"UTO", ""   },
        {"NL",  ""   },
        {"",    ""   },
        {"d",   ""   },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct bytes want = bytes_of(rows[i][1], strlen(rows[i][1]));
        struct bytes got = country_fold(bytes_of(rows[i][0], strlen(rows[i][0])));
        if (!bytes_equal(got, want) || !bytes_equal(country_fold(want), want))
            fail_msg("%s", rows[i][0]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_combinations),
        cmocka_unit_test(rows_of_codes),
        cmocka_unit_test(folded_codes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
