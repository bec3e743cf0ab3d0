#include "protocol/fold.h"
#include "protocol/folded.h"
#include "protocol/identifier.h"
#include "protocol/mail_provider.h"
#include "protocol/punycode.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

enum { LABEL_PREFIX_BYTES = 4 };

static bool begins_with(struct bytes text, const char *prefix)
{
    size_t len = strlen(prefix);
    return text.len >= len && memcmp(text.data, prefix, len) == 0;
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
           label.data[label.len - 1] != '-' && holds_only(label, "-") &&
           !begins_with(label, "xn--");
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

/* RFC 5322 section 3.2.3: atext and the dot. */
static bool is_local(struct bytes local)
{
    return local.len >= 1 && local.len <= MAIL_LOCAL_BYTES_MAX &&
           holds_only(local, ".!#$%&'*+-/=?^_`{|}~");
}

static struct bytes drop_scheme(struct bytes mail)
{
    if (!begins_with(mail, "mailto:"))
        return mail;
    mail = bytes_of(mail.data + strlen("mailto:"), mail.len - strlen("mailto:"));
    const uint8_t *query = mail.len > 0 ? memchr(mail.data, '?', mail.len) : NULL;
    if (query != NULL)
        mail.len = (size_t)(query - mail.data);
    return identifier_trim(mail);
}

/* The address of "Name <name@example.org>", or of a link. */
static struct bytes bare(struct bytes mail)
{
    struct bytes name;
    struct bytes rest = mail;
    if (mail.len > 0 && mail.data[mail.len - 1] == '>' && folded_take_part(&rest, '<', &name))
        mail = identifier_trim(bytes_of(rest.data, rest.len - 1));
    return drop_scheme(mail);
}

/* Writes a domain with the letters of its internationalised labels, each full stop of another
 * script as a dot, and without a dot at its end. */
static bool put_domain(struct bytes domain, struct pack *out)
{
    static const uint8_t stop[3] = {0xe3, 0x80, 0x82}; /* U+3002; others have been folded to it */
    bool is_start = true;
    while (domain.len > 0) {
        size_t len = 0;
        if (is_start && begins_with(domain, "xn--")) {
            while (len < domain.len && domain.data[len] != '.')
                len++;
            struct bytes label =
                bytes_of(domain.data + LABEL_PREFIX_BYTES, len - LABEL_PREFIX_BYTES);
            if (punycode_decode(label, out) != OK)
                return false;
        } else if (domain.len >= sizeof stop && memcmp(domain.data, stop, sizeof stop) == 0) {
            len = sizeof stop;
            pack_u8(out, '.');
        } else {
            len = 1;
            pack_u8(out, domain.data[0]);
        }
        is_start = out->at[-1] == '.';
        domain = bytes_of(domain.data + len, domain.len - len);
    }
    return !out->is_full;
}

/* Puts the address with its domain in letters in place of the folded value, folded anew. */
static bool spell_out(struct folded *f, struct bytes mail)
{
    uint8_t text[2 * FOLDED_BYTES_MAX];
    struct pack p = pack_of(text, sizeof text);
    struct bytes local;
    bool is_whole = folded_take_part(&mail, '@', &local) && mail.len > 0;
    if (is_whole) {
        pack_bytes(&p, local);
        pack_u8(&p, '@');
        is_whole = put_domain(mail, &p);
    }
    size_t len = pack_len(&p);
    len -= len > 0 && text[len - 1] == '.' ? 1 : 0;
    is_whole = is_whole && fold_mail(bytes_of(text, len), f->text, sizeof f->text, &f->len) == OK;
    sodium_memzero(text, sizeof text);
    return is_whole;
}

static enum field_fault put_parts(struct bytes local, struct bytes domain, struct pack *out)
{
    uint8_t text[MAIL_LOCAL_BYTES_MAX];
    struct pack p = pack_of(text, sizeof text);
    enum field_fault fault = FAULT_NONE;
    mail_provider_fold(local, &domain, &p);
    local = bytes_of(text, pack_len(&p));
    if (local.len == 0)
        fault = FAULT_EMAIL;
    else if (mail_provider_is_stand_in(local, domain))
        fault = FAULT_PLACEHOLDER;
    else if (mail_provider_is_shared(local))
        fault = FAULT_EMAIL_SHARED;
    if (fault == FAULT_NONE) {
        pack_u16(out, (uint16_t)(local.len + 1 + domain.len));
        pack_bytes(out, local);
        pack_u8(out, '@');
        pack_bytes(out, domain);
        assert(!out->is_full);
    }
    sodium_memzero(text, sizeof text);
    return fault;
}

static enum field_fault put_email(struct folded *f, struct pack *out)
{
    struct bytes local;
    if (!spell_out(f, bare(folded_view(f))))
        return FAULT_EMAIL;
    struct bytes domain = folded_view(f);
    /* a second "@" would be in the domain */
    if (!folded_take_part(&domain, '@', &local) || !is_local(local) || !is_domain(domain))
        return FAULT_EMAIL;
    return put_parts(local, domain, out);
}

enum field_fault identifier_email(struct bytes value, struct pack *out)
{
    struct folded f;
    enum field_fault fault = folded_make(&f, value, fold_mail);
    if (fault == FAULT_NONE)
        fault = put_email(&f, out);
    folded_clear(&f);
    return fault;
}
