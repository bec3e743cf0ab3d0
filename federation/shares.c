/*
 * shares.c - the shares of threshold keys that this node holds.
 *
 * A share comes from a file that a dealer sent, or out of a ceremony. It is pending until the
 * member list in force has its sharing, with this node's commitment to it: only then does it answer
 * anything. Several are held at a time, since an old sharing and a new one are both answered for a
 * while. A share is wiped once its sharing has left the list, or its time is over; one that never
 * came into the list, after SHARE_PENDING_DAYS or when the list has a later sharing of its key.
 * What is wiped does not come back, so the time is that of several clocks: our own, and the median
 * of the active members' newest checkpoints, as with what expires.
 */
#include "federation/core.h"

#include <sodium.h>
#include <string.h>

enum { SHARE_PENDING_DAYS = 90 };

static struct kept_share *find(struct federation *f, uint32_t key, uint32_t epoch, uint32_t refresh)
{
    for (size_t i = 0; i < f->share_count; i++) {
        struct kept_share *s = &f->shares[i];
        if (s->held.key == key && s->held.epoch == epoch && s->held.refresh == refresh)
            return s;
    }
    return NULL;
}

/* Our place in a sharing that the list has, where it is this share's; NULL if it is not. */
static const uint8_t *commitment_of(const struct federation *f, const struct roster_key *k,
                                    const struct kept_share *s)
{
    for (size_t i = 0; k != NULL && i < k->share_count; i++)
        if (memcmp(k->holder[i], f->config.author, AUTHOR_BYTES) == 0 &&
            k->index[i] == s->held.share.index &&
            memcmp(k->commitment[i], s->commitment, POINT_BYTES) == 0)
            return k->commitment[i];
    return NULL;
}

static const struct roster_key *sharing_of(struct federation *f, const struct kept_share *s)
{
    const struct roster *r = core_roster(f);
    return r == NULL ? NULL : roster_key_find(r, s->held.key, s->held.epoch, s->held.refresh);
}

static bool is_active(struct federation *f, const struct kept_share *s)
{
    return commitment_of(f, sharing_of(f, s), s) != NULL;
}

static void persist(const struct kept_share *s, struct effects *out)
{
    effects_add(out, EFFECT_PERSIST_SHARE)->share = s->held;
}

static void drop(struct federation *f, struct kept_share *s, struct effects *out)
{
    struct held_share *gone = &effects_add(out, EFFECT_FORGET_SHARE)->share;
    gone->key = s->held.key;
    gone->epoch = s->held.epoch;
    gone->refresh = s->held.refresh;
    struct kept_share *last = &f->shares[--f->share_count];
    if (s != last)
        *s = *last;
    sodium_memzero(last, sizeof *last);
}

/* Into a new place, or that of another share with the same numbers. */
static enum err keep(struct federation *f, const struct held_share *share)
{
    uint8_t commitment[POINT_BYTES];
    enum err e = threshold_commit(&share->share, commitment);
    if (e != OK)
        return e;
    struct kept_share *s = find(f, share->key, share->epoch, share->refresh);
    if (s != NULL && memcmp(s->commitment, commitment, POINT_BYTES) == 0 &&
        s->held.share.index == share->share.index)
        return OK;
    if (s != NULL && is_active(f, s))
        return ERR_DUPLICATE;
    if (s == NULL && f->share_count == SHARES_MAX)
        return ERR_FULL;
    if (s == NULL)
        s = &f->shares[f->share_count++];
    s->held = *share;
    memcpy(s->commitment, commitment, POINT_BYTES);
    return OK;
}

enum err federation_load_share(struct federation *f, const struct held_share *share)
{
    const struct kept_share *s = find(f, share->key, share->epoch, share->refresh);
    if (s == NULL)
        return keep(f, share);
    bool is_same = s->held.share.index == share->share.index &&
                   sodium_memcmp(s->held.share.scalar, share->share.scalar, SCALAR_BYTES) == 0;
    return is_same ? OK : ERR_DUPLICATE;
}

const struct held_share *shares_find(struct federation *f, uint32_t key, uint32_t epoch,
                                     uint32_t refresh)
{
    const struct kept_share *s = find(f, key, epoch, refresh);
    return s != NULL ? &s->held : NULL;
}

const struct held_share *shares_active(struct federation *f, const struct roster_key *k,
                                       const uint8_t **commitment)
{
    const struct kept_share *s = find(f, k->key, k->epoch, k->refresh);
    *commitment = s != NULL ? commitment_of(f, k, s) : NULL;
    return *commitment != NULL ? &s->held : NULL;
}

enum err shares_put(struct federation *f, const struct held_share *share, struct effects *out)
{
    struct held_share own = *share;
    if (own.received_utc == 0)
        own.received_utc = core_sober_utc(f);
    own.was_listed = false;
    enum err e = effects_has_room(out, 64, 0) ? keep(f, &own) : ERR_FULL;
    sodium_memzero(&own, sizeof own);
    if (e == OK)
        persist(find(f, share->key, share->epoch, share->refresh), out);
    return e;
}

void shares_drop(struct federation *f, uint32_t key, uint32_t epoch, uint32_t refresh,
                 struct effects *out)
{
    struct kept_share *s = find(f, key, epoch, refresh);
    if (s != NULL && !is_active(f, s))
        drop(f, s, out);
}

/* Whether the list has a later sharing of that purpose. */
static bool is_overtaken(struct federation *f, const struct kept_share *s)
{
    const struct roster_key *newest = roster_threshold_key(core_roster(f), s->held.key);
    return newest != NULL && (newest->epoch > s->held.epoch || (newest->epoch == s->held.epoch &&
                                                                newest->refresh > s->held.refresh));
}

/* Whether it is over, at a time that no single clock decides. */
static bool is_over(struct federation *f, const struct kept_share *s, int64_t now_utc)
{
    const struct roster_key *k = sharing_of(f, s);
    if (k != NULL && k->until_utc != 0 && k->until_utc < now_utc)
        return true;
    if (commitment_of(f, k, s) != NULL)
        return false;
    if (k == NULL && (s->held.was_listed || is_overtaken(f, s)))
        return true;
    return s->held.received_utc + SHARE_PENDING_DAYS * 86400 < now_utc;
}

void shares_review(struct federation *f, struct effects *out)
{
    int64_t median_utc = core_median_utc(f);
    int64_t past_utc = median_utc < f->now_utc ? median_utc : f->now_utc;
    for (size_t i = 0; i < f->share_count && effects_has_room(out, 64, 0);) {
        struct kept_share *s = &f->shares[i];
        bool is_new = s->held.received_utc == 0, is_listed = is_active(f, s);
        if (is_new)
            s->held.received_utc = core_sober_utc(f);
        if (is_over(f, s, past_utc)) {
            drop(f, s, out);
            continue;
        }
        if (is_new || (is_listed && !s->held.was_listed)) {
            s->held.was_listed = s->held.was_listed || is_listed;
            persist(s, out);
        }
        i++;
    }
}

size_t federation_share_count(const struct federation *f)
{
    return f->share_count;
}

void federation_share_status(const struct federation *f, size_t i, struct share_status *out)
{
    const struct kept_share *s = &f->shares[i];
    const struct roster *r = federation_roster(f);
    const struct roster_key *k =
        r == NULL ? NULL : roster_key_find(r, s->held.key, s->held.epoch, s->held.refresh);
    *out = (struct share_status){.key = s->held.key,
                                 .epoch = s->held.epoch,
                                 .refresh = s->held.refresh,
                                 .index = s->held.share.index,
                                 .received_utc = s->held.received_utc,
                                 .is_listed = k != NULL,
                                 .is_active = commitment_of(f, k, s) != NULL,
                                 .until_utc = k != NULL ? k->until_utc : 0};
    memcpy(out->commitment, s->commitment, POINT_BYTES);
}
