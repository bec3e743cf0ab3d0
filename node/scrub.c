#include "node/scrub.h"

#include <assert.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node/desk_job.h"
#include "node/keycheck.h"
#include "node/list_json.h"
#include "node/log.h"
#include "node/ringname.h"
#include "node/store_find.h"
#include "node/store_pages.h"
#include "node/store_read.h"
#include "node/store_replay.h"
#include "node/store_write.h"

enum {
    PAGES_A_PIECE = 32,
    CHUNK = 256, /* entries under one stored subtree root */
    ROWS_A_PIECE = 256,
    PIECES_A_TURN = 8,
    SETTLE_MS = 1000,
    PROGRESS_MS = 500,
};

enum phase { PHASE_REST, PHASE_PAGES, PHASE_FEEDS, PHASE_ROWS, PHASE_FILES };

/* What one pass went over, and what was wrong. */
struct pass {
    uint64_t pages, entries, bodies, rows, files;
    uint64_t mended, fetching, lost;
};

struct scrub {
    struct node *node;
    enum phase phase;
    uint64_t client; /* 0: nobody waits */
    uint64_t next_ms, settled_ms, told_ms;
    uint64_t pieces; /* that the pass will take, about */
    int64_t ended_utc;
    struct pass pass, last;
    /* pages */
    uint32_t page;
    /* feeds */
    size_t feed;
    bool has_begun, is_sound;
    struct feed_status status;
    struct checkpoint checkpoint; /* seq 0: none to compare with */
    struct merkle_frontier tree, chunk;
    uint64_t index;
    /* of the chunk in hand */
    bool has_bad_header;
    size_t bad_count;
    uint64_t bad[CHUNK];
    /* rows */
    enum replay_table table;
    struct replay_cursor cursor;
    uint64_t spare, missing[REPLAY_TABLES];
};

struct scrub *scrub_new(struct node *n)
{
    struct scrub *s = calloc(1, sizeof *s);
    if (s != NULL) {
        s->node = n;
        s->ended_utc = (int64_t)store_mark(n->store, MARK_SCRUB_UTC);
    }
    return s;
}

void scrub_free(struct scrub **s)
{
    free(*s);
    *s = NULL;
}

bool scrub_is_busy(const struct scrub *s)
{
    return s->client != 0;
}

/* ---- Findings ---- */

static const char *const damage_names[DAMAGE_COUNT] = {
    [DAMAGE_PAGE] = "pages",    [DAMAGE_LOG] = "log",   [DAMAGE_ENTRIES] = "entries",
    [DAMAGE_BODIES] = "bodies", [DAMAGE_FEED] = "feed", [DAMAGE_TABLE] = "table",
    [DAMAGE_LOOKUP] = "lookup", [DAMAGE_FILE] = "file",
};

static const char *const fate_names[FATE_COUNT] = {
    [FATE_MENDED] = "mended",
    [FATE_FETCHING] = "fetching",
    [FATE_LOST] = "lost",
    [FATE_DOUBTFUL] = "doubtful",
};

static const char *name_in(const char *const *names, unsigned value, unsigned count)
{
    return value < count && names[value] != NULL ? names[value] : "unknown";
}

/* A feed's place is its organisation. */
static json_t *finding_json(const struct node *n, const struct store_finding *f)
{
    uint8_t author[AUTHOR_BYTES];
    const char *place = f->place;
    bool is_feed = f->what == DAMAGE_ENTRIES || f->what == DAMAGE_BODIES || f->what == DAMAGE_FEED;
    if (is_feed &&
        sodium_hex2bin(author, sizeof author, place, strlen(place), NULL, NULL, NULL) == 0)
        place = node_org_id(n, author);
    return json_pack("{s:o,s:s,s:s,s:s,s:I,s:I}", "found", list_time_json(f->utc), "what",
                     name_in(damage_names, f->what, DAMAGE_COUNT), "fate",
                     name_in(fate_names, f->fate, FATE_COUNT), "place", place, "first",
                     (json_int_t)f->first, "count", (json_int_t)f->count);
}

static enum err note(struct scrub *s, enum damage what, enum fate fate, const char *place,
                     uint64_t first, uint64_t count)
{
    struct store_finding f = {
        .utc = node_now_utc(), .what = what, .fate = fate, .first = first, .count = count};
    snprintf(f.place, sizeof f.place, "%s", place);
    s->pass.mended += fate == FATE_MENDED ? count : 0;
    s->pass.fetching += fate == FATE_FETCHING ? count : 0;
    s->pass.lost += fate == FATE_LOST ? count : 0;
    log_line(fate == FATE_MENDED ? LEVEL_WARNING : LEVEL_ERROR, "damage-found",
             log_text("what", name_in(damage_names, what, DAMAGE_COUNT)),
             log_text("fate", name_in(fate_names, fate, FATE_COUNT)), log_text("place", place),
             log_u64("first", first), log_u64("count", count));
    if (s->client != 0)
        desk_line(s->node->desk, s->client, json_pack("{s:o}", "row", finding_json(s->node, &f)));
    return store_finding_add(s->node->store, &f);
}

static enum err note_feed(struct scrub *s, enum damage what, uint64_t first, uint64_t count)
{
    char hex[2 * AUTHOR_BYTES + 1];
    sodium_bin2hex(hex, sizeof hex, s->status.author, AUTHOR_BYTES);
    return note(s, what, FATE_FETCHING, hex, first, count);
}

/* Bits that reads turned back, wherever they were made. */
static enum err note_mended(struct scrub *s)
{
    uint32_t page = 0;
    uint64_t count = store_pages_mended(s->node->store, &page);
    return count == 0 ? OK
                      : note(s, page == 0 ? DAMAGE_LOG : DAMAGE_PAGE, FATE_MENDED, "", page, count);
}

/* ---- Pages ---- */

/* A page that seems damaged may be one that the log has newer. */
static enum err look_again(struct scrub *s, uint32_t page)
{
    struct store *store = s->node->store;
    enum err e = store_commit(store);
    if (e == OK)
        e = store_scrub_wal(store);
    if (e != OK || store_page_look(store, page) != STORE_PAGE_DAMAGED)
        return e;
    log_line(LEVEL_ERROR, "page-damaged", log_u64("page", page),
             log_text("do", "the store is repaired now"));
    store_page_mark(store_path(store));
    return ERR_FORMAT;
}

static enum err work_pages(struct scrub *s)
{
    struct store *store = s->node->store;
    uint32_t count = store_page_count(store);
    enum err e = OK;
    if (s->page == 1) { /* what lies in the log is checked on its way into the file */
        e = store_commit(store);
        if (e == OK)
            e = store_scrub_wal(store);
    }
    for (int i = 0; i < PAGES_A_PIECE && s->page <= count && e == OK; i++, s->page++) {
        s->pass.pages++;
        if (store_page_look(store, s->page) == STORE_PAGE_DAMAGED)
            e = look_again(s, s->page);
    }
    if (s->page > count)
        s->phase = PHASE_FEEDS;
    return e;
}

/* ---- Feeds ---- */

static void begin_feed(struct scrub *s)
{
    uint8_t held[CHECKPOINT_SIGNED_BYTES];
    const struct federation *core = s->node->core;
    federation_feed_status(core, s->feed, &s->status);
    const struct roster *r = federation_roster(core);
    const struct organisation *org = r != NULL ? roster_find(r, s->status.author) : NULL;
    merkle_frontier_init(&s->tree);
    s->checkpoint = (struct checkpoint){0};
    s->index = 0;
    s->has_begun = s->is_sound = true;
    if (org == NULL || !federation_feed_checkpoint(core, s->feed, held) ||
        checkpoint_verify(bytes_of(held, sizeof held), org->feed_key, &s->checkpoint) != OK)
        s->checkpoint.seq = 0;
}

static bool check_row(void *ctx, const struct archive_row *row)
{
    struct scrub *s = ctx;
    uint8_t leaf[HASH_BYTES], tile[2][HASH_BYTES];
    unsigned levels;
    struct header h;
    merkle_leaf(bytes_of(row->header, HEADER_BYTES), leaf);
    merkle_append(&s->chunk, leaf, &levels, tile);
    merkle_append(&s->tree, leaf, &levels, tile);
    s->pass.entries++;
    s->pass.bodies += row->body.len > 0;
    bool is_header = header_decode(row->header, &h) == OK && h.index == row->index;
    s->has_bad_header = s->has_bad_header || !is_header;
    bool is_body =
        state_has_body(row->state) == (row->body.len > 0) &&
        (row->body.len == 0 || !is_header || body_check(s->status.author, &h, row->body) == OK);
    if (!is_body)
        s->bad[s->bad_count++] = row->index;
    return true;
}

/* Tells the core, which deletes what is damaged and fetches it. */
static void lose(struct scrub *s, uint64_t first, uint64_t count, bool is_body)
{
    struct event ev = {.type = EVENT_LOST};
    memcpy(ev.lost.author, s->status.author, AUTHOR_BYTES);
    ev.lost.first = first;
    ev.lost.count = count;
    ev.lost.is_body = is_body;
    node_step(s->node, &ev);
}

/* The headers of a whole chunk are right if they have the root that was stored with them. */
static bool is_root(struct scrub *s, uint64_t first)
{
    struct archive a = store_archive(s->node->store);
    uint8_t stored[HASH_BYTES];
    return s->chunk.size != CHUNK || !a.tile(a.ctx, s->status.author, 0, first / CHUNK, stored) ||
           memcmp(stored, s->chunk.peak[MERKLE_TILE_LEVEL], HASH_BYTES) == 0;
}

static enum err end_chunk(struct scrub *s, uint64_t first)
{
    if (s->has_bad_header || !is_root(s, first)) {
        s->is_sound = false;
        lose(s, first, s->chunk.size, false);
        return note_feed(s, DAMAGE_ENTRIES, first, s->chunk.size);
    }
    enum err e = OK;
    for (size_t i = 0; i < s->bad_count && e == OK; i++) {
        lose(s, s->bad[i], 1, true);
        e = note_feed(s, DAMAGE_BODIES, s->bad[i], 1);
    }
    for (uint64_t i = first; i < first + s->chunk.size && e == OK; i++)
        e = store_replay_entry(s->node->store, s->status.author, i, s->missing);
    return e;
}

/* The headers after the last whole chunk are those that the author signed. */
static enum err end_feed(struct scrub *s)
{
    uint8_t root[HASH_BYTES];
    const struct checkpoint *cp = &s->checkpoint;
    s->feed++;
    s->has_begun = false;
    merkle_root(&s->tree, root);
    if (!s->is_sound || cp->seq == 0 || s->tree.size != cp->size ||
        memcmp(root, cp->root, HASH_BYTES) == 0)
        return OK;
    uint64_t first = cp->size / CHUNK * CHUNK;
    first = first == cp->size && first > 0 ? first - CHUNK : first;
    lose(s, first, cp->size - first, false);
    return note_feed(s, DAMAGE_ENTRIES, first, cp->size - first);
}

static enum err work_feeds(struct scrub *s)
{
    struct archive a = store_archive(s->node->store);
    if (s->feed == federation_feed_count(s->node->core)) {
        s->phase = PHASE_ROWS;
        return OK;
    }
    if (!s->has_begun)
        begin_feed(s);
    uint64_t end = s->checkpoint.seq != 0 ? s->checkpoint.size : s->status.size;
    uint64_t left = s->status.is_witnessed || end < s->index ? 0 : end - s->index;
    size_t count = left < CHUNK ? (size_t)left : CHUNK;
    merkle_frontier_init(&s->chunk);
    s->has_bad_header = false;
    s->bad_count = 0;
    uint64_t first = s->index;
    size_t got = count > 0 ? a.read(a.ctx, s->status.author, first, count, check_row, s) : 0;
    s->index += got;
    enum err e = got > 0 ? end_chunk(s, first) : OK;
    uint64_t hole = 0, past = 0;
    if (e == OK && got < count &&
        store_hole(s->node->store, s->status.author, s->index, &hole, &past)) {
        s->is_sound = false; /* known, and on its way */
        s->index = (past + CHUNK - 1) / CHUNK * CHUNK;
    } else if (e == OK && (got < count || s->index >= end)) {
        e = end_feed(s);
    }
    return e;
}

/* ---- Rows ---- */

static enum err note_rows(struct scrub *s, enum replay_table t)
{
    uint64_t count = s->spare + s->missing[t];
    s->spare = s->missing[t] = 0;
    return count > 0 ? note(s, DAMAGE_LOOKUP, FATE_MENDED, replay_name(t), 0, count) : OK;
}

static enum err work_rows(struct scrub *s)
{
    bool is_over = false;
    enum err e =
        store_replay_rows(s->node->store, s->table, &s->cursor, ROWS_A_PIECE, &s->spare, &is_over);
    s->pass.rows += ROWS_A_PIECE;
    if (e != OK || !is_over)
        return e;
    e = note_rows(s, s->table);
    s->cursor = (struct replay_cursor){0};
    s->table++;
    if (s->table == REPLAY_TABLES)
        s->phase = PHASE_FILES;
    return e;
}

/* ---- Files ---- */

static void on_file(void *ctx, const char *name, enum keycheck what)
{
    struct scrub *s = ctx;
    char place[FINDING_PLACE_BYTES];
    snprintf(place, sizeof place, "keys/%.60s", name);
    (void)!note(s, DAMAGE_FILE, what == KEYCHECK_MENDED ? FATE_MENDED : FATE_LOST, place, 0, 1);
}

static enum err work_files(struct scrub *s)
{
    char dir[CONFIG_PATH_BYTES_MAX + 16];
    snprintf(dir, sizeof dir, "%s/%s", s->node->config.data_dir, RINGNAME_KEYS_FOLDER);
    (void)!keycheck_folder(dir, on_file, s);
    s->phase = PHASE_REST;
    s->ended_utc = node_now_utc();
    s->last = s->pass;
    log_line(LEVEL_INFO, "all-gone-over", log_u64("pages", s->pass.pages),
             log_u64("entries", s->pass.entries), log_u64("mended", s->pass.mended),
             log_u64("fetching", s->pass.fetching), log_u64("lost", s->pass.lost));
    return store_mark_put(s->node->store, MARK_SCRUB_UTC, (uint64_t)s->ended_utc);
}

/* ---- The whole ---- */

static uint64_t pieces_of(struct scrub *s)
{
    uint64_t pieces = store_page_count(s->node->store) / PAGES_A_PIECE + REPLAY_TABLES + 2;
    for (size_t i = 0; i < federation_feed_count(s->node->core); i++) {
        struct feed_status status;
        federation_feed_status(s->node->core, i, &status);
        pieces += 2 * (status.size / CHUNK) + 1;
    }
    return pieces;
}

static void begin_pass(struct scrub *s)
{
    s->phase = PHASE_PAGES;
    s->page = 1;
    s->feed = 0;
    s->has_begun = false;
    s->table = (enum replay_table)0;
    s->cursor = (struct replay_cursor){0};
    s->spare = 0;
    memset(s->missing, 0, sizeof s->missing);
    s->pass = (struct pass){0};
    s->pieces = pieces_of(s);
}

static enum err piece(struct scrub *s)
{
    switch (s->phase) {
    case PHASE_REST:
        begin_pass(s);
        return OK;
    case PHASE_PAGES:
        return work_pages(s);
    case PHASE_FEEDS:
        return work_feeds(s);
    case PHASE_ROWS:
        return work_rows(s);
    case PHASE_FILES:
        return work_files(s);
    }
    return OK;
}

static json_t *pass_json(const struct pass *p)
{
    return json_pack("{s:I,s:I,s:I,s:I,s:I,s:I}", "pages", (json_int_t)p->pages, "entries",
                     (json_int_t)p->entries, "bodies", (json_int_t)p->bodies, "mended",
                     (json_int_t)p->mended, "fetching", (json_int_t)p->fetching, "lost",
                     (json_int_t)p->lost);
}

/* When the next piece is due: a pass takes half of its time, and rests for the other half. */
static uint64_t due_ms(const struct scrub *s)
{
    uint64_t half_ms = (uint64_t)s->node->config.scrub_hours * 1800 * 1000;
    if (s->phase == PHASE_REST)
        return node_now_ms() + half_ms;
    return node_now_ms() + half_ms / (s->pieces + 1);
}

static void tell_client(struct scrub *s)
{
    struct desk *d = s->node->desk;
    if (s->phase == PHASE_REST) {
        json_t *end = pass_json(&s->pass);
        json_object_set_new(end, "ok", json_true());
        desk_end_committed(d, s->client, json_pack("{s:o}", "end", end));
        s->client = 0;
    } else if (node_now_ms() - s->told_ms >= PROGRESS_MS) {
        s->told_ms = node_now_ms();
        desk_line(d, s->client, json_pack("{s:o}", "progress", pass_json(&s->pass)));
    }
}

/* What was being fetched of a feed, and is here. */
static enum err settle(struct scrub *s)
{
    enum err e = OK;
    for (size_t i = 0; i < federation_feed_count(s->node->core) && e == OK; i++) {
        struct feed_status f;
        federation_feed_status(s->node->core, i, &f);
        if (!f.is_mending && f.owed == 0 && f.seq > 0 && f.size >= f.seen_size &&
            store_findings_open(s->node->store, f.author))
            e = store_findings_settle(s->node->store, f.author);
    }
    s->settled_ms = node_now_ms();
    return e;
}

enum err scrub_work(struct scrub *s)
{
    enum err e = note_mended(s);
    if (e == OK && node_now_ms() - s->settled_ms >= SETTLE_MS)
        e = settle(s);
    for (int i = 0; i < PIECES_A_TURN && e == OK; i++) {
        if (s->client == 0 && node_now_ms() < s->next_ms)
            break;
        e = piece(s);
        s->next_ms = due_ms(s);
        if (e == OK && s->client != 0)
            tell_client(s);
    }
    return e;
}

/* ---- What people ask ---- */

void scrub_request(struct scrub *s, uint64_t client, const json_t *request)
{
    struct desk *d = s->node->desk;
    if (json_is_true(json_object_get(request, "forget"))) {
        if (store_findings_forget(s->node->store) == OK)
            desk_end_committed(d, client, json_pack("{s:{s:b}}", "end", "ok", 1));
        else
            desk_refuse(d, client, "io");
        return;
    }
    if (s->client != 0) {
        desk_refuse(d, client, "full");
        return;
    }
    s->client = client;
    begin_pass(s);
}

struct listing {
    const struct node *node;
    json_t *findings;
    json_int_t counts[FATE_COUNT];
};

static bool list_finding(void *ctx, const struct store_finding *f)
{
    struct listing *l = ctx;
    json_array_append_new(l->findings, finding_json(l->node, f));
    l->counts[f->fate < FATE_COUNT ? f->fate : 0]++;
    return true;
}

json_t *scrub_json(struct scrub *s)
{
    struct listing l = {.node = s->node, .findings = json_array()};
    (void)!store_findings(s->node->store, list_finding, &l);
    return json_pack("{s:b,s:o,s:o,s:I,s:I,s:I,s:I,s:o}", "running", s->phase != PHASE_REST,
                     "ended", list_time_json(s->ended_utc), "last", pass_json(&s->last), "mended",
                     l.counts[FATE_MENDED], "fetching", l.counts[FATE_FETCHING], "lost",
                     l.counts[FATE_LOST], "doubtful", l.counts[FATE_DOUBTFUL], "findings",
                     l.findings);
}
