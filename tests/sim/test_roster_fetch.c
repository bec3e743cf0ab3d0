/*
 * Member lists: a newer one reaches everyone who is connected within a round and everyone else at
 * the next connection; nobody is kept from it; who was suspended has no effect any more (I4).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "tests/sim/check.h"

enum { YEAR_ON = WORLD_TODAY + 365, ROUND_MS = 100 };

static uint64_t version_at(struct world *w, size_t node)
{
    return federation_roster(world_core(w, node))->version;
}

static void suspend(struct roster *r, void *ctx)
{
    r->organisations[*(size_t *)ctx].status = ORG_SUSPENDED;
}

/* Enough organisations for a document of several chunks. */
static void add_many(struct roster *r, void *ctx)
{
    for (size_t i = 0; i < *(size_t *)ctx; i++) {
        struct organisation *o = &r->organisations[r->organisation_count];
        uint8_t seed[8] = {0}, keys[64];
        memcpy(seed, &r->organisation_count, sizeof seed);
        crypto_generichash(keys, sizeof keys, seed, sizeof seed, NULL, 0);
        memset(o, 0, sizeof *o);
        snprintf(o->org_id, sizeof o->org_id, "NL-KVK-%08zu", 1000 + r->organisation_count);
        snprintf(o->name, sizeof o->name, "Organisation number %zu", r->organisation_count);
        strcpy(o->country, "NL");
        memcpy(o->feed_key, keys, 32);
        memcpy(o->transport_key, keys + 32, 32);
        o->roles = ROLE_MEMBER;
        o->status = ORG_ACTIVE;
        o->feed_epoch = 1;
        r->organisation_count++;
    }
}

/* Goal: living connections carry the news at once; a node that was off catches up version by
 * version, in chunks. Method: D is off for three versions, one of them with 600 organisations. */
static void test_spread(void **state)
{
    (void)state;
    struct world_setup setup = {.seed = 31, .nodes = 4, .is_quiet = true};
    struct world *w = world_new(&setup);
    size_t many = 600;
    world_run(w, 5000);
    world_stop(w, 3);
    assert_int_equal(world_roster(w, 2, NULL, NULL), OK);
    world_run(w, ROUND_MS);
    for (size_t node = 0; node < 3; node++)
        assert_int_equal(version_at(w, node), 2);
    assert_int_equal(world_roster(w, 0, add_many, &many), OK);
    world_run(w, 3 * ROUND_MS);
    assert_int_equal(version_at(w, 1), 3);
    assert_int_equal(version_at(w, 2), 3);
    assert_int_equal(world_roster(w, 1, NULL, NULL), OK);
    world_start(w, 3);
    world_run(w, 3000);
    for (size_t node = 0; node < 4; node++) {
        assert_int_equal(version_at(w, node), 4);
        assert_int_equal(federation_roster(world_core(w, node))->organisation_count, 604);
    }
    world_stop(w, 3);
    world_start(w, 3);
    assert_int_equal(version_at(w, 3), 4);
    world_free(&w);
}

static size_t drop_chunks(void *ctx, const struct passing *p)
{
    const size_t *silent = ctx;
    const Seinpost__Message *m = world_read(bytes_of(p->frame, p->len));
    bool is_chunk = m != NULL && m->body_case == SEINPOST__MESSAGE__BODY_ROSTER_CHUNK;
    return is_chunk && p->from == *silent ? 0 : p->len;
}

/* Tells to that from has this version, and shows a piece of it: len zero bytes of total. */
static void promise(struct world *w, size_t from, size_t to, uint64_t version, size_t len,
                    uint32_t total)
{
    static uint8_t zeros[ROSTER_CHUNK_BYTES];
    const struct roster *r = federation_roster(world_core(w, to));
    Seinpost__Opening o = SEINPOST__OPENING__INIT;
    Seinpost__Message m = SEINPOST__MESSAGE__INIT;
    m.body_case = SEINPOST__MESSAGE__BODY_OPENING;
    m.opening = &o;
    o.version_min = o.version_max = 1;
    o.federation = (ProtobufCBinaryData){HASH_BYTES, (uint8_t *)(uintptr_t)r->genesis};
    o.author = (ProtobufCBinaryData){AUTHOR_BYTES, (uint8_t *)(uintptr_t)world_author(w, from)};
    o.roster_version = version;
    o.roster_hash = (ProtobufCBinaryData){HASH_BYTES, zeros};
    world_inject_message(w, from, to, &m);
    Seinpost__RosterChunk c = SEINPOST__ROSTER_CHUNK__INIT;
    m.body_case = SEINPOST__MESSAGE__BODY_ROSTER_CHUNK;
    m.roster_chunk = &c;
    c.version = r->version + 1;
    c.total = total;
    c.data = (ProtobufCBinaryData){len, zeros};
    world_inject_message(w, from, to, &m);
}

/* Goal: a peer that promises a newer list and is silent, drips, or gives a forged one, keeps nobody
 * from the list of another peer. Method: C learns of version 2 from A, who does not answer, and
 * from B; later A promises version 9 each time in another false way, and version 3 comes from B. */
static void test_false_promises(void **state)
{
    (void)state;
    static const struct {
        size_t len;
        uint32_t total;
        enum err want;
        const char *why;
    } rows[] = {
        {300,                300,                  ERR_FORMAT, "bytes that are no list"  },
        {1,                  300,                  ERR_RANGE,  "one byte at a time"      },
        {ROSTER_CHUNK_BYTES, 49000,                OK,         "a first chunk, no second"},
        {0,                  300,                  ERR_RANGE,  "an empty chunk"          },
        {100,                99,                   ERR_RANGE,  "more than there is"      },
        {100,                ROSTER_BYTES_MAX + 1, ERR_RANGE,  "too large"               },
    };
    struct world_setup setup = {.seed = 32, .nodes = 3, .is_quiet = true};
    struct world *w = world_new(&setup);
    size_t silent = 0;
    world_run(w, 5000);
    world_part(w, 1, 2);
    world_watch(w, drop_chunks, &silent);
    assert_int_equal(world_roster(w, 0, NULL, NULL), OK);
    world_run(w, ROUND_MS);
    assert_int_equal(world_offer(w, 1, world_newest(w)), OK);
    world_join(w, 1, 2);
    world_run(w, 20000);
    assert_int_equal(version_at(w, 2), 2);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        print_message("%s\n", rows[i].why);
        size_t told = world_told(w, 2, REPORT_MESSAGE_REFUSED, rows[i].want);
        promise(w, 0, 2, 99, rows[i].len, rows[i].total);
        if (rows[i].want != OK)
            assert_int_equal(world_told(w, 2, REPORT_MESSAGE_REFUSED, rows[i].want), told + 1);
        assert_int_equal(world_roster(w, 1, NULL, NULL), OK);
        world_run(w, rows[i].want == OK ? 17000 : ROUND_MS);
        assert_int_equal(version_at(w, 2), 3 + i);
    }
    world_free(&w);
}

/* Goal: a suspended member is cut within one round by everyone, and nothing that it sends
 * afterwards, by itself or through a relay, has an effect. Method: B is suspended in a list that D
 * adopts; B, which may not know it yet, publishes, asks and dials. */
static void test_suspended(void **state)
{
    (void)state;
    struct world_setup setup = {
        .seed = 33, .nodes = 4, .keyholders = 3, .threshold = 2, .is_quiet = true};
    struct world *w = world_new(&setup);
    size_t who = 1;
    world_run(w, 5000);
    assert_int_equal(world_signal(w, 1, 1, YEAR_ON, NULL), OK);
    world_run(w, 1000);
    world_roster(w, 3, suspend, &who);
    assert_int_equal(world_offer(w, 0, bytes_of(NULL, 0)), ERR_FORMAT);
    world_run(w, ROUND_MS);
    for (size_t node = 0; node < 4; node++) {
        if (node == 1)
            continue;
        assert_int_equal(version_at(w, node), 2);
        assert_false(world_is_connected(w, 1, node));
    }
    struct snapshot before[4];
    for (size_t node = 0; node < 4; node++)
        before[node] = check_snapshot(w, node);
    uint64_t ticket = world_ask(w, 1, "somebody", 1);
    enum err signed_still = world_signal(w, 1, 2, YEAR_ON, NULL);
    world_run(w, 20000);
    for (size_t node = 0; node < 4; node++)
        if (node != 1)
            assert_true(check_is_unchanged(w, node, &before[node]));
    assert_true(world_answer(w, 1, ticket)->is_there);
    assert_int_not_equal(world_answer(w, 1, ticket)->result, OK);
    assert_true(signed_still == OK || signed_still == ERR_STRANGER);
    assert_true(world_told(w, 0, REPORT_LINK_REFUSED, ERR_STRANGER) > 0);

    /* Through a relay: a batch of B's that D hands on. */
    const struct feed_record *rec = shelf_record(world_shelf(w, 1), world_author(w, 1));
    Seinpost__Batch b = SEINPOST__BATCH__INIT;
    Seinpost__Message m = SEINPOST__MESSAGE__INIT;
    m.body_case = SEINPOST__MESSAGE__BODY_BATCH;
    m.batch = &b;
    b.author = (ProtobufCBinaryData){AUTHOR_BYTES, (uint8_t *)(uintptr_t)world_author(w, 1)};
    b.checkpoint = (ProtobufCBinaryData){CHECKPOINT_SIGNED_BYTES, (uint8_t *)(uintptr_t)rec->held};
    world_inject_message(w, 3, 0, &m);
    assert_int_equal(world_told(w, 0, REPORT_MESSAGE_REFUSED, ERR_STRANGER), 1);
    assert_true(check_is_unchanged(w, 0, &before[0]));

    world_free(&w);
}

static void go_back(struct roster *r, void *ctx)
{
    (void)ctx;
    r->version = 1;
    memset(r->previous, 0, 32);
    memset(r->genesis, 0, 32);
    r->issued_utc--;
}

static void jump(struct roster *r, void *ctx)
{
    (void)ctx;
    memcpy(r->previous, r->hash, 32);
    r->version += 2;
}

static void follow_on(struct roster *r)
{
    memcpy(r->previous, r->hash, 32);
    r->version++;
}

static void forget_one(struct roster *r, void *ctx)
{
    (void)ctx;
    follow_on(r);
    r->organisation_count--;
}

static void rekey_in_place(struct roster *r, void *ctx)
{
    (void)ctx;
    follow_on(r);
    r->organisations[1].feed_key[0] ^= 1;
}

static void other_genesis(struct roster *r, void *ctx)
{
    (void)ctx;
    follow_on(r);
    r->genesis[0] ^= 1;
}

static void go_on(struct roster *r, void *ctx)
{
    (void)ctx;
    follow_on(r);
}

/* Goal: a list that is older, or not a lawful successor changes nothing, and says why. */
static void test_refused_lists(void **state)
{
    (void)state;
    static const struct {
        void (*edit)(struct roster *r, void *ctx);
        enum err want;
        const char *why;
    } rows[] = {
        {go_back,        ERR_STALE,     "another first version"       },
        {jump,           ERR_SEQUENCE,  "a version is missing between"},
        {forget_one,     ERR_NOT_FOUND, "an organisation is gone"     },
        {rekey_in_place, ERR_RANGE,     "a new key in the same epoch" },
        {other_genesis,  ERR_SEQUENCE,  "of another federation"       },
    };
    struct world_setup setup = {.seed = 34, .nodes = 2, .is_quiet = true};
    struct world *w = world_new(&setup);
    world_run(w, 3000);
    assert_int_equal(world_roster(w, 0, NULL, NULL), OK);
    world_run(w, 1000);
    struct snapshot before = check_snapshot(w, 0);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        print_message("%s\n", rows[i].why);
        assert_int_equal(world_offer(w, 0, world_draft(w, rows[i].edit, NULL)), rows[i].want);
        assert_int_equal(version_at(w, 0), 2);
        assert_true(check_is_unchanged(w, 0, &before));
    }
    uint8_t copy[4096];
    struct bytes next = world_draft(w, go_on, NULL);
    assert_true(next.len < sizeof copy);
    memcpy(copy, next.data, next.len);
    copy[next.len - 1] ^= 1;
    assert_int_equal(world_offer(w, 0, bytes_of(copy, next.len)), ERR_SIGNATURE);
    assert_int_equal(world_offer(w, 0, bytes_of(next.data, next.len - 102)), ERR_QUORUM);
    assert_int_equal(world_offer(w, 0, bytes_of(next.data, next.len - 1)), ERR_TRUNCATED);
    static uint8_t large[ROSTER_BYTES_MAX + 1];
    assert_int_equal(world_offer(w, 0, bytes_of(large, sizeof large)), ERR_LIMIT);
    assert_true(check_is_unchanged(w, 0, &before));
    assert_int_equal(world_offer(w, 0, next), OK);
    assert_int_equal(world_offer(w, 0, next), ERR_DUPLICATE);
    world_free(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_spread),
        cmocka_unit_test(test_false_promises),
        cmocka_unit_test(test_suspended),
        cmocka_unit_test(test_refused_lists),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
