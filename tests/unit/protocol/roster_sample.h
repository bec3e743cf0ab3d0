/*
 * roster_sample.h - an invented member list of any size, with stewards whose keys the test holds.
 *
 * Everything is made from small numbers, so that each run is the same.
 */
#ifndef TESTS_ROSTER_SAMPLE_H
#define TESTS_ROSTER_SAMPLE_H

#include "protocol/roster_chain.h"
#include "protocol/roster_encode.h"
#include "protocol/threshold.h"

#include <setjmp.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { SAMPLE_STEWARDS = 5, SAMPLE_STRANGER = 9 };

/* 64 bytes that depend on both numbers and nothing else. */
static inline void sample_bytes(uint32_t what, uint32_t number, uint8_t out[64])
{
    uint32_t in[2] = {what, number};
    crypto_generichash(out, 64, (const uint8_t *)in, sizeof in, NULL, 0);
}

/* The key pair of steward number i; SAMPLE_STRANGER is none. */
static inline void sample_steward(uint32_t i, uint8_t public_key[32], uint8_t secret_key[64])
{
    uint8_t seed[64];
    sample_bytes(1, i, seed);
    crypto_sign_seed_keypair(public_key, secret_key, seed);
}

static inline void sample_organisation(struct organisation *o, uint32_t i)
{
    uint8_t b[64];
    memset(o, 0, sizeof *o);
    snprintf(o->org_id, sizeof o->org_id, "NL-KVK-%08u", 10000000 + i * 7919 % 1024);
    snprintf(o->name, sizeof o->name, "Invented Relief %u", i);
    memcpy(o->country, "NL", 3);
    sample_bytes(2, i, b);
    memcpy(o->feed_key, b, KEY_BYTES);
    memcpy(o->transport_key, b + 32, KEY_BYTES);
    o->roles = ROLE_MEMBER | (i < 3 ? ROLE_KEYHOLDER : 0u);
    o->status = ORG_ACTIVE;
    o->feed_epoch = 1;
    memcpy(o->licence, "AP-2031", 8);
    o->basis_expires_utc = 2000000000;
    author_of(bytes_of(o->org_id, strlen(o->org_id)), o->author);
}

/* A 2-of-3 key held by the first three organisations. */
static inline void sample_key(const struct roster *r, struct roster_key *k, uint32_t key,
                              uint32_t epoch)
{
    uint8_t wide[64], secret[32], coefficient[32];
    struct share shares[3];
    memset(k, 0, sizeof *k);
    k->key = key;
    k->epoch = epoch;
    k->threshold = 2;
    k->share_count = 3;
    sample_bytes(3, key * 100 + epoch, wide);
    scalar_from_wide(wide, secret);
    sample_bytes(4, key * 100 + epoch, wide);
    scalar_from_wide(wide, coefficient);
    assert_int_equal(threshold_deal(secret, coefficient, 2, 3, shares), OK);
    assert_int_equal(point_mul_base(secret, k->public_key), OK);
    for (size_t i = 0; i < 3; i++) {
        k->index[i] = shares[i].index;
        memcpy(k->holder[i], r->organisations[i].author, AUTHOR_BYTES);
        assert_int_equal(threshold_commit(&shares[i], k->commitment[i]), OK);
    }
}

/* A genesis of count organisations, five stewards of whom three must sign, and two keys. */
static inline void sample_roster(struct roster *r, uint32_t count)
{
    uint8_t secret_key[64];
    memset(r, 0, sizeof *r);
    r->version = 1;
    memcpy(r->federation, "Sample federation", 18);
    r->issued_utc = 1900000000;
    r->fresh_until_utc = 1902592000;
    r->stewards.count = SAMPLE_STEWARDS;
    r->stewards.quorum = 3;
    for (uint32_t i = 0; i < SAMPLE_STEWARDS; i++)
        sample_steward(i, r->stewards.key[i], secret_key);
    r->organisation_count = count;
    for (uint32_t i = 0; i < count; i++)
        sample_organisation(&r->organisations[i], i);
    r->key_count = 2;
    sample_key(r, &r->keys[0], KEY_PSEUDONYMS, 1);
    sample_key(r, &r->keys[1], KEY_STATISTICS, 4);
}

/* A genesis of as many organisations as there can be, every text as long as it may be. */
static inline void sample_largest(struct roster *r)
{
    sample_roster(r, ORGANISATIONS_MAX);
    for (size_t i = 0; i < ORGANISATIONS_MAX; i++) {
        struct organisation *o = &r->organisations[i];
        memset(o->org_id + strlen(o->org_id), '9', ORG_ID_BYTES_MAX - strlen(o->org_id));
        memset(o->name, 'n', NAME_BYTES_MAX);
        memset(o->licence, 'l', REFERENCE_BYTES_MAX);
        memset(o->dpia, 'd', REFERENCE_BYTES_MAX);
        memset(o->transfer, 't', REFERENCE_BYTES_MAX);
        o->basis_expires_utc = INT64_MAX;
        o->feed_epoch = UINT32_MAX;
        o->roles = ROLES_ALL;
        author_of(bytes_of(o->org_id, strlen(o->org_id)), o->author);
    }
    sample_key(r, &r->keys[0], KEY_PSEUDONYMS, 1);
    sample_key(r, &r->keys[1], KEY_STATISTICS, 4);
}

/* Signs a document with the stewards whose bits are set; returns the SignedRoster's length. */
static inline size_t sample_sign(struct bytes document, uint32_t who, struct wire_arena *arena,
                                 uint8_t *out, size_t cap)
{
    struct signed_roster s = {.document = document};
    for (uint32_t i = 0; i < 32; i++) {
        uint8_t public_key[32], secret_key[64];
        if ((who >> i & 1) == 0)
            continue;
        sample_steward(i, public_key, secret_key);
        assert_int_equal(roster_sign(document, secret_key, arena, &s.signatures[s.count]), OK);
        assert_memory_equal(s.signatures[s.count].steward, public_key, 32);
        s.count++;
    }
    size_t len = signed_roster_encode(&s, out, cap);
    assert_true(len > 0);
    return len;
}

/* Storage of a test, all of it on the heap. */
struct sample {
    struct wire_arena arena;
    struct roster in, current, out;
    uint8_t document[ROSTER_BYTES_MAX];
    uint8_t text[ROSTER_BYTES_MAX];
    uint8_t room[ROSTER_ARENA_BYTES];
};

static inline int sample_setup(void **state)
{
    struct sample *s = sodium_init() < 0 ? NULL : calloc(1, sizeof *s);
    if (s == NULL)
        return -1;
    wire_arena_init(&s->arena, s->room, sizeof s->room);
    *state = s;
    return 0;
}

static inline int sample_teardown(void **state)
{
    free(*state);
    return 0;
}

#endif
