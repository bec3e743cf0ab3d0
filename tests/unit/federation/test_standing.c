/*
 * test_standing.c - when a node signs, and when it stops.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/unit/federation/one_node.h"

/* A peer's answer to the question that the last step sent it: the given checkpoint of the node's
 * own, or none. */
static void answer(struct one_node *n, uint32_t link, const uint8_t *checkpoint)
{
    uint8_t nonce[32];
    const Seinpost__Message *asked = one_node_sent(n, link, SEINPOST__MESSAGE__BODY_HEAD_ASK);
    assert_non_null(asked);
    memcpy(nonce, asked->head_ask->nonce.data, sizeof nonce);
    Seinpost__HeadAnswer body = SEINPOST__HEAD_ANSWER__INIT;
    body.nonce = (ProtobufCBinaryData){sizeof nonce, nonce};
    if (checkpoint != NULL)
        body.checkpoint =
            (ProtobufCBinaryData){CHECKPOINT_SIGNED_BYTES, (uint8_t *)(uintptr_t)checkpoint};
    Seinpost__Message m = SEINPOST__MESSAGE__INIT;
    m.body_case = SEINPOST__MESSAGE__BODY_HEAD_ANSWER;
    m.head_answer = &body;
    one_node_frame(n, link, &m);
}

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
    answer(n, 1, NULL);
    assert_true(standing_of(n).may_sign);
    one_node_tick(n);
    struct standing before = standing_of(n);
    assert_true(before.seq > 0);

    struct checkpoint rival = {.feed_epoch = 1, .seq = 1, .size = 5, .time_utc = ONE_NODE_UTC};
    memcpy(rival.author, n->config.author, AUTHOR_BYTES);
    checkpoint_sign(&rival, n->config.feed_secret, raw);
    one_node_connect(n, 2);
    answer(n, 2, raw);
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
