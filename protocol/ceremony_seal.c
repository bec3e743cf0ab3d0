/*
 * ceremony_seal.c - sub-shares, each for the eyes of its receiver.
 */
#include "protocol/ceremony.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

static const char DOMAIN[] = "seinpost/v1/subshare";
static const uint8_t NONCE[crypto_aead_xchacha20poly1305_ietf_NPUBBYTES]; /* its key is used once */

static_assert(CEREMONY_SEALED_BYTES == SCALAR_BYTES + crypto_aead_xchacha20poly1305_ietf_ABYTES,
              "a sealed sub-share");

/* Both sides have secret and other: the ephemeral secret and the prekey, or the prekey's secret and
 * the ephemeral key. ERR_POINT if the exchange gives zeros. */
static enum err derive_key(const uint8_t secret[KEY_BYTES], const uint8_t other[KEY_BYTES],
                           const struct dealing_place *place, const uint8_t receiver[AUTHOR_BYTES],
                           const uint8_t ephemeral[KEY_BYTES], const uint8_t prekey[KEY_BYTES],
                           uint8_t key[32])
{
    uint8_t shared[32];
    if (crypto_scalarmult(shared, secret, other) != 0)
        return ERR_POINT;
    crypto_generichash_state h;
    crypto_generichash_init(&h, shared, sizeof shared, 32);
    crypto_generichash_update(&h, (const uint8_t *)DOMAIN, sizeof DOMAIN - 1);
    crypto_generichash_update(&h, place->ceremony, HASH_BYTES);
    crypto_generichash_update(&h, place->dealer, AUTHOR_BYTES);
    crypto_generichash_update(&h, &place->round, 1);
    crypto_generichash_update(&h, receiver, AUTHOR_BYTES);
    crypto_generichash_update(&h, ephemeral, KEY_BYTES);
    crypto_generichash_update(&h, prekey, KEY_BYTES);
    crypto_generichash_final(&h, key, 32);
    sodium_memzero(shared, sizeof shared);
    sodium_memzero(&h, sizeof h);
    return OK;
}

enum err ceremony_seal(const struct dealing_place *place, const uint8_t receiver[AUTHOR_BYTES],
                       const uint8_t ephemeral_secret[KEY_BYTES], const uint8_t prekey[KEY_BYTES],
                       const uint8_t share[SCALAR_BYTES], uint8_t out[CEREMONY_SEALED_BYTES])
{
    uint8_t key[32], ephemeral[KEY_BYTES];
    int failed = crypto_scalarmult_base(ephemeral, ephemeral_secret);
    assert(failed == 0);
    memset(out, 0, CEREMONY_SEALED_BYTES);
    enum err e = derive_key(ephemeral_secret, prekey, place, receiver, ephemeral, prekey, key);
    if (e != OK)
        return e;
    failed = crypto_aead_xchacha20poly1305_ietf_encrypt(out, NULL, share, SCALAR_BYTES, NULL, 0,
                                                        NULL, NONCE, key);
    assert(failed == 0);
    (void)failed;
    sodium_memzero(key, sizeof key);
    return OK;
}

enum err ceremony_unseal(const struct dealing_place *place, const uint8_t receiver[AUTHOR_BYTES],
                         const uint8_t ephemeral[KEY_BYTES], const struct envelope_key *prekey,
                         const uint8_t sealed[CEREMONY_SEALED_BYTES], uint8_t share[SCALAR_BYTES])
{
    uint8_t key[32];
    enum err e = derive_key(prekey->secret_key, ephemeral, place, receiver, ephemeral,
                            prekey->public_key, key);
    if (e == OK && crypto_aead_xchacha20poly1305_ietf_decrypt(
                       share, NULL, NULL, sealed, CEREMONY_SEALED_BYTES, NULL, 0, NONCE, key) != 0)
        e = ERR_EPOCH;
    if (e == OK)
        e = scalar_check(share);
    if (e != OK)
        sodium_memzero(share, SCALAR_BYTES);
    sodium_memzero(key, sizeof key);
    return e;
}
