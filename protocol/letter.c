#include "protocol/letter.h"

#include "proto/utf8.h"

static enum err check(const struct letter *l)
{
    if (l->subject.len > SUBJECT_BYTES_MAX || l->text.len > LETTER_TEXT_BYTES_MAX)
        return ERR_LIMIT;
    if (l->subject.len == 0 || l->text.len == 0)
        return ERR_FORMAT;
    return utf8_is_line(l->subject) && utf8_is_text(l->text) ? OK : ERR_FORMAT;
}

enum err letter_encode(const struct letter *l, uint8_t *out, size_t *len)
{
    enum err e = check(l);
    if (e != OK)
        return e;
    struct pack p = pack_of(out, 2 + l->subject.len + l->text.len);
    pack_u8(&p, LETTER_VERSION);
    pack_u8(&p, (uint8_t)l->subject.len);
    pack_bytes(&p, l->subject);
    pack_bytes(&p, l->text);
    *len = pack_len(&p);
    return OK;
}

enum err letter_decode(struct bytes content, struct letter *out)
{
    struct unpack u = unpack_of(content);
    uint8_t version = unpack_u8(&u);
    struct letter got;
    if (!u.is_short && version != LETTER_VERSION)
        return ERR_VERSION;
    got.subject = unpack_view(&u, unpack_u8(&u));
    if (u.is_short)
        return ERR_TRUNCATED;
    got.text = bytes_of(u.at, u.left);
    enum err e = check(&got);
    if (e == OK)
        *out = got;
    return e;
}
