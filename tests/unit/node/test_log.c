#include "node/log.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* Goal: a value is written plainly where that is safe, and can never forge a field, a line or a
 * terminal command.
 * Method: a row is a text value and how it is written. */
static void values(void **state)
{
    (void)state;
    /* clang-format off */
    static const struct {
        const char *value;
        const char *want;
    } rows[] = {
        {"NL-KVK-1",                    "NL-KVK-1"},
        {"tcp://[::1]:5700",            "tcp://[::1]:5700"},
        {"",                            "\"\""},
        {NULL,                          "\"\""},
        {"a b",                         "\"a b\""},
        {"a=b",                         "\"a=b\""},
        {"a\"b\\",                      "\"a\\\"b\\\\\""},
        {"x\ntime=1 level=error",       "\"x\\ntime=1 level=error\""},
        {"a\tb\r",                      "\"a\\tb\\u000d\""},
        {"\x1b[2J",                     "\"\\u001b[2J\""},
        {"\x7f",                        "\"\\u007f\""},
        {"\xc2\x9b",                    "\"\\u009b\""},
        {"\xe2\x80\xae" "abc",          "\"\\u202eabc\""},
        {"\xe2\x80\xa8",                "\"\\u2028\""},
        {"caf\xc3\xa9",                 "\"caf\xc3\xa9\""},
        {"\xff" "a\xc3",                "\"\\xffa\\xc3\""},
    };
    /* clang-format on */
    char line[LOG_LINE_BYTES_MAX], want[256];
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct log_field f = log_text("v", rows[i].value);
        size_t len = log_format(line, 0, LEVEL_INFO, "e", &f, 1);
        snprintf(want, sizeof want, "time=1970-01-01T00:00:00Z level=info event=e v=%s\n",
                 rows[i].want);
        assert_string_equal(line, want);
        assert_int_equal(len, strlen(want));
    }
}

/* Goal: every kind of field, level and length is written as promised.
 * Method: one line of all kinds; then values and lines at their limits. */
static void lines(void **state)
{
    (void)state;
    char line[LOG_LINE_BYTES_MAX];
    struct log_field all[] = {log_text("org", "AT-1"), log_u64("n", UINT64_MAX),
                              log_i64("lag", INT64_MIN), log_err("why", ERR_FORK)};
    log_format(line, 1795497832, LEVEL_WARNING, "peer-up", all, 4);
    assert_string_equal(line, "time=2026-11-24T05:23:52Z level=warning event=peer-up org=AT-1 "
                              "n=18446744073709551615 lag=-9223372036854775808 why=fork\n");
    log_format(line, 0, LEVEL_ERROR, "e", NULL, 0);
    assert_string_equal(line, "time=1970-01-01T00:00:00Z level=error event=e\n");

    char value[LOG_VALUE_BYTES_MAX + 3];
    memset(value, 'a', sizeof value);
    value[LOG_VALUE_BYTES_MAX] = '\0';
    struct log_field f = log_text("v", value);
    log_format(line, 0, LEVEL_DEBUG, "e", &f, 1);
    assert_null(strstr(line, "..."));
    strcpy(value + LOG_VALUE_BYTES_MAX - 1, "\xc3\xa9"); /* ends one byte too late */
    log_format(line, 0, LEVEL_DEBUG, "e", &f, 1);
    assert_non_null(strstr(line, "aaa...\"\n"));
    assert_null(strstr(line, "\xc3"));

    memset(value, 0x01, LOG_VALUE_BYTES_MAX);
    value[LOG_VALUE_BYTES_MAX] = '\0';
    struct log_field many[] = {f, f, log_u64("n", 1)};
    size_t len = log_format(line, 0, LEVEL_DEBUG, "e", many, 3);
    assert_true(len < LOG_LINE_BYTES_MAX);
    assert_string_equal(line + len - 9, " cut=yes\n");
    assert_null(strstr(line, "n=1"));
}

/* Goal: twenty of one event a minute, then silence and a count, without touching other events.
 * Method: a row is so many calls at a time, and how many of them may be written. */
static void limit_a_minute(void **state)
{
    (void)state;
    static struct log_limit l;
    static const struct {
        const char *event;
        uint64_t now_ms;
        unsigned calls, want;
    } rows[] = {
        {"a", 1000,  15, 15},
        {"a", 2000,  15, 5 },
        {"b", 2000,  21, 20},
        {"a", 60999, 5,  0 },
    };
    struct log_limit_row due;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_false(log_limit_due(&l, rows[i].now_ms, false, &due));
        unsigned written = 0;
        for (unsigned j = 0; j < rows[i].calls; j++)
            written += log_limit_take(&l, rows[i].event, rows[i].now_ms);
        assert_int_equal(written, rows[i].want);
    }
    assert_true(log_limit_due(&l, 61000, false, &due));
    assert_string_equal(due.event, "a");
    assert_int_equal(due.suppressed, 15);
    assert_false(log_limit_due(&l, 61000, false, &due));
    assert_true(log_limit_take(&l, "a", 61000));
    assert_true(log_limit_due(&l, 61000, true, &due));
    assert_string_equal(due.event, "b");
    assert_int_equal(due.suppressed, 1);

    /* More names than rows: the rest share one, and an old row is used again. */
    memset(&l, 0, sizeof l);
    char name[16];
    for (unsigned i = 0; i < LOG_EVENT_NAMES_MAX + 30; i++) {
        snprintf(name, sizeof name, "event-%u", i);
        bool want = i < LOG_EVENT_NAMES_MAX - 1 + LOG_EVENTS_A_MINUTE;
        assert_int_equal(log_limit_take(&l, name, 5), want);
    }
    assert_true(log_limit_due(&l, 5, true, &due));
    assert_string_equal(due.event, "other");
    assert_int_equal(due.suppressed, 11);
    assert_true(log_limit_take(&l, "fresh", 70000));
    assert_string_equal(l.rows[0].event, "fresh");
}

/* Goal: what is called reaches the file descriptor, below the level nothing, and the count at the
 * end. Method: a pipe in place of stderr. */
static void end_to_end(void **state)
{
    (void)state;
    int ends[2];
    static char got[16384];
    assert_int_equal(pipe(ends), 0);
    log_start(LEVEL_INFO, ends[1]);
    log_event(LEVEL_DEBUG, "hidden");
    log_event(LEVEL_INFO, "start");
    for (unsigned i = 0; i < 25; i++)
        log_line(LEVEL_WARNING, "peer-up", log_text("org", "AT-1"), log_u64("n", i));
    log_flush();
    close(ends[1]);
    size_t len = 0;
    ssize_t n;
    while ((n = read(ends[0], got + len, sizeof got - 1 - len)) > 0)
        len += (size_t)n;
    close(ends[0]);
    log_start(LEVEL_INFO, STDERR_FILENO);
    assert_null(strstr(got, "hidden"));
    assert_non_null(strstr(got, "level=info event=start\n"));
    assert_non_null(strstr(got, "level=warning event=peer-up org=AT-1 n=19\n"));
    assert_null(strstr(got, "n=20\n"));
    assert_non_null(strstr(got, "level=warning event=log-suppressed of=peer-up suppressed=5\n"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values),
        cmocka_unit_test(lines),
        cmocka_unit_test(limit_a_minute),
        cmocka_unit_test(end_to_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
