/*
 * Every message that honest nodes send, cut at each byte and with each byte changed.
 *
 * Goal: no such frame stops a node or changes anything that it keeps; one that cannot be read ends
 * the connection; and afterwards all is as it was. Method: a world in which every kind of message
 * occurs is recorded, one frame of each kind. Every cut and every change is decoded as a node does;
 * what still reads, and a share of what does not, is given to A as if C had said it.
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

enum {
    A = 0,
    B,
    C,
    KINDS_MAX = 32,
    SAMPLE_BYTES_MAX = 8192, /* longer frames are not recorded; shorter ones of the kind come too */
    GIVEN_EACH_MAX = 250,    /* to A, of one kind and way, that cannot be read */
};

struct sample {
    uint8_t frame[SAMPLE_BYTES_MAX];
    size_t len;
};

static struct sample samples[KINDS_MAX]; /* by body_case; the shortest with content */

static size_t record(void *ctx, const struct passing *p)
{
    (void)ctx;
    const Seinpost__Message *m = world_read(bytes_of(p->frame, p->len));
    if (m == NULL || p->is_arriving || p->len > SAMPLE_BYTES_MAX)
        return p->len;
    assert_true((size_t)m->body_case < KINDS_MAX);
    struct sample *s = &samples[m->body_case];
    if (s->len == 0 || (p->len < s->len && p->len > 64)) {
        memcpy(s->frame, p->frame, p->len);
        s->len = p->len;
    }
    return p->len;
}

/* Everybody talks of everything. */
static struct world *busy_world(void)
{
    struct world_setup setup = {.seed = 91,
                                .nodes = 3,
                                .keyholders = 3,
                                .threshold = 2,
                                .budget_a_day = 64,
                                .receipt_seconds = 60,
                                .is_quiet = true};
    struct world *w = world_new(&setup);
    uint8_t n[32];
    uint64_t first;
    world_watch(w, record, NULL);
    world_run(w, 5000);
    assert_int_equal(world_signals(w, A, 1, 3, &first), OK);
    world_run(w, 3000);
    world_stop(w, C);
    assert_int_equal(world_roster(w, A, NULL, NULL), OK); /* C will fetch it */
    assert_int_equal(world_signals(w, B, 10, 2, &first), OK);
    world_run(w, 5000);
    world_start(w, C);
    world_run(w, 8000);
    assert_int_equal(world_evaluate(w, C, "somebody", 5000, n), OK);
    for (int i = 0; i < 8; i++) /* until the allowance is used up */
        (void)world_evaluate(w, C, i % 2 ? "somebody" : "somebody else", 3000, n);
    world_run(w, 90000);
    return w;
}

struct tally {
    size_t read, unread, given, cut;
};

/* Whether a node could read it. */
static bool is_readable(struct bytes frame)
{
    return world_read(frame) != NULL;
}

static void reconnect(struct world *w)
{
    while (!world_is_connected(w, A, C))
        world_run(w, 100);
    world_run(w, 5 * DELAY_MS); /* the openings */
}

/* Gives it to A. */
static void give(struct world *w, struct bytes frame, bool is_read, struct tally *t)
{
    if (!world_is_connected(w, A, C))
        reconnect(w);
    struct snapshot before = check_snapshot(w, A);
    size_t wires = world_wires(w, A, C);
    world_inject(w, C, A, frame);
    assert_true(check_is_unchanged(w, A, &before));
    t->given++;
    t->cut += world_wires(w, A, C) < wires;
    if (!is_read)
        assert_int_equal(world_wires(w, A, C), wires - 1);
}

static void change(struct world *w, const struct sample *s, size_t at, uint8_t by, bool will_give,
                   struct tally *t)
{
    uint8_t frame[SAMPLE_BYTES_MAX];
    memcpy(frame, s->frame, s->len);
    frame[at] ^= by;
    bool is_read = is_readable(bytes_of(frame, s->len));
    t->read += is_read;
    t->unread += !is_read;
    if (is_read || will_give)
        give(w, bytes_of(frame, s->len), is_read, t);
}

static void cut(struct world *w, const struct sample *s, size_t len, bool will_give,
                struct tally *t)
{
    bool is_read = is_readable(bytes_of(s->frame, len));
    t->read += is_read;
    t->unread += !is_read;
    if (is_read || will_give)
        give(w, bytes_of(s->frame, len), is_read, t);
}

static void test_changed(void **state)
{
    (void)state;
    struct world *w = busy_world();
    struct tally all = {0};
    size_t kinds = 0;
    for (size_t kind = 0; kind < KINDS_MAX; kind++) {
        const struct sample *s = &samples[kind];
        size_t step = 1 + s->len / GIVEN_EACH_MAX;
        kinds += s->len > 0;
        for (size_t i = 0; i < s->len; i++) {
            cut(w, s, i, i % step == 0, &all);
            change(w, s, i, (uint8_t)(1 + (i * 37 + kind) % 255), i % step == 0, &all);
        }
    }
    print_message("# %zu kinds: %zu changed frames that read, %zu that do not; %zu given, %zu "
                  "connections ended\n",
                  kinds, all.read, all.unread, all.given, all.cut);
    assert_true(kinds >= 9);
    assert_true(all.unread > 1000);
    assert_true(all.read > 1000);
    world_run(w, 120000);
    for (size_t node = A; node <= C; node++)
        assert_true(world_is_running(w, node));
    check_equal(w);
    world_free(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_changed)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
