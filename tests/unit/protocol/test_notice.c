/*
 * Goal: a notice says what it said before it was encoded, and nothing that is none is taken for
 * one. Method: rows of notices with one thing wrong each; truncation at each byte; judged beside
 * the entry that it stands in. And the account that goes with it: months, commitments, pages.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sodium.h>
#include <string.h>

#include "protocol/account.h"
#include "protocol/entry.h"
#include "protocol/notice.h"

enum { DAY = 20000 };

static const struct notice sound = {.kind = NOTICE_ALLOWANCE,
                                    .elements = 32000,
                                    .from_day = DAY,
                                    .until_day = DAY + 30,
                                    .reason = NOTICE_SURGE,
                                    .hash = {7}};

static void test_decode(void **state)
{
    (void)state;
    static const struct {
        struct notice n;
        enum err want;
        const char *why;
    } rows[] = {
        {{1, 1, DAY, DAY, 1, {1}},      OK,          "one day"       },
        {{1, 1, DAY, DAY + 30, 1, {1}}, OK,          "31 days"       },
        {{1, 1, DAY, DAY + 31, 1, {1}}, ERR_RANGE,   "32 days"       },
        {{1, 1, DAY, DAY - 1, 1, {1}},  ERR_RANGE,   "ends before"   },
        {{1, 0, DAY, DAY, 1, {1}},      ERR_RANGE,   "no elements"   },
        {{1, 1, DAY, DAY, 0, {1}},      ERR_RANGE,   "no reason"     },
        {{1, 1, DAY, DAY, 200, {1}},    OK,          "a later reason"},
        {{2, 0, 0, 0, 0, {1}},          OK,          "an explanation"},
        {{3, 1, DAY, DAY, 1, {1}},      ERR_VERSION, "a later kind"  },
        {{0, 1, DAY, DAY, 1, {1}},      ERR_VERSION, "no kind"       },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint8_t payload[256] = {0};
        struct notice got = sound;
        size_t len = notice_encode(&rows[i].n, payload);
        print_message("%s\n", rows[i].why);
        assert_int_equal(notice_decode(bytes_of(payload, sizeof payload), &got), rows[i].want);
        assert_memory_equal(&got, rows[i].want == OK ? &rows[i].n : &sound, sizeof got);
        for (size_t cut = 0; cut < len && rows[i].want == OK; cut++)
            assert_int_equal(notice_decode(bytes_of(payload, cut), &got), ERR_TRUNCATED);
        payload[255] = 1;
        if (rows[i].want == OK)
            assert_int_equal(notice_decode(bytes_of(payload, sizeof payload), &got), ERR_FORMAT);
    }
    assert_int_equal(notice_decode(bytes_of("\2\1", 2), &(struct notice){0}), ERR_VERSION);
}

static void test_judge(void **state)
{
    (void)state;
    static const struct {
        uint8_t kind, audience;
        uint32_t expires, from;
        uint64_t ref_plus_one;
        enum err want;
        const char *why;
    } rows[] = {
        {1, AUDIENCE_ALL,       0,       DAY,      0, OK,            "begins today"           },
        {1, AUDIENCE_ALL,       0,       DAY + 31, 0, OK,            "begins in 31 days"      },
        {1, AUDIENCE_ALL,       0,       DAY + 32, 0, ERR_RANGE,     "begins in 32 days"      },
        {1, AUDIENCE_ALL,       0,       DAY - 1,  0, ERR_RANGE,     "began yesterday"        },
        {1, AUDIENCE_ALL,       DAY + 9, DAY,      0, ERR_RANGE,     "would expire"           },
        {1, AUDIENCE_ALL,       0,       DAY,      1, ERR_FORMAT,    "refers to something"    },
        {1, AUDIENCE_ADDRESSED, 0,       DAY,      0, ERR_FORMAT,    "for one only"           },
        {2, AUDIENCE_ALL,       0,       0,        5, OK,            "explains the one before"},
        {2, AUDIENCE_ALL,       0,       0,        6, ERR_NOT_FOUND, "explains itself"        },
        {2, AUDIENCE_ALL,       0,       0,        0, ERR_NOT_FOUND, "explains nothing"       },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint8_t payload[NOTICE_BYTES_MAX];
        struct notice n = sound;
        n.kind = rows[i].kind;
        n.from_day = rows[i].from;
        n.until_day = rows[i].from;
        struct header h = {
            .audience = rows[i].audience, .expires_day = rows[i].expires, .index = 5};
        struct body b = {.type = ENTRY_NOTICE, .day = DAY, .ref_plus_one = rows[i].ref_plus_one};
        b.payload = bytes_of(payload, notice_encode(&n, payload));
        print_message("%s\n", rows[i].why);
        assert_int_equal(entry_judge(&h, &b, 100, DAY), rows[i].want);
    }
}

static void test_months(void **state)
{
    (void)state;
    static const struct {
        uint32_t month, first, last;
        enum err want;
    } rows[] = {
        {197001, 0,     30,    OK       },
        {202402, 19754, 19782, OK       },
        {202412, 20058, 20088, OK       },
        {202413, 0,     0,     ERR_RANGE},
        {202400, 0,     0,     ERR_RANGE},
        {196912, 0,     0,     ERR_RANGE},
        {0,      0,     0,     ERR_RANGE},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint32_t first = 0, last = 0;
        assert_int_equal(account_month_days(rows[i].month, &first, &last), rows[i].want);
        assert_int_equal(first, rows[i].first);
        assert_int_equal(last, rows[i].last);
        if (rows[i].want == OK) {
            assert_int_equal(account_month(first), rows[i].month);
            assert_int_equal(account_month(last), rows[i].month);
        }
    }
    assert_int_equal(account_month_back(202611, 13), 202510);
    assert_int_equal(account_month_back(202601, 1), 202512);
    assert_int_equal(account_month_back(197002, 13), 197001);
}

/* Each part of a record changes the commitment. */
static void test_commit(void **state)
{
    (void)state;
    struct account_record r[6];
    uint8_t c[6][HASH_BYTES];
    for (size_t i = 0; i < 6; i++)
        r[i] = (struct account_record){{1}, {2}, RECORD_CONSULT, 9, "recruitment", "V-12"};
    r[1].salt[31] = 1;
    r[2].seed_hash[31] = 1;
    r[3].kind = RECORD_PUBLICATION;
    r[4].elements = 10;
    strcpy(r[5].purpose, "recruitmentV");
    for (size_t i = 0; i < 6; i++)
        account_commit(&r[i], c[i]);
    for (size_t i = 0; i < 6; i++)
        for (size_t k = 0; k < i; k++)
            assert_memory_not_equal(c[i], c[k], HASH_BYTES);
}

static void test_page(void **state)
{
    (void)state;
    uint8_t public_key[32], secret[64], seed[32] = {3}, text[ACCOUNT_TEXT_BYTES];
    uint8_t rows[2 * ACCOUNT_ROW_BYTES];
    crypto_sign_seed_keypair(public_key, secret, seed);
    static const struct {
        uint8_t first, second, after;
        uint32_t day;
        size_t len;
        bool is_signed;
        enum err want;
    } cases[] = {
        {1, 2, 0, 19754, 176, true,  OK           },
        {1, 2, 0, 19754, 176, false, ERR_SIGNATURE},
        {2, 1, 0, 19754, 176, true,  ERR_SEQUENCE },
        {1, 1, 0, 19754, 176, true,  ERR_SEQUENCE },
        {1, 2, 1, 19754, 176, true,  ERR_SEQUENCE },
        {2, 3, 1, 19754, 176, true,  OK           },
        {1, 2, 0, 19783, 176, true,  ERR_RANGE    },
        {1, 2, 0, 19753, 176, true,  ERR_RANGE    },
        {1, 2, 0, 19754, 175, true,  ERR_FORMAT   },
        {1, 2, 0, 19754, 0,   true,  OK           },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct account_row r = {.request = {cases[i].first}, .day = cases[i].day, .points = 32};
        account_row_encode(&r, rows);
        r.request[0] = cases[i].second;
        account_row_encode(&r, rows + ACCOUNT_ROW_BYTES);
        struct account_page p = {.member = {5}, .month = 202402, .after = {cases[i].after}};
        p.rows = bytes_of(rows, cases[i].len);
        account_page_text(&p, text);
        crypto_sign_detached(p.signature, NULL, text, sizeof text, secret);
        p.totals.elements = !cases[i].is_signed;
        assert_int_equal(account_page_check(&p, public_key), cases[i].want);
    }
    static uint8_t many[(ACCOUNT_ROWS_MAX + 1) * ACCOUNT_ROW_BYTES];
    struct account_page p = {.month = 202402, .rows = bytes_of(many, sizeof many)};
    assert_int_equal(account_page_check(&p, public_key), ERR_LIMIT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_decode), cmocka_unit_test(test_judge), cmocka_unit_test(test_months),
        cmocka_unit_test(test_commit), cmocka_unit_test(test_page),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
