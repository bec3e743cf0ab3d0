/*
 * The tags of a registration under the key of a later key period: what a retag says, and which may
 * be held.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "protocol/entry.h"
#include "protocol/retag.h"

enum { DAY = 20000, TERM = 1826, COUNT = 3 };

static uint8_t tags[SIGNAL_TAGS_MAX * TAG_BYTES];

static void fill(void)
{
    for (size_t i = 0; i < SIGNAL_TAGS_MAX; i++)
        memset(tags + i * TAG_BYTES, (int)i + 1, TAG_BYTES);
}

static size_t write(uint8_t out[RETAG_BYTES_MAX], uint32_t epoch, size_t count)
{
    struct retag r = {.epoch = epoch, .count = count, .tags = tags};
    return retag_encode(&r, out);
}

/* Goal: what is written is read; layout to the byte; each cut and each count is judged. */
static void test_codec(void **state)
{
    (void)state;
    uint8_t raw[RETAG_BYTES_MAX + 16] = {0};
    struct retag r = {0};
    fill();
    size_t len = write(raw, 7, COUNT);
    assert_int_equal(len, 1 + 4 + 1 + COUNT * TAG_BYTES);
    static const uint8_t head[] = {1, 0, 0, 0, 7, COUNT};
    assert_memory_equal(raw, head, sizeof head);
    assert_int_equal(retag_decode(bytes_of(raw, len), &r), OK);
    assert_int_equal(r.epoch, 7);
    assert_int_equal(r.count, COUNT);
    assert_memory_equal(r.tags, tags, COUNT * TAG_BYTES);
    assert_int_equal(retag_decode(bytes_of(raw, len + 16), &r), OK); /* padding */
    for (size_t cut = 0; cut < len; cut++)
        assert_int_equal(retag_decode(bytes_of(raw, cut), &r), ERR_TRUNCATED);
}

/* Goal: what is no retag is refused with its reason. Method: one change a row. */
static void test_refusals(void **state)
{
    (void)state;
    static const struct {
        size_t at;
        uint8_t value;
        enum err why;
    } rows[] = {
        {0,                                     2,  ERR_VERSION},
        {0,                                     0,  ERR_VERSION},
        {4,                                     0,  ERR_RANGE  }, /* key period 0 */
        {5,                                     0,  ERR_RANGE  },
        {5,                                     13, ERR_RANGE  },
        {6,                                     3,  ERR_FORMAT }, /* the first tag above the second */
        {6 + TAG_BYTES,                         1,  ERR_FORMAT },
        {RETAG_FIXED_BYTES + COUNT * TAG_BYTES, 1,  ERR_FORMAT }, /* padding */
    };
    fill();
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint8_t raw[RETAG_BYTES_MAX + 64] = {0};
        struct retag r = {.epoch = 99};
        write(raw, 7, COUNT);
        raw[rows[i].at] = rows[i].value;
        if (rows[i].at == 6 + TAG_BYTES)
            memcpy(raw + 6 + TAG_BYTES, raw + 6, TAG_BYTES); /* one twice */
        assert_int_equal(retag_decode(bytes_of(raw, sizeof raw), &r), rows[i].why);
        assert_int_equal(r.epoch, 99);
    }
}

/* Goal: a retag is held where it names an earlier entry and ends with it, and gives its tags. */
static void test_judgement(void **state)
{
    (void)state;
    uint8_t raw[RETAG_BYTES_MAX];
    const uint8_t *found = NULL;
    fill();
    size_t len = write(raw, 2, COUNT);
    struct header target = {.version = HEADER_VERSION, .expires_day = DAY + 100, .index = 3};
    struct header h = {.version = HEADER_VERSION, .expires_day = DAY + 100, .index = 9};
    struct body b = {
        .type = ENTRY_RETAG, .day = DAY, .ref_plus_one = 4, .payload = bytes_of(raw, len)};
    assert_int_equal(entry_judge(&h, &b, TERM, DAY), OK);
    assert_int_equal(entry_judge_target(&h, &b, &target), OK);
    assert_int_equal(entry_tags(&b, &found), COUNT);
    assert_memory_equal(found, tags, COUNT * TAG_BYTES);
    h.expires_day++; /* it outlives what it is for */
    assert_int_equal(entry_judge_target(&h, &b, &target), ERR_RANGE);
    h.expires_day--;
    b.ref_plus_one = 0;
    assert_int_equal(entry_judge(&h, &b, TERM, DAY), ERR_NOT_FOUND);
    b.ref_plus_one = 10; /* itself */
    assert_int_equal(entry_judge(&h, &b, TERM, DAY), ERR_NOT_FOUND);
    b.ref_plus_one = 4;
    h.expires_day = 0;
    assert_int_equal(entry_judge(&h, &b, TERM, DAY), ERR_RANGE);
    h.expires_day = DAY + TERM + 1;
    assert_int_equal(entry_judge(&h, &b, TERM, DAY), ERR_LIMIT);
    target.expires_day = 0; /* no registration */
    assert_int_equal(entry_judge_target(&h, &b, &target), ERR_NOT_FOUND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_codec),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_judgement),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
