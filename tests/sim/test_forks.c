/*
 * An author with two histories (I2): it shows each member one of them. Whoever meets, finds out;
 * all honest nodes come to hold one and the same proof, take nothing more of that author, and say
 * that it is in dispute. Nobody can make a dispute without the author's two signatures.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sodium.h>
#include <string.h>

#include "protocol/answer.h"
#include "protocol/fork.h"
#include "tests/sim/check.h"
#include "tests/sim/forge.h"
#include "tests/sim/look.h"

enum { A, B, C, D, E, NODES };

/* Five nodes that know one another and hold what B published; then B is silent and its key is in
 * the hands of two forges, which both go on from there. */
struct scene {
    struct world *w;
    struct forge one, other;
    uint64_t size; /* where the two part */
};

static void scene_set(struct scene *s, uint64_t seed, size_t published)
{
    struct world_setup setup = {.seed = seed, .nodes = NODES, .keyholders = 3, .is_quiet = true};
    s->w = world_new(&setup);
    world_run(s->w, 5000);
    if (published > 0)
        assert_int_equal(world_signals(s->w, B, 100, published, NULL), OK);
    world_run(s->w, 3000);
    world_stop(s->w, B);
    world_run(s->w, 1000);
    forge_init(&s->one, s->w, B);
    forge_init(&s->other, s->w, B);
    s->other.salt = 1u << 20; /* other bodies, so other headers */
    s->size = s->one.tree.size;
    assert_int_equal(look_feed(s->w, A, B).size, s->size);
}

static void scene_clear(struct scene *s)
{
    forge_clear(&s->one);
    forge_clear(&s->other);
    world_free(&s->w);
}

/* Appends count signals, step at a time, to one of the histories and shows them to node alone. */
static void show(struct scene *s, struct forge *f, size_t node, size_t count, size_t step)
{
    static uint8_t payload[SIGNAL_BYTES_MAX];
    struct forged_entry entries[64];
    for (size_t i = 0; i < step; i++)
        entries[i] = (struct forged_entry){.type = ENTRY_SIGNAL,
                                           .expires_day = WORLD_TODAY + 300,
                                           .payload = forge_signal(7, payload)};
    for (size_t done = 0; done < count; done += step)
        world_inject(s->w, node == A ? D : E, node, forge_batch(f, entries, step));
    assert_int_equal(look_feed(s->w, node, B).size, s->size + count);
    assert_false(look_feed(s->w, node, B).is_disputed);
}

/* Parts the members into those that A meets and those that C meets. */
static void part(struct world *w)
{
    static const size_t left[] = {A, D}, right[] = {C, E};
    for (size_t i = 0; i < 2; i++)
        for (size_t k = 0; k < 2; k++)
            world_part(w, left[i], right[k]);
    world_run(w, 100);
}

static void join(struct world *w)
{
    for (size_t i = 0; i < NODES; i++)
        for (size_t k = 0; k < NODES; k++)
            if (i != k)
                world_join(w, i, k);
}

/* Every running node holds one proof, which the author's key alone bears out; returns it. */
static struct fork agreed(struct world *w, size_t nodes)
{
    struct bytes first = shelf_fork(world_shelf(w, A), world_author(w, B), 1);
    const uint8_t *key = world_feed_secret(w, B) + 32;
    struct fork fork;
    assert_int_equal(fork_check(first, key, &fork), OK);
    for (size_t i = 0; i < nodes; i++) {
        if (!world_is_running(w, i))
            continue;
        struct bytes proof = shelf_fork(world_shelf(w, i), world_author(w, B), 1);
        assert_int_equal(proof.len, first.len);
        assert_memory_equal(proof.data, first.data, first.len);
        assert_true(look_feed(w, i, B).is_disputed);
        if (i != B)
            assert_true((look_gaps(w, i) & GAP_FEED_DISPUTED) != 0);
        check_node(w, i);
    }
    return fork;
}

/* Goal: two that were shown different histories find out as soon as they meet, whatever the two
 * look like, and everybody holds the same proof. Method: one row is what A and C were shown while
 * they were apart; after half a second together all four hold one proof. */
static void test_two_histories(void **state)
{
    (void)state;
    static const struct {
        size_t published, one, one_step, other, other_step;
        enum fork_kind kind;
        const char *why;
    } rows[] = {
        {5,   1,   1,  1,  1,  FORK_SEQ,    "one entry each"                          },
        {5,   4,   2,  2,  1,  FORK_SEQ,    "one number of checkpoints"               },
        {5,   6,   2,  6,  6,  FORK_SIZE,   "one size"                                },
        {5,   9,   3,  2,  2,  FORK_LEAVES, "three checkpoints and one"               },
        {0,   9,   3,  2,  2,  FORK_LEAVES, "from the start"                          },
        {250, 40,  10, 25, 25, FORK_LEAVES, "beyond the first stored subtree"         },
        {700, 120, 10, 60, 60, FORK_LEAVES, "many, far in"                            },
        {250, 6,   1,  30, 30, FORK_SHRUNK, "fewer entries under the later checkpoint"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        print_message("%s\n", rows[i].why);
        struct scene s;
        scene_set(&s, 300 + i, rows[i].published);
        part(s.w);
        show(&s, &s.one, A, rows[i].one, rows[i].one_step);
        show(&s, &s.other, C, rows[i].other, rows[i].other_step);
        join(s.w);
        world_run(s.w, 500);
        struct fork fork = agreed(s.w, NODES);
        assert_int_equal(fork.kind, rows[i].kind);
        if (fork.kind == FORK_LEAVES)
            assert_int_equal(fork.index, s.size);
        scene_clear(&s);
    }
}

/* Goal: members that were connected all along, each with an author that shows it something else,
 * find out within a round. Method: nobody is parted; the two batches reach A and C in one moment.
 */
static void test_within_a_round(void **state)
{
    (void)state;
    struct scene s;
    scene_set(&s, 320, 20);
    show(&s, &s.one, A, 9, 3);
    show(&s, &s.other, C, 2, 2);
    world_run(s.w, 12000);
    agreed(s.w, NODES);
    scene_clear(&s);
}

/* Goal: frozen. Method: after the proof, further entries of either history are refused everywhere,
 * also by a node that was away and by one that starts again; what was held stays. */
static void test_frozen(void **state)
{
    (void)state;
    struct scene s;
    scene_set(&s, 321, 20);
    part(s.w);
    show(&s, &s.one, A, 2, 1);
    show(&s, &s.other, C, 3, 3);
    world_stop(s.w, E);
    join(s.w);
    world_run(s.w, 2000);
    agreed(s.w, NODES);
    uint64_t held = look_feed(s.w, A, B).size;
    struct forged_entry more = {.type = ENTRY_NOTICE};
    world_inject(s.w, C, A, forge_batch(&s.one, &more, 1));
    assert_true(world_told(s.w, A, REPORT_MESSAGE_REFUSED, ERR_FORK) >= 1);
    assert_int_equal(look_feed(s.w, A, B).size, held);
    world_stop(s.w, A);
    world_start(s.w, A);
    world_start(s.w, E);
    world_run(s.w, 5000);
    world_inject(s.w, C, A, forge_batch(&s.one, &more, 1));
    assert_int_equal(look_feed(s.w, A, B).size, held);
    agreed(s.w, NODES);
    world_run(s.w, 200000); /* and it stays so, quietly */
    agreed(s.w, NODES);
    assert_int_equal(world_told(s.w, C, REPORT_DISPUTE, ERR_FORK), 1);
    scene_clear(&s);
}

/* Goal: a machine that was copied and signs on beside the original is proven at everybody, itself
 * included, and both stop. Method: B and its twin publish apart; one entry more at one of them, so
 * that no two checkpoints contradict each other as they stand. */
static void test_twin(void **state)
{
    (void)state;
    struct world_setup setup = {.seed = 322, .nodes = 5, .keyholders = 5, .is_quiet = true};
    struct world *w = world_new(&setup);
    world_run(w, 5000);
    assert_int_equal(world_signals(w, B, 0, 10, NULL), OK);
    world_run(w, 2000);
    world_part(w, B, A);
    world_part(w, B, C);
    size_t twin = world_twin(w, B);
    world_part(w, twin, D);
    world_part(w, twin, E);
    part(w);
    world_run(w, 8000);
    for (uint32_t i = 0; i < 3; i++)
        assert_int_equal(world_signals(w, B, 1000 + i, 1, NULL), OK);
    (void)!world_signals(w, twin, 2000, 1, NULL);
    world_run(w, 2000);
    join(w);
    for (size_t i = 0; i < 5; i++)
        world_join(w, twin, i);
    world_run(w, 15000);
    agreed(w, 5);
    assert_int_equal(world_signal(w, B, 3, WORLD_TODAY + 9, NULL), ERR_UNAVAILABLE);
    assert_int_equal(world_signal(w, twin, 3, WORLD_TODAY + 9, NULL), ERR_UNAVAILABLE);
    world_free(&w);
}

static void give_proof(struct world *w, size_t from, size_t to, struct bytes proof)
{
    Seinpost__ForkProof body = SEINPOST__FORK_PROOF__INIT;
    body.proof = (ProtobufCBinaryData){proof.len, (uint8_t *)(uintptr_t)proof.data};
    Seinpost__Message m = SEINPOST__MESSAGE__INIT;
    m.body_case = SEINPOST__MESSAGE__BODY_FORK_PROOF;
    m.fork_proof = &body;
    world_inject_message(w, from, to, &m);
}

struct change {
    uint8_t feed_key[KEY_BYTES];
    struct accepted accepted;
};

static void rekey(struct roster *r, void *ctx)
{
    const struct change *c = ctx;
    struct organisation *o = &r->organisations[B];
    o->feed_epoch++;
    memcpy(o->feed_key, c->feed_key, KEY_BYTES);
    o->accepted = c->accepted;
}

/* Goal: a member list with a new key ends the dispute everywhere: what counts of the old key is the
 * same at all, the feed goes on, and the old proof, which stays, freezes nothing. Method: after the
 * proof the stewards name where the two histories part; E hears of it late, and still shows the
 * proof to others; it is brought to A once more, too. */
static void test_goes_on(void **state)
{
    (void)state;
    struct scene s;
    struct change c = {.accepted = {.feed_epoch = 1}};
    uint8_t secret[64], proof[FORK_BYTES_MAX];
    scene_set(&s, 327, 20);
    c.accepted.size = s.size;
    merkle_root(&s.one.tree, c.accepted.root);
    part(s.w);
    show(&s, &s.one, A, 9, 3);
    show(&s, &s.other, C, 2, 2);
    join(s.w);
    world_run(s.w, 2000);
    agreed(s.w, NODES);
    struct bytes kept = shelf_fork(world_shelf(s.w, A), world_author(s.w, B), 1);
    struct bytes old = bytes_of(proof, kept.len);
    memcpy(proof, kept.data, kept.len);

    world_stop(s.w, E);
    crypto_sign_keypair(c.feed_key, secret);
    world_set_next_secret(s.w, B, secret);
    world_start(s.w, B);
    assert_int_equal(world_roster(s.w, A, rekey, &c), OK);
    world_run(s.w, 30000);
    world_start(s.w, E);
    world_run(s.w, 30000);
    uint64_t first = 0;
    assert_int_equal(world_signal(s.w, B, 900, WORLD_TODAY + 300, &first), OK);
    assert_true(first >= s.size);
    give_proof(s.w, C, A, old);
    world_run(s.w, 80000);
    for (size_t i = 0; i < NODES; i++) {
        assert_false(look_feed(s.w, i, B).is_disputed);
        assert_int_equal(look_feed(s.w, i, B).size, look_feed(s.w, B, B).size);
        assert_int_equal(look_matches(s.w, i, 900, WORLD_TODAY), 1);
        assert_int_equal(look_matches(s.w, i, 7, WORLD_TODAY), 0);
        assert_int_equal(look_gaps(s.w, i), 0);
        struct bytes still = shelf_fork(world_shelf(s.w, i), world_author(s.w, B), 1);
        assert_true(i == B || bytes_equal(still, old));
        assert_int_equal(shelf_fork(world_shelf(s.w, i), world_author(s.w, B), 2).len, 0);
    }
    assert_true(look_equal(s.w, NODES));
    scene_clear(&s);
}

static void give_evidence(struct world *w, size_t from, size_t to, Seinpost__Evidence *body)
{
    Seinpost__Message m = SEINPOST__MESSAGE__INIT;
    m.body_case = SEINPOST__MESSAGE__BODY_EVIDENCE;
    m.evidence = body;
    world_inject_message(w, from, to, &m);
}

/* Gives A, as from C, every frame that reads and differs from this one in one byte: none changes
 * what A keeps. */
static void give_changed(struct world *w, const Seinpost__Message *m)
{
    static uint8_t frame[8192], changed[8192];
    size_t len = message_encode(m, frame, sizeof frame), given = 0;
    struct snapshot before = check_snapshot(w, A);
    assert_true(len > 0);
    for (size_t at = 0; at < len; at++) {
        memcpy(changed, frame, len);
        changed[at] ^= (uint8_t)(1u << at % 8);
        if (world_read(bytes_of(changed, len)) == NULL)
            continue; /* such a frame ends the connection, as any does */
        world_inject(w, C, A, bytes_of(changed, len));
        given++;
        if (!check_is_unchanged(w, A, &before))
            fail_msg("byte %zu", at);
    }
    assert_true(given > len / 2);
}

/* Goal: a proof that does not hold has no effect and is reported; so has one of another key period,
 * which is nobody's fault. Method: one row is a true proof with one thing altered. */
static void test_false_proofs(void **state)
{
    (void)state;
    struct scene s;
    uint8_t good[FORK_BYTES_MAX], one[CHECKPOINT_SIGNED_BYTES], other[CHECKPOINT_SIGNED_BYTES];
    scene_set(&s, 323, 3);
    struct checkpoint cp = s.one.last, rival = cp;
    rival.time_utc++;
    checkpoint_sign(&cp, world_feed_secret(s.w, B), one);
    checkpoint_sign(&rival, world_feed_secret(s.w, B), other);
    assert_int_equal(fork_encode_pair(one, other, good), FORK_PAIR_BYTES);
    static const struct {
        size_t at, len;
        enum err want;
        const char *why;
    } rows[] = {
        {400, FORK_PAIR_BYTES,     ERR_PROOF,     "another checkpoint"},
        {488, FORK_PAIR_BYTES,     ERR_SIGNATURE, "a signature"       },
        {0,   FORK_PAIR_BYTES,     ERR_FORMAT,    "no proof"          },
        {16,  FORK_PAIR_BYTES - 1, ERR_TRUNCATED, "cut"               },
        {40,  FORK_PAIR_BYTES,     ERR_STRANGER,  "of two authors"    },
        {0,   0,                   ERR_TRUNCATED, "empty"             },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint8_t bad[FORK_BYTES_MAX];
        memcpy(bad, good, sizeof bad);
        bad[rows[i].at] ^= 1;
        struct snapshot before = check_snapshot(s.w, A);
        size_t told = world_told(s.w, A, REPORT_MESSAGE_REFUSED, ERR_COUNT);
        give_proof(s.w, C, A, bytes_of(bad, rows[i].len));
        assert_true(check_is_unchanged(s.w, A, &before));
        assert_int_equal(world_told(s.w, A, REPORT_MESSAGE_REFUSED, ERR_COUNT), told + 1);
    }
    Seinpost__ForkProof body = SEINPOST__FORK_PROOF__INIT;
    body.proof = (ProtobufCBinaryData){FORK_PAIR_BYTES, good};
    Seinpost__Message m = SEINPOST__MESSAGE__INIT;
    m.body_case = SEINPOST__MESSAGE__BODY_FORK_PROOF;
    m.fork_proof = &body;
    give_changed(s.w, &m);
    /* Signed in full, of a key period that is not in force. */
    cp.feed_epoch = rival.feed_epoch = 2;
    checkpoint_sign(&cp, world_feed_secret(s.w, B), one);
    checkpoint_sign(&rival, world_feed_secret(s.w, B), other);
    uint8_t later[FORK_PAIR_BYTES];
    assert_int_equal(fork_encode_pair(one, other, later), FORK_PAIR_BYTES);
    size_t told = world_told(s.w, A, REPORT_MESSAGE_REFUSED, ERR_COUNT);
    give_proof(s.w, C, A, bytes_of(later, sizeof later));
    assert_false(look_feed(s.w, A, B).is_disputed);
    assert_int_equal(world_told(s.w, A, REPORT_MESSAGE_REFUSED, ERR_COUNT), told);

    give_proof(s.w, C, A, bytes_of(good, FORK_PAIR_BYTES));
    world_run(s.w, 200);
    agreed(s.w, NODES);
    scene_clear(&s);
}

/* Goal: ever lower proofs are not followed for ever, and higher ones change nothing.
 * Method: C brings A proofs in falling order of the time that they differ in. */
static void test_many_proofs(void **state)
{
    (void)state;
    struct scene s;
    scene_set(&s, 324, 3);
    struct checkpoint cp = s.one.last;
    uint8_t one[CHECKPOINT_SIGNED_BYTES], other[CHECKPOINT_SIGNED_BYTES];
    uint8_t proof[FORK_PAIR_BYTES], first[FORK_PAIR_BYTES];
    cp.seq += 100;
    size_t kept = 0;
    for (uint64_t i = 0; i < 40; i++) {
        struct checkpoint rival = cp;
        cp.seq--;
        rival.seq = cp.seq;
        rival.time_utc++;
        checkpoint_sign(&cp, world_feed_secret(s.w, B), one);
        checkpoint_sign(&rival, world_feed_secret(s.w, B), other);
        assert_int_equal(fork_encode_pair(one, other, proof), FORK_PAIR_BYTES);
        if (i == 0)
            memcpy(first, proof, sizeof first);
        give_proof(s.w, C, A, bytes_of(proof, sizeof proof));
        struct bytes now = shelf_fork(world_shelf(s.w, A), world_author(s.w, B), 1);
        kept += bytes_equal(now, bytes_of(proof, sizeof proof));
    }
    assert_int_equal(kept, 16);
    struct snapshot before = check_snapshot(s.w, A);
    give_proof(s.w, C, A, bytes_of(first, sizeof first));
    assert_true(check_is_unchanged(s.w, A, &before));
    assert_int_equal(world_told(s.w, A, REPORT_DISPUTE, ERR_FORK), 1);
    scene_clear(&s);
}

/* Goal: evidence that does not verify, or shows nothing, has no effect. Method: one row is what C
 * shows A of B's feed, whose checkpoint A holds. */
static void test_false_evidence(void **state)
{
    (void)state;
    struct scene s;
    scene_set(&s, 325, 3);
    uint8_t raw[CHECKPOINT_SIGNED_BYTES], header[HEADER_BYTES + 1] = {0};
    uint8_t hashes[41 * HASH_BYTES] = {0};
    struct checkpoint cp = s.one.last;
    cp.seq += 9;
    cp.size += 9;
    cp.root[0] ^= 1;
    cp.previous[0] ^= 1;
    checkpoint_sign(&cp, world_feed_secret(s.w, B), raw);
    static const struct {
        size_t checkpoint, header, proof;
        uint64_t index;
        uint8_t with;
        enum err want; /* ERR_COUNT: nothing is reported */
        const char *why;
    } rows[] = {
        {236, 0,  0,       0,  0, ERR_COUNT,     "a newer checkpoint, true"},
        {236, 0,  0,       0,  1, ERR_SIGNATURE, "not signed"              },
        {235, 0,  0,       0,  0, ERR_TRUNCATED, "cut"                     },
        {0,   0,  0,       0,  0, ERR_TRUNCATED, "empty"                   },
        {236, 0,  32,      0,  0, ERR_FORMAT,    "a proof of no entry"     },
        {236, 0,  0,       1,  0, ERR_FORMAT,    "an index of no entry"    },
        {236, 49, 0,       1,  0, ERR_FORMAT,    "a header too long"       },
        {236, 48, 41 * 32, 1,  0, ERR_FORMAT,    "a proof too long"        },
        {236, 48, 33,      1,  0, ERR_PROOF,     "not whole hashes"        },
        {236, 48, 64,      1,  0, ERR_PROOF,     "a wrong proof"           },
        {236, 48, 64,      99, 0, ERR_RANGE,     "beyond its size"         },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        raw[CHECKPOINT_SIGNED_BYTES - 1] ^= rows[i].with;
        Seinpost__Evidence e = SEINPOST__EVIDENCE__INIT;
        e.checkpoint = (ProtobufCBinaryData){rows[i].checkpoint, raw};
        e.index = rows[i].index;
        e.header = (ProtobufCBinaryData){rows[i].header, header};
        e.proof = (ProtobufCBinaryData){rows[i].proof, hashes};
        struct snapshot before = check_snapshot(s.w, A);
        size_t all = world_told(s.w, A, REPORT_MESSAGE_REFUSED, ERR_COUNT);
        size_t told = rows[i].want == ERR_COUNT
                          ? 0
                          : world_told(s.w, A, REPORT_MESSAGE_REFUSED, rows[i].want);
        give_evidence(s.w, C, A, &e);
        raw[CHECKPOINT_SIGNED_BYTES - 1] ^= rows[i].with;
        assert_true(check_is_unchanged(s.w, A, &before));
        if (rows[i].want == ERR_COUNT)
            assert_int_equal(world_told(s.w, A, REPORT_MESSAGE_REFUSED, ERR_COUNT), all);
        else if (world_told(s.w, A, REPORT_MESSAGE_REFUSED, rows[i].want) != told + 1)
            fail_msg("%s", rows[i].why);
    }
    Seinpost__Evidence e = SEINPOST__EVIDENCE__INIT;
    e.checkpoint = (ProtobufCBinaryData){sizeof raw, raw};
    Seinpost__Message m = SEINPOST__MESSAGE__INIT;
    m.body_case = SEINPOST__MESSAGE__BODY_EVIDENCE;
    m.evidence = &e;
    give_changed(s.w, &m);
    assert_int_equal(world_reports(s.w, REPORT_DISPUTE), 0);
    scene_clear(&s);
}

/* Goal: two checkpoints that close one day contradict each other, however much was signed since.
 * Method: A takes a day's end and more after it; then C shows A another end of that day, which
 * nothing newer contradicts. */
static void test_other_day(void **state)
{
    (void)state;
    struct scene s;
    struct checkpoint rival;
    uint8_t raw[CHECKPOINT_SIGNED_BYTES];
    scene_set(&s, 328, 3);
    s.one.last.seq = DAILY_SEQ - 1;
    show(&s, &s.one, A, 4, 1);
    assert_true(shelf_witnessed(world_shelf(s.w, A), world_author(s.w, B), &rival) >= 1);
    assert_int_equal(rival.seq, DAILY_SEQ);
    rival.time_utc++;
    checkpoint_sign(&rival, world_feed_secret(s.w, B), raw);
    assert_int_equal(look_feed(s.w, A, B).seq, DAILY_SEQ + 3);
    Seinpost__Evidence e = SEINPOST__EVIDENCE__INIT;
    e.checkpoint = (ProtobufCBinaryData){sizeof raw, raw};
    give_evidence(s.w, C, A, &e);
    world_run(s.w, 1000);
    assert_int_equal(agreed(s.w, NODES).kind, FORK_SEQ);
    scene_clear(&s);
}

/* Goal: honest authors are never in dispute, however late and by whatever way each hears of them.
 * Method: five publish at random moments while connections fall, for ten minutes. */
static void test_honest(void **state)
{
    (void)state;
    struct world_setup setup = {.seed = 326, .nodes = NODES, .keyholders = 3, .is_quiet = true};
    struct world *w = world_new(&setup);
    world_run(w, 4000);
    for (uint32_t round = 0; round < 40; round++) {
        size_t author = round * 7 % NODES, a = round % NODES, b = (round * 3 + 1) % NODES;
        (void)!world_signals(w, author, round * 10, 1 + round % 4, NULL);
        if (a != b && round % 3 == 0)
            world_part(w, a, b);
        world_run(w, 15000);
        if (a != b && round % 6 == 3)
            join(w);
    }
    join(w);
    world_run(w, 30000);
    check_equal(w);
    assert_int_equal(world_reports(w, REPORT_DISPUTE), 0);
    assert_int_equal(world_reports(w, REPORT_MESSAGE_REFUSED), 0);
    world_free(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_two_histories), cmocka_unit_test(test_within_a_round),
        cmocka_unit_test(test_frozen),        cmocka_unit_test(test_twin),
        cmocka_unit_test(test_false_proofs),  cmocka_unit_test(test_goes_on),
        cmocka_unit_test(test_many_proofs),   cmocka_unit_test(test_false_evidence),
        cmocka_unit_test(test_other_day),     cmocka_unit_test(test_honest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
