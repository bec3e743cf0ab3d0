/*
 * desk_allowance.c - own allowances: one person asks, another one approves, and somebody explains.
 *
 * A record of each is kept, sealed: what it is for, who asked for it and who approved it. Approval
 * writes a notice for all members, with the hash of the record as it is then; so does an
 * explanation with its own. Both records are kept as the text that was hashed, and an auditor can
 * be shown them.
 */
#include "node/desk_job.h"

#include <pwd.h>
#include <sodium.h>
#include <string.h>

#include "node/post_seal.h"
#include "node/store_account.h"
#include "protocol/calendar.h"
#include "protocol/notice.h"

enum { RECORD_BYTES = 4096, ALLOWANCES_MAX = 10000, TEXT_BYTES_MAX = 1000 };

static const char *text_of(const json_t *o, const char *name)
{
    const char *text = json_string_value(json_object_get(o, name));
    return text != NULL ? text : "";
}

static json_int_t number_of(const json_t *o, const char *name)
{
    return json_integer_value(json_object_get(o, name));
}

/* ---- Records ---- */

static enum err put(struct desk *d, json_int_t number, const json_t *record)
{
    uint8_t plain[RECORD_BYTES] = {0}, sealed[RECORD_BYTES + POST_SEAL_BYTES];
    size_t len = json_dumpb(record, (char *)plain, sizeof plain, JSON_COMPACT | JSON_SORT_KEYS);
    if (len == 0 || len >= sizeof plain)
        return ERR_LIMIT;
    post_seal(d->key, POST_ALLOWANCE, post_context_number((uint64_t)number),
              bytes_of(plain, sizeof plain), sealed);
    sodium_memzero(plain, sizeof plain);
    return store_allowance_put(d->node->store, number, bytes_of(sealed, sizeof sealed));
}

struct reading {
    struct desk *d;
    json_t *list; /* records, each with its "number" */
};

static bool take(void *ctx, int64_t number, struct bytes sealed)
{
    struct reading *r = ctx;
    uint8_t plain[RECORD_BYTES + 1] = {0};
    if (sealed.len == RECORD_BYTES + POST_SEAL_BYTES &&
        post_unseal(r->d->key, POST_ALLOWANCE, post_context_number((uint64_t)number), sealed,
                    plain) == OK) {
        json_t *record = json_loads((const char *)plain, 0, NULL);
        if (json_is_object(record)) {
            json_object_set_new(record, "number", json_integer(number));
            json_array_append_new(r->list, record);
        } else
            json_decref(record);
    }
    sodium_memzero(plain, sizeof plain);
    return true;
}

static json_t *read_all(struct desk *d)
{
    struct reading r = {d, json_array()};
    if (store_allowances(d->node->store, take, &r) == OK)
        return r.list;
    json_decref(r.list);
    return NULL;
}

/* A record of its own reference, to be released; NULL if there is none. */
static json_t *find(struct desk *d, json_int_t number)
{
    json_t *list = read_all(d), *found = NULL, *record;
    size_t i;
    json_array_foreach(list, i, record) if (number_of(record, "number") == number) found =
        json_incref(record);
    json_decref(list);
    return found;
}

/* "anna (1000)": who asks, as far as this machine can tell. */
static void person_of(const struct desk *d, uint64_t client, json_t *record, const char *name)
{
    int64_t uid = control_uid(d->node->control, client);
    const struct passwd *p = uid >= 0 && uid < UINT32_MAX ? getpwuid((uid_t)uid) : NULL;
    json_object_set_new(
        record, name,
        json_pack("{s:I,s:s}", "uid", (json_int_t)uid, "user", p != NULL ? p->pw_name : ""));
}

/* The record as it is hashed: sorted, without blanks, with a salt of its own. */
static bool hash_of(json_t *record, uint8_t out[HASH_BYTES])
{
    uint8_t salt[16];
    char hex[2 * sizeof salt + 1], text[RECORD_BYTES];
    randombytes_buf(salt, sizeof salt);
    sodium_bin2hex(hex, sizeof hex, salt, sizeof salt);
    json_object_set_new(record, "salt", json_string(hex));
    size_t len = json_dumpb(record, text, sizeof text, JSON_COMPACT | JSON_SORT_KEYS);
    if (len == 0 || len > sizeof text)
        return false;
    crypto_generichash(out, HASH_BYTES, (const uint8_t *)text, len, NULL, 0);
    return true;
}

/* ---- Requests ---- */

static uint8_t reason_of(const char *name)
{
    static const char *const names[] = {"bulk", "surge", "cases", "other"};
    for (uint8_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(names[i], name) == 0)
            return (uint8_t)(NOTICE_BULK + i);
    return 0;
}

static bool read_day(const json_t *request, const char *name, int32_t *day)
{
    const char *text = text_of(request, name);
    return day_parse(bytes_of(text, strlen(text)), day);
}

/* NULL, or what is wrong with the request. */
static const char *fault_of(struct desk *d, const json_t *request, int32_t *from, int32_t *until)
{
    const struct roster *r = federation_roster(d->node->core);
    const struct organisation *own = r != NULL ? roster_find(r, d->node->author) : NULL;
    json_int_t elements = number_of(request, "elements");
    size_t len = strlen(text_of(request, "text"));
    if (!roster_is_active_member(own))
        return "not-member";
    if (elements <= 0 || elements > (json_int_t)r->policy.surge_elements_max)
        return "allowance-elements";
    int32_t today = (int32_t)node_today();
    if (!read_day(request, "from", from) || !read_day(request, "until", until) || *from < today ||
        *from > today + NOTICE_AHEAD_DAYS || *until < *from || *until - *from >= NOTICE_DAYS_MAX)
        return "allowance-days";
    return reason_of(text_of(request, "reason")) == 0 || len == 0 || len > TEXT_BYTES_MAX ? "format"
                                                                                          : NULL;
}

static void ask(struct desk *d, uint64_t client, const json_t *request)
{
    int32_t from, until;
    const char *fault = fault_of(d, request, &from, &until);
    json_t *list = fault == NULL ? read_all(d) : NULL;
    if (fault != NULL || list == NULL || json_array_size(list) >= ALLOWANCES_MAX) {
        const struct roster *r = federation_roster(d->node->core);
        desk_end(d, client,
                 json_pack("{s:{s:b,s:s,s:I}}", "end", "ok", 0, "error",
                           fault != NULL ? fault : "full", "most",
                           (json_int_t)(r != NULL ? r->policy.surge_elements_max : 0)));
        json_decref(list);
        return;
    }
    size_t count = json_array_size(list);
    json_int_t number = count == 0 ? 1 : number_of(json_array_get(list, count - 1), "number") + 1;
    json_t *record =
        json_pack("{s:I,s:s,s:s,s:s,s:s,s:I}", "elements", number_of(request, "elements"), "from",
                  text_of(request, "from"), "until", text_of(request, "until"), "reason",
                  text_of(request, "reason"), "text", text_of(request, "text"), "asked_utc",
                  (json_int_t)node_now_utc());
    person_of(d, client, record, "asked_by");
    enum err e = put(d, number, record);
    json_decref(record);
    json_decref(list);
    if (e != OK)
        desk_refuse(d, client, desk_error_name(e));
    else
        desk_end_committed(d, client, json_pack("{s:{s:b,s:I}}", "end", "ok", 1, "number", number));
}

static enum err append_notice(struct desk *d, const struct notice *n, uint64_t ref_plus_one,
                              uint64_t *index)
{
    uint8_t payload[NOTICE_BYTES_MAX];
    struct draft draft = {.type = ENTRY_NOTICE, .ref_plus_one = ref_plus_one};
    draft.payload = bytes_of(payload, notice_encode(n, payload));
    return desk_append(d, &draft, 1, index);
}

/* Takes record. */
static void finish(struct desk *d, uint64_t client, json_int_t number, json_t *record, enum err e,
                   uint64_t index)
{
    if (e == OK) {
        json_object_del(record, "number");
        e = put(d, number, record);
    }
    json_decref(record);
    if (e != OK)
        desk_refuse(d, client, desk_append_error(e));
    else
        desk_end_committed(d, client,
                           json_pack("{s:{s:b,s:I,s:I}}", "end", "ok", 1, "number", number, "index",
                                     (json_int_t)index));
}

/* Whether the one who asks now is known to be another one than who asked for it. */
static bool is_same_person(const struct desk *d, uint64_t client, const json_t *record)
{
    int64_t uid = control_uid(d->node->control, client);
    return uid >= 0 && uid == number_of(json_object_get(record, "asked_by"), "uid");
}

static void approve(struct desk *d, uint64_t client, const json_t *request)
{
    json_int_t number = number_of(request, "number");
    json_t *record = find(d, number);
    int32_t from = 0, until = 0;
    const char *fault = record == NULL                             ? "not-found"
                        : json_object_get(record, "index") != NULL ? "already"
                        : is_same_person(d, client, record)        ? "same-person"
                                                                   : NULL;
    if (fault == NULL && (!read_day(record, "from", &from) || !read_day(record, "until", &until) ||
                          until < (int32_t)node_today()))
        fault = "allowance-days";
    if (fault != NULL) {
        desk_refuse(d, client, fault);
        json_decref(record);
        return;
    }
    /* Approved late, it begins late: nobody is given what is past. */
    if (from < (int32_t)node_today())
        from = (int32_t)node_today();
    char text[DAY_TEXT_BYTES];
    day_format(from, text);
    json_object_del(record, "number");
    json_object_set_new(record, "from", json_string(text));
    json_object_set_new(record, "approved_utc", json_integer((json_int_t)node_now_utc()));
    person_of(d, client, record, "approved_by");
    struct notice n = {.kind = NOTICE_ALLOWANCE,
                       .elements = (uint32_t)number_of(record, "elements"),
                       .from_day = (uint32_t)from,
                       .until_day = (uint32_t)until,
                       .reason = reason_of(text_of(record, "reason"))};
    uint64_t index = 0;
    json_t *opened = json_deep_copy(record);
    enum err e = hash_of(opened, n.hash) ? append_notice(d, &n, 0, &index) : ERR_LIMIT;
    json_object_set_new(record, "opened", opened);
    json_object_set_new(record, "index", json_integer((json_int_t)index));
    finish(d, client, number, record, e, index);
}

static void explain(struct desk *d, uint64_t client, const json_t *request)
{
    json_int_t number = number_of(request, "number");
    json_t *record = find(d, number);
    const char *text = text_of(request, "text");
    const char *fault = record == NULL                                     ? "not-found"
                        : json_object_get(record, "index") == NULL         ? "not-approved"
                        : json_object_get(record, "explanation") != NULL   ? "already"
                        : text[0] == '\0' || strlen(text) > TEXT_BYTES_MAX ? "format"
                                                                           : NULL;
    if (fault != NULL) {
        desk_refuse(d, client, fault);
        json_decref(record);
        return;
    }
    json_t *explanation =
        json_pack("{s:s,s:I,s:I}", "text", text, "utc", (json_int_t)node_now_utc(), "allowance",
                  number_of(record, "index"));
    person_of(d, client, explanation, "by");
    struct notice n = {.kind = NOTICE_EXPLANATION};
    uint64_t index = 0;
    enum err e = hash_of(explanation, n.hash)
                     ? append_notice(d, &n, (uint64_t)number_of(record, "index") + 1, &index)
                     : ERR_LIMIT;
    json_object_set_new(record, "explanation", explanation);
    json_object_set_new(record, "explained_index", json_integer((json_int_t)index));
    finish(d, client, number, record, e, index);
}

static void list(struct desk *d, uint64_t client)
{
    json_t *all = read_all(d), *record;
    size_t i;
    if (all == NULL) {
        desk_refuse(d, client, "io");
        return;
    }
    const struct roster *r = federation_roster(d->node->core);
    json_array_foreach(all, i, record) desk_line(d, client, json_pack("{s:O}", "row", record));
    desk_end(d, client,
             json_pack("{s:{s:b,s:I,s:I}}", "end", "ok", 1, "count",
                       (json_int_t)json_array_size(all), "explain_days",
                       (json_int_t)(r != NULL ? r->policy.explain_days : 0)));
    json_decref(all);
}

void desk_allowance(struct desk *d, uint64_t client, const char *what, const json_t *request)
{
    if (strcmp(what, "ask") == 0)
        ask(d, client, request);
    else if (strcmp(what, "approve") == 0)
        approve(d, client, request);
    else if (strcmp(what, "explain") == 0)
        explain(d, client, request);
    else if (strcmp(what, "list") == 0)
        list(d, client);
    else
        desk_refuse(d, client, "format");
}
