/*
 * test_keyholder.c - which evaluations a keyholder gives.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/unit/federation/one_node.h"

/* Goal: only the pseudonym key is lent out. The statistics key opens what members encrypt under it,
 * so whoever could have any point multiplied by a share of that could read them.
 * Method: one row is one request to a keyholder that holds shares of both. */
static void test_keys(void **state)
{
    static const struct {
        uint32_t key, epoch, refresh;
        uint32_t want; /* reason of the refusal; 0: an answer */
        const char *why;
    } rows[] = {
        {KEY_PSEUDONYMS, 1, 0, 0,         "the key in use"           },
        {KEY_STATISTICS, 4, 0, ERR_EPOCH, "the statistics key"       },
        {KEY_STATISTICS, 1, 0, ERR_EPOCH, "its purpose, other period"},
        {KEY_PSEUDONYMS, 4, 0, ERR_EPOCH, "another period"           },
        {KEY_PSEUDONYMS, 1, 1, ERR_EPOCH, "another sharing"          },
        {0,              1, 0, ERR_EPOCH, "no key"                   },
    };
    struct one_node *n = *state;
    uint8_t wide[WIDE_BYTES], points[CONSULT_POINTS * POINT_BYTES], purpose[HASH_BYTES] = {1};
    sample_bytes(20, 0, wide);
    for (uint32_t i = 0; i < CONSULT_POINTS; i++)
        assert_int_equal(evaluation_pad(wide, i, points + i * POINT_BYTES), OK);
    one_node_connect(n, 1);
    one_node_answer(n, 1, NULL); /* nobody knows more of its own feed: its budgets are true */
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint8_t request[16] = {(uint8_t)(i + 1)};
        Seinpost__Evaluate body = SEINPOST__EVALUATE__INIT;
        body.request = (ProtobufCBinaryData){sizeof request, request};
        body.key = rows[i].key;
        body.epoch = rows[i].epoch;
        body.refresh = rows[i].refresh;
        body.points = (ProtobufCBinaryData){sizeof points, points};
        body.purpose = (ProtobufCBinaryData){sizeof purpose, purpose};
        Seinpost__Message m = SEINPOST__MESSAGE__INIT;
        m.body_case = SEINPOST__MESSAGE__BODY_EVALUATE;
        m.evaluate = &body;
        one_node_frame(n, 1, &m);
        const Seinpost__Message *refused = one_node_sent(n, 1, SEINPOST__MESSAGE__BODY_REFUSAL);
        uint32_t got = refused != NULL ? refused->refusal->reason : 0;
        if (got != rows[i].want)
            fail_msg("%s: reason %u", rows[i].why, got);
        bool is_answered = one_node_sent(n, 1, SEINPOST__MESSAGE__BODY_EVALUATED) != NULL;
        assert_int_equal(is_answered, rows[i].want == 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_keys, one_node_setup, one_node_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
