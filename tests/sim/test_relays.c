/*
 * Goal: who cannot be dialled takes part like everybody else, and no single relay decides what
 * others learn. Method: nodes without a port beside some with one, never joined to each other; each
 * story takes a path away or lets a relay lie by silence, and looks at what arrives, and how soon.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "tests/sim/check.h"
#include "tests/sim/look.h"

enum { YEAR_ON = WORLD_TODAY + 365, A = 0, B, C, D, U, V };

/* A to D can be dialled; U and V cannot, and name C and D as their relays. Everybody meets A first.
 */
static const struct world_setup six = {
    .seed = 40,
    .nodes = 6,
    .keyholders = 3,
    .threshold = 2,
    .budget_a_day = 4096,
    .receipt_seconds = 1,
    .has_no_port = {[U] = true,           [V] = true          },
    .relays = {[U] = {C + 1, D + 1}, [V] = {D + 1, C + 1}},
    .is_quiet = true,
};

static struct world *start(uint64_t seed)
{
    struct world_setup setup = six;
    setup.seed = seed;
    struct world *w = world_new(&setup);
    world_run(w, 8000);
    return w;
}

/* Batches with entries of one author that one node does not send to another any more. */
struct silence {
    struct world *w;
    size_t from, to, author;
    size_t held_back;
    bool keeps_checkpoints; /* nothing at all, or everything but entries */
};

static size_t hold_back(void *ctx, size_t from, size_t to, uint8_t *frame, size_t len)
{
    struct silence *s = ctx;
    if (from != s->from || (to != s->to && s->to != SIZE_MAX))
        return len;
    const Seinpost__Message *m = world_read(bytes_of(frame, len));
    if (m == NULL || m->body_case != SEINPOST__MESSAGE__BODY_BATCH ||
        memcmp(m->batch->author.data, world_author(s->w, s->author), AUTHOR_BYTES) != 0 ||
        (s->keeps_checkpoints && m->batch->headers.len == 0))
        return len;
    s->held_back++;
    return 0;
}

/* Whom at follows the feed of of from. */
static size_t via(struct world *w, size_t at, size_t of)
{
    const struct feed_status s = look_feed(w, at, of);
    for (size_t i = A; i <= D; i++)
        if (s.is_relayed && memcmp(s.via, world_author(w, i), AUTHOR_BYTES) == 0)
            return i;
    return SIZE_MAX;
}

/* Milliseconds until a node finds a signal, looked at each 10; at most ms_max. */
static uint64_t until_found(struct world *w, size_t at, uint32_t number, uint64_t ms_max)
{
    uint64_t ms = 0;
    while (ms < ms_max && look_matches(w, at, number, WORLD_TODAY) == 0) {
        world_run(w, 10);
        ms += 10;
    }
    return ms;
}

/* Goal: publish at one that nobody can dial, match at another; the keyholders answer both, an
 * erasure and its acknowledgement go the same way. */
static void test_both_without_a_port(void **state)
{
    (void)state;
    struct world *w = start(41);
    uint64_t index;
    uint8_t at_u[32], at_v[32];
    assert_int_equal(world_signal(w, U, 1, YEAR_ON, &index), OK);
    assert_in_range(until_found(w, V, 1, 1000), 20, 100); /* two hops of 10 ms, and no waiting */
    assert_int_equal(world_signal(w, V, 2, YEAR_ON, NULL), OK);
    assert_in_range(until_found(w, U, 2, 1000), 20, 100);
    assert_int_equal(world_evaluate(w, U, "somebody", 5000, at_u), OK);
    assert_int_equal(world_evaluate(w, V, "somebody", 5000, at_v), OK);
    assert_memory_equal(at_u, at_v, 32);
    assert_false(world_is_connected(w, U, V));

    struct feed_status s = look_feed(w, V, U), back = look_feed(w, A, U);
    assert_true(s.has_profile && !s.has_endpoint && s.relay_count == 2 && !s.is_up && s.is_relayed);
    assert_memory_equal(s.relay[0], world_author(w, C), AUTHOR_BYTES);
    assert_true(back.is_up && back.is_dialler && !back.is_dialled && !back.is_relayed);
    assert_true(look_feed(w, U, A).is_dialled && !look_feed(w, U, A).is_dialler);

    assert_int_equal(world_erase(w, U, index), OK);
    world_run(w, 5000);
    assert_int_equal(look_matches(w, V, 1, WORLD_TODAY), 0);
    assert_int_equal(shelf_receipts(world_shelf(w, U), index), 5);
    check_equal(w);
    for (size_t at = A; at <= V; at++)
        assert_int_equal(look_gaps(w, at), 0);
    world_free(&w);
}

/* Goal: of four that could, one of the two that the author names is followed, also by those who
 * learnt the names later. */
static void test_named_first(void **state)
{
    (void)state;
    for (uint64_t seed = 50; seed < 53; seed++) {
        struct world *w = start(seed);
        assert_in_set(via(w, V, U), ((uintmax_t[]){C, D}), 2);
        assert_in_set(via(w, U, V), ((uintmax_t[]){C, D}), 2);
        world_free(&w);
    }
}

/* Goal: a newcomer gets the whole feed of one that is gone. Method: U publishes in several batches
 * and stops; V, which was never there before, starts. */
static void test_publisher_gone(void **state)
{
    (void)state;
    struct world_setup setup = six;
    setup.is_off[V] = true;
    struct world *w = world_new(&setup);
    world_run(w, 8000);
    for (uint32_t i = 0; i < 4; i++)
        assert_int_equal(world_signals(w, U, 100 + i * 1500, 1500, NULL), OK);
    world_run(w, 2000);
    world_stop(w, U);
    world_start(w, V);
    world_run(w, 8000);
    assert_int_equal(shelf_size(world_shelf(w, V), world_author(w, U)),
                     shelf_size(world_shelf(w, U), world_author(w, U)));
    assert_int_equal(look_matches(w, V, 6099, WORLD_TODAY), 1);
    assert_true(look_verifies(w, V, U));
    assert_int_equal(look_gaps(w, V), 0);
    world_free(&w);
}

/* Goal: a relay that holds back is outvoted within seconds. Method: V's source passes nothing of U
 * to V any more, or checkpoints alone. */
static void test_held_back(void **state)
{
    (void)state;
    for (int keeps_checkpoints = 0; keeps_checkpoints <= 1; keeps_checkpoints++) {
        struct world *w = start(43);
        struct silence s = {.w = w,
                            .from = via(w, V, U),
                            .to = V,
                            .author = U,
                            .keeps_checkpoints = keeps_checkpoints};
        world_tamper(w, hold_back, &s);
        assert_int_equal(world_signal(w, U, 1, YEAR_ON, NULL), OK);
        uint64_t ms = until_found(w, V, 1, 60000);
        assert_true(s.held_back > 0);
        assert_in_range(ms, 20, 8000);
        assert_int_not_equal(via(w, V, U), s.from);
        world_run(w, 5000);
        world_tamper(w, NULL, NULL);
        check_equal(w);
        world_free(&w);
    }
}

/* Goal: two of three that hold back, or know no better, keep nobody from what the third has.
 * Method: V's source is silent, and of the two others one hears nothing of U from anybody but that
 * source, which is silent towards it too. */
static void test_two_hold_back(void **state)
{
    (void)state;
    struct world *w = start(44);
    size_t source = via(w, V, U), poor = source == C ? D : C;
    struct silence s = {.w = w, .from = source, .to = SIZE_MAX, .author = U};
    world_tamper(w, hold_back, &s);
    world_part(w, poor, U);
    world_part(w, poor, A);
    world_part(w, poor, B);
    world_run(w, 3000);
    assert_int_equal(world_signal(w, U, 1, YEAR_ON, NULL), OK);
    assert_in_range(until_found(w, V, 1, 60000), 20, 12000);
    world_free(&w);
}

/* Goal: a relay that falls in the middle of a long transfer costs nothing but a moment. */
static void test_relay_falls(void **state)
{
    (void)state;
    struct world_setup setup = six;
    setup.is_off[V] = true;
    setup.seed = 45;
    struct world *w = world_new(&setup);
    world_run(w, 8000);
    for (uint32_t i = 0; i < 6; i++)
        assert_int_equal(world_signals(w, U, 100 + i * 2000, 2000, NULL), OK);
    world_run(w, 3000);
    world_stop(w, U);
    world_start(w, V);
    uint64_t all = shelf_size(world_shelf(w, A), world_author(w, U)), part = 0;
    for (int i = 0; i < 1000 && part < all / 4; i++) {
        world_run(w, 10);
        part = shelf_size(world_shelf(w, V), world_author(w, U));
    }
    assert_in_range(part, all / 4, all - 1);
    size_t fallen = via(w, V, U);
    world_stop(w, fallen);
    world_run(w, 5000);
    assert_int_equal(shelf_size(world_shelf(w, V), world_author(w, U)), all);
    assert_int_not_equal(via(w, V, U), fallen);
    assert_true(look_verifies(w, V, U));
    world_free(&w);
}

/* Goal: news finds its way where only one of many hears it. Method: of eight others U keeps the
 * connection to one alone, which it does not name; everyone finds what it publishes. */
static void test_one_path(void **state)
{
    (void)state;
    struct world_setup setup = {.seed = 48, .nodes = 9, .keyholders = 3, .is_quiet = true};
    setup.has_no_port[8] = setup.has_no_port[7] = true;
    struct world *w = world_new(&setup);
    world_run(w, 8000);
    for (size_t i = 0; i < 7; i++)
        if (i != 4)
            world_part(w, 8, i);
    uint64_t worst = 0;
    for (uint32_t round = 0; round < 5; round++) {
        uint64_t ms = 0;
        assert_int_equal(world_signal(w, 8, round, YEAR_ON, NULL), OK);
        for (size_t i = 0; i < 8; i++)
            ms += until_found(w, i, round, 60000);
        worst = ms > worst ? ms : worst;
        world_run(w, 10000);
    }
    print_message("# one path of eight: all had it after %llu ms at most\n",
                  (unsigned long long)worst);
    assert_true(worst < 30000);
    check_equal(w);
    world_free(&w);
}

/* ---- Envelopes: which path next ---- */

static const char LETTER[] = "to you alone";

/* Deliveries that one node sends to another are lost. */
static size_t lose_deliveries(void *ctx, size_t from, size_t to, uint8_t *frame, size_t len)
{
    struct silence *s = ctx;
    if (from != s->from || to != s->to)
        return len;
    const Seinpost__Message *m = world_read(bytes_of(frame, len));
    if (m == NULL || m->body_case != SEINPOST__MESSAGE__BODY_DELIVERY)
        return len;
    s->held_back++;
    return 0;
}

/* Writes from one node to V, and lets time pass until it is in V's inbox; milliseconds. */
static uint64_t until_read(struct world *w, size_t from, uint32_t number, uint64_t ms_max)
{
    uint64_t ms = 0, index;
    const struct pouch *p = shelf_pouch(world_shelf(w, V));
    size_t before = p->mail_count;
    struct bytes content = bytes_of(LETTER, sizeof LETTER - 1);
    assert_int_equal(world_send(w, from, V, number, content, &index), OK);
    while (p->mail_count == before && ms < ms_max) {
        world_run(w, 10);
        ms += 10;
    }
    return ms;
}

/* Goal: what one without a port writes to another goes through the relay that the addressee names,
 * and where that one says nothing of it, through the next. Method: D, V's first, is deaf to U. */
static void test_letter_second_relay(void **state)
{
    (void)state;
    struct world *w = start(57);
    assert_in_range(until_read(w, U, 1, 60000), 20, 3000);
    struct silence s = {.w = w, .from = U, .to = D};
    world_tamper(w, lose_deliveries, &s);
    assert_in_range(until_read(w, U, 2, 300000), 60000, 75000);
    assert_true(s.held_back > 1); /* it was tried more than once */
    world_run(w, 5000);
    assert_int_equal(shelf_pouch(world_shelf(w, V))->mail_count, 2);
    world_free(&w);
}

/* Goal: an addressee that is connected and says nothing is reached through its relay. Method: what
 * A sends to V straight is lost; then it is not, and V is reached so again. */
static void test_letter_past_silence(void **state)
{
    (void)state;
    struct world *w = start(58);
    assert_in_range(until_read(w, A, 1, 60000), 10, 3000);
    struct silence s = {.w = w, .from = A, .to = V};
    world_tamper(w, lose_deliveries, &s);
    assert_in_range(until_read(w, A, 2, 300000), 60000, 75000);
    assert_true(s.held_back > 1);
    world_tamper(w, NULL, NULL);
    assert_in_range(until_read(w, A, 3, 60000), 10, 3000);
    world_run(w, 5000);
    assert_int_equal(shelf_pouch(world_shelf(w, V))->mail_count, 3);
    world_free(&w);
}

/* Goal: a connection that died without a sign stands in nobody's way. Method: the router before U
 * forgets its connections; U dials again, and D, whose place among A's connections is free, has
 * gone. What U publishes is everywhere at once, and A's questions get to U. */
static void test_forgotten(void **state)
{
    (void)state;
    struct world *w = start(49);
    world_stop(w, D);
    world_run(w, 1000);
    for (size_t i = A; i <= C; i++)
        world_forget(w, U, i);
    world_run(w, 3000);
    assert_int_equal(world_signal(w, U, 1, YEAR_ON, NULL), OK);
    for (size_t i = A; i <= C; i++)
        assert_in_range(until_found(w, i, 1, 60000), 0, 100);
    assert_in_range(until_found(w, V, 1, 60000), 0, 100);
    world_free(&w);
}

/* Goal: a profile without an endpoint outweighs what others say. Method: U once had a port, and B
 * tells so; U says that it has none any more: nobody dials it, and no hint brings it back. */
static void test_profile_outweighs_hints(void **state)
{
    (void)state;
    struct world *w = start(47);
    Seinpost__Contact contact = SEINPOST__CONTACT__INIT, *list[] = {&contact};
    Seinpost__Opening opening = SEINPOST__OPENING__INIT;
    Seinpost__Message m = SEINPOST__MESSAGE__INIT;
    const struct roster *r = federation_roster(world_core(w, A));
    contact.author = (ProtobufCBinaryData){AUTHOR_BYTES, (uint8_t *)(uintptr_t)world_author(w, U)};
    contact.endpoint = (char *)(uintptr_t) "tcp://10.0.0.66:5700";
    opening.version_min = opening.version_max = 1;
    opening.federation = (ProtobufCBinaryData){HASH_BYTES, (uint8_t *)(uintptr_t)r->genesis};
    opening.author = (ProtobufCBinaryData){AUTHOR_BYTES, (uint8_t *)(uintptr_t)world_author(w, B)};
    opening.roster_version = r->version;
    opening.roster_hash = (ProtobufCBinaryData){HASH_BYTES, (uint8_t *)(uintptr_t)r->hash};
    opening.n_contact = 1;
    opening.contact = list;
    m.body_case = SEINPOST__MESSAGE__BODY_OPENING;
    m.opening = &opening;
    uint8_t frame[1024];
    size_t len = message_encode(&m, frame, sizeof frame);
    for (size_t i = 0; i < 2; i++) {
        world_inject(w, B, A, bytes_of(frame, len));
        world_run(w, 2000); /* the world asserts that nobody dials one without a port */
    }
    assert_int_equal(world_wires(w, A, U), 1); /* the one that U dialled */
    world_free(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_both_without_a_port),
        cmocka_unit_test(test_named_first),
        cmocka_unit_test(test_publisher_gone),
        cmocka_unit_test(test_held_back),
        cmocka_unit_test(test_two_hold_back),
        cmocka_unit_test(test_relay_falls),
        cmocka_unit_test(test_one_path),
        cmocka_unit_test(test_letter_second_relay),
        cmocka_unit_test(test_letter_past_silence),
        cmocka_unit_test(test_forgotten),
        cmocka_unit_test(test_profile_outweighs_hints),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
