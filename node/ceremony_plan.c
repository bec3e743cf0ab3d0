#include "node/ceremony_plan.h"

#include <string.h>

const char *plan_fault_name(enum plan_fault fault)
{
    static const char *const names[PLAN_COUNT] = {
        [PLAN_SOUND] = "ok",
        [PLAN_NOT_KEYHOLDER] = "not-keyholder",
        [PLAN_UNKNOWN] = "unknown-organisation",
        [PLAN_NOT_ACTIVE] = "not-active",
        [PLAN_NO_ROLE] = "no-keyholder",
        [PLAN_TWICE] = "twice",
        [PLAN_THRESHOLD] = "threshold",
        [PLAN_TOO_MANY] = "too-many",
        [PLAN_TOO_FEW] = "too-few",
        [PLAN_NO_KEY] = "no-key",
        [PLAN_KEY_THERE] = "key-there",
        [PLAN_NOT_HOLDER] = "not-holder",
        [PLAN_TOO_FEW_DEAL] = "too-few-deal",
        [PLAN_RESHARE_FIRST] = "reshare-first",
        [PLAN_SAME] = "same",
    };
    return names[fault];
}

/* A proposal in the making. */
struct plan {
    const struct ceremony_wish *wish;
    const struct roster *roster;
    const struct roster_key *base; /* NULL in generate */
    struct ceremony_proposal *out;
    struct plan_problem *problem;
};

static bool fail(struct plan *p, enum plan_fault fault, const char *org_id, size_t needed,
                 size_t have)
{
    *p->problem = (struct plan_problem){fault, org_id, needed, have};
    return false;
}

static bool can_take_part(const struct organisation *o)
{
    return roster_is_active(o) && (o->roles & ROLE_KEYHOLDER) != 0;
}

/* The organisation with that identifier, which can take part; NULL with the problem. */
static const struct organisation *participant(struct plan *p, const char *org_id)
{
    const struct organisation *o = roster_find_org_id(p->roster, bytes_of(org_id, strlen(org_id)));
    if (can_take_part(o))
        return o;
    enum plan_fault why = o == NULL              ? PLAN_UNKNOWN
                          : !roster_is_active(o) ? PLAN_NOT_ACTIVE
                                                 : PLAN_NO_ROLE;
    (void)fail(p, why, org_id, 0, 0);
    return NULL;
}

static struct ceremony_person *find(struct ceremony_proposal *c, const uint8_t *author)
{
    for (size_t i = 0; i < c->count; i++)
        if (memcmp(c->person[i].author, author, AUTHOR_BYTES) == 0)
            return &c->person[i];
    return NULL;
}

/* The row of an author, made in its order if it is new. */
static struct ceremony_person *place(struct ceremony_proposal *c, const uint8_t *author)
{
    struct ceremony_person *found = find(c, author);
    if (found != NULL)
        return found;
    size_t at = c->count++;
    for (; at > 0 && memcmp(c->person[at - 1].author, author, AUTHOR_BYTES) > 0; at--)
        c->person[at] = c->person[at - 1];
    memset(&c->person[at], 0, sizeof c->person[at]);
    memcpy(c->person[at].author, author, AUTHOR_BYTES);
    return &c->person[at];
}

static bool is_left_out(const struct plan *p, const struct organisation *o)
{
    for (size_t i = 0; i < p->wish->without_count; i++)
        if (strcmp(p->wish->without[i], o->org_id) == 0)
            return true;
    return false;
}

static uint8_t lowest_free(const struct ceremony_proposal *c)
{
    bool is_used[256] = {true};
    for (size_t i = 0; i < c->count; i++)
        is_used[c->person[i].receives] = true;
    size_t free_one = 1;
    while (free_one < 255 && is_used[free_one])
        free_one++;
    return (uint8_t)free_one;
}

/* Its index in the base; 0 if it has none. */
static uint8_t held_index(const struct roster_key *base, const uint8_t *author)
{
    for (size_t i = 0; base != NULL && i < base->share_count; i++)
        if (memcmp(base->holder[i], author, AUTHOR_BYTES) == 0)
            return (uint8_t)base->index[i];
    return 0;
}

/* ---- Who deals, who receives ---- */

/* Holders of now that can take part deal; keeps says whether they also receive. */
static size_t add_dealers(struct plan *p, bool keeps)
{
    size_t count = 0;
    for (size_t i = 0; i < p->base->share_count; i++) {
        const struct organisation *o = roster_find(p->roster, p->base->holder[i]);
        if (!can_take_part(o) || is_left_out(p, o))
            continue;
        struct ceremony_person *person = place(p->out, o->author);
        person->deals = (uint8_t)p->base->index[i];
        person->receives = keeps ? person->deals : 0;
        count++;
    }
    return count;
}

/* Those of the wish: holders of now first, so that what is free then is free. */
static bool add_receivers(struct plan *p)
{
    const struct ceremony_wish *w = p->wish;
    const struct organisation *who[KEYHOLDERS_MAX];
    if (w->count > KEYHOLDERS_MAX)
        return fail(p, PLAN_TOO_MANY, NULL, KEYHOLDERS_MAX, w->count);
    for (size_t i = 0; i < w->count; i++) {
        who[i] = participant(p, w->to[i]);
        if (who[i] == NULL)
            return false;
        for (size_t j = 0; j < i; j++)
            if (who[j] == who[i])
                return fail(p, PLAN_TWICE, w->to[i], 0, 0);
    }
    for (size_t i = 0; i < w->count; i++) {
        uint8_t held = held_index(p->base, who[i]->author);
        if (held != 0)
            place(p->out, who[i]->author)->receives = held;
    }
    for (size_t i = 0; i < w->count; i++) {
        struct ceremony_person *person = place(p->out, who[i]->author);
        if (person->receives == 0)
            person->receives = lowest_free(p->out);
        if (p->base == NULL)
            person->deals = person->receives;
    }
    return true;
}

static size_t receivers(const struct ceremony_proposal *c)
{
    size_t n = 0;
    for (size_t i = 0; i < c->count; i++)
        n += c->person[i].receives != 0;
    return n;
}

static bool check_without(struct plan *p)
{
    for (size_t i = 0; i < p->wish->without_count; i++) {
        const char *org_id = p->wish->without[i];
        const struct organisation *o =
            roster_find_org_id(p->roster, bytes_of(org_id, strlen(org_id)));
        if (o == NULL)
            return fail(p, PLAN_UNKNOWN, org_id, 0, 0);
        if (held_index(p->base, o->author) == 0)
            return fail(p, PLAN_NOT_HOLDER, org_id, 0, 0);
    }
    return true;
}

/* Whether a new sharing would be that of now over again: then it is a refresh. */
static bool is_same(const struct plan *p)
{
    if (p->out->threshold != p->base->threshold || receivers(p->out) != p->base->share_count)
        return false;
    for (size_t i = 0; i < p->base->share_count; i++) {
        const struct ceremony_person *person = find(p->out, p->base->holder[i]);
        if (person == NULL || person->receives == 0)
            return false;
    }
    return true;
}

static bool plan_generate(struct plan *p)
{
    const struct roster_key *there = roster_threshold_key(p->roster, p->wish->key);
    if (there != NULL && !p->wish->is_anew)
        return fail(p, PLAN_KEY_THERE, NULL, there->epoch, 0);
    p->out->epoch = there != NULL ? there->epoch + 1 : 1;
    return add_receivers(p);
}

/* The three kinds that begin with a sharing. */
static bool plan_on_base(struct plan *p)
{
    bool is_reshare = p->wish->kind == CEREMONY_RESHARE,
         is_rotate = p->wish->kind == CEREMONY_ROTATE;
    p->base = roster_threshold_key(p->roster, p->wish->key);
    if (p->base == NULL)
        return fail(p, PLAN_NO_KEY, NULL, 0, 0);
    if (!check_without(p))
        return false;
    p->out->base_epoch = p->base->epoch;
    p->out->base_refresh = p->base->refresh;
    p->out->epoch = p->base->epoch + is_rotate;
    p->out->refresh = is_rotate ? 0 : p->base->refresh + 1;
    if (!is_reshare)
        p->out->threshold = (uint8_t)p->base->threshold;
    size_t t = p->base->threshold, can = add_dealers(p, !is_reshare);
    size_t needed = is_reshare ? t : 2 * t - 1;
    if (can < needed)
        return fail(p, is_reshare ? PLAN_TOO_FEW_DEAL : PLAN_RESHARE_FIRST, NULL, needed, can);
    if (is_reshare && !add_receivers(p))
        return false;
    if (is_reshare && is_same(p))
        return fail(p, PLAN_SAME, NULL, 0, 0);
    return true;
}

bool ceremony_plan(const struct ceremony_wish *wish, const struct roster *r,
                   const uint8_t self[AUTHOR_BYTES], const uint8_t nonce[CEREMONY_NONCE_BYTES],
                   int64_t now_utc, struct ceremony_proposal *out, struct plan_problem *problem)
{
    struct plan p = {.wish = wish, .roster = r, .out = out, .problem = problem};
    *problem = (struct plan_problem){.fault = PLAN_SOUND};
    memset(out, 0, sizeof *out);
    memcpy(out->nonce, nonce, CEREMONY_NONCE_BYTES);
    out->kind = (uint8_t)wish->kind;
    out->key = wish->key;
    out->threshold = (uint8_t)wish->threshold;
    out->patience_seconds = wish->patience_seconds;
    out->until_utc = (uint64_t)(now_utc + (int64_t)wish->days * 86400);
    if (!can_take_part(roster_find(r, self)))
        return fail(&p, PLAN_NOT_KEYHOLDER, NULL, 0, 0);
    if (wish->kind == CEREMONY_GENERATE ? !plan_generate(&p) : !plan_on_base(&p))
        return false;
    if (out->threshold < 2)
        return fail(&p, PLAN_THRESHOLD, NULL, 2, out->threshold);
    size_t needed = 2 * (size_t)out->threshold - 1, have = receivers(out);
    return have >= needed || fail(&p, PLAN_TOO_FEW, NULL, needed, have);
}
