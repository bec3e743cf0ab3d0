#include "protocol/fold.h"
#include "protocol/folded.h"
#include "protocol/identifier.h"
#include "protocol/phone_country.h"

#include <assert.h>
#include <string.h>

enum {
    TRUNK_ZERO = '~',          /* stands for "(0)" once all other signs are known */
    AFTER_011_DIGITS_MIN = 10, /* fewer are a national number whose area code is 011 */
    ALIKE_AT_END = 7,
    RUN_DIGITS_MIN = 6,
};

static bool is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

static bool begins_with(struct bytes text, const char *prefix)
{
    size_t len = strlen(prefix);
    return text.len >= len && memcmp(text.data, prefix, len) == 0;
}

static struct bytes after(struct bytes text, size_t count)
{
    return bytes_of(text.data + count, text.len - count);
}

/* "tel:", "Tel." before the number. */
static struct bytes drop_label(struct bytes text)
{
    if (!begins_with(text, "TEL"))
        return text;
    text = after(text, strlen("TEL"));
    while (text.len > 0 && (text.data[0] == ':' || text.data[0] == '.' || text.data[0] == ' '))
        text = after(text, 1);
    return text;
}

/* Whether digits are followed by what announces an extension in English, Dutch or French. */
static bool has_extension(struct bytes text)
{
    static const char *const signs[] = {"X", "#", "EXT", "TOESTEL", "TST", "POSTE"};
    size_t digits = 0;
    for (size_t i = 0; i < text.len; i++) {
        digits += is_digit(text.data[i]);
        for (size_t s = 0; s < sizeof signs / sizeof signs[0] && digits > 0; s++)
            if (begins_with(after(text, i), signs[s]))
                return true;
    }
    return false;
}

/* Leaves digits, and TRUNK_ZERO for each "(0)", with "+" before them or not. */
static enum field_fault only_digits(struct folded *f, struct bytes *text)
{
    *text = folded_drop(f, *text, " -./");
    for (size_t i = 0; i < text->len; i++)
        if (!is_digit(text->data[i]) && strchr("+()", text->data[i]) == NULL)
            return FAULT_PHONE_SIGNS;
    uint8_t *out = f->text + (text->len > 0 ? text->data - f->text : 0);
    size_t len = 0;
    for (size_t i = 0; i < text->len; i++) {
        bool is_trunk = begins_with(after(*text, i), "(0)");
        if (is_trunk || is_digit(text->data[i]) || text->data[i] == '+')
            out[len++] = is_trunk ? TRUNK_ZERO : text->data[i];
        i += is_trunk ? 2 : 0;
    }
    *text = bytes_of(out, len);
    for (size_t i = 1; i < len; i++)
        if (out[i] == '+')
            return FAULT_PHONE_SIGNS;
    return FAULT_NONE;
}

/* Takes "+", "00" (also behind the +) or "011" off. False if none of them is there. */
static bool take_plus(struct bytes *digits)
{
    bool has_plus = begins_with(*digits, "+");
    if (has_plus)
        *digits = after(*digits, 1);
    if (begins_with(*digits, "00"))
        *digits = after(*digits, 2);
    else if (!has_plus && begins_with(*digits, "011") && digits->len >= 3 + AFTER_011_DIGITS_MIN)
        *digits = after(*digits, 3);
    else if (!has_plus)
        return false;
    return digits->len > 0 && digits->data[0] != '0';
}

static bool is_alike(struct bytes digits)
{
    return digits.len >= 2 && memcmp(digits.data, digits.data + 1, digits.len - 1) == 0;
}

/* Whether the digits count up or down by one; 9 and 0 are neighbours. */
static bool is_run(struct bytes digits, int step)
{
    if (digits.len < RUN_DIGITS_MIN)
        return false;
    for (size_t i = 1; i < digits.len; i++)
        if ((digits.data[i - 1] - '0' + step + 10) % 10 != digits.data[i] - '0')
            return false;
    return true;
}

static bool is_stand_in(struct bytes number)
{
    bool is_alike_at_end =
        number.len >= ALIKE_AT_END && is_alike(after(number, number.len - ALIKE_AT_END));
    return is_alike(number) || is_alike_at_end || is_run(number, 1) || is_run(number, -1);
}

/* Takes national prefixes off what stands behind the code. */
static enum field_fault take_number(const struct phone_country *c, struct folded *f,
                                    struct bytes *number)
{
    if (number->len > 0 && number->data[0] == TRUNK_ZERO) {
        if (phone_country_keeps_zero(c))
            f->text[number->data - f->text] = '0';
        else
            *number = after(*number, 1);
    }
    if (number->len > 0 && memchr(number->data, TRUNK_ZERO, number->len) != NULL)
        return FAULT_PHONE_SIGNS;
    *number = phone_country_drop_trunk(c, *number);
    return FAULT_NONE;
}

static enum field_fault number_check(const struct phone_country *c, struct bytes number)
{
    if (is_stand_in(number))
        return FAULT_PLACEHOLDER;
    if (strlen(c->code) + number.len > PHONE_DIGITS_MAX || number.len < c->digits_min ||
        number.len > c->digits_max)
        return FAULT_PHONE_LENGTH;
    /* no area code of North America begins with 0 or 1, no number behind a trunk zero with 0 */
    bool is_area = strcmp(c->code, "1") == 0 ? number.data[0] >= '2'
                                             : c->trunks[0] != '0' || number.data[0] != '0';
    return is_area ? FAULT_NONE : FAULT_PHONE_COUNTRY;
}

static void put_number(const char *code, struct bytes number, struct pack *out)
{
    if (strcmp(code, "972") == 0 && (begins_with(number, "56") || begins_with(number, "59")))
        code = "970"; /* reached through both */
    pack_u16(out, (uint16_t)(1 + strlen(code) + number.len));
    pack_u8(out, '+');
    pack_copy(out, code, strlen(code));
    pack_bytes(out, number);
    assert(!out->is_full);
}

static enum field_fault put_phone(struct folded *f, struct pack *out)
{
    struct bytes digits = drop_label(folded_view(f));
    if (has_extension(digits))
        return FAULT_PHONE_EXTENSION;
    enum field_fault fault = only_digits(f, &digits);
    if (fault != FAULT_NONE)
        return fault;
    if (!take_plus(&digits))
        return FAULT_PHONE_PREFIX;
    if (is_alike(digits))
        return FAULT_PLACEHOLDER;
    const struct phone_country *c = phone_country_find(digits);
    if (c == NULL)
        return FAULT_PHONE_COUNTRY;
    struct bytes number = after(digits, strlen(c->code));
    fault = take_number(c, f, &number);
    if (fault == FAULT_NONE)
        fault = number_check(c, number);
    if (fault == FAULT_NONE)
        put_number(c->code, number, out);
    return fault;
}

enum field_fault identifier_phone(struct bytes value, struct pack *out)
{
    struct folded f;
    enum field_fault fault = folded_make(&f, value, fold_code);
    if (fault == FAULT_NONE)
        fault = put_phone(&f, out);
    folded_clear(&f);
    return fault;
}
