#include "node/card.h"
#include "node/iso_country.h"

#include <setjmp.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

static uint8_t feed_secret[64];

/* A signed card of an invented organisation, and its text. */
static void sample(struct card *c, char text[CARD_TEXT_BYTES])
{
    uint8_t seed[32] = {7};
    memset(c, 0, sizeof *c);
    strcpy(c->org_id, "NL-KVK-41198677");
    strcpy(c->name, "Invented Réliéf of the Low Lands and several Seas Beyond Them");
    strcpy(c->country, "NL");
    strcpy(c->endpoint, "tcp://post.example.org:5700");
    crypto_sign_seed_keypair(c->feed_key, feed_secret, seed);
    memset(c->transport_key, 0xab, KEY_BYTES);
    card_sign(c, feed_secret);
    size_t len = card_format(c, text);
    assert_int_equal(len, strlen(text));
}

static enum err parse(const char *text, struct card *out)
{
    struct problem problem = {""};
    struct card before;
    memset(out, 0x5a, sizeof *out);
    before = *out;
    enum err e = card_parse(bytes_of(text, strlen(text)), "card.txt", out, &problem);
    if (e != OK) {
        assert_memory_equal(out, &before, sizeof before);
        assert_int_equal(strncmp(problem.text, "card.txt: ", 10), 0);
    }
    return e;
}

static void check_same(const struct card *a, const struct card *b)
{
    assert_string_equal(a->org_id, b->org_id);
    assert_string_equal(a->name, b->name);
    assert_string_equal(a->country, b->country);
    assert_string_equal(a->endpoint, b->endpoint);
    assert_memory_equal(a->feed_key, b->feed_key, KEY_BYTES);
    assert_memory_equal(a->transport_key, b->transport_key, KEY_BYTES);
    assert_memory_equal(a->signature, b->signature, SIGNATURE_BYTES);
}

/* Goal: what is written is read, with an endpoint and without, and no line is too long to mail. */
static void test_round_trip(void **state)
{
    (void)state;
    struct card in, out;
    char text[CARD_TEXT_BYTES];
    for (int has_endpoint = 0; has_endpoint < 2; has_endpoint++) {
        sample(&in, text);
        if (!has_endpoint) {
            in.endpoint[0] = '\0';
            card_sign(&in, feed_secret);
            card_format(&in, text);
        }
        assert_int_equal(parse(text, &out), OK);
        check_same(&in, &out);
        assert_int_equal(strstr(text, "endpoint") != NULL, has_endpoint);
    }
    for (const char *line = text; *line != '\0'; line += strcspn(line, "\n") + 1)
        assert_true(strcspn(line, "\n") <= 80);
    char a[FINGERPRINT_CHARS], b[FINGERPRINT_CHARS];
    card_fingerprint(&in, a);
    in.transport_key[0] ^= 1;
    card_fingerprint(&in, b);
    assert_string_not_equal(a, b);
}

/* Goal: what mail does to a text does no harm.
 * Method: a letter around it, quotation marks, CRLF, blanks at line ends, and a name that was
 * broken over two lines; one after the other, so that at the end all are there. */
static void test_mail(void **state)
{
    (void)state;
    static const struct {
        const char *from, *to;
    } changes[] = {
        {"\n",           " \n"                                           }, /* blanks at the end of each line */
        {" of the Low ", " of the\nLow "                                 }, /* a broken name */
        {"\n",           "\r\n"                                          },
        {"\n",           "\n> > "                                        }, /* quoted twice */
        {"-----BEGIN",   "Dear all,\n\nhere it is: name: x\n> -----BEGIN"},
    };
    struct card in, out;
    char text[4 * CARD_TEXT_BYTES];
    sample(&in, text);
    for (size_t i = 0; i < COUNT(changes); i++) {
        char changed[4 * CARD_TEXT_BYTES] = "";
        const char *rest = text, *at;
        while ((at = strstr(rest, changes[i].from)) != NULL) {
            strncat(changed, rest, (size_t)(at - rest));
            strcat(changed, changes[i].to);
            rest = at + strlen(changes[i].from);
        }
        strcat(changed, rest);
        strcpy(text, changed);
        assert_int_equal(parse(text, &out), OK);
        check_same(&in, &out);
    }
    strcat(text, "\n-- \nKind regards\norg-id: NL-KVK-1\n");
    assert_int_equal(parse(text, &out), OK);
}

/* Goal: no change of a card goes unnoticed.
 * Method: each byte of the text is changed, and the text is cut at each byte. What is still read
 * says the same as before: blanks and what is outside do not count, nor does the case of some. */
static void test_changes(void **state)
{
    (void)state;
    struct card in, out;
    char text[CARD_TEXT_BYTES], changed[CARD_TEXT_BYTES];
    sample(&in, text);
    size_t refused = 0, len = strlen(text);
    for (size_t i = 0; i < len; i++) {
        for (int bit = 0; bit < 8; bit++) {
            strcpy(changed, text);
            changed[i] = (char)(changed[i] ^ 1 << bit);
            enum err e = parse(changed, &out);
            refused += e != OK;
            if (e == OK)
                check_same(&in, &out);
        }
        strcpy(changed, text);
        changed[i] = '\0';
        assert_int_equal(parse(changed, &out) == OK, i == len - 1); /* its line end */
    }
    assert_true(refused > len * 7);
}

/* Goal: each way to be wrong is named.
 * Method: one row is one replacement in the text of a good card. */
static void test_rows(void **state)
{
    (void)state;
    static const struct {
        const char *from, *to;
        enum err want;
    } rows[] = {
        {"name: Invented",              "name: Another",               ERR_SIGNATURE},
        {"country: NL",                 "country: BE",                 ERR_SIGNATURE},
        {"country: NL",                 "country: QQ",                 ERR_FORMAT   },
        {"post.example.org",            "spot.example.org",            ERR_SIGNATURE},
        {"endpoint: tcp:",              "endpoint: udp:",              ERR_FORMAT   },
        {"endpoint: ",                  "feed-key: ",                  ERR_FORMAT   },
        {"org-id: NL",                  "org-id: nl",                  ERR_FORMAT   },
        {"org-id: NL",                  "Org-Id: NL",                  ERR_FORMAT   },
        {"transport-key: abab",         "transport-key: abxx",         ERR_FORMAT   },
        {"transport-key: abab",         "transport-key: ab",           ERR_FORMAT   },
        {"-----END SEINPOST CARD-----", "-----END SEINPOST",           ERR_TRUNCATED},
        {"-----BEGIN SEINPOST",         "-----BEGIN",                  ERR_TRUNCATED},
        {"BEGIN SEINPOST CARD-----",    "BEGIN SEINPOST CARD-----\nx", ERR_FORMAT   },
        {"Invented",                    "Inv\x1b[2Jented",             ERR_FORMAT   },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct card in, out;
        char text[CARD_TEXT_BYTES], changed[2 * CARD_TEXT_BYTES];
        sample(&in, text);
        char *at = strstr(text, rows[i].from);
        assert_non_null(at);
        snprintf(changed, sizeof changed, "%.*s%s%s", (int)(at - text), text, rows[i].to,
                 at + strlen(rows[i].from));
        enum err got = parse(changed, &out);
        if (got != rows[i].want)
            fail_msg("%s: %s", rows[i].to, err_name(got));
    }
    struct card out;
    assert_int_equal(parse("", &out), ERR_TRUNCATED);
    char *huge = calloc(1, 3000);
    assert_non_null(huge);
    strcpy(huge, "-----BEGIN SEINPOST CARD-----\nname: ");
    memset(huge + strlen(huge), 'x', 2000);
    assert_int_equal(parse(huge, &out), ERR_FORMAT);
    free(huge);
}

/* Goal: a zero byte in a card is no end of it. */
static void test_zero_byte(void **state)
{
    (void)state;
    struct card in, out;
    struct problem problem;
    char text[CARD_TEXT_BYTES];
    sample(&in, text);
    size_t len = strlen(text);
    *strstr(text, "Invented") = '\0';
    assert_int_equal(card_parse(bytes_of(text, len), "f", &out, &problem), ERR_FORMAT);
}

/* Goal: countries are those of the standard, in capitals. */
static void test_countries(void **state)
{
    (void)state;
    static const struct {
        const char *in, *want;
    } rows[] = {
        {"NL",       "NL"},
        {"nl",       "NL"},
        {"Ke",       "KE"},
        {"AD",       "AD"},
        {"ZW",       "ZW"},
        {"XK",       "XK"},
        {"UK",       NULL},
        {"EU",       NULL},
        {"QQ",       NULL},
        {"",         NULL},
        {"N",        NULL},
        {"NLD",      NULL},
        {"DA",       NULL},
        {"N1",       NULL},
        {"\xc3\xa9", NULL},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char out[3] = "--";
        assert_int_equal(iso_country_read(rows[i].in, out), rows[i].want != NULL);
        assert_string_equal(out, rows[i].want != NULL ? rows[i].want : "--");
    }
    size_t count = 0;
    for (char a = 'A'; a <= 'Z'; a++)
        for (char b = 'A'; b <= 'Z'; b++)
            count += iso_country_read((const char[]){a, b, '\0'}, (char[3]){0});
    assert_int_equal(count, 249 + 1);
}

static int setup(void **state)
{
    (void)state;
    return sodium_init() < 0 ? -1 : 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip), cmocka_unit_test(test_mail),
        cmocka_unit_test(test_changes),    cmocka_unit_test(test_rows),
        cmocka_unit_test(test_zero_byte),  cmocka_unit_test(test_countries),
    };
    return cmocka_run_group_tests(tests, setup, NULL);
}
