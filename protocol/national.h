/*
 * national.h - numbers that belong to a person, whose check digits are public.
 *
 * Each row of the table in national.c is one kind of number of one country: its form, the rule of
 * its check digits with the source, and for which types it is looked for:
 *
 *   must    this number and no other is meant: one that does not agree is refused
 *   check   one of this form must agree, other forms may be other or older numbers of that type
 *   may     one of this form that agrees is this number; one that does not is something else
 *
 * One that agrees gets the row's own type, so that a Belgian national number is the same whether it
 * was written as social, tax or id. A rule stands in the table only where it holds for every number
 * of that form ever given out: Denmark, Iceland and Korea gave theirs up, Ecuador and the Dominican
 * Republic have numbers in use that break theirs. In places for digits only, O is read as 0 and I
 * and L as 1, in places for letters only 0 as O and 1 as I; leading zeros that a spreadsheet
 * dropped are put back. Pure.
 */
#ifndef PROTOCOL_NATIONAL_H
#define PROTOCOL_NATIONAL_H

#include "proto/bytes.h"
#include "protocol/document_number.h"
#include "protocol/document_type.h"

/*
 * Looks for a kind of number that fits and puts its whole form and its type in place of what was
 * given; leaves both as they are where none does. FAULT_DOCUMENT_CHECK, with both unchanged, where
 * a rule must hold and does not.
 */
MUST_CHECK enum field_fault national_check(struct bytes issuer, enum document_type *type,
                                           struct document_number *n);

#endif
