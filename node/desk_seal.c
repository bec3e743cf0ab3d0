#include "node/desk_seal.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

enum {
    RECORD_VERSION_1 = 1,
    RECORD_VERSION = 2,
    NONCE_BYTES = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
};

static_assert(1 + 4 + 4 + 4 + 1 + DESK_REF_BYTES_MAX + 1 + SIGNAL_TAGS_MAX * 34 <=
                  DESK_RECORD_BYTES,
              "every record fits");

static size_t associated(uint64_t index, uint8_t out[24])
{
    struct pack p = pack_of(out, 24);
    pack_bytes(&p, BYTES_LITERAL("seinpost/v1/desk"));
    pack_u64(&p, index);
    return pack_len(&p);
}

void desk_seal(const uint8_t key[DESK_KEY_BYTES], uint64_t index, const struct desk_record *r,
               uint8_t out[DESK_SEALED_BYTES])
{
    uint8_t plain[DESK_RECORD_BYTES] = {0}, ad[24];
    struct pack p = pack_of(plain, sizeof plain);
    size_t ref_len = strlen(r->ref);
    pack_u8(&p, RECORD_VERSION);
    pack_u32(&p, r->epoch);
    pack_u32(&p, r->written_day);
    pack_u32(&p, r->expires_day);
    pack_u8(&p, (uint8_t)ref_len);
    pack_copy(&p, r->ref, ref_len);
    pack_u8(&p, (uint8_t)r->count);
    for (size_t i = 0; i < r->count; i++) {
        pack_u8(&p, r->tags[i].kind);
        pack_u8(&p, r->tags[i].counter);
        pack_copy(&p, r->tags[i].n, 32);
    }
    assert(!p.is_full);
    randombytes_buf(out, NONCE_BYTES);
    crypto_aead_xchacha20poly1305_ietf_encrypt(out + NONCE_BYTES, NULL, plain, sizeof plain, ad,
                                               associated(index, ad), NULL, out, key);
    sodium_memzero(plain, sizeof plain);
}

enum err desk_unseal(const uint8_t key[DESK_KEY_BYTES], uint64_t index, struct bytes sealed,
                     struct desk_record *r)
{
    memset(r, 0, sizeof *r);
    if (sealed.len != DESK_SEALED_BYTES)
        return ERR_FORMAT;
    uint8_t plain[DESK_RECORD_BYTES], ad[24];
    if (crypto_aead_xchacha20poly1305_ietf_decrypt(plain, NULL, NULL, sealed.data + NONCE_BYTES,
                                                   sealed.len - NONCE_BYTES, ad,
                                                   associated(index, ad), sealed.data, key) != 0)
        return ERR_SIGNATURE;
    struct unpack u = unpack_of(bytes_of(plain, sizeof plain));
    uint8_t version = unpack_u8(&u);
    if (version != RECORD_VERSION_1)
        r->epoch = unpack_u32(&u);
    r->written_day = unpack_u32(&u);
    r->expires_day = unpack_u32(&u);
    size_t ref_len = unpack_u8(&u);
    if (ref_len <= DESK_REF_BYTES_MAX)
        unpack_copy(&u, r->ref, ref_len);
    r->count = unpack_u8(&u);
    bool is_sound = version <= RECORD_VERSION && version > 0 && ref_len <= DESK_REF_BYTES_MAX &&
                    r->count <= SIGNAL_TAGS_MAX;
    for (size_t i = 0; is_sound && i < r->count; i++) {
        r->tags[i].kind = unpack_u8(&u);
        r->tags[i].counter = unpack_u8(&u);
        unpack_copy(&u, r->tags[i].n, 32);
    }
    sodium_memzero(plain, sizeof plain);
    if (is_sound && !u.is_short)
        return OK;
    sodium_memzero(r, sizeof *r);
    return ERR_FORMAT;
}
