/*
 * fuzz_envelope.c - sealed envelopes and receipts for them.
 *
 * The first byte chooses:
 * 0  bytes as they come;
 * 1  a true envelope with what follows as its fields and content, and then bits turned: unchanged
 *    it opens to what was sealed, changed it does not open;
 * 2  the plain text inside is what follows, sealed as the sender could seal anything;
 * 3  a receipt.
 */
#include "protocol/envelope.h"
#include "tests/fuzz/fuzz.h"

#include <sodium.h>

static const uint8_t sender[AUTHOR_BYTES] = {1}, recipient[AUTHOR_BYTES] = {2};
static uint8_t feed_key[32], secret[64];
static struct envelope_key key;
static struct envelope_random fresh;
static uint8_t sealed[ADDRESSED_BODY_BYTES_MAX], plain[ADDRESSED_BODY_BYTES_MAX];

enum { EXPIRES = 20544, INDEX = 7 };

static void make_keys(void)
{
    uint8_t seed[32];
    static bool is_made;
    if (is_made)
        return;
    fuzz_feed_seed(seed);
    crypto_sign_seed_keypair(feed_key, secret, seed);
    fuzz_seed(3, seed);
    envelope_key_of(seed, &key);
    fuzz_seed(4, fresh.ephemeral);
    fuzz_seed(5, seed);
    memcpy(fresh.nonce, seed, sizeof fresh.nonce);
    is_made = true;
}

static enum err open_it(struct bytes payload, struct envelope *out)
{
    struct header h = {.version = HEADER_VERSION,
                       .audience = AUDIENCE_ADDRESSED,
                       .body_units = (uint16_t)((payload.len + BODY_FIXED_BYTES) / BODY_UNIT_BYTES),
                       .expires_day = EXPIRES,
                       .index = INDEX};
    memset(plain, FUZZ_MARK, sizeof plain);
    MARK(out);
    enum err e = envelope_open(payload, &h, sender, recipient, feed_key, &key, plain, out);
    CHECK(e == OK || IS_UNTOUCHED(out));
    if (e == OK) {
        CHECK(out->type != 0 && out->role != 0 && out->expires_day == EXPIRES);
        CHECK(memcmp(out->sender, sender, 32) == 0 && memcmp(out->recipient, recipient, 32) == 0);
        CHECK(fuzz_is_within(out->content, bytes_of(plain, payload.len)));
    } else if (envelope_check(payload) == OK && e != ERR_POINT) {
        size_t len = payload.len - ENVELOPE_OUTER_BYTES - ENVELOPE_TAG_BYTES;
        CHECK(fuzz_is_filled(plain, 0, len));
    }
    return e;
}

static void try_bytes(struct bytes in)
{
    struct envelope e;
    if (in.len <= sizeof plain)
        CHECK(open_it(in, &e) != OK); /* nobody makes one up */
}

static size_t seal(struct unpack *u, struct envelope *e)
{
    size_t len = 0;
    e->type = unpack_u8(u);
    e->role = unpack_u8(u);
    memcpy(e->sender, sender, 32);
    memcpy(e->recipient, recipient, 32);
    unpack_copy(u, e->id, sizeof e->id);
    unpack_copy(u, e->reference, sizeof e->reference);
    e->created_utc = unpack_u64(u);
    e->expires_day = EXPIRES;
    e->content = bytes_of(u->at, u->left);
    CHECK(envelope_seal(e, INDEX, secret, key.public_key, &fresh, sealed, &len) == OK);
    CHECK(len == envelope_bytes(e->content.len));
    return len;
}

static void try_true(struct unpack *u)
{
    struct envelope e, got;
    size_t at = unpack_u16(u);
    uint8_t bits = unpack_u8(u);
    size_t len = seal(u, &e);
    CHECK((len + BODY_FIXED_BYTES) % (16 * BODY_UNIT_BYTES) == 0);
    sealed[at % len] ^= bits;
    enum err bad = open_it(bytes_of(sealed, len), &got);
    if (bits != 0) {
        CHECK(bad != OK);
        return;
    }
    CHECK(bad == (e.type == 0 || e.role == 0 ? ERR_RANGE : OK));
    if (bad != OK)
        return;
    CHECK(got.type == e.type && got.role == e.role && got.created_utc == e.created_utc);
    CHECK(memcmp(got.id, e.id, sizeof e.id) == 0 && bytes_equal(got.content, e.content));
}

/* Seals any plain text; the key is found by unsealing a true envelope, which is the same XOR. */
static void try_plain(struct unpack *u)
{
    static uint8_t stream[ADDRESSED_BODY_BYTES_MAX], again[ADDRESSED_BODY_BYTES_MAX];
    static const char key_domain[] = "seinpost/v1/envelope-key",
                      domain[] = "seinpost/v1/envelope-ad";
    struct bytes text = bytes_of(u->at, u->left);
    uint8_t shared[32], wrap[32], ad[sizeof domain - 1 + AUTHOR_BYTES + 7];
    size_t len = ENVELOPE_OUTER_BYTES + text.len + ENVELOPE_TAG_BYTES;
    if (len < ENVELOPE_BYTES_MIN)
        len = ENVELOPE_BYTES_MIN;
    if (len > 8192)
        return;
    size_t plain_len = len - ENVELOPE_OUTER_BYTES - ENVELOPE_TAG_BYTES;
    memset(stream, 0, plain_len);
    if (text.len > 0)
        memcpy(stream, text.data, text.len);
    struct pack p = pack_of(again, sizeof again);
    pack_u8(&p, ENVELOPE_VERSION);
    CHECK(crypto_scalarmult_base(p.at, fresh.ephemeral) == 0);
    CHECK(crypto_scalarmult(shared, fresh.ephemeral, key.public_key) == 0);
    crypto_generichash_state st;
    crypto_generichash_init(&st, shared, sizeof shared, 32);
    crypto_generichash_update(&st, (const uint8_t *)key_domain, sizeof key_domain - 1);
    crypto_generichash_update(&st, p.at, 32);
    crypto_generichash_update(&st, key.public_key, 32);
    crypto_generichash_final(&st, wrap, sizeof wrap);
    struct pack a = pack_of(ad, sizeof ad);
    pack_copy(&a, domain, sizeof domain - 1);
    pack_copy(&a, sender, sizeof sender);
    pack_u8(&a, AUDIENCE_ADDRESSED);
    pack_u32(&a, EXPIRES);
    pack_u16(&a, (uint16_t)((len + BODY_FIXED_BYTES) / BODY_UNIT_BYTES));
    memcpy(again + 33, fresh.nonce, sizeof fresh.nonce);
    crypto_aead_xchacha20poly1305_ietf_encrypt(again + ENVELOPE_OUTER_BYTES, NULL, stream,
                                               plain_len, ad, sizeof ad, NULL, fresh.nonce, wrap);
    struct envelope got;
    enum err e = open_it(bytes_of(again, len), &got);
    CHECK(e != ERR_EPOCH && e != ERR_POINT); /* it was sealed right */
}

static void try_receipt(struct unpack *u)
{
    struct delivery_receipt r;
    uint8_t signature[SIGNATURE_BYTES];
    unpack_copy(u, r.author, sizeof r.author);
    r.index = unpack_u64(u);
    unpack_copy(u, r.holder, sizeof r.holder);
    r.state = unpack_u8(u);
    uint8_t at = unpack_u8(u), bits = unpack_u8(u);
    delivery_sign(&r, secret, signature);
    signature[at % sizeof signature] ^= bits;
    bool is_defined = r.state >= DELIVERY_KEPT && r.state <= DELIVERY_UNREADABLE;
    enum err want = !is_defined ? ERR_RANGE : bits != 0 ? ERR_SIGNATURE : OK;
    CHECK(delivery_verify(&r, signature, feed_key) == want);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    if (len == 0 || len > 16384)
        return 0;
    struct unpack u = unpack_of(bytes_of(data + 1, len - 1));
    make_keys();
    switch (data[0] % 4) {
    case 0:
        try_bytes(bytes_of(data + 1, len - 1));
        break;
    case 1:
        try_true(&u);
        break;
    case 2:
        try_plain(&u);
        break;
    default:
        try_receipt(&u);
    }
    return 0;
}
