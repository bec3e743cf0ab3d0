#include "protocol/answer.h"
#include "protocol/matchkey.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

/* Goal: the answer says no more than what was seen.
 * Method: one row is one consult. */
/* clang-format off */
static void rows_of_answers(void **state)
{
    (void)state;
    static const struct {
        unsigned gaps;
        enum answer best, want;
        const char *why;
    } rows[] = {
        {0,                             ANSWER_NO_MATCH,  ANSWER_NO_MATCH,   "all was looked at, nothing found"},
        {0,                             ANSWER_POSSIBLE,  ANSWER_POSSIBLE,   "what was found is said"},
        {0,                             ANSWER_CONFIRMED, ANSWER_CONFIRMED,  "what was found is said"},
        {GAP_FEED_UNHEARD,              ANSWER_NO_MATCH,  ANSWER_CANNOT_SAY, "one gap forbids no match"},
        {GAP_NO_KEYS,                   ANSWER_NO_MATCH,  ANSWER_CANNOT_SAY, "nothing was looked for"},
        {GAP_ALL,                       ANSWER_NO_MATCH,  ANSWER_CANNOT_SAY, "all gaps"},
        {GAP_FEED_UNHEARD,              ANSWER_POSSIBLE,  ANSWER_POSSIBLE,   "what was found stands"},
        {GAP_BODY_OWED | GAP_NOT_READY, ANSWER_CONFIRMED, ANSWER_CONFIRMED,  "what was found stands"},
        {1u << 31,                      ANSWER_NO_MATCH,  ANSWER_CANNOT_SAY, "an unknown gap is a gap"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (answer_decide(rows[i].gaps, rows[i].best) != rows[i].want)
            fail_msg("row %zu: %s", i, rows[i].why);
}
/* clang-format on */

/* Goal: no match is said only without a gap, and a gap never takes a match away.
 * Method: all sets of gaps, each best match. */
static void promises(void **state)
{
    (void)state;
    for (unsigned gaps = 0; gaps <= GAP_ALL; gaps++)
        for (unsigned best = ANSWER_NO_MATCH; best <= ANSWER_CONFIRMED; best++) {
            enum answer a = answer_decide(gaps, (enum answer)best);
            if (best != ANSWER_NO_MATCH)
                assert_int_equal(a, best);
            else
                assert_int_equal(a, gaps == 0 ? ANSWER_NO_MATCH : ANSWER_CANNOT_SAY);
        }
}

/* Goal: a kind that belongs to one person confirms by itself; the others never do, however many
 * agree; one end of one name is no match, two are. Every kind has a reason.
 * Method: each kind alone, twice, and as many times as a consult has keys. */
static void weights(void **state)
{
    (void)state;
    for (unsigned kind = 1; kind < KIND_END; kind++) {
        unsigned w = answer_weight(kind);
        bool is_part = kind == KIND_NAME_START || kind == KIND_NAME_END;
        enum answer alone = match_kind_is_strong(kind) ? ANSWER_CONFIRMED
                            : is_part                  ? ANSWER_NO_MATCH
                                                       : ANSWER_POSSIBLE;
        assert_int_equal(answer_weigh(w), alone);
        assert_int_equal(answer_weigh(2 * w), is_part ? ANSWER_POSSIBLE : alone);
        if (!match_kind_is_strong(kind))
            assert_int_equal(answer_weigh(CONSULT_POINTS * w), ANSWER_POSSIBLE);
        assert_string_not_equal(answer_reason(kind), answer_reason(0));
    }
    assert_int_equal(answer_weight(0), 0);
    assert_int_equal(answer_weight(KIND_END), 0);
    assert_string_equal(answer_reason(KIND_END), answer_reason(0));
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
        cmocka_unit_test(weights),
        cmocka_unit_test(words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
