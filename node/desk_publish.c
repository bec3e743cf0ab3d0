#include "node/desk_job.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "node/store_read.h"
#include "node/store_write.h"
#include "protocol/calendar.h"

enum { PUBLISH_APPEND_MAX = 1024 };

static void bad_row(struct desk *d, const struct desk_job *j, const struct row *r,
                    const char *field, const char *fault, const char *more, const char *value)
{
    json_t *bad = json_pack("{s:I,s:s,s:s,s:s,s:I}", "line", r->line, "ref", r->ref, "field", field,
                            "fault", fault, "position", (json_int_t)1);
    if (more != NULL)
        json_object_set_new(bad, more, json_string(value));
    desk_line(d, j->client, json_pack("{s:o}", "bad", bad));
}

/* What is put in force needs an end: not past, and not beyond what the member list allows. Returns
 * the fault, and for "expires-beyond" the last day; NULL if the day is in order. */
static const char *expires_fault(struct desk *d, struct bytes text, uint32_t *day,
                                 char latest[DAY_TEXT_BYTES])
{
    int32_t parsed;
    latest[0] = '\0';
    if (text.len == 0)
        return "expires-missing";
    if (!day_parse(text, &parsed))
        return "expires-form";
    uint32_t today = node_today();
    const struct roster *roster = federation_roster(d->node->core);
    uint32_t term = roster != NULL ? roster->policy.term_days_max : POLICY_TERM_DAYS_MAX;
    if (parsed < (int32_t)today)
        return "expires-past";
    if ((uint32_t)parsed > today + term) {
        day_format((int32_t)(today + term), latest);
        return "expires-beyond";
    }
    *day = (uint32_t)parsed;
    return NULL;
}

static bool check_expiry(struct desk *d, const struct desk_job *j, struct row *r)
{
    char latest[DAY_TEXT_BYTES];
    const char *fault = expires_fault(d, row_field(r, "expires"), &r->expires_day, latest);
    if (fault != NULL)
        bad_row(d, j, r, "expires", fault, latest[0] != '\0' ? "latest" : NULL, latest);
    return fault == NULL;
}

bool desk_check_expires(struct desk *d, uint64_t client, const json_t *request, uint32_t *day)
{
    char latest[DAY_TEXT_BYTES];
    const char *text = json_string_value(json_object_get(request, "expires"));
    const char *fault = expires_fault(
        d, text != NULL ? bytes_of(text, strlen(text)) : bytes_of("", 0), day, latest);
    if (fault == NULL)
        return true;
    desk_line(d, client,
              json_pack("{s:{s:i,s:s,s:s,s:s,s:i,s:s}}", "bad", "line", 0, "ref", "", "field",
                        "expires", "fault", fault, "position", 1, "latest", latest));
    desk_end(d, client,
             json_pack("{s:{s:b,s:s,s:i}}", "end", "ok", 0, "error", "bad-rows", "bad", 1));
    return false;
}

bool publish_check(struct desk *d, struct desk_job *j, struct row *r)
{
    bool is_sound = check_expiry(d, j, r);
    if (r->count == 0 && !r->is_bad) { /* the detail that is wrong may be what is missing */
        bad_row(d, j, r, "person", "no-keys", NULL, NULL);
        is_sound = false;
    }
    return is_sound;
}

/* ---- Choosing counters ---- */

/* Tags chosen in this job, which the store does not know yet: open addressing by prefix. */
struct chosen {
    uint64_t *slots;
    size_t mask;
};

static bool chosen_init(struct chosen *c, size_t tags)
{
    size_t size = 64;
    while (size < tags * 2)
        size *= 2;
    c->slots = calloc(size, sizeof *c->slots);
    c->mask = size - 1;
    return c->slots != NULL;
}

static bool chosen_has(const struct chosen *c, uint64_t prefix)
{
    for (size_t i = prefix & c->mask; c->slots[i] != 0; i = (i + 1) & c->mask)
        if (c->slots[i] == prefix)
            return true;
    return false;
}

static void chosen_add(struct chosen *c, uint64_t prefix)
{
    size_t i = prefix & c->mask;
    while (c->slots[i] != 0)
        i = (i + 1) & c->mask;
    c->slots[i] = prefix;
}

/* The lowest counter that no live entry of ours uses for this pseudonym, but for the one that is
 * being amended; COUNTERS if all four are used. */
static uint8_t choose_counter(struct desk *d, const struct desk_job *j, const struct chosen *c,
                              const uint8_t n[32], uint8_t kind, uint8_t tag[TAG_BYTES])
{
    for (uint8_t counter = 0; counter < COUNTERS; counter++) {
        struct tag_hit hits[2];
        tag_derive(n, j->periods.epoch[0], d->node->author, kind, counter, tag);
        size_t count =
            store_find_tag_of(d->node->store, d->node->author, tag, node_today(), hits, 2);
        bool is_replaced = count == 1 && j->kind == JOB_AMEND && hits[0].index == j->target.current;
        if ((count == 0 || is_replaced) && !chosen_has(c, tag_prefix(tag)))
            return counter;
    }
    return COUNTERS;
}

static int compare_tags(const void *a, const void *b)
{
    return memcmp(a, b, TAG_BYTES);
}

/* Chooses for every key of a row; false if the row cannot be published, which is reported. */
static bool choose(struct desk *d, struct desk_job *j, struct row *r, struct chosen *c,
                   uint8_t *tags, size_t *tag_count)
{
    *tag_count = 0;
    r->counters = malloc(r->count + 1);
    if (r->counters == NULL)
        return false;
    for (size_t i = 0; i < r->count; i++) {
        uint8_t *tag = tags + *tag_count * TAG_BYTES;
        r->counters[i] = choose_counter(d, j, c, r->n[i], r->kinds[i], tag);
        if (r->counters[i] < COUNTERS) {
            (*tag_count)++;
            continue;
        }
        const char *kind = match_kind_name(r->kinds[i]);
        if (match_kind_is_strong(r->kinds[i])) {
            bad_row(d, j, r, "person", "too-many-entries", "kind", kind);
            return false;
        }
        desk_line(d, j->client,
                  json_pack("{s:{s:I,s:s,s:s,s:s}}", "warning", "line", r->line, "ref", r->ref,
                            "kind", kind, "code", "weak-left-out"));
    }
    if (*tag_count == 0) {
        bad_row(d, j, r, "person", "too-many-entries", "kind", "name-born");
        return false;
    }
    for (size_t i = 0; i < *tag_count; i++)
        chosen_add(c, tag_prefix(tags + i * TAG_BYTES));
    qsort(tags, *tag_count, TAG_BYTES, compare_tags);
    return true;
}

/* ---- Appending ---- */

static enum err keep_record(struct desk *d, uint32_t epoch, const struct row *r,
                            uint32_t written_day)
{
    struct desk_record record = {
        .epoch = epoch, .written_day = written_day, .expires_day = r->expires_day};
    strncpy(record.ref, r->ref, DESK_REF_BYTES_MAX);
    for (size_t i = 0; i < r->count; i++) {
        if (r->counters[i] == COUNTERS)
            continue;
        struct desk_tag *t = &record.tags[record.count++];
        t->kind = r->kinds[i];
        t->counter = r->counters[i];
        memcpy(t->n, r->n[i], 32);
    }
    uint8_t sealed[DESK_SEALED_BYTES];
    desk_seal(d->key, r->index, &record, sealed);
    sodium_memzero(&record, sizeof record);
    return store_desk_put(d->node->store, r->index, bytes_of(sealed, sizeof sealed));
}

/* Rows whose tags lie ready, as one append; the index of each is noted. */
static enum err append_some(struct desk *d, uint32_t epoch, struct row **rows,
                            const struct draft *drafts, size_t count)
{
    uint64_t first;
    enum err e = desk_append(d, drafts, count, &first);
    for (size_t i = 0; i < count && e == OK; i++) {
        rows[i]->index = first + i;
        e = keep_record(d, epoch, rows[i], node_today());
    }
    return e;
}

/* Everything that was chosen goes into the feed, all in one transaction. */
static enum err append_all(struct desk *d, struct desk_job *j,
                           uint8_t (*payloads)[SIGNAL_BYTES_MAX], const size_t *lens)
{
    struct draft *drafts = calloc(PUBLISH_APPEND_MAX, sizeof *drafts);
    struct row **rows = calloc(PUBLISH_APPEND_MAX, sizeof *rows);
    enum err e = drafts == NULL || rows == NULL ? ERR_FULL : OK;
    size_t count = 0;
    for (size_t i = 0; i < j->row_count && e == OK; i++) {
        if (j->rows[i].is_bad)
            continue;
        rows[count] = &j->rows[i];
        drafts[count++] = (struct draft){.type = ENTRY_SIGNAL,
                                         .expires_day = j->rows[i].expires_day,
                                         .payload = bytes_of(payloads[i], lens[i])};
        if (count == PUBLISH_APPEND_MAX) {
            e = append_some(d, j->periods.epoch[0], rows, drafts, count);
            count = 0;
        }
    }
    if (e == OK && count > 0)
        e = append_some(d, j->periods.epoch[0], rows, drafts, count);
    free(drafts);
    free(rows);
    return e;
}

/* The new version of one registration, in the place of the one before. */
static enum err append_amended(struct desk *d, struct desk_job *j, struct bytes payload)
{
    struct row *r = &j->rows[0];
    size_t count = 0;
    enum err e = desk_append_amended(d, &j->target, ENTRY_SIGNAL, payload, r->expires_day,
                                     &r->index, &count);
    if (e == OK)
        e = keep_record(d, j->periods.epoch[0], r, j->written_day);
    return e == OK ? store_desk_delete(d->node->store, j->target.current) : e;
}

/* Chooses tags for all rows and encodes their payloads. */
static void choose_all(struct desk *d, struct desk_job *j, uint8_t (*payloads)[SIGNAL_BYTES_MAX],
                       size_t *lens)
{
    struct chosen c;
    if (!chosen_init(&c, j->row_count * SIGNAL_TAGS_MAX)) {
        j->failure = ERR_FULL;
        return;
    }
    for (size_t i = 0; i < j->row_count; i++) {
        struct row *r = &j->rows[i];
        uint8_t tags[SIGNAL_TAGS_MAX * TAG_BYTES];
        size_t count;
        if (r->is_bad)
            continue;
        if (!choose(d, j, r, &c, tags, &count)) {
            r->is_bad = true;
            j->bad++;
            continue;
        }
        struct signal s = {count, tags};
        lens[i] = signal_encode(&s, payloads[i]);
    }
    free(c.slots);
}

static json_t *published_lines(const struct desk *d, const struct desk_job *j)
{
    json_t *lines = json_array();
    size_t count = 0;
    for (size_t i = 0; i < j->row_count; i++) {
        const struct row *r = &j->rows[i];
        if (r->is_bad)
            continue;
        json_t *kinds = json_array();
        for (size_t k = 0; k < r->count; k++)
            if (r->counters[k] < COUNTERS)
                json_array_append_new(kinds, json_string(match_kind_name(r->kinds[k])));
        char expires[DAY_TEXT_BYTES];
        day_format((int32_t)r->expires_day, expires);
        uint64_t number = j->kind == JOB_AMEND ? j->target.original : r->index;
        json_array_append_new(lines, json_pack("{s:{s:I,s:s,s:I,s:s,s:o}}", "row", "line", r->line,
                                               "ref", r->ref, "index", (json_int_t)number,
                                               "expires", expires, "kinds", kinds));
        count++;
    }
    struct standing s;
    federation_standing(d->node->core, &s);
    json_array_append_new(lines, json_pack("{s:{s:b,s:I,s:I,s:I}}", "end", "ok", 1, "published",
                                           (json_int_t)count, "skipped", (json_int_t)j->bad, "size",
                                           (json_int_t)s.size));
    return lines;
}

static json_t *failed_line(struct desk *d, const struct desk_job *j)
{
    struct standing s;
    federation_standing(d->node->core, &s);
    bool is_not_ready = j->failure == ERR_UNAVAILABLE && !s.may_sign;
    return json_pack("{s:{s:b,s:s,s:s,s:I,s:I}}", "end", "ok", 0, "error",
                     is_not_ready ? "not-ready" : desk_error_name(j->failure), "detail", j->detail,
                     "needed", (json_int_t)s.needed, "answered", (json_int_t)s.answered);
}

void publish_finish(struct desk *d, struct desk_job *j)
{
    struct standing s;
    federation_standing(d->node->core, &s);
    if (!s.may_sign && j->failure == OK)
        j->failure = ERR_UNAVAILABLE;
    /* Nothing new is registered in a key period that is ending. */
    if (j->failure == OK && j->periods.epoch[0] != desk_epoch(d))
        j->failure = ERR_EPOCH;
    /* What was to be amended may have been taken back while the keyholders were asked. */
    const char *why = j->kind == JOB_AMEND ? desk_why_not_amend(d, &j->target, false) : NULL;
    if (why != NULL) {
        desk_refuse(d, j->client, why);
        job_close(j);
        return;
    }
    uint8_t(*payloads)[SIGNAL_BYTES_MAX] = NULL;
    size_t *lens = NULL;
    if (j->failure == OK) {
        payloads = calloc(j->row_count, sizeof *payloads);
        lens = calloc(j->row_count, sizeof *lens);
        j->failure = payloads == NULL || lens == NULL ? ERR_FULL : OK;
    }
    if (j->failure == OK)
        choose_all(d, j, payloads, lens);
    if (j->failure == OK && j->bad > 0 && !j->skip_bad) {
        desk_end(d, j->client,
                 json_pack("{s:{s:b,s:s,s:I}}", "end", "ok", 0, "error", "bad-rows", "bad",
                           (json_int_t)j->bad));
        free(payloads);
        free(lens);
        job_close(j);
        return;
    }
    if (j->failure == OK)
        j->failure = j->kind == JOB_AMEND ? append_amended(d, j, bytes_of(payloads[0], lens[0]))
                                          : append_all(d, j, payloads, lens);
    free(payloads);
    free(lens);
    if (j->failure != OK) {
        desk_end(d, j->client, failed_line(d, j));
        job_close(j);
        return;
    }
    j->after_commit = published_lines(d, j);
}

void publish_committed(struct desk *d, struct desk_job *j)
{
    size_t i;
    json_t *line;
    json_array_foreach(j->after_commit, i, line) desk_line(d, j->client, json_incref(line));
    control_end(d->node->control, j->client);
    job_close(j);
}
