/*
 * Goal: the member list in force rules every message, a newer one reaches everybody through anybody
 * whatever else peers claim, and nothing but the next one, signed, is adopted. Method: unchanged
 * cores on virtual time; the steward's lists are given to one node, and what others hold, send and
 * get is looked at; claims of lists that do not exist are injected.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "proto/wire.h"
#include "tests/sim/look.h"

enum { TODAY = WORLD_START_UTC / 86400, A = 0, B, C, D };

static struct world *four(uint64_t seed)
{
    struct world_setup setup = {.seed = seed, .nodes = 4, .keyholders = 3, .threshold = 2};
    struct world *w = world_new(&setup);
    world_run(w, 5000);
    return w;
}

static uint64_t version(struct world *w, size_t at)
{
    return federation_roster(world_core(w, at))->version;
}

/* ctx: the position in the list. */
static void suspend(struct roster *r, void *ctx)
{
    r->organisations[*(const size_t *)ctx].status = ORG_SUSPENDED;
}

static void readmit(struct roster *r, void *ctx)
{
    r->organisations[*(const size_t *)ctx].status = ORG_ACTIVE;
}

/* Goal: I4. Method: D is suspended without hearing of it, and goes on by its own older list: it
 * signs, dials, serves and asks, and nothing of that changes anything. */
static void test_suspended(void **state)
{
    (void)state;
    struct world *w = four(1);
    size_t who = D;
    assert_int_equal(world_signal(w, D, 1, TODAY + 100, NULL), OK);
    world_run(w, 100);
    assert_int_equal(look_matches(w, B, 1, TODAY), 1);
    uint64_t had = look_feed(w, B, D).size;

    for (size_t at = A; at <= C; at++)
        world_part(w, at, D); /* it does not hear of its suspension */
    assert_int_equal(world_roster(w, A, suspend, &who), OK);
    world_run(w, 5000);
    assert_int_equal(version(w, B), 2);
    assert_int_equal(version(w, D), 1);
    assert_int_equal(world_signal(w, D, 2, TODAY + 100, NULL), OK);
    size_t refused = world_reports(w, REPORT_LINK_REFUSED);
    for (size_t at = A; at <= C; at++)
        world_join(w, at, D);
    world_run(w, 20000);
    assert_true(world_reports(w, REPORT_LINK_REFUSED) > refused);
    for (size_t at = A; at <= C; at++) {
        assert_int_equal(look_feed(w, at, D).size, had);
        assert_int_equal(look_matches(w, at, 2, TODAY), 0);
        assert_false(look_feed(w, at, D).is_up);
        assert_int_equal(look_gaps(w, at), 0); /* nobody waits for it */
    }
    assert_int_not_equal(world_evaluate(w, D, "somebody", 20000, NULL), OK);
    assert_int_equal(world_evaluate(w, B, "somebody", 20000, NULL), OK);
    world_free(&w);
}

/* Goal: cut at the message, not at the handshake. Method: the suspended member's frames arrive over
 * a connection that was there before. */
static void test_cut_at_once(void **state)
{
    (void)state;
    struct world *w = four(2);
    size_t who = D;
    assert_int_equal(world_signal(w, D, 1, TODAY + 100, NULL), OK);
    assert_int_equal(world_roster(w, B, suspend, &who), OK); /* D's batch is still under way */
    world_run(w, 20000);
    assert_int_equal(look_matches(w, B, 1, TODAY), 0);
    assert_false(look_feed(w, B, D).is_up);
    assert_int_equal(world_append(w, B, NULL, 0, NULL), OK);

    assert_int_equal(world_roster(w, B, readmit, &who), OK);
    world_run(w, 20000);
    assert_int_equal(version(w, A), 3);
    world_stop(w, D); /* it was not told while it was out */
    world_start(w, D);
    world_run(w, 30000);
    assert_int_equal(version(w, D), 3);
    assert_int_equal(look_matches(w, B, 1, TODAY), 1);
    assert_true(look_equal(w, 4));
    world_free(&w);
}

static void claim(struct world *w, size_t from, size_t to, uint64_t number)
{
    const struct roster *r = federation_roster(world_core(w, to));
    Seinpost__Opening o = SEINPOST__OPENING__INIT;
    o.version_min = PROTOCOL_VERSION_MIN;
    o.version_max = PROTOCOL_VERSION_MAX;
    o.federation = (ProtobufCBinaryData){HASH_BYTES, (uint8_t *)(uintptr_t)r->genesis};
    o.author = (ProtobufCBinaryData){AUTHOR_BYTES, (uint8_t *)(uintptr_t)world_author(w, from)};
    o.roster_version = number;
    o.roster_hash = (ProtobufCBinaryData){HASH_BYTES, (uint8_t *)(uintptr_t)r->hash};
    Seinpost__Message m = SEINPOST__MESSAGE__INIT;
    m.body_case = SEINPOST__MESSAGE__BODY_OPENING;
    m.opening = &o;
    uint8_t frame[512];
    size_t len = message_encode(&m, frame, sizeof frame);
    assert_true(len > 0);
    world_inject(w, from, to, bytes_of(frame, len));
}

/* Goal: a list spreads through whoever has it, several in a row and after a liar. Method: C hears
 * lists from B alone; D claims one that it has not got, just before B has one. */
static void test_spreads(void **state)
{
    (void)state;
    struct world *w = four(3);
    for (unsigned i = 0; i < 2; i++) { /* the second while C still asks for one after the first */
        assert_int_equal(world_roster(w, A, NULL, NULL), OK);
        world_run(w, 1000);
    }
    for (size_t at = A; at <= D; at++)
        assert_int_equal(version(w, at), 3);

    world_part(w, A, C);
    world_run(w, 20000);
    claim(w, D, C, 99);
    world_part(w, C, D);
    world_join(w, C, D);
    world_run(w, 100);
    claim(w, D, C, 99);
    assert_int_equal(world_roster(w, B, NULL, NULL), OK);
    world_run(w, 40000);
    for (size_t at = A; at <= D; at++)
        assert_int_equal(version(w, at), 4);

    world_stop(w, D); /* and whoever was away gets all that it missed */
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(world_roster(w, A, NULL, NULL), OK);
    world_start(w, D);
    world_run(w, 30000);
    assert_int_equal(version(w, D), 7);
    world_stop(w, D);
    world_start(w, D); /* from what it kept */
    assert_int_equal(version(w, D), 7);
    world_free(&w);
}

/* Makes the list that is being signed another one in place of the version before. */
static void rival(struct roster *r, void *ctx)
{
    r->version--;
    memcpy(r->previous, ctx, HASH_BYTES);
    r->policy.budget_a_day = 1;
}

static void jump(struct roster *r, void *ctx)
{
    (void)ctx;
    r->version++;
}

static void forget_one(struct roster *r, void *ctx)
{
    (void)ctx;
    r->organisation_count--;
}

/* Goal: rivals, old ones, gaps and lists that drop a member are refused by everybody who has the
 * right one, and the one in force stays. */
static void test_refused(void **state)
{
    (void)state;
    static const struct {
        void (*edit)(struct roster *r, void *ctx);
        enum err want;
        const char *why;
    } rows[] = {
        {rival,      ERR_FORK,      "another second version"},
        {forget_one, ERR_NOT_FOUND, "a member has vanished" },
        {jump,       ERR_SEQUENCE,  "leaves a version out"  },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct world *w = four(4);
        uint8_t first[HASH_BYTES], hash[HASH_BYTES];
        memcpy(first, federation_roster(world_core(w, A))->hash, HASH_BYTES);
        assert_int_equal(world_roster(w, A, NULL, NULL), OK);
        world_run(w, 5000);
        memcpy(hash, federation_roster(world_core(w, B))->hash, HASH_BYTES);
        enum err e = world_roster(w, B, rows[i].edit, first);
        if (e != rows[i].want)
            print_message("%s: %s\n", rows[i].why, err_name(e));
        assert_int_equal(e, rows[i].want);
        claim(w, A, B, 2);
        claim(w, A, B, 1);
        world_run(w, 5000);
        for (size_t at = A; at <= D; at++) {
            assert_int_equal(version(w, at), 2);
            assert_memory_equal(federation_roster(world_core(w, at))->hash, hash, HASH_BYTES);
            assert_int_equal(look_gaps(w, at), 0);
        }
        assert_int_equal(world_signal(w, B, 1, TODAY + 10, NULL), OK);
        world_free(&w);
    }
}

/* Goal: only members are evaluated for. Method: D is in the list as relay, and as observer. */
static void test_no_member(void **state)
{
    (void)state;
    static const uint32_t roles[] = {ROLE_RELAY, ROLE_OBSERVER};
    for (size_t i = 0; i < 2; i++) {
        struct world_setup setup = {.seed = 5, .nodes = 4, .keyholders = 3, .threshold = 2};
        setup.roles[D] = roles[i];
        struct world *w = world_new(&setup);
        world_run(w, 5000);
        size_t refused = world_reports(w, REPORT_MESSAGE_REFUSED);
        assert_int_equal(world_evaluate(w, D, "somebody", 20000, NULL), ERR_UNAUTHORISED);
        assert_true(world_reports(w, REPORT_MESSAGE_REFUSED) > refused);
        assert_int_equal(world_evaluate(w, A, "somebody", 20000, NULL), OK);
        world_free(&w);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_suspended), cmocka_unit_test(test_cut_at_once),
        cmocka_unit_test(test_spreads),   cmocka_unit_test(test_refused),
        cmocka_unit_test(test_no_member),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
