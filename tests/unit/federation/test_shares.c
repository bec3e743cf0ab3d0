/*
 * test_shares.c - which shares a node keeps, which of them answer, and when they are wiped.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "federation/core.h"

#include "tests/unit/federation/one_node.h"

enum { DAY = 86400 };

/* A list after the one in force, with these sharings, adopted from a file. */
static void adopt(struct one_node *n, const struct roster_key *keys, size_t count)
{
    uint8_t *document = malloc(65536), *paper = malloc(65536), *room = malloc(ROSTER_ARENA_BYTES);
    struct wire_arena arena;
    assert_true(document != NULL && paper != NULL && room != NULL);
    wire_arena_init(&arena, room, ROSTER_ARENA_BYTES);
    n->roster.version++;
    memcpy(n->roster.previous, n->roster.hash, HASH_BYTES);
    n->roster.key_count = count;
    memcpy(n->roster.keys, keys, count * sizeof *keys);
    size_t len = roster_encode(&n->roster, document, 65536);
    roster_hash(bytes_of(document, len), n->roster.hash);
    struct event ev = {.type = EVENT_ROSTER};
    ev.roster.signed_roster =
        bytes_of(paper, sample_sign(bytes_of(document, len), 7, &arena, paper, 65536));
    one_node_step(n, &ev);
    free(document);
    free(paper);
    free(room);
    assert_int_equal(federation_roster(n->core)->version, n->roster.version);
}

/* Organisation i signed a checkpoint at that time. */
static void says_it_is(struct one_node *n, size_t i, int64_t utc)
{
    struct feed *feed = core_feed(n->core, n->roster.organisations[i].author);
    assert_non_null(feed);
    feed->seen.time_utc = (uint64_t)utc;
}

static size_t effects_of(const struct one_node *n, enum effect_type type)
{
    size_t count = 0;
    for (size_t i = 0; i < n->effects->count; i++)
        count += n->effects->list[i].type == type;
    return count;
}

static bool has(struct one_node *n, uint32_t key, uint32_t epoch, uint32_t refresh)
{
    return shares_find(n->core, key, epoch, refresh) != NULL;
}

/* Goal: a share answers once the list has its sharing with our commitment to it, and not before.
 * Method: one that is put, then a list that has it; one whose scalar is another. */
static void test_active(void **state)
{
    struct one_node *n = *state;
    struct roster_key keys[4];
    const uint8_t *commitment;
    memcpy(keys, n->roster.keys, 2 * sizeof keys[0]);
    sample_key(&n->roster, &keys[2], KEY_PSEUDONYMS, 2);
    sample_key(&n->roster, &keys[3], KEY_FACTOR, 2);
    assert_non_null(shares_active(n->core, &keys[0], &commitment));
    assert_memory_equal(commitment, keys[0].commitment[0], POINT_BYTES);

    struct held_share share, other;
    one_node_share(0, KEY_PSEUDONYMS, 2, &share);
    one_node_share(1, KEY_FACTOR, 2, &other); /* somebody else's */
    effects_clear(n->effects);
    assert_int_equal(shares_put(n->core, &share, n->effects), OK);
    assert_int_equal(shares_put(n->core, &other, n->effects), OK);
    assert_int_equal(effects_of(n, EFFECT_PERSIST_SHARE), 2);
    assert_true(shares_find(n->core, KEY_PSEUDONYMS, 2, 0)->received_utc != 0);
    assert_null(shares_find(n->core, KEY_PSEUDONYMS, 2, 1));
    one_node_tick(n);
    struct share_status status;
    federation_share_status(n->core, 2, &status);
    assert_false(status.is_listed || status.is_active);

    adopt(n, keys, 4);
    assert_int_equal(effects_of(n, EFFECT_PERSIST_SHARE), 1); /* came into the list */
    const struct roster *r = federation_roster(n->core);
    assert_non_null(shares_active(n->core, roster_key_find(r, KEY_PSEUDONYMS, 2, 0), &commitment));
    assert_memory_equal(commitment, keys[2].commitment[0], POINT_BYTES);
    assert_null(shares_active(n->core, roster_key_find(r, KEY_FACTOR, 2, 0), &commitment));
    assert_null(commitment);
    assert_int_equal(federation_share_count(n->core), 4);
    federation_share_status(n->core, 2, &status);
    assert_true(status.is_listed && status.is_active && status.epoch == 2);
    assert_memory_equal(status.commitment, keys[2].commitment[0], POINT_BYTES);

    /* The pending one is replaced by the right one, which answers at once. */
    one_node_share(0, KEY_FACTOR, 2, &other);
    effects_clear(n->effects);
    assert_int_equal(shares_put(n->core, &other, n->effects), OK);
    assert_non_null(shares_active(n->core, roster_key_find(r, KEY_FACTOR, 2, 0), &commitment));
    assert_int_equal(federation_share_count(n->core), 4);
}

/* Goal: what cannot be kept is refused, and changes nothing. */
static void test_refused(void **state)
{
    struct one_node *n = *state;
    struct held_share share;
    one_node_share(1, KEY_PSEUDONYMS, 1, &share); /* the numbers of one that answers */
    effects_clear(n->effects);
    assert_int_equal(shares_put(n->core, &share, n->effects), ERR_DUPLICATE);
    assert_int_equal(federation_load_share(n->core, &share), ERR_DUPLICATE);
    one_node_share(0, KEY_PSEUDONYMS, 1, &share);
    assert_int_equal(shares_put(n->core, &share, n->effects), OK); /* the same again */
    assert_int_equal(federation_load_share(n->core, &share), OK);
    share.epoch = 9;
    share.share.index = 0;
    assert_int_equal(shares_put(n->core, &share, n->effects), ERR_RANGE);
    share.share.index = 1;
    memset(share.share.scalar, 0xff, SCALAR_BYTES);
    assert_int_equal(shares_put(n->core, &share, n->effects), ERR_SCALAR);
    assert_int_equal(federation_share_count(n->core), 2);
    for (uint32_t i = 2; i < SHARES_MAX; i++) {
        one_node_share(0, KEY_PSEUDONYMS, 10 + i, &share);
        assert_int_equal(shares_put(n->core, &share, n->effects), OK);
    }
    one_node_share(0, KEY_PSEUDONYMS, 99, &share);
    assert_int_equal(shares_put(n->core, &share, n->effects), ERR_FULL);
    shares_drop(n->core, KEY_PSEUDONYMS, 99, 0, n->effects); /* not there: nothing */
    shares_drop(n->core, KEY_PSEUDONYMS, 1, 0, n->effects);  /* answers: it stays */
    assert_int_equal(federation_share_count(n->core), SHARES_MAX);
    assert_int_equal(effects_of(n, EFFECT_FORGET_SHARE), 0);
    shares_drop(n->core, KEY_PSEUDONYMS, 12, 0, n->effects);
    assert_int_equal(effects_of(n, EFFECT_FORGET_SHARE), 1);
    assert_int_equal(shares_put(n->core, &share, n->effects), OK);
}

/* Goal: a share is wiped when its sharing leaves the list, or has ended by more clocks than one;
 * a pending one after 90 days, or when it is overtaken.
 * Method: a list with an old sharing that ends and one that goes, and clocks of others. */
static void test_wiped(void **state)
{
    struct one_node *n = *state;
    struct roster_key keys[3];
    struct held_share share;
    memcpy(keys, n->roster.keys, 2 * sizeof keys[0]);
    sample_key(&n->roster, &keys[2], KEY_PSEUDONYMS, 2);
    keys[0].until_utc = ONE_NODE_UTC + DAY;
    one_node_share(0, KEY_PSEUDONYMS, 2, &share);
    effects_clear(n->effects);
    assert_int_equal(shares_put(n->core, &share, n->effects), OK);
    adopt(n, keys, 3);
    assert_true(has(n, KEY_PSEUDONYMS, 1, 0) && has(n, KEY_PSEUDONYMS, 2, 0));

    n->now_ms += 3ull * DAY * 1000; /* our clock alone is past the end */
    says_it_is(n, 0, ONE_NODE_UTC + 3 * DAY);
    says_it_is(n, 1, ONE_NODE_UTC);
    says_it_is(n, 2, ONE_NODE_UTC);
    one_node_tick(n);
    assert_true(has(n, KEY_PSEUDONYMS, 1, 0));
    const struct roster *r = federation_roster(n->core);
    const struct roster_key *old = roster_key_find(r, KEY_PSEUDONYMS, 1, 0);
    assert_true(core_key_serves(n->core, old)); /* and it is answered still */
    says_it_is(n, 1, ONE_NODE_UTC + 2 * DAY);   /* and now the median of all */
    assert_false(core_key_serves(n->core, old));
    one_node_tick(n);
    assert_false(has(n, KEY_PSEUDONYMS, 1, 0));
    assert_int_equal(effects_of(n, EFFECT_FORGET_SHARE), 1);

    keys[1] = keys[2]; /* the key for statistics goes */
    adopt(n, keys + 1, 1);
    assert_false(has(n, KEY_STATISTICS, 4, 0));
    assert_true(has(n, KEY_PSEUDONYMS, 2, 0));

    one_node_share(0, KEY_PSEUDONYMS, 1, &share); /* an old file is taken: overtaken */
    effects_clear(n->effects);
    assert_int_equal(shares_put(n->core, &share, n->effects), OK);
    one_node_share(0, KEY_PSEUDONYMS, 3, &share);
    assert_int_equal(shares_put(n->core, &share, n->effects), OK);
    one_node_tick(n);
    assert_false(has(n, KEY_PSEUDONYMS, 1, 0));
    assert_true(has(n, KEY_PSEUDONYMS, 3, 0));
    n->now_ms += 95ull * DAY * 1000;
    one_node_tick(n);
    assert_true(has(n, KEY_PSEUDONYMS, 3, 0)); /* the others' clocks stand still */
    for (size_t i = 0; i < 3; i++)
        says_it_is(n, i, ONE_NODE_UTC + 95 * DAY);
    one_node_tick(n);
    assert_false(has(n, KEY_PSEUDONYMS, 3, 0));
    assert_true(has(n, KEY_PSEUDONYMS, 2, 0));
}

/* Goal: a share is in the effects of its step alone. */
static void test_effects_wiped(void **state)
{
    struct one_node *n = *state;
    struct held_share share;
    one_node_share(0, KEY_PSEUDONYMS, 7, &share);
    effects_clear(n->effects);
    assert_int_equal(shares_put(n->core, &share, n->effects), OK);
    const struct effect *e = &n->effects->list[0];
    assert_int_equal(e->type, EFFECT_PERSIST_SHARE);
    assert_memory_equal(e->share.share.scalar, share.share.scalar, SCALAR_BYTES);
    effects_clear(n->effects);
    assert_true(sodium_is_zero(e->share.share.scalar, SCALAR_BYTES));
}

int main(void)
{
#define TEST(t) cmocka_unit_test_setup_teardown(t, one_node_setup, one_node_teardown)
    const struct CMUnitTest tests[] = {TEST(test_active), TEST(test_refused), TEST(test_wiped),
                                       TEST(test_effects_wiped)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
