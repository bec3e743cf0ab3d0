#include "protocol/roster_chain.h"

#include <sodium.h>
#include <string.h>

/* Fields of the schema. */
enum {
    SIGNED_DOCUMENT = 1,
    SIGNED_SIGNATURE = 2,
    SIGNATURE_STEWARD = 1,
    SIGNATURE_SIGNATURE = 2,
    CHAIN_VERSION = 1,
    ROSTER_VERSION = 1,
    ROSTER_PREVIOUS = 2,
    ROSTER_GENESIS = 11,
    ROSTER_ALSO = 12,
};

/* What a steward signs, in the arena. */
static enum err signed_text(struct bytes document, struct wire_arena *arena, struct bytes *out)
{
    static const char domain[] = "seinpost/v1/roster";
    size_t domain_len = sizeof domain - 1;
    if (document.len > ROSTER_BYTES_MAX)
        return ERR_LIMIT;
    uint8_t *text = wire_arena_alloc(arena, domain_len + document.len);
    if (text == NULL)
        return ERR_FULL;
    memcpy(text, domain, domain_len);
    if (document.len > 0)
        memcpy(text + domain_len, document.data, document.len);
    *out = bytes_of(text, domain_len + document.len);
    return OK;
}

enum err roster_sign(struct bytes document, const uint8_t secret_key[64], struct wire_arena *arena,
                     struct roster_signature *out)
{
    size_t mark = arena->used;
    struct bytes text;
    enum err e = signed_text(document, arena, &text);
    if (e == OK) {
        crypto_sign_detached(out->signature, NULL, text.data, text.len, secret_key);
        memcpy(out->steward, secret_key + 32, KEY_BYTES); /* libsodium: seed, then public key */
    }
    arena->used = mark;
    return e;
}

size_t signed_roster_encode(const struct signed_roster *s, uint8_t *out, size_t cap)
{
    struct pack p = pack_of(out, cap < ROSTER_BYTES_MAX ? cap : ROSTER_BYTES_MAX);
    wire_put_bytes(&p, SIGNED_DOCUMENT, s->document);
    for (size_t i = 0; i < s->count; i++) {
        const struct roster_signature *g = &s->signatures[i];
        uint8_t room[128];
        struct pack in = pack_of(room, sizeof room);
        wire_put_bytes(&in, SIGNATURE_STEWARD, bytes_of(g->steward, KEY_BYTES));
        wire_put_bytes(&in, SIGNATURE_SIGNATURE, bytes_of(g->signature, SIGNATURE_BYTES));
        wire_put_bytes(&p, SIGNED_SIGNATURE, bytes_of(room, pack_len(&in)));
    }
    return p.is_full ? 0 : pack_len(&p);
}

static enum err read_signature(struct bytes in, struct roster_signature *out)
{
    struct bytes steward = {0}, signature = {0};
    while (in.len > 0) {
        struct wire_field f;
        enum err e = wire_next(&in, &f);
        if (e != OK)
            return e;
        if (f.number == SIGNATURE_STEWARD)
            steward = f.bytes;
        else
            signature = f.bytes;
    }
    if (steward.len != KEY_BYTES || signature.len != SIGNATURE_BYTES)
        return ERR_SIGNATURE;
    memcpy(out->steward, steward.data, KEY_BYTES);
    memcpy(out->signature, signature.data, SIGNATURE_BYTES);
    return OK;
}

enum err signed_roster_decode(struct bytes in, struct signed_roster *out)
{
    struct signed_roster s = {0};
    if (in.len > ROSTER_BYTES_MAX)
        return ERR_LIMIT;
    /* The scan leaves only the fields of the schema, each of its type, and one document. */
    enum err e = wire_scan(&seinpost__signed_roster__descriptor, in, ROSTER_SIGNATURES_MAX + 1);
    while (e == OK && in.len > 0) {
        struct wire_field f;
        e = wire_next(&in, &f);
        if (e == OK && f.number == SIGNED_DOCUMENT)
            s.document = f.bytes;
        else if (e == OK && s.count == ROSTER_SIGNATURES_MAX)
            e = ERR_LIMIT;
        else if (e == OK)
            e = read_signature(f.bytes, &s.signatures[s.count++]);
    }
    if (e != OK)
        return e;
    if (s.document.len == 0)
        return ERR_FORMAT;
    *out = s;
    return OK;
}

/* The position of a steward, or the number of stewards for somebody else. */
static size_t steward_position(const struct roster_stewards *stewards, const uint8_t key[KEY_BYTES])
{
    size_t i = 0;
    while (i < stewards->count && memcmp(stewards->key[i], key, KEY_BYTES) != 0)
        i++;
    return i;
}

static enum err count_valid(const struct signed_roster *s, const struct roster_stewards *stewards,
                            struct bytes text, size_t *valid)
{
    bool has_signed[STEWARDS_MAX] = {false};
    size_t count = 0;
    for (size_t i = 0; i < s->count; i++) {
        const struct roster_signature *g = &s->signatures[i];
        size_t who = steward_position(stewards, g->steward);
        if (who == stewards->count || has_signed[who])
            continue;
        if (crypto_sign_verify_detached(g->signature, text.data, text.len, g->steward) != 0)
            return ERR_SIGNATURE;
        has_signed[who] = true;
        count++;
    }
    *valid = count;
    return OK;
}

enum err signed_roster_count(const struct signed_roster *s, const struct roster_stewards *stewards,
                             struct wire_arena *arena, size_t *valid)
{
    size_t mark = arena->used;
    struct bytes text;
    enum err e = signed_text(s->document, arena, &text);
    if (e == OK)
        e = count_valid(s, stewards, text, valid);
    arena->used = mark;
    return e;
}

static enum err quorum_check(const struct signed_roster *s, const struct roster_stewards *stewards,
                             struct wire_arena *arena)
{
    size_t valid;
    enum err e = signed_roster_count(s, stewards, arena, &valid);
    if (e != OK)
        return e;
    return valid >= stewards->quorum ? OK : ERR_QUORUM;
}

/* What a document says of its place in the chain. */
struct place {
    uint64_t version;
    struct bytes previous; /* borrowed, as are the others */
    struct bytes also;
    struct bytes genesis;
};

/* Reads that alone: the rest of a document is not looked at before its signatures. */
static enum err read_place(struct bytes document, struct place *out)
{
    struct place p = {0};
    enum err e = wire_scan(&seinpost__roster__descriptor, document, ROSTER_FIELDS_MAX);
    while (e == OK && document.len > 0) {
        struct wire_field f;
        e = wire_next(&document, &f);
        if (e == OK && f.number == ROSTER_VERSION)
            p.version = f.value;
        else if (e == OK && f.number == ROSTER_PREVIOUS)
            p.previous = f.bytes;
        else if (e == OK && f.number == ROSTER_GENESIS)
            p.genesis = f.bytes;
        else if (e == OK && f.number == ROSTER_ALSO)
            p.also = f.bytes;
    }
    if (e == OK)
        *out = p;
    return e;
}

/* Whether it names the current document, and its rival where there is one. */
static bool names_current(const struct roster *current, const struct place *p)
{
    struct bytes hash = bytes_of(current->hash, HASH_BYTES);
    struct bytes rival = bytes_of(current->rival, HASH_BYTES);
    if (!bytes_equal(p->previous, hash) && !bytes_equal(p->also, hash))
        return false;
    return !current->has_rival || bytes_equal(p->previous, rival) || bytes_equal(p->also, rival);
}

/* Whether a document's place is at or directly after current; that of a rival of current is. */
static enum err place_check(const struct roster *current, const struct place *p)
{
    if (p->version == 0)
        return ERR_RANGE;
    if (current == NULL)
        return p->version == 1 ? OK : ERR_SEQUENCE;
    if (p->version < current->version)
        return ERR_STALE;
    if (p->version > 1 && !bytes_equal(p->genesis, bytes_of(current->genesis, HASH_BYTES)))
        return ERR_SEQUENCE;
    if (p->version == current->version)
        return OK;
    bool follows = p->version - current->version == 1 && names_current(current, p);
    return follows ? OK : ERR_SEQUENCE;
}

/* Whether what becomes of a feed is said so that all replicas agree on it: one key for one
 * feed_epoch, and wherever a chapter of it ends, up to where it counts. */
static bool is_feed_change_sound(const struct organisation *was, const struct organisation *is)
{
    bool is_rekeyed = memcmp(was->feed_key, is->feed_key, KEY_BYTES) != 0;
    bool is_next = is->feed_epoch == (uint64_t)was->feed_epoch + 1;
    if (is_rekeyed ? !is_next : is->feed_epoch != was->feed_epoch)
        return false;
    if ((is_rekeyed || is->status != ORG_ACTIVE) && is->accepted.feed_epoch == 0)
        return false;
    return is->accepted.feed_epoch == 0 || is->accepted.size >= was->accepted.size;
}

/* Whether every organisation is still there, and what becomes of its feed is sound. */
static enum err members_check(const struct roster *current, const struct roster *next)
{
    for (size_t i = 0; i < current->organisation_count; i++) {
        const struct organisation *was = &current->organisations[i];
        const struct organisation *is = roster_find(next, was->author);
        if (is == NULL)
            return ERR_NOT_FOUND;
        if (!is_feed_change_sound(was, is))
            return ERR_RANGE;
    }
    return OK;
}

/* All but until when it is answered. */
static bool is_same_sharing(const struct roster_key *a, const struct roster_key *b)
{
    return a->threshold == b->threshold && a->share_count == b->share_count &&
           memcmp(a->index, b->index, sizeof a->index) == 0 &&
           memcmp(a->holder, b->holder, sizeof a->holder) == 0 &&
           memcmp(a->commitment, b->commitment, sizeof a->commitment) == 0;
}

/* Whether numbers go on to mean what they meant: a key period one key, and a sharing its shares. */
static enum err sharings_keep(const struct roster *current, const struct roster *next)
{
    for (size_t i = 0; i < current->key_count; i++) {
        for (size_t j = 0; j < next->key_count; j++) {
            const struct roster_key *was = &current->keys[i], *is = &next->keys[j];
            if (was->key != is->key || was->epoch != is->epoch)
                continue;
            if (memcmp(was->public_key, is->public_key, POINT_BYTES) != 0 ||
                (was->refresh == is->refresh && !is_same_sharing(was, is)))
                return ERR_PROOF;
        }
    }
    return OK;
}

/* Decodes a first version, which vouches for itself. */
static enum err first_check(const struct signed_roster *s, struct wire_arena *arena,
                            struct roster *next)
{
    enum err e = roster_decode(s->document, arena, next);
    if (e == OK && next->organisation_count == 0)
        e = ERR_RANGE; /* a draft may be empty, a list in force not */
    return e == OK ? quorum_check(s, &next->stewards, arena) : e;
}

/* Decodes the version after current, or a rival of it, once its signatures are verified. */
static enum err next_check(const struct roster *current, const struct signed_roster *s,
                           bool is_rival, struct wire_arena *arena, struct roster *next)
{
    const struct roster_stewards *signers = is_rival ? &current->signers : &current->stewards;
    enum err e = quorum_check(s, signers, arena);
    if (e == OK)
        e = roster_decode(s->document, arena, next);
    if (e == OK)
        e = is_rival ? ERR_FORK : members_check(current, next);
    if (e == OK)
        e = sharings_keep(current, next);
    if (e != OK)
        return e;
    next->signers = *signers;
    return OK;
}

static enum err accept_next(const struct roster *current, struct bytes signed_roster,
                            struct wire_arena *arena, struct roster *out)
{
    struct signed_roster s;
    struct place place;
    uint8_t hash[HASH_BYTES];
    enum err e = signed_roster_decode(signed_roster, &s);
    if (e != OK)
        return e;
    roster_hash(s.document, hash);
    if (current != NULL && memcmp(hash, current->hash, HASH_BYTES) == 0)
        return ERR_DUPLICATE;
    e = read_place(s.document, &place);
    if (e == OK)
        e = place_check(current, &place);
    if (e != OK)
        return e;
    struct roster *next = wire_arena_alloc(arena, sizeof *next);
    if (next == NULL)
        return ERR_FULL;
    e = current == NULL ? first_check(&s, arena, next)
                        : next_check(current, &s, place.version == current->version, arena, next);
    if (e == OK)
        *out = *next;
    return e;
}

enum err roster_accept(const struct roster *current, struct bytes signed_roster,
                       struct wire_arena *arena, struct roster *out)
{
    size_t mark = arena->used;
    enum err e = accept_next(current, signed_roster, arena, out);
    arena->used = mark;
    return e;
}

/* Bars whoever is active here and not there. */
static void bar(struct roster *current, const struct roster *rival)
{
    for (size_t i = 0; i < current->organisation_count; i++) {
        struct organisation *o = &current->organisations[i];
        const struct organisation *there = roster_find(rival, o->author);
        if (there == NULL || there->status != ORG_ACTIVE)
            o->is_barred = true;
    }
}

static enum err unite(struct roster *current, struct bytes signed_roster, struct wire_arena *arena)
{
    struct signed_roster s;
    struct place place;
    enum err e = signed_roster_decode(signed_roster, &s);
    if (e == OK)
        e = read_place(s.document, &place);
    if (e == OK && place.version != current->version)
        e = ERR_STALE;
    if (e == OK)
        e = place_check(current, &place);
    struct roster *rival = e == OK ? wire_arena_alloc(arena, sizeof *rival) : NULL;
    if (e == OK && rival == NULL)
        e = ERR_FULL;
    if (e == OK)
        e = quorum_check(&s, &current->signers, arena);
    if (e == OK)
        e = roster_decode(s.document, arena, rival);
    bool is_known =
        e == OK && (memcmp(rival->hash, current->hash, HASH_BYTES) == 0 ||
                    (current->has_rival && memcmp(rival->hash, current->rival, HASH_BYTES) == 0));
    if (is_known)
        e = ERR_DUPLICATE;
    if (e != OK)
        return e;
    bar(current, rival);
    if (!current->has_rival)
        memcpy(current->rival, rival->hash, HASH_BYTES);
    current->has_rival = true;
    return OK;
}

enum err roster_unite(struct roster *current, struct bytes signed_roster, struct wire_arena *arena)
{
    size_t mark = arena->used;
    enum err e = unite(current, signed_roster, arena);
    arena->used = mark;
    return e;
}

enum err roster_anchor(struct bytes signed_roster, const uint8_t hash[HASH_BYTES],
                       struct wire_arena *arena, struct roster *out)
{
    struct signed_roster s;
    uint8_t own[HASH_BYTES];
    enum err e = signed_roster_decode(signed_roster, &s);
    if (e != OK)
        return e;
    roster_hash(s.document, own);
    if (memcmp(own, hash, HASH_BYTES) != 0)
        return ERR_COMMIT;
    return roster_decode(s.document, arena, out);
}

enum err roster_chain_next(struct bytes chain, size_t *offset, struct bytes *signed_roster)
{
    struct wire_field f;
    if (*offset >= chain.len)
        return ERR_NOT_FOUND;
    struct bytes rest = bytes_of(chain.data + *offset, chain.len - *offset);
    enum err e = wire_next(&rest, &f);
    if (e != OK)
        return e;
    if (f.number != CHAIN_VERSION || f.type != PROTOBUF_C_WIRE_TYPE_LENGTH_PREFIXED ||
        f.bytes.len == 0)
        return ERR_FORMAT;
    if (f.bytes.len > ROSTER_BYTES_MAX)
        return ERR_LIMIT;
    *offset = chain.len - rest.len;
    *signed_roster = f.bytes;
    return OK;
}

size_t roster_chain_append(struct bytes signed_roster, uint8_t *out, size_t cap)
{
    struct pack p = pack_of(out, cap);
    wire_put_bytes(&p, CHAIN_VERSION, signed_roster);
    return p.is_full ? 0 : pack_len(&p);
}
