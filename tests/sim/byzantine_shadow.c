/*
 * byzantine_shadow.c - an author whose feed is written by hand: one history, but of entries that
 * our software would not write.
 *
 * What its core writes never leaves, and what others say of the feed never comes to it. Others
 * follow the one that is forged here, from where its core's ended.
 */
#include "tests/sim/byzantine_internal.h"

#include <string.h>

#include "protocol/correction.h"

enum { SHADOW_ENTRIES_MAX = 40 };

static bool is_mine(const struct byz *b, ProtobufCBinaryData author)
{
    return author.len == AUTHOR_BYTES &&
           memcmp(author.data, world_author(b->w, b->node), AUTHOR_BYTES) == 0;
}

static bool is_my_checkpoint(const struct byz *b, ProtobufCBinaryData raw)
{
    struct checkpoint cp;
    return checkpoint_read(bytes_of(raw.data, raw.len), &cp) == OK &&
           is_mine(b, byz_data(cp.author, AUTHOR_BYTES));
}

static void begin(struct byz *b)
{
    if (b->has_shadow)
        return;
    forge_init(&b->shadow, b->w, b->node);
    b->shadow.salt = dice_next(&b->dice);
    b->has_shadow = true;
}

size_t byz_muzzle(void *state, size_t to, uint8_t *frame, size_t len)
{
    struct byz *b = state;
    (void)to;
    begin(b);
    return byz_own_batch(b, frame, len) != NULL ? 0 : len;
}

/* The batch that goes on from a size, to whoever asks. */
static void give(struct byz *b, size_t to, uint64_t size)
{
    for (size_t i = 0; i < b->copy_count; i++)
        if (b->firsts[i] == size)
            (void)world_utter(b->w, b->node, to, bytes_of(b->copies[i].data, b->copies[i].len));
}

size_t byz_serve(void *state, size_t from, uint8_t *frame, size_t len)
{
    struct byz *b = state;
    const Seinpost__Message *m = world_read(bytes_of(frame, len));
    begin(b);
    if (m == NULL)
        return len;
    switch ((int)m->body_case) {
    case SEINPOST__MESSAGE__BODY_FOLLOW:
        if (!is_mine(b, m->follow->author))
            return len;
        if (m->follow->credit > 0)
            give(b, from, m->follow->size);
        return 0;
    case SEINPOST__MESSAGE__BODY_HEAD_ANSWER:
        return is_my_checkpoint(b, m->head_answer->checkpoint) ? 0 : len;
    case SEINPOST__MESSAGE__BODY_EVIDENCE:
        return is_my_checkpoint(b, m->evidence->checkpoint) ? 0 : len;
    case SEINPOST__MESSAGE__BODY_BODY_ASK:
        return is_mine(b, m->body_ask->author) ? 0 : len;
    default:
        return len;
    }
}

/* Appends an entry and tells everybody; false where there are enough. */
static bool add(struct byz *b, const struct forged_entry *e)
{
    begin(b);
    if (b->copy_count == SHADOW_ENTRIES_MAX)
        return false;
    b->firsts[b->copy_next] = b->shadow.tree.size;
    struct bytes frame = forge_batch(&b->shadow, e, 1);
    if (!byz_keep(b, 0, frame.data, frame.len))
        return false;
    byz_tell_frame(b, frame);
    return true;
}

void byz_future(void *state)
{
    struct byz *b = state;
    uint8_t payload[SIGNAL_BYTES_MAX];
    uint32_t day = world_today(b->w) + 2 + (uint32_t)dice_below(&b->dice, 3650);
    struct forged_entry e = {.type = ENTRY_SIGNAL,
                             .day = day,
                             .expires_day = day + 300,
                             .payload = forge_signal(1, payload)};
    (void)add(b, &e);
}

/* Entries that verify and say nothing that can be: no tags, no term, or too long a one; what takes
 * back entries that do not exist; a profile of bytes. */
void byz_nonsense(void *state)
{
    struct byz *b = state;
    uint8_t payload[SIGNAL_BYTES_MAX], junk[200];
    uint32_t today = world_today(b->w);
    byz_fill(b, junk, sizeof junk);
    junk[0] = PAYLOAD_VERSION;
    struct bytes made_up = bytes_of(junk, sizeof junk), sound = forge_signal(1, payload);
    struct bytes erase = bytes_of(junk, 1);
    /* clang-format off */
    const struct forged_entry kinds[] = {
        {.type = ENTRY_SIGNAL, .expires_day = today + 9, .payload = made_up},
        {.type = ENTRY_SIGNAL, .payload = sound},
        {.type = ENTRY_SIGNAL, .expires_day = today + 365 * 30, .payload = sound},
        {.type = ENTRY_ERASE, .ref_plus_one = (uint64_t)1 << 50, .payload = erase},
        {.type = ENTRY_RETRACT, .ref_plus_one = 0, .payload = erase},
        {.type = ENTRY_PROFILE, .payload = made_up},
        {.type = ENTRY_RECEIPT, .payload = made_up},
        {.type = ENTRY_ALERT, .expires_day = today + 9, .payload = made_up},
    };
    /* clang-format on */
    (void)add(b, &kinds[dice_below(&b->dice, sizeof kinds / sizeof kinds[0])]);
}

/* Others' entries that are in force, as if it had erased them. */
static size_t claim_erased(struct byz *b, uint8_t payload[RECEIPT_BYTES_MAX])
{
    struct receipt r = {.count = 0};
    for (size_t i = 0; i < world_nodes(b->w) && r.count < RECEIPTS_MAX; i++) {
        const struct shelf *s = world_shelf(b->w, b->node);
        uint64_t size = shelf_size(s, world_author(b->w, i)), index = dice_below(&b->dice, size);
        if (i == b->node || size == 0 || shelf_state(s, world_author(b->w, i), index) != STATE_HELD)
            continue;
        memcpy(r.row[r.count].author, world_author(b->w, i), AUTHOR_BYTES);
        r.row[r.count++].index = index;
    }
    return r.count > 0 ? receipt_encode(&r, payload) : 0;
}

/* Signals that are erased, and erased, retracted and erased again; and acknowledgements of erasures
 * that there were not. */
void byz_over_correct(void *state)
{
    struct byz *b = state;
    uint8_t signal[SIGNAL_BYTES_MAX], payload[RECEIPT_BYTES_MAX], end[1], why[RETRACT_BYTES];
    uint32_t expires_day = world_today(b->w) + 100;
    begin(b);
    uint64_t step = b->written++ % 6;
    struct forged_entry e = {.type = ENTRY_ERASE, .ref_plus_one = b->shadow.tree.size};
    e.payload = bytes_of(end, erase_encode(end));
    if (step == 0) {
        e = (struct forged_entry){.type = ENTRY_SIGNAL, .expires_day = expires_day};
        e.payload = forge_signal(1 << 29 | (uint32_t)b->written, signal);
    } else if (step == 3) {
        e.type = ENTRY_RETRACT;
        e.payload = bytes_of(why, retract_encode(1, why));
    } else if (step == 5) {
        size_t len = claim_erased(b, payload);
        if (len == 0)
            return;
        e = (struct forged_entry){.type = ENTRY_RECEIPT, .payload = bytes_of(payload, len)};
    }
    if (step > 0 && step < 5)
        e.ref_plus_one = b->shadow.tree.size - (step - 1); /* the signal, plus one */
    (void)add(b, &e);
}

/* An envelope that nobody can open, handed over to somebody as its own. */
void byz_unsealed(void *state)
{
    struct byz *b = state;
    uint8_t payload[ENVELOPE_BYTES_MIN + 100];
    byz_fill(b, payload, sizeof payload);
    payload[0] = ENVELOPE_VERSION;
    struct forged_entry e = {.type = ENTRY_ENVELOPE,
                             .audience = AUDIENCE_ADDRESSED,
                             .expires_day = world_today(b->w) + ENVELOPE_TERM_DAYS,
                             .payload = bytes_of(payload, sizeof payload),
                             .is_absent = true};
    if (!add(b, &e))
        return;
    uint64_t index = b->shadow.first;
    struct bytes body = forge_body(&b->shadow, index);
    size_t to = (b->node + 1 + b->ticks++) % world_nodes(b->w);
    if (to == b->node)
        return;
    Seinpost__Delivery d = SEINPOST__DELIVERY__INIT;
    Seinpost__Message m = SEINPOST__MESSAGE__INIT;
    m.body_case = SEINPOST__MESSAGE__BODY_DELIVERY;
    m.delivery = &d;
    d.what = 1;
    d.author = byz_data(world_author(b->w, b->node), AUTHOR_BYTES);
    d.index = index;
    d.addressee = byz_data(world_author(b->w, to), AUTHOR_BYTES);
    d.body = byz_data(body.data, body.len);
    (void)world_utter_message(b->w, b->node, to, &m);
}

/* A checkpoint that is true, with a proof that is none; then the entries that it speaks of. */
void byz_stale_proof(void *state)
{
    struct byz *b = state;
    begin(b);
    if (b->copy_count == SHADOW_ENTRIES_MAX)
        return;
    uint64_t first = b->shadow.tree.size;
    struct forged_entry e = {.type = ENTRY_NOTICE};
    struct bytes frame = forge_batch(&b->shadow, &e, 1);
    b->firsts[b->copy_next] = first;
    if (!byz_keep(b, 0, frame.data, frame.len))
        return;
    uint8_t raw[CHECKPOINT_SIGNED_BYTES], proof[4 * HASH_BYTES];
    checkpoint_sign(&b->shadow.last, world_feed_secret(b->w, b->node), raw);
    byz_fill(b, proof, sizeof proof);
    Seinpost__Batch batch = SEINPOST__BATCH__INIT;
    Seinpost__Message m = SEINPOST__MESSAGE__INIT;
    m.body_case = SEINPOST__MESSAGE__BODY_BATCH;
    m.batch = &batch;
    batch.author = byz_data(world_author(b->w, b->node), AUTHOR_BYTES);
    batch.first = first;
    batch.checkpoint = byz_data(raw, sizeof raw);
    batch.proof = byz_data(proof, sizeof proof);
    byz_tell(b, &m);
    byz_tell_frame(b, frame);
}
