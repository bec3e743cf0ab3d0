#include "protocol/payload.h"

enum err payload_start(struct unpack *u)
{
    uint8_t version = unpack_u8(u);
    if (u->is_short)
        return ERR_TRUNCATED;
    return version == PAYLOAD_VERSION ? OK : ERR_VERSION;
}

bool payload_is_padding(struct bytes rest)
{
    for (size_t i = 0; i < rest.len; i++)
        if (rest.data[i] != 0)
            return false;
    return true;
}

enum err payload_end(const struct unpack *u)
{
    if (u->is_short)
        return ERR_TRUNCATED;
    return payload_is_padding(bytes_of(u->at, u->left)) ? OK : ERR_FORMAT;
}
