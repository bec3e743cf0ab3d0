/*
 * reword.h - the mistakes in a settings file, in the person's language.
 *
 * The reader of settings (config/) is a leaf that knows no catalogues: it gives whole English
 * sentences, "FILE:LINE: KEY: '5' is not a whole number ...". Here such a sentence is matched with
 * the list of forms that it can have, and said again in the translation of its form, with the same
 * values. A sentence of no known form stays as it is.
 */
#ifndef NODE_REWORD_H
#define NODE_REWORD_H

#include <stdbool.h>
#include <stddef.h>

/* Says error again, for a file of that name, into out; cut where it does not fit. */
void reword_config(const char *error, const char *file, char *out, size_t cap);

/* Whether a sentence has the form, in which %s, %d, %u and %zu stand for any text. If so it is said
 * again in the form other, which has the same conversions in the same order. */
bool reword(const char *sentence, const char *form, const char *other, char *out, size_t cap);

#endif
