/*
 * audit.h - whether what a member recorded of its asking is what keyholders saw.
 *
 * Records are those of the request audit-records, rows those of audit-totals; both come as JSON,
 * from the own node or from a file that a member opened. A record's commitment is computed again
 * from what the record says; the rows are found by it. Nothing here touches a file or a node.
 */
#ifndef NODE_AUDIT_H
#define NODE_AUDIT_H

#include <jansson.h>

#include "protocol/feed.h"

/* The commitment of a record, recomputed, in hex. False if it is no record. */
bool audit_commitment(const json_t *record, char out[2 * HASH_BYTES + 1]);

/* Differences, each {"what", "keyholder", "request", "day"} and for records "purpose"; what is one
 * of:
 *   no-record      a keyholder saw a request of which there is no record
 *   no-request     a record that was answered, and too few keyholders saw it
 *   other-purpose  a keyholder saw that request with another commitment
 *   other-points   with other points
 *   other-count    with another number of points
 *   no-record-form something among the records that is none
 * unheard: keyholders that did not tell; they may have seen what nobody else did. */
json_t *audit_compare(const json_t *records, const json_t *rows, size_t unheard);

#endif
