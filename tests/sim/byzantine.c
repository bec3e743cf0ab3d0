/* byzantine.c - the table, and what its rows share. */
#include "tests/sim/byzantine_internal.h"

#include <assert.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#define ROW(shows, name, outgoing, incoming, tick)                                                 \
    {                                                                                              \
        shows,                                                                                     \
        {                                                                                          \
            name, byz_begin, byz_end, outgoing, incoming, tick                                     \
        }                                                                                          \
    }

static const struct {
    enum byzantine_shows shows;
    struct behaviour behaviour;
} rows[] = {
    ROW(SHOWS_PROOF, "equivocate", NULL, NULL, byz_equivocate),
    ROW(SHOWS_PROOF, "two-faced", byz_two_faced, NULL, NULL),
    ROW(SHOWS_PROOF, "shrink", NULL, NULL, byz_shrink),
    ROW(SHOWS_REPORT, "gap", byz_gap, NULL, NULL),
    ROW(SHOWS_REPORT, "corrupt", byz_corrupt, NULL, NULL),
    ROW(SHOWS_REPORT, "future", byz_muzzle, byz_serve, byz_future),
    ROW(SHOWS_REPORT, "nonsense", byz_muzzle, byz_serve, byz_nonsense),
    ROW(SHOWS_REPORT, "unsealed", byz_muzzle, byz_serve, byz_unsealed),
    ROW(SHOWS_REPORT, "giant", NULL, NULL, byz_giant),
    ROW(SHOWS_REPORT, "stale-proof", byz_muzzle, byz_serve, byz_stale_proof),
    ROW(SHOWS_STATUS, "withhold", byz_withhold, NULL, NULL),
    ROW(SHOWS_REPORT, "replay", byz_remember, NULL, byz_replay),
    ROW(SHOWS_REPORT, "reorder", byz_shuffle, NULL, byz_shuffle_out),
    ROW(SHOWS_REPORT, "oversize", NULL, NULL, byz_oversize),
    ROW(SHOWS_REPORT, "deep", NULL, NULL, byz_deep),
    ROW(SHOWS_REPORT, "junk", NULL, NULL, byz_junk),
    ROW(SHOWS_STATUS, "slow", byz_slow, NULL, NULL),
    ROW(SHOWS_STATUS, "silent", byz_silent, NULL, NULL),
    ROW(SHOWS_REPORT, "flood", NULL, NULL, byz_flood),
    ROW(SHOWS_REPORT, "endless", NULL, byz_endless_asked, byz_endless),
    ROW(SHOWS_REPORT, "foreign-list", NULL, byz_foreign_asked, byz_foreign),
    ROW(SHOWS_REPORT, "masquerade", NULL, NULL, byz_masquerade),
    ROW(SHOWS_REPORT, "evaluate", byz_evaluate, NULL, NULL),
    ROW(SHOWS_REPORT, "receipts", NULL, NULL, byz_receipts),
    ROW(SHOWS_REPORT, "acknowledge", NULL, NULL, byz_acknowledge),
    ROW(SHOWS_REPORT, "squat", NULL, NULL, byz_squat),
    ROW(SHOWS_REPORT, "accuse", NULL, NULL, byz_accuse),
    ROW(SHOWS_REPORT, "evidence", NULL, NULL, byz_evidence),
    ROW(SHOWS_REPORT, "bodies", NULL, NULL, byz_bodies),
    ROW(SHOWS_REPORT, "fake-bodies", byz_withhold_all, byz_fake_bodies, NULL),
    ROW(SHOWS_STATUS, "mute", byz_mute, NULL, NULL),
    ROW(SHOWS_REPORT, "other-head", NULL, byz_other_asked, byz_other_head),
    ROW(SHOWS_REPORT, "old-list", NULL, byz_old_asked, byz_old),
    ROW(SHOWS_REPORT, "own-list", NULL, byz_foreign_asked, byz_own_list),
    ROW(SHOWS_REPORT, "forge", NULL, NULL, byz_forge),
    ROW(SHOWS_NOTHING, "over-correct", byz_muzzle, byz_serve, byz_over_correct),
    ROW(SHOWS_REPORT, "other-key", NULL, NULL, byz_other_key),
    ROW(SHOWS_PROOF, "whisper", NULL, NULL, byz_whisper),
};

size_t byzantine_count(void)
{
    return sizeof rows / sizeof rows[0];
}

size_t byzantine_find(const char *name)
{
    size_t i = 0;
    while (i < byzantine_count() && strcmp(rows[i].behaviour.name, name) != 0)
        i++;
    return i;
}

const struct behaviour *byzantine_at(size_t i)
{
    return &rows[i].behaviour;
}

enum byzantine_shows byzantine_shows(size_t i)
{
    return rows[i].shows;
}

bool byzantine_forks(size_t i)
{
    return rows[i].shows == SHOWS_PROOF;
}

void *byz_begin(struct world *w, size_t node, uint64_t seed)
{
    struct byz *b = calloc(1, sizeof *b);
    assert(b != NULL);
    b->w = w;
    b->node = node;
    b->dice = dice_for(seed, node);
    return b;
}

void byz_end(void *state)
{
    struct byz *b = state;
    for (size_t i = 0; i < COPIES_MAX; i++)
        free(b->copies[i].data);
    free(b->said[0].data);
    free(b->said[1].data);
    free(b->paper);
    if (b->has_shadow)
        forge_clear(&b->shadow);
    free(b);
}

size_t byz_peer(struct byz *b)
{
    size_t peer = (size_t)dice_below(&b->dice, world_nodes(b->w) - 1);
    return peer >= b->node ? peer + 1 : peer;
}

void byz_tell_frame(struct byz *b, struct bytes frame)
{
    for (size_t to = 0; to < world_nodes(b->w); to++)
        if (to != b->node)
            (void)world_utter(b->w, b->node, to, frame);
}

void byz_tell(struct byz *b, const Seinpost__Message *m)
{
    for (size_t to = 0; to < world_nodes(b->w); to++)
        if (to != b->node)
            (void)world_utter_message(b->w, b->node, to, m);
}

void byz_copy(struct byz_copy *c, struct bytes frame)
{
    free(c->data);
    c->data = malloc(frame.len + 1);
    assert(c->data != NULL);
    memcpy(c->data, frame.data, frame.len);
    c->len = frame.len;
}

bool byz_keep(struct byz *b, size_t to, const uint8_t *frame, size_t len)
{
    if (len > COPY_BYTES_MAX)
        return false;
    struct byz_copy *c = &b->copies[b->copy_next];
    byz_copy(c, bytes_of(frame, len));
    c->to = to;
    b->copy_next = (b->copy_next + 1) % COPIES_MAX;
    if (b->copy_count < COPIES_MAX)
        b->copy_count++;
    return true;
}

void byz_fill(struct byz *b, uint8_t *out, size_t len)
{
    for (size_t i = 0; i < len; i++)
        out[i] = (uint8_t)dice_next(&b->dice);
}

const uint8_t *byz_known(struct byz *b, size_t of)
{
    const struct feed_record *r = shelf_record(world_shelf(b->w, b->node), world_author(b->w, of));
    return r != NULL && !sodium_is_zero(r->held, sizeof r->held) ? r->held : NULL;
}

bool byz_head(struct byz *b, struct checkpoint *out)
{
    const uint8_t *held = byz_known(b, b->node);
    return held != NULL && checkpoint_read(bytes_of(held, CHECKPOINT_SIGNED_BYTES), out) == OK;
}

const Seinpost__Message *byz_own_batch(struct byz *b, const uint8_t *frame, size_t len)
{
    const Seinpost__Message *m = world_read(bytes_of(frame, len));
    return m != NULL && m->body_case == SEINPOST__MESSAGE__BODY_BATCH &&
                   m->batch->author.len == AUTHOR_BYTES &&
                   memcmp(m->batch->author.data, world_author(b->w, b->node), AUTHOR_BYTES) == 0
               ? m
               : NULL;
}
