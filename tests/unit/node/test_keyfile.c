#include "node/keyfile.h"
#include "node/private_file.h"
#include "node/secret.h"

#include <setjmp.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

enum { PUBLIC_BYTES = 32, SECRET_BYTES = 64, FILE_BYTES = 232 + SECRET_BYTES + 32 };

static char root[] = "/tmp/seinpost-keyfile-XXXXXX";
static struct problem problem;
static uint8_t public_half[PUBLIC_BYTES], secret[SECRET_BYTES];
#define RIGHT "five words nobody would combine"
static const char right_text[] = RIGHT;
static const struct bytes right = {(const uint8_t *)right_text, sizeof right_text - 1};

static int enter_folder(void **state)
{
    (void)state;
    if (sodium_init() < 0 || mkdtemp(root) == NULL || chdir(root) != 0)
        return -1;
    randombytes_buf(public_half, sizeof public_half);
    randombytes_buf(secret, sizeof secret);
    return 0;
}

static int leave_folder(void **state)
{
    (void)state;
    return rmdir(root);
}

static void write_one(const char *path)
{
    assert_int_equal(keyfile_write(path, "steward", bytes_of(public_half, PUBLIC_BYTES),
                                   bytes_of(secret, SECRET_BYTES), right, COST_TEST, &problem),
                     OK);
}

/* Reads a key and checks that a failure leaves no secret, and that it is told. */
static enum err read_one(const char *path, const char *label, struct bytes passphrase,
                         size_t public_len, size_t secret_len)
{
    static const uint8_t zeros[KEYFILE_SECRET_BYTES_MAX];
    uint8_t got_public[KEYFILE_PUBLIC_BYTES_MAX];
    uint8_t *got = secret_new(secret_len);
    memset(got, 0xee, secret_len);
    problem.text[0] = '\0';
    struct keyfile_halves out = {got_public, public_len, got, secret_len};
    enum err e = keyfile_read(path, label, passphrase, &out, &problem);
    if (e == OK) {
        assert_memory_equal(got_public, public_half, PUBLIC_BYTES);
        assert_memory_equal(got, secret, SECRET_BYTES);
    } else {
        assert_memory_equal(got, zeros, secret_len);
        assert_string_not_equal(problem.text, "");
    }
    secret_free(got);
    return e;
}

static size_t load(const char *path, uint8_t out[KEYFILE_BYTES_MAX])
{
    size_t len;
    assert_int_equal(private_file_read(path, false, out, KEYFILE_BYTES_MAX, &len, NULL), OK);
    return len;
}

/* Without fsync, since a test stores thousands. */
static void store(const char *path, const uint8_t *data, size_t len)
{
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    assert_int_equal(fwrite(data, 1, len, f), len);
    assert_int_equal(fclose(f), 0);
    assert_int_equal(chmod(path, 0600), 0);
}

/* Goal: a key comes back with its passphrase only, for its purpose only.
 * Method: one file; a row is a way to ask for it, says the sentence for the person. */
static void reading(void **state)
{
    (void)state;
    static const struct {
        const char *path, *label, *passphrase;
        size_t public_len, secret_len;
        enum err want;
    } rows[] = {
        {"k",  "steward", RIGHT,                             32, 64, OK            },
        {"k",  "steward", "five words nobody would combinE", 32, 64, ERR_PASSPHRASE},
        {"k",  "steward", "",                                32, 64, ERR_PASSPHRASE},
        {"k",  "share",   RIGHT,                             32, 64, ERR_FORMAT    },
        {"k",  "steward", RIGHT,                             0,  64, ERR_FORMAT    },
        {"k",  "steward", RIGHT,                             32, 32, ERR_FORMAT    },
        {"no", "steward", RIGHT,                             32, 64, ERR_NOT_FOUND },
        {".",  "steward", RIGHT,                             32, 64, ERR_FORMAT    },
    };
    static const char *const says[] = {
        "",
        "k: the passphrase does not open it. Check it and try again.",
        "k: the passphrase does not open it. Check it and try again.",
        "k: holds a key for another purpose than share. Name the right file.",
        "k: holds another kind of key. Name the right file.",
        "k: holds another kind of key. Name the right file.",
        "no: cannot be opened (No such file or directory).",
        ".: is not a plain file. Name a file.",
    };
    write_one("k");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int_equal(read_one(rows[i].path, rows[i].label,
                                  bytes_of(rows[i].passphrase, strlen(rows[i].passphrase)),
                                  rows[i].public_len, rows[i].secret_len),
                         rows[i].want);
        assert_string_equal(problem.text, says[i]);
    }
    assert_int_equal(chmod("k", 0644), 0);
    assert_int_equal(read_one("k", "steward", right, 32, 64), ERR_UNAUTHORISED);
    assert_string_equal(problem.text, "k: other users may read it. Run: chmod 600 k");
    unlink("k");
    uint8_t big[KEYFILE_BYTES_MAX + 1] = {0};
    store("k", big, sizeof big);
    assert_int_equal(read_one("k", "steward", right, 32, 64), ERR_LIMIT);
    unlink("k");
}

/* Goal: the layout is the one described, nothing of the secret is in clear, and no two files share
 * a salt or a nonce. Method: the bytes of two files of one key, and a file opened by hand. */
static void layout(void **state)
{
    (void)state;
    uint8_t a[KEYFILE_BYTES_MAX], b[KEYFILE_BYTES_MAX], key[32], plain[SECRET_BYTES];
    write_one("a");
    write_one("b");
    assert_int_equal(load("a", a), FILE_BYTES);
    assert_int_equal(load("b", b), FILE_BYTES);
    assert_memory_equal(a, "seinpost/v1/key\0\x03\0\0\0\0\0\0\x01\0\0\0\x08", 28);
    assert_memory_equal(
        a + 44, "steward\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x20\0\x40", 36);
    assert_memory_equal(a + 80, public_half, PUBLIC_BYTES);
    assert_memory_not_equal(a + 28, b + 28, 16);
    assert_memory_not_equal(a + 208, b + 208, 24);
    assert_null(memmem(a, FILE_BYTES, secret, 8));

    assert_int_equal(crypto_pwhash(key, sizeof key, (const char *)right.data, right.len, a + 28, 1,
                                   8192, crypto_pwhash_ALG_ARGON2ID13),
                     0);
    assert_int_equal(crypto_aead_xchacha20poly1305_ietf_decrypt(
                         plain, NULL, NULL, a + 232, SECRET_BYTES + 16, a, 232, a + 208, key),
                     0);
    assert_memory_equal(plain, secret, SECRET_BYTES);
    unlink("a");
    unlink("b");
}

/* Sets the sum right again after a change, as somebody who meddles would. */
static void resum(uint8_t *file, size_t len)
{
    crypto_generichash(file + len - 16, 16, file, len - 16, NULL, 0);
}

/* Goal: damage is told from a wrong passphrase, and meddling never yields a key.
 * Method: a good file cut at each byte, and each byte changed, without and with a new sum. */
static void damage(void **state)
{
    (void)state;
    uint8_t good[KEYFILE_BYTES_MAX], bad[KEYFILE_BYTES_MAX];
    write_one("k");
    size_t len = load("k", good);
    for (size_t i = 0; i < len; i++) {
        store("k", good, i);
        assert_int_equal(read_one("k", "steward", right, 32, 64), ERR_FORMAT);
        memcpy(bad, good, len);
        bad[i] ^= 0x40;
        store("k", bad, len);
        assert_int_equal(read_one("k", "steward", right, 32, 64), ERR_FORMAT);
        assert_string_equal(problem.text,
                            "k: is not a key file, or is damaged. Restore it from your backup.");
        bad[i] ^= 0x41; /* the low bit now */
        resum(bad, len);
        store("k", bad, len);
        enum err e = read_one("k", "steward", right, 32, 64);
        assert_true(i >= len - 16 ? e == OK
                                  : e == ERR_FORMAT || e == ERR_RANGE || e == ERR_PASSPHRASE);
    }
    unlink("k");
}

/* Goal: a file cannot make us work or allocate without bounds.
 * Method: a row is a number of passes and KiB with a right sum. */
static void unusual_work(void **state)
{
    (void)state;
    static const struct {
        uint32_t passes, memory_kib;
        enum err want;
    } rows[] = {
        {0,          8,          ERR_RANGE     },
        {17,         8,          ERR_RANGE     },
        {UINT32_MAX, 8,          ERR_RANGE     },
        {1,          7,          ERR_RANGE     },
        {1,          1048577,    ERR_RANGE     },
        {1,          UINT32_MAX, ERR_RANGE     },
        {2,          8,          ERR_PASSPHRASE},
    };
    uint8_t file[KEYFILE_BYTES_MAX];
    write_one("k");
    size_t len = load("k", file);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct pack p = pack_of(file + 20, 8);
        pack_u32(&p, rows[i].passes);
        pack_u32(&p, rows[i].memory_kib);
        resum(file, len);
        store("k", file, len);
        assert_int_equal(read_one("k", "steward", right, 32, 64), rows[i].want);
    }
    unlink("k");
}

/* Goal: the public half is there without a passphrase; nothing is replaced.
 * Method: ask for it rightly and wrongly; write twice. */
static void public_and_twice(void **state)
{
    (void)state;
    uint8_t got[PUBLIC_BYTES];
    write_one("k");
    assert_int_equal(keyfile_public("k", "steward", got, PUBLIC_BYTES, &problem), OK);
    assert_memory_equal(got, public_half, PUBLIC_BYTES);
    assert_int_equal(keyfile_public("k", "steward", got, 31, &problem), ERR_FORMAT);
    assert_int_equal(keyfile_public("k", "feed", got, PUBLIC_BYTES, &problem), ERR_FORMAT);
    assert_int_equal(keyfile_public("no", "feed", got, PUBLIC_BYTES, &problem), ERR_NOT_FOUND);
    struct bytes s = bytes_of(secret, SECRET_BYTES), none = bytes_of(NULL, 0);
    assert_int_equal(keyfile_write("k", "steward", none, s, right, COST_TEST, &problem),
                     ERR_DUPLICATE);
    assert_int_equal(keyfile_write("no/k", "steward", none, s, right, COST_TEST, &problem), ERR_IO);
    static char path[5000];
    memset(path, 'a', sizeof path - 1);
    assert_int_equal(keyfile_write(path, "steward", none, s, right, COST_TEST, &problem),
                     ERR_LIMIT);
    assert_int_equal(read_one("k", "steward", right, PUBLIC_BYTES, SECRET_BYTES), OK);
    unlink("k");
}

/* Resident memory of this process in KiB. */
static long resident_kib(void)
{
    long pages = 0;
    FILE *f = fopen("/proc/self/statm", "r");
    assert_non_null(f);
    assert_int_equal(fscanf(f, "%*d %ld", &pages), 1);
    fclose(f);
    return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

/* Goal: the normal cost is the one promised, and its memory goes back to the system.
 * Method: resident memory before and after one reading, against a quarter of what it takes. */
static void normal_cost(void **state)
{
    (void)state;
    uint8_t file[KEYFILE_BYTES_MAX];
    assert_int_equal(keyfile_write("k", "steward", bytes_of(public_half, PUBLIC_BYTES),
                                   bytes_of(secret, SECRET_BYTES), right, COST_NORMAL, &problem),
                     OK);
    load("k", file);
    assert_memory_equal(file + 20, "\0\0\0\x03\0\x01\0\0", 8);
    long before = resident_kib();
    assert_int_equal(read_one("k", "steward", right, PUBLIC_BYTES, SECRET_BYTES), OK);
    assert_true(resident_kib() - before < 16 * 1024);
    unlink("k");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reading),          cmocka_unit_test(layout),
        cmocka_unit_test(damage),           cmocka_unit_test(unusual_work),
        cmocka_unit_test(public_and_twice), cmocka_unit_test(normal_cost),
    };
    return cmocka_run_group_tests(tests, enter_folder, leave_folder);
}
