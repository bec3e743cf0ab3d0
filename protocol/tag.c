#include "protocol/tag.h"

#include <assert.h>
#include <sodium.h>

void tag_derive(const uint8_t n[32], uint32_t epoch, const uint8_t author[AUTHOR_BYTES],
                uint8_t kind, uint8_t counter, uint8_t out[TAG_BYTES])
{
    uint8_t text[64];
    struct pack p = pack_of(text, sizeof text);
    pack_bytes(&p, BYTES_LITERAL("seinpost/v1/tag"));
    pack_u32(&p, epoch);
    pack_copy(&p, author, AUTHOR_BYTES);
    pack_u8(&p, kind);
    pack_u8(&p, counter);
    assert(!p.is_full && counter < COUNTERS);
    crypto_generichash(out, TAG_BYTES, text, pack_len(&p), n, 32);
}

uint64_t tag_prefix(const uint8_t tag[TAG_BYTES])
{
    struct unpack u = unpack_of(bytes_of(tag, TAG_BYTES));
    return unpack_u64(&u);
}
