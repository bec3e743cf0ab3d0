/*
 * rng.h - the core's randomness: a seed drawn afresh at every start, and fresh bytes with each
 * event.
 *
 * The state is a key that is replaced by a one-way function of itself at every use, so that what
 * was drawn earlier cannot be computed from a later state, and that mixes in each event's bytes, so
 * that a restored snapshot of the process repeats nothing. Given the same seed and the same fresh
 * bytes the output is the same: that is what lets the simulator replay a run.
 *
 * Pure.
 */
#ifndef PROTOCOL_RNG_H
#define PROTOCOL_RNG_H

#include <stddef.h>
#include <stdint.h>

enum { RNG_SEED_BYTES = 32, RNG_FRESH_BYTES = 32 };

struct rng {
    uint8_t key[RNG_SEED_BYTES];
};

void rng_init(struct rng *r, const uint8_t seed[RNG_SEED_BYTES]);

/* key = BLAKE2b-256(key, "seinpost/v1/mix" || fresh). */
void rng_mix(struct rng *r, const uint8_t fresh[RNG_FRESH_BYTES]);

/* Fills out with len bytes (at most 2^20) and moves the key on. */
void rng_bytes(struct rng *r, void *out, size_t len);

/* A number below n (n >= 1), each equally likely to within 2^-32. */
uint32_t rng_below(struct rng *r, uint32_t n);

void rng_clear(struct rng *r);

#endif
