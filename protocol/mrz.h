/*
 * mrz.h - the machine-readable lines of a travel document, as they are copied from its page.
 *
 * Three layouts: two lines of 44 (passports), two of 36, and three of 30 (cards). Line breaks and
 * spaces have been left out before. Every check digit is verified, the one over all of them too; in
 * places that hold digits only, O is read as 0 and I as 1; in the number they must be right, since
 * to try both would let wrong digits pass. A number longer than nine signs goes on in the optional
 * data, as cards may have it.
 *
 * The type comes from the first two signs: P and IP passport; IR, AR, CR and R residence; AC (crew)
 * other; any other I, A and C id. Visas (V) are not documents of a person here.
 *
 * Source: ICAO Doc 9303 (8th edition), parts 3 (check digits, codes), 4 (TD3), 5 (TD1), 6 (TD2).
 * Pure.
 */
#ifndef PROTOCOL_MRZ_H
#define PROTOCOL_MRZ_H

#include "proto/bytes.h"
#include "protocol/document_type.h"

enum { MRZ_BYTES_MAX = 90, MRZ_NUMBER_BYTES_MAX = 32 };

struct mrz {
    struct bytes issuer; /* a code of country.h, which lasts for ever */
    enum document_type type;
    uint8_t number[MRZ_NUMBER_BYTES_MAX]; /* without fillers */
    size_t number_len;
};

/* Reads the lines, in capitals, one after another. FAULT_DOCUMENT_MRZ for lines of another length
 * or with a check digit that does not agree, FAULT_DOCUMENT_COUNTRY, FAULT_DOCUMENT_TYPE; *out is
 * then unchanged. */
MUST_CHECK enum field_fault mrz_read(struct bytes text, struct mrz *out);

/* The check digit '0' to '9' of a text of A to Z, 0 to 9 and "<"; 0 where it holds another sign. */
uint8_t mrz_check_digit(struct bytes text);

#endif
