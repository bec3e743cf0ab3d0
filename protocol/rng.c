#include "protocol/rng.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

#include "proto/bytes.h"

void rng_init(struct rng *r, const uint8_t seed[RNG_SEED_BYTES])
{
    memcpy(r->key, seed, RNG_SEED_BYTES);
}

/* out = BLAKE2b-256(key=r->key, domain || data); out may be r->key. */
static void derive(const struct rng *r, struct bytes domain, const uint8_t *data, size_t len,
                   uint8_t out[RNG_SEED_BYTES])
{
    crypto_generichash_state st;
    crypto_generichash_init(&st, r->key, sizeof r->key, RNG_SEED_BYTES);
    crypto_generichash_update(&st, domain.data, domain.len);
    if (len > 0)
        crypto_generichash_update(&st, data, len);
    crypto_generichash_final(&st, out, RNG_SEED_BYTES);
    sodium_memzero(&st, sizeof st);
}

void rng_mix(struct rng *r, const uint8_t fresh[RNG_FRESH_BYTES])
{
    derive(r, BYTES_LITERAL("seinpost/v1/mix"), fresh, RNG_FRESH_BYTES, r->key);
}

void rng_bytes(struct rng *r, void *out, size_t len)
{
    assert(len <= 1u << 20);
    uint8_t seed[randombytes_SEEDBYTES];
    static_assert(sizeof seed == RNG_SEED_BYTES, "one derivation seeds one draw");
    derive(r, BYTES_LITERAL("seinpost/v1/draw"), NULL, 0, seed);
    derive(r, BYTES_LITERAL("seinpost/v1/next"), NULL, 0, r->key);
    randombytes_buf_deterministic(out, len, seed);
    sodium_memzero(seed, sizeof seed);
}

uint32_t rng_below(struct rng *r, uint32_t n)
{
    assert(n > 0);
    uint64_t draw;
    rng_bytes(r, &draw, sizeof draw);
    return (uint32_t)(draw % n);
}

void rng_clear(struct rng *r)
{
    sodium_memzero(r, sizeof *r);
}
