#include "node/post_seal.h"

#include <sodium.h>
#include <string.h>

enum { RECORD_VERSION = 1, NONCE_BYTES = 24 };

static const char DOMAIN[] = "seinpost/v1/desk-post";
enum { AD_BYTES = sizeof DOMAIN - 1 + 1 + POST_CONTEXT_BYTES };

struct post_context post_context_id(const uint8_t id[ENVELOPE_ID_BYTES])
{
    struct post_context c;
    memcpy(c.bytes, id, sizeof c.bytes);
    return c;
}

struct post_context post_context_number(uint64_t number)
{
    struct post_context c = {{0}};
    struct pack p = pack_of(c.bytes, 8);
    pack_u64(&p, number);
    return c;
}

static void associated(enum post_kind kind, struct post_context context, uint8_t out[AD_BYTES])
{
    struct pack p = pack_of(out, AD_BYTES);
    pack_copy(&p, DOMAIN, sizeof DOMAIN - 1);
    pack_u8(&p, (uint8_t)kind);
    pack_copy(&p, context.bytes, sizeof context.bytes);
}

void post_seal(const uint8_t key[32], enum post_kind kind, struct post_context context,
               struct bytes plain, uint8_t *out)
{
    uint8_t ad[AD_BYTES];
    associated(kind, context, ad);
    randombytes_buf(out, NONCE_BYTES);
    crypto_aead_xchacha20poly1305_ietf_encrypt(out + NONCE_BYTES, NULL, plain.data, plain.len, ad,
                                               sizeof ad, NULL, out, key);
}

enum err post_unseal(const uint8_t key[32], enum post_kind kind, struct post_context context,
                     struct bytes sealed, uint8_t *plain)
{
    uint8_t ad[AD_BYTES];
    if (sealed.len < POST_SEAL_BYTES)
        return ERR_TRUNCATED;
    associated(kind, context, ad);
    int r = crypto_aead_xchacha20poly1305_ietf_decrypt(plain, NULL, NULL, sealed.data + NONCE_BYTES,
                                                       sealed.len - NONCE_BYTES, ad, sizeof ad,
                                                       sealed.data, key);
    return r == 0 ? OK : ERR_SIGNATURE;
}

size_t post_in_encode(const struct post_in *m, uint8_t *out)
{
    struct pack p = pack_of(out, POST_IN_BYTES + m->content.len);
    pack_u8(&p, RECORD_VERSION);
    pack_u8(&p, m->type);
    pack_u8(&p, m->role);
    pack_copy(&p, m->sender, AUTHOR_BYTES);
    pack_copy(&p, m->id, ENVELOPE_ID_BYTES);
    pack_copy(&p, m->reference, ENVELOPE_ID_BYTES);
    pack_u64(&p, m->index);
    pack_u64(&p, m->created_utc);
    pack_u64(&p, m->received_utc);
    pack_u32(&p, m->expires_day);
    pack_bytes(&p, m->content);
    return pack_len(&p);
}

enum err post_in_decode(struct bytes plain, struct post_in *out)
{
    struct unpack u = unpack_of(plain);
    struct post_in m;
    uint8_t version = unpack_u8(&u);
    m.type = unpack_u8(&u);
    m.role = unpack_u8(&u);
    unpack_copy(&u, m.sender, AUTHOR_BYTES);
    unpack_copy(&u, m.id, ENVELOPE_ID_BYTES);
    unpack_copy(&u, m.reference, ENVELOPE_ID_BYTES);
    m.index = unpack_u64(&u);
    m.created_utc = unpack_u64(&u);
    m.received_utc = unpack_u64(&u);
    m.expires_day = unpack_u32(&u);
    if (u.is_short)
        return ERR_TRUNCATED;
    if (version != RECORD_VERSION)
        return ERR_VERSION;
    m.content = bytes_of(u.at, u.left);
    *out = m;
    return OK;
}

size_t post_out_encode(const struct post_out *m, uint8_t *out)
{
    struct pack p = pack_of(out, POST_OUT_BYTES + m->subject.len);
    pack_u8(&p, RECORD_VERSION);
    pack_copy(&p, m->recipient, AUTHOR_BYTES);
    pack_copy(&p, m->id, ENVELOPE_ID_BYTES);
    pack_u64(&p, m->created_utc);
    pack_u32(&p, m->expires_day);
    pack_u32(&p, m->bytes);
    pack_bytes(&p, m->subject);
    return pack_len(&p);
}

enum err post_out_decode(struct bytes plain, struct post_out *out)
{
    struct unpack u = unpack_of(plain);
    struct post_out m;
    uint8_t version = unpack_u8(&u);
    unpack_copy(&u, m.recipient, AUTHOR_BYTES);
    unpack_copy(&u, m.id, ENVELOPE_ID_BYTES);
    m.created_utc = unpack_u64(&u);
    m.expires_day = unpack_u32(&u);
    m.bytes = unpack_u32(&u);
    if (u.is_short)
        return ERR_TRUNCATED;
    if (version != RECORD_VERSION)
        return ERR_VERSION;
    m.subject = bytes_of(u.at, u.left);
    *out = m;
    return OK;
}
