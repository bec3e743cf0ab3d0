#include "proto/bytes.h"

#include <string.h>

bool bytes_equal(struct bytes a, struct bytes b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

struct unpack unpack_of(struct bytes b)
{
    return (struct unpack){b.data, b.len, false};
}

struct bytes unpack_view(struct unpack *u, size_t len)
{
    if (u->is_short || len > u->left) {
        u->is_short = true;
        return bytes_of(NULL, 0);
    }
    struct bytes view = bytes_of(u->at, len);
    if (len > 0)
        u->at += len;
    u->left -= len;
    return view;
}

void unpack_copy(struct unpack *u, void *out, size_t len)
{
    struct bytes view = unpack_view(u, len);
    if (view.len > 0)
        memcpy(out, view.data, view.len);
    else if (len > 0)
        memset(out, 0, len);
}

static uint64_t unpack_be(struct unpack *u, size_t len)
{
    uint8_t raw[8] = {0};
    unpack_copy(u, raw, len);
    uint64_t v = 0;
    for (size_t i = 0; i < len; i++)
        v = v << 8 | raw[i];
    return v;
}

uint8_t unpack_u8(struct unpack *u)
{
    return (uint8_t)unpack_be(u, 1);
}

uint16_t unpack_u16(struct unpack *u)
{
    return (uint16_t)unpack_be(u, 2);
}

uint32_t unpack_u32(struct unpack *u)
{
    return (uint32_t)unpack_be(u, 4);
}

uint64_t unpack_u64(struct unpack *u)
{
    return unpack_be(u, 8);
}

bool unpack_is_done(const struct unpack *u)
{
    return !u->is_short && u->left == 0;
}

struct pack pack_of(void *out, size_t cap)
{
    return (struct pack){out, out, cap, false};
}

void pack_copy(struct pack *p, const void *data, size_t len)
{
    if (p->is_full || len > p->left) {
        p->is_full = true;
        return;
    }
    if (len == 0)
        return;
    memcpy(p->at, data, len);
    p->at += len;
    p->left -= len;
}

void pack_bytes(struct pack *p, struct bytes b)
{
    pack_copy(p, b.data, b.len);
}

static void pack_be(struct pack *p, uint64_t v, size_t len)
{
    uint8_t raw[8];
    for (size_t i = 0; i < len; i++)
        raw[i] = (uint8_t)(v >> (8 * (len - 1 - i)));
    pack_copy(p, raw, len);
}

void pack_u8(struct pack *p, uint8_t v)
{
    pack_be(p, v, 1);
}

void pack_u16(struct pack *p, uint16_t v)
{
    pack_be(p, v, 2);
}

void pack_u32(struct pack *p, uint32_t v)
{
    pack_be(p, v, 4);
}

void pack_u64(struct pack *p, uint64_t v)
{
    pack_be(p, v, 8);
}

size_t pack_len(const struct pack *p)
{
    return (size_t)(p->at - p->start);
}
