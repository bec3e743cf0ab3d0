#include "protocol/retag.h"

#include <assert.h>
#include <string.h>

#include "protocol/payload.h"

size_t retag_encode(const struct retag *r, uint8_t *out)
{
    assert(r->epoch > 0 && r->count >= 1 && r->count <= SIGNAL_TAGS_MAX);
    struct pack p = pack_of(out, RETAG_BYTES_MAX);
    pack_u8(&p, PAYLOAD_VERSION);
    pack_u32(&p, r->epoch);
    pack_u8(&p, (uint8_t)r->count);
    pack_copy(&p, r->tags, r->count * TAG_BYTES);
    assert(!p.is_full);
    return pack_len(&p);
}

enum err retag_decode(struct bytes payload, struct retag *r)
{
    struct unpack u = unpack_of(payload);
    enum err e = payload_start(&u);
    if (e != OK)
        return e;
    uint32_t epoch = unpack_u32(&u);
    size_t count = unpack_u8(&u);
    if (!u.is_short && (epoch == 0 || count == 0 || count > SIGNAL_TAGS_MAX))
        return ERR_RANGE;
    struct bytes tags = unpack_view(&u, count * TAG_BYTES);
    e = payload_end(&u);
    if (e != OK)
        return e;
    for (size_t i = 1; i < count; i++)
        if (memcmp(tags.data + (i - 1) * TAG_BYTES, tags.data + i * TAG_BYTES, TAG_BYTES) >= 0)
            return ERR_FORMAT;
    *r = (struct retag){epoch, count, tags.data};
    return OK;
}

bool retag_of(const struct body *b, struct retag *r)
{
    return b->type == ENTRY_RETAG && b->ref_plus_one > 0 && retag_decode(b->payload, r) == OK;
}
