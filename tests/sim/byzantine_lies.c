/*
 * byzantine_lies.c - what a member can say of others: of the member list, of their feeds, of what
 * became of their envelopes, of what they signed; and wrong evaluations.
 */
#include "tests/sim/byzantine_internal.h"

#include <assert.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/fork.h"

/* ---- The member list ---- */

void byz_claim_list(struct byz *b, uint64_t version)
{
    const struct roster *r = federation_roster(world_core(b->w, b->node));
    uint8_t hash[HASH_BYTES];
    byz_fill(b, hash, sizeof hash);
    Seinpost__Opening o = SEINPOST__OPENING__INIT;
    Seinpost__Message m = SEINPOST__MESSAGE__INIT;
    m.body_case = SEINPOST__MESSAGE__BODY_OPENING;
    m.opening = &o;
    o.version_min = o.version_max = 1;
    o.federation = byz_data(r->genesis, HASH_BYTES);
    o.author = byz_data(world_author(b->w, b->node), AUTHOR_BYTES);
    o.roster_version = version;
    o.roster_hash = byz_data(hash, sizeof hash);
    byz_tell(b, &m);
}

/* Lists that never end: a version that nobody has, each time of the greatest size, of bytes that
 * are drawn as they are asked for. */
void byz_endless(void *state)
{
    struct byz *b = state;
    byz_claim_list(b, 1000000 + dice_below(&b->dice, 1000000));
}

void byz_give_chunk(struct byz *b, size_t to, const Seinpost__RosterAsk *ask, size_t total,
                    struct bytes data)
{
    Seinpost__RosterChunk c = SEINPOST__ROSTER_CHUNK__INIT;
    Seinpost__Message m = SEINPOST__MESSAGE__INIT;
    m.body_case = SEINPOST__MESSAGE__BODY_ROSTER_CHUNK;
    m.roster_chunk = &c;
    c.version = ask->version;
    c.offset = ask->offset;
    c.total = (uint32_t)total;
    c.data = byz_data(data.data, data.len);
    (void)world_utter_message(b->w, b->node, to, &m);
}

size_t byz_part(size_t total, size_t offset)
{
    size_t left = offset < total ? total - offset : 0;
    return left < ROSTER_CHUNK_BYTES ? left : ROSTER_CHUNK_BYTES;
}

size_t byz_endless_asked(void *state, size_t from, uint8_t *frame, size_t len)
{
    static uint8_t data[ROSTER_CHUNK_BYTES];
    struct byz *b = state;
    const Seinpost__Message *m = world_read(bytes_of(frame, len));
    if (m == NULL || m->body_case != SEINPOST__MESSAGE__BODY_ROSTER_ASK)
        return len;
    Seinpost__RosterAsk ask = *m->roster_ask;
    byz_fill(b, data, 32);
    /* Sometimes one byte more than there may be in all. */
    size_t total = ROSTER_BYTES_MAX + dice_is(&b->dice, 100);
    byz_give_chunk(b, from, &ask, total, bytes_of(data, byz_part(total, ask.offset)));
    return 0;
}

/* The list of another federation, signed by its stewards, as the next one of ours. */
void byz_foreign(void *state)
{
    struct byz *b = state;
    if (b->paper == NULL) {
        struct world_setup other = {
            .seed = dice_next(&b->dice), .nodes = 2, .is_off = {true, true},
                    .is_quiet = true
        };
        struct world *w = world_new(&other);
        struct bytes list = world_newest(w);
        b->paper = malloc(list.len);
        assert(b->paper != NULL);
        memcpy(b->paper, list.data, list.len);
        b->paper_len = list.len;
        world_free(&w);
    }
    byz_claim_list(b, federation_roster(world_core(b->w, b->node))->version + 1);
}

size_t byz_foreign_asked(void *state, size_t from, uint8_t *frame, size_t len)
{
    struct byz *b = state;
    const Seinpost__Message *m = world_read(bytes_of(frame, len));
    if (b->paper == NULL || m == NULL || m->body_case != SEINPOST__MESSAGE__BODY_ROSTER_ASK)
        return len;
    Seinpost__RosterAsk ask = *m->roster_ask;
    size_t n = byz_part(b->paper_len, ask.offset);
    byz_give_chunk(b, from, &ask, b->paper_len, bytes_of(b->paper + b->paper_len - n, n));
    return 0;
}

/* ---- Who it is ---- */

/* Opens as somebody else, or as of another federation, now and then. */
void byz_masquerade(void *state)
{
    struct byz *b = state;
    const struct roster *r = federation_roster(world_core(b->w, b->node));
    uint8_t other[HASH_BYTES];
    size_t to = byz_peer(b), as = byz_peer(b);
    bool is_of_other = dice_is(&b->dice, 500);
    byz_fill(b, other, sizeof other);
    Seinpost__Opening o = SEINPOST__OPENING__INIT;
    Seinpost__Message m = SEINPOST__MESSAGE__INIT;
    m.body_case = SEINPOST__MESSAGE__BODY_OPENING;
    m.opening = &o;
    o.version_min = o.version_max = 1;
    o.federation = byz_data(is_of_other ? other : r->genesis, HASH_BYTES);
    o.author = byz_data(world_author(b->w, is_of_other ? b->node : as), AUTHOR_BYTES);
    o.roster_version = r->version;
    o.roster_hash = byz_data(r->hash, HASH_BYTES);
    if (b->ticks++ == 0)
        byz_tell(b, &m);
    else if (dice_is(&b->dice, 200))
        (void)world_utter_message(b->w, b->node, to, &m);
}

/* ---- Evaluations ---- */

/* Points or proof that are not the ones: another point, the same one twice, bytes, cut. */
size_t byz_evaluate(void *state, size_t to, uint8_t *frame, size_t len)
{
    struct byz *b = state;
    const Seinpost__Message *m = world_read(bytes_of(frame, len));
    if (m == NULL || m->body_case != SEINPOST__MESSAGE__BODY_EVALUATED)
        return len;
    ProtobufCBinaryData *points = &m->evaluated->points, *proof = &m->evaluated->proof;
    uint8_t wide[64];
    byz_fill(b, wide, sizeof wide);
    switch (dice_below(&b->dice, 5)) {
    case 0:
        crypto_core_ristretto255_from_hash(points->data, wide);
        break;
    case 1:
        memcpy(points->data, points->data + POINT_BYTES, POINT_BYTES);
        break;
    case 2:
        memcpy(points->data, wide, POINT_BYTES);
        break;
    case 3:
        proof->data[dice_below(&b->dice, proof->len)] ^= 1;
        break;
    default:
        points->len -= POINT_BYTES;
        break;
    }
    (void)world_utter_message(b->w, b->node, to, m);
    return 0;
}

/* ---- Receipts ---- */

static void say_receipt(struct byz *b, size_t to, uint64_t index, size_t holder, uint8_t state)
{
    struct delivery_receipt r = {.index = index, .state = state};
    uint8_t signature[SIGNATURE_BYTES];
    memcpy(r.author, world_author(b->w, to), AUTHOR_BYTES);
    memcpy(r.holder, world_author(b->w, holder), AUTHOR_BYTES);
    delivery_sign(&r, world_feed_secret(b->w, b->node), signature);
    Seinpost__Delivery d = SEINPOST__DELIVERY__INIT;
    Seinpost__Message m = SEINPOST__MESSAGE__INIT;
    m.body_case = SEINPOST__MESSAGE__BODY_DELIVERY;
    m.delivery = &d;
    d.what = 4;
    d.author = byz_data(r.author, AUTHOR_BYTES);
    d.index = index;
    d.state = state;
    d.holder = byz_data(r.holder, AUTHOR_BYTES);
    d.signature = byz_data(signature, sizeof signature);
    (void)world_utter_message(b->w, b->node, to, &m);
}

/* That envelopes arrived: in the name of others, or in its own for others'. */
void byz_receipts(void *state)
{
    struct byz *b = state;
    for (size_t to = 0; to < world_nodes(b->w); to++) {
        const struct feed_record *r =
            shelf_record(world_shelf(b->w, b->node), world_author(b->w, to));
        if (to == b->node || r == NULL)
            continue;
        uint64_t size = r->tree.size + 1, recent = size < 12 ? size : 12;
        for (size_t i = 0; i < 8; i++)
            say_receipt(b, to, size - 1 - dice_below(&b->dice, recent),
                        dice_is(&b->dice, 500) ? b->node : byz_peer(b),
                        (uint8_t)dice_from(&b->dice, 1, 4));
    }
}

/* That it holds more of their feeds than there is, and that they signed what they did not. */
void byz_acknowledge(void *state)
{
    struct byz *b = state;
    for (size_t to = 0; to < world_nodes(b->w); to++) {
        struct checkpoint cp;
        uint8_t raw[CHECKPOINT_SIGNED_BYTES];
        const uint8_t *known = to != b->node ? byz_known(b, to) : NULL;
        if (known == NULL || checkpoint_read(bytes_of(known, sizeof raw), &cp) != OK)
            continue;
        Seinpost__Follow f = SEINPOST__FOLLOW__INIT;
        Seinpost__Message m = SEINPOST__MESSAGE__INIT;
        m.body_case = SEINPOST__MESSAGE__BODY_FOLLOW;
        m.follow = &f;
        f.author = byz_data(cp.author, AUTHOR_BYTES);
        f.feed_epoch = cp.feed_epoch;
        f.size = cp.size + 1 + dice_below(&b->dice, 1000000);
        f.seq = cp.seq + 1000;
        f.credit = 100000;
        (void)world_utter_message(b->w, b->node, to, &m);
        Seinpost__Evidence e = SEINPOST__EVIDENCE__INIT;
        m.body_case = SEINPOST__MESSAGE__BODY_EVIDENCE;
        m.evidence = &e;
        cp.seq += 7;
        cp.size += dice_below(&b->dice, 100);
        byz_fill(b, cp.root, sizeof cp.root);
        checkpoint_sign(&cp, world_feed_secret(b->w, b->node), raw);
        e.checkpoint = byz_data(raw, sizeof raw);
        (void)world_utter_message(b->w, b->node, to, &m);
    }
}

/* ---- Others' feeds ---- */

/* Entries in somebody else's feed, signed with its own key, in the name of either. */
void byz_squat(void *state)
{
    struct byz *b = state;
    size_t of = byz_peer(b);
    const uint8_t *known = byz_known(b, of);
    struct checkpoint cp;
    if (known == NULL || checkpoint_read(bytes_of(known, CHECKPOINT_SIGNED_BYTES), &cp) != OK)
        return;
    uint8_t raw[CHECKPOINT_SIGNED_BYTES], header[HEADER_BYTES], body[BODY_UNIT_BYTES];
    struct header h = {.version = HEADER_VERSION, .body_units = 1, .index = cp.size};
    byz_fill(b, body, sizeof body);
    body_commit(cp.author, h.index, bytes_of(body, sizeof body), h.commit);
    header_encode(&h, header);
    cp.seq++;
    cp.size++;
    byz_fill(b, cp.root, sizeof cp.root);
    Seinpost__Batch batch = SEINPOST__BATCH__INIT;
    Seinpost__Message m = SEINPOST__MESSAGE__INIT;
    m.body_case = SEINPOST__MESSAGE__BODY_BATCH;
    m.batch = &batch;
    batch.author = byz_data(world_author(b->w, of), AUTHOR_BYTES);
    batch.first = h.index;
    if (dice_is(&b->dice, 500))
        memcpy(cp.author, world_author(b->w, b->node), AUTHOR_BYTES);
    checkpoint_sign(&cp, world_feed_secret(b->w, b->node), raw);
    batch.checkpoint = byz_data(raw, sizeof raw);
    batch.headers = byz_data(header, sizeof header);
    batch.bodies = byz_data(body, sizeof body);
    byz_tell(b, &m);
}

/* Proofs that others contradicted themselves, with signatures that are not theirs. */
void byz_accuse(void *state)
{
    struct byz *b = state;
    size_t of = byz_peer(b);
    const uint8_t *known = byz_known(b, of);
    struct checkpoint cp;
    if (known == NULL || checkpoint_read(bytes_of(known, CHECKPOINT_SIGNED_BYTES), &cp) != OK)
        return;
    uint8_t raw[CHECKPOINT_SIGNED_BYTES], proof[FORK_PAIR_BYTES];
    cp.time_utc++;
    checkpoint_sign(&cp, world_feed_secret(b->w, b->node), raw);
    size_t len = fork_encode_pair(known, raw, proof);
    assert(len == sizeof proof);
    Seinpost__ForkProof f = SEINPOST__FORK_PROOF__INIT;
    Seinpost__Message m = SEINPOST__MESSAGE__INIT;
    m.body_case = SEINPOST__MESSAGE__BODY_FORK_PROOF;
    m.fork_proof = &f;
    f.proof = byz_data(proof, sizeof proof);
    byz_tell(b, &m);
}

/* Entries that are said to lie in others' feeds, with proofs that do not show it. */
void byz_evidence(void *state)
{
    struct byz *b = state;
    const uint8_t *known = byz_known(b, byz_peer(b));
    uint8_t header[HEADER_BYTES], proof[8 * HASH_BYTES];
    if (known == NULL)
        return;
    byz_fill(b, header, sizeof header);
    byz_fill(b, proof, sizeof proof);
    Seinpost__Evidence e = SEINPOST__EVIDENCE__INIT;
    Seinpost__Message m = SEINPOST__MESSAGE__INIT;
    m.body_case = SEINPOST__MESSAGE__BODY_EVIDENCE;
    m.evidence = &e;
    e.checkpoint = byz_data(known, CHECKPOINT_SIGNED_BYTES);
    e.index = dice_below(&b->dice, 40);
    e.header = byz_data(header, sizeof header);
    e.proof = byz_data(proof, dice_below(&b->dice, 9) * HASH_BYTES);
    byz_tell(b, &m);
}

/* Bodies that nobody asked for: too few bytes, of entries that there are not, in no order. */
void byz_bodies(void *state)
{
    static uint8_t bytes[4096];
    struct byz *b = state;
    uint64_t indexes[4];
    for (size_t i = 0; i < 4; i++)
        indexes[i] = dice_below(&b->dice, 40);
    byz_fill(b, bytes, sizeof bytes);
    Seinpost__BodyBatch batch = SEINPOST__BODY_BATCH__INIT;
    Seinpost__Message m = SEINPOST__MESSAGE__INIT;
    m.body_case = SEINPOST__MESSAGE__BODY_BODY_BATCH;
    m.body_batch = &batch;
    batch.author = byz_data(world_author(b->w, byz_peer(b)), AUTHOR_BYTES);
    batch.n_index = 4;
    batch.index = indexes;
    batch.bodies = byz_data(bytes, dice_below(&b->dice, sizeof bytes));
    byz_tell(b, &m);
}
