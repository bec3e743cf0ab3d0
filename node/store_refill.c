#include "node/store_refill.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "node/store_find.h"
#include "node/store_rescue.h"
#include "protocol/alert.h"
#include "protocol/entry.h"

enum {
    BATCH = 256,
    ROOM_BYTES = 4 * 1024 * 1024, /* for the bodies of one batch */
    TILES_MAX = 2 * BATCH,
};

/* What is known of one feed of the old store, by its number. */
struct old_feed {
    struct feed_record rec;
    bool has_author, has_record;
};

struct refill {
    sqlite3 *from;
    struct store *into;
    struct old_feed *feeds; /* number n at n - 1 */
    size_t feed_count;
    enum err result;
    /* the feed in hand */
    uint32_t number; /* 0: none yet */
    uint64_t next;   /* index that should come */
    bool has_hole;
    struct feed_record rec;
    struct merkle_frontier chunk, block; /* of 2^8 and 2^16 leaves, from their beginning on */
    uint64_t owed_new, lost_new;         /* bodies that turned out damaged */
    uint64_t first_damaged;
    /* entries that are not written yet */
    struct effect_entry entries[BATCH];
    uint8_t headers[BATCH][HEADER_BYTES];
    struct effect_tile tiles[TILES_MAX];
    size_t count, tile_count, used;
    uint8_t *room;
};

/* ---- Findings ---- */

static void note(struct refill *r, enum damage what, enum fate fate, uint64_t first, uint64_t count)
{
    struct store_finding f = {
        .utc = (int64_t)time(NULL), .what = what, .fate = fate, .first = first, .count = count};
    sodium_bin2hex(f.place, sizeof f.place, r->rec.author, AUTHOR_BYTES);
    if (r->result == OK)
        r->result = store_finding_add(r->into, &f);
}

/* ---- Which feeds there are ---- */

/* Room for the feed of that number; NULL if it cannot be one. */
static struct old_feed *feed_at(struct refill *r, int64_t number)
{
    if (number < 1 || number > ORGANISATIONS_MAX)
        return NULL;
    while (r->feed_count < (size_t)number)
        r->feeds[r->feed_count++] = (struct old_feed){0};
    return &r->feeds[number - 1];
}

static bool take_author(void *ctx, sqlite3_stmt *row)
{
    struct old_feed *f = feed_at(ctx, sqlite3_column_int64(row, 1));
    struct bytes author = store_column_bytes(row, 0);
    if (f == NULL || author.len != AUTHOR_BYTES)
        return true;
    memcpy(f->rec.author, author.data, AUTHOR_BYTES);
    f->has_author = true;
    return true;
}

static bool take_record(void *ctx, sqlite3_stmt *row)
{
    struct old_feed *f = feed_at(ctx, sqlite3_column_int64(row, 0));
    struct feed_record rec;
    if (f == NULL || !store_record_read(row, 1, &rec))
        return true;
    *f = (struct old_feed){rec, true, true};
    return true;
}

/* Authors stand twice: in the records and in the index over them. Numbers never change, so a feed
 * of which nothing can be read gets a place that is nobody's. */
static enum err read_feeds(struct refill *r)
{
    struct rescue authors = {.db = r->from, .table = "feed", .row = take_author, .ctx = r};
    struct rescue records = {.db = r->from, .table = "feed", .row = take_record, .ctx = r};
    rescue_ordered(&authors, "SELECT author, rowid FROM feed INDEXED BY sqlite_autoindex_feed_1",
                   "author", "author DESC");
    rescue_rowids(&records);
    for (size_t i = 0; i < r->feed_count && r->result == OK; i++) {
        struct old_feed *f = &r->feeds[i];
        uint32_t number;
        if (!f->has_author) {
            memset(f->rec.author, 0xFF, AUTHOR_BYTES);
            memcpy(f->rec.author, &i, sizeof i);
        }
        r->result = store_feed_learn(r->into, f->rec.author, &number);
    }
    return r->result;
}

/* ---- Entries ---- */

static void flush(struct refill *r)
{
    if (r->result == OK && r->count > 0)
        r->result = store_add_entries(r->into, r->number, r->entries, r->count);
    if (r->result == OK)
        r->result = store_add_tiles(r->into, r->number, r->tiles, r->tile_count);
    if (r->result == OK)
        r->result = store_commit(r->into);
    r->count = r->tile_count = r->used = 0;
}

static void add_hole(struct refill *r, uint64_t first, uint64_t past)
{
    if (first >= past || r->result != OK)
        return;
    r->has_hole = true;
    if (!r->feeds[r->number - 1].has_record)
        return; /* the feed ends before it */
    r->result =
        store_hole_add(r->into, store_entry_id(r->number, first), store_entry_id(r->number, past));
    note(r, DAMAGE_ENTRIES, FATE_FETCHING, first, past - first);
}

static void end_feed(struct refill *r)
{
    if (r->number == 0)
        return;
    flush(r);
    const struct old_feed *f = &r->feeds[r->number - 1];
    if (f->has_record)
        add_hole(r, r->next, f->rec.tree.size);
    else
        note(r, DAMAGE_FEED, FATE_FETCHING, 0, r->rec.tree.size);
    if (r->owed_new > 0)
        note(r, DAMAGE_BODIES, FATE_FETCHING, r->first_damaged, r->owed_new);
    if (r->lost_new > 0)
        note(r, DAMAGE_BODIES, FATE_LOST, r->first_damaged, r->lost_new);
    uint32_t number;
    if (r->result == OK)
        r->result = store_feed_write(r->into, &r->rec, &number);
    r->number = 0;
}

static void begin_feed(struct refill *r, uint32_t number)
{
    end_feed(r);
    const struct old_feed *f = &r->feeds[number - 1];
    r->number = number;
    r->next = 0;
    r->has_hole = false;
    r->owed_new = r->lost_new = 0;
    r->rec = f->rec;
    r->rec.owed = r->rec.refused = r->rec.opaque = r->rec.newer = 0;
    if (!f->has_record)
        merkle_frontier_init(&r->rec.tree);
    merkle_frontier_init(&r->chunk);
    merkle_frontier_init(&r->block);
}

/* Grows the trees by the entry at r->next, and notes the subtrees that it completes. */
static void grow(struct refill *r, const uint8_t *header)
{
    uint8_t leaf[HASH_BYTES], tile[2][HASH_BYTES];
    unsigned levels;
    merkle_leaf(bytes_of(header, HEADER_BYTES), leaf);
    if (!r->feeds[r->number - 1].has_record)
        merkle_append(&r->rec.tree, leaf, &levels, tile);
    struct merkle_frontier *trees[2] = {&r->chunk, &r->block};
    for (unsigned which = 0; which < 2; which++) {
        unsigned bits = MERKLE_TILE_LEVEL * (which + 1);
        if ((r->next & ((UINT64_C(1) << bits) - 1)) == 0)
            merkle_frontier_init(trees[which]);
        merkle_append(trees[which], leaf, &levels, tile);
        bool is_complete = (r->next + 1) >> bits << bits == r->next + 1 &&
                           trees[which]->size == UINT64_C(1) << bits;
        if (!is_complete || r->tile_count == TILES_MAX)
            continue;
        struct effect_tile *t = &r->tiles[r->tile_count++];
        t->tile = (uint8_t)which;
        t->position = r->next >> bits;
        memcpy(t->root, trees[which]->peak[bits], HASH_BYTES);
    }
}

static void count_state(struct feed_record *rec, enum entry_state state)
{
    rec->owed += state == STATE_OWED;
    rec->refused += state == STATE_REFUSED;
    rec->opaque += state == STATE_OPAQUE || state == STATE_NEWER;
    rec->newer += state == STATE_NEWER;
}

/* What a held entry says beyond itself. */
static void act(struct refill *r, struct effect_entry *e)
{
    struct body b;
    struct alert alert;
    if (e->state != STATE_HELD || body_decode(e->body, &b) != OK)
        return;
    e->tag_count = (uint8_t)entry_tags(&b, &e->tags);
    e->is_alert = entry_is_alert(&b, &alert);
    bool takes_back = (b.type == ENTRY_RETRACT || b.type == ENTRY_ERASE) && b.ref_plus_one > 0;
    if (takes_back && b.ref_plus_one - 1 < e->index && r->result == OK)
        r->result = store_correction_add(r->into, r->number, b.ref_plus_one - 1,
                                         (enum entry_type)b.type, e->index);
    if (b.type == ENTRY_PROFILE && !r->feeds[r->number - 1].has_record)
        r->rec.profile_plus_one = e->index + 1;
}

/* A body that is not the one, or cannot be read: others may have it, unless it is for one alone. */
static enum entry_state damaged_state(struct refill *r, const struct header *h)
{
    bool is_addressed = h->audience == AUDIENCE_ADDRESSED;
    if (r->owed_new + r->lost_new == 0)
        r->first_damaged = h->index;
    r->owed_new += !is_addressed;
    r->lost_new += is_addressed;
    return is_addressed ? STATE_ADDRESSED : STATE_OWED;
}

/* An entry as it stood; body NULL where it could not be read. False if it is none. */
static bool add_entry(struct refill *r, uint64_t index, enum entry_state state, uint8_t type,
                      enum err reason, struct bytes header, const struct bytes *body)
{
    struct header h;
    if (header.len != HEADER_BYTES || header_decode(header.data, &h) != OK || h.index != index ||
        state < STATE_HELD || state > STATE_NEWER)
        return false;
    if (r->count == BATCH || r->used + (body != NULL ? body->len : 0) > ROOM_BYTES)
        flush(r);
    bool is_damaged = state_has_body(state) && (body == NULL || body->len > ROOM_BYTES ||
                                                body_check(r->rec.author, &h, *body) != OK);
    struct effect_entry *e = &r->entries[r->count];
    *e = (struct effect_entry){.index = index, .header = r->headers[r->count]};
    memcpy(r->headers[r->count++], header.data, HEADER_BYTES);
    e->expires_day = h.expires_day;
    e->state = is_damaged ? damaged_state(r, &h) : state;
    if (state_has_body(e->state)) {
        memcpy(r->room + r->used, body->data, body->len);
        e->body = bytes_of(r->room + r->used, body->len);
        r->used += body->len;
        e->type = type;
        e->reason = reason;
        act(r, e);
    }
    count_state(&r->rec, e->state);
    return true;
}

/* Makes r ready for the entry; false if it is not to be taken. */
static bool reach(struct refill *r, int64_t id)
{
    uint64_t number = (uint64_t)id >> INDEX_BITS, index = store_entry_index(id);
    if (number < 1 || number > r->feed_count || !r->feeds[number - 1].has_author)
        return false;
    const struct old_feed *f = &r->feeds[number - 1];
    if (r->number != number)
        begin_feed(r, (uint32_t)number);
    if (f->has_record ? index >= f->rec.tree.size : r->has_hole || index != r->next)
        return false;
    add_hole(r, r->next, index);
    r->next = index;
    return true;
}

static void take(struct refill *r, int64_t id, sqlite3_stmt *row, const struct bytes *body)
{
    if (!reach(r, id))
        return;
    struct bytes header = store_column_bytes(row, 5);
    if (!add_entry(r, r->next, (enum entry_state)sqlite3_column_int(row, 2),
                   (uint8_t)sqlite3_column_int(row, 3), (enum err)sqlite3_column_int(row, 4),
                   header, body))
        return; /* the next one shows a hole */
    grow(r, header.data);
    r->next++;
}

static bool take_entry(void *ctx, sqlite3_stmt *row)
{
    struct refill *r = ctx;
    struct bytes body = store_column_bytes(row, 6);
    take(r, sqlite3_column_int64(row, 0), row, &body);
    return r->result == OK;
}

static void take_broken(void *ctx, int64_t id)
{
    struct refill *r = ctx;
    sqlite3_stmt *q = NULL;
    bool is_row = sqlite3_prepare_v2(r->from,
                                     "SELECT id, id, state, type, reason, header FROM entry"
                                     " WHERE id=?1",
                                     -1, &q, NULL) == SQLITE_OK &&
                  sqlite3_bind_int64(q, 1, id) == SQLITE_OK && sqlite3_step(q) == SQLITE_ROW;
    if (is_row)
        take(r, id, q, NULL);
    sqlite3_finalize(q);
}

/* ---- The rest ---- */

static bool take_tile(void *ctx, sqlite3_stmt *row)
{
    struct refill *r = ctx;
    struct bytes root = store_column_bytes(row, 3);
    struct effect_tile t = {.tile = (uint8_t)sqlite3_column_int(row, 1),
                            .position = (uint64_t)sqlite3_column_int64(row, 2)};
    uint64_t number = (uint64_t)sqlite3_column_int64(row, 0);
    if (root.len != HASH_BYTES || number < 1 || number > r->feed_count)
        return true;
    memcpy(t.root, root.data, HASH_BYTES);
    r->result = store_add_tiles(r->into, (uint32_t)number, &t, 1);
    return r->result == OK;
}

static bool is_missing(struct refill *r, const uint8_t *author, uint64_t index)
{
    uint64_t first, past;
    return store_hole(r->into, author, index, &first, &past) && first == index;
}

/* What an entry that is missing took back. */
static bool take_correction(void *ctx, sqlite3_stmt *row)
{
    static const enum entry_type what[2] = {ENTRY_RETRACT, ENTRY_ERASE};
    struct refill *r = ctx;
    int64_t id = sqlite3_column_int64(row, 0);
    uint64_t number = (uint64_t)id >> INDEX_BITS;
    if (number < 1 || number > r->feed_count || !r->feeds[number - 1].has_record)
        return true;
    for (int i = 0; i < 2 && r->result == OK; i++) {
        uint64_t by = (uint64_t)sqlite3_column_int64(row, 2 + i);
        if (sqlite3_column_type(row, 2 + i) == SQLITE_INTEGER && by >> INDEX_BITS == 0 &&
            is_missing(r, r->feeds[number - 1].rec.author, by))
            r->result =
                store_correction_add(r->into, (uint32_t)number, store_entry_index(id), what[i], by);
    }
    return r->result == OK;
}

/* Feeds of which no entry could be read have records, too. */
static void end_feeds(struct refill *r, const bool *was_met)
{
    for (size_t i = 0; i < r->feed_count; i++) {
        if (was_met[i] || !r->feeds[i].has_record)
            continue;
        begin_feed(r, (uint32_t)i + 1);
        end_feed(r);
    }
}

static enum err refill(struct refill *r)
{
    bool was_met[ORGANISATIONS_MAX] = {false};
    struct rescue tiles = {.db = r->from, .table = "tile", .row = take_tile, .ctx = r};
    struct rescue entries = {
        .db = r->from, .table = "entry", .row = take_entry, .broken = take_broken, .ctx = r};
    struct rescue corrections = {
        .db = r->from, .table = "correction", .row = take_correction, .ctx = r};
    if (read_feeds(r) == OK)
        rescue_ordered(&tiles, "SELECT * FROM tile", "feed, tile, position",
                       "feed DESC, tile DESC, position DESC");
    if (r->result == OK)
        rescue_rowids(&entries);
    end_feed(r);
    for (size_t i = 0; i < r->feed_count && r->result == OK; i++)
        was_met[i] = store_has_entries(r->into, (uint32_t)i + 1);
    end_feeds(r, was_met);
    if (r->result == OK)
        rescue_rowids(&corrections);
    return r->result;
}

enum err store_refill(sqlite3 *from, struct store *into)
{
    struct refill *r = calloc(1, sizeof *r);
    if (r == NULL)
        return ERR_FULL;
    r->from = from;
    r->into = into;
    r->room = malloc(ROOM_BYTES);
    r->feeds = calloc(ORGANISATIONS_MAX, sizeof *r->feeds);
    enum err e = r->room != NULL && r->feeds != NULL ? refill(r) : ERR_FULL;
    free(r->room);
    free(r->feeds);
    free(r);
    return e;
}
