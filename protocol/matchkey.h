/*
 * matchkey.h - from what is known of one person to the canonical bytes that are looked for.
 *
 *   match key = kind u8 | normalisation version u8 | fields, each length u16 (big-endian) || bytes
 *
 *   kind         fields
 *   document     issuer, type, number                     (identifier.h)
 *   email        address                                  (identifier.h)
 *   phone        number                                   (identifier.h)
 *   name-born    given name, family name, date or year    as spelt (fold.h)
 *   names        sound, sound, date or year               both names, in any order (skeleton.h)
 *   names-month  letters, letters, year and month         the day may be wrong
 *   names-day    letters, letters, year and day           the month may be wrong
 *   name-start   first two letters of one name, date      \ two of these four are needed
 *   name-end     last two letters of one name, date       /  (answer.h)
 *
 * A date is YYYY-MM-DD, a year YYYY (born.h says when), year and month YYYY-MM, year and day
 * YYYY--DD. Where one of a person's names is not known there is no key of both names.
 *
 * What is published and what is asked differ: who asks also tries what the person may have been
 * registered as (other dates one slip away, the year alone, other words of a long name, another
 * reading of its letters), since a key that is only asked costs no room in a registration.
 *
 * Two nodes that differ by one byte miss each other in silence: so all of this is frozen under
 * MATCH_KEY_VERSION (see fold.h, translit.h and skeleton.h too). What is to change gets a new
 * version.
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
    MATCH_KEY_VERSION = 2,
    FIELD_PROBLEMS_MAX = 16,
    /* Documents, addresses and numbers together: the rest is for the names. */
    STRONG_KEYS_MAX = 7,
};

enum match_kind {
    KIND_DOCUMENT = 1,
    KIND_EMAIL = 2,
    KIND_PHONE = 3,
    KIND_NAME_BORN = 4,
    KIND_NAMES = 5,
    KIND_NAMES_MONTH = 6,
    KIND_NAMES_DAY = 7,
    KIND_NAME_START = 8,
    KIND_NAME_END = 9,
    KIND_END = 10, /* one more than the last */
};

/* Whether a kind belongs to one person, so that a match confirms; false for an unknown kind. */
bool match_kind_is_strong(unsigned kind);

/* The name in the table above; "unknown" for another. Stable. */
const char *match_kind_name(unsigned kind);

/* What is known of one person: UTF-8, as in the columns of a table. Empty where not known. The last
 * three may hold several values with ";" between them. */
struct person_fields {
    struct bytes given_name;
    struct bytes family_name;
    struct bytes born;     /* as born.h reads it */
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
    struct match_key key[CONSULT_POINTS];
    size_t count;
};

/*
 * The keys that are published of one person, at most SIGNAL_TAGS_MAX, in order of their bytes and
 * each once, and every value that was refused. A name without a date of birth, a date without a
 * name, and an empty value give no key and are no problem. Documents, e-mail addresses and phone
 * numbers past the first STRONG_KEYS_MAX are FAULT_TOO_MANY; keys of the name fill what room is
 * left, the surest first.
 *
 * Who publishes refuses a person with any problem.
 */
void match_keys_derive(const struct person_fields *fields, struct match_keys *keys,
                       struct field_problems *problems);

/*
 * The keys that are asked for one person, at most CONSULT_POINTS: those that are published and
 * those that it may have been registered under; of a date that was refused, what can be made of it.
 *
 * Who consults goes on with the keys that there are, and shows the problems.
 */
void match_keys_ask(const struct person_fields *fields, struct match_keys *keys,
                    struct field_problems *problems);

/* Wipes the keys. */
void match_keys_clear(struct match_keys *keys);

#endif
