/*
 * Goal: a wish becomes the proposal that it means, which ceremony_check takes; and what cannot be
 * is named, with whom or how many it is about. Method: rows of wishes under an invented list with a
 * 2-of-3 key at organisations 0, 1, 2.
 */
#include "node/ceremony_plan.h"
#include "tests/unit/protocol/ceremony_file_sample.h"

enum { NOW = 1900000000, DAYS = 14 };

static struct roster list, changed;
static const uint8_t nonce[CEREMONY_NONCE_BYTES] = {5};

static int setup(void **state)
{
    (void)state;
    if (sodium_init() < 0)
        return -1;
    sample_ceremony_roster(&list);
    return 0;
}

/* A letter for each organisation: a is 0. x is none. */
static const char *org(char letter)
{
    return letter == 'x' ? "NL-KVK-99999999" : list.organisations[letter - 'a'].org_id;
}

static struct ceremony_wish wish_of(enum ceremony_kind kind, unsigned threshold, const char *to,
                                    const char *without)
{
    struct ceremony_wish w = {.kind = kind,
                              .key = KEY_PSEUDONYMS,
                              .threshold = threshold,
                              .patience_seconds = 60,
                              .days = DAYS};
    for (; *to != '\0'; to++)
        w.to[w.count++] = org(*to);
    for (; *without != '\0'; without++)
        w.without[w.without_count++] = org(*without);
    return w;
}

/* "a10" for organisation 0, which deals under 1 and receives nothing; in the order of letters. */
static void describe(const struct ceremony_proposal *p, char *out)
{
    for (size_t o = 0; o < 6; o++)
        for (size_t i = 0; i < p->count; i++)
            if (memcmp(p->person[i].author, list.organisations[o].author, AUTHOR_BYTES) == 0)
                out += sprintf(out, "%c%u%u ", (char)('a' + o), p->person[i].deals,
                               p->person[i].receives);
    *out = '\0';
}

static void test_sound(void **state)
{
    (void)state;
    static const struct {
        enum ceremony_kind kind;
        unsigned threshold;
        const char *to, *without;
        uint32_t epoch, refresh;
        const char *want;
    } rows[] = {
        {CEREMONY_GENERATE, 2, "edc",   "",  2, 0, "c33 d22 e11 "        },
        {CEREMONY_GENERATE, 3, "abcde", "",  2, 0, "a11 b22 c33 d44 e55 "},
        {CEREMONY_REFRESH,  0, "",      "",  1, 1, "a11 b22 c33 "        },
        {CEREMONY_ROTATE,   0, "",      "",  2, 0, "a11 b22 c33 "        },
        {CEREMONY_RESHARE,  2, "dbc",   "",  1, 1, "a10 b22 c33 d01 "    },
        {CEREMONY_RESHARE,  2, "dbc",   "a", 1, 1, "b22 c33 d01 "        },
        {CEREMONY_RESHARE,  2, "acd",   "",  1, 1, "a11 b20 c33 d02 "    },
        {CEREMONY_RESHARE,  3, "dcbae", "",  1, 1, "a11 b22 c33 d04 e05 "},
        {CEREMONY_RESHARE,  2, "abcd",  "",  1, 1, "a11 b22 c33 d04 "    },
        {CEREMONY_RESHARE,  2, "abd",   "a", 1, 1, "a01 b22 c30 d03 "    },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct ceremony_wish w =
            wish_of(rows[i].kind, rows[i].threshold, rows[i].to, rows[i].without);
        struct ceremony_proposal p;
        struct plan_problem problem;
        char got[128];
        w.is_anew = true;
        if (!ceremony_plan(&w, &list, list.organisations[4].author, nonce, NOW, &p, &problem))
            fail_msg("row %zu: %s", i, plan_fault_name(problem.fault));
        describe(&p, got);
        assert_string_equal(got, rows[i].want);
        assert_int_equal(p.epoch, rows[i].epoch);
        assert_int_equal(p.refresh, rows[i].refresh);
        assert_int_equal(p.threshold, rows[i].threshold != 0 ? rows[i].threshold : 2);
        assert_int_equal(p.until_utc, NOW + DAYS * 86400);
        assert_int_equal(p.patience_seconds, 60);
        assert_memory_equal(p.nonce, nonce, sizeof nonce);
        assert_int_equal(problem.fault, PLAN_SOUND);
        assert_int_equal(ceremony_check(&p, list.organisations[4].author, &list, NOW), OK);
    }
}

static void test_faults(void **state)
{
    (void)state;
    static const struct {
        enum ceremony_kind kind;
        unsigned threshold;
        const char *to, *without;
        enum plan_fault want;
        char about; /* 0: nobody */
        size_t needed, have;
    } rows[] = {
        {CEREMONY_GENERATE, 2, "abc",  "",   PLAN_KEY_THERE,     0,   1, 0},
        {CEREMONY_RESHARE,  2, "abx",  "",   PLAN_UNKNOWN,       'x', 0, 0},
        {CEREMONY_RESHARE,  2, "abf",  "",   PLAN_NO_ROLE,       'f', 0, 0},
        {CEREMONY_RESHARE,  2, "abda", "",   PLAN_TWICE,         'a', 0, 0},
        {CEREMONY_RESHARE,  1, "ad",   "",   PLAN_THRESHOLD,     0,   2, 1},
        {CEREMONY_RESHARE,  3, "abcd", "",   PLAN_TOO_FEW,       0,   5, 4},
        {CEREMONY_RESHARE,  2, "cba",  "",   PLAN_SAME,          0,   0, 0},
        {CEREMONY_RESHARE,  2, "cde",  "ab", PLAN_TOO_FEW_DEAL,  0,   2, 1},
        {CEREMONY_RESHARE,  2, "abd",  "e",  PLAN_NOT_HOLDER,    'e', 0, 0},
        {CEREMONY_RESHARE,  2, "abd",  "x",  PLAN_UNKNOWN,       'x', 0, 0},
        {CEREMONY_REFRESH,  0, "",     "b",  PLAN_RESHARE_FIRST, 0,   3, 2},
        {CEREMONY_ROTATE,   0, "",     "c",  PLAN_RESHARE_FIRST, 0,   3, 2},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct ceremony_wish w =
            wish_of(rows[i].kind, rows[i].threshold, rows[i].to, rows[i].without);
        struct ceremony_proposal p;
        struct plan_problem problem;
        assert_false(
            ceremony_plan(&w, &list, list.organisations[4].author, nonce, NOW, &p, &problem));
        if (problem.fault != rows[i].want || problem.needed != rows[i].needed ||
            problem.have != rows[i].have || (problem.org_id != NULL) != (rows[i].about != 0))
            fail_msg("row %zu: %s, %zu, %zu", i, plan_fault_name(problem.fault), problem.needed,
                     problem.have);
        if (rows[i].about != 0)
            assert_string_equal(problem.org_id, org(rows[i].about));
    }
}

/* Goal: what depends on the list: who proposes, whether there is a key, who is suspended. */
static void test_other_lists(void **state)
{
    (void)state;
    struct ceremony_wish w = wish_of(CEREMONY_REFRESH, 0, "", "");
    struct ceremony_proposal p;
    struct plan_problem problem;
    assert_false(ceremony_plan(&w, &list, list.organisations[5].author, nonce, NOW, &p, &problem));
    assert_int_equal(problem.fault, PLAN_NOT_KEYHOLDER);

    changed = list;
    changed.key_count = 0;
    assert_false(
        ceremony_plan(&w, &changed, list.organisations[4].author, nonce, NOW, &p, &problem));
    assert_int_equal(problem.fault, PLAN_NO_KEY);
    w = wish_of(CEREMONY_GENERATE, 2, "abc", "");
    assert_true(
        ceremony_plan(&w, &changed, list.organisations[4].author, nonce, NOW, &p, &problem));
    assert_int_equal(p.epoch, 1);

    changed = list;
    changed.organisations[1].status = ORG_SUSPENDED;
    w = wish_of(CEREMONY_ROTATE, 0, "", "");
    assert_false(
        ceremony_plan(&w, &changed, list.organisations[4].author, nonce, NOW, &p, &problem));
    assert_int_equal(problem.fault, PLAN_RESHARE_FIRST);
    assert_int_equal(problem.have, 2);
    w = wish_of(CEREMONY_RESHARE, 2, "abd", "");
    assert_false(
        ceremony_plan(&w, &changed, list.organisations[4].author, nonce, NOW, &p, &problem));
    assert_int_equal(problem.fault, PLAN_NOT_ACTIVE);
    w = wish_of(CEREMONY_RESHARE, 2, "acd", "");
    assert_true(
        ceremony_plan(&w, &changed, list.organisations[4].author, nonce, NOW, &p, &problem));

    const char *all[KEYHOLDERS_MAX + 1];
    w = wish_of(CEREMONY_RESHARE, 2, "", "");
    for (size_t i = 0; i < KEYHOLDERS_MAX + 1; i++)
        all[i] = org('a');
    memcpy(w.to, all, sizeof all);
    w.count = KEYHOLDERS_MAX + 1;
    assert_false(ceremony_plan(&w, &list, list.organisations[4].author, nonce, NOW, &p, &problem));
    assert_int_equal(problem.fault, PLAN_TOO_MANY);
    for (unsigned f = PLAN_SOUND; f < PLAN_COUNT; f++)
        assert_non_null(plan_fault_name((enum plan_fault)f));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sound),
        cmocka_unit_test(test_faults),
        cmocka_unit_test(test_other_lists),
    };
    return cmocka_run_group_tests(tests, setup, NULL);
}
