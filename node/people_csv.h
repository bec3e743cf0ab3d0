/*
 * people_csv.h - read a file of people, to consult or to register many at once.
 *
 * CSV as RFC 4180 has it: a header line that names the columns ref, given_name, family_name, born,
 * document, email, phone and expires, in any order; fields between commas, in quotation marks where
 * they hold commas, marks or line breaks. UTF-8; a byte order mark, CRLF and blank lines are
 * tolerated. What a field means is not judged here.
 *
 * A mistake in the header refuses the file before any row is given. A mistake in a row is given
 * with that row, and reading goes on with the next line. Sentences name the file, the line and the
 * mend, never a field of a person. What was read is wiped afterwards.
 */
#ifndef NODE_PEOPLE_CSV_H
#define NODE_PEOPLE_CSV_H

#include "node/problem.h"
#include "proto/err.h"

#include <stdbool.h>
#include <stddef.h>

enum {
    PEOPLE_CSV_ROWS_MAX = 100000,
    PEOPLE_CSV_FIELD_BYTES_MAX = 1024,
    PEOPLE_CSV_BYTES_MAX = 64 * 1024 * 1024,
};

enum people_column {
    PEOPLE_REF,
    PEOPLE_GIVEN_NAME,
    PEOPLE_FAMILY_NAME,
    PEOPLE_BORN,
    PEOPLE_DOCUMENT,
    PEOPLE_EMAIL,
    PEOPLE_PHONE,
    PEOPLE_EXPIRES,
    PEOPLE_COLUMNS
};

/* One row, borrowed for the call. Fields are zero-terminated UTF-8 without control characters other
 * than tab and line breaks, "" where empty or where the column is not in the file. */
struct people_row {
    unsigned line;     /* where the row starts, from 1 */
    const char *error; /* NULL, or "FILE:LINE: ..." for the person; then all fields are "" */
    const char *field[PEOPLE_COLUMNS];
};

/* Reads a file and calls row for each row in order, until it returns false. needs_expires says that
 * the column expires must be there, as it must to register people. Returns OK when the end was
 * reached or row said stop. Else row was never called, and *problem is set for the person:
 *   ERR_NOT_FOUND, ERR_IO
 *   ERR_TRUNCATED  there is no header line
 *   ERR_FORMAT     the header line is wrong
 *   ERR_LIMIT      the file has more than PEOPLE_CSV_ROWS_MAX rows or PEOPLE_CSV_BYTES_MAX bytes
 * path may name a pipe, or be "-" for standard input, so that the people need not lie on a disk. */
MUST_CHECK enum err people_csv_read(const char *path, bool needs_expires,
                                    bool (*row)(void *ctx, const struct people_row *r), void *ctx,
                                    struct problem *problem);

#endif
