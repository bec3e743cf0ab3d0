/* world_setup.c - keys, shares and the member list of a world. */
#include "tests/sim/world_internal.h"

#include <assert.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/roster_encode.h"

void world_draw(const struct world *w, const char *what, uint64_t n, uint8_t *out, size_t len)
{
    crypto_generichash_state st;
    crypto_generichash_init(&st, NULL, 0, len);
    crypto_generichash_update(&st, (const uint8_t *)&w->setup.seed, sizeof w->setup.seed);
    crypto_generichash_update(&st, (const uint8_t *)what, strlen(what));
    crypto_generichash_update(&st, (const uint8_t *)&n, sizeof n);
    crypto_generichash_final(&st, out, len);
}

/* Storage of cores that are no more: touching fresh memory costs more than all else at a start. */
static void *storages[WORLD_NODES_MAX];
static size_t storage_count;

static void make_storage(struct machine *m)
{
    size_t bytes = (federation_bytes() + 63) / 64 * 64;
    m->storage = storage_count > 0 ? storages[--storage_count] : aligned_alloc(64, bytes);
    assert(m->storage != NULL);
}

static void free_storage(struct machine *m)
{
    if (storage_count < WORLD_NODES_MAX)
        storages[storage_count++] = m->storage;
    else
        free(m->storage);
}

void world_install(struct world *w, size_t node, struct world_software software)
{
    struct federation_config *c = &w->machines[node].config;
    assert(!w->machines[node].is_running);
    c->version_min = software.version_min;
    c->version_max = software.version_max;
    c->judge_newer = software.judge_newer;
}

static void make_machine(struct world *w, size_t i)
{
    struct machine *m = &w->machines[i];
    char org_id[32];
    int len = snprintf(org_id, sizeof org_id, "NL-KVK-%08zu", i + 1);
    author_of(bytes_of(org_id, (size_t)len), m->config.author);
    uint8_t seed[32];
    world_draw(w, "feed", i, seed, 32);
    crypto_sign_seed_keypair(m->feed_public, m->config.feed_secret, seed);
    world_draw(w, "transport", i, seed, 32);
    crypto_scalarmult_base(m->transport_key, seed);
    m->config.receipt_seconds = w->setup.receipt_seconds != 0 ? w->setup.receipt_seconds : 86400;
    m->config.profile.count = w->setup.has_no_port[i] ? 0 : 1;
    snprintf(m->config.profile.endpoint[0], sizeof m->config.profile.endpoint[0],
             "tcp://10.0.0.%zu:5700", i + 1);
    world_install(w, i, w->setup.software[i]);
    make_storage(m);
}

static void name_relays(struct world *w, size_t i)
{
    struct profile *p = &w->machines[i].config.profile;
    for (size_t k = 0; k < PROFILE_RELAYS_MAX && w->setup.relays[i][k] != 0; k++)
        memcpy(p->relay[p->relay_count++], w->machines[w->setup.relays[i][k] - 1].config.author,
               32);
}

/* The first one waits for its node's first start; one for which a node has no room is none. */
static void hand_over(struct world *w, size_t node, const struct held_share *share)
{
    struct machine *m = &w->machines[node];
    struct effect e = {.type = EFFECT_PERSIST_SHARE, .share = *share};
    m->newest = *share;
    if (w->deals == 0)
        m->dealt = *share;
    else if (!m->is_running || federation_load_share(m->core, share) == OK)
        shelf_apply(m->shelf, &e);
}

/* Shares of w->key's secret to all keyholders, and what is public of them into w->key. */
static void share_out(struct world *w)
{
    size_t t = w->setup.threshold, n = w->setup.keyholders;
    struct roster_key *k = &w->key;
    uint8_t wide[64], coefficients[KEYHOLDERS_MAX * 32];
    for (size_t i = 0; i + 1 < t; i++) {
        world_draw(w, "coefficient", w->deals * KEYHOLDERS_MAX + i, wide, 64);
        scalar_from_wide(wide, coefficients + i * 32);
    }
    struct share shares[KEYHOLDERS_MAX];
    const uint8_t *secret = w->secrets[k->epoch];
    enum err e = threshold_deal(secret, coefficients, t, n, shares);
    assert(e == OK);
    k->key = KEY_PSEUDONYMS;
    k->threshold = (uint32_t)t;
    k->share_count = n;
    e = crypto_scalarmult_ristretto255_base(k->public_key, secret) == 0 ? OK : ERR_SCALAR;
    assert(e == OK);
    for (size_t i = 0; i < n; i++) {
        hand_over(w, i,
                  &(struct held_share){.key = KEY_PSEUDONYMS,
                                       .epoch = k->epoch,
                                       .refresh = k->refresh,
                                       .share = shares[i]});
        k->index[i] = shares[i].index;
        memcpy(k->holder[i], w->machines[i].config.author, 32);
        e = threshold_commit(&shares[i], k->commitment[i]);
        assert(e == OK);
    }
}

void world_deal(struct world *w, bool is_same_key)
{
    uint8_t wide[64];
    if (is_same_key) {
        w->key.refresh++;
    } else {
        w->key.epoch++;
        w->key.refresh = 0;
        assert(w->key.epoch < KEY_PERIODS);
        world_draw(w, "secret", w->key.epoch - 1, wide, 64);
        scalar_from_wide(wide, w->secrets[w->key.epoch]);
    }
    share_out(w);
    w->deals++;
}

void world_deal_again(struct world *w)
{
    for (size_t i = 0; i < w->setup.keyholders && w->deals > 1; i++) {
        struct held_share newest = w->machines[i].newest;
        hand_over(w, i, &newest);
    }
}

void world_use_key(struct roster *r, void *ctx)
{
    const struct world *w = ctx;
    r->keys[0] = w->key;
    r->key_count = 1;
}

static void sign_one(struct world *w, struct signed_roster *s, const uint8_t *secret)
{
    struct wire_arena arena;
    wire_arena_init(&arena, w->arena, ROSTER_ARENA_BYTES);
    enum err e = roster_sign(s->document, secret, &arena, &s->signatures[s->count++]);
    assert(e == OK);
}

/* The document of w->roster with signatures; its hash goes into w->roster. */
struct paper world_sign(struct world *w, const uint8_t *extra)
{
    static uint8_t document[ROSTER_BYTES_MAX];
    size_t len = roster_encode(w->roster, document, sizeof document);
    assert(len > 0);
    struct signed_roster *s = calloc(1, sizeof *s);
    assert(s != NULL);
    s->document = bytes_of(document, len);
    for (size_t i = 0; i + (extra != NULL) < w->roster->stewards.quorum; i++)
        sign_one(w, s, w->steward_secret[i]);
    if (extra != NULL)
        sign_one(w, s, extra);
    struct paper p = {.data = malloc(len + 4096)};
    assert(p.data != NULL);
    p.len = signed_roster_encode(s, p.data, len + 4096);
    assert(p.len > 0);
    roster_hash(s->document, w->roster->hash);
    free(s);
    return p;
}

static void make_roster(struct world *w)
{
    struct roster *r = w->roster;
    r->version = 1;
    strcpy(r->federation, "Simulated");
    r->issued_utc = WORLD_START_UTC - 86400;
    r->fresh_until_utc = WORLD_START_UTC + (int64_t)20 * 365 * 86400;
    uint8_t seed[32];
    r->stewards.count = w->setup.stewards != 0 ? w->setup.stewards : 1;
    r->stewards.quorum = w->setup.quorum != 0 ? (uint32_t)w->setup.quorum : 1;
    assert(r->stewards.count <= STEWARDS && r->stewards.quorum <= r->stewards.count);
    for (size_t i = 0; i < r->stewards.count; i++) {
        world_draw(w, "steward", i, seed, 32);
        crypto_sign_seed_keypair(r->stewards.key[i], w->steward_secret[i], seed);
    }
    r->policy.budget_a_day = w->setup.budget_a_day;
    for (size_t i = 0; i < w->setup.nodes; i++) {
        struct organisation *o = &r->organisations[r->organisation_count++];
        snprintf(o->org_id, sizeof o->org_id, "NL-KVK-%08zu", i + 1);
        snprintf(o->name, sizeof o->name, "Organisation %c", world_letter(i));
        strcpy(o->country, "NL");
        memcpy(o->feed_key, w->machines[i].feed_public, 32);
        memcpy(o->transport_key, w->machines[i].transport_key, 32);
        o->roles = w->setup.roles[i] != 0 ? w->setup.roles[i] : (uint32_t)ROLE_MEMBER;
        if (w->setup.roles[i] == 0 && i < w->setup.keyholders)
            o->roles |= ROLE_KEYHOLDER;
        o->status = ORG_ACTIVE;
        o->feed_epoch = 1;
    }
    if (w->setup.threshold > 0) {
        world_deal(w, false);
        world_use_key(r, w);
    }
    w->papers[w->paper_count++] = world_sign(w, NULL);
    memcpy(r->genesis, r->hash, 32);
}

struct shelf *world_new_shelf(const struct world *w)
{
    struct shelf *s = shelf_new();
    struct effect e = {.type = EFFECT_PERSIST_ROSTER};
    e.roster.version = 1;
    memcpy(e.roster.hash, w->roster->genesis, 32);
    e.roster.signed_roster = bytes_of(w->papers[0].data, w->papers[0].len);
    shelf_apply(s, &e);
    return s;
}

struct world *world_new(const struct world_setup *setup)
{
    int sodium = sodium_init();
    assert(sodium >= 0);
    struct world *w = calloc(1, sizeof *w);
    assert(w != NULL && setup->nodes <= WORLD_NODES_MAX);
    w->setup = *setup;
    w->dice = dice_for(setup->seed, 1);
    crypto_generichash_init(&w->sum, NULL, 0, 32);
    w->posts = calloc(POSTS_MAX, sizeof *w->posts);
    w->effects = calloc(1, sizeof *w->effects);
    w->roster = calloc(1, sizeof *w->roster);
    w->arena = malloc(ROSTER_ARENA_BYTES);
    w->trace = calloc(1, 1);
    assert(w->posts && w->effects && w->roster && w->arena && w->trace);
    for (size_t i = 0; i < setup->nodes; i++)
        make_machine(w, i);
    for (size_t i = 0; i < setup->nodes; i++)
        name_relays(w, i);
    make_roster(w);
    /* Everyone knows where the first one is; the rest they learn. */
    for (size_t i = 1; i < setup->nodes; i++) {
        struct federation_config *c = &w->machines[i].config;
        memcpy(c->contacts[0].author, w->machines[0].config.author, 32);
        strcpy(c->contacts[0].endpoint, w->machines[0].config.profile.endpoint[0]);
        c->contact_count = 1;
    }
    for (size_t i = 0; i < setup->nodes; i++) {
        w->machines[i].shelf = world_new_shelf(w);
        struct effect e = {.type = EFFECT_PERSIST_SHARE, .share = w->machines[i].dealt};
        if (e.share.share.index != 0)
            shelf_apply(w->machines[i].shelf, &e);
        if (!setup->is_off[i])
            world_start(w, i);
    }
    return w;
}

void world_free(struct world **pw)
{
    struct world *w = *pw;
    for (size_t i = 0; i < w->post_count; i++)
        free(w->posts[i].frame);
    for (size_t i = 0; i < w->setup.nodes; i++) {
        shelf_free(&w->machines[i].shelf);
        free_storage(&w->machines[i]);
        world_behave(w, i, NULL, 0);
        for (size_t k = 0; k < w->machines[i].held_count; k++)
            free(w->machines[i].held[k].frame);
        free(w->machines[i].held);
        shelf_free(&w->machines[i].synced);
    }
    for (size_t i = 0; i < w->paper_count; i++)
        free(w->papers[i].data);
    for (size_t i = 0; i < w->rival_count; i++)
        free(w->rivals[i].data);
    free(w->draft.data);
    free(w->posts);
    free(w->effects);
    free(w->roster);
    free(w->arena);
    free(w->trace);
    free(w);
    *pw = NULL;
}

size_t world_twin(struct world *w, size_t node)
{
    assert(w->setup.nodes < WORLD_NODES_MAX);
    size_t at = w->setup.nodes++;
    struct machine *m = &w->machines[at];
    m->config = w->machines[node].config;
    memcpy(m->transport_key, w->machines[node].transport_key, 32);
    memcpy(m->feed_public, w->machines[node].feed_public, 32);
    m->shelf = shelf_copy(w->machines[node].shelf);
    make_storage(m);
    world_start(w, at);
    return at;
}
