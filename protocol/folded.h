/*
 * folded.h - one value of a person's fields, folded into a buffer of its own and taken apart there.
 *
 * What the files born.c and identifier*.c share. A folded value holds what is known of a person in
 * the clear: whoever made one calls folded_clear. Views that these functions give lie in it, and
 * hold until it is cleared or its signs are dropped. Pure: no allocation, no clock, no globals.
 */
#ifndef PROTOCOL_FOLDED_H
#define PROTOCOL_FOLDED_H

#include "proto/bytes.h"
#include "protocol/identifier.h"

enum { FOLDED_BYTES_MAX = 512 }; /* a value, folded; what is longer is too long */

struct folded {
    uint8_t text[FOLDED_BYTES_MAX];
    size_t len;
};

/* One of the folds of fold.h. */
typedef enum err folded_fn(struct bytes in, uint8_t *out, size_t cap, size_t *len);

/* Folds a value of at most IDENTIFIER_BYTES_MAX bytes, the spaces around it not counted.
 * FAULT_TOO_LONG, FAULT_ENCODING, FAULT_CHARACTER; *f then holds nothing. */
MUST_CHECK enum field_fault folded_make(struct folded *f, struct bytes value, folded_fn *fold);

/* The value without the spaces around it. */
struct bytes folded_view(const struct folded *f);

/* Moves a view of f together without the given ASCII signs. */
struct bytes folded_drop(struct folded *f, struct bytes text, const char *signs);

void folded_clear(struct folded *f);

/* Takes off *rest what stands before the separator, and the separator. False if there is none. */
bool folded_take_part(struct bytes *rest, uint8_t separator, struct bytes *part);

/* Whether text holds a code point that is a letter. */
bool folded_has_letter(struct bytes text);

/* Whether a word of capitals A to Z stands in a list of words with a space before and after each.
 */
bool folded_is_listed(struct bytes word, const char *list);

/* Writes one field: its length u16 and its bytes. Cannot run short: whoever sizes the pack knows
 * the longest of each kind. */
void folded_put(struct pack *out, struct bytes field);

#endif
