#include "node/roster_file.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "node/plain_file.h"
#include "node/text.h"
#include "protocol/roster_encode.h"

struct roster_file {
    uint8_t *data;
    size_t len;
    size_t last_offset; /* where the last version begins in the file */
    size_t count;       /* versions */
    struct roster last;
    struct roster base;              /* the version before it; only if count > 1 */
    struct signed_roster signatures; /* of the last version; document borrowed from data */
    bool is_edited;                  /* last differs from the file */
    struct wire_arena arena;
    uint8_t arena_bytes[ROSTER_ARENA_BYTES];
};

static struct roster_file *allocate(void)
{
    struct roster_file *f = calloc(1, sizeof *f);
    if (f != NULL)
        wire_arena_init(&f->arena, f->arena_bytes, sizeof f->arena_bytes);
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

/* Stewards whose signatures the last version needs. */
static const struct roster_stewards *signers(const struct roster_file *f)
{
    return f->last.version == 1 || f->count == 1 ? &f->last.stewards : &f->base.stewards;
}

/* Takes one more version in; only the last may lack signatures. */
static enum err take_version(struct roster_file *f, struct bytes signed_roster, size_t offset)
{
    size_t valid, needed;
    if (f->count > 0 && !roster_file_is_signed(f, &valid, &needed))
        return ERR_QUORUM;
    struct roster *next = malloc(sizeof *next);
    if (next == NULL)
        return ERR_FULL;
    enum err e = signed_roster_decode(signed_roster, &f->signatures);
    if (e == OK)
        e = roster_decode(f->signatures.document, &f->arena, next);
    if (e == OK && f->count > 0 &&
        (next->version != f->last.version + 1 ||
         memcmp(next->previous, f->last.hash, HASH_BYTES) != 0))
        e = ERR_SEQUENCE;
    if (e == OK) {
        f->base = f->last;
        f->last = *next;
        f->last_offset = offset;
        f->count++;
    }
    free(next);
    return e;
}

enum err roster_file_open(const char *path, struct roster_file **out, struct problem *problem)
{
    struct roster_file *f = allocate();
    *out = NULL;
    if (f == NULL)
        return ERR_FULL;
    enum err e = plain_file_read(path, ROSTER_FILE_BYTES_MAX, &f->data, &f->len, problem);
    size_t offset = 0;
    bool is_read = e == OK;
    while (e == OK) {
        struct bytes signed_roster;
        size_t start = offset;
        e = roster_chain_next(bytes_of(f->data, f->len), &offset, &signed_roster);
        if (e == OK)
            e = take_version(f, signed_roster, start);
    }
    if (is_read && e == ERR_NOT_FOUND && f->count > 0) {
        *out = f;
        return OK;
    }
    if (is_read) {
        e = e == ERR_NOT_FOUND ? ERR_FORMAT : e;
        problem_set(
            problem,
            _("%s is not a member list that can be used: version %llu %s. Ask for the file again "
              "from whoever keeps it."),
            path, (unsigned long long)(f->last.version + 1), _(err_text(e)));
    }
    roster_file_free(&f);
    return e;
}

struct roster_file *roster_file_new(void)
{
    struct roster_file *f = allocate();
    assert(f != NULL);
    f->last.version = 1;
    f->count = 1;
    f->is_edited = true;
    return f;
}

struct roster *roster_file_last(struct roster_file *f)
{
    return &f->last;
}

bool roster_file_is_signed(const struct roster_file *f, size_t *valid, size_t *needed)
{
    struct wire_arena arena = f->arena;
    *valid = 0;
    *needed = signers(f)->quorum;
    if (f->is_edited || signed_roster_count(&f->signatures, signers(f), &arena, valid) != OK)
        return false;
    return *valid >= *needed;
}

void roster_file_edit(struct roster_file *f)
{
    size_t valid, needed;
    if (roster_file_is_signed(f, &valid, &needed)) {
        f->base = f->last;
        memcpy(f->last.previous, f->last.hash, HASH_BYTES);
        f->last.version++;
        f->count++;
        f->last_offset = f->len;
    }
    f->signatures.count = 0;
    f->is_edited = true;
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
    f->signatures.count += e == OK;
    return e;
}

/* The last version as it goes into the file, at out. */
static enum err encode_last(struct roster_file *f, uint8_t *out, size_t cap, size_t *len)
{
    uint8_t *document = NULL;
    if (f->is_edited) {
        document = malloc(ROSTER_BYTES_MAX);
        size_t n = document != NULL ? roster_encode(&f->last, document, ROSTER_BYTES_MAX) : 0;
        f->signatures.document = bytes_of(document, n);
        struct roster *checked = malloc(sizeof *checked);
        enum err e = n == 0 || checked == NULL
                         ? ERR_LIMIT
                         : roster_decode(f->signatures.document, &f->arena, checked);
        if (e == OK)
            f->last = *checked;
        free(checked);
        if (e != OK) {
            free(document);
            return e;
        }
    }
    uint8_t *whole = malloc(ROSTER_BYTES_MAX + 64);
    size_t n = whole != NULL ? signed_roster_encode(&f->signatures, whole, ROSTER_BYTES_MAX) : 0;
    *len = n > 0 ? roster_chain_append(bytes_of(whole, n), out, cap) : 0;
    free(whole);
    free(document);
    return *len > 0 ? OK : ERR_LIMIT;
}

enum err roster_file_save(struct roster_file *f, const char *path, bool is_new,
                          struct problem *problem)
{
    size_t before = f->data != NULL ? f->last_offset : 0, len = 0;
    size_t cap = before + ROSTER_BYTES_MAX + 128;
    uint8_t *all = malloc(cap);
    if (all == NULL)
        return ERR_FULL;
    if (before > 0)
        memcpy(all, f->data, before);
    enum err e = encode_last(f, all + before, cap - before, &len);
    if (e != OK) {
        problem_set(problem, _("The member list cannot be like this: it %s. Nothing was written."),
                    _(err_text(e)));
        free(all);
        return e;
    }
    struct bytes content = bytes_of(all, before + len);
    e = is_new ? plain_file_create(path, content, problem)
               : plain_file_write(path, content, problem);
    free(all);
    return e;
}

void roster_file_versions(const struct roster_file *f,
                          bool (*version)(void *ctx, const struct roster_version *v), void *ctx)
{
    size_t offset = 0;
    struct roster_version v = {.version = f->last.version - (f->count - 1)};
    while (roster_chain_next(bytes_of(f->data, f->len), &offset, &v.signed_roster) == OK) {
        struct signed_roster *s = malloc(sizeof *s);
        bool goes_on = s != NULL && signed_roster_decode(v.signed_roster, s) == OK;
        if (goes_on)
            roster_hash(s->document, v.hash);
        free(s);
        if (!goes_on || !version(ctx, &v))
            return;
        v.version++;
    }
}

struct bytes roster_file_bytes(const struct roster_file *f)
{
    return bytes_of(f->data, f->len);
}
