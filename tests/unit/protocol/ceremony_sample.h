/*
 * ceremony_sample.h - one entry of each step of a ceremony, made of small numbers.
 */
#ifndef TESTS_UNIT_PROTOCOL_CEREMONY_SAMPLE_H
#define TESTS_UNIT_PROTOCOL_CEREMONY_SAMPLE_H

#include "protocol/ceremony.h"

#include <sodium.h>
#include <string.h>

enum { SAMPLE_ENTRIES = 9, SAMPLE_NOW = 1900000000 };

static inline void sample_fill(uint8_t first, void *out, size_t len)
{
    for (size_t i = 0; i < len; i++)
        ((uint8_t *)out)[i] = (uint8_t)(first + i);
}

/* Author i of a ceremony; ascending with i. */
static inline void sample_author(uint8_t i, uint8_t out[AUTHOR_BYTES])
{
    sample_fill((uint8_t)(16 * i + 1), out, AUTHOR_BYTES);
}

/* A new key for three, two of whom must act. */
static inline struct ceremony_proposal sample_proposal(void)
{
    struct ceremony_proposal p = {.kind = CEREMONY_GENERATE,
                                  .key = KEY_PSEUDONYMS,
                                  .threshold = 2,
                                  .epoch = 0x01020304,
                                  .refresh = 0,
                                  .patience_seconds = 3600,
                                  .until_utc = SAMPLE_NOW + 86400,
                                  .count = 3};
    sample_fill(0x70, p.nonce, sizeof p.nonce);
    for (uint8_t i = 0; i < 3; i++) {
        sample_author(i, p.person[i].author);
        p.person[i].deals = p.person[i].receives = (uint8_t)(i + 1);
    }
    return p;
}

static inline void sample_deal(struct ceremony_entry *e, enum dealing_kind kind)
{
    struct dealing *d = &e->deal.dealing;
    e->step = CEREMONY_DEAL;
    e->deal.round = kind == DEALING_MULTIPLY ? 2 : 1;
    d->kind = kind;
    d->t = 2;
    d->proof_bytes = dealing_proof_bytes(kind);
    sample_fill(0x11, d->commitment[0], 2 * POINT_BYTES);
    sample_fill(0x33, d->proof, d->proof_bytes);
    sample_fill(0x55, e->deal.ephemeral, KEY_BYTES);
    e->deal.count = 2;
    for (uint8_t i = 0; i < 2; i++) {
        sample_author((uint8_t)(i + 1), e->deal.row[i].receiver);
        sample_fill((uint8_t)(0x77 + i), e->deal.row[i].sealed, CEREMONY_SEALED_BYTES);
    }
}

/* Entry which, 0 to SAMPLE_ENTRIES - 1; its id is not set in a proposal. */
static inline struct ceremony_entry sample_entry(unsigned which)
{
    struct ceremony_entry e = {0};
    if (which > 0)
        sample_fill(0xa0, e.id, HASH_BYTES);
    switch (which) {
    case 0:
        e.step = CEREMONY_PROPOSE;
        e.proposal = sample_proposal();
        break;
    case 1:
        e.step = CEREMONY_JOIN;
        sample_fill(0xb0, e.join, HASH_BYTES);
        break;
    case 2:
        e.step = CEREMONY_CLOSE;
        e.close.phase = CEREMONY_PHASES_MAX;
        e.close.count = 2;
        for (uint8_t i = 0; i < 2; i++) {
            sample_author(i, e.close.row[i].author);
            sample_fill((uint8_t)(0xc0 + i), e.close.row[i].hash, HASH_BYTES);
        }
        break;
    case 3:
        sample_deal(&e, DEALING_GENERATE);
        break;
    case 4:
        sample_deal(&e, DEALING_MULTIPLY);
        break;
    case 5:
        e.step = CEREMONY_VERDICT;
        e.verdict.round = 2;
        e.verdict.count = 2;
        for (uint8_t i = 0; i < 2; i++) {
            sample_author(i, e.verdict.row[i].dealer);
            e.verdict.row[i].reason = (uint8_t)(COMPLAINT_SEALED + i);
        }
        break;
    case 6:
        e.step = CEREMONY_ANSWER;
        e.answer.round = 1;
        e.answer.count = 2;
        for (uint8_t i = 0; i < 2; i++) {
            sample_author(i, e.answer.row[i].receiver);
            sample_fill((uint8_t)(0xd0 + i), e.answer.row[i].share, SCALAR_BYTES);
        }
        break;
    case 7:
        e.step = CEREMONY_CONFIRM;
        sample_fill(0xe0, e.confirm.transcript, HASH_BYTES);
        sample_fill(0xe8, e.confirm.signature, SIGNATURE_BYTES);
        break;
    default:
        e.step = CEREMONY_ABORT;
        e.abort_reason = CEREMONY_BY_CLOSING;
        break;
    }
    return e;
}

#endif
