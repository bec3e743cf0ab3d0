/*
 * primitive.h - the least that evaluations cost: libsodium's operations that they cannot do
 * without, and nothing else.
 *
 * The counts follow RFC 9497 as libsodium can do it (no multiplication of several scalars at once),
 * so that each function is the limit of one of protocol/evaluation.h.
 */
#ifndef TESTS_BENCH_PRIMITIVE_H
#define TESTS_BENCH_PRIMITIVE_H

#include <stddef.h>

/* What evaluation_answer needs for a batch of count: 2 * count + 2 multiplications, 1 of the base
 * point, count - 1 additions, count hashes of three blocks of SHA-512. */
void primitive_answer(size_t count);

/* evaluation_alone: count multiplications. */
void primitive_alone(size_t count);

/* evaluation_verify: 2 * count + 3 multiplications, 1 of the base point, 2 * count additions, count
 * hashes. */
void primitive_verify(size_t count);

/* Blinding count elements (one from a hash, one multiplication each), and padding (one from a
 * hash each). */
void primitive_blind(size_t count, size_t padding);

/* evaluation_combine of count elements from threshold answers: one inversion, threshold
 * multiplications, and additions between them each. */
void primitive_combine(size_t count, size_t threshold);

/* stat_cell_prove of a value with u > 0: width + 10 multiplications, 3 * width + 8 of the base
 * point, 2 * width + 8 additions, 5 hashes. */
void primitive_stat_prove(size_t width);

/* stat_cell_verify: 2 * width + 12 multiplications, 2 * width + 5 of the base point, 5 * width + 11
 * additions, 5 hashes. */
void primitive_stat_verify(size_t width);

#endif
