/*
 * Goal: answer what the core asks of its archive, as the store of a node does.
 * Method: one function for each member of struct archive; each walks the arrays, which are short,
 * from the oldest on, and copies out what it finds.
 */
#include "tests/sim/shelf_internal.h"

#include <sodium.h>
#include <string.h>

static size_t on_read(void *ctx, const uint8_t author[32], uint64_t first, size_t count,
                      bool (*row)(void *, const struct archive_row *), void *row_ctx)
{
    size_t given = 0;
    for (; given < count; given++) {
        const struct item *it = shelf_item(ctx, author, first + given);
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

static bool on_hole(void *ctx, const uint8_t author[32], uint64_t from, uint64_t *first,
                    uint64_t *past)
{
    const struct lane *l = shelf_lane(ctx, author);
    uint64_t at = from;
    while (l != NULL && at < l->count && !l->items[at].is_lost)
        at++;
    if (l == NULL || at >= l->count)
        return false;
    for (*first = at; at < l->count && l->items[at].is_lost;)
        at++;
    *past = at;
    return true;
}

static struct correction on_correction(void *ctx, const uint8_t author[32], uint64_t index)
{
    const struct lane *l = shelf_lane(ctx, author);
    return l != NULL && index < l->count ? l->items[index].correction : (struct correction){0};
}

static enum entry_state on_state(void *ctx, const uint8_t author[32], uint64_t index)
{
    const struct item *it = shelf_item(ctx, author, index);
    return it == NULL ? STATE_NONE : it->state;
}

static bool on_tile(void *ctx, const uint8_t author[32], unsigned tile, uint64_t position,
                    uint8_t out[32])
{
    const struct lane *l = shelf_lane(ctx, author);
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
    const struct lane *l = shelf_lane(ctx, author);
    size_t n = 0;
    for (uint64_t i = from; l != NULL && i < l->count && n < max; i++)
        if (l->items[i].state == STATE_OWED)
            out[n++] = i;
    return n;
}

static size_t on_opaque(void *ctx, const uint8_t author[32], uint64_t from, uint64_t *out,
                        size_t max)
{
    const struct lane *l = shelf_lane(ctx, author);
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

static uint32_t on_factored(void *ctx, const uint8_t member[32], uint32_t epoch)
{
    const struct shelf *s = ctx;
    uint32_t used = 0;
    for (size_t i = 0; i < s->charged_count; i++) {
        const struct charged *c = &s->charged[i];
        if (c->factor_epoch == epoch && memcmp(c->member, member, 32) == 0 && c->used > used)
            used = c->used;
    }
    return used;
}

static uint64_t on_signals(void *ctx, const uint8_t author[32])
{
    const struct lane *l = shelf_lane(ctx, author);
    uint64_t count = 0;
    for (size_t i = 0; l != NULL && i < l->count; i++) {
        const struct item *it = &l->items[i];
        struct body b;
        if (it->state == STATE_HELD && body_decode(bytes_of(it->body, it->body_len), &b) == OK)
            count += b.type == ENTRY_SIGNAL || b.type == ENTRY_AMEND;
    }
    return count;
}

static void on_notices(void *ctx, const uint8_t author[32],
                       bool (*row)(void *, const struct archive_row *), void *row_ctx)
{
    const struct lane *l = shelf_lane(ctx, author);
    for (size_t i = l != NULL ? l->count : 0; i-- > 0;) {
        const struct item *it = &l->items[i];
        struct body b;
        struct archive_row r = {.index = i,
                                .state = it->state,
                                .header = it->header,
                                .body = bytes_of(it->body, it->body_len)};
        bool is_one =
            it->state == STATE_HELD && body_decode(r.body, &b) == OK && b.type == ENTRY_NOTICE;
        if (is_one && !row(row_ctx, &r))
            return;
    }
}

static uint64_t on_surged(void *ctx, const uint8_t member[32], uint64_t index, uint32_t from_day,
                          uint32_t until_day)
{
    const struct shelf *s = ctx;
    uint64_t sum = 0;
    for (size_t i = 0; i < s->surged_count; i++) {
        const struct surged *g = &s->surged[i];
        if (memcmp(g->member, member, 32) == 0 && (index == UINT64_MAX || g->index == index) &&
            g->day >= from_day && g->day <= until_day)
            sum += g->elements;
    }
    return sum;
}

/* The request that comes next after *at; NULL if there is none. */
static const struct charged *next_request(const struct shelf *s, const uint8_t member[32],
                                          uint32_t first, uint32_t last, const uint8_t at[16],
                                          bool is_first)
{
    const struct charged *best = NULL;
    for (size_t i = 0; i < s->charged_count; i++) {
        const struct charged *c = &s->charged[i];
        bool is_one = c->is_request && memcmp(c->member, member, 32) == 0 && c->day >= first &&
                      c->day <= last && (is_first || memcmp(c->request, at, 16) > 0);
        if (is_one && (best == NULL || memcmp(c->request, best->request, 16) < 0))
            best = c;
    }
    return best;
}

static size_t on_account(void *ctx, const uint8_t member[32], uint32_t month,
                         const uint8_t after[16], struct account_totals *totals, uint8_t *rows,
                         size_t max)
{
    const struct shelf *s = ctx;
    uint32_t first = 0, last = 0;
    *totals = (struct account_totals){0};
    if (account_month_days(month, &first, &last) != OK)
        return 0;
    for (size_t i = 0; i < s->charged_count; i++) {
        const struct charged *c = &s->charged[i];
        if (!c->is_request || memcmp(c->member, member, 32) != 0 || c->day < first || c->day > last)
            continue;
        totals->requests++;
        totals->elements += c->points;
    }
    totals->surge = on_surged(ctx, member, UINT64_MAX, first, last);
    bool is_first = sodium_is_zero(after, 16);
    size_t n = 0;
    for (const uint8_t *at = after; n < max; n++) {
        const struct charged *c = next_request(s, member, first, last, at, is_first && n == 0);
        if (c == NULL)
            break;
        struct account_row row = {.day = c->day, .points = c->points};
        memcpy(row.request, c->request, 16);
        memcpy(row.points_hash, c->hash, 32);
        memcpy(row.purpose, c->purpose, 32);
        account_row_encode(&row, rows + n * ACCOUNT_ROW_BYTES);
        at = c->request;
    }
    return n;
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

static size_t on_fork(void *ctx, const uint8_t author[32], uint32_t feed_epoch, uint8_t *out,
                      size_t cap)
{
    struct bytes proof = shelf_fork(ctx, author, feed_epoch);
    if (proof.len == 0 || proof.len > cap)
        return 0;
    memcpy(out, proof.data, proof.len);
    return proof.len;
}

static void on_ceremonies(void *ctx,
                          bool (*row)(void *, const uint8_t *, const struct archive_row *),
                          void *row_ctx)
{
    const struct shelf *s = ctx;
    for (size_t k = 0; k < s->lane_count; k++) {
        const struct lane *l = &s->lanes[k];
        for (size_t i = 0; i < l->count; i++) {
            const struct item *it = &l->items[i];
            struct body b;
            struct archive_row r = {.index = i,
                                    .state = it->state,
                                    .header = it->header,
                                    .body = bytes_of(it->body, it->body_len)};
            if (it->is_lost || it->state != STATE_HELD || body_decode(r.body, &b) != OK ||
                b.type != ENTRY_CEREMONY)
                continue;
            if (!row(row_ctx, l->rec.author, &r))
                return;
        }
    }
}

struct archive shelf_archive(struct shelf *s)
{
    return (struct archive){
        .ctx = s,
        .read = on_read,
        .hole = on_hole,
        .correction = on_correction,
        .state = on_state,
        .tile = on_tile,
        .owed = on_owed,
        .opaque = on_opaque,
        .ceremonies = on_ceremonies,
        .expired = on_expired,
        .request = on_request,
        .factored = on_factored,
        .signals = on_signals,
        .notices = on_notices,
        .surged = on_surged,
        .account = on_account,
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
