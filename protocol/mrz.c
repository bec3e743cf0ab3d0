#include "protocol/mrz.h"

#include "protocol/country.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

enum { NUMBER_BYTES = 9, DATE_BYTES = 6, SPANS_MAX = 4 };

/* Where things stand, counted from the beginning of the first line. A check digit stands behind the
 * field that it checks. */
static const struct layout {
    size_t len;
    size_t number, born, expiry;
    size_t optional, optional_len;
    bool has_optional_check;
    bool has_long_numbers; /* which go on in the optional data */
    size_t all;            /* the check digit over the spans [from, to) */
    size_t spans[SPANS_MAX][2];
} layouts[] = {
    {88, 44, 57, 65, 72, 14, true,  false, 87, {{44, 54}, {57, 64}, {65, 87}}         },
    {72, 36, 49, 57, 64, 7,  false, true,  71, {{36, 46}, {49, 56}, {57, 71}}         },
    {90, 5,  30, 38, 15, 15, false, true,  59, {{5, 30}, {30, 37}, {38, 45}, {48, 59}}},
};

/* The lines while they are read, and their layout. */
struct lines {
    uint8_t text[MRZ_BYTES_MAX];
    const struct layout *layout;
};

/* A digit's own value, A 10 to Z 35, a filler 0; -1 for another sign. */
static int value_of(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'A' && c <= 'Z')
        return c - 'A' + 10;
    return c == '<' ? 0 : -1;
}

/* Adds to a sum of weights 7, 3, 1, of which *at counts the next one. */
static int add_weighted(struct bytes text, size_t *at, int sum)
{
    static const int weights[3] = {7, 3, 1};
    for (size_t i = 0; i < text.len; i++)
        sum = (sum + weights[(*at)++ % 3] * value_of(text.data[i])) % 10;
    return sum;
}

uint8_t mrz_check_digit(struct bytes text)
{
    size_t at = 0;
    for (size_t i = 0; i < text.len; i++)
        if (value_of(text.data[i]) < 0)
            return 0;
    return (uint8_t)('0' + add_weighted(text, &at, 0));
}

static bool is_filler(struct bytes text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.data[i] != '<')
            return false;
    return true;
}

/* Whether the field's check digit stands behind it; an empty field may have a filler there. */
static bool is_checked(const struct lines *l, size_t from, size_t len)
{
    struct bytes field = bytes_of(l->text + from, len);
    uint8_t digit = l->text[from + len];
    return digit == mrz_check_digit(field) || (digit == '<' && is_filler(field));
}

static bool is_all_checked(const struct lines *l)
{
    const struct layout *y = l->layout;
    size_t at = 0;
    int sum = 0;
    for (size_t i = 0; i < SPANS_MAX; i++)
        sum = add_weighted(bytes_of(l->text + y->spans[i][0], y->spans[i][1] - y->spans[i][0]), &at,
                           sum);
    return l->text[y->all] == '0' + sum && is_checked(l, y->born, DATE_BYTES) &&
           is_checked(l, y->expiry, DATE_BYTES) &&
           (!y->has_optional_check || is_checked(l, y->optional, y->optional_len));
}

static void put_number(struct mrz *out, struct bytes text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.data[i] != '<')
            out->number[out->number_len++] = text.data[i];
}

/* A number that goes on in the optional data, its check digit the last sign there before a filler.
 * Issuers count the filler in the check digit's own place of the first line, or do not. */
static bool take_long_number(const struct lines *l, struct mrz *out)
{
    const struct layout *y = l->layout;
    uint8_t whole[NUMBER_BYTES + 1 + 15];
    struct bytes rest = {l->text + y->optional, 0};
    while (rest.len < y->optional_len && rest.data[rest.len] != '<')
        rest.len++;
    if (!y->has_long_numbers || rest.len < 2)
        return false;
    uint8_t digit = rest.data[--rest.len];
    memcpy(whole, l->text + y->number, NUMBER_BYTES + 1);
    memcpy(whole + NUMBER_BYTES + 1, rest.data, rest.len);
    bool is_right = digit == mrz_check_digit(bytes_of(whole, NUMBER_BYTES + 1 + rest.len));
    memcpy(whole + NUMBER_BYTES, rest.data, rest.len);
    is_right = is_right || digit == mrz_check_digit(bytes_of(whole, NUMBER_BYTES + rest.len));
    if (is_right)
        put_number(out, bytes_of(whole, NUMBER_BYTES + rest.len));
    sodium_memzero(whole, sizeof whole);
    return is_right;
}

static bool take_number(const struct lines *l, struct mrz *out)
{
    struct bytes field = bytes_of(l->text + l->layout->number, NUMBER_BYTES);
    out->number_len = 0;
    if (!is_all_checked(l) || is_filler(field))
        return false;
    if (l->text[l->layout->number + NUMBER_BYTES] == '<')
        return take_long_number(l, out);
    if (!is_checked(l, l->layout->number, NUMBER_BYTES))
        return false;
    put_number(out, field);
    return true;
}

/* Reads letters as the digits that they are in places that hold digits only. */
static void swap_letters(struct lines *l, size_t from, size_t len)
{
    for (size_t i = from; i < from + len; i++)
        l->text[i] = l->text[i] == 'O' ? '0' : l->text[i] == 'I' ? '1' : l->text[i];
}

static void read_digits(struct lines *l)
{
    const struct layout *y = l->layout;
    swap_letters(l, y->born, DATE_BYTES + 1);
    swap_letters(l, y->expiry, DATE_BYTES + 1);
    swap_letters(l, y->number + NUMBER_BYTES, 1);
    swap_letters(l, y->all, 1);
    if (y->has_optional_check)
        swap_letters(l, y->optional + y->optional_len, 1);
}

static enum document_type type_of(const uint8_t code[2])
{
    bool is_card = code[0] == 'I' || code[0] == 'A' || code[0] == 'C';
    if (code[0] == 'P' || (code[0] == 'I' && code[1] == 'P'))
        return DOCUMENT_passport;
    if (code[0] == 'R' || (is_card && code[1] == 'R'))
        return DOCUMENT_residence;
    if (code[0] == 'A' && code[1] == 'C')
        return DOCUMENT_other;
    return is_card ? DOCUMENT_id : DOCUMENT_TYPE_COUNT;
}

static enum field_fault read_lines(struct lines *l, struct mrz *out)
{
    struct mrz m = {.type = type_of(l->text)};
    struct bytes code = bytes_of(l->text + 2, COUNTRY_BYTES);
    while (code.len > 0 && code.data[code.len - 1] == '<')
        code.len--;
    m.issuer = country_fold(code);
    read_digits(l);
    bool is_found = take_number(l, &m);
    enum field_fault fault = !is_found                       ? FAULT_DOCUMENT_MRZ
                             : m.type == DOCUMENT_TYPE_COUNT ? FAULT_DOCUMENT_TYPE
                             : m.issuer.len == 0             ? FAULT_DOCUMENT_COUNTRY
                                                             : FAULT_NONE;
    if (fault == FAULT_NONE)
        *out = m;
    sodium_memzero(&m, sizeof m);
    return fault;
}

enum field_fault mrz_read(struct bytes text, struct mrz *out)
{
    struct lines l = {.layout = NULL};
    for (size_t i = 0; i < sizeof layouts / sizeof layouts[0]; i++)
        if (layouts[i].len == text.len)
            l.layout = &layouts[i];
    if (l.layout == NULL || mrz_check_digit(text) == 0)
        return FAULT_DOCUMENT_MRZ;
    if (text.data[0] == 'V')
        return FAULT_DOCUMENT_TYPE; /* a visa has no digit over all */
    memcpy(l.text, text.data, text.len);
    enum field_fault fault = read_lines(&l, out);
    sodium_memzero(&l, sizeof l);
    return fault;
}
