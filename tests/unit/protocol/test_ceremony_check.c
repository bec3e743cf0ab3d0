/*
 * Goal: a ceremony is held only if those who take part may, the numbers follow what the member list
 * has, and enough remain; the first reason against it is named.
 * Method: one list with seven keyholders and a pseudonym key of which two sharings are listed; a
 * row is a proposal.
 */
#include "protocol/ceremony.h"
#include "tests/unit/protocol/roster_sample.h"

enum {
    NOW = 1900001000,
    END = CEREMONY_DAYS_MAX * 86400,
    MEMBER = 7,    /* who is no keyholder */
    SUSPENDED = 6, /* who was one */
    STRANGER = 8,  /* who is in no list */
    ORGANISATIONS = 8,
};

/* One who takes part: which organisation, and its two indexes. */
struct one {
    uint8_t who, deals, receives;
};

#define ROTATED                                                                                    \
    {0, 1, 1}, {1, 2, 2},                                                                          \
    {                                                                                              \
        2, 3, 3                                                                                    \
    }
#define FIVE                                                                                       \
    {0, 1, 1}, {1, 2, 2}, {2, 3, 3}, {3, 4, 4},                                                    \
    {                                                                                              \
        4, 5, 5                                                                                    \
    }
#define OVER                                                                                       \
    {0, 1, 0}, {1, 2, 0}, {3, 0, 1}, {4, 0, 2},                                                    \
    {                                                                                              \
        5, 0, 3                                                                                    \
    }

static int setup(void **state)
{
    if (sample_setup(state) != 0)
        return -1;
    struct sample *s = *state;
    sample_roster(&s->in, ORGANISATIONS);
    for (size_t i = 3; i < MEMBER; i++)
        s->in.organisations[i].roles |= ROLE_KEYHOLDER;
    s->in.organisations[SUSPENDED].status = ORG_SUSPENDED;
    s->in.organisations[SUSPENDED].accepted.feed_epoch = 1;
    size_t len = roster_encode(&s->in, s->document, sizeof s->document);
    assert_int_equal(roster_decode(bytes_of(s->document, len), &s->arena, &s->out), OK);
    struct roster *r = &s->out;
    r->key_count = 4;
    r->keys[2] = r->keys[0]; /* pseudonyms, epoch 1: refresh 0, */
    r->keys[0].refresh = 1;  /* and 1 */
    r->keys[3] = r->keys[0];
    r->keys[3].key = KEY_STATISTICS;
    r->keys[3].epoch = 2;
    r->keys[3].refresh = 7;
    return 0;
}

static void author_at(const struct sample *s, uint8_t who, uint8_t out[AUTHOR_BYTES])
{
    if (who == STRANGER)
        memset(out, 0x55, AUTHOR_BYTES);
    else
        memcpy(out, s->out.organisations[who].author, AUTHOR_BYTES);
}

static int by_author(const void *a, const void *b)
{
    return memcmp(a, b, AUTHOR_BYTES);
}

struct row {
    uint8_t kind, key, threshold;
    uint32_t epoch, refresh, base_epoch, base_refresh;
    int64_t left; /* seconds from now to its end */
    uint8_t proposer;
    struct one people[6];
    size_t count;
    enum err want;
    const char *why;
};

static struct ceremony_proposal proposal_of(const struct sample *s, const struct row *row)
{
    struct ceremony_proposal p = {.kind = row->kind,
                                  .key = row->key,
                                  .threshold = row->threshold,
                                  .epoch = row->epoch,
                                  .refresh = row->refresh,
                                  .base_epoch = row->base_epoch,
                                  .base_refresh = row->base_refresh,
                                  .patience_seconds = 60,
                                  .until_utc = (uint64_t)(NOW + row->left),
                                  .count = row->count};
    for (size_t i = 0; i < p.count; i++) {
        author_at(s, row->people[i].who, p.person[i].author);
        p.person[i].deals = row->people[i].deals;
        p.person[i].receives = row->people[i].receives;
    }
    qsort(p.person, p.count, sizeof p.person[0], by_author);
    return p;
}

enum { G = CEREMONY_GENERATE, F = CEREMONY_REFRESH, S = CEREMONY_RESHARE, R = CEREMONY_ROTATE };
enum { P = KEY_PSEUDONYMS, T = KEY_STATISTICS };

/* clang-format off */
static const struct row rows[] = {
    {G, P, 3, 2, 0, 0, 0, 60, 0, {FIVE}, 5, OK, "a new key of a new epoch"},
    {G, P, 3, 9, 0, 0, 0, 60, 3, {FIVE}, 5, OK, "of one far ahead, proposed by another"},
    {G, P, 3, 2, 0, 0, 0, 60, 5, {FIVE}, 5, OK, "proposed by one who takes no part"},
    {G, T, 3, 5, 0, 0, 0, 60, 0, {FIVE}, 5, OK, "of the other purpose"},
    {G, P, 2, 2, 0, 0, 0, 60, 0, {FIVE}, 5, OK, "with one more than needed"},
    {G, P, 3, 2, 0, 0, 0, END, 0, {FIVE}, 5, OK, "until as late as may be"},
    {G, P, 3, 2, 0, 0, 0, 1, 0, {FIVE}, 5, OK, "until the next second"},
    {F, P, 2, 1, 2, 1, 1, 60, 0, {ROTATED}, 3, OK, "new shares of the newest"},
    {F, P, 2, 1, 2, 1, 1, 60, 0, {{0, 1, 1}, {1, 2, 2}, {2, 0, 3}}, 3, OK, "one deals nothing"},
    {S, P, 2, 1, 2, 1, 1, 60, 0, {OVER}, 5, OK, "handed over to others"},
    {S, P, 3, 1, 2, 1, 1, 60, 0, {{0, 1, 5}, {1, 2, 4}, {2, 0, 3}, {3, 0, 2}, {4, 0, 1}}, 5, OK, "for another threshold"},
    {R, P, 2, 2, 0, 1, 1, 60, 0, {ROTATED}, 3, OK, "the next key period"},
    {F, T, 2, 4, 1, 4, 0, 60, 0, {ROTATED}, 3, OK, "new shares of the other key"},

    {G, P, 1, 2, 0, 0, 0, 60, 0, {FIVE}, 5, ERR_RANGE, "nothing without a look at the proposal"},
    {G, P, 3, 2, 0, 0, 0, 0, 0, {FIVE}, 5, ERR_RANGE, "over"},
    {G, P, 3, 2, 0, 0, 0, -1, 0, {FIVE}, 5, ERR_RANGE, "over for a second"},
    {G, P, 3, 2, 0, 0, 0, END + 1, 0, {FIVE}, 5, ERR_RANGE, "for too long"},
    {G, P, 3, 2, 0, 0, 0, 60, MEMBER, {FIVE}, 5, ERR_STRANGER, "proposed by a mere member"},
    {G, P, 3, 2, 0, 0, 0, 60, SUSPENDED, {FIVE}, 5, ERR_STRANGER, "by one suspended"},
    {G, P, 3, 2, 0, 0, 0, 60, STRANGER, {FIVE}, 5, ERR_STRANGER, "by nobody known"},
    {G, P, 2, 2, 0, 0, 0, 60, 0, {{0, 1, 1}, {1, 2, 2}, {MEMBER, 3, 3}}, 3, ERR_STRANGER, "with a mere member"},
    {G, P, 2, 2, 0, 0, 0, 60, 0, {{0, 1, 1}, {1, 2, 2}, {SUSPENDED, 3, 3}}, 3, ERR_STRANGER, "with one suspended"},
    {G, P, 2, 2, 0, 0, 0, 60, 0, {{0, 1, 1}, {1, 2, 2}, {STRANGER, 3, 3}}, 3, ERR_STRANGER, "with nobody known"},
    {F, P, 2, 2, 1, 2, 0, 60, 0, {ROTATED}, 3, ERR_NOT_FOUND, "of an epoch that is not"},
    {F, P, 2, 1, 3, 1, 2, 60, 0, {ROTATED}, 3, ERR_NOT_FOUND, "of a refresh that is not"},
    {S, T, 2, 4, 2, 4, 1, 60, 0, {OVER}, 5, ERR_NOT_FOUND, "of a refresh that the other key has"},
    {G, P, 3, 1, 0, 0, 0, 60, 0, {FIVE}, 5, ERR_EPOCH, "an epoch that is there"},
    {G, T, 3, 3, 0, 0, 0, 60, 0, {FIVE}, 5, ERR_EPOCH, "an epoch that is past"},
    {G, P, 3, 2, 1, 0, 0, 60, 0, {FIVE}, 5, ERR_EPOCH, "a new key, refreshed"},
    {F, P, 2, 1, 1, 1, 0, 60, 0, {ROTATED}, 3, ERR_EPOCH, "of a sharing that is past"},
    {F, P, 2, 1, 3, 1, 1, 60, 0, {ROTATED}, 3, ERR_EPOCH, "a refresh left out"},
    {F, P, 2, 2, 2, 1, 1, 60, 0, {ROTATED}, 3, ERR_EPOCH, "another epoch"},
    {S, P, 2, 1, 1, 1, 1, 60, 0, {OVER}, 5, ERR_EPOCH, "the refresh that is there"},
    {R, P, 2, 1, 2, 1, 1, 60, 0, {ROTATED}, 3, ERR_EPOCH, "a rotation that stays"},
    {R, P, 2, 3, 0, 1, 1, 60, 0, {ROTATED}, 3, ERR_EPOCH, "that leaves one out"},
    {R, P, 2, 2, 1, 1, 1, 60, 0, {ROTATED}, 3, ERR_EPOCH, "and refreshes"},
    {R, T, 2, 5, 0, 4, 0, 60, 0, {ROTATED}, 3, ERR_EPOCH, "of the other key"},
    {F, P, 2, 1, 2, 1, 1, 60, 0, {{0, 2, 1}, {1, 1, 2}, {2, 3, 3}}, 3, ERR_UNAUTHORISED, "under another's index"},
    {F, P, 2, 1, 2, 1, 1, 60, 0, {{0, 1, 1}, {1, 2, 2}, {3, 3, 3}}, 3, ERR_UNAUTHORISED, "dealt by another"},
    {F, P, 2, 1, 2, 1, 1, 60, 0, {{0, 1, 2}, {1, 2, 1}, {2, 3, 3}}, 3, ERR_UNAUTHORISED, "indexes change"},
    {F, P, 2, 1, 2, 1, 1, 60, 0, {{0, 1, 1}, {1, 2, 2}, {3, 0, 3}}, 3, ERR_UNAUTHORISED, "for another"},
    {F, P, 3, 1, 2, 1, 1, 60, 0, {ROTATED}, 3, ERR_UNAUTHORISED, "another threshold"},
    {R, P, 3, 2, 0, 1, 1, 60, 0, {ROTATED}, 3, ERR_UNAUTHORISED, "likewise, in a rotation"},
    {R, P, 2, 2, 0, 1, 1, 60, 0, {{0, 1, 1}, {1, 2, 2}, {2, 3, 4}}, 3, ERR_UNAUTHORISED, "an index changes there"},
    {S, P, 2, 1, 2, 1, 1, 60, 0, {{3, 1, 0}, {1, 2, 0}, {3, 0, 1}, {4, 0, 2}, {5, 0, 3}}, 5, ERR_FORMAT, "somebody twice"},
    {S, P, 2, 1, 2, 1, 1, 60, 0, {{0, 3, 0}, {1, 2, 0}, {3, 0, 1}, {4, 0, 2}, {5, 0, 3}}, 5, ERR_UNAUTHORISED, "dealt under another's index"},
    {G, P, 3, 2, 0, 0, 0, 60, 0, {{0, 1, 1}, {1, 2, 2}, {2, 0, 3}, {3, 0, 4}, {4, 0, 5}}, 5, ERR_QUORUM, "two of three dealers"},
    {G, P, 3, 2, 0, 0, 0, 60, 0, {{0, 1, 1}, {1, 2, 2}, {2, 3, 3}, {3, 4, 4}}, 4, ERR_QUORUM, "four of five receivers"},
    {F, P, 2, 1, 2, 1, 1, 60, 0, {{0, 1, 1}, {1, 0, 2}, {2, 0, 3}}, 3, ERR_QUORUM, "refreshed by one"},
    {F, P, 2, 1, 2, 1, 1, 60, 0, {{0, 1, 1}, {1, 2, 2}}, 2, OK, "for the two who are left"},
    {F, P, 2, 1, 2, 1, 1, 60, 0, {{0, 1, 1}, {1, 2, 0}}, 2, ERR_QUORUM, "for one alone"},
    {S, P, 2, 1, 2, 1, 1, 60, 0, {{0, 1, 0}, {3, 0, 1}, {4, 0, 2}, {5, 0, 3}}, 4, ERR_QUORUM, "handed over by one"},
    {S, P, 2, 1, 2, 1, 1, 60, 0, {{0, 1, 0}, {1, 2, 0}, {4, 0, 2}, {5, 0, 3}}, 4, ERR_QUORUM, "to two"},
    {R, P, 2, 2, 0, 1, 1, 60, 0, {{0, 1, 1}, {1, 2, 2}, {2, 0, 3}}, 3, ERR_QUORUM, "rotated by two of three"},
    {R, P, 2, 2, 0, 1, 1, 60, 0, {{0, 1, 1}, {1, 2, 2}, {2, 3, 0}}, 3, ERR_QUORUM, "for two of three"},
};
/* clang-format on */

static void test_rows(void **state)
{
    struct sample *s = *state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct ceremony_proposal p = proposal_of(s, &rows[i]);
        uint8_t proposer[AUTHOR_BYTES];
        author_at(s, rows[i].proposer, proposer);
        enum err e = ceremony_check(&p, proposer, &s->out, NOW);
        if (e != rows[i].want)
            fail_msg("%s: %s", rows[i].why, err_name(e));
    }
}

/* The first key of a federation: there is none to follow. */
static void test_first_key(void **state)
{
    struct sample *s = *state;
    const struct ceremony_proposal p = proposal_of(s, &rows[0]);
    const size_t count = s->out.key_count;
    s->out.key_count = 0;
    assert_int_equal(ceremony_check(&p, s->out.organisations[0].author, &s->out, NOW), OK);
    s->out.key_count = count;
}

/* In a rotation 2t - 1 who both deal and receive are needed, also where more do one of the two. */
static void test_both(void **state)
{
    struct sample *s = *state;
    struct roster_key *k = &s->out.keys[0];
    const struct row row = {
        R, P,          2, 2, 0, 1, 1, 60, 0, {{0, 1, 1}, {1, 2, 2}, {2, 3, 0}, {3, 0, 4}},
        4, ERR_QUORUM, ""
    };
    struct ceremony_proposal p = proposal_of(s, &row);
    k->index[3] = 4;
    memcpy(k->holder[3], s->out.organisations[3].author, AUTHOR_BYTES);
    k->share_count = 4;
    assert_int_equal(ceremony_check(&p, s->out.organisations[0].author, &s->out, NOW), ERR_QUORUM);
    for (size_t i = 0; i < p.count; i++)
        if (p.person[i].deals == 3)
            p.person[i].receives = 3;
    assert_int_equal(ceremony_check(&p, s->out.organisations[0].author, &s->out, NOW), OK);
    k->share_count = 3;
}

static void test_numbers(void **state)
{
    (void)state;
    static const struct roster_key base = {.threshold = 4};
    static const struct {
        uint8_t kind;
        size_t dealers, receivers;
        unsigned phases;
    } want[] = {
        {G, 3, 3, 3},
        {F, 3, 3, 3},
        {S, 4, 3, 3},
        {R, 5, 5, 5},
    };
    for (size_t i = 0; i < sizeof want / sizeof want[0]; i++) {
        struct ceremony_proposal p = {.kind = want[i].kind, .threshold = 3};
        assert_int_equal(ceremony_dealers_min(&p, &base), want[i].dealers);
        assert_int_equal(ceremony_receivers_min(&p), want[i].receivers);
        assert_int_equal(ceremony_phases(&p), want[i].phases);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_first_key),
        cmocka_unit_test(test_both),
        cmocka_unit_test(test_numbers),
    };
    return cmocka_run_group_tests(tests, setup, sample_teardown);
}
