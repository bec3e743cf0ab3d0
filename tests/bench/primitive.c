#include "tests/bench/primitive.h"

#include "protocol/group.h"

#include <sodium.h>
#include <stdbool.h>

enum { HASHED_BYTES = 256 };

static uint8_t point[POINT_BYTES], sum[POINT_BYTES], scalar[SCALAR_BYTES], wide[WIDE_BYTES];
static volatile int failures; /* so that nothing is left out as unused */

static void prepare(void)
{
    static bool is_ready;
    if (is_ready)
        return;
    crypto_core_ristretto255_random(point);
    crypto_core_ristretto255_random(sum);
    crypto_core_ristretto255_scalar_random(scalar);
    randombytes_buf(wide, sizeof wide);
    is_ready = true;
}

static void multiply(size_t count)
{
    prepare();
    for (size_t i = 0; i < count; i++)
        failures += crypto_scalarmult_ristretto255(point, scalar, point);
}

static void multiply_base(void)
{
    uint8_t out[POINT_BYTES];
    prepare();
    failures += crypto_scalarmult_ristretto255_base(out, scalar);
}

static void add(size_t count)
{
    prepare();
    for (size_t i = 0; i < count; i++)
        failures += crypto_core_ristretto255_add(sum, sum, point);
}

static void hash(size_t count)
{
    static uint8_t text[HASHED_BYTES];
    for (size_t i = 0; i < count; i++)
        crypto_hash_sha512(text, text, sizeof text);
}

static void map(size_t count)
{
    prepare();
    for (size_t i = 0; i < count; i++) {
        hash(1);
        wide[i % WIDE_BYTES]++;
        failures += crypto_core_ristretto255_from_hash(sum, wide);
    }
}

void primitive_answer(size_t count)
{
    multiply(2 * count + 2);
    multiply_base();
    add(count - 1);
    hash(count);
}

void primitive_alone(size_t count)
{
    multiply(count);
}

void primitive_verify(size_t count)
{
    multiply(2 * count + 3);
    multiply_base();
    add(2 * count); /* 2 * (count - 1) in the sums, one each in t2 and t3 */
    hash(count);
}

void primitive_blind(size_t count, size_t padding)
{
    map(count + padding);
    multiply(count);
}

void primitive_combine(size_t count, size_t threshold)
{
    uint8_t inverse[SCALAR_BYTES];
    prepare();
    for (size_t i = 0; i < count; i++) {
        failures += crypto_core_ristretto255_scalar_invert(inverse, scalar);
        multiply(threshold);
        add(threshold - 1);
    }
}

void primitive_stat_prove(size_t width)
{
    multiply(width + 10);
    for (size_t i = 0; i < 3 * width + 8; i++)
        multiply_base();
    add(2 * width + 8);
    hash(5);
}

void primitive_stat_verify(size_t width)
{
    multiply(2 * width + 12);
    for (size_t i = 0; i < 2 * width + 5; i++)
        multiply_base();
    add(5 * width + 11);
    hash(5);
}
