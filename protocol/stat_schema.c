#include "protocol/stat_schema.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

#include "proto/utf8.h"
#include "protocol/payload.h"

static const char domain[] = "seinpost/v1/stat-schema";

enum { DOMAIN_BYTES = sizeof domain - 1, FLAG_EXHAUSTIVE = 1 };

void stat_schema_hash(struct bytes document, uint8_t out[HASH_BYTES])
{
    crypto_generichash_state h;
    crypto_generichash_init(&h, NULL, 0, HASH_BYTES);
    crypto_generichash_update(&h, (const uint8_t *)domain, DOMAIN_BYTES);
    if (document.len > 0)
        crypto_generichash_update(&h, document.data, document.len);
    crypto_generichash_final(&h, out, HASH_BYTES);
}

/* ---- Writing ---- */

static void put_text(struct pack *p, struct bytes text)
{
    pack_u8(p, (uint8_t)text.len);
    pack_bytes(p, text);
}

static void put_label(struct pack *p, const struct stat_label *l)
{
    put_text(p, l->id);
    put_text(p, l->en);
    put_text(p, l->nl);
}

static void put_head(struct pack *p, const struct stat_schema *s)
{
    pack_u8(p, PAYLOAD_VERSION);
    pack_copy(p, s->genesis, HASH_BYTES);
    pack_u32(p, s->period);
    pack_u32(p, s->first_day);
    pack_u32(p, s->last_day);
    pack_u64(p, s->deadline_utc);
    pack_u8(p, s->minimum_cell);
    pack_u16(p, s->minimum_period);
    pack_u16(p, s->rounding);
    pack_u32(p, s->epoch);
    pack_copy(p, s->key, POINT_BYTES);
    pack_u8(p, s->threshold);
    pack_u8(p, s->holder_count);
    for (size_t i = 0; i < s->holder_count; i++) {
        pack_u32(p, s->holder[i].index);
        pack_copy(p, s->holder[i].feed_key, KEY_BYTES);
    }
}

static void put_cell(struct pack *p, const struct stat_cell_spec *c)
{
    pack_u8(p, c->subject);
    for (size_t i = 0; i < 2; i++) {
        pack_u8(p, c->dimension[i]);
        pack_u8(p, c->code[i]);
    }
    pack_u8(p, c->width);
}

size_t stat_schema_encode(const struct stat_schema *s, uint8_t *out, size_t cap)
{
    struct pack p = pack_of(out, cap < STAT_SCHEMA_BYTES_MAX ? cap : STAT_SCHEMA_BYTES_MAX);
    put_head(&p, s);
    pack_u8(&p, s->subject_count);
    for (size_t i = 0; i < s->subject_count; i++)
        put_label(&p, &s->subject[i]);
    pack_u8(&p, s->dimension_count);
    for (size_t i = 0; i < s->dimension_count; i++) {
        const struct stat_dimension *d = &s->dimension[i];
        pack_u8(&p, d->subject);
        pack_u8(&p, d->is_exhaustive ? FLAG_EXHAUSTIVE : 0);
        put_label(&p, &d->label);
        pack_u8(&p, d->code_count);
        for (size_t j = 0; j < d->code_count; j++)
            put_label(&p, &d->code[j]);
    }
    pack_u16(&p, s->cell_count);
    for (size_t i = 0; i < s->cell_count; i++)
        put_cell(&p, &s->cell[i]);
    return p.is_full ? 0 : pack_len(&p);
}

/* ---- Reading ---- */

static bool is_identifier(struct bytes id)
{
    for (size_t i = 0; i < id.len; i++) {
        const uint8_t c = id.data[i];
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'))
            return false;
    }
    return id.len > 0 && id.len <= STAT_ID_BYTES_MAX;
}

static bool is_label(struct bytes text)
{
    return text.len > 0 && text.len <= STAT_LABEL_BYTES_MAX && utf8_is_line(text);
}

/* Reads the next label after those of its like. */
static enum err take_label(struct unpack *u, struct stat_label *list, size_t i)
{
    struct stat_label *l = &list[i];
    l->id = unpack_view(u, unpack_u8(u));
    l->en = unpack_view(u, unpack_u8(u));
    l->nl = unpack_view(u, unpack_u8(u));
    if (u->is_short)
        return ERR_TRUNCATED;
    if (!is_identifier(l->id) || !is_label(l->en) || !is_label(l->nl))
        return ERR_FORMAT;
    for (size_t j = 0; j < i; j++)
        if (bytes_equal(list[j].id, l->id))
            return ERR_DUPLICATE;
    return OK;
}

static enum err take_holders(struct unpack *u, struct stat_schema *s)
{
    s->threshold = unpack_u8(u);
    s->holder_count = unpack_u8(u);
    if (s->holder_count > KEYHOLDERS_MAX)
        return ERR_LIMIT;
    for (size_t i = 0; i < s->holder_count; i++) {
        s->holder[i].index = unpack_u32(u);
        unpack_copy(u, s->holder[i].feed_key, KEY_BYTES);
        if (!u->is_short && s->holder[i].index <= (i > 0 ? s->holder[i - 1].index : 0))
            return ERR_RANGE;
        for (size_t j = 0; !u->is_short && j < i; j++)
            if (memcmp(s->holder[j].feed_key, s->holder[i].feed_key, KEY_BYTES) == 0)
                return ERR_DUPLICATE;
    }
    return OK;
}

static enum err take_head(struct unpack *u, struct stat_schema *s)
{
    unpack_copy(u, s->genesis, HASH_BYTES);
    s->period = unpack_u32(u);
    s->first_day = unpack_u32(u);
    s->last_day = unpack_u32(u);
    s->deadline_utc = unpack_u64(u);
    s->minimum_cell = unpack_u8(u);
    s->minimum_period = unpack_u16(u);
    s->rounding = unpack_u16(u);
    s->epoch = unpack_u32(u);
    unpack_copy(u, s->key, POINT_BYTES);
    enum err e = take_holders(u, s);
    if (e != OK)
        return e;
    if (u->is_short)
        return ERR_TRUNCATED;
    if (s->period == 0 || s->epoch == 0 || s->last_day < s->first_day || s->minimum_cell < 2 ||
        s->minimum_cell > STAT_MINIMUM_CELL_MAX || s->minimum_period < s->minimum_cell ||
        s->minimum_period > ORGANISATIONS_MAX || s->threshold < 1 ||
        s->threshold > s->holder_count || s->deadline_utc > INT64_MAX)
        return ERR_RANGE;
    return point_check(s->key);
}

static enum err take_dimension(struct unpack *u, struct stat_schema *s, size_t i)
{
    struct stat_dimension *d = &s->dimension[i];
    d->subject = unpack_u8(u);
    const uint8_t flags = unpack_u8(u);
    d->is_exhaustive = flags == FLAG_EXHAUSTIVE;
    struct stat_label own[1];
    enum err e = take_label(u, own, 0);
    d->label = own[0];
    d->code_count = unpack_u8(u);
    if (e == OK && u->is_short)
        e = ERR_TRUNCATED;
    if (e == OK && flags > FLAG_EXHAUSTIVE)
        e = ERR_FORMAT;
    if (e == OK && d->code_count > STAT_CODES_MAX)
        e = ERR_LIMIT;
    if (e == OK && (d->subject < 1 || d->subject > s->subject_count || d->code_count == 0))
        e = ERR_RANGE;
    for (size_t j = 0; e == OK && j < i; j++)
        if (bytes_equal(s->dimension[j].label.id, d->label.id))
            e = ERR_DUPLICATE;
    for (size_t j = 0; e == OK && j < d->code_count; j++)
        e = take_label(u, d->code, j);
    return e;
}

static enum err take_words(struct unpack *u, struct stat_schema *s)
{
    enum err e = OK;
    s->subject_count = unpack_u8(u);
    if (s->subject_count > STAT_SUBJECTS_MAX)
        return ERR_LIMIT;
    for (size_t i = 0; e == OK && i < s->subject_count; i++)
        e = take_label(u, s->subject, i);
    if (e != OK)
        return e;
    s->dimension_count = unpack_u8(u);
    if (s->dimension_count > STAT_DIMENSIONS_MAX)
        return ERR_LIMIT;
    for (size_t i = 0; e == OK && i < s->dimension_count; i++)
        e = take_dimension(u, s, i);
    return e;
}

/* Whether one end of a cell is a code of a dimension of its subject, or neither. */
static bool is_end_sound(const struct stat_schema *s, const struct stat_cell_spec *c, size_t i)
{
    if (c->dimension[i] == 0)
        return c->code[i] == 0;
    if (c->dimension[i] > s->dimension_count)
        return false;
    const struct stat_dimension *d = &s->dimension[c->dimension[i] - 1];
    return d->subject == c->subject && c->code[i] >= 1 && c->code[i] <= d->code_count;
}

static enum err check_cell(const struct stat_schema *s, size_t i)
{
    const struct stat_cell_spec *c = &s->cell[i];
    if (c->subject < 1 || c->subject > s->subject_count || !is_end_sound(s, c, 0) ||
        !is_end_sound(s, c, 1) || c->width < 1 || c->width > STAT_WIDTH_MAX ||
        (c->dimension[1] != 0 && c->dimension[0] >= c->dimension[1]) ||
        (c->dimension[1] != 0 && c->dimension[0] == 0))
        return ERR_RANGE;
    static_assert(sizeof *c == 6, "compared as bytes, without holes");
    const struct stat_cell_spec *b = i > 0 ? &s->cell[i - 1] : NULL;
    if (b == NULL)
        return OK;
    const uint8_t key[2][5] = {
        {b->subject, b->dimension[0], b->dimension[1], b->code[0], b->code[1]},
        {c->subject, c->dimension[0], c->dimension[1], c->code[0], c->code[1]},
    };
    return memcmp(key[0], key[1], sizeof key[0]) < 0 ? OK : ERR_DUPLICATE;
}

static enum err take_cells(struct unpack *u, struct stat_schema *s)
{
    s->cell_count = unpack_u16(u);
    if (u->is_short)
        return ERR_TRUNCATED;
    if (s->cell_count > STAT_CELLS_MAX)
        return ERR_LIMIT;
    if (s->cell_count == 0)
        return ERR_RANGE;
    for (size_t i = 0; i < s->cell_count; i++) {
        struct stat_cell_spec *c = &s->cell[i];
        c->subject = unpack_u8(u);
        for (size_t j = 0; j < 2; j++) {
            c->dimension[j] = unpack_u8(u);
            c->code[j] = unpack_u8(u);
        }
        c->width = unpack_u8(u);
        if (u->is_short)
            return ERR_TRUNCATED;
        enum err e = check_cell(s, i);
        if (e != OK)
            return e;
    }
    return OK;
}

enum err stat_schema_decode(struct bytes document, struct stat_schema *out)
{
    struct stat_schema s;
    struct stat_relation relations[STAT_RELATIONS_MAX];
    size_t count = 0;
    memset(&s, 0, sizeof s);
    if (document.len > STAT_SCHEMA_BYTES_MAX)
        return ERR_LIMIT;
    struct unpack u = unpack_of(document);
    enum err e = payload_start(&u);
    if (e == OK)
        e = take_head(&u, &s);
    if (e == OK)
        e = take_words(&u, &s);
    if (e == OK)
        e = take_cells(&u, &s);
    if (e == OK && !unpack_is_done(&u))
        e = ERR_FORMAT;
    if (e == OK)
        e = stat_schema_relations(&s, relations, &count);
    if (e != OK)
        return e;
    stat_schema_hash(document, s.hash);
    *out = s;
    return OK;
}

/* ---- Signatures ---- */

static void signed_text(const uint8_t hash[HASH_BYTES], uint8_t out[DOMAIN_BYTES + HASH_BYTES])
{
    memcpy(out, domain, DOMAIN_BYTES);
    memcpy(out + DOMAIN_BYTES, hash, HASH_BYTES);
}

void stat_schema_sign(const uint8_t hash[HASH_BYTES], const uint8_t secret_key[64],
                      struct roster_signature *out)
{
    uint8_t text[DOMAIN_BYTES + HASH_BYTES];
    signed_text(hash, text);
    crypto_sign_detached(out->signature, NULL, text, sizeof text, secret_key);
    memcpy(out->steward, secret_key + 32, KEY_BYTES); /* libsodium: seed, then public key */
}

enum err stat_schema_check_signed(const uint8_t hash[HASH_BYTES],
                                  const struct roster_signature *signatures, size_t count,
                                  const struct roster_stewards *stewards)
{
    uint8_t text[DOMAIN_BYTES + HASH_BYTES];
    size_t valid = 0;
    signed_text(hash, text);
    for (size_t i = 0; i < stewards->count; i++) {
        for (size_t j = 0; j < count; j++) {
            if (memcmp(signatures[j].steward, stewards->key[i], KEY_BYTES) != 0)
                continue;
            if (crypto_sign_verify_detached(signatures[j].signature, text, sizeof text,
                                            stewards->key[i]) != 0)
                return ERR_SIGNATURE;
            valid++;
            break;
        }
    }
    return stewards->quorum >= 1 && valid >= stewards->quorum ? OK : ERR_QUORUM;
}

/* ---- Sums that must hold ---- */

/* The number of the cell of these ends in any order, or the count of cells. */
static size_t find_cell(const struct stat_schema *s, uint8_t subject, const uint8_t a[2],
                        const uint8_t b[2])
{
    const bool swap = a[0] == 0 || (b[0] != 0 && b[0] < a[0]);
    const uint8_t *const first = swap ? b : a, *const second = swap ? a : b;
    size_t i = 0;
    for (; i < s->cell_count; i++) {
        const struct stat_cell_spec *c = &s->cell[i];
        if (c->subject == subject && c->dimension[0] == first[0] && c->code[0] == first[1] &&
            c->dimension[1] == second[0] && c->code[1] == second[1])
            break;
    }
    return i;
}

/* The relation that splits a cell by a dimension; false unless every part is a cell. */
static bool split_by(const struct stat_schema *s, size_t total, uint8_t dimension,
                     struct stat_relation *out)
{
    const struct stat_cell_spec *t = &s->cell[total];
    const struct stat_dimension *d = &s->dimension[dimension - 1];
    const uint8_t own[2] = {t->dimension[0], t->code[0]};
    if (d->subject != t->subject || !d->is_exhaustive || t->dimension[1] != 0 ||
        t->dimension[0] == dimension)
        return false;
    out->total = (uint16_t)total;
    out->count = d->code_count;
    for (uint8_t code = 1; code <= d->code_count; code++) {
        const uint8_t other[2] = {dimension, code};
        size_t part = find_cell(s, t->subject, own, other);
        if (part == s->cell_count)
            return false;
        out->part[code - 1] = (uint16_t)part;
    }
    return true;
}

enum err stat_schema_relations(const struct stat_schema *s, struct stat_relation *out,
                               size_t *count)
{
    size_t found = 0;
    for (size_t i = 0; i < s->cell_count; i++) {
        for (uint8_t d = 1; d <= s->dimension_count; d++) {
            struct stat_relation r = {0};
            if (!split_by(s, i, d, &r))
                continue;
            if (found == STAT_RELATIONS_MAX)
                return ERR_LIMIT;
            out[found++] = r;
        }
    }
    *count = found;
    return OK;
}

struct stat_place stat_schema_place(const struct stat_schema *s, uint16_t cell,
                                    const uint8_t author[AUTHOR_BYTES])
{
    assert(cell < s->cell_count);
    return (struct stat_place){s->hash, s->period, cell,  s->cell[cell].width,
                               author,  s->epoch,  s->key};
}

uint32_t stat_schema_round(const struct stat_schema *s, uint32_t value)
{
    if (s->rounding <= 1)
        return value;
    return (value + s->rounding / 2) / s->rounding * s->rounding;
}
