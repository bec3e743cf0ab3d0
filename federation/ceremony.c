/*
 * ceremony.c - key ceremonies: what the operator asks for, what happens each second, and what can
 * be seen of them.
 *
 * The operator of each participant joins by hand: whoever proposes a new sharing of a key could
 * otherwise have it given to anybody in the member list with the role keyholder. The result becomes
 * the federation's only when the stewards put it into the member list.
 */
#include "federation/core.h"

#include <sodium.h>
#include <string.h>

/* ---- What the operator asks for ---- */

static enum err may_speak(struct federation *f)
{
    if (!f->has_roster || !roster_is_active(roster_find(core_roster(f), f->config.author)))
        return ERR_STRANGER;
    if (core_feed_secret(f) == NULL)
        return ERR_UNAUTHORISED;
    return f->may_sign && f->now_utc > 0 ? OK : ERR_UNAVAILABLE;
}

static enum err propose(struct federation *f, const struct event *ev, struct effects *out)
{
    const struct ceremony_proposal *p = ev->ceremony.proposal;
    enum err e = ceremony_check(p, f->config.author, core_roster(f), f->now_utc);
    if (e == OK && ceremony_has_open(f, f->config.author))
        e = ERR_DUPLICATE;
    if (e != OK)
        return e;
    struct ceremony_entry *entry = &f->ceremonies.entry;
    memset(entry, 0, sizeof *entry);
    entry->step = CEREMONY_PROPOSE;
    entry->proposal = *p;
    return ceremony_say(f, entry, out);
}

static struct ceremony_mind *free_mind(struct federation *f)
{
    for (size_t i = 0; i < CEREMONIES_MAX; i++)
        if (!f->ceremonies.mind[i].is_used)
            return &f->ceremonies.mind[i];
    return NULL;
}

/* Persists the seed before the join that commits to what follows from it. */
static enum err join(struct federation *f, struct ceremony *c, struct effects *out)
{
    struct ceremony_mind *m = free_mind(f);
    struct ceremony_entry *e = &f->ceremonies.entry;
    if (c->me == c->p.count)
        return ERR_STRANGER;
    if (c->state != CEREMONY_OPEN || c->phase > 0)
        return ERR_STALE;
    enum err r = ceremony_check(&c->p, c->proposer, core_roster(f), f->now_utc);
    if (r != OK)
        return r;
    if (c->person[c->me].has_join || ceremony_mind_of(f, c->id) != NULL)
        return ERR_DUPLICATE;
    if (m == NULL)
        return ERR_FULL;
    memset(m, 0, sizeof *m);
    memcpy(m->id, c->id, HASH_BYTES);
    m->joined_utc = (uint64_t)f->now_utc;
    rng_bytes(&f->rng, m->seed, sizeof m->seed);
    memset(e, 0, sizeof *e);
    e->step = CEREMONY_JOIN;
    memcpy(e->id, c->id, HASH_BYTES);
    ceremony_promise(f, c, m, e->join, &r);
    if (r == OK) {
        ceremony_remember(f, m, out);
        r = ceremony_say(f, e, out);
    }
    if (r != OK)
        sodium_memzero(m, sizeof *m);
    else
        m->is_used = true;
    return r;
}

static enum err end(struct federation *f, const struct ceremony *c, struct effects *out)
{
    struct ceremony_entry *e = &f->ceremonies.entry;
    bool is_mine = memcmp(c->proposer, f->config.author, AUTHOR_BYTES) == 0;
    if (!is_mine && c->me == c->p.count)
        return ERR_STRANGER;
    if (c->state == CEREMONY_AGREED || c->state == CEREMONY_ADOPTED || c->state == CEREMONY_ENDED)
        return ERR_STALE;
    memset(e, 0, sizeof *e);
    e->step = CEREMONY_ABORT;
    memcpy(e->id, c->id, HASH_BYTES);
    e->abort_reason = 1;
    return ceremony_say(f, e, out);
}

void ceremony_event(struct federation *f, const struct event *ev, struct effects *out)
{
    enum err r = may_speak(f);
    struct ceremony *c = NULL;
    if (r == OK && f->ceremonies.is_scan_due)
        ceremony_review(f);
    if (r == OK && ev->ceremony.what != CEREMONY_PROPOSE) {
        c = ceremony_find(f, ev->ceremony.id);
        r = c != NULL ? OK : ERR_NOT_FOUND;
    }
    if (r == OK && ev->ceremony.what == CEREMONY_PROPOSE)
        r = propose(f, ev, out);
    else if (r == OK && ev->ceremony.what == CEREMONY_JOIN)
        r = join(f, c, out);
    else if (r == OK)
        r = end(f, c, out);
    if (r != OK)
        effects_clear(out);
    struct effect *e = effects_add(out, EFFECT_APPENDED);
    e->appended.ticket = ev->ceremony.ticket;
    e->appended.result = r;
    e->appended.count = r == OK ? 1 : 0;
}

/* ---- Each second ---- */

void ceremony_review(struct federation *f)
{
    size_t known;
    do { /* again where a proposal was passed over: the one before it may have come to its end */
        known = federation_ceremony_count(f);
        ceremony_scan(f);
        for (size_t i = 0; i < CEREMONIES_MAX; i++)
            if (f->ceremonies.list[i].is_used)
                ceremony_judge(f, &f->ceremonies.list[i]);
    } while (f->ceremonies.is_passed_over && federation_ceremony_count(f) > known);
}

/* What an operator should know, once. */
static void tell(struct ceremony *c, struct effects *out)
{
    if (c->me < c->p.count && !c->is_proposed_told && c->state == CEREMONY_OPEN && c->phase == 0 &&
        !c->person[c->me].has_join)
        core_report(out, c->proposer, REPORT_CEREMONY_PROPOSED, OK, c->p.kind);
    c->is_proposed_told = true;
    for (size_t i = 0; i < c->p.count; i++) {
        if (c->is_told[i] || (c->is_in[i] && c->reason[i] != ERR_PROOF))
            continue;
        c->is_told[i] = true;
        core_report(out, c->p.person[i].author,
                    c->reason[i] == ERR_PROOF ? REPORT_CEREMONY_WRONG : REPORT_CEREMONY_LEFT_OUT,
                    c->reason[i], c->phase);
    }
    if (c->is_closed_told || c->state == CEREMONY_OPEN || c->state == CEREMONY_ADOPTED)
        return;
    c->is_closed_told = true;
    if (c->state == CEREMONY_AGREED)
        core_report(out, c->proposer, REPORT_CEREMONY_DONE, OK, c->p.epoch);
    else
        core_report(out, c->proposer, REPORT_CEREMONY_ENDED,
                    c->state == CEREMONY_DISPUTED ? ERR_PROOF : ERR_UNAVAILABLE, c->phase);
}

/* Shares that this node kept of a result to which it will not come. */
static void drop_shares(struct federation *f, const struct ceremony *c, struct effects *out)
{
    for (size_t i = 0; c->has_result && i < c->result.count; i++) {
        const struct roster_key *k = &c->result.key[i];
        if (roster_key_find(core_roster(f), k->key, k->epoch, k->refresh) == NULL)
            shares_drop(f, k->key, k->epoch, k->refresh, out);
    }
}

/* What was remembered is not needed any more, or will never be. */
static void tidy(struct federation *f, const struct ceremony *c, struct effects *out)
{
    struct ceremony_mind *m = ceremony_mind_of(f, c->id);
    bool is_left_out = c->me < c->p.count && !c->is_in[c->me];
    bool is_lost = c->state == CEREMONY_ENDED || c->state == CEREMONY_OVER;
    bool may_go_on = c->state == CEREMONY_OPEN || c->state == CEREMONY_IMPOSSIBLE ||
                     c->state == CEREMONY_DISPUTED;
    if (m == NULL || (may_go_on && !is_left_out))
        return;
    if (is_lost)
        drop_shares(f, c, out);
    ceremony_forget(m, out);
}

static void tidy_old(struct federation *f, struct effects *out)
{
    for (size_t i = 0; i < CEREMONIES_MAX; i++) {
        struct ceremony_mind *m = &f->ceremonies.mind[i];
        uint64_t day = core_sober_day(f);
        if (m->is_used && m->joined_utc / 86400 + CEREMONY_KEPT_DAYS < day &&
            ceremony_find(f, m->id) == NULL)
            ceremony_forget(m, out);
    }
}

void ceremony_tick(struct federation *f, struct effects *out)
{
    struct ceremonies *all = &f->ceremonies;
    uint64_t wait_ms = !all->is_scan_due                ? CEREMONY_RESCAN_MS
                       : all->rows > CEREMONY_ROWS_MANY ? CEREMONY_MANY_MS
                                                        : 0;
    bool is_due = all->scanned_ms == 0 || f->now_ms - all->scanned_ms >= wait_ms;
    bool is_known = all->scanned_ms != 0;
    if (!effects_has_room(out, 1024, 2u << 20))
        return;
    if (is_due)
        ceremony_review(f);
    for (size_t i = 0; i < CEREMONIES_MAX; i++) {
        struct ceremony *c = &all->list[i];
        if (!c->is_used || !effects_has_room(out, 512, 1u << 20))
            continue;
        if (c->phase != c->seen_phase || !is_known)
            c->phase_ms = f->now_ms;
        c->seen_phase = c->phase;
        tell(c, out);
        tidy(f, c, out);
        /* Only what was seen just now: what was said a moment ago is not in the archive yet. */
        if (may_speak(f) != OK || all->is_scan_due)
            continue;
        ceremony_act(f, c, out);
        if (!all->is_scan_due)
            ceremony_close(f, c, out);
    }
    tidy_old(f, out);
}

void ceremony_note(struct federation *f)
{
    f->ceremonies.is_scan_due = true;
}

/* ---- What can be seen ---- */

size_t federation_ceremony_count(const struct federation *f)
{
    size_t count = 0;
    for (size_t i = 0; i < CEREMONIES_MAX; i++)
        count += f->ceremonies.list[i].is_used;
    return count;
}

static void show_places(const struct federation *f, const struct ceremony *c,
                        struct ceremony_status *out)
{
    int64_t since_utc = f->now_utc - (int64_t)((f->now_ms - c->phase_ms) / 1000);
    bool is_open = c->state == CEREMONY_OPEN, is_any = false;
    out->count = c->p.count;
    for (size_t i = 0; i < c->p.count; i++) {
        struct ceremony_place *p = &out->place[i];
        memcpy(p->author, c->p.person[i].author, AUTHOR_BYTES);
        p->is_in = c->is_in[i];
        p->reason = c->reason[i];
        p->is_awaited = is_open && ceremony_awaits(c, i, &p->awaits);
        p->awaited_since_utc = p->is_awaited ? since_utc : 0;
        is_any = is_any || p->is_awaited;
    }
    for (size_t i = 0; i < c->p.count && is_open && !is_any; i++) {
        if (memcmp(c->p.person[i].author, c->proposer, AUTHOR_BYTES) != 0)
            continue;
        out->place[i].is_awaited = true;
        out->place[i].awaits = CEREMONY_CLOSE;
        out->place[i].awaited_since_utc = since_utc;
    }
}

void federation_ceremony_status(const struct federation *f, size_t n, struct ceremony_status *out)
{
    const struct ceremony *c = f->ceremonies.list;
    memset(out, 0, sizeof *out);
    for (size_t i = 0; i < CEREMONIES_MAX; i++) {
        if (!f->ceremonies.list[i].is_used || n-- > 0)
            continue;
        c = &f->ceremonies.list[i];
        break;
    }
    memcpy(out->id, c->id, HASH_BYTES);
    memcpy(out->proposer, c->proposer, AUTHOR_BYTES);
    out->proposal = c->p;
    out->state = c->state;
    out->phase = c->phase;
    out->is_ours = c->me < c->p.count;
    out->is_joined = out->is_ours && c->person[c->me].has_join;
    out->is_left_out = out->is_ours && !c->is_in[c->me];
    show_places(f, c, out);
    out->has_result = c->has_result;
    out->result = c->result;
    memcpy(out->transcript, c->transcript, HASH_BYTES);
    for (size_t i = 0; i < c->p.count && c->has_result; i++) {
        const struct ceremony_facts *p = &c->person[i];
        if (!c->is_in[i] || !p->has_confirm ||
            memcmp(p->confirm.transcript, c->transcript, HASH_BYTES) != 0)
            continue;
        memcpy(out->signer[out->confirmed].author, c->p.person[i].author, AUTHOR_BYTES);
        memcpy(out->signer[out->confirmed++].signature, p->confirm.signature, SIGNATURE_BYTES);
    }
}
