#include "node/table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

/* Prints a table of the rows, which end with NULL, under two or three heads. */
static void print(const char *const *heads, const char *const (*rows)[3], char *out, size_t cap)
{
    struct table *t = table_new(heads);
    size_t count = 0;
    for (; rows[count][0] != NULL; count++)
        table_add(t, rows[count]);
    assert_int_equal(table_rows(t), count);
    FILE *f = fmemopen(out, cap, "w");
    assert_non_null(f);
    table_print(t, f);
    fclose(f);
    table_free(&t);
    assert_null(t);
    table_free(&t);
}

/* Goal: columns stand under each other whatever the script, without blanks at a line's end.
 * Method: names of one, two and no columns a sign, an empty cell in the middle and at the end. */
static void test_alignment(void **state)
{
    (void)state;
    static const char *const heads[] = {"Name", "Is", "More", NULL};
    static const char *const rows[][3] = {
        {"Bram",                    "a",  "x" },
        {"Ren\xc3\xa9",             "b",  ""  },
        {"Rene\xcc\x81",            "c",  "x" }, /* combining accent */
        {"漢字二",               "d",  "x" },
        {"",                        "",   "x" },
        {"سلمى الوادعي", "e",  ""  },
        {NULL,                      NULL, NULL},
    };
    char out[1024] = "";
    print(heads, rows, out, sizeof out);
    assert_string_equal(out, "Name          Is  More\n"
                             "Bram          a   x\n"
                             "Ren\xc3\xa9          b\n"
                             "Rene\xcc\x81          c   x\n"
                             "漢字二        d   x\n"
                             "                  x\n"
                             "سلمى الوادعي  e\n");
}

/* Goal: nothing that comes from others can move the cursor or turn the writing. */
static void test_safe(void **state)
{
    (void)state;
    static const char *const heads[] = {"A", "B", "C", NULL};
    static const char *const rows[][3] = {
        {"a\x1b[2Jb", "c\nd",
         "e\xe2\x80\xae"
         "f"                      }, /* U+202E turns the direction */
        {"\xff",      "\xc3",
         "\xc2\x9b"
         "1m"                     }, /* no text; and U+009B */
        {NULL,        NULL,   NULL},
    };
    char out[256] = "";
    print(heads, rows, out, sizeof out);
    assert_string_equal(out, "A       B    C\n"
                             "a?[2Jb  c?d  e?f\n"
                             "?       ?    ?1m\n");
}

/* Goal: a table of no rows prints nothing, and one of many prints all. */
static void test_sizes(void **state)
{
    (void)state;
    static const char *const heads[] = {"A", "B", "C", NULL};
    static const char *const none[][3] = {
        {NULL, NULL, NULL}
    };
    static const char *many[1001][3];
    static char out[64 * 1024];
    print(heads, none, out, sizeof out);
    assert_string_equal(out, "");
    for (size_t i = 0; i < 1000; i++)
        many[i][0] = many[i][1] = many[i][2] = "x";
    print(heads, (const char *const(*)[3])many, out, sizeof out);
    size_t lines = 0;
    for (const char *c = out; *c != '\0'; c++)
        lines += *c == '\n';
    assert_int_equal(lines, 1001);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_alignment),
        cmocka_unit_test(test_safe),
        cmocka_unit_test(test_sizes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
