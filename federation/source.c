/*
 * source.c - whom to follow a feed from, where its author is not connected.
 *
 * A relay proves what it gives, but not that it gives everything. So beside the source there is a
 * watch: one other connection, another every WATCH_MS, that is asked for checkpoints alone. When
 * one of them shows a newer checkpoint than the source gives, and the source has had AHEAD_MS to
 * follow, the one that knows more becomes the source. So a relay that holds something back, or two
 * that each wait for the other, keep nobody from news that any other connection has.
 */
#include "federation/core.h"

#include <string.h>

/* Whether it has of other feeds what we may have, and the headers, without which it proves nothing.
 */
static bool may_relay(struct federation *f, const struct link *l)
{
    if (l->id == 0 || !l->is_ready)
        return false;
    enum access access = access_of(roster_find(core_roster(f), l->author));
    return access >= ACCESS_HEADERS &&
           access >= access_of(roster_find(core_roster(f), f->config.author));
}

/* The place after this organisation among the relays that the author names; 0 if it is none. */
static size_t place_after(const struct feed *feed, const struct link *l)
{
    for (size_t i = 0; l != NULL && i < feed->profile.relay_count; i++)
        if (memcmp(feed->profile.relay[i], l->author, AUTHOR_BYTES) == 0)
            return i + 1;
    return 0;
}

/* Of the relays that the author names, the first that is connected after the one in use, in their
 * order and round again; 0 if there is none but that one. The author dials them, so what it writes
 * is there first. */
static uint32_t named_relay(struct federation *f, const struct feed *feed)
{
    const struct profile *p = &feed->profile;
    const struct link *now = links_find(f, feed->source);
    size_t at = place_after(feed, now);
    for (size_t n = 0; n < p->relay_count; n++) {
        const struct link *l = links_to(f, p->relay[(at + n) % p->relay_count]);
        if (l != NULL && may_relay(f, l) &&
            (now == NULL || memcmp(l->author, now->author, AUTHOR_BYTES) != 0))
            return l->id;
    }
    return 0;
}

bool source_is_named(struct federation *f, const struct feed *feed)
{
    return place_after(feed, links_find(f, feed->source)) > 0;
}

uint32_t source_next(struct federation *f, const struct feed *feed)
{
    uint32_t chosen = named_relay(f, feed), seen = 0;
    for (size_t i = 0; i < f->link_count && (chosen == 0 || seen > 0); i++) {
        const struct link *l = &f->links[i];
        if (may_relay(f, l) && l->id != feed->source && rng_below(&f->rng, ++seen) == 0)
            chosen = l->id;
    }
    return chosen != 0 || links_find(f, feed->source) == NULL ? chosen : feed->source;
}

bool source_is_ahead(struct federation *f, const struct feed *feed)
{
    const struct link *l = links_find(f, feed->ahead);
    bool is_news = feed->ahead_seq > feed->seen.seq || feed->seen.size > feed->rec.tree.size;
    return l != NULL && may_relay(f, l) && feed->ahead != feed->source && is_news &&
           f->now_ms - feed->ahead_ms >= AHEAD_MS && f->now_ms - feed->progress_ms >= AHEAD_MS;
}

void source_note(struct federation *f, struct feed *feed, const struct link *l, uint64_t seq)
{
    if (l->id == feed->source || (feed->ahead != 0 && seq <= feed->ahead_seq))
        return;
    feed->ahead = l->id;
    feed->ahead_seq = seq;
    feed->ahead_ms = f->now_ms;
}

uint32_t source_watch(struct federation *f, const struct feed *feed)
{
    size_t first = 0;
    for (size_t i = 0; i < f->link_count && feed->watch != 0; i++)
        if (f->links[i].id == feed->watch)
            first = i + 1;
    for (size_t n = 0; n < f->link_count; n++) { /* the one of now comes last */
        const struct link *l = &f->links[(first + n) % f->link_count];
        if (l->id != 0 && l->id != feed->source && may_relay(f, l))
            return l->id;
    }
    return 0;
}
