/*
 * allowance.c - what a member may have beyond its daily budget, and whether it explained it.
 *
 * Everything follows from the notices in the member's own feed, which everybody has, and from what
 * this keyholder charged. Days are those by which budgets are counted, which never go back
 * (core_budget_day). An allowance gives something on the days that it names. All allowances of a
 * member together give at most the policy's surge_elements_max in SURGE_DAYS. While one of them is
 * not explained, explain_days after it began, none of them gives anything.
 *
 * The newest NOTICES_READ notices of a member are looked at, and no older ones. A member that
 * writes so many to hide one has explained as many others, or is stopped by those.
 *
 * A keyholder whose own counts were lost with an old backup gives nothing under allowances that had
 * begun by then: what of them was used is not known any more.
 */
#include "federation/core.h"

#include <string.h>

enum { SURGE_DAYS = 30, NOTICES_READ = 256 };

struct reading {
    struct federation *f;
    const struct feed *member;
    uint32_t day;
    size_t rows;
    uint64_t explained[NOTICES_READ]; /* indexes of allowances whose explanation was read */
    size_t explained_count;
    struct allowance_status *out;
};

static bool is_explained(const struct reading *r, uint64_t index)
{
    for (size_t i = 0; i < r->explained_count; i++)
        if (r->explained[i] == index)
            return true;
    return false;
}

static void take_allowance(struct reading *r, uint64_t index, const struct notice *n)
{
    struct allowance_status *s = r->out;
    bool is_told = is_explained(r, index);
    uint32_t explain_days = core_roster(r->f)->policy.explain_days;
    if (!is_told && r->day > (uint64_t)n->from_day + explain_days) {
        s->overdue++;
        s->overdue_index = index; /* the oldest comes last */
        s->overdue_day = n->from_day + explain_days;
    }
    bool is_open = r->day >= n->from_day && r->day <= n->until_day &&
                   n->from_day > r->f->marks[MARK_SURGE_LOST];
    if (!is_open || s->count == ALLOWANCES_OPEN_MAX)
        return;
    uint64_t used = r->f->archive.surged(r->f->archive.ctx, r->member->rec.author, index,
                                         n->from_day, n->until_day);
    s->open[s->count].index = index;
    s->open[s->count].until_day = n->until_day;
    s->open[s->count].is_explained = is_told;
    s->open[s->count++].left = used < n->elements ? n->elements - (uint32_t)used : 0;
}

/* Explanations come after what they explain, and so are read before it. */
static bool take_row(void *ctx, const struct archive_row *row)
{
    struct reading *r = ctx;
    struct body b;
    struct notice n;
    if (row->state == STATE_HELD && body_decode(row->body, &b) == OK &&
        notice_decode(b.payload, &n) == OK) {
        if (n.kind == NOTICE_ALLOWANCE)
            take_allowance(r, row->index, &n);
        else if (b.ref_plus_one > 0)
            r->explained[r->explained_count++] = b.ref_plus_one - 1;
    }
    return ++r->rows < NOTICES_READ;
}

void allowance_look(struct federation *f, const struct feed *member, uint32_t day,
                    struct allowance_status *out)
{
    *out = (struct allowance_status){0};
    struct reading r = {.f = f, .member = member, .day = day, .out = out};
    if (f->archive.notices == NULL)
        return;
    f->archive.notices(f->archive.ctx, member->rec.author, take_row, &r);
    uint64_t cap = core_roster(f)->policy.surge_elements_max;
    uint64_t used = f->archive.surged(f->archive.ctx, member->rec.author, UINT64_MAX,
                                      day >= SURGE_DAYS ? day - SURGE_DAYS + 1 : 0, UINT32_MAX);
    out->cap_left = used < cap ? (uint32_t)(cap - used) : 0;
    for (size_t i = 0; i < out->count; i++)
        out->left += out->open[i].left;
    if (out->left > out->cap_left)
        out->left = out->cap_left;
    if (out->overdue > 0)
        out->left = 0;
}

enum err allowance_take(struct federation *f, const struct feed *member, uint32_t day,
                        uint32_t count, struct surge *out)
{
    struct allowance_status s;
    allowance_look(f, member, day, &s);
    *out = (struct surge){0};
    if (count > s.left)
        return ERR_BUDGET;
    for (size_t i = s.count; i-- > 0 && count > 0;) { /* the oldest first */
        uint32_t part = s.open[i].left < count ? s.open[i].left : count;
        if (part == 0)
            continue;
        out->part[out->count].index = s.open[i].index;
        out->part[out->count++].elements = part;
        count -= part;
    }
    return OK;
}

void allowance_charge(const struct feed *member, uint32_t day, const struct surge *s,
                      struct effects *out)
{
    for (size_t i = 0; i < s->count; i++) {
        struct effect *e = effects_add(out, EFFECT_PERSIST_SURGE);
        memcpy(e->author, member->rec.author, AUTHOR_BYTES);
        e->surge.index = s->part[i].index;
        e->surge.day = day;
        e->surge.elements = s->part[i].elements;
    }
}

/* The day by which budgets are counted, without moving it on. */
static uint32_t count_day(struct federation *f)
{
    uint32_t today = core_sober_day(f);
    return today > f->marks[MARK_DAY_MAX] ? today : (uint32_t)f->marks[MARK_DAY_MAX];
}

bool federation_allowance(struct federation *f, const uint8_t author[AUTHOR_BYTES],
                          struct allowance_status *out)
{
    *out = (struct allowance_status){0};
    const struct feed *feed = core_feed(f, author);
    if (feed == NULL || !f->has_roster)
        return false;
    allowance_look(f, feed, count_day(f), out);
    return true;
}

void allowance_tick(struct federation *f, struct effects *out)
{
    uint32_t day = count_day(f);
    if (day == f->noticed_day || day == 0)
        return;
    f->noticed_day = day;
    for (size_t i = 0; i < f->feed_count; i++) {
        struct allowance_status s;
        const struct organisation *org = roster_find(core_roster(f), f->feeds[i].rec.author);
        if (!roster_is_active_member(org))
            continue;
        allowance_look(f, &f->feeds[i], day, &s);
        if (s.overdue > 0)
            core_report(out, org->author, REPORT_UNEXPLAINED, OK, s.overdue_index);
    }
    uint32_t first, last, kept = account_month_back(account_month(day), ACCOUNT_MONTHS_KEPT);
    if (account_month_days(kept, &first, &last) == OK && effects_has_room(out, 64, 0))
        effects_add(out, EFFECT_PERSIST_ACCOUNT_PAST)->past.day = first;
}
