#include "tests/bench/figure.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static int digits(double value)
{
    return value >= 1000 ? 0 : value >= 10 ? 1 : 2;
}

void figure_say(const char *name, double value, const char *unit, double limit,
                enum figure_kind kind)
{
    printf("%s %.*f %s ", name, digits(value), value, unit);
    if (limit > 0)
        printf("%.*f %.2f\n", digits(limit), limit,
               kind == FIGURE_TIME ? limit / value : value / limit);
    else
        printf("- -\n");
    fflush(stdout);
}

static int by_value(const void *a, const void *b)
{
    const double *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

double figure_quantile(double *values, size_t count, double share)
{
    assert(count > 0);
    qsort(values, count, sizeof *values, by_value);
    size_t at = (size_t)((double)count * share);
    return values[at < count ? at : count - 1];
}

void figure_need(bool is_good, const char *format, ...)
{
    if (is_good)
        return;
    va_list args;
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
    exit(1);
}
