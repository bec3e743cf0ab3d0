/*
 * desk_alert.c - alerts about partner organisations: publishing, listing, amending, retracting.
 *
 * Every alert of every member is here; the watch-list only marks and filters what is shown.
 */
#include "node/desk_job.h"

#include <sodium.h>
#include <string.h>

#include "node/confirm.h"
#include "node/store_read.h"
#include "protocol/calendar.h"

/* ---- What a request says ---- */

/* Reads a code by its name; one that is not there leaves *code as it is. */
static bool take_code(const json_t *object, const char *name, enum alert_table table, uint8_t *code)
{
    const json_t *value = json_object_get(object, name);
    if (value == NULL)
        return true;
    return json_is_string(value) && alert_code_find(table, json_string_value(value), code);
}

static bool take_day(const json_t *object, const char *name, uint32_t *day)
{
    const json_t *value = json_object_get(object, name);
    int32_t parsed;
    if (value == NULL)
        return true;
    if (!json_is_string(value) ||
        !day_parse(bytes_of(json_string_value(value), json_string_length(value)), &parsed) ||
        parsed <= 0)
        return false;
    *day = (uint32_t)parsed;
    return true;
}

/* An action point that the alert has already changes its day and state; another is added. */
static bool take_action(const json_t *object, struct alert *a)
{
    struct alert_action point = {.state = ACTION_OPEN};
    if (!take_code(object, "action", ALERT_ACTION, &point.code) || point.code == 0 ||
        !take_code(object, "state", ALERT_STATE, &point.state) ||
        !take_day(object, "due", &point.due_day))
        return false;
    size_t i = 0;
    while (i < a->action_count && a->action[i].code != point.code)
        i++;
    if (i == ALERT_ACTIONS_MAX)
        return false;
    if (point.due_day == 0 && i == a->action_count)
        return false;
    if (point.due_day == 0)
        point.due_day = a->action[i].due_day;
    if (i == a->action_count)
        a->action_count++;
    a->action[i] = point;
    return true;
}

/* Takes what the request says over into *a. False if something is no code or no day. */
static bool take_alert(const json_t *request, struct alert *a)
{
    size_t i;
    const json_t *point;
    if (!take_code(request, "kind", ALERT_KIND, &a->kind) ||
        !take_code(request, "basis", ALERT_BASIS, &a->basis))
        return false;
    if (json_object_get(request, "reply") != NULL) {
        a->reply_day = node_today();
        if (!take_code(request, "reply", ALERT_REPLY, &a->reply) ||
            !take_day(request, "reply_day", &a->reply_day) || a->reply_day > node_today())
            return false;
        if (a->reply == REPLY_NOT_ASKED)
            a->reply_day = 0;
    }
    json_array_foreach(json_object_get(request, "actions"), i, point)
    {
        if (!take_action(point, a))
            return false;
    }
    return a->kind != 0 && a->basis != 0;
}

static void finish(struct desk *d, uint64_t client, enum err e, uint64_t number, uint64_t size)
{
    if (e != OK)
        desk_refuse(d, client, desk_append_error(e));
    else
        desk_end_committed(d, client,
                           json_pack("{s:{s:b,s:I,s:I}}", "end", "ok", 1, "index",
                                     (json_int_t)number, "size", (json_int_t)size));
}

static void publish(struct desk *d, uint64_t client, const json_t *request)
{
    struct alert a = {.reply = REPLY_NOT_ASKED};
    uint8_t payload[ALERT_BYTES_MAX];
    uint32_t expires_day;
    uint64_t first = 0;
    const char *partner = desk_partner(d, client, request);
    if (partner == NULL)
        return;
    strncpy(a.partner, partner, ORG_ID_BYTES_MAX);
    if (!take_alert(request, &a)) {
        desk_refuse(d, client, "format");
        return;
    }
    if (!desk_check_expires(d, client, request, &expires_day))
        return;
    struct draft draft = {.type = ENTRY_ALERT, .expires_day = expires_day};
    draft.payload = bytes_of(payload, alert_encode(&a, payload));
    enum err e = desk_append(d, &draft, 1, &first);
    finish(d, client, e, first, first + 1);
}

/* ---- One of our own ---- */

struct finding {
    struct desk *desk;
    uint64_t number;
    bool is_found;
    struct desk_target target;
    struct alert alert;
    uint32_t expires_day;
};

static bool find_row(void *ctx, const struct alert_row *r)
{
    struct finding *f = ctx;
    struct body b;
    if (memcmp(r->author, f->desk->node->author, AUTHOR_BYTES) != 0 ||
        body_decode(r->body, &b) != OK)
        return true;
    uint64_t original = correction_lineage(r->index, &b).original;
    if (original != f->number && r->index != f->number)
        return true;
    f->is_found = entry_is_alert(&b, &f->alert);
    f->target = (struct desk_target){original, r->index};
    f->expires_day = r->expires_day;
    return true;
}

/* The alert of ours that the request names; on failure the client has its answer. */
static bool find(struct desk *d, uint64_t client, const json_t *request, struct finding *f)
{
    const json_t *number = json_object_get(request, "index");
    *f = (struct finding){.desk = d};
    if (!json_is_integer(number) || json_integer_value(number) < 0) {
        desk_refuse(d, client, "format");
        return false;
    }
    f->number = (uint64_t)json_integer_value(number);
    enum err e = store_alerts(d->node->store, find_row, f);
    if (e == OK && f->is_found)
        return true;
    desk_refuse(d, client, e != OK ? "io" : "not-found");
    return false;
}

static void amend(struct desk *d, uint64_t client, const json_t *request)
{
    struct finding f;
    uint8_t payload[ALERT_BYTES_MAX];
    uint64_t first = 0;
    size_t count = 0;
    if (!find(d, client, request, &f))
        return;
    const char *why = desk_why_not_amend(d, &f.target, true);
    if (why == NULL && !take_alert(request, &f.alert))
        why = "format";
    if (why != NULL) {
        desk_refuse(d, client, why);
        return;
    }
    if (json_object_get(request, "expires") != NULL &&
        !desk_check_expires(d, client, request, &f.expires_day))
        return;
    struct bytes content = bytes_of(payload, alert_encode(&f.alert, payload));
    enum err e =
        desk_append_amended(d, &f.target, ENTRY_ALERT, content, f.expires_day, &first, &count);
    finish(d, client, e, f.target.original, first + count);
}

static void retract(struct desk *d, uint64_t client, const json_t *request)
{
    struct finding f;
    if (find(d, client, request, &f))
        desk_retract_target(d, client, request, &f.target, true);
}

/* ---- The list ---- */

struct listing {
    struct desk *desk;
    uint64_t client;
    bool is_watched_only, is_all;
    json_t *watched;
    size_t count, watched_count;
    uint32_t peers;
};

static json_t *day_json(uint32_t day)
{
    char text[DAY_TEXT_BYTES];
    if (day == 0)
        return json_string("");
    day_format((int32_t)day, text);
    return json_string(text);
}

static json_t *actions_json(const struct alert *a)
{
    json_t *list = json_array();
    for (size_t i = 0; i < a->action_count; i++) {
        const struct alert_action *p = &a->action[i];
        bool is_overdue = p->due_day < node_today() && p->state < ACTION_DONE;
        json_array_append_new(
            list, json_pack("{s:s,s:o,s:s,s:b}", "action", alert_code_name(ALERT_ACTION, p->code),
                            "due", day_json(p->due_day), "state",
                            alert_code_name(ALERT_STATE, p->state), "overdue", is_overdue));
    }
    return list;
}

static bool take_reason(void *ctx, const struct archive_row *r)
{
    struct body b;
    uint8_t reason;
    if (r->body.len > 0 && body_decode(r->body, &b) == OK && b.type == ENTRY_RETRACT &&
        retract_decode(b.payload, &reason) == OK)
        *(const char **)ctx = retract_reason_name(reason);
    return true;
}

/* Why it was retracted, by the first retraction of its original, or else of itself. */
static const char *reason_of(struct desk *d, const uint8_t *author, uint64_t original,
                             uint64_t index)
{
    const char *name = "";
    struct archive a = store_archive(d->node->store);
    struct correction c = store_correction(d->node->store, author, original);
    if (c.retracted_plus_one == 0)
        c = store_correction(d->node->store, author, index);
    if (c.retracted_plus_one != 0)
        a.read(a.ctx, author, c.retracted_plus_one - 1, 1, take_reason, &name);
    return name;
}

static bool is_disputed(const struct node *n, const uint8_t *author)
{
    for (size_t i = 0; i < federation_feed_count(n->core); i++) {
        struct feed_status s;
        federation_feed_status(n->core, i, &s);
        if (memcmp(s.author, author, AUTHOR_BYTES) == 0)
            return s.is_disputed;
    }
    return false;
}

static void show(struct listing *l, const struct alert_row *r, const struct body *b,
                 const struct alert *a, const char *state, bool is_watched)
{
    struct node *n = l->desk->node;
    const struct organisation *org = roster_find(federation_roster(n->core), r->author);
    uint64_t original = correction_lineage(r->index, b).original;
    bool is_own = memcmp(r->author, n->author, AUTHOR_BYTES) == 0;
    bool is_retracted = strcmp(state, "retracted") == 0;
    json_t *row = json_pack("{s:s,s:s,s:I,s:b,s:b,s:s,s:s,s:s,s:o,s:o}", "org_id", org->org_id,
                            "name", org->name, "index", (json_int_t)original, "own", is_own,
                            "disputed", is_disputed(n, r->author), "partner", a->partner, "kind",
                            alert_code_name(ALERT_KIND, a->kind), "basis",
                            alert_code_name(ALERT_BASIS, a->basis), "written", day_json(b->day),
                            "expires", day_json(r->expires_day));
    json_t *more = json_pack(
        "{s:s,s:o,s:o,s:s,s:s,s:b,s:s,s:I,s:I}", "reply", alert_code_name(ALERT_REPLY, a->reply),
        "reply_day", day_json(a->reply_day), "actions", actions_json(a), "state", state, "reason",
        is_retracted ? reason_of(l->desk, r->author, original, r->index) : "", "watched",
        is_watched, "watch", is_watched ? a->partner : "", "held_by",
        (json_int_t)(is_own ? federation_held_by(n->core, r->index) : 0), "peers",
        (json_int_t)l->peers);
    json_object_update(row, more);
    json_decref(more);
    desk_line(l->desk, l->client, json_pack("{s:o}", "row", row));
    l->count++;
    l->watched_count += is_watched;
}

static bool list_row(void *ctx, const struct alert_row *r)
{
    struct listing *l = ctx;
    struct node *n = l->desk->node;
    struct body b;
    struct alert a;
    const struct roster *roster = federation_roster(n->core);
    const struct organisation *org = roster != NULL ? roster_find(roster, r->author) : NULL;
    if (org == NULL || body_decode(r->body, &b) != OK || !entry_is_alert(&b, &a))
        return true;
    enum force force = store_force(n->store, r->author, r->index, &b);
    bool is_amended = correction_lineage(r->index, &b).original != r->index;
    bool is_watched = json_object_get(l->watched, a.partner) != NULL;
    bool has_expired = r->expires_day < node_today();
    bool is_hidden = has_expired || force == FORCE_VOID || !roster_is_active_member(org);
    const char *state = has_expired                     ? "expired"
                        : force != FORCE_YES            ? force_name(force)
                        : !roster_is_active_member(org) ? "not-active"
                        : is_amended                    ? "amended"
                                                        : "in-force";
    if ((!l->is_all && is_hidden) || (l->is_watched_only && !is_watched))
        return true;
    show(l, r, &b, &a, state, is_watched);
    return true;
}

static void list(struct desk *d, uint64_t client, const json_t *request)
{
    struct listing l = {.desk = d,
                        .client = client,
                        .is_watched_only = json_is_true(json_object_get(request, "watched")),
                        .is_all = json_is_true(json_object_get(request, "all")),
                        .watched = desk_watched(d),
                        .peers = confirm_peers(d->node)};
    enum err e = l.watched != NULL ? store_alerts(d->node->store, list_row, &l) : ERR_IO;
    json_decref(l.watched);
    if (e != OK)
        desk_refuse(d, client, "io");
    else
        desk_end(d, client,
                 json_pack("{s:{s:b,s:I,s:I}}", "end", "ok", 1, "count", (json_int_t)l.count,
                           "watched", (json_int_t)l.watched_count));
}

void desk_alert(struct desk *d, uint64_t client, const char *what, const json_t *request)
{
    if (strcmp(what, "publish") == 0)
        publish(d, client, request);
    else if (strcmp(what, "list") == 0)
        list(d, client, request);
    else if (strcmp(what, "amend") == 0)
        amend(d, client, request);
    else if (strcmp(what, "retract") == 0)
        retract(d, client, request);
    else
        desk_refuse(d, client, "format");
}
