/*
 * judge_acts.c - what an honest node may do in one step, by what it received, what it has on disk
 * and what is public; nothing of its core is asked.
 *
 *   I1   what acknowledges something (that an envelope came, how much of a feed is held, an
 *        evaluation that is charged) leaves after what it acknowledges was given to the disk
 *   I3   a body that is stored is the one that its header commits to
 *   I4   a member list is adopted once the stewards have signed it, the next one at a time; whoever
 *        opens in another's name is cut; a keyholder answers for a key that is in force
 *   I5   what is for one addressee goes to that one or to its relays; an observer gets checkpoints
 *   I6   what is erased is not erased again; what is acknowledged as erased is
 *   I8   questions are answered up to so many in a minute
 *   I12  a node that starts signs once enough of those that are always on have answered the
 * question that it asked in this life and what a keyholder charged a member in a day is what it
 * wrote down, within the budget.
 */
#include <string.h>

#include "protocol/voprf.h"
#include "tests/sim/look.h"
#include "tests/sim/story.h"

enum {
    FULL_ACCESS = ROLE_MEMBER | ROLE_KEYHOLDER | ROLE_RELAY,
    ALWAYS_ON = ROLE_KEYHOLDER | ROLE_RELAY,
    MINUTE_MS = 60000,
    READY_MS = 35000, /* by when an opening came, if no direction stands still any more */
    TELL_MS = 60000,  /* longer than a direction stands still and a commit takes */
    ANSWERS_A_MINUTE = 2 * 600 + 50, /* of one connection, at any time; more for each feed */
    ANSWERS_A_MINUTE_FEED = 2 * 64,
};

/* One step, and what is asked of it again and again. */
struct act {
    struct story *s;
    size_t node;
    const struct event *ev;
    const struct effects *out;
    size_t at; /* of the effect that is looked at */
    const struct effect *e;
};

static size_t peer_of(const struct act *a)
{
    return world_node_of_author(a->s->w, a->e->author);
}

static bool is_observer(const struct act *a, size_t node)
{
    size_t as = node != SIZE_MAX ? story_author(a->s, node) : node;
    return as < a->s->plan.nodes && (a->s->plan.setup.roles[as] & FULL_ACCESS) == 0;
}

static bool is_author(const uint8_t *one, const uint8_t *other)
{
    return memcmp(one, other, AUTHOR_BYTES) == 0;
}

/* ---- Frames that leave ---- */

static void judge_batch(const struct act *a, const Seinpost__Batch *b)
{
    if (is_observer(a, peer_of(a)) && b->headers.len > 0 &&
        !is_author(b->author.data, a->e->author)) /* its own are given back to it */
        story_fail(a->s, "I5: %c gives entries to the observer %c", world_letter(a->node),
                   world_letter(peer_of(a)));
    for (size_t i = 0; i < b->headers.len / HEADER_BYTES; i++) {
        struct header h;
        bool is_absent = b->absent.len > i / 8 && (b->absent.data[i / 8] & 0x80 >> i % 8) != 0;
        if (!is_absent && header_decode(b->headers.data + i * HEADER_BYTES, &h) == OK &&
            h.audience != AUDIENCE_ALL)
            story_fail(a->s, "I5: %c hands entry %u, which is for one addressee, on to %c",
                       world_letter(a->node), (unsigned)h.index, world_letter(peer_of(a)));
    }
}

static void judge_body_batch(const struct act *a)
{
    if (is_observer(a, peer_of(a)))
        story_fail(a->s, "I5: %c gives bodies to the observer %c", world_letter(a->node),
                   world_letter(peer_of(a)));
}

static bool is_relay_of(const struct story *s, size_t relay, size_t of)
{
    for (size_t i = 0; of < s->plan.nodes && i < PROFILE_RELAYS_MAX; i++)
        if (s->plan.setup.relays[of][i] == relay + 1)
            return true;
    return false;
}

static bool is_parcel_kept(const struct act *a, const uint8_t *author, uint64_t index)
{
    struct parcel_record r;
    for (size_t i = 0; i < a->at; i++)
        if (a->out->list[i].type == EFFECT_PERSIST_PARCEL &&
            a->out->list[i].parcel.index == index &&
            is_author(a->out->list[i].parcel.author, author))
            return true;
    return pouch_parcel(look_pouch(a->s->w, a->node), author, index, &r);
}

static void judge_delivery(const struct act *a, const Seinpost__Delivery *d)
{
    size_t peer = peer_of(a), to = SIZE_MAX;
    if (d->addressee.len == AUTHOR_BYTES)
        to = world_node_of_author(a->s->w, d->addressee.data);
    if ((d->what == 1 && to != peer) || (d->what == 2 && !is_relay_of(a->s, peer, to)))
        story_fail(a->s, "I5: %c gives %c what is for %c", world_letter(a->node),
                   world_letter(peer), world_letter(to));
    if (d->what == 4 && !is_parcel_kept(a, d->author.data, d->index))
        story_fail(a->s, "I1: %c acknowledges envelope %u before it is on disk",
                   world_letter(a->node), (unsigned)d->index);
}

static void judge_follow(const struct act *a, const Seinpost__Follow *f)
{
    uint64_t size = shelf_size(world_shelf(a->s->w, a->node), f->author.data);
    for (size_t i = 0; i < a->at; i++) {
        const struct effect *e = &a->out->list[i];
        if (e->type == EFFECT_PERSIST_ENTRIES && !e->entries.is_mended &&
            is_author(e->author, f->author.data))
            size += e->entries.count;
    }
    if (f->size > size && !is_observer(a, a->node)) /* those say how much they know of */
        story_fail(a->s, "I1: %c says that it holds %u entries of a feed, and has %u",
                   world_letter(a->node), (unsigned)f->size, (unsigned)size);
}

static bool is_in_force(const struct act *a, const Seinpost__Evaluate *m)
{
    const struct roster *r = federation_roster(world_core(a->s->w, a->node));
    for (size_t i = 0; i < r->key_count; i++)
        if (r->keys[i].key == m->key && r->keys[i].epoch == m->epoch &&
            r->keys[i].refresh == m->refresh)
            return m->key != KEY_STATISTICS;
    return false;
}

static bool is_charged(const struct act *a, const uint8_t *request)
{
    uint8_t hash[HASH_BYTES];
    struct archive archive = shelf_archive(world_shelf(a->s->w, a->node));
    for (size_t i = 0; i < a->at; i++)
        if (a->out->list[i].type == EFFECT_PERSIST_REQUEST &&
            memcmp(a->out->list[i].request.request, request, 16) == 0)
            return true;
    return archive.request(archive.ctx, a->e->author, request, hash);
}

static void judge_evaluated(const struct act *a)
{
    const Seinpost__Message *asked =
        a->ev->type == EVENT_FRAME ? world_read(a->ev->frame.bytes) : NULL;
    if (asked == NULL || asked->body_case != SEINPOST__MESSAGE__BODY_EVALUATE)
        story_fail(a->s, "I4: %c evaluates what nobody asked for", world_letter(a->node));
    if (!is_in_force(a, asked->evaluate))
        story_fail(a->s, "I4: %c evaluates for key %u, period %u, which is not in force",
                   world_letter(a->node), asked->evaluate->key, asked->evaluate->epoch);
    if (!is_charged(a, asked->evaluate->request.data))
        story_fail(a->s, "I1: %c answers an evaluation before it is charged",
                   world_letter(a->node));
}

/* An answer to a question that anybody may ask at any time. */
static void count_answer(const struct act *a)
{
    size_t peer = peer_of(a);
    struct story *s = a->s;
    if (peer >= s->plan.nodes)
        return;
    struct answers *n = &s->answered[a->node][peer];
    if (n->link != a->e->link || a->ev->now_ms - n->since_ms >= MINUTE_MS)
        *n = (struct answers){.link = a->e->link, .since_ms = a->ev->now_ms};
    if (++n->count > ANSWERS_A_MINUTE + ANSWERS_A_MINUTE_FEED * s->plan.nodes)
        story_fail(s, "I8: %c answers %c without end", world_letter(a->node), world_letter(peer));
}

static void judge_frame(const struct act *a)
{
    const Seinpost__Message *m = world_read(a->e->frame);
    struct heard *h = &a->s->heard[a->node];
    if (m == NULL)
        story_fail(a->s, "%c sends what cannot be read", world_letter(a->node));
    switch ((int)m->body_case) {
    case SEINPOST__MESSAGE__BODY_BATCH:
        judge_batch(a, m->batch);
        return;
    case SEINPOST__MESSAGE__BODY_BODY_BATCH:
        judge_body_batch(a);
        count_answer(a);
        return;
    case SEINPOST__MESSAGE__BODY_HEAD_ANSWER:
    case SEINPOST__MESSAGE__BODY_ROSTER_CHUNK:
        count_answer(a);
        return;
    case SEINPOST__MESSAGE__BODY_DELIVERY:
        judge_delivery(a, m->delivery);
        return;
    case SEINPOST__MESSAGE__BODY_FOLLOW:
        judge_follow(a, m->follow);
        return;
    case SEINPOST__MESSAGE__BODY_EVALUATED:
        judge_evaluated(a);
        return;
    case SEINPOST__MESSAGE__BODY_HEAD_ASK:
        memcpy(h->nonce, m->head_ask->nonce.data, sizeof h->nonce);
        return;
    default:
        return;
    }
}

/* ---- Contradictions ---- */

/* Since when this node has been connected with a peer, whichever connection it is. */
static void take_connection(struct story *s, size_t node, const struct event *ev)
{
    size_t peer = SIZE_MAX;
    if (ev->type == EVENT_UP)
        peer = world_peer_of(s->w, node, ev->up.link);
    if (peer < s->plan.nodes)
        s->up_ms[node][peer] = ev->now_ms;
}

/* I2: a proof is told to everybody who is there. */
void judge_told(struct story *s)
{
    uint64_t now_ms = world_now_ms(s->w);
    for (size_t a = 0; a < s->plan.nodes; a++) {
        for (size_t b = 0; b < s->plan.nodes; b++) {
            bool were_there = story_is_in(s, a) && story_is_in(s, b) &&
                              world_is_connected(s->w, a, b) && s->up_ms[a][b] + TELL_MS < now_ms &&
                              world_disk(s->w, a) == DISK_SOUND &&
                              world_disk(s->w, b) == DISK_SOUND;
            for (size_t i = 0; were_there && i < s->plan.byzantine_count; i++) {
                size_t of = s->plan.byzantine[i].node;
                const struct feed_record *r =
                    shelf_record(world_shelf(s->w, b), world_author(s->w, of));
                if (s->proof_ms[a][of] != 0 && s->proof_ms[a][of] + TELL_MS < now_ms &&
                    (r == NULL || !r->is_disputed))
                    story_fail(s, "I2: %c did not tell %c that %c contradicts itself",
                               world_letter(a), world_letter(b), world_letter(of));
            }
        }
    }
}

static bool is_sent_proof(const struct act *a, size_t to)
{
    for (size_t i = 0; i < a->out->count; i++) {
        const struct effect *e = &a->out->list[i];
        const Seinpost__Message *m =
            e->type == EFFECT_SEND && is_author(e->author, world_author(a->s->w, to))
                ? world_read(e->frame)
                : NULL;
        if (m != NULL && m->body_case == SEINPOST__MESSAGE__BODY_FORK_PROOF)
            return true;
    }
    return false;
}

/* Whoever comes to hold a proof says so to everybody whom it has been connected with for a while,
 * but to the one that it has it from. */
static void judge_fork(const struct act *a)
{
    struct story *s = a->s;
    size_t of = peer_of(a), from = SIZE_MAX;
    if (of >= s->plan.nodes || a->node >= s->plan.nodes || s->proof_ms[a->node][of] != 0)
        return;
    s->proof_ms[a->node][of] = a->ev->now_ms;
    if (a->ev->type == EVENT_FRAME)
        from = world_peer_of(s->w, a->node, a->ev->frame.link);
    for (size_t b = 0; b < s->plan.nodes; b++) {
        bool is_there = b != from && b != a->node && story_is_in(s, b) && story_is_in(s, a->node) &&
                        world_is_connected(s->w, a->node, b) &&
                        s->up_ms[a->node][b] + READY_MS < a->ev->now_ms;
        if (is_there && !is_sent_proof(a, b))
            story_fail(s, "I2: %c has a proof against %c and does not tell %c",
                       world_letter(a->node), world_letter(of), world_letter(b));
    }
}

/* ---- What is written down ---- */

static void judge_body(const struct act *a, const uint8_t *header, struct bytes body)
{
    struct header h;
    if (body.len > 0 &&
        (header_decode(header, &h) != OK || body_check(a->e->author, &h, body) != OK))
        story_fail(a->s, "I3: %c stores a body that is not the one of its entry",
                   world_letter(a->node));
}

static void judge_list(const struct act *a)
{
    uint64_t newest = shelf_list_version(world_shelf(a->s->w, a->node));
    if (!world_is_signed(a->s->w, a->e->roster.signed_roster))
        story_fail(a->s, "I4: %c adopts a member list that the stewards did not sign",
                   world_letter(a->node));
    if (a->e->type == EFFECT_PERSIST_ROSTER && newest != 0 && a->e->roster.version != newest + 1)
        story_fail(a->s, "I4: %c goes from member list %u to %u", world_letter(a->node),
                   (unsigned)newest, (unsigned)a->e->roster.version);
}

static void judge_gone(const struct act *a)
{
    const struct shelf *shelf = world_shelf(a->s->w, a->node);
    if (a->e->gone.state == STATE_ERASED &&
        shelf_state(shelf, a->e->author, a->e->gone.index) == STATE_ERASED)
        story_fail(a->s, "I6: %c erases entry %u once more", world_letter(a->node),
                   (unsigned)a->e->gone.index);
}

static void judge_receipt(const struct act *a)
{
    const struct shelf *shelf = world_shelf(a->s->w, a->node);
    const uint8_t *own = world_author(a->s->w, a->node);
    for (size_t i = 0; i < a->e->receipt.count; i++) {
        uint64_t index = a->e->receipt.indexes[i];
        bool is_gone = shelf_state(shelf, own, index) == STATE_ERASED;
        for (size_t k = 0; k < a->at && !is_gone; k++)
            is_gone =
                a->out->list[k].type == EFFECT_PERSIST_GONE && a->out->list[k].gone.index == index;
        if (!is_gone)
            story_fail(a->s, "I6: %c counts that its entry %u is erased, which it is not",
                       world_letter(a->node), (unsigned)index);
    }
}

static void judge_charge(const struct act *a)
{
    uint32_t day = a->e->request.day;
    uint32_t before = shelf_charged_on(world_shelf(a->s->w, a->node), a->e->author, day);
    for (size_t i = 0; i < a->at; i++)
        if (a->out->list[i].type == EFFECT_PERSIST_REQUEST &&
            is_author(a->out->list[i].author, a->e->author) && a->out->list[i].request.day == day)
            before += a->out->list[i].request.points;
    const struct roster *r = federation_roster(world_core(a->s->w, a->node));
    uint32_t all = before + a->e->request.points;
    if (a->e->request.used < all)
        story_fail(a->s, "%c charged %u points and writes down %u", world_letter(a->node), all,
                   a->e->request.used);
    if (all > r->policy.budget_a_day)
        story_fail(a->s, "%c evaluates %u points in a day, more than the budget",
                   world_letter(a->node), all);
}

/* ---- Signing after a start ---- */

static void judge_confirmed(const struct act *a)
{
    const struct roster *r = federation_roster(world_core(a->s->w, a->node));
    const uint8_t *own = world_author(a->s->w, a->node);
    size_t all = 0, have = 0;
    for (size_t i = 0; i < r->organisation_count; i++) {
        const struct organisation *o = &r->organisations[i];
        size_t node = world_node_of_author(a->s->w, o->author);
        if (!roster_is_active(o) || (o->roles & ALWAYS_ON) == 0)
            continue;
        all++;
        have += is_author(o->author, own) || a->s->heard[a->node].has_answered[node];
    }
    if (have < all / 2 + 1)
        story_fail(a->s, "I12: %c signs, and %zu of %zu have answered since it started",
                   world_letter(a->node), have, all);
}

static void forget_former_life(struct story *s, size_t node)
{
    struct heard *h = &s->heard[node];
    if (h->life != s->lives[node]) {
        memset(h, 0, sizeof *h);
        memset(s->proof_ms[node], 0, sizeof s->proof_ms[node]);
    }
    h->life = s->lives[node];
}

/* Those whose answers count have given one to the question of this life. */
static void judge_answered(struct story *s, size_t node)
{
    size_t have = 1; /* itself */
    for (size_t i = 0; i < s->plan.nodes; i++)
        have += s->heard[node].has_answered[i];
    if (world_standing(s->w, node).answered > have)
        story_fail(s, "I12: %c counts an answer to what it did not ask", world_letter(node));
}

/* What came; before the effects are looked at. */
static void take_frame(struct story *s, size_t node, const struct event *ev,
                       const struct effects *out)
{
    size_t from = world_peer_of(s->w, node, ev->frame.link);
    const Seinpost__Message *m = world_read(ev->frame.bytes);
    struct heard *h = &s->heard[node];
    from = from == s->twin ? s->twin_of : from;
    if (m == NULL || from >= s->plan.nodes)
        return;
    if (m->body_case == SEINPOST__MESSAGE__BODY_HEAD_ANSWER && m->head_answer->nonce.len == 32 &&
        memcmp(m->head_answer->nonce.data, h->nonce, 32) == 0)
        h->has_answered[from] = true;
    judge_answered(s, node);
    bool is_masked = m->body_case == SEINPOST__MESSAGE__BODY_OPENING &&
                     (m->opening->author.len != AUTHOR_BYTES ||
                      !is_author(m->opening->author.data, world_author(s->w, from)));
    bool is_cut = !is_masked;
    for (size_t i = 0; i < out->count && !is_cut; i++)
        is_cut = out->list[i].type == EFFECT_CUT && out->list[i].link == ev->frame.link;
    if (!is_cut)
        story_fail(s, "I4: %c goes on with %c, which opens as somebody else", world_letter(node),
                   world_letter(from));
}

static void judge_act(const struct act *a)
{
    switch ((int)a->e->type) {
    case EFFECT_SEND:
        judge_frame(a);
        return;
    case EFFECT_PERSIST_ENTRIES:
        for (size_t i = 0; i < a->e->entries.count; i++)
            judge_body(a, a->e->entries.entries[i].header, a->e->entries.entries[i].body);
        return;
    case EFFECT_PERSIST_BODY:
        judge_body(a, a->e->body.entry.header, a->e->body.entry.body);
        return;
    case EFFECT_PERSIST_ROSTER:
    case EFFECT_PERSIST_RIVAL:
        judge_list(a);
        return;
    case EFFECT_PERSIST_FORK:
        judge_fork(a);
        return;
    case EFFECT_PERSIST_GONE:
        judge_gone(a);
        return;
    case EFFECT_PERSIST_RECEIPT:
        judge_receipt(a);
        return;
    case EFFECT_PERSIST_REQUEST:
        judge_charge(a);
        return;
    case EFFECT_REPORT:
        if (a->e->report.what == REPORT_HEAD_CONFIRMED)
            judge_confirmed(a);
        return;
    default:
        return;
    }
}

void judge_acts(struct story *s, size_t node, const struct event *ev, const struct effects *out)
{
    forget_former_life(s, node);
    take_connection(s, node, ev);
    if (ev->type == EVENT_FRAME)
        take_frame(s, node, ev, out);
    for (size_t i = 0; i < out->count; i++) {
        struct act a = {s, node, ev, out, i, &out->list[i]};
        judge_act(&a);
    }
}
