#include "protocol/folded.h"

#include "protocol/fold.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

enum field_fault folded_make(struct folded *f, struct bytes value, folded_fn *fold)
{
    *f = (struct folded){.len = 0};
    value = identifier_trim(value);
    if (value.len > IDENTIFIER_BYTES_MAX)
        return FAULT_TOO_LONG;
    enum err e = fold(value, f->text, sizeof f->text, &f->len);
    return e == OK           ? FAULT_NONE
           : e == ERR_FORMAT ? FAULT_ENCODING
           : e == ERR_RANGE  ? FAULT_CHARACTER
                             : FAULT_TOO_LONG;
}

struct bytes folded_view(const struct folded *f)
{
    return identifier_trim(bytes_of(f->text, f->len));
}

struct bytes folded_drop(struct folded *f, struct bytes text, const char *signs)
{
    if (text.len == 0)
        return text;
    uint8_t *out = f->text + (text.data - f->text);
    size_t len = 0;
    for (size_t i = 0; i < text.len; i++)
        if (text.data[i] == 0 || strchr(signs, text.data[i]) == NULL)
            out[len++] = text.data[i];
    return bytes_of(out, len);
}

void folded_clear(struct folded *f)
{
    sodium_memzero(f, sizeof *f);
}

bool folded_take_part(struct bytes *rest, uint8_t separator, struct bytes *part)
{
    const uint8_t *end = rest->len > 0 ? memchr(rest->data, separator, rest->len) : NULL;
    if (end == NULL)
        return false;
    *part = bytes_of(rest->data, (size_t)(end - rest->data));
    *rest = bytes_of(end + 1, rest->len - part->len - 1);
    return true;
}

bool folded_has_letter(struct bytes text)
{
    int32_t point = 0;
    while (fold_next(&text, &point))
        if (fold_is_letter(point))
            return true;
    return false;
}

bool folded_is_listed(struct bytes word, const char *list)
{
    for (size_t i = 0; i < word.len; i++)
        if (word.data[i] < 'A' || word.data[i] > 'Z')
            return false;
    for (const char *at = strchr(list, ' '); at != NULL; at = strchr(at + 1, ' '))
        if (strncmp(at + 1, (const char *)word.data, word.len) == 0 && at[1 + word.len] == ' ')
            return word.len > 0;
    return false;
}

void folded_put(struct pack *out, struct bytes field)
{
    pack_u16(out, (uint16_t)field.len);
    pack_bytes(out, field);
    assert(!out->is_full);
}
