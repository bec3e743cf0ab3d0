#include "protocol/correction.h"

#include <assert.h>
#include <string.h>

#include "protocol/payload.h"

struct row {
    uint8_t code;
    const char *name, *text;
};

static const struct row reasons[] = {
#define ROW(code, name, text) {code, name, text},
    RETRACT_TABLE(ROW)
#undef ROW
};
enum { REASONS = sizeof reasons / sizeof reasons[0] };

size_t amend_encode(const struct amend *a, uint8_t *out)
{
    struct pack p = pack_of(out, AMEND_BYTES_MAX);
    pack_u8(&p, PAYLOAD_VERSION);
    pack_u8(&p, a->type);
    pack_u64(&p, a->previous);
    pack_bytes(&p, a->payload);
    assert(!p.is_full);
    return pack_len(&p);
}

enum err amend_decode(struct bytes payload, struct amend *a)
{
    struct unpack u = unpack_of(payload);
    enum err e = payload_start(&u);
    if (e != OK)
        return e;
    uint8_t type = unpack_u8(&u);
    uint64_t previous = unpack_u64(&u);
    if (u.is_short)
        return ERR_TRUNCATED;
    if (type != ENTRY_SIGNAL && type != ENTRY_ALERT)
        return ERR_RANGE;
    *a = (struct amend){type, previous, bytes_of(u.at, u.left)};
    return OK;
}

size_t retract_encode(uint8_t reason, uint8_t out[RETRACT_BYTES])
{
    assert(retract_reason_name(reason) != NULL);
    out[0] = PAYLOAD_VERSION;
    out[1] = reason;
    return RETRACT_BYTES;
}

enum err retract_decode(struct bytes payload, uint8_t *reason)
{
    struct unpack u = unpack_of(payload);
    enum err e = payload_start(&u);
    if (e != OK)
        return e;
    uint8_t got = unpack_u8(&u);
    if (!u.is_short && retract_reason_name(got) == NULL)
        return ERR_RANGE;
    e = payload_end(&u);
    if (e == OK)
        *reason = got;
    return e;
}

const char *retract_reason_name(uint8_t reason)
{
    for (size_t i = 0; i < REASONS; i++)
        if (reasons[i].code == reason)
            return reasons[i].name;
    return NULL;
}

const char *retract_reason_text(uint8_t reason)
{
    for (size_t i = 0; i < REASONS; i++)
        if (reasons[i].code == reason)
            return reasons[i].text;
    return NULL;
}

bool retract_reason_find(const char *name, uint8_t *reason)
{
    for (size_t i = 0; i < REASONS; i++) {
        if (strcmp(reasons[i].name, name) == 0) {
            *reason = reasons[i].code;
            return true;
        }
    }
    return false;
}

const char *retract_reason_at(size_t i)
{
    return i < REASONS ? reasons[i].name : NULL;
}

static void keep_first(uint64_t *plus_one, uint64_t by)
{
    if (*plus_one == 0 || by + 1 < *plus_one)
        *plus_one = by + 1;
}

void correction_add(struct correction *c, enum entry_type what, uint64_t by)
{
    assert(what == ENTRY_RETRACT || what == ENTRY_ERASE);
    keep_first(what == ENTRY_RETRACT ? &c->retracted_plus_one : &c->erased_plus_one, by);
}

struct lineage correction_lineage(uint64_t index, const struct body *b)
{
    struct amend a;
    if (b->type != ENTRY_AMEND || b->ref_plus_one == 0 || amend_decode(b->payload, &a) != OK)
        return (struct lineage){index, index};
    return (struct lineage){b->ref_plus_one - 1, a.previous};
}

enum force correction_judge(uint64_t index, const struct correction *own,
                            const struct correction *original, const struct correction *previous)
{
    if (own->retracted_plus_one != 0 || original->retracted_plus_one != 0 ||
        previous->retracted_plus_one != 0)
        return FORCE_RETRACTED;
    if (previous->erased_plus_one != 0 && previous->erased_plus_one < index + 1)
        return FORCE_VOID;
    return FORCE_YES;
}

const char *force_name(enum force f)
{
    static const char *const names[] = {
        [FORCE_YES] = "in-force",
        [FORCE_RETRACTED] = "retracted",
        [FORCE_VOID] = "void",
    };
    return names[f];
}
