/*
 * forks.c - proofs that authors contradicted themselves: judging, keeping, telling everybody.
 *
 * A proof freezes the feed: nothing of that author in that feed_epoch is taken any more, here or
 * wherever the proof comes, until a member list gives the author a new key and a higher feed_epoch.
 * One proof is kept for an author and feed_epoch. Nodes that found different ones agree on the one
 * that comes first as bytes; an author that makes ever lower ones is not followed for ever. How
 * contradictions are found is evidence.c.
 */
#include "federation/core.h"

#include <string.h>

/* Nothing where there is no proof. */
static void send_proof(struct federation *f, const struct link *l, struct bytes proof,
                       struct effects *out)
{
    if (proof.len == 0)
        return;
    Seinpost__ForkProof body = SEINPOST__FORK_PROOF__INIT;
    body.proof = (ProtobufCBinaryData){proof.len, (uint8_t *)(uintptr_t)proof.data};
    Seinpost__Message m = SEINPOST__MESSAGE__INIT;
    m.body_case = SEINPOST__MESSAGE__BODY_FORK_PROOF;
    m.fork_proof = &body;
    (void)!core_send(f, l->id, &m, out);
}

/* The proof that is kept for a feed in its feed_epoch; empty if there is none. */
static struct bytes kept(struct federation *f, const struct feed *feed,
                         uint8_t storage[FORK_BYTES_MAX])
{
    size_t len = f->archive.fork(f->archive.ctx, feed->rec.author, feed->rec.feed_epoch, storage,
                                 FORK_BYTES_MAX);
    return bytes_of(storage, len);
}

/* To every ready connection but one. What finds no room goes again, to all, at the next tick. */
static void spread(struct federation *f, struct feed *feed, struct bytes proof, uint32_t but,
                   struct effects *out)
{
    feed->is_fork_due = false;
    for (size_t i = 0; i < f->link_count && proof.len > 0; i++) {
        const struct link *l = &f->links[i];
        if (l->id == 0 || !l->is_ready || l->id == but)
            continue;
        if (effects_has_room(out, 256, 65536))
            send_proof(f, l, proof, out);
        else
            feed->is_fork_due = true;
    }
}

/* ---- A proof ---- */

static void freeze(struct federation *f, struct feed *feed, const struct fork *fork,
                   struct effects *out)
{
    core_dispute(feed, fork->b.seq, out);
    if (memcmp(feed->rec.author, f->config.author, AUTHOR_BYTES) == 0)
        f->may_sign = false;
    pull_choose(f, out); /* it is not followed any more */
}

void forks_take(struct federation *f, struct feed *feed, struct bytes proof,
                const struct fork *fork, uint32_t but, struct effects *out)
{
    uint8_t storage[FORK_BYTES_MAX];
    struct bytes known = kept(f, feed, storage);
    const struct link *from = links_find(f, but);
    if (feed->fork_epoch != fork->a.feed_epoch)
        feed->fork_changes = 0;
    feed->fork_epoch = fork->a.feed_epoch;
    if (known.len > 0 && !fork_is_before(proof, known)) {
        if (from != NULL && !bytes_equal(proof, known))
            send_proof(f, from, known, out);
        return;
    }
    if (known.len > 0 && feed->fork_changes >= FORK_CHANGES_MAX)
        return;
    const struct organisation *org = roster_find(core_roster(f), feed->rec.author);
    uint8_t *copy = effects_alloc(out, proof.len);
    if (org == NULL || copy == NULL || !effects_has_room(out, 256, 65536))
        return; /* it comes again */
    memcpy(copy, proof.data, proof.len);
    feed->fork_changes++;
    struct effect *e = effects_add(out, EFFECT_PERSIST_FORK);
    memcpy(e->author, feed->rec.author, AUTHOR_BYTES);
    e->fork.feed_epoch = fork->a.feed_epoch;
    e->fork.feed_key = org->feed_key;
    e->fork.proof = bytes_of(copy, proof.len);
    freeze(f, feed, fork, out);
    spread(f, feed, e->fork.proof, but, out);
}

const uint8_t *forks_rival(const struct feed *feed, const struct checkpoint *cp)
{
    if (feed->seen.seq != 0 && fork_kind_of(cp, &feed->seen) != FORK_NONE)
        return feed->rec.seen;
    if (feed->held.seq != 0 && fork_kind_of(cp, &feed->held) != FORK_NONE)
        return feed->rec.held;
    return NULL;
}

void forks_prove(struct federation *f, struct feed *feed, const uint8_t *one, const uint8_t *other,
                 struct effects *out)
{
    uint8_t proof[FORK_PAIR_BYTES];
    struct fork fork;
    size_t len = fork_encode_pair(one, other, proof);
    if (len > 0 && fork_read(bytes_of(proof, len), &fork) == OK)
        forks_take(f, feed, bytes_of(proof, len), &fork, 0, out);
}

struct feed *forks_judge(struct federation *f, const uint8_t *author, uint32_t feed_epoch,
                         const struct organisation **org, enum err *e)
{
    struct feed *feed = core_feed(f, author);
    *org = roster_find(core_roster(f), author);
    *e = OK;
    if (feed == NULL || *org == NULL)
        *e = ERR_STRANGER;
    else if (!roster_is_active(*org) || (*org)->feed_epoch != feed_epoch ||
             feed->rec.feed_epoch != feed_epoch)
        *e = ERR_EPOCH;
    return *e == OK ? feed : NULL;
}

void forks_refuse(const struct link *l, enum err e, struct effects *out)
{
    if (e != ERR_EPOCH)
        core_report(out, l->author, REPORT_MESSAGE_REFUSED, e, 0);
}

void forks_on_proof(struct federation *f, struct link *l, const Seinpost__ForkProof *m,
                    struct effects *out)
{
    struct bytes proof = bytes_of(m->proof.data, m->proof.len);
    const struct organisation *org = NULL;
    struct fork fork;
    enum err e = fork_read(proof, &fork);
    struct feed *feed = e == OK ? forks_judge(f, fork.a.author, fork.a.feed_epoch, &org, &e) : NULL;
    if (feed != NULL)
        e = fork_check(proof, org->feed_key, &fork);
    if (e != OK)
        forks_refuse(l, e, out);
    else
        forks_take(f, feed, proof, &fork, l->id, out);
}

/* ---- When ---- */

void forks_link_ready(struct federation *f, struct link *l, struct effects *out)
{
    uint8_t storage[FORK_BYTES_MAX];
    for (size_t i = 0; i < f->feed_count && effects_has_room(out, 256, 65536); i++)
        if (f->feeds[i].rec.is_disputed)
            send_proof(f, l, kept(f, &f->feeds[i], storage), out);
}

bool forks_answer(struct federation *f, const struct link *l, const struct feed *feed,
                  struct effects *out)
{
    uint8_t storage[FORK_BYTES_MAX];
    struct bytes proof = feed->rec.is_disputed ? kept(f, feed, storage) : bytes_of(NULL, 0);
    send_proof(f, l, proof, out);
    return proof.len > 0;
}

void forks_tick(struct federation *f, struct effects *out)
{
    uint8_t storage[FORK_BYTES_MAX];
    for (size_t i = 0; i < f->feed_count; i++)
        if (f->feeds[i].is_fork_due)
            spread(f, &f->feeds[i], kept(f, &f->feeds[i], storage), 0, out);
}
