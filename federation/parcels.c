/*
 * parcels.c - envelopes on their way.
 *
 * The body of an entry for one addressee goes to nobody with the feed. Its author knows for whom it
 * is, and hands it over itself, in a Delivery, as soon as the addressee holds the header: over a
 * connection to the addressee, or else to one of the relays that the addressee's profile names,
 * which keeps it and hands it over when the addressee comes. (So that relay learns who writes to
 * whom. Nobody else does.) Whoever takes it says so in a signed receipt; without one the same is
 * tried again, and with a relay's alone, after a while, the next relay. Body and copies go when the
 * addressee's receipt is there.
 *
 *     at its author     waiting -> kept (by a relay) -> delivered | unreadable
 *     at a relay                   kept              -> delivered | unreadable
 *     at its addressee                                  delivered | unreadable
 *
 * The addressee opens an envelope before it answers. It is accepted once: its id is remembered
 * until it expires, and so is its place in the feed, so that it can be acknowledged again.
 */
#include "federation/core.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

static bool is_me(const struct federation *f, const uint8_t author[AUTHOR_BYTES])
{
    return memcmp(author, f->config.author, AUTHOR_BYTES) == 0;
}

/* ---- The list ---- */

struct parcel *parcels_find(struct federation *f, const uint8_t author[AUTHOR_BYTES],
                            uint64_t index)
{
    for (size_t i = 0; i < f->parcel_count; i++) {
        struct parcel *p = &f->parcels[i];
        if (p->is_used && p->rec.index == index && memcmp(p->rec.author, author, AUTHOR_BYTES) == 0)
            return p;
    }
    return NULL;
}

struct parcel *parcels_free(struct federation *f)
{
    for (size_t i = 0; i < PARCELS_MAX; i++)
        if (!f->parcels[i].is_used)
            return &f->parcels[i];
    return NULL;
}

void parcels_take(struct federation *f, struct parcel *p, const struct parcel_record *rec)
{
    memset(p, 0, sizeof *p);
    p->is_used = true;
    p->rec = *rec;
    if ((size_t)(p - f->parcels) >= f->parcel_count)
        f->parcel_count = (size_t)(p - f->parcels) + 1;
    f->is_delivering = true;
}

void parcels_drop(struct federation *f, struct parcel *p)
{
    memset(p, 0, sizeof *p);
    while (f->parcel_count > 0 && !f->parcels[f->parcel_count - 1].is_used)
        f->parcel_count--;
}

void federation_load_parcel(struct federation *f, const struct parcel_record *rec)
{
    bool is_active = rec->state == PARCEL_WAITING || rec->state == PARCEL_KEPT;
    struct parcel *p = parcels_free(f);
    if (is_active && !is_me(f, rec->addressee) && p != NULL)
        parcels_take(f, p, rec);
}

void parcels_persist(const struct parcel_record *rec, struct effects *out)
{
    struct effect *e = effects_add(out, EFFECT_PERSIST_PARCEL);
    memcpy(e->author, rec->author, AUTHOR_BYTES);
    e->parcel = *rec;
}

/* ---- Messages ---- */

bool parcels_send(struct federation *f, uint32_t link, Seinpost__Delivery *d, struct effects *out)
{
    Seinpost__Message m = SEINPOST__MESSAGE__INIT;
    m.body_case = SEINPOST__MESSAGE__BODY_DELIVERY;
    m.delivery = d;
    return core_send(f, link, &m, out);
}

Seinpost__Delivery parcels_about(enum delivery_what what, const struct parcel_record *rec)
{
    Seinpost__Delivery d = SEINPOST__DELIVERY__INIT;
    d.what = what;
    d.author = (ProtobufCBinaryData){AUTHOR_BYTES, (uint8_t *)(uintptr_t)rec->author};
    d.index = rec->index;
    return d;
}

/* ---- Writing one ---- */

/* Whether, and to which key, an envelope can be written to that organisation now. */
static enum err check_recipient(struct federation *f, const struct event *ev,
                                const uint8_t **prekey)
{
    const struct roster *r = core_roster(f);
    const struct organisation *org = r != NULL ? roster_find(r, ev->send.recipient) : NULL;
    const struct feed *feed = core_feed(f, ev->send.recipient);
    if (!roster_is_active(org) || feed == NULL)
        return ERR_STRANGER;
    if (is_me(f, ev->send.recipient))
        return ERR_RANGE;
    if (r->fresh_until_utc > 0 && f->now_utc > r->fresh_until_utc)
        return ERR_STALE;
    *prekey = prekeys_of(f, feed, ev->send.role);
    return *prekey != NULL ? OK : ERR_NOT_FOUND;
}

static enum err seal(struct federation *f, const struct event *ev, const uint8_t *prekey,
                     uint32_t expires_day, struct draft *d, struct effects *out)
{
    struct envelope e = {.type = ev->send.type,
                         .role = ev->send.role,
                         .created_utc = (uint64_t)f->now_utc,
                         .expires_day = expires_day,
                         .content = ev->send.content};
    memcpy(e.sender, f->config.author, AUTHOR_BYTES);
    memcpy(e.recipient, ev->send.recipient, AUTHOR_BYTES);
    memcpy(e.id, ev->send.id, ENVELOPE_ID_BYTES);
    memcpy(e.reference, ev->send.reference, ENVELOPE_ID_BYTES);
    size_t len = envelope_bytes(e.content.len);
    uint8_t *payload = len > 0 ? effects_alloc(out, len) : NULL;
    if (payload == NULL)
        return len == 0 ? ERR_LIMIT : ERR_FULL;
    struct envelope_random random;
    rng_bytes(&f->rng, &random, sizeof random);
    enum err r = envelope_seal(&e, core_own_feed(f)->rec.tree.size, core_feed_secret(f), prekey,
                               &random, payload, &len);
    sodium_memzero(&random, sizeof random);
    *d = (struct draft){.type = ENTRY_ENVELOPE,
                        .audience = AUDIENCE_ADDRESSED,
                        .expires_day = expires_day,
                        .payload = bytes_of(payload, len)};
    return r;
}

static enum err write_one(struct federation *f, const struct event *ev, uint64_t *index,
                          struct effects *out)
{
    const uint8_t *prekey = NULL;
    enum err e = check_recipient(f, ev, &prekey);
    if (e != OK)
        return e;
    if (core_own_feed(f) == NULL || !f->may_sign || f->now_utc <= 0)
        return ERR_UNAVAILABLE;
    if (core_feed_secret(f) == NULL)
        return ERR_UNAUTHORISED;
    struct parcel *p = parcels_free(f);
    if (p == NULL)
        return ERR_FULL;
    struct draft d;
    struct parcel_record rec = {.state = PARCEL_WAITING,
                                .expires_day = core_today(f) + ENVELOPE_TERM_DAYS};
    e = seal(f, ev, prekey, rec.expires_day, &d, out);
    if (e == OK)
        e = author_append(f, &d, 1, index, out);
    if (e != OK)
        return e;
    memcpy(rec.author, f->config.author, AUTHOR_BYTES);
    memcpy(rec.addressee, ev->send.recipient, AUTHOR_BYTES);
    rec.index = *index;
    parcels_persist(&rec, out);
    parcels_take(f, p, &rec);
    return OK;
}

void parcels_event(struct federation *f, const struct event *ev, struct effects *out)
{
    uint64_t index = 0;
    enum err result = write_one(f, ev, &index, out);
    if (result != OK)
        effects_clear(out);
    struct effect *e = effects_add(out, EFFECT_APPENDED);
    e->appended.ticket = ev->send.ticket;
    e->appended.result = result;
    e->appended.first = index;
    e->appended.count = result == OK ? 1 : 0;
}

/* ---- Handing over ---- */

struct taking {
    struct federation *f;
    size_t len;
};

static bool take_body(void *ctx, const struct archive_row *row)
{
    struct taking *t = ctx;
    if (row->state != STATE_HELD || row->body.len > sizeof t->f->bodies)
        return true;
    memcpy(t->f->bodies, row->body.data, row->body.len);
    t->len = row->body.len;
    return true;
}

/* Sends the body; without one there is nothing to be handed over any more. */
static void hand_over(struct federation *f, struct parcel *p, enum delivery_what what,
                      struct link *l, struct effects *out)
{
    if (l->handed_ms != 0 && f->now_ms - l->handed_ms < PARCEL_RETRY_MS)
        return; /* one at a time */
    struct taking t = {.f = f};
    f->archive.read(f->archive.ctx, p->rec.author, p->rec.index, 1, take_body, &t);
    if (t.len == 0) {
        parcels_drop(f, p); /* erased, or expired */
        return;
    }
    Seinpost__Delivery d = parcels_about(what, &p->rec);
    d.addressee = (ProtobufCBinaryData){AUTHOR_BYTES, p->rec.addressee};
    d.body = (ProtobufCBinaryData){t.len, f->bodies};
    if (!parcels_send(f, l->id, &d, out))
        return;
    p->tried_ms = f->now_ms;
    if (what == WHAT_KEEP && p->relay_ms == 0)
        p->relay_ms = f->now_ms;
    if (what == WHAT_BODY && p->direct != l->id) {
        p->direct = l->id;
        p->direct_ms = f->now_ms;
    }
    l->handed_ms = f->now_ms;
    f->deliver_next = (size_t)(p - f->parcels) + 1; /* the others come first now */
}

static bool is_due(const struct federation *f, const struct parcel *p, uint64_t wait_ms)
{
    return p->tried_ms == 0 || f->now_ms - p->tried_ms >= wait_ms;
}

/* Whether the other side is known to hold the header, without which it can check nothing. */
static bool has_header(struct federation *f, const struct link *l, const struct parcel *p)
{
    const struct feed *feed = core_feed(f, p->rec.author), *peer = core_feed(f, l->author);
    if (is_me(f, p->rec.author))
        return peer != NULL && peer->told_size > p->rec.index;
    for (size_t i = 0; i < f->follower_count; i++) {
        const struct follower *w = &f->followers[i];
        if (w->link == l->id && feed == &f->feeds[w->feed])
            return w->acked > p->rec.index;
    }
    return true; /* it follows that feed elsewhere: try */
}

/* Whether the relay whose turn it is has kept it for long in vain, or says nothing of it. */
static bool is_in_vain(const struct federation *f, const struct parcel *p)
{
    if (p->is_taken)
        return f->now_ms - p->path_ms >= PARCEL_PATH_MS;
    return p->relay_ms != 0 && f->now_ms - p->relay_ms >= PARCEL_SILENT_MS;
}

/* Whether its addressee is connected, was given it, and has said nothing of it since. */
static bool is_silent(const struct federation *f, const struct parcel *p, const struct link *l)
{
    return p->direct == l->id && f->now_ms - p->direct_ms >= PARCEL_SILENT_MS;
}

/* The connection to the relay whose turn it is; NULL where that is not there. One in vain gives the
 * turn to the next. */
static struct link *relay_of(struct federation *f, struct parcel *p)
{
    const struct feed *feed = core_feed(f, p->rec.addressee);
    size_t count = feed != NULL ? feed->profile.relay_count : 0;
    if (count == 0)
        return NULL;
    if (is_in_vain(f, p)) {
        p->relay++;
        p->is_taken = false;
        p->tried_ms = p->relay_ms = 0;
        p->direct = 0; /* and the addressee itself another chance, if it is there */
    }
    for (size_t i = 0; i < count; i++) {
        const uint8_t *relay = feed->profile.relay[(p->relay + i) % count];
        struct link *l = is_me(f, relay) ? NULL : links_to(f, relay);
        if (l != NULL && (p->is_taken ? i == 0 : has_header(f, l, p))) {
            if (i > 0)
                p->relay_ms = 0;
            p->relay = (p->relay + i) % count;
            return l;
        }
        if (p->is_taken)
            return NULL;
    }
    return NULL;
}

static void ask(struct federation *f, struct parcel *p, uint32_t link, struct effects *out)
{
    Seinpost__Delivery d = parcels_about(WHAT_ASK, &p->rec);
    p->tried_ms = f->now_ms;
    (void)parcels_send(f, link, &d, out);
}

/* The next step on the way of one: straight to its addressee if that is there and answers, else, by
 * its author alone, to a relay. */
static void forward(struct federation *f, struct parcel *p, struct effects *out)
{
    struct link *direct = links_to(f, p->rec.addressee);
    if (direct != NULL && !has_header(f, direct, p))
        direct = NULL;
    bool is_answering = direct != NULL && !is_silent(f, p, direct);
    struct link *l = is_me(f, p->rec.author) && !is_answering ? relay_of(f, p) : NULL;
    if (l == NULL) {
        if (direct != NULL && is_due(f, p, PARCEL_RETRY_MS))
            hand_over(f, p, WHAT_BODY, direct, out);
        return;
    }
    if (p->is_taken && is_due(f, p, PARCEL_ASK_MS))
        ask(f, p, l->id, out);
    else if (!p->is_taken && is_due(f, p, PARCEL_RETRY_MS))
        hand_over(f, p, WHAT_KEEP, l, out);
}

void parcels_tick(struct federation *f, struct effects *out)
{
    uint32_t today = core_sober_day(f);
    f->is_delivering = f->parcel_count > 0;
    if (today == f->parcels_day || !effects_has_room(out, 64, 0))
        return;
    f->parcels_day = today;
    for (size_t i = f->parcel_count; i-- > 0;) {
        struct parcel *p = &f->parcels[i];
        if (p->is_used && p->rec.expires_day < today)
            parcels_drop(f, p);
    }
    effects_add(out, EFFECT_PERSIST_POST_PAST)->past.day = today;
}

void parcels_cut_back(struct federation *f, const struct feed *feed, uint64_t size)
{
    for (size_t i = f->parcel_count; i-- > 0;) {
        struct parcel *p = &f->parcels[i];
        if (p->is_used && p->rec.index >= size &&
            memcmp(p->rec.author, feed->rec.author, AUTHOR_BYTES) == 0)
            parcels_drop(f, p);
    }
}

void parcels_pump(struct federation *f, struct effects *out)
{
    if (!f->is_delivering || !f->has_roster)
        return;
    f->is_delivering = false;
    f->pumped_ms = f->now_ms;
    if (rejoin_is_open(f))
        return; /* what is kept for others may have been erased: rejoin.c goes on with it */
    size_t count = f->parcel_count, first = f->deliver_next;
    for (size_t n = 0; n < count; n++) {
        struct parcel *p = &f->parcels[(first + n) % count];
        if (!effects_has_room(out, 64, ADDRESSED_BODY_BYTES_MAX + 4096)) {
            f->is_delivering = true;
            return;
        }
        if (p->is_used)
            forward(f, p, out);
    }
}
