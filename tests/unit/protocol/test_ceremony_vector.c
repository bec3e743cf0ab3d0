/*
 * Goal: this implementation holds the ceremony that the specification works out, byte by byte.
 * Method: three participants play it here, and each value is that of a second implementation.
 */
#include "protocol/ceremony.h"

#include <setjmp.h>
#include <sodium.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/hex.h"
#include "tests/vectors/ceremony.h"

enum { PEOPLE = 3 };

/* What everybody's part consists of. */
struct part {
    uint8_t author[AUTHOR_BYTES], seed[DEALING_SEED_BYTES], ephemeral_secret[KEY_BYTES];
    struct envelope_key prekey;
    struct dealing_place place;
    struct dealing_secret secret;
    struct ceremony_entry deal, verdict;
    uint8_t sub[PEOPLE][SCALAR_BYTES]; /* from each dealer */
    uint8_t share[SCALAR_BYTES];
};

static struct {
    uint8_t id[HASH_BYTES];
    struct part part[PEOPLE];
    struct ceremony_close closes[PEOPLE];
    struct ceremony_result result;
} play;

static void assert_bytes(const char *want, const void *got, size_t len)
{
    static uint8_t bytes[CEREMONY_BYTES_MAX];
    assert_int_equal(hex_bytes(want, bytes, sizeof bytes), len);
    assert_memory_equal(got, bytes, len);
}

static void assert_payload(const char *want, const struct ceremony_entry *e)
{
    uint8_t payload[CEREMONY_BYTES_MAX];
    assert_bytes(want, payload, ceremony_encode(e, payload));
}

static void propose(void)
{
    struct ceremony_entry e = {.step = CEREMONY_PROPOSE};
    struct ceremony_proposal *p = &e.proposal;
    *p = (struct ceremony_proposal){.kind = CEREMONY_GENERATE,
                                    .key = KEY_PSEUDONYMS,
                                    .threshold = 2,
                                    .epoch = 1,
                                    .patience_seconds = WORKED_PATIENCE,
                                    .until_utc = WORKED_UNTIL,
                                    .count = PEOPLE};
    for (uint8_t i = 0; i < sizeof p->nonce; i++)
        p->nonce[i] = (uint8_t)(0x30 + i);
    for (uint8_t i = 0; i < PEOPLE; i++) {
        memcpy(p->person[i].author, play.part[i].author, AUTHOR_BYTES);
        p->person[i].deals = p->person[i].receives = (uint8_t)(i + 1);
    }
    assert_payload(worked_proposal, &e);
    ceremony_id(play.part[0].author, p, play.id);
    assert_bytes(worked_id, play.id, HASH_BYTES);
}

static void deal(struct part *d)
{
    struct dealing *out = &d->deal.deal.dealing;
    memcpy(d->place.ceremony, play.id, HASH_BYTES);
    memcpy(d->place.dealer, d->author, AUTHOR_BYTES);
    d->place.round = d->deal.deal.round = 1;
    assert_int_equal(dealing_draw(d->seed, &d->place, 2, NULL, &d->secret), OK);
    assert_int_equal(
        dealing_publish(&d->secret, d->seed, &d->place, DEALING_GENERATE, NULL, NULL, out), OK);
    d->deal.step = CEREMONY_DEAL;
    memcpy(d->deal.id, play.id, HASH_BYTES);
    assert_int_equal(crypto_scalarmult_base(d->deal.deal.ephemeral, d->ephemeral_secret), 0);
    for (uint32_t i = 0; i < PEOPLE; i++) {
        struct part *r = &play.part[i];
        uint8_t *sub = r->sub[d - play.part];
        assert_int_equal(dealing_share(&d->secret, i + 1, sub), OK);
        if (r == d)
            continue;
        size_t n = d->deal.deal.count++;
        memcpy(d->deal.deal.row[n].receiver, r->author, AUTHOR_BYTES);
        assert_int_equal(ceremony_seal(&d->place, r->author, d->ephemeral_secret,
                                       r->prekey.public_key, sub, d->deal.deal.row[n].sealed),
                         OK);
    }
}

static void judge(struct part *r)
{
    r->verdict.step = CEREMONY_VERDICT;
    memcpy(r->verdict.id, play.id, HASH_BYTES);
    r->verdict.verdict.round = 1;
    if (r != &play.part[2])
        return;
    r->verdict.verdict.count = 1;
    memcpy(r->verdict.verdict.row[0].dealer, play.part[1].author, AUTHOR_BYTES);
    r->verdict.verdict.row[0].reason = COMPLAINT_WRONG;
}

static void close_all(void)
{
    for (unsigned phase = 1; phase <= 3; phase++) {
        struct ceremony_close *c = &play.closes[phase - 1];
        c->phase = (uint8_t)phase;
        c->count = PEOPLE;
        for (size_t i = 0; i < PEOPLE; i++) {
            const struct part *p = &play.part[i];
            memcpy(c->row[i].author, p->author, AUTHOR_BYTES);
            if (phase == 1)
                ceremony_promise_hash(p->author, &p->deal.deal.dealing, c->row[i].hash);
            else if (phase == 2)
                ceremony_deal_hash(p->author, &p->deal, c->row[i].hash);
            else
                ceremony_verdict_hash(p->author, &p->verdict, c->row[i].hash);
        }
        struct ceremony_entry e = {.step = CEREMONY_CLOSE, .close = *c};
        uint8_t payload[CEREMONY_BYTES_MAX], hash[HASH_BYTES];
        memcpy(e.id, play.id, HASH_BYTES);
        size_t len = ceremony_encode(&e, payload);
        crypto_generichash(hash, sizeof hash, payload, len, NULL, 0);
        assert_bytes(worked_close_hash[phase - 1], hash, HASH_BYTES);
        if (phase == 3)
            assert_bytes(worked_close, payload, len);
    }
}

static void combine(void)
{
    struct dealing_set set = {.kind = DEALING_GENERATE, .count = PEOPLE};
    struct roster_key *k = &play.result.key[0];
    *k = (struct roster_key){
        .key = KEY_PSEUDONYMS, .epoch = 1, .threshold = 2, .share_count = PEOPLE};
    for (size_t i = 0; i < PEOPLE; i++)
        set.dealing[i] = &play.part[i].deal.deal.dealing;
    for (uint32_t i = 0; i < PEOPLE; i++) {
        struct part *p = &play.part[i];
        k->index[i] = i + 1;
        memcpy(k->holder[i], p->author, AUTHOR_BYTES);
        assert_int_equal(
            dealing_combine_share(&set, (const uint8_t(*)[SCALAR_BYTES])p->sub, NULL, p->share),
            OK);
        assert_int_equal(dealing_combine_commitment(&set, i + 1, NULL, k->commitment[i]), OK);
    }
    assert_int_equal(dealing_combine_key(&set, NULL, k->public_key), OK);
    play.result.count = 1;
}

static int setup(void **state)
{
    (void)state;
    for (uint8_t i = 0; i < PEOPLE; i++) {
        struct part *p = &play.part[i];
        uint8_t secret[KEY_BYTES];
        hex_bytes(worked_author[i], p->author, AUTHOR_BYTES);
        memset(p->seed, 0x10 * (i + 1), sizeof p->seed);
        memset(p->ephemeral_secret, 0xc0 + i, KEY_BYTES);
        memset(secret, 0xa0 + i, KEY_BYTES);
        envelope_key_of(secret, &p->prekey);
    }
    propose();
    for (size_t i = 0; i < PEOPLE; i++)
        deal(&play.part[i]);
    for (size_t i = 0; i < PEOPLE; i++)
        judge(&play.part[i]);
    close_all();
    combine();
    return 0;
}

static void test_dealt(void **state)
{
    (void)state;
    const struct part *d = &play.part[0];
    const struct dealing *dealing = &d->deal.deal.dealing;
    uint8_t hash[HASH_BYTES];
    assert_bytes(worked_coefficient_0, d->secret.coefficient[0], SCALAR_BYTES);
    assert_bytes(worked_coefficient_1, d->secret.coefficient[1], SCALAR_BYTES);
    assert_bytes(worked_commitment_0, dealing->commitment[0], POINT_BYTES);
    assert_bytes(worked_commitment_1, dealing->commitment[1], POINT_BYTES);
    assert_bytes(worked_proof, dealing->proof, dealing->proof_bytes);
    assert_bytes(worked_subshare, play.part[1].sub[0], SCALAR_BYTES);
    assert_bytes(worked_ephemeral, d->deal.deal.ephemeral, KEY_BYTES);
    assert_bytes(worked_prekey, play.part[1].prekey.public_key, KEY_BYTES);
    assert_bytes(worked_sealed, d->deal.deal.row[0].sealed, CEREMONY_SEALED_BYTES);
    assert_payload(worked_deal, &d->deal);
    assert_bytes(worked_promise, play.closes[0].row[0].hash, HASH_BYTES);
    assert_bytes(worked_deal_hash, play.closes[1].row[0].hash, HASH_BYTES);
    ceremony_deal_hash(play.part[1].author, &d->deal, hash);
    assert_memory_not_equal(hash, play.closes[1].row[0].hash, HASH_BYTES);
}

static void test_complaint(void **state)
{
    (void)state;
    struct ceremony_entry e = {.step = CEREMONY_ANSWER};
    memcpy(e.id, play.id, HASH_BYTES);
    e.answer.round = 1;
    e.answer.count = 1;
    memcpy(e.answer.row[0].receiver, play.part[2].author, AUTHOR_BYTES);
    memcpy(e.answer.row[0].share, play.part[2].sub[1], SCALAR_BYTES);
    assert_payload(worked_answer, &e);
    assert_payload(worked_verdict, &play.part[2].verdict);
    assert_bytes(worked_verdict_hash, play.closes[2].row[2].hash, HASH_BYTES);
}

static void test_result(void **state)
{
    (void)state;
    const struct roster_key *k = &play.result.key[0];
    struct ceremony_confirm c;
    uint8_t seed[32], key[32], secret[64];
    for (size_t i = 0; i < PEOPLE; i++) {
        assert_bytes(worked_share[i], play.part[i].share, SCALAR_BYTES);
        assert_bytes(worked_commitment[i], k->commitment[i], POINT_BYTES);
    }
    assert_bytes(worked_key, k->public_key, POINT_BYTES);
    ceremony_transcript(play.id, play.closes, 3, &play.result, c.transcript);
    assert_bytes(worked_transcript, c.transcript, HASH_BYTES);
    hex_bytes(worked_signer_seed, seed, sizeof seed);
    crypto_sign_seed_keypair(key, secret, seed);
    ceremony_sign(c.transcript, secret, c.signature);
    assert_bytes(worked_signature, c.signature, SIGNATURE_BYTES);
    assert_int_equal(ceremony_verify(&c, key), OK);
}

/* The first participant's part in another ceremony, of these kinds. */
static void deal_on(enum dealing_kind kind, const uint8_t *first, const uint8_t *factor_share,
                    const struct dealing_base *base, size_t dealer, struct dealing_secret *s,
                    struct dealing *d)
{
    struct dealing_place place = {.round = kind == DEALING_MULTIPLY ? 2 : 1};
    const struct part *p = &play.part[dealer];
    hex_bytes(worked_other_id, place.ceremony, HASH_BYTES);
    memcpy(place.dealer, p->author, AUTHOR_BYTES);
    assert_int_equal(dealing_draw(p->seed, &place, 2, first, s), OK);
    assert_int_equal(dealing_publish(s, p->seed, &place, kind, base, factor_share, d), OK);
    assert_int_equal(dealing_verify(d, &place, base), OK);
}

static struct dealing_base base_of(size_t i)
{
    struct dealing_base base;
    memcpy(base.commitment, play.result.key[0].commitment[i], POINT_BYTES);
    memcpy(base.public_key, play.result.key[0].public_key, POINT_BYTES);
    memset(base.factor, 0, POINT_BYTES);
    return base;
}

static void test_dealt_on(void **state)
{
    (void)state;
    static const uint8_t zeros[SCALAR_BYTES];
    struct dealing_secret s;
    struct dealing d;
    const struct dealing_base base = base_of(0);
    uint8_t sub[SCALAR_BYTES];
    deal_on(DEALING_REFRESH, zeros, NULL, NULL, 0, &s, &d);
    assert_true(point_is_identity(d.commitment[0]));
    assert_bytes(worked_refresh_commitment_1, d.commitment[1], POINT_BYTES);
    assert_int_equal(dealing_share(&s, 2, sub), OK);
    assert_bytes(worked_refresh_subshare, sub, SCALAR_BYTES);
    deal_on(DEALING_RESHARE, play.part[0].share, NULL, &base, 0, &s, &d);
    assert_bytes(worked_commitment[0], d.commitment[0], POINT_BYTES);
    assert_bytes(worked_refresh_commitment_1, d.commitment[1], POINT_BYTES);
    assert_int_equal(dealing_share(&s, 2, sub), OK);
    assert_bytes(worked_reshare_subshare, sub, SCALAR_BYTES);
}

static void test_product(void **state)
{
    (void)state;
    struct dealing_secret s[PEOPLE];
    struct dealing factor[PEOPLE], d[PEOPLE];
    uint8_t sub[PEOPLE][SCALAR_BYTES], share[PEOPLE][SCALAR_BYTES], point[POINT_BYTES];
    const uint8_t(*subs)[SCALAR_BYTES] = (const uint8_t(*)[SCALAR_BYTES])sub;
    struct dealing_set set = {
        .kind = DEALING_GENERATE, .count = PEOPLE, .index = {1, 2, 3}
    };
    for (size_t i = 0; i < PEOPLE; i++) {
        deal_on(DEALING_GENERATE, NULL, NULL, NULL, i, &s[i], &factor[i]);
        set.dealing[i] = &factor[i];
    }
    assert_int_equal(dealing_combine_key(&set, NULL, point), OK);
    assert_bytes(worked_factor_key, point, POINT_BYTES);
    for (uint32_t r = 0; r < PEOPLE; r++) {
        for (size_t i = 0; i < PEOPLE; i++)
            assert_int_equal(dealing_share(&s[i], r + 1, sub[i]), OK);
        assert_int_equal(dealing_combine_share(&set, subs, NULL, share[r]), OK);
    }
    assert_bytes(worked_factor_share, share[0], SCALAR_BYTES);
    for (uint32_t i = 0; i < PEOPLE; i++) {
        struct dealing_base base = base_of(i);
        uint8_t first[SCALAR_BYTES];
        assert_int_equal(dealing_combine_commitment(&set, i + 1, NULL, base.factor), OK);
        if (i == 0)
            assert_bytes(worked_factor_commitment, base.factor, POINT_BYTES);
        assert_int_equal(dealing_product(share[i], play.part[i].share, first), OK);
        deal_on(DEALING_MULTIPLY, first, share[i], &base, i, &s[i], &d[i]);
    }
    set.kind = DEALING_MULTIPLY;
    for (size_t i = 0; i < PEOPLE; i++)
        set.dealing[i] = &d[i];
    assert_bytes(worked_product_commitment_0, d[0].commitment[0], POINT_BYTES);
    assert_bytes(worked_product_commitment_1, d[0].commitment[1], POINT_BYTES);
    assert_bytes(worked_product_proof, d[0].proof, d[0].proof_bytes);
    assert_int_equal(dealing_combine_key(&set, NULL, point), OK);
    assert_bytes(worked_product_key, point, POINT_BYTES);
    for (uint32_t r = 0; r < PEOPLE; r++) {
        for (size_t i = 0; i < PEOPLE; i++)
            assert_int_equal(dealing_share(&s[i], r + 1, sub[i]), OK);
        if (r == 1)
            assert_bytes(worked_product_subshare, sub[0], SCALAR_BYTES);
        assert_int_equal(dealing_combine_share(&set, subs, NULL, share[r]), OK);
        assert_bytes(worked_product_share[r], share[r], SCALAR_BYTES);
    }
    assert_int_equal(dealing_combine_commitment(&set, 1, NULL, point), OK);
    assert_bytes(worked_product_share_commitment, point, POINT_BYTES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_dealt),   cmocka_unit_test(test_complaint),
        cmocka_unit_test(test_result),  cmocka_unit_test(test_dealt_on),
        cmocka_unit_test(test_product),
    };
    return cmocka_run_group_tests(tests, setup, NULL);
}
