/*
 * byzantine_more.c - what a member can pretend further: an older member list as the next one, one
 * with a signature too few, entries of others signed with its own key, answers to questions that
 * were asked otherwise, questions for keys that are not in force.
 */
#include "tests/sim/byzantine_internal.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { ANSWERS_A_SECOND = 20 };

/* ---- The member list ---- */

static uint64_t version_of(struct byz *b)
{
    return federation_roster(world_core(b->w, b->node))->version;
}

/* The list in force, or the one before it, as the next one. */
void byz_old(void *state)
{
    struct byz *b = state;
    byz_claim_list(b, version_of(b) + 1);
}

size_t byz_old_asked(void *state, size_t from, uint8_t *frame, size_t len)
{
    static uint8_t list[ROSTER_BYTES_MAX];
    struct byz *b = state;
    const Seinpost__Message *m = world_read(bytes_of(frame, len));
    if (m == NULL || m->body_case != SEINPOST__MESSAGE__BODY_ROSTER_ASK)
        return len;
    Seinpost__RosterAsk ask = *m->roster_ask;
    if (ask.version <= version_of(b))
        return len;
    struct archive a = shelf_archive(world_shelf(b->w, b->node));
    uint64_t version = ask.version > 2 ? ask.version - 2 : 1;
    size_t all = a.roster(a.ctx, version, list, sizeof list);
    size_t n = byz_part(all, ask.offset);
    if (n > 0)
        byz_give_chunk(b, from, &ask, all, bytes_of(list + ask.offset, n));
    return 0;
}

static void more_budget(struct roster *r, void *ctx)
{
    (void)ctx;
    r->policy.budget_a_day += 1000;
}

/* The next list as it would like it, signed by all stewards that it needs but one, and by itself.
 */
void byz_own_list(void *state)
{
    struct byz *b = state;
    uint64_t next = version_of(b) + 1;
    if (b->paper_version != next) {
        struct bytes list =
            world_draft_short(b->w, more_budget, NULL, world_feed_secret(b->w, b->node));
        free(b->paper);
        b->paper = malloc(list.len);
        assert(b->paper != NULL);
        memcpy(b->paper, list.data, list.len);
        b->paper_len = list.len;
        b->paper_version = next;
    }
    byz_claim_list(b, next);
}

/* ---- Others' feeds ---- */

/* What would be the next entry of somebody else's feed, if that one had signed it. */
void byz_forge(void *state)
{
    struct byz *b = state;
    struct forge f;
    uint8_t payload[SIGNAL_BYTES_MAX];
    size_t of = byz_peer(b);
    if (byz_known(b, of) == NULL)
        return;
    forge_init_as(&f, b->w, of, b->node);
    f.salt = dice_next(&b->dice);
    struct forged_entry e = {.type = ENTRY_SIGNAL,
                             .expires_day = world_today(b->w) + 300,
                             .payload = forge_signal((uint32_t)(1 << 28 | b->written++), payload)};
    byz_tell_frame(b, forge_batch(&f, &e, 1));
    forge_clear(&f);
}

/* ---- Heads ---- */

size_t byz_other_asked(void *state, size_t from, uint8_t *frame, size_t len)
{
    struct byz *b = state;
    const Seinpost__Message *m = world_read(bytes_of(frame, len));
    if (m == NULL || m->body_case != SEINPOST__MESSAGE__BODY_HEAD_ASK ||
        m->head_ask->nonce.len != sizeof b->nonces[0])
        return len;
    memcpy(b->nonces[from], m->head_ask->nonce.data, sizeof b->nonces[0]);
    b->nonces[from][0] ^= 1;
    return 0;
}

/* That it knows of nothing that others signed, in answer to what they did not ask. */
void byz_other_head(void *state)
{
    struct byz *b = state;
    Seinpost__HeadAnswer answer = SEINPOST__HEAD_ANSWER__INIT;
    Seinpost__Message m = SEINPOST__MESSAGE__INIT;
    m.body_case = SEINPOST__MESSAGE__BODY_HEAD_ANSWER;
    m.head_answer = &answer;
    for (size_t to = 0; to < world_nodes(b->w); to++) {
        answer.nonce = byz_data(b->nonces[to], sizeof b->nonces[to]);
        for (size_t i = 0; i < ANSWERS_A_SECOND && to != b->node; i++)
            (void)world_utter_message(b->w, b->node, to, &m);
    }
}

/* ---- Keys ---- */

/* Evaluations for the next key period, another sharing, the other key, and of no points. */
void byz_other_key(void *state)
{
    struct byz *b = state;
    const struct roster *r = federation_roster(world_core(b->w, b->node));
    const struct roster_key *k = roster_threshold_key(r, KEY_PSEUDONYMS);
    uint8_t request[16], purpose[HASH_BYTES];
    static const uint8_t point[POINT_BYTES] = {0xe2, 0xf2, 0xae, 0x0a, 0x6a, 0xbc, 0x4e, 0x71, 0xa8,
                                               0x84, 0xa9, 0x61, 0xc5, 0x00, 0x51, 0x5f, 0x58, 0xe3,
                                               0x0b, 0x6a, 0xa5, 0x82, 0xdd, 0x8d, 0xb6, 0xa6, 0x59,
                                               0x45, 0xe0, 0x8d, 0x2d, 0x76}; /* the generator */
    if (k == NULL)
        return;
    Seinpost__Evaluate ask = SEINPOST__EVALUATE__INIT;
    Seinpost__Message m = SEINPOST__MESSAGE__INIT;
    m.body_case = SEINPOST__MESSAGE__BODY_EVALUATE;
    m.evaluate = &ask;
    for (unsigned i = 0; i < 4; i++) {
        byz_fill(b, request, sizeof request);
        byz_fill(b, purpose, sizeof purpose);
        ask.request = byz_data(request, sizeof request);
        ask.purpose = byz_data(purpose, sizeof purpose);
        ask.key = i == 2 ? KEY_STATISTICS : KEY_PSEUDONYMS;
        ask.epoch = k->epoch + (i == 0);
        ask.refresh = k->refresh + (i == 1);
        ask.points = byz_data(point, i == 3 ? 0 : sizeof point);
        byz_tell(b, &m);
    }
}
