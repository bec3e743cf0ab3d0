/*
 * document_number.h - the number of a document, with the slips that people and programs make
 * undone.
 *
 * Two ways to write one number come to one. What is folded, and why two different documents are not
 * taken for one:
 *
 *   O -> 0            issuers that use both (ICAO Doc 9303-3 allows it) do so in places that hold
 *                     letters only or digits only, or leave O out (as the Netherlands, Germany and
 *                     France do): two numbers that differ in this alone are not given out
 *   I -> 1            likewise
 *   zeros at the      of a number of digits only: spreadsheets drop them; issuers pad to one
 * length, beginning         so that no number of theirs is another with zeros before it Cyrillic,
 * Greek   to the Latin capital that looks like it: who has a Latin keyboard types what look-alikes
 * is seen, and Greece uses only the letters that look alike
 *
 * Not folded: L and 1 (documents print capitals, in which L is nothing like 1, and Germany gives
 * out both in the same place), S and 5, B and 8, Z and 2, G and 6 (same reason). Pure.
 */
#ifndef PROTOCOL_DOCUMENT_NUMBER_H
#define PROTOCOL_DOCUMENT_NUMBER_H

#include "proto/bytes.h"
#include "protocol/identifier.h"

enum { DOCUMENT_NUMBER_BYTES_MAX = 4 * DOCUMENT_NUMBER_MAX };

struct document_number {
    uint8_t text[DOCUMENT_NUMBER_BYTES_MAX];
    size_t len;
};

/*
 * Takes over a number as fold_code gives it, without the signs that may stand between letters and
 * digits, with Latin letters for look-alikes. FAULT_DOCUMENT_SIGNS for anything but letters and
 * digits, FAULT_DOCUMENT_LENGTH outside DOCUMENT_NUMBER_MIN to DOCUMENT_NUMBER_MAX of them; *n is
 * then unchanged.
 */
MUST_CHECK enum field_fault document_number_read(struct bytes folded, struct document_number *n);

/*
 * Brings it to the form that stands in the key: O, I and zeros at the beginning folded.
 * FAULT_PLACEHOLDER for a number without a digit, with all signs alike, or of five digits or more
 * that count up or down by one: "unknown" or 12345678 would be a strong match of everyone whose
 * number is not known. FAULT_DOCUMENT_LENGTH where too little is left.
 */
MUST_CHECK enum field_fault document_number_fold(struct document_number *n);

#endif
