/*
 * desk_keys.c - requests about key ceremonies: which there are, to propose, join or end one, and
 * the file of a result.
 *
 * A proposal is asked for twice: first to see what would happen, then with the number of the member
 * list that this was said for, so that nothing else happens than what was agreed to.
 */
#include "node/desk_job.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "node/ceremony_plan.h"
#include "node/list_json.h"
#include "node/store_read.h"
#include "protocol/ceremony_file.h"

/* ---- What a ceremony looks like to programs ---- */

static const char *kind_name(unsigned kind)
{
    static const char *const names[] = {"", "generate", "refresh", "reshare", "rotate"};
    return kind < sizeof names / sizeof names[0] ? names[kind] : "";
}

static const char *key_name(unsigned key)
{
    return key == KEY_STATISTICS ? "statistics" : "pseudonyms";
}

static const char *step_name(unsigned step)
{
    static const char *const names[] = {"",        "propose", "join",    "close", "deal",
                                        "verdict", "answer",  "confirm", "abort"};
    return step < sizeof names / sizeof names[0] ? names[step] : "";
}

static const char *state_name(enum ceremony_state state)
{
    switch (state) {
    case CEREMONY_OPEN:
        return "open";
    case CEREMONY_AGREED:
        return "agreed";
    case CEREMONY_ADOPTED:
        return "adopted";
    case CEREMONY_ENDED:
        return "ended";
    case CEREMONY_OVER:
        return "over";
    case CEREMONY_DISPUTED:
        return "disputed";
    case CEREMONY_IMPOSSIBLE:
        return "impossible";
    }
    return "";
}

static json_t *hex_json(const uint8_t hash[HASH_BYTES])
{
    char hex[2 * HASH_BYTES + 1];
    sodium_bin2hex(hex, sizeof hex, hash, HASH_BYTES);
    return json_string(hex);
}

static bool is_up(const struct node *n, const uint8_t author[AUTHOR_BYTES])
{
    if (memcmp(author, n->author, AUTHOR_BYTES) == 0)
        return true;
    for (size_t i = 0; i < federation_feed_count(n->core); i++) {
        struct feed_status s;
        federation_feed_status(n->core, i, &s);
        if (memcmp(s.author, author, AUTHOR_BYTES) == 0)
            return s.is_up || s.is_relayed;
    }
    return false;
}

static json_t *person_json(const struct node *n, const struct ceremony_person *p)
{
    const struct roster *r = federation_roster(n->core);
    const struct organisation *o = r != NULL ? roster_find(r, p->author) : NULL;
    return json_pack("{s:s,s:s,s:I,s:I,s:b,s:b}", "org_id", o != NULL ? o->org_id : "", "name",
                     o != NULL ? o->name : "", "deals", (json_int_t)p->deals, "receives",
                     (json_int_t)p->receives, "self",
                     memcmp(p->author, n->author, AUTHOR_BYTES) == 0, "up", is_up(n, p->author));
}

/* Those who hold a share now and will hold none. */
static json_t *losers_json(const struct node *n, const struct ceremony_proposal *p)
{
    const struct roster *r = federation_roster(n->core);
    const struct roster_key *base =
        r != NULL ? roster_key_find(r, p->key, p->base_epoch, p->base_refresh) : NULL;
    json_t *out = json_array();
    for (size_t i = 0; base != NULL && i < base->share_count; i++) {
        const struct organisation *o = roster_find(r, base->holder[i]);
        bool keeps = false;
        for (size_t j = 0; j < p->count; j++)
            keeps = keeps || (p->person[j].receives != 0 &&
                              memcmp(p->person[j].author, base->holder[i], AUTHOR_BYTES) == 0);
        if (!keeps && o != NULL)
            json_array_append_new(out,
                                  json_pack("{s:s,s:s}", "org_id", o->org_id, "name", o->name));
    }
    return out;
}

static json_t *proposal_json(const struct node *n, const struct ceremony_proposal *p)
{
    json_t *people = json_array();
    for (size_t i = 0; i < p->count; i++)
        json_array_append_new(people, person_json(n, &p->person[i]));
    json_t *out =
        json_pack("{s:s,s:s,s:I,s:I,s:I,s:I,s:o}", "kind", kind_name(p->kind), "key",
                  key_name(p->key), "threshold", (json_int_t)p->threshold, "period",
                  (json_int_t)p->epoch, "refresh", (json_int_t)p->refresh, "patience",
                  (json_int_t)p->patience_seconds, "until", list_time_json((int64_t)p->until_utc));
    json_object_set_new(out, "base",
                        p->base_epoch == 0
                            ? json_null()
                            : json_pack("{s:I,s:I}", "period", (json_int_t)p->base_epoch, "refresh",
                                        (json_int_t)p->base_refresh));
    json_object_set_new(out, "people", people);
    json_object_set_new(out, "losers", losers_json(n, p));
    return out;
}

/* Who is awaited, and who is out of it. */
static void add_places(const struct ceremony_status *s, json_t *people)
{
    for (size_t i = 0; i < s->count && i < json_array_size(people); i++) {
        const struct ceremony_place *p = &s->place[i];
        json_t *row = json_array_get(people, i);
        json_object_set_new(row, "in", json_boolean(p->is_in));
        json_object_set_new(row, "awaits",
                            p->is_awaited ? json_string(step_name(p->awaits)) : json_null());
        json_object_set_new(row, "since", list_time_json(p->is_awaited ? p->awaited_since_utc : 0));
        json_object_set_new(row, "left_out",
                            p->is_in
                                ? json_null()
                                : json_string(p->reason == ERR_UNAVAILABLE ? "silent" : "wrong"));
    }
}

/* What the operator of this node does next: "join", "result", "abort", or "" for nothing. */
static const char *next_name(const struct node *n, const struct ceremony_status *s)
{
    bool is_proposer = memcmp(s->proposer, n->author, AUTHOR_BYTES) == 0;
    if (s->state == CEREMONY_OPEN && s->is_ours && !s->is_joined && !s->is_left_out &&
        s->phase == 0)
        return "join";
    if (s->state == CEREMONY_AGREED && is_proposer)
        return "result";
    if ((s->state == CEREMONY_DISPUTED || s->state == CEREMONY_IMPOSSIBLE) && is_proposer)
        return "abort";
    return "";
}

static json_t *ceremony_json(const struct node *n, const struct ceremony_status *s)
{
    json_t *out = proposal_json(n, &s->proposal);
    const struct roster *r = federation_roster(n->core);
    const struct organisation *o = r != NULL ? roster_find(r, s->proposer) : NULL;
    json_object_set_new(out, "id", hex_json(s->id));
    json_object_set_new(out, "proposer", json_string(o != NULL ? o->org_id : ""));
    json_object_set_new(out, "proposer_name", json_string(o != NULL ? o->name : ""));
    json_object_set_new(out, "state", json_string(state_name(s->state)));
    json_object_set_new(out, "phase", json_integer((json_int_t)s->phase));
    json_object_set_new(out, "phases", json_integer((json_int_t)ceremony_phases(&s->proposal)));
    json_object_set_new(out, "proposed_here",
                        json_boolean(memcmp(s->proposer, n->author, AUTHOR_BYTES) == 0));
    json_object_set_new(out, "ours", json_boolean(s->is_ours));
    json_object_set_new(out, "joined", json_boolean(s->is_joined));
    json_object_set_new(out, "left_out", json_boolean(s->is_left_out));
    json_object_set_new(out, "confirmed", json_integer((json_int_t)s->confirmed));
    json_object_set_new(out, "transcript", s->has_result ? hex_json(s->transcript) : json_null());
    json_object_set_new(out, "next", json_string(next_name(n, s)));
    add_places(s, json_object_get(out, "people"));
    return out;
}

void keys_list(struct desk *d, uint64_t client)
{
    struct ceremony_status s;
    size_t count = federation_ceremony_count(d->node->core);
    for (size_t i = 0; i < count; i++) {
        federation_ceremony_status(d->node->core, i, &s);
        desk_line(d, client, json_pack("{s:o}", "row", ceremony_json(d->node, &s)));
    }
    desk_end(d, client, json_pack("{s:{s:b,s:I}}", "end", "ok", 1, "count", (json_int_t)count));
}

json_t *ceremonies_waiting_json(const struct node *n)
{
    struct ceremony_status s;
    json_t *out = json_array();
    for (size_t i = 0; i < federation_ceremony_count(n->core); i++) {
        federation_ceremony_status(n->core, i, &s);
        const char *next = next_name(n, &s);
        if (next[0] != '\0')
            json_array_append_new(out, json_pack("{s:o,s:s,s:s,s:s}", "id", hex_json(s.id), "kind",
                                                 kind_name(s.proposal.kind), "key",
                                                 key_name(s.proposal.key), "next", next));
    }
    return out;
}

/* ---- Shares ---- */

json_t *shares_held_json(const struct node *n)
{
    json_t *out = json_array();
    for (size_t i = 0; i < federation_share_count(n->core); i++) {
        struct share_status s;
        federation_share_status(n->core, i, &s);
        json_array_append_new(
            out, json_pack("{s:I,s:I,s:I,s:o,s:b,s:b,s:o}", "key", (json_int_t)s.key, "period",
                           (json_int_t)s.epoch, "refresh", (json_int_t)s.refresh, "commitment",
                           hex_json(s.commitment), "listed", s.is_listed, "active", s.is_active,
                           "until", list_time_json(s.until_utc)));
    }
    return out;
}

static bool is_held(const struct node *n, const struct roster_key *k)
{
    for (size_t i = 0; i < federation_share_count(n->core); i++) {
        struct share_status s;
        federation_share_status(n->core, i, &s);
        if (s.key == k->key && s.epoch == k->epoch && s.refresh == k->refresh)
            return true;
    }
    return false;
}

json_t *shares_ended_json(const struct node *n)
{
    const struct roster *r = federation_roster(n->core);
    json_t *out = json_array();
    for (size_t i = 0; r != NULL && i < r->key_count; i++) {
        const struct roster_key *k = &r->keys[i];
        bool is_ours = false;
        for (size_t j = 0; j < k->share_count; j++)
            is_ours = is_ours || memcmp(k->holder[j], n->author, AUTHOR_BYTES) == 0;
        if (is_ours && !roster_key_serves(k, node_now_utc()))
            json_array_append_new(
                out, json_pack("{s:I,s:I,s:I,s:o,s:b}", "key", (json_int_t)k->key, "period",
                               (json_int_t)k->epoch, "refresh", (json_int_t)k->refresh, "until",
                               list_time_json(k->until_utc), "gone", !is_held(n, k)));
    }
    return out;
}

void keys_shares(struct desk *d, uint64_t client)
{
    json_t *held = shares_held_json(d->node), *row;
    size_t i;
    json_array_foreach(held, i, row)
    {
        desk_line(d, client, json_pack("{s:O}", "row", row));
    }
    desk_end(
        d, client,
        json_pack("{s:{s:b,s:I}}", "end", "ok", 1, "count", (json_int_t)json_array_size(held)));
    json_decref(held);
}

/* ---- What the core is asked to do ---- */

/* Why the core did not do it, as the control protocol names it. */
static const char *why_not(enum ceremony_step what, enum err e, bool may_sign)
{
    if (e == ERR_UNAVAILABLE && !may_sign)
        return "not-ready";
    if (what == CEREMONY_PROPOSE)
        return e == ERR_DUPLICATE ? "busy" : desk_error_name(e);
    switch ((int)e) {
    case ERR_STRANGER:
        return "not-named";
    case ERR_STALE:
        return what == CEREMONY_JOIN ? "too-late" : "has-ended";
    case ERR_DUPLICATE:
        return "joined";
    case ERR_EPOCH:
    case ERR_NOT_FOUND:
    case ERR_RANGE:
        return "outgrown";
    default:
        return desk_error_name(e);
    }
}

static json_t *refusal(const struct node *n, enum ceremony_step what, enum err e)
{
    struct standing s;
    federation_standing(n->core, &s);
    return json_pack("{s:b,s:s,s:I,s:I}", "ok", 0, "error", why_not(what, e, s.may_sign), "needed",
                     (json_int_t)s.needed, "answered", (json_int_t)s.answered);
}

static enum err act(struct desk *d, enum ceremony_step what, const uint8_t id[HASH_BYTES],
                    const struct ceremony_proposal *proposal)
{
    struct event ev = {.type = EVENT_CEREMONY};
    ev.ceremony.what = what;
    ev.ceremony.proposal = proposal;
    if (id != NULL)
        memcpy(ev.ceremony.id, id, HASH_BYTES);
    d->appended = ERR_UNAVAILABLE;
    node_step(d->node, &ev);
    return d->appended;
}

/* ---- propose ---- */

/* Up to KEYHOLDERS_MAX + 1 texts of an array, borrowed; false if it is none, or has more. */
static bool read_names(const json_t *list, const char **out, size_t *count)
{
    size_t i;
    const json_t *name;
    *count = json_array_size(list);
    if ((list != NULL && !json_is_array(list)) || *count > KEYHOLDERS_MAX + 1)
        return false;
    json_array_foreach(list, i, name)
    {
        out[i] = json_string_value(name);
        if (out[i] == NULL)
            return false;
    }
    return true;
}

static bool read_number(const json_t *request, const char *name, json_int_t min, json_int_t max,
                        json_int_t *out)
{
    const json_t *value = json_object_get(request, name);
    *out = json_integer_value(value);
    return json_is_integer(value) && *out >= min && *out <= max;
}

static bool read_wish(const json_t *request, struct ceremony_wish *w)
{
    const char *kind = json_string_value(json_object_get(request, "kind"));
    const char *key = json_string_value(json_object_get(request, "key"));
    json_int_t threshold, patience, days;
    if (kind == NULL || key == NULL ||
        !read_number(request, "threshold", 0, KEYHOLDERS_MAX, &threshold) ||
        !read_number(request, "patience", CEREMONY_PATIENCE_MIN, CEREMONY_PATIENCE_MAX,
                     &patience) ||
        !read_number(request, "within", 1, CEREMONY_DAYS_MAX, &days))
        return false;
    for (unsigned k = CEREMONY_GENERATE; k <= CEREMONY_ROTATE; k++)
        if (strcmp(kind, kind_name(k)) == 0)
            w->kind = (enum ceremony_kind)k;
    for (uint8_t k = KEY_PSEUDONYMS; k <= KEY_STATISTICS; k++)
        if (strcmp(key, key_name(k)) == 0)
            w->key = k;
    w->threshold = (unsigned)threshold;
    w->patience_seconds = (uint32_t)patience;
    w->days = (uint32_t)days;
    w->is_anew = json_is_true(json_object_get(request, "anew"));
    return w->kind != 0 && w->key != 0 &&
           read_names(json_object_get(request, "to"), w->to, &w->count) &&
           read_names(json_object_get(request, "without"), w->without, &w->without_count);
}

static json_t *problem_end(const struct plan_problem *p, const struct roster *r,
                           const struct ceremony_proposal *proposal)
{
    json_t *left = json_array(); /* who can take part, for the command that reshares */
    for (size_t i = 0; p->fault == PLAN_RESHARE_FIRST && i < proposal->count; i++) {
        const struct organisation *o = roster_find(r, proposal->person[i].author);
        json_array_append_new(left, json_string(o != NULL ? o->org_id : ""));
    }
    return json_pack("{s:b,s:s,s:s,s:I,s:I,s:o}", "ok", 0, "error", plan_fault_name(p->fault),
                     "org", p->org_id != NULL ? p->org_id : "", "needed", (json_int_t)p->needed,
                     "have", (json_int_t)p->have, "left", left);
}

/* Proposes; the proposer that is named joins at once. The end of the answer. */
static json_t *propose_now(struct desk *d, const struct ceremony_proposal *p)
{
    uint8_t id[HASH_BYTES];
    bool is_named = false, has_joined = false;
    enum err e = act(d, CEREMONY_PROPOSE, NULL, p);
    if (e != OK)
        return refusal(d->node, CEREMONY_PROPOSE, e);
    ceremony_id(d->node->author, p, id);
    for (size_t i = 0; i < p->count; i++)
        is_named = is_named || memcmp(p->person[i].author, d->node->author, AUTHOR_BYTES) == 0;
    if (is_named)
        has_joined = act(d, CEREMONY_JOIN, id, NULL) == OK;
    return json_pack("{s:b,s:o,s:b,s:b}", "ok", 1, "id", hex_json(id), "named", is_named, "joined",
                     has_joined);
}

static void propose(struct desk *d, uint64_t client, const json_t *request)
{
    struct ceremony_wish wish = {0};
    struct ceremony_proposal p;
    struct plan_problem problem;
    uint8_t nonce[CEREMONY_NONCE_BYTES];
    const struct roster *r = federation_roster(d->node->core);
    const json_t *version = json_object_get(request, "version");
    if (!read_wish(request, &wish) || (version != NULL && !json_is_integer(version))) {
        desk_refuse(d, client, "format");
        return;
    }
    if (r == NULL || (version != NULL && (uint64_t)json_integer_value(version) != r->version)) {
        desk_refuse(d, client, r == NULL ? "no-list" : "list-changed");
        return;
    }
    randombytes_buf(nonce, sizeof nonce);
    if (!ceremony_plan(&wish, r, d->node->author, nonce, node_now_utc(), &p, &problem)) {
        desk_end(d, client, json_pack("{s:o}", "end", problem_end(&problem, r, &p)));
        return;
    }
    enum err e = ceremony_check(&p, d->node->author, r, node_now_utc());
    if (e != OK) {
        desk_end(d, client, json_pack("{s:o}", "end", refusal(d->node, CEREMONY_PROPOSE, e)));
    } else if (version == NULL) {
        desk_line(d, client, json_pack("{s:o}", "plan", proposal_json(d->node, &p)));
        desk_end(d, client,
                 json_pack("{s:{s:b,s:I}}", "end", "ok", 1, "version", (json_int_t)r->version));
    } else {
        desk_end_committed(d, client, json_pack("{s:o}", "end", propose_now(d, &p)));
    }
}

/* ---- join, abort, result ---- */

/* The ceremony that a request names; on failure the client has its answer. */
static bool find_ceremony(struct desk *d, uint64_t client, const json_t *request,
                          struct ceremony_status *out)
{
    const char *text = json_string_value(json_object_get(request, "id"));
    uint8_t id[HASH_BYTES];
    size_t len = 0;
    if (text == NULL || sodium_hex2bin(id, sizeof id, text, strlen(text), NULL, &len, NULL) != 0 ||
        len != HASH_BYTES) {
        desk_refuse(d, client, "format");
        return false;
    }
    for (size_t i = 0; i < federation_ceremony_count(d->node->core); i++) {
        federation_ceremony_status(d->node->core, i, out);
        if (memcmp(out->id, id, HASH_BYTES) == 0)
            return true;
    }
    desk_refuse(d, client, "not-found");
    return false;
}

static void join_or_abort(struct desk *d, uint64_t client, const struct ceremony_status *s,
                          enum ceremony_step what)
{
    enum err e = act(d, what, s->id, NULL);
    desk_end_committed(d, client,
                       json_pack("{s:o}", "end",
                                 e == OK ? json_pack("{s:b,s:o}", "ok", 1, "id", hex_json(s->id))
                                         : refusal(d->node, what, e)));
}

/* The closings of a ceremony, out of its proposer's feed. */
struct closings {
    const struct ceremony_status *status;
    struct ceremony_file *file;
};

static bool take_closing(void *ctx, const uint8_t author[AUTHOR_BYTES], const struct archive_row *r)
{
    struct closings *c = ctx;
    struct ceremony_entry e;
    struct body b;
    if (memcmp(author, c->status->proposer, AUTHOR_BYTES) != 0 || body_decode(r->body, &b) != OK ||
        ceremony_decode(author, b.payload, &e) != OK || e.step != CEREMONY_CLOSE ||
        memcmp(e.id, c->status->id, HASH_BYTES) != 0)
        return true;
    if (e.close.phase == c->file->close_count + 1) /* a second one of a phase counts for nothing */
        c->file->close[c->file->close_count++] = e.close;
    return c->file->close_count < CEREMONY_PHASES_MAX;
}

static bool is_before(const struct ceremony_file *f, size_t i, size_t j)
{
    return memcmp(f->signer[i].author, f->signer[j].author, AUTHOR_BYTES) < 0;
}

static void take_signers(const struct ceremony_status *s, struct ceremony_file *f)
{
    f->signer_count = s->confirmed;
    for (size_t i = 0; i < s->confirmed; i++) {
        memcpy(f->signer[i].author, s->signer[i].author, AUTHOR_BYTES);
        memcpy(f->signer[i].signature, s->signer[i].signature, SIGNATURE_BYTES);
    }
    for (size_t i = 1; i < f->signer_count; i++) {
        for (size_t j = i; j > 0 && is_before(f, j, j - 1); j--) {
            uint8_t held[sizeof f->signer[0]];
            memcpy(held, &f->signer[j], sizeof held);
            f->signer[j] = f->signer[j - 1];
            memcpy(&f->signer[j - 1], held, sizeof held);
        }
    }
}

static json_t *base64_json(struct bytes b)
{
    size_t cap = sodium_base64_encoded_len(b.len, sodium_base64_VARIANT_ORIGINAL);
    char *text = malloc(cap);
    if (text == NULL)
        return NULL;
    sodium_bin2base64(text, cap, b.data, b.len, sodium_base64_VARIANT_ORIGINAL);
    json_t *out = json_string(text);
    free(text);
    return out;
}

static void result(struct desk *d, uint64_t client, const struct ceremony_status *s)
{
    struct ceremony_file *f = calloc(1, sizeof *f);
    uint8_t *file = malloc(CEREMONY_FILE_BYTES_MAX), transcript[HASH_BYTES];
    struct closings c = {s, f};
    struct archive a = store_archive(d->node->store);
    bool is_agreed = s->state == CEREMONY_AGREED || s->state == CEREMONY_ADOPTED;
    if (f == NULL || file == NULL || !is_agreed) {
        desk_refuse(d, client, is_agreed ? "full" : "not-agreed");
        free(file);
        free(f);
        return;
    }
    memcpy(f->proposer, s->proposer, AUTHOR_BYTES);
    f->proposal = s->proposal;
    f->result = s->result;
    take_signers(s, f);
    a.ceremonies(a.ctx, take_closing, &c);
    ceremony_file_transcript(f, transcript);
    if (memcmp(transcript, s->transcript, HASH_BYTES) != 0) {
        desk_refuse(d, client, "damaged"); /* a closing is not here any more */
    } else {
        size_t len = ceremony_file_encode(f, file);
        desk_end(d, client,
                 json_pack("{s:{s:b,s:o,s:o}}", "end", "ok", 1, "id", hex_json(s->id), "file",
                           base64_json(bytes_of(file, len))));
    }
    free(file);
    free(f);
}

void keys_request(struct desk *d, uint64_t client, const char *what, const json_t *request)
{
    struct ceremony_status s;
    if (strcmp(what, "propose") == 0)
        propose(d, client, request);
    else if (strcmp(what, "join") != 0 && strcmp(what, "abort") != 0 && strcmp(what, "result") != 0)
        desk_refuse(d, client, "format");
    else if (!find_ceremony(d, client, request, &s))
        return;
    else if (what[0] == 'r')
        result(d, client, &s);
    else
        join_or_abort(d, client, &s, what[0] == 'j' ? CEREMONY_JOIN : CEREMONY_ABORT);
}
