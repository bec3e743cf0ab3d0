/*
 * asker.c - collecting evaluations from a threshold of keyholders.
 *
 * A job is one padded batch of blinded points. Keyholders are asked in random order, as many as the
 * threshold; one that refuses, answers wrongly or is silent for ASK_HEDGE_MS is replaced by the
 * next. An answer counts only once its proof has verified against that keyholder's commitment in
 * the member list; the keyholder of a wrong one is named. Every job ends exactly once, in
 * EFFECT_EVALUATED.
 *
 * A job's keyholders: idle -> sent -> done | failed; sent -> idle when its connection falls, since
 * the same request is answered again without a charge.
 */
#include "federation/core.h"

#include <sodium.h>
#include <string.h>

enum { ASK_PATIENCE_MS = 3000 }; /* how long a keyholder that is not connected is waited for */

static const struct roster_key *job_key(struct federation *f, const struct job *j)
{
    const struct roster_key *k =
        f->has_roster ? roster_threshold_key(core_roster(f), KEY_PSEUDONYMS) : NULL;
    return k != NULL && k->epoch == j->key_epoch && k->refresh == j->key_refresh ? k : NULL;
}

static void close_job(struct job *j)
{
    sodium_memzero(j, sizeof *j);
}

enum { DETAIL_BYTES_MAX = 512 };

/* "NL-KVK-1=unavailable NL-KVK-2=budget": for the desk, which words it. In the effects' arena. */
static const char *describe(struct federation *f, const struct job *j, const struct roster_key *k,
                            struct effects *out)
{
    char *text = effects_alloc(out, DETAIL_BYTES_MAX);
    size_t used = 0;
    for (size_t i = 0; text != NULL && i < j->holders; i++) {
        if (j->state[i] == ASK_DONE)
            continue;
        const struct organisation *org = roster_find(core_roster(f), k->holder[i]);
        const char *id = org != NULL ? org->org_id : "?";
        const char *why = err_name(j->reason[i] == OK ? ERR_UNAVAILABLE : j->reason[i]);
        size_t need = strlen(id) + strlen(why) + 3;
        if (used + need > DETAIL_BYTES_MAX)
            break;
        if (used > 0)
            text[used++] = ' ';
        memcpy(text + used, id, strlen(id));
        used += strlen(id);
        text[used++] = '=';
        memcpy(text + used, why, strlen(why) + 1);
        used += strlen(why);
    }
    return text != NULL ? text : "";
}

/* The reason that tells the person most: an allowance used up outweighs somebody being away; a
 * refusal of another kind does where it alone makes a threshold impossible. */
static enum err worst(const struct job *j, const struct roster_key *k)
{
    static const enum err refusals[] = {ERR_UNAUTHORISED, ERR_EPOCH};
    for (size_t i = 0; i < j->holders; i++)
        if (j->reason[i] == ERR_BUDGET)
            return ERR_BUDGET;
    for (size_t n = 0; n < sizeof refusals / sizeof refusals[0]; n++) {
        size_t count = 0;
        for (size_t i = 0; i < j->holders; i++)
            count += j->reason[i] == refusals[n];
        if (count > j->holders - k->threshold)
            return refusals[n];
    }
    return ERR_UNAVAILABLE;
}

static struct effect *end(struct job *j, enum err result, struct effects *out)
{
    struct effect *e = effects_add(out, EFFECT_EVALUATED);
    e->evaluated.ticket = j->ticket;
    e->evaluated.result = result;
    e->evaluated.detail = "";
    return e;
}

static void fail(struct federation *f, struct job *j, enum err result, struct effects *out)
{
    const struct roster_key *k = job_key(f, j);
    struct effect *e = end(j, result, out);
    if (k != NULL)
        e->evaluated.detail = describe(f, j, k, out);
    close_job(j);
}

/* A threshold of answers is there and verified. */
static void succeed(struct job *j, const struct roster_key *k, struct effects *out)
{
    uint32_t indexes[KEYHOLDERS_MAX];
    const uint8_t *evaluated[KEYHOLDERS_MAX];
    size_t t = 0;
    for (size_t i = 0; i < j->holders && t < k->threshold; i++) {
        if (j->state[i] != ASK_DONE)
            continue;
        indexes[t] = k->index[i];
        evaluated[t++] = j->evaluated[i];
    }
    struct evaluation_lambdas lambdas;
    uint8_t(*points)[POINT_BYTES] = effects_alloc(out, j->count * POINT_BYTES);
    enum err e = points == NULL ? ERR_FULL : evaluation_lambdas_init(&lambdas, indexes, t);
    for (size_t i = 0; i < j->count && e == OK; i++) {
        uint8_t blind[SCALAR_BYTES];
        evaluation_blind_scalar(j->seed, (uint32_t)i, blind);
        e = evaluation_combine(&lambdas, evaluated, i, blind, points[i]);
        sodium_memzero(blind, sizeof blind);
    }
    struct effect *done = end(j, e, out);
    if (e == OK) {
        done->evaluated.points = (const uint8_t(*)[POINT_BYTES])points;
        done->evaluated.count = j->count;
    }
    close_job(j);
}

/* This node holds a share itself: no message, the same rules. */
static void ask_self(struct federation *f, struct job *j, const struct roster_key *k, size_t i,
                     struct effects *out)
{
    uint8_t *evaluated;
    enum err e = keyholder_answer(f, f->config.author, j->request, k->key, k->epoch, k->refresh,
                                  bytes_of(j->points, j->padded * POINT_BYTES), j->purpose,
                                  &evaluated, NULL, out);
    if (e == OK)
        memcpy(j->evaluated[i], evaluated, j->padded * POINT_BYTES);
    j->state[i] = e == OK ? ASK_DONE : ASK_FAILED;
    j->reason[i] = e;
}

/* False where there was no room for the message. */
static bool send_ask(struct federation *f, struct job *j, const struct roster_key *k, size_t i,
                     const struct link *l, struct effects *out)
{
    Seinpost__Evaluate body = SEINPOST__EVALUATE__INIT;
    body.request = (ProtobufCBinaryData){sizeof j->request, j->request};
    body.key = k->key;
    body.epoch = k->epoch;
    body.refresh = k->refresh;
    body.points = (ProtobufCBinaryData){j->padded * POINT_BYTES, j->points};
    body.purpose = (ProtobufCBinaryData){sizeof j->purpose, j->purpose};
    Seinpost__Message m = SEINPOST__MESSAGE__INIT;
    m.body_case = SEINPOST__MESSAGE__BODY_EVALUATE;
    m.evaluate = &body;
    if (!core_send(f, l->id, &m, out))
        return false;
    j->state[i] = ASK_SENT;
    j->asked_ms = f->now_ms;
    struct feed *peer = core_feed(f, l->author);
    if (peer != NULL) {
        uint32_t today = core_today(f);
        peer->asked_points =
            (peer->asked_day == today ? peer->asked_points : 0) + (uint32_t)j->padded;
        peer->asked_day = today;
    }
    return true;
}

/* Asks one more keyholder that can be asked. False if there is none. */
static bool ask_one(struct federation *f, struct job *j, const struct roster_key *k,
                    struct effects *out)
{
    for (size_t n = 0; n < j->holders; n++) {
        size_t i = j->order[n];
        if (j->state[i] != ASK_IDLE)
            continue;
        if (memcmp(k->holder[i], f->config.author, AUTHOR_BYTES) == 0) {
            ask_self(f, j, k, i, out);
            return true;
        }
        const struct link *l = links_to(f, k->holder[i]);
        if (l == NULL)
            continue;
        return send_ask(f, j, k, i, l, out);
    }
    return false;
}

static size_t count_state(const struct job *j, enum ask_state state)
{
    size_t count = 0;
    for (size_t i = 0; i < j->holders; i++)
        count += j->state[i] == state;
    return count;
}

/* Moves a job on: asks whom it needs, ends it if it has enough or cannot get enough. */
static void advance(struct federation *f, struct job *j, struct effects *out)
{
    const struct roster_key *k = job_key(f, j);
    if (k == NULL) {
        fail(f, j, ERR_EPOCH, out); /* the key changed while we asked */
        return;
    }
    bool could_ask = true;
    while (could_ask && count_state(j, ASK_DONE) + count_state(j, ASK_SENT) < k->threshold)
        could_ask = ask_one(f, j, k, out);
    if (count_state(j, ASK_DONE) >= k->threshold) {
        succeed(j, k, out);
        return;
    }
    size_t possible = j->holders - count_state(j, ASK_FAILED);
    bool is_late = f->now_ms - j->started_ms >= ASK_TIMEOUT_MS;
    bool is_hopeless =
        possible < k->threshold || (!could_ask && f->now_ms - j->started_ms >= ASK_PATIENCE_MS);
    if (is_late || is_hopeless)
        fail(f, j, worst(j, k), out);
}

static size_t padded_count(size_t count)
{
    if (count <= CONSULT_POINTS)
        return CONSULT_POINTS;
    return count <= 64 ? 64 : EVALUATION_POINTS_MAX;
}

/* Blinds the subjects and pads the batch. */
static enum err blind_all(struct job *j, const struct event *ev)
{
    enum err e = OK;
    for (size_t i = 0; i < j->count && e == OK; i++) {
        uint8_t input[EVALUATION_SUBJECT_BYTES_MAX], blind[SCALAR_BYTES];
        size_t len;
        evaluation_subject(ev->evaluate.subjects[i].kind, ev->evaluate.subjects[i].match_key, input,
                           &len);
        evaluation_blind_scalar(j->seed, (uint32_t)i, blind);
        e = voprf_blind(VOPRF_VOPRF, bytes_of(input, len), blind, j->points + i * POINT_BYTES);
        sodium_memzero(input, sizeof input);
        sodium_memzero(blind, sizeof blind);
    }
    for (size_t i = j->count; i < j->padded && e == OK; i++)
        e = evaluation_pad(j->seed, (uint32_t)i, j->points + i * POINT_BYTES);
    return e;
}

/* A free slot set up for this event, or why there is none. */
static enum err open_job(struct federation *f, const struct event *ev, struct job **opened)
{
    const struct roster_key *k =
        f->has_roster ? roster_threshold_key(core_roster(f), KEY_PSEUDONYMS) : NULL;
    if (k == NULL)
        return ERR_EPOCH;
    if (ev->evaluate.count == 0 || ev->evaluate.count > EVALUATION_POINTS_MAX)
        return ERR_RANGE;
    struct job *j = NULL;
    for (size_t i = 0; i < EVALUATIONS_MAX && j == NULL; i++)
        if (!f->jobs[i].is_used)
            j = &f->jobs[i];
    if (j == NULL)
        return ERR_FULL;
    j->ticket = ev->evaluate.ticket;
    j->started_ms = f->now_ms;
    j->asked_ms = f->now_ms;
    j->count = ev->evaluate.count;
    j->padded = padded_count(j->count);
    j->key_epoch = k->epoch;
    j->key_refresh = k->refresh;
    j->holders = k->share_count;
    memcpy(j->seed, ev->evaluate.seed, sizeof j->seed);
    memcpy(j->purpose, ev->evaluate.purpose, sizeof j->purpose);
    rng_bytes(&f->rng, j->request, sizeof j->request);
    for (uint32_t i = 0; i < j->holders; i++) {
        uint32_t at = rng_below(&f->rng, i + 1);
        j->order[i] = j->order[at];
        j->order[at] = i;
    }
    enum err e = blind_all(j, ev);
    if (e != OK) {
        close_job(j);
        return e;
    }
    j->is_used = true;
    *opened = j;
    return OK;
}

void asker_event(struct federation *f, const struct event *ev, struct effects *out)
{
    struct job *j = NULL;
    enum err e = open_job(f, ev, &j);
    if (e == OK) {
        advance(f, j, out);
        return;
    }
    struct effect *done = effects_add(out, EFFECT_EVALUATED);
    done->evaluated.ticket = ev->evaluate.ticket;
    done->evaluated.result = e;
    done->evaluated.detail = "";
}

/* The job and the place of this keyholder in it that a reply belongs to; NULL if none waits for it.
 */
static struct job *awaiting(struct federation *f, const struct link *l, ProtobufCBinaryData request,
                            size_t *place)
{
    for (size_t n = 0; n < EVALUATIONS_MAX; n++) {
        struct job *j = &f->jobs[n];
        const struct roster_key *k = j->is_used ? job_key(f, j) : NULL;
        if (k == NULL || request.len != sizeof j->request ||
            memcmp(request.data, j->request, sizeof j->request) != 0)
            continue;
        for (size_t i = 0; i < j->holders; i++) {
            if (memcmp(k->holder[i], l->author, AUTHOR_BYTES) == 0 && j->state[i] == ASK_SENT) {
                *place = i;
                return j;
            }
        }
    }
    return NULL;
}

void asker_on_evaluated(struct federation *f, struct link *l, const Seinpost__Evaluated *m,
                        struct effects *out)
{
    size_t i;
    struct job *j = awaiting(f, l, m->request, &i);
    if (j == NULL) {
        links_useless(f, l, out); /* too late, or never asked */
        return;
    }
    const struct roster_key *k = job_key(f, j);
    enum err e = ERR_FORMAT;
    if (m->points.len == j->padded * POINT_BYTES && m->proof.len == VOPRF_PROOF_BYTES)
        e = evaluation_verify_padded(k->commitment[i], j->points, m->points.data, j->padded,
                                     j->count, j->seed, m->proof.data);
    j->state[i] = e == OK ? ASK_DONE : ASK_FAILED;
    j->reason[i] = e;
    if (e == OK)
        memcpy(j->evaluated[i], m->points.data, m->points.len);
    else
        core_report(out, l->author, REPORT_KEYHOLDER_WRONG, e, k->index[i]);
    advance(f, j, out);
}

void asker_on_refusal(struct federation *f, struct link *l, const Seinpost__Refusal *m,
                      struct effects *out)
{
    size_t i;
    struct job *j = awaiting(f, l, m->request, &i);
    if (j == NULL) {
        links_useless(f, l, out);
        return;
    }
    uint8_t text[REFUSAL_TEXT_BYTES];
    core_refusal_text(j->request, m->reason, m->day, text);
    const struct organisation *org = roster_find(core_roster(f), l->author);
    if (org == NULL || m->signature.len != SIGNATURE_BYTES ||
        crypto_sign_verify_detached(m->signature.data, text, sizeof text, org->feed_key) != 0) {
        core_report(out, l->author, REPORT_MESSAGE_REFUSED, ERR_SIGNATURE, 0);
        return;
    }
    bool is_known =
        m->reason == ERR_BUDGET || m->reason == ERR_EPOCH || m->reason == ERR_UNAVAILABLE;
    j->state[i] = ASK_FAILED;
    j->reason[i] = is_known ? (enum err)m->reason : ERR_UNAUTHORISED;
    advance(f, j, out);
}

void asker_tick(struct federation *f, struct effects *out)
{
    for (size_t n = 0; n < EVALUATIONS_MAX; n++) {
        struct job *j = &f->jobs[n];
        if (!j->is_used || !effects_has_room(out, 256, 1u << 20))
            continue;
        const struct roster_key *k = job_key(f, j);
        if (k != NULL && f->now_ms - j->asked_ms >= ASK_HEDGE_MS && ask_one(f, j, k, out))
            j->asked_ms = f->now_ms;
        advance(f, j, out);
    }
}

void asker_link_down(struct federation *f, const uint8_t author[AUTHOR_BYTES])
{
    for (size_t n = 0; n < EVALUATIONS_MAX; n++) {
        struct job *j = &f->jobs[n];
        const struct roster_key *k = j->is_used ? job_key(f, j) : NULL;
        for (size_t i = 0; k != NULL && i < j->holders; i++)
            if (j->state[i] == ASK_SENT && memcmp(k->holder[i], author, AUTHOR_BYTES) == 0)
                j->state[i] = ASK_IDLE; /* the next tick asks again, it or another */
    }
}
