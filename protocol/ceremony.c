/*
 * ceremony.c - reading and writing what the entries of a ceremony say.
 *
 * A decoder reads its fields, then judges them: what runs short is found first, then numbers that
 * cannot be, then rows out of order and padding.
 */
#include "protocol/ceremony.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

static const char ID_DOMAIN[] = "seinpost/v1/ceremony";

/* ---- Writing ---- */

static void write_proposal(struct pack *p, const struct ceremony_proposal *c)
{
    assert(c->count <= CEREMONY_PEOPLE_MAX);
    pack_copy(p, c->nonce, sizeof c->nonce);
    pack_u8(p, c->kind);
    pack_u8(p, c->key);
    pack_u8(p, c->threshold);
    pack_u32(p, c->epoch);
    pack_u32(p, c->refresh);
    pack_u32(p, c->base_epoch);
    pack_u32(p, c->base_refresh);
    pack_u32(p, c->patience_seconds);
    pack_u64(p, c->until_utc);
    pack_u8(p, (uint8_t)c->count);
    for (size_t i = 0; i < c->count; i++) {
        pack_copy(p, c->person[i].author, AUTHOR_BYTES);
        pack_u8(p, c->person[i].deals);
        pack_u8(p, c->person[i].receives);
    }
}

static void write_close(struct pack *p, const struct ceremony_close *c)
{
    assert(c->count <= CEREMONY_PEOPLE_MAX);
    pack_u8(p, c->phase);
    pack_u8(p, (uint8_t)c->count);
    for (size_t i = 0; i < c->count; i++) {
        pack_copy(p, c->row[i].author, AUTHOR_BYTES);
        pack_copy(p, c->row[i].hash, HASH_BYTES);
    }
}

static void write_deal(struct pack *p, const struct ceremony_entry *e)
{
    const struct dealing *d = &e->deal.dealing;
    assert(d->t <= KEYHOLDERS_MAX && d->proof_bytes == dealing_proof_bytes(d->kind) &&
           e->deal.count <= KEYHOLDERS_MAX);
    pack_u8(p, e->deal.round);
    pack_u8(p, (uint8_t)d->kind);
    pack_u8(p, (uint8_t)d->t);
    pack_copy(p, d->commitment[0], d->t * POINT_BYTES);
    pack_copy(p, d->proof, d->proof_bytes);
    pack_copy(p, e->deal.ephemeral, KEY_BYTES);
    pack_u8(p, (uint8_t)e->deal.count);
    for (size_t i = 0; i < e->deal.count; i++) {
        pack_copy(p, e->deal.row[i].receiver, AUTHOR_BYTES);
        pack_copy(p, e->deal.row[i].sealed, CEREMONY_SEALED_BYTES);
    }
}

static void write_verdict(struct pack *p, const struct ceremony_verdict *v)
{
    assert(v->count <= CEREMONY_PEOPLE_MAX);
    pack_u8(p, v->round);
    pack_u8(p, (uint8_t)v->count);
    for (size_t i = 0; i < v->count; i++) {
        pack_copy(p, v->row[i].dealer, AUTHOR_BYTES);
        pack_u8(p, v->row[i].reason);
    }
}

static void write_answer(struct pack *p, const struct ceremony_answer *a)
{
    assert(a->count <= CEREMONY_PEOPLE_MAX);
    pack_u8(p, a->round);
    pack_u8(p, (uint8_t)a->count);
    for (size_t i = 0; i < a->count; i++) {
        pack_copy(p, a->row[i].receiver, AUTHOR_BYTES);
        pack_copy(p, a->row[i].share, SCALAR_BYTES);
    }
}

size_t ceremony_encode(const struct ceremony_entry *e, uint8_t *out)
{
    struct pack p = pack_of(out, CEREMONY_BYTES_MAX);
    pack_u8(&p, PAYLOAD_VERSION);
    pack_u8(&p, e->step);
    if (e->step != CEREMONY_PROPOSE)
        pack_copy(&p, e->id, HASH_BYTES);
    switch ((enum ceremony_step)e->step) {
    case CEREMONY_PROPOSE:
        write_proposal(&p, &e->proposal);
        break;
    case CEREMONY_JOIN:
        pack_copy(&p, e->join, HASH_BYTES);
        break;
    case CEREMONY_CLOSE:
        write_close(&p, &e->close);
        break;
    case CEREMONY_DEAL:
        write_deal(&p, e);
        break;
    case CEREMONY_VERDICT:
        write_verdict(&p, &e->verdict);
        break;
    case CEREMONY_ANSWER:
        write_answer(&p, &e->answer);
        break;
    case CEREMONY_CONFIRM:
        pack_copy(&p, e->confirm.transcript, HASH_BYTES);
        pack_copy(&p, e->confirm.signature, SIGNATURE_BYTES);
        break;
    case CEREMONY_ABORT:
        pack_u8(&p, e->abort_reason);
        break;
    }
    assert(!p.is_full);
    return pack_len(&p);
}

void ceremony_id(const uint8_t proposer[AUTHOR_BYTES], const struct ceremony_proposal *p,
                 uint8_t out[HASH_BYTES])
{
    struct ceremony_entry e = {.step = CEREMONY_PROPOSE, .proposal = *p};
    uint8_t payload[CEREMONY_BYTES_MAX];
    crypto_generichash_state h;
    size_t len = ceremony_encode(&e, payload);
    crypto_generichash_init(&h, NULL, 0, HASH_BYTES);
    crypto_generichash_update(&h, (const uint8_t *)ID_DOMAIN, sizeof ID_DOMAIN - 1);
    crypto_generichash_update(&h, proposer, AUTHOR_BYTES);
    crypto_generichash_update(&h, payload, len);
    crypto_generichash_final(&h, out, HASH_BYTES);
}

/* ---- Reading ---- */

/* Authors that stand every stride bytes from first on: ascending, none twice. */
static enum err check_order(const void *first, size_t stride, size_t count)
{
    const uint8_t *at = first;
    for (size_t i = 1; i < count; i++, at += stride)
        if (memcmp(at, at + stride, AUTHOR_BYTES) >= 0)
            return ERR_FORMAT;
    return OK;
}

#define ORDER_OF(rows, count) check_order((rows), sizeof(rows)[0], (count))

/* Reads the number of rows: what follows runs short, too, where there is none. */
static size_t read_count(struct unpack *u, size_t max, enum err *e)
{
    size_t count = unpack_u8(u);
    if (count <= max)
        return count;
    *e = ERR_RANGE;
    return 0;
}

static enum err read_proposal(struct unpack *u, struct ceremony_proposal *c)
{
    enum err e = OK;
    unpack_copy(u, c->nonce, sizeof c->nonce);
    c->kind = unpack_u8(u);
    c->key = unpack_u8(u);
    c->threshold = unpack_u8(u);
    c->epoch = unpack_u32(u);
    c->refresh = unpack_u32(u);
    c->base_epoch = unpack_u32(u);
    c->base_refresh = unpack_u32(u);
    c->patience_seconds = unpack_u32(u);
    c->until_utc = unpack_u64(u);
    c->count = read_count(u, CEREMONY_PEOPLE_MAX, &e);
    for (size_t i = 0; i < c->count; i++) {
        unpack_copy(u, c->person[i].author, AUTHOR_BYTES);
        c->person[i].deals = unpack_u8(u);
        c->person[i].receives = unpack_u8(u);
    }
    if (u->is_short)
        return ERR_TRUNCATED;
    return e == OK ? ceremony_proposal_check(c) : e;
}

static enum err read_close(struct unpack *u, struct ceremony_close *c)
{
    enum err e = OK;
    c->phase = unpack_u8(u);
    c->count = read_count(u, CEREMONY_PEOPLE_MAX, &e);
    for (size_t i = 0; i < c->count; i++) {
        unpack_copy(u, c->row[i].author, AUTHOR_BYTES);
        unpack_copy(u, c->row[i].hash, HASH_BYTES);
    }
    if (u->is_short)
        return ERR_TRUNCATED;
    if (c->phase < 1 || c->phase > CEREMONY_PHASES_MAX || c->count == 0)
        return ERR_RANGE;
    return ORDER_OF(c->row, c->count);
}

static bool is_round(uint8_t round)
{
    return round == 1 || round == 2;
}

/* The second round is that of the product, which is dealt in no other. */
static bool is_dealing(const struct dealing *d, uint8_t round)
{
    if (d->kind < DEALING_GENERATE || d->kind > DEALING_MULTIPLY)
        return false;
    return is_round(round) && (round == 2) == (d->kind == DEALING_MULTIPLY) &&
           d->t >= CEREMONY_THRESHOLD_MIN && d->t <= KEYHOLDERS_MAX;
}

static enum err read_deal(struct unpack *u, struct ceremony_entry *c)
{
    enum err e = OK;
    struct dealing *d = &c->deal.dealing;
    c->deal.round = unpack_u8(u);
    d->kind = (enum dealing_kind)unpack_u8(u);
    d->t = unpack_u8(u);
    if (!u->is_short && !is_dealing(d, c->deal.round))
        return ERR_RANGE;
    for (size_t k = 0; k < d->t; k++)
        unpack_copy(u, d->commitment[k], POINT_BYTES);
    d->proof_bytes = dealing_proof_bytes(d->kind);
    unpack_copy(u, d->proof, d->proof_bytes);
    unpack_copy(u, c->deal.ephemeral, KEY_BYTES);
    c->deal.count = read_count(u, KEYHOLDERS_MAX, &e);
    for (size_t i = 0; i < c->deal.count; i++) {
        unpack_copy(u, c->deal.row[i].receiver, AUTHOR_BYTES);
        unpack_copy(u, c->deal.row[i].sealed, CEREMONY_SEALED_BYTES);
    }
    if (u->is_short)
        return ERR_TRUNCATED;
    if (c->deal.count == 0)
        return ERR_RANGE;
    return ORDER_OF(c->deal.row, c->deal.count);
}

static enum err read_verdict(struct unpack *u, struct ceremony_verdict *v)
{
    enum err e = OK;
    v->round = unpack_u8(u);
    v->count = read_count(u, CEREMONY_PEOPLE_MAX, &e);
    for (size_t i = 0; i < v->count; i++) {
        unpack_copy(u, v->row[i].dealer, AUTHOR_BYTES);
        v->row[i].reason = unpack_u8(u);
        if (v->row[i].reason < COMPLAINT_SEALED || v->row[i].reason > COMPLAINT_WRONG)
            e = ERR_RANGE;
    }
    if (u->is_short)
        return ERR_TRUNCATED;
    if (e != OK || !is_round(v->round))
        return ERR_RANGE;
    return ORDER_OF(v->row, v->count);
}

static enum err read_answer(struct unpack *u, struct ceremony_answer *a)
{
    enum err e = OK;
    a->round = unpack_u8(u);
    a->count = read_count(u, CEREMONY_PEOPLE_MAX, &e);
    for (size_t i = 0; i < a->count; i++) {
        unpack_copy(u, a->row[i].receiver, AUTHOR_BYTES);
        unpack_copy(u, a->row[i].share, SCALAR_BYTES);
    }
    if (u->is_short)
        return ERR_TRUNCATED;
    if (!is_round(a->round) || a->count == 0)
        return ERR_RANGE;
    return ORDER_OF(a->row, a->count);
}

static enum err read_abort(struct unpack *u, uint8_t *reason)
{
    *reason = unpack_u8(u);
    if (u->is_short)
        return ERR_TRUNCATED;
    return *reason >= CEREMONY_BY_HAND && *reason <= CEREMONY_BY_CLOSING ? OK : ERR_RANGE;
}

static enum err read_step(struct unpack *u, struct ceremony_entry *e)
{
    switch ((enum ceremony_step)e->step) {
    case CEREMONY_PROPOSE:
        return read_proposal(u, &e->proposal);
    case CEREMONY_JOIN:
        unpack_copy(u, e->join, HASH_BYTES);
        return OK;
    case CEREMONY_CLOSE:
        return read_close(u, &e->close);
    case CEREMONY_DEAL:
        return read_deal(u, e);
    case CEREMONY_VERDICT:
        return read_verdict(u, &e->verdict);
    case CEREMONY_ANSWER:
        return read_answer(u, &e->answer);
    case CEREMONY_CONFIRM:
        unpack_copy(u, e->confirm.transcript, HASH_BYTES);
        unpack_copy(u, e->confirm.signature, SIGNATURE_BYTES);
        return OK;
    case CEREMONY_ABORT:
        return read_abort(u, &e->abort_reason);
    }
    return ERR_RANGE;
}

enum err ceremony_decode(const uint8_t author[AUTHOR_BYTES], struct bytes payload,
                         struct ceremony_entry *out)
{
    struct unpack u = unpack_of(payload);
    struct ceremony_entry got = {0};
    enum err e = payload_start(&u);
    if (e != OK)
        return e;
    got.step = unpack_u8(&u);
    if (!u.is_short && got.step != CEREMONY_PROPOSE)
        unpack_copy(&u, got.id, HASH_BYTES);
    if (u.is_short)
        return ERR_TRUNCATED;
    e = read_step(&u, &got);
    if (e == OK)
        e = payload_end(&u);
    if (e != OK)
        return e;
    if (got.step == CEREMONY_PROPOSE)
        ceremony_id(author, &got.proposal, got.id);
    *out = got;
    return OK;
}
