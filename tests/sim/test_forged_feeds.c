/*
 * Feeds that our software would never write: withheld and returned bodies, masses of erasures and
 * receipts, bodies for somebody else, contradictions. The author (B) is switched off; what it could
 * have signed comes over another's connection, since a feed proves itself.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/answer.h"
#include "tests/sim/check.h"
#include "tests/sim/forge.h"
#include "tests/sim/look.h"

enum { YEAR_ON = WORLD_TODAY + 365, A = 0, B, C };

static const uint8_t erase_payload[1] = {PAYLOAD_VERSION};

/* A and C run, B has published its profile and is off. */
static struct world *without_b(uint64_t seed, struct forge *f)
{
    struct world_setup setup = {.seed = seed, .nodes = 3, .is_quiet = true};
    struct world *w = world_new(&setup);
    world_run(w, 5000);
    world_stop(w, B);
    world_run(w, 1000);
    forge_init(f, w, B);
    return w;
}

static struct forged_entry signal_entry(uint32_t number, uint8_t *payload)
{
    return (struct forged_entry){
        .type = ENTRY_SIGNAL, .expires_day = YEAR_ON, .payload = forge_signal(number, payload)};
}

static struct forged_entry erase_entry(uint64_t index)
{
    return (struct forged_entry){.type = ENTRY_ERASE,
                                 .ref_plus_one = index + 1,
                                 .payload = bytes_of(erase_payload, sizeof erase_payload)};
}

/* Goal: an owed body and the owed erasure of it that come in one message are counted once each.
 * Method: A gets a signal and its erasure without bodies, and then both bodies at once. */
static void test_owed_with_its_erasure(void **state)
{
    (void)state;
    struct forge f;
    struct world *w = without_b(51, &f);
    uint8_t payload[SIGNAL_BYTES_MAX];
    static uint8_t frame[FRAME_BYTES_MAX];
    uint64_t first = f.tree.size;
    struct forged_entry entries[2] = {signal_entry(1, payload), erase_entry(first)};
    entries[0].is_absent = entries[1].is_absent = true;
    world_inject(w, C, A, forge_batch(&f, entries, 2));
    assert_int_equal(look_feed(w, A, B).owed, 2);
    assert_int_equal(look_gaps(w, A), GAP_BODY_OWED);
    uint64_t indexes[2] = {first, first + 1};
    struct bytes bodies[2] = {forge_body(&f, first), forge_body(&f, first + 1)};
    struct bytes both = forge_body_batch(world_author(w, B), indexes, bodies, 2, frame);
    world_inject(w, C, A, both);
    assert_int_equal(look_feed(w, A, B).owed, 0);
    assert_int_equal(look_state(w, A, B, first), STATE_ERASED);
    assert_int_equal(look_matches(w, A, 1, WORLD_TODAY), 0);
    assert_int_equal(look_gaps(w, A), 0);
    check_node(w, A);
    struct snapshot before = check_snapshot(w, A);
    world_inject(w, C, A, both);
    assert_true(check_is_unchanged(w, A, &before));
    world_run(w, 10000);
    check_equal(w);
    forge_clear(&f);
    world_free(&w);
}

/* Goal: a full batch of erasures, each of them twice, is carried out, counted and acknowledged
 * once. Method: 1,500 signals and 3,000 erasures; receipts go out 400 at a time. */
static void test_thousands_of_erasures(void **state)
{
    (void)state;
    enum { SIGNALS = 1500 };
    struct forge f;
    struct world *w = without_b(52, &f);
    uint64_t first = f.tree.size;
    struct forged_entry *entries = calloc(2 * SIGNALS, sizeof *entries);
    uint8_t *payloads = calloc(SIGNALS, SIGNAL_BYTES_MAX);
    assert_true(entries != NULL && payloads != NULL);
    for (uint32_t i = 0; i < SIGNALS; i++)
        entries[i] = signal_entry(i, payloads + i * SIGNAL_BYTES_MAX);
    world_inject(w, C, A, forge_batch(&f, entries, SIGNALS));
    assert_int_equal(look_matches(w, A, SIGNALS - 1, WORLD_TODAY), 1);
    for (uint32_t i = 0; i < 2 * SIGNALS; i++)
        entries[i] = erase_entry(first + i % SIGNALS);
    world_inject(w, C, A, forge_batch(&f, entries, 2 * SIGNALS));
    assert_int_equal(look_feed(w, A, B).size, first + 3 * SIGNALS);
    assert_int_equal(shelf_receipts_due(world_shelf(w, A)), SIGNALS);
    assert_int_equal(look_matches(w, A, 0, WORLD_TODAY), 0);
    check_node(w, A);
    world_skip(w, 86400);
    world_run(w, 20000);
    assert_int_equal(shelf_receipts_due(world_shelf(w, A)), 0);
    check_equal(w);
    free(payloads);
    free(entries);
    forge_clear(&f);
    world_free(&w);
}

/* Goal: receipts count once for each peer and erasure, and only for what is erased and ours.
 * Method: 60 entries of 400 rows: A's erased entry, A's living one, one that is not there, and
 * others'. */
static void test_thousands_of_receipts(void **state)
{
    (void)state;
    enum { ENTRIES = 60 };
    struct forge f;
    struct world *w = without_b(53, &f);
    uint64_t first;
    assert_int_equal(world_signals(w, A, 1, 2, &first), OK);
    assert_int_equal(world_erase(w, A, first), OK);
    struct receipt r = {.count = RECEIPTS_MAX};
    for (size_t i = 0; i < r.count; i++) {
        memcpy(r.row[i].author, world_author(w, i % 2 == 0 ? A : C), AUTHOR_BYTES);
        r.row[i].index = i < 200 ? first : i < 300 ? first + 1 : 1000000;
    }
    static uint8_t payload[RECEIPT_BYTES_MAX];
    struct forged_entry e = {.type = ENTRY_RECEIPT,
                             .payload = bytes_of(payload, receipt_encode(&r, payload))};
    struct forged_entry entries[ENTRIES];
    for (size_t i = 0; i < ENTRIES; i++)
        entries[i] = e;
    world_inject(w, C, A, forge_batch(&f, entries, ENTRIES));
    assert_int_equal(look_feed(w, A, B).refused, 0);
    assert_int_equal(shelf_receipts(world_shelf(w, A), first), 1);
    assert_int_equal(shelf_receipts(world_shelf(w, A), first + 1), 0);
    assert_int_equal(shelf_receipts(world_shelf(w, A), 1000000), 0);
    check_node(w, A);
    forge_clear(&f);
    world_free(&w);
}

/* Goal: a body for one addressee, larger than the credit of a feed that is kept up with, holds up
 * neither the feed nor a relay, and is handed to nobody. Method: A gets it with its entry; D, which
 * is new, and C get B's feed from A. */
static void test_addressed_body(void **state)
{
    (void)state;
    struct forge f;
    struct world *w = without_b(54, &f);
    static uint8_t large[200000];
    uint8_t payload[SIGNAL_BYTES_MAX];
    uint64_t first = f.tree.size;
    struct forged_entry entries[2] = {
        {.type = ENTRY_ENVELOPE,
         .audience = AUDIENCE_ADDRESSED,
         .payload = bytes_of(large, sizeof large)},
        signal_entry(7, payload)
    };
    world_inject(w, C, A, forge_batch(&f, entries, 2));
    assert_int_equal(look_feed(w, A, B).size, first + 2);
    world_run(w, 130000);
    assert_int_equal(look_matches(w, C, 7, WORLD_TODAY), 1);
    assert_int_equal(look_state(w, C, B, first), STATE_ADDRESSED);
    assert_int_equal(look_gaps(w, C), 0);
    check_node(w, A);
    check_node(w, C);
    forge_clear(&f);
    world_free(&w);
}

/* Goal: whatever two checkpoints cannot both be honest put the feed in dispute, for good; what was
 * held stays. Method: B's feed goes on with two checkpoints; then one row is a rival of the second.
 */
static void test_contradictions(void **state)
{
    (void)state;
    enum { SAME_SEQ, SAME_SIZE, SHRINKS, GREW_BEFORE, SAME_PARENT, ROWS };
    for (int row = 0; row < ROWS; row++) {
        struct forge f;
        struct world *w = without_b(55, &f);
        uint8_t payload[SIGNAL_BYTES_MAX];
        struct forged_entry e = signal_entry(1, payload);
        world_inject(w, C, A, forge_batch(&f, &e, 1));
        world_inject(w, C, A, forge_batch(&f, &e, 1));
        uint64_t size = look_feed(w, A, B).size;
        struct checkpoint cp = f.last;
        if (row == SAME_SEQ)
            cp.time_utc++;
        else if (row != GREW_BEFORE)
            cp.seq += 5;
        if (row == SAME_SIZE)
            cp.root[0] ^= 1;
        if (row == SHRINKS)
            cp.size--;
        if (row == GREW_BEFORE)
            cp.seq--;
        if (row == GREW_BEFORE || row == SAME_PARENT)
            cp.size += 9;
        if (row != SAME_PARENT)
            cp.previous[0] ^= 1;
        world_inject(w, C, A, forge_checkpoint(&f, &cp));
        assert_int_equal(world_told(w, A, REPORT_DISPUTE, ERR_FORK), 1);
        assert_true(look_feed(w, A, B).is_disputed);
        assert_int_equal(look_gaps(w, A), GAP_FEED_DISPUTED);
        assert_int_equal(look_feed(w, A, B).size, size);
        check_node(w, A);
        world_stop(w, A);
        world_start(w, A);
        assert_true(look_feed(w, A, B).is_disputed);
        forge_clear(&f);
        world_free(&w);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_owed_with_its_erasure), cmocka_unit_test(test_thousands_of_erasures),
        cmocka_unit_test(test_thousands_of_receipts), cmocka_unit_test(test_addressed_body),
        cmocka_unit_test(test_contradictions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
