/*
 * Goal: what one organisation writes to one other arrives once, and its body never leaves for
 * anybody else; also through relays, restarts, weeks and replays.
 * Method: unchanged cores on virtual time. Every frame that leaves any node is searched for the
 * bodies of the envelopes that were written, and for their text; the inboxes are looked at.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "tests/sim/check.h"
#include "tests/sim/look.h"

enum { A = 0, B, C, D, DAY_S = 86400, LARGE = 200000 };

static const char TEXT[] = "a canary that sings to one alone";

static struct bytes text(void)
{
    return bytes_of(TEXT, sizeof TEXT - 1);
}

/* Frames that hold the body of the watched envelope, by who gave it to whom. */
struct spy {
    bool is_on;
    uint8_t body[64]; /* from the middle of it, where nothing repeats */
    size_t given[WORLD_NODES_MAX][WORLD_NODES_MAX];
    size_t plain; /* frames with the text in the clear */
    size_t frames;
};

static size_t spy_on(void *ctx, size_t from, size_t to, uint8_t *frame, size_t len)
{
    struct spy *s = ctx;
    s->frames++;
    if (s->is_on && memmem(frame, len, s->body, sizeof s->body) != NULL)
        s->given[from][to]++;
    if (memmem(frame, len, TEXT, sizeof TEXT - 1) != NULL)
        s->plain++;
    return len;
}

/* From now on it looks for this entry of a node, which holds it. */
static void spy_for(struct spy *s, struct world *w, size_t author, uint64_t index)
{
    struct bytes body = shelf_body(world_shelf(w, author), world_author(w, author), index);
    assert_true(body.len > 1000);
    memcpy(s->body, body.data + 500, sizeof s->body);
    s->is_on = true;
}

static size_t given_in_all(const struct spy *s)
{
    size_t sum = 0;
    for (size_t i = 0; i < WORLD_NODES_MAX; i++)
        for (size_t k = 0; k < WORLD_NODES_MAX; k++)
            sum += s->given[i][k];
    return sum;
}

static const struct pouch *pouch(struct world *w, size_t node)
{
    return shelf_pouch(world_shelf(w, node));
}

static enum parcel_state parcel(struct world *w, size_t at, size_t author, uint64_t index)
{
    struct parcel_record r;
    return pouch_parcel(pouch(w, at), world_author(w, author), index, &r) ? r.state
                                                                          : (enum parcel_state)0;
}

static bool has_mail(struct world *w, size_t at, size_t from, struct bytes content)
{
    const struct pouch *p = pouch(w, at);
    for (size_t i = 0; i < p->mail_count; i++)
        if (memcmp(p->mails[i].sender, world_author(w, from), 32) == 0 &&
            bytes_equal(bytes_of(p->mails[i].content, p->mails[i].len), content))
            return true;
    return false;
}

/* Four members who all reach one another. */
static struct world *four(uint64_t seed, struct spy *spy)
{
    struct world_setup setup = {.seed = seed, .nodes = 4, .keyholders = 3, .threshold = 2};
    struct world *w = world_new(&setup);
    memset(spy, 0, sizeof *spy);
    world_tamper(w, spy_on, spy);
    world_run(w, 5000);
    return w;
}

/* C has no port, and names B as its relay; A and C have no connection. */
static struct world *behind_relay(uint64_t seed, struct spy *spy, size_t second)
{
    struct world_setup setup = {
        .seed = seed, .nodes = 4, .keyholders = 2, .threshold = 2, .has_no_port = {[C] = true}};
    setup.relays[C][0] = B + 1;
    setup.relays[C][1] = second;
    struct world *w = world_new(&setup);
    memset(spy, 0, sizeof *spy);
    world_tamper(w, spy_on, spy);
    world_run(w, 5000);
    world_part(w, A, C);
    world_run(w, 2000);
    return w;
}

/* Goal: it arrives, once, the receipt comes back, and the copies go; nobody else gets a byte. */
static void test_direct(void **state)
{
    (void)state;
    struct spy spy;
    struct world *w = four(1, &spy);
    uint64_t index;
    assert_int_equal(world_send(w, A, C, 1, text(), &index), OK);
    spy_for(&spy, w, A, index);
    world_run(w, 2000);
    assert_true(has_mail(w, C, A, text()));
    assert_int_equal(spy.given[A][C], 1);
    assert_int_equal(given_in_all(&spy), 1);
    assert_int_equal(spy.plain, 0);
    assert_int_equal(parcel(w, A, A, index), PARCEL_DELIVERED);
    for (size_t at = A; at <= D; at++) {
        assert_int_equal(look_state(w, at, A, index), STATE_ADDRESSED);
        assert_int_equal(pouch(w, at)->mail_count, at == C ? 1 : 0);
        assert_int_equal(look_gaps(w, at), 0);
        assert_true(look_verifies(w, at, A));
    }
    assert_int_equal(parcel(w, B, A, index), 0);
    world_free(&w);
}

/* Goal: what waits survives restarts of both; large ones; and nothing is sent to the wrong ones
 * while the right one is away. */
static void test_restarts(void **state)
{
    (void)state;
    struct spy spy;
    struct world *w = four(2, &spy);
    uint8_t *large = malloc(LARGE);
    memset(large, 'x', LARGE);
    uint64_t index;
    world_stop(w, C);
    assert_int_equal(world_send(w, A, C, 1, bytes_of(large, LARGE), &index), OK);
    spy_for(&spy, w, A, index);
    world_run(w, 60000);
    assert_int_equal(given_in_all(&spy), 0);
    world_stop(w, A);
    world_start(w, A);
    world_run(w, 5000);
    world_start(w, C);
    world_run(w, 5000);
    assert_true(has_mail(w, C, A, bytes_of(large, LARGE)));
    assert_int_equal(spy.given[A][C], given_in_all(&spy));
    world_stop(w, C);
    world_start(w, C);
    world_run(w, 30000);
    assert_int_equal(pouch(w, C)->mail_count, 1);
    assert_int_equal(look_state(w, A, A, index), STATE_ADDRESSED);
    free(large);
    world_free(&w);
}

/* Goal: many at once, of all sizes, arrive all, in spite of connections that fall. */
static void test_many(void **state)
{
    (void)state;
    struct spy spy;
    struct world *w = four(3, &spy);
    uint8_t *content = malloc(LARGE);
    memset(content, 'y', LARGE);
    for (uint32_t i = 0; i < 12; i++) {
        assert_int_equal(
            world_send(w, A, 1 + i % 3, i, bytes_of(content, 1 + (LARGE - 1) * i / 11), NULL), OK);
        if (i % 5 == 0)
            world_fall(w, A, 1 + i % 3);
    }
    world_run(w, 60000);
    for (size_t at = B; at <= D; at++)
        assert_int_equal(pouch(w, at)->mail_count, 4);
    free(content);
    world_free(&w);
}

/* Goal: a node that the author cannot reach gets it through the relay that it names, which keeps it
 * no longer than needed and shows it to nobody else. */
static void test_relay(void **state)
{
    (void)state;
    struct spy spy;
    struct world *w = behind_relay(4, &spy, 0);
    uint64_t index;
    world_stop(w, C);
    assert_int_equal(world_send(w, A, C, 1, text(), &index), OK);
    spy_for(&spy, w, A, index);
    world_run(w, 5000);
    assert_int_equal(parcel(w, A, A, index), PARCEL_KEPT);
    assert_int_equal(parcel(w, B, A, index), PARCEL_KEPT);
    assert_int_equal(look_state(w, B, A, index), STATE_HELD);
    world_stop(w, B); /* the relay keeps it over a restart, and so does the author */
    world_stop(w, A);
    world_start(w, B);
    world_start(w, A);
    world_run(w, 5000);
    world_start(w, C);
    world_run(w, 15000);
    assert_true(has_mail(w, C, A, text()));
    world_run(w, 90000);
    assert_int_equal(parcel(w, A, A, index), PARCEL_DELIVERED);
    assert_int_equal(parcel(w, B, A, index), PARCEL_DELIVERED);
    for (size_t at = A; at <= D; at++)
        assert_int_equal(look_state(w, at, A, index), STATE_ADDRESSED);
    assert_int_equal(spy.given[A][B] + spy.given[B][C], given_in_all(&spy));
    assert_int_equal(spy.plain, 0);
    world_free(&w);
}

/* Goal: where the first relay has it in vain, the next one gets it too. */
static void test_next_relay(void **state)
{
    (void)state;
    struct spy spy;
    struct world *w = behind_relay(5, &spy, D + 1);
    uint64_t index;
    world_part(w, B, C);
    assert_int_equal(world_send(w, A, C, 1, text(), &index), OK);
    spy_for(&spy, w, A, index);
    world_run(w, 300000);
    assert_int_equal(parcel(w, B, A, index), PARCEL_KEPT);
    assert_int_equal(spy.given[A][D], 0);
    world_run(w, 400000);
    assert_true(has_mail(w, C, A, text()));
    assert_int_equal(spy.given[A][B] + spy.given[A][D] + spy.given[D][C], given_in_all(&spy));
    world_run(w, 120000);
    assert_int_equal(parcel(w, A, A, index), PARCEL_DELIVERED);
    assert_int_equal(look_state(w, B, A, index), STATE_HELD); /* until C comes, or it expires */
    world_join(w, B, C);
    world_run(w, 60000);
    assert_int_equal(look_state(w, B, A, index), STATE_ADDRESSED);
    assert_int_equal(pouch(w, C)->mail_count, 1);
    world_free(&w);
}

/* Goal: one author cannot fill a relay; what it does not take waits, and arrives all the same. */
static void test_full_relay(void **state)
{
    (void)state;
    struct spy spy;
    struct world *w = behind_relay(15, &spy, 0);
    enum { MORE_THAN_KEPT = 66 };
    world_stop(w, C);
    for (uint32_t i = 0; i < MORE_THAN_KEPT; i++)
        assert_int_equal(world_send(w, A, C, i, text(), NULL), OK);
    world_run(w, 30000);
    size_t kept = 0;
    for (size_t i = 0; i < pouch(w, B)->parcel_count; i++)
        kept += pouch(w, B)->parcels[i].state == PARCEL_KEPT;
    assert_int_equal(kept, 64);
    assert_true(world_told(w, B, REPORT_MESSAGE_REFUSED, ERR_FULL) > 0);
    world_start(w, C);
    world_run(w, 120000);
    assert_int_equal(pouch(w, C)->mail_count, MORE_THAN_KEPT);
    world_free(&w);
}

/* Goal: one sender cannot fill a disk in a day; the others still get through, and the rest comes
 * the day after. */
static void test_too_much(void **state)
{
    (void)state;
    struct spy spy;
    struct world *w = four(17, &spy);
    uint8_t *content = calloc(1, LARGE);
    for (uint32_t i = 0; i < 66; i++)
        assert_int_equal(world_send(w, A, C, i, bytes_of(content, LARGE), NULL), OK);
    world_run(w, 10000);
    assert_int_equal(pouch(w, C)->mail_count, 64);
    assert_true(world_told(w, C, REPORT_MESSAGE_REFUSED, ERR_BUDGET) > 0);
    assert_int_equal(world_send(w, B, C, 1, text(), NULL), OK);
    world_run(w, 5000);
    assert_true(has_mail(w, C, B, text()));
    world_skip(w, DAY_S);
    world_run(w, 30000);
    assert_int_equal(pouch(w, C)->mail_count, 67);
    free(content);
    world_free(&w);
}

struct renewal {
    uint8_t feed_key[32];
    struct accepted accepted;
};

static void renew_a(struct roster *r, void *ctx)
{
    const struct renewal *n = ctx;
    r->organisations[A].feed_epoch++;
    memcpy(r->organisations[A].feed_key, n->feed_key, 32);
    r->organisations[A].accepted = n->accepted;
}

/* Goal: where a feed is cut back and goes on with a new key, another envelope in the place of one
 * that was delivered is another envelope. */
static void test_same_place(void **state)
{
    (void)state;
    struct spy spy;
    struct world *w = four(16, &spy);
    uint64_t first, second;
    struct renewal n = {.accepted = {.feed_epoch = 1}};
    const struct feed_record *rec = shelf_record(world_shelf(w, B), world_author(w, A));
    n.accepted.size = rec->tree.size;
    merkle_root(&rec->tree, n.accepted.root);
    assert_int_equal(world_send(w, A, C, 1, text(), &first), OK);
    world_run(w, 2000);
    assert_int_equal(parcel(w, C, A, first), PARCEL_DELIVERED);
    uint8_t secret[64];
    crypto_sign_keypair(n.feed_key, secret);
    world_set_next_secret(w, A, secret);
    world_stop(w, A);
    world_start(w, A);
    world_run(w, 2000);
    assert_int_equal(world_roster(w, B, renew_a, &n), OK);
    world_run(w, 40000);
    assert_int_equal(parcel(w, C, A, first), 0);
    assert_int_equal(parcel(w, A, A, first), 0);
    assert_int_equal(world_send(w, A, C, 2, bytes_of("again", 5), &second), OK);
    assert_int_equal(second, first);
    world_run(w, 5000);
    assert_true(has_mail(w, C, A, bytes_of("again", 5)));
    assert_int_equal(pouch(w, C)->mail_count, 2);
    world_free(&w);
}

/* ---- What is wrong ---- */

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
    struct world *w = four(6, &spy);
    uint64_t index, signal;
    static uint8_t body[ADDRESSED_BODY_BYTES_MAX];
    world_stop(w, C);
    assert_int_equal(world_send(w, A, C, 1, text(), &index), OK);
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
    assert_int_equal(parcel(w, A, A, index), PARCEL_WAITING);

    world_start(w, C);
    world_run(w, 3000);
    assert_true(has_mail(w, C, A, text()));
    inject(w, A, C, FOR_YOU, A, index, C, whole); /* again: acknowledged, and no second effect */
    world_run(w, 1000);
    assert_int_equal(pouch(w, C)->mail_count, 1);
    world_free(&w);
}

/* Goal: the same envelope from another place in the feed has no second effect, also after a
 * restart. */
static void test_replay(void **state)
{
    (void)state;
    struct spy spy;
    struct world *w = four(7, &spy);
    assert_int_equal(world_send(w, A, C, 1, text(), NULL), OK);
    assert_int_equal(world_send(w, B, C, 1, text(), NULL), OK); /* another sender, the same id */
    world_run(w, 3000);
    assert_int_equal(pouch(w, C)->mail_count, 2);
    world_stop(w, C);
    world_start(w, C);
    world_run(w, 3000);
    uint64_t index;
    assert_int_equal(world_send(w, A, C, 1, text(), &index), OK);
    world_run(w, 3000);
    assert_int_equal(pouch(w, C)->mail_count, 2);
    assert_int_equal(world_told(w, C, REPORT_MESSAGE_REFUSED, ERR_DUPLICATE), 1);
    assert_int_equal(parcel(w, A, A, index), PARCEL_DELIVERED);
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
    struct world *w = four(14, &spy);
    uint64_t index;
    struct catcher body = {.what = 1}, receipt = {.what = 4};
    world_watch(w, catch_one, &body);
    assert_int_equal(world_send(w, A, C, 1, text(), &index), OK);
    world_run(w, 1000);
    assert_non_null(body.frame);
    try_changed(w, &body, A, C);
    world_watch(w, catch_one, &receipt);
    world_run(w, 2000);
    world_inject(w, A, C, bytes_of(body.frame, body.len));
    world_run(w, 1000);
    assert_int_equal(pouch(w, C)->mail_count, 1);
    assert_non_null(receipt.frame);
    try_changed(w, &receipt, C, A);
    assert_int_equal(parcel(w, A, A, index), PARCEL_WAITING);
    world_run(w, 2000);
    world_inject(w, C, A, bytes_of(receipt.frame, receipt.len));
    assert_int_equal(parcel(w, A, A, index), PARCEL_DELIVERED);
    free(body.frame);
    free(receipt.frame);
    world_free(&w);
}

/* ---- Time ---- */

/* Goal: what was sealed last week is opened, what is older is not: its key is gone, here and on
 * disk, and the sender hears of it; and nobody seals to a key that is past. */
static void test_weeks(void **state)
{
    (void)state;
    static const struct {
        int days;
        enum parcel_state want;
    } rows[] = {
        {6,  PARCEL_DELIVERED },
        {7,  PARCEL_DELIVERED },
        {13, PARCEL_DELIVERED },
        {14, PARCEL_UNREADABLE},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct spy spy;
        struct world *w = four(8, &spy);
        uint64_t index;
        world_part(w, A, C);
        assert_int_equal(world_send(w, A, C, 1, text(), &index), OK);
        world_run(w, 2000);
        world_skip(w, (int64_t)rows[i].days * DAY_S);
        world_run(w, 5000);
        world_join(w, A, C);
        world_run(w, 5000);
        assert_int_equal(parcel(w, A, A, index), rows[i].want);
        assert_int_equal(pouch(w, C)->mail_count, rows[i].want == PARCEL_DELIVERED);
        size_t keys = 0;
        for (size_t k = 0; k < POUCH_PREKEYS_MAX; k++)
            keys += pouch(w, C)->prekeys[k].is_used;
        assert_in_range(keys, 2, 3);
        world_free(&w);
    }
    struct spy spy;
    struct world *w = four(9, &spy);
    world_stop(w, C);
    world_skip(w, 13 * DAY_S);
    world_run(w, 5000);
    assert_int_equal(world_send(w, A, C, 1, text(), NULL), OK); /* the key of the next week */
    world_skip(w, DAY_S);
    world_run(w, 5000);
    assert_int_equal(world_send(w, A, C, 2, text(), NULL), ERR_NOT_FOUND);
    world_start(w, C);
    world_run(w, 5000);
    assert_int_equal(world_send(w, A, C, 3, text(), NULL), OK);
    world_run(w, 5000);
    assert_int_equal(pouch(w, C)->mail_count, 2);
    world_free(&w);
}

/* Goal: one clock that is far ahead wipes no key and draws none. */
static void test_fast_clock(void **state)
{
    (void)state;
    struct spy spy;
    struct world *w = four(10, &spy);
    uint64_t index;
    world_part(w, A, C);
    assert_int_equal(world_send(w, A, C, 1, text(), &index), OK);
    world_set_ahead(w, C, 3000 * (int64_t)DAY_S);
    world_run(w, 5000);
    world_stop(w, C);
    world_start(w, C);
    world_run(w, 5000);
    world_join(w, A, C);
    world_run(w, 5000);
    assert_int_equal(parcel(w, A, A, index), PARCEL_DELIVERED);
    world_free(&w);
}

/* Goal: past its date it is delivered to nobody, and the copies go. */
static void test_expiry(void **state)
{
    (void)state;
    struct spy spy;
    struct world *w = behind_relay(11, &spy, 0);
    uint64_t index;
    world_stop(w, C);
    assert_int_equal(world_send(w, A, C, 1, text(), &index), OK);
    world_run(w, 5000);
    assert_int_equal(look_state(w, B, A, index), STATE_HELD);
    world_skip(w, (ENVELOPE_TERM_DAYS + 1) * (int64_t)DAY_S);
    world_run(w, 120000);
    assert_int_equal(look_state(w, A, A, index), STATE_EXPIRED);
    assert_int_equal(look_state(w, B, A, index), STATE_EXPIRED);
    world_start(w, C);
    world_run(w, 60000);
    assert_int_equal(pouch(w, C)->mail_count, 0);
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
    assert_int_equal(world_send(w, A, A, 1, text(), NULL), ERR_RANGE);
    assert_int_equal(world_send(w, A, C, 1, text(), NULL), ERR_NOT_FOUND);
    assert_int_equal(world_send(w, A, B, 1, text(), NULL), ERR_NOT_FOUND); /* gives no keys */
    assert_int_equal(world_send(w, A, D, 1, bytes_of(content, sizeof content), NULL), ERR_LIMIT);
    assert_int_equal(world_send(w, A, D, 1, bytes_of(content, sizeof content - 1), NULL), OK);
    assert_int_equal(world_roster(w, A, suspend_d, NULL), OK);
    assert_int_equal(world_send(w, A, D, 2, text(), NULL), ERR_STRANGER);
    int64_t until = world_now_utc(w) - 1;
    assert_int_equal(world_roster(w, A, stale, &until), OK);
    world_start(w, C);
    world_run(w, 5000);
    assert_int_equal(world_send(w, A, C, 3, text(), NULL), ERR_STALE);
    world_free(&w);

    struct world_setup alone = {.seed = 13, .nodes = 2, .keyholders = 2, .threshold = 2};
    w = world_new(&alone);
    world_run(w, 5000);
    world_stop(w, B);
    for (uint32_t i = 0; i < 1024; i++)
        assert_int_equal(world_send(w, A, B, i, text(), NULL), OK);
    assert_int_equal(world_send(w, A, B, 9999, text(), NULL), ERR_FULL);
    world_stop(w, A);
    world_start(w, A);
    assert_int_equal(world_send(w, A, B, 9999, text(), NULL), ERR_UNAVAILABLE);
    world_start(w, B);
    world_run(w, 120000);
    assert_int_equal(pouch(w, B)->mail_count, 1024);
    assert_int_equal(world_send(w, A, B, 9999, text(), NULL), OK);
    world_free(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_direct),         cmocka_unit_test(test_restarts),
        cmocka_unit_test(test_many),           cmocka_unit_test(test_relay),
        cmocka_unit_test(test_next_relay),     cmocka_unit_test(test_refused),
        cmocka_unit_test(test_replay),         cmocka_unit_test(test_weeks),
        cmocka_unit_test(test_fast_clock),     cmocka_unit_test(test_expiry),
        cmocka_unit_test(test_too_much),       cmocka_unit_test(test_full_relay),
        cmocka_unit_test(test_same_place),     cmocka_unit_test(test_errors),
        cmocka_unit_test(test_changed_frames),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
