#include "tests/bench/bare_insert.h"

#include "node/store.h"
#include "tests/bench/rows.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { TRANSACTION = 4096 };

struct bare {
    sqlite3 *db;
    sqlite3_stmt *entry, *tag, *expiring;
    struct rows rows;
    int64_t pair[TRANSACTION * ROWS_TAGS][2];
};

static void check(struct bare *b, bool is_good)
{
    if (is_good)
        return;
    fprintf(stderr, "bare loop: %s\n", b->db != NULL ? sqlite3_errmsg(b->db) : "no database");
    exit(1);
}

static void run(struct bare *b, const char *sql)
{
    check(b, sqlite3_exec(b->db, sql, NULL, NULL, NULL) == SQLITE_OK);
}

static sqlite3_stmt *prepare(struct bare *b, const char *sql)
{
    sqlite3_stmt *stmt = NULL;
    check(b, sqlite3_prepare_v2(b->db, sql, -1, &stmt, NULL) == SQLITE_OK);
    return stmt;
}

/* The store makes its tables; the loop then opens the file without it. */
static void open_bare(struct bare *b, const char *path)
{
    struct store *s = NULL;
    struct problem problem = {0};
    unlink(path);
    if (store_open(&s, path, &problem) != OK) {
        fprintf(stderr, "%s\n", problem.text);
        exit(1);
    }
    store_close(&s);
    check(b, sqlite3_open_v2(path, &b->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL) ==
                 SQLITE_OK);
    char sql[256];
    snprintf(sql, sizeof sql,
             "PRAGMA locking_mode=EXCLUSIVE; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
             "PRAGMA cache_size=-%d; PRAGMA wal_autocheckpoint=%d",
             STORE_CACHE_KIB, STORE_LOG_PAGES);
    run(b, sql);
    b->entry = prepare(b, "INSERT INTO entry(id, state, type, reason, header, body)"
                          " VALUES(?,?,?,?,?,?)");
    b->tag = prepare(b, "INSERT INTO tag VALUES(?,?)");
    b->expiring = prepare(b, "INSERT INTO expiring VALUES(?,?)");
}

static void insert_entry(struct bare *b, const struct effect_entry *e)
{
    sqlite3_bind_int64(b->entry, 1, (int64_t)(UINT64_C(1) << 40 | e->index));
    sqlite3_bind_int(b->entry, 2, (int)e->state);
    sqlite3_bind_int(b->entry, 3, e->type);
    sqlite3_bind_int(b->entry, 4, (int)e->reason);
    sqlite3_bind_blob(b->entry, 5, e->header, HEADER_BYTES, SQLITE_STATIC);
    sqlite3_bind_blob(b->entry, 6, e->body.data, (int)e->body.len, SQLITE_STATIC);
    check(b, sqlite3_step(b->entry) == SQLITE_DONE);
    sqlite3_reset(b->entry);
}

static int by_pair(const void *a, const void *b)
{
    const int64_t *x = a, *y = b;
    if (x[0] != y[0])
        return x[0] < y[0] ? -1 : 1;
    return x[1] < y[1] ? -1 : x[1] > y[1];
}

static void insert_pairs(struct bare *b, sqlite3_stmt *stmt, size_t count)
{
    qsort(b->pair, count, sizeof b->pair[0], by_pair);
    for (size_t i = 0; i < count; i++) {
        sqlite3_bind_int64(stmt, 1, b->pair[i][0]);
        sqlite3_bind_int64(stmt, 2, b->pair[i][1]);
        check(b, sqlite3_step(stmt) == SQLITE_DONE);
        sqlite3_reset(stmt);
    }
}

static void insert_rows(struct bare *b)
{
    size_t tags = 0;
    run(b, "BEGIN IMMEDIATE");
    for (size_t i = 0; i < b->rows.count; i++) {
        const struct effect_entry *e = &b->rows.entry[i];
        insert_entry(b, e);
        for (size_t t = 0; t < e->tag_count; t++, tags++) {
            b->pair[tags][0] = (int64_t)tag_prefix(e->tags + t * TAG_BYTES);
            b->pair[tags][1] = (int64_t)(UINT64_C(1) << 40 | e->index);
        }
    }
    insert_pairs(b, b->tag, tags);
    for (size_t i = 0; i < b->rows.count; i++) {
        b->pair[i][0] = b->rows.entry[i].expires_day;
        b->pair[i][1] = (int64_t)(UINT64_C(1) << 40 | b->rows.entry[i].index);
    }
    insert_pairs(b, b->expiring, b->rows.count);
    run(b, "COMMIT");
}

double bare_insert_rate(const char *dir, size_t entries)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/bare.db", dir);
    struct bare *b = calloc(1, sizeof *b);
    if (b == NULL)
        exit(1);
    open_bare(b, path);
    double spent = 0;
    for (size_t done = 0; done < entries; done += b->rows.count) {
        rows_fill(&b->rows, done, entries - done < TRANSACTION ? entries - done : TRANSACTION);
        double start = rows_clock();
        insert_rows(b);
        spent += rows_clock() - start;
    }
    double start = rows_clock();
    sqlite3_finalize(b->entry);
    sqlite3_finalize(b->tag);
    sqlite3_finalize(b->expiring);
    check(b, sqlite3_close(b->db) == SQLITE_OK);
    spent += rows_clock() - start;
    free(b);
    unlink(path);
    return (double)entries / spent;
}
