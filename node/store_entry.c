#include "node/store_internal.h"
#include "node/text.h"
#include "protocol/entry.h"
#include "protocol/tag.h"

#include <assert.h>
#include <string.h>

/* Stable, by key as a signed number, a byte at a time; bytes in which all keys agree (most, for
 * days) cost one pass over the keys. Rows come in the order of their ids, and keep it within a key.
 * Returns where the result is: p, or room. */
static struct pair *sort_pairs(struct pair *p, struct pair *room, size_t count)
{
    for (unsigned shift = 0; shift < 64; shift += 8) {
        uint64_t flip = shift == 56 ? 0x80 : 0; /* negative keys first */
        size_t start[257] = {0};
        for (size_t i = 0; i < count; i++)
            start[((((uint64_t)p[i].key >> shift) & 0xFF) ^ flip) + 1]++;
        bool is_uniform = false;
        for (size_t b = 1; b <= 256; b++) {
            is_uniform = is_uniform || start[b] == count;
            start[b] += start[b - 1];
        }
        if (is_uniform)
            continue;
        for (size_t i = 0; i < count; i++)
            room[start[(((uint64_t)p[i].key >> shift) & 0xFF) ^ flip]++] = p[i];
        struct pair *sorted = room;
        room = p;
        p = sorted;
    }
    return p;
}

/* Inserts s->pairs, sorted, since rows that are neighbours in the table share its pages; many rows
 * a statement. */
static enum err insert_pairs(struct store *s, size_t count, enum stmt rows, enum stmt one)
{
    struct pair *p = sort_pairs(s->pairs, s->pairs + PAIRS_MAX, count);
    size_t done = 0;
    enum err e = OK;
    while (done < count && e == OK) {
        size_t n = count - done >= ROWS_A_STATEMENT ? ROWS_A_STATEMENT : 1;
        sqlite3_stmt *q = store_statement(s, n > 1 ? rows : one);
        for (size_t i = 0; i < n; i++) {
            store_bind_int(q, (int)(2 * i + 1), p[done + i].key);
            store_bind_int(q, (int)(2 * i + 2), p[done + i].id);
        }
        e = store_run(s, q);
        done += n;
    }
    return e;
}

_Static_assert(STATE_OPAQUE == 3 && STATE_NEWER == 8 && INDEX_BITS == 40, "as store_sql.c has it");

static bool is_opaque(enum entry_state state)
{
    return state == STATE_OPAQUE || state == STATE_NEWER;
}

static enum err add_alerts(struct store *s, uint32_t number, const struct effect_entry *entries,
                           size_t count)
{
    enum err e = OK;
    for (size_t i = 0; i < count && e == OK; i++)
        if (entries[i].is_alert)
            e = store_run_one(s, SQL_ALERT_NEW, store_entry_id(number, entries[i].index));
    return e;
}

static enum err add_ceremonies(struct store *s, uint32_t number, const struct effect_entry *entries,
                               size_t count)
{
    enum err e = OK;
    for (size_t i = 0; i < count && e == OK; i++)
        if (entries[i].state == STATE_HELD && entries[i].type == ENTRY_CEREMONY)
            e = store_run_one(s, SQL_CEREMONY_ENTRY_NEW, store_entry_id(number, entries[i].index));
    return e;
}

/* GONE finds an entry's tags in its body, so they must be those that came with it. */
static void check_tags(const struct effect_entry *e)
{
    const uint8_t *tags = NULL;
    size_t count = store_body_tags(e->body, &tags);
    assert(e->state == STATE_HELD && count == e->tag_count);
    assert(memcmp(tags, e->tags, count * TAG_BYTES) == 0);
    (void)count;
}

static enum err add_tags(struct store *s, uint32_t number, const struct effect_entry *entries,
                         size_t count)
{
    size_t n = 0;
    for (size_t i = 0; i < count; i++) {
        const struct effect_entry *e = &entries[i];
        if (e->tag_count == 0)
            continue;
        check_tags(e);
        for (size_t t = 0; t < e->tag_count; t++) {
            uint64_t prefix = tag_prefix(e->tags + t * TAG_BYTES);
            store_filter_add(&s->filter, prefix);
            s->pairs[n].key = (int64_t)prefix;
            s->pairs[n++].id = store_entry_id(number, e->index);
        }
    }
    enum err e = insert_pairs(s, n, SQL_TAG_NEW_ROWS, SQL_TAG_NEW);
    if (e == OK && store_filter_is_over_full(&s->filter))
        e = store_filter_load(s);
    return e;
}

static enum err add_expiring(struct store *s, uint32_t number, const struct effect_entry *entries,
                             size_t count)
{
    size_t n = 0;
    for (size_t i = 0; i < count; i++) {
        if (entries[i].expires_day != 0 && state_has_body(entries[i].state)) {
            s->pairs[n].key = entries[i].expires_day;
            s->pairs[n++].id = store_entry_id(number, entries[i].index);
        }
    }
    return insert_pairs(s, n, SQL_EXPIRING_NEW_ROWS, SQL_EXPIRING_NEW);
}

static void bind_entry(sqlite3_stmt *q, int first, uint32_t number, const struct effect_entry *e)
{
    assert(state_has_body(e->state) == (e->body.len > 0));
    store_bind_int(q, first, store_entry_id(number, e->index));
    store_bind_int(q, first + 1, e->state);
    store_bind_int(q, first + 2, e->type);
    store_bind_int(q, first + 3, e->reason);
    store_bind_bytes(q, first + 4, e->header, HEADER_BYTES);
    store_bind_bytes(q, first + 5, e->body.data, e->body.len);
}

static enum err add_entries(struct store *s, uint32_t number, const struct effect_entry *entries,
                            size_t count)
{
    enum { COLUMNS = 6 };
    size_t done = 0;
    enum err e = OK;
    while (done < count && e == OK) {
        size_t n = count - done >= ROWS_A_STATEMENT ? ROWS_A_STATEMENT : 1;
        sqlite3_stmt *q = store_statement(s, n > 1 ? SQL_ENTRY_NEW_ROWS : SQL_ENTRY_NEW);
        for (size_t i = 0; i < n; i++)
            bind_entry(q, (int)i * COLUMNS + 1, number, &entries[done + i]);
        e = store_run(s, q);
        done += n;
    }
    return e;
}

enum err store_add_tiles(struct store *s, uint32_t number, const struct effect_tile *tiles,
                         size_t count)
{
    enum err e = store_begin(s);
    for (size_t i = 0; i < count && e == OK; i++) {
        sqlite3_stmt *q = store_statement(s, SQL_TILE_NEW);
        store_bind_int(q, 1, number);
        store_bind_int(q, 2, tiles[i].tile);
        store_bind_int(q, 3, (int64_t)tiles[i].position);
        store_bind_bytes(q, 4, tiles[i].root, HASH_BYTES);
        e = store_run(s, q);
    }
    return e;
}

enum err store_add_entries(struct store *s, uint32_t number, const struct effect_entry *entries,
                           size_t count)
{
    assert(count <= BATCH_ENTRIES_MAX);
    enum err e = store_begin(s);
    if (e == OK)
        e = add_entries(s, number, entries, count);
    if (e == OK)
        e = add_tags(s, number, entries, count);
    if (e == OK)
        e = add_expiring(s, number, entries, count);
    if (e == OK)
        e = add_alerts(s, number, entries, count);
    if (e == OK)
        e = add_ceremonies(s, number, entries, count);
    if (e == OK)
        e = store_add_retags(s, number, entries, count);
    for (size_t i = 0; i < count && e == OK; i++) {
        if (entries[i].state == STATE_OWED)
            e = store_run_one(s, SQL_OWED_NEW, store_entry_id(number, entries[i].index));
        if (is_opaque(entries[i].state))
            e = store_run_one(s, SQL_OPAQUE_NEW, store_entry_id(number, entries[i].index));
    }
    return e;
}

enum err store_apply_entries(struct store *s, const struct effect *f)
{
    const struct effect_entry *entries = f->entries.entries;
    size_t count = f->entries.count;
    uint32_t number = 0;
    enum err e = store_feed_write(s, f->entries.feed, &number);
    if (e == OK)
        e = store_add_entries(s, number, entries, count);
    if (e == OK)
        e = store_add_tiles(s, number, f->entries.tiles, f->entries.tile_count);
    if (e == OK && f->entries.is_mended && count > 0)
        e = store_hole_fill(s, store_entry_id(number, entries[0].index),
                            store_entry_id(number, entries[0].index + count));
    return e;
}

enum err store_apply_lost(struct store *s, const struct effect *f)
{
    uint32_t number = 0;
    enum err e = store_feed_write(s, f->lost.feed, &number);
    return e == OK ? store_lose(s, store_entry_id(number, f->lost.first),
                                store_entry_id(number, f->lost.first + f->lost.count))
                   : e;
}

/* The feed of an effect about one entry, with its record written if there is one. */
static enum err feed_of(struct store *s, const struct effect *f, const struct feed_record *record,
                        uint32_t *number)
{
    if (record == NULL)
        return store_feed_learn(s, f->author, number);
    return store_feed_write(s, record, number);
}

/* What the core asks contradicts what it could read here. */
static enum err contradicted(struct store *s)
{
    if (!s->has_failed)
        problem_set(&s->problem, _("The store does not hold an entry that it said it holds. "
                                   "Start again; if this repeats, restore a backup."));
    s->has_failed = true;
    return ERR_IO;
}

enum err store_apply_body(struct store *s, const struct effect *f)
{
    const struct effect_entry *entry = &f->body.entry;
    assert(state_has_body(entry->state) && entry->body.len > 0);
    uint32_t number = 0;
    enum err e = feed_of(s, f, f->body.feed, &number);
    if (e != OK)
        return e;
    int64_t id = store_entry_id(number, entry->index);
    sqlite3_stmt *q = store_statement(s, SQL_ENTRY_BODY);
    store_bind_int(q, 1, id);
    store_bind_int(q, 2, entry->state);
    store_bind_int(q, 3, entry->type);
    store_bind_int(q, 4, entry->reason);
    store_bind_bytes(q, 5, entry->body.data, entry->body.len);
    e = store_run(s, q);
    if (e == OK && sqlite3_changes(s->db) != 1)
        e = contradicted(s);
    if (e == OK)
        e = store_run_one(s, SQL_OWED_DROP, id);
    if (e == OK)
        e = store_run_one(s, is_opaque(entry->state) ? SQL_OPAQUE_NEW : SQL_OPAQUE_DROP, id);
    if (e == OK)
        e = add_tags(s, number, entry, 1);
    if (e == OK)
        e = add_expiring(s, number, entry, 1);
    if (e == OK)
        e = add_alerts(s, number, entry, 1);
    if (e == OK)
        e = add_ceremonies(s, number, entry, 1);
    if (e == OK)
        e = store_add_retags(s, number, entry, 1);
    return e;
}

/* Takes an entry with a body here out of the tables that find it. */
static enum err unlink_entry(struct store *s, int64_t id, const struct pair *tags, size_t count,
                             uint32_t expires_day)
{
    enum err e = OK;
    for (size_t i = 0; i < count && e == OK; i++)
        e = store_run_two(s, SQL_TAG_DROP, tags[i].key, id);
    if (e == OK && expires_day != 0)
        e = store_run_two(s, SQL_EXPIRING_DROP, expires_day, id);
    if (e == OK)
        e = store_run_one(s, SQL_ALERT_DROP, id);
    if (e == OK)
        e = store_run_one(s, SQL_CEREMONY_ENTRY_DROP, id);
    if (e == OK)
        e = store_run_one(s, SQL_RETAG_DROP, id);
    return e;
}

static enum err erase_entry(struct store *s, int64_t id, enum entry_state state)
{
    sqlite3_stmt *q = store_statement(s, SQL_ENTRY_ONE);
    store_bind_int(q, 1, id);
    if (!store_next(s, q))
        return s->has_failed ? ERR_IO : contradicted(s);
    struct header h = {0};
    struct bytes header = store_column_bytes(q, 1), body = store_column_bytes(q, 2);
    const uint8_t *tags = NULL;
    size_t count = 0;
    if (sqlite3_column_int(q, 0) == STATE_HELD)
        count = store_body_tags(body, &tags);
    for (size_t i = 0; i < count; i++)
        s->pairs[i].key = (int64_t)tag_prefix(tags + i * TAG_BYTES);
    bool is_here = body.len > 0;
    bool is_sound = header.len == HEADER_BYTES && header_decode(header.data, &h) == OK;
    sqlite3_reset(q);
    if (!is_sound)
        return contradicted(s);
    enum err e = OK;
    if (is_here) {
        s->has_erased = true;
        e = unlink_entry(s, id, s->pairs, count, h.expires_day);
    }
    if (e == OK)
        e = store_run_one(s, SQL_OWED_DROP, id);
    if (e == OK)
        e = store_run_one(s, SQL_OPAQUE_DROP, id);
    return e == OK ? store_run_two(s, SQL_ENTRY_GONE, id, state) : e;
}

/* What the entry held is damaged, so it does not say which rows find it. */
static enum err owe_entry(struct store *s, int64_t id)
{
    static const enum stmt by_entry[] = {SQL_CUT_TAGS, SQL_CUT_EXPIRING, SQL_CUT_RETAGS};
    enum err e = store_run_one(s, SQL_OWED_NEW, id);
    for (size_t i = 0; i < sizeof by_entry / sizeof by_entry[0] && e == OK; i++)
        e = store_run_two(s, by_entry[i], id, id + 1);
    return e;
}

enum err store_apply_gone(struct store *s, const struct effect *f)
{
    assert(!state_has_body(f->gone.state) && f->gone.state != STATE_NONE);
    uint32_t number = 0;
    enum err e = feed_of(s, f, f->gone.feed, &number);
    if (e != OK)
        return e;
    int64_t id = store_entry_id(number, f->gone.index);
    e = erase_entry(s, id, f->gone.state);
    if (e == OK && f->gone.state == STATE_OWED)
        e = owe_entry(s, id);
    if (e == OK && f->gone.by_plus_one != 0)
        e = store_correction_add(s, number, f->gone.index, ENTRY_ERASE, f->gone.by_plus_one - 1);
    if (e == OK && f->gone.is_receipt_due)
        e = store_run_one(s, SQL_DUE_NEW, id);
    return e;
}

enum err store_apply_cut_back(struct store *s, const struct effect *f)
{
    static const enum stmt by_entry[] = {
        SQL_CUT_TAGS,        SQL_CUT_EXPIRING, SQL_CUT_OWED,
        SQL_CUT_OPAQUE,      SQL_CUT_DUE,      SQL_CUT_ALERTS,
        SQL_CUT_CORRECTIONS, SQL_CUT_PARCELS,  SQL_CUT_CEREMONY_ENTRIES,
        SQL_CUT_RETAGS,      SQL_CUT_ENTRIES};
    uint64_t size = f->cut_back.feed->tree.size;
    uint32_t number = 0;
    enum err e = store_feed_write(s, f->cut_back.feed, &number);
    for (size_t i = 0; i < sizeof by_entry / sizeof by_entry[0] && e == OK; i++)
        e = store_run_two(s, by_entry[i], store_entry_id(number, size),
                          store_entry_id(number + 1, 0));
    s->has_erased = true;
    if (e == OK)
        e = store_hole_fill(s, store_entry_id(number, size), store_entry_id(number + 1, 0));
    if (e == OK)
        e = store_run_two(s, SQL_CUT_TAKEN_BACK, number, (int64_t)size);
    return e == OK ? store_run_two(s, SQL_CUT_TILES, number, (int64_t)size) : e;
}
