/*
 * Goal: whatever enough dealers deal, enough receivers have the key that it should be, and fewer
 * have nothing; what is wrong is refused; and a dealing is what its seed says.
 * Method: all four uses by every set of dealers and against every set of receivers, of 2-of-3 and
 * 3-of-5, and a few of 7-of-13; then honest dealings, changed.
 */
#include "tests/unit/protocol/dealing_sample.h"

#include <time.h>

static const struct {
    size_t t, n;
} sizes[] = {
    {2, 3},
    {3, 5},
};
enum { SIZES = sizeof sizes / sizeof sizes[0], BIG_T = 7, BIG_N = 13 };

static void some_point(uint8_t out[POINT_BYTES])
{
    voprf_hash_to_group(VOPRF_VOPRF, BYTES_LITERAL("somebody"), out);
}

/* That t or more holders of a sharing make of a point what is wanted, and that fewer do not; every
 * set of them. */
static void assert_every_subset(const struct sharing *s, const uint8_t want[POINT_BYTES])
{
    uint8_t point[POINT_BYTES], got[POINT_BYTES];
    some_point(point);
    for (unsigned subset = 1; subset < 1U << s->n; subset++) {
        apply(s, subset, point, got);
        bool is_enough = (size_t)__builtin_popcount(subset) >= s->t;
        assert_int_equal(memcmp(got, want, POINT_BYTES) == 0, is_enough);
    }
}

/* What all holders of a sharing make of that point. */
static void value_of(const struct sharing *s, uint8_t out[POINT_BYTES])
{
    uint8_t point[POINT_BYTES];
    some_point(point);
    apply(s, (1U << s->n) - 1, point, out);
}

static bool is_enough(unsigned dealers, size_t least)
{
    return (size_t)__builtin_popcount(dealers) >= least;
}

/* Whoever of the dealers remains, the others have a key; another set of dealers, another key. */
static void test_generate(void **state)
{
    (void)state;
    for (size_t i = 0; i < SIZES; i++) {
        uint8_t keys[32][POINT_BYTES];
        size_t count = 0;
        for (unsigned dealers = 1; dealers < 1U << sizes[i].n; dealers++) {
            struct played p;
            struct sharing s;
            uint8_t value[POINT_BYTES];
            const struct plan plan = {DEALING_GENERATE, dealers, sizes[i].t, sizes[i].n, 1, 7};
            play(&plan, NULL, NULL, &p, &s);
            value_of(&s, value);
            if (is_enough(dealers, sizes[i].t))
                assert_every_subset(&s, value);
            for (size_t k = 0; k < count; k++)
                assert_memory_not_equal(keys[k], s.public_key, POINT_BYTES);
            memcpy(keys[count++], s.public_key, POINT_BYTES);
        }
    }
}

/* The same key and the same answers, with shares of which no old one is left. */
static void test_refresh(void **state)
{
    (void)state;
    for (size_t i = 0; i < SIZES; i++) {
        struct sharing old;
        uint8_t value[POINT_BYTES];
        sharing_new(sizes[i].t, sizes[i].n, 11, &old);
        value_of(&old, value);
        for (unsigned dealers = 1; dealers < 1U << sizes[i].n; dealers++) {
            struct played p;
            struct sharing s;
            const struct plan plan = {DEALING_REFRESH, dealers, sizes[i].t, sizes[i].n, 1, 12};
            play(&plan, &old, NULL, &p, &s);
            assert_memory_equal(s.public_key, old.public_key, POINT_BYTES);
            for (size_t k = 0; k < s.n; k++)
                assert_memory_not_equal(s.share[k], old.share[k], SCALAR_BYTES);
            if (is_enough(dealers, sizes[i].t))
                assert_every_subset(&s, value);
        }
    }
}

/* Shares from before and after a refresh belong to no one key: no mixture of t of them is one. */
static void test_mixed(void **state)
{
    (void)state;
    unsigned mixtures = 0;
    for (size_t i = 0; i < SIZES; i++) {
        struct sharing old, new;
        struct played p;
        uint8_t value[POINT_BYTES], got[POINT_BYTES], point[POINT_BYTES];
        const unsigned all = (1U << sizes[i].n) - 1;
        const struct plan plan = {DEALING_REFRESH, all, sizes[i].t, sizes[i].n, 1, 14};
        sharing_new(sizes[i].t, sizes[i].n, 13, &old);
        play(&plan, &old, NULL, &p, &new);
        value_of(&old, value);
        some_point(point);
        for (unsigned subset = 1; subset <= all; subset++) {
            for (unsigned fresh = 1; fresh < subset; fresh++) {
                if ((fresh & ~subset) != 0 || !is_enough(subset, sizes[i].t))
                    continue;
                struct sharing mix = old;
                for (size_t k = 0; k < mix.n; k++)
                    if (fresh >> k & 1)
                        memcpy(mix.share[k], new.share[k], SCALAR_BYTES);
                apply(&mix, subset, point, got);
                assert_memory_not_equal(got, value, POINT_BYTES);
                mixtures++;
            }
        }
    }
    assert_int_equal(mixtures, 3 * 2 + 6 + 10 * 6 + 5 * 14 + 30);
}

/* The same key at other holders, and for another threshold. */
static void test_reshare(void **state)
{
    (void)state;
    static const struct {
        size_t t, n;
        uint32_t first;
    } next[] = {
        {2, 3, 1  },
        {2, 3, 4  },
        {3, 5, 200},
    };
    for (size_t i = 0; i < SIZES; i++) {
        struct sharing old;
        uint8_t value[POINT_BYTES];
        sharing_new(sizes[i].t, sizes[i].n, 15, &old);
        value_of(&old, value);
        for (unsigned dealers = 1; dealers < 1U << sizes[i].n; dealers++) {
            for (size_t k = 0; k < sizeof next / sizeof next[0]; k++) {
                struct played p;
                struct sharing s;
                const struct plan plan = {DEALING_RESHARE, dealers,       next[k].t,
                                          next[k].n,       next[k].first, 16};
                play(&plan, &old, NULL, &p, &s);
                /* fewer dealers than the old threshold share out something else */
                assert_int_equal(memcmp(s.public_key, old.public_key, POINT_BYTES) == 0,
                                 is_enough(dealers, sizes[i].t));
                if (is_enough(dealers, sizes[i].t))
                    assert_every_subset(&s, value);
            }
        }
    }
}

/* What the figures of a ceremony rest on, of a product that was played: printed, and not asserted.
 */
static double now_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static void measure(struct played *p, const struct sharing *factor, struct sharing *out)
{
    const size_t n = out->n;
    double start = now_us();
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(dealing_publish(&p->secret[i], p->seed[i], &p->place[i], DEALING_MULTIPLY,
                                         &p->base[i], factor->share[i], &p->dealing[i]),
                         OK);
        for (size_t k = 0; k < n; k++)
            assert_int_equal(dealing_share(&p->secret[i], out->index[k], out->share[k]), OK);
    }
    double dealt = now_us();
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(dealing_verify(&p->dealing[i], &p->place[i], &p->base[i]), OK);
        assert_int_equal(dealing_share(&p->secret[i], 1, out->share[i]), OK);
        assert_int_equal(dealing_check(&p->dealing[i], 1, out->share[i]), OK);
    }
    double verified = now_us();
    struct dealing all;
    assert_int_equal(dealing_combine_key(&p->set, NULL, out->public_key), OK);
    assert_int_equal(dealing_unite(&p->set, &all), OK);
    for (size_t k = 0; k < n; k++)
        assert_int_equal(dealing_united_commitment(&all, out->index[k], NULL, out->commitment[k]),
                         OK);
    double combined = now_us();
    printf("# %zu of %zu, product: %.0f us to deal, %.0f us to verify one dealing and sub-share, "
           "%.0f us to combine all that is public\n",
           out->t, n, (dealt - start) / (double)n, (verified - dealt) / (double)n,
           combined - verified);
}

/* A new key that is factor times the old one, which nobody put together: what the new shares make
 * of a point is what the factor's shares make of what the old ones make of it. */
static void test_multiply(void **state)
{
    (void)state;
    for (size_t i = 0; i < SIZES; i++) {
        const unsigned all = (1U << sizes[i].n) - 1;
        struct sharing old, factor, s;
        struct played p;
        uint8_t value[POINT_BYTES], want[POINT_BYTES];
        sharing_new(sizes[i].t, sizes[i].n, 17, &old);
        sharing_new(sizes[i].t, sizes[i].n, 18, &factor);
        value_of(&old, value);
        apply(&factor, all, value, want);
        const struct plan plan = {DEALING_MULTIPLY, all, sizes[i].t, sizes[i].n, 1, 19};
        play(&plan, &old, &factor, &p, &s);
        assert_every_subset(&s, want);
        measure(&p, &factor, &s);
    }
    /* with one holder more than 2t - 1, every set of dealers that is large enough */
    struct sharing old, factor, s;
    uint8_t value[POINT_BYTES], want[POINT_BYTES];
    sharing_new(2, 5, 17, &old);
    sharing_new(2, 5, 18, &factor);
    value_of(&old, value);
    apply(&factor, 31, value, want);
    for (unsigned dealers = 1; dealers < 32; dealers++) {
        struct played p;
        const struct plan plan = {DEALING_MULTIPLY, dealers, 2, 5, 1, 20};
        if (!is_enough(dealers, 3))
            continue;
        play(&plan, &old, &factor, &p, &s);
        assert_every_subset(&s, want);
    }
}

/* Goal: the same at 7-of-13, through the answers that keyholders give and askers verify.
 * Method: one sharing goes through generate, refresh, reshare and multiply; after each, the first
 * and the last t answer a blinded point, and N is compared. */
static void pseudonym(const struct sharing *s, size_t from, size_t count, uint8_t out[POINT_BYTES])
{
    static const uint8_t fresh[EVALUATION_FRESH_BYTES];
    const struct bytes who = BYTES_LITERAL("somebody");
    uint8_t blind[SCALAR_BYTES], blinded[POINT_BYTES], proof[VOPRF_PROOF_BYTES];
    uint8_t evaluated[KEYHOLDERS_MAX][POINT_BYTES];
    const uint8_t *batches[KEYHOLDERS_MAX];
    struct evaluation_lambdas l;
    scalar_of(99, blind);
    assert_int_equal(voprf_blind(VOPRF_VOPRF, who, blind, blinded), OK);
    for (size_t i = 0; i < count; i++) {
        struct share share = {.index = s->index[from + i]};
        memcpy(share.scalar, s->share[from + i], SCALAR_BYTES);
        const uint8_t *commitment = s->commitment[from + i];
        assert_int_equal(
            evaluation_answer(&share, commitment, blinded, 1, fresh, evaluated[i], proof), OK);
        assert_int_equal(evaluation_verify(commitment, blinded, evaluated[i], 1, proof), OK);
        batches[i] = evaluated[i];
    }
    assert_int_equal(evaluation_lambdas_init(&l, s->index + from, count), OK);
    assert_int_equal(evaluation_combine(&l, batches, 0, blind, out), OK);
}

static void assert_same_answers(const struct sharing *s, const uint8_t want[POINT_BYTES])
{
    uint8_t got[POINT_BYTES];
    pseudonym(s, 0, s->t, got);
    assert_memory_equal(got, want, POINT_BYTES);
    pseudonym(s, s->n - s->t, s->t, got);
    assert_memory_equal(got, want, POINT_BYTES);
    pseudonym(s, 0, s->t - 1, got);
    assert_memory_not_equal(got, want, POINT_BYTES);
}

static void test_large(void **state)
{
    (void)state;
    enum { ALL = (1 << BIG_N) - 1 };
    static struct played p;
    struct sharing s, next, factor;
    uint8_t n[POINT_BYTES], product[POINT_BYTES];
    const struct plan plans[] = {
        {DEALING_REFRESH, 0x1ace, BIG_T, BIG_N, 1, 21},
        {DEALING_RESHARE, 0x15d5, 3,     5,     1, 23},
        {DEALING_RESHARE, 0x001a, BIG_T, BIG_N, 1, 24},
    };
    sharing_new(BIG_T, BIG_N, 25, &s);
    pseudonym(&s, 0, BIG_T, n);
    assert_same_answers(&s, n);
    for (size_t i = 0; i < sizeof plans / sizeof plans[0]; i++) {
        play(&plans[i], &s, NULL, &p, &next);
        assert_memory_equal(next.public_key, s.public_key, POINT_BYTES);
        assert_same_answers(&next, n);
        s = next;
    }
    const struct plan multiply = {DEALING_MULTIPLY, ALL, BIG_T, BIG_N, 1, 26};
    sharing_new(BIG_T, BIG_N, 27, &factor);
    play(&multiply, &s, &factor, &p, &next);
    apply(&factor, 0x7f, n, product);
    assert_same_answers(&next, product);
    measure(&p, &factor, &next);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_generate), cmocka_unit_test(test_refresh),
        cmocka_unit_test(test_mixed),    cmocka_unit_test(test_reshare),
        cmocka_unit_test(test_multiply), cmocka_unit_test(test_large),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
