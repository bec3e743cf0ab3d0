#include "protocol/roster.h"
#include "proto/utf8.h"
#include "protocol/orgid.h"
#include "protocol/threshold.h"

#include <sodium.h>
#include <string.h>

void roster_hash(struct bytes document, uint8_t out[HASH_BYTES])
{
    struct bytes domain = BYTES_LITERAL("seinpost/v1/roster");
    crypto_generichash_state st;
    crypto_generichash_init(&st, NULL, 0, HASH_BYTES);
    crypto_generichash_update(&st, domain.data, domain.len);
    crypto_generichash_update(&st, document.data, document.len);
    crypto_generichash_final(&st, out, HASH_BYTES);
}

/* The fields that organisations are sorted and found by. */
static const struct {
    size_t offset, len;
} columns[COLUMNS] = {
    [COLUMN_AUTHOR] = {offsetof(struct organisation, author),        AUTHOR_BYTES        },
    [COLUMN_ORG_ID] = {offsetof(struct organisation, org_id),        ORG_ID_BYTES_MAX + 1},
    [COLUMN_FEED_KEY] = {offsetof(struct organisation, feed_key),      KEY_BYTES           },
    [COLUMN_TRANSPORT_KEY] = {offsetof(struct organisation, transport_key), KEY_BYTES           },
};

static const uint8_t *column_value(const struct roster *r, enum roster_column c, size_t position)
{
    return (const uint8_t *)&r->organisations[position] + columns[c].offset;
}

static int column_compare(const struct roster *r, enum roster_column c, size_t a, size_t b)
{
    return memcmp(column_value(r, c, a), column_value(r, c, b), columns[c].len);
}

/* Lets the position at root sink in a heap of count positions, the greatest on top. */
static void sink(struct roster *r, enum roster_column c, size_t root, size_t count)
{
    uint16_t *s = r->sorted[c];
    for (size_t child; (child = 2 * root + 1) < count; root = child) {
        if (child + 1 < count && column_compare(r, c, s[child], s[child + 1]) < 0)
            child++;
        if (column_compare(r, c, s[root], s[child]) >= 0)
            return;
        uint16_t t = s[root];
        s[root] = s[child];
        s[child] = t;
    }
}

/* Sorts one column (heapsort: no recursion, no memory). Returns ERR_DUPLICATE if two are equal. */
static enum err column_sort(struct roster *r, enum roster_column c)
{
    uint16_t *s = r->sorted[c];
    size_t n = r->organisation_count;
    for (size_t i = 0; i < n; i++)
        s[i] = (uint16_t)i;
    for (size_t i = n / 2; i-- > 0;)
        sink(r, c, i, n);
    for (size_t end = n; end-- > 1;) {
        uint16_t t = s[0];
        s[0] = s[end];
        s[end] = t;
        sink(r, c, 0, end);
    }
    for (size_t i = 1; i < n; i++)
        if (column_compare(r, c, s[i - 1], s[i]) == 0)
            return ERR_DUPLICATE;
    return OK;
}

/* value has the column's length. */
static const struct organisation *column_find(const struct roster *r, enum roster_column c,
                                              const void *value)
{
    size_t low = 0, high = r->organisation_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        uint16_t position = r->sorted[c][middle];
        int order = memcmp(value, column_value(r, c, position), columns[c].len);
        if (order == 0)
            return &r->organisations[position];
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

/* Copies one line of text to out, cap bytes, zeros to its end. */
static enum err read_text(const char *in, char *out, size_t cap)
{
    size_t len = strlen(in);
    if (len >= cap)
        return ERR_LIMIT;
    if (!utf8_is_line(bytes_of(in, len)))
        return ERR_FORMAT;
    memset(out, 0, cap);
    memcpy(out, in, len);
    return OK;
}

static enum err read_32(ProtobufCBinaryData in, uint8_t out[32])
{
    if (in.len != 32)
        return ERR_FORMAT;
    memcpy(out, in.data, 32);
    return OK;
}

static enum err read_key(ProtobufCBinaryData in, uint8_t out[KEY_BYTES])
{
    enum err e = read_32(in, out);
    return e == OK && sodium_is_zero(out, KEY_BYTES) ? ERR_FORMAT : e;
}

/* What is the last of its feed that counts: of this chapter where it takes no part, else of the one
 * before. */
static enum err read_accepted(const Seinpost__Accepted *in, struct organisation *o)
{
    if (in == NULL)
        return OK;
    enum err e = read_32(in->root, o->accepted.root);
    if (e != OK)
        return e;
    uint64_t fits = o->status == ORG_ACTIVE ? (uint64_t)o->feed_epoch - 1 : o->feed_epoch;
    if (in->feed_epoch == 0 || in->feed_epoch != fits || in->size >> MERKLE_LEVELS_MAX != 0)
        return ERR_RANGE;
    o->accepted.feed_epoch = in->feed_epoch;
    o->accepted.size = in->size;
    return OK;
}

static enum err read_old_transport(const Seinpost__Organisation *in, struct organisation *o)
{
    int64_t until_utc = in->old_transport_until_utc;
    if (in->old_transport_key.len == 0 && until_utc == 0)
        return OK;
    enum err e = read_key(in->old_transport_key, o->old_transport_key);
    if (e == OK && until_utc <= 0)
        e = ERR_RANGE;
    o->old_transport_until_utc = until_utc;
    return e;
}

static bool is_country(const char *s)
{
    return strlen(s) == 2 && s[0] >= 'A' && s[0] <= 'Z' && s[1] >= 'A' && s[1] <= 'Z';
}

static enum err read_basis(const Seinpost__LegalBasis *in, struct organisation *o)
{
    if (in == NULL)
        return OK;
    enum err e = read_text(in->licence, o->licence, sizeof o->licence);
    if (e == OK)
        e = read_text(in->dpia, o->dpia, sizeof o->dpia);
    if (e == OK)
        e = read_text(in->transfer, o->transfer, sizeof o->transfer);
    if (e == OK && in->expires_utc < 0)
        e = ERR_RANGE;
    o->basis_expires_utc = in->expires_utc;
    return e;
}

static enum err read_organisation(const Seinpost__Organisation *in, struct organisation *o)
{
    struct bytes org_id = bytes_of(in->org_id, strlen(in->org_id));
    enum err e = orgid_check(org_id);
    if (e == OK)
        e = read_text(in->org_id, o->org_id, sizeof o->org_id);
    if (e == OK)
        e = read_text(in->name, o->name, sizeof o->name);
    if (e == OK && (o->name[0] == '\0' || !is_country(in->country)))
        e = ERR_FORMAT;
    if (e == OK)
        e = read_text(in->country, o->country, sizeof o->country);
    if (e == OK)
        e = read_key(in->feed_key, o->feed_key);
    if (e == OK)
        e = read_key(in->transport_key, o->transport_key);
    if (e != OK)
        return e;
    bool is_known_status = in->status >= ORG_ACTIVE && in->status <= ORG_LEFT;
    if (in->roles == 0 || (in->roles & ~(uint32_t)ROLES_ALL) != 0 || !is_known_status ||
        in->feed_epoch == 0)
        return ERR_RANGE;
    author_of(org_id, o->author);
    o->roles = in->roles;
    o->status = (enum org_status)in->status;
    o->feed_epoch = in->feed_epoch;
    e = read_accepted(in->accepted, o);
    if (e == OK)
        e = read_old_transport(in, o);
    return e == OK ? read_basis(in->legal_basis, o) : e;
}

/* Old transport keys: each is one organisation's alone, and for a short time. */
static enum err old_transports_check(const struct roster *r)
{
    for (size_t i = 0; i < r->organisation_count; i++) {
        const struct organisation *o = &r->organisations[i];
        if (o->old_transport_until_utc == 0)
            continue;
        if (o->old_transport_until_utc - r->issued_utc > OLD_TRANSPORT_SECONDS_MAX)
            return ERR_RANGE;
        if (roster_find_transport(r, o->old_transport_key) != NULL)
            return ERR_DUPLICATE;
        for (size_t j = 0; j < i; j++)
            if (memcmp(r->organisations[j].old_transport_key, o->old_transport_key, KEY_BYTES) == 0)
                return ERR_DUPLICATE;
    }
    return OK;
}

static enum err read_organisations(const Seinpost__Roster *in, struct roster *r)
{
    if (in->n_organisation > ORGANISATIONS_MAX)
        return ERR_LIMIT;
    r->organisation_count = in->n_organisation;
    for (size_t i = 0; i < in->n_organisation; i++) {
        enum err e = read_organisation(in->organisation[i], &r->organisations[i]);
        if (e != OK)
            return e;
    }
    for (unsigned c = 0; c < COLUMNS; c++) {
        enum err e = column_sort(r, (enum roster_column)c);
        if (e != OK)
            return e;
    }
    return old_transports_check(r);
}

/* Whether the first count of packed 32-byte values hold this one. */
static bool holds_32(const uint8_t *values, size_t count, const uint8_t value[32])
{
    for (size_t i = 0; i < count; i++)
        if (memcmp(values + 32 * i, value, 32) == 0)
            return true;
    return false;
}

static enum err read_stewards(const Seinpost__Roster *in, struct roster_stewards *s)
{
    if (in->n_steward > STEWARDS_MAX)
        return ERR_LIMIT;
    for (size_t i = 0; i < in->n_steward; i++) {
        enum err e = read_key(in->steward[i], s->key[i]);
        if (e != OK)
            return e;
        if (holds_32(&s->key[0][0], i, s->key[i]))
            return ERR_DUPLICATE;
    }
    if (in->quorum < 1 || in->quorum > in->n_steward)
        return ERR_RANGE;
    s->count = in->n_steward;
    s->quorum = in->quorum;
    return OK;
}

/* Reads share i of k; the organisations have been read. */
static enum err read_share(const struct roster *r, const Seinpost__Share *in, size_t i,
                           struct roster_key *k)
{
    enum err e = read_32(in->holder, k->holder[i]);
    if (e == OK)
        e = read_32(in->commitment, k->commitment[i]);
    if (e != OK)
        return e;
    k->index[i] = in->index;
    const struct organisation *o = roster_find(r, k->holder[i]);
    if (o == NULL)
        return ERR_NOT_FOUND;
    if ((o->roles & ROLE_KEYHOLDER) == 0)
        return ERR_UNAUTHORISED;
    return holds_32(&k->holder[0][0], i, k->holder[i]) ? ERR_DUPLICATE : OK;
}

static enum err read_threshold_key(const struct roster *r, const Seinpost__ThresholdKey *in,
                                   struct roster_key *k)
{
    if (in->key < KEY_PSEUDONYMS || in->key > KEY_FACTOR || in->epoch == 0 || in->until_utc < 0)
        return ERR_RANGE;
    if (in->n_share > KEYHOLDERS_MAX)
        return ERR_LIMIT;
    enum err e = read_32(in->public_key, k->public_key);
    for (size_t i = 0; e == OK && i < in->n_share; i++)
        e = read_share(r, in->share[i], i, k);
    if (e != OK)
        return e;
    k->key = in->key;
    k->epoch = in->epoch;
    k->refresh = in->refresh;
    k->threshold = in->threshold;
    k->until_utc = in->until_utc;
    k->share_count = in->n_share;
    return threshold_check(k->public_key, k->threshold, k->share_count, k->index,
                           &k->commitment[0][0]);
}

/* Whether the sharing fits to an earlier one of the list. */
static enum err sharings_check(const struct roster_key *a, const struct roster_key *b)
{
    if (a->key != b->key || a->epoch != b->epoch)
        return OK;
    if (a->refresh == b->refresh)
        return ERR_DUPLICATE;
    return memcmp(a->public_key, b->public_key, POINT_BYTES) == 0 ? OK : ERR_PROOF;
}

static enum err read_threshold_keys(const Seinpost__Roster *in, struct roster *r)
{
    if (in->n_threshold_key > THRESHOLD_KEYS_MAX)
        return ERR_LIMIT;
    for (size_t i = 0; i < in->n_threshold_key; i++) {
        enum err e = read_threshold_key(r, in->threshold_key[i], &r->keys[i]);
        for (size_t j = 0; j < i && e == OK; j++)
            e = sharings_check(&r->keys[j], &r->keys[i]);
        if (e != OK)
            return e;
    }
    r->key_count = in->n_threshold_key;
    return OK;
}

static uint32_t or_default(uint32_t value, uint32_t otherwise)
{
    return value != 0 ? value : otherwise;
}

static struct roster_policy read_policy(const Seinpost__Policy *in)
{
    static const Seinpost__Policy empty = SEINPOST__POLICY__INIT;
    if (in == NULL)
        in = &empty;
    return (struct roster_policy){
        .term_days_max = or_default(in->term_days_max, POLICY_TERM_DAYS_MAX),
        .budget_a_day = or_default(in->budget_a_day, POLICY_BUDGET_A_DAY),
        .coverage_seconds = or_default(in->coverage_seconds, POLICY_COVERAGE_SECONDS),
        .grace_seconds = in->grace_seconds,
        .surge_elements_max = or_default(in->surge_elements_max, POLICY_SURGE_ELEMENTS_MAX),
        .explain_days = or_default(in->explain_days, POLICY_EXPLAIN_DAYS),
    };
}

/* Version, link, name and times. */
static enum err read_head(const Seinpost__Roster *in, struct roster *r)
{
    enum err e = read_text(in->federation, r->federation, sizeof r->federation);
    if (e != OK)
        return e;
    if (in->version == 0 || in->issued_utc < 0 || in->fresh_until_utc <= in->issued_utc)
        return ERR_RANGE;
    bool is_linked = in->previous.len != 0 || in->genesis.len != 0 || in->also_previous.len != 0;
    if (r->federation[0] == '\0' || (in->version == 1 && is_linked))
        return ERR_FORMAT;
    r->version = in->version;
    r->issued_utc = in->issued_utc;
    r->fresh_until_utc = in->fresh_until_utc;
    if (in->version == 1)
        return OK;
    if (in->also_previous.len != 0)
        e = read_key(in->also_previous, r->also);
    if (e == OK)
        e = read_key(in->genesis, r->genesis);
    return e == OK ? read_32(in->previous, r->previous) : e;
}

static enum err read_document(struct bytes document, struct wire_arena *arena, struct roster *r)
{
    ProtobufCMessage *base;
    if (document.len > ROSTER_BYTES_MAX)
        return ERR_LIMIT;
    enum err e =
        wire_decode(&seinpost__roster__descriptor, document, ROSTER_FIELDS_MAX, arena, &base);
    if (e != OK)
        return e;
    const Seinpost__Roster *in = (const Seinpost__Roster *)base;
    memset(r, 0, sizeof *r);
    e = read_head(in, r);
    if (e == OK)
        e = read_stewards(in, &r->stewards);
    if (e == OK)
        e = read_organisations(in, r);
    if (e == OK)
        e = read_threshold_keys(in, r);
    if (e != OK)
        return e;
    r->policy = read_policy(in->policy);
    r->signers = r->stewards;
    roster_hash(document, r->hash);
    if (r->version == 1)
        memcpy(r->genesis, r->hash, HASH_BYTES);
    return OK;
}

enum err roster_decode(struct bytes document, struct wire_arena *arena, struct roster *out)
{
    size_t mark = arena->used;
    struct roster *r = wire_arena_alloc(arena, sizeof *r);
    enum err e = r == NULL ? ERR_FULL : read_document(document, arena, r);
    if (e == OK)
        *out = *r;
    arena->used = mark;
    return e;
}

const struct organisation *roster_find(const struct roster *r, const uint8_t author[AUTHOR_BYTES])
{
    return column_find(r, COLUMN_AUTHOR, author);
}

const struct organisation *roster_find_transport(const struct roster *r,
                                                 const uint8_t transport_key[KEY_BYTES])
{
    return column_find(r, COLUMN_TRANSPORT_KEY, transport_key);
}

const struct organisation *roster_find_org_id(const struct roster *r, struct bytes org_id)
{
    char padded[ORG_ID_BYTES_MAX + 1] = {0};
    if (org_id.len == 0 || org_id.len > ORG_ID_BYTES_MAX)
        return NULL;
    memcpy(padded, org_id.data, org_id.len);
    return column_find(r, COLUMN_ORG_ID, padded);
}

const struct roster_key *roster_threshold_key(const struct roster *r, uint32_t key)
{
    const struct roster_key *newest = NULL;
    for (size_t i = 0; i < r->key_count; i++) {
        const struct roster_key *k = &r->keys[i];
        if (k->key == key && (newest == NULL || k->epoch > newest->epoch ||
                              (k->epoch == newest->epoch && k->refresh > newest->refresh)))
            newest = k;
    }
    return newest;
}

const struct roster_key *roster_key_find(const struct roster *r, uint32_t key, uint32_t epoch,
                                         uint32_t refresh)
{
    for (size_t i = 0; i < r->key_count; i++)
        if (r->keys[i].key == key && r->keys[i].epoch == epoch && r->keys[i].refresh == refresh)
            return &r->keys[i];
    return NULL;
}

const struct roster_key *roster_key_of_epoch(const struct roster *r, uint32_t key, uint32_t epoch,
                                             int64_t now_utc)
{
    const struct roster_key *newest = NULL;
    for (size_t i = 0; i < r->key_count; i++) {
        const struct roster_key *k = &r->keys[i];
        if (k->key == key && k->epoch == epoch && roster_key_serves(k, now_utc) &&
            (newest == NULL || k->refresh > newest->refresh))
            newest = k;
    }
    return newest;
}

bool roster_key_serves(const struct roster_key *k, int64_t now_utc)
{
    return k != NULL && (k->until_utc == 0 || now_utc <= k->until_utc);
}

static const struct organisation *
find_old_transport(const struct roster *r, const uint8_t transport_key[KEY_BYTES], int64_t now_utc)
{
    for (size_t i = 0; i < r->organisation_count; i++) {
        const struct organisation *o = &r->organisations[i];
        if (o->old_transport_until_utc >= now_utc && o->old_transport_until_utc != 0 &&
            memcmp(o->old_transport_key, transport_key, KEY_BYTES) == 0)
            return o;
    }
    return NULL;
}

const struct organisation *roster_admits(const struct roster *r,
                                         const uint8_t transport_key[KEY_BYTES], int64_t now_utc)
{
    const struct organisation *o = roster_find_transport(r, transport_key);
    if (o == NULL)
        o = find_old_transport(r, transport_key, now_utc);
    return roster_is_active(o) ? o : NULL;
}

bool roster_is_active(const struct organisation *o)
{
    return o != NULL && o->status == ORG_ACTIVE && !o->is_barred;
}

bool roster_is_active_member(const struct organisation *o)
{
    return roster_is_active(o) && (o->roles & ROLE_MEMBER) != 0;
}

static const struct {
    uint32_t role;
    const char *name;
} role_rows[] = {
    {ROLE_MEMBER,       "member"      },
    {ROLE_KEYHOLDER,    "keyholder"   },
    {ROLE_RELAY,        "relay"       },
    {ROLE_OBSERVER,     "observer"    },
    {ROLE_AUDITOR,      "auditor"     },
    {ROLE_OMBUDSPERSON, "ombudsperson"},
    {ROLE_AUTHORITY,    "authority"   },
    {ROLE_STEWARD,      "steward"     },
};

const char *role_name(uint32_t role)
{
    for (size_t i = 0; i < sizeof role_rows / sizeof role_rows[0]; i++)
        if (role_rows[i].role == role)
            return role_rows[i].name;
    return NULL;
}

uint32_t role_of_name(struct bytes name)
{
    for (size_t i = 0; i < sizeof role_rows / sizeof role_rows[0]; i++) {
        const char *row = role_rows[i].name;
        if (bytes_equal(name, bytes_of(row, strlen(row))))
            return role_rows[i].role;
    }
    return 0;
}

const char *org_status_name(enum org_status status)
{
    switch (status) {
    case ORG_ACTIVE:
        return "active";
    case ORG_SUSPENDED:
        return "suspended";
    case ORG_LEFT:
        return "left";
    }
    return "unknown";
}
