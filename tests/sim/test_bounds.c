/*
 * Bounds: the largest that can happen fits or is refused cleanly, and no peer can take so much that
 * another goes short.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/sim/check.h"
#include "tests/sim/look.h"

enum { CROWD = 1000, FIRST_LINK = 1000000 };

/* ---- Appending ---- */

/* Goal: what does not fit is refused before anything changed, and what fits is stored whole.
 * Method: one row is one append of count entries with payloads of len bytes. */
static void test_appends(void **state)
{
    (void)state;
    static const struct {
        size_t count, len;
        enum err want;
        const char *why;
    } rows[] = {
        {0,              0,                                     OK,        "a checkpoint alone"       },
        {APPEND_MAX,     0,                                     OK,        "as many as there may be"  },
        {APPEND_MAX,     400,                                   OK,        "as many, of two units"    },
        {APPEND_MAX + 1, 0,                                     ERR_LIMIT, "one more"                 },
        {APPEND_MAX,     BODY_BYTES_MAX - BODY_FIXED_BYTES,     ERR_FULL,  "as many, each the largest"},
        {100,            BODY_BYTES_MAX - BODY_FIXED_BYTES,     OK,        "a hundred of the largest" },
        {1,              BODY_BYTES_MAX - BODY_FIXED_BYTES + 1, ERR_LIMIT, "one byte too long"        },
    };
    struct world_setup setup = {.seed = 61, .nodes = 2, .is_quiet = true};
    struct world *w = world_new(&setup);
    static uint8_t payload[BODY_BYTES_MAX];
    struct draft *drafts = calloc(APPEND_MAX + 1, sizeof *drafts);
    assert_non_null(drafts);
    world_run(w, 3000);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        print_message("%s\n", rows[i].why);
        for (size_t k = 0; k < rows[i].count; k++)
            drafts[k] =
                (struct draft){.type = ENTRY_NOTICE, .payload = bytes_of(payload, rows[i].len)};
        struct snapshot before = check_snapshot(w, 0);
        uint64_t first = 0, size = world_standing(w, 0).size;
        assert_int_equal(world_append(w, 0, drafts, rows[i].count, &first), rows[i].want);
        if (rows[i].want == OK) {
            assert_int_equal(first, size);
            assert_int_equal(world_standing(w, 0).size, size + rows[i].count);
        } else {
            assert_true(check_is_unchanged(w, 0, &before));
        }
    }
    world_run(w, 5000);
    check_equal(w);
    free(drafts);
    world_free(&w);
}

/* ---- A crowd ---- */

static void crowd_key(size_t i, uint8_t key[32])
{
    uint64_t number = 5000 + i;
    crypto_generichash(key, 32, (const uint8_t *)&number, sizeof number, NULL, 0);
}

static void add_crowd(struct roster *r, void *ctx)
{
    (void)ctx;
    for (size_t i = 0; i < CROWD; i++) {
        struct organisation *o = &r->organisations[r->organisation_count++];
        memset(o, 0, sizeof *o);
        snprintf(o->org_id, sizeof o->org_id, "NL-KVK-%08zu", 5000 + i);
        snprintf(o->name, sizeof o->name, "Organisation %zu", i);
        strcpy(o->country, "NL");
        crowd_key(i, o->transport_key);
        crowd_key(i + CROWD, o->feed_key);
        o->roles = ROLE_MEMBER;
        o->status = ORG_ACTIVE;
        o->feed_epoch = 1;
    }
}

static void crowd_author(size_t i, uint8_t author[32])
{
    char org_id[32];
    int len = snprintf(org_id, sizeof org_id, "NL-KVK-%08zu", 5000 + i);
    author_of(bytes_of(org_id, (size_t)len), author);
}

static const struct effects *give_message(struct world *w, uint32_t link,
                                          const Seinpost__Message *m)
{
    static uint8_t frame[FRAME_BYTES_MAX];
    struct event ev = {.type = EVENT_FRAME};
    ev.frame.link = link;
    ev.frame.bytes = bytes_of(frame, message_encode(m, frame, sizeof frame));
    return world_give(w, 0, &ev);
}

static size_t count_effects(const struct effects *out, enum effect_type type)
{
    size_t count = 0;
    for (size_t i = 0; i < out->count; i++)
        count += out->list[i].type == type;
    return count;
}

/* A connection of organisation i of the crowd to A, with openings exchanged; endpoint may be NULL.
 */
static const struct effects *crowd_opening(struct world *w, size_t i, uint32_t link,
                                           const char *endpoint)
{
    const struct roster *r = federation_roster(world_core(w, 0));
    uint8_t author[32];
    crowd_author(i, author);
    Seinpost__Contact c = SEINPOST__CONTACT__INIT, *list = &c;
    c.author = (ProtobufCBinaryData){32, author};
    c.endpoint = (char *)(uintptr_t)endpoint;
    Seinpost__Opening o = SEINPOST__OPENING__INIT;
    Seinpost__Message m = SEINPOST__MESSAGE__INIT;
    m.body_case = SEINPOST__MESSAGE__BODY_OPENING;
    m.opening = &o;
    o.version_min = o.version_max = 1;
    o.federation = (ProtobufCBinaryData){32, (uint8_t *)(uintptr_t)r->genesis};
    o.author = (ProtobufCBinaryData){32, author};
    o.roster_version = r->version;
    o.roster_hash = (ProtobufCBinaryData){32, (uint8_t *)(uintptr_t)r->hash};
    o.n_contact = endpoint != NULL;
    o.contact = &list;
    return give_message(w, link, &m);
}

static const struct effects *crowd_up(struct world *w, size_t i, uint32_t link)
{
    struct event ev = {.type = EVENT_UP};
    ev.up.link = link;
    crowd_key(i, ev.up.transport_key);
    return world_give(w, 0, &ev);
}

static const struct effects *crowd_follow(struct world *w, uint32_t link, const uint8_t *author,
                                          uint64_t size, uint32_t credit)
{
    Seinpost__Follow f = SEINPOST__FOLLOW__INIT;
    Seinpost__Message m = SEINPOST__MESSAGE__INIT;
    m.body_case = SEINPOST__MESSAGE__BODY_FOLLOW;
    m.follow = &f;
    f.author = (ProtobufCBinaryData){32, (uint8_t *)(uintptr_t)author};
    f.feed_epoch = 1;
    f.size = size;
    f.credit = credit;
    return give_message(w, link, &m);
}

/* Batches that A sends until it has nothing more to send, to links from first on. */
static size_t pump(struct world *w, uint32_t first, size_t *steps)
{
    size_t batches = 0;
    for (*steps = 0; *steps < 2000; (*steps)++) {
        struct event ev = {.type = EVENT_TICK};
        const struct effects *out = world_give(w, 0, &ev);
        size_t sent = 0;
        for (size_t i = 0; i < out->count; i++) {
            const struct effect *e = &out->list[i];
            const Seinpost__Message *m =
                e->type == EFFECT_SEND && e->link >= first ? world_read(e->frame) : NULL;
            sent += m != NULL && m->body_case == SEINPOST__MESSAGE__BODY_BATCH;
        }
        if (sent == 0)
            return batches;
        batches += sent;
    }
    return batches;
}

/* A and B, and 1,000 organisations more in the list. */
static struct world *crowded(uint64_t seed)
{
    struct world_setup setup = {.seed = seed, .nodes = 2, .is_quiet = true};
    struct world *w = world_new(&setup);
    world_run(w, 3000);
    assert_int_equal(world_signals(w, 0, 1, 1000, NULL), OK);
    assert_int_equal(world_roster(w, 0, add_crowd, NULL), OK);
    world_run(w, 3000);
    return w;
}

static void suspend_crowd(struct roster *r, void *ctx)
{
    (void)ctx;
    for (size_t i = 2; i < r->organisation_count; i++)
        r->organisations[i].status = ORG_SUSPENDED;
}

/* Goal: a thousand peers connect and follow; each gets the feed; a new list that suspends them all
 * cuts them all; nothing overflows. */
static void test_thousand_peers(void **state)
{
    (void)state;
    struct world *w = crowded(62);
    for (uint32_t i = 0; i < CROWD; i++) {
        crowd_up(w, i, FIRST_LINK + i);
        assert_int_equal(count_effects(crowd_opening(w, i, FIRST_LINK + i, NULL), EFFECT_CUT), 0);
        crowd_follow(w, FIRST_LINK + i, world_author(w, 0), 0, 2080000);
    }
    size_t steps = 0;
    assert_int_equal(pump(w, FIRST_LINK, &steps), CROWD);
    assert_true(steps > 50); /* each a part of them */
    assert_int_equal(world_roster(w, 0, suspend_crowd, NULL), OK);
    for (uint32_t i = 0; i < CROWD; i++) {
        const struct effects *out = crowd_follow(w, FIRST_LINK + i, world_author(w, 0), 0, 100000);
        assert_int_equal(out->count, 0);
    }
    assert_int_equal(count_effects(crowd_up(w, 5, FIRST_LINK + 5), EFFECT_CUT), 1);
    world_run(w, 3000);
    assert_int_equal(world_signals(w, 0, 5000, 10, NULL), OK);
    world_run(w, 1000);
    check_equal(w);
    world_free(&w);
}

/* Goal: one organisation that opens thousands of connections keeps four, and all others get in;
 * those four cannot take the places of those who follow A's own feed. Method: organisation 0
 * follows all feeds over each connection; then the others come. */
static void test_greedy_peer(void **state)
{
    (void)state;
    struct world *w = crowded(63);
    size_t cut = 0, refused = world_told(w, 0, REPORT_MESSAGE_REFUSED, ERR_FULL);
    for (uint32_t i = 0; i < 3000; i++)
        cut += count_effects(crowd_up(w, 0, FIRST_LINK + i), EFFECT_CUT);
    assert_int_equal(cut, 3000 - 4);
    for (uint32_t i = 2996; i < 3000; i++) {
        crowd_opening(w, 0, FIRST_LINK + i, NULL);
        for (size_t feed = 0; feed < CROWD; feed++) {
            uint8_t author[32];
            crowd_author(feed, author);
            crowd_follow(w, FIRST_LINK + i, author, 0, 100000);
        }
    }
    for (uint32_t i = 1; i < 4; i++) {
        uint32_t link = FIRST_LINK + 10000 + i;
        crowd_up(w, i, link);
        crowd_opening(w, i, link, NULL);
        for (size_t feed = 0; feed < CROWD; feed++) {
            uint8_t author[32];
            crowd_author(feed, author);
            crowd_follow(w, link, author, 0, 100000);
        }
    }
    assert_true(world_told(w, 0, REPORT_MESSAGE_REFUSED, ERR_FULL) > refused);
    size_t steps;
    (void)pump(w, FIRST_LINK, &steps);
    for (uint32_t i = 4; i < 104; i++) {
        crowd_up(w, i, FIRST_LINK + 20000 + i);
        crowd_opening(w, i, FIRST_LINK + 20000 + i, NULL);
        crowd_follow(w, FIRST_LINK + 20000 + i, world_author(w, 0), 0, 2080000);
    }
    assert_int_equal(pump(w, FIRST_LINK + 20000, &steps), 100);
    world_free(&w);
}

/* Goal: what one peer says of places makes A say as much as once a second, however often it is
 * said. Method: 50 peers; one of them says another place of itself in each of 500 openings. */
static void test_places(void **state)
{
    (void)state;
    struct world *w = crowded(64);
    for (uint32_t i = 0; i < 50; i++) {
        crowd_up(w, i, FIRST_LINK + i);
        crowd_opening(w, i, FIRST_LINK + i, NULL);
    }
    size_t sent = 0;
    for (uint32_t i = 0; i < 500; i++) {
        char endpoint[64];
        snprintf(endpoint, sizeof endpoint, "tcp://10.0.0.1:%" PRIu32, 1000 + i);
        sent += count_effects(crowd_opening(w, 0, FIRST_LINK, endpoint), EFFECT_SEND);
    }
    assert_true(sent <= 60);
    world_free(&w);
}

/* Goal: more connections than there are places are refused by name of the reason, and places come
 * free again. Method: two connections of each organisation, then three. */
static void test_all_places_taken(void **state)
{
    (void)state;
    struct world *w = crowded(65);
    uint32_t link = FIRST_LINK;
    for (size_t round = 0; round < 3; round++)
        for (size_t i = 0; i < CROWD; i++)
            crowd_up(w, i, link++);
    assert_true(world_told(w, 0, REPORT_LINK_REFUSED, ERR_FULL) > 900);
    struct event down = {.type = EVENT_DOWN};
    down.down.link = FIRST_LINK + 7;
    world_give(w, 0, &down);
    assert_int_equal(count_effects(crowd_up(w, 999, link), EFFECT_CUT), 0);
    assert_int_equal(count_effects(crowd_up(w, 998, link + 1), EFFECT_CUT), 1);
    struct event stranger = {.type = EVENT_UP};
    stranger.up.link = link + 2;
    assert_int_equal(count_effects(world_give(w, 0, &stranger), EFFECT_CUT), 1);
    assert_int_equal(world_told(w, 0, REPORT_LINK_REFUSED, ERR_STRANGER), 1);
    world_free(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_appends),          cmocka_unit_test(test_thousand_peers),
        cmocka_unit_test(test_greedy_peer),      cmocka_unit_test(test_places),
        cmocka_unit_test(test_all_places_taken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
