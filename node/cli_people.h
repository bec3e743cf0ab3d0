/*
 * cli_people.h - what publish and consult share: whom they are about, and what is wrong with a
 * detail.
 */
#ifndef NODE_CLI_PEOPLE_H
#define NODE_CLI_PEOPLE_H

#include <jansson.h>

#include "node/cli.h"
#include "node/people_csv.h"

struct people {
    const struct cli_args *args;
    bool has_expires; /* the command has the option expires, and its file needs that column */
    bool is_json;
    const char *file;  /* as it is called in messages; NULL: one person, by options */
    json_t *rows;      /* for the request */
    size_t unreadable; /* rows of the file that are no rows; each was reported on stderr */
};

/* Reads the person of the options, or the people of the file. Returns CLI_DONE with at least one
 * row or one unreadable row, rows to be released or given away; or an exit status, with the reason
 * on stderr and nothing to release. */
int people_read(struct people *p, const struct cli_args *a, bool has_expires);

/* "FILE:LINE: born is not a date." or "--born is not a date.", on stderr; where says the line, and
 * problem field, fault, position and latest (control protocol). */
void people_complain(const struct people *p, const json_t *problem, const json_t *where);

/* The rows of a table of options that both have. */
#define PEOPLE_OPTIONS                                                                             \
    {"csv", "FILE", N_("file with one person a line; - is standard input"), false, false},         \
        {"ref", "REF", N_("your own reference of the case or applicant"), false, false},           \
        {"given-name", "NAME", N_("given names"), false, false},                                   \
        {"family-name", "NAME", N_("family name"), false, false},                                  \
        {"born", "DATE", N_("date of birth, YYYY-MM-DD"), false, false},                           \
        {"document", "DOC",                                                                        \
         N_("country:type:number, for example NLD:passport:AB1234567; several with ;"), false,     \
         false},                                                                                   \
        {"email", "MAIL", N_("e-mail address; several with ;"), false, false},                     \
    {                                                                                              \
        "phone", "PHONE", N_("phone number with + and country code; several with ;"), false, false \
    }

#endif
