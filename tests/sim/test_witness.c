/*
 * Goal: an observer keeps one history of daily checkpoints of each author, and finds out whoever
 * shows another.
 * Method: checkpoints and rows with true signatures and false content are put in its way; and
 * starts, days that it missed, and new keys in between.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sodium.h>
#include <string.h>

#include "tests/sim/check.h"
#include "tests/sim/forge.h"
#include "tests/sim/look.h"
#include "tests/sim/observed.h"

/* A batch without entries: a checkpoint, and 32 * count bytes as its proof. */
static void inject_checkpoint(struct world *w, const struct checkpoint *cp, size_t author,
                              size_t to, uint64_t first, size_t hashes)
{
    uint8_t raw[CHECKPOINT_SIGNED_BYTES], proof[(MERKLE_PROOF_MAX + 1) * HASH_BYTES] = {7};
    checkpoint_sign(cp, world_feed_secret(w, author), raw);
    Seinpost__Batch b = SEINPOST__BATCH__INIT;
    Seinpost__Message m = SEINPOST__MESSAGE__INIT;
    m.body_case = SEINPOST__MESSAGE__BODY_BATCH;
    m.batch = &b;
    b.author = (ProtobufCBinaryData){32, (uint8_t *)(uintptr_t)cp->author};
    b.first = first;
    b.checkpoint = (ProtobufCBinaryData){sizeof raw, raw};
    b.proof = (ProtobufCBinaryData){hashes * HASH_BYTES, proof};
    world_inject_message(w, A, to, &m);
}

/* Goal: a checkpoint that does not extend the witnessed one is reported and not kept, whoever
 * brings it. Method: C is off; A brings checkpoints with C's signature; one row is one of them. */
static void test_inconsistent(void **state)
{
    (void)state;
    static const struct {
        uint64_t seq, size;
        size_t hashes;
        bool is_root_changed;
        enum err want;
        const char *why;
    } rows[] = {
        {3 * DAILY_SEQ,     64, 3,                    true,  ERR_PROOF,        "another history"             },
        {3 * DAILY_SEQ,     64, 0,                    true,  ERR_PROOF,        "no proof"                    },
        {3 * DAILY_SEQ,     32, 1,                    false, ERR_PROOF,        "a proof where none is needed"},
        {3 * DAILY_SEQ + 1, 64, 3,                    true,  ERR_UNAUTHORISED, "not of the end of a day"     },
        {3 * DAILY_SEQ,     64, MERKLE_PROOF_MAX + 1, true,  ERR_LIMIT,        "too long a proof"            },
        {3 * DAILY_SEQ,     16, 0,                    true,  ERR_FORK,         "smaller"                     },
    };
    struct world *w = observed_world(36, 4);
    observed_next_day(w);
    observed_next_day(w);
    world_stop(w, C);
    world_run(w, 1000);
    struct checkpoint last, cp;
    assert_int_equal(shelf_witnessed(world_shelf(w, D), world_author(w, C), &last), 3);
    assert_int_equal(last.seq, 2 * DAILY_SEQ);
    assert_int_equal(last.size, 32);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        print_message("%s\n", rows[i].why);
        cp = last;
        cp.seq = rows[i].seq;
        cp.size = rows[i].size;
        checkpoint_hash(&last, cp.previous);
        cp.root[0] ^= rows[i].is_root_changed;
        size_t told = world_told(w, D, REPORT_MESSAGE_REFUSED, rows[i].want);
        inject_checkpoint(w, &cp, C, D, last.size, rows[i].hashes);
        assert_int_equal(world_told(w, D, REPORT_MESSAGE_REFUSED, rows[i].want), told + 1);
        assert_int_equal(shelf_witnessed(world_shelf(w, D), world_author(w, C), &cp), 3);
        assert_true(observed_is_same(&cp, &last));
    }
    assert_true(look_feed(w, D, C).is_disputed); /* by the last row: C signed both */
    assert_false(look_feed(w, D, B).is_disputed);
    world_free(&w);
}

/* What a peer says that a checkpoint of its own has seen. */
static void inject_rows(struct world *w, size_t from, size_t to, const uint8_t hash[HASH_BYTES],
                        struct bytes rows)
{
    Seinpost__SeenAnswer answer = SEINPOST__SEEN_ANSWER__INIT;
    Seinpost__Message m = SEINPOST__MESSAGE__INIT;
    m.body_case = SEINPOST__MESSAGE__BODY_SEEN_ANSWER;
    m.seen_answer = &answer;
    answer.hash = (ProtobufCBinaryData){HASH_BYTES, (uint8_t *)(uintptr_t)hash};
    answer.rows = (ProtobufCBinaryData){rows.len, (uint8_t *)(uintptr_t)rows.data};
    world_inject_message(w, from, to, &m);
}

/* Goal: only what was asked of a peer is taken, and only if it is what the peer's checkpoint
 * commits to. Method: C, which is off, signed a day whose field seen is the hash of 10 bytes that
 * are no rows; then answers in its name, by others and by itself. */
static void test_false_rows(void **state)
{
    (void)state;
    struct world *w = observed_world(41, 4);
    static const uint8_t no_rows[10] = "not a row", other[10] = "other rows";
    struct checkpoint last, cp;
    world_stop(w, C);
    world_run(w, 1000);
    assert_int_equal(shelf_witnessed(world_shelf(w, D), world_author(w, C), &last), 1);
    cp = last;
    cp.seq = DAILY_SEQ;
    checkpoint_hash(&last, cp.previous);
    seen_hash(bytes_of(no_rows, sizeof no_rows), cp.seen);
    inject_checkpoint(w, &cp, C, D, last.size, 0);
    assert_int_equal(shelf_witnessed(world_shelf(w, D), world_author(w, C), &last), 2);
    world_start(w, C);
    while (!world_is_connected(w, C, D))
        world_run(w, 1);
    world_run(w, 100);
    struct snapshot before = check_snapshot(w, D);
    size_t had = shelf_peer_seen(world_shelf(w, D), world_author(w, C)).len;
    inject_rows(w, A, D, cp.seen, bytes_of(no_rows, sizeof no_rows)); /* not A's to answer */
    assert_int_equal(world_told(w, D, REPORT_MESSAGE_REFUSED, ERR_COUNT), 0);
    inject_rows(w, C, D, cp.seen, bytes_of(other, sizeof other));
    assert_int_equal(world_told(w, D, REPORT_MESSAGE_REFUSED, ERR_COMMIT), 1);
    inject_rows(w, C, D, cp.seen, bytes_of(no_rows, sizeof no_rows));
    assert_int_equal(world_told(w, D, REPORT_MESSAGE_REFUSED, ERR_FORMAT), 1);
    assert_int_equal(shelf_peer_seen(world_shelf(w, D), world_author(w, C)).len, had);
    assert_true(check_is_unchanged(w, D, &before));
    world_free(&w);
}

/* Goal: what was witnessed outlives a start, and goes on from there; a day that the observer missed
 * is made up for by any member. Method: D is off for a day and B goes away meanwhile; D gets B's
 * checkpoint, with the proof from the one that it has, from a relay. */
static void test_restart(void **state)
{
    (void)state;
    struct world *w = observed_world(37, 4);
    observed_next_day(w);
    struct checkpoint before, after, own;
    assert_int_equal(shelf_witnessed(world_shelf(w, D), world_author(w, B), &before), 2);
    world_stop(w, D);
    assert_int_equal(world_signals(w, B, 0, 20, NULL), OK);
    observed_next_day(w);
    assert_int_equal(world_signals(w, B, 50, 3, NULL), OK);
    world_run(w, 2000);
    assert_int_equal(shelf_witnessed(world_shelf(w, B), world_author(w, B), &own), 3);
    world_stop(w, B);
    world_start(w, D);
    world_run(w, 70000);
    assert_int_equal(shelf_witnessed(world_shelf(w, D), world_author(w, B), &after), 3);
    assert_true(observed_is_same(&after, &own));
    assert_int_equal(after.size, 48);
    assert_int_equal(before.size, 16);
    world_stop(w, D);
    world_start(w, D);
    world_run(w, 5000);
    assert_int_equal(look_feed(w, D, B).size, 48);
    assert_int_equal(look_feed(w, D, B).seen_size, 48);
    struct bytes rows = shelf_peer_seen(world_shelf(w, D), world_author(w, A));
    assert_int_equal(rows.len, 3 * SEEN_ROW_BYTES);
    world_start(w, B);
    world_run(w, 10000);
    /* It signs, and others witness it as any other. */
    assert_true(world_standing(w, D).may_sign);
    assert_int_equal(shelf_witnessed(world_shelf(w, A), world_author(w, D), &own), 3);
    check_node(w, D);
    world_free(&w);
}

struct change {
    uint8_t feed_key[32];
    struct accepted accepted;
};

static void rekey_b(struct roster *r, void *ctx)
{
    const struct change *c = ctx;
    struct organisation *o = &r->organisations[B];
    o->feed_epoch++;
    memcpy(o->feed_key, c->feed_key, 32);
    o->accepted = c->accepted;
}

/* Goal: after a new key the observer goes on from where the member list says that the feed does,
 * and takes no checkpoint that does not continue that. Method: B gets a new key at an end that the
 * observer has not seen; its next day is witnessed; a forged one in between is not. */
static void test_new_key(void **state)
{
    (void)state;
    struct world *w = observed_world(40, 4);
    observed_next_day(w);
    assert_int_equal(world_signals(w, B, 0, 5, NULL), OK);
    world_run(w, 2000);
    uint8_t secret[64];
    struct change c;
    const struct feed_record *rec = shelf_record(world_shelf(w, A), world_author(w, B));
    c.accepted = (struct accepted){.feed_epoch = 1, .size = rec->tree.size};
    merkle_root(&rec->tree, c.accepted.root);
    crypto_sign_keypair(c.feed_key, secret);
    world_set_next_secret(w, B, secret);
    world_stop(w, B);
    world_start(w, B);
    world_run(w, 5000);
    assert_int_equal(world_roster(w, A, rekey_b, &c), OK);
    world_run(w, 10000);
    assert_int_equal(world_signals(w, B, 50, 3, NULL), OK);
    world_run(w, 2000);
    struct checkpoint cp, forged = {.feed_epoch = 2, .seq = DAILY_SEQ, .size = 32};
    memcpy(forged.author, world_author(w, B), 32);
    uint8_t raw[CHECKPOINT_SIGNED_BYTES], proof[HASH_BYTES] = {1};
    checkpoint_sign(&forged, secret, raw);
    for (uint64_t first = 0; first <= c.accepted.size; first += c.accepted.size) {
        Seinpost__Batch b = SEINPOST__BATCH__INIT;
        Seinpost__Message m = SEINPOST__MESSAGE__INIT;
        m.body_case = SEINPOST__MESSAGE__BODY_BATCH;
        m.batch = &b;
        b.author = (ProtobufCBinaryData){32, forged.author};
        b.first = first;
        b.checkpoint = (ProtobufCBinaryData){sizeof raw, raw};
        b.proof = (ProtobufCBinaryData){first == 0 ? 0 : sizeof proof, proof};
        world_inject_message(w, A, D, &m);
    }
    assert_int_equal(world_told(w, D, REPORT_MESSAGE_REFUSED, ERR_PROOF), 1);
    assert_int_equal(shelf_witnessed(world_shelf(w, D), world_author(w, B), &cp), 2);
    observed_next_day(w);
    assert_int_equal(shelf_witnessed(world_shelf(w, D), world_author(w, B), &cp), 3);
    assert_int_equal(cp.feed_epoch, 2);
    assert_int_equal(cp.size, 32);
    assert_int_equal(world_reports(w, REPORT_WITNESS_CONFLICT), 0);
    world_stop(w, D);
    world_start(w, D);
    world_run(w, 5000);
    observed_next_day(w);
    assert_int_equal(shelf_witnessed(world_shelf(w, D), world_author(w, B), &cp), 4);
    assert_int_equal(cp.size, 48);
    world_free(&w);
}

/* Drops what D would get of B's feed. */
static size_t hide_b(void *ctx, const struct passing *p)
{
    struct world *w = ctx;
    const Seinpost__Message *m = world_read(bytes_of(p->frame, p->len));
    bool is_hidden = p->to == D && m != NULL && m->body_case == SEINPOST__MESSAGE__BODY_BATCH &&
                     memcmp(m->batch->author.data, world_author(w, B), 32) == 0;
    return is_hidden && !p->is_arriving ? 0 : p->len;
}

/* Goal: an author that closes a day twice, once for C and once for D, is found out by what C says
 * it saw. Method: B is off; its key signs two ends of the day; a day later C's own checkpoint
 * commits to the one that it had, and D asks. */
static void test_two_faces(void **state)
{
    (void)state;
    struct world_setup setup = {.seed = 38, .nodes = 4, .keyholders = 1, .is_quiet = true};
    setup.roles[D] = ROLE_OBSERVER;
    setup.is_off[D] = true;
    struct world *w = world_new(&setup);
    world_run(w, 5000);
    world_stop(w, B);
    world_watch(w, hide_b, w);
    world_start(w, D);
    world_run(w, 5000);
    struct forge faces[2];
    struct forged_entry covers[15];
    for (size_t i = 0; i < 15; i++)
        covers[i] = (struct forged_entry){.type = ENTRY_COVER, .expires_day = 1, .is_absent = true};
    for (size_t i = 0; i < 2; i++) {
        forge_init(&faces[i], w, B);
        faces[i].salt = 1000 * i;
        faces[i].last.seq = DAILY_SEQ - 1;
        struct bytes batch = forge_batch(&faces[i], covers, 15);
        if (i == 0)
            world_inject(w, A, C, batch);
        else
            inject_checkpoint(w, &faces[i].last, B, D, 0, 0);
        forge_clear(&faces[i]);
    }
    struct checkpoint of_c, of_d;
    assert_int_equal(shelf_witnessed(world_shelf(w, C), world_author(w, B), &of_c), 2);
    assert_int_equal(shelf_witnessed(world_shelf(w, D), world_author(w, B), &of_d), 1);
    assert_int_equal(of_c.seq, of_d.seq);
    assert_memory_not_equal(of_c.root, of_d.root, HASH_BYTES);
    assert_int_equal(world_told(w, D, REPORT_WITNESS_CONFLICT, ERR_FORK), 0);
    observed_next_day(w);
    world_run(w, 5000);
    assert_true(world_told(w, D, REPORT_WITNESS_CONFLICT, ERR_FORK) >= 1);
    assert_int_equal(world_told(w, A, REPORT_WITNESS_CONFLICT, ERR_FORK), 1); /* D says so */
    world_free(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_inconsistent), cmocka_unit_test(test_false_rows),
        cmocka_unit_test(test_restart),      cmocka_unit_test(test_new_key),
        cmocka_unit_test(test_two_faces),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
