/*
 * passphrase.h - the passphrase that opens the keys of a node or of one person.
 *
 * It comes from the file that the settings name, else from systemd's credential "passphrase", else
 * from a person at the terminal, who does not see it. It lies in locked memory and is wiped when
 * freed.
 */
#ifndef NODE_PASSPHRASE_H
#define NODE_PASSPHRASE_H

#include "node/problem.h"
#include "proto/bytes.h"
#include "proto/err.h"

enum {
    PASSPHRASE_BYTES_MAX = 1023,
    PASSPHRASE_CHARACTERS_MIN = 12, /* of a new one */
};

enum passphrase_use {
    PASSPHRASE_OPEN,   /* to open what is there; asked once */
    PASSPHRASE_CREATE, /* a new one; asked twice, and long enough */
};

struct passphrase;

/* Gets a passphrase. file may be NULL or empty. If it is given it is the only source, and its first
 * line counts; it may not be readable by others. Else, if $CREDENTIALS_DIRECTORY/passphrase is
 * there, that. Else /dev/tty, where what says what the passphrase is for ("the keys of this node").
 * sodium_init comes first. Returns OK with *out to be freed, or with *problem set for the person
 * and *out NULL: ERR_NOT_FOUND     the file is not there, or there is no terminal to ask on
 *   ERR_UNAUTHORISED  the file may be read by others
 *   ERR_IO            reading failed, or the person gave up (Ctrl-C, Ctrl-D)
 *   ERR_FORMAT        it is empty, holds a zero byte, or the two entries differ
 *   ERR_LIMIT         it is longer than PASSPHRASE_BYTES_MAX bytes
 *   ERR_RANGE         a new one is shorter than PASSPHRASE_CHARACTERS_MIN characters */
MUST_CHECK enum err passphrase_get(const char *file, enum passphrase_use use, const char *what,
                                   struct passphrase **out, struct problem *problem);

/* The bytes, borrowed until the passphrase is freed. */
struct bytes passphrase_bytes(const struct passphrase *p);

/* Wipes and frees; *p becomes NULL. *p may be NULL. */
void passphrase_free(struct passphrase **p);

#endif
