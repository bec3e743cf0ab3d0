/*
 * links.c - connections and who may use them.
 *
 * States of a link: up (nothing but an opening is listened to) and ready (openings were exchanged).
 * The side that dialled sends its opening first. The member list is consulted for every message,
 * not only at the handshake: somebody who was removed has no effect from then on, and is cut.
 */
#include "federation/core.h"

#include <string.h>

struct link *links_find(struct federation *f, uint32_t id)
{
    if (id == 0)
        return NULL;
    for (size_t i = 0; i < f->link_count; i++)
        if (f->links[i].id == id)
            return &f->links[i];
    return NULL;
}

struct link *links_to(struct federation *f, const uint8_t author[AUTHOR_BYTES])
{
    struct link *found = NULL;
    for (size_t i = 0; i < f->link_count; i++) {
        struct link *l = &f->links[i];
        if (l->id == 0 || !l->is_ready || memcmp(l->author, author, AUTHOR_BYTES) != 0)
            continue;
        if (l->is_outbound)
            return l;
        if (found == NULL || l->number > found->number)
            found = l;
    }
    return found;
}

/* One more in this minute; how many that makes. */
static uint32_t count_up(struct federation *f, struct link *l, uint32_t *count)
{
    if (f->now_ms - l->minute_ms >= 60000) {
        l->minute_ms = f->now_ms;
        l->useless = l->asks = 0;
    }
    return *count < UINT32_MAX ? ++*count : *count;
}

bool links_may_ask(struct federation *f, struct link *l, struct effects *out)
{
    uint32_t most = ASKS_A_MINUTE + ASKS_A_MINUTE_FEED * (uint32_t)f->feed_count;
    uint32_t count = count_up(f, l, &l->asks);
    if (count == most + 1)
        core_report(out, l->author, REPORT_MESSAGE_REFUSED, ERR_LIMIT, most);
    return count <= most;
}

void links_useless(struct federation *f, struct link *l, struct effects *out)
{
    uint32_t most = USELESS_A_MINUTE + USELESS_A_MINUTE_FEED * (uint32_t)f->feed_count;
    if (count_up(f, l, &l->useless) == most + 1)
        core_report(out, l->author, REPORT_MESSAGE_REFUSED, ERR_DUPLICATE, most);
}

/* The organisation behind a transport key, if it may take part now. */
static const struct organisation *admitted(struct federation *f, const uint8_t key[KEY_BYTES])
{
    const struct roster *r = core_roster(f);
    return r != NULL ? roster_admits(r, key, f->now_utc) : NULL;
}

/* Whether the organisation that this link was made with still has its key, and may take part. */
static bool is_admitted(struct federation *f, const struct link *l)
{
    const struct organisation *org = admitted(f, l->transport_key);
    return org != NULL && memcmp(org->author, l->author, AUTHOR_BYTES) == 0;
}

/* Forgets a link; whoever relied on it looks for another. */
static void drop(struct federation *f, struct link *l, struct effects *out)
{
    uint32_t id = l->id;
    memset(l, 0, sizeof *l);
    while (f->link_count > 0 && f->links[f->link_count - 1].id == 0)
        f->link_count--;
    pull_link_down(f, id);
    serve_link_down(f, id);
    rosters_link_down(f, id);
    asker_link_down(f, id, out);
}

void links_cut(struct federation *f, struct link *l, struct effects *out)
{
    struct effect *e = effects_add(out, EFFECT_CUT);
    e->link = l->id;
    memcpy(e->author, l->author, AUTHOR_BYTES);
    drop(f, l, out);
}

/* Where an organisation can be dialled: by its own profile, by our configuration, or as a peer
 * says, but not against its own profile. */
static const char *endpoint_of(struct federation *f, const struct feed *feed)
{
    if (feed->profile.count > 0)
        return feed->profile.endpoint[0];
    for (size_t i = 0; i < f->config.contact_count; i++)
        if (memcmp(f->config.contacts[i].author, feed->rec.author, AUTHOR_BYTES) == 0)
            return f->config.contacts[i].endpoint;
    bool has_profile = feed->rec.profile_plus_one > 0;
    return feed->hint[0] != '\0' && !has_profile ? feed->hint : NULL;
}

/* The contacts of an opening: ourselves, then whomever we know a place of. A node that may not sign
 * yet has no profile in its feed; this is how the others find it all the same. */
static size_t list_contacts(struct federation *f, Seinpost__Contact *rows, Seinpost__Contact **list)
{
    size_t count = 0;
    for (size_t i = 0; i < f->feed_count && count < CONTACTS_MAX; i++) {
        struct feed *feed = &f->feeds[i];
        bool is_own = memcmp(feed->rec.author, f->config.author, AUTHOR_BYTES) == 0;
        const char *endpoint = is_own && f->config.profile.count > 0 ? f->config.profile.endpoint[0]
                               : is_own                              ? NULL
                                                                     : endpoint_of(f, feed);
        if (endpoint == NULL)
            continue;
        seinpost__contact__init(&rows[count]);
        rows[count].author = (ProtobufCBinaryData){AUTHOR_BYTES, feed->rec.author};
        rows[count].endpoint = (char *)(uintptr_t)endpoint;
        list[count] = &rows[count];
        count++;
    }
    return count;
}

static void send_opening(struct federation *f, const struct link *l, struct effects *out)
{
    const struct roster *r = core_roster(f);
    Seinpost__Contact rows[CONTACTS_MAX], *list[CONTACTS_MAX];
    Seinpost__Opening opening = SEINPOST__OPENING__INIT;
    opening.version_min = f->config.version_min;
    opening.version_max = f->config.version_max;
    opening.federation = (ProtobufCBinaryData){HASH_BYTES, (uint8_t *)(uintptr_t)r->genesis};
    opening.author = (ProtobufCBinaryData){AUTHOR_BYTES, f->config.author};
    opening.roster_version = r->version;
    opening.roster_hash = (ProtobufCBinaryData){HASH_BYTES, (uint8_t *)(uintptr_t)r->hash};
    if (r->has_rival)
        opening.rival_hash = (ProtobufCBinaryData){HASH_BYTES, (uint8_t *)(uintptr_t)r->rival};
    opening.n_contact = list_contacts(f, rows, list);
    opening.contact = list;
    Seinpost__Message m = SEINPOST__MESSAGE__INIT;
    m.body_case = SEINPOST__MESSAGE__BODY_OPENING;
    m.opening = &opening;
    (void)!core_send(f, l->id, &m, out);
}

void links_announce(struct federation *f, struct effects *out)
{
    for (size_t i = 0; i < f->link_count; i++)
        if (f->links[i].id != 0 && f->links[i].is_ready &&
            effects_has_room(out, 64, FRAME_BYTES_SMALL))
            send_opening(f, &f->links[i], out);
}

void links_tick(struct federation *f, struct effects *out)
{
    bool is_early = f->announced_ms != 0 && f->now_ms - f->announced_ms < ANNOUNCE_MS;
    if (!f->is_announce_due || is_early)
        return;
    f->is_announce_due = false;
    f->announced_ms = f->now_ms;
    links_announce(f, out);
}

/* Ends the oldest connection to an organisation that has as many as it may: a peer that lost sight
 * of its old ones comes back with new ones, and one that opens many takes nobody else's place. */
static void make_place(struct federation *f, const uint8_t author[AUTHOR_BYTES],
                       struct effects *out)
{
    struct link *oldest = NULL;
    size_t count = 0;
    for (size_t i = 0; i < f->link_count; i++) {
        struct link *l = &f->links[i];
        if (l->id == 0 || memcmp(l->author, author, AUTHOR_BYTES) != 0)
            continue;
        count++;
        if (oldest == NULL || l->number < oldest->number)
            oldest = l;
    }
    if (count >= LINKS_EACH_MAX)
        links_cut(f, oldest, out);
}

void links_up(struct federation *f, const struct event *ev, struct effects *out)
{
    const struct organisation *org = admitted(f, ev->up.transport_key);
    struct link *l = NULL;
    if (org != NULL)
        make_place(f, org->author, out);
    for (size_t i = 0; i < LINKS_MAX && l == NULL; i++)
        if (f->links[i].id == 0)
            l = &f->links[i];
    if (org == NULL || l == NULL) {
        struct effect *e = effects_add(out, EFFECT_CUT);
        e->link = ev->up.link;
        core_report(out, NULL, REPORT_LINK_REFUSED, org == NULL ? ERR_STRANGER : ERR_FULL, 0);
        return;
    }
    if ((size_t)(l - f->links) >= f->link_count)
        f->link_count = (size_t)(l - f->links) + 1;
    l->id = ev->up.link;
    l->is_outbound = ev->up.is_outbound;
    l->number = f->link_number++;
    memcpy(l->transport_key, ev->up.transport_key, KEY_BYTES);
    memcpy(l->author, org->author, AUTHOR_BYTES);
    if (l->is_outbound)
        send_opening(f, l, out);
}

void links_down(struct federation *f, uint32_t id, struct effects *out)
{
    struct link *l = links_find(f, id);
    if (l == NULL)
        return;
    drop(f, l, out);
    pull_choose(f, out);
}

static bool is_equal(ProtobufCBinaryData got, const uint8_t *want, size_t len)
{
    return got.len == len && memcmp(got.data, want, len) == 0;
}

/* OK, or why this opening ends the connection. */
static enum err opening_check(struct federation *f, const struct link *l,
                              const Seinpost__Opening *o)
{
    const struct roster *r = core_roster(f);
    if (o->version_min > f->config.version_max || o->version_max < f->config.version_min ||
        o->version_min > o->version_max)
        return ERR_VERSION;
    if (!is_equal(o->federation, r->genesis, HASH_BYTES) ||
        !is_equal(o->author, l->author, AUTHOR_BYTES))
        return ERR_STRANGER;
    if (o->n_contact > CONTACTS_MAX)
        return ERR_LIMIT;
    bool is_rival_sound = o->rival_hash.len == 0 || o->rival_hash.len == HASH_BYTES;
    return o->roster_hash.len == HASH_BYTES && is_rival_sound ? OK : ERR_FORMAT;
}

/* Takes hints for organisations that we know no place of. */
static void take_contacts(struct federation *f, const struct link *l, const Seinpost__Opening *o,
                          struct effects *out)
{
    bool is_news = false;
    for (size_t i = 0; i < o->n_contact; i++) {
        const Seinpost__Contact *c = o->contact[i];
        struct bytes endpoint = bytes_of(c->endpoint, strlen(c->endpoint));
        struct feed *feed = c->author.len == AUTHOR_BYTES ? core_feed(f, c->author.data) : NULL;
        if (feed == NULL || !endpoint_is_valid(endpoint) ||
            memcmp(c->author.data, f->config.author, AUTHOR_BYTES) == 0)
            continue;
        /* What somebody says of itself outweighs what others say of it. */
        bool is_self = memcmp(c->author.data, l->author, AUTHOR_BYTES) == 0;
        bool has_profile = feed->rec.profile_plus_one > 0;
        bool may_replace = is_self && feed->hint[0] != '\0' && !has_profile;
        if (has_profile || (endpoint_of(f, feed) != NULL && !may_replace))
            continue;
        is_news = is_news || strcmp(feed->hint, c->endpoint) != 0;
        memcpy(feed->hint, endpoint.data, endpoint.len);
        feed->hint[endpoint.len] = '\0';
    }
    if (is_news) {
        links_review(f, out);
        f->is_announce_due = true;
        links_tick(f, out);
    }
}

/* The opening shares no version with us. Whoever was dialled answers with its own before it is cut
 * by the other side, so that the operators of both learn why. */
static void on_apart(struct federation *f, struct link *l, const Seinpost__Opening *o,
                     struct effects *out)
{
    struct feed *feed = core_feed(f, l->author);
    bool is_above = o->version_min > f->config.version_max;
    core_report(out, l->author, REPORT_VERSION, ERR_VERSION,
                is_above ? o->version_min : o->version_max);
    if (feed != NULL) {
        feed->offers_min = o->version_min;
        feed->offers_max = o->version_max;
    }
    if (l->is_outbound || l->is_ready || l->is_apart) {
        links_cut(f, l, out);
        return;
    }
    l->is_apart = true;
    send_opening(f, l, out);
}

static void settle_version(struct federation *f, struct link *l, const Seinpost__Opening *o)
{
    struct feed *feed = core_feed(f, l->author);
    l->version = o->version_max < f->config.version_max ? o->version_max : f->config.version_max;
    if (feed != NULL)
        feed->offers_min = feed->offers_max = 0;
}

static void on_opening(struct federation *f, struct link *l, const Seinpost__Opening *o,
                       struct effects *out)
{
    enum err e = opening_check(f, l, o);
    if (e == ERR_VERSION) {
        on_apart(f, l, o, out);
        return;
    }
    if (e != OK) {
        core_report(out, l->author, REPORT_MESSAGE_REFUSED, e, 0);
        links_cut(f, l, out);
        return;
    }
    bool was_ready = l->is_ready, is_newer = o->roster_version > l->roster_version;
    settle_version(f, l, o);
    if (!l->is_outbound && !was_ready)
        send_opening(f, l, out);
    l->is_ready = true;
    if (was_ready && o->roster_version > l->roster_version)
        pull_link_renewed(f, l->id);
    rosters_on_rival(f, l, o);
    rosters_on_opening(f, l, o->roster_version, out);
    take_contacts(f, l, o, out);
    if (!was_ready || is_newer)
        forks_link_ready(f, l, out);
    if (!was_ready)
        evidence_link_ready(f, l, out);
    if (was_ready) {
        if (!is_newer)
            links_useless(f, l, out);
        pull_choose(f, out);
        return; /* it announces a newer member list, or a place */
    }
    standing_link_ready(f, l, out);
    f->is_delivering = f->parcel_count > 0;
    pull_choose(f, out);
}

static void dispatch(struct federation *f, struct link *l, const Seinpost__Message *m,
                     struct effects *out)
{
    switch (m->body_case) {
    case SEINPOST__MESSAGE__BODY_OPENING:
        on_opening(f, l, m->opening, out);
        return;
    case SEINPOST__MESSAGE__BODY_ROSTER_ASK:
        rosters_on_ask(f, l, m->roster_ask, out);
        return;
    case SEINPOST__MESSAGE__BODY_ROSTER_CHUNK:
        rosters_on_chunk(f, l, m->roster_chunk, out);
        return;
    case SEINPOST__MESSAGE__BODY_HEAD_ASK:
        standing_on_ask(f, l, m->head_ask, out);
        return;
    case SEINPOST__MESSAGE__BODY_HEAD_ANSWER:
        standing_on_answer(f, l, m->head_answer, out);
        return;
    case SEINPOST__MESSAGE__BODY_FOLLOW:
        serve_on_follow(f, l, m->follow, out);
        return;
    case SEINPOST__MESSAGE__BODY_BATCH:
        pull_on_batch(f, l, m->batch, out);
        return;
    case SEINPOST__MESSAGE__BODY_BODY_ASK:
        bodies_on_ask(f, l, m->body_ask, out);
        return;
    case SEINPOST__MESSAGE__BODY_BODY_BATCH:
        bodies_on_batch(f, l, m->body_batch, out);
        return;
    case SEINPOST__MESSAGE__BODY_EVALUATE:
        keyholder_on_evaluate(f, l, m->evaluate, out);
        return;
    case SEINPOST__MESSAGE__BODY_EVALUATED:
        asker_on_evaluated(f, l, m->evaluated, out);
        return;
    case SEINPOST__MESSAGE__BODY_REFUSAL:
        asker_on_refusal(f, l, m->refusal, out);
        return;
    case SEINPOST__MESSAGE__BODY_SEEN_ASK:
        witness_on_ask(f, l, m->seen_ask, out);
        return;
    case SEINPOST__MESSAGE__BODY_SEEN_ANSWER:
        witness_on_answer(f, l, m->seen_answer, out);
        return;
    case SEINPOST__MESSAGE__BODY_FORK_PROOF:
        forks_on_proof(f, l, m->fork_proof, out);
        return;
    case SEINPOST__MESSAGE__BODY_EVIDENCE:
        evidence_on_shown(f, l, m->evidence, out);
        return;
    case SEINPOST__MESSAGE__BODY_DELIVERY:
        deliveries_on_message(f, l, m->delivery, out);
        return;
    case SEINPOST__MESSAGE__BODY_TOTALS_ASK:
        totals_on_ask(f, l, m->totals_ask, out);
        return;
    case SEINPOST__MESSAGE__BODY_TOTALS_ANSWER:
        totals_on_answer(f, l, m->totals_answer, out);
        return;
    case SEINPOST__MESSAGE__BODY__NOT_SET:
    case _SEINPOST__MESSAGE__BODY__CASE_IS_INT_SIZE:
        return; /* message_decode refuses an empty message */
    }
}

void links_frame(struct federation *f, uint32_t id, struct bytes frame, struct effects *out)
{
    struct link *l = links_find(f, id);
    if (l == NULL)
        return; /* it was cut while this frame was on its way */
    if (!is_admitted(f, l)) {
        core_report(out, l->author, REPORT_LINK_REFUSED, ERR_STRANGER, 0);
        links_cut(f, l, out);
        return;
    }
    Seinpost__Message *m = NULL;
    enum err e = message_decode(frame, &f->wire, &m);
    if (e == OK && !l->is_ready && m->body_case != SEINPOST__MESSAGE__BODY_OPENING)
        e = ERR_SEQUENCE;
    if (e != OK) {
        core_report(out, l->author, REPORT_MESSAGE_REFUSED, e, 0);
        links_cut(f, l, out);
        return;
    }
    dispatch(f, l, m, out);
}

static void review_dial(struct federation *f, struct feed *feed, struct effects *out)
{
    const struct organisation *org = roster_find(core_roster(f), feed->rec.author);
    const char *endpoint = roster_is_active(org) ? endpoint_of(f, feed) : NULL;
    if (endpoint == NULL) {
        if (feed->is_dialled) {
            struct effect *e = effects_add(out, EFFECT_HANGUP);
            memcpy(e->author, feed->rec.author, AUTHOR_BYTES);
            feed->is_dialled = false;
        }
        return;
    }
    if (feed->is_dialled && strcmp(endpoint, feed->dialled) == 0 &&
        memcmp(org->transport_key, feed->dialled_key, KEY_BYTES) == 0)
        return;
    feed->is_dialled = true;
    memcpy(feed->dialled, endpoint, strlen(endpoint) + 1);
    memcpy(feed->dialled_key, org->transport_key, KEY_BYTES);
    struct effect *e = effects_add(out, EFFECT_DIAL);
    memcpy(e->author, feed->rec.author, AUTHOR_BYTES);
    memcpy(e->dial.transport_key, org->transport_key, KEY_BYTES);
    e->dial.endpoint = feed->dialled;
}

void links_review(struct federation *f, struct effects *out)
{
    for (size_t i = 0; i < f->link_count; i++)
        if (f->links[i].id != 0 && !is_admitted(f, &f->links[i]))
            links_cut(f, &f->links[i], out);
    for (size_t i = 0; i < f->feed_count; i++)
        if (memcmp(f->feeds[i].rec.author, f->config.author, AUTHOR_BYTES) != 0)
            review_dial(f, &f->feeds[i], out);
}
