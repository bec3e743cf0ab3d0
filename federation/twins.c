/*
 * twins.c - a second node with one key.
 *
 * Somebody restores a backup beside a node that still runs, or starts two copies of one machine.
 * Both would sign, and the organisation would contradict itself before anybody noticed. Two signs
 * are found first:
 *
 * A node draws its nonce when it starts. Whoever is asked for a head by one organisation over two
 * connections, with two nonces, tells each that the other one's was asked too: it sends a
 * HeadAnswer with the other's nonce. A connection that a node left behind when it ended tells
 * nothing by this, since what ended asks nothing more. Who gets an answer that it never asked for
 * asks again, which makes the peer tell the other one. A node believes it when a majority of the
 * always-on nodes has told it twice, some time apart; one that lies cannot stop it.
 *
 * And a checkpoint of ours that somebody signed after we were allowed to sign was not signed by us.
 *
 * A node that believes that it has a twin signs nothing until its next start.
 */
#include "federation/core.h"

#include <string.h>

/* Gives the nonce of one connection to another of the same organisation. */
static void tell(struct federation *f, const struct link *to, const uint8_t nonce[32],
                 struct effects *out)
{
    Seinpost__HeadAnswer body = SEINPOST__HEAD_ANSWER__INIT;
    body.nonce = (ProtobufCBinaryData){32, (uint8_t *)(uintptr_t)nonce};
    Seinpost__Message m = SEINPOST__MESSAGE__INIT;
    m.body_case = SEINPOST__MESSAGE__BODY_HEAD_ANSWER;
    m.head_answer = &body;
    if (effects_has_room(out, 64, 1024))
        (void)!core_send(f, to->id, &m, out);
}

void twins_on_ask(struct federation *f, struct link *l, const uint8_t nonce[32],
                  struct effects *out)
{
    l->has_asked = true;
    memcpy(l->nonce, nonce, sizeof l->nonce);
    for (size_t i = 0; i < f->link_count; i++) {
        const struct link *other = &f->links[i];
        if (other->id != 0 && other->is_ready && other->has_asked &&
            memcmp(other->author, l->author, AUTHOR_BYTES) == 0 &&
            memcmp(other->nonce, nonce, sizeof other->nonce) != 0)
            tell(f, other, nonce, out);
    }
}

static void found(struct federation *f, const struct link *l, struct effects *out)
{
    if (f->is_twin)
        return;
    f->is_twin = true;
    f->may_sign = false;
    const struct feed *own = core_own_feed(f);
    core_report(out, l->author, REPORT_TWIN, ERR_FORK, own != NULL ? own->rec.tree.size : 0);
}

/* Whether enough of those that count have said it, and twice. */
static bool is_believed(const struct federation *f)
{
    const struct roster *r = federation_roster(f);
    uint32_t said = 0, others = standing_others(f);
    for (size_t i = 0; i < f->feed_count; i++) {
        const struct feed *feed = &f->feeds[i];
        said += feed->twin_reports >= 2 && f->now_ms - feed->twin_ms <= TWIN_FORGET_MS &&
                standing_counts(f, roster_find(r, feed->rec.author));
    }
    return others > 0 && said >= others / 2 + 1;
}

void twins_on_report(struct federation *f, const struct link *l, struct effects *out)
{
    struct feed *peer = core_feed(f, l->author);
    if (peer == NULL || memcmp(l->author, f->config.author, AUTHOR_BYTES) == 0)
        return;
    if (peer->twin_reports == 0 || f->now_ms - peer->twin_ms > TWIN_FORGET_MS) {
        peer->twin_reports = 1;
        peer->twin_ms = f->now_ms;
    } else if (f->now_ms - peer->twin_ms >= TWIN_APART_MS) {
        peer->twin_reports++;
        peer->twin_ms = f->now_ms;
    }
    if (peer->twin_asked_ms == 0 || f->now_ms - peer->twin_asked_ms >= TWIN_ASK_MS) {
        peer->twin_asked_ms = f->now_ms;
        standing_ask(f, l, out);
    }
    if (is_believed(f))
        found(f, l, out);
}

void twins_on_head(struct federation *f, const struct checkpoint *cp, const struct link *l,
                   struct effects *out)
{
    bool is_later = f->confirmed_utc > 0 && cp->time_utc > (uint64_t)f->confirmed_utc;
    if (is_later)
        found(f, l, out);
}
