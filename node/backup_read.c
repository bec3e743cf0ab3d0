#include "node/backup_parts.h"

#include "node/secret.h"
#include "node/text.h"
#include "protocol/orgid.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    PASSES_MAX = 16,
    MEMORY_KIB_MIN = 8,
    MEMORY_KIB_MAX = 1024 * 1024,
    TELL_BYTES = 16 * BACKUP_CHUNK_BYTES,
};

struct backup_reader {
    int fd;
    char *path;
    struct backup_plain plain;
    uint64_t left;  /* content that was not given out */
    size_t at, len; /* of chunk */
    bool is_first, is_open, is_last;
    crypto_secretstream_xchacha20poly1305_state *stream;
    uint8_t head[BACKUP_HEAD_BYTES];
    uint8_t chunk[BACKUP_CHUNK_BYTES];
    uint8_t sealed[BACKUP_SEALED_BYTES];
};

static enum err damaged(const struct backup_reader *r, struct problem *problem)
{
    problem_set(problem,
                _("%s: is damaged, so nothing of it is used. Take another copy or an older "
                  "backup."),
                r->path);
    return ERR_FORMAT;
}

static enum err truncated(const struct backup_reader *r, struct problem *problem)
{
    problem_set(problem,
                _("%s: ends before it is complete, so nothing of it is used. Copy it again, or "
                  "take an older backup."),
                r->path);
    return ERR_TRUNCATED;
}

/* Reads exactly len bytes. */
static enum err get(struct backup_reader *r, uint8_t *out, size_t len, struct problem *problem)
{
    while (len > 0) {
        ssize_t n = read(r->fd, out, len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            problem_set(problem, _("%s: cannot be read (%s)."), r->path, strerror(errno));
            return ERR_IO;
        }
        if (n == 0)
            return truncated(r, problem);
        out += n;
        len -= (size_t)n;
    }
    return OK;
}

/* ---- The head ---- */

static bool is_padded_id(const char org_id[ORG_ID_BYTES_MAX + 1])
{
    size_t len = strnlen(org_id, ORG_ID_BYTES_MAX + 1);
    for (size_t i = len; i <= ORG_ID_BYTES_MAX; i++)
        if (org_id[i] != '\0')
            return false;
    return len <= ORG_ID_BYTES_MAX && orgid_check(bytes_of(org_id, len)) == OK;
}

static enum err head_read(struct backup_reader *r, struct problem *problem)
{
    struct backup_head *h = &r->plain.head;
    struct unpack u = unpack_of(bytes_of(r->head, AT_NONCE));
    uint8_t magic[sizeof backup_magic];
    unpack_copy(&u, magic, sizeof magic);
    uint16_t layout = unpack_u16(&u);
    if (memcmp(magic, backup_magic, sizeof magic) != 0) {
        problem_set(problem, _("%s: is no backup of Seinpost. Name the right file."), r->path);
        return ERR_FORMAT;
    }
    uint8_t with = unpack_u8(&u), zero = unpack_u8(&u);
    h->store_layout = unpack_u32(&u);
    h->made_utc = unpack_u64(&u);
    h->content_bytes = unpack_u64(&u);
    r->plain.passes = unpack_u32(&u);
    r->plain.memory_kib = unpack_u32(&u);
    unpack_copy(&u, r->plain.salt, sizeof r->plain.salt);
    unpack_copy(&u, h->org_id, sizeof h->org_id);
    unpack_copy(&u, h->recovery, sizeof h->recovery);
    if (layout > BACKUP_LAYOUT) {
        problem_set(problem,
                    _("%s: a newer version of Seinpost made this backup. Install that version, or "
                      "a later one, and restore with it."),
                    r->path);
        return ERR_VERSION;
    }
    h->has_passphrase = (with & 1) != 0;
    h->has_recovery = (with & 2) != 0;
    bool is_sane = layout == BACKUP_LAYOUT && with > 0 && with <= 3 && zero == 0 &&
                   is_padded_id(h->org_id) && h->content_bytes < UINT64_MAX / 2;
    return is_sane ? OK : damaged(r, problem);
}

/* ---- The sum ---- */

static enum err check_sum(struct backup_reader *r, uint64_t whole,
                          const struct backup_progress *progress, struct problem *problem)
{
    crypto_generichash_state state;
    uint8_t sum[BACKUP_SUM_BYTES], said[BACKUP_SUM_BYTES];
    enum err e = OK;
    crypto_generichash_init(&state, NULL, 0, sizeof sum);
    crypto_generichash_update(&state, r->head, sizeof r->head);
    uint64_t done = sizeof r->head;
    while (e == OK && done < whole - sizeof sum) {
        uint64_t left = whole - sizeof sum - done;
        size_t len = left < sizeof r->chunk ? (size_t)left : sizeof r->chunk;
        e = get(r, r->chunk, len, problem);
        if (e == OK)
            crypto_generichash_update(&state, r->chunk, len);
        done += len;
        if (progress != NULL && done % TELL_BYTES < sizeof r->chunk)
            progress->tell(progress->ctx, done, whole);
    }
    if (e == OK)
        e = get(r, said, sizeof said, problem);
    crypto_generichash_final(&state, sum, sizeof sum);
    return e == OK && memcmp(sum, said, sizeof sum) != 0 ? damaged(r, problem) : e;
}

static enum err check_whole(struct backup_reader *r, const struct backup_progress *progress,
                            struct problem *problem)
{
    struct stat st;
    if (fstat(r->fd, &st) != 0 || !S_ISREG(st.st_mode)) {
        problem_set(problem, _("%s: is no backup of Seinpost. Name the right file."), r->path);
        return ERR_FORMAT;
    }
    if (st.st_size < BACKUP_HEAD_BYTES) {
        size_t len =
            st.st_size < (off_t)sizeof backup_magic ? (size_t)st.st_size : sizeof backup_magic;
        enum err short_one = get(r, r->head, len, problem);
        if (short_one != OK)
            return short_one;
        if (memcmp(r->head, backup_magic, len) == 0)
            return truncated(r, problem);
        problem_set(problem, _("%s: is no backup of Seinpost. Name the right file."), r->path);
        return ERR_FORMAT;
    }
    enum err e = get(r, r->head, sizeof r->head, problem);
    if (e == OK)
        e = head_read(r, problem);
    if (e != OK)
        return e;
    uint64_t whole = backup_file_bytes(r->plain.head.content_bytes);
    if ((uint64_t)st.st_size < whole)
        return truncated(r, problem);
    if ((uint64_t)st.st_size > whole)
        return damaged(r, problem);
    return check_sum(r, whole, progress, problem);
}

enum err backup_reader_new(const char *path, const struct backup_progress *progress,
                           struct backup_reader **out, struct problem *problem)
{
    struct backup_reader *r = calloc(1, sizeof *r);
    char *copy = strdup(path);
    *out = NULL;
    if (r == NULL || copy == NULL) {
        free(r);
        free(copy);
        problem_set(problem, _("%s: there is not enough memory to read it."), path);
        return ERR_IO;
    }
    r->path = copy;
    r->stream = secret_new(sizeof *r->stream);
    r->fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    enum err e = OK;
    if (r->fd < 0) {
        e = errno == ENOENT || errno == ENOTDIR ? ERR_NOT_FOUND : ERR_IO;
        problem_set(problem, _("%s: cannot be opened (%s)."), path, strerror(errno));
    }
    if (e == OK)
        e = check_whole(r, progress, problem);
    if (e == OK)
        *out = r;
    else
        backup_reader_free(&r);
    return e;
}

const struct backup_head *backup_reader_head(const struct backup_reader *r)
{
    return &r->plain.head;
}

/* ---- The content ---- */

static enum err open_by_passphrase(const struct backup_reader *r, struct bytes passphrase,
                                   uint8_t *file_key, struct problem *problem)
{
    const struct backup_plain *p = &r->plain;
    if (!p->head.has_passphrase) {
        problem_set(problem,
                    _("%s: does not open with a passphrase, only with a recovery key. Name its "
                      "file with --recovery-key."),
                    r->path);
        return ERR_PASSPHRASE;
    }
    if (p->passes < 1 || p->passes > PASSES_MAX || p->memory_kib < MEMORY_KIB_MIN ||
        p->memory_kib > MEMORY_KIB_MAX) {
        problem_set(problem,
                    _("%s: asks for more work than any backup of Seinpost does. Take another "
                      "copy."),
                    r->path);
        return ERR_RANGE;
    }
    uint8_t *wrap = secret_new(32);
    bool is_derived = backup_derive(p, passphrase, wrap);
    bool is_right = is_derived && crypto_aead_xchacha20poly1305_ietf_decrypt(
                                      file_key, NULL, NULL, r->head + AT_SEALED, AT_BOX - AT_SEALED,
                                      r->head, AT_NONCE, r->head + AT_NONCE, wrap) == 0;
    secret_free(wrap);
    if (is_right)
        return OK;
    if (!is_derived) {
        problem_set(problem, _("%s: there is not enough memory to open it."), r->path);
        return ERR_IO;
    }
    problem_set(problem,
                _("%s: the passphrase does not open this backup. It is the one that was chosen "
                  "for the backup, not that of the node's keys."),
                r->path);
    return ERR_PASSPHRASE;
}

static enum err open_by_recovery(const struct backup_reader *r, const uint8_t *recovery,
                                 uint8_t *file_key, struct problem *problem)
{
    bool is_right = r->plain.head.has_recovery &&
                    crypto_box_seal_open(file_key, r->head + AT_BOX, BOX_BYTES, recovery,
                                         recovery + RECOVERY_KEY_BYTES) == 0;
    if (!is_right)
        problem_set(problem, _("%s: this recovery key does not open this backup."), r->path);
    return is_right ? OK : ERR_PASSPHRASE;
}

/* Begins at the first chunk. */
static enum err begin(struct backup_reader *r, const uint8_t *file_key, struct problem *problem)
{
    if (crypto_secretstream_xchacha20poly1305_init_pull(r->stream, r->head + AT_STREAM, file_key) !=
            0 ||
        lseek(r->fd, BACKUP_HEAD_BYTES, SEEK_SET) != BACKUP_HEAD_BYTES)
        return damaged(r, problem);
    r->left = r->plain.head.content_bytes;
    r->at = r->len = 0;
    r->is_first = r->is_open = true;
    r->is_last = false;
    return OK;
}

enum err backup_reader_open(struct backup_reader *r, const struct backup_lock *lock,
                            struct problem *problem)
{
    uint8_t *file_key = secret_new(FILE_KEY_BYTES);
    enum err e = lock->recovery != NULL
                     ? open_by_recovery(r, lock->recovery, file_key, problem)
                     : open_by_passphrase(r, lock->passphrase, file_key, problem);
    if (e == OK)
        e = begin(r, file_key, problem);
    secret_free(file_key);
    return e;
}

enum err backup_reader_recheck(struct backup_reader *r, const struct backup_writer *w,
                               struct problem *problem)
{
    return begin(r, backup_writer_key(w), problem);
}

/* The next chunk into r->chunk. */
static enum err pull(struct backup_reader *r, struct problem *problem)
{
    size_t want = r->left < BACKUP_CHUNK_BYTES ? (size_t)r->left : BACKUP_CHUNK_BYTES;
    unsigned long long len = 0;
    unsigned char tag = 0;
    if (r->is_last)
        return damaged(r, problem);
    enum err e = get(r, r->sealed, want + 17, problem);
    if (e != OK)
        return e;
    bool is_right = crypto_secretstream_xchacha20poly1305_pull(
                        r->stream, r->chunk, &len, &tag, r->sealed, want + 17,
                        r->is_first ? r->head : NULL, r->is_first ? sizeof r->head : 0) == 0;
    r->is_last = tag == crypto_secretstream_xchacha20poly1305_TAG_FINAL;
    r->is_first = false;
    r->at = 0;
    r->len = (size_t)len;
    return is_right && r->is_last == (want < BACKUP_CHUNK_BYTES) ? OK : damaged(r, problem);
}

enum err backup_read(struct backup_reader *r, uint8_t *out, size_t len, struct problem *problem)
{
    assert(r->is_open);
    if (len > r->left)
        return damaged(r, problem);
    while (len > 0) {
        if (r->at == r->len) {
            enum err e = pull(r, problem);
            if (e != OK)
                return e;
        }
        size_t have = r->len - r->at, take = len < have ? len : have;
        memcpy(out, r->chunk + r->at, take);
        r->at += take;
        r->left -= take;
        out += take;
        len -= take;
    }
    return OK;
}

enum err backup_reader_end(struct backup_reader *r, struct problem *problem)
{
    if (r->left > 0)
        return damaged(r, problem);
    return r->is_last ? OK : pull(r, problem);
}

void backup_reader_free(struct backup_reader **pr)
{
    struct backup_reader *r = *pr;
    *pr = NULL;
    if (r == NULL)
        return;
    if (r->fd >= 0)
        close(r->fd);
    secret_free(r->stream);
    sodium_memzero(r->chunk, sizeof r->chunk);
    free(r->path);
    free(r);
}
