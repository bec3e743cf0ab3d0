#include "proto/wire.h"
#include "proto/utf8.h"

#include <assert.h>
#include <stdalign.h>

void wire_arena_init(struct wire_arena *a, void *storage, size_t cap)
{
    *a = (struct wire_arena){storage, cap, 0, false};
}

void wire_arena_reset(struct wire_arena *a)
{
    a->used = 0;
    a->is_full = false;
}

void *wire_arena_alloc(struct wire_arena *a, size_t len)
{
    size_t over = (size_t)((uintptr_t)(a->data + a->used) % alignof(max_align_t));
    size_t gap = over == 0 ? 0 : alignof(max_align_t) - over;
    size_t left = a->cap - a->used;
    if (gap > left || len > left - gap) {
        a->is_full = true;
        return NULL;
    }
    void *start = a->data + a->used + gap;
    a->used += gap + len;
    return start;
}

static void *arena_alloc(void *arena, size_t len)
{
    return wire_arena_alloc(arena, len);
}

static void arena_free(void *arena, void *at)
{
    (void)arena;
    (void)at;
}

/* Reads a number of seven bits a byte, least significant first, and accepts its shortest form only.
 * On error *in is unchanged. */
static enum err next_varint(struct bytes *in, uint64_t *out)
{
    uint64_t v = 0;
    for (size_t i = 0; i < 10; i++) {
        if (i == in->len)
            return ERR_TRUNCATED;
        uint8_t b = in->data[i];
        v |= (uint64_t)(b & 0x7f) << (7 * i);
        if (b & 0x80)
            continue;
        if ((b == 0 && i > 0) || (i == 9 && b > 1))
            return ERR_FORMAT;
        *in = bytes_of(in->data + i + 1, in->len - i - 1);
        *out = v;
        return OK;
    }
    return ERR_FORMAT;
}

static enum err next_view(struct bytes *in, uint64_t len, struct bytes *out)
{
    if (len > in->len)
        return ERR_TRUNCATED;
    *out = bytes_of(in->data, (size_t)len);
    *in = bytes_of(in->data + len, in->len - (size_t)len);
    return OK;
}

/* A number of a fixed length, least significant byte first. */
static enum err next_fixed(struct bytes *in, size_t len, uint64_t *out)
{
    struct bytes raw;
    enum err e = next_view(in, len, &raw);
    if (e != OK)
        return e;
    *out = 0;
    for (size_t i = 0; i < len; i++)
        *out |= (uint64_t)raw.data[i] << (8 * i);
    return OK;
}

/* The value of a number with the given wire type. */
static enum err next_number(struct bytes *in, uint8_t wire_type, uint64_t *out)
{
    if (wire_type == PROTOBUF_C_WIRE_TYPE_VARINT)
        return next_varint(in, out);
    return next_fixed(in, wire_type == PROTOBUF_C_WIRE_TYPE_64BIT ? 8 : 4, out);
}

enum err wire_next(struct bytes *in, struct wire_field *out)
{
    struct bytes rest = *in;
    struct wire_field f = {0};
    uint64_t tag, len;
    enum err e = next_varint(&rest, &tag);
    if (e != OK)
        return e;
    if (tag > UINT32_MAX || tag >> 3 == 0)
        return ERR_FORMAT;
    f.number = (uint32_t)(tag >> 3);
    f.type = tag & 7;
    switch (f.type) {
    case PROTOBUF_C_WIRE_TYPE_VARINT:
    case PROTOBUF_C_WIRE_TYPE_64BIT:
    case PROTOBUF_C_WIRE_TYPE_32BIT:
        e = next_number(&rest, f.type, &f.value);
        break;
    case PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED:
        e = next_varint(&rest, &len);
        if (e == OK)
            e = next_view(&rest, len, &f.bytes);
        break;
    default:
        e = ERR_FORMAT;
    }
    if (e != OK)
        return e;
    *in = rest;
    *out = f;
    return OK;
}

static uint8_t wire_type_of(ProtobufCType type)
{
    switch (type) {
    case PROTOBUF_C_TYPE_SFIXED32:
    case PROTOBUF_C_TYPE_FIXED32:
    case PROTOBUF_C_TYPE_FLOAT:
        return PROTOBUF_C_WIRE_TYPE_32BIT;
    case PROTOBUF_C_TYPE_SFIXED64:
    case PROTOBUF_C_TYPE_FIXED64:
    case PROTOBUF_C_TYPE_DOUBLE:
        return PROTOBUF_C_WIRE_TYPE_64BIT;
    case PROTOBUF_C_TYPE_STRING:
    case PROTOBUF_C_TYPE_BYTES:
    case PROTOBUF_C_TYPE_MESSAGE:
        return PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED;
    case PROTOBUF_C_TYPE_INT32:
    case PROTOBUF_C_TYPE_SINT32:
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_UINT32:
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_BOOL:
    case PROTOBUF_C_TYPE_ENUM:
        return PROTOBUF_C_WIRE_TYPE_VARINT;
    }
    assert(false); /* protobuf-c has no other type */
    return 0;
}

/* Whether a number fits its type; what does not would be cut short when unpacked. */
static bool fits_type(ProtobufCType type, uint64_t value)
{
    if (type == PROTOBUF_C_TYPE_BOOL)
        return value <= 1;
    if (type == PROTOBUF_C_TYPE_UINT32 || type == PROTOBUF_C_TYPE_SINT32)
        return value <= UINT32_MAX;
    if (type == PROTOBUF_C_TYPE_INT32 || type == PROTOBUF_C_TYPE_ENUM)
        return value <= INT32_MAX || value >= (uint64_t)INT32_MIN; /* sign-extended to 64 bits */
    return true;
}

/* Counts and checks the elements of a packed field. */
static enum err packed_check(ProtobufCType type, struct bytes in, size_t count_max, size_t *count)
{
    *count = 0;
    while (in.len > 0) {
        uint64_t value;
        enum err e = next_number(&in, wire_type_of(type), &value);
        if (e != OK)
            return e;
        if (!fits_type(type, value))
            return ERR_FORMAT;
        if (++*count > count_max)
            return ERR_LIMIT;
    }
    if (*count == 0)
        *count = 1;
    return OK;
}

/* One object that is being scanned. */
struct scan_object {
    const ProtobufCMessageDescriptor *d;
    struct bytes rest;
    size_t fields; /* counted so far */
    uint64_t seen; /* bit i: field i of the schema, not repeated, was there */
};

/* Whether a member of the oneof that field is in was there already. */
static bool oneof_is_seen(const struct scan_object *o, const ProtobufCFieldDescriptor *field)
{
    for (unsigned i = 0; i < o->d->n_fields; i++) {
        const ProtobufCFieldDescriptor *other = &o->d->fields[i];
        if ((o->seen >> i & 1) != 0 && (other->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) != 0 &&
            other->quantifier_offset == field->quantifier_offset)
            return true;
    }
    return false;
}

/* Marks a field that is not repeated as seen. Returns ERR_FORMAT if that gives a second reading. */
static enum err mark_seen(struct scan_object *o, const ProtobufCFieldDescriptor *field)
{
    uint64_t bit = (uint64_t)1 << (field - o->d->fields);
    if ((o->seen & bit) != 0)
        return ERR_FORMAT;
    if ((field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) != 0 && oneof_is_seen(o, field))
        return ERR_FORMAT;
    o->seen |= bit;
    return OK;
}

/* Checks type and value of f, and says how many fields it counts for. */
static enum err value_check(const ProtobufCFieldDescriptor *field, const struct wire_field *f,
                            size_t count_max, size_t *count)
{
    uint8_t want = wire_type_of(field->type);
    *count = 1;
    if (f->type != want) {
        bool is_packed = field->label == PROTOBUF_C_LABEL_REPEATED &&
                         f->type == PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED;
        return is_packed ? packed_check(field->type, f->bytes, count_max, count) : ERR_FORMAT;
    }
    if (!fits_type(field->type, f->value))
        return ERR_FORMAT;
    if (field->type == PROTOBUF_C_TYPE_STRING && !utf8_is_text(f->bytes))
        return ERR_FORMAT;
    return OK;
}

/* Scans the next field of o; *child gets the schema of an object, NULL for any other field. */
static enum err scan_field(struct scan_object *o, size_t fields_max, struct wire_field *f,
                           const ProtobufCMessageDescriptor **child)
{
    size_t count;
    enum err e = wire_next(&o->rest, f);
    if (e != OK)
        return e;
    const ProtobufCFieldDescriptor *field =
        protobuf_c_message_descriptor_get_field(o->d, f->number);
    if (field == NULL)
        return ERR_FORMAT;
    if (o->fields == fields_max)
        return ERR_LIMIT;
    e = value_check(field, f, fields_max - o->fields, &count);
    if (e == OK && field->label != PROTOBUF_C_LABEL_REPEATED)
        e = mark_seen(o, field);
    if (e != OK)
        return e;
    o->fields += count;
    *child = field->type == PROTOBUF_C_TYPE_MESSAGE ? field->descriptor : NULL;
    return OK;
}

enum err wire_scan(const ProtobufCMessageDescriptor *d, struct bytes in, size_t fields_max)
{
    struct scan_object stack[WIRE_DEPTH_MAX] = {
        {d, in, 0, 0}
    };
    size_t depth = 1;
    while (depth > 0) {
        struct scan_object *o = &stack[depth - 1];
        struct wire_field f;
        const ProtobufCMessageDescriptor *child;
        if (o->rest.len == 0) {
            depth--;
            continue;
        }
        assert(o->d->n_fields <= 64);
        enum err e = scan_field(o, fields_max, &f, &child);
        if (e != OK)
            return e;
        if (child == NULL)
            continue;
        if (depth == WIRE_DEPTH_MAX)
            return ERR_LIMIT;
        stack[depth++] = (struct scan_object){child, f.bytes, 0, 0};
    }
    return OK;
}

enum err wire_decode(const ProtobufCMessageDescriptor *d, struct bytes in, size_t fields_max,
                     struct wire_arena *arena, ProtobufCMessage **out)
{
    enum err e = wire_scan(d, in, fields_max);
    if (e != OK)
        return e;
    ProtobufCAllocator allocator = {arena_alloc, arena_free, arena};
    static const uint8_t nothing[1] = {0};
    arena->is_full = false;
    ProtobufCMessage *m =
        protobuf_c_message_unpack(d, &allocator, in.len, in.len > 0 ? in.data : nothing);
    if (m == NULL)
        return arena->is_full ? ERR_FULL : ERR_FORMAT;
    *out = m;
    return OK;
}

static enum err size_check(struct bytes frame)
{
    struct wire_field first;
    if (frame.len > FRAME_BYTES_MAX)
        return ERR_LIMIT;
    if (frame.len <= FRAME_BYTES_SMALL)
        return OK;
    enum err e = wire_next(&frame, &first);
    if (e != OK)
        return e;
    bool is_large = first.number == SEINPOST__MESSAGE__BODY_BATCH ||
                    first.number == SEINPOST__MESSAGE__BODY_BODY_BATCH ||
                    first.number == SEINPOST__MESSAGE__BODY_SEEN_ANSWER ||
                    first.number == SEINPOST__MESSAGE__BODY_DELIVERY;
    return is_large ? OK : ERR_LIMIT;
}

enum err message_decode(struct bytes frame, struct wire_arena *arena, Seinpost__Message **out)
{
    wire_arena_reset(arena);
    enum err e = size_check(frame);
    if (e != OK)
        return e;
    ProtobufCMessage *base;
    e = wire_decode(&seinpost__message__descriptor, frame, WIRE_FIELDS_MAX, arena, &base);
    if (e != OK)
        return e;
    Seinpost__Message *m = (Seinpost__Message *)base;
    if (m->body_case == SEINPOST__MESSAGE__BODY__NOT_SET)
        return ERR_FORMAT;
    *out = m;
    return OK;
}

size_t message_encode(const Seinpost__Message *m, uint8_t *out, size_t cap)
{
    size_t len = seinpost__message__get_packed_size(m);
    if (len > cap)
        return 0;
    return seinpost__message__pack(m, out);
}

static void put_varint(struct pack *p, uint64_t v)
{
    for (; v >= 0x80; v >>= 7)
        pack_u8(p, (uint8_t)(v | 0x80));
    pack_u8(p, (uint8_t)v);
}

void wire_put_uint(struct pack *p, uint32_t number, uint64_t value)
{
    if (value == 0)
        return;
    put_varint(p, (uint64_t)number << 3 | PROTOBUF_C_WIRE_TYPE_VARINT);
    put_varint(p, value);
}

void wire_put_bytes(struct pack *p, uint32_t number, struct bytes b)
{
    if (b.len == 0)
        return;
    put_varint(p, (uint64_t)number << 3 | PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED);
    put_varint(p, b.len);
    pack_bytes(p, b);
}
