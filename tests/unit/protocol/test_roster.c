#include "tests/unit/protocol/roster_sample.h"

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

/* Encodes s->in and decodes it to s->out. */
static enum err round_trip(struct sample *s)
{
    size_t len = roster_encode(&s->in, s->document, sizeof s->document);
    assert_true(len > 0);
    return roster_decode(bytes_of(s->document, len), &s->arena, &s->out);
}

/* Goal: what is written is read, field by field, and the arena is given back.
 * Method: a list with every field set, encoded by hand and decoded by protobuf-c. */
static void test_round_trip(void **state)
{
    struct sample *s = *state;
    sample_roster(&s->in, 5);
    s->in.version = 7;
    memset(s->in.previous, 0xab, HASH_BYTES);
    memset(s->in.genesis, 0xcd, HASH_BYTES);
    s->in.organisations[4].status = ORG_SUSPENDED;
    s->in.organisations[4].roles = ROLES_ALL;
    memcpy(s->in.organisations[4].dpia, "DPIA 3", 7);
    memcpy(s->in.organisations[4].transfer, "adequacy", 9);
    memset(s->in.organisations[4].name, 0, NAME_BYTES_MAX + 1);
    memcpy(s->in.organisations[4].name, "S\xc3\xa9mantique", 12);
    s->in.organisations[4].accepted = (struct accepted){.feed_epoch = 1, .size = 77};
    memset(s->in.organisations[4].accepted.root, 0x77, HASH_BYTES);
    memset(s->in.organisations[3].old_transport_key, 0x66, KEY_BYTES);
    s->in.organisations[3].old_transport_until_utc = s->in.issued_utc + OLD_TRANSPORT_SECONDS_MAX;
    memset(s->in.also, 0xef, HASH_BYTES);
    s->in.policy = (struct roster_policy){100, 200, 300, 400, 500, 6};
    s->in.keys[0].refresh = 6;
    s->in.keys[1].until_utc = 1900000001;
    assert_int_equal(round_trip(s), OK);
    assert_int_equal(s->arena.used, 0);

    const struct roster *in = &s->in, *out = &s->out;
    assert_int_equal(out->version, 7);
    assert_memory_equal(out->previous, in->previous, HASH_BYTES);
    assert_string_equal(out->federation, in->federation);
    assert_int_equal(out->issued_utc, in->issued_utc);
    assert_int_equal(out->fresh_until_utc, in->fresh_until_utc);
    assert_memory_equal(&out->stewards, &in->stewards, sizeof in->stewards);
    assert_memory_equal(&out->signers, &in->stewards, sizeof in->stewards);
    assert_memory_equal(&out->policy, &in->policy, sizeof in->policy);
    assert_int_equal(out->key_count, 2);
    assert_memory_equal(out->keys, in->keys, sizeof in->keys);
    assert_int_equal(out->organisation_count, 5);
    assert_memory_equal(out->organisations, in->organisations, 5 * sizeof in->organisations[0]);
    assert_memory_equal(out->genesis, in->genesis, HASH_BYTES);
    assert_memory_equal(out->also, in->also, HASH_BYTES);
    size_t len = roster_encode(in, s->text, sizeof s->text);
    assert_int_equal(roster_encode(in, s->text, len - 1), 0);
    assert_int_equal(roster_encode(in, s->text, len), len);
}

/* Goal: the hash is the one that the specification gives, and a genesis knows itself. */
static void test_hash(void **state)
{
    struct sample *s = *state;
    sample_roster(&s->in, 3);
    assert_int_equal(round_trip(s), OK);
    size_t len = roster_encode(&s->in, s->document, sizeof s->document);
    uint8_t want[HASH_BYTES];
    memcpy(s->text, "seinpost/v1/roster", 18);
    memcpy(s->text + 18, s->document, len);
    crypto_generichash(want, sizeof want, s->text, 18 + len, NULL, 0);
    assert_memory_equal(s->out.hash, want, HASH_BYTES);
    assert_memory_equal(s->out.genesis, want, HASH_BYTES);
}

/* Goal: a policy of zeros, or none, means the stated defaults. */
static void test_policy_defaults(void **state)
{
    struct sample *s = *state;
    sample_roster(&s->in, 3);
    assert_int_equal(round_trip(s), OK);
    assert_int_equal(s->out.policy.term_days_max, 1826);
    assert_int_equal(s->out.policy.budget_a_day, 4096);
    assert_int_equal(s->out.policy.coverage_seconds, 86400);
    assert_int_equal(s->out.policy.grace_seconds, 0);
}

/* One way in which a document can be wrong: applied to the decoded message of a good one. */
#define CHANGE(name, code)                                                                         \
    static void name(Seinpost__Roster *m)                                                          \
    {                                                                                              \
        code;                                                                                      \
    }
#define ORG(i) (m->organisation[i])
#define KEY(i) (m->threshold_key[i])
#define SHARE(i) (m->threshold_key[0]->share[i])
#define DATA(s) ((ProtobufCBinaryData){sizeof(s) - 1, (uint8_t *)(uintptr_t)(s)})
#define TEXT(s) ((char *)(uintptr_t)(s))
#define A32 "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
#define Z32 "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
#define A128 A32 A32 A32 A32

CHANGE(nothing, (void)m)
CHANGE(version_zero, m->version = 0)
CHANGE(genesis_previous, m->previous = DATA(A32))
CHANGE(genesis_genesis, m->genesis = DATA(A32))
CHANGE(later_no_previous, m->version = 2; m->genesis = DATA(A32))
CHANGE(later_short_previous, m->version = 2; m->genesis = DATA(A32); m->previous = DATA("short"))
CHANGE(later_no_genesis, m->version = 2; m->previous = DATA(A32))
CHANGE(later_short_genesis, m->version = 2; m->previous = DATA(A32); m->genesis = DATA("short"))
CHANGE(later_zero_genesis, m->version = 2; m->previous = DATA(A32); m->genesis = DATA(Z32))
CHANGE(later, m->version = 2; m->previous = DATA(A32); m->genesis = DATA(A32))
CHANGE(no_federation, m->federation = TEXT(""))
CHANGE(long_federation, m->federation = TEXT(A128))
CHANGE(control_federation, m->federation = TEXT("a\x1b[2J"))
CHANGE(before_1970, m->issued_utc = -1)
CHANGE(never_fresh, m->fresh_until_utc = m->issued_utc)
CHANGE(no_stewards, m->n_steward = 0)
CHANGE(quorum_zero, m->quorum = 0)
CHANGE(quorum_high, m->quorum = SAMPLE_STEWARDS + 1)
CHANGE(quorum_all, m->quorum = SAMPLE_STEWARDS)
CHANGE(steward_twice, m->steward[4] = m->steward[0])
CHANGE(steward_short, m->steward[4].len = 31)
CHANGE(steward_zeros, m->steward[4] = DATA(Z32))
CHANGE(no_organisations, m->n_organisation = 0; m->n_threshold_key = 0)
CHANGE(org_id_twice, ORG(4)->org_id = ORG(3)->org_id)
CHANGE(feed_key_twice, ORG(4)->feed_key = ORG(0)->feed_key)
CHANGE(transport_key_twice, ORG(0)->transport_key = ORG(4)->transport_key)
CHANGE(org_id_empty, ORG(4)->org_id = TEXT(""))
CHANGE(org_id_script, ORG(4)->org_id = TEXT("NL-KVK-\xd9\x85"))
CHANGE(org_id_space, ORG(4)->org_id = TEXT("NL-KVK-1 2"))
CHANGE(org_id_long, ORG(4)->org_id = TEXT("NL-KVK-" A32 A32))
CHANGE(name_empty, ORG(4)->name = TEXT(""))
CHANGE(name_long, ORG(4)->name = TEXT(A128))
CHANGE(name_newline, ORG(4)->name = TEXT("a\nb"))
CHANGE(country_long, ORG(4)->country = TEXT("NLD"))
CHANGE(country_short, ORG(4)->country = TEXT("N"))
CHANGE(country_small, ORG(4)->country = TEXT("nl"))
CHANGE(country_digit, ORG(4)->country = TEXT("N1"))
CHANGE(feed_key_short, ORG(4)->feed_key = DATA("short"))
CHANGE(feed_key_zeros, ORG(4)->feed_key = DATA(Z32))
CHANGE(transport_key_long, ORG(4)->transport_key = DATA(A32 "A"))
CHANGE(transport_key_none, ORG(4)->transport_key.len = 0)
CHANGE(roles_none, ORG(4)->roles = 0)
CHANGE(roles_unknown, ORG(4)->roles = 257)
/* A list in which the last organisation is suspended and has an old transport key. */
static Seinpost__Accepted accepted = {
    PROTOBUF_C_MESSAGE_INIT(&seinpost__accepted__descriptor),
    1,
    9,
    {32, (uint8_t *)(uintptr_t)A32}
};
#define SUSPENDED(epoch, length, root_bytes)                                                       \
    ORG(4)->status = ORG_SUSPENDED;                                                                \
    accepted.feed_epoch = epoch;                                                                   \
    accepted.size = length;                                                                        \
    accepted.root = root_bytes;                                                                    \
    ORG(4)->accepted = &accepted
#define OLD(bytes, until)                                                                          \
    ORG(4)->old_transport_key = bytes;                                                             \
    ORG(4)->old_transport_until_utc = until

CHANGE(suspended, SUSPENDED(1, 9, DATA(A32)))
CHANGE(suspended_epoch, SUSPENDED(2, 9, DATA(A32)))
CHANGE(suspended_zero, SUSPENDED(0, 9, DATA(A32)))
CHANGE(suspended_long, SUSPENDED(1, 1ULL << 40, DATA(A32)))
CHANGE(suspended_root, SUSPENDED(1, 9, DATA("short")))
CHANGE(active_accepted, SUSPENDED(1, 9, DATA(A32)); ORG(4)->status = ORG_ACTIVE)
CHANGE(old_transport, OLD(DATA(A32), m->issued_utc + 30 * 86400))
CHANGE(old_transport_long, OLD(DATA(A32), m->issued_utc + 30 * 86400 + 1))
CHANGE(old_transport_never, OLD(DATA(A32), 0))
CHANGE(old_transport_before, OLD(DATA(A32), -1))
CHANGE(old_transport_short, OLD(DATA("short"), 5))
CHANGE(old_transport_none, OLD(DATA(""), 5))
CHANGE(old_transport_zeros, OLD(DATA(Z32), 5))
CHANGE(old_transport_other, OLD(ORG(0)->transport_key, 5))
CHANGE(old_transport_own, OLD(ORG(4)->transport_key, 5))
CHANGE(old_transport_twice, OLD(DATA(A32), 5); ORG(3)->old_transport_key = DATA(A32);
       ORG(3)->old_transport_until_utc = 5)
CHANGE(genesis_also, m->also_previous = DATA(A32))
CHANGE(later_also, m->version = 2; m->previous = DATA(A32); m->genesis = DATA(A32);
       m->also_previous = DATA(A32))
CHANGE(later_short_also, m->version = 2; m->previous = DATA(A32); m->genesis = DATA(A32);
       m->also_previous = DATA("short"))
CHANGE(status_zero, ORG(4)->status = 0)
CHANGE(status_unknown, ORG(4)->status = 4)
CHANGE(feed_epoch_zero, ORG(4)->feed_epoch = 0)
CHANGE(basis_none, ORG(4)->legal_basis = NULL)
CHANGE(basis_before_1970, ORG(4)->legal_basis->expires_utc = -1)
CHANGE(licence_long, ORG(4)->legal_basis->licence = TEXT(A128))
CHANGE(dpia_control, ORG(4)->legal_basis->dpia = TEXT("\x7f"))
CHANGE(transfer_long, ORG(4)->legal_basis->transfer = TEXT(A128))
CHANGE(key_unknown, KEY(0)->key = 4)
CHANGE(key_factor, KEY(0)->key = KEY_FACTOR)
CHANGE(key_until, KEY(0)->until_utc = INT64_MAX)
CHANGE(key_until_before, KEY(0)->until_utc = -1)
/* The second key becomes another sharing of the first one's. */
#define AGAIN(number)                                                                              \
    KEY(1)->key = KEY(0)->key;                                                                     \
    KEY(1)->epoch = KEY(0)->epoch;                                                                 \
    KEY(1)->refresh = KEY(0)->refresh + (number);                                                  \
    KEY(1)->public_key = KEY(0)->public_key;                                                       \
    KEY(1)->share = KEY(0)->share

CHANGE(key_again, AGAIN(1))
CHANGE(key_again_same, AGAIN(0))
CHANGE(key_again_other, KEY(1)->key = KEY(0)->key; KEY(1)->epoch = KEY(0)->epoch;
       KEY(1)->refresh = KEY(0)->refresh + 1)
CHANGE(key_epoch_zero, KEY(0)->epoch = 0)
CHANGE(key_twice, KEY(1) = KEY(0))
CHANGE(key_short, KEY(0)->public_key.len = 31)
CHANGE(key_no_point, KEY(0)->public_key = DATA(A32))
CHANGE(key_identity, KEY(0)->public_key = DATA(Z32))
CHANGE(key_other, KEY(0)->public_key = KEY(1)->public_key)
CHANGE(threshold_zero, KEY(0)->threshold = 0)
CHANGE(threshold_high, KEY(0)->threshold = 4)
CHANGE(threshold_other, KEY(0)->threshold = 3)
CHANGE(no_shares, KEY(0)->n_share = 0)
CHANGE(share_zero, SHARE(1)->index = 0)
CHANGE(share_twice, SHARE(1)->index = SHARE(0)->index)
CHANGE(share_moved, SHARE(1)->index = 17)
CHANGE(holder_short, SHARE(1)->holder.len = 31)
CHANGE(holder_unknown, SHARE(1)->holder = DATA(A32))
CHANGE(holder_twice, SHARE(1)->holder = SHARE(0)->holder)
CHANGE(holder_no_keyholder, ORG(1)->roles = ROLE_MEMBER)
CHANGE(holder_left, ORG(1)->status = ORG_LEFT)
CHANGE(commitment_short, SHARE(1)->commitment.len = 31)
CHANGE(commitment_no_point, SHARE(1)->commitment = DATA(A32))
CHANGE(commitment_other, SHARE(1)->commitment = SHARE(0)->commitment)
CHANGE(no_keys, m->n_threshold_key = 0)

/* Goal: each thing that is wrong is found, named by its code, and changes nothing.
 * Method: one row is one change to a good document of five organisations and two keys. */
static void test_decode_rows(void **state)
{
    struct sample *s = *state;
    static const struct {
        void (*change)(Seinpost__Roster *m);
        enum err want;
        const char *why;
    } rows[] = {
        {nothing,              OK,               "as it was"                                },
        {version_zero,         ERR_RANGE,        "version 0"                                },
        {genesis_previous,     ERR_FORMAT,       "a genesis with a predecessor"             },
        {later_no_previous,    ERR_FORMAT,       "version 2 without a predecessor"          },
        {later_short_previous, ERR_FORMAT,       "a short hash"                             },
        {genesis_genesis,      ERR_FORMAT,       "a genesis that names another"             },
        {later_no_genesis,     ERR_FORMAT,       "version 2 without the genesis"            },
        {later_short_genesis,  ERR_FORMAT,       "a short hash of the genesis"              },
        {later_zero_genesis,   ERR_FORMAT,       "zeros as the genesis"                     },
        {suspended,            OK,               "suspended, with the end of its feed"      },
        {suspended_epoch,      ERR_RANGE,        "an end of a chapter to come"              },
        {suspended_zero,       ERR_RANGE,        "an end of chapter 0"                      },
        {suspended_long,       ERR_RANGE,        "an end beyond any feed"                   },
        {suspended_root,       ERR_FORMAT,       "half a root"                              },
        {active_accepted,      ERR_RANGE,        "an end of the chapter that goes on"       },
        {old_transport,        OK,               "an old transport key, for 30 days"        },
        {old_transport_long,   ERR_RANGE,        "for longer"                               },
        {old_transport_never,  ERR_RANGE,        "until no time"                            },
        {old_transport_before, ERR_RANGE,        "until before 1970"                        },
        {old_transport_short,  ERR_FORMAT,       "half an old transport key"                },
        {old_transport_none,   ERR_FORMAT,       "a time without an old transport key"      },
        {old_transport_zeros,  ERR_FORMAT,       "an old transport key of zeros"            },
        {old_transport_other,  ERR_DUPLICATE,    "an old transport key that another has"    },
        {old_transport_own,    ERR_DUPLICATE,    "an old transport key that is the new one" },
        {old_transport_twice,  ERR_DUPLICATE,    "one old transport key of two"             },
        {genesis_also,         ERR_FORMAT,       "a genesis after another one"              },
        {later_also,           OK,               "a list after two"                         },
        {later_short_also,     ERR_FORMAT,       "half the hash of the second"              },
        {later,                OK,               "version 2"                                },
        {no_federation,        ERR_FORMAT,       "no name of the federation"                },
        {long_federation,      ERR_LIMIT,        "a long name of the federation"            },
        {control_federation,   ERR_FORMAT,       "a control character"                      },
        {before_1970,          ERR_RANGE,        "issued before 1970"                       },
        {never_fresh,          ERR_RANGE,        "never fresh"                              },
        {no_stewards,          ERR_RANGE,        "no stewards"                              },
        {quorum_zero,          ERR_RANGE,        "quorum 0"                                 },
        {quorum_high,          ERR_RANGE,        "quorum above the stewards"                },
        {quorum_all,           OK,               "quorum of all"                            },
        {steward_twice,        ERR_DUPLICATE,    "a steward twice"                          },
        {steward_short,        ERR_FORMAT,       "a short steward key"                      },
        {steward_zeros,        ERR_FORMAT,       "a steward key of zeros"                   },
        {no_organisations,     OK,               "no organisations, as in a draft"          },
        {org_id_twice,         ERR_DUPLICATE,    "an org_id twice"                          },
        {feed_key_twice,       ERR_DUPLICATE,    "a feed key twice"                         },
        {transport_key_twice,  ERR_DUPLICATE,    "a transport key twice"                    },
        {org_id_empty,         ERR_FORMAT,       "no org_id"                                },
        {org_id_script,        ERR_FORMAT,       "an org_id beyond ASCII"                   },
        {org_id_space,         ERR_FORMAT,       "an org_id with a space"                   },
        {org_id_long,          ERR_LIMIT,        "a long org_id"                            },
        {name_empty,           ERR_FORMAT,       "no name"                                  },
        {name_long,            ERR_LIMIT,        "a long name"                              },
        {name_newline,         ERR_FORMAT,       "a name of two lines"                      },
        {country_long,         ERR_FORMAT,       "a country of three letters"               },
        {country_short,        ERR_FORMAT,       "a country of one letter"                  },
        {country_small,        ERR_FORMAT,       "a country in small letters"               },
        {country_digit,        ERR_FORMAT,       "a country with a digit"                   },
        {feed_key_short,       ERR_FORMAT,       "a short feed key"                         },
        {feed_key_zeros,       ERR_FORMAT,       "a feed key of zeros"                      },
        {transport_key_long,   ERR_FORMAT,       "a long transport key"                     },
        {transport_key_none,   ERR_FORMAT,       "no transport key"                         },
        {roles_none,           ERR_RANGE,        "no roles"                                 },
        {roles_unknown,        ERR_RANGE,        "an unknown role"                          },
        {status_zero,          ERR_RANGE,        "no status"                                },
        {status_unknown,       ERR_RANGE,        "an unknown status"                        },
        {feed_epoch_zero,      ERR_RANGE,        "feed epoch 0"                             },
        {basis_none,           OK,               "no legal basis"                           },
        {basis_before_1970,    ERR_RANGE,        "a legal basis that ended before 1970"     },
        {licence_long,         ERR_LIMIT,        "a long licence"                           },
        {dpia_control,         ERR_FORMAT,       "a control character in a reference"       },
        {transfer_long,        ERR_LIMIT,        "a long transfer basis"                    },
        {key_unknown,          ERR_RANGE,        "a key of unknown purpose"                 },
        {key_factor,           OK,               "a factor"                                 },
        {key_until,            OK,               "a sharing until a time"                   },
        {key_until_before,     ERR_RANGE,        "until before 1970"                        },
        {key_again,            OK,               "a key shared out again"                   },
        {key_again_same,       ERR_DUPLICATE,    "with the same numbers"                    },
        {key_again_other,      ERR_PROOF,        "with another public key"                  },
        {key_epoch_zero,       ERR_RANGE,        "key epoch 0"                              },
        {key_twice,            ERR_DUPLICATE,    "a sharing twice"                          },
        {key_short,            ERR_FORMAT,       "a short public key"                       },
        {key_no_point,         ERR_POINT,        "a public key that is no point"            },
        {key_identity,         ERR_POINT,        "the identity as public key"               },
        {key_other,            ERR_PROOF,        "another key's public key"                 },
        {threshold_zero,       ERR_RANGE,        "threshold 0"                              },
        {threshold_high,       ERR_RANGE,        "threshold above the shares"               },
        {threshold_other,      ERR_PROOF,        "a threshold that the shares do not have"  },
        {no_shares,            ERR_RANGE,        "no shares"                                },
        {share_zero,           ERR_RANGE,        "share index 0"                            },
        {share_twice,          ERR_RANGE,        "a share index twice"                      },
        {share_moved,          ERR_PROOF,        "a share at another index"                 },
        {holder_short,         ERR_FORMAT,       "a short holder"                           },
        {holder_unknown,       ERR_NOT_FOUND,    "a holder who is not in the list"          },
        {holder_twice,         ERR_DUPLICATE,    "a holder twice"                           },
        {holder_no_keyholder,  ERR_UNAUTHORISED, "a holder who is no keyholder"             },
        {holder_left,          OK,               "a holder who left: the share still exists"},
        {commitment_short,     ERR_FORMAT,       "a short commitment"                       },
        {commitment_no_point,  ERR_POINT,        "a commitment that is no point"            },
        {commitment_other,     ERR_PROOF,        "another share's commitment"               },
        {no_keys,              OK,               "no keys yet"                              },
    };
    sample_roster(&s->in, 5);
    size_t len = roster_encode(&s->in, s->document, sizeof s->document);
    memset(&s->out, 0x5a, sizeof s->out);
    memcpy(&s->current, &s->out, sizeof s->out);
    for (size_t i = 0; i < COUNT(rows); i++) {
        ProtobufCMessage *base;
        assert_int_equal(wire_decode(&seinpost__roster__descriptor, bytes_of(s->document, len),
                                     ROSTER_FIELDS_MAX, &s->arena, &base),
                         OK);
        Seinpost__Roster *m = (Seinpost__Roster *)base;
        rows[i].change(m);
        size_t changed = seinpost__roster__pack(m, s->text);
        wire_arena_reset(&s->arena);
        enum err got = roster_decode(bytes_of(s->text, changed), &s->arena, &s->out);
        if (got != rows[i].want)
            fail_msg("%s: %s, not %s", rows[i].why, err_name(got), err_name(rows[i].want));
        if (got != OK)
            assert_memory_equal(&s->out, &s->current, sizeof s->out);
        memcpy(&s->out, &s->current, sizeof s->out);
        assert_int_equal(s->arena.used, 0);
    }
}

/* Goal: counts are bounded, each by its own limit.
 * Method: the largest document of each kind, and one more; the scan's limit lets both through. */
static void test_limits(void **state)
{
    struct sample *s = *state;
    static const struct {
        size_t organisations, stewards, keys;
        enum err want;
    } rows[] = {
        {5,                     STEWARDS_MAX,     2,                      OK       },
        {5,                     STEWARDS_MAX + 1, 2,                      ERR_LIMIT},
        {5,                     3,                THRESHOLD_KEYS_MAX,     OK       },
        {5,                     3,                THRESHOLD_KEYS_MAX + 1, ERR_LIMIT},
        {ORGANISATIONS_MAX + 1, 3,                0,                      ERR_LIMIT},
        {ROSTER_FIELDS_MAX + 1, 0,                0,                      ERR_LIMIT},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        sample_roster(&s->in, 5);
        struct pack p = pack_of(s->text, sizeof s->text);
        s->in.stewards.count = 0;
        s->in.key_count = rows[i].keys < THRESHOLD_KEYS_MAX ? rows[i].keys : THRESHOLD_KEYS_MAX;
        for (uint32_t k = 0; k < s->in.key_count; k++)
            sample_key(&s->in, &s->in.keys[k], 1 + k % 2, 1 + k / 2);
        size_t len = roster_encode(&s->in, s->document, sizeof s->document);
        pack_copy(&p, s->document, len);
        for (uint32_t k = 0; k < rows[i].stewards; k++) {
            uint8_t key[64];
            sample_bytes(6, k, key);
            wire_put_bytes(&p, 6, bytes_of(key, 32));
        }
        for (size_t k = 5; k < rows[i].organisations; k++)
            wire_put_bytes(&p, 8, BYTES_LITERAL("\x12\x01x"));
        for (size_t k = s->in.key_count; k < rows[i].keys; k++)
            wire_put_bytes(&p, 9, BYTES_LITERAL("\x08\x01"));
        assert_false(p.is_full);
        enum err got = roster_decode(bytes_of(s->text, pack_len(&p)), &s->arena, &s->out);
        if (got != rows[i].want)
            fail_msg("row %zu: %s", i, err_name(got));
    }
    assert_int_equal(roster_decode(bytes_of(s->room, ROSTER_BYTES_MAX + 1), &s->arena, &s->out),
                     ERR_LIMIT);
}

/* Goal: the writer has room for the largest key that there can be, and says so when it has not. */
static void test_largest_key(void **state)
{
    struct sample *s = *state;
    sample_roster(&s->in, 5);
    size_t before = roster_encode(&s->in, s->document, sizeof s->document);
    struct roster_key *k = &s->in.keys[0];
    k->epoch = k->refresh = k->threshold = UINT32_MAX;
    k->until_utc = INT64_MAX;
    k->share_count = KEYHOLDERS_MAX;
    memset(k->index, 0xff, sizeof k->index);
    memset(k->holder, 0xff, sizeof k->holder);
    memset(k->commitment, 0xff, sizeof k->commitment);
    size_t len = roster_encode(&s->in, s->document, sizeof s->document);
    assert_true(len > before + 28 * (6 + 34 + 34));
    assert_int_equal(roster_encode(&s->in, s->document, len - 1), 0);
}

/* Goal: a key cannot have more shares than there can be keyholders.
 * Method: shares are counted before any is read. */
static void test_share_limit(void **state)
{
    struct sample *s = *state;
    sample_roster(&s->in, 5);
    s->in.key_count = 0;
    size_t len = roster_encode(&s->in, s->document, sizeof s->document);
    struct pack p = pack_of(s->document + len, sizeof s->document - len);
    uint8_t room[256];
    struct pack key = pack_of(room, sizeof room);
    wire_put_uint(&key, 1, KEY_PSEUDONYMS);
    wire_put_uint(&key, 2, 1);
    wire_put_bytes(&key, 5, bytes_of(s->in.stewards.key[0], 32));
    for (size_t i = 0; i <= KEYHOLDERS_MAX; i++)
        wire_put_bytes(&key, 6, BYTES_LITERAL("\x08\x01"));
    wire_put_bytes(&p, 9, bytes_of(room, pack_len(&key)));
    assert_int_equal(roster_decode(bytes_of(s->document, len + pack_len(&p)), &s->arena, &s->out),
                     ERR_LIMIT);
}

/* Goal: the arena that is promised holds the largest list that there can be, and a smaller one is
 * an error. Method: 1,024 organisations whose every text is as long as it may be; then arenas of
 * many sizes.
 */
static void test_arena(void **state)
{
    struct sample *s = *state;
    sample_largest(&s->in);
    size_t len = roster_encode(&s->in, s->document, sizeof s->document);
    assert_in_range(len, ORGANISATIONS_MAX * 600, ROSTER_BYTES_MAX);
    struct bytes document = bytes_of(s->document, len);
    struct wire_arena most; /* roster_accept uses the rest */
    wire_arena_init(&most, s->room, ROSTER_ARENA_BYTES - sizeof s->out);
    assert_int_equal(roster_decode(document, &most, &s->out), OK);

    memset(&s->out, 0, sizeof s->out);
    size_t enough = 0;
    for (size_t cap = 1000; enough == 0; cap += 100000) {
        struct wire_arena small;
        wire_arena_init(&small, s->room, cap);
        enum err e = roster_decode(document, &small, &s->out);
        if (e == OK)
            enough = cap;
        else
            assert_int_equal(e, ERR_FULL);
        assert_int_equal(s->out.version, e == OK ? 1 : 0);
        assert_int_equal(small.used, 0);
    }
    print_message("# a document of %zu bytes, a struct of %zu, decoded in an arena of %zu\n", len,
                  sizeof s->out, enough);
}

/* Goal: no damage to a document harms us.
 * Method: cut at each byte, and each byte flipped, in memory of the exact length. */
static void test_damage(void **state)
{
    struct sample *s = *state;
    sample_roster(&s->in, 3);
    s->in.key_count = 1;
    size_t len = roster_encode(&s->in, s->document, sizeof s->document);
    uint8_t *exact = malloc(len);
    assert_non_null(exact);
    for (size_t cut = 0; cut < len; cut++) {
        uint8_t *end = exact + len - cut;
        memcpy(end, s->document, cut);
        enum err e = roster_decode(bytes_of(end, cut), &s->arena, &s->out);
        /* What ends at a field's border may be a draft, or a list of fewer. */
        assert_true(e != OK || s->out.organisation_count < 3 || s->out.key_count < 1 || cut > 300);
    }
    memcpy(exact, s->document, len);
    uint8_t hash[HASH_BYTES];
    roster_hash(bytes_of(exact, len), hash);
    for (size_t i = 0; i < len; i++) {
        exact[i] ^= (uint8_t)(1 << i % 8);
        if (roster_decode(bytes_of(exact, len), &s->arena, &s->out) == OK)
            assert_memory_not_equal(s->out.hash, hash, HASH_BYTES);
        exact[i] ^= (uint8_t)(1 << i % 8);
        assert_int_equal(s->arena.used, 0);
    }
    free(exact);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip),      cmocka_unit_test(test_hash),
        cmocka_unit_test(test_policy_defaults), cmocka_unit_test(test_decode_rows),
        cmocka_unit_test(test_limits),          cmocka_unit_test(test_share_limit),
        cmocka_unit_test(test_largest_key),     cmocka_unit_test(test_arena),
        cmocka_unit_test(test_damage),
    };
    return cmocka_run_group_tests(tests, sample_setup, sample_teardown);
}
