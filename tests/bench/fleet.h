/*
 * fleet.h - a federation of real nodes below a temporary folder, for the benchmarks.
 *
 * Keys, member list, key shares, folders and stores are made in process; only what fleet_start
 * starts runs, as seinpostd from the folder that SEINPOST_BIN names. Everything ends the program on
 * failure; the folder and the nodes go with it.
 */
#ifndef TESTS_BENCH_FLEET_H
#define TESTS_BENCH_FLEET_H

#include "node/store.h"
#include "protocol/roster.h"
#include "protocol/tag.h"
#include "protocol/threshold.h"

#include <jansson.h>
#include <sys/types.h>

enum { FLEET_MAX = 128, FLEET_TAGS = 4, FLEET_BUDGET = 10000000 };

struct fleet_member {
    char org_id[32];
    uint8_t author[AUTHOR_BYTES];
    uint8_t feed_public[32], feed_secret[64];
    uint8_t transport_public[32], transport_secret[32];
    struct share share; /* index 0: none */
    unsigned port;
    pid_t pid; /* 0: not running */
};

/* One signed member list. */
struct fleet_list {
    uint8_t *bytes;
    size_t len;
    uint8_t hash[HASH_BYTES];
};

struct fleet {
    char dir[64];
    size_t count;
    struct fleet_member member[FLEET_MAX];
    size_t keyholders; /* the first of them */
    size_t threshold;
    uint8_t secret[SCALAR_BYTES]; /* the key itself, which no node knows */
    uint8_t steward_secret[64];
    uint8_t genesis[HASH_BYTES];
    struct roster *roster; /* what list says */
    struct fleet_list list;
    struct fleet_list plain; /* the same organisations, but no keyholders: whom feeds are written
                                under in process, where nobody can be asked */
};

/* count organisations; the first keyholders of them hold shares of one key and have
 * keyholder_roles, the others are members. There is one fleet at a time. */
void fleet_init(struct fleet *f, size_t count, size_t keyholders, size_t threshold,
                uint32_t keyholder_roles);

/* The next version of the member list, which suspends a member of whom nothing was accepted: the
 * fleet's list from now on. No node knows it yet. */
void fleet_suspend(struct fleet *f, size_t member);

/* Stops every node and removes the folder. Also done at exit. */
void fleet_clear(struct fleet *f);

/* Makes the folder of a node, with settings, keys, and a store that holds the member list. */
void fleet_folder(struct fleet *f, size_t node, size_t contact);

/* Writes the settings anew: first contacts are the keyholders, since a node signs only after it has
 * heard most of them, and contact. */
void fleet_settings(const struct fleet *f, size_t node, size_t contact);

/* Copies a store that no node has open. */
void fleet_copy(const struct fleet *f, size_t from, const char *from_file, size_t to,
                const char *to_file);

/* The path of a file of a node's folder, until the next call. */
const char *fleet_path(const struct fleet *f, size_t node, const char *file);

/* Opens a node's store, which must not be running. */
struct store *fleet_store(const struct fleet *f, size_t node);

/* A new store of no node, on the same disk. */
struct store *fleet_scratch(const struct fleet *f);

/* Gives tag number tag of entry index of a member's feed; what out holds before is random. */
typedef void fleet_tag(void *ctx, size_t member, size_t index, size_t tag, uint8_t out[TAG_BYTES]);

/* Writes count signals with FLEET_TAGS tags each into a member's feed, through a core of its own,
 * and puts them into the store. is_own: it is the member's own store, and gets all that the core
 * has persisted; otherwise the entries alone. tags may be NULL: random ones. */
void fleet_write(struct fleet *f, size_t member, size_t count, fleet_tag *tags, void *ctx,
                 struct store *into, bool is_own);

/* Starts a node, and returns when its local socket answers. */
void fleet_start(struct fleet *f, size_t node);
void fleet_stop(struct fleet *f, size_t node);

/* One request over the local socket: an array of the lines of the answer. Takes request. */
json_t *fleet_ask(const struct fleet *f, size_t node, json_t *request);

/* Its status; the caller releases it. */
json_t *fleet_status(const struct fleet *f, size_t node);

/* Waits until the node may sign, covers every feed, and reaches all keyholders. */
void fleet_await(const struct fleet *f, size_t node);

/* Starts counting the node's peak of memory anew, if this user may; and the peak in MiB. */
void fleet_reset_peak(const struct fleet *f, size_t node);
double fleet_peak_mib(const struct fleet *f, size_t node);

#endif
