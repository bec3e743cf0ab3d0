#include "node/store_repair.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "node/store_find.h"
#include "node/store_internal.h"
#include "node/store_layer.h"
#include "node/store_pages.h"
#include "node/store_refill.h"
#include "node/store_rescue.h"
#include "node/store_scrub.h"
#include "node/store_write.h"
#include "node/text.h"

/* ---- Rows that are copied as they are ---- */

struct copying {
    struct store *into;
    sqlite3_stmt *insert;
    int skip; /* columns of a row before those of the table */
    bool has_failed;
};

static bool copy_row(void *ctx, sqlite3_stmt *row)
{
    struct copying *c = ctx;
    int columns = sqlite3_column_count(row) - c->skip;
    for (int i = 0; i < columns; i++)
        sqlite3_bind_value(c->insert, i + 1, sqlite3_column_value(row, i + c->skip));
    c->has_failed = store_run(c->into, c->insert) != OK;
    sqlite3_clear_bindings(c->insert);
    return !c->has_failed;
}

/* Tables that nothing else follows from. Those with an order have no rowids. */
static const struct {
    const char *name, *order, *reverse;
    int columns;
    bool is_budget; /* how much members used may have stood here */
} tables[] = {
    {"roster",       NULL,                      NULL,                                     3, false},
    {"roster_rival", NULL,                      NULL,                                     3, false},
    {"budget",       "member",                  "member DESC",                            3, true },
    {"request",      "member, request",         "member DESC, request DESC",              6, true },
    {"surge",        "member, notice, day",     "member DESC, notice DESC, day DESC",     4, true },
    {"account",      "member, month",           "member DESC, month DESC",                5, false},
    {"allowance",    NULL,                      NULL,                                     2, false},
    {"asked",        NULL,                      NULL,                                     3, false},
    {"receipt",      "own, peer",               "own DESC, peer DESC",                    2, false},
    {"receipt_due",  NULL,                      NULL,                                     1, false},
    {"seen",         NULL,                      NULL,                                     3, false},
    {"mark",         NULL,                      NULL,                                     2, true },
    {"desk",         NULL,                      NULL,                                     2, false},
    {"purpose",      NULL,                      NULL,                                     3, false},
    {"witness",      "author, feed_epoch, seq", "author DESC, feed_epoch DESC, seq DESC", 5, false},
    {"peer_seen",    NULL,                      NULL,                                     4, false},
    {"version",      NULL,                      NULL,                                     3, false},
    {"watch",        NULL,                      NULL,                                     2, false},
    {"fork",         "author, feed_epoch",      "author DESC, feed_epoch DESC",           4, false},
    {"prekey",       NULL,                      NULL,                                     2, false},
    {"parcel",       NULL,                      NULL,                                     5, false},
    {"inbox",        NULL,                      NULL,                                     5, false},
    {"outbox",       NULL,                      NULL,                                     3, false},
    {"finding",      NULL,                      NULL,                                     7, false},
    {"ceremony",     NULL,                      NULL,                                     2, false},
    {"factored",     "member, epoch",           "member DESC, epoch DESC",                3, false},
    {"share",        NULL,                      NULL,                                     2, false},
};

static enum err note_table(struct store *into, const char *table, const struct rescue *r)
{
    struct store_finding f = {.utc = (int64_t)time(NULL), .what = DAMAGE_TABLE, .fate = FATE_LOST};
    snprintf(f.place, sizeof f.place, "%s", table);
    if (r->behind != INT64_MAX && r->gaps == 1) {
        f.first = (uint64_t)(r->before + 1);
        f.count = (uint64_t)(r->behind - r->before - 1);
    }
    return store_finding_add(into, &f);
}

static enum err copy_table(sqlite3 *from, struct store *into, size_t which, bool *has_gap)
{
    const char *name = tables[which].name, *order = tables[which].order;
    char sql[128], select[64];
    struct copying c = {.into = into, .skip = order == NULL};
    struct rescue r = {.db = from, .table = name, .row = copy_row, .ctx = &c};
    size_t len = (size_t)snprintf(sql, sizeof sql, "INSERT OR IGNORE INTO %s VALUES(", name);
    for (int i = 0; i < tables[which].columns; i++)
        len += (size_t)snprintf(sql + len, sizeof sql - len, i > 0 ? ",?" : "?");
    snprintf(sql + len, sizeof sql - len, ")");
    if (sqlite3_prepare_v2(into->db, sql, -1, &c.insert, NULL) != SQLITE_OK)
        return store_fail(into, _("writing"));
    snprintf(select, sizeof select, "SELECT * FROM %s", name);
    if (order == NULL)
        rescue_rowids(&r);
    else
        rescue_ordered(&r, select, order, tables[which].reverse);
    sqlite3_finalize(c.insert);
    *has_gap = r.gaps > 0;
    if (c.has_failed)
        return ERR_IO;
    return r.gaps > 0 ? note_table(into, name, &r) : OK;
}

/* The first member list is taken on trust, and each later one follows the one before. */
static enum err keep_last_rosters(struct store *into)
{
    int rc = sqlite3_exec(into->db,
                          "DELETE FROM roster WHERE version < (SELECT max(version) FROM roster r"
                          " WHERE NOT EXISTS(SELECT 1 FROM roster WHERE version=r.version-1))",
                          NULL, NULL, NULL);
    return rc == SQLITE_OK ? OK : store_fail(into, _("writing"));
}

static enum err copy_tables(sqlite3 *from, struct store *into)
{
    bool is_budget_lost = false;
    enum err e = OK;
    for (size_t i = 0; i < sizeof tables / sizeof tables[0] && e == OK; i++) {
        bool has_gap = false;
        if (rescue_has_table(from, tables[i].name)) /* there are none of findings in layout 2 */
            e = copy_table(from, into, i, &has_gap);
        is_budget_lost = is_budget_lost || (has_gap && tables[i].is_budget);
    }
    if (e == OK)
        e = keep_last_rosters(into);
    return e == OK && is_budget_lost ? store_run_two(into, SQL_MARK_SET, MARK_BUDGETS_LOST, 1) : e;
}

/* ---- The whole ---- */

/* How many pages cannot be read. */
static enum err note_pages(sqlite3 *from, int fd, bool was_first_right, struct store *into)
{
    struct store_finding f = {.utc = (int64_t)time(NULL), .what = DAMAGE_PAGE, .fate = FATE_MENDED};
    f.first = f.count = !was_first_right;
    off_t end = fd >= 0 ? lseek(fd, 0, SEEK_END) : 0;
    for (uint32_t page = 1; page <= (uint32_t)(end / STORE_PAGE_BYTES); page++) {
        if (store_layer_check(from, fd, page) == LAYER_PAGE_DAMAGED && f.count++ == 0)
            f.first = page;
    }
    return f.count > 0 ? store_finding_add(into, &f) : OK;
}

static enum err copy_all(sqlite3 *from, int fd, bool was_first_right, struct store *into)
{
    enum err e = store_begin(into);
    if (e == OK)
        e = copy_tables(from, into);
    if (e == OK)
        e = store_refill(from, into);
    if (e == OK)
        e = note_pages(from, fd, was_first_right, into);
    return e == OK ? store_commit(into) : e;
}

enum err store_repair(const char *path, struct problem *problem)
{
    char fresh[STORE_PATH_BYTES];
    sqlite3 *from = NULL;
    struct store *into = NULL;
    bool was_first_right = store_page_is_first_right(path);
    enum err e = rescue_open(path, &from, problem);
    int fd = e == OK ? open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW) : -1;
    if (e == OK && !store_swap_begin(path, fresh)) {
        problem_set(problem, _("%s cannot be opened: %s."), path, strerror(errno));
        e = ERR_IO;
    }
    if (e == OK)
        e = store_open(&into, fresh, problem);
    if (e == OK) {
        e = copy_all(from, fd, was_first_right, into);
        if (e != OK)
            problem_set(problem, "%s: %s", fresh, store_error_text(into));
    }
    store_close(&into);
    sqlite3_close(from);
    if (fd >= 0) /* not before: closing it gives up SQLite's lock on the file */
        close(fd);
    if (e == OK && !store_swap_in(path)) {
        problem_set(problem, _("%s cannot be opened: %s."), path, strerror(errno));
        e = ERR_IO;
    }
    return e;
}
