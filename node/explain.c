#include "node/explain.h"

#include "node/explain_parts.h"
#include "node/secret.h"
#include "node/words.h"
#include "protocol/born.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

enum { DATE_BYTES = 10, YEAR_BYTES = 4, PERSON_FIELDS = FIELD_PHONE + 1 };

struct bytes explain_field(const json_t *row, enum person_field field)
{
    const char *text = words_text(row, person_field_name(field));
    return identifier_trim(bytes_of(text, strlen(text)));
}

void explain_derive(const json_t *row, struct explained *out)
{
    struct person_fields fields = {
        explain_field(row, FIELD_GIVEN_NAME), explain_field(row, FIELD_FAMILY_NAME),
        explain_field(row, FIELD_BORN),       explain_field(row, FIELD_DOCUMENT),
        explain_field(row, FIELD_EMAIL),      explain_field(row, FIELD_PHONE),
    };
    match_keys_derive(&fields, &out->published, &out->published_problems);
    match_keys_ask(&fields, &out->asked, &out->asked_problems);
}

void explain_spell(struct bytes name, struct spelling *out)
{
    struct name_words words;
    memset(out, 0, sizeof *out);
    if (name.len == 0 || translit_name(name, out->text, TRANSLIT_BYTES_MAX, &out->text_len) != OK)
        return;
    name_words_of(bytes_of(out->text, out->text_len), &words);
    struct pack p = pack_of(out->joined, sizeof out->joined);
    for (size_t i = 0; i < words.count; i++)
        pack_bytes(&p, words.word[i]);
    out->joined_len = pack_len(&p);
    if (out->joined_len == 0)
        return;
    skeleton_sound(bytes_of(out->joined, out->joined_len), READING_FIRST, &out->sound);
    skeleton_letters(bytes_of(out->joined, out->joined_len), &out->letters);
}

/* ---- What a value is read as ---- */

static void set_bytes(json_t *object, const char *name, struct bytes text)
{
    json_object_set_new(object, name, json_stringn((const char *)text.data, text.len));
}

static void set_skeleton(json_t *object, const char *name, const struct skeleton *s)
{
    uint8_t text[4 * SKELETON_POINTS_MAX];
    struct pack p = pack_of(text, sizeof text);
    skeleton_put(s, 0, SKELETON_POINTS_MAX, &p);
    set_bytes(object, name, bytes_of(text, pack_len(&p)));
    sodium_memzero(text, sizeof text);
}

static void read_name(json_t *detail, struct bytes value)
{
    struct spelling *s = secret_new(sizeof *s);
    explain_spell(value, s);
    set_bytes(detail, "letters", bytes_of(s->text, s->text_len));
    set_skeleton(detail, "consonants", &s->letters);
    set_skeleton(detail, "sound", &s->sound);
    secret_free(s);
}

/* The fields of a canonical form, under the names that they have there. */
static void read_canonical(json_t *detail, struct bytes form, const char *const *names)
{
    struct unpack u = unpack_of(form);
    for (; *names != NULL; names++)
        set_bytes(detail, *names, unpack_view(&u, unpack_u16(&u)));
}

static enum field_fault canonical(enum person_field field, struct bytes value, struct pack *out)
{
    switch (field) {
    case FIELD_GIVEN_NAME:
    case FIELD_FAMILY_NAME:
        return identifier_name(value, out);
    case FIELD_BORN:
        return identifier_born(value, out);
    case FIELD_DOCUMENT:
        return identifier_document(value, out);
    case FIELD_EMAIL:
        return identifier_email(value, out);
    case FIELD_PHONE:
        return identifier_phone(value, out);
    }
    return FAULT_CHARACTER;
}

/* What the derivation found wrong with a value that is in order by itself. */
static enum field_fault problem_of(const struct field_problems *p, enum person_field field,
                                   unsigned position)
{
    for (size_t i = 0; i < p->count; i++)
        if (p->at[i].field == field && p->at[i].position == position)
            return p->at[i].fault;
    return FAULT_NONE;
}

static void read_form(json_t *detail, enum person_field field, struct bytes value,
                      struct bytes form)
{
    static const char *const document[] = {"issuer", "type", "number", NULL};
    static const char *const date[] = {"date", NULL}, *const year[] = {"year", NULL};
    static const char *const plain[] = {"value", NULL};
    if (field == FIELD_GIVEN_NAME || field == FIELD_FAMILY_NAME)
        read_name(detail, value);
    else if (field == FIELD_DOCUMENT)
        read_canonical(detail, form, document);
    else if (field == FIELD_BORN)
        read_canonical(detail, form, form.len < 2 + DATE_BYTES ? year : date);
    else
        read_canonical(detail, form, plain);
}

static json_t *read_value(const struct explained *x, enum person_field field, unsigned position,
                          struct bytes value)
{
    uint8_t form[MATCH_KEY_BYTES_MAX];
    struct pack p = pack_of(form, sizeof form);
    char name[64];
    json_t *detail =
        json_pack("{s:s,s:i}", "field", person_field_name(field), "position", (int)position);
    enum field_fault fault = canonical(field, value, &p);
    if (fault == FAULT_NONE)
        fault = problem_of(&x->published_problems, field, position);
    if (fault == FAULT_NONE)
        read_form(detail, field, value, bytes_of(form, pack_len(&p)));
    else
        json_object_set_new(detail, "fault",
                            json_string(words_fault_name(fault, name, sizeof name)));
    sodium_memzero(form, sizeof form);
    return detail;
}

static void read_field(const struct explained *x, const json_t *row, enum person_field field,
                       json_t *details)
{
    bool is_many = field >= FIELD_DOCUMENT;
    struct bytes rest = explain_field(row, field);
    unsigned position = 0;
    while (rest.len > 0) {
        const uint8_t *end = is_many ? memchr(rest.data, ';', rest.len) : NULL;
        size_t len = end != NULL ? (size_t)(end - rest.data) : rest.len;
        struct bytes value = identifier_trim(bytes_of(rest.data, len));
        len += end != NULL ? 1 : 0;
        rest = bytes_of(rest.data + len, rest.len - len);
        if (value.len > 0)
            json_array_append_new(details, read_value(x, field, ++position, value));
    }
}

/* ---- What is registered, and what is tried besides ---- */

static bool has_key(const struct match_keys *keys, const struct match_key *key)
{
    for (size_t i = 0; i < keys->count; i++)
        if (bytes_equal(bytes_of(keys->key[i].bytes, keys->key[i].len),
                        bytes_of(key->bytes, key->len)))
            return true;
    return false;
}

static json_t *kinds_of(const struct match_keys *keys)
{
    json_t *list = json_array();
    for (unsigned kind = 0; kind < KIND_END; kind++) {
        int count = 0;
        for (size_t i = 0; i < keys->count; i++)
            count += keys->key[i].kind == kind;
        if (count > 0)
            json_array_append_new(
                list, json_pack("{s:s,s:i}", "kind", match_kind_name(kind), "count", count));
    }
    return list;
}

/* The date of a key of both names: its third field. */
static struct bytes date_of(const struct match_key *key)
{
    struct unpack u = unpack_of(bytes_of(key->bytes + 2, key->len - 2));
    unpack_view(&u, unpack_u16(&u));
    unpack_view(&u, unpack_u16(&u));
    return unpack_view(&u, unpack_u16(&u));
}

/* own is the date that the person has, in the form of a key; empty where it was refused. */
static json_t *tried(const struct explained *x, struct bytes own)
{
    json_t *dates = json_array();
    struct bytes year = {NULL, 0};
    int other = 0, parts = 0;
    for (size_t i = 0; i < x->asked.count; i++) {
        const struct match_key *key = &x->asked.key[i];
        if (match_kind_is_strong(key->kind) || has_key(&x->published, key))
            continue;
        struct bytes date = date_of(key);
        if (key->kind == KIND_NAMES && bytes_equal(date, own))
            other++;
        else if (key->kind == KIND_NAMES && date.len == YEAR_BYTES)
            year = date;
        else if (key->kind == KIND_NAMES)
            json_array_append_new(dates, json_stringn((const char *)date.data, date.len));
        else if (own.len == 0)
            parts++;
    }
    return json_pack("{s:o,s:s%,s:i,s:i}", "dates", dates, "year",
                     year.len > 0 ? (const char *)year.data : "", year.len, "other_names", other,
                     "parts", parts);
}

json_t *explain_person(const json_t *row)
{
    uint8_t form[MATCH_KEY_BYTES_MAX];
    struct pack p = pack_of(form, sizeof form);
    struct explained *x = secret_new(sizeof *x);
    json_t *details = json_array();
    explain_derive(row, x);
    for (int field = 0; field < PERSON_FIELDS; field++)
        read_field(x, row, (enum person_field)field, details);
    bool has_date = identifier_born(explain_field(row, FIELD_BORN), &p) == FAULT_NONE;
    struct bytes own = has_date ? bytes_of(form + 2, pack_len(&p) - 2) : bytes_of(NULL, 0);
    bool is_in_order = x->published_problems.count == 0 && x->published.count > 0;
    json_t *out = json_pack("{s:o,s:b,s:o,s:o}", "details", details, "in_order", is_in_order,
                            "registered", kinds_of(&x->published), "tried", tried(x, own));
    secret_free(x);
    sodium_memzero(form, sizeof form);
    return out;
}
