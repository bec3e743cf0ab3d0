#include "protocol/answer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

/* Goal: the answer says no more than what was seen.
 * Method: one row is one consult. */
static void rows_of_answers(void **state)
{
    (void)state;
    static const struct {
        unsigned gaps, strong, weak;
        enum answer want;
        const char *why;
    } rows[] = {
        {0,                             0, 0,  ANSWER_NO_MATCH,   "all was looked at, nothing found"},
        {0,                             0, 1,  ANSWER_POSSIBLE,   "a name and date can be shared"   },
        {0,                             0, 99, ANSWER_POSSIBLE,   "many weak kinds confirm nothing" },
        {0,                             1, 0,  ANSWER_CONFIRMED,  "one strong kind is enough"       },
        {0,                             3, 4,  ANSWER_CONFIRMED,  "strong and weak"                 },
        {GAP_FEED_UNHEARD,              0, 0,  ANSWER_CANNOT_SAY, "one gap forbids no match"        },
        {GAP_NO_KEYS,                   0, 0,  ANSWER_CANNOT_SAY, "nothing was looked for"          },
        {GAP_ALL,                       0, 0,  ANSWER_CANNOT_SAY, "all gaps"                        },
        {GAP_FEED_UNHEARD,              0, 1,  ANSWER_POSSIBLE,   "what was found stands"           },
        {GAP_BODY_OWED | GAP_NOT_READY, 1, 0,  ANSWER_CONFIRMED,  "what was found stands"           },
        {GAP_ALL,                       1, 1,  ANSWER_CONFIRMED,  "what was found stands"           },
        {1u << 31,                      0, 0,  ANSWER_CANNOT_SAY, "an unknown gap is a gap"         },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (answer_decide(rows[i].gaps, rows[i].strong, rows[i].weak) != rows[i].want)
            fail_msg("row %zu: %s", i, rows[i].why);
}

/* Goal: the two promises hold for every set of gaps: no match only without a gap, confirmed only
 * with a strong kind; and a gap never takes a match away.
 * Method: all sets of gaps, up to two kinds of each. */
static void promises(void **state)
{
    (void)state;
    for (unsigned gaps = 0; gaps <= GAP_ALL; gaps++)
        for (unsigned strong = 0; strong <= 2; strong++)
            for (unsigned weak = 0; weak <= 2; weak++) {
                enum answer a = answer_decide(gaps, strong, weak);
                assert_true(a != ANSWER_NO_MATCH || (gaps == 0 && strong == 0 && weak == 0));
                assert_true((a == ANSWER_CONFIRMED) == (strong > 0));
                assert_true((a == ANSWER_CANNOT_SAY) == (gaps != 0 && strong + weak == 0));
                if (strong + weak > 0)
                    assert_int_equal(a, answer_decide(0, strong, weak));
            }
}

/* Goal: every answer and gap has words of its own, and no match says that it is no clearance.
 * Method: all pairs. */
static void words(void **state)
{
    (void)state;
    assert_string_equal(answer_name(ANSWER_NO_MATCH), "no match");
    assert_string_equal(answer_name(ANSWER_POSSIBLE), "possible");
    assert_string_equal(answer_name(ANSWER_CONFIRMED), "confirmed");
    assert_string_equal(answer_name(ANSWER_CANNOT_SAY), "cannot say");
    assert_string_equal(answer_name((enum answer)77), "unknown");
    assert_non_null(strstr(answer_text(ANSWER_NO_MATCH), "not a clearance"));
    assert_string_equal(answer_text((enum answer)77), "unknown");
    for (unsigned i = 0; i <= ANSWER_CANNOT_SAY; i++)
        for (unsigned j = 0; j < i; j++)
            assert_string_not_equal(answer_text((enum answer)i), answer_text((enum answer)j));
    for (unsigned i = 0; i < GAP_COUNT; i++) {
        assert_string_not_equal(gap_name(1u << i), "unknown");
        for (unsigned j = 0; j < i; j++) {
            assert_string_not_equal(gap_name(1u << i), gap_name(1u << j));
            assert_string_not_equal(gap_text(1u << i), gap_text(1u << j));
        }
    }
    assert_string_equal(gap_name(GAP_FEED_UNHEARD), "feed-unheard");
    assert_string_equal(gap_name(0), "unknown");
    assert_string_equal(gap_name(GAP_BUDGET | GAP_NO_KEYS), "unknown");
    assert_string_equal(gap_text(1u << GAP_COUNT), "something could not be looked at");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_of_answers),
        cmocka_unit_test(promises),
        cmocka_unit_test(words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
