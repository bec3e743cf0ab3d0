/*
 * coverage.c - what a consult may conclude, and what status shows.
 *
 * "No match" needs every active member's feed to be heard in policy time, complete, undisputed and
 * without owed bodies. Anything else is a gap, and is named.
 */
#include "federation/core.h"

#include <string.h>

#include "protocol/answer.h"

/* Entries whose bodies this node should have and has not. What it may not have is not owed to it,
 * but stays marked so: it is fetched when the member list gives the node another role. */
static uint64_t owed_here(const struct federation *f, const struct feed *feed)
{
    const struct roster *r = federation_roster(f);
    bool is_own = memcmp(feed->rec.author, f->config.author, AUTHOR_BYTES) == 0;
    bool may_have = r != NULL && access_of(roster_find(r, f->config.author)) == ACCESS_EVERYTHING;
    return is_own || may_have ? feed->rec.owed : 0;
}

/* Looked at is what this node may have: an observer hears of a feed once a day, and holds no
 * entries; whoever has headers only is owed no bodies. */
static unsigned feed_gaps(const struct federation *f, const struct feed *feed,
                          const struct organisation *org, int64_t now_utc,
                          uint32_t coverage_seconds)
{
    unsigned gaps = 0;
    if (feed == NULL)
        return GAP_FEED_UNHEARD;
    bool is_witnessed = core_is_witnessed(f, feed);
    if (is_witnessed)
        coverage_seconds += 86400;
    if (feed->rec.heard_utc == 0 || feed->rec.heard_utc + (int64_t)coverage_seconds < now_utc)
        gaps |= GAP_FEED_UNHEARD;
    if ((feed->seen.size > feed->rec.tree.size || chapters_is_short(feed) ||
         mend_is_needed(feed)) &&
        !is_witnessed)
        gaps |= GAP_FEED_BEHIND;
    if (feed->rec.is_disputed || feed->rec.feed_epoch != org->feed_epoch)
        gaps |= GAP_FEED_DISPUTED;
    if (owed_here(f, feed) > 0)
        gaps |= GAP_BODY_OWED;
    if (feed->rec.newer > 0)
        gaps |= GAP_VERSION;
    return gaps;
}

static const struct feed *find(const struct federation *f, const uint8_t author[AUTHOR_BYTES])
{
    for (size_t i = 0; i < f->feed_count; i++)
        if (memcmp(f->feeds[i].rec.author, author, AUTHOR_BYTES) == 0)
            return &f->feeds[i];
    return NULL;
}

void federation_coverage(const struct federation *f, int64_t now_utc, struct coverage *out)
{
    memset(out, 0, sizeof *out);
    const struct roster *r = federation_roster(f);
    if (r == NULL) {
        out->gaps = GAP_NOT_READY;
        return;
    }
    if (r->fresh_until_utc > 0 && now_utc > r->fresh_until_utc)
        out->gaps |= GAP_ROSTER_STALE;
    bool is_first = true;
    for (size_t i = 0; i < r->organisation_count; i++) {
        const struct organisation *org = &r->organisations[i];
        if (!roster_is_active_member(org) ||
            memcmp(org->author, f->config.author, AUTHOR_BYTES) == 0)
            continue;
        const struct feed *feed = find(f, org->author);
        unsigned gaps = feed_gaps(f, feed, org, now_utc, r->policy.coverage_seconds);
        int64_t heard_utc = feed != NULL ? feed->rec.heard_utc : 0;
        out->feeds++;
        out->feeds_covered += gaps == 0;
        out->gaps |= gaps;
        out->owed += feed != NULL ? owed_here(f, feed) : 0;
        if (is_first || heard_utc < out->oldest_heard_utc)
            out->oldest_heard_utc = heard_utc;
        is_first = false;
    }
}

bool federation_is_disputed(const struct federation *f, const uint8_t author[AUTHOR_BYTES])
{
    const struct feed *feed = find(f, author);
    return feed != NULL && feed->rec.is_disputed;
}

size_t federation_feed_count(const struct federation *f)
{
    return f->feed_count;
}

static bool is_up(const struct federation *f, const uint8_t author[AUTHOR_BYTES])
{
    for (size_t i = 0; i < f->link_count; i++)
        if (f->links[i].id != 0 && f->links[i].is_ready &&
            memcmp(f->links[i].author, author, AUTHOR_BYTES) == 0)
            return true;
    return false;
}

/* The connections to a feed's author, and whom the feed comes from instead. */
static void show_links(const struct federation *f, const struct feed *feed, struct feed_status *out)
{
    for (size_t i = 0; i < f->link_count; i++) {
        const struct link *l = &f->links[i];
        if (l->id == 0 || !l->is_ready)
            continue;
        bool is_author = memcmp(l->author, feed->rec.author, AUTHOR_BYTES) == 0;
        out->is_dialled = out->is_dialled || (is_author && l->is_outbound);
        out->is_dialler = out->is_dialler || (is_author && !l->is_outbound);
        if (l->id == feed->source && !is_author) {
            out->is_relayed = true;
            memcpy(out->via, l->author, AUTHOR_BYTES);
        }
    }
    out->is_up = out->is_dialled || out->is_dialler;
}

/* What an organisation says of how it is reached; of this one, what its settings say. */
static void show_profile(const struct federation *f, const struct feed *feed,
                         struct feed_status *out)
{
    const struct profile *p = out->is_own ? &f->config.profile : &feed->profile;
    out->has_profile = out->is_own || feed->rec.profile_plus_one > 0;
    out->has_endpoint = p->count > 0;
    out->relay_count = p->relay_count;
    memcpy(out->relay, p->relay, sizeof out->relay);
}

/* The version spoken with an organisation over any of its connections; 0 where none is up. */
static uint32_t version_of(const struct federation *f, const uint8_t author[AUTHOR_BYTES])
{
    for (size_t i = 0; i < f->link_count; i++)
        if (f->links[i].id != 0 && f->links[i].is_ready &&
            memcmp(f->links[i].author, author, AUTHOR_BYTES) == 0)
            return f->links[i].version;
    return 0;
}

void federation_feed_status(const struct federation *f, size_t i, struct feed_status *out)
{
    const struct feed *feed = &f->feeds[i];
    memset(out, 0, sizeof *out);
    memcpy(out->author, feed->rec.author, AUTHOR_BYTES);
    out->is_witnessed = core_is_witnessed(f, feed);
    out->size = out->is_witnessed ? feed->seen.size : feed->rec.tree.size;
    out->seen_size = feed->seen.size > out->size ? feed->seen.size : out->size;
    out->seq = feed->seen.seq;
    out->heard_utc = feed->rec.heard_utc;
    out->signed_utc = feed->seen.seq != 0 ? (int64_t)feed->seen.time_utc : 0;
    out->owed = owed_here(f, feed);
    out->refused = feed->rec.refused;
    out->opaque = feed->rec.opaque;
    out->newer = feed->rec.newer;
    out->version = version_of(f, feed->rec.author);
    out->offers_min = feed->offers_min;
    out->offers_max = feed->offers_max;
    out->is_mending = mend_is_needed(feed);
    out->is_disputed = feed->rec.is_disputed;
    out->is_own = memcmp(feed->rec.author, f->config.author, AUTHOR_BYTES) == 0;
    out->held_size = feed->held_size;
    show_links(f, feed, out);
    show_profile(f, feed, out);
}

bool federation_feed_checkpoint(const struct federation *f, size_t i,
                                uint8_t out[CHECKPOINT_SIGNED_BYTES])
{
    memcpy(out, f->feeds[i].rec.held, CHECKPOINT_SIGNED_BYTES);
    return f->feeds[i].held.seq != 0;
}

bool federation_head(const struct federation *f, const uint8_t author[AUTHOR_BYTES],
                     struct accepted *out)
{
    const struct feed *feed = find(f, author);
    if (feed == NULL || feed->rec.feed_epoch == 0)
        return false;
    out->feed_epoch = feed->rec.feed_epoch;
    out->size = feed->rec.tree.size;
    merkle_root(&feed->rec.tree, out->root);
    return true;
}

uint32_t federation_held_by(const struct federation *f, uint64_t index)
{
    uint32_t count = 0;
    for (size_t i = 0; i < f->feed_count; i++)
        count += f->feeds[i].held_size > index &&
                 memcmp(f->feeds[i].rec.author, f->config.author, AUTHOR_BYTES) != 0;
    return count;
}

size_t federation_budgets(const struct federation *f, int64_t now_utc, struct budget_status *out,
                          size_t max)
{
    const struct roster *r = federation_roster(f);
    const struct roster_key *k = r != NULL ? roster_threshold_key(r, KEY_PSEUDONYMS) : NULL;
    size_t count = k == NULL ? 0 : k->share_count < max ? k->share_count : max;
    uint32_t today = now_utc > 0 ? (uint32_t)(now_utc / 86400) : 0;
    for (size_t i = 0; i < count; i++) {
        const struct feed *feed = find(f, k->holder[i]);
        memcpy(out[i].keyholder, k->holder[i], AUTHOR_BYTES);
        bool is_self = memcmp(k->holder[i], f->config.author, AUTHOR_BYTES) == 0;
        out[i].is_up = is_self || is_up(f, k->holder[i]);
        out[i].budget = r->policy.budget_a_day;
        out[i].asked_today = 0;
        if (feed != NULL && is_self && feed->budget_day == today)
            out[i].asked_today = feed->budget_used;
        if (feed != NULL && !is_self && feed->asked_day == today)
            out[i].asked_today = feed->asked_points;
    }
    return count;
}
