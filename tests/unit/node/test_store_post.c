/*
 * Goal: what the store keeps of envelopes comes back as it went in, also after opening again; a
 * message counts once for a sender; and what is deleted, has passed or was cut off is in neither
 * file any more.
 * Method: a few rows of each table; the bytes of the database and of its log are searched.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "node/store_post.h"
#include "tests/unit/node/store_sample.h"

enum { LARGE = 200000 };

/* Recognisable bytes of message n, in out. */
static struct bytes marked(unsigned n, uint8_t *out, size_t len)
{
    sample_random(n, 4711, out, len);
    return bytes_of(out, len);
}

static bool is_in_files(const struct folder *f, struct bytes what)
{
    const char *const paths[] = {f->file, f->log};
    bool is_found = false;
    for (size_t i = 0; i < 2; i++) {
        size_t len = 0;
        uint8_t *all = access(paths[i], F_OK) == 0 ? file_bytes(paths[i], &len) : NULL;
        is_found = is_found || (len > 0 && memmem(all, len, what.data, what.len) != NULL);
        free(all);
    }
    return is_found;
}

/* What a list gave. */
struct seen {
    size_t count;
    uint64_t number[8];
    uint8_t bytes[8][64];
};

static bool note(struct seen *s, uint64_t number, struct bytes sealed)
{
    s->number[s->count] = number;
    memcpy(s->bytes[s->count++], sealed.data, 64);
    return true;
}

static bool note_prekey(void *ctx, uint32_t week, struct bytes sealed)
{
    return note(ctx, week, sealed);
}

static bool note_in(void *ctx, uint64_t number, const uint8_t id[ENVELOPE_ID_BYTES],
                    struct bytes sealed)
{
    assert_non_null(id);
    return note(ctx, number, sealed);
}

static bool note_out(void *ctx, uint64_t index, struct bytes sealed)
{
    return note(ctx, index, sealed);
}

static void past(struct store *s, uint32_t day)
{
    struct effect e = {.type = EFFECT_PERSIST_POST_PAST};
    e.past.day = day;
    must(s, store_apply(s, &e));
}

static void test_prekeys(void **state)
{
    const struct folder *f = *state;
    uint8_t one[72], two[72], three[72];
    struct store *s = must_open(f);
    must(s, store_prekey_put(s, 3, marked(3, three, 72)));
    must(s, store_prekey_put(s, 2, marked(1, one, 72)));
    must(s, store_prekey_put(s, 2, marked(2, two, 72)));
    must(s, store_commit(s));
    store_close(&s);
    s = must_open(f);
    struct seen seen = {0};
    must(s, store_prekeys(s, note_prekey, &seen));
    assert_int_equal(seen.count, 2);
    assert_true(seen.number[0] == 2 && seen.number[1] == 3);
    assert_memory_equal(seen.bytes[0], two, 64);
    assert_true(is_in_files(f, bytes_of(two, 72)));
    must(s, store_prekey_delete(s, 2));
    must(s, store_prekey_delete(s, 1));
    must(s, store_commit(s));
    assert_false(is_in_files(f, bytes_of(two, 72)));
    assert_true(is_in_files(f, bytes_of(three, 72)));
    store_close(&s);
}

static void test_inbox(void **state)
{
    const struct folder *f = *state;
    static uint8_t body[3][LARGE];
    uint8_t sender[2][AUTHOR_BYTES], id[ENVELOPE_ID_BYTES] = {1}, other[ENVELOPE_ID_BYTES] = {2};
    sample_author(0, sender[0]);
    sample_author(1, sender[1]);
    struct store *s = must_open(f);
    struct archive a = store_archive(s);
    must(s, store_inbox_put(s, sender[0], id, 100, marked(0, body[0], LARGE)));
    must(s, store_inbox_put(s, sender[1], id, 200, marked(1, body[1], LARGE)));
    must(s, store_inbox_put(s, sender[0], other, 200, marked(2, body[2], 500)));
    must(s, store_commit(s));
    assert_true(a.message(s, sender[0], id) && a.message(s, sender[1], id));
    assert_false(a.message(s, sender[1], other));
    struct seen seen = {0};
    must(s, store_inbox_read(s, 0, note_in, &seen));
    assert_int_equal(seen.count, 3);
    assert_int_equal(store_inbox_count(s), 3);
    assert_memory_equal(seen.bytes[1], body[1], 64);

    assert_int_equal(store_inbox_delete(s, 4711), ERR_NOT_FOUND);
    must(s, store_inbox_delete(s, seen.number[1]));
    assert_int_equal(store_inbox_delete(s, seen.number[1]), ERR_NOT_FOUND);
    must(s, store_commit(s));
    assert_false(is_in_files(f, bytes_of(body[1] + 1000, 64)));
    assert_true(is_in_files(f, bytes_of(body[0] + 1000, 64)));
    assert_true(a.message(s, sender[1], id)); /* it counts once, although it is gone */
    past(s, 101);
    must(s, store_commit(s));
    assert_false(a.message(s, sender[0], id));
    assert_true(a.message(s, sender[1], id));
    assert_false(is_in_files(f, bytes_of(body[0] + 1000, 64)));
    uint64_t last = seen.number[2];
    memset(&seen, 0, sizeof seen);
    must(s, store_inbox_read(s, 0, note_in, &seen));
    assert_true(seen.count == 1 && seen.number[0] == last);
    assert_int_equal(store_inbox_count(s), 1);
    memset(&seen, 0, sizeof seen);
    must(s, store_inbox_read(s, last + 1, note_in, &seen));
    assert_int_equal(seen.count, 0);
    /* the same sender and id twice is the caller's mistake */
    assert_int_equal(store_inbox_put(s, sender[1], id, 200, bytes_of(body[0], 10)), ERR_IO);
    store_close(&s);
}

static bool count_parcel(void *ctx, const struct parcel_record *r)
{
    struct seen *seen = ctx;
    seen->number[seen->count] = r->index;
    memcpy(seen->bytes[seen->count++], r->receipt, 64);
    return true;
}

static void put_parcel(struct store *s, unsigned feed, uint64_t index, enum parcel_state state,
                       uint32_t expires_day)
{
    struct effect e = {.type = EFFECT_PERSIST_PARCEL};
    sample_author(feed, e.parcel.author);
    sample_author(9, e.parcel.addressee);
    sample_random(feed, index + state, e.parcel.receipt, SIGNATURE_BYTES);
    e.parcel.index = index;
    e.parcel.state = state;
    e.parcel.expires_day = expires_day;
    must(s, store_apply(s, &e));
}

static void test_parcels(void **state)
{
    const struct folder *f = *state;
    uint8_t author[AUTHOR_BYTES], addressee[AUTHOR_BYTES], receipt[SIGNATURE_BYTES];
    struct parcel_record r = {.index = 1};
    struct seen seen = {0};
    sample_author(1, author);
    sample_author(9, addressee);
    struct store *s = must_open(f);
    struct archive a = store_archive(s);
    assert_false(a.parcel(s, author, 5, &r));
    put_parcel(s, 1, 5, PARCEL_WAITING, 100);
    put_parcel(s, 1, 5, PARCEL_DELIVERED, 100);
    put_parcel(s, 1, 6, PARCEL_KEPT, 200);
    put_parcel(s, 2, 5, PARCEL_UNREADABLE, 200);
    must(s, store_commit(s));
    store_close(&s);
    s = must_open(f);
    a = store_archive(s);
    assert_true(a.parcel(s, author, 5, &r));
    sample_random(1, 5 + PARCEL_DELIVERED, receipt, sizeof receipt);
    assert_true(r.index == 5 && r.state == PARCEL_DELIVERED && r.expires_day == 100);
    assert_memory_equal(r.author, author, 32);
    assert_memory_equal(r.addressee, addressee, 32);
    assert_memory_equal(r.receipt, receipt, 64);
    must(s, store_parcels(s, count_parcel, &seen));
    assert_int_equal(seen.count, 3);
    past(s, 100);
    assert_true(a.parcel(s, author, 5, &r)); /* its last day */
    past(s, 101);
    assert_false(a.parcel(s, author, 5, &r));
    assert_true(a.parcel(s, author, 6, &r));

    struct effect cut = {.type = EFFECT_PERSIST_CUT_BACK};
    struct feed_record record = {.feed_epoch = 1};
    memcpy(record.author, author, 32);
    record.tree.size = 6;
    cut.entries.feed = &record;
    must(s, store_apply(s, &cut));
    assert_false(a.parcel(s, author, 6, &r));
    sample_author(2, author);
    assert_true(a.parcel(s, author, 5, &r));
    store_close(&s);
}

static void test_outbox(void **state)
{
    const struct folder *f = *state;
    uint8_t one[200], two[200], three[200];
    struct store *s = must_open(f);
    must(s, store_outbox_put(s, 10, 100, marked(1, one, 200)));
    must(s, store_outbox_put(s, 11, 200, marked(2, two, 200)));
    must(s, store_outbox_put(s, 12, 200, marked(3, three, 200)));
    must(s, store_commit(s));
    struct seen seen = {0};
    must(s, store_outbox_read(s, note_out, &seen));
    assert_true(seen.count == 3 && seen.number[0] == 10 && seen.number[2] == 12);
    past(s, 101);
    must(s, store_outbox_cut(s, 12));
    must(s, store_commit(s));
    memset(&seen, 0, sizeof seen);
    must(s, store_outbox_read(s, note_out, &seen));
    assert_true(seen.count == 1 && seen.number[0] == 11);
    assert_memory_equal(seen.bytes[0], two, 64);
    assert_false(is_in_files(f, bytes_of(one, 200)));
    assert_false(is_in_files(f, bytes_of(three, 200)));
    store_close(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_prekeys, folder_setup, folder_teardown),
        cmocka_unit_test_setup_teardown(test_inbox, folder_setup, folder_teardown),
        cmocka_unit_test_setup_teardown(test_parcels, folder_setup, folder_teardown),
        cmocka_unit_test_setup_teardown(test_outbox, folder_setup, folder_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
