#include "protocol/skeleton.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct bytes text_of(const char *s)
{
    return bytes_of((const uint8_t *)s, strlen(s));
}

static void put(const struct skeleton *s, char out[64])
{
    struct pack p = pack_of(out, 63);
    skeleton_put(s, 0, 15, &p);
    out[pack_len(&p)] = '\0';
}

/* Goal: spellings of one name have one skeleton; the second reading is that of other languages.
 * Method: one row is one word. */
static void words(void **state)
{
    (void)state;
    static const struct {
        const char *word, *first, *second, *letters;
    } rows[] = {
        {"yusuf",       "sf",    "sf",    "sf"   },
        {"youssef",     "sf",    "sf",    "sf"   },
        {"qaddafi",     "gdf",   "gdf",   "kdf"  },
        {"gaddafi",     "gdf",   "gdf",   "gdf"  },
        {"kadhafi",     "gdf",   "gdf",   "kdf"  },
        {"khan",        "gn",    "gn",    "kn"   },
        {"wagner",      "gnr",   "fgnr",  "gnr"  },
        {"vagner",      "fgnr",  "fgnr",  "fgnr" },
        {"jan",         "gn",    "n",     "gn"   },
        {"djibril",     "gbrl",  "gbrl",  "dgbrl"},
        {"bach",        "bs",    "bg",    "bc"   },
        {"petrovic",    "btrfg", "btrfs", "btrfk"},
        {"schmidt",     "smdt",  "smdt",  "cmdt" },
        {"schettino",   "stn",   "sgtn",  "ctn"  },
        {"mitchell",    "msl",   "msl",   "mcl"  },
        {"tzipi",       "sb",    "sb",    "tsb"  },
        {"zipi",        "sb",    "sb",    "sb"   },
        {"xhemal",      "gsml",  "gsml",  "ksml" },
        {"philip",      "flb",   "flb",   "flb"  },
        {"ali",         "al",    "al",    "al"   },
        {"aya",         "aya",   "aya",   "aya"  },
        {"hu",          "hu",    "hu",    "hu"   },
        {"hana",        "hn",    "hn",    "hn"   },
        {"alhassan",    "sn",    "sn",    "hsn"  },
        {"elena",       "ln",    "ln",    "aln"  },
        {"abdulaziz",   "bs",    "bs",    "abds" },
        {"abdelaziz",   "bs",    "bs",    "abds" },
        {"abdaziz",     "bs",    "bs",    "abds" },
        {"bartholomew", "brtlm", "brtlm", "brtlm"},
        {"",            "",      "",      ""     },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct skeleton s;
        char out[3][64];
        skeleton_sound(text_of(rows[i].word), READING_FIRST, &s);
        put(&s, out[0]);
        skeleton_sound(text_of(rows[i].word), READING_SECOND, &s);
        put(&s, out[1]);
        skeleton_letters(text_of(rows[i].word), &s);
        put(&s, out[2]);
        if (strcmp(out[0], rows[i].first) != 0 || strcmp(out[1], rows[i].second) != 0 ||
            strcmp(out[2], rows[i].letters) != 0)
            fail_msg("%s: %s %s %s", rows[i].word, out[0], out[1], out[2]);
    }
}

/* Goal: doubled letters and vowels change nothing. Method: words with each of them put in. */
static void insertions(void **state)
{
    (void)state;
    static const char *const words[] = {"petersen", "lindqvist", "marzouki", "tembo"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        struct skeleton want, got;
        size_t len = strlen(words[i]);
        skeleton_letters(text_of(words[i]), &want);
        for (size_t at = 1; at <= len; at++) {
            char longer[64];
            snprintf(longer, sizeof longer, "%.*s%c%s", (int)at, words[i], words[i][at - 1],
                     words[i] + at);
            skeleton_letters(text_of(longer), &got);
            assert_int_equal(got.count, want.count);
            assert_memory_equal(got.points, want.points, want.count * sizeof want.points[0]);
        }
    }
}

/* Goal: particles, titles and initials are left out, but never everything.
 * Method: one row is one field. */
static void small_words(void **state)
{
    (void)state;
    static const struct {
        const char *text, *first;
        size_t count;
    } rows[] = {
        {"van der meer",   "meer",   1},
        {"de la cruz",     "cruz",   1},
        {"al hassan",      "hassan", 1},
        {"abu bakr",       "bakr",   1},
        {"bin said",       "said",   1},
        {"john f kennedy", "john",   2},
        {"dr mariam",      "mariam", 1},
        {"van",            "van",    1},
        {"de la",          "de",     2},
        {"j",              "j",      1},
        {"maria clara",    "maria",  2},
        {"",               "",       0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct name_words w;
        name_words_of(text_of(rows[i].text), &w);
        assert_int_equal(w.count, rows[i].count);
        if (w.count > 0) {
            assert_int_equal(w.word[0].len, strlen(rows[i].first));
            assert_memory_equal(w.word[0].data, rows[i].first, w.word[0].len);
        }
    }
}

/* Goal: a skeleton is bounded, whatever the word. Method: words longer than the most. */
static void bounds(void **state)
{
    (void)state;
    char word[2 * SKELETON_POINTS_MAX];
    char fields[4 * NAME_WORDS_MAX];
    struct skeleton s;
    struct name_words w;
    for (size_t i = 0; i < sizeof word; i++)
        word[i] = i % 2 == 0 ? 'b' : 't';
    skeleton_letters(bytes_of((uint8_t *)word, sizeof word), &s);
    assert_int_equal(s.count, SKELETON_POINTS_MAX);
    skeleton_sound(bytes_of((uint8_t *)word, sizeof word), READING_FIRST, &s);
    assert_int_equal(s.count, SKELETON_SOUNDS_MAX);
    memset(fields, 'm', sizeof fields);
    for (size_t i = 2; i < sizeof fields; i += 3)
        fields[i] = ' ';
    name_words_of(bytes_of((uint8_t *)fields, sizeof fields), &w);
    assert_int_equal(w.count, NAME_WORDS_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words),
        cmocka_unit_test(insertions),
        cmocka_unit_test(small_words),
        cmocka_unit_test(bounds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
