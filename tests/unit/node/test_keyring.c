#include "node/keyring.h"
#include "node/private_file.h"

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

static char root[] = "/tmp/seinpost-keyring-XXXXXX";
static struct problem problem;
static const char right_text[] = "five words nobody would combine";
static const char wrong_text[] = "five words nobody would Combine";
static const struct bytes right = {(const uint8_t *)right_text, sizeof right_text - 1};
static const struct bytes wrong = {(const uint8_t *)wrong_text, sizeof wrong_text - 1};

static int enter_folder(void **state)
{
    (void)state;
    return sodium_init() < 0 || mkdtemp(root) == NULL ? -1 : chdir(root);
}

static int leave_folder(void **state)
{
    (void)state;
    return rmdir(root);
}

static void remove_ring(const char *dir)
{
    static const char *const files[] = {"ring",       "feed.key",   "desk.key",  "share-1.key",
                                        "feed-2.key", "feed-3.key", "feed-5.key"};
    char path[64];
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        snprintf(path, sizeof path, "%s/%s", dir, files[i]);
        unlink(path);
    }
    assert_int_equal(rmdir(dir), 0);
}

/* Goal: keys put in before a restart come out after it, with one passphrase.
 * Method: create, put three keys of different shapes, free, open, get. */
static void across_a_restart(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        size_t public_len, secret_len;
    } rows[] = {
        {"feed",    32,                       64                      },
        {"desk",    0,                        1                       },
        {"share-1", KEYFILE_PUBLIC_BYTES_MAX, KEYFILE_SECRET_BYTES_MAX},
    };
    uint8_t bytes[KEYFILE_SECRET_BYTES_MAX], pub[KEYFILE_PUBLIC_BYTES_MAX];
    uint8_t secret[KEYFILE_SECRET_BYTES_MAX];
    struct keyring *k;
    struct stat st;
    randombytes_buf_deterministic(bytes, sizeof bytes, (const uint8_t[32]){1});
    umask(0);
    assert_int_equal(keyring_create("keys", right, COST_TEST, &k, &problem), OK);
    assert_int_equal(stat("keys", &st), 0);
    assert_int_equal(st.st_mode & 07777, 0700);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(keyring_put(k, rows[i].name, bytes_of(bytes, rows[i].public_len),
                                     bytes_of(bytes, rows[i].secret_len), &problem),
                         OK);
    keyring_free(&k);
    assert_null(k);
    keyring_free(&k);
    assert_int_equal(keyring_open("keys", right, &k, &problem), OK);
    for (size_t i = 0; i < 3; i++) {
        struct keyfile_halves out = {pub, rows[i].public_len, secret, rows[i].secret_len};
        assert_int_equal(keyring_get(k, rows[i].name, &out, &problem), OK);
        assert_memory_equal(secret, bytes, rows[i].secret_len);
        assert_int_equal(memcmp(pub, bytes, rows[i].public_len), 0);
        char path[64];
        snprintf(path, sizeof path, "keys/%s.key", rows[i].name);
        assert_int_equal(keyfile_public(path, rows[i].name, pub, rows[i].public_len, &problem), OK);
    }
    assert_int_equal(keyring_put(k, "feed", bytes_of(NULL, 0), bytes_of(bytes, 32), &problem),
                     ERR_DUPLICATE);
    keyring_free(&k);
    remove_ring("keys");
}

/* Goal: the newest key of a kind is the last of an unbroken row.
 * Method: one after the other, and one with a gap before it. */
static void renewed_keys(void **state)
{
    (void)state;
    static const char *const names[] = {"feed", "feed-2", "feed-3", "feed-5"};
    static const unsigned newest[] = {1, 2, 3, 3};
    struct keyring *k = NULL;
    uint8_t half[32] = {0}, secret[64] = {0};
    assert_int_equal(keyring_create("keys", right, COST_TEST, &k, &problem), OK);
    assert_int_equal(keyring_generations(k, "feed"), 0);
    for (unsigned i = 0; i < 4; i++) {
        assert_int_equal(keyring_put(k, names[i], bytes_of(half, sizeof half),
                                     bytes_of(secret, sizeof secret), &problem),
                         OK);
        assert_int_equal(keyring_generations(k, "feed"), newest[i]);
    }
    assert_int_equal(keyring_generations(k, "transport"), 0);
    keyring_free(&k);
    remove_ring("keys");
}

/* Goal: each way in which a ring does not open has its own code and sentence.
 * Method: provoke them one by one. */
static void refusals(void **state)
{
    (void)state;
    struct keyring *k;
    static char path[5000];
    memset(path, 'a', sizeof path - 1);
    assert_int_equal(keyring_open("keys", right, &k, &problem), ERR_NOT_FOUND);
    assert_null(k);
    assert_string_equal(problem.text, "keys/ring: cannot be opened (No such file or directory).");
    assert_int_equal(keyring_create("no/keys", right, COST_TEST, &k, &problem), ERR_IO);
    assert_int_equal(keyring_create(path, right, COST_TEST, &k, &problem), ERR_LIMIT);
    assert_int_equal(keyring_open(path, right, &k, &problem), ERR_LIMIT);
    assert_int_equal(keyring_create("keys", right, COST_TEST, &k, &problem), OK);
    keyring_free(&k);
    assert_int_equal(keyring_create("keys", right, COST_TEST, &k, &problem), ERR_DUPLICATE);
    assert_null(k);
    assert_int_equal(keyring_open("keys", wrong, &k, &problem), ERR_PASSPHRASE);
    assert_null(k);
    assert_string_equal(problem.text,
                        "keys/ring: the passphrase does not open it. Check it and try again.");
    assert_int_equal(chmod("keys/ring", 0640), 0);
    assert_int_equal(keyring_open("keys", right, &k, &problem), ERR_UNAUTHORISED);
    unlink("keys/ring");
    assert_int_equal(symlink("ring", "keys/ring"), 0);
    assert_int_equal(keyring_open("keys", right, &k, &problem), ERR_IO);
    unlink("keys/ring");
    uint8_t big[KEYFILE_BYTES_MAX + 1] = {0};
    assert_int_equal(private_file_write("keys/ring", bytes_of(big, sizeof big), &problem), OK);
    assert_int_equal(keyring_open("keys", right, &k, &problem), ERR_LIMIT);
    unlink("keys/ring");
    assert_int_equal(private_file_write("keys/ring", bytes_of(big, 328), &problem), OK);
    assert_int_equal(keyring_open("keys", right, &k, &problem), ERR_FORMAT);
    unlink("keys/ring");
    /* A key that stands alone is no ring, whatever its label. */
    assert_int_equal(keyfile_write("keys/ring", "ring", bytes_of(NULL, 0), bytes_of(big, 32), right,
                                   COST_TEST, &problem),
                     OK);
    assert_int_equal(keyring_open("keys", right, &k, &problem), ERR_FORMAT);
    remove_ring("keys");
}

/* Goal: a ring that asks for absurd work is refused before any work.
 * Method: a ring with changed numbers and a right sum. */
static void unusual_work(void **state)
{
    (void)state;
    struct keyring *k;
    uint8_t file[KEYFILE_BYTES_MAX];
    size_t len;
    assert_int_equal(keyring_create("keys", right, COST_TEST, &k, &problem), OK);
    keyring_free(&k);
    assert_int_equal(private_file_read("keys/ring", false, file, sizeof file, &len, &problem), OK);
    memset(file + 24, 0xff, 4);
    crypto_generichash(file + len - 16, 16, file, len - 16, NULL, 0);
    unlink("keys/ring");
    assert_int_equal(private_file_write("keys/ring", bytes_of(file, len), &problem), OK);
    assert_int_equal(keyring_open("keys", right, &k, &problem), ERR_RANGE);
    remove_ring("keys");
}

/* Goal: a key opens in its own ring and under its own name only.
 * Method: two rings of one passphrase; move a file between names and between rings. */
static void keys_stay_in_place(void **state)
{
    (void)state;
    struct keyring *a, *b;
    uint8_t secret[32] = {7};
    struct keyfile_halves out = {NULL, 0, secret, sizeof secret};
    assert_int_equal(keyring_create("a", right, COST_TEST, &a, &problem), OK);
    assert_int_equal(keyring_create("b", right, COST_TEST, &b, &problem), OK);
    struct bytes none = bytes_of(NULL, 0), s = bytes_of(secret, sizeof secret);
    assert_int_equal(keyring_put(a, "feed", none, s, &problem), OK);
    assert_int_equal(keyring_get(a, "desk", &out, &problem), ERR_NOT_FOUND);
    assert_true(sodium_is_zero(secret, sizeof secret));
    assert_int_equal(rename("a/feed.key", "a/desk.key"), 0);
    assert_int_equal(keyring_get(a, "desk", &out, &problem), ERR_FORMAT);
    assert_string_equal(problem.text, "a/desk.key: holds a key for another purpose than desk. Name "
                                      "the right file.");
    assert_int_equal(rename("a/desk.key", "b/feed.key"), 0);
    assert_int_equal(keyring_get(b, "feed", &out, &problem), ERR_PASSPHRASE);
    assert_string_equal(problem.text,
                        "b/feed.key: belongs to another set of keys. Restore both from "
                        "one backup.");
    assert_int_equal(rename("b/feed.key", "a/feed.key"), 0);
    assert_int_equal(keyring_get(a, "feed", &out, &problem), OK);
    assert_int_equal(secret[0], 7);
    keyring_free(&a);
    keyring_free(&b);
    remove_ring("a");
    remove_ring("b");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(across_a_restart),   cmocka_unit_test(renewed_keys),
        cmocka_unit_test(refusals),           cmocka_unit_test(unusual_work),
        cmocka_unit_test(keys_stay_in_place),
    };
    return cmocka_run_group_tests(tests, enter_folder, leave_folder);
}
