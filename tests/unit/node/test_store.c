/* The store as its callers see it: what goes in comes out, also after it was closed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/node/store_sample.h"

/* What archive.read gave, in order. */
struct rows {
    size_t count;
    size_t stop_at; /* row number to refuse; 0 none */
    uint64_t index[SAMPLE_BATCH];
    enum entry_state state[SAMPLE_BATCH];
    uint8_t header[SAMPLE_BATCH][HEADER_BYTES];
    size_t body_len[SAMPLE_BATCH];
    uint8_t body[SAMPLE_BATCH][SAMPLE_BODY_MAX];
};

static bool take_row(void *ctx, const struct archive_row *r)
{
    struct rows *rows = ctx;
    if (rows->stop_at != 0 && rows->count + 1 == rows->stop_at)
        return false;
    rows->index[rows->count] = r->index;
    rows->state[rows->count] = r->state;
    memcpy(rows->header[rows->count], r->header, HEADER_BYTES);
    rows->body_len[rows->count] = r->body.len;
    if (r->body.len > 0)
        memcpy(rows->body[rows->count], r->body.data, r->body.len);
    rows->count++;
    return true;
}

static size_t read_rows(struct store *s, unsigned n, uint64_t first, size_t count,
                        struct rows *rows)
{
    uint8_t author[AUTHOR_BYTES];
    sample_author(n, author);
    struct archive a = store_archive(s);
    rows->count = 0;
    return a.read(a.ctx, author, first, count, take_row, rows);
}

static enum entry_state state_of(struct store *s, unsigned n, uint64_t index)
{
    uint8_t author[AUTHOR_BYTES];
    sample_author(n, author);
    struct archive a = store_archive(s);
    return a.state(a.ctx, author, index);
}

/* Goal: entries of several feeds, in every state, come out in order as they went in, within and
 * after their transaction and after the store was closed; ranges and a caller who stops are obeyed.
 * Method: two feeds of 40 entries whose states go round; each is read back in three situations. */
static void test_entries_come_back(void **state)
{
    const struct folder *f = *state;
    static const enum entry_state states[] = {STATE_HELD, STATE_REFUSED,   STATE_OPAQUE,
                                              STATE_OWED, STATE_ADDRESSED, STATE_EXPIRED};
    enum { COUNT = 40 };
    struct sample *in = calloc(2 * (size_t)COUNT, sizeof *in);
    struct rows *out = calloc(1, sizeof *out);
    struct feed_record record[2] = {0};
    struct store *s = must_open(f);
    for (unsigned i = 0; i < 2 * COUNT; i++) {
        enum entry_state want = states[i % 6];
        sample_make(&in[i], i / COUNT, i % COUNT);
        if (want == STATE_REFUSED || want == STATE_OPAQUE)
            sample_refuse(&in[i], ERR_LIMIT);
        else if (want != STATE_HELD)
            sample_empty(&in[i], want);
        in[i].entry.state = want;
    }
    for (unsigned n = 0; n < 2; n++) {
        must(s, sample_put(s, n, &record[n], in + n * (size_t)COUNT, 15));
        must(s, sample_put(s, n, &record[n], in + n * (size_t)COUNT + 15, COUNT - 15));
    }
    for (int situation = 0; situation < 3; situation++) {
        for (unsigned n = 0; n < 2; n++) {
            assert_int_equal(read_rows(s, n, 0, SIZE_MAX, out), COUNT);
            for (unsigned i = 0; i < COUNT; i++) {
                const struct sample *want = &in[n * COUNT + i];
                assert_int_equal(out->index[i], i);
                assert_int_equal(out->state[i], want->entry.state);
                assert_int_equal(state_of(s, n, i), want->entry.state);
                assert_memory_equal(out->header[i], want->header, HEADER_BYTES);
                assert_int_equal(out->body_len[i], want->entry.body.len);
                assert_memory_equal(out->body[i], want->body, want->entry.body.len);
            }
        }
        if (situation == 0)
            must(s, store_commit(s));
        if (situation == 1) {
            store_close(&s);
            s = must_open(f);
        }
    }
    assert_int_equal(read_rows(s, 0, 7, 5, out), 5);
    assert_int_equal(out->index[0], 7);
    assert_int_equal(read_rows(s, 0, 38, 10, out), 2);
    assert_int_equal(read_rows(s, 0, COUNT, 10, out), 0);
    assert_int_equal(read_rows(s, 0, 0, 0, out), 0);
    assert_int_equal(read_rows(s, 0, UINT64_MAX, 10, out), 0);
    assert_int_equal(read_rows(s, 9, 0, 10, out), 0);
    out->stop_at = 4;
    assert_int_equal(read_rows(s, 1, 0, 10, out), 3);
    assert_int_equal(state_of(s, 0, COUNT), STATE_NONE);
    assert_int_equal(state_of(s, 0, UINT64_MAX), STATE_NONE);
    assert_int_equal(state_of(s, 9, 0), STATE_NONE);
    store_close(&s);
    assert_null(s);
    assert_consistent(f);
    free(in);
    free(out);
}

static bool take_record(void *ctx, const struct feed_record *r)
{
    struct feed_record **next = ctx;
    *(*next)++ = *r;
    return true;
}

static bool take_one_record(void *ctx, const struct feed_record *r)
{
    (void)r;
    (*(int *)ctx)++;
    return false;
}

/* Goal: every field of a feed's record comes back; only the peaks in use are kept.
 * Method: records of several sizes with all bytes set, written with and without entries, read after
 * a restart; a later one replaces an earlier one; unused peaks come back as zeros. */
static void test_feed_records_come_back(void **state)
{
    const struct folder *f = *state;
    static const uint64_t sizes[] = {0, 1, 0xB5, (UINT64_C(1) << 40) - 1};
    struct feed_record *in = calloc(4, sizeof *in), *out = calloc(4, sizeof *out), *next = out;
    struct store *s = must_open(f);
    for (unsigned i = 0; i < 4; i++) {
        sample_random(i, 0, (uint8_t *)&in[i], sizeof in[i]);
        sample_author(i, in[i].author);
        in[i].tree.size = sizes[i];
        in[i].proof_hashes = i == 3 ? MERKLE_PROOF_MAX : i;
        in[i].heard_utc = i == 2 ? -5 : 1700000000;
        in[i].is_disputed = i == 1;
        struct effect e = {.type = EFFECT_PERSIST_FEED};
        struct feed_record early = {0};
        memcpy(e.author, in[i].author, AUTHOR_BYTES);
        memcpy(early.author, in[i].author, AUTHOR_BYTES);
        e.entries.feed = &early;
        must(s, store_apply(s, &e));
        e.entries.feed = &in[i];
        must(s, store_apply(s, &e));
    }
    must(s, store_commit(s));
    store_close(&s);
    s = must_open(f);
    must(s, store_feeds(s, take_record, &next));
    assert_int_equal(next - out, 4);
    for (unsigned i = 0; i < 4; i++) {
        for (int level = 0; level < MERKLE_LEVELS_MAX; level++)
            if (!(sizes[i] >> level & 1))
                memset(in[i].tree.peak[level], 0, HASH_BYTES);
        assert_memory_equal(out[i].author, in[i].author, AUTHOR_BYTES);
        assert_int_equal(out[i].feed_epoch, in[i].feed_epoch);
        assert_int_equal(out[i].tree.size, in[i].tree.size);
        assert_memory_equal(out[i].tree.peak, in[i].tree.peak, sizeof in[i].tree.peak);
        assert_memory_equal(out[i].held, in[i].held, sizeof in[i].held);
        assert_memory_equal(out[i].seen, in[i].seen, sizeof in[i].seen);
        assert_int_equal(out[i].proof_hashes, in[i].proof_hashes);
        assert_memory_equal(out[i].proof, in[i].proof, in[i].proof_hashes * (size_t)HASH_BYTES);
        assert_int_equal(out[i].heard_utc, in[i].heard_utc);
        assert_int_equal(out[i].owed, in[i].owed);
        assert_int_equal(out[i].refused, in[i].refused);
        assert_int_equal(out[i].profile_plus_one, in[i].profile_plus_one);
        assert_int_equal(out[i].is_disputed, in[i].is_disputed);
    }
    int seen = 0;
    must(s, store_feeds(s, take_one_record, &seen));
    assert_int_equal(seen, 1);
    store_close(&s);
    free(in);
    free(out);
}

static size_t find(struct store *s, const struct sample *e, uint32_t today, struct tag_hit *hits)
{
    return store_find_tag(s, e->body + BODY_FIXED_BYTES + 2, today, hits, 4);
}

/* Goal: an owed body that arrives is stored, found by its tags, and no longer owed; erasing it
 * takes all of that back and leaves the header; repeating is harmless. Method: one entry's life,
 * asked about at each stage, and compared with a replay at its end. */
static void test_life_of_an_entry(void **state)
{
    const struct folder *f = *state;
    struct store *s = must_open(f);
    struct archive a = store_archive(s);
    struct feed_record record = {0};
    struct sample *e = calloc(3, sizeof *e);
    struct rows *out = calloc(1, sizeof *out);
    uint8_t author[1][AUTHOR_BYTES], tags[2][TAG_BYTES] = {{1}, {2}};
    uint64_t indexes[4];
    struct tag_hit hits[4];
    for (unsigned i = 0; i < 3; i++) {
        tags[1][5] = (uint8_t)i;
        sample_signal(&e[i], 1, i, (const uint8_t(*)[TAG_BYTES])tags, 2, 100, SAMPLE_DAY);
    }
    struct sample whole = e[1];
    sample_empty(&e[1], STATE_OWED);
    sample_author(1, author[0]);
    must(s, sample_put(s, 1, &record, e, 3));
    assert_int_equal(a.owed(a.ctx, author[0], 0, indexes, 4), 1);
    assert_int_equal(indexes[0], 1);
    assert_int_equal(a.owed(a.ctx, author[0], 2, indexes, 4), 0);
    assert_int_equal(a.owed(a.ctx, author[0], 0, indexes, 0), 0);
    assert_int_equal(find(s, &e[0], SAMPLE_DAY, hits), 2);

    must(s, sample_body(s, 1, &record, &whole));
    assert_int_equal(a.owed(a.ctx, author[0], 0, indexes, 4), 0);
    assert_int_equal(state_of(s, 1, 1), STATE_HELD);
    assert_int_equal(find(s, &e[0], SAMPLE_DAY, hits), 3);
    assert_int_equal(a.expired(a.ctx, SAMPLE_DAY, author, indexes, 1), 0);
    assert_int_equal(a.expired(a.ctx, SAMPLE_DAY + 1, author, indexes, 1), 1);
    must(s, store_commit(s));

    for (int again = 0; again < 2; again++) {
        must(s, sample_gone(s, 1, &record, 1, STATE_ERASED));
        must(s, store_commit(s));
        assert_int_equal(state_of(s, 1, 1), STATE_ERASED);
        assert_int_equal(find(s, &e[0], SAMPLE_DAY, hits), 2);
        assert_int_equal(hits[1].index, 2);
        assert_int_equal(read_rows(s, 1, 1, 1, out), 1);
        assert_int_equal(out->body_len[0], 0);
        assert_memory_equal(out->header[0], whole.header, HEADER_BYTES);
    }
    must(s, sample_gone(s, 1, &record, 0, STATE_EXPIRED));
    must(s, store_commit(s));
    assert_int_equal(state_of(s, 1, 0), STATE_EXPIRED);
    assert_int_equal(a.receipts_due(a.ctx, author, indexes, 1), 1);
    assert_int_equal(indexes[0], 1);
    struct effect sent = {.type = EFFECT_PERSIST_RECEIPTS_SENT};
    uint8_t both[2][AUTHOR_BYTES];
    sample_author(9, both[0]); /* of a feed that is not known */
    sample_author(1, both[1]);
    sent.receipts_sent.authors = (const uint8_t(*)[AUTHOR_BYTES])both;
    sent.receipts_sent.indexes = (const uint64_t[]){1, 1};
    sent.receipts_sent.count = 2;
    must(s, store_apply(s, &sent));
    assert_int_equal(a.receipts_due(a.ctx, author, indexes, 1), 0);
    must(s, store_commit(s));
    store_close(&s);
    assert_consistent(f);
    free(e);
    free(out);
}

/* Goal: an entry that could not be read is listed as such, and once it can be read it is found by
 * its tags like any other, and expires once; erasing it meanwhile takes it off the list.
 * Method: three opaque entries, of which one is read later and one is erased. */
static void test_read_later(void **state)
{
    const struct folder *f = *state;
    struct store *s = must_open(f);
    struct archive a = store_archive(s);
    struct feed_record record = {0}, seen = {0};
    struct sample *e = calloc(3, sizeof *e);
    uint8_t author[2][AUTHOR_BYTES], tags[1][TAG_BYTES] = {{7}};
    uint64_t indexes[4];
    struct tag_hit hits[4];
    sample_author(1, author[0]);
    for (unsigned i = 0; i < 3; i++)
        sample_signal(&e[i], 1, i, (const uint8_t(*)[TAG_BYTES])tags, 1, 100, SAMPLE_DAY);
    struct effect_entry readable = e[1].entry;
    for (unsigned i = 0; i < 3; i++) {
        sample_refuse(&e[i], ERR_VERSION);
        e[i].entry.state = i == 2 ? STATE_OPAQUE : STATE_NEWER;
    }
    record.opaque = 3;
    record.newer = 2;
    must(s, sample_put(s, 1, &record, e, 3));
    must(s, store_commit(s));
    assert_int_equal(a.opaque(a.ctx, author[0], 0, indexes, 4), 3);
    assert_int_equal(a.opaque(a.ctx, author[0], 1, indexes, 1), 1);
    assert_int_equal(indexes[0], 1);
    assert_int_equal(store_find_tag(s, tags[0], SAMPLE_DAY, hits, 4), 0);

    e[1].entry = readable;
    record.owed = 1; /* sample_body takes one off */
    record.opaque = 2;
    record.newer = 1;
    must(s, sample_body(s, 1, &record, &e[1]));
    must(s, sample_gone(s, 1, &record, 0, STATE_ERASED));
    must(s, store_commit(s));
    assert_int_equal(a.opaque(a.ctx, author[0], 0, indexes, 4), 1);
    assert_int_equal(indexes[0], 2);
    assert_int_equal(state_of(s, 1, 1), STATE_HELD);
    assert_int_equal(store_find_tag(s, tags[0], SAMPLE_DAY, hits, 4), 1);
    assert_int_equal(hits[0].index, 1);
    assert_int_equal(a.expired(a.ctx, SAMPLE_DAY + 1, author, indexes, 2), 2);
    struct feed_record *next = &seen;
    must(s, store_feeds(s, take_record, &next));
    assert_true(seen.opaque == 2 && seen.newer == 1);

    struct effect cut = {.type = EFFECT_PERSIST_CUT_BACK};
    memcpy(cut.author, author[0], AUTHOR_BYTES);
    record.tree.size = 2;
    record.owed = record.opaque = record.newer = 0;
    cut.cut_back.feed = &record;
    must(s, store_apply(s, &cut));
    must(s, store_commit(s));
    assert_int_equal(a.opaque(a.ctx, author[0], 0, indexes, 4), 0);
    store_close(&s);
    assert_consistent(f);
    free(e);
}

/* Goal: a tag is found only in entries that are held, not expired, and carry all its 16 bytes.
 * Method: one row is one entry; entries share the first eight bytes of their tag. Then max, one
 * author's entries only, and the same after a restart, which builds the filter from the table. */
static void test_find_tag(void **state)
{
    const struct folder *f = *state;
    static const struct {
        unsigned feed;
        uint8_t last; /* byte of the tag */
        uint32_t expires_day;
        bool is_refused;
        bool is_hit; /* on SAMPLE_DAY, last byte 1 */
        const char *why;
    } rows[] = {
        {1, 1, SAMPLE_DAY,     false, true,  "expires today"           },
        {1, 1, SAMPLE_DAY - 1, false, false, "expired yesterday"       },
        {1, 2, SAMPLE_DAY + 9, false, false, "same prefix, another tag"},
        {2, 1, SAMPLE_DAY + 9, true,  false, "refused"                 },
        {2, 1, SAMPLE_DAY + 9, false, true,  "of another author"       },
        {2, 1, 0,              false, true,  "never expires"           },
    };
    enum { ROWS = sizeof rows / sizeof rows[0] };
    struct store *s = must_open(f);
    struct feed_record record[3] = {0};
    struct sample *e = calloc(1, sizeof *e);
    uint64_t index[ROWS];
    for (size_t i = 0; i < ROWS; i++) {
        unsigned n = rows[i].feed;
        uint8_t tags[3][TAG_BYTES] = {
            {1,  1},
            {0x80,  9},
            {0xFF}
        };
        tags[1][15] = rows[i].last;
        tags[0][7] = (uint8_t)i;
        index[i] = record[n].tree.size;
        sample_signal(e, n, index[i], (const uint8_t(*)[TAG_BYTES])tags, 3, 100,
                      rows[i].expires_day);
        if (rows[i].is_refused)
            sample_refuse(e, ERR_RANGE);
        must(s, sample_put(s, n, &record[n], e, 1));
    }
    must(s, store_commit(s));
    for (int round = 0; round < 2; round++) {
        uint8_t tag[TAG_BYTES] = {0x80, 9}, author[AUTHOR_BYTES];
        struct tag_hit hits[ROWS];
        size_t found = 0;
        tag[15] = 1;
        size_t count = store_find_tag(s, tag, SAMPLE_DAY, hits, ROWS);
        for (size_t i = 0; i < ROWS; i++) {
            if (!rows[i].is_hit)
                continue;
            sample_author(rows[i].feed, author);
            if (found >= count || hits[found].index != index[i] ||
                memcmp(hits[found].author, author, AUTHOR_BYTES) != 0)
                fail_msg("not found: %s", rows[i].why);
            assert_int_equal(hits[found].expires_day, rows[i].expires_day);
            found++;
        }
        assert_int_equal(count, found);
        assert_int_equal(store_find_tag(s, tag, SAMPLE_DAY, hits, 1), 1);
        assert_int_equal(store_find_tag(s, tag, SAMPLE_DAY, hits, 0), 0);
        assert_int_equal(store_find_tag(s, tag, SAMPLE_DAY + 1, hits, ROWS), count - 1);
        sample_author(2, author);
        assert_int_equal(store_find_tag_of(s, author, tag, SAMPLE_DAY, hits, ROWS), 2);
        sample_author(1, author);
        assert_int_equal(store_find_tag_of(s, author, tag, SAMPLE_DAY, hits, ROWS), 1);
        sample_author(7, author);
        assert_int_equal(store_find_tag_of(s, author, tag, SAMPLE_DAY, hits, ROWS), 0);
        tag[15] = 3;
        assert_int_equal(store_find_tag(s, tag, SAMPLE_DAY, hits, ROWS), 0);
        tag[0] = 0x7F;
        assert_int_equal(store_find_tag(s, tag, SAMPLE_DAY, hits, ROWS), 0);
        store_close(&s);
        s = must_open(f);
    }
    store_close(&s);
    assert_consistent(f);
    free(e);
}

/* Goal: two tags of one entry may share their first eight bytes, since an author can choose them.
 * Method: store, find both, erase, find none. */
static void test_tags_with_one_prefix(void **state)
{
    const struct folder *f = *state;
    struct store *s = must_open(f);
    struct feed_record record = {0};
    struct sample *e = calloc(1, sizeof *e);
    uint8_t tags[2][TAG_BYTES] = {{5}, {5}};
    struct tag_hit hits[4];
    tags[1][15] = 1;
    sample_signal(e, 1, 0, (const uint8_t(*)[TAG_BYTES])tags, 2, 100, SAMPLE_DAY);
    must(s, sample_put(s, 1, &record, e, 1));
    assert_int_equal(store_find_tag(s, tags[0], SAMPLE_DAY, hits, 4), 1);
    assert_int_equal(store_find_tag(s, tags[1], SAMPLE_DAY, hits, 4), 1);
    must(s, sample_gone(s, 1, &record, 0, STATE_ERASED));
    assert_int_equal(store_find_tag(s, tags[0], SAMPLE_DAY, hits, 4), 0);
    must(s, store_commit(s));
    store_close(&s);
    assert_consistent(f);
    free(e);
}

/* Goal: a full batch of full signals is stored, and its tiles; the filter grows with it.
 * Method: 4,096 signals of 12 tags; each is then found; tiles read back. */
static void test_largest_batch(void **state)
{
    const struct folder *f = *state;
    struct store *s = must_open(f);
    struct feed_record record = {.feed_epoch = 1, .tree.size = BATCH_ENTRIES_MAX};
    struct sample *e = calloc(BATCH_ENTRIES_MAX, sizeof *e);
    struct effect_entry *entries = calloc(BATCH_ENTRIES_MAX, sizeof *entries);
    struct effect_tile tiles[2] = {
        {0, 3, {7}},
        {1, 0, {8}}
    };
    struct effect put = {.type = EFFECT_PERSIST_ENTRIES};
    uint8_t root[HASH_BYTES];
    struct tag_hit hit;
    sample_author(1, put.author);
    sample_author(1, record.author);
    for (unsigned i = 0; i < BATCH_ENTRIES_MAX; i++) {
        uint8_t tags[SIGNAL_TAGS_MAX][TAG_BYTES];
        sample_random(1, i, tags[0], sizeof tags);
        for (unsigned t = 0; t < SIGNAL_TAGS_MAX; t++)
            tags[t][0] = (uint8_t)((tags[t][0] & 0x0F) | t << 4);
        sample_signal(&e[i], 1, i, (const uint8_t(*)[TAG_BYTES])tags, SIGNAL_TAGS_MAX, 200,
                      SAMPLE_DAY);
        entries[i] = e[i].entry;
    }
    put.entries.feed = &record;
    put.entries.entries = entries;
    put.entries.count = BATCH_ENTRIES_MAX;
    put.entries.tiles = tiles;
    put.entries.tile_count = 2;
    must(s, store_apply(s, &put));
    must(s, store_commit(s));
    for (unsigned i = 0; i < BATCH_ENTRIES_MAX; i++) {
        const uint8_t *tag = entries[i].tags + i % SIGNAL_TAGS_MAX * TAG_BYTES;
        assert_int_equal(store_find_tag(s, tag, SAMPLE_DAY, &hit, 1), 1);
        assert_int_equal(hit.index, i);
    }
    struct archive a = store_archive(s);
    assert_true(a.tile(a.ctx, put.author, 0, 3, root));
    assert_memory_equal(root, tiles[0].root, HASH_BYTES);
    assert_true(a.tile(a.ctx, put.author, 1, 0, root));
    assert_memory_equal(root, tiles[1].root, HASH_BYTES);
    assert_false(a.tile(a.ctx, put.author, 1, 3, root));
    assert_false(a.tile(a.ctx, put.author, 0, UINT64_MAX, root));
    sample_author(2, put.author);
    assert_false(a.tile(a.ctx, put.author, 0, 3, root));
    store_close(&s);
    assert_consistent(f);
    free(e);
    free(entries);
}

/* Goal: what was not committed is gone after a close; what was is there.
 * Method: one batch committed, one not. */
static void test_commit_decides(void **state)
{
    const struct folder *f = *state;
    struct store *s = must_open(f);
    struct feed_record record = {0};
    struct sample *e = calloc(2, sizeof *e);
    sample_make(&e[0], 1, 0);
    sample_make(&e[1], 1, 1);
    assert_false(store_is_dirty(s));
    must(s, store_commit(s)); /* nothing to do */
    must(s, sample_put(s, 1, &record, e, 1));
    assert_true(store_is_dirty(s));
    must(s, store_begin(s)); /* already open */
    must(s, store_commit(s));
    assert_false(store_is_dirty(s));
    must(s, sample_put(s, 1, &record, e + 1, 1));
    assert_int_equal(state_of(s, 1, 1), STATE_HELD);
    store_close(&s);
    s = must_open(f);
    assert_int_equal(state_of(s, 1, 0), STATE_HELD);
    assert_int_equal(state_of(s, 1, 1), STATE_NONE);
    assert_string_equal(store_error_text(s), "");
    store_close(&s);
    store_close(&s); /* of nothing */
    assert_consistent(f);
    free(e);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_entries_come_back, folder_setup, folder_teardown),
        cmocka_unit_test_setup_teardown(test_feed_records_come_back, folder_setup, folder_teardown),
        cmocka_unit_test_setup_teardown(test_life_of_an_entry, folder_setup, folder_teardown),
        cmocka_unit_test_setup_teardown(test_read_later, folder_setup, folder_teardown),
        cmocka_unit_test_setup_teardown(test_find_tag, folder_setup, folder_teardown),
        cmocka_unit_test_setup_teardown(test_tags_with_one_prefix, folder_setup, folder_teardown),
        cmocka_unit_test_setup_teardown(test_largest_batch, folder_setup, folder_teardown),
        cmocka_unit_test_setup_teardown(test_commit_decides, folder_setup, folder_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
