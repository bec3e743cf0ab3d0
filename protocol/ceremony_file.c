#include "protocol/ceremony_file.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

static const char PREFIX[] = "seinpost/v1/ceremony-file";

static_assert(sizeof PREFIX - 1 == 25, "as the limit says");

enum { KEYS_MAX = 2 };

/* ---- Writing ---- */

static void pack_payload(struct pack *p, const struct ceremony_entry *e)
{
    uint8_t payload[CEREMONY_BYTES_MAX];
    size_t len = ceremony_encode(e, payload);
    pack_u16(p, (uint16_t)len);
    pack_copy(p, payload, len);
}

static void pack_key(struct pack *p, const struct roster_key *k)
{
    pack_u32(p, k->key);
    pack_u32(p, k->epoch);
    pack_u32(p, k->refresh);
    pack_u32(p, k->threshold);
    pack_copy(p, k->public_key, POINT_BYTES);
    pack_u32(p, (uint32_t)k->share_count);
    for (size_t i = 0; i < k->share_count; i++) {
        pack_u32(p, k->index[i]);
        pack_copy(p, k->holder[i], AUTHOR_BYTES);
        pack_copy(p, k->commitment[i], POINT_BYTES);
    }
}

static void sum_of(struct bytes file, uint8_t out[HASH_BYTES])
{
    crypto_generichash(out, HASH_BYTES, file.data, file.len, NULL, 0);
}

size_t ceremony_file_encode(const struct ceremony_file *f, uint8_t *out)
{
    struct pack p = pack_of(out, CEREMONY_FILE_BYTES_MAX - HASH_BYTES);
    struct ceremony_entry e = {.step = CEREMONY_PROPOSE};
    pack_copy(&p, PREFIX, sizeof PREFIX - 1);
    pack_copy(&p, f->proposer, AUTHOR_BYTES);
    e.proposal = f->proposal;
    pack_payload(&p, &e);
    pack_u8(&p, (uint8_t)f->close_count);
    e.step = CEREMONY_CLOSE;
    ceremony_id(f->proposer, &f->proposal, e.id);
    for (size_t i = 0; i < f->close_count; i++) {
        e.close = f->close[i];
        pack_payload(&p, &e);
    }
    pack_u8(&p, (uint8_t)f->result.count);
    for (size_t i = 0; i < f->result.count; i++)
        pack_key(&p, &f->result.key[i]);
    pack_u8(&p, (uint8_t)f->signer_count);
    for (size_t i = 0; i < f->signer_count; i++) {
        pack_copy(&p, f->signer[i].author, AUTHOR_BYTES);
        pack_copy(&p, f->signer[i].signature, SIGNATURE_BYTES);
    }
    size_t len = pack_len(&p);
    sum_of(bytes_of(out, len), out + len);
    return len + HASH_BYTES;
}

/* ---- Reading ---- */

/* A payload of that step, of a ceremony of that proposer. */
static enum err unpack_payload(struct unpack *u, const uint8_t proposer[AUTHOR_BYTES],
                               enum ceremony_step step, struct ceremony_entry *out)
{
    size_t len = unpack_u16(u);
    struct bytes payload = unpack_view(u, len);
    if (u->is_short)
        return ERR_TRUNCATED;
    enum err e = ceremony_decode(proposer, payload, out);
    return e == OK && out->step != step ? ERR_RANGE : e;
}

static enum err unpack_closings(struct unpack *u, struct ceremony_file *f)
{
    struct ceremony_entry e;
    uint8_t id[HASH_BYTES];
    enum err bad = unpack_payload(u, f->proposer, CEREMONY_PROPOSE, &e);
    if (bad != OK)
        return bad;
    f->proposal = e.proposal;
    memcpy(id, e.id, HASH_BYTES);
    f->close_count = unpack_u8(u);
    if (u->is_short)
        return ERR_TRUNCATED;
    if (f->close_count > CEREMONY_PHASES_MAX)
        return ERR_RANGE;
    for (size_t i = 0; i < f->close_count; i++) {
        bad = unpack_payload(u, f->proposer, CEREMONY_CLOSE, &e);
        if (bad == OK && memcmp(e.id, id, HASH_BYTES) != 0)
            bad = ERR_RANGE;
        if (bad != OK)
            return bad;
        f->close[i] = e.close;
    }
    return OK;
}

static enum err unpack_key(struct unpack *u, struct roster_key *k)
{
    k->key = unpack_u32(u);
    k->epoch = unpack_u32(u);
    k->refresh = unpack_u32(u);
    k->threshold = unpack_u32(u);
    unpack_copy(u, k->public_key, POINT_BYTES);
    k->share_count = unpack_u32(u);
    if (u->is_short)
        return ERR_TRUNCATED;
    if (k->share_count == 0 || k->share_count > KEYHOLDERS_MAX)
        return ERR_RANGE;
    for (size_t i = 0; i < k->share_count; i++) {
        k->index[i] = unpack_u32(u);
        unpack_copy(u, k->holder[i], AUTHOR_BYTES);
        unpack_copy(u, k->commitment[i], POINT_BYTES);
    }
    return u->is_short ? ERR_TRUNCATED : OK;
}

static enum err unpack_signers(struct unpack *u, struct ceremony_file *f)
{
    f->signer_count = unpack_u8(u);
    if (u->is_short)
        return ERR_TRUNCATED;
    if (f->signer_count > CEREMONY_PEOPLE_MAX)
        return ERR_RANGE;
    for (size_t i = 0; i < f->signer_count; i++) {
        unpack_copy(u, f->signer[i].author, AUTHOR_BYTES);
        unpack_copy(u, f->signer[i].signature, SIGNATURE_BYTES);
        if (i > 0 && memcmp(f->signer[i - 1].author, f->signer[i].author, AUTHOR_BYTES) >= 0)
            return u->is_short ? ERR_TRUNCATED : ERR_FORMAT;
    }
    return u->is_short ? ERR_TRUNCATED : OK;
}

static enum err unpack_file(struct unpack *u, struct ceremony_file *f)
{
    unpack_copy(u, f->proposer, AUTHOR_BYTES);
    enum err e = unpack_closings(u, f);
    if (e != OK)
        return e;
    f->result.count = unpack_u8(u);
    if (u->is_short)
        return ERR_TRUNCATED;
    if (f->result.count == 0 || f->result.count > KEYS_MAX)
        return ERR_RANGE;
    for (size_t i = 0; i < f->result.count && e == OK; i++)
        e = unpack_key(u, &f->result.key[i]);
    if (e == OK)
        e = unpack_signers(u, f);
    return e == OK && u->left > 0 ? ERR_FORMAT : e;
}

enum err ceremony_file_decode(struct bytes file, struct ceremony_file *out)
{
    const size_t prefix = sizeof PREFIX - 1;
    uint8_t sum[HASH_BYTES];
    struct ceremony_file f;
    memset(&f, 0, sizeof f);
    if (file.len > 0 && memcmp(file.data, PREFIX, file.len < prefix ? file.len : prefix) != 0)
        return ERR_FORMAT;
    if (file.len < prefix + HASH_BYTES)
        return ERR_TRUNCATED;
    size_t len = file.len - HASH_BYTES;
    struct unpack u = unpack_of(bytes_of(file.data + prefix, len - prefix));
    enum err e = unpack_file(&u, &f);
    if (e != OK)
        return e;
    sum_of(bytes_of(file.data, len), sum);
    if (memcmp(sum, file.data + len, HASH_BYTES) != 0)
        return ERR_FORMAT;
    *out = f;
    return OK;
}

/* ---- Judging ---- */

void ceremony_file_id(const struct ceremony_file *f, uint8_t out[HASH_BYTES])
{
    ceremony_id(f->proposer, &f->proposal, out);
}

void ceremony_file_transcript(const struct ceremony_file *f, uint8_t out[HASH_BYTES])
{
    uint8_t id[HASH_BYTES];
    ceremony_file_id(f, id);
    ceremony_transcript(id, f->close, f->close_count, &f->result, out);
}

static const struct ceremony_person *person_of(const struct ceremony_proposal *p,
                                               const uint8_t author[AUTHOR_BYTES])
{
    for (size_t i = 0; i < p->count; i++)
        if (memcmp(p->person[i].author, author, AUTHOR_BYTES) == 0)
            return &p->person[i];
    return NULL;
}

static bool is_named(const struct ceremony_close *c, const uint8_t author[AUTHOR_BYTES])
{
    for (size_t i = 0; i < c->count; i++)
        if (memcmp(c->row[i].author, author, AUTHOR_BYTES) == 0)
            return true;
    return false;
}

/* Each phase is closed once, in order, by some of those whom the closing before named. */
static enum err check_closings(const struct ceremony_file *f, uint8_t who[AUTHOR_BYTES])
{
    if (f->close_count != ceremony_phases(&f->proposal))
        return ERR_SEQUENCE;
    for (size_t i = 0; i < f->close_count; i++) {
        const struct ceremony_close *c = &f->close[i];
        if (c->phase != i + 1)
            return ERR_SEQUENCE;
        for (size_t j = 0; j < c->count; j++) {
            if (person_of(&f->proposal, c->row[j].author) != NULL &&
                (i == 0 || is_named(&f->close[i - 1], c->row[j].author)))
                continue;
            memcpy(who, c->row[j].author, AUTHOR_BYTES);
            return ERR_SEQUENCE;
        }
    }
    return OK;
}

/* Shares are with those who were to receive one and take part to the end, under their indexes. */
static enum err check_shares(const struct ceremony_file *f, const struct roster_key *k,
                             uint8_t who[AUTHOR_BYTES])
{
    const struct ceremony_close *last = &f->close[f->close_count - 1];
    for (size_t i = 0; i < k->share_count; i++) {
        const struct ceremony_person *p = person_of(&f->proposal, k->holder[i]);
        if (p != NULL && p->receives == k->index[i] && is_named(last, k->holder[i]))
            continue;
        memcpy(who, k->holder[i], AUTHOR_BYTES);
        return ERR_FORMAT;
    }
    return OK;
}

static enum err check_result(const struct ceremony_file *f, const struct roster *r,
                             uint8_t who[AUTHOR_BYTES])
{
    const struct ceremony_proposal *p = &f->proposal;
    const struct roster_key *k = &f->result.key[0];
    bool is_rotation = p->kind == CEREMONY_ROTATE;
    if (f->result.count != (is_rotation ? 2u : 1u) || k->key != p->key || k->epoch != p->epoch ||
        k->refresh != p->refresh || k->threshold != p->threshold)
        return ERR_FORMAT;
    const struct roster_key *factor = is_rotation ? &f->result.key[1] : NULL;
    if (is_rotation && (factor->key != KEY_FACTOR || factor->epoch != p->epoch ||
                        factor->refresh != 0 || factor->threshold != p->threshold))
        return ERR_FORMAT;
    enum err e = OK;
    for (size_t i = 0; i < f->result.count && e == OK; i++)
        e = check_shares(f, &f->result.key[i], who);
    const struct roster_key *base = roster_key_find(r, p->key, p->base_epoch, p->base_refresh);
    bool is_same = p->kind == CEREMONY_REFRESH || p->kind == CEREMONY_RESHARE;
    if (e == OK && is_same &&
        (base == NULL || memcmp(base->public_key, k->public_key, POINT_BYTES) != 0))
        e = ERR_PROOF;
    return e;
}

/* All who take part to the end signed, and nobody else. */
static enum err check_signers(const struct ceremony_file *f, const struct roster *r,
                              uint8_t who[AUTHOR_BYTES])
{
    const struct ceremony_close *last = &f->close[f->close_count - 1];
    struct ceremony_confirm c;
    ceremony_file_transcript(f, c.transcript);
    for (size_t i = 0; i < f->signer_count; i++) {
        const struct organisation *o = roster_find(r, f->signer[i].author);
        memcpy(c.signature, f->signer[i].signature, SIGNATURE_BYTES);
        if (o != NULL && is_named(last, o->author) && ceremony_verify(&c, o->feed_key) == OK)
            continue;
        memcpy(who, f->signer[i].author, AUTHOR_BYTES);
        return ERR_SIGNATURE;
    }
    for (size_t i = 0; i < last->count; i++) {
        bool has_signed = false;
        for (size_t j = 0; j < f->signer_count; j++)
            has_signed =
                has_signed || memcmp(f->signer[j].author, last->row[i].author, AUTHOR_BYTES) == 0;
        if (has_signed)
            continue;
        memcpy(who, last->row[i].author, AUTHOR_BYTES);
        return ERR_QUORUM;
    }
    return OK;
}

enum err ceremony_file_verify(const struct ceremony_file *f, const struct roster *r,
                              uint8_t who[AUTHOR_BYTES])
{
    memset(who, 0, AUTHOR_BYTES);
    enum err e = ceremony_check(&f->proposal, f->proposer, r, (int64_t)f->proposal.until_utc - 1);
    if (e == OK)
        e = check_closings(f, who);
    if (e == OK)
        e = check_result(f, r, who);
    if (e == OK)
        e = check_signers(f, r, who);
    return e;
}
