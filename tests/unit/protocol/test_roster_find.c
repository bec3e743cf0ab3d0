/*
 * test_roster_find.c - who is who in a member list: lookups, who is admitted and takes part, names.
 */
#include "tests/unit/protocol/roster_sample.h"

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

/* Encodes s->in and decodes it to s->out. */
static enum err round_trip(struct sample *s)
{
    size_t len = roster_encode(&s->in, s->document, sizeof s->document);
    assert_true(len > 0);
    return roster_decode(bytes_of(s->document, len), &s->arena, &s->out);
}

/* Goal: an old transport key admits to the day on which it ends, and nobody who takes no part. */
static void test_admits(void **state)
{
    struct sample *s = *state;
    sample_roster(&s->in, 4);
    struct organisation *o = &s->in.organisations[2];
    memset(o->old_transport_key, 0x66, KEY_BYTES);
    o->old_transport_until_utc = 1000;
    for (int i = 0; i < 2; i++) {
        assert_int_equal(round_trip(s), OK);
        const struct organisation *want = i == 0 ? &s->out.organisations[2] : NULL;
        assert_ptr_equal(roster_admits(&s->out, o->transport_key, 5000), want);
        assert_ptr_equal(roster_admits(&s->out, o->old_transport_key, 1000), want);
        assert_null(roster_admits(&s->out, o->old_transport_key, 1001));
        o->status = ORG_SUSPENDED;
        o->accepted.feed_epoch = 1;
    }
    uint8_t stranger[KEY_BYTES] = {0};
    assert_null(roster_admits(&s->out, stranger, 0));
}

/* Goal: everyone is found by each of their names, nobody else is.
 * Method: 1,024 organisations, in an order that is not that of any column. */
static void test_lookups(void **state)
{
    struct sample *s = *state;
    sample_roster(&s->in, ORGANISATIONS_MAX);
    assert_int_equal(round_trip(s), OK);
    for (uint32_t i = 0; i < ORGANISATIONS_MAX; i++) {
        const struct organisation *in = &s->in.organisations[i], *want = &s->out.organisations[i];
        uint8_t near[32];
        assert_ptr_equal(roster_find(&s->out, in->author), want);
        assert_ptr_equal(roster_find_transport(&s->out, in->transport_key), want);
        assert_ptr_equal(roster_find_org_id(&s->out, bytes_of(in->org_id, strlen(in->org_id))),
                         want);
        memcpy(near, in->author, 32);
        near[31] ^= 1;
        assert_null(roster_find(&s->out, near));
        memcpy(near, in->transport_key, 32);
        near[31] ^= 1;
        assert_null(roster_find_transport(&s->out, near));
        assert_null(roster_find_org_id(&s->out, bytes_of(in->org_id, strlen(in->org_id) - 1)));
    }
    assert_null(roster_find_org_id(&s->out, bytes_of(NULL, 0)));
    assert_null(roster_find_org_id(&s->out, bytes_of(s->room, ORG_ID_BYTES_MAX + 1)));
    for (size_t c = 0; c < COLUMNS; c++) {
        bool is_seen[ORGANISATIONS_MAX] = {false};
        for (size_t i = 0; i < ORGANISATIONS_MAX; i++)
            is_seen[s->out.sorted[c][i]] = true;
        for (size_t i = 0; i < ORGANISATIONS_MAX; i++)
            assert_true(is_seen[i]);
    }
}

/* Goal: the sharing in use is the newest of its purpose, whatever stands first; others are found by
 * their numbers, and by their key period as long as they are answered.
 * Method: three sharings of one key, one of which ends, and one of another key. */
static void test_sharings(void **state)
{
    struct sample *s = *state;
    sample_roster(&s->in, 3);
    s->in.key_count = 4;
    for (size_t i = 0; i < 3; i++)
        sample_key(&s->in, &s->in.keys[i], KEY_PSEUDONYMS, 2);
    sample_key(&s->in, &s->in.keys[3], KEY_FACTOR, 2);
    s->in.keys[0].refresh = 1;
    s->in.keys[1].refresh = 2;
    s->in.keys[1].until_utc = 1000;
    assert_int_equal(round_trip(s), OK);
    const struct roster *r = &s->out;
    static const struct {
        uint32_t key, epoch, refresh;
        int at; /* -1: not there */
    } rows[] = {
        {KEY_PSEUDONYMS, 2, 0, 2 },
        {KEY_PSEUDONYMS, 2, 1, 0 },
        {KEY_PSEUDONYMS, 2, 2, 1 },
        {KEY_PSEUDONYMS, 2, 3, -1},
        {KEY_PSEUDONYMS, 1, 0, -1},
        {KEY_FACTOR,     2, 0, 3 },
        {KEY_STATISTICS, 2, 0, -1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_ptr_equal(roster_key_find(r, rows[i].key, rows[i].epoch, rows[i].refresh),
                         rows[i].at < 0 ? NULL : &r->keys[rows[i].at]);
    assert_ptr_equal(roster_threshold_key(r, KEY_PSEUDONYMS), &r->keys[1]);
    assert_ptr_equal(roster_key_of_epoch(r, KEY_PSEUDONYMS, 2, 1000), &r->keys[1]);
    assert_ptr_equal(roster_key_of_epoch(r, KEY_PSEUDONYMS, 2, 1001), &r->keys[0]);
    assert_null(roster_key_of_epoch(r, KEY_PSEUDONYMS, 3, 1000));
    assert_true(roster_key_serves(&r->keys[1], 1000) && !roster_key_serves(&r->keys[1], 1001));
    assert_true(roster_key_serves(&r->keys[2], INT64_MAX) && !roster_key_serves(NULL, 0));
}

/* Goal: the key in use is the newest of its purpose. */
static void test_threshold_key(void **state)
{
    struct sample *s = *state;
    sample_roster(&s->in, 3);
    s->in.key_count = 3;
    sample_key(&s->in, &s->in.keys[0], KEY_PSEUDONYMS, 3);
    sample_key(&s->in, &s->in.keys[1], KEY_PSEUDONYMS, 10);
    sample_key(&s->in, &s->in.keys[2], KEY_PSEUDONYMS, 9);
    assert_int_equal(round_trip(s), OK);
    const struct roster_key *k = roster_threshold_key(&s->out, KEY_PSEUDONYMS);
    assert_ptr_equal(k, &s->out.keys[1]);
    assert_int_equal(k->epoch, 10);
    assert_null(roster_threshold_key(&s->out, KEY_STATISTICS));
}

/* Goal: only an active organisation with the role is an active member. */
static void test_active_member(void **state)
{
    (void)state;
    static const struct {
        uint32_t roles;
        enum org_status status;
        bool want;
    } rows[] = {
        {ROLE_MEMBER,                 ORG_ACTIVE,    true },
        {ROLE_MEMBER | ROLE_OBSERVER, ORG_ACTIVE,    true },
        {ROLE_OBSERVER,               ORG_ACTIVE,    false},
        {ROLE_MEMBER,                 ORG_SUSPENDED, false},
        {ROLE_MEMBER,                 ORG_LEFT,      false},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct organisation o = {.roles = rows[i].roles, .status = rows[i].status};
        assert_int_equal(roster_is_active_member(&o), rows[i].want);
        assert_int_equal(roster_is_active(&o), rows[i].status == ORG_ACTIVE);
        o.is_barred = true;
        assert_false(roster_is_active_member(&o));
    }
    assert_false(roster_is_active_member(NULL));
}

/* Goal: each role and status has a name of its own, and a role's name leads back to it. */
static void test_names(void **state)
{
    (void)state;
    for (uint32_t role = 1; role <= ROLES_ALL; role <<= 1) {
        const char *name = role_name(role);
        assert_non_null(name);
        assert_int_equal(role_of_name(bytes_of(name, strlen(name))), role);
    }
    assert_null(role_name(0));
    assert_null(role_name(3));
    assert_null(role_name(256));
    assert_int_equal(role_of_name(BYTES_LITERAL("king")), 0);
    assert_int_equal(role_of_name(BYTES_LITERAL("")), 0);
    assert_string_equal(org_status_name(ORG_ACTIVE), "active");
    assert_string_equal(org_status_name(ORG_SUSPENDED), "suspended");
    assert_string_equal(org_status_name(ORG_LEFT), "left");
    assert_string_equal(org_status_name((enum org_status)9), "unknown");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_admits),        cmocka_unit_test(test_lookups),
        cmocka_unit_test(test_sharings),      cmocka_unit_test(test_threshold_key),
        cmocka_unit_test(test_active_member), cmocka_unit_test(test_names),
    };
    return cmocka_run_group_tests(tests, sample_setup, sample_teardown);
}
