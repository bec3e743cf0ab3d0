/*
 * Goal: an archive that outlives the core it serves, and of which there can be two.
 * Method: everything is held in arrays that grow, one lane for each feed. A copy shares nothing
 * with what it was made from. A fresh core is given back what a node loads at its start, member
 * lists first, since they say whose feeds count.
 */
#include "tests/sim/shelf_internal.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

void *shelf_grow(void *p, size_t count, size_t size)
{
    if (count > 0 && (count & (count - 1)) != 0)
        return p;
    void *q = realloc(p, (count > 0 ? 2 * count : 1) * size);
    assert(q != NULL);
    return q;
}

void *shelf_duplicate(const void *p, size_t len)
{
    if (len == 0)
        return NULL;
    void *q = malloc(2 * len); /* as grow needs it */
    assert(q != NULL);
    memcpy(q, p, len);
    return q;
}

struct shelf *shelf_new(void)
{
    struct shelf *s = calloc(1, sizeof *s);
    assert(s != NULL);
    return s;
}

static void clear(struct shelf *s)
{
    for (size_t i = 0; i < s->lane_count; i++) {
        struct lane *l = &s->lanes[i];
        for (size_t k = 0; k < l->count; k++)
            free(l->items[k].body);
        free(l->items);
        free(l->tiles);
    }
    for (size_t i = 0; i < s->paper_count; i++)
        free(s->papers[i].data);
    for (size_t i = 0; i < s->seen_count; i++)
        free(s->seen[i].rows);
    free(s->seen);
    free(s->witnessed);
    pouch_clear(&s->pouch);
    free(s->charged);
    free(s->surged);
    free(s->due);
    free(s->receipts);
}

void shelf_free(struct shelf **s)
{
    if (*s == NULL)
        return;
    clear(*s);
    free(*s);
    *s = NULL;
}

/* Gives a copy, made by assignment, storage of its own. */
static void part(struct shelf *c)
{
    for (size_t i = 0; i < c->lane_count; i++) {
        struct lane *l = &c->lanes[i];
        l->items = shelf_duplicate(l->items, l->count * sizeof *l->items);
        l->tiles = shelf_duplicate(l->tiles, l->tile_count * sizeof *l->tiles);
        for (size_t k = 0; k < l->count; k++)
            l->items[k].body = shelf_duplicate(l->items[k].body, l->items[k].body_len);
    }
    for (size_t i = 0; i < c->paper_count; i++)
        c->papers[i].data = shelf_duplicate(c->papers[i].data, c->papers[i].len);
    c->witnessed = shelf_duplicate(c->witnessed, c->witnessed_count * sizeof *c->witnessed);
    c->seen = shelf_duplicate(c->seen, c->seen_count * sizeof *c->seen);
    for (size_t i = 0; i < c->seen_count; i++)
        c->seen[i].rows = shelf_duplicate(c->seen[i].rows, c->seen[i].len);
    pouch_part(&c->pouch);
    c->charged = shelf_duplicate(c->charged, c->charged_count * sizeof *c->charged);
    c->surged = shelf_duplicate(c->surged, c->surged_count * sizeof *c->surged);
    c->due = shelf_duplicate(c->due, c->due_count * sizeof *c->due);
    c->receipts = shelf_duplicate(c->receipts, c->receipt_count * sizeof *c->receipts);
}

struct shelf *shelf_copy(const struct shelf *s)
{
    struct shelf *c = shelf_duplicate(s, sizeof *s);
    part(c);
    return c;
}

void shelf_assign(struct shelf *s, const struct shelf *from)
{
    clear(s);
    *s = *from;
    part(s);
}

struct lane *shelf_lane(const struct shelf *s, const uint8_t author[32])
{
    for (size_t i = 0; i < s->lane_count; i++)
        if (memcmp(s->lanes[i].rec.author, author, 32) == 0)
            return (struct lane *)(uintptr_t)&s->lanes[i];
    return NULL;
}

struct item *shelf_item(const struct shelf *s, const uint8_t author[32], uint64_t index)
{
    struct lane *l = shelf_lane(s, author);
    return l != NULL && index < l->count && !l->items[index].is_lost ? &l->items[index] : NULL;
}

struct fork_note *shelf_fork_note(const struct shelf *s, const uint8_t author[32], uint32_t epoch)
{
    for (size_t i = 0; i < s->fork_count; i++)
        if (s->forks[i].feed_epoch == epoch && memcmp(s->forks[i].author, author, 32) == 0)
            return (struct fork_note *)(uintptr_t)&s->forks[i];
    return NULL;
}

void shelf_restore(struct shelf *s, struct federation *f)
{
    for (size_t i = 0; i < s->paper_count; i++) {
        const struct paper *p = &s->papers[i];
        struct bytes document = bytes_of(p->data, p->len);
        if (p->is_rival) {
            (void)!federation_load_rival(f, document); /* the list of that version may be past */
            continue;
        }
        enum err e = federation_load_roster(f, document, p->hash);
        assert(e == OK);
    }
    for (size_t i = 0; i < s->lane_count; i++) {
        enum err e = federation_load_feed(f, &s->lanes[i].rec);
        assert(e == OK);
    }
    for (size_t i = 0; i < s->witnessed_count; i++) {
        enum err e = federation_load_witness(f, s->witnessed[i].raw);
        assert(e == OK);
    }
    for (size_t i = 0; i < s->charged_count; i++)
        if (s->charged[i].factor_epoch == 0)
            federation_load_budget(f, s->charged[i].member, s->charged[i].day, s->charged[i].used);
    for (int m = 1; m < MARK_COUNT; m++)
        federation_load_mark(f, (enum mark)m, s->marks[m]);
    pouch_restore(&s->pouch, f);
}
