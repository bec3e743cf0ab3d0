/*
 * desk_account.c - what the node records of its own asking, and what it asks keyholders about that.
 *
 * Before a request leaves, its record is in the store, sealed: what it is for, the commitment's
 * opening, the request's number, the hash of its points. Keyholders are asked for their side page
 * by page, one after the other (a struct desk_audit), and each row goes to the client as it comes:
 * the comparison is made there (audit.h), and just so by an auditor.
 */
#include "node/desk_job.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "node/log.h"
#include "node/post_seal.h"
#include "node/store_account.h"
#include "node/unusual.h"
#include "protocol/calendar.h"

static const char *text_of(const json_t *request, const char *name)
{
    const char *text = json_string_value(json_object_get(request, name));
    return text != NULL ? text : "";
}

/* ---- Own records ---- */

static enum err put(struct desk *d, const struct asking *a)
{
    uint8_t plain[ASKING_BYTES], sealed[ASKING_BYTES + POST_SEAL_BYTES];
    asking_encode(a, plain);
    post_seal(d->key, POST_ASKING, post_context_id(a->commitment), bytes_of(plain, sizeof plain),
              sealed);
    sodium_memzero(plain, sizeof plain);
    return store_purpose_put(d->node->store, a->commitment, a->day,
                             bytes_of(sealed, sizeof sealed));
}

/* Salt and seed stand in the asking. */
static enum err begin(struct desk *d, size_t elements, struct event *ev, struct asking *a)
{
    a->state = ASKING_BEGUN;
    a->day = node_today();
    a->record.elements = (uint32_t)elements;
    account_seed_hash(a->seed, a->record.seed_hash);
    account_commit(&a->record, a->commitment);
    memcpy(ev->evaluate.seed, a->seed, sizeof ev->evaluate.seed);
    memcpy(ev->evaluate.purpose, a->commitment, HASH_BYTES);
    return put(d, a);
}

enum err account_begin(struct desk *d, const struct desk_job *j, size_t elements, struct event *ev,
                       struct asking *a)
{
    bool is_consult = j->kind == JOB_CONSULT;
    memset(a, 0, sizeof *a);
    a->record.kind = is_consult ? RECORD_CONSULT : RECORD_PUBLICATION;
    snprintf(a->record.purpose, sizeof a->record.purpose, "%s",
             is_consult ? text_of(j->request, "purpose") : "publication");
    snprintf(a->record.vacancy, sizeof a->record.vacancy, "%s",
             is_consult ? text_of(j->request, "vacancy") : "");
    randombytes_buf(a->record.salt, sizeof a->record.salt);
    randombytes_buf(a->seed, sizeof a->seed);
    return begin(d, elements, ev, a);
}

enum err account_begin_carry(struct desk *d, size_t elements, const uint8_t salt[32],
                             const uint8_t seed[32], struct event *ev, struct asking *a)
{
    memset(a, 0, sizeof *a);
    a->record.kind = RECORD_PUBLICATION;
    snprintf(a->record.purpose, sizeof a->record.purpose, "%s", "carry-over");
    memcpy(a->record.salt, salt, sizeof a->record.salt);
    memcpy(a->seed, seed, sizeof a->seed);
    return begin(d, elements, ev, a);
}

enum err account_end(struct desk *d, struct asking *a, enum err result)
{
    a->state = result == OK ? ASKING_ANSWERED : ASKING_FAILED;
    enum err e = put(d, a);
    sodium_memzero(a, sizeof *a);
    return e;
}

/* Whose evaluation has that ticket; NULL if nobody's. */
static struct asking *find_asking(struct desk *d, uint64_t ticket)
{
    for (size_t k = 0; k < DESK_JOBS_MAX; k++)
        for (size_t i = 0; d->jobs[k].kind != 0 && i < CHUNKS_MAX; i++)
            if (d->jobs[k].chunks[i].ticket == ticket)
                return &d->jobs[k].chunks[i].asking;
    return carry_asking(d, ticket);
}

enum err desk_on_asked(struct desk *d, const struct effect *e)
{
    struct asking *a = find_asking(d, e->asked.ticket);
    if (a == NULL)
        return OK;
    a->state = ASKING_SENT;
    a->points = e->asked.points;
    a->needed = e->asked.needed;
    memcpy(a->request, e->asked.request, REQUEST_BYTES);
    memcpy(a->points_hash, e->asked.points_hash, HASH_BYTES);
    return put(d, a);
}

struct opening {
    struct desk *d;
    uint64_t client;
    size_t unreadable;
};

static bool open_record(void *ctx, const uint8_t id[REQUEST_BYTES], uint32_t day,
                        struct bytes sealed)
{
    struct opening *o = ctx;
    uint8_t plain[ASKING_BYTES];
    struct asking a;
    if (sealed.len != sizeof plain + POST_SEAL_BYTES ||
        post_unseal(o->d->key, POST_ASKING, post_context_id(id), sealed, plain) != OK ||
        asking_decode(bytes_of(plain, sizeof plain), &a) != OK ||
        memcmp(a.commitment, id, REQUEST_BYTES) != 0) {
        o->unreadable++;
    } else {
        a.day = day;
        desk_line(o->d, o->client, json_pack("{s:o}", "record", asking_json(&a)));
    }
    sodium_memzero(plain, sizeof plain);
    sodium_memzero(&a, sizeof a);
    return true;
}

/* The month that a request names, and its days; false if it names none. */
static bool month_of(const json_t *request, uint32_t *month, uint32_t *first, uint32_t *last)
{
    json_int_t value = json_integer_value(json_object_get(request, "month"));
    *month = value > 0 && value <= 999912 ? (uint32_t)value : 0;
    return account_month_days(*month, first, last) == OK;
}

void audit_records(struct desk *d, uint64_t client, const json_t *request)
{
    uint32_t month, first, last;
    struct opening o = {d, client, 0};
    if (!month_of(request, &month, &first, &last)) {
        desk_refuse(d, client, "format");
        return;
    }
    if (store_purposes(d->node->store, first, last, open_record, &o) != OK) {
        desk_refuse(d, client, "io");
        return;
    }
    desk_end(d, client,
             json_pack("{s:{s:b,s:I,s:s}}", "end", "ok", 1, "unreadable", (json_int_t)o.unreadable,
                       "org_id", d->node->config.org_id));
}

/* ---- What keyholders charged ---- */

struct desk_audit {
    uint64_t client;
    bool is_abandoned;
    uint64_t ticket; /* of the page under way; 0: ask for the next */
    uint8_t member[AUTHOR_BYTES];
    uint32_t month;
    size_t next; /* organisation in the member list */
    uint8_t after[REQUEST_BYTES];
    bool has_rows; /* the client wants each request */
    size_t asked, failed;
};

void audit_client_gone(struct desk *d, uint64_t client)
{
    if (d->audit != NULL && d->audit->client == client)
        d->audit->is_abandoned = true;
}

void audit_totals(struct desk *d, uint64_t client, const json_t *request)
{
    const struct roster *r = federation_roster(d->node->core);
    const struct organisation *own = r != NULL ? roster_find(r, d->node->author) : NULL;
    const char *org_id = json_string_value(json_object_get(request, "member"));
    uint32_t month, first, last;
    if (own == NULL || !month_of(request, &month, &first, &last) || d->audit != NULL) {
        desk_refuse(d, client, own == NULL ? "stranger" : d->audit != NULL ? "busy" : "format");
        return;
    }
    const struct organisation *member =
        org_id != NULL ? roster_find_org_id(r, bytes_of(org_id, strlen(org_id))) : own;
    bool may = member == own || (own->roles & ROLE_AUDITOR) != 0;
    if (member == NULL || !may) {
        desk_refuse(d, client, member == NULL ? "not-found" : "unauthorised");
        return;
    }
    d->audit = calloc(1, sizeof *d->audit);
    if (d->audit == NULL) {
        desk_refuse(d, client, "full");
        return;
    }
    d->audit->client = client;
    d->audit->month = month;
    d->audit->has_rows = json_is_true(json_object_get(request, "rows"));
    memcpy(d->audit->member, member->author, AUTHOR_BYTES);
}

static void end_audit(struct desk *d)
{
    struct desk_audit *a = d->audit;
    const struct roster *r = federation_roster(d->node->core);
    const struct organisation *org = r != NULL ? roster_find(r, a->member) : NULL;
    if (!a->is_abandoned)
        desk_end(d, a->client,
                 json_pack("{s:{s:b,s:I,s:I,s:I,s:s,s:s}}", "end", "ok", 1, "month",
                           (json_int_t)a->month, "asked", (json_int_t)a->asked, "failed",
                           (json_int_t)a->failed, "member", org != NULL ? org->org_id : "?", "name",
                           org != NULL ? org->name : "?"));
    free(a);
    d->audit = NULL;
}

void audit_work(struct desk *d)
{
    struct desk_audit *a = d->audit;
    const struct roster *r = federation_roster(d->node->core);
    if (a == NULL || a->ticket != 0)
        return;
    while (r != NULL && a->next < r->organisation_count &&
           (!roster_is_active(&r->organisations[a->next]) ||
            (r->organisations[a->next].roles & ROLE_KEYHOLDER) == 0))
        a->next++;
    if (a->is_abandoned || r == NULL || a->next >= r->organisation_count) {
        end_audit(d);
        return;
    }
    struct event ev = {.type = EVENT_TOTALS};
    ev.totals.ticket = a->ticket = ++d->next_ticket;
    memcpy(ev.totals.keyholder, r->organisations[a->next].author, AUTHOR_BYTES);
    memcpy(ev.totals.member, a->member, AUTHOR_BYTES);
    memcpy(ev.totals.after, a->after, REQUEST_BYTES);
    ev.totals.month = a->month;
    node_step(d->node, &ev);
}

bool audit_is_busy(const struct desk *d)
{
    return d->audit != NULL && d->audit->ticket == 0;
}

static json_t *row_json(const char *keyholder, const struct account_row *row)
{
    char day[DAY_TEXT_BYTES], request[2 * REQUEST_BYTES + 1], points[2 * HASH_BYTES + 1],
        purpose[2 * HASH_BYTES + 1];
    day_format((int32_t)row->day, day);
    sodium_bin2hex(request, sizeof request, row->request, REQUEST_BYTES);
    sodium_bin2hex(points, sizeof points, row->points_hash, HASH_BYTES);
    sodium_bin2hex(purpose, sizeof purpose, row->purpose, HASH_BYTES);
    return json_pack("{s:{s:s,s:s,s:s,s:I,s:s,s:s}}", "seen", "keyholder", keyholder, "request",
                     request, "day", day, "points", (json_int_t)row->points, "points_hash", points,
                     "commitment", purpose);
}

static json_t *keyholder_json(const struct organisation *org, enum err result,
                              const struct account_page *p)
{
    char restored[UTC_TEXT_BYTES] = "";
    if (p->restored_utc > 0)
        utc_format((int64_t)p->restored_utc, restored);
    return json_pack("{s:{s:s,s:s,s:s,s:I,s:I,s:I,s:s}}", "keyholder", "org_id", org->org_id,
                     "name", org->name, "result", err_name(result), "requests",
                     (json_int_t)p->totals.requests, "elements", (json_int_t)p->totals.elements,
                     "surge", (json_int_t)p->totals.surge, "restored", restored);
}

void desk_on_totals(struct desk *d, const struct effect *e)
{
    struct desk_audit *a = d->audit;
    const struct roster *r = federation_roster(d->node->core);
    if (a == NULL || a->ticket != e->totals.ticket || a->next >= r->organisation_count)
        return;
    const struct organisation *org = &r->organisations[a->next];
    const struct account_page *p = &e->totals.page;
    size_t count = e->totals.result == OK ? p->rows.len / ACCOUNT_ROW_BYTES : 0;
    struct account_row row;
    a->ticket = 0;
    for (size_t i = 0; i < count; i++) {
        account_row_decode(p->rows, i, &row);
        if (a->has_rows)
            desk_line(d, a->client, row_json(org->org_id, &row));
    }
    if (e->totals.result == OK && p->has_more) {
        memcpy(a->after, row.request, REQUEST_BYTES);
        return;
    }
    desk_line(d, a->client, keyholder_json(org, e->totals.result, p));
    a->asked++;
    a->failed += e->totals.result != OK;
    a->next++;
    memset(a->after, 0, REQUEST_BYTES);
}

/* ---- Unusual asking ---- */

struct counting {
    struct unusual_day days[UNUSUAL_DAYS_MAX];
    size_t count;
};

static bool count_day(void *ctx, uint32_t day, uint64_t people, uint64_t no_vacancy)
{
    struct counting *c = ctx;
    if (c->count < UNUSUAL_DAYS_MAX)
        c->days[c->count++] = (struct unusual_day){day, people, no_vacancy};
    return true;
}

static void read_days(struct desk *d, struct counting *c)
{
    uint32_t today = node_today();
    c->count = 0;
    uint32_t first = today > UNUSUAL_DAYS_MAX ? today - UNUSUAL_DAYS_MAX + 1 : 0;
    (void)!store_asked(d->node->store, first, count_day, c);
}

void account_asked(struct desk *d, const struct desk_job *j)
{
    static struct counting before, after;
    uint32_t people = 0, today = node_today();
    for (size_t i = 0; i < j->row_count; i++)
        people += j->rows[i].count > 0;
    if (people == 0)
        return;
    read_days(d, &before);
    bool no_vacancy = text_of(j->request, "vacancy")[0] == '\0';
    if (store_asked_add(d->node->store, today, people, no_vacancy ? people : 0) != OK)
        return; /* the node ends at the commit */
    read_days(d, &after);
    if (unusual_is(after.days, after.count, today) && !unusual_is(before.days, before.count, today))
        log_line(LEVEL_WARNING, "unusual-consults",
                 log_u64("people", after.days[after.count - 1].people));
}

json_t *audit_alarms_json(struct desk *d)
{
    static struct counting c;
    read_days(d, &c);
    return unusual_json(c.days, c.count, node_today());
}

void audit_alarms(struct desk *d, uint64_t client)
{
    desk_line(d, client, json_pack("{s:o}", "alarms", audit_alarms_json(d)));
    desk_end(d, client, json_pack("{s:{s:b}}", "end", "ok", 1));
}
