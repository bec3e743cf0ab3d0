#include "protocol/orgid.h"

#include "proto/limits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct bytes text_of(const char *s)
{
    return bytes_of(s, strlen(s));
}

/* Goal: list-coded identifiers pass, everything else is refused with its reason.
 * Method: one row is one identifier. */
static void forms(void **state)
{
    (void)state;
    static const struct {
        const char *id;
        enum err want;
        const char *why;
    } rows[] = {
        {"NL-KVK-41198677",                                                  OK,         "a chamber of commerce"           },
        {"GB-CHC-202918",                                                    OK,         "a charity"                       },
        {"XI-IATI-1001",                                                     OK,         "an international list"           },
        {"XM-DAC-7",                                                         OK,         "one digit is enough"             },
        {"CA_QC-QBC-1143",                                                   OK,         "a jurisdiction with a region"    },
        {"AE-RK_CR-12",                                                      OK,         "an underscore in the list's name"},
        {"US-EIN-98-76.543/a(b)~!",                                          OK,         "printable signs, further hyphens"},
        {"AA-AA-1",                                                          OK,         "the shortest list name"          },
        {"AA-ABCDEFGHIJ-1",                                                  OK,         "the longest list name"           },
        {"",                                                                 ERR_FORMAT, "empty"                           },
        {"AT-1",                                                             ERR_FORMAT, "a retired form"                  },
        {"41123",                                                            ERR_FORMAT, "a retired form"                  },
        {"NL-KVK",                                                           ERR_FORMAT, "no identifier"                   },
        {"NL-KVK-",                                                          ERR_FORMAT, "an empty identifier"             },
        {"NL--1",                                                            ERR_FORMAT, "an empty list name"              },
        {"NL-K-1",                                                           ERR_FORMAT, "the list name is too short"      },
        {"AA-ABCDEFGHIJK-1",                                                 ERR_FORMAT, "the list name is too long"       },
        {"nl-KVK-1",                                                         ERR_FORMAT, "small letters in the country"    },
        {"NL-kvk-1",                                                         ERR_FORMAT, "small letters in the list name"  },
        {"N1-KVK-1",                                                         ERR_FORMAT, "a digit in the country"          },
        {"NLD-KVK-1",                                                        ERR_FORMAT, "three letters"                   },
        {"CA_Q-QBC-1",                                                       ERR_FORMAT, "a short region"                  },
        {"CA_QCX-QBC-1",                                                     ERR_FORMAT, "a long region"                   },
        {"CA_-QBC-1",                                                        ERR_FORMAT, "an empty region"                 },
        {"NL-KVK-41 98",                                                     ERR_FORMAT, "a space"                         },
        {"NL-KVK-41\n",                                                      ERR_FORMAT, "a line end"                      },
        {"NL-KVK-41\x7f",                                                    ERR_FORMAT, "a control character"             },
        {"NL-KVK-41\xc3\xa9",                                                ERR_FORMAT, "not ASCII"                       },
        {" NL-KVK-41",                                                       ERR_FORMAT, "a space before"                  },
        {"NL-KVK-56789012345678901234567890123456789012345678901234567890",  OK,
         "63 bytes, the most"                                                                                              },
        {"NL-KVK-567890123456789012345678901234567890123456789012345678901", ERR_LIMIT,  "64 bytes"                        },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (orgid_check(text_of(rows[i].id)) != rows[i].want)
            fail_msg("%s: %s", rows[i].id, rows[i].why);
    assert_int_equal(orgid_check(bytes_of(NULL, 0)), ERR_FORMAT);
    assert_int_equal(orgid_check(bytes_of("NL-KVK-4\0001", 10)), ERR_FORMAT);
    assert_true(orgid_is_list_form(
        text_of("NL-KVK-567890123456789012345678901234567890123456789012345678901")));
}

/* Goal: an identifier cut short passes only where what is left has the form itself, and nothing is
 * read past the end.
 * Method: every length, copied to the end of an allocation so that a sanitizer sees a byte more. */
static void truncations(void **state)
{
    (void)state;
    static const char whole[] = "CA_QC-QBC-1143";
    for (size_t len = 0; len <= strlen(whole); len++) {
        uint8_t *copy = malloc(len + 1); /* one more, so that an empty one has an address too */
        assert_non_null(copy);
        memcpy(copy + 1, whole, len);
        assert_int_equal(orgid_is_list_form(bytes_of(copy + 1, len)), len >= strlen("CA_QC-QBC-1"));
        free(copy);
    }
}

static FILE *open_data(const char *name)
{
    const char *folder = getenv("SEINPOST_DATA");
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder != NULL ? folder : "../shared/data", name);
    return fopen(path, "r");
}

/* Goal: real identifiers, current and retired, are told apart. Method: read them where they lie. */
static void partner_organisations(void **state)
{
    (void)state;
    FILE *f = open_data("partner-organisations.tsv");
    if (f == NULL)
        skip();
    char line[4096];
    size_t count = 0, list_form = 0;
    assert_non_null(fgets(line, sizeof line, f)); /* the header */
    while (fgets(line, sizeof line, f) != NULL) {
        struct bytes id = bytes_of(line, strcspn(line, "\t\n"));
        bool is_list_form = orgid_is_list_form(id);
        assert_int_equal(orgid_check(id) == OK, is_list_form);
        count++;
        list_form += is_list_form;
    }
    fclose(f);
    assert_int_equal(count, 464);
    assert_int_equal(list_form, 45);
}

/* Goal: every list that exists has a code of the known form. Method: read them where they lie. */
static void list_codes(void **state)
{
    (void)state;
    FILE *f = open_data("org-id-lists.tsv");
    if (f == NULL)
        skip();
    char line[4096];
    size_t count = 0;
    assert_non_null(fgets(line, sizeof line, f));
    while (fgets(line, sizeof line, f) != NULL) {
        char id[64];
        snprintf(id, sizeof id, "%.*s-1", (int)strcspn(line, "\t\n"), line);
        if (orgid_check(text_of(id)) != OK)
            fail_msg("%s is refused", id);
        count++;
    }
    fclose(f);
    assert_int_equal(count, 539);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(forms),
        cmocka_unit_test(truncations),
        cmocka_unit_test(partner_organisations),
        cmocka_unit_test(list_codes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
