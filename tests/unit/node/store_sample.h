/*
 * store_sample.h - a folder for a store, entries to put into it, and a look into its file from
 * outside. Include it after cmocka.h.
 *
 * Entry index of feed n is always the same: a signal with one to four tags, or now and then an
 * alert of random bytes; in one of several sizes; expiring within 100 days after SAMPLE_DAY.
 */
#ifndef TESTS_UNIT_NODE_STORE_SAMPLE_H
#define TESTS_UNIT_NODE_STORE_SAMPLE_H

#include <sodium.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "node/store.h"
#include "node/store_layer.h"
#include "node/store_read.h"
#include "node/store_write.h"
#include "protocol/entry.h"

enum { SAMPLE_DAY = 20000, SAMPLE_BODY_MAX = 4096, SAMPLE_BATCH = 256 };

struct folder {
    char dir[64];
    char file[96];
    char log[96];
};

static inline int folder_setup(void **state)
{
    struct folder *f = calloc(1, sizeof *f);
    if (f == NULL)
        return -1;
    snprintf(f->dir, sizeof f->dir, "/tmp/test_store.XXXXXX");
    if (sodium_init() < 0 || mkdtemp(f->dir) == NULL)
        return -1;
    snprintf(f->file, sizeof f->file, "%s/node.db", f->dir);
    snprintf(f->log, sizeof f->log, "%s/node.db-wal", f->dir);
    *state = f;
    return 0;
}

static inline int folder_teardown(void **state)
{
    struct folder *f = *state;
    static const char *const endings[] = {"-shm", "-first", "-check", "-new", "-ready", "-reserve"};
    unlink(f->file);
    unlink(f->log);
    for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++) {
        char name[112];
        snprintf(name, sizeof name, "%s%s", f->file, endings[i]);
        unlink(name);
    }
    int rc = rmdir(f->dir);
    free(f);
    return rc;
}

static inline struct store *must_open(const struct folder *f)
{
    struct store *s = NULL;
    struct problem problem = {0};
    if (store_open(&s, f->file, &problem) != OK)
        fail_msg("%s", problem.text);
    return s;
}

static inline void must(struct store *s, enum err e)
{
    if (e != OK)
        fail_msg("%s: %s", err_name(e), store_error_text(s));
}

static inline void sample_author(unsigned n, uint8_t out[AUTHOR_BYTES])
{
    crypto_generichash(out, AUTHOR_BYTES, (const uint8_t *)&n, sizeof n, NULL, 0);
}

struct sample {
    struct effect_entry entry;
    uint8_t header[HEADER_BYTES];
    uint8_t body[SAMPLE_BODY_MAX];
    size_t body_len; /* also where the entry's own body was taken away */
};

/* Bytes that depend on feed and index alone. */
static inline void sample_random(unsigned n, uint64_t index, uint8_t *out, size_t len)
{
    uint8_t seed[randombytes_SEEDBYTES] = {0};
    struct pack p = pack_of(seed, sizeof seed);
    pack_u32(&p, n);
    pack_u64(&p, index);
    randombytes_buf_deterministic(out, len, seed);
}

/* Encodes a body and its header, and describes them as a held entry. */
static inline void sample_encode(struct sample *e, unsigned n, uint64_t index,
                                 const uint8_t salt[SALT_BYTES], uint8_t type, struct bytes payload,
                                 uint32_t expires_day)
{
    struct body b = {.type = type, .day = SAMPLE_DAY, .payload = payload};
    uint8_t author[AUTHOR_BYTES];
    sample_author(n, author);
    assert_int_equal(body_encode(&b, AUDIENCE_ALL, salt, e->body, sizeof e->body, &e->body_len),
                     OK);
    struct header h = {.version = HEADER_VERSION,
                       .body_units = (uint16_t)(e->body_len / BODY_UNIT_BYTES),
                       .expires_day = expires_day,
                       .index = index};
    body_commit(author, index, bytes_of(e->body, e->body_len), h.commit);
    header_encode(&h, e->header);
    e->entry = (struct effect_entry){.index = index,
                                     .header = e->header,
                                     .body = bytes_of(e->body, e->body_len),
                                     .state = STATE_HELD,
                                     .type = type,
                                     .expires_day = expires_day};
}

/* A held signal with these tags (ascending); payload_len is 2 + 16 * count at least. */
static inline void sample_signal(struct sample *e, unsigned n, uint64_t index,
                                 const uint8_t (*tags)[TAG_BYTES], size_t count, size_t payload_len,
                                 uint32_t expires_day)
{
    uint8_t payload[SAMPLE_BODY_MAX] = {PAYLOAD_VERSION, (uint8_t)count};
    uint8_t salt[SALT_BYTES];
    sample_random(n, index, salt, sizeof salt);
    memcpy(payload + 2, tags, count * TAG_BYTES);
    sample_encode(e, n, index, salt, ENTRY_SIGNAL, bytes_of(payload, payload_len), expires_day);
    e->entry.tag_count = (uint8_t)count;
    e->entry.tags = e->body + BODY_FIXED_BYTES + 2;
}

static inline void sample_make(struct sample *e, unsigned n, uint64_t index)
{
    static const size_t lengths[] = {100, 100, 100, 100, 400, 900, 1900, 3900};
    uint8_t random[SAMPLE_BODY_MAX], tags[4][TAG_BYTES];
    sample_random(n, index, random, sizeof random);
    const uint8_t *choice = random + sizeof random - 8;
    size_t payload_len = lengths[choice[0] % 8];
    uint32_t expires_day = SAMPLE_DAY + choice[1] % 100u;
    if (choice[2] % 4 == 0) {
        sample_encode(e, n, index, random, ENTRY_ALERT, bytes_of(random + SALT_BYTES, payload_len),
                      choice[2] % 8 == 0 ? 0 : expires_day);
        return;
    }
    for (unsigned t = 0; t < 4; t++) {
        memcpy(tags[t], random + SALT_BYTES + t * (size_t)TAG_BYTES, TAG_BYTES);
        tags[t][0] = (uint8_t)((tags[t][0] & 0x3F) | t << 6);
    }
    sample_signal(e, n, index, (const uint8_t(*)[TAG_BYTES])tags, 1 + choice[3] % 4u, payload_len,
                  expires_day);
}

/* Takes the body away; state is one that has none. */
static inline void sample_empty(struct sample *e, enum entry_state state)
{
    e->entry.body = bytes_of(NULL, 0);
    e->entry.state = state;
    e->entry.type = 0;
    e->entry.tag_count = 0;
    e->entry.tags = NULL;
}

/* Keeps the body as one that is not acted upon. */
static inline void sample_refuse(struct sample *e, enum err reason)
{
    e->entry.state = STATE_REFUSED;
    e->entry.reason = reason;
    e->entry.tag_count = 0;
    e->entry.tags = NULL;
}

/* Puts count entries into feed n, whose record grows by them. */
static inline enum err sample_put(struct store *s, unsigned n, struct feed_record *record,
                                  const struct sample *list, size_t count)
{
    struct effect_entry entries[SAMPLE_BATCH];
    struct effect e = {.type = EFFECT_PERSIST_ENTRIES};
    assert_true(count <= SAMPLE_BATCH);
    sample_author(n, e.author);
    sample_author(n, record->author);
    record->feed_epoch = 1;
    record->tree.size += count;
    for (size_t i = 0; i < count; i++) {
        entries[i] = list[i].entry;
        record->owed += entries[i].state == STATE_OWED;
        record->refused += entries[i].state == STATE_REFUSED;
    }
    e.entries.feed = record;
    e.entries.entries = entries;
    e.entries.count = count;
    return store_apply(s, &e);
}

static inline enum err sample_body(struct store *s, unsigned n, struct feed_record *record,
                                   const struct sample *one)
{
    struct effect e = {.type = EFFECT_PERSIST_BODY};
    sample_author(n, e.author);
    record->owed--;
    e.body.entry = one->entry;
    e.body.feed = record;
    return store_apply(s, &e);
}

static inline enum err sample_gone(struct store *s, unsigned n, struct feed_record *record,
                                   uint64_t index, enum entry_state state)
{
    struct effect e = {.type = EFFECT_PERSIST_GONE};
    sample_author(n, e.author);
    e.gone.index = index;
    e.gone.state = state;
    e.gone.is_receipt_due = state == STATE_ERASED;
    e.gone.feed = record;
    return store_apply(s, &e);
}

/* A whole file, from malloc; empty if there is none. */
static inline uint8_t *file_bytes(const char *path, size_t *len)
{
    struct stat st;
    *len = 0;
    FILE *f = fopen(path, "rb");
    if (f == NULL)
        return calloc(1, 1);
    assert_int_equal(fstat(fileno(f), &st), 0);
    uint8_t *data = malloc((size_t)st.st_size + 1);
    assert_non_null(data);
    *len = fread(data, 1, (size_t)st.st_size, f);
    fclose(f);
    return data;
}

/* Where these bytes stand in a file, the first time. */
static inline size_t place_of(const char *path, struct bytes what)
{
    size_t len;
    uint8_t *data = file_bytes(path, &len);
    const uint8_t *at = memmem(data, len, what.data, what.len);
    assert_non_null(at);
    size_t place = (size_t)(at - data);
    free(data);
    return place;
}

/* Flips one bit of a file. */
static inline void flip_bit(const char *path, size_t bit)
{
    FILE *file = fopen(path, "r+b");
    assert_non_null(file);
    assert_int_equal(fseek(file, (long)(bit / 8), SEEK_SET), 0);
    int c = fgetc(file);
    assert_true(c != EOF && fseek(file, (long)(bit / 8), SEEK_SET) == 0);
    assert_int_equal(fputc(c ^ (1 << bit % 8), file), c ^ (1 << bit % 8));
    assert_int_equal(fclose(file), 0);
}

/* Runs SQL on the closed store's file, from outside. Returns the first value of the first row. */
static inline int64_t outside(const struct folder *f, const char *sql)
{
    sqlite3 *db = NULL;
    sqlite3_stmt *q = NULL;
    int64_t value = 0;
    assert_int_equal(sqlite3_open_v2(f->file, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE,
                                     store_layer_register()),
                     SQLITE_OK);
    sqlite3_exec(db, "PRAGMA locking_mode=EXCLUSIVE", NULL, NULL, NULL);
    if (sqlite3_prepare_v2(db, sql, -1, &q, NULL) != SQLITE_OK)
        fail_msg("%s: %s", sql, sqlite3_errmsg(db));
    int rc = sqlite3_step(q);
    if (rc == SQLITE_ROW)
        value = sqlite3_column_int64(q, 0);
    assert_true(rc == SQLITE_ROW || rc == SQLITE_DONE);
    sqlite3_finalize(q);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    return value;
}

struct replay_row {
    int64_t key;
    int64_t id;
};

static inline int replay_order(const void *a, const void *b)
{
    const struct replay_row *x = a, *y = b;
    if (x->key != y->key)
        return x->key < y->key ? -1 : 1;
    return x->id < y->id ? -1 : x->id > y->id;
}

/* The table holds exactly the rows (which may repeat). */
static inline void assert_table(sqlite3 *db, const char *sql, struct replay_row *rows, size_t count)
{
    sqlite3_stmt *q = NULL;
    qsort(rows, count, sizeof *rows, replay_order);
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &q, NULL), SQLITE_OK);
    for (size_t i = 0; i < count; i++) {
        if (i > 0 && replay_order(&rows[i - 1], &rows[i]) == 0)
            continue;
        assert_int_equal(sqlite3_step(q), SQLITE_ROW);
        assert_int_equal(sqlite3_column_int64(q, 0), rows[i].key);
        assert_int_equal(sqlite3_column_int64(q, 1), rows[i].id);
    }
    assert_int_equal(sqlite3_step(q), SQLITE_DONE);
    sqlite3_finalize(q);
}

/* One entry row (id, state, header, body) replayed into what the derived tables should hold. */
static inline void replay_one(sqlite3_stmt *q, struct replay_row *tags, size_t *tag_count,
                              struct replay_row *days, size_t *day_count)
{
    int64_t id = sqlite3_column_int64(q, 0);
    struct header h;
    struct body b;
    assert_int_equal(header_decode(sqlite3_column_blob(q, 2), &h), OK);
    size_t len = (size_t)sqlite3_column_bytes(q, 3);
    if (len == 0)
        return;
    if (h.expires_day != 0)
        days[(*day_count)++] = (struct replay_row){h.expires_day, id};
    if (sqlite3_column_int(q, 1) != STATE_HELD)
        return;
    assert_int_equal(body_decode(bytes_of(sqlite3_column_blob(q, 3), len), &b), OK);
    const uint8_t *carried = NULL;
    size_t count = entry_tags(&b, &carried);
    for (size_t t = 0; t < count; t++)
        tags[(*tag_count)++] =
            (struct replay_row){(int64_t)tag_prefix(carried + t * TAG_BYTES), id};
}

/* The closed store is consistent: SQLite's own check passes, every feed's size is its number of
 * entries, without a gap, and all tables derived from the entries equal a replay of them. */
static inline void assert_consistent(const struct folder *f)
{
    assert_int_equal(outside(f, "SELECT integrity_check = 'ok' FROM pragma_integrity_check"), 1);
    assert_int_equal(
        outside(f, "SELECT count(*) FROM feed f WHERE"
                   " (SELECT count(*) FROM entry WHERE id>>40 = number) <> size OR"
                   " (SELECT max(id) FROM entry WHERE id>>40 = number) <> (number<<40) + size-1 OR"
                   " (SELECT count(*) FROM entry WHERE id>>40 = number AND state = 4) <> owed OR"
                   " (SELECT count(*) FROM entry WHERE id>>40 = number AND state = 2) <> refused"),
        0);
    assert_int_equal(outside(f, "SELECT (SELECT count(*) FROM owed) <> (SELECT sum(owed) FROM feed)"
                                " OR EXISTS(SELECT id FROM entry WHERE state = 4 EXCEPT"
                                " SELECT entry FROM owed)"),
                     0);
    assert_int_equal(
        outside(f, "SELECT count(*) FROM (SELECT entry FROM opaque EXCEPT"
                   " SELECT id FROM entry WHERE state IN (3, 8)) UNION ALL SELECT count(*) FROM"
                   " (SELECT id FROM entry WHERE state IN (3, 8) EXCEPT SELECT entry FROM opaque)"
                   " ORDER BY 1 DESC"),
        0);
    size_t entries = (size_t)outside(f, "SELECT count(*) FROM entry");
    struct replay_row *tags = calloc(entries * SIGNAL_TAGS_MAX + 1, sizeof *tags);
    struct replay_row *days = calloc(entries + 1, sizeof *days);
    assert_true(tags != NULL && days != NULL);
    size_t tag_count = 0, day_count = 0;
    sqlite3 *db = NULL;
    sqlite3_stmt *q = NULL;
    assert_int_equal(sqlite3_open_v2(f->file, &db, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
    assert_int_equal(
        sqlite3_prepare_v2(db, "SELECT id, state, header, body FROM entry", -1, &q, NULL),
        SQLITE_OK);
    while (sqlite3_step(q) == SQLITE_ROW)
        replay_one(q, tags, &tag_count, days, &day_count);
    sqlite3_finalize(q);
    assert_table(db, "SELECT prefix, entry FROM tag ORDER BY prefix, entry", tags, tag_count);
    assert_table(db, "SELECT day, entry FROM expiring ORDER BY day, entry", days, day_count);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    free(tags);
    free(days);
}

#endif
