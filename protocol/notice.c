#include "protocol/notice.h"

#include <assert.h>

size_t notice_encode(const struct notice *n, uint8_t *out)
{
    struct pack p = pack_of(out, NOTICE_BYTES_MAX);
    pack_u8(&p, PAYLOAD_VERSION);
    pack_u8(&p, n->kind);
    if (n->kind == NOTICE_ALLOWANCE) {
        pack_u32(&p, n->elements);
        pack_u32(&p, n->from_day);
        pack_u32(&p, n->until_day);
        pack_u8(&p, n->reason);
    }
    pack_copy(&p, n->hash, HASH_BYTES);
    assert(!p.is_full);
    return pack_len(&p);
}

static enum err read_allowance(struct unpack *u, struct notice *n)
{
    n->elements = unpack_u32(u);
    n->from_day = unpack_u32(u);
    n->until_day = unpack_u32(u);
    n->reason = unpack_u8(u);
    if (u->is_short)
        return ERR_TRUNCATED;
    bool is_sound = n->elements > 0 && n->reason > 0 && n->until_day >= n->from_day &&
                    n->until_day - n->from_day < NOTICE_DAYS_MAX;
    return is_sound ? OK : ERR_RANGE;
}

enum err notice_decode(struct bytes payload, struct notice *out)
{
    struct unpack u = unpack_of(payload);
    enum err e = payload_start(&u);
    if (e != OK)
        return e;
    struct notice n = {.kind = unpack_u8(&u)};
    if (u.is_short)
        return ERR_TRUNCATED;
    if (n.kind != NOTICE_ALLOWANCE && n.kind != NOTICE_EXPLANATION)
        return ERR_VERSION;
    if (n.kind == NOTICE_ALLOWANCE)
        e = read_allowance(&u, &n);
    unpack_copy(&u, n.hash, HASH_BYTES);
    if (e == OK)
        e = payload_end(&u);
    if (e == OK)
        *out = n;
    return e;
}

enum err notice_judge(const struct header *h, const struct body *b)
{
    struct notice n;
    enum err e = notice_decode(b->payload, &n);
    if (e != OK)
        return e;
    if (h->expires_day != 0)
        return ERR_RANGE;
    if (n.kind == NOTICE_EXPLANATION)
        return b->ref_plus_one == 0 || b->ref_plus_one > h->index ? ERR_NOT_FOUND : OK;
    if (b->ref_plus_one != 0)
        return ERR_FORMAT;
    bool is_soon = n.from_day >= b->day && n.from_day - b->day <= NOTICE_AHEAD_DAYS;
    return is_soon ? OK : ERR_RANGE;
}
