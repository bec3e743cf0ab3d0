/*
 * fuzz_roster_chain.c - how one member list follows another: what stewards could sign.
 *
 * The input is a script over a true genesis: edits of the next list (two bytes and a value each),
 * then who of the stewards signs it. What is accepted follows the list before it as the
 * specification says, whatever was edited; what is refused changes nothing.
 */
#include "tests/fuzz/fuzz.h"
#include "tests/unit/protocol/roster_sample.h"

enum { ORGANISATIONS = 4, EDITS_MAX = 24, ROUNDS = 2, EDGE = 1024 };

static struct roster genesis, current, next, out;
static uint8_t room[ROSTER_ARENA_BYTES], document[65536], paper[65536];
static struct wire_arena arena;

static void make_genesis(void)
{
    static bool is_made;
    wire_arena_init(&arena, room, sizeof room);
    if (is_made)
        return;
    CHECK(sodium_init() >= 0);
    sample_roster(&next, ORGANISATIONS);
    next.key_count = 1;
    size_t len = roster_encode(&next, document, sizeof document);
    len = sample_sign(bytes_of(document, len), 7, &arena, paper, sizeof paper);
    CHECK(roster_accept(NULL, bytes_of(paper, len), &arena, &genesis) == OK);
    is_made = true;
}

static void edit_feed(struct organisation *o, uint8_t op, uint64_t value)
{
    switch (op % 6) {
    case 0:
        o->feed_key[value % KEY_BYTES] ^= 1;
        break;
    case 1:
        o->feed_epoch = (uint32_t)(o->feed_epoch + value - 1);
        break;
    case 2:
        o->status = (enum org_status)(value % 5);
        break;
    case 3:
        o->accepted.feed_epoch = (uint32_t)value;
        break;
    case 4:
        o->accepted.size = value;
        break;
    default:
        o->accepted.root[value % HASH_BYTES] ^= 1;
    }
}

static void edit_organisation(struct organisation *o, uint8_t op, uint64_t value)
{
    switch (op % 8) {
    case 0:
        o->roles = (uint32_t)value;
        break;
    case 1:
        o->name[value % NAME_BYTES_MAX] = (char)(value >> 8);
        break;
    case 2:
        o->org_id[value % ORG_ID_BYTES_MAX] = (char)(value >> 8);
        break;
    case 3:
        o->transport_key[value % KEY_BYTES] ^= 1;
        break;
    case 4:
        memcpy(o->old_transport_key, o->transport_key, KEY_BYTES);
        o->old_transport_key[0] ^= (uint8_t)value;
        break;
    case 5:
        o->old_transport_until_utc = next.issued_utc + (int64_t)(value % 5000000);
        break;
    case 6:
        o->basis_expires_utc = (int64_t)value;
        break;
    default:
        o->country[value % 2] = (char)('A' + value % 26);
    }
}

static void edit_list(uint8_t op, uint64_t value)
{
    uint8_t secret[64];
    switch (op % 14) {
    case 0:
        next.version += value - 1;
        break;
    case 1:
        next.previous[value % HASH_BYTES] ^= 1;
        break;
    case 2:
        next.genesis[value % HASH_BYTES] ^= 1;
        break;
    case 3:
        next.stewards.quorum = (uint32_t)value;
        break;
    case 4:
        next.stewards.count = value % (STEWARDS_MAX + 1);
        break;
    case 5:
        sample_steward((uint32_t)(value % 12), next.stewards.key[value % STEWARDS_MAX], secret);
        break;
    case 6:
        next.organisation_count = value % (ORGANISATIONS + 3);
        break;
    case 7:
        sample_organisation(&next.organisations[value % 8], (uint32_t)(value >> 8) % 16);
        break;
    case 8:
        next.fresh_until_utc = next.issued_utc + (int64_t)value;
        break;
    case 9:
        next.keys[0].refresh = (uint32_t)value;
        break;
    case 10:
        next.keys[0].threshold = (uint32_t)value;
        break;
    case 11:
        next.keys[0].index[value % 3] = (uint32_t)(value >> 8);
        break;
    case 12:
        next.key_count = value % (THRESHOLD_KEYS_MAX + 1);
        break;
    default:
        memcpy(next.also, (value & 1) != 0 ? current.hash : current.rival, HASH_BYTES);
    }
}

/* The next list in the making: a true one, then edited. Returns who signs. */
static uint32_t make_next(struct unpack *u)
{
    next = current;
    next.version = current.version + 1;
    memcpy(next.previous, current.hash, HASH_BYTES);
    memset(next.also, 0, HASH_BYTES);
    if (current.has_rival)
        memcpy(next.also, current.rival, HASH_BYTES);
    uint8_t count = unpack_u8(u) % (EDITS_MAX + 1);
    for (uint8_t i = 0; i < count && u->left > 0; i++) {
        uint8_t what = unpack_u8(u), op = unpack_u8(u);
        uint64_t value = (what & 0x80) != 0 ? unpack_u64(u) : unpack_u16(u);
        struct organisation *o = &next.organisations[(what >> 2) % (ORGANISATIONS + 1)];
        if ((what & 3) == 0)
            edit_list(op, value);
        else if ((what & 3) == 1)
            edit_organisation(o, op, value);
        else
            edit_feed(o, op, value);
    }
    return unpack_u16(u);
}

/* How many of these stewards are among the signers, by the sample's own keys. */
static size_t count_signers(const struct roster_stewards *stewards, uint32_t who)
{
    size_t count = 0;
    for (uint32_t i = 0; i < 16; i++) {
        uint8_t key[32], secret[64];
        sample_steward(i, key, secret);
        bool is_one = false;
        for (size_t j = 0; j < stewards->count; j++)
            is_one = is_one || memcmp(stewards->key[j], key, 32) == 0;
        count += is_one && (who >> i & 1) != 0;
    }
    return count;
}

/* The promises of roster_chain.h for what came through. */
static void check_accepted(const struct roster *before, const struct roster *after, uint32_t who)
{
    CHECK(after->version == before->version + 1);
    CHECK(memcmp(after->genesis, before->genesis, HASH_BYTES) == 0);
    CHECK(memcmp(after->previous, before->hash, HASH_BYTES) == 0 ||
          memcmp(after->also, before->hash, HASH_BYTES) == 0);
    CHECK(count_signers(&before->stewards, who) >= before->stewards.quorum);
    for (size_t i = 0; i < before->organisation_count; i++) {
        const struct organisation *was = &before->organisations[i];
        const struct organisation *is = roster_find(after, was->author);
        CHECK(is != NULL);
        bool is_rekeyed = memcmp(was->feed_key, is->feed_key, KEY_BYTES) != 0;
        CHECK(is->feed_epoch == was->feed_epoch + (is_rekeyed ? 1u : 0u));
        CHECK(is->accepted.feed_epoch != 0 || (!is_rekeyed && is->status == ORG_ACTIVE));
    }
}

static size_t count_active(const struct roster *r)
{
    size_t count = 0;
    for (size_t i = 0; i < r->organisation_count; i++)
        count += roster_is_active(&r->organisations[i]);
    return count;
}

/* Another list of the version in force: nobody takes part for it who did not before. */
static void try_unite(struct bytes rival)
{
    size_t active = count_active(&current);
    bool had_rival = current.has_rival;
    enum err e = roster_unite(&current, rival, &arena);
    CHECK(e == OK || (e == ERR_DUPLICATE && had_rival));
    CHECK(count_active(&current) <= active && current.has_rival);
    CHECK(roster_unite(&current, rival, &arena) == (had_rival ? e : ERR_DUPLICATE));
}

static void play_round(struct unpack *u)
{
    uint32_t who = make_next(u);
    size_t len = roster_encode(&next, document, sizeof document);
    if (len == 0)
        return;
    len = sample_sign(bytes_of(document, len), who, &arena, paper, sizeof paper);
    uint8_t flip = unpack_u8(u);
    if (flip != 0)
        paper[unpack_u16(u) % len] ^= flip;
    struct bytes signed_roster = bytes_of(paper, len);
    memset(&out, FUZZ_MARK, EDGE);
    enum err e = roster_accept(&current, signed_roster, &arena, &out);
    CHECK(arena.used == 0);
    if (e != OK)
        CHECK(fuzz_is_filled(&out, FUZZ_MARK, EDGE));
    if (e == ERR_FORK)
        try_unite(signed_roster);
    if (e == OK) {
        check_accepted(&current, &out, who);
        CHECK(roster_accept(&out, signed_roster, &arena, &next) == ERR_DUPLICATE);
        current = out;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct unpack u = unpack_of(bytes_of(data, len));
    if (len > 1024)
        return 0;
    make_genesis();
    current = genesis;
    for (int i = 0; i < ROUNDS && u.left > 0; i++)
        play_round(&u);
    return 0;
}
