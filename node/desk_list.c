/*
 * desk_list.c - the list of this organisation's registrations: those in force, and with "all" also
 * those that were retracted, erased, replaced or have expired.
 *
 * An amended registration keeps its number, that of the entry with which it began.
 */
#include "node/desk_job.h"

#include <sodium.h>
#include <string.h>

#include "node/confirm.h"
#include "node/store_read.h"
#include "protocol/calendar.h"

struct listing {
    struct desk *desk;
    uint64_t client;
    bool is_all;
    size_t count;
    struct confirmations confirmations;
};

static bool take_lineage(void *ctx, const struct archive_row *r)
{
    struct desk_entry *e = ctx;
    struct header h;
    struct body b;
    e->state = r->state;
    if (header_decode(r->header, &h) == OK)
        e->expires_day = h.expires_day;
    if (r->state != STATE_HELD || body_decode(r->body, &b) != OK)
        return true;
    e->type = b.type;
    e->written_day = b.day;
    e->lineage = correction_lineage(r->index, &b);
    struct alert alert;
    e->is_alert = entry_is_alert(&b, &alert);
    e->force = store_force(e->store, e->author, r->index, &b);
    return true;
}

struct desk_entry desk_look(struct desk *d, uint64_t index)
{
    struct archive a = store_archive(d->node->store);
    struct desk_entry e = {
        .store = d->node->store,
        .author = d->node->author,
        .lineage = {index, index},
        .state = STATE_NONE
    };
    a.read(a.ctx, d->node->author, index, 1, take_lineage, &e);
    return e;
}

static json_t *kinds_of(const struct desk_record *record)
{
    json_t *kinds = json_array();
    for (size_t i = 0; i < record->count; i++)
        json_array_append_new(kinds, json_string(match_kind_name(record->tags[i].kind)));
    return kinds;
}

static void day_text(uint32_t day, char out[DAY_TEXT_BYTES])
{
    out[0] = '\0';
    if (day > 0)
        day_format((int32_t)day, out);
}

static void show(struct listing *l, uint64_t number, const struct desk_record *record,
                 const char *state, uint64_t held_index, uint32_t confirmed)
{
    char written[DAY_TEXT_BYTES], expires[DAY_TEXT_BYTES];
    day_text(record->written_day, written);
    day_text(record->expires_day, expires);
    desk_line(l->desk, l->client,
              json_pack("{s:{s:I,s:s,s:s,s:s,s:o,s:s,s:I,s:I,s:I}}", "row", "index",
                        (json_int_t)number, "ref", record->ref, "written", written, "expires",
                        expires, "kinds", kinds_of(record), "state", state, "held_by",
                        (json_int_t)federation_held_by(l->desk->node->core, held_index), "peers",
                        (json_int_t)l->confirmations.peers, "confirmed", (json_int_t)confirmed));
    l->count++;
}

static bool list_record(void *ctx, uint64_t index, struct bytes sealed)
{
    struct listing *l = ctx;
    struct desk_record record;
    struct desk_entry e = desk_look(l->desk, index);
    if (desk_unseal(l->desk->key, index, sealed, &record) != OK)
        return true;
    bool has_expired = record.expires_day < node_today();
    const char *state = has_expired                   ? "expired"
                        : e.force == FORCE_RETRACTED  ? "retracted"
                        : e.lineage.original != index ? "amended"
                                                      : "in-force";
    uint64_t held_index = index;
    if (e.force == FORCE_RETRACTED) {
        struct correction c =
            store_correction(l->desk->node->store, l->desk->node->author, e.lineage.original);
        held_index = c.retracted_plus_one != 0 ? c.retracted_plus_one - 1 : index;
    }
    if (l->is_all || (!has_expired && e.force == FORCE_YES))
        show(l, e.lineage.original, &record, state, held_index, 0);
    sodium_memzero(&record, sizeof record);
    return true;
}

/* An erased entry: what it was is known no more, but that a newer version replaced it. Forgotten
 * once it would have expired and everybody has confirmed. */
static bool list_erased(void *ctx, uint64_t index, const struct correction *c)
{
    struct listing *l = ctx;
    if (c->erased_plus_one == 0)
        return true;
    struct desk_record nothing = {.expires_day = desk_look(l->desk, index).expires_day};
    struct store_version v = {index, VERSION_ERASED}; /* unless it was noted otherwise */
    (void)store_version(l->desk->node->store, index, &v);
    uint32_t confirmed = confirmations_of(&l->confirmations, index);
    bool is_over = nothing.expires_day < node_today() && confirmed >= l->confirmations.peers;
    if (!is_over && v.became != VERSION_ALERT_REPLACED && v.became != VERSION_RETAG)
        show(l, v.original, &nothing, v.became == VERSION_REPLACED ? "replaced" : "erased",
             c->erased_plus_one - 1, confirmed);
    return true;
}

/* The own feed; zeros where there is none. */
static struct feed_status own_status(struct desk *d)
{
    struct feed_status s = {0};
    for (size_t i = 0; i < federation_feed_count(d->node->core) && !s.is_own; i++)
        federation_feed_status(d->node->core, i, &s);
    return s.is_own ? s : (struct feed_status){0};
}

void desk_list(struct desk *d, uint64_t client, const json_t *request)
{
    struct listing l = {
        .desk = d, .client = client, .is_all = json_is_true(json_object_get(request, "all"))};
    struct feed_status own = own_status(d);
    if (own.is_mending || own.owed > 0) { /* damaged, and being fetched: the list would lack some */
        desk_refuse(d, client, "damaged");
        return;
    }
    enum err e = confirmations_load(d->node, &l.confirmations);
    if (e == OK)
        e = store_desk_read(d->node->store, 0, list_record, &l);
    if (e == OK && l.is_all)
        e = store_corrections(d->node->store, d->node->author, list_erased, &l);
    confirmations_clear(&l.confirmations);
    if (e != OK)
        desk_refuse(d, client, "io");
    else
        desk_end(d, client,
                 json_pack("{s:{s:b,s:I,s:I}}", "end", "ok", 1, "count", (json_int_t)l.count,
                           "opaque", (json_int_t)own.opaque));
}
