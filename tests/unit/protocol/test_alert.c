/*
 * test_alert.c - the payload of an alert: its bytes, each cut and each bit altered, every reason
 * for which one is refused; and its tables.
 */
#include "protocol/alert.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "protocol/orgid.h"
#include "tests/unit/hex.h"
#include "tests/vectors/alert.h"

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

enum { ROOM = 512 };

static struct alert sample(void)
{
    struct alert a = {.kind = 7, .basis = 5, .reply = 1, .reply_day = 20460, .action_count = 2};
    strcpy(a.partner, "GB-CHC-1234567");
    a.action[0] = (struct alert_action){1, 1, 20500};
    a.action[1] = (struct alert_action){2, 2, 20600};
    return a;
}

/* The largest there is. */
static struct alert largest(void)
{
    struct alert a = {.kind = 14, .basis = 7, .reply = 5, .reply_day = UINT32_MAX};
    memset(a.partner, 'x', ORG_ID_BYTES_MAX);
    memcpy(a.partner, "XI-IATI-", 8);
    a.action_count = ALERT_ACTIONS_MAX;
    for (size_t i = 0; i < ALERT_ACTIONS_MAX; i++)
        a.action[i] = (struct alert_action){(uint8_t)(i + 1), (uint8_t)(i % 5 + 1), UINT32_MAX};
    return a;
}

static void assert_same(const struct alert *a, const struct alert *b)
{
    uint8_t one[ALERT_BYTES_MAX], other[ALERT_BYTES_MAX];
    size_t len = alert_encode(a, one);
    assert_int_equal(alert_encode(b, other), len);
    assert_memory_equal(one, other, len);
}

static void vector(void **state)
{
    (void)state;
    uint8_t want[ROOM] = {0}, out[ALERT_BYTES_MAX];
    size_t len = hex_bytes(alert_payload, want, sizeof want);
    struct alert a = sample(), got;
    assert_int_equal(alert_encode(&a, out), len);
    assert_memory_equal(out, want, len);
    assert_int_equal(alert_decode(bytes_of(want, len), &got), OK);
    assert_same(&got, &a);
    assert_string_equal(got.partner, "GB-CHC-1234567");
    assert_int_equal(alert_decode(bytes_of(want, sizeof want), &got), OK); /* padded */
}

static void round_trip_of_the_largest(void **state)
{
    (void)state;
    uint8_t out[ALERT_BYTES_MAX];
    struct alert a = largest(), got;
    assert_int_equal(alert_encode(&a, out), ALERT_BYTES_MAX);
    assert_int_equal(alert_decode(bytes_of(out, sizeof out), &got), OK);
    assert_same(&got, &a);
}

/* Decodes what may be refused, and asserts that the caller's storage then stays as it was. */
static enum err decode(struct bytes in, struct alert *out)
{
    struct alert before;
    memset(out, 0x5a, sizeof *out);
    memset(&before, 0x5a, sizeof before);
    enum err e = alert_decode(in, out);
    if (e != OK)
        assert_memory_equal(out, &before, sizeof before);
    return e;
}

static void truncated_at_each_byte(void **state)
{
    (void)state;
    struct alert all[] = {sample(), largest()}, got;
    for (size_t i = 0; i < COUNT(all); i++) {
        uint8_t out[ALERT_BYTES_MAX];
        size_t whole = alert_encode(&all[i], out);
        for (size_t len = 0; len < whole; len++) {
            uint8_t *cut = malloc(len + 1);
            assert_non_null(cut);
            memcpy(cut + 1, out, len);
            assert_int_equal(decode(bytes_of(cut + 1, len), &got), ERR_TRUNCATED);
            free(cut);
        }
    }
}

/* Goal: no bit is without meaning: another one is refused, or says something else. */
static void altered_at_each_bit(void **state)
{
    (void)state;
    struct alert all[] = {sample(), largest()}, got;
    for (size_t i = 0; i < COUNT(all); i++) {
        uint8_t in[ALERT_BYTES_MAX + 16] = {0}, again[ALERT_BYTES_MAX];
        size_t len = alert_encode(&all[i], in);
        for (size_t bit = 0; bit < 8 * (len + 16); bit++) {
            in[bit / 8] ^= (uint8_t)(1u << bit % 8);
            enum err e = decode(bytes_of(in, len + 16), &got);
            if (bit / 8 == 0)
                assert_int_equal(e, ERR_VERSION);
            else if (bit / 8 >= len)
                assert_int_equal(e, ERR_FORMAT);
            else if (e == OK) {
                assert_int_equal(alert_encode(&got, again), len);
                assert_memory_equal(again, in, len);
            }
            in[bit / 8] ^= (uint8_t)(1u << bit % 8);
        }
    }
}

static void refused_rows(void **state)
{
    (void)state;
#define PARTNER "0e47422d4348432d31323334353637"
    /* clang-format off */
    static const struct {
        const char *payload;
        enum err want;
        const char *why;
    } rows[] = {
        {"01" "070500" "00000000" PARTNER "00", OK, "nothing to be done, and nobody asked"},
        {"00" "070500" "00000000" PARTNER "00", ERR_VERSION, "version 0"},
        {"02" "070500" "00000000" PARTNER "00", ERR_VERSION, "a version to come"},
        {"01" "000500" "00000000" PARTNER "00", ERR_RANGE, "no kind"},
        {"01" "0f0500" "00000000" PARTNER "00", ERR_RANGE, "a kind that is none"},
        {"01" "070000" "00000000" PARTNER "00", ERR_RANGE, "no basis"},
        {"01" "070800" "00000000" PARTNER "00", ERR_RANGE, "a basis that is none"},
        {"01" "070506" "00000001" PARTNER "00", ERR_RANGE, "a reply that is none"},
        {"01" "070500" "00000001" PARTNER "00", ERR_FORMAT, "not asked, on a day"},
        {"01" "070502" "00000000" PARTNER "00", ERR_FORMAT, "agrees, on no day"},
        {"01" "070500" "00000000" "00" "00", ERR_FORMAT, "no partner"},
        {"01" "070500" "00000000" "0441542d31" "00", ERR_FORMAT, "AT-1, which is of no list"},
        {"01" "070500" "00000000" "0e47422d4348432d31323320353637" "00", ERR_FORMAT, "a blank"},
        {"01" "070500" "00000000" PARTNER "0d", ERR_RANGE, "13 action points"},
        {"01" "070500" "00000000" PARTNER "01" "000100005014", ERR_RANGE, "no action"},
        {"01" "070500" "00000000" PARTNER "01" "0d0100005014", ERR_RANGE, "an action that is none"},
        {"01" "070500" "00000000" PARTNER "01" "010000005014", ERR_RANGE, "no state"},
        {"01" "070500" "00000000" PARTNER "01" "010600005014", ERR_RANGE, "a state that is none"},
        {"01" "070500" "00000000" PARTNER "01" "010100000000", ERR_RANGE, "due on no day"},
        {"01" "070500" "00000000" PARTNER "00" "01", ERR_FORMAT, "words behind it"},
    };
    /* clang-format on */
    for (size_t i = 0; i < COUNT(rows); i++) {
        uint8_t in[ROOM] = {0};
        struct alert got;
        (void)hex_bytes(rows[i].payload, in, sizeof in);
        enum err e = decode(bytes_of(in, sizeof in), &got);
        if (e != rows[i].want)
            fail_msg("%s: %s", rows[i].why, err_name(e));
    }
    uint8_t in[ROOM] = {1, 7, 5, 0, 0, 0, 0, 0, ORG_ID_BYTES_MAX + 1};
    struct alert got;
    memset(in + 9, 'x', ORG_ID_BYTES_MAX + 1);
    memcpy(in + 9, "XI-IATI-", 8);
    assert_int_equal(decode(bytes_of(in, sizeof in), &got), ERR_FORMAT); /* an org-id too long */
}

/* Goal: each code has one name and a text, each name leads back, and nothing else does. */
static void tables(void **state)
{
    (void)state;
    static const size_t sizes[ALERT_TABLES] = {14, 7, 6, 12, 5};
    for (unsigned t = 0; t < ALERT_TABLES; t++) {
        size_t count = 0;
        for (unsigned code = 0; code < 256; code++) {
            const char *name = alert_code_name((enum alert_table)t, (uint8_t)code);
            const char *text = alert_code_text((enum alert_table)t, (uint8_t)code);
            uint8_t back = 0;
            assert_true((name == NULL) == (text == NULL));
            if (name == NULL)
                continue;
            assert_true(alert_code_find((enum alert_table)t, name, &back));
            assert_int_equal(back, code);
            assert_string_equal(alert_code_at((enum alert_table)t, count), name);
            count++;
        }
        assert_int_equal(count, sizes[t]);
        assert_null(alert_code_at((enum alert_table)t, count));
        uint8_t code = 77;
        assert_false(alert_code_find((enum alert_table)t, "", &code));
        assert_int_equal(code, 77);
    }
    assert_string_equal(alert_code_name(ALERT_REPLY, REPLY_NOT_ASKED), "not-asked");
    assert_string_equal(alert_code_name(ALERT_REPLY, REPLY_DISPUTES), "disputes");
    assert_string_equal(alert_code_name(ALERT_STATE, ACTION_OPEN), "open");
    assert_string_equal(alert_code_name(ALERT_STATE, ACTION_DONE), "done");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(vector),
        cmocka_unit_test(round_trip_of_the_largest),
        cmocka_unit_test(truncated_at_each_byte),
        cmocka_unit_test(altered_at_each_bit),
        cmocka_unit_test(refused_rows),
        cmocka_unit_test(tables),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
