/*
 * bytes.h - borrowed byte strings, and bounded big-endian packing.
 *
 * Every fixed layout of the protocol is big-endian. A struct unpack reads one and remembers whether
 * it ever ran short, so that a decoder reads all its fields and checks once; a struct pack does the
 * same for writing. Pure: no allocation, no globals.
 */
#ifndef PROTO_BYTES_H
#define PROTO_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A borrowed view; data may be NULL only where len is 0. */
struct bytes {
    const uint8_t *data;
    size_t len;
};

static inline struct bytes bytes_of(const void *data, size_t len)
{
    return (struct bytes){data, len};
}

/* A string literal as bytes, without its terminating zero. */
#define BYTES_LITERAL(s) ((struct bytes){(const uint8_t *)(s), sizeof(s) - 1})

bool bytes_equal(struct bytes a, struct bytes b);

struct unpack {
    const uint8_t *at;
    size_t left;
    bool is_short; /* a read went past the end; every later read gives zeros */
};

struct unpack unpack_of(struct bytes b);
uint8_t unpack_u8(struct unpack *u);
uint16_t unpack_u16(struct unpack *u);
uint32_t unpack_u32(struct unpack *u);
uint64_t unpack_u64(struct unpack *u);
/* Copies len bytes to out (zeros when short). */
void unpack_copy(struct unpack *u, void *out, size_t len);
/* A view of the next len bytes, borrowed from the input; empty when short. */
struct bytes unpack_view(struct unpack *u, size_t len);
/* Whether everything was read exactly: nothing short and nothing left. */
bool unpack_is_done(const struct unpack *u);

struct pack {
    uint8_t *start;
    uint8_t *at;
    size_t left;
    bool is_full; /* a write did not fit; it and every later one wrote nothing */
};

struct pack pack_of(void *out, size_t cap);
void pack_u8(struct pack *p, uint8_t v);
void pack_u16(struct pack *p, uint16_t v);
void pack_u32(struct pack *p, uint32_t v);
void pack_u64(struct pack *p, uint64_t v);
void pack_copy(struct pack *p, const void *data, size_t len);
void pack_bytes(struct pack *p, struct bytes b);
/* Bytes written so far. */
size_t pack_len(const struct pack *p);

#endif
