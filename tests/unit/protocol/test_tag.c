#include "protocol/tag.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/unit/hex.h"
#include "tests/vectors/feed.h"

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

/* Every tag of one person that is tried: two authors, kinds and epochs, and all counters. Bits 0
 * and 1 of the number of a variant are the counter, bit 2 the kind, bit 3 the epoch, bit 4 the
 * author. */
enum { PEOPLE = 1000, VARIANTS = 32, TAGS = PEOPLE * VARIANTS, TAG_BITS = 8 * TAG_BYTES };

struct people {
    uint8_t tag[PEOPLE][VARIANTS][TAG_BYTES];
    uint64_t prefix[TAGS];
};

/* Pseudonyms of invented people: group elements from a fixed stream. */
static void pseudonyms(uint8_t n[PEOPLE][32])
{
    static uint8_t stream[PEOPLE][crypto_core_ristretto255_HASHBYTES];
    static const uint8_t seed[randombytes_SEEDBYTES] = "tags of a thousand people";
    randombytes_buf_deterministic(stream, sizeof stream, seed);
    for (size_t i = 0; i < PEOPLE; i++)
        crypto_core_ristretto255_from_hash(n[i], stream[i]);
}

static int setup(void **state)
{
    static uint8_t n[PEOPLE][32];
    struct people *p = calloc(1, sizeof *p);
    uint8_t author[2][AUTHOR_BYTES];
    if (p == NULL)
        return -1;
    pseudonyms(n);
    author_of(BYTES_LITERAL("NL-KVK-41198677"), author[0]);
    author_of(BYTES_LITERAL("XI-IATI-EXAMPLE"), author[1]);
    for (size_t i = 0; i < PEOPLE; i++) {
        for (size_t v = 0; v < VARIANTS; v++) {
            uint8_t kind = v >> 2 & 1 ? 2 : 1;
            uint32_t epoch = v >> 3 & 1 ? 2 : 1;
            tag_derive(n[i], epoch, author[v >> 4 & 1], kind, (uint8_t)(v & 3), p->tag[i][v]);
            p->prefix[i * VARIANTS + v] = tag_prefix(p->tag[i][v]);
        }
    }
    *state = p;
    return 0;
}

static int teardown(void **state)
{
    free(*state);
    return 0;
}

/* Goal: tags and prefixes are the golden ones, which a second implementation computed.
 * Method: each golden row; the prefix is the first half as a number. */
static void golden_tags(void **state)
{
    (void)state;
    uint8_t n[32], author[AUTHOR_BYTES], tag[TAG_BYTES], want[TAG_BYTES];
    hex_bytes(feed_n, n, sizeof n);
    hex_bytes(feed_author, author, sizeof author);
    for (size_t i = 0; i < COUNT(feed_tags); i++) {
        assert_int_equal(hex_bytes(feed_tags[i].tag, want, sizeof want), TAG_BYTES);
        tag_derive(n, feed_tags[i].epoch, author, feed_tags[i].kind, feed_tags[i].counter, tag);
        assert_memory_equal(tag, want, TAG_BYTES);
        char half[17] = {0};
        memcpy(half, feed_tags[i].tag, 16);
        assert_true(tag_prefix(tag) == strtoull(half, NULL, 16));
    }
}

/* Goal: whoever knows the person computes the same tag, and every single bit of what goes in
 * counts.
 * Method: one tag twice, then with each bit of N, epoch, author and kind altered, and each
 * counter. */
static void every_input_counts(void **state)
{
    (void)state;
    uint8_t n[32], author[AUTHOR_BYTES], want[TAG_BYTES], tag[TAG_BYTES];
    hex_bytes(feed_n, n, sizeof n);
    hex_bytes(feed_author, author, sizeof author);
    tag_derive(n, 1, author, 1, 0, want);
    tag_derive(n, 1, author, 1, 0, tag);
    assert_memory_equal(tag, want, TAG_BYTES);
    for (size_t bit = 0; bit < 256; bit++) {
        uint8_t mask = (uint8_t)(1u << bit % 8);
        n[bit / 8] ^= mask;
        tag_derive(n, 1, author, 1, 0, tag);
        n[bit / 8] ^= mask;
        assert_memory_not_equal(tag, want, TAG_BYTES);
        author[bit / 8] ^= mask;
        tag_derive(n, 1, author, 1, 0, tag);
        author[bit / 8] ^= mask;
        assert_memory_not_equal(tag, want, TAG_BYTES);
    }
    for (unsigned bit = 0; bit < 32; bit++) {
        tag_derive(n, 1 ^ (uint32_t)1 << bit, author, 1, 0, tag);
        assert_memory_not_equal(tag, want, TAG_BYTES);
    }
    for (unsigned bit = 0; bit < 8; bit++) {
        tag_derive(n, 1, author, (uint8_t)(1 ^ 1u << bit), 0, tag);
        assert_memory_not_equal(tag, want, TAG_BYTES);
    }
    for (uint8_t counter = 1; counter < COUNTERS; counter++) {
        tag_derive(n, 1, author, 1, counter, tag);
        assert_memory_not_equal(tag, want, TAG_BYTES);
    }
}

static int by_number(const void *a, const void *b)
{
    const uint64_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

/* Goal: no two of 32,000 tags are equal, nor the prefixes that a store finds them by.
 * Method: the prefixes sorted; tags with different prefixes differ. */
static void nothing_collides(void **state)
{
    struct people *p = *state;
    qsort(p->prefix, TAGS, sizeof p->prefix[0], by_number);
    for (size_t i = 1; i < TAGS; i++)
        assert_true(p->prefix[i - 1] < p->prefix[i]);
}

/* Goal: two tags of one person are as far from one another as those of two people: what a thief of
 * a replica sees does not tell that they belong together.
 * Method: over 1,000 people, for each pair of variants of one person: the number of bits in which
 * they differ has the mean and the spread of coin tosses, and each bit differs for half of the
 * people. The bounds are six standard errors; the people are fixed, so that the outcome is too. */
static void tags_share_nothing(void **state)
{
    const struct people *p = *state;
    for (size_t v = 0; v < VARIANTS; v++) {
        for (size_t w = 0; w <= v; w++) {
            unsigned at_bit[TAG_BITS] = {0};
            double sum = 0, squares = 0;
            for (size_t i = 0; i < PEOPLE; i++) {
                /* beside the pairs of one person, as a measure: one variant of two people */
                const uint8_t *a = p->tag[i][v], *b = p->tag[v == w ? (i + 1) % PEOPLE : i][w];
                unsigned distance = 0;
                for (size_t bit = 0; bit < TAG_BITS; bit++) {
                    unsigned differs = (unsigned)(a[bit / 8] ^ b[bit / 8]) >> bit % 8 & 1;
                    at_bit[bit] += differs;
                    distance += differs;
                }
                assert_true(distance >= 32 && distance <= 96);
                sum += distance;
                squares += (double)distance * distance;
            }
            double mean = sum / PEOPLE, variance = squares / PEOPLE - mean * mean;
            assert_true(mean > 64 - 1.08 && mean < 64 + 1.08);
            assert_true(variance > 32 - 8.6 && variance < 32 + 8.6);
            for (size_t bit = 0; bit < TAG_BITS; bit++)
                assert_true(at_bit[bit] > 500 - 95 && at_bit[bit] < 500 + 95);
        }
    }
}

/* Goal: a tag is not recognisable by itself: its bits are even, whoever its author is.
 * Method: over the people, how often each bit of each variant is set. */
static void tags_are_even(void **state)
{
    const struct people *p = *state;
    for (size_t v = 0; v < VARIANTS; v++) {
        for (size_t bit = 0; bit < TAG_BITS; bit++) {
            unsigned set = 0;
            for (size_t i = 0; i < PEOPLE; i++)
                set += (unsigned)p->tag[i][v][bit / 8] >> bit % 8 & 1;
            assert_true(set > 500 - 95 && set < 500 + 95);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(golden_tags),      cmocka_unit_test(every_input_counts),
        cmocka_unit_test(nothing_collides), cmocka_unit_test(tags_share_nothing),
        cmocka_unit_test(tags_are_even),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
