/*
 * fuzz_wire.c - the scan before protobuf-c, over every schema.
 *
 * The first byte chooses the schema, the second how many fields an object may have, the third how
 * much room there is. What the scan accepts unpacks or finds no room; what it refuses does not
 * decode; field by field, reading moves on by what it took.
 */
#include "proto/wire.h"
#include "tests/fuzz/fuzz.h"

static const ProtobufCMessageDescriptor *const schemas[] = {
    &seinpost__message__descriptor,       &seinpost__roster__descriptor,
    &seinpost__signed_roster__descriptor, &seinpost__roster_chain__descriptor,
    &seinpost__organisation__descriptor,  &seinpost__threshold_key__descriptor,
    &seinpost__opening__descriptor,       &seinpost__body_ask__descriptor,
};

static uint8_t room[WIRE_ARENA_BYTES];

static void walk(struct bytes in)
{
    struct wire_field f;
    for (;;) {
        struct bytes rest = in;
        MARK(&f);
        enum err e = wire_next(&rest, &f);
        if (e != OK) {
            CHECK(e == ERR_TRUNCATED || e == ERR_FORMAT);
            CHECK(rest.data == in.data && rest.len == in.len && IS_UNTOUCHED(&f));
            return;
        }
        CHECK(rest.len < in.len && rest.data + rest.len == in.data + in.len);
        CHECK(f.number != 0 && fuzz_is_within(f.bytes, in));
        in = rest;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    if (len < 3)
        return 0;
    const ProtobufCMessageDescriptor *d = schemas[data[0] % (sizeof schemas / sizeof schemas[0])];
    size_t fields_max = data[1] == 0 ? WIRE_FIELDS_MAX : data[1];
    size_t cap = data[2] == 0 ? sizeof room : (size_t)data[2] * 16;
    struct bytes in = bytes_of(data + 3, len - 3);
    struct wire_arena arena;
    ProtobufCMessage *m = NULL;
    walk(in);
    wire_arena_init(&arena, room, cap);
    enum err scanned = wire_scan(d, in, fields_max);
    enum err e = wire_decode(d, in, fields_max, &arena, &m);
    CHECK(arena.used <= cap);
    CHECK((e == OK) == (m != NULL));
    CHECK(scanned == OK ? e == OK || (e == ERR_FULL && data[2] != 0) : e == scanned);
    CHECK(scanned == OK || scanned == ERR_TRUNCATED || scanned == ERR_LIMIT ||
          scanned == ERR_FORMAT);
    if (e == OK)
        CHECK(m->descriptor == d && protobuf_c_message_get_packed_size(m) <= 2 * in.len);
    return 0;
}
