/* The folders of a fleet's nodes: settings, keys, store. */
#include "tests/bench/fleet.h"

#include "node/keyring.h"
#include "node/ringname.h"
#include "node/store_write.h"
#include "tests/bench/figure.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define PASSPHRASE "only for benchmarks"

const char *fleet_path(const struct fleet *f, size_t node, const char *file)
{
    static char path[512];
    snprintf(path, sizeof path, "%s/node-%zu/%s", f->dir, node, file);
    return path;
}

static void need(enum err e, const struct problem *problem)
{
    figure_need(e == OK, "%s: %s", err_name(e), problem->text);
}

void fleet_settings(const struct fleet *f, size_t node, size_t contact)
{
    const struct fleet_member *m = &f->member[node];
    char secret_file[512];
    snprintf(secret_file, sizeof secret_file, "%s/passphrase", f->dir);
    FILE *out = fopen(secret_file, "w");
    figure_need(out != NULL && fputs(PASSPHRASE "\n", out) >= 0 && fclose(out) == 0 &&
                    chmod(secret_file, 0600) == 0,
                "%s cannot be written", secret_file);
    out = fopen(fleet_path(f, node, "seinpost.conf"), "w");
    figure_need(out != NULL, "%s cannot be written", fleet_path(f, node, "seinpost.conf"));
    fprintf(out,
            "org_id = %s\ndata_dir = .\nlisten = tcp://127.0.0.1:%u\n"
            "advertise = tcp://127.0.0.1:%u\npassphrase_file = %s\n",
            m->org_id, m->port, m->port, secret_file);
    for (size_t i = 0; i < f->count; i++)
        if (i != node && (i < f->keyholders || i == contact))
            fprintf(out, "peer = %s tcp://127.0.0.1:%u\n", f->member[i].org_id, f->member[i].port);
    figure_need(fclose(out) == 0, "the settings cannot be written");
}

static void put(const struct keyring *ring, const char *name, const uint8_t *public_half,
                size_t public_len, const uint8_t *secret, size_t secret_len)
{
    struct problem problem = {0};
    need(keyring_put(ring, name, bytes_of(public_half, public_len), bytes_of(secret, secret_len),
                     &problem),
         &problem);
}

static void put_share(const struct keyring *ring, const struct share *share)
{
    char name[RINGNAME_BYTES];
    uint8_t commitment[POINT_BYTES], secret[SHARE_SECRET_BYTES];
    figure_need(threshold_commit(share, commitment) == OK, "a share");
    ringname_share(KEY_PSEUDONYMS, 1, 0, name);
    ringname_pack(share, secret);
    put(ring, name, commitment, sizeof commitment, secret, sizeof secret);
}

static void write_keys(const struct fleet *f, size_t node)
{
    const struct fleet_member *m = &f->member[node];
    struct problem problem = {0};
    struct keyring *ring = NULL;
    uint8_t desk[DESK_SECRET_BYTES];
    need(keyring_create(fleet_path(f, node, RINGNAME_KEYS_FOLDER), BYTES_LITERAL(PASSPHRASE),
                        COST_NORMAL, &ring, &problem),
         &problem);
    randombytes_buf(desk, sizeof desk);
    put(ring, RINGNAME_FEED, m->feed_public, 32, m->feed_secret, 64);
    put(ring, RINGNAME_TRANSPORT, m->transport_public, 32, m->transport_secret, 32);
    put(ring, RINGNAME_DESK, NULL, 0, desk, sizeof desk);
    if (m->share.index != 0)
        put_share(ring, &m->share);
    keyring_free(&ring);
}

void fleet_copy(const struct fleet *f, size_t from, const char *from_file, size_t to,
                const char *to_file)
{
    char command[600];
    snprintf(command, sizeof command, "cp '%s/node-%zu/%s' '%s/node-%zu/%s'", f->dir, from,
             from_file, f->dir, to, to_file);
    figure_need(system(command) == 0, "a store cannot be copied");
}

struct store *fleet_scratch(const struct fleet *f)
{
    char path[512];
    struct problem problem = {0};
    struct store *s = NULL;
    snprintf(path, sizeof path, "%s/scratch.db", f->dir);
    need(store_open(&s, path, &problem), &problem);
    return s;
}

struct store *fleet_store(const struct fleet *f, size_t node)
{
    struct problem problem = {0};
    struct store *s = NULL;
    need(store_open(&s, fleet_path(f, node, RINGNAME_STORE_FILE), &problem), &problem);
    return s;
}

void fleet_folder(struct fleet *f, size_t node, size_t contact)
{
    figure_need(mkdir(fleet_path(f, node, ""), 0700) == 0, "%s is there already",
                fleet_path(f, node, ""));
    fleet_settings(f, node, contact);
    write_keys(f, node);
    struct store *s = fleet_store(f, node);
    struct effect e = {.type = EFFECT_PERSIST_ROSTER};
    e.roster.version = 1;
    memcpy(e.roster.hash, f->list.hash, HASH_BYTES);
    e.roster.signed_roster = bytes_of(f->list.bytes, f->list.len);
    figure_need(store_apply(s, &e) == OK && store_commit(s) == OK, "%s", store_error_text(s));
    store_close(&s);
}
