/*
 * totals.c - what a keyholder charged in a month: told to the member that it was charged to, and to
 * auditors; to nobody else.
 *
 * The desk asks page by page (EVENT_TOTALS), a few questions at a time, and each question ends once
 * in EFFECT_TOTALS. A page counts only if the keyholder signed it. A node that is a keyholder
 * itself asks itself without a message.
 */
#include "federation/core.h"

#include <sodium.h>
#include <string.h>

static void end(struct inquiry *q, enum err result, const struct account_page *page,
                struct effects *out)
{
    struct effect *e = effects_add(out, EFFECT_TOTALS);
    e->totals.ticket = q->ticket;
    e->totals.result = result;
    if (page != NULL)
        e->totals.page = *page;
    memset(q, 0, sizeof *q);
}

/* ---- Answering ---- */

static bool may_know(const struct federation *f, const uint8_t asker[AUTHOR_BYTES],
                     const uint8_t member[AUTHOR_BYTES])
{
    const struct organisation *org = roster_find(federation_roster(f), asker);
    if (!roster_is_active(org))
        return false;
    return memcmp(asker, member, AUTHOR_BYTES) == 0 || (org->roles & ROLE_AUDITOR) != 0;
}

/* Fills in everything but the signature; rows lie in the arena. */
static enum err gather(struct federation *f, struct account_page *p, struct effects *out)
{
    uint32_t first, last;
    enum err e = account_month_days(p->month, &first, &last);
    if (e != OK)
        return e;
    uint8_t *rows = effects_alloc(out, (ACCOUNT_ROWS_MAX + 1) * ACCOUNT_ROW_BYTES);
    if (rows == NULL || !effects_has_room(out, 8, FRAME_BYTES_SMALL))
        return ERR_FULL;
    size_t count = f->archive.account(f->archive.ctx, p->member, p->month, p->after, &p->totals,
                                      rows, ACCOUNT_ROWS_MAX + 1);
    p->has_more = count > ACCOUNT_ROWS_MAX;
    p->rows = bytes_of(rows, (p->has_more ? ACCOUNT_ROWS_MAX : count) * ACCOUNT_ROW_BYTES);
    p->restored_utc = f->marks[MARK_RESTORED_UTC];
    return OK;
}

static enum err make_page(struct federation *f, struct account_page *p, struct effects *out)
{
    uint8_t text[ACCOUNT_TEXT_BYTES];
    const uint8_t *secret = core_feed_secret(f);
    memcpy(p->keyholder, f->config.author, AUTHOR_BYTES);
    const struct organisation *org = roster_find(core_roster(f), p->keyholder);
    if (secret == NULL || org == NULL || (org->roles & ROLE_KEYHOLDER) == 0)
        return ERR_UNAUTHORISED;
    enum err e = gather(f, p, out);
    if (e != OK)
        return e;
    account_page_text(p, text);
    crypto_sign_detached(p->signature, NULL, text, sizeof text, secret);
    return OK;
}

void totals_on_ask(struct federation *f, struct link *l, const Seinpost__TotalsAsk *m,
                   struct effects *out)
{
    struct account_page p = {.month = m->month};
    if (m->member.len != AUTHOR_BYTES || (m->after.len != 0 && m->after.len != REQUEST_BYTES)) {
        core_report(out, l->author, REPORT_MESSAGE_REFUSED, ERR_FORMAT, 0);
        return;
    }
    if (!links_may_ask(f, l, out))
        return;
    memcpy(p.member, m->member.data, AUTHOR_BYTES);
    if (m->after.len > 0)
        memcpy(p.after, m->after.data, REQUEST_BYTES);
    enum err e = may_know(f, l->author, p.member) ? make_page(f, &p, out) : ERR_UNAUTHORISED;
    if (e != OK) {
        core_report(out, l->author, REPORT_MESSAGE_REFUSED, e, 0);
        return;
    }
    Seinpost__TotalsAnswer body = SEINPOST__TOTALS_ANSWER__INIT;
    body.member = m->member;
    body.month = p.month;
    body.after = m->after;
    body.requests = p.totals.requests;
    body.elements = p.totals.elements;
    body.surge = p.totals.surge;
    body.rows = (ProtobufCBinaryData){p.rows.len, (uint8_t *)(uintptr_t)p.rows.data};
    body.more = p.has_more;
    body.restored_utc = p.restored_utc;
    body.signature = (ProtobufCBinaryData){SIGNATURE_BYTES, p.signature};
    Seinpost__Message reply = SEINPOST__MESSAGE__INIT;
    reply.body_case = SEINPOST__MESSAGE__BODY_TOTALS_ANSWER;
    reply.totals_answer = &body;
    (void)!core_send(f, l->id, &reply, out);
}

/* ---- Asking ---- */

static enum err send_ask(struct federation *f, struct inquiry *q, struct effects *out)
{
    const struct link *l = links_to(f, q->page.keyholder);
    if (l == NULL)
        return ERR_UNAVAILABLE;
    Seinpost__TotalsAsk body = SEINPOST__TOTALS_ASK__INIT;
    body.member = (ProtobufCBinaryData){AUTHOR_BYTES, q->page.member};
    body.month = q->page.month;
    if (!sodium_is_zero(q->page.after, REQUEST_BYTES))
        body.after = (ProtobufCBinaryData){REQUEST_BYTES, q->page.after};
    Seinpost__Message m = SEINPOST__MESSAGE__INIT;
    m.body_case = SEINPOST__MESSAGE__BODY_TOTALS_ASK;
    m.totals_ask = &body;
    return core_send(f, l->id, &m, out) ? OK : ERR_FULL;
}

void totals_event(struct federation *f, const struct event *ev, struct effects *out)
{
    struct inquiry none = {.ticket = ev->totals.ticket}, *q = NULL;
    for (size_t i = 0; i < INQUIRIES_MAX && q == NULL; i++)
        if (f->inquiries[i].ticket == 0)
            q = &f->inquiries[i];
    if (q == NULL || !f->has_roster) {
        end(&none, q == NULL ? ERR_FULL : ERR_UNAVAILABLE, NULL, out);
        return;
    }
    *q = (struct inquiry){.ticket = ev->totals.ticket, .asked_ms = f->now_ms};
    memcpy(q->page.keyholder, ev->totals.keyholder, AUTHOR_BYTES);
    memcpy(q->page.member, ev->totals.member, AUTHOR_BYTES);
    memcpy(q->page.after, ev->totals.after, REQUEST_BYTES);
    q->page.month = ev->totals.month;
    bool is_self = memcmp(q->page.keyholder, f->config.author, AUTHOR_BYTES) == 0;
    if (!may_know(f, f->config.author, q->page.member)) {
        end(q, ERR_UNAUTHORISED, NULL, out);
    } else if (is_self) {
        struct account_page page = q->page;
        enum err e = make_page(f, &page, out);
        end(q, e, e == OK ? &page : NULL, out);
    } else {
        enum err e = send_ask(f, q, out);
        if (e != OK)
            end(q, e, NULL, out);
    }
}

static bool is_answer_to(const struct inquiry *q, const struct link *l,
                         const Seinpost__TotalsAnswer *m)
{
    static const uint8_t zeros[REQUEST_BYTES];
    const uint8_t *after = m->after.len > 0 ? m->after.data : zeros;
    return q->ticket != 0 && memcmp(q->page.keyholder, l->author, AUTHOR_BYTES) == 0 &&
           m->member.len == AUTHOR_BYTES && (m->after.len == 0 || m->after.len == REQUEST_BYTES) &&
           m->month == q->page.month && memcmp(q->page.member, m->member.data, AUTHOR_BYTES) == 0 &&
           memcmp(q->page.after, after, REQUEST_BYTES) == 0;
}

void totals_on_answer(struct federation *f, struct link *l, const Seinpost__TotalsAnswer *m,
                      struct effects *out)
{
    struct inquiry *q = NULL;
    for (size_t i = 0; i < INQUIRIES_MAX && q == NULL; i++)
        if (is_answer_to(&f->inquiries[i], l, m))
            q = &f->inquiries[i];
    const struct organisation *org = roster_find(core_roster(f), l->author);
    if (q == NULL || org == NULL) {
        links_useless(f, l, out);
        return;
    }
    struct account_page p = q->page;
    p.totals = (struct account_totals){m->requests, m->elements, m->surge};
    p.has_more = m->more != 0;
    p.restored_utc = m->restored_utc;
    p.rows = bytes_of(m->rows.data, m->rows.len);
    enum err e = m->signature.len == SIGNATURE_BYTES && m->more <= 1 ? OK : ERR_FORMAT;
    if (e == OK) {
        memcpy(p.signature, m->signature.data, SIGNATURE_BYTES);
        e = account_page_check(&p, org->feed_key);
    }
    if (e == OK && p.has_more && p.rows.len == 0)
        e = ERR_SEQUENCE; /* it would go on for ever */
    if (e != OK)
        core_report(out, l->author, REPORT_MESSAGE_REFUSED, e, 0);
    end(q, e, e == OK ? &p : NULL, out);
}

void totals_tick(struct federation *f, struct effects *out)
{
    for (size_t i = 0; i < INQUIRIES_MAX; i++) {
        struct inquiry *q = &f->inquiries[i];
        if (q->ticket != 0 && f->now_ms - q->asked_ms >= INQUIRY_MS && effects_has_room(out, 64, 0))
            end(q, ERR_UNAVAILABLE, NULL, out);
    }
}
