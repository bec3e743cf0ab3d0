/*
 * fuzz_identifier.c - what people type of a person, and the match keys that it makes.
 *
 * The first byte chooses one identifier, the lines of a travel document, a number as such, a label
 * in Punycode, or all
 * fields (one a line: given name, family name, born, document, email, phone). A value that is
 * accepted gives the same again when its own canonical form is typed in; one that is refused writes
 * nothing; keys come in order, each once, and the same whatever the order and repetition of the
 * values.
 */
#include "proto/utf8.h"
#include "protocol/country.h"
#include "protocol/matchkey.h"
#include "protocol/mrz.h"
#include "protocol/national.h"
#include "protocol/punycode.h"
#include "tests/fuzz/fuzz.h"

typedef enum field_fault identifier_fn(struct bytes value, struct pack *out);

static const struct {
    identifier_fn *make;
    size_t fields;
} identifiers[] = {
    {identifier_name,     1},
    {identifier_born,     1},
    {identifier_document, 3},
    {identifier_email,    1},
    {identifier_phone,    1},
};
enum { IDENTIFIERS = sizeof identifiers / sizeof identifiers[0] };

/* What a person would type to give this canonical form: its fields with colons between them. */
static size_t type_again(struct bytes made, size_t fields, uint8_t *out)
{
    struct unpack u = unpack_of(made);
    struct pack p = pack_of(out, MATCH_KEY_BYTES_MAX);
    for (size_t i = 0; i < fields; i++) {
        struct bytes field = unpack_view(&u, unpack_u16(&u));
        CHECK(field.len > 0 || u.is_short);
        if (i > 0)
            pack_u8(&p, ':');
        pack_bytes(&p, field);
    }
    CHECK(unpack_is_done(&u) && !p.is_full);
    return pack_len(&p);
}

static void try_one(size_t which, struct bytes in)
{
    uint8_t made[MATCH_KEY_BYTES_MAX], again[MATCH_KEY_BYTES_MAX], typed[MATCH_KEY_BYTES_MAX];
    struct pack p = pack_of(made, sizeof made), q = pack_of(again, sizeof again);
    enum field_fault fault = identifiers[which].make(in, &p);
    CHECK(fault >= FAULT_NONE && fault < FAULT_COUNT && field_fault_text(fault) != NULL);
    CHECK(!p.is_full);
    if (fault != FAULT_NONE) {
        CHECK(pack_len(&p) == 0);
        return;
    }
    CHECK(in.len <= IDENTIFIER_BYTES_MAX || identifier_trim(in).len <= IDENTIFIER_BYTES_MAX);
    size_t len = type_again(bytes_of(made, pack_len(&p)), identifiers[which].fields, typed);
    CHECK(identifiers[which].make(bytes_of(typed, len), &q) == FAULT_NONE);
    CHECK(bytes_equal(bytes_of(made, pack_len(&p)), bytes_of(again, pack_len(&q))));
}

static void try_mrz(struct bytes in)
{
    struct mrz m;
    MARK(&m);
    enum field_fault fault = mrz_read(in, &m);
    CHECK(mrz_check_digit(in) == 0 || (mrz_check_digit(in) >= '0' && mrz_check_digit(in) <= '9'));
    if (fault != FAULT_NONE) {
        CHECK(IS_UNTOUCHED(&m) && fault < FAULT_COUNT);
        return;
    }
    CHECK(country_is_known(m.issuer) && m.type < DOCUMENT_TYPE_COUNT);
    CHECK(m.number_len <= MRZ_NUMBER_BYTES_MAX && memchr(m.number, '<', m.number_len) == NULL);
}

/* The first three bytes are the issuer, the fourth chooses the type. */
static void try_number(struct bytes in)
{
    struct document_number n, was;
    MARK(&n);
    if (in.len < 4)
        return;
    enum document_type type = (enum document_type)(in.data[3] % DOCUMENT_TYPE_COUNT), before = type;
    if (document_number_read(bytes_of(in.data + 4, in.len - 4), &n) != FAULT_NONE) {
        CHECK(IS_UNTOUCHED(&n));
        return;
    }
    CHECK(n.len <= DOCUMENT_NUMBER_BYTES_MAX);
    was = n;
    struct bytes issuer = bytes_of(in.data, COUNTRY_BYTES);
    if (national_check(issuer, &type, &n) != FAULT_NONE)
        CHECK(type == before && n.len == was.len && memcmp(n.text, was.text, n.len) == 0);
    CHECK(type < DOCUMENT_TYPE_COUNT && n.len <= DOCUMENT_NUMBER_BYTES_MAX);
    if (document_number_fold(&n) == FAULT_NONE) {
        was = n;
        CHECK(document_number_fold(&n) == FAULT_NONE);
        CHECK(n.len == was.len && memcmp(n.text, was.text, n.len) == 0);
    }
}

static void try_punycode(struct bytes in)
{
    uint8_t text[PUNYCODE_UTF8_BYTES_MAX + 1];
    struct pack p = pack_of(text, sizeof text);
    enum err e = punycode_decode(in, &p);
    CHECK(e == OK || ((e == ERR_FORMAT || e == ERR_LIMIT) && pack_len(&p) == 0));
    CHECK(!p.is_full && pack_len(&p) <= PUNYCODE_UTF8_BYTES_MAX);
    struct bytes made = bytes_of(text, pack_len(&p));
    uint32_t character;
    while (made.len > 0)
        CHECK(utf8_next(&made, &character));
    struct pack small = pack_of(text, in.len / 2);
    if (punycode_decode(in, &small) != OK)
        CHECK(pack_len(&small) == 0);
}

static struct bytes take_line(struct bytes *rest)
{
    const uint8_t *end = rest->len > 0 ? memchr(rest->data, '\n', rest->len) : NULL;
    struct bytes line = bytes_of(rest->data, end != NULL ? (size_t)(end - rest->data) : rest->len);
    size_t taken = line.len + (end != NULL ? 1 : 0);
    *rest = bytes_of(rest->data + taken, rest->len - taken);
    return line;
}

static void check_keys(const struct match_keys *keys, const struct field_problems *problems)
{
    CHECK(keys->count <= SIGNAL_TAGS_MAX && problems->count <= FIELD_PROBLEMS_MAX);
    for (size_t i = 0; i < keys->count; i++) {
        const struct match_key *k = &keys->key[i];
        CHECK(k->len >= 4 && k->len <= MATCH_KEY_BYTES_MAX && k->bytes[0] == k->kind);
        CHECK(k->bytes[1] == MATCH_KEY_VERSION && strcmp(match_kind_name(k->kind), "unknown") != 0);
        if (i > 0) {
            struct bytes a = bytes_of(k[-1].bytes, k[-1].len), b = bytes_of(k->bytes, k->len);
            int order = memcmp(a.data, b.data, a.len < b.len ? a.len : b.len);
            CHECK(order < 0 || (order == 0 && a.len < b.len));
        }
    }
    for (size_t i = 0; i < problems->count; i++)
        CHECK(problems->at[i].fault != FAULT_NONE && problems->at[i].fault < FAULT_COUNT &&
              strcmp(person_field_name(problems->at[i].field), "unknown") != 0);
}

static bool same_keys(const struct match_keys *a, const struct match_keys *b)
{
    bool is_same = a->count == b->count;
    for (size_t i = 0; is_same && i < a->count; i++)
        is_same = bytes_equal(bytes_of(a->key[i].bytes, a->key[i].len),
                              bytes_of(b->key[i].bytes, b->key[i].len));
    return is_same;
}

/* The same values once more behind them: no other keys. */
static void check_repeated(const struct person_fields *fields, const struct match_keys *keys)
{
    struct person_fields twice = *fields;
    struct match_keys *more = malloc(sizeof *more);
    struct field_problems problems;
    size_t len = fields->email.len;
    uint8_t *text = malloc(2 * len + 1);
    CHECK(more != NULL && text != NULL);
    if (len > 0)
        memcpy(text, fields->email.data, len);
    text[len] = ';';
    if (len > 0)
        memcpy(text + len + 1, fields->email.data, len);
    twice.email = bytes_of(text, 2 * len + 1);
    match_keys_derive(&twice, more, &problems);
    CHECK(same_keys(keys, more));
    free(more);
    free(text);
}

static void try_person(struct bytes in)
{
    struct person_fields fields;
    struct match_keys *keys = malloc(sizeof *keys), *again = malloc(sizeof *again);
    struct field_problems problems, problems_again;
    CHECK(keys != NULL && again != NULL);
    fields.given_name = take_line(&in);
    fields.family_name = take_line(&in);
    fields.born = take_line(&in);
    fields.document = take_line(&in);
    fields.email = take_line(&in);
    fields.phone = take_line(&in);
    match_keys_derive(&fields, keys, &problems);
    check_keys(keys, &problems);
    match_keys_derive(&fields, again, &problems_again);
    CHECK(same_keys(keys, again) && problems.count == problems_again.count);
    check_repeated(&fields, keys);
    match_keys_clear(keys);
    CHECK(fuzz_is_filled(keys, 0, sizeof *keys));
    free(keys);
    free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    if (len == 0 || len > 4096)
        return 0;
    struct bytes in = bytes_of(data + 1, len - 1);
    size_t which = data[0] % (IDENTIFIERS + 4);
    if (which < IDENTIFIERS)
        try_one(which, in);
    else if (which == IDENTIFIERS + 1)
        try_mrz(in);
    else if (which == IDENTIFIERS + 2)
        try_number(in);
    else if (which == IDENTIFIERS + 3)
        try_punycode(in);
    else
        try_person(in);
    return 0;
}
