/*
 * desk.c - requests of people: the dispatch, and member lists.
 */
#include "node/desk_job.h"

#include <assert.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "federation/access.h"
#include "node/scrub.h"
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
    d->carry = carry_new();
    backup_sweep(d);
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
    free(d->audit);
    carry_free(&d->carry);
    backup_stop(d);
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

struct periods desk_periods(const struct desk *d)
{
    struct periods p = {0};
    const struct roster *r = federation_roster(d->node->core);
    p.epoch[p.count++] = desk_epoch(d);
    for (uint32_t below = p.epoch[0]; r != NULL && p.count < PERIODS_MAX;) {
        uint32_t best = 0;
        for (size_t i = 0; i < r->key_count; i++) {
            const struct roster_key *k = &r->keys[i];
            if (k->key == KEY_PSEUDONYMS && k->epoch < below && k->epoch > best &&
                roster_key_serves(k, node_now_utc()))
                best = k->epoch;
        }
        if (best == 0)
            break;
        p.epoch[p.count++] = below = best;
    }
    return p;
}

bool periods_have(const struct periods *p, uint32_t epoch)
{
    for (size_t i = 0; i < p->count; i++)
        if (p->epoch[i] == epoch)
            return true;
    return false;
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

/* What a restored node must not tell before it has taken in what others erased since. */
static bool must_wait(const struct desk *d, const char *what)
{
    static const char *const told[] = {"consult", "alert-list", "feed-export"};
    struct standing s;
    federation_standing(d->node->core, &s);
    for (size_t i = 0; what != NULL && i < sizeof told / sizeof told[0]; i++)
        if (strcmp(what, told[i]) == 0)
            return s.is_rejoining;
    return false;
}

/* Whether a request only adds: with a full disk those wait, so that what takes back can go on. */
static bool is_addition(const char *what)
{
    static const char *const rows[] = {"publish",   "amend", "alert-publish", "alert-amend",
                                       "watch-add", "send",  "carry"};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (strcmp(rows[i], what) == 0)
            return true;
    return false;
}

void desk_request(struct desk *d, uint64_t client, json_t *request)
{
    const char *what = json_string_value(json_object_get(request, "do"));
    if (must_wait(d, what)) {
        desk_refuse(d, client, "restored");
        json_decref(request);
        return;
    }
    if (what != NULL && is_addition(what) && store_room(d->node->store).is_tight) {
        desk_refuse(d, client, "disk-full");
        json_decref(request);
        return;
    }
    if (what != NULL && strcmp(what, "publish") == 0) {
        job_start(d, JOB_PUBLISH, client, request);
        return;
    }
    if (what != NULL && strcmp(what, "consult") == 0) {
        job_start(d, JOB_CONSULT, client, request);
        return;
    }
    if (what != NULL && strcmp(what, "amend") == 0) {
        desk_amend(d, client, request);
        return;
    }
    if (what != NULL && strcmp(what, "list") == 0) {
        desk_list(d, client, request);
    } else if (what != NULL && strcmp(what, "erase") == 0) {
        desk_erase(d, client, request);
    } else if (what != NULL && strcmp(what, "retract") == 0) {
        desk_retract(d, client, request);
    } else if (what != NULL && strncmp(what, "alert-", 6) == 0) {
        desk_alert(d, client, what + 6, request);
    } else if (what != NULL && strncmp(what, "watch-", 6) == 0) {
        desk_watch(d, client, what + 6, request);
    } else if (what != NULL && strcmp(what, "ceremonies") == 0) {
        keys_list(d, client);
    } else if (what != NULL && strcmp(what, "shares") == 0) {
        keys_shares(d, client);
    } else if (what != NULL && strncmp(what, "ceremony-", 9) == 0) {
        keys_request(d, client, what + 9, request);
    } else if (what != NULL && strncmp(what, "allowance-", 10) == 0) {
        desk_allowance(d, client, what + 10, request);
    } else if (what != NULL && strcmp(what, "audit-records") == 0) {
        audit_records(d, client, request);
    } else if (what != NULL && strcmp(what, "audit-totals") == 0) {
        audit_totals(d, client, request);
    } else if (what != NULL && strcmp(what, "audit-alarms") == 0) {
        audit_alarms(d, client);
    } else if (what != NULL && strcmp(what, "status") == 0) {
        desk_line(d, client, json_pack("{s:o}", "status", status_json(d->node)));
        desk_end(d, client, json_pack("{s:{s:b}}", "end", "ok", 1));
    } else if (what != NULL && strcmp(what, "head") == 0) {
        do_head(d, client, request);
    } else if (what != NULL && strcmp(what, "verify") == 0) {
        verify_request(d, client);
    } else if (what != NULL && strcmp(what, "scrub") == 0) {
        scrub_request(d->node->scrub, client, request);
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
    } else if (what != NULL && (strcmp(what, "carry") == 0 || strcmp(what, "carry-status") == 0)) {
        carry_request(d, client, strcmp(what, "carry") != 0);
    } else if (what != NULL && strcmp(what, "backup") == 0) {
        backup_request(d, client);
    } else if (what != NULL && strcmp(what, "resume-alone") == 0) {
        resume_request(d, client);
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
    carry_work(d);
    verify_work(d);
    audit_work(d);
}

bool desk_is_busy(const struct desk *d)
{
    for (size_t i = 0; i < DESK_JOBS_MAX; i++)
        if (job_is_busy(d, &d->jobs[i]))
            return true;
    return carry_is_busy(d) || d->verify != NULL || audit_is_busy(d) || d->backup != NULL;
}

void desk_client_gone(struct desk *d, uint64_t client)
{
    for (size_t i = 0; i < DESK_JOBS_MAX; i++)
        if (d->jobs[i].kind != 0 && d->jobs[i].client == client)
            d->jobs[i].is_abandoned = true;
    carry_client_gone(d, client);
    backup_client_gone(d, client);
    audit_client_gone(d, client);
}
