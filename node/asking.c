#include "node/asking.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

#include "protocol/calendar.h"

enum { ASKING_VERSION = 2 };

static void put_text(struct pack *p, const char *text)
{
    pack_u8(p, (uint8_t)strlen(text));
    pack_copy(p, text, strlen(text));
}

void asking_encode(const struct asking *a, uint8_t out[ASKING_BYTES])
{
    memset(out, 0, ASKING_BYTES);
    struct pack p = pack_of(out, ASKING_BYTES);
    pack_u8(&p, ASKING_VERSION);
    pack_u8(&p, (uint8_t)a->state);
    pack_copy(&p, a->record.salt, 32);
    pack_copy(&p, a->seed, 32);
    pack_u8(&p, a->record.kind);
    pack_u32(&p, a->record.elements);
    pack_u32(&p, a->points);
    pack_u8(&p, (uint8_t)a->needed);
    pack_copy(&p, a->request, REQUEST_BYTES);
    pack_copy(&p, a->points_hash, HASH_BYTES);
    put_text(&p, a->record.purpose);
    put_text(&p, a->record.vacancy);
    assert(!p.is_full);
}

static void take_text(struct unpack *u, char out[REFERENCE_BYTES_MAX + 1])
{
    size_t len = unpack_u8(u);
    struct bytes text = unpack_view(u, len);
    u->is_short = u->is_short || len > REFERENCE_BYTES_MAX;
    if (!u->is_short && len > 0)
        memcpy(out, text.data, len);
}

enum err asking_decode(struct bytes plain, struct asking *out)
{
    struct unpack u = unpack_of(plain);
    struct asking a = {.state = ASKING_BEGUN};
    uint8_t version = unpack_u8(&u);
    if (u.is_short || version != ASKING_VERSION)
        return ERR_VERSION;
    unsigned state = unpack_u8(&u);
    unpack_copy(&u, a.record.salt, 32);
    unpack_copy(&u, a.seed, 32);
    a.record.kind = unpack_u8(&u);
    a.record.elements = unpack_u32(&u);
    a.points = unpack_u32(&u);
    a.needed = unpack_u8(&u);
    unpack_copy(&u, a.request, REQUEST_BYTES);
    unpack_copy(&u, a.points_hash, HASH_BYTES);
    take_text(&u, a.record.purpose);
    take_text(&u, a.record.vacancy);
    if (u.is_short || state < ASKING_BEGUN || state > ASKING_FAILED)
        return ERR_FORMAT;
    a.state = (enum asking_state)state;
    account_seed_hash(a.seed, a.record.seed_hash);
    account_commit(&a.record, a.commitment);
    *out = a;
    sodium_memzero(&a, sizeof a);
    return OK;
}

static void add_hex(json_t *to, const char *name, const uint8_t *data, size_t len)
{
    char hex[2 * HASH_BYTES + 1];
    sodium_bin2hex(hex, sizeof hex, data, len);
    json_object_set_new(to, name, json_string(hex));
}

json_t *asking_json(const struct asking *a)
{
    static const char *const states[] = {
        [ASKING_BEGUN] = "begun",
        [ASKING_SENT] = "sent",
        [ASKING_ANSWERED] = "answered",
        [ASKING_FAILED] = "failed",
    };
    char day[DAY_TEXT_BYTES];
    day_format((int32_t)a->day, day);
    json_t *out = json_pack(
        "{s:s,s:s,s:s,s:s,s:s,s:I,s:I,s:I}", "day", day, "state", states[a->state], "kind",
        a->record.kind == RECORD_CONSULT ? "consult" : "publication", "purpose", a->record.purpose,
        "vacancy", a->record.vacancy, "elements", (json_int_t)a->record.elements, "points",
        (json_int_t)a->points, "needed", (json_int_t)a->needed);
    add_hex(out, "request", a->request, REQUEST_BYTES);
    add_hex(out, "points_hash", a->points_hash, HASH_BYTES);
    add_hex(out, "salt", a->record.salt, 32);
    add_hex(out, "seed_hash", a->record.seed_hash, HASH_BYTES);
    return out;
}
