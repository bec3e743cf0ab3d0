/*
 * skeleton.h - what stays of a name when it is spelt by ear, in another alphabet, or with a slip.
 *
 * Vowels, doubled letters and the letters h, w and y are written or left out as one likes, and the
 * same consonant is written by different letters: Muhammad, Mohammed, Mohamed and محمد have one
 * skeleton. There are two sizes of it, since what tolerates more also mistakes more:
 *
 *   sound    for both names of a person together: consonants in ten classes (b with p; v with f;
 *            g, j, k, q and kh; s, z, sh, ch and zh ...), at most five of them
 *   letters  for one name, or a date that is only partly the same: classes apart where a sound is
 *            seldom confused (g from k, s from sh), every consonant, and a vowel or h at the start
 *
 * Letters that are neither (Han, kana, Hangul ...) stand for themselves in both.
 *
 * A reading is how the letters of a to z are taken. Only few words differ: those with w, j, ch or a
 * final "ic", which the first reading takes as English and Arabic transcriptions write them (w is
 * no consonant, j as in John, ch as in Charles), and the second as German, Italian and Slavic names
 * have them (w as v, j as y, ch as kh, ic as ich).
 *
 * Frozen under MATCH_KEY_VERSION. Pure: no allocation, no clock, no globals.
 */
#ifndef PROTOCOL_SKELETON_H
#define PROTOCOL_SKELETON_H

#include "proto/bytes.h"
#include "proto/err.h"

enum {
    SKELETON_POINTS_MAX = 320,
    SKELETON_SOUNDS_MAX = 5,
    NAME_WORDS_MAX = 16, /* further words of a field are left out */
};

/* The code points of one skeleton; a to z are classes, others letters that are kept. */
struct skeleton {
    int32_t points[SKELETON_POINTS_MAX];
    size_t count; /* 0 only for a word without any letter */
};

enum reading { READING_FIRST, READING_SECOND };

/* The skeletons of one word, as translit_name writes it, of at most SKELETON_POINTS_MAX code
 * points; what is longer is cut. A word without a consonant keeps all its letters. */
void skeleton_sound(struct bytes word, enum reading reading, struct skeleton *out);
void skeleton_letters(struct bytes word, struct skeleton *out);

/* Writes points from to from + count (all that there are, if fewer) as UTF-8. Pack must have room
 * for 4 bytes each. */
void skeleton_put(const struct skeleton *s, size_t from, size_t count, struct pack *out);

/* The words of a field that tell one person from another. */
struct name_words {
    struct bytes word[NAME_WORDS_MAX];
    size_t count;
};

/*
 * Splits what translit_name wrote, and leaves out, unless nothing else is there: particles (van,
 * de, al, bin, abu ...), titles (dr, mr, haji ...) and single letters, which are initials. Words
 * are borrowed from text.
 */
void name_words_of(struct bytes text, struct name_words *out);

#endif
