/*
 * ceremony_facts.c - what the feeds say of key ceremonies.
 *
 * All entries are looked at in two passes: proposals, then the rest. So it does not matter in which
 * order feeds arrived, and a restart finds what was known before it.
 */
#include "federation/core.h"

#include <sodium.h>
#include <string.h>

size_t ceremony_place_of(const struct ceremony *c, const uint8_t author[AUTHOR_BYTES])
{
    size_t i = 0;
    while (i < c->p.count && memcmp(c->p.person[i].author, author, AUTHOR_BYTES) != 0)
        i++;
    return i;
}

struct ceremony *ceremony_find(struct federation *f, const uint8_t id[HASH_BYTES])
{
    for (size_t i = 0; i < CEREMONIES_MAX; i++) {
        struct ceremony *c = &f->ceremonies.list[i];
        if (c->is_used && memcmp(c->id, id, HASH_BYTES) == 0)
            return c;
    }
    return NULL;
}

struct ceremony_mind *ceremony_mind_of(struct federation *f, const uint8_t id[HASH_BYTES])
{
    for (size_t i = 0; i < CEREMONIES_MAX; i++) {
        struct ceremony_mind *m = &f->ceremonies.mind[i];
        if (m->is_used && memcmp(m->id, id, HASH_BYTES) == 0)
            return m;
    }
    return NULL;
}

/* ---- Proposals ---- */

static bool is_over(const struct federation *f, const struct ceremony_proposal *p)
{
    return f->now_utc > 0 && p->until_utc + 86400 < (uint64_t)f->now_utc;
}

bool ceremony_has_open(struct federation *f, const uint8_t proposer[AUTHOR_BYTES])
{
    for (size_t i = 0; i < CEREMONIES_MAX; i++) {
        const struct ceremony *c = &f->ceremonies.list[i];
        if (c->is_used && !c->is_ended && c->state == CEREMONY_OPEN &&
            memcmp(c->proposer, proposer, AUTHOR_BYTES) == 0)
            return true;
    }
    return false;
}

/* A free place, or that of one which has come to its end; NULL if all are under way. */
static struct ceremony *free_place(struct federation *f)
{
    struct ceremony *ended = NULL;
    for (size_t i = 0; i < CEREMONIES_MAX; i++) {
        struct ceremony *c = &f->ceremonies.list[i];
        if (!c->is_used)
            return c;
        if (ended == NULL && c->state != CEREMONY_OPEN && c->state != CEREMONY_AGREED &&
            ceremony_mind_of(f, c->id) == NULL)
            ended = c;
    }
    return ended;
}

/* A proposal: one at a time of each proposer is looked at, so that none of them can keep out what
 * the others propose. */
static void take_proposal(struct federation *f, const uint8_t author[AUTHOR_BYTES],
                          const struct ceremony_entry *e)
{
    struct ceremony *c = ceremony_find(f, e->id);
    if (c == NULL) {
        const struct organisation *org = roster_find(core_roster(f), author);
        if (!roster_is_active(org) || (org->roles & ROLE_KEYHOLDER) == 0 ||
            is_over(f, &e->proposal))
            return;
        c = ceremony_has_open(f, author) ? NULL : free_place(f);
        if (c == NULL) {
            f->ceremonies.is_passed_over = true;
            return;
        }
        memset(c, 0, sizeof *c);
        c->is_used = true;
        c->state = CEREMONY_OPEN;
        c->phase_ms = f->now_ms;
        memcpy(c->id, e->id, HASH_BYTES);
        memcpy(c->proposer, author, AUTHOR_BYTES);
        c->p = e->proposal;
        c->me = ceremony_place_of(c, f->config.author);
    }
    c->is_listed = true;
}

/* ---- What participants say ---- */

static void take_deal(struct federation *f, struct ceremony *c, size_t i,
                      const struct ceremony_entry *e, uint32_t day)
{
    struct ceremony_facts *p = &c->person[i];
    size_t k = (size_t)e->deal.round - 1;
    if (p->has_deal[k])
        return;
    p->has_deal[k] = true;
    p->deal_day[k] = day;
    p->dealing[k] = e->deal.dealing;
    memcpy(p->ephemeral[k], e->deal.ephemeral, KEY_BYTES);
    ceremony_deal_hash(c->p.person[i].author, e, p->deal_hash[k]);
    for (size_t n = 0; n < e->deal.count; n++) {
        if (memcmp(e->deal.row[n].receiver, f->config.author, AUTHOR_BYTES) != 0)
            continue;
        p->has_row[k] = true;
        memcpy(p->sealed[k], e->deal.row[n].sealed, CEREMONY_SEALED_BYTES);
    }
}

static void take_verdict(struct ceremony *c, size_t i, const struct ceremony_entry *e)
{
    struct ceremony_facts *p = &c->person[i];
    size_t k = (size_t)e->verdict.round - 1;
    if (p->has_verdict[k])
        return;
    p->has_verdict[k] = true;
    ceremony_verdict_hash(c->p.person[i].author, e, p->verdict_hash[k]);
    for (size_t n = 0; n < e->verdict.count; n++) {
        size_t dealer = ceremony_place_of(c, e->verdict.row[n].dealer);
        if (dealer < c->p.count)
            p->complaint[k][dealer] = e->verdict.row[n].reason;
    }
}

static void take_answer(struct ceremony *c, size_t i, const struct ceremony_entry *e)
{
    struct ceremony_facts *p = &c->person[i];
    size_t k = (size_t)e->answer.round - 1;
    for (size_t n = 0; n < e->answer.count; n++) {
        size_t to = ceremony_place_of(c, e->answer.row[n].receiver);
        if (to == c->p.count || p->has_answer[k][to])
            continue;
        p->has_answer[k][to] = true;
        memcpy(p->answer[k][to], e->answer.row[n].share, SCALAR_BYTES);
    }
}

static void take_close(struct ceremony *c, const uint8_t author[AUTHOR_BYTES],
                       const struct ceremony_entry *e)
{
    bool is_next = e->close.phase == c->close_count + 1 && c->close_count < ceremony_phases(&c->p);
    if (is_next && memcmp(author, c->proposer, AUTHOR_BYTES) == 0)
        c->closes[c->close_count++] = e->close;
}

static void take_step(struct federation *f, const uint8_t author[AUTHOR_BYTES],
                      const struct ceremony_entry *e, uint32_t day)
{
    struct ceremony *c = ceremony_find(f, e->id);
    if (c == NULL || !c->is_listed)
        return;
    bool is_proposer = memcmp(author, c->proposer, AUTHOR_BYTES) == 0;
    size_t i = ceremony_place_of(c, author);
    if (e->step == CEREMONY_CLOSE)
        take_close(c, author, e);
    if (e->step == CEREMONY_ABORT && is_proposer)
        c->is_ended = true;
    if (i == c->p.count)
        return;
    struct ceremony_facts *p = &c->person[i];
    switch ((enum ceremony_step)e->step) {
    case CEREMONY_JOIN:
        if (!p->has_join)
            memcpy(p->join, e->join, HASH_BYTES);
        p->has_join = true;
        return;
    case CEREMONY_DEAL:
        take_deal(f, c, i, e, day);
        return;
    case CEREMONY_VERDICT:
        take_verdict(c, i, e);
        return;
    case CEREMONY_ANSWER:
        take_answer(c, i, e);
        return;
    case CEREMONY_CONFIRM:
        if (!p->has_confirm)
            p->confirm = e->confirm;
        p->has_confirm = true;
        return;
    case CEREMONY_ABORT:
        p->has_abort = true;
        return;
    case CEREMONY_PROPOSE:
    case CEREMONY_CLOSE:
        return;
    }
}

/* ---- One look at everything ---- */

struct look {
    struct federation *f;
    bool is_proposals; /* the first pass */
};

static bool take_row(void *ctx, const uint8_t author[AUTHOR_BYTES], const struct archive_row *row)
{
    struct look *l = ctx;
    struct ceremony_entry *e = &l->f->ceremonies.entry;
    struct body b;
    l->f->ceremonies.rows += l->is_proposals;
    if (body_decode(row->body, &b) != OK || b.type != ENTRY_CEREMONY ||
        ceremony_decode(author, b.payload, e) != OK)
        return true;
    if (l->is_proposals && e->step == CEREMONY_PROPOSE)
        take_proposal(l->f, author, e);
    else if (!l->is_proposals && e->step != CEREMONY_PROPOSE)
        take_step(l->f, author, e, b.day);
    return true;
}

static void forget_facts(struct ceremony *c)
{
    c->is_listed = false;
    c->is_ended = false;
    c->close_count = 0;
    memset(c->person, 0, sizeof c->person);
}

void ceremony_scan(struct federation *f)
{
    struct ceremonies *all = &f->ceremonies;
    struct look l = {.f = f, .is_proposals = true};
    all->is_scan_due = false;
    all->is_passed_over = false;
    all->rows = 0;
    all->scanned_ms = f->now_ms;
    for (size_t i = 0; i < CEREMONIES_MAX; i++)
        if (all->list[i].is_used)
            forget_facts(&all->list[i]);
    f->archive.ceremonies(f->archive.ctx, take_row, &l);
    l.is_proposals = false;
    f->archive.ceremonies(f->archive.ctx, take_row, &l);
    sodium_memzero(&all->entry, sizeof all->entry);
    for (size_t i = 0; i < CEREMONIES_MAX; i++) {
        struct ceremony *c = &all->list[i];
        if (c->is_used && !c->is_listed)
            memset(c, 0, sizeof *c); /* expired, or cut back */
    }
}
