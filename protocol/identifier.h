/*
 * identifier.h - one value of a person's fields, brought to its canonical form or refused.
 *
 * Each function writes what its kind of match key holds of the value, as length-prefixed fields
 * (u16 big-endian || bytes), and returns FAULT_NONE; or it writes nothing and returns what is
 * wrong. A value that cannot be brought to its form is refused and never guessed at: a guess would
 * be a silent miss. Values are UTF-8 of at most IDENTIFIER_BYTES_MAX bytes; spaces around them
 * count for nothing.
 *
 * Faults say in plain words what is wrong and how to write it, and never repeat the value. Pure: no
 * allocation, no clock, no globals; buffers that held a value are wiped.
 */
#ifndef PROTOCOL_IDENTIFIER_H
#define PROTOCOL_IDENTIFIER_H

#include "proto/bytes.h"
#include "proto/err.h"

enum {
    IDENTIFIER_BYTES_MAX = 255,
    FOLDED_NAME_BYTES_MAX = 240,
    DOCUMENT_NUMBER_MIN = 3, /* letters and digits */
    DOCUMENT_NUMBER_MAX = 32,
    PHONE_DIGITS_MAX = 15, /* the country code included */
    BORN_YEAR_MIN = 1900,
    BORN_YEAR_MAX = 2100,
    MAIL_LOCAL_BYTES_MAX = 64,   /* RFC 5321 section 4.5.3.1 */
    MAIL_DOMAIN_BYTES_MAX = 253, /* RFC 1035 section 2.3.4, as text */
    MAIL_LABEL_BYTES_MAX = 63,
};

/* What is wrong with a value: goes on from the field's name. */
/* clang-format off */
#define FAULT_TABLE(X)                                                                             \
    X(FAULT_NONE,             "is in order")                                                       \
    X(FAULT_ENCODING,         "is not readable as text; save the file as UTF-8 and try again")     \
    X(FAULT_CHARACTER,        "holds a character that has no meaning; type it again by hand")      \
    X(FAULT_TOO_LONG,         "is too long; shorten it, most values have fewer than 60 letters")   \
    X(FAULT_TOO_MANY,         "is one too many; one person can have at most 7 documents, "      \
                              "e-mail addresses and phone numbers together, so leave out the least certain ones")                               \
    X(FAULT_NO_LETTERS,       "holds no letters; write the name, or leave the field empty")        \
    X(FAULT_DATE,             "is not a date; write it as YYYY-MM-DD, for example 1980-12-30, "    \
                              "or as the year alone where no more is known: 1980")                 \
    X(FAULT_DATE_ORDER,       "could be day-month or month-day; write it as YYYY-MM-DD, "          \
                              "for example 1980-12-30")                                            \
    X(FAULT_DATE_CENTURY,     "has a year of two digits; write all four, for example 1980-12-30")  \
    X(FAULT_YEAR,             "has a year before 1900 or after 2100; check the year, and write "   \
                              "the date in the Western (Gregorian) calendar")                      \
    X(FAULT_DOCUMENT_FORM,    "is not complete; write country:type:number, "                       \
                              "for example NLD:passport:AB1234567")                                \
    X(FAULT_DOCUMENT_COUNTRY, "does not begin with a country code of three letters that exists; "  \
                              "for example KEN, NLD or SSD")                                       \
    X(FAULT_DOCUMENT_TYPE,    "has an unknown type; write passport, id, drivinglicence, social, "  \
                              "residence, refugee, travel, tax, voter, birth, military or other")  \
    X(FAULT_DOCUMENT_SIGNS,   "has a number with other signs than letters and digits; "            \
                              "write the number only")                                             \
    X(FAULT_DOCUMENT_LENGTH,  "has a number of the wrong length; it needs 3 to 32 letters and "    \
                              "digits")                                                            \
    X(FAULT_DOCUMENT_CHECK,   "has a number that cannot be right: its check digit or its length does " \
                              "not agree; compare it with the document, sign by sign")             \
    X(FAULT_DOCUMENT_MRZ,     "looks like the machine-readable lines of a document, but they are "  \
                              "not complete or a check digit does not agree; copy all of them "    \
                              "again, or write country:type:number")                               \
    X(FAULT_PLACEHOLDER,      "looks like a stand-in for something that is not known; "            \
                              "leave it out")                                                      \
    X(FAULT_EMAIL,            "is not an e-mail address; write it as name@example.org, "           \
                              "with a semicolon between two addresses")                            \
    X(FAULT_EMAIL_SHARED,     "is an address that several people read; leave it out, or write the " \
                              "person's own")                                                      \
    X(FAULT_PHONE_PREFIX,     "does not begin with + and the country code; "                       \
                              "write it as +31 6 12345678")                                        \
    X(FAULT_PHONE_COUNTRY,    "begins with a country or area code that is not in use; check the "  \
                              "digits after the +")                                                \
    X(FAULT_PHONE_SIGNS,      "holds signs that are not part of a phone number; "                  \
                              "write it as +31 6 12345678, with a semicolon between two numbers")  \
    X(FAULT_PHONE_EXTENSION,  "has an extension, so that several people share the number; leave "  \
                              "it out, or write the person's own")                                 \
    X(FAULT_PHONE_LENGTH,     "has too few or too many digits for its country; "                   \
                              "count them again, the country code included")
/* clang-format on */

enum field_fault {
#define FAULT_ENUM(code, text) code,
    FAULT_TABLE(FAULT_ENUM)
#undef FAULT_ENUM
        FAULT_COUNT
};

/* The sentence of a fault, in plain English, without its subject. */
const char *field_fault_text(enum field_fault fault);

/* The document types, stable, in the order in which help shows them. */
#define DOCUMENT_TYPE_TABLE(X)                                                                     \
    X(passport)                                                                                    \
    X(id)                                                                                          \
    X(drivinglicence)                                                                              \
    X(social)                                                                                      \
    X(residence)                                                                                   \
    X(refugee)                                                                                     \
    X(travel)                                                                                      \
    X(tax)                                                                                         \
    X(voter)                                                                                       \
    X(birth)                                                                                       \
    X(military)                                                                                    \
    X(other)

/* The same bytes without the spaces, tabs and line ends around them. */
struct bytes identifier_trim(struct bytes value);

/* A given or family name: one field, as fold_name gives it. FAULT_NO_LETTERS where nothing
 * is left that is a letter. */
MUST_CHECK enum field_fault identifier_name(struct bytes value, struct pack *out);

/* A date of birth: one field, YYYY-MM-DD in ASCII digits, or YYYY where it counts as its year only.
 * Faults as born_read (born.h). */
MUST_CHECK enum field_fault identifier_born(struct bytes value, struct pack *out);

/* A document "country:type:number", or its machine-readable lines whole (mrz.h): three fields, the
 * issuer in capitals (country.h), a word of DOCUMENT_TYPE_TABLE (document_type.h), and the number
 * (document_number.h, national.h). Case does not count; spaces, hyphens and underscores in the type
 * neither, nor spaces, hyphens, dots, slashes, apostrophes and MRZ fillers in the number. The check
 * digit that follows a passport's number in its lines is left off. FAULT_DOCUMENT_*, and
 * FAULT_PLACEHOLDER. */
MUST_CHECK enum field_fault identifier_document(struct bytes value, struct pack *out);

/* An e-mail address: one field, as fold_mail gives it; case does not count. "mailto:", a name and
 * angle brackets around it and a dot at its end are left out; a domain in Punycode counts as its
 * letters; what a provider ignores is left out (mail_provider.h), and nothing else. FAULT_EMAIL;
 * FAULT_PLACEHOLDER for none@..., noreply@... and the like; FAULT_EMAIL_SHARED for info@... and the
 * like: an office's address would be a strong key of everybody there. */
MUST_CHECK enum field_fault identifier_email(struct bytes value, struct pack *out);

/* A phone number: one field, "+" and the digits (E.164). 00 at the start stands for +, 011 where
 * ten digits or more follow; "tel:" before it, spaces, hyphens, dots, slashes and parentheses are
 * left out, and so is a national prefix (phone_country.h). Palestinian mobile numbers (56, 59) are
 * those of +970, although +972 reaches them too. FAULT_PHONE_*: an extension is refused, since the
 * number before it is that of an office. FAULT_PLACEHOLDER where all digits behind the code are
 * alike or count up or down, or the last seven are alike. */
MUST_CHECK enum field_fault identifier_phone(struct bytes value, struct pack *out);

#endif
