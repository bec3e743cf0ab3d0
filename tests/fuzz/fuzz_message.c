/*
 * fuzz_message.c - payload frames, as a peer sends them.
 *
 * What decodes stays within the arena and within the frame, has one body, and encodes to a frame
 * that decodes to the same and is no longer; a whole frame within its limit decodes in the arena
 * whose size wire.h promises to suffice.
 */
#include "proto/wire.h"
#include "tests/fuzz/fuzz.h"

/* A list of numbers that came one by one is written packed, which for one number takes a byte more,
 * and so may the length of the object around it. */
enum { PACKED_MORE = 2 };

static uint8_t room[WIRE_ARENA_BYTES], room_again[WIRE_ARENA_BYTES];
static uint8_t once[FRAME_BYTES_MAX], twice[FRAME_BYTES_MAX];

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct wire_arena arena, arena_again;
    Seinpost__Message *m = NULL, *again = NULL;
    wire_arena_init(&arena, room, sizeof room);
    wire_arena_init(&arena_again, room_again, sizeof room_again);
    enum err e = message_decode(bytes_of(data, len), &arena, &m);
    CHECK(e != ERR_FULL);
    if (e != OK) {
        CHECK(m == NULL);
        return 0;
    }
    CHECK(len <= FRAME_BYTES_MAX && arena.used <= arena.cap && !arena.is_full);
    CHECK(m->body_case != SEINPOST__MESSAGE__BODY__NOT_SET);
    size_t first = message_encode(m, once, sizeof once);
    CHECK(first > 0 && first <= len + PACKED_MORE);
    CHECK(message_encode(m, twice, first - 1) == 0);
    CHECK(message_decode(bytes_of(once, first), &arena_again, &again) == OK);
    CHECK(again->body_case == m->body_case);
    CHECK(message_encode(again, twice, sizeof twice) == first);
    CHECK(memcmp(once, twice, first) == 0);
    return 0;
}
