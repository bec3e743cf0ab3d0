/*
 * matchkey.h - from what is known of one person to the canonical bytes that are looked for.
 *
 *   match key = kind u8 | normalisation version u8 | fields, each length u16 (big-endian) || bytes
 *
 *   kind        fields (identifier.h says what is in them)
 *   document    issuer, type, number
 *   email       address
 *   phone       number
 *   name-born   given name, family name, date of birth
 *
 * Two nodes that differ by one byte miss each other in silence: so all of this is frozen under
 * MATCH_KEY_VERSION (see fold.h too). What is to change gets a new version.
 *
 * A value's text is never part of a problem. Keys hold what is known of the person in the clear:
 * whoever is done with them calls match_keys_clear. Pure: no allocation, no clock, no globals.
 */
#ifndef PROTOCOL_MATCHKEY_H
#define PROTOCOL_MATCHKEY_H

#include "proto/bytes.h"
#include "proto/limits.h"
#include "protocol/identifier.h"

enum {
    MATCH_KEY_VERSION = 1,
    FIELD_PROBLEMS_MAX = 16,
};

/* Numbers from 5 on are for kinds that tolerate spelling, script and a wrong part of a date. */
enum match_kind { KIND_DOCUMENT = 1, KIND_EMAIL = 2, KIND_PHONE = 3, KIND_NAME_BORN = 4 };

/* Whether a kind belongs to one person, so that a match confirms; false for an unknown kind. */
bool match_kind_is_strong(unsigned kind);

/* "document", "email", "phone", "name-born"; "unknown" for another. Stable. */
const char *match_kind_name(unsigned kind);

/* What is known of one person: UTF-8, as in the columns of a table. Empty where not known. The last
 * three may hold several values with ";" between them. */
struct person_fields {
    struct bytes given_name;
    struct bytes family_name;
    struct bytes born;     /* YYYY-MM-DD */
    struct bytes document; /* country:type:number, for example NLD:passport:AB1234567 */
    struct bytes email;
    struct bytes phone; /* with + or 00 and the country code */
};

enum person_field {
    FIELD_GIVEN_NAME,
    FIELD_FAMILY_NAME,
    FIELD_BORN,
    FIELD_DOCUMENT,
    FIELD_EMAIL,
    FIELD_PHONE,
};

/* The column's name: "given_name", "family_name", "born", "document", "email", "phone". */
const char *person_field_name(enum person_field field);

struct field_problem {
    enum person_field field;
    enum field_fault fault;
    unsigned position; /* which of the field's values, from 1; empty ones are not counted */
};

struct field_problems {
    struct field_problem at[FIELD_PROBLEMS_MAX];
    size_t count; /* further problems are not listed */
};

struct match_key {
    uint8_t kind; /* enum match_kind, also the first of the bytes */
    uint8_t bytes[MATCH_KEY_BYTES_MAX];
    size_t len;
};

struct match_keys {
    struct match_key key[SIGNAL_TAGS_MAX];
    size_t count;
};

/*
 * Makes the keys of one person, in order of their bytes and each once, and lists every value that
 * was refused. A name without a date of birth, a date without both names, and an empty value give
 * no key and are no problem. Values past the first SIGNAL_TAGS_MAX keys are FAULT_TOO_MANY; name
 * and date come first, then documents, e-mail addresses and phone numbers.
 *
 * Who publishes refuses a person with any problem; who consults goes on with the keys that there
 * are, and shows the problems.
 */
void match_keys_derive(const struct person_fields *fields, struct match_keys *keys,
                       struct field_problems *problems);

/* Wipes the keys. */
void match_keys_clear(struct match_keys *keys);

#endif
