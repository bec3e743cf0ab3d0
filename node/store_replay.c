#include "node/store_replay.h"

#include <string.h>

#include "node/store_find.h"
#include "node/store_internal.h"
#include "node/store_read.h"
#include "protocol/alert.h"
#include "protocol/entry.h"
#include "protocol/retag.h"
#include "protocol/tag.h"

enum { ROWS_MAX = 512 };

const char *replay_name(enum replay_table t)
{
    static const char *const names[REPLAY_TABLES] = {
        [REPLAY_TAG] = "tag",     [REPLAY_EXPIRING] = "expiring",
        [REPLAY_OWED] = "owed",   [REPLAY_OPAQUE] = "opaque",
        [REPLAY_ALERT] = "alert", [REPLAY_CEREMONY] = "ceremony_entry",
        [REPLAY_RETAG] = "retag", [REPLAY_CORRECTION] = "correction",
    };
    return names[t];
}

/* What an entry says, as far as rows follow from it. */
struct said {
    bool is_there;
    enum entry_state state;
    uint32_t expires_day; /* where its body is here */
    size_t tag_count;
    int64_t prefix[SIGNAL_TAGS_MAX];
    bool is_alert, is_ceremony;
    int64_t retagged;           /* id of the entry that this one is a retag of; 0 none */
    enum entry_type takes_back; /* ENTRY_RETRACT or ENTRY_ERASE; 0 nothing */
    uint64_t target;
};

static void read_body(struct said *said, int64_t id, struct bytes raw)
{
    struct body b;
    struct alert alert;
    struct retag retag;
    const uint8_t *tags = NULL;
    if (said->state != STATE_HELD || body_decode(raw, &b) != OK)
        return;
    said->tag_count = entry_tags(&b, &tags);
    for (size_t i = 0; i < said->tag_count; i++)
        said->prefix[i] = (int64_t)tag_prefix(tags + i * TAG_BYTES);
    said->is_alert = entry_is_alert(&b, &alert);
    said->is_ceremony = b.type == ENTRY_CEREMONY;
    if (retag_of(&b, &retag))
        said->retagged = id - (int64_t)store_entry_index(id) + (int64_t)(b.ref_plus_one - 1);
    if ((b.type == ENTRY_RETRACT || b.type == ENTRY_ERASE) && b.ref_plus_one > 0) {
        said->takes_back = (enum entry_type)b.type;
        said->target = b.ref_plus_one - 1;
    }
}

static struct said listen(struct store *s, int64_t id)
{
    struct said said = {0};
    struct header h;
    sqlite3_stmt *q = store_statement(s, SQL_ENTRY_ONE);
    store_bind_int(q, 1, id);
    if (!store_next(s, q))
        return said;
    struct bytes header = store_column_bytes(q, 1);
    said.is_there = true;
    said.state = (enum entry_state)sqlite3_column_int(q, 0);
    if (state_has_body(said.state) && header.len == HEADER_BYTES &&
        header_decode(header.data, &h) == OK)
        said.expires_day = h.expires_day;
    read_body(&said, id, store_column_bytes(q, 2));
    sqlite3_reset(q);
    return said;
}

static bool is_opaque(enum entry_state state)
{
    return state == STATE_OPAQUE || state == STATE_NEWER;
}

/* ---- From entries to rows ---- */

/* Runs an INSERT OR IGNORE and counts whether it added something. */
static enum err add(struct store *s, sqlite3_stmt *q, uint64_t *missing)
{
    enum err e = store_run(s, q);
    if (e == OK)
        *missing += (uint64_t)sqlite3_changes(s->db);
    return e;
}

static enum err add_pair(struct store *s, enum stmt which, int64_t key, int64_t id,
                         uint64_t *missing)
{
    sqlite3_stmt *q = store_statement(s, which);
    store_bind_int(q, 1, key);
    store_bind_int(q, 2, id);
    return add(s, q, missing);
}

static enum err add_one(struct store *s, enum stmt which, int64_t id, uint64_t *missing)
{
    sqlite3_stmt *q = store_statement(s, which);
    store_bind_int(q, 1, id);
    return add(s, q, missing);
}

/* What takes the target back is there, as early as this entry says. */
static enum err add_correction(struct store *s, uint32_t number, uint64_t index,
                               const struct said *said, uint64_t *missing)
{
    const uint8_t *author = store_entry_author(s, store_entry_id(number, 0));
    struct correction c = store_correction(s, author, said->target);
    uint64_t by_plus_one =
        said->takes_back == ENTRY_RETRACT ? c.retracted_plus_one : c.erased_plus_one;
    if (by_plus_one != 0 && by_plus_one <= index + 1)
        return OK;
    (*missing)++;
    return store_correction_add(s, number, said->target, said->takes_back, index);
}

enum err store_replay_entry(struct store *s, const uint8_t author[AUTHOR_BYTES], uint64_t index,
                            uint64_t missing[REPLAY_TABLES])
{
    uint32_t number = store_feed_number(s, author);
    if (number == 0 || index >> INDEX_BITS != 0)
        return OK;
    int64_t id = store_entry_id(number, index);
    struct said said = listen(s, id);
    if (!said.is_there)
        return s->has_failed ? ERR_IO : OK;
    enum err e = store_begin(s);
    for (size_t i = 0; i < said.tag_count && e == OK; i++) {
        uint64_t was = missing[REPLAY_TAG];
        e = add_pair(s, SQL_TAG_NEW, said.prefix[i], id, &missing[REPLAY_TAG]);
        if (missing[REPLAY_TAG] > was)
            store_filter_add(&s->filter, (uint64_t)said.prefix[i]);
    }
    if (e == OK && said.expires_day != 0)
        e = add_pair(s, SQL_EXPIRING_NEW, said.expires_day, id, &missing[REPLAY_EXPIRING]);
    if (e == OK && said.state == STATE_OWED)
        e = add_one(s, SQL_OWED_AGAIN, id, &missing[REPLAY_OWED]);
    if (e == OK && is_opaque(said.state))
        e = add_one(s, SQL_OPAQUE_NEW, id, &missing[REPLAY_OPAQUE]);
    if (e == OK && said.is_alert)
        e = add_one(s, SQL_ALERT_NEW, id, &missing[REPLAY_ALERT]);
    if (e == OK && said.is_ceremony)
        e = add_one(s, SQL_CEREMONY_ENTRY_NEW, id, &missing[REPLAY_CEREMONY]);
    if (e == OK && said.retagged != 0)
        e = add_pair(s, SQL_RETAG_NEW, id, said.retagged, &missing[REPLAY_RETAG]);
    if (e == OK && said.takes_back != 0 && said.target < index)
        e = add_correction(s, number, index, &said, &missing[REPLAY_CORRECTION]);
    return e;
}

/* ---- From rows to entries ---- */

struct row {
    int64_t key, id; /* prefix or day, and entry; of a correction: target, and the entry that says
                        so */
    enum entry_type what; /* of a correction */
};

static const enum stmt lists[REPLAY_TABLES] = {
    [REPLAY_TAG] = SQL_WALK_TAG,     [REPLAY_EXPIRING] = SQL_WALK_EXPIRING,
    [REPLAY_OWED] = SQL_WALK_OWED,   [REPLAY_OPAQUE] = SQL_WALK_OPAQUE,
    [REPLAY_ALERT] = SQL_WALK_ALERT, [REPLAY_CEREMONY] = SQL_WALK_CEREMONY,
    [REPLAY_RETAG] = SQL_WALK_RETAG, [REPLAY_CORRECTION] = SQL_WALK_CORRECTION,
};

static bool has_prefix(const struct said *said, int64_t prefix)
{
    for (size_t i = 0; i < said->tag_count; i++)
        if (said->prefix[i] == prefix)
            return true;
    return false;
}

/* Whether the entry says so. */
static bool is_said(struct store *s, enum replay_table t, const struct row *r)
{
    struct said said = listen(s, r->id);
    switch (t) {
    case REPLAY_TAG:
        return has_prefix(&said, r->key);
    case REPLAY_EXPIRING:
        return said.expires_day != 0 && said.expires_day == r->key;
    case REPLAY_OWED:
        return said.state == STATE_OWED;
    case REPLAY_OPAQUE:
        return is_opaque(said.state);
    case REPLAY_ALERT:
        return said.is_alert;
    case REPLAY_CEREMONY:
        return said.is_ceremony;
    case REPLAY_RETAG:
        return said.retagged == r->key;
    case REPLAY_CORRECTION:
        /* One that is missing, or whose body is, may say it: what is taken back stays so. */
        return !said.is_there || said.state == STATE_OWED ||
               (said.takes_back == r->what && said.target == store_entry_index(r->key));
    case REPLAY_TABLES:
        break;
    }
    return true;
}

static enum err drop(struct store *s, enum replay_table t, const struct row *r)
{
    switch (t) {
    case REPLAY_TAG:
        return store_run_two(s, SQL_TAG_DROP, r->key, r->id);
    case REPLAY_EXPIRING:
        return store_run_two(s, SQL_EXPIRING_DROP, r->key, r->id);
    case REPLAY_OWED:
        return store_run_one(s, SQL_OWED_DROP, r->id);
    case REPLAY_OPAQUE:
        return store_run_one(s, SQL_OPAQUE_DROP, r->id);
    case REPLAY_ALERT:
        return store_run_one(s, SQL_ALERT_DROP, r->id);
    case REPLAY_CEREMONY:
        return store_run_one(s, SQL_CEREMONY_ENTRY_DROP, r->id);
    case REPLAY_RETAG:
        return store_run_one(s, SQL_RETAG_DROP, r->id);
    case REPLAY_CORRECTION:
        return store_run_two(s, SQL_CORRECTION_DROP, r->key, r->what);
    case REPLAY_TABLES:
        break;
    }
    return OK;
}

enum err store_replay_rows(struct store *s, enum replay_table t, struct replay_cursor *c,
                           size_t max, uint64_t *spare, bool *is_over)
{
    struct row rows[ROWS_MAX];
    size_t count = 0;
    max = max < ROWS_MAX ? max : ROWS_MAX;
    if (!c->has_begun)
        *c = (struct replay_cursor){INT64_MIN, INT64_MIN, true};
    sqlite3_stmt *q = store_statement(s, lists[t]);
    store_bind_int(q, 1, c->key);
    store_bind_int(q, 2, c->id);
    store_bind_int(q, 3, (int64_t)max);
    while (count < max && store_next(s, q))
        rows[count++] = (struct row){sqlite3_column_int64(q, 0), sqlite3_column_int64(q, 1),
                                     (enum entry_type)sqlite3_column_int(q, 2)};
    sqlite3_reset(q);
    *is_over = count < max;
    enum err e = s->has_failed ? ERR_IO : OK;
    for (size_t i = 0; i < count && e == OK; i++) {
        if (is_said(s, t, &rows[i]) || s->has_failed)
            continue;
        e = store_begin(s);
        if (e == OK)
            e = drop(s, t, &rows[i]);
        (*spare)++;
    }
    if (count > 0)
        *c = (struct replay_cursor){rows[count - 1].key, rows[count - 1].id, true};
    return s->has_failed ? ERR_IO : e;
}
