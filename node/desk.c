/*
 * desk.c - requests of people: the dispatch, and the small ones.
 */
#include "node/desk_job.h"

#include <assert.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "federation/access.h"
#include "node/secret.h"
#include "node/store_read.h"
#include "node/store_write.h"
#include "protocol/calendar.h"

struct desk *desk_new(struct node *n, const uint8_t desk_key[32])
{
    struct desk *d = calloc(1, sizeof *d);
    assert(d != NULL);
    d->node = n;
    d->key = secret_new(32);
    memcpy(d->key, desk_key, 32);
    return d;
}

void desk_free(struct desk **pd)
{
    struct desk *d = *pd;
    if (d == NULL)
        return;
    for (size_t i = 0; i < DESK_JOBS_MAX; i++)
        job_close(&d->jobs[i]);
    for (size_t i = 0; i < d->waiting_count; i++)
        json_decref(d->waiting[i].line);
    free(d->verify);
    secret_free(d->key);
    free(d);
    *pd = NULL;
}

uint32_t desk_epoch(const struct desk *d)
{
    const struct roster *r = federation_roster(d->node->core);
    const struct roster_key *k = r != NULL ? roster_threshold_key(r, KEY_PSEUDONYMS) : NULL;
    return k != NULL ? k->epoch : 0;
}

const char *desk_error_name(enum err e)
{
    return err_name(e);
}

void desk_line(struct desk *d, uint64_t client, json_t *line)
{
    control_send(d->node->control, client, line);
}

void desk_end(struct desk *d, uint64_t client, json_t *line)
{
    desk_line(d, client, line);
    control_end(d->node->control, client);
}

void desk_refuse(struct desk *d, uint64_t client, const char *error)
{
    desk_end(d, client, json_pack("{s:{s:b,s:s}}", "end", "ok", 0, "error", error));
}

void desk_end_committed(struct desk *d, uint64_t client, json_t *line)
{
    assert(d->waiting_count < CONTROL_CLIENTS_MAX); /* one request a client */
    d->waiting[d->waiting_count].client = client;
    d->waiting[d->waiting_count++].line = line;
}

void desk_on_committed(struct desk *d)
{
    for (size_t i = 0; i < d->waiting_count; i++)
        desk_end(d, d->waiting[i].client, d->waiting[i].line);
    d->waiting_count = 0;
    for (size_t i = 0; i < DESK_JOBS_MAX; i++)
        if (d->jobs[i].after_commit != NULL)
            publish_committed(d, &d->jobs[i]);
}

/* ---- Appending ---- */

enum err desk_append(struct desk *d, const struct draft *drafts, size_t count, uint64_t *first)
{
    struct event ev = {.type = EVENT_APPEND};
    ev.append.drafts = drafts;
    ev.append.count = count;
    d->appended = ERR_UNAVAILABLE;
    node_step(d->node, &ev);
    *first = d->appended_first;
    return d->appended;
}

void desk_on_appended(struct desk *d, const struct effect *e)
{
    d->appended = e->appended.result;
    d->appended_first = e->appended.first;
}

/* ---- The list ---- */

struct listing {
    struct desk *desk;
    uint64_t client;
    size_t count;
    uint32_t peers;
};

/* How many organisations besides this one hold feeds today. */
static uint32_t count_peers(const struct desk *d)
{
    const struct roster *r = federation_roster(d->node->core);
    uint32_t peers = 0;
    for (size_t i = 0; r != NULL && i < r->organisation_count; i++)
        peers += access_of(&r->organisations[i]) == ACCESS_EVERYTHING &&
                 memcmp(r->organisations[i].author, d->node->author, AUTHOR_BYTES) != 0;
    return peers;
}

static bool list_row(void *ctx, uint64_t index, struct bytes sealed)
{
    struct listing *l = ctx;
    struct desk_record record;
    if (desk_unseal(l->desk->key, index, sealed, &record) != OK ||
        record.expires_day < node_today())
        return true;
    json_t *kinds = json_array();
    for (size_t i = 0; i < record.count; i++)
        json_array_append_new(kinds, json_string(match_kind_name(record.tags[i].kind)));
    char written[DAY_TEXT_BYTES], expires[DAY_TEXT_BYTES];
    day_format((int32_t)record.written_day, written);
    day_format((int32_t)record.expires_day, expires);
    desk_line(l->desk, l->client,
              json_pack("{s:{s:I,s:s,s:s,s:s,s:o,s:I,s:I}}", "row", "index", (json_int_t)index,
                        "ref", record.ref, "written", written, "expires", expires, "kinds", kinds,
                        "held_by", (json_int_t)federation_held_by(l->desk->node->core, index),
                        "peers", (json_int_t)l->peers));
    l->count++;
    sodium_memzero(&record, sizeof record);
    return true;
}

/* Entries of ours that this software cannot read: written by a newer one. */
static uint64_t own_opaque(struct desk *d)
{
    struct feed_status s = {0};
    for (size_t i = 0; i < federation_feed_count(d->node->core) && !s.is_own; i++)
        federation_feed_status(d->node->core, i, &s);
    return s.is_own ? s.opaque : 0;
}

static void do_list(struct desk *d, uint64_t client)
{
    struct listing l = {.desk = d, .client = client, .peers = count_peers(d)};
    if (store_desk_read(d->node->store, 0, list_row, &l) != OK) {
        desk_refuse(d, client, "io");
        return;
    }
    desk_end(d, client,
             json_pack("{s:{s:b,s:I,s:I}}", "end", "ok", 1, "count", (json_int_t)l.count, "opaque",
                       (json_int_t)own_opaque(d)));
}

/* ---- Erasing ---- */

struct finding {
    struct desk *desk;
    const char *ref;
    json_t *indexes;
};

static bool find_row(void *ctx, uint64_t index, struct bytes sealed)
{
    struct finding *f = ctx;
    struct desk_record record;
    if (desk_unseal(f->desk->key, index, sealed, &record) == OK && strcmp(record.ref, f->ref) == 0)
        json_array_append_new(f->indexes, json_integer((json_int_t)index));
    sodium_memzero(&record, sizeof record);
    return true;
}

/* The entry that a request names by index or by reference. On failure the client has its answer. */
static bool find_target(struct desk *d, uint64_t client, const json_t *request, uint64_t *index)
{
    const json_t *number = json_object_get(request, "index");
    const char *ref = json_string_value(json_object_get(request, "ref"));
    if (json_is_integer(number) && json_integer_value(number) >= 0) {
        *index = (uint64_t)json_integer_value(number);
        return true;
    }
    if (ref == NULL) {
        desk_refuse(d, client, "format");
        return false;
    }
    struct finding f = {d, ref, json_array()};
    enum err e = store_desk_read(d->node->store, 0, find_row, &f);
    size_t found = json_array_size(f.indexes);
    if (e == OK && found == 1) {
        *index = (uint64_t)json_integer_value(json_array_get(f.indexes, 0));
        json_decref(f.indexes);
        return true;
    }
    if (e == OK && found > 1) {
        desk_end(d, client,
                 json_pack("{s:{s:b,s:s,s:o}}", "end", "ok", 0, "error", "ambiguous", "indexes",
                           f.indexes));
        return false;
    }
    json_decref(f.indexes);
    desk_refuse(d, client, e != OK ? "io" : "not-found");
    return false;
}

static bool note_type(void *ctx, const struct archive_row *r)
{
    bool *is_signal = ctx;
    struct body body;
    *is_signal = body_decode(r->body, &body) == OK && body.type == ENTRY_SIGNAL;
    return true;
}

/* Whether the entry is a registration of ours that is there: only those can be erased. What it is
 * cannot be told where its body has not come back yet, or was written by newer software. */
static const char *why_not_erase(struct desk *d, uint64_t index)
{
    struct archive a = store_archive(d->node->store);
    bool is_signal = false;
    switch (a.state(a.ctx, d->node->author, index)) {
    case STATE_HELD:
    case STATE_REFUSED:
        a.read(a.ctx, d->node->author, index, 1, note_type, &is_signal);
        return is_signal ? NULL : "not-found";
    case STATE_OPAQUE:
    case STATE_NEWER:
    case STATE_OWED:
        return NULL;
    case STATE_ERASED:
    case STATE_EXPIRED:
        return "already";
    case STATE_NONE:
    case STATE_ADDRESSED:
        return "not-found";
    }
    return "not-found";
}

static void do_erase(struct desk *d, uint64_t client, const json_t *request)
{
    uint64_t index, first;
    if (!find_target(d, client, request, &index))
        return;
    const char *why = why_not_erase(d, index);
    if (why != NULL) {
        desk_refuse(d, client, why);
        return;
    }
    uint8_t payload[1];
    struct draft draft = {.type = ENTRY_ERASE, .ref_plus_one = index + 1};
    draft.payload = bytes_of(payload, erase_encode(payload));
    enum err e = desk_append(d, &draft, 1, &first);
    if (e == OK)
        e = store_desk_delete(d->node->store, index);
    if (e != OK) {
        desk_refuse(d, client, e == ERR_UNAVAILABLE ? "not-ready" : desk_error_name(e));
        return;
    }
    desk_end_committed(d, client,
                       json_pack("{s:{s:b,s:I,s:I}}", "end", "ok", 1, "index", (json_int_t)index,
                                 "size", (json_int_t)(first + 1)));
}

/* ---- Member lists ---- */

void desk_on_roster(struct desk *d, enum err result, uint64_t version)
{
    (void)version;
    d->roster_result = result;
}

/* Offers each version of a chain to the core; those that it has already are no error. */
static enum err import_chain(struct desk *d, struct bytes chain, size_t *adopted)
{
    size_t offset = 0;
    *adopted = 0;
    for (;;) {
        struct bytes signed_roster;
        enum err e = roster_chain_next(chain, &offset, &signed_roster);
        if (e == ERR_NOT_FOUND)
            return OK;
        if (e != OK)
            return e;
        struct event ev = {.type = EVENT_ROSTER};
        ev.roster.signed_roster = signed_roster;
        d->roster_result = ERR_UNAVAILABLE;
        node_step(d->node, &ev);
        if (d->roster_result == OK)
            (*adopted)++;
        else if (d->roster_result != ERR_DUPLICATE && d->roster_result != ERR_STALE)
            return d->roster_result;
    }
}

static void do_import(struct desk *d, uint64_t client, const json_t *request)
{
    const json_t *text = json_object_get(request, "chain");
    size_t len = json_string_length(text);
    uint8_t *chain = len > 0 ? malloc(len) : NULL;
    size_t got = 0, adopted = 0;
    enum err e = chain == NULL ? ERR_FORMAT : OK;
    if (e == OK && sodium_base642bin(chain, len, json_string_value(text), len, NULL, &got, NULL,
                                     sodium_base64_VARIANT_ORIGINAL) != 0)
        e = ERR_FORMAT;
    if (e == OK && federation_roster(d->node->core) == NULL)
        e = ERR_UNAVAILABLE; /* the first one is imported before the node starts, with its
                                fingerprint */
    if (e == OK)
        e = import_chain(d, bytes_of(chain, got), &adopted);
    free(chain);
    const struct roster *r = federation_roster(d->node->core);
    json_t *end =
        json_pack("{s:b,s:I,s:I}", "ok", e == OK, "version",
                  (json_int_t)(r != NULL ? r->version : 0), "adopted", (json_int_t)adopted);
    if (e != OK)
        json_object_set_new(end, "error", json_string(desk_error_name(e)));
    desk_end_committed(d, client, json_pack("{s:o}", "end", end));
}

/* How much of an organisation's feed is here: what stewards name when it ends. */
static void do_head(struct desk *d, uint64_t client, const json_t *request)
{
    const char *org_id = json_string_value(json_object_get(request, "org"));
    uint8_t author[AUTHOR_BYTES];
    struct accepted head;
    char root[2 * HASH_BYTES + 1];
    if (org_id != NULL)
        author_of(bytes_of(org_id, strlen(org_id)), author);
    if (org_id == NULL || !federation_head(d->node->core, author, &head)) {
        desk_refuse(d, client, "not-found");
        return;
    }
    sodium_bin2hex(root, sizeof root, head.root, HASH_BYTES);
    desk_end(d, client,
             json_pack("{s:{s:b,s:I,s:I,s:s}}", "end", "ok", 1, "feed_epoch",
                       (json_int_t)head.feed_epoch, "size", (json_int_t)head.size, "root", root));
}

/* ---- Dispatch ---- */

void desk_request(struct desk *d, uint64_t client, json_t *request)
{
    const char *what = json_string_value(json_object_get(request, "do"));
    if (what != NULL && strcmp(what, "publish") == 0) {
        job_start(d, JOB_PUBLISH, client, request);
        return;
    }
    if (what != NULL && strcmp(what, "consult") == 0) {
        job_start(d, JOB_CONSULT, client, request);
        return;
    }
    if (what != NULL && strcmp(what, "list") == 0) {
        do_list(d, client);
    } else if (what != NULL && strcmp(what, "erase") == 0) {
        do_erase(d, client, request);
    } else if (what != NULL && strcmp(what, "status") == 0) {
        desk_line(d, client, json_pack("{s:o}", "status", status_json(d->node)));
        desk_end(d, client, json_pack("{s:{s:b}}", "end", "ok", 1));
    } else if (what != NULL && strcmp(what, "head") == 0) {
        do_head(d, client, request);
    } else if (what != NULL && strcmp(what, "verify") == 0) {
        verify_request(d, client);
    } else if (what != NULL && strcmp(what, "witness") == 0) {
        witness_request(d, client, request);
    } else if (what != NULL && strcmp(what, "send") == 0) {
        post_send(d, client, request);
    } else if (what != NULL && strcmp(what, "inbox") == 0) {
        post_inbox(d, client, request);
    } else if (what != NULL && strcmp(what, "inbox-delete") == 0) {
        post_inbox_delete(d, client, request);
    } else if (what != NULL && strcmp(what, "outbox") == 0) {
        post_outbox(d, client);
    } else if (what != NULL && strcmp(what, "proofs") == 0) {
        evidence_proofs(d, client, request);
    } else if (what != NULL && strcmp(what, "feed-export") == 0) {
        evidence_feed(d, client, request);
    } else if (what != NULL && strcmp(what, "roster-import") == 0) {
        do_import(d, client, request);
    } else {
        desk_refuse(d, client, "format");
    }
    json_decref(request);
}

void desk_work(struct desk *d)
{
    for (size_t i = 0; i < DESK_JOBS_MAX; i++)
        job_work(d, &d->jobs[i]);
    verify_work(d);
}

bool desk_is_busy(const struct desk *d)
{
    for (size_t i = 0; i < DESK_JOBS_MAX; i++)
        if (job_is_busy(d, &d->jobs[i]))
            return true;
    return d->verify != NULL;
}

void desk_client_gone(struct desk *d, uint64_t client)
{
    for (size_t i = 0; i < DESK_JOBS_MAX; i++)
        if (d->jobs[i].kind != 0 && d->jobs[i].client == client)
            d->jobs[i].is_abandoned = true;
}
