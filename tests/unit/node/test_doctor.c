#include "node/doctor.h"
#include "node/list_json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define A64 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define B64 "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"

/* A status at 2026-11-24T12:00:00Z in which all is well; two other members, both key holders. */
#define PEER(more)                                                                                 \
    "{\"org_id\":\"NL-KVK-2\",\"name\":\"Kompas\",\"roles\":[\"member\",\"keyholder\"],"           \
    "\"status\":\"active\",\"up\":true,\"size\":10,\"seen_size\":10,\"lag\":0,"                    \
    "\"heard\":\"2026-11-24T11:00:00Z\",\"signed\":\"2026-11-24T11:00:00Z\",\"owed\":0,"           \
    "\"refused\":0,\"disputed\":false,\"holds\":18" more "}"
#define PEER_3                                                                                     \
    "{\"org_id\":\"NL-KVK-3\",\"name\":\"Delta\",\"roles\":[\"member\"],\"status\":\"active\",\
\"up\":true,\"lag\":0,\"heard\":\"2026-11-24T10:00:00Z\",\"signed\":\"2026-11-24T10:00:00Z\",\
\"owed\":0,\"disputed\":false}"
static const char base[] =
    "{\"org_id\":\"NL-KVK-1\",\"roster\":{\"version\":3,\"fresh_until\":\"2027-11-24T00:00:00Z\","
    "\"threshold\":2,\"coverage_seconds\":86400},\"self\":{\"name\":\"Brug\",\"status\":\"active\","
    "\"roles\":[\"member\"],\"feed_key\":\"" A64 "\",\"transport_key\":\"" B64 "\","
    "\"basis_expires\":\"2027-11-24T00:00:00Z\"},\"files_max\":65536,\"memory_locked\":true,"
    "\"disk\":{\"full\":false,\"folder\":\"/d\",\"free_mb\":90,\"reserve_mb\":32,"
    "\"reserve_wanted_mb\":32},"
    "\"signing\":{\"may_sign\":true,\"behind\":false,\"needed\":2,\"answered\":2},"
    "\"feed\":{\"size\":18,\"held_by_all\":18,\"erased_unconfirmed\":0},"
    "\"peers\":[" PEER("") "," PEER_3 "],"
                           "\"budgets\":[{\"org_id\":\"NL-KVK-2\",\"up\":true,\"left\":5},"
                           "{\"org_id\":\"NL-KVK-1\",\"up\":true,\"left\":4096}]}";

static int64_t noon(void)
{
    json_t *t = json_string("2026-11-24T12:00:00Z");
    int64_t utc = list_time_read(t);
    json_decref(t);
    assert_true(utc > 0);
    return utc;
}

static void examine(struct doctor *d, const char *patch)
{
    json_t *status = json_loads(base, 0, NULL), *change = json_loads(patch, 0, NULL);
    struct doctor_keys keys = {1, 1, {A64}, {B64}};
    assert_non_null(status);
    assert_non_null(change);
    assert_int_equal(json_object_update_recursive(status, change), 0);
    *d = (struct doctor){.program = "seinpost", .config = "FILE"};
    doctor_list(d, status, &keys, noon());
    doctor_basis(d, json_object_get(status, "self"), noon());
    doctor_node(d, status, noon());
    json_decref(status);
    json_decref(change);
}

static const struct finding *find(const struct doctor *d, const char *check)
{
    for (size_t i = 0; i < d->count; i++)
        if (strcmp(d->list[i].check, check) == 0)
            return &d->list[i];
    return NULL;
}

/* Goal: where all is well nothing is to be done.
 * Method: the status as it stands. */
static void all_is_well(void **state)
{
    (void)state;
    struct doctor d;
    examine(&d, "{}");
    for (size_t i = 0; i < d.count; i++)
        if (d.list[i].state != FINDING_WELL)
            fail_msg("%s: %s", d.list[i].check, d.list[i].text);
    assert_null(doctor_next(&d));
    assert_true(d.count >= 10);
}

/* Goal: each thing that can be wrong is found by its own check alone, which says what and, where
 * there is something to do, what to do.
 * Method: a row changes one thing of the status. */
static void each_fault(void **state)
{
    /* clang-format off */
    static const struct {
        const char *patch;
        const char *check;
        enum finding_state want;
        const char *text;
    } rows[] = {
        {"{\"roster\":null,\"self\":null}", "list", FINDING_TODO, "no member list"},
        {"{\"roster\":{\"fresh_until\":\"2026-11-24T11:59:59Z\"}}", "list", FINDING_TODO,
         "out of date since 2026-11-24"},
        {"{\"roster\":{\"fresh_until\":\"2026-12-01T00:00:00Z\"}}", "list", FINDING_TODO,
         "renewed by 2026-12-01"},
        {"{\"self\":null}", "membership", FINDING_TODO, "not in the member list"},
        {"{\"self\":{\"status\":\"suspended\"}}", "membership", FINDING_TODO, "suspended"},
        {"{\"self\":{\"feed_key\":\"" B64 "\"}}", "own-keys", FINDING_TODO, "other keys"},
        {"{\"self\":{\"transport_key\":\"" A64 "\"}}", "own-keys", FINDING_TODO, "other keys"},
        {"{\"roster\":{\"rival\":true}}", "rival", FINDING_TODO, "two member lists"},
        {"{\"self\":{\"basis_expires\":null}}", "basis", FINDING_TODO, "no legal basis"},
        {"{\"self\":{\"basis_expires\":\"2026-11-01T00:00:00Z\"}}", "basis", FINDING_TODO,
         "ended on 2026-11-01"},
        {"{\"self\":{\"basis_expires\":\"2027-01-22T12:00:00Z\"}}", "basis", FINDING_TODO,
         "ends on 2027-01-22, in 59 days"},
        {"{\"files_max\":1024}", "files", FINDING_TODO, "only 1024"},
        {"{}", "room", FINDING_WELL, "32 MB back"},
        {"{\"disk\":{\"reserve_wanted_mb\":0,\"reserve_mb\":0}}", "room", FINDING_NOTE, "reserve_mb = 0"},
        {"{\"disk\":{\"full\":true,\"free_mb\":3,\"reserve_mb\":9}}", "room", FINDING_TODO, "it has 9"},
        {"{\"signing\":{\"may_sign\":false,\"answered\":1}}", "signing", FINDING_TODO, "1 of 2"},
        {"{\"signing\":{\"may_sign\":false,\"behind\":true}}", "signing", FINDING_TODO,
         "more of its own entries"},
        {"{\"peers\":[" PEER(",\"up\":false") "]}", "connections", FINDING_TODO, "No other"},
        {"{\"peers\":[]}", "connections", FINDING_NOTE, "no other organisation"},
        {"{\"peers\":[" PEER(",\"heard\":\"2026-11-23T11:59:59Z\"") "," PEER_3 "]}", "heard",
         FINDING_TODO, "Kompas"},
        {"{\"peers\":[" PEER(",\"heard\":null") "," PEER_3 "]}", "heard", FINDING_TODO, "Kompas"},
        {"{\"roster\":{\"threshold\":0}}", "keyholders", FINDING_TODO, "no key for matching"},
        {"{\"budgets\":[{\"org_id\":\"NL-KVK-2\",\"up\":false,\"left\":5}]}", "keyholders",
         FINDING_TODO, "reached: 0; needed: 2. Away: NL-KVK-2"},
        {"{\"budgets\":[{\"org_id\":\"NL-KVK-2\",\"up\":true,\"left\":0},"
         "{\"org_id\":\"NL-KVK-3\",\"up\":true,\"left\":9}]}",
         "budget", FINDING_TODO, "asked: 1; needed: 2"},
        {"{\"peers\":[" PEER(",\"signed\":\"2026-11-24T12:09:00Z\"") "]}", "clock", FINDING_TODO,
         "behind that of Kompas by 9 minutes"},
        {"{\"peers\":[" PEER(",\"signed\":\"2026-11-24T12:09:00Z\"") "," PEER_3 "," PEER_3 "]}",
         "clock", FINDING_NOTE, "clock of Kompas is ahead"},
        {"{\"peers\":[" PEER(",\"signed\":\"2026-11-24T04:00:00Z\"") "]}", "clock", FINDING_TODO,
         "8 hours old"},
        {"{\"peers\":[" PEER(",\"disputed\":true") "," PEER_3 "]}", "disputed", FINDING_TODO,
         "Kompas"},
        {"{\"peers\":[" PEER(",\"lag\":4") "," PEER_3 "]}", "behind", FINDING_TODO, "Kompas"},
        {"{\"peers\":[" PEER(",\"owed\":7") "," PEER_3 "]}", "owed", FINDING_TODO,
         "7 entries has not arrived, of: Kompas"},
        {"{\"peers\":[" PEER(",\"newer\":2") "," PEER_3 "]}", "version", FINDING_TODO, "Kompas"},
        {"{\"reach\":\"none\"}", "reach", FINDING_TODO, "names no relay"},
        {"{\"reach\":\"relays\",\"relays\":[\"NL-KVK-2\",\"NL-KVK-9\"]}", "reach", FINDING_TODO,
         "NL-KVK-9 is not an active"},
        {"{\"reach\":\"relays\",\"relays\":[\"NL-KVK-2\"],\"peers\":["
         PEER(",\"reach\":\"relays\"") "," PEER_3 "]}", "reach", FINDING_TODO,
         "NL-KVK-2 cannot be dialled itself"},
        {"{\"reach\":\"relays\",\"relays\":[\"NL-KVK-2\"],\"peers\":["
         PEER(",\"up\":false") "," PEER_3 "]}", "reach", FINDING_TODO,
         "None of this node's relays"},
        {"{\"reach\":\"relays\",\"relays\":[\"NL-KVK-3\",\"NL-KVK-2\"]}", "reach", FINDING_WELL,
         "2 of 2 connected"},
        {"{\"reach\":\"relays\",\"self\":{\"shares\":[{\"key\":1}]}}", "reach", FINDING_TODO,
         "holds a key share"},
        {"{\"peers\":[" PEER(",\"reach\":\"none\"") "," PEER_3 "]}", "unreachable", FINDING_NOTE,
         "Kompas has no address"},
        {"{\"peers\":[" PEER(",\"opaque\":2") "," PEER_3 "]}", "version", FINDING_NOTE, "Kompas"},
        {"{\"peers\":[" PEER(",\"offers\":{\"min\":2,\"max\":3}") "," PEER_3 "]}", "protocol",
         FINDING_TODO, "Kompas"},
        {"{\"feed\":{\"held_by_all\":10}}", "backlog", FINDING_NOTE, "8 of this"},
        {"{\"ceremonies\":[{\"id\":\"0123456789abcdef\",\"next\":\"join\"}]}", "ceremony",
         FINDING_TODO, "until this node joins"},
        {"{\"ceremonies\":[{\"id\":\"0123456789abcdef\",\"next\":\"result\"}]}", "ceremony",
         FINDING_TODO, "All agree on the result"},
        {"{\"ceremonies\":[{\"id\":\"0123456789abcdef\",\"next\":\"abort\"}]}", "ceremony",
         FINDING_TODO, "has failed"},
        {"{\"feed\":{\"erased_unconfirmed\":3}}", "erasures", FINDING_NOTE, "3 erasures"},
    };
    /* clang-format on */
    (void)state;
    struct doctor d;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        examine(&d, rows[i].patch);
        const struct finding *f = find(&d, rows[i].check);
        if (f == NULL || f->state != rows[i].want || strstr(f->text, rows[i].text) == NULL)
            fail_msg("row %zu: %s: %s", i, rows[i].check, f != NULL ? f->text : "no finding");
        assert_int_equal(f->state == FINDING_TODO, f->step[0] != '\0');
        for (size_t j = 0; j < d.count; j++)
            if (&d.list[j] != f && d.list[j].state == FINDING_TODO)
                fail_msg("row %zu: also %s: %s", i, d.list[j].check, d.list[j].text);
        if (rows[i].want == FINDING_TODO)
            assert_ptr_equal(doctor_next(&d), f);
    }
}

/* Goal: renewed keys that the list does not have yet are told from keys that are none of ours.
 * Method: a row is what the list names, of two feed keys on disk. */
static void renewed_keys(void **state)
{
    static const struct {
        const char *self, *text;
        enum finding_state want;
    } rows[] = {
        {"{\"feed_key\":\"" B64 "\",\"transport_key\":\"" B64 "\"}", "has this node's keys",
         FINDING_WELL                                                                                    },
        {"{\"feed_key\":\"" A64 "\",\"transport_key\":\"" B64 "\"}", "newer keys",           FINDING_TODO},
        {"{\"feed_key\":\"" B64 "\",\"transport_key\":\"" A64 "\"}", "other keys",           FINDING_TODO},
    };
    struct doctor_keys keys = {
        2, 1, {A64, B64},
          {B64  }
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        json_t *status = json_loads(base, 0, NULL), *self = json_loads(rows[i].self, 0, NULL);
        json_object_update(json_object_get(status, "self"), self);
        struct doctor d = {.program = "seinpost", .config = "FILE"};
        doctor_list(&d, status, &keys, noon());
        assert_int_equal(find(&d, "own-keys")->state, rows[i].want);
        assert_non_null(strstr(find(&d, "own-keys")->text, rows[i].text));
        json_decref(status);
        json_decref(self);
    }
}

/* Goal: without a list there is little to say of a running node: the files that it may open, its
 * memory, its reserve. Method: a status before the first list. */
static void before_the_list(void **state)
{
    (void)state;
    struct doctor d;
    examine(&d, "{\"roster\":null,\"self\":null,\"peers\":[],\"budgets\":[]}");
    assert_int_equal(d.count, 4);
    assert_non_null(strstr(doctor_next(&d)->step, "seinpost roster import"));
}

/* Goal: names in a sentence are bounded, findings too.
 * Method: many peers behind, and more findings than there is room for. */
static void is_bounded(void **state)
{
    (void)state;
    struct doctor d;
    char patch[16384] = "{\"peers\":[";
    for (int i = 0; i < 20; i++) {
        strcat(patch, i > 0 ? "," : "");
        strcat(patch, PEER(",\"lag\":1"));
    }
    strcat(patch, "]}");
    examine(&d, patch);
    assert_non_null(strstr(find(&d, "behind")->text, "Kompas, Kompas, Kompas ..."));
    for (int i = 0; i < FINDINGS_MAX + 5; i++)
        doctor_note(&d, "x", "y");
    assert_int_equal(d.count, FINDINGS_MAX);
}

/* Goal: times are read as they are written, and nothing else is a time.
 * Method: a row is a value and its seconds. */
static void times(void **state)
{
    static const struct {
        const char *text;
        int64_t want;
    } rows[] = {
        {"1970-01-02T00:00:01Z",          86401     },
        {"2026-11-24T12:00:00Z",          1795521600},
        {"2026-11-24T12:00:00",           0         },
        {"2026-11-24 12:00:00Z",          0         },
        {"2026-13-24T12:00:00Z",          0         },
        {"2026-11-24T12:00:0xZ",          0         },
        {"2026-11-24T12:00:00Z and more", 0         },
        {"",                              0         },
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        json_t *t = json_string(rows[i].text);
        assert_int_equal(list_time_read(t), rows[i].want);
        json_decref(t);
    }
    assert_int_equal(list_time_read(NULL), 0);
    json_t *back = list_time_json(1795521600);
    assert_int_equal(list_time_read(back), 1795521600);
    json_decref(back);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_is_well),  cmocka_unit_test(each_fault),
        cmocka_unit_test(renewed_keys), cmocka_unit_test(before_the_list),
        cmocka_unit_test(is_bounded),   cmocka_unit_test(times),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
