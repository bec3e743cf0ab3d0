/* Who is in the fleet: keys, key shares, member lists. */
#include "tests/bench/fleet.h"

#include "protocol/roster_chain.h"
#include "protocol/roster_encode.h"
#include "tests/bench/figure.h"

#include <arpa/inet.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { YEAR_SECONDS = 365 * 86400 };

/* Ports that nobody listens on, each another: all are held until the last is known. */
static void choose_ports(struct fleet *f)
{
    int held[FLEET_MAX];
    for (size_t i = 0; i < f->count; i++) {
        struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
        socklen_t len = sizeof a;
        held[i] = socket(AF_INET, SOCK_STREAM, 0);
        figure_need(held[i] >= 0 && bind(held[i], (struct sockaddr *)&a, sizeof a) == 0 &&
                        getsockname(held[i], (struct sockaddr *)&a, &len) == 0,
                    "no free port on 127.0.0.1");
        f->member[i].port = ntohs(a.sin_port);
    }
    for (size_t i = 0; i < f->count; i++)
        close(held[i]);
}

static void make_members(struct fleet *f)
{
    for (size_t i = 0; i < f->count; i++) {
        struct fleet_member *m = &f->member[i];
        snprintf(m->org_id, sizeof m->org_id, "NL-KVK-%08zu", 40000000 + i);
        author_of(bytes_of(m->org_id, strlen(m->org_id)), m->author);
        crypto_sign_keypair(m->feed_public, m->feed_secret);
        crypto_box_keypair(m->transport_public, m->transport_secret);
    }
    choose_ports(f);
}

static void deal(struct fleet *f)
{
    uint8_t coefficients[KEYHOLDERS_MAX][SCALAR_BYTES];
    struct share shares[KEYHOLDERS_MAX];
    if (f->keyholders == 0)
        return;
    crypto_core_ristretto255_scalar_random(f->secret);
    for (size_t i = 0; i + 1 < f->threshold; i++)
        crypto_core_ristretto255_scalar_random(coefficients[i]);
    enum err e = threshold_deal(f->secret, coefficients[0], f->threshold, f->keyholders, shares);
    figure_need(e == OK, "sharing a key: %s", err_name(e));
    for (size_t i = 0; i < f->keyholders; i++)
        f->member[i].share = shares[i];
}

static void put_key(const struct fleet *f, struct roster *r)
{
    struct roster_key *k = &r->keys[r->key_count++];
    k->key = KEY_PSEUDONYMS;
    k->epoch = 1;
    k->threshold = (uint32_t)f->threshold;
    crypto_scalarmult_ristretto255_base(k->public_key, f->secret);
    for (size_t i = 0; i < f->keyholders; i++) {
        k->index[i] = f->member[i].share.index;
        memcpy(k->holder[i], f->member[i].author, AUTHOR_BYTES);
        enum err e = threshold_commit(&f->member[i].share, k->commitment[i]);
        figure_need(e == OK, "a share: %s", err_name(e));
    }
    k->share_count = f->keyholders;
}

static void put_organisations(const struct fleet *f, struct roster *r, uint32_t keyholder_roles)
{
    for (size_t i = 0; i < f->count; i++) {
        const struct fleet_member *m = &f->member[i];
        struct organisation *o = &r->organisations[r->organisation_count++];
        memcpy(o->org_id, m->org_id, sizeof m->org_id);
        snprintf(o->name, sizeof o->name, "Invented Relief %zu", i);
        memcpy(o->country, "NL", 3);
        memcpy(o->feed_key, m->feed_public, KEY_BYTES);
        memcpy(o->transport_key, m->transport_public, KEY_BYTES);
        o->roles = i < f->keyholders ? keyholder_roles : ROLE_MEMBER;
        o->status = ORG_ACTIVE;
        o->feed_epoch = 1;
    }
}

/* Encodes and signs a member list. */
static void sign_list(const struct fleet *f, const struct roster *r, struct fleet_list *list)
{
    struct wire_arena arena;
    uint8_t *room = malloc(2 * ROSTER_BYTES_MAX);
    uint8_t *document = malloc(ROSTER_BYTES_MAX);
    list->bytes = malloc(ROSTER_BYTES_MAX);
    figure_need(room != NULL && document != NULL && list->bytes != NULL, "no memory");
    wire_arena_init(&arena, room, 2 * ROSTER_BYTES_MAX);
    struct signed_roster s = {.count = 1};
    s.document = bytes_of(document, roster_encode(r, document, ROSTER_BYTES_MAX));
    enum err e = roster_sign(s.document, f->steward_secret, &arena, &s.signatures[0]);
    list->len = signed_roster_encode(&s, list->bytes, ROSTER_BYTES_MAX);
    figure_need(e == OK && s.document.len > 0 && list->len > 0, "signing the member list");
    roster_hash(s.document, list->hash);
    free(document);
    free(room);
}

static struct roster *make_list(const struct fleet *f, uint32_t keyholder_roles, bool has_key,
                                struct fleet_list *list)
{
    struct roster *r = calloc(1, sizeof *r);
    figure_need(r != NULL, "no memory");
    r->version = 1;
    snprintf(r->federation, sizeof r->federation, "Benchmark");
    r->issued_utc = time(NULL);
    r->fresh_until_utc = r->issued_utc + YEAR_SECONDS;
    r->policy.budget_a_day = FLEET_BUDGET;
    memcpy(r->stewards.key[0], f->steward_secret + 32, KEY_BYTES);
    r->stewards.count = 1;
    r->stewards.quorum = 1;
    put_organisations(f, r, keyholder_roles);
    if (has_key)
        put_key(f, r);
    sign_list(f, r, list);
    return r;
}

void fleet_suspend(struct fleet *f, size_t member)
{
    struct roster *r = f->roster;
    struct organisation *o = &r->organisations[member];
    struct merkle_frontier none;
    merkle_frontier_init(&none);
    r->version++;
    memcpy(r->previous, f->list.hash, HASH_BYTES);
    memcpy(r->genesis, f->genesis, HASH_BYTES);
    o->status = ORG_SUSPENDED;
    o->accepted = (struct accepted){.feed_epoch = o->feed_epoch};
    merkle_root(&none, o->accepted.root);
    free(f->list.bytes);
    sign_list(f, r, &f->list);
}

static struct fleet *running;

static void clear_at_exit(void)
{
    if (running != NULL)
        fleet_clear(running);
}

void fleet_init(struct fleet *f, size_t count, size_t keyholders, size_t threshold,
                uint32_t keyholder_roles)
{
    static bool has_hook;
    memset(f, 0, sizeof *f);
    figure_need(sodium_init() >= 0, "libsodium does not start");
    figure_need(running == NULL && count <= FLEET_MAX, "one fleet of %d at a time", FLEET_MAX);
    f->count = count;
    f->keyholders = keyholders;
    f->threshold = threshold;
    snprintf(f->dir, sizeof f->dir, "%s", "/tmp/seinpost-bench.XXXXXX");
    figure_need(mkdtemp(f->dir) != NULL, "%s cannot be made", f->dir);
    running = f;
    if (!has_hook)
        atexit(clear_at_exit);
    has_hook = true;
    make_members(f);
    deal(f);
    uint8_t steward[KEY_BYTES];
    crypto_sign_keypair(steward, f->steward_secret);
    f->roster = make_list(f, keyholder_roles, keyholders > 0, &f->list);
    memcpy(f->genesis, f->list.hash, HASH_BYTES);
    free(make_list(f, ROLE_MEMBER, false, &f->plain));
}

void fleet_clear(struct fleet *f)
{
    char command[128];
    for (size_t i = 0; i < f->count; i++)
        fleet_stop(f, i);
    snprintf(command, sizeof command, "rm -rf '%s'", f->dir);
    if (system(command) != 0)
        fprintf(stderr, "%s stays behind\n", f->dir);
    free(f->list.bytes);
    free(f->plain.bytes);
    free(f->roster);
    running = NULL;
}
