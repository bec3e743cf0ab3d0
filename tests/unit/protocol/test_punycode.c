#include "protocol/punycode.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static enum err decode(const char *label, uint8_t *text, size_t cap, size_t *len)
{
    struct pack p = pack_of(text, cap);
    enum err e = punycode_decode(bytes_of(label, strlen(label)), &p);
    *len = pack_len(&p);
    return e;
}

/* Goal: labels decode to their letters; what is no Punycode is refused and nothing is written.
 * Method: samples of RFC 3492 section 7.1 (in small letters), and broken ones. */
static void rows_of_labels(void **state)
{
    (void)state;
    /* clang-format off */
    static const struct {
        const char *label;
        enum err want;
        const char *text;
    } rows[] = {
        {"egbpdaj6bu4bxfgehfvwxn", OK, "ليهمابتكلموشعربي؟"}, /* (A) */
        {"ihqwcrb4cv8a8dqg056pqjye", OK, "他们为什么不说中文"}, /* (B) */
        {"proprostnemluvesky-uyb24dma41a", OK, "pročprostěnemluvíčesky"}, /* (D) */
        {"4dbcagdahymbxekheh6e0a7fei0b", OK, "למההםפשוטלאמדבריםעברית"}, /* (E) */
        {"b1abfaaepdrnnbgefbadotcwatmq2g4l", OK, "почемужеонинеговорятпорусски"}, /* (I) */
        {"2-u9tlzr9756bt3uc0v", OK, "ひとつ屋根の下2"}, /* (O) */
        {"bcher-kva", OK, "b\xc3\xbc" "cher"},
        {"", ERR_FORMAT, ""},
        {"abc-", ERR_FORMAT, ""},
        {"abc", OK, "\xc2\x82\xc2\x81\xc2\x80"},
        {"-", ERR_FORMAT, ""},
        {"bcher-kv*", ERR_FORMAT, ""},
        {"bcher-KVA", ERR_FORMAT, ""},
        {"bcher-kv", ERR_FORMAT, ""},
        {"99999999", ERR_FORMAT, ""},
        {"b\xc3\xbc-kva", ERR_FORMAT, ""},
        {"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", ERR_LIMIT, ""},
    };
    /* clang-format on */
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint8_t text[PUNYCODE_UTF8_BYTES_MAX];
        size_t len;
        enum err e = decode(rows[i].label, text, sizeof text, &len);
        if (e != rows[i].want)
            fail_msg("%s: %s", rows[i].label, err_name(e));
        if (!bytes_equal(bytes_of(text, len), bytes_of(rows[i].text, strlen(rows[i].text))))
            fail_msg("%s: other letters", rows[i].label);
    }
    uint8_t small[4];
    size_t len;
    assert_int_equal(decode("bcher-kva", small, sizeof small, &len), ERR_LIMIT);
    assert_int_equal(len, 0);
}

/* Goal: any label ends in letters or an error, within the room.
 * Method: all labels of up to three signs, and long ones of one sign. */
static void hostile(void **state)
{
    (void)state;
    static const char signs[] = "az09-\x80";
    uint8_t text[PUNYCODE_UTF8_BYTES_MAX];
    size_t len;
    for (unsigned n = 0; n < 6 * 6 * 6 * 6 * 6; n++) {
        char label[6] = {signs[n % 6],       signs[n / 6 % 6],    signs[n / 36 % 6],
                         signs[n / 216 % 6], signs[n / 1296 % 6], '\0'};
        enum err e = decode(label, text, sizeof text, &len);
        assert_true((e == OK) == (len > 0));
    }
    for (size_t i = 0; i < sizeof signs - 1; i++)
        for (size_t count = 1; count <= 70; count++) {
            char label[71] = "";
            memset(label, signs[i], count);
            enum err e = decode(label, text, sizeof text, &len);
            assert_true((e == OK) == (len > 0));
            assert_true(count <= PUNYCODE_BYTES_MAX || e == ERR_LIMIT);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_of_labels),
        cmocka_unit_test(hostile),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
