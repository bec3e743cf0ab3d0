/*
 * status.c - what this node knows of itself and of the others, for the person at the desk.
 */
#include "node/node.h"

#include <pwd.h>
#include <sodium.h>
#include <string.h>
#include <sys/resource.h>

#include "federation/access.h"
#include "node/confirm.h"
#include "node/list_json.h"
#include "node/scrub.h"
#include "node/store_post.h"
#include "node/store_read.h"
#include "protocol/answer.h"
#include "protocol/calendar.h"

/* How many files and connections this process may have open. */
static json_int_t files_max(void)
{
    struct rlimit files;
    bool is_known = getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur <= INT32_MAX;
    return is_known ? (json_int_t)files.rlim_cur : INT32_MAX;
}

static json_t *coverage_json(const struct node *n)
{
    struct coverage c;
    federation_coverage(n->core, node_now_utc(), &c);
    json_t *gaps = json_array();
    for (unsigned bit = 0; bit < GAP_COUNT; bit++)
        if (c.gaps >> bit & 1)
            json_array_append_new(gaps, json_string(gap_name(1u << bit)));
    return json_pack("{s:o,s:I,s:I,s:I,s:o}", "gaps", gaps, "feeds", (json_int_t)c.feeds, "covered",
                     (json_int_t)c.feeds_covered, "owed", (json_int_t)c.owed, "oldest_heard",
                     list_time_json(c.oldest_heard_utc));
}

/* How an organisation is reached, as it says itself. */
static const char *reach_name(const struct feed_status *s)
{
    if (!s->has_profile)
        return "unknown";
    return s->has_endpoint ? "direct" : s->relay_count > 0 ? "relays" : "none";
}

/* Who dialled, through whom its entries come otherwise, and how others reach it. */
static void add_reach(const struct node *n, const struct feed_status *s, json_t *peer)
{
    const char *dialled_by = s->is_dialled && s->is_dialler ? "both"
                             : s->is_dialled                ? "us"
                                                            : "them";
    json_t *relays = json_array();
    for (size_t i = 0; i < s->relay_count; i++)
        json_array_append_new(relays, json_string(node_org_id(n, s->relay[i])));
    json_object_set_new(peer, "dialled_by", s->is_up ? json_string(dialled_by) : json_null());
    json_object_set_new(peer, "via",
                        s->is_relayed ? json_string(node_org_id(n, s->via)) : json_null());
    json_object_set_new(peer, "reach", json_string(reach_name(s)));
    json_object_set_new(peer, "relays", relays);
}

/* Allowances beyond the daily budget that are open now, and those that were not explained in time;
 * null where there is neither. */
static json_t *allowance_json(const struct node *n, const uint8_t author[AUTHOR_BYTES])
{
    struct allowance_status s;
    char due[DAY_TEXT_BYTES], until[DAY_TEXT_BYTES];
    if (!federation_allowance(n->core, author, &s) || (s.count == 0 && s.overdue == 0))
        return json_null();
    uint32_t last = 0;
    for (size_t i = 0; i < s.count; i++)
        last = s.open[i].until_day > last ? s.open[i].until_day : last;
    day_format((int32_t)s.overdue_day, due);
    day_format((int32_t)last, until);
    json_t *out = json_pack("{s:I,s:I,s:I}", "open", (json_int_t)s.count, "left",
                            (json_int_t)s.left, "unexplained", (json_int_t)s.overdue);
    json_object_set_new(out, "until", s.count > 0 ? json_string(until) : json_null());
    json_object_set_new(out, "explain_by", s.overdue > 0 ? json_string(due) : json_null());
    return out;
}

static json_t *peer_json(const struct node *n, const struct organisation *org,
                         const struct feed_status *s)
{
    json_t *out = json_pack(
        "{s:s,s:s,s:o,s:s,s:b,s:I,s:I,s:I,s:o,s:o,s:I,s:I,s:b,s:I}", "org_id", org->org_id, "name",
        org->name, "roles", list_roles_json(org->roles), "status", org_status_name(org->status),
        "up", s->is_up, "size", (json_int_t)s->size, "seen_size", (json_int_t)s->seen_size, "lag",
        (json_int_t)(s->seen_size - s->size), "heard", list_time_json(s->heard_utc), "signed",
        list_time_json(s->signed_utc), "owed", (json_int_t)s->owed, "refused",
        (json_int_t)s->refused, "disputed", s->is_disputed, "holds", (json_int_t)s->held_size);
    json_object_set_new(out, "opaque", json_integer((json_int_t)s->opaque));
    json_object_set_new(out, "newer", json_integer((json_int_t)s->newer));
    json_object_set_new(out, "version", json_integer(s->version));
    json_object_set_new(out, "offers",
                        s->offers_max == 0
                            ? json_null()
                            : json_pack("{s:I,s:I}", "min", (json_int_t)s->offers_min, "max",
                                        (json_int_t)s->offers_max));
    json_object_set_new(out, "allowance", allowance_json(n, org->author));
    char key[2 * KEY_BYTES + 1];
    sodium_bin2hex(key, sizeof key, org->feed_key, KEY_BYTES);
    json_object_set_new(out, "feed_key", json_string(key));
    add_reach(n, s, out);
    return out;
}

static json_t *peers_json(const struct node *n, const struct roster *r)
{
    json_t *list = json_array();
    for (size_t i = 0; i < federation_feed_count(n->core); i++) {
        struct feed_status s;
        federation_feed_status(n->core, i, &s);
        const struct organisation *org = roster_find(r, s.author);
        if (org != NULL && !s.is_own)
            json_array_append_new(list, peer_json(n, org, &s));
    }
    return list;
}

static json_t *budgets_json(const struct node *n)
{
    json_t *list = json_array();
    struct budget_status rows[KEYHOLDERS_MAX];
    size_t count = federation_budgets(n->core, node_now_utc(), rows, KEYHOLDERS_MAX);
    for (size_t i = 0; i < count; i++) {
        uint32_t left =
            rows[i].asked_today < rows[i].budget ? rows[i].budget - rows[i].asked_today : 0;
        json_array_append_new(
            list, json_pack("{s:s,s:b,s:I,s:I,s:I}", "org_id", node_org_id(n, rows[i].keyholder),
                            "up", rows[i].is_up, "asked_today", (json_int_t)rows[i].asked_today,
                            "budget", (json_int_t)rows[i].budget, "left", (json_int_t)left));
    }
    return list;
}

/* What others hold of the own feed durably. */
struct spread {
    uint64_t held_by_all; /* entries that every peer which keeps feeds and can tell us holds */
    uint64_t untold;      /* peers that never connect to this node, since neither can be dialled */
};

static struct spread spread_of(const struct node *n, const struct roster *r, uint64_t size)
{
    struct spread out = {.held_by_all = size};
    bool has_endpoint = n->config.advertise[0] != '\0';
    for (size_t i = 0; i < federation_feed_count(n->core); i++) {
        struct feed_status s;
        federation_feed_status(n->core, i, &s);
        if (s.is_own || access_of(roster_find(r, s.author)) != ACCESS_EVERYTHING)
            continue;
        if (!has_endpoint && s.has_profile && !s.has_endpoint && !s.is_up)
            out.untold++;
        else if (s.held_size < out.held_by_all)
            out.held_by_all = s.held_size;
    }
    return out;
}

/* That an operator let it sign unconfirmed; null if that was never done. */
static json_t *alone_json(const struct node *n, const struct standing *s)
{
    int64_t utc = (int64_t)federation_mark(n->core, MARK_ALONE_UTC);
    if (utc == 0)
        return json_null();
    uint64_t uid = federation_mark(n->core, MARK_ALONE_WHO);
    const struct passwd *p = uid < UINT32_MAX ? getpwuid((uid_t)uid) : NULL;
    json_t *out = json_pack("{s:o,s:I,s:s,s:I,s:I,s:I}", "time", list_time_json(utc), "uid",
                            (json_int_t)uid, "user", p != NULL ? p->pw_name : "", "answered",
                            (json_int_t)federation_mark(n->core, MARK_ALONE_ANSWERED), "needed",
                            (json_int_t)federation_mark(n->core, MARK_ALONE_NEEDED), "times",
                            (json_int_t)federation_mark(n->core, MARK_ALONE_COUNT));
    json_object_set_new(out, "now", json_boolean(s->may_sign && s->answered < s->needed));
    return out;
}

/* That the store was restored from a backup; null if it never was. */
static json_t *restored_json(const struct node *n, const struct standing *s)
{
    int64_t utc = (int64_t)federation_mark(n->core, MARK_RESTORED_UTC);
    if (utc == 0)
        return json_null();
    return json_pack("{s:o,s:o,s:b}", "time", list_time_json(utc), "made",
                     list_time_json((int64_t)federation_mark(n->core, MARK_BACKUP_UTC)),
                     "caught_up", !s->is_rejoining);
}

static json_t *feed_json(struct node *n, const struct roster *r, const struct standing *s)
{
    struct spread spread = {0};
    if (r != NULL)
        spread = spread_of(n, r, s->size);
    return json_pack("{s:I,s:I,s:I,s:I,s:I}", "size", (json_int_t)s->size, "seq",
                     (json_int_t)s->seq, "held_by_all", (json_int_t)spread.held_by_all, "untold",
                     (json_int_t)spread.untold, "erased_unconfirmed",
                     (json_int_t)confirm_missing(n));
}

/* How others reach this node, by its settings. */
static const char *own_reach(const struct node *n)
{
    return n->config.advertise[0] != '\0' ? "direct"
           : n->config.relay_count > 0    ? "relays"
                                          : "none";
}

static json_t *own_relays(const struct node *n)
{
    json_t *list = json_array();
    for (size_t i = 0; i < n->config.relay_count; i++)
        json_array_append_new(list, json_string(n->config.relays[i].org_id));
    return list;
}

static json_t *disk_json(const struct node *n)
{
    struct store_room r = store_room(n->store);
    return json_pack("{s:b,s:s,s:I,s:I,s:I}", "full", r.is_tight, "folder", n->config.data_dir,
                     "free_mb", (json_int_t)(r.free_bytes >> 20), "reserve_mb",
                     (json_int_t)(r.reserve_held >> 20), "reserve_wanted_mb",
                     (json_int_t)(r.reserve_bytes >> 20));
}

json_t *status_json(struct node *n)
{
    const struct roster *r = federation_roster(n->core);
    struct standing s;
    federation_standing(n->core, &s);
    json_t *out = json_pack("{s:s,s:s}", "org_id", n->config.org_id, "federation",
                            r != NULL ? r->federation : "");
    json_object_set_new(out, "roster", r != NULL ? list_roster_json(r) : json_null());
    json_object_set_new(out, "self", r != NULL ? list_self_json(r, n->author) : json_null());
    json_object_set_new(out, "files_max", json_integer(files_max()));
    json_object_set_new(out, "memory_locked", json_boolean(n->is_locked));
    json_object_set_new(out, "now", list_time_json(node_now_utc()));
    json_object_set_new(out, "disk", disk_json(n));
    json_object_set_new(out, "signing",
                        json_pack("{s:b,s:b,s:b,s:b,s:I,s:I,s:o}", "may_sign", s.may_sign, "behind",
                                  s.is_behind, "disputed", s.is_disputed, "twin", s.is_twin,
                                  "needed", (json_int_t)s.needed, "answered",
                                  (json_int_t)s.answered, "alone", alone_json(n, &s)));
    json_object_set_new(out, "restored", restored_json(n, &s));
    const struct organisation *own = r != NULL ? roster_find(r, n->author) : NULL;
    json_object_set_new(out, "access", json_string(access_name(access_of(own))));
    json_object_set_new(out, "feed", feed_json(n, r, &s));
    json_object_set_new(out, "inbox", json_integer((json_int_t)store_inbox_count(n->store)));
    json_object_set_new(out, "ceremonies", ceremonies_waiting_json(n));
    json_object_set_new(out, "shares", shares_held_json(n));
    json_object_set_new(out, "shares_ended", shares_ended_json(n));
    json_t *carry = n->desk != NULL ? carry_status(n->desk) : NULL;
    json_object_set_new(out, "carry", carry != NULL ? carry : json_null());
    json_object_set_new(out, "allowance", allowance_json(n, n->author));
    json_object_set_new(out, "reach", json_string(own_reach(n)));
    json_object_set_new(out, "relays", own_relays(n));
    json_object_set_new(out, "coverage", coverage_json(n));
    json_object_set_new(out, "peers", r != NULL ? peers_json(n, r) : json_array());
    json_object_set_new(out, "budgets", budgets_json(n));
    json_object_set_new(out, "alarms", audit_alarms_json(n->desk));
    json_object_set_new(out, "scrub", scrub_json(n->scrub));
    return out;
}
