/* The small tables: member lists, requests and budgets, receipts, marks, the desk. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sodium.h>

#include "node/store_account.h"
#include "tests/unit/node/store_sample.h"

/* What a list gave: numbers and the bytes beside them, up to stop_at rows. */
struct list {
    size_t count;
    size_t stop_at; /* 0: all */
    uint64_t number[8];
    uint8_t bytes[8][64];
    size_t len[8];
};

static bool list_add(struct list *l, uint64_t number, struct bytes b)
{
    l->number[l->count] = number;
    l->len[l->count] = b.len;
    memcpy(l->bytes[l->count], b.data, b.len < 64 ? b.len : 64);
    l->count++;
    return l->count != l->stop_at;
}

static bool add_roster(void *ctx, uint64_t version, const uint8_t hash[HASH_BYTES],
                       struct bytes signed_roster)
{
    assert_int_equal(hash[0], signed_roster.data[0]);
    return list_add(ctx, version, signed_roster);
}

static bool add_budget(void *ctx, const uint8_t member[AUTHOR_BYTES], uint32_t used)
{
    return list_add(ctx, used, bytes_of(member, AUTHOR_BYTES));
}

static bool add_receipt(void *ctx, uint64_t index, const uint8_t peer[AUTHOR_BYTES])
{
    return list_add(ctx, index, bytes_of(peer, AUTHOR_BYTES));
}

static bool add_fork(void *ctx, const uint8_t author[AUTHOR_BYTES], uint32_t feed_epoch,
                     const uint8_t feed_key[KEY_BYTES], struct bytes proof)
{
    uint8_t want[AUTHOR_BYTES];
    sample_author(feed_key[0], want);
    assert_memory_equal(author, want, AUTHOR_BYTES);
    return list_add(ctx, feed_epoch, proof);
}

static bool add_desk(void *ctx, uint64_t index, struct bytes sealed)
{
    return list_add(ctx, index, sealed);
}

/* Commits, closes, opens: what follows reads from disk. */
static struct store *reopened(struct store *s, const struct folder *f)
{
    must(s, store_commit(s));
    store_close(&s);
    return must_open(f);
}

/* Goal: one proof is kept for an author and key, the newest; with the key that it was judged by,
 * and as long as it is. Method: three authors and keys, one of them twice, read one by one and as a
 * list.
 */
static void test_forks(void **state)
{
    const struct folder *f = *state;
    struct store *s = must_open(f);
    static const struct {
        uint8_t author;
        uint32_t feed_epoch;
        uint8_t len;
    } rows[] = {
        {1, 1, 20},
        {1, 2, 30},
        {2, 1, 40},
        {1, 1, 50},
    };
    uint8_t key[KEY_BYTES] = {0}, proof[64], author[AUTHOR_BYTES], out[64];
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct effect e = {.type = EFFECT_PERSIST_FORK};
        sample_author(rows[i].author, e.author);
        memset(proof, rows[i].len, sizeof proof);
        key[0] = rows[i].author;
        e.fork.feed_epoch = rows[i].feed_epoch;
        e.fork.feed_key = key;
        e.fork.proof = bytes_of(proof, rows[i].len);
        must(s, store_apply(s, &e));
    }
    s = reopened(s, f);
    struct archive a = store_archive(s);
    sample_author(1, author);
    assert_int_equal(a.fork(a.ctx, author, 1, out, sizeof out), 50);
    assert_int_equal(out[49], 50);
    assert_int_equal(a.fork(a.ctx, author, 2, out, sizeof out), 30);
    assert_int_equal(a.fork(a.ctx, author, 2, out, 29), 0);
    assert_int_equal(a.fork(a.ctx, author, 3, out, sizeof out), 0);
    struct list l = {0};
    must(s, store_forks(s, add_fork, &l));
    assert_int_equal(l.count, 3);
    assert_int_equal(l.len[0] + l.len[1] + l.len[2], 120);
    l = (struct list){.stop_at = 1};
    must(s, store_forks(s, add_fork, &l));
    assert_int_equal(l.count, 1);
    store_close(&s);
}

/* Goal: member lists come back by version and in order; a repeat replaces.
 * Method: versions 1 to 3, 2 twice. */
static void test_rosters(void **state)
{
    const struct folder *f = *state;
    struct store *s = must_open(f);
    static const uint8_t documents[][3] = {
        {1, 1, 1},
        {9, 9, 9},
        {3, 3, 3},
        {2, 2, 2}
    };
    static const uint64_t versions[] = {1, 2, 3, 2};
    for (int i = 0; i < 4; i++) {
        struct effect e = {.type = EFFECT_PERSIST_ROSTER};
        e.roster.version = versions[i];
        e.roster.hash[0] = documents[i][0];
        e.roster.signed_roster = bytes_of(documents[i], 3);
        must(s, store_apply(s, &e));
    }
    s = reopened(s, f);
    struct archive a = store_archive(s);
    struct list l = {0};
    uint8_t out[8];
    must(s, store_rosters(s, 2, add_roster, &l));
    assert_int_equal(l.count, 2);
    assert_int_equal(l.number[0], 2);
    assert_int_equal(l.bytes[0][0], 2);
    assert_int_equal(l.number[1], 3);
    l = (struct list){.stop_at = 1};
    must(s, store_rosters(s, 0, add_roster, &l));
    assert_int_equal(l.count, 1);
    assert_int_equal(a.roster(a.ctx, 3, out, sizeof out), 3);
    assert_memory_equal(out, documents[2], 3);
    assert_int_equal(a.roster(a.ctx, 3, out, 2), 0);
    assert_int_equal(a.roster(a.ctx, 4, out, sizeof out), 0);
    assert_int_equal(a.roster(a.ctx, UINT64_MAX, out, sizeof out), 0);
    store_close(&s);
}

static bool add_rival(void *ctx, struct bytes signed_roster)
{
    struct list *l = ctx;
    l->bytes[l->count][0] = signed_roster.data[0];
    return ++l->count != l->stop_at;
}

/* Goal: other lists of one version are kept beside the one in force, after a restart too.
 * Method: two rivals of version 2 and one of version 3; listed by version, found by hash. */
static void test_rivals(void **state)
{
    const struct folder *f = *state;
    struct store *s = must_open(f);
    static const uint8_t documents[][2] = {
        {1, 1},
        {2, 2},
        {3, 3}
    };
    for (uint8_t i = 0; i < 3; i++) {
        struct effect e = {.type = EFFECT_PERSIST_RIVAL};
        e.roster.version = i < 2 ? 2 : 3;
        e.roster.hash[0] = (uint8_t)(0x70 + i);
        e.roster.signed_roster = bytes_of(documents[i], 2);
        must(s, store_apply(s, &e));
    }
    s = reopened(s, f);
    struct archive a = store_archive(s);
    struct list l = {0};
    uint8_t out[8], hash[HASH_BYTES] = {0x71};
    must(s, store_rivals(s, 2, add_rival, &l));
    assert_int_equal(l.count, 2);
    assert_int_equal(l.bytes[0][0] + l.bytes[1][0], 3);
    l = (struct list){.stop_at = 1};
    must(s, store_rivals(s, 2, add_rival, &l));
    assert_int_equal(l.count, 1);
    l = (struct list){0};
    must(s, store_rivals(s, 1, add_rival, &l));
    assert_int_equal(l.count, 0);
    assert_int_equal(a.rival(a.ctx, hash, out, sizeof out), 2);
    assert_memory_equal(out, documents[1], 2);
    assert_int_equal(a.rival(a.ctx, hash, out, 1), 0);
    hash[0] = 0x73;
    assert_int_equal(a.rival(a.ctx, hash, out, sizeof out), 0);
    assert_int_equal(a.roster(a.ctx, 2, out, sizeof out), 0);
    store_close(&s);
}

static enum err charge(struct store *s, unsigned member, uint8_t request, uint8_t hash,
                       uint32_t day, uint32_t used)
{
    struct effect e = {.type = EFFECT_PERSIST_REQUEST};
    sample_author(member, e.author);
    e.request.day = day;
    e.request.used = used;
    e.request.request[0] = request;
    e.request.points_hash[0] = hash;
    e.request.purpose[0] = hash;
    e.request.points = 16;
    return store_apply(s, &e);
}

/* Goal: an answered request is known, by member and id, with its first hash.
 * Method: two members with one id each; a repeat with another hash. */
static void test_requests(void **state)
{
    const struct folder *f = *state;
    struct store *s = must_open(f);
    uint8_t member[AUTHOR_BYTES], request[16] = {7}, hash[HASH_BYTES] = {0};
    must(s, charge(s, 1, 7, 50, SAMPLE_DAY, 16));
    must(s, charge(s, 2, 7, 51, SAMPLE_DAY, 16));
    must(s, charge(s, 1, 7, 52, SAMPLE_DAY, 32));
    s = reopened(s, f);
    struct archive a = store_archive(s);
    sample_author(1, member);
    assert_true(a.request(a.ctx, member, request, hash));
    assert_int_equal(hash[0], 50);
    sample_author(2, member);
    assert_true(a.request(a.ctx, member, request, hash));
    assert_int_equal(hash[0], 51);
    sample_author(3, member);
    assert_false(a.request(a.ctx, member, request, hash));
    request[0] = 8;
    sample_author(1, member);
    assert_false(a.request(a.ctx, member, request, hash));
    store_close(&s);
}

/* Goal: a member's use never goes back, whatever order the days come in.
 * Method: one row is one effect and what is then the highest day and the member's use on it. */
static void test_budgets(void **state)
{
    const struct folder *f = *state;
    static const struct {
        unsigned member;
        uint32_t day, used;
        uint32_t want_day;
        size_t want_count;
        uint32_t want_used;
    } rows[] = {
        {1, 100, 16,  100, 1, 16},
        {1, 100, 32,  100, 1, 32},
        {1, 100, 16,  100, 1, 32},
        {1, 99,  900, 100, 1, 32},
        {1, 101, 4,   101, 1, 4 },
        {2, 100, 7,   101, 1, 4 },
        {2, 101, 8,   101, 2, 8 },
    };
    struct store *s = must_open(f);
    uint32_t day = 9;
    struct list l = {0};
    must(s, store_budgets(s, &day, add_budget, &l));
    assert_int_equal(day, 0);
    assert_int_equal(l.count, 0);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct effect e = {.type = EFFECT_PERSIST_BUDGET};
        sample_author(rows[i].member, e.author);
        e.request.day = rows[i].day;
        e.request.used = rows[i].used;
        must(s, store_apply(s, &e));
        s = reopened(s, f);
        l = (struct list){0};
        must(s, store_budgets(s, &day, add_budget, &l));
        assert_int_equal(day, rows[i].want_day);
        assert_int_equal(l.count, rows[i].want_count);
        sample_author(rows[i].want_count == 2 ? 2 : 1, e.author);
        size_t at = memcmp(l.bytes[0], e.author, AUTHOR_BYTES) == 0 ? 0 : 1;
        assert_memory_equal(l.bytes[at], e.author, AUTHOR_BYTES);
        assert_int_equal(l.number[at], rows[i].want_used);
    }
    store_close(&s);
}

/* Goal: acknowledgements of our erasures are counted once a peer, and listed.
 * Method: two peers, one of them twice. */
static void test_receipts(void **state)
{
    const struct folder *f = *state;
    struct store *s = must_open(f);
    static const unsigned peers[] = {1, 2, 1};
    for (int i = 0; i < 3; i++) {
        struct effect e = {.type = EFFECT_PERSIST_RECEIPT};
        sample_author(peers[i], e.author);
        e.receipt.indexes = (const uint64_t[]){5, 9};
        e.receipt.count = i == 1 ? 1 : 2;
        must(s, store_apply(s, &e));
    }
    s = reopened(s, f);
    struct list l = {0};
    assert_int_equal(store_receipts(s, 5), 2);
    assert_int_equal(store_receipts(s, 9), 1);
    assert_int_equal(store_receipts(s, 4), 0);
    assert_int_equal(store_receipts(s, UINT64_MAX), 0);
    must(s, store_receipt_list(s, 0, add_receipt, &l));
    assert_int_equal(l.count, 3);
    assert_int_equal(l.number[0], 5);
    assert_int_equal(l.number[2], 9);
    l = (struct list){0};
    must(s, store_receipt_list(s, 6, add_receipt, &l));
    assert_int_equal(l.count, 1);
    uint8_t peer[AUTHOR_BYTES];
    sample_author(1, peer);
    assert_memory_equal(l.bytes[0], peer, AUTHOR_BYTES);
    store_close(&s);
}

/* Goal: marks come back, also the largest number; what "seen" commits to is kept 400 days.
 * Method: marks set twice; rows of day 1,000 asked for on days 1,400 and 1,401. */
static void test_marks_and_seen(void **state)
{
    const struct folder *f = *state;
    struct store *s = must_open(f);
    static const uint64_t values[] = {3, UINT64_MAX};
    static const uint32_t days[] = {1000, 1400, 1401, 5};
    uint8_t hash[HASH_BYTES] = {0}, out[4];
    for (int i = 0; i < 2; i++) {
        struct effect e = {.type = EFFECT_PERSIST_MARK};
        e.mark.mark = MARK_COVER_SIZE;
        e.mark.value = values[i];
        must(s, store_apply(s, &e));
        s = reopened(s, f);
        assert_int_equal(store_mark(s, MARK_COVER_SIZE), values[i]);
        assert_int_equal(store_mark(s, MARK_COVER_DAY), 0);
    }
    for (uint8_t i = 0; i < 4; i++) {
        struct effect e = {.type = EFFECT_PERSIST_SEEN};
        e.seen.hash[0] = i;
        e.seen.day = days[i];
        e.seen.rows = bytes_of("row", i == 1 ? 0 : 3);
        must(s, store_apply(s, &e));
        assert_int_equal(store_seen(s, hash, out, sizeof out), i < 2 ? 3 : 0);
    }
    s = reopened(s, f);
    hash[0] = 2;
    assert_int_equal(store_seen(s, hash, out, sizeof out), 3);
    assert_memory_equal(out, "row", 3);
    assert_int_equal(store_seen(s, hash, out, 2), 0);
    store_close(&s);
}

struct witnessed {
    size_t count;
    uint64_t seq[8];
    uint8_t author[8];
    uint32_t day[8];
};

static bool add_witness(void *ctx, const uint8_t raw[CHECKPOINT_SIGNED_BYTES], uint32_t day)
{
    struct witnessed *w = ctx;
    struct checkpoint cp;
    assert_int_equal(checkpoint_read(bytes_of(raw, CHECKPOINT_SIGNED_BYTES), &cp), OK);
    w->seq[w->count] = cp.seq;
    w->author[w->count] = cp.author[0];
    w->day[w->count++] = day;
    return true;
}

static void keep_witness(struct store *s, uint8_t author, uint64_t seq, uint32_t day)
{
    uint8_t seed[32] = {author}, public_key[32], secret[64], raw[CHECKPOINT_SIGNED_BYTES];
    struct effect e = {.type = EFFECT_PERSIST_WITNESS};
    crypto_sign_seed_keypair(public_key, secret, seed);
    struct checkpoint cp = {.author = {author}, .feed_epoch = 1, .seq = seq, .size = 16};
    checkpoint_sign(&cp, secret, raw);
    memcpy(e.author, cp.author, AUTHOR_BYTES);
    e.witness.checkpoint = cp;
    e.witness.signed_checkpoint = raw;
    e.witness.day = day;
    must(s, store_apply(s, &e));
}

/* Goal: daily checkpoints come back in order and can be looked up, for 400 days; of what a peer has
 * seen the newest is kept. Method: checkpoints of two authors; one of day 1,000 on day 1,401. */
static void test_witness(void **state)
{
    const struct folder *f = *state;
    struct store *s = must_open(f);
    uint8_t raw[CHECKPOINT_SIGNED_BYTES], out[8], one[AUTHOR_BYTES] = {1}, two[AUTHOR_BYTES] = {2};
    keep_witness(s, 2, DAILY_SEQ, 1000);
    keep_witness(s, 1, 2 * DAILY_SEQ, 1001);
    keep_witness(s, 1, DAILY_SEQ, 1000);
    keep_witness(s, 1, DAILY_SEQ, 1400); /* again: stays as it was */
    s = reopened(s, f);
    struct witnessed w = {0};
    must(s, store_witness(s, NULL, add_witness, &w));
    assert_int_equal(w.count, 3);
    assert_int_equal(w.author[0], 1);
    assert_int_equal(w.seq[0], DAILY_SEQ);
    assert_int_equal(w.day[0], 1000);
    assert_int_equal(w.seq[1], 2 * DAILY_SEQ);
    assert_int_equal(w.author[2], 2);
    struct archive a = store_archive(s);
    assert_true(a.witness(a.ctx, one, 1, 2 * DAILY_SEQ, raw));
    assert_false(a.witness(a.ctx, one, 2, 2 * DAILY_SEQ, raw));
    assert_false(a.witness(a.ctx, two, 1, 2 * DAILY_SEQ, raw));
    keep_witness(s, 2, 401 * (uint64_t)DAILY_SEQ, 1401);
    w = (struct witnessed){0};
    must(s, store_witness(s, two, add_witness, &w));
    assert_int_equal(w.count, 1);
    assert_int_equal(w.day[0], 1401);
    assert_true(a.witness(a.ctx, one, 1, 2 * DAILY_SEQ, raw));
    assert_false(a.witness(a.ctx, one, 1, DAILY_SEQ, raw));
    for (int i = 0; i < 2; i++) {
        struct effect e = {.type = EFFECT_PERSIST_PEER_SEEN, .author = {7}};
        e.seen.rows = bytes_of(i == 0 ? "old" : "newer", i == 0 ? 3 : 5);
        must(s, store_apply(s, &e));
    }
    s = reopened(s, f);
    one[0] = 7;
    assert_int_equal(store_peer_seen(s, one, out, sizeof out), 5);
    assert_memory_equal(out, "newer", 5);
    assert_int_equal(store_peer_seen(s, two, out, sizeof out), 0);
    store_close(&s);
}

struct purposes {
    size_t count;
    uint32_t day;
    char text[16];
};

static bool add_purpose(void *ctx, const uint8_t id[REQUEST_BYTES], uint32_t day,
                        struct bytes sealed)
{
    struct purposes *p = ctx;
    assert_int_equal(id[0], 1);
    p->count++;
    p->day = day;
    snprintf(p->text, sizeof p->text, "%.*s", (int)sealed.len, (const char *)sealed.data);
    return true;
}

/* Goal: the desk's sealed records and purposes come back, are replaced, and can be deleted.
 * Method: put, replace, delete, list. */
static void test_desk(void **state)
{
    const struct folder *f = *state;
    struct store *s = must_open(f);
    uint8_t request[16] = {1};
    must(s, store_desk_put(s, 4, BYTES_LITERAL("four")));
    must(s, store_desk_put(s, 2, BYTES_LITERAL("two")));
    must(s, store_desk_put(s, 3, BYTES_LITERAL("three")));
    must(s, store_desk_put(s, 4, BYTES_LITERAL("4444")));
    must(s, store_desk_delete(s, 3));
    must(s, store_desk_delete(s, 99));
    must(s, store_purpose_put(s, request, SAMPLE_DAY, BYTES_LITERAL("old")));
    must(s, store_purpose_put(s, request, SAMPLE_DAY + 1, BYTES_LITERAL("purpose")));
    s = reopened(s, f);
    struct list l = {0};
    must(s, store_desk_read(s, 0, add_desk, &l));
    assert_int_equal(l.count, 2);
    assert_int_equal(l.number[0], 2);
    assert_int_equal(l.number[1], 4);
    assert_int_equal(l.len[1], 4);
    assert_memory_equal(l.bytes[1], "4444", 4);
    l = (struct list){0};
    must(s, store_desk_read(s, 3, add_desk, &l));
    assert_int_equal(l.count, 1);
    struct purposes p = {0};
    must(s, store_purposes(s, SAMPLE_DAY, SAMPLE_DAY + 1, add_purpose, &p));
    assert_int_equal(p.count, 1);
    assert_string_equal(p.text, "purpose");
    assert_int_equal(p.day, SAMPLE_DAY + 1);
    must(s, store_purposes(s, SAMPLE_DAY, SAMPLE_DAY, add_purpose, &p));
    assert_int_equal(p.count, 1);
    store_close(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_rosters, folder_setup, folder_teardown),
        cmocka_unit_test_setup_teardown(test_rivals, folder_setup, folder_teardown),
        cmocka_unit_test_setup_teardown(test_requests, folder_setup, folder_teardown),
        cmocka_unit_test_setup_teardown(test_budgets, folder_setup, folder_teardown),
        cmocka_unit_test_setup_teardown(test_receipts, folder_setup, folder_teardown),
        cmocka_unit_test_setup_teardown(test_marks_and_seen, folder_setup, folder_teardown),
        cmocka_unit_test_setup_teardown(test_witness, folder_setup, folder_teardown),
        cmocka_unit_test_setup_teardown(test_forks, folder_setup, folder_teardown),
        cmocka_unit_test_setup_teardown(test_desk, folder_setup, folder_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
