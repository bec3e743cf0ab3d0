#include "protocol/matchkey.h"

#include "protocol/namekey.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

bool match_kind_is_strong(unsigned kind)
{
    return kind == KIND_DOCUMENT || kind == KIND_EMAIL || kind == KIND_PHONE;
}

const char *match_kind_name(unsigned kind)
{
    static const char *const names[KIND_END] = {
        [KIND_DOCUMENT] = "document",   [KIND_EMAIL] = "email",
        [KIND_PHONE] = "phone",         [KIND_NAME_BORN] = "name-born",
        [KIND_NAMES] = "names",         [KIND_NAMES_MONTH] = "names-month",
        [KIND_NAMES_DAY] = "names-day", [KIND_NAME_START] = "name-start",
        [KIND_NAME_END] = "name-end",
    };
    return kind < KIND_END && names[kind] != NULL ? names[kind] : "unknown";
}

const char *person_field_name(enum person_field field)
{
    switch (field) {
    case FIELD_GIVEN_NAME:
        return "given_name";
    case FIELD_FAMILY_NAME:
        return "family_name";
    case FIELD_BORN:
        return "born";
    case FIELD_DOCUMENT:
        return "document";
    case FIELD_EMAIL:
        return "email";
    case FIELD_PHONE:
        return "phone";
    }
    return "unknown";
}

/* One derivation: where keys and problems go, and which value is being looked at. */
struct derive {
    struct match_keys *keys;
    struct field_problems *problems;
    enum person_field field;
    unsigned position;
};

static void refuse(struct derive *d, enum field_fault fault)
{
    struct field_problems *p = d->problems;
    if (p->count < FIELD_PROBLEMS_MAX)
        p->at[p->count++] = (struct field_problem){d->field, fault, d->position};
}

static int compare(const struct match_key *a, const struct match_key *b)
{
    size_t common = a->len < b->len ? a->len : b->len;
    int order = memcmp(a->bytes, b->bytes, common);
    return order != 0 ? order : (a->len > b->len) - (a->len < b->len);
}

bool match_keys_insert(struct match_keys *m, size_t max, const struct match_key *key)
{
    size_t at = 0;
    while (at < m->count && compare(&m->key[at], key) < 0)
        at++;
    if (at < m->count && compare(&m->key[at], key) == 0)
        return true;
    if (m->count >= max)
        return false;
    memmove(&m->key[at + 1], &m->key[at], (m->count - at) * sizeof *key);
    m->key[at] = *key;
    m->count++;
    return true;
}

void match_key_begin(struct match_key *key, struct pack *p, enum match_kind kind)
{
    *key = (struct match_key){.kind = (uint8_t)kind};
    *p = pack_of(key->bytes, sizeof key->bytes);
    pack_u8(p, key->kind);
    pack_u8(p, MATCH_KEY_VERSION);
}

typedef enum field_fault identifier_fn(struct bytes value, struct pack *out);

/* The part of *rest before the first semicolon, which is taken off with it. */
static struct bytes take_value(struct bytes *rest)
{
    struct bytes value = *rest;
    const uint8_t *end = memchr(rest->data, ';', rest->len);
    if (end != NULL)
        value.len = (size_t)(end - rest->data);
    size_t taken = value.len + (end != NULL ? 1 : 0);
    *rest = bytes_of(rest->data + taken, rest->len - taken);
    return identifier_trim(value);
}

/* Each value of a field makes a key. */
static void derive_each(struct derive *d, enum person_field field, struct bytes values,
                        enum match_kind kind, identifier_fn *put)
{
    struct match_key key;
    struct pack p;
    d->field = field;
    d->position = 0;
    while (values.len > 0) {
        struct bytes value = take_value(&values);
        if (value.len == 0)
            continue;
        d->position++;
        match_key_begin(&key, &p, kind);
        enum field_fault fault = put(value, &p);
        assert(!p.is_full);
        key.len = pack_len(&p);
        if (fault == FAULT_NONE && !match_keys_insert(d->keys, STRONG_KEYS_MAX, &key))
            fault = FAULT_TOO_MANY;
        if (fault != FAULT_NONE)
            refuse(d, fault);
    }
    sodium_memzero(&key, sizeof key);
}

/* The names and the date: what is wrong with each, then their keys. */
static void derive_names(struct derive *d, const struct person_fields *fields, bool is_asked)
{
    const struct {
        enum person_field field;
        struct bytes value;
        identifier_fn *check;
    } parts[] = {
        {FIELD_GIVEN_NAME,  fields->given_name,  identifier_name},
        {FIELD_FAMILY_NAME, fields->family_name, identifier_name},
        {FIELD_BORN,        fields->born,        identifier_born},
    };
    bool is_good[3] = {false, false, false};
    uint8_t out[MATCH_KEY_BYTES_MAX];
    d->position = 1;
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        struct bytes value = identifier_trim(parts[i].value);
        struct pack p = pack_of(out, sizeof out);
        d->field = parts[i].field;
        enum field_fault fault = value.len > 0 ? parts[i].check(value, &p) : FAULT_NONE;
        is_good[i] = value.len > 0 && fault == FAULT_NONE;
        if (fault != FAULT_NONE)
            refuse(d, fault);
    }
    sodium_memzero(out, sizeof out);
    struct name_born nb = {is_good[0] ? identifier_trim(fields->given_name) : bytes_of(NULL, 0),
                           is_good[1] ? identifier_trim(fields->family_name) : bytes_of(NULL, 0),
                           identifier_trim(fields->born)};
    if (is_asked)
        name_keys_ask(&nb, d->keys);
    else if (is_good[2])
        name_keys_derive(&nb, d->keys);
}

static void derive_all(const struct person_fields *fields, bool is_asked, struct match_keys *keys,
                       struct field_problems *problems)
{
    struct derive d = {.keys = keys, .problems = problems};
    keys->count = 0;
    problems->count = 0;
    derive_each(&d, FIELD_DOCUMENT, fields->document, KIND_DOCUMENT, identifier_document);
    derive_each(&d, FIELD_EMAIL, fields->email, KIND_EMAIL, identifier_email);
    derive_each(&d, FIELD_PHONE, fields->phone, KIND_PHONE, identifier_phone);
    derive_names(&d, fields, is_asked);
}

void match_keys_derive(const struct person_fields *fields, struct match_keys *keys,
                       struct field_problems *problems)
{
    derive_all(fields, false, keys, problems);
}

void match_keys_ask(const struct person_fields *fields, struct match_keys *keys,
                    struct field_problems *problems)
{
    derive_all(fields, true, keys, problems);
}

void match_keys_clear(struct match_keys *keys)
{
    sodium_memzero(keys, sizeof *keys);
}
