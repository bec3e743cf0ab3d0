/*
 * figure.h - how the benchmarks count and say what they measured.
 *
 * One line a figure: name, value, unit, limit, ratio; "-" where there is no limit. The limit is
 * measured in the same run, or is a number that was promised. The ratio says how much of the limit
 * was reached: value / limit for rates and for memory, limit / value for times.
 */
#ifndef TESTS_BENCH_FIGURE_H
#define TESTS_BENCH_FIGURE_H

#include <stdbool.h>
#include <stddef.h>

enum figure_kind { FIGURE_RATE, FIGURE_TIME, FIGURE_MEMORY };

/* limit 0: there is none. */
void figure_say(const char *name, double value, const char *unit, double limit,
                enum figure_kind kind);

/* The value below which the share of the values lie (0.5: the median). Sorts them. */
double figure_quantile(double *values, size_t count, double share);

/* Says why on stderr and ends the program, unless is_good. */
void figure_need(bool is_good, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
