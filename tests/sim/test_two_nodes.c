/*
 * Goal: two nodes find each other, one publishes, the other holds it, an erasure reaches it, and
 * each evaluates at the other; the whole conversation is the one that is written down. Method: two
 * unchanged cores on virtual time; the trace is compared with a golden file, line by line. With
 * UPDATE_GOLDEN=1 in the environment the file is written instead, to be read before it is
 * committed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/sim/world.h"

static const char GOLDEN[] = "tests/data/two-nodes.trace";
enum { TODAY = WORLD_START_UTC / 86400 };

static void compare_golden(const char *trace)
{
    if (getenv("UPDATE_GOLDEN") != NULL) {
        FILE *out = fopen(GOLDEN, "w");
        assert_non_null(out);
        fputs(trace, out);
        fclose(out);
        return;
    }
    FILE *in = fopen(GOLDEN, "r");
    assert_non_null(in);
    char line[256];
    size_t number = 0;
    while (fgets(line, sizeof line, in) != NULL) {
        number++;
        size_t len = strlen(line);
        if (strncmp(trace, line, len) != 0) {
            print_message("line %zu: want %.*s", number, (int)len, line);
            print_message("line %zu: have %.*s\n", number, (int)strcspn(trace, "\n"), trace);
            fail();
        }
        trace += len;
    }
    fclose(in);
    assert_string_equal(trace, "");
}

static void test_story(void **state)
{
    (void)state;
    struct world_setup setup = {.seed = 1, .nodes = 2, .keyholders = 2, .threshold = 2};
    struct world *w = world_new(&setup);
    world_run(w, 5000);
    uint64_t index;
    uint8_t tag[16], a[32], b[32];
    world_tag(7, tag);

    assert_int_equal(world_signal(w, 0, 7, TODAY + 365, &index), OK);
    world_run(w, 100);
    assert_int_equal(shelf_find_tag(world_shelf(w, 1), tag, TODAY), 1);

    assert_int_equal(world_evaluate(w, 0, "somebody", 1000, a), OK);
    assert_int_equal(world_evaluate(w, 1, "somebody", 1000, b), OK);
    assert_memory_equal(a, b, 32);

    assert_int_equal(world_erase(w, 0, index), OK);
    world_run(w, 2500);
    assert_int_equal(shelf_find_tag(world_shelf(w, 1), tag, TODAY), 0);
    assert_int_equal(shelf_receipts(world_shelf(w, 0), index), 1);
    struct coverage c;
    federation_coverage(world_core(w, 1), world_now_utc(w), &c);
    assert_int_equal(c.gaps, 0);
    compare_golden(world_trace(w));
    world_free(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_story)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
