/*
 * country.h - the codes of three letters that can issue a document.
 *
 * The countries and areas of ISO 3166-1 alpha-3, and those that ICAO Doc 9303-3 section 5 adds for
 * travel documents: the United Nations (UNO, UNA), its mission in Kosovo (UNK), the European Union
 * (EUE), the Order of Malta (XOM), Interpol (XPO) and the other organisations whose codes begin
 * with X, and XXA, XXB, XXC, XXX for a stateless person, a refugee, another refugee, and a person
 * of unspecified nationality; and RKS, which Kosovo writes in its passports.
 *
 * Some issuers go by several codes; they count as one, since people copy what is printed:
 *
 *   D              DEU  what German documents carry (ICAO Doc 9303-3)
 *   GBD GBN GBO    GBR  kinds of British nationals (ICAO Doc 9303-3); their numbers come from one
 *   GBP GBS             issuer
 *   ROM            ROU  before 2002 (ISO 3166-1 newsletter V-4)
 *   ZAR            COD  before 1997 (ISO 3166-3)
 *   TMP            TLS  before 2002 (ISO 3166-3)
 *   BUR            MMR  before 1989 (ISO 3166-3)
 *   XKX XKK KOS    RKS  other codes in use for Kosovo
 *
 * Codes of countries that ended in several (SUN, YUG, SCG, CSK, ANT) have no one successor and are
 * not known. Pure.
 */
#ifndef PROTOCOL_COUNTRY_H
#define PROTOCOL_COUNTRY_H

#include "proto/bytes.h"

enum { COUNTRY_BYTES = 3 };

/* Whether these are three capitals that the list holds. */
bool country_is_known(struct bytes alpha3);

/* The one code of an issuer in capitals, which lasts for ever; empty if there is none. */
struct bytes country_fold(struct bytes code);

#endif
