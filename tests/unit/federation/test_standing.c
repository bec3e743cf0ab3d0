/*
 * test_standing.c - when a node signs, and when it stops.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/unit/federation/one_node.h"

static struct standing standing_of(const struct one_node *n)
{
    struct standing s;
    federation_standing(n->core, &s);
    return s;
}

/* Goal: a node that meets a checkpoint of its own which contradicts what it signed (its key is used
 * elsewhere, too) signs nothing more, however many peers confirm it.
 * Method: one peer confirms, the node signs; another shows a rival of its first checkpoint, and
 * time passes. */
static void test_contradiction(void **state)
{
    struct one_node *n = *state;
    uint8_t raw[CHECKPOINT_SIGNED_BYTES];
    assert_false(standing_of(n).may_sign);
    one_node_connect(n, 1);
    one_node_answer(n, 1, NULL);
    assert_true(standing_of(n).may_sign);
    one_node_tick(n);
    struct standing before = standing_of(n);
    assert_true(before.seq > 0);

    struct checkpoint rival = {.feed_epoch = 1, .seq = 1, .size = 5, .time_utc = ONE_NODE_UTC};
    memcpy(rival.author, n->config.author, AUTHOR_BYTES);
    checkpoint_sign(&rival, n->config.feed_secret, raw);
    one_node_connect(n, 2);
    one_node_answer(n, 2, raw);
    assert_false(standing_of(n).may_sign);
    for (int i = 0; i < 20; i++)
        one_node_tick(n);
    assert_false(standing_of(n).may_sign);
    assert_int_equal(standing_of(n).seq, before.seq);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_contradiction, one_node_setup, one_node_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
