/* byzantine_wire.c - what a member can do with frames, whatever they say: again, in another order,
 * too long, too deep, too many, or not at all. */
#include "tests/sim/byzantine_internal.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum {
    AGAIN_A_SECOND = 120,
    ASKS_A_SECOND = 100,
    SLOW_TICKS = 20,
    DEEP_LEVELS = 4000,
};

static const Seinpost__Message *read_of(const uint8_t *frame, size_t len)
{
    return world_read(bytes_of(frame, len));
}

/* ---- Again ---- */

size_t byz_remember(void *state, size_t to, uint8_t *frame, size_t len)
{
    struct byz *b = state;
    if (b->copy_count < COPIES_MAX || dice_is(&b->dice, 100))
        (void)byz_keep(b, to, frame, len);
    return len;
}

void byz_replay(void *state)
{
    struct byz *b = state;
    for (size_t i = 0; i < AGAIN_A_SECOND && b->copy_count > 0; i++) {
        const struct byz_copy *c = &b->copies[dice_below(&b->dice, b->copy_count)];
        size_t to = dice_is(&b->dice, 500) ? c->to : byz_peer(b);
        (void)world_utter(b->w, b->node, to, bytes_of(c->data, c->len));
    }
}

/* ---- In another order ---- */

void byz_shuffle_out(void *state)
{
    struct byz *b = state;
    while (b->copy_count > 0) {
        size_t i = (size_t)dice_below(&b->dice, b->copy_count);
        struct byz_copy c = b->copies[i];
        b->copies[i] = b->copies[--b->copy_count];
        b->copies[b->copy_count] = (struct byz_copy){0};
        (void)world_utter(b->w, b->node, c.to, bytes_of(c.data, c.len));
        free(c.data);
    }
    b->copy_next = 0;
}

/* All that comes in one second waits for its end; but an opening, without which there is nothing.
 */
size_t byz_shuffle(void *state, size_t to, uint8_t *frame, size_t len)
{
    struct byz *b = state;
    const Seinpost__Message *m = read_of(frame, len);
    if (m == NULL || m->body_case == SEINPOST__MESSAGE__BODY_OPENING)
        return len;
    if (b->copy_count == COPIES_MAX)
        byz_shuffle_out(b);
    return byz_keep(b, to, frame, len) ? 0 : len;
}

/* ---- What cannot be read ---- */

/* To everybody at first, then now and then to one: each costs it the connection. */
static void tell_now_and_then(struct byz *b, struct bytes frame)
{
    if (b->ticks++ == 0)
        byz_tell_frame(b, frame);
    else if (dice_is(&b->dice, 200))
        (void)world_utter(b->w, b->node, byz_peer(b), frame);
}

void byz_oversize(void *state)
{
    static uint8_t large[FRAME_BYTES_MAX + 1];
    struct byz *b = state;
    bool is_batch = dice_is(&b->dice, 500);
    size_t len = is_batch ? FRAME_BYTES_MAX + 1 : FRAME_BYTES_SMALL + 1;
    memset(large, 0, sizeof large);
    /* One field of that length: a batch, or a question for a member list. */
    struct pack p = pack_of(large, sizeof large);
    pack_u8(&p, is_batch ? 0x3a : 0x12);
    size_t rest = len - 4;
    pack_u8(&p, (uint8_t)(0x80 | (rest & 0x7f)));
    pack_u8(&p, (uint8_t)(0x80 | (rest >> 7 & 0x7f)));
    pack_u8(&p, (uint8_t)(rest >> 14));
    tell_now_and_then(b, bytes_of(large, len));
}

/* Field 1 in field 1 in field 1 ... */
void byz_deep(void *state)
{
    static uint8_t nested[4 * DEEP_LEVELS];
    struct byz *b = state;
    size_t at = sizeof nested;
    for (size_t i = 0; i < DEEP_LEVELS; i++) {
        size_t inner = sizeof nested - at;
        if (inner >= 128)
            nested[--at] = (uint8_t)(inner >> 7);
        nested[--at] = (uint8_t)((inner & 0x7f) | (inner >= 128 ? 0x80 : 0));
        nested[--at] = 0x0a;
    }
    tell_now_and_then(b, bytes_of(nested + at, sizeof nested - at));
}

void byz_junk(void *state)
{
    struct byz *b = state;
    uint8_t junk[2000];
    size_t len = (size_t)dice_from(&b->dice, 1, sizeof junk);
    byz_fill(b, junk, len);
    junk[0] |= 0x07; /* a wire type that there is not */
    tell_now_and_then(b, bytes_of(junk, len));
}

/* ---- Slowly, or not at all ---- */

/* Says only every twenty seconds how far it has read. */
size_t byz_slow(void *state, size_t to, uint8_t *frame, size_t len)
{
    (void)to;
    struct byz *b = state;
    const Seinpost__Message *m = read_of(frame, len);
    bool is_follow = m != NULL && m->body_case == SEINPOST__MESSAGE__BODY_FOLLOW;
    bool is_own_turn = world_now_utc(b->w) % SLOW_TICKS == (int64_t)(b->node % SLOW_TICKS);
    return is_follow && !is_own_turn ? 0 : len;
}

/* Takes what it is given and never says so. */
size_t byz_silent(void *state, size_t to, uint8_t *frame, size_t len)
{
    (void)to;
    struct byz *b = state;
    const Seinpost__Message *m = read_of(frame, len);
    if (m == NULL)
        return len;
    switch ((int)m->body_case) {
    case SEINPOST__MESSAGE__BODY_FOLLOW: /* the first of each feed it needs, to be given anything */
        m->follow->size = 0;
        if (m->follow->credit > 0)
            (void)world_utter_message(b->w, b->node, to, m);
        return 0;
    case SEINPOST__MESSAGE__BODY_DELIVERY:
    case SEINPOST__MESSAGE__BODY_HEAD_ANSWER:
    case SEINPOST__MESSAGE__BODY_SEEN_ANSWER:
        return 0;
    default:
        return len;
    }
}

/* The same, and never answers an evaluation, nor says that it will not. */
size_t byz_mute(void *state, size_t to, uint8_t *frame, size_t len)
{
    const Seinpost__Message *m = read_of(frame, len);
    bool is_answer = m != NULL && (m->body_case == SEINPOST__MESSAGE__BODY_EVALUATED ||
                                   m->body_case == SEINPOST__MESSAGE__BODY_REFUSAL);
    return is_answer ? 0 : byz_silent(state, to, frame, len);
}

/* ---- Too many ---- */

static void ask_bodies(struct byz *b, size_t to)
{
    uint64_t indexes[WIRE_FIELDS_MAX - 1];
    for (size_t i = 0; i < WIRE_FIELDS_MAX - 1; i++)
        indexes[i] = i;
    Seinpost__BodyAsk ask = SEINPOST__BODY_ASK__INIT;
    Seinpost__Message m = SEINPOST__MESSAGE__INIT;
    m.body_case = SEINPOST__MESSAGE__BODY_BODY_ASK;
    m.body_ask = &ask;
    ask.author = byz_data(world_author(b->w, to), AUTHOR_BYTES);
    ask.n_index = WIRE_FIELDS_MAX - 1;
    ask.index = indexes;
    (void)world_utter_message(b->w, b->node, to, &m);
}

/* All of a feed once more, for more credit than there is. */
static void ask_feed(struct byz *b, size_t to)
{
    Seinpost__Follow f = SEINPOST__FOLLOW__INIT;
    Seinpost__Message m = SEINPOST__MESSAGE__INIT;
    m.body_case = SEINPOST__MESSAGE__BODY_FOLLOW;
    m.follow = &f;
    f.author = byz_data(world_author(b->w, to), AUTHOR_BYTES);
    f.feed_epoch = 1;
    (void)world_utter_message(b->w, b->node, to, &m);
    f.credit = UINT32_MAX;
    (void)world_utter_message(b->w, b->node, to, &m);
}

static void ask_list(struct byz *b, size_t to)
{
    Seinpost__RosterAsk ask = SEINPOST__ROSTER_ASK__INIT;
    Seinpost__Message m = SEINPOST__MESSAGE__INIT;
    m.body_case = SEINPOST__MESSAGE__BODY_ROSTER_ASK;
    m.roster_ask = &ask;
    ask.version = 1;
    (void)world_utter_message(b->w, b->node, to, &m);
}

static void ask_head(struct byz *b, size_t to)
{
    uint8_t nonce[32];
    byz_fill(b, nonce, sizeof nonce);
    Seinpost__HeadAsk ask = SEINPOST__HEAD_ASK__INIT;
    Seinpost__Message m = SEINPOST__MESSAGE__INIT;
    m.body_case = SEINPOST__MESSAGE__BODY_HEAD_ASK;
    m.head_ask = &ask;
    ask.nonce = byz_data(nonce, sizeof nonce);
    (void)world_utter_message(b->w, b->node, to, &m);
}

void byz_flood(void *state)
{
    static void (*const asks[])(struct byz *, size_t) = {ask_bodies, ask_feed, ask_list, ask_head};
    struct byz *b = state;
    for (size_t to = 0; to < world_nodes(b->w); to++)
        for (size_t i = 0; i < ASKS_A_SECOND && to != b->node; i++)
            asks[dice_below(&b->dice, sizeof asks / sizeof asks[0])](b, to);
}
