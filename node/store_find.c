#include "node/store_find.h"

#include <sodium.h>
#include <string.h>

#include "node/store_internal.h"

enum err store_finding_add(struct store *s, const struct store_finding *f)
{
    enum err e = store_begin(s);
    if (e != OK)
        return e;
    sqlite3_stmt *q =
        store_statement(s, f->fate == FATE_MENDED ? SQL_FINDING_NEW : SQL_FINDING_ONCE);
    store_bind_int(q, 1, f->utc);
    store_bind_int(q, 2, f->what);
    store_bind_int(q, 3, f->fate);
    sqlite3_bind_text(q, 4, f->place, -1, SQLITE_STATIC);
    store_bind_int(q, 5, store_column_of(f->first));
    store_bind_int(q, 6, store_column_of(f->count));
    e = store_run(s, q);
    return e == OK ? store_run_one(s, SQL_FINDING_TRIM, FINDINGS_KEPT) : e;
}

enum err store_findings(struct store *s, bool (*row)(void *ctx, const struct store_finding *f),
                        void *ctx)
{
    sqlite3_stmt *q = store_statement(s, SQL_FINDING_LIST);
    while (store_next(s, q)) {
        struct store_finding f = {.utc = sqlite3_column_int64(q, 0),
                                  .what = (enum damage)sqlite3_column_int(q, 1),
                                  .fate = (enum fate)sqlite3_column_int(q, 2),
                                  .first = (uint64_t)sqlite3_column_int64(q, 4),
                                  .count = (uint64_t)sqlite3_column_int64(q, 5)};
        const char *place = (const char *)sqlite3_column_text(q, 3);
        if (place != NULL && strlen(place) < sizeof f.place)
            memcpy(f.place, place, strlen(place));
        if (!row(ctx, &f))
            break;
    }
    sqlite3_reset(q);
    return s->has_failed ? ERR_IO : OK;
}

bool store_findings_open(struct store *s, const uint8_t author[AUTHOR_BYTES])
{
    char hex[2 * AUTHOR_BYTES + 1];
    sodium_bin2hex(hex, sizeof hex, author, AUTHOR_BYTES);
    sqlite3_stmt *q = store_statement(s, SQL_FINDING_OPEN);
    sqlite3_bind_text(q, 1, hex, -1, SQLITE_TRANSIENT);
    bool is_open = store_next(s, q);
    if (is_open)
        sqlite3_reset(q);
    return is_open;
}

enum err store_findings_settle(struct store *s, const uint8_t author[AUTHOR_BYTES])
{
    char hex[2 * AUTHOR_BYTES + 1];
    enum err e = store_begin(s);
    if (e != OK)
        return e;
    sodium_bin2hex(hex, sizeof hex, author, AUTHOR_BYTES);
    sqlite3_stmt *q = store_statement(s, SQL_FINDING_SETTLE);
    sqlite3_bind_text(q, 1, hex, -1, SQLITE_TRANSIENT);
    return store_run(s, q);
}

enum err store_findings_forget(struct store *s)
{
    enum err e = store_begin(s);
    return e == OK ? store_run(s, store_statement(s, SQL_FINDING_FORGET)) : e;
}

/* ---- Missing entries ---- */

bool store_hole(struct store *s, const uint8_t author[AUTHOR_BYTES], uint64_t from, uint64_t *first,
                uint64_t *past)
{
    uint32_t number = store_feed_number(s, author);
    if (number == 0 || from >> INDEX_BITS != 0)
        return false;
    sqlite3_stmt *q = store_statement(s, SQL_HOLE_ONE);
    store_bind_int(q, 1, store_entry_id(number, from));
    store_bind_int(q, 2, store_entry_id(number + 1, 0));
    if (!store_next(s, q))
        return false;
    *first = store_entry_index(sqlite3_column_int64(q, 0));
    *past = store_entry_index(sqlite3_column_int64(q, 1) - 1) + 1;
    sqlite3_reset(q);
    if (*first < from)
        *first = from;
    return true;
}

/* A stretch that ends at low or later and begins at high or earlier, in *first and *past; false if
 * there is none. */
static bool touching(struct store *s, int64_t low, int64_t high, int64_t *first, int64_t *past)
{
    sqlite3_stmt *q = store_statement(s, SQL_HOLE_TOUCHING);
    store_bind_int(q, 1, low);
    store_bind_int(q, 2, high);
    if (!store_next(s, q))
        return false;
    *first = sqlite3_column_int64(q, 0);
    *past = sqlite3_column_int64(q, 1);
    sqlite3_reset(q);
    return true;
}

enum err store_hole_add(struct store *s, int64_t first, int64_t past)
{
    enum err e = store_begin(s);
    int64_t a, b;
    while (e == OK && touching(s, first, past, &a, &b)) {
        e = store_run_one(s, SQL_HOLE_DROP, a);
        first = a < first ? a : first;
        past = b > past ? b : past;
    }
    return e == OK && !s->has_failed ? store_run_two(s, SQL_HOLE_NEW, first, past) : ERR_IO;
}

enum err store_hole_fill(struct store *s, int64_t first, int64_t past)
{
    enum err e = store_begin(s);
    int64_t a, b;
    while (e == OK && touching(s, first + 1, past - 1, &a, &b)) {
        e = store_run_one(s, SQL_HOLE_DROP, a);
        if (e == OK && a < first)
            e = store_run_two(s, SQL_HOLE_NEW, a, first);
        if (e == OK && b > past)
            e = store_run_two(s, SQL_HOLE_NEW, past, b);
    }
    return s->has_failed ? ERR_IO : e;
}

enum err store_lose(struct store *s, int64_t first, int64_t past)
{
    static const enum stmt by_entry[] = {SQL_CUT_TAGS,   SQL_CUT_EXPIRING, SQL_CUT_OWED,
                                         SQL_CUT_OPAQUE, SQL_CUT_ALERTS,   SQL_CUT_CEREMONY_ENTRIES,
                                         SQL_CUT_RETAGS, SQL_CUT_ENTRIES};
    enum err e = store_begin(s);
    for (size_t i = 0; i < sizeof by_entry / sizeof by_entry[0] && e == OK; i++)
        e = store_run_two(s, by_entry[i], first, past);
    return e == OK ? store_hole_add(s, first, past) : e;
}
