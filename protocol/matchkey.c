#include "protocol/matchkey.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

bool match_kind_is_strong(unsigned kind)
{
    return kind == KIND_DOCUMENT || kind == KIND_EMAIL || kind == KIND_PHONE;
}

const char *match_kind_name(unsigned kind)
{
    switch (kind) {
    case KIND_DOCUMENT:
        return "document";
    case KIND_EMAIL:
        return "email";
    case KIND_PHONE:
        return "phone";
    case KIND_NAME_BORN:
        return "name-born";
    default:
        return "unknown";
    }
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

/* Puts a key in its place, unless it is there already. */
static void insert_key(struct derive *d, const struct match_key *key)
{
    struct match_keys *m = d->keys;
    size_t at = 0;
    while (at < m->count && compare(&m->key[at], key) < 0)
        at++;
    if (at < m->count && compare(&m->key[at], key) == 0)
        return;
    if (m->count == SIGNAL_TAGS_MAX) {
        refuse(d, FAULT_TOO_MANY);
        return;
    }
    memmove(&m->key[at + 1], &m->key[at], (m->count - at) * sizeof *key);
    m->key[at] = *key;
    m->count++;
}

static void begin_key(struct match_key *key, struct pack *p, enum match_kind kind)
{
    *key = (struct match_key){.kind = (uint8_t)kind};
    *p = pack_of(key->bytes, sizeof key->bytes);
    pack_u8(p, key->kind);
    pack_u8(p, MATCH_KEY_VERSION);
}

static void end_key(struct derive *d, struct match_key *key, const struct pack *p)
{
    assert(!p->is_full);
    key->len = pack_len(p);
    insert_key(d, key);
}

typedef enum field_fault identifier_fn(struct bytes value, struct pack *out);

/* The three fields together make one key, or none where one of them is empty or refused. */
static void derive_name_born(struct derive *d, const struct person_fields *fields)
{
    const struct {
        enum person_field field;
        struct bytes value;
        identifier_fn *put;
    } parts[] = {
        {FIELD_GIVEN_NAME,  fields->given_name,  identifier_name},
        {FIELD_FAMILY_NAME, fields->family_name, identifier_name},
        {FIELD_BORN,        fields->born,        identifier_born},
    };
    struct match_key key;
    struct pack p;
    bool is_complete = true;
    begin_key(&key, &p, KIND_NAME_BORN);
    d->position = 1;
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        struct bytes value = identifier_trim(parts[i].value);
        d->field = parts[i].field;
        enum field_fault fault = value.len > 0 ? parts[i].put(value, &p) : FAULT_NONE;
        if (fault != FAULT_NONE)
            refuse(d, fault);
        is_complete = is_complete && value.len > 0 && fault == FAULT_NONE;
    }
    if (is_complete)
        end_key(d, &key, &p);
    sodium_memzero(&key, sizeof key);
}

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
        begin_key(&key, &p, kind);
        enum field_fault fault = put(value, &p);
        if (fault == FAULT_NONE)
            end_key(d, &key, &p);
        else
            refuse(d, fault);
    }
    sodium_memzero(&key, sizeof key);
}

void match_keys_derive(const struct person_fields *fields, struct match_keys *keys,
                       struct field_problems *problems)
{
    struct derive d = {.keys = keys, .problems = problems};
    keys->count = 0;
    problems->count = 0;
    derive_name_born(&d, fields);
    derive_each(&d, FIELD_DOCUMENT, fields->document, KIND_DOCUMENT, identifier_document);
    derive_each(&d, FIELD_EMAIL, fields->email, KIND_EMAIL, identifier_email);
    derive_each(&d, FIELD_PHONE, fields->phone, KIND_PHONE, identifier_phone);
}

void match_keys_clear(struct match_keys *keys)
{
    sodium_memzero(keys, sizeof *keys);
}
