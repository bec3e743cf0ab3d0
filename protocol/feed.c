#include "protocol/feed.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

static const char CHECKPOINT_PREFIX[] = "seinpost/v1/ckpt";

void author_of(struct bytes org_id, uint8_t out[AUTHOR_BYTES])
{
    struct bytes domain = BYTES_LITERAL("seinpost/v1/org");
    crypto_generichash_state st;
    crypto_generichash_init(&st, NULL, 0, AUTHOR_BYTES);
    crypto_generichash_update(&st, domain.data, domain.len);
    crypto_generichash_update(&st, org_id.data, org_id.len);
    crypto_generichash_final(&st, out, AUTHOR_BYTES);
}

void header_encode(const struct header *h, uint8_t out[HEADER_BYTES])
{
    struct pack p = pack_of(out, HEADER_BYTES);
    pack_u8(&p, h->version);
    pack_u8(&p, h->audience);
    pack_u16(&p, h->body_units);
    pack_u32(&p, h->expires_day);
    pack_u64(&p, h->index);
    pack_copy(&p, h->commit, HASH_BYTES);
    assert(!p.is_full && p.left == 0);
}

static size_t body_bytes_max(unsigned audience)
{
    return audience == AUDIENCE_ALL ? BODY_BYTES_MAX : ADDRESSED_BODY_BYTES_MAX;
}

enum err header_decode(const uint8_t in[HEADER_BYTES], struct header *h)
{
    struct unpack u = unpack_of(bytes_of(in, HEADER_BYTES));
    struct header got;
    got.version = unpack_u8(&u);
    got.audience = unpack_u8(&u);
    got.body_units = unpack_u16(&u);
    got.expires_day = unpack_u32(&u);
    got.index = unpack_u64(&u);
    unpack_copy(&u, got.commit, HASH_BYTES);
    if (got.version != HEADER_VERSION)
        return ERR_VERSION;
    if (got.audience > AUDIENCE_ADDRESSED || got.body_units == 0 ||
        (size_t)got.body_units * BODY_UNIT_BYTES > body_bytes_max(got.audience))
        return ERR_RANGE;
    *h = got;
    return OK;
}

/* Size classes, so that a length tells little: 1, 2, 4 ... units; 16, 64, 256, 1024 for an
 * addressee. */
static size_t padded_bytes(size_t len, enum audience audience)
{
    size_t units = audience == AUDIENCE_ALL ? 1 : 16;
    size_t step = audience == AUDIENCE_ALL ? 2 : 4;
    while (units * BODY_UNIT_BYTES < len)
        units *= step;
    return units * BODY_UNIT_BYTES;
}

enum err body_encode(const struct body *b, enum audience audience, const uint8_t salt[SALT_BYTES],
                     uint8_t *out, size_t cap, size_t *len)
{
    size_t need = BODY_FIXED_BYTES + b->payload.len;
    if (need > body_bytes_max(audience))
        return ERR_LIMIT;
    size_t padded = padded_bytes(need, audience);
    if (padded > cap)
        return ERR_LIMIT;
    struct pack p = pack_of(out, padded);
    pack_copy(&p, salt, SALT_BYTES);
    pack_u8(&p, b->type);
    pack_u8(&p, b->flags);
    pack_u16(&p, 0);
    pack_u32(&p, b->day);
    pack_u64(&p, b->ref_plus_one);
    pack_bytes(&p, b->payload);
    assert(!p.is_full);
    memset(p.at, 0, p.left);
    *len = padded;
    return OK;
}

enum err body_decode(struct bytes in, struct body *b)
{
    struct unpack u = unpack_of(in);
    struct body got;
    (void)unpack_view(&u, SALT_BYTES);
    got.type = unpack_u8(&u);
    got.flags = unpack_u8(&u);
    uint16_t zero = unpack_u16(&u);
    got.day = unpack_u32(&u);
    got.ref_plus_one = unpack_u64(&u);
    if (u.is_short)
        return ERR_TRUNCATED;
    if (zero != 0)
        return ERR_FORMAT;
    got.payload = bytes_of(u.at, u.left);
    *b = got;
    return OK;
}

void body_commit(const uint8_t author[AUTHOR_BYTES], uint64_t index, struct bytes body,
                 uint8_t out[HASH_BYTES])
{
    assert(body.len >= SALT_BYTES);
    struct bytes domain = BYTES_LITERAL("seinpost/v1/body");
    uint8_t number[8];
    struct pack p = pack_of(number, sizeof number);
    pack_u64(&p, index);
    crypto_generichash_state st;
    crypto_generichash_init(&st, body.data, SALT_BYTES, HASH_BYTES);
    crypto_generichash_update(&st, domain.data, domain.len);
    crypto_generichash_update(&st, author, AUTHOR_BYTES);
    crypto_generichash_update(&st, number, sizeof number);
    crypto_generichash_update(&st, body.data + SALT_BYTES, body.len - SALT_BYTES);
    crypto_generichash_final(&st, out, HASH_BYTES);
}

enum err body_check(const uint8_t author[AUTHOR_BYTES], const struct header *h, struct bytes body)
{
    if (body.len != (size_t)h->body_units * BODY_UNIT_BYTES || body.len < BODY_FIXED_BYTES)
        return ERR_COMMIT;
    uint8_t commit[HASH_BYTES];
    body_commit(author, h->index, body, commit);
    return memcmp(commit, h->commit, HASH_BYTES) == 0 ? OK : ERR_COMMIT;
}

void checkpoint_encode(const struct checkpoint *c, uint8_t out[CHECKPOINT_BYTES])
{
    struct pack p = pack_of(out, CHECKPOINT_BYTES);
    pack_copy(&p, CHECKPOINT_PREFIX, sizeof CHECKPOINT_PREFIX - 1);
    pack_copy(&p, c->author, AUTHOR_BYTES);
    pack_u32(&p, c->feed_epoch);
    pack_u64(&p, c->seq);
    pack_u64(&p, c->size);
    pack_copy(&p, c->root, HASH_BYTES);
    pack_copy(&p, c->previous, HASH_BYTES);
    pack_u64(&p, c->time_utc);
    pack_copy(&p, c->seen, HASH_BYTES);
    assert(!p.is_full && p.left == 0);
}

void checkpoint_sign(const struct checkpoint *c, const uint8_t secret_key[64],
                     uint8_t out[CHECKPOINT_SIGNED_BYTES])
{
    checkpoint_encode(c, out);
    crypto_sign_detached(out + CHECKPOINT_BYTES, NULL, out, CHECKPOINT_BYTES, secret_key);
}

/* Reads the fields without looking at the signature. */
static enum err checkpoint_decode(struct bytes in, struct checkpoint *c)
{
    struct unpack u = unpack_of(in);
    struct bytes prefix = unpack_view(&u, sizeof CHECKPOINT_PREFIX - 1);
    struct checkpoint got;
    unpack_copy(&u, got.author, AUTHOR_BYTES);
    got.feed_epoch = unpack_u32(&u);
    got.seq = unpack_u64(&u);
    got.size = unpack_u64(&u);
    unpack_copy(&u, got.root, HASH_BYTES);
    unpack_copy(&u, got.previous, HASH_BYTES);
    got.time_utc = unpack_u64(&u);
    unpack_copy(&u, got.seen, HASH_BYTES);
    (void)unpack_view(&u, SIGNATURE_BYTES);
    if (u.is_short)
        return ERR_TRUNCATED;
    if (u.left != 0 ||
        !bytes_equal(prefix, bytes_of(CHECKPOINT_PREFIX, sizeof CHECKPOINT_PREFIX - 1)))
        return ERR_FORMAT;
    if (got.seq == 0 || got.feed_epoch == 0 || got.size >> MERKLE_LEVELS_MAX != 0 ||
        got.time_utc > INT64_MAX)
        return ERR_RANGE;
    *c = got;
    return OK;
}

enum err checkpoint_verify(struct bytes in, const uint8_t feed_key[KEY_BYTES], struct checkpoint *c)
{
    struct checkpoint got;
    enum err e = checkpoint_decode(in, &got);
    if (e != OK)
        return e;
    if (crypto_sign_verify_detached(in.data + CHECKPOINT_BYTES, in.data, CHECKPOINT_BYTES,
                                    feed_key))
        return ERR_SIGNATURE;
    *c = got;
    return OK;
}

enum err checkpoint_read(struct bytes in, struct checkpoint *c)
{
    return checkpoint_decode(in, c);
}

void checkpoint_hash(const struct checkpoint *c, uint8_t out[HASH_BYTES])
{
    uint8_t text[CHECKPOINT_BYTES];
    checkpoint_encode(c, text);
    crypto_generichash(out, HASH_BYTES, text, sizeof text, NULL, 0);
}

bool checkpoint_is_daily(const struct checkpoint *c)
{
    return c->seq % DAILY_SEQ == 0 ? c->seq != 0 : c->seq == 1 && c->size <= 1;
}

uint64_t checkpoint_next_seq(uint64_t last, bool closes_day)
{
    if (closes_day)
        return (last / DAILY_SEQ + 1) * DAILY_SEQ;
    return (last + 1) % DAILY_SEQ == 0 ? last + 2 : last + 1;
}

void seen_encode(const struct seen_row *row, uint8_t out[SEEN_ROW_BYTES])
{
    struct pack p = pack_of(out, SEEN_ROW_BYTES);
    pack_copy(&p, row->author, AUTHOR_BYTES);
    pack_u32(&p, row->feed_epoch);
    pack_u64(&p, row->seq);
    pack_copy(&p, row->checkpoint_hash, HASH_BYTES);
    assert(!p.is_full && p.left == 0);
}

void seen_decode(struct bytes rows, size_t i, struct seen_row *row)
{
    struct unpack u = unpack_of(bytes_of(rows.data + i * SEEN_ROW_BYTES, SEEN_ROW_BYTES));
    unpack_copy(&u, row->author, AUTHOR_BYTES);
    row->feed_epoch = unpack_u32(&u);
    row->seq = unpack_u64(&u);
    unpack_copy(&u, row->checkpoint_hash, HASH_BYTES);
    assert(unpack_is_done(&u));
}

bool seen_is_sound(struct bytes rows)
{
    if (rows.len % SEEN_ROW_BYTES != 0 || rows.len / SEEN_ROW_BYTES > ORGANISATIONS_MAX)
        return false;
    for (size_t at = SEEN_ROW_BYTES; at < rows.len; at += SEEN_ROW_BYTES)
        if (memcmp(rows.data + at - SEEN_ROW_BYTES, rows.data + at, AUTHOR_BYTES) >= 0)
            return false;
    return true;
}

void seen_hash(struct bytes rows, uint8_t out[HASH_BYTES])
{
    crypto_hash_sha256(out, rows.data, rows.len);
}
