/*
 * dealing_sample.h - a sharing, and what a number of dealers make of it.
 *
 * Everything follows from small labels, so that each run is the same.
 */
#ifndef TESTS_UNIT_PROTOCOL_DEALING_SAMPLE_H
#define TESTS_UNIT_PROTOCOL_DEALING_SAMPLE_H

#include "protocol/dealing.h"
#include "tests/unit/protocol/group_rows.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

/* Both halves of a sharing: index[i], share[i] and commitment[i] belong together. */
struct sharing {
    size_t t, n;
    uint8_t public_key[POINT_BYTES];
    uint32_t index[KEYHOLDERS_MAX];
    uint8_t share[KEYHOLDERS_MAX][SCALAR_BYTES];
    uint8_t commitment[KEYHOLDERS_MAX][POINT_BYTES];
};

/* What comes next: who deals it (bits, by place in the old sharing; in generate in the new one),
 * and to whom. */
struct plan {
    enum dealing_kind kind;
    unsigned dealers;
    size_t t, n;
    uint32_t first; /* the lowest new index; the others follow */
    uint32_t label; /* another one, other polynomials */
};

struct played {
    struct dealing_set set;
    struct dealing dealing[KEYHOLDERS_MAX];
    struct dealing_secret secret[KEYHOLDERS_MAX];
    struct dealing_place place[KEYHOLDERS_MAX];
    struct dealing_base base[KEYHOLDERS_MAX];
    uint8_t seed[KEYHOLDERS_MAX][DEALING_SEED_BYTES];
};

static inline struct dealing_place place_of(uint32_t label, uint32_t dealer)
{
    struct dealing_place p = {.round = 1};
    uint32_t in[2] = {label, dealer};
    crypto_generichash(p.ceremony, HASH_BYTES, (const uint8_t *)in, sizeof in[0], NULL, 0);
    crypto_generichash(p.dealer, AUTHOR_BYTES, (const uint8_t *)in, sizeof in, NULL, 0);
    return p;
}

/* One dealer's part: of the old sharing's place i, and in multiply of the factor's. */
static inline void play_dealer(struct played *p, const struct plan *plan, const struct sharing *old,
                               const struct sharing *factor, size_t i)
{
    static const uint8_t zeros[SCALAR_BYTES];
    const size_t d = p->set.count++;
    const bool is_multiply = plan->kind == DEALING_MULTIPLY;
    const bool is_based = is_multiply || plan->kind == DEALING_RESHARE;
    uint8_t product[SCALAR_BYTES];
    const uint8_t *first = plan->kind == DEALING_REFRESH ? zeros : NULL;
    p->place[d] = place_of(plan->label, (uint32_t)i);
    p->set.index[d] = old != NULL ? old->index[i] : plan->first + (uint32_t)i;
    p->set.dealing[d] = &p->dealing[d];
    scalar_of(plan->label * 1000 + (uint32_t)i, p->seed[d]);
    if (is_based) {
        memcpy(p->base[d].commitment, old->commitment[i], POINT_BYTES);
        memcpy(p->base[d].public_key, old->public_key, POINT_BYTES);
        first = old->share[i];
    }
    if (is_multiply) {
        memcpy(p->base[d].factor, factor->commitment[i], POINT_BYTES);
        assert_int_equal(dealing_product(factor->share[i], old->share[i], product), OK);
        first = product;
    }
    const struct dealing_base *base = is_based ? &p->base[d] : NULL;
    assert_int_equal(dealing_draw(p->seed[d], &p->place[d], plan->t, first, &p->secret[d]), OK);
    assert_int_equal(dealing_publish(&p->secret[d], p->seed[d], &p->place[d], plan->kind, base,
                                     is_multiply ? factor->share[i] : NULL, &p->dealing[d]),
                     OK);
    assert_int_equal(dealing_verify(&p->dealing[d], &p->place[d], base), OK);
}

/* One receiver's part: checks what each dealer gives it, and combines. */
static inline void play_receiver(const struct played *p, const struct dealing *all,
                                 const uint8_t *old_share, const uint8_t *old_commitment,
                                 struct sharing *out, size_t i)
{
    uint8_t sub[KEYHOLDERS_MAX][SCALAR_BYTES], commitment[POINT_BYTES];
    for (size_t d = 0; d < p->set.count; d++) {
        assert_int_equal(dealing_share(&p->secret[d], out->index[i], sub[d]), OK);
        assert_int_equal(dealing_check(&p->dealing[d], out->index[i], sub[d]), OK);
    }
    assert_int_equal(dealing_combine_share(&p->set, (const uint8_t(*)[SCALAR_BYTES])sub, old_share,
                                           out->share[i]),
                     OK);
    assert_int_equal(
        dealing_united_commitment(all, out->index[i], old_commitment, out->commitment[i]), OK);
    assert_int_equal(point_mul_base(out->share[i], commitment), OK);
    assert_memory_equal(commitment, out->commitment[i], POINT_BYTES);
}

/* Plays all of it: what everybody computes in public is what the shares are, and passes the check
 * of the member list. */
static inline void play(const struct plan *plan, const struct sharing *old,
                        const struct sharing *factor, struct played *p, struct sharing *out)
{
    const bool is_refresh = plan->kind == DEALING_REFRESH;
    struct dealing all;
    memset(p, 0, sizeof *p);
    memset(out, 0, sizeof *out);
    p->set.kind = plan->kind;
    out->t = plan->t;
    out->n = plan->n;
    for (size_t i = 0; i < KEYHOLDERS_MAX; i++)
        if (plan->dealers >> i & 1)
            play_dealer(p, plan, old, factor, i);
    assert_int_equal(dealing_unite(&p->set, &all), OK);
    for (size_t i = 0; i < plan->n; i++) {
        out->index[i] = is_refresh ? old->index[i] : plan->first + (uint32_t)i;
        play_receiver(p, &all, is_refresh ? old->share[i] : NULL,
                      is_refresh ? old->commitment[i] : NULL, out, i);
    }
    assert_int_equal(
        dealing_combine_key(&p->set, is_refresh ? old->public_key : NULL, out->public_key), OK);
    assert_int_equal(
        threshold_check(out->public_key, out->t, out->n, out->index, out->commitment[0]), OK);
}

/* A key that no one holds. */
static inline void sharing_new(size_t t, size_t n, uint32_t label, struct sharing *out)
{
    struct played p;
    const struct plan plan = {DEALING_GENERATE, (1U << n) - 1, t, n, 1, label};
    play(&plan, NULL, NULL, &p, out);
}

/* What those whose bit is set make of a point with their shares. */
static inline void apply(const struct sharing *s, unsigned subset, const uint8_t point[POINT_BYTES],
                         uint8_t out[POINT_BYTES])
{
    uint32_t indexes[KEYHOLDERS_MAX];
    size_t count = 0, which = 0;
    for (size_t i = 0; i < s->n; i++)
        if (subset >> i & 1)
            indexes[count++] = s->index[i];
    memset(out, 0, POINT_BYTES);
    for (size_t i = 0; i < s->n; i++) {
        uint8_t part[POINT_BYTES], lambda[SCALAR_BYTES];
        if ((subset >> i & 1) == 0)
            continue;
        assert_int_equal(point_mul(s->share[i], point, part), OK);
        assert_int_equal(threshold_lagrange(indexes, count, which++, lambda), OK);
        assert_int_equal(point_mul_add(lambda, part, out), OK);
    }
}

#endif
