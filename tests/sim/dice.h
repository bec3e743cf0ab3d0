/*
 * dice.h - what a run draws: numbers that follow from one seed.
 *
 * Source: SplitMix64 (Steele, Lea, Flood 2014). Not for keys.
 */
#ifndef TESTS_SIM_DICE_H
#define TESTS_SIM_DICE_H

#include <stdbool.h>
#include <stdint.h>

struct dice {
    uint64_t state;
};

static inline uint64_t dice_next(struct dice *d)
{
    uint64_t z = d->state += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

/* Dice of their own for one purpose, so that a draw more for the one changes nothing elsewhere. */
static inline struct dice dice_for(uint64_t seed, uint64_t purpose)
{
    struct dice d = {seed ^ purpose << 56};
    d.state = dice_next(&d);
    return d;
}

/* 0 to n - 1; 0 for n 0. */
static inline uint64_t dice_below(struct dice *d, uint64_t n)
{
    return n == 0 ? 0 : dice_next(d) % n;
}

/* low to high, both included. */
static inline uint64_t dice_from(struct dice *d, uint64_t low, uint64_t high)
{
    return low + dice_below(d, high - low + 1);
}

static inline bool dice_is(struct dice *d, uint64_t of_1000)
{
    return dice_below(d, 1000) < of_1000;
}

#endif
