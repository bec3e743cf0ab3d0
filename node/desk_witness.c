/*
 * desk_witness.c - what this node witnessed: the daily checkpoints of every organisation, and which
 * of them the others say they saw.
 *
 * Every checkpoint that is kept extends the one before, or it would not have been taken. What the
 * others saw is compared here with all that is kept: who names one of these confirms the history up
 * to there; who names another of the same number saw another history.
 */
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "federation/access.h"
#include "node/desk_job.h"
#include "node/store_read.h"
#include "protocol/calendar.h"

/* One checkpoint that is kept. */
struct kept {
    struct checkpoint checkpoint;
    uint8_t hash[HASH_BYTES];
    uint32_t day; /* on which it came */
};

/* Those of all organisations: by author, oldest first. */
struct history {
    struct kept *at;
    size_t count, cap;
};

/* What is said of one organisation. */
struct verdict {
    const struct organisation *org;
    size_t first, count; /* in the history */
    json_t *confirmed, *confirmed_newest, *other;
};

static bool keep_row(void *ctx, const uint8_t raw[CHECKPOINT_SIGNED_BYTES], uint32_t day)
{
    struct history *h = ctx;
    if (h->count == h->cap) {
        size_t cap = h->cap > 0 ? 2 * h->cap : 256;
        struct kept *grown = realloc(h->at, cap * sizeof *grown);
        if (grown == NULL)
            return false;
        h->at = grown;
        h->cap = cap;
    }
    struct kept *k = &h->at[h->count];
    if (checkpoint_read(bytes_of(raw, CHECKPOINT_SIGNED_BYTES), &k->checkpoint) != OK)
        return true;
    checkpoint_hash(&k->checkpoint, k->hash);
    k->day = day;
    h->count++;
    return true;
}

static int compare_kept(const struct kept *k, const struct seen_row *row)
{
    int order = memcmp(k->checkpoint.author, row->author, AUTHOR_BYTES);
    if (order != 0)
        return order;
    if (k->checkpoint.feed_epoch != row->feed_epoch)
        return k->checkpoint.feed_epoch < row->feed_epoch ? -1 : 1;
    return k->checkpoint.seq == row->seq ? 0 : k->checkpoint.seq < row->seq ? -1 : 1;
}

/* Where the row's checkpoint is kept, or would be. */
static size_t lower_bound(const struct history *h, const struct seen_row *row)
{
    size_t low = 0, high = h->count;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (compare_kept(&h->at[mid], row) < 0)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

static struct verdict *find_verdict(struct verdict *list, size_t count,
                                    const uint8_t author[AUTHOR_BYTES])
{
    for (size_t i = 0; i < count; i++)
        if (memcmp(list[i].org->author, author, AUTHOR_BYTES) == 0)
            return &list[i];
    return NULL;
}

/* What one organisation says it saw of another. */
static void take_row(const struct history *h, struct verdict *v, const struct seen_row *row,
                     const char *org_id)
{
    size_t at = lower_bound(h, row);
    if (at == h->count || compare_kept(&h->at[at], row) != 0)
        return; /* not kept here: nothing can be said */
    bool is_same = memcmp(h->at[at].hash, row->checkpoint_hash, HASH_BYTES) == 0;
    json_array_append_new(is_same ? v->confirmed : v->other, json_string(org_id));
    if (is_same && at == v->first + v->count - 1)
        json_array_append_new(v->confirmed_newest, json_string(org_id));
}

static void take_peer(struct desk *d, const struct history *h, struct verdict *list, size_t count,
                      const struct organisation *org, uint8_t *room)
{
    enum { ROOM = ORGANISATIONS_MAX * SEEN_ROW_BYTES };
    size_t len = store_peer_seen(d->node->store, org->author, room, ROOM);
    for (size_t i = 0; i < len / SEEN_ROW_BYTES; i++) {
        struct seen_row row;
        seen_decode(bytes_of(room, len), i, &row);
        struct verdict *v = find_verdict(list, count, row.author);
        if (v != NULL)
            take_row(h, v, &row, org->org_id);
    }
}

/* How many other organisations may say something of this one. */
static size_t count_witnesses(const struct desk *d, const struct roster *r,
                              const struct organisation *of)
{
    size_t count = 0;
    for (size_t i = 0; i < r->organisation_count; i++) {
        const struct organisation *o = &r->organisations[i];
        count += access_of(o) != ACCESS_NOTHING && o != of &&
                 memcmp(o->author, d->node->author, AUTHOR_BYTES) != 0;
    }
    return count;
}

static bool is_disputed(const struct desk *d, const uint8_t author[AUTHOR_BYTES])
{
    struct feed_status s;
    for (size_t i = 0; i < federation_feed_count(d->node->core); i++) {
        federation_feed_status(d->node->core, i, &s);
        if (memcmp(s.author, author, AUTHOR_BYTES) == 0)
            return s.is_disputed;
    }
    return false;
}

static json_t *verdict_json(const struct desk *d, const struct roster *r, const struct history *h,
                            const struct verdict *v)
{
    json_t *row =
        json_pack("{s:s,s:s,s:s,s:I,s:I,s:O,s:O,s:O,s:b}", "org_id", v->org->org_id, "name",
                  v->org->name, "status", org_status_name(v->org->status), "days",
                  (json_int_t)v->count, "witnesses", (json_int_t)count_witnesses(d, r, v->org),
                  "confirmed_by", v->confirmed, "newest_confirmed_by", v->confirmed_newest,
                  "other_seen_by", v->other, "disputed", is_disputed(d, v->org->author));
    if (v->count == 0)
        return row;
    const struct kept *newest = &h->at[v->first + v->count - 1];
    char time[UTC_TEXT_BYTES], since[DAY_TEXT_BYTES], root[2 * HASH_BYTES + 1];
    utc_format((int64_t)newest->checkpoint.time_utc, time);
    day_format((int32_t)h->at[v->first].day, since);
    sodium_bin2hex(root, sizeof root, newest->checkpoint.root, HASH_BYTES);
    json_object_update_new(row, json_pack("{s:I,s:I,s:I,s:s,s:s,s:s}", "feed_epoch",
                                          (json_int_t)newest->checkpoint.feed_epoch, "seq",
                                          (json_int_t)newest->checkpoint.seq, "size",
                                          (json_int_t)newest->checkpoint.size, "time", time, "root",
                                          root, "since", since));
    return row;
}

/* Everything kept of the organisation, and nothing said of it yet. */
static void verdict_init(struct verdict *v, const struct history *h, const struct organisation *org)
{
    struct seen_row from = {.feed_epoch = 0}, to = {.feed_epoch = UINT32_MAX, .seq = UINT64_MAX};
    memcpy(from.author, org->author, AUTHOR_BYTES);
    memcpy(to.author, org->author, AUTHOR_BYTES);
    v->org = org;
    v->first = lower_bound(h, &from);
    v->count = lower_bound(h, &to) - v->first;
    v->confirmed = json_array();
    v->confirmed_newest = json_array();
    v->other = json_array();
}

static void answer(struct desk *d, uint64_t client, const struct roster *r, const struct history *h,
                   struct verdict *list, size_t count, uint8_t *room)
{
    size_t contradictions = 0;
    for (size_t i = 0; i < r->organisation_count; i++)
        if (memcmp(r->organisations[i].author, d->node->author, AUTHOR_BYTES) != 0)
            take_peer(d, h, list, count, &r->organisations[i], room);
    for (size_t i = 0; i < count; i++) {
        json_t *row = verdict_json(d, r, h, &list[i]);
        contradictions +=
            json_array_size(list[i].other) > 0 || json_is_true(json_object_get(row, "disputed"));
        desk_line(d, client, json_pack("{s:o}", "row", row));
        json_decref(list[i].confirmed);
        json_decref(list[i].confirmed_newest);
        json_decref(list[i].other);
    }
    desk_end(d, client,
             json_pack("{s:{s:b,s:I,s:I}}", "end", "ok", 1, "count", (json_int_t)count,
                       "contradictions", (json_int_t)contradictions));
}

void witness_request(struct desk *d, uint64_t client, const json_t *request)
{
    const struct roster *r = federation_roster(d->node->core);
    const char *org_id = json_string_value(json_object_get(request, "org_id"));
    if (r == NULL) {
        desk_refuse(d, client, "no-member-list");
        return;
    }
    const struct organisation *only =
        org_id != NULL ? roster_find_org_id(r, bytes_of(org_id, strlen(org_id))) : NULL;
    if (org_id != NULL && only == NULL) {
        desk_refuse(d, client, "not-found");
        return;
    }
    struct history h = {0};
    struct verdict *list = calloc(r->organisation_count, sizeof *list);
    uint8_t *room = malloc(ORGANISATIONS_MAX * SEEN_ROW_BYTES);
    enum err e =
        list == NULL || room == NULL ? ERR_FULL : store_witness(d->node->store, NULL, keep_row, &h);
    size_t count = only != NULL ? 1 : r->organisation_count;
    for (size_t i = 0; i < count && e == OK; i++)
        verdict_init(&list[i], &h, only != NULL ? only : &r->organisations[i]);
    if (e == OK)
        answer(d, client, r, &h, list, count, room);
    else
        desk_refuse(d, client, desk_error_name(e));
    free(h.at);
    free(list);
    free(room);
}
