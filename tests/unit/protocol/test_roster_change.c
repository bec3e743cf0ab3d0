/*
 * test_roster_change.c - what a next member list may change of its organisations, and what two
 * lists of one version make of each other.
 */
#include "tests/unit/protocol/roster_next.h"

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

/* Goal: nobody vanishes, one feed_epoch has one key, and wherever a chapter of a feed ends it is
 * said up to where it counts.
 * Method: one row is one change of the last organisation, whose feed_epoch is 2 and of which 5
 * entries had been accepted when it was 1. */
static void test_members(void **state)
{
    struct sample *s = *state;
    /* clang-format off */
    static const struct {
        uint32_t feed_epoch;
        bool is_rekeyed, is_gone;
        enum org_status status;
        uint32_t accepted_epoch;
        uint64_t accepted;
        enum err want;
        const char *why;
    } rows[] = {
        {2, false, false, ORG_ACTIVE,    1, 5, OK,            "as it was"},
        {2, false, false, ORG_ACTIVE,    0, 0, OK,            "the old cut is not repeated"},
        {2, false, false, ORG_ACTIVE,    1, 4, ERR_RANGE,     "less than was accepted"},
        {2, false, false, ORG_SUSPENDED, 2, 9, OK,            "suspended, with its end"},
        {2, false, false, ORG_SUSPENDED, 2, 4, ERR_RANGE,     "suspended, with less"},
        {2, false, false, ORG_SUSPENDED, 0, 0, ERR_RANGE,     "suspended, without an end"},
        {2, false, false, ORG_SUSPENDED, 1, 9, ERR_RANGE,     "suspended, with an end of another chapter"},
        {2, false, false, ORG_LEFT,      2, 5, OK,            "left, with its end"},
        {2, false, false, ORG_LEFT,      0, 0, ERR_RANGE,     "left, without an end"},
        {3, true,  false, ORG_ACTIVE,    2, 9, OK,            "a new key, with the end of the old one's"},
        {3, true,  false, ORG_ACTIVE,    0, 0, ERR_RANGE,     "a new key, without an end"},
        {3, true,  false, ORG_ACTIVE,    1, 9, ERR_RANGE,     "a new key, with an end of another chapter"},
        {3, true,  false, ORG_SUSPENDED, 3, 9, OK,            "a new key, and suspended"},
        {3, false, false, ORG_ACTIVE,    2, 9, ERR_RANGE,     "a new chapter with the old key"},
        {4, true,  false, ORG_ACTIVE,    3, 9, ERR_RANGE,     "a chapter left out"},
        {2, true,  false, ORG_ACTIVE,    1, 9, ERR_RANGE,     "a new key in the same chapter"},
        {1, false, false, ORG_ACTIVE,    0, 0, ERR_RANGE,     "a chapter back"},
        {1, true,  false, ORG_ACTIVE,    0, 0, ERR_RANGE,     "a chapter back, with a new key"},
        {2, false, true,  ORG_ACTIVE,    1, 5, ERR_NOT_FOUND, "gone"},
    };
    /* clang-format on */
    for (size_t i = 0; i < COUNT(rows); i++) {
        sample_roster(&s->in, 4);
        struct organisation *o = &s->in.organisations[3];
        o->feed_epoch = 2;
        o->accepted = (struct accepted){.feed_epoch = 1, .size = 5};
        assert_int_equal(roster_accept(NULL, signed_by(s, ABC), &s->arena, &s->current), OK);
        s->in.version = 2;
        memcpy(s->in.previous, s->current.hash, HASH_BYTES);
        memcpy(s->in.genesis, s->current.hash, HASH_BYTES);
        o->feed_epoch = rows[i].feed_epoch;
        o->feed_key[0] ^= rows[i].is_rekeyed ? 1 : 0;
        o->status = rows[i].status;
        o->accepted.feed_epoch = rows[i].accepted_epoch;
        o->accepted.size = rows[i].accepted;
        s->in.organisation_count -= rows[i].is_gone ? 1 : 0;
        enum err got = accept(s, &s->current, signed_by(s, ABC));
        if (got != rows[i].want)
            fail_msg("%s: %s", rows[i].why, err_name(got));
    }
}

/* Goal: a key period keeps its key and a sharing its shares; the rest is the stewards' to decide.
 * Method: one row is one change of the sharings of a list that has a key for pseudonyms, shared out
 * once, and one for statistics. */
static void test_sharings(void **state)
{
    struct sample *s = *state;
    enum { ADD = 1, REPLACE, END, SHORTEN, REMOVE, ALL, OTHER_KEY, OTHER_SHARES, OTHER_AGAIN };
    static const struct {
        int change;
        enum err want;
        const char *why;
    } rows[] = {
        {ADD,          OK,        "shared out again"                     },
        {REPLACE,      OK,        "shared out again, and the old one out"},
        {END,          OK,        "an end is set"                        },
        {SHORTEN,      OK,        "an end that was set comes sooner"     },
        {REMOVE,       OK,        "taken out"                            },
        {ALL,          OK,        "all taken out"                        },
        {OTHER_KEY,    ERR_PROOF, "another key for a key period"         },
        {OTHER_SHARES, ERR_PROOF, "other shares under the same numbers"  },
        {OTHER_AGAIN,  ERR_PROOF, "shared out again, another key"        },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        begin(s);
        struct roster_key *k = s->in.keys, other;
        s->current.keys[1].until_utc = 500;
        k[1].until_utc = rows[i].change == SHORTEN ? 400 : 500;
        sample_key(&s->in, &other, KEY_STATISTICS, 9);
        uint8_t room[POINT_BYTES];
        switch (rows[i].change) {
        case ADD:
            k[2] = k[0];
            k[2].refresh = 1;
            s->in.key_count = 3;
            break;
        case REPLACE:
            k[0].refresh = 1;
            break;
        case END:
            k[0].until_utc = 900;
            break;
        case REMOVE:
            s->in.key_count = 1;
            break;
        case ALL:
            s->in.key_count = 0;
            break;
        case OTHER_SHARES:
            /* The same key in the hands of two others. */
            memcpy(room, k[0].holder[0], sizeof room);
            memcpy(k[0].holder[0], k[0].holder[1], sizeof room);
            memcpy(k[0].holder[1], room, sizeof room);
            break;
        case OTHER_KEY:
        case OTHER_AGAIN:
            other.key = KEY_PSEUDONYMS;
            other.epoch = 1;
            other.refresh = rows[i].change == OTHER_AGAIN;
            k[0] = other;
            break;
        default:
            break;
        }
        enum err got = accept(s, &s->current, signed_by(s, ABC));
        if (got != rows[i].want)
            fail_msg("%s: %s", rows[i].why, err_name(got));
    }
}

/* Goal: of two lists of one version nobody takes part whom one of them leaves out, and only a list
 * that names both goes on.
 * Method: a rival of version 2 that suspends one organisation and lacks another, and versions 3
 * that name this and that. */
static void test_rivals(void **state)
{
    struct sample *s = *state;
    begin(s);
    assert_int_equal(accept(s, &s->current, signed_by(s, ABC)), OK);
    s->current = s->out;
    uint8_t first[HASH_BYTES], second[HASH_BYTES];
    memcpy(first, s->current.hash, HASH_BYTES);
    assert_int_equal(roster_unite(&s->current, signed_by(s, ABC), &s->arena), ERR_DUPLICATE);

    s->in.organisations[2].status = ORG_SUSPENDED;
    s->in.organisations[2].accepted.feed_epoch = 1;
    s->in.organisation_count--;
    assert_int_equal(roster_unite(&s->current, signed_by(s, 1), &s->arena), ERR_QUORUM);
    assert_false(s->current.has_rival);
    struct bytes made = signed_by(s, ABC);
    uint8_t *kept = malloc(made.len);
    assert_non_null(kept);
    memcpy(kept, made.data, made.len);
    struct bytes rival = bytes_of(kept, made.len);
    assert_int_equal(accept(s, &s->current, rival), ERR_FORK);
    assert_int_equal(roster_unite(&s->current, rival, &s->arena), OK);
    struct signed_roster decoded;
    assert_int_equal(signed_roster_decode(rival, &decoded), OK);
    roster_hash(decoded.document, second);
    assert_true(s->current.has_rival);
    assert_memory_equal(s->current.rival, second, HASH_BYTES);
    assert_int_equal(roster_unite(&s->current, rival, &s->arena), ERR_DUPLICATE);
    size_t last = s->current.organisation_count - 1;
    for (size_t i = 0; i <= last; i++)
        assert_int_equal(roster_is_active(&s->current.organisations[i]), i != 2 && i != last);
    assert_null(roster_admits(&s->current, s->current.organisations[2].transport_key, 0));

    s->in.organisation_count++;
    s->in.version = 3;
    const struct {
        const uint8_t *previous, *also;
        enum err want;
    } rows[] = {
        {first,  NULL,   ERR_SEQUENCE},
        {second, NULL,   ERR_SEQUENCE},
        {first,  first,  ERR_SEQUENCE},
        {first,  second, OK          },
        {second, first,  OK          },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        memcpy(s->in.previous, rows[i].previous, HASH_BYTES);
        memset(s->in.also, 0, HASH_BYTES);
        if (rows[i].also != NULL)
            memcpy(s->in.also, rows[i].also, HASH_BYTES);
        assert_int_equal(accept(s, &s->current, signed_by(s, ABC)), rows[i].want);
    }
    assert_false(s->out.has_rival);
    assert_true(roster_is_active(&s->out.organisations[last]));
    s->current = s->out;
    assert_int_equal(roster_unite(&s->current, rival, &s->arena), ERR_STALE);
    free(kept);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sharings),
        cmocka_unit_test(test_members),
        cmocka_unit_test(test_rivals),
    };
    return cmocka_run_group_tests(tests, sample_setup, sample_teardown);
}
