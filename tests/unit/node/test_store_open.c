/* Opening: a file of ours, and every kind of file that is not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "node/store_internal.h"
#include "tests/unit/node/store_sample.h"

static void write_file(const char *path, const void *data, size_t len)
{
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(data, 1, len, f), len);
    assert_int_equal(fclose(f), 0);
}

/* A store with 200 entries, closed. */
static void make_store(const struct folder *f)
{
    struct store *s = must_open(f);
    struct feed_record record = {0};
    struct sample *e = calloc(200, sizeof *e);
    for (unsigned i = 0; i < 200; i++)
        sample_make(&e[i], 1, i);
    must(s, sample_put(s, 1, &record, e, 200));
    must(s, store_commit(s));
    store_close(&s);
    free(e);
}

/* Goal: the file is for its owner alone, from the start, and so is its log; one that was opened up
 * is closed again.
 * Method: a permissive umask; look at the modes while open; widen, open again. */
static void test_mode(void **state)
{
    const struct folder *f = *state;
    struct stat st;
    mode_t was = umask(0);
    make_store(f);
    assert_int_equal(stat(f->file, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(chmod(f->file, 0644), 0);
    struct store *s = must_open(f);
    struct feed_record record = {0};
    struct sample *e = calloc(1, sizeof *e);
    sample_make(e, 2, 0);
    must(s, sample_put(s, 2, &record, e, 1));
    must(s, store_commit(s));
    assert_int_equal(stat(f->file, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(stat(f->log, &st), 0);
    assert_true(st.st_size > 0);
    assert_int_equal(st.st_mode & 0077, 0);
    store_close(&s);
    assert_int_equal(stat(f->log, &st), -1); /* nothing is left to do for the next open */
    umask(was);
    free(e);
}

/* Goal: only one program at a time has the store.
 * Method: open it twice; then from outside. */
static void test_one_at_a_time(void **state)
{
    const struct folder *f = *state;
    struct problem problem = {0};
    struct store *s = must_open(f), *second = NULL;
    assert_int_equal(store_open(&second, f->file, &problem), ERR_IO);
    assert_null(second);
    assert_non_null(strstr(problem.text, "another program"));
    sqlite3 *db = NULL;
    assert_int_equal(sqlite3_open(f->file, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "SELECT * FROM feed", NULL, NULL, NULL), SQLITE_BUSY);
    sqlite3_close(db);
    store_close(&s);
    s = must_open(f);
    store_close(&s);
}

static void make_newer(const struct folder *f)
{
    make_store(f);
    outside(f, "PRAGMA user_version=99");
}

static void make_older(const struct folder *f)
{
    make_store(f);
    outside(f, "PRAGMA user_version=0");
}

static void make_foreign(const struct folder *f)
{
    outside(f, "CREATE TABLE cats(name)");
}

static void make_foreign_marked(const struct folder *f)
{
    outside(f, "PRAGMA application_id=99");
}

static void make_text(const struct folder *f)
{
    char text[9000];
    memset(text, 'x', sizeof text);
    write_file(f->file, text, sizeof text);
}

static void make_short(const struct folder *f)
{
    make_store(f);
    struct stat st;
    assert_int_equal(stat(f->file, &st), 0);
    assert_int_equal(truncate(f->file, st.st_size / 2), 0);
}

static void make_cut_in_page(const struct folder *f)
{
    make_store(f);
    assert_int_equal(truncate(f->file, 10000), 0);
}

/* Overwrites the beginning of one page. */
static void spoil_page(const struct folder *f, long page)
{
    make_store(f);
    FILE *file = fopen(f->file, "r+b");
    uint8_t junk[64];
    memset(junk, 0xEE, sizeof junk);
    assert_non_null(file);
    assert_int_equal(fseek(file, page * 8192, SEEK_SET), 0);
    assert_int_equal(fwrite(junk, 1, sizeof junk, file), sizeof junk);
    assert_int_equal(fclose(file), 0);
}

static void make_spoilt_header(const struct folder *f)
{
    spoil_page(f, 0);
}

static void make_spoilt_table(const struct folder *f)
{
    spoil_page(f, 3);
}

static void make_lost_table(const struct folder *f)
{
    make_store(f);
    outside(f, "DROP TABLE mark");
}

static void make_gap_in_feeds(const struct folder *f)
{
    make_store(f);
    outside(f, "UPDATE feed SET number=2");
}

static void make_empty_with_log(const struct folder *f)
{
    write_file(f->file, "", 0);
    write_file(f->log, "log", 3);
}

static void make_link(const struct folder *f)
{
    assert_int_equal(symlink("/dev/null", f->file), 0);
}

static void make_nothing(const struct folder *f)
{
    (void)f;
}

/* Goal: what is not a sound store of this version is refused, with a sentence that says which and
 * what to do, and is left as it was.
 * Method: one row is one file. */
static void test_refusals(void **state)
{
    const struct folder *f = *state;
    static const struct {
        void (*make)(const struct folder *f);
        const char *path; /* where it is not the folder's file */
        enum err want;
        const char *text;
        bool is_changed; /* may be: told only after it was taken for ours */
    } rows[] = {
        {make_newer,          NULL,                  ERR_VERSION, "newer version",    false},
        {make_older,          NULL,                  ERR_FORMAT,  "never in use",     false},
        {make_foreign,        NULL,                  ERR_FORMAT,  "not a Seinpost",   false},
        {make_foreign_marked, NULL,                  ERR_FORMAT,  "not a Seinpost",   false},
        {make_text,           NULL,                  ERR_FORMAT,  "not a Seinpost",   false},
        {make_short,          NULL,                  ERR_FORMAT,  "damaged",          false},
        {make_cut_in_page,    NULL,                  ERR_FORMAT,  "damaged",          false},
        {make_spoilt_header,  NULL,                  ERR_FORMAT,  "damaged",          false},
        {make_spoilt_table,   NULL,                  ERR_FORMAT,  "damaged",          true },
        {make_lost_table,     NULL,                  ERR_FORMAT,  "damaged",          true },
        {make_gap_in_feeds,   NULL,                  ERR_FORMAT,  "damaged",          true },
        {make_empty_with_log, NULL,                  ERR_FORMAT,  "log is not",       false},
        {make_link,           NULL,                  ERR_IO,      "cannot be opened", true },
        {make_nothing,        "/nowhere/at/node.db", ERR_IO,      "cannot be opened", true },
        {make_nothing,        "/tmp",                ERR_IO,      "cannot be opened", true },
        {make_nothing,        "/dev/null",           ERR_FORMAT,  "not a file",       true },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct store *s = NULL;
        struct problem problem = {0};
        size_t len_before, len_after;
        unlink(f->file);
        unlink(f->log);
        rows[i].make(f);
        uint8_t *before = file_bytes(f->file, &len_before);
        enum err e = store_open(&s, rows[i].path != NULL ? rows[i].path : f->file, &problem);
        uint8_t *after = file_bytes(f->file, &len_after);
        if (e != rows[i].want || s != NULL || strstr(problem.text, rows[i].text) == NULL)
            fail_msg("row %d: %s: %s", (int)i, err_name(e), problem.text);
        if (!rows[i].is_changed &&
            (len_before != len_after || memcmp(before, after, len_before) != 0))
            fail_msg("row %d: the file was changed", (int)i);
        free(before);
        free(after);
    }
    unlink(f->file);
}

/* Goal: a store that was created and closed without an entry opens again, as does an empty file (a
 * crash right after its creation).
 * Method: both. */
static void test_empty(void **state)
{
    const struct folder *f = *state;
    write_file(f->file, "", 0);
    for (int i = 0; i < 2; i++) {
        struct store *s = must_open(f);
        assert_int_equal(store_mark(s, MARK_DAY_MAX), 0);
        store_close(&s);
    }
    assert_int_equal(outside(f, "PRAGMA user_version"), STORE_SCHEMA);
    assert_int_equal(outside(f, "PRAGMA application_id"), STORE_APPLICATION);
    assert_int_equal(outside(f, "PRAGMA page_size"), 8192);
}

static bool note_counts(void *ctx, const struct feed_record *record)
{
    struct feed_record *counted = ctx;
    counted->opaque += record->opaque;
    counted->newer += record->newer;
    return true;
}

/* Undoes every statement of a later version that adds a table or a column. */
static void take_back(const struct folder *f, const char *schema)
{
    char sql[192], name[64], table[64];
    for (const char *at = schema; at != NULL && *at != '\0'; at = strchr(at, ';')) {
        at += *at == ';';
        sql[0] = '\0';
        if (sscanf(at, "CREATE TABLE %63[a-z_]", name) == 1)
            snprintf(sql, sizeof sql, "DROP TABLE %s", name);
        else if (sscanf(at, "ALTER TABLE %63[a-z_] ADD COLUMN %63[a-z_]", table, name) == 2)
            snprintf(sql, sizeof sql, "ALTER TABLE %s DROP COLUMN %s", table, name);
        if (sql[0] != '\0')
            outside(f, sql);
    }
}

/* Copies a file of the first version into one whose pages have no checksums, as they had not. */
static void take_sums(const struct folder *f)
{
    static const char *const tables[] = {"feed", "entry",  "tag",    "expiring",    "owed",
                                         "tile", "roster", "budget", "request",     "receipt",
                                         "seen", "mark",   "desk",   "receipt_due", "purpose"};
    char sql[256], plain[112];
    sqlite3 *db = NULL;
    snprintf(plain, sizeof plain, "%s-plain", f->file);
    assert_int_equal(sqlite3_open(plain, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "PRAGMA page_size=8192", NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, store_schema_sql, NULL, NULL, NULL), SQLITE_OK);
    snprintf(sql, sizeof sql, "ATTACH '%s' AS old", f->file);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++) {
        snprintf(sql, sizeof sql, "INSERT INTO %s SELECT * FROM old.%s", tables[i], tables[i]);
        assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    }
    snprintf(sql, sizeof sql, "PRAGMA application_id=%d; PRAGMA user_version=1", STORE_APPLICATION);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    assert_int_equal(rename(plain, f->file), 0);
}

/* How many bytes of each page the file's header keeps free. */
static int reserved(const struct folder *f)
{
    size_t len;
    uint8_t *data = file_bytes(f->file, &len);
    int bytes = data[20];
    free(data);
    return bytes;
}

/* Goal: a store of the first version opens, keeps what it has, and is of this version afterwards,
 * its pages with checksums.
 * Method: take from a store what the first version did not have, and say that it is of that one;
 * some entries are of types and versions that this software does not know. */
static void test_upgrade(void **state)
{
    const struct folder *f = *state;
    make_store(f);
    outside(f, "UPDATE entry SET state=3, type=200 WHERE (id & 0xffffffffff)=7");
    outside(f, "UPDATE entry SET state=3, type=1 WHERE (id & 0xffffffffff) IN (8, 9)");
    take_back(f, store_schema_4_sql);
    take_back(f, store_schema_3_sql);
    take_back(f, store_schema_2_sql);
    outside(f, "PRAGMA user_version=1");
    take_sums(f);
    assert_int_equal(reserved(f), 0);
    for (int i = 0; i < 2; i++) {
        struct store *s = must_open(f);
        struct archive a = store_archive(s);
        uint8_t author[AUTHOR_BYTES];
        sample_author(1, author);
        assert_int_equal(a.state(a.ctx, author, 199), STATE_HELD);
        assert_int_equal(a.state(a.ctx, author, 7), STATE_OPAQUE);
        assert_int_equal(a.state(a.ctx, author, 8), STATE_NEWER);
        uint64_t found[4];
        assert_int_equal(a.opaque(a.ctx, author, 0, found, 4), 3);
        assert_true(found[0] == 7 && found[1] == 8 && found[2] == 9);
        struct feed_record counted = {0};
        assert_int_equal(store_feeds(s, note_counts, &counted), OK);
        assert_true(counted.opaque == 3 && counted.newer == 2);
        store_close(&s);
        assert_int_equal(outside(f, "PRAGMA user_version"), STORE_SCHEMA);
        assert_int_equal(reserved(f), 8);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_mode, folder_setup, folder_teardown),
        cmocka_unit_test_setup_teardown(test_one_at_a_time, folder_setup, folder_teardown),
        cmocka_unit_test_setup_teardown(test_refusals, folder_setup, folder_teardown),
        cmocka_unit_test_setup_teardown(test_empty, folder_setup, folder_teardown),
        cmocka_unit_test_setup_teardown(test_upgrade, folder_setup, folder_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
