/*
 * Batches and bodies that are wrong in one way each. Goal: nothing of them is kept, and the reason
 * is the one that protocol/README.md gives. Method: C gives A what concerns B's feed; B is off, and
 * its key signs what a row needs.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "tests/sim/check.h"
#include "tests/sim/forge.h"
#include "tests/sim/look.h"

enum { A = 0, B, C };

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

static ProtobufCBinaryData data_of(const void *p, size_t len)
{
    return (ProtobufCBinaryData){len, (uint8_t *)(uintptr_t)p};
}

static void assert_refused(struct world *w, const Seinpost__Message *m, enum err want)
{
    struct snapshot before = check_snapshot(w, A);
    size_t all = world_told(w, A, REPORT_MESSAGE_REFUSED, ERR_COUNT);
    size_t told = world_told(w, A, REPORT_MESSAGE_REFUSED, want);
    world_inject_message(w, C, A, m);
    assert_int_equal(world_told(w, A, REPORT_MESSAGE_REFUSED, ERR_COUNT), all + 1);
    assert_int_equal(world_told(w, A, REPORT_MESSAGE_REFUSED, want), told + 1);
    assert_true(check_is_unchanged(w, A, &before));
}

/* ---- Batches ---- */

enum batch_change {
    NO_FEED,
    OWN_FEED,
    HALF_HEADER,
    HALF_HASH,
    BITMAP,
    TOO_MANY,
    TOO_FAR,
    INDEX,
    HEADER_VERSION_2,
    AUDIENCE,
    NO_BODY,
    MORE_BODY,
    OTHER_BODY,
    SMALL_CHECKPOINT,
    OTHER_ROOT,
    NO_PROOF,
    CP_SIGNATURE,
    CP_EPOCH,
    CP_AUTHOR,
    CP_LENGTH,
};

static void resign(struct world *w, const Seinpost__Batch *b, enum batch_change change)
{
    struct checkpoint cp;
    assert_int_equal(checkpoint_read(bytes_of(b->checkpoint.data, b->checkpoint.len), &cp), OK);
    if (change == SMALL_CHECKPOINT)
        cp.size--;
    if (change == OTHER_ROOT)
        cp.root[0] ^= 1;
    if (change == NO_PROOF)
        cp.size += 5;
    if (change == CP_EPOCH)
        cp.feed_epoch++;
    if (change == CP_AUTHOR)
        memcpy(cp.author, world_author(w, C), 32);
    checkpoint_sign(&cp, world_feed_secret(w, B), b->checkpoint.data);
    if (change == CP_SIGNATURE)
        b->checkpoint.data[200] ^= 1;
}

static void change_batch(struct world *w, Seinpost__Batch *b, enum batch_change change)
{
    static uint8_t room[(BATCH_ENTRIES_MAX + 1) * HEADER_BYTES + 40000];
    static uint8_t other[32] = {1};
    memcpy(room, b->headers.data, b->headers.len);
    memcpy(room + sizeof room - 20000, b->bodies.data, b->bodies.len);
    b->headers.data = room;
    b->bodies.data = room + sizeof room - 20000;
    resign(w, b, change);
    switch ((int)change) {
    case NO_FEED:
        b->author = data_of(other, 32);
        break;
    case OWN_FEED:
        b->author = data_of(world_author(w, A), 32);
        break;
    case HALF_HEADER:
        b->headers.len -= 1;
        break;
    case HALF_HASH:
        b->proof = data_of(other, 31);
        break;
    case BITMAP:
        b->absent = data_of(other, 2);
        break;
    case TOO_MANY:
        b->headers.len = (BATCH_ENTRIES_MAX + 1) * HEADER_BYTES;
        break;
    case TOO_FAR:
        b->first++;
        break;
    case INDEX:
        b->headers.data[HEADER_BYTES + 15] ^= 1;
        break;
    case HEADER_VERSION_2:
        b->headers.data[HEADER_BYTES] = 2;
        break;
    case AUDIENCE:
        b->headers.data[HEADER_BYTES + 1] = 2;
        break;
    case NO_BODY:
        b->bodies.len -= BODY_UNIT_BYTES;
        break;
    case MORE_BODY:
        b->bodies.len += 1;
        break;
    case OTHER_BODY:
        b->bodies.data[100] ^= 1;
        break;
    case CP_LENGTH:
        b->checkpoint.len -= 1;
        break;
    default:
        break;
    }
}

static void test_batches(void **state)
{
    (void)state;
    static const struct {
        enum batch_change change;
        enum err want;
    } rows[] = {
        {NO_FEED,          ERR_UNAUTHORISED},
        {OWN_FEED,         ERR_UNAUTHORISED},
        {HALF_HEADER,      ERR_FORMAT      },
        {HALF_HASH,        ERR_FORMAT      },
        {BITMAP,           ERR_FORMAT      },
        {TOO_MANY,         ERR_LIMIT       },
        {TOO_FAR,          ERR_SEQUENCE    },
        {INDEX,            ERR_SEQUENCE    },
        {HEADER_VERSION_2, ERR_VERSION     },
        {AUDIENCE,         ERR_RANGE       },
        {NO_BODY,          ERR_TRUNCATED   },
        {MORE_BODY,        ERR_FORMAT      },
        {OTHER_BODY,       ERR_COMMIT      },
        {SMALL_CHECKPOINT, ERR_SEQUENCE    },
        {OTHER_ROOT,       ERR_PROOF       },
        {NO_PROOF,         ERR_PROOF       },
        {CP_SIGNATURE,     ERR_SIGNATURE   },
        {CP_EPOCH,         ERR_EPOCH       },
        {CP_AUTHOR,        ERR_STRANGER    },
        {CP_LENGTH,        ERR_TRUNCATED   },
    };
    struct forge f;
    struct world *w = without_b(75, &f);
    uint8_t payload[SIGNAL_BYTES_MAX];
    struct forged_entry e = {
        .type = ENTRY_SIGNAL, .expires_day = WORLD_TODAY + 9, .payload = forge_signal(1, payload)};
    struct forged_entry both[2] = {e, e};
    struct bytes frame = forge_batch(&f, both, 2);
    uint8_t copy[4096];
    assert_true(frame.len <= sizeof copy);
    memcpy(copy, frame.data, frame.len);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        print_message("row %zu\n", i);
        static uint8_t storage[WIRE_ARENA_BYTES];
        struct wire_arena arena;
        Seinpost__Message *m;
        wire_arena_init(&arena, storage, sizeof storage);
        assert_int_equal(message_decode(bytes_of(copy, frame.len), &arena, &m), OK);
        change_batch(w, m->batch, rows[i].change);
        assert_refused(w, m, rows[i].want);
    }
    world_inject(w, C, A, bytes_of(copy, frame.len));
    assert_int_equal(look_matches(w, A, 1, WORLD_TODAY), 2);
    forge_clear(&f);
    world_free(&w);
}

/* ---- Bodies ---- */

static void test_bodies(void **state)
{
    (void)state;
    struct forge f;
    struct world *w = without_b(76, &f);
    uint8_t payload[SIGNAL_BYTES_MAX], unknown[32] = {1};
    static uint8_t frame[FRAME_BYTES_MAX], wrong[BODY_UNIT_BYTES];
    uint64_t first = f.tree.size;
    struct forged_entry e = {.type = ENTRY_SIGNAL,
                             .expires_day = WORLD_TODAY + 9,
                             .payload = forge_signal(1, payload),
                             .is_absent = true};
    struct forged_entry both[2] = {e, e};
    world_inject(w, C, A, forge_batch(&f, both, 2));
    struct bytes one = forge_body(&f, first), two = forge_body(&f, first + 1);
    memcpy(wrong, one.data, one.len);
    wrong[60] ^= 1;
    const struct {
        const uint8_t *author;
        uint64_t index[2];
        struct bytes body[2];
        size_t count;
        enum err want;
    } rows[] = {
        {unknown, {first},     {one},                           1, ERR_NOT_FOUND},
        { world_author(w,     B), {first + 9},                           {one}, 1, ERR_NOT_FOUND},
        { world_author(w,     B),     {first},       {bytes_of(one.data, 255)}, 1, ERR_TRUNCATED},
        { world_author(w,     B),     {first}, {bytes_of(wrong, sizeof wrong)}, 1,    ERR_COMMIT},
        { world_author(w,     B),     {first},                           {two}, 1,    ERR_COMMIT},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct snapshot before = check_snapshot(w, A);
        size_t told = world_told(w, A, REPORT_MESSAGE_REFUSED, rows[i].want);
        world_inject(
            w, C, A,
            forge_body_batch(rows[i].author, rows[i].index, rows[i].body, rows[i].count, frame));
        assert_int_equal(world_told(w, A, REPORT_MESSAGE_REFUSED, rows[i].want), told + 1);
        assert_true(check_is_unchanged(w, A, &before));
    }
    /* Indexes that do not ascend: the first is taken, the second refused. */
    uint64_t same[2] = {first, first};
    struct bytes bodies[2] = {one, one};
    size_t told = world_told(w, A, REPORT_MESSAGE_REFUSED, ERR_SEQUENCE);
    world_inject(w, C, A, forge_body_batch(world_author(w, B), same, bodies, 2, frame));
    assert_int_equal(world_told(w, A, REPORT_MESSAGE_REFUSED, ERR_SEQUENCE), told + 1);
    assert_int_equal(look_feed(w, A, B).owed, 1);
    check_node(w, A);
    forge_clear(&f);
    world_free(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_batches),
        cmocka_unit_test(test_bodies),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
