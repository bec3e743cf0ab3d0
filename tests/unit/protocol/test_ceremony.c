/*
 * Goal: the entries of a ceremony are read as they were written, and as nothing else.
 * Method: one entry of each step goes round, is cut and changed at each byte; a row breaks each
 * rule; the largest of each fits.
 */
#include "tests/unit/protocol/ceremony_sample.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static const uint8_t author[AUTHOR_BYTES] = {0x99};

/* Wide enough for padding behind the largest. */
static uint8_t payload[CEREMONY_BYTES_MAX + 256];

static enum err decode(size_t len, struct ceremony_entry *out)
{
    return ceremony_decode(author, bytes_of(payload, len), out);
}

static void test_round_trip(void **state)
{
    (void)state;
    for (unsigned i = 0; i < SAMPLE_ENTRIES; i++) {
        struct ceremony_entry e = sample_entry(i), got;
        uint8_t again[CEREMONY_BYTES_MAX];
        memset(payload, 0, sizeof payload);
        size_t len = ceremony_encode(&e, payload);
        if (i == 0)
            ceremony_id(author, &e.proposal, e.id);
        for (size_t padding = 0; padding <= 256; padding += 128) {
            memset(&got, 0xa5, sizeof got);
            assert_int_equal(decode(len + padding, &got), OK);
            assert_memory_equal(&got, &e, sizeof e);
        }
        assert_int_equal(ceremony_encode(&got, again), len);
        assert_memory_equal(again, payload, len);
    }
}

/* Cut anywhere it is short; and nothing is written. */
static void test_cut(void **state)
{
    (void)state;
    for (unsigned i = 0; i < SAMPLE_ENTRIES; i++) {
        struct ceremony_entry e = sample_entry(i), got, before;
        size_t len = ceremony_encode(&e, payload);
        memset(&got, 0xa5, sizeof got);
        before = got;
        for (size_t cut = 0; cut < len; cut++)
            assert_int_equal(decode(cut, &got), ERR_TRUNCATED);
        assert_memory_equal(&got, &before, sizeof got);
        payload[len] = 1;
        assert_int_equal(decode(len + 1, &got), ERR_FORMAT);
        payload[len] = 0;
        assert_memory_equal(&got, &before, sizeof got);
    }
}

/* Each bit: what is read is refused, or what was written with that bit. */
static void test_flipped(void **state)
{
    (void)state;
    for (unsigned i = 0; i < SAMPLE_ENTRIES; i++) {
        struct ceremony_entry e = sample_entry(i), got;
        memset(payload, 0, sizeof payload);
        size_t len = ceremony_encode(&e, payload);
        for (size_t bit = 0; bit < 8 * len; bit++) {
            uint8_t again[CEREMONY_BYTES_MAX];
            payload[bit / 8] ^= (uint8_t)(1U << bit % 8);
            enum err bad = decode(len, &got);
            if (bad == OK) {
                size_t back = ceremony_encode(&got, again);
                assert_true(back <= len);
                assert_memory_equal(again, payload, back);
            } else {
                assert_true(bad == (bit < 8 ? ERR_VERSION : bad) && bad != ERR_LIMIT);
            }
            payload[bit / 8] ^= (uint8_t)(1U << bit % 8);
        }
    }
}

/* One byte of one entry, set to something that cannot be. */
static void test_refused(void **state)
{
    (void)state;
    enum { HEAD = 34, P = 2 + CEREMONY_NONCE_BYTES, PEOPLE = P + 32, DEALT = HEAD + 3 + 64 };
    static const struct {
        unsigned entry;
        size_t at;
        uint8_t value;
        enum err want;
        const char *why;
    } rows[] = {
        {0, 0,                  2,   ERR_VERSION,   "a version to come"            },
        {0, 1,                  0,   ERR_RANGE,     "step 0"                       },
        {1, 1,                  9,   ERR_RANGE,     "step 9"                       },
        {0, P,                  0,   ERR_RANGE,     "kind 0"                       },
        {0, P,                  5,   ERR_RANGE,     "kind 5"                       },
        {0, P + 1,              0,   ERR_RANGE,     "key 0"                        },
        {0, P + 1,              3,   ERR_RANGE,     "the factor is no key to begin"},
        {0, P + 2,              1,   ERR_RANGE,     "threshold 1"                  },
        {0, P + 2,              32,  ERR_RANGE,     "threshold 32"                 },
        {0, P + 31,             0,   ERR_RANGE,     "nobody"                       },
        {0, P + 31,             63,  ERR_RANGE,     "63 people"                    },
        {0, P + 31,             4,   ERR_TRUNCATED, "one more than there is"       },
        {0, P + 31,             2,   ERR_FORMAT,    "one less"                     },
        {2, HEAD,               0,   ERR_RANGE,     "phase 0"                      },
        {2, HEAD,               6,   ERR_RANGE,     "phase 6"                      },
        {2, HEAD + 1,           0,   ERR_RANGE,     "a closing for nobody"         },
        {2, HEAD + 1,           63,  ERR_RANGE,     "for 63"                       },
        {2, HEAD + 2,           255, ERR_FORMAT,    "not ascending"                },
        {3, HEAD,               0,   ERR_RANGE,     "round 0"                      },
        {3, HEAD,               3,   ERR_RANGE,     "round 3"                      },
        {3, HEAD,               2,   ERR_RANGE,     "a new key in round 2"         },
        {4, HEAD,               1,   ERR_RANGE,     "a product in round 1"         },
        {3, HEAD + 1,           0,   ERR_RANGE,     "dealing 0"                    },
        {3, HEAD + 1,           5,   ERR_RANGE,     "dealing 5"                    },
        {3, HEAD + 1,           255, ERR_RANGE,     "dealing 255"                  },
        {3, HEAD + 2,           1,   ERR_RANGE,     "for one"                      },
        {3, HEAD + 2,           32,  ERR_RANGE,     "for 32"                       },
        {3, HEAD + 2,           255, ERR_RANGE,     "for 255"                      },
        {3, DEALT + 64 + 32,    0,   ERR_RANGE,     "to nobody"                    },
        {3, DEALT + 64 + 32,    32,  ERR_RANGE,     "to 32"                        },
        {3, DEALT + 64 + 33,    255, ERR_FORMAT,    "receivers not ascending"      },
        {5, HEAD,               0,   ERR_RANGE,     "verdict of round 0"           },
        {5, HEAD,               3,   ERR_RANGE,     "of round 3"                   },
        {5, HEAD + 1,           63,  ERR_RANGE,     "of 63"                        },
        {5, HEAD + 2,           255, ERR_FORMAT,    "not ascending"                },
        {5, HEAD + 2 + 32,      0,   ERR_RANGE,     "for no reason"                },
        {5, HEAD + 2 + 33 + 32, 3,   ERR_RANGE,     "for reason 3"                 },
        {6, HEAD,               0,   ERR_RANGE,     "answer of round 0"            },
        {6, HEAD,               3,   ERR_RANGE,     "of round 3"                   },
        {6, HEAD + 1,           0,   ERR_RANGE,     "to nobody"                    },
        {6, HEAD + 1,           63,  ERR_RANGE,     "to 63"                        },
        {6, HEAD + 2,           255, ERR_FORMAT,    "not ascending"                },
        {8, HEAD,               0,   ERR_RANGE,     "ended for reason 0"           },
        {8, HEAD,               4,   ERR_RANGE,     "for reason 4"                 },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct ceremony_entry e = sample_entry(rows[i].entry), got;
        size_t len = ceremony_encode(&e, payload);
        payload[rows[i].at] = rows[i].value;
        enum err bad = decode(len, &got);
        if (bad != rows[i].want)
            fail_msg("%s: %s", rows[i].why, err_name(bad));
    }
    /* a verdict without complaint is the usual one */
    struct ceremony_entry e = sample_entry(5), got;
    e.verdict.count = 0;
    assert_int_equal(decode(ceremony_encode(&e, payload), &got), OK);
    /* twice the same */
    e = sample_entry(2);
    e.close.row[1] = e.close.row[0];
    assert_int_equal(decode(ceremony_encode(&e, payload), &got), ERR_FORMAT);
}

/* What a proposal says of itself. */
static void change(struct ceremony_proposal *p, unsigned what)
{
    struct ceremony_person *a = p->person;
    switch (what) {
    case 1:
        p->patience_seconds = CEREMONY_PATIENCE_MIN - 1;
        break;
    case 2:
        p->patience_seconds = CEREMONY_PATIENCE_MAX + 1;
        break;
    case 3:
        p->until_utc = (uint64_t)INT64_MAX + 1;
        break;
    case 4:
        p->epoch = 0;
        break;
    case 5:
        p->base_epoch = 1;
        break;
    case 6:
        p->base_refresh = 1;
        break;
    case 7:
        p->kind = CEREMONY_REFRESH;
        break;
    case 8:
        a[1].deals = a[1].receives = 0;
        break;
    case 9:
        a[1].deals = a[1].receives = 1;
        break;
    case 10:
        a[1].deals = 3;
        break;
    case 11:
        a[1].receives = 0;
        break;
    case 12:
        a[2] = a[1];
        a[2].deals = a[2].receives = 3;
        break;
    case 13:
        p->patience_seconds = CEREMONY_PATIENCE_MAX;
        break;
    case 14:
        p->until_utc = INT64_MAX;
        break;
    case 15:
        a[1].deals = 0;
        break;
    case 16:
        a[2].deals = a[2].receives = 255;
        break;
    case 17:
        p->count = CEREMONY_PEOPLE_MAX + 1;
        break;
    default:
        p->patience_seconds = CEREMONY_PATIENCE_MIN;
        break;
    }
}

static void test_proposals(void **state)
{
    (void)state;
    static const enum err want[] = {OK,        ERR_RANGE, ERR_RANGE,  ERR_RANGE, ERR_RANGE,
                                    ERR_RANGE, ERR_RANGE, ERR_RANGE,  ERR_RANGE, ERR_RANGE,
                                    ERR_RANGE, ERR_RANGE, ERR_FORMAT, OK,        OK,
                                    OK,        OK,        ERR_RANGE};
    for (unsigned i = 0; i < sizeof want / sizeof want[0]; i++) {
        struct ceremony_entry e = sample_entry(0), got;
        change(&e.proposal, i);
        enum err bad = ceremony_proposal_check(&e.proposal);
        if (bad != want[i])
            fail_msg("change %u: %s", i, err_name(bad));
        if (e.proposal.count <= CEREMONY_PEOPLE_MAX)
            assert_int_equal(decode(ceremony_encode(&e, payload), &got), bad);
    }
    /* the other kinds deal from a base, and to whom they like */
    for (uint8_t kind = CEREMONY_REFRESH; kind <= CEREMONY_ROTATE; kind++) {
        struct ceremony_proposal p = sample_proposal();
        p.kind = kind;
        p.base_epoch = 1;
        p.person[0].receives = 0;
        p.person[1].deals = 0;
        p.person[1].receives = 1;
        assert_int_equal(ceremony_proposal_check(&p), OK);
    }
}

/* So many people that each kind of list is full, and one more. */
static void test_largest(void **state)
{
    (void)state;
    struct ceremony_entry e = sample_entry(0), got;
    struct ceremony_proposal *p = &e.proposal;
    p->kind = CEREMONY_RESHARE;
    p->base_epoch = 1;
    p->threshold = 16;
    p->count = CEREMONY_PEOPLE_MAX;
    for (uint8_t i = 0; i < CEREMONY_PEOPLE_MAX; i++) {
        memset(p->person[i].author, i, AUTHOR_BYTES);
        p->person[i].deals = i < KEYHOLDERS_MAX ? (uint8_t)(i + 1) : 0;
        p->person[i].receives = i < KEYHOLDERS_MAX ? 0 : i;
    }
    assert_int_equal(decode(ceremony_encode(&e, payload), &got), OK);
    p->person[0].receives = 200;
    assert_int_equal(ceremony_proposal_check(p), ERR_RANGE);
    p->person[0].receives = 0;
    p->person[61].deals = 200;
    assert_int_equal(ceremony_proposal_check(p), ERR_RANGE);

    e = sample_entry(2);
    e.close.count = CEREMONY_PEOPLE_MAX;
    for (uint8_t i = 0; i < CEREMONY_PEOPLE_MAX; i++)
        memset(e.close.row[i].author, i, AUTHOR_BYTES);
    assert_int_equal(decode(ceremony_encode(&e, payload), &got), OK);
    e = sample_entry(4);
    e.deal.dealing.t = e.deal.count = KEYHOLDERS_MAX;
    for (uint8_t i = 0; i < KEYHOLDERS_MAX; i++)
        memset(e.deal.row[i].receiver, i, AUTHOR_BYTES);
    size_t len = ceremony_encode(&e, payload);
    assert_int_equal(len, 34 + 3 + 31 * 32 + 96 + 32 + 1 + 31 * 80);
    assert_int_equal(decode(len, &got), OK);
}

/* What is hashed depends on who says it, and on each of its bytes. */
static void test_hashes(void **state)
{
    (void)state;
    struct ceremony_entry e = sample_entry(3), other;
    uint8_t a[HASH_BYTES], b[HASH_BYTES];
    static const uint8_t somebody[AUTHOR_BYTES] = {0x98};
    ceremony_deal_hash(author, &e, a);
    ceremony_deal_hash(somebody, &e, b);
    assert_memory_not_equal(a, b, HASH_BYTES);
    other = e;
    other.deal.row[1].sealed[47] ^= 1;
    ceremony_deal_hash(author, &other, b);
    assert_memory_not_equal(a, b, HASH_BYTES);
    ceremony_promise_hash(author, &e.deal.dealing, a);
    ceremony_promise_hash(author, &other.deal.dealing, b);
    assert_memory_equal(a, b, HASH_BYTES); /* sub-shares are not promised */
    other.deal.dealing.proof[63] ^= 1;
    ceremony_promise_hash(author, &other.deal.dealing, b);
    assert_memory_not_equal(a, b, HASH_BYTES);
    ceremony_promise_hash(somebody, &e.deal.dealing, b);
    assert_memory_not_equal(a, b, HASH_BYTES);
    e = sample_entry(5);
    ceremony_verdict_hash(author, &e, a);
    e.verdict.row[0].reason = COMPLAINT_WRONG;
    ceremony_verdict_hash(author, &e, b);
    assert_memory_not_equal(a, b, HASH_BYTES);
    e = sample_entry(0);
    ceremony_id(author, &e.proposal, a);
    ceremony_id(somebody, &e.proposal, b);
    assert_memory_not_equal(a, b, HASH_BYTES);
}

/* The transcript names everything on which the participants must agree, and in its order. */
static void test_transcript(void **state)
{
    (void)state;
    static struct ceremony_result result, changed;
    struct ceremony_close closes[3], other[3];
    uint8_t a[HASH_BYTES], b[HASH_BYTES], id[HASH_BYTES] = {1}, another[HASH_BYTES] = {2};
    for (unsigned i = 0; i < 3; i++) {
        closes[i] = sample_entry(2).close;
        closes[i].phase = (uint8_t)(i + 1);
    }
    result.count = 2;
    for (uint8_t i = 0; i < 2; i++) {
        struct roster_key *k = &result.key[i];
        k->key = KEY_PSEUDONYMS;
        k->epoch = 1;
        k->threshold = 2;
        k->share_count = 3;
        sample_fill(i, k->public_key, POINT_BYTES);
        for (uint8_t j = 0; j < 3; j++) {
            k->index[j] = j + 1;
            sample_author(j, k->holder[j]);
            sample_fill(j, k->commitment[j], POINT_BYTES);
        }
    }
    ceremony_transcript(id, closes, 3, &result, a);
    ceremony_transcript(another, closes, 3, &result, b);
    assert_memory_not_equal(a, b, HASH_BYTES);
    ceremony_transcript(id, closes, 2, &result, b);
    assert_memory_not_equal(a, b, HASH_BYTES);
    memcpy(other, closes, sizeof other);
    other[2].row[1].hash[31] ^= 1;
    ceremony_transcript(id, other, 3, &result, b);
    assert_memory_not_equal(a, b, HASH_BYTES);
    changed = result;
    changed.count = 1;
    ceremony_transcript(id, closes, 3, &changed, b);
    assert_memory_not_equal(a, b, HASH_BYTES);
    uint32_t *const numbers[] = {&changed.key[1].key, &changed.key[1].epoch,
                                 &changed.key[1].refresh, &changed.key[1].threshold,
                                 &changed.key[1].index[2]};
    uint8_t *const bytes[] = {&changed.key[1].public_key[31], &changed.key[1].holder[2][31],
                              &changed.key[1].commitment[2][31]};
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        changed = result;
        *numbers[i] ^= 0x100;
        ceremony_transcript(id, closes, 3, &changed, b);
        assert_memory_not_equal(a, b, HASH_BYTES);
    }
    for (size_t i = 0; i < sizeof bytes / sizeof bytes[0]; i++) {
        changed = result;
        *bytes[i] ^= 1;
        ceremony_transcript(id, closes, 3, &changed, b);
        assert_memory_not_equal(a, b, HASH_BYTES);
    }
}

static void test_signature(void **state)
{
    (void)state;
    struct ceremony_confirm c = sample_entry(7).confirm;
    uint8_t seed[32] = {7}, key[32], secret[64];
    crypto_sign_seed_keypair(key, secret, seed);
    assert_int_equal(ceremony_verify(&c, key), ERR_SIGNATURE);
    ceremony_sign(c.transcript, secret, c.signature);
    assert_int_equal(ceremony_verify(&c, key), OK);
    for (size_t i = 0; i < SIGNATURE_BYTES; i++) {
        c.signature[i] ^= (uint8_t)(1U << i % 8);
        assert_int_equal(ceremony_verify(&c, key), ERR_SIGNATURE);
        c.signature[i] ^= (uint8_t)(1U << i % 8);
    }
    c.transcript[0] ^= 1;
    assert_int_equal(ceremony_verify(&c, key), ERR_SIGNATURE);
}

/* Only its receiver opens a sub-share, and only where it stands. */
static void test_sealed(void **state)
{
    (void)state;
    struct dealing_place place = {.round = 1}, elsewhere;
    struct envelope_key prekey, other;
    uint8_t ephemeral_secret[32] = {3}, secret[32] = {4}, receiver[32] = {5}, ephemeral[32];
    uint8_t sealed[CEREMONY_SEALED_BYTES], share[32] = {6}, got[32], zeros[32] = {0};
    envelope_key_of(secret, &prekey);
    secret[0] = 8;
    envelope_key_of(secret, &other);
    assert_int_equal(crypto_scalarmult_base(ephemeral, ephemeral_secret), 0);
    assert_int_equal(
        ceremony_seal(&place, receiver, ephemeral_secret, prekey.public_key, share, sealed), OK);
    assert_int_equal(ceremony_unseal(&place, receiver, ephemeral, &prekey, sealed, got), OK);
    assert_memory_equal(got, share, sizeof got);

    for (size_t i = 0; i < sizeof sealed; i++) {
        sealed[i] ^= (uint8_t)(1U << i % 8);
        memset(got, 0xa5, sizeof got);
        assert_int_equal(ceremony_unseal(&place, receiver, ephemeral, &prekey, sealed, got),
                         ERR_EPOCH);
        assert_memory_equal(got, zeros, sizeof got);
        sealed[i] ^= (uint8_t)(1U << i % 8);
    }
    assert_int_equal(ceremony_unseal(&place, receiver, ephemeral, &other, sealed, got), ERR_EPOCH);
    receiver[31] ^= 1;
    assert_int_equal(ceremony_unseal(&place, receiver, ephemeral, &prekey, sealed, got), ERR_EPOCH);
    receiver[31] ^= 1;
    uint8_t *const parts[] = {&elsewhere.ceremony[31], &elsewhere.dealer[31], &elsewhere.round};
    for (size_t i = 0; i < 3; i++) {
        elsewhere = place;
        *parts[i] ^= 2;
        assert_int_equal(ceremony_unseal(&elsewhere, receiver, ephemeral, &prekey, sealed, got),
                         ERR_EPOCH);
    }
    ephemeral[31] ^= 0x80; /* the exchange does not look at it; the key does */
    assert_int_equal(ceremony_unseal(&place, receiver, ephemeral, &prekey, sealed, got), ERR_EPOCH);
    assert_int_equal(ceremony_unseal(&place, receiver, zeros, &prekey, sealed, got), ERR_POINT);
    assert_int_equal(ceremony_seal(&place, receiver, ephemeral_secret, zeros, share, sealed),
                     ERR_POINT);
    assert_true(sodium_is_zero(sealed, sizeof sealed));

    ephemeral[31] ^= 0x80;
    assert_int_equal(
        ceremony_seal(&place, receiver, ephemeral_secret, prekey.public_key, zeros, sealed), OK);
    assert_int_equal(ceremony_unseal(&place, receiver, ephemeral, &prekey, sealed, got),
                     ERR_SCALAR);
    memset(share, 0xff, sizeof share);
    assert_int_equal(
        ceremony_seal(&place, receiver, ephemeral_secret, prekey.public_key, share, sealed), OK);
    assert_int_equal(ceremony_unseal(&place, receiver, ephemeral, &prekey, sealed, got),
                     ERR_SCALAR);
    assert_memory_equal(got, zeros, sizeof got);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip), cmocka_unit_test(test_cut),
        cmocka_unit_test(test_flipped),    cmocka_unit_test(test_refused),
        cmocka_unit_test(test_proposals),  cmocka_unit_test(test_largest),
        cmocka_unit_test(test_hashes),     cmocka_unit_test(test_transcript),
        cmocka_unit_test(test_signature),  cmocka_unit_test(test_sealed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
