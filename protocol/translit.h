/*
 * translit.h - a name as words in the letters a to z, whatever script it was written in.
 *
 * Latin with all diacritics, Cyrillic, Greek, Arabic (with the letters of Persian, Urdu and
 * Pashto), Hebrew, Armenian, Georgian, Ethiopic, Devanagari and Bengali become a to z by the table
 * in translit_table.c. Letters of other scripts (Han, kana, Hangul, Thai ...) are kept as they are
 * written.
 *
 * The result is for comparing: vowels that a script does not write are not added, and where one
 * letter stands for several sounds the commonest is taken. It is frozen under MATCH_KEY_VERSION,
 * as fold.h is; translit_digest is what all nodes must agree on. Pure.
 */
#ifndef PROTOCOL_TRANSLIT_H
#define PROTOCOL_TRANSLIT_H

#include "proto/bytes.h"
#include "proto/err.h"

enum {
    TRANSLIT_BYTES_MAX = 5 * 320, /* of the longest name, see fold_mail */
    TRANSLIT_DIGEST_BYTES = 32,
};

/*
 * Writes the words of a name, UTF-8, with one space between them: a to z, and letters, vowel signs
 * and numbers of scripts that are kept; decimal digits of every script as 0-9. Apostrophes belong
 * to a word and vanish; everything else that is no letter separates words.
 *
 * ERR_FORMAT, ERR_RANGE and ERR_LIMIT as the folds of fold.h, the last also for a name of more than
 * FOLD_MAIL_POINTS_MAX code points: the value is then refused and the person who typed it is told.
 * On error *len is unchanged and out holds zeros. What was written gives itself when it is written
 * again.
 */
MUST_CHECK enum err translit_name(struct bytes in, uint8_t *out, size_t cap, size_t *len);

/* SHA-256 over the table: for each row point u32 || next u32 || is_initial u8 || length u8 ||
 * letters. */
void translit_digest(uint8_t out[TRANSLIT_DIGEST_BYTES]);

#endif
