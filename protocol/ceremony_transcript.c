/*
 * ceremony_transcript.c - what is hashed of a ceremony, and what its participants sign in the end.
 */
#include "protocol/ceremony.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

static const char PROMISE_DOMAIN[] = "seinpost/v1/ceremony-promise";
static const char DEAL_DOMAIN[] = "seinpost/v1/ceremony-deal";
static const char VERDICT_DOMAIN[] = "seinpost/v1/ceremony-verdict";
static const char TRANSCRIPT_DOMAIN[] = "seinpost/v1/ceremony-transcript";
static const char RESULT_DOMAIN[] = "seinpost/v1/ceremony-result";

enum { RESULT_BYTES = sizeof RESULT_DOMAIN - 1 + HASH_BYTES };

static void begin(crypto_generichash_state *h, const char *domain, const uint8_t first[32])
{
    crypto_generichash_init(h, NULL, 0, HASH_BYTES);
    crypto_generichash_update(h, (const uint8_t *)domain, strlen(domain));
    crypto_generichash_update(h, first, 32);
}

void ceremony_promise_hash(const uint8_t author[AUTHOR_BYTES], const struct dealing *d,
                           uint8_t out[HASH_BYTES])
{
    crypto_generichash_state h;
    const uint8_t t = (uint8_t)d->t;
    begin(&h, PROMISE_DOMAIN, author);
    crypto_generichash_update(&h, &t, 1);
    crypto_generichash_update(&h, d->commitment[0], d->t * POINT_BYTES);
    crypto_generichash_update(&h, d->proof, d->proof_bytes);
    crypto_generichash_final(&h, out, HASH_BYTES);
}

static void hash_entry(const char *domain, const uint8_t author[AUTHOR_BYTES],
                       const struct ceremony_entry *e, uint8_t out[HASH_BYTES])
{
    crypto_generichash_state h;
    uint8_t payload[CEREMONY_BYTES_MAX];
    size_t len = ceremony_encode(e, payload);
    begin(&h, domain, author);
    crypto_generichash_update(&h, payload, len);
    crypto_generichash_final(&h, out, HASH_BYTES);
}

void ceremony_deal_hash(const uint8_t author[AUTHOR_BYTES], const struct ceremony_entry *e,
                        uint8_t out[HASH_BYTES])
{
    assert(e->step == CEREMONY_DEAL);
    hash_entry(DEAL_DOMAIN, author, e, out);
}

void ceremony_verdict_hash(const uint8_t author[AUTHOR_BYTES], const struct ceremony_entry *e,
                           uint8_t out[HASH_BYTES])
{
    assert(e->step == CEREMONY_VERDICT);
    hash_entry(VERDICT_DOMAIN, author, e, out);
}

static void add_close(crypto_generichash_state *h, const uint8_t id[HASH_BYTES],
                      const struct ceremony_close *close)
{
    struct ceremony_entry e = {.step = CEREMONY_CLOSE, .close = *close};
    uint8_t payload[CEREMONY_BYTES_MAX], hash[HASH_BYTES];
    memcpy(e.id, id, HASH_BYTES);
    size_t len = ceremony_encode(&e, payload);
    crypto_generichash(hash, sizeof hash, payload, len, NULL, 0);
    crypto_generichash_update(h, hash, sizeof hash);
}

static void add_u32(crypto_generichash_state *h, uint32_t v)
{
    uint8_t four[4];
    struct pack p = pack_of(four, sizeof four);
    pack_u32(&p, v);
    crypto_generichash_update(h, four, sizeof four);
}

static void add_key(crypto_generichash_state *h, const struct roster_key *k)
{
    add_u32(h, k->key);
    add_u32(h, k->epoch);
    add_u32(h, k->refresh);
    add_u32(h, k->threshold);
    crypto_generichash_update(h, k->public_key, POINT_BYTES);
    add_u32(h, (uint32_t)k->share_count);
    for (size_t i = 0; i < k->share_count; i++) {
        add_u32(h, k->index[i]);
        crypto_generichash_update(h, k->holder[i], AUTHOR_BYTES);
        crypto_generichash_update(h, k->commitment[i], POINT_BYTES);
    }
}

void ceremony_transcript(const uint8_t id[HASH_BYTES], const struct ceremony_close *closes,
                         size_t close_count, const struct ceremony_result *result,
                         uint8_t out[HASH_BYTES])
{
    crypto_generichash_state h;
    begin(&h, TRANSCRIPT_DOMAIN, id);
    for (size_t i = 0; i < close_count; i++)
        add_close(&h, id, &closes[i]);
    for (size_t i = 0; i < result->count; i++)
        add_key(&h, &result->key[i]);
    crypto_generichash_final(&h, out, HASH_BYTES);
}

static void result_text(const uint8_t transcript[HASH_BYTES], uint8_t out[RESULT_BYTES])
{
    struct pack p = pack_of(out, RESULT_BYTES);
    pack_copy(&p, RESULT_DOMAIN, sizeof RESULT_DOMAIN - 1);
    pack_copy(&p, transcript, HASH_BYTES);
    assert(!p.is_full && p.left == 0);
}

void ceremony_sign(const uint8_t transcript[HASH_BYTES], const uint8_t feed_secret[64],
                   uint8_t out[SIGNATURE_BYTES])
{
    uint8_t text[RESULT_BYTES];
    result_text(transcript, text);
    crypto_sign_detached(out, NULL, text, sizeof text, feed_secret);
}

enum err ceremony_verify(const struct ceremony_confirm *c, const uint8_t feed_key[KEY_BYTES])
{
    uint8_t text[RESULT_BYTES];
    result_text(c->transcript, text);
    return crypto_sign_verify_detached(c->signature, text, sizeof text, feed_key) == 0
               ? OK
               : ERR_SIGNATURE;
}
