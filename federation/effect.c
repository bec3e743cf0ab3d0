#include "federation/effect.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

void effects_clear(struct effects *out)
{
    for (size_t i = 0; i < out->count; i++) {
        struct effect *e = &out->list[i];
        if (e->type == EFFECT_PERSIST_PREKEY)
            sodium_memzero(&e->prekey, sizeof e->prekey);
        if (e->type == EFFECT_PERSIST_SHARE)
            sodium_memzero(&e->share, sizeof e->share);
    }
    out->count = 0;
    out->arena_used = 0;
}

bool effects_has_room(const struct effects *out, size_t count, size_t len)
{
    return EFFECTS_MAX - out->count >= count && EFFECT_ARENA_BYTES - out->arena_used >= len + 8;
}

struct effect *effects_add(struct effects *out, enum effect_type type)
{
    assert(out->count < EFFECTS_MAX);
    struct effect *e = &out->list[out->count++];
    memset(e, 0, sizeof *e);
    e->type = type;
    return e;
}

void *effects_alloc(struct effects *out, size_t len)
{
    size_t start = (out->arena_used + 7) & ~(size_t)7;
    if (start > EFFECT_ARENA_BYTES || EFFECT_ARENA_BYTES - start < len)
        return NULL;
    void *p = out->arena + start;
    memset(p, 0, len);
    out->arena_used = start + len;
    return p;
}
