#include "node/roster_file.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "node/plain_file.h"
#include "node/text.h"
#include "protocol/roster_encode.h"

enum { SIGNED_ROOM = ROSTER_SIGNATURES_MAX * 128 };

struct roster_file {
    uint8_t *data;
    size_t len;
    size_t chain_len;   /* of the versions in force */
    size_t last_offset; /* where the last version begins */
    uint64_t first;     /* number of the first version */
    bool has_current;
    bool has_draft;
    bool is_edited;                  /* the draft differs from what is in the file */
    struct roster current;           /* the newest version in force */
    struct roster draft;             /* what may follow it */
    struct signed_roster signatures; /* of the last version; its document is borrowed from data */
    struct wire_arena arena;
    uint8_t room[ROSTER_ARENA_BYTES];
};

static struct roster_file *allocate(void)
{
    struct roster_file *f = calloc(1, sizeof *f);
    if (f != NULL)
        wire_arena_init(&f->arena, f->room, sizeof f->room);
    return f;
}

void roster_file_free(struct roster_file **f)
{
    if (*f == NULL)
        return;
    free((*f)->data);
    free(*f);
    *f = NULL;
}

/* ---- Reading ---- */

/* Takes in a version that is not to be accepted, from the end of the file or its beginning: a
 * draft, which may be empty, or the first version of a file that is not the genesis. */
static enum err take_unaccepted(struct roster_file *f, enum err why)
{
    enum err e = roster_decode(f->signatures.document, &f->arena, &f->draft);
    if (e != OK)
        return e;
    bool is_empty = !f->has_current && f->draft.organisation_count == 0;
    bool is_later = !f->has_current && f->draft.version > 1;
    f->has_draft = why == ERR_QUORUM || (why == ERR_RANGE && is_empty);
    return f->has_draft || (why == ERR_SEQUENCE && is_later) ? OK : why;
}

/* Takes one more version in. f->draft is room for it, since only the last may be a draft. */
static enum err take_version(struct roster_file *f, struct bytes signed_roster, size_t offset,
                             size_t end)
{
    if (f->has_draft)
        return ERR_QUORUM;
    enum err e = signed_roster_decode(signed_roster, &f->signatures);
    if (e == OK)
        e = roster_accept(f->has_current ? &f->current : NULL, signed_roster, &f->arena, &f->draft);
    if (e == ERR_QUORUM || e == ERR_SEQUENCE || e == ERR_RANGE)
        e = take_unaccepted(f, e);
    if (e != OK)
        return e;
    if (!f->has_draft) {
        f->current = f->draft;
        f->has_current = true;
        f->chain_len = end;
    }
    if (f->first == 0)
        f->first = f->draft.version;
    f->last_offset = offset;
    return OK;
}

static enum err take_all(struct roster_file *f)
{
    size_t offset = 0;
    for (;;) {
        struct bytes signed_roster;
        size_t start = offset;
        enum err e = roster_chain_next(bytes_of(f->data, f->len), &offset, &signed_roster);
        if (e == ERR_NOT_FOUND)
            return f->first != 0 ? OK : ERR_TRUNCATED;
        if (e == OK)
            e = take_version(f, signed_roster, start, offset);
        if (e != OK)
            return e;
    }
}

enum err roster_file_open(const char *path, struct roster_file **out, struct problem *problem)
{
    struct roster_file *f = allocate();
    *out = NULL;
    if (f == NULL)
        return ERR_FULL;
    enum err e = plain_file_read(path, ROSTER_FILE_BYTES_MAX, &f->data, &f->len, problem);
    if (e == OK) {
        e = take_all(f);
        if (e != OK) {
            uint64_t known = f->has_current ? f->current.version : 0;
            problem_set(problem,
                        _("%s is not a member list that can be used (version %llu: %s). Ask for "
                          "the file again from whoever keeps it."),
                        path, (unsigned long long)known + 1, _(err_text(e)));
        }
    }
    if (e != OK)
        roster_file_free(&f);
    *out = f;
    return e;
}

struct roster_file *roster_file_new(void)
{
    struct roster_file *f = allocate();
    assert(f != NULL);
    f->first = f->draft.version = 1;
    f->has_draft = f->is_edited = true;
    return f;
}

/* ---- Looking ---- */

struct roster *roster_file_last(struct roster_file *f)
{
    return f->has_draft ? &f->draft : &f->current;
}

const struct roster *roster_file_in_force(const struct roster_file *f)
{
    return f->has_current ? &f->current : NULL;
}

/* Those who sign the last version. */
static const struct roster_stewards *signers(const struct roster_file *f)
{
    if (!f->has_draft)
        return &f->current.signers;
    return f->has_current ? &f->current.stewards : &f->draft.stewards;
}

bool roster_file_is_signed(const struct roster_file *f, size_t *valid, size_t *needed)
{
    struct wire_arena arena = f->arena;
    *valid = 0;
    *needed = signers(f)->quorum;
    if (f->is_edited || signed_roster_count(&f->signatures, signers(f), &arena, valid) != OK)
        return false;
    return !f->has_draft || *valid >= *needed;
}

void roster_file_versions(const struct roster_file *f,
                          bool (*version)(void *ctx, const struct roster_version *v), void *ctx)
{
    size_t offset = 0;
    struct roster_version v = {.version = f->first};
    struct signed_roster *s = malloc(sizeof *s);
    while (s != NULL && roster_chain_next(roster_file_chain(f), &offset, &v.signed_roster) == OK &&
           signed_roster_decode(v.signed_roster, s) == OK) {
        roster_hash(s->document, v.hash);
        if (!version(ctx, &v))
            break;
        v.version++;
    }
    free(s);
}

struct bytes roster_file_chain(const struct roster_file *f)
{
    return bytes_of(f->data, f->chain_len);
}

/* ---- Changing ---- */

size_t roster_file_edit(struct roster_file *f, int64_t now_utc)
{
    size_t dropped = f->has_draft ? f->signatures.count : 0;
    if (!f->has_draft) {
        struct roster *d = &f->draft;
        int64_t fresh_seconds = f->current.fresh_until_utc - f->current.issued_utc;
        *d = f->current;
        memcpy(d->previous, f->current.hash, HASH_BYTES);
        d->version++;
        memset(d->also, 0, sizeof d->also);
        d->issued_utc = now_utc;
        d->fresh_until_utc = now_utc + fresh_seconds;
        f->has_draft = true;
        f->last_offset = f->len;
    }
    f->signatures.count = 0;
    f->is_edited = true;
    return dropped;
}

/* Writes the last version with its signatures. Returns its length, 0 if it does not fit. */
static size_t encode_signed(const struct roster_file *f, uint8_t *out, size_t cap)
{
    return signed_roster_encode(&f->signatures, out, cap);
}

/* Whether everyone will accept the draft, once it has enough signatures; OK before that. */
static enum err acceptance_check(struct roster_file *f)
{
    size_t valid, needed;
    if (!f->has_draft || !roster_file_is_signed(f, &valid, &needed))
        return OK;
    uint8_t *whole = malloc(ROSTER_BYTES_MAX);
    struct roster *accepted = malloc(sizeof *accepted);
    size_t len = whole != NULL ? encode_signed(f, whole, ROSTER_BYTES_MAX) : 0;
    enum err e = ERR_LIMIT;
    if (accepted != NULL && len > 0)
        e = roster_accept(f->has_current ? &f->current : NULL, bytes_of(whole, len), &f->arena,
                          accepted);
    free(whole);
    free(accepted);
    return e;
}

enum err roster_file_sign(struct roster_file *f, const uint8_t public_key[KEY_BYTES],
                          const uint8_t secret_key[64])
{
    const struct roster_stewards *s = signers(f);
    bool is_steward = false;
    assert(!f->is_edited);
    for (size_t i = 0; i < s->count; i++)
        is_steward = is_steward || memcmp(s->key[i], public_key, KEY_BYTES) == 0;
    if (!is_steward)
        return ERR_UNAUTHORISED;
    for (size_t i = 0; i < f->signatures.count; i++)
        if (memcmp(f->signatures.signatures[i].steward, public_key, KEY_BYTES) == 0)
            return ERR_DUPLICATE;
    if (f->signatures.count == ROSTER_SIGNATURES_MAX)
        return ERR_FULL;
    enum err e = roster_sign(f->signatures.document, secret_key, &f->arena,
                             &f->signatures.signatures[f->signatures.count]);
    if (e != OK)
        return e;
    f->signatures.count++;
    e = acceptance_check(f);
    if (e != OK)
        f->signatures.count--;
    return e;
}

/* ---- Writing ---- */

/* Encodes the edited draft into document and takes it back in as everyone will read it. */
static enum err encode_draft(struct roster_file *f, uint8_t *document)
{
    size_t len = roster_encode(&f->draft, document, ROSTER_BYTES_MAX - SIGNED_ROOM);
    if (len == 0)
        return ERR_LIMIT;
    struct roster *checked = malloc(sizeof *checked);
    enum err e =
        checked == NULL ? ERR_FULL : roster_decode(bytes_of(document, len), &f->arena, checked);
    if (e == OK) {
        f->draft = *checked;
        f->signatures.document = bytes_of(document, len);
    }
    free(checked);
    return e;
}

/* The whole file as it is to be, in *out, to be freed. */
static enum err encode_file(struct roster_file *f, uint8_t **out, size_t *len)
{
    size_t cap = f->last_offset + ROSTER_BYTES_MAX + 128;
    uint8_t *all = malloc(cap), *last = malloc(ROSTER_BYTES_MAX);
    uint8_t *document = malloc(ROSTER_BYTES_MAX);
    enum err e = all == NULL || last == NULL || document == NULL ? ERR_FULL : OK;
    if (e == OK && f->is_edited)
        e = encode_draft(f, document);
    if (e == OK) {
        size_t last_len = encode_signed(f, last, ROSTER_BYTES_MAX), more = 0;
        if (f->last_offset > 0)
            memcpy(all, f->data, f->last_offset);
        if (last_len > 0)
            more = roster_chain_append(bytes_of(last, last_len), all + f->last_offset,
                                       cap - f->last_offset);
        *len = f->last_offset + more;
        e = more > 0 ? OK : ERR_LIMIT;
    }
    if (f->is_edited)
        f->signatures.document = bytes_of(NULL, 0); /* it goes with document */
    free(last);
    free(document);
    if (e != OK)
        free(all);
    *out = e == OK ? all : NULL;
    return e;
}

enum err roster_file_save(struct roster_file *f, const char *path, bool is_new,
                          struct problem *problem)
{
    uint8_t *all;
    size_t len;
    enum err e = encode_file(f, &all, &len);
    if (e != OK) {
        problem_set(problem, _("The member list cannot be like this (%s). Nothing was written."),
                    _(err_text(e)));
        return e;
    }
    struct bytes content = bytes_of(all, len);
    e = is_new ? plain_file_create(path, content, problem)
               : plain_file_write(path, content, problem);
    free(all);
    return e;
}
