/*
 * store_internal.h - shared by the parts of the store alone.
 *
 * store.c          statements, transactions, failure
 * store_open.c     open and close; store_page.c  the pages of the file, looked at
 * store_repair.c   a damaged file copied into a new one; store_rescue.c  what can be read of it
 * store_find.c     what was found damaged; store_replay.c  whether rows follow from entries
 * store_sql.c      the tables and every statement
 * store_feed.c     feed numbers and feed records
 * store_entry.c    entries in; store_archive.c  entries out; store_tag.c  looked up by tag
 * store_correct.c  what was taken back, alerts, the watch-list
 * store_retag.c    which entry the tags of a later key are for
 * store_ceremony.c key ceremonies: where their entries are, what this node keeps secret of them
 * store_share.c    shares of threshold keys that came without a file; what members used of factors
 * store_account.c  what keyholders charged, own records of asking, allowances
 * store_post.c     envelopes: prekeys, what became of each, inbox and outbox
 * reserve.c        room on the disk that is kept back
 * store_write.c    the other effects, the desk; store_read.c  the other reads
 *
 * An entry's id is its feed's number << 40 | its index, so that one feed's entries are neighbours
 * and one integer names an entry in every table.
 */
#ifndef NODE_STORE_INTERNAL_H
#define NODE_STORE_INTERNAL_H

#include "federation/effect.h"
#include "node/reserve.h"
#include "node/store.h"
#include "node/store_filter.h"
#include "node/store_log.h"
#include "node/store_swap.h"

#include <sqlite3.h>

enum {
    INDEX_BITS = MERKLE_LEVELS_MAX,
    FEED_NUMBER_MAX = (1 << (63 - INDEX_BITS)) - 1,
    PAIRS_MAX = BATCH_ENTRIES_MAX * SIGNAL_TAGS_MAX,
    ROWS_A_STATEMENT = 32, /* measured: one INSERT of 32 rows costs a third less than 32 INSERTs */
};

enum stmt {
    SQL_BEGIN,
    SQL_COMMIT,
    SQL_FEED_NEW,
    SQL_FEED_SET,
    SQL_FEED_LIST,
    SQL_ENTRY_NEW,
    SQL_ENTRY_NEW_ROWS,
    SQL_ENTRY_BODY,
    SQL_ENTRY_GONE,
    SQL_ENTRY_ONE,
    SQL_ENTRY_RANGE,
    SQL_ENTRY_STATE,
    SQL_TAG_NEW,
    SQL_TAG_NEW_ROWS,
    SQL_TAG_DROP,
    SQL_TAG_FIND,
    SQL_TAG_COUNT,
    SQL_TAG_LIST,
    SQL_EXPIRING_NEW,
    SQL_EXPIRING_NEW_ROWS,
    SQL_EXPIRING_DROP,
    SQL_EXPIRING_LIST,
    SQL_CORRECTION_SET,
    SQL_CORRECTION_ONE,
    SQL_CORRECTION_LIST,
    SQL_ALERT_NEW,
    SQL_ALERT_DROP,
    SQL_ALERT_LIST,
    SQL_CEREMONY_ENTRY_NEW,
    SQL_CEREMONY_ENTRY_DROP,
    SQL_CEREMONY_ENTRY_LIST,
    SQL_RETAG_NEW,
    SQL_RETAG_DROP,
    SQL_RETAG_LIST,
    SQL_VERSION_NEW,
    SQL_VERSION_ONE,
    SQL_VERSION_CUT,
    SQL_WATCH_NEW,
    SQL_WATCH_DROP,
    SQL_WATCH_LIST,
    SQL_OWED_NEW,
    SQL_OWED_DROP,
    SQL_OWED_LIST,
    SQL_OPAQUE_NEW,
    SQL_OPAQUE_DROP,
    SQL_OPAQUE_LIST,
    SQL_TILE_NEW,
    SQL_TILE_ONE,
    SQL_ROSTER_SET,
    SQL_ROSTER_ONE,
    SQL_ROSTER_LIST,
    SQL_RIVAL_SET,
    SQL_RIVAL_ONE,
    SQL_RIVAL_LIST,
    SQL_CUT_ENTRIES,
    SQL_CUT_TAGS,
    SQL_CUT_EXPIRING,
    SQL_CUT_OWED,
    SQL_CUT_OPAQUE,
    SQL_CUT_DUE,
    SQL_CUT_ALERTS,
    SQL_CUT_CEREMONY_ENTRIES,
    SQL_CUT_RETAGS,
    SQL_CUT_CORRECTIONS,
    SQL_CUT_TAKEN_BACK,
    SQL_CUT_TILES,
    SQL_CUT_PARCELS,
    SQL_PREKEY_SET,
    SQL_PREKEY_DROP,
    SQL_PREKEY_LIST,
    SQL_FACTORED_SET,
    SQL_FACTORED_ONE,
    SQL_SIGNAL_COUNT,
    SQL_SHARE_SET,
    SQL_SHARE_DROP,
    SQL_SHARE_LIST,
    SQL_CEREMONY_SET,
    SQL_CEREMONY_DROP,
    SQL_CEREMONY_LIST,
    SQL_PARCEL_SET,
    SQL_PARCEL_ONE,
    SQL_PARCEL_LIST,
    SQL_PARCEL_PAST,
    SQL_INBOX_NEW,
    SQL_INBOX_KNOWN,
    SQL_INBOX_LIST,
    SQL_INBOX_COUNT,
    SQL_INBOX_DROP,
    SQL_INBOX_PAST,
    SQL_OUTBOX_SET,
    SQL_OUTBOX_LIST,
    SQL_OUTBOX_CUT,
    SQL_OUTBOX_PAST,
    SQL_BUDGET_SET,
    SQL_BUDGET_DAY,
    SQL_BUDGET_LIST,
    SQL_REQUEST_NEW,
    SQL_REQUEST_ONE,
    SQL_RECEIPT_NEW,
    SQL_RECEIPT_COUNT,
    SQL_RECEIPT_LIST,
    SQL_DUE_NEW,
    SQL_DUE_DROP,
    SQL_DUE_LIST,
    SQL_SEEN_SET,
    SQL_SEEN_DROP,
    SQL_SEEN_ONE,
    SQL_WITNESS_NEW,
    SQL_WITNESS_DROP,
    SQL_WITNESS_ONE,
    SQL_WITNESS_LIST,
    SQL_WITNESS_OF,
    SQL_PEER_SEEN_SET,
    SQL_PEER_SEEN_ONE,
    SQL_MARK_SET,
    SQL_MARK_ONE,
    SQL_DESK_NEW,
    SQL_DESK_DROP,
    SQL_DESK_LIST,
    SQL_DESK_CUT,
    SQL_PURPOSE_SET,
    SQL_PURPOSE_LIST,
    SQL_PURPOSE_PAST,
    SQL_NOTICE_LIST,
    SQL_SURGE_ADD,
    SQL_SURGE_SUM,
    SQL_SURGE_PAST,
    SQL_REQUEST_TOTAL,
    SQL_REQUEST_LIST,
    SQL_REQUEST_PAST,
    SQL_ACCOUNT_CLOSE,
    SQL_ACCOUNT_CLOSE_SURGE,
    SQL_ACCOUNT_ONE,
    SQL_ALLOWANCE_SET,
    SQL_ALLOWANCE_LIST,
    SQL_ASKED_ADD,
    SQL_ASKED_LIST,
    SQL_ASKED_PAST,
    SQL_FORK_SET,
    SQL_FORK_ONE,
    SQL_FORK_LIST,
    SQL_HOLE_NEW,
    SQL_HOLE_DROP,
    SQL_HOLE_ONE,
    SQL_HOLE_TOUCHING,
    SQL_FINDING_NEW,
    SQL_FINDING_ONCE,
    SQL_FINDING_TRIM,
    SQL_FINDING_LIST,
    SQL_FINDING_SETTLE,
    SQL_FINDING_OPEN,
    SQL_FINDING_FORGET,
    SQL_OWED_AGAIN,
    SQL_CORRECTION_DROP,
    SQL_WALK_TAG,
    SQL_WALK_EXPIRING,
    SQL_WALK_OWED,
    SQL_WALK_OPAQUE,
    SQL_WALK_ALERT,
    SQL_WALK_CEREMONY,
    SQL_WALK_RETAG,
    SQL_WALK_CORRECTION,
    SQL_COUNT
};

extern const char *const store_sql[SQL_COUNT];
extern const char *const store_schema_sql;   /* the tables of version 1 */
extern const char *const store_schema_2_sql; /* what version 2 adds to them */
extern const char *const store_schema_3_sql; /* what version 3 adds */
extern const char *const store_schema_4_sql; /* what version 4 adds */

/* A row of two integers: prefix and entry, or day and entry. */
struct pair {
    int64_t key;
    int64_t id;
};

/* Known feeds; numbers are 1 .. count and never change. */
struct feed_table {
    uint8_t (*author)[AUTHOR_BYTES]; /* of number n at n - 1 */
    uint32_t *order;                 /* numbers, sorted by author */
    size_t count;
    size_t cap;
};

struct store {
    sqlite3 *db;
    sqlite3_stmt *stmt[SQL_COUNT];
    bool is_dirty;      /* a transaction is open */
    bool has_failed;    /* for good */
    bool has_erased;    /* the open transaction erased something */
    int log_pages;      /* length of the log after the last commit */
    struct pair *pairs; /* the tags of one batch, and as much room to sort them */
    struct feed_table feeds;
    struct store_filter filter;
    struct reserve reserve;
    struct problem problem;
    char path[STORE_PATH_BYTES];
    int page_fd; /* on the same file, for looking at its pages; -1 none */
    struct log_look log;
};

/* Records the first failure, in words and with what SQLite says; returns ERR_IO. */
enum err store_fail(struct store *s, const char *doing);

/* Records that a row is not one that this program wrote; returns ERR_FORMAT. */
enum err store_damaged(struct store *s);

/* The statement, reset and ready to bind. A statement that is still running is our bug. */
sqlite3_stmt *store_statement(struct store *s, enum stmt which);

/* Runs a statement that gives no rows, then resets it. ERR_IO as store_fail; changed rows are in
 * sqlite3_changes. */
MUST_CHECK enum err store_run(struct store *s, sqlite3_stmt *stmt);

/* Steps to the next row. False at the end, or on failure (recorded); the statement is then reset.
 * A caller that stops earlier resets it itself. */
bool store_next(struct store *s, sqlite3_stmt *stmt);

void store_bind_int(sqlite3_stmt *stmt, int at, int64_t value);
void store_bind_bytes(sqlite3_stmt *stmt, int at, const void *data, size_t len);
struct bytes store_column_bytes(sqlite3_stmt *stmt, int at);

/* Numbers beyond what a column holds cannot be stored: they compare as the largest one. */
int64_t store_column_of(uint64_t value);

/* One column of one row, copied to out. Returns its length; 0 if there is no row or it is longer
 * than cap. */
size_t store_copy_one(struct store *s, sqlite3_stmt *q, int at, uint8_t *out, size_t cap);

/* Reads the known feeds. ERR_FORMAT if their numbers are not 1 .. n, ERR_IO. */
MUST_CHECK enum err store_feeds_load(struct store *s);
void store_feeds_clear(struct feed_table *f);

/* The number of a feed, 0 if unknown. */
uint32_t store_feed_number(const struct store *s, const uint8_t author[AUTHOR_BYTES]);

/* The same, after making the feed known if it was not. ERR_IO. */
MUST_CHECK enum err store_feed_learn(struct store *s, const uint8_t author[AUTHOR_BYTES],
                                     uint32_t *number);

/* A record from a row of its table, whose first column is at; false if it cannot be one. */
bool store_record_read(sqlite3_stmt *q, int at, struct feed_record *r);

/* Writes a record; its feed becomes known. */
MUST_CHECK enum err store_feed_write(struct store *s, const struct feed_record *record,
                                     uint32_t *number);

int64_t store_entry_id(uint32_t number, uint64_t index);
uint64_t store_entry_index(int64_t id);

/* The author of an entry; NULL for a number that no feed has. */
const uint8_t *store_entry_author(const struct store *s, int64_t id);

/* The effects ENTRIES, BODY, GONE and CUT_BACK. */
MUST_CHECK enum err store_apply_entries(struct store *s, const struct effect *f);
MUST_CHECK enum err store_apply_body(struct store *s, const struct effect *f);
MUST_CHECK enum err store_apply_gone(struct store *s, const struct effect *f);
MUST_CHECK enum err store_apply_cut_back(struct store *s, const struct effect *f);
MUST_CHECK enum err store_apply_lost(struct store *s, const struct effect *f);
MUST_CHECK enum err store_apply_correction(struct store *s, const struct effect *f);

/* Entries of a feed, and every row that follows from them; roots of its subtrees; whether it has
 * entries. */
MUST_CHECK enum err store_add_entries(struct store *s, uint32_t number,
                                      const struct effect_entry *entries, size_t count);
MUST_CHECK enum err store_add_tiles(struct store *s, uint32_t number,
                                    const struct effect_tile *tiles, size_t count);
bool store_has_entries(struct store *s, uint32_t number);

/* Writes beside the target, also of an erasure, which takes it back. */
MUST_CHECK enum err store_correction_add(struct store *s, uint32_t number, uint64_t target,
                                         enum entry_type what, uint64_t by);

/* The effects PARCEL and POST_PAST, and the archive's answers about envelopes. */
MUST_CHECK enum err store_apply_parcel(struct store *s, const struct effect *f);
MUST_CHECK enum err store_apply_post_past(struct store *s, const struct effect *f);
bool store_archive_parcel(void *ctx, const uint8_t author[AUTHOR_BYTES], uint64_t index,
                          struct parcel_record *out);
MUST_CHECK enum err store_factored_put(struct store *s, const uint8_t member[AUTHOR_BYTES],
                                       uint32_t epoch, uint32_t used);
uint32_t store_archive_factored(void *ctx, const uint8_t member[AUTHOR_BYTES], uint32_t epoch);
uint64_t store_archive_signals(void *ctx, const uint8_t author[AUTHOR_BYTES]);
void store_archive_ceremonies(void *ctx,
                              bool (*row)(void *row_ctx, const uint8_t author[AUTHOR_BYTES],
                                          const struct archive_row *r),
                              void *row_ctx);
/* The effects SURGE and ACCOUNT_PAST, and the archive's answers about allowances and accounts. */
MUST_CHECK enum err store_apply_surge(struct store *s, const struct effect *f);
MUST_CHECK enum err store_apply_account_past(struct store *s, const struct effect *f);
void store_archive_notices(void *ctx, const uint8_t author[AUTHOR_BYTES],
                           bool (*row)(void *row_ctx, const struct archive_row *r), void *row_ctx);
uint64_t store_archive_surged(void *ctx, const uint8_t member[AUTHOR_BYTES], uint64_t index,
                              uint32_t from_day, uint32_t until_day);
size_t store_archive_account(void *ctx, const uint8_t member[AUTHOR_BYTES], uint32_t month,
                             const uint8_t after[REQUEST_BYTES], struct account_totals *totals,
                             uint8_t *rows, size_t max);
bool store_archive_message(void *ctx, const uint8_t sender[AUTHOR_BYTES],
                           const uint8_t id[ENVELOPE_ID_BYTES]);

/* Entries from first up to past, which lie in one feed: are missing from now on; are here again;
 * are deleted, and everything that finds them, and are missing from now on. What takes entries back
 * stays, wherever it was said. ERR_IO. */
MUST_CHECK enum err store_hole_add(struct store *s, int64_t first, int64_t past);
MUST_CHECK enum err store_hole_fill(struct store *s, int64_t first, int64_t past);
MUST_CHECK enum err store_lose(struct store *s, int64_t first, int64_t past);

/* Run a statement that takes one integer, or two. */
MUST_CHECK enum err store_run_one(struct store *s, enum stmt which, int64_t value);
MUST_CHECK enum err store_run_two(struct store *s, enum stmt which, int64_t first, int64_t second);

/* (Re)builds the filter from the stored tags, with room for as many again. */
MUST_CHECK enum err store_filter_load(struct store *s);

/* The tags of a body; none unless it is a signal's, an amendment's that holds one, or a retag's.
 * Returns their number, and where in *tags. */
size_t store_body_tags(struct bytes body, const uint8_t **tags);

/* Notes which entries the retags among these are for. */
MUST_CHECK enum err store_add_retags(struct store *s, uint32_t number,
                                     const struct effect_entry *entries, size_t count);

/* Whether the held entry id, whose body is b, is a retag in force: what it names is in force, and
 * no later one is there for the same entry and key period. If so, index and original of hit become
 * those of the entry named. */
struct tag_hit;
bool store_retag_counts(struct store *s, const uint8_t *author, int64_t id, const struct body *b,
                        struct tag_hit *hit);

#endif
