/*
 * Goal: an observer cannot tell a day on which a member registers people from one on which it
 * registers nobody.
 * Method: the same world twice, busy and quiet. All frames towards the observer are logged, with
 * keys, hashes and signatures blanked, and the two logs are compared.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "tests/sim/look.h"
#include "tests/sim/observed.h"

enum { LOG_MAX = 4096, FRAME_KEPT = 4096 };

struct entry {
    uint64_t at_ms;
    size_t from, len;
    uint8_t frame[FRAME_KEPT];
};

struct log {
    struct world *world;
    struct entry *entries;
    size_t count;
};

/* Keys, hashes and signatures look random whatever they stand for. */
static void blank(const ProtobufCBinaryData *d)
{
    if (d->len > 0)
        memset(d->data, 0, d->len);
}

static void blank_checkpoint(const ProtobufCBinaryData *d)
{
    if (d->len != CHECKPOINT_SIGNED_BYTES)
        return;
    memset(d->data + 68, 0, 64);                            /* root, previous */
    memset(d->data + 140, 0, HASH_BYTES + SIGNATURE_BYTES); /* seen, signature */
}

static size_t write_log(void *ctx, const struct passing *p)
{
    struct log *log = ctx;
    if (p->to != D || p->is_arriving)
        return p->len;
    const Seinpost__Message *m = world_read(bytes_of(p->frame, p->len));
    assert_true(m != NULL && log->count < LOG_MAX && p->len <= FRAME_KEPT);
    struct entry *e = &log->entries[log->count++];
    e->at_ms = (uint64_t)world_now_utc(log->world);
    e->from = p->from;
    e->len = p->len;
    if (m->body_case == SEINPOST__MESSAGE__BODY_BATCH) {
        blank_checkpoint(&m->batch->checkpoint);
        blank(&m->batch->proof);
    } else if (m->body_case == SEINPOST__MESSAGE__BODY_SEEN_ANSWER) {
        blank(&m->seen_answer->hash);
        for (size_t i = 0; i < m->seen_answer->rows.len; i += SEEN_ROW_BYTES)
            memset(m->seen_answer->rows.data + i + 44, 0, HASH_BYTES);
    } else if (m->body_case == SEINPOST__MESSAGE__BODY_SEEN_ASK) {
        blank(&m->seen_ask->hash);
    } else if (m->body_case == SEINPOST__MESSAGE__BODY_HEAD_ASK) {
        blank(&m->head_ask->nonce);
    } else if (m->body_case == SEINPOST__MESSAGE__BODY_HEAD_ANSWER) {
        blank(&m->head_answer->nonce);
        blank_checkpoint(&m->head_answer->checkpoint);
    }
    assert_int_equal(message_encode(m, e->frame, sizeof e->frame), p->len);
    return p->len;
}

/* Two days in which B registers so many, each by itself, an hour apart. */
static void days_of(struct world *w, size_t signals)
{
    for (size_t day = 0; day < 2; day++) {
        for (size_t i = 0; i < 14; i++) {
            world_skip(w, 3600);
            if (i < signals)
                assert_int_equal(world_signal(w, B, (uint32_t)(day * 20 + i), YEAR_ON, NULL), OK);
            world_run(w, 2000);
        }
        world_skip(w, 10 * 3600);
        world_run(w, 10000);
    }
}

static struct log logged(size_t signals)
{
    struct log log = {.entries = calloc(LOG_MAX, sizeof *log.entries)};
    assert_non_null(log.entries);
    struct world_setup setup = {.seed = 35, .nodes = 4, .keyholders = 2, .threshold = 2};
    setup.roles[D] = ROLE_OBSERVER;
    setup.is_quiet = true;
    struct world *w = world_new(&setup);
    log.world = w;
    world_watch(w, write_log, &log);
    world_run(w, 5000);
    days_of(w, signals);
    struct checkpoint b, c;
    assert_int_equal(shelf_witnessed(world_shelf(w, D), world_author(w, B), &b), 3);
    assert_int_equal(shelf_witnessed(world_shelf(w, D), world_author(w, C), &c), 3);
    assert_int_equal(b.size, c.size);
    assert_int_equal(b.seq, c.seq);
    assert_int_equal(b.time_utc, c.time_utc);
    /* What members hold does differ. */
    assert_true(signals == 0 || look_matches(w, A, 3, WORLD_TODAY) == 1);
    world_free(&w);
    return log;
}

/* Goal: 0 and 14 signals a day look alike to the observer. Method: the same world twice, in one of
 * which B registers 14 people a day and in the other nobody: D is sent the same frames from the
 * same nodes in the same second, equal in every byte but keys, hashes and signatures. And within
 * one world, B's daily checkpoints equal C's in size, number and time. */
static void test_look_alike(void **state)
{
    (void)state;
    struct log busy = logged(14), quiet = logged(0);
    assert_int_equal(busy.count, quiet.count);
    assert_true(busy.count > 30);
    for (size_t i = 0; i < busy.count; i++) {
        assert_int_equal(busy.entries[i].from, quiet.entries[i].from);
        assert_int_equal(busy.entries[i].at_ms, quiet.entries[i].at_ms);
        assert_int_equal(busy.entries[i].len, quiet.entries[i].len);
        assert_memory_equal(busy.entries[i].frame, quiet.entries[i].frame, busy.entries[i].len);
    }
    free(busy.entries);
    free(quiet.entries);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_look_alike),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
