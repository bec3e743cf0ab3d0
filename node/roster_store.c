#include "node/roster_store.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "node/ringname.h"
#include "node/store_read.h"
#include "node/store_share.h"
#include "node/store_write.h"
#include "node/text.h"
#include "protocol/roster_fingerprint.h"

/* What is in force while versions are taken in, one after the other. */
struct taking {
    struct store *store;
    struct roster *current; /* meaningful if has_current */
    struct roster *next;    /* room */
    bool has_current;
    const uint8_t *told; /* hash that a first list must have; NULL once there is a list */
    struct wire_arena arena;
    void *room;
    enum err result;
    uint64_t version; /* the one that result is about */
    size_t adopted;
};

static bool taking_init(struct taking *t)
{
    *t = (struct taking){.current = malloc(sizeof *t->current),
                         .next = malloc(sizeof *t->next),
                         .room = malloc(ROSTER_ARENA_BYTES)};
    if (t->current == NULL || t->next == NULL || t->room == NULL)
        return false;
    wire_arena_init(&t->arena, t->room, ROSTER_ARENA_BYTES);
    return true;
}

/* Gives *out what is in force, where it is not NULL. */
static void taking_clear(struct taking *t, struct roster **out)
{
    if (out != NULL) {
        *out = t->current;
        t->current = NULL;
    }
    store_close(&t->store);
    free(t->current);
    free(t->next);
    free(t->room);
}

static void advance(struct taking *t)
{
    struct roster *was = t->current;
    t->current = t->next;
    t->next = was;
    t->has_current = true;
}

/* Takes one stored version: the first is the anchor. */
static bool take_stored(void *ctx, uint64_t version, const uint8_t hash[HASH_BYTES],
                        struct bytes signed_roster)
{
    struct taking *t = ctx;
    t->version = version;
    t->result = t->has_current ? roster_accept(t->current, signed_roster, &t->arena, t->next)
                               : roster_anchor(signed_roster, hash, &t->arena, t->next);
    if (t->result == OK)
        advance(t);
    return t->result == OK;
}

/* Opens the store and takes in what it holds. */
static enum err open_store(struct taking *t, const char *data_dir, struct problem *problem)
{
    char path[PATH_MAX];
    if (snprintf(path, sizeof path, "%s/%s", data_dir, RINGNAME_STORE_FILE) >= (int)sizeof path)
        return ERR_LIMIT;
    enum err e = store_open(&t->store, path, problem);
    if (e != OK)
        return e;
    e = store_rosters(t->store, 0, take_stored, t);
    if (e == OK && t->result == OK)
        return OK;
    problem_set(problem, _("%s: the member list in it does not verify. Put a backup in its place."),
                path);
    return ERR_FORMAT;
}

enum err roster_store_read(const char *data_dir, struct roster **out, struct problem *problem)
{
    struct taking t;
    char path[PATH_MAX];
    *out = NULL;
    snprintf(path, sizeof path, "%s/%s", data_dir, RINGNAME_STORE_FILE);
    enum err e = taking_init(&t) ? OK : ERR_FULL;
    if (e == OK && access(path, F_OK) == 0)
        e = open_store(&t, data_dir, problem);
    if (e == OK && !t.has_current) {
        problem_set(problem,
                    _("This node has no member list yet. Import one: seinpost roster import FILE"));
        e = ERR_NOT_FOUND;
    }
    taking_clear(&t, e == OK ? out : NULL);
    return e;
}

static bool add_share(void *ctx, const uint8_t id[SHARE_ID_BYTES], struct bytes sealed)
{
    struct unpack u = unpack_of(bytes_of(id, SHARE_ID_BYTES));
    (void)sealed;
    json_int_t key = unpack_u32(&u), period = unpack_u32(&u), refresh = unpack_u32(&u);
    json_array_append_new(
        ctx, json_pack("{s:I,s:I,s:I}", "key", key, "period", period, "refresh", refresh));
    return true;
}

json_t *roster_store_shares(const char *data_dir)
{
    char path[PATH_MAX];
    struct store *s = NULL;
    struct problem problem;
    json_t *out = json_array();
    snprintf(path, sizeof path, "%s/%s", data_dir, RINGNAME_STORE_FILE);
    bool is_read = access(path, F_OK) == 0 && store_open(&s, path, &problem) == OK &&
                   store_shares(s, add_share, out) == OK;
    store_close(&s);
    if (is_read)
        return out;
    json_decref(out);
    return NULL;
}

/* Puts the version that was just taken in into the open transaction. */
static enum err persist(struct taking *t, struct bytes signed_roster)
{
    struct effect *e = calloc(1, sizeof *e);
    if (e == NULL)
        return ERR_FULL;
    e->type = EFFECT_PERSIST_ROSTER;
    e->roster.version = t->current->version;
    memcpy(e->roster.hash, t->current->hash, HASH_BYTES);
    e->roster.signed_roster = signed_roster;
    enum err result = store_apply(t->store, e);
    free(e);
    return result;
}

/* Takes one version of the file. A first list begins with the genesis, which its stewards vouch
 * for, or with the version that was told; versions before that are passed over. */
static bool take_version(void *ctx, const struct roster_version *v)
{
    struct taking *t = ctx;
    bool is_told = t->told != NULL && memcmp(v->hash, t->told, HASH_BYTES) == 0;
    t->version = v->version;
    if (!t->has_current && v->version > 1 && !is_told)
        return true;
    if (!t->has_current && is_told)
        t->result = roster_anchor(v->signed_roster, t->told, &t->arena, t->next);
    else
        t->result =
            roster_accept(t->has_current ? t->current : NULL, v->signed_roster, &t->arena, t->next);
    if (t->result == ERR_DUPLICATE || t->result == ERR_STALE) {
        t->result = OK; /* it is here already */
        return true;
    }
    if (t->result == OK) {
        advance(t);
        t->result = persist(t, v->signed_roster);
    }
    t->adopted += t->result == OK;
    return t->result == OK;
}

static enum err no_fingerprint(const struct roster_file *f, struct problem *problem)
{
    char fingerprint[FINGERPRINT_CHARS];
    roster_fingerprint(roster_file_in_force(f)->hash, fingerprint);
    problem_set(problem,
                _("This is the first member list of this node, and anyone could have sent it. The "
                  "newest version in this file has the fingerprint %s. Ask a steward by telephone "
                  "to read out theirs, and give what you hear: --fingerprint XXXX-XXXX-..."),
                fingerprint);
    return ERR_UNAUTHORISED;
}

static enum err import(struct taking *t, const struct roster_file *f, const uint8_t *told,
                       struct problem *problem)
{
    bool is_first = !t->has_current;
    if (is_first && told == NULL)
        return no_fingerprint(f, problem);
    if (told != NULL && !roster_store_is_told(f, told)) {
        problem_set(problem, _("No version in this file has that fingerprint. Do not use the file; "
                               "ask the steward again. Nothing was imported."));
        return ERR_COMMIT;
    }
    t->told = is_first ? told : NULL;
    roster_file_versions(f, take_version, t);
    if (t->result != OK)
        problem_set(problem,
                    _("Version %llu of the member list cannot be used (%s). Nothing was "
                      "imported."),
                    (unsigned long long)t->version, _(err_text(t->result)));
    return t->result;
}

enum err roster_store_import(const char *data_dir, const struct roster_file *f, const uint8_t *told,
                             struct roster **out, size_t *adopted, struct problem *problem)
{
    struct taking t;
    *out = NULL;
    enum err e = taking_init(&t) ? open_store(&t, data_dir, problem) : ERR_FULL;
    if (e == OK)
        e = import(&t, f, told, problem);
    if (e == OK && store_is_dirty(t.store)) {
        e = store_commit(t.store);
        if (e != OK)
            problem_set(problem, "%s", store_error_text(t.store));
    }
    *adopted = t.adopted;
    taking_clear(&t, e == OK ? out : NULL);
    return e;
}

struct telling {
    const uint8_t *hash;
    bool is_there;
};

static bool compare(void *ctx, const struct roster_version *v)
{
    struct telling *t = ctx;
    t->is_there = memcmp(v->hash, t->hash, HASH_BYTES) == 0;
    return !t->is_there;
}

bool roster_store_is_told(const struct roster_file *f, const uint8_t hash[HASH_BYTES])
{
    struct telling t = {hash, false};
    roster_file_versions(f, compare, &t);
    return t.is_there;
}
