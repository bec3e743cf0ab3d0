/*
 * judge.c - what must hold, of I1 to I13 of the threat model.
 *
 * After every step, what judge_acts.c lists, and from its effects alone: I2 and I12 (each entry of
 * an honest author that any honest node stores is the one that every other stores; nobody finds a
 * contradiction by an honest author), I4 (what comes from outside the member list has no effect),
 * I5 (no text about a person in any frame or stored body), I11 (an erased body never comes back),
 * and that no honest keyholder is called wrong. I6 and I7 are asserted where effects are carried
 * out: an envelope is accepted once, an entry stored once, an evaluation ends once; and frames are
 * repeated on purpose. Now and then: I1 at the author, I8. At the end: I1, I2, I3, I7, I10, I11,
 * I13 everywhere. I9 concerns the statistics, which the core does not have yet.
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/sim/byzantine.h"
#include "tests/sim/check.h"
#include "tests/sim/look.h"
#include "tests/sim/story.h"

enum {
    COMMIT_AT = HEADER_BYTES - 32,
    LETTER_DAYS = 5,                     /* so long a letter can be opened, however it was sealed */
    UNDER_WAY_MAX = 6 * FRAME_BYTES_MAX, /* what a node lets wait for one peer before it cuts it */
};

/* Whose feed is what its author says, and one. */
static bool is_true(const struct story *s, size_t author)
{
    return author < s->plan.nodes && story_is_honest(s, author) && !s->books[author].is_exempt;
}

/* ---- After every step ---- */

static void judge_commit(struct story *s, size_t node, size_t author, uint32_t feed_epoch,
                         const struct effect_entry *e)
{
    struct book *b = &s->books[author];
    size_t at = feed_epoch - 1, i = (size_t)e->index;
    if (i >= b->commit_room[at]) {
        size_t room = 2 * i + 64;
        b->commits[at] = realloc(b->commits[at], room * 32);
        assert(b->commits[at] != NULL);
        memset(b->commits[at] + b->commit_room[at], 0, (room - b->commit_room[at]) * 32);
        b->commit_room[at] = room;
    }
    static const uint8_t none[32];
    uint8_t *known = b->commits[at][i];
    if (memcmp(known, none, 32) == 0)
        memcpy(known, e->header + COMMIT_AT, 32);
    else if (memcmp(known, e->header + COMMIT_AT, 32) != 0)
        story_fail(s, "I2, I12: %c stores another entry %u of %c than others did",
                   world_letter(node), (unsigned)i, world_letter(author));
}

static bool has_canary(struct bytes b)
{
    return b.len >= 6 && memmem(b.data, b.len, "CANARY", 6) != NULL;
}

static void judge_entries(struct story *s, size_t node, size_t author, const struct effect *e)
{
    uint32_t feed_epoch = e->entries.feed->feed_epoch;
    /* What a node signs is not there before its commit returns. */
    bool is_early = story_author(s, node) == author && world_disk(s->w, node) != DISK_SOUND;
    for (size_t i = 0; i < e->entries.count; i++) {
        const struct effect_entry *entry = &e->entries.entries[i];
        if (has_canary(entry->body))
            story_fail(s, "I5: %c stores a text about a person in the clear", world_letter(node));
        struct body body;
        bool is_said = entry->state == STATE_HELD && body_decode(entry->body, &body) == OK &&
                       (body.type == ENTRY_SIGNAL || body.type == ENTRY_AMEND);
        if (is_said && entry->expires_day > body.day + POLICY_TERM_DAYS_MAX)
            story_fail(s, "I11: %c holds an entry that expires in %u days", world_letter(node),
                       entry->expires_day - body.day);
        if (is_true(s, author) && !is_early && feed_epoch >= 1 && feed_epoch <= 2)
            judge_commit(s, node, author, feed_epoch, entry);
    }
}

static void judge_report(struct story *s, size_t node, size_t author, const struct effect *e)
{
    if (author == SIZE_MAX || !is_true(s, author))
        return;
    if (e->report.what == REPORT_DISPUTE)
        story_fail(s, "I12: %c finds a contradiction by %c", world_letter(node),
                   world_letter(author));
    if (e->report.what == REPORT_KEYHOLDER_WRONG)
        story_fail(s, "%c calls %c a wrong keyholder: %s", world_letter(node), world_letter(author),
                   err_name(e->report.reason));
}

static void judge_effect(struct story *s, size_t node, const struct effect *e)
{
    size_t author = world_node_of_author(s->w, e->author);
    switch ((int)e->type) {
    case EFFECT_SEND:
        if (has_canary(e->frame))
            story_fail(s, "I5: %c sends a text about a person in the clear", world_letter(node));
        return;
    case EFFECT_PERSIST_ENTRIES:
        judge_entries(s, node, author, e);
        return;
    case EFFECT_PERSIST_BODY:
        if (shelf_state(world_shelf(s->w, node), e->author, e->body.entry.index) == STATE_ERASED)
            story_fail(s, "I11: %c takes an erased body back", world_letter(node));
        return;
    case EFFECT_REPORT:
        judge_report(s, node, author, e);
        return;
    default:
        return;
    }
}

/* A frame of somebody whom this node's own member list does not have as active. */
static bool is_from_outside(struct story *s, size_t node, const struct event *ev)
{
    size_t from = ev->type == EVENT_FRAME ? world_peer_of(s->w, node, ev->frame.link) : SIZE_MAX;
    const struct roster *r = federation_roster(world_core(s->w, node));
    return from != SIZE_MAX && r != NULL &&
           !roster_is_active(roster_find(r, world_author(s->w, from)));
}

static void judge_outside(struct story *s, size_t node, const struct effects *out)
{
    for (size_t i = 0; i < out->count; i++)
        if (out->list[i].type == EFFECT_PERSIST_ROSTER || out->list[i].type == EFFECT_PERSIST_RIVAL)
            return; /* it brought the list by which it is outside now */
    for (size_t i = 0; i < out->count; i++)
        if (out->list[i].type != EFFECT_REPORT && out->list[i].type != EFFECT_CUT)
            story_fail(s, "I4: what comes from outside the member list has effect %d at %c",
                       (int)out->list[i].type, world_letter(node));
}

static void judge_step(void *ctx, size_t node, const struct event *ev, const struct effects *out)
{
    struct story *s = ctx;
    if (is_from_outside(s, node, ev))
        judge_outside(s, node, out);
    judge_acts(s, node, ev, out);
    for (size_t i = 0; i < out->count; i++)
        judge_effect(s, node, &out->list[i]);
}

void judge_begin(struct story *s)
{
    world_on_step(s->w, judge_step, s);
}

void judge_new_chapter(struct story *s, size_t author, size_t at)
{
    struct book *b = &s->books[author];
    uint64_t size = shelf_size(world_shelf(s->w, at), world_author(s->w, author));
    size_t kept = 0;
    for (size_t i = 0; i < b->count; i++)
        if (b->deeds[i].index < size)
            b->deeds[kept++] = b->deeds[i];
    b->count = kept;
    b->is_shortened = true;
}

/* ---- Now and then ---- */

/* What its people were told is there is there, unless a backup was put back and the rest is still
 * on its way back. */
static void judge_deeds(struct story *s, size_t node)
{
    const struct book *b = &s->books[node];
    uint64_t size = shelf_size(world_shelf(s->w, node), world_author(s->w, node));
    for (size_t i = 0; i < b->count && !b->was_restored; i++)
        if (!b->deeds[i].is_pending && b->deeds[i].index >= size)
            story_fail(s, "I1: %c has lost its entry %u", world_letter(node),
                       (unsigned)b->deeds[i].index);
}

void judge_now(struct story *s)
{
    judge_told(s);
    for (size_t i = 0; i < s->plan.nodes; i++) {
        if (!story_is_honest(s, i))
            continue;
        if (is_true(s, i))
            judge_deeds(s, i);
        if (world_under_way_max(s->w, i) > UNDER_WAY_MAX)
            story_fail(s, "I8: %c had %zu bytes under way to one peer", world_letter(i),
                       world_under_way_max(s->w, i));
    }
}

/* ---- Whether it is over ---- */

static const struct feed_record *record(const struct story *s, size_t at, size_t of)
{
    return shelf_record(world_shelf(s->w, at), world_author(s->w, of));
}

static bool is_same_feed(const struct story *s, size_t at, size_t of)
{
    const struct feed_record *here = record(s, at, of), *there = record(s, of, of);
    if (there == NULL)
        return here == NULL || here->tree.size == 0;
    return here != NULL && here->tree.size == there->tree.size && here->owed == 0 &&
           memcmp(here->held, there->held, sizeof here->held) == 0 &&
           memcmp(here->seen, there->seen, sizeof here->seen) == 0;
}

/* Whether one is a beginning of the other, by their headers. */
static bool is_prefix(const struct story *s, size_t one, size_t other, size_t of)
{
    const struct feed_record *a = record(s, one, of), *b = record(s, other, of);
    if (a == NULL || b == NULL)
        return true;
    if (b->tree.size < a->tree.size)
        return is_prefix(s, other, one, of);
    uint8_t root[HASH_BYTES], prefix[HASH_BYTES];
    struct merkle_frontier tree;
    merkle_root(&a->tree, root);
    check_prefix(s->w, other, of, a->tree.size, &tree);
    merkle_root(&tree, prefix);
    return memcmp(root, prefix, HASH_BYTES) == 0;
}

/* I2 of authors that may contradict themselves: one history, or a proof at both. */
static bool is_settled(const struct story *s, size_t of, size_t one, size_t other)
{
    const struct feed_record *a = record(s, one, of), *b = record(s, other, of);
    if (a == NULL || b == NULL || is_prefix(s, one, other, of))
        return a == NULL || b == NULL || a->is_disputed == b->is_disputed;
    return a->is_disputed && b->is_disputed &&
           bytes_equal(shelf_fork(world_shelf(s->w, one), a->author, a->feed_epoch),
                       shelf_fork(world_shelf(s->w, other), a->author, a->feed_epoch));
}

static bool is_replica(const struct story *s, size_t node)
{
    return story_is_in(s, node) && plan_is_member(&s->plan, node);
}

/* What has expired goes by the median of the members' clocks, as their newest checkpoints say it:
 * it moves on where more than half of them sign, neither byzantine nor stopped for running twice.
 */
static bool is_time_agreed(const struct story *s)
{
    size_t all = 0, signing = 0;
    for (size_t i = 0; i < s->plan.nodes; i++) {
        if (!plan_is_member(&s->plan, i) || s->books[i].is_suspended)
            continue;
        all++;
        signing += is_true(s, i);
    }
    return 2 * signing > all;
}

static bool is_node_calm(struct story *s, size_t node, char *why, size_t cap)
{
    char name = world_letter(node);
    struct federation *f = world_core(s->w, node);
    if (federation_roster(f)->version != s->rosters + 1) {
        snprintf(why, cap, "%c has member list %u of %u", name,
                 (unsigned)federation_roster(f)->version, (unsigned)s->rosters + 1);
        return false;
    }
    if (!world_standing(s->w, node).may_sign && !s->books[node].is_exempt) {
        struct standing is = world_standing(s->w, node);
        snprintf(why, cap, "%c may not sign: behind %d, disputed %d, %u of %u answered, size %u",
                 name, is.is_behind, is.is_disputed, is.answered, is.needed, (unsigned)is.size);
        return false;
    }
    if (plan_is_member(&s->plan, node) && !s->books[node].is_exempt &&
        shelf_receipts_due(world_shelf(s->w, node)) > 0) {
        snprintf(why, cap, "%c has not acknowledged %zu erasures", name,
                 shelf_receipts_due(world_shelf(s->w, node)));
        return false;
    }
    for (size_t of = 0; of < s->plan.nodes && plan_is_member(&s->plan, node); of++) {
        size_t past =
            shelf_past(world_shelf(s->w, node), world_author(s->w, of), world_today(s->w));
        if (past > 0 && is_time_agreed(s)) {
            snprintf(why, cap, "I11: %c holds %zu bodies of %c that have expired", name, past,
                     world_letter(of));
            return false;
        }
        if (!is_true(s, of) || !story_is_in(s, of) || is_same_feed(s, node, of))
            continue;
        const struct feed_record *here = record(s, node, of), *there = record(s, of, of);
        snprintf(why, cap, "%c has %u of %u entries of %c and owes itself %u", name,
                 here != NULL ? (unsigned)here->tree.size : 0, (unsigned)there->tree.size,
                 world_letter(of), here != NULL ? (unsigned)here->owed : 0);
        return false;
    }
    return true;
}

/* Bodies of one entry may be here or gone by expiry, which each looks for now and then. */
static bool are_feeds_equal(struct story *s, char *why, size_t cap)
{
    for (size_t of = 0; of < s->plan.nodes; of++) {
        if (!is_true(s, of) || !story_is_in(s, of))
            continue;
        uint8_t first[32], digest[32];
        size_t seen = SIZE_MAX;
        for (size_t node = 0; node < s->plan.nodes; node++) {
            /* What it erased itself by an entry that a new chapter took away stays so at an author.
             */
            if (!is_replica(s, node) || (node == of && s->books[of].is_shortened))
                continue;
            (void)check_feed(s->w, node, of, seen == SIZE_MAX ? first : digest);
            if (seen != SIZE_MAX && memcmp(first, digest, 32) != 0) {
                snprintf(why, cap, "%c and %c hold different bodies or states of the feed of %c",
                         world_letter(seen), world_letter(node), world_letter(of));
                check_explain(s->w, seen, node, of, why + strlen(why), cap - strlen(why));
                return false;
            }
            seen = seen == SIZE_MAX ? node : seen;
        }
    }
    return true;
}

static bool is_forker(const struct story *s, size_t node)
{
    for (size_t i = 0; i < s->plan.byzantine_count; i++)
        if (s->plan.byzantine[i].node == node)
            return byzantine_forks(s->plan.byzantine[i].behaviour);
    return false;
}

static bool are_contradictions_known(struct story *s, char *why, size_t cap)
{
    for (size_t of = 0; of < s->plan.nodes; of++) {
        for (size_t a = 0; a < s->plan.nodes && !is_true(s, of); a++) {
            const struct feed_record *r = is_replica(s, a) ? record(s, a, of) : NULL;
            if (r != NULL && is_forker(s, of) && !r->is_disputed && !s->books[of].is_suspended) {
                snprintf(why, cap, "%c has no proof against %c, which contradicts itself",
                         world_letter(a), world_letter(of));
                return false;
            }
            for (size_t b = 0; b < a && is_replica(s, a); b++) {
                if (!is_replica(s, b) || is_settled(s, of, a, b))
                    continue;
                snprintf(why, cap, "I2: %c and %c disagree about %c", world_letter(b),
                         world_letter(a), world_letter(of));
                return false;
            }
        }
    }
    return true;
}

/* A letter is over when its author knows that it came; one that met a backup, an old key or the end
 * of what it was sealed to is lost by design. */
static bool is_letter_over(const struct story *s, const struct letter *l)
{
    const struct book *from = &s->books[l->from], *to = &s->books[l->to];
    bool may_be_lost = from->was_restored || to->was_restored || from->is_shortened ||
                       to->is_shortened || from->has_jumped || to->has_jumped || from->was_behind ||
                       to->was_behind || s->days - l->day > LETTER_DAYS;
    if (s->plan.edition == EDITION_FIRST)
        may_be_lost =
            may_be_lost || plan_has(&s->plan, FAULT_DAY) || plan_has(&s->plan, FAULT_JUMP);
    if (may_be_lost || !story_is_in(s, l->from) || !story_is_in(s, l->to) || from->is_exempt ||
        to->is_exempt)
        return true;
    return look_parcel(s->w, l->from, l->from, l->index) == PARCEL_DELIVERED;
}

/* I1: what an author was told came to its addressee is there. */
static void judge_letter(const struct story *s, const struct letter *l)
{
    bool is_judged = story_is_in(s, l->from) && story_is_in(s, l->to) &&
                     !s->books[l->to].was_restored && !s->books[l->from].is_shortened &&
                     !s->books[l->to].is_exempt && !s->books[l->to].has_jumped &&
                     !s->books[l->from].was_behind && s->days == l->day;
    if (is_judged && look_parcel(s->w, l->from, l->from, l->index) == PARCEL_DELIVERED &&
        look_parcel(s->w, l->to, l->from, l->index) != PARCEL_DELIVERED)
        story_fail(s, "I1: %c was told that its letter %u came, and %c does not have it",
                   world_letter(l->from), (unsigned)l->index, world_letter(l->to));
}

bool judge_is_calm(struct story *s, char *why, size_t cap)
{
    work_look(s);
    for (size_t i = 0; i < s->plan.nodes; i++)
        if (story_is_in(s, i) && !is_node_calm(s, i, why, cap))
            return false;
    for (size_t i = 0; i < s->consult_count; i++) {
        const struct consult *c = &s->consults[i];
        if (!c->is_over && story_is_honest(s, c->node)) {
            snprintf(why, cap, "I7: a consult of %c did not end", world_letter(c->node));
            return false;
        }
    }
    for (size_t i = 0; i < s->letter_count; i++) {
        const struct letter *l = &s->letters[i];
        if (!is_letter_over(s, l)) {
            snprintf(why, cap, "the letter %u of %c to %c is in state %d", (unsigned)l->index,
                     world_letter(l->from), world_letter(l->to),
                     (int)look_parcel(s->w, l->from, l->from, l->index));
            return false;
        }
    }
    return are_contradictions_known(s, why, cap) && are_feeds_equal(s, why, cap);
}

/* ---- The end ---- */

static void judge_deed(struct story *s, size_t node, size_t author, const struct deed *d)
{
    enum entry_state state = look_state(s->w, node, author, d->index);
    if (state == STATE_NONE)
        story_fail(s, "I1: %c does not have entry %u of %c", world_letter(node), (unsigned)d->index,
                   world_letter(author));
    uint8_t tag[16];
    if (d->is_unsure || s->books[author].is_shortened || !work_tag(s, author, d, tag))
        return;
    bool is_past = d->expires_day < world_today(s->w);
    size_t want = d->is_retracted || d->is_erased || is_past ? 0 : 1;
    size_t got =
        shelf_find_tag(world_shelf(s->w, node), tag, is_time_agreed(s) ? 0 : world_today(s->w));
    if (got > want)
        story_fail(s, "I11: entry %u of %c matches at %c, and was taken back or is past",
                   (unsigned)d->index, world_letter(author), world_letter(node));
    if (got < want)
        story_fail(
            s, "I1: entry %u of %c does not match at %c (state %d, %s)", (unsigned)d->index,
            world_letter(author), world_letter(node), (int)state,
            err_name(shelf_reason(world_shelf(s->w, node), world_author(s->w, author), d->index)));
}

/* Whether all that a node stores or knows has been there from the beginning. */
static bool is_steady(const struct story *s, size_t node)
{
    const struct book *b = &s->books[node];
    return story_is_in(s, node) && plan_is_member(&s->plan, node) && !b->was_restored &&
           !b->is_shortened && !b->is_exempt && !b->has_new_key;
}

/* I11: whoever erased something knows of everybody that has erased it, too. */
static void judge_acknowledged(struct story *s, size_t author, const struct deed *d)
{
    for (size_t node = 0; node < s->plan.nodes; node++)
        if (node != author && is_steady(s, node) &&
            !shelf_has_receipt(world_shelf(s->w, author), world_author(s->w, node), d->index))
            story_fail(s, "I11: %c was not told that %c has erased its entry %u",
                       world_letter(author), world_letter(node), (unsigned)d->index);
}

/* Tags tell nobody that two entries are about one person, neither of one author nor of two. */
static void judge_links(struct story *s)
{
    static uint8_t tags[PLAN_NODES_MAX * PERSONS * COUNTERS * 4][16];
    size_t count = 0;
    for (size_t of = 0; of < s->plan.nodes; of++) {
        for (size_t i = 0; i < s->books[of].count; i++) {
            const struct deed *d = &s->books[of].deeds[i];
            if (d->person_plus_one == 0 || count == sizeof tags / sizeof tags[0] ||
                !work_tag(s, of, d, tags[count]))
                continue;
            for (size_t k = 0; k < count; k++)
                if (memcmp(tags[k], tags[count], 16) == 0)
                    story_fail(s, "I5: two entries have one tag: they are about one person");
            count++;
        }
    }
}

void judge_end(struct story *s)
{
    judge_now(s);
    judge_links(s);
    for (size_t i = 0; i < s->letter_count; i++)
        judge_letter(s, &s->letters[i]);
    for (size_t of = 0; of < s->plan.nodes; of++)
        for (size_t i = 0; is_steady(s, of) && i < s->books[of].count; i++)
            if (s->books[of].deeds[i].is_erased && !s->books[of].deeds[i].is_unsure)
                judge_acknowledged(s, of, &s->books[of].deeds[i]);
    for (size_t node = 0; node < s->plan.nodes; node++) {
        if (!story_is_honest(s, node))
            continue;
        uint8_t digest[32];
        for (size_t of = 0; of < s->plan.nodes; of++)
            (void)check_feed(s->w, node, of, digest);
        if (!shelf_is_charged_once(world_shelf(s->w, node)))
            story_fail(s, "I6: %c charged one request twice", world_letter(node));
        for (size_t of = 0; of < s->plan.nodes && is_replica(s, node); of++)
            for (size_t i = 0; is_true(s, of) && story_is_in(s, of) && i < s->books[of].count; i++)
                judge_deed(s, node, of, &s->books[of].deeds[i]);
    }
}
