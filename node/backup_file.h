/*
 * backup_file.h - the file in which a backup is kept: a head in clear, then sealed content.
 *
 * Numbers are big-endian. The head names no person and no secret; it says whose backup it is, so
 * that files can be told apart without opening them.
 *
 *     0   16  "seinpost/v1/bak" and a zero
 *    16    2  layout of this file: 1
 *    18    1  opens with: bit 0 a passphrase, bit 1 a recovery key; at least one
 *    19    1  zero
 *    20    4  layout of the store that is in it (store.h)
 *    24    8  when it was begun, seconds since 1970
 *    32    8  bytes of content
 *    40    4  Argon2id passes         (without a passphrase: 0)
 *    44    4  Argon2id memory in KiB  (without a passphrase: 0)
 *    48   16  Argon2id salt           (without a passphrase: zeros)
 *    64   64  org_id, padded with zeros
 *   128   32  recovery key, public half: Curve25519 (without one: zeros)
 *   160   24  nonce                                             (without a passphrase: zeros)
 *   184   48  file key, XChaCha20-Poly1305 under Argon2id13(passphrase), bytes 0 to 159 as
 *             associated data                                   (without a passphrase: zeros)
 *   232   80  file key, crypto_box_seal to the recovery key     (without one: zeros)
 *   312   24  head of crypto_secretstream_xchacha20poly1305 under the file key
 *   336    n  content in chunks of 65,536 bytes, the last one shorter or empty and tagged FINAL;
 *             each is 17 bytes longer than its content; the first has bytes 0 to 335 as associated
 *             data
 * 336+n   32  BLAKE2b-256 of everything before: tells damage from a wrong passphrase
 *
 * So the length of the whole follows from the bytes of content. The content is what backup.h puts
 * there. Both sides stream: memory does not grow with the file.
 */
#ifndef NODE_BACKUP_FILE_H
#define NODE_BACKUP_FILE_H

#include "node/keyfile.h"
#include "node/problem.h"
#include "proto/bytes.h"
#include "proto/err.h"
#include "proto/limits.h"

#include <stdbool.h>

enum {
    BACKUP_LAYOUT = 1,
    BACKUP_HEAD_BYTES = 336,
    BACKUP_CHUNK_BYTES = 65536,
    BACKUP_SEALED_BYTES = BACKUP_CHUNK_BYTES + 17,
    BACKUP_SUM_BYTES = 32,
    RECOVERY_KEY_BYTES = 32,
};

/* The label of a recovery key in a file of its own (keyfile.h); both halves have 32 bytes. */
#define BACKUP_RECOVERY_LABEL "recovery"

struct backup_head {
    char org_id[ORG_ID_BYTES_MAX + 1];
    uint32_t store_layout;
    uint64_t made_utc;
    uint64_t content_bytes;
    bool has_passphrase;
    bool has_recovery;
    uint8_t recovery[RECOVERY_KEY_BYTES];
};

/* What opens a backup. For writing, passphrase or recovery or both; for reading one of them. */
struct backup_lock {
    struct bytes passphrase; /* empty: none */
    enum keyfile_cost cost;  /* for writing */
    const uint8_t *recovery; /* writing: the public half; reading: both, public half first; NULL */
};

/* Told how much of the whole is done; may be NULL. */
struct backup_progress {
    void (*tell)(void *ctx, uint64_t done, uint64_t all);
    void *ctx;
};

/* The length of a whole file with so much content. */
uint64_t backup_file_bytes(uint64_t content_bytes);

/* ---- Writing ---- */

struct backup_writer;

/* Writes the head to fd, which stays the caller's. head says everything but has_passphrase,
 * has_recovery and recovery, which follow from lock. path is for messages. OK with *out to be
 * freed, or with *problem set ERR_IO. */
MUST_CHECK enum err backup_writer_new(int fd, const char *path, const struct backup_head *head,
                                      const struct backup_lock *lock, struct backup_writer **out,
                                      struct problem *problem);

/* Adds content. ERR_IO with *problem set; the file is then of no use. */
MUST_CHECK enum err backup_write(struct backup_writer *w, struct bytes content,
                                 struct problem *problem);

/* Ends the file. What was added is as long as the head says: anything else is our bug. ERR_IO. */
MUST_CHECK enum err backup_writer_end(struct backup_writer *w, struct problem *problem);

/* Wipes and frees; *w becomes NULL, and may be NULL. */
void backup_writer_free(struct backup_writer **w);

/* ---- Reading ---- */

struct backup_reader;

/* Reads the head and checks the sum over the whole file, without any secret. OK with *out to be
 * freed, or with *problem set for the person:
 *   ERR_NOT_FOUND, ERR_IO
 *   ERR_FORMAT     it is no backup, or a damaged one
 *   ERR_TRUNCATED  it ends before it is complete
 *   ERR_VERSION    a newer version of Seinpost wrote it */
MUST_CHECK enum err backup_reader_new(const char *path, const struct backup_progress *progress,
                                      struct backup_reader **out, struct problem *problem);

const struct backup_head *backup_reader_head(const struct backup_reader *r);

/* Opens the content, from its beginning. OK, or with *problem set: ERR_PASSPHRASE the passphrase or
 * the key is another, or the backup does not open with such a one; ERR_RANGE it asks for unusual
 * work; ERR_FORMAT damaged, ERR_IO. */
MUST_CHECK enum err backup_reader_open(struct backup_reader *r, const struct backup_lock *lock,
                                       struct problem *problem);

/* The next len bytes of content. What is given out was authenticated. OK, or with *problem set
 * ERR_FORMAT (it is another, or ends earlier), ERR_IO. */
MUST_CHECK enum err backup_read(struct backup_reader *r, uint8_t *out, size_t len,
                                struct problem *problem);

/* After the last content. OK if it ends there as it should; else, with *problem set, as
 * backup_read. */
MUST_CHECK enum err backup_reader_end(struct backup_reader *r, struct problem *problem);

/* Opens what w has written and ended, without the lock: to see that it arrived on disk. Errors as
 * backup_reader_open. */
MUST_CHECK enum err backup_reader_recheck(struct backup_reader *r, const struct backup_writer *w,
                                          struct problem *problem);

/* Wipes, closes and frees; *r becomes NULL, and may be NULL. */
void backup_reader_free(struct backup_reader **r);

#endif
