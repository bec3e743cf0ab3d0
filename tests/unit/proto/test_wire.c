#include "proto/wire.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

/* A schema with an object inside itself and every kind of number, which the protocol's own has not:
 * 1 self, 2 repeated self, 3 bool, 4 sint32, 5 int32, 6 uint32, 7 fixed32, 8 fixed64, 9 string,
 * 10 repeated uint32, 11 repeated fixed32, 12 int64. Only scanned, so its offsets are of no
 * meaning. */
static const ProtobufCMessageDescriptor nest;
#define FIELD(number, label, type, child)                                                          \
    {                                                                                              \
        "f", number, PROTOBUF_C_LABEL_##label, PROTOBUF_C_TYPE_##type, 0, 0, child, NULL, 0, 0,    \
            NULL, NULL                                                                             \
    }
static const ProtobufCFieldDescriptor nest_fields[] = {
    FIELD(1, NONE, MESSAGE, &nest),     FIELD(2, REPEATED, MESSAGE, &nest),
    FIELD(3, NONE, BOOL, NULL),         FIELD(4, NONE, SINT32, NULL),
    FIELD(5, NONE, INT32, NULL),        FIELD(6, NONE, UINT32, NULL),
    FIELD(7, NONE, FIXED32, NULL),      FIELD(8, NONE, FIXED64, NULL),
    FIELD(9, NONE, STRING, NULL),       FIELD(10, REPEATED, UINT32, NULL),
    FIELD(11, REPEATED, FIXED32, NULL), FIELD(12, NONE, INT64, NULL),
};
static const ProtobufCIntRange nest_ranges[] = {
    {1, 0                 },
    {0, COUNT(nest_fields)}
};
static const ProtobufCMessageDescriptor nest = {
    .magic = PROTOBUF_C__MESSAGE_DESCRIPTOR_MAGIC,
    .name = "nest",
    .sizeof_message = sizeof(ProtobufCMessage),
    .n_fields = COUNT(nest_fields),
    .fields = nest_fields,
    .n_field_ranges = 1,
    .field_ranges = nest_ranges,
};

struct fixture {
    struct wire_arena arena;
    uint8_t *storage;
    uint8_t *frame; /* FRAME_BYTES_MAX + 1 */
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    if (f == NULL)
        return -1;
    f->storage = malloc(WIRE_ARENA_BYTES);
    f->frame = calloc(1, FRAME_BYTES_MAX + 1);
    if (f->storage == NULL || f->frame == NULL)
        return -1;
    wire_arena_init(&f->arena, f->storage, WIRE_ARENA_BYTES);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    free(f->storage);
    free(f->frame);
    free(f);
    return 0;
}

/* A string literal as a row's struct bytes. */
#define W(s)                                                                                       \
    {                                                                                              \
        (const uint8_t *)(s), sizeof(s) - 1                                                        \
    }

/* Goal: everything that gives a message a second reading, or none, is refused with its code.
 * Method: one row is one input against the schema above, at most eight fields an object. */
static void test_scan_rows(void **state)
{
    static const struct {
        struct bytes in;
        enum err want;
        const char *why;
    } rows[] = {
        {W(""),                                                                         OK,            "an empty object"                        },
        {W("\x0a\x00"),                                                                 OK,            "an empty child"                         },
        {W("\x0a\x02\x0a\x00"),                                                         OK,            "a child of a child"                     },
        {W("\x12\x00\x12\x00"),                                                         OK,            "two elements"                           },
        {W("\x18\x01\x0a\x00"),                                                         OK,            "any order"                              },
        {W("\x18\x00"),                                                                 OK,            "a default that is written"              },
        {W("\x18\x02"),                                                                 ERR_FORMAT,    "neither true nor false"                 },
        {W("\x20\xff\xff\xff\xff\x0f"),                                                 OK,            "largest sint32"                         },
        {W("\x20\x80\x80\x80\x80\x10"),                                                 ERR_FORMAT,    "too large for sint32"                   },
        {W("\x28\xff\xff\xff\xff\x07"),                                                 OK,            "largest int32"                          },
        {W("\x28\x80\x80\x80\x80\x08"),                                                 ERR_FORMAT,    "too large for int32"                    },
        {W("\x28\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"),                             OK,            "int32 -1"                               },
        {W("\x28\x80\x80\x80\x80\xf8\xff\xff\xff\xff\x01"),                             OK,            "smallest int32"                         },
        {W("\x28\xff\xff\xff\xff\xf7\xff\xff\xff\xff\x01"),                             ERR_FORMAT,    "too small for int32"                    },
        {W("\x30\xff\xff\xff\xff\x0f"),                                                 OK,            "largest uint32"                         },
        {W("\x30\x80\x80\x80\x80\x10"),                                                 ERR_FORMAT,    "too large for uint32"                   },
        {W("\x30\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"),                             ERR_FORMAT,    "negative uint32"                        },
        {W("\x60\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"),                             OK,            "int64 -1"                               },
        {W("\x60\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02"),                             ERR_FORMAT,    "beyond 64 bits"                         },
        {W("\x60\xff\xff\xff\xff\xff\xff\xff\xff\xff\x81\x00"),                         ERR_FORMAT,    "eleven bytes"                           },
        {W("\x30\x80\x00"),                                                             ERR_FORMAT,    "number not in its shortest form"        },
        {W("\xb0\x00\x01"),                                                             ERR_FORMAT,    "tag not in its shortest form"           },
        {W("\x4a\x81\x00x"),                                                            ERR_FORMAT,    "length not in its shortest form"        },
        {W("\x30"),                                                                     ERR_TRUNCATED, "no value"                               },
        {W("\x30\x80"),                                                                 ERR_TRUNCATED, "half a value"                           },
        {W("\xb0"),                                                                     ERR_TRUNCATED, "half a tag"                             },
        {W("\x3d\x01\x02\x03\x04"),                                                     OK,            "fixed32"                                },
        {W("\x3d\x01\x02\x03"),                                                         ERR_TRUNCATED, "fixed32 cut"                            },
        {W("\x41\x01\x02\x03\x04\x05\x06\x07\x08"),                                     OK,            "fixed64"                                },
        {W("\x41\x01\x02\x03\x04\x05\x06\x07"),                                         ERR_TRUNCATED, "fixed64 cut"                            },
        {W("\x4a\x03"
           "abc"),
         OK,                                                                                           "text"                                   },
        {W("\x4a\x04"
           "abc"),
         ERR_TRUNCATED,                                                                                "text longer than the object"            },
        {W("\x0a\x03\x4a\x02x"
           "y"),
         ERR_TRUNCATED,                                                                                "text that leaves its child"             },
        {W("\x4a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"),                             ERR_TRUNCATED, "length of 2^64 - 1"                     },
        {W("\x4a\x01\xff"),                                                             ERR_FORMAT,    "text that is not UTF-8"                 },
        {W("\x4a\x02"
           "a\0"),
         ERR_FORMAT,                                                                                   "text with a zero inside"                },
        {W("\x68\x01"),                                                                 ERR_FORMAT,    "unknown field"                          },
        {W("\x0a\x02\x68\x01"),                                                         ERR_FORMAT,    "unknown field of a child"               },
        {W("\x00\x01"),                                                                 ERR_FORMAT,    "field number 0"                         },
        {W("\xb0\x80\x80\x80\x10\x01"),                                                 ERR_FORMAT,    "tag beyond 32 bits"                     },
        {W("\x08\x01"),                                                                 ERR_FORMAT,    "a number for a child"                   },
        {W("\x32\x01\x01"),                                                             ERR_FORMAT,    "packed though not repeated"             },
        {W("\x35\x01\x02\x03\x04"),                                                     ERR_FORMAT,    "fixed32 for a varint"                   },
        {W("\x38\x01"),                                                                 ERR_FORMAT,    "varint for fixed32"                     },
        {W("\x0b\x0c"),                                                                 ERR_FORMAT,    "a group"                                },
        {W("\x0c"),                                                                     ERR_FORMAT,    "end of a group"                         },
        {W("\x0e\x00"),                                                                 ERR_FORMAT,    "wire type 6"                            },
        {W("\x0f\x00"),                                                                 ERR_FORMAT,    "wire type 7"                            },
        {W("\x18\x01\x18\x01"),                                                         ERR_FORMAT,    "a number twice"                         },
        {W("\x0a\x00\x0a\x00"),                                                         ERR_FORMAT,    "a child twice"                          },
        {W("\x4a\x00\x4a\x00"),                                                         ERR_FORMAT,    "text twice"                             },
        {W("\x50\x01\x50\x02"),                                                         OK,            "repeated one by one"                    },
        {W("\x52\x02\x01\x02"),                                                         OK,            "repeated and packed"                    },
        {W("\x52\x01\x01\x50\x02\x52\x01\x03"),                                         OK,            "repeated in both ways"                  },
        {W("\x52\x08\x01\x02\x03\x04\x05\x06\x07\x08"),                                 OK,            "as many as the limit, packed"           },
        {W("\x52\x09\x01\x02\x03\x04\x05\x06\x07\x08\x09"),                             ERR_LIMIT,     "one more, packed"                       },
        {W("\x18\x01\x52\x08\x01\x02\x03\x04\x05\x06\x07\x08"),                         ERR_LIMIT,     "one more in all"                        },
        {W("\x52\x00\x52\x00\x52\x00\x52\x00\x52\x00\x52\x00\x52\x00\x52\x00"),         OK,            "empty packed"                           },
        {W("\x52\x00\x52\x00\x52\x00\x52\x00\x52\x00\x52\x00\x52\x00\x52\x00\x52\x00"), ERR_LIMIT,
         "one empty packed field more"                                                                                                          },
        {W("\x12\x00\x12\x00\x12\x00\x12\x00\x12\x00\x12\x00\x12\x00\x12\x00"),         OK,            "eight"                                  },
        {W("\x12\x00\x12\x00\x12\x00\x12\x00\x12\x00\x12\x00\x12\x00\x12\x00\x12\x00"), ERR_LIMIT,
         "nine"                                                                                                                                 },
        {W("\x52\x02\x01\x80"),                                                         ERR_TRUNCATED, "packed element cut"                     },
        {W("\x52\x02\x80\x00"),                                                         ERR_FORMAT,    "packed element not in its shortest form"},
        {W("\x52\x05\x80\x80\x80\x80\x10"),                                             ERR_FORMAT,    "packed element too large"               },
        {W("\x5a\x08\x01\x02\x03\x04\x05\x06\x07\x08"),                                 OK,            "packed fixed32"                         },
        {W("\x5a\x07\x01\x02\x03\x04\x05\x06\x07"),                                     ERR_TRUNCATED, "packed fixed32 cut"                     },
        {W("\x59\x01\x02\x03\x04\x05\x06\x07\x08"),                                     ERR_FORMAT,    "fixed64 for repeated fixed32"           },
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        enum err got = wire_scan(&nest, rows[i].in, 8);
        if (got != rows[i].want)
            fail_msg("%s: %s, not %s", rows[i].why, err_name(got), err_name(rows[i].want));
    }
}

/* Writes an object nested depth deep inside the outermost to the end of out; returns its view. */
static struct bytes nested(uint8_t *out, size_t cap, size_t depth)
{
    size_t at = cap;
    for (size_t i = 0; i < depth; i++) {
        uint8_t head[12];
        struct pack p = pack_of(head, sizeof head);
        size_t len = cap - at;
        pack_u8(&p, 0x0a);
        for (; len >= 0x80; len >>= 7)
            pack_u8(&p, (uint8_t)(len | 0x80));
        pack_u8(&p, (uint8_t)len);
        assert_true(pack_len(&p) <= at);
        at -= pack_len(&p);
        memcpy(out + at, head, pack_len(&p));
    }
    return bytes_of(out + at, cap - at);
}

/* Goal: nesting is bounded, with no recursion.
 * Method: the deepest that is allowed, one deeper, and 10,000 deep, which ends protobuf-c. */
static void test_depth(void **state)
{
    struct fixture *f = *state;
    static const struct {
        size_t depth;
        enum err want;
    } rows[] = {
        {WIRE_DEPTH_MAX - 1, OK       },
        {WIRE_DEPTH_MAX,     ERR_LIMIT},
        {10000,              ERR_LIMIT}
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct bytes in = nested(f->frame, FRAME_BYTES_SMALL, rows[i].depth);
        assert_int_equal(wire_scan(&nest, in, 8), rows[i].want);
        ProtobufCMessage *out = NULL;
        if (rows[i].want != OK)
            assert_int_equal(wire_decode(&nest, in, 8, &f->arena, &out), rows[i].want);
        assert_null(out);
    }
}

/* Goal: two bytes of input cannot be made into a hundred of memory without end.
 * Method: 64 KiB of empty organisations, two bytes each. The scan refuses them before anything is
 * allocated; as many as a limit allows stay within the room that the header promises. */
static void test_amplification(void **state)
{
    struct fixture *f = *state;
    for (size_t i = 0; i + 1 < FRAME_BYTES_SMALL; i += 2)
        memcpy(f->frame + i, "\x42\x00", 2);
    ProtobufCMessage *out = NULL;
    const ProtobufCMessageDescriptor *d = &seinpost__roster__descriptor;
    assert_int_equal(
        wire_decode(d, bytes_of(f->frame, FRAME_BYTES_SMALL), WIRE_FIELDS_MAX, &f->arena, &out),
        ERR_LIMIT);
    assert_int_equal(f->arena.used, 0);
    assert_null(out);

    struct bytes fit = bytes_of(f->frame, 2 * WIRE_FIELDS_MAX);
    assert_int_equal(wire_decode(d, fit, WIRE_FIELDS_MAX, &f->arena, &out), OK);
    assert_int_equal(((Seinpost__Roster *)out)->n_organisation, WIRE_FIELDS_MAX);
    assert_true(f->arena.used <= WIRE_FIELDS_MAX * (WIRE_OBJECT_BYTES + WIRE_FIELD_BYTES));
    print_message("# %zu bytes made into %zu\n", fit.len, f->arena.used);
}

/* Goal: an arena that is too small is an error, never an overrun.
 * Method: one message decoded into an arena of every size up to the one that suffices. */
static void test_small_arena(void **state)
{
    struct fixture *f = *state;
    Seinpost__Message m = SEINPOST__MESSAGE__INIT;
    Seinpost__HeadAnswer a = SEINPOST__HEAD_ANSWER__INIT;
    uint8_t data[100] = {1};
    a.nonce = (ProtobufCBinaryData){32, data};
    a.checkpoint = (ProtobufCBinaryData){100, data};
    m.body_case = SEINPOST__MESSAGE__BODY_HEAD_ANSWER;
    m.head_answer = &a;
    size_t len = message_encode(&m, f->frame, FRAME_BYTES_MAX);
    assert_true(len > 132);

    size_t refused = 0;
    for (size_t cap = 1;; cap++) {
        uint8_t *exact = malloc(cap);
        assert_non_null(exact);
        struct wire_arena arena;
        wire_arena_init(&arena, exact, cap);
        Seinpost__Message *out = NULL;
        enum err e = message_decode(bytes_of(f->frame, len), &arena, &out);
        if (e == OK) {
            assert_int_equal(out->head_answer->checkpoint.len, 100);
            assert_memory_equal(out->head_answer->checkpoint.data, data, 100);
            free(exact);
            break;
        }
        free(exact);
        assert_int_equal(e, ERR_FULL);
        assert_null(out);
        refused++;
    }
    assert_in_range(refused, 132, 4 * WIRE_OBJECT_BYTES);
}

/* Goal: an arena gives aligned room that does not overlap, and all of it again after a reset. */
static void test_arena(void **state)
{
    (void)state;
    uint8_t room[256];
    struct wire_arena a;
    wire_arena_init(&a, room + 1, 200);
    uint8_t *x = wire_arena_alloc(&a, 3);
    uint8_t *y = wire_arena_alloc(&a, 50);
    assert_non_null(x);
    assert_non_null(y);
    assert_true(y >= x + 3);
    assert_int_equal((uintptr_t)x % 16, 0);
    assert_int_equal((uintptr_t)y % 16, 0);
    assert_null(wire_arena_alloc(&a, 200));
    assert_null(wire_arena_alloc(&a, SIZE_MAX));
    assert_true(a.is_full);
    wire_arena_reset(&a);
    assert_false(a.is_full);
    assert_ptr_equal(wire_arena_alloc(&a, 3), x);
}

/* Goal: a frame's size is judged by what it holds.
 * Method: one row is one message whose only long field gets the given length. */
static void test_frame_size(void **state)
{
    struct fixture *f = *state;
    static const struct {
        char head[8]; /* tag of the body, tag of its bytes field */
        size_t len;   /* of the whole frame */
        enum err want;
        const char *why;
    } rows[] = {
        {"\x3a\x22", FRAME_BYTES_SMALL,     OK,         "small batch"               },
        {"\x3a\x22", FRAME_BYTES_SMALL + 1, OK,         "batch over the small limit"},
        {"\x3a\x22", FRAME_BYTES_MAX,       OK,         "largest batch"             },
        {"\x3a\x22", FRAME_BYTES_MAX + 1,   ERR_LIMIT,  "batch too large"           },
        {"\x4a\x1a", FRAME_BYTES_MAX,       OK,         "largest batch of bodies"   },
        {"\x7a\x12", FRAME_BYTES_SMALL + 1, OK,         "rows of what was seen"     },
        {"\x1a\x22", FRAME_BYTES_SMALL,     OK,         "largest chunk"             },
        {"\x1a\x22", FRAME_BYTES_SMALL + 1, ERR_LIMIT,  "chunk too large"           },
        {"\x52\x2a", FRAME_BYTES_SMALL + 1, ERR_LIMIT,  "points too large"          },
        {"\x80\x80", FRAME_BYTES_SMALL + 1, ERR_FORMAT, "large and not even a field"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        memset(f->frame, 0, FRAME_BYTES_MAX + 1);
        size_t inner = rows[i].len - 4; /* lengths of 3 bytes each below 2^21 */
        size_t at = 0;
        for (size_t level = 0; level < 2; level++, inner -= 4) {
            f->frame[at++] = (uint8_t)rows[i].head[level];
            f->frame[at++] = (uint8_t)(inner | 0x80);
            f->frame[at++] = (uint8_t)(inner >> 7 | 0x80);
            f->frame[at++] = (uint8_t)(inner >> 14);
        }
        if (i == COUNT(rows) - 1)
            memset(f->frame, 0x80, 16);
        Seinpost__Message *out = NULL;
        enum err got = message_decode(bytes_of(f->frame, rows[i].len), &f->arena, &out);
        if (got != rows[i].want)
            fail_msg("%s: %s, not %s", rows[i].why, err_name(got), err_name(rows[i].want));
        assert_true((out != NULL) == (got == OK));
    }
}

/* Goal: a message says exactly one thing.
 * Method: no body, two bodies, one twice, and each of the limits of one object. */
static void test_message_rows(void **state)
{
    struct fixture *f = *state;
    static const struct {
        struct bytes in;
        enum err want;
        const char *why;
    } rows[] = {
        {W(""),                 ERR_FORMAT,    "no body"       },
        {W("\x22\x00"),         OK,            "one body"      },
        {W("\x22\x00\x12\x00"), ERR_FORMAT,    "two bodies"    },
        {W("\x22\x00\x22\x00"), ERR_FORMAT,    "one body twice"},
        {W("\xf2\x01\x00"),     ERR_FORMAT,    "unknown body"  },
        {W("\x22\x01"),         ERR_TRUNCATED, "cut"           },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        Seinpost__Message *out = NULL;
        enum err got = message_decode(rows[i].in, &f->arena, &out);
        if (got != rows[i].want)
            fail_msg("%s: %s, not %s", rows[i].why, err_name(got), err_name(rows[i].want));
        assert_true((out != NULL) == (got == OK));
    }
    static const struct {
        size_t indexes;
        enum err want;
    } counts[] = {
        {WIRE_FIELDS_MAX,     OK       },
        {WIRE_FIELDS_MAX + 1, ERR_LIMIT}
    };
    for (size_t i = 0; i < COUNT(counts); i++) {
        struct bytes in = bytes_of(f->frame, 3 + 2 * counts[i].indexes);
        memset(f->frame, 0x10, FRAME_BYTES_SMALL); /* a row of indexes, each 16, not packed */
        f->frame[0] = 0x42;
        f->frame[1] = (uint8_t)(2 * counts[i].indexes | 0x80);
        f->frame[2] = (uint8_t)(2 * counts[i].indexes >> 7);
        Seinpost__Message *out = NULL;
        assert_int_equal(message_decode(in, &f->arena, &out), counts[i].want);
        if (counts[i].want == OK)
            assert_int_equal(out->body_ask->n_index, counts[i].indexes);
    }
}

/* Fills in a valid message of each kind; what points anywhere points at static data. */
static void sample(Seinpost__Message *m, unsigned kind)
{
    static uint8_t data[256];
    static uint64_t indexes[] = {0, 1, 300, UINT64_MAX};
    static Seinpost__Opening opening = SEINPOST__OPENING__INIT;
    static Seinpost__RosterAsk roster_ask = SEINPOST__ROSTER_ASK__INIT;
    static Seinpost__RosterChunk chunk = SEINPOST__ROSTER_CHUNK__INIT;
    static Seinpost__HeadAsk head_ask = SEINPOST__HEAD_ASK__INIT;
    static Seinpost__HeadAnswer head_answer = SEINPOST__HEAD_ANSWER__INIT;
    static Seinpost__Follow follow = SEINPOST__FOLLOW__INIT;
    static Seinpost__Batch batch = SEINPOST__BATCH__INIT;
    static Seinpost__BodyAsk body_ask = SEINPOST__BODY_ASK__INIT;
    static Seinpost__BodyBatch body_batch = SEINPOST__BODY_BATCH__INIT;
    static Seinpost__Evaluate evaluate = SEINPOST__EVALUATE__INIT;
    static Seinpost__Evaluated evaluated = SEINPOST__EVALUATED__INIT;
    static Seinpost__Refusal refusal = SEINPOST__REFUSAL__INIT;
    const ProtobufCBinaryData b32 = {32, data}, b96 = {96, data};

    memset(data, 0x5a, sizeof data);
    opening.version_max = 1;
    opening.federation = opening.author = opening.roster_hash = b32;
    opening.roster_version = 300;
    roster_ask.version = 7;
    roster_ask.offset = 49152;
    chunk.version = 7;
    chunk.total = 70000;
    chunk.data = b96;
    head_ask.nonce = head_answer.nonce = follow.author = batch.author = b32;
    head_answer.checkpoint = b96;
    follow.feed_epoch = 1;
    follow.size = 1u << 20;
    follow.credit = UINT32_MAX;
    batch.first = 12;
    batch.checkpoint = batch.headers = batch.bodies = batch.proof = b96;
    body_ask.author = body_batch.author = b32;
    body_ask.n_index = body_batch.n_index = COUNT(indexes);
    body_ask.index = body_batch.index = indexes;
    body_batch.bodies = b96;
    evaluate.request = evaluated.request = refusal.request = (ProtobufCBinaryData){16, data};
    evaluate.key = evaluate.epoch = refusal.reason = 1;
    evaluate.points = evaluated.points = b96;
    evaluate.purpose = b32;
    evaluated.proof = refusal.signature = (ProtobufCBinaryData){64, data};
    refusal.day = 20000;

    void *const bodies[] = {NULL,         &opening,   &roster_ask, &chunk,    &head_ask,
                            &head_answer, &follow,    &batch,      &body_ask, &body_batch,
                            &evaluate,    &evaluated, &refusal};
    seinpost__message__init(m);
    m->body_case = (Seinpost__Message__BodyCase)kind;
    m->opening = bodies[kind];
}

/* Decodes a copy that ends exactly where its memory does. */
static enum err decode_exact(struct fixture *f, const uint8_t *data, size_t len,
                             Seinpost__Message **out)
{
    uint8_t *exact = malloc(len > 0 ? len : 1);
    assert_non_null(exact);
    if (len > 0)
        memcpy(exact, data, len);
    enum err e = message_decode(bytes_of(exact, len), &f->arena, out);
    free(exact);
    return e;
}

/* Goal: each message comes back as it was, and no damage to it harms us.
 * Method: every kind encoded and decoded; then cut at each byte, and each byte flipped in each bit:
 * an error or a message that can be encoded again, under the sanitizers. */
static void test_each_message(void **state)
{
    struct fixture *f = *state;
    uint8_t frame[1024], again[2048];
    for (unsigned kind = 1; kind <= 12; kind++) {
        Seinpost__Message m, *out = NULL;
        sample(&m, kind);
        size_t len = message_encode(&m, frame, sizeof frame);
        assert_true(len > 0);
        assert_int_equal(message_encode(&m, again, len - 1), 0);
        assert_int_equal(decode_exact(f, frame, len, &out), OK);
        assert_int_equal(out->body_case, kind);
        assert_int_equal(message_encode(out, again, sizeof again), len);
        assert_memory_equal(again, frame, len);

        for (size_t cut = 0; cut < len; cut++) {
            out = NULL;
            assert_int_not_equal(decode_exact(f, frame, cut, &out), OK);
            assert_null(out);
        }
        for (size_t i = 0; i < 8 * len; i++) {
            frame[i / 8] ^= (uint8_t)(1 << i % 8);
            out = NULL;
            if (decode_exact(f, frame, len, &out) == OK)
                assert_true(message_encode(out, again, sizeof again) > 0);
            else
                assert_null(out);
            frame[i / 8] ^= (uint8_t)(1 << i % 8);
        }
    }
    Seinpost__Message none = SEINPOST__MESSAGE__INIT;
    assert_int_equal(message_encode(&none, frame, sizeof frame), 0);
}

/* Goal: what the small writer writes is what protobuf-c reads. */
static void test_put(void **state)
{
    struct fixture *f = *state;
    uint8_t room[128];
    struct pack p = pack_of(room, sizeof room);
    wire_put_bytes(&p, 1, BYTES_LITERAL("licence"));
    wire_put_bytes(&p, 2, BYTES_LITERAL(""));
    wire_put_uint(&p, 3, (uint64_t)INT64_MIN);
    wire_put_bytes(&p, 4, BYTES_LITERAL("transfer"));
    ProtobufCMessage *base;
    assert_int_equal(wire_decode(&seinpost__legal_basis__descriptor, bytes_of(room, pack_len(&p)),
                                 WIRE_FIELDS_MAX, &f->arena, &base),
                     OK);
    const Seinpost__LegalBasis *l = (const Seinpost__LegalBasis *)base;
    assert_string_equal(l->licence, "licence");
    assert_string_equal(l->dpia, "");
    assert_true(l->expires_utc == INT64_MIN);
    assert_string_equal(l->transfer, "transfer");

    struct pack nothing = pack_of(room, sizeof room);
    wire_put_uint(&nothing, 3, 0);
    assert_int_equal(pack_len(&nothing), 0);
    struct pack tight = pack_of(room, 3);
    wire_put_bytes(&tight, 1, BYTES_LITERAL("too long"));
    assert_true(tight.is_full);
}

/* Goal: reading on after a field stops at the right byte, and an error moves nothing. */
static void test_next(void **state)
{
    (void)state;
    struct bytes in = BYTES_LITERAL("\x08\x96\x01\x12\x02hi\x1d\x01\x02\x03\x04\x12\x05no");
    struct wire_field field = {0};
    assert_int_equal(wire_next(&in, &field), OK);
    assert_int_equal(field.number, 1);
    assert_int_equal(field.value, 150);
    assert_int_equal(wire_next(&in, &field), OK);
    assert_int_equal(field.number, 2);
    assert_true(bytes_equal(field.bytes, BYTES_LITERAL("hi")));
    assert_int_equal(wire_next(&in, &field), OK);
    assert_int_equal(field.value, 0x04030201);
    struct bytes before = in;
    assert_int_equal(wire_next(&in, &field), ERR_TRUNCATED);
    assert_ptr_equal(in.data, before.data);
    assert_int_equal(in.len, before.len);
    assert_int_equal(field.number, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_scan_rows, setup, teardown),
        cmocka_unit_test_setup_teardown(test_depth, setup, teardown),
        cmocka_unit_test_setup_teardown(test_amplification, setup, teardown),
        cmocka_unit_test_setup_teardown(test_small_arena, setup, teardown),
        cmocka_unit_test(test_arena),
        cmocka_unit_test_setup_teardown(test_frame_size, setup, teardown),
        cmocka_unit_test_setup_teardown(test_message_rows, setup, teardown),
        cmocka_unit_test_setup_teardown(test_each_message, setup, teardown),
        cmocka_unit_test_setup_teardown(test_put, setup, teardown),
        cmocka_unit_test(test_next),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
