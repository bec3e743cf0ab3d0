/*
 * orgid_list.h - whether an identifier of an organisation is of a list that exists.
 *
 * An org-id is the code of a register and the number there (GB-CHC-1234567). The codes are those of
 * org-id.guide; a file of them, which the settings name, is read anew each time, so that a newer
 * one needs no restart. Without a file the short table of this program serves: registers of
 * countries in which many partners are, and the ones that know no country.
 *
 * The file has a line for each list, its columns between tabs: code, country, status ("active" or
 * "withdrawn"), name. A first line that begins with "code" is passed over.
 */
#ifndef NODE_ORGID_LIST_H
#define NODE_ORGID_LIST_H

#include "node/problem.h"
#include "proto/bytes.h"
#include "proto/err.h"

enum { ORGID_LIST_BYTES_MAX = 1024 * 1024 }; /* of the file */

/* Checks an org-id against the file at path, or without one ("") against the short table. Returns
 * OK, or with *problem saying what to do:
 *   ERR_LIMIT, ERR_FORMAT  it is too long, or not of the form LIST-NUMBER
 *   ERR_NOT_FOUND          there is no such list
 *   ERR_STALE              the list has been withdrawn
 *   ERR_IO                 the file cannot be read; ERR_RANGE: it holds no list. */
MUST_CHECK enum err orgid_list_check(const char *path, struct bytes org_id,
                                     struct problem *problem);

#endif
