/*
 * keyfile.h - one secret key in one file, sealed under a passphrase.
 *
 * For keys that travel alone: a steward's key, a keyholder's share on its way. The keys of a node
 * lie together in a ring (keyring.h), which uses the same layout. Numbers are big-endian.
 *
 *   0    16  "seinpost/v1/key" and a zero
 *   16    1  form: 1 the ring itself, 2 a key in a ring, 3 a key alone
 *   17    3  zero
 *   20    4  Argon2id passes          (form 2: 0)
 *   24    4  Argon2id memory in KiB   (form 2: 0)
 *   28   16  Argon2id salt            (form 2: zeros)
 *   44   32  label: what the key is for, padded with zeros
 *   76    2  bytes of the public half, 0 to 128
 *   78    2  bytes of the secret, 1 to 256
 *   80  128  public half in clear, padded with zeros
 *   208  24  nonce
 *   232   n  secret, XChaCha20-Poly1305 with bytes 0 to 231 as associated data; 16 bytes longer
 *   232+n 16 BLAKE2b-128 of everything before: tells damage from a wrong passphrase
 *
 * The key of forms 1 and 3 is Argon2id13(passphrase), that of form 2 the secret that the ring
 * seals. Files have mode 0600, and are never replaced.
 */
#ifndef NODE_KEYFILE_H
#define NODE_KEYFILE_H

#include "node/problem.h"
#include "proto/bytes.h"
#include "proto/err.h"

enum {
    KEYFILE_LABEL_BYTES_MAX = 31,
    KEYFILE_PUBLIC_BYTES_MAX = 128,
    KEYFILE_SECRET_BYTES_MAX = 256,
    KEYFILE_BYTES_MAX = 232 + KEYFILE_SECRET_BYTES_MAX + 32,
    KEYFILE_WRAP_BYTES = 32,
};

/* How hard guessing the passphrase is made; a file carries the numbers themselves. */
enum keyfile_cost {
    COST_NORMAL, /* 3 passes over 64 MiB */
    COST_TEST,   /* 1 pass over 8 KiB: for tests, protects nothing */
};

enum keyfile_form {
    KEYFILE_RING = 1,
    KEYFILE_IN_RING = 2,
    KEYFILE_ALONE = 3,
};

/* Where both halves of a key go. The lengths are what the caller expects, to the byte; secret
 * should come from secret_new. */
struct keyfile_halves {
    uint8_t *public_half;
    size_t public_len;
    uint8_t *secret;
    size_t secret_len;
};

/* Writes a key alone. label is 1 to 31 lower-case letters, digits and dashes ("steward"); the
 * halves keep the limits above; anything else is a bug of the caller's. Takes the time and, for
 * that time, the memory of cost. Returns OK once it is on disk, or with *problem set: ERR_DUPLICATE
 * when the name is taken, ERR_LIMIT when the path is too long, ERR_IO. */
MUST_CHECK enum err keyfile_write(const char *path, const char *label, struct bytes public_half,
                                  struct bytes secret, struct bytes passphrase,
                                  enum keyfile_cost cost, struct problem *problem);

/* Reads a key alone. Returns OK, or with *problem set for the person:
 *   ERR_NOT_FOUND, ERR_IO, ERR_UNAUTHORISED (others may read it), ERR_LIMIT (too long)
 *   ERR_FORMAT      not a key file, damaged, or of another form, label or length
 *   ERR_RANGE       it asks for more work or memory than any file of ours would
 *   ERR_PASSPHRASE  the passphrase does not open it
 * On error the secret is wiped. */
MUST_CHECK enum err keyfile_read(const char *path, const char *label, struct bytes passphrase,
                                 struct keyfile_halves *out, struct problem *problem);

/* Reads the public half of a key of any form, without a passphrase; it proves nothing, as whoever
 * can write the file can change it. len is what the caller expects. Errors as keyfile_read, without
 * ERR_RANGE and ERR_PASSPHRASE. */
MUST_CHECK enum err keyfile_public(const char *path, const char *label, uint8_t *out, size_t len,
                                   struct problem *problem);

/* For keyring.c. As keyfile_write and keyfile_read; wrap is the sealing key of KEYFILE_IN_RING and
 * passphrase is then empty, and the other way round. */
struct keyfile_key {
    enum keyfile_form form;
    struct bytes passphrase;
    enum keyfile_cost cost; /* for writing */
    const uint8_t *wrap;    /* KEYFILE_WRAP_BYTES */
};
MUST_CHECK enum err keyfile_seal(const char *path, const char *label, struct bytes public_half,
                                 struct bytes secret, const struct keyfile_key *key,
                                 struct problem *problem);
MUST_CHECK enum err keyfile_open(const char *path, const char *label, const struct keyfile_key *key,
                                 struct keyfile_halves *out, struct problem *problem);

#endif
