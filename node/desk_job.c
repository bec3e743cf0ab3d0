#include "node/desk_job.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "node/store_write.h"
#include "node/words.h"

struct bytes row_field(const struct row *r, const char *name)
{
    const json_t *v = json_object_get(r->fields, name);
    return json_is_string(v) ? bytes_of(json_string_value(v), json_string_length(v))
                             : bytes_of("", 0);
}

static void person_of(const struct row *r, struct person_fields *p)
{
    p->given_name = row_field(r, "given_name");
    p->family_name = row_field(r, "family_name");
    p->born = row_field(r, "born");
    p->document = row_field(r, "document");
    p->email = row_field(r, "email");
    p->phone = row_field(r, "phone");
}

static void row_clear(struct row *r, size_t periods)
{
    free(r->kinds);
    if (r->n != NULL)
        sodium_memzero(r->n, r->count * periods * sizeof r->n[0]);
    free(r->n);
    free(r->problems);
    free(r->counters);
}

void job_close(struct desk_job *j)
{
    for (size_t i = 0; i < j->row_count; i++)
        row_clear(&j->rows[i], j->periods.count);
    free(j->rows);
    json_decref(j->request);
    json_decref(j->after_commit);
    memset(j, 0, sizeof *j);
}

json_t *problem_json(const struct field_problem *p)
{
    char fault[40];
    return json_pack("{s:s,s:s,s:I}", "field", person_field_name(p->field), "fault",
                     words_fault_name(p->fault, fault, sizeof fault), "position",
                     (json_int_t)p->position);
}

/* What is asked of a person is more than what is published of one. */
static void keys_of(const struct desk_job *j, const struct person_fields *person,
                    struct match_keys *keys, struct field_problems *problems)
{
    if (j->kind == JOB_CONSULT)
        match_keys_ask(person, keys, problems);
    else
        match_keys_derive(person, keys, problems);
}

/* Derives the keys once to see what is wrong; they are derived again when their turn comes, so that
 * few identities are in memory at a time. */
static void check_row(struct desk *d, struct desk_job *j, struct row *r)
{
    struct match_keys keys;
    struct field_problems problems;
    struct person_fields person;
    person_of(r, &person);
    keys_of(j, &person, &keys, &problems);
    r->count = keys.count;
    r->kinds = malloc(keys.count + 1);
    r->n = calloc(keys.count * j->periods.count + 1, sizeof r->n[0]);
    r->is_bad = r->kinds == NULL || r->n == NULL;
    for (size_t i = 0; i < keys.count && !r->is_bad; i++)
        r->kinds[i] = keys.key[i].kind;
    match_keys_clear(&keys);
    if (j->kind != JOB_CONSULT) {
        for (size_t i = 0; i < problems.count; i++) {
            json_t *bad = problem_json(&problems.at[i]);
            json_object_set_new(bad, "line", json_integer(r->line));
            json_object_set_new(bad, "ref", json_string(r->ref));
            desk_line(d, j->client, json_pack("{s:o}", "bad", bad));
        }
        r->is_bad = r->is_bad || problems.count > 0;
        r->is_bad = !publish_check(d, j, r) || r->is_bad;
        j->bad += r->is_bad;
    } else if (problems.count > 0) {
        r->problems = malloc(sizeof problems);
        if (r->problems != NULL)
            *r->problems = problems;
    }
}

static const char *text_of(const json_t *row, const char *name)
{
    const char *text = json_string_value(json_object_get(row, name));
    return text != NULL ? text : "";
}

/* Rows of a request: false if it has none, or something that is no row. */
static bool read_rows(struct desk_job *j)
{
    const json_t *rows = json_object_get(j->request, "rows");
    size_t count = json_array_size(rows);
    if (!json_is_array(rows) || count == 0 || count > DESK_ROWS_MAX)
        return false;
    j->rows = calloc(count, sizeof *j->rows);
    if (j->rows == NULL)
        return false;
    j->row_count = count;
    for (size_t i = 0; i < count; i++) {
        json_t *fields = json_array_get(rows, i);
        if (!json_is_object(fields))
            return false;
        struct row *r = &j->rows[i];
        r->fields = fields;
        r->line = json_integer_value(json_object_get(fields, "line"));
        r->ref = text_of(fields, "ref");
        for (size_t p = 0; p < PERIODS_MAX; p++)
            r->result[p] = ERR_UNAVAILABLE;
        if (strlen(r->ref) > DESK_REF_BYTES_MAX)
            return false;
    }
    return true;
}

/* Whether the member list gives this organisation another role than that of a member. */
static bool is_no_member(const struct desk *d)
{
    const struct roster *r = federation_roster(d->node->core);
    const struct organisation *org = r != NULL ? roster_find(r, d->node->author) : NULL;
    return org != NULL && (org->roles & ROLE_MEMBER) == 0;
}

static void start(struct desk *d, enum job_kind kind, uint64_t client, json_t *request,
                  const struct desk_target *target, uint32_t written_day)
{
    if (is_no_member(d)) {
        json_decref(request);
        desk_refuse(d, client, "not-member");
        return;
    }
    struct desk_job *j = NULL;
    for (size_t i = 0; i < DESK_JOBS_MAX && j == NULL; i++)
        if (d->jobs[i].kind == 0)
            j = &d->jobs[i];
    if (j == NULL) {
        json_decref(request);
        desk_refuse(d, client, "full");
        return;
    }
    j->kind = kind;
    j->periods = desk_periods(d);
    if (kind != JOB_CONSULT)
        j->periods.count = 1;
    j->client = client;
    j->request = request;
    if (target != NULL)
        j->target = *target;
    j->written_day = written_day;
    j->skip_bad = json_is_true(json_object_get(request, "skip_bad"));
    if (!read_rows(j)) {
        job_close(j);
        desk_refuse(d, client, "format");
        return;
    }
    for (size_t i = 0; i < j->row_count; i++)
        check_row(d, j, &j->rows[i]);
    if (kind != JOB_CONSULT && j->bad > 0 && !j->skip_bad) {
        desk_end(d, client,
                 json_pack("{s:{s:b,s:s,s:I}}", "end", "ok", 0, "error", "bad-rows", "bad",
                           (json_int_t)j->bad));
        job_close(j);
    } else if (kind == JOB_CONSULT) {
        account_asked(d, j);
    }
}

void job_start(struct desk *d, enum job_kind kind, uint64_t client, json_t *request)
{
    start(d, kind, client, request, NULL, 0);
}

void job_amend(struct desk *d, uint64_t client, json_t *request, const struct desk_target *t,
               uint32_t written_day)
{
    start(d, JOB_AMEND, client, request, t, written_day);
}

/* ---- Evaluating ---- */

/* Hands the next rows to the core. */
static void submit(struct desk *d, struct desk_job *j, struct chunk *c)
{
    static struct match_keys keys;
    struct match_key *held = calloc(EVALUATION_POINTS_MAX, sizeof *held);
    struct subject subjects[EVALUATION_POINTS_MAX];
    size_t count = 0;
    if (held == NULL)
        return;
    c->first = j->next;
    c->pass = j->pass;
    for (; j->next < j->row_count; j->next++) {
        const struct row *r = &j->rows[j->next];
        if (r->is_bad || r->count == 0)
            continue;
        if (count + r->count > EVALUATION_POINTS_MAX)
            break;
        struct person_fields person;
        struct field_problems problems;
        person_of(r, &person);
        keys_of(j, &person, &keys, &problems);
        for (size_t i = 0; i < r->count; i++) {
            held[count] = keys.key[i];
            subjects[count].kind = held[count].kind;
            subjects[count].match_key = bytes_of(held[count].bytes, held[count].len);
            count++;
        }
        match_keys_clear(&keys);
    }
    c->rows = j->next - c->first;
    if (count > 0) {
        struct event ev = {.type = EVENT_EVALUATE};
        ev.evaluate.subjects = subjects;
        ev.evaluate.count = count;
        ev.evaluate.epoch = j->periods.epoch[j->pass];
        c->ticket = ev.evaluate.ticket = ++d->next_ticket;
        /* A store that failed ends the process at the commit. */
        if (account_begin(d, j, count, &ev, &c->asking) == OK)
            node_step(d->node, &ev);
        sodium_memzero(&ev, sizeof ev);
    }
    sodium_memzero(held, EVALUATION_POINTS_MAX * sizeof *held);
    free(held);
}

void desk_on_evaluated(struct desk *d, const struct effect *e)
{
    if (carry_on_evaluated(d, e))
        return;
    for (size_t k = 0; k < DESK_JOBS_MAX; k++) {
        struct desk_job *j = &d->jobs[k];
        struct chunk *c = NULL;
        for (size_t i = 0; j->kind != 0 && i < CHUNKS_MAX; i++)
            if (j->chunks[i].ticket == e->evaluated.ticket && e->evaluated.ticket != 0)
                c = &j->chunks[i];
        if (c == NULL)
            continue;
        c->ticket = 0;
        (void)!account_end(d, &c->asking, e->evaluated.result); /* likewise */
        size_t at = 0;
        for (size_t i = c->first; i < c->first + c->rows; i++) {
            struct row *r = &j->rows[i];
            if (r->is_bad || r->count == 0)
                continue;
            r->result[c->pass] = e->evaluated.result;
            if (e->evaluated.result == OK)
                memcpy(r->n[c->pass * r->count], e->evaluated.points[at],
                       r->count * sizeof r->n[0]);
            at += r->count;
        }
        if (e->evaluated.result != OK) {
            j->failure = e->evaluated.result;
            j->has_failed[c->pass] = true;
            strncpy(j->detail, e->evaluated.detail, sizeof j->detail - 1);
        }
        return;
    }
}

/* Evaluations of all jobs together; the core takes only so many. */
size_t desk_in_flight(const struct desk *d)
{
    size_t n = carry_in_flight(d);
    for (size_t k = 0; k < DESK_JOBS_MAX; k++)
        for (size_t i = 0; i < CHUNKS_MAX; i++)
            n += d->jobs[k].chunks[i].ticket != 0;
    return n;
}

static size_t in_flight(const struct desk_job *j)
{
    size_t n = 0;
    for (size_t i = 0; i < CHUNKS_MAX; i++)
        n += j->chunks[i].ticket != 0;
    return n;
}

/* Where to go on handing rows out; false if there is nothing left to hand out. The first failure
 * ends a key period: a publication fails, a consult answers "cannot say" for what is left. */
static bool find_next(const struct desk_job *j, size_t *pass, size_t *next)
{
    *pass = j->pass;
    *next = j->next;
    while (*pass < j->periods.count && (*next == j->row_count || j->has_failed[*pass])) {
        (*pass)++;
        *next = 0;
    }
    return *pass < j->periods.count;
}

bool job_is_busy(const struct desk *d, const struct desk_job *j)
{
    if (j->kind == 0 || j->after_commit != NULL)
        return false;
    size_t pass, next;
    if (find_next(j, &pass, &next))
        return in_flight(j) < CHUNKS_MAX && desk_in_flight(d) < EVALUATIONS_MAX;
    return in_flight(j) == 0;
}

void job_work(struct desk *d, struct desk_job *j)
{
    if (j->kind == 0 || j->after_commit != NULL)
        return;
    for (size_t i = 0; i < CHUNKS_MAX && find_next(j, &j->pass, &j->next); i++)
        if (j->chunks[i].ticket == 0 && desk_in_flight(d) < EVALUATIONS_MAX)
            submit(d, j, &j->chunks[i]);
    if (in_flight(j) > 0 || find_next(j, &j->pass, &j->next))
        return;
    if (j->is_abandoned) {
        job_close(j);
        return;
    }
    if (j->kind != JOB_CONSULT)
        publish_finish(d, j);
    else if (consult_finish(d, j))
        job_close(j);
}
