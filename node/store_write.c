#include "node/store_write.h"

#include "node/store_internal.h"

#include <stdlib.h>
#include <string.h>

static enum err apply_roster(struct store *s, const struct effect *f)
{
    sqlite3_stmt *q = store_statement(s, SQL_ROSTER_SET);
    store_bind_int(q, 1, (int64_t)f->roster.version);
    store_bind_bytes(q, 2, f->roster.hash, HASH_BYTES);
    store_bind_bytes(q, 3, f->roster.signed_roster.data, f->roster.signed_roster.len);
    return store_run(s, q);
}

static enum err apply_rival(struct store *s, const struct effect *f)
{
    sqlite3_stmt *q = store_statement(s, SQL_RIVAL_SET);
    store_bind_bytes(q, 1, f->roster.hash, HASH_BYTES);
    store_bind_int(q, 2, (int64_t)f->roster.version);
    store_bind_bytes(q, 3, f->roster.signed_roster.data, f->roster.signed_roster.len);
    return store_run(s, q);
}

static enum err apply_budget(struct store *s, const struct effect *f)
{
    sqlite3_stmt *q = store_statement(s, SQL_BUDGET_SET);
    store_bind_bytes(q, 1, f->author, AUTHOR_BYTES);
    store_bind_int(q, 2, f->request.day);
    store_bind_int(q, 3, f->request.used);
    return store_run(s, q);
}

static enum err put_request(struct store *s, const struct effect *f)
{
    sqlite3_stmt *q = store_statement(s, SQL_REQUEST_NEW);
    store_bind_bytes(q, 1, f->author, AUTHOR_BYTES);
    store_bind_bytes(q, 2, f->request.request, REQUEST_ID_BYTES);
    store_bind_int(q, 3, f->request.day);
    store_bind_int(q, 4, f->request.points);
    store_bind_bytes(q, 5, f->request.points_hash, HASH_BYTES);
    store_bind_bytes(q, 6, f->request.purpose, HASH_BYTES);
    return store_run(s, q);
}

static enum err apply_request(struct store *s, const struct effect *f)
{
    enum err e = put_request(s, f);
    return e == OK ? apply_budget(s, f) : e;
}

/* A request as any other, charged elsewhere. */
static enum err apply_factored(struct store *s, const struct effect *f)
{
    struct effect r = {.type = EFFECT_PERSIST_REQUEST};
    memcpy(r.author, f->author, AUTHOR_BYTES);
    r.request.day = f->factored.day;
    r.request.points = f->factored.points;
    memcpy(r.request.request, f->factored.request, REQUEST_ID_BYTES);
    memcpy(r.request.points_hash, f->factored.points_hash, HASH_BYTES);
    memcpy(r.request.purpose, f->factored.purpose, HASH_BYTES);
    enum err e = put_request(s, &r);
    return e == OK ? store_factored_put(s, f->author, f->factored.epoch, f->factored.used) : e;
}

static enum err apply_receipt(struct store *s, const struct effect *f)
{
    enum err e = OK;
    for (size_t i = 0; i < f->receipt.count && e == OK; i++) {
        sqlite3_stmt *q = store_statement(s, SQL_RECEIPT_NEW);
        store_bind_int(q, 1, (int64_t)f->receipt.indexes[i]);
        store_bind_bytes(q, 2, f->author, AUTHOR_BYTES);
        e = store_run(s, q);
    }
    return e;
}

static enum err apply_receipts_sent(struct store *s, const struct effect *f)
{
    enum err e = OK;
    for (size_t i = 0; i < f->receipts_sent.count && e == OK; i++) {
        uint32_t number = store_feed_number(s, f->receipts_sent.authors[i]);
        if (number != 0)
            e = store_run_one(s, SQL_DUE_DROP, store_entry_id(number, f->receipts_sent.indexes[i]));
    }
    return e;
}

static enum err apply_seen(struct store *s, const struct effect *f)
{
    sqlite3_stmt *q = store_statement(s, SQL_SEEN_SET);
    store_bind_bytes(q, 1, f->seen.hash, HASH_BYTES);
    store_bind_int(q, 2, f->seen.day);
    store_bind_bytes(q, 3, f->seen.rows.data, f->seen.rows.len);
    enum err e = store_run(s, q);
    if (e == OK && f->seen.day > STORE_SEEN_DAYS)
        e = store_run_one(s, SQL_SEEN_DROP, (int64_t)f->seen.day - STORE_SEEN_DAYS);
    return e;
}

static enum err apply_witness(struct store *s, const struct effect *f)
{
    sqlite3_stmt *q = store_statement(s, SQL_WITNESS_NEW);
    store_bind_bytes(q, 1, f->author, AUTHOR_BYTES);
    store_bind_int(q, 2, f->witness.checkpoint.feed_epoch);
    store_bind_int(q, 3, store_column_of(f->witness.checkpoint.seq));
    store_bind_int(q, 4, f->witness.day);
    store_bind_bytes(q, 5, f->witness.signed_checkpoint, CHECKPOINT_SIGNED_BYTES);
    enum err e = store_run(s, q);
    if (e == OK && f->witness.day > STORE_SEEN_DAYS)
        e = store_run_one(s, SQL_WITNESS_DROP, (int64_t)f->witness.day - STORE_SEEN_DAYS);
    return e;
}

static enum err apply_peer_seen(struct store *s, const struct effect *f)
{
    sqlite3_stmt *q = store_statement(s, SQL_PEER_SEEN_SET);
    store_bind_bytes(q, 1, f->author, AUTHOR_BYTES);
    store_bind_bytes(q, 2, f->seen.hash, HASH_BYTES);
    store_bind_int(q, 3, f->seen.day);
    store_bind_bytes(q, 4, f->seen.rows.data, f->seen.rows.len);
    return store_run(s, q);
}

static enum err apply_fork(struct store *s, const struct effect *f)
{
    sqlite3_stmt *q = store_statement(s, SQL_FORK_SET);
    store_bind_bytes(q, 1, f->author, AUTHOR_BYTES);
    store_bind_int(q, 2, f->fork.feed_epoch);
    store_bind_bytes(q, 3, f->fork.feed_key, KEY_BYTES);
    store_bind_bytes(q, 4, f->fork.proof.data, f->fork.proof.len);
    return store_run(s, q);
}

enum err store_apply(struct store *s, const struct effect *f)
{
    enum err e = store_begin(s);
    if (e != OK)
        return e;
    uint32_t number = 0;
    switch (f->type) {
    case EFFECT_PERSIST_ENTRIES:
        return store_apply_entries(s, f);
    case EFFECT_PERSIST_BODY:
        return store_apply_body(s, f);
    case EFFECT_PERSIST_GONE:
        return store_apply_gone(s, f);
    case EFFECT_PERSIST_FEED:
        return store_feed_write(s, f->entries.feed, &number);
    case EFFECT_PERSIST_ROSTER:
        return apply_roster(s, f);
    case EFFECT_PERSIST_RIVAL:
        return apply_rival(s, f);
    case EFFECT_PERSIST_CUT_BACK:
        return store_apply_cut_back(s, f);
    case EFFECT_PERSIST_REQUEST:
        return apply_request(s, f);
    case EFFECT_PERSIST_FACTORED:
        return apply_factored(s, f);
    case EFFECT_PERSIST_BUDGET:
        return apply_budget(s, f);
    case EFFECT_PERSIST_RECEIPT:
        return apply_receipt(s, f);
    case EFFECT_PERSIST_RECEIPTS_SENT:
        return apply_receipts_sent(s, f);
    case EFFECT_PERSIST_SEEN:
        return apply_seen(s, f);
    case EFFECT_PERSIST_WITNESS:
        return apply_witness(s, f);
    case EFFECT_PERSIST_PEER_SEEN:
        return apply_peer_seen(s, f);
    case EFFECT_PERSIST_CORRECTION:
        return store_apply_correction(s, f);
    case EFFECT_PERSIST_PARCEL:
        return store_apply_parcel(s, f);
    case EFFECT_PERSIST_POST_PAST:
        return store_apply_post_past(s, f);
    case EFFECT_PERSIST_LOST:
        return store_apply_lost(s, f);
    case EFFECT_PERSIST_MARK:
        return store_run_two(s, SQL_MARK_SET, f->mark.mark, (int64_t)f->mark.value);
    case EFFECT_PERSIST_FORK:
        return apply_fork(s, f);
    case EFFECT_PERSIST_SURGE:
        return store_apply_surge(s, f);
    case EFFECT_PERSIST_ACCOUNT_PAST:
        return store_apply_account_past(s, f);
    case EFFECT_SEND:
    case EFFECT_CUT:
    case EFFECT_DIAL:
    case EFFECT_HANGUP:
    case EFFECT_APPENDED:
    case EFFECT_EVALUATED:
    case EFFECT_ROSTER_ADOPTED:
    case EFFECT_ROSTER_REFUSED:
    case EFFECT_REPORT:
    case EFFECT_ASKED:
    case EFFECT_TOTALS:
    case EFFECT_PERSIST_PREKEY:
    case EFFECT_PERSIST_SHARE:
    case EFFECT_FORGET_SHARE:
    case EFFECT_PERSIST_CEREMONY: /* the desk seals it first */
    case EFFECT_MESSAGE:
        break;
    }
    abort(); /* our bug: an effect that persists nothing */
}

enum err store_mark_put(struct store *s, enum mark mark, uint64_t value)
{
    enum err e = store_begin(s);
    return e == OK ? store_run_two(s, SQL_MARK_SET, mark, store_column_of(value)) : e;
}

enum err store_desk_cut(struct store *s, uint64_t first)
{
    enum err e = store_begin(s);
    if (e == OK)
        e = store_run_one(s, SQL_DESK_CUT, store_column_of(first));
    if (e == OK)
        e = store_run_one(s, SQL_VERSION_CUT, store_column_of(first));
    s->has_erased = true;
    return e;
}

enum err store_desk_delete(struct store *s, uint64_t index)
{
    enum err e = store_begin(s);
    if (e == OK)
        e = store_run_one(s, SQL_DESK_DROP, (int64_t)index);
    if (e == OK && sqlite3_changes(s->db) > 0)
        s->has_erased = true;
    return e;
}

enum err store_desk_put(struct store *s, uint64_t index, struct bytes sealed)
{
    enum err e = store_desk_delete(s, index);
    if (e != OK)
        return e;
    sqlite3_stmt *q = store_statement(s, SQL_DESK_NEW);
    store_bind_int(q, 1, (int64_t)index);
    store_bind_bytes(q, 2, sealed.data, sealed.len);
    return store_run(s, q);
}
