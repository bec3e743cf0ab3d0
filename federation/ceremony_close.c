/*
 * ceremony_close.c - the proposer's part: to close each phase, as soon as everybody has spoken who
 * is still in, or without who was silent for too long or said something wrong.
 */
#include "federation/core.h"

#include <string.h>

/* Whether what this participant contributed in the phase that is to be closed counts. */
static bool counts(struct federation *f, const struct ceremony *c, size_t i)
{
    const struct ceremony_facts *p = &c->person[i];
    size_t round = c->phase >= 3 ? 1 : 0;
    if (!c->is_in[i] || ceremony_is_gone(f, c, i))
        return false;
    if (c->phase == 0)
        return p->has_join;
    if (c->phase % 2 == 1)
        return !ceremony_deals(c, i) || (p->has_deal[round] && p->is_dealt[round] == OK);
    if (ceremony_receives(c, i) && !p->has_verdict[round])
        return false;
    if (!ceremony_deals(c, i))
        return true;
    if (ceremony_complaints(c, i, round) >= c->p.threshold)
        return false;
    for (size_t r = 0; r < c->p.count; r++)
        if (c->is_in[r] && c->person[r].has_verdict[round] &&
            ceremony_answered(c, i, r, round) != OK)
            return false;
    return true;
}

/* Whether somebody is awaited whose contribution may still come. */
static bool is_awaited(struct federation *f, const struct ceremony *c)
{
    enum ceremony_step what;
    size_t round = c->phase >= 3 ? 1 : 0;
    for (size_t i = 0; i < c->p.count; i++) {
        bool is_hopeless = c->phase > 0 && c->phase % 2 == 0 && ceremony_deals(c, i) &&
                           ceremony_complaints(c, i, round) >= c->p.threshold;
        if (ceremony_awaits(c, i, &what) && !ceremony_is_gone(f, c, i) &&
            !(what == CEREMONY_ANSWER && is_hopeless))
            return true;
    }
    return false;
}

static const uint8_t *hash_of(const struct ceremony *c, size_t i)
{
    const struct ceremony_facts *p = &c->person[i];
    size_t round = c->phase >= 3 ? 1 : 0;
    if (c->phase == 0)
        return p->join;
    if (c->phase % 2 == 1)
        return ceremony_deals(c, i) ? p->deal_hash[round] : NULL;
    return ceremony_receives(c, i) ? p->verdict_hash[round] : NULL;
}

void ceremony_close(struct federation *f, struct ceremony *c, struct effects *out)
{
    bool stays[CEREMONY_PEOPLE_MAX] = {false};
    bool is_patient = f->now_ms - c->phase_ms < (uint64_t)c->p.patience_seconds * 1000;
    bool is_mine = memcmp(c->proposer, f->config.author, AUTHOR_BYTES) == 0;
    if (!is_mine || c->state != CEREMONY_OPEN || c->is_waiting || !c->has_base ||
        c->phase >= ceremony_phases(&c->p) || c->close_count > c->phase ||
        (is_patient && is_awaited(f, c)))
        return;
    for (size_t i = 0; i < c->p.count; i++)
        stays[i] = counts(f, c, i);
    if (!ceremony_is_enough(c, stays))
        return; /* somebody may still come, until its time is over */
    struct ceremony_entry *e = &f->ceremonies.entry;
    memset(e, 0, sizeof *e);
    e->step = CEREMONY_CLOSE;
    memcpy(e->id, c->id, HASH_BYTES);
    e->close.phase = (uint8_t)(c->phase + 1);
    for (size_t i = 0; i < c->p.count; i++) {
        if (!stays[i])
            continue;
        struct ceremony_row *r = &e->close.row[e->close.count++];
        const uint8_t *hash = hash_of(c, i);
        memcpy(r->author, c->p.person[i].author, AUTHOR_BYTES);
        if (hash != NULL)
            memcpy(r->hash, hash, HASH_BYTES);
    }
    (void)!ceremony_say(f, e, out);
}
