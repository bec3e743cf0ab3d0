#include "protocol/envelope.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

static_assert(crypto_aead_xchacha20poly1305_ietf_NPUBBYTES == ENVELOPE_NONCE_BYTES, "nonce");
static_assert(crypto_aead_xchacha20poly1305_ietf_ABYTES == ENVELOPE_TAG_BYTES, "tag");

static const char KEY_DOMAIN[] = "seinpost/v1/envelope-key";
static const char AD_DOMAIN[] = "seinpost/v1/envelope-ad";
static const char SIGN_DOMAIN[] = "seinpost/v1/envelope";
static const char RECEIPT_DOMAIN[] = "seinpost/v1/delivery";

enum {
    AD_BYTES = sizeof AD_DOMAIN - 1 + AUTHOR_BYTES + 1 + 4 + 2,
    SIGNED_BYTES = sizeof SIGN_DOMAIN - 1 + 2 * AUTHOR_BYTES + 8 + HASH_BYTES,
    RECEIPT_BYTES = sizeof RECEIPT_DOMAIN - 1 + 2 * AUTHOR_BYTES + 8 + 1,
};

void envelope_key_of(const uint8_t secret[KEY_BYTES], struct envelope_key *out)
{
    memcpy(out->secret_key, secret, KEY_BYTES);
    int r = crypto_scalarmult_base(out->public_key, secret);
    assert(r == 0);
}

size_t envelope_bytes(size_t content_bytes)
{
    if (content_bytes > ENVELOPE_CONTENT_BYTES_MAX)
        return 0;
    size_t need = BODY_FIXED_BYTES + ENVELOPE_BYTES_MIN + content_bytes;
    size_t body = 16 * BODY_UNIT_BYTES;
    while (body < need)
        body *= 4;
    return body - BODY_FIXED_BYTES;
}

/* key = BLAKE2b-256(key = X25519(secret, public), "seinpost/v1/envelope-key" || ephemeral ||
 * prekey). ERR_POINT if the exchange gives zeros. */
static enum err derive_key(const uint8_t secret[KEY_BYTES], const uint8_t public_key[KEY_BYTES],
                           const uint8_t ephemeral[KEY_BYTES], const uint8_t prekey[KEY_BYTES],
                           uint8_t key[32])
{
    uint8_t shared[32];
    if (crypto_scalarmult(shared, secret, public_key) != 0)
        return ERR_POINT;
    crypto_generichash_state st;
    crypto_generichash_init(&st, shared, sizeof shared, 32);
    crypto_generichash_update(&st, (const uint8_t *)KEY_DOMAIN, sizeof KEY_DOMAIN - 1);
    crypto_generichash_update(&st, ephemeral, KEY_BYTES);
    crypto_generichash_update(&st, prekey, KEY_BYTES);
    crypto_generichash_final(&st, key, 32);
    sodium_memzero(shared, sizeof shared);
    sodium_memzero(&st, sizeof st);
    return OK;
}

/* What can be seen of the entry from outside, and is known when it is sealed. */
static void associated(const uint8_t sender[AUTHOR_BYTES], uint32_t expires_day, size_t body_units,
                       uint8_t out[AD_BYTES])
{
    struct pack p = pack_of(out, AD_BYTES);
    pack_copy(&p, AD_DOMAIN, sizeof AD_DOMAIN - 1);
    pack_copy(&p, sender, AUTHOR_BYTES);
    pack_u8(&p, AUDIENCE_ADDRESSED);
    pack_u32(&p, expires_day);
    pack_u16(&p, (uint16_t)body_units);
    assert(!p.is_full && p.left == 0);
}

static void signed_text(const struct envelope *e, uint64_t index, struct bytes inner,
                        uint8_t out[SIGNED_BYTES])
{
    uint8_t hash[HASH_BYTES];
    crypto_generichash(hash, sizeof hash, inner.data, inner.len, NULL, 0);
    struct pack p = pack_of(out, SIGNED_BYTES);
    pack_copy(&p, SIGN_DOMAIN, sizeof SIGN_DOMAIN - 1);
    pack_copy(&p, e->sender, AUTHOR_BYTES);
    pack_copy(&p, e->recipient, AUTHOR_BYTES);
    pack_u64(&p, index);
    pack_copy(&p, hash, HASH_BYTES);
    assert(!p.is_full && p.left == 0);
}

/* Writes the plain text, which fills all of plain, with its signature. */
static void write_plain(const struct envelope *e, uint64_t index, const uint8_t feed_secret[64],
                        uint8_t *plain, size_t plain_bytes)
{
    struct pack p = pack_of(plain, plain_bytes);
    pack_u8(&p, ENVELOPE_VERSION);
    pack_u8(&p, e->type);
    pack_u8(&p, e->role);
    pack_copy(&p, e->sender, AUTHOR_BYTES);
    pack_copy(&p, e->recipient, AUTHOR_BYTES);
    pack_copy(&p, e->id, ENVELOPE_ID_BYTES);
    pack_copy(&p, e->reference, ENVELOPE_ID_BYTES);
    pack_u64(&p, e->created_utc);
    pack_u32(&p, e->expires_day);
    pack_u32(&p, (uint32_t)e->content.len);
    pack_bytes(&p, e->content);
    uint8_t text[SIGNED_BYTES], signature[SIGNATURE_BYTES];
    signed_text(e, index, bytes_of(plain, pack_len(&p)), text);
    crypto_sign_detached(signature, NULL, text, sizeof text, feed_secret);
    pack_copy(&p, signature, sizeof signature);
    assert(!p.is_full);
    memset(p.at, 0, p.left);
}

enum err envelope_seal(const struct envelope *e, uint64_t index, const uint8_t feed_secret[64],
                       const uint8_t prekey[KEY_BYTES], const struct envelope_random *random,
                       uint8_t *out, size_t *len)
{
    size_t total = envelope_bytes(e->content.len);
    if (total == 0)
        return ERR_LIMIT;
    uint8_t key[32], ad[AD_BYTES];
    struct pack p = pack_of(out, ENVELOPE_OUTER_BYTES);
    pack_u8(&p, ENVELOPE_VERSION);
    uint8_t *ephemeral = p.at;
    int r = crypto_scalarmult_base(ephemeral, random->ephemeral);
    assert(r == 0);
    enum err bad = derive_key(random->ephemeral, prekey, ephemeral, prekey, key);
    if (bad != OK)
        return bad;
    uint8_t *nonce = out + 1 + KEY_BYTES, *plain = out + ENVELOPE_OUTER_BYTES;
    memcpy(nonce, random->nonce, ENVELOPE_NONCE_BYTES);
    size_t plain_bytes = total - ENVELOPE_OUTER_BYTES - ENVELOPE_TAG_BYTES;
    write_plain(e, index, feed_secret, plain, plain_bytes);
    associated(e->sender, e->expires_day, (total + BODY_FIXED_BYTES) / BODY_UNIT_BYTES, ad);
    crypto_aead_xchacha20poly1305_ietf_encrypt(plain, NULL, plain, plain_bytes, ad, sizeof ad, NULL,
                                               nonce, key);
    sodium_memzero(key, sizeof key);
    *len = total;
    return OK;
}

enum err envelope_check(struct bytes payload)
{
    if (payload.len < 1)
        return ERR_TRUNCATED;
    if (payload.data[0] != ENVELOPE_VERSION)
        return ERR_VERSION;
    return payload.len < ENVELOPE_BYTES_MIN ? ERR_TRUNCATED : OK;
}

/* Reads what was inside, without judging the signature, which is returned in *signature. */
static enum err read_plain(struct bytes plain, struct envelope *e, struct bytes *inner,
                           struct bytes *signature)
{
    struct unpack u = unpack_of(plain);
    uint8_t version = unpack_u8(&u);
    e->type = unpack_u8(&u);
    e->role = unpack_u8(&u);
    unpack_copy(&u, e->sender, AUTHOR_BYTES);
    unpack_copy(&u, e->recipient, AUTHOR_BYTES);
    unpack_copy(&u, e->id, ENVELOPE_ID_BYTES);
    unpack_copy(&u, e->reference, ENVELOPE_ID_BYTES);
    e->created_utc = unpack_u64(&u);
    e->expires_day = unpack_u32(&u);
    e->content = unpack_view(&u, unpack_u32(&u));
    *inner = bytes_of(plain.data, plain.len - u.left);
    *signature = unpack_view(&u, SIGNATURE_BYTES);
    if (version != ENVELOPE_VERSION)
        return ERR_VERSION;
    if (u.is_short)
        return ERR_TRUNCATED;
    for (size_t i = 0; i < u.left; i++)
        if (u.at[i] != 0)
            return ERR_FORMAT;
    return e->type == 0 || e->role == 0 ? ERR_RANGE : OK;
}

static enum err judge_plain(struct bytes plain, const struct header *h,
                            const uint8_t sender[AUTHOR_BYTES],
                            const uint8_t recipient[AUTHOR_BYTES],
                            const uint8_t feed_key[KEY_BYTES], struct envelope *e)
{
    struct bytes inner, signature;
    enum err bad = read_plain(plain, e, &inner, &signature);
    if (bad != OK)
        return bad;
    if (memcmp(e->sender, sender, AUTHOR_BYTES) != 0 ||
        memcmp(e->recipient, recipient, AUTHOR_BYTES) != 0)
        return ERR_STRANGER;
    if (e->expires_day != h->expires_day)
        return ERR_RANGE;
    uint8_t text[SIGNED_BYTES];
    signed_text(e, h->index, inner, text);
    return crypto_sign_verify_detached(signature.data, text, sizeof text, feed_key) == 0
               ? OK
               : ERR_SIGNATURE;
}

enum err envelope_open(struct bytes payload, const struct header *h,
                       const uint8_t sender[AUTHOR_BYTES], const uint8_t recipient[AUTHOR_BYTES],
                       const uint8_t feed_key[KEY_BYTES], const struct envelope_key *key,
                       uint8_t *plain, struct envelope *out)
{
    enum err bad = envelope_check(payload);
    if (bad != OK)
        return bad;
    const uint8_t *ephemeral = payload.data + 1, *nonce = ephemeral + KEY_BYTES;
    const uint8_t *sealed = payload.data + ENVELOPE_OUTER_BYTES;
    size_t sealed_bytes = payload.len - ENVELOPE_OUTER_BYTES;
    uint8_t secret[32], ad[AD_BYTES];
    bad = derive_key(key->secret_key, ephemeral, ephemeral, key->public_key, secret);
    if (bad != OK)
        return bad;
    associated(sender, h->expires_day, h->body_units, ad);
    int r = crypto_aead_xchacha20poly1305_ietf_decrypt(plain, NULL, NULL, sealed, sealed_bytes, ad,
                                                       sizeof ad, nonce, secret);
    sodium_memzero(secret, sizeof secret);
    if (r != 0)
        return ERR_EPOCH; /* libsodium wrote zeros */
    struct envelope got;
    size_t plain_bytes = sealed_bytes - ENVELOPE_TAG_BYTES;
    bad = judge_plain(bytes_of(plain, plain_bytes), h, sender, recipient, feed_key, &got);
    if (bad != OK)
        sodium_memzero(plain, plain_bytes);
    else
        *out = got;
    return bad;
}

static void receipt_text(const struct delivery_receipt *r, uint8_t out[RECEIPT_BYTES])
{
    struct pack p = pack_of(out, RECEIPT_BYTES);
    pack_copy(&p, RECEIPT_DOMAIN, sizeof RECEIPT_DOMAIN - 1);
    pack_copy(&p, r->author, AUTHOR_BYTES);
    pack_u64(&p, r->index);
    pack_copy(&p, r->holder, AUTHOR_BYTES);
    pack_u8(&p, r->state);
    assert(!p.is_full && p.left == 0);
}

void delivery_sign(const struct delivery_receipt *r, const uint8_t feed_secret[64],
                   uint8_t out[SIGNATURE_BYTES])
{
    uint8_t text[RECEIPT_BYTES];
    receipt_text(r, text);
    crypto_sign_detached(out, NULL, text, sizeof text, feed_secret);
}

enum err delivery_verify(const struct delivery_receipt *r, const uint8_t signature[SIGNATURE_BYTES],
                         const uint8_t feed_key[KEY_BYTES])
{
    if (r->state < DELIVERY_KEPT || r->state > DELIVERY_UNREADABLE)
        return ERR_RANGE;
    uint8_t text[RECEIPT_BYTES];
    receipt_text(r, text);
    return crypto_sign_verify_detached(signature, text, sizeof text, feed_key) == 0 ? OK
                                                                                    : ERR_SIGNATURE;
}
