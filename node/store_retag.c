#include "node/store_retag.h"

#include "node/store_internal.h"
#include "node/store_read.h"
#include "protocol/entry.h"

enum err store_add_retags(struct store *s, uint32_t number, const struct effect_entry *entries,
                          size_t count)
{
    enum err e = OK;
    for (size_t i = 0; i < count && e == OK; i++) {
        struct body b;
        struct retag r;
        if (entries[i].state == STATE_HELD && entries[i].type == ENTRY_RETAG &&
            body_decode(entries[i].body, &b) == OK && retag_of(&b, &r))
            e = store_run_two(s, SQL_RETAG_NEW, store_entry_id(number, entries[i].index),
                              store_entry_id(number, b.ref_plus_one - 1));
    }
    return e;
}

/* Calls row with each held retag of a target behind the entry after. */
static void each_retag(struct store *s, int64_t target, int64_t after,
                       bool (*row)(void *ctx, uint64_t index, const struct retag *r), void *ctx)
{
    sqlite3_stmt *q = store_statement(s, SQL_RETAG_LIST);
    store_bind_int(q, 1, target);
    store_bind_int(q, 2, after);
    bool goes_on = true;
    while (goes_on && store_next(s, q)) {
        struct body b;
        struct retag r;
        if (sqlite3_column_int(q, 1) == STATE_HELD &&
            body_decode(store_column_bytes(q, 2), &b) == OK && retag_of(&b, &r))
            goes_on = row(ctx, store_entry_index(sqlite3_column_int64(q, 0)), &r);
    }
    sqlite3_reset(q);
}

enum err store_retags(struct store *s, const uint8_t author[AUTHOR_BYTES], uint64_t target,
                      bool (*row)(void *ctx, uint64_t index, const struct retag *r), void *ctx)
{
    uint32_t number = store_feed_number(s, author);
    if (number != 0 && target >> INDEX_BITS == 0)
        each_retag(s, store_entry_id(number, target), 0, row, ctx);
    return s->has_failed ? ERR_IO : OK;
}

struct later {
    uint32_t epoch;
    bool is_there;
};

static bool look_later(void *ctx, uint64_t index, const struct retag *r)
{
    struct later *l = ctx;
    (void)index;
    l->is_there = l->is_there || r->epoch == l->epoch;
    return !l->is_there;
}

/* Whether the entry named is a registration in force; what it began with goes to *original. */
static bool target_counts(struct store *s, const uint8_t *author, int64_t target,
                          uint64_t *original)
{
    sqlite3_stmt *q = store_statement(s, SQL_ENTRY_ONE);
    store_bind_int(q, 1, target);
    if (!store_next(s, q))
        return false;
    struct body b;
    const uint8_t *tags;
    uint64_t index = store_entry_index(target);
    bool counts = sqlite3_column_int(q, 0) == STATE_HELD &&
                  body_decode(store_column_bytes(q, 2), &b) == OK && b.type != ENTRY_RETAG &&
                  entry_tags(&b, &tags) > 0 && store_force(s, author, index, &b) == FORCE_YES;
    if (counts)
        *original = correction_lineage(index, &b).original;
    sqlite3_reset(q);
    return counts;
}

bool store_retag_counts(struct store *s, const uint8_t *author, int64_t id, const struct body *b,
                        struct tag_hit *hit)
{
    struct retag r;
    if (!retag_of(b, &r) || b->ref_plus_one > store_entry_index(id))
        return false;
    uint64_t index = b->ref_plus_one - 1;
    int64_t target = id - (int64_t)(store_entry_index(id) - index);
    struct later later = {r.epoch, false};
    if (store_correction(s, author, store_entry_index(id)).retracted_plus_one != 0 ||
        !target_counts(s, author, target, &hit->original))
        return false;
    each_retag(s, target, id, look_later, &later);
    hit->index = index;
    return !later.is_there;
}
