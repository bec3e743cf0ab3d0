/*
 * fuzz_ceremony.c - entries of key ceremonies, dealings and sealed sub-shares.
 *
 * The first byte chooses:
 * 0  an entry as it comes: what decodes encodes to the same bytes; a proposal is held against a
 *    member list, a deal is verified and its sub-shares tried, a confirmation too;
 * 1  a dealing of the kind that the next byte says, made honestly, and then bits turned: unchanged
 *    it holds, with a changed C_0 or proof it does not, and its sub-shares fit it alone;
 * 2  a proposal made of small numbers that nearly fit the list;
 * 3  a sub-share, sealed to us, and then bits turned.
 */
#include "protocol/ceremony.h"
#include "tests/fuzz/fuzz.h"
#include "tests/unit/hex.h"
#include "tests/vectors/ceremony.h"
#include "tests/vectors/roster.h"

#include <sodium.h>

enum { NOW = 1767300000, PEOPLE = 3, T = 2 };

static struct roster roster;
static uint8_t room[ROSTER_ARENA_BYTES];
static struct envelope_key prekey;
static uint8_t feed_secret[64], feed_key_of_ours[32], author[AUTHOR_BYTES];
static uint8_t people[PEOPLE][AUTHOR_BYTES]; /* of the list, ascending */
static uint8_t share[2][SCALAR_BYTES];       /* of a key and of a factor, at index 1 */
static struct dealing_base base;

static void make_world(void)
{
    static uint8_t document[4096];
    static bool is_made;
    struct wire_arena arena;
    uint8_t seed[32];
    if (is_made)
        return;
    wire_arena_init(&arena, room, sizeof room);
    size_t len = hex_bytes(roster_vector_document, document, sizeof document);
    CHECK(roster_decode(bytes_of(document, len), &arena, &roster) == OK);
    for (size_t i = 0; i < PEOPLE; i++) {
        const uint16_t at = roster.sorted[COLUMN_AUTHOR][i];
        memcpy(people[i], roster.organisations[at].author, AUTHOR_BYTES);
    }
    memcpy(author, people[0], AUTHOR_BYTES);
    fuzz_seed(1, seed);
    envelope_key_of(seed, &prekey);
    fuzz_feed_seed(seed);
    crypto_sign_seed_keypair(feed_key_of_ours, feed_secret, seed);
    hex_bytes(worked_share[0], share[0], SCALAR_BYTES);
    hex_bytes(worked_factor_share, share[1], SCALAR_BYTES);
    hex_bytes(worked_commitment[0], base.commitment, POINT_BYTES);
    hex_bytes(worked_factor_commitment, base.factor, POINT_BYTES);
    hex_bytes(worked_key, base.public_key, POINT_BYTES);
    is_made = true;
}

static const struct dealing_base *base_of(enum dealing_kind kind)
{
    return kind == DEALING_RESHARE || kind == DEALING_MULTIPLY ? &base : NULL;
}

static void try_proposal(const struct ceremony_proposal *p)
{
    CHECK(ceremony_proposal_check(p) == OK);
    enum err e = ceremony_check(p, author, &roster, NOW);
    if (e != OK)
        return;
    const struct roster_key *k = roster_key_find(&roster, p->key, p->base_epoch, p->base_refresh);
    CHECK((k != NULL) == (p->kind != CEREMONY_GENERATE));
    CHECK(roster_key_find(&roster, p->key, p->epoch, p->refresh) == NULL);
    size_t dealers = 0, receivers = 0;
    for (size_t i = 0; i < p->count; i++) {
        CHECK(roster_is_active(roster_find(&roster, p->person[i].author)));
        dealers += p->person[i].deals != 0;
        receivers += p->person[i].receives != 0;
    }
    CHECK(dealers >= ceremony_dealers_min(p, k) && receivers >= ceremony_receivers_min(p));
}

static void try_dealing(const struct ceremony_entry *e)
{
    const struct dealing *d = &e->deal.dealing;
    struct dealing_place place = {.round = e->deal.round};
    uint8_t out[POINT_BYTES], secret[SCALAR_BYTES];
    memcpy(place.ceremony, e->id, HASH_BYTES);
    hex_bytes(worked_author[0], place.dealer, AUTHOR_BYTES);
    enum err bad = dealing_verify(d, &place, base_of(d->kind));
    if (dealing_commitment(d, 1, out) != OK)
        CHECK(bad != OK);
    CHECK(dealing_check(d, 1, share[0]) != OK); /* nobody knows a sub-share of this */
    for (size_t i = 0; i < e->deal.count; i++) {
        MARK(&secret);
        bad = ceremony_unseal(&place, e->deal.row[i].receiver, e->deal.ephemeral, &prekey,
                              e->deal.row[i].sealed, secret);
        CHECK(bad == ERR_EPOCH || bad == ERR_POINT);
        CHECK(fuzz_is_filled(secret, 0, sizeof secret));
    }
}

/* We have signed one transcript only. */
static void try_confirm(const struct ceremony_confirm *c)
{
    uint8_t signed_one[HASH_BYTES];
    hex_bytes(worked_transcript, signed_one, sizeof signed_one);
    enum err e = ceremony_verify(c, feed_key_of_ours);
    CHECK(e == OK || e == ERR_SIGNATURE);
    CHECK(e != OK || memcmp(c->transcript, signed_one, HASH_BYTES) == 0);
}

static void try_entry(struct bytes in)
{
    static struct ceremony_entry e;
    static uint8_t again[CEREMONY_BYTES_MAX];
    MARK(&e);
    enum err bad = ceremony_decode(author, in, &e);
    CHECK(bad == OK || IS_UNTOUCHED(&e));
    if (bad != OK)
        return;
    size_t len = ceremony_encode(&e, again);
    CHECK(len <= in.len && memcmp(again, in.data, len) == 0);
    CHECK(payload_is_padding(bytes_of(in.data + len, in.len - len)));
    if (e.step == CEREMONY_PROPOSE)
        try_proposal(&e.proposal);
    if (e.step == CEREMONY_DEAL)
        try_dealing(&e);
    if (e.step == CEREMONY_CONFIRM)
        try_confirm(&e.confirm);
}

/* Honest, of any kind. */
static void make_dealing(enum dealing_kind kind, struct unpack *u, struct dealing_place *place,
                         struct dealing_secret *s, struct dealing *d)
{
    static const uint8_t zeros[SCALAR_BYTES];
    uint8_t seed[DEALING_SEED_BYTES], product[SCALAR_BYTES];
    const uint8_t *first = NULL;
    unpack_copy(u, seed, 4);
    memset(seed + 4, 9, sizeof seed - 4);
    memset(place, 3, sizeof *place);
    CHECK(dealing_product(share[1], share[0], product) == OK);
    if (kind == DEALING_REFRESH)
        first = zeros;
    else if (kind == DEALING_RESHARE)
        first = share[0];
    else if (kind == DEALING_MULTIPLY)
        first = product;
    CHECK(dealing_draw(seed, place, T, first, s) == OK);
    CHECK(dealing_publish(s, seed, place, kind, base_of(kind),
                          kind == DEALING_MULTIPLY ? share[1] : NULL, d) == OK);
}

static void try_honest(struct unpack *u)
{
    static struct dealing_secret s;
    struct dealing d;
    struct dealing_place place;
    uint8_t sub[SCALAR_BYTES];
    enum dealing_kind kind = (enum dealing_kind)(unpack_u8(u) % 4 + 1);
    make_dealing(kind, u, &place, &s, &d);
    uint8_t x = unpack_u8(u), at = unpack_u8(u), bits = unpack_u8(u);
    uint32_t index = x == 0 ? 1 : x;
    CHECK(dealing_share(&s, index, sub) == OK && dealing_check(&d, index, sub) == OK);
    size_t room_of[2] = {T * POINT_BYTES, d.proof_bytes};
    size_t where = at % (room_of[0] + room_of[1]);
    if (where < room_of[0])
        d.commitment[where / POINT_BYTES][where % POINT_BYTES] ^= bits;
    else
        d.proof[where - room_of[0]] ^= bits;
    enum err bad = dealing_verify(&d, &place, base_of(kind));
    bool is_bound = where < POINT_BYTES || where >= room_of[0];
    if (bits == 0)
        CHECK(bad == OK);
    else if (is_bound)
        CHECK(bad == ERR_POINT || bad == ERR_PROOF || bad == ERR_SCALAR);
    if (bits != 0 && where >= POINT_BYTES && where < room_of[0])
        CHECK(dealing_check(&d, index, sub) != OK);
}

/* A proposal of who is in the list, with numbers near those that it has. */
static void try_numbers(struct unpack *u)
{
    struct ceremony_proposal p = {.kind = unpack_u8(u), .key = unpack_u8(u)};
    p.threshold = unpack_u8(u);
    p.epoch = unpack_u8(u);
    p.refresh = unpack_u8(u);
    p.base_epoch = unpack_u8(u);
    p.base_refresh = unpack_u8(u);
    p.patience_seconds = unpack_u32(u);
    p.until_utc = NOW + (uint64_t)unpack_u32(u);
    p.count = unpack_u8(u) % (CEREMONY_PEOPLE_MAX + 2);
    for (size_t i = 0; i < p.count && i < CEREMONY_PEOPLE_MAX; i++) {
        memcpy(p.person[i].author, people[i % PEOPLE], AUTHOR_BYTES);
        p.person[i].deals = unpack_u8(u);
        p.person[i].receives = unpack_u8(u);
    }
    enum err bad = ceremony_proposal_check(&p);
    if (bad == OK)
        try_proposal(&p);
    else
        CHECK(ceremony_check(&p, author, &roster, NOW) == bad);
}

static void try_sealed(struct unpack *u)
{
    struct dealing_place place;
    uint8_t secret[KEY_BYTES], ephemeral[KEY_BYTES], sealed[CEREMONY_SEALED_BYTES];
    uint8_t sub[SCALAR_BYTES], got[SCALAR_BYTES];
    memset(&place, 3, sizeof place);
    fuzz_seed(2, secret);
    uint8_t at = unpack_u8(u), bits = unpack_u8(u);
    unpack_copy(u, sub, sizeof sub);
    CHECK(crypto_scalarmult_base(ephemeral, secret) == 0);
    CHECK(ceremony_seal(&place, author, secret, prekey.public_key, sub, sealed) == OK);
    sealed[at % sizeof sealed] ^= bits;
    enum err bad = ceremony_unseal(&place, author, ephemeral, &prekey, sealed, got);
    if (bits != 0)
        CHECK(bad == ERR_EPOCH);
    else
        CHECK(bad == scalar_check(sub));
    CHECK(bad == OK ? memcmp(got, sub, sizeof sub) == 0 : fuzz_is_filled(got, 0, sizeof got));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    if (len == 0 || len > 16384)
        return 0;
    struct unpack u = unpack_of(bytes_of(data + 1, len - 1));
    make_world();
    switch (data[0] % 4) {
    case 0:
        try_entry(bytes_of(data + 1, len - 1));
        break;
    case 1:
        try_honest(&u);
        break;
    case 2:
        try_numbers(&u);
        break;
    default:
        try_sealed(&u);
    }
    return 0;
}
