/*
 * faults.c - what goes wrong, and how it ends.
 *
 * Whatever is begun is noted with the time at which it ends; at the end of the safety phase all of
 * it ends at once. An operator's errors that the design does not promise to survive are not
 * committed: a backup is put back only where a majority of the always-on nodes still knows the
 * newest that the node signed, and clocks of fewer than half of the members are ever years ahead.
 */
#include <assert.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "tests/sim/faults.h"
#include "tests/sim/look.h"

enum {
    HEARTBEAT_MS = 20 * SECOND,
    YEARS_10 = 3650 * 86400,
};

size_t fault_any(struct story *s)
{
    return (size_t)dice_below(&s->bad, s->plan.nodes);
}

/* Two different nodes. */
static void any_two(struct story *s, size_t *a, size_t *b)
{
    *a = fault_any(s);
    *b = (*a + 1 + (size_t)dice_below(&s->bad, s->plan.nodes - 1)) % s->plan.nodes;
}

void fault_later(struct story *s, enum fault what, uint64_t in_ms, size_t a, size_t b,
                 uint32_t left)
{
    if (s->due_count < DUES_MAX)
        s->dues[s->due_count++] =
            (struct due){world_now_ms(s->w) + in_ms, what, a, b, left, left > 0};
}

static void part(struct story *s, size_t a, size_t b)
{
    if (s->parted[a][b]++ == 0)
        world_part(s->w, a, b);
    s->parted[b][a] = s->parted[a][b];
}

static void join(struct story *s, size_t a, size_t b)
{
    if (s->parted[a][b] > 0 && --s->parted[a][b] == 0)
        world_join(s->w, a, b);
    s->parted[b][a] = s->parted[a][b];
}

static void start(struct story *s, size_t node)
{
    if (world_is_running(s->w, node))
        return;
    s->lives[node]++;
    story_say(s, "%c      starts", world_letter(node));
    world_start(s->w, node);
}

void fault_crash(struct story *s, size_t node, bool is_kept)
{
    bool was_stalled = world_disk(s->w, node) == DISK_STALLED;
    world_crash(s->w, node, is_kept);
    s->lives[node]++;
    if (was_stalled)
        work_lost(s, node);
}

/* ---- Connections ---- */

static void on_fall(struct story *s)
{
    size_t a, b;
    any_two(s, &a, &b);
    world_fall(s->w, a, b);
}

static void on_forget(struct story *s)
{
    size_t a, b;
    any_two(s, &a, &b);
    world_forget(s->w, a, b);
}

static void on_clog(struct story *s)
{
    size_t a, b;
    any_two(s, &a, &b);
    world_clog(s->w, a, b, dice_from(&s->bad, 100, HEARTBEAT_MS - 1));
}

/* Both sides' heartbeats end it, and nobody gets through to dial again. */
static void on_one_way(struct story *s)
{
    size_t a, b;
    any_two(s, &a, &b);
    world_clog(s->w, a, b, HEARTBEAT_MS);
    fault_later(s, FAULT_ONE_WAY, HEARTBEAT_MS - 1, a, b, 0);
}

static void on_pair(struct story *s)
{
    size_t a, b;
    any_two(s, &a, &b);
    part(s, a, b);
    fault_later(s, FAULT_PAIR, dice_from(&s->bad, SECOND, 60 * SECOND), a, b, 0);
}

static void on_split(struct story *s)
{
    uint64_t sides = dice_next(&s->bad), ms = dice_from(&s->bad, SECOND, 60 * SECOND);
    for (size_t a = 0; a < s->plan.nodes; a++) {
        for (size_t b = 0; b < a; b++) {
            if ((sides >> a & 1) == (sides >> b & 1) || s->due_count == DUES_MAX)
                continue;
            part(s, a, b);
            fault_later(s, FAULT_PAIR, ms, a, b, 0);
        }
    }
}

static void on_flap(struct story *s)
{
    size_t a, b;
    any_two(s, &a, &b);
    part(s, a, b);
    fault_later(s, FAULT_FLAP, dice_from(&s->bad, 50, 3 * SECOND), a, b,
                (uint32_t)dice_from(&s->bad, 1, 12));
}

/* ---- Nodes and disks ---- */

static void on_crash(struct story *s)
{
    size_t node = fault_any(s);
    if (!world_is_running(s->w, node))
        return;
    fault_crash(s, node, dice_is(&s->bad, 500));
    fault_later(s, FAULT_CRASH, dice_from(&s->bad, 1, 40 * SECOND), node, 0, 0);
}

static void on_stall(struct story *s)
{
    size_t node = fault_any(s);
    if (!world_is_running(s->w, node) || world_disk(s->w, node) != DISK_SOUND)
        return;
    world_set_disk(s->w, node, DISK_STALLED);
    /* b: what happens then: 0 the commit returns, 1 a crash without it, 2 a crash with it */
    fault_later(s, FAULT_STALL, dice_from(&s->bad, 20, 8 * SECOND), node,
                (size_t)dice_below(&s->bad, 3), 0);
}

static void on_full(struct story *s)
{
    size_t node = fault_any(s);
    if (!world_is_running(s->w, node) || world_disk(s->w, node) != DISK_SOUND)
        return;
    world_set_disk(s->w, node, DISK_FULL);
    fault_later(s, FAULT_FULL, dice_from(&s->bad, SECOND, 30 * SECOND), node, 0, 0);
}

/* ---- Clocks ---- */

static void on_skew(struct story *s)
{
    size_t node = fault_any(s);
    int64_t most = dice_is(&s->bad, 500) ? 300 : 20 * 3600;
    int64_t by = (int64_t)dice_below(&s->bad, (uint64_t)(2 * most)) - most;
    world_set_ahead(s->w, node, by);
    story_say(s, "%c      has a clock that is %d s wrong", world_letter(node), (int)by);
    fault_later(s, FAULT_SKEW, dice_from(&s->bad, SECOND, 60 * SECOND), node, 0, 0);
}

static void on_jump(struct story *s)
{
    size_t node = fault_any(s);
    bool is_ahead = dice_is(&s->bad, 500);
    if (is_ahead && !s->books[node].has_jumped) {
        if (s->jumped >= s->plan.jumps_max)
            return;
        s->jumped++;
        s->books[node].has_jumped = true;
    }
    s->books[node].was_behind = s->books[node].was_behind || !is_ahead;
    world_set_ahead(s->w, node, is_ahead ? YEARS_10 : -YEARS_10);
    story_say(s, "%c      has a clock that is ten years %s", world_letter(node),
              is_ahead ? "ahead" : "behind");
    fault_later(s, FAULT_SKEW, dice_from(&s->bad, SECOND, 40 * SECOND), node, 0, 0);
}

static void on_day(struct story *s)
{
    uint64_t days = dice_is(&s->bad, 200) ? dice_from(&s->bad, 2, 40) : 1;
    world_skip(s->w, (int64_t)days * 86400);
    s->days += days;
    story_say(s, "       %u days pass", (unsigned)days);
}

/* ---- An operator's errors ---- */

static bool is_always_on(const struct story *s, size_t node)
{
    return (s->plan.setup.roles[node] & (ROLE_KEYHOLDER | ROLE_RELAY)) != 0;
}

/* Whether any majority of always-on nodes has somebody in it who knows all that the node signed. */
static bool is_known_enough(struct story *s, size_t node)
{
    const struct feed_record *own = shelf_record(world_shelf(s->w, node), world_author(s->w, node));
    struct checkpoint mine;
    if (own == NULL || checkpoint_read(bytes_of(own->seen, sizeof own->seen), &mine) != OK)
        return false;
    size_t all = 0, knowing = 0;
    for (size_t i = 0; i < s->plan.nodes; i++) {
        struct checkpoint theirs;
        if (!is_always_on(s, i))
            continue;
        all++;
        const struct feed_record *r = shelf_record(world_shelf(s->w, i), world_author(s->w, node));
        if (i != node && story_is_honest(s, i) && r != NULL && world_disk(s->w, i) == DISK_SOUND &&
            r->feed_epoch == own->feed_epoch &&
            checkpoint_read(bytes_of(r->seen, sizeof r->seen), &theirs) == OK &&
            theirs.seq >= mine.seq && r->tree.size >= own->tree.size)
            knowing++;
    }
    /* at least all/2 + 1 answer, itself among them if it is one */
    size_t answering = all / 2 + 1 - (is_always_on(s, node) ? 1 : 0);
    size_t others = all - (is_always_on(s, node) ? 1 : 0);
    return others - knowing < answering;
}

static void on_restore(struct story *s)
{
    size_t node = s->backup_of;
    if (node == SIZE_MAX) {
        node = fault_any(s);
        if (!story_is_in(s, node) || world_disk(s->w, node) != DISK_SOUND)
            return;
        s->backup_of = node;
        s->backup = shelf_copy(world_shelf(s->w, node));
        story_say(s, "%c      is backed up", world_letter(node));
        return;
    }
    bool can = s->backup != NULL && !s->books[node].has_new_key && story_is_in(s, node) &&
               world_disk(s->w, node) == DISK_SOUND && is_known_enough(s, node);
    if (!can)
        return;
    if (world_is_running(s->w, node))
        fault_crash(s, node, true);
    world_swap_shelf(s->w, node, s->backup);
    s->backup = NULL;
    s->books[node].was_restored = true;
    story_say(s, "%c      is put back to its backup", world_letter(node));
    fault_later(s, FAULT_CRASH, dice_from(&s->bad, 1, 20 * SECOND), node, 0, 0);
}

static void on_twin(struct story *s)
{
    size_t node = fault_any(s);
    if (s->twin != SIZE_MAX || !story_is_honest(s, node) || !world_is_running(s->w, node) ||
        world_disk(s->w, node) != DISK_SOUND || node < s->plan.keyholders ||
        s->books[node].has_jumped)
        return;
    s->books[node].is_exempt = true;
    s->twin_of = node;
    s->twin = s->plan.nodes;
    story_say(s, "%c      starts a second time, as %c", world_letter(node), world_letter(s->twin));
    size_t at = world_twin(s->w, node);
    assert(at == s->twin);
    fault_later(s, FAULT_TWIN, dice_from(&s->bad, 5 * SECOND, 60 * SECOND), at, 0, 0);
}

void fault_one(struct story *s, uint64_t count[FAULT_COUNT])
{
    static void (*const begin[FAULT_COUNT])(struct story *) = {
        [FAULT_FALL] = on_fall,
        [FAULT_FORGET] = on_forget,
        [FAULT_CLOG] = on_clog,
        [FAULT_ONE_WAY] = on_one_way,
        [FAULT_PAIR] = on_pair,
        [FAULT_SPLIT] = on_split,
        [FAULT_FLAP] = on_flap,
        [FAULT_CRASH] = on_crash,
        [FAULT_STALL] = on_stall,
        [FAULT_FULL] = on_full,
        [FAULT_SKEW] = on_skew,
        [FAULT_JUMP] = on_jump,
        [FAULT_DAY] = on_day,
        [FAULT_ROSTER] = fault_roster,
        [FAULT_RESTORE] = on_restore,
        [FAULT_TWIN] = on_twin,
        [FAULT_TRANSPORT] = fault_transport,
        [FAULT_RIVAL] = fault_rival,
        [FAULT_KEYS] = fault_keys,
        [FAULT_OLD_LIST] = fault_old_list,
    };
    uint64_t all = 0;
    for (int f = 0; f < FAULT_COUNT; f++)
        all += s->plan.weight[f];
    uint64_t at = dice_below(&s->bad, all);
    for (int f = 0; all > 0 && f < FAULT_COUNT; f++) {
        if (at < s->plan.weight[f]) {
            story_say(s, "fault: %s", fault_name((enum fault)f));
            count[f]++;
            s->fault_count++;
            begin[f](s);
            return;
        }
        at -= s->plan.weight[f];
    }
}

/* ---- How it ends ---- */

static void end_stall(struct story *s, const struct due *d)
{
    if (world_disk(s->w, d->a) != DISK_STALLED)
        return;
    if (d->b == 0 || !world_is_running(s->w, d->a)) {
        story_say(s, "%c      has its commit", world_letter(d->a));
        world_set_disk(s->w, d->a, DISK_SOUND);
        work_committed(s, d->a);
        return;
    }
    story_say(s, "%c      stops, %s its last commit", world_letter(d->a),
              d->b == 1 ? "without" : "with");
    fault_crash(s, d->a, d->b == 2);
    fault_later(s, FAULT_CRASH, dice_from(&s->bad, 1, 20 * SECOND), d->a, 0, 0);
}

static void end_flap(struct story *s, struct due d)
{
    if (d.is_on)
        join(s, d.a, d.b);
    else
        part(s, d.a, d.b);
    if (d.is_on && d.left <= 1)
        return;
    d.left -= d.is_on;
    d.is_on = !d.is_on;
    d.at_ms = world_now_ms(s->w) + dice_from(&s->bad, 50, 3 * SECOND);
    s->dues[s->due_count++] = d;
}

static void end_one(struct story *s, struct due d)
{
    switch ((int)d.what) {
    case FAULT_ONE_WAY:
        part(s, d.a, d.b);
        fault_later(s, FAULT_PAIR, dice_from(&s->bad, SECOND, 30 * SECOND), d.a, d.b, 0);
        return;
    case FAULT_PAIR:
        join(s, d.a, d.b);
        return;
    case FAULT_FLAP:
        end_flap(s, d);
        return;
    case FAULT_CRASH:
        start(s, d.a);
        return;
    case FAULT_STALL:
        end_stall(s, &d);
        return;
    case FAULT_FULL:
        if (world_disk(s->w, d.a) == DISK_FULL)
            world_set_disk(s->w, d.a, DISK_SOUND);
        start(s, d.a);
        return;
    case FAULT_SKEW:
        world_set_ahead(s->w, d.a, 0);
        return;
    case FAULT_TWIN:
        if (world_is_running(s->w, d.a))
            world_stop(s->w, d.a);
        return;
    default:
        return;
    }
}

void fault_dues(struct story *s)
{
    for (size_t i = 0; i < s->due_count;) {
        if (s->dues[i].at_ms > world_now_ms(s->w)) {
            i++;
            continue;
        }
        struct due d = s->dues[i];
        s->dues[i] = s->dues[--s->due_count];
        end_one(s, d);
    }
    /* Whoever runs a node whose disk is full starts it again, whether there is room by now or not.
     */
    for (size_t i = 0; i < s->plan.nodes; i++)
        if (!world_is_running(s->w, i) && world_disk(s->w, i) == DISK_FULL && dice_is(&s->bad, 100))
            start(s, i);
}

void fault_stop(struct story *s)
{
    s->is_calm = true;
    s->due_count = 0;
    for (size_t a = 0; a < world_nodes(s->w); a++) {
        world_set_ahead(s->w, a, 0);
        for (size_t b = 0; b < a; b++) {
            world_clog(s->w, a, b, 0);
            world_clog(s->w, b, a, 0);
            s->parted[a][b] = s->parted[b][a] = 0;
            world_join(s->w, a, b);
        }
    }
    world_set_network(s->w, &(struct world_network){0});
    for (size_t i = 0; i < s->plan.nodes; i++) {
        world_set_disk(s->w, i, DISK_SOUND);
        work_committed(s, i);
        start(s, i);
    }
    if (s->twin != SIZE_MAX && world_is_running(s->w, s->twin))
        world_stop(s->w, s->twin);
    /* A list that reached a single node before it was put back to a backup is given again. */
    for (size_t version = 2; version <= s->rosters + 1; version++)
        for (size_t i = 0; i < (s->plan.edition == EDITION_FIRST ? 1 : s->plan.keyholders); i++)
            if (federation_roster(world_core(s->w, i))->version < version)
                (void)!world_offer(s->w, i, world_paper(s->w, version));
    fault_settle_rivals(s);
    world_deal_again(s->w);
}
