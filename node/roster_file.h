/*
 * roster_file.h - a member list file (RosterChain) in the hands of the people who keep it.
 *
 * Consecutive versions, oldest first. Those in force follow one another and carry the signatures
 * they need; after them there may be one draft, which does not yet. A file whose first version is
 * not the genesis is taken to begin with a version in force, since what came before it is not
 * there to judge its signatures by.
 *
 * Everything is read and checked on opening. A struct roster_file is large and lives on the heap.
 */
#ifndef NODE_ROSTER_FILE_H
#define NODE_ROSTER_FILE_H

#include "node/problem.h"
#include "protocol/roster_chain.h"

enum {
    ROSTER_FILE_BYTES_MAX = 16 * 1024 * 1024,
    /* For how long a list is fresh unless its makers say otherwise, and at most. */
    ROSTER_FRESH_DAYS = 365,
    ROSTER_FRESH_DAYS_MAX = 3650,
};

struct roster_file;

/* Reads a file. Returns OK, or with *problem set and *out NULL: ERR_NOT_FOUND, ERR_IO, ERR_LIMIT,
 * ERR_FORMAT; or what is wrong with one of its versions, as roster_decode and roster_accept say. */
MUST_CHECK enum err roster_file_open(const char *path, struct roster_file **out,
                                     struct problem *problem);

/* A file with one new draft, version 1, empty. */
struct roster_file *roster_file_new(void);

void roster_file_free(struct roster_file **f);

/* The last version, draft or in force; to be changed only after roster_file_edit. */
struct roster *roster_file_last(struct roster_file *f);

/* The newest version in force; NULL if there is only a draft. */
const struct roster *roster_file_in_force(const struct roster_file *f);

/* Whether the last version has the signatures that it needs; how many valid ones it has, and how
 * many it needs. */
bool roster_file_is_signed(const struct roster_file *f, size_t *valid, size_t *needed);

/* Makes ready to change the list. A last version in force becomes the base of the next, issued
 * now_utc and fresh for as long as its base was. A draft is edited itself and loses its signatures:
 * returns how many. */
size_t roster_file_edit(struct roster_file *f, int64_t now_utc);

/* Signs the last version as it stands in the file. On error nothing is changed:
 *   ERR_UNAUTHORISED  the key is not that of a steward who may sign it
 *   ERR_DUPLICATE     that steward signed already
 *   others            as roster_accept has them: with this signature there would be enough, and
 *                     nobody would accept the list; it has to be changed first */
MUST_CHECK enum err roster_file_sign(struct roster_file *f, const uint8_t public_key[KEY_BYTES],
                                     const uint8_t secret_key[64]);

/* Checks an edited version and writes the file: with is_new it may not be there yet. Errors as
 * roster_decode has them, and of the disk; *problem is set and the file is as it was. */
MUST_CHECK enum err roster_file_save(struct roster_file *f, const char *path, bool is_new,
                                     struct problem *problem);

/* The versions in force as they stand in the file: each in turn, oldest first, until version
 * returns false; and all their bytes, which are a RosterChain. Borrowed from f. */
struct roster_version {
    struct bytes signed_roster;
    uint64_t version;
    uint8_t hash[HASH_BYTES];
};
void roster_file_versions(const struct roster_file *f,
                          bool (*version)(void *ctx, const struct roster_version *v), void *ctx);
struct bytes roster_file_chain(const struct roster_file *f);

#endif
