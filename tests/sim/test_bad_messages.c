/*
 * Messages that are wrong in one way each. Goal: nothing of them is kept, the reason is the one
 * that protocol/README.md gives, and only what nobody honest sends ends the connection. Method: C
 * says them to A; B is off.
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

enum { A = 0, B, C };

static uint8_t nonce_of_a[32];

static size_t learn_nonce(void *ctx, const struct passing *p)
{
    (void)ctx;
    const Seinpost__Message *m = world_read(bytes_of(p->frame, p->len));
    if (p->from == A && m != NULL && m->body_case == SEINPOST__MESSAGE__BODY_HEAD_ASK)
        memcpy(nonce_of_a, m->head_ask->nonce.data, 32);
    return p->len;
}

static struct world *without_b(uint64_t seed, struct forge *f)
{
    struct world_setup setup = {.seed = seed, .nodes = 3, .is_quiet = true};
    setup.roles[A] = ROLE_MEMBER | ROLE_RELAY;
    struct world *w = world_new(&setup);
    world_watch(w, learn_nonce, NULL);
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

/* One row: gives m to A; afterwards A is as before, and has told the reason once. */
static void assert_refused(struct world *w, const Seinpost__Message *m, enum report what,
                           enum err want, bool is_cut)
{
    if (is_cut)
        world_run(w, 3000); /* the row before ended a connection */
    struct snapshot before = check_snapshot(w, A);
    size_t all = world_told(w, A, what, ERR_COUNT), told = world_told(w, A, what, want);
    size_t wires = world_wires(w, A, C);
    world_inject_message(w, C, A, m);
    assert_int_equal(world_wires(w, A, C), is_cut ? wires - 1 : wires);
    assert_int_equal(world_told(w, A, what, ERR_COUNT), all + 1);
    assert_int_equal(world_told(w, A, what, want), told + 1);
    assert_true(check_is_unchanged(w, A, &before));
}

/* ---- Frames and openings ---- */

static void test_frames(void **state)
{
    (void)state;
    static uint8_t large[FRAME_BYTES_MAX + 1] = {0x0a};
    static const struct {
        const uint8_t *bytes;
        size_t len;
        enum err want;
    } rows[] = {
        {large,                                   0,            ERR_FORMAT   },
        {large,                                   sizeof large, ERR_LIMIT    },
        {(const uint8_t *)"\x0a\x05\x01",         3,            ERR_TRUNCATED},
        {(const uint8_t *)"\xfa\x01\x00",         3,            ERR_FORMAT   },
        {(const uint8_t *)"\x12\x00\x12\x00",     4,            ERR_FORMAT   },
        {(const uint8_t *)"\x12\x03\x0a\x01\x00", 5,            ERR_FORMAT   },
    };
    struct forge f;
    struct world *w = without_b(71, &f);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        world_run(w, 3000);
        size_t told = world_told(w, A, REPORT_MESSAGE_REFUSED, rows[i].want);
        size_t wires = world_wires(w, A, C);
        world_inject(w, C, A, bytes_of(rows[i].bytes, rows[i].len));
        assert_int_equal(world_told(w, A, REPORT_MESSAGE_REFUSED, rows[i].want), told + 1);
        assert_int_equal(world_wires(w, A, C), wires - 1);
    }
    /* Anything before the opening. */
    world_run(w, 3000);
    world_fall(w, A, C);
    while (!world_is_connected(w, A, C))
        world_run(w, 1);
    world_run(w, DELAY_MS);
    Seinpost__HeadAsk ask = SEINPOST__HEAD_ASK__INIT;
    Seinpost__Message m = SEINPOST__MESSAGE__INIT;
    m.body_case = SEINPOST__MESSAGE__BODY_HEAD_ASK;
    m.head_ask = &ask;
    ask.nonce = data_of(nonce_of_a, 32);
    size_t told = world_told(w, A, REPORT_MESSAGE_REFUSED, ERR_SEQUENCE);
    world_inject_message(w, C, A, &m);
    assert_int_equal(world_told(w, A, REPORT_MESSAGE_REFUSED, ERR_SEQUENCE), told + 1);
    world_run(w, 5000);
    check_equal(w);
    forge_clear(&f);
    world_free(&w);
}

static void test_openings(void **state)
{
    (void)state;
    enum { NEWER, OLDER, FEDERATION, AUTHOR, HASH, CONTACTS };
    static const struct {
        int change;
        enum report what;
        enum err want;
    } rows[] = {
        {NEWER,      REPORT_VERSION,         ERR_VERSION },
        {OLDER,      REPORT_VERSION,         ERR_VERSION },
        {FEDERATION, REPORT_MESSAGE_REFUSED, ERR_STRANGER},
        {AUTHOR,     REPORT_MESSAGE_REFUSED, ERR_STRANGER},
        {HASH,       REPORT_MESSAGE_REFUSED, ERR_FORMAT  },
        {CONTACTS,   REPORT_MESSAGE_REFUSED, ERR_LIMIT   },
    };
    struct forge f;
    struct world *w = without_b(72, &f);
    const struct roster *r = federation_roster(world_core(w, A));
    uint8_t other[32] = {1};
    Seinpost__Contact c = SEINPOST__CONTACT__INIT, *list[CONTACTS_MAX + 1];
    char endpoint[] = "tcp://10.0.0.1:1";
    c.author = data_of(other, 32);
    c.endpoint = endpoint;
    for (size_t i = 0; i <= CONTACTS_MAX; i++)
        list[i] = &c;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int change = rows[i].change;
        Seinpost__Opening o = SEINPOST__OPENING__INIT;
        Seinpost__Message m = SEINPOST__MESSAGE__INIT;
        m.body_case = SEINPOST__MESSAGE__BODY_OPENING;
        m.opening = &o;
        o.version_min = change == NEWER ? PROTOCOL_VERSION_MAX + 1 : 0;
        o.version_max = change == OLDER ? PROTOCOL_VERSION_MIN - 1 : 9;
        o.federation = data_of(change == FEDERATION ? other : r->genesis, 32);
        o.author = data_of(world_author(w, change == AUTHOR ? B : C), 32);
        o.roster_version = 1;
        o.roster_hash = data_of(r->hash, change == HASH ? 31 : 32);
        o.n_contact = change == CONTACTS ? CONTACTS_MAX + 1 : 0;
        o.contact = list;
        assert_refused(w, &m, rows[i].what, rows[i].want, true);
    }
    world_run(w, 5000);
    check_equal(w);
    forge_clear(&f);
    world_free(&w);
}

/* ---- What is asked of A ---- */

static void test_questions(void **state)
{
    (void)state;
    struct forge f;
    struct world *w = without_b(73, &f);
    uint8_t other[32] = {1};
    Seinpost__HeadAsk head = SEINPOST__HEAD_ASK__INIT;
    Seinpost__Follow follow = SEINPOST__FOLLOW__INIT;
    Seinpost__BodyAsk body = SEINPOST__BODY_ASK__INIT;
    Seinpost__Message m = SEINPOST__MESSAGE__INIT;
    m.body_case = SEINPOST__MESSAGE__BODY_HEAD_ASK;
    m.head_ask = &head;
    head.nonce = data_of(other, 31);
    assert_refused(w, &m, REPORT_MESSAGE_REFUSED, ERR_FORMAT, false);
    m.body_case = SEINPOST__MESSAGE__BODY_FOLLOW;
    m.follow = &follow;
    follow.credit = 100000;
    follow.author = data_of(other, 32);
    assert_refused(w, &m, REPORT_MESSAGE_REFUSED, ERR_UNAUTHORISED, false);
    follow.author = data_of(world_author(w, B), 31);
    assert_refused(w, &m, REPORT_MESSAGE_REFUSED, ERR_UNAUTHORISED, false);
    m.body_case = SEINPOST__MESSAGE__BODY_BODY_ASK;
    m.body_ask = &body;
    body.author = data_of(other, 32);
    assert_refused(w, &m, REPORT_MESSAGE_REFUSED, ERR_UNAUTHORISED, false);
    forge_clear(&f);
    world_free(&w);
}

/* ---- What A is told of its own head ---- */

static void test_head_answers(void **state)
{
    (void)state;
    enum { CUT, PREFIX, SEQ, SIGNATURE, SOMEBODY_ELSE };
    static const struct {
        int change;
        enum err want;
    } rows[] = {
        {CUT,           ERR_TRUNCATED},
        {PREFIX,        ERR_FORMAT   },
        {SEQ,           ERR_RANGE    },
        {SIGNATURE,     ERR_SIGNATURE},
        {SOMEBODY_ELSE, ERR_STRANGER },
    };
    struct forge f;
    struct world *w = without_b(74, &f);
    const struct feed_record *rec = shelf_record(world_shelf(w, A), world_author(w, A));
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int change = rows[i].change;
        struct checkpoint cp;
        uint8_t raw[CHECKPOINT_SIGNED_BYTES];
        assert_int_equal(checkpoint_read(bytes_of(rec->held, sizeof rec->held), &cp), OK);
        if (change == SOMEBODY_ELSE)
            memcpy(cp.author, world_author(w, B), 32);
        if (change == SEQ)
            cp.seq = 0;
        checkpoint_sign(&cp, world_feed_secret(w, A), raw);
        raw[0] ^= change == PREFIX;
        raw[sizeof raw - 1] ^= change == SIGNATURE;
        Seinpost__HeadAnswer h = SEINPOST__HEAD_ANSWER__INIT;
        Seinpost__Message m = SEINPOST__MESSAGE__INIT;
        m.body_case = SEINPOST__MESSAGE__BODY_HEAD_ANSWER;
        m.head_answer = &h;
        h.nonce = data_of(nonce_of_a, 32);
        h.checkpoint = data_of(raw, sizeof raw - (change == CUT));
        assert_refused(w, &m, REPORT_MESSAGE_REFUSED, rows[i].want, false);
        assert_true(world_standing(w, A).may_sign);
        /* The same with another nonce is not even read. */
        struct snapshot before = check_snapshot(w, A);
        size_t told = world_told(w, A, REPORT_MESSAGE_REFUSED, ERR_COUNT);
        uint8_t old[32] = {1};
        h.nonce = data_of(old, 32);
        world_inject_message(w, C, A, &m);
        assert_int_equal(world_told(w, A, REPORT_MESSAGE_REFUSED, ERR_COUNT), told);
        assert_true(check_is_unchanged(w, A, &before));
    }
    forge_clear(&f);
    world_free(&w);
}

/* ---- What a damaged store gives back at a start ---- */

static void test_loading(void **state)
{
    (void)state;
    struct forge f;
    struct world *w = without_b(77, &f);
    void *storage = aligned_alloc(64, (federation_bytes() + 63) / 64 * 64);
    struct federation_config *config = calloc(1, sizeof *config);
    assert_true(storage != NULL && config != NULL);
    struct archive archive = shelf_archive(world_shelf(w, A));
    struct federation *core = federation_init(storage, config, &archive);
    struct feed_record rec = *shelf_record(world_shelf(w, A), world_author(w, A));
    struct bytes list = world_newest(w);
    uint8_t hash[32] = {0};
    assert_int_equal(federation_load_roster(core, list, hash), ERR_COMMIT);
    assert_int_equal(federation_load_roster(core, bytes_of(list.data, list.len - 1), hash),
                     ERR_TRUNCATED);
    assert_null(federation_roster(core));
    rec.held[0] ^= 1;
    assert_int_equal(federation_load_feed(core, &rec), ERR_FORMAT);
    rec.held[0] ^= 1;
    rec.seen[0] ^= 1;
    assert_int_equal(federation_load_feed(core, &rec), ERR_FORMAT);
    rec.seen[0] ^= 1;
    for (uint32_t i = 0; i < ORGANISATIONS_MAX; i++) {
        memcpy(rec.author, &i, sizeof i);
        assert_int_equal(federation_load_feed(core, &rec), OK);
    }
    rec.author[31] ^= 1;
    assert_int_equal(federation_load_feed(core, &rec), ERR_FULL);
    /* Without a member list it does nothing, and is in no hurry. */
    static struct effects out;
    struct event ev = {.type = EVENT_TICK, .now_ms = 5000};
    federation_step(core, &ev, &out);
    assert_int_equal(out.count, 0);
    assert_true(federation_deadline_ms(core) > ev.now_ms);
    ev.type = EVENT_APPEND;
    federation_step(core, &ev, &out);
    assert_int_equal(out.list[0].appended.result, ERR_STRANGER);
    struct subject s = {1, bytes_of("x", 1)};
    ev.type = EVENT_EVALUATE;
    ev.evaluate.subjects = &s;
    ev.evaluate.count = 1;
    federation_step(core, &ev, &out);
    assert_int_equal(out.list[0].evaluated.result, ERR_EPOCH);
    struct coverage c;
    federation_coverage(core, WORLD_START_UTC, &c);
    assert_int_equal(c.gaps, GAP_NOT_READY);
    federation_clear(core);
    free(config);
    free(storage);
    forge_clear(&f);
    world_free(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_frames),    cmocka_unit_test(test_openings),
        cmocka_unit_test(test_questions), cmocka_unit_test(test_head_answers),
        cmocka_unit_test(test_loading),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
