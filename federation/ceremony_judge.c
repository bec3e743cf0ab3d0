/*
 * ceremony_judge.c - what follows from what was said in a ceremony: how far it is, who is still in
 * it, and in the end the keys. The same at every node that holds the same entries.
 */
#include "federation/core.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

bool ceremony_deals(const struct ceremony *c, size_t i)
{
    return c->p.person[i].deals != 0;
}

bool ceremony_receives(const struct ceremony *c, size_t i)
{
    return c->p.person[i].receives != 0;
}

enum dealing_kind ceremony_dealing_kind(const struct ceremony *c, size_t round)
{
    if (round == 1)
        return DEALING_MULTIPLY;
    switch ((enum ceremony_kind)c->p.kind) {
    case CEREMONY_REFRESH:
        return DEALING_REFRESH;
    case CEREMONY_RESHARE:
        return DEALING_RESHARE;
    case CEREMONY_GENERATE:
    case CEREMONY_ROTATE:
        break;
    }
    return DEALING_GENERATE;
}

struct dealing_place ceremony_dealing_place(const struct ceremony *c, size_t i, size_t round)
{
    struct dealing_place at = {.round = (uint8_t)(round + 1)};
    memcpy(at.ceremony, c->id, HASH_BYTES);
    memcpy(at.dealer, c->p.person[i].author, AUTHOR_BYTES);
    return at;
}

/* Where in a sharing the share with that index stands; its count if nowhere. */
static size_t share_at(const struct roster_key *k, uint32_t index)
{
    size_t i = 0;
    while (i < k->share_count && k->index[i] != index)
        i++;
    return i;
}

const struct dealing_base *ceremony_base(const struct ceremony *c, size_t i, size_t round,
                                         struct dealing_base *out)
{
    enum dealing_kind kind = ceremony_dealing_kind(c, round);
    if (kind == DEALING_GENERATE || kind == DEALING_REFRESH)
        return NULL;
    size_t at = share_at(&c->base, c->p.person[i].deals);
    memset(out, 0, sizeof *out);
    if (at < c->base.share_count)
        memcpy(out->commitment, c->base.commitment[at], POINT_BYTES);
    memcpy(out->public_key, c->base.public_key, POINT_BYTES);
    at = share_at(&c->factor, c->p.person[i].deals);
    if (kind == DEALING_MULTIPLY && at < c->factor.share_count)
        memcpy(out->factor, c->factor.commitment[at], POINT_BYTES);
    return out;
}

/* ---- Deals ---- */

static enum err judge_deal(const struct ceremony *c, size_t i, size_t round)
{
    const struct ceremony_facts *p = &c->person[i];
    const struct dealing *d = &p->dealing[round];
    struct dealing_base room;
    if (d->kind != ceremony_dealing_kind(c, round) || d->t != c->p.threshold)
        return ERR_RANGE;
    if (round == 0) {
        uint8_t promised[HASH_BYTES];
        ceremony_promise_hash(c->p.person[i].author, d, promised);
        if (memcmp(promised, p->join, HASH_BYTES) != 0)
            return ERR_COMMIT;
    }
    struct dealing_place at = ceremony_dealing_place(c, i, round);
    return dealing_verify(d, &at, ceremony_base(c, i, round, &room));
}

/* Each deal is verified once, however often all entries are looked at. */
static void judge_deals(struct ceremony *c, size_t round)
{
    for (size_t i = 0; i < c->p.count; i++) {
        struct ceremony_facts *p = &c->person[i];
        if (!p->has_deal[round])
            continue;
        if (memcmp(c->verified[round][i].hash, p->deal_hash[round], HASH_BYTES) != 0 ||
            memcmp(c->verified[round][i].join, p->join, HASH_BYTES) != 0) {
            memcpy(c->verified[round][i].hash, p->deal_hash[round], HASH_BYTES);
            memcpy(c->verified[round][i].join, p->join, HASH_BYTES);
            c->verified[round][i].result =
                ceremony_deals(c, i) ? judge_deal(c, i, round) : ERR_UNAUTHORISED;
        }
        p->is_dealt[round] = c->verified[round][i].result;
    }
}

size_t ceremony_complaints(const struct ceremony *c, size_t dealer, size_t round)
{
    size_t count = 0;
    for (size_t i = 0; i < c->p.count; i++)
        count += c->is_in[i] && ceremony_receives(c, i) && c->person[i].has_verdict[round] &&
                 c->person[i].complaint[round][dealer] != 0;
    return count;
}

enum err ceremony_answered(const struct ceremony *c, size_t dealer, size_t receiver, size_t round)
{
    const struct ceremony_facts *p = &c->person[dealer];
    if (c->person[receiver].complaint[round][dealer] == 0)
        return OK;
    if (!p->has_answer[round][receiver])
        return ERR_UNAVAILABLE;
    return dealing_check(&p->dealing[round], c->p.person[receiver].receives,
                         p->answer[round][receiver]);
}

/* ---- Closings ---- */

bool ceremony_is_enough(const struct ceremony *c, const bool *is_in)
{
    size_t dealers = 0, receivers = 0;
    for (size_t i = 0; i < c->p.count; i++) {
        dealers += is_in[i] && ceremony_deals(c, i);
        receivers += is_in[i] && ceremony_receives(c, i);
    }
    return dealers >= ceremony_dealers_min(&c->p, &c->base) &&
           receivers >= ceremony_receivers_min(&c->p);
}

/* OK, ERR_UNAVAILABLE where something is not here yet, or what is wrong with one row. */
static enum err check_row(const struct ceremony *c, const struct ceremony_row *r, unsigned phase)
{
    size_t i = ceremony_place_of(c, r->author), round = phase > 3 ? 1 : 0;
    if (i == c->p.count || !c->is_in[i])
        return ERR_STRANGER;
    const struct ceremony_facts *p = &c->person[i];
    const uint8_t *said = NULL; /* what the hash must be that of; NULL: of nothing */
    bool is_said = true;
    if (phase == 1) {
        said = p->join;
        is_said = p->has_join;
    } else if (phase % 2 == 0 && ceremony_deals(c, i)) {
        said = p->deal_hash[round];
        is_said = p->has_deal[round];
    } else if (phase % 2 == 1 && ceremony_receives(c, i)) {
        said = p->verdict_hash[round];
        is_said = p->has_verdict[round];
    }
    if (!is_said)
        return ERR_UNAVAILABLE;
    if (said == NULL ? !sodium_is_zero(r->hash, HASH_BYTES)
                     : memcmp(r->hash, said, HASH_BYTES) != 0)
        return ERR_COMMIT;
    return phase % 2 == 0 && ceremony_deals(c, i) ? p->is_dealt[round] : OK;
}

/* Whether all complaints among those who stay are answered. */
static enum err check_complaints(const struct ceremony *c, const bool *stays, size_t round)
{
    for (size_t d = 0; d < c->p.count; d++) {
        size_t count = 0;
        for (size_t i = 0; stays[d] && ceremony_deals(c, d) && i < c->p.count; i++) {
            if (!stays[i] || !ceremony_receives(c, i))
                continue;
            count += c->person[i].complaint[round][d] != 0;
            enum err e = ceremony_answered(c, d, i, round);
            if (e != OK)
                return e;
        }
        if (count >= c->p.threshold)
            return ERR_QUORUM; /* so many sub-shares laid open would be what it dealt */
    }
    return OK;
}

static enum err why_left_out(const struct ceremony *c, size_t i, unsigned phase)
{
    size_t round = phase > 3 ? 1 : 0;
    const struct ceremony_facts *p = &c->person[i];
    if (phase % 2 == 0 && ceremony_deals(c, i) && p->has_deal[round] && p->is_dealt[round] != OK)
        return ERR_PROOF;
    bool is_judged = phase > 1 && phase % 2 == 1 && ceremony_deals(c, i);
    if (is_judged && ceremony_complaints(c, i, round) >= c->p.threshold)
        return ERR_PROOF;
    for (size_t r = 0; is_judged && r < c->p.count; r++) {
        enum err e = c->is_in[r] ? ceremony_answered(c, i, r, round) : OK;
        if (e != OK && e != ERR_UNAVAILABLE)
            return ERR_PROOF;
    }
    return ERR_UNAVAILABLE;
}

static enum err take_close(struct ceremony *c, const struct ceremony_close *close)
{
    bool stays[CEREMONY_PEOPLE_MAX] = {false};
    for (size_t n = 0; n < close->count; n++) {
        enum err e = check_row(c, &close->row[n], close->phase);
        if (e != OK)
            return e;
        stays[ceremony_place_of(c, close->row[n].author)] = true;
    }
    enum err e = close->phase > 1 && close->phase % 2 == 1
                     ? check_complaints(c, stays, close->phase > 3 ? 1 : 0)
                     : OK;
    if (e != OK)
        return e;
    if (!ceremony_is_enough(c, stays))
        return ERR_QUORUM;
    for (size_t i = 0; i < c->p.count; i++)
        if (c->is_in[i] && !stays[i])
            c->reason[i] = why_left_out(c, i, close->phase);
    memcpy(c->is_in, stays, sizeof stays);
    if (close->phase == 3)
        memcpy(c->was_in, stays, sizeof stays);
    c->phase = close->phase;
    return OK;
}

/* ---- What comes of it ---- */

void ceremony_set(const struct ceremony *c, size_t round, struct dealing_set *out)
{
    const bool *is_in = round == 0 ? c->was_in : c->is_in;
    memset(out, 0, sizeof *out);
    out->kind = ceremony_dealing_kind(c, round);
    for (size_t i = 0; i < c->p.count; i++) {
        if (!is_in[i] || !ceremony_deals(c, i) || out->count == KEYHOLDERS_MAX)
            continue;
        out->dealing[out->count] = &c->person[i].dealing[round];
        out->index[out->count++] = c->p.person[i].deals;
    }
}

/* The sharing among those who are in, of one round. What the dealers of the first round dealt stays
 * dealt, also where one of them is left out of the second. */
static enum err combine(const struct ceremony *c, size_t round, struct roster_key *out)
{
    struct dealing_set set;
    struct dealing all;
    ceremony_set(c, round, &set);
    bool is_refresh = c->p.kind == CEREMONY_REFRESH;
    memset(out, 0, sizeof *out);
    out->threshold = c->p.threshold;
    enum err e = dealing_combine_key(&set, is_refresh ? c->base.public_key : NULL, out->public_key);
    if (e == OK)
        e = dealing_unite(&set, &all);
    for (uint32_t index = 1; index <= UINT8_MAX && e == OK; index++) {
        for (size_t i = 0; i < c->p.count && e == OK; i++) {
            if (!c->is_in[i] || c->p.person[i].receives != index)
                continue;
            size_t n = out->share_count++, was = share_at(&c->base, index);
            assert(!is_refresh || was < c->base.share_count); /* ceremony_base_check */
            const uint8_t *old = is_refresh ? c->base.commitment[was] : NULL;
            out->index[n] = index;
            memcpy(out->holder[n], c->p.person[i].author, AUTHOR_BYTES);
            e = dealing_united_commitment(&all, index, old, out->commitment[n]);
        }
    }
    return e;
}

static enum err make_factor(struct ceremony *c)
{
    enum err e = combine(c, 0, &c->factor);
    c->factor.key = KEY_FACTOR;
    c->factor.epoch = c->p.epoch;
    c->has_factor = e == OK;
    return e;
}

/* The factor's sharing among those who are still in. */
static void keep_factor(const struct ceremony *c, struct roster_key *out)
{
    *out = c->factor;
    out->share_count = 0;
    memset(out->index, 0, sizeof out->index);
    memset(out->holder, 0, sizeof out->holder);
    memset(out->commitment, 0, sizeof out->commitment);
    for (size_t n = 0; n < c->factor.share_count; n++) {
        size_t i = ceremony_place_of(c, c->factor.holder[n]), k = out->share_count;
        if (i == c->p.count || !c->is_in[i])
            continue;
        out->index[k] = c->factor.index[n];
        memcpy(out->holder[k], c->factor.holder[n], AUTHOR_BYTES);
        memcpy(out->commitment[k], c->factor.commitment[n], POINT_BYTES);
        out->share_count++;
    }
}

static enum err make_result(struct ceremony *c)
{
    bool is_rotation = c->p.kind == CEREMONY_ROTATE;
    struct ceremony_result *r = &c->result;
    enum err e = combine(c, is_rotation ? 1 : 0, &r->key[0]);
    r->key[0].key = c->p.key;
    r->key[0].epoch = c->p.epoch;
    r->key[0].refresh = c->p.refresh;
    r->count = 1;
    if (is_rotation) {
        keep_factor(c, &r->key[1]);
        r->count = 2;
    }
    if (e == OK)
        ceremony_transcript(c->id, c->closes, c->close_count, r, c->transcript);
    c->has_result = e == OK;
    return e;
}

static bool is_adopted(const struct roster *r, const struct ceremony_result *result)
{
    for (size_t i = 0; i < result->count; i++) {
        const struct roster_key *k = &result->key[i];
        const struct roster_key *has = roster_key_find(r, k->key, k->epoch, k->refresh);
        if (has == NULL || memcmp(has->public_key, k->public_key, POINT_BYTES) != 0 ||
            has->share_count != k->share_count ||
            memcmp(has->commitment, k->commitment, sizeof k->commitment) != 0)
            return false;
    }
    return result->count > 0;
}

/* ---- State ---- */

static void count_confirmations(struct federation *f, struct ceremony *c)
{
    size_t needed = 0;
    c->confirmed = 0;
    for (size_t i = 0; i < c->p.count; i++) {
        const struct ceremony_facts *p = &c->person[i];
        const struct organisation *org = roster_find(core_roster(f), c->p.person[i].author);
        needed += c->is_in[i];
        if (!c->is_in[i] || !p->has_confirm)
            continue;
        if (memcmp(p->confirm.transcript, c->transcript, HASH_BYTES) == 0 && org != NULL &&
            ceremony_verify(&p->confirm, org->feed_key) == OK) {
            c->confirmed++;
        } else {
            c->state = CEREMONY_DISPUTED;
            c->reason[i] = ERR_PROOF;
        }
    }
    if (c->state == CEREMONY_OPEN && c->confirmed == needed)
        c->state = CEREMONY_AGREED;
}

static void find_base(struct federation *f, struct ceremony *c)
{
    const struct roster_key *k =
        roster_key_find(core_roster(f), c->p.key, c->p.base_epoch, c->p.base_refresh);
    if (c->p.kind == CEREMONY_GENERATE)
        c->has_base = true;
    else if (k != NULL && !c->has_base) {
        c->base = *k; /* it stays what it was when the ceremony began */
        c->has_base = true;
    }
}

/* Goes on from closing to closing as far as they hold. */
static void follow_closes(struct ceremony *c)
{
    for (size_t n = 0; n < c->close_count && c->state == CEREMONY_OPEN; n++) {
        if (n == 1)
            judge_deals(c, 0);
        if (n == 3) {
            if (!c->has_factor && make_factor(c) != OK)
                c->state = CEREMONY_DISPUTED;
            judge_deals(c, 1);
        }
        enum err e = take_close(c, &c->closes[n]);
        c->is_waiting = e == ERR_UNAVAILABLE;
        if (c->is_waiting)
            return;
        if (e != OK)
            c->state = CEREMONY_DISPUTED;
    }
    if (c->phase == 1)
        judge_deals(c, 0);
    if (c->phase == 3 && ceremony_phases(&c->p) > 3) {
        if (!c->has_factor && make_factor(c) != OK)
            c->state = CEREMONY_DISPUTED;
        judge_deals(c, 1);
    }
}

bool ceremony_is_gone(struct federation *f, const struct ceremony *c, size_t i)
{
    return c->person[i].has_abort ||
           !roster_is_active(roster_find(core_roster(f), c->p.person[i].author));
}

/* Whether what somebody who is still in said in this phase rules it out. */
static bool is_wrong(const struct ceremony *c, size_t i)
{
    size_t round = c->phase >= 3 ? 1 : 0;
    const struct ceremony_facts *p = &c->person[i];
    if (c->phase == 0 || c->phase == ceremony_phases(&c->p) || !ceremony_deals(c, i))
        return false;
    if (c->phase % 2 == 1)
        return p->has_deal[round] && p->is_dealt[round] != OK;
    if (ceremony_complaints(c, i, round) >= c->p.threshold)
        return true;
    for (size_t r = 0; r < c->p.count; r++) {
        enum err e = c->is_in[r] ? ceremony_answered(c, i, r, round) : OK;
        if (e != OK && e != ERR_UNAVAILABLE)
            return true;
    }
    return false;
}

/* Who cannot go on, before the proposer leaves them out; and whether the others are enough. */
static bool can_go_on(struct federation *f, struct ceremony *c)
{
    bool may[CEREMONY_PEOPLE_MAX];
    for (size_t i = 0; i < c->p.count; i++) {
        bool wrong = c->is_in[i] && is_wrong(c, i);
        may[i] = c->is_in[i] && !wrong && !ceremony_is_gone(f, c, i);
        if (wrong)
            c->reason[i] = ERR_PROOF;
    }
    return ceremony_is_enough(c, may);
}

void ceremony_judge(struct federation *f, struct ceremony *c)
{
    c->state = CEREMONY_OPEN;
    c->phase = 0;
    c->is_waiting = false;
    for (size_t i = 0; i < c->p.count; i++) {
        c->is_in[i] = true;
        c->reason[i] = OK;
    }
    find_base(f, c);
    bool is_sound = c->has_base && ceremony_base_check(&c->p, &c->base) == OK;
    if (is_sound)
        follow_closes(c);
    if (c->state == CEREMONY_OPEN && c->phase == ceremony_phases(&c->p)) {
        if (!c->has_result && make_result(c) != OK)
            c->state = CEREMONY_DISPUTED;
        if (c->has_result)
            count_confirmations(f, c);
    }
    if (c->has_result && is_adopted(core_roster(f), &c->result)) {
        c->state = CEREMONY_ADOPTED;
        return;
    }
    if (c->state == CEREMONY_AGREED)
        return;
    if (c->is_ended)
        c->state = CEREMONY_ENDED;
    else if (f->now_utc > 0 && c->p.until_utc < (uint64_t)f->now_utc)
        c->state = CEREMONY_OVER;
    else if (c->state == CEREMONY_OPEN &&
             (!is_sound || !can_go_on(f, c) ||
              (c->phase == 0 &&
               ceremony_check(&c->p, c->proposer, core_roster(f), f->now_utc) != OK)))
        c->state = CEREMONY_IMPOSSIBLE;
}

/* ---- Who is awaited ---- */

bool ceremony_awaits(const struct ceremony *c, size_t i, enum ceremony_step *what)
{
    const struct ceremony_facts *p = &c->person[i];
    size_t round = c->phase >= 3 ? 1 : 0;
    if (!c->is_in[i])
        return false;
    if (c->phase == ceremony_phases(&c->p)) {
        *what = CEREMONY_CONFIRM;
        return !p->has_confirm;
    }
    if (c->phase == 0) {
        *what = CEREMONY_JOIN;
        return !p->has_join;
    }
    if (c->phase % 2 == 1) {
        *what = CEREMONY_DEAL;
        return ceremony_deals(c, i) && !p->has_deal[round];
    }
    *what = CEREMONY_VERDICT;
    if (ceremony_receives(c, i) && !p->has_verdict[round])
        return true;
    *what = CEREMONY_ANSWER;
    for (size_t r = 0; r < c->p.count && ceremony_deals(c, i); r++)
        if (c->is_in[r] && c->person[r].has_verdict[round] &&
            ceremony_answered(c, i, r, round) == ERR_UNAVAILABLE)
            return true;
    return false;
}
