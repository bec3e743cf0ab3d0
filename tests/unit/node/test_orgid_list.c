/*
 * test_orgid_list.c - identifiers of organisations against a file of registers, and without one.
 */
#include "node/orgid_list.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static char path[] = "/tmp/test_orgid_list.XXXXXX";

static void write_file(const char *text)
{
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

static enum err check(const char *file, const char *org_id, struct problem *problem)
{
    memset(problem, 0, sizeof *problem);
    return orgid_list_check(file, bytes_of(org_id, strlen(org_id)), problem);
}

struct row {
    const char *org_id;
    enum err want;
    const char *says;
};

static void assert_rows(const char *file, const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct problem problem;
        enum err e = check(file, rows[i].org_id, &problem);
        if (e != rows[i].want)
            fail_msg("%s: %s", rows[i].org_id, err_name(e));
        if (strstr(problem.text, rows[i].says) == NULL)
            fail_msg("%s: %s", rows[i].org_id, problem.text);
        if (e == OK)
            assert_string_equal(problem.text, "");
    }
}

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

static void without_a_file(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"NL-KVK-41198677",       OK,            ""                       },
        {"BE-BCE_KBO-0123456789", OK,            ""                       },
        {"XI-IATI-AT-1",          OK,            ""                       },
        {"GB-CHC-",               ERR_FORMAT,    "for example GB-CHC"     },
        {"AT-1",                  ERR_FORMAT,    "or XI-IATI- and"        },
        {"Some partner",          ERR_FORMAT,    "no identifier"          },
        {"",                      ERR_FORMAT,    "no identifier"          },
        {"QQ-NONE-1",             ERR_NOT_FOUND, "no register QQ-NONE."   },
        {"QQ-NONE-1",             ERR_NOT_FOUND, "the setting orgid_lists"},
        {"NL-KVKX-1",             ERR_NOT_FOUND, "XI-IATI-"               },
    };
    assert_rows("", rows, COUNT(rows));
    char longest[80];
    struct problem problem;
    memset(longest, 'x', sizeof longest);
    memcpy(longest, "NL-KVK-", 7);
    longest[64] = '\0';
    assert_int_equal(check("", longest, &problem), ERR_LIMIT);
}

static void with_a_file(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"QQ-ONE-1",          OK,            ""                               },
        {"QQ_AB-TWO_2-x-y/z", OK,            ""                               },
        {"QQ-OLD-1",          ERR_STALE,     "QQ-OLD has been withdrawn. Use" },
        {"NL-KVK-41198677",   ERR_NOT_FOUND, "There is no register NL-KVK. Lo"},
        {"QQ-ON-1",           ERR_NOT_FOUND, "no register QQ-ON."             },
        {"QQ-LAST-1",         OK,            ""                               },
    };
    struct problem problem;
    write_file(
        "code\tcountry\tstatus\tname\r\nQQ-ONE\tQQ\tactive\tOne\r\n\nQQ_AB-TWO_2\tQQ\tactive\tTwo\n"
        "QQ-OLD\tQQ\twithdrawn\tOld\nQQ-LAST");
    assert_rows(path, rows, COUNT(rows));
    (void)check(path, "NL-KVK-1", &problem);
    assert_null(strstr(problem.text, "orgid_lists")); /* it is set */
    write_file("code\tcountry\tstatus\tname\n");
    assert_int_equal(check(path, "NL-KVK-1", &problem), ERR_RANGE);
    assert_non_null(strstr(problem.text, "holds no register"));
    assert_int_equal(check("/nowhere/at/all", "NL-KVK-1", &problem), ERR_IO);
    assert_non_null(strstr(problem.text, "/nowhere/at/all"));
}

/* The published lists, and every identifier that is of the list form among real partners. */
static void with_the_public_file(void **state)
{
    (void)state;
    char lists[512], partners[512], line[1024];
    const char *dir = getenv("SEINPOST_DATA");
    snprintf(lists, sizeof lists, "%s/org-id-lists.tsv", dir != NULL ? dir : "../shared/data");
    snprintf(partners, sizeof partners, "%s/partner-organisations.tsv",
             dir != NULL ? dir : "../shared/data");
    FILE *f = fopen(partners, "rb");
    if (f == NULL || access(lists, R_OK) != 0) {
        if (f != NULL)
            fclose(f);
        skip();
    }
    size_t known = 0, formless = 0, unknown = 0;
    while (fgets(line, sizeof line, f) != NULL) {
        struct problem problem;
        line[strcspn(line, "\t")] = '\0';
        enum err e = check(lists, line, &problem);
        known += e == OK;
        formless += e == ERR_FORMAT;
        unknown += e == ERR_NOT_FOUND;
        if (e == ERR_IO || e == ERR_RANGE)
            fail_msg("%s", problem.text);
    }
    fclose(f);
    print_message("[ figure ] %zu of known registers, %zu of unknown ones, %zu of retired forms\n",
                  known, unknown, formless);
    assert_true(known > 40 && formless > 50 && unknown == 0);
    struct problem problem;
    assert_int_equal(check(lists, "NL-KVK-41198677", &problem), OK);
    assert_int_equal(check(lists, "QQ-NONE-1", &problem), ERR_NOT_FOUND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_a_file),
        cmocka_unit_test(with_a_file),
        cmocka_unit_test(with_the_public_file),
    };
    int fd = mkstemp(path);
    if (fd < 0)
        return 1;
    close(fd);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    unlink(path);
    return failed;
}
