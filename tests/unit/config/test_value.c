#include "config/value.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* Goal: exactly the endpoints that can be used are well-formed.
 * Method: a row is an endpoint, whether it can be listened on, dialled, and is unspecified. */
static void endpoints(void **state)
{
    (void)state;
    static const struct {
        const char *s;
        bool is_listen, is_dial, is_unspecified;
    } rows[] = {
        {"tcp://0.0.0.0:5700",         true,  true,  true },
        {"tcp://[::]:5700",            true,  true,  true },
        {"tcp://[0:0::0]:1",           true,  true,  true },
        {"tcp://127.0.0.1:1",          true,  true,  false},
        {"tcp://[2001:db8::17]:65535", true,  true,  false},
        {"tcp://a:1",                  false, true,  false},
        {"tcp://a-b.example.org:80",   false, true,  false},
        {"tcp://3com.example:80",      false, true,  false},
        {"tcp://127.0.0.1:0",          false, false, false},
        {"tcp://127.0.0.1:080",        false, false, false},
        {"tcp://127.0.0.1:65536",      false, false, false},
        {"tcp://127.0.0.1:100000",     false, false, false},
        {"tcp://127.0.0.1:*",          false, false, false},
        {"tcp://127.0.0.1:-1",         false, false, false},
        {"tcp://127.0.0.1:",           false, false, false},
        {"tcp://127.0.0.1",            false, false, false},
        {"tcp://127.0.0:1",            false, false, false},
        {"tcp://256.0.0.1:1",          false, false, false},
        {"tcp://*:1",                  false, false, false},
        {"tcp://:1",                   false, false, false},
        {"tcp://[]:1",                 false, false, false},
        {"tcp://[:1",                  false, false, false},
        {"tcp://[::1:1",               false, false, false},
        {"tcp://[1.2.3.4]:1",          false, false, false},
        {"tcp://::1:1",                false, false, false},
        {"tcp://a..b:1",               false, false, false},
        {"tcp://.a:1",                 false, false, false},
        {"tcp://a.:1",                 false, false, false},
        {"tcp://-a:1",                 false, false, false},
        {"tcp://a-.b:1",               false, false, false},
        {"tcp://a-:1",                 false, false, false},
        {"tcp://a b:1",                false, false, false},
        {"tcp://a;127.0.0.1:1",        false, false, false},
        {"udp://127.0.0.1:1",          false, false, false},
        {"ipc://x:1",                  false, false, false},
        {"tcp:/",                      false, false, false},
        {"",                           false, false, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int_equal(value_is_listen(rows[i].s), rows[i].is_listen);
        assert_int_equal(value_is_dial(rows[i].s), rows[i].is_dial);
        assert_int_equal(value_is_unspecified(rows[i].s), rows[i].is_unspecified);
    }
    char s[400] = "tcp://";
    memset(s + 6, 'a', 300);
    strcpy(s + 306, ":1");
    assert_false(value_is_dial(s));
}

/* Goal: identifiers and words hold nothing that could hurt a path, a line or a terminal.
 * Method: a row is a string, and whether it is an identifier and a word. */
static void identifiers_and_words(void **state)
{
    (void)state;
    static const struct {
        const char *s;
        bool is_org_id, is_word;
    } rows[] = {
        {"NL-KVK-41198677", true,  true },
        {"AT-1",            true,  true },
        {"CA_AB-ABT/7",     true,  false},
        {"nl-KVK-1",        false, true },
        {"N-1",             false, true },
        {"NLKVK1",          false, true },
        {"NL-",             false, true },
        {"NL-KVK 1",        false, false},
        {"NL-KVK-\xc3\xa9", false, false},
        {"NL-KVK-\x7f",     false, false},
        {"",                false, false},
        {"-x",              false, false},
        {"nl_NL.UTF-8@a",   false, true },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int_equal(value_is_org_id(rows[i].s), rows[i].is_org_id);
        assert_int_equal(value_is_word(rows[i].s), rows[i].is_word);
    }
}

/* Goal: only valid UTF-8 without control characters is text.
 * Method: a row is a string at an edge of table 3-7 of Unicode. */
static void text(void **state)
{
    (void)state;
    static const struct {
        const char *s;
        bool want;
    } rows[] = {
        {"",                 true },
        {"a\tb",             true },
        {"\xc3\xa9",         true },
        {"\xe0\xa0\x80",     true },
        {"\xf0\x90\x80\x80", true },
        {"\xf4\x8f\xbf\xbf", true },
        {"a\nb",             false},
        {"\x1b",             false},
        {"\x7f",             false},
        {"\xc2\x85",         false},
        {"\x80",             false},
        {"\xc0\xaf",         false},
        {"\xc3",             false},
        {"\xe0\x9f\xbf",     false},
        {"\xed\xa0\x80",     false},
        {"\xf0\x8f\xbf\xbf", false},
        {"\xf4\x90\x80\x80", false},
        {"\xf5\x80\x80\x80", false},
        {"\xe2\x82",         false},
        {"\xe2\x28\xa1",     false},
        {"\xf0\x9f\x98\x28", false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_int_equal(value_is_text(rows[i].s, strlen(rows[i].s)), rows[i].want);
    assert_false(value_is_text("a\0b", 3));
}

/* Goal: numbers, choices and distances are counted right.
 * Method: rows worked out by hand. */
static void numbers_choices_distances(void **state)
{
    (void)state;
    assert_int_equal(value_number("0"), 0);
    assert_int_equal(value_number("999999999"), 999999999);
    assert_int_equal(value_number("1000000000"), -1);
    assert_int_equal(value_number("+1"), -1);
    assert_int_equal(value_number(""), -1);
    assert_int_equal(value_choice("error warning info", "error"), 0);
    assert_int_equal(value_choice("error warning info", "info"), 2);
    assert_int_equal(value_choice("error warning info", "inf"), -1);
    assert_int_equal(value_choice("error warning info", ""), -1);
    assert_int_equal(value_distance("", ""), 0);
    assert_int_equal(value_distance("peer", "peers"), 1);
    assert_int_equal(value_distance("kitten", "sitting"), 3);
    assert_int_equal(value_distance("", "abc"), 3);
    assert_int_equal(value_distance("0123456789012345678901234567890123456789x", "a"), 40);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(endpoints),
        cmocka_unit_test(identifiers_and_words),
        cmocka_unit_test(text),
        cmocka_unit_test(numbers_choices_distances),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
