#include "protocol/country.h"
#include "protocol/document_number.h"
#include "protocol/document_type.h"
#include "protocol/fold.h"
#include "protocol/folded.h"
#include "protocol/identifier.h"
#include "protocol/mrz.h"
#include "protocol/national.h"

#include <sodium.h>
#include <string.h>

enum {
    MRZ_NUMBER_AND_CHECK_BYTES = 10,
    LINES_BYTES_MIN = 30,
    TURNS_MAX = 5, /* none that anybody has given out takes more than three */
};

static bool has_sign(struct bytes text, uint8_t sign)
{
    return text.len > 0 && memchr(text.data, sign, text.len) != NULL;
}

/* Puts "<" for the quotation marks that a word processor makes of fillers: U+2039, U+00AB (two). */
static struct bytes fold_fillers(struct folded *f, struct bytes text)
{
    static const uint8_t one[3] = {0xe2, 0x80, 0xb9};
    static const uint8_t two[2] = {0xc2, 0xab};
    if (text.len == 0)
        return text;
    uint8_t *out = f->text + (text.data - f->text);
    size_t len = 0;
    for (size_t i = 0; i < text.len; i++) {
        size_t left = text.len - i;
        if (left >= sizeof two && memcmp(text.data + i, two, sizeof two) == 0) {
            out[len++] = '<';
            out[len++] = '<';
            i += sizeof two - 1;
        } else if (left >= sizeof one && memcmp(text.data + i, one, sizeof one) == 0) {
            out[len++] = '<';
            i += sizeof one - 1;
        } else {
            out[len++] = text.data[i];
        }
    }
    return bytes_of(out, len);
}

static bool is_passport(enum document_type type)
{
    return type == DOCUMENT_passport || type == DOCUMENT_travel;
}

/* Takes off the check digit that follows nine signs in a machine-readable line. Behind fillers it
 * must agree. */
static enum field_fault drop_check(struct bytes *number)
{
    if (number->len != MRZ_NUMBER_AND_CHECK_BYTES)
        return FAULT_NONE;
    struct bytes nine = bytes_of(number->data, number->len - 1);
    uint8_t last = number->data[number->len - 1];
    bool is_right = last == mrz_check_digit(nine);
    if (nine.data[nine.len - 1] == '<' && last != '<' && !is_right)
        return FAULT_DOCUMENT_CHECK;
    if (nine.data[nine.len - 1] == '<' && is_right)
        *number = nine;
    return FAULT_NONE;
}

/* The same behind a passport's nine signs, where it is one if it agrees: passports have no ten. */
static void drop_passport_check(enum document_type type, struct document_number *n)
{
    struct bytes nine = bytes_of(n->text, MRZ_NUMBER_AND_CHECK_BYTES - 1);
    if (is_passport(type) && n->len == MRZ_NUMBER_AND_CHECK_BYTES &&
        n->text[n->len - 1] == mrz_check_digit(nine))
        n->len--;
}

static bool is_same(const struct document_number *a, const struct document_number *b)
{
    return bytes_equal(bytes_of(a->text, a->len), bytes_of(b->text, b->len));
}

/* Brings type and number to what stands in the key, which brings itself to itself: a rule may see
 * the number that another left, or that has lost its zeros. */
static enum field_fault settle(struct bytes issuer, enum document_type *type,
                               struct document_number *n)
{
    struct document_number before = *n;
    enum field_fault fault = document_number_fold(&before);
    for (int turn = 0; turn < TURNS_MAX && fault == FAULT_NONE; turn++) {
        enum document_type type_before = *type;
        before = *n;
        drop_passport_check(*type, n);
        fault = national_check(issuer, type, n);
        if (fault == FAULT_NONE)
            fault = document_number_fold(n);
        if (fault == FAULT_NONE && *type == type_before && is_same(n, &before))
            break;
        if (fault == FAULT_NONE && turn == TURNS_MAX - 1)
            fault = FAULT_DOCUMENT_CHECK;
    }
    sodium_memzero(&before, sizeof before);
    return fault;
}

static enum field_fault put_checked(struct bytes issuer, enum document_type type,
                                    struct document_number *n, struct pack *out)
{
    enum field_fault fault = settle(issuer, &type, n);
    if (fault != FAULT_NONE)
        return fault;
    folded_put(out, issuer);
    folded_put(out, document_type_word(type));
    folded_put(out, bytes_of(n->text, n->len));
    return FAULT_NONE;
}

static enum field_fault put_number(struct bytes issuer, enum document_type type,
                                   struct bytes folded, struct pack *out)
{
    struct document_number n;
    enum field_fault fault = document_number_read(folded, &n);
    if (fault != FAULT_NONE)
        return fault;
    fault = put_checked(issuer, type, &n, out);
    sodium_memzero(&n, sizeof n);
    return fault;
}

static enum field_fault put_lines(struct folded *f, struct bytes text, struct pack *out)
{
    struct mrz m;
    text = folded_drop(f, text, " ");
    if (text.len < LINES_BYTES_MIN)
        return FAULT_DOCUMENT_FORM;
    enum field_fault fault = mrz_read(text, &m);
    if (fault != FAULT_NONE)
        return fault;
    fault = put_number(m.issuer, m.type, bytes_of(m.number, m.number_len), out);
    sodium_memzero(&m, sizeof m);
    return fault;
}

static enum field_fault put_document(struct folded *f, struct pack *out)
{
    struct bytes number = fold_fillers(f, folded_view(f));
    struct bytes country, word;
    if (!has_sign(number, ':') && has_sign(number, '<'))
        return put_lines(f, number, out);
    if (!folded_take_part(&number, ':', &country) || !folded_take_part(&number, ':', &word))
        return FAULT_DOCUMENT_FORM;
    struct bytes issuer = country_fold(identifier_trim(country));
    if (issuer.len == 0)
        return FAULT_DOCUMENT_COUNTRY;
    enum document_type type = document_type_find(folded_drop(f, word, " -_.'"));
    if (type == DOCUMENT_TYPE_COUNT)
        return FAULT_DOCUMENT_TYPE;
    number = folded_drop(f, number, " -./'");
    enum field_fault fault = drop_check(&number);
    if (fault != FAULT_NONE)
        return fault;
    return put_number(issuer, type, folded_drop(f, number, "<"), out);
}

enum field_fault identifier_document(struct bytes value, struct pack *out)
{
    struct folded f;
    enum field_fault fault = folded_make(&f, value, fold_code);
    if (fault == FAULT_NONE)
        fault = put_document(&f, out);
    folded_clear(&f);
    return fault;
}
