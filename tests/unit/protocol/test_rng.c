#include "protocol/rng.h"

#include <setjmp.h>
#include <sodium.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

static const uint8_t seed_a[RNG_SEED_BYTES] = "a seed";
static const uint8_t seed_b[RNG_SEED_BYTES] = "another seed";
static const uint8_t fresh_a[RNG_FRESH_BYTES] = "fresh";
static const uint8_t fresh_b[RNG_FRESH_BYTES] = "other fresh";

enum { BLOCK = 32, BLOCKS = 64 };

/* Draws of many lengths, with fresh bytes in between, as the core does. */
static void draw_many(struct rng *r, uint8_t out[BLOCKS][BLOCK])
{
    memset(out, 0, (size_t)BLOCKS * BLOCK);
    for (size_t i = 0; i < BLOCKS; i++) {
        if (i % 8 == 7)
            rng_mix(r, fresh_a);
        rng_bytes(r, out[i], 1 + i % BLOCK);
    }
}

/* Goal: a run can be replayed: one seed and the same fresh bytes give the same stream.
 * Method: two states from one seed, with draws of every length; a third from a seed that differs in
 * one bit gives another stream at once. */
static void same_seed_same_stream(void **state)
{
    (void)state;
    struct rng one, two, other;
    static uint8_t a[BLOCKS][BLOCK], b[BLOCKS][BLOCK];
    rng_init(&one, seed_a);
    rng_init(&two, seed_a);
    draw_many(&one, a);
    draw_many(&two, b);
    assert_memory_equal(a, b, sizeof a);

    for (size_t bit = 0; bit < 8 * RNG_SEED_BYTES; bit++) {
        uint8_t seed[RNG_SEED_BYTES];
        memcpy(seed, seed_a, sizeof seed);
        seed[bit / 8] ^= (uint8_t)(1u << bit % 8);
        rng_init(&one, seed_a);
        rng_init(&other, seed);
        rng_bytes(&one, a[0], BLOCK);
        rng_bytes(&other, b[0], BLOCK);
        assert_memory_not_equal(a[0], b[0], BLOCK);
    }
}

/* Goal: a snapshot that is started again repeats nothing, since its next event brings other bytes.
 * Method: a copy of the state in mid-run; original and copy go on with fresh bytes that differ in
 * one bit, and no later draw of one equals a draw of the other. With the same bytes they stay
 * together. */
static void fresh_bytes_diverge(void **state)
{
    (void)state;
    struct rng original, copy;
    static uint8_t a[BLOCKS][BLOCK], b[BLOCKS][BLOCK];
    rng_init(&original, seed_a);
    draw_many(&original, a);
    for (size_t bit = 0; bit < 8 * RNG_FRESH_BYTES; bit++) {
        uint8_t fresh[RNG_FRESH_BYTES];
        memcpy(fresh, fresh_a, sizeof fresh);
        fresh[bit / 8] ^= (uint8_t)(1u << bit % 8);
        copy = original;
        rng_mix(&original, fresh_a);
        rng_mix(&copy, fresh);
        rng_bytes(&original, a[0], BLOCK);
        rng_bytes(&copy, b[0], BLOCK);
        assert_memory_not_equal(a[0], b[0], BLOCK);
    }
    copy = original;
    rng_mix(&original, fresh_a);
    rng_mix(&copy, fresh_b);
    for (size_t i = 0; i < BLOCKS; i++) {
        rng_mix(&original, fresh_a);
        rng_mix(&copy, fresh_a); /* the same again does not bring them together */
        rng_bytes(&original, a[i], BLOCK);
        rng_bytes(&copy, b[i], BLOCK);
    }
    for (size_t i = 0; i < BLOCKS; i++)
        for (size_t k = 0; k < BLOCKS; k++)
            assert_memory_not_equal(a[i], b[k], BLOCK);
    copy = original;
    draw_many(&original, a);
    draw_many(&copy, b);
    assert_memory_equal(a, b, sizeof a);
}

/* BLAKE2b-256(key=key, text). */
static void keyed(const uint8_t key[32], const char *domain, const uint8_t *data, size_t len,
                  uint8_t out[32])
{
    uint8_t text[128];
    size_t n = strlen(domain);
    memcpy(text, domain, n);
    if (len > 0)
        memcpy(text + n, data, len);
    assert_int_equal(crypto_generichash(out, 32, text, n + len, key, 32), 0);
}

/* Goal: what was drawn cannot be computed from what the state is afterwards.
 * Method: the next key and the draw are two outputs of a keyed hash of the key before, which the
 * state no longer holds; so neither the old key nor the draw, nor the seed that stretched into it,
 * is left in it, and starting from the later key gives other draws. */
static void earlier_output_is_gone(void **state)
{
    (void)state;
    struct rng r, thief;
    uint8_t before[BLOCK], draw[BLOCK], seed[32], next[32], mixed[32], got[BLOCK];
    rng_init(&r, seed_b);
    for (size_t i = 0; i < BLOCKS; i++) {
        memcpy(before, r.key, sizeof before);
        keyed(before, "seinpost/v1/draw", NULL, 0, seed);
        keyed(before, "seinpost/v1/next", NULL, 0, next);
        rng_bytes(&r, draw, sizeof draw);
        assert_memory_equal(r.key, next, sizeof next);
        assert_memory_not_equal(r.key, before, sizeof before);
        assert_memory_not_equal(r.key, seed, sizeof seed);
        assert_memory_not_equal(r.key, draw, sizeof draw);
        randombytes_buf_deterministic(got, sizeof got, seed);
        assert_memory_equal(got, draw, sizeof draw);

        thief = r;
        for (size_t k = 0; k < BLOCKS; k++) {
            rng_bytes(&thief, got, sizeof got);
            assert_memory_not_equal(got, draw, sizeof draw);
        }
        memcpy(before, r.key, sizeof before);
        keyed(before, "seinpost/v1/mix", fresh_b, sizeof fresh_b, mixed);
        rng_mix(&r, fresh_b);
        assert_memory_equal(r.key, mixed, sizeof mixed);
        assert_memory_not_equal(r.key, before, sizeof before);
    }
}

/* Goal: a draw writes exactly what it is asked for, moves on also when it writes nothing, and its
 * bytes are even.
 * Method: lengths with canaries behind them; over 64 KiB, how often each value occurs. */
static void lengths(void **state)
{
    (void)state;
    static const size_t rows[] = {0, 1, 31, 32, 33, 63, 64, 65, 1000, 1u << 20};
    static uint8_t out[(1u << 20) + 8];
    struct rng r;
    rng_init(&r, seed_a);
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct rng before = r;
        memset(out, 0x5a, sizeof out);
        rng_bytes(&r, out, rows[i]);
        assert_memory_not_equal(&r, &before, sizeof r);
        for (size_t k = rows[i]; k < rows[i] + 8; k++)
            assert_int_equal(out[k], 0x5a);
    }
    unsigned value[256] = {0};
    for (size_t i = 0; i < 1u << 16; i++)
        value[out[i]]++;
    for (size_t i = 0; i < COUNT(value); i++)
        assert_true(value[i] > 256 - 96 && value[i] < 256 + 96); /* six standard deviations */
}

/* Goal: a number below n is below n, and all of them come equally often.
 * Method: rows of n, 6,400 draws each; for small n the counts are within six standard deviations.
 */
static void below(void **state)
{
    (void)state;
    enum { DRAWS = 6400, SMALL_MAX = 64 };
    static const uint32_t rows[] = {1, 2, 3, 5, 31, 64, 1000, 0x80000001u, UINT32_MAX};
    struct rng r;
    rng_init(&r, seed_a);
    for (size_t i = 0; i < COUNT(rows); i++) {
        unsigned seen[SMALL_MAX] = {0};
        uint32_t n = rows[i], most = 0;
        for (size_t k = 0; k < DRAWS; k++) {
            uint32_t got = rng_below(&r, n);
            assert_true(got < n);
            most = got > most ? got : most;
            if (n <= SMALL_MAX)
                seen[got]++;
        }
        assert_true(most >= n - 1 - n / 100); /* the upper end is reached */
        double want = (double)DRAWS / n;
        for (size_t v = 0; n <= SMALL_MAX && v < n; v++) {
            double off = seen[v] - want;
            assert_true(off * off <= 36 * want);
        }
    }
}

/* Goal: nothing of the state is left behind. */
static void clears(void **state)
{
    (void)state;
    static const uint8_t zeros[sizeof(struct rng)];
    struct rng r;
    rng_init(&r, seed_a);
    rng_mix(&r, fresh_a);
    rng_clear(&r);
    assert_memory_equal(&r, zeros, sizeof r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(same_seed_same_stream),
        cmocka_unit_test(fresh_bytes_diverge),
        cmocka_unit_test(earlier_output_is_gone),
        cmocka_unit_test(lengths),
        cmocka_unit_test(below),
        cmocka_unit_test(clears),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
