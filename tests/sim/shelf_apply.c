/*
 * Goal: keep what the core says is to be kept.
 * Method: one function for each kind of PERSIST effect. What would break the store of a node fails
 * here at once: a gap in a feed, an index twice, a body that goes from an entry that is not there.
 */
#include "tests/sim/shelf_internal.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static struct lane *lane_for(struct shelf *s, const uint8_t author[32])
{
    struct lane *l = shelf_lane(s, author);
    if (l != NULL)
        return l;
    assert(s->lane_count < 64);
    l = &s->lanes[s->lane_count++];
    memcpy(l->rec.author, author, 32);
    return l;
}

static void put_body(struct item *it, const struct effect_entry *e)
{
    it->state = e->state;
    it->reason = e->reason;
    it->expires_day = e->expires_day;
    free(it->body);
    it->body = shelf_duplicate(e->body.data, e->body.len);
    it->body_len = e->body.len;
    it->is_alert = e->is_alert;
    it->tag_count = e->tag_count;
    if (e->tag_count > 0)
        memcpy(it->tags, e->tags, (size_t)e->tag_count * TAG_BYTES);
}

static struct item *next(struct lane *l, uint64_t index)
{
    assert(index == l->count); /* no gap, and no index twice */
    l->items = shelf_grow(l->items, l->count, sizeof *l->items);
    struct item *it = &l->items[l->count++];
    memset(it, 0, sizeof *it);
    return it;
}

static struct item *missing(struct lane *l, uint64_t index)
{
    assert(index < l->count && l->items[index].is_lost); /* nothing that is here comes again */
    l->items[index].is_lost = false;
    return &l->items[index];
}

static void apply_lost(struct shelf *s, const struct effect *e)
{
    struct lane *l = lane_for(s, e->author);
    for (uint64_t i = e->lost.first; i < e->lost.first + e->lost.count; i++) {
        assert(i < l->count);
        struct correction kept = l->items[i].correction;
        free(l->items[i].body);
        l->items[i] = (struct item){.is_lost = true, .correction = kept};
    }
    l->rec = *e->lost.feed;
}

static void apply_entries(struct shelf *s, const struct effect *e)
{
    struct lane *l = lane_for(s, e->author);
    for (size_t i = 0; i < e->entries.count; i++) {
        const struct effect_entry *in = &e->entries.entries[i];
        struct item *it = e->entries.is_mended ? missing(l, in->index) : next(l, in->index);
        memcpy(it->header, in->header, HEADER_BYTES);
        put_body(it, in);
    }
    for (size_t i = 0; i < e->entries.tile_count; i++) {
        l->tiles = shelf_grow(l->tiles, l->tile_count, sizeof *l->tiles);
        struct tile *t = &l->tiles[l->tile_count++];
        t->tile = e->entries.tiles[i].tile;
        t->position = e->entries.tiles[i].position;
        memcpy(t->root, e->entries.tiles[i].root, HASH_BYTES);
    }
    l->rec = *e->entries.feed;
}

static void apply_gone(struct shelf *s, const struct effect *e)
{
    struct item *it = shelf_item(s, e->author, e->gone.index);
    assert(it != NULL);
    free(it->body);
    it->body = NULL;
    it->body_len = 0;
    it->tag_count = 0;
    it->is_alert = false;
    it->reason = OK;
    it->state = e->gone.state;
    if (e->gone.by_plus_one != 0)
        correction_add(&it->correction, ENTRY_ERASE, e->gone.by_plus_one - 1);
    shelf_lane(s, e->author)->rec = *e->gone.feed;
    if (!e->gone.is_receipt_due)
        return;
    s->due = shelf_grow(s->due, s->due_count, sizeof *s->due);
    memcpy(s->due[s->due_count].author, e->author, 32);
    s->due[s->due_count++].index = e->gone.index;
}

static void apply_charge(struct shelf *s, const struct effect *e)
{
    s->charged = shelf_grow(s->charged, s->charged_count, sizeof *s->charged);
    struct charged *c = &s->charged[s->charged_count++];
    memset(c, 0, sizeof *c);
    memcpy(c->member, e->author, 32);
    c->day = e->request.day;
    c->used = e->request.used;
    c->points = e->request.points;
    c->is_request = e->type == EFFECT_PERSIST_REQUEST;
    memcpy(c->request, e->request.request, 16);
    memcpy(c->hash, e->request.points_hash, 32);
    memcpy(c->purpose, e->request.purpose, 32);
}

static void apply_surge(struct shelf *s, const struct effect *e)
{
    s->surged = shelf_grow(s->surged, s->surged_count, sizeof *s->surged);
    struct surged *g = &s->surged[s->surged_count++];
    memset(g, 0, sizeof *g);
    memcpy(g->member, e->author, 32);
    g->index = e->surge.index;
    g->day = e->surge.day;
    g->elements = e->surge.elements;
}

static void apply_factored(struct shelf *s, const struct effect *e)
{
    s->charged = shelf_grow(s->charged, s->charged_count, sizeof *s->charged);
    struct charged *c = &s->charged[s->charged_count++];
    memset(c, 0, sizeof *c);
    memcpy(c->member, e->author, 32);
    c->factor_epoch = e->factored.epoch;
    c->used = e->factored.used;
    c->points = e->factored.points;
    c->is_request = true;
    memcpy(c->request, e->factored.request, 16);
    memcpy(c->hash, e->factored.points_hash, 32);
}

static void apply_correction(struct shelf *s, const struct effect *e)
{
    struct lane *l = shelf_lane(s, e->author);
    assert(l != NULL && e->correction.target < l->count);
    struct item *it = &l->items[e->correction.target]; /* or what is known of a missing one */
    correction_add(&it->correction, e->correction.what, e->correction.by);
}

static bool has_receipt(const struct shelf *s, const uint8_t author[32], uint64_t index)
{
    for (size_t i = 0; i < s->receipt_count; i++)
        if (s->receipts[i].index == index && memcmp(s->receipts[i].author, author, 32) == 0)
            return true;
    return false;
}

static void apply_receipts(struct shelf *s, const struct effect *e)
{
    for (size_t i = 0; i < e->receipt.count; i++) {
        if (has_receipt(s, e->author, e->receipt.indexes[i]))
            continue; /* the same one may come again, and counts once */
        s->receipts = shelf_grow(s->receipts, s->receipt_count, sizeof *s->receipts);
        memcpy(s->receipts[s->receipt_count].author, e->author, 32);
        s->receipts[s->receipt_count++].index = e->receipt.indexes[i];
    }
}

static void apply_receipts_sent(struct shelf *s, const struct effect *e)
{
    for (size_t i = 0; i < e->receipts_sent.count; i++) {
        for (size_t k = 0; k < s->due_count; k++) {
            if (s->due[k].index == e->receipts_sent.indexes[i] &&
                memcmp(s->due[k].author, e->receipts_sent.authors[i], 32) == 0)
                s->due[k--] = s->due[--s->due_count];
        }
    }
}

static void apply_roster(struct shelf *s, const struct effect *e)
{
    assert(s->paper_count < SHELF_PAPERS_MAX);
    struct paper *p = &s->papers[s->paper_count++];
    p->version = e->roster.version;
    memcpy(p->hash, e->roster.hash, 32);
    p->len = e->roster.signed_roster.len;
    p->data = shelf_duplicate(e->roster.signed_roster.data, p->len);
    p->is_rival = e->type == EFFECT_PERSIST_RIVAL;
}

static void apply_cut_back(struct shelf *s, const struct effect *e)
{
    struct lane *l = lane_for(s, e->author);
    uint64_t size = e->cut_back.feed->tree.size;
    while (l->count > size)
        free(l->items[--l->count].body);
    for (size_t i = 0; i < l->count; i++) {
        struct correction *c = &l->items[i].correction;
        if (c->retracted_plus_one > size)
            c->retracted_plus_one = 0;
        if (c->erased_plus_one > size)
            c->erased_plus_one = 0;
    }
    size_t kept = 0;
    for (size_t i = 0; i < l->tile_count; i++)
        if ((l->tiles[i].position + 1) << (8 * (l->tiles[i].tile + 1)) <= size)
            l->tiles[kept++] = l->tiles[i];
    l->tile_count = kept;
    for (size_t i = s->due_count; i-- > 0;)
        if (s->due[i].index >= size && memcmp(s->due[i].author, e->author, 32) == 0)
            s->due[i] = s->due[--s->due_count];
    pouch_cut_back(&s->pouch, e->author, size);
    l->rec = *e->cut_back.feed;
}

static void apply_witness(struct shelf *s, const struct effect *e)
{
    s->witnessed = shelf_grow(s->witnessed, s->witnessed_count, sizeof *s->witnessed);
    struct witnessed *k = &s->witnessed[s->witnessed_count++];
    memset(k, 0, sizeof *k);
    k->checkpoint = e->witness.checkpoint;
    memcpy(k->raw, e->witness.signed_checkpoint, sizeof k->raw);
}

static void apply_seen(struct shelf *s, const struct effect *e)
{
    s->seen = shelf_grow(s->seen, s->seen_count, sizeof *s->seen);
    struct seen *k = &s->seen[s->seen_count++];
    memset(k, 0, sizeof *k);
    memcpy(k->author, e->author, 32);
    k->is_own = e->type == EFFECT_PERSIST_SEEN;
    memcpy(k->hash, e->seen.hash, 32);
    k->rows = shelf_duplicate(e->seen.rows.data, e->seen.rows.len);
    k->len = e->seen.rows.len;
}

static void apply_fork(struct shelf *s, const struct effect *e)
{
    struct fork_note *n = shelf_fork_note(s, e->author, e->fork.feed_epoch);
    assert(n != NULL || s->fork_count < 64);
    assert(e->fork.proof.len <= FORK_BYTES_MAX);
    if (n == NULL)
        n = &s->forks[s->fork_count++];
    memset(n, 0, sizeof *n);
    memcpy(n->author, e->author, 32);
    n->feed_epoch = e->fork.feed_epoch;
    n->len = e->fork.proof.len;
    memcpy(n->proof, e->fork.proof.data, n->len);
}

void shelf_apply(struct shelf *s, const struct effect *e)
{
    if (pouch_apply(&s->pouch, e))
        return;
    switch ((int)e->type) {
    case EFFECT_PERSIST_ENTRIES:
        apply_entries(s, e);
        break;
    case EFFECT_PERSIST_FEED:
        lane_for(s, e->author)->rec = *e->entries.feed;
        break;
    case EFFECT_PERSIST_BODY:
        put_body(shelf_item(s, e->author, e->body.entry.index), &e->body.entry);
        shelf_lane(s, e->author)->rec = *e->body.feed;
        break;
    case EFFECT_PERSIST_GONE:
        apply_gone(s, e);
        break;
    case EFFECT_PERSIST_LOST:
        apply_lost(s, e);
        break;
    case EFFECT_PERSIST_CORRECTION:
        apply_correction(s, e);
        break;
    case EFFECT_PERSIST_FACTORED:
        apply_factored(s, e);
        break;
    case EFFECT_PERSIST_REQUEST:
    case EFFECT_PERSIST_BUDGET:
        apply_charge(s, e);
        break;
    case EFFECT_PERSIST_SURGE:
        apply_surge(s, e);
        break;
    case EFFECT_PERSIST_RECEIPT:
        apply_receipts(s, e);
        break;
    case EFFECT_PERSIST_RECEIPTS_SENT:
        apply_receipts_sent(s, e);
        break;
    case EFFECT_PERSIST_CUT_BACK:
        apply_cut_back(s, e);
        break;
    case EFFECT_PERSIST_RIVAL:
    case EFFECT_PERSIST_ROSTER:
        apply_roster(s, e);
        break;
    case EFFECT_PERSIST_SEEN:
    case EFFECT_PERSIST_PEER_SEEN:
        apply_seen(s, e);
        break;
    case EFFECT_PERSIST_WITNESS:
        apply_witness(s, e);
        break;
    case EFFECT_PERSIST_MARK:
        s->marks[e->mark.mark] = e->mark.value;
        break;
    case EFFECT_PERSIST_FORK:
        apply_fork(s, e);
        break;
    default:
        break;
    }
}
