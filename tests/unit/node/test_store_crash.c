/* Killed at any moment, the store comes back consistent, with all that was acknowledged. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <sys/wait.h>

#include "tests/unit/node/store_sample.h"

enum { FEEDS = 3, KILLS = 12 };

/* What the writer says after each commit. */
struct told {
    uint64_t size[FEEDS];
    uint64_t mark;
};

static bool find_record(void *ctx, const struct feed_record *r)
{
    struct feed_record *records = ctx;
    for (unsigned n = 0; n < FEEDS; n++) {
        uint8_t author[AUTHOR_BYTES];
        sample_author(n, author);
        if (memcmp(author, r->author, AUTHOR_BYTES) == 0)
            records[n] = *r;
    }
    return true;
}

/* One commit: entries in every feed, some owed; late bodies; erasures; a mark. */
static void write_round(struct store *s, struct feed_record *records, struct sample *room,
                        uint64_t round)
{
    struct archive a = store_archive(s);
    for (unsigned n = 0; n < FEEDS; n++) {
        uint64_t owed[4], size = records[n].tree.size;
        uint8_t author[AUTHOR_BYTES];
        size_t count = 1 + (round * 7 + n * 5) % 40;
        sample_author(n, author);
        for (size_t i = 0; i < count; i++) {
            sample_make(&room[i], n, size + i);
            if ((size + i) % 3 == 0)
                sample_empty(&room[i], STATE_OWED);
        }
        must(s, sample_put(s, n, &records[n], room, count));
        size_t late = a.owed(a.ctx, author, 0, owed, 4);
        for (size_t i = 0; i < late; i++) {
            sample_make(room, n, owed[i]);
            must(s, sample_body(s, n, &records[n], room));
        }
        for (uint64_t index = round % 11; index < size; index += 11)
            if (a.state(a.ctx, author, index) == STATE_HELD)
                must(s, sample_gone(s, n, &records[n], index, STATE_ERASED));
    }
    struct effect mark = {.type = EFFECT_PERSIST_MARK};
    mark.mark.mark = MARK_COVER_SIZE;
    mark.mark.value = round;
    must(s, store_apply(s, &mark));
    must(s, store_commit(s));
}

/* Writes until it is killed. */
static void write_for_ever(const struct folder *f, int out)
{
    struct store *s = NULL;
    struct problem problem;
    struct feed_record *records = calloc(FEEDS, sizeof *records);
    struct sample *room = calloc(SAMPLE_BATCH, sizeof *room);
    if (store_open(&s, f->file, &problem) != OK || store_feeds(s, find_record, records) != OK)
        _exit(1);
    for (uint64_t round = store_mark(s, MARK_COVER_SIZE) + 1;; round++) {
        struct told told = {.mark = round};
        write_round(s, records, room, round);
        for (unsigned n = 0; n < FEEDS; n++)
            told.size[n] = records[n].tree.size;
        if (write(out, &told, sizeof told) != (ssize_t)sizeof told)
            _exit(1);
    }
}

/* Lets the writer run for a while and kills it. Returns the last commit that it told of. */
static struct told kill_writer(const struct folder *f, unsigned delay_us)
{
    struct told told = {0}, next;
    int ends[2], status;
    assert_int_equal(pipe(ends), 0);
    pid_t writer = fork();
    assert_true(writer >= 0);
    if (writer == 0) {
        close(ends[0]);
        write_for_ever(f, ends[1]);
    }
    close(ends[1]);
    assert_int_equal(read(ends[0], &told, sizeof told), sizeof told);
    usleep(delay_us);
    assert_int_equal(kill(writer, SIGKILL), 0);
    assert_int_equal(waitpid(writer, &status, 0), writer);
    assert_true(WIFSIGNALED(status));
    while (read(ends[0], &next, sizeof next) == (ssize_t)sizeof next)
        told = next;
    close(ends[0]);
    return told;
}

/* Nothing of an erased entry is in the file. */
static void assert_erased(const struct folder *f, struct store *s, const struct told *told)
{
    struct archive a = store_archive(s);
    struct sample *room = calloc(1, sizeof *room);
    size_t len, checked = 0;
    uint8_t *file = file_bytes(f->file, &len);
    for (unsigned n = 0; n < FEEDS; n++) {
        uint8_t author[AUTHOR_BYTES];
        sample_author(n, author);
        for (uint64_t index = 0; index < told->size[n] && checked < 40; index++) {
            if (a.state(a.ctx, author, index) != STATE_ERASED)
                continue;
            sample_make(room, n, index);
            assert_null(memmem(file, len, room->body, SALT_BYTES));
            checked++;
        }
    }
    free(file);
    free(room);
}

/* Goal: after kill -9 at any moment: every commit that was told of is there, sizes equal the number
 * of entries, derived tables equal a replay of the bodies, erased bodies are gone.
 * Method: a child writes and tells; it is killed after 0 to 60 ms more, a dozen times over one
 * file. */
static void test_kill(void **state)
{
    const struct folder *f = *state;
    for (unsigned i = 0; i < KILLS; i++) {
        struct told told = kill_writer(f, i * 7919 % 60 * 1000);
        struct feed_record *records = calloc(FEEDS, sizeof *records);
        struct store *s = must_open(f);
        must(s, store_feeds(s, find_record, records));
        for (unsigned n = 0; n < FEEDS; n++)
            assert_true(records[n].tree.size >= told.size[n]);
        assert_true(store_mark(s, MARK_COVER_SIZE) >= told.mark);
        assert_true(store_mark(s, MARK_COVER_SIZE) <= told.mark + 1);
        assert_erased(f, s, &told);
        store_close(&s);
        assert_consistent(f);
        free(records);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_kill, folder_setup, folder_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
