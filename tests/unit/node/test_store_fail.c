/* Failures: of the disk, of what the disk holds, and of what the core asks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include "node/store_find.h"
#include "tests/unit/node/store_sample.h"

/* The fdatasync that fails: 1 the next one, 2 the one after it; 0 none. SQLite calls this one. */
static int sync_to_fail;

int fdatasync(int fd);

int fdatasync(int fd)
{
    if (sync_to_fail > 0 && --sync_to_fail == 0) {
        errno = EIO;
        return -1;
    }
    return (int)syscall(SYS_fdatasync, fd);
}

/* No file may grow beyond this; 0 lifts it. */
static void limit_files(size_t bytes)
{
    struct rlimit limit;
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur = bytes == 0 ? limit.rlim_max : bytes;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static size_t size_of(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 ? (size_t)st.st_size : 0;
}

/* The store with count entries of feed 1, committed. */
static struct store *with_entries(const struct folder *f, struct feed_record *record, size_t count,
                                  struct sample *room)
{
    struct store *s = must_open(f);
    for (size_t i = 0; i < count; i++)
        sample_make(&room[i], 1, record->tree.size + i);
    must(s, sample_put(s, 1, record, room, count));
    must(s, store_commit(s));
    return s;
}

static bool count_record(void *ctx, const struct feed_record *r)
{
    *(uint64_t *)ctx = r->tree.size;
    return true;
}

/* After a failure: everything is refused and says why; nothing more reaches the disk; a restart
 * finds what was committed. */
static void assert_ended(const struct folder *f, struct store *s, uint64_t size)
{
    struct effect mark = {
        .type = EFFECT_PERSIST_MARK, .mark = {MARK_COVER_DAY, 77}
    };
    uint8_t author[AUTHOR_BYTES];
    uint64_t found = 0;
    sample_author(1, author);
    struct archive a = store_archive(s);
    assert_string_not_equal(store_error_text(s), "");
    assert_int_equal(store_apply(s, &mark), ERR_IO);
    assert_int_equal(store_begin(s), ERR_IO);
    assert_int_equal(store_commit(s), ERR_IO);
    assert_int_equal(store_desk_put(s, 1, BYTES_LITERAL("x")), ERR_IO);
    assert_int_equal(store_feeds(s, count_record, &found), ERR_IO);
    assert_int_equal(a.state(a.ctx, author, 0), STATE_NONE);
    store_close(&s);
    limit_files(0);
    s = must_open(f);
    assert_int_equal(store_mark(s, MARK_COVER_DAY), 0);
    must(s, store_feeds(s, count_record, &found));
    assert_int_equal(found, size);
    store_close(&s);
    assert_consistent(f);
}

/* Goal: a log that cannot grow, a file that cannot grow, and a failed fsync of either end the store
 * with ERR_IO; the commit is not reported as done, and a later fsync that works changes nothing.
 * Method: one row is one failure, set before the commit of a second batch with or without an
 * erasure, which copies the log. */
static void test_disk_failures(void **state)
{
    const struct folder *f = *state;
    static const struct {
        int sync;         /* which fdatasync of the commit fails */
        bool is_full;     /* neither file may grow */
        bool has_erasure; /* so that the commit goes on to the file */
        uint64_t more;    /* entries of the second batch that a restart finds */
        const char *why;
    } rows[] = {
        {0, true,  false, 0,  "no room for the log"},
        {1, false, false, 40, "fsync of the log"   },
        {2, false, true,  40, "fsync of the file"  },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct feed_record record = {0};
        struct sample *room = calloc(SAMPLE_BATCH, sizeof *room);
        unlink(f->file);
        struct store *s = with_entries(f, &record, SAMPLE_BATCH, room);
        for (unsigned k = 0; k < 40; k++)
            sample_make(&room[k], 1, record.tree.size + k);
        must(s, sample_put(s, 1, &record, room, 40));
        if (rows[i].has_erasure)
            must(s, sample_gone(s, 1, &record, 0, STATE_ERASED));
        if (rows[i].is_full)
            limit_files(size_of(f->log) + 10000);
        sync_to_fail = rows[i].sync;
        enum err e = store_commit(s);
        if (e != ERR_IO || sync_to_fail != 0)
            fail_msg("%s: %s", rows[i].why, err_name(e));
        /* What a failed fsync left is unknown on a real disk; here the bytes are in the log. */
        assert_ended(f, s, SAMPLE_BATCH + rows[i].more);
        free(room);
    }
}

/* Goal: copying the log into the file is the store's own, and its failure is not swallowed.
 * Method: a log over its length; the fsync of the file fails. Then a file that may not grow. */
static void test_checkpoint_failures(void **state)
{
    const struct folder *f = *state;
    enum { RECORD = 512 * 1024 };
    uint8_t *sealed = calloc(1, RECORD);
    for (int is_full = 0; is_full < 2; is_full++) {
        unlink(f->file);
        struct store *s = must_open(f);
        for (uint64_t i = 0; i < 40; i++)
            must(s, store_desk_put(s, i, bytes_of(sealed, RECORD)));
        if (!is_full) {
            sync_to_fail = 2;
            assert_int_equal(store_commit(s), ERR_IO);
        } else {
            must(s, store_commit(s)); /* 20 MiB: now in the file */
            must(s, store_desk_put(s, 40, bytes_of(sealed, RECORD)));
            must(s, store_commit(s));
            limit_files(size_of(f->file));
            assert_int_equal(store_scrub_wal(s), ERR_IO);
        }
        assert_int_equal(sync_to_fail, 0);
        assert_int_equal(store_scrub_wal(s), ERR_IO);
        assert_int_equal(store_commit(s), ERR_IO);
        assert_non_null(strstr(store_error_text(s), "log"));
        store_close(&s);
        limit_files(0);
        assert_int_equal(outside(f, "SELECT count(*) FROM desk"), 40 + is_full);
    }
    free(sealed);
}

/* Goal: the log is copied into the file when it is long enough, and its file stays bounded.
 * Method: 60 commits of 512 KiB. */
static void test_log_stays_bounded(void **state)
{
    const struct folder *f = *state;
    enum { RECORD = 512 * 1024 };
    uint8_t *sealed = calloc(1, RECORD);
    struct store *s = must_open(f);
    for (uint64_t i = 0; i < 60; i++) {
        must(s, store_desk_put(s, i, bytes_of(sealed, RECORD)));
        must(s, store_commit(s));
    }
    assert_true(size_of(f->log) < 20 * 1024 * 1024);
    assert_true(size_of(f->file) > 15 * 1024 * 1024);
    store_close(&s);
    free(sealed);
}

static bool is_in(const char *path, const uint8_t salt[SALT_BYTES])
{
    size_t len;
    uint8_t *file = file_bytes(path, &len);
    bool found = memmem(file, len, salt, SALT_BYTES) != NULL;
    free(file);
    return found;
}

/* Goal: an erasure that was committed just before a crash is finished by the next open.
 * Method: the commit's second fsync fails, so that the log stays; look while the store is open. */
static void test_erasure_is_finished(void **state)
{
    const struct folder *f = *state;
    struct feed_record record = {0};
    struct sample *room = calloc(SAMPLE_BATCH, sizeof *room);
    struct store *s = with_entries(f, &record, 50, room);
    must(s, sample_gone(s, 1, &record, 9, STATE_ERASED));
    sync_to_fail = 2;
    assert_int_equal(store_commit(s), ERR_IO);
    store_close(&s);
    assert_true(is_in(f->log, room[9].body));
    s = must_open(f);
    assert_false(is_in(f->log, room[9].body));
    assert_false(is_in(f->file, room[9].body));
    assert_true(is_in(f->file, room[8].body));
    store_close(&s);
    free(room);
}

enum asked { AGAIN, GONE_UNKNOWN, GONE_NO_FEED, BODY_UNKNOWN, BODY_HELD };

/* Goal: a request that contradicts what the store holds is an error, not a silent change.
 * Method: one row is one such request, after a batch of 20. */
static void test_contradictions(void **state)
{
    const struct folder *f = *state;
    static const enum asked rows[] = {AGAIN, GONE_UNKNOWN, GONE_NO_FEED, BODY_UNKNOWN, BODY_HELD};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct feed_record record = {0};
        struct sample *room = calloc(SAMPLE_BATCH, sizeof *room);
        unlink(f->file);
        struct store *s = with_entries(f, &record, 20, room);
        enum err e = OK;
        switch (rows[i]) {
        case AGAIN:
            e = sample_put(s, 1, &record, room, 1);
            break;
        case GONE_UNKNOWN:
            e = sample_gone(s, 1, &record, 20, STATE_ERASED);
            break;
        case GONE_NO_FEED: {
            struct effect gone = {.type = EFFECT_PERSIST_GONE};
            gone.gone.state = STATE_EXPIRED;
            sample_author(8, gone.author);
            e = store_apply(s, &gone);
            break;
        }
        case BODY_UNKNOWN:
            sample_make(room, 1, 20);
            e = sample_body(s, 1, &record, room);
            break;
        case BODY_HELD:
            e = sample_body(s, 1, &record, room);
            break;
        }
        assert_int_equal(e, ERR_IO);
        assert_ended(f, s, 20);
        free(room);
    }
}

static bool keep_finding(void *ctx, const struct store_finding *found)
{
    struct store_finding *list = ctx;
    while (list->utc != 0)
        list++;
    *list = *found;
    return true;
}

static bool keep_body(void *ctx, const struct archive_row *r)
{
    memcpy(ctx, r->body.data, r->body.len);
    return true;
}

/* Goal: a bit that flipped in a body is turned back, and that is told; two bits are not read at
 * all. Method: flip them in the closed file, where the body's salt lies. */
static void test_flipped_bit(void **state)
{
    const struct folder *f = *state;
    struct feed_record record = {0};
    struct sample *room = calloc(SAMPLE_BATCH, sizeof *room);
    uint8_t author[AUTHOR_BYTES], body[SAMPLE_BODY_MAX];
    struct store *s = with_entries(f, &record, 30, room);
    store_close(&s);
    flip_bit(f->file, place_of(f->file, bytes_of(room[7].body, SALT_BYTES)) * 8 + 28);
    s = must_open(f);
    sample_author(1, author);
    struct archive a = store_archive(s);
    assert_int_equal(a.read(a.ctx, author, 7, 1, keep_body, body), 1);
    assert_memory_equal(body, room[7].body, room[7].body_len);
    struct store_finding found[4] = {0};
    must(s, store_findings(s, keep_finding, found));
    assert_int_equal(found[0].what, DAMAGE_PAGE);
    assert_int_equal(found[0].fate, FATE_MENDED);
    assert_int_equal(found[0].count, 1);
    assert_int_equal(found[1].utc, 0);
    store_close(&s);
    for (size_t bit = 28; bit < 31; bit++)
        flip_bit(f->file,
                 place_of(f->file, bytes_of(room[7].body + 4, SALT_BYTES - 4)) * 8 - 32 + bit);
    struct problem problem = {0};
    assert_int_equal(store_open(&s, f->file, &problem), ERR_FORMAT);
    assert_non_null(strstr(problem.text, "damaged"));
    free(room);
}

static bool any_roster(void *ctx, uint64_t version, const uint8_t hash[HASH_BYTES],
                       struct bytes signed_roster)
{
    (void)ctx;
    (void)version;
    (void)hash;
    (void)signed_roster;
    return true;
}

static bool any_number(void *ctx, const uint8_t who[AUTHOR_BYTES], uint32_t used)
{
    (void)ctx;
    (void)who;
    (void)used;
    return true;
}

static bool any_receipt(void *ctx, uint64_t index, const uint8_t peer[AUTHOR_BYTES])
{
    (void)ctx;
    (void)index;
    (void)peer;
    return true;
}

/* Reads that can say ERR_FORMAT. */
static enum err ask_list(struct store *s, int which)
{
    uint64_t size;
    uint32_t day;
    switch (which) {
    case 0:
        return store_feeds(s, count_record, &size);
    case 1:
        return store_rosters(s, 0, any_roster, NULL);
    case 2:
        return store_budgets(s, &day, any_number, NULL);
    default:
        return store_receipt_list(s, 0, any_receipt, NULL);
    }
}

/* Goal: a row that this program cannot have written is told, and ends the store, also where the
 * read itself cannot say so.
 * Method: one row is a change from outside and the read that meets it; 4 and up are reads without
 * an error of their own. */
static void test_damaged_rows(void **state)
{
    const struct folder *f = *state;
    static const struct {
        const char *sql;
        int read;
    } rows[] = {
        {"UPDATE feed SET frontier=x'00'",                    0},
        {"UPDATE feed SET size=-1",                           0},
        {"UPDATE feed SET held=x'00'",                        0},
        {"UPDATE feed SET seen=x'00'",                        0},
        {"UPDATE feed SET proof=x'00'",                       0},
        {"INSERT INTO roster VALUES(1, x'00', x'00')",        1},
        {"INSERT INTO budget VALUES(x'00', 5, 5)",            2},
        {"INSERT INTO receipt VALUES(5, x'00')",              3},
        {"UPDATE entry SET header=x'00' WHERE id & 0xFF = 3", 4},
        {"INSERT INTO receipt_due VALUES(5)",                 5},
        {"INSERT INTO expiring VALUES(1, 9<<40)",             6},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct feed_record record = {0};
        struct sample *room = calloc(SAMPLE_BATCH, sizeof *room);
        uint8_t author[1][AUTHOR_BYTES], body[SAMPLE_BODY_MAX];
        uint64_t index[1];
        unlink(f->file);
        for (unsigned k = 0; k < 5; k++)
            sample_make(&room[k], 1, k);
        struct store *s = must_open(f);
        sample_empty(&room[0], STATE_ADDRESSED);
        must(s, sample_put(s, 1, &record, room, 5));
        must(s, store_commit(s));
        store_close(&s);
        outside(f, rows[i].sql);
        s = must_open(f);
        struct archive a = store_archive(s);
        sample_author(1, author[0]);
        if (rows[i].read < 4)
            assert_int_equal(ask_list(s, rows[i].read), ERR_FORMAT);
        else if (rows[i].read == 4)
            assert_int_equal(a.read(a.ctx, author[0], 1, 4, keep_body, body), 2);
        else if (rows[i].read == 5)
            assert_int_equal(a.receipts_due(a.ctx, author, index, 1), 0);
        else
            assert_int_equal(a.expired(a.ctx, 2, author, index, 1), 0);
        assert_int_equal(store_commit(s), ERR_IO);
        assert_non_null(strstr(store_error_text(s), "damaged"));
        store_close(&s);
        free(room);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_disk_failures, folder_setup, folder_teardown),
        cmocka_unit_test_setup_teardown(test_checkpoint_failures, folder_setup, folder_teardown),
        cmocka_unit_test_setup_teardown(test_log_stays_bounded, folder_setup, folder_teardown),
        cmocka_unit_test_setup_teardown(test_erasure_is_finished, folder_setup, folder_teardown),
        cmocka_unit_test_setup_teardown(test_contradictions, folder_setup, folder_teardown),
        cmocka_unit_test_setup_teardown(test_flipped_bit, folder_setup, folder_teardown),
        cmocka_unit_test_setup_teardown(test_damaged_rows, folder_setup, folder_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
