#include "protocol/identifier.h"

#include "protocol/born.h"
#include "protocol/calendar.h"
#include "protocol/fold.h"
#include "protocol/folded.h"

#include <sodium.h>
#include <string.h>

const char *field_fault_text(enum field_fault fault)
{
    static const char *const texts[] = {
#define FAULT_TEXT(code, text) [code] = (text),
        FAULT_TABLE(FAULT_TEXT)
#undef FAULT_TEXT
    };
    return (unsigned)fault < FAULT_COUNT ? texts[fault] : "cannot be used";
}

static bool is_blank(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct bytes identifier_trim(struct bytes value)
{
    while (value.len > 0 && is_blank(value.data[0])) {
        value.data++;
        value.len--;
    }
    while (value.len > 0 && is_blank(value.data[value.len - 1]))
        value.len--;
    return value;
}

static enum field_fault put_name(struct folded *f, struct pack *out)
{
    struct bytes name = folded_view(f);
    if (name.len > FOLDED_NAME_BYTES_MAX)
        return FAULT_TOO_LONG;
    if (!folded_has_letter(name))
        return FAULT_NO_LETTERS;
    folded_put(out, name);
    return FAULT_NONE;
}

static bool is_ascii_alnum(int32_t c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Whether every code point is an ASCII letter or digit, one of the given signs, or a letter, mark
 * or digit of another script. */
static bool holds_only(struct bytes text, const char *signs)
{
    int32_t c = 0;
    while (fold_next(&text, &c)) {
        bool is_fine = c >= 0x80 ? fold_is_letter(c) || fold_is_mark(c) || fold_is_digit(c)
                                 : is_ascii_alnum(c) || (c != 0 && strchr(signs, c) != NULL);
        if (!is_fine)
            return false;
    }
    return true;
}

static bool is_label(struct bytes label)
{
    return label.len >= 1 && label.len <= MAIL_LABEL_BYTES_MAX && label.data[0] != '-' &&
           label.data[label.len - 1] != '-' && holds_only(label, "-");
}

/* A domain that can be someone's: two labels or more, the last of them no number. */
static bool is_domain(struct bytes domain)
{
    size_t labels = 1;
    struct bytes rest = domain;
    struct bytes label;
    for (; folded_take_part(&rest, '.', &label); labels++)
        if (!is_label(label))
            return false;
    return domain.len <= MAIL_DOMAIN_BYTES_MAX && labels >= 2 && is_label(rest) &&
           folded_has_letter(rest);
}

static enum field_fault put_email(struct folded *f, struct pack *out)
{
    struct bytes mail = folded_view(f);
    struct bytes local;
    struct bytes domain = mail;
    if (!folded_take_part(&domain, '@', &local))
        return FAULT_EMAIL;
    /* RFC 5322 section 3.2.3: atext and the dot; and a second "@" would be in the domain. */
    if (local.len < 1 || local.len > MAIL_LOCAL_BYTES_MAX ||
        !holds_only(local, ".!#$%&'*+-/=?^_`{|}~") || !is_domain(domain))
        return FAULT_EMAIL;
    folded_put(out, mail);
    return FAULT_NONE;
}

typedef enum field_fault put_fn(struct folded *f, struct pack *out);

static enum field_fault canonical(struct bytes value, folded_fn *fold, put_fn *put,
                                  struct pack *out)
{
    struct folded f;
    enum field_fault fault = folded_make(&f, value, fold);
    if (fault == FAULT_NONE)
        fault = put(&f, out);
    folded_clear(&f);
    return fault;
}

enum field_fault identifier_name(struct bytes value, struct pack *out)
{
    return canonical(value, fold_name, put_name, out);
}

/* Writes a number with zeros before it, and returns where it ends. */
static uint8_t *put_digits(uint8_t *at, int number, int count)
{
    for (int i = count - 1; i >= 0; i--, number /= 10)
        at[i] = (uint8_t)('0' + number % 10);
    return at + count;
}

enum field_fault identifier_born(struct bytes value, struct pack *out)
{
    struct born born;
    uint8_t text[DAY_TEXT_BYTES];
    enum field_fault fault = born_read(value, &born);
    if (fault != FAULT_NONE)
        return fault;
    uint8_t *end = put_digits(text, born.year, 4);
    if (born.month != 0) {
        *end = '-';
        end = put_digits(end + 1, born.month, 2);
        *end = '-';
        end = put_digits(end + 1, born.day, 2);
    }
    folded_put(out, bytes_of(text, (size_t)(end - text)));
    sodium_memzero(text, sizeof text);
    sodium_memzero(&born, sizeof born);
    return FAULT_NONE;
}

enum field_fault identifier_email(struct bytes value, struct pack *out)
{
    return canonical(value, fold_mail, put_email, out);
}
