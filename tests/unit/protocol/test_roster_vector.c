/*
 * test_roster_vector.c - the member list and the Opening that the specification prints.
 */
#include "protocol/roster_chain.h"
#include "protocol/roster_encode.h"
#include "protocol/roster_fingerprint.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/unit/hex.h"
#include "tests/vectors/pseudonym.h"
#include "tests/vectors/roster.h"

struct fixture {
    struct wire_arena arena;
    uint8_t *storage;
    struct roster roster, accepted;
    uint8_t document[2048];
    size_t len;
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    if (f == NULL)
        return -1;
    *state = f;
    f->storage = malloc(ROSTER_ARENA_BYTES);
    if (f->storage == NULL)
        return -1;
    wire_arena_init(&f->arena, f->storage, ROSTER_ARENA_BYTES);
    f->len = hex_bytes(roster_vector_document, f->document, sizeof f->document);
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    if (f != NULL)
        free(f->storage);
    free(f);
    return 0;
}

static void assert_hex(const uint8_t *got, const char *want_hex)
{
    uint8_t want[256];
    assert_memory_equal(got, want, hex_bytes(want_hex, want, sizeof want));
}

/* Goal: a document that another implementation wrote says here what it says there, has the same
 * hash and fingerprint, and is written here in the same bytes.
 * Method: the golden document is read, compared and written again. */
static void test_document(void **state)
{
    struct fixture *f = *state;
    const struct roster *r = &f->roster;
    uint8_t again[sizeof f->document];
    char fingerprint[FINGERPRINT_CHARS];
    assert_int_equal(roster_decode(bytes_of(f->document, f->len), &f->arena, &f->roster), OK);
    assert_hex(r->hash, roster_vector_hash);
    assert_hex(r->genesis, roster_vector_hash);
    roster_fingerprint(r->hash, fingerprint);
    assert_string_equal(fingerprint, roster_vector_fingerprint);
    assert_int_equal(r->organisation_count, 3);
    assert_string_equal(r->organisations[0].org_id, "NL-KVK-41198677");
    assert_int_equal(r->stewards.quorum, 2);
    assert_int_equal(r->key_count, 1);
    assert_hex(r->keys[0].public_key, pseudonym_public_key);
    for (size_t i = 0; i < PSEUDONYM_N; i++)
        assert_hex(r->keys[0].commitment[i], pseudonym_commitment[i]);
    assert_int_equal(roster_encode(r, again, sizeof again), f->len);
    assert_memory_equal(again, f->document, f->len);
}

/* Goal: stewards' signatures are the golden ones, and both are needed.
 * Method: both stewards sign; the list is offered with one and with two signatures. */
static void test_signatures(void **state)
{
    struct fixture *f = *state;
    struct signed_roster s = {.document = bytes_of(f->document, f->len)};
    for (size_t i = 0; i < ROSTER_VECTOR_STEWARDS; i++) {
        uint8_t seed[32], public_key[32], secret_key[64], file[4096];
        hex_bytes(roster_vector_seed[i], seed, sizeof seed);
        crypto_sign_seed_keypair(public_key, secret_key, seed);
        assert_int_equal(roster_sign(s.document, secret_key, &f->arena, &s.signatures[i]), OK);
        assert_hex(s.signatures[i].signature, roster_vector_signature[i]);
        s.count = i + 1;
        size_t len = signed_roster_encode(&s, file, sizeof file);
        enum err want = s.count == ROSTER_VECTOR_STEWARDS ? OK : ERR_QUORUM;
        assert_int_equal(roster_accept(NULL, bytes_of(file, len), &f->arena, &f->accepted), want);
    }
    assert_hex(f->accepted.hash, roster_vector_hash);
}

/* Goal: the Opening has the golden bytes and is read back from them.
 * Method: the golden frame is decoded, compared and encoded again. */
static void test_opening(void **state)
{
    struct fixture *f = *state;
    uint8_t frame[256], again[256];
    Seinpost__Message *m = NULL;
    size_t len = hex_bytes(roster_vector_opening, frame, sizeof frame);
    assert_int_equal(message_decode(bytes_of(frame, len), &f->arena, &m), OK);
    assert_int_equal(m->body_case, SEINPOST__MESSAGE__BODY_OPENING);
    const Seinpost__Opening *o = m->opening;
    assert_int_equal(o->version_min, PROTOCOL_VERSION_MIN);
    assert_int_equal(o->version_max, PROTOCOL_VERSION_MAX);
    assert_int_equal(o->roster_version, 1);
    assert_int_equal(o->federation.len, HASH_BYTES);
    assert_hex(o->federation.data, roster_vector_hash);
    assert_int_equal(o->roster_hash.len, HASH_BYTES);
    assert_hex(o->roster_hash.data, roster_vector_hash);
    uint8_t author[AUTHOR_BYTES];
    author_of(BYTES_LITERAL("NL-KVK-41198677"), author);
    assert_int_equal(o->author.len, AUTHOR_BYTES);
    assert_memory_equal(o->author.data, author, AUTHOR_BYTES);
    assert_int_equal(message_encode(m, again, sizeof again), len);
    assert_memory_equal(again, frame, len);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_document, setup, teardown),
        cmocka_unit_test_setup_teardown(test_signatures, setup, teardown),
        cmocka_unit_test_setup_teardown(test_opening, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
