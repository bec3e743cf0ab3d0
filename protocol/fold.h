/*
 * fold.h - different ways to write the same text, brought to one.
 *
 * Two nodes that fold one name differently by one byte silently miss each other, so these folds are
 * frozen: fold_digest covers every code point, FOLD_DIGEST is what it must give, and a library with
 * other Unicode tables is found out by fold_is_frozen. What is to change gets a new normalisation
 * version of the match keys.
 *
 * All three refuse text that is not UTF-8 (surrogates and overlong forms included) and code points
 * that have no meaning in Unicode 15: unassigned, private, and the replacement character, which
 * tells that the text was damaged before. They work code point by code point, so that their time is
 * linear; the output is bounded by cap.
 *
 * Source: Unicode 15, UAX #15 (normalisation) and section 5.18 (case folding). Pure.
 */
#ifndef PROTOCOL_FOLD_H
#define PROTOCOL_FOLD_H

#include "proto/bytes.h"
#include "proto/err.h"

enum { FOLD_DIGEST_BYTES = 32, FOLD_MAIL_POINTS_MAX = 320 };

/* All folds below: out gets *len bytes of UTF-8. They return ERR_FORMAT for text that is not UTF-8,
 * ERR_RANGE for a code point without a meaning, ERR_LIMIT if the result is longer than cap; the
 * value is then refused and the person who typed it is told. On error *len is unchanged and out
 * holds zeros. */

/*
 * A name as words. Each code point is taken to its compatibility decomposition (NFKD) and full case
 * folding; then
 * - dropped: format controls (Cf), what Unicode lists as ignorable, enclosing marks (Me), marks of
 *   the classes Mn and Mc whose combining class is not 0 (accents, Arabic and Hebrew vowel points),
 *   and the Arabic tatweel U+0640;
 * - kept: letters, numbers, and marks of class 0, which are the vowels of Indic scripts, Thai,
 *   Burmese, Khmer and Dhivehi. Decimal digits of all scripts become 0-9, and dotless i becomes i,
 *   since both have the capital I;
 * - every run of anything else becomes one space, none at either end. U+02B9 to U+02BF, letters
 *   that serve as apostrophes, are among these, as the apostrophe is.
 */
MUST_CHECK enum err fold_name(struct bytes in, uint8_t *out, size_t cap, size_t *len);

/*
 * A code such as a document or phone number: decomposed, folded and dropped from as a name; then
 * capitals instead of small letters, decimal digits as 0-9, every dash (Pd, and the minus sign) as
 * "-", every space, tab and line end as one " " each. Everything else stays.
 */
MUST_CHECK enum err fold_code(struct bytes in, uint8_t *out, size_t cap, size_t *len);

/*
 * An e-mail address: NFKC with full case folding, without format controls and ignorable code
 * points. Accents stay. ERR_LIMIT also for more than FOLD_MAIL_POINTS_MAX code points.
 */
MUST_CHECK enum err fold_mail(struct bytes in, uint8_t *out, size_t cap, size_t *len);

/* Reads the code point at the start of text that has been folded, and moves past it. False at the
 * end, or where the text is not UTF-8. */
bool fold_next(struct bytes *folded, int32_t *point);

/* Whether a code point of folded text is a letter, a decimal digit, a kept mark. */
bool fold_is_letter(int32_t point);
bool fold_is_digit(int32_t point);
bool fold_is_mark(int32_t point);

/* SHA-256 over every code point but the surrogates in order, each with its three folds in the order
 * above: point u32 || three times (error code u8 || length u16 || bytes). */
void fold_digest(uint8_t out[FOLD_DIGEST_BYTES]);

/* Whether the Unicode tables in use give FOLD_DIGEST. A node asks once at its start (it takes a
 * fraction of a second) and refuses to run if not: its keys would differ from those of others. */
bool fold_is_frozen(void);

#endif
