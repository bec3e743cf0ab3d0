/*
 * iso_country.h - the codes of two letters in which organisations name their country.
 */
#ifndef NODE_ISO_COUNTRY_H
#define NODE_ISO_COUNTRY_H

#include <stdbool.h>

/* Whether these are two letters of ISO 3166-1 alpha-2, small or capital, or XK, which is in use for
 * Kosovo. *out gets the capitals and a zero; it is unchanged otherwise. */
bool iso_country_read(const char *text, char out[3]);

#endif
