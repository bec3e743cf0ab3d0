#include "node/words.h"
#include "protocol/answer.h"
#include "protocol/identifier.h"
#include "protocol/matchkey.h"
#include "protocol/roster.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

/* Goal: each code has its words, and an unknown one does no harm.
 * Method: one row is one code. */
static void test_codes(void **state)
{
    (void)state;
    static const struct {
        const char *(*word)(const char *code);
        const char *code, *want;
    } rows[] = {
        {words_fault,  "born",           "is not in order"                          },
        {words_fault,  "",               "is not in order"                          },
        {words_fault,  "documents-form", "is not in order"                          },
        {words_fault,  "document",       "is not in order"                          },
        {words_fault,  "expires-beyond", "is later than the member list allows"     },
        {words_gap,    "keyholders",     "too few keyholders have answered"         },
        {words_gap,    "novelty",        "novelty"                                  },
        {words_error,  "quorum",         "lacks valid signatures of enough stewards"},
        {words_error,  "novelty",        "novelty"                                  },
        {words_kind,   "name-born",      "name and date of birth"                   },
        {words_kind,   "names-day",      "similar names and year and day of birth"  },
        {words_kind,   "novelty",        "novelty"                                  },
        {words_answer, "cannot say",     "cannot say"                               },
        {words_role,   "keyholder",      "keyholder"                                },
        {words_status, "left",           "left"                                     },
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_string_equal(rows[i].word(rows[i].code), rows[i].want);
}

/* Goal: the words keep pace with the tables of the protocol: every fault, by the name that the node
 * gives it, has the sentence of that fault. */
static void test_faults(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        enum field_fault fault;
    } rows[] = {
        {"encoding",         FAULT_ENCODING        },
        {"too-long",         FAULT_TOO_LONG        },
        {"date",             FAULT_DATE            },
        {"document-form",    FAULT_DOCUMENT_FORM   },
        {"document-country", FAULT_DOCUMENT_COUNTRY},
        {"placeholder",      FAULT_PLACEHOLDER     },
        {"email",            FAULT_EMAIL           },
        {"phone-length",     FAULT_PHONE_LENGTH    },
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_string_equal(words_fault(rows[i].name), field_fault_text(rows[i].fault));
    for (unsigned bit = 0; bit < GAP_COUNT; bit++)
        assert_string_equal(words_gap(gap_name(1u << bit)), gap_text(1u << bit));
    for (int e = 0; e < ERR_COUNT; e++)
        assert_string_equal(words_error(err_name((enum err)e)), err_text((enum err)e));
}

/* Goal: every kind of the protocol has words, and of several what goes without saying is left out.
 */
static void test_kinds(void **state)
{
    (void)state;
    static const struct {
        const char *kinds[8];
        const char *want;
    } rows[] = {
        {{"document", "name-born", "names", "names-month", "names-day", "name-start", "name-end"},
         "document, name and date of birth"                                                                                                   },
        {{"names", "names-month", "names-day", "name-start"},
         "names that sound alike and date of birth"                                                                                           },
        {{"names", "names-day"},
         "names that sound alike and date of birth, similar names and year and day of birth"                                                  },
        {{"name-start", "name-end"},                                                               "parts of a name and date of birth"        },
        {{"name-end"},                                                                             "end of a name and date of birth"          },
        {{"names-month", "name-start", "name-end"},                                                "similar names and year and month of birth"},
        {{NULL},                                                                                   ""                                         },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char out[256];
        json_t *kinds = json_array();
        for (size_t k = 0; rows[i].kinds[k] != NULL; k++)
            json_array_append_new(kinds, json_string(rows[i].kinds[k]));
        words_kinds(kinds, out, sizeof out);
        assert_string_equal(out, rows[i].want);
        json_decref(kinds);
    }
    for (unsigned kind = 1; kind < KIND_END; kind++)
        assert_true(strcmp(words_kind(match_kind_name(kind)), match_kind_name(kind)) != 0 ||
                    kind == KIND_DOCUMENT);
    for (int fault = 0; fault < FAULT_COUNT; fault++) {
        char name[64];
        words_fault_name((enum field_fault)fault, name, sizeof name);
        assert_string_equal(words_fault(name), field_fault_text((enum field_fault)fault));
    }
}

/* Goal: what keyholders did is said for each, and a text that is too long is cut. */
static void test_detail(void **state)
{
    (void)state;
    static const struct {
        const char *detail, *want;
    } rows[] = {
        {"",                                   ""                                       },
        {"NL-KVK-1=unavailable",               "NL-KVK-1: cannot be reached"            },
        {"NL-KVK-1=unavailable NL-X=1=budget",
         "NL-KVK-1: cannot be reached, NL-X=1: today's allowance there is used up"      },
        {"nonsense",                           ""                                       },
        {"NL-KVK-1=novelty",                   "NL-KVK-1: novelty"                      },
        {"NL-KVK-1=signature",                 "NL-KVK-1: the signature does not verify"},
    };
    char out[256];
    for (size_t i = 0; i < COUNT(rows); i++) {
        words_detail(rows[i].detail, out, sizeof out);
        assert_string_equal(out, rows[i].want);
    }
    words_detail(rows[2].detail, out, 10);
    assert_string_equal(out, "NL-KVK-1:");
}

/* Goal: lists of names are said with commas, also where they hold something else. */
static void test_list(void **state)
{
    (void)state;
    char out[64];
    json_t *names = json_pack("[s,s,i]", "document", "name-born", 7);
    words_list(names, words_kind, out, sizeof out);
    assert_string_equal(out, "document, name and date of birth, ?");
    words_list(names, words_kind, out, 12);
    assert_string_equal(out, "document, n");
    words_list(NULL, words_kind, out, sizeof out);
    assert_string_equal(out, "");
    json_decref(names);
    json_t *o = json_pack("{s:s,s:i}", "a", "text", "b", 5);
    assert_string_equal(words_text(o, "a"), "text");
    assert_string_equal(words_text(o, "b"), "");
    assert_string_equal(words_text(NULL, "b"), "");
    assert_int_equal(words_number(o, "b"), 5);
    assert_int_equal(words_number(o, "a"), 0);
    json_decref(o);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_codes),  cmocka_unit_test(test_faults), cmocka_unit_test(test_kinds),
        cmocka_unit_test(test_detail), cmocka_unit_test(test_list),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
