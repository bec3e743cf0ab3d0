#include "protocol/roster_encode.h"

#include <sodium.h>
#include <string.h>

enum {
    /* Room for one object inside a document: an organisation's texts and keys, or a threshold key
     * with all its shares of up to 76 bytes each, and the tags and lengths of their fields. */
    OBJECT_BYTES_MAX = 4096,
};

static void put_text(struct pack *p, uint32_t number, const char *s)
{
    wire_put_bytes(p, number, bytes_of(s, strlen(s)));
}

/* Writes what inner holds as an object field of p, or fails where it did not fit. */
static void put_object(struct pack *p, uint32_t number, const struct pack *inner)
{
    if (inner->is_full)
        p->is_full = true;
    wire_put_bytes(p, number, bytes_of(inner->start, pack_len(inner)));
}

static void put_accepted(struct pack *p, const struct accepted *a)
{
    uint8_t room[64];
    struct pack in = pack_of(room, sizeof room);
    if (a->feed_epoch == 0)
        return;
    wire_put_uint(&in, 1, a->feed_epoch);
    wire_put_uint(&in, 2, a->size);
    wire_put_bytes(&in, 3, bytes_of(a->root, HASH_BYTES));
    put_object(p, 10, &in);
}

static void put_organisation(struct pack *p, const struct organisation *o)
{
    uint8_t basis_room[OBJECT_BYTES_MAX], room[OBJECT_BYTES_MAX];
    struct pack basis = pack_of(basis_room, sizeof basis_room);
    put_text(&basis, 1, o->licence);
    put_text(&basis, 2, o->dpia);
    wire_put_uint(&basis, 3, (uint64_t)o->basis_expires_utc);
    put_text(&basis, 4, o->transfer);

    struct pack in = pack_of(room, sizeof room);
    put_text(&in, 1, o->org_id);
    put_text(&in, 2, o->name);
    put_text(&in, 3, o->country);
    wire_put_bytes(&in, 4, bytes_of(o->feed_key, KEY_BYTES));
    wire_put_bytes(&in, 5, bytes_of(o->transport_key, KEY_BYTES));
    wire_put_uint(&in, 6, o->roles);
    wire_put_uint(&in, 7, o->status);
    wire_put_uint(&in, 8, o->feed_epoch);
    put_object(&in, 9, &basis);
    put_accepted(&in, &o->accepted);
    if (o->old_transport_until_utc != 0) {
        wire_put_bytes(&in, 11, bytes_of(o->old_transport_key, KEY_BYTES));
        wire_put_uint(&in, 12, (uint64_t)o->old_transport_until_utc);
    }
    put_object(p, 8, &in);
}

static void put_threshold_key(struct pack *p, const struct roster_key *k)
{
    uint8_t room[OBJECT_BYTES_MAX];
    struct pack in = pack_of(room, sizeof room);
    wire_put_uint(&in, 1, k->key);
    wire_put_uint(&in, 2, k->epoch);
    wire_put_uint(&in, 3, k->refresh);
    wire_put_uint(&in, 4, k->threshold);
    wire_put_bytes(&in, 5, bytes_of(k->public_key, POINT_BYTES));
    for (size_t i = 0; i < k->share_count; i++) {
        uint8_t share_room[128];
        struct pack share = pack_of(share_room, sizeof share_room);
        wire_put_uint(&share, 1, k->index[i]);
        wire_put_bytes(&share, 2, bytes_of(k->holder[i], AUTHOR_BYTES));
        wire_put_bytes(&share, 3, bytes_of(k->commitment[i], POINT_BYTES));
        put_object(&in, 6, &share);
    }
    if (k->until_utc != 0)
        wire_put_uint(&in, 7, (uint64_t)k->until_utc);
    put_object(p, 9, &in);
}

static void put_policy(struct pack *p, const struct roster_policy *policy)
{
    uint8_t room[64];
    struct pack in = pack_of(room, sizeof room);
    wire_put_uint(&in, 1, policy->term_days_max);
    wire_put_uint(&in, 2, policy->budget_a_day);
    wire_put_uint(&in, 3, policy->coverage_seconds);
    wire_put_uint(&in, 4, policy->grace_seconds);
    /* What older software does not know is written only where it differs from what holds anyway. */
    if (policy->surge_elements_max != 0 && policy->surge_elements_max != POLICY_SURGE_ELEMENTS_MAX)
        wire_put_uint(&in, 5, policy->surge_elements_max);
    if (policy->explain_days != 0 && policy->explain_days != POLICY_EXPLAIN_DAYS)
        wire_put_uint(&in, 6, policy->explain_days);
    put_object(p, 10, &in);
}

size_t roster_encode(const struct roster *r, uint8_t *out, size_t cap)
{
    struct pack p = pack_of(out, cap);
    wire_put_uint(&p, 1, r->version);
    if (r->version != 1)
        wire_put_bytes(&p, 2, bytes_of(r->previous, HASH_BYTES));
    put_text(&p, 3, r->federation);
    wire_put_uint(&p, 4, (uint64_t)r->issued_utc);
    wire_put_uint(&p, 5, (uint64_t)r->fresh_until_utc);
    for (size_t i = 0; i < r->stewards.count; i++)
        wire_put_bytes(&p, 6, bytes_of(r->stewards.key[i], KEY_BYTES));
    wire_put_uint(&p, 7, r->stewards.quorum);
    for (size_t i = 0; i < r->organisation_count; i++)
        put_organisation(&p, &r->organisations[i]);
    for (size_t i = 0; i < r->key_count; i++)
        put_threshold_key(&p, &r->keys[i]);
    put_policy(&p, &r->policy);
    if (r->version != 1)
        wire_put_bytes(&p, 11, bytes_of(r->genesis, HASH_BYTES));
    if (!sodium_is_zero(r->also, HASH_BYTES))
        wire_put_bytes(&p, 12, bytes_of(r->also, HASH_BYTES));
    return p.is_full ? 0 : pack_len(&p);
}
