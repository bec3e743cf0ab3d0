/*
 * desk_post.c - messages to and from other organisations: send, inbox, outbox; and the prekeys,
 * which the core draws and the desk keeps sealed.
 */
#include "node/desk_job.h"

#include <assert.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "node/log.h"
#include "node/post_seal.h"
#include "node/secret.h"
#include "node/store_post.h"
#include "node/store_read.h"
#include "protocol/calendar.h"
#include "protocol/letter.h"

/* ---- What the core hands over ---- */

enum err desk_on_prekey(struct desk *d, const struct effect *e)
{
    if (e->prekey.is_gone)
        return store_prekey_delete(d->node->store, e->prekey.week);
    uint8_t sealed[KEY_BYTES + POST_SEAL_BYTES];
    post_seal(d->key, POST_PREKEY, post_context_number(e->prekey.week),
              bytes_of(e->prekey.secret, KEY_BYTES), sealed);
    return store_prekey_put(d->node->store, e->prekey.week, bytes_of(sealed, sizeof sealed));
}

enum err desk_on_message(struct desk *d, const struct effect *e)
{
    const struct envelope *v = &e->message.envelope;
    struct post_in m = {.type = v->type,
                        .role = v->role,
                        .index = e->message.index,
                        .created_utc = v->created_utc,
                        .received_utc = (uint64_t)node_now_utc(),
                        .expires_day = v->expires_day,
                        .content = v->content};
    memcpy(m.sender, v->sender, AUTHOR_BYTES);
    memcpy(m.id, v->id, ENVELOPE_ID_BYTES);
    memcpy(m.reference, v->reference, ENVELOPE_ID_BYTES);
    size_t cap = POST_IN_BYTES + m.content.len;
    uint8_t *plain = secret_new(cap), *sealed = malloc(cap + POST_SEAL_BYTES);
    assert(sealed != NULL);
    size_t len = post_in_encode(&m, plain);
    post_seal(d->key, POST_IN, post_context_id(m.id), bytes_of(plain, len), sealed);
    enum err r = store_inbox_put(d->node->store, m.sender, m.id, m.expires_day,
                                 bytes_of(sealed, len + POST_SEAL_BYTES));
    free(sealed);
    secret_free(plain);
    log_line(LEVEL_INFO, "message-received", log_text("org", node_org_id(d->node, m.sender)));
    return r;
}

struct loading {
    struct desk *desk;
    enum err result;
};

static bool load_prekey(void *ctx, uint32_t week, struct bytes sealed)
{
    struct loading *l = ctx;
    uint8_t secret[KEY_BYTES];
    if (sealed.len != KEY_BYTES + POST_SEAL_BYTES ||
        post_unseal(l->desk->key, POST_PREKEY, post_context_number(week), sealed, secret) != OK)
        l->result = ERR_FORMAT;
    else
        federation_load_prekey(l->desk->node->core, week, secret);
    sodium_memzero(secret, sizeof secret);
    return l->result == OK;
}

static bool load_parcel(void *ctx, const struct parcel_record *record)
{
    const struct loading *l = ctx;
    federation_load_parcel(l->desk->node->core, record);
    return true;
}

enum err desk_load_post(struct desk *d)
{
    struct loading l = {d, OK};
    enum err e = store_prekeys(d->node->store, load_prekey, &l);
    if (e == OK && l.result == OK)
        e = store_parcels(d->node->store, load_parcel, &l);
    return e != OK ? e : l.result;
}

/* ---- send ---- */

/* Puts a letter into an event; the content is to be freed. */
static enum err read_letter(const json_t *request, struct event *ev, uint8_t **content)
{
    const json_t *subject = json_object_get(request, "subject"),
                 *text = json_object_get(request, "text");
    const char *to = json_string_value(json_object_get(request, "to"));
    if (!json_is_string(subject) || !json_is_string(text) || to == NULL)
        return ERR_FORMAT;
    struct letter l = {bytes_of(json_string_value(subject), json_string_length(subject)),
                       bytes_of(json_string_value(text), json_string_length(text))};
    size_t len = 0;
    *content = secret_new(2 + l.subject.len + l.text.len);
    enum err e = letter_encode(&l, *content, &len);
    author_of(bytes_of(to, strlen(to)), ev->send.recipient);
    ev->send.content = bytes_of(*content, len);
    return e;
}

/* Notes what was sent, so that the outbox can show it. */
static enum err note_sent(struct desk *d, const struct event *ev, const json_t *request)
{
    const json_t *subject = json_object_get(request, "subject");
    struct post_out m = {.created_utc = (uint64_t)ev->now_utc,
                         .expires_day = (uint32_t)(ev->now_utc / 86400) + ENVELOPE_TERM_DAYS,
                         .bytes = (uint32_t)json_string_length(json_object_get(request, "text")),
                         .subject =
                             bytes_of(json_string_value(subject), json_string_length(subject))};
    memcpy(m.recipient, ev->send.recipient, AUTHOR_BYTES);
    memcpy(m.id, ev->send.id, ENVELOPE_ID_BYTES);
    uint8_t plain[POST_OUT_BYTES + SUBJECT_BYTES_MAX];
    uint8_t sealed[sizeof plain + POST_SEAL_BYTES];
    size_t len = post_out_encode(&m, plain);
    post_seal(d->key, POST_OUT, post_context_number(d->appended_first), bytes_of(plain, len),
              sealed);
    sodium_memzero(plain, sizeof plain);
    return store_outbox_put(d->node->store, d->appended_first, m.expires_day,
                            bytes_of(sealed, len + POST_SEAL_BYTES));
}

static const char *why_not_sent(enum err e)
{
    switch ((int)e) {
    case ERR_UNAVAILABLE:
        return "not-ready";
    case ERR_STRANGER:
        return "unknown-organisation";
    case ERR_NOT_FOUND:
        return "no-prekey";
    case ERR_RANGE:
        return "self";
    case ERR_FULL:
        return "outbox-full";
    case ERR_STALE:
        return "roster-stale";
    default:
        return desk_error_name(e);
    }
}

void post_send(struct desk *d, uint64_t client, const json_t *request)
{
    struct event ev = {.type = EVENT_SEND};
    uint8_t *content = NULL;
    ev.send.role = PREKEY_INTEGRITY_OFFICER;
    ev.send.type = ENVELOPE_LETTER;
    randombytes_buf(ev.send.id, sizeof ev.send.id);
    enum err e = read_letter(request, &ev, &content);
    if (e == OK) {
        d->appended = ERR_UNAVAILABLE;
        node_step(d->node, &ev);
        e = d->appended;
    }
    secret_free(content);
    if (e == OK)
        e = note_sent(d, &ev, request);
    if (e != OK) {
        desk_refuse(d, client, why_not_sent(e));
        return;
    }
    char expires[DAY_TEXT_BYTES];
    day_format((int32_t)(ev.now_utc / 86400 + ENVELOPE_TERM_DAYS), expires);
    desk_end_committed(d, client,
                       json_pack("{s:{s:b,s:I,s:s}}", "end", "ok", 1, "number",
                                 (json_int_t)d->appended_first, "expires", expires));
}

/* ---- inbox ---- */

struct reading {
    struct desk *desk;
    uint64_t client;
    size_t count;
    bool is_whole; /* with its text; the first one only */
    uint64_t wanted;
};

static void put_day(json_t *row, const char *name, uint64_t utc)
{
    char text[DAY_TEXT_BYTES];
    day_format((int32_t)(utc / 86400), text);
    json_object_set_new(row, name, json_string(text));
}

static const char *org_name(const struct desk *d, const uint8_t author[AUTHOR_BYTES])
{
    const struct roster *r = federation_roster(d->node->core);
    const struct organisation *org = r != NULL ? roster_find(r, author) : NULL;
    return org != NULL ? org->name : "";
}

static json_t *message_json(const struct desk *d, uint64_t number, const struct post_in *m,
                            bool is_whole)
{
    struct letter l = {bytes_of("", 0), bytes_of("", 0)};
    bool is_letter = m->type == ENVELOPE_LETTER && letter_decode(m->content, &l) == OK;
    json_t *row = json_pack("{s:I,s:s,s:s,s:b,s:s%,s:I}", "number", (json_int_t)number, "org_id",
                            node_org_id(d->node, m->sender), "name", org_name(d, m->sender),
                            "readable", is_letter, "subject", (const char *)l.subject.data,
                            l.subject.len, "bytes", (json_int_t)l.text.len);
    put_day(row, "written", m->created_utc);
    put_day(row, "received", m->received_utc);
    put_day(row, "expires", (uint64_t)m->expires_day * 86400);
    if (is_whole)
        json_object_set_new(row, "text", json_stringn((const char *)l.text.data, l.text.len));
    return row;
}

static bool inbox_row(void *ctx, uint64_t number, const uint8_t id[ENVELOPE_ID_BYTES],
                      struct bytes sealed)
{
    struct reading *r = ctx;
    struct post_in m;
    if (r->is_whole && number != r->wanted)
        return false;
    size_t len = sealed.len > POST_SEAL_BYTES ? sealed.len - POST_SEAL_BYTES : 0;
    uint8_t *plain = secret_new(len + 1);
    if (post_unseal(r->desk->key, POST_IN, post_context_id(id), sealed, plain) == OK &&
        post_in_decode(bytes_of(plain, len), &m) == OK) {
        desk_line(r->desk, r->client,
                  json_pack("{s:o}", r->is_whole ? "message" : "row",
                            message_json(r->desk, number, &m, r->is_whole)));
        r->count++;
    }
    secret_free(plain);
    return !r->is_whole;
}

static bool wanted_number(const json_t *request, uint64_t *number)
{
    const json_t *n = json_object_get(request, "number");
    if (!json_is_integer(n) || json_integer_value(n) < 0)
        return false;
    *number = (uint64_t)json_integer_value(n);
    return true;
}

void post_inbox(struct desk *d, uint64_t client, const json_t *request)
{
    struct reading r = {.desk = d, .client = client};
    r.is_whole = wanted_number(request, &r.wanted);
    enum err e = store_inbox_read(d->node->store, r.wanted, inbox_row, &r);
    if (e != OK || (r.is_whole && r.count == 0)) {
        desk_refuse(d, client, e != OK ? "io" : "not-found");
        return;
    }
    desk_end(d, client, json_pack("{s:{s:b,s:I}}", "end", "ok", 1, "count", (json_int_t)r.count));
}

void post_inbox_delete(struct desk *d, uint64_t client, const json_t *request)
{
    uint64_t number;
    enum err e =
        wanted_number(request, &number) ? store_inbox_delete(d->node->store, number) : ERR_FORMAT;
    if (e != OK) {
        desk_refuse(d, client, desk_error_name(e));
        return;
    }
    desk_end_committed(d, client, json_pack("{s:{s:b}}", "end", "ok", 1));
}

/* ---- outbox ---- */

static const char *state_name(const struct desk *d, uint64_t index)
{
    struct archive a = store_archive(d->node->store);
    struct parcel_record r;
    if (!a.parcel(a.ctx, d->node->author, index, &r))
        return "waiting";
    switch (r.state) {
    case PARCEL_WAITING:
        return "waiting";
    case PARCEL_KEPT:
        return "at-relay";
    case PARCEL_DELIVERED:
        return "delivered";
    case PARCEL_UNREADABLE:
        return "unreadable";
    }
    return "waiting";
}

static bool outbox_row(void *ctx, uint64_t index, struct bytes sealed)
{
    struct reading *r = ctx;
    struct post_out m;
    uint8_t plain[POST_OUT_BYTES + SUBJECT_BYTES_MAX];
    size_t len = sealed.len > POST_SEAL_BYTES ? sealed.len - POST_SEAL_BYTES : 0;
    if (len > sizeof plain ||
        post_unseal(r->desk->key, POST_OUT, post_context_number(index), sealed, plain) != OK ||
        post_out_decode(bytes_of(plain, len), &m) != OK)
        return true;
    json_t *row =
        json_pack("{s:I,s:s,s:s,s:s%,s:I,s:s}", "number", (json_int_t)index, "org_id",
                  node_org_id(r->desk->node, m.recipient), "name", org_name(r->desk, m.recipient),
                  "subject", (const char *)m.subject.data, m.subject.len, "bytes",
                  (json_int_t)m.bytes, "state", state_name(r->desk, index));
    put_day(row, "written", m.created_utc);
    put_day(row, "expires", (uint64_t)m.expires_day * 86400);
    desk_line(r->desk, r->client, json_pack("{s:o}", "row", row));
    sodium_memzero(plain, sizeof plain);
    r->count++;
    return true;
}

void post_outbox(struct desk *d, uint64_t client)
{
    struct reading r = {.desk = d, .client = client};
    if (store_outbox_read(d->node->store, outbox_row, &r) != OK) {
        desk_refuse(d, client, "io");
        return;
    }
    desk_end(d, client, json_pack("{s:{s:b,s:I}}", "end", "ok", 1, "count", (json_int_t)r.count));
}
