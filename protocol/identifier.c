#include "protocol/identifier.h"

#include "protocol/born.h"
#include "protocol/calendar.h"
#include "protocol/fold.h"
#include "protocol/folded.h"

#include <sodium.h>

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

enum field_fault identifier_name(struct bytes value, struct pack *out)
{
    struct folded f;
    enum field_fault fault = folded_make(&f, value, fold_name);
    if (fault == FAULT_NONE)
        fault = put_name(&f, out);
    folded_clear(&f);
    return fault;
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
