/*
 * Goal: each way in which records and what keyholders saw can differ is named, and nothing else is;
 * a day is unusual exactly by the rule. Method: one sound record seen by two of three keyholders,
 * one thing changed a row; days of people in a row.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "node/asking.h"
#include "node/audit.h"
#include "node/unusual.h"
#include "node/words.h"

static struct asking sample(void)
{
    struct asking a = {.state = ASKING_ANSWERED, .points = 32, .needed = 2, .day = 20000};
    a.record = (struct account_record){{1}, {0}, RECORD_CONSULT, 9, "recruitment", "V-12"};
    a.request[0] = 4;
    account_seed_hash(a.seed, a.record.seed_hash);
    account_commit(&a.record, a.commitment);
    return a;
}

/* What a keyholder says of it. */
static json_t *seen(const char *keyholder, const struct asking *a)
{
    char commitment[65], hash[65], request[33];
    sodium_bin2hex(commitment, sizeof commitment, a->commitment, 32);
    sodium_bin2hex(hash, sizeof hash, a->points_hash, 32);
    sodium_bin2hex(request, sizeof request, a->request, 16);
    return json_pack("{s:s,s:s,s:s,s:I,s:s,s:s}", "keyholder", keyholder, "request", request, "day",
                     "2024-10-04", "points", (json_int_t)a->points, "points_hash", hash,
                     "commitment", commitment);
}

static void test_compare(void **state)
{
    (void)state;
    enum change { NOTHING, NO_RECORD, NO_ROW, PURPOSE, VACANCY, POINTS, COUNT, FORM, FAILED };
    static const struct {
        enum change change;
        size_t unheard;
        const char *want;
        size_t count;
    } rows[] = {
        {NOTHING,   0, NULL,             0},
        {NO_RECORD, 0, "no-record",      2},
        {NO_ROW,    0, "no-request",     1},
        {NO_ROW,    1, NULL,             0},
        {FAILED,    0, NULL,             0},
        {PURPOSE,   0, "other-purpose",  2},
        {VACANCY,   0, "other-purpose",  2},
        {POINTS,    0, "other-points",   2},
        {COUNT,     0, "other-count",    2},
        {FORM,      0, "no-record-form", 1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct asking a = sample();
        json_t *records = json_array(), *seen_rows = json_array(), *record = asking_json(&a);
        json_array_append_new(seen_rows, seen("NL-KVK-1", &a));
        if (rows[i].change != NO_ROW && rows[i].change != FAILED)
            json_array_append_new(seen_rows, seen("NL-KVK-2", &a));
        if (rows[i].change == PURPOSE)
            json_object_set_new(record, "purpose", json_string("fun"));
        if (rows[i].change == VACANCY)
            json_object_set_new(record, "vacancy", json_string(""));
        if (rows[i].change == POINTS)
            json_object_set_new(record, "points_hash", json_string("00"));
        if (rows[i].change == COUNT)
            json_object_set_new(record, "points", json_integer(64));
        if (rows[i].change == FORM)
            json_object_set_new(record, "salt", json_string("zz"));
        if (rows[i].change == FAILED)
            json_object_set_new(record, "state", json_string("failed"));
        if (rows[i].change != NO_RECORD)
            json_array_append(records, record);
        json_t *differences = audit_compare(records, seen_rows, rows[i].unheard), *d;
        size_t k, found = 0;
        json_array_foreach(differences, k, d) found +=
            rows[i].want != NULL && strcmp(words_text(d, "what"), rows[i].want) == 0;
        print_message("%s\n", rows[i].want != NULL ? rows[i].want : "agrees");
        assert_int_equal(found, rows[i].count);
        if (rows[i].want == NULL)
            assert_int_equal(json_array_size(differences), 0);
        json_decref(record);
        json_decref(records);
        json_decref(seen_rows);
        json_decref(differences);
    }
}

/* A record comes back as it was sealed, at any cut it does not, and the seed is not shown. */
static void test_record(void **state)
{
    (void)state;
    struct asking a = sample(), back;
    uint8_t plain[ASKING_BYTES];
    asking_encode(&a, plain);
    assert_int_equal(asking_decode(bytes_of(plain, sizeof plain), &back), OK);
    back.day = a.day;
    assert_memory_equal(&back, &a, sizeof a);
    size_t whole = 2 + 64 + 1 + 4 + 4 + 1 + 16 + 32 + 1 + 11 + 1 + 4;
    for (size_t cut = 1; cut < whole; cut++)
        assert_int_equal(asking_decode(bytes_of(plain, cut), &back), ERR_FORMAT);
    plain[1] = 9;
    assert_int_equal(asking_decode(bytes_of(plain, sizeof plain), &back), ERR_FORMAT);
    plain[0] = 1;
    assert_int_equal(asking_decode(bytes_of(plain, sizeof plain), &back), ERR_VERSION);
    json_t *shown = asking_json(&a);
    assert_null(json_object_get(shown, "seed"));
    json_decref(shown);
}

static void test_unusual(void **state)
{
    (void)state;
    static const struct {
        uint64_t usual; /* people on each of days days before */
        uint32_t days;
        uint64_t today;
        bool want;
    } rows[] = {
        {0,  0,  10, false},
        {0,  0,  11, true },
        {4,  4,  11, true },
        {4,  5,  12, false},
        {4,  5,  13, true },
        {2,  9,  10, false},
        {2,  9,  11, true },
        {20, 28, 60, false},
        {20, 28, 61, true },
        {20, 4,  11, true },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct unusual_day days[UNUSUAL_DAYS_MAX] = {
            {0, 0, 0}
        };
        for (uint32_t k = 0; k < rows[i].days; k++)
            days[k] = (struct unusual_day){1000 - rows[i].days + k, rows[i].usual, 0};
        days[rows[i].days] = (struct unusual_day){1000, rows[i].today, 3};
        assert_int_equal(unusual_is(days, rows[i].days + 1, 1000), rows[i].want);
        json_t *shown = unusual_json(days, rows[i].days + 1, 1000);
        assert_int_equal(words_number(shown, "no_vacancy"), 3);
        json_decref(shown);
    }
    struct unusual_day old[] = {
        {900,  50, 0},
        {1000, 1,  0}
    };
    json_t *shown = unusual_json(old, 2, 1000);
    assert_int_equal(json_array_size(json_object_get(shown, "unusual")), 0);
    json_decref(shown);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_compare),
        cmocka_unit_test(test_record),
        cmocka_unit_test(test_unusual),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
