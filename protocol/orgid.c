#include "protocol/orgid.h"

#include "proto/limits.h"

enum { LIST_NAME_MIN = 2, LIST_NAME_MAX = 10 };

static bool is_capital(uint8_t c)
{
    return c >= 'A' && c <= 'Z';
}

static bool is_list_name_char(uint8_t c)
{
    return is_capital(c) || (c >= '0' && c <= '9') || c == '_';
}

/* Reads two capitals. */
static bool take_capitals(struct unpack *u)
{
    uint8_t a = unpack_u8(u);
    uint8_t b = unpack_u8(u);
    return is_capital(a) && is_capital(b);
}

/* Reads "NL-" or "CA_QC-". */
static bool take_jurisdiction(struct unpack *u)
{
    if (!take_capitals(u))
        return false;
    uint8_t next = unpack_u8(u);
    if (next == '_')
        return take_capitals(u) && unpack_u8(u) == '-';
    return next == '-';
}

/* Reads "KVK-". */
static bool take_list_name(struct unpack *u)
{
    size_t len = 0;
    uint8_t c = unpack_u8(u);
    for (; is_list_name_char(c); c = unpack_u8(u))
        len++;
    return c == '-' && len >= LIST_NAME_MIN && len <= LIST_NAME_MAX;
}

bool orgid_is_list_form(struct bytes id)
{
    struct unpack u = unpack_of(id);
    if (!take_jurisdiction(&u) || !take_list_name(&u) || u.left == 0)
        return false;
    while (u.left > 0) {
        uint8_t c = unpack_u8(&u);
        if (c <= ' ' || c > '~')
            return false;
    }
    return true;
}

enum err orgid_check(struct bytes id)
{
    if (id.len > ORG_ID_BYTES_MAX)
        return ERR_LIMIT;
    return orgid_is_list_form(id) ? OK : ERR_FORMAT;
}
