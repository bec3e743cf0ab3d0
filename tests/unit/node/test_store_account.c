/*
 * Goal: what a keyholder charged is there page by page, its totals outlive the requests, and
 * nothing is dropped that was not totalled; notices are found among other entries, newest first.
 * Method: requests and parts of allowances in three months, read back after a start, then dropped
 * up to a day in the middle, twice.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "node/store_account.h"
#include "tests/unit/node/store_sample.h"

enum { OCTOBER = 20362 }; /* 2025-10-01 */

static const uint8_t member[AUTHOR_BYTES] = {9};

static void charge(struct store *s, uint8_t number, uint32_t day, uint32_t points)
{
    struct effect e = {.type = EFFECT_PERSIST_REQUEST};
    memcpy(e.author, member, sizeof member);
    e.request.day = day;
    e.request.used = points;
    e.request.points = points;
    e.request.request[0] = number;
    e.request.points_hash[0] = number;
    e.request.purpose[1] = number;
    must(s, store_apply(s, &e));
}

static void surge(struct store *s, uint64_t index, uint32_t day, uint32_t elements)
{
    struct effect e = {.type = EFFECT_PERSIST_SURGE};
    memcpy(e.author, member, sizeof member);
    e.surge.index = index;
    e.surge.day = day;
    e.surge.elements = elements;
    must(s, store_apply(s, &e));
}

static void past(struct store *s, uint32_t day)
{
    struct effect e = {.type = EFFECT_PERSIST_ACCOUNT_PAST};
    e.past.day = day;
    must(s, store_apply(s, &e));
    must(s, store_commit(s));
}

static struct store *reopened(struct store *s, const struct folder *f)
{
    must(s, store_commit(s));
    store_close(&s);
    return must_open(f);
}

static size_t read_month(struct store *s, uint32_t month, uint8_t after, size_t max,
                         struct account_totals *t, struct account_row *last)
{
    uint8_t at[REQUEST_BYTES] = {after}, rows[8 * ACCOUNT_ROW_BYTES];
    struct archive a = store_archive(s);
    size_t n = a.account(a.ctx, member, month, at, t, rows, max);
    for (size_t i = 0; i < n; i++)
        account_row_decode(bytes_of(rows, n * ACCOUNT_ROW_BYTES), i, last);
    return n;
}

static void test_account(void **state)
{
    const struct folder *f = *state;
    struct store *s = must_open(f);
    struct archive a;
    struct account_totals t;
    struct account_row row;
    charge(s, 3, OCTOBER, 32);
    charge(s, 1, OCTOBER + 30, 64);
    charge(s, 2, OCTOBER + 31, 256);
    charge(s, 0, OCTOBER + 5, 32);
    surge(s, 7, OCTOBER + 30, 10);
    surge(s, 7, OCTOBER + 30, 20);
    surge(s, 8, OCTOBER + 31, 5);
    s = reopened(s, f);
    a = store_archive(s);
    assert_int_equal(a.surged(a.ctx, member, 7, OCTOBER, OCTOBER + 99), 30);
    assert_int_equal(a.surged(a.ctx, member, UINT64_MAX, OCTOBER, OCTOBER + 99), 35);
    assert_int_equal(a.surged(a.ctx, member, UINT64_MAX, OCTOBER, OCTOBER + 30), 30);
    assert_int_equal(a.surged(a.ctx, member, 9, OCTOBER, OCTOBER + 99), 0);
    for (int turn = 0; turn < 2; turn++) { /* with the requests, and without */
        assert_int_equal(read_month(s, 202510, 0, 8, &t, &row), turn == 0 ? 3 : 0);
        assert_int_equal(t.requests, 3);
        assert_int_equal(t.elements, 128);
        assert_int_equal(t.surge, 30);
        assert_int_equal(read_month(s, 202511, 0, 8, &t, &row), 1);
        assert_int_equal(t.elements, 256);
        assert_int_equal(t.surge, 5);
        assert_int_equal(row.day, OCTOBER + 31);
        assert_int_equal(row.points_hash[0], 2);
        assert_int_equal(row.purpose[1], 2);
        if (turn > 0)
            break;
        assert_int_equal(read_month(s, 202510, 0, 2, &t, &row), 2);
        assert_int_equal(row.request[0], 1);
        assert_int_equal(read_month(s, 202510, 1, 8, &t, &row), 1);
        assert_int_equal(row.request[0], 3);
        past(s, OCTOBER + 10); /* half a month, then the rest of it */
        assert_int_equal(read_month(s, 202510, 0, 8, &t, &row), 1);
        assert_int_equal(t.elements, 128);
        past(s, OCTOBER + 31);
        past(s, OCTOBER + 31);
        s = reopened(s, f);
    }
    assert_int_equal(read_month(s, 202512, 0, 8, &t, &row), 0);
    assert_int_equal(t.requests, 0);
    store_close(&s);
}

struct days {
    size_t count;
    uint64_t people, no_vacancy;
};

static bool add_day(void *ctx, uint32_t day, uint64_t people, uint64_t no_vacancy)
{
    struct days *d = ctx;
    (void)day;
    d->count++;
    d->people += people;
    d->no_vacancy += no_vacancy;
    return true;
}

static bool add_allowance(void *ctx, int64_t number, struct bytes sealed)
{
    size_t *sum = ctx;
    *sum += (size_t)number * sealed.len;
    return true;
}

static void test_own(void **state)
{
    const struct folder *f = *state;
    struct store *s = must_open(f);
    struct days d = {0};
    size_t sum = 0;
    must(s, store_asked_add(s, OCTOBER, 4, 4));
    must(s, store_asked_add(s, OCTOBER, 3, 0));
    must(s, store_asked_add(s, OCTOBER + 1, 1, 0));
    must(s, store_allowance_put(s, 2, BYTES_LITERAL("longer")));
    must(s, store_allowance_put(s, 2, BYTES_LITERAL("four")));
    must(s, store_allowance_put(s, 5, BYTES_LITERAL("x")));
    s = reopened(s, f);
    must(s, store_asked(s, OCTOBER, add_day, &d));
    assert_int_equal(d.count, 2);
    assert_int_equal(d.people, 8);
    assert_int_equal(d.no_vacancy, 4);
    must(s, store_allowances(s, add_allowance, &sum));
    assert_int_equal(sum, 2 * 4 + 5);
    past(s, OCTOBER + 1);
    d = (struct days){0};
    must(s, store_asked(s, 0, add_day, &d));
    assert_int_equal(d.count, 1);
    store_close(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_account, folder_setup, folder_teardown),
        cmocka_unit_test_setup_teardown(test_own, folder_setup, folder_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
