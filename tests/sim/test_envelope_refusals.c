/*
 * Goal: what is false, changed, replayed, too much or for nobody is refused, and has no effect.
 * Method: deliveries and receipts that the cores never send are put on their connections, and a
 * node's shelf is compared before and after; then what a node is asked to send and cannot.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "tests/sim/check.h"
#include "tests/sim/look.h"
#include "tests/sim/spy.h"

enum { A = 0, B, C, D, DAY_S = 86400, LARGE = 200000 };

static void inject(struct world *w, size_t from, size_t to, uint32_t what, size_t author,
                   uint64_t index, size_t addressee, struct bytes body)
{
    Seinpost__Delivery d = SEINPOST__DELIVERY__INIT;
    d.what = what;
    d.author = (ProtobufCBinaryData){32, (uint8_t *)(uintptr_t)world_author(w, author)};
    d.index = index;
    d.addressee = (ProtobufCBinaryData){32, (uint8_t *)(uintptr_t)world_author(w, addressee)};
    d.body = (ProtobufCBinaryData){body.len, (uint8_t *)(uintptr_t)body.data};
    Seinpost__Message m = SEINPOST__MESSAGE__INIT;
    m.body_case = SEINPOST__MESSAGE__BODY_DELIVERY;
    m.delivery = &d;
    world_inject_message(w, from, to, &m);
}

/* Goal: a body that comes to somebody else, from somebody else, altered, or as something that it is
 * not, is refused and not stored; and a receipt counts from the addressee alone. */
static void test_refused(void **state)
{
    (void)state;
    enum { FOR_YOU = 1, KEEP, ASK, RECEIPT };
    struct spy spy;
    struct world *w = spy_four(6, &spy);
    uint64_t index, signal;
    static uint8_t body[ADDRESSED_BODY_BYTES_MAX];
    world_stop(w, C);
    assert_int_equal(world_send(w, A, C, 1, spy_text(), &index), OK);
    assert_int_equal(world_signal(w, A, 1, world_today(w) + 9, &signal), OK);
    world_run(w, 2000);
    struct bytes held = shelf_body(world_shelf(w, A), world_author(w, A), index);
    memcpy(body, held.data, held.len);
    struct bytes whole = bytes_of(body, held.len);
    struct snapshot b = check_snapshot(w, B), d = check_snapshot(w, D);

    inject(w, A, B, FOR_YOU, A, index, C, whole); /* by mistake of its author */
    inject(w, D, B, FOR_YOU, A, index, B, whole); /* by somebody who has no business with it */
    inject(w, A, B, KEEP, A, index, C, whole);    /* C named no relay */
    inject(w, D, B, KEEP, A, index, C, whole);
    inject(w, D, B, ASK, A, index, C, bytes_of(NULL, 0));
    inject(w, B, D, 7, A, index, D, whole);
    inject(w, A, D, FOR_YOU, A, signal, D, whole); /* that entry is for everybody */
    inject(w, A, D, FOR_YOU, A, index, D, bytes_of(body, whole.len - 256));
    body[600] ^= 1;
    inject(w, A, D, FOR_YOU, A, index, D, whole);
    body[600] ^= 1;
    inject(w, A, D, FOR_YOU, A, 1000, D, whole); /* unknown yet: silence */
    assert_true(check_is_unchanged(w, B, &b));
    assert_true(check_is_unchanged(w, D, &d));
    assert_int_equal(world_told(w, B, REPORT_MESSAGE_REFUSED, ERR_UNAUTHORISED), 5);
    assert_int_equal(world_told(w, D, REPORT_MESSAGE_REFUSED, ERR_VERSION), 1);
    assert_int_equal(world_told(w, D, REPORT_MESSAGE_REFUSED, ERR_FORMAT), 1);
    assert_int_equal(world_told(w, D, REPORT_MESSAGE_REFUSED, ERR_COMMIT), 2);

    /* A receipt that C did not sign. */
    inject(w, B, A, RECEIPT, A, index, C, bytes_of(NULL, 0));
    assert_int_equal(world_told(w, A, REPORT_MESSAGE_REFUSED, ERR_FORMAT), 1);
    struct delivery_receipt r = {.index = index, .state = DELIVERY_DONE};
    memcpy(r.author, world_author(w, A), 32);
    memcpy(r.holder, world_author(w, B), 32);
    uint8_t signature[64];
    delivery_sign(&r, world_feed_secret(w, B), signature);
    Seinpost__Delivery m = SEINPOST__DELIVERY__INIT;
    Seinpost__Message message = SEINPOST__MESSAGE__INIT;
    message.body_case = SEINPOST__MESSAGE__BODY_DELIVERY;
    message.delivery = &m;
    m.what = RECEIPT;
    m.author = (ProtobufCBinaryData){32, r.author};
    m.index = index;
    m.state = DELIVERY_DONE;
    m.holder = (ProtobufCBinaryData){32, r.holder};
    m.signature = (ProtobufCBinaryData){64, signature};
    world_inject_message(w, B, A, &message);
    assert_int_equal(world_told(w, A, REPORT_MESSAGE_REFUSED, ERR_UNAUTHORISED), 1);
    memcpy(r.holder, world_author(w, C), 32);
    world_inject_message(w, B, A, &message);
    assert_int_equal(world_told(w, A, REPORT_MESSAGE_REFUSED, ERR_SIGNATURE), 1);
    assert_int_equal(look_parcel(w, A, A, index), PARCEL_WAITING);

    world_start(w, C);
    world_run(w, 3000);
    assert_true(look_has_mail(w, C, A, spy_text()));
    inject(w, A, C, FOR_YOU, A, index, C, whole); /* again: acknowledged, and no second effect */
    world_run(w, 1000);
    assert_int_equal(look_pouch(w, C)->mail_count, 1);
    world_free(&w);
}

/* Goal: the same envelope from another place in the feed has no second effect, also after a
 * restart. */
static void test_replay(void **state)
{
    (void)state;
    struct spy spy;
    struct world *w = spy_four(7, &spy);
    assert_int_equal(world_send(w, A, C, 1, spy_text(), NULL), OK);
    assert_int_equal(world_send(w, B, C, 1, spy_text(), NULL),
                     OK); /* another sender, the same id */
    world_run(w, 3000);
    assert_int_equal(look_pouch(w, C)->mail_count, 2);
    world_stop(w, C);
    world_start(w, C);
    world_run(w, 3000);
    uint64_t index;
    assert_int_equal(world_send(w, A, C, 1, spy_text(), &index), OK);
    world_run(w, 3000);
    assert_int_equal(look_pouch(w, C)->mail_count, 2);
    assert_int_equal(world_told(w, C, REPORT_MESSAGE_REFUSED, ERR_DUPLICATE), 1);
    assert_int_equal(look_parcel(w, A, A, index), PARCEL_DELIVERED);
    world_free(&w);
}

/* The first Delivery of a kind that leaves any node, which then goes no further. */
struct catcher {
    uint32_t what;
    uint8_t *frame;
    size_t len;
};

static size_t catch_one(void *ctx, const struct passing *p)
{
    struct catcher *c = ctx;
    const Seinpost__Message *m = world_read(bytes_of(p->frame, p->len));
    if (m == NULL || m->body_case != SEINPOST__MESSAGE__BODY_DELIVERY ||
        m->delivery->what != c->what)
        return p->len;
    if (c->frame == NULL) {
        c->frame = malloc(p->len);
        memcpy(c->frame, p->frame, p->len);
        c->len = p->len;
    }
    return 0;
}

/* Gives a node the caught frame with one bit of it changed, or cut short, at many places. */
static void try_changed(struct world *w, struct catcher *c, size_t from, size_t to)
{
    struct snapshot before = check_snapshot(w, to);
    for (size_t at = 0; at < c->len; at += at < 300 || at + 300 > c->len ? 1 : 397) {
        if (!world_is_connected(w, from, to))
            world_run(w, 1200);
        c->frame[at] ^= (uint8_t)(1 << at % 8);
        world_inject(w, from, to, bytes_of(c->frame, c->len));
        c->frame[at] ^= (uint8_t)(1 << at % 8);
        if (!check_is_unchanged(w, to, &before))
            fail_msg("changed at %zu", at);
        if (!world_is_connected(w, from, to))
            world_run(w, 1200);
        world_inject(w, from, to, bytes_of(c->frame, at));
        if (!check_is_unchanged(w, to, &before))
            fail_msg("cut at %zu", at);
    }
}

/* Goal: no changed or cut Delivery or receipt has any effect; the whole ones do. */
static void test_changed_frames(void **state)
{
    (void)state;
    struct spy spy;
    struct world *w = spy_four(14, &spy);
    uint64_t index;
    struct catcher body = {.what = 1}, receipt = {.what = 4};
    world_watch(w, catch_one, &body);
    assert_int_equal(world_send(w, A, C, 1, spy_text(), &index), OK);
    world_run(w, 1000);
    assert_non_null(body.frame);
    try_changed(w, &body, A, C);
    world_watch(w, catch_one, &receipt);
    world_run(w, 2000);
    world_inject(w, A, C, bytes_of(body.frame, body.len));
    world_run(w, 1000);
    assert_int_equal(look_pouch(w, C)->mail_count, 1);
    assert_non_null(receipt.frame);
    try_changed(w, &receipt, C, A);
    assert_int_equal(look_parcel(w, A, A, index), PARCEL_WAITING);
    world_run(w, 2000);
    world_inject(w, C, A, bytes_of(receipt.frame, receipt.len));
    assert_int_equal(look_parcel(w, A, A, index), PARCEL_DELIVERED);
    free(body.frame);
    free(receipt.frame);
    world_free(&w);
}

/* Goal: one sender cannot fill a disk in a day; the others still get through, and the rest comes
 * the day after. */
static void test_too_much(void **state)
{
    (void)state;
    struct spy spy;
    struct world *w = spy_four(17, &spy);
    uint8_t *content = calloc(1, LARGE);
    for (uint32_t i = 0; i < 66; i++)
        assert_int_equal(world_send(w, A, C, i, bytes_of(content, LARGE), NULL), OK);
    world_run(w, 10000);
    assert_int_equal(look_pouch(w, C)->mail_count, 64);
    assert_true(world_told(w, C, REPORT_MESSAGE_REFUSED, ERR_BUDGET) > 0);
    assert_int_equal(world_send(w, B, C, 1, spy_text(), NULL), OK);
    world_run(w, 5000);
    assert_true(look_has_mail(w, C, B, spy_text()));
    world_skip(w, DAY_S);
    world_run(w, 30000);
    assert_int_equal(look_pouch(w, C)->mail_count, 67);
    free(content);
    world_free(&w);
}

/* Goal: whom nothing can be sent to, or by whom. */
static void suspend_d(struct roster *r, void *ctx)
{
    (void)ctx;
    r->organisations[D].status = ORG_SUSPENDED;
}

static void stale(struct roster *r, void *ctx)
{
    r->fresh_until_utc = *(int64_t *)ctx;
    r->issued_utc = r->fresh_until_utc - 1;
}

static void test_errors(void **state)
{
    (void)state;
    struct world_setup setup = {.seed = 12,
                                .nodes = 4,
                                .keyholders = 1,
                                .threshold = 1,
                                .roles = {[B] = ROLE_OBSERVER},
                                .is_off = {[C] = true}};
    struct world *w = world_new(&setup);
    static uint8_t content[ENVELOPE_CONTENT_BYTES_MAX + 1];
    memset(content, 'z', sizeof content);
    world_run(w, 5000);
    assert_int_equal(world_send(w, A, A, 1, spy_text(), NULL), ERR_RANGE);
    assert_int_equal(world_send(w, A, C, 1, spy_text(), NULL), ERR_NOT_FOUND);
    assert_int_equal(world_send(w, A, B, 1, spy_text(), NULL), ERR_NOT_FOUND); /* gives no keys */
    assert_int_equal(world_send(w, A, D, 1, bytes_of(content, sizeof content), NULL), ERR_LIMIT);
    assert_int_equal(world_send(w, A, D, 1, bytes_of(content, sizeof content - 1), NULL), OK);
    assert_int_equal(world_roster(w, A, suspend_d, NULL), OK);
    assert_int_equal(world_send(w, A, D, 2, spy_text(), NULL), ERR_STRANGER);
    int64_t until = world_now_utc(w) - 1;
    assert_int_equal(world_roster(w, A, stale, &until), OK);
    world_start(w, C);
    world_run(w, 5000);
    assert_int_equal(world_send(w, A, C, 3, spy_text(), NULL), ERR_STALE);
    world_free(&w);

    struct world_setup alone = {.seed = 13, .nodes = 2, .keyholders = 2, .threshold = 2};
    w = world_new(&alone);
    world_run(w, 5000);
    world_stop(w, B);
    for (uint32_t i = 0; i < 1024; i++)
        assert_int_equal(world_send(w, A, B, i, spy_text(), NULL), OK);
    assert_int_equal(world_send(w, A, B, 9999, spy_text(), NULL), ERR_FULL);
    world_stop(w, A);
    world_start(w, A);
    assert_int_equal(world_send(w, A, B, 9999, spy_text(), NULL), ERR_UNAVAILABLE);
    world_start(w, B);
    world_run(w, 120000);
    assert_int_equal(look_pouch(w, B)->mail_count, 1024);
    assert_int_equal(world_send(w, A, B, 9999, spy_text(), NULL), OK);
    world_free(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_refused),        cmocka_unit_test(test_replay),
        cmocka_unit_test(test_changed_frames), cmocka_unit_test(test_too_much),
        cmocka_unit_test(test_errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
