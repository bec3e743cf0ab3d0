#include "protocol/stat_result.h"

#include <assert.h>
#include <string.h>

#include "protocol/payload.h"

static const char domain[] = "seinpost/v1/stat-result";

enum { DOMAIN_BYTES = sizeof domain - 1 };

/* ---- Writing ---- */

static void put_stewards(struct pack *p, const struct roster_stewards *s)
{
    pack_u8(p, (uint8_t)s->quorum);
    pack_u8(p, (uint8_t)s->count);
    for (size_t i = 0; i < s->count; i++)
        pack_copy(p, s->key[i], KEY_BYTES);
}

void stat_stewards_hash(const struct roster_stewards *stewards, uint8_t out[HASH_BYTES])
{
    uint8_t text[32 + 2 + STEWARDS_MAX * KEY_BYTES];
    struct pack p = pack_of(text, sizeof text);
    pack_bytes(&p, BYTES_LITERAL("seinpost/v1/stat-stewards"));
    put_stewards(&p, stewards);
    assert(!p.is_full);
    crypto_generichash(out, HASH_BYTES, text, pack_len(&p), NULL, 0);
}

void stat_result_put_head(struct pack *p, const struct stat_head *h)
{
    pack_copy(p, domain, DOMAIN_BYTES);
    pack_u8(p, PAYLOAD_VERSION);
    pack_u32(p, (uint32_t)h->document.len);
    pack_bytes(p, h->document);
    pack_u8(p, (uint8_t)h->signature_count);
    for (size_t i = 0; i < h->signature_count; i++) {
        pack_copy(p, h->signature[i].steward, KEY_BYTES);
        pack_copy(p, h->signature[i].signature, SIGNATURE_BYTES);
    }
    put_stewards(p, h->stewards);
    pack_u32(p, h->refresh);
    pack_copy(p, h->commitments, h->holder_count * POINT_BYTES);
}

void stat_result_put_sums(struct pack *p, const struct stat_schema *s, const struct stat_sums *sums,
                          const uint8_t set[HASH_BYTES])
{
    pack_u16(p, sums->contributors);
    pack_copy(p, set, HASH_BYTES);
    for (size_t i = 0; i < s->cell_count; i++) {
        pack_copy(p, sums->count[i].a, STAT_CIPHER_BYTES);
        pack_copy(p, sums->value[i].a, STAT_CIPHER_BYTES);
    }
}

void stat_result_put_count(struct pack *p, uint8_t count)
{
    pack_u8(p, count);
}

void stat_result_put_part(struct pack *p, uint8_t position, const uint8_t *signature,
                          struct bytes part)
{
    pack_u8(p, position);
    if (signature != NULL)
        pack_copy(p, signature, SIGNATURE_BYTES);
    pack_bytes(p, part);
}

void stat_result_put_value(struct pack *p, uint32_t value)
{
    pack_u32(p, value);
}

/* ---- Verifying ---- */

static enum err take_stewards(struct unpack *u, struct roster_stewards *s)
{
    s->quorum = unpack_u8(u);
    s->count = unpack_u8(u);
    if (s->count > STEWARDS_MAX)
        return ERR_RANGE;
    for (size_t i = 0; i < s->count; i++) {
        unpack_copy(u, s->key[i], KEY_BYTES);
        for (size_t j = 0; j < i; j++)
            if (memcmp(s->key[i], s->key[j], KEY_BYTES) == 0)
                return u->is_short ? ERR_TRUNCATED : ERR_DUPLICATE;
    }
    if (u->is_short)
        return ERR_TRUNCATED;
    return s->quorum >= 1 && s->quorum <= s->count ? OK : ERR_RANGE;
}

static enum err take_schema(struct unpack *u, struct stat_result_work *w)
{
    struct stat_result *r = &w->result;
    const struct bytes document = unpack_view(u, unpack_u32(u));
    r->signature_count = unpack_u8(u);
    if (r->signature_count > STAT_SIGNATURES_MAX)
        return ERR_RANGE;
    for (size_t i = 0; i < r->signature_count; i++) {
        unpack_copy(u, w->signature[i].steward, KEY_BYTES);
        unpack_copy(u, w->signature[i].signature, SIGNATURE_BYTES);
    }
    if (u->is_short)
        return ERR_TRUNCATED;
    enum err e = stat_schema_decode(document, &r->schema);
    if (e == OK)
        e = take_stewards(u, &r->stewards);
    if (e == OK)
        e = stat_schema_check_signed(r->schema.hash, w->signature, r->signature_count,
                                     &r->stewards);
    return e;
}

static enum err take_keys(struct unpack *u, struct stat_result_work *w)
{
    const struct stat_schema *s = &w->result.schema;
    uint32_t indexes[KEYHOLDERS_MAX];
    w->result.refresh = unpack_u32(u);
    for (size_t i = 0; i < s->holder_count; i++) {
        unpack_copy(u, w->commitment[i], POINT_BYTES);
        indexes[i] = s->holder[i].index;
    }
    if (u->is_short)
        return ERR_TRUNCATED;
    return threshold_check(s->key, s->threshold, s->holder_count, indexes, w->commitment[0]);
}

static enum err take_cipher(struct unpack *u, struct stat_cipher *c)
{
    unpack_copy(u, c->a, POINT_BYTES);
    unpack_copy(u, c->b, POINT_BYTES);
    if (u->is_short)
        return ERR_TRUNCATED;
    enum err e = point_check(c->a);
    return e == OK ? point_check(c->b) : e;
}

/* The next keyholder's position of a step; *seen has those before it. */
static enum err take_position(struct unpack *u, const struct stat_schema *s, bool ascends,
                              uint32_t *seen, struct stat_fault *fault)
{
    const uint8_t position = unpack_u8(u);
    if (u->is_short)
        return ERR_TRUNCATED;
    if (position >= s->holder_count)
        return ERR_RANGE;
    const uint32_t bit = 1u << position;
    if ((*seen & bit) != 0)
        return ERR_DUPLICATE;
    if (ascends && bit < *seen)
        return ERR_FORMAT;
    *seen |= bit;
    fault->holder = position;
    return OK;
}

static enum err take_sums(struct unpack *u, struct stat_result_work *w, struct stat_fault *fault)
{
    struct stat_result *r = &w->result;
    const struct stat_schema *s = &r->schema;
    enum err e = OK;
    w->sums.contributors = r->contributors = unpack_u16(u);
    unpack_copy(u, r->set, HASH_BYTES);
    for (size_t i = 0; e == OK && i < s->cell_count; i++) {
        e = take_cipher(u, &w->sums.count[i]);
        if (e == OK)
            e = take_cipher(u, &w->sums.value[i]);
    }
    const uint8_t signatures = unpack_u8(u);
    if (e == OK && u->is_short)
        e = ERR_TRUNCATED;
    if (e == OK && (r->contributors == 0 || r->contributors > ORGANISATIONS_MAX))
        e = ERR_RANGE;
    if (e == OK && signatures < s->threshold)
        e = ERR_QUORUM;
    if (e == OK)
        stat_sums_hash(s, r->set, r->refresh, &w->sums, r->sums);
    for (size_t i = 0; e == OK && i < signatures; i++) {
        uint8_t signature[SIGNATURE_BYTES];
        e = take_position(u, s, true, &r->signed_by, fault);
        unpack_copy(u, signature, sizeof signature);
        if (e == OK && u->is_short)
            e = ERR_TRUNCATED;
        if (e == OK)
            e = stat_sums_verify(s, r->sums, s->holder[fault->holder].feed_key, signature);
    }
    return e;
}

static enum err take_mixes(struct unpack *u, struct stat_result_work *w, struct stat_fault *fault)
{
    struct stat_result *r = &w->result;
    const struct stat_schema *s = &r->schema;
    enum err e = stat_tally_begin(s, &w->sums, &w->lists);
    for (uint8_t turn = 0; e == OK && turn < s->threshold; turn++) {
        uint8_t signature[SIGNATURE_BYTES];
        e = take_position(u, s, false, &r->mixed_by, fault);
        unpack_copy(u, signature, sizeof signature);
        const struct bytes mix = unpack_view(u, stat_tally_mix_bytes(s));
        if (e == OK && u->is_short)
            e = ERR_TRUNCATED;
        if (e == OK)
            e = stat_tally_mix_check(r->sums, turn, mix, s->holder[fault->holder].feed_key,
                                     signature);
        if (e == OK)
            e = stat_tally_mix_verify(s, r->sums, turn, mix, &w->lists);
    }
    return e;
}

/* t answers to the points that are there. */
static enum err take_answers(struct unpack *u, struct stat_result_work *w, uint32_t *seen,
                             struct stat_fault *fault)
{
    const struct stat_schema *s = &w->result.schema;
    struct bytes answer[KEYHOLDERS_MAX];
    uint32_t indexes[KEYHOLDERS_MAX];
    int position[KEYHOLDERS_MAX];
    enum err e = OK;
    for (size_t i = 0; e == OK && i < s->threshold; i++) {
        e = take_position(u, s, true, seen, fault);
        answer[i] = unpack_view(u, stat_answer_bytes(w->points.count));
        if (e == OK && u->is_short)
            e = ERR_TRUNCATED;
        if (e != OK)
            return e;
        position[i] = fault->holder;
        indexes[i] = s->holder[position[i]].index;
    }
    for (size_t i = 0; e == OK && i < s->threshold; i++) {
        fault->holder = position[i];
        e = stat_answer_take(&w->points, indexes, s->threshold, i, w->commitment[position[i]],
                             answer[i]);
    }
    return e;
}

static enum err take_flags(struct unpack *u, struct stat_result_work *w, struct stat_fault *fault)
{
    struct stat_result *r = &w->result;
    stat_points_of_lists(&r->schema, &w->lists, &w->points);
    enum err e = take_answers(u, w, &r->flagged_by, fault);
    if (e != OK)
        return e;
    stat_tally_below(&r->schema, &w->points, w->below);
    stat_suppress(&r->schema, w->below, &w->suppress, r->state);
    return OK;
}

static enum err take_values(struct unpack *u, struct stat_result_work *w, struct stat_fault *fault)
{
    struct stat_result *r = &w->result;
    stat_points_of_sums(&r->schema, &w->sums, r->state, &w->points);
    enum err e = w->points.count > 0 ? take_answers(u, w, &r->opened_by, fault) : OK;
    if (e != OK)
        return e;
    fault->holder = -1;
    for (size_t i = 0, at = 0; e == OK && i < r->schema.cell_count; i++) {
        uint8_t opened[POINT_BYTES], stated[POINT_BYTES];
        if (r->state[i] != STAT_SHOWN)
            continue;
        r->value[i] = unpack_u32(u);
        if (u->is_short)
            return ERR_TRUNCATED;
        if (r->value[i] > (uint32_t)r->contributors << r->schema.cell[i].width)
            return ERR_RANGE;
        stat_points_open(&w->points, at++, opened);
        stat_value_point(r->value[i], stated);
        if (memcmp(opened, stated, POINT_BYTES) != 0)
            return ERR_PROOF;
    }
    return e;
}

static enum err take_steps(struct unpack *u, struct stat_result_work *w, struct stat_fault *fault)
{
    struct stat_result *r = &w->result;
    fault->step = STAT_STEP_SCHEMA;
    enum err e = take_schema(u, w);
    if (e != OK)
        return e;
    fault->step = STAT_STEP_KEYS;
    e = take_keys(u, w);
    if (e != OK)
        return e;
    fault->step = STAT_STEP_SUMS;
    e = take_sums(u, w, fault);
    r->is_open = r->contributors >= r->schema.minimum_period;
    if (e != OK || !r->is_open)
        return e;
    fault->step = STAT_STEP_MIX;
    fault->holder = -1;
    e = take_mixes(u, w, fault);
    if (e != OK)
        return e;
    fault->step = STAT_STEP_FLAGS;
    fault->holder = -1;
    e = take_flags(u, w, fault);
    if (e != OK)
        return e;
    fault->step = STAT_STEP_VALUES;
    fault->holder = -1;
    return take_values(u, w, fault);
}

enum err stat_result_verify(struct bytes file, struct stat_result_work *work,
                            struct stat_result *out, struct stat_fault *fault)
{
    struct unpack u = unpack_of(file);
    const struct bytes head = unpack_view(&u, DOMAIN_BYTES);
    *fault = (struct stat_fault){STAT_STEP_FORM, -1};
    memset(&work->result, 0, sizeof work->result);
    if (!u.is_short && memcmp(head.data, domain, DOMAIN_BYTES) != 0)
        return ERR_FORMAT;
    enum err e = u.is_short ? ERR_TRUNCATED : payload_start(&u);
    if (e == OK)
        e = take_steps(&u, work, fault);
    if (e == OK && !unpack_is_done(&u)) {
        *fault = (struct stat_fault){STAT_STEP_FORM, -1};
        e = ERR_FORMAT;
    }
    if (e == ERR_TRUNCATED)
        *fault = (struct stat_fault){STAT_STEP_FORM, -1};
    if (e == OK)
        *out = work->result;
    return e;
}
