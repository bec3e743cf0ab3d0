/*
 * value.h - which strings are well-formed values of a setting.
 *
 * Pure functions over zero-terminated strings; nothing is resolved or looked up.
 */
#ifndef CONFIG_VALUE_H
#define CONFIG_VALUE_H

#include <stdbool.h>
#include <stddef.h>

/* Whether len bytes are valid UTF-8 (RFC 3629) without control characters other than tab. */
bool value_is_text(const char *s, size_t len);

/* Whether s has the shape of an org-id.guide identifier: two capitals, a dash later on, something
 * after it, and printable ASCII without blanks throughout (NL-KVK-41198677, AT-1, CA_AB-ABT-7). */
bool value_is_org_id(const char *s);

/* Whether s holds only letters, digits and . _ @ - and does not start with a dash. */
bool value_is_word(const char *s);

/* Whether s is tcp://ADDRESS:PORT with a numeric address, [IPv6] in brackets, port 1 to 65535. */
bool value_is_listen(const char *s);

/* As value_is_listen, and the address may also be a host name (letters, digits, dots, dashes). */
bool value_is_dial(const char *s);

/* Whether a well-formed endpoint names the unspecified address (0.0.0.0 or [::]), which can be
 * listened on but never dialled. */
bool value_is_unspecified(const char *s);

/* Place of word in a list of words between blanks, -1 if it is not there. */
int value_choice(const char *choices, const char *word);

/* The value of a whole decimal number of at most 9 digits, -1 if s is not one. */
int value_number(const char *s);

/* How many insertions, deletions or replacements of one byte lead from a to b. Strings longer than
 * VALUE_DISTANCE_BYTES_MAX are taken as that far apart. */
enum { VALUE_DISTANCE_BYTES_MAX = 40 };
unsigned value_distance(const char *a, const char *b);

#endif
