/*
 * test_backup.c - a whole backup: what is in it, where it is put back, and when it is not; and the
 * copy of a store that is being written to.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <ftw.h>
#include <sodium.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "federation/effect.h"
#include "node/backup.h"
#include "node/keyring.h"
#include "node/post_seal.h"
#include "node/store_share.h"
#include "node/store_snapshot.h"
#include "tests/unit/node/store_sample.h"

static char root[] = "/tmp/seinpost-restore-XXXXXX";
static struct problem problem;
#define PASSPHRASE                                                                                 \
    {                                                                                              \
        (const uint8_t *)"five words nobody would combine", 31                                     \
    }
static const struct bytes passphrase = PASSPHRASE;
static const struct backup_lock lock = {.passphrase = PASSPHRASE, .cost = COST_TEST};
static const char settings[] = "org_id = NL-KVK-41198677\n  data_dir\t= /var/lib/old # here\n"
                               "data_dirs = kept\nlisten = none";

static void put_text(const char *path, const char *text)
{
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(text, f);
    assert_int_equal(fclose(f), 0);
}

/* A folder as a node has it, in "node". */
static int enter(void **state)
{
    struct keyring *ring = NULL;
    struct store *s = NULL;
    (void)state;
    if (sodium_init() < 0 || mkdtemp(root) == NULL || chdir(root) != 0)
        return -1;
    mkdir("node", 0700);
    put_text("seinpost.conf", settings);
    put_text("node/card.json", "{}");
    if (keyring_create("node/keys", passphrase, COST_TEST, &ring, &problem) != OK ||
        keyring_put(ring, "feed", bytes_of(NULL, 0), bytes_of("secret of feed", 14), &problem) !=
            OK ||
        store_open(&s, "node/node.db", &problem) != OK)
        return -1;
    put_text("node/keys/notes.txt", "nobody's");
    keyring_free(&ring);
    store_close(&s);
    return 0;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
    (void)st, (void)type, (void)at;
    return remove(path);
}

static void remove_all(const char *path)
{
    nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static int leave(void **state)
{
    (void)state;
    remove_all(root);
    return 0;
}

static enum err make(const char *target, uint32_t layout)
{
    struct backup_head head = {
        .org_id = "NL-KVK-41198677", .store_layout = layout, .made_utc = 1800000000};
    uint64_t bytes = 0;
    int fd = open("node/node.db", O_RDONLY);
    struct backup_source source = {"seinpost.conf", "node", fd};
    enum err e = backup_make(target, &head, &lock, &source, NULL, &bytes, &problem);
    close(fd);
    struct stat st;
    if (e == OK) {
        assert_int_equal(stat(target, &st), 0);
        assert_int_equal(st.st_size, bytes);
        assert_int_equal(st.st_mode & 0777, 0600);
    }
    return e;
}

static enum err restore(const char *file, const char *dir, bool is_data_only)
{
    struct backup_reader *r = NULL;
    struct backup_target to = {dir, is_data_only, 1800000500};
    enum err e = backup_reader_new(file, NULL, &r, &problem);
    if (e == OK)
        e = backup_reader_open(r, &lock, &problem);
    if (e == OK)
        e = backup_restore(r, &to, &problem);
    backup_reader_free(&r);
    return e;
}

static bool is_there(const char *path)
{
    return access(path, F_OK) == 0;
}

static void assert_text(const char *path, const char *want)
{
    size_t len;
    uint8_t *data = file_bytes(path, &len);
    data[len] = '\0';
    assert_string_equal((const char *)data, want);
    free(data);
}

/* Goal: everything of a node and nothing else comes back, closed to others, with the data folder
 * beside its settings and the marks of a restore in its store. */
static void there_and_back(void **state)
{
    (void)state;
    struct keyring *ring = NULL;
    struct store *s = NULL;
    struct stat st;
    uint8_t secret[14];
    struct keyfile_halves halves = {NULL, 0, secret, sizeof secret};
    assert_int_equal(make("one", STORE_SCHEMA), OK);
    assert_int_equal(make("one", STORE_SCHEMA), ERR_DUPLICATE);
    mkdir("empty", 0755);
    static const char *const into[] = {"new/", "empty"};
    for (size_t i = 0; i < 2; i++) {
        char path[64];
        assert_int_equal(restore("one", into[i], false), OK);
        snprintf(path, sizeof path, "%s/seinpost.conf", into[i]);
        assert_text(path, "org_id = NL-KVK-41198677\ndata_dir = data\ndata_dirs = kept\n"
                          "listen = none");
        snprintf(path, sizeof path, "%s/data/keys/feed.key", into[i]);
        assert_int_equal(stat(path, &st), 0);
        assert_int_equal(st.st_mode & 0777, 0600);
        snprintf(path, sizeof path, "%s/data/keys/notes.txt", into[i]);
        assert_false(is_there(path));
    }
    assert_int_equal(stat("new/data/keys", &st), 0);
    assert_int_equal(st.st_mode & 0777, 0700);
    assert_false(is_there("new.part"));
    assert_int_equal(keyring_open("new/data/keys", passphrase, &ring, &problem), OK);
    assert_int_equal(keyring_get(ring, "feed", &halves, &problem), OK);
    assert_memory_equal(secret, "secret of feed", sizeof secret);
    keyring_free(&ring);
    assert_int_equal(store_open(&s, "new/data/node.db", &problem), OK);
    assert_int_equal(store_mark(s, MARK_RESTORED_UTC), 1800000500);
    assert_int_equal(store_mark(s, MARK_BACKUP_UTC), 1800000000);
    assert_int_equal(store_mark(s, MARK_REJOINED_UTC), 0);
    store_close(&s);
    assert_int_equal(restore("one", "data", true), OK);
    assert_true(is_there("data/node.db") && is_there("data/keys/ring"));
    assert_false(is_there("data/seinpost.conf"));
}

/* ---- Shares of keys ---- */

static struct {
    struct bytes mark;
    size_t hits;
} search;

static int search_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
    size_t len;
    (void)st, (void)at;
    if (type != FTW_F)
        return 0;
    uint8_t *bytes = file_bytes(path, &len);
    for (size_t i = 0; i + search.mark.len <= len; i++)
        search.hits += memcmp(bytes + i, search.mark.data, search.mark.len) == 0;
    free(bytes);
    return 0;
}

/* How often these bytes are in the files of a folder, or in a file. */
static size_t hits(const char *path, const void *bytes, size_t len)
{
    search.mark = bytes_of(bytes, len);
    search.hits = 0;
    nftw(path, search_one, 16, FTW_PHYS);
    return search.hits;
}

/* Goal: no share of a key is in a backup but sealed under the passphrase of the node's keys, also
 * for whoever opens the backup.
 * Method: two shares of marked bytes, one in the ring, one in the store as the desk seals it; the
 * backup and what it restores are searched for them, and, as a control, for what is sealed. */
static void shares_sealed(void **state)
{
    (void)state;
    struct keyring *ring = NULL;
    struct store *s = NULL;
    struct post_context context = {
        {0, 0, 0, 1, 0, 0, 0, 2}
    };
    uint8_t public_half[32], secret[36], scalar[32], desk[32], sealed[32 + POST_SEAL_BYTES];
    char hex[2][65];
    randombytes_buf(public_half, sizeof public_half);
    randombytes_buf(secret, sizeof secret);
    randombytes_buf(scalar, sizeof scalar);
    randombytes_buf(desk, sizeof desk);
    post_seal(desk, POST_SHARE, context, bytes_of(scalar, sizeof scalar), sealed);
    sodium_bin2hex(hex[0], sizeof hex[0], secret + 4, 32);
    sodium_bin2hex(hex[1], sizeof hex[1], scalar, 32);
    assert_int_equal(keyring_open("node/keys", passphrase, &ring, &problem), OK);
    assert_int_equal(keyring_put(ring, "share-1-1-0", bytes_of(public_half, sizeof public_half),
                                 bytes_of(secret, sizeof secret), &problem),
                     OK);
    assert_int_equal(
        keyring_put(ring, "desk", bytes_of(NULL, 0), bytes_of(desk, sizeof desk), &problem), OK);
    keyring_free(&ring);
    assert_int_equal(store_open(&s, "node/node.db", &problem), OK);
    assert_int_equal(store_share_put(s, context.bytes, bytes_of(sealed, sizeof sealed)), OK);
    assert_int_equal(store_commit(s), OK);
    store_close(&s);
    assert_int_equal(make("shares", STORE_SCHEMA), OK);
    assert_int_equal(restore("shares", "opened", false), OK);
    static const char *const places[] = {"shares", "opened"};
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(hits(places[i], secret + 4, 32) + hits(places[i], scalar, 32), 0);
        assert_int_equal(hits(places[i], hex[0], 64) + hits(places[i], hex[1], 64), 0);
        assert_int_equal(hits(places[i], desk, 32), 0);
    }
    assert_int_equal(hits("opened", public_half, 32), 1);
    assert_int_equal(hits("opened", sealed, sizeof sealed), 1);
    assert_int_equal(hits("shares", sealed, sizeof sealed),
                     0); /* the backup itself is sealed too */
}

/* Goal: what is there is not written over, and a store of a newer version is left alone. */
static void refused(void **state)
{
    (void)state;
    mkdir("full", 0700);
    put_text("full/something", "of value");
    assert_int_equal(restore("one", "full", false), ERR_DUPLICATE);
    assert_int_equal(restore("one", "seinpost.conf", false), ERR_DUPLICATE);
    assert_text("full/something", "of value");
    assert_false(is_there("full/seinpost.conf") || is_there("full.part"));
    assert_int_equal(make("newer", STORE_SCHEMA + 1), OK);
    assert_int_equal(restore("newer", "nowhere", false), ERR_VERSION);
    assert_int_equal(restore("one", "no/such/parent", false), ERR_IO);
    assert_false(is_there("nowhere") || is_there("nowhere.part"));
    assert_int_equal(make("no/such/parent", STORE_SCHEMA), ERR_IO);
}

/* Writes a well-sealed file around any content. */
static void seal(const uint8_t *content, size_t len)
{
    struct backup_head head = {.org_id = "NL-KVK-41198677",
                               .store_layout = STORE_SCHEMA,
                               .made_utc = 1,
                               .content_bytes = len};
    struct backup_writer *w = NULL;
    int fd = open("strange", O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_int_equal(backup_writer_new(fd, "strange", &head, &lock, &w, &problem), OK);
    assert_int_equal(backup_write(w, bytes_of(content, len), &problem), OK);
    assert_int_equal(backup_writer_end(w, &problem), OK);
    backup_writer_free(&w);
    close(fd);
}

/* Goal: names that lead elsewhere, come twice or are not known, and a content that ends early or
 * lacks what must be there, are refused, and nothing is left. */
static void strange_content(void **state)
{
    (void)state;
    static const struct {
        const char *names[4]; /* each with one byte; ! before the first: no end */
        const char *why;
    } rows[] = {
        {{"../seinpost.conf"},                                       "a way out"     },
        {{"data/../../x"},                                           "another"       },
        {{"data/keys/../x.key"},                                     "among the keys"},
        {{"data/keys/.key"},                                         "no name"       },
        {{"data/keys/UPPER.key"},                                    "not of ours"   },
        {{"data/other.db"},                                          "unknown"       },
        {{"data/keys/ring", "data/keys/ring"},                       "twice"         },
        {{"seinpost.conf", "data/keys/ring"},                        "no store"      },
        {{"seinpost.conf", "data/node.db"},                          "no ring"       },
        {{"data/keys/ring", "data/node.db"},                         "no settings"   },
        {{"!seinpost.conf", "data/keys/ring", "data/node.db"},       "no end"        },
        {{"seinpost.conf", "data/keys/ring", "data/node.db", "end"}, "goes on"       },
        {{"seinpost.conf", "data/keys/ring", "data/node.db"},        "not a store"   },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint8_t content[512];
        struct pack p = pack_of(content, sizeof content);
        bool has_end = rows[i].names[0][0] != '!';
        print_message("%s\n", rows[i].why);
        for (size_t n = 0; n < 4 && rows[i].names[n] != NULL; n++) {
            const char *name = rows[i].names[n] + (n == 0 && !has_end);
            bool is_end = strcmp(name, "end") == 0;
            pack_u8(&p, is_end ? 0 : 1);
            pack_u8(&p, (uint8_t)strlen(name));
            pack_copy(&p, name, strlen(name));
            pack_u64(&p, 1);
            pack_u8(&p, 'x');
        }
        if (has_end)
            pack_u8(&p, 0);
        seal(content, pack_len(&p));
        assert_int_equal(restore("strange", "nowhere", false), ERR_FORMAT);
        assert_false(is_there("nowhere") || is_there("nowhere.part") || is_there("x"));
    }
}

/* ---- The copy ---- */

/* Goal: a copy that is made while entries are added and erased is the store as it is at the end,
 * with every checksum right; a copy that is given up leaves nothing; the store goes on.
 * Method: a store larger than many steps; a commit after each step; both are opened and compared.
 */
static void copy_while_writing(void **state)
{
    (void)state;
    struct folder f = {.dir = "", .file = "copied.db", .log = "copied.db-wal"};
    struct store *s = must_open(&f), *copy = NULL;
    struct store_snapshot *c = NULL;
    struct feed_record record = {.feed_epoch = 1};
    static struct sample list[SAMPLE_BATCH];
    uint64_t next = 0, done = 0, all = 0;
    for (int batch = 0; batch < 40; batch++) {
        for (size_t i = 0; i < SAMPLE_BATCH; i++)
            sample_make(&list[i], 1, next++);
        must(s, sample_put(s, 1, &record, list, SAMPLE_BATCH));
        must(s, store_commit(s));
    }
    assert_int_equal(store_snapshot_begin(s, "copy.db", &c, &problem), OK);
    struct store_snapshot *second = NULL;
    assert_int_equal(store_snapshot_begin(s, "copy.db", &second, &problem), ERR_DUPLICATE);
    size_t steps = 0;
    while (!store_snapshot_is_done(c)) {
        must(s, sample_gone(s, 1, &record, steps, STATE_ERASED));
        assert_int_equal(store_snapshot_step(c, &problem), ERR_UNAVAILABLE);
        sample_make(&list[0], 1, next++);
        must(s, sample_put(s, 1, &record, list, 1));
        must(s, store_commit(s));
        assert_int_equal(store_snapshot_step(c, &problem), OK);
        steps++;
    }
    assert_true(steps > 5);
    store_snapshot_progress(c, &done, &all);
    assert_true(done == all && all > steps / 2 * SNAPSHOT_PAGES * 8192);
    assert_int_equal(store_snapshot_end(&c, &problem), OK);
    struct sample last;
    sample_make(&last, 1, next - 1);
    sample_author(1, record.author);
    if (store_open(&copy, "copy.db", &problem) != OK)
        fail_msg("%s", problem.text);
    struct archive a = store_archive(copy);
    assert_int_equal(a.state(a.ctx, record.author, next - 1), last.entry.state);
    for (size_t i = 0; i < steps; i++)
        assert_int_equal(a.state(a.ctx, record.author, i), STATE_ERASED);
    assert_int_equal(a.state(a.ctx, record.author, next), STATE_NONE);
    store_close(&copy);
    assert_int_equal(store_snapshot_begin(s, "given-up.db", &c, &problem), OK);
    assert_int_equal(store_snapshot_step(c, &problem), OK);
    assert_int_equal(store_snapshot_end(&c, &problem), ERR_TRUNCATED);
    assert_false(is_there("given-up.db"));
    store_close(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(there_and_back),     cmocka_unit_test(refused),
        cmocka_unit_test(shares_sealed),      cmocka_unit_test(strange_content),
        cmocka_unit_test(copy_while_writing),
    };
    return cmocka_run_group_tests(tests, enter, leave);
}
