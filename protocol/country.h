/*
 * country.h - the codes of three letters that can issue a document.
 *
 * The countries and areas of ISO 3166-1 alpha-3, and those that ICAO Doc 9303-3 adds for travel
 * documents: the United Nations (UNO, UNA), its mission in Kosovo (UNK), Kosovo (RKS), the
 * European Union (EUE), the Order of Malta (XOM), and XXA, XXB, XXC, XXX for a stateless person, a
 * refugee, another refugee, and a person of unspecified nationality. Pure.
 */
#ifndef PROTOCOL_COUNTRY_H
#define PROTOCOL_COUNTRY_H

#include "proto/bytes.h"

enum { COUNTRY_BYTES = 3 };

/* Whether these are three capitals that the list holds. */
bool country_is_known(struct bytes alpha3);

#endif
