/*
 * fuzz_key.c - key files: the ring, a key in it, a key alone, and the ring as a folder.
 *
 * The script: which of them, whether the sum at the end is made right, then a true file's bytes
 * with changes over them (place u16, bits u8 each) or, with bit 7, the whole file. Argon2id is kept
 * to the test's cost, or where a file asks for more than ever, refused. Unchanged files open, and
 * changed ones never give another secret than the one that was sealed.
 */
#include "node/keyfile.h"
#include "node/keyring.h"
#include "node/secret.h"
#include "tests/fuzz/disk.h"
#include "tests/fuzz/fuzz.h"

#include <sodium.h>
#include <unistd.h>

enum { RAW = 0x80, MAKE_SUM = 0x40, SUM_BYTES = 16, COST_AT = 20, MEMORY_AT = 24, FORM_AT = 16 };

static const char label[] = "steward";
static uint8_t truth[2][KEYFILE_BYTES_MAX];
static size_t truth_len[2];
static uint8_t wrap[KEYFILE_WRAP_BYTES], sealed[64];
static const uint8_t public_half[32] = {1, 2, 3};

static size_t slurp(const char *path, uint8_t *out)
{
    FILE *f = fopen(path, "rb");
    CHECK(f != NULL);
    size_t len = fread(out, 1, KEYFILE_BYTES_MAX, f);
    fclose(f);
    return len;
}

/* One true file of each form that has another key. */
static void make_truth(void)
{
    char path[512];
    struct problem problem;
    if (truth_len[0] != 0)
        return;
    CHECK(sodium_init() >= 0);
    fuzz_seed(6, wrap);
    fuzz_seed(7, sealed);
    for (size_t i = 0; i < 2; i++) {
        struct keyfile_key key = {.form = i == 0 ? KEYFILE_ALONE : KEYFILE_IN_RING,
                                  .cost = COST_TEST};
        if (i == 0)
            key.passphrase = BYTES_LITERAL("a passphrase");
        else
            key.wrap = wrap;
        snprintf(path, sizeof path, "%s/true-%zu", disk_folder(), i);
        CHECK(keyfile_seal(path, label, bytes_of(public_half, sizeof public_half),
                           bytes_of(sealed, sizeof sealed), &key, &problem) == OK);
        truth_len[i] = slurp(path, truth[i]);
        unlink(path);
    }
}

/* What Argon2id may cost here: no more than a test's file, unless it is out of all bounds. */
static void bound_cost(uint8_t *file, size_t len)
{
    if (len < MEMORY_AT + 4)
        return;
    struct unpack u = unpack_of(bytes_of(file + COST_AT, 8));
    uint32_t passes = unpack_u32(&u), memory = unpack_u32(&u);
    struct pack p = pack_of(file + COST_AT, 8);
    if (passes > 1 && passes <= 1000)
        passes = 1;
    if (memory > 8 && memory <= 64u * 1024 * 1024)
        memory = 8;
    pack_u32(&p, passes);
    pack_u32(&p, memory);
}

static size_t make_file(struct unpack *u, size_t which, uint8_t how, uint8_t *file)
{
    size_t len = truth_len[which];
    if ((how & RAW) != 0) {
        len = u->left < KEYFILE_BYTES_MAX + 8 ? u->left : KEYFILE_BYTES_MAX + 8;
        unpack_copy(u, file, len);
    } else {
        memcpy(file, truth[which], len);
        while (u->left >= 3) {
            size_t at = unpack_u16(u);
            file[at % len] ^= unpack_u8(u);
            len = at >= 0xff00 && len > 1 ? len - 1 : len;
        }
    }
    if ((how & MAKE_SUM) != 0 && len > SUM_BYTES) {
        bound_cost(file, len);
        crypto_generichash(file + len - SUM_BYTES, SUM_BYTES, file, len - SUM_BYTES, NULL, 0);
    }
    return len;
}

static void try_file(size_t which, const char *path, bool is_whole)
{
    uint8_t public_out[32], *secret = secret_new(sizeof sealed);
    struct problem problem = {{0}};
    struct keyfile_halves out = {public_out, sizeof public_out, secret, sizeof sealed};
    struct keyfile_key key = {.form = which == 0 ? KEYFILE_ALONE : KEYFILE_IN_RING};
    enum err e;
    if (which == 0) {
        e = keyfile_read(path, label, BYTES_LITERAL("a passphrase"), &out, &problem);
    } else {
        key.wrap = wrap;
        e = keyfile_open(path, label, &key, &out, &problem);
    }
    CHECK(!is_whole || e == OK);
    CHECK((e == OK) == (problem.text[0] == '\0'));
    if (e == OK)
        CHECK(memcmp(secret, sealed, sizeof sealed) == 0 &&
              memcmp(public_out, public_half, sizeof public_out) == 0);
    else
        CHECK(fuzz_is_filled(secret, 0, sizeof sealed));
    secret_free(secret);
    memset(public_out, 0, sizeof public_out);
    (void)!keyfile_public(path, label, public_out, sizeof public_out, &problem);
}

/* A folder whose ring is the file: it opens with the passphrase or not at all. */
static void try_ring(struct bytes file)
{
    struct keyring *ring = NULL;
    struct problem problem = {{0}};
    (void)disk_write("ring", file);
    enum err e = keyring_open(disk_folder(), BYTES_LITERAL("a passphrase"), &ring, &problem);
    CHECK((e == OK) == (ring != NULL) && (e == OK) == (problem.text[0] == '\0'));
    keyring_free(&ring);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static uint8_t file[KEYFILE_BYTES_MAX + 8];
    struct unpack u = unpack_of(bytes_of(data, len));
    uint8_t how = unpack_u8(&u);
    size_t which = how & 1;
    if (len > 1024)
        return 0;
    make_truth();
    size_t size = make_file(&u, which, how, file);
    if (size > FORM_AT && (how & MAKE_SUM) == 0 && (how & RAW) != 0)
        bound_cost(file, size); /* its sum is right by chance only */
    struct bytes content = bytes_of(file, size);
    bool is_whole = size == truth_len[which] && memcmp(file, truth[which], size) == 0;
    try_file(which, disk_write("key", content), is_whole);
    if ((how & 2) != 0)
        try_ring(content);
    return 0;
}
