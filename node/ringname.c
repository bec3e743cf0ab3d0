#include "node/ringname.h"

#include <stdio.h>
#include <string.h>

void ringname_generation(const char *kind, unsigned n, char out[RINGNAME_BYTES])
{
    if (n > 1)
        snprintf(out, RINGNAME_BYTES, "%s-%u", kind, n);
    else
        snprintf(out, RINGNAME_BYTES, "%s", kind);
}

void ringname_share(uint32_t key, uint32_t epoch, uint32_t refresh, char out[RINGNAME_BYTES])
{
    /* KEY has one digit: its purposes are a short list. */
    snprintf(out, RINGNAME_BYTES, "share-%u-%u-%u", key % 10, epoch, refresh);
}

bool ringname_share_parse(const char *name, uint32_t *key, uint32_t *epoch, uint32_t *refresh)
{
    unsigned k, e, r;
    char again[RINGNAME_BYTES];
    if (sscanf(name, "share-%1u-%10u-%10u", &k, &e, &r) != 3)
        return false;
    ringname_share(k, e, r, again);
    if (strcmp(name, again) != 0)
        return false; /* something before, between or after the numbers, or a number too large */
    *key = k;
    *epoch = e;
    *refresh = r;
    return true;
}

void ringname_pack(const struct share *share, uint8_t out[SHARE_SECRET_BYTES])
{
    struct pack p = pack_of(out, SHARE_SECRET_BYTES);
    pack_u32(&p, share->index);
    pack_copy(&p, share->scalar, SCALAR_BYTES);
}

void ringname_unpack(const uint8_t in[SHARE_SECRET_BYTES], struct share *out)
{
    struct unpack u = unpack_of(bytes_of(in, SHARE_SECRET_BYTES));
    out->index = unpack_u32(&u);
    unpack_copy(&u, out->scalar, SCALAR_BYTES);
}
