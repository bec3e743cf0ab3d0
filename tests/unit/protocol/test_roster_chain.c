#include "tests/unit/protocol/roster_next.h"

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

/* Goal: a quorum admits, anything less does not.
 * Method: one row is one set of signers, for a genesis and for the version after it. */
static void test_quorum(void **state)
{
    struct sample *s = *state;
    static const struct {
        uint32_t who;
        enum err want;
        const char *why;
    } rows[] = {
        {0,              ERR_QUORUM, "nobody"                              },
        {3,              ERR_QUORUM, "two of three"                        },
        {3 | STRANGER,   ERR_QUORUM, "two and a stranger"                  },
        {STRANGER,       ERR_QUORUM, "a stranger"                          },
        {ABC,            OK,         "three"                               },
        {4 | 8 | 16,     OK,         "three others"                        },
        {ABC | STRANGER, OK,         "three and a stranger, who is ignored"},
        {ABCDE,          OK,         "all"                                 },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        sample_roster(&s->in, 4);
        enum err got = accept(s, NULL, signed_by(s, rows[i].who));
        if (got != rows[i].want)
            fail_msg("genesis, %s: %s", rows[i].why, err_name(got));
        begin(s);
        got = accept(s, &s->current, signed_by(s, rows[i].who));
        if (got != rows[i].want)
            fail_msg("version 2, %s: %s", rows[i].why, err_name(got));
    }
}

/* Goal: a steward counts once, however often it signs.
 * Method: one signature five times. */
static void test_steward_counts_once(void **state)
{
    struct sample *s = *state;
    sample_roster(&s->in, 4);
    struct signed_roster roster, five = {0};
    assert_int_equal(signed_roster_decode(signed_by(s, 1), &roster), OK);
    five.document = roster.document;
    for (five.count = 0; five.count < 5; five.count++)
        five.signatures[five.count] = roster.signatures[0];
    size_t valid = 99;
    assert_int_equal(signed_roster_count(&five, &s->in.stewards, &s->arena, &valid), OK);
    assert_int_equal(valid, 1);
    size_t len = signed_roster_encode(&five, s->document, sizeof s->document);
    assert_int_equal(signed_roster_encode(&five, s->room, len - 1), 0);
    assert_int_equal(accept(s, NULL, bytes_of(s->document, len)), ERR_QUORUM);
}

/* Goal: only the version that follows is accepted, and each other place has its name.
 * Method: one row is one version, predecessor and set of signers; what is held is version 2. */
static void test_places(void **state)
{
    struct sample *s = *state;
    static const struct {
        uint64_t version;
        int previous; /* hash of version 1 or 2; 0 another */
        bool is_changed;
        uint32_t who;
        enum err want;
        const char *why;
    } rows[] = {
        {3,          2, true,  ABC,          OK,            "the next"                        },
        {3,          2, true,  3,            ERR_QUORUM,    "the next, below quorum"          },
        {3,          1, true,  ABC,          ERR_SEQUENCE,  "the next of another branch"      },
        {3,          0, true,  ABCDE,        ERR_SEQUENCE,  "the next of another chain"       },
        {4,          2, true,  ABC,          ERR_SEQUENCE,  "a gap"                           },
        {UINT64_MAX, 2, true,  ABC,          ERR_SEQUENCE,  "a large gap"                     },
        {2,          1, false, ABC,          ERR_DUPLICATE, "the same again"                  },
        {2,          1, false, 0,            ERR_DUPLICATE, "the same again, unsigned"        },
        {2,          1, true,  ABC,          ERR_FORK,      "a rival"                         },
        {2,          0, true,  ABC,          ERR_FORK,      "a rival with another predecessor"},
        {2,          1, true,  3 | STRANGER, ERR_QUORUM,    "a rival that nobody believes"    },
        {1,          0, true,  ABCDE,        ERR_STALE,     "roll back"                       },
        {0,          2, true,  ABCDE,        ERR_RANGE,     "version 0"                       },
    };
    uint8_t hash[3][HASH_BYTES] = {{1}};
    begin(s);
    memcpy(hash[1], s->current.hash, HASH_BYTES);
    assert_int_equal(accept(s, &s->current, signed_by(s, ABC)), OK);
    memcpy(hash[2], s->out.hash, HASH_BYTES);
    memcpy(&s->current, &s->out, sizeof s->out);
    struct roster *second = malloc(sizeof *second);
    assert_non_null(second);
    memcpy(second, &s->in, sizeof *second);
    for (size_t i = 0; i < COUNT(rows); i++) {
        memcpy(&s->in, second, sizeof *second);
        s->in.version = rows[i].version;
        memcpy(s->in.previous, hash[rows[i].previous], HASH_BYTES);
        s->in.fresh_until_utc += rows[i].is_changed ? 100 : 0;
        enum err got = accept(s, &s->current, signed_by(s, rows[i].who));
        if (got != rows[i].want)
            fail_msg("%s: %s, not %s", rows[i].why, err_name(got), err_name(rows[i].want));
    }
    free(second);
    assert_int_equal(accept(s, NULL, signed_by(s, ABC)), ERR_RANGE);
    begin(s);
    assert_int_equal(accept(s, NULL, signed_by(s, ABC)), ERR_SEQUENCE);
}

/* Goal: a list of another federation is nothing to this one, whoever signed it.
 * Method: the next version and a rival of it, each with the genesis's own hash and with others. */
static void test_other_federation(void **state)
{
    struct sample *s = *state;
    for (int is_rival = 0; is_rival < 2; is_rival++) {
        begin(s);
        if (is_rival) {
            assert_int_equal(accept(s, &s->current, signed_by(s, ABC)), OK);
            memcpy(&s->current, &s->out, sizeof s->out);
            s->in.issued_utc++;
        }
        enum err same = is_rival ? ERR_FORK : OK;
        assert_int_equal(accept(s, &s->current, signed_by(s, ABCDE)), same);
        s->in.genesis[31] ^= 1;
        assert_int_equal(accept(s, &s->current, signed_by(s, ABCDE)), ERR_SEQUENCE);
        memset(s->in.genesis, 0, HASH_BYTES);
        assert_int_equal(accept(s, &s->current, signed_by(s, ABCDE)), ERR_SEQUENCE);
    }
}

/* Goal: stewards hand over: the next version needs the old ones, the one after it the new ones, and
 * a rival of the hand-over still needs the old ones. Method: version 2 replaces stewards A to E by
 * F alone. Accepts in place. */
static void test_new_stewards(void **state)
{
    struct sample *s = *state;
    uint8_t secret_key[64], genesis[HASH_BYTES];
    begin(s);
    memcpy(genesis, s->current.hash, HASH_BYTES);
    s->in.stewards.count = s->in.stewards.quorum = 1;
    sample_steward(5, s->in.stewards.key[0], secret_key);
    assert_int_equal(accept(s, &s->current, signed_by(s, 1 << 5)), ERR_QUORUM);
    assert_int_equal(roster_accept(&s->current, signed_by(s, ABC), &s->arena, &s->current), OK);
    assert_int_equal(s->current.version, 2);
    assert_int_equal(s->current.stewards.count, 1);
    assert_int_equal(s->current.signers.count, SAMPLE_STEWARDS);
    assert_memory_equal(s->current.genesis, genesis, HASH_BYTES);

    s->in.issued_utc++;
    assert_int_equal(accept(s, &s->current, signed_by(s, 1 << 5)), ERR_QUORUM);
    assert_int_equal(accept(s, &s->current, signed_by(s, ABC)), ERR_FORK);
    s->in.version = 3;
    memcpy(s->in.previous, s->current.hash, HASH_BYTES);
    assert_int_equal(accept(s, &s->current, signed_by(s, ABCDE)), ERR_QUORUM);
    assert_int_equal(accept(s, &s->current, signed_by(s, 1 << 5)), OK);
    assert_memory_equal(s->out.genesis, genesis, HASH_BYTES);
    assert_int_equal(s->out.signers.count, 1);
}

/* Goal: a quorum cannot make an invalid list valid. */
static void test_signed_nonsense(void **state)
{
    struct sample *s = *state;
    begin(s);
    s->in.organisations[3].roles = 0;
    assert_int_equal(accept(s, &s->current, signed_by(s, ABCDE)), ERR_RANGE);
    s->in.version = 1;
    assert_int_equal(accept(s, NULL, signed_by(s, ABCDE)), ERR_RANGE);
}

/* Goal: a fingerprint that was told admits that version, whoever signed it, and no other; from
 * there the chain goes on. Method: version 2 without a signature, by its own hash and by that of
 * version 1. */
static void test_anchor(void **state)
{
    struct sample *s = *state;
    uint8_t hash[HASH_BYTES];
    begin(s);
    struct bytes second = signed_by(s, 0);
    struct signed_roster decoded;
    assert_int_equal(signed_roster_decode(second, &decoded), OK);
    roster_hash(decoded.document, hash);
    memset(&s->out, 0x5a, sizeof s->out);
    assert_int_equal(roster_anchor(second, s->current.hash, &s->arena, &s->out), ERR_COMMIT);
    assert_int_equal(roster_anchor(BYTES_LITERAL("\x0a\x01"), hash, &s->arena, &s->out),
                     ERR_TRUNCATED);
    assert_int_equal(s->out.version, 0x5a5a5a5a5a5a5a5a);
    assert_int_equal(roster_anchor(second, hash, &s->arena, &s->out), OK);
    assert_int_equal(s->out.version, 2);
    assert_memory_equal(s->out.hash, hash, HASH_BYTES);
    assert_memory_equal(s->out.genesis, s->in.genesis, HASH_BYTES);
    assert_int_equal(s->arena.used, 0);

    memcpy(&s->current, &s->out, sizeof s->out);
    s->in.version = 3;
    memcpy(s->in.previous, hash, HASH_BYTES);
    assert_int_equal(accept(s, &s->current, signed_by(s, 3)), ERR_QUORUM);
    assert_int_equal(accept(s, &s->current, signed_by(s, ABC)), OK);
}

/* Goal: the form of a SignedRoster is strict.
 * Method: one row is one input. */
static void test_signed_rows(void **state)
{
    struct sample *s = *state;
    static const struct {
        const char *in;
        size_t len;
        enum err want;
        const char *why;
    } rows[] = {
#define ROW(t, want, why) {t, sizeof(t) - 1, want, why}
        ROW("\x0a\x01x", OK, "a document and no signature"),
        ROW("", ERR_FORMAT, "nothing"),
        ROW("\x0a\x00", ERR_FORMAT, "an empty document"),
        ROW("\x0a\x01x\x0a\x01x", ERR_FORMAT, "two documents"),
        ROW("\x0a\x02x", ERR_TRUNCATED, "cut"),
        ROW("\x0a\x01x\x12\x00", ERR_SIGNATURE, "an empty signature"),
        ROW("\x0a\x01x\x12\x03\x0a\x01k", ERR_SIGNATURE, "a short key"),
        ROW("\x0a\x01x\x1a\x00", ERR_FORMAT, "an unknown field"),
#undef ROW
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct signed_roster out = {.count = 77};
        enum err got = signed_roster_decode(bytes_of(rows[i].in, rows[i].len), &out);
        if (got != rows[i].want)
            fail_msg("%s: %s, not %s", rows[i].why, err_name(got), err_name(rows[i].want));
        assert_int_equal(out.count, got == OK ? 0 : 77);
    }
    struct signed_roster out;
    assert_int_equal(signed_roster_decode(bytes_of(s->room, ROSTER_BYTES_MAX + 1), &out),
                     ERR_LIMIT);
}

/* Goal: as many signatures as the limit allows, and no more.
 * Method: good form, strangers' keys; with the document first and last. */
static void test_signature_limit(void **state)
{
    struct sample *s = *state;
    for (size_t count = ROSTER_SIGNATURES_MAX; count <= ROSTER_SIGNATURES_MAX + 1; count++) {
        for (int last = 0; last < 2; last++) {
            struct pack p = pack_of(s->text, sizeof s->text);
            uint8_t one[32 + 64 + 4] = {0x0a, 32};
            one[34] = 0x12;
            one[35] = 64;
            if (!last)
                wire_put_bytes(&p, 1, BYTES_LITERAL("document"));
            for (size_t i = 0; i < count; i++)
                wire_put_bytes(&p, 2, bytes_of(one, sizeof one));
            if (last)
                wire_put_bytes(&p, 1, BYTES_LITERAL("document"));
            struct signed_roster out;
            enum err want = count > ROSTER_SIGNATURES_MAX ? ERR_LIMIT : OK;
            assert_int_equal(signed_roster_decode(bytes_of(s->text, pack_len(&p)), &out), want);
            if (want == OK)
                assert_int_equal(out.count, count);
        }
    }
}

/* Goal: a false signature in a steward's name is found even where others make a quorum. */
static void test_false_signature(void **state)
{
    struct sample *s = *state;
    sample_roster(&s->in, 4);
    struct bytes in = signed_by(s, ABCDE);
    s->text[in.len - 1] ^= 1;
    assert_int_equal(accept(s, NULL, in), ERR_SIGNATURE);
    struct signed_roster decoded;
    size_t valid = 99;
    assert_int_equal(signed_roster_decode(in, &decoded), OK);
    assert_int_equal(signed_roster_count(&decoded, &s->in.stewards, &s->arena, &valid),
                     ERR_SIGNATURE);
    assert_int_equal(valid, 99);
}

/* Goal: damage is never accepted as something else.
 * Method: a version 2 with one signature more than its quorum, cut at each byte and each byte
 * flipped, in memory of the exact length. What is still accepted has the same hash. */
static void test_damage(void **state)
{
    struct sample *s = *state;
    begin(s);
    struct bytes in = signed_by(s, ABC | 8);
    uint8_t hash[HASH_BYTES];
    assert_int_equal(roster_accept(&s->current, in, &s->arena, &s->out), OK);
    memcpy(hash, s->out.hash, HASH_BYTES);
    uint8_t *exact = malloc(in.len);
    assert_non_null(exact);
    size_t still = 0;
    for (size_t cut = 0; cut < in.len; cut++) {
        uint8_t *end = exact + in.len - cut;
        memcpy(end, s->text, cut);
        if (roster_accept(&s->current, bytes_of(end, cut), &s->arena, &s->out) != OK)
            continue;
        assert_memory_equal(s->out.hash, hash, HASH_BYTES);
        still++;
    }
    assert_int_equal(still, 1); /* at the end of the third signature */
    memcpy(exact, s->text, in.len);
    still = 0;
    for (size_t i = 0; i < in.len; i++) {
        exact[i] ^= (uint8_t)(1 << i % 8);
        if (roster_accept(&s->current, bytes_of(exact, in.len), &s->arena, &s->out) == OK) {
            assert_memory_equal(s->out.hash, hash, HASH_BYTES);
            still++;
        }
        exact[i] ^= (uint8_t)(1 << i % 8);
        assert_int_equal(s->arena.used, 0);
    }
    assert_int_equal(still, 4 * KEY_BYTES); /* a steward's key becomes a stranger's */
    free(exact);
}

/* Goal: an arena that is too small is an error that changes nothing. */
static void test_small_arena(void **state)
{
    struct sample *s = *state;
    begin(s);
    struct bytes in = signed_by(s, ABC);
    memset(&s->out, 0, sizeof s->out);
    enum err e = ERR_FULL;
    for (size_t cap = 64; e != OK; cap += 100000) {
        struct wire_arena small;
        wire_arena_init(&small, s->room, cap);
        e = roster_accept(&s->current, in, &small, &s->out);
        assert_true(e == OK || e == ERR_FULL);
        assert_int_equal(s->out.version, e == OK ? 2 : 0);
    }
    struct wire_arena none;
    struct roster_signature out;
    uint8_t public_key[32], secret_key[64];
    sample_steward(0, public_key, secret_key);
    wire_arena_init(&none, s->room, 20);
    assert_int_equal(roster_sign(in, secret_key, &none, &out), ERR_FULL);
    assert_int_equal(
        roster_sign(bytes_of(s->room, ROSTER_BYTES_MAX + 1), secret_key, &s->arena, &out),
        ERR_LIMIT);
}

/* Goal: the arena that is promised suffices for the largest list that there can be, first and next.
 */
static void test_largest(void **state)
{
    struct sample *s = *state;
    sample_largest(&s->in);
    assert_int_equal(roster_accept(NULL, signed_by(s, ABCDE), &s->arena, &s->current), OK);
    s->in.version = 2;
    memcpy(s->in.previous, s->current.hash, HASH_BYTES);
    memcpy(s->in.genesis, s->current.hash, HASH_BYTES);
    assert_int_equal(roster_accept(&s->current, signed_by(s, ABCDE), &s->arena, &s->current), OK);
    assert_int_equal(s->current.version, 2);
    assert_int_equal(s->current.organisation_count, ORGANISATIONS_MAX);
}

/* Goal: the signature is over the bytes that the specification names. */
static void test_signed_bytes(void **state)
{
    struct sample *s = *state;
    uint8_t public_key[32], secret_key[64];
    struct roster_signature out;
    sample_steward(0, public_key, secret_key);
    assert_int_equal(roster_sign(BYTES_LITERAL("document"), secret_key, &s->arena, &out), OK);
    static const char text[] = "seinpost/v1/rosterdocument";
    assert_int_equal(crypto_sign_verify_detached(out.signature, (const uint8_t *)text,
                                                 sizeof text - 1, public_key),
                     0);
}

/* Goal: a file of versions is read one by one, and damage stops it where it is.
 * Method: three versions appended, read back and accepted; then cut at each byte. */
static void test_chain(void **state)
{
    struct sample *s = *state;
    static uint8_t file[64 * 1024];
    size_t len = 0, ends[4] = {0};
    sample_roster(&s->in, 4);
    for (size_t i = 1; i <= 3; i++) {
        struct bytes in = signed_by(s, ABC);
        assert_int_equal(roster_accept(i == 1 ? NULL : &s->current, in, &s->arena, &s->current),
                         OK);
        assert_int_equal(roster_chain_append(in, file + len, in.len), 0);
        size_t more = roster_chain_append(in, file + len, sizeof file - len);
        assert_true(more > in.len);
        len += more;
        ends[i] = len;
        s->in.version++;
        memcpy(s->in.previous, s->current.hash, HASH_BYTES);
        memcpy(s->in.genesis, s->current.genesis, HASH_BYTES);
    }
    for (size_t cut = 0; cut <= len; cut++) {
        size_t offset = 0, count = 0;
        struct bytes version;
        enum err e;
        while ((e = roster_chain_next(bytes_of(file, cut), &offset, &version)) == OK) {
            count++;
            assert_int_equal(offset, ends[count]);
            assert_ptr_equal(version.data + version.len, file + offset);
            if (cut == len)
                assert_int_equal(
                    roster_accept(count == 1 ? NULL : &s->out, version, &s->arena, &s->out), OK);
        }
        assert_int_equal(e, offset == cut ? ERR_NOT_FOUND : ERR_TRUNCATED);
        assert_int_equal(offset, ends[count]);
    }
    assert_memory_equal(s->out.hash, s->current.hash, HASH_BYTES);
}

/* Goal: what is not a chain is not read as one. */
static void test_chain_rows(void **state)
{
    struct sample *s = *state;
    static const struct {
        const char *in;
        enum err want;
    } rows[] = {
        {"\x12\x01x", ERR_FORMAT   },
        {"\x08\x01",  ERR_FORMAT   },
        {"#!/bin/sh", ERR_FORMAT   },
        {"\x0a\x05x", ERR_TRUNCATED},
        {"",          ERR_NOT_FOUND},
    };
    struct bytes version = {0};
    size_t offset = 0;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct bytes in = bytes_of(rows[i].in, strlen(rows[i].in));
        assert_int_equal(roster_chain_next(in, &offset, &version), rows[i].want);
    }
    assert_int_equal(roster_chain_next(BYTES_LITERAL("\x0a\x00"), &offset, &version), ERR_FORMAT);
    struct pack p = pack_of(s->room, sizeof s->room);
    pack_copy(&p, "\x0a\x81\x80\x40", 4); /* 2^20 + 1 bytes */
    assert_int_equal(
        roster_chain_next(bytes_of(s->room, 4 + ROSTER_BYTES_MAX + 1), &offset, &version),
        ERR_LIMIT);
    assert_int_equal(offset, 0);
    assert_null(version.data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_quorum),
        cmocka_unit_test(test_steward_counts_once),
        cmocka_unit_test(test_places),
        cmocka_unit_test(test_new_stewards),
        cmocka_unit_test(test_other_federation),
        cmocka_unit_test(test_signed_nonsense),
        cmocka_unit_test(test_anchor),
        cmocka_unit_test(test_signed_rows),
        cmocka_unit_test(test_signature_limit),
        cmocka_unit_test(test_false_signature),
        cmocka_unit_test(test_damage),
        cmocka_unit_test(test_small_arena),
        cmocka_unit_test(test_largest),
        cmocka_unit_test(test_signed_bytes),
        cmocka_unit_test(test_chain),
        cmocka_unit_test(test_chain_rows),
    };
    return cmocka_run_group_tests(tests, sample_setup, sample_teardown);
}
