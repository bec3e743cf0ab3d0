/*
 * ceremony_check.c - which ceremonies may be: what a proposal says by itself, and under a member
 * list.
 */
#include "protocol/ceremony.h"

#include <string.h>

static bool is_interval(const struct ceremony_proposal *p)
{
    return p->patience_seconds >= CEREMONY_PATIENCE_MIN &&
           p->patience_seconds <= CEREMONY_PATIENCE_MAX && p->until_utc <= INT64_MAX;
}

/* A new key has nothing under it; everything else has. */
static bool is_numbered(const struct ceremony_proposal *p)
{
    if (p->kind == CEREMONY_GENERATE)
        return p->epoch >= 1 && p->base_epoch == 0 && p->base_refresh == 0;
    return p->epoch >= 1 && p->base_epoch >= 1;
}

struct tally {
    size_t dealers, receivers;
    size_t both; /* deal, and get a share */
};

static struct tally count_people(const struct ceremony_proposal *p)
{
    struct tally t = {0};
    for (size_t i = 0; i < p->count; i++) {
        bool deals = p->person[i].deals != 0, receives = p->person[i].receives != 0;
        t.dealers += deals;
        t.receivers += receives;
        t.both += deals && receives;
    }
    return t;
}

/* Whether each takes part, and no index is there twice. Who deals a new key deals under the index
 * of its own share. */
static bool has_distinct_indexes(const struct ceremony_proposal *p)
{
    bool deals[UINT8_MAX + 1] = {false}, receives[UINT8_MAX + 1] = {false};
    for (size_t i = 0; i < p->count; i++) {
        const struct ceremony_person *a = &p->person[i];
        if (a->deals == 0 && a->receives == 0)
            return false;
        if (deals[a->deals] || receives[a->receives])
            return false;
        if (p->kind == CEREMONY_GENERATE && a->deals != 0 && a->deals != a->receives)
            return false;
        deals[a->deals] = a->deals != 0;
        receives[a->receives] = a->receives != 0;
    }
    return true;
}

enum err ceremony_proposal_check(const struct ceremony_proposal *p)
{
    if (p->kind < CEREMONY_GENERATE || p->kind > CEREMONY_ROTATE || p->key < KEY_PSEUDONYMS ||
        p->key > KEY_STATISTICS || p->threshold < CEREMONY_THRESHOLD_MIN ||
        p->threshold > KEYHOLDERS_MAX || !is_interval(p) || !is_numbered(p))
        return ERR_RANGE;
    if (p->count < 1 || p->count > CEREMONY_PEOPLE_MAX || !has_distinct_indexes(p))
        return ERR_RANGE;
    const struct tally t = count_people(p);
    if (t.dealers > KEYHOLDERS_MAX || t.receivers > KEYHOLDERS_MAX)
        return ERR_RANGE;
    for (size_t i = 1; i < p->count; i++)
        if (memcmp(p->person[i - 1].author, p->person[i].author, AUTHOR_BYTES) >= 0)
            return ERR_FORMAT;
    return OK;
}

static bool is_keyholder(const struct roster *r, const uint8_t author[AUTHOR_BYTES])
{
    const struct organisation *o = roster_find(r, author);
    return roster_is_active(o) && (o->roles & ROLE_KEYHOLDER) != 0;
}

static enum err check_people(const struct ceremony_proposal *p,
                             const uint8_t proposer[AUTHOR_BYTES], const struct roster *r)
{
    if (!is_keyholder(r, proposer))
        return ERR_STRANGER;
    for (size_t i = 0; i < p->count; i++)
        if (!is_keyholder(r, p->person[i].author))
            return ERR_STRANGER;
    return OK;
}

static enum err check_end(const struct ceremony_proposal *p, int64_t now_utc)
{
    const int64_t until = (int64_t)p->until_utc;
    return until > now_utc && until - now_utc <= (int64_t)CEREMONY_DAYS_MAX * 86400 ? OK
                                                                                    : ERR_RANGE;
}

/* Whether the numbers of the result are those that come next. newest, base: NULL where there is
 * none. */
static enum err check_numbers(const struct ceremony_proposal *p, const struct roster_key *newest,
                              const struct roster_key *base)
{
    if (p->kind == CEREMONY_GENERATE) {
        bool is_new = newest == NULL || p->epoch > newest->epoch;
        return is_new && p->refresh == 0 ? OK : ERR_EPOCH;
    }
    if (base == NULL)
        return ERR_NOT_FOUND;
    if (base->epoch != newest->epoch || base->refresh != newest->refresh)
        return ERR_EPOCH;
    uint64_t epoch = base->epoch, refresh = (uint64_t)base->refresh + 1;
    if (p->kind == CEREMONY_ROTATE) {
        if (p->key != KEY_PSEUDONYMS)
            return ERR_EPOCH;
        epoch++;
        refresh = 0;
    }
    return p->epoch == epoch && p->refresh == refresh ? OK : ERR_EPOCH;
}

/* The index of the author's share in the base; 0 if it has none. */
static uint32_t base_index(const struct roster_key *base, const uint8_t author[AUTHOR_BYTES])
{
    for (size_t i = 0; i < base->share_count; i++)
        if (memcmp(base->holder[i], author, AUTHOR_BYTES) == 0)
            return base->index[i];
    return 0;
}

/* Whether those who deal on hold what they deal on, and those who get new shares for old ones had
 * these. */
static enum err check_holders(const struct ceremony_proposal *p, const struct roster_key *base)
{
    bool is_in_place = p->kind == CEREMONY_REFRESH || p->kind == CEREMONY_ROTATE;
    if (is_in_place && p->threshold != base->threshold)
        return ERR_UNAUTHORISED;
    for (size_t i = 0; i < p->count; i++) {
        const struct ceremony_person *a = &p->person[i];
        uint32_t index = base_index(base, a->author);
        if (a->deals != 0 && a->deals != index)
            return ERR_UNAUTHORISED;
        if (is_in_place && a->receives != 0 && a->receives != index)
            return ERR_UNAUTHORISED;
    }
    return OK;
}

/* In a rotation, the product is dealt by those who both held a share and got one of the factor. A
 * refresh goes on with as many holders as are left. */
enum err ceremony_base_check(const struct ceremony_proposal *p, const struct roster_key *base)
{
    enum err e = p->kind == CEREMONY_GENERATE ? OK : check_holders(p, base);
    if (e != OK)
        return e;
    const struct tally t = count_people(p);
    const size_t dealers = p->kind == CEREMONY_ROTATE ? t.both : t.dealers;
    const size_t threshold = p->threshold;
    const size_t receivers = p->kind == CEREMONY_REFRESH ? threshold : 2 * threshold - 1;
    bool is_enough = dealers >= ceremony_dealers_min(p, base) && t.receivers >= receivers;
    return is_enough ? OK : ERR_QUORUM;
}

enum err ceremony_check(const struct ceremony_proposal *p, const uint8_t proposer[AUTHOR_BYTES],
                        const struct roster *r, int64_t now_utc)
{
    const struct roster_key *newest = roster_threshold_key(r, p->key);
    const struct roster_key *base = roster_key_find(r, p->key, p->base_epoch, p->base_refresh);
    enum err e = ceremony_proposal_check(p);
    if (e == OK)
        e = check_end(p, now_utc);
    if (e == OK)
        e = check_people(p, proposer, r);
    if (e == OK)
        e = check_numbers(p, newest, base);
    return e == OK ? ceremony_base_check(p, base) : e;
}

size_t ceremony_dealers_min(const struct ceremony_proposal *p, const struct roster_key *base)
{
    if (p->kind == CEREMONY_RESHARE)
        return base->threshold;
    return p->kind == CEREMONY_ROTATE ? 2 * (size_t)p->threshold - 1 : p->threshold;
}

size_t ceremony_receivers_min(const struct ceremony_proposal *p)
{
    return p->kind == CEREMONY_ROTATE ? 2 * (size_t)p->threshold - 1 : p->threshold;
}

unsigned ceremony_phases(const struct ceremony_proposal *p)
{
    return p->kind == CEREMONY_ROTATE ? CEREMONY_PHASES_MAX : 3;
}
