#include "protocol/skeleton.h"

#include "protocol/fold.h"

#include <assert.h>
#include <string.h>
#include <utf8proc.h>

enum { FIRST = 1 << READING_FIRST, SECOND = 1 << READING_SECOND, BOTH = FIRST | SECOND };

/*
 * How the letters a to z make sounds: at each place the first row that fits, of which as many
 * letters are taken as the row says. What no row fits (vowels, h, w, y) is silent. The sounds are
 * letters themselves, and S for sh, C for ch, Z for zh, X for kh.
 */
/* clang-format off */
static const struct spelling {
    const char *letters;
    uint8_t readings;
    uint8_t taken;
    bool is_at_end; /* only at the end of a word */
    const char *sounds;
} spellings[] = {
    {"tsch", BOTH,   4, false, "C"},  /* Tschaikowsky, Tschad: German */
    {"sche", SECOND, 3, false, "sk"}, /* Schettino, Marrakesch aside: Italian */
    {"schi", SECOND, 3, false, "sk"},
    {"sch",  BOTH,   3, false, "S"},
    {"tch",  BOTH,   3, false, "C"},  /* Tchad, Mitchell */
    {"tsh",  BOTH,   3, false, "C"},  /* Tshisekedi; Arabic and Bantu names through French */
    {"sh",   BOTH,   2, false, "S"},
    {"ch",   FIRST,  2, false, "C"},  /* Charles; French and Portuguese sh is near */
    {"ch",   SECOND, 2, false, "X"},  /* Chaim, Bach, Christos, Michael */
    {"cz",   BOTH,   2, false, "C"},  /* Wieczorek */
    {"zh",   BOTH,   2, false, "Z"},
    {"ph",   BOTH,   2, false, "f"},
    {"th",   BOTH,   2, false, "t"},  /* written t where th is not spoken, which is nearly everywhere */
    {"dh",   BOTH,   2, false, "d"},
    {"kh",   BOTH,   2, false, "X"},
    {"gh",   BOTH,   2, false, "g"},
    {"ck",   BOTH,   2, false, "k"},
    {"dj",   SECOND, 2, false, "j"},  /* Djibril, Djokovic: keeps its j in the second reading */
    {"ic",   SECOND, 2, true,  "C"},  /* Petrovic with its mark lost */
    {"ce",   BOTH,   1, false, "s"},
    {"ci",   BOTH,   1, false, "s"},
    {"cy",   BOTH,   1, false, "s"},
    {"c",    BOTH,   1, false, "k"},
    {"j",    FIRST,  1, false, "j"},
    {"j",    SECOND, 1, false, ""},   /* Jan, Sergej, Rijn */
    {"w",    SECOND, 1, false, "v"},  /* Wagner, Iwan, Nowak */
    {"x",    BOTH,   1, false, "ks"},
    {"b",    BOTH,   1, false, "b"}, {"d", BOTH, 1, false, "d"}, {"f", BOTH, 1, false, "f"},
    {"g",    BOTH,   1, false, "g"}, {"k", BOTH, 1, false, "k"}, {"l", BOTH, 1, false, "l"},
    {"m",    BOTH,   1, false, "m"}, {"n", BOTH, 1, false, "n"}, {"p", BOTH, 1, false, "p"},
    {"q",    BOTH,   1, false, "q"}, {"r", BOTH, 1, false, "r"}, {"s", BOTH, 1, false, "s"},
    {"t",    BOTH,   1, false, "t"}, {"v", BOTH, 1, false, "v"}, {"z", BOTH, 1, false, "z"},
};

/* The class of each sound in the two skeletons. */
static const struct sound_class {
    char sound, in_sound, in_letters;
} classes[] = {
    {'b', 'b', 'b'}, {'p', 'b', 'b'}, /* Arabic has no p */
    {'v', 'f', 'f'}, {'f', 'f', 'f'}, /* Arabic has no v; German writes one for the other */
    {'d', 'd', 'd'}, {'t', 't', 't'},
    {'g', 'g', 'g'}, {'j', 'g', 'g'}, /* one Arabic letter, spoken g in Egypt and j elsewhere */
    {'k', 'g', 'k'}, {'q', 'g', 'k'}, {'X', 'g', 'k'}, /* Qaddafi, Kadhafi, Gaddafi; Khan, Kan */
    {'s', 's', 's'}, {'z', 's', 's'}, {'Z', 's', 's'},
    {'S', 's', 'c'}, {'C', 's', 'c'}, /* Sharif, Charif; Chaoui, Shawi */
    {'l', 'l', 'l'}, {'r', 'r', 'r'}, {'m', 'm', 'm'}, {'n', 'n', 'n'},
};
/* clang-format on */

static bool is_vowel(int32_t c)
{
    return c == 'a' || c == 'e' || c == 'i' || c == 'o' || c == 'u';
}

static bool is_latin(int32_t c)
{
    return c >= 'a' && c <= 'z';
}

static bool starts_with(struct bytes text, const char *prefix)
{
    size_t len = strlen(prefix);
    return text.len >= len && memcmp(text.data, prefix, len) == 0;
}

static struct bytes skip(struct bytes text, size_t count)
{
    return bytes_of(text.data + count, text.len - count);
}

/* Without the article that Arabic writes as one word with the name (Alhassan), where two letters
 * follow it and the first is a consonant: Ali and Elena keep theirs. */
static struct bytes without_article(struct bytes word)
{
    bool has_article = starts_with(word, "al") || starts_with(word, "el");
    if (!has_article || word.len < 4 || !is_latin(word.data[2]) || is_vowel(word.data[2]) ||
        word.data[2] == 'y')
        return word;
    return skip(word, 2);
}

/* How many letters the article of "Abdul" takes after "abd": it is written ul, el, al, ol or not at
 * all (Abd Rahman, Abdulrahman). */
static size_t servant_article(struct bytes word)
{
    bool has_it =
        starts_with(word, "abd") && word.len >= 5 && is_vowel(word.data[3]) && word.data[4] == 'l';
    return has_it ? 2 : 0;
}

static const struct spelling *spelling_at(struct bytes rest, enum reading reading)
{
    for (size_t i = 0; i < sizeof spellings / sizeof spellings[0]; i++) {
        const struct spelling *s = &spellings[i];
        if ((s->readings >> reading & 1) != 0 && starts_with(rest, s->letters) &&
            (!s->is_at_end || rest.len == strlen(s->letters)))
            return s;
    }
    return NULL;
}

/* Adds a class or a kept letter; one that stands there already is not doubled. */
static void add_point(struct skeleton *s, int32_t point)
{
    bool is_double = s->count > 0 && s->points[s->count - 1] == point;
    if (!is_double && s->count < SKELETON_POINTS_MAX)
        s->points[s->count++] = point;
}

typedef void add_fn(struct skeleton *s, char sound);

static const struct sound_class *class_of(char sound)
{
    size_t i = 0;
    while (classes[i].sound != sound) {
        i++;
        assert(i < sizeof classes / sizeof classes[0]);
    }
    return &classes[i];
}

static void add_letters(struct skeleton *s, char sound)
{
    add_point(s, class_of(sound)->in_letters);
}

/* A t or d before s is part of it (Tzipi, Zipi; Cohen-Tsedek), and a d before j (Djibril). */
static void add_sound(struct skeleton *s, char sound)
{
    char class = class_of(sound)->in_sound;
    int32_t last = s->count > 0 ? s->points[s->count - 1] : 0;
    if ((class == 's' && (last == 't' || last == 'd')) || (class == 'g' && last == 'd'))
        s->count--;
    add_point(s, class);
}

static void add_word(struct skeleton *s, struct bytes word, enum reading reading, add_fn *add)
{
    struct bytes rest = word;
    size_t article = servant_article(word);
    while (rest.len > 0) {
        if (article > 0 && rest.len == word.len - 3)
            rest = skip(rest, article);
        if (rest.len == 0)
            break;
        int32_t point = 0;
        if (!is_latin(rest.data[0])) {
            if (!fold_next(&rest, &point))
                break;
            add_point(s, point);
            continue;
        }
        const struct spelling *found = spelling_at(rest, reading);
        for (const char *sound = found != NULL ? found->sounds : ""; *sound != '\0'; sound++)
            add(s, *sound);
        rest = skip(rest, found != NULL ? found->taken : 1);
    }
}

/* A word of vowels only stands for itself, but for doubled letters. */
static void add_all(struct skeleton *s, struct bytes word)
{
    int32_t point = 0;
    while (fold_next(&word, &point))
        add_point(s, point);
}

static void put_first(struct skeleton *s, int32_t point)
{
    size_t kept = s->count < SKELETON_POINTS_MAX ? s->count : SKELETON_POINTS_MAX - 1;
    memmove(&s->points[1], &s->points[0], kept * sizeof s->points[0]);
    s->points[0] = point;
    s->count = kept + 1;
}

/* Marks how a word begins, if with a vowel or h. */
static void mark_start(struct skeleton *s, struct bytes word)
{
    if (word.len > 0 && is_vowel(word.data[0]))
        put_first(s, 'a');
    else if (word.len > 0 && word.data[0] == 'h')
        put_first(s, 'h');
}

void skeleton_sound(struct bytes word, enum reading reading, struct skeleton *out)
{
    word = without_article(word);
    out->count = 0;
    add_word(out, word, reading, add_sound);
    /* So little is left of these that the start is needed to tell them apart (Asia, Zoe, Sue). */
    if (out->count == 1 && is_latin(out->points[0]))
        mark_start(out, word);
    if (out->count == 0)
        add_all(out, word);
    if (out->count > SKELETON_SOUNDS_MAX)
        out->count = SKELETON_SOUNDS_MAX;
}

void skeleton_letters(struct bytes word, struct skeleton *out)
{
    word = without_article(word);
    out->count = 0;
    add_word(out, word, READING_FIRST, add_letters);
    if (out->count == 0)
        add_all(out, word);
    else
        mark_start(out, word);
}

void skeleton_put(const struct skeleton *s, size_t from, size_t count, struct pack *out)
{
    for (size_t i = from; i < s->count && i < from + count; i++) {
        uint8_t utf8[4];
        pack_copy(out, utf8, (size_t)utf8proc_encode_char(s->points[i], utf8));
    }
    assert(!out->is_full);
}

/* clang-format off */
/* Words that come and go between a person's papers, in the letters of translit_name. */
static const char *const small_words[] = {
    /* Dutch, German */ "van", "von", "vom", "der", "den", "het", "ten", "ter", "te", "zu", "zum", "zur", "op", "aan",
    /* French, Spanish, Portuguese, Italian */
    "de", "del", "della", "dei", "di", "da", "do", "dos", "das", "du", "des", "la", "las", "le", "les", "los", "lo", "y", "e",
    /* Arabic, with the assimilated article; ben, bn: Hebrew and Maghreb */
    "al", "el", "ul", "il", "ad", "ed", "ud", "an", "en", "ar", "er", "ur", "as", "es", "us", "ash", "esh", "ush", "at", "et",
    "az", "ez", "uz", "bin", "ben", "bn", "ibn", "abn", "bint", "bnt", "bat", "bt", "abu", "abou", "abw", "aba", "abi", "umm", "um", "am",
    "wld", "weld", "ould", "mint",
    /* Turkic, Malay, Indian */ "ogly", "oglu", "ogli", "uulu", "kyzy", "kizi", "gyzy", "binti", "binte", "bt", "ap", "al",
    /* Titles, and what stands behind a name */
    "mr", "mrs", "ms", "miss", "dr", "prof", "sir", "haj", "hajj", "haji", "hajji", "hadji", "sheikh", "shaikh", "shaykh", "cheikh", "shykh",
    "jr", "sr", "ii", "iii",
};
/* clang-format on */

static bool is_small(struct bytes word)
{
    if (word.len == 1 && is_latin(word.data[0]))
        return true;
    for (size_t i = 0; i < sizeof small_words / sizeof small_words[0]; i++)
        if (word.len == strlen(small_words[i]) && starts_with(word, small_words[i]))
            return true;
    return false;
}

static struct bytes take_word(struct bytes *rest)
{
    const uint8_t *space = memchr(rest->data, ' ', rest->len);
    struct bytes word =
        bytes_of(rest->data, space != NULL ? (size_t)(space - rest->data) : rest->len);
    *rest = skip(*rest, word.len + (space != NULL ? 1 : 0));
    return word;
}

static void split(struct bytes text, bool with_small, struct name_words *out)
{
    out->count = 0;
    while (text.len > 0 && out->count < NAME_WORDS_MAX) {
        struct bytes word = take_word(&text);
        if (word.len > 0 && (with_small || !is_small(word)))
            out->word[out->count++] = word;
    }
}

void name_words_of(struct bytes text, struct name_words *out)
{
    split(text, false, out);
    if (out->count == 0)
        split(text, true, out);
}
