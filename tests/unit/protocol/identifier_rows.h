/*
 * identifier_rows.h - rows of values and what becomes of them, for the tests of identifiers.
 */
#ifndef TESTS_UNIT_PROTOCOL_IDENTIFIER_ROWS_H
#define TESTS_UNIT_PROTOCOL_IDENTIFIER_ROWS_H

#include "proto/limits.h"
#include "protocol/identifier.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

typedef enum field_fault identifier_fn(struct bytes value, struct pack *out);

struct row {
    const char *value;
    enum field_fault want;
    const char *fields; /* as they should be, with "|" between them; of a refused value none */
};

/* Checks that out holds the fields, each with its length before it, and nothing else. */
static inline bool holds(struct bytes out, const char *fields)
{
    struct unpack u = unpack_of(out);
    while (*fields != '\0') {
        size_t len = strcspn(fields, "|");
        struct bytes field = unpack_view(&u, unpack_u16(&u));
        if (!bytes_equal(field, bytes_of(fields, len)))
            return false;
        fields += len + (fields[len] == '|' ? 1 : 0);
    }
    return unpack_is_done(&u);
}

static inline void check_rows(identifier_fn *identifier, const struct row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        uint8_t out[MATCH_KEY_BYTES_MAX];
        struct pack p = pack_of(out, sizeof out);
        enum field_fault fault = identifier(bytes_of(rows[i].value, strlen(rows[i].value)), &p);
        if (fault != rows[i].want)
            fail_msg("row %zu: \"%s\" %s", i, rows[i].value, field_fault_text(fault));
        if (!holds(bytes_of(out, pack_len(&p)), rows[i].fields != NULL ? rows[i].fields : ""))
            fail_msg("row %zu: \"%s\" gives other fields", i, rows[i].value);
    }
}

#define CHECK(identifier, rows) check_rows(identifier, rows, sizeof rows / sizeof rows[0])

#endif
