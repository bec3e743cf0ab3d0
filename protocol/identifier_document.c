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

enum { MRZ_NUMBER_AND_CHECK_BYTES = 10, LINES_BYTES_MIN = 30 };

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

/* Takes off the check digit that follows nine signs in a machine-readable line: behind fillers it
 * must agree; behind a passport's nine it is one if it agrees, since passports have no ten. */
static enum field_fault drop_check(enum document_type type, struct bytes *number)
{
    if (number->len != MRZ_NUMBER_AND_CHECK_BYTES)
        return FAULT_NONE;
    struct bytes nine = bytes_of(number->data, number->len - 1);
    bool has_filler = nine.data[nine.len - 1] == '<';
    bool is_passport = type == DOCUMENT_passport || type == DOCUMENT_travel;
    uint8_t last = number->data[number->len - 1];
    if ((!has_filler && !is_passport) || last == '<')
        return FAULT_NONE;
    if (last == mrz_check_digit(nine))
        *number = nine;
    else if (has_filler)
        return FAULT_DOCUMENT_CHECK;
    return FAULT_NONE;
}

static enum field_fault put_checked(struct bytes issuer, enum document_type type,
                                    struct document_number *n, struct pack *out)
{
    struct document_number folded = *n;
    enum field_fault fault = document_number_fold(&folded);
    sodium_memzero(&folded, sizeof folded);
    if (fault == FAULT_NONE)
        fault = national_check(issuer, &type, n);
    if (fault == FAULT_NONE)
        fault = document_number_fold(n); /* as the rule left it, which may have made it whole */
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
    enum field_fault fault = drop_check(type, &number);
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
