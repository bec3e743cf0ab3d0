/*
 * backup.h - what is in a backup, and putting it back.
 *
 * The content of the file (backup_file.h) is a row of items, and a zero:
 *
 *     kind u8: 1 | name length u8 | name | size u64 | size bytes
 *
 *     seinpost.conf      the settings, as they were
 *     data/card.json     name and country of the organisation
 *     data/keys/ring     the ring, and every key in it: sealed under the passphrase of the node's
 *     data/keys/NAME.key keys, as they are on disk (keyfile.h), so opening a backup opens no key
 *     data/node.db       the store, copied by store_snapshot.h
 *
 * A name is there once at most; the settings, the ring and the store are there always. Nothing else
 * of the data folder is taken.
 *
 * Restoring makes a new folder beside the one that is asked for, DIR.part, and gives it its name
 * once everything is there and on disk. The store then carries two marks, when it was restored and
 * when the backup was made (federation/rejoin.c): until enough others have said what this
 * organisation wrote since, the node signs nothing, and until it has taken in what they erased
 * since, it serves nothing.
 */
#ifndef NODE_BACKUP_H
#define NODE_BACKUP_H

#include "node/backup_file.h"

enum { BACKUP_NAME_BYTES = 64 };

/* What a backup is made of. */
struct backup_source {
    const char *settings; /* path of the settings file */
    const char *data_dir;
    int snapshot; /* descriptor of a copy of the store, read from its beginning */
};

/* Writes target, with mode 0600, from head (org_id, store_layout, made_utc) and source, reads it
 * again from disk, and only then gives it its name. OK with the whole length in *bytes, or with
 * *problem set and no such file: ERR_DUPLICATE when the name is taken, ERR_LIMIT, ERR_IO, and what
 * reading again says. */
MUST_CHECK enum err backup_make(const char *target, struct backup_head *head,
                                const struct backup_lock *lock, const struct backup_source *source,
                                const struct backup_progress *progress, uint64_t *bytes,
                                struct problem *problem);

/* Goes over the content of an opened backup and checks its form; *keys is how many keys are in it.
 * OK, or with *problem set ERR_FORMAT, ERR_IO. */
MUST_CHECK enum err backup_check(struct backup_reader *r, size_t *keys, struct problem *problem);

/* Whether this version can restore it: OK, or with *problem set ERR_VERSION. It needs no secret. */
MUST_CHECK enum err backup_version_check(const struct backup_head *head, struct problem *problem);

struct backup_target {
    const char *dir;
    bool is_data_only; /* dir becomes the data folder itself; the settings lie elsewhere */
    int64_t now_utc;
};

/* Puts an opened backup back. OK, or with *problem set and nothing left in dir:
 *   ERR_DUPLICATE  there is something in dir
 *   ERR_VERSION    the store in it is of a newer version
 *   ERR_FORMAT     damaged; ERR_LIMIT a path is too long; ERR_IO */
MUST_CHECK enum err backup_restore(struct backup_reader *r, const struct backup_target *to,
                                   struct problem *problem);

/* For backup_restore: calls item for each item and data for its bytes, in parts, both of which may
 * end it with an error of their own. Checks names, and that what must be there is. */
struct backup_visitor {
    enum err (*item)(void *ctx, const char *name, uint64_t size, struct problem *problem);
    enum err (*data)(void *ctx, struct bytes part, struct problem *problem);
    enum err (*end)(void *ctx, struct problem *problem); /* of the item */
    void *ctx;
};
MUST_CHECK enum err backup_walk(struct backup_reader *r, const struct backup_visitor *v,
                                struct problem *problem);

#endif
