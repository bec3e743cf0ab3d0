#include "node/backup_parts.h"

#include "node/secret.h"
#include "node/text.h"

#include <assert.h>
#include <errno.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const uint8_t backup_magic[16] = "seinpost/v1/bak";

struct backup_writer {
    int fd;
    const char *path;
    uint8_t *file_key; /* locked memory, as is stream */
    uint64_t left;     /* content that is still to come */
    size_t used;       /* of chunk */
    crypto_secretstream_xchacha20poly1305_state *stream;
    crypto_generichash_state sum;
    bool is_first;
    uint8_t head[BACKUP_HEAD_BYTES];
    uint8_t chunk[BACKUP_CHUNK_BYTES];
    uint8_t sealed[BACKUP_SEALED_BYTES];
};

uint64_t backup_file_bytes(uint64_t content_bytes)
{
    uint64_t chunks = content_bytes / BACKUP_CHUNK_BYTES + 1;
    return BACKUP_HEAD_BYTES + content_bytes + 17 * chunks + BACKUP_SUM_BYTES;
}

bool backup_derive(const struct backup_plain *p, struct bytes passphrase, uint8_t out[32])
{
    int failed = crypto_pwhash_argon2id(out, 32, (const char *)passphrase.data, passphrase.len,
                                        p->salt, p->passes, (size_t)p->memory_kib * 1024,
                                        crypto_pwhash_argon2id_ALG_ARGON2ID13);
    malloc_trim(0);
    return failed == 0;
}

static void plain_encode(const struct backup_plain *p, uint8_t out[BACKUP_HEAD_BYTES])
{
    const struct backup_head *h = &p->head;
    char org_id[ORG_ID_BYTES_MAX + 1] = "";
    memcpy(org_id, h->org_id, strlen(h->org_id));
    struct pack k = pack_of(out, AT_NONCE);
    pack_copy(&k, backup_magic, sizeof backup_magic);
    pack_u16(&k, BACKUP_LAYOUT);
    pack_u8(&k, (uint8_t)((h->has_passphrase ? 1 : 0) | (h->has_recovery ? 2 : 0)));
    pack_u8(&k, 0);
    pack_u32(&k, h->store_layout);
    pack_u64(&k, h->made_utc);
    pack_u64(&k, h->content_bytes);
    pack_u32(&k, p->passes);
    pack_u32(&k, p->memory_kib);
    pack_copy(&k, p->salt, sizeof p->salt);
    pack_copy(&k, org_id, sizeof org_id);
    pack_copy(&k, h->recovery, sizeof h->recovery);
    assert(!k.is_full && pack_len(&k) == AT_NONCE);
}

/* Draws the file key, and locks it with what the lock has. */
static bool lock_up(struct backup_writer *w, struct backup_plain *p, const struct backup_lock *lock)
{
    uint8_t *file_key = w->file_key;
    uint8_t *wrap = secret_new(32);
    bool is_done = true;
    crypto_secretstream_xchacha20poly1305_keygen(file_key);
    if (p->head.has_passphrase) {
        p->passes = lock->cost == COST_NORMAL ? 3 : 1;
        p->memory_kib = lock->cost == COST_NORMAL ? 64 * 1024 : 8;
        randombytes_buf(p->salt, sizeof p->salt);
        is_done = backup_derive(p, lock->passphrase, wrap);
    }
    plain_encode(p, w->head);
    if (p->head.has_passphrase) {
        randombytes_buf(w->head + AT_NONCE, AT_SEALED - AT_NONCE);
        crypto_aead_xchacha20poly1305_ietf_encrypt(w->head + AT_SEALED, NULL, file_key,
                                                   FILE_KEY_BYTES, w->head, AT_NONCE, NULL,
                                                   w->head + AT_NONCE, wrap);
    }
    if (p->head.has_recovery)
        is_done = is_done &&
                  crypto_box_seal(w->head + AT_BOX, file_key, FILE_KEY_BYTES, lock->recovery) == 0;
    secret_free(wrap);
    return is_done;
}

static enum err put(struct backup_writer *w, const uint8_t *data, size_t len,
                    struct problem *problem)
{
    while (len > 0) {
        ssize_t n = write(w->fd, data, len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            problem_set(problem, _("%s: cannot be written (%s)."), w->path, strerror(errno));
            return ERR_IO;
        }
        data += n;
        len -= (size_t)n;
    }
    return OK;
}

static enum err put_summed(struct backup_writer *w, const uint8_t *data, size_t len,
                           struct problem *problem)
{
    crypto_generichash_update(&w->sum, data, len);
    return put(w, data, len, problem);
}

enum err backup_writer_new(int fd, const char *path, const struct backup_head *head,
                           const struct backup_lock *lock, struct backup_writer **out,
                           struct problem *problem)
{
    assert(lock->passphrase.len > 0 || lock->recovery != NULL);
    struct backup_writer *w = calloc(1, sizeof *w);
    struct backup_plain p = {.head = *head};
    *out = NULL;
    if (w == NULL) {
        problem_set(problem, _("%s: cannot be written (%s)."), path, strerror(ENOMEM));
        return ERR_IO;
    }
    *w = (struct backup_writer){
        .fd = fd, .path = path, .left = head->content_bytes, .is_first = true};
    w->stream = secret_new(sizeof *w->stream);
    p.head.has_passphrase = lock->passphrase.len > 0;
    p.head.has_recovery = lock->recovery != NULL;
    if (p.head.has_recovery)
        memcpy(p.head.recovery, lock->recovery, RECOVERY_KEY_BYTES);
    w->file_key = secret_new(FILE_KEY_BYTES);
    enum err e = lock_up(w, &p, lock) ? OK : ERR_IO;
    if (e != OK)
        problem_set(problem,
                    _("%s: the content cannot be sealed; is there enough memory, and is "
                      "the recovery key in order?"),
                    path);
    crypto_secretstream_xchacha20poly1305_init_push(w->stream, w->head + AT_STREAM, w->file_key);
    crypto_generichash_init(&w->sum, NULL, 0, BACKUP_SUM_BYTES);
    if (e == OK)
        e = put_summed(w, w->head, sizeof w->head, problem);
    if (e == OK)
        *out = w;
    else
        backup_writer_free(&w);
    return e;
}

static enum err seal(struct backup_writer *w, unsigned char tag, struct problem *problem)
{
    unsigned long long len = 0;
    crypto_secretstream_xchacha20poly1305_push(w->stream, w->sealed, &len, w->chunk, w->used,
                                               w->is_first ? w->head : NULL,
                                               w->is_first ? sizeof w->head : 0, tag);
    w->is_first = false;
    w->used = 0;
    return put_summed(w, w->sealed, (size_t)len, problem);
}

enum err backup_write(struct backup_writer *w, struct bytes content, struct problem *problem)
{
    assert(content.len <= w->left);
    w->left -= content.len;
    while (content.len > 0) {
        size_t room = sizeof w->chunk - w->used;
        size_t take = content.len < room ? content.len : room;
        memcpy(w->chunk + w->used, content.data, take);
        w->used += take;
        content = bytes_of(content.data + take, content.len - take);
        if (w->used == sizeof w->chunk) {
            enum err e = seal(w, 0, problem);
            if (e != OK)
                return e;
        }
    }
    return OK;
}

enum err backup_writer_end(struct backup_writer *w, struct problem *problem)
{
    uint8_t sum[BACKUP_SUM_BYTES];
    assert(w->left == 0);
    enum err e = seal(w, crypto_secretstream_xchacha20poly1305_TAG_FINAL, problem);
    crypto_generichash_final(&w->sum, sum, sizeof sum);
    return e == OK ? put(w, sum, sizeof sum, problem) : e;
}

const uint8_t *backup_writer_key(const struct backup_writer *w)
{
    return w->file_key;
}

void backup_writer_free(struct backup_writer **pw)
{
    struct backup_writer *w = *pw;
    *pw = NULL;
    if (w == NULL)
        return;
    secret_free(w->stream);
    secret_free(w->file_key);
    sodium_memzero(w->chunk, sizeof w->chunk);
    free(w);
}
