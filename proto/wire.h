/*
 * wire.h - protobuf bytes of others, read within bounds.
 *
 * protobuf-c follows nesting without a limit and can be made to use many times the memory of its
 * input. So wire bytes are scanned first, against the schema and without recursion, and unpacked
 * only then, into a buffer of the caller's. What passes the scan has one reading: every field is
 * known and of its type, a field that is not repeated is there once at most, of a oneof there is
 * one member at most, numbers are in their shortest form and fit their type, text is UTF-8.
 *
 * Source: Protocol Buffers, "Encoding" (proto3). Pure: no I/O, no clock, no allocation but in the
 * caller's buffer, no globals.
 */
#ifndef PROTO_WIRE_H
#define PROTO_WIRE_H

#include "proto/bytes.h"
#include "proto/err.h"
#include "proto/limits.h"
#include "proto/seinpost.pb-c.h"

/* What unpacking may need beyond the bytes of the input: for each object its struct, an 8-byte
 * pointer, 16 bytes of alignment for each text or bytes field, and, beyond 16 fields, 32 bytes of
 * working memory a field, rounded up to powers of two. */
enum {
    WIRE_OBJECT_BYTES = 512, /* of a nested object with up to 16 fields, in these schemas */
    WIRE_FIELD_BYTES = 128,  /* of each field of an object with more */
    /* An arena of this size holds any frame that message_decode accepts. */
    WIRE_ARENA_BYTES = FRAME_BYTES_MAX + 4 * WIRE_OBJECT_BYTES + WIRE_FIELDS_MAX * WIRE_FIELD_BYTES,
};

/* The caller's buffer, handed out from its start on and taken back all at once. */
struct wire_arena {
    uint8_t *data;
    size_t cap;
    size_t used;
    bool is_full; /* something did not fit since the last reset or decoding */
};

/* Takes cap bytes at storage, which must outlive the arena and what is decoded into it. */
void wire_arena_init(struct wire_arena *a, void *storage, size_t cap);

/* Takes everything back: what was decoded into the arena is gone. */
void wire_arena_reset(struct wire_arena *a);

/* len bytes, aligned for any object, not zeroed; NULL if they do not fit. */
void *wire_arena_alloc(struct wire_arena *a, size_t len);

/* One field as it stands on the wire. */
struct wire_field {
    uint32_t number;
    uint8_t type;       /* ProtobufCWireType */
    uint64_t value;     /* of a number; 0 otherwise */
    struct bytes bytes; /* of a length-prefixed field, borrowed from the input; empty otherwise */
};

/* Reads the field at the front of *in and moves *in past it. Returns ERR_TRUNCATED where *in ends
 * before the field does, ERR_FORMAT for field number 0, a group, or a number that is not in its
 * shortest form. On error *in and *out are unchanged. */
MUST_CHECK enum err wire_next(struct bytes *in, struct wire_field *out);

/* Scans in as a message of the schema d. Returns ERR_TRUNCATED where a field or an element ends
 * early; ERR_LIMIT for objects nested deeper than WIRE_DEPTH_MAX (the outermost is 1) or an object
 * with more than fields_max fields (each element of a packed field is one, an empty packed field
 * too); ERR_FORMAT for everything else that the head of this file excludes. The input is then
 * refused; nothing was decoded. The schema has up to 64 fields an object. */
MUST_CHECK enum err wire_scan(const ProtobufCMessageDescriptor *d, struct bytes in,
                              size_t fields_max);

/* Scans, then unpacks into the arena, after what is there already. *out lives until the arena is
 * reset or its storage ends; it is never freed. Errors are those of wire_scan, and ERR_FULL where
 * the arena is too small. On error *out is unchanged. */
MUST_CHECK enum err wire_decode(const ProtobufCMessageDescriptor *d, struct bytes in,
                                size_t fields_max, struct wire_arena *arena,
                                ProtobufCMessage **out);

/* Decodes one payload frame into the arena, which it resets first. Returns ERR_LIMIT for a frame
 * over FRAME_BYTES_MAX, or over FRAME_BYTES_SMALL that is not a Batch, BodyBatch or SeenAnswer;
 * ERR_FORMAT for one without a body; otherwise as wire_decode with WIRE_FIELDS_MAX. The frame is
 * refused and its sender counted. On error *out is unchanged. */
MUST_CHECK enum err message_decode(struct bytes frame, struct wire_arena *arena,
                                   Seinpost__Message **out);

/* Encodes m to out. Returns its length; 0, with out unchanged, if it does not fit into cap. */
size_t message_encode(const Seinpost__Message *m, uint8_t *out, size_t cap);

/* Writes a number field; 0 is left out, as proto3 does. A signed number is cast to uint64_t. */
void wire_put_uint(struct pack *p, uint32_t number, uint64_t value);

/* Writes a text, bytes or object field. An empty one is left out: elements of a repeated field must
 * not be empty. */
void wire_put_bytes(struct pack *p, uint32_t number, struct bytes b);

#endif
