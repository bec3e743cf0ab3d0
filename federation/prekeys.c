/*
 * prekeys.c - what others seal envelopes to.
 *
 * A pair of keys belongs to a week. The public halves of this week and the next stand in the
 * profile entry, so that there is one as long as the node was there within the last week; the
 * secret ones are kept until the week after theirs has passed, and are then wiped for good: whoever
 * takes the node's keys later opens nothing that was sealed before. They are drawn at random, so
 * that nothing else gives them back.
 */
#include "federation/core.h"

#include <sodium.h>
#include <string.h>

static struct own_prekey *find(struct federation *f, uint32_t week)
{
    for (size_t i = 0; i < PREKEYS_KEPT; i++)
        if (f->prekeys[i].is_used && f->prekeys[i].week == week)
            return &f->prekeys[i];
    return NULL;
}

static struct own_prekey *add(struct federation *f, uint32_t week, const uint8_t secret[KEY_BYTES])
{
    for (size_t i = 0; i < PREKEYS_KEPT; i++) {
        struct own_prekey *p = &f->prekeys[i];
        if (p->is_used)
            continue;
        p->is_used = true;
        p->week = week;
        envelope_key_of(secret, &p->key);
        return p;
    }
    return NULL;
}

void federation_load_prekey(struct federation *f, uint32_t week, const uint8_t secret[KEY_BYTES])
{
    if (find(f, week) == NULL)
        (void)add(f, week, secret);
}

static struct effect *persist(uint32_t week, struct effects *out)
{
    struct effect *e = effects_add(out, EFFECT_PERSIST_PREKEY);
    e->prekey.week = week;
    return e;
}

/* Wipes what is older than the last week's; and what is of later weeks than the next, which a clock
 * that was ahead has drawn. */
static void wipe(struct federation *f, uint32_t week, struct effects *out)
{
    for (size_t i = 0; i < PREKEYS_KEPT; i++) {
        struct own_prekey *p = &f->prekeys[i];
        if (!p->is_used || (p->week + 1 >= week && p->week <= week + 1))
            continue;
        persist(p->week, out)->prekey.is_gone = true;
        sodium_memzero(p, sizeof *p);
    }
}

static const struct own_prekey *draw(struct federation *f, uint32_t week, struct effects *out)
{
    struct own_prekey *p = find(f, week);
    if (p != NULL)
        return p;
    struct effect *e = persist(week, out);
    rng_bytes(&f->rng, e->prekey.secret, KEY_BYTES);
    return add(f, week, e->prekey.secret);
}

void prekeys_tick(struct federation *f, struct effects *out)
{
    uint32_t week = core_sober_day(f) / PREKEY_DAYS;
    if (!effects_has_room(out, 64, 0))
        return;
    wipe(f, week, out);
    struct profile *profile = &f->config.profile;
    profile->prekey_count = 0;
    /* Whoever is given no headers cannot check an envelope, and gets none. */
    if (access_of(roster_find(core_roster(f), f->config.author)) < ACCESS_HEADERS)
        return;
    for (uint32_t w = week; w <= week + 1; w++) {
        const struct own_prekey *p = draw(f, w, out);
        if (p == NULL)
            continue;
        struct prekey *row = &profile->prekey[profile->prekey_count++];
        row->role = PREKEY_INTEGRITY_OFFICER;
        row->from_day = w * PREKEY_DAYS;
        row->until_day = w * PREKEY_DAYS + PREKEY_DAYS - 1;
        memcpy(row->key, p->key.public_key, KEY_BYTES);
    }
}

const uint8_t *prekeys_of(struct federation *f, const struct feed *feed, uint8_t role)
{
    const struct prekey *best = NULL;
    uint32_t today = core_today(f);
    for (size_t i = 0; i < feed->profile.prekey_count; i++) {
        const struct prekey *p = &feed->profile.prekey[i];
        if (p->role == role && p->from_day <= today && today <= p->until_day &&
            (best == NULL || p->from_day > best->from_day))
            best = p;
    }
    return best != NULL ? best->key : NULL;
}
