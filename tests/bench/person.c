#include "tests/bench/person.h"

#include "protocol/calendar.h"
#include "tests/bench/figure.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

struct texts {
    char given[32], family[32], born[32], document[32], email[32], phone[32];
};

static void write_texts(unsigned n, struct texts *t)
{
    snprintf(t->given, sizeof t->given, "Anna%c%c", 'a' + n % 26, 'a' + n / 26 % 26);
    snprintf(t->family, sizeof t->family, "Bakker%c%c", 'a' + n / 676 % 26, 'a' + n % 7);
    snprintf(t->born, sizeof t->born, "%04u-%02u-%02u", 1950 + n % 50, 1 + n % 12, 2 + n % 27);
    snprintf(t->document, sizeof t->document, "NLD:passport:XA%07u", n);
    snprintf(t->email, sizeof t->email, "person%u@example.org", n);
    snprintf(t->phone, sizeof t->phone, "+3161%07u", n);
}

json_t *person_row(unsigned number)
{
    struct texts t;
    char expires[DAY_TEXT_BYTES], ref[32];
    write_texts(number, &t);
    day_format((int32_t)(time(NULL) / 86400 + 365), expires);
    snprintf(ref, sizeof ref, "r%u", number);
    json_t *row =
        json_pack("{s:i,s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:s}", "line", 0, "ref", ref, "given_name",
                  t.given, "family_name", t.family, "born", t.born, "document", t.document, "email",
                  t.email, "phone", t.phone, "expires", expires);
    figure_need(row != NULL, "no memory");
    return row;
}

void person_keys(unsigned number, struct match_keys *keys)
{
    struct texts t;
    struct field_problems problems;
    write_texts(number, &t);
    struct person_fields p = {.given_name = bytes_of(t.given, strlen(t.given)),
                              .family_name = bytes_of(t.family, strlen(t.family)),
                              .born = bytes_of(t.born, strlen(t.born)),
                              .document = bytes_of(t.document, strlen(t.document)),
                              .email = bytes_of(t.email, strlen(t.email)),
                              .phone = bytes_of(t.phone, strlen(t.phone))};
    match_keys_derive(&p, keys, &problems);
    figure_need(keys->count == PERSON_KEYS && problems.count == 0,
                "person %u gives %zu keys and %zu problems", number, keys->count, problems.count);
}
