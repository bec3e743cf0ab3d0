/*
 * Goal: where a feed ends is the same at every node, whatever each held, and a feed goes on with a
 * new key; two lists of one version suspend whom either suspends, until a third names both. Method:
 * unchanged cores on virtual time; connections are cut so that replicas hold different ends.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sodium.h>
#include <string.h>

#include "protocol/correction.h"
#include "tests/sim/look.h"

enum { TODAY = WORLD_START_UTC / 86400, A = 0, B, C, D };

static struct world *four(uint64_t seed)
{
    struct world_setup setup = {.seed = seed, .nodes = 4, .keyholders = 3, .threshold = 2};
    struct world *w = world_new(&setup);
    world_run(w, 5000);
    return w;
}

static void part_from_all(struct world *w, size_t who, bool is_parted)
{
    for (size_t at = A; at <= D; at++) {
        if (at == who)
            continue;
        if (is_parted)
            world_part(w, at, who);
        else
            world_join(w, at, who);
    }
}

/* What an edit of the list is about. */
struct change {
    size_t who;
    uint8_t feed_key[32];
    struct accepted accepted;
};

static void suspend(struct roster *r, void *ctx)
{
    const struct change *c = ctx;
    r->organisations[c->who].status = ORG_SUSPENDED;
    r->organisations[c->who].accepted = c->accepted;
}

static void readmit(struct roster *r, void *ctx)
{
    r->organisations[((const struct change *)ctx)->who].status = ORG_ACTIVE;
}

static void rekey(struct roster *r, void *ctx)
{
    const struct change *c = ctx;
    struct organisation *o = &r->organisations[c->who];
    o->status = ORG_ACTIVE;
    o->feed_epoch++;
    memcpy(o->feed_key, c->feed_key, 32);
    o->accepted = c->accepted;
}

/* What a node holds of an author, as the end of a chapter. */
static struct accepted end_at(struct world *w, size_t at, size_t author, uint32_t feed_epoch)
{
    const struct feed_record *r = shelf_record(world_shelf(w, at), world_author(w, author));
    struct accepted a = {.feed_epoch = feed_epoch, .size = r->tree.size};
    merkle_root(&r->tree, a.root);
    return a;
}

/* Gives a node a second feed key, which counts once the list has it. */
static void new_key(struct world *w, size_t who, struct change *c)
{
    uint8_t secret[64];
    crypto_sign_keypair(c->feed_key, secret);
    world_set_next_secret(w, who, secret);
    world_stop(w, who);
    world_start(w, who);
}

static enum err retract(struct world *w, size_t node, uint64_t index)
{
    uint8_t payload[RETRACT_BYTES];
    struct draft d = {.type = ENTRY_RETRACT, .ref_plus_one = index + 1};
    d.payload = bytes_of(payload, retract_encode(1, payload));
    return world_append(w, node, &d, 1, NULL);
}

static void assert_all_hold(struct world *w, size_t author, uint64_t size, size_t except)
{
    for (size_t at = A; at <= D; at++)
        if (at != except)
            assert_int_equal(look_feed(w, at, author).size, size);
}

/* Goal: a suspended feed ends at one place everywhere. Method: D's newest entries reach C alone and
 * its last but one B and C; the list names what B holds. */
static void test_one_end(void **state)
{
    (void)state;
    struct world *w = four(1);
    world_part(w, A, D);
    world_part(w, A, B);
    world_part(w, A, C);
    assert_int_equal(world_signals(w, D, 1, 300, NULL), OK);
    world_run(w, 2000);
    world_part(w, B, C);
    world_part(w, B, D);
    assert_int_equal(world_signals(w, D, 1000, 40, NULL), OK);
    world_run(w, 2000);
    assert_int_equal(look_feed(w, A, D).size + 300, look_feed(w, B, D).size);
    assert_int_equal(look_feed(w, B, D).size + 40, look_feed(w, C, D).size);
    uint64_t whole = look_feed(w, D, D).size;

    struct change c = {.who = D, .accepted = end_at(w, B, D, 1)};
    assert_int_equal(world_roster(w, B, suspend, &c), OK);
    world_join(w, A, B);
    world_join(w, A, C);
    world_join(w, B, C);
    world_run(w, 40000);
    assert_all_hold(w, D, c.accepted.size, D);
    assert_int_equal(world_told(w, C, REPORT_CUT_BACK, OK), 1);
    for (size_t at = A; at <= C; at++) {
        assert_int_equal(look_matches(w, at, 1039, TODAY), 0);
        assert_int_equal(look_gaps(w, at), 0);
    }
    /* A restart changes nothing of it. */
    world_stop(w, C);
    world_start(w, C);
    world_run(w, 20000);
    assert_int_equal(look_feed(w, C, D).size, c.accepted.size);

    /* Under the same key it goes on where it had been. */
    part_from_all(w, D, false);
    assert_int_equal(world_roster(w, A, readmit, &c), OK);
    world_run(w, 60000);
    assert_true(whole > 0);
    assert_all_hold(w, D, look_feed(w, D, D).size, D);
    assert_true(look_feed(w, A, D).size >= whole);
    for (size_t at = A; at <= D; at++)
        assert_int_equal(look_matches(w, at, 1039, TODAY), 1);
    assert_true(look_equal(w, 4));
    world_free(&w);
}

/* Goal: what an entry beyond the end took back is in force again everywhere. Method: D erases one
 * registration and retracts another; only C hears of both before D is suspended. */
static void test_taken_back_too_late(void **state)
{
    (void)state;
    struct world *w = four(6);
    uint64_t first;
    assert_int_equal(world_signals(w, D, 1, 5, &first), OK);
    world_run(w, 2000);
    struct change c = {.who = D, .accepted = end_at(w, B, D, 1)};
    world_part(w, A, D);
    world_part(w, B, D);
    world_part(w, A, C);
    world_part(w, B, C);
    assert_int_equal(world_erase(w, D, first), OK);
    assert_int_equal(retract(w, D, first + 1), OK);
    world_run(w, 2000);
    assert_int_equal(look_matches(w, C, 1, TODAY), 0);
    assert_int_equal(look_matches(w, C, 2, TODAY), 0);
    assert_int_equal(world_roster(w, B, suspend, &c), OK);
    world_join(w, A, C);
    world_join(w, B, C);
    world_run(w, 30000);
    assert_int_equal(world_told(w, C, REPORT_CUT_BACK, OK), 1);
    for (size_t at = A; at <= C; at++) {
        assert_int_equal(look_feed(w, at, D).size, c.accepted.size);
        assert_int_equal(look_matches(w, at, 1, TODAY), 1);
        assert_int_equal(look_matches(w, at, 2, TODAY), 1);
    }
    world_free(&w);
}

/* Goal: after a new key the feed goes on from the end that was named, at its author too, and
 * nothing that the old key signs afterwards counts. Method: a twin of D goes on with the old key;
 * D's own entries beyond the end fall away. */
static void test_new_key(void **state)
{
    (void)state;
    struct world *w = four(2);
    struct change c = {.who = D};
    assert_int_equal(world_signals(w, D, 1, 20, NULL), OK);
    world_run(w, 2000);
    c.accepted = end_at(w, B, D, 1);
    part_from_all(w, D, true);
    assert_int_equal(world_signals(w, D, 100, 5, NULL), OK); /* nobody ever got these */
    size_t thief = world_twin(w, D);
    new_key(w, D, &c);
    part_from_all(w, D, false);
    assert_int_equal(world_roster(w, A, rekey, &c), OK);
    world_run(w, 40000);
    assert_int_equal(world_told(w, D, REPORT_CUT_BACK, OK), 1);
    uint64_t first;
    assert_int_equal(world_signal(w, D, 200, TODAY + 100, &first), OK);
    assert_true(first >= c.accepted.size);
    world_run(w, 5000);
    for (size_t at = A; at <= C; at++) {
        assert_int_equal(look_feed(w, at, D).size, look_feed(w, D, D).size);
        assert_int_equal(look_matches(w, at, 200, TODAY), 1);
        assert_int_equal(look_matches(w, at, 5, TODAY), 1);
        assert_int_equal(look_matches(w, at, 100, TODAY), 0);
        assert_int_equal(look_gaps(w, at), 0);
    }
    assert_int_not_equal(world_signal(w, thief, 300, TODAY + 100, NULL), OK);
    world_run(w, 20000);
    for (size_t at = A; at <= C; at++)
        assert_int_equal(look_matches(w, at, 300, TODAY), 0);
    world_free(&w);
}

/* Goal: a replica that is short of the end, and one that begins with nothing, get there from
 * anybody, also while the author has not signed with its new key yet. Method: D stays away. */
static void test_catch_up(void **state)
{
    (void)state;
    struct world *w = four(3);
    world_stop(w, C);
    assert_int_equal(world_signals(w, D, 1, 700, NULL), OK);
    world_run(w, 5000);
    struct change c = {.who = D, .accepted = end_at(w, A, D, 1)};
    crypto_sign_keypair(c.feed_key, (uint8_t[64]){0});
    world_stop(w, D);
    assert_int_equal(world_roster(w, A, rekey, &c), OK);
    world_run(w, 2000);
    world_start(w, C);
    world_run(w, 30000);
    assert_all_hold(w, D, c.accepted.size, D);
    struct shelf *empty = world_new_shelf(w);
    world_stop(w, B);
    world_swap_shelf(w, B, empty);
    world_start(w, B);
    world_run(w, 60000);
    assert_all_hold(w, D, c.accepted.size, D);
    assert_int_equal(look_matches(w, B, 700, TODAY), 1);
    world_free(&w);
}

/* Goal: an end that a replica cannot have is fetched anew and whole; so is one after a dispute.
 * Method: D and its twin write different entries; A and B hold one branch, C the other. */
static void test_other_branch(void **state)
{
    (void)state;
    struct world *w = four(4);
    assert_int_equal(world_signals(w, D, 1, 10, NULL), OK);
    world_run(w, 2000);
    struct change c = {.who = D};
    world_part(w, C, A);
    world_part(w, C, B);
    world_part(w, D, A);
    world_part(w, D, B);
    size_t twin = world_twin(w, D);
    world_part(w, twin, C);
    world_part(w, twin, D);
    world_run(w, 20000); /* two of three keyholders confirm the twin's head */
    assert_int_equal(world_signals(w, twin, 500, 7, NULL), OK);
    world_part(w, twin, A);
    world_run(w, 1000);
    uint64_t before = look_feed(w, C, D).size;
    assert_int_equal(world_signals(w, D, 900, 7, NULL), OK);
    world_run(w, 2000);
    assert_int_equal(look_feed(w, C, D).size, before + 7);
    c.accepted = end_at(w, B, D, 1);
    assert_int_equal(look_matches(w, B, 503, TODAY), 1);
    new_key(w, D, &c);
    assert_int_equal(world_roster(w, B, rekey, &c), OK);
    for (size_t at = A; at <= C; at++) {
        world_join(w, at, D);
        world_join(w, at, C == at ? A : C);
    }
    world_run(w, 90000);
    for (size_t at = A; at <= D; at++) {
        assert_int_equal(look_matches(w, at, 503, TODAY), 1);
        assert_int_equal(look_matches(w, at, 903, TODAY), 0);
    }
    assert_int_equal(world_signal(w, D, 950, TODAY + 100, NULL), OK);
    world_run(w, 5000);
    for (size_t at = A; at <= C; at++)
        assert_int_equal(look_matches(w, at, 950, TODAY), 1);
    world_free(&w);
}

/* Goal: whoever either of two lists of one version suspends takes no part, at every honest node,
 * also after a restart; a list that names both ends it. Method: A gets one list, B another. */
static void test_two_lists(void **state)
{
    (void)state;
    struct world *w = four(5);
    struct change c = {.who = C, .accepted = end_at(w, A, C, 1)};
    struct change d = {.who = D, .accepted = end_at(w, A, D, 1)};
    world_part(w, A, B);
    struct bytes one = world_draft_next(w, suspend, &c);
    assert_int_equal(world_offer(w, A, one), OK);
    assert_int_equal(world_roster(w, B, suspend, &d), OK);
    uint8_t hash[2][HASH_BYTES];
    memcpy(hash[0], federation_roster(world_core(w, A))->hash, HASH_BYTES);
    memcpy(hash[1], federation_roster(world_core(w, B))->hash, HASH_BYTES);
    assert_memory_not_equal(hash[0], hash[1], HASH_BYTES);
    world_join(w, A, B);
    world_run(w, 30000);
    for (size_t at = A; at <= B; at++) {
        const struct roster *r = federation_roster(world_core(w, at));
        assert_int_equal(r->version, 2);
        assert_true(r->has_rival);
        assert_memory_equal(r->rival, hash[1 - at], HASH_BYTES);
        assert_true(world_told(w, at, REPORT_ROSTER_RIVAL, ERR_FORK) >= 1);
        assert_false(look_feed(w, at, C).is_up);
        assert_false(look_feed(w, at, D).is_up);
    }
    world_stop(w, A);
    world_start(w, A);
    world_run(w, 10000);
    assert_true(federation_roster(world_core(w, A))->has_rival);
    assert_false(
        roster_is_active(roster_find(federation_roster(world_core(w, A)), world_author(w, D))));

    /* One that names only one of them is not enough for those who know both. */
    assert_int_equal(world_offer(w, B, world_draft_next(w, NULL, NULL)), ERR_SEQUENCE);
    world_also(w, hash[0]);
    assert_int_equal(world_roster(w, A, readmit, &d), OK);
    world_run(w, 30000);
    for (size_t at = A; at <= D; at++) {
        const struct roster *r = federation_roster(world_core(w, at));
        assert_int_equal(r->version, 3);
        assert_false(r->has_rival);
        assert_true(roster_is_active(roster_find(r, world_author(w, C))));
        assert_true(roster_is_active(roster_find(r, world_author(w, D))));
    }
    assert_true(look_feed(w, A, D).is_up);
    world_free(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_end),   cmocka_unit_test(test_new_key),
        cmocka_unit_test(test_catch_up),  cmocka_unit_test(test_other_branch),
        cmocka_unit_test(test_two_lists), cmocka_unit_test(test_taken_back_too_late),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
