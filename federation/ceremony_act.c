/*
 * ceremony_act.c - this node's part in a ceremony: to deal, to look at what it was dealt, to answer
 * who complains, to confirm.
 *
 * Everything that it says follows from the feeds and from one secret seed, drawn when it joined and
 * persisted before the join leaves; so after a restart it goes on where its own feed ends.
 */
#include "federation/core.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

/* ---- Saying something ---- */

enum err ceremony_say(struct federation *f, const struct ceremony_entry *e, struct effects *out)
{
    struct ceremonies *all = &f->ceremonies;
    struct draft d = {.type = ENTRY_CEREMONY,
                      .expires_day = core_today(f) + CEREMONY_KEPT_DAYS,
                      .payload = bytes_of(all->payload, ceremony_encode(e, all->payload))};
    enum err r = author_append(f, &d, 1, NULL, out);
    all->is_scan_due = true;
    sodium_memzero(all->payload, sizeof all->payload);
    return r;
}

static struct ceremony_entry *begin(struct federation *f, const struct ceremony *c,
                                    enum ceremony_step step)
{
    struct ceremony_entry *e = &f->ceremonies.entry;
    memset(e, 0, sizeof *e);
    e->step = (uint8_t)step;
    memcpy(e->id, c->id, HASH_BYTES);
    return e;
}

static enum err say(struct federation *f, struct effects *out)
{
    enum err e = ceremony_say(f, &f->ceremonies.entry, out);
    sodium_memzero(&f->ceremonies.entry, sizeof f->ceremonies.entry);
    return e;
}

/* ---- What is remembered ---- */

/* version u8 = 1 | joined u64 | seed[32] | (count u8 | (place u8 | share[32]) each) for each round
 */
static size_t pack_mind(const struct ceremony_mind *m, uint8_t out[CEREMONY_MIND_BYTES_MAX])
{
    struct pack p = pack_of(out, CEREMONY_MIND_BYTES_MAX);
    pack_u8(&p, 1);
    pack_u64(&p, m->joined_utc);
    pack_copy(&p, m->seed, sizeof m->seed);
    for (size_t k = 0; k < CEREMONY_ROUNDS; k++) {
        uint8_t count = 0;
        for (size_t i = 0; i < CEREMONY_PEOPLE_MAX; i++)
            count += m->has_sub[k][i];
        pack_u8(&p, count);
        for (size_t i = 0; i < CEREMONY_PEOPLE_MAX; i++) {
            if (!m->has_sub[k][i])
                continue;
            pack_u8(&p, (uint8_t)i);
            pack_copy(&p, m->sub[k][i], SCALAR_BYTES);
        }
    }
    return (size_t)(p.at - p.start);
}

static enum err unpack_mind(struct bytes in, struct ceremony_mind *m)
{
    struct unpack u = unpack_of(in);
    if (unpack_u8(&u) != 1)
        return ERR_FORMAT;
    m->joined_utc = unpack_u64(&u);
    unpack_copy(&u, m->seed, sizeof m->seed);
    for (size_t k = 0; k < CEREMONY_ROUNDS; k++) {
        uint8_t count = unpack_u8(&u);
        for (uint8_t n = 0; n < count; n++) {
            uint8_t i = unpack_u8(&u);
            if (i >= CEREMONY_PEOPLE_MAX)
                return ERR_FORMAT;
            unpack_copy(&u, m->sub[k][i], SCALAR_BYTES);
            m->has_sub[k][i] = true;
        }
    }
    return unpack_is_done(&u) ? OK : ERR_FORMAT;
}

enum err federation_load_ceremony(struct federation *f, const uint8_t id[HASH_BYTES],
                                  struct bytes secret)
{
    for (size_t i = 0; i < CEREMONIES_MAX; i++) {
        struct ceremony_mind *m = &f->ceremonies.mind[i];
        if (m->is_used)
            continue;
        enum err e = unpack_mind(secret, m);
        if (e != OK) {
            sodium_memzero(m, sizeof *m);
            return e;
        }
        memcpy(m->id, id, HASH_BYTES);
        m->is_used = true;
        return OK;
    }
    return ERR_FULL;
}

void ceremony_remember(struct federation *f, const struct ceremony_mind *m, struct effects *out)
{
    struct effect *e = effects_add(out, EFFECT_PERSIST_CEREMONY);
    memcpy(e->ceremony.id, m->id, HASH_BYTES);
    e->ceremony.secret = bytes_of(f->ceremonies.packed, pack_mind(m, f->ceremonies.packed));
}

void ceremony_forget(struct ceremony_mind *m, struct effects *out)
{
    struct effect *e = effects_add(out, EFFECT_PERSIST_CEREMONY);
    memcpy(e->ceremony.id, m->id, HASH_BYTES);
    e->ceremony.is_gone = true;
    sodium_memzero(m, sizeof *m);
}

/* ---- To deal ---- */

/* The share of the sharing that is dealt on; NULL if it is not here. */
static const struct held_share *base_share(struct federation *f, const struct ceremony *c)
{
    return shares_find(f, c->p.key, c->p.base_epoch, c->p.base_refresh);
}

/* What this node was given in a round, put together. */
static enum err own_share(struct federation *f, const struct ceremony *c,
                          const struct ceremony_mind *m, size_t round, uint8_t out[SCALAR_BYTES])
{
    struct dealing_set set;
    uint8_t sub[KEYHOLDERS_MAX][SCALAR_BYTES];
    const bool *is_in = round == 0 ? c->was_in : c->is_in;
    const struct held_share *old = c->p.kind == CEREMONY_REFRESH ? base_share(f, c) : NULL;
    ceremony_set(c, round, &set);
    enum err e = c->p.kind == CEREMONY_REFRESH && old == NULL ? ERR_NOT_FOUND : OK;
    size_t n = 0;
    for (size_t i = 0; i < c->p.count && n < set.count && e == OK; i++) {
        if (!is_in[i] || !ceremony_deals(c, i))
            continue;
        e = m->has_sub[round][i] ? OK : ERR_NOT_FOUND;
        memcpy(sub[n++], m->sub[round][i], SCALAR_BYTES);
    }
    if (e == OK)
        e = dealing_combine_share(&set, (const uint8_t(*)[SCALAR_BYTES])sub,
                                  old != NULL ? old->share.scalar : NULL, out);
    sodium_memzero(sub, sizeof sub);
    return e;
}

/* The polynomial of a round and its public half. factor has room for the share of the factor. */
static enum err draw(struct federation *f, const struct ceremony *c, const struct ceremony_mind *m,
                     size_t round, struct dealing_secret *s, struct dealing *d)
{
    static const uint8_t zeros[SCALAR_BYTES];
    uint8_t first[SCALAR_BYTES] = {0}, factor[SCALAR_BYTES] = {0};
    struct dealing_place at = ceremony_dealing_place(c, c->me, round);
    enum dealing_kind kind = ceremony_dealing_kind(c, round);
    const struct held_share *base = base_share(f, c);
    const uint8_t *dealt = NULL;
    enum err e = OK;
    if (kind == DEALING_REFRESH)
        dealt = zeros;
    if ((kind == DEALING_RESHARE || kind == DEALING_MULTIPLY) && base == NULL)
        e = ERR_NOT_FOUND;
    if (e == OK && kind == DEALING_RESHARE)
        dealt = base->share.scalar;
    if (e == OK && kind == DEALING_MULTIPLY) {
        e = own_share(f, c, m, 0, factor);
        if (e == OK)
            e = dealing_product(factor, base->share.scalar, first);
        dealt = first;
    }
    struct dealing_base room;
    if (e == OK)
        e = dealing_draw(m->seed, &at, c->p.threshold, dealt, s);
    if (e == OK)
        e = dealing_publish(s, m->seed, &at, kind, ceremony_base(c, c->me, round, &room),
                            kind == DEALING_MULTIPLY ? factor : NULL, d);
    sodium_memzero(first, sizeof first);
    sodium_memzero(factor, sizeof factor);
    return e;
}

/* The secret of the key pair to which this deal's sub-shares are sealed. */
static void ephemeral_of(const struct ceremony_mind *m, size_t round, uint8_t out[KEY_BYTES])
{
    struct bytes domain = BYTES_LITERAL("seinpost/v1/ceremony-ephemeral");
    uint8_t number = (uint8_t)(round + 1);
    crypto_generichash_state st;
    crypto_generichash_init(&st, m->seed, sizeof m->seed, KEY_BYTES);
    crypto_generichash_update(&st, domain.data, domain.len);
    crypto_generichash_update(&st, m->id, HASH_BYTES);
    crypto_generichash_update(&st, &number, 1);
    crypto_generichash_final(&st, out, KEY_BYTES);
    sodium_memzero(&st, sizeof st);
}

/* Seals to every other receiver that is in. ERR_NOT_FOUND where one has no prekey that is known
 * here now. */
static enum err seal_all(struct federation *f, const struct ceremony *c,
                         const struct ceremony_mind *m, size_t round,
                         const struct dealing_secret *s, struct ceremony_entry *e)
{
    uint8_t secret[KEY_BYTES], share[SCALAR_BYTES];
    struct dealing_place at = ceremony_dealing_place(c, c->me, round);
    ephemeral_of(m, round, secret);
    enum err r = crypto_scalarmult_base(e->deal.ephemeral, secret) == 0 ? OK : ERR_POINT;
    for (size_t i = 0; i < c->p.count && r == OK; i++) {
        const struct ceremony_person *p = &c->p.person[i];
        if (!c->is_in[i] || i == c->me || !ceremony_receives(c, i))
            continue;
        const struct feed *feed = core_feed(f, p->author);
        const uint8_t *prekey = feed != NULL ? prekeys_of(f, feed, PREKEY_INTEGRITY_OFFICER) : NULL;
        r = prekey != NULL ? dealing_share(s, p->receives, share) : ERR_NOT_FOUND;
        if (r != OK)
            break;
        size_t n = e->deal.count++;
        memcpy(e->deal.row[n].receiver, p->author, AUTHOR_BYTES);
        r = ceremony_seal(&at, p->author, secret, prekey, share, e->deal.row[n].sealed);
    }
    sodium_memzero(secret, sizeof secret);
    sodium_memzero(share, sizeof share);
    return r;
}

static void deal(struct federation *f, const struct ceremony *c, struct ceremony_mind *m,
                 size_t round, struct effects *out)
{
    struct dealing_secret s;
    struct ceremony_entry *e = begin(f, c, CEREMONY_DEAL);
    e->deal.round = (uint8_t)(round + 1);
    enum err r = draw(f, c, m, round, &s, &e->deal.dealing);
    if (r == OK)
        r = seal_all(f, c, m, round, &s, e);
    if (r == OK && ceremony_receives(c, c->me)) {
        r = dealing_share(&s, c->p.person[c->me].receives, m->sub[round][c->me]);
        m->has_sub[round][c->me] = r == OK;
    }
    sodium_memzero(&s, sizeof s);
    if (r != OK) {
        sodium_memzero(e, sizeof *e);
        return; /* the next tick tries again */
    }
    ceremony_remember(f, m, out);
    (void)!say(f, out);
}

void ceremony_promise(struct federation *f, const struct ceremony *c, const struct ceremony_mind *m,
                      uint8_t out[HASH_BYTES], enum err *result)
{
    struct dealing_secret s;
    struct dealing d;
    memset(out, 0, HASH_BYTES);
    *result = OK;
    if (!ceremony_deals(c, c->me))
        return;
    *result = draw(f, c, m, 0, &s, &d);
    if (*result == OK)
        ceremony_promise_hash(f->config.author, &d, out);
    sodium_memzero(&s, sizeof s);
}

/* ---- To look at what was dealt ---- */

/* OK if dealer i gave us what its dealing says; it is then in the mind. */
static enum err open_one(struct federation *f, const struct ceremony *c, struct ceremony_mind *m,
                         size_t i, size_t round)
{
    const struct ceremony_facts *p = &c->person[i];
    struct dealing_place at = ceremony_dealing_place(c, i, round);
    enum err e = p->has_row[round] ? ERR_EPOCH : ERR_NOT_FOUND;
    for (size_t k = 0; k < PREKEYS_KEPT && e == ERR_EPOCH; k++)
        if (f->prekeys[k].is_used)
            e = ceremony_unseal(&at, f->config.author, p->ephemeral[round], &f->prekeys[k].key,
                                p->sealed[round], m->sub[round][i]);
    if (e == OK)
        e = dealing_check(&p->dealing[round], c->p.person[c->me].receives, m->sub[round][i]);
    m->has_sub[round][i] = e == OK;
    if (e != OK)
        sodium_memzero(m->sub[round][i], SCALAR_BYTES);
    return e;
}

/* Of how many dealers one is honest, if fewer than the threshold of what is dealt on are not. */
static size_t dealers_trusted(const struct ceremony *c)
{
    return c->p.kind == CEREMONY_RESHARE ? c->base.threshold : c->p.threshold;
}

/* Whether there is nobody to blame but ourselves: nobody's sub-share opens, or those of so many do
 * not that one of them is honest, as after a disk with our prekeys was lost. Their answers, for all
 * to see, would add up to our share. */
static bool is_own_fault(const struct ceremony *c, size_t fit, size_t complaints)
{
    return complaints > 0 && (fit == 0 || complaints >= dealers_trusted(c));
}

/* Says of each dealer that is in whether its sub-share fits. One that was sealed so long ago that
 * our key to it may be gone is no reason to complain, nor is a fault of our own: this node then
 * says nothing and is left out. */
static void give_verdict(struct federation *f, const struct ceremony *c, struct ceremony_mind *m,
                         size_t round, struct effects *out)
{
    struct ceremony_entry *e = begin(f, c, CEREMONY_VERDICT);
    enum err why[CEREMONY_PEOPLE_MAX];
    size_t fit = 0;
    e->verdict.round = (uint8_t)(round + 1);
    for (size_t i = 0; i < c->p.count; i++) {
        if (!c->is_in[i] || !ceremony_deals(c, i) || i == c->me)
            continue;
        enum err r = m->has_sub[round][i] ? OK : open_one(f, c, m, i, round);
        if (r == OK) {
            fit++;
            continue;
        }
        if (core_sober_day(f) > c->person[i].deal_day[round] + CEREMONY_OPEN_DAYS)
            return;
        size_t n = e->verdict.count++;
        memcpy(e->verdict.row[n].dealer, c->p.person[i].author, AUTHOR_BYTES);
        e->verdict.row[n].reason =
            r == ERR_PROOF || r == ERR_SCALAR ? COMPLAINT_WRONG : COMPLAINT_SEALED;
        why[n] = r;
    }
    if (is_own_fault(c, fit, e->verdict.count))
        return;
    for (size_t n = 0; n < e->verdict.count; n++)
        core_report(out, e->verdict.row[n].dealer, REPORT_CEREMONY_WRONG, why[n], round + 1);
    ceremony_remember(f, m, out);
    (void)!say(f, out);
}

/* Lays open the sub-shares of who complained; of fewer than the threshold, since so many would give
 * away what was dealt. */
static bool answer(struct federation *f, const struct ceremony *c, const struct ceremony_mind *m,
                   size_t round, struct effects *out)
{
    struct dealing_secret s;
    struct dealing d;
    struct ceremony_entry *e = NULL;
    const struct ceremony_facts *own = &c->person[c->me];
    if (!ceremony_deals(c, c->me) || !own->has_deal[round] ||
        ceremony_complaints(c, c->me, round) >= c->p.threshold)
        return false;
    for (size_t i = 0; i < c->p.count; i++) {
        if (!c->is_in[i] || !c->person[i].has_verdict[round] ||
            c->person[i].complaint[round][c->me] == 0 || own->has_answer[round][i])
            continue;
        if (e == NULL) {
            if (draw(f, c, m, round, &s, &d) != OK)
                return false;
            e = begin(f, c, CEREMONY_ANSWER);
            e->answer.round = (uint8_t)(round + 1);
        }
        if (dealing_share(&s, c->p.person[i].receives, e->answer.row[e->answer.count].share) != OK)
            continue;
        memcpy(e->answer.row[e->answer.count++].receiver, c->p.person[i].author, AUTHOR_BYTES);
    }
    if (e == NULL)
        return false;
    sodium_memzero(&s, sizeof s);
    if (e->answer.count > 0)
        (void)!say(f, out);
    return true;
}

/* What accused dealers laid open for this node. */
static void take_answers(const struct ceremony *c, struct ceremony_mind *m, size_t round)
{
    for (size_t i = 0; i < c->p.count; i++) {
        const struct ceremony_facts *p = &c->person[i];
        if (m->has_sub[round][i] || !ceremony_deals(c, i) || !p->has_answer[round][c->me] ||
            dealing_check(&p->dealing[round], c->p.person[c->me].receives,
                          p->answer[round][c->me]) != OK)
            continue;
        memcpy(m->sub[round][i], p->answer[round][c->me], SCALAR_BYTES);
        m->has_sub[round][i] = true;
    }
}

/* ---- To confirm ---- */

/* Keeps the share of one key of the result, if it is the one that everybody sees the commitment of.
 */
static enum err keep_share(struct federation *f, const struct ceremony *c,
                           const struct ceremony_mind *m, const struct roster_key *k, size_t round,
                           struct effects *out)
{
    struct held_share held = {.key = k->key, .epoch = k->epoch, .refresh = k->refresh};
    uint8_t commitment[POINT_BYTES];
    held.share.index = c->p.person[c->me].receives;
    enum err e = own_share(f, c, m, round, held.share.scalar);
    if (e == OK)
        e = threshold_commit(&held.share, commitment);
    if (e == OK) {
        e = ERR_PROOF;
        for (size_t i = 0; i < k->share_count; i++)
            if (k->index[i] == held.share.index &&
                memcmp(k->commitment[i], commitment, POINT_BYTES) == 0)
                e = OK;
    }
    if (e == OK)
        e = shares_put(f, &held, out);
    sodium_memzero(&held, sizeof held);
    return e;
}

static void confirm(struct federation *f, const struct ceremony *c, struct ceremony_mind *m,
                    struct effects *out)
{
    const uint8_t *secret = core_feed_secret(f);
    size_t last = c->p.kind == CEREMONY_ROTATE ? 1 : 0;
    enum err e = secret != NULL ? OK : ERR_UNAUTHORISED;
    if (ceremony_receives(c, c->me)) {
        if (e == OK)
            e = keep_share(f, c, m, &c->result.key[0], last, out);
        if (e == OK && c->result.count > 1)
            e = keep_share(f, c, m, &c->result.key[1], 0, out);
    }
    if (e != OK) {
        core_report(out, f->config.author, REPORT_CEREMONY_WRONG, e, c->phase);
        return;
    }
    struct ceremony_entry *entry = begin(f, c, CEREMONY_CONFIRM);
    memcpy(entry->confirm.transcript, c->transcript, HASH_BYTES);
    ceremony_sign(c->transcript, secret, entry->confirm.signature);
    (void)!say(f, out);
}

/* ---- One step ---- */

void ceremony_act(struct federation *f, struct ceremony *c, struct effects *out)
{
    struct ceremony_mind *m = ceremony_mind_of(f, c->id);
    if (m == NULL || c->me == c->p.count || !c->is_in[c->me] || c->is_waiting ||
        c->state != CEREMONY_OPEN)
        return;
    const struct ceremony_facts *own = &c->person[c->me];
    size_t round = c->phase >= 3 ? 1 : 0;
    if (own->has_abort || !own->has_join)
        return;
    if (c->phase > 0)
        take_answers(c, m, c->phase >= 4 ? 1 : 0);
    if (c->phase == ceremony_phases(&c->p)) {
        if (c->has_result && !own->has_confirm)
            confirm(f, c, m, out);
    } else if (c->phase % 2 == 1) {
        if (ceremony_deals(c, c->me) && !own->has_deal[round])
            deal(f, c, m, round, out);
    } else if (c->phase > 0) {
        if (answer(f, c, m, round, out))
            return;
        if (ceremony_receives(c, c->me) && !own->has_verdict[round])
            give_verdict(f, c, m, round, out);
    }
}
