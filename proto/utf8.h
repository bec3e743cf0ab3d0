/*
 * utf8.h - whether bytes are well-formed UTF-8 text.
 *
 * Well-formed is as in RFC 3629: the shortest form only, no surrogates, nothing above U+10FFFF.
 * Pure.
 */
#ifndef PROTO_UTF8_H
#define PROTO_UTF8_H

#include "proto/bytes.h"

/* Reads one character from the front of *in. Returns false, *in unchanged, where the bytes there
 * are not well-formed or there are none. */
bool utf8_next(struct bytes *in, uint32_t *character);

/* Whether all of it is well-formed and holds no U+0000. The empty string is. */
bool utf8_is_text(struct bytes in);

/* As utf8_is_text, and without control characters (U+0000 to U+001F, U+007F to U+009F, and the
 * marks that turn the direction of writing): safe to show on one line of a terminal. */
bool utf8_is_line(struct bytes in);

#endif
