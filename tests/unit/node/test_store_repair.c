/* A damaged store is made whole: what cannot be read is named, and nothing else changes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "node/page_sum.h"
#include "node/store_find.h"
#include "node/store_log.h"
#include "node/store_pages.h"
#include "node/store_repair.h"
#include "tests/unit/node/store_sample.h"

enum { FEEDS = 3, ENTRIES = 120, PAGE = 8192, DESK = 40 };

/* What the repaired store was found to hold, beside what it held before. */
struct tally {
    size_t same, missing, owed, findings, fetching, lost;
};

static void put_mark(struct store *s)
{
    struct effect e = {.type = EFFECT_PERSIST_MARK};
    e.mark.mark = MARK_COVER_SIZE;
    e.mark.value = 77;
    must(s, store_apply(s, &e));
}

static void put_budget(struct store *s)
{
    struct effect e = {.type = EFFECT_PERSIST_REQUEST};
    sample_author(1, e.author);
    e.request.day = 100;
    e.request.used = 12;
    must(s, store_apply(s, &e));
}

/* Three feeds, one with an entry that is erased and one that is owed; a large body; the desk. */
static void fill(const struct folder *f)
{
    struct store *s = must_open(f);
    struct sample *room = calloc(SAMPLE_BATCH, sizeof *room);
    assert_non_null(room);
    for (unsigned n = 0; n < FEEDS; n++) {
        struct feed_record record = {0};
        for (unsigned i = 0; i < ENTRIES; i++)
            sample_make(&room[i], n, i);
        sample_empty(&room[7], STATE_OWED);
        must(s, sample_put(s, n, &record, room, ENTRIES));
        must(s, sample_gone(s, n, &record, 9, STATE_ERASED));
        must(s, store_commit(s));
    }
    for (uint64_t i = 0; i < DESK; i++) {
        uint8_t sealed[600];
        memset(sealed, (int)i, sizeof sealed);
        must(s, store_desk_put(s, i, bytes_of(sealed, sizeof sealed)));
    }
    put_mark(s);
    put_budget(s);
    must(s, store_commit(s));
    store_close(&s);
    free(room);
}

static bool tally_finding(void *ctx, const struct store_finding *found)
{
    struct tally *t = ctx;
    t->findings++;
    t->fetching += found->fate == FATE_FETCHING;
    t->lost += found->fate == FATE_LOST;
    return true;
}

/* One entry is as it was, missing, or owed; anything else fails. */
static void tally_entry(struct store *s, unsigned n, uint64_t index, struct sample *room,
                        struct tally *t)
{
    uint8_t author[AUTHOR_BYTES];
    struct archive a = store_archive(s);
    uint64_t first = 0, past = 0;
    sample_author(n, author);
    sample_make(room, n, index);
    enum entry_state want = index == 7 ? STATE_OWED : index == 9 ? STATE_ERASED : STATE_HELD;
    enum entry_state got = a.state(a.ctx, author, index);
    bool is_hole = store_hole(s, author, index, &first, &past) && first == index;
    assert_int_equal(is_hole, got == STATE_NONE);
    t->missing += is_hole;
    t->owed += got == STATE_OWED && want == STATE_HELD;
    t->same += got == want;
    if (got != want && got != STATE_NONE && got != STATE_OWED)
        fail_msg("entry %d of feed %u has state %d", (int)index, n, (int)got);
    if (got != STATE_HELD || room->entry.tag_count == 0)
        return;
    struct tag_hit hits[4];
    size_t count = store_find_tag_of(s, author, room->entry.tags, SAMPLE_DAY, hits, 4);
    assert_int_equal(count, 1);
    assert_int_equal(hits[0].index, index);
}

static void tally_all(const struct folder *f, struct tally *t)
{
    struct store *s = must_open(f);
    struct sample *room = calloc(1, sizeof *room);
    *t = (struct tally){0};
    for (unsigned n = 0; n < FEEDS; n++)
        for (uint64_t i = 0; i < ENTRIES; i++)
            tally_entry(s, n, i, room, t);
    must(s, store_findings(s, tally_finding, t));
    store_close(&s);
    free(room);
}

static void write_at(const char *path, long at, const void *data, size_t len)
{
    FILE *file = fopen(path, "r+b");
    assert_non_null(file);
    assert_int_equal(fseek(file, at, SEEK_SET), 0);
    assert_int_equal(fwrite(data, 1, len, file), len);
    assert_int_equal(fclose(file), 0);
}

/* Goal: whichever page is beyond mending, the store opens again after a repair; what it held is
 * there or named, and what can be had elsewhere is what is missing of the feeds.
 * Method: each page in turn is overwritten; unless FULL is set, the first four and every eighth. */
static void test_each_page(void **state)
{
    const struct folder *f = *state;
    size_t len, silent = 0, harmless = 0;
    uint8_t junk[PAGE];
    fill(f);
    uint8_t *whole = file_bytes(f->file, &len);
    memset(junk, 0xC3, sizeof junk);
    size_t pace = getenv("FULL") != NULL ? 1 : 8, tried = 0;
    for (size_t page = 0; page < len / PAGE; page += page < 4 ? 1 : pace, tried++) {
        struct store *s = NULL;
        struct problem problem = {0};
        struct tally t;
        write_at(f->file, 0, whole, len);
        assert_int_equal(truncate(f->file, (off_t)len), 0);
        write_at(f->file, (long)(page * PAGE), junk, sizeof junk);
        assert_int_equal(store_open(&s, f->file, &problem), ERR_FORMAT);
        if (store_repair(f->file, &problem) != OK)
            fail_msg("page %d: %s", (int)page + 1, problem.text);
        tally_all(f, &t);
        bool is_whole = t.same == (size_t)FEEDS * ENTRIES;
        silent += t.findings == 0;
        silent += !is_whole && t.fetching == 0;
        harmless += is_whole && t.lost == 0;
        outside(f, "SELECT 1");
        assert_int_equal(outside(f, "SELECT integrity_check = 'ok' FROM pragma_integrity_check"),
                         1);
        if (t.missing + t.owed > 2 * (size_t)FEEDS * ENTRIES / 3 && page > 40)
            fail_msg("page %d took %d entries away", (int)page + 1, (int)t.missing);
    }
    print_message("%d pages damaged in turn: %d named, %d of them without a loss, silent %d\n",
                  (int)tried, (int)(tried - silent), (int)harmless, (int)silent);
    assert_int_equal(silent, 0);
    free(whole);
}

/* Goal: one flipped bit anywhere in the file changes nothing, and is told.
 * Method: bits spread over the file, one at a time. */
static void test_each_bit(void **state)
{
    const struct folder *f = *state;
    size_t len;
    struct tally t;
    fill(f);
    uint8_t *whole = file_bytes(f->file, &len);
    for (size_t i = 0; i < 8; i++) {
        size_t bit =
            i < 3 ? (size_t[]){165, 100 * 8, 8 * PAGE - 3}[i] : (i * 8 * len / 8 + i * 40009);
        flip_bit(f->file, bit % (8 * len));
        tally_all(f, &t);
        assert_int_equal(t.same, (size_t)FEEDS * ENTRIES);
        assert_int_equal(t.findings, i + 1);
        assert_int_equal(t.lost + t.fetching, 0);
    }
    assert_int_equal(outside(f, "SELECT count(*) FROM desk"), DESK);
    free(whole);
}

/* A store that was killed with its last commits in the log; returns the log's length. */
static size_t leave_log(const struct folder *f, uint8_t **file, size_t *file_len, uint8_t **log)
{
    size_t len;
    fill(f);
    struct store *s = must_open(f);
    for (uint64_t i = DESK; i < DESK + 5; i++) {
        uint8_t sealed[600] = {(uint8_t)i};
        must(s, store_desk_put(s, i, bytes_of(sealed, sizeof sealed)));
        must(s, store_commit(s));
    }
    *file = file_bytes(f->file, file_len);
    *log = file_bytes(f->log, &len);
    store_close(&s);
    return len;
}

/* Goal: damage in the log is mended, or said; never are commits dropped without a word.
 * Method: the files of a killed node; one row is what is done to its log. */
static void test_log(void **state)
{
    const struct folder *f = *state;
    uint8_t *file = NULL, *log = NULL;
    size_t file_len, len = leave_log(f, &file, &file_len, &log);
    enum { FRAME = 24 + PAGE };
    static const struct {
        long frame, at; /* in the frame; frame -1: in the log's header */
        size_t bytes;   /* overwritten; 0: one bit is flipped */
        bool is_whole;
        const char *why;
    } rows[] = {
        {-1, 3,    0,  true,  "a bit of the magic number"  },
        {-1, 17,   0,  true,  "a bit of the salt"          },
        {-1, 28,   0,  true,  "a bit of the header's sum"  },
        {-1, 0,    32, false, "the header"                 },
        {0,  2,    0,  true,  "a bit of a page number"     },
        {1,  9,    0,  true,  "a bit of a frame's salt"    },
        {1,  18,   0,  true,  "a bit of a frame's sum"     },
        {1,  500,  0,  true,  "a bit of a page"            },
        {0,  8215, 0,  true,  "the last byte of a page"    },
        {0,  23,   0,  true,  "the last byte of a sum"     },
        {0,  500,  64, false, "a stretch of the first page"},
        {1,  0,    24, false, "a frame's header"           },
        {-2, 900,  64, false, "a stretch of the last page" },
        {-2, 900,  0,  true,  "a bit of the last page"     },
    };
    size_t frames = (len - 32) / FRAME;
    assert_true(frames >= 5);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint8_t junk[64];
        struct log_look look;
        struct tally t;
        memset(junk, 0x5A, sizeof junk);
        long frame = rows[i].frame == -2 ? (long)frames - 1 : rows[i].frame;
        long at = frame < 0 ? rows[i].at : 32 + frame * FRAME + rows[i].at;
        unlink(f->file);
        FILE *out = fopen(f->file, "wb");
        assert_non_null(out);
        assert_int_equal(fwrite(file, 1, file_len, out), file_len);
        fclose(out);
        out = fopen(f->log, "wb");
        assert_non_null(out);
        assert_int_equal(fwrite(log, 1, len, out), len);
        fclose(out);
        if (rows[i].bytes > 0)
            write_at(f->log, at, junk, rows[i].bytes);
        else
            flip_bit(f->log, (size_t)at * 8 + 3);
        assert_int_equal(store_log_look(f->log, &look), OK);
        if (rows[i].is_whole != (look.mended == 1 && look.lost == 0 && !look.is_doubtful))
            fail_msg("%s: mended %u, lost %u", rows[i].why, look.mended, look.lost);
        if (!rows[i].is_whole && look.lost == 0 && !look.is_doubtful)
            fail_msg("%s: not seen", rows[i].why);
        tally_all(f, &t);
        assert_int_equal(t.same, (size_t)FEEDS * ENTRIES);
        int64_t desk = outside(f, "SELECT count(*) FROM desk");
        if ((desk == DESK + 5) != rows[i].is_whole)
            fail_msg("%s: %d records, mended %u, lost %u", rows[i].why, (int)desk, look.mended,
                     look.lost);
        if (!rows[i].is_whole)
            assert_true(t.findings > 0);
    }
    free(file);
    free(log);
}

/* Goal: the checksum finds a page in the wrong place, and turns back any one bit of a page, or two.
 * Method: bits at the ends and in between; three bits at once are left alone. */
static void test_sums(void **state)
{
    (void)state;
    uint8_t page[PAGE], was[PAGE];
    randombytes_buf(page, sizeof page);
    page_sum_set(page, sizeof page, 5);
    memcpy(was, page, sizeof page);
    assert_true(page_sum_is_right(page, sizeof page, 5));
    assert_false(page_sum_is_right(page, sizeof page, 6));
    static const size_t bits[] = {0, 7, 4001, 8 * (PAGE - 8) - 1, 8 * (PAGE - 8), 8 * PAGE - 1};
    for (size_t i = 0; i < sizeof bits / sizeof bits[0]; i++) {
        page[bits[i] / 8] ^= (uint8_t)(1u << bits[i] % 8);
        assert_false(page_sum_is_right(page, sizeof page, 5));
        assert_true(page_sum_mend(page, sizeof page, 5));
        assert_memory_equal(page, was, sizeof page);
        page[bits[i] / 8] ^= (uint8_t)(1u << bits[i] % 8);
        page[1234] ^= 8;
        assert_true(page_sum_mend(page, sizeof page, 5));
        assert_memory_equal(page, was, sizeof page);
    }
    page[100] ^= 1;
    page[200] ^= 1;
    page[8000] ^= 2;
    memcpy(was, page, sizeof page);
    assert_false(page_sum_mend(page, sizeof page, 5));
    assert_memory_equal(page, was, sizeof page);
}

/* Goal: while it runs, a bit that flips in the file or in the log is turned back when it is next
 * read, or looked at; and more than a bit ends the store, which says why and is repaired next.
 * Method: bits flipped under an open store. */
static void test_running(void **state)
{
    const struct folder *f = *state;
    fill(f);
    struct store *s = must_open(f);
    uint32_t page = 0, bad = 0, count = store_page_count(s);
    for (uint32_t i = 2; i <= count; i += 9) {
        flip_bit(f->file, ((size_t)(i - 1) * PAGE + 4000) * 8);
        assert_int_equal(store_page_look(s, i), STORE_PAGE_MENDED);
        assert_int_equal(store_page_look(s, i), STORE_PAGE_RIGHT);
        bad++;
    }
    assert_int_equal(store_pages_mended(s, &page), bad);
    assert_int_equal(store_pages_mended(s, &page), 0);
    put_mark(s);
    must(s, store_commit(s));
    flip_bit(f->log, (32 + 24 + 300) * 8);
    must(s, store_scrub_wal(s)); /* reads the log, to copy it into the file */
    assert_int_equal(store_pages_mended(s, &page), 1);
    assert_int_equal(store_mark(s, MARK_COVER_SIZE), 77);
    must(s, store_desk_put(s, 999, bytes_of((const uint8_t *)"sealed", 6)));
    must(s, store_commit(s));
    flip_bit(f->log, (32 + 24 + 300) * 8);
    flip_bit(f->log, (32 + 24 + 301) * 8);
    flip_bit(f->log, (32 + 24 + 302) * 8);
    assert_int_equal(store_scrub_wal(s), ERR_IO);
    assert_true(store_page_is_marked(f->file));
    store_close(&s);
    s = must_open(f); /* the log is whole but for the last commit, or is named */
    struct tally t = {0};
    must(s, store_findings(s, tally_finding, &t));
    assert_true(t.findings > 0);
    assert_false(store_page_is_marked(f->file));
    store_close(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sums),
        cmocka_unit_test_setup_teardown(test_each_page, folder_setup, folder_teardown),
        cmocka_unit_test_setup_teardown(test_each_bit, folder_setup, folder_teardown),
        cmocka_unit_test_setup_teardown(test_log, folder_setup, folder_teardown),
        cmocka_unit_test_setup_teardown(test_running, folder_setup, folder_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
