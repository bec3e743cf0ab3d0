/*
 * fuzz_profile.c - names in any script, and what keys they make with a date of birth.
 *
 * The first byte says how much room the letters have; then come three lines: given name, family
 * name, date. What is written in a to z gives itself; what is published is asked too; keys are
 * sorted, each once, and few; which name is which makes no difference but to the name as spelt.
 */
#include "protocol/born.h"
#include "protocol/matchkey.h"
#include "protocol/skeleton.h"
#include "protocol/translit.h"
#include "tests/fuzz/fuzz.h"

static struct bytes take_line(struct bytes *rest)
{
    const uint8_t *end = rest->len > 0 ? memchr(rest->data, '\n', rest->len) : NULL;
    struct bytes line = bytes_of(rest->data, end != NULL ? (size_t)(end - rest->data) : rest->len);
    size_t taken = line.len + (end != NULL ? 1 : 0);
    *rest = bytes_of(rest->data + taken, rest->len - taken);
    return line;
}

static void try_words(struct bytes name, size_t cap)
{
    uint8_t out[TRANSLIT_BYTES_MAX], again[TRANSLIT_BYTES_MAX], small[256 + 1];
    size_t len = SIZE_MAX, again_len = SIZE_MAX, small_len = SIZE_MAX;
    enum err e = translit_name(name, out, sizeof out, &len);
    memset(small, FUZZ_MARK, sizeof small);
    enum err s = translit_name(name, small, cap, &small_len);
    CHECK(small[cap] == FUZZ_MARK);
    CHECK((e == OK) == (len != SIZE_MAX) && (s == OK) == (small_len != SIZE_MAX));
    if (e != OK) {
        CHECK(fuzz_is_filled(out, 0, sizeof out) && s != OK);
        return;
    }
    CHECK(s == (len <= cap ? OK : ERR_LIMIT));
    CHECK(len == 0 || (out[0] != ' ' && out[len - 1] != ' '));
    enum err a = translit_name(bytes_of(out, len), again, sizeof again, &again_len);
    CHECK(a == ERR_LIMIT || (a == OK && again_len == len && memcmp(out, again, len) == 0));
    struct name_words words;
    name_words_of(bytes_of(out, len), &words);
    CHECK(words.count <= NAME_WORDS_MAX && (words.count > 0) == (len > 0));
    for (size_t i = 0; i < words.count; i++) {
        struct skeleton sound, letters;
        CHECK(fuzz_is_within(words.word[i], bytes_of(out, len)));
        skeleton_sound(words.word[i], READING_SECOND, &sound);
        skeleton_letters(words.word[i], &letters);
        CHECK(sound.count > 0 && sound.count <= SKELETON_SOUNDS_MAX);
        CHECK(letters.count > 0 && letters.count <= SKELETON_POINTS_MAX);
    }
}

static bool has_key(const struct match_keys *keys, const struct match_key *key)
{
    for (size_t i = 0; i < keys->count; i++)
        if (keys->key[i].len == key->len && memcmp(keys->key[i].bytes, key->bytes, key->len) == 0)
            return true;
    return false;
}

static void check_keys(const struct match_keys *keys, size_t max)
{
    CHECK(keys->count <= max);
    for (size_t i = 0; i < keys->count; i++) {
        const struct match_key *k = &keys->key[i];
        CHECK(k->kind == k->bytes[0] && k->bytes[1] == MATCH_KEY_VERSION);
        CHECK(k->len > 2 && k->len <= MATCH_KEY_BYTES_MAX && !match_kind_is_strong(k->kind));
        CHECK(i == 0 ||
              memcmp(k[-1].bytes, k->bytes, k[-1].len < k->len ? k[-1].len : k->len) <= 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static struct match_keys published, asked, crossed;
    struct field_problems problems;
    struct born date;
    if (len == 0 || len > 2048)
        return 0;
    struct bytes rest = bytes_of(data + 1, len - 1);
    struct person_fields p = {.given_name = take_line(&rest), .family_name = take_line(&rest)};
    p.born = take_line(&rest);
    try_words(p.given_name, data[0]);
    try_words(p.family_name, data[0]);
    match_keys_derive(&p, &published, &problems);
    match_keys_ask(&p, &asked, &problems);
    check_keys(&published, SIGNAL_TAGS_MAX);
    check_keys(&asked, CONSULT_POINTS);
    CHECK(published.count == 0 || born_read(identifier_trim(p.born), &date) == FAULT_NONE);
    struct person_fields q = {
        .given_name = p.family_name, .family_name = p.given_name, .born = p.born};
    match_keys_derive(&q, &crossed, &problems);
    for (size_t i = 0; i < published.count; i++) {
        CHECK(has_key(&asked, &published.key[i]));
        CHECK(published.key[i].kind == KIND_NAME_BORN || published.key[i].kind == KIND_NAMES ||
              has_key(&crossed, &published.key[i]));
    }
    return 0;
}
