/*
 * desk_carry.c - registrations carried over to a new key period.
 *
 * Of each live registration of this organisation the desk keeps the pseudonyms, sealed. When the
 * member list has a new key period and the sharing of the factor that leads to it, key holders
 * multiply the pseudonyms, blinded, by that factor; the tags that follow are written in retags, and
 * the sealed record then holds the new pseudonyms. Both are one transaction, so that a crash leaves
 * each registration carried over or not; the seed of the blinds follows from what is asked, so that
 * the same is answered again without a charge. It goes on by itself, one batch after the other,
 * beside everything else that the node does.
 */
#include "node/desk_job.h"

#include <assert.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "node/log.h"
#include "node/secret.h"
#include "node/store_read.h"
#include "node/store_write.h"
#include "protocol/retag.h"

enum {
    BATCH = EVALUATION_POINTS_MAX / SIGNAL_TAGS_MAX,
    PACE_MS = 50,     /* between batches */
    AGAIN_MS = 60000, /* after something went wrong, and between looks for what is left */
    WATCHERS_MAX = 8,
};

struct carry_batch {
    size_t count;
    uint64_t index[BATCH];
    struct desk_record record[BATCH];
    size_t points;
    uint8_t point[EVALUATION_POINTS_MAX][32];
    bool is_made; /* the points are multiplied: to be written */
};

struct carry {
    bool is_going;        /* a pass over all records is under way */
    bool is_forced;       /* somebody asked: now, whatever went wrong before */
    uint64_t next;        /* record to go on from */
    uint64_t wait_ms;     /* until when */
    struct asking asking; /* of the evaluation under way */
    uint64_t ticket;      /* of the evaluation under way; 0 none */
    bool has_more;        /* some need another step: they were several key periods behind */
    uint32_t done_epoch;  /* nothing is left to be carried over to this one */
    size_t left;          /* in this pass: could not be carried over */
    uint64_t carried;     /* since the start of the node */
    enum err failure;     /* of this pass */
    char detail[512];
    uint64_t watcher[WATCHERS_MAX]; /* clients that wait for the end of the pass */
    size_t watcher_count;
    struct carry_batch *batch; /* locked memory */
};

struct carry *carry_new(void)
{
    struct carry *c = calloc(1, sizeof *c);
    assert(c != NULL);
    c->batch = secret_new(sizeof *c->batch);
    return c;
}

void carry_free(struct carry **pc)
{
    secret_free((*pc)->batch);
    free(*pc);
    *pc = NULL;
}

size_t carry_in_flight(const struct desk *d)
{
    return d->carry->ticket != 0;
}

/* ---- Which are left ---- */

/* The key period in which a record's pseudonyms are: records of the first version do not say, and
 * are of the first that the member list knows. */
static uint32_t epoch_of(const struct desk *d, const struct desk_record *record)
{
    const struct roster *r = federation_roster(d->node->core);
    uint32_t first = 0;
    if (record->epoch != 0 || r == NULL)
        return record->epoch;
    for (size_t i = 0; i < r->key_count; i++)
        if (r->keys[i].key == KEY_PSEUDONYMS && (first == 0 || r->keys[i].epoch < first))
            first = r->keys[i].epoch;
    return first;
}

static bool has_factor(const struct desk *d, uint32_t epoch)
{
    const struct roster *r = federation_roster(d->node->core);
    return r != NULL && roster_key_of_epoch(r, KEY_FACTOR, epoch, node_now_utc()) != NULL;
}

enum standing_of { IS_CARRIED, IS_LEFT, IS_LOST, IS_OVER };

/* Whether a registration needs to be carried over: IS_LOST where there is no way any more. */
static enum standing_of standing_of(struct desk *d, uint64_t index,
                                    const struct desk_record *record)
{
    uint32_t epoch = epoch_of(d, record), now = desk_epoch(d);
    struct desk_entry e = desk_look(d, index);
    if (e.force != FORCE_YES || record->expires_day < node_today() || record->count == 0)
        return IS_OVER;
    if (epoch >= now)
        return IS_CARRIED;
    for (uint32_t step = epoch + 1; step <= now; step++)
        if (!has_factor(d, step))
            return IS_LOST;
    return IS_LEFT;
}

struct gathering {
    struct desk *desk;
    struct carry *carry;
};

/* Takes one that is left into the batch; false once that is full. A batch is of one key period. */
static bool gather_one(void *ctx, uint64_t index, struct bytes sealed)
{
    struct gathering *g = ctx;
    struct carry_batch *b = g->carry->batch;
    struct desk_record *record = &b->record[b->count];
    if (desk_unseal(g->desk->key, index, sealed, record) == OK) {
        record->epoch = epoch_of(g->desk, record);
        enum standing_of s = standing_of(g->desk, index, record);
        bool fits = b->count == 0 || record->epoch == b->record[0].epoch;
        g->carry->left += s == IS_LOST;
        if (s == IS_LEFT && !fits) {
            sodium_memzero(record, sizeof *record);
            return false;
        }
        if (s == IS_LEFT) {
            b->index[b->count++] = index;
            for (size_t i = 0; i < record->count; i++)
                memcpy(b->point[b->points++], record->tags[i].n, 32);
        } else {
            sodium_memzero(record, sizeof *record);
        }
    }
    g->carry->next = index + 1;
    return b->count < BATCH;
}

/* ---- Asking ---- */

static void clear_batch(struct carry *c)
{
    sodium_memzero(c->batch, sizeof *c->batch);
}

static void seed_of(const struct desk *d, const struct carry_batch *b, const char *domain,
                    uint8_t out[32])
{
    crypto_generichash_state st;
    crypto_generichash_init(&st, d->key, 32, 32);
    crypto_generichash_update(&st, (const uint8_t *)domain, strlen(domain));
    crypto_generichash_update(&st, (const uint8_t *)&b->record[0].epoch, sizeof(uint32_t));
    crypto_generichash_update(&st, (const uint8_t *)b->point, b->points * 32);
    crypto_generichash_final(&st, out, 32);
    sodium_memzero(&st, sizeof st);
}

static void ask(struct desk *d, struct carry *c)
{
    const struct carry_batch *b = c->batch;
    struct event ev = {.type = EVENT_EVALUATE};
    uint8_t salt[32], seed[32];
    ev.evaluate.key = KEY_FACTOR;
    ev.evaluate.epoch = b->record[0].epoch + 1;
    ev.evaluate.elements = b->point;
    ev.evaluate.count = b->points;
    c->ticket = ev.evaluate.ticket = ++d->next_ticket;
    seed_of(d, b, "seinpost/v1/carry-seed", seed);
    seed_of(d, b, "seinpost/v1/carry-salt", salt);
    /* A store that failed ends the process at the commit. */
    if (account_begin_carry(d, b->points, salt, seed, &ev, &c->asking) == OK)
        node_step(d->node, &ev);
    sodium_memzero(&ev, sizeof ev);
    sodium_memzero(salt, sizeof salt);
    sodium_memzero(seed, sizeof seed);
}

struct asking *carry_asking(struct desk *d, uint64_t ticket)
{
    return d->carry->ticket != 0 && d->carry->ticket == ticket ? &d->carry->asking : NULL;
}

/* ---- Writing ---- */

static int compare_tags(const void *a, const void *b)
{
    return memcmp(a, b, TAG_BYTES);
}

/* The lowest counter whose tag no live entry of ours has in that key period, nor one of this batch
 * before. */
static bool choose(struct desk *d, uint32_t epoch, struct desk_tag *t, const uint8_t *taken,
                   size_t count, uint8_t tag[TAG_BYTES])
{
    for (t->counter = 0; t->counter < COUNTERS; t->counter++) {
        struct tag_hit hit;
        bool is_taken = false;
        tag_derive(t->n, epoch, d->node->author, t->kind, t->counter, tag);
        for (size_t i = 0; i < count && !is_taken; i++)
            is_taken = memcmp(taken + i * TAG_BYTES, tag, TAG_BYTES) == 0;
        if (!is_taken &&
            store_find_tag_of(d->node->store, d->node->author, tag, node_today(), &hit, 1) == 0)
            return true;
    }
    return false;
}

/* Appends the retags of a batch, and seals the new pseudonyms. What has no room left for one of its
 * tags goes on without it, as in a publication. */
static enum err write_batch(struct desk *d, struct carry_batch *b, const uint8_t (*points)[32])
{
    uint8_t *taken = malloc((size_t)BATCH * SIGNAL_TAGS_MAX * TAG_BYTES);
    uint8_t(*payload)[RETAG_BYTES_MAX] = calloc(BATCH, sizeof *payload);
    struct draft *drafts = calloc(BATCH, sizeof *drafts);
    assert(taken != NULL && payload != NULL && drafts != NULL);
    size_t used = 0, at = 0, count = 0;
    for (size_t i = 0; i < b->count; i++) {
        struct desk_record *r = &b->record[i];
        uint8_t *own = taken + used * TAG_BYTES;
        size_t kept = 0;
        r->epoch++;
        for (size_t k = 0; k < r->count; k++) {
            struct desk_tag t = r->tags[k];
            memcpy(t.n, points[at++], 32);
            if (choose(d, r->epoch, &t, taken, used, taken + used * TAG_BYTES)) {
                used++;
                r->tags[kept++] = t;
            }
            sodium_memzero(&t, sizeof t);
        }
        r->count = kept;
        if (kept == 0)
            continue;
        struct retag retag = {.epoch = r->epoch, .count = kept};
        uint8_t sorted[SIGNAL_TAGS_MAX * TAG_BYTES];
        memcpy(sorted, own, kept * TAG_BYTES);
        qsort(sorted, kept, TAG_BYTES, compare_tags);
        retag.tags = sorted;
        drafts[count++] =
            (struct draft){.type = ENTRY_RETAG,
                           .expires_day = r->expires_day,
                           .ref_plus_one = b->index[i] + 1,
                           .payload = bytes_of(payload[i], retag_encode(&retag, payload[i]))};
    }
    uint64_t first;
    enum err e = count > 0 ? desk_append(d, drafts, count, &first) : OK;
    for (size_t i = 0; i < b->count && e == OK; i++) {
        uint8_t sealed[DESK_SEALED_BYTES];
        desk_seal(d->key, b->index[i], &b->record[i], sealed);
        e = store_desk_delete(d->node->store, b->index[i]);
        if (e == OK)
            e = store_desk_put(d->node->store, b->index[i], bytes_of(sealed, sizeof sealed));
    }
    free(taken);
    free(payload);
    free(drafts);
    return e;
}

/* ---- A pass ---- */

static void tell_watchers(struct desk *d, struct carry *c)
{
    for (size_t i = 0; i < c->watcher_count; i++) {
        if (c->failure == OK)
            desk_end_committed(d, c->watcher[i],
                               json_pack("{s:{s:b,s:I,s:I}}", "end", "ok", 1, "carried",
                                         (json_int_t)c->carried, "lost", (json_int_t)c->left));
        else
            desk_end_committed(d, c->watcher[i],
                               json_pack("{s:{s:b,s:s,s:s,s:I}}", "end", "ok", 0, "error",
                                         desk_append_error(c->failure), "detail", c->detail,
                                         "carried", (json_int_t)c->carried));
    }
    c->watcher_count = 0;
}

static void end_pass(struct desk *d, struct carry *c)
{
    clear_batch(c);
    c->is_going = false;
    c->is_forced = false;
    c->wait_ms = node_now_ms() + AGAIN_MS;
    if (c->failure == OK)
        c->done_epoch = desk_epoch(d);
    if (c->failure != OK)
        log_line(LEVEL_WARNING, "carry-over-waits", log_err("reason", c->failure),
                 log_text("detail", c->detail));
    else if (c->carried > 0)
        log_line(LEVEL_INFO, "carry-over-done", log_u64("carried", c->carried),
                 log_u64("lost", c->left));
    tell_watchers(d, c);
}

static void fail_pass(struct desk *d, struct carry *c, enum err e, const char *detail)
{
    c->failure = e;
    strncpy(c->detail, detail, sizeof c->detail - 1);
    end_pass(d, c);
}

/* Whether none of a batch was taken back or amended while key holders were asked: such a one has
 * another record now, or none. */
static bool is_still_so(struct desk *d, const struct carry_batch *b)
{
    bool is_same = true;
    for (size_t i = 0; i < b->count && is_same; i++) {
        struct desk_record now;
        desk_record_of(d, b->index[i], &now);
        is_same = now.count == b->record[i].count && standing_of(d, b->index[i], &now) == IS_LEFT;
        sodium_memzero(&now, sizeof now);
    }
    return is_same;
}

/* Writes what was made; begins the pass again where something changed meanwhile. */
static void finish_batch(struct desk *d, struct carry *c)
{
    struct carry_batch *b = c->batch;
    size_t count = b->count;
    b->is_made = false;
    if (!is_still_so(d, b)) {
        c->next = 0;
        c->left = 0;
        clear_batch(c);
        return;
    }
    enum err e = write_batch(d, b, (const uint8_t(*)[32])b->point);
    if (e != OK) {
        fail_pass(d, c, e, "");
        return;
    }
    c->carried += count;
    c->has_more = c->has_more || b->record[0].epoch < desk_epoch(d);
    clear_batch(c);
    c->wait_ms = node_now_ms() + PACE_MS;
}

/* Whether a pass should begin: there is a key period to which something may be left. */
static bool is_due(const struct desk *d)
{
    const struct carry *c = d->carry;
    uint32_t epoch = desk_epoch(d);
    return c->is_forced || (epoch > 0 && epoch != c->done_epoch && has_factor(d, epoch) &&
                            node_now_ms() >= c->wait_ms);
}

bool carry_is_busy(const struct desk *d)
{
    const struct carry *c = d->carry;
    if (c->batch->is_made)
        return true;
    if (c->ticket != 0 || desk_in_flight(d) >= EVALUATIONS_MAX - 1)
        return false; /* people come first */
    return c->is_going ? node_now_ms() >= c->wait_ms : is_due(d);
}

void carry_work(struct desk *d)
{
    struct carry *c = d->carry;
    struct standing s;
    if (!carry_is_busy(d))
        return;
    if (c->batch->is_made) {
        finish_batch(d, c);
        return;
    }
    federation_standing(d->node->core, &s);
    if (!s.may_sign && !c->is_forced)
        return;
    if (!c->is_going) {
        c->is_going = true;
        c->next = 0;
        c->left = 0;
        c->failure = OK;
        memset(c->detail, 0, sizeof c->detail);
    }
    struct gathering g = {d, c};
    clear_batch(c);
    if (!s.may_sign) {
        fail_pass(d, c, ERR_UNAVAILABLE, "");
    } else if (store_desk_read(d->node->store, c->next, gather_one, &g) != OK) {
        fail_pass(d, c, ERR_IO, "");
    } else if (c->batch->count > 0) {
        ask(d, c);
    } else if (c->has_more) {
        c->has_more = false;
        c->next = 0;
        c->left = 0;
    } else {
        end_pass(d, c);
    }
}

bool carry_on_evaluated(struct desk *d, const struct effect *e)
{
    struct carry *c = d->carry;
    if (c->ticket == 0 || e->evaluated.ticket != c->ticket)
        return false;
    c->ticket = 0;
    (void)!account_end(d, &c->asking, e->evaluated.result); /* likewise */
    if (e->evaluated.result != OK) {
        fail_pass(d, c, e->evaluated.result, e->evaluated.detail);
        return true;
    }
    struct carry_batch *b = c->batch;
    if (e->evaluated.count != b->points) {
        fail_pass(d, c, ERR_FORMAT, "");
        return true;
    }
    memcpy(b->point, e->evaluated.points, b->points * 32);
    b->is_made = true; /* written in the next turn: this is a step of the core */
    return true;
}

/* ---- Requests ---- */

struct counts {
    struct desk *desk;
    size_t of[4];
};

static bool count_one(void *ctx, uint64_t index, struct bytes sealed)
{
    struct counts *n = ctx;
    struct desk_record record;
    if (desk_unseal(n->desk->key, index, sealed, &record) == OK)
        n->of[standing_of(n->desk, index, &record)]++;
    sodium_memzero(&record, sizeof record);
    return true;
}

/* The end of the key period before the one in use; 0: it has no end, or there is none. */
static int64_t until_utc(const struct desk *d)
{
    const struct roster *r = federation_roster(d->node->core);
    const struct roster_key *k =
        r != NULL && desk_epoch(d) > 1
            ? roster_key_of_epoch(r, KEY_PSEUDONYMS, desk_epoch(d) - 1, node_now_utc())
            : NULL;
    return k != NULL ? k->until_utc : 0;
}

json_t *carry_status(struct desk *d)
{
    struct counts n = {.desk = d};
    const struct carry *c = d->carry;
    if (store_desk_read(d->node->store, 0, count_one, &n) != OK)
        return NULL;
    return json_pack("{s:I,s:I,s:I,s:I,s:I,s:b,s:s,s:s}", "period", (json_int_t)desk_epoch(d),
                     "carried", (json_int_t)n.of[IS_CARRIED], "left", (json_int_t)n.of[IS_LEFT],
                     "lost", (json_int_t)n.of[IS_LOST], "until", (json_int_t)until_utc(d), "going",
                     (int)c->is_going, "error",
                     c->failure == OK ? "" : desk_append_error(c->failure), "detail", c->detail);
}

void carry_request(struct desk *d, uint64_t client, bool is_looking_only)
{
    struct carry *c = d->carry;
    if (is_looking_only) {
        json_t *line = carry_status(d);
        if (line == NULL) {
            desk_refuse(d, client, "io");
            return;
        }
        desk_line(d, client, json_pack("{s:o}", "carry", line));
        desk_end(d, client, json_pack("{s:{s:b}}", "end", "ok", 1));
        return;
    }
    if (c->watcher_count == WATCHERS_MAX) {
        desk_refuse(d, client, "full");
        return;
    }
    c->watcher[c->watcher_count++] = client;
    c->is_forced = true;
    if (!c->is_going)
        c->carried = 0;
}

void carry_client_gone(struct desk *d, uint64_t client)
{
    struct carry *c = d->carry;
    for (size_t i = c->watcher_count; i-- > 0;)
        if (c->watcher[i] == client)
            c->watcher[i] = c->watcher[--c->watcher_count];
}
