#include "protocol/entry.h"

#include "protocol/ceremony.h"
#include "protocol/envelope.h"
#include "protocol/notice.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

#include "protocol/alert.h"
#include "protocol/correction.h"
#include "protocol/retag.h"

size_t signal_encode(const struct signal *s, uint8_t *out)
{
    assert(s->count >= 1 && s->count <= SIGNAL_TAGS_MAX);
    struct pack p = pack_of(out, SIGNAL_BYTES_MAX);
    pack_u8(&p, PAYLOAD_VERSION);
    pack_u8(&p, (uint8_t)s->count);
    pack_copy(&p, s->tags, s->count * TAG_BYTES);
    return pack_len(&p);
}

enum err signal_decode(struct bytes payload, struct signal *s)
{
    struct unpack u = unpack_of(payload);
    enum err e = payload_start(&u);
    if (e != OK)
        return e;
    size_t count = unpack_u8(&u);
    if (!u.is_short && (count == 0 || count > SIGNAL_TAGS_MAX))
        return ERR_RANGE;
    struct bytes tags = unpack_view(&u, count * TAG_BYTES);
    e = payload_end(&u);
    if (e != OK)
        return e;
    for (size_t i = 1; i < count; i++)
        if (memcmp(tags.data + (i - 1) * TAG_BYTES, tags.data + i * TAG_BYTES, TAG_BYTES) >= 0)
            return ERR_FORMAT;
    s->count = count;
    s->tags = tags.data;
    return OK;
}

size_t receipt_encode(const struct receipt *r, uint8_t *out)
{
    assert(r->count >= 1 && r->count <= RECEIPTS_MAX);
    struct pack p = pack_of(out, RECEIPT_BYTES_MAX);
    pack_u8(&p, PAYLOAD_VERSION);
    pack_u16(&p, (uint16_t)r->count);
    for (size_t i = 0; i < r->count; i++) {
        pack_copy(&p, r->row[i].author, AUTHOR_BYTES);
        pack_u64(&p, r->row[i].index);
    }
    return pack_len(&p);
}

enum err receipt_decode(struct bytes payload, struct receipt *r)
{
    struct unpack u = unpack_of(payload);
    enum err e = payload_start(&u);
    if (e != OK)
        return e;
    size_t count = unpack_u16(&u);
    if (!u.is_short && (count == 0 || count > RECEIPTS_MAX))
        return ERR_RANGE;
    struct unpack rows = unpack_of(unpack_view(&u, count * (AUTHOR_BYTES + 8)));
    e = payload_end(&u);
    if (e != OK)
        return e;
    r->count = count;
    for (size_t i = 0; i < count; i++) {
        unpack_copy(&rows, r->row[i].author, AUTHOR_BYTES);
        r->row[i].index = unpack_u64(&rows);
    }
    return OK;
}

/* Letters, digits, dots and hyphens; or, in square brackets, what an IPv6 address is written with.
 */
static bool host_is_valid(struct bytes host)
{
    static const char name[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-";
    static const char ipv6[] = "abcdefABCDEF0123456789.:";
    bool is_ipv6 = host.len > 2 && host.data[0] == '[' && host.data[host.len - 1] == ']';
    if (is_ipv6)
        host = bytes_of(host.data + 1, host.len - 2);
    for (size_t i = 0; i < host.len; i++) {
        const void *found = is_ipv6 ? memchr(ipv6, host.data[i], sizeof ipv6 - 1)
                                    : memchr(name, host.data[i], sizeof name - 1);
        if (found == NULL)
            return false;
    }
    return host.len > 0;
}

bool endpoint_is_valid(struct bytes endpoint)
{
    static const char scheme[] = "tcp://";
    size_t start = sizeof scheme - 1;
    if (endpoint.len <= start || endpoint.len > ENDPOINT_BYTES_MAX ||
        memcmp(endpoint.data, scheme, start) != 0)
        return false;
    size_t colon = endpoint.len - 1;
    while (colon > start && endpoint.data[colon] != ':')
        colon--;
    if (!host_is_valid(bytes_of(endpoint.data + start, colon - start)))
        return false;
    if (colon + 1 == endpoint.len || endpoint.len - colon > 6 || endpoint.data[colon + 1] == '0')
        return false;
    unsigned long port = 0;
    for (size_t i = colon + 1; i < endpoint.len; i++) {
        if (endpoint.data[i] < '0' || endpoint.data[i] > '9')
            return false;
        port = port * 10 + (unsigned long)(endpoint.data[i] - '0');
    }
    return port <= 65535;
}

size_t profile_encode(const struct profile *pr, uint8_t *out)
{
    assert(pr->count <= ENDPOINTS_MAX && pr->relay_count <= PROFILE_RELAYS_MAX &&
           pr->prekey_count <= PREKEYS_MAX);
    struct pack p = pack_of(out, PROFILE_BYTES_MAX);
    pack_u8(&p, PAYLOAD_VERSION);
    pack_u8(&p, 0);
    pack_u8(&p, (uint8_t)pr->count);
    for (size_t i = 0; i < pr->count; i++) {
        size_t len = strlen(pr->endpoint[i]);
        pack_u8(&p, (uint8_t)len);
        pack_copy(&p, pr->endpoint[i], len);
    }
    pack_u8(&p, (uint8_t)pr->relay_count);
    pack_copy(&p, pr->relay[0], pr->relay_count * AUTHOR_BYTES);
    pack_u8(&p, (uint8_t)pr->prekey_count);
    for (size_t i = 0; i < pr->prekey_count; i++) {
        pack_u8(&p, pr->prekey[i].role);
        pack_u32(&p, pr->prekey[i].from_day);
        pack_u32(&p, pr->prekey[i].until_day);
        pack_copy(&p, pr->prekey[i].key, KEY_BYTES);
    }
    assert(!p.is_full);
    return pack_len(&p);
}

static enum err read_endpoints(struct unpack *u, struct profile *out)
{
    out->count = unpack_u8(u);
    if (!u->is_short && out->count > ENDPOINTS_MAX)
        return ERR_RANGE;
    for (size_t i = 0; i < out->count && !u->is_short; i++) {
        struct bytes endpoint = unpack_view(u, unpack_u8(u));
        if (u->is_short)
            return ERR_TRUNCATED;
        if (!endpoint_is_valid(endpoint))
            return ERR_FORMAT;
        memcpy(out->endpoint[i], endpoint.data, endpoint.len);
    }
    return OK;
}

static enum err read_relays(struct unpack *u, struct profile *out)
{
    out->relay_count = unpack_u8(u);
    if (!u->is_short && out->relay_count > PROFILE_RELAYS_MAX)
        return ERR_RANGE;
    for (size_t i = 0; i < out->relay_count && !u->is_short; i++)
        unpack_copy(u, out->relay[i], AUTHOR_BYTES);
    return OK;
}

static enum err read_prekeys(struct unpack *u, struct profile *out)
{
    out->prekey_count = unpack_u8(u);
    if (!u->is_short && out->prekey_count > PREKEYS_MAX)
        return ERR_RANGE;
    for (size_t i = 0; i < out->prekey_count && !u->is_short; i++) {
        struct prekey *k = &out->prekey[i];
        k->role = unpack_u8(u);
        k->from_day = unpack_u32(u);
        k->until_day = unpack_u32(u);
        unpack_copy(u, k->key, KEY_BYTES);
        if (!u->is_short &&
            (k->role == 0 || k->until_day < k->from_day || sodium_is_zero(k->key, KEY_BYTES)))
            return ERR_FORMAT;
    }
    return OK;
}

enum err profile_decode(struct bytes payload, struct profile *out)
{
    struct unpack u = unpack_of(payload);
    enum err e = payload_start(&u);
    if (e != OK)
        return e;
    (void)unpack_u8(&u); /* flags: none is defined in this version */
    struct profile got = {0};
    e = read_endpoints(&u, &got);
    if (e == OK)
        e = read_relays(&u, &got);
    if (e == OK)
        e = read_prekeys(&u, &got);
    if (e != OK)
        return e;
    e = payload_end(&u);
    if (e == OK)
        *out = got;
    return e;
}

size_t erase_encode(uint8_t *out)
{
    out[0] = PAYLOAD_VERSION;
    return 1;
}

enum err erase_decode(struct bytes payload)
{
    struct unpack u = unpack_of(payload);
    enum err e = payload_start(&u);
    return e == OK ? payload_end(&u) : e;
}

size_t entry_tags(const struct body *b, const uint8_t **tags)
{
    struct signal s;
    struct retag r;
    struct amend a = {.type = b->type, .payload = b->payload};
    if (retag_of(b, &r)) {
        *tags = r.tags;
        return r.count;
    }
    if (b->type == ENTRY_AMEND && amend_decode(b->payload, &a) != OK)
        return 0;
    if (a.type != ENTRY_SIGNAL || signal_decode(a.payload, &s) != OK)
        return 0;
    *tags = s.tags;
    return s.count;
}

bool entry_is_alert(const struct body *b, struct alert *out)
{
    struct amend a = {.type = b->type, .payload = b->payload};
    if (b->type == ENTRY_AMEND && amend_decode(b->payload, &a) != OK)
        return false;
    return a.type == ENTRY_ALERT && alert_decode(a.payload, out) == OK;
}

/* What is in force for a time needs its end, within what the member list allows. */
static enum err judge_term(const struct header *h, const struct body *b, uint32_t term_days_max)
{
    if (h->expires_day == 0)
        return ERR_RANGE;
    return (uint64_t)h->expires_day > (uint64_t)b->day + term_days_max ? ERR_LIMIT : OK;
}

/* All end after one and the same time, and refer to nothing outside, so that neither tells what is
 * within. */
static enum err judge_envelope(const struct header *h, const struct body *b)
{
    if (h->audience != AUDIENCE_ADDRESSED || b->ref_plus_one != 0)
        return ERR_FORMAT;
    enum err e = envelope_check(b->payload);
    if (e != OK)
        return e;
    return (uint64_t)h->expires_day == (uint64_t)b->day + ENVELOPE_TERM_DAYS ? OK : ERR_RANGE;
}

/* Whose entry it is goes into a proposal's id alone, which is not looked at here. */
static enum err judge_ceremony(const struct header *h, const struct body *b)
{
    static const uint8_t nobody[AUTHOR_BYTES];
    struct ceremony_entry c;
    enum err e = ceremony_decode(nobody, b->payload, &c);
    if (e != OK)
        return e;
    return (uint64_t)h->expires_day == (uint64_t)b->day + CEREMONY_KEPT_DAYS ? OK : ERR_RANGE;
}

bool entry_matters(uint8_t type)
{
    return type == ENTRY_SIGNAL || type == ENTRY_AMEND || type == ENTRY_RETRACT ||
           type == ENTRY_ERASE || type == ENTRY_RETAG;
}

static enum err judge_content(uint8_t type, struct bytes payload)
{
    if (type == ENTRY_SIGNAL) {
        struct signal s;
        return signal_decode(payload, &s);
    }
    struct alert a;
    return alert_decode(payload, &a);
}

static enum err judge_amend(const struct header *h, const struct body *b)
{
    struct amend a;
    enum err e = amend_decode(b->payload, &a);
    if (e != OK)
        return e;
    if (a.previous < b->ref_plus_one - 1 || a.previous >= h->index)
        return ERR_NOT_FOUND;
    return judge_content(a.type, a.payload);
}

/* What takes something back stays for as long as the feed: without it the others would not know why
 * a body is not there. */
static enum err judge_lasting(const struct header *h, const struct body *b)
{
    uint8_t reason;
    enum err e =
        b->type == ENTRY_ERASE ? erase_decode(b->payload) : retract_decode(b->payload, &reason);
    if (e != OK)
        return e;
    return h->expires_day == 0 ? OK : ERR_RANGE;
}

/* Whether entries of this type are about an earlier one. */
static bool has_target(uint8_t type)
{
    return type == ENTRY_AMEND || type == ENTRY_RETRACT || type == ENTRY_ERASE ||
           type == ENTRY_RETAG;
}

enum err entry_judge(const struct header *h, const struct body *b, uint32_t term_days_max,
                     uint32_t checkpoint_day)
{
    if (b->day > (uint64_t)checkpoint_day + 1)
        return ERR_RANGE;
    bool is_known = b->type == ENTRY_SIGNAL || b->type == ENTRY_ALERT || has_target(b->type) ||
                    b->type == ENTRY_RECEIPT || b->type == ENTRY_PROFILE ||
                    b->type == ENTRY_COVER || b->type == ENTRY_CEREMONY || b->type == ENTRY_NOTICE;
    if (is_known && h->audience != AUDIENCE_ALL)
        return ERR_FORMAT; /* it would act in one replica and not in the others */
    if (has_target(b->type) && (b->ref_plus_one == 0 || b->ref_plus_one - 1 >= h->index))
        return ERR_NOT_FOUND;
    enum err e = OK;
    switch (b->type) {
    case ENTRY_SIGNAL:
    case ENTRY_ALERT:
        e = judge_content(b->type, b->payload);
        return e == OK ? judge_term(h, b, term_days_max) : e;
    case ENTRY_AMEND:
        e = judge_amend(h, b);
        return e == OK ? judge_term(h, b, term_days_max) : e;
    case ENTRY_ERASE:
    case ENTRY_RETRACT:
        return judge_lasting(h, b);
    case ENTRY_RETAG: {
        struct retag r;
        e = retag_decode(b->payload, &r);
        return e == OK ? judge_term(h, b, term_days_max) : e;
    }
    case ENTRY_RECEIPT: {
        struct receipt r;
        return receipt_decode(b->payload, &r);
    }
    case ENTRY_PROFILE: {
        struct profile p;
        return profile_decode(b->payload, &p);
    }
    case ENTRY_ENVELOPE:
        return judge_envelope(h, b);
    case ENTRY_CEREMONY:
        return judge_ceremony(h, b);
    case ENTRY_NOTICE:
        return notice_judge(h, b);
    case ENTRY_COVER:
        return payload_is_padding(b->payload) ? OK : ERR_FORMAT; /* no room for words */
    default:
        return ERR_VERSION;
    }
}

size_t entry_targets(const struct body *b, uint64_t out[ENTRY_TARGETS_MAX])
{
    if (!has_target(b->type) || b->ref_plus_one == 0)
        return 0;
    struct lineage l = correction_lineage(b->ref_plus_one - 1, b);
    out[0] = b->ref_plus_one - 1;
    out[1] = l.previous;
    return out[0] == out[1] ? 1 : 2;
}

enum err entry_judge_target(const struct header *h, const struct body *b,
                            const struct header *target)
{
    if (target->expires_day == 0)
        return ERR_NOT_FOUND;
    if (b->type == ENTRY_RETAG && h->expires_day != target->expires_day)
        return ERR_RANGE;
    if (b->type == ENTRY_RETAG)
        return target->expires_day < b->day ? ERR_STALE : OK;
    struct lineage l = correction_lineage(b->ref_plus_one - 1, b);
    bool is_replaced = b->type == ENTRY_AMEND && target->index == l.previous;
    return is_replaced && target->expires_day < b->day ? ERR_STALE : OK;
}
