#include "node/desk_job.h"

#include <string.h>

#include "node/store_read.h"
#include "protocol/answer.h"
#include "protocol/calendar.h"

enum { HITS_MAX = 64, MATCHES_MAX = 256 };

/* One registration that one or more keys of this person's details lead to. */
struct match {
    const struct organisation *author;
    uint64_t index; /* the number that it keeps when it is amended */
    uint32_t expires_day;
    unsigned kinds;  /* bit set by kind */
    unsigned weight; /* of the different keys that agree */
    size_t last_key; /* the last of them, so that none counts twice */
};

struct matches {
    struct match at[MATCHES_MAX];
    size_t count;
};

static void add_match(struct matches *m, const struct organisation *author,
                      const struct tag_hit *hit, size_t key, uint8_t kind)
{
    size_t i = 0;
    while (i < m->count && (m->at[i].author != author || m->at[i].index != hit->original))
        i++;
    if (i == MATCHES_MAX)
        return;
    if (i == m->count)
        m->at[m->count++] = (struct match){author, hit->original, hit->expires_day, 0, 0, SIZE_MAX};
    struct match *match = &m->at[i];
    if (match->last_key != key)
        match->weight += answer_weight(kind);
    match->last_key = key;
    match->kinds |= 1u << kind;
}

/* Looks one pseudonym up under every active member and counter. All of it happens at home. */
static void look_up(struct desk *d, const uint8_t n[32], uint32_t epoch, size_t key, uint8_t kind,
                    struct matches *m)
{
    const struct roster *r = federation_roster(d->node->core);
    uint32_t today = node_today();
    for (size_t i = 0; r != NULL && i < r->organisation_count; i++) {
        const struct organisation *org = &r->organisations[i];
        if (!roster_is_active_member(org))
            continue;
        for (uint8_t counter = 0; counter < COUNTERS; counter++) {
            uint8_t tag[TAG_BYTES];
            struct tag_hit hits[HITS_MAX];
            tag_derive(n, epoch, org->author, kind, counter, tag);
            size_t count =
                store_find_tag_of(d->node->store, org->author, tag, today, hits, HITS_MAX);
            for (size_t h = 0; h < count; h++)
                add_match(m, org, &hits[h], key, kind);
        }
    }
}

/* Drops what agrees too little to be a match, and returns the best of the rest. */
static enum answer keep_matches(struct matches *m)
{
    enum answer best = ANSWER_NO_MATCH;
    size_t kept = 0;
    for (size_t i = 0; i < m->count; i++) {
        enum answer a = answer_weigh(m->at[i].weight);
        if (a == ANSWER_NO_MATCH)
            continue;
        m->at[kept++] = m->at[i];
        best = a > best ? a : best;
    }
    m->count = kept;
    return best;
}

static json_t *kinds_json(unsigned kinds)
{
    json_t *list = json_array();
    for (unsigned kind = 0; kind < 32; kind++)
        if (kinds >> kind & 1)
            json_array_append_new(list, json_string(match_kind_name(kind)));
    return list;
}

static json_t *matches_json(const struct desk *d, const struct matches *m)
{
    json_t *list = json_array();
    for (size_t i = 0; i < m->count; i++) {
        char expires[DAY_TEXT_BYTES];
        day_format((int32_t)m->at[i].expires_day, expires);
        json_array_append_new(
            list, json_pack("{s:s,s:s,s:I,s:s,s:o,s:s,s:b}", "org_id", m->at[i].author->org_id,
                            "name", m->at[i].author->name, "index", (json_int_t)m->at[i].index,
                            "answer", answer_name(answer_weigh(m->at[i].weight)), "kinds",
                            kinds_json(m->at[i].kinds), "expires", expires, "disputed",
                            federation_is_disputed(d->node->core, m->at[i].author->author)));
    }
    return list;
}

static json_t *gaps_json(unsigned gaps)
{
    json_t *list = json_array();
    for (unsigned bit = 0; bit < GAP_COUNT; bit++)
        if (gaps >> bit & 1)
            json_array_append_new(list, json_string(gap_name(1u << bit)));
    return list;
}

static json_t *warnings_json(const struct row *r)
{
    json_t *list = json_array();
    for (size_t i = 0; r->problems != NULL && i < r->problems->count; i++)
        json_array_append_new(list, problem_json(&r->problems->at[i]));
    return list;
}

/* While one key period takes the place of another a registration may be in either: both must have
 * been looked at, but for one that has ended meanwhile. */
static unsigned row_gaps(const struct desk *d, const struct desk_job *j, const struct row *r,
                         const struct coverage *c)
{
    unsigned gaps = c->gaps;
    struct periods now = desk_periods(d);
    if (r->count == 0)
        return gaps | GAP_NO_KEYS;
    for (size_t p = 0; p < now.count; p++)
        if (!periods_have(&j->periods, now.epoch[p]))
            gaps |= GAP_KEYHOLDERS; /* it began meanwhile */
    for (size_t p = 0; p < j->periods.count; p++) {
        if (r->result[p] == OK || !periods_have(&now, j->periods.epoch[p]))
            continue;
        gaps |= r->result[p] == ERR_BUDGET ? GAP_BUDGET : GAP_KEYHOLDERS;
    }
    return gaps;
}

static void answer_row(struct desk *d, struct desk_job *j, const struct row *r)
{
    struct matches m = {.count = 0};
    struct coverage c;
    for (size_t i = 0; i < r->count; i++)
        for (size_t p = 0; p < j->periods.count; p++)
            if (r->result[p] == OK)
                look_up(d, r->n[p * r->count + i], j->periods.epoch[p], i, r->kinds[i], &m);
    federation_coverage(d->node->core, node_now_utc(), &c);
    unsigned gaps = row_gaps(d, j, r, &c);
    enum answer a = answer_decide(gaps, keep_matches(&m));
    j->totals[a]++;
    char as_of[UTC_TEXT_BYTES];
    utc_format(node_now_utc(), as_of);
    json_t *row = json_pack(
        "{s:I,s:s,s:s,s:o,s:s,s:I,s:I,s:o,s:o,s:s}", "line", r->line, "ref", r->ref, "answer",
        answer_name(a), "reasons", gaps_json(gaps), "as_of", as_of, "feeds", (json_int_t)c.feeds,
        "feeds_covered", (json_int_t)c.feeds_covered, "matches", matches_json(d, &m), "warnings",
        warnings_json(r), "detail", gaps & (GAP_KEYHOLDERS | GAP_BUDGET) ? j->detail : "");
    desk_line(d, j->client, json_pack("{s:o}", "row", row));
}

bool consult_finish(struct desk *d, struct desk_job *j)
{
    for (size_t i = 0; i < CONSULT_SLICE && j->slice < j->row_count; i++)
        answer_row(d, j, &j->rows[j->slice++]);
    if (j->slice < j->row_count)
        return false;
    desk_end(d, j->client,
             json_pack("{s:{s:b,s:I,s:I,s:I,s:I,s:I}}", "end", "ok", 1, "asked",
                       (json_int_t)j->row_count, "no_match", (json_int_t)j->totals[ANSWER_NO_MATCH],
                       "possible", (json_int_t)j->totals[ANSWER_POSSIBLE], "confirmed",
                       (json_int_t)j->totals[ANSWER_CONFIRMED], "cannot_say",
                       (json_int_t)j->totals[ANSWER_CANNOT_SAY]));
    return true;
}
