/*
 * Goal: observers and auditors are given what they may have, and nothing else of others.
 * Method: every frame towards them is read, on days on which everything happens that members do;
 * then what they ask for, or are given, without a right to it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "protocol/answer.h"
#include "tests/sim/check.h"
#include "tests/sim/forge.h"
#include "tests/sim/look.h"
#include "tests/sim/observed.h"

static bool is_daily(uint64_t seq)
{
    return seq == 1 || (seq != 0 && seq % DAILY_SEQ == 0);
}

static struct checkpoint checkpoint_of(ProtobufCBinaryData raw)
{
    struct checkpoint cp;
    assert_int_equal(checkpoint_read(bytes_of(raw.data, raw.len), &cp), OK);
    return cp;
}

/* What one node was sent. */
struct mail {
    struct world *world;
    size_t reader;
    size_t batches, headers, answers, others;
};

static void read_batch(struct mail *mail, const Seinpost__Batch *b)
{
    struct checkpoint cp = checkpoint_of(b->checkpoint);
    bool is_own = memcmp(cp.author, world_author(mail->world, mail->reader), 32) == 0;
    mail->batches++;
    mail->headers += b->headers.len / HEADER_BYTES;
    if (is_own)
        return;
    assert_int_equal(b->bodies.len, 0);
    if (mail->reader == E)
        return;
    assert_int_equal(b->headers.len, 0);
    assert_int_equal(b->absent.len, 0);
    assert_true(is_daily(cp.seq));
    assert_true(cp.size <= 1 || cp.size % COVER_MULTIPLE == 0);
}

static void read_rows(struct mail *mail, const Seinpost__SeenAnswer *answer)
{
    struct bytes rows = bytes_of(answer->rows.data, answer->rows.len);
    assert_true(seen_is_sound(rows));
    mail->answers++;
    for (size_t i = 0; i < rows.len / SEEN_ROW_BYTES && mail->reader == D; i++) {
        struct seen_row row;
        seen_decode(rows, i, &row);
        assert_true(is_daily(row.seq));
    }
}

/* Fails the test at anything that whoever has no right to bodies, or to headers, is not to get. */
static size_t read_mail(void *ctx, const struct passing *p)
{
    struct mail *mail = ctx;
    if (p->to != mail->reader || p->is_arriving)
        return p->len;
    const Seinpost__Message *m = world_read(bytes_of(p->frame, p->len));
    assert_non_null(m);
    const uint8_t *own = world_author(mail->world, mail->reader);
    switch ((int)m->body_case) {
    case SEINPOST__MESSAGE__BODY_BATCH:
        read_batch(mail, m->batch);
        return p->len;
    case SEINPOST__MESSAGE__BODY_SEEN_ANSWER:
        read_rows(mail, m->seen_answer);
        return p->len;
    case SEINPOST__MESSAGE__BODY_FOLLOW: /* asks for the reader's own feed, and tells of that */
        if (mail->reader == D || p->from != D) /* an auditor can serve observers */
            assert_memory_equal(m->follow->author.data, own, 32);
        break;
    case SEINPOST__MESSAGE__BODY_HEAD_ANSWER:
        if (m->head_answer->checkpoint.len > 0)
            assert_memory_equal(checkpoint_of(m->head_answer->checkpoint).author, own, 32);
        break;
    case SEINPOST__MESSAGE__BODY_EVIDENCE: /* checkpoints of every size: not for observers */
        assert_int_equal(mail->reader, E);
        break;
    case SEINPOST__MESSAGE__BODY_OPENING:
    case SEINPOST__MESSAGE__BODY_HEAD_ASK:
    case SEINPOST__MESSAGE__BODY_SEEN_ASK:
    case SEINPOST__MESSAGE__BODY_ROSTER_CHUNK:
        break;
    default:
        fail_msg("the reader was sent message %d", (int)m->body_case);
    }
    mail->others++;
    return p->len;
}

/* Three days on which everything happens that members do: registrations, an erasure, a body that is
 * owed, an evaluation, a member list, a relay in between. */
static void three_days(struct world *w)
{
    uint64_t index;
    for (size_t day = 0; day < 3; day++) {
        assert_int_equal(world_signals(w, A, (uint32_t)(day * 100), 5, NULL), OK);
        for (uint32_t i = 0; i < 3; i++) {
            assert_int_equal(world_signal(w, B, (uint32_t)(day * 100) + 50 + i, YEAR_ON, &index),
                             OK);
            world_run(w, 2000);
        }
        assert_int_equal(world_erase(w, B, index), OK);
        assert_int_equal(world_evaluate(w, C, "somebody", 20000, NULL), OK);
        world_stop(w, C);
        shelf_lose_body(world_shelf(w, C), world_author(w, B), index - 1);
        world_start(w, C);
        world_part(w, B, D);
        assert_int_equal(world_roster(w, A, NULL, NULL), OK);
        world_run(w, 20000);
        world_join(w, B, D);
        observed_next_day(w);
    }
}

/* Goal: an observer gets daily checkpoints, proofs, and what such checkpoints have seen; nothing
 * else of others, whoever sends it. Method: every frame towards D is read, over three days. */
static void test_checkpoints_only(void **state)
{
    (void)state;
    struct world *w = observed_world(31, 4);
    struct mail mail = {.world = w, .reader = D};
    world_watch(w, read_mail, &mail);
    three_days(w);
    assert_int_equal(mail.headers, 0);
    assert_true(mail.batches >= 9 && mail.answers >= 9 && mail.others > 20);
    for (size_t of = A; of <= C; of++) {
        struct checkpoint seen, kept;
        assert_int_equal(shelf_size(world_shelf(w, D), world_author(w, of)), 0);
        assert_int_equal(shelf_witnessed(world_shelf(w, D), world_author(w, of), &seen), 4);
        assert_int_equal(shelf_witnessed(world_shelf(w, of), world_author(w, of), &kept), 4);
        assert_true(observed_is_same(&seen, &kept));
        assert_int_equal(seen.size, kept.size);
        assert_int_equal(seen.size % COVER_MULTIPLE, 0);
        assert_true(seen.size > 0);
        assert_true(look_feed(w, D, of).is_witnessed);
        assert_int_equal(look_feed(w, D, of).size, seen.size);
        assert_int_equal(look_feed(w, D, of).seen_size, seen.size);
        /* Its own entries are held by all the same; theirs are not counted as held by it. */
        assert_int_equal(look_feed(w, of, D).size, world_standing(w, D).size);
        assert_int_equal(look_feed(w, of, D).held_size, 0);
    }
    assert_int_equal(look_gaps(w, D), 0);
    assert_int_equal(look_gaps(w, A), 0);
    assert_int_equal(world_reports(w, REPORT_DISPUTE), 0);
    assert_int_equal(world_reports(w, REPORT_WITNESS_CONFLICT), 0);
    check_node(w, D);
    world_free(&w);
}

static void make_member(struct roster *r, void *ctx)
{
    r->organisations[*(size_t *)ctx].roles = ROLE_MEMBER;
}

/* Goal: an auditor has every header at once and no body, and none counts as owed; made a member, it
 * fetches them. Method: every frame towards E is read; then the member list gives E another role.
 */
static void test_headers_only(void **state)
{
    (void)state;
    struct world *w = observed_world(32, 5);
    struct mail mail = {.world = w, .reader = E};
    world_watch(w, read_mail, &mail);
    three_days(w);
    assert_int_equal(world_signals(w, A, 900, 4, NULL), OK);
    world_run(w, 2000);
    for (size_t of = A; of <= C; of++) {
        uint8_t body[BODY_BYTES_MAX];
        assert_int_equal(look_feed(w, E, of).size, world_standing(w, of).size);
        assert_true(look_verifies(w, E, of));
        assert_int_equal(look_feed(w, E, of).owed, 0);
        for (uint64_t i = 0; i < look_feed(w, E, of).size; i++)
            assert_int_equal(look_body(w, E, of, i, body), 0);
        assert_int_equal(look_feed(w, of, E).held_size, 0);
    }
    assert_true(mail.headers > 100);
    assert_int_equal(look_gaps(w, E), 0);
    assert_int_equal(look_matches(w, E, 900, WORLD_TODAY), 0);
    check_node(w, E);

    size_t auditor = E;
    world_watch(w, NULL, NULL);
    assert_int_equal(world_roster(w, A, make_member, &auditor), OK);
    while (federation_roster(world_core(w, E))->version <
           federation_roster(world_core(w, A))->version)
        world_run(w, 1);
    assert_true(look_gaps(w, E) & GAP_BODY_OWED);
    world_run(w, 60000);
    assert_int_equal(look_gaps(w, E), 0);
    assert_int_equal(look_matches(w, E, 900, WORLD_TODAY), 1);
    world_stop(w, D); /* the observer holds nothing to compare */
    check_equal(w);
    world_free(&w);
}

/* Goal: a node that is no member registers nothing, nor takes what it may not have. */
static void test_more_than_it_may_have(void **state)
{
    (void)state;
    struct world *w = observed_world(33, 5);
    assert_int_equal(world_signal(w, D, 1, YEAR_ON, NULL), ERR_UNAUTHORISED);
    assert_int_equal(world_signal(w, E, 1, YEAR_ON, NULL), ERR_UNAUTHORISED);
    world_stop(w, C);
    world_run(w, 1000);
    struct forge f;
    forge_init(&f, w, C);
    uint8_t payload[SIGNAL_BYTES_MAX];
    struct forged_entry entry = {.type = ENTRY_SIGNAL, .expires_day = YEAR_ON};
    entry.payload = forge_signal(7, payload);
    struct bytes batch = forge_batch(&f, &entry, 1);
    for (size_t at = D; at <= E; at++) {
        struct snapshot before = check_snapshot(w, at);
        size_t told = world_told(w, at, REPORT_MESSAGE_REFUSED, ERR_UNAUTHORISED);
        world_inject(w, A, at, batch);
        assert_int_equal(world_told(w, at, REPORT_MESSAGE_REFUSED, ERR_UNAUTHORISED), told + 1);
        assert_true(check_is_unchanged(w, at, &before));
    }
    /* Nor a checkpoint in the middle of a day. */
    struct snapshot before = check_snapshot(w, D);
    world_inject(w, A, D, forge_checkpoint(&f, &f.last));
    assert_int_equal(world_told(w, D, REPORT_MESSAGE_REFUSED, ERR_UNAUTHORISED), 2);
    assert_true(check_is_unchanged(w, D, &before));
    forge_clear(&f);
    world_free(&w);
}

/* Goal: nobody who may not have them is asked for bodies or given what a checkpoint in the middle
 * of a day has seen; a member is given that. */
struct question {
    size_t to;
    size_t answers;
};

static size_t count_answers(void *ctx, const struct passing *p)
{
    struct question *q = ctx;
    const Seinpost__Message *m = p->is_arriving ? NULL : world_read(bytes_of(p->frame, p->len));
    if (m != NULL && p->from == A && p->to == q->to)
        q->answers += m->body_case == SEINPOST__MESSAGE__BODY_SEEN_ANSWER;
    return p->len;
}

static void test_rows_of_the_day(void **state)
{
    (void)state;
    static const struct {
        size_t asker;
        size_t want;
    } rows[] = {
        {C, 1},
        {D, 0},
        {E, 1},
    };
    struct world *w = observed_world(34, 5);
    assert_int_equal(world_signal(w, B, 1, YEAR_ON, NULL), OK);
    world_run(w, 1000);
    assert_int_equal(world_signal(w, A, 2, YEAR_ON, NULL), OK);
    world_run(w, 1000);
    struct checkpoint cp;
    const struct feed_record *rec = shelf_record(world_shelf(w, A), world_author(w, A));
    assert_int_equal(checkpoint_read(bytes_of(rec->held, sizeof rec->held), &cp), OK);
    Seinpost__SeenAsk ask = SEINPOST__SEEN_ASK__INIT;
    Seinpost__Message m = SEINPOST__MESSAGE__INIT;
    m.body_case = SEINPOST__MESSAGE__BODY_SEEN_ASK;
    m.seen_ask = &ask;
    ask.hash = (ProtobufCBinaryData){HASH_BYTES, cp.seen};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct question q = {.to = rows[i].asker};
        world_watch(w, count_answers, &q);
        world_inject_message(w, rows[i].asker, A, &m);
        world_run(w, 100);
        assert_int_equal(q.answers, rows[i].want);
    }
    world_watch(w, NULL, NULL);
    ask.hash.len = 31;
    size_t told = world_told(w, A, REPORT_MESSAGE_REFUSED, ERR_FORMAT);
    world_inject_message(w, C, A, &m);
    assert_int_equal(world_told(w, A, REPORT_MESSAGE_REFUSED, ERR_FORMAT), told + 1);
    world_free(&w);
}

/* Goal: an observer is not asked to confirm which checkpoint is the newest, since it does not know;
 * a keyholder or member that observes too is. */
static void test_standing(void **state)
{
    (void)state;
    struct world_setup setup = {.seed = 39, .nodes = 5, .keyholders = 2, .is_quiet = true};
    setup.roles[C] = ROLE_OBSERVER | ROLE_MEMBER;
    setup.roles[D] = ROLE_OBSERVER;
    setup.roles[E] = ROLE_OBSERVER;
    struct world *w = world_new(&setup);
    world_run(w, 5000);
    for (size_t at = A; at <= E; at++) {
        assert_int_equal(world_standing(w, at).needed, 2); /* of A, B and C */
        assert_true(world_standing(w, at).may_sign);
    }
    world_stop(w, A);
    world_stop(w, C);
    world_stop(w, B);
    world_start(w, B);
    world_run(w, 20000);
    assert_false(world_standing(w, B).may_sign);
    world_start(w, C);
    world_run(w, 20000);
    assert_true(world_standing(w, B).may_sign);
    world_free(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_checkpoints_only),
        cmocka_unit_test(test_headers_only),
        cmocka_unit_test(test_more_than_it_may_have),
        cmocka_unit_test(test_rows_of_the_day),
        cmocka_unit_test(test_standing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
