/*
 * Observers and auditors: what they are given, frame by frame, and what an observer can tell from
 * it. A, B and C are members, A and B keyholders; D observes; E, where it is there, audits.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/answer.h"
#include "tests/sim/check.h"
#include "tests/sim/forge.h"
#include "tests/sim/look.h"

enum { A, B, C, D, E, DAY = 86400, YEAR_ON = WORLD_TODAY + 365 };

static struct world *federation_of(uint64_t seed, size_t nodes)
{
    struct world_setup setup = {.seed = seed, .nodes = nodes, .keyholders = 2, .threshold = 2};
    setup.roles[D] = ROLE_OBSERVER;
    setup.roles[E] = ROLE_AUDITOR;
    setup.is_quiet = true;
    struct world *w = world_new(&setup);
    world_run(w, 5000);
    return w;
}

static void next_day(struct world *w)
{
    world_skip(w, DAY);
    world_run(w, 5000);
}

static bool is_daily(uint64_t seq)
{
    return seq == 1 || (seq != 0 && seq % DAILY_SEQ == 0);
}

static bool is_same(const struct checkpoint *a, const struct checkpoint *b)
{
    uint8_t one[CHECKPOINT_BYTES], other[CHECKPOINT_BYTES];
    checkpoint_encode(a, one);
    checkpoint_encode(b, other);
    return memcmp(one, other, sizeof one) == 0;
}

static struct checkpoint checkpoint_of(ProtobufCBinaryData raw)
{
    struct checkpoint cp;
    assert_int_equal(checkpoint_read(bytes_of(raw.data, raw.len), &cp), OK);
    return cp;
}

/* ---- Every frame ---- */

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
        next_day(w);
    }
}

/* Goal: an observer gets daily checkpoints, proofs, and what such checkpoints have seen; nothing
 * else of others, whoever sends it. Method: every frame towards D is read, over three days. */
static void test_checkpoints_only(void **state)
{
    (void)state;
    struct world *w = federation_of(31, 4);
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
        assert_true(is_same(&seen, &kept));
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
    struct world *w = federation_of(32, 5);
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
    struct world *w = federation_of(33, 5);
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
    struct world *w = federation_of(34, 5);
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

/* ---- Alike ---- */

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

/* ---- Witnessing ---- */

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
    struct world *w = federation_of(36, 4);
    next_day(w);
    next_day(w);
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
        assert_true(is_same(&cp, &last));
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
    struct world *w = federation_of(41, 4);
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
    struct world *w = federation_of(37, 4);
    next_day(w);
    struct checkpoint before, after, own;
    assert_int_equal(shelf_witnessed(world_shelf(w, D), world_author(w, B), &before), 2);
    world_stop(w, D);
    assert_int_equal(world_signals(w, B, 0, 20, NULL), OK);
    next_day(w);
    assert_int_equal(world_signals(w, B, 50, 3, NULL), OK);
    world_run(w, 2000);
    assert_int_equal(shelf_witnessed(world_shelf(w, B), world_author(w, B), &own), 3);
    world_stop(w, B);
    world_start(w, D);
    world_run(w, 70000);
    assert_int_equal(shelf_witnessed(world_shelf(w, D), world_author(w, B), &after), 3);
    assert_true(is_same(&after, &own));
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
    struct world *w = federation_of(40, 4);
    next_day(w);
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
    next_day(w);
    assert_int_equal(shelf_witnessed(world_shelf(w, D), world_author(w, B), &cp), 3);
    assert_int_equal(cp.feed_epoch, 2);
    assert_int_equal(cp.size, 32);
    assert_int_equal(world_reports(w, REPORT_WITNESS_CONFLICT), 0);
    world_stop(w, D);
    world_start(w, D);
    world_run(w, 5000);
    next_day(w);
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
    next_day(w);
    world_run(w, 5000);
    assert_true(world_told(w, D, REPORT_WITNESS_CONFLICT, ERR_FORK) >= 1);
    assert_int_equal(world_told(w, A, REPORT_WITNESS_CONFLICT, ERR_FORK), 1); /* D says so */
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
        cmocka_unit_test(test_look_alike),
        cmocka_unit_test(test_inconsistent),
        cmocka_unit_test(test_false_rows),
        cmocka_unit_test(test_restart),
        cmocka_unit_test(test_new_key),
        cmocka_unit_test(test_two_faces),
        cmocka_unit_test(test_standing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
