/*
 * test_backup_file.c - the sealed file of a backup: what goes in comes out, and nothing else opens.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "node/backup_file.h"

static char root[] = "/tmp/seinpost-backup-XXXXXX";
static struct problem problem;
static uint8_t recovery[64], other_recovery[64]; /* public half, secret half */
#define PASSPHRASE                                                                                 \
    {                                                                                              \
        (const uint8_t *)"five words nobody would combine", 31                                     \
    }
static const struct bytes passphrase = PASSPHRASE;

static int enter(void **state)
{
    (void)state;
    if (sodium_init() < 0 || mkdtemp(root) == NULL || chdir(root) != 0)
        return -1;
    crypto_box_keypair(recovery, recovery + 32);
    crypto_box_keypair(other_recovery, other_recovery + 32);
    return 0;
}

static int leave(void **state)
{
    (void)state;
    unlink("file");
    return rmdir(root);
}

/* A byte of content that depends on its place. */
static uint8_t byte_at(size_t i)
{
    return (uint8_t)(i * 31 + i / 251);
}

/* Writes "file" with so much content. */
static void make_file(size_t len, struct bytes pass, const uint8_t *public_half)
{
    struct backup_head head = {.org_id = "NL-KVK-41198677",
                               .store_layout = 3,
                               .made_utc = 1800000000,
                               .content_bytes = len};
    struct backup_lock lock = {.passphrase = pass, .cost = COST_TEST, .recovery = public_half};
    struct backup_writer *w = NULL;
    struct backup_reader *r = NULL;
    uint8_t *content = malloc(len + 1), got;
    assert_non_null(content);
    for (size_t i = 0; i < len; i++)
        content[i] = byte_at(i);
    int fd = open("file", O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_int_equal(backup_writer_new(fd, "file", &head, &lock, &w, &problem), OK);
    for (size_t at = 0; at < len; at += 1000) /* in pieces that match no chunk */
        assert_int_equal(
            backup_write(w, bytes_of(content + at, len - at < 1000 ? len - at : 1000), &problem),
            OK);
    assert_int_equal(backup_writer_end(w, &problem), OK);
    close(fd);
    assert_int_equal(backup_reader_new("file", NULL, &r, &problem), OK);
    assert_int_equal(backup_reader_recheck(r, w, &problem), OK);
    for (size_t i = 0; i < len; i += 999) {
        assert_int_equal(backup_read(r, &got, 1, &problem), OK);
        if (i == 0)
            assert_int_equal(got, content[0]);
    }
    backup_reader_free(&r);
    backup_writer_free(&w);
    free(content);
}

/* Reads everything; the first error. */
static enum err read_all(const struct backup_lock *lock, size_t len)
{
    struct backup_reader *r = NULL;
    uint8_t *content = malloc(len + 1);
    assert_non_null(content);
    enum err e = backup_reader_new("file", NULL, &r, &problem);
    if (e == OK)
        e = backup_reader_open(r, lock, &problem);
    if (e == OK)
        e = backup_read(r, content, len, &problem);
    if (e == OK)
        e = backup_reader_end(r, &problem);
    for (size_t i = 0; e == OK && i < len; i++)
        assert_int_equal(content[i], byte_at(i));
    backup_reader_free(&r);
    free(content);
    return e;
}

static uint8_t *load(size_t *len)
{
    FILE *f = fopen("file", "rb");
    uint8_t *data = malloc(1 << 20);
    assert_true(f != NULL && data != NULL);
    *len = fread(data, 1, 1 << 20, f);
    fclose(f);
    return data;
}

static void save(const uint8_t *data, size_t len)
{
    FILE *f = fopen("file", "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(data, 1, len, f), len);
    assert_int_equal(fclose(f), 0);
}

static const struct backup_lock by_pass = {.passphrase = PASSPHRASE};
static const struct backup_lock by_key = {.recovery = recovery};

/* Goal: any length comes back, by the passphrase as by the recovery key, and the length of the file
 * follows from it. */
static void there_and_back(void **state)
{
    (void)state;
    static const size_t lens[] = {0, 1, 65535, 65536, 65537, 131072, 200000};
    for (size_t i = 0; i < sizeof lens / sizeof lens[0]; i++) {
        size_t len;
        make_file(lens[i], passphrase, recovery);
        free(load(&len));
        assert_int_equal(len, backup_file_bytes(lens[i]));
        assert_int_equal(read_all(&by_pass, lens[i]), OK);
        assert_int_equal(read_all(&by_key, lens[i]), OK);
        assert_int_equal(read_all(&by_pass, lens[i] + 1), ERR_FORMAT);
        if (lens[i] > 0)
            assert_int_equal(read_all(&by_pass, lens[i] - 1), ERR_FORMAT);
    }
}

/* Goal: nothing but what it was sealed with opens it, and the head says with what. */
static void who_opens(void **state)
{
    (void)state;
    static const struct backup_lock by_wrong = {
        .passphrase = {(const uint8_t *)"five words nobody would Combine", 31}
    };
    static const struct backup_lock by_other = {.recovery = other_recovery};
    static const struct {
        bool has_pass, has_key;
        const struct backup_lock *lock;
        enum err want;
    } rows[] = {
        {true,  false, &by_pass,  OK            },
        {true,  false, &by_wrong, ERR_PASSPHRASE},
        {true,  false, &by_key,   ERR_PASSPHRASE},
        {false, true,  &by_key,   OK            },
        {false, true,  &by_other, ERR_PASSPHRASE},
        {false, true,  &by_pass,  ERR_PASSPHRASE},
        {true,  true,  &by_wrong, ERR_PASSPHRASE},
        {true,  true,  &by_other, ERR_PASSPHRASE},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct backup_reader *r = NULL;
        make_file(300, rows[i].has_pass ? passphrase : bytes_of(NULL, 0),
                  rows[i].has_key ? recovery : NULL);
        assert_int_equal(read_all(rows[i].lock, 300), rows[i].want);
        assert_int_equal(backup_reader_new("file", NULL, &r, &problem), OK);
        const struct backup_head *h = backup_reader_head(r);
        assert_string_equal(h->org_id, "NL-KVK-41198677");
        assert_int_equal(h->store_layout, 3);
        assert_int_equal(h->made_utc, 1800000000);
        assert_int_equal(h->content_bytes, 300);
        assert_int_equal(h->has_passphrase, rows[i].has_pass);
        assert_int_equal(h->has_recovery, rows[i].has_key);
        assert_true(!rows[i].has_key || memcmp(h->recovery, recovery, 32) == 0);
        backup_reader_free(&r);
    }
}

/* Goal: no part of a file passes for a file, at any length; nor does one with something behind it.
 */
static void cut_short(void **state)
{
    (void)state;
    size_t len;
    make_file(200, passphrase, recovery);
    uint8_t *data = load(&len);
    for (size_t cut = 0; cut < len; cut++) {
        struct backup_reader *r = NULL;
        save(data, cut);
        assert_int_equal(backup_reader_new("file", NULL, &r, &problem), ERR_TRUNCATED);
        assert_null(r);
    }
    data[len] = 0;
    save(data, len + 1);
    assert_int_equal(read_all(&by_pass, 200), ERR_FORMAT);
    free(data);
}

/* Goal: a file with one byte changed is refused before a secret is asked for; and one whose sum was
 * made to fit, before anything wrong is given out. */
static void each_byte(void **state)
{
    (void)state;
    size_t len;
    make_file(200, passphrase, recovery);
    uint8_t *data = load(&len);
    for (size_t at = 0; at < len; at++) {
        data[at] ^= 0x41;
        save(data, len);
        struct backup_reader *r = NULL;
        enum err e = backup_reader_new("file", NULL, &r, &problem);
        assert_true(e == ERR_FORMAT || e == ERR_VERSION || e == ERR_TRUNCATED);
        if (at < len - 32) {
            uint8_t sum[32];
            memcpy(sum, data + len - 32, 32);
            crypto_generichash(data + len - 32, 32, data, len - 32, NULL, 0);
            save(data, len);
            bool is_other_lock = (at >= 40 && at < 64) || (at >= 160 && at < 232);
            assert_true(read_all(&by_pass, 200) != OK);
            if (is_other_lock) /* what only the passphrase needs: the key's part is sound, */
                assert_int_equal(read_all(&by_key, 200), ERR_FORMAT); /* and the head was signed */
            memcpy(data + len - 32, sum, 32);
        }
        data[at] ^= 0x41;
    }
    save(data, len);
    assert_int_equal(read_all(&by_pass, 200), OK);
    free(data);
}

static void put_u32(uint8_t *at, uint32_t v)
{
    struct pack p = pack_of(at, 4);
    pack_u32(&p, v);
}

/* Goal: what is no backup, is of a newer version or asks for unusual work is told apart. */
static void other_files(void **state)
{
    (void)state;
    struct backup_reader *r = NULL;
    size_t len;
    assert_int_equal(backup_reader_new("nowhere", NULL, &r, &problem), ERR_NOT_FOUND);
    assert_int_equal(backup_reader_new(".", NULL, &r, &problem), ERR_FORMAT);
    save((const uint8_t *)"not a backup, and shorter than one", 34);
    assert_int_equal(backup_reader_new("file", NULL, &r, &problem), ERR_FORMAT);
    make_file(200, passphrase, NULL);
    uint8_t *data = load(&len);
    data[17] = BACKUP_LAYOUT + 1;
    save(data, len);
    assert_int_equal(backup_reader_new("file", NULL, &r, &problem), ERR_VERSION);
    data[17] = BACKUP_LAYOUT;
    static const uint32_t work[][2] = {
        {0,  8              },
        {17, 8              },
        {1,  7              },
        {1,  1024 * 1024 + 1}
    };
    for (size_t i = 0; i < 4; i++) {
        put_u32(data + 40, work[i][0]);
        put_u32(data + 44, work[i][1]);
        crypto_generichash(data + len - 32, 32, data, len - 32, NULL, 0);
        save(data, len);
        assert_int_equal(read_all(&by_pass, 200), ERR_RANGE);
    }
    free(data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(there_and_back), cmocka_unit_test(who_opens),
        cmocka_unit_test(cut_short),      cmocka_unit_test(each_byte),
        cmocka_unit_test(other_files),
    };
    return cmocka_run_group_tests(tests, enter, leave);
}
