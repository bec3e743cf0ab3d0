/*
 * byzantine_feed.c - what an author can do with its own feed while its core goes on writing it: two
 * histories, numbers that go back, batches that are not what the checkpoint says.
 */
#include "tests/sim/byzantine_internal.h"

#include <assert.h>
#include <string.h>

enum { NUMBERS_OWN = 1 << 30 }; /* of its signals: nobody else's have such tags */

/* ---- Contradictions ---- */

/* Two continuations of what its core holds, one entry each. */
static void forge_two(struct byz *b, const struct checkpoint *head)
{
    for (size_t i = 0; i < 2; i++) {
        struct forge f;
        uint8_t payload[SIGNAL_BYTES_MAX];
        forge_init(&f, b->w, b->node);
        f.salt = dice_next(&b->dice);
        struct forged_entry e = {
            .type = ENTRY_SIGNAL,
            .expires_day = world_today(b->w) + 300,
            .payload =
                forge_signal((uint32_t)(NUMBERS_OWN + dice_below(&b->dice, NUMBERS_OWN)), payload)};
        byz_copy(&b->said[i], forge_batch(&f, &e, 1));
        forge_clear(&f);
    }
    b->forged_seq = head->seq;
}

/* One of them for half of the others, the other for the other half. */
void byz_equivocate(void *state)
{
    struct byz *b = state;
    struct checkpoint head;
    if (!byz_head(b, &head))
        return;
    if (b->forged_seq != head.seq)
        forge_two(b, &head);
    for (size_t to = 0; to < world_nodes(b->w); to++) {
        const struct byz_copy *c = &b->said[to % 2];
        if (to != b->node)
            (void)world_utter(b->w, b->node, to, bytes_of(c->data, c->len));
    }
}

/* Both of them for one alone, which nobody but that one can tell of. */
void byz_whisper(void *state)
{
    struct byz *b = state;
    struct checkpoint head;
    size_t to = 0;
    while (to < world_nodes(b->w) && (to == b->node || world_is_byzantine(b->w, to) ||
                                      !world_is_connected(b->w, b->node, to)))
        to++;
    if (b->ticks++ < 10 || to == world_nodes(b->w) || !byz_head(b, &head))
        return;
    if (b->forged_seq != head.seq)
        forge_two(b, &head);
    for (size_t i = 0; i < 2; i++)
        (void)world_utter(b->w, b->node, to, bytes_of(b->said[i].data, b->said[i].len));
}

/* Signs what its core sends to every other peer a second later: another checkpoint of one number.
 */
size_t byz_two_faced(void *state, size_t to, uint8_t *frame, size_t len)
{
    struct byz *b = state;
    const Seinpost__Message *m = byz_own_batch(b, frame, len);
    struct checkpoint cp;
    if (m == NULL || to % 2 == 0 ||
        checkpoint_read(bytes_of(m->batch->checkpoint.data, m->batch->checkpoint.len), &cp) != OK)
        return len;
    uint8_t *at = memmem(frame, len, m->batch->checkpoint.data, CHECKPOINT_SIGNED_BYTES);
    assert(at != NULL);
    cp.time_utc++;
    checkpoint_sign(&cp, world_feed_secret(b->w, b->node), at);
    return len;
}

/* A higher number with one entry fewer. */
void byz_shrink(void *state)
{
    struct byz *b = state;
    struct checkpoint cp;
    if (!byz_head(b, &cp) || cp.size < 2)
        return;
    struct forge f;
    forge_init(&f, b->w, b->node);
    cp.seq += 3 + dice_below(&b->dice, 5);
    cp.size--;
    byz_fill(b, cp.root, sizeof cp.root);
    byz_fill(b, cp.previous, sizeof cp.previous);
    byz_tell_frame(b, forge_checkpoint(&f, &cp));
    forge_clear(&f);
}

/* ---- Batches ---- */

/* Leaves entries out before each batch. */
size_t byz_gap(void *state, size_t to, uint8_t *frame, size_t len)
{
    struct byz *b = state;
    const Seinpost__Message *m = byz_own_batch(b, frame, len);
    if (m == NULL || m->batch->headers.len == 0)
        return len;
    m->batch->first += 1 + dice_below(&b->dice, 9);
    (void)world_utter_message(b->w, b->node, to, m);
    return 0;
}

/* Bodies that are not the ones that the headers commit to. */
size_t byz_corrupt(void *state, size_t to, uint8_t *frame, size_t len)
{
    (void)to;
    struct byz *b = state;
    const Seinpost__Message *m = byz_own_batch(b, frame, len);
    if (m == NULL || m->batch->bodies.len == 0)
        return len;
    uint8_t *at = memmem(frame, len, m->batch->bodies.data, m->batch->bodies.len);
    assert(at != NULL);
    at[dice_below(&b->dice, m->batch->bodies.len)] ^= (uint8_t)dice_from(&b->dice, 1, 255);
    return len;
}

/* Sends a batch without its bodies. */
static size_t strip(struct byz *b, size_t to, const Seinpost__Message *m, size_t len)
{
    static uint8_t all[BATCH_ENTRIES_MAX / 8];
    if (m == NULL || m->batch->bodies.len == 0)
        return len;
    memset(all, 0xff, sizeof all);
    m->batch->absent = byz_data(all, (m->batch->headers.len / HEADER_BYTES + 7) / 8);
    m->batch->bodies.len = 0;
    (void)world_utter_message(b->w, b->node, to, m);
    return 0;
}

/* Gives headers and never a body. */
size_t byz_withhold(void *state, size_t to, uint8_t *frame, size_t len)
{
    const Seinpost__Message *m = world_read(bytes_of(frame, len));
    if (m != NULL && m->body_case == SEINPOST__MESSAGE__BODY_BODY_BATCH)
        return 0;
    return strip(state, to, byz_own_batch(state, frame, len), len);
}

/* The same with everybody's feeds that it hands on. */
size_t byz_withhold_all(void *state, size_t to, uint8_t *frame, size_t len)
{
    const Seinpost__Message *m = world_read(bytes_of(frame, len));
    bool is_batch = m != NULL && m->body_case == SEINPOST__MESSAGE__BODY_BATCH;
    return strip(state, to, is_batch ? m : NULL, len);
}

static bool read_units(void *ctx, const struct archive_row *row)
{
    struct header h;
    *(size_t *)ctx = header_decode(row->header, &h) == OK ? (size_t)h.body_units : 0;
    return true;
}

/* Whoever asks for bodies gets some of the right lengths, and they are not the ones. */
size_t byz_fake_bodies(void *state, size_t from, uint8_t *frame, size_t len)
{
    static uint8_t bytes[BATCH_BYTES_MAX / 2];
    struct byz *b = state;
    const Seinpost__Message *m = world_read(bytes_of(frame, len));
    if (m == NULL || m->body_case != SEINPOST__MESSAGE__BODY_BODY_ASK ||
        m->body_ask->author.len != AUTHOR_BYTES)
        return len;
    const Seinpost__BodyAsk *ask = m->body_ask;
    struct archive a = shelf_archive(world_shelf(b->w, b->node));
    uint64_t indexes[WIRE_FIELDS_MAX - 2];
    uint8_t author[AUTHOR_BYTES];
    size_t count = 0, used = 0;
    memcpy(author, ask->author.data, AUTHOR_BYTES);
    for (size_t i = 0; i < ask->n_index && count < WIRE_FIELDS_MAX - 2; i++) {
        size_t units = 0;
        a.read(a.ctx, author, ask->index[i], 1, read_units, &units);
        if (units == 0 || used + units * BODY_UNIT_BYTES > sizeof bytes)
            continue;
        byz_fill(b, bytes + used, 64);
        used += units * BODY_UNIT_BYTES;
        indexes[count++] = ask->index[i];
    }
    Seinpost__BodyBatch batch = SEINPOST__BODY_BATCH__INIT;
    Seinpost__Message reply = SEINPOST__MESSAGE__INIT;
    reply.body_case = SEINPOST__MESSAGE__BODY_BODY_BATCH;
    reply.body_batch = &batch;
    batch.author = byz_data(author, AUTHOR_BYTES);
    batch.n_index = count;
    batch.index = indexes;
    batch.bodies = byz_data(bytes, used);
    if (count > 0)
        (void)world_utter_message(b->w, b->node, from, &reply);
    return 0;
}

/* Signs that there are more entries than anybody can hold, with no proof or a made up one. */
void byz_giant(void *state)
{
    struct byz *b = state;
    struct checkpoint cp;
    uint8_t raw[CHECKPOINT_SIGNED_BYTES], proof[MERKLE_PROOF_MAX * HASH_BYTES];
    if (!byz_head(b, &cp))
        return;
    Seinpost__Batch batch = SEINPOST__BATCH__INIT;
    Seinpost__Message m = SEINPOST__MESSAGE__INIT;
    m.body_case = SEINPOST__MESSAGE__BODY_BATCH;
    m.batch = &batch;
    batch.author = byz_data(world_author(b->w, b->node), AUTHOR_BYTES);
    batch.first = cp.size;
    cp.seq += 1000;
    cp.size = ((uint64_t)1 << 40) - 1 - dice_below(&b->dice, 1000);
    byz_fill(b, cp.root, sizeof cp.root);
    byz_fill(b, cp.previous, sizeof cp.previous);
    checkpoint_sign(&cp, world_feed_secret(b->w, b->node), raw);
    byz_fill(b, proof, sizeof proof);
    batch.checkpoint = byz_data(raw, sizeof raw);
    batch.proof = byz_data(proof, dice_below(&b->dice, MERKLE_PROOF_MAX + 1) * HASH_BYTES);
    byz_tell(b, &m);
}
