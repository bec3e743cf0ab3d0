/* Goal of the whole file: what is hidden cannot be computed from what is shown. The attacker of
 * these tests is written apart from the rule: it goes through every combination of the relations
 * with factors -1, 0 and 1 and looks at how many organisations stand behind what it gives. */
#include "tests/unit/protocol/stat_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { A = 2, B = 3, CELLS = 1 + A + B + A * B, ORGS_MAX = 12 };

static struct stat_world world;
static struct stat_result_work work;
static struct stat_result result;

/* An organisation's counts in a week, by cell. */
struct week {
    size_t orgs;
    uint32_t values[ORGS_MAX][CELLS];
};

static size_t contributors(const struct week *w, const bool *cells)
{
    size_t count = 0;
    for (size_t o = 0; o < w->orgs; o++) {
        bool has = false;
        for (size_t c = 0; c < CELLS; c++)
            has = has || (cells[c] && w->values[o][c] > 0);
        count += has;
    }
    return count;
}

/* Whether the hidden part of a combination is 0 whatever anybody counts: it then says nothing. As
 * counts add up, it is so if it is so for one case in each place of the table. */
static bool is_empty(const struct stat_schema *s, const int *f, const bool *hidden)
{
    for (size_t i = 0; i < A * B; i++) {
        uint32_t count[A * B] = {0}, values[CELLS];
        int sum = 0;
        count[i] = 1;
        world_values(s, count, values);
        for (size_t c = 0; c < CELLS; c++)
            sum += hidden[c] ? f[c] * (int)values[c] : 0;
        if (sum != 0)
            return false;
    }
    return true;
}

/* How many combinations of what is shown single out fewer organisations than the minimum. */
static size_t attack(const struct stat_schema *s, const struct week *w,
                     const enum stat_state *states)
{
    struct stat_relation relation[STAT_RELATIONS_MAX];
    size_t rows = 0, found = 0, all = 1;
    assert_int_equal(stat_schema_relations(s, relation, &rows), OK);
    for (size_t r = 0; r < rows; r++)
        all *= 3;
    for (size_t n = 1; n < all; n++) {
        int f[CELLS] = {0};
        bool hidden[CELLS] = {false}, is_known = false, is_about = false;
        size_t rest = n;
        for (size_t r = 0; r < rows; r++, rest /= 3) {
            const int factor = (int)(rest % 3) - 1;
            f[relation[r].total] += factor;
            for (size_t i = 0; i < relation[r].count; i++)
                f[relation[r].part[i]] -= factor;
        }
        for (size_t c = 0; c < CELLS; c++) {
            is_known = is_known || (f[c] != 0 && states[c] == STAT_SHOWN);
            hidden[c] = f[c] != 0 && states[c] != STAT_SHOWN;
            is_about = is_about || hidden[c];
        }
        found += is_known && is_about && contributors(w, hidden) < s->minimum_cell &&
                 !is_empty(s, f, hidden);
    }
    return found;
}

/* The flags of a week, and the rule. */
static void hide(const struct week *w, enum stat_state *states)
{
    bool below[CELLS];
    for (size_t c = 0; c < CELLS; c++) {
        bool one[CELLS] = {false};
        one[c] = true;
        below[c] = contributors(w, one) < world.schema.minimum_cell;
    }
    stat_suppress(&world.schema, below, &world.suppress, states);
}

/* A week of organisations that each report into few cells. density is in eighths. */
static void draw_week(struct rng *r, size_t orgs, uint32_t density, struct week *w)
{
    w->orgs = orgs;
    for (size_t o = 0; o < orgs; o++) {
        uint32_t count[A * B];
        for (size_t i = 0; i < A * B; i++)
            count[i] = rng_below(r, 8) < density ? 1 + rng_below(r, 2) : 0;
        world_values(&world.schema, count, w->values[o]);
    }
}

/* The same week with one organisation fewer (which), or one more that is like none of them. */
static void without(const struct week *w, size_t which, struct week *out)
{
    *out = *w;
    out->orgs--;
    memmove(out->values[which], out->values[which + 1],
            (out->orgs - which) * sizeof out->values[0]);
}

static void with(const struct week *w, size_t cell, struct week *out)
{
    uint32_t count[A * B] = {0};
    *out = *w;
    count[cell] = 1;
    world_values(&world.schema, count, out->values[out->orgs++]);
}

/* Goal: shapes by hand. Method: rows of flags and what the rule makes of them; 0 total, 1 and 2
 * rows, 3 to 8 the table, 9 to 11 columns. */
static void test_shapes(void **state)
{
    (void)state;
    static const struct {
        const char *below, *want; /* '1' below; 's' shown, 'p' primary, 'q' secondary */
        const char *why;
    } rows[] = {
        {"000000000000", "ssssssssssss", "nothing is small"                       },
        {"000001000000", "ssssqpsqqsss", "one: a square is hidden"                },
        {"111111111111", "pppppppppppp", "all: nothing is shown"                  },
        {"000111111000", "sssppppppqqq", "the whole table: one side of sums stays"},
        {"010111000000", "spqpppqqqsss", "a row and its total"                    },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        bool below[CELLS];
        enum stat_state states[CELLS];
        char got[CELLS + 1] = {0};
        for (size_t c = 0; c < CELLS; c++)
            below[c] = rows[i].below[c] == '1';
        stat_suppress(&world.schema, below, &world.suppress, states);
        for (size_t c = 0; c < CELLS; c++)
            got[c] = "spq"[states[c]];
        print_message("%s: %s\n", rows[i].why, got);
        assert_string_equal(got, rows[i].want);
    }
}

/* Goal: no cell is singled out in any week, nor in the same week with one organisation more or
 * fewer; and the attacker of this test can do it where nothing but small cells is hidden.
 * Method: WEEKS weeks (4) of 8 organisations on plain counts, of all densities. */
static void test_differencing(void **state)
{
    (void)state;
    const char *given = getenv("WEEKS");
    const unsigned long weeks = given != NULL ? strtoul(given, NULL, 10) : 4;
    struct rng r;
    uint8_t seed[32] = {11};
    size_t worlds = 0, found = 0, naive = 0, shown = 0, hidden = 0;
    rng_init(&r, seed);
    for (unsigned long n = 0; n < weeks; n++) {
        struct week w, other;
        enum stat_state states[CELLS];
        draw_week(&r, 8, 2 + (uint32_t)(n % 5), &w);
        for (size_t i = 0; i < 1 + w.orgs + A * B; i++, worlds++) {
            if (i == 0)
                other = w;
            else if (i <= w.orgs)
                without(&w, i - 1, &other);
            else
                with(&w, i - 1 - w.orgs, &other);
            hide(&other, states);
            found += attack(&world.schema, &other, states);
            for (size_t c = 0; c < CELLS; c++) {
                shown += states[c] == STAT_SHOWN;
                hidden += states[c] != STAT_SHOWN;
                if (states[c] == STAT_SECONDARY)
                    states[c] = STAT_SHOWN;
            }
            naive += attack(&world.schema, &other, states) > 0;
        }
    }
    print_message("differencing: %lu weeks, %zu worlds, cells shown %zu, hidden %zu, "
                  "singled out %zu; with small cells alone hidden: in %zu worlds\n",
                  weeks, worlds, shown, hidden, found, naive);
    assert_int_equal(found, 0);
    assert_true(naive > 0 && shown > 0);
}

/* Goal: the same with real proofs: what the transcript shows is what the rule says of the plain
 * counts, and its figures are their sums; one set a period, so that no two worlds of one week are
 * ever published. Method: 4 weeks, 12 cells, 8 organisations, of 5 or fewer counts a cell. */
static void test_proofs(void **state)
{
    (void)state;
    struct rng r;
    uint8_t seed[32] = {12};
    rng_init(&r, seed);
    for (uint32_t n = 0; n < 4; n++) {
        struct week w;
        enum stat_state states[CELLS];
        struct stat_fault fault;
        struct stat_schema s = world.schema;
        s.period++;
        world_adopt(&world, &s);
        world_begin(&world);
        draw_week(&r, 8, 3 + n, &w);
        for (uint16_t o = 0; o < w.orgs; o++)
            assert_int_equal(world_accept(&world, o, world_prove(&world, o, w.values[o])), OK);
        world_tally(&world, (uint8_t)(n % 2));
        assert_int_equal(
            stat_result_verify(bytes_of(world.file, world.file_len), &work, &result, &fault), OK);
        hide(&w, states);
        assert_int_equal(attack(&world.schema, &w, states), 0);
        for (size_t c = 0; c < CELLS; c++) {
            uint32_t sum = 0;
            for (size_t o = 0; o < w.orgs; o++)
                sum += w.values[o][c];
            assert_int_equal(result.state[c], states[c]);
            assert_int_equal(result.value[c], states[c] == STAT_SHOWN ? sum : 0);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_shapes),
        cmocka_unit_test(test_differencing),
        cmocka_unit_test(test_proofs),
    };
    if (sodium_init() < 0)
        return 1;
    stat_log_init(&world.log);
    world_init(&world, A, B, 4);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
