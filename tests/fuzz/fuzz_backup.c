/*
 * fuzz_backup.c - backups: the head in clear, the sealed content, and the items in it.
 *
 * The first byte: bit 0 writes a true backup whose content is what follows, as whoever has the
 * passphrase could; without it a true file is changed (place u16, bits u8 each), and with bit 1 the
 * sum at its end made right, with bit 2 it is cut. A content is read back as it was written, and a
 * changed file gives no other content.
 */
#include "node/backup.h"
#include "tests/fuzz/disk.h"
#include "tests/fuzz/fuzz.h"

#include <fcntl.h>
#include <sodium.h>
#include <unistd.h>

enum { CONTENT = 1, MAKE_SUM = 2, CUT = 4, COST_AT = 40, FILE_MAX = 8192 };

static const char *const known = "0123456789 known content";
static const struct backup_lock lock = {
    .passphrase = {(const uint8_t *)"a passphrase", 12},
      .cost = COST_TEST
};
static uint8_t truth[FILE_MAX];
static size_t truth_len;

static size_t write_backup(struct bytes content, uint8_t *out, size_t cap)
{
    struct backup_head head = {
        .org_id = "NL-KVK-41198677", .store_layout = 2, .made_utc = 1767225600};
    struct backup_writer *w = NULL;
    struct problem problem;
    char path[512];
    snprintf(path, sizeof path, "%s/backup", disk_folder());
    int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    CHECK(fd >= 0);
    head.content_bytes = content.len;
    CHECK(backup_writer_new(fd, path, &head, &lock, &w, &problem) == OK);
    CHECK(backup_write(w, content, &problem) == OK && backup_writer_end(w, &problem) == OK);
    backup_writer_free(&w);
    ssize_t len = pread(fd, out, cap, 0);
    close(fd);
    CHECK(len > 0 && (uint64_t)len == backup_file_bytes(content.len));
    return (size_t)len;
}

/* What comes out of an opened backup is what went in. */
static void check_content(struct backup_reader *r, struct bytes content)
{
    struct problem problem = {{0}};
    uint8_t *back = malloc(content.len + 1);
    CHECK(back != NULL && backup_reader_head(r)->content_bytes == content.len);
    enum err e = backup_read(r, back, content.len, &problem);
    if (e == OK) {
        CHECK(content.len == 0 || memcmp(back, content.data, content.len) == 0);
        e = backup_reader_end(r, &problem);
    }
    CHECK((e == OK) == (problem.text[0] == '\0'));
    free(back);
}

static void try_file(struct bytes file, struct bytes content, bool is_whole)
{
    struct backup_reader *r = NULL;
    struct problem problem = {{0}};
    const char *path = disk_write("file", file);
    enum err e = backup_reader_new(path, NULL, &r, &problem);
    CHECK((e == OK) == (r != NULL) && (e == OK) == (problem.text[0] == '\0'));
    CHECK(!is_whole || e == OK);
    if (e != OK)
        return;
    const struct backup_head *head = backup_reader_head(r);
    CHECK(memchr(head->org_id, 0, sizeof head->org_id) != NULL);
    CHECK(head->has_passphrase || head->has_recovery);
    CHECK(backup_file_bytes(head->content_bytes) == file.len);
    e = backup_reader_open(r, &lock, &problem);
    CHECK(!is_whole || e == OK);
    if (e == OK)
        check_content(r, content);
    size_t keys = 0;
    problem.text[0] = '\0';
    if (e == OK && backup_reader_open(r, &lock, &problem) == OK) {
        e = backup_check(r, &keys, &problem);
        CHECK((e == OK) == (problem.text[0] == '\0'));
        CHECK(keys <= content.len);
    }
    backup_reader_free(&r);
}

/* A changed file: Argon2id is kept to the cost of a test's file, unless it is out of all bounds. */
static size_t change(struct unpack *u, uint8_t how, uint8_t *file)
{
    size_t len = truth_len;
    memcpy(file, truth, len);
    if ((how & CUT) != 0)
        len = unpack_u16(u) % (len + 1);
    while (u->left >= 3 && len > 0) {
        size_t at = unpack_u16(u) % len;
        file[at] ^= unpack_u8(u);
    }
    if ((how & MAKE_SUM) == 0 || len < BACKUP_HEAD_BYTES + BACKUP_SUM_BYTES)
        return len;
    struct unpack cost = unpack_of(bytes_of(file + COST_AT, 8));
    uint32_t passes = unpack_u32(&cost), memory = unpack_u32(&cost);
    struct pack p = pack_of(file + COST_AT, 8);
    pack_u32(&p, passes > 1 && passes <= 1000 ? 1 : passes);
    pack_u32(&p, memory > 8 && memory <= 64u * 1024 * 1024 ? 8 : memory);
    size_t summed = len - BACKUP_SUM_BYTES;
    crypto_generichash(file + summed, BACKUP_SUM_BYTES, file, summed, NULL, 0);
    return len;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static uint8_t file[FILE_MAX];
    struct unpack u = unpack_of(bytes_of(data, len));
    uint8_t how = unpack_u8(&u);
    struct bytes content = bytes_of(known, strlen(known));
    if (len == 0 || len > 4096)
        return 0;
    CHECK(sodium_init() >= 0);
    if (truth_len == 0)
        truth_len = write_backup(content, truth, sizeof truth);
    size_t size;
    if ((how & CONTENT) != 0) {
        content = bytes_of(u.at, u.left);
        size = write_backup(content, file, sizeof file);
        try_file(bytes_of(file, size), content, true);
    } else {
        size = change(&u, how, file);
        bool is_whole = size == truth_len && memcmp(file, truth, size) == 0;
        try_file(bytes_of(file, size), content, is_whole);
    }
    return 0;
}
