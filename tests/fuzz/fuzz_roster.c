/*
 * fuzz_roster.c - member list documents, signed ones, and files of them.
 *
 * The first byte chooses: a document, a SignedRoster, a chain file. What decodes is found again by
 * each of its columns and encodes to a document that decodes to the same; what does not leaves the
 * output as it was.
 */
#include "protocol/orgid.h"
#include "protocol/roster_chain.h"
#include "protocol/roster_encode.h"
#include "tests/fuzz/fuzz.h"

static struct roster roster, again;
static uint8_t room[ROSTER_ARENA_BYTES], once[ROSTER_BYTES_MAX], twice[ROSTER_BYTES_MAX];
static struct wire_arena arena;

enum { EDGE = 1024 }; /* of the megabyte that a list takes, both ends are looked at */

static void check_untouched(const struct roster *r)
{
    const uint8_t *bytes = (const uint8_t *)r;
    CHECK(fuzz_is_filled(bytes, FUZZ_MARK, EDGE));
    CHECK(fuzz_is_filled(bytes + sizeof *r - EDGE, FUZZ_MARK, EDGE));
}

static void mark(struct roster *r)
{
    memset(r, FUZZ_MARK, EDGE);
    memset((uint8_t *)r + sizeof *r - EDGE, FUZZ_MARK, EDGE);
}

static void check_organisation(const struct roster *r, const struct organisation *o)
{
    struct bytes org_id = bytes_of(o->org_id, strlen(o->org_id));
    CHECK(orgid_check(org_id) == OK && roster_find_org_id(r, org_id) == o);
    CHECK(roster_find(r, o->author) == o);
    CHECK(roster_find_transport(r, o->transport_key) == o);
    CHECK(o->roles != 0 && o->roles <= ROLES_ALL && o->feed_epoch != 0);
    CHECK(org_status_name(o->status) != NULL);
    const struct organisation *in = roster_admits(r, o->transport_key, r->issued_utc);
    CHECK(in == (roster_is_active(o) ? o : NULL));
    CHECK(!roster_is_active_member(o) || roster_is_active(o));
}

static void check_roster(const struct roster *r)
{
    CHECK(r->version >= 1 && r->organisation_count <= ORGANISATIONS_MAX);
    CHECK(r->stewards.quorum >= 1 && r->stewards.quorum <= r->stewards.count);
    CHECK(r->stewards.count <= STEWARDS_MAX && r->key_count <= THRESHOLD_KEYS_MAX);
    CHECK(r->fresh_until_utc > r->issued_utc && r->issued_utc >= 0 && !r->has_rival);
    for (size_t i = 0; i < r->organisation_count; i++)
        check_organisation(r, &r->organisations[i]);
    for (size_t i = 0; i < r->key_count; i++) {
        const struct roster_key *k = &r->keys[i];
        CHECK(k->threshold >= 1 && k->threshold <= k->share_count);
        for (size_t j = 0; j < k->share_count; j++) {
            const struct organisation *o = roster_find(r, k->holder[j]);
            CHECK(k->index[j] != 0 && o != NULL && (o->roles & ROLE_KEYHOLDER) != 0);
        }
    }
}

static void try_document(struct bytes in)
{
    mark(&roster);
    if (roster_decode(in, &arena, &roster) != OK) {
        check_untouched(&roster);
        CHECK(arena.used == 0);
        return;
    }
    CHECK(arena.used == 0);
    check_roster(&roster);
    size_t len = roster_encode(&roster, once, sizeof once);
    if (len == 0)
        return; /* longer in its one form than a document may be */
    CHECK(roster_decode(bytes_of(once, len), &arena, &again) == OK);
    CHECK(roster_encode(&again, twice, sizeof twice) == len && memcmp(once, twice, len) == 0);
    CHECK(again.organisation_count == roster.organisation_count &&
          again.key_count == roster.key_count && again.stewards.count == roster.stewards.count);
    CHECK(roster_encode(&roster, twice, len - 1) == 0);
}

static void try_signed(struct bytes in)
{
    static struct signed_roster s, back;
    uint8_t hash[HASH_BYTES];
    size_t valid = 99;
    MARK(&s);
    if (signed_roster_decode(in, &s) != OK) {
        CHECK(IS_UNTOUCHED(&s));
        return;
    }
    CHECK(s.count <= ROSTER_SIGNATURES_MAX && fuzz_is_within(s.document, in));
    size_t len = signed_roster_encode(&s, once, sizeof once);
    CHECK(len > 0 && len <= in.len && signed_roster_decode(bytes_of(once, len), &back) == OK);
    CHECK(bytes_equal(back.document, s.document) && back.count == s.count);
    roster_hash(s.document, hash);
    mark(&roster);
    enum err e = roster_anchor(in, hash, &arena, &roster);
    if (e == OK) {
        CHECK(memcmp(roster.hash, hash, HASH_BYTES) == 0);
        CHECK(signed_roster_count(&s, &roster.stewards, &arena, &valid) != OK ||
              valid <= roster.stewards.count);
        e = roster_accept(NULL, in, &arena, &again);
        CHECK(e != OK || (again.version == 1 && valid >= again.stewards.quorum));
    } else {
        check_untouched(&roster);
    }
    hash[0] ^= 1;
    CHECK(roster_anchor(in, hash, &arena, &roster) == ERR_COMMIT);
    CHECK(arena.used == 0);
}

static void try_chain(struct bytes in)
{
    size_t offset = 0;
    for (;;) {
        struct bytes version, before;
        size_t at = offset;
        MARK(&version);
        before = version;
        enum err e = roster_chain_next(in, &offset, &version);
        if (e != OK) {
            CHECK(offset == at && memcmp(&version, &before, sizeof before) == 0);
            CHECK((e == ERR_NOT_FOUND) == (at == in.len));
            return;
        }
        CHECK(offset > at && offset <= in.len && fuzz_is_within(version, in));
        size_t len = roster_chain_append(version, once, sizeof once);
        CHECK(len == offset - at && memcmp(once, in.data + at, len) == 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    if (len == 0)
        return 0;
    struct bytes in = bytes_of(data + 1, len - 1);
    wire_arena_init(&arena, room, sizeof room);
    switch (data[0] % 3) {
    case 0:
        try_document(in);
        break;
    case 1:
        try_signed(in);
        break;
    default:
        try_chain(in);
    }
    return 0;
}
