/*
 * deliveries.c - what comes in about envelopes: those for us, those that we are to keep for others,
 * and receipts. See parcels.c for the whole way.
 */
#include "federation/core.h"

#include <string.h>

static bool is_me(const struct federation *f, const uint8_t author[AUTHOR_BYTES])
{
    return memcmp(author, f->config.author, AUTHOR_BYTES) == 0;
}

/* ---- Receipts of ours ---- */

static void send_receipt(struct federation *f, uint32_t link, const struct parcel_record *rec,
                         enum delivery_state state, const uint8_t holder[AUTHOR_BYTES],
                         const uint8_t signature[SIGNATURE_BYTES], struct effects *out)
{
    Seinpost__Delivery d = parcels_about(WHAT_RECEIPT, rec);
    d.state = state;
    d.holder = (ProtobufCBinaryData){AUTHOR_BYTES, (uint8_t *)(uintptr_t)holder};
    d.signature = (ProtobufCBinaryData){SIGNATURE_BYTES, (uint8_t *)(uintptr_t)signature};
    (void)parcels_send(f, link, &d, out);
}

/* A receipt of our own; deliveries_on_message sees to it that there is a key to sign it with. */
static void sign_receipt(const struct federation *f, const struct parcel_record *rec,
                         enum delivery_state state, uint8_t signature[SIGNATURE_BYTES])
{
    struct delivery_receipt r = {.index = rec->index, .state = (uint8_t)state};
    memcpy(r.author, rec->author, AUTHOR_BYTES);
    memcpy(r.holder, f->config.author, AUTHOR_BYTES);
    delivery_sign(&r, core_feed_secret(f), signature);
}

/* Says again what is known of an envelope here to whom asks or hands it over again. */
static void say_again(struct federation *f, const struct link *l, const struct parcel_record *rec,
                      struct effects *out)
{
    uint8_t own[SIGNATURE_BYTES];
    if (rec->state == PARCEL_KEPT) {
        sign_receipt(f, rec, DELIVERY_KEPT, own);
        send_receipt(f, l->id, rec, DELIVERY_KEPT, f->config.author, own, out);
    } else if (rec->state == PARCEL_DELIVERED || rec->state == PARCEL_UNREADABLE) {
        enum delivery_state state =
            rec->state == PARCEL_DELIVERED ? DELIVERY_DONE : DELIVERY_UNREADABLE;
        send_receipt(f, l->id, rec, state, rec->addressee, rec->receipt, out);
    }
}

/* ---- Bodies ---- */

static bool copy_header(void *ctx, const struct archive_row *row)
{
    memcpy(ctx, row->header, HEADER_BYTES);
    return true;
}

/* An envelope that came, with its entry. header lies in the effects' arena. */
struct arrival {
    struct feed *feed;
    const Seinpost__Delivery *m;
    uint8_t *header;
    struct header h;
    struct body body;
};

/* OK if this is the body of an entry that stands in the feed, is for one addressee, and is neither
 * here nor gone. */
static enum err check_arrival(struct federation *f, struct arrival *a, struct effects *out)
{
    const Seinpost__Delivery *m = a->m;
    const struct organisation *org = roster_find(core_roster(f), a->feed->rec.author);
    if (!roster_is_active(org))
        return ERR_STRANGER;
    a->header = effects_alloc(out, HEADER_BYTES);
    if (a->header == NULL || !effects_has_room(out, 64, 65536))
        return ERR_FULL;
    if (f->archive.read(f->archive.ctx, m->author.data, m->index, 1, copy_header, a->header) != 1)
        return ERR_NOT_FOUND;
    enum err e = header_decode(a->header, &a->h);
    if (e != OK)
        return e;
    if (a->h.audience != AUDIENCE_ADDRESSED)
        return ERR_FORMAT;
    if (a->h.expires_day < core_sober_day(f))
        return ERR_STALE;
    if (f->archive.state(f->archive.ctx, m->author.data, m->index) != STATE_ADDRESSED)
        return ERR_STALE;
    return body_check(a->feed->rec.author, &a->h, bytes_of(m->body.data, m->body.len));
}

/* What a committed body must be to be an envelope. */
static enum err judge_arrival(struct federation *f, struct arrival *a)
{
    enum err e = body_decode(bytes_of(a->m->body.data, a->m->body.len), &a->body);
    if (e != OK)
        return e;
    if (a->body.type != ENTRY_ENVELOPE)
        return ERR_VERSION;
    return entry_judge(&a->h, &a->body, core_roster(f)->policy.term_days_max,
                       (uint32_t)(a->feed->seen.time_utc / 86400));
}

static enum err open_arrival(struct federation *f, const struct arrival *a, struct envelope *out)
{
    const struct organisation *org = roster_find(core_roster(f), a->feed->rec.author);
    enum err e = ERR_EPOCH;
    f->plain_bytes = sizeof f->plain;
    for (size_t i = 0; i < PREKEYS_KEPT && e == ERR_EPOCH; i++)
        if (f->prekeys[i].is_used)
            e = envelope_open(a->body.payload, &a->h, a->feed->rec.author, f->config.author,
                              org->feed_key, &f->prekeys[i].key, f->plain, out);
    return e;
}

/* Takes an envelope that was opened to the inbox, unless its like was there before. */
static void take_message(struct federation *f, const struct arrival *a,
                         const struct envelope *envelope, struct effects *out)
{
    if (f->archive.message(f->archive.ctx, envelope->sender, envelope->id)) {
        core_report(out, a->feed->rec.author, REPORT_MESSAGE_REFUSED, ERR_DUPLICATE, a->h.index);
        return;
    }
    struct effect *e = effects_add(out, EFFECT_MESSAGE);
    memcpy(e->author, a->feed->rec.author, AUTHOR_BYTES);
    e->message.index = a->h.index;
    e->message.envelope = *envelope;
}

/* Whether this author has sent us as much today as one may; if not, it has sent this too now. */
static bool is_too_much(const struct federation *f, struct arrival *a)
{
    struct feed *from = a->feed;
    uint32_t today = core_today(f), len = (uint32_t)a->m->body.len;
    if (from->mail_day != today)
        from->mail_bytes = 0;
    from->mail_day = today;
    if (from->mail_bytes + len > MAIL_BYTES_A_DAY)
        return true;
    from->mail_bytes += len;
    return false;
}

/* A body for us. */
static void on_body(struct federation *f, struct link *l, struct arrival *a, struct effects *out)
{
    struct parcel_record rec = {.index = a->m->index, .state = PARCEL_DELIVERED};
    if (f->archive.parcel(f->archive.ctx, a->m->author.data, a->m->index, &rec)) {
        if (is_me(f, rec.addressee))
            say_again(f, l, &rec, out);
        return;
    }
    enum err e = check_arrival(f, a, out);
    if (e == ERR_NOT_FOUND || e == ERR_STALE)
        return; /* it comes again when the header is here; or is no longer wanted */
    if (e == OK && is_too_much(f, a))
        e = ERR_BUDGET; /* it comes again tomorrow */
    if (e != OK) {
        core_report(out, l->author, REPORT_MESSAGE_REFUSED, e, a->m->index);
        return;
    }
    struct envelope envelope;
    e = judge_arrival(f, a);
    if (e == OK)
        e = open_arrival(f, a, &envelope);
    memcpy(rec.author, a->feed->rec.author, AUTHOR_BYTES);
    memcpy(rec.addressee, f->config.author, AUTHOR_BYTES);
    rec.expires_day = a->h.expires_day;
    if (e != OK) {
        /* It will never be otherwise, so its author is told. */
        core_report(out, a->feed->rec.author, REPORT_ENVELOPE_UNREADABLE, e, a->m->index);
        rec.state = PARCEL_UNREADABLE;
        sign_receipt(f, &rec, DELIVERY_UNREADABLE, rec.receipt);
    } else {
        take_message(f, a, &envelope, out);
        sign_receipt(f, &rec, DELIVERY_DONE, rec.receipt);
    }
    parcels_persist(&rec, out);
    say_again(f, l, &rec, out);
}

/* Whether a profile says that this organisation keeps envelopes for the one whose it is. */
static bool names_relay(const struct profile *profile, const uint8_t relay[AUTHOR_BYTES])
{
    for (size_t i = 0; i < profile->relay_count; i++)
        if (memcmp(profile->relay[i], relay, AUTHOR_BYTES) == 0)
            return true;
    return false;
}

/* Bodies for us come from their author, or from a relay that we named. */
static enum err check_giver(const struct federation *f, const struct link *l,
                            const Seinpost__Delivery *m)
{
    bool is_giver = memcmp(l->author, m->author.data, AUTHOR_BYTES) == 0 ||
                    names_relay(&f->config.profile, l->author);
    return is_giver && is_me(f, m->addressee.data) ? OK : ERR_UNAUTHORISED;
}

/* Whether we keep as much for others as we can: of this author, or in all. Half of the list stays
 * for what we write ourselves. */
static bool is_full(const struct federation *f, const uint8_t author[AUTHOR_BYTES])
{
    size_t of_author = 0, in_all = 0;
    for (size_t i = 0; i < f->parcel_count; i++) {
        const struct parcel *p = &f->parcels[i];
        in_all += p->is_used && !is_me(f, p->rec.author);
        of_author += p->is_used && memcmp(p->rec.author, author, AUTHOR_BYTES) == 0;
    }
    return of_author >= PARCELS_KEPT_EACH || in_all >= PARCELS_MAX / 2;
}

static enum err keep(struct federation *f, const struct link *l, struct arrival *a,
                     struct effects *out)
{
    const Seinpost__Delivery *m = a->m;
    const struct feed *addressee = core_feed(f, m->addressee.data);
    if (memcmp(l->author, m->author.data, AUTHOR_BYTES) != 0 || addressee == NULL ||
        !names_relay(&addressee->profile, f->config.author))
        return ERR_UNAUTHORISED;
    struct parcel_record rec = {.index = m->index, .state = PARCEL_KEPT};
    if (f->archive.parcel(f->archive.ctx, m->author.data, m->index, &rec)) {
        say_again(f, l, &rec, out);
        return OK;
    }
    enum err e = check_arrival(f, a, out);
    if (e == OK)
        e = judge_arrival(f, a);
    struct parcel *p = parcels_free(f);
    if (e == OK && (p == NULL || is_full(f, m->author.data)))
        e = ERR_FULL;
    if (e != OK)
        return e;
    memcpy(rec.author, m->author.data, AUTHOR_BYTES);
    memcpy(rec.addressee, m->addressee.data, AUTHOR_BYTES);
    rec.expires_day = a->h.expires_day;
    ingest_kept(f, a->feed, a->header, bytes_of(m->body.data, m->body.len), out);
    parcels_persist(&rec, out);
    parcels_take(f, p, &rec);
    say_again(f, l, &rec, out);
    return OK;
}

/* ---- What others say ---- */

/* The receipt of whoever it is from, verified: or why it does not count. */
static enum err check_receipt(struct federation *f, const Seinpost__Delivery *m)
{
    if (m->holder.len != AUTHOR_BYTES || m->signature.len != SIGNATURE_BYTES ||
        m->state > DELIVERY_UNREADABLE)
        return ERR_FORMAT;
    const struct organisation *org = roster_find(core_roster(f), m->holder.data);
    if (!roster_is_active(org))
        return ERR_STRANGER;
    struct delivery_receipt r = {.index = m->index, .state = (uint8_t)m->state};
    memcpy(r.author, m->author.data, AUTHOR_BYTES);
    memcpy(r.holder, m->holder.data, AUTHOR_BYTES);
    return delivery_verify(&r, m->signature.data, org->feed_key);
}

/* The addressee has spoken: nobody needs the body any more. */
static void finish(struct federation *f, struct parcel *p, const Seinpost__Delivery *m,
                   struct effects *out)
{
    struct feed *feed = core_feed(f, p->rec.author);
    p->rec.state = m->state == DELIVERY_DONE ? PARCEL_DELIVERED : PARCEL_UNREADABLE;
    memcpy(p->rec.receipt, m->signature.data, SIGNATURE_BYTES);
    parcels_persist(&p->rec, out);
    if (f->archive.state(f->archive.ctx, p->rec.author, p->rec.index) == STATE_HELD)
        ingest_gone(f, feed, p->rec.index, STATE_ADDRESSED, out);
    const struct link *author = is_me(f, p->rec.author) ? NULL : links_to(f, p->rec.author);
    if (author != NULL)
        say_again(f, author, &p->rec, out);
    parcels_drop(f, p);
}

static enum err on_receipt(struct federation *f, struct link *l, const Seinpost__Delivery *m,
                           struct effects *out)
{
    l->handed_ms = 0;
    f->is_delivering = f->parcel_count > 0;
    struct parcel *p = parcels_find(f, m->author.data, m->index);
    enum err e = check_receipt(f, m);
    if (p == NULL && (e == OK || e == ERR_STRANGER)) {
        links_useless(f, l, out); /* said again */
        return OK;
    }
    if (e != OK)
        return e;
    if (m->state != DELIVERY_KEPT) {
        if (memcmp(m->holder.data, p->rec.addressee, AUTHOR_BYTES) != 0)
            return ERR_UNAUTHORISED;
        finish(f, p, m, out);
        return OK;
    }
    if (memcmp(m->holder.data, l->author, AUTHOR_BYTES) != 0)
        return ERR_UNAUTHORISED;
    const struct feed *addressee = core_feed(f, p->rec.addressee);
    size_t count = addressee != NULL ? addressee->profile.relay_count : 0;
    if (!is_me(f, p->rec.author) || count == 0 ||
        memcmp(m->holder.data, addressee->profile.relay[p->relay % count], AUTHOR_BYTES) != 0)
        return OK; /* another has its turn */
    if (!p->is_taken)
        p->path_ms = f->now_ms;
    p->is_taken = true;
    if (p->rec.state == PARCEL_WAITING) {
        p->rec.state = PARCEL_KEPT;
        parcels_persist(&p->rec, out);
    }
    return OK;
}

/* What became of it is told to its author alone. */
static enum err on_ask(struct federation *f, const struct link *l, const Seinpost__Delivery *m,
                       struct effects *out)
{
    struct parcel_record rec;
    if (memcmp(l->author, m->author.data, AUTHOR_BYTES) != 0)
        return ERR_UNAUTHORISED;
    if (f->archive.parcel(f->archive.ctx, m->author.data, m->index, &rec))
        say_again(f, l, &rec, out);
    return OK;
}

void deliveries_on_message(struct federation *f, struct link *l, const Seinpost__Delivery *m,
                           struct effects *out)
{
    struct arrival a = {.m = m};
    enum err e = m->author.len == AUTHOR_BYTES ? OK : ERR_FORMAT;
    bool has_body = m->what == WHAT_BODY || m->what == WHAT_KEEP;
    if (e == OK && has_body && m->addressee.len != AUTHOR_BYTES)
        e = ERR_FORMAT;
    if (e == OK)
        a.feed = core_feed(f, m->author.data);
    if (e == OK && (a.feed == NULL || (has_body && is_me(f, m->author.data))))
        e = ERR_STRANGER;
    if (e == OK && core_feed_secret(f) == NULL)
        e = ERR_UNAVAILABLE; /* nothing could be acknowledged */
    if (e == OK && m->what == WHAT_BODY)
        e = check_giver(f, l, m);
    if (e == OK && m->what == WHAT_BODY)
        on_body(f, l, &a, out);
    else if (e == OK && m->what == WHAT_KEEP)
        e = keep(f, l, &a, out);
    else if (e == OK && m->what == WHAT_ASK)
        e = on_ask(f, l, m, out);
    else if (e == OK && m->what == WHAT_RECEIPT)
        e = on_receipt(f, l, m, out);
    else if (e == OK)
        e = ERR_VERSION;
    if (e != OK)
        core_report(out, l->author, REPORT_MESSAGE_REFUSED, e, m->index);
}
