#include "tests/sim/shelf.h"

#include <assert.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/fork.h"
#include "protocol/tag.h"

struct item {
    uint8_t header[HEADER_BYTES];
    uint8_t *body;
    size_t body_len;
    enum entry_state state;
    enum err reason;
    uint32_t expires_day;
    uint8_t tags[SIGNAL_TAGS_MAX * TAG_BYTES];
    size_t tag_count;
    bool is_alert;
    struct correction correction;
};

struct tile {
    uint8_t tile;
    uint64_t position;
    uint8_t root[HASH_BYTES];
};

struct lane {
    struct feed_record rec;
    struct item *items;
    size_t count;
    struct tile *tiles;
    size_t tile_count;
};

struct note {
    uint8_t author[32];
    uint64_t index;
};

struct charged {
    uint8_t member[32];
    uint8_t request[16];
    uint8_t hash[32];
    uint32_t day;
    uint32_t used;
    uint32_t points;
    bool is_request;
};

struct witnessed {
    struct checkpoint checkpoint;
    uint8_t raw[CHECKPOINT_SIGNED_BYTES];
};

struct seen {
    uint8_t author[32]; /* whose; of the node itself where is_own */
    bool is_own;
    uint8_t hash[32];
    uint8_t *rows;
    size_t len;
};

struct paper {
    uint64_t version;
    uint8_t hash[32];
    uint8_t *data;
    size_t len;
    bool is_rival;
};

struct fork_note {
    uint8_t author[32];
    uint32_t feed_epoch;
    size_t len;
    uint8_t proof[FORK_BYTES_MAX];
};

struct shelf {
    struct pouch pouch;
    struct lane lanes[64];
    size_t lane_count;
    struct charged *charged;
    size_t charged_count;
    struct note *due;
    size_t due_count;
    struct note *receipts; /* author: who acknowledged; index: our entry */
    size_t receipt_count;
    struct paper papers[16];
    size_t paper_count;
    uint64_t marks[MARK_COUNT];
    struct witnessed *witnessed;
    size_t witnessed_count;
    struct seen *seen;
    size_t seen_count;
    struct fork_note forks[64];
    size_t fork_count;
};

/* Room for one more; what is held is always room for the next power of two. */
static void *grow(void *p, size_t count, size_t size)
{
    if (count > 0 && (count & (count - 1)) != 0)
        return p;
    void *q = realloc(p, (count > 0 ? 2 * count : 1) * size);
    assert(q != NULL);
    return q;
}

static void *duplicate(const void *p, size_t len)
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

void shelf_free(struct shelf **s)
{
    if (*s == NULL)
        return;
    for (size_t i = 0; i < (*s)->lane_count; i++) {
        struct lane *l = &(*s)->lanes[i];
        for (size_t k = 0; k < l->count; k++)
            free(l->items[k].body);
        free(l->items);
        free(l->tiles);
    }
    for (size_t i = 0; i < (*s)->paper_count; i++)
        free((*s)->papers[i].data);
    for (size_t i = 0; i < (*s)->seen_count; i++)
        free((*s)->seen[i].rows);
    free((*s)->seen);
    free((*s)->witnessed);
    pouch_clear(&(*s)->pouch);
    free((*s)->charged);
    free((*s)->due);
    free((*s)->receipts);
    free(*s);
    *s = NULL;
}

struct shelf *shelf_copy(const struct shelf *s)
{
    struct shelf *c = duplicate(s, sizeof *s);
    for (size_t i = 0; i < c->lane_count; i++) {
        struct lane *l = &c->lanes[i];
        l->items = duplicate(l->items, l->count * sizeof *l->items);
        l->tiles = duplicate(l->tiles, l->tile_count * sizeof *l->tiles);
        for (size_t k = 0; k < l->count; k++)
            l->items[k].body = duplicate(l->items[k].body, l->items[k].body_len);
    }
    for (size_t i = 0; i < c->paper_count; i++)
        c->papers[i].data = duplicate(c->papers[i].data, c->papers[i].len);
    c->witnessed = duplicate(c->witnessed, c->witnessed_count * sizeof *c->witnessed);
    c->seen = duplicate(c->seen, c->seen_count * sizeof *c->seen);
    for (size_t i = 0; i < c->seen_count; i++)
        c->seen[i].rows = duplicate(c->seen[i].rows, c->seen[i].len);
    pouch_part(&c->pouch);
    c->charged = duplicate(c->charged, c->charged_count * sizeof *c->charged);
    c->due = duplicate(c->due, c->due_count * sizeof *c->due);
    c->receipts = duplicate(c->receipts, c->receipt_count * sizeof *c->receipts);
    return c;
}

static struct lane *find(const struct shelf *s, const uint8_t author[32])
{
    for (size_t i = 0; i < s->lane_count; i++)
        if (memcmp(s->lanes[i].rec.author, author, 32) == 0)
            return (struct lane *)(uintptr_t)&s->lanes[i];
    return NULL;
}

static struct item *item_of(const struct shelf *s, const uint8_t author[32], uint64_t index)
{
    struct lane *l = find(s, author);
    return l != NULL && index < l->count ? &l->items[index] : NULL;
}

static size_t on_read(void *ctx, const uint8_t author[32], uint64_t first, size_t count,
                      bool (*row)(void *, const struct archive_row *), void *row_ctx)
{
    size_t given = 0;
    for (; given < count; given++) {
        const struct item *it = item_of(ctx, author, first + given);
        if (it == NULL)
            break;
        struct archive_row r = {.index = first + given,
                                .state = it->state,
                                .header = it->header,
                                .body = bytes_of(it->body, it->body_len)};
        if (!row(row_ctx, &r))
            break;
    }
    return given;
}

static enum entry_state on_state(void *ctx, const uint8_t author[32], uint64_t index)
{
    const struct item *it = item_of(ctx, author, index);
    return it == NULL ? STATE_NONE : it->state;
}

static bool on_tile(void *ctx, const uint8_t author[32], unsigned tile, uint64_t position,
                    uint8_t out[32])
{
    const struct lane *l = find(ctx, author);
    for (size_t i = 0; l != NULL && i < l->tile_count; i++) {
        if (l->tiles[i].tile == tile && l->tiles[i].position == position) {
            memcpy(out, l->tiles[i].root, 32);
            return true;
        }
    }
    return false;
}

static size_t on_owed(void *ctx, const uint8_t author[32], uint64_t from, uint64_t *out, size_t max)
{
    const struct lane *l = find(ctx, author);
    size_t n = 0;
    for (uint64_t i = from; l != NULL && i < l->count && n < max; i++)
        if (l->items[i].state == STATE_OWED)
            out[n++] = i;
    return n;
}

static size_t on_opaque(void *ctx, const uint8_t author[32], uint64_t from, uint64_t *out,
                        size_t max)
{
    const struct lane *l = find(ctx, author);
    size_t n = 0;
    for (uint64_t i = from; l != NULL && i < l->count && n < max; i++)
        if (l->items[i].state == STATE_OPAQUE || l->items[i].state == STATE_NEWER)
            out[n++] = i;
    return n;
}

static size_t on_expired(void *ctx, uint32_t day, uint8_t (*authors)[32], uint64_t *indexes,
                         size_t max)
{
    const struct shelf *s = ctx;
    size_t n = 0;
    for (size_t i = 0; i < s->lane_count; i++) {
        for (size_t k = 0; k < s->lanes[i].count && n < max; k++) {
            const struct item *it = &s->lanes[i].items[k];
            if (it->body == NULL || it->expires_day == 0 || it->expires_day >= day)
                continue;
            memcpy(authors[n], s->lanes[i].rec.author, 32);
            indexes[n++] = k;
        }
    }
    return n;
}

static bool on_request(void *ctx, const uint8_t member[32], const uint8_t request[16],
                       uint8_t hash[32])
{
    const struct shelf *s = ctx;
    for (size_t i = 0; i < s->charged_count; i++) {
        const struct charged *c = &s->charged[i];
        if (c->is_request && memcmp(c->member, member, 32) == 0 &&
            memcmp(c->request, request, 16) == 0) {
            memcpy(hash, c->hash, 32);
            return true;
        }
    }
    return false;
}

static size_t on_due(void *ctx, uint8_t (*authors)[32], uint64_t *indexes, size_t max)
{
    const struct shelf *s = ctx;
    size_t n = s->due_count < max ? s->due_count : max;
    for (size_t i = 0; i < n; i++) {
        memcpy(authors[i], s->due[i].author, 32);
        indexes[i] = s->due[i].index;
    }
    return n;
}

static bool on_parcel(void *ctx, const uint8_t author[32], uint64_t index,
                      struct parcel_record *out)
{
    const struct shelf *s = ctx;
    return pouch_parcel(&s->pouch, author, index, out);
}

static bool on_message(void *ctx, const uint8_t sender[32], const uint8_t id[ENVELOPE_ID_BYTES])
{
    const struct shelf *s = ctx;
    return pouch_message(&s->pouch, sender, id);
}

static size_t on_roster(void *ctx, uint64_t version, uint8_t *out, size_t cap)
{
    const struct shelf *s = ctx;
    for (size_t i = 0; i < s->paper_count; i++) {
        const struct paper *p = &s->papers[i];
        if (p->version == version && !p->is_rival && p->len <= cap) {
            memcpy(out, p->data, p->len);
            return p->len;
        }
    }
    return 0;
}

static size_t on_rival(void *ctx, const uint8_t hash[32], uint8_t *out, size_t cap)
{
    const struct shelf *s = ctx;
    for (size_t i = 0; i < s->paper_count; i++) {
        const struct paper *p = &s->papers[i];
        if (p->is_rival && memcmp(p->hash, hash, 32) == 0 && p->len <= cap) {
            memcpy(out, p->data, p->len);
            return p->len;
        }
    }
    return 0;
}

static size_t on_seen(void *ctx, const uint8_t hash[32], uint8_t *out, size_t cap)
{
    const struct shelf *s = ctx;
    for (size_t i = 0; i < s->seen_count; i++) {
        const struct seen *k = &s->seen[i];
        if (!k->is_own || memcmp(k->hash, hash, 32) != 0 || k->len > cap)
            continue;
        if (k->len > 0)
            memcpy(out, k->rows, k->len);
        return k->len;
    }
    return 0;
}

static bool on_witness(void *ctx, const uint8_t author[32], uint32_t feed_epoch, uint64_t seq,
                       uint8_t out[CHECKPOINT_SIGNED_BYTES])
{
    const struct shelf *s = ctx;
    for (size_t i = 0; i < s->witnessed_count; i++) {
        const struct witnessed *k = &s->witnessed[i];
        if (memcmp(k->checkpoint.author, author, 32) != 0 || k->checkpoint.seq != seq ||
            k->checkpoint.feed_epoch != feed_epoch)
            continue;
        memcpy(out, k->raw, sizeof k->raw);
        return true;
    }
    return false;
}

static struct fork_note *fork_of(const struct shelf *s, const uint8_t author[32], uint32_t epoch)
{
    for (size_t i = 0; i < s->fork_count; i++)
        if (s->forks[i].feed_epoch == epoch && memcmp(s->forks[i].author, author, 32) == 0)
            return (struct fork_note *)(uintptr_t)&s->forks[i];
    return NULL;
}

struct bytes shelf_fork(const struct shelf *s, const uint8_t author[32], uint32_t feed_epoch)
{
    const struct fork_note *n = fork_of(s, author, feed_epoch);
    return n == NULL ? bytes_of(NULL, 0) : bytes_of(n->proof, n->len);
}

static size_t on_fork(void *ctx, const uint8_t author[32], uint32_t feed_epoch, uint8_t *out,
                      size_t cap)
{
    struct bytes proof = shelf_fork(ctx, author, feed_epoch);
    if (proof.len == 0 || proof.len > cap)
        return 0;
    memcpy(out, proof.data, proof.len);
    return proof.len;
}

static void apply_fork(struct shelf *s, const struct effect *e)
{
    struct fork_note *n = fork_of(s, e->author, e->fork.feed_epoch);
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

struct archive shelf_archive(struct shelf *s)
{
    return (struct archive){
        .ctx = s,
        .read = on_read,
        .state = on_state,
        .tile = on_tile,
        .owed = on_owed,
        .opaque = on_opaque,
        .expired = on_expired,
        .request = on_request,
        .receipts_due = on_due,
        .seen = on_seen,
        .witness = on_witness,
        .parcel = on_parcel,
        .message = on_message,
        .roster = on_roster,
        .rival = on_rival,
        .fork = on_fork,
    };
}

static struct lane *lane_for(struct shelf *s, const uint8_t author[32])
{
    struct lane *l = find(s, author);
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
    it->body = duplicate(e->body.data, e->body.len);
    it->body_len = e->body.len;
    it->is_alert = e->is_alert;
    it->tag_count = e->tag_count;
    if (e->tag_count > 0)
        memcpy(it->tags, e->tags, (size_t)e->tag_count * TAG_BYTES);
}

static void apply_entries(struct shelf *s, const struct effect *e)
{
    struct lane *l = lane_for(s, e->author);
    for (size_t i = 0; i < e->entries.count; i++) {
        const struct effect_entry *in = &e->entries.entries[i];
        assert(in->index == l->count); /* no gap, and no index twice */
        l->items = grow(l->items, l->count, sizeof *l->items);
        struct item *it = &l->items[l->count++];
        memset(it, 0, sizeof *it);
        memcpy(it->header, in->header, HEADER_BYTES);
        put_body(it, in);
    }
    for (size_t i = 0; i < e->entries.tile_count; i++) {
        l->tiles = grow(l->tiles, l->tile_count, sizeof *l->tiles);
        struct tile *t = &l->tiles[l->tile_count++];
        t->tile = e->entries.tiles[i].tile;
        t->position = e->entries.tiles[i].position;
        memcpy(t->root, e->entries.tiles[i].root, HASH_BYTES);
    }
    l->rec = *e->entries.feed;
}

static void apply_gone(struct shelf *s, const struct effect *e)
{
    struct item *it = item_of(s, e->author, e->gone.index);
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
    find(s, e->author)->rec = *e->gone.feed;
    if (!e->gone.is_receipt_due)
        return;
    s->due = grow(s->due, s->due_count, sizeof *s->due);
    memcpy(s->due[s->due_count].author, e->author, 32);
    s->due[s->due_count++].index = e->gone.index;
}

static void apply_charge(struct shelf *s, const struct effect *e)
{
    s->charged = grow(s->charged, s->charged_count, sizeof *s->charged);
    struct charged *c = &s->charged[s->charged_count++];
    memset(c, 0, sizeof *c);
    memcpy(c->member, e->author, 32);
    c->day = e->request.day;
    c->used = e->request.used;
    c->points = e->request.points;
    c->is_request = e->type == EFFECT_PERSIST_REQUEST;
    memcpy(c->request, e->request.request, 16);
    memcpy(c->hash, e->request.points_hash, 32);
}

static void apply_correction(struct shelf *s, const struct effect *e)
{
    struct item *it = item_of(s, e->author, e->correction.target);
    assert(it != NULL);
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
        s->receipts = grow(s->receipts, s->receipt_count, sizeof *s->receipts);
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
    assert(s->paper_count < 16);
    struct paper *p = &s->papers[s->paper_count++];
    p->version = e->roster.version;
    memcpy(p->hash, e->roster.hash, 32);
    p->len = e->roster.signed_roster.len;
    p->data = duplicate(e->roster.signed_roster.data, p->len);
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
    s->witnessed = grow(s->witnessed, s->witnessed_count, sizeof *s->witnessed);
    struct witnessed *k = &s->witnessed[s->witnessed_count++];
    memset(k, 0, sizeof *k);
    k->checkpoint = e->witness.checkpoint;
    memcpy(k->raw, e->witness.signed_checkpoint, sizeof k->raw);
}

static void apply_seen(struct shelf *s, const struct effect *e)
{
    s->seen = grow(s->seen, s->seen_count, sizeof *s->seen);
    struct seen *k = &s->seen[s->seen_count++];
    memset(k, 0, sizeof *k);
    memcpy(k->author, e->author, 32);
    k->is_own = e->type == EFFECT_PERSIST_SEEN;
    memcpy(k->hash, e->seen.hash, 32);
    k->rows = duplicate(e->seen.rows.data, e->seen.rows.len);
    k->len = e->seen.rows.len;
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
        put_body(item_of(s, e->author, e->body.entry.index), &e->body.entry);
        find(s, e->author)->rec = *e->body.feed;
        break;
    case EFFECT_PERSIST_GONE:
        apply_gone(s, e);
        break;
    case EFFECT_PERSIST_CORRECTION:
        apply_correction(s, e);
        break;
    case EFFECT_PERSIST_REQUEST:
    case EFFECT_PERSIST_BUDGET:
        apply_charge(s, e);
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
        federation_load_budget(f, s->charged[i].member, s->charged[i].day, s->charged[i].used);
    for (int m = 1; m < MARK_COUNT; m++)
        federation_load_mark(f, (enum mark)m, s->marks[m]);
    pouch_restore(&s->pouch, f);
}

size_t shelf_witnessed(const struct shelf *s, const uint8_t author[32], struct checkpoint *newest)
{
    size_t count = 0;
    for (size_t i = 0; i < s->witnessed_count; i++) {
        if (memcmp(s->witnessed[i].checkpoint.author, author, 32) != 0)
            continue;
        *newest = s->witnessed[i].checkpoint;
        count++;
    }
    return count;
}

struct bytes shelf_peer_seen(const struct shelf *s, const uint8_t author[32])
{
    struct bytes rows = bytes_of(NULL, 0);
    for (size_t i = 0; i < s->seen_count; i++)
        if (!s->seen[i].is_own && memcmp(s->seen[i].author, author, 32) == 0)
            rows = bytes_of(s->seen[i].rows, s->seen[i].len);
    return rows;
}

size_t shelf_find_tag(const struct shelf *s, const uint8_t tag[16], uint32_t day)
{
    size_t hits = 0;
    for (size_t i = 0; i < s->lane_count; i++)
        for (size_t k = 0; k < s->lanes[i].count; k++) {
            const struct item *it = &s->lanes[i].items[k];
            bool is_found = false;
            for (size_t t = 0; t < it->tag_count; t++)
                is_found = is_found || memcmp(it->tags + t * TAG_BYTES, tag, 16) == 0;
            hits += is_found && it->expires_day >= day &&
                    shelf_force(s, s->lanes[i].rec.author, k) == FORCE_YES;
        }
    return hits;
}

void shelf_lose_body(struct shelf *s, const uint8_t author[32], uint64_t index)
{
    struct item *it = item_of(s, author, index);
    assert(it != NULL);
    free(it->body);
    it->body = NULL;
    it->body_len = 0;
    it->tag_count = 0;
    it->state = STATE_OWED;
    find(s, author)->rec.owed++;
}

size_t shelf_receipts(const struct shelf *s, uint64_t index)
{
    size_t n = 0;
    for (size_t i = 0; i < s->receipt_count; i++)
        n += s->receipts[i].index == index;
    return n;
}

uint32_t shelf_charged(const struct shelf *s, const uint8_t member[32])
{
    uint32_t points = 0;
    for (size_t i = 0; i < s->charged_count; i++)
        if (memcmp(s->charged[i].member, member, 32) == 0)
            points += s->charged[i].points;
    return points;
}

uint64_t shelf_size(const struct shelf *s, const uint8_t author[32])
{
    const struct lane *l = find(s, author);
    return l == NULL ? 0 : l->count;
}

size_t shelf_receipts_due(const struct shelf *s)
{
    return s->due_count;
}

const struct feed_record *shelf_record(const struct shelf *s, const uint8_t author[32])
{
    const struct lane *l = find(s, author);
    return l == NULL ? NULL : &l->rec;
}

struct bytes shelf_tags(const struct shelf *s, const uint8_t author[32], uint64_t index)
{
    const struct item *it = item_of(s, author, index);
    return it == NULL ? bytes_of(NULL, 0) : bytes_of(it->tags, it->tag_count * TAG_BYTES);
}

struct bytes shelf_body(const struct shelf *s, const uint8_t author[32], uint64_t index)
{
    const struct item *it = item_of(s, author, index);
    return it == NULL ? bytes_of(NULL, 0) : bytes_of(it->body, it->body_len);
}

enum entry_state shelf_state(const struct shelf *s, const uint8_t author[32], uint64_t index)
{
    const struct item *it = item_of(s, author, index);
    return it == NULL ? STATE_NONE : it->state;
}

bool shelf_is_alert(const struct shelf *s, const uint8_t author[32], uint64_t index)
{
    const struct item *it = item_of(s, author, index);
    return it != NULL && it->is_alert;
}

struct correction shelf_correction(const struct shelf *s, const uint8_t author[32], uint64_t index)
{
    const struct item *it = item_of(s, author, index);
    return it == NULL ? (struct correction){0} : it->correction;
}

enum force shelf_force(const struct shelf *s, const uint8_t author[32], uint64_t index)
{
    const struct item *it = item_of(s, author, index);
    struct body b;
    enum err e = it == NULL ? ERR_NOT_FOUND : body_decode(bytes_of(it->body, it->body_len), &b);
    assert(e == OK);
    struct lineage l = correction_lineage(index, &b);
    struct correction original = shelf_correction(s, author, l.original);
    struct correction previous = shelf_correction(s, author, l.previous);
    return correction_judge(index, &it->correction, &original, &previous);
}

enum err shelf_reason(const struct shelf *s, const uint8_t author[32], uint64_t index)
{
    const struct item *it = item_of(s, author, index);
    return it == NULL ? OK : it->reason;
}

void shelf_digest(const struct shelf *s, uint8_t out[32])
{
    crypto_generichash_state st;
    crypto_generichash_init(&st, NULL, 0, 32);
    for (size_t i = 0; i < s->lane_count; i++) {
        const struct lane *l = &s->lanes[i];
        crypto_generichash_update(&st, (const uint8_t *)&l->rec, sizeof l->rec);
        for (size_t k = 0; k < l->count; k++) {
            const struct item *it = &l->items[k];
            uint8_t state[2] = {(uint8_t)it->state, (uint8_t)it->reason};
            crypto_generichash_update(&st, it->header, HEADER_BYTES);
            crypto_generichash_update(&st, state, sizeof state);
            crypto_generichash_update(&st, it->body, it->body_len);
            crypto_generichash_update(&st, it->tags, it->tag_count * TAG_BYTES);
            uint64_t by[2] = {it->correction.retracted_plus_one, it->correction.erased_plus_one};
            crypto_generichash_update(&st, (const uint8_t *)by, sizeof by);
        }
    }
    crypto_generichash_update(&st, (const uint8_t *)s->charged,
                              s->charged_count * sizeof *s->charged);
    crypto_generichash_update(&st, (const uint8_t *)s->due, s->due_count * sizeof *s->due);
    crypto_generichash_update(&st, (const uint8_t *)s->receipts,
                              s->receipt_count * sizeof *s->receipts);
    for (size_t i = 0; i < s->paper_count; i++)
        crypto_generichash_update(&st, s->papers[i].hash, 32);
    crypto_generichash_update(&st, (const uint8_t *)s->marks, sizeof s->marks);
    crypto_generichash_update(&st, (const uint8_t *)s->forks, s->fork_count * sizeof s->forks[0]);
    uint8_t pouch[32];
    pouch_digest(&s->pouch, pouch);
    crypto_generichash_update(&st, pouch, sizeof pouch);
    crypto_generichash_final(&st, out, 32);
}

struct pouch *shelf_pouch(struct shelf *s)
{
    return &s->pouch;
}
