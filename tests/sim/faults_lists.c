/*
 * faults_lists.c - what stewards do while everything goes wrong: new lists, new keys, somebody
 * suspended and taken back, old lists offered, and two lists of one version.
 */
#include <sodium.h>
#include <string.h>

#include "tests/sim/faults.h"

enum {
    LISTS_MAX = 12,
    ALARM_MS = 120 * SECOND, /* in which all know of two lists, where nothing is wrong */
};

struct edit {
    struct world *w;
    size_t who;
    uint8_t key[32];
};

static void set_policy(struct roster *r, void *ctx)
{
    (void)ctx;
    r->policy.budget_a_day++;
}

static void suspend(struct roster *r, void *ctx)
{
    r->organisations[((const struct edit *)ctx)->who].status = ORG_SUSPENDED;
}

static void readmit(struct roster *r, void *ctx)
{
    r->organisations[((const struct edit *)ctx)->who].status = ORG_ACTIVE;
}

static void rekey(struct roster *r, void *ctx)
{
    const struct edit *e = ctx;
    r->organisations[e->who].feed_epoch++;
    memcpy(r->organisations[e->who].feed_key, e->key, 32);
}

/* Its old key is good for another week. */
static void retransport(struct roster *r, void *ctx)
{
    const struct edit *e = ctx;
    struct organisation *o = &r->organisations[e->who];
    memcpy(o->old_transport_key, o->transport_key, 32);
    o->old_transport_until_utc = r->issued_utc + 7 * 86400;
    memcpy(o->transport_key, e->key, 32);
}

static void use_key(struct roster *r, void *ctx)
{
    world_use_key(r, ((const struct edit *)ctx)->w);
}

/* A node that has the newest list and will keep the next one; SIZE_MAX if this try found none. */
static size_t steward_at(struct story *s)
{
    size_t node = fault_any(s);
    bool can = story_is_in(s, node) && world_is_running(s->w, node) &&
               world_disk(s->w, node) == DISK_SOUND && node < s->plan.keyholders &&
               federation_roster(world_core(s->w, node))->version == s->rosters + 1;
    return can ? node : SIZE_MAX;
}

static void give_list(struct story *s, size_t at, void (*edit)(struct roster *, void *),
                      struct edit *e, const char *what)
{
    story_say(s, "       stewards sign list %u at %c: %s %c", (unsigned)s->rosters + 2,
              world_letter(at), what, world_letter(e->who));
    enum err result = world_roster(s->w, at, edit, e);
    if (result != OK)
        story_fail(s, "%c refuses the next member list: %s", world_letter(at), err_name(result));
    s->rosters++;
    s->is_rival_open = false; /* this one names both */
}

static void draw_key(struct story *s, uint8_t out[32])
{
    for (size_t i = 0; i < 32; i += 8) {
        uint64_t part_of = dice_next(&s->bad);
        memcpy(out + i, &part_of, 8);
    }
}

static void on_new_key(struct story *s, size_t at, struct edit *e)
{
    struct book *b = &s->books[e->who];
    if (b->has_new_key || !story_is_honest(s, e->who) || e->who == s->suspended)
        return;
    uint8_t seed[32], secret[64];
    draw_key(s, seed);
    crypto_sign_seed_keypair(e->key, secret, seed);
    world_set_next_secret(s->w, e->who, secret); /* it counts from its next start on */
    if (at == e->who)
        return;
    if (world_is_running(s->w, e->who)) {
        fault_crash(s, e->who, true);
        fault_later(s, FAULT_CRASH, dice_from(&s->bad, 1, 10 * SECOND), e->who, 0, 0);
    }
    b->has_new_key = true;
    judge_new_chapter(s, e->who, at);
    give_list(s, at, rekey, e, "new key for");
}

void fault_roster(struct story *s)
{
    size_t at = steward_at(s);
    struct edit e = {.w = s->w, .who = fault_any(s)};
    if (at == SIZE_MAX || s->rosters >= LISTS_MAX)
        return;
    uint64_t kind = dice_below(&s->bad, 4);
    if (s->suspended != SIZE_MAX && kind != 0) {
        e.who = s->suspended;
        s->suspended = SIZE_MAX;
        s->books[e.who].is_suspended = false;
        give_list(s, at, readmit, &e, "take back");
    } else if (kind == 1 && e.who >= s->plan.keyholders) {
        s->suspended = e.who;
        s->books[e.who].is_suspended = true;
        give_list(s, at, suspend, &e, "suspend");
    } else if (kind == 2) {
        on_new_key(s, at, &e);
    } else {
        give_list(s, at, set_policy, &e, "another budget, says");
    }
}

/* A node starts again, soon. */
static void restart(struct story *s, size_t node)
{
    if (!world_is_running(s->w, node))
        return;
    fault_crash(s, node, true);
    fault_later(s, FAULT_CRASH, dice_from(&s->bad, 1, 10 * SECOND), node, 0, 0);
}

void fault_transport(struct story *s)
{
    size_t at = steward_at(s);
    struct edit e = {.w = s->w, .who = fault_any(s)};
    if (at == SIZE_MAX || s->rosters >= LISTS_MAX || at == e.who || !story_is_in(s, e.who) ||
        e.who == s->twin_of)
        return;
    draw_key(s, e.key);
    give_list(s, at, retransport, &e, "new transport key for");
    world_set_transport(s->w, e.who, e.key);
    restart(s, e.who);
}

/* Shares come to all keyholders before the list names them, and wait for it over a restart. */
void fault_keys(struct story *s)
{
    size_t at = steward_at(s);
    struct edit e = {.w = s->w, .who = at};
    if (at == SIZE_MAX || s->rosters >= LISTS_MAX)
        return;
    world_deal(s->w, dice_is(&s->bad, 500));
    give_list(s, at, use_key, &e, "new shares, at");
    restart(s, (size_t)dice_below(&s->bad, s->plan.keyholders));
}

void fault_old_list(struct story *s)
{
    size_t node = fault_any(s);
    if (!world_is_running(s->w, node) || world_disk(s->w, node) != DISK_SOUND || s->rosters == 0)
        return;
    uint64_t has = federation_roster(world_core(s->w, node))->version;
    uint64_t version = dice_from(&s->bad, 1, s->rosters);
    if (version >= has)
        return;
    enum err result = world_offer(s->w, node, world_paper(s->w, version));
    if (result != ERR_STALE)
        story_fail(s, "I4: %c has list %u and says of list %u: %s", world_letter(node),
                   (unsigned)has, (unsigned)version, err_name(result));
}

static void set_other_policy(struct roster *r, void *ctx)
{
    (void)ctx;
    r->policy.grace_seconds++;
}

/* Two lists of the next version, each at one node. False where that cannot be now. */
static bool sign_two(struct story *s, size_t at, size_t other)
{
    struct edit e = {.w = s->w, .who = at};
    uint64_t has = s->rosters + 1;
    bool can = at != SIZE_MAX && s->rosters < LISTS_MAX && other != at && story_is_in(s, other) &&
               !s->is_rival_open && world_is_running(s->w, other) &&
               world_disk(s->w, other) == DISK_SOUND &&
               federation_roster(world_core(s->w, other))->version == has;
    if (!can)
        return false;
    give_list(s, at, set_policy, &e, "another budget, says");
    story_say(s, "       stewards sign another list %u at %c", (unsigned)s->rosters + 1,
              world_letter(other));
    enum err result = world_offer(s->w, other, world_rival(s->w, set_other_policy, NULL));
    if (result != OK)
        story_fail(s, "%c refuses the other list: %s", world_letter(other), err_name(result));
    s->is_rival_open = true;
    return true;
}

void fault_rival(struct story *s)
{
    size_t at = steward_at(s);
    (void)sign_two(s, at, fault_any(s));
}

void fault_settle_rivals(struct story *s)
{
    struct edit e = {.w = s->w, .who = 0};
    if (s->is_rival_open)
        give_list(s, 0, set_policy, &e, "which of the two counts, says");
}

void fault_rival_in_calm(struct story *s)
{
    size_t at = 0, other = s->plan.nodes - 1;
    while (other > 0 && !story_is_in(s, other))
        other--;
    if (!sign_two(s, at, other))
        return;
    world_run(s->w, ALARM_MS);
    for (size_t i = 0; i < s->plan.nodes; i++)
        if (story_is_in(s, i) && !federation_roster(world_core(s->w, i))->has_rival)
            story_fail(s, "I4: %c does not know that stewards signed two lists", world_letter(i));
    fault_settle_rivals(s);
}
