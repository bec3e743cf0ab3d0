/*
 * twins.c - a second node with one key.
 *
 * Somebody restores a backup beside a node that still runs, or starts two copies of one machine.
 * Both would sign, and the organisation would contradict itself before anybody noticed. Two signs
 * are found first:
 *
 * A node draws its nonce when it starts, and puts a code into it that only the feed key in force
 * makes. Whoever is asked for a head by one organisation over two connections, with two nonces,
 * gives each connection also the answer to the other's. A connection that a node left behind when
 * it ended tells nothing by this, since what ended asks nothing more. Who gets an answer that it
 * never asked for, to a nonce that its own key made, asks again for a while, which makes the peer
 * tell the other one. A node believes it when a majority of the always-on nodes has told it twice,
 * some time apart: one that keeps an old nonce back cannot stop it, nor can whoever has an old key.
 *
 * And a checkpoint of ours that somebody signed after we were allowed to sign was not signed by us.
 *
 * A node that believes that it has a twin signs nothing until its next start.
 */
#include "federation/core.h"

#include <sodium.h>
#include <string.h>

enum { DRAWN_BYTES = 16, CODE_BYTES = 16 };

/* The code of the first half of a nonce under the feed key in force; false without that key. */
static bool code_of(const struct federation *f, const uint8_t nonce[32], uint8_t out[CODE_BYTES])
{
    static const char domain[] = "seinpost/v1/start";
    const uint8_t *secret = core_feed_secret(f);
    uint8_t key[32];
    if (secret == NULL)
        return false;
    crypto_generichash(key, sizeof key, (const uint8_t *)domain, sizeof domain - 1, secret, 32);
    crypto_generichash(out, CODE_BYTES, nonce, DRAWN_BYTES, key, sizeof key);
    sodium_memzero(key, sizeof key);
    return true;
}

static bool is_of_our_key(const struct federation *f, const uint8_t nonce[32])
{
    uint8_t code[CODE_BYTES];
    return code_of(f, nonce, code) && sodium_memcmp(nonce + DRAWN_BYTES, code, sizeof code) == 0;
}

void twins_nonce(struct federation *f)
{
    if (!sodium_is_zero(f->head_nonce, sizeof f->head_nonce) &&
        (core_feed_secret(f) == NULL || is_of_our_key(f, f->head_nonce)))
        return;
    rng_bytes(&f->rng, f->head_nonce, sizeof f->head_nonce);
    (void)code_of(f, f->head_nonce, f->head_nonce + DRAWN_BYTES);
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
            memcmp(other->nonce, nonce, sizeof other->nonce) != 0 &&
            effects_has_room(out, 64, 1024))
            standing_answer(f, other, nonce, out);
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

void twins_on_report(struct federation *f, const struct link *l, const uint8_t nonce[32],
                     struct effects *out)
{
    struct feed *peer = core_feed(f, l->author);
    if (peer == NULL || !is_of_our_key(f, nonce))
        return;
    if (peer->twin_reports == 0 || f->now_ms - peer->twin_ms > TWIN_FORGET_MS) {
        peer->twin_reports = 1;
        peer->twin_ms = f->now_ms;
    } else if (f->now_ms - peer->twin_ms >= TWIN_APART_MS) {
        peer->twin_reports++;
        peer->twin_ms = f->now_ms;
    }
    if (is_believed(f))
        found(f, l, out);
}

void twins_tick(struct federation *f, struct effects *out)
{
    for (size_t i = 0; i < f->feed_count; i++) {
        struct feed *peer = &f->feeds[i];
        bool is_due = peer->twin_reports > 0 && f->now_ms - peer->twin_ms <= TWIN_FORGET_MS &&
                      (peer->twin_asked_ms == 0 || f->now_ms - peer->twin_asked_ms >= TWIN_ASK_MS);
        const struct link *l = is_due ? links_to(f, peer->rec.author) : NULL;
        if (l == NULL || !effects_has_room(out, 64, 1024))
            continue;
        peer->twin_asked_ms = f->now_ms;
        standing_ask(f, l, out);
    }
}

void twins_on_head(struct federation *f, const struct checkpoint *cp, const struct link *l,
                   struct effects *out)
{
    bool is_later = f->confirmed_utc > 0 && cp->time_utc > (uint64_t)f->confirmed_utc;
    if (is_later)
        found(f, l, out);
}
