/*
 * rejoin.c - a node whose store was restored from a backup.
 *
 * The backup holds what others erased after it was made, and lacks what this organisation wrote
 * since. So a restored node, until it knows what the others know:
 *
 * - signs nothing before others have answered for its head, and does not count itself among them,
 *   nor before it would have been told of the old node, if that still runs (standing.c, twins.c);
 * - gives nobody entries or bodies but an author its own: what is served might have been erased;
 * - answers no consult (the desk asks federation_standing);
 * - holds today's allowances as spent, as a keyholder: what was charged since is not in the backup.
 *
 * It is done when it may sign and every feed that it follows has brought nothing more for a while;
 * that is written down, so that a start in between begins anew. It waits no longer than
 * REJOIN_LONG_MS, lest two restored nodes wait for each other.
 */
#include "federation/core.h"

#include <string.h>

bool rejoin_is_open(const struct federation *f)
{
    return f->marks[MARK_RESTORED_UTC] != f->marks[MARK_REJOINED_UTC];
}

bool rejoin_withholds(const struct federation *f, const struct link *l, const struct feed *feed)
{
    return rejoin_is_open(f) && memcmp(l->author, feed->rec.author, AUTHOR_BYTES) != 0;
}

void rejoin_start(struct federation *f, struct effects *out)
{
    if (rejoin_is_open(f))
        keyholder_spend_today(f, out);
}

/* Whether a feed can bring nothing, or has brought nothing more for a while. */
static bool is_caught_up(struct federation *f, struct feed *feed)
{
    bool is_own = memcmp(feed->rec.author, f->config.author, AUTHOR_BYTES) == 0;
    if (is_own || !roster_is_active(roster_find(core_roster(f), feed->rec.author)) ||
        feed->rec.is_disputed)
        return true;
    bool is_behind = !core_is_witnessed(f, feed) && feed->seen.size > feed->rec.tree.size;
    feed->is_caught_up = feed->is_caught_up || (feed->source != 0 && !is_behind &&
                                                f->now_ms - feed->source_ms >= REJOIN_QUIET_MS &&
                                                f->now_ms - feed->progress_ms >= REJOIN_QUIET_MS);
    return feed->is_caught_up;
}

void rejoin_tick(struct federation *f, struct effects *out)
{
    if (!rejoin_is_open(f))
        return;
    bool is_done = true;
    for (size_t i = 0; i < f->feed_count; i++)
        is_done = is_caught_up(f, &f->feeds[i]) && is_done;
    if (!f->may_sign) {
        f->rejoin_ms = 0;
        return;
    }
    if (f->rejoin_ms == 0)
        f->rejoin_ms = f->now_ms;
    if (!is_done && f->now_ms - f->rejoin_ms < REJOIN_LONG_MS)
        return;
    core_mark(f, MARK_REJOINED_UTC, f->marks[MARK_RESTORED_UTC], out);
    core_report(out, NULL, REPORT_REJOINED, OK, core_own_feed(f)->rec.tree.size);
    f->is_serving = true;
    f->is_delivering = f->parcel_count > 0;
}
