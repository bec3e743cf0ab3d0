/*
 * bench_store.c - how fast the store takes entries, beside SQLite alone.
 *
 * One line a figure: name, value, unit, limit, value / limit. The limit of store.insert is the bare
 * loop of bare_insert.h, measured in the same run, in turns with the store, so that both meet the
 * same machine; each figure is the median of the rounds. Usage: bench_store [ENTRIES [DIR]].
 */
#include "node/store.h"
#include "node/store_read.h"
#include "node/store_write.h"
#include "tests/bench/bare_insert.h"
#include "tests/bench/rows.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum {
    ENTRIES = 100000,
    BATCH = 3289, /* entries of this size in a batch of 1,000,000 bytes */
    ROUNDS = 5,
    ASKED = 10000,
    RSS_KIB_MAX = 64 * 1024,
};

static void check(enum err e, const char *text)
{
    if (e == OK)
        return;
    fprintf(stderr, "store: %s\n", text);
    exit(1);
}

static void apply(struct store *s, struct rows *rows, struct feed_record *feed)
{
    memcpy(feed->author, rows->author, AUTHOR_BYTES);
    feed->feed_epoch = 1;
    feed->tree.size += rows->count;
    struct effect e = {.type = EFFECT_PERSIST_ENTRIES};
    memcpy(e.author, rows->author, AUTHOR_BYTES);
    e.entries.feed = feed;
    e.entries.entries = rows->entry;
    e.entries.count = rows->count;
    check(store_apply(s, &e), store_error_text(s));
    check(store_commit(s), store_error_text(s));
}

/* Entries a second, from the first insertion until the store is closed. */
static double store_insert_rate(const char *path, size_t entries)
{
    struct store *s = NULL;
    struct problem problem = {0};
    struct rows *rows = calloc(1, sizeof *rows);
    struct feed_record feed = {0};
    unlink(path);
    if (rows == NULL)
        exit(1);
    check(store_open(&s, path, &problem), problem.text);
    double spent = 0;
    for (size_t done = 0; done < entries; done += rows->count) {
        rows_fill(rows, done, entries - done < BATCH ? entries - done : BATCH);
        double start = rows_clock();
        apply(s, rows, &feed);
        spent += rows_clock() - start;
    }
    double start = rows_clock();
    store_close(&s);
    free(rows);
    return (double)entries / (spent + rows_clock() - start);
}

/* Look-ups a second of tags that are not there, and of ones that are. */
static void look_up(const char *path, size_t entries, double *miss, double *hit)
{
    struct store *s = NULL;
    struct problem problem = {0};
    struct rows *rows = calloc(1, sizeof *rows);
    struct tag_hit hits[4];
    if (rows == NULL)
        exit(1);
    check(store_open(&s, path, &problem), problem.text);
    rows_fill(rows, entries, BATCH);
    double start = rows_clock();
    for (size_t i = 0; i < ASKED; i++)
        if (store_find_tag(s, rows->entry[i % BATCH].tags, ROWS_DAY, hits, 4) != 0)
            check(ERR_RANGE, "found what is not there");
    *miss = ASKED / (rows_clock() - start);
    rows_fill(rows, 0, BATCH < entries ? BATCH : entries);
    start = rows_clock();
    for (size_t i = 0; i < ASKED; i++)
        if (store_find_tag(s, rows->entry[i % rows->count].tags, ROWS_DAY, hits, 4) != 1)
            check(ERR_RANGE, "did not find what is there");
    *hit = ASKED / (rows_clock() - start);
    store_close(&s);
    free(rows);
}

static int by_value(const void *a, const void *b)
{
    const double *x = a, *y = b;
    return *x < *y ? -1 : *x > *y;
}

static double median(double *values)
{
    qsort(values, ROUNDS, sizeof *values, by_value);
    return values[ROUNDS / 2];
}

int main(int argc, char **argv)
{
    size_t entries = argc > 1 ? strtoul(argv[1], NULL, 10) : ENTRIES;
    char made[] = "/tmp/bench_store.XXXXXX", path[4096];
    const char *dir = argc > 2 ? argv[2] : mkdtemp(made);
    if (entries == 0 || dir == NULL) {
        fprintf(stderr, "usage: bench_store [ENTRIES [DIR]]\n");
        return 2;
    }
    snprintf(path, sizeof path, "%s/node.db", dir);
    double store[ROUNDS], bare[ROUNDS], miss = 0, hit = 0;
    struct rusage use;
    for (int i = 0; i < ROUNDS; i++) {
        store[i] = store_insert_rate(path, entries);
        if (i == 0)
            getrusage(RUSAGE_SELF, &use); /* of the store alone */
        bare[i] = bare_insert_rate(dir, entries);
    }
    look_up(path, entries, &miss, &hit);
    unlink(path);
    if (argc <= 2)
        rmdir(dir);
    double s = median(store), b = median(bare), rss = (double)use.ru_maxrss;
    printf("store.insert %.0f entries/s %.0f %.2f\n", s, b, s / b);
    printf("store.rss_peak %.1f MiB %d %.2f\n", rss / 1024, RSS_KIB_MAX / 1024, rss / RSS_KIB_MAX);
    printf("store.find_miss %.0f lookups/s - -\n", miss);
    printf("store.find_hit %.0f lookups/s - -\n", hit);
    return 0;
}
