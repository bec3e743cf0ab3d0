/*
 * Key ceremonies: a key that nobody ever holds, new shares of it, other holders, the next period;
 * with honest participants, silent ones, and nodes that stop at any moment.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sodium.h>
#include <string.h>

#include "tests/sim/check.h"
#include "tests/sim/ritual.h"

enum { A, B, C, D, E, F, G, DAY = 86400 };

static void assert_state(struct ritual *r, unsigned nodes, const uint8_t id[32],
                         enum ceremony_state state)
{
    for (size_t i = 0; i < world_nodes(r->w); i++)
        if ((nodes >> i & 1) != 0) {
            if (ritual_status(r, i, id)->state != state)
                print_message("node %c\n", world_letter(i));
            assert_int_equal(ritual_status(r, i, id)->state, state);
        }
}

/* Whether these shares are those of the public key that the member list has. */
static bool is_key(struct ritual *r, unsigned set, uint32_t key, uint32_t epoch, uint32_t refresh)
{
    uint8_t k[32], point[32];
    const struct roster_key *has =
        roster_key_find(federation_roster(world_core(r->w, A)), key, epoch, refresh);
    assert_non_null(has);
    assert_true(ritual_combine(r, set, key, epoch, refresh, k));
    return point_mul_base(k, point) == OK && memcmp(point, has->public_key, 32) == 0;
}

/* 3-of-5 among A to E, in use. */
static void generate(struct ritual *r, uint64_t seed, size_t nodes)
{
    uint8_t id[32];
    ritual_begin(r, seed, nodes);
    struct ceremony_proposal p = ritual_generate(r, KEY_PSEUDONYMS, 5, 3);
    ritual_run(r, B, &p, 0, 30000, id);
    assert_state(r, (1u << nodes) - 1, id, CEREMONY_AGREED);
    ritual_adopt(r, id, 0);
    assert_state(r, (1u << nodes) - 1, id, CEREMONY_ADOPTED);
}

/* Goal: five make a key of which any three have it and two have nothing; members can ask. Method:
 * all subsets. */
static void test_generate(void **state)
{
    (void)state;
    struct ritual r;
    generate(&r, 701, 6);
    for (unsigned set = 1; set < 32; set++)
        assert_int_equal(is_key(&r, set, 1, 1, 0), __builtin_popcount(set) >= 3);
    uint8_t one[32], other[32];
    assert_int_equal(world_evaluate(r.w, F, "somebody", 5000, one), OK);
    assert_int_equal(world_evaluate(r.w, A, "somebody", 5000, other), OK);
    assert_memory_equal(one, other, 32);
    check_equal(r.w);
    ritual_end(&r);
}

/* Goal: new shares of one key: pseudonyms stay what they were, old shares are wiped after the
 * overlap, and old and new ones together are nothing. */
static void test_refresh(void **state)
{
    (void)state;
    struct ritual r;
    uint8_t id[32], before[32], after[32], mixed[32], point[32];
    generate(&r, 702, 6);
    assert_int_equal(world_evaluate(r.w, F, "somebody", 5000, before), OK);
    struct ceremony_proposal p = ritual_again(&r, CEREMONY_REFRESH, KEY_PSEUDONYMS);
    ritual_run(&r, A, &p, 0, 30000, id);
    assert_state(&r, 63, id, CEREMONY_AGREED);
    ritual_adopt(&r, id, 600);
    assert_true(is_key(&r, 7, 1, 1, 0) && is_key(&r, 7, 1, 1, 1) && is_key(&r, 28, 1, 1, 1));
    assert_int_equal(world_evaluate(r.w, F, "somebody", 5000, after), OK);
    assert_memory_equal(before, after, 32);
    /* two old ones and a new one */
    uint32_t indexes[3] = {1, 2, 3};
    const struct share *s[3] = {ritual_share(&r, A, 1, 1, 0), ritual_share(&r, B, 1, 1, 0),
                                ritual_share(&r, C, 1, 1, 1)};
    memset(mixed, 0, 32);
    for (size_t i = 0; i < 3; i++) {
        uint8_t lambda[32], part[32];
        assert_int_equal(threshold_lagrange(indexes, 3, i, lambda), OK);
        crypto_core_ristretto255_scalar_mul(part, lambda, s[i]->scalar);
        crypto_core_ristretto255_scalar_add(mixed, mixed, part);
    }
    assert_int_equal(point_mul_base(mixed, point), OK);
    assert_memory_not_equal(
        point, roster_threshold_key(federation_roster(world_core(r.w, A)), 1)->public_key, 32);
    world_skip(r.w, 2 * DAY);
    world_run(r.w, 20000);
    for (size_t i = A; i <= E; i++) {
        assert_null(ritual_share(&r, i, 1, 1, 0));
        assert_non_null(ritual_share(&r, i, 1, 1, 1));
    }
    assert_int_equal(world_evaluate(r.w, F, "somebody", 5000, after), OK);
    assert_memory_equal(before, after, 32);
    ritual_end(&r);
}

/* Goal: E leaves and F comes; pseudonyms stay what they were, and E has nothing any more. */
static void test_reshare(void **state)
{
    (void)state;
    struct ritual r;
    uint8_t id[32], before[32], after[32];
    generate(&r, 703, 7);
    assert_int_equal(world_evaluate(r.w, G, "somebody", 5000, before), OK);
    static const size_t to[] = {A, B, C, D, F};
    struct ceremony_proposal p = ritual_reshare(&r, KEY_PSEUDONYMS, to, 5, 3);
    world_stop(r.w, E); /* it is lost */
    ritual_run(&r, C, &p, 1u << E, 60000, id);
    assert_state(&r, 1 | 2 | 4 | 8 | 32 | 64, id, CEREMONY_AGREED);
    assert_int_equal(ritual_left_out(&r, A, id, E), ERR_UNAVAILABLE);
    ritual_adopt(&r, id, 0);
    assert_true(is_key(&r, 32 | 8 | 4, 1, 1, 1) && is_key(&r, 32 | 1 | 2, 1, 1, 1));
    assert_int_equal(world_evaluate(r.w, G, "somebody", 5000, after), OK);
    assert_memory_equal(before, after, 32);
    world_start(r.w, E);
    world_skip(r.w, 2 * DAY);
    world_run(r.w, 30000);
    assert_null(ritual_share(&r, E, 1, 1, 0));
    check_equal(r.w);
    ritual_end(&r);
}

/* Goal: another threshold and committee size: 2-of-3 to 4-of-7 and back. */
static void test_thresholds(void **state)
{
    (void)state;
    struct ritual r;
    uint8_t id[32], before[32], after[32];
    ritual_begin(&r, 704, 9);
    struct ceremony_proposal p = ritual_generate(&r, KEY_PSEUDONYMS, 3, 2);
    ritual_run(&r, A, &p, 0, 30000, id);
    ritual_adopt(&r, id, 0);
    assert_int_equal(world_evaluate(r.w, 8, "somebody", 5000, before), OK);
    static const size_t wide[] = {1, 2, 3, 4, 5, 6, 7}, narrow[] = {7, 0, 3};
    p = ritual_reshare(&r, KEY_PSEUDONYMS, wide, 7, 4);
    ritual_run(&r, A, &p, 0, 30000, id);
    ritual_adopt(&r, id, 0);
    assert_true(is_key(&r, 2 | 4 | 8 | 16, 1, 1, 1));
    assert_false(is_key(&r, 2 | 4 | 8, 1, 1, 1));
    assert_int_equal(world_evaluate(r.w, 8, "somebody", 5000, after), OK);
    assert_memory_equal(before, after, 32);
    p = ritual_reshare(&r, KEY_PSEUDONYMS, narrow, 3, 2);
    ritual_run(&r, B, &p, 0, 30000, id);
    ritual_adopt(&r, id, 0);
    assert_true(is_key(&r, 1 | 8, 1, 1, 2) && is_key(&r, 128 | 8, 1, 1, 2));
    assert_int_equal(world_evaluate(r.w, 8, "somebody", 5000, after), OK);
    assert_memory_equal(before, after, 32);
    ritual_end(&r);
}

/* Goal: the next key period's key is the old one times a factor that nobody holds either. */
static void test_rotate(void **state)
{
    (void)state;
    struct ritual r;
    uint8_t id[32], before[32], after[32], k[32], rho[32], product[32], next[32], turned[32];
    generate(&r, 705, 6);
    assert_int_equal(world_evaluate(r.w, F, "somebody", 5000, before), OK);
    struct ceremony_proposal p = ritual_again(&r, CEREMONY_ROTATE, KEY_PSEUDONYMS);
    ritual_run(&r, D, &p, 0, 40000, id);
    assert_state(&r, 63, id, CEREMONY_AGREED);
    ritual_adopt(&r, id, DAY);
    assert_true(is_key(&r, 7, 1, 2, 0) && is_key(&r, 28, KEY_FACTOR, 2, 0));
    assert_true(ritual_combine(&r, 7, 1, 1, 0, k) && ritual_combine(&r, 7, KEY_FACTOR, 2, 0, rho) &&
                ritual_combine(&r, 21, 1, 2, 0, next));
    crypto_core_ristretto255_scalar_mul(product, rho, k);
    assert_memory_equal(product, next, 32);
    assert_int_equal(world_evaluate(r.w, F, "somebody", 5000, after), OK);
    assert_int_equal(point_mul(rho, before, turned), OK);
    assert_memory_equal(turned, after, 32);
    /* And the same again, from there. */
    p = ritual_again(&r, CEREMONY_ROTATE, KEY_PSEUDONYMS);
    ritual_run(&r, D, &p, 0, 40000, id);
    ritual_adopt(&r, id, DAY);
    assert_true(is_key(&r, 7, 1, 3, 0));
    ritual_end(&r);
}

/* Goal: separate keys. */
static void test_statistics(void **state)
{
    (void)state;
    struct ritual r;
    uint8_t id[32];
    generate(&r, 706, 6);
    struct ceremony_proposal p = ritual_generate(&r, KEY_STATISTICS, 5, 3);
    ritual_run(&r, B, &p, 0, 30000, id);
    ritual_adopt(&r, id, 0);
    assert_true(is_key(&r, 7, KEY_STATISTICS, 1, 0) && is_key(&r, 7, KEY_PSEUDONYMS, 1, 0));
    ritual_end(&r);
}

/* Goal: who never joins is left out, named, and the others go on; who falls silent later too. */
static void test_silent(void **state)
{
    (void)state;
    struct ritual r;
    uint8_t id[32];
    ritual_begin(&r, 707, 6);
    struct ceremony_proposal p = ritual_generate(&r, KEY_PSEUDONYMS, 5, 3);
    ritual_run(&r, A, &p, 1u << E, 10000, id);
    const struct ceremony_status *s = ritual_status(&r, B, id);
    assert_int_equal(s->state, CEREMONY_OPEN);
    for (size_t i = 0; i < s->count; i++) {
        bool is_e = memcmp(s->place[i].author, world_author(r.w, E), 32) == 0;
        assert_int_equal(s->place[i].is_awaited, is_e);
        if (is_e)
            assert_int_equal(s->place[i].awaits, CEREMONY_JOIN);
    }
    world_run(r.w, 60000);
    assert_state(&r, 63, id, CEREMONY_AGREED);
    assert_int_equal(ritual_left_out(&r, C, id, E), ERR_UNAVAILABLE);
    assert_int_equal(ritual_status(&r, C, id)->result.key[0].share_count, 4);
    ritual_adopt(&r, id, 0);
    assert_true(is_key(&r, 7, 1, 1, 0) && is_key(&r, 14, 1, 1, 0));
    /* With four of them there are not five for a rotation: reshare first. */
    p = ritual_again(&r, CEREMONY_ROTATE, KEY_PSEUDONYMS);
    assert_int_equal(ritual_propose(&r, A, &p), ERR_QUORUM);
    ritual_end(&r);
}

/* Goal: whoever lost the keys to which its sub-shares are sealed accuses nobody: the answers of
 * all, for everybody to see, would add up to its share. It is left out, and the others go on.
 * Method: E is away while it is dealt to, and comes back without its prekeys. */
static void test_lost_prekeys(void **state)
{
    (void)state;
    struct ritual r;
    uint8_t id[32];
    ritual_begin(&r, 711, 6);
    struct ceremony_proposal p = ritual_generate(&r, KEY_PSEUDONYMS, 5, 3);
    ritual_run(&r, A, &p, 0, 0, id);
    for (size_t i = 0; i < 100 && ritual_status(&r, A, id)->phase < 1; i++)
        world_run(r.w, 100);
    assert_int_equal(ritual_status(&r, A, id)->phase, 1);
    world_stop(r.w, E);
    world_run(r.w, 5000);
    struct pouch *kept = shelf_pouch(world_shelf(r.w, E));
    memset(kept->prekeys, 0, sizeof kept->prekeys);
    world_start(r.w, E);
    world_run(r.w, 60000);
    assert_state(&r, 63, id, CEREMONY_AGREED);
    assert_int_equal(ritual_left_out(&r, A, id, E), ERR_UNAVAILABLE);
    for (size_t i = A; i <= E; i++)
        assert_int_equal(world_told(r.w, i, REPORT_CEREMONY_WRONG, ERR_COUNT), 0);
    ritual_adopt(&r, id, 0);
    assert_true(is_key(&r, 7, 1, 1, 0) && is_key(&r, 14, 1, 1, 0));
    ritual_end(&r);
}

/* Goal: each node may stop at any moment: the ceremony goes on where it was. Method: one node after
 * the other is stopped for some seconds, in a rotation, which has every phase. */
static void test_restarts(void **state)
{
    (void)state;
    struct ritual r;
    uint8_t id[32];
    generate(&r, 708, 6);
    struct ceremony_proposal p = ritual_again(&r, CEREMONY_ROTATE, KEY_PSEUDONYMS);
    p.patience_seconds = 600;
    ritual_run(&r, C, &p, 0, 0, id);
    for (size_t i = 0; i < 60 && ritual_status(&r, A, id)->state == CEREMONY_OPEN; i++) {
        size_t node = (i * 3) % 5;
        world_stop(r.w, node);
        world_run(r.w, 1000 + 700 * (i % 3));
        world_start(r.w, node);
        world_run(r.w, 2500);
        if (i % 4 == 0)
            world_part(r.w, (i / 4) % 5, (i / 4 + 1) % 5);
        if (i % 4 == 2)
            world_join(r.w, (i / 4) % 5, (i / 4 + 1) % 5);
    }
    world_run(r.w, 60000);
    assert_state(&r, 63, id, CEREMONY_AGREED);
    for (size_t i = A; i <= E; i++)
        assert_int_equal(ritual_left_out(&r, A, id, i), OK);
    ritual_adopt(&r, id, DAY);
    assert_true(is_key(&r, 7, 1, 2, 0) && is_key(&r, 28, 1, 2, 0));
    check_equal(r.w);
    ritual_end(&r);
}

/* Goal: orders that make no sense are refused, and change nothing. */
static void test_orders(void **state)
{
    (void)state;
    struct ritual r;
    uint8_t id[32], other[32] = {1};
    ritual_begin(&r, 709, 6);
    struct ceremony_proposal p = ritual_generate(&r, KEY_PSEUDONYMS, 5, 3);
    assert_int_equal(ritual_propose(&r, F, &p), ERR_STRANGER); /* no keyholder */
    assert_int_equal(ritual_join(&r, A, other), ERR_NOT_FOUND);
    assert_int_equal(ritual_propose(&r, A, &p), OK);
    ceremony_id(world_author(r.w, A), &p, id);
    world_run(r.w, 5000);
    p.nonce[0] ^= 1;
    assert_int_equal(ritual_propose(&r, A, &p), ERR_DUPLICATE); /* one at a time */
    assert_int_equal(ritual_join(&r, F, id), ERR_STRANGER);     /* not named */
    assert_int_equal(ritual_join(&r, B, id), OK);
    assert_int_equal(ritual_join(&r, B, id), ERR_DUPLICATE);
    assert_int_equal(ritual_abort(&r, F, id), ERR_STRANGER);
    assert_int_equal(ritual_abort(&r, A, id), OK);
    world_run(r.w, 5000);
    assert_state(&r, 63, id, CEREMONY_ENDED);
    assert_int_equal(ritual_join(&r, C, id), ERR_STALE);
    assert_int_equal(ritual_abort(&r, A, id), ERR_STALE);
    /* Its time is over. */
    assert_int_equal(ritual_propose(&r, A, &p), OK);
    ceremony_id(world_author(r.w, A), &p, id);
    world_run(r.w, 5000);
    assert_int_equal(ritual_join(&r, B, id), OK);
    world_skip(r.w, 2 * 3600);
    world_run(r.w, 5000);
    assert_state(&r, 63, id, CEREMONY_OVER);
    assert_int_equal(ritual_join(&r, C, id), ERR_STALE);
    ritual_end(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_generate), cmocka_unit_test(test_refresh),
        cmocka_unit_test(test_reshare),  cmocka_unit_test(test_thresholds),
        cmocka_unit_test(test_rotate),   cmocka_unit_test(test_statistics),
        cmocka_unit_test(test_silent),   cmocka_unit_test(test_restarts),
        cmocka_unit_test(test_orders),   cmocka_unit_test(test_lost_prekeys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
