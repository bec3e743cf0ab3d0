/*
 * orgid.h - the form of an organisation identifier of org-id.guide.
 *
 * An identifier is a list code, a hyphen and the identifier within that list: NL-KVK-41198677. A
 * list code is a jurisdiction (a country's two capitals, or XI, XM ... for international lists;
 * some with a region: CA_QC), a hyphen, and two to ten capitals, digits or underscores. The
 * identifier within the list is printable ASCII without spaces. Only the form is judged: whether
 * the list exists and the organisation is in it is for the people who admit it to find out.
 *
 * Pure.
 */
#ifndef PROTOCOL_ORGID_H
#define PROTOCOL_ORGID_H

#include "proto/bytes.h"
#include "proto/err.h"

/* Whether an identifier, of any length, has the list form. Retired forms ("AT-1", "41123") have
 * not; they still occur among partner organisations, where they are compared as they stand. */
bool orgid_is_list_form(struct bytes id);

/* Checks the identifier of a member organisation. Returns ERR_LIMIT if longer than
 * ORG_ID_BYTES_MAX, ERR_FORMAT if not of the list form; the organisation is then not admitted. */
MUST_CHECK enum err orgid_check(struct bytes id);

#endif
