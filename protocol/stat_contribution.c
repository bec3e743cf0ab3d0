#include "protocol/stat_contribution.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

#include "protocol/payload.h"

static const char domain[] = "seinpost/v1/stat-contribution";

enum { DOMAIN_BYTES = sizeof domain - 1 };

size_t stat_contribution_bytes(const struct stat_schema *s)
{
    size_t len = STAT_CONTRIBUTION_HEAD_BYTES;
    for (size_t i = 0; i < s->cell_count; i++)
        len += stat_cell_bytes(s->cell[i].width);
    return len;
}

static void hash_begin(crypto_generichash_state *h)
{
    crypto_generichash_init(h, NULL, 0, HASH_BYTES);
    crypto_generichash_update(h, (const uint8_t *)domain, DOMAIN_BYTES);
}

void stat_contribution_hash(struct bytes contribution, uint8_t out[HASH_BYTES])
{
    crypto_generichash_state h;
    hash_begin(&h);
    if (contribution.len > 0)
        crypto_generichash_update(&h, contribution.data, contribution.len);
    crypto_generichash_final(&h, out, HASH_BYTES);
}

enum err stat_contribution_prove(const struct stat_schema *s, const uint8_t author[AUTHOR_BYTES],
                                 const uint32_t *values, const uint8_t fresh[RNG_FRESH_BYTES],
                                 uint8_t *out, size_t cap, uint16_t *bad)
{
    struct rng r;
    enum err e = cap < stat_contribution_bytes(s) ? ERR_LIMIT : OK;
    for (uint16_t i = 0; e == OK && i < s->cell_count; i++) {
        if (values[i] > 1u << s->cell[i].width) {
            *bad = i;
            e = ERR_RANGE;
        }
    }
    if (e != OK)
        return e;
    struct pack p = pack_of(out, cap);
    pack_u8(&p, PAYLOAD_VERSION);
    pack_copy(&p, s->hash, HASH_BYTES);
    pack_copy(&p, author, AUTHOR_BYTES);
    uint8_t *at = out + STAT_CONTRIBUTION_HEAD_BYTES, own[RNG_FRESH_BYTES];
    rng_init(&r, fresh);
    for (uint16_t i = 0; e == OK && i < s->cell_count; i++) {
        const struct stat_place place = stat_schema_place(s, i, author);
        rng_bytes(&r, own, sizeof own);
        e = stat_cell_prove(&place, values[i], own, at);
        at += stat_cell_bytes(place.width);
    }
    rng_clear(&r);
    sodium_memzero(own, sizeof own);
    return e;
}

void stat_intake_init(struct stat_intake *in, const struct stat_schema *s,
                      const uint8_t author[AUTHOR_BYTES], const struct stat_sums *sums)
{
    memset(in, 0, sizeof *in);
    in->schema = s;
    memcpy(in->author, author, AUTHOR_BYTES);
    hash_begin(&in->hash);
    in->with = *sums;
    in->failed = OK;
}

/* How long the piece is that comes next; 0 after the last. */
static size_t next_bytes(const struct stat_intake *in)
{
    if (!in->has_head)
        return STAT_CONTRIBUTION_HEAD_BYTES;
    return in->cell < in->schema->cell_count ? stat_cell_bytes(in->schema->cell[in->cell].width)
                                             : 0;
}

static enum err take_head(struct stat_intake *in)
{
    struct unpack u = unpack_of(bytes_of(in->piece, STAT_CONTRIBUTION_HEAD_BYTES));
    enum err e = payload_start(&u);
    if (e != OK)
        return e;
    if (memcmp(unpack_view(&u, HASH_BYTES).data, in->schema->hash, HASH_BYTES) != 0)
        return ERR_COMMIT;
    if (memcmp(unpack_view(&u, AUTHOR_BYTES).data, in->author, AUTHOR_BYTES) != 0)
        return ERR_STRANGER;
    in->has_head = true;
    return OK;
}

static enum err take_cell(struct stat_intake *in)
{
    const struct stat_place place = stat_schema_place(in->schema, in->cell, in->author);
    struct stat_cipher presence, value;
    enum err e = stat_cell_verify(&place, bytes_of(in->piece, in->len), &presence, &value);
    if (e == OK)
        e = stat_cipher_add(&in->with.count[in->cell], &presence);
    if (e == OK)
        e = stat_cipher_add(&in->with.value[in->cell], &value);
    if (e == OK)
        in->cell++;
    return e;
}

enum err stat_intake_take(struct stat_intake *in, struct bytes more)
{
    if (in->failed == OK && more.len > 0)
        crypto_generichash_update(&in->hash, more.data, more.len);
    while (in->failed == OK && more.len > 0) {
        const size_t want = next_bytes(in);
        if (want == 0) {
            in->failed = ERR_FORMAT;
            break;
        }
        const size_t take = more.len < want - in->len ? more.len : want - in->len;
        memcpy(in->piece + in->len, more.data, take);
        in->len += take;
        more = bytes_of(more.data + take, more.len - take);
        if (in->len < want)
            break;
        in->failed = in->has_head ? take_cell(in) : take_head(in);
        in->len = 0;
    }
    return in->failed;
}

enum err stat_intake_finish(struct stat_intake *in, const uint8_t *want, struct stat_sums *sums,
                            uint8_t hash[HASH_BYTES])
{
    uint8_t own[HASH_BYTES];
    crypto_generichash_state h = in->hash;
    crypto_generichash_final(&h, own, sizeof own);
    if (in->failed != OK)
        return in->failed;
    if (in->len > 0 || next_bytes(in) != 0)
        return ERR_TRUNCATED;
    if (want != NULL && memcmp(own, want, HASH_BYTES) != 0)
        return ERR_COMMIT;
    if (in->with.contributors >= ORGANISATIONS_MAX)
        return ERR_FULL;
    in->with.contributors++;
    *sums = in->with;
    memcpy(hash, own, HASH_BYTES);
    return OK;
}
