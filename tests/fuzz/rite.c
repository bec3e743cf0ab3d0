#include "tests/fuzz/rite.h"

#include <sodium.h>

#include "tests/fuzz/fuzz.h"

enum { PHASES = CEREMONY_PHASES_MAX + 1 };

static struct {
    struct ceremony_proposal p;
    uint8_t id[HASH_BYTES];
    struct dealing_secret secret[ACTORS];
    uint8_t hash[PHASES][ACTORS][HASH_BYTES]; /* of what each said for a phase */
} rite;

void rite_reset(void)
{
    memset(&rite, 0, sizeof rite);
}

const uint8_t *rite_id(void)
{
    return rite.id;
}

/* All actors in the order of their names. */
static void sort_actors(uint8_t order[ACTORS])
{
    for (uint8_t i = 0; i < ACTORS; i++) {
        size_t at = i;
        for (; at > 0 && memcmp(actors[order[at - 1]].author, actors[i].author, AUTHOR_BYTES) > 0;
             at--)
            order[at] = order[at - 1];
        order[at] = i;
    }
}

static uint8_t index_of(const struct roster_key *k, const uint8_t author[AUTHOR_BYTES], uint8_t or)
{
    for (size_t i = 0; k != NULL && i < k->share_count; i++)
        if (memcmp(k->holder[i], author, AUTHOR_BYTES) == 0)
            return (uint8_t)k->index[i];
    return or ;
}

/* kind, who (bits), and what is not as it should be (bits). */
void rite_propose(struct unpack *u, size_t actor, struct ceremony_proposal *out)
{
    uint8_t order[ACTORS], kind = unpack_u8(u), who = unpack_u8(u), wrong = unpack_u8(u);
    struct ceremony_proposal p = {.kind = kind % 4 + 1, .key = KEY_PSEUDONYMS};
    const struct roster_key *base = roster_threshold_key(&stage.roster, p.key);
    p.threshold = (uint8_t)((base != NULL ? base->threshold : 2) + (wrong & 1));
    if (base != NULL && p.kind != CEREMONY_GENERATE) {
        p.base_epoch = p.epoch = base->epoch;
        p.base_refresh = base->refresh;
        p.refresh = base->refresh + 1;
    }
    if (p.kind == CEREMONY_GENERATE || p.kind == CEREMONY_ROTATE) {
        p.epoch = (base != NULL ? base->epoch : 0) + 1;
        p.refresh = 0;
    }
    p.refresh += wrong >> 1 & 1;
    p.patience_seconds = 1u + (wrong >> 2 & 1) * 100u;
    p.until_utc = (uint64_t)stage_now_utc() + 3600;
    p.nonce[0] = wrong;
    sort_actors(order);
    for (size_t i = 0; i < ACTORS; i++) {
        if ((who >> order[i] & 1) == 0)
            continue;
        struct ceremony_person *a = &p.person[p.count++];
        memcpy(a->author, actors[order[i]].author, AUTHOR_BYTES);
        a->deals = index_of(base, a->author, (uint8_t)(order[i] + 10));
        a->receives = (uint8_t)(a->deals + (wrong >> 3 & 1) * 5);
        if ((wrong & 16) != 0)
            a->deals = 0;
    }
    rite.p = *out = p;
    if (p.count > 0)
        ceremony_id(actors[actor].author, &p, rite.id);
}

static size_t rows(uint8_t who, uint8_t order[ACTORS])
{
    uint8_t all[ACTORS];
    size_t count = 0;
    sort_actors(all);
    for (size_t i = 0; i < ACTORS; i++)
        if ((who >> all[i] & 1) != 0)
            order[count++] = all[i];
    return count;
}

/* An honest dealing of the actor's, as far as it can have one; false if not. */
static bool deal(size_t actor, uint8_t round, struct dealing *out)
{
    static const uint8_t zeros[SCALAR_BYTES];
    struct dealing_place at = {.round = round};
    struct dealing_base base = {0};
    struct share share = {0};
    uint8_t seed[DEALING_SEED_BYTES];
    const uint8_t *first = NULL;
    enum dealing_kind kind = DEALING_GENERATE;
    fuzz_seed((uint8_t)actor, seed);
    memcpy(at.ceremony, rite.id, HASH_BYTES);
    memcpy(at.dealer, actors[actor].author, AUTHOR_BYTES);
    if (rite.p.kind == CEREMONY_REFRESH) {
        kind = DEALING_REFRESH;
        first = zeros;
    }
    if (rite.p.kind == CEREMONY_RESHARE) {
        kind = DEALING_RESHARE;
        stage_share((uint32_t)(actor % 3), &share);
        first = share.scalar;
        CHECK(threshold_commit(&share, base.commitment) == OK);
    }
    return rite.p.threshold >= 2 &&
           dealing_draw(seed, &at, rite.p.threshold, first, &rite.secret[actor]) == OK &&
           dealing_publish(&rite.secret[actor], seed, &at, kind,
                           kind == DEALING_RESHARE ? &base : NULL, NULL, out) == OK;
}

static void say_deal(struct unpack *u, size_t actor, struct ceremony_entry *e)
{
    uint8_t order[ACTORS], who = unpack_u8(u), how = unpack_u8(u);
    e->deal.round = (how & 1) != 0 ? 2 : 1;
    if (!deal(actor, 1, &e->deal.dealing))
        e->deal.dealing.kind = DEALING_GENERATE;
    if ((how & 1) != 0)
        e->deal.dealing.kind = DEALING_MULTIPLY;
    e->deal.dealing.proof_bytes = dealing_proof_bytes(e->deal.dealing.kind);
    e->deal.ephemeral[0] = 9;
    e->deal.count = rows(who, order);
    for (size_t i = 0; i < e->deal.count; i++)
        memcpy(e->deal.row[i].receiver, actors[order[i]].author, AUTHOR_BYTES);
    ceremony_deal_hash(actors[actor].author, e, rite.hash[(how & 1) != 0 ? 4 : 2][actor]);
}

static void say_verdict(struct unpack *u, size_t actor, struct ceremony_entry *e)
{
    uint8_t order[ACTORS], who = unpack_u8(u), how = unpack_u8(u);
    e->verdict.round = (how & 1) != 0 ? 2 : 1;
    e->verdict.count = rows(who, order);
    for (size_t i = 0; i < e->verdict.count; i++) {
        memcpy(e->verdict.row[i].dealer, actors[order[i]].author, AUTHOR_BYTES);
        e->verdict.row[i].reason = COMPLAINT_WRONG;
    }
    ceremony_verdict_hash(actors[actor].author, e, rite.hash[(how & 1) != 0 ? 5 : 3][actor]);
}

static void say_answer(struct unpack *u, size_t actor, struct ceremony_entry *e)
{
    uint8_t order[ACTORS], who = unpack_u8(u), index = unpack_u8(u);
    e->answer.round = 1;
    e->answer.count = rows(who, order);
    for (size_t i = 0; i < e->answer.count; i++) {
        memcpy(e->answer.row[i].receiver, actors[order[i]].author, AUTHOR_BYTES);
        if (dealing_share(&rite.secret[actor], index, e->answer.row[i].share) != OK)
            e->answer.row[i].share[0] = 1;
    }
}

static void say_close(struct unpack *u, struct ceremony_entry *e)
{
    uint8_t order[ACTORS], who = unpack_u8(u);
    e->close.phase = unpack_u8(u) % PHASES;
    e->close.count = rows(who, order);
    for (size_t i = 0; i < e->close.count; i++) {
        memcpy(e->close.row[i].author, actors[order[i]].author, AUTHOR_BYTES);
        memcpy(e->close.row[i].hash, rite.hash[e->close.phase][order[i]], HASH_BYTES);
    }
}

/* What the core under test has come to is confirmed, if anything. */
static void say_confirm(size_t actor, struct ceremony_entry *e)
{
    static struct ceremony_status s;
    for (size_t i = 0; i < federation_ceremony_count(stage.core); i++) {
        federation_ceremony_status(stage.core, i, &s);
        if (memcmp(s.id, rite.id, HASH_BYTES) == 0)
            memcpy(e->confirm.transcript, s.transcript, HASH_BYTES);
    }
    ceremony_sign(e->confirm.transcript, actors[actor].feed_secret, e->confirm.signature);
}

size_t rite_payload(struct unpack *u, size_t actor, uint8_t *out)
{
    static struct ceremony_entry e;
    uint8_t what = unpack_u8(u);
    struct dealing d;
    memset(&e, 0, sizeof e);
    e.step = what % 8 + 1;
    memcpy(e.id, rite.id, HASH_BYTES);
    switch ((enum ceremony_step)e.step) {
    case CEREMONY_PROPOSE:
        rite_propose(u, actor, &e.proposal);
        break;
    case CEREMONY_JOIN:
        if (deal(actor, 1, &d))
            ceremony_promise_hash(actors[actor].author, &d, e.join);
        memcpy(rite.hash[1][actor], e.join, HASH_BYTES);
        break;
    case CEREMONY_CLOSE:
        say_close(u, &e);
        break;
    case CEREMONY_DEAL:
        say_deal(u, actor, &e);
        break;
    case CEREMONY_VERDICT:
        say_verdict(u, actor, &e);
        break;
    case CEREMONY_ANSWER:
        say_answer(u, actor, &e);
        break;
    case CEREMONY_CONFIRM:
        say_confirm(actor, &e);
        break;
    case CEREMONY_ABORT:
        e.abort_reason = CEREMONY_BY_HAND;
        break;
    }
    size_t len = ceremony_encode(&e, out);
    if ((what & 0x80) != 0)
        out[unpack_u16(u) % len] ^= unpack_u8(u);
    return len;
}
