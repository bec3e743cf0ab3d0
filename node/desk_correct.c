/*
 * desk_correct.c - taking back and putting right what this organisation registered: amend, retract,
 * erase.
 *
 * A registration is named by its number, that of the entry with which it began or of any version
 * since, or by its reference. Amending writes the new version and erases the one that it replaces,
 * in one append; retracting names the original, so that every version is retracted. With what is
 * erased go the tags that were made of it for a later key period.
 */
#include "node/desk_job.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "node/store_read.h"
#include "node/store_retag.h"
#include "node/store_write.h"
#include "protocol/calendar.h"

/* ---- Which registration is meant ---- */

struct finding {
    struct desk *desk;
    const char *ref;   /* NULL: by number */
    uint64_t number;   /* of the original, or of any version */
    json_t *originals; /* of a reference */
    struct desk_target *out;
    bool is_found;
};

static bool find_row(void *ctx, uint64_t index, struct bytes sealed)
{
    struct finding *f = ctx;
    struct desk_entry e = desk_look(f->desk, index);
    bool is_it = e.lineage.original == f->number || index == f->number;
    if (f->ref != NULL) {
        struct desk_record record;
        is_it = desk_unseal(f->desk->key, index, sealed, &record) == OK &&
                strcmp(record.ref, f->ref) == 0;
        sodium_memzero(&record, sizeof record);
    }
    if (!is_it)
        return true;
    *f->out = (struct desk_target){e.lineage.original, index};
    f->is_found = true;
    if (f->originals != NULL)
        json_array_append_new(f->originals, json_integer((json_int_t)e.lineage.original));
    return true;
}

bool desk_find_target(struct desk *d, uint64_t client, const json_t *request,
                      struct desk_target *out)
{
    const json_t *number = json_object_get(request, "index");
    const char *ref = json_string_value(json_object_get(request, "ref"));
    struct finding f = {.desk = d, .ref = ref, .out = out};
    bool is_number = json_is_integer(number) && json_integer_value(number) >= 0;
    if (!is_number && ref == NULL) {
        desk_refuse(d, client, "format");
        return false;
    }
    if (is_number) {
        f.ref = NULL;
        f.number = (uint64_t)json_integer_value(number);
        *out = (struct desk_target){f.number, f.number};
        /* Where there is no record of it, its number is all that is known. */
        if (store_desk_read(d->node->store, 0, find_row, &f) != OK) {
            desk_refuse(d, client, "io");
            return false;
        }
        if (!f.is_found)
            out->original = desk_look(d, f.number).lineage.original;
        return true;
    }
    f.originals = json_array();
    enum err e = store_desk_read(d->node->store, 0, find_row, &f);
    if (e == OK && json_array_size(f.originals) > 1) {
        desk_end(d, client,
                 json_pack("{s:{s:b,s:s,s:o}}", "end", "ok", 0, "error", "ambiguous", "indexes",
                           f.originals));
        return false;
    }
    json_decref(f.originals);
    if (e == OK && f.is_found)
        return true;
    desk_refuse(d, client, e != OK ? "io" : "not-found");
    return false;
}

/* Why an own entry cannot be taken back or amended; NULL if it can. What it is cannot be told where
 * its body has not come back yet, or was written by newer software: it can be erased all the same.
 */
static const char *why_not(struct desk *d, const struct desk_target *t, bool is_alert,
                           bool is_erasing)
{
    struct desk_entry e = desk_look(d, t->current);
    switch (e.state) {
    case STATE_HELD:
        if ((e.type != ENTRY_SIGNAL && e.type != ENTRY_AMEND && e.type != ENTRY_ALERT) ||
            e.is_alert != is_alert)
            return "not-found";
        return is_erasing || e.force == FORCE_YES ? NULL : "retracted";
    case STATE_REFUSED:
    case STATE_OPAQUE:
    case STATE_NEWER:
    case STATE_OWED:
        if (e.expires_day == 0)
            return "not-found"; /* what never expires is nothing that was registered */
        return is_erasing ? NULL : "not-here";
    case STATE_ERASED:
    case STATE_EXPIRED:
        return "already";
    case STATE_NONE:
    case STATE_ADDRESSED:
        return "not-found";
    }
    return "not-found";
}

const char *desk_why_not_amend(struct desk *d, const struct desk_target *t, bool is_alert)
{
    const char *why = why_not(d, t, is_alert, false);
    if (why == NULL && desk_look(d, t->current).expires_day < node_today())
        return "already";
    return why;
}

/* ---- Writing ---- */

const char *desk_append_error(enum err e)
{
    return e == ERR_UNAVAILABLE ? "not-ready" : desk_error_name(e);
}

static void done(struct desk *d, uint64_t client, const struct desk_target *t, uint64_t last)
{
    desk_end_committed(d, client,
                       json_pack("{s:{s:b,s:I,s:I}}", "end", "ok", 1, "index",
                                 (json_int_t)t->original, "size", (json_int_t)(last + 1)));
}

/* Entries to be erased: one, and its retags behind it. */
struct erasures {
    uint64_t *index;
    size_t count;
    bool is_full;
};

static bool add_erasure(void *ctx, uint64_t index, const struct retag *r)
{
    struct erasures *e = ctx;
    (void)r;
    uint64_t *more = realloc(e->index, (e->count + 1) * sizeof *more);
    e->is_full = more == NULL || e->count + 2 >= APPEND_MAX;
    if (more == NULL)
        return false;
    e->index = more;
    e->index[e->count++] = index;
    return !e->is_full;
}

/* Appends a draft (NULL: none), then the erasure of current and of its retags, at *first and behind
 * it; notes what becomes of them. The number of entries goes to *count. */
static enum err append_erasing(struct desk *d, const struct draft *before,
                               const struct desk_target *t, enum version_end became,
                               uint64_t *first, size_t *count)
{
    struct erasures all = {0};
    uint8_t payload[1];
    struct bytes nothing = bytes_of(payload, erase_encode(payload));
    (void)add_erasure(&all, t->current, NULL);
    enum err e = store_retags(d->node->store, d->node->author, t->current, add_erasure, &all);
    struct draft *drafts = calloc(all.count + 1, sizeof *drafts);
    if (e == OK && (all.is_full || drafts == NULL))
        e = ERR_FULL;
    size_t n = 0;
    if (e == OK && before != NULL)
        drafts[n++] = *before;
    for (size_t i = 0; e == OK && i < all.count; i++)
        drafts[n++] = (struct draft){
            .type = ENTRY_ERASE, .ref_plus_one = all.index[i] + 1, .payload = nothing};
    if (e == OK)
        e = desk_append(d, drafts, n, first);
    for (size_t i = 0; e == OK && i < all.count; i++) {
        struct store_version v = {t->original, i == 0 ? became : VERSION_RETAG};
        e = store_version_put(d->node->store, all.index[i], &v);
    }
    *count = n;
    free(drafts);
    free(all.index);
    return e;
}

void desk_erase(struct desk *d, uint64_t client, const json_t *request)
{
    struct desk_target t;
    uint64_t first;
    size_t count;
    if (!desk_find_target(d, client, request, &t))
        return;
    const char *why = why_not(d, &t, false, true);
    if (why != NULL) {
        desk_refuse(d, client, why);
        return;
    }
    enum err e = append_erasing(d, NULL, &t, VERSION_ERASED, &first, &count);
    if (e == OK)
        e = store_desk_delete(d->node->store, t.current);
    if (e != OK)
        desk_refuse(d, client, desk_append_error(e));
    else
        done(d, client, &t, first + count - 1);
}

void desk_retract_target(struct desk *d, uint64_t client, const json_t *request,
                         const struct desk_target *t, bool is_alert)
{
    uint8_t payload[RETRACT_BYTES], reason;
    const char *name = json_string_value(json_object_get(request, "reason"));
    uint64_t first;
    if (name == NULL || !retract_reason_find(name, &reason)) {
        desk_refuse(d, client, "format");
        return;
    }
    const char *why = why_not(d, t, is_alert, false);
    if (why != NULL) {
        desk_refuse(d, client, why);
        return;
    }
    struct draft draft = {.type = ENTRY_RETRACT, .ref_plus_one = t->original + 1};
    draft.payload = bytes_of(payload, retract_encode(reason, payload));
    enum err e = desk_append(d, &draft, 1, &first);
    if (e != OK)
        desk_refuse(d, client, desk_append_error(e));
    else
        done(d, client, t, first);
}

void desk_retract(struct desk *d, uint64_t client, const json_t *request)
{
    struct desk_target t;
    if (desk_find_target(d, client, request, &t))
        desk_retract_target(d, client, request, &t, false);
}

enum err desk_append_amended(struct desk *d, const struct desk_target *t, uint8_t type,
                             struct bytes content, uint32_t expires_day, uint64_t *first,
                             size_t *count)
{
    uint8_t payload[AMEND_BYTES_MAX];
    struct amend a = {.type = type, .previous = t->current, .payload = content};
    struct draft draft = {
        .type = ENTRY_AMEND, .expires_day = expires_day, .ref_plus_one = t->original + 1};
    draft.payload = bytes_of(payload, amend_encode(&a, payload));
    return append_erasing(d, &draft, t,
                          type == ENTRY_ALERT ? VERSION_ALERT_REPLACED : VERSION_REPLACED, first,
                          count);
}

/* ---- Amending a registration ---- */

struct one_record {
    struct desk *desk;
    uint64_t index;
    struct desk_record *out;
    bool is_found;
};

static bool take_record(void *ctx, uint64_t index, struct bytes sealed)
{
    struct one_record *r = ctx;
    r->is_found = index == r->index && desk_unseal(r->desk->key, index, sealed, r->out) == OK;
    return false;
}

/* The desk's record of an entry; one with dates alone where there is none. The caller wipes it. */
void desk_record_of(struct desk *d, uint64_t index, struct desk_record *out)
{
    struct one_record r = {d, index, out, false};
    struct desk_entry e = desk_look(d, index);
    if (store_desk_read(d->node->store, index, take_record, &r) == OK && r.is_found)
        return;
    memset(out, 0, sizeof *out);
    out->written_day = e.written_day;
    out->expires_day = e.expires_day;
}

static int compare_tags(const void *a, const void *b)
{
    return memcmp(a, b, TAG_BYTES);
}

void desk_record_tags(const struct desk_record *record, const uint8_t author[AUTHOR_BYTES],
                      uint8_t *out)
{
    for (size_t i = 0; i < record->count; i++) {
        const struct desk_tag *t = &record->tags[i];
        tag_derive(t->n, record->epoch, author, t->kind, t->counter, out + i * TAG_BYTES);
    }
    qsort(out, record->count, TAG_BYTES, compare_tags);
}

struct tags_copy {
    uint32_t epoch; /* of retags */
    size_t count;
    uint8_t tags[SIGNAL_TAGS_MAX * TAG_BYTES];
};

static bool take_retag(void *ctx, uint64_t index, const struct retag *r)
{
    struct tags_copy *c = ctx;
    (void)index;
    if (r->epoch != c->epoch)
        return true;
    c->count = r->count;
    memcpy(c->tags, r->tags, r->count * TAG_BYTES);
    return true;
}

static bool take_tags(void *ctx, const struct archive_row *r)
{
    struct tags_copy *c = ctx;
    struct body b;
    const uint8_t *tags = NULL;
    c->count = body_decode(r->body, &b) == OK ? entry_tags(&b, &tags) : 0;
    if (c->count > 0)
        memcpy(c->tags, tags, c->count * TAG_BYTES);
    return true;
}

/* The tags of the newest key period that this registration has: of its pseudonyms where those are
 * known here, else those that it has in the feed. */
static void current_tags(struct desk *d, uint64_t index, const struct desk_record *record,
                         struct tags_copy *copy)
{
    struct archive a = store_archive(d->node->store);
    *copy = (struct tags_copy){.epoch = desk_epoch(d)};
    if (record->epoch > 0 && record->count > 0) {
        copy->count = record->count;
        desk_record_tags(record, d->node->author, copy->tags);
        return;
    }
    a.read(a.ctx, d->node->author, index, 1, take_tags, copy);
    if (store_retags(d->node->store, d->node->author, index, take_retag, copy) != OK)
        copy->count = 0;
}

/* A new end alone: the same details go on in a new version. */
static void amend_expiry(struct desk *d, uint64_t client, const struct desk_target *t,
                         uint32_t expires_day)
{
    struct tags_copy copy;
    uint8_t payload[SIGNAL_BYTES_MAX], sealed[DESK_SEALED_BYTES];
    struct desk_record record;
    uint64_t first;
    size_t count;
    desk_record_of(d, t->current, &record);
    current_tags(d, t->current, &record, &copy);
    if (copy.count == 0) {
        sodium_memzero(&record, sizeof record);
        desk_refuse(d, client, "not-here");
        return;
    }
    struct signal s = {copy.count, copy.tags};
    struct bytes content = bytes_of(payload, signal_encode(&s, payload));
    record.expires_day = expires_day;
    enum err e = desk_append_amended(d, t, ENTRY_SIGNAL, content, expires_day, &first, &count);
    if (e == OK) {
        desk_seal(d->key, first, &record, sealed);
        e = store_desk_delete(d->node->store, t->current);
    }
    if (e == OK)
        e = store_desk_put(d->node->store, first, bytes_of(sealed, sizeof sealed));
    sodium_memzero(&record, sizeof record);
    if (e != OK)
        desk_refuse(d, client, desk_append_error(e));
    else
        done(d, client, t, first + count - 1);
}

/* The one person of a request, who keeps the reference, and the end where the request has none. */
static bool complete_row(struct desk *d, json_t *request, const struct desk_target *t,
                         uint32_t *written_day)
{
    json_t *rows = json_object_get(request, "rows"), *row = json_array_get(rows, 0);
    const char *expires = json_string_value(json_object_get(request, "expires"));
    struct desk_record record;
    char text[DAY_TEXT_BYTES];
    if (json_array_size(rows) != 1 || !json_is_object(row))
        return false;
    desk_record_of(d, t->current, &record);
    day_format((int32_t)record.expires_day, text);
    *written_day = record.written_day;
    json_object_set_new(row, "ref", json_string(record.ref));
    json_object_set_new(row, "expires", json_string(expires != NULL ? expires : text));
    sodium_memzero(&record, sizeof record);
    return true;
}

void desk_amend(struct desk *d, uint64_t client, json_t *request)
{
    struct desk_target t;
    uint32_t expires_day, written_day = 0;
    if (!desk_find_target(d, client, request, &t)) {
        json_decref(request);
        return;
    }
    const char *why = desk_why_not_amend(d, &t, false);
    bool has_person = json_object_get(request, "rows") != NULL;
    if (why == NULL && has_person && !complete_row(d, request, &t, &written_day))
        why = "format";
    if (why != NULL) {
        desk_refuse(d, client, why);
    } else if (has_person) {
        job_amend(d, client, request, &t, written_day);
        return;
    } else if (desk_check_expires(d, client, request, &expires_day)) {
        amend_expiry(d, client, &t, expires_day);
    }
    json_decref(request);
}
