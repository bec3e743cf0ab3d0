#include "tests/sim/forge.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static uint8_t frame[FRAME_BYTES_MAX];

void forge_init(struct forge *f, struct world *w, size_t author)
{
    forge_init_as(f, w, author, author);
}

void forge_init_as(struct forge *f, struct world *w, size_t author, size_t signer)
{
    memset(f, 0, sizeof *f);
    f->world = w;
    f->author = author;
    f->signer = signer;
    merkle_frontier_init(&f->tree);
    const struct feed_record *rec = shelf_record(world_shelf(w, signer), world_author(w, author));
    if (rec != NULL) {
        f->tree = rec->tree;
        enum err e = checkpoint_read(bytes_of(rec->held, sizeof rec->held), &f->last);
        assert(e == OK);
    }
    f->bodies = malloc(BATCH_BYTES_MAX + ADDRESSED_BODY_BYTES_MAX);
    assert(f->bodies != NULL);
}

void forge_clear(struct forge *f)
{
    free(f->bodies);
    f->bodies = NULL;
}

struct bytes forge_signal(uint32_t number, uint8_t out[SIGNAL_BYTES_MAX])
{
    uint8_t tag[16];
    world_tag(number, tag);
    struct signal s = {1, tag};
    return bytes_of(out, signal_encode(&s, out));
}

static void write_entry(struct forge *f, const struct forged_entry *in, size_t i, uint8_t *header)
{
    const uint8_t *author = world_author(f->world, f->author);
    uint8_t salt[SALT_BYTES] = {0}, leaf[HASH_BYTES], tile[2][HASH_BYTES];
    unsigned levels;
    size_t len;
    memcpy(salt, &f->salt, sizeof f->salt);
    f->salt++;
    struct body b = {.type = in->type,
                     .day = in->day != 0 ? in->day : world_today(f->world),
                     .ref_plus_one = in->ref_plus_one,
                     .payload = in->payload};
    uint8_t *body = f->bodies + f->body_at[i];
    enum err e =
        body_encode(&b, (enum audience)in->audience, salt, body, ADDRESSED_BODY_BYTES_MAX, &len);
    assert(e == OK);
    f->body_at[i + 1] = f->body_at[i] + len;
    assert(f->body_at[i + 1] <= BATCH_BYTES_MAX);
    struct header h = {.version = HEADER_VERSION,
                       .audience = in->audience,
                       .body_units = (uint16_t)(len / BODY_UNIT_BYTES),
                       .expires_day = in->expires_day,
                       .index = f->tree.size};
    body_commit(author, h.index, bytes_of(body, len), h.commit);
    header_encode(&h, header);
    merkle_leaf(bytes_of(header, HEADER_BYTES), leaf);
    merkle_append(&f->tree, leaf, &levels, tile);
}

static void sign(struct forge *f, uint8_t out[CHECKPOINT_SIGNED_BYTES])
{
    struct checkpoint cp = {.feed_epoch = f->last.feed_epoch != 0 ? f->last.feed_epoch : 1,
                            .seq = f->last.seq + 1,
                            .size = f->tree.size,
                            .time_utc = (uint64_t)world_now_utc(f->world)};
    memcpy(cp.author, world_author(f->world, f->author), AUTHOR_BYTES);
    merkle_root(&f->tree, cp.root);
    if (f->last.seq > 0)
        checkpoint_hash(&f->last, cp.previous);
    checkpoint_sign(&cp, world_feed_secret(f->world, f->signer), out);
    f->last = cp;
}

struct bytes forge_batch(struct forge *f, const struct forged_entry *entries, size_t count)
{
    static uint8_t headers[FORGE_ENTRIES_MAX * HEADER_BYTES], sent[BATCH_BYTES_MAX];
    uint8_t absent[FORGE_ENTRIES_MAX / 8] = {0}, checkpoint[CHECKPOINT_SIGNED_BYTES];
    size_t sent_len = 0;
    assert(count <= FORGE_ENTRIES_MAX);
    f->first = f->tree.size;
    f->count = count;
    for (size_t i = 0; i < count; i++) {
        write_entry(f, &entries[i], i, headers + i * HEADER_BYTES);
        size_t len = f->body_at[i + 1] - f->body_at[i];
        if (entries[i].is_absent) {
            absent[i / 8] |= (uint8_t)(0x80 >> i % 8);
            continue;
        }
        memcpy(sent + sent_len, f->bodies + f->body_at[i], len);
        sent_len += len;
    }
    sign(f, checkpoint);
    Seinpost__Batch b = SEINPOST__BATCH__INIT;
    Seinpost__Message m = SEINPOST__MESSAGE__INIT;
    m.body_case = SEINPOST__MESSAGE__BODY_BATCH;
    m.batch = &b;
    b.author = (ProtobufCBinaryData){AUTHOR_BYTES, f->last.author};
    b.first = f->first;
    b.checkpoint = (ProtobufCBinaryData){sizeof checkpoint, checkpoint};
    b.headers = (ProtobufCBinaryData){count * HEADER_BYTES, headers};
    b.absent = (ProtobufCBinaryData){(count + 7) / 8, absent};
    b.bodies = (ProtobufCBinaryData){sent_len, sent};
    size_t len = message_encode(&m, frame, sizeof frame);
    assert(len > 0);
    return bytes_of(frame, len);
}

struct bytes forge_checkpoint(struct forge *f, const struct checkpoint *cp)
{
    uint8_t raw[CHECKPOINT_SIGNED_BYTES];
    checkpoint_sign(cp, world_feed_secret(f->world, f->signer), raw);
    Seinpost__Batch b = SEINPOST__BATCH__INIT;
    Seinpost__Message m = SEINPOST__MESSAGE__INIT;
    m.body_case = SEINPOST__MESSAGE__BODY_BATCH;
    m.batch = &b;
    b.author = (ProtobufCBinaryData){AUTHOR_BYTES, f->last.author};
    b.checkpoint = (ProtobufCBinaryData){sizeof raw, raw};
    size_t len = message_encode(&m, frame, sizeof frame);
    assert(len > 0);
    return bytes_of(frame, len);
}

struct bytes forge_body(const struct forge *f, uint64_t index)
{
    assert(index >= f->first && index < f->first + f->count);
    size_t i = (size_t)(index - f->first);
    return bytes_of(f->bodies + f->body_at[i], f->body_at[i + 1] - f->body_at[i]);
}

struct bytes forge_body_batch(const uint8_t *author, const uint64_t *indexes,
                              const struct bytes *bodies, size_t count, uint8_t *out)
{
    static uint8_t joined[BATCH_BYTES_MAX];
    uint64_t copy[WIRE_FIELDS_MAX];
    size_t len = 0;
    for (size_t i = 0; i < count; i++) {
        assert(len + bodies[i].len <= sizeof joined);
        memcpy(joined + len, bodies[i].data, bodies[i].len);
        len += bodies[i].len;
        copy[i] = indexes[i];
    }
    Seinpost__BodyBatch b = SEINPOST__BODY_BATCH__INIT;
    Seinpost__Message m = SEINPOST__MESSAGE__INIT;
    m.body_case = SEINPOST__MESSAGE__BODY_BODY_BATCH;
    m.body_batch = &b;
    b.author = (ProtobufCBinaryData){AUTHOR_BYTES, (uint8_t *)(uintptr_t)author};
    b.n_index = count;
    b.index = copy;
    b.bodies = (ProtobufCBinaryData){len, joined};
    size_t frame_len = message_encode(&m, out, FRAME_BYTES_MAX);
    assert(frame_len > 0);
    return bytes_of(out, frame_len);
}
