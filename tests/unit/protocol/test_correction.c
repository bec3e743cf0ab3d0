/*
 * test_correction.c - amendments and retractions: their bytes, each cut and each bit altered, and
 * what is in force after any of them in any order.
 */
#include "protocol/correction.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "protocol/entry.h"
#include "tests/unit/hex.h"
#include "tests/vectors/alert.h"

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

enum { ROOM = 512 };

static void vectors(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint8_t type;
        uint64_t previous;
    } rows[] = {
        {signal_amended, ENTRY_SIGNAL, 258},
        {alert_amended,  ENTRY_ALERT,  5  }
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        uint8_t in[ROOM] = {0}, out[AMEND_BYTES_MAX];
        size_t len = hex_bytes(rows[i].text, in, sizeof in);
        struct amend a;
        assert_int_equal(amend_decode(bytes_of(in, len), &a), OK);
        assert_int_equal(a.type, rows[i].type);
        assert_int_equal(a.previous, rows[i].previous);
        assert_int_equal(amend_encode(&a, out), len);
        assert_memory_equal(out, in, len);
        assert_int_equal(amend_decode(bytes_of(in, sizeof in), &a), OK);
        assert_int_equal(a.payload.len, sizeof in - AMEND_FIXED_BYTES);
    }
    uint8_t out[RETRACT_BYTES], want[RETRACT_BYTES], reason;
    assert_int_equal(hex_bytes(retract_payload, want, sizeof want), RETRACT_BYTES);
    assert_int_equal(retract_encode(2, out), RETRACT_BYTES);
    assert_memory_equal(out, want, sizeof want);
    assert_int_equal(retract_decode(bytes_of(want, sizeof want), &reason), OK);
    assert_int_equal(reason, 2);
}

/* Goal: what is inside an amendment is read with it: tags, or the alert. */
static void content(void **state)
{
    (void)state;
    uint8_t in[ROOM] = {0};
    const uint8_t *tags = NULL;
    struct alert alert;
    (void)hex_bytes(signal_amended, in, sizeof in);
    struct body b = {.type = ENTRY_AMEND, .ref_plus_one = 100, .payload = bytes_of(in, sizeof in)};
    assert_int_equal(entry_tags(&b, &tags), 1);
    assert_ptr_equal(tags, in + 12);
    assert_false(entry_is_alert(&b, &alert));
    b.type = ENTRY_ALERT;
    assert_int_equal(entry_tags(&b, &tags), 0);
    memset(in, 0, sizeof in);
    (void)hex_bytes(alert_amended, in, sizeof in);
    b.type = ENTRY_AMEND;
    assert_int_equal(entry_tags(&b, &tags), 0);
    assert_true(entry_is_alert(&b, &alert));
    assert_string_equal(alert.partner, "GB-CHC-1234567");
    assert_int_equal(alert.reply, 2);
    assert_int_equal(alert.action[0].state, ACTION_DONE);
    struct lineage l = correction_lineage(300, &b);
    assert_int_equal(l.original, 99);
    assert_int_equal(l.previous, 5);
    b.type = ENTRY_RETRACT;
    l = correction_lineage(300, &b);
    assert_int_equal(l.original, 300);
    assert_int_equal(l.previous, 300);
}

static void truncated_at_each_byte(void **state)
{
    (void)state;
    uint8_t in[ROOM];
    size_t len = hex_bytes(signal_amended, in, sizeof in);
    for (size_t cut = 0; cut <= len; cut++) {
        struct amend a, before;
        memset(&a, 0x5a, sizeof a);
        before = a;
        uint8_t *part = malloc(cut + 1);
        assert_non_null(part);
        memcpy(part + 1, in, cut);
        enum err e = amend_decode(bytes_of(part + 1, cut), &a);
        assert_int_equal(e, cut < AMEND_FIXED_BYTES ? ERR_TRUNCATED : OK);
        if (e != OK)
            assert_memory_equal(&a, &before, sizeof a);
        free(part);
    }
    uint8_t reason = 77, retract[] = {1, 2};
    assert_int_equal(retract_decode(bytes_of(retract, 0), &reason), ERR_TRUNCATED);
    assert_int_equal(retract_decode(bytes_of(retract, 1), &reason), ERR_TRUNCATED);
    assert_int_equal(reason, 77);
}

static void altered_at_each_bit(void **state)
{
    (void)state;
    uint8_t in[ROOM] = {0}, again[AMEND_BYTES_MAX];
    size_t len = hex_bytes(alert_amended, in, sizeof in);
    for (size_t bit = 0; bit < 8 * len; bit++) {
        struct amend a;
        in[bit / 8] ^= (uint8_t)(1u << bit % 8);
        enum err e = amend_decode(bytes_of(in, len), &a);
        enum err want = bit / 8 == 0 ? ERR_VERSION : bit / 8 == 1 ? ERR_RANGE : OK;
        if (bit / 8 == 1 && (in[1] == ENTRY_SIGNAL || in[1] == ENTRY_ALERT))
            want = OK;
        assert_int_equal(e, want);
        if (e == OK) {
            assert_int_equal(amend_encode(&a, again), len);
            assert_memory_equal(again, in, len);
        }
        in[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    for (unsigned version = 0; version < 256; version++) {
        for (unsigned code = 0; code < 256; code++) {
            uint8_t retract[4] = {(uint8_t)version, (uint8_t)code, 0, 0}, reason = 0;
            enum err want = version != 1                         ? ERR_VERSION
                            : retract_reason_name((uint8_t)code) ? OK
                                                                 : ERR_RANGE;
            assert_int_equal(retract_decode(bytes_of(retract, sizeof retract), &reason), want);
            assert_int_equal(reason, want == OK ? code : 0);
            retract[3] = 1;
            want = want == OK ? ERR_FORMAT : want;
            assert_int_equal(retract_decode(bytes_of(retract, sizeof retract), &reason), want);
        }
    }
}

static void reasons(void **state)
{
    (void)state;
    size_t count = 0;
    for (unsigned code = 0; code < 256; code++) {
        const char *name = retract_reason_name((uint8_t)code);
        uint8_t back = 0;
        assert_true((name == NULL) == (retract_reason_text((uint8_t)code) == NULL));
        if (name == NULL)
            continue;
        assert_true(retract_reason_find(name, &back));
        assert_int_equal(back, code);
        assert_string_equal(retract_reason_at(count++), name);
    }
    assert_int_equal(count, 6);
    assert_null(retract_reason_at(count));
    uint8_t back = 77;
    assert_false(retract_reason_find("because", &back));
    assert_int_equal(back, 77);
}

/* One feed: entry 10 is the original, 20 amends it, 30 amends it again; what takes them back. */
struct step {
    enum entry_type what;
    uint64_t target, by;
};

static enum force judge(const struct step *steps, size_t count, uint64_t index)
{
    struct correction at[64] = {0};
    for (size_t i = 0; i < count; i++)
        correction_add(&at[steps[i].target], steps[i].what, steps[i].by);
    uint64_t original = index == 20 || index == 30 ? 10 : index;
    uint64_t previous = index == 30 ? 20 : original;
    return correction_judge(index, &at[index], &at[original], &at[previous]);
}

/* Goal: what is in force depends on what was said, not on the order in which it came.
 * Method: one row is a feed's corrections; all orders of them give the same. */
static void judge_rows(void **state)
{
    (void)state;
#define R ENTRY_RETRACT
#define E ENTRY_ERASE
#define YES FORCE_YES
#define OUT FORCE_RETRACTED
#define VOID FORCE_VOID
    /* clang-format off */
    static const struct {
        struct step steps[4];
        size_t count;
        enum force original, first, second;
        const char *why;
    } rows[] = {
        {{{0}}, 0, YES, YES, YES, "nothing said"},
        {{{E, 10, 21}}, 1, YES, YES, YES, "amended: what was replaced is erased beside it"},
        {{{E, 10, 21}, {E, 20, 31}}, 2, YES, YES, YES, "amended twice"},
        {{{R, 10, 11}}, 1, OUT, OUT, OUT, "retracted, with what would amend it"},
        {{{E, 10, 21}, {R, 10, 22}}, 2, OUT, OUT, OUT, "retracted by its original"},
        {{{E, 10, 21}, {E, 20, 31}, {R, 10, 32}}, 3, OUT, OUT, OUT, "the newest version too"},
        {{{E, 10, 21}, {R, 20, 22}}, 2, YES, OUT, OUT, "one version retracted"},
        {{{E, 10, 11}}, 1, YES, VOID, YES, "an amendment does not bring back what was erased"},
        {{{E, 20, 21}}, 1, YES, YES, VOID, "nor an erased version"},
        {{{E, 10, 11}, {E, 10, 21}}, 2, YES, VOID, YES, "the first erasure counts"},
        {{{R, 10, 40}, {R, 10, 11}, {E, 10, 12}}, 3, OUT, OUT, OUT, "retracted twice, then erased"},
    };
    /* clang-format on */
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct step s[4];
        memcpy(s, rows[i].steps, sizeof s);
        size_t n = rows[i].count, turns = 0, at[4] = {0};
        for (;;) { /* Heap's permutations */
            if (judge(s, n, 10) != rows[i].original || judge(s, n, 20) != rows[i].first ||
                judge(s, n, 30) != rows[i].second)
                fail_msg("%s: %s %s %s", rows[i].why, force_name(judge(s, n, 10)),
                         force_name(judge(s, n, 20)), force_name(judge(s, n, 30)));
            while (turns < n && at[turns] >= turns)
                at[turns++] = 0;
            if (turns >= n)
                break;
            struct step t = s[turns % 2 == 0 ? 0 : at[turns]];
            s[turns % 2 == 0 ? 0 : at[turns]] = s[turns];
            s[turns] = t;
            at[turns]++;
            turns = 0;
        }
    }
    assert_string_equal(force_name(FORCE_YES), "in-force");
    assert_string_equal(force_name(FORCE_VOID), "void");
}

/* Goal: nothing that must stay is taken back, and nothing that expired is prolonged; both from
 * headers alone. */
static void target_rows(void **state)
{
    (void)state;
    uint8_t in[ROOM] = {0};
    (void)hex_bytes(signal_amended, in, sizeof in); /* replaces 258 */
    struct body amend = {.type = ENTRY_AMEND, .day = 1000, .ref_plus_one = 101};
    amend.payload = bytes_of(in, sizeof in);
    struct body retract = {.type = ENTRY_RETRACT, .day = 1000, .ref_plus_one = 101};
    struct body erase = {.type = ENTRY_ERASE, .day = 1000, .ref_plus_one = 101};
    struct body signal = {.type = ENTRY_SIGNAL, .day = 1000, .ref_plus_one = 101};
    static const struct {
        uint64_t index;
        uint32_t expires;
        enum err amend, other;
    } rows[] = {
        {100, 0,    ERR_NOT_FOUND, ERR_NOT_FOUND},
        {100, 1,    OK,            OK           }, /* the original may have expired
  */
        {258, 0,    ERR_NOT_FOUND, ERR_NOT_FOUND},
        {258, 999,  ERR_STALE,     OK           },
        {258, 1000, OK,            OK           },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct header h = {.version = 1, .index = rows[i].index, .expires_day = rows[i].expires};
        assert_int_equal(entry_judge_target(&h, &amend, &h), rows[i].amend);
        assert_int_equal(entry_judge_target(&h, &retract, &h), rows[i].other);
        assert_int_equal(entry_judge_target(&h, &erase, &h), rows[i].other);
    }
    uint64_t targets[ENTRY_TARGETS_MAX];
    assert_int_equal(entry_targets(&amend, targets), 2);
    assert_int_equal(targets[0], 100);
    assert_int_equal(targets[1], 258);
    amend.ref_plus_one = 259;
    assert_int_equal(entry_targets(&amend, targets), 1);
    assert_int_equal(targets[0], 258);
    assert_int_equal(entry_targets(&erase, targets), 1);
    assert_int_equal(targets[0], 100);
    assert_int_equal(entry_targets(&retract, targets), 1);
    assert_int_equal(entry_targets(&signal, targets), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(vectors),
        cmocka_unit_test(content),
        cmocka_unit_test(truncated_at_each_byte),
        cmocka_unit_test(altered_at_each_bit),
        cmocka_unit_test(reasons),
        cmocka_unit_test(judge_rows),
        cmocka_unit_test(target_rows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
