/*
 * standing.c - may this node sign?
 *
 * A machine may have been rolled back to an old image without its operator knowing, and would then
 * sign a second entry with an index that it has used before. So after every start the node asks
 * each peer, with a nonce, for the newest checkpoint of the node's own that the peer knows, and
 * signs nothing until a majority of the always-on nodes (keyholders and relays; itself counted
 * if it is one) have answered and it holds the highest. If a peer knows more, the node
 * first fetches its own entries back; if one knows something that contradicts what the node holds,
 * it signs nothing more.
 *
 * A node that was restored (rejoin.c) does not count itself: what it knows is old for certain. An
 * operator may let a node sign that too few confirm, until its next start; that is written down.
 */
#include "federation/core.h"

#include <string.h>

static bool is_always_on(const struct organisation *org)
{
    /* An observer by itself knows one checkpoint a day, and cannot say which the newest is. */
    return access_of(org) == ACCESS_EVERYTHING &&
           (org->roles & (ROLE_KEYHOLDER | ROLE_RELAY | ROLE_OBSERVER)) != 0;
}

static bool is_own(const struct federation *f, const uint8_t author[AUTHOR_BYTES])
{
    return memcmp(author, f->config.author, AUTHOR_BYTES) == 0;
}

static uint32_t count_others(const struct federation *f,
                             bool (*is_one)(const struct organisation *))
{
    const struct roster *r = federation_roster(f);
    uint32_t count = 0;
    for (size_t i = 0; r != NULL && i < r->organisation_count; i++)
        count += !is_own(f, r->organisations[i].author) && is_one(&r->organisations[i]);
    return count;
}

static bool keeps_everything(const struct organisation *org)
{
    return access_of(org) == ACCESS_EVERYTHING;
}

bool standing_counts(const struct federation *f, const struct organisation *org)
{
    if (org == NULL || is_own(f, org->author) || !keeps_everything(org))
        return false;
    return is_always_on(org) || count_others(f, is_always_on) == 0;
}

uint32_t standing_others(const struct federation *f)
{
    uint32_t others = count_others(f, is_always_on);
    return others > 0 ? others : count_others(f, keeps_everything);
}

/* The answers of those whose word counts. */
static uint32_t count_answered(const struct federation *f)
{
    const struct roster *r = federation_roster(f);
    bool has_always_on = count_others(f, is_always_on) > 0;
    uint32_t answered = 0;
    for (size_t i = 0; r != NULL && i < f->feed_count; i++) {
        const struct feed *feed = &f->feeds[i];
        const struct organisation *org =
            feed->head_answered ? roster_find(r, feed->rec.author) : NULL;
        answered += org != NULL && !is_own(f, org->author) && keeps_everything(org) &&
                    (is_always_on(org) || !has_always_on);
    }
    return answered;
}

static void count_answers(const struct federation *f, uint32_t *needed, uint32_t *answered)
{
    const struct roster *r = federation_roster(f);
    const struct organisation *own = r != NULL ? roster_find(r, f->config.author) : NULL;
    uint32_t others = count_others(f, is_always_on);
    bool is_one = own != NULL && is_always_on(own);
    uint32_t all = others + is_one;
    *needed = all == 0 ? 0 : all / 2 + 1;
    *answered = others > 0 ? count_answered(f) : 0;
    if (!rejoin_is_open(f)) {
        *answered += is_one;
        return;
    }
    if (others == 0) { /* somebody at least, where there is anybody */
        *needed = standing_others(f) > 0 ? 1 : 0;
        *answered = count_answered(f);
    } else if (*needed > others) {
        *needed = others;
    }
}

/* Whether no entry of the own feed is missing, and it is all that its newest checkpoint says, or,
 * in a chapter in which nothing is signed yet, all that the member list says. */
static bool is_whole(const struct feed *own)
{
    if (mend_is_needed(own))
        return false;
    if (own->seen.seq != 0)
        return own->rec.tree.size == own->seen.size && own->held.seq == own->seen.seq;
    bool has_begun =
        own->accepted.feed_epoch != 0 && own->accepted.feed_epoch < own->rec.feed_epoch;
    return own->rec.tree.size == (has_begun ? own->accepted.size : 0);
}

void standing_review(struct federation *f, struct effects *out)
{
    struct feed *own = core_own_feed(f);
    if (own == NULL)
        return;
    /* Asked of the record each time: a restart in the middle of fetching back is behind, too. */
    f->is_behind = !is_whole(own);
    /* Where our key is used elsewhere a person must look. */
    if (f->is_behind || own->rec.is_disputed || f->is_twin) {
        f->may_sign = false;
        return;
    }
    uint32_t needed, answered;
    count_answers(f, &needed, &answered);
    if (answered < needed)
        f->enough_ms = 0;
    if (f->may_sign || answered < needed)
        return;
    if (f->enough_ms == 0)
        f->enough_ms = f->now_ms;
    if (rejoin_is_open(f) && f->now_ms - f->enough_ms < REJOIN_HOLD_MS)
        return;
    f->may_sign = true;
    f->confirmed_utc = f->now_utc;
    core_report(out, NULL, REPORT_HEAD_CONFIRMED, OK, own->rec.tree.size);
}

void standing_alone(struct federation *f, const struct event *ev, struct effects *out)
{
    const struct feed *own = core_own_feed(f);
    uint32_t needed, answered;
    enum err result = own == NULL || !f->has_roster        ? ERR_STRANGER
                      : own->rec.is_disputed || f->is_twin ? ERR_FORK
                      : !is_whole(own)                     ? ERR_STALE
                      : f->may_sign                        ? ERR_DUPLICATE
                                                           : OK;
    if (result == OK) {
        count_answers(f, &needed, &answered);
        core_mark(f, MARK_ALONE_UTC, f->now_utc > 0 ? (uint64_t)f->now_utc : 1, out);
        core_mark(f, MARK_ALONE_WHO, ev->alone.who, out);
        core_mark(f, MARK_ALONE_ANSWERED, answered, out);
        core_mark(f, MARK_ALONE_NEEDED, needed, out);
        core_mark(f, MARK_ALONE_COUNT, f->marks[MARK_ALONE_COUNT] + 1, out);
        f->may_sign = true;
        f->confirmed_utc = f->now_utc;
        core_report(out, NULL, REPORT_ALONE, ERR_UNAVAILABLE, own->rec.tree.size);
    }
    struct effect *e = effects_add(out, EFFECT_APPENDED);
    e->appended.ticket = ev->alone.ticket;
    e->appended.result = result;
}

void standing_ask(struct federation *f, const struct link *l, struct effects *out)
{
    Seinpost__HeadAsk body = SEINPOST__HEAD_ASK__INIT;
    body.nonce = (ProtobufCBinaryData){sizeof f->head_nonce, f->head_nonce};
    Seinpost__Message m = SEINPOST__MESSAGE__INIT;
    m.body_case = SEINPOST__MESSAGE__BODY_HEAD_ASK;
    m.head_ask = &body;
    (void)!core_send(f, l->id, &m, out);
}

void standing_link_ready(struct federation *f, struct link *l, struct effects *out)
{
    standing_ask(
        f, l, out); /* also when we may sign already: a second node with our key would show here */
}

void standing_tick(struct federation *f, struct effects *out)
{
    standing_review(f, out);
    if (f->may_sign || f->now_ms - f->head_asked_ms < HEAD_RETRY_MS)
        return;
    f->head_asked_ms = f->now_ms;
    for (size_t i = 0; i < f->link_count; i++) {
        struct link *l = &f->links[i];
        const struct feed *peer = l->id != 0 && l->is_ready ? core_feed(f, l->author) : NULL;
        if (peer != NULL && !peer->head_answered && effects_has_room(out, 64, 1024))
            standing_ask(f, l, out);
    }
}

void standing_on_ask(struct federation *f, struct link *l, const Seinpost__HeadAsk *m,
                     struct effects *out)
{
    if (m->nonce.len != sizeof f->head_nonce) {
        core_report(out, l->author, REPORT_MESSAGE_REFUSED, ERR_FORMAT, 0);
        return;
    }
    if (!links_may_ask(f, l, out))
        return;
    standing_answer(f, l, m->nonce.data, out);
    twins_on_ask(f, l, m->nonce.data, out);
}

void standing_answer(struct federation *f, const struct link *l, const uint8_t nonce[32],
                     struct effects *out)
{
    const struct feed *feed = core_feed(f, l->author);
    Seinpost__HeadAnswer body = SEINPOST__HEAD_ANSWER__INIT;
    body.nonce = (ProtobufCBinaryData){32, (uint8_t *)(uintptr_t)nonce};
    if (feed != NULL && feed->seen.seq > 0)
        body.checkpoint =
            (ProtobufCBinaryData){CHECKPOINT_SIGNED_BYTES, (uint8_t *)(uintptr_t)feed->rec.seen};
    Seinpost__Message reply = SEINPOST__MESSAGE__INIT;
    reply.body_case = SEINPOST__MESSAGE__BODY_HEAD_ANSWER;
    reply.head_answer = &body;
    (void)!core_send(f, l->id, &reply, out);
}

/* A checkpoint of ours that a peer knows. Ours is the only key that can have signed it. What it
 * says is written down: at the next start nobody may be there to say it again. */
void standing_take_head(struct federation *f, struct feed *own, const struct checkpoint *cp,
                        const uint8_t *raw, const struct link *l, struct effects *out)
{
    uint8_t root[HASH_BYTES];
    merkle_root(&own->rec.tree, root);
    bool is_whole = cp->size == own->rec.tree.size;
    const uint8_t *rival = forks_rival(own, cp);
    if (rival != NULL || (is_whole && memcmp(cp->root, root, HASH_BYTES) != 0)) {
        f->may_sign = false;
        if (rival != NULL)
            forks_prove(f, own, raw, rival, out);
        core_dispute(own, cp->seq, out); /* ours is the only key: there need be no proof */
        return;
    }
    if (cp->seq <= own->seen.seq)
        return;
    twins_on_head(f, cp, l, out);
    own->seen = *cp;
    memcpy(own->rec.seen, raw, CHECKPOINT_SIGNED_BYTES);
    own->rec.proof_hashes = 0;
    if (is_whole) { /* it was signed over what we hold: there is nothing to fetch */
        own->held = *cp;
        memcpy(own->rec.held, raw, CHECKPOINT_SIGNED_BYTES);
    }
    core_persist_feed(own, out);
    f->may_sign = false;
    core_report(out, l->author, REPORT_HEAD_BEHIND, ERR_STALE, cp->size);
    if (!f->is_behind)
        keyholder_spend_today(f, out);
    f->is_behind = true;
    pull_choose(f, out);
}

void standing_on_answer(struct federation *f, struct link *l, const Seinpost__HeadAnswer *m,
                        struct effects *out)
{
    struct feed *own = core_own_feed(f);
    struct feed *peer = core_feed(f, l->author);
    if (own == NULL || peer == NULL || m->nonce.len != sizeof f->head_nonce)
        return;
    if (memcmp(m->nonce.data, f->head_nonce, sizeof f->head_nonce) != 0) {
        twins_on_report(f, l, m->nonce.data, out); /* we never asked that: who did? */
        links_useless(f, l, out);
        return;
    }
    if (m->checkpoint.len > 0) {
        const struct organisation *org = roster_find(core_roster(f), f->config.author);
        struct checkpoint cp;
        enum err e = org == NULL
                         ? ERR_STRANGER
                         : checkpoint_verify(bytes_of(m->checkpoint.data, m->checkpoint.len),
                                             org->feed_key, &cp);
        if (e == OK && memcmp(cp.author, f->config.author, AUTHOR_BYTES) != 0)
            e = ERR_STRANGER;
        if (e != OK) {
            core_report(out, l->author, REPORT_MESSAGE_REFUSED, e, 0);
            return;
        }
        standing_take_head(f, own, &cp, m->checkpoint.data, l, out);
    }
    peer->head_answered = true;
    standing_review(f, out);
}

void federation_standing(const struct federation *f, struct standing *out)
{
    memset(out, 0, sizeof *out);
    out->may_sign = f->may_sign;
    out->is_behind = f->is_behind;
    out->is_twin = f->is_twin;
    out->is_rejoining = rejoin_is_open(f);
    count_answers(f, &out->needed, &out->answered);
    for (size_t i = 0; i < f->feed_count; i++) {
        const struct feed *feed = &f->feeds[i];
        if (is_own(f, feed->rec.author)) {
            out->is_disputed = feed->rec.is_disputed;
            out->size = feed->rec.tree.size;
            out->seq = feed->seen.seq;
            out->feed_epoch = feed->rec.feed_epoch;
        }
    }
}
