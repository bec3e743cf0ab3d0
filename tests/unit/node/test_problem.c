#include "node/problem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Goal: a sentence replaces the one before, cannot command a terminal, and is cut at its limit.
 * Method: a short one, a hostile one, a long one, and nowhere to put it. */
static void sentences(void **state)
{
    (void)state;
    struct problem p;
    static char text[PROBLEM_BYTES * 2];
    problem_set(&p, "%s:%d: is wrong.", "a/b\x1b[2J\n\x7f", 5);
    assert_string_equal(p.text, "a/b?[2J??:5: is wrong.");
    problem_set(&p, "caf\xc3\xa9");
    assert_string_equal(p.text, "caf\xc3\xa9");
    memset(text, 'a', sizeof text - 1);
    problem_set(&p, "%s", text);
    assert_int_equal(strlen(p.text), PROBLEM_BYTES - 1);
    problem_set(NULL, "nobody listens");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(sentences)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
