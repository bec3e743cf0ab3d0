/*
 * asker.c - collecting evaluations from a threshold of keyholders.
 *
 * A job is one padded batch of blinded points. Keyholders are asked in random order, as many as the
 * threshold; one that refuses or answers wrongly is replaced by the next, and one that is silent
 * for ASK_HEDGE_MS by the next two, since they may be silent too. Who failed us within ASK_SHUN_MS
 * is asked last. An answer counts only once its proof has verified against that keyholder's
 * commitment in the member list; the keyholder of a wrong one is named. Every job ends exactly
 * once, in EFFECT_EVALUATED.
 *
 * A job's keyholders: idle -> sent -> done | failed; sent -> idle when its connection falls, since
 * the same request is answered again without a charge, and where it does not know the sharing and
 * has another member list than we: one of us is about to hear of the newer one.
 *
 * A job asks the holders of one sharing, whose answers alone fit together. It goes on with it while
 * the member list has it and it is not over, also where there is a newer one. It begins again with
 * another sharing when that ends, or when too few of its holders can answer and an older sharing of
 * the same key is still answered: in the days of a new sharing some nodes know of it sooner than
 * others. Under the same request where none is under way, so that who has charged it does not
 * charge again.
 */
#include "federation/core.h"

#include <sodium.h>
#include <string.h>

enum {
    ASK_PATIENCE_MS = 3000, /* how long a keyholder that is not connected is waited for */
    ASK_AGAIN_MS = 500,     /* until one with another member list is asked again */
};

/* The sharing that a job asks; NULL if it is not answered any more. */
static const struct roster_key *job_key(struct federation *f, const struct job *j)
{
    if (!f->has_roster)
        return NULL;
    const struct roster_key *k =
        roster_key_find(core_roster(f), j->key, j->key_epoch, j->key_refresh);
    return core_key_serves(f, k) ? k : NULL;
}

/* The sharing to ask for a key period, 0 the one in use; NULL if none is answered. */
static const struct roster_key *choose_key(struct federation *f, uint32_t key, uint32_t epoch)
{
    if (!f->has_roster)
        return NULL;
    const struct roster *r = core_roster(f);
    const struct roster_key *newest = roster_threshold_key(r, key);
    if (epoch == 0 && newest != NULL)
        epoch = newest->epoch;
    return roster_key_of_epoch(r, key, epoch, core_sober_utc(f));
}

/* The newest older sharing of the same key that is answered too; NULL if there is none. */
static const struct roster_key *older_key(struct federation *f, const struct roster_key *k)
{
    const struct roster_key *best = NULL;
    const struct roster *r = core_roster(f);
    for (size_t i = 0; i < r->key_count; i++) {
        const struct roster_key *o = &r->keys[i];
        if (o->key == k->key && o->epoch == k->epoch && o->refresh < k->refresh &&
            core_key_serves(f, o) && (best == NULL || o->refresh > best->refresh))
            best = o;
    }
    return best;
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
    done->evaluated.epoch = k->epoch;
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
    j->sent_ms[i] = f->now_ms;
    j->link[i] = l->id;
    struct feed *peer = core_feed(f, l->author);
    if (peer != NULL && k->key == KEY_PSEUDONYMS) {
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
        if (j->state[i] != ASK_IDLE || f->now_ms < j->again_ms[i])
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

/* Notes that a keyholder let us down, so that others are asked before it. */
static void shun(struct federation *f, const uint8_t holder[AUTHOR_BYTES])
{
    struct feed *peer = core_feed(f, holder);
    if (peer == NULL)
        return;
    peer->has_failed = true;
    peer->failed_ms = f->now_ms;
}

static bool is_shunned(struct federation *f, const uint8_t holder[AUTHOR_BYTES])
{
    const struct feed *peer = core_feed(f, holder);
    return peer != NULL && peer->has_failed && f->now_ms - peer->failed_ms < ASK_SHUN_MS;
}

/* How many of those that were asked are silent for so long that others are asked in their place. */
static size_t count_late(struct federation *f, const struct job *j, const struct roster_key *k)
{
    size_t count = 0;
    for (size_t i = 0; i < j->holders; i++) {
        if (j->state[i] != ASK_SENT || f->now_ms - j->sent_ms[i] < ASK_HEDGE_MS)
            continue;
        shun(f, k->holder[i]);
        count++;
    }
    return count;
}

static uint32_t asked_today(struct federation *f, const uint8_t holder[AUTHOR_BYTES])
{
    const struct feed *feed = core_feed(f, holder);
    uint32_t today = core_today(f);
    if (feed == NULL)
        return 0;
    if (memcmp(holder, f->config.author, AUTHOR_BYTES) == 0)
        return feed->budget_day == today ? feed->budget_used : 0;
    return feed->asked_day == today ? feed->asked_points : 0;
}

/* Whom this node asked for least today comes first, those of equal amounts in random order, and
 * those that failed us last: so the budgets at all of them are used up alike. */
static void shuffle(struct federation *f, struct job *j, const struct roster_key *k)
{
    uint32_t drawn[KEYHOLDERS_MAX];
    size_t count = 0;
    for (uint32_t i = 0; i < j->holders; i++) {
        uint32_t at = rng_below(&f->rng, i + 1);
        drawn[i] = drawn[at];
        drawn[at] = i;
    }
    for (size_t i = 1; i < j->holders; i++)
        for (size_t n = i;
             n > 0 && asked_today(f, k->holder[drawn[n]]) < asked_today(f, k->holder[drawn[n - 1]]);
             n--) {
            uint32_t other = drawn[n];
            drawn[n] = drawn[n - 1];
            drawn[n - 1] = other;
        }
    for (int last = 0; last < 2; last++)
        for (size_t i = 0; i < j->holders; i++)
            if (is_shunned(f, k->holder[drawn[i]]) == (last != 0))
                j->order[count++] = drawn[i];
}

/* Begins to ask the holders of a sharing. An answer of the one before that is still under way must
 * not be taken for one of this: the request is then another. */
static void begin(struct federation *f, struct job *j, const struct roster_key *k)
{
    if (count_state(j, ASK_SENT) > 0)
        rng_bytes(&f->rng, j->request, sizeof j->request);
    j->key_epoch = k->epoch;
    j->key_refresh = k->refresh;
    j->begun_ms = f->now_ms;
    j->holders = k->share_count;
    memset(j->state, 0, sizeof j->state);
    memset(j->reason, 0, sizeof j->reason);
    memset(j->again_ms, 0, sizeof j->again_ms);
    shuffle(f, j, k);
}

/* Asks as many as are needed; whether one more could be asked. */
static bool ask_enough(struct federation *f, struct job *j, const struct roster_key *k,
                       struct effects *out)
{
    bool could_ask = true;
    size_t late = count_late(f, j, k);
    while (could_ask &&
           count_state(j, ASK_DONE) + count_state(j, ASK_SENT) < k->threshold + 2 * late)
        could_ask = ask_one(f, j, k, out);
    return could_ask;
}

static bool has_reason(const struct job *j, enum err reason)
{
    for (size_t i = 0; i < j->holders; i++)
        if (j->reason[i] == reason)
            return true;
    return false;
}

/* Asks on, or ends the job; whether it began again with another sharing, and has to be moved on. */
static bool ask_on(struct federation *f, struct job *j, const struct roster_key *k,
                   struct effects *out)
{
    bool could_ask = ask_enough(f, j, k, out);
    if (count_state(j, ASK_DONE) >= k->threshold) {
        succeed(j, k, out);
        return false;
    }
    bool is_waiting = count_state(j, ASK_DONE) + count_state(j, ASK_SENT) >= k->threshold;
    bool is_stuck = !could_ask && !is_waiting;
    bool is_late = f->now_ms - j->started_ms >= ASK_TIMEOUT_MS;
    bool is_hopeless = j->holders - count_state(j, ASK_FAILED) < k->threshold ||
                       (is_stuck && f->now_ms - j->begun_ms >= ASK_PATIENCE_MS);
    const struct roster_key *older = is_hopeless || is_stuck ? older_key(f, k) : NULL;
    if (older != NULL && !is_late && (is_hopeless || has_reason(j, ERR_EPOCH)) &&
        worst(j, k) != ERR_BUDGET) {
        begin(f, j, older);
        return true;
    }
    if (is_late || is_hopeless)
        fail(f, j, worst(j, k), out);
    return false;
}

/* Moves a job on: asks whom it needs, ends it if it has enough or cannot get enough. */
static void advance(struct federation *f, struct job *j, struct effects *out)
{
    bool goes_on = true;
    while (goes_on) {
        const struct roster_key *k = job_key(f, j);
        if (k == NULL) { /* its sharing ended while we asked */
            k = choose_key(f, j->key, j->epoch);
            if (k == NULL) {
                fail(f, j, ERR_EPOCH, out);
                return;
            }
            begin(f, j, k);
        }
        goes_on = ask_on(f, j, k, out); /* each time an older one */
    }
}

static size_t padded_count(size_t count)
{
    if (count <= CONSULT_POINTS)
        return CONSULT_POINTS;
    return count <= 64 ? 64 : EVALUATION_POINTS_MAX;
}

static enum err blind_one(const struct event *ev, size_t i, const uint8_t blind[SCALAR_BYTES],
                          uint8_t out[POINT_BYTES])
{
    if (ev->evaluate.elements != NULL)
        return point_mul(blind, ev->evaluate.elements[i], out);
    uint8_t input[EVALUATION_SUBJECT_BYTES_MAX];
    size_t len;
    evaluation_subject(ev->evaluate.subjects[i].kind, ev->evaluate.subjects[i].match_key, input,
                       &len);
    enum err e = voprf_blind(VOPRF_VOPRF, bytes_of(input, len), blind, out);
    sodium_memzero(input, sizeof input);
    return e;
}

/* Blinds the subjects or elements and pads the batch. */
static enum err blind_all(struct job *j, const struct event *ev)
{
    enum err e = OK;
    for (size_t i = 0; i < j->count && e == OK; i++) {
        uint8_t blind[SCALAR_BYTES];
        evaluation_blind_scalar(j->seed, (uint32_t)i, blind);
        e = blind_one(ev, i, blind, j->points + i * POINT_BYTES);
        sodium_memzero(blind, sizeof blind);
    }
    for (size_t i = j->count; i < j->padded && e == OK; i++)
        e = evaluation_pad(j->seed, (uint32_t)i, j->points + i * POINT_BYTES);
    return e;
}

/* One request for one seed and points, whenever it is made again. */
static void name_request(struct job *j, uint32_t epoch)
{
    uint8_t number[4];
    struct bytes domain = BYTES_LITERAL("seinpost/v1/factor-request");
    struct pack p = pack_of(number, sizeof number);
    pack_u32(&p, epoch);
    crypto_generichash_state st;
    crypto_generichash_init(&st, j->seed, sizeof j->seed, sizeof j->request);
    crypto_generichash_update(&st, domain.data, domain.len);
    crypto_generichash_update(&st, number, sizeof number);
    crypto_generichash_update(&st, j->points, j->padded * POINT_BYTES);
    crypto_generichash_final(&st, j->request, sizeof j->request);
}

static struct job *free_job(struct federation *f)
{
    for (size_t i = 0; i < EVALUATIONS_MAX; i++)
        if (!f->jobs[i].is_used)
            return &f->jobs[i];
    return NULL;
}

/* A free slot set up for this event, or why there is none. */
static enum err open_job(struct federation *f, const struct event *ev, struct job **opened)
{
    uint32_t key = ev->evaluate.key != 0 ? ev->evaluate.key : (uint32_t)KEY_PSEUDONYMS;
    if (key != KEY_PSEUDONYMS && key != KEY_FACTOR)
        return ERR_RANGE;
    if ((key == KEY_FACTOR) != (ev->evaluate.elements != NULL) || ev->evaluate.count == 0 ||
        ev->evaluate.count > EVALUATION_POINTS_MAX)
        return ERR_RANGE;
    const struct roster_key *k = choose_key(f, key, ev->evaluate.epoch);
    if (k == NULL)
        return ERR_EPOCH;
    struct job *j = free_job(f);
    if (j == NULL)
        return ERR_FULL;
    j->ticket = ev->evaluate.ticket;
    j->started_ms = f->now_ms;
    j->count = ev->evaluate.count;
    j->padded = padded_count(j->count);
    j->key = key;
    j->epoch = ev->evaluate.epoch;
    memcpy(j->seed, ev->evaluate.seed, sizeof j->seed);
    memcpy(j->purpose, ev->evaluate.purpose, sizeof j->purpose);
    rng_bytes(&f->rng, j->request, sizeof j->request);
    begin(f, j, k);
    enum err e = blind_all(j, ev);
    if (e != OK) {
        close_job(j);
        return e;
    }
    if (key == KEY_FACTOR)
        name_request(j, k->epoch);
    j->is_used = true;
    *opened = j;
    return OK;
}

void asker_event(struct federation *f, const struct event *ev, struct effects *out)
{
    struct job *j = NULL;
    enum err e = open_job(f, ev, &j);
    if (e == OK) {
        const struct roster_key *k = job_key(f, j);
        struct effect *asked = effects_add(out, EFFECT_ASKED);
        asked->asked.ticket = j->ticket;
        memcpy(asked->asked.request, j->request, sizeof j->request);
        account_points_hash(bytes_of(j->points, j->padded * POINT_BYTES), asked->asked.points_hash);
        asked->asked.points = (uint32_t)j->padded;
        asked->asked.needed = k != NULL ? k->threshold : 0;
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
        if (!j->is_used || request.len != sizeof j->request ||
            memcmp(request.data, j->request, sizeof j->request) != 0)
            continue;
        const struct roster_key *k = job_key(f, j);
        for (size_t i = 0; k != NULL && i < j->holders; i++) {
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
    if (e != OK)
        shun(f, l->author);
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
    j->reason[i] = is_known ? (enum err)m->reason : ERR_UNAUTHORISED;
    bool is_apart = l->roster_version != core_roster(f)->version;
    j->state[i] = j->reason[i] == ERR_EPOCH && is_apart ? ASK_IDLE : ASK_FAILED;
    j->again_ms[i] = f->now_ms + ASK_AGAIN_MS;
    if (j->reason[i] != ERR_BUDGET && j->reason[i] != ERR_EPOCH)
        shun(f, l->author);
    advance(f, j, out);
}

void asker_tick(struct federation *f, struct effects *out)
{
    for (size_t n = 0; n < EVALUATIONS_MAX; n++)
        if (f->jobs[n].is_used && effects_has_room(out, 256, 1u << 20))
            advance(f, &f->jobs[n], out);
}

void asker_review(struct federation *f, struct effects *out)
{
    asker_tick(f, out);
}

void asker_link_down(struct federation *f, uint32_t link, struct effects *out)
{
    for (size_t n = 0; n < EVALUATIONS_MAX; n++) {
        struct job *j = &f->jobs[n];
        bool has_lost = false;
        for (size_t i = 0; j->is_used && i < j->holders; i++) {
            if (j->state[i] != ASK_SENT || j->link[i] != link)
                continue;
            j->state[i] = ASK_IDLE;
            has_lost = true;
        }
        /* Where there is no room the next tick does it. */
        if (has_lost && effects_has_room(out, 256, 1u << 20))
            advance(f, j, out);
    }
}
