#include "node/keyfile.h"

#include "node/private_file.h"
#include "node/secret.h"
#include "node/text.h"

#include <assert.h>
#include <malloc.h>
#include <sodium.h>
#include <string.h>

enum {
    LABEL_BYTES = KEYFILE_LABEL_BYTES_MAX + 1,
    SALT_BYTES = crypto_pwhash_argon2id_SALTBYTES,
    NONCE_BYTES = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES,
    SEAL_BYTES = crypto_aead_xchacha20poly1305_ietf_ABYTES,
    SUM_BYTES = 16,
    HEAD_BYTES = 232, /* everything before the sealed secret */
    PASSES_MAX = 16,
    MEMORY_KIB_MIN = 8,
    MEMORY_KIB_MAX = 1024 * 1024,
};
_Static_assert(SALT_BYTES == 16 && NONCE_BYTES == 24 && SEAL_BYTES == 16, "as in the layout");
_Static_assert((int)KEYFILE_WRAP_BYTES == crypto_aead_xchacha20poly1305_ietf_KEYBYTES, "one key");

static const uint8_t magic[16] = "seinpost/v1/key";

/* What stands before the sealed secret. */
struct head {
    uint8_t form;
    uint32_t passes;
    uint32_t memory_kib;
    uint8_t salt[SALT_BYTES];
    char label[LABEL_BYTES];
    uint16_t public_len;
    uint16_t secret_len;
    uint8_t public_half[KEYFILE_PUBLIC_BYTES_MAX];
    uint8_t nonce[NONCE_BYTES];
};

static size_t head_encode(const struct head *h, uint8_t out[HEAD_BYTES])
{
    static const uint8_t zeros[3];
    struct pack p = pack_of(out, HEAD_BYTES);
    pack_copy(&p, magic, sizeof magic);
    pack_u8(&p, h->form);
    pack_copy(&p, zeros, sizeof zeros);
    pack_u32(&p, h->passes);
    pack_u32(&p, h->memory_kib);
    pack_copy(&p, h->salt, SALT_BYTES);
    pack_copy(&p, h->label, LABEL_BYTES);
    pack_u16(&p, h->public_len);
    pack_u16(&p, h->secret_len);
    pack_copy(&p, h->public_half, sizeof h->public_half);
    pack_copy(&p, h->nonce, NONCE_BYTES);
    assert(!p.is_full && pack_len(&p) == HEAD_BYTES);
    return pack_len(&p);
}

/* Reads a whole file's head after its sum; false when it is not one of ours, or damaged. */
static bool head_decode(struct bytes file, struct head *h)
{
    uint8_t sum[SUM_BYTES], start[sizeof magic];
    if (file.len <= HEAD_BYTES + SEAL_BYTES + SUM_BYTES)
        return false;
    size_t summed = file.len - SUM_BYTES;
    crypto_generichash(sum, SUM_BYTES, file.data, summed, NULL, 0);
    if (memcmp(sum, file.data + summed, SUM_BYTES) != 0)
        return false;
    struct unpack u = unpack_of(file);
    unpack_copy(&u, start, sizeof start);
    h->form = unpack_u8(&u);
    (void)unpack_view(&u, 3);
    h->passes = unpack_u32(&u);
    h->memory_kib = unpack_u32(&u);
    unpack_copy(&u, h->salt, SALT_BYTES);
    unpack_copy(&u, h->label, LABEL_BYTES);
    h->public_len = unpack_u16(&u);
    h->secret_len = unpack_u16(&u);
    unpack_copy(&u, h->public_half, sizeof h->public_half);
    unpack_copy(&u, h->nonce, NONCE_BYTES);
    return memcmp(start, magic, sizeof magic) == 0 && h->label[LABEL_BYTES - 1] == '\0' &&
           h->public_len <= KEYFILE_PUBLIC_BYTES_MAX && h->secret_len > 0 &&
           h->secret_len == file.len - HEAD_BYTES - SEAL_BYTES - SUM_BYTES;
}

static bool label_is_good(const char *label)
{
    size_t len = strspn(label, "abcdefghijklmnopqrstuvwxyz0123456789-");
    return len > 0 && len <= KEYFILE_LABEL_BYTES_MAX && label[len] == '\0';
}

/* The key that a file is sealed with, into wrap. False when the memory for Argon2id is not there.
 * What Argon2id used goes back to the system at once. */
static bool wrap_derive(const struct head *h, const struct keyfile_key *key,
                        uint8_t wrap[KEYFILE_WRAP_BYTES])
{
    if (h->form == KEYFILE_IN_RING) {
        memcpy(wrap, key->wrap, KEYFILE_WRAP_BYTES);
        return true;
    }
    int failed = crypto_pwhash_argon2id(
        wrap, KEYFILE_WRAP_BYTES, (const char *)key->passphrase.data, key->passphrase.len, h->salt,
        h->passes, (size_t)h->memory_kib * 1024, crypto_pwhash_argon2id_ALG_ARGON2ID13);
    malloc_trim(0);
    return failed == 0;
}

enum err keyfile_seal(const char *path, const char *label, struct bytes public_half,
                      struct bytes secret, const struct keyfile_key *key, struct problem *problem)
{
    assert(label_is_good(label));
    assert(public_half.len <= KEYFILE_PUBLIC_BYTES_MAX);
    assert(secret.len > 0 && secret.len <= KEYFILE_SECRET_BYTES_MAX);
    struct head h = {
        .form = (uint8_t)key->form,
        .public_len = (uint16_t)public_half.len,
        .secret_len = (uint16_t)secret.len,
    };
    if (key->form != KEYFILE_IN_RING) {
        h.passes = key->cost == COST_NORMAL ? 3 : 1;
        h.memory_kib = key->cost == COST_NORMAL ? 64 * 1024 : MEMORY_KIB_MIN;
        randombytes_buf(h.salt, sizeof h.salt);
    }
    memcpy(h.label, label, strlen(label));
    if (public_half.len > 0)
        memcpy(h.public_half, public_half.data, public_half.len);
    randombytes_buf(h.nonce, sizeof h.nonce);

    uint8_t file[KEYFILE_BYTES_MAX];
    size_t len = head_encode(&h, file);
    uint8_t *wrap = secret_new(KEYFILE_WRAP_BYTES);
    if (!wrap_derive(&h, key, wrap)) {
        secret_free(wrap);
        problem_set(problem, _("%s: there is not enough memory to seal the key."), path);
        return ERR_IO;
    }
    crypto_aead_xchacha20poly1305_ietf_encrypt(file + len, NULL, secret.data, secret.len, file, len,
                                               NULL, h.nonce, wrap);
    secret_free(wrap);
    len += secret.len + SEAL_BYTES;
    crypto_generichash(file + len, SUM_BYTES, file, len, NULL, 0);
    return private_file_write(path, bytes_of(file, len + SUM_BYTES), problem);
}

/* Reads a file up to its head and compares it with what the caller expects. */
static enum err file_read(const char *path, const char *label, uint8_t file[KEYFILE_BYTES_MAX],
                          size_t *len, struct head *h, struct problem *problem)
{
    enum err e = private_file_read(path, false, file, KEYFILE_BYTES_MAX, len, problem);
    if (e != OK)
        return e;
    if (!head_decode(bytes_of(file, *len), h)) {
        problem_set(problem,
                    _("%s: is not a key file, or is damaged. Restore it from your backup."), path);
        return ERR_FORMAT;
    }
    if (strcmp(h->label, label) != 0) {
        problem_set(problem, _("%s: holds a key for another purpose than %s. Name the right file."),
                    path, label);
        return ERR_FORMAT;
    }
    return OK;
}

static enum err lengths_differ(const char *path, struct problem *problem)
{
    problem_set(problem, _("%s: holds another kind of key. Name the right file."), path);
    return ERR_FORMAT;
}

enum err keyfile_open(const char *path, const char *label, const struct keyfile_key *key,
                      struct keyfile_halves *out, struct problem *problem)
{
    uint8_t file[KEYFILE_BYTES_MAX];
    size_t len;
    struct head h;
    sodium_memzero(out->secret, out->secret_len);
    enum err e = file_read(path, label, file, &len, &h, problem);
    if (e != OK)
        return e;
    if (h.form != key->form || h.public_len != out->public_len || h.secret_len != out->secret_len)
        return lengths_differ(path, problem);
    if (h.form != KEYFILE_IN_RING &&
        (h.passes < 1 || h.passes > PASSES_MAX || h.memory_kib < MEMORY_KIB_MIN ||
         h.memory_kib > MEMORY_KIB_MAX)) {
        problem_set(problem,
                    _("%s: asks for unusual work to open it. Restore it from your backup."), path);
        return ERR_RANGE;
    }
    uint8_t *wrap = secret_new(KEYFILE_WRAP_BYTES);
    if (!wrap_derive(&h, key, wrap)) {
        problem_set(problem, _("%s: there is not enough memory to open the key."), path);
        e = ERR_IO;
    } else if (crypto_aead_xchacha20poly1305_ietf_decrypt(
                   out->secret, NULL, NULL, file + HEAD_BYTES, h.secret_len + (size_t)SEAL_BYTES,
                   file, HEAD_BYTES, h.nonce, wrap) != 0) {
        problem_set(problem,
                    h.form == KEYFILE_IN_RING
                        ? _("%s: belongs to another set of keys. Restore both from one backup.")
                        : _("%s: the passphrase does not open it. Check it and try again."),
                    path);
        sodium_memzero(out->secret, out->secret_len);
        e = ERR_PASSPHRASE;
    } else if (h.public_len > 0) {
        memcpy(out->public_half, h.public_half, h.public_len);
    }
    secret_free(wrap);
    return e;
}

enum err keyfile_write(const char *path, const char *label, struct bytes public_half,
                       struct bytes secret, struct bytes passphrase, enum keyfile_cost cost,
                       struct problem *problem)
{
    struct keyfile_key key = {.form = KEYFILE_ALONE, .passphrase = passphrase, .cost = cost};
    return keyfile_seal(path, label, public_half, secret, &key, problem);
}

enum err keyfile_read(const char *path, const char *label, struct bytes passphrase,
                      struct keyfile_halves *out, struct problem *problem)
{
    struct keyfile_key key = {.form = KEYFILE_ALONE, .passphrase = passphrase};
    return keyfile_open(path, label, &key, out, problem);
}

enum err keyfile_public(const char *path, const char *label, uint8_t *out, size_t len,
                        struct problem *problem)
{
    uint8_t file[KEYFILE_BYTES_MAX];
    size_t file_len;
    struct head h;
    enum err e = file_read(path, label, file, &file_len, &h, problem);
    if (e != OK)
        return e;
    if (h.public_len != len)
        return lengths_differ(path, problem);
    memcpy(out, h.public_half, len);
    return OK;
}
