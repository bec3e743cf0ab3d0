#include "protocol/matchkey.h"

#include "tests/vectors/matchkey.h"

#include <setjmp.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct bytes text_of(const char *s)
{
    return bytes_of(s, s != NULL ? strlen(s) : 0);
}

/* The only key of some fields, or a failed test. */
static struct match_key only_key(const struct person_fields *fields, const char *why)
{
    struct match_keys keys;
    struct field_problems problems;
    match_keys_derive(fields, &keys, &problems);
    if (problems.count != 0 || keys.count != 1)
        fail_msg("%s: %zu keys, %zu problems", why, keys.count, problems.count);
    return keys.key[0];
}

/* Goal: keys are, byte for byte, those that another implementation makes.
 * Method: the golden vectors. */
static void golden(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof vectors / sizeof vectors[0]; i++) {
        struct person_fields fields = {
            text_of(vectors[i].given_name), text_of(vectors[i].family_name),
            text_of(vectors[i].born),       text_of(vectors[i].document),
            text_of(vectors[i].email),      text_of(vectors[i].phone),
        };
        char hex[2 * MATCH_KEY_BYTES_MAX + 1];
        struct match_key key = only_key(&fields, vectors[i].why);
        sodium_bin2hex(hex, sizeof hex, key.bytes, key.len);
        assert_string_equal(hex, vectors[i].key);
        assert_int_equal(key.kind, vectors[i].kind);
        assert_int_equal(key.kind, key.bytes[0]);
    }
}

/* Goal: only complete and usable details make keys, and only what was refused is a problem.
 * Method: one row is one person; keys are counted, the first problem is compared. */
static void persons(void **state)
{
    (void)state;
    /* clang-format off */
    static const struct {
        const char *why, *given, *family, *born, *document, *email, *phone;
        size_t keys, problems;
        struct field_problem first;
    } rows[] = {
        {.why = "nothing"},
        {.why = "a name without a date", .given = "Ida", .family = "Kvist"},
        {.why = "a date without a name", .born = "1980-12-30"},
        {.why = "a given name and a date", .given = "Ida", .born = "1980-12-30"},
        {.why = "a family name and a date", .family = "Kvist", .born = "1980-12-30"},
        {.why = "a blank given name", .given = " ", .family = "Kvist", .born = "1980-12-30"},
        {.why = "all three", .given = "Ida", .family = "Kvist", .born = "1980-12-30", .keys = 1},
        {.why = "no date", .given = "Ida", .family = "Kvist", .born = "32/12/1980",
         .problems = 1, .first = {FIELD_BORN, FAULT_DATE, 1}},
        {.why = "a year too far back, also without a name", .born = "1880-12-31",
         .problems = 1, .first = {FIELD_BORN, FAULT_YEAR, 1}},
        {.why = "no name", .given = "?", .family = "Kvist", .problems = 1,
         .first = {FIELD_GIVEN_NAME, FAULT_NO_LETTERS, 1}},
        {.why = "the good ones still count", .given = "Ida", .family = "Kv\xff",
         .born = "1980-12-30", .email = "a@x.org", .keys = 1,
         .problems = 1, .first = {FIELD_FAMILY_NAME, FAULT_ENCODING, 1}},
        {.why = "one twice, and empty ones", .document = ";; KEN:id:123 ; KEN:id:12-3;",
         .keys = 1},
        {.why = "the second of three", .document = "KEN:id:123;KEN:id:x;KEN:id:124", .keys = 2,
         .problems = 1, .first = {FIELD_DOCUMENT, FAULT_DOCUMENT_LENGTH, 2}},
        {.why = "empty ones are not counted", .email = ";a@x.org;;b@x", .keys = 1,
         .problems = 1, .first = {FIELD_EMAIL, FAULT_EMAIL, 2}},
        {.why = "a number without its country", .phone = "+31612345678;0612345678", .keys = 1,
         .problems = 1, .first = {FIELD_PHONE, FAULT_PHONE_PREFIX, 2}},
        {.why = "one of each", .given = "Ida", .family = "Kvist", .born = "1980-12-30",
         .document = "KEN:id:123", .email = "a@x.org", .phone = "+31612345678",
         .keys = 4},
        {.why = "twelve, and one of them again",
         .phone = "+31612345500;+31612345501;+31612345502;+31612345503;+31612345504;+31612345505;"
                  "+31612345506;+31612345507;+31612345508;+31612345509;+31612345510;+31612345511;"
                  "+31612345511",
         .keys = 12},
        {.why = "thirteen", .given = "Ida", .family = "Kvist", .born = "1980-12-30",
         .phone = "+31612345500;+31612345501;+31612345502;+31612345503;+31612345504;+31612345505;"
                  "+31612345506;+31612345507;+31612345508;+31612345509;+31612345510;+31612345511",
         .keys = 12, .problems = 1, .first = {FIELD_PHONE, FAULT_TOO_MANY, 12}},
        {.why = "more problems than room",
         .document = ";;;1;2;3;4;5;6;7;8;9;10;11;12;13;14;15;16;17;18",
         .problems = FIELD_PROBLEMS_MAX, .first = {FIELD_DOCUMENT, FAULT_DOCUMENT_FORM, 1}},
    };
    /* clang-format on */
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct person_fields fields = {text_of(rows[i].given), text_of(rows[i].family),
                                       text_of(rows[i].born),  text_of(rows[i].document),
                                       text_of(rows[i].email), text_of(rows[i].phone)};
        struct match_keys keys;
        struct field_problems problems;
        match_keys_derive(&fields, &keys, &problems);
        if (keys.count != rows[i].keys || problems.count != rows[i].problems)
            fail_msg("%s: %zu keys, %zu problems", rows[i].why, keys.count, problems.count);
        if (problems.count > 0 && (problems.at[0].field != rows[i].first.field ||
                                   problems.at[0].fault != rows[i].first.fault ||
                                   problems.at[0].position != rows[i].first.position))
            fail_msg("%s: %s %u %s", rows[i].why, person_field_name(problems.at[0].field),
                     problems.at[0].position, field_fault_text(problems.at[0].fault));
    }
}

/* Goal: the order in which details are given does not show in the keys; they are sorted, each
 * once, and the longest fit.
 * Method: the same details in two orders, with the longest names that are allowed. */
static void order(void **state)
{
    (void)state;
    char name[FOLDED_NAME_BYTES_MAX];
    memset(name, 'n', sizeof name);
    struct person_fields a = {
        .given_name = bytes_of(name, sizeof name),
        .family_name = bytes_of(name, sizeof name),
        .born = BYTES_LITERAL("1980-12-30"),
        .document = BYTES_LITERAL("NLD:id:123;KEN:passport:A9;KEN:passport:A10;KEN:passport:A9Z"),
        .email = BYTES_LITERAL("b@x.org;a@x.org;A@X.ORG"),
        .phone = BYTES_LITERAL("+31612345678;0031612345678"),
    };
    struct person_fields b = a;
    b.document = BYTES_LITERAL("ken:passport:a9z;KEN:passport:a10;NLD:id:1-2-3");
    b.email = BYTES_LITERAL("a@x.org;b@x.org");
    struct match_keys ka, kb;
    struct field_problems pa, pb;
    match_keys_derive(&a, &ka, &pa);
    match_keys_derive(&b, &kb, &pb);
    assert_int_equal(pa.count, 1); /* A9 is too short */
    assert_int_equal(pb.count, 0);
    assert_int_equal(ka.count, 7);
    assert_int_equal(kb.count, ka.count);
    for (size_t i = 0; i < ka.count; i++) {
        assert_int_equal(ka.key[i].len, kb.key[i].len);
        assert_memory_equal(ka.key[i].bytes, kb.key[i].bytes, ka.key[i].len);
        if (i > 0)
            assert_true(ka.key[i - 1].kind <= ka.key[i].kind);
    }
    assert_int_equal(ka.key[6].kind, KIND_NAME_BORN);
    assert_int_equal(ka.key[6].len, 2 + 3 * 2 + 2 * FOLDED_NAME_BYTES_MAX + 10);
    match_keys_clear(&ka);
    assert_true(sodium_is_zero((const uint8_t *)&ka, sizeof ka));
}

/* Goal: the fields of a key cannot run into each other. Method: the same letters, cut elsewhere. */
static void boundaries(void **state)
{
    (void)state;
    struct person_fields a = {.given_name = BYTES_LITERAL("Anna"),
                              .family_name = BYTES_LITERAL("Bell"),
                              .born = BYTES_LITERAL("1980-12-30")};
    struct person_fields b = a;
    b.given_name = BYTES_LITERAL("AnnaB");
    b.family_name = BYTES_LITERAL("ell");
    struct match_key ka = only_key(&a, "Anna"), kb = only_key(&b, "AnnaB");
    assert_int_equal(ka.len, kb.len);
    assert_memory_not_equal(ka.bytes, kb.bytes, ka.len);
}

/* Goal: kinds and fields have stable names; a name and date never confirm.
 * Method: all of them, and numbers that are none. */
static void kinds(void **state)
{
    (void)state;
    static const struct {
        unsigned kind;
        const char *name;
        bool is_strong;
    } rows[] = {
        {0, "unknown",   false},
        {1, "document",  true },
        {2, "email",     true },
        {3, "phone",     true },
        {4, "name-born", false},
        {5, "unknown",   false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_string_equal(match_kind_name(rows[i].kind), rows[i].name);
        assert_int_equal(match_kind_is_strong(rows[i].kind), rows[i].is_strong);
    }
    static const char *const fields[] = {"given_name", "family_name", "born",
                                         "document",   "email",       "phone"};
    for (unsigned i = 0; i < sizeof fields / sizeof fields[0]; i++)
        assert_string_equal(person_field_name((enum person_field)i), fields[i]);
    assert_string_equal(person_field_name((enum person_field)99), "unknown");
}

/* Goal: hostile text in any field is bounded and told, or makes a key that is.
 * Method: one row is one text; it stands in all fields at once. */
static void hostile(void **state)
{
    (void)state;
    enum { LARGE = 200001 };
    char *marks = malloc(LARGE), *separators = malloc(LARGE);
    assert_non_null(marks);
    assert_non_null(separators);
    marks[0] = 'a';
    for (size_t i = 1; i < LARGE; i += 2)
        memcpy(marks + i, "\xcc\x81", 2);
    memset(separators, ';', LARGE);
    const struct {
        struct bytes text;
        size_t problems;
    } rows[] = {
        {bytes_of(marks, LARGE), 6},
        {bytes_of(separators,              LARGE),  2 + 1}, /* no letters twice, and no date */
        {BYTES_LITERAL("\0\0\0"),         6             },
        {BYTES_LITERAL("\xed\xa0\x80"),     6},
        {BYTES_LITERAL("\xe2\x80\xae"),         6                 }, /* a direction alone */
        {BYTES_LITERAL("\xe2\x80\x8b;\xe2\x80\x8b"),     3 + 2 * 3},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct bytes t = rows[i].text;
        struct person_fields fields = {t, t, t, t, t, t};
        struct match_keys keys;
        struct field_problems problems;
        match_keys_derive(&fields, &keys, &problems);
        assert_int_equal(keys.count, 0);
        assert_int_equal(problems.count, rows[i].problems);
    }
    free(marks);
    free(separators);
}

/* Cuts the next column off a line of comma-separated text, without the spaces around it. */
static struct bytes column(char **line)
{
    size_t len = strcspn(*line, ",\n");
    struct bytes b = identifier_trim(bytes_of(*line, len));
    *line += len + ((*line)[len] != '\0');
    return b;
}

/* Goal: every complete person of a large public set gets a name key, every number a document key,
 * and nothing is refused.
 * Method: read the file where it lies: id, given name, surname, six of the address, date, number.
 */
static void public_people(void **state)
{
    (void)state;
    const char *folder = getenv("SEINPOST_DATA");
    char path[4096], line[4096];
    snprintf(path, sizeof path, "%s/febrl4a.csv", folder != NULL ? folder : "../shared/data");
    FILE *f = fopen(path, "r");
    if (f == NULL)
        skip();
    size_t people = 0, complete = 0, numbered = 0;
    assert_non_null(fgets(line, sizeof line, f)); /* the header */
    for (; fgets(line, sizeof line, f) != NULL; people++) {
        struct bytes c[11];
        char born[16] = "", document[64] = "";
        char *at = line;
        for (size_t i = 0; i < 11; i++)
            c[i] = column(&at);
        if (c[9].len == 8)
            snprintf(born, sizeof born, "%.4s-%.2s-%.2s", (const char *)c[9].data,
                     (const char *)c[9].data + 4, (const char *)c[9].data + 6);
        if (c[10].len > 0)
            snprintf(document, sizeof document, "AUS:social:%.*s", (int)c[10].len,
                     (const char *)c[10].data);
        struct person_fields fields = {.given_name = c[1],
                                       .family_name = c[2],
                                       .born = text_of(born),
                                       .document = text_of(document)};
        struct match_keys keys;
        struct field_problems problems;
        match_keys_derive(&fields, &keys, &problems);
        bool is_complete = c[1].len > 0 && c[2].len > 0 && c[9].len > 0;
        bool is_numbered = c[10].len > 0;
        if (problems.count != 0 || keys.count != (size_t)is_complete + (size_t)is_numbered)
            fail_msg("row %zu: %zu keys, %zu problems", people, keys.count, problems.count);
        if (is_complete)
            assert_int_equal(keys.key[keys.count - 1].kind, KIND_NAME_BORN);
        if (is_numbered)
            assert_int_equal(keys.key[0].kind, KIND_DOCUMENT);
        complete += is_complete;
        numbered += is_numbered;
    }
    fclose(f);
    assert_int_equal(people, 5000);
    assert_true(complete > 4000 && numbered > 4000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(golden),        cmocka_unit_test(persons), cmocka_unit_test(order),
        cmocka_unit_test(boundaries),    cmocka_unit_test(kinds),   cmocka_unit_test(hostile),
        cmocka_unit_test(public_people),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
