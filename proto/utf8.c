#include "proto/utf8.h"

/* Length of the sequence that a first byte begins, its own bits, and the lowest character that
 * needs that length; length 0 where no sequence begins so. */
static unsigned first_byte(uint8_t b, uint32_t *bits, uint32_t *lowest)
{
    static const struct {
        uint8_t mask, mark;
        uint32_t lowest;
    } rows[] = {
        {0x80, 0x00, 0      },
        {0xe0, 0xc0, 0x80   },
        {0xf0, 0xe0, 0x800  },
        {0xf8, 0xf0, 0x10000}
    };
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if ((b & rows[i].mask) == rows[i].mark) {
            *bits = b & (uint8_t)~rows[i].mask;
            *lowest = rows[i].lowest;
            return i + 1;
        }
    }
    return 0;
}

bool utf8_next(struct bytes *in, uint32_t *character)
{
    uint32_t c = 0, lowest = 0;
    if (in->len == 0)
        return false;
    unsigned len = first_byte(in->data[0], &c, &lowest);
    if (len == 0 || len > in->len)
        return false;
    for (unsigned i = 1; i < len; i++) {
        if ((in->data[i] & 0xc0) != 0x80)
            return false;
        c = c << 6 | (in->data[i] & 0x3f);
    }
    if (c < lowest || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
        return false;
    *in = bytes_of(in->data + len, in->len - len);
    *character = c;
    return true;
}

bool utf8_is_text(struct bytes in)
{
    uint32_t c;
    while (in.len > 0) {
        if (!utf8_next(&in, &c) || c == 0)
            return false;
    }
    return true;
}

static bool is_control(uint32_t c)
{
    bool is_direction = (c >= 0x200e && c <= 0x200f) || (c >= 0x202a && c <= 0x202e) ||
                        (c >= 0x2066 && c <= 0x2069) || c == 0x061c;
    bool is_line_end = c == 0x2028 || c == 0x2029;
    return c < 0x20 || (c >= 0x7f && c <= 0x9f) || is_direction || is_line_end;
}

bool utf8_is_line(struct bytes in)
{
    uint32_t c;
    while (in.len > 0) {
        if (!utf8_next(&in, &c) || is_control(c))
            return false;
    }
    return true;
}
