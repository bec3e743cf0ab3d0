/*
 * roster_file.h - a member list file (RosterChain) in the hands of the people who keep it.
 *
 * Consecutive versions; the last may be a draft, that is, not signed by enough stewards yet.
 * Everything is read and checked on opening; a struct roster_file is large and lives on the heap.
 */
#ifndef NODE_ROSTER_FILE_H
#define NODE_ROSTER_FILE_H

#include "node/problem.h"
#include "protocol/roster_chain.h"

enum { ROSTER_FILE_BYTES_MAX = 16 * 1024 * 1024 };

struct roster_file;

/* Reads a file. Returns OK, or with *problem set and *out NULL: ERR_NOT_FOUND, ERR_IO, ERR_LIMIT,
 * ERR_FORMAT; or what is wrong with one of its versions, as roster_decode and roster_accept say. */
MUST_CHECK enum err roster_file_open(const char *path, struct roster_file **out,
                                     struct problem *problem);

void roster_file_free(struct roster_file **f);

/* The last version, to be edited before roster_file_save. */
struct roster *roster_file_last(struct roster_file *f);
/* Whether it has the signatures it needs; how many it has, and needs. */
bool roster_file_is_signed(const struct roster_file *f, size_t *valid, size_t *needed);

/* Makes ready to change the list: a signed last version becomes the base of the next, an unsigned
 * one is edited itself and loses its signatures. */
void roster_file_edit(struct roster_file *f);

/* A file with one new draft. */
struct roster_file *roster_file_new(void);

/* Signs the last version as it stands in the file. ERR_UNAUTHORISED if the key is not that of a
 * steward who may sign it, ERR_DUPLICATE if that steward signed already. */
MUST_CHECK enum err roster_file_sign(struct roster_file *f, const uint8_t public_key[KEY_BYTES],
                                     const uint8_t secret_key[64]);

/* Checks the edited version and writes the file: with is_new it may not be there yet. Errors as
 * roster_decode has them, and of the disk; *problem is set and the file is as it was. */
MUST_CHECK enum err roster_file_save(struct roster_file *f, const char *path, bool is_new,
                                     struct problem *problem);

/* All versions, oldest first: calls version until it returns false. */
struct roster_version {
    struct bytes signed_roster;
    uint64_t version;
    uint8_t hash[HASH_BYTES];
};
void roster_file_versions(const struct roster_file *f,
                          bool (*version)(void *ctx, const struct roster_version *v), void *ctx);

/* The bytes of the file as read. */
struct bytes roster_file_bytes(const struct roster_file *f);

#endif
