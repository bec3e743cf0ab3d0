/*
 * ceremony_file_sample.h - the result of an invented key ceremony: the 2-of-3 key of
 * roster_sample.h is given from organisations 0, 1, 2 to 1, 2, 3, proposed by 4.
 */
#ifndef TESTS_CEREMONY_FILE_SAMPLE_H
#define TESTS_CEREMONY_FILE_SAMPLE_H

#include "protocol/ceremony_file.h"
#include "tests/unit/protocol/roster_sample.h"

enum { SAMPLE_UNTIL = 1900500000, SAMPLE_PEOPLE = 4 };

static inline void sample_feed_pair(uint32_t i, uint8_t public_key[32], uint8_t secret_key[64])
{
    uint8_t seed[64];
    sample_bytes(50, i, seed);
    crypto_sign_seed_keypair(public_key, secret_key, seed);
}

/* The list, of six organisations of whom five are key holders; read back, so that it can be
 * searched. */
static inline void sample_ceremony_roster(struct roster *out)
{
    static struct roster r;
    static uint8_t document[ROSTER_BYTES_MAX], room[ROSTER_ARENA_BYTES];
    uint8_t secret_key[64];
    struct wire_arena arena;
    wire_arena_init(&arena, room, sizeof room);
    sample_roster(&r, 6);
    for (uint32_t i = 0; i < 6; i++) {
        r.organisations[i].roles = ROLE_MEMBER | (i < 5 ? ROLE_KEYHOLDER : 0u);
        sample_feed_pair(i, r.organisations[i].feed_key, secret_key);
    }
    size_t len = roster_encode(&r, document, sizeof document);
    assert_int_equal(roster_decode(bytes_of(document, len), &arena, out), OK);
}

/* The same key, by another polynomial, at organisations 3, 1, 2 under indexes 1, 2, 3. */
static inline void sample_reshared(const struct roster *r, struct roster_key *k)
{
    static const size_t at[3] = {3, 1, 2};
    uint8_t wide[64], secret[32], coefficient[32];
    struct share shares[3];
    *k = r->keys[0];
    k->refresh = 1;
    sample_bytes(3, KEY_PSEUDONYMS * 100 + 1, wide);
    scalar_from_wide(wide, secret);
    sample_bytes(4, 999, wide);
    scalar_from_wide(wide, coefficient);
    assert_int_equal(threshold_deal(secret, coefficient, 2, 3, shares), OK);
    for (size_t i = 0; i < 3; i++) {
        memcpy(k->holder[i], r->organisations[at[i]].author, AUTHOR_BYTES);
        assert_int_equal(threshold_commit(&shares[i], k->commitment[i]), OK);
    }
}

static inline int sample_by_author(const void *a, const void *b)
{
    return memcmp(a, b, AUTHOR_BYTES);
}

/* Everybody in the last closing signs what the file says now. */
static inline void sample_confirm(const struct roster *r, struct ceremony_file *f)
{
    const struct ceremony_close *last = &f->close[f->close_count - 1];
    uint8_t transcript[HASH_BYTES], public_key[32], secret_key[64];
    ceremony_file_transcript(f, transcript);
    f->signer_count = last->count;
    for (size_t i = 0; i < last->count; i++) {
        uint32_t who = 0;
        while (who < 5 && memcmp(r->organisations[who].author, last->row[i].author, 32) != 0)
            who++;
        sample_feed_pair(who, public_key, secret_key);
        memcpy(f->signer[i].author, last->row[i].author, AUTHOR_BYTES);
        ceremony_sign(transcript, secret_key, f->signer[i].signature);
    }
}

static inline void sample_ceremony_file(const struct roster *r, struct ceremony_file *f)
{
    static const uint8_t deals[SAMPLE_PEOPLE] = {1, 2, 3, 0},
                         receives[SAMPLE_PEOPLE] = {0, 2, 3, 1};
    memset(f, 0, sizeof *f);
    memcpy(f->proposer, r->organisations[4].author, AUTHOR_BYTES);
    f->proposal = (struct ceremony_proposal){.nonce = {7},
                                             .kind = CEREMONY_RESHARE,
                                             .key = KEY_PSEUDONYMS,
                                             .threshold = 2,
                                             .epoch = 1,
                                             .refresh = 1,
                                             .base_epoch = 1,
                                             .patience_seconds = 60,
                                             .until_utc = SAMPLE_UNTIL,
                                             .count = SAMPLE_PEOPLE};
    for (size_t i = 0; i < SAMPLE_PEOPLE; i++) {
        struct ceremony_person *p = &f->proposal.person[i];
        memcpy(p->author, r->organisations[i].author, AUTHOR_BYTES);
        p->deals = deals[i];
        p->receives = receives[i];
    }
    qsort(f->proposal.person, SAMPLE_PEOPLE, sizeof f->proposal.person[0], sample_by_author);
    f->close_count = 3;
    for (size_t i = 0; i < 3; i++) {
        f->close[i].phase = (uint8_t)(i + 1);
        f->close[i].count = SAMPLE_PEOPLE;
        for (size_t j = 0; j < SAMPLE_PEOPLE; j++) {
            memcpy(f->close[i].row[j].author, f->proposal.person[j].author, AUTHOR_BYTES);
            memset(f->close[i].row[j].hash, (int)(16 * i + j + 1), HASH_BYTES);
        }
    }
    f->result.count = 1;
    sample_reshared(r, &f->result.key[0]);
    sample_confirm(r, f);
}

#endif
