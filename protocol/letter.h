/*
 * letter.h - the content of an envelope of type letter: a subject and a text, for people.
 *
 *     version u8 = 1 | length u8, subject | text to the end
 *
 * Both are UTF-8; the subject is one line of 1 to SUBJECT_BYTES_MAX bytes, the text is not empty.
 *
 * Pure.
 */
#ifndef PROTOCOL_LETTER_H
#define PROTOCOL_LETTER_H

#include "protocol/envelope.h"

enum {
    LETTER_VERSION = 1,
    SUBJECT_BYTES_MAX = 127,
    LETTER_TEXT_BYTES_MAX = ENVELOPE_CONTENT_BYTES_MAX - 2 - SUBJECT_BYTES_MAX,
};

struct letter {
    struct bytes subject;
    struct bytes text;
};

/* Writes to out, which has room for 2 + subject.len + text.len. ERR_FORMAT if one of them is empty
 * or not as above; ERR_LIMIT if one is too long. */
MUST_CHECK enum err letter_encode(const struct letter *l, uint8_t *out, size_t *len);

/* ERR_VERSION, ERR_TRUNCATED, ERR_FORMAT, ERR_LIMIT. What is in *out is borrowed. */
MUST_CHECK enum err letter_decode(struct bytes content, struct letter *out);

#endif
