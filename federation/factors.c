/*
 * factors.c - how much of a factor a member may use.
 *
 * The factor rho of a key period makes pseudonyms of the key period before into those of the new
 * one. A member carries its own registrations over with it, and has them multiplied at t
 * keyholders; apart from the daily budget, since that may be thousands at once. In all, over days
 * and restarts, each keyholder multiplies for one member and key period FACTOR_EACH elements for
 * each signal of the member that it holds (as many as an entry can have tags, and one for padding),
 * and FACTOR_SPARE more, for padding. That suffices for one carrying over, and is of little use for
 * anything else: a factor makes nothing of a name alone.
 *
 * The count of signals is taken from the keyholder's own replica when it is needed, at most once
 * in FACTOR_COUNT_MS for a member: it costs a look at the member's whole feed.
 */
#include "federation/core.h"

#include <string.h>

enum { FACTOR_EACH = SIGNAL_TAGS_MAX + 1, FACTOR_SPARE = 256, FACTOR_COUNT_MS = 60000 };

static uint64_t allowance(const struct feed *member)
{
    return FACTOR_SPARE + (uint64_t)FACTOR_EACH * member->signals;
}

static void count_signals(struct federation *f, struct feed *member)
{
    member->signals = f->archive.signals(f->archive.ctx, member->rec.author);
    member->signals_ms = f->now_ms;
    member->has_signals = true;
}

enum err factors_check(struct federation *f, struct feed *member, uint32_t epoch, uint32_t count)
{
    uint64_t wants =
        (uint64_t)f->archive.factored(f->archive.ctx, member->rec.author, epoch) + count;
    bool is_counted = member->has_signals && f->now_ms - member->signals_ms < FACTOR_COUNT_MS;
    if (wants > allowance(member) && !is_counted)
        count_signals(f, member);
    return wants <= allowance(member) ? OK : ERR_BUDGET;
}

void factors_charge(struct federation *f, const struct feed *member, uint32_t epoch,
                    const struct charge *c, struct effects *out)
{
    uint32_t used = f->archive.factored(f->archive.ctx, member->rec.author, epoch);
    struct effect *e = effects_add(out, EFFECT_PERSIST_FACTORED);
    memcpy(e->author, member->rec.author, AUTHOR_BYTES);
    e->factored.epoch = epoch;
    e->factored.used = used + c->count;
    e->factored.day = core_today(f);
    memcpy(e->factored.request, c->request, 16);
    memcpy(e->factored.points_hash, c->hash, HASH_BYTES);
    memcpy(e->factored.purpose, c->purpose, HASH_BYTES);
    e->factored.points = c->count;
}
